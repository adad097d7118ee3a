"""Written times to moments: what was written, then where it stands on the calendar of a zone.

ISO 8601 and Chinese dates, the day numbers of a workbook, and what a mapping's own format says. What could be read in
two ways (a year of two digits, 03/05/2026) is never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from geodata.mapping import EPOCHS, Mapping
from geodata.validate.cells import Cells, Codes, Flags, Rows, distinct, is_missing, text_array
from geodata.validate.compiled import kernels_for
from geodata.vocabulary import TimePrecision

PRECISIONS = [str(TimePrecision.MINUTE), str(TimePrecision.DAY), str(TimePrecision.MONTH)]
"""What the codes of a precision stand for."""

NAT: int = int(np.iinfo(np.int64).min)
"""The number that stands for no moment."""

DAY_US = 86_400_000_000

_MINUTE, _DAY, _MONTH = range(3)
_UNREAD, _EMPTY = -1, -2
_NO_ZONE = 32767
_IMPOSSIBLE_ZONE = 32766
_HOUR_US = 3_600_000_000
_SECOND_US = 1_000_000
_YEARS = (1900, 2100)

_ZONE = r"(?P<zone>[Zz]|[+-]\d{2}:?\d{2})?"
_HOUR = (
    r"(?P<half>上午|下午)?\s*(?P<hour>\d{1,2})[:时点]"
    r"(?:(?P<minute>\d{1,2})(?:[:分](?:(?P<second>\d{1,2})(?:[.,]\d{1,9})?秒?)?)?)?\s*(?P<noon>[AaPp][Mm])?"
)
_DATES = (
    r"^(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})(?:\s*[-/.月]\s*(?P<day>\d{1,2})(?:(?:\s*日\s*|\s*[Tt]\s*|\s+)"
    + _HOUR
    + r"\s*"
    + _ZONE
    + r"|\s*日)?|\s*月)?$",
    r"^(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?:[Tt ]?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?"
    + _ZONE
    + ")?$",
)
_OF_DAY = "^" + _HOUR + "$"
_SERIAL = r"^\d{5}(\.\d{1,17})?$"
_SERIAL_DAYS = (25569, 73050)  # 1970-01-01 … 2099-12-31
_FRACTION = r"^0?\.\d{1,17}$|^0$"
_NUMBER = r"^-?\d{1,15}(\.\d{1,9})?$"
_TWO_DIGITS = r"^(\d{2}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}([日Tt\s].*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2}(\s.*)?)$"
_LITERAL = 0
_INSTRUCTIONS = {"%Y": 1, "%m": 2, "%d": 3, "%H": 4, "%I": 4, "%M": 5, "%S": 6, "%p": 7}
_CHINESE = (
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日 %H:%M",
    "%Y年%m月%d日%H:%M",
    "%Y年%m月%d日%H时%M分%S秒",
    "%Y年%m月%d日%H时%M分",
    "%Y年%m月%d日",
    "%Y.%m.%d %H:%M:%S",
    "%Y.%m.%d %H:%M",
)
_FIELDS = ("year", "month", "day", "hour", "minute", "second")


@dataclass(frozen=True)
class Clock:
    """Times as they are written, one a row: local, or at an offset from UTC.

    Parameters
    ----------
    local
        As written [µs since 1970], NAT where there is nothing to read.
    precision
        A place in PRECISIONS.
    east
        Offset that is written with it [minutes east of UTC], _NO_ZONE for none.
    missing
        Nothing is written.
    two_digits
        The year has two digits.
    """

    local: Rows
    precision: npt.NDArray[np.int8]
    east: npt.NDArray[np.int16]
    missing: Flags
    two_digits: Flags

    @classmethod
    def empty(cls, rows: int) -> Clock:
        """Return times of which none is read yet."""
        return cls(
            np.full(rows, NAT, dtype=np.int64),
            np.full(rows, _MINUTE, dtype=np.int8),
            np.full(rows, _NO_ZONE, dtype=np.int16),
            np.zeros(rows, dtype=bool),
            np.zeros(rows, dtype=bool),
        )

    @property
    def good(self) -> Flags:
        """Return where a time was read."""
        good: Flags = self.local != NAT
        return good

    def take(self, codes: Codes) -> Clock:
        """Return the times of rows from those of distinct texts."""
        return Clock(
            self.local[codes], self.precision[codes], self.east[codes], self.missing[codes], self.two_digits[codes]
        )

    def put(self, rows: Rows, other: Clock) -> None:
        """Write other times into some of the rows."""
        self.local[rows], self.precision[rows], self.east[rows] = other.local, other.precision, other.east
        self.missing[rows], self.two_digits[rows] = other.missing, other.two_digits


@dataclass(frozen=True)
class Moments:
    """When each row happened.

    Parameters
    ----------
    at
        UTC [µs since 1970], NAT where unknown.
    on
        Local day [days since 1970].
    hour
        Local hour, -1 where unknown.
    precision
        A place in PRECISIONS.
    """

    at: Rows
    on: npt.NDArray[np.int32]
    hour: npt.NDArray[np.int8]
    precision: npt.NDArray[np.int8]


def read_clock(columns: Sequence[pa.ChunkedArray], time_format: str = "") -> Clock:
    """Read the times of a column, or of columns of year, month, day, hour and minute.

    Parameters
    ----------
    columns
        One column, of text or of timestamps; or several of the parts of a time.
    time_format
        A format of strptime that is tried first, ``epoch_s`` or ``epoch_ms``; "" for none.

    Returns
    -------
    Clock
        Shape (n,).
    """
    column = columns[0] if len(columns) == 1 else _join_parts(columns)
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        return _typed_clock(column)
    texts = text_array(column)
    fast = kernels_for(len(texts))
    if fast is None:
        return _read_distinct(texts, time_format)
    clock = Clock.empty(len(texts))
    cells = Cells.of(texts)
    if time_format:
        clock.precision[:] = _UNREAD
    else:
        fast.read_times(cells.offsets, cells.data, clock.local, clock.precision, clock.east)
        np.equal(clock.precision, _EMPTY, out=clock.missing)
    for known in [time_format] if time_format else _CHINESE:
        program, named = _program(known), _named_precision(known)
        if program.size and (clock.precision == _UNREAD).any():
            fast.read_formatted(cells.offsets, cells.data, program, named, clock.local, clock.precision)
    left = np.flatnonzero(clock.precision == _UNREAD)
    clock.local[clock.precision < 0] = NAT
    clock.precision[clock.precision < 0] = _MINUTE
    if left.size:
        clock.put(left, _read_distinct(texts.take(pa.array(left)), time_format))
    return clock


def join_clock(date: Clock, column: pa.ChunkedArray) -> Clock:
    """Return days with the time of day that stands in a column of its own.

    An empty time of day leaves the hour unknown. A cell with a whole time in it, as some exports have, must be of the
    same day; a time of day that contradicts the one beside the date makes the time unreadable.

    Parameters
    ----------
    date
        From the column of days, shape (n,).
    column
        ``14:30``, ``14时30分``, ``下午2:30``, the fraction of a day that a workbook keeps, or nothing.
    """
    texts = text_array(column) if not pa.types.is_timestamp(column.type) else text_array(column.cast(pa.string()))
    codes, words = distinct(texts)
    whole = _read_distinct(words, "")
    seconds = _seconds_of_day(words)
    missing, of_day = whole.missing[codes], seconds[codes]
    given = of_day >= 0
    midnight = date.local - np.mod(date.local, DAY_US)
    joined = np.where(given & date.good, midnight + of_day * _SECOND_US, date.local)
    precision = np.where(given & date.good & (date.precision != _MONTH), _MINUTE, date.precision).astype(np.int8)
    own = (date.precision == _MINUTE) & (date.local != midnight)
    bad = given & ((own & (joined != date.local)) | (date.precision == _MONTH))
    # a whole time beside the day
    full = whole.take(codes)
    use = full.good & (date.missing | (full.local - np.mod(full.local, DAY_US) == midnight))
    bad |= ~missing & ~given & ~use
    # a day in a column of timestamps is written as its midnight
    unclear = missing & date.good & (date.precision == _MINUTE) & ~own & (date.east == _NO_ZONE)
    precision[unclear] = _DAY
    joined[bad] = NAT
    east = np.where(use, full.east, date.east)
    return Clock(
        np.where(use, full.local, joined),
        np.where(use, full.precision, precision).astype(np.int8),
        east.astype(np.int16),
        date.missing & ~use & ~bad,
        date.two_digits | (full.two_digits & bad),
    )


def on_calendar(clock: Clock, mapping: Mapping) -> Moments:
    """Place times on the calendar of the mapping's zone.

    A local time that the clock skipped in spring moves to the first that exists; of two in autumn the first is meant.
    """
    good, precision = clock.good, clock.precision
    zoned = good & (clock.east != _NO_ZONE)
    local = np.where(good, clock.local, 0)
    if mapping.midnight_is_unknown:
        at_midnight = np.mod(local, DAY_US) == 0
        precision = np.where(~zoned & at_midnight & (precision == _MINUTE), _DAY, precision).astype(np.int8)
    at = _to_utc(local, mapping.time_zone, ~zoned)
    if zoned.any():
        at = np.where(zoned, local - clock.east.astype(np.int64) * 60 * _SECOND_US, at)
    wall = _to_wall(at, local, mapping.time_zone, zoned)
    to_minute = precision == _MINUTE
    day = np.where(to_minute, wall, local) // DAY_US
    hour = np.where(to_minute & good, (wall - wall // DAY_US * DAY_US) // _HOUR_US, -1)
    return Moments(np.where(good, at, NAT), day.astype(np.int32), hour.astype(np.int8), precision)


# -- reading ----------------------------------------------------------------------------------------------------------


def _join_parts(parts: Sequence[pa.ChunkedArray]) -> pa.ChunkedArray:
    """Write year, month, day, hour and minute as one time; nothing at all stays nothing."""
    whole = text_array(parts[0])
    for part, between in zip(parts[1:], ("-", "-", " ", ":"), strict=False):
        whole = pc.binary_join_element_wise(whole, text_array(part), between)
    if len(parts) == len(("year", "month", "day", "hour")):
        whole = pc.binary_join_element_wise(whole, "", ":")
    nothing = pc.equal(pc.utf8_trim(whole, "-: "), "")
    return pa.chunked_array([pc.if_else(nothing, "", whole)])


def _typed_clock(column: pa.ChunkedArray) -> Clock:
    """Read a column of timestamps or dates; if all timestamps are midnight, they are dates."""
    in_zone = pa.types.is_timestamp(column.type) and column.type.tz is not None
    instants = column.cast(pa.timestamp("us", tz=column.type.tz if in_zone else None), safe=False).cast(pa.int64())
    clock = Clock.empty(len(column))
    clock.missing[:] = pc.is_null(column).to_numpy()
    local = pc.fill_null(instants, 0).to_numpy()
    dates = not in_zone and bool(np.all(np.mod(local, DAY_US) == 0))
    clock.local[:] = np.where(clock.missing | ~_in_years(local), NAT, local)
    clock.precision[:] = _DAY if dates else _MINUTE
    clock.east[:] = 0 if in_zone else _NO_ZONE
    return clock


def _in_years(local: Rows) -> Flags:
    first, last = (np.datetime64(f"{year}-01-01", "us").astype(np.int64) for year in (_YEARS[0], _YEARS[1] + 1))
    within: Flags = (local >= first) & (local < last)
    return within


def _read_distinct(texts: pa.Array, time_format: str) -> Clock:
    codes, words = distinct(texts)
    return _written_clock(words, time_format).take(codes)


def _written_clock(words: pa.Array, time_format: str) -> Clock:
    """Read distinct written times: by the mapping's format where it fits, else in the ways that are not ambiguous."""
    clock = Clock.empty(len(words))
    clock.missing[:] = is_missing(words)
    texts = pc.utf8_trim_whitespace(pc.utf8_normalize(words.cast(pa.string()), "NFKC"))
    if time_format in EPOCHS:
        _put_epochs(clock, texts, EPOCHS[time_format])
        return clock
    left = np.flatnonzero(~clock.missing)
    if time_format:
        left = _put_formatted(clock, texts, left, time_format)
    for pattern in _DATES:
        left = _put_dates(clock, texts, left, pattern)
    left = _put_serials(clock, texts, left)
    clock.two_digits[left] = _matches(texts.take(pa.array(left)), _TWO_DIGITS)
    return clock


