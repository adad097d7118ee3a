"""The wall: all pages of a meeting in one document, so that turning a page asks nobody; plain HTML without Dash.

Everything is drawn here: maps, bars and hours as SVG, tables and cards as HTML. What the document asks of its server:

``<body data-map="…">``
    Address of drilled maps. The script asks ``GET <map>?page=<page id>&place=<token>&lang=<lang>`` and gets JSON
    ``{"title": "…", "html": "…"}``: `map_html` of what `layers.meeting.pages.drilled` returned, or ``"html": ""`` where
    a place has no parts. Without the attribute maps do not drill.
``<div id="overlay" hidden>``
    Empty, above all pages: for the QR code and whatever else must be seen at once; whoever fills it shows and hides it.
``<p id="said" role="status">``
    What the page has to say in a sentence.
``<nav id="takeaways">``
    On the minutes: links to what is taken away (`Parts.files`).

Each page is ``<section class="page" data-page="score">``; minutes that are longer than a wall go on as ``minutes-2`` …
Other scripts turn the wall by ``document.dispatchEvent(new CustomEvent("wall:go", {detail: {page, place}}))`` (either
may be left out; ``place: ""`` takes the highlight away) and hear ``wall:turned`` with the same detail, and ``by``:
``hand`` for keys and clicks, ``script`` for ``wall:go``. The page that is shown stands in the address
(``#score``), so that it is there again after the document was loaded anew. Keys: ← → PageUp PageDown Space Home End
turn, ↑ ↓ choose a place of the map, Enter drills into it, Esc goes back, F fills the screen, P darkens all but what
lies around the pointer; every other key is free.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from geodata.meeting.briefing import Reference
from geodata.meeting.words import PartKind, Sentence
from geodata.vocabulary import Band
from layers.links import written
from layers.meeting.drawings import BETTER, WORSE, shade
from layers.meeting.page import (
    Area,
    Bars,
    Cell,
    DecisionRow,
    Deck,
    HourGrid,
    Key,
    KeyNumber,
    MapView,
    Page,
    Shapes,
    Table,
)
from layers.pictures.labels import LEADING, Room, Spot, Words, chosen
from layers.style import BAND_COLOURS, CIRCLE, LAND, LIGHT, MUTED, luminance
from layers.text import band_name, text

TYPE = 24.0
"""The smallest letters, on a screen of 1920 × 1080 [px]."""
MAP_WIDE, MAP_DRILLED = (1040.0, 690.0), (1090.0, 700.0)
MAP_FRONT, MAP_LOWER, MAP_LOWEST = (600.0, 430.0), (600.0, 380.0), (600.0, 310.0)
"""Room of a map: beside a table, when one has drilled, on the page of a front, and there above one decision and above
more; the style sheet has them too [px]."""
LATIN = 0.52
"""Width of a letter or a digit against a Chinese character."""
HOURS_WIDE = 526.0
"""Room of hours by weekdays [px]."""
MARGIN = 14.0
COLUMN, LINES, ROOMY = 35.0, 42, 24
"""Chinese characters a line of the minutes, lines a screen of two columns, and so few that letters may be larger."""
Links = Callable[[Reference | None], str]
MOST_ALERT_CARDS = 3
ALERT_MARKS = {1: "▲", 2: "▲▲", 3: "▲▲▲"}


@dataclass(frozen=True)
class Parts:
    """What a server adds to a wall."""

    styles: tuple[str, ...]
    """Addresses of style sheets, that of ``wall.css`` first."""
    scripts: tuple[str, ...]
    """Addresses of scripts, that of ``wall.js`` first."""
    drill: str = ""
    """Address of drilled maps, "" for none."""
    other: str = ""
    """Link to the same wall in the other language."""
    home: str = ""
    """Link to the list of meetings."""
    files: tuple[tuple[str, str], ...] = ()
    """Name and link of what may be taken away."""
    rows: bool = True
    """Whether numbers link to their rows: of a dossier from elsewhere there are none here."""
    data: Mapping[str, str] = field(default_factory=dict)
    """More ``data-`` attributes of the body."""
    more: str = ""
    """Markup behind the pages: forms and panels that other scripts open."""


def wall_html(deck: Deck, parts: Parts) -> str:
    """Return the wall of a meeting as one HTML document."""
    lang = deck.lang
    wall = _Wall(deck, parts)
    drill = {"map": parts.drill, "nothing": text(lang, "meeting_no_parts"), "failed": text(lang, "meeting_no_map")}
    data = {"lang": lang, **(drill if parts.drill else {}), **parts.data}
    told = "".join(f' data-{name}="{_e(value)}"' for name, value in data.items())
    styles = "".join(f'<link rel="stylesheet" href="{_e(each)}">\n' for each in parts.styles)
    scripts = "".join(f'<script src="{_e(each)}" defer></script>\n' for each in parts.scripts)
    return f"""<!doctype html>
