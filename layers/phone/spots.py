"""Where in a small place something comes together now, and why: found from counts alone, the same for everybody.

Three kinds, the first ones first: hot cells (Gi* over the city, `geodata.spots.hotspots`), series of near repeats where
the test over the city supports them (`geodata.spots.repeats`), and positions with several incidents within a year.
What is sensitive is in none of them, and none rests on a single incident.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from geodata.city import CityData, Place
from geodata.locate import NOWHERE
from geodata.spots.cells import Rows, cells_of, centre_of, metres_per_degree
from geodata.spots.hotspots import Hotspot, hotspots
from geodata.spots.repeats import CROWDED, CROWDED_SHARE, Ring, repeats
from geodata.vocabulary import Period, PeriodKind, PlaceLevel
from layers.panels.hotspots import busy_hours
from layers.phone.walk import Position, legs, walk
from layers.points import hidden_types

MOST, WANTED = 5, 3
"""Spots of a walk at most; fewer than the second in a grid cell are joined by those of the cells beside it."""
RECENT_DAYS, YEAR_DAYS = 28, 364
LEAST, LEAST_AGAIN = 3, 2
"""Incidents of a hot cell or a position, and of a series."""
FRESH_DAYS = 90
"""A position where nothing happened for longer is nothing of today's."""
LONGEST = 60
"""Positions that are gone through: those with most incidents."""
APART_M = 60.0
"""Spots closer than this are one."""
ROUNDED = 4
"""Decimals of a spot's position: about ten metres, enough to walk there."""
_EPOCH = dt.date(1970, 1, 1)
Numbers = npt.NDArray[np.float64]


class SpotKind(StrEnum):
    """Why a spot is one."""

    HOT = "hot"
    AGAIN = "again"
    POSITION = "position"


@dataclass(frozen=True)
class Spot:
    """One spot."""

    kind: SpotKind
    lon: float
    lat: float
    row: int
    """The finest place that holds it, a row of ``CityData.places``."""
    incidents: int
    """Hot: in the recent period; a series: in the ring; a position: within a year."""
    recent: int
    """Of these in the recent period."""
    usual: float | None
    """Of a hot cell what an equally long time had in the year before; None where the data do not reach back."""
    leading: tuple[str, int] | None
    """The most frequent type and its incidents; None where no type comes twice."""
    hours: int | None
    """First of the four hours in which much happens; None where no hours stand out."""
    last: dt.date
    """Day of the latest incident; where only months are known, the first of the month."""
    radius_m: float = 0.0
    until: dt.date | None = None
    """Of a series: how far around, and until when, the next one is to be feared."""
    beside: bool = False
    """Whether it lies not in the place but in one beside it."""


@dataclass(frozen=True)
class Walk:
    """Spots in the order of a short walk."""

    spots: tuple[Spot, ...]
    legs: tuple[float, ...]
    """Metres from the spot before, as the crow flies; 0 for the first."""
    period: Period
    """What counts as recent."""
    incidents: int
    """In the place in that time, sensitive ones too."""
    silent: bool
    """Whether the place sent little or nothing in that time: no spot is no news then."""
    unplaced: bool
    """Whether no incident of that time has a position."""


def todays_walk(city: CityData, place: Place, folder: Path | None = None) -> Walk:
    """Find the spots of a place and order them.

    Parameters
    ----------
    city, place
        All its incidents, and a place that is not the city.
    folder
        The city folder, where patterns are kept; None keeps them in memory only.
    """
    seen = _Seen(city, place, folder)
    found = _apart(seen.found(place))[:MOST]
    if place.level is PlaceLevel.GRID_CELL and len(found) < WANTED:
        beside = [replace(spot, beside=True) for row in neighbours(city, place, folder) for spot in seen.found(row)]
        found = _apart([*found, *sorted(beside, key=_order)])[: max(WANTED, len(found))]
    plane = _plane(found)
    order = walk(plane)
    index, period = city.index, seen.recent
    rows = index.selected(period.start, period.end, within=place.within)
    return Walk(
        spots=tuple(found[k] for k in order),
        legs=(0.0, *legs(order, plane)) if found else (),
        period=period,
        incidents=len(rows),
        silent=bool(place.row is not None and city.silent_in(period)[place.row]),
        unplaced=bool(len(rows)) and not bool(np.isfinite(index.lon[rows]).any()),
    )


