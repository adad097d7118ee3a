"""Parquet and GeoParquet, batch by batch; sizes are checked before a row is read, and no foreign type is loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely

from geodata.coordinates import CoordinateSystem
from geodata.errors import InputFileError
from geodata.readers import content
from geodata.readers.cells import cannot_read, clean_names, nothing_aside, text_column, without_totals
from geodata.readers.content import demand_kind, read_head
from geodata.readers.geometry import (
    POSITION,
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

_BATCH_ROWS = 250_000
_BATCH_BYTES = 64 * 1024**2
_SNIFFED_ROWS = 10_000
_MAX_GROUP_BYTES = 1024**3
_MAX_GROUPS = 100_000
_NESTED_BYTES = 64  # what a value within a list takes as a part of JSON, about
_INDEX = re.compile(r"__index_level_\d+__")


def open_parquet(path: Path) -> TableFile:
    """Open a Parquet table; a GeoParquet table of points gets the columns ``lon`` and ``lat``."""
    with _opened(path) as file:
        _demand_sane(path, file)
        geo = _geometry(file)
        names = _attributes(file, geo)
        stated = _stated_system(file, geo) if geo else None
        crs = stated_system(stated) if stated else None
        if geo:
            _demand_points(path, file, geo)
    clean = clean_names(path, names)
    position = list(POSITION) if geo else []

    def read() -> Iterator[RawChunk]:
        first = 0
        with _opened(path) as file:
            total = max(file.metadata.num_rows, 1)
            wanted = [*names, geo] if geo else names
            for table in _tables(path, file, wanted):
                done = min(1.0, (first + len(table)) / total)
                yield _chunk(path, table, names, clean, geo, first, done)
                first += len(table)
        if not first:
            columns = position + (attribute_names(clean) if geo else clean)
            empty = pa.table([pa.array([], pa.string())] * len(columns), names=columns)
            yield RawChunk(empty, np.zeros(0, dtype=np.int64), nothing_aside(), 1.0)

    columns = position + (attribute_names(clean) if geo else clean)
    notes = renamed_note(clean) + system_note(crs, stated) if geo else []
    return TableFile(columns, "parquet", read, crs=crs.code if crs else None, notes=notes)


def read_geoparquet(path: Path, _asked: CoordinateSystem | None) -> Places:
    """Read places from GeoParquet: attributes as text, shapes, and the file's own system."""
    with _opened(path) as file:
        _demand_sane(path, file)
        geo = _geometry(file)
        if not geo:
            raise cannot_read(path, "它没有几何列（不是 GeoParquet）", "it has no geometry (is no GeoParquet)")
        names = _attributes(file, geo)
        tables = list(_tables(path, file, [*names, geo]))
        table = pa.concat_tables(tables or [file.schema_arrow.empty_table()])
        stated = _stated_system(file, geo)
        shapes = _shapes(path, table.column(geo), _about(file, geo))
    columns = [text_column(_storage(table.column(name))) for name in names]
    attributes = pa.table(columns, names=clean_names(path, names)).to_pandas()
    return attributes if names else pd.DataFrame(index=range(len(shapes))), shapes, stated_system(stated)


@contextmanager
def _opened(path: Path) -> Iterator[pq.ParquetFile]:
    head = read_head(path)
    if head.startswith(b"PARE"):
        raise cannot_read(path, "它是加密的，请导出为不加密的 Parquet", "it is encrypted, export it without encryption")
    demand_kind(path, head, "parquet")
    try:
        with pq.ParquetFile(path, arrow_extensions_enabled=False) as file:
            yield file
    except (pa.ArrowException, OSError, ValueError, UnicodeDecodeError, OverflowError) as error:
        if "ncrypt" in str(error):
            raise cannot_read(
                path, "它有加密的列，请导出为不加密的 Parquet", "it has encrypted columns, export it without encryption"
            ) from error
        raise cannot_read(
            path, "它不是完好的 Parquet 文件，请重新导出", "it is not a sound Parquet file, export it again"
        ) from error


