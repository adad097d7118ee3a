"""Raw rows to incidents: every row is either stored or set aside with one reason, and nothing is changed silently.

A row needs a time, a type, and a position that is either good or honestly missing. Times, types and other columns are
parsed once for every distinct value, so that two million rows take seconds.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import abc
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from geodata.columns import INCIDENTS, UNMAPPED
from geodata.coordinates import CoordinateSystem, fits, to_lonlat
from geodata.mapping import Mapping, word_key
from geodata.readers import MAX_CELL, RawTable, set_aside_frame, text_column
from geodata.vocabulary import TimePrecision

REASONS: dict[str, tuple[str, str]] = {
    "columns": ("这一行的列数与表头不同。", "The row has more or fewer fields than the header."),
    "quote": ("这一行的引号没有成对。", "The quotation marks of the row do not pair."),
    "encoding": ("这一行有不是文字的字节。", "The row has bytes that are no text."),
    "too_long": ("有一格超过 10000 个字。", "A cell is longer than 10,000 characters."),
    "no_time": ("没有时间。", "The time is missing."),
    "bad_time": (
        "时间无法识别，或没有这一天；请写成 2024-05-01 08:05。",
        "The time cannot be read, or there is no such day: write 2024-05-01 08:05.",
    ),
    "future_time": ("时间在未来。", "The time lies in the future."),
    "bad_position": (
        "位置无法识别、只有一半，或不在坐标系范围内（经纬度写反了？）。",
        "The position cannot be read, is half missing, or lies outside its system (longitude and latitude swapped?).",
    ),
    "no_type": ("没有类型。", "The type is missing."),
    "duplicate": ("同一编号、内容相同的行在后面还有，只保留一行。", "The same row stands further down, one is kept."),
    "superseded": ("同一编号在后面有更正，以后面的行为准。", "A later row with the same id corrects this one."),
}
"""Why a row is set aside: reason → the sentence in Chinese and in English."""

_MISSING = frozenset({"", "-", "--", "—", "——", "/", "null", "none", "nan", "nat", "n/a", "na", "\\n", "无", "空"})
_NUMBER = r"^[+-]?(\d{1,30}\.?\d{0,30}|\.\d{1,30})([eE][+-]?\d{1,2})?$"
_ZONE = r"(?P<zone>[Zz]|[+-]\d{2}:?\d{2})?"
_CLOCK = (
    r"(?P<hour>\d{1,2})[:时点](?:(?P<minute>\d{1,2})(?:[:分](?:(?P<second>\d{1,2})(?:[.,]\d{1,9})?秒?)?)?)?\s*" + _ZONE
)
_DATES = (
    r"^(?P<year>\d{4})[-/.年]\s*(?P<month>\d{1,2})(?:[-/.月]\s*(?P<day>\d{1,2})(?:(?:日\s*|\s*[Tt]\s*|\s+)"
    + _CLOCK
    + r"|日)?|月)?$",
    r"^(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?:[Tt ]?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?"
    + _ZONE
    + ")?$",
)
_FIELDS = ("year", "month", "day", "hour", "minute", "second")
_YEARS = (1900, 2100)
_PRECISIONS = [str(TimePrecision.MINUTE), str(TimePrecision.DAY), str(TimePrecision.MONTH)]
_MINUTE, _DAY, _MONTH = range(3)

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Validated:
    """The rows of a file, told apart.

    Parameters
    ----------
    incidents
        What is good, in file order, with the columns of INCIDENTS; index = 0-based row in the file.
    set_aside
        What is not, in file order, with the columns of SET_ASIDE.
    unmapped
        The source's words for types that neither the mapping nor the catalogue knows → incidents that bear them.
    """

    incidents: pd.DataFrame
    set_aside: pd.DataFrame
    unmapped: dict[str, int]

    @property
    def rows(self) -> int:
        """Return the number of rows in the file."""
        return len(self.incidents) + len(self.set_aside)


def validate(
    raw: RawTable,
    mapping: Mapping,
    *,
    source: str,
    crs: str | None = None,
    catalogue_types: abc.Mapping[str, str],
    now: dt.datetime | None = None,
) -> Validated:
    """Turn the rows of a file into incidents, or set them aside with a reason.

    A position that is not given (empty, "-", null, (0, 0) degrees, or what the mapping names) is stored as NaN: the
    incident is real, only its place is unknown. A position that is given and impossible is a fault. A row without an id
    gets one from its content, so that the same row gets it again wherever it stands.

    Parameters
    ----------
    raw
        The file.
    mapping
        What its columns and types mean.
    source
        Who sent it, stored with every incident.
    crs
        Where its positions are given; wins over the mapping.
    catalogue_types
        A type's id or name, Chinese or English → its id; used for words that the mapping does not have.
    now
        The present, aware; rows more than a day later are set aside. None to accept any time.

    Returns
    -------
    Validated
        With ``len(incidents) + len(set_aside) == raw.rows``.

    Raises
    ------
    MappingError
        If the file lacks a column that the mapping needs.
    BoundaryError
        If `crs` is no coordinate system.
    """
    columns = mapping.resolve(raw.frame.columns)
    table = pa.Table.from_pandas(raw.frame, preserve_index=False).replace_schema_metadata(None)
    faults = _Faults(table)
    faults.add_long_cells()
    time_columns = columns.get("time") or columns["time_parts"]
    times = _read_times(table, time_columns, mapping)
    faults.add(times.missing, "no_time", time_columns)
    faults.add(~times.missing & np.isnat(times.occurred_at), "bad_time", time_columns)
    if now is not None:
        limit = np.datetime64(int((now.timestamp() + 86400.0) * 1e6), "us")
        faults.add(times.occurred_at > limit, "future_time", time_columns)
    position_columns = [*columns["lon"], *columns["lat"]]
    system = CoordinateSystem.parse(crs or mapping.crs)
    lon, lat, impossible = _read_positions(table, position_columns, mapping, system)
    faults.add(impossible, "bad_position", position_columns)
    types = _read_types(table, columns.get("type"), mapping, catalogue_types)
    faults.add(types.missing, "no_type", columns.get("type", []))
    ids = _read_ids(table, columns.get("id"), faults.good())
    _set_repeats_aside(table, ids, faults, columns.get("id", []))

    kept = np.flatnonzero(faults.good())
    stored = table.take(kept)
    used = {name for names in columns.values() for name in names}
    cells = {
        "incident_id": ids.take(kept),
        "source": _constant(source, len(kept)),
        "incident_type": types.ids.take(types.codes[kept]),
        "source_type": types.words.take(types.codes[kept]),
        "occurred_at": pa.array(times.occurred_at[kept]).cast(pa.timestamp("us")).cast(pa.timestamp("us", tz="UTC")),
        "occurred_on": pa.array(times.occurred_on[kept]),
        "hour": pa.array(times.hour[kept]),
        "time_precision": pa.array(_PRECISIONS).take(times.precision[kept]),
        "received_at": _received(stored, columns.get("received_at"), mapping),
        "severity": _optional_text(stored, columns.get("severity")),
        "status": _optional_text(stored, columns.get("status")),
        "lon": pa.array(lon[kept]),
        "lat": pa.array(lat[kept]),
        "extra": json_rows(stored.select([name for name in stored.column_names if name not in used])),
    }
    rows_in_file = raw.frame.index.to_numpy(dtype=np.int64)
    incidents = _frame(cells, rows_in_file[kept])
    set_aside = (
        pd.concat([raw.bad_rows, faults.frame(rows_in_file)]) if len(raw.bad_rows) else faults.frame(rows_in_file)
    )
    set_aside = set_aside.sort_values("row", kind="stable", ignore_index=True)
    return Validated(incidents, set_aside, types.unmapped(kept))


def json_rows(table: pa.Table) -> pa.Array:
    """Return each row as the text of one JSON object, empty cells left out, every value as text.

    Parameters
    ----------
    table
        Columns of any type, shape (n, k).

    Returns
    -------
    pa.Array
        Text, shape (n,); ``{}`` where a row is empty.

    Examples
    --------
    >>> json_rows(pa.table({"a": ["x", ""], "b": [1, 2]})).to_pylist()
    ['{"a":"x","b":"1"}', '{"b":"2"}']
    """
    pairs = []
    for name, column in zip(table.column_names, table.columns, strict=True):
        codes, words = _distinct(text_column(column))
        key = orjson.dumps(name).decode()
        # escaped once for every distinct value, and copied from there
        known = [f",{key}:{orjson.dumps(word).decode()}" if word else "" for word in words.to_pylist()]
        pairs.append(pa.array(known, pa.large_string()).take(codes))
    if not pairs or not table.num_rows:
        return _constant("{}", table.num_rows)
    opening, closing, between = (pa.scalar(mark, pa.large_string()) for mark in ("{", "}", ""))
    # joined with the comma before each pair: Arrow's own skipping of nulls loses the rows where all are null
    inner = pc.utf8_slice_codeunits(pc.binary_join_element_wise(*pairs, between), 1)
    return pc.binary_join_element_wise(opening, inner, closing, between)


class _Faults:
    """The first fault of every row, as a number: 0 is none."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self.code: npt.NDArray[np.int16] = np.zeros(table.num_rows, dtype=np.int16)
        self.known: list[tuple[str, list[str]]] = [("", [])]

    def good(self) -> Flags:
        """Return which rows have no fault so far."""
        good: Flags = self.code == 0
        return good

    def add(self, rows: Flags, reason: str, columns: list[str]) -> None:
        """Note a fault for the rows that have none yet."""
        self.code[rows & self.good()] = len(self.known)
        self.known.append((reason, columns))

    def add_long_cells(self) -> None:
        """Note the rows with a cell that no person wrote."""
        for name, column in zip(self.table.column_names, self.table.columns, strict=True):
            if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
                long = pc.greater(pc.utf8_length(column), MAX_CELL)
                self.add(pc.fill_null(long, False).to_numpy(), "too_long", [name])

    def frame(self, rows_in_file: Integers) -> pd.DataFrame:
        """Return the rows at fault with the columns of SET_ASIDE."""
        bad = np.flatnonzero(self.code)
        rows = self.table.take(bad)
        codes = self.code[bad].tolist()
        reasons = [self.known[code][0] for code in codes]
        columns = ["+".join(self.known[code][1]) for code in codes]
        texts = {name: text_column(rows[name]).to_pylist() for code in set(codes) for name in self.known[code][1]}
        shown = [" ".join(texts[name][at] for name in self.known[code][1])[:200] for at, code in enumerate(codes)]
        short = [pc.utf8_slice_codeunits(text_column(column), 0, MAX_CELL) for column in rows.columns]
        raws = json_rows(pa.table(short, names=rows.column_names)).to_pylist()
        return set_aside_frame((rows_in_file[bad] + 1).tolist(), reasons, columns, shown, raws)


