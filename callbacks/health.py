"""Two addresses for whoever watches over the server: it is alive, and it can answer."""

from __future__ import annotations

import sqlite3

import flask

from callbacks.live import LiveCity
from geodata.errors import PinganError
from geodata.store import LEDGER, Store


def register(server: flask.Flask, live: LiveCity, store: Store) -> None:
    """Add the addresses to the server."""

    @server.get("/healthz")
    def alive() -> flask.Response:
        return flask.jsonify(status="ok")

    @server.get("/readyz")
    def ready() -> tuple[flask.Response, int]:
        problem = trouble(live, store)
        return (
            (flask.jsonify(status="not ready", reason=problem), 503) if problem else (flask.jsonify(status="ok"), 200)
        )


def trouble(live: LiveCity, store: Store) -> str:
    """Say in a word why no question about the city can be answered, "" if it can; no path, no content."""
    if not (store.folder / LEDGER).is_file():  # opening it would make an empty one
        return "ledger missing"
    try:
        store.changes()
    except (PinganError, OSError, sqlite3.Error):
        return "ledger unreadable"
    try:
        live.current()
    except (PinganError, OSError, sqlite3.Error):
        return "city unreadable"
    return ""
