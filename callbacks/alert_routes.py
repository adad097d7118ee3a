"""The address at which the map page says what was found when somebody looked after an alert."""

from __future__ import annotations

import flask

from callbacks.guard import only_from_here
from geodata.alerts import book
from geodata.alerts.book import Feedback
from geodata.errors import SelectionError
from geodata.settings import Settings
from geodata.store import Store

MOST = 2**31
"""Alerts have smaller numbers."""


def register(server: flask.Flask, settings: Settings) -> None:
    """Add the route to the server."""

    @server.post("/alerts/<int:number>")
    def answer(number: int) -> flask.Response:
        only_from_here(settings)
        feedback = _feedback(flask.request.args.get("answer", ""))
        if number >= MOST:
            raise SelectionError("没有这条预警。", "There is no such alert.")
        book.answer(Store(settings.city), number, feedback)  # a store of its own: it holds the ledger while it writes
        return flask.jsonify(id=number, answer=feedback.value)


def _feedback(word: str) -> Feedback:
    try:
        return Feedback(word)
    except ValueError as error:
        raise SelectionError("反馈只能是属实、误报或已处置。", "An answer is true, false or handled.") from error