def _distinct(texts: pa.ChunkedArray) -> tuple[npt.NDArray[np.int64], pa.Array]:
    """Return a code a row and the distinct texts that the codes point to."""
    encoded = pa.chunked_array([texts.combine_chunks()] if texts.num_chunks != 1 else texts.chunks).chunk(0)
    encoded = encoded.dictionary_encode()
    return encoded.indices.to_numpy().astype(np.int64), encoded.dictionary


def _constant(text: str, rows: int) -> pa.Array:
    return pa.repeat(pa.scalar(text, pa.string()), rows)


def _is_missing(words: pa.Array) -> Flags:
    return np.array([word_key(word) in _MISSING for word in words.to_pylist()], dtype=bool)


def _optional_text(table: pa.Table, columns: list[str] | None) -> pa.Array:
    if not columns:
        return _constant("", table.num_rows)
    codes, words = _distinct(text_column(table[columns[0]]))
    cleaned = ["" if gone else word.strip() for word, gone in zip(words.to_pylist(), _is_missing(words), strict=True)]
    return pa.array(cleaned, pa.string()).take(codes)


def _frame(cells: dict[str, pa.Array], rows_in_file: Integers) -> pd.DataFrame:
    arrays = [cells[field.name].cast(field.type) for field in INCIDENTS]
    table = pa.table(arrays, schema=INCIDENTS)
    dates = {pa.date32(): pd.ArrowDtype(pa.date32())}
    frame: pd.DataFrame = table.to_pandas(types_mapper=dates.get)
    return frame.set_index(pd.Index(rows_in_file))


