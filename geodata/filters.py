"""Filters: which incidents are looked at, by hour, day, source, severity and area; the city that holds only those."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.counts import CountIndex
from geodata.index.catalogue import Method
from geodata.index.expected import HOLIDAY, WEEKEND, WORKDAY, day_classes
from geodata.vocabulary import Period

Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]
Counts = npt.NDArray[np.int64]
DAY_KINDS = {"workday": (WORKDAY,), "weekend": (WEEKEND,), "holiday": (HOLIDAY,), "off": (WEEKEND, HOLIDAY)}
"""Kinds of day that a filter may keep, each as classes of `day_classes`."""
SEVERITIES = (2.0, 5.0, 10.0)
"""Lower ends of severity that a filter may ask for; 1 is the slightest."""
AREAS = ("box", "circle", "lasso")
MOST_CORNERS = 60
"""Corners of a drawn outline at most: a link has to hold them."""
LARGEST_M = 500_000.0
"""Radius of a circle at most."""
_ROUND = 0.05
"""By this share of a circle what may lie in it is sought more widely: its sides bulge beyond the compass points."""
_GEOD = pyproj.Geod(ellps="WGS84")
_THURSDAY = 3
"""Weekday of 1970-01-01, counted from Monday as 0."""
ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Area:
    """A part of the map: a box (west, south, east, north), a circle (lon, lat, radius) or a drawn outline.

    Positions are in degrees (EPSG:4326), the radius in metres, an outline's corners one after the other.
    """

    kind: str
    numbers: tuple[float, ...]

    def __str__(self) -> str:
        """Return the area as it stands in a link."""
        digits = _digits(self.kind, len(self.numbers))
        return f"{self.kind}:" + ",".join(f"{n:.{d}f}" for n, d in zip(self.numbers, digits, strict=True))

    @classmethod
    def parse(cls, text: str) -> Area | None:
        """Read an area from a link; None if it is none, or encloses nothing."""
        kind, _, rest = text.partition(":")
        if kind not in AREAS:
            return None
        try:
            numbers = tuple(float(part) for part in rest.split(","))
        except ValueError:
            return None
        if not all(math.isfinite(n) for n in numbers):
            return None
        # as the link has it: whoever follows that counts the same
        area = cls(kind, tuple(round(n, d) + 0.0 for n, d in zip(numbers, _digits(kind, len(numbers)), strict=True)))
        return area if area._encloses() else None

    def _encloses(self) -> bool:
        n = self.numbers
        if self.kind == "box":
            return len(n) == 4 and -180 <= n[0] < n[2] <= 180 and -90 <= n[1] < n[3] <= 90
        if self.kind == "circle":
            if len(n) != 3 or not (abs(n[0]) <= 180 and abs(n[1]) < 80 and 1 <= n[2] <= LARGEST_M):
                return False
            west, _, east, _ = self.outline.bounds
            return bool(east - west < 180)  # else it goes over the antimeridian
        if len(n) % 2 or not 6 <= len(n) <= 2 * MOST_CORNERS:
            return False
        within = all(abs(x) <= 180 and abs(y) <= 90 for x, y in zip(n[::2], n[1::2], strict=True))
        return within and bool(self.outline.area > 0)

    @cached_property
    def outline(self) -> BaseGeometry:
        """Return the area as a polygon in degrees; of a crossed outline all that it shuts off from what is outside."""
        n = self.numbers
        if self.kind == "box":
            west, south, east, north = n
            return shapely.box(west, south, east, north)
        if self.kind == "circle":
            around = np.arange(0.0, 360.0, 5.0)
            lon, lat, _ = _GEOD.fwd(
                np.full(len(around), n[0]), np.full(len(around), n[1]), around, np.full(len(around), n[2])
            )
            return shapely.Polygon(np.column_stack([lon, lat]))
        line = shapely.LinearRing(np.array(n).reshape(-1, 2))
        return shapely.union_all(shapely.get_parts(shapely.polygonize([shapely.union_all([line])])))

    @property
    def km2(self) -> float:
        """Return the size of the area on the ellipsoid [km²]."""
        if self.kind == "circle":
            return math.pi * (self.numbers[2] / 1000) ** 2
        return float(sum(abs(_GEOD.geometry_area_perimeter(part)[0]) for part in shapely.get_parts(self.outline))) / 1e6

    @property
    def parts(self) -> list[list[list[tuple[float, float]]]]:
        """Return of each part of the area its rings, the outer one first, as longitudes and latitudes [degrees]."""
        return [
            [[(lon, lat) for lon, lat in ring.coords] for ring in (part.exterior, *part.interiors)]
            for part in shapely.get_parts(self.outline)
        ]

    def meets(self, shapes: npt.NDArray[np.object_]) -> Flags:
        """Say which outlines (EPSG:4326) share ground with the area, not only a rim; shape (n,)."""
        return np.asarray(shapely.intersects(shapes, self.outline) & ~shapely.touches(shapes, self.outline))

    def holds(self, lon: npt.NDArray[np.floating], lat: npt.NDArray[np.floating]) -> Flags:
        """Say which positions (degrees, NaN = none) lie in the area, its rim included; shape (n,)."""
        west, south, east, north = self.outline.bounds
        if self.kind == "circle":
            wider, higher = _ROUND * (east - west), _ROUND * (north - south)
            west, south, east, north = west - wider, south - higher, east + wider, north + higher
        found = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
        if self.kind == "box":
            return np.asarray(found)
        near = np.flatnonzero(found)
        x, y = lon[near].astype(np.float64), lat[near].astype(np.float64)
        if self.kind == "circle":
            lon0, lat0 = (np.full(len(x), n) for n in self.numbers[:2])
            found[near] = _GEOD.inv(lon0, lat0, x, y)[2] <= self.numbers[2]
        else:
            shapely.prepare(self.outline)
            found[near] = shapely.intersects_xy(self.outline, x, y)
        return np.asarray(found)


@dataclass(frozen=True)
class Filters:
    """Which incidents are looked at; what is not said keeps all."""

    hours: tuple[int, int] | None = None
    """First hour, and the hour at which it ends (1–24): 22 to 6 goes over midnight. Unknown hours are left out."""
    weekdays: tuple[int, ...] = ()
    """Monday = 1 … Sunday = 7, ascending."""
    days: str = ""
    """A key of ``DAY_KINDS``."""
    sources: tuple[str, ...] = ()
    severity: float = 0.0
    """The least severity of a type, one of ``SEVERITIES``, 0 = any."""
    area: Area | None = None

    def __bool__(self) -> bool:
        """Say whether anything is left out."""
        return self != Filters()

    @property
    def by_day(self) -> bool:
        """Say whether whole days are left out."""
        return bool(self.weekdays or self.days)

    def days_kept(self, start: dt.date, end: dt.date, time_zone: str) -> Flags:
        """Say which days of a half-open span are looked at, shape (n_days,)."""
        n = (end - start).days
        keep = np.ones(n, dtype=np.bool_)
        if self.weekdays:
            keep &= np.isin((np.arange(n) + start.weekday()) % 7 + 1, self.weekdays)
        if self.days:
            keep &= np.isin(_classes(start, end, time_zone), DAY_KINDS[self.days])
        return keep

    def days_in(self, period: Period, time_zone: str) -> int:
        """Return how many days of a period are looked at."""
        return int(self.days_kept(period.start, period.end, time_zone).sum())

    def hours_kept(self) -> Flags:
        """Say which hours of the day are looked at, shape (24,)."""
        hour = np.arange(24)
        if self.hours is None:
            return np.ones(24, dtype=np.bool_)
        first, end = self.hours
        return (hour >= first) & (hour < end) if first < end else (hour >= first) | (hour < end)

    def keep(self, index: CountIndex, method: Method, time_zone: str) -> Flags:
        """Say which incidents are looked at, shape (n,)."""
        keep = np.ones(len(index.day), dtype=np.bool_)
        for wanted in self._each(index, slice(None), method, time_zone).values():
            keep &= wanted
        return keep

    def _each(self, index: CountIndex, rows: Rows | slice, method: Method, time_zone: str) -> dict[str, Flags]:
        """Say of each filter that is set which of some rows it keeps."""
        each: dict[str, Flags] = {}
        if self.hours is not None:
            each["hours"] = np.append(self.hours_kept(), False)[index.hour[rows]]  # unknown hours are -1: the last
        if self.weekdays:
            each["weekdays"] = np.isin(np.arange(1, 8), self.weekdays)[_weekday(index, rows)]
        if self.days and index.span is not None:
            first, last = index.span
            wanted = replace(self, weekdays=()).days_kept(first, last + ONE_DAY, time_zone)
            each["days"] = wanted[index.day[rows] - _number(first)]
        if self.sources:
            each["sources"] = np.array([source in self.sources for source in index.sources], dtype=np.bool_)[
                index.source[rows]
            ]
        if self.severity:
            each["severity"] = (severities(index, method) >= self.severity)[index.kind[rows]]
        if self.area is not None:
            each["area"] = self.area.holds(index.lon[rows], index.lat[rows])
        return each


@dataclass(frozen=True)
class Facets:
    """How many incidents each choice would leave, were it the only one of its kind, the other filters as they are."""

    all: int
    """Without any filter."""
    kept: int
    """With all filters as they are."""
    without: dict[str, int]
    """Without each filter that is set, by its field."""
    hours: Counts
    """By hour of the day and, last, of unknown hour; shape (25,)."""
    weekdays: Counts
    """Monday first, shape (7,)."""
    days: dict[str, int]
    """By key of ``DAY_KINDS``."""
    sources: Counts
    """In the order of the index, shape (n_sources,)."""
    severity: dict[float, int]
    """By one of ``SEVERITIES``."""
    kinds: Counts
    """In the order of the index, shape (n_types,)."""

    def in_hours(self, hours: tuple[int, int]) -> int:
        """Return how many incidents a span of hours would leave."""
        return int(self.hours[:24][Filters(hours=hours).hours_kept()].sum())


def facets(
    filters: Filters, index: CountIndex, rows: Rows, kinds: Rows | None, method: Method, time_zone: str
) -> Facets:
    """Count what each choice of a filter would leave.

    Parameters
    ----------
    filters
        Those that are set.
    index
        All incidents of the city.
    rows
        Which of them are asked about, before filters: of a place, a period and a group of types.
    kinds
        Positions of the types that are looked at; None = all. `Facets.kinds` passes this over, as a filter of its own.
    method
        Knows how severe types are.
    time_zone
        IANA name of the city's zone.
    """
    each = filters._each(index, rows, method, time_zone)
    if kinds is not None:
        each["kinds"] = np.isin(np.arange(len(index.types)), kinds)[index.kind[rows]]

    def others(name: str) -> Flags:
        keep = np.ones(len(rows), dtype=np.bool_)
        for other, wanted in each.items():
            if other != name:
                keep &= wanted
        return keep

    def tally(name: str, codes: npt.NDArray[np.integer], n: int) -> Counts:
        return np.bincount(codes[others(name)], minlength=n).astype(np.int64)

    hour, day = index.hour[rows].astype(np.int64), index.day[rows].astype(np.int64)
    first, last = index.span or (dt.date(1970, 1, 1), dt.date(1970, 1, 1))
    classes = _classes(first, last + ONE_DAY, time_zone)
    by_class = tally("days", classes[day - _number(first)], 1 + max(WORKDAY, WEEKEND, HOLIDAY))
    by_kind, severity = tally("severity", index.kind[rows], len(index.types)), severities(index, method)
    return Facets(
        all=len(rows),
        kept=int(others("").sum()),
        without={name: int(others(name).sum()) for name in each},
        hours=tally("hours", np.where(hour < 0, 24, hour), 25),
        weekdays=tally("weekdays", _weekday(index, rows), 7),
        days={name: int(by_class[list(kept)].sum()) for name, kept in DAY_KINDS.items()},
        sources=tally("sources", index.source[rows], len(index.sources)),
        severity={least: int(by_kind[severity >= least].sum()) for least in SEVERITIES},
        kinds=tally("kinds", index.kind[rows], len(index.types)),
    )


def severities(index: CountIndex, method: Method) -> npt.NDArray[np.float64]:
    """Return how severe each type of an index is, 0 where the method does not know it; shape (n_types,)."""
    known = (method.types.get(name) for name in index.types)
    return np.array([0.0 if kind is None else kind.severity for kind in known], dtype=np.float64)


@lru_cache(maxsize=16)
def _classes(start: dt.date, end: dt.date, time_zone: str) -> npt.NDArray[np.int8]:
    """Return `day_classes`, which asks a calendar of every single day."""
    return day_classes(start, end, time_zone)


def _weekday(index: CountIndex, rows: Rows | slice) -> npt.NDArray[np.int64]:
    return (index.day[rows].astype(np.int64) + _THURSDAY) % 7


def _number(day: dt.date) -> int:
    return (day - dt.date(1970, 1, 1)).days


def _digits(kind: str, n: int) -> list[int]:
    """Return the decimals of an area's numbers in a link: metres of a radius have one, degrees five."""
    return [1 if kind == "circle" and k == 2 else 5 for k in range(n)]
