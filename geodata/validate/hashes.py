"""Two 64-bit numbers for a row: one for its id, one for its content; the same on every machine and in any chunk.

They tell rows apart and guard against nothing: whoever wants two texts with one hash can make them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from geodata.columns import INCIDENTS
from geodata.mapping import column_key
from geodata.validate.cells import Cells, Rows, text_array
from geodata.validate.compiled import kernels_for

Hashes = npt.NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_NO_CONTENT = ("incident_id", "source")
_UNKNOWN = np.int64(np.iinfo(np.int64).min)

_STEPS_PER_DEGREE = 1e8
"""Positions are compared to a millimetre: a shifted system comes back with other last bits on other processors."""


def hash_texts(texts: pa.Array, seed: int = 0) -> Hashes:
    """Return a 64-bit hash of every text.

    The bytes are taken eight at a time, little end first, and stirred by the finalizer of SplitMix64; the length
    comes first, so that padding is no content.

    Parameters
    ----------
    texts
        A string array without nulls, shape (n,).
    seed
        Another seed gives another, independent hash.

    Returns
    -------
    np.ndarray
        uint64, shape (n,).

    Examples
    --------
    >>> [hex(number) for number in hash_texts(pa.array(["", "A1", "案件 0001 号"])).tolist()]
    ['0x0', '0xc287000bb32148db', '0x67f977cf472f5402']
    """
    cells = Cells.of(texts)
    hashes = np.empty(len(texts), dtype=np.uint64)
    fast = kernels_for(len(texts))
    if fast is not None:
        fast.hash_cells(cells.offsets, cells.data, np.uint64(seed), hashes)
        return hashes
    return _hash_cells(cells, np.uint64(seed))


def row_hashes(incidents: pa.Table) -> Hashes:
    """Return a 64-bit hash of what every incident says: all columns of INCIDENTS but its id and source.

    Parameters
    ----------
    incidents
        With the columns of INCIDENTS in any order; a text column may be a dictionary of texts.

    Returns
    -------
    np.ndarray
        uint64, shape (n,).
    """
    states = np.zeros(incidents.num_rows, dtype=np.uint64)
    for name in INCIDENTS.names:
        if name not in _NO_CONTENT:
            mix_in(states, _words(incidents[name].combine_chunks()))
    return states


def content_ids(table: pa.Table, columns: Sequence[str]) -> pa.Array:
    """Return ``auto-`` and 32 hexadecimal digits for every row, from what is written in it, wherever it stands.

    Columns are told apart by their names, so that their order does not matter; an empty cell is as good as none.

    Parameters
    ----------
    table
        The rows as the file has them, shape (n, k).
    columns
        Those that count.
    """
    halves = np.zeros((table.num_rows, 2), dtype=np.uint64)
    for name in columns:
        texts = text_array(table[name])
        key = hash_texts(pa.array([column_key(name)]))[0]
        empty = Cells.of(texts).lengths == 0
        for half in range(2):
            # a sum does not see the order; every summand is well mixed
            halves[:, half] += np.where(empty, np.uint64(0), hash_texts(texts, int(key) ^ (half + 1)))
    digits = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
    each = halves.astype(">u8").view(np.uint8).reshape(-1, 16)
    names = np.empty((table.num_rows, 37), dtype=np.uint8)
    names[:, :5] = np.frombuffer(b"auto-", dtype=np.uint8)
    names[:, 5::2], names[:, 6::2] = digits[each >> 4], digits[each & 15]
    offsets = np.arange(table.num_rows + 1, dtype=np.int32) * 37
    return pa.Array.from_buffers(pa.string(), table.num_rows, [None, pa.py_buffer(offsets), pa.py_buffer(names)])


def mix_in(states: Hashes, words: Hashes) -> None:
    """Stir one word a row into the states, in place, both of shape (n,)."""
    fast = kernels_for(len(states))
    if fast is not None:
        fast.mix_in(states, words)
        return
    states[:] = _mix((states ^ words) + _GOLDEN)


def _words(column: pa.Array) -> Hashes:
    """Return 64 bits a row that stand for a value; unknown numbers and times have bits of their own."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        taken: Hashes = hash_texts(column.dictionary)[column.indices.to_numpy(zero_copy_only=False)]
        return taken
    if pa.types.is_string(kind):
        return hash_texts(column)
    if pa.types.is_floating(kind):
        steps = np.round(column.to_numpy(zero_copy_only=False) * _STEPS_PER_DEGREE)
        known = np.isfinite(steps)
        return _bits(np.where(known, np.where(known, steps, 0.0).astype(np.int64), _UNKNOWN))
    whole = column.view(pa.int32() if kind == pa.date32() else pa.int64()) if pa.types.is_temporal(kind) else column
    return _bits(whole.cast(pa.int64()).fill_null(int(_UNKNOWN)).to_numpy(zero_copy_only=False))


def _bits(whole: Rows) -> Hashes:
    bits: Hashes = np.ascontiguousarray(whole).view(np.uint64)
    return bits


def _mix(words: Hashes) -> Hashes:
    words = (words ^ (words >> np.uint64(30))) * _FIRST
    words = (words ^ (words >> np.uint64(27))) * _SECOND
    return words ^ (words >> np.uint64(31))


def _hash_cells(cells: Cells, seed: np.uint64) -> Hashes:
    """Hash texts eight bytes at a time, all rows side by side."""
    lengths = cells.lengths.astype(np.int64)
    states = _mix(_GOLDEN * lengths.astype(np.uint64) + seed)
    # eight bytes more, so that the last word of the last text can be read
    padded = np.concatenate([cells.data, np.zeros(8, dtype=np.uint8)])
    words = np.ndarray((len(padded) - 7,), dtype="<u8", buffer=padded, strides=(1,))
    rows, at = np.arange(len(lengths)), 0
    while (rows := rows[lengths[rows] > at]).size:
        word = words[cells.offsets[rows] + at].astype(np.uint64)
        left = np.minimum(lengths[rows] - at, 8).astype(np.uint64)
        word &= np.uint64(0xFFFFFFFFFFFFFFFF) >> (np.uint64(64) - np.uint64(8) * left)
        states[rows] = _mix((states[rows] ^ word) + _GOLDEN)
        at += 8
    return states