<html lang="{"en" if lang == "en" else "zh-CN"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{_e(deck.frame.heading)}</title>
<link rel="icon" href="/m/icon.svg" type="image/svg+xml">
{styles}{scripts}</head>
<body{told}>
{HATCH}
<main id="wall">
{"".join(wall.pages())}</main>
<footer class="frame">
<p class="facts">{_e(deck.frame.footer)}</p>
<nav aria-label="{_e(text(lang, "meeting_turn"))}">{wall.ways()}
<button type="button" id="back" aria-label="{_e(text(lang, "meeting_back"))}">‹</button>
<output id="number" aria-live="polite"></output>
<button type="button" id="on" aria-label="{_e(text(lang, "meeting_on"))}">›</button></nav>
</footer>
<div id="drill" class="drill" role="dialog" aria-modal="true" aria-labelledby="drilled" hidden></div>
<div id="overlay" hidden></div>
<p id="said" role="status"></p>
{parts.more}</body>
</html>
"""


def wall_pages(deck: Deck) -> tuple[tuple[str, str], ...]:
    """Return id and title of every screen of a wall, in their order."""
    found: list[tuple[str, str]] = []
    for page in deck.pages:
        n = len(_screens(deck)) if page.id == "minutes" else 1
        found += [(page.id if k == 0 else f"{page.id}-{k + 1}", page.title) for k in range(n)]
    return tuple(found)


def map_html(view: MapView, table: Table, shapes: Shapes, lang: str, *, rows: bool = True) -> str:
    """Return the inside of the drilled map: the map and the list of its parts.

    Parameters
    ----------
    view, table, shapes
        What `layers.meeting.pages.drilled` returned.
    rows
        Whether numbers link to their rows.
    """

    def link(at: Reference | None) -> str:
        return _link(at, lang) if rows else ""

    return (
        f'<header><h2 id="drilled">{_e(view.title)}</h2>'
        f'<button type="button" class="chip" data-leave>{_e(text(lang, "meeting_leave"))}</button></header>'
        f'<div class="sides">{_map(view, shapes, MAP_DRILLED, lang)}<div>{_table(table, link)}</div></div>'
    )


def rows_link(at: Reference, lang: str) -> str:
    """Return the link to the rows that a number was counted from."""
    return "/" + written(
        {
            "place": at.place,
            "sub": at.sub_index,
            "indicator": at.indicator,
            "type": at.incident_type,
            "hours": "" if at.hours is None else f"{at.hours[0]}-{at.hours[1]}",
            "weekdays": ",".join(map(str, at.weekdays)),
            "period": at.period,
            "compare": "" if at.compare == "previous" else at.compare,
            "rows": "1",
            "lang": "" if lang == "zh" else lang,
        }
    )


def _link(at: Reference | None, lang: str) -> str:
    return "" if at is None else rows_link(at, lang)


# --- pages ---


@dataclass(frozen=True)
class _Wall:
    """A deck being written as HTML."""

    deck: Deck
    parts: Parts

    def say(self, key: str, **values: object) -> str:
        return _e(text(self.deck.lang, key, **values))

    def link(self, at: Reference | None) -> str:
        return _link(at, self.deck.lang) if self.parts.rows else ""

    def ways(self) -> str:
        """Return the links to the list of meetings and to the other language."""
        found = []
        if self.parts.home:
            found.append(f'<a href="{_e(self.parts.home)}">{self.say("meeting_home")}</a>')
        if self.parts.other:
            other = "zh-CN" if self.deck.lang == "en" else "en"
            found.append(f'<a id="language" href="{_e(self.parts.other)}" lang="{other}">{self.say("language")}</a>')
        return "".join(found)

    def pages(self) -> Iterator[str]:
        kinds: dict[str, Callable[[Page], str]] = {
            "title": self.title,
            "score": self.score,
            "why": self.why,
            "where": self.where,
            "front": self.front,
            "others": self.listed,
            "alerts": self.alerts,
            "earlier": self.earlier,
            "decisions": self.decisions,
            "supervision": self.supervision,
        }
        for page in self.deck.pages:
            kind = page.id.partition(":")[0]
            if kind == "minutes":
                yield from self.minutes(page)
            else:
                yield self.section(page.id, kind, page.title, kinds[kind](page))

    def section(self, page: str, kind: str, title: str, inside: str) -> str:
        """Return one screen with its heading."""
        frame = self.deck.frame
        mark = f'<p class="simulated">{_e(frame.simulated)}</p>' if frame.simulated else ""
        head = f"<h1>{_e(title)}</h1>" if kind != "title" else ""
        where = f'<p class="of">{_e(frame.heading)}</p>' if kind != "title" else ""
        return (
            f'<section class="page {kind}" data-page="{_e(page)}" aria-label="{_e(title)}">'
            f'<header>{head}{where}{mark}</header><div class="inside">{inside}</div></section>\n'
        )

    def title(self, page: Page) -> str:
        facts = "".join(f"<dt>{_e(each.label)}</dt><dd>{_e(each.text)}</dd>" for each in page.numbers)
        note = f"<p>{_e(page.note)}</p>" if page.note else ""
        ids = [each for each, _ in wall_pages(self.deck)][1:]
        rows = "".join(
            f'<li><a href="#{_e(each)}" data-go="{_e(each)}"><b>{_e(row[0].text)}</b><span>{_e(row[1].text)}</span>'
            f"<small>{_e(row[2].text)}</small></a></li>"
            for each, row in zip(ids, page.tables[0].rows, strict=False)
        )
        return (
            f'<div class="cover"><h1>{_e(page.title)}</h1><dl class="facts">{facts}</dl>'
            f'<div class="remarks">{self.sentences(page.sentences)}{note}</div></div>'
            f'<nav class="agenda"><h2>{_e(page.tables[0].title)}</h2><ol>{rows}</ol></nav>'
        )

    def score(self, page: Page) -> str:
        first, rest = page.numbers[0], page.numbers[1:]
        hero = self.number(first, "hero")
        return (
            f'<div class="top">{hero}<div class="numbers n{len(rest)}">{self.numbers(rest)}</div></div>'
            f"{self.sentences(page.sentences)}"
        )

    def why(self, page: Page) -> str:
        bars = "".join(_bars(each) for each in page.bars)
        return (
            f'<div class="told"><div class="numbers">{self.numbers(page.numbers)}</div>'
            f'{self.sentences(page.sentences)}</div><div class="charts">{bars}</div>'
        )

    def where(self, page: Page) -> str:
        tables = "".join(_table(each, self.link) for each in page.tables)
        return f'{self.map(page, MAP_WIDE)}<div class="told">{self.sentences(page.sentences)}{tables}</div>'

    def front(self, page: Page) -> str:
        earlier = "".join(self.last_time(each) for each in page.earlier)
        hours = _hours(page.hours, self.deck.lang) if page.hours else ""
        room = (MAP_FRONT, MAP_LOWER, MAP_LOWEST)[min(len(page.earlier), 2)]
        bars = "".join(_bars(each) for each in page.bars)
        return (
            f'<div class="numbers strip">{self.numbers(page.numbers)}</div>'
            f'<div class="told">{self.sentences(page.sentences)}{bars if hours else ""}</div>'
            f"{self.map(page, room)}{hours or bars}{earlier}"
        )

    def listed(self, page: Page) -> str:
        tables = "".join(_table(each, self.link) for each in page.tables)
        return f"{self.sentences(page.sentences)}{tables}"

    def alerts(self, page: Page) -> str:
        """Return few alerts as cards, many as a table."""
        table = page.tables[0]
        if len(table.rows) > MOST_ALERT_CARDS:
            return f"{self.sentences(page.sentences)}{_table(table, self.link, alerts=True)}"
        cards = "".join(self.alert(row, table.columns) for row in table.rows)
        return f'{self.sentences(page.sentences)}<div class="warnings w{len(table.rows)}">{cards}</div>'

    def alert(self, row: tuple[Cell, ...], names: tuple[str, ...]) -> str:
        level, place, what, week, seen, expected, answer = row
        most = max(seen.value or 0.0, expected.value or 0.0, 1.0)
        bars = "".join(
            f'<tr><th scope="row">{_e(name)}</th><td class="bar">{_bar(0, 100 * (each.value or 0.0) / most, fill)}</td>'
            f'<td class="n">{self.linked(_e(each.text), each.at)}</td></tr>'
            for name, each, fill in ((names[4], seen, CIRCLE), (names[5], expected, MUTED))
        )
        return (
            f'<article class="warning"><p>{_alert(level)}</p><h2>{_e(place.text)}</h2>'
            f'<p class="what">{_e(what.text)}</p>'
            f'<div class="bars"><table><tbody>{bars}</tbody></table></div>'
            f"<dl><dt>{_e(names[3])}</dt><dd>{_e(week.text)}</dd><dt>{_e(names[6])}</dt><dd>{_e(answer.text)}</dd></dl>"
            "</article>"
        )

    def earlier(self, page: Page) -> str:
        return self.cards(page.earlier, page.note)

    def decisions(self, page: Page) -> str:
        empty = f'<p class="empty">{self.say("meeting_none_decided")}</p>'
        found = self.cards(page.decisions, page.note) if page.decisions else empty
        points = ""
        if page.sentences and len(page.decisions) < 2:
            head = f"<h2>{self.say('meeting_points_to_decide')}</h2>"
            points = f'<div class="points">{head}{self.sentences(page.sentences)}</div>'
        return f'<div class="taken">{found}{points}</div>'

    def supervision(self, page: Page) -> str:
        rows = (*page.decisions, *page.earlier)
        if rows:
            return self.cards(rows, page.note)
        steps = "".join(f"<li>{self.say(f'meeting_supervise_{k}')}</li>" for k in (1, 2, 3))
        return f'<p class="empty">{self.say("meeting_none_supervised")}</p><ol class="steps">{steps}</ol>'

    def cards(self, rows: Sequence[DecisionRow], note: str) -> str:
        cards = "".join(self.decision(each) for each in rows)
        more = f'<p class="note">{_e(note)}</p>' if note else ""
        return f'<div class="cards c{len(rows)}">{cards}</div>{more}'

    def last_time(self, row: DecisionRow) -> str:
        """Return an earlier decision on the page of its front, in a line."""
        answer = f'<b class="answer {_e(row.answer)}">{_e(row.effect)}</b>' if row.effect else ""
        return (
            f'<p class="last"><span>{self.say("meeting_last_time")}</span> <b>{_e(row.measure)}</b> '
            f"{_e(row.lead)} · {self.linked(_e(row.goal), row.at)} · {_e(row.state)} {answer}</p>"
        )

    def decision(self, row: DecisionRow) -> str:
        """Return a decision as a card."""
        facts = [(self.say("meeting_lead"), _e(row.lead))]
        if row.helpers:
            facts.append((self.say("meeting_with"), _e(row.helpers)))
        facts += [
            (self.say("meeting_deadline"), _e(row.deadline)),
            (self.say("meeting_goal_name"), self.linked(_e(row.goal), row.at)),
        ]
        if row.state:
            facts.append((self.say("meeting_state"), _e(row.state)))
        if row.effect:
            facts.append((self.say("meeting_effect_name"), f'<b class="answer {_e(row.answer)}">{_e(row.effect)}</b>'))
        told = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts)
        return (
            f'<article class="decision" data-decision="{_e(row.id)}" data-units="{_e(row.lead)}"><div>'
            f"<h3>{_e(row.measure)}</h3><p>{_e(row.problem)}</p></div><dl>{told}</dl></article>"
        )

    def minutes(self, page: Page) -> Iterator[str]:
        screens = _screens(self.deck)
        for k, blocks in enumerate(screens):
            files = ""
            if k == len(screens) - 1 and self.parts.files:
                links = "".join(f'<a href="{_e(href)}" download>{_e(name)}</a>' for name, href in self.parts.files)
                name = self.say("meeting_files")
                files = f'<nav id="takeaways" aria-label="{name}"><b>{name}</b>{links}</nav>'
            body = "".join(self.block(each) for each in blocks)
            title = page.title if len(screens) == 1 else f"{page.title}（{k + 1}/{len(screens)}）"
            if self.deck.lang == "en" and len(screens) > 1:
                title = f"{page.title} {k + 1}/{len(screens)}"
            roomy = " roomy" if sum(each.lines for each in blocks) < ROOMY else ""
            inside = f'<div class="columns{roomy}">{body}</div>{files}'
            yield self.section(page.id if k == 0 else f"{page.id}-{k + 1}", "minutes", title, inside)

    def block(self, block: _Block) -> str:
        head = f"<h2>{_e(block.heading)}</h2>" if block.heading else ""
        if block.sentences:
            between = " " if self.deck.lang == "en" else ""
            return f"{head}<p>{between.join(self.sentence(each) for each in block.sentences)}</p>"
        return f"{head}<p>{_e(block.words)}</p>"

    # --- parts of pages ---

    def sentences(self, sentences: Sequence[Sentence]) -> str:
        if not sentences:
            return ""
        return f'<ul class="sentences">{"".join(f"<li>{self.sentence(each)}</li>" for each in sentences)}</ul>'

    def sentence(self, sentence: Sentence) -> str:
        return "".join(
            self.linked(f"<b>{_e(part.text)}</b>", part.at) if part.kind is PartKind.NUMBER else _e(part.text)
            for part in sentence.parts
        )

    def linked(self, inside: str, at: Reference | None) -> str:
        href = self.link(at)
        return f'<a class="rows" href="{_e(href)}" target="_blank" rel="noopener">{inside}</a>' if href else inside

    def numbers(self, numbers: Sequence[KeyNumber]) -> str:
        return "".join(self.number(each) for each in numbers)

    def number(self, number: KeyNumber, kind: str = "") -> str:
        note = f'<p class="note">{_e(number.note)}</p>' if number.note else ""
        band = _band(number.band, self.deck.lang) if number.band else ""
        return (
            f'<div class="number {kind}"><p class="label">{_e(number.label)}</p>'
            f'<p class="figure">{self.linked(_e(number.text), number.at)}{band}</p>{note}</div>'
        )

    def map(self, page: Page, room: tuple[float, float]) -> str:
        if page.map is None:
            return ""
        shapes = self.deck.shapes[f"{page.map.place}|{page.map.level}"]
        return _map(page.map, shapes, room, self.deck.lang)


# --- minutes ---


@dataclass(frozen=True)
class _Block:
    """A paragraph of the minutes, with the heading above it."""

    heading: str
    sentences: tuple[Sentence, ...] = ()
    words: str = ""

    @property
    def lines(self) -> float:
        """Return how many lines it takes at most."""
        said = self.words or "".join(each.text for each in self.sentences)
        return math.ceil(_ems(said) / COLUMN) + 0.5 + (1.8 if self.heading else 0.0)


def _ems(said: str) -> float:
    return sum(LATIN if each < "\u2e80" else 1.0 for each in said)


def _screens(deck: Deck) -> list[list[_Block]]:
    """Return the paragraphs of the minutes, screen by screen."""
    blocks = list(_blocks(deck))
    n = len(_filled(blocks, LINES))
    return next(screens for most in range(1, LINES + 1) if len(screens := _filled(blocks, most)) <= n)


def _filled(blocks: Sequence[_Block], most: int) -> list[list[_Block]]:
    """Fill screens one after the other, each with so many lines at most, if a paragraph is no longer."""
    screens: list[list[_Block]] = [[]]
    filled = 0.0
    for block in blocks:
        lines = block.lines
        if screens[-1] and filled + lines > most:
            screens.append([])
            filled = 0.0
        screens[-1].append(block)
        filled += lines
    return screens


def _blocks(deck: Deck) -> Iterator[_Block]:
    minutes = next(page for page in deck.pages if page.id == "minutes")
    titles = {page.id: page.title for page in deck.pages}
    sections: dict[str, list[Sentence]] = {}
    for sentence in minutes.sentences:
        sections.setdefault(sentence.section, []).append(sentence)
    k = 0
    for section, sentences in sections.items():
        name = text(deck.lang, "meeting_basis") if section == "title" else titles.get(section, section)
        k += 1
        yield _Block(numbered(deck.lang, k, name), tuple(sentences))
    for name, rows in (("earlier", minutes.earlier), ("decisions", minutes.decisions)):
        if rows:
            k += 1
        for n, row in enumerate(rows, 1):
            heading = numbered(deck.lang, k, text(deck.lang, f"meeting_page_{name}")) if n == 1 else ""
            yield _Block(heading, words=f"{n}. {decision_words(deck.lang, row)}")


def numbered(lang: str, k: int, name: str) -> str:
    """Return a heading with its number, as official documents have it: 一、总体情况."""
    return f"{k}. {name}" if lang == "en" else f"{chinese_number(k)}、{name}"


def chinese_number(k: int) -> str:
    """Return a number below 100 in Chinese characters."""
    digits = text("zh", "meeting_digits")
    ten, one = divmod(k, 10)
    return (digits[ten] if ten > 1 else "") + (digits[10] if ten else "") + (digits[one] if one or not ten else "")


def decision_words(lang: str, row: DecisionRow) -> str:
    """Return a decision in one run of words."""
    said = text(
        lang,
        "meeting_decision_words" if row.helpers else "meeting_decision_alone",
        problem=row.problem,
        measure=row.measure,
        lead=row.lead,
        helpers=row.helpers,
        deadline=row.deadline,
        goal=row.goal,
    )
    ends = [text(lang, "meeting_decision_then", words=words) for words in (row.state, row.effect) if words]
    return said + "".join(ends)


# --- drawings ---


def _e(words: str) -> str:
    return html.escape(words)


def _band(band: str, lang: str) -> str:
    mark = {each.value: look[2] for each, look in BAND_COLOURS.items()}.get(band, "")
    return f'<span class="band {_e(band)}"><i aria-hidden="true">{mark}</i>{_e(band_name(lang, Band(band)))}</span>'


def _alert(level: Cell) -> str:
    mark = ALERT_MARKS[int(level.value or 1)]
    return f'<span class="alert"><i aria-hidden="true">{mark}</i>{_e(level.text)}</span>'


def _bar(x: float, wide: float, fill: str, more: str = "") -> str:
    rect = f'<rect x="{x:.2f}" y="1" width="{max(wide, 0.3):.2f}" height="8" fill="{fill}"/>'
    return f'<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">{rect}{more}</svg>'


def _table(table: Table, link: Links, *, alerts: bool = False) -> str:
    def cell(cell: Cell, k: int) -> str:
        words = _e(cell.text)
        if cell.band:
            mark = {each.value: look[2] for each, look in BAND_COLOURS.items()}.get(cell.band, "")
            words = f'<span class="band {_e(cell.band)}"><i aria-hidden="true">{mark}</i>{words}</span>'
        elif alerts and k == 0:
            words = _alert(cell)
        href = link(cell.at)
        if href:
            words = f'<a class="rows" href="{_e(href)}" target="_blank" rel="noopener">{words}</a>'
        kind = ' class="n"' if table.numeric[k] else ""
        return f'<th scope="row">{words}</th>' if k == 0 and not alerts else f"<td{kind}>{words}</td>"

    head = "".join(
        f'<th scope="col"{" class=" + chr(34) + "n" + chr(34) if numeric else ""}>{_e(name)}</th>'
        for name, numeric in zip(table.columns, table.numeric, strict=True)
    )
    rows = "".join(f"<tr>{''.join(cell(each, k) for k, each in enumerate(row))}</tr>" for row in table.rows)
    title = f"<caption>{_e(table.title)}</caption>" if table.title else ""
    note = f'<p class="note">{_e(table.note)}</p>' if table.note else ""
    return f'<div class="table"><table>{title}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{note}</div>'


def _bars(bars: Bars) -> str:
    """Draw horizontal bars from zero, with name and number; of changes with their direction."""
    low, high = min(0.0, *bars.values), max(0.0, *bars.values)
    span = (high - low) or 1.0
    zero = -low / span * 100
    rows = []
    for name, value, said in zip(bars.names, bars.values, bars.texts, strict=True):
        x, wide = zero + min(value, 0.0) / span * 100, abs(value) / span * 100
        fill = CIRCLE if not bars.signed else BETTER if value >= 0 else WORSE
        axis = f'<path d="M{zero:.2f},0V10" class="axis"/>' if bars.signed else ""
        mark = f"{'▲' if value > 0 else '▼'} " if bars.signed and value else ""
        rows.append(
            f'<tr><th scope="row">{_e(name)}</th><td class="bar">{_bar(x, wide, fill, axis)}</td>'
            f'<td class="n">{mark}{_e(said)}</td></tr>'
        )
    return f'<div class="bars"><table><caption>{_e(bars.title)}</caption><tbody>{"".join(rows)}</tbody></table></div>'


def _hours(grid: HourGrid, lang: str) -> str:
    """Draw incidents by hour and weekday, deeper where there are more, each row with its sum."""
    most = max(max(row) for row in grid.counts) or 1
    sums = [sum(row) for row in grid.counts]
    right = 14.0 * max(4, len(str(max(sums)))) + 22
    tall, left, top = 50.0, 62.0, 4.0
    wide = (HOURS_WIDE - left - right) / 24
    width, foot = left + 24 * wide + right, top + 7 * tall
    parts = []
    for d, (day, row) in enumerate(zip(grid.days, grid.counts, strict=True)):
        y = top + d * tall
        base = y + tall / 2 + 8.5
        parts.append(f'<text x="{left - 8:.0f}" y="{base:.1f}" text-anchor="end">{_e(day)}</text>')
        parts += [
            f'<rect x="{left + hour * wide:.1f}" y="{y:.1f}" width="{wide - 1.5:.1f}" height="{tall - 1.5:.1f}" '
            f'fill="{shade(n / most)}"/>'
            for hour, n in enumerate(row)
        ]
        parts.append(f'<text x="{width:.0f}" y="{base:.1f}" text-anchor="end" class="sum">{sums[d]}</text>')
    for hour in (0, 6, 12, 18, 24):
        anchor = "middle" if hour else "start"
        parts.append(f'<text x="{left + hour * wide:.1f}" y="{foot + 26:.1f}" text-anchor="{anchor}">{hour}</text>')
    total = _e(text(lang, "meeting_sum"))
    parts.append(f'<text x="{width:.0f}" y="{foot + 26:.1f}" text-anchor="end">{total}</text>')
    size, name = f"{width:.0f} {foot + 32:.0f}", _e(grid.title)
    said = text(lang, "meeting_hours_scale", n=most)
    return (
        f'<figure class="hours"><figcaption>{name}</figcaption>'
        f'<svg viewBox="0 0 {size}" role="img" aria-label="{name}">{"".join(parts)}</svg>'
        f'<p class="note">{_e(said)}{_e(text(lang, "meeting_stop") + grid.note if grid.note else "")}</p></figure>'
    )


def _map(view: MapView, shapes: Shapes, room: tuple[float, float], lang: str) -> str:
    """Draw a map into a room, names and numbers as large as the page's smallest letters."""
    width, height = room
    scale = min(width - 2 * MARGIN, (height - 2 * MARGIN) / max(shapes.height, 1e-6))
    left, top = (width - scale) / 2, (height - scale * shapes.height) / 2
    parts = [
        _area(area, text(lang, "no_data"), _fill(view, area.colour), _path(shapes, area.token, (left, top, scale)))
        for area in view.areas
    ]
    parts.append(f'<path d="{_path(shapes, view.place, (left, top, scale))}" class="whole"/>')
    if view.circles:
        for area in sorted(view.areas, key=lambda each: -each.radius):
            if area.radius and area.token in shapes.points:
                x, y = shapes.points[area.token]
                at = f'cx="{left + x * scale:.1f}" cy="{top + y * scale:.1f}" r="{area.radius * scale:.1f}"'
                parts.append(f'<circle {at} fill="{area.colour}"/>')
    parts += _names(view, shapes, (left, top, scale), room)
    keys = "".join(
        f'<li><svg viewBox="0 0 30 20" aria-hidden="true"><rect x="1" y="1" width="28" height="18" '
        f'fill="{key.colour or "url(#none)"}" class="{"hatched" if not key.colour else "key"}"/></svg>'
        f"{_e(key.label)}{_n_of(view, key)}</li>"
        for key in view.keys
    )
    return (
        f'<figure class="map" data-place="{_e(view.place)}"><figcaption>{_e(view.title)}</figcaption>'
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" role="group" aria-label="{_e(view.title)}">{"".join(parts)}</svg>'
        f'<ul class="keys">{keys}</ul><p class="closing" aria-live="polite">{_e(view.closing)}</p></figure>'
    )


