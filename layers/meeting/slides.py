"""A meeting as slides (PPTX): one idea a slide, what is charted, tabled or mapped is so in the file itself.

A page of the meeting becomes one slide of words and as many of pictures as its charts and tables need to be read from
the last row: nothing is written smaller to make it fit. What is on a slide can be edited: charts hold their numbers,
tables are tables, every place of a map is a shape with its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from geodata.meeting.words import PartKind, Sentence
from geodata.vocabulary import Band
from geodata.written import THIN, whole
from layers.meeting import slide_maps, slide_tables
from layers.meeting.page import Bars, Cell, DecisionRow, Deck, HourGrid, Key, KeyNumber, MapView, Page, Table
from layers.meeting.slide_kit import (
    BODY,
    LARGE,
    LEADING,
    MARGIN,
    QUIET,
    WIDTH,
    Box,
    Run,
    Sheet,
    Show,
    text_height,
    text_width,
)
from layers.style import ACCENT, BAND_COLOURS, RAMP
from layers.text import band_name, text

FULL = Box(MARGIN, 92, WIDTH - 2 * MARGIN, 404)
"""Where the content of a slide stands, between its title and its foot."""
GUTTER = 28.0
SENTENCE_GAP = 8.0
MAP_WIDTH = 520.0
BESIDE_MAP = Box(FULL.x + MAP_WIDTH + GUTTER, FULL.y, FULL.width - MAP_WIDTH - GUTTER, FULL.height)
HUGE = 54.0
"""Key numbers that have a slide for themselves."""
SPACIOUS = 28.0
"""Sentences that have one."""
TILES = 4
"""Key numbers side by side."""
WORSE = "#b35806"
"""Bars to the left of zero."""
SPOKEN_OF = {
    "map": ("places", "places_moved"),
    "bars": ("types", "types_moved"),
    "hours": ("hours", "weekday", "no_hours"),
}
"""Phrases that stand beside the picture they speak of."""
NONE = {"decisions": "slides_none_decided", "supervision": "slides_none_due"}
"""What is said on pages that have nothing to show."""
ROWS_OF_GRID = (1, 2, 3, 4, 6, 8, 12)
"""Hours that one column of the hour grid may span."""


def pptx(deck: Deck) -> bytes:
    """Return a meeting as slides; the same deck gives the same bytes."""
    show = Show(deck.lang, deck.frame.heading, text(deck.lang, "brand"))
    _Slides(deck, show).draw()
    return show.file()


class _Slides:
    """The slides of one meeting."""

    def __init__(self, deck: Deck, show: Show) -> None:
        self.deck, self.show = deck, show
        self.below: Table | None = None
        """The table that stands below the words of a page."""

    def say(self, key: str, **fills: object) -> str:
        return text(self.deck.lang, key, **fills)

    def draw(self) -> None:
        for page in self.deck.pages:
            self.below = None
            if page.id == "title":
                self._title(page)
            elif page.id == "minutes":
                self._minutes(page)
                continue
            else:
                self._words(page)
            self._pictures(page)

    def _minutes(self, page: Page) -> None:
        """Say where everything stands in words: the slides have said it already."""
        sheet = self._new(page.title)
        words = [
            self.say("slides_minutes"),
            *([self.say("slides_n_decided", n=len(page.decisions))] if page.decisions else []),
        ]
        paragraphs = [[Run(each)] for each in words]
        sheet.text(FULL, paragraphs, SPACIOUS, bullets=True, gap=_gap(SPACIOUS), name=page.id)

    def _spoken(self, page: Page) -> str:
        """Return what the speaker reads: all that was found on a page's subject, also what the page has no room for."""
        whole = next((each.sentences for each in self.deck.pages if each.id == "minutes"), ())
        told = {sentence.text: None for sentence in (*page.sentences, *whole) if sentence.section == page.id}
        return "\n".join([*told, *([page.note] if page.note else [])])

    def _new(self, title: str, note: str = "", *, heading: bool = True) -> Sheet:
        sheet = self.show.slide(title)
        if heading:
            words = [[Run(each, colour=QUIET)] for each in (self.deck.frame.place, self.deck.frame.period)]
            sheet.text(Box(680, 22, 240, 56), words, 18, align="right", anchor="middle")
            sheet.bar(Box(MARGIN, 80, WIDTH - 2 * MARGIN, 2), ACCENT)
        sheet.foot(self.deck.frame.footer, self.deck.frame.simulated)
        if note:
            sheet.note(note)
        return sheet

    # --- words ---

    def _title(self, page: Page) -> None:
        sheet = self._new(page.title, self._spoken(page), heading=False)
        sheet.bar(Box(0, 0, 14, 540), ACCENT)
        sheet.place_title(Box(64, 48, 832, 134), 48 if text_width(page.title, 48) <= 1600 else 36)
        sheet.bar(Box(64, 194, 120, 4), ACCENT)
        under = Box(64, 208, 832, 288)
        sheet.text(replace(under, height=48), [[Run(self.deck.frame.period)]], 32)
        facts = [each for each in page.numbers if each.text != self.deck.frame.period]
        lines = [[Run(f"{each.label}  ", colour=QUIET), Run(each.text, bold=True)] for each in facts]
        top = under.y + 62 + len(lines) * BODY * LEADING
        sheet.text(Box(under.x, under.y + 62, under.width, top - under.y - 62), lines)
        self._flow(sheet, replace(page, numbers=()), Box(under.x, top + 12, under.width, under.bottom - top - 12))

    def _words(self, page: Page) -> None:
        told = [each for each in page.sentences if not self._pictured(page, each)]
        if page.numbers or (told and page.id != "decisions") or page.note or not _has_pictures(page):
            if page.id == "decisions":  # what might be decided about has been said by the pages before
                told = []
            self._flow(self._new(page.title, self._spoken(page)), replace(page, sentences=tuple(told)), FULL)

    def _pictured(self, page: Page, sentence: Sentence) -> bool:
        """Say whether a sentence stands beside the picture that it speaks of."""
        there = {"map": bool(self._map_said(page)), "bars": bool(page.bars), "hours": page.hours is not None}
        return any(there[kind] and sentence.key in keys for kind, keys in SPOKEN_OF.items())

    def _said(self, page: Page, kind: str) -> list[list[Run]]:
        """Return what is said of a picture, also what the page on the wall has no room for."""
        whole = next((each.sentences for each in self.deck.pages if each.id == "minutes"), page.sentences)
        return [_runs(each) for each in whole if each.section == page.id and each.key in SPOKEN_OF[kind]]

    def _say(self, sheet: Sheet, box: Box, paragraphs: Sequence[Sequence[Run]]) -> Box:
        """Write sentences at the top of a box; return what is left of it."""
        if not paragraphs:
            return box
        height = _height(paragraphs, box.width)
        sheet.text(replace(box, height=height), paragraphs, bullets=True, gap=SENTENCE_GAP)
        return Box(box.x, box.y + height + 12, box.width, box.height - height - 12)

    def _flow(self, sheet: Sheet, page: Page, box: Box) -> None:
        """Write key numbers, then sentences; those without room stand on the next slide."""
        paragraphs = [_runs(sentence) for sentence in page.sentences]
        if page.id in NONE and not _has_pictures(page):
            paragraphs.append([Run(self.say(NONE[page.id]))])
        if page.note:
            paragraphs.append([Run(page.note, colour=QUIET)])
        below = self._below(page)
        top = self._numbers(sheet, page.numbers, box, LARGE if paragraphs or below else HUGE)
        rest = Box(box.x, top, box.width, box.bottom - top)
        while paragraphs:
            n = _that_fit(paragraphs, rest)
            if n:
                alone = rest == FULL and not page.tables and _height(paragraphs, rest.width, SPACIOUS) <= rest.height
                size = SPACIOUS if alone else BODY
                height = _height(paragraphs[:n], rest.width, size)
                sheet.text(
                    replace(rest, height=height), paragraphs[:n], size, bullets=True, gap=_gap(size), name=page.id
                )
                rest = Box(rest.x, rest.y + height + 20, rest.width, rest.height - height - 20)
            paragraphs = paragraphs[n:]
            if paragraphs:
                sheet, rest = self._new(self.say("slides_more", title=page.title)), FULL
        if below is not None and rest.height > 0:
            head = text_height(below.title, rest.width, 20) + 6 if below.title and page.numbers else 0.0
            found = slide_tables.laid(
                below, rest.width, rest.height - head - slide_tables.note_height(below, rest.width)
            )
            if found is not None:
                if head:
                    sheet.text(replace(rest, height=head), [[Run(below.title, bold=True)]], 20)
                slide_tables.draw(sheet, Box(rest.x, rest.y + head, rest.width, rest.height - head), found)
                self.below = below

    def _below(self, page: Page) -> Table | None:
        """Return the table that stands below the words of a page if there is room."""
        if page.id == "title":
            return None
        if page.earlier and page.id not in ("earlier", "supervision"):
            return self._earlier(page)
        return page.tables[0] if page.tables and page.map is None else None

    def _numbers(self, sheet: Sheet, numbers: Sequence[KeyNumber], box: Box, size: float) -> float:
        """Write numbers large, four in a row; return where the rest begins."""
        if not numbers:
            return box.y
        across = min(len(numbers), TILES) if len(numbers) not in (5, 6) else 3
        wide = (box.width - GUTTER * (across - 1)) / across
        small, top = (18.0, box.y) if size == LARGE else (20.0, box.y + 24)
        for first in range(0, len(numbers), across):
            row = numbers[first : first + across]
            labels = max(text_height(each.label, wide - 14, small) for each in row)
            notes = max((text_height(each.note, wide - 14, small) for each in row if each.note), default=0.0)
            height = labels + size * LEADING + notes
            for k, number in enumerate(row):
                self._number(sheet, number, Box(box.x + k * (wide + GUTTER), top, wide, height), labels, (size, small))
            top += height + (12 if size == LARGE else 48)
        return top + 6

    def _number(self, sheet: Sheet, number: KeyNumber, box: Box, labels: float, sizes: tuple[float, float]) -> None:
        """Write one number: what it is, itself with its band, and what is known of it."""
        band, small = Band(number.band) if number.band else None, sizes[1]
        sheet.bar(Box(box.x, box.y + 3, 5, box.height - 6), BAND_COLOURS[band][0] if band else ACCENT)
        inner = Box(box.x + 14, box.y, box.width - 14, labels)
        sheet.text(inner, [[Run(number.label, colour=QUIET)]], small, anchor="bottom")
        size = next((each for each in (sizes[0], LARGE, 30.0) if text_width(number.text, each) <= inner.width), BODY)
        runs = [Run(number.text, bold=True)]
        if band and band_name(self.deck.lang, band) not in number.text:
            words = f"  {BAND_COLOURS[band][2]} {band_name(self.deck.lang, band)}"
            if text_width(number.text, size) + text_width(words, 20) <= inner.width:
                runs.append(Run(words, size=20))
        tall = sizes[0] * LEADING
        sheet.text(Box(inner.x, box.y + labels, inner.width, tall), [runs], size, anchor="middle")
        if number.note:
            below = Box(inner.x, box.y + labels + tall, inner.width, box.height - labels - tall)
            sheet.text(below, [[Run(number.note, colour=QUIET)]], small)

    # --- pictures ---

    def _pictures(self, page: Page) -> None:
        tables = [each for each in page.tables if each is not self.below]
        if page.map is not None:
            view = page.map
            beside = next((each for each in tables if self._laid_beside(view, each)), None)
            self._map(page, page.map, beside)
            tables = [each for each in tables if each is not beside]
        waiting: list[Bars | Table] = [*page.bars, *tables]
        while waiting:
            first, *others = waiting
            fellow = next((each for each in others if self._half(first) and self._half(each)), None)
            self._pair(page, first, fellow)
            waiting = [each for each in others if each is not fellow]
        if page.hours is not None:
            self._hours(page, page.hours)
        for table in (self._decided(page), self._earlier(page)):
            if table != self.below:
                self._table(page, table)

    def _titled(self, page: Page, title: str) -> str:
        """Return the title of a slide with one picture, as short as it can be understood."""
        if not title or title == page.title:
            return page.title
        if page.id == "title":
            return title
        return title if page.title in title else self.say("slides_of", title=page.title, picture=title)

    def _half(self, block: Bars | Table) -> bool:
        """Say whether something is read in half a slide."""
        if isinstance(block, Bars):
            return len(block.names) <= 8
        return slide_tables.laid(block, (FULL.width - GUTTER) / 2, FULL.height - 70) is not None

    def _pair(self, page: Page, first: Bars | Table, fellow: Bars | Table | None) -> None:
        """Draw one block over the whole slide, or two side by side with their titles above."""
        if fellow is None:
            if isinstance(first, Bars):
                sheet = self._new(self._titled(page, first.title))
                self._bars(sheet, self._say(sheet, FULL, self._said(page, "bars")), first)
            else:
                self._table(page, first)
            return
        sheet = self._new(page.title)
        wide = (FULL.width - GUTTER) / 2
        for k, block in enumerate((first, fellow)):
            box = Box(FULL.x + k * (wide + GUTTER), FULL.y, wide, FULL.height)
            top = box.y + text_height(block.title, wide, BODY)
            sheet.text(replace(box, height=top - box.y), [[Run(block.title, bold=True)]])
            inner = Box(box.x, top + 6, wide, box.bottom - top - 6)
            if isinstance(block, Bars):
                self._bars(sheet, inner, block)
            else:
                slide_tables.draw(sheet, inner, slide_tables.first_rows(block, wide, inner.height))

    def _bars(self, sheet: Sheet, box: Box, bars: Bars) -> None:
        colours = [WORSE if value < 0 else ACCENT for value in bars.values] if bars.signed else []
        if bars.unit and not bars.title.endswith(("）", ")")):
            words = self.say("slides_unit", unit=bars.unit)
            sheet.text(Box(box.x, box.bottom - 26, box.width, 26), [[Run(words, colour=QUIET)]], 18, align="right")
        height = min(box.height - 28, 60 + 52.0 * len(bars.names))
        written = label_format(bars)
        sheet.bars(
            Box(box.x, box.y, box.width, height),
            bars.names,
            bars.values,
            colours,
            name=bars.title,
            label_format=written,
            axis_format=written if not bars.signed else "+0.0;−0.0;0" if "." in written else "+0;−0;0",
        )

    def _table(self, page: Page, table: Table) -> None:
        """Draw a table over the whole slide, and what has no room on the next."""
        title, rest = self._titled(page, table.title), table
        while rest.rows:
            room = FULL.height - slide_tables.note_height(rest, FULL.width)
            found = slide_tables.laid(rest, FULL.width, room) or slide_tables.first_rows(rest, FULL.width, room)
            slide_tables.draw(self._new(title), FULL, found)
            rest = replace(rest, rows=rest.rows[len(found.table.rows) :])
            title = self.say("slides_more", title=self._titled(page, table.title))

    def _hours(self, page: Page, grid: HourGrid) -> None:
        sheet = self._new(self._titled(page, grid.title))
        box = self._say(sheet, FULL, self._said(page, "hours"))
        first = max(text_width(day, 20) for day in grid.days) + 10
        span = next(
            (
                each
                for each in ROWS_OF_GRID
                if max(text_width(_count(n), 18) for row in _spanned(grid.counts, each) for n in row) + 6
                <= (FULL.width - first) / (24 / each)
            ),
            24,
        )
        counts = _spanned(grid.counts, span)
        head = ["", *(str(hour) if span == 1 else f"{hour}–{hour + span}" for hour in range(0, 24, span))]
        most = max(max(row) for row in counts)
        texts = [head, *([day, *map(_count, row)] for day, row in zip(grid.days, counts, strict=True))]
        fills = [[""] * len(head), *(["", *(_shade(n, most) for n in row)] for row in counts)]
        words = [each for each in (grid.note, self.say("slides_hours")) if each]
        note = self.say("slides_semicolon").join(words)
        note = note[:1].upper() + note[1:] + self.say("slides_stop")
        below = text_height(note, FULL.width, 18)
        height = min(box.height - below - 12, 42.0 * 8)
        sheet.grid(replace(box, height=height), texts, fills, first, name=grid.title, size=18)
        sheet.text(Box(box.x, box.y + height + 12, box.width, below), [[Run(note, colour=QUIET)]], 18)

    def _earlier(self, page: Page) -> Table:
        keys = ("slides_measure", "slides_lead", "slides_deadline", "slides_goal", "slides_state", "slides_effect")
        return self._tabled(page, page.earlier, self.say("slides_earlier"), keys)

    def _decided(self, page: Page) -> Table:
        keys = ("slides_problem", "slides_measure", "slides_lead", "slides_helpers", "slides_deadline", "slides_goal")
        return self._tabled(page, page.decisions, self.say("slides_decided"), keys)

    def _tabled(self, page: Page, rows: Sequence[DecisionRow], title: str, keys: Sequence[str]) -> Table:
        columns = tuple(self.say(key) for key in keys)
        cells = tuple(tuple(Cell(getattr(row, key.removeprefix("slides_")) or "—") for key in keys) for row in rows)
        return Table("" if page.id in ("earlier", "decisions") else title, columns, (False,) * len(keys), cells)

    # --- the map ---

    def _map(self, page: Page, view: MapView, beside: Table | None) -> None:
        sheet = self._new(self._titled(page, view.title), slide_maps.told(view))
        slide_maps.draw(sheet, replace(FULL, width=MAP_WIDTH), view, self.deck.shapes[f"{view.place}|{view.level}"])
        box = self._say(sheet, BESIDE_MAP, self._map_said(page) if beside is None else [])
        top = box.y
        for key in view.keys:
            sheet.bar(Box(box.x, top + 3, 26, 18), key.colour, line=QUIET, name=key.label)
            words, right = self._key(key), box.width - 36
            height = text_height(words, right, 18)
            sheet.text(Box(box.x + 36, top, right, height), [[Run(words)]], 18)
            top += height + 3
        if beside is not None:
            top += 10
            found = self._laid_beside(view, beside)
            if found is not None:
                slide_tables.draw(sheet, replace(box, y=top), found, note=False)
                top += found.height
        if view.closing:
            below = Box(box.x, top + 8, box.width, text_height(view.closing, box.width, 18))
            sheet.text(below, [[Run(view.closing, colour=QUIET)]], 18)

    def _key(self, key: Key) -> str:
        return self.say("slides_key", label=key.label, n=key.n)

    def _under_map(self, view: MapView) -> float:
        """Return how high the legend of a map and its closing line are."""
        keys = sum(text_height(self._key(key), BESIDE_MAP.width - 36, 18) + 3 for key in view.keys)
        return keys + text_height(view.closing, BESIDE_MAP.width, 18) + 8

    def _laid_beside(self, view: MapView, table: Table) -> slide_tables.Laid | None:
        return slide_tables.laid(table, BESIDE_MAP.width, BESIDE_MAP.height - self._under_map(view) - 14)

    def _map_said(self, page: Page) -> list[list[Run]]:
        """Return what is said beside a map, nothing if there is no room for it."""
        said = self._said(page, "map") if page.map is not None else []
        room = BESIDE_MAP.height - (self._under_map(page.map) if page.map is not None else 0.0) - 12
        return said if _height(said, BESIDE_MAP.width) <= room else []


