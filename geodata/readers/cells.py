"""Cells as text, rows that were set aside as a table, and names of columns and files fit to be shown."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from geodata.columns import SET_ASIDE
from geodata.errors import InputFileError
from geodata.readers.tables import RawChunk

MAX_CELL = 10_000
"""Longest cell that is kept [characters]."""

_TOTAL_WORDS = ("合计", "总计", "小计", "共计", "合 计", "总 计", "合  计", "总  计", "合\u3000计", "总\u3000计")
_TOTAL_WORDS_EN = ("Total", "Grand Total", "Subtotal", "Sum total")
_TOTALS = pa.array(
    [word + end for word in _TOTAL_WORDS for end in ("", ":", "：")]
    + [case(word) + end for word in _TOTAL_WORDS_EN for case in (str, str.lower, str.upper) for end in ("", ":")]
)
_UNSEEN = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\x00-\x1f\x7f]")


def cannot_read(path: Path, zh: str, en: str) -> InputFileError:
    """Return the refusal of a file, in one sentence."""
    name = shown_name(path)
    return InputFileError(f"文件 {name} 无法读取：{zh}。", f"File {name} cannot be read: {en}.")


def shown_name(path: Path) -> str:
    """Return a file's name as it may be shown: on one line, in one direction, of a bounded length."""
    name = _UNSEEN.sub("", path.name.encode(errors="replace").decode())
    return name if len(name) <= 120 else f"{name[:80]}…{name[-30:]}"


def clean_names(path: Path, names: Iterable[object]) -> list[str]:
    """Return column names without invisible characters; an unnamed column gets a number, a repeated one is refused."""
    cleaned = [
        _UNSEEN.sub("", unicodedata.normalize("NFKC", cell_text(str(name)))).strip() or f"column_{number}"
        for number, name in enumerate(names, start=1)
    ]
    if len(set(cleaned)) < len(cleaned):
        twice = sorted({name for name in cleaned if cleaned.count(name) > 1})
        raise cannot_read(
            path,
            f"列名重复：{'、'.join(twice)}，请改成不同的名称",
            f"column names are repeated: {', '.join(twice)}: give each its own",
        )
    return cleaned


def set_aside_frame(
    rows: Sequence[int], reasons: Sequence[str], columns: Sequence[str], texts: Sequence[str], raws: Sequence[str]
) -> pd.DataFrame:
    """Return rows that were set aside as a table with the columns of SET_ASIDE; `rows` counts from 1."""
    table = pa.table(
        [
            pa.array(values, field.type)
            for values, field in zip((rows, reasons, columns, texts, raws), SET_ASIDE, strict=True)
        ],
        schema=SET_ASIDE,
    )
    frame: pd.DataFrame = table.to_pandas()
    return frame


def nothing_aside() -> pd.DataFrame:
    """Return the table of no row that was set aside."""
    return set_aside_frame([], [], [], [], [])


def without_totals(chunk: RawChunk) -> RawChunk:
    """Set the rows aside whose first cell says that they add up others (合计, Total)."""
    table = chunk.table
    if not table.num_columns or not pa.types.is_string(table.schema.field(0).type):
        return chunk
    is_total = pc.is_in(table.column(0), value_set=_TOTALS).to_numpy()
    if not is_total.any():
        return chunk
    found = np.flatnonzero(is_total)
    totals = table.take(found).to_pylist()
    aside = set_aside_frame(
        (chunk.rows[found] + 1).tolist(),
        ["total_row"] * len(found),
        [table.column_names[0]] * len(found),
        [row[table.column_names[0]] for row in totals],
        [orjson.dumps(row, default=str).decode() for row in totals],
    )
    bad_rows = pd.concat([chunk.bad_rows, aside]).sort_values("row", ignore_index=True)
    return RawChunk(table.filter(pa.array(~is_total)), chunk.rows[~is_total], bad_rows, chunk.done)


def text_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as text, "" where missing; whole numbers have no decimal point, nested values are JSON."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return text_column(column.cast(kind.value_type))
    if pa.types.is_floating(kind):
        column = _float_text(column.cast(pa.float64()))
    elif pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        column = pa.chunked_array([[cell_text(value) for value in column.to_pylist()]], pa.string())
    texts = column.cast(pa.string())
    return pc.fill_null(texts, "") if texts.null_count else texts


def _float_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    whole = pc.and_(pc.equal(column, pc.round(column)), pc.less(pc.abs(column), 2.0**53))
    as_integers = pc.if_else(whole, column, 0.0).cast(pa.int64()).cast(pa.string())
    return pc.if_else(pc.is_nan(column), None, pc.if_else(whole, as_integers, column.cast(pa.string())))


def cell_text(value: object) -> str:
    """Return a value of JSON, of a database or of a workbook as the text of a cell."""
    if value is None:
        return ""
    if isinstance(value, str):
        # half a surrogate pair can stand in JSON, but in no text
        return value if value.isascii() else value.encode(errors="replace").decode()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, bytes):
        return value.hex()
    return cell_text(json.dumps(value, ensure_ascii=False, default=str))