# -- ids --------------------------------------------------------------------------------------------------------------


def _read_ids(table: pa.Table, columns: list[str] | None, good: Flags) -> pa.Array:
    """Return an id a row; a good row without one gets it from its content, and the second of twins a number."""
    if columns:
        codes, words = _distinct(text_column(table[columns[0]]))
        cleaned = pc.utf8_trim_whitespace(words)
        known = pc.if_else(pa.array(_is_missing(words)), None, cleaned).take(codes)
    else:
        known = pa.nulls(table.num_rows, pa.string())
    needy = np.flatnonzero(good & known.is_null().to_numpy(zero_copy_only=False))
    if not needy.size:
        return known
    # the order of the columns is no content
    contents = json_rows(table.select(sorted(table.column_names)).take(needy)).to_pylist()
    made = pd.Series([f"auto-{_content_hash(content)}" for content in contents], dtype="str")
    twin = made.groupby(made, sort=False).cumcount().to_numpy()
    ids = known.to_numpy(zero_copy_only=False).astype(object)
    ids[needy] = [f"{name}-{number + 1}" if number else name for name, number in zip(made, twin, strict=True)]
    return pa.array(ids, pa.string())


def _content_hash(content: str) -> str:
    return hashlib.blake2b(content.encode(), digest_size=10).hexdigest()


