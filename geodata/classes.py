"""Classes of a map: one named scheme for all periods, so that a colour means the same whenever one looks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geodata.city import CityData
from geodata.exposure import AREA
from geodata.vocabulary import Period, PlaceLevel

CLASSES = 5
LONGEST_SERIES = 36
"""The scheme is drawn from up to so many periods, the latest ones."""


@dataclass(frozen=True)
class Scheme:
    """Ascending upper bounds of the classes but the last."""

    breaks: tuple[float, ...]

    @property
    def fingerprint(self) -> str:
        """Return four letters that change with any break."""
        return hashlib.sha256(",".join(f"{value:.6g}" for value in self.breaks).encode()).hexdigest()[:4]

    def classify(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """Return the class of each value, -1 where it is missing; a value on a break belongs to the lower class."""
        return np.where(np.isfinite(values), np.searchsorted(self.breaks, values, side="left"), -1)


def rate_kind(city: CityData, level: PlaceLevel | None) -> str:
    """Return what rates of a level are measured against: residents where the city knows them, else area.

    Grid cells always by area: a cell of forty residents has no rate per 10,000 worth printing.
    """
    known = city.exposure_values("residents", city.index.span[0].year if city.index.span else 2020) is not None
    return "residents" if known and level is not PlaceLevel.GRID_CELL else AREA


def rate_denominator(city: CityData, level: PlaceLevel, period: Period) -> npt.NDArray[np.float64]:
    """Return what the rates of a level are measured against, shape (n_members,) [10,000 residents, or km²].

    NaN where nothing is known, nobody lives, or the place sent nothing in the period.
    """
    rows = city.members(level, city.city)
    kind = rate_kind(city, level)
    values = city.exposure_values(kind, period.start.year)
    here = (values[rows] if values is not None else np.full(len(rows), np.nan)) / city.method.exposures[kind].unit
    return np.where((here > 0) & ~city.silent_in(period)[rows], here, np.nan)


def rates(
    city: CityData, level: PlaceLevel, period: Period, types: npt.NDArray[np.intp] | None
) -> npt.NDArray[np.float64]:
    """Return incidents per 10,000 residents (or km²) in each place of a level, shape (n_members,)."""
    counted = city.counts(level, period.start, period.end, types=types)
    if types is not None and len(types) == 0:
        return np.full(len(counted.places), np.nan)  # no source ever brought such a type: missing, not zero
    return np.asarray(counted.places.to_numpy() / rate_denominator(city, level, period))


def rate_scheme(city: CityData, level: PlaceLevel, period: Period, types: npt.NDArray[np.intp] | None) -> Scheme:
    """Return quantile classes of a level's rates, pooled over the latest periods of the same kind."""
    latest = city.latest_period(period.kind) or period
    periods = city.recent_periods(latest, LONGEST_SERIES)
    pooled = np.concatenate([rates(city, level, each, types) for each in periods] or [np.empty(0)])
    pooled = pooled[np.isfinite(pooled) & (pooled > 0)]
    if len(np.unique(pooled)) < 2:
        return Scheme(())
    bounds = np.quantile(pooled, np.arange(1, CLASSES) / CLASSES)
    return Scheme(tuple(sorted({_round(value) for value in bounds if value < pooled.max()})))


def _round(value: float) -> float:
    """Round to three significant digits: what a legend can print."""
    return float(f"{value:.3g}")
