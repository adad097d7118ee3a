"""What frames the map: breadcrumb, periods, chips, the line below; everything that changes the view is a link."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from geodata.city import CityData, Place
from geodata.classes import Way
from geodata.vocabulary import PeriodKind
from layers.compare.view import compare_link
from layers.data.view import DataView
from layers.elements import dcc, html
from layers.maps.legend import kept_classes
from layers.maps.schemes import way_name, way_of, with_way
from layers.meeting.links import lobby_link_of
from layers.method.view import MethodView
from layers.panels.filters import filter_chips
from layers.panels.story import late_sources
from layers.panels.types import type_name
from layers.phone.view import phone_link
from layers.search import search_words
from layers.style import aria
from layers.text import comparison_name, kind_name, layer_name, level_name, period_name, source_name, text
from layers.view import (
    COMPARISONS,
    LAYERS,
    TOTAL,
    ViewState,
    chosen_indicator,
    default_view,
    scorable,
    shown_level,
    shown_measure,
    up,
    with_kind,
)

Part = Any


def simulated_banner(lang: str) -> html.Div:
    """Say that all is made up; on a phone the first words are enough, for its menu holds them all."""
    short = text(lang, "simulated_short")
    return html.Div([short, html.Span(text(lang, "simulated").removeprefix(short))], className="sim-banner")


def topbar(view: ViewState, city: CityData) -> list[Part]:
    """Return brand, breadcrumb, period and tools; away from the projector also comparison, measure and level.

    On a phone all but the breadcrumb and the search is behind the button of the menu, the foot as well.
    """
    parts = [
        html.H1(text(view.lang, "brand"), className="brand"),
        html.Nav(_crumbs(view, city), className="crumbs", **aria(label=text(view.lang, "crumbs_nav"))),
        html.Button(
            className="more", title=text(view.lang, "menu"), **aria(label=text(view.lang, "menu"), expanded="false")
        ),
        html.Div(_periods(view, city), className="periods"),
    ]
    if view.theme != "projector":  # one idea a page; keys and links do the rest
        parts += [
            html.Nav(_switches(view, city), className="compare", **aria(label=text(view.lang, "compare_nav"))),
            html.Nav(_levels(view, city), className="levels", **aria(label=text(view.lang, "level_nav"))),
        ]
    whole_foot = [html.Span(text(view.lang, "simulated"))] if city.settings.simulated else []
    small = html.Div([*whole_foot, *foot(view, city)], className="menu-foot")  # on a phone, where the foot has no room
    return [*parts, html.Div(_tools(view), className="tools"), small]


def _link(label: str, target: ViewState, *, on: bool = False, name: str = "", title: str | None = None) -> dcc.Link:
    classes = " ".join(part for part in (name, "on" if on else "") if part)
    return dcc.Link(label, href=target.href(), className=classes, title=title)


def _crumbs(view: ViewState, city: CityData) -> list[Part]:
    lineage = city.lineage(city.find(view.place))
    parts: list[Part] = []
    for place in lineage:
        here = place is lineage[-1]
        name = place.in_language(view.lang)
        parts.append(
            html.Span(name, className="crumb here", **aria(current="location"))
            if here
            else _link(name, view.but(place=place.token, level=None), name="crumb")
        )
        if place.row is not None:
            parts += _siblings(view, city, place)
    return parts


def _siblings(view: ViewState, city: CityData, place: Place) -> list[Part]:
    rows = city.siblings(place)
    if len(rows) < 2:
        return []
    keep_level = view.level if place.token == view.place else None
    links = []
    for row in rows[:400]:
        other = city.place(int(row))
        target = view.but(place=other.token, level=keep_level if keep_level in city.levels_below(other) else None)
        links.append(_link(other.in_language(view.lang), target, on=other.row == place.row))
    label = text(view.lang, "siblings")
    summary = html.Summary("▾", title=label, **aria(label=label))
    return [
        html.Details(
            [summary, html.Div(links, className="menu")], className="siblings", key=f"{place.token}|{view.search()}"
        )
    ]


def _periods(view: ViewState, city: CityData) -> list[Part]:
    before, after = view.period.previous(), view.period.next()
    steps = [("◀", before, "previous_period"), ("▶", after, "next_period")]
    back, forward = (
        _link(sign, view.but(period=period), name="step", title=text(view.lang, key))
        if city.offers(period)
        else html.Span(sign, className="step off", **aria(disabled="true"))
        for sign, period, key in steps
    )
    kinds = [
        _link(kind_name(view.lang, kind), with_kind(view, kind, city), on=kind is view.period.kind)
        for kind in city.period_kinds
        if kind is not PeriodKind.RANGE  # a span is chosen by its days, not by its kind
    ]
    name = "now span" if view.period.kind is PeriodKind.RANGE else "now"
    now = html.Span(period_name(view.lang, view.period), className=name)
    return [back, now, forward, html.Nav(kinds, className="kinds", **aria(label=text(view.lang, "period_nav")))]


def _switches(view: ViewState, city: CityData) -> list[Part]:
    comparisons = [
        _link(text(view.lang, f"compare_{compare}"), view.but(compare=compare), on=view.compare == compare)
        for compare in COMPARISONS
    ]
    scored = not (view.incident_type or view.indicator) and scorable(view.sub_index, city)
    if view.filters.area is not None:
        return comparisons
    offered = ("score", "rate", "count") if scored else ("rate", "count")
    targets = {measure: view.but(measure="score" if measure == offered[0] else measure) for measure in offered}
    measures = [
        _link(text(view.lang, measure), target.but(scheme="", classes=()), on=shown_measure(view, city) == measure)
        for measure, target in targets.items()
    ]
    return [*comparisons, html.Span(className="gap"), *measures]


def _levels(view: ViewState, city: CityData) -> list[Part]:
    below = city.levels_below(city.find(view.place))
    shown = shown_level(view, city)
    if len(below) < 2:
        return []
    return [
        _link(level_name(view.lang, level), view.but(level=None if level is below[0] else level), on=level is shown)
        for level in below
    ]


def _tools(view: ViewState) -> list[Part]:
    projector = view.theme == "projector"
    other = "zh" if view.lang == "en" else "en"
    data = html.A(text(view.lang, "data"), href=DataView(lang=view.lang).href(), className="data")
    method = html.A(text(view.lang, "method"), href=method_view(view).href(), className="data")
    compare = html.A(text(view.lang, "compare_page"), href=compare_link(view), className="data")
    meeting = html.A(text(view.lang, "lobby_link"), href=lobby_link_of(view), className="data")
    label = text(view.lang, "search_key")
    words: dict[str, Any] = {"data-words": search_words(view.lang)}
    search = html.Button(text(view.lang, "search"), className="search-open", title=label, **words, **aria(label=label))
    return [
        search,
        *([_spotlight(view)] if projector else [compare, meeting, data, method]),
        _link(
            text(view.lang, "projector_off" if projector else "projector"),
            view.but(theme="light" if projector else "projector"),
            name="theme",
        ),
        _link(text(view.lang, "language"), view.but(lang=other), name="lang", title=text(view.lang, "language_label")),
    ]


def _spotlight(view: ViewState) -> html.Button:
    """Return the switch of the light around the pointer, which is no part of the view."""
    return html.Button(text(view.lang, "spotlight"), className="spotlight-switch", **aria(pressed="false"))


def method_view(view: ViewState) -> MethodView:
    """Return what the method page shows of a view: its period and its supposed weights."""
    return MethodView(lang=view.lang, period=view.period, weights=view.weights)


def chips(view: ViewState, city: CityData, classes: Sequence[str] = ()) -> list[Part]:
    """Return one chip for everything that differs from the first view; each link takes its part back.

    Parameters
    ----------
    view, city
        What is shown.
    classes
        The classes of the legend in words.
    """
    first = default_view(city)
    place = city.find(view.place)
    found: list[tuple[str, ViewState]] = []
    if place.row is not None:
        found.append((place.in_language(view.lang), up(view, city)))
    if view.level is not None:
        found.append((text(view.lang, "chip_level", level=level_name(view.lang, view.level)), view.but(level=None)))
    if view.sub_index != TOTAL:
        chosen = city.method.sub_index(view.sub_index)
        name = (chosen.name_en if view.lang == "en" else chosen.name) if chosen else view.sub_index
        found.append((name, view.but(sub_index=TOTAL)))
    if view.indicator:
        indicator = chosen_indicator(view, city)
        name = (indicator.name_en if view.lang == "en" else indicator.name) if indicator else view.indicator
        found.append((name, view.but(indicator="")))
    if view.incident_type:
        found.append((type_name(view.incident_type, city, view.lang), view.but(incident_type="")))
    found += filter_chips(view)
    if view.measure != first.measure:
        found.append((text(view.lang, view.measure), view.but(measure=first.measure)))
    if view.scheme:  # also while a score is shown: the link says it
        k = len(classes) if classes and shown_measure(view, city) == "rate" else way_of(view).k
        found.append((text(view.lang, "chip_scheme", way=way_name(view.lang, way_of(view), k)), with_way(view, Way())))
    if view.classes:
        kept = kept_classes(view.classes, len(classes))
        named = [classes[k] for k in kept] or [str(k + 1) for k in view.classes]
        words = (", " if view.lang == "en" else "、").join(named)
        found.append((text(view.lang, "chip_classes", words=words), view.but(classes=())))
    if view.period != first.period:
        name = text(view.lang, "chip_period", period=period_name(view.lang, view.period))
        found.append((name, view.but(period=first.period)))
    if view.compare != first.compare:
        against = comparison_name(view.lang, view.compare, view.period.kind)
        found.append((against, view.but(compare=first.compare)))
    if view.layer:
        label = text(view.lang, "layer_at", layer=layer_name(view.lang, view.layer))
        found.append((label, view.but(layer="")))
    if view.rows:
        found.append((text(view.lang, "rows"), view.but(rows=0)))
    if view.weights:
        found.append((text(view.lang, "chip_weights"), view.but(weights=())))
    remove = text(view.lang, "remove")
    return [
        dcc.Link(
            [html.Span(name), html.Span("×", className="x")],
            href=target.href(),
            className="chip of-layer" if target.layer != view.layer else "chip",
            title=remove,
        )
        for name, target in found
    ]


def layer_links(view: ViewState) -> list[Part]:
    """Return the choice of what lies above the places: a row of links, and the same folded for small windows."""
    lang = view.lang
    names = {"": text(lang, "layer_none"), **{layer: layer_name(lang, layer) for layer in LAYERS}}
    links = [_link(name, view.but(layer=layer), on=layer == view.layer) for layer, name in names.items()]
    label = text(lang, "layer_at", layer=names[view.layer])
    return [
        html.Div(links, className="choices", role="group", **aria(label=text(lang, "layer_nav"))),
        html.Details(
            [html.Summary(f"{label} ▾"), html.Div(links, className="menu")],
            className="folded-layers",
            key=view.search(),
        ),
    ]


def late_link(view: ViewState, city: CityData) -> list[Part]:
    """Return which sources are behind the others, and the way to them; nothing if none is."""
    found = late_sources(city)
    if not found:
        return []
    names = (", " if view.lang == "en" else "、").join(source_name(view.lang, source) for source in found)
    words = text(view.lang, "late_sources", n=len(found))
    return [html.A(words, href=DataView(lang=view.lang).href(), className="late", title=names)]


def foot(view: ViewState, city: CityData) -> list[Part]:
    """Return what the numbers rest on: date of the data, method, base year, boundaries; on a projector the date."""
    lang = view.lang
    as_of = text(lang, "as_of", day=city.data_as_of.isoformat() if city.data_as_of else "—")
    if view.theme == "projector":
        short = [text(lang, "simulated_short")] if city.settings.simulated else []
        return [html.Span(part) for part in [as_of, *late_link(view, city), *short]]
    parts = [as_of, *late_link(view, city), *foundations(view, city)]
    parts.append(html.A(text(lang, "phone_link"), href=phone_link(city, city.find(view.place), lang)))
    if city.settings.simulated:
        parts.append(text(lang, "simulated_short"))
    return [html.Span(part) for part in parts]


def foundations(view: ViewState, city: CityData) -> list[Part]:
    """Return method, base year and boundaries, in words or as a link."""
    lang, calibration = view.lang, city.active_calibration
    parts: list[Part] = []
    if scorable(TOTAL, city) and calibration is not None:
        method = text(lang, "method_version", version=city.method.version)
        parts.append(html.A(method, href=method_view(view).href()))
        last = calibration.base_end - dt.timedelta(days=1)
        parts.append(text(lang, "base_year", start=calibration.base_start, end=last))
    parts.append(text(lang, "boundary_version", version=city.boundary_version[:8]))
    return [*parts, text(lang, "schematic")] if city.settings.simulated else parts
