"""Answers of the programming interface: the functions of the pages, as plain numbers; one table says what may be asked.

A question is a view, as it stands in the link of a page, and which part of a long answer is wanted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import numpy as np

from geodata.alerts.book import Told
from geodata.city import CityData, Place
from geodata.errors import SelectionError
from geodata.exports.outlines import Shapes, joined, outlines_of
from geodata.exports.table import numbers
from geodata.index.bands import BANDS, NO_BAND
from geodata.index.explain import EffectKind
from geodata.index.ranks import UNRANKED
from geodata.locate import Index
from geodata.ranking import DRAWS, DRAWS_OF_MANY, MANY, rank_places
from geodata.reasons import reasons
from geodata.spots.hotspots import hotspots
from geodata.vocabulary import PlaceLevel
from layers.export import place_table
from layers.links import MAX_QUERY
from layers.maps.values import chosen_types
from layers.method.view import ranked_levels
from layers.panels.alerts import inside, place_of
from layers.text import text
from layers.view import TOTAL, ViewState, city_of, parse_view, shown_level

LIMIT, MOST = 100, 1000
"""How many items an answer has, and how many it may have."""
FORMS = ("json", "geojson")
FILTERS = ("hours", "weekdays", "days", "sources", "severity", "area")
COUNTED = ("place", "level", "sub", "indicator", "type", "period", *FILTERS, "lang")
SCORED = (
    "place",
    "level",
    "sub",
    "indicator",
    "type",
    "measure",
    "period",
    "compare",
    *FILTERS,
    "scheme",
    "weights",
    "lang",
)
PAGED = ("limit", "offset", "f")
_ORDER = (
    "lang",
    "period",
    "place",
    "sub",
    "indicator",
    "type",
    "measure",
    "compare",
    *FILTERS,
    "scheme",
    "weights",
    "level",
)
"""In which order the parameters of a view are read: what depends on others comes after them."""


class ParameterError(SelectionError):
    """A parameter of a question is not what it may be."""

    def __init__(self, parameter: str, zh: str, en: str) -> None:
        super().__init__(zh, en)
        self.parameter = parameter


@dataclass(frozen=True)
class Question:
    """What is asked for."""

    view: ViewState
    city: CityData
    """The whole city."""
    limit: int = LIMIT
    offset: int = 0
    form: str = ""
    """One of ``FORMS``, "" = as the request's Accept has it."""
    alerts: Callable[..., Told] = lambda *_: Told()
    """Reads the alerts of a half-open span of days."""
    folder: Path | None = None

    @property
    def part(self) -> slice:
        """Return which items are wanted."""
        return slice(self.offset, self.offset + self.limit)


@dataclass(frozen=True)
class Answer:
    """Some items of an answer, and what is true of all of them."""

    items: list[dict[str, Any]]
    total: int
    """How many items there are, asked for or not."""
    head: dict[str, Any]
    shapes: Shapes | None = None
    """An outline an item."""


def _wrong(parameter: str, key: str, **values: object) -> ParameterError:
    return ParameterError(parameter, text("zh", key, **values), text("en", key, **values))


# --- questions ---


def read_fields(query: str, allowed: Sequence[str]) -> dict[str, str]:
    """Return the fields of a query, empty ones left out.

    Raises
    ------
    ParameterError
        If a field stands twice or may not be asked for; it is named.
    """
    try:
        pairs = parse_qsl(query[: MAX_QUERY + 1], keep_blank_values=True, errors="strict", max_num_fields=60)
    except ValueError as error:
        raise _wrong("query", "api_bad_query") from error
    if len(query) > MAX_QUERY:
        raise _wrong("query", "api_long_query")
    fields: dict[str, str] = {}
    for name, value in pairs:
        shown = name[:40]
        if name not in allowed:
            raise _wrong(shown, "api_unknown", name=shown, known=", ".join(allowed))
        if name in fields:
            raise _wrong(shown, "api_twice", name=shown)
        fields[name] = value
    return {name: value for name, value in fields.items() if value}


