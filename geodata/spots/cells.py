"""The cells that patterns are looked for in: the city's finest places, who adjoins whom, and who owns what."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from geodata.city import CityData, Place
from geodata.coordinates import metric_crs
from geodata.counts import OUTSIDE
from geodata.locate import NOWHERE, Index
from geodata.patterns.guard import Guard
from geodata.patterns.neighbours import Neighbours, contiguity, with_nearest_for_islands
from geodata.spots.kept import Arrays, stored
from geodata.vocabulary import PlaceLevel

Values = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Rows = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]
Types = npt.NDArray[np.intp]
"""Positions in ``city.index.types``."""
_METRES_PER_DEGREE = 111_320.0
EQUAL = 1.25
"""Cells are of one size where nine of ten are at most this many times as large as the smallest of them."""


class Unfit(Enum):
    """Why the data cannot answer a question."""

    MONTHS_ONLY = "months_only"
    """Incidents are dated by month."""
    NO_HISTORY = "no_history"
    """The days before do not reach back far enough."""
    NO_POSITIONS = "no_positions"
    """Incidents have no coordinates."""


Reason = Guard | Unfit
_REASONS: dict[str, Reason] = {reason.value: reason for kind in (Guard, Unfit) for reason in kind}


def coded(reason: Reason | None) -> npt.NDArray[Any]:
    """Return a reason as an array, to be stored."""
    return np.array("" if reason is None else reason.value)


def decoded(kept: npt.NDArray[Any]) -> Reason | None:
    """Return a stored reason."""
    return _REASONS.get(str(kept))


@dataclass(frozen=True)
class Owner:
    """A place that answers for a part of a spot."""

    place: Place
    share: float
    """Of the spot's incidents; the shares of all owners sum to 1."""
    incidents: int


@dataclass(frozen=True, eq=False)
class Cells:
    """All places of one level; arrays by place, in the order of their ids."""

    level: PlaceLevel
    rows: Index
    """Row of each in ``CityData.places``."""
    neighbours: Neighbours
    """By border; islands have their four nearest."""
    x_m: Values
    """Centres in the city's metric system [m]."""
    y_m: Values
    area_km2: Values
    position: Index
    """Of each row of ``CityData.places`` among the cells, -1 = none, shape (n_places,)."""

    @cached_property
    def equal(self) -> bool:
        """Say whether they are the cells of one regular grid, but for its rim."""
        low, high = np.quantile(self.area_km2, (0.1, 0.9)) if len(self.rows) else (0.0, 1.0)
        return self.level is PlaceLevel.GRID_CELL and bool(high <= EQUAL * low)

    @cached_property
    def size_m(self) -> float:
        """Return the side of a square as large as the median cell [m]."""
        return float(np.sqrt(np.median(self.area_km2)) * 1000.0) if len(self.rows) else np.nan

    def joined(self, chosen: Flags) -> list[Rows]:
        """Return the positions of the chosen cells, those that touch together."""
        owner = np.repeat(np.arange(len(self.rows)), self.neighbours.cardinality)
        both = chosen[owner] & chosen[self.neighbours.index]
        pairs = (owner[both], self.neighbours.index[both])
        links = sparse.coo_array((np.ones(len(pairs[0]), np.int8), pairs), shape=(len(chosen), len(chosen)))
        mine = np.flatnonzero(chosen)
        label = connected_components(links.tocsr(), directed=False)[1][mine]
        order = np.argsort(label, kind="stable")
        return np.split(mine[order], np.flatnonzero(np.diff(label[order])) + 1) if len(mine) else []


def cells_of(city: CityData, folder: Path | None = None, level: PlaceLevel | None = None) -> Cells:
    """Return the places of a level, the finest by default, ready for patterns; made once a boundary version."""
    chosen = level or city.levels[-1]

    def built() -> Cells:
        kept = stored(city, folder, "cells", chosen.value, lambda: _laid_out(city, chosen), of_boundaries=True)
        rows = city.members(chosen, city.city)
        position = np.full(len(city.places), -1, dtype=np.int32)
        position[rows] = np.arange(len(rows))
        neighbours = Neighbours(kept["start"], kept["index"], kept["joined"])
        return Cells(chosen, rows, neighbours, kept["x_m"], kept["y_m"], kept["area_km2"], position)

    return city.kept(("cells", chosen), built)


