"""Addresses beside the page: outlines, incident points, health."""

from __future__ import annotations

import gzip
import hashlib
import re
from urllib.parse import urlencode

import flask
import orjson

from callbacks.live import LiveCity
from geodata.errors import SelectionError
from geodata.points import Window
from geodata.vocabulary import PlaceLevel
from layers.features import FORMAT
from layers.maps.frames import frames, series_of
from layers.maps.patterns import pattern_of, pattern_payload
from layers.points import bundle_answer, points_answer
from layers.view import city_of, parse_view

YEAR_S = 31_536_000


def register(server: flask.Flask, live: LiveCity) -> None:
    """Add the routes to the server."""

    @server.get(f"/geometry/<version>-{FORMAT}/<level>.json")
    def geometry(version: str, level: str) -> flask.Response:
        packed = live.geometry(version, _level(level))
        response = flask.Response(packed, mimetype="application/json")
        response.headers["Content-Encoding"] = "gzip"
        if "gzip" not in flask.request.headers.get("Accept-Encoding", ""):
            response = flask.Response(gzip.decompress(packed), mimetype="application/json")
        return _cached(response, hashlib.sha256(packed).hexdigest()[:20])

    @server.get("/points")
    def points() -> flask.Response:
        query = flask.request.args.to_dict()
        window, square = _window(query.pop("bbox", ""), query.pop("zoom", "")), query.pop("ring", None)
        view = parse_view(_search(query), live.current())
        city = city_of(view, live.current())
        found = (
            points_answer(view, city, window) if square is None else bundle_answer(view, city, window, _ring(square))
        )
        return flask.Response(orjson.dumps(found), mimetype="application/json")

    @server.get("/pattern")
    def pattern() -> flask.Response:
        city = live.current()
        view = parse_view(_search(flask.request.args.to_dict()), city)
        if not view.layer:
            raise SelectionError("链接没有指明图层。", "the link names no layer.")
        with live.asked(view.layer):
            found = pattern_of(view, city_of(view, city), live.folder)
            drawn = city.kept(("drawn", view), lambda: orjson.dumps(pattern_payload(view, city, found)))
        return flask.Response(drawn, mimetype="application/json")

    @server.get("/frames")
    def frames_of_a_map() -> flask.Response:
        city = live.current()
        view = parse_view(_search(flask.request.args.to_dict()), city)
        played = city.kept(("frames", series_of(view, city)), lambda: orjson.dumps(frames(view, city)))
        return flask.Response(played, mimetype="application/json")

    @server.get("/health")
    def health() -> flask.Response:
        city = live.current()
        return flask.jsonify(status="ok", data_version=city.data_version, incidents=len(city.index.day))


def _cached(response: flask.Response, key: str) -> flask.Response:
    """Let the browser keep what can never change under its address."""
    response.set_etag(key)
    response.headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable"
    response.headers["Vary"] = "Accept-Encoding"
    response.make_conditional(flask.request)
    return response


def _level(text: str) -> PlaceLevel:
    try:
        return PlaceLevel(text)
    except ValueError as error:
        raise SelectionError("没有这一层级。", "there is no such level.") from error


def _search(query: dict[str, str]) -> str:
    return "?" + urlencode(query)


def _ring(text: str) -> int:
    """Read the number of a square of the window."""
    if not re.fullmatch(r"[0-9]{1,5}", text):
        raise SelectionError("没有这个圆环。", "there is no such ring.")
    return int(text)


def _window(bbox: str, zoom: str) -> Window:
    """Read west,south,east,north and the zoom of the visible map."""
    try:
        west, south, east, north = (float(part) for part in bbox.split(","))
        window = Window(west, south, east, north, float(zoom))
    except ValueError as error:
        raise SelectionError("地图范围无法识别。", "the window of the map is not readable.") from error
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90 and 0 <= window.zoom <= 22):
        raise SelectionError("地图范围超出界限。", "the window of the map is out of bounds.")
    return window
