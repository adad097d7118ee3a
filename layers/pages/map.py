"""The map page 一张图: what stands where; its parts are filled from the view."""

from __future__ import annotations

import json
from typing import Any

import dash_leaflet as dl
import numpy as np
import numpy.typing as npt
from dash import dcc, html

from geodata.alerts.book import Told
from geodata.city import CityData
from geodata.written import whole
from layers import ids
from layers.charts.hour_week import hour_week_figure
from layers.charts.trend import count_figure, score_figure
from layers.export import export_links
from layers.maps.legend import closing_line, legend, palette
from layers.maps.places import map_payload
from layers.maps.values import MapValues, chosen_types, map_values
from layers.panels.alerts import alerts_card
from layers.panels.area import area_card
from layers.panels.children import children_card
from layers.panels.filters import busiest_hours, drawer
from layers.panels.frame import chips, foot, layer_links, simulated_banner, topbar
from layers.panels.headline import headline
from layers.panels.incidents import incidents_card
from layers.panels.rail import rail
from layers.panels.reasons import reasons_card
from layers.panels.red_lines import red_lines_of_trend
from layers.panels.story import Story, story
from layers.panels.strip import strip
from layers.panels.types import types_card
from layers.style import Figure, aria
from layers.text import period_name, text
from layers.view import ViewState, shown_level, shown_measure

GRAPH: Any = {"displayModeBar": False, "responsive": True}


def page() -> html.Div:
    """Return the empty page; it holds nothing of any city."""
    return html.Div(
        [
            dcc.Location(id=ids.URL, refresh=False),
            dcc.Store(id=ids.MAP_VIEW),
            dcc.Store(id=ids.MAP_EVENT),
            dcc.Store(id=ids.MAP_PAINTED),
            dcc.Store(id=ids.DOCUMENT),
            dcc.Store(id=ids.DOCUMENT_APPLIED),
            html.Header(id=ids.TOPBAR, className="topbar"),
            html.Div(id=ids.BANNER),
            html.Main([html.Nav(id=ids.RAIL, className="rail"), _map_column(), _panel()], className="work"),
            html.Footer(id=ids.FOOT, className="foot"),
        ],
        id="app",
        className="app",
    )


def _map() -> html.Section:
    leaflet = dl.Map(
        id=ids.MAP,
        center=[0.0, 0.0],  # the browser fits the first view itself
        zoom=3,
        minZoom=3,
        maxZoom=19,
        zoomSnap=0.25,
        zoomDelta=0.5,
        zoomControl=False,
        attributionControl=False,
        keyboard=False,
        trackViewport=False,
        children=[],
    )
    return html.Section(
        [
            html.Details(id=ids.FILTERS, className="filters"),
            html.Nav(id=ids.LAYERS, className="layers"),
            html.Div(id=ids.CHIPS, className="chips"),
            leaflet,
            html.Aside(id=ids.LEGEND, className="legend"),
            html.Aside(id=ids.PATTERN_KEY, className="pattern-legend"),
            html.P(id=ids.CLOSING, className="closing"),
        ],
        className="map-wrap",
    )


def _map_column() -> html.Div:
    return html.Div([_map(), html.Div(id=ids.STRIP, className="strip")], className="map-column")


def _panel() -> html.Aside:
    handle = html.Button(html.Span(), className="sheet-handle", **aria(label=text("zh", "sheet")))
    slot = html.Div(id=ids.PATTERN, className="pattern-slot")  # of its own: a pattern may take seconds
    cards = html.Div(id=ids.PANEL, className="panel-body")
    return html.Aside([handle, cards, slot], id=ids.SHEET, className="panel")


def map_parts(view: ViewState, city: CityData) -> dict[str, Any]:
    """Return what the map, its legend and its chips show: the quick half of the page."""
    values = map_values(view, city)
    return {
        ids.MAP_VIEW: map_payload(view, city, values),
        ids.LEGEND: legend(view, city, values),
        ids.CLOSING: closing_line(view, city, values),
        ids.CHIPS: chips(view, city, [look["word"] for look in palette(view, values)]),
        ids.LAYERS: layer_links(view),
        ids.FILTERS: drawer(view, city),
    }


def panel_parts(
    view: ViewState, city: CityData, alerts: Told | None = None, *, may_answer: bool = False
) -> dict[str, Any]:
    """Return frame, rail and panel: the other half of the page.

    Parameters
    ----------
    view, city
        What is shown.
    alerts
        Those of `panels.alerts.window`, and the rules.
    may_answer
        Whether who asks may say what was found of an alert.
    """
    told = story(view, city)
    return {
        ids.TOPBAR: topbar(view, city),
        ids.BANNER: banners(view, city),
        ids.RAIL: rail(told),
        ids.PANEL: _cards(
            view, city, told, map_values(view, city), alerts_card(view, city, alerts or Told(), may_answer=may_answer)
        ),
        ids.FOOT: foot(view, city),
        ids.STRIP: strip(told),
        ids.DOCUMENT: {"lang": "en" if view.lang == "en" else "zh-CN", "theme": view.theme, "title": title(view, city)},
    }


