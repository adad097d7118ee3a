"""GeoPackages through SQLite: base tables only, read-only, within limits; no view, trigger or function of them runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from geodata.coordinates import CoordinateSystem
from geodata.readers.cells import cannot_read, cell_text, clean_names
from geodata.readers.content import demand_kind, opening, read_head
from geodata.readers.geometry import (
    POSITION,
    Flags,
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
from geodata.readers.tables import RawChunk, TableFile

_CHUNK_ROWS = 100_000
_OWN_TABLES = ("gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys")
_STEPS = 100_000
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 200_000_000,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 1_000_000,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 2,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 1,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
_PRAGMAS = ("trusted_schema = OFF", "query_only = ON", "cell_size_check = ON", "mmap_size = 0", "temp_store = MEMORY")
# bytes of an envelope by its code in the flags of a geometry
_ENVELOPES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
_FEATURE_TABLES = """
    select c.table_name from gpkg_contents c
    join sqlite_master m on m.name = c.table_name and m.type = 'table' and m.sql not like 'create virtual%'
    where c.data_type = 'features' order by c.table_name
"""


@dataclass(frozen=True)
class _Layer:
    """A table of features: its name, the names of its attributes and of its geometry, its system as stated."""

    name: str
    attributes: list[str]
    geometry: str
    stated: str | None


def open_geopackage(path: Path, sheet: str | None = None) -> TableFile:
    """Open a layer of points as a table with ``lon`` and ``lat`` in its own system.

    Parameters
    ----------
    path
        The file.
    sheet
        The layer; None for the first.
    """
    with _opened(path) as database:
        layers = _layers(database)
        if not layers or (sheet is not None and sheet not in layers):
            listed = "、".join(layers) or "-"
            raise cannot_read(
                path, f"里面没有所选的要素图层（有：{listed}）", f"it has no such layer of features (it has: {listed})"
            )
        layer = _layer(path, database, sheet or layers[0])
        count = int(database.execute(f"select count(*) from {_quoted(layer.name)}").fetchone()[0])  # noqa: S608
        first = next(_features(database, layer), None)
    if first is not None:
        demand_points(path, points_of(first.shapes)[0], first.unusable)
    clean = clean_names(path, layer.attributes)
    system = stated_system(layer.stated) if layer.stated else None

    def read() -> Iterator[RawChunk]:
        row = 0
        with _opened(path) as database:
            for some in _features(database, layer):
                done = min(1.0, (row + len(some.shapes)) / max(count, 1))
                x, y, _ = points_of(some.shapes)
                yield point_chunk(x, y, some.unusable, _table(clean, some.cells), row, done)
                row += len(some.shapes)
        if not row:
            nothing = np.zeros(0)
            yield point_chunk(nothing, nothing, nothing.astype(bool), _table(clean, []), 0, 1.0)

    return TableFile(
        [*POSITION, *attribute_names(clean)],
        "geopackage",
        read,
        crs=system.code if system else None,
        sheets=layers,
        sheet=layer.name,
        notes=renamed_note(clean) + system_note(system, layer.stated),
    )


def read_geopackage_places(path: Path, _asked: CoordinateSystem | None) -> Places:
    """Read places from the one layer of a GeoPackage: attributes as text, shapes, and the layer's system."""
    with _opened(path) as database:
        layers = _layers(database)
        if len(layers) != 1:
            raise cannot_read(
                path,
                f"其中应有且只有一个面图层，实有 {len(layers)} 个",
                f"it must hold one layer and holds {len(layers)}",
            )
        layer = _layer(path, database, layers[0])
        features = list(_features(database, layer))
    if any(some.damaged.any() for some in features):
        raise cannot_read(path, "其中的几何数据已损坏，请重新导出", "its geometry is damaged, export it again")
    cells = [row for some in features for row in some.cells]
    shapes = np.concatenate([np.empty(0, dtype=object), *(some.shapes for some in features)])
    clean = clean_names(path, layer.attributes)
    attributes = _table(clean, cells).to_pandas() if clean else pd.DataFrame(index=range(len(shapes)))
    return attributes, shapes, stated_system(layer.stated) if layer.stated else None


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database as a file that nobody writes, able to do nothing but read tables, and not without end."""
    demand_kind(path, read_head(path), "sqlite")
    log = path.with_name(f"{path.name}-wal")
    if log.is_file() and log.stat().st_size:
        raise cannot_read(
            path,
            "它还在别的程序中打开（旁边有 -wal 文件），请先关闭那个程序",
            "it is still open in another program (a -wal file lies beside it), close that first",
        )
    try:
        with opening(path), closing(_connect(path)) as database:
            yield database
    except (sqlite3.Error, OverflowError) as error:
        raise cannot_read(path, "其中的数据库已损坏，请重新导出", "its database is damaged, export it again") from error


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    for limit, value in _LIMITS.items():
        database.setlimit(limit, value)
    for pragma in _PRAGMAS:
        database.execute(f"pragma {pragma}")
    # a text value in another encoding must not end the reading
    database.text_factory = lambda data: data.decode("utf-8", errors="replace")
    database.set_progress_handler(_stop_after(50_000_000 + 20 * path.stat().st_size), _STEPS)
    return database


def _stop_after(steps: int) -> Callable[[], bool]:
    """Return a handler that stops a database which does more than reading a file of this size can need."""
    left = steps // _STEPS

    def is_too_much() -> bool:
        nonlocal left
        left -= 1
        return left < 0

    return is_too_much


def _layers(database: sqlite3.Connection) -> list[str]:
    """Return the tables of features; views and virtual tables, which can run code, are left alone."""
    marks = ", ".join("?" * len(_OWN_TABLES))
    own = database.execute(
        f"select count(*) from sqlite_master where name in ({marks}) and type = 'table' "  # noqa: S608
        "and sql not like 'create virtual%'",
        _OWN_TABLES,
    ).fetchone()
    if own[0] != len(_OWN_TABLES):
        return []
    return [str(name) for (name,) in database.execute(_FEATURE_TABLES)]


def _layer(path: Path, database: sqlite3.Connection, name: str) -> _Layer:
    found = database.execute(
        "select column_name, srs_id from gpkg_geometry_columns where table_name = ?", (name,)
    ).fetchone()
    columns = database.execute(f"pragma table_xinfo({_quoted(name)})").fetchall()
    names = [str(column[1]) for column in columns]
    if any(column[6] for column in columns):
        raise cannot_read(
            path, "它有由公式算出的列，请导出为普通的表", "it has columns that are computed, export a plain table"
        )
    if found is None or found[0] not in names:
        raise cannot_read(path, "它没有写明几何列，请重新导出", "it does not say its geometry column, export it again")
    stated = _stated_system(database, found[1])
    return _Layer(name, [column for column in names if column != found[0]], str(found[0]), stated)


def _stated_system(database: sqlite3.Connection, srs_id: object) -> str | None:
    row = database.execute(
        "select organization, organization_coordsys_id, definition from gpkg_spatial_ref_sys where srs_id = ?",
        (srs_id,),
    ).fetchone()
    if row is None or srs_id in (0, -1):
        return None
    if str(row[0]).upper() == "EPSG" and isinstance(row[1], int):
        return f"EPSG:{row[1]}"
    return str(row[2])


@dataclass(frozen=True)
class _Features:
    """Some rows of a layer: shapes, None where missing; which are damaged; which no usable point; attributes."""

    shapes: Shapes
    damaged: Flags
    unusable: Flags
    cells: list[tuple[object, ...]]


def _features(database: sqlite3.Connection, layer: _Layer) -> Iterator[_Features]:
    columns = ", ".join(_quoted(name) for name in (layer.geometry, *layer.attributes))
    rows = database.execute(f"select {columns} from {_quoted(layer.name)}")  # noqa: S608
    while some := rows.fetchmany(_CHUNK_ROWS):
        blobs = [_wkb(row[0]) for row in some]
        shapes = np.empty(len(some), dtype=object)
        shapes[:] = shapely.from_wkb(np.array([*blobs, None], dtype=object), on_invalid="ignore")[:-1]
        given = np.array([row[0] is not None for row in some])
        damaged = given & (shapely.get_type_id(shapes) < 0)
        yield _Features(shapes, damaged, damaged | points_of(shapes)[2], [row[1:] for row in some])


def _wkb(blob: object) -> bytes | None:
    """Return the WKB behind the header of a GeoPackage's geometry, None if there is no such header."""
    if not isinstance(blob, bytes) or len(blob) < 8 or blob[:2] != b"GP":
        return None
    envelope = _ENVELOPES.get(blob[3] >> 1 & 7)
    return None if envelope is None else blob[8 + envelope :]


def _table(names: list[str], cells: list[tuple[object, ...]]) -> pa.Table:
    columns = [pa.array([cell_text(row[at]) for row in cells], pa.string()) for at in range(len(names))]
    return pa.table(columns, names=names)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