# --- words ---


def _runs(sentence: Sentence) -> list[Run]:
    """Return a sentence with its numbers in bold."""
    return [Run(part.text, bold=part.kind is PartKind.NUMBER) for part in sentence.parts]


def _gap(size: float) -> float:
    """Return the room between sentences."""
    return SENTENCE_GAP * (2 if size > BODY else 1)


def _height(paragraphs: Sequence[Sequence[Run]], width: float, size: float = BODY) -> float:
    """Return how high sentences with bullets are."""
    heights = [text_height(_plain(runs), width - size, size) for runs in paragraphs]
    return sum(heights) + _gap(size) * (len(heights) - 1)


def _that_fit(paragraphs: Sequence[Sequence[Run]], room: Box) -> int:
    """Return how many sentences go into a box; none is left alone for the next slide if two can go there."""
    n = len(paragraphs)
    while n and _height(paragraphs[:n], room.width) > room.height:
        n -= 1
    if n == 0 and room == FULL:
        return 1
    return n - 1 if n == len(paragraphs) - 1 and n > 2 else n


def _plain(runs: Iterable[Run]) -> str:
    return "".join(run.text for run in runs)


def _has_pictures(page: Page) -> bool:
    return bool(page.map or page.bars or page.tables or page.hours or page.earlier or page.decisions)