def read_view(fields: Mapping[str, str], city: CityData) -> ViewState:
    """Read a view from fields.

    Raises
    ------
    ParameterError
        If a field says what the city does not offer; it is named.
    """
    read: dict[str, str] = {}
    view = parse_view("", city)
    for name in _ORDER:
        if name not in fields:
            continue
        read[name] = fields[name]
        try:
            view = parse_view("?" + "&".join(f"{key}={_quoted(value)}" for key, value in read.items()), city)
        except SelectionError as error:
            raise ParameterError(name, error.zh, error.en) from error
    return view


def _quoted(value: str) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else _percent(letter) for letter in value)


def _percent(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode("utf-8", "surrogatepass"))


def read_number(fields: Mapping[str, str], name: str, usual: int, least: int, most: int) -> int:
    """Read a whole number between two ends.

    Raises
    ------
    ParameterError
        If it is none; it is named.
    """
    given = fields.get(name, str(usual))
    if not re.fullmatch(r"[0-9]{1,9}", given, re.ASCII) or not least <= int(given) <= most:
        raise _wrong(name, "api_whole", name=name, least=least, most=most)
    return int(given)


def read_form(fields: Mapping[str, str], forms: Sequence[str]) -> str:
    """Read the form of an answer, "" if none is asked for.

    Raises
    ------
    ParameterError
        If it is not offered.
    """
    form = fields.get("f", "")
    if form not in ("", *forms):
        raise _wrong("f", "api_forms", known=", ".join(forms))
    return form


# --- answers ---


def places(question: Question) -> Answer:
    """Return places inside a place, of the finer level or the one asked for."""
    view, city = question.view, question.city
    inside_of, level = city.find(view.place), shown_level(view, city)
    if level is None:
        inside_of, level = city.lineage(inside_of)[-2], inside_of.level or city.levels[-1]
    rows = city.members(level, inside_of)
    chosen = rows[question.part]
    return Answer(
        [_place(city, int(row)) for row in chosen], len(rows), {"level": level.value}, outlines_of(city, chosen)
    )


def _place(city: CityData, row: int) -> dict[str, Any]:
    place = city.place(row)
    return {
        "token": place.token,
        "place_id": place.id,
        "name": place.name,
        "name_en": place.name_en,
        "level": place.level.value if place.level else "",
        "parent": city.lineage(place)[-2].token,
        "area_km2": round(float(city.areas[row]), 4),
        "bbox": [round(float(end), 6) for end in city.bounds[row]],
    }


def scores(question: Question) -> Answer:
    """Return the places of a view with the numbers of the map."""
    table = place_table(question.view, question.city, question.part)
    head = {**table.head(), **_head(question)}
    return Answer(table.records(), _members(question), head, outlines_of(question.city, table.rows))


def counts(question: Question) -> Answer:
    """Return how many incidents lie in each place; with those in none of them they add up to the total."""
    table = place_table(question.view.but(measure="count"), question.city, question.part)
    kept = ("token", "place_id", "name", "level", "count")
    items = [{key: record[key] for key in kept} for record in table.records()]
    head = {**_head(question), "totals": table.head()["totals"]}
    return Answer(items, _members(question), head, outlines_of(question.city, table.rows))


def _members(question: Question) -> int:
    view, city = question.view, question.city
    place, level = city.find(view.place), shown_level(view, city)
    if level is None:
        return len(city.siblings(place))
    return len(city.members(level, place))


