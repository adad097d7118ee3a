"""Classes of a map: one named scheme for all periods, so that a colour means the same whenever one looks."""

from __future__ import annotations

import hashlib
import importlib
import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import numpy.typing as npt

from geodata.city import CityData
from geodata.exposure import AREA
from geodata.vocabulary import Period, PeriodKind, PlaceLevel

Values = npt.NDArray[np.float64]
Types = npt.NDArray[np.intp]
CLASSES = 5
LONGEST_SERIES = 36
"""The scheme is drawn from up to so many periods, the latest ones."""
KINDS = ("quantile", "equal", "jenks", "sigma", "pretty", "log")
"""Ways to draw the breaks from the values: equal numbers, equal widths, natural breaks, standard deviations, round
numbers, equal ratios."""
MANUAL = "manual"
FEWEST, MOST = 3, 9
"""Classes that a way may be asked for."""
MOST_FOR_JENKS = 1_500
"""Natural breaks take time in the square of the values: of more than these, so many spread evenly over their ranks."""


@dataclass(frozen=True)
class Way:
    """How classes are drawn: a kind of ``KINDS`` and a number of classes, or breaks that somebody chose.

    Examples
    --------
    >>> str(Way.parse("jenks-7")), str(Way.parse("manual:1,5,10"))
    ('jenks-7', 'manual:1,5,10')
    >>> Way.parse("jenks-12") is None
    True
    """

    kind: str = "quantile"
    k: int = CLASSES
    """Classes that are asked for; fewer where there are fewer values."""
    breaks: tuple[float, ...] = ()
    """Those of a manual way, ascending; else empty."""

    def __str__(self) -> str:
        """Return the way as it stands in a link."""
        if self.kind == MANUAL:
            return f"{MANUAL}:{','.join(f'{value:.7g}' for value in self.breaks)}"
        return f"{self.kind}-{self.k}"

    @classmethod
    def parse(cls, text: str) -> Way | None:
        """Read a way from a link; "" is the usual one; None if it is none."""
        if text == "":
            return cls()
        kind, _, rest = text.partition(":" if text.startswith(MANUAL) else "-")
        if kind != MANUAL:
            offered = kind in KINDS and rest in [str(k) for k in range(FEWEST, MOST + 1)]
            return cls(kind, int(rest)) if offered else None
        parts = rest.split(",")
        if len(parts) >= MOST or not all(re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", part) for part in parts):
            return None
        way = cls(kind, len(parts) + 1, tuple(float(part) for part in parts))
        told = [float(part) for part in str(way).partition(":")[2].split(",")]
        return way if all(low < high for low, high in itertools.pairwise(told)) else None


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


def rate_scheme(
    city: CityData, level: PlaceLevel, period: Period, types: Types | None, way: Way | None = None
) -> Scheme:
    """Return the classes of a level's rates.

    They are drawn from the whole city without filters, pooled over the latest periods as long as `period`, and kept:
    neither a date nor a filter changes what a colour means.
    """
    whole, way = city.unfiltered, way or Way()
    key = ("scheme", level, *_length(period), _named(types), way)
    return whole.kept(key, lambda: scheme_of(_pooled_rates(whole, level, period, types), way))


def largest_count(city: CityData, level: PlaceLevel, period: Period, types: Types | None) -> int:
    """Return the most incidents of any place of a level in the latest periods as long as `period`; kept, as schemes."""
    whole = city.unfiltered

    def most() -> tuple[int]:
        counts = (whole.counts(level, each.start, each.end, types=types).places for each in _series(whole, period))
        return (max((int(each.max()) for each in counts if len(each)), default=0),)

    return whole.kept(("largest", level, *_length(period), _named(types)), most)[0]


def _length(period: Period) -> tuple[PeriodKind, int]:
    """Return what periods of one series share: their kind, of free spans also their days."""
    return period.kind, period.days if period.kind is PeriodKind.RANGE else 0


def _named(types: Types | None) -> tuple[int, ...] | None:
    return None if types is None else tuple(types.tolist())


def _series(city: CityData, period: Period) -> list[Period]:
    """Return the latest periods as long as this one; of free spans those that end with the last day and before it."""
    if period.kind is not PeriodKind.RANGE or city.data_as_of is None or city.index.span is None:
        return city.recent_periods(city.latest_period(period.kind) or period, LONGEST_SERIES)
    series = [Period.trailing(city.data_as_of, period.days)]
    while len(series) < LONGEST_SERIES and (before := series[-1].previous()).start >= city.index.span[0]:
        series.append(before)  # none that the first day cuts off: it would be too low
    return series[::-1]


def _pooled_rates(city: CityData, level: PlaceLevel, period: Period, types: Types | None) -> Values:
    """Return the rates above zero of a level in all periods of the series, ascending; kept for the next scheme."""

    def pool() -> Values:
        rates_of = [rates(city, level, each, types) for each in _series(city, period)]
        pooled = np.concatenate(rates_of or [np.empty(0)])
        return np.sort(pooled[np.isfinite(pooled) & (pooled > 0)])

    return city.kept(("pooled rates", level, *_length(period), _named(types)), pool)


# --- from values to breaks ---


def scheme_of(values: Values, way: Way) -> Scheme:
    """Return the classes that a way draws from values, missing ones and order apart.

    Breaks are rounded to three digits, what a legend can print, and lie within the values: where those are few or alike
    there are fewer classes.

    Parameters
    ----------
    values
        Any numbers, shape (n,); NaN and infinities are left out.
    way
        How to draw them.
    """
    if way.kind == MANUAL:
        return Scheme(way.breaks)
    values = np.sort(values[np.isfinite(values)])
    distinct = 0 if len(values) == 0 else 1 + int((np.diff(values) > 0).sum())
    if distinct < 2:
        return Scheme(())
    k = way.k if way.kind == "quantile" else min(way.k, distinct)  # equal numbers of few values fall together anyway
    bounds = _BREAKS[way.kind](values, k)
    return Scheme(tuple(sorted({_round(value) for value in bounds if values[0] <= value < values[-1]})))


def _quantile(values: Values, k: int) -> Values:
    return np.asarray(np.quantile(values, np.arange(1, k) / k))


def _equal(values: Values, k: int) -> Values:
    return np.asarray(_mapclassify().EqualInterval(values[[0, -1]], k).bins[:-1])


def _jenks(values: Values, k: int) -> list[float]:
    """Return natural breaks, each in the middle of the gap between two classes, as round as the gap allows."""
    chosen = values
    if len(values) > MOST_FOR_JENKS:
        chosen = values[np.linspace(0, len(values) - 1, MOST_FOR_JENKS).round().astype(np.intp)]
    low, span = chosen[0], chosen[-1] - chosen[0]
    scaled = (chosen - low) / span  # mapclassify adds up in single precision
    k = min(k, len(np.unique(scaled.astype(np.float32))))
    ends = np.searchsorted(scaled, _mapclassify().FisherJenks(scaled, k).bins[:-1], side="right")
    tops = chosen[ends[(ends > 0) & (ends < len(chosen))] - 1]
    return [_inside(top, values[np.searchsorted(values, top, side="right")]) for top in tops if top < values[-1]]


def _inside(low: float, high: float) -> float:
    """Return a number from `low` to before `high` with as few digits as tell both apart, but no more than three."""
    for digits in (1, 2, 3):
        found = float(f"{(low + high) / 2:.{digits}g}")
        if low <= found < high:
            return found
    return float(low)


def _sigma(values: Values, k: int) -> Values:
    multiples = np.arange(1, k) - k / 2
    return np.asarray(_mapclassify().StdMean(values, multiples=multiples.tolist()).bins)


def _pretty(values: Values, k: int) -> Values:
    return np.asarray(_mapclassify().PrettyBreaks(values[[0, -1]], k).bins)


def _log(values: Values, k: int) -> Values:
    """Return breaks of equal ratios; those of numbers up to zero are of equal widths."""
    if values[0] <= 0:
        return _equal(values, k)
    return np.asarray(10 ** _mapclassify().EqualInterval(np.log10(values[[0, -1]]), k).bins[:-1])


_BREAKS: dict[str, Callable[[Values, int], Values | list[float]]] = {
    "quantile": _quantile,
    "equal": _equal,
    "jenks": _jenks,
    "sigma": _sigma,
    "pretty": _pretty,
    "log": _log,
}


def _mapclassify() -> ModuleType:
    """Return the library, which compiles for seconds when it is first imported: no page waits for it before that."""
    return importlib.import_module("mapclassify")


def warm() -> None:
    """Import what the first scheme that somebody chooses would wait for."""
    _mapclassify()


def _round(value: float) -> float:
    """Round to three significant digits: what a legend can print."""
    return float(f"{value:.3g}")
