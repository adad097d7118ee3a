"""Raw rows to incidents: every row is either checked or set aside with one reason, and nothing is changed silently.

A row needs a time, a type, and a position that is either good or honestly missing. A file is checked chunk by chunk,
column by column; what is written plainly is read by compiled loops, and whatever else people write by general ways that
give the same answers.
"""

from __future__ import annotations

import datetime as dt
from collections import abc
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from geodata.columns import STAGED, UNMAPPED
from geodata.coordinates import CoordinateSystem, fits, to_lonlat
from geodata.errors import BoundaryError
from geodata.mapping import Mapping, column_key, word_key
from geodata.validate.cells import (
    Bytes,
    Cells,
    Codes,
    Flags,
    Floats,
    Rows,
    constant,
    distinct,
    is_missing,
    text_array,
    worded,
)
from geodata.validate.faults import REASONS, Faults
from geodata.validate.hashes import content_ids, hash_texts, row_hashes
from geodata.validate.jsons import json_rows
from geodata.validate.numbers import read_numbers
from geodata.validate.places import place_key, place_keys
from geodata.validate.times import NAT, PRECISIONS, Moments, join_clock, on_calendar, read_clock

if TYPE_CHECKING:
    from geodata.readers import RawChunk

__all__ = ["REASONS", "Checked", "Validator", "hash_texts", "json_rows", "place_key", "row_hashes"]

_SAMPLE = 2000
_MAX_BYTES = 2**28
_EXACT_FLOAT = 2.0**53
_DAY_S = 86400.0


SERIALS = frozenset({"序号", "行号"})
"""Columns that only number the rows of one file: neither an id, nor part of what a row says."""


@dataclass(frozen=True)
class Checked:
    """The rows of a chunk, told apart.

    Parameters
    ----------
    incidents
        What is good, in file order, with the columns of STAGED. Twins without an id of their own share one.
    set_aside
        What is not, in file order, with the columns of SET_ASIDE.
    unmapped
        The source's words for types that neither the mapping nor the catalogue knows → incidents that bear them.
    x, y
        Positions as the file gives them, in its own units and system, of at most 2000 rows spread over the chunk.
    """

    incidents: pa.Table
    set_aside: pd.DataFrame
    unmapped: dict[str, int]
    x: Floats
    y: Floats