def _matches(texts: pa.Array, pattern: str) -> Flags:
    matches: Flags = pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False)
    return matches


def _put_dates(clock: Clock, texts: pa.Array, rows: Rows, pattern: str) -> Rows:
    """Read what the pattern describes; return the rows that it does not."""
    found = pc.extract_regex(texts.take(pa.array(rows)), pattern)
    hit: Flags = found.is_valid().to_numpy(zero_copy_only=False)
    if not hit.any():
        return rows
    found = found.filter(pa.array(hit))
    parts = {name: _whole_numbers(found.field(name)) for name in _FIELDS}
    if "half" in pattern:
        parts["hour"] = _half_days(parts["hour"], found)
    east = _offsets(found.field("zone"))
    local = _local_time(parts)
    local[east == _IMPOSSIBLE_ZONE] = NAT
    at = rows[hit]
    clock.local[at], clock.east[at] = local, east
    clock.precision[at] = np.where(parts["day"] < 0, _MONTH, np.where(parts["hour"] < 0, _DAY, _MINUTE))
    return rows[~hit]


def _put_serials(clock: Clock, texts: pa.Array, rows: Rows) -> Rows:
    """Read the days since 1899-12-30 that a workbook keeps; a whole number is a day."""
    chosen = texts.take(pa.array(rows))
    hit = _matches(chosen, _SERIAL)
    days = chosen.filter(pa.array(hit)).cast(pa.float64()).to_numpy(zero_copy_only=False)
    at, days = rows[hit], np.asarray(days, dtype=np.float64)
    seconds = np.round((days - _SERIAL_DAYS[0]) * 86400.0).astype(np.int64)
    good = (days >= _SERIAL_DAYS[0]) & (days < _SERIAL_DAYS[1] + 1)
    clock.local[at] = np.where(good, seconds * _SECOND_US, NAT)
    clock.precision[at] = np.where(days == np.floor(days), _DAY, _MINUTE)
    return rows[~hit]


