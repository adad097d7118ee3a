"""Blocks joined into grid cells, communities, streets and districts.

Regions grow over the network of neighbouring blocks along rough ground: their borders are ragged, each one is in one
piece but for its islands. A level's shapes are unions of the level below, so that nesting is exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.cluster.vq import kmeans2
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial.distance import cdist

from geodata.columns import LONLAT_CRS, PLACE_COLUMNS
from geodata.demo.facts import METRIC_CRS, Facts, Floats, Ints, Objects, to_metres
from geodata.demo.mesh import PRECISION_DEG
from geodata.vocabulary import PlaceLevel

_SLIVER = 0.35
"""A block smaller than this share of its lattice cell joins a neighbour."""
_THIN = 0.18
"""So does one whose 4π·area/perimeter² is below this."""
_ROUGHNESS = 0.45
_ROW_M = 300.0
"""Grid cells are numbered row by row from the north, west to east; a row is so high."""


@dataclass(frozen=True)
class Borders:
    """Who touches whom: one row a pair of polygons that share a side.

    Attributes
    ----------
    left, right
        Row numbers of the two polygons.
    length
        Length of what they share [degrees].
    """

    left: Ints
    right: Ints
    length: Floats


def shared_borders(polygons: Objects) -> Borders:
    """Find the pairs of polygons of a clean coverage that share a side.

    Parameters
    ----------
    polygons
        Polygons in degrees, shape (n,), every shared side with the same vertices on both sides.
    """
    rings, ring_owner = shapely.get_rings(polygons, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    _, node = np.unique(np.rint(points / PRECISION_DEG).astype(np.int64), axis=0, return_inverse=True)
    inner = ring[1:] == ring[:-1]
    ends = np.sort(np.stack([node[:-1], node[1:]], axis=1)[inner], axis=1)
    length = np.hypot(*np.diff(points, axis=0)[inner].T)
    owner = ring_owner[ring[1:][inner]]
    order = np.lexsort((owner, ends[:, 1], ends[:, 0]))
    twice = np.all(ends[order][1:] == ends[order][:-1], axis=1)
    pairs = np.stack([owner[order][:-1][twice], owner[order][1:][twice]], axis=1)
    unique, which = np.unique(pairs, axis=0, return_inverse=True)
    return Borders(unique[:, 0], unique[:, 1], np.bincount(which, length[order][1:][twice], len(unique)).astype(float))


def build_places(
    blocks: gpd.GeoDataFrame, facts: Facts, rng: np.random.Generator
) -> dict[PlaceLevel, gpd.GeoDataFrame]:
    """Join blocks into the four levels.

    Parameters
    ----------
    blocks
        What `cut_blocks` returns.
    facts
        Names and seeds of the streets and communities.
    rng
        Stream of the borders' raggedness.

    Returns
    -------
    dict
        A frame a level with PLACE_COLUMNS, EPSG:4326, sorted by place_id, index 0..n-1.
    """
    cells = _merge_slivers(blocks)
    x, y = to_metres(*shapely.get_coordinates(shapely.centroid(cells.geometry.to_numpy())).T)
    ground = _Ground(x, y, shared_borders(cells.geometry.to_numpy()), rng)
    street = _grow_streets(cells["district"].to_numpy(), ground, facts)
    community = _grow_communities(street, ground, facts, rng)
    place_id = (community + _serials(community, x, y)).to_numpy(object)
    order = np.argsort(place_id)
    ids, shapes = place_id[order], cells.geometry.to_numpy()[order]
    places = {PlaceLevel.GRID_CELL: _frame(PlaceLevel.GRID_CELL, ids, shapes, facts.names)}
    for level, digits in ((PlaceLevel.COMMUNITY, 12), (PlaceLevel.STREET, 9), (PlaceLevel.DISTRICT, 6)):
        parents, first = np.unique([child[:digits] for child in ids], return_index=True)
        shapes = np.array([shapely.coverage_union_all(group) for group in np.split(shapes, first[1:])])
        ids = parents.astype(object)
        places[level] = _frame(level, ids, shapes, facts.names)
    return {level: places[level] for level in PlaceLevel}


def _merge_slivers(blocks: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Join every block that is too small or too thin to the neighbour of its district with the longest common side."""
    while True:
        sliver, host = _slivers_and_hosts(blocks)
        if not len(sliver):
            return blocks
        joined = coo_array((np.ones(len(sliver)), (sliver, host)), shape=(len(blocks),) * 2)
        _, group = connected_components(joined, directed=False)
        # two slivers may have chosen each other and still be one: hence the loop
        blocks = _union_by(blocks, group.astype(np.int64))


