"""Days on which a source sent nothing: which they are in a period, and how much of its incidents are missing for it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geodata.audit import silent_sources
from geodata.city import CityData
from geodata.index.expected import source_coverage
from geodata.vocabulary import Period, PeriodKind

Positions = npt.NDArray[np.intp]
UNEVEN = 0.02
"""Numbers of two periods are not compared where the missing shares of their incidents differ by more than this."""
LEAST_BROUGHT = 0.01
"""A source that brings less of some types than this has no gap to tell of."""
ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Gap:
    """Days of a period in a row on which a source sent nothing although much was due."""

    source: str
    span: Period
    """Those days, a range or a single day."""


def gaps(city: CityData, period: Period, types: Positions | None = None) -> list[Gap]:
    """Return the gaps in a period, cut to it, of the sources that usually report `types` (None = any)."""
    chosen, city = city.filters.sources, city.unfiltered  # what is filtered out was sent nevertheless
    brings = _brought(city, types, chosen) >= LEAST_BROUGHT
    found = []
    for silent in city.kept("silent_sources", lambda: silent_sources(city)):
        start, end = max(silent.start, period.start), min(silent.end, period.end)
        if start < end and brings[city.index.sources.index(silent.source)]:
            kind = PeriodKind.DAY if end - start == ONE_DAY else PeriodKind.RANGE
            found.append(Gap(silent.source, Period(start, end, kind)))
    return found


def missing_share(city: CityData, period: Period, types: Positions | None = None) -> float:
    """Return which share of the incidents of `types` that a period usually has is missing, 0 to 1.

    Missing are those of the days on which their source was silent or had not begun to report.
    """
    chosen, city = city.filters.sources, city.unfiltered
    silent = city.kept(("silent_days", period), lambda: _silent_days(city, period))
    return float((_brought(city, types, chosen) * silent).sum()) / period.days


def _silent_days(city: CityData, period: Period) -> npt.NDArray[np.float64]:
    """Return on how many days of a period each source was silent or had not begun, shape (n_sources,)."""
    silent = np.zeros(len(city.index.sources))
    for gap in gaps(city, period):
        silent[city.index.sources.index(gap.source)] += gap.span.days
    for k, begun in enumerate(city.kept("begun", lambda: _begun(city))):
        silent[k] += max((min(begun, period.end) - period.start).days, 0)
    return silent


def is_uneven(city: CityData, period: Period, before: Period, types: Positions | None = None) -> bool:
    """Say whether so different a share of incidents is missing in two periods that their numbers say nothing."""
    return abs(missing_share(city, period, types) - missing_share(city, before, types)) > UNEVEN


def _brought(city: CityData, types: Positions | None, chosen: tuple[str, ...]) -> npt.NDArray[np.float64]:
    """Return which share of the incidents of `types` each of the chosen sources brought, shape (n_sources,)."""
    table = city.index.source_types()
    if chosen:
        table[[source not in chosen for source in city.index.sources]] = 0
    brought = (table if types is None else table[:, types]).sum(axis=1)
    return np.asarray(brought / max(int(brought.sum()), 1), dtype=np.float64)


def _begun(city: CityData) -> list[dt.date]:
    """Return the day from which each source reports; a first day that chance explains is the first of the data."""
    index = city.index
    if index.span is None:
        return []
    covered = source_coverage(index)
    return [index.span[0] + dt.timedelta(days=int(row.argmax())) for row in covered]
