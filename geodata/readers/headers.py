"""Which of the first rows of a table holds its column names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from geodata.readers.tables import Note

_DATA = re.compile(r"[-+]?[\d.,:/ -]*\d[\d.,:/ T-]*%?")


def propose_header(rows: Sequence[Sequence[str]]) -> int:
    """Return which row holds the column names: the first, unless it and what follows are titles above the table.

    A title fills one cell (in a wide table two) of a table that is wider below it; what comes after the titles must
    look like names, not like numbers and dates.

    Examples
    --------
    >>> propose_header([["2026 年 3 月警情统计", ""], ["编号", "时间", "类型"], ["1", "2026-03-05", "盗窃"]])
    1
    >>> propose_header([["a"], ["1"]])
    0
    """
    filled = [sum(1 for cell in row if cell.strip()) for row in rows]
    widest = max(filled, default=0)
    most_of_title = 1 if widest < 6 else 2
    if widest < 3:
        return 0
    found = next(number for number, count in enumerate(filled) if count > most_of_title)
    looks_like_data = any(_DATA.fullmatch(cell.strip()) for cell in rows[found])
    return 0 if looks_like_data else found


def skipped_note(skipped: int, header_row: int) -> list[Note]:
    """Return the word about title rows above the column names, if there are any."""
    if not skipped:
        return []
    return [
        (
            f"第 {header_row} 行当作列名，它上面的 {skipped} 行当作标题略过。",
            f"Row {header_row} is taken as the column names, the {skipped} above it as titles.",
        )
    ]


def joined_header(
    rows: Sequence[Sequence[str]], at: int, merged: Sequence[tuple[tuple[int, int], tuple[int, int]]]
) -> tuple[list[str], int]:
    """Return the column names in row `at` of a sheet, and how many rows they take.

    Where cells of the header are merged over several columns and the row below has names of its own, both are joined:
    位置 over 经度 and 纬度 gives 位置/经度 and 位置/纬度.

    Parameters
    ----------
    rows
        The first rows of the sheet, as text.
    at
        The row of the names, from 0.
    merged
        Areas of merged cells, first and last (row, column) of each.
    """
    names = list(rows[at])
    below = list(rows[at + 1]) if at + 1 < len(rows) else []
    groups = [(first[1], last[1]) for first, last in merged if first[0] == last[0] == at and last[1] > first[1]]
    named_below = [column for first, last in groups for column in range(first, last + 1) if _cell(below, column)]
    if not named_below or any(_DATA.fullmatch(cell.strip()) for cell in below):
        return _without_end(names), 1
    top = names + [""] * (len(below) - len(names))
    for first, last in groups:
        top[first : last + 1] = [_cell(names, first)] * (last + 1 - first)
    joined = ["/".join(part for part in (name, _cell(below, column)) if part) for column, name in enumerate(top)]
    return _without_end(joined), 2


def _cell(row: Sequence[str], column: int) -> str:
    return row[column].strip() if column < len(row) else ""


def _without_end(names: list[str]) -> list[str]:
    """Return names without the empty ones behind the last."""
    filled = [number for number, name in enumerate(names, start=1) if name.strip()]
    return names[: max(filled, default=0)]