def _set_repeats_aside(table: pa.Table, ids: pa.Array, faults: _Faults, columns: list[str]) -> None:
    """Keep the last good row of every id: it repeats or corrects those above it."""
    good = np.flatnonzero(faults.good())
    names = ids.take(good).to_pandas()
    several = names.duplicated(keep=False).to_numpy()
    if not several.any():
        return
    rows = good[several]
    repeated = pd.DataFrame(
        {"id": names[several].to_numpy(), "content": json_rows(table.take(rows)).to_pandas().to_numpy()}
    )
    last = repeated.groupby("id", sort=False)["content"].transform("last")
    loser = repeated["id"].duplicated(keep="last").to_numpy()
    same = (repeated["content"] == last).to_numpy(dtype=bool)
    for reason, chosen in (("duplicate", loser & same), ("superseded", loser & ~same)):
        flags = np.zeros(table.num_rows, dtype=bool)
        flags[rows[chosen]] = True
        faults.add(flags, reason, columns)


# -- types ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Types:
    """The type of every row as a code into the distinct words and the ids they stand for."""

    codes: Integers
    words: pa.Array
    ids: pa.Array
    missing: Flags

    def unmapped(self, kept: Integers) -> dict[str, int]:
        """Return the words without an id → stored rows, most frequent first."""
        counts = np.bincount(self.codes[kept], minlength=len(self.ids))
        found: dict[str, int] = {}
        for word, kind, count in zip(self.words.to_pylist(), self.ids.to_pylist(), counts.tolist(), strict=True):
            if count and kind.startswith(UNMAPPED):
                found[word] = found.get(word, 0) + count
        return dict(sorted(found.items(), key=lambda item: -item[1]))


