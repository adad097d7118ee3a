"""Files to raw tables and places: the only package that opens a data file of the user's.

::

    text ── quoting ── records ── delimited       CSV, TSV, TXT, also gzipped
    workbook                                      xlsx, xls, ods
    parquet, geojson, shapefile (dbf, zipped), geopackage
    content   what a file really is        headers   which row has the column names
    cells     text of cells, rows aside    geometry  points as columns

Tables are streamed in chunks. Nothing is guessed about the meaning of a column and no row is lost: what is no row
(too many fields, bytes that are no text) is set aside with its reason. Every format is parsed here, by its own layout;
no file can name another file or address that is opened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa

from geodata.coordinates import CoordinateSystem, shapes_to_lonlat, to_lonlat
from geodata.errors import BoundaryError
from geodata.readers.cells import MAX_CELL, cannot_read, nothing_aside, set_aside_frame, shown_name, text_column
from geodata.readers.content import MAX_BYTES
from geodata.readers.delimited import open_delimited
from geodata.readers.geojson import open_geojson, read_geojson_places
from geodata.readers.geometry import POSITION, Places, Shapes
from geodata.readers.geopackage import open_geopackage, read_geopackage_places
from geodata.readers.parquet import open_parquet, read_geoparquet
from geodata.readers.shapefile import open_shapefile, read_shapefile_places
from geodata.readers.tables import RawChunk, TableFile
from geodata.readers.workbook import open_workbook

__all__ = [
    "MAX_BYTES",
    "MAX_CELL",
    "RawChunk",
    "RawTable",
    "TableFile",
    "open_table",
    "read_places",
    "read_shapes",
    "read_table",
    "set_aside_frame",
    "shown_name",
    "text_column",
]

_TEXT = (".csv", ".tsv", ".txt")
_WORKBOOKS = (".xlsx", ".xls", ".ods")
_MACRO_BOOKS = (".xlsm", ".xlsb", ".xltm", ".xlam")
_PARQUET = (".parquet", ".geoparquet", ".pq")
_JSON = (".geojson", ".json", ".geojsonl", ".geojsons", ".ndjson", ".jsonl")
_SHAPEFILES = (".shp", ".zip")


@dataclass(frozen=True)
class RawTable:
    """The rows of a whole file.

    Parameters
    ----------
    frame
        One row a record, index = 0-based order in the file (rows set aside leave gaps); cells as in `RawChunk`; points
        in degrees [WGS-84].
    encoding, separator
        As in `TableFile`.
    bad_rows
        What is no row of this table, in the columns of SET_ASIDE.
    rows
        Records in the file: ``len(frame) + len(bad_rows)``.
    """

    frame: pd.DataFrame
    encoding: str
    separator: str
    bad_rows: pd.DataFrame
    rows: int


def open_table(path: Path, *, sheet: str | None = None, header_row: int | None = None) -> TableFile:
    """Open a table of incidents: delimited text (also gzipped), a workbook, Parquet, or points of a map format.

    Encoding and separator are found, not asked for: byte-order mark, strict UTF-8, then GB18030. Points become the
    columns ``lon`` and ``lat`` in the file's own coordinate system, which `TableFile.crs` names.

    Parameters
    ----------
    path
        The file.
    sheet
        The sheet of a workbook or the layer of a GeoPackage; None for the first that has rows.
    header_row
        The line or row of the column names, counted from 1, in text and workbooks; None to look for it.

    Raises
    ------
    InputFileError
        If the file is missing, empty, too large, of another kind, or has no usable header.
    """
    suffix = path.suffix.lower()
    kind = Path(path.stem).suffix.lower() if suffix == ".gz" else suffix
    if kind in _TEXT:
        return open_delimited(path, header_row)
    if suffix in _WORKBOOKS:
        return open_workbook(path, sheet, header_row)
    if suffix in _PARQUET:
        return open_parquet(path)
    if kind in _JSON:
        return open_geojson(path)
    if suffix in _SHAPEFILES:
        return open_shapefile(path)
    if suffix == ".gpkg":
        return open_geopackage(path, sheet)
    if suffix in _MACRO_BOOKS:
        raise cannot_read(
            path,
            "不接受含宏或二进制的工作簿，请另存为 .xlsx",
            "workbooks with macros and binary ones are not accepted, save it as .xlsx",
        )
    raise cannot_read(
        path,
        "只接受 .csv、.tsv、.txt（可加 .gz）、.xlsx、.xls、.ods、.parquet、.geojson、.gpkg、.shp、.zip（Shapefile）",
        "only .csv, .tsv, .txt (also .gz), .xlsx, .xls, .ods, .parquet, .geojson, .gpkg, .shp and a .zip with a "
        "Shapefile are accepted",
    )


def read_table(path: Path) -> RawTable:
    """Read a whole table at once; points are moved to degrees.

    Raises
    ------
    InputFileError
        If the file is missing, empty, too large, of another kind, or has no usable header.
    """
    file = open_table(path)
    chunks = list(file.chunks())
    table = pa.concat_tables([chunk.table for chunk in chunks], promote_options="permissive")
    rows = np.concatenate([chunk.rows for chunk in chunks])
    bad_rows = pd.concat([nothing_aside(), *(c.bad_rows for c in chunks if len(c.bad_rows))], ignore_index=True)
    if file.crs and file.columns[:2] == [*POSITION]:
        table = _in_degrees(table, CoordinateSystem(file.crs))
    frame: pd.DataFrame = table.to_pandas()
    frame = frame.set_index(pd.Index(rows))
    return RawTable(frame, file.encoding, file.separator, bad_rows, len(frame) + len(bad_rows))


def _in_degrees(table: pa.Table, system: CoordinateSystem) -> pa.Table:
    as_text = pa.types.is_string(table.schema.field(POSITION[0]).type)
    columns = [pd.to_numeric(table.column(name).to_pandas(), errors="coerce").to_numpy(np.float64) for name in POSITION]
    for at, degrees in enumerate(to_lonlat(columns[0], columns[1], system)):
        column = pa.chunked_array([pa.array(degrees)])
        table = table.set_column(at, POSITION[at], text_column(column) if as_text else column)
    return table


def read_places(path: Path, crs: str | None = None) -> tuple[gpd.GeoDataFrame, CoordinateSystem]:
    """Read polygons of places from GeoJSON, Shapefile (also zipped), GeoPackage or GeoParquet.

    Parameters
    ----------
    path
        The file; a Shapefile is named by its ``.shp`` or by the ``.zip`` around it.
    crs
        The coordinate system, which wins over what the file says of itself; None to believe the file.

    Returns
    -------
    tuple
        The places, one row a feature: attributes as text ("0111" keeps its zero, 440402.0 is "440402"), "" where
        missing, and geometry in EPSG:4326 (None where missing); and the system that the file was read in.

    Raises
    ------
    InputFileError
        If the file cannot be read.
    BoundaryError
        If its coordinate system is unknown, or does not fit its coordinates.
    """
    attributes, shapes, system = _places(path, crs)
    if system is None:
        name = shown_name(path)
        raise BoundaryError(
            f"文件 {name} 没有写明坐标系，请用 --crs 指定（如 cgcs2000、gcj02、EPSG:4547）。",
            f"File {name} does not say its coordinate system: give it with --crs (cgcs2000, gcj02, EPSG:4547 …).",
        )
    geometry = shapes_to_lonlat(gpd.GeoSeries(shapes), system)
    return gpd.GeoDataFrame(attributes.drop(columns="geometry", errors="ignore"), geometry=geometry), system


def read_shapes(path: Path, crs: str | None = None) -> tuple[Shapes, str | None]:
    """Read the polygons of a file with the coordinates that stand in it, and the system that they are said to be in.

    Raises
    ------
    InputFileError, BoundaryError
        As `read_places`, but a file that does not say its system is no fault here.
    """
    _, shapes, system = _places(path, crs)
    return shapes, system.code if system else None


def _places(path: Path, crs: str | None) -> Places:
    reader = _PLACE_READERS.get(path.suffix.lower())
    if reader is None:
        raise cannot_read(
            path,
            "边界只接受 .geojson、.shp、.zip（内含 Shapefile）、.gpkg、.parquet",
            "boundaries may be .geojson, .shp, .zip (with a Shapefile), .gpkg or .parquet",
        )
    asked = CoordinateSystem.parse(crs) if crs else None
    attributes, shapes, own = reader(path, asked)
    if not len(shapes):
        raise cannot_read(path, "里面没有任何地块", "it has no features")
    return attributes, shapes, asked or own


_PLACE_READERS: dict[str, Callable[[Path, CoordinateSystem | None], Places]] = {
    **dict.fromkeys(_SHAPEFILES, read_shapefile_places),
    ".gpkg": read_geopackage_places,
    **dict.fromkeys(_PARQUET, read_geoparquet),
    **dict.fromkeys(_JSON, read_geojson_places),
}
