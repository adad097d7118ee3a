"""Addresses of the search box and of the question who looks after a point."""

from __future__ import annotations

import math
from urllib.parse import urlencode

import flask
import orjson

from callbacks.live import LiveCity
from geodata.errors import SelectionError
from geodata.search import MOST_QUERY
from layers.search import search_answer, whose_answer
from layers.view import parse_view

MOST_DIGITS = 24
"""Longer numbers are no position that anybody typed or clicked."""


def register(server: flask.Flask, live: LiveCity) -> None:
    """Add the addresses to the server; both take the present link's query.

    A position comes in the body of a request: what stands in an address is written to the logs of servers in between.
    """

    @server.get("/search")
    def search() -> flask.Response:
        city, query = live.current(), flask.request.args.to_dict()
        asked = query.pop("q", "")
        if len(asked) > MOST_QUERY:
            raise SelectionError(f"搜索内容最多 {MOST_QUERY} 个字。", f"a search has at most {MOST_QUERY} characters.")
        view = parse_view("?" + urlencode(query), city)
        index, _ = live.finders(city)
        return _json(search_answer(view, city, index, asked))

    @server.post("/at")
    def whose() -> flask.Response:
        city, body = live.current(), flask.request.form
        lon, lat = _degrees(body.get("lon", ""), 180), _degrees(body.get("lat", ""), 90)
        view = parse_view("?" + urlencode(flask.request.args.to_dict()), city)
        _, locator = live.finders(city)
        return _json(whose_answer(view, city, locator, lon, lat))


def _degrees(text: str, most: float) -> float:
    try:
        degrees = float(text) if len(text) <= MOST_DIGITS else math.nan
    except ValueError:
        degrees = math.nan
    if not abs(degrees) <= most:  # what is no number is no position either
        raise SelectionError("坐标无法识别。", "the position is not readable.")
    return degrees


def _json(answer: object) -> flask.Response:
    return flask.Response(orjson.dumps(answer), mimetype="application/json")
