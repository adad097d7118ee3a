"""Places and incidents as GeoPackage 1.3, written as the SQLite that it is; the same content gives the same bytes.

A QGIS style lies inside (`layer_styles`), so that a layer opens in the colours of the screen.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geodata.exports.outlines import Shapes
from geodata.exports.qgis import circle_style, class_style, dot_style
from geodata.exports.table import Kind, PlaceTable

WRITTEN = "2000-01-01T00:00:00.000Z"
"""A fixed moment of writing: the date of the data stands beside the places."""
MANY = 2000
"""Of more places, borders would be all that is seen."""
_TYPES = {Kind.TEXT: "TEXT", Kind.WHOLE: "INTEGER", Kind.NUMBER: "DOUBLE", Kind.FLAG: "BOOLEAN"}
_WGS84 = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],'
    'AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],'
    'UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4326"]]'
)
_TABLES = """
PRAGMA application_id = 0x47504B47;
PRAGMA user_version = 10300;
PRAGMA page_size = 8192;
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE gpkg_spatial_ref_sys (
    srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY, organization TEXT NOT NULL,
    organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT
);
CREATE TABLE gpkg_contents (
    table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE, description TEXT DEFAULT '',
    last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
    min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
    CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id)
);
CREATE TABLE gpkg_geometry_columns (
    table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL,
    z TINYINT NOT NULL, m TINYINT NOT NULL,
    CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
    CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
    CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id)
);
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
    f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
    useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
    update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
);
"""
Fields = Sequence[tuple[str, str]]


def write_table(path: Path, table: PlaceTable, shapes: Shapes) -> None:
    """Write a table of places with their outlines, styled as on the screen, and what the numbers rest on."""
    fields = [(column.key, _TYPES[column.kind]) for column in table.columns]
    rows = zip(_blobs(_several(shapes)), *(column.values for column in table.columns), strict=True)
    dense = len(table.rows) > MANY
    style = class_style("class", table.looks, dense=dense)
    if not table.looks:
        style = circle_style("class", "value", table.largest, table.radius_px, dense=dense)
    box = shapely.total_bounds(shapes).tolist() if len(shapes) else [None] * 4
    with closing(_opened(path)) as package:
        _layer(package, "places", table.title, "MULTIPOLYGON", fields, [rows], box, style)
        _about(package, [("title", table.title), *table.facts, ("", table.simulated), *_sums(table)])
        package.commit()


def write_points(
    path: Path,
    title: str,
    fields: Fields,
    chunks: Iterable[Iterable[Sequence[Any]]],
    box: Sequence[float | None],
    about: Sequence[tuple[str, str]],
) -> None:
    """Write incidents chunk by chunk.

    Parameters
    ----------
    fields
        (name, SQL type) of every column but the position.
    chunks
        Rows, each the position as `point_blobs` gives it, and then its cells.
    box
        West, south, east, north, None where no row has a position.
    """
    with closing(_opened(path)) as package:
        _layer(package, "incidents", title, "POINT", fields, chunks, box, dot_style())
        _about(package, about)
        package.commit()


def point_blobs(lon: Sequence[float], lat: Sequence[float]) -> list[bytes | None]:
    """Return positions in degrees as GeoPackage has them, None where there is none."""
    pack = struct.Struct("<2sBBiBIdd").pack
    return [pack(b"GP", 0, 1, 4326, 1, 1, x, y) if x == x and y == y else None for x, y in zip(lon, lat, strict=True)]


def _opened(path: Path) -> sqlite3.Connection:
    package = sqlite3.connect(path, isolation_level=None)
    package.executescript(_TABLES)
    package.execute("BEGIN")
    package.executemany(
        "INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)",
        [
            ("Undefined cartesian SRS", -1, "NONE", -1, "undefined", None),
            ("Undefined geographic SRS", 0, "NONE", 0, "undefined", None),
            ("WGS 84 geodetic", 4326, "EPSG", 4326, _WGS84, None),
        ],
    )
    return package


def _layer(
    package: sqlite3.Connection,
    name: str,
    title: str,
    kind: str,
    fields: Fields,
    chunks: Iterable[Iterable[Sequence[Any]]],
    box: Sequence[float | None],
    style: str,
) -> None:
    columns = ", ".join(f'"{field}" {kind}' for field, kind in fields)
    package.execute(f"CREATE TABLE {name} (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom {kind}, {columns})")
    contents = (name, "features", name, title, WRITTEN, *box, 4326)
    package.execute("INSERT INTO gpkg_contents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", contents)
    package.execute("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?, 4326, 0, 0)", (name, kind))
    marks = ", ".join("?" * (len(fields) + 1))
    names = ", ".join(f'"{field}"' for field, _ in fields)
    for rows in chunks:
        package.executemany(f"INSERT INTO {name} (geom, {names}) VALUES ({marks})", rows)  # noqa: S608 - our own names
    package.execute(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, "
        "styleQML, styleSLD, useAsDefault, description, owner, update_time) "
        "VALUES ('', '', ?, 'geom', ?, ?, '', 1, '', '', ?)",
        (name, name, style, WRITTEN),
    )
    _without_shapes(package, "layer_styles")  # where any table without shapes is listed, QGIS sees only listed ones


def _without_shapes(package: sqlite3.Connection, name: str) -> None:
    """List a table that has no shapes."""
    package.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
        "VALUES (?, 'attributes', ?, '', ?)",
        (name, name, WRITTEN),
    )


def _about(package: sqlite3.Connection, facts: Iterable[tuple[str, str]]) -> None:
    """Keep what the numbers rest on as a table of its own."""
    package.execute("CREATE TABLE about (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, fact TEXT, value TEXT)")
    _without_shapes(package, "about")
    package.executemany("INSERT INTO about (fact, value) VALUES (?, ?)", [fact for fact in facts if fact[1]])


def _sums(table: PlaceTable) -> list[tuple[str, str]]:
    return [(name, str(n)) for _, name, n in table.closing]


def _several(shapes: Shapes) -> Shapes:
    """Return every outline as one of several parts: a layer has one kind of geometry."""
    single = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    several = shapes.copy()
    several[single] = shapely.multipolygons(shapes[single], indices=np.arange(int(single.sum())))
    return several


def _blobs(shapes: Shapes) -> list[bytes]:
    """Return outlines as GeoPackage has them: a head with their frame, and WKB."""
    pack = struct.Struct("<2sBBidddd").pack
    return [
        pack(b"GP", 0, 3, 4326, west, east, south, north) + wkb
        for (west, south, east, north), wkb in zip(
            np.asarray(shapely.bounds(shapes)).tolist(), shapely.to_wkb(shapes, byte_order=1), strict=True
        )
    ]
