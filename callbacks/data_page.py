"""The wiring of the data page: links open what is shown, events move an import on."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import flask
from dash import ClientsideFunction, Dash, Input, Output, State, no_update

from callbacks.boundary_check import BoundaryCheck
from callbacks.guard import only_where_allowed
from callbacks.imports import Imports
from callbacks.live import CHECK_EVERY_S, LiveCity
from geodata.audit import audit_city
from geodata.city import CityData
from geodata.errors import SelectionError
from geodata.pipeline import undo
from geodata.quality import RowPage, known_page, set_aside_page, source_quality, written_page
from geodata.settings import Settings
from geodata.store import Store
from layers.data import ids
from layers.data.audit import audit_section
from layers.data.batches import batches_section
from layers.data.boundaries import boundaries_section, map_payload
from layers.data.opened import Opened, opened_panel
from layers.data.sources import sources_section
from layers.data.view import ROWS_A_PAGE, DataView, parse_data_view
from layers.data.wizard import wizard_panel
from layers.pages import data as layout

SECTION_OUTPUTS = (ids.TOPBAR, ids.BANNER, ids.SOURCES, ids.BATCHES)
BOUNDARY_OUTPUTS = {ids.BOUNDARIES: "children", ids.MAP_VIEW: "data"}


@dataclass(frozen=True)
class Desk:
    """All that the data page works with."""

    settings: Settings
    store: Store
    live: LiveCity
    imports: Imports
    check: BoundaryCheck

    def view(self, search: str | None) -> DataView:
        """Read a link."""
        return parse_data_view(search, self.store.batches())

    def city(self) -> CityData:
        """Return the city; just after an import, wait for the one that has it."""
        city = self.live.current()
        if city.batches != self.store.state().live_batches:
            time.sleep(CHECK_EVERY_S)
            city = self.live.current()
        return city

    def allowed(self) -> bool:
        """Say whether who asks may import."""
        return self.settings.import_allowed(flask.request.host)


def register(app: Dash, desk: Desk) -> None:
    """Connect the page's parts."""

    @app.callback(
        *(Output(part, "children") for part in SECTION_OUTPUTS),
        Output(ids.DOCUMENT, "data"),
        Input(ids.URL, "search"),
        Input(ids.VERSION, "data"),
    )
    def show_sections(search: str | None, _version: str | None) -> list[Any]:
        return sections(desk, search)

    @app.callback(Output(ids.AUDIT, "children"), Input(ids.URL, "search"), Input(ids.VERSION, "data"))
    def show_audit(search: str | None, _version: str | None) -> Any:
        return audit(desk, desk.view(search))

    @app.callback(Output(ids.OPENED, "children"), Input(ids.URL, "search"), Input(ids.VERSION, "data"))
    def show_opened(search: str | None, _version: str | None) -> list[Any] | None:
        return opened(desk, desk.view(search))

    @app.callback(
        *(Output(part, prop) for part, prop in BOUNDARY_OUTPUTS.items()),
        Input(ids.URL, "search"),
        Input(ids.VERSION, "data"),
    )
    def show_boundaries(search: str | None, _version: str | None) -> list[Any]:
        city, view = desk.city(), desk.view(search)
        faults = desk.check.look(city)
        said = boundaries_section(city, faults, view, failed=desk.check.failed(city))
        return [said, map_payload(city, faults)]

    @app.callback(
        Output(ids.STEP, "data"),
        Output(ids.VERSION, "data"),
        Input(ids.EVENT, "data"),
        State(ids.STEP, "data"),
        prevent_initial_call=True,
    )
    def act(event: object, state: object) -> list[Any]:
        return after_event(desk, event, state)

    @app.callback(Output(ids.WIZARD, "children"), Input(ids.STEP, "data"), Input(ids.URL, "search"))
    def show_wizard(state: object, search: str | None) -> list[Any] | None:
        return wizard(desk, state, desk.view(search))

    for function, output, given in (
        ("watchJob", ids.STEP_WATCHED, ids.STEP),
        ("drawBoundaries", ids.MAP_DRAWN, ids.MAP_VIEW),
        ("applyDocument", ids.DOCUMENT_APPLIED, ids.DOCUMENT),
    ):
        app.clientside_callback(ClientsideFunction("pingan", function), Output(output, "data"), Input(given, "data"))


def sections(desk: Desk, search: str | None) -> list[Any]:
    """Return frame, sources and batches, and what the window is called."""
    view, city, allowed = desk.view(search), desk.city(), desk.allowed()
    mended = desk.store.mended_counts()
    return [
        layout.topbar(view, city, allowed=allowed),
        layout.banners(view, city, allowed=allowed),
        sources_section(source_quality(city, mended), view),
        batches_section(desk.store.batches(), mended, view, ZoneInfo(city.settings.time_zone)),
        layout.document(view, city),
    ]


def audit(desk: Desk, view: DataView) -> Any:
    """Return the questions to the sources; they are looked for once a state of the city."""
    city = desk.city()
    findings = city.kept("audit", lambda: audit_city(city, desk.store))
    return audit_section(findings, city, view)


def opened(desk: Desk, view: DataView) -> list[Any] | None:
    """Return the panel of the opened batch, None if there is none."""
    if view.batch is None:
        return None
    batch = desk.store.state().batch(view.batch)
    mended = desk.store.mended_counts().get(batch.id, 0)
    shown = Opened(batch, mended, _rows(desk.store, view), desk.allowed())
    return opened_panel(shown, view, desk.city())


def _rows(store: Store, view: DataView) -> RowPage | None:
    number, start = view.batch or 0, view.page * ROWS_A_PAGE
    match view.show:
        case "":
            return None
        case "known":
            return known_page(store, number, start=start, n=ROWS_A_PAGE)
        case "set_aside":
            return set_aside_page(store, number, reason=view.reason, start=start, n=ROWS_A_PAGE)
        case show:
            return written_page(store, number, corrected=show == "corrected", start=start, n=ROWS_A_PAGE)


def wizard(desk: Desk, state: object, view: DataView) -> list[Any] | None:
    """Return the panel of the import that a page is in, None for no panel."""
    shown = desk.imports.show(state if isinstance(state, dict) else None)
    if shown is None or not desk.allowed():
        return None
    city = desk.city()
    sources = sorted({batch.source for batch in desk.store.batches()})
    types = [kind.name_en if view.lang == "en" else kind.name for kind in city.method.types.values()]
    return wizard_panel(shown, view.lang, sources, types)


def after_event(desk: Desk, event: object, state: object) -> list[Any]:
    """Take an event; return the state of the import, and a new version if what is stored has changed.

    Raises
    ------
    PinganError
        If the event cannot be taken.
    """
    only_where_allowed(desk.settings)
    if not isinstance(event, dict):
        raise SelectionError("没有这个操作。", "There is no such action.")
    if event.get("kind") == "undo":
        return [no_update, _undone(desk, event)]
    step = desk.imports.act(event, state if isinstance(state, dict) else None)
    return [step, _version() if step and step.get("step") == "published" else no_update]


def _undone(desk: Desk, event: Mapping[str, Any]) -> str:
    number = event.get("batch")
    if not isinstance(number, int):
        raise SelectionError("没有这个操作。", "There is no such action.")
    undo(Store(desk.store.folder), number)  # a store of its own: it holds the ledger while it writes
    return _version()


def _version() -> str:
    """Return a new word: whoever listens reads the store again."""
    return secrets.token_hex(4)
