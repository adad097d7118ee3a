"""Places and incidents as GeoParquet 1.1: WKB in degrees, longitude first."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import shapely

from geodata.exports.outlines import Shapes
from geodata.exports.table import Column, Kind, PlaceTable

_CRS = pyproj.CRS.from_user_input("OGC:CRS84").to_json_dict()
_TYPES = {Kind.TEXT: pa.string(), Kind.WHOLE: pa.int64(), Kind.NUMBER: pa.float64(), Kind.FLAG: pa.bool_()}
GEOMETRY = pa.field("geometry", pa.binary())


def table_geoparquet(table: PlaceTable, shapes: Shapes) -> bytes:
    """Return a table of places with their outlines; the same table gives the same bytes."""
    columns = [pa.array(list(column.values), _TYPES[column.kind]) for column in table.columns]
    fields = [pa.field(column.key, _TYPES[column.kind], metadata=_named(column)) for column in table.columns]
    box = shapely.total_bounds(shapes).tolist() if len(shapes) else None
    kinds = sorted({str(shape.geom_type) for shape in shapes})
    beside = {"pingan": json.dumps(table.head(), ensure_ascii=False)}
    schema = pa.schema([*fields, GEOMETRY], metadata={**geo(kinds, box), **beside})
    written = pa.Table.from_arrays([*columns, pa.array(shapely.to_wkb(shapes), pa.binary())], schema=schema)
    out = io.BytesIO()
    pq.write_table(written, out, compression="zstd")
    return out.getvalue()


def _named(column: Column) -> dict[str, str]:
    return {"name": column.name}


def geo(kinds: list[str], box: list[float] | None) -> dict[str, str]:
    """Return the metadata by which a reader knows where the outlines are and what they are."""
    column: dict[str, Any] = {"encoding": "WKB", "geometry_types": kinds, "crs": _CRS}
    if kinds and all(kind.endswith("Polygon") for kind in kinds):
        column["orientation"] = "counterclockwise"
    if box is not None and np.isfinite(box).all():
        column["bbox"] = [round(number, 6) for number in box]
    return {"geo": json.dumps({"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}})}


def write_points(
    path: Path, chunks: Iterable[pa.Table], schema: pa.Schema, box: list[float] | None, beside: Mapping[str, str]
) -> None:
    """Write incidents, a row group a chunk: however many there are, one chunk is held.

    Parameters
    ----------
    chunks
        With the columns of `schema`, ``geometry`` as WKB among them.
    box
        West, south, east, north, None where no row has a position.
    beside
        What else the file says of itself.
    """
    described = schema.with_metadata({**geo(["Point"], box), **beside})
    with pq.ParquetWriter(path, described, compression="zstd") as writer:
        for chunk in chunks:
            writer.write_table(chunk.cast(schema).replace_schema_metadata(described.metadata))
