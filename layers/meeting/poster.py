"""A meeting on one tall page for a chat group: read on a phone, without opening anything."""

from __future__ import annotations

from dataclasses import replace

from geodata.vocabulary import Band
from layers.meeting.drawings import draw_bars, draw_keys, draw_map
from layers.meeting.page import DecisionRow, Deck, KeyNumber, Page
from layers.pictures.paper import Sheet, Size, width_of, wrapped
from layers.style import ACCENT, BAND_COLOURS, INK, LINE, PAPER
from layers.text import band_name, text

WIDTH = 1080
"""Pixels; as many points, so that every size below is one of pixels."""
MARGIN = 54.0
HUGE, TITLE, HEAD, NUMBER, BODY, SMALL = 132.0, 56.0, 44.0, 54.0, 37.0, 29.0
LEADING = 1.5
MOST_SENTENCES, MOST_DECISIONS = 4, 4
UNKNOWN = "—"
IN_A_ROW, GAP = 3, 24.0
TALLEST_MAP = 480.0
NOTE_INK = "#44525f"
SIMULATED, SIMULATED_LINE = "#fff3cd", "#c8901a"
OF_FRONT = ("front_count", "front_count_alone", "front_few", "front_none", "types_moved")
"""Sentences of a front that a chat group should read."""
QUIET = ("quiet", "quiet_unscored", "quiet_alone", "total", "total_alone", "total_none")


def poster(deck: Deck) -> Sheet:
    """Return the page; it is as tall as what it tells."""
    sheet = Sheet(Size(WIDTH, 10, 72))
    pages = {page.id: page for page in deck.pages}
    y = _head(sheet, deck)
    if "score" in pages:
        y = _score(sheet, y, deck.lang, pages["score"])
    y = _sentences(sheet, y, deck)
    y = _drawing(sheet, y, deck, pages)
    y = _decisions(sheet, y, deck, deck.pages[-1].decisions)
    y = _foot(sheet, y, deck)
    sheet.size = replace(sheet.size, height=round(y))
    return sheet


def _head(sheet: Sheet, deck: Deck) -> float:
    frame = deck.frame
    title = text(deck.lang, "poster_title", place=frame.place)
    size = min(TITLE, TITLE * (WIDTH - 2 * MARGIN) / width_of(title, TITLE, bold=True))
    sheet.rect(0, 0, WIDTH, 196, ACCENT)
    sheet.text(MARGIN, 96, title, size, bold=True, fill=PAPER, kind="title")
    sheet.text(MARGIN, 158, frame.period, BODY, fill=PAPER, kind="period")
    if frame.simulated:
        wide = width_of(frame.simulated, SMALL, bold=True) + 36
        sheet.rect(
            WIDTH - MARGIN - wide, 120, wide, 50, SIMULATED, f'stroke="{SIMULATED_LINE}" stroke-width="2" rx="6"'
        )
        middle = WIDTH - MARGIN - wide / 2
        sheet.text(middle, 155, frame.simulated, SMALL, bold=True, anchor="middle", kind="simulated")
    return 196 + 30


def _score(sheet: Sheet, y: float, lang: str, page: Page) -> float:
    """Write the score large with its band, the other numbers below, two in a row."""
    first, *others = sorted(page.numbers, key=lambda each: each.text == UNKNOWN)
    y += HUGE * 0.86
    sheet.text(MARGIN, y, first.text, HUGE, bold=True, kind="number")
    right = MARGIN + width_of(first.text, HUGE, bold=True) + 36
    sheet.text(right, y - 72, first.label, BODY, bold=True)
    if first.band:
        fill, ink, mark = BAND_COLOURS[Band(first.band)]
        words = f"{mark} {band_name(lang, Band(first.band))}"
        wide = width_of(words, BODY, bold=True) + 36
        sheet.rect(WIDTH - MARGIN - wide, y - 116, wide, 62, fill, 'rx="8"')
        sheet.text(WIDTH - MARGIN - wide / 2, y - 72, words, BODY, bold=True, fill=ink, anchor="middle", kind="band")
    for k, line in enumerate(wrapped(first.note, SMALL, WIDTH - MARGIN - right)):
        sheet.text(right, y - 14 + k * SMALL * 1.3, line, SMALL, fill=NOTE_INK)
    y += 44
    return _numbers(sheet, y, others)


def _numbers(sheet: Sheet, y: float, numbers: list[KeyNumber]) -> float:
    """Write the numbers below the score, three in a row."""
    across = (WIDTH - 2 * MARGIN - (IN_A_ROW - 1) * GAP) / IN_A_ROW
    for first in range(0, len(numbers), IN_A_ROW):
        foot = y
        for k, number in enumerate(numbers[first : first + IN_A_ROW]):
            x = MARGIN + k * (across + GAP)
            sheet.line(x, y, x + across, y, LINE, 2)
            sheet.text(x, y + 46, number.label, SMALL, fill=NOTE_INK)
            sheet.text(x, y + 106, number.text, NUMBER, bold=True, kind="number")
            below = y + 112
            for line in wrapped(number.note, SMALL, across):
                below += SMALL * 1.3
                sheet.text(x, below, line, SMALL, fill=NOTE_INK)
            foot = max(foot, below + 18)
        y = foot
    return y + 8