def _put_formatted(clock: Clock, texts: pa.Array, rows: Rows, time_format: str) -> Rows:
    """Let a format of strptime win where it fits; its precision is what the format names."""
    has_zone = "%z" in time_format
    parsed = pd.to_datetime(
        pd.Series(texts.take(pa.array(rows)).to_pylist(), dtype="str"),
        format=time_format,
        errors="coerce",
        utc=has_zone,
    )
    local = parsed.dt.tz_localize(None).to_numpy().astype("datetime64[us]").astype(np.int64)
    hit: Flags = (local != NAT) & _in_years(local)
    at = rows[hit]
    clock.local[at] = local[hit]
    clock.precision[at] = _named_precision(time_format)
    clock.east[at] = 0 if has_zone else _NO_ZONE
    return rows[~hit]


def _named_precision(time_format: str) -> int:
    """Return the precision of what a format names."""
    named = [any(mark in time_format for mark in marks) for marks in (("%H", "%I", "%c", "%X"), ("%d", "%j", "%x"))]
    return _MINUTE if named[0] else _DAY if named[1] else _MONTH


@lru_cache(maxsize=64)
def _program(time_format: str) -> npt.NDArray[np.uint8]:
    """Return the instructions of the compiled loop for a format, none if it is not one of plain numbers.

    Numbers must be kept apart by something else, and 12 hours need their half of the day.
    """
    marks = re.findall(r"%.|[^%]", time_format, re.DOTALL)
    adjacent = any(one in _INSTRUCTIONS and other in _INSTRUCTIONS for one, other in pairwise(marks))
    known = all(mark in _INSTRUCTIONS or not mark.startswith("%") for mark in marks)
    unique = all(marks.count(mark) <= 1 for mark in _INSTRUCTIONS)
    halves = {"%I", "%p"} & {*marks}
    if adjacent or not known or not unique or "%Y" not in marks or len(halves) == 1 or (halves and "%H" in marks):
        return np.zeros(0, dtype=np.uint8)
    steps = [
        [(_INSTRUCTIONS[mark], 0)] if mark in _INSTRUCTIONS else [(_LITERAL, byte) for byte in mark.encode()]
        for mark in marks
    ]
    return np.array([pair for step in steps for pair in step], dtype=np.uint8).ravel()