HATCH = (
    '<svg class="hatch" width="0" height="0" aria-hidden="true"><defs><pattern id="none" width="12" height="12" '
    'patternUnits="userSpaceOnUse"><rect width="12" height="12" fill="#f4f6f8"/>'
    '<path d="M-3,3l6,-6M0,12l12,-12M9,15l6,-6" stroke="#6c7884" stroke-width="1.5"/></pattern></defs></svg>'
)
"""What missing places are filled with, once for all maps: what is not shown fills nothing."""


def _n_of(view: MapView, key: Key) -> str:
    """Return of how many places a legend's entry tells; of circles each says its own number."""
    return "" if view.circles and key.colour else f" <b>{key.n}</b>"


def _fill(view: MapView, colour: str) -> str:
    return (LAND if colour else "url(#none)") if view.circles else colour or "url(#none)"


def _area(area: Area, missing: str, fill: str, path: str) -> str:
    name, value = _e(area.name), _e(area.text or missing)
    return (
        f'<path class="area" d="{path}" fill="{fill}" fill-rule="evenodd" data-place="{_e(area.token)}" '
        f'data-name="{name}" data-value="{value}" role="button" tabindex="-1" aria-label="{name} {value}"/>'
    )


def _path(shapes: Shapes, token: str, at: tuple[float, float, float]) -> str:
    left, top, scale = at
    return "".join(
        "M" + "L".join(f"{left + x * scale:.1f},{top + y * scale:.1f}" for x, y in ring) + "z"
        for ring in shapes.rings.get(token, ())
    )


