"""Incidents as they leave the city: source, type, time, place codes and the position of the map's dots; nothing else.

Nothing that anybody wrote and nothing that names anybody: neither address nor text, neither severity nor status, no
time finer than an hour, no position finer than the map's. Rows are written file by file of the store: however many
there are, the ids of one file are held.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from geodata.city import CityData
from geodata.exports import geopackage, geoparquet
from geodata.exports.delimited import csv_lines
from geodata.locate import NOWHERE
from geodata.roundtrip import EXPORT_MARK
from geodata.store import State, Store
from geodata.vocabulary import LEVELS, TimePrecision

DIGITS = 5
"""Decimals of a position."""
CHUNK = 25_000
"""Rows that are written at a time."""
_PRECISIONS = list(TimePrecision)
_PLACES = [level.value for level in LEVELS]
SCHEMA = pa.schema(
    [
        ("incident_id", pa.string()),
        ("source", pa.string()),
        ("incident_type", pa.string()),
        ("occurred_on", pa.string()),  # a day, or a month where only that is known
        ("hour", pa.int8()),
        *((name, pa.string()) for name in _PLACES),
        ("lon", pa.float64()),
        ("lat", pa.float64()),
        (EXPORT_MARK, pa.string()),
    ]
)
_EPOCH = np.datetime64("1970-01-01", "D")


@dataclass(frozen=True)
class Incidents:
    """Which incidents are written, and what has to be said of them."""

    rows: npt.NDArray[np.intp]
    """Of the city's index."""
    left_out: int
    """Incidents of sensitive types, which are only ever counted."""
    mark: str
    """What is said on every row: made-up data, period, version of the data, what is left out."""
    title: str


def chunks(store: Store, city: CityData, incidents: Incidents) -> Iterator[pa.Table]:
    """Yield the rows with the columns of ``SCHEMA``, up to ``CHUNK`` at a time, file by file.

    Raises
    ------
    CityError
        If a file of the store is missing or damaged, or was given up while this went on.
    """
    index, state = city.index, store.state()
    file_of = index.file[incidents.rows]
    known = {file.path: file for file in state.files()}
    codes = _Codes.of(city)
    for number in np.flatnonzero(np.bincount(file_of, minlength=len(index.files))).tolist():
        mine = incidents.rows[file_of == number]
        mine = mine[np.argsort(index.row_in_file[mine], kind="stable")]
        file = known.get(index.files[number]) or _gone(state, index.files[number])
        ids = store.read_file_table(file, ["incident_id"])["incident_id"].combine_chunks()
        for first in range(0, len(mine), CHUNK):
            yield _chunk(city, mine[first : first + CHUNK], ids, codes, incidents.mark)


def _gone(state: State, path: str) -> Any:
    """Return a file that was undone since the city was read: its rows still stand in the city that is written."""
    return next(file for file in state.all_files if file.path == path)


@dataclass(frozen=True)
class _Codes:
    """Texts that many rows share."""

    types: pa.Array
    sources: pa.Array
    places: list[pa.Array]
    """By level, the id of the place of each site; "" where none."""

    @classmethod
    def of(cls, city: CityData) -> _Codes:
        index = city.index
        ids = np.append(city.places["place_id"].to_numpy(dtype=object), "")
        places = [pa.array(ids[np.where(rows == NOWHERE, -1, rows)], pa.string()) for rows in index.site_place.T]
        return cls(pa.array(index.types, pa.string()), pa.array(index.sources, pa.string()), places)


def _chunk(city: CityData, rows: npt.NDArray[np.intp], ids: pa.Array, codes: _Codes, mark: str) -> pa.Table:
    index = city.index
    site = pa.array(index.site[rows])
    hour = index.hour[rows]
    lon, lat = (np.round(each[rows].astype(np.float64), DIGITS) for each in (index.lon, index.lat))
    columns = [
        ids.take(pa.array(index.row_in_file[rows])),
        codes.sources.take(pa.array(index.source[rows])),
        codes.types.take(pa.array(index.kind[rows])),
        _days(index.day[rows], index.exactness[rows]),
        pa.array(hour, mask=hour < 0),
        *(places.take(site) for places in codes.places),
        *(pa.array(each, mask=~np.isfinite(each)) for each in (lon, lat)),
        pa.array([mark]).take(pa.array(np.zeros(len(rows), dtype=np.int32))),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def _days(day: npt.NDArray[Any], exactness: npt.NDArray[Any]) -> pa.Array:
    words = np.datetime_as_string(_EPOCH + day.astype("timedelta64[D]"), unit="D").astype(object)
    months = exactness == _PRECISIONS.index(TimePrecision.MONTH)
    words[months] = [word[:7] for word in words[months]]
    return pa.array(words, pa.string())


# --- files ---


def csv_stream(store: Store, city: CityData, incidents: Incidents) -> Iterator[bytes]:
    """Yield the rows as CSV, chunk by chunk; the first row has the names."""
    yield codecs.BOM_UTF8 + csv_lines([SCHEMA.names])
    for chunk in chunks(store, city, incidents):
        lists = [_cells(chunk, name) for name in SCHEMA.names]
        yield csv_lines(zip(*lists, strict=True))


def _cells(chunk: pa.Table, name: str) -> Sequence[Any]:
    cells = chunk[name].to_pylist()
    return [None if x is None else f"{x:.{DIGITS}f}" for x in cells] if name in ("lon", "lat") else cells


def write_parquet(path: Path, store: Store, city: CityData, incidents: Incidents) -> None:
    """Write the rows as GeoParquet."""
    schema = SCHEMA.append(geoparquet.GEOMETRY)
    found = (_with_points(chunk, schema) for chunk in chunks(store, city, incidents))
    geoparquet.write_points(path, found, schema, _box(city, incidents), {"pingan": incidents.mark})


def _with_points(chunk: pa.Table, schema: pa.Schema) -> pa.Table:
    lon, lat = (chunk[name].to_numpy() for name in ("lon", "lat"))
    points = [None if blob is None else blob[8:] for blob in geopackage.point_blobs(lon.tolist(), lat.tolist())]
    return pa.Table.from_arrays([*chunk.columns, pa.array(points, pa.binary())], schema=schema)


def _box(city: CityData, incidents: Incidents) -> list[float] | None:
    """Return west, south, east, north of the rows, None where none has a position."""
    lon, lat = (each[incidents.rows] for each in (city.index.lon, city.index.lat))
    if not np.isfinite(lon).any():
        return None
    ends = (np.nanmin(lon), np.nanmin(lat), np.nanmax(lon), np.nanmax(lat))
    return [round(float(end), DIGITS) for end in ends]


def write_geopackage(path: Path, store: Store, city: CityData, incidents: Incidents) -> None:
    """Write the rows as GeoPackage."""
    fields = [(name, _SQL.get(name, "TEXT")) for name in SCHEMA.names]

    def rows() -> Iterator[Iterator[tuple[Any, ...]]]:
        for chunk in chunks(store, city, incidents):
            lists = [chunk[name].to_pylist() for name in SCHEMA.names]
            lon, lat = (chunk[name].to_numpy().tolist() for name in ("lon", "lat"))
            yield zip(geopackage.point_blobs(lon, lat), *lists, strict=True)

    about = [("title", incidents.title), ("", incidents.mark)]
    found = _box(city, incidents)
    box: list[float | None] = [None] * 4 if found is None else [*found]
    geopackage.write_points(path, incidents.title, fields, rows(), box, about)


_SQL = {"hour": "INTEGER", "lon": "DOUBLE", "lat": "DOUBLE"}
