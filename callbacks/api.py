"""The read-only programming interface `/api/v1`: routes of the table in `layers.api`, paging, ETag, forms, errors."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from urllib.parse import urlencode

import flask
import orjson

from callbacks.live import LiveCity
from callbacks.problems import problem
from geodata.city import CityData
from geodata.errors import CityError, PinganError
from geodata.exports.geojson import collection, features
from layers.api import (
    FORMS,
    LIMIT,
    MOST,
    OPERATIONS,
    Answer,
    Operation,
    ParameterError,
    Question,
    read_fields,
    read_form,
    read_number,
    read_view,
)
from layers.api_document import document
from layers.view import LAYERS, default_view

ROOT = "/api/v1"
JSON, GEOJSON, OPENAPI = "application/json", "application/geo+json", "application/vnd.oai.openapi+json;version=3.1"
_VERSION = "1"
"""Part of every ETag: changes when answers to the same question do."""
View = Callable[..., flask.Response]


def register(server: flask.Flask, live: LiveCity) -> None:
    """Add the addresses to the server."""

    @server.get(ROOT, endpoint="api_home", strict_slashes=False)
    @answering
    def home() -> flask.Response:
        read_fields(query_string(), ())
        links = [link(ROOT, "self", JSON), link(f"{ROOT}/openapi.json", "service-desc", OPENAPI)]
        links += [link(f"{ROOT}/{each.name}", "data", JSON) for each in OPERATIONS]
        links.append(link("/ogc", "related", JSON))
        return reply({"title": live.current().settings.name, "links": links}, JSON)

    @server.get(f"{ROOT}/openapi.json", endpoint="api_openapi")
    @answering
    def openapi() -> flask.Response:
        fields = read_fields(query_string(), ("lang",))
        return reply(document(live.current(), "en" if fields.get("lang") == "en" else "zh"), OPENAPI)

    for operation in OPERATIONS:
        server.add_url_rule(
            f"{ROOT}/{operation.name}",
            endpoint=f"api_{operation.name}",
            view_func=answering(functools.partial(_operate, operation, live)),
        )


def _operate(operation: Operation, live: LiveCity) -> flask.Response:
    city, fields = live.current(), read_fields(query_string(), operation.allowed)
    question = Question(
        view=read_view(fields, city) if city.index.span is not None else default_view(city),
        city=city,
        limit=read_number(fields, "limit", LIMIT, 1, MOST),
        offset=read_number(fields, "offset", 0, 0, 10**9 - 1),
        form=read_form(fields, FORMS if operation.drawn else FORMS[:1]) or accepted(drawn=operation.drawn),
        alerts=live.alerts,
        folder=live.folder,
    )
    mark = tag(city, operation.name, fields, question.form)
    if operation.lasting and (same := unchanged(mark)):
        return same
    with live.asked(operation.name) if operation.name in LAYERS else nullcontext():  # as map and card do: once
        answer = operation.answer(question)
    response = _written(operation, question, answer, fields)
    response.set_etag(mark if operation.lasting else hashlib.sha256(response.get_data()).hexdigest()[:24], weak=True)
    response.make_conditional(flask.request)
    return response


def _written(operation: Operation, question: Question, answer: Answer, fields: Mapping[str, str]) -> flask.Response:
    links = _links(operation, question, answer, fields)
    if question.form == "geojson" and answer.shapes is not None:
        tokens = ({"token": item.get("token", item.get("number")), **item} for item in answer.items)
        beside = {**answer.head, "numberMatched": answer.total, "numberReturned": len(answer.items), "links": links}
        return reply(collection(features(tokens, answer.shapes), beside), GEOJSON)
    paging = {"total": answer.total, "limit": question.limit, "offset": question.offset}
    return reply({**answer.head, **paging, "items": answer.items, "links": links}, JSON)


def _links(operation: Operation, question: Question, answer: Answer, fields: Mapping[str, str]) -> list[dict[str, str]]:
    path = f"{ROOT}/{operation.name}"
    types = {"json": JSON, "geojson": GEOJSON}

    def to(rel: str, **changes: object) -> dict[str, str]:
        form = str(changes.get("f", question.form))
        return link(path, rel, types[form], {**fields, "f": form, **changes})

    links = [to("self")]
    if operation.drawn:
        links.append(to("alternate", f=FORMS[question.form == "json"]))
    last = question.offset + len(answer.items)
    if answer.items and last < answer.total:
        links.append(to("next", limit=question.limit, offset=last))
    if question.offset:
        links.append(to("prev", limit=question.limit, offset=max(question.offset - question.limit, 0)))
    return [*links, link(f"{ROOT}/openapi.json", "service-desc", OPENAPI)]


# --- what all programming interfaces share ---


def answering(view: View) -> View:
    """Let what goes wrong in a view be told as a problem, with its parameter."""

    @functools.wraps(view)
    def told(*values: object, **named: object) -> flask.Response:
        try:
            return view(*values, **named)
        except ParameterError as error:
            return problem(400, error.in_language(language()), error.parameter)
        except CityError as error:
            return problem(503, error.in_language(language()))
        except PinganError as error:
            return problem(getattr(error, "status", 400), error.in_language(language()))

    return told


def language() -> str:
    """Return the language that is asked for."""
    return "en" if flask.request.args.get("lang") == "en" else "zh"


def query_string() -> str:
    """Return the query as it was sent; what is no text stays visible as such."""
    return flask.request.query_string.decode("utf-8", "replace")


def link(path: str, rel: str, kind: str, query: Mapping[str, object] | None = None) -> dict[str, str]:
    """Return a link of an answer, with the host under which it was asked."""
    end = "?" + urlencode(query, safe=":,") if query else ""
    return {"href": flask.request.host_url.rstrip("/") + path + end, "rel": rel, "type": kind}


def accepted(*, drawn: bool) -> str:
    """Return the form that the request prefers."""
    if not drawn:
        return FORMS[0]
    best = flask.request.accept_mimetypes.best_match([JSON, GEOJSON], JSON)
    return FORMS[best == GEOJSON]


def tag(city: CityData, *parts: object) -> str:
    """Return what stands for an answer as long as the city's data, and what it is called, stay the same."""
    told = [_VERSION, city.data_version, city.boundary_version, repr(city.settings), flask.request.host]
    told += [orjson.dumps(part, option=orjson.OPT_SORT_KEYS).decode() for part in parts]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:24]


def unchanged(mark: str) -> flask.Response | None:
    """Return the answer for who has this answer already, None for others: nothing is worked out for the first."""
    if not flask.request.if_none_match.contains_weak(mark):
        return None
    response = flask.Response(status=304)
    response.set_etag(mark, weak=True)
    response.headers["Cache-Control"] = "no-cache"
    return response


def reply(body: bytes | dict[str, object], kind: str) -> flask.Response:
    """Return an answer that may be kept and has to be asked about each time."""
    response = flask.Response(body if isinstance(body, bytes) else orjson.dumps(body), content_type=kind)
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Vary"] = "Accept, Accept-Encoding"
    return response
