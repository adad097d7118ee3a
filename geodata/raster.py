"""Points to places at the memory's speed: a raster whose cells know the borders that cross them.

A place is known by its label, its position in the order of codes plus one; 0 is nowhere. Every edge of every ring
carries the label of its polygon, and edges that neighbours share are merged into one that carries both, XORed. Walking
from one point to another and XORing the edges on the way leads from the label of the first to that of the second: no
winding and no orientation, and islands, holes, enclaves and borders whose vertices do not match come for free.

A raster cell that no edge touches holds its label. A touched one points to a record: the label at its centre and the
edges near it, in whole steps of 1/64000 of the cell from its centre. A point is looked up by walking from the centre.
The walk among the rounded edges is done in whole numbers and makes no mistake, and the rounded edges tell the truth
about every point that lies farther from them than rounding moved it and them. All other points, those on a border first
of all, are asked of GEOS: the answer equals exact geometry on every point.

Where places overlap, labels mean nothing: cells that an overlap touches ask GEOS about each of their points.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import tempfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.compiled import compiled

NOWHERE = -1
Index = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]

_FORMAT = 1
_CELLS = (1 << 16, 1 << 24)
"""Raster cells, from and to: 64 MB at most."""
_CELLS_AN_EDGE = 64
_MARGIN = 1 / 1024
"""Edges this near a cell [cells] stand in its record; clipped edges end outside the cell, where no walk leads."""
_STEPS = 64_000
"""Steps a cell: a cell and its margins fit 16 bits."""
_NEAR = 4
"""Points this near an edge [steps] are asked of GEOS; rounding moves a point and an edge by 1.42 together at most."""
_OVERLAY = 1e-11
"""The same, as a share of the largest coordinate: overlaps thinner than GEOS computes them count as borders."""
_FINEST = 5e-8
"""The smallest side of a cell, as a share of the largest coordinate: keeps the distance above below the margin."""
_ASK = -2
_BLOCK = 2048
_PART = (1 << 16, 1 << 20)
"""Points that a thread takes at once, from and to."""
_TABLE, _RECORDS, _FACTS = "table.npy", "records.npy", "index.json"

_log = logging.getLogger(__name__)


def by_tree(x: Floats, y: Floats, shapes: Shapes) -> Index:
    """Find the first of `shapes` that holds each point, its border included, with GEOS alone.

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
    found = np.full(len(x), NOWHERE, dtype=np.int32)
    given = np.isfinite(x) & np.isfinite(y)
    if not given.any() or len(shapes) == 0:
        return found
    codes, distinct = pd.factorize(x[given] + 1j * y[given])
    points: Shapes = np.asarray(shapely.points(distinct.real, distinct.imag), dtype=object)
    shape, point = shapely.STRtree(points).query(shapes, predicate="covers")
    first = np.full(len(points), len(shapes), dtype=np.int64)
    np.minimum.at(first, point, shape)
    first[first == len(shapes)] = NOWHERE
    found[given] = first[codes]
    return found


def usable() -> bool:
    """Say whether indexes can be built and asked here: they need Numba."""
    try:
        import numba  # noqa: F401 - here, because it costs more than locating a few points
    except ImportError:
        return False
    return True


@dataclass(frozen=True)
class _Grid:
    """The raster: square cells, row by row from the south-west."""

    west: float
    south: float
    side: float
    columns: int
    rows: int
    near: int
    """Distance from an edge [steps] up to which GEOS is asked."""

    @classmethod
    def over(cls, bounds: Floats, cells: int) -> _Grid:
        """Lay about `cells` cells over bounds (west, south, east, north), and a rim of two."""
        width, height = bounds[2:] - bounds[:2]
        magnitude = float(np.abs(bounds).max())
        # the middle one is for what is long and thin: it still gets a few rows
        side = float(max(np.sqrt(width * height / cells), (width + height) * 4 / cells, magnitude * _FINEST))
        # an odd share of a cell, so that regular borders do not run through the centres of a whole row of cells
        west, south = (float(edge) - 1.37 * side for edge in bounds[:2])
        near = max(_NEAR, int(np.ceil(magnitude * _OVERLAY / side * _STEPS)))
        return cls(west, south, side, int(width / side) + 4, int(height / side) + 4, near)

    def in_cells(self, edges: Floats) -> Floats:
        """Convert edges (x, y, x, y) to units of a cell from the south-western corner."""
        return np.asarray((edges - np.array([self.west, self.south] * 2)) * (1.0 / self.side))


