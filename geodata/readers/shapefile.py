"""Shapefiles of points and polygons, read by their layout; of the files beside them only the .dbf is needed."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely

from geodata.coordinates import CoordinateSystem
from geodata.readers.cells import cannot_read
from geodata.readers.content import MAX_BYTES, demand_kind, opening, read_bytes, read_head
from geodata.readers.dbf import Attributes, read_dbf
from geodata.readers.geometry import (
    POSITION,
    Floats,
    Places,
    Shapes,
    attribute_names,
    demand_points,
    point_chunk,
    points_of,
    renamed_note,
    stated_system,
    system_note,
)
from geodata.readers.tables import Int64, Note, RawChunk, TableFile
from geodata.readers.zipped import MEMBERS, unpack_shapefile

_HEADER = 100
_RECORD_HEADER = 8
_CHUNK_ROWS = 250_000
_NULL, _POINTS, _POLYGONS = 0, (1, 11, 21), (5, 15, 25)
_KIND_NAMES = {3: "折线 (lines)", 13: "折线 (lines)", 23: "折线 (lines)", 8: "MultiPoint", 31: "MultiPatch"}
_NO_INDEX: Note = (
    "缺少 .shx 文件，已按 .shp 里的顺序读取。",
    "The .shx file is missing, shapes were read in the order of the .shp.",
)


@dataclass(frozen=True)
class Parts:
    """The files of a Shapefile, in memory: "" and b"" where one is missing."""

    shp: bytes
    shx: bytes
    dbf: bytes
    prj: str
    cpg: str


@dataclass(frozen=True)
class _Layer:
    shapes: Shapes
    attributes: Attributes
    system: CoordinateSystem | None
    notes: list[Note]


def open_shapefile(path: Path) -> TableFile:
    """Open a Shapefile of points, also zipped, as a table with ``lon`` and ``lat`` in its own system."""
    layer = _read(path)
    x, y, unusable = points_of(layer.shapes)
    demand_points(path, x, unusable)
    table = layer.attributes.table

    def read() -> Iterator[RawChunk]:
        for first in range(0, max(len(x), 1), _CHUNK_ROWS):
            some = slice(first, first + _CHUNK_ROWS)
            done = min(1.0, (first + _CHUNK_ROWS) / max(len(x), 1))
            yield point_chunk(x[some], y[some], unusable[some], table.slice(first, _CHUNK_ROWS), first, done)

    return TableFile(
        [*POSITION, *attribute_names(table.column_names)],
        "shapefile",
        read,
        layer.attributes.encoding,
        crs=layer.system.code if layer.system else None,
        notes=layer.notes + renamed_note(table.column_names),
    )


def read_shapefile_places(path: Path, _asked: CoordinateSystem | None) -> Places:
    """Read places from a Shapefile, also zipped: attributes as text, shapes, and the system of its .prj."""
    layer = _read(path)
    table = layer.attributes.table
    frame = table.to_pandas() if table.num_columns else table.select([]).to_pandas().reindex(range(len(layer.shapes)))
    return frame, layer.shapes, layer.system


def _read(path: Path) -> _Layer:
    parts = _zipped_parts(path) if path.suffix.lower() == ".zip" else _parts_beside(path)
    notes = [] if parts.shx else [_NO_INDEX]
    attributes = read_dbf(path, parts.dbf, parts.cpg)
    shapes = _shapes(path, parts.shp, parts.shx)
    if len(shapes) != len(attributes.kept):
        raise cannot_read(
            path,
            f".shp 有 {len(shapes)} 个图形而 .dbf 有 {len(attributes.kept)} 行，请重新导出",
            f"the .shp has {len(shapes)} shapes but the .dbf {len(attributes.kept)} rows, export it again",
        )
    system = stated_system(parts.prj) if parts.prj else None
    return _Layer(shapes[attributes.kept], attributes, system, notes + system_note(system, parts.prj))


def _parts_beside(path: Path) -> Parts:
    demand_kind(path, read_head(path), "shapefile")
    with opening(path):
        beside = {other.suffix.lower(): other for other in path.parent.iterdir() if other.stem == path.stem}
    if ".dbf" not in beside:
        raise _part_missing(path, ".dbf")
    found = {suffix: read_bytes(other) for suffix, other in beside.items() if suffix in MEMBERS and _has_content(other)}
    return _parts({**found, ".shp": read_bytes(path)}, path)


def _has_content(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def _zipped_parts(path: Path) -> Parts:
    return _parts(unpack_shapefile(path, MAX_BYTES), path)


def _parts(found: dict[str, bytes], path: Path) -> Parts:
    if ".dbf" not in found:
        raise _part_missing(path, ".dbf")
    demand_kind(path, found[".shp"][:4096] or b"\n", "shapefile")
    text = {suffix: found.get(suffix, b"")[:100_000].decode("utf-8", errors="ignore") for suffix in (".prj", ".cpg")}
    return Parts(found[".shp"], found.get(".shx", b""), found[".dbf"], text[".prj"].strip(), text[".cpg"].strip())


def _part_missing(path: Path, suffix: str) -> Exception:
    return cannot_read(
        path,
        f"缺少同名的 {suffix} 文件，请一起提供",
        f"the {suffix} file that belongs to it is missing, give it too",
    )


# -- shapes -----------------------------------------------------------------------------------------------------------


def _shapes(path: Path, shp: bytes, shx: bytes) -> Shapes:
    stated = 2 * int.from_bytes(shp[24:28], "big")
    if len(shp) < _HEADER or stated < _HEADER or len(shp) < stated:
        raise cannot_read(path, ".shp 文件不完整，请重新获取", "the .shp file is cut short, fetch it again")
    kind = int.from_bytes(shp[32:36], "little")
    if kind not in (_NULL, *_POINTS, *_POLYGONS):
        name = _KIND_NAMES.get(kind, str(kind))
        raise cannot_read(
            path, f"其中的图形是 {name}，只接受点和面", f"its shapes are {name}, only points and polygons are read"
        )
    starts = _indexed_starts(shp, shx)
    starts = starts if starts is not None else _walked_starts(shp[:stated])
    try:
        return _points(shp, starts) if kind in _POINTS else _polygons(shp, starts)
    except (struct.error, ValueError, IndexError, shapely.errors.ShapelyError) as error:
        raise cannot_read(
            path, "其中的几何数据已损坏，请重新导出", "its geometry is damaged, export it again"
        ) from error


def _indexed_starts(shp: bytes, shx: bytes) -> Int64 | None:
    """Return where the shapes start according to the index, None without an index that fits."""
    if len(shx) < _HEADER or (len(shx) - _HEADER) % 8 or 2 * int.from_bytes(shx[24:28], "big") != len(shx):
        return None
    entries = np.frombuffer(shx, ">i4", offset=_HEADER).astype(np.int64).reshape(-1, 2) * 2
    starts = entries[:, 0] + _RECORD_HEADER
    fits = (entries[:, 0] >= _HEADER) & (entries[:, 1] >= 4) & (starts + entries[:, 1] <= len(shp))
    return starts if fits.all() else None


def _walked_starts(shp: bytes) -> Int64:
    """Return where the shapes start when every record follows the one before it."""
    starts, at = [], _HEADER
    while at + _RECORD_HEADER + 4 <= len(shp):
        length = 2 * int.from_bytes(shp[at + 4 : at + 8], "big")
        if length < 4:
            break
        starts.append(at + _RECORD_HEADER)
        at += _RECORD_HEADER + length
    return np.array(starts, dtype=np.int64)


def _points(shp: bytes, starts: Int64) -> Shapes:
    content = np.frombuffer(shp, np.uint8)
    kinds = content[starts[:, None] + np.arange(4)].view("<i4").ravel()
    is_point = np.isin(kinds, _POINTS)
    shapes = np.full(len(starts), None, dtype=object)
    if is_point.any():
        at = starts[is_point][:, None] + np.arange(4, 20)
        shapes[is_point] = shapely.points(content[at].view("<f8"))
    return shapes


def _polygons(shp: bytes, starts: Int64) -> Shapes:
    shapes = np.full(len(starts), None, dtype=object)
    for number, start in enumerate(starts.tolist()):
        (kind,) = struct.unpack_from("<i", shp, start)
        if kind in _POLYGONS:
            shapes[number] = _polygon(shp, start)
        elif kind != _NULL:
            raise ValueError(kind)
    return shapes


def _polygon(shp: bytes, start: int) -> shapely.Geometry:
    part_count, point_count = struct.unpack_from("<ii", shp, start + 36)
    if min(part_count, point_count) < 0:
        raise ValueError(part_count)
    firsts = np.frombuffer(shp, "<i4", part_count, start + 44).astype(np.int64)
    points = np.frombuffer(shp, "<f8", 2 * point_count, start + 44 + 4 * part_count).reshape(-1, 2)
    bounds = np.append(firsts, point_count)
    if (np.diff(bounds) < 0).any() or (part_count and firsts[0] != 0):
        raise ValueError(start)
    return polygon_of_rings([points[a:b] for a, b in pairwise(bounds.tolist()) if b - a >= 4])


def polygon_of_rings(rings: list[Floats]) -> shapely.Geometry:
    """Return the polygon or multipolygon that rings enclose, whichever way they turn.

    A ring within an odd number of others is a hole in the smallest of them: so the answer is the same for rings in
    the directions of a Shapefile (outside clockwise), of GeoJSON, or of neither.
    """
    if len(rings) < 2:
        return shapely.Polygon(rings[0]) if rings else shapely.Polygon()
    areas = np.array([shapely.Polygon(ring) for ring in rings], dtype=object)
    by_size = np.argsort(-shapely.area(areas), kind="stable")
    areas = areas[by_size]
    inner, outer = shapely.STRtree(areas).query(shapely.point_on_surface(areas), predicate="within")
    around = inner > outer
    inner, outer = inner[around], outer[around]
    depth = np.bincount(inner, minlength=len(areas))
    # of the rings around a ring the last in order of size is the smallest
    parent = np.full(len(areas), -1, dtype=np.int64)
    np.maximum.at(parent, inner, outer)
    shells = np.flatnonzero(depth % 2 == 0)
    holes: dict[int, list[npt.NDArray[np.float64]]] = {int(shell): [] for shell in shells}
    for ring in np.flatnonzero(depth % 2 == 1).tolist():
        holes[int(parent[ring])].append(rings[by_size[ring]])
    polygons = [shapely.Polygon(rings[by_size[shell]], holes[int(shell)]) for shell in shells.tolist()]
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)
