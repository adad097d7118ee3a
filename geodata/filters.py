"""Filters: which incidents are looked at, by hour, day, source, severity and area; the city that holds only those."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from functools import cached_property

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
DAY_KINDS = {"workday": (WORKDAY,), "weekend": (WEEKEND,), "holiday": (HOLIDAY,), "off": (WEEKEND, HOLIDAY)}
"""Kinds of day that a filter may keep, each as classes of `day_classes`."""
SEVERITIES = (2.0, 5.0, 10.0)
"""Lower ends of severity that a filter may ask for; 1 is the slightest."""
AREAS = ("box", "circle", "lasso")
MOST_CORNERS = 60
"""Corners of a drawn outline at most: a link has to hold them."""
_GEOD = pyproj.Geod(ellps="WGS84")
_MONDAY = 3
"""Weekday of 1970-01-01, counted from Monday as 0."""


@dataclass(frozen=True)
class Area:
    """A part of the map: a box (west, south, east, north), a circle (lon, lat, radius) or a drawn outline.

    Positions are in degrees (EPSG:4326), the radius in metres, an outline's corners one after the other.
    """

    kind: str
    numbers: tuple[float, ...]

    def __str__(self) -> str:
        """Return the area as it stands in a link."""
        digits = [1 if self.kind == "circle" and k == 2 else 5 for k in range(len(self.numbers))]
        return f"{self.kind}:" + ",".join(f"{n:.{d}f}" for n, d in zip(self.numbers, digits, strict=True))

    @classmethod
    def parse(cls, text: str) -> Area | None:
        """Read an area from a link; None if it is none, or encloses nothing."""
        kind, _, rest = text.partition(":")
        try:
            numbers = tuple(float(part) for part in rest.split(","))
        except ValueError:
            return None
        if kind not in AREAS or not all(math.isfinite(n) for n in numbers):
            return None
        area = cls(kind, numbers)
        return area if area._encloses() else None

    def _encloses(self) -> bool:
        n = self.numbers
        if self.kind == "box":
            return len(n) == 4 and -180 <= n[0] < n[2] <= 180 and -90 <= n[1] < n[3] <= 90
        if self.kind == "circle":
            return len(n) == 3 and abs(n[0]) <= 180 and abs(n[1]) < 90 and 1 <= n[2] <= 1_000_000
        if len(n) % 2 or not 6 <= len(n) <= 2 * MOST_CORNERS:
            return False
        within = all(abs(x) <= 180 and abs(y) <= 90 for x, y in zip(n[::2], n[1::2], strict=True))
        return within and bool(self.outline.area > 0)

    @cached_property
    def outline(self) -> BaseGeometry:
        """Return the area as a polygon in degrees; of a crossed outline every part that it goes round."""
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
        return shapely.make_valid(shapely.Polygon(np.array(n).reshape(-1, 2)))

    @property
    def km2(self) -> float:
        """Return the size of the area on the ellipsoid [km²]."""
        if self.kind == "circle":
            return math.pi * (self.numbers[2] / 1000) ** 2
        return float(sum(abs(_GEOD.geometry_area_perimeter(part)[0]) for part in shapely.get_parts(self.outline))) / 1e6

    def holds(self, lon: npt.NDArray[np.floating], lat: npt.NDArray[np.floating]) -> Flags:
        """Say which positions (degrees, NaN = none) lie in the area, its rim included; shape (n,)."""
        west, south, east, north = self.outline.bounds
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
            keep &= np.isin(day_classes(start, end, time_zone), DAY_KINDS[self.days])
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
        if self.hours is not None:
            wanted = np.append(self.hours_kept(), False)  # unknown hours are -1: the last
            keep &= wanted[index.hour]
        if self.by_day and index.span is not None:
            first, last = index.span
            wanted = self.days_kept(first, last + dt.timedelta(days=1), time_zone)
            keep &= wanted[index.day - index.days[0]]
        if self.sources:
            keep &= np.array([source in self.sources for source in index.sources], dtype=np.bool_)[index.source]
        if self.severity:
            known = (method.types.get(name) for name in index.types)
            weight = np.array([0.0 if kind is None else kind.severity for kind in known])
            keep &= (weight >= self.severity)[index.kind]
        if self.area is not None:
            keep &= self.area.holds(index.lon, index.lat)
        return keep
