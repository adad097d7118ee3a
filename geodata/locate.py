"""Points to places: exact, each point once, the place with the smaller code on a border."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geodata.errors import BoundaryError
from geodata.vocabulary import LEVELS

NOWHERE = -1
Index = npt.NDArray[np.int32]


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


def locate_points(x: npt.ArrayLike, y: npt.ArrayLike, shapes: npt.NDArray[np.object_]) -> Index:
    """Find the first of `shapes` that holds each point, its border included.

    Repeated coordinates are located once. The tree is built over the points and asked with each polygon, because GEOS
    prepares the geometry that it is asked with: polygons have the many vertices.

    Parameters
    ----------
    x, y
        Coordinates in the system of `shapes`, shape (n,); not finite = nowhere.
    shapes
        Polygons in the order of their codes.

    Returns
    -------
    np.ndarray
        Position in `shapes`, int32, shape (n,); ``NOWHERE`` where no shape holds the point.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    found = np.full(len(x), NOWHERE, dtype=np.int32)
    given = np.isfinite(x) & np.isfinite(y)
    if not given.any() or len(shapes) == 0:
        return found
    codes, distinct = pd.factorize(x[given] + 1j * y[given])
    points = shapely.points(distinct.real, distinct.imag)
    shape, point = shapely.STRtree(points).query(shapes, predicate="covers")
    first = np.full(len(points), len(shapes), dtype=np.int64)
    np.minimum.at(first, point, shape)
    first[first == len(shapes)] = NOWHERE
    found[given] = first[codes]
    return found


@dataclass(frozen=True)
class LocatedPoints:
    """Where points lie at every level."""

    place: Index
    """Row of `places` at each level, shape (n, 4), ``NOWHERE`` where none."""
    conflicts: int
    """Points whose coarser place, located on its own, contradicts the parent of the finer one; the table won."""


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
        named = zip(here["parent_level"], here["parent_id"], strict=True)
        parents = np.array([row_of.get(each, NOWHERE) for each in named], dtype=np.int64)
        table[rows[parents != NOWHERE]] = table[parents[parents != NOWHERE]]
        table[rows, level.depth] = rows
        row_of.update(zip(((level.value, place) for place in here["place_id"]), rows.tolist(), strict=True))
    return table


def locate_levels(lon: npt.ArrayLike, lat: npt.ArrayLike, places: gpd.GeoDataFrame) -> LocatedPoints:
    """Locate points to the finest place and derive the rest from the table of parents.

    A level that the table does not reach (because it does not nest) is located on its own; where that contradicts a
    parent that is already known, the table wins and the level stays empty, so that children add up to their parent.

    Parameters
    ----------
    lon, lat
        Degrees, EPSG:4326, shape (n,).
    places
        All levels as `boundaries.join_levels` returns them, EPSG:4326.
    """
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    table = ancestors(places)
    place = np.full((len(lon), len(LEVELS)), NOWHERE, dtype=np.int32)
    level_of = places["level"].to_numpy(dtype=str)
    conflicts = 0
    for level in reversed(LEVELS):
        rows = np.flatnonzero(level_of == level.value)
        missing = np.flatnonzero(place[:, level.depth] == NOWHERE)
        if len(rows) == 0 or len(missing) == 0:
            continue
        found = locate_points(lon[missing], lat[missing], places.geometry.to_numpy()[rows])
        missing, family = missing[found != NOWHERE], table[rows[found[found != NOWHERE]]]
        known = place[missing]
        contradiction = ((known != NOWHERE) & (family != NOWHERE) & (known != family)).any(axis=1)
        conflicts += int(contradiction.sum())
        missing, family, known = missing[~contradiction], family[~contradiction], known[~contradiction]
        place[missing] = np.where(known == NOWHERE, family, known)
    return LocatedPoints(place, conflicts)
