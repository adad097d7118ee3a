"""A city cut into blocks: a warped lattice, finer where people live, clipped to the districts.

Everything is drawn as one network of lines, noded on a grid of 1e-6 degrees and polygonised. Neighbours therefore share
every vertex exactly, and any union of blocks is a clean coverage too.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.columns import LONLAT_CRS
from geodata.demo.facts import METRIC_CRS, Facts, Flags, Floats, Ints, Objects, to_degrees

PRECISION_DEG = 1e-6
UNIT_M = 112.0
"""The finest block's side; the others are two and four times as wide."""
_SPLIT_ABOVE = {4: 480.0, 2: 5200.0}
"""People a km² above which a block of this many units a side is cut in four."""
_ANGLE = np.radians(14.0)
_ORIGIN_M = (402_000.0, 2_408_000.0)
_JITTER = 0.17


def people_per_km2(x: Floats, y: Floats, settlements: pd.DataFrame) -> Floats:
    """Guess how densely a point [m] is inhabited [persons a km²]: centres that fade with distance."""
    density = np.full(np.shape(x), 25.0)
    for seed_x, seed_y, peak, reach_km in settlements[["x", "y", "people_per_km2", "reach_km"]].to_numpy(float):
        density += peak * np.exp(-((np.hypot(x - seed_x, y - seed_y) / 1000.0 / reach_km) ** 1.5))
    return density