def _read_types(
    table: pa.Table, columns: list[str] | None, mapping: Mapping, catalogue_types: abc.Mapping[str, str]
) -> _Types:
    texts = (
        text_column(table[columns[0]]) if columns else pa.chunked_array([_constant(mapping.type_value, table.num_rows)])
    )
    codes, words = _distinct(texts)
    known = {word_key(name): kind for names in (catalogue_types, mapping.types) for name, kind in names.items()}
    cleaned = [word.strip() for word in words.to_pylist()]
    ids = [known.get(word_key(word), UNMAPPED + word) for word in cleaned]
    return _Types(codes, pa.array(cleaned, pa.string()), pa.array(ids, pa.string()), _is_missing(words)[codes])


# -- positions --------------------------------------------------------------------------------------------------------


def _read_positions(
    table: pa.Table, columns: list[str], mapping: Mapping, system: CoordinateSystem
) -> tuple[Floats, Floats, Flags]:
    """Return longitude and latitude [degrees, WGS-84, NaN where missing], and which rows give an impossible one."""
    x, x_missing = _read_numbers(table[columns[0]])
    y, y_missing = _read_numbers(table[columns[1]])
    missing = x_missing & y_missing
    for nowhere_x, nowhere_y in [*mapping.missing_position, *([[0.0, 0.0]] if system.is_degrees else [])]:
        missing |= (x == nowhere_x) & (y == nowhere_y)
    readable = np.isfinite(x) & np.isfinite(y) & ~missing
    lon, lat = to_lonlat(np.where(readable, x, np.nan), np.where(readable, y, np.nan), system)
    good = readable & fits(lon, lat, system)
    lon[~good], lat[~good] = np.nan, np.nan
    return lon, lat, ~good & ~missing


def _read_numbers(column: pa.ChunkedArray) -> tuple[Floats, Flags]:
    """Return numbers, NaN where there is none, and whether nothing was written there."""
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        missing = pc.is_null(column, nan_is_null=True).to_numpy()
        return column.cast(pa.float64()).to_numpy().astype(np.float64), missing
    texts = pc.utf8_trim_whitespace(pc.utf8_normalize(text_column(column), "NFKC"))
    missing = pc.is_in(pc.utf8_lower(texts), value_set=pa.array(sorted(_MISSING))).to_numpy()
    numbers = pc.if_else(pc.match_substring_regex(texts, _NUMBER), texts, None).cast(pa.float64())
    return numbers.to_numpy().astype(np.float64), missing


# -- times ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Times:
    """When each row happened; NaT where there is no time or it cannot be read."""

    occurred_at: npt.NDArray[np.datetime64]  # UTC [µs]
    occurred_on: npt.NDArray[np.datetime64]  # local day
    hour: npt.NDArray[np.int8]  # local, -1 where unknown
    precision: npt.NDArray[np.int64]  # place in _PRECISIONS
    missing: Flags

    def take(self, codes: Integers) -> _Times:
        """Return the times of rows from those of distinct values."""
        return _Times(
            self.occurred_at[codes],
            self.occurred_on[codes],
            self.hour[codes],
            self.precision[codes],
            self.missing[codes],
        )


@dataclass(frozen=True)
class _Clock:
    """Distinct times as they are written: local, or at an offset from UTC."""

    local: npt.NDArray[np.datetime64]  # as written [µs], NaT if unreadable
    precision: npt.NDArray[np.int64]
    offset_minutes: Floats  # NaN for local time
    missing: Flags


def _read_times(table: pa.Table, columns: list[str], mapping: Mapping) -> _Times:
    column = table[columns[0]]
    if len(columns) > 1:
        column = _join_parts([text_column(table[name]) for name in columns])
    if pa.types.is_timestamp(column.type):
        codes, clock = _typed_clock(column)
    else:
        codes, words = _distinct(text_column(column))
        clock = _written_clock(words, mapping.time_format)
    return _on_calendar(clock, mapping).take(codes)


