"""The application: all pages on one server, behind one guard."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import flask
from dash import Dash

from callbacks import (
    alert_routes,
    answers,
    api,
    compare_page,
    data_page,
    exports,
    guard,
    health,
    intake_routes,
    map_page,
    meeting,
    method_page,
    ogc,
    phone,
    routes,
    search_routes,
    tiles,
)
from callbacks.boundary_check import BoundaryCheck
from callbacks.imports import Imports
from callbacks.jobs import Jobs
from callbacks.live import LiveCity
from callbacks.workers import Workers
from geodata.settings import Settings
from geodata.store import Store
from layers.compare import view as compare_view
from layers.data import view as data_view
from layers.method import view as method_view
from layers.pages import compare as compare_layout
from layers.pages import data as data_layout
from layers.pages import map as map_layout
from layers.pages import method as method_layout
from layers.text import text
from layers.view import parse_view

ROOT = Path(__file__).resolve().parents[1]
"""Where app.py and assets/ lie."""


def create_app(settings: Settings, *, workers: int = 0) -> Dash:
    """Build the application on a city folder.

    Parameters
    ----------
    settings
        Where the city lies; host and port are the caller's business.
    workers
        How many processes beside this one work answers out.

    Raises
    ------
    PinganError
        If the folder holds no usable city.
    """
    for name in [name for name in os.environ if name.startswith(("DASH_", "FLASK_"))]:
        del os.environ[
            name
        ]  # the frameworks' own switches (debug, hot reload, tool server) are not the visitor's to set
    store = Store(settings.city)
    return _application(settings, store, LiveCity(store), Workers(partial(in_a_worker, settings), workers))


def in_a_worker(settings: Settings) -> tuple[flask.Flask, LiveCity]:
    """Build the application for a worker process."""
    store = Store(settings.city)
    live = LiveCity(store)
    return _application(settings, store, live, None).server, live


def _application(settings: Settings, store: Store, live: LiveCity, workers: Workers | None) -> Dash:
    others = f"{DATA_ASSETS}|{METHOD_ASSETS}|{COMPARE_ASSETS}"
    app = Dash("pingan", assets_ignore=others, **_page_options(text("zh", "brand")))
    app.layout = map_layout.page()
    map_page.register(app, live, settings)
    server: flask.Flask = app.server
    routes.register(server, live)
    alert_routes.register(server, settings)
    search_routes.register(server, live)
    tiles.register(server, live, settings)
    exports.register(server, live, store)
    health.register(server, live, store)
    api.register(server, live)
    ogc.register(server, live)
    phone.register(server, live, store)
    meeting.register(server, live, store, settings)
    data, method = _data_page(server, settings, store, live), _method_page(server, live)
    compare = _compare_page(server, live)

    @server.before_request
    def check_link() -> None:
        rule = flask.request.url_rule.rule if flask.request.url_rule is not None else ""
        pages = ("/", data_view.PATH, method_view.PATH, compare_view.PATH)
        if rule in [f"{page}<path:path>" for page in pages]:
            flask.abort(404)  # Dash would answer any address with the page
        link = "?" + flask.request.query_string.decode("utf-8", "replace")
        if flask.request.path == "/":
            parse_view(link, live.current())
        if flask.request.path == data_view.PATH:
            data_view.parse_data_view(link, store.batches())
        if flask.request.path == method_view.PATH:
            method_view.parse_method_view(link, live.current())
        if flask.request.path == compare_view.PATH:
            compare_view.parse_compare_view(link, live.current())

    guard.protect(app, data, method, compare)
    if workers is not None:  # who answers only what it is given keeps nothing
        answers.register(server, live, ["/", method_view.PATH, compare_view.PATH], workers)
    return app


def _data_page(server: flask.Flask, settings: Settings, store: Store, live: LiveCity) -> Dash:
    others = (MAP_ASSETS, METHOD_ASSETS, COMPARE_ASSETS, READING_ASSETS, BASEMAP_ASSETS)
    app = _page(server, data_view.PATH, "data", data_layout.page(), others)
    jobs = Jobs([sys.executable, str(ROOT / "app.py")], store.folder)
    imports, check = Imports(store, jobs, settings.most_upload), BoundaryCheck(store)
    intake_routes.register(server, settings, store, imports, jobs, check)
    data_page.register(app, data_page.Desk(settings, store, live, imports, check))
    return app


def _method_page(server: flask.Flask, live: LiveCity) -> Dash:
    others = (MAP_ASSETS, DATA_ASSETS, COMPARE_ASSETS, BASEMAP_ASSETS)
    app = _page(server, method_view.PATH, "method_page", method_layout.page(), others)
    method_page.register(app, live)
    return app


def _compare_page(server: flask.Flask, live: LiveCity) -> Dash:
    others = (MAP_ASSETS, DATA_ASSETS, METHOD_ASSETS)
    app = _page(server, compare_view.PATH, "compare_page", compare_layout.page(), others)
    compare_page.register(app, live)
    return app


def _page(server: flask.Flask, path: str, title: str, layout: Any, others: Iterable[str]) -> Dash:
    """Add a page to the server: an application of its own, of which nothing is on the map's page.

    Parameters
    ----------
    server, path
        Where it is.
    title
        Key of the text that names it.
    layout
        What is on it.
    others
        Assets that other pages have and this one has not.
    """
    app = Dash(
        f"pingan_{path.strip('/')}",
        server=server,  # type: ignore[arg-type] # a Flask server; its annotation forgot it
        url_base_pathname=path,
        assets_ignore="|".join(others),
        **_page_options(f"{text('zh', title)} · {text('zh', 'brand')}"),
    )
    app.layout = layout
    return app


DATA_ASSETS = r"^(boundaries|desk|rows|upload)\.js$|^55_data\.css$"
MAP_ASSETS = (
    r"^(alerts|box|circles|controls|filters|incidents|keyboard|labels|legend|patterns|places|search|select|sheet"
    r"|spotlight|strip|whose)\.js$"
    r"|^(20_map|25_search|25_strip|27_filters|30_rail|35_spotlight|45_alerts|47_export|50_phone)\.css$"
)
METHOD_ASSETS = r"^method\.js$|^56_method\.css$"
COMPARE_ASSETS = r"^(compare|smallmaps)\.js$|^57_compare\.css$"
"""What one page has and the others have not."""
BASEMAP_ASSETS = r"^basemap\.js$|^22_basemap\.css$"
"""What the pages with large maps have."""
READING_ASSETS = r"^drawn\.js$|^15_parts\.css$"
"""What all pages but that of the data have."""
NO_PAGE_OF_DASH = [r"^m$", r"^meeting$"]
"""The folders of the phone page and of meetings."""


def _page_options(title: str) -> dict[str, Any]:
    return {
        "title": title,
        "update_title": "",
        "assets_folder": str(ROOT / "assets"),
        "assets_path_ignore": NO_PAGE_OF_DASH,
        "serve_locally": True,
        "compress": False,
        "add_log_handler": False,
        "enable_mcp": False,
        "meta_tags": [{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    }