def neighbours(city: CityData, place: Place, folder: Path | None = None) -> list[Place]:
    """Return the places beside a place, of its level; across water the nearest ones."""
    if place.row is None or place.level is None:
        return []
    cells = cells_of(city, folder, place.level)
    beside = cells.neighbours.of(int(cells.position[place.row]))
    return [city.place(int(row)) for row in cells.rows[beside]]


def recent_period(city: CityData) -> Period | None:
    """Return what counts as recent: the last 28 days with data, or their last month; None without data."""
    if city.months_only or city.data_as_of is None:
        return city.latest_period(PeriodKind.MONTH)
    return Period.trailing(city.data_as_of, RECENT_DAYS)


@dataclass(frozen=True)
class _Seen:
    """What is asked of the city for one walk."""

    city: CityData
    place: Place
    folder: Path | None

    @cached_property
    def recent(self) -> Period:
        period = recent_period(self.city)
        assert period is not None, "a view needs incidents"  # noqa: S101 - the link was read, so there are some
        return period

    @cached_property
    def shown(self) -> Rows:
        """Return the types that may be told of where they happened."""
        return np.flatnonzero(~hidden_types(self.city))

    def found(self, place: Place) -> list[Spot]:
        """Return the spots in a place, those that say most first."""
        return sorted([*self._hot(place), *self._again(place), *self._positions(place)], key=_order)

    # --- hot cells ---

    def _hot(self, place: Place) -> Iterator[Spot]:
        city, finest = self.city, self.city.levels[-1]
        if place.level is finest and finest is not PlaceLevel.GRID_CELL:
            return  # a whole ward is nowhere to go to
        mine = set(city.members(finest, place).tolist()) or {place.row}
        incidents = self._of(place, self.recent)
        cell = city.index.site_place[city.index.site[incidents], finest.depth]
        for spot in self._hotspots:
            rows = [row for row in spot.cells if row in mine]
            chosen = incidents[np.isin(cell, rows)]
            if len(chosen) >= LEAST:
                lon, lat = centre_of(city, chosen, np.array(rows, dtype=np.int32))
                yield self._spot(SpotKind.HOT, chosen, lon, lat, usual=self._usual(rows))

    @cached_property
    def _hotspots(self) -> tuple[Hotspot, ...]:
        """Return those of the whole city, so that all its places share the answer."""
        city, recent = self.city, self.recent
        return city.kept(
            ("phone", "hotspots", recent), lambda: hotspots(city, city.city, recent, folder=self.folder).hotspots
        )

    def _usual(self, rows: list[int]) -> float | None:
        """Return what some cells had in an equally long time on average of the year before."""
        city, recent = self.city, self.recent
        year = Period.trailing(recent.start - dt.timedelta(days=1), YEAR_DAYS)
        if not city.is_whole(year):
            return None
        finest = city.levels[-1]
        table = city.index.place_types(finest, year.start, year.end)[rows][:, self.shown]
        return float(table.sum()) * recent.days / year.days

    # --- near repeats ---

    def _again(self, place: Place) -> Iterator[Spot]:
        city = self.city
        inside = city.index.sites_in(*place.within) if place.within is not None else None
        for ring in self._rings:
            here = inside is None or inside[city.index.site[ring.incident]]
            if not here or city.index.kind[ring.incident] not in self.shown:
                continue
            lon, lat = ring.centre
            spot = self._spot(SpotKind.AGAIN, np.array([ring.incident]), lon, lat)
            kind = city.index.types[int(city.index.kind[ring.incident])]
            leading = (kind, ring.incidents)
            yield replace(
                spot, incidents=ring.incidents, leading=leading, radius_m=ring.radius_m, until=ring.until, hours=None
            )

    @cached_property
    def _rings(self) -> tuple[Ring, ...]:
        """Return those of the whole city in which it has happened again."""
        city, day = self.city, self.city.data_as_of
        if city.months_only or day is None:
            return ()
        found = city.kept(("phone", "repeats", day), lambda: repeats(city, city.city, day, folder=self.folder))
        return tuple(ring for ring in found.rings if ring.incidents >= LEAST_AGAIN)

    # --- positions ---

    def _positions(self, place: Place) -> Iterator[Spot]:
        index, recent = self.city.index, self.recent
        year = Period(recent.end - dt.timedelta(days=YEAR_DAYS + 1), recent.end, PeriodKind.RANGE)
        rows = self._of(place, year)
        at = index.lon[rows] + 1j * index.lat[rows].astype(np.float64)
        _, spot, times = np.unique(at, return_inverse=True, return_counts=True)
        fresh = (recent.end - dt.timedelta(days=FRESH_DAYS) - _EPOCH).days
        span = index.rows(year.start, year.end)
        crowd = max(CROWDED, CROWDED_SHARE * (span.stop - span.start))  # such a position stands for many places
        most = np.argsort(-times, kind="stable")[:LONGEST]
        for k in most[(times[most] >= LEAST) & (times[most] <= crowd)].tolist():
            chosen = rows[spot == k]
            if index.day[chosen].max() >= fresh:
                first = chosen[0]
                yield self._spot(SpotKind.POSITION, chosen, float(index.lon[first]), float(index.lat[first]))

    # --- what they share ---

    def _of(self, place: Place, period: Period) -> Rows:
        """Return the incidents of a place that may be told of and have a position."""
        index = self.city.index
        rows = index.selected(period.start, period.end, within=place.within, types=self.shown)
        return np.asarray(rows[np.isfinite(index.lon[rows]) & np.isfinite(index.lat[rows])])

    def _spot(self, kind: SpotKind, incidents: Rows, lon: float, lat: float, usual: float | None = None) -> Spot:
        index = self.city.index
        kinds = np.bincount(index.kind[incidents], minlength=len(index.types))
        most = int(kinds.argmax())
        hours = None if self.city.months_only else busy_hours(index.hour[incidents])
        places = [int(row) for row in index.site_place[index.site[incidents[-1]]] if row != NOWHERE]
        return Spot(
            kind=kind,
            lon=round(lon, ROUNDED),
            lat=round(lat, ROUNDED),
            row=places[-1],
            incidents=len(incidents),
            recent=int((index.day[incidents] >= (self.recent.start - _EPOCH).days).sum()),
            usual=usual,
            leading=(index.types[most], int(kinds[most])) if kinds[most] > 1 else None,
            hours=hours[0] if hours else None,
            last=_EPOCH + dt.timedelta(days=int(index.day[incidents].max())),
        )


def _order(spot: Spot) -> tuple[object, ...]:
    """Sort by kind, then the most incidents, recent ones first, and by position: the order is always the same."""
    return (list(SpotKind).index(spot.kind), -spot.recent, -spot.incidents, -spot.last.toordinal(), spot.lon, spot.lat)


def _apart(spots: list[Spot]) -> list[Spot]:
    """Leave out what lies where a better spot lies already."""
    plane, kept = _plane(spots), list[int]()
    for k, here in enumerate(plane):
        if all(legs([0, 1], [here, plane[other]])[0] >= APART_M for other in kept):
            kept.append(k)
    return [spots[k] for k in kept]


def _plane(spots: list[Spot]) -> list[Position]:
    """Return positions in metres, good enough for what can be walked."""
    if not spots:
        return []
    across, up = metres_per_degree(spots[0].lat)
    return [(spot.lon * across, spot.lat * up) for spot in spots]


def held_by(city: CityData, place: Place, level: PlaceLevel) -> Place:
    """Return the place of a level that holds a place, or the nearest coarser one, or the place itself."""
    held = [each for each in city.lineage(place) if each.level is not None and each.level.depth <= level.depth]
    return held[-1] if held else place