def _received(table: pa.Table, columns: list[str] | None, mapping: Mapping) -> pa.Array:
    if not columns:
        return pa.nulls(table.num_rows, pa.timestamp("us", tz="UTC"))
    return pa.array(_read_times(table, columns, mapping).occurred_at).cast(pa.timestamp("us", tz="UTC"))


def _join_parts(parts: list[pa.ChunkedArray]) -> pa.ChunkedArray:
    """Write year, month, day, hour and minute as one time; nothing at all stays nothing."""
    whole = parts[0]
    for part, between in zip(parts[1:], ("-", "-", " ", ":"), strict=False):
        whole = pc.binary_join_element_wise(whole, part, between)
    if len(parts) == len(("year", "month", "day", "hour")):
        whole = pc.binary_join_element_wise(whole, "", ":")
    nothing = pc.equal(pc.utf8_trim(whole, "-: "), "")
    return pc.if_else(nothing, "", whole)


def _typed_clock(column: pa.ChunkedArray) -> tuple[Integers, _Clock]:
    """Read a column of timestamps; if all of them are midnight, it is one of dates."""
    in_zone = column.type.tz is not None
    instants = column.cast(pa.timestamp("us", tz=column.type.tz), safe=False).cast(pa.int64())
    codes, known = pd.factorize(instants.to_numpy(zero_copy_only=False), use_na_sentinel=False)
    missing = np.asarray(pd.isna(known), dtype=bool)
    local = np.where(missing, 0, known).astype(np.int64).astype("datetime64[us]")
    local[missing] = np.datetime64("NaT")
    dates = not in_zone and bool(np.all(missing | (local == local.astype("datetime64[D]"))))
    precision = np.full(len(known), _DAY if dates else _MINUTE)
    offset = np.full(len(known), 0.0 if in_zone else np.nan)
    return codes.astype(np.int64), _Clock(local, precision, offset, missing)


def _written_clock(words: pa.Array, time_format: str) -> _Clock:
    """Read distinct written times: by the mapping's format where it fits, else as ISO 8601 or Chinese."""
    missing = _is_missing(words)
    texts = pc.utf8_trim_whitespace(pc.utf8_normalize(words.cast(pa.string()), "NFKC"))
    fields = {name: np.full(len(texts), -1, dtype=np.int64) for name in _FIELDS}
    offset = np.full(len(texts), np.nan)
    for pattern in _DATES:
        found = pc.extract_regex(texts, pattern)
        hit = found.is_valid().to_numpy(zero_copy_only=False)
        for name in _FIELDS:
            fields[name][hit] = _whole_numbers(found.field(name).filter(hit))
        offset[hit] = _offsets(found.field("zone").filter(hit))
    clock = _Clock(_local_time(fields, offset), _precision(fields), offset, missing)
    return _by_format(clock, texts, time_format) if time_format else clock


def _whole_numbers(texts: pa.Array) -> Integers:
    numbers: Integers = pc.if_else(pc.equal(texts, ""), "-1", texts).cast(pa.int64()).to_numpy(zero_copy_only=False)
    return numbers


def _offsets(zones: pa.Array) -> Floats:
    """Return minutes east of UTC: NaN for no zone, infinity for an impossible one."""

    def minutes(zone: str) -> float:
        if not zone or zone in "Zz":
            return 0.0 if zone else np.nan
        hours, rest = int(zone[1:3]), int(zone[-2:])
        east = 60 * hours + rest if hours <= 14 and rest < 60 else np.inf
        return float(-east if zone[0] == "-" else east)

    known = {zone: minutes(zone) for zone in pc.unique(zones).to_pylist()}
    return np.array([known[zone] for zone in zones.to_pylist()], dtype=np.float64)


def _precision(fields: dict[str, Integers]) -> Integers:
    return np.where(fields["day"] < 0, _MONTH, np.where(fields["hour"] < 0, _DAY, _MINUTE))