def _names(view: MapView, shapes: Shapes, at: tuple[float, float, float], room: tuple[float, float]) -> Iterator[str]:
    """Write names and numbers where they fit: the larger place first, none over another."""
    left, top, scale = at
    spots = []
    for k, area in enumerate(view.areas):
        corners = [corner for ring in shapes.rings.get(area.token, ()) for corner in ring]
        if not corners or area.token not in shapes.points:
            continue
        across, down = ([corner[axis] for corner in corners] for axis in (0, 1))
        size = ((max(across) - min(across)) * scale, (max(down) - min(down)) * scale)
        x, y = shapes.points[area.token]
        dark = not view.circles and bool(area.colour) and luminance(area.colour) <= LIGHT
        known = area.value is not None
        words = Words(area.name, area.text if area.value or (known and not view.circles) else "", "", known, dark)
        spots.append(Spot(k, words, (left + x * scale, top + y * scale), size))
    for label in chosen(spots, TYPE, lambda: Room((2, 2, room[0] - 2, room[1] - 2))):
        x = (label.box[0] + label.box[2]) / 2
        lines = "".join(
            f'<text x="{x:.1f}" y="{label.box[1] + 1 + LEADING * TYPE * (k + 0.8):.1f}">{_e(line)}</text>'
            for k, line in enumerate(label.lines)
        )
        token = view.areas[label.place].token
        yield f'<g class="label{" dark" if label.dark else ""}" data-of="{_e(token)}">{lines}</g>'