def _put_epochs(clock: Clock, texts: pa.Array, unit_us: int) -> None:
    """Read numbers of seconds or milliseconds since 1970, which are UTC."""
    numbers = pc.if_else(pc.match_substring_regex(texts, _NUMBER), texts, None).cast(pa.float64())
    values = numbers.to_numpy(zero_copy_only=False).astype(np.float64) * unit_us
    # beyond all years either way, and within int64
    local = np.where(np.abs(values) < 9e18, values, -9e18).astype(np.int64)
    clock.local[:] = np.where(_in_years(local), local, NAT)
    clock.east[:] = 0


def _whole_numbers(texts: pa.Array) -> Rows:
    numbers: Rows = pc.if_else(pc.equal(texts, ""), "-1", texts).cast(pa.int64()).to_numpy(zero_copy_only=False)
    return numbers


def _offsets(zones: pa.Array) -> npt.NDArray[np.int16]:
    """Return minutes east of UTC, _NO_ZONE or _IMPOSSIBLE_ZONE."""

    def minutes(zone: str) -> int:
        if not zone or zone in "Zz":
            return 0 if zone else _NO_ZONE
        hours, rest = int(zone[1:3]), int(zone[-2:])
        east = 60 * hours + rest if hours <= 14 and rest < 60 else None
        return _IMPOSSIBLE_ZONE if east is None else -east if zone[0] == "-" else east

    codes, known = distinct(zones)
    return np.array([minutes(zone) for zone in known.to_pylist()], dtype=np.int16)[codes]


