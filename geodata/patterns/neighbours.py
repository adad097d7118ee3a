"""Who is whose neighbour: by border, by distance, or the nearest few; always mutual, never oneself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy import sparse
from scipy.spatial import cKDTree

Values = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]
ISLAND_NEIGHBOURS = 4
_SNAP = 1e-9
"""Borders this near each other touch, as a share of the largest coordinate: a centimetre in degrees, less in metres."""


@dataclass(frozen=True, eq=False)
class Neighbours:
    """A mutual relation between places, in compressed rows; places are known by their position."""

    start: Index
    """Where the neighbours of each place begin in `index`, shape (n + 1,)."""
    index: Index
    """Neighbours, ascending within a place."""
    joined: Flags
    """Places without a neighbour of their own that were joined to the nearest ones, shape (n,)."""

    @property
    def n(self) -> int:
        """Return the number of places."""
        return len(self.start) - 1

    @cached_property
    def cardinality(self) -> Index:
        """Neighbours of each place, shape (n,)."""
        return np.diff(self.start)

    @cached_property
    def _matrix(self) -> sparse.csr_array:
        return sparse.csr_array((np.ones(len(self.index)), self.index, self.start), shape=(self.n, self.n))

    def of(self, place: int) -> Index:
        """Return the neighbours of one place."""
        return self.index[self.start[place] : self.start[place + 1]]

    def row_sums(self, values: npt.ArrayLike, *, include_self: bool = False) -> Values:
        """Add up the values of each place's neighbours, and its own if asked.

        Parameters
        ----------
        values
            One value a place, or a column of them a variable, shape (n,) or (n, m); NaN spreads.

        Returns
        -------
        np.ndarray
            Sums, same shape; 0 for a place without neighbours.
        """
        each = np.asarray(values, dtype=np.float64)
        sums = np.asarray(self._matrix @ each)
        return sums + each if include_self else sums

    def among(self, kept: Flags) -> Neighbours:
        """Return the relation between the places that are kept, renumbered in their order."""
        if kept.all():
            return self
        number = np.cumsum(kept) - 1
        owner = np.repeat(np.arange(self.n), self.cardinality)
        both = kept[owner] & kept[self.index]
        return from_pairs(number[owner[both]], number[self.index[both]], int(kept.sum()), self.joined[kept])


def contiguity(places: gpd.GeoDataFrame) -> Neighbours:
    """Join places whose borders share a point (queen).

    Places of a coverage share vertices exactly, which is found without geometry. Pairs whose boxes meet but that share
    no vertex (a corner on the middle of a side, borders drawn twice, overlaps) are asked of GEOS, and touch if they
    come as near as rounding could have moved them.

    Parameters
    ----------
    places
        Polygons, any one CRS; the positions of the rows are those of the answer. Empty or missing ones touch nothing.
    """
    shapes = shapely.force_2d(np.asarray(places.geometry, dtype=object))  # copies, ours to prepare
    one, two = _sharing_a_vertex(shapes)
    more, others = _touching_otherwise(shapes, one, two)
    return from_pairs(np.concatenate([one, more]), np.concatenate([two, others]), len(shapes))


def _sharing_a_vertex(shapes: npt.NDArray[np.object_]) -> tuple[Index, Index]:
    """Return all pairs (both ways) of places that share a vertex."""
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    coordinates += 0.0  # -0.0 is 0.0
    vertex, distinct = pd.factorize(coordinates[:, 0] + 1j * coordinates[:, 1])
    shape = (len(shapes), len(distinct))
    incidence = sparse.csr_array((np.ones(len(owner), dtype=np.int32), (owner, vertex)), shape=shape)
    pairs = (incidence @ incidence.T).tocoo()
    return pairs.row.astype(np.intp), pairs.col.astype(np.intp)


def _touching_otherwise(shapes: npt.NDArray[np.object_], one: Index, two: Index) -> tuple[Index, Index]:
    """Return the pairs that touch without being among the known ones."""
    bounds = shapely.bounds(shapes)
    if not np.isfinite(bounds).any():
        return one[:0], two[:0]
    near = float(np.nanmax(np.abs(bounds))) * _SNAP
    west, south, east, north = bounds.T
    boxes = shapely.box(west - near, south - near, east + near, north + near)
    first, second = shapely.STRtree(shapes).query(boxes)
    unknown = (first < second) & ~np.isin(first * len(shapes) + second, one * len(shapes) + two)
    first, second = first[unknown], second[unknown]
    shapely.prepare(shapes[np.unique(first)])
    touching = shapely.dwithin(shapes[first], shapes[second], near)
    return first[touching], second[touching]


def nearest(x_m: npt.ArrayLike, y_m: npt.ArrayLike, k: int) -> Neighbours:
    """Join each place to its k nearest; made mutual, so that some have more than k.

    Parameters
    ----------
    x_m, y_m
        Positions [m] in a projected CRS, shape (n,); a place without one has no neighbours.
    k
        Neighbours that every place has at least, where there are so many others.
    """
    x, y = np.asarray(x_m, dtype=np.float64), np.asarray(y_m, dtype=np.float64)
    one, two = _nearest_pairs(x, y, np.arange(len(x)), k)
    return from_pairs(one, two, len(x))


def within_distance(x_m: npt.ArrayLike, y_m: npt.ArrayLike, distance_m: float) -> Neighbours:
    """Join places at most `distance_m` apart.

    Parameters
    ----------
    x_m, y_m
        Positions [m] in a projected CRS, shape (n,); a place without one has no neighbours.
    """
    x, y = np.asarray(x_m, dtype=np.float64), np.asarray(y_m, dtype=np.float64)
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    pairs = cKDTree(np.column_stack([x, y])[known]).query_pairs(distance_m, output_type="ndarray")
    return from_pairs(known[pairs[:, 0]], known[pairs[:, 1]], len(x))


def with_nearest_for_islands(
    neighbours: Neighbours, x_m: npt.ArrayLike, y_m: npt.ArrayLike, k: int = ISLAND_NEIGHBOURS
) -> Neighbours:
    """Join the places that have no neighbour (桂山、万山、担杆) to their k nearest, mutually, and say so in `joined`.

    Parameters
    ----------
    x_m, y_m
        Positions [m] in a projected CRS, shape (n,).
    """
    x, y = np.asarray(x_m, dtype=np.float64), np.asarray(y_m, dtype=np.float64)
    one, two = _nearest_pairs(x, y, np.flatnonzero(neighbours.cardinality == 0), k)
    joined = neighbours.joined.copy()
    joined[one] = True
    owner = np.repeat(np.arange(neighbours.n), neighbours.cardinality)
    return from_pairs(np.concatenate([owner, one]), np.concatenate([neighbours.index, two]), neighbours.n, joined)


def _nearest_pairs(x: Values, y: Values, wanted: Index, k: int) -> tuple[Index, Index]:
    """Return pairs of each wanted place with the k places nearest to it."""
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    wanted = wanted[np.isin(wanted, known)]
    k = min(k, len(known) - 1)
    if k < 1 or len(wanted) == 0:
        return wanted[:0], wanted[:0]
    position = np.column_stack([x, y])
    _, found = cKDTree(position[known]).query(position[wanted], k=k + 1)
    others = known[found]
    foreign = others != wanted[:, None]
    foreign[foreign.all(axis=1), -1] = False  # among several at one position one may not have found oneself
    return np.repeat(wanted, k), others[foreign]


def from_pairs(one: Index, two: Index, n: int, joined: Flags | None = None) -> Neighbours:
    """Make a relation of pairs of positions in any order, either or both ways, repeated or not.

    Parameters
    ----------
    one, two
        Positions of the places, shape (m,); pairs of a place with itself are dropped.
    n
        Number of places.
    joined
        Places that were joined for want of neighbours, shape (n,); none if None.
    """
    apart = one != two
    code = np.unique(np.concatenate([one[apart] * n + two[apart], two[apart] * n + one[apart]]))
    owner, index = np.divmod(code, max(n, 1))
    start = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=n))])
    nobody = np.zeros(n, dtype=np.bool_)
    return Neighbours(start.astype(np.intp), index.astype(np.intp), nobody if joined is None else joined)