def _demand_sane(path: Path, file: pq.ParquetFile) -> None:
    """Refuse what would unpack to more than a machine holds: the sizes stand in the metadata."""
    groups = file.metadata.num_row_groups
    sizes = [_group_bytes(file, number) for number in range(min(groups, _MAX_GROUPS))]
    if groups > _MAX_GROUPS or sum(sizes) > content.MAX_STREAMED_BYTES or max(sizes, default=0) > _MAX_GROUP_BYTES:
        raise _too_much(path)


def _too_much(path: Path) -> InputFileError:
    return cannot_read(
        path,
        "它解压后过大（全部 64 GB、每个行组 1 GB、文件大小的 200 倍为限），请分成小的行组或按月拆分",
        "it unpacks to too much (64 GB in all, 1 GB a row group, 200 times its size), write smaller row groups or "
        "split it by month",
    )


def _group_bytes(file: pq.ParquetFile, number: int) -> int:
    """Return what a row group unpacks to: a word in lists or of a fixed width can be kept once and meant often."""
    group, schema = file.metadata.row_group(number), file.metadata.schema
    size = int(group.total_byte_size)
    for at in range(group.num_columns):
        column = schema.column(at)
        width = _NESTED_BYTES if column.max_repetition_level else max(column.length, 0)
        size += width * group.column(at).num_values if width else 0
    return size


def _tables(path: Path, file: pq.ParquetFile, columns: list[str]) -> Iterator[pa.Table]:
    """Return the rows in tables of at most _BATCH_ROWS, and of about _BATCH_BYTES where their rows are large.

    Raises
    ------
    InputFileError
        Once the rows take far more than the file can honestly hold.
    """
    left = max(content.ENOUGH_FOR_RATIO, content.MAX_RATIO * path.stat().st_size)
    rows = _rows_at_once(path, file, _BATCH_ROWS)
    some: list[pa.RecordBatch] = []
    for batch in map(_decoded, file.iter_batches(rows, columns=columns, use_threads=False)):
        left -= batch.nbytes
        if left < 0:
            raise _too_much(path)
        taken = [*some, batch]
        if some and (sum(map(len, taken)) > _BATCH_ROWS or sum(part.nbytes for part in taken) > _BATCH_BYTES):
            yield pa.Table.from_batches(some)
            some = []
        some.append(batch)
    if some:
        yield pa.Table.from_batches(some)