def why(question: Question) -> Answer:
    """Return why the score of a place changed: effects that add up to the change, the largest first."""
    view, city = question.view, city_of(question.view, question.city)
    place, before = city.find(view.place), view.compared_with()
    head = {**_head(question), "against": str(before), "score": None, "score_before": None, "change": None}
    if not city.comparable(view.period, before) or city.active_calibration is None:
        return Answer([], 0, head)
    found = reasons(city, place, view.period, before, "" if view.sub_index == TOTAL else view.sub_index)
    now, then = (_score(city, place, view, period) for period in (view.period, before))
    items = [
        {
            "sub_index": effect.sub_index,
            "indicator": effect.indicator,
            "incident_type": effect.incident_type,
            "place": None if effect.place is None else effect.place.token,
            "kind": EffectKind(effect.kind).name.lower(),
            "points": _number(effect.points),
        }
        for effect in found.effects()
    ]
    head |= {"score": now, "score_before": then, "change": _number(found.change)}
    return Answer(items[question.part], len(items), head)


def _score(city: CityData, place: Place, view: ViewState, period: Any) -> float | None:
    told = city.history(place, [period]).scores
    ids = [each.id for each in city.method.sub_indices]
    value = told.score[0] if view.sub_index == TOTAL else told.sub_score[0, ids.index(view.sub_index)]
    return _number(value)


def ranks(question: Question) -> Answer:
    """Return the places of a level in order of their scores, with the ranks that are possible, and tiers."""
    view, city = question.view, city_of(question.view, question.city)
    levels = ranked_levels(city)
    level = view.level or next(iter([*(PlaceLevel.STREET,) * (PlaceLevel.STREET in levels), *levels]), None)
    if level is None or level not in levels:
        raise _wrong("level", "api_ranked", known=", ".join(levels))
    n = len(city.members(level, city.city))
    found = rank_places(city, level, view.period, draws=DRAWS if n <= MANY else DRAWS_OF_MANY)
    order = found.order[question.part]
    items = []
    for k in order.tolist():
        known, place = found.rank[k] != UNRANKED, city.place(int(found.rows[k]))
        told = {key: int(getattr(found, key)[k]) if known else None for key in ("rank", "best", "worst", "tier")}
        score = {key: _number(getattr(found, key)[k]) for key in ("score", "low", "high")}
        band = None if found.band[k] == NO_BAND else BANDS[int(found.band[k])].value
        items.append({"token": place.token, "name": place.in_language(view.lang), **score, "band": band, **told})
    head = {**_head(question), "level": level.value, "ranked": found.n_ranked}
    return Answer(items, n, head, outlines_of(city, found.rows[order]))


def spots(question: Question) -> Answer:
    """Return hot spots: cells that touch, where incidents lie closer together than chance has it."""
    view, city = question.view, city_of(question.view, question.city)
    found = hotspots(city, city.find(view.place), view.period, chosen_types(view, city), folder=question.folder)
    chosen = found.hotspots[question.part]
    items = [
        {
            "number": question.offset + k + 1,
            "incidents": spot.incidents,
            "usual": _number(spot.usual),
            "excess": _number(spot.excess),
            "z": _number(spot.z),
            "p": _number(spot.p, 9),
            "centre": [_number(end) for end in spot.centre],
            "bbox": [_number(end) for end in spot.bounds],
            "cells": [city.place(row).token for row in spot.cells],
            "owners": [
                {"token": owner.place.token, "name": owner.place.in_language(view.lang), "share": _number(owner.share)}
                for owner in spot.owners
            ],
        }
        for k, spot in enumerate(chosen)
    ]
    head = {
        **_head(question),
        "level": found.level.value,
        "against": found.against.value,
        "not_judged": None if found.guard is None else str(getattr(found.guard, "value", found.guard)),
        "incidents": found.inside,
    }
    rows = [np.array(spot.cells, dtype=np.int32) for spot in chosen]
    return Answer(items, len(found.hotspots), head, joined(city, rows))


