"""The lobby: meetings that were prepared, and a form that prepares one; plain HTML without Dash."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from geodata.city import CityData, Place
from geodata.errors import SelectionError
from geodata.meeting.decisions import Listed
from geodata.vocabulary import Period, PeriodKind
from layers.links import read_query
from layers.meeting.links import KINDS, TOKENS, lobby_link, part_link, wall_link, words_of
from layers.text import kind_name, period_name, text
from layers.view import LANGUAGES, default_view, parse_view

STYLE, SCRIPT = "lobby.css", "lobby.js"
OFFERED = {PeriodKind.MONTH: 12, PeriodKind.QUARTER: 8, PeriodKind.YEAR: 3, PeriodKind.WEEK: 8}
"""Periods of each kind in the form, the latest first."""
MOST_PLACES = 600
FILES = {"docx": "lobby_docx", "pptx": "lobby_pptx", "pdf": "lobby_pdf", "png": "lobby_png"}
WORDS = ("lobby_preparing", "lobby_failed", "lobby_reading")
"""Texts that the script says."""


@dataclass(frozen=True)
class Choice:
    """What the form has filled in."""

    place: Place
    period: Period


def chosen(search: str, city: CityData) -> tuple[str, Choice | None]:
    """Read the lobby's link: its language, and the place and period to begin with; no choice without data.

    Raises
    ------
    SelectionError
        If the link names what the city does not offer.
    """
    query = read_query(search, ("place", "period", "lang"))
    lang = query.get("lang", LANGUAGES[0])
    if lang not in LANGUAGES:
        lang = LANGUAGES[0]
    if city.index.span is None:
        return lang, None
    view = parse_view(search, city) if query else default_view(city)
    period = view.period
    if period.kind is PeriodKind.DAY:
        period = Period.containing(period.start, PeriodKind.MONTH)
    return lang, Choice(city.find(view.place), period)


def asked_for(search: str, city: CityData) -> Choice:
    """Read which meeting is to be prepared.

    Raises
    ------
    SelectionError
        If the link names what the city does not offer, or the city has no data.
    """
    _, choice = chosen(search, city)
    if choice is None:
        raise SelectionError("还没有事件数据，不能开会。", "There are no incidents yet to hold a meeting on.")
    return choice


def page(
    lang: str,
    city: CityData,
    choice: Choice | None,
    meetings: Sequence[Listed],
    addresses: dict[str, str],
    *,
    may: bool,
) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    lang
        ``zh`` or ``en``.
    city, choice
        What the form offers, and what it has filled in.
    meetings
        The newest first.
    addresses
        Of style and script, by file name.
    may
        Whether who asks may prepare meetings here.
    """

    def say(key: str) -> str:
        return html.escape(text(lang, key))

    other = "zh" if lang == "en" else "en"
    place, period = ("", "") if choice is None else (choice.place.token, str(choice.period))
    name = html.escape(city.city.in_language(lang))
    simulated = f'<p class="simulated">{say("simulated")}</p>' if city.settings.simulated else ""
    return f"""<!doctype html>
<html lang="{"en" if lang == "en" else "zh-CN"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{say("lobby_title")} · {say("brand")}</title>
<link rel="icon" href="/m/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="{TOKENS}">
<link rel="stylesheet" href="{addresses[STYLE]}">
<script src="{addresses[SCRIPT]}" defer></script>
</head>
<body data-lang="{lang}" data-words="{words_of(lang, WORDS)}">
<header>
<a class="home" href="{html.escape(_map(lang, place, period))}">‹ {say("brand")}</a>
<h1>{say("lobby_title")}</h1><span class="city">{name}</span>
<a class="lang" href="{html.escape(lobby_link(other, place, period))}" lang="{other}">{say("language")}</a>
</header>
{simulated}
<main>
{_form(lang, city, choice, may=may)}
{_list(lang, meetings, ZoneInfo(city.settings.time_zone))}
</main>
</body>
</html>
"""


def _map(lang: str, place: str, period: str) -> str:
    return lobby_link(lang, place, period).replace("/meeting/", "/", 1)