def banners(view: ViewState, city: CityData) -> list[Any]:
    """Return what must be known of the whole page: that data are made up, that weights are supposed."""
    strips = []
    if city.settings.simulated:
        strips.append(simulated_banner(view.lang))
    if view.weights and not view.filters:  # what is filtered has no scores to weigh
        words = text(view.lang, "weights_banner", version=city.method.version)
        strips.append(html.Div(words, className="supposed-banner", role="status"))
    return strips


def title(view: ViewState, city: CityData) -> str:
    """Return the title of the window: place, period, product."""
    place = city.find(view.place)
    return f"{place.in_language(view.lang)} · {period_name(view.lang, view.period)} · {text(view.lang, 'brand')}"


def _cards(view: ViewState, city: CityData, told: Story, values: MapValues, alerts: html.Section) -> list[Any]:
    why = reasons_card(told)
    area = area_card(view, city)
    first = [headline(told), *([] if area is None else [area]), *([] if why is None else [why])]
    if view.theme == "projector":  # one idea a page: the number, why, and its course; the rest is for the desk
        return first[:1] if view.layer else [*first, _trend_card(told)]
    if view.rows:
        first.insert(1, incidents_card(view, city))
    all_types = view.but(incident_type="")
    (now, _), before = told.counts(all_types), told.compared_counts(all_types)
    cards = [*first, _trend_card(told)]
    cards += [] if view.filters else [alerts]  # rules count all incidents, not those that are looked at
    cards += [types_card(view, city, now, before), _hour_card(view, city)]
    cards += [] if shown_level(view, city) is None else [children_card(view, city, values)]
    return [*cards, export_links(view, hours=not city.months_only, reviewed=bool(city.settings.review_number))]


def trend_of(told: Story) -> tuple[str, list[str], Figure | None]:
    """Return the text that says what the course is of, its red lines, and the chart; None without anything to draw."""
    view, red = told.view, list[str]()
    if shown_measure(view, told.city) == "score":
        what, series = "trend_score", told.series(view.sub_index)
        red = red_lines_of_trend(told)
        figure = score_figure(view, told.periods, series, *told.interval(view.sub_index), red)
    else:
        what, series = "trend_count_filtered" if view.filters else "trend_count", told.totals()
        figure = count_figure(view, told.periods, series, [told.city.is_whole(period) for period in told.periods])
    return what, red, figure if np.isfinite(series).any() and series.any() else None


def _trend_card(told: Story) -> html.Section:
    view, (what, red, figure) = told.view, trend_of(told)
    heading = html.H2([text(view.lang, "trend"), html.Small(text(view.lang, what))])
    if figure is None:
        return html.Section([heading, html.P(text(view.lang, "nothing_to_draw"), className="muted")], className="card")
    heads = ["period", "score", "interval_90"] if what == "trend_score" else ["period", "incidents"]
    heads += ["red_line_head"] if red else []
    graph = dcc.Graph(id=ids.TREND, figure=figure, config=GRAPH, className="chart")
    key = [html.P(text(view.lang, "red_line_months"), className="red-key muted")] if red else []
    return html.Section(
        [heading, graph, *key, *_numbers(view, {"heads": [text(view.lang, key) for key in heads]})], className="card"
    )


def _numbers(view: ViewState, words: dict[str, Any]) -> list[Any]:
    """Return a folded table that the browser fills with the numbers of the chart above; none on a projector."""
    if view.theme == "projector":
        return []
    marks: Any = {"data-numbers": json.dumps(words, ensure_ascii=False)}
    summary = html.Summary(text(view.lang, "numbers_list"))
    return [html.Details([summary, html.Div(**marks, tabIndex="0")], className="numbers", key=view.search())]


def _hour_card(view: ViewState, city: CityData) -> html.Section:
    heading = html.H2(text(view.lang, "hour_week"))
    if city.months_only:
        return html.Section([heading, html.P(text(view.lang, "months_only"), className="muted")], className="card")
    counts, unknown = hours_by_weekday(view, city)
    if not counts.any():
        return html.Section([heading, html.P(text(view.lang, "nothing_to_draw"), className="muted")], className="card")
    parts = [heading, dcc.Graph(id=ids.HOURS, figure=hour_week_figure(counts, view), config=GRAPH, className="chart")]
    heads = ["", *text(view.lang, "weekdays").split(" "), text(view.lang, "sum_total")]
    words: dict[str, Any] = {
        "heads": heads,
        "unit": text(view.lang, "hour_axis"),
        "total": text(view.lang, "sum_total"),
    }
    words["keep"] = text(view.lang, "hours_keep")
    parts += [*_numbers(view, words), *busiest_hours(view, counts.sum(axis=0))]
    if unknown:
        parts.append(html.P(text(view.lang, "hour_unknown", n=whole(unknown)), className="muted"))
    return html.Section(parts, className="card")


def hours_by_weekday(view: ViewState, city: CityData) -> tuple[npt.NDArray[np.int64], int]:
    """Count the view's incidents by weekday (Monday first) and hour, shape (7, 24), and those without an hour."""
    place = city.find(view.place)
    rows = city.index.selected(view.period.start, view.period.end, within=place.within, types=chosen_types(view, city))
    hour, weekday = city.index.hour[rows].astype(np.int64), (city.index.day[rows].astype(np.int64) + 3) % 7
    known = hour >= 0
    counts = np.bincount(weekday[known] * 24 + hour[known], minlength=7 * 24).reshape(7, 24)
    return counts, int((~known).sum())
