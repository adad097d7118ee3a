"""Points to places: exact, each point once, the place with the smaller code on a border.

A few points are asked of GEOS at once. Many go through an index that is built first (`raster`), or opened where it was
kept; both give the same answer on every point.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geodata.errors import BoundaryError
from geodata.raster import NOWHERE, Index, PlaceIndex, Shapes, by_tree, usable
from geodata.vocabulary import LEVELS, PlaceLevel

__all__ = ["NOWHERE", "Index", "LocatedPoints", "Locator", "ancestors", "locate", "locate_levels", "locate_points"]

BUILD_FROM = 500_000
"""Points from which building an index costs less than asking GEOS about each."""
OPEN_FROM = 100_000
"""The same for opening one that is kept: Numba and its kernels have to be loaded."""


def locate(points: gpd.GeoSeries, places: gpd.GeoDataFrame) -> pd.Series[str]:
    """Find the place that each point lies in.

    A point on a border belongs to the place with the smaller code, once, whatever the order of points and places.

    Parameters
    ----------
    points
        Points, any CRS; missing and empty points are located nowhere.
    places
        Polygons of one level with a column ``place_id``; reprojected to nothing: both must have the same CRS.

    Returns
    -------
    pd.Series
        place_id of each point, index of `points`, name "place_id"; "" where no place holds it.

    Raises
    ------
    BoundaryError
        If the two have different coordinate systems.
    """
    if points.crs != places.crs:
        raise BoundaryError(
            f"点位与边界的坐标系不同（{points.crs} 与 {places.crs}），请先统一。",
            f"`points` and `places` have different coordinate systems ({points.crs} and {places.crs}).",
        )
    ordered = places.sort_values("place_id")
    found = locate_points(points.x.to_numpy(), points.y.to_numpy(), ordered.geometry.to_numpy())
    ids = np.append(ordered["place_id"].to_numpy(dtype=object), "")
    return pd.Series(ids[found], index=points.index, name="place_id", dtype="str")


def locate_points(x: npt.ArrayLike, y: npt.ArrayLike, shapes: Shapes, index: PlaceIndex | None = None) -> Index:
    """Find the first of `shapes` that holds each point, its border included.

    Parameters
    ----------
    x, y
        Coordinates in the system of `shapes`, shape (n,); not finite = nowhere.
    shapes
        Polygons in the order of their codes.
    index
        The index of `shapes`, if there is one; without it, one is built where that pays.

    Returns
    -------
    np.ndarray
        Position in `shapes`, int32, shape (n,); ``NOWHERE`` where no shape holds the point.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if index is None and len(x) >= BUILD_FROM and usable():
        index = PlaceIndex.build(shapes)
    return by_tree(x, y, shapes) if index is None else index.locate(x, y)


@dataclass(frozen=True)
class LocatedPoints:
    """Where points lie at every level."""

    families: Index
    """Row of `places` at each level, shape (m, 4), ``NOWHERE`` where none: what a point can lie in, nowhere first."""
    family: Index
    """Row of `families` of each point, shape (n,)."""
    conflicts: int
    """Points whose coarser place, located on its own, contradicts the parent of the finer one; the table won."""

    @property
    def place(self) -> Index:
        """Return the row of `places` of each point at each level, shape (n, 4), ``NOWHERE`` where none."""
        return self.families[self.family]


def ancestors(places: pd.DataFrame) -> Index:
    """Tabulate the place of every level that each place lies in, itself included.

    Parameters
    ----------
    places
        place_id, level, parent_id, parent_level, sorted by level as `boundaries.join_levels` returns them.

    Returns
    -------
    np.ndarray
        Row of `places` at each level, shape (n_places, 4), int32, ``NOWHERE`` where none.
    """
    table = np.full((len(places), len(LEVELS)), NOWHERE, dtype=np.int32)
    row_of: dict[tuple[str, str], int] = {}
    level_of = places["level"].to_numpy(dtype=str)
    for level in LEVELS:
        rows = np.flatnonzero(level_of == level.value)
        here = places.iloc[rows]
        named = zip(here["parent_level"].tolist(), here["parent_id"].tolist(), strict=True)
        parents = np.array([row_of.get(each, NOWHERE) for each in named], dtype=np.int64)
        table[rows[parents != NOWHERE]] = table[parents[parents != NOWHERE]]
        table[rows, level.depth] = rows
        row_of.update(zip(((level.value, place) for place in here["place_id"].tolist()), rows.tolist(), strict=True))
    return table


