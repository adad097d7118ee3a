"""What the phone page is told of one place: spots, outlines, numbers, who is responsible; all in finished sentences."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np

from geodata.city import CityData, Place
from geodata.errors import SelectionError
from geodata.index.bands import band_of
from geodata.vocabulary import PeriodKind, PlaceLevel
from geodata.written import decimal, printed_scores, signed, whole
from layers.features import coded_outlines
from layers.maps.patterns import short_day
from layers.panels.headline import count_is_sure
from layers.panels.hotspots import WINDOW_H
from layers.panels.story import Story, story
from layers.panels.types import type_name
from layers.phone.spots import WANTED, Spot, SpotKind, Walk, held_by, neighbours, todays_walk
from layers.phone.view import may_be_mine
from layers.style import BAND_COLOURS, arrow, known
from layers.text import band_name, comparison_name, level_of_one, period_name, text
from layers.view import ViewState, city_of, default_view, drill

FORMAT = 1
"""Changes when a page that is kept on a phone could not read the answer."""
TYPES = 3
"""Types that are named among the numbers."""
_TO_METRES = -1
"""Lengths are told in tens of metres."""


def place_answer(
    city: CityData, token: str, lang: str, shapes: gpd.GeoSeries, folder: Path | None = None
) -> dict[str, Any]:
    """Return everything that the page shows of a place.

    Parameters
    ----------
    city
        All its incidents.
    token
        The place.
    lang
        ``zh`` or ``en``.
    shapes
        Outlines for drawing of all places, in the order of ``city.places``.
    folder
        The city folder, where patterns are kept.

    Raises
    ------
    SelectionError
        If there is no such place, or it is too large to be walked.
    """
    place = city.find(token)
    if not may_be_mine(city, place):
        raise SelectionError("请选择网格或村居。", "choose a grid cell or a community.")
    first = default_view(city)
    view = first.but(place=place.token, lang=lang)
    walk = todays_walk(city, place, folder)
    drawn = [place, *neighbours(city, place, folder)]
    rows = [each.row for each in drawn if each.row is not None]
    return {
        "format": FORMAT,
        "place": place.token,
        "name": place.in_language(lang),
        "mine": text(lang, "phone_mine", level=_level(place, lang)),
        "within": " › ".join(each.in_language(lang) for each in city.lineage(place)[1:-1]),
        "asOf": city.data_as_of.isoformat() if city.data_as_of else "",
        "simulated": text(lang, "simulated") if city.settings.simulated else "",
        "said": said(walk, lang),
        "note": _note(walk, lang),
        "spots": [_spot(spot, leg, walk, city, place, lang) for spot, leg in zip(walk.spots, walk.legs, strict=True)],
        "map": {
            **coded_outlines(gpd.GeoSeries(shapes.iloc[rows])),
            "names": [each.in_language(lang) for each in drawn],
        },
        "period": period_name(lang, view.period),
        "numbers": _numbers(view, city_of(view, city), place),
        "units": units(city, place, lang),
        "atlas": drill(first.but(lang=lang), place).href(),
    }


def choices(city: CityData, token: str, lang: str) -> dict[str, Any]:
    """Return the places inside a place, to choose from: ``{"name", "up", "mine", "places": [{"id", "name", …}]}``.

    "mine" says whether it may be chosen itself, "up" what holds it, null for the city.
    """
    place = city.find(token)
    below = city.levels_below(place)
    rows = city.members(below[0], place).tolist() if below else []
    inside = [city.place(row) for row in rows]
    lineage = city.lineage(place)
    return {
        "format": FORMAT,
        "id": place.token,
        "name": place.in_language(lang),
        "up": lineage[-2].token if len(lineage) > 1 else None,
        "mine": may_be_mine(city, place),
        "places": [
            {
                "id": each.token,
                "name": each.in_language(lang),
                "mine": may_be_mine(city, each),
                "open": bool(city.levels_below(each)),
            }
            for each in inside
        ],
    }


def units(city: CityData, place: Place, lang: str) -> dict[str, Any]:
    """Return who is responsible at every level, the finest first; the place itself where no unit is recorded."""
    names = city.places["unit"].tolist()
    line = [(each, each.row) for each in reversed(city.lineage(place)) if each.row is not None]
    told = [
        {
            "level": level_of_one(lang, each.level) if each.level else "",
            "name": each.in_language(lang),
            "unit": str(names[row]),
        }
        for each, row in line
    ]
    return {"places": told, "note": "" if any(each["unit"] for each in told) else text(lang, "whose_no_unit")}


# --- spots in words ---


def _spot(spot: Spot, leg: float, walk: Walk, city: CityData, place: Place, lang: str) -> dict[str, Any]:
    where = "" if spot.row == place.row else city.place(spot.row).in_language(lang)
    kind = {
        SpotKind.HOT: text(lang, "phone_hot"),
        SpotKind.AGAIN: text(lang, "phone_again"),
        SpotKind.POSITION: text(lang, "phone_position"),
    }[spot.kind]
    return {
        "lon": spot.lon,
        "lat": spot.lat,
        "kind": kind,
        "where": text(lang, "phone_beside", name=where) if spot.beside else where,
        "why": why(spot, walk, city, lang),
        "leg": text(lang, "phone_leg", m=_metres(leg)) if leg else "",
    }


def why(spot: Spot, walk: Walk, city: CityData, lang: str) -> str:
    """Say in one sentence why a spot is one."""
    recent, n = _recent(walk, lang), whole(spot.incidents)
    if spot.kind is SpotKind.AGAIN and spot.leading is not None and spot.until is not None:
        kind, until = type_name(spot.leading[0], city, lang), short_day(lang, spot.until)
        near = text(lang, "phone_within", m=whole(spot.radius_m)) if spot.radius_m else text(lang, "phone_same")
        day = short_day(lang, spot.last)
        return text(lang, "phone_why_again", near=near, type=kind, n=n, day=day, until=until) + text(lang, "phone_stop")
    if spot.kind is SpotKind.HOT:
        key = "phone_why_hot" if spot.usual is None else "phone_why_hot_usual"
        parts = [text(lang, key, recent=recent, n=n, usual=decimal(spot.usual))]
    elif spot.recent:
        parts = [text(lang, "phone_why_position", recent=recent, n=n, k=whole(spot.recent))]
    else:
        day = period_name(lang, walk.period) if city.months_only else short_day(lang, spot.last)
        parts = [text(lang, "phone_why_position_last", n=n, day=day)]
    if spot.leading is not None and 3 * spot.leading[1] >= spot.incidents:
        name, k = type_name(spot.leading[0], city, lang), spot.leading[1]
        key = "phone_mostly" if 2 * k >= spot.incidents else "phone_often"
        parts.append(text(lang, key, type=name, k=whole(k)))
    else:
        parts.append(text(lang, "phone_mixed"))
    if spot.hours is not None:
        parts.append(text(lang, "phone_hours", first=spot.hours, last=(spot.hours + WINDOW_H) % 24 or 24))
    return text(lang, "comma_words").join(parts) + text(lang, "phone_stop")


def _recent(walk: Walk, lang: str) -> str:
    if walk.period.kind is PeriodKind.MONTH:
        return text(lang, "phone_recent_month", period=period_name(lang, walk.period))
    return text(lang, "phone_recent", n=walk.period.days)


def said(walk: Walk, lang: str) -> str:
    """Say how many spots there are and how long the way is, or why there are none."""
    n = len(walk.spots)
    if n > 1:
        return text(lang, "phone_walk", n=n, m=_metres(sum(walk.legs)))
    if n == 1:
        return text(lang, "phone_one")
    if walk.silent:
        return text(lang, "phone_silent")
    if walk.unplaced:
        return text(lang, "phone_unplaced")
    return text(lang, "phone_none", recent=_recent(walk, lang), n=whole(walk.incidents))


def _note(walk: Walk, lang: str) -> str:
    """Say what the spots rest on."""
    parts = []
    if 0 < len(walk.spots) < WANTED:
        parts.append(text(lang, "phone_few"))
    if any(spot.usual is not None for spot in walk.spots):
        parts.append(text(lang, "phone_usual"))
    if walk.spots:
        parts.append(text(lang, "phone_rests"))
    return text(lang, "phone_between").join(parts)


def _level(place: Place, lang: str) -> str:
    """Return what a place is, as it stands inside of a sentence."""
    name = level_of_one(lang, place.level) if place.level else ""
    return name.lower() if lang == "en" else name


def _metres(length: float) -> str:
    return whole(max(round(length, _TO_METRES), 10))


# --- numbers ---


def _numbers(view: ViewState, city: CityData, place: Place) -> list[dict[str, Any]]:
    lang, told = view.lang, story(view, city)
    now, _ = told.counts(view)
    numbers = [{"label": text(lang, "incidents"), "value": whole(now.sum()), "note": _change(told)}]
    order = [k for k in np.argsort(-now, kind="stable").tolist() if now[k]][:TYPES]
    if order:
        kinds = [f"{type_name(city.index.types[k], city, lang)} {whole(now[k])}" for k in order]
        numbers.append({"label": text(lang, "phone_types"), "value": "", "note": text(lang, "comma").join(kinds)})
    street = held_by(city, place, PlaceLevel.STREET)
    return [*numbers, _score(street, view, city)]


def _change(told: Story) -> str:
    """Tell the number of incidents from that of the period before, where both can be compared."""
    view, lang = told.view, told.view.lang
    (now, _), before = told.counts(view), told.compared_counts(view)
    if told.place.row is not None and told.city.silent_in(view.period)[told.place.row]:
        return text(lang, "silent")
    if before is None:
        return text(lang, "no_comparison")
    n, then = int(now.sum()), int(before.sum())
    against = comparison_name(lang, "previous", view.period.kind)
    if n == then:
        return f"{against} {text(lang, 'no_change')}"
    sure = count_is_sure(told, then, n)
    mark, words = arrow(n - then, sure), text(lang, "sure" if sure else "not_sure")
    return text(
        lang, "phone_change", against=against, mark=mark, change=signed(n - then, 0), then=whole(then), sure=words
    )


def _score(street: Place, view: ViewState, city: CityData) -> dict[str, Any]:
    """Return the score of a street with its band and interval, or why it has none."""
    lang = view.lang
    label = text(lang, "phone_score", name=street.in_language(lang))
    level = street.level or city.levels[0]
    scored = city.scores(level, view.period)
    k = int(np.searchsorted(scored.rows, street.row or 0))
    score = float(scored.scores.score[k])
    band = band_of(score if known(score) else None, city.method.bands)
    if band is None:
        silent = bool(city.silent_in(view.period)[street.row or 0])
        return {"label": label, "value": "", "note": text(lang, "no_score_sub" if silent else "phone_no_score")}
    ends = [float(scored.scores.low[k]), float(scored.scores.high[k])]
    shown, low, high = (float(x) for x in printed_scores([score, *ends], city.method.bands))
    return {
        "label": label,
        "value": decimal(shown),
        "band": band.value,
        "word": f"{BAND_COLOURS[band][2]} {band_name(lang, band)}",
        "note": text(lang, "interval", low=decimal(low), high=decimal(high)),
    }


def words(lang: str) -> str:
    """Return what the script says by itself, as JSON."""
    keys = [
        "as_of",
        "phone_offline",
        "phone_days",
        "phone_today",
        "phone_loading",
        "phone_failed",
        "phone_nothing_kept",
    ]
    keys += ["phone_locating", "phone_denied", "phone_unsafe", "phone_away", "phone_new_page", "phone_choose_here"]
    keys += ["phone_back", "phone_return", "phone_change_place", "phone_choose", "search_nothing", "search_failed"]
    return json.dumps({key: text(lang, key, day="@day", n="@n", name="@name") for key in keys}, ensure_ascii=False)
