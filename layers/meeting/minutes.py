"""The minutes 《研判会纪要》 as plain parts, once for every kind of file that they are written to.

In the order of Chinese office documents (GB/T 9704): title, time and place, the text in numbered sections, what was
decided, annexes named, who was present, the annexes. What nobody but the office can know is a line to fill in.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from geodata.written import THIN
from layers.meeting.drawings import bars_sheet, hours_sheet, map_sheet
from layers.meeting.page import Cell, Deck, Page, Table
from layers.pictures.paper import Sheet, width_of
from layers.text import text

BASIC = ("title", "score")
"""Pages that tell how things stand."""
_WORD = re.compile("[^ \u2e80-\uffef]+")
"""Letters between which no line ends."""
ABOUT_DECISIONS = ("earlier", "decisions", "supervision", "minutes")
"""Pages that take or follow up decisions, or tell all once more: they have sections of their own."""
IN_WORDS = ("title", "alerts")
"""Pages whose tables say what the text says."""
ANNEXES = ("minutes_about", "minutes_drawn")
TEXT_WIDTH = 442.2
"""Of a line: 156 mm [pt]."""
TALLEST, TALLEST_ANNEXED = 230.0, 195.0
"""Height of a map at most, in the text and in an annex, where all of a front has room on a page [pt]."""
TABLE_LETTERS = 10.5
"""Size of the letters in tables [pt]."""
WIDEST_CELL = 14.0
"""Longer texts of a cell are broken [em]."""
NARROWEST_CELL = 2.6
SIDE_BY_SIDE = 3
"""Places of a complete list in one row."""
MOST_WHOLE = 9
"""Rows of a table of numbers that stay together."""
SHORT = 3
"""Columns of texts no longer than this are centred."""


@dataclass(frozen=True)
class Heading:
    """A numbered heading of a section."""

    level: int
    """1 or 2, numbered by each writer; 3, without a number, in annexes."""
    text: str


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    text: str
    with_next: bool = False
    """Whether it stays on one page with what follows."""


@dataclass(frozen=True)
class Note:
    """A line in small letters."""

    text: str


@dataclass(frozen=True)
class Item:
    """A numbered sentence of a list; every list begins anew."""

    number: int
    text: str


@dataclass(frozen=True)
class Blanks:
    """Lines to fill in."""

    labels: tuple[str, ...]


@dataclass(frozen=True)
class Closing:
    """The end of the text: its annexes by name, and lines to fill in; all of it on one page."""

    label: str
    annexes: tuple[str, ...]
    blanks: Blanks


@dataclass(frozen=True)
class Grid:
    """A table."""

    title: str
    columns: tuple[str, ...]
    sides: tuple[str, ...]
    """Where the texts of a column stand: left, center or right."""
    shares: tuple[float, ...]
    """Of the width, by column; they add up to one."""
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    @property
    def whole(self) -> bool:
        """Say whether it is so short that it should stand on one page."""
        return bool(self.title) and len(self.rows) <= MOST_WHOLE


@dataclass(frozen=True)
class Picture:
    """A drawing with its caption below."""

    sheet: Sheet
    title: str
    told: str
    """What it shows, for those who cannot see it."""
    note: str = ""


@dataclass(frozen=True)
class Annex:
    """Begins an annex on a new page."""

    label: str
    title: str


Block = Heading | Paragraph | Note | Item | Blanks | Closing | Grid | Picture | Annex


@dataclass(frozen=True)
class Minutes:
    """All of it, in order."""

    lang: str
    title: str
    subtitle: str
    mark: str
    """Of made-up data, on every page; "" for real data."""
    blocks: tuple[Block, ...]


@dataclass
class _Numbers:
    """How many tables and pictures there are so far."""

    lang: str
    n: dict[str, int] = field(default_factory=dict)

    def name(self, kind: str, title: str) -> str:
        self.n[kind] = self.n.get(kind, 0) + 1
        return text(self.lang, kind, n=self.n[kind], title=title)


def minutes(deck: Deck) -> Minutes:
    """Return the minutes of a meeting."""
    lang, numbers, frame = deck.lang, _Numbers(deck.lang), deck.frame
    blocks = (
        Blanks(tuple(text(lang, key) for key in ("minutes_time", "minutes_place", "minutes_chair"))),
        Paragraph(text(lang, "minutes_lead", place=frame.place, period=frame.period)),
        *_basic(deck, numbers),
        *_found(deck, numbers),
        *_decided(deck),
        *_followed(deck),
        Closing(
            text(lang, "minutes_annexes"),
            tuple(f"{k}. {text(lang, key)}" for k, key in enumerate(ANNEXES, start=1)),
            Blanks(tuple(text(lang, key) for key in ("minutes_present", "minutes_attending", "minutes_recorded"))),
        ),
        *_about(deck),
        *_drawn(deck, numbers),
    )
    title, below = text(lang, "minutes_title", place=frame.place), text(lang, "minutes_subtitle", period=frame.period)
    return Minutes(lang, title, below, frame.simulated, blocks)


# --- sections ---


def _basic(deck: Deck, numbers: _Numbers) -> Iterator[Block]:
    yield Heading(1, text(deck.lang, "minutes_basic"))
    for page in deck.pages:
        if page.id in BASIC:
            yield from _told(deck, page)
            yield from _key_numbers(deck.lang, page, numbers) if page.id != "title" else ()


def _key_numbers(lang: str, page: Page, numbers: _Numbers) -> Iterator[Block]:
    if page.numbers:
        columns = tuple(text(lang, key) for key in ("minutes_item", "minutes_number", "minutes_note"))
        rows = tuple((each.label, each.text, each.note) for each in page.numbers)
        title = numbers.name("minutes_table", text(lang, "minutes_key_numbers"))
        yield Grid(title, columns, ("left", "right", "left"), (0.3, 0.2, 0.5), rows)


def _found(deck: Deck, numbers: _Numbers) -> Iterator[Block]:
    yield Heading(1, text(deck.lang, "minutes_found"))
    for page in deck.pages:
        if page.id in (*BASIC, *ABOUT_DECISIONS):
            continue
        told = [*_told(deck, page), *(_map(deck, page, numbers) if page.id == "where" else ())]
        if told:
            yield Heading(2, page.title)
            yield from told


def _told(deck: Deck, page: Page) -> Iterator[Block]:
    """Tell all that was found of a page, also what a wall has no room for; alerts one by one."""
    told = [each.text for each in deck.pages[-1].sentences if each.section == page.id]
    if not told:
        return
    if page.id == "alerts":
        yield Paragraph(told[0])
        yield from (Item(k, words) for k, words in enumerate(told[1:], start=1))
    else:
        yield Paragraph(("" if deck.lang == "zh" else " ").join(told))


def _decided(deck: Deck) -> Iterator[Block]:
    lang, rows = deck.lang, deck.pages[-1].decisions
    yield Heading(1, text(lang, "minutes_decided"))
    if not rows:
        yield Paragraph(text(lang, "minutes_none_decided"))
        return
    yield Paragraph(text(lang, "minutes_n_decided", n=len(rows)), with_next=True)
    keys = (
        "minutes_no",
        "minutes_problem",
        "minutes_measure",
        "minutes_lead_unit",
        "minutes_helpers",
        "minutes_deadline",
        "minutes_goal",
    )
    yield Grid(
        "",
        tuple(text(lang, key) for key in keys),
        ("center", "left", "left", "left", "left", "left", "left"),
        (0.07, 0.15, 0.19, 0.12, 0.12, 0.16, 0.19),
        tuple(
            (str(k), row.problem, row.measure, row.lead, row.helpers or "—", row.deadline, row.goal)
            for k, row in enumerate(rows, start=1)
        ),
    )


def _followed(deck: Deck) -> Iterator[Block]:
    lang, rows = deck.lang, deck.pages[-1].earlier
    yield Heading(1, text(lang, "minutes_followed"))
    if not rows:
        yield Paragraph(text(lang, "minutes_none_followed"))
        return
    yield Paragraph(text(lang, "minutes_n_followed", n=len(rows)), with_next=True)
    keys = (
        "minutes_no",
        "minutes_measure",
        "minutes_lead_unit",
        "minutes_deadline",
        "minutes_goal",
        "minutes_state",
        "minutes_effect",
    )
    yield Grid(
        "",
        tuple(text(lang, key) for key in keys),
        ("center", "left", "left", "left", "left", "left", "left"),
        (0.07, 0.17, 0.12, 0.16, 0.15, 0.12, 0.21),
        tuple(
            (str(k), row.measure, row.lead, row.deadline, row.goal, row.state or "—", row.effect or "—")
            for k, row in enumerate(rows, start=1)
        ),
    )


# --- annexes ---


def _about(deck: Deck) -> Iterator[Block]:
    """Say what the numbers rest on and how they are read."""
    lang = deck.lang
    yield Annex(text(lang, "minutes_annex", n=1), text(lang, ANNEXES[0]))
    keys = (
        "minutes_about_made",
        "minutes_about_interval",
        "minutes_about_sure",
        "minutes_about_few",
        "minutes_about_tiers",
        "minutes_about_by_number",
        "minutes_about_units",
    )
    told = [deck.frame.footer, *(text(lang, key) for key in keys)]
    told += [page.note for page in deck.pages if page.id == "title" and page.note]
    yield from (Item(k, words) for k, words in enumerate(told, start=1))


def _drawn(deck: Deck, numbers: _Numbers) -> Iterator[Block]:
    """Show the maps, charts and tables of every page."""
    yield Annex(text(deck.lang, "minutes_annex", n=2), text(deck.lang, ANNEXES[1]))
    for page in deck.pages:
        if page.id in (*IN_WORDS, *ABOUT_DECISIONS):
            continue
        found = [
            *(_in_a_line(deck.lang, page) if page.id.startswith("front:") else ()),
            *(_map(deck, page, numbers) if page.id != "where" else ()),
            *(
                Picture(bars_sheet(each, TEXT_WIDTH), numbers.name("minutes_figure", each.title), each.title)
                for each in page.bars
                if each.names
            ),
            *_hours(deck.lang, page, numbers),
            *(_grid(page, table, numbers) for table in page.tables if table.rows),
            *_every_part(page, numbers),
        ]
        if found:
            yield Heading(3, page.title)
            yield from found


def _in_a_line(lang: str, page: Page) -> Iterator[Block]:
    """Tell the key numbers of a page with their intervals, one after the other."""
    told = []
    for each in page.numbers:
        key = "minutes_figures" if each.note else "minutes_figure_alone"
        told.append(text(lang, key, label=each.label, number=each.text, note=each.note))
    if told:
        yield Note(text(lang, "minutes_between").join(told))


def _map(deck: Deck, page: Page, numbers: _Numbers) -> Iterator[Block]:
    view = page.map
    shapes = deck.shapes.get(f"{view.place}|{view.level}") if view is not None else None
    if view is not None and shapes is not None:
        sheet = map_sheet(deck.lang, view, shapes, TEXT_WIDTH, TALLEST if page.id == "where" else TALLEST_ANNEXED)
        yield Picture(sheet, numbers.name("minutes_figure", view.title), view.title, view.closing)


def _hours(lang: str, page: Page, numbers: _Numbers) -> Iterator[Block]:
    grid = page.hours
    if grid is not None and any(map(any, grid.counts)):
        yield Picture(
            hours_sheet(lang, grid, TEXT_WIDTH), numbers.name("minutes_figure", grid.title), grid.title, grid.note
        )


def _grid(page: Page, table: Table, numbers: _Numbers) -> Grid:
    rows = tuple(tuple(map(_written, row, table.numeric)) for row in table.rows)
    title = numbers.name("minutes_table", table.title or page.title)
    sides = tuple(
        "right" if number else "center" if max(len(row[k]) for row in rows) <= SHORT else "left"
        for k, number in enumerate(table.numeric)
    )
    note = "" if _is_cut(page) else table.note  # what a wall has no room for is listed below
    return Grid(title, table.columns, sides, shares(table.columns, rows), rows, note)


def _written(cell: Cell, number: bool) -> str:
    """Return the text of a cell; the arrow of a number stays with it."""
    return cell.text.replace(" ", THIN) if number else cell.text


def _is_cut(page: Page) -> bool:
    """Say whether the table of a page's parts lacks some of them."""
    return page.map is not None and bool(page.tables) and len(page.tables[0].rows) < len(page.map.areas)


