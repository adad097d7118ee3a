"""The wiring of the comparison page: one callback fills it from the link, one writes the link after a map event."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State

from callbacks.live import LiveCity
from geodata.city import CityData
from layers.compare import ids
from layers.compare.view import next_compare, parse_compare_view
from layers.drawn import lighten
from layers.pages.compare import page_parts

PAGE_OUTPUTS = {
    ids.TOPBAR: "children",
    ids.BANNER: "children",
    ids.CHOOSER: "children",
    ids.CHIPS: "children",
    ids.MODES: "children",
    ids.NOTES: "children",
    ids.STAGE: "className",
    ids.HEAD_A: "children",
    ids.HEAD_B: "children",
    ids.UNDER_A: "children",
    ids.UNDER_B: "children",
    ids.LEGEND: "children",
    ids.BODY: "children",
    ids.FOOT: "children",
    ids.PAINT: "data",
    ids.DOCUMENT: "data",
}


def register(app: Dash, live: LiveCity) -> None:
    """Connect the page's parts."""

    @app.callback(*(Output(part, prop) for part, prop in PAGE_OUTPUTS.items()), Input(ids.URL, "search"))
    def show_page(search: str | None) -> list[Any]:
        city = live.current()
        view = parse_compare_view(search, city)
        parts = page_parts(view, city)
        for part in (
            ids.CHOOSER,
            *([] if view.mode == "multiples" else [ids.BODY]),
        ):  # pictures are drawn on as they are
            parts[part] = lighten(parts[part])
        return [parts[part] for part in PAGE_OUTPUTS]

    @app.callback(
        Output(ids.URL, "search"), Input(ids.EVENT, "data"), State(ids.URL, "search"), prevent_initial_call=True
    )
    def navigate(event: object, search: str | None) -> str:
        return after_event(event, search, live.current())

    app.clientside_callback(
        ClientsideFunction("pingan", "paintCompare"), Output(ids.PAINTED, "data"), Input(ids.PAINT, "data")
    )
    app.clientside_callback(
        ClientsideFunction("pingan", "applyDocument"), Output(ids.DOCUMENT_APPLIED, "data"), Input(ids.DOCUMENT, "data")
    )


def after_event(event: object, search: str | None, city: CityData) -> str:
    """Return the link after an event of a map."""
    view = parse_compare_view(search, city)
    return next_compare(view, event if isinstance(event, dict) else {}, city).search()