class Locator:
    """Locates one chunk of points after the other to the places of one version of the boundaries.

    The levels' indexes are opened, or built and kept, once enough points have come by; threads may share a locator.

    Parameters
    ----------
    places
        All levels as `boundaries.join_levels` returns them, EPSG:4326.
    folder
        Where the indexes of these places are kept, a sub-folder a level; None keeps them in memory only.
    expected
        How many points will come, as far as that is known: with many the first chunk needs not go without an index.
    """

    def __init__(self, places: gpd.GeoDataFrame, folder: Path | None = None, *, expected: int = 0) -> None:
        level_of = places["level"].to_numpy(dtype=str)
        shapes, table = places.geometry.to_numpy(), ancestors(places)
        self._finders: dict[PlaceLevel, _Finder] = {}
        self._start: dict[PlaceLevel, int] = {}
        families = [np.full((1, len(LEVELS)), NOWHERE, dtype=np.int32)]
        for level in reversed(LEVELS):
            rows = np.flatnonzero(level_of == level.value)
            if len(rows):
                kept = None if folder is None else folder / f"raster-{level.value}"
                self._finders[level] = _Finder(shapes[rows], kept, 0 if self._finders else expected)
                self._start[level] = sum(map(len, families))
                families.append(table[rows])
        self._families = np.concatenate(families)

    def overlaps(self) -> dict[PlaceLevel, int]:
        """Return how many pairs of places overlap at each level whose index is open."""
        return {level: each.index.overlaps for level, each in self._finders.items() if each.index is not None}

    def locate(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> LocatedPoints:
        """Locate points to the finest place and derive the rest from the table of parents.

        A level that the table does not reach (because it does not nest) is located on its own; where that contradicts a
        parent that is already known, the table wins and the level stays empty, so that children add up to their parent.

        Parameters
        ----------
        lon, lat
            Degrees, EPSG:4326, shape (n,).
        """
        lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
        families, family = self._families, np.zeros(len(lon), dtype=np.int32)
        conflicts = 0
        for number, level in enumerate(self._finders):
            if number == 0:
                family = self._found(level, lon, lat)
                continue
            missing = np.flatnonzero((families[:, level.depth] == NOWHERE)[family])
            found, known = self._found(level, lon[missing], lat[missing]), family[missing]
            family[missing] = np.where(known == 0, found, known)
            both = np.flatnonzero((known != 0) & (found != 0))
            if len(both):  # places that do not nest
                families, family[missing[both]], n = _joined(families, known[both], found[both])
                conflicts += n
        return LocatedPoints(families, family, conflicts)

    def _found(self, level: PlaceLevel, lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]) -> Index:
        """Return the row of `_families` of each point, located at one level."""
        loaded = any(finder.index is not None for finder in self._finders.values())
        position = self._finders[level].find(lon, lat, loaded=loaded)
        return np.where(position == NOWHERE, 0, position + np.int32(self._start[level]))


def _joined(families: Index, known: Index, other: Index) -> tuple[Index, Index, int]:
    """Join every two families that do not contradict each other; return also how many points had two that do."""
    pairs, which = np.unique(np.stack([known, other], axis=1), axis=0, return_inverse=True)
    one, two = families[pairs[:, 0]], families[pairs[:, 1]]
    agreed = ((one == NOWHERE) | (two == NOWHERE) | (one == two)).all(axis=1)
    joined = np.where(one == NOWHERE, two, one)
    row = np.where(agreed, np.arange(len(families), len(families) + len(pairs)), pairs[:, 0]).astype(np.int32)
    which = which.ravel()
    return np.concatenate([families, joined]), row[which], int((~agreed)[which].sum())


class _Finder:
    """Finds the places of one level, with an index as soon as that pays."""

    def __init__(self, shapes: Shapes, folder: Path | None, expected: int) -> None:
        self.shapes = shapes
        self.folder = folder
        self.index: PlaceIndex | None = None
        self._seen = expected
        self._lock = threading.Lock()

    def find(self, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], *, loaded: bool = False) -> Index:
        """Return the position of each point's place, ``NOWHERE`` where none; `loaded` says whether Numba is there."""
        with self._lock:
            self._seen += len(x)
            if self.index is None and self._seen >= self._worth(loaded) and usable():
                self.index = PlaceIndex.open(self.folder, self.shapes) if self.folder else PlaceIndex.build(self.shapes)
        return by_tree(x, y, self.shapes) if self.index is None else self.index.locate(x, y)

    def _worth(self, loaded: bool) -> int:
        """Return the number of points from which an index pays."""
        worth = OPEN_FROM if self.folder and self.folder.exists() else BUILD_FROM
        # without loading Numba a vertex costs about as much as GEOS takes for a point
        return min(worth, int(shapely.get_num_coordinates(self.shapes).sum())) if loaded else worth


def locate_levels(
    lon: npt.ArrayLike, lat: npt.ArrayLike, places: gpd.GeoDataFrame, folder: Path | None = None
) -> LocatedPoints:
    """Locate points to every level at once; what comes in chunks is the business of a `Locator`.

    Parameters
    ----------
    lon, lat
        Degrees, EPSG:4326, shape (n,).
    places
        All levels as `boundaries.join_levels` returns them, EPSG:4326.
    folder
        Where the indexes of these places are kept, a sub-folder a level; None keeps none.
    """
    return Locator(places, folder).locate(lon, lat)