def _laid_out(city: CityData, level: PlaceLevel) -> Arrays:
    rows = city.members(level, city.city)
    shapes = np.asarray(city.places.geometry, dtype=object)[rows]
    x, y = in_metres(city, *shapely.get_coordinates(shapely.centroid(shapes)).T)
    found = with_nearest_for_islands(contiguity(gpd.GeoDataFrame(geometry=shapes)), x, y)
    neighbours = {"start": found.start, "index": found.index, "joined": found.joined}
    return {**neighbours, "x_m": x, "y_m": y, "area_km2": city.areas[rows]}


def in_metres(city: CityData, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Values, Values]:
    """Return positions in the city's metric system [m], NaN where there is none."""
    west, south, east, north = city.places.total_bounds
    plane = metric_crs(float(west + east) / 2, float(south + north) / 2)
    move = city.kept(("plane", plane), lambda: pyproj.Transformer.from_crs("EPSG:4326", plane, always_xy=True))
    x, y = move.transform(np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64), errcheck=False)
    nowhere = ~(np.isfinite(x) & np.isfinite(y))
    return np.where(nowhere, np.nan, x), np.where(nowhere, np.nan, y)


def metres_per_degree(lat: float) -> tuple[float, float]:
    """Return the metres of a degree to the east and to the north: lengths within 1 % up to a quarter degree away."""
    return float(_METRES_PER_DEGREE * np.cos(np.radians(lat))), _METRES_PER_DEGREE


def cell_of(city: CityData, cells: Cells, incidents: Rows) -> Rows:
    """Return the position of the cell that each incident lies in, -1 = none."""
    place = city.index.site_place[city.index.site[incidents], cells.level.depth]
    return np.where(place == NOWHERE, -1, cells.position[place]).astype(np.intp)


def counted(city: CityData, cells: Cells, start: dt.date, end: dt.date, types: Types | None) -> Counts:
    """Count incidents by cell over a half-open span of days, shape (n_cells,)."""
    counts = city.index.by_place(cells.level, cells.rows, start, end, types=types)
    return counts.places.to_numpy()


def in_slices(city: CityData, cells: Cells, first: dt.date, days: int, slices: int, types: Types | None) -> Counts:
    """Count incidents by slice of so many days and cell, shape (slices, n_cells)."""
    rows = city.index.selected(first, first + dt.timedelta(days=days * slices), types=types, outside=False)
    cell = cell_of(city, cells, rows)
    day = (city.index.day[rows] - (first - dt.date(1970, 1, 1)).days) // days
    n = len(cells.rows)
    table = np.bincount(day[cell >= 0] * n + cell[cell >= 0], minlength=slices * n)
    return table.reshape(slices, n).astype(np.int64)


def named(city: CityData, types: Types | None) -> tuple[str, ...] | None:
    """Return the ids of types, to stand among the arguments of a stored answer."""
    return None if types is None else tuple(sorted(city.index.types[t] for t in types.tolist()))


# --- owners ---


def owner_level(city: CityData, place: Place, level: PlaceLevel) -> PlaceLevel:
    """Return the level of those who answer: streets, or communities inside a street; coarser than the cells."""
    coarser = [each for each in city.levels if each.depth < level.depth] or [level]
    wanted = PlaceLevel.STREET.depth
    if place.level is not None and place.level.depth >= wanted:
        wanted = place.level.depth + 1
    return min(coarser, key=lambda each: (abs(each.depth - wanted), each.depth))


def owners(city: CityData, level: PlaceLevel, incidents: Rows) -> tuple[Owner, ...]:
    """Return who answers for some incidents, the largest share first."""
    site = city.index.site[incidents]
    place = city.index.site_place[site[site != OUTSIDE], level.depth]
    rows, counts = np.unique(place[place != NOWHERE], return_counts=True)
    order = np.argsort(-counts, kind="stable")
    total = int(counts.sum())
    return tuple(Owner(city.place(int(rows[k])), int(counts[k]) / total, int(counts[k])) for k in order)


def centre_of(city: CityData, incidents: Rows, rows: Index) -> tuple[float, float]:
    """Return the mean position of incidents [degrees], or of some places where no incident has one."""
    lon, lat = (values[incidents].astype(np.float64) for values in (city.index.lon, city.index.lat))
    known = np.isfinite(lon) & np.isfinite(lat)
    if known.any():
        return float(lon[known].mean()), float(lat[known].mean())
    west, south, east, north = bounds_of(city, rows)
    return (west + east) / 2, (south + north) / 2


def bounds_of(city: CityData, rows: Index) -> tuple[float, float, float, float]:
    """Return west, south, east, north of some places [degrees]."""
    bounds = city.bounds[rows]
    low, high = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])
