"""The page of a phone that drives the wall, or follows it: which page is shown, and what concerns the phone's own unit.

Nothing of the phone is told to the server but a page and a place; which unit its owner chose stays on the phone.
"""

from __future__ import annotations

import html
from typing import Any

from geodata.meeting.briefing import Front
from geodata.meeting.record import Meeting
from geodata.written import decimal, whole
from layers.meeting.decide import units, units_in
from layers.meeting.links import TOKENS, words_of
from layers.meeting.page import DecisionRow, Deck, Page
from layers.meeting.wall import wall_pages
from layers.text import text

STYLE, SCRIPT = "remote.css", "remote.js"
MOST_PLACES = 60
"""Places of a page that can be highlighted."""
WORDS = (
    "remote_lost",
    "remote_ended",
    "remote_together",
    "remote_of",
    "remote_on_wall",
    "remote_nothing",
)
"""Texts that the script says."""


def page(meeting: str, lang: str, addresses: dict[str, str]) -> str:
    """Return the page as HTML; what it shows comes with `told`.

    Parameters
    ----------
    meeting
        Id of the meeting.
    lang
        ``zh`` or ``en``.
    addresses
        Of style and script, by file name.
    """

    def say(key: str) -> str:
        return html.escape(text(lang, key))

    return f"""<!doctype html>
<html lang="{"en" if lang == "en" else "zh-CN"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="referrer" content="no-referrer">
<title>{say("remote_title")}</title>
<link rel="icon" href="/m/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="{TOKENS}">
<link rel="stylesheet" href="{addresses[STYLE]}">
<script src="{addresses[SCRIPT]}" defer></script>
</head>
<body data-meeting="{html.escape(meeting)}" data-lang="{lang}" data-words="{words_of(lang, WORDS, "k", "n")}">
<header>
<p id="simulated" class="simulated" hidden></p>
<p id="heading" class="heading">{say("remote_title")}</p>
<h1 id="title">{say("remote_waiting")}</h1>
<p class="state"><span id="where"></span> <span id="state" role="status"></span></p>
</header>
<noscript><p class="card">{say("phone_no_script")}</p></noscript>
<main>
<details class="card" id="agenda"><summary>{say("remote_pages")}</summary><ol id="pages"></ol></details>
<section class="card" id="places" hidden>
<h2>{say("remote_places")}</h2>
<div id="chips" class="chips"></div>
</section>
<section class="card">
<label for="unit">{say("remote_unit")}</label>
<select id="unit"><option value="">{say("remote_no_unit")}</option></select>
<div id="mine" class="mine"></div>
<p class="note">{say("remote_unit_note")}</p>
</section>
</main>
<nav class="bar" aria-label="{say("remote_turn")}">
<button type="button" id="back">‹ {say("remote_back")}</button>
<button type="button" id="forward">{say("remote_forward")} ›</button>
</nav>
</body>
</html>
"""


def told(meeting: Meeting, deck: Deck) -> dict[str, Any]:
    """Return what a phone shows of a meeting, ready for JSON.

    ``{"heading", "simulated", "units", "pages": [{"id", "title", "places": [[token, name]], "units"}], "fronts":
    [{"page", "name", "told", "units"}], "decisions": [{"title", "told", "units"}]}``.
    """
    lang, briefing = deck.lang, meeting.briefing
    of_front = {f"front:{front.id}": _units(front) for front in briefing.fronts}
    screens = wall_pages(deck)
    places = {page.id: _places(page) for page in deck.pages}
    shown = {page for page, _ in screens}
    fronts = [
        {
            "page": f"front:{front.id}" if f"front:{front.id}" in shown else "others" if "others" in shown else "",
            "name": front.name.in_language(lang),
            "told": _told(front, lang),
            "units": _units(front),
        }
        for front in briefing.fronts
    ]
    own = {decision.id: [decision.lead, *decision.helpers] for decision in meeting.decisions}
    earlier = {each.decision.id: [each.decision.lead, *each.decision.helpers] for each in meeting.earlier}
    return {
        "heading": deck.frame.heading,
        "simulated": deck.frame.simulated,
        "units": units(meeting),
        "pages": [
            {"id": page, "title": title, "places": places.get(page, []), "units": of_front.get(page, [])}
            for page, title in screens
        ],
        "fronts": fronts,
        "decisions": [
            *(_decision(row, own, lang, "remote_decided") for row in _rows(deck, "decisions") if row.id in own),
            *(_decision(row, earlier, lang, "remote_earlier") for row in _rows(deck, "earlier") if row.id in earlier),
        ],
    }


def _units(front: Front) -> list[str]:
    return list(dict.fromkeys(unit for owner in front.owners for unit in units_in(owner)))


def _told(front: Front, lang: str) -> str:
    parts = []
    if front.score.value is not None:
        parts.append(text(lang, "remote_score", score=decimal(front.score.value)))
    if front.count is not None:
        parts.append(text(lang, "remote_incidents", n=whole(front.count.n)))
    return " · ".join(parts)


def _places(page: Page) -> list[list[str]]:
    areas = page.map.areas if page.map is not None else ()
    return [[area.token, area.name] for area in areas[:MOST_PLACES]]


def _rows(deck: Deck, which: str) -> list[DecisionRow]:
    """Return the decisions of all pages, each once."""
    found = {row.id: row for page in deck.pages for row in getattr(page, which)}
    return list(found.values())


def _decision(row: DecisionRow, units_of: dict[str, list[str]], lang: str, kind: str) -> dict[str, Any]:
    return {
        "title": text(lang, "remote_labelled", kind=text(lang, kind), title=row.measure),
        "told": [part for part in (row.problem, row.goal, row.deadline, row.state, row.effect) if part],
        "units": units_of[row.id],
    }