def _form(lang: str, city: CityData, choice: Choice | None, *, may: bool) -> str:
    def say(key: str) -> str:
        return html.escape(text(lang, key))

    head = f'<section class="card new"><h2>{say("lobby_new")}</h2>'
    if not may:
        return f'{head}<p class="note">{say("lobby_may_not")}</p></section>'
    upload = (
        '<div class="upload"><input id="dossier" class="offstage" type="file" accept=".zip">'
        f'<label for="dossier" class="button">{say("lobby_open")}</label>'
        f'<p class="note">{say("lobby_open_note")}</p></div>'
    )
    if choice is None:
        way = f'<a href="/data/">{say("data")}</a>'
        return (
            f'{head}<p class="note">{say("lobby_no_data")} {way}</p>{upload}<p id="said" role="status"></p></section>'
        )
    return f"""{head}
<form id="new">
<label for="place">{say("lobby_place")}</label>
<select id="place" name="place">{"".join(_places(lang, city, choice.place))}</select>
<label for="period">{say("lobby_period")}</label>
<select id="period" name="period">{"".join(_periods(lang, city, choice.period))}</select>
<button type="submit">{say("lobby_start")}</button>
</form>
<p class="note">{say("lobby_note")}</p>
{upload}
<p id="said" role="status"></p>
</section>"""


def _option(value: str, label: str, *, on: bool, deep: bool = False) -> str:
    indent = "&emsp;" if deep else ""
    return f'<option value="{html.escape(value)}"{" selected" if on else ""}>{indent}{html.escape(label)}</option>'


def _places(lang: str, city: CityData, here: Place) -> Iterator[str]:
    """Offer the city, the places of its first two levels, and the one that the link names."""
    offered = [city.city]
    for level in city.levels[:1]:
        for row in city.members(level, city.city):
            offered.append(place := city.place(int(row)))
            offered += [city.place(int(row)) for row in city.members(city.levels[1], place)] if city.levels[1:] else []
    offered = offered[:MOST_PLACES]
    if here.token not in {place.token for place in offered}:
        offered.insert(0, here)
    for place in offered:
        deep = len(city.levels) > 1 and place.level == city.levels[1]
        yield _option(place.token, place.in_language(lang), on=place.token == here.token, deep=deep)


def _periods(lang: str, city: CityData, here: Period) -> Iterator[str]:
    groups: dict[str, list[Period]] = {}
    for kind, most in OFFERED.items():
        period = city.latest_period(kind)
        found: list[Period] = []
        while period is not None and len(found) < most and city.offers(period):
            found.append(period)
            period = period.previous()
        if found and kind in city.period_kinds:
            groups[kind_name(lang, kind)] = found
    if all(here not in periods for periods in groups.values()):
        yield _option(str(here), period_name(lang, here), on=True)
    for name, periods in groups.items():
        options = "".join(_option(str(each), period_name(lang, each), on=each == here) for each in periods)
        yield f'<optgroup label="{html.escape(name)}">{options}</optgroup>'


def _list(lang: str, meetings: Sequence[Listed], zone: ZoneInfo) -> str:
    head = f"<h2>{html.escape(text(lang, 'lobby_list'))}</h2>"
    rows = "".join(_row(lang, each, zone) for each in meetings)
    none = f'<p class="note">{html.escape(text(lang, "lobby_none"))}</p>'
    return f'<section class="card list">{head}{f"<ul>{rows}</ul>" if meetings else none}</section>'


def _row(lang: str, meeting: Listed, zone: ZoneInfo) -> str:
    title = f"{meeting.place_name.in_language(lang)} · {period_name(lang, Period.parse(meeting.period))}"
    facts = [
        text(lang, "lobby_made", at=f"{dt.datetime.fromisoformat(meeting.made_at).astimezone(zone):%Y-%m-%d %H:%M}"),
        text(lang, "lobby_decided", n=meeting.decisions) if meeting.decisions else text(lang, "lobby_undecided"),
    ]
    if meeting.from_file:
        facts.insert(0, text(lang, "lobby_kept"))
    links = "".join(
        f'<a href="{html.escape(href)}" download>{html.escape(label)}</a>' for label, href in files_of(meeting.id, lang)
    )
    joined = " · ".join(facts)
    return (
        f'<li><a class="open" href="{html.escape(wall_link(meeting.id, lang))}"><b>{html.escape(title)}</b>'
        f"<small>{html.escape(joined)}</small></a>"
        f'<nav aria-label="{html.escape(text(lang, "lobby_files"))}">{links}</nav></li>'
    )


def files_of(meeting: str, lang: str) -> list[tuple[str, str]]:
    """Return name and link of all that may be taken away from a meeting."""
    files = [(text(lang, FILES[kind]), part_link(meeting, f"take/{kind}", lang)) for kind in KINDS]
    return [*files, (text(lang, "lobby_dossier"), part_link(meeting, "dossier", lang))]
