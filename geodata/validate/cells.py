"""A column of text as one Arrow array, its bytes as numpy sees them, and the words that stand for nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from geodata.mapping import word_key
from geodata.readers import text_column

MISSING = frozenset({"", "-", "--", "—", "——", "/", "null", "none", "nan", "nat", "n/a", "na", "\\n", "无", "空"})
"""Cells that say nothing, as :func:`word_key` compares them."""

Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Cells:
    """The bytes of n texts: text i is ``data[offsets[i]:offsets[i + 1]]``, UTF-8.

    Parameters
    ----------
    offsets
        Where each text begins [bytes], int32, shape (n + 1,).
    data
        The bytes of all texts, uint8.
    """

    offsets: npt.NDArray[np.int32]
    data: Bytes

    @classmethod
    def of(cls, texts: pa.Array) -> Cells:
        """Look at a string array without nulls, without copying it."""
        _, offsets, data = texts.buffers()
        if offsets is None or not len(texts):
            return cls(np.zeros(len(texts) + 1, dtype=np.int32), np.zeros(0, dtype=np.uint8))
        starts = np.frombuffer(offsets, dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
        return cls(starts, np.frombuffer(data, dtype=np.uint8) if data is not None else np.zeros(0, dtype=np.uint8))

    @property
    def lengths(self) -> npt.NDArray[np.int32]:
        """Return how long each text is [bytes]."""
        lengths: npt.NDArray[np.int32] = np.diff(self.offsets)
        return lengths

    def byte_at(self, place: int) -> Bytes:
        """Return one byte of every text, counted from the front or, below 0, from the end; 0 where it is too short."""
        if not len(self.data):
            return np.zeros(len(self.lengths), dtype=np.uint8)
        long_enough = self.lengths >= (place + 1 if place >= 0 else -place)
        at = (self.offsets[:-1] if place >= 0 else self.offsets[1:]) + place
        found = self.data[np.clip(at, 0, len(self.data) - 1)]
        return np.where(long_enough, found, 0).astype(np.uint8)


def text_array(column: pa.ChunkedArray) -> pa.Array:
    """Return a column of any type as one string array without nulls."""
    texts = text_column(column)
    return texts.chunk(0) if texts.num_chunks == 1 else pa.chunked_array(texts.chunks, pa.string()).combine_chunks()


def distinct(texts: pa.Array) -> tuple[Codes, pa.Array]:
    """Return a code a row and the distinct texts that the codes point to, in order of appearance."""
    encoded = texts.dictionary_encode()
    codes: Codes = encoded.indices.to_numpy(zero_copy_only=False)
    return codes, encoded.dictionary


def worded(codes: Codes, texts: list[str]) -> pa.DictionaryArray:
    """Return the text of every row as a dictionary, in which each text stands once."""
    encoded = pa.array(texts, pa.string()).dictionary_encode()
    return pa.DictionaryArray.from_arrays(encoded.indices.take(pa.array(codes)), encoded.dictionary)


def is_missing(words: pa.Array) -> Flags:
    """Return which words stand for nothing, shape (n,)."""
    return np.array([word_key(word) in MISSING for word in words.to_pylist()], dtype=bool)


def constant(text: str, rows: int) -> pa.Array:
    """Return one text for every row."""
    return pa.repeat(pa.scalar(text, pa.string()), rows)
