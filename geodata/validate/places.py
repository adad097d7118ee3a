"""Names of places as a file writes them: one way to write a path down the levels."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import pyarrow as pa

from geodata.validate.cells import Flags, distinct, is_missing, text_array, worded

_BETWEEN = re.compile(r"\s*[/>→\\]+\s*|\s+[-–—]+\s+|(?<=[\u4e00-\u9fff])\s*[-–—]+\s*(?=[\u4e00-\u9fff])")
_INVISIBLE = re.compile(r"[\u200b-\u200f\ufeff]")


def place_keys(column: pa.ChunkedArray) -> tuple[pa.DictionaryArray, Flags]:
    """Return the key of every row's place, and which rows say something that names no place.

    Parameters
    ----------
    column
        Paths, names or codes, shape (n,).

    Returns
    -------
    tuple
        Keys, "" where there is none, a dictionary of texts; and a flag a row.
    """
    codes, words = distinct(text_array(column))
    keys = ["" if gone else place_key(word) for word, gone in zip(words.to_pylist(), is_missing(words), strict=True)]
    nameless = np.array([not key for key in keys], dtype=bool) & ~is_missing(words)
    return worded(codes, keys), nameless[codes]


def place_key(text: str) -> str:
    """Return a path down the levels with a single slash between the names; "" if no name is in it.

    A hyphen parts names only between spaces or Chinese characters: Stratford-upon-Avon is one name.

    Examples
    --------
    >>> place_key(" 珠海市 ／香洲区>拱北街道-粤华社区/"), place_key("Stratford-upon-Avon"), place_key("//")
    ('珠海市/香洲区/拱北街道/粤华社区', 'Stratford-upon-Avon', '')
    """
    folded = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).strip()
    names = [re.sub(r"\s+", " ", name).strip() for name in _BETWEEN.split(folded)]
    return "/".join(name for name in names if any(mark.isalnum() for mark in name))