def _sentences(sheet: Sheet, y: float, deck: Deck) -> float:
    """Tell what moved: the change of the score, each front that has a page; else that it is a short meeting."""
    lines = [_finding(deck, page) for page in deck.pages if page.id == "why" or page.id.startswith("front:")]
    lines = [each for each in lines if each][:MOST_SENTENCES]
    lines = lines or [each.text for each in deck.pages[-1].sentences if each.key in QUIET][:1]
    if not lines:
        return y
    y = _heading(sheet, y, text(deck.lang, "poster_found"))
    for words in lines:
        sheet.circle(MARGIN + 10, y + BODY * 0.62, 7, ACCENT)
        for line in wrapped(words, BODY, WIDTH - 2 * MARGIN - 36 - BODY):
            y += BODY * LEADING
            sheet.text(MARGIN + 36, y - BODY * 0.5, line, BODY, kind="sentence")
        y += 14
    return y + 6


def _finding(deck: Deck, page: Page) -> str:
    """Return what is said first of a page; of a front its number, and what of it changed."""
    told = [each for each in deck.pages[-1].sentences if each.section == page.id]
    if page.id == "why":
        return told[0].text if told else ""
    kept = [each.text for each in told if each.key in OF_FRONT] or [each.text for each in told[:1]]
    words = ("" if deck.lang == "zh" else " ").join(kept)
    return text(deck.lang, "poster_front", name=page.title, words=words) if kept else ""


def _heading(sheet: Sheet, y: float, words: str) -> float:
    sheet.line(MARGIN, y, WIDTH - MARGIN, y, INK, 3)
    sheet.text(MARGIN, y + 60, words, HEAD, bold=True, kind="heading")
    return y + 84


def _drawing(sheet: Sheet, y: float, deck: Deck, pages: dict[str, Page]) -> float:
    """Draw the map of the parts, or the causes of the change where a place has no parts."""
    where = pages.get("where")
    shapes = None if where is None or where.map is None else deck.shapes.get(f"{where.map.place}|{where.map.level}")
    if where is not None and where.map is not None and shapes is not None:
        y = _heading(sheet, y, where.map.title)
        tall = min((WIDTH - 2 * MARGIN) * shapes.height + 50, TALLEST_MAP)
        draw_map(sheet, (MARGIN, y, WIDTH - 2 * MARGIN, tall), where.map, shapes, 25.0)
        y = draw_keys(sheet, deck.lang, (MARGIN, y + tall + 22), WIDTH - 2 * MARGIN, where.map, SMALL)
        return y + 24
    why = pages.get("why")
    for bars in why.bars[:1] if why is not None else ():
        y = _heading(sheet, y, bars.title)
        draw_bars(sheet, (MARGIN, y), WIDTH - 2 * MARGIN, bars, BODY, BODY * 1.9)
        y += BODY * 1.9 * len(bars.names) + 24
    return y


def _decisions(sheet: Sheet, y: float, deck: Deck, decisions: tuple[DecisionRow, ...]) -> float:
    if not decisions:
        return y
    y = _heading(sheet, y, text(deck.lang, "poster_decided", n=len(decisions)))
    for k, row in enumerate(decisions[:MOST_DECISIONS], start=1):
        lines = wrapped(row.measure, BODY, WIDTH - 2 * MARGIN - 54, bold=True)
        sheet.text(MARGIN, y + BODY, f"{k}.", BODY, bold=True)
        for line in lines:
            y += BODY * LEADING
            sheet.text(MARGIN + 54, y - BODY * 0.5, line, BODY, bold=True, kind="decision")
        for words in (text(deck.lang, "poster_who", lead=row.lead, deadline=row.deadline), row.goal):
            for line in wrapped(words, SMALL + 3, WIDTH - 2 * MARGIN - 54):
                y += (SMALL + 3) * 1.42
                sheet.text(MARGIN + 54, y - SMALL * 0.42, line, SMALL + 3, fill=NOTE_INK, kind="goal")
        y += 18
    if len(decisions) > MOST_DECISIONS:
        y += BODY
        sheet.text(MARGIN + 54, y, text(deck.lang, "meeting_more", n=len(decisions) - MOST_DECISIONS), SMALL + 3)
        y += 18
    return y + 6


def _foot(sheet: Sheet, y: float, deck: Deck) -> float:
    sheet.line(MARGIN, y, WIDTH - MARGIN, y, LINE, 2)
    y += 8
    for line in (*wrapped(deck.frame.footer, SMALL, WIDTH - 2 * MARGIN), text(deck.lang, "brand")):
        y += SMALL * 1.42
        sheet.text(MARGIN, y, line, SMALL, fill=NOTE_INK, kind="foot")
    return y + 44