class Validator:
    """Turns the rows of one file into incidents, or sets them aside with a reason.

    A position that is not given (empty, "-", null, (0, 0) degrees, or what the mapping names) is stored as NaN: the
    incident is real, only its place is unknown. A position that is given and impossible is a fault. A row without an id
    gets one from its content, so that the same row gets it again wherever it stands.

    Parameters
    ----------
    columns
        The columns of the file.
    mapping
        What its columns and types mean.
    source
        Who sent it, stored with every incident.
    crs
        Where its positions are given; wins over the mapping. A row's own system wins over both.
    catalogue_types
        A type's id or name, Chinese or English → its id; used for words that the mapping does not have.
    now
        The present, aware; rows more than a day later are set aside. None to accept any time.

    Raises
    ------
    MappingError
        If the file lacks a column that the mapping needs.
    BoundaryError
        If `crs` is no coordinate system.
    """

    def __init__(
        self,
        columns: Sequence[str],
        mapping: Mapping,
        *,
        source: str,
        crs: str | None = None,
        catalogue_types: abc.Mapping[str, str],
        now: dt.datetime | None = None,
    ) -> None:
        self.mapping = mapping
        self.source = source
        self.columns = mapping.resolve(columns)
        self.system = CoordinateSystem.parse(crs or mapping.crs)
        self.latest_us = int((now.timestamp() + _DAY_S) * 1e6) if now is not None else None
        named = (catalogue_types, mapping.types)
        self.type_ids = {word_key(word): kind for names in named for word, kind in names.items()}
        self.serials = {name for name in columns if column_key(name) in SERIALS} - {*self.columns.get("id", [])}
        # a time of receipt that cannot be read stays among the other columns
        used = {name for key, names in self.columns.items() for name in names if key != "received_at"}
        self.others = sorted(name for name in columns if name not in used | self.serials)

    def check(self, chunk: RawChunk) -> Checked:
        """Check some rows of the file. Nothing is remembered: chunks may come in any order, from several threads.

        Parameters
        ----------
        chunk
            Rows with the columns of the file.

        Returns
        -------
        Checked
            With every row of the chunk in one of its two tables, and what the reader had set aside in the second.
        """
        table = chunk.table.replace_schema_metadata(None)
        numbers = np.asarray(chunk.rows, dtype=np.int64) + 1
        # Arrow's texts are at most 2 GB an array, and JSON may take six bytes for one
        pieces = -(-table.nbytes // _MAX_BYTES)
        step = max(-(-table.num_rows // max(pieces, 1)), 1)
        checked = [
            self._check(table.slice(start, step), numbers[start : start + step])
            for start in range(0, max(table.num_rows, 1), step)
        ]
        return _together(checked, chunk.bad_rows)

    def _check(self, table: pa.Table, numbers: Rows) -> Checked:
        faults = Faults(table)
        faults.add_long_cells()
        moments = self._read_times(table, faults)
        places = self._read_places(table)
        position = self._read_positions(table, faults)
        faults.add(places.nameless & position.missing, "bad_place", self.columns.get("place", []))
        types = self._read_types(table, faults)
        ids, made = self._read_ids(table, faults)

        good = faults.good()
        kept = np.flatnonzero(good)
        taken = None if good.all() else pa.array(kept)
        stored = table if taken is None else table.take(taken)
        cells = {
            "incident_id": ids,
            "incident_type": types.column(types.ids),
            "source_type": types.column(types.words),
            "occurred_at": _utc(moments.at),
            "occurred_on": pa.array(moments.on).view(pa.date32()),
            "hour": pa.array(moments.hour),
            "time_precision": pa.DictionaryArray.from_arrays(
                pa.array(moments.precision), pa.array(PRECISIONS, pa.string())
            ),
            "lon": pa.array(position.lon),
            "lat": pa.array(position.lat),
            "place_key": places.keys,
            "made_id": pa.array(made),
            "row": pa.array(numbers),
        }
        if taken is not None:
            cells = {name: column.take(taken) for name, column in cells.items()}
        received, others = self._received(stored)
        cells |= {
            "source": _one_text(self.source, len(kept)),
            "received_at": received,
            "severity": self._optional_text(stored, "severity"),
            "status": self._optional_text(stored, "status"),
            "extra": json_rows(others),
        }
        return Checked(
            _staged(cells),
            faults.frame(numbers),
            types.unmapped(kept),
            *_spread(position.x, position.y),
        )

    def _read_times(self, table: pa.Table, faults: Faults) -> Moments:
        names = self.columns.get("time") or self.columns["time_parts"]
        clock = read_clock([table[name] for name in names], self.mapping.time_format)
        if "clock" in self.columns:
            names = [*names, *self.columns["clock"]]
            clock = join_clock(clock, table[names[-1]])
        moments = on_calendar(clock, self.mapping)
        faults.add(clock.missing, "no_time", names)
        faults.add(clock.two_digits, "two_digit_year", names)
        faults.add(~clock.missing & ~clock.good, "bad_time", names)
        if self.latest_us is not None:
            faults.add(moments.at > self.latest_us, "future_time", names)
        return moments

    def _received(self, table: pa.Table) -> tuple[pa.Array, pa.Table]:
        """Return when each row was received, and the columns that are kept as they are."""
        others = table.select(self.others)
        if "received_at" not in self.columns:
            return pa.nulls(table.num_rows, pa.timestamp("us", tz="UTC")), others
        name = self.columns["received_at"][0]
        clock = read_clock([table[name]], self.mapping.time_format)
        at = _utc(on_calendar(clock, self.mapping).at)
        unread = ~clock.good & ~clock.missing
        if name not in self.others:
            return at, others
        if not unread.any():
            return at, others.drop_columns([name])
        left = pc.if_else(pa.array(unread), text_array(table[name]), "")
        return at, others.set_column(self.others.index(name), name, left)

    def _read_positions(self, table: pa.Table, faults: Faults) -> _Positions:
        if "lon" not in self.columns:
            nowhere = np.full(table.num_rows, np.nan)
            return _Positions(nowhere, nowhere, nowhere, nowhere, np.ones(table.num_rows, dtype=bool))
        names = [*self.columns["lon"], *self.columns["lat"]]
        x, y = (read_numbers(table[name], axis) for name, axis in zip(names, ("lon", "lat"), strict=True))
        codes, systems = self._systems(table)
        found = _Positions(
            np.full(table.num_rows, np.nan),
            np.full(table.num_rows, np.nan),
            x.numbers.copy(),
            y.numbers.copy(),
            x.missing & y.missing,
        )
        impossible, unknown = np.zeros(table.num_rows, dtype=bool), np.zeros(table.num_rows, dtype=bool)
        for code, system in enumerate(systems):
            here = slice(None) if len(systems) == 1 else np.flatnonzero(codes == code)
            if system is None:
                unknown[here] = True
                continue
            angular = x.angular[here] | y.angular[here]
            found.place(here, system, [*self.mapping.missing_position, *([[0.0, 0.0]] if system.is_degrees else [])])
            if not system.is_degrees:
                found.lon[here], found.lat[here] = (
                    np.where(angular, np.nan, values[here]) for values in (found.lon, found.lat)
                )
            impossible[here] = np.isnan(found.lon[here]) & ~found.missing[here]
        faults.add(unknown & ~found.missing, "bad_crs", self.columns.get("crs", []))
        faults.add(impossible, "bad_position", names)
        # only what is written in the file's own system tells something of it
        own = codes == 0
        return _Positions(
            found.lon, found.lat, np.where(own & ~found.missing, x.numbers, np.nan), y.numbers, found.missing
        )

    def _systems(self, table: pa.Table) -> tuple[Rows, list[CoordinateSystem | None]]:
        """Return a code a row and the systems that they point to: the file's first, None for an unknown one."""
        if "crs" not in self.columns:
            return np.zeros(table.num_rows, dtype=np.int64), [self.system]
        codes, words = distinct(text_array(table[self.columns["crs"][0]]))
        systems: list[CoordinateSystem | None] = [self.system]
        places = []
        for word, gone in zip(words.to_pylist(), is_missing(words), strict=True):
            system = self.system if gone else _parsed(word)
            if system not in systems:
                systems.append(system)
            places.append(systems.index(system))
        return np.array(places, dtype=np.int64)[codes], systems

    def _read_places(self, table: pa.Table) -> _Places:
        if "place" not in self.columns:
            return _Places(_one_text("", table.num_rows), np.zeros(table.num_rows, dtype=bool))
        return _Places(*place_keys(table[self.columns["place"][0]]))

    def _read_types(self, table: pa.Table, faults: Faults) -> _Types:
        names = self.columns.get("type", [])
        if names:
            codes, words = distinct(text_array(table[names[0]]))
        else:
            codes, words = np.zeros(table.num_rows, dtype=np.int32), pa.array([self.mapping.type_value])
        faults.add(is_missing(words)[codes], "no_type", names)
        cleaned = [word.strip() for word in words.to_pylist()]
        ids = [self.type_ids.get(word_key(word), UNMAPPED + word) for word in cleaned]
        return _Types(codes, cleaned, ids)

    def _read_ids(self, table: pa.Table, faults: Faults) -> tuple[pa.Array, Flags]:
        """Return an id a row, and where it was made from the content because the file gives none."""
        names = self.columns.get("id", [])
        if names:
            faults.add(_too_precise(table[names[0]]), "precision", names)
            ids, absent = _given_ids(text_array(table[names[0]]))
        else:
            ids, absent = constant("", table.num_rows), np.ones(table.num_rows, dtype=bool)
        if not absent.any():
            return ids, absent
        content = [name for name in table.column_names if name not in names and name not in self.serials]
        made = content_ids(table.filter(pa.array(absent)) if not absent.all() else table, content)
        return (made if absent.all() else pc.replace_with_mask(ids, pa.array(absent), made)), absent

    def _optional_text(self, table: pa.Table, key: str) -> pa.Array:
        if key not in self.columns:
            return _one_text("", table.num_rows)
        codes, words = distinct(text_array(table[self.columns[key][0]]))
        pairs = zip(words.to_pylist(), is_missing(words), strict=True)
        return worded(codes, ["" if gone else word.strip() for word, gone in pairs])


@dataclass(frozen=True)
class _Positions:
    """Longitude and latitude [degrees, WGS-84, NaN where unknown], and what the file gives, x and y."""

    lon: Floats
    lat: Floats
    x: Floats
    y: Floats
    missing: Flags

    def place(self, rows: slice | Rows, system: CoordinateSystem, nowhere: list[list[float]]) -> None:
        """Read some of the rows in one system; what is given as nowhere is missing."""
        x, y, missing = self.x[rows], self.y[rows], self.missing[rows]
        for nowhere_x, nowhere_y in nowhere:
            missing |= (x == nowhere_x) & (y == nowhere_y)
        readable = np.isfinite(x) & np.isfinite(y) & ~missing
        lon, lat = to_lonlat(np.where(readable, x, np.nan), np.where(readable, y, np.nan), system)
        bad = ~(readable & fits(lon, lat, system))
        lon[bad], lat[bad] = np.nan, np.nan
        self.lon[rows], self.lat[rows], self.missing[rows] = lon, lat, missing


@dataclass(frozen=True)
class _Places:
    """The key of every row's place, and where the cell says something that names none."""

    keys: pa.DictionaryArray
    nameless: Flags


@dataclass(frozen=True)
class _Types:
    """The type of every row as a code into the distinct words and the ids that they stand for."""

    codes: Codes
    words: list[str]
    ids: list[str]

    def column(self, texts: list[str]) -> pa.DictionaryArray:
        """Return one of the two lists as a column."""
        return worded(self.codes, texts)

    def unmapped(self, kept: Rows) -> dict[str, int]:
        """Return the words without an id → stored rows, most frequent first."""
        counts = np.bincount(self.codes[kept], minlength=len(self.ids))
        found: dict[str, int] = {}
        for word, kind, count in zip(self.words, self.ids, counts.tolist(), strict=True):
            if count and kind.startswith(UNMAPPED):
                found[word] = found.get(word, 0) + count
        return dict(sorted(found.items(), key=lambda item: -item[1]))


def _together(checked: list[Checked], bad_rows: pd.DataFrame) -> Checked:
    """Return the pieces of a chunk as one, with what the reader had set aside."""
    unmapped: dict[str, int] = {}
    for piece in checked:
        for word, count in piece.unmapped.items():
            unmapped[word] = unmapped.get(word, 0) + count
    frames = [frame for frame in (bad_rows, *(piece.set_aside for piece in checked)) if len(frame)]
    set_aside = pd.concat(frames) if frames else checked[0].set_aside
    x, y = (np.concatenate([getattr(piece, axis) for piece in checked]) for axis in ("x", "y"))
    return Checked(
        pa.concat_tables([piece.incidents for piece in checked]),
        set_aside.sort_values("row", kind="stable", ignore_index=True),
        dict(sorted(unmapped.items(), key=lambda item: -item[1])),
        *_spread(x, y),
    )


def _staged(cells: dict[str, pa.Array]) -> pa.Table:
    """Return the columns of STAGED, with the two hashes."""
    cells["row_hash"] = pa.array(row_hashes(pa.table(cells)))
    cells["id_hash"] = pa.array(hash_texts(cells["incident_id"]))
    return pa.table([cells[field.name] for field in STAGED], schema=STAGED)


def _spread(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return some pairs that are numbers, evenly spaced."""
    given = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    chosen = given[np.linspace(0, len(given) - 1, min(len(given), _SAMPLE)).astype(np.int64)]
    return x[chosen], y[chosen]


def _utc(moments: Rows) -> pa.Array:
    """Return moments [µs since 1970] as a column of timestamps, null where unknown."""
    unknown = moments == NAT
    return pa.array(moments, mask=unknown if unknown.any() else None).view(pa.timestamp("us", tz="UTC"))


def _one_text(text: str, rows: int) -> pa.DictionaryArray:
    """Return one text for every row, as a dictionary."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype=np.int32)), pa.array([text], pa.string()))


def _parsed(word: str) -> CoordinateSystem | None:
    try:
        return CoordinateSystem.parse(word)
    except BoundaryError:
        return None


def _too_precise(column: pa.ChunkedArray) -> Flags:
    """Return which ids are numbers whose last digits a decimal does not hold."""
    if not pa.types.is_floating(column.type):
        return np.zeros(len(column), dtype=bool)
    large: Flags = pc.fill_null(pc.greater_equal(pc.abs(column.cast(pa.float64())), _EXACT_FLOAT), False).to_numpy()
    return large


def _is_ascii(byte: Bytes) -> Flags:
    """Return where a byte is a visible character."""
    visible: Flags = (byte > ord(" ")) & (byte < 0x7F)
    return visible


def _is_han(byte: Bytes) -> Flags:
    """Return where a byte begins a Chinese character, of three bytes."""
    begins: Flags = (byte >= 0xE4) & (byte <= 0xE9)
    return begins


def _given_ids(texts: pa.Array) -> tuple[pa.Array, Flags]:
    """Return ids without outer spaces, and which rows have none: nothing, a word for nothing, or 0."""
    cells = Cells.of(texts)
    first, last = cells.byte_at(0), cells.byte_at(-1)
    # what begins and ends visibly needs no trimming; the words for nothing have no digit and less than five bytes
    visible = (_is_ascii(first) | _is_han(first)) & (_is_ascii(last) | _is_han(cells.byte_at(-3)))
    digit = (first >= ord("0")) & (first <= ord("9"))
    plain = visible & ((cells.lengths >= 5) | (digit & (first > ord("0"))) | (digit & (cells.lengths > 1)))
    absent = np.zeros(len(texts), dtype=bool)
    if plain.all():
        return texts, absent
    rest = np.flatnonzero(~plain)
    codes, words = distinct(texts.take(pa.array(rest)))
    cleaned = pc.utf8_trim_whitespace(words)
    nothing = is_missing(words) | np.array([word_key(word) == "0" for word in words.to_pylist()], dtype=bool)
    absent[rest] = nothing[codes]
    return pc.replace_with_mask(texts, pa.array(~plain), cleaned.take(pa.array(codes))), absent