@dataclass(frozen=True, eq=False)
class PlaceIndex:
    """Polygons of one level, ready to be asked about millions of points; `build` or `open` makes one."""

    shapes: Shapes
    """Polygons in the order of their codes, shape (n_places,)."""
    grid: _Grid
    table: Index
    """A label, or ~row of `records` for a touched cell; shape (rows * columns,)."""
    records: Index
    """A row a touched cell: label at the centre, number of edges (-1 = ask GEOS); then a row an edge: its ends x, y,
    x, y as four int16 in two columns, the centre on its left, and the labels that change across it; shape (m, 3)."""
    overlaps: int
    """Pairs of places that overlap by more than rounding; around them every point is asked of GEOS."""

    @classmethod
    def build(cls, shapes: Shapes, cells: int | None = None) -> PlaceIndex:
        """Index polygons.

        Parameters
        ----------
        shapes
            Polygons and multipolygons in the order of their codes, any one CRS, shape (n_places,). Missing, empty,
            invalid and other geometries are allowed; what they hold is left to GEOS.
        cells
            Number of raster cells, about; as many as pay if None.
        """
        edges, labels = _merged(*_edges(shapes))
        bounds = shapely.total_bounds(shapes) if len(shapes) else np.full(4, np.nan)
        if len(edges) == 0 or not np.isfinite(bounds).all():
            # a raster of nothing, whose one cell asks GEOS
            return cls(
                shapes, _Grid(0.0, 0.0, 1.0, 0, 0, 0), np.array([~0], np.int32), np.array([[0, -1, 0]], np.int32), 0
            )
        grid = _Grid.over(bounds, cells or int(np.clip(_CELLS_AN_EDGE * len(edges), *_CELLS)))
        doubtful, overlaps = _doubtful_area(shapes, grid.near / _STEPS * grid.side / 2)
        if overlaps:
            _log.warning("%d pairs of places overlap: points near the overlaps are located slowly", overlaps)
        table, records = _rasterise(grid.in_cells(edges), labels, grid)
        if doubtful is not None:
            outline, inside = _edges(np.array([doubtful], dtype=object))
            table[_painted(grid.in_cells(outline), inside, grid)] = ~0
        return cls(shapes, grid, table, records, overlaps)

    @classmethod
    def open(cls, folder: Path, shapes: Shapes) -> PlaceIndex:
        """Map the index of `shapes` in `folder` into memory; build and write it if it is missing or damaged."""
        try:
            return cls._load(folder, shapes)
        except FileNotFoundError:
            pass
        except (OSError, EOFError, ValueError, KeyError, TypeError) as fault:
            _log.warning("%s is damaged or of other places (%s): built anew", folder, fault)
        index = cls.build(shapes)
        try:
            index.save(folder)
        except OSError as fault:
            _log.warning("%s cannot be written (%s): the index is kept in memory only", folder, fault)
        return index

    @classmethod
    def _load(cls, folder: Path, shapes: Shapes) -> PlaceIndex:
        facts = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
        if (facts["format"], facts["places"]) != (_FORMAT, _fingerprint(shapes)):
            raise ValueError("other places")
        # copy-on-write, because a read-only array is another type to Numba and would be compiled for again
        table, records = (
            np.asarray(np.load(folder / name, mmap_mode="c", allow_pickle=False)) for name in (_TABLE, _RECORDS)
        )
        grid = _Grid(**facts["grid"])
        if facts["checksum"] != _checksum(grid, table, records):
            raise ValueError("wrong checksum")
        return cls(shapes, grid, table, records, int(facts["overlaps"]))

    def save(self, folder: Path) -> None:
        """Write the index to `folder`, whole or not at all."""
        facts = {
            "format": _FORMAT,
            "places": _fingerprint(self.shapes),
            "grid": asdict(self.grid),
            "overlaps": self.overlaps,
            "checksum": _checksum(self.grid, self.table, self.records),
        }
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            np.save(fresh / _TABLE, self.table)
            np.save(fresh / _RECORDS, self.records)
            (fresh / _FACTS).write_text(json.dumps(facts, indent=1), encoding="utf-8")
            shutil.rmtree(folder, ignore_errors=True)
            fresh.rename(folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def locate(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Index:
        """Find the first place that holds each point, its border included.

        Parameters
        ----------
        x, y
            Coordinates in the system of the shapes, shape (n,); not finite = nowhere.

        Returns
        -------
        np.ndarray
            Position in `shapes`, int32, shape (n,); ``NOWHERE`` where no place holds the point.
        """
        x, y = (np.ascontiguousarray(each, dtype=np.float64) for each in (x, y))
        if x.shape != y.shape:
            raise ValueError("`x` and `y` differ in length")
        found = np.empty(len(x), dtype=np.int32)
        look_up, ends = compiled(_look_up), self.records.view(np.int16)
        grid = self.grid
        frame = (grid.west, grid.south, 1.0 / grid.side, grid.columns, grid.rows, grid.near)

        def look(part: slice) -> None:
            look_up(x[part], y[part], frame, self.table, self.records, ends, found[part])
            asked = np.flatnonzero(found[part] == _ASK) + part.start
            found[asked] = by_tree(x[asked], y[asked], self.shapes)

        threads = _processors()
        # not so small that asking GEOS costs more than looking up, not so large that a thread waits for the last
        length = int(np.clip(-(-len(x) // threads), *_PART))
        parts = [slice(start, start + length) for start in range(0, len(x), length)]
        if len(parts) > 1:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(look, parts))
        elif parts:
            look(parts[0])
        return found


# --- what the polygons are ---


def _edges(shapes: Shapes) -> tuple[Floats, Index]:
    """List the edges (x, y, x, y) of all rings of polygons, shape (n, 4), and the label of the shape of each."""
    single = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    parts, shape_of = shapely.get_parts(shapes[~single], return_index=True)  # copies them
    parts = np.concatenate([shapes[single], parts])
    shape_of = np.concatenate([np.flatnonzero(single), np.flatnonzero(~single)[shape_of]])
    rings, part_of = shapely.get_rings(parts, return_index=True)
    points, ring_of = shapely.get_coordinates(rings, return_index=True)
    start = np.flatnonzero(ring_of[1:] == ring_of[:-1])
    labels = shape_of[part_of[ring_of[start]]].astype(np.int32) + 1
    return np.concatenate([points[start], points[start + 1]], axis=1), labels


def _merged(edges: Floats, labels: Index) -> tuple[Floats, Index]:
    """Merge edges with the same ends and XOR their labels.

    Edges are sorted by a hash of their ends: two that are kept apart because a third has the same hash do no harm.
    """
    if len(edges) == 0:
        return edges, labels
    ax, ay, bx, by = edges.T
    turned = (ax > bx) | ((ax == bx) & (ay > by))
    # adding 0 makes -0.0 the same bits as 0.0
    edges = np.where(turned[:, None], edges[:, [2, 3, 0, 1]], edges) + 0.0
    key = np.zeros(len(edges), dtype=np.uint64)
    for bits in edges.view(np.uint64).T:
        key = (key ^ bits) * np.uint64(0x9E3779B97F4A7C15)
        key ^= key >> np.uint64(29)
    order = np.argsort(key)
    edges, labels = edges[order], labels[order]
    first = np.flatnonzero(np.append(True, (edges[1:] != edges[:-1]).any(axis=1)))
    return edges[first], np.bitwise_xor.reduceat(labels, first)


def _doubtful_area(shapes: Shapes, thin: float) -> tuple[BaseGeometry | None, int]:
    """Return where labels mean nothing, None if nowhere, and the number of pairs of places that overlap there.

    Overlaps thinner than `thin` on either side of their middle are left out: all their points lie near an edge.
    """
    filled = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    sound = filled & np.isin(shapely.get_type_id(shapes), (3, 6)) & shapely.is_valid(shapes)
    odd = shapely.box(*(shapely.bounds(shapes[filled & ~sound]) + thin * np.array([-1, -1, 1, 1])).T)
    polygons = shapes[sound]
    common = _common(polygons)
    deep = common[~shapely.is_empty(shapely.buffer(common, -thin, quad_segs=1))]
    areas = np.concatenate([odd, deep])
    return (shapely.union_all(areas) if len(areas) else None), len(deep)


def _common(polygons: Shapes) -> Shapes:
    """Intersect every two valid polygons that may overlap."""
    # an edge that matches no other: an overlap, or a neighbour's vertex in the middle of it, which is harmless
    suspects = np.flatnonzero(~shapely.is_empty(shapely.coverage_invalid_edges(polygons)))
    asked, other = shapely.STRtree(polygons).query(polygons[suspects], predicate="intersects")
    pairs = np.sort(np.stack([suspects[asked], other], axis=1), axis=1)
    one, two = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0).T
    return np.asarray(shapely.intersection(polygons[one], polygons[two]), dtype=object)


# --- raster ---


def _rasterise(edges: Floats, labels: Index, grid: _Grid) -> tuple[Index, Index]:
    """Return the table and the records of edges in units of a cell."""
    counts = _counted(edges, labels, grid)
    table = _at_centres(edges, labels, grid)
    touched = np.flatnonzero(counts)
    length = counts[touched].astype(np.int64) + 1
    head = np.cumsum(length) - length + 1
    records = np.zeros((1 + int(length.sum()), 3), dtype=np.int32)
    records[0, 1] = -1
    records[head, 0], records[head, 1] = table[touched], counts[touched]
    table[touched] = ~head.astype(np.int32)
    counts[:] = 0
    near, ends = 2 * grid.near, records.view(np.int16)
    compiled(_touch)(edges, labels, grid.columns, grid.rows, near, counts, table, records, ends, True)
    return table, records


def _counted(edges: Floats, labels: Index, grid: _Grid) -> Index:
    """Return how many edges touch each cell."""
    counts = np.zeros(grid.columns * grid.rows, dtype=np.int32)
    nothing = np.zeros((1, 3), dtype=np.int32)
    compiled(_touch)(edges, labels, grid.columns, grid.rows, 0, counts, counts, nothing, nothing.view(np.int16), False)
    return counts


def _at_centres(edges: Floats, labels: Index, grid: _Grid) -> Index:
    """Return the label at the centre of every cell, by one scan line a row."""
    table = np.zeros((grid.rows, grid.columns), dtype=np.int32)
    compiled(_scan)(edges, labels, table)
    return np.bitwise_xor.accumulate(table, axis=1, out=table).ravel()


def _painted(edges: Floats, labels: Index, grid: _Grid) -> npt.NDArray[np.bool_]:
    """Say which cells an area touches."""
    return np.asarray((_counted(edges, labels, grid) > 0) | (_at_centres(edges, labels, grid) != 0))


# --- what Numba compiles: plain loops ---


def _touch(
    edges: Floats,
    labels: Index,
    columns: int,
    rows: int,
    near: int,
    counts: Index,
    table: Index,
    records: Index,
    ends: npt.NDArray[np.int16],
    writing: bool,
) -> None:
    """Count the edges near every cell; when `writing`, also put them, clipped and rounded, in the cell's record.

    A cell whose centre lies within `near` steps of an edge cannot walk from there: it will ask GEOS.
    """
    reach = 0.5 + _MARGIN
    for edge in range(len(edges)):
        ax, ay, bx, by = edges[edge, 0], edges[edge, 1], edges[edge, 2], edges[edge, 3]
        dx, dy = bx - ax, by - ay
        lowest = max(int(np.floor(min(ay, by) - _MARGIN)), 0)
        highest = min(int(np.floor(max(ay, by) + _MARGIN)), rows - 1)
        for row in range(lowest, highest + 1):
            enter, leave = 0.0, 1.0
            if dy != 0.0:
                below, above = (row - _MARGIN - ay) / dy, (row + 1 + _MARGIN - ay) / dy
                enter, leave = max(0.0, min(below, above)), min(1.0, max(below, above))
            left, right = ax + enter * dx, ax + leave * dx
            first = max(int(np.floor(min(left, right) - _MARGIN)), 0)
            last = min(int(np.floor(max(left, right) + _MARGIN)), columns - 1)
            for column in range(first, last + 1):
                cx, cy = ax - (column + 0.5), ay - (row + 0.5)
                ex, ey = bx - (column + 0.5), by - (row + 0.5)
                enter, leave = 0.0, 1.0
                for step, room in ((-dx, cx + reach), (dx, reach - cx), (-dy, cy + reach), (dy, reach - cy)):
                    if step < 0.0:
                        enter = max(enter, room / step)
                    elif step > 0.0:
                        leave = min(leave, room / step)
                    elif room < 0.0:
                        leave = -1.0
                if enter > leave:
                    continue
                cell = row * columns + column
                counts[cell] += 1
                if not writing or table[cell] == ~0:
                    continue
                # an end inside stays what it is, to the bit: it is shared with the next edge
                if leave < 1.0:
                    ex, ey = cx + leave * dx, cy + leave * dy
                if enter > 0.0:
                    cx, cy = cx + enter * dx, cy + enter * dy
                px, py = int(np.floor(cx * _STEPS + 0.5)), int(np.floor(cy * _STEPS + 0.5))
                qx, qy = int(np.floor(ex * _STEPS + 0.5)), int(np.floor(ey * _STEPS + 0.5))
                side = px * qy - py * qx
                if side < 0:
                    px, py, qx, qy = qx, qy, px, py
                if (
                    abs(side) <= near * (abs(qx - px) + abs(qy - py))
                    and min(px, qx) <= near
                    and max(px, qx) >= -near
                    and min(py, qy) <= near
                    and max(py, qy) >= -near
                ):
                    table[cell] = ~0
                    continue
                place = ~table[cell] + counts[cell]
                ends[place, 0], ends[place, 1], ends[place, 2], ends[place, 3] = px, py, qx, qy
                records[place, 2] = labels[edge]


def _scan(edges: Floats, labels: Index, table: Index) -> None:
    """XOR the label of every edge into the first centre on its right, row by row."""
    rows, columns = table.shape
    for edge in range(len(edges)):
        ax, ay, bx, by = edges[edge, 0], edges[edge, 1], edges[edge, 2], edges[edge, 3]
        if ay > by:
            ax, ay, bx, by = bx, by, ax, ay
        # half-open: a vertex on the scan line belongs to the edge above it
        for row in range(max(int(np.ceil(ay - 0.5)), 0), min(int(np.ceil(by - 0.5)), rows)):
            x = ax + (row + 0.5 - ay) / (by - ay) * (bx - ax)
            column = max(int(np.ceil(x - 0.5)), 0)
            if column < columns:
                table[row, column] ^= labels[edge]


def _look_up(
    x: Floats,
    y: Floats,
    frame: tuple[float, float, float, int, int, int],
    table: Index,
    records: Index,
    ends: npt.NDArray[np.int16],
    found: Index,
) -> None:
    """Fill `found` with the position of each point's place, or with ``_ASK`` near an edge.

    Blocks of points go through one pass after the other, so that the waits for memory overlap.
    """
    west, south, per_side, columns, rows, near = frame
    xs, ys = np.empty(_BLOCK, dtype=np.int16), np.empty(_BLOCK, dtype=np.int16)
    cell = np.empty(_BLOCK, dtype=np.int64)
    point, head = np.empty(_BLOCK, dtype=np.int32), np.empty(_BLOCK, dtype=np.int32)
    label, length, last = (
        np.empty(_BLOCK, dtype=np.int32),
        np.empty(_BLOCK, dtype=np.int32),
        np.empty(_BLOCK, dtype=np.int32),
    )
    for start in range(0, len(x), _BLOCK):
        n = min(_BLOCK, len(x) - start)
        for k in range(n):
            u, v = (x[start + k] - west) * per_side, (y[start + k] - south) * per_side
            # the south-western corner is nowhere, like all of the rim; so is what is not finite
            u, v = (u, v) if (u >= 0) & (u < columns) & (v >= 0) & (v < rows) else (0.0, 0.0)
            column, row = int(u), int(v)
            xs[k] = int((u - column) * _STEPS + 0.5) - _STEPS // 2
            ys[k] = int((v - row) * _STEPS + 0.5) - _STEPS // 2
            cell[k] = row * columns + column
        touched = 0
        for k in range(n):
            value = table[cell[k]]
            found[start + k] = value - 1
            point[touched], head[touched] = k, ~value
            touched += value < 0
        for k in range(touched):
            label[k], length[k] = records[head[k], 0], records[head[k], 1]
            # read only to have it near: a record may span two lines of the cache
            last[k] = records[head[k] + max(length[k], 0), 2]
        for k in range(touched):
            px, py = xs[point[k]], ys[point[k]]
            here = label[k]
            ask = length[k] < 0
            for edge in range(head[k] + 1, head[k] + 1 + length[k]):
                ax, ay, bx, by = ends[edge, 0], ends[edge, 1], ends[edge, 2], ends[edge, 3]
                # on which sides of the walk the edge's ends lie; then on which side of the edge the point lies
                a, b = px * ay - py * ax, px * by - py * bx
                side = ax * by - ay * bx + a - b
                here ^= records[edge, 2] & -np.int32(((a > 0) != (b > 0)) & (side < 0))
                if abs(side) <= near * (abs(bx - ax) + abs(by - ay)):
                    ask |= (
                        (min(ax, bx) - near <= px)
                        & (px <= max(ax, bx) + near)
                        & (min(ay, by) - near <= py)
                        & (py <= max(ay, by) + near)
                    )
            found[start + point[k]] = _ASK if ask else here - 1


# --- what is kept ---


def _fingerprint(shapes: Shapes) -> str:
    """Hash the polygons and their order."""
    digest = hashlib.blake2b(digest_size=16)
    for part in (shapely.get_type_id(shapes), shapely.get_num_coordinates(shapes), shapely.get_coordinates(shapes)):
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()


def _checksum(grid: _Grid, table: Index, records: Index) -> int:
    """Return the CRC of all that a look-up relies on, so that no damaged file can send it astray."""
    shape = repr((grid, table.dtype.str, table.shape, records.dtype.str, records.shape))
    return zlib.crc32(records.data, zlib.crc32(table.data, zlib.crc32(shape.encode())))


def _processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