def _local_time(fields: dict[str, Integers], offset: Floats) -> npt.NDArray[np.datetime64]:
    """Put the parts together; NaT where the calendar or the clock has no such moment. 24:00 is the next day's 00:00."""
    year, month = fields["year"], fields["month"]
    day, hour, minute, second = (
        np.maximum(fields[name], low) for name, low in zip(_FIELDS[2:], (1, 0, 0, 0), strict=True)
    )
    good = (year >= _YEARS[0]) & (year <= _YEARS[1]) & (month >= 1) & (month <= 12) & (fields["day"] != 0)
    good &= (minute < 60) & (second < 60) & ((hour < 24) | ((hour == 24) & (minute == 0) & (second == 0)))
    good &= ~np.isinf(offset)
    months = np.where(good, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    first, next_first = months.astype("datetime64[D]"), (months + 1).astype("datetime64[D]")
    good &= day <= (next_first - first).astype(np.int64)
    seconds = (day - 1) * 86400 + hour * 3600 + minute * 60 + second
    local: npt.NDArray[np.datetime64] = first.astype("datetime64[us]") + np.where(good, seconds, 0).astype(
        "timedelta64[s]"
    )
    local[~good] = np.datetime64("NaT")
    return local


def _by_format(clock: _Clock, texts: pa.Array, time_format: str) -> _Clock:
    """Let a format of strptime win where it fits; its precision is what the format names."""
    has_zone = "%z" in time_format
    parsed = pd.to_datetime(
        pd.Series(texts.to_pylist(), dtype="str"), format=time_format, errors="coerce", utc=has_zone
    )
    local = parsed.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    years = local.astype("datetime64[Y]").astype(np.int64) + 1970
    hit = ~np.isnat(local) & (years >= _YEARS[0]) & (years <= _YEARS[1])
    named = [any(mark in time_format for mark in marks) for marks in (("%H", "%I", "%c", "%X"), ("%d", "%j", "%x"))]
    precision = _MINUTE if named[0] else _DAY if named[1] else _MONTH
    return _Clock(
        np.where(hit, local, clock.local),
        np.where(hit, precision, clock.precision),
        np.where(hit, 0.0 if has_zone else np.nan, clock.offset_minutes),
        clock.missing,
    )


def _on_calendar(clock: _Clock, mapping: Mapping) -> _Times:
    """Place times on the calendar of the mapping's zone.

    A local time that the clock skipped in spring moves to the first that exists; of two in autumn the first is meant.
    """
    is_local = np.isnan(clock.offset_minutes)
    precision = clock.precision
    if mapping.midnight_is_unknown:
        at_midnight = clock.local == clock.local.astype("datetime64[D]")
        precision = np.where(is_local & at_midnight & (precision == _MINUTE), _DAY, precision)
    first_of_two = np.ones(len(clock.local), dtype=bool)
    here = pd.DatetimeIndex(np.where(is_local, clock.local, np.datetime64("NaT")))
    here = here.tz_localize(mapping.time_zone, ambiguous=first_of_two, nonexistent="shift_forward")
    shift = np.where(np.isfinite(clock.offset_minutes), clock.offset_minutes, 0.0).astype("timedelta64[m]")
    utc = np.where(is_local, here.tz_convert("UTC").tz_localize(None).to_numpy(), clock.local - shift)
    utc = utc.astype("datetime64[us]")
    wall = pd.DatetimeIndex(utc, tz="UTC").tz_convert(mapping.time_zone).tz_localize(None).to_numpy()
    to_minute = precision == _MINUTE
    day = np.where(to_minute, wall, clock.local).astype("datetime64[D]")
    hours = (wall.astype("datetime64[h]") - wall.astype("datetime64[D]").astype("datetime64[h]")).astype(np.int64)
    hour = np.where(to_minute & ~np.isnat(utc), hours, -1).astype(np.int8)
    return _Times(utc, day, hour, precision, clock.missing)
