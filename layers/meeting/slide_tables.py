"""Tables on a slide: as large as their letters can be, numbers unbroken, no row cut."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from geodata.vocabulary import Band
from layers.meeting.page import Table
from layers.meeting.slide_kit import (
    CELL_MARGIN,
    QUIET,
    TIGHT,
    Box,
    Run,
    Sheet,
    line_count,
    text_height,
    text_width,
)
from layers.style import BAND_COLOURS
from layers.text import WRITTEN_DATE

SIZES = (24.0, 22.0, 20.0, 18.0)
"""Sizes of letters, the largest that fits."""
NOTE = 18.0
MOST_LINES = 5
"""Of a cell, if smaller letters can help it."""
CELL_GAP = 5.0
"""Height of a row beside that of its lines [pt]."""
SLACK = 4.0
"""Room of a column beside its text and margins [pt]."""
DATE = re.compile(WRITTEN_DATE)


@dataclass(frozen=True)
class Laid:
    """A table laid out for a width: its letters, columns and rows [pt]."""

    table: Table
    size: float
    widths: tuple[float, ...]
    heights: tuple[float, ...]
    """Of the head and of each row."""

    @property
    def height(self) -> float:
        """Return the height of all rows."""
        return sum(self.heights)


def laid(table: Table, width: float, height: float) -> Laid | None:
    """Lay a whole table out in the largest letters that fit, None if none do; without tall cells if that can be."""
    fitting = [found for size in SIZES if (found := _in_letters(table, width, size)) and found.height <= height]
    calm = [each for each in fitting if max(each.heights) <= MOST_LINES * each.size * TIGHT + CELL_GAP]
    return next(iter(calm or fitting[-1:]), None)


def first_rows(table: Table, width: float, height: float) -> Laid:
    """Lay out as many rows as a slide takes so that all slides of the table have alike many; at least one."""
    least = len(_as_many(table, width, height).table.rows)
    n = -(-len(table.rows) // -(-len(table.rows) // least))
    part = replace(table, rows=table.rows[:n])
    return laid(part, width, height) or _as_many(part, width, height)


def note_height(table: Table, width: float) -> float:
    """Return what the remark below a table takes."""
    return text_height(table.note, width, NOTE) + 8 if table.note else 0.0


def draw(sheet: Sheet, box: Box, found: Laid, *, note: bool = True) -> None:
    """Draw a table at the top of a box, and the remark below it."""
    head = [Run(name, bold=True, colour=QUIET) for name in found.table.columns]
    rows = [[Run(cell.text) for cell in row] for row in found.table.rows]
    fills = [[""] * len(head), *([_fill(cell.band) for cell in row] for row in found.table.rows)]
    placed = Box(box.x, box.y, sum(found.widths), found.height)
    sheet.table(
        placed,
        [head, *rows],
        found.widths,
        found.heights,
        name=found.table.title or "table",
        numeric=found.table.numeric,
        fills=fills,
        size=found.size,
    )
    if note and found.table.note:
        below = Box(box.x, placed.bottom + 8, box.width, note_height(found.table, box.width) - 8)
        sheet.text(below, [[Run(found.table.note, colour=QUIET)]], NOTE)


def _fill(band: str) -> str:
    """Return the colour of a cell's band; other marks than bands stand in words alone."""
    return BAND_COLOURS[Band(band)][0] if band in set(Band) else ""


def _as_many(table: Table, width: float, height: float) -> Laid:
    """Lay out as many rows as fit in the smallest letters, at least one."""
    size = SIZES[-1]
    for n in range(len(table.rows), 0, -1):
        part = replace(table, rows=table.rows[:n])
        found = _in_letters(part, width, size) or _evenly(part, width, size)
        if found.height <= height or n == 1:
            return found
    return Laid(table, size, tuple(width / len(table.columns) for _ in table.columns), (size * TIGHT + CELL_GAP,))


def _in_letters(table: Table, width: float, size: float) -> Laid | None:
    """Lay a table out in letters of one size: numbers and dates on one line, words on as many as they need."""
    columns = [[name, *(row[k].text for row in table.rows)] for k, name in enumerate(table.columns)]
    pad = 2 * CELL_MARGIN + SLACK
    natural = [
        max(1.08 * _width(head, size), *(_width(each, size) for each in rest), 0) + pad for head, *rest in columns
    ]
    least = [
        max(_width(piece, size) for each in cells for piece in _pieces(each, whole=numeric and each is not cells[0]))
        + pad
        for cells, numeric in zip(columns, table.numeric, strict=True)
    ]
    if sum(least) > width:
        return None
    if sum(natural) <= width:
        wide = [not numeric and not any(row[k].band for row in table.rows) for k, numeric in enumerate(table.numeric)]
        spare = (width - sum(natural)) / max(sum(wide), 1)
        widths = [each + (spare if grows else 0.0) for each, grows in zip(natural, wide, strict=True)]
    else:
        widths = _shared(natural, least, width)
    return _high(table, size, widths)


def _shared(natural: Sequence[float], least: Sequence[float], width: float) -> list[float]:
    """Share a width among columns that would like more: those that lack most get most, none more than it needs."""
    widths = list(least)
    for _ in range(8):
        spare = width - sum(widths)
        short = [max(full - wide, 0.0) ** 0.5 for full, wide in zip(natural, widths, strict=True)]
        if spare < 0.5 or not sum(short):
            break
        given = [wide + spare * each / sum(short) for wide, each in zip(widths, short, strict=True)]
        widths = [min(wide, full) for wide, full in zip(given, natural, strict=True)]
    return widths


def _evenly(table: Table, width: float, size: float) -> Laid:
    """Lay out a table whose words have no room: all columns alike, words broken."""
    return _high(table, size, [width / len(table.columns)] * len(table.columns))


def _high(table: Table, size: float, widths: Sequence[float]) -> Laid:
    rows = [table.columns, *(tuple(cell.text for cell in row) for row in table.rows)]
    inner = [wide - 2 * CELL_MARGIN - SLACK + 0.1 for wide in widths]
    lines = [max(line_count(each, wide, size) for each, wide in zip(row, inner, strict=True)) for row in rows]
    return Laid(table, size, tuple(widths), tuple(n * size * TIGHT + CELL_GAP for n in lines))


def _width(text: str, size: float) -> float:
    """Return how wide a text is on one line, with the room between Chinese and other letters."""
    if text.isascii():
        return text_width(text, size)
    return text_width(text, size) + 0.4 * size * len(re.findall(r"[0-9A-Za-z+−-]+", text))


def _pieces(cell: str, *, whole: bool) -> list[str]:
    """Return the pieces of a text that must not be broken: numbers, dates, words, Chinese by four."""
    if whole or DATE.fullmatch(cell):
        return [cell]
    return [piece if piece.isascii() else piece[:4] for piece in cell.split()] or [""]