def alerts(question: Question) -> Answer:
    """Return alerts to the periods that begin in a period, of a place and those in it, the newest and gravest first."""
    view, city = question.view, question.city
    told = question.alerts(view.period.start, view.period.end)
    items, rows = [], []
    for alert in told.alerts:
        place = place_of(city, alert.level_of_place, alert.place_id)
        if place is None or place.row is None or not inside(view, city, place):
            continue
        rows.append(place.row)
        items.append(
            {
                "id": alert.id,
                "rule": alert.rule,
                "token": place.token,
                "name": place.in_language(view.lang),
                "level": alert.level_of_place.value,
                "indicator": alert.indicator,
                "period": str(alert.period),
                "grade": alert.level.name.lower(),
                "observed": alert.observed,
                "expected": _number(alert.expected),
                "p": _number(alert.p, 9),
                "method": alert.method_version,
                "made_at": alert.made_at,
                "feedback": alert.feedback.value,
            }
        )
    until = None if told.until is None else str(told.until)
    head = {**_head(question), "judged_until": until, "rules": [each.rule.name for each in told.on]}
    chosen: Index = np.array(rows[question.part], dtype=np.int32)
    return Answer(items[question.part], len(items), head, outlines_of(city, chosen))


def releases(question: Question) -> Answer:
    """Return what the numbers rest on: versions, and every live import without the name of its file."""
    city = question.city
    items = [
        {
            "id": batch.id,
            "source": batch.source,
            "rows": batch.rows,
            "stored": batch.stored,
            "known": batch.known,
            "corrected": batch.corrected,
            "set_aside": batch.set_aside,
            "first_day": batch.first_day,
            "last_day": batch.last_day,
            "imported_at": batch.imported_at,
        }
        for batch in city.batches
    ]
    methods = [{"version": each.method.version, "valid_from": each.valid_from.isoformat()} for each in city.versions]
    as_of = city.data_as_of
    head = {
        "city": city.settings.name,
        "city_en": city.settings.english,
        "simulated": city.settings.simulated,
        "data_version": city.data_version,
        "boundary_version": city.boundary_version,
        "data_as_of": None if as_of is None else as_of.isoformat(),
        "methods": methods,
        "incidents": len(city.index.day),
    }
    return Answer(items[question.part], len(items), head)


def _head(question: Question) -> dict[str, Any]:
    """Return what every answer to a view says of itself."""
    view, city = question.view, city_of(question.view, question.city)
    return {
        "place": view.place,
        "period": str(view.period),
        "sub": view.sub_index,
        "method_version": city.method.version,
        "data_version": question.city.data_version,
        "simulated": city.settings.simulated,
    }


def _number(value: float, digits: int = 6) -> float | None:
    return numbers([value], digits)[0] if math.isfinite(value) else None


@dataclass(frozen=True)
class Operation:
    """One address of the interface."""

    name: str
    summary: str
    """Key of its sentence."""
    answer: Callable[[Question], Answer]
    fields: tuple[str, ...]
    """Parameters that it takes beside those of paging."""
    drawn: bool = True
    """Whether it is offered as GeoJSON too."""
    lasting: bool = True
    """Whether the answer changes only with the city's data."""

    @property
    def allowed(self) -> tuple[str, ...]:
        """Return every parameter that may be asked."""
        return (*self.fields, *PAGED)


OPERATIONS = (
    Operation("places", "api_places", places, ("place", "level", "lang")),
    Operation("scores", "api_scores", scores, SCORED),
    Operation("counts", "api_counts", counts, COUNTED),
    Operation("reasons", "api_reasons", why, ("place", "sub", "period", "compare", "lang"), drawn=False),
    Operation("ranks", "api_ranks", ranks, ("level", "period", "weights", "lang")),
    Operation("hotspots", "api_hotspots", spots, ("place", "sub", "indicator", "type", "period", *FILTERS, "lang")),
    Operation("alerts", "api_alerts", alerts, ("place", "period", "lang"), lasting=False),
    Operation("releases", "api_releases", releases, ("lang",), drawn=False),
)
"""What may be asked, once: the routes and the OpenAPI document are made of it."""
