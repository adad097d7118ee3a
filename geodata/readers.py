"""Files to raw tables and places: the only module that opens a data file of the user's.

Tables are CSV and its relatives, Parquet and GeoJSON points; places are GeoJSON, Shapefile, GeoPackage and GeoParquet.
Nothing is guessed about the meaning of a column and no row is lost: what is no row (too many fields, bytes that are no
text) is set aside with its reason. GeoJSON and attribute tables are parsed here; only a Shapefile or GeoPackage whose
first bytes say that it is one is given to GDAL, which would otherwise follow whatever a renamed file told it to.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import re
import sqlite3
import struct
import tempfile
import unicodedata
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyogrio
import pyproj
import shapely
from pyproj.exceptions import CRSError

from geodata.columns import SET_ASIDE
from geodata.coordinates import CoordinateSystem, shapes_to_lonlat, to_lonlat
from geodata.errors import BoundaryError, InputFileError

Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]
Places = tuple[pd.DataFrame, Shapes, CoordinateSystem | None]

MAX_BYTES = 2 * 1024**3
"""Largest file that is read, after unpacking [bytes]."""

MAX_CELL = 10_000
"""Longest cell that is kept [characters]."""

_MAX_ZIP_MEMBERS = 200
_MAX_ZIP_RATIO = 200
_MAX_HEADER = 10_000
_MAX_RECORD_LINES = 100
_CHUNK_ROWS = 50_000
_SEPARATORS = (",", ";", "\t", "|")
_SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_NUMBER_TYPES = ("N", "F")
_TEXT_FORMATS = (".csv", ".tsv", ".txt")
_PARQUET = (".parquet", ".geoparquet", ".pq")
_JSON = (".geojson", ".json")

_FOREIGN = {
    b"PK\x03\x04": (
        "一个 Excel 工作簿或压缩包，请在 Excel 中另存为“CSV UTF-8”",
        "a workbook or zip: save it as CSV UTF-8",
    ),
    b"\xd0\xcf\x11\xe0": (
        "一个旧版 Excel 工作簿，请在 Excel 中另存为“CSV UTF-8”",
        "an old workbook: save it as CSV UTF-8",
    ),
    b"%PDF": ("一个 PDF，请导出为 CSV", "a PDF: export a CSV instead"),
    b"PAR1": ("一个 Parquet 文件，请把扩展名改为 .parquet", "a Parquet file: name it .parquet"),
    b"SQLite": ("一个数据库，请导出为 CSV", "a database: export a CSV instead"),
    b"\x1f\x8b": ("一个 gzip 压缩文件，请在文件名后加 .gz", "a gzip file: add .gz to its name"),
    b"<": ("一个网页或 XML，请在 Excel 中打开后另存为“CSV UTF-8”", "a web page or XML: open and save it as CSV UTF-8"),
}


@dataclass(frozen=True)
class RawTable:
    """The rows of a file as they stand in it.

    Parameters
    ----------
    frame
        One row a record, index = 0-based order in the file (rows set aside leave gaps); text cells, "" where empty;
        numbers and timestamps of a Parquet file keep their type.
    encoding
        ``utf-8``, ``utf-8-sig``, ``gb18030``, ``utf-16``, or "" for a format without one.
    separator
        Between the fields; "" if there is none.
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


