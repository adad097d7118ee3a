"""What lies in a part of the map: how many, how densely, of how many, and in which places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from geodata.city import CityData, Place
from geodata.counts import PlaceCounts
from geodata.filters import Area
from geodata.locate import Index
from geodata.vocabulary import PlaceLevel
from geodata.written import decimal, whole
from layers.elements import dcc, html
from layers.maps.values import chosen_types
from layers.panels.filters import choices
from layers.style import rate_digits
from layers.text import level_name, text
from layers.view import ViewState, drill, shown_level

MOST_TOUCHED = 12
"""Places of the level that is listed, at most, unless the map's own level already has more."""


@dataclass(frozen=True)
class Touched:
    """The places of one level that an area touches."""

    level: PlaceLevel
    rows: Index
    """The busiest first."""
    counts: list[int]
    """Incidents of the view in each."""
    counted: PlaceCounts
    """Those of all places of the level, and of none."""


def area_card(view: ViewState, city: CityData) -> html.Section | None:
    """Tell what lies in the area of a view; None without one."""
    area, lang = view.filters.area, view.lang
    if area is None:
        return None
    found, place = choices(view, city), city.find(view.place)
    km2, of_all = area.km2, found.without["area"]
    density = found.kept / km2
    share = f"{decimal(100 * found.kept / of_all if of_all else 0)}%"
    figures = [
        html.Span(text(lang, "area_density", rate=decimal(density, rate_digits([density])))),
        html.Span(text(lang, "area_share", place=place.in_language(lang), share=share)),
    ]
    parts: list[Any] = [html.H2(text(lang, "area_title")), html.P(figures, className="figures")]
    touched = touched_places(view, city, area)
    if touched is not None and view.theme != "projector":
        parts += _table(view, city, touched)
    return html.Section(parts, className="card area-card")


def touched_places(view: ViewState, city: CityData, area: Area) -> Touched | None:
    """Return the places that an area touches: of the finest level of which it touches few, at least the map's own."""
    place, levels = city.find(view.place), _levels(view, city)
    chosen: tuple[PlaceLevel, Index] | None = None
    for level in levels:
        rows = _touching(city, level, place, area)
        if chosen is not None and len(rows) > MOST_TOUCHED:
            break
        chosen = level, rows
    if chosen is None:
        return None
    level, rows = chosen
    counted = city.counts(level, view.period.start, view.period.end, within=place, types=chosen_types(view, city))
    members, inside = counted.places.index.to_numpy(), counted.places.to_numpy()
    keep = np.isin(members, rows) | (inside > 0)  # an incident on the rim counts where it was located
    rows, counts = members[keep].astype(np.int32), inside[keep]
    order = np.argsort(-counts, kind="stable")
    return Touched(level, rows[order], counts[order].tolist(), counted)


def _levels(view: ViewState, city: CityData) -> list[PlaceLevel]:
    """Return the map's level and those finer; of a finest place none."""
    shown = shown_level(view, city)
    return [] if shown is None else [level for level in city.levels if level.depth >= shown.depth]


def _touching(city: CityData, level: PlaceLevel, place: Place, area: Area) -> Index:
    """Return the rows of the places of a level inside a place that share ground with an area."""
    rows = city.members(level, place)
    west, south, east, north = area.outline.bounds
    boxes = city.bounds[rows]
    near = (boxes[:, 0] <= east) & (boxes[:, 2] >= west) & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
    rows = rows[near]
    shapes = city.places.geometry.to_numpy()[rows]
    return np.asarray(rows[area.meets(shapes)])


def _table(view: ViewState, city: CityData, found: Touched) -> list[Any]:
    lang, level = view.lang, level_name(view.lang, found.level)
    heads = (text(lang, "area_places", level=level), text(lang, "area_inside_n"))
    rows = [
        html.Tr(
            [html.Td(dcc.Link(_name(city, row, lang), href=drill(view, city.place(row)).href())), html.Td(whole(n))]
        )
        for row, n in zip(found.rows[:MOST_TOUCHED].tolist(), found.counts, strict=False)
    ]
    rest = len(found.rows) - MOST_TOUCHED
    table = html.Table(
        [html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])), html.Tbody(rows)], className="places"
    )
    parts: list[Any] = [table]
    if rest > 0:
        words = text(lang, "area_places_more", n=whole(rest), count=whole(sum(found.counts[MOST_TOUCHED:])))
        parts.append(html.P(words, className="muted"))
    places = sum(found.counts)
    total = found.counted.total
    words = text(
        lang, "area_closing", total=whole(total), level=level, places=whole(places), rest=whole(total - places)
    )
    return [*parts, html.P(words, className="muted closing-line")]


def _name(city: CityData, row: int, lang: str) -> str:
    """Name a place; a grid cell, which only has a number, after the place that holds it."""
    place = city.place(row)
    if place.level is not PlaceLevel.GRID_CELL:
        return place.in_language(lang)
    above = city.lineage(place)[-2]
    return f"{above.in_language(lang)} {place.in_language(lang)}"