def _slivers_and_hosts(blocks: gpd.GeoDataFrame) -> tuple[Ints, Ints]:
    metres = blocks.geometry.to_crs(METRIC_CRS)
    area, perimeter = metres.area.to_numpy(), metres.length.to_numpy()
    small = (area < _SLIVER * blocks["nominal_m"].to_numpy() ** 2) | (4 * np.pi * area < _THIN * perimeter**2)
    borders = shared_borders(blocks.geometry.to_numpy())
    district = blocks["district"].to_numpy()
    inside = district[borders.left] == district[borders.right]
    left, right = borders.left[inside], borders.right[inside]
    sides = pd.DataFrame(
        {
            "sliver": np.concatenate([left, right]),
            "host": np.concatenate([right, left]),
            "length": np.tile(borders.length[inside], 2),
        }
    )
    longest = sides[small[sides["sliver"]]].sort_values(["sliver", "length"]).drop_duplicates("sliver", keep="last")
    return longest["sliver"].to_numpy(), longest["host"].to_numpy()


def _union_by(blocks: gpd.GeoDataFrame, group: Ints) -> gpd.GeoDataFrame:
    order = np.argsort(group, kind="stable")
    first = np.flatnonzero(np.diff(group[order], prepend=-1))
    members = np.split(blocks.geometry.to_numpy()[order], first[1:])
    shapes = [one[0] if len(one) == 1 else shapely.coverage_union_all(one) for one in members]
    columns = {
        "district": blocks["district"].to_numpy()[order][first],
        "nominal_m": np.minimum.reduceat(blocks["nominal_m"].to_numpy()[order], first),
    }
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=LONLAT_CRS)


class _Ground:
    """The network of neighbouring cells, with how hard it is to cross from one to the next."""

    def __init__(self, x: Floats, y: Floats, borders: Borders, rng: np.random.Generator) -> None:
        self.xy = np.stack([x, y], axis=1)
        height = rng.normal(0.0, _ROUGHNESS, len(x))
        step = np.hypot(*(self.xy[borders.left] - self.xy[borders.right]).T)
        effort = step * np.exp(height[borders.left] + height[borders.right])
        self.effort = coo_array((effort, (borders.left, borders.right)), shape=(len(x),) * 2).tocsr()

    def grow(self, members: Ints, seeds: Floats) -> Ints:
        """Share out cells among seeds: each goes to the seed that reaches it with the least effort.

        Cells that no seed can reach (islands) go, island by island, to the seed that is nearest as the gull flies.

        Parameters
        ----------
        members
            Row numbers of the cells to share out, shape (n,).
        seeds
            Positions [m], shape (k, 2), k <= n.

        Returns
        -------
        Ints
            Seed number of each member, shape (n,); every seed has at least one.
        """
        here = self.xy[members]
        network = self.effort[members][:, members]
        start = _distinct_nearest(seeds, here)
        effort = dijkstra(network, directed=False, indices=start)
        label = np.argmin(effort, axis=0)
        _, island = connected_components(network, directed=False)
        for lost in np.unique(island[np.isinf(effort.min(axis=0))]):
            label[island == lost] = np.argmin(cdist(here[island == lost].mean(axis=0)[None], seeds))
        return np.asarray(label)