def read_table(path: Path) -> RawTable:
    """Read a table of incidents: CSV, TSV or TXT (also gzipped), Parquet, or GeoJSON points.

    Encoding and separator are found, not asked for: byte-order mark, strict UTF-8, then GB18030. GeoJSON and GeoParquet
    points become the columns ``lon`` and ``lat`` [degrees].

    Raises
    ------
    InputFileError
        If the file is missing, empty, too large, of another kind, or has no usable header.
    """
    kind = Path(path.stem).suffix.lower() if path.suffix.lower() == ".gz" else path.suffix.lower()
    if kind in _TEXT_FORMATS:
        return _read_delimited(path)
    if kind in _PARQUET and path.suffix.lower() != ".gz":
        return _read_parquet_table(path)
    if kind in _JSON:
        return _read_geojson_table(path)
    raise _cannot_read(
        path,
        "只接受 .csv、.tsv、.txt、.parquet、.geojson；Excel 文件请另存为“CSV UTF-8”",
        "only .csv, .tsv, .txt, .parquet and .geojson are accepted; save a workbook as CSV UTF-8",
    )


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
    readers = {
        ".shp": _read_shapefile,
        ".zip": _read_zipped_shapefile,
        ".gpkg": _read_geopackage,
        **dict.fromkeys(_PARQUET, _read_geoparquet),
        **dict.fromkeys(_JSON, _read_geojson_places),
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise _cannot_read(
            path,
            "边界只接受 .geojson、.shp、.zip（内含 Shapefile）、.gpkg、.parquet",
            "boundaries may be .geojson, .shp, .zip (with a Shapefile), .gpkg or .parquet",
        )
    asked = CoordinateSystem.parse(crs) if crs else None
    attributes, shapes, own = reader(path, asked)
    system = asked or own
    if system is None:
        raise BoundaryError(
            f"文件 {path.name} 没有写明坐标系，请用 --crs 指定（如 cgcs2000、gcj02、EPSG:4547）。",
            f"File {path.name} does not say its coordinate system: give it with --crs (cgcs2000, gcj02, EPSG:4547 …).",
        )
    if not len(shapes):
        raise _cannot_read(path, "里面没有任何地块", "it has no features")
    geometry = shapes_to_lonlat(gpd.GeoSeries(shapes), system)
    return gpd.GeoDataFrame(attributes.drop(columns="geometry", errors="ignore"), geometry=geometry), system


def set_aside_frame(
    rows: Sequence[int], reasons: Sequence[str], columns: Sequence[str], texts: Sequence[str], raws: Sequence[str]
) -> pd.DataFrame:
    """Return rows that were set aside as a table with the columns of SET_ASIDE; `rows` counts from 1."""
    table = pa.table(
        [
            pa.array(values, field.type)
            for values, field in zip((rows, reasons, columns, texts, raws), SET_ASIDE, strict=True)
        ],
        schema=SET_ASIDE,
    )
    frame: pd.DataFrame = table.to_pandas()
    return frame


def text_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as text, "" where missing; whole numbers have no decimal point, nested values are JSON."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return text_column(column.cast(kind.value_type))
    if pa.types.is_floating(kind):
        column = _float_text(column.cast(pa.float64()))
    elif pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        column = pa.chunked_array([[_cell(value) for value in column.to_pylist()]], pa.string())
    return pc.fill_null(column.cast(pa.string()), "")


def _float_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    whole = pc.and_(pc.equal(column, pc.round(column)), pc.less(pc.abs(column), 2.0**53))
    as_integers = pc.if_else(whole, column, 0.0).cast(pa.int64()).cast(pa.string())
    return pc.if_else(pc.is_nan(column), None, pc.if_else(whole, as_integers, column.cast(pa.string())))


def _cannot_read(path: Path, zh: str, en: str) -> InputFileError:
    return InputFileError(f"文件 {path.name} 无法读取：{zh}。", f"File {path.name} cannot be read: {en}.")


def _read_bytes(path: Path) -> bytes:
    """Return the bytes of a file, unpacked if its name ends in ``.gz``."""
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as stream:
            data: bytes = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _cannot_read(path, "找不到它，请检查路径", "it does not exist, check the path") from None
    except (OSError, EOFError, zlib.error) as error:
        raise _cannot_read(path, f"打开失败（{error}）", f"opening it failed ({error})") from error
    if not data:
        raise _cannot_read(path, "它是空的（0 字节）", "it is empty (0 bytes)")
    if len(data) > MAX_BYTES:
        raise _cannot_read(
            path, "它超过 2 GB，请按月拆分或转为 Parquet", "it is over 2 GB, split it by month or use Parquet"
        )
    return data


# -- delimited text ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Lines:
    """Physical lines with their ends, the encoding they were read in, and the numbers of those that are no text."""

    lines: list[str]
    encoding: str
    broken: frozenset[int]


def _read_delimited(path: Path) -> RawTable:
    data = _read_bytes(path)
    for magic, (zh, en) in _FOREIGN.items():
        if data[:64].removeprefix(codecs.BOM_UTF8).lstrip().startswith(magic):
            raise _cannot_read(path, f"它其实是{zh}", f"it is really {en}")
    text = _decode(data)
    if "\0" in "".join(text.lines[:1]):
        raise _cannot_read(path, "它不是文本文件，请导出为 CSV", "it is not a text file, export a CSV instead")
    return _parse_delimited(path, text)


def _parse_delimited(path: Path, text: _Lines) -> RawTable:
    start, separator = 0, ""
    if text.lines and (declared := re.fullmatch(r"sep=(.)\s*", text.lines[0])):
        start, separator = 1, declared[1]
    separator = separator or _separator(text.lines[start : start + 100])
    feed = _Feed(text.lines, start)
    names = _header(path, feed, separator or ",")
    body = _Body(names, text, feed)
    body.parse(separator or ",")
    bad_rows = set_aside_frame(*body.bad_columns())
    return RawTable(body.frame(), text.encoding, separator, bad_rows, body.rows)


class _Feed:
    """Give a csv reader its lines, and stop it where one record swallows too many: a quote was never closed."""

    def __init__(self, lines: list[str], position: int) -> None:
        self.lines, self.position, self.record_start = lines, position, position

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.position >= len(self.lines):
            raise StopIteration
        if self.position - self.record_start >= _MAX_RECORD_LINES:
            raise csv.Error
        self.position += 1
        return self.lines[self.position - 1]

    def go_to(self, line: int) -> None:
        """Read on from `line`, as the start of a record."""
        self.position = self.record_start = line


class _Body:
    """The records below a header, those that fit in columns and those that do not."""

    def __init__(self, names: list[str], text: _Lines, feed: _Feed) -> None:
        self.names, self.feed = names, feed
        self.broken = text.broken | {number for number, line in enumerate(text.lines) if "\0" in line}
        self.rows = 0
        self.good: list[int] = []
        self.pending: list[list[str]] = []
        self.chunks: list[list[pa.Array]] = []
        self.bad: list[tuple[int, str, str, str]] = []

    def parse(self, separator: str) -> None:
        """Read every record; a line that breaks the quoting is set aside alone, and reading goes on below it."""
        feed = self.feed
        while feed.position < len(feed.lines):
            try:
                for fields in csv.reader(feed, delimiter=separator, strict=True):
                    self.take(fields)
            except csv.Error:
                first = feed.record_start
                too_long = len(feed.lines[first]) > csv.field_size_limit()
                self.refuse(first, "too_long" if too_long else "quote")

    def take(self, fields: list[str]) -> None:
        """Keep one record, or set it aside."""
        feed = self.feed
        first, last = feed.record_start, feed.position
        if len(fields) < 2 and not "".join(fields).strip():
            feed.record_start = last
        elif self.broken and not self.broken.isdisjoint(range(first, last)):
            self.refuse(first, "encoding")
        elif len(fields) != len(self.names):
            # a quote that closes some lines further on leaves a crooked record: only its first line is at fault
            self.refuse(first, "columns" if last == first + 1 else "quote", f"{len(fields)} ≠ {len(self.names)}")
        else:
            feed.record_start = last
            self.good.append(self.rows)
            self.rows += 1
            self.pending.append(fields)
            if len(self.pending) >= _CHUNK_ROWS:
                self.pack()

    def refuse(self, line: int, reason: str, text: str = "") -> None:
        """Set one physical line aside and go on with the next."""
        shown = self.feed.lines[line].rstrip("\r\n")[:MAX_CELL]
        self.rows += 1
        self.bad.append((self.rows, reason, text or shown[:200], orjson.dumps({"line": shown}).decode()))
        self.feed.go_to(line + 1)

    def pack(self) -> None:
        """Turn the pending records into columns, which take a tenth of the memory."""
        self.chunks.append([pa.array(cells, pa.string()) for cells in zip(*self.pending, strict=True)])
        self.pending = []

    def frame(self) -> pd.DataFrame:
        """Return the good records, index = order in the file."""
        if self.pending:
            self.pack()
        columns = [pa.chunked_array(chunks, pa.string()) for chunks in zip(*self.chunks, strict=True)]
        columns = columns or [pa.chunked_array([], pa.string()) for _ in self.names]
        frame: pd.DataFrame = pa.table(columns, names=self.names).to_pandas()
        return frame.set_index(pd.Index(np.asarray(self.good, dtype=np.int64)))

    def bad_columns(self) -> tuple[list[int], list[str], list[str], list[str], list[str]]:
        """Return what was set aside, column by column."""
        rows, reasons, texts, raws = ([*part] for part in zip(*self.bad, strict=True)) if self.bad else ([], [], [], [])
        return rows, reasons, [""] * len(rows), texts, raws


def _header(path: Path, feed: _Feed, separator: str) -> list[str]:
    try:
        names = next((fields for fields in csv.reader(feed, delimiter=separator) if any(map(str.strip, fields))), [])
    except csv.Error:
        names = []
    if not names or sum(map(len, names)) > _MAX_HEADER:
        raise _cannot_read(path, "第一行不是列名", "its first line has no column names")
    feed.go_to(feed.position)
    return _clean_names(path, names)


def _clean_names(path: Path, names: Iterable[object]) -> list[str]:
    """Return column names without invisible characters; an unnamed column gets a number, a repeated one is refused."""
    cleaned = [
        re.sub(r"[\u200b-\u200f\ufeff\x00-\x1f]", "", unicodedata.normalize("NFKC", _cell(str(name)))).strip()
        or f"column_{number}"
        for number, name in enumerate(names, start=1)
    ]
    if twice := sorted({name for name in cleaned if cleaned.count(name) > 1}):
        raise _cannot_read(path, f"列名重复：{'、'.join(twice)}", f"column names are repeated: {', '.join(twice)}")
    return cleaned


def _separator(lines: list[str]) -> str:
    """Return the separator that cuts the most of the first lines into as many fields as the header; "" if none does."""
    header = next((line for line in lines if line.strip()), "")

    def agreement(separator: str) -> tuple[int, int]:
        width = _count_fields(header, separator)
        return sum(_count_fields(line, separator) == width for line in lines) if width > 1 else 0, width

    best = max(_SEPARATORS, key=agreement)
    return best if agreement(best)[0] else ""


def _count_fields(line: str, separator: str) -> int:
    try:
        return len(next(csv.reader([line], delimiter=separator), []))
    except csv.Error:
        return 0


def _decode(data: bytes) -> _Lines:
    """Turn bytes into lines: by byte-order mark, else as strict UTF-8, else line by line as what most lines are."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        lines = _split(data.decode("utf-16", errors="replace"))
        return _Lines(lines, "utf-16", frozenset(number for number, line in enumerate(lines) if "\ufffd" in line))
    encoding = "utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-8"
    try:
        return _Lines(_split(data.decode(encoding)), encoding, frozenset())
    except UnicodeDecodeError:
        return _decode_by_line(data)


def _split(text: str) -> list[str]:
    if "\n" not in text:
        text = text.replace("\r", "\n")
    return io.StringIO(text, newline="\n").readlines()


def _decode_by_line(data: bytes) -> _Lines:
    """Decode a file that is not UTF-8 throughout.

    GB18030 takes nearly any bytes, UTF-8 hardly any that are not meant: so UTF-8 wins if half of the lines that are not
    plain ASCII are UTF-8, and the other lines are broken. In both, no byte of a character can be a line feed.
    """
    raw_lines = io.BytesIO(data.removeprefix(codecs.BOM_UTF8)).readlines()
    telling = [line for line in raw_lines if not line.isascii()]
    are_utf8 = sum(_decodes(line, "utf-8") for line in telling)
    encoding = "utf-8" if 2 * are_utf8 >= len(telling) else "gb18030"
    lines = [line.decode(encoding, errors="replace") for line in raw_lines]
    broken = [number for number, line in enumerate(raw_lines) if not line.isascii() and not _decodes(line, encoding)]
    return _Lines(lines, encoding, frozenset(broken))


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


# -- parquet ----------------------------------------------------------------------------------------------------------


def _read_parquet_table(path: Path) -> RawTable:
    table, geo = _parquet(path)
    names = _clean_names(path, table.column_names)
    columns = dict(zip(names, map(_table_column, table.columns), strict=True))
    if geo:
        shapes, own = _parquet_shapes(path)
        x, y = _point_coordinates(path, shapes)
        lon, lat = to_lonlat(x, y, own) if own else (x, y)
        columns = {"lon": pa.array(lon), "lat": pa.array(lat)} | columns
    frame = pa.table(columns).to_pandas()
    return RawTable(frame, "", "", _nothing_bad(), len(frame))


def _table_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if (
        pa.types.is_floating(kind)
        or pa.types.is_timestamp(kind)
        or (pa.types.is_integer(kind) and not column.null_count)
    ):
        return column
    return text_column(column)


def _parquet(path: Path) -> tuple[pa.Table, bool]:
    """Return the table without geometry and index columns, and whether it has a geometry."""
    if not path.is_file():
        raise _cannot_read(path, "找不到它，请检查路径", "it does not exist, check the path")
    try:
        with pq.ParquetFile(path) as file:
            geo = _primary_geometry(file.schema_arrow.metadata or {})
            names = [n for n in file.schema_arrow.names if n != geo and not re.fullmatch(r"__index_level_\d+__", n)]
            return file.read(columns=names).replace_schema_metadata(None), bool(geo)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _cannot_read(path, "它不是完好的 Parquet 文件", "it is not a sound Parquet file") from error


def _primary_geometry(metadata: dict[bytes, bytes]) -> str:
    geo = orjson.loads(metadata.get(b"geo", b"{}"))
    return str(geo.get("primary_column", "")) if isinstance(geo, dict) else ""


def _parquet_shapes(path: Path) -> tuple[Shapes, CoordinateSystem | None]:
    try:
        geo = _primary_geometry(pq.read_schema(path).metadata or {})
        geometry = gpd.read_parquet(path, columns=[geo]).geometry
    except (
        pa.ArrowException,
        OSError,
        ValueError,
        KeyError,
        TypeError,
        CRSError,
        shapely.errors.ShapelyError,
    ) as error:
        raise _cannot_read(path, "它的几何列已损坏", "its geometry column is damaged") from error
    return geometry.to_numpy(), CoordinateSystem.of_file(geometry.crs) if geometry.crs else None


def _point_coordinates(path: Path, shapes: Shapes) -> tuple[Floats, Floats]:
    kinds = shapely.get_type_id(shapes)
    if other := np.flatnonzero(~np.isin(kinds, (-1, shapely.GeometryType.POINT))).tolist():
        raise _cannot_read(
            path,
            f"第 {other[0] + 1} 个要素不是点，事件必须是点",
            f"feature {other[0] + 1} is not a point, incidents must be points",
        )
    return shapely.get_x(shapes), shapely.get_y(shapes)


def _nothing_bad() -> pd.DataFrame:
    return set_aside_frame([], [], [], [], [])


def _read_geoparquet(path: Path, _asked: CoordinateSystem | None) -> Places:
    table, geo = _parquet(path)
    if not geo:
        raise _cannot_read(path, "它没有几何列（不是 GeoParquet）", "it has no geometry (is no GeoParquet)")
    names = _clean_names(path, table.column_names)
    shapes, own = _parquet_shapes(path)
    columns = dict(zip(names, map(text_column, table.columns), strict=True))
    attributes = pa.table(columns).to_pandas() if columns else pd.DataFrame(index=range(len(shapes)))
    return attributes, shapes, own


# -- geojson ----------------------------------------------------------------------------------------------------------


def _read_geojson_table(path: Path) -> RawTable:
    columns, shapes, own, encoding = _geojson(path, None)
    x, y = _point_coordinates(path, shapes)
    lon, lat = to_lonlat(x, y, own)
    position = {"lon": text_column(pa.chunked_array([lon])), "lat": text_column(pa.chunked_array([lat]))}
    frame = pa.table(position | {name: cells for name, cells in columns.items() if name not in position}).to_pandas()
    return RawTable(frame, encoding, "", _nothing_bad(), len(frame))


def _read_geojson_places(path: Path, asked: CoordinateSystem | None) -> Places:
    columns, shapes, own, _ = _geojson(path, asked)
    attributes = pa.table(columns).to_pandas() if columns else pd.DataFrame(index=range(len(shapes)))
    return attributes, shapes, own


def _geojson(
    path: Path, asked: CoordinateSystem | None
) -> tuple[dict[str, pa.ChunkedArray], Shapes, CoordinateSystem, str]:
    """Return the properties as text columns, the shapes, the system and the encoding of a GeoJSON file."""
    text = _decode(_read_bytes(path))
    document = _parse_json(path, "".join(text.lines))
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or not all(isinstance(feature, dict) for feature in features):
        raise _cannot_read(path, "它不是 GeoJSON FeatureCollection", "it is not a GeoJSON FeatureCollection")
    system = asked or _geojson_system(path, document.get("crs"))
    properties = [feature.get("properties") or {} for feature in features]
    if not all(isinstance(cells, dict) for cells in properties):
        raise _cannot_read(path, "有的要素的 properties 不是对象", "the properties of some feature are no object")
    names = list(dict.fromkeys(name for cells in properties for name in cells))
    columns = {
        clean: pa.chunked_array([[_cell(cells.get(name)) for cells in properties]], pa.string())
        for clean, name in zip(_clean_names(path, names), names, strict=True)
    }
    shapes = np.array([_shape(path, number, f) for number, f in enumerate(features, start=1)], dtype=object)
    return columns, shapes, system, text.encoding


def _parse_json(path: Path, text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    try:
        # the slower parser of the standard library knows whole numbers of any length, and says where it stopped
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise _cannot_read(
            path,
            f"第 {error.lineno} 行不是合法的 JSON，文件可能不完整",
            f"line {error.lineno} is not JSON, the file may be cut short",
        ) from None
    except (ValueError, RecursionError):
        raise _cannot_read(
            path, "其中的 JSON 嵌套过深或数字过长", "its JSON is too deep or a number too long"
        ) from None


def _geojson_system(path: Path, crs: object) -> CoordinateSystem:
    """Return the system of the old ``crs`` member, which may name one but not point to one; WGS-84 without it."""
    if crs is None:
        return CoordinateSystem("wgs84")
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = str(properties.get("name", "")) if isinstance(properties, dict) else ""
    if name.upper().endswith("CRS84"):
        return CoordinateSystem("wgs84")
    if found := re.search(r"EPSG:+[\d.]*:?(\d{4,6})$", name, flags=re.IGNORECASE):
        return CoordinateSystem.parse(f"EPSG:{found[1]}")
    raise BoundaryError(
        f"文件 {path.name} 的坐标系说明无法识别，请用 --crs 指定（如 wgs84、gcj02、EPSG:4547）。",
        f"The coordinate system that file {path.name} states is unknown: give it with --crs (wgs84, EPSG:4547 …).",
    )


def _shape(path: Path, number: int, feature: dict[str, Any]) -> shapely.Geometry | None:
    geometry = feature.get("geometry")
    if geometry is None:
        return None
    try:
        return shapely.from_geojson(orjson.dumps(geometry).decode())
    except (shapely.errors.ShapelyError, orjson.JSONEncodeError, TypeError):
        raise _cannot_read(
            path, f"第 {number} 个要素的几何无法解析", f"the geometry of feature {number} cannot be understood"
        ) from None


def _cell(value: object) -> str:
    """Return a JSON value as the text of a cell."""
    if value is None:
        return ""
    if isinstance(value, str):
        # half a surrogate pair can stand in JSON, but in no text
        return value if value.isascii() else value.encode(errors="replace").decode()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, bytes):
        return value.hex()
    return _cell(json.dumps(value, ensure_ascii=False, default=str))


# -- shapefile and geopackage -----------------------------------------------------------------------------------------


def _read_shapefile(path: Path, asked: CoordinateSystem | None, label: Path | None = None) -> Places:
    """Read a Shapefile: shapes by GDAL, attributes by our own reader, which keeps text as text in either encoding."""
    label = label or path
    if _read_magic(path) != b"\x00\x00\x27\x0a":
        raise _cannot_read(label, "它不是 Shapefile", "it is not a Shapefile")
    beside = {other.suffix.lower(): other for other in path.parent.glob("*") if other.stem == path.stem}
    for suffix in (".shx", ".dbf"):
        if suffix not in beside:
            raise _cannot_read(label, f"缺少同名的 {suffix} 文件", f"the {suffix} file that belongs to it is missing")
    for suffix in (".shp", ".shx"):
        # of a file that was cut short GDAL gives missing shapes, and no word
        stated_words = int.from_bytes(_read_magic(beside[suffix], 28)[24:], "big")
        if stated_words < 50 or beside[suffix].stat().st_size < 2 * stated_words:
            raise _cannot_read(label, f"{suffix} 文件不完整", f"the {suffix} file is cut short")
    declared = beside[".cpg"].read_text("ascii", errors="ignore").strip() if ".cpg" in beside else ""
    attributes = _read_dbf(label, _read_bytes(beside[".dbf"]), declared)
    shapes, own = _gdal_shapes(label, path, None, asked)
    if len(shapes) != len(attributes):
        raise _cannot_read(
            label,
            f".shp 有 {len(shapes)} 个地块而 .dbf 有 {len(attributes)} 行",
            f"the .shp has {len(shapes)} shapes but the .dbf {len(attributes)} rows",
        )
    return attributes, shapes, own


def _read_magic(path: Path, length: int = 4) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(length)
    except FileNotFoundError:
        raise _cannot_read(path, "找不到它，请检查路径", "it does not exist, check the path") from None
    except OSError as error:
        raise _cannot_read(path, f"打开失败（{error}）", f"opening it failed ({error})") from error


def _gdal_shapes(
    label: Path, path: Path, layer: str | None, asked: CoordinateSystem | None
) -> tuple[Shapes, CoordinateSystem | None]:
    try:
        # GDAL warns of ring directions and measured points, which do not matter here
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # any one-byte encoding will do: no attribute is read
            geometry = pyogrio.read_dataframe(path.resolve(), layer=layer, columns=[], encoding="ISO-8859-1").geometry
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError, RuntimeError) as error:
        raise _cannot_read(label, "其中的几何数据已损坏", "its geometry is damaged") from error
    own = CoordinateSystem.of_file(pyproj.CRS(geometry.crs)) if geometry.crs is not None and not asked else None
    return geometry.to_numpy(), own


@dataclass(frozen=True)
class _DbfField:
    name: bytes
    kind: str
    start: int
    end: int


def _read_dbf(path: Path, data: bytes, declared: str) -> pd.DataFrame:
    """Parse the attributes of a Shapefile as text, deleted rows left out as GDAL leaves them out.

    Layout: 32 bytes (count, header and record length), 32 bytes a field, records of fixed width with a deletion mark.
    """
    try:
        count, header, width = struct.unpack_from("<IHH", data, 4)
        fields = _dbf_fields(data, header)
    except (struct.error, IndexError) as error:
        raise _cannot_read(path, ".dbf 文件已损坏", "the .dbf file is damaged") from error
    if width == 0 or len(data) < header + (count * width):
        raise _cannot_read(path, ".dbf 文件不完整", "the .dbf file is cut short")
    records = [data[at : at + width] for at in range(header, header + count * width, width)]
    records = [record for record in records if record[:1] != b"*"]
    cells = {field: [record[field.start : field.end].strip(b" \0") for record in records] for field in fields}
    encoding = _dbf_encoding(
        path, b"\n".join(c for f, column in cells.items() if f.kind == "C" for c in column), declared
    )
    # a name cut at ten bytes may end in half a character
    names = _clean_names(path, [field.name.decode(encoding, errors="ignore") for field in fields])
    columns = [_dbf_texts(field, column, encoding) for field, column in cells.items()]
    return pd.DataFrame(dict(zip(names, columns, strict=True)), index=range(len(records)), dtype="str")


def _dbf_fields(data: bytes, header: int) -> list[_DbfField]:
    fields, start = [], 1
    for at in range(32, header - 1, 32):
        if data[at] == 0x0D:
            break
        end = start + data[at + 16]
        fields.append(_DbfField(data[at : at + 11].split(b"\0")[0], chr(data[at + 11]), start, end))
        start = end
    return fields


def _dbf_encoding(path: Path, text: bytes, declared: str) -> str:
    """Return UTF-8 if all is strict UTF-8, else what the .cpg file says if that can be wrong at all, else GB18030."""
    telling = (
        [declared] if declared.lower() in {"big5", "big5-hkscs", "950", "shift_jis", "932", "euc-kr", "949"} else []
    )
    for encoding in ("utf-8", *telling, "gb18030"):
        if _decodes(text, encoding):
            return encoding
    # one-byte encodings fit any text: believed only when said, and only after the others failed
    if _decodes(text, declared):
        return declared
    raise _cannot_read(
        path, ".dbf 的文字编码无法识别，请另存为 UTF-8", "the encoding of its .dbf is unknown, save it as UTF-8"
    )


def _dbf_texts(field: _DbfField, cells: list[bytes], encoding: str) -> list[str]:
    texts = [cell.decode(encoding, errors="replace").strip() for cell in cells]
    return [_number_text(text) for text in texts] if field.kind in _NUMBER_TYPES else texts


def _number_text(text: str) -> str:
    """Return a number's text without a needless decimal point; stars stand for a missing number."""
    if text.isdecimal():
        return text
    try:
        return _cell(float(text))
    except ValueError:
        return ""


def _read_zipped_shapefile(path: Path, asked: CoordinateSystem | None) -> Places:
    with tempfile.TemporaryDirectory() as folder:
        return _read_shapefile(_unpack_shapefile(path, Path(folder)), asked, label=path)


def _unpack_shapefile(path: Path, folder: Path) -> Path:
    """Unpack the one Shapefile of a zip under names of our own, so that no name in the zip can point elsewhere."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > _MAX_ZIP_MEMBERS:
                raise _cannot_read(path, "压缩包里的文件太多", "the zip has too many files")
            parts = _shapefile_members(path, members)
            limit = min(MAX_BYTES, _MAX_ZIP_RATIO * path.stat().st_size)
            for suffix, member in parts.items():
                with archive.open(member) as stream:
                    # counted while unpacking: the size that a zip states may be a lie
                    data = stream.read(limit + 1)
                limit -= len(data)
                if limit < 0:
                    raise _cannot_read(path, "压缩包解开后过大", "the zip unpacks to too much")
                (folder / f"places{suffix}").write_bytes(data)
    except FileNotFoundError:
        raise _cannot_read(path, "找不到它，请检查路径", "it does not exist, check the path") from None
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError, zlib.error) as error:
        raise _cannot_read(path, "它不是完好的、未加密的 zip", "it is not a sound zip without password") from error
    return folder / "places.shp"


def _shapefile_members(path: Path, members: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    real = [m for m in members if not m.is_dir() and not Path(m.filename).name.startswith("._")]
    shapes = [m for m in real if m.filename.lower().endswith(".shp")]
    if len(shapes) != 1:
        raise _cannot_read(
            path,
            f"压缩包里应有且只有一个 .shp，实有 {len(shapes)} 个",
            f"the zip must hold exactly one .shp and holds {len(shapes)}",
        )
    stem = shapes[0].filename[:-4]
    return {
        m.filename[-4:].lower(): m
        for m in real
        if m.filename[:-4] == stem and m.filename[-4:].lower() in _SHAPEFILE_PARTS
    }


def _read_geopackage(path: Path, asked: CoordinateSystem | None) -> Places:
    """Read the one table of features of a GeoPackage; views and virtual tables, which can run code, are left alone."""
    if _read_magic(path, 16) != b"SQLite format 3\0":
        raise _cannot_read(path, "它不是 GeoPackage", "it is not a GeoPackage")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            layers = [name for (name,) in database.execute(_FEATURE_TABLES)]
            if len(layers) != 1:
                raise _cannot_read(
                    path,
                    f"其中应有且只有一个面图层，实有 {len(layers)} 个",
                    f"it must hold one layer and holds {len(layers)}",
                )
            attributes = _geopackage_attributes(path, database, layers[0])
    except sqlite3.Error as error:
        raise _cannot_read(path, "其中的数据库已损坏", "its database is damaged") from error
    shapes, own = _gdal_shapes(path, path, layers[0], asked)
    if len(shapes) != len(attributes):
        raise _cannot_read(path, "其中的几何与属性行数不符", "its shapes and attributes differ in number")
    return attributes, shapes, own


_FEATURE_TABLES = """
    select c.table_name from gpkg_contents c
    join sqlite_master m on m.name = c.table_name and m.type = 'table' and m.sql not like 'create virtual%'
    where c.data_type = 'features'
"""


def _geopackage_attributes(path: Path, database: sqlite3.Connection, layer: str) -> pd.DataFrame:
    """Return the attributes of a layer as text, in the order of its row ids, as GDAL gives the shapes."""
    quoted = '"' + layer.replace('"', '""') + '"'
    geometry = database.execute(
        "select column_name from gpkg_geometry_columns where table_name = ?", (layer,)
    ).fetchone()
    # a text value in another encoding must not end the reading
    database.text_factory = lambda data: data.decode("utf-8", errors="replace")
    rows = database.execute(f"select * from {quoted} order by rowid")  # noqa: S608
    names = [column[0] for column in rows.description]
    keep = [at for at, name in enumerate(names) if geometry is None or name != geometry[0]]
    cells = rows.fetchall()
    columns = {
        name: [_cell(row[at]) for row in cells]
        for name, at in zip(_clean_names(path, [names[a] for a in keep]), keep, strict=True)
    }
    return pd.DataFrame(columns, index=range(len(cells)), dtype="str")
