"""Coordinates as people write them: decimals, degrees and minutes, 东经, a comma for the point; read without loss."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geodata.validate.cells import MISSING, Cells, Flags, Floats, distinct, text_array
from geodata.validate.compiled import kernels_for

_NUMBER = r"^[+-]?(\d{1,30}\.?\d{0,30}|\.\d{1,30})([eE][+-]?\d{1,3})?$"
_SIDES = {"E": "东经", "W": "西经", "N": "北纬", "S": "南纬"}
_AXES = {"lon": "EW", "lat": "NS"}
_ANGLE = re.compile(
    r"([+-]?)\s*(\d{1,3}(?:[.,]\d{1,20})?)\s*"
    r"(?:[°度]\s*(?:(\d{1,2}(?:[.,]\d{1,20})?)\s*['分]\s*(?:(\d{1,2}(?:[.,]\d{1,20})?)\s*(?:''|\"|秒)\s*)?)?)?",
    re.ASCII,
)
# the degree, minute and second that keyboards and fonts offer, before compatibility forms are folded
_SIGNS = str.maketrans(dict.fromkeys("º˚∘゜", "°") | dict.fromkeys("′’‘＇ʹ", "'") | dict.fromkeys("″”“＂〃", '"'))


@dataclass(frozen=True)
class Numbers:
    """One coordinate a row.

    Parameters
    ----------
    numbers
        NaN where there is none.
    missing
        Nothing is written.
    angular
        It is written in a way that only degrees are.
    """

    numbers: Floats
    missing: Flags
    angular: Flags


def read_numbers(column: pa.ChunkedArray, axis: str) -> Numbers:
    """Read a column of coordinates.

    Parameters
    ----------
    column
        Of text or of numbers, shape (n,).
    axis
        ``lon`` or ``lat``: which letters may stand with it.
    """
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type) or pa.types.is_decimal(column.type):
        missing = pc.is_null(column, nan_is_null=pa.types.is_floating(column.type)).to_numpy()
        values = column.cast(pa.float64(), safe=False).to_numpy().astype(np.float64)
        return Numbers(values, missing, np.zeros(len(column), dtype=bool))
    texts = text_array(column)
    found = Numbers(np.full(len(texts), np.nan), np.zeros(len(texts), dtype=bool), np.zeros(len(texts), dtype=bool))
    left = np.arange(len(texts))
    fast = kernels_for(len(texts))
    if fast is not None:
        cells, state = Cells.of(texts), np.empty(len(texts), dtype=np.int8)
        fast.read_numbers(cells.offsets, cells.data, found.numbers, state)
        np.equal(state, fast.EMPTY, out=found.missing)
        left = np.flatnonzero(state == fast.UNREAD)
    if left.size:
        rest = _general(texts.take(pa.array(left)), axis)
        found.numbers[left], found.missing[left], found.angular[left] = rest.numbers, rest.missing, rest.angular
    return found


def _general(written: pa.Array, axis: str) -> Numbers:
    """Read whatever a person may have written."""
    texts = pc.utf8_trim_whitespace(pc.utf8_normalize(written, "NFKC"))
    missing = pc.is_in(pc.utf8_lower(texts), value_set=pa.array(sorted(MISSING))).to_numpy(zero_copy_only=False)
    plain = pc.match_substring_regex(texts, _NUMBER)
    # Arrow reads no leading plus
    bare = pc.utf8_ltrim(pc.if_else(plain, texts, None), "+")
    values = bare.cast(pa.float64()).to_numpy(zero_copy_only=False).astype(np.float64)
    angular = np.zeros(len(texts), dtype=bool)
    odd = np.flatnonzero(~missing & ~plain.to_numpy(zero_copy_only=False))
    if odd.size:
        codes, words = distinct(written.take(pa.array(odd)))
        values[odd] = np.array([_angle(word, axis) for word in words.to_pylist()], dtype=np.float64)[codes]
        angular[odd] = np.isfinite(values[odd])
    return Numbers(values, missing, angular)


def _angle(text: str, axis: str) -> float:
    """Return the degrees of ``113°34′12″E``, ``东经113度34分``, ``E113.57`` or ``113,57``; NaN if it is none.

    Examples
    --------
    >>> _angle("113°34′12″E", "lon"), _angle("22°16'S", "lat"), _angle("113,57", "lon")
    (113.57, -22.266666666666666, 113.57)
    """
    if len(text) > 80:
        return np.nan
    text = unicodedata.normalize("NFKC", text.translate(_SIGNS)).strip().upper()
    sign = 1
    for side, name in _SIDES.items():
        for mark in (side, name):
            if mark in text:
                bare = text.removeprefix(mark) if text.startswith(mark) else text.removesuffix(mark)
                if side not in _AXES[axis] or len(bare) == len(text):
                    return np.nan
                sign, text = -1 if side in "WS" else 1, bare.strip()
                break
    found = _ANGLE.fullmatch(text)
    if found is None or (found[1] and sign < 0):
        return np.nan
    parts = [Fraction(part.replace(",", ".")) for part in found.groups()[1:] if part]
    # only the last part may have decimals, and sixty minutes are a degree
    if any(part.denominator > 1 for part in parts[:-1]) or any(part >= 60 for part in parts[1:]):
        return np.nan
    angle = sum((part / 60**power for power, part in enumerate(parts)), Fraction(0))
    return float(-angle if found[1] == "-" else sign * angle)
