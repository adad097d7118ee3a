"""OGC API – Features, Part 1: places as collections, so that QGIS and GDAL connect to the server itself.

A collection is a level; its features bear the scores of the last whole month. Conformance: core, geojson, oas30.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import flask
import numpy as np
import numpy.typing as npt
import orjson

from callbacks.api import GEOJSON, JSON, answering, language, link, query_string, reply, tag, unchanged
from callbacks.live import LiveCity
from callbacks.problems import problem
from geodata.city import CityData
from geodata.errors import SelectionError
from geodata.exports.geojson import collection, features
from geodata.exports.outlines import outlines_of
from geodata.vocabulary import PlaceLevel
from layers.api import ParameterError, read_fields, read_form, read_number
from layers.export import place_table
from layers.text import level_name, text
from layers.view import ViewState, default_view

ROOT = "/ogc"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CLASSES = [f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}" for name in ("core", "oas30", "geojson")]
LIMIT, MOST = 100, 5000
FIELDS = ("f", "lang")
Positions = npt.NDArray[np.intp]
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?")


def register(server: flask.Flask, live: LiveCity) -> None:
    """Add the addresses to the server."""

    def add(path: str, view: Any) -> None:
        server.add_url_rule(
            ROOT + path, endpoint=f"ogc_{view.__name__}", view_func=answering(view), strict_slashes=False
        )

    def landing() -> flask.Response:
        _plain()
        links = [link(ROOT, "self", JSON), link(f"{ROOT}/api", "service-desc", OPENAPI)]
        links += [link(f"{ROOT}/conformance", "conformance", JSON), link(f"{ROOT}/collections", "data", JSON)]
        return reply({**_called(live.current()), "links": links}, JSON)

    def conformance() -> flask.Response:
        _plain()
        return reply({"conformsTo": CLASSES, "links": [link(f"{ROOT}/conformance", "self", JSON)]}, JSON)

    def api() -> flask.Response:
        _plain()
        return reply(description(live.current(), language()), OPENAPI)

    def collections() -> flask.Response:
        _plain()
        city = live.current()
        links = [link(f"{ROOT}/collections", "self", JSON)]
        return reply({"links": links, "collections": [_collection(city, level) for level in city.levels]}, JSON)

    def one_collection(level: str) -> flask.Response:
        _plain()
        city = live.current()
        found = _level(city, level)
        return _missing() if found is None else reply(_collection(city, found), JSON)

    def items(level: str) -> flask.Response:
        city = live.current()
        found = _level(city, level)
        return _missing() if found is None else _items(city, found)

    def item(level: str, token: str) -> flask.Response:
        _plain()
        city = live.current()
        found = _level(city, level)
        return _missing() if found is None else _item(city, found, token)

    for path, view in {
        "": landing,
        "/conformance": conformance,
        "/api": api,
        "/collections": collections,
        "/collections/<level>": one_collection,
        "/collections/<level>/items": items,
        "/collections/<level>/items/<path:token>": item,
    }.items():
        add(path, view)


def _plain() -> dict[str, str]:
    """Refuse any parameter but form and language."""
    fields = read_fields(query_string(), FIELDS)
    read_form(fields, ("json",))
    return fields


def _missing() -> flask.Response:
    return problem(404, text(language(), "error_no_page"))


def _level(city: CityData, level: str) -> PlaceLevel | None:
    return next((each for each in city.levels if each.value == level), None)


def _called(city: CityData) -> dict[str, Any]:
    lang = language()
    simulated = f"{text(lang, 'simulated_short')} · " if city.settings.simulated else ""
    day = city.data_as_of.isoformat() if city.data_as_of else "—"
    return {
        "title": text(lang, "ogc_title", city=city.city.in_language(lang)),
        "description": text(lang, "ogc_about", simulated=simulated, day=day),
    }


def _collection(city: CityData, level: PlaceLevel) -> dict[str, Any]:
    path, rows = f"{ROOT}/collections/{level.value}", city.members(level, city.city)
    boxes = city.bounds[rows]
    box = [float(end) for end in (*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0))]
    links = [link(path, "self", JSON), link(f"{path}/items", "items", GEOJSON)]
    return {
        **_called(city),
        "id": level.value,
        "title": level_name(language(), level),
        "extent": {"spatial": {"bbox": [[round(end, 6) for end in box]], "crs": CRS84}},
        "itemType": "feature",
        "crs": [CRS84],
        "links": links,
    }


# --- features ---


def _items(city: CityData, level: PlaceLevel) -> flask.Response:
    fields = read_fields(query_string(), ("bbox", "limit", "offset", "datetime", *FIELDS))
    read_form(fields, ("json",))
    _check_datetime(fields.get("datetime", ""))
    limit = min(read_number(fields, "limit", LIMIT, 1, 10**9 - 1), MOST)  # more than there may be: as many as may be
    offset = read_number(fields, "offset", 0, 0, 10**9 - 1)
    chosen = _in_box(city, level, fields.get("bbox", ""))
    mark = tag(city, level.value, fields)
    if same := unchanged(mark):
        return same
    part = chosen[offset : offset + limit]
    path = f"{ROOT}/collections/{level.value}"
    links = [link(f"{path}/items", "self", GEOJSON, fields), link(path, "collection", JSON)]
    if offset + len(part) < len(chosen) and len(part):
        links.append(link(f"{path}/items", "next", GEOJSON, {**fields, "limit": limit, "offset": offset + len(part)}))
    if offset:
        before = max(offset - limit, 0)
        links.append(link(f"{path}/items", "prev", GEOJSON, {**fields, "limit": limit, "offset": before}))
    beside = {"numberMatched": len(chosen), "numberReturned": len(part), "links": links}
    response = reply(collection(_features(city, level, part), beside), GEOJSON)
    response.set_etag(mark, weak=True)
    return response


def _item(city: CityData, level: PlaceLevel, token: str) -> flask.Response:
    with suppress(SelectionError):
        place = city.find(token)
        if place.row is not None and place.level is level and place.token == token:
            position = np.flatnonzero(city.members(level, city.city) == place.row)
            mark = tag(city, level.value, token)
            if same := unchanged(mark):
                return same
            [feature] = _features(city, level, position)
            path = f"{ROOT}/collections/{level.value}"
            links = [link(f"{path}/items/{quote(token, safe='')}", "self", GEOJSON), link(path, "collection", JSON)]
            response = reply(_with_links(feature, links), GEOJSON)
            response.set_etag(mark, weak=True)
            return response
    return _missing()


def _with_links(feature: bytes, links: list[dict[str, str]]) -> bytes:
    return feature[:-1] + b',"links":' + orjson.dumps(links) + b"}"


def _features(city: CityData, level: PlaceLevel, positions: Positions) -> list[bytes]:
    """Return some places of a level, by their positions in it, with the numbers of the last whole month."""
    rows = city.members(level, city.city)[positions]
    records: list[dict[str, Any]] = []
    for first, end in _runs(positions):
        table = place_table(_view(city, level), city, slice(first, end))
        records += [{**record, "period": str(_view(city, level).period)} for record in table.records()]
    return features(records, outlines_of(city, rows))


def _runs(positions: Positions) -> list[tuple[int, int]]:
    """Return positions as half-open runs."""
    if len(positions) == 0:
        return []
    parts = np.split(positions, np.flatnonzero(np.diff(positions) != 1) + 1)
    return [(int(part[0]), int(part[-1]) + 1) for part in parts]


def _view(city: CityData, level: PlaceLevel) -> ViewState:
    return default_view(city).but(level=level, lang=language())


def _in_box(city: CityData, level: PlaceLevel, bbox: str) -> Positions:
    """Return positions of the places of a level whose frame touches a box; all of them without one."""
    rows = city.members(level, city.city)
    if not bbox:
        return np.arange(len(rows), dtype=np.intp)
    numbers = _numbers(bbox)
    if len(numbers) not in (4, 6):
        raise _wrong_box()
    west, south, east, north = numbers if len(numbers) == 4 else (numbers[0], numbers[1], numbers[3], numbers[4])
    if south > north or max(abs(south), abs(north)) > 90 or max(abs(west), abs(east)) > 180:
        raise _wrong_box()
    w, s, e, n = city.bounds[rows].T
    beside = (w <= east) & (e >= west) if west <= east else (w <= east) | (e >= west)  # over the antimeridian
    return np.flatnonzero(beside & (s <= north) & (n >= south))


def _numbers(words: str) -> list[float]:
    try:
        found = [float(word) for word in words.split(",")]
    except ValueError as error:
        raise _wrong_box() from error
    if not np.isfinite(found).all():
        raise _wrong_box()
    return found


def _wrong_box() -> ParameterError:
    return ParameterError("bbox", *(text(lang, "ogc_bbox") for lang in ("zh", "en")))


def _check_datetime(words: str) -> None:
    """Refuse what is no moment and no span; places have no time, so that every moment is theirs."""
    ends = words.split("/") if words else []
    good = all(end in ("", "..") or _is_moment(end) for end in ends)
    if len(ends) > 2 or not good or (len(ends) == 1 and ends[0] in ("", "..")):
        raise ParameterError("datetime", *(text(lang, "ogc_datetime") for lang in ("zh", "en")))


def _is_moment(words: str) -> bool:
    if not _MOMENT.fullmatch(words):
        return False
    with suppress(ValueError):
        dt.datetime.fromisoformat(words)
        return True
    return False


# --- what a program may ask ---


def description(city: CityData, lang: str) -> dict[str, Any]:
    """Return the OpenAPI 3.0 document of these addresses."""
    level = {"name": "level", "in": "path", "required": True, "schema": _word([each.value for each in city.levels])}
    token = {"name": "token", "in": "path", "required": True, "schema": {"type": "string"}}
    form = {"name": "f", "in": "query", "required": False, "schema": _word(["json"])}
    spoken = {"name": "lang", "in": "query", "required": False, "schema": _word(["zh", "en"])}
    both = [form, spoken]
    paths = {
        "/": ("landing", both, JSON),
        "/conformance": ("conformance", both, JSON),
        "/api": ("api", both, "application/vnd.oai.openapi+json"),
        "/collections": ("collections", both, JSON),
        "/collections/{level}": ("collection", [level, *both], JSON),
        "/collections/{level}/items": ("items", [level, *_items_parameters(), *both], GEOJSON),
        "/collections/{level}/items/{token}": ("item", [level, token, *both], GEOJSON),
    }
    return {
        "openapi": "3.0.3",
        "info": {"version": "1.0.0", **_called(city)},
        "servers": [{"url": flask.request.host_url.rstrip("/") + ROOT}],
        "paths": {path: {"get": _get(*told, lang)} for path, told in paths.items()},
    }


def _items_parameters() -> list[dict[str, Any]]:
    numbers = {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}
    return [
        {"name": "bbox", "in": "query", "required": False, "schema": numbers, "style": "form", "explode": False},
        {"name": "datetime", "in": "query", "required": False, "schema": {"type": "string"}},
        _number("limit", 1, MOST, LIMIT),
        _number("offset", 0, 10**9 - 1, 0),
    ]


def _number(name: str, least: int, most: int, usual: int) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": least, "maximum": most, "default": usual}
    return {"name": name, "in": "query", "required": False, "schema": schema, "style": "form", "explode": False}


def _word(words: list[str]) -> dict[str, Any]:
    return {"type": "string", "enum": words}


def _get(name: str, parameters: list[dict[str, Any]], kind: str, lang: str) -> dict[str, Any]:
    wrong = {"description": text(lang, "api_problem"), "content": {"application/problem+json": {"schema": _OBJECT}}}
    answers: Mapping[str, Any] = {
        "200": {"description": text(lang, "api_answer"), "content": {kind: {"schema": _OBJECT}}},
        "304": {"description": text(lang, "api_unchanged")},
        **dict.fromkeys(("400", "404", "405", "503"), wrong),
    }
    return {"operationId": name, "parameters": parameters, "responses": answers}


_OBJECT = {"type": "object"}
