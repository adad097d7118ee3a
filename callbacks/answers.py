"""Whole answers kept: what many readers ask for at once is worked out, written and packed once."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from typing import Any

import flask

from callbacks.guard import CALLBACK_PATH, LEAST_PACKED
from callbacks.live import LiveCity
from callbacks.workers import Workers, asked
from geodata.memory import Memory
from layers import ids

MOST_BYTES = 64_000_000
"""What kept answers may hold in memory."""
COSTLY = ("/frames", "/pattern", "/points", "/export/picture.", "/export/table.")
"""How addresses begin whose answers are worked out beside the server and are not kept by it."""
SLOW = ("/frames", "/pattern", "/export/")
"""Those of them that may take long."""


@dataclass(frozen=True)
class Answer:
    """The body of an answer as it was sent."""

    body: bytes
    packed: bool


def register(server: flask.Flask, live: LiveCity, homes: list[str], workers: Workers) -> None:
    """Keep what callbacks answer that read nothing but the link; have it worked out beside the server.

    Register it after `guard.protect`, whose checks then come first and whose headers stand on every answer. An answer
    holds for the state of the city and of its ledger that it was made in, for one host name (what a visitor may do
    depends on it), and for exactly the same call.

    Parameters
    ----------
    server, live
        The server and the city.
    homes
        Addresses of the pages whose callbacks read the link, the city and its ledger only.
    workers
        Processes that work answers out; where none is up the server does.
    """
    answers = Memory(MOST_BYTES)
    paths = {home + CALLBACK_PATH.removeprefix("/") for home in homes}

    @server.before_request
    def give() -> flask.Response | None:
        request = flask.request
        if request.method == "GET" and request.path.startswith(COSTLY):
            return worked_out(slow=request.path.startswith(SLOW))
        call = request.get_json(silent=True) if request.path in paths else None
        if not _reads_the_link_only(call):
            return None
        live.current()  # so that the number below tells of a city that was published meanwhile
        packs = "gzip" in request.headers.get("Accept-Encoding", "")
        question = request.path, request.host, packs, request.get_data()
        flask.g.question = (*question, live.number, live.stamp())
        known: Answer | None = answers.known(flask.g.question)
        if known is None:
            return worked_out(slow=_asks_for_a_pattern(call))
        response = flask.Response(known.body, mimetype="application/json")
        if known.packed:
            _say_packed(response)
        flask.g.question = None
        return response

    def worked_out(*, slow: bool) -> flask.Response | None:
        reply = workers.answer(asked(live.changes), slow=slow) if workers.up else None
        if reply is None:
            return None
        response = flask.Response(reply.body, reply.status)
        response.headers.update(reply.headers)
        return response

    @server.after_request
    def keep(response: flask.Response) -> flask.Response:
        question = flask.g.get("question")
        if question is None or response.status_code != 200:
            return response
        body, packed = response.get_data(), "Content-Encoding" in response.headers
        if question[2] and not packed and len(body) > LEAST_PACKED:
            body, packed = gzip.compress(body, 1), True
            response.set_data(body)
            _say_packed(response)
        answers.keep(question, Answer(body, packed))
        return response


def _say_packed(response: flask.Response) -> None:
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"


def _reads_the_link_only(body: Any) -> bool:
    """Say whether a call's only input is the link; the guard has checked its form."""
    if not isinstance(body, dict) or body.get("state"):
        return False
    return all(part.get("property") == "search" for part in body["inputs"])


def _asks_for_a_pattern(call: Any) -> bool:
    """Say whether a call is that of the card of a layer that its link names."""
    return f"{ids.PATTERN}." in call["output"] and "layer=" in str(call["inputs"][0].get("value"))
