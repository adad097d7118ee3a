"""The form that enters a decision at the wall: what it offers and what it has filled in, from the meeting alone."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Iterable
from typing import Any

from geodata.city import CityData
from geodata.meeting.briefing import Briefing, Front
from geodata.meeting.decisions import DAYS, MOST_WORDS, TARGET, units_of
from geodata.meeting.phrases import PHRASES
from geodata.meeting.record import Meeting
from geodata.meeting.words import Sentence, findings
from geodata.vocabulary import Period
from layers.meeting.links import words_of
from layers.text import text

MOST_UNITS = 60
SOON = dt.timedelta(days=62)
"""A meeting that is held so soon after its period has measures that begin today."""
SUMMARIES = ("title", "others")
"""Pages whose findings are no problem to decide on."""
TELLING = ("types_moved", "places_moved", "hours", "weekday", "types", "places")
"""Sentences of a front that name a problem, the most telling first."""
AMONG = PHRASES["types_moved"][0].partition("{")[0]
"""Joins a sentence to the one before it, which is not there in the form."""
DAY = 'type="date" required'
WORDS = (
    "decide_open",
    "decide_baseline",
    "decide_failed",
    "decide_missing",
    "decide_withdraw",
    "decide_withdraw_sure",
    "decide_withdraw_which",
)
PAIRING = ("pair_open", "pair_waiting", "pair_there", "pair_failed")
"""Texts that the scripts say."""
_JOINED = re.compile(r"[、，,;；/]\s*")


def units_in(words: str) -> list[str]:
    """Return the units that an owner's text names.

    Examples
    --------
    >>> units_in("police, fire brigade")
    ['police', 'fire brigade']
    """
    return [unit for unit in (part.strip() for part in _JOINED.split(words)) if unit]


def units(meeting: Meeting, city: CityData | None = None) -> list[str]:
    """Return the units that may answer for something here: of the fronts, of decisions, and of the places.

    Parameters
    ----------
    meeting
        The meeting.
    city
        What it saw, for the units of its places.
    """
    found = [unit for front in meeting.briefing.fronts for owner in front.owners for unit in units_in(owner)]
    for decision in [*meeting.decisions, *(earlier.decision for earlier in meeting.earlier)]:
        found += [decision.lead, *decision.helpers]
    if city is not None:
        found += _of_places(meeting.briefing, city)
        found += [unit for owner in units_of(city) for unit in units_in(owner)]
    return list(dict.fromkeys(unit for unit in found if unit))[:MOST_UNITS]


def _of_places(briefing: Briefing, city: CityData) -> list[str]:
    """Return the units of the place, of those that hold it, and of its parts."""
    names = city.places["unit"].tolist()
    here = city.find(briefing.title.token)
    rows = [place.row for place in city.lineage(here) if place.row is not None]
    below = city.levels_below(here)[:1]
    rows += [int(row) for level in below for row in city.members(level, here)]
    return [str(names[row]) for row in rows if names[row]]


def offered(meeting: Meeting, city: CityData, lang: str, today: dt.date) -> dict[str, Any]:
    """Return what the form offers, ready for JSON.

    ``{"units", "places": [{"token", "name"}], "start", "deadline", "pages": {page id: {"problem", "front", "types":
    [{"ids", "name"}], "lead"}}}``; under the page "" stands what holds for every other page.

    Parameters
    ----------
    meeting
        The meeting.
    city
        What it saw, for the units of its places.
    lang
        ``zh`` or ``en``.
    today
        The day at the city.
    """
    briefing = meeting.briefing
    said = _problems(briefing, lang)
    fronts = {f"front:{front.id}": front for front in briefing.fronts if front.count is not None}
    everything = {"ids": [], "name": text(lang, "decide_all_types")}
    by_front = [_types(front, lang) for front in fronts.values()]
    told = [page for page in briefing.agenda if page not in SUMMARIES]
    pages = {page: _page(said.get(page, ""), fronts.get(page), by_front, everything, lang) for page in told}
    start = _start(Period.parse(briefing.title.period), today)
    first = next((said[page] for page in briefing.agenda if page.startswith("front:") and page in said), "")
    pages[""] = _page(first or said.get("score", ""), None, by_front, everything, lang)
    return {
        "units": units(meeting, city),
        "places": [
            {"token": briefing.title.token, "name": briefing.title.place.in_language(lang)},
            *_parts(meeting, lang),
        ],
        "start": start.isoformat(),
        "deadline": (start + dt.timedelta(days=DAYS - 1)).isoformat(),
        "target": TARGET,
        "pages": pages,
    }


def _problems(briefing: Briefing, lang: str) -> dict[str, str]:
    """Return what each page found, in a sentence: of a front the one that tells most."""
    sentences = findings(briefing, lang)
    names = {f"front:{front.id}": front.name.in_language(lang) for front in briefing.fronts}
    found: dict[str, str] = {}
    for page in briefing.agenda:
        own = [each for each in sentences if each.section == page]
        if page in SUMMARIES or not own:
            continue
        most, title = min(own, key=problem_rank), names.get(page, "")
        said = most.text.removeprefix(AMONG)
        found[page] = text(lang, "remote_labelled", kind=title, title=said) if title else said
    return found


def problem_rank(sentence: Sentence) -> int:
    """Return how early a sentence is taken for a problem: one that only tells of fewer incidents comes last."""
    moved = [part.value for part in sentence.numbers if part.path.endswith(".difference")]
    if moved and not any(value is not None and value > 0 for value in moved):
        return len(TELLING) + 1
    return TELLING.index(sentence.key) if sentence.key in TELLING else len(TELLING)


def _start(period: Period, today: dt.date) -> dt.date:
    """Return today, or the day after the period where the meeting is about days long past."""
    return today if period.end <= today < period.end + SOON else period.end


def _parts(meeting: Meeting, lang: str) -> list[dict[str, str]]:
    """Return the parts that the meeting speaks of."""
    briefing, found = meeting.briefing, dict[str, str]()
    for front in briefing.fronts:
        found |= {place.token: place.name.in_language(lang) for place in front.places}
    where = briefing.where
    for part in () if where is None else (*where.moved, *where.leading, *where.below):
        found.setdefault(part.token, part.name.in_language(lang))
    return [{"token": token, "name": name} for token, name in found.items()]


def _types(front: Front, lang: str) -> list[dict[str, Any]]:
    whole = {"ids": [front.id], "name": front.name.in_language(lang)}
    return [whole, *({"ids": [kind.id], "name": kind.name.in_language(lang)} for kind in front.types)]


def _page(
    problem: str, front: Front | None, by_front: Iterable[list[dict[str, Any]]], everything: dict[str, Any], lang: str
) -> dict[str, Any]:
    own = _types(front, lang) if front is not None else []
    known = {tuple(each["ids"]) for each in own}
    others = [each for types in by_front for each in types if tuple(each["ids"]) not in known]
    return {
        "problem": problem if len(problem) <= MOST_WORDS else f"{problem[: MOST_WORDS - 1]}…",
        "front": front.id if front is not None else "",
        "types": [*own, everything, *others],
        "lead": units_in(front.owners[0])[0] if front is not None and front.owners else "",
        "units": [unit for owner in front.owners for unit in units_in(owner)] if front is not None else [],
    }


def form(lang: str) -> str:
    """Return the form, filled by the script; it stands on the wall, closed."""

    def say(key: str) -> str:
        return html.escape(text(lang, key))

    def label(name: str, key: str) -> str:
        return f'<label for="decide-{name}">{say(key)}</label>'

    def field(name: str, key: str, control: str, kind: str = "") -> str:
        return f'<div class="field {kind}">{label(name, key)}{control}</div>'

    def control(kind: str, name: str, about: str, after: str = "") -> str:
        return f'<{kind} id="decide-{name}" {about}>{after}'

    words = control("textarea", "{}", f'rows="2" maxlength="{MOST_WORDS}" required', "</textarea>")
    unit = 'list="decide-units" maxlength="200" autocomplete="off"'
    number = control("input", "target", 'type="number" min="0" step="1" inputmode="numeric" required')
    parts = [
        f'<h2 id="decide-title">{say("decide_title")}</h2>',
        field("problem", "decide_problem", words.format("problem"), "wide"),
        field("measure", "decide_measure", words.format("measure"), "wide"),
        field("lead", "decide_lead", control("input", "lead", f"{unit} required")),
        field("helpers", "decide_helpers", control("input", "helpers", unit)),
        field("place", "decide_place", control("select", "place", "", "</select>")),
        field("types", "decide_types", control("select", "types", "", "</select>")),
        f'<div class="field goal"><span class="label">{say("decide_goal")}</span><p><output id="decide-baseline" '
        f'for="decide-place decide-types"></output>{label("target", "decide_target")}{number}</p></div>',
        f'<div class="field days"><p>{label("start", "decide_start")}{control("input", "start", DAY)}</p>'
        f"<p>{label('deadline', 'decide_deadline')}{control('input', 'deadline', DAY)}</p></div>",
        '<p id="decide-said" class="said" role="alert"></p>',
        f'<menu><button type="button" id="decide-close">{say("decide_close")}</button>'
        f'<button type="submit" id="decide-keep">{say("decide_keep")}</button></menu>',
    ]
    return (
        f'<dialog id="decide-form" class="decision-form" aria-labelledby="decide-title" '
        f'data-words="{words_of(lang, WORDS, "n")}"><form method="dialog" novalidate>{"".join(parts)}</form>'
        '<datalist id="decide-units"></datalist></dialog>'
    )


def pairing(lang: str) -> str:
    """Return the panel with the code that phones scan, filled by the script; it stands on the wall, closed."""

    def say(key: str) -> str:
        return html.escape(text(lang, key))

    return f"""<dialog id="pair" class="pair" aria-labelledby="pair-title" data-words="{words_of(lang, PAIRING)}">
<h2 id="pair-title">{say("pair_title")}</h2>
<p id="pair-none" class="said" hidden>{say("pair_none")}</p>
<div id="pair-some">
<div id="pair-code" class="code"></div>
<p>{say("pair_scan")}</p>
<p id="pair-address" class="address"></p>
<p>{say("pair_rights")}</p>
</div>
<p id="pair-state" role="status">{say("pair_waiting")}</p>
<button type="button" id="pair-close">{say("pair_close")}</button>
</dialog>"""
