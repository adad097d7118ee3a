"""Rows as JSON objects, column by column."""

from __future__ import annotations

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from geodata.validate.cells import Cells, constant, distinct, text_array
from geodata.validate.compiled import kernels_for


def json_rows(table: pa.Table) -> pa.Array:
    """Return each row as the text of one JSON object, empty cells left out, every value as text.

    Parameters
    ----------
    table
        Columns of any type, shape (n, k), whose text takes less than 256 MB.

    Returns
    -------
    pa.Array
        Text, shape (n,); ``{}`` where a row is empty.

    Examples
    --------
    >>> json_rows(pa.table({"a": ["x", ""], "b": [1, 2]})).to_pylist()
    ['{"a":"x","b":"1"}', '{"b":"2"}']
    """
    if not table.num_columns or not table.num_rows:
        return constant("{}", table.num_rows)
    fast = kernels_for(table.num_rows)
    keys = [orjson.dumps(name) + b":" for name in table.column_names]
    texts = [text_array(column) for column in table.columns]
    if fast is None:
        return _joined(keys, texts)
    sizes = np.full(table.num_rows, 2, dtype=np.int64)
    cells = [Cells.of(column) for column in texts]
    for key, column in zip(keys, cells, strict=True):
        fast.add_json_sizes(column.offsets, column.data, len(key), sizes)
    # the first comma becomes the opening brace
    sizes -= sizes > 2
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    out = np.empty(offsets[-1], dtype=np.uint8)
    cursor = offsets[:-1].copy()
    for key, column in zip(keys, cells, strict=True):
        fast.write_json(column.offsets, column.data, np.frombuffer(key, dtype=np.uint8), out, cursor)
    out[offsets[:-1]] = ord("{")
    out[offsets[1:] - 1] = ord("}")
    buffers = [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(out)]
    return pa.Array.from_buffers(pa.string(), table.num_rows, buffers)


def _joined(keys: list[bytes], texts: list[pa.Array]) -> pa.Array:
    """Write every distinct cell once, and join the copies row by row."""
    pairs = []
    for key, column in zip(keys, texts, strict=True):
        codes, words = distinct(column)
        known = [f",{key.decode()}{orjson.dumps(word).decode()}" if word else "" for word in words.to_pylist()]
        pairs.append(pa.array(known, pa.string()).take(pa.array(codes)))
    opening, closing, between = (pa.scalar(mark, pa.string()) for mark in ("{", "}", ""))
    # joined with the comma before each pair: Arrow's own skipping of nulls loses the rows where all are null
    inner = pc.utf8_slice_codeunits(pc.binary_join_element_wise(*pairs, between), 1)
    return pc.binary_join_element_wise(opening, inner, closing, between)