def _distinct_nearest(seeds: Floats, points: Floats) -> Ints:
    """Return the nearest point of each seed, no point twice."""
    distance = cdist(seeds, points)
    chosen: list[int] = []
    for row in distance:
        row[chosen] = np.inf
        chosen.append(int(np.argmin(row)))
    return np.array(chosen)


def _grow_streets(district: Objects, ground: _Ground, facts: Facts) -> pd.Series:
    street = np.empty(len(district), dtype=object)
    settlements = facts.settlements
    for one in np.unique(district):
        members = np.flatnonzero(district == one)
        mine = settlements[settlements["place_id"].str[:6] == one]
        street[members] = mine["place_id"].to_numpy()[ground.grow(members, mine[["x", "y"]].to_numpy())]
    return pd.Series(street)


def _grow_communities(street: pd.Series, ground: _Ground, facts: Facts, rng: np.random.Generator) -> pd.Series:
    community = np.empty(len(street), dtype=object)
    codes = facts.names.index[facts.names.index.str.len() == 12]
    for one, members in sorted(street.groupby(street).indices.items()):
        mine = codes[codes.str[:9] == one]
        known = facts.anchors.set_index("place_id").reindex(mine)[["x", "y"]].dropna()
        centres, _ = kmeans2(ground.xy[members], len(mine), minit="++", rng=rng)
        for anchor in known.to_numpy():
            centres[np.argmin(cdist(anchor[None], centres))] = np.inf
        free = centres[np.isfinite(centres[:, 0])]
        free = free[np.argsort(-free[:, 1])]
        seeds = pd.DataFrame(free, index=mine.difference(known.index), columns=["x", "y"])
        seeds = pd.concat([known, seeds]).sort_index()
        community[members] = seeds.index.to_numpy()[ground.grow(np.asarray(members), seeds.to_numpy())]
    return pd.Series(community)


def _unit(place_id: str, names: pd.Series[str]) -> str:
    """Make up who looks after a place, as such bodies are called: a cell is a numbered part of its community's."""
    name = str(names[place_id[:12]])
    if len(place_id) > 12:
        return f"{_unit(place_id[:12], names)}（网格{place_id[12:]}）"
    bodies = {
        6: {"区": "人民政府"},
        9: {"街道": "办事处", "镇": "人民政府"},
        12: {"社区": "居民委员会", "村": "村民委员会"},
    }
    known = bodies[len(place_id)]
    return name + next((body for ending, body in known.items() if name.endswith(ending)), "管理委员会")


def _serials(community: pd.Series, x: Floats, y: Floats) -> pd.Series:
    cells = pd.DataFrame({"community": community, "row": -np.floor(y / _ROW_M), "x": x})
    serial = cells.sort_values(["row", "x"]).groupby("community").cumcount().sort_index() + 1
    return serial.astype(str).str.zfill(3)


def _frame(
    level: PlaceLevel,
    ids: Objects,
    shapes: Objects,
    names: pd.DataFrame,
) -> gpd.GeoDataFrame:
    place_id = pd.Series(ids, dtype="str")
    if level is PlaceLevel.GRID_CELL:
        name, name_en = "网格" + place_id.str[12:], "Grid " + place_id.str[12:]
    else:
        name, name_en = (place_id.map(names[column]) for column in ("name", "name_en"))
    parent_digits = {PlaceLevel.DISTRICT: 0, PlaceLevel.STREET: 6, PlaceLevel.COMMUNITY: 9, PlaceLevel.GRID_CELL: 12}
    columns = {
        "place_id": place_id,
        "name": name.astype("str"),
        "name_en": name_en.astype("str"),
        "level": level.value,
        "parent_id": place_id.str[: parent_digits[level]],
        "valid_from": "",
        "valid_to": "",
        "unit": [_unit(each, names["name"]) for each in ids],
    }
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=LONLAT_CRS)[list(PLACE_COLUMNS)]