def _decoded(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return rows without dictionaries, whose size is then that of all their words."""
    columns = [cells.dictionary_decode() if pa.types.is_dictionary(cells.type) else cells for cells in batch.columns]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _rows_at_once(path: Path, file: pq.ParquetFile, most: int) -> int:
    """Return how many rows may be read together, by the longest words, which are kept once and meant often.

    One row is read of each row group, and with it its dictionaries, unless all its rows are small in any case.
    """
    metadata = file.metadata
    every = [metadata.schema.column(at) for at in range(metadata.num_columns)]
    words = [column.path for column in every if column.physical_type == "BYTE_ARRAY" and "." not in column.path]
    row_bytes = 1
    with pq.ParquetFile(path, metadata=metadata, read_dictionary=words, arrow_extensions_enabled=False) as coded:
        for number in range(metadata.num_row_groups if words else 0):
            group = metadata.row_group(number)
            if group.num_rows * group.total_byte_size < _BATCH_BYTES:
                continue
            row = next(coded.iter_batches(1, row_groups=[number], columns=words, use_threads=False), None)
            longest = sum(_longest_word(column) for column in row.columns) if row else 0
            row_bytes = max(row_bytes, longest, group.total_byte_size // max(group.num_rows, 1))
    return max(1, min(most, _BATCH_BYTES // row_bytes))


def _longest_word(column: pa.Array) -> int:
    if not pa.types.is_dictionary(column.type) or not len(column.dictionary):
        return 0
    return pc.max(pc.binary_length(column.dictionary)).as_py() or 0


def _geo(file: pq.ParquetFile) -> dict[str, object]:
    geo = orjson.loads((file.schema_arrow.metadata or {}).get(b"geo", b"{}"))
    return geo if isinstance(geo, dict) else {}


def _geometry(file: pq.ParquetFile) -> str:
    """Return the name of the column with the geometry, "" if there is none."""
    name = _geo(file).get("primary_column", "")
    return name if isinstance(name, str) and name in file.schema_arrow.names else ""


def _attributes(file: pq.ParquetFile, geo: str) -> list[str]:
    return [name for name in file.schema_arrow.names if name != geo and not _INDEX.fullmatch(name)]


def _about(file: pq.ParquetFile, geo: str) -> dict[str, object] | None:
    """Return what the file says of its geometry, None if that is no object."""
    columns = _geo(file).get("columns")
    about = columns.get(geo, {}) if isinstance(columns, dict) else {}
    return about if isinstance(about, dict) else None


def _stated_system(file: pq.ParquetFile, geo: str) -> object:
    about = _about(file, geo)
    # the format says: without a word it is WGS-84, with null it is unknown
    return None if about is None else about.get("crs", "OGC:CRS84")


def _demand_points(path: Path, file: pq.ParquetFile, geo: str) -> None:
    """Refuse a file whose first shapes are all no points."""
    rows = _rows_at_once(path, file, _SNIFFED_ROWS)
    for batch in islice(file.iter_batches(rows, columns=[geo], use_threads=False), 1):
        x, _, unusable = points_of(_batch_shapes(path, pa.Table.from_batches([batch]).column(geo)))
        demand_points(path, x, unusable)


def _chunk(
    path: Path, table: pa.Table, names: list[str], clean: list[str], geo: str, first: int, done: float
) -> RawChunk:
    columns = [_table_column(table.column(name)) for name in names]
    attributes = pa.table(columns, names=clean)
    if geo:
        shapes = _batch_shapes(path, table.column(geo))
        x, y, unusable = points_of(shapes)
        given = table.column(geo).is_valid().to_numpy(zero_copy_only=False)
        unusable |= given & (shapely.get_type_id(shapes) < 0)
        return point_chunk(x, y, unusable, attributes, first, done, as_text=False)
    rows = np.arange(first, first + len(attributes), dtype=np.int64)
    return without_totals(RawChunk(attributes.combine_chunks(), rows, nothing_aside(), done))


def _batch_shapes(path: Path, column: pa.ChunkedArray) -> Shapes:
    """Return the shapes of a column of WKB or of native points, None where missing or damaged."""
    column = _storage(column)
    if pa.types.is_struct(column.type):
        cells = column.combine_chunks()
        x, y = (cells.field(axis).to_numpy(zero_copy_only=False).astype(np.float64) for axis in ("x", "y"))
        return np.asarray(shapely.points(x, y), dtype=object)
    if not (pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type)):
        raise cannot_read(
            path, "它的几何列不是 WKB，也不是点", "its geometry is neither WKB nor points, write it as WKB"
        )
    shapes: Shapes = np.asarray(shapely.from_wkb(column.to_numpy(), on_invalid="ignore"), dtype=object)
    return shapes


def _storage(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column of an extension type as what it is stored as."""
    if not isinstance(column.type, pa.BaseExtensionType):
        return column
    return pa.chunked_array([piece.storage for piece in column.chunks], column.type.storage_type)


def _table_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return numbers and times as they are, anything else, and whole numbers with gaps, as text."""
    column = _storage(column)
    kind = column.type
    if (
        pa.types.is_floating(kind)
        or pa.types.is_timestamp(kind)
        or (pa.types.is_integer(kind) and not column.null_count)
    ):
        return column
    return text_column(column)


def _shapes(path: Path, column: pa.ChunkedArray, about: dict[str, object] | None) -> Shapes:
    """Return the shapes of a column in any encoding of GeoParquet, None where missing.

    What the column says of itself is replaced, so that no coordinate system of the file's is looked at.
    """
    encoding = str((about or {}).get("encoding", "WKB")).lower()
    marks = {"ARROW:extension:name": f"geoarrow.{encoding}", "ARROW:extension:metadata": "{}"}
    column = _storage(column)
    try:
        field = pa.field("geometry", column.type, metadata=marks)
        frame = gpd.GeoDataFrame.from_arrow(pa.table([column], schema=pa.schema([field])))
    except (pa.ArrowException, ValueError, KeyError, TypeError, shapely.errors.ShapelyError) as error:
        raise cannot_read(
            path, "它的几何列已损坏，请重新导出", "its geometry column is damaged, export it again"
        ) from error
    shapes: Shapes = frame.geometry.to_numpy()
    return shapes
