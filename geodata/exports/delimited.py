"""Tables as CSV: UTF-8 with a mark, RFC 4180, and no cell that a spreadsheet runs."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Sequence

from geodata.exports.table import Column, Kind, PlaceTable
from geodata.roundtrip import neutral

Cell = str | int | float | bool | None


def csv_lines(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return rows as CSV: CRLF, quotes where needed, texts that no spreadsheet runs, an empty cell for None."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows([_cell(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8")


def _cell(cell: Cell) -> str | int | float:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return int(cell)
    return neutral(cell) if isinstance(cell, str) else cell


def table_csv(table: PlaceTable) -> bytes:
    """Return a table of places as CSV: what it is, the places, and last the lines that close the numbers.

    All rows have as many cells.
    """
    width = len(table.columns)
    at = [column.key for column in table.columns].index("count")
    rows: list[list[Cell]] = [[table.title]]
    rows += [[name, value] for name, value in table.facts]
    rows += [[table.simulated]] if table.simulated else []
    rows += [[], [column.name for column in table.columns]]
    rows += [list(cells) for cells in zip(*(_cells(column) for column in table.columns), strict=True)]
    for _, name, n in table.closing:
        rows.append(["", name, *[None] * (at - 2), n])
    return codecs.BOM_UTF8 + csv_lines([*row, *[None] * (width - len(row))] for row in rows)


def _cells(column: Column) -> Sequence[Cell]:
    if column.shown is not None:
        return column.shown
    if column.kind is Kind.NUMBER:
        return [None if value is None else f"{value:.{column.digits}f}" for value in column.values]
    return column.values