def cut_blocks(facts: Facts, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Cut the districts into blocks.

    Parameters
    ----------
    facts
        Outlines and settlements.
    rng
        Stream of the lattice's irregularity.

    Returns
    -------
    gpd.GeoDataFrame
        EPSG:4326, a row a block: district (place_id), nominal_m (side of its lattice cell), geometry (Polygon). Slivers
        at the districts' borders are still there.
    """
    lines = np.concatenate([_lattice_lines(facts, rng), shapely.boundary(facts.outlines.geometry.to_numpy())])
    noded = shapely.union_all(lines, grid_size=PRECISION_DEG)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inside = shapely.get_coordinates(shapely.point_on_surface(faces))
    district = np.full(len(faces), -1)
    for number, outline in enumerate(facts.outlines.geometry):
        shapely.prepare(outline)
        district[shapely.contains_xy(outline, inside)] = number
    blocks = gpd.GeoDataFrame({"district": district}, geometry=faces, crs=LONLAT_CRS)[district >= 0]
    centre = shapely.get_coordinates(shapely.centroid(blocks.to_crs(METRIC_CRS).geometry.to_numpy()))
    density = people_per_km2(centre[:, 0], centre[:, 1], facts.settlements)
    blocks["nominal_m"] = UNIT_M * np.select([density > _SPLIT_ABOVE[2], density > _SPLIT_ABOVE[4]], [1, 2], 4)
    blocks["district"] = facts.outlines["place_id"].to_numpy()[blocks["district"]]
    return blocks.reset_index(drop=True)


def _lattice_lines(facts: Facts, rng: np.random.Generator) -> Objects:
    warp = _Warp(rng)
    land = facts.outlines.geometry.to_crs(METRIC_CRS).union_all()
    corners, sizes = _quadtree(warp, land, facts.settlements)
    start, end = _sides(corners, sizes)
    nodes, place = np.unique(np.concatenate([start, end]), axis=0, return_inverse=True)
    x, y = warp(*nodes.T.astype(float))
    spread = _JITTER * UNIT_M * _finest_side(nodes, corners, sizes)
    x, y = x + spread * rng.uniform(-1, 1, len(x)), y + spread * rng.uniform(-1, 1, len(y))
    points = np.stack(to_degrees(x, y), axis=1)
    segments = np.unique(np.sort(np.reshape(place, (2, -1)).T, axis=1), axis=0)
    return np.asarray(shapely.linestrings(points[segments]))


class _Warp:
    """Lattice units → metres: turned a little, and bent by a few long waves so that no row stays straight."""

    def __init__(self, rng: np.random.Generator) -> None:
        lengths = np.array([9000.0, 6500.0, 5000.0, 1500.0, 1000.0])
        self._heights = np.array([300.0, 220.0, 170.0, 45.0, 30.0])
        heading = rng.uniform(0, 2 * np.pi, (2, len(lengths)))
        self._waves = 2 * np.pi * np.stack([np.cos(heading), np.sin(heading)]) / lengths
        self._phases = rng.uniform(0, 2 * np.pi, (2, len(lengths)))

    def __call__(self, i: Floats, j: Floats) -> tuple[Floats, Floats]:
        u, v = i * UNIT_M, j * UNIT_M
        x = _ORIGIN_M[0] + u * np.cos(_ANGLE) - v * np.sin(_ANGLE)
        y = _ORIGIN_M[1] + u * np.sin(_ANGLE) + v * np.cos(_ANGLE)
        shift = [
            sum(
                height * np.sin(x * kx + y * ky + phase)
                for height, kx, ky, phase in zip(self._heights, *self._waves[:, axis], self._phases[axis], strict=True)
            )
            for axis in (0, 1)
        ]
        return x + shift[0], y + shift[1]


def _quadtree(warp: _Warp, land: BaseGeometry, settlements: pd.DataFrame) -> tuple[Ints, Ints]:
    """Return the lower left corners, shape (n, 2) [units], and sides [units] of the blocks that may touch land."""
    i, j = np.meshgrid(np.arange(-40, 340), np.arange(-120, 220), indexing="ij")
    wanted = np.stack([i.ravel(), j.ravel()], axis=1) * 4
    corners, sizes = [], []
    for size in (4, 2, 1):
        x, y = warp(*(wanted + size / 2).T.astype(float))
        near = land.buffer(size * UNIT_M)
        shapely.prepare(near)
        touching = shapely.contains_xy(near, x, y)
        wanted, x, y = wanted[touching], x[touching], y[touching]
        split = people_per_km2(x, y, settlements) > _SPLIT_ABOVE.get(size, np.inf)
        corners.append(wanted[~split])
        sizes.append(np.full((~split).sum(), size))
        quarters = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]) * (size // 2)
        wanted = (wanted[split][:, None, :] + quarters).reshape(-1, 2)
    return np.concatenate(corners), np.concatenate(sizes)


def _sides(corners: Ints, sizes: Ints) -> tuple[Ints, Ints]:
    """Return the ends of all blocks' sides, a wide block's sides broken where a finer neighbour has a corner."""
    nodes = {tuple(node) for step in ((0, 0), (1, 0), (0, 1), (1, 1)) for node in corners + sizes[:, None] * step}
    known = np.array(sorted(nodes))
    starts, ends = [], []
    for size in (1, 2, 4):
        mine = corners[sizes == size]
        along = np.arange(4 * size + 1)
        rim = np.stack([_rim(along, size), _rim(along - size, size)], axis=1)
        path = (mine[:, None, :] + rim).reshape(-1, 2)
        kept = _is_among(path, known).reshape(len(mine), -1)
        owner, step = np.nonzero(kept)
        same = owner[1:] == owner[:-1]
        visited = path.reshape(len(mine), -1, 2)[owner, step]
        starts.append(visited[:-1][same])
        ends.append(visited[1:][same])
    return np.concatenate(starts), np.concatenate(ends)


def _rim(along: Ints, size: int) -> Ints:
    """Return one coordinate of a walk around a square: up, wait, down, wait."""
    around = along % (4 * size)
    return np.clip(np.minimum(around, 3 * size - around), 0, size)


def _code(nodes: Ints) -> Ints:
    return (nodes[:, 0] + 5_000) * 100_000 + nodes[:, 1] + 5_000


def _is_among(nodes: Ints, known: Ints) -> Flags:
    return np.isin(_code(nodes), _code(known))


def _finest_side(nodes: Ints, corners: Ints, sizes: Ints) -> Ints:
    """Return the side [units] of the smallest block that has each node as a corner."""
    side = np.full(len(nodes), 4)
    for size in (4, 2, 1):
        mine = corners[sizes == size]
        for step in ((0, 0), (1, 0), (0, 1), (1, 1)):
            side[_is_among(nodes, mine + size * np.array(step))] = size
    return side