def _every_part(page: Page, numbers: _Numbers) -> Iterator[Block]:
    """List every part on a map with its number, several in a row, where the table beside the map is cut."""
    if page.map is None or not _is_cut(page):
        return
    name, value, *_ = page.tables[0].columns
    areas = sorted(page.map.areas, key=lambda each: -math.inf if each.value is None else -each.value)
    cells = [(area.name, area.text or "—") for area in reversed(areas)]
    if page.map.circles:
        cells.reverse()
    rows_n = -(-len(cells) // SIDE_BY_SIDE)
    cells += [("", "")] * (rows_n * SIDE_BY_SIDE - len(cells))
    rows = tuple(tuple(words for pair in cells[k::rows_n] for words in pair) for k in range(rows_n))
    columns = (name, value) * SIDE_BY_SIDE
    title = numbers.name("minutes_table", text(numbers.lang, "minutes_every", title=page.tables[0].title))
    yield Grid(title, columns, ("left", "right") * SIDE_BY_SIDE, (0.2, 0.4 / 3) * SIDE_BY_SIDE, rows)


def shares(columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> tuple[float, ...]:
    """Return how much of the width each column needs: every word has room, long texts are broken.

    Examples
    --------
    >>> [round(share, 2) for share in shares(("", ""), (("1", "12345678901234567890"),))]
    [0.17, 0.83]
    """
    texts = [[row[k] for row in (columns, *rows)] for k in range(len(columns))]
    words = [[word for each in cells for word in _WORD.findall(each)] for cells in texts]
    least = [max([NARROWEST_CELL, *(1.2 + width_of(each, 1.0, bold=True) for each in column)]) for column in words]
    wanted = [
        max(low, min(1.2 + max(width_of(each, 1.0, bold=True) for each in cells), WIDEST_CELL))
        for low, cells in zip(least, texts, strict=True)
    ]
    spare = TEXT_WIDTH / TABLE_LETTERS - sum(least)
    part = min(1.0, max(0.0, spare / ((sum(wanted) - sum(least)) or 1.0)))
    needed = [low + (high - low) * part for low, high in zip(least, wanted, strict=True)]
    return tuple(each / sum(needed) for each in needed)
