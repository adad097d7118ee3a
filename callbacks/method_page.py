"""The wiring of the method page: the link says what is read, and what is supposed."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, html

from callbacks.live import LiveCity
from geodata.city import CityData
from layers.drawn import lighten
from layers.method import ids
from layers.method.view import MethodView, parse_method_view
from layers.method.whatif import results
from layers.pages.method import page_parts

PAGE_OUTPUTS = {
    ids.TOPBAR: "children",
    ids.BANNER: "children",
    ids.CONTENTS: "children",
    ids.TEXT: "children",
    ids.RANKS: "children",
    ids.VERSIONS: "children",
    ids.WHATIF: "children",
    ids.DOCUMENT: "data",
}


def register(app: Dash, live: LiveCity) -> None:
    """Connect the page's parts."""
    # what is read does not change while a slider is moved: the browser tells the two apart
    app.clientside_callback(
        ClientsideFunction("pingan", "readLink"),
        Output(ids.READING, "data"),
        Output(ids.SUPPOSED, "data"),
        Input(ids.URL, "search"),
    )

    @app.callback(*(Output(part, prop) for part, prop in PAGE_OUTPUTS.items()), Input(ids.READING, "data"))
    def show_page(search: str | None) -> list[Any]:
        parts = page_parts(*_seen(search, live))
        return [parts[part] for part in PAGE_OUTPUTS]

    @app.callback(Output(ids.RESULTS, "children"), Input(ids.SUPPOSED, "data"))
    def show_results(search: str | None) -> Any:
        return lighten(html.Div(results(*_seen(search, live))))

    app.clientside_callback(
        ClientsideFunction("pingan", "applyDocument"), Output(ids.DOCUMENT_APPLIED, "data"), Input(ids.DOCUMENT, "data")
    )


def _seen(search: str | None, live: LiveCity) -> tuple[MethodView, CityData]:
    """Return a link's view, and the city under the method of its period."""
    city = live.current()
    view = parse_method_view(search, city)
    return view, city if view.period is None else city.at(view.period)
