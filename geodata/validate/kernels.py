"""Compiled loops over the bytes of text cells; each has a general way elsewhere that gives the same answer.

A loop reads only what is written plainly and leaves the rest to the general way, so none of them can refuse a row.
All release the interpreter's lock, and are kept compiled on disk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba import types

Loop = TypeVar("Loop", bound=Callable[..., Any])

UNREAD, EMPTY = -1, -2
"""What a reading loop says of a cell that it leaves to the general way, and of an empty one."""

LITERAL, YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, NOON = range(8)
"""The instructions of a program that reads a format: one byte as it is, or a field."""

_MINUTE, _DAY = 0, 1
_NO_ZONE = 32767
_DAY_US = 86_400_000_000
_EXACT = 2**53
_TENS = np.array([10.0**power for power in range(23)])

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31 = np.uint64(30), np.uint64(27), np.uint64(31)
_EIGHT, _SEVEN = np.uint64(8), np.uint64(7)

_OFFSETS = types.Array(types.int32, 1, "C", readonly=True)
_BYTES = types.Array(types.uint8, 1, "C", readonly=True)
_WORDS = types.Array(types.uint64, 1, "C", readonly=True)
_HEX = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)

# the letter behind the backslash, for the characters that JSON writes in two
_SHORT = np.zeros(93, dtype=np.uint8)
_SHORT[[34, 92, 8, 9, 10, 12, 13]] = np.frombuffer(b'"\\btnfr', dtype=np.uint8)


def _compiled(*signature: Any) -> Callable[[Loop], Loop]:
    return cast("Callable[[Loop], Loop]", numba.njit(types.void(*signature), cache=True, nogil=True))


def _inlined(function: Loop) -> Loop:
    return cast("Loop", numba.njit(cache=True, nogil=True, inline="always")(function))


@_inlined
def _days(year: int, month: int, day: int) -> int:
    """Return days since 1970-01-01 (the civil calendar counted from March)."""
    shifted = year - (1 if month <= 2 else 0)
    era = shifted // 400
    of_era = shifted - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


@_inlined
def _month_length(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


@numba.njit(cache=True, nogil=True)
def _digits(data: Any, at: Any, end: Any, most: int) -> tuple[int, int]:
    """Return the number of up to `most` digits at a place, and where it ends."""
    number, start = 0, at
    while at < end and at - start < most and 48 <= data[at] <= 57:
        number = number * 10 + (data[at] - 48)
        at += 1
    return number, at


@numba.njit(cache=True, nogil=True)
def _zone(data: Any, at: Any, end: Any) -> int:
    """Return minutes east of UTC of "Z", "+08:00" or "+0800" that reaches to the end, else _NO_ZONE."""
    if end - at == 1 and (data[at] | 32) == 122:
        return 0
    if end - at not in (5, 6) or data[at] not in (43, 45):
        return _NO_ZONE
    hours, after = _digits(data, at + 1, end, 2)
    if after != at + 3:
        return _NO_ZONE
    if end - at == 6:
        if data[after] != 58:
            return _NO_ZONE
        after += 1
    minutes, last = _digits(data, after, end, 2)
    if last != end or last != after + 2 or hours > 14 or minutes > 59:
        return _NO_ZONE
    east = hours * 60 + minutes
    return -east if data[at] == 45 else east


@_inlined
def _two(data: Any, at: int) -> int:
    """Return the number of two digits, or far more than 99 where one of them is none."""
    tens, ones = data[at] - 48, data[at + 1] - 48
    return 10 * tens + ones if 0 <= tens <= 9 and 0 <= ones <= 9 else 10_000


@numba.njit(cache=True, nogil=True)
def _read_plain_time(data: Any, at: Any, end: Any) -> tuple[int, int]:
    """Read ``2024-05-01``, ``2024-05-01 08:05`` or ``2024-05-01 08:05:09``, the most usual: all digits in place."""
    size = end - at
    if size not in (10, 16, 19) or data[at + 4] not in (45, 47) or data[at + 7] not in (45, 47):
        return 0, UNREAD
    year, month, day = _two(data, at) * 100 + _two(data, at + 2), _two(data, at + 5), _two(data, at + 8)
    if year < 1900 or year > 2100 or month < 1 or month > 12 or day < 1 or day > _month_length(year, month):
        return 0, UNREAD
    seconds = _days(year, month, day) * 86_400
    if size == 10:
        return seconds * 1_000_000, _DAY
    hour, minute = _two(data, at + 11), _two(data, at + 14)
    second = _two(data, at + 17) if size == 19 else 0
    if data[at + 10] not in (32, 84) or data[at + 13] != 58 or (size == 19 and data[at + 16] != 58):
        return 0, UNREAD
    if hour > 23 or minute > 59 or second > 59:
        return 0, UNREAD
    return (seconds + hour * 3600 + minute * 60 + second) * 1_000_000, _MINUTE


@numba.njit(cache=True, nogil=True)
def _read_time(data: Any, at: Any, end: Any) -> tuple[int, int, int]:
    """Read one time: local microseconds since 1970, precision, minutes east of UTC."""
    nothing = (0, UNREAD, _NO_ZONE)
    year, after = _digits(data, at, end, 4)
    if after != at + 4 or year < 1900 or year > 2100 or after == end or data[after] not in (45, 47):
        return nothing
    at = after + 1
    month, after = _digits(data, at, end, 2)
    if after in (at, end) or month < 1 or month > 12 or data[after] not in (45, 47):
        return nothing
    at = after + 1
    day, after = _digits(data, at, end, 2)
    if after == at or day < 1 or day > _month_length(year, month):
        return nothing
    local = _days(year, month, day) * _DAY_US
    if after == end:
        return local, _DAY, _NO_ZONE
    if data[after] != 32 and data[after] != 84:
        return nothing
    at = after + 1
    hour, after = _digits(data, at, end, 2)
    if after in (at, end) or data[after] != 58:
        return nothing
    at = after + 1
    minute, after = _digits(data, at, end, 2)
    if after == at:
        return nothing
    second = 0
    if after < end and data[after] == 58:
        at = after + 1
        second, after = _digits(data, at, end, 2)
        if after == at:
            return nothing
        if after < end and data[after] == 46:
            at = after + 1
            _, after = _digits(data, at, end, 9)
            if after == at:
                return nothing
    east = _NO_ZONE
    if after < end:
        east = _zone(data, after, end)
        if east == _NO_ZONE:
            return nothing
    if minute > 59 or second > 59 or hour > 24 or (hour == 24 and minute + second > 0):
        return nothing
    return local + (hour * 3600 + minute * 60 + second) * 1_000_000, _MINUTE, east


@_compiled(_OFFSETS, _BYTES, types.int64[::1], types.int8[::1], types.int16[::1])
def read_times(offsets: Any, data: Any, local: Any, precision: Any, east: Any) -> None:
    """Read ``2024-05-01``, ``2024/5/1 8:05`` and ``2024-05-01T08:05:09.123+08:00``; leave all else UNREAD."""
    for row in range(len(local)):
        start, end = np.int64(offsets[row]), np.int64(offsets[row + 1])
        if start == end:
            precision[row] = EMPTY
        else:
            local[row], precision[row] = _read_plain_time(data, start, end)
            if precision[row] == UNREAD:
                local[row], precision[row], east[row] = _read_time(data, start, end)


@numba.njit(cache=True, nogil=True)
def _fill(data: Any, at: Any, end: Any, program: Any, fields: Any) -> bool:
    """Read the fields that a program describes, pairs of an instruction and its letter; whether all of it fits."""
    for step in range(0, len(program), 2):
        kind, letter = program[step], program[step + 1]
        if at >= end:
            return False
        if kind == LITERAL:
            if data[at] != letter:
                return False
            at += 1
        elif kind == NOON:
            if at + 2 > end or (data[at + 1] | 32) != 109 or (data[at] | 32) not in (97, 112):
                return False
            fields[NOON] = 1 if (data[at] | 32) == 97 else 2
            at += 2
        else:
            most = 4 if kind == YEAR else 2
            fields[kind], after = _digits(data, at, end, most)
            if after == at or (kind == YEAR and after != at + 4):
                return False
            at = after
    return bool(at == end)


@_compiled(_OFFSETS, _BYTES, _BYTES, types.int8, types.int64[::1], types.int8[::1])
def read_formatted(offsets: Any, data: Any, program: Any, named: Any, local: Any, precision: Any) -> None:
    """Read the rows that are UNREAD so far by the program of a format, with the precision that it names."""
    fields = np.zeros(8, dtype=np.int64)
    for row in range(len(local)):
        if precision[row] != UNREAD:
            continue
        fields[:] = 0
        fields[MONTH], fields[DAY] = 1, 1
        if not _fill(data, np.int64(offsets[row]), np.int64(offsets[row + 1]), program, fields):
            continue
        year, month, day, hour = fields[YEAR], fields[MONTH], fields[DAY], fields[HOUR]
        if year < 1900 or year > 2100 or month < 1 or month > 12 or day < 1 or day > _month_length(year, month):
            continue
        if fields[NOON] > 0:
            if hour < 1 or hour > 12:
                continue
            hour = hour % 12 + (12 if fields[NOON] == 2 else 0)
        if hour > 23 or fields[MINUTE] > 59 or fields[SECOND] > 59:
            continue
        seconds = _days(year, month, day) * 86_400 + hour * 3600 + fields[MINUTE] * 60 + fields[SECOND]
        local[row], precision[row] = seconds * 1_000_000, named


@_compiled(_OFFSETS, _BYTES, types.float64[::1], types.int8[::1])
def read_numbers(offsets: Any, data: Any, numbers: Any, found: Any) -> None:
    """Read plain decimals whose digits a float64 holds exactly: one division then rounds right (Clinger, 1990)."""
    for row in range(len(numbers)):
        at, end = offsets[row], offsets[row + 1]
        if at == end:
            found[row] = EMPTY
            continue
        found[row] = UNREAD
        negative = data[at] == 45
        if negative or data[at] == 43:
            at += 1
        mantissa, digits, decimals, dots = 0, 0, 0, 0
        while at < end:
            mark = data[at]
            if mark == 46:
                dots += 1
            elif 48 <= mark <= 57 and mantissa < _EXACT // 10:
                mantissa = mantissa * 10 + (mark - 48)
                digits += 1
                decimals += dots
            else:
                break
            at += 1
        if at == end and digits > 0 and dots <= 1 and decimals <= 22 and digits <= 30:
            value = mantissa / _TENS[decimals]
            numbers[row] = -value if negative else value
            found[row] = 0


@_inlined
def _mix(word: Any) -> Any:
    word = (word ^ (word >> _S30)) * _FIRST
    word = (word ^ (word >> _S27)) * _SECOND
    return word ^ (word >> _S31)


@_compiled(_OFFSETS, _BYTES, types.uint64, types.uint64[::1])
def hash_cells(offsets: Any, data: Any, seed: Any, hashes: Any) -> None:
    """Hash every text, as hashes.hash_cells does."""
    for row in range(len(hashes)):
        at, end = offsets[row], offsets[row + 1]
        state = _mix(seed + _GOLDEN * np.uint64(end - at))
        while at + 8 <= end:
            word = np.uint64(0)
            for place in range(8):
                word |= np.uint64(data[at + place]) << np.uint64(8 * place)
            state = _mix((state ^ word) + _GOLDEN)
            at += 8
        if at < end:
            word = np.uint64(0)
            for place in range(end - at):
                word |= np.uint64(data[at + place]) << np.uint64(8 * place)
            state = _mix((state ^ word) + _GOLDEN)
        hashes[row] = state


@_compiled(types.uint64[::1], _WORDS)
def mix_in(states: Any, words: Any) -> None:
    """Stir one word a row into the states, as hashes.mix_in does."""
    for row in range(len(states)):
        states[row] = _mix((states[row] ^ words[row]) + _GOLDEN)


@numba.njit(cache=True, nogil=True)
def _write_escaped(text: Any, out: Any, to: int) -> int:
    """Write a text as JSON does, and return where it ends."""
    for mark in text:
        short = _SHORT[mark] if mark < 93 else 0
        if short:
            out[to], out[to + 1] = 92, short
            to += 2
        elif mark < 32:
            out[to], out[to + 1], out[to + 2], out[to + 3] = 92, 117, 48, 48
            out[to + 4], out[to + 5] = _HEX[mark >> 4], _HEX[mark & 15]
            to += 6
        else:
            out[to] = mark
            to += 1
    return to


@_compiled(_OFFSETS, _BYTES, types.int64, types.int64[::1])
def add_json_sizes(offsets: Any, data: Any, key_size: int, sizes: Any) -> None:
    """Add to every row the bytes that ``,"key":"text"`` takes; nothing for an empty text."""
    for row in range(len(sizes)):
        start, end = offsets[row], offsets[row + 1]
        if start == end:
            continue
        size = key_size + 3 + end - start
        for mark in data[start:end]:
            # \" \\ \b \t \n \f \r take one byte more, the other control characters five
            size += (mark == 34) + (mark == 92) + 5 * (mark < 32)
            size -= 4 * ((mark >= 8) & (mark <= 13) & (mark != 11))
        sizes[row] += size


@_compiled(_OFFSETS, _BYTES, _BYTES, types.uint8[::1], types.int64[::1])
def write_json(offsets: Any, data: Any, key: Any, out: Any, cursor: Any) -> None:
    """Write ``,"key":"text"`` at every row's cursor; `key` is ``"key":``, escaped."""
    for row in range(len(cursor)):
        start, end = offsets[row], offsets[row + 1]
        if start == end:
            continue
        to = cursor[row]
        out[to] = 44
        for place in range(len(key)):
            out[to + 1 + place] = key[place]
        to += 1 + len(key)
        out[to] = 34
        to += 1
        odd = False
        for place in range(end - start):
            mark = data[start + place]
            out[to + place] = mark
            odd |= (mark < 32) | (mark == 34) | (mark == 92)
        to = _write_escaped(data[start:end], out, to) if odd else to + end - start
        out[to] = 34
        cursor[row] = to + 1