def _half_days(hours: Rows, found: pa.StructArray) -> Rows:
    """Return hours of 24 where 上午, 下午, AM or PM stands with them; 99 for what no clock shows."""
    marks = pc.utf8_lower(pc.binary_join_element_wise(found.field("half"), found.field("noon"), ""))
    codes, known = distinct(marks)
    words = np.array(known.to_pylist(), dtype=object)
    morning, evening = np.isin(words, ["上午", "am"])[codes], np.isin(words, ["下午", "pm"])[codes]
    twice = ~np.isin(words, ["", "上午", "am", "下午", "pm"])[codes]
    twelve = np.where(morning & (hours == 12), 0, np.where(evening & (hours < 12), hours + 12, hours))
    wrong = twice | (morning & (hours > 12)) | (evening & ((hours > 23) | (hours < 1)))
    whole: Rows = np.where(wrong & (hours >= 0), 99, twelve)
    return whole


def _seconds_of_day(words: pa.Array) -> Rows:
    """Return the seconds since midnight of distinct times of day, -1 where it is none."""
    texts = pc.utf8_trim_whitespace(pc.utf8_normalize(words.cast(pa.string()), "NFKC"))
    seconds = np.full(len(words), -1, dtype=np.int64)
    found = pc.extract_regex(texts, _OF_DAY)
    hit: Flags = found.is_valid().to_numpy(zero_copy_only=False)
    if hit.any():
        found = found.filter(pa.array(hit))
        hour, minute, second = (_whole_numbers(found.field(name)) for name in _FIELDS[3:])
        hour, minute, second = _half_days(hour, found), np.maximum(minute, 0), np.maximum(second, 0)
        seconds[hit] = np.where(_on_clock(hour, minute, second), hour * 3600 + minute * 60 + second, -1)
    part = _matches(texts, _FRACTION)
    fractions = texts.filter(pa.array(part)).cast(pa.float64()).to_numpy(zero_copy_only=False)
    seconds[part] = np.round(np.asarray(fractions, dtype=np.float64) * 86400.0).astype(np.int64)
    return seconds


