"""The wiring of the map page: one callback writes the link, all others read it."""

from __future__ import annotations

from typing import Any

import flask
from dash import ClientsideFunction, Dash, Input, Output, State

from callbacks.live import LiveCity
from geodata.city import CityData
from geodata.settings import Settings
from layers import ids
from layers.drawn import DRAWN, as_data, as_json, lighten
from layers.pages.map import map_parts, panel_parts
from layers.panels.alerts import window
from layers.panels.hotspots import pattern_parts
from layers.view import city_of, next_view, parse_view

MAP_OUTPUTS = {ids.MAP_VIEW: "data", ids.LEGEND: "children", ids.CLOSING: "children", ids.CHIPS: DRAWN}
MAP_OUTPUTS |= {ids.LAYERS: DRAWN, ids.FILTERS: DRAWN}
PANEL_OUTPUTS = {
    ids.TOPBAR: DRAWN,
    ids.BANNER: "children",
    ids.RAIL: DRAWN,
    ids.PANEL: "children",
    ids.FOOT: DRAWN,
    ids.STRIP: DRAWN,
    ids.DOCUMENT: "data",
}


def register(app: Dash, live: LiveCity, settings: Settings) -> None:
    """Connect the page's parts."""

    @app.callback(*_outputs(MAP_OUTPUTS), Input(ids.URL, "search"))
    def show_map(search: str | None) -> list[Any]:
        view = parse_view(search, live.current())
        return list(sent(map_parts(view, city_of(view, live.current())), MAP_OUTPUTS).values())

    @app.callback(*_outputs(PANEL_OUTPUTS), Input(ids.URL, "search"))
    def show_panels(search: str | None) -> list[Any]:
        view = parse_view(search, live.current())
        city = city_of(view, live.current())
        alerts, allowed = live.alerts(*window(view, city)), settings.import_allowed(flask.request.host)
        return list(sent(panel_parts(view, city, alerts, may_answer=allowed), PANEL_OUTPUTS).values())

    @app.callback(
        Output(ids.PATTERN, "children"),
        Output(ids.PATTERN_KEY, "children"),
        Input(ids.URL, "search"),
        running=[(Output(ids.PATTERN, "className"), "pattern-slot is-waiting", "pattern-slot")],
    )
    def show_pattern(search: str | None) -> tuple[list[Any], list[Any]]:
        view = parse_view(search, live.current())
        with live.asked(view.layer):
            return pattern_parts(view, city_of(view, live.current()), live.folder)

    @app.callback(
        Output(ids.URL, "search"), Input(ids.MAP_EVENT, "data"), State(ids.URL, "search"), prevent_initial_call=True
    )
    def navigate(event: object, search: str | None) -> str:
        return after_event(event, search, live.current())

    app.clientside_callback(
        ClientsideFunction("pingan", "paint"), Output(ids.MAP_PAINTED, "data"), Input(ids.MAP_VIEW, "data")
    )
    app.clientside_callback(
        ClientsideFunction("pingan", "applyDocument"), Output(ids.DOCUMENT_APPLIED, "data"), Input(ids.DOCUMENT, "data")
    )


def sent(parts: dict[str, Any], outputs: dict[str, str]) -> dict[str, Any]:
    """Return parts as the page takes them: what holds no chart as data, for Dash needs long for every component."""
    ways = {DRAWN: as_data, "children": lambda part: as_json(lighten(part))}
    return {name: ways[prop](parts[name]) if prop in ways else parts[name] for name, prop in outputs.items()}


def after_event(event: object, search: str | None, city: CityData) -> str:
    """Return the link after a map event: the only writer of the view."""
    return next_view(parse_view(search, city), event if isinstance(event, dict) else {}, city).search()


def _outputs(parts: dict[str, str]) -> list[Output]:
    return [Output(part, prop) for part, prop in parts.items()]