def _count(n: int) -> str:
    return whole(n) if n else ""


# --- charts ---


def label_format(bars: Bars) -> str:
    """Return the format in which a chart writes numbers as they are written elsewhere.

    Examples
    --------
    >>> label_format(Bars("", "", ("a", "b"), (1.25, -0.5), ("+1.25", "−0.50"), signed=True))
    '"+"0.00;"−"0.00;0.00'
    """
    places = max((len(each.partition(".")[2]) for each in bars.texts), default=0)
    digits = "0" + ("." + "0" * places if places else "")
    if bars.signed:
        return f'"+"{digits};"−"{digits};{digits}'
    if max(bars.values, default=0.0) < 1000:
        return digits
    groups = f'"{THIN}"00{digits}'  # thin spaces between thousands, as everywhere
    return f'[>=1000000]0"{THIN}"000{groups};[>=1000]0{groups};{digits}'


def _spanned(counts: Sequence[Sequence[int]], span: int) -> list[list[int]]:
    """Add counts of neighbouring hours up."""
    return [[sum(row[hour : hour + span]) for hour in range(0, 24, span)] for row in counts]


def _shade(n: int, most: int) -> str:
    """Return the colour of a cell: five steps of the ramp, none for nothing."""
    return RAMP[min(int(n / most * len(RAMP)), len(RAMP) - 1)] if n else "#f4f6f8"