def _on_clock(hour: Rows, minute: Rows, second: Rows) -> Flags:
    within: Flags = (minute < 60) & (second < 60) & ((hour < 24) | ((hour == 24) & (minute == 0) & (second == 0)))
    return within


def _local_time(parts: dict[str, Rows]) -> Rows:
    """Put the parts together; NAT where the calendar or the clock has no such moment. 24:00 is the next day's 00:00."""
    year, month = parts["year"], parts["month"]
    day, hour, minute, second = (
        np.maximum(parts[name], low) for name, low in zip(_FIELDS[2:], (1, 0, 0, 0), strict=True)
    )
    good = (year >= _YEARS[0]) & (year <= _YEARS[1]) & (month >= 1) & (month <= 12) & (parts["day"] != 0)
    good &= _on_clock(hour, minute, second)
    months = np.where(good, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    first = months.astype("datetime64[D]").astype(np.int64)
    good &= day <= (months + 1).astype("datetime64[D]").astype(np.int64) - first
    seconds = (first + day - 1) * 86400 + hour * 3600 + minute * 60 + second
    local: Rows = np.where(good, seconds * _SECOND_US, NAT)
    return local


# -- the calendar -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Days:
    """How far a zone's clock is ahead of UTC, day by day, and on which days it does not change."""

    first: int
    ahead_us: Rows
    steady: Flags

    def at(self, times: Rows) -> tuple[Rows, Flags]:
        """Return how far ahead the clock is [µs], and whether it is all that day long."""
        place = np.clip(times // DAY_US - self.first, 0, len(self.steady) - 1)
        return self.ahead_us[place], self.steady[place]


def _to_utc(local: Rows, zone: str, wanted: Flags) -> Rows:
    ahead, steady = _local_days(zone).at(local)
    utc = local - ahead
    hard = np.flatnonzero(~steady & wanted)
    if hard.size:
        utc[hard] = _localized(local[hard], zone)
    return utc


def _to_wall(utc: Rows, local: Rows, zone: str, zoned: Flags) -> Rows:
    """Return what the clocks of the zone show: what was written, but for other offsets and hours that were skipped."""
    hard = zoned | ~_local_days(zone).at(local)[1]
    wall = local
    if hard.any():
        rows = np.flatnonzero(hard)
        wall = local.copy()
        moments = pd.DatetimeIndex(utc[rows].astype("datetime64[us]"), tz="UTC").tz_convert(zone).tz_localize(None)
        wall[rows] = moments.to_numpy().astype("datetime64[us]").astype(np.int64)
    return wall


def _localized(local: Rows, zone: str) -> Rows:
    first_of_two = np.ones(len(local), dtype=bool)
    here = pd.DatetimeIndex(local.astype("datetime64[us]")).tz_localize(
        zone, ambiguous=first_of_two, nonexistent="shift_forward"
    )
    utc: Rows = here.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[us]").astype(np.int64)
    return utc


@lru_cache(maxsize=16)
def _local_days(zone: str) -> _Days:
    days = np.arange(f"{_YEARS[0] - 1}-12-30", f"{_YEARS[1] + 1}-01-04", dtype="datetime64[D]")
    midnight = days.astype("datetime64[us]").astype(np.int64)
    utc = _localized(midnight, zone)
    # a day without a change is 24 hours long
    steady = np.diff(utc) == DAY_US
    return _Days(int(days[0].astype(np.int64)), (midnight - utc)[:-1], steady)
