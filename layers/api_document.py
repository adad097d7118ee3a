"""The OpenAPI document of `/api/v1`, made of the table of operations and of what the city offers."""

from __future__ import annotations

from typing import Any

from geodata.city import CityData
from geodata.filters import DAY_KINDS, SEVERITIES
from layers.api import FORMS, LIMIT, MOST, OPERATIONS, Operation
from layers.text import text
from layers.view import COMPARISONS, LANGUAGES, MEASURES, TOTAL

PARAMETERS = {
    "place": "api_place",
    "level": "api_level",
    "sub": "api_sub",
    "indicator": "api_indicator",
    "type": "api_type",
    "measure": "api_measure",
    "period": "api_period",
    "compare": "api_compare",
    "hours": "api_hours",
    "weekdays": "api_weekdays",
    "days": "api_days",
    "sources": "api_sources",
    "severity": "api_severity",
    "area": "api_area",
    "scheme": "api_scheme",
    "weights": "api_weights",
    "lang": "api_lang",
    "limit": "api_limit",
    "offset": "api_offset",
    "f": "api_f",
}
"""Every parameter and the key of its sentence."""
PERIOD = r"^\d{4}(-\d{2}(-\d{2}(\.\.\d{4}-\d{2}-\d{2})?)?|-W\d{2}|-Q[1-4])?$"
_OBJECT, _TEXT, _WHOLE = {"type": "object"}, {"type": "string"}, {"type": "integer"}
_NUMBER = {"type": ["number", "null"]}


def document(city: CityData, lang: str) -> dict[str, Any]:
    """Return the document, in one language, for one city."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{text(lang, 'brand')} API",
            "version": "1.0.0",
            "description": text(lang, "api_about"),
        },
        "servers": [{"url": "/api/v1"}],
        "paths": {
            "/": {"get": _get("api_home", lang, [], {"200": _answer(lang, {"application/json": {"schema": _OBJECT}})})},
            "/openapi.json": {"get": _document_itself(lang)},
            **{f"/{each.name}": {"get": _operation(each, lang)} for each in OPERATIONS},
        },
        "components": {
            "parameters": {name: _parameter(name, key, city, lang) for name, key in PARAMETERS.items()},
            "schemas": _schemas(),
            "responses": {
                "Problem": {
                    "description": text(lang, "api_problem"),
                    "content": {"application/problem+json": {"schema": _ref("schemas", "Problem")}},
                },
            },
        },
    }


def _get(name: str, lang: str, parameters: list[Any], responses: dict[str, Any]) -> dict[str, Any]:
    problems = dict.fromkeys(("400", "405", "503"), _ref("responses", "Problem"))
    return {
        "operationId": name.removeprefix("api_"),
        "summary": text(lang, name),
        "parameters": parameters,
        "responses": {**responses, **problems},
    }


def _document_itself(lang: str) -> dict[str, Any]:
    content = {"application/vnd.oai.openapi+json": {"schema": _OBJECT}}
    return _get("api_openapi", lang, [_ref("parameters", "lang")], {"200": _answer(lang, content)})


def _operation(operation: Operation, lang: str) -> dict[str, Any]:
    content = {"application/json": {"schema": _ref("schemas", f"{operation.name}_page")}}
    if operation.drawn:
        content["application/geo+json"] = {"schema": _ref("schemas", "FeatureCollection")}
    headers = {"ETag": {"schema": _TEXT, "description": text(lang, "api_etag")}}
    answers = {
        "200": {**_answer(lang, content), "headers": headers},
        "304": {"description": text(lang, "api_unchanged"), "headers": headers},
    }
    parameters = [_ref("parameters", name) for name in operation.allowed]
    return _get(operation.summary, lang, parameters, answers)


def _answer(lang: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"description": text(lang, "api_answer"), "content": content}


def _ref(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}


def _parameter(name: str, key: str, city: CityData, lang: str) -> dict[str, Any]:
    described = {"name": name, "in": "query", "required": False, "description": text(lang, key)}
    return {**described, "schema": _schema_of(name, city)}


def _schema_of(name: str, city: CityData) -> dict[str, Any]:
    """Return what a parameter may be in this city."""
    method = city.method
    schemas: dict[str, dict[str, Any]] = {
        "place": {"type": "string", "maxLength": 200},
        "level": {"type": "string", "enum": [level.value for level in city.levels]},
        "sub": {"type": "string", "enum": [TOTAL, *(each.id for each in method.sub_indices)]},
        "indicator": {"type": "string", "enum": [each.id for each in method.indicators if each.types]},
        "type": {"type": "string", "enum": sorted({*method.types, *city.index.types})},
        "measure": {"type": "string", "enum": list(MEASURES)},
        "period": {"type": "string", "pattern": PERIOD},
        "compare": {"type": "string", "enum": list(COMPARISONS)},
        "hours": {"type": "string", "pattern": r"^\d{1,2}-\d{1,2}$"},
        "weekdays": {"type": "string", "pattern": "^[1-7](,[1-7]){0,6}$"},
        "days": {"type": "string", "enum": list(DAY_KINDS)},
        "sources": {"type": "string", "maxLength": 400},
        "severity": {"type": "string", "enum": [f"{value:g}" for value in SEVERITIES]},
        "area": {"type": "string", "maxLength": 1500},
        "scheme": {"type": "string", "maxLength": 80},
        "weights": {"type": "string", "maxLength": 400},
        "lang": {"type": "string", "enum": list(LANGUAGES)},
        "limit": {"type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT},
        "offset": {"type": "integer", "minimum": 0, "maximum": 10**9 - 1, "default": 0},
        "f": {"type": "string", "enum": list(FORMS)},
    }
    return schemas[name]


def _schemas() -> dict[str, Any]:
    link = {"type": "object", "required": ["href", "rel"], "properties": dict.fromkeys(("href", "rel", "type"), _TEXT)}
    paging = {"total": _WHOLE, "limit": _WHOLE, "offset": _WHOLE, "links": {"type": "array", "items": link}}
    pages = {
        f"{name}_page": {
            "type": "object",
            "required": ["items", *paging],
            "properties": {**paging, "items": {"type": "array", "items": item}},
        }
        for name, item in _items().items()
    }
    problem = {
        "type": "object",
        "required": ["title", "status", "detail"],
        "properties": {**dict.fromkeys(("type", "title", "detail", "parameter"), _TEXT), "status": _WHOLE},
    }
    feature = {"type": "object", "required": ["type", "geometry", "properties"]}
    features = {
        "type": "object",
        "required": ["type", "features", "links", "numberMatched", "numberReturned"],
        "properties": {"type": {"const": "FeatureCollection"}, "features": {"type": "array", "items": feature}},
    }
    return {**pages, "Problem": problem, "FeatureCollection": features}


def _items() -> dict[str, dict[str, Any]]:
    """Return the schema of an item of every answer."""
    place = {"token": _TEXT, "name": _TEXT}
    scored = {**place, "score": _NUMBER, "low": _NUMBER, "high": _NUMBER}
    rank = {"type": ["integer", "null"]}
    return {
        "places": _item({**place, "place_id": _TEXT, "level": _TEXT, "parent": _TEXT, "area_km2": _NUMBER}),
        "scores": _item(
            {**place, "place_id": _TEXT, "count": _WHOLE, "value": _NUMBER, "exact": _NUMBER, "class": _WHOLE}
        ),
        "counts": _item({**place, "place_id": _TEXT, "level": _TEXT, "count": _WHOLE}),
        "reasons": _item(
            {"sub_index": _TEXT, "indicator": _TEXT, "incident_type": _TEXT, "kind": _TEXT, "points": _NUMBER}
        ),
        "ranks": _item({**scored, "rank": rank, "best": rank, "worst": rank, "tier": rank}),
        "hotspots": _item({"number": _WHOLE, "incidents": _WHOLE, "usual": _NUMBER, "z": _NUMBER, "p": _NUMBER}),
        "alerts": _item({**place, "id": _WHOLE, "rule": _TEXT, "period": _TEXT, "grade": _TEXT, "observed": _WHOLE}),
        "releases": _item({"id": _WHOLE, "source": _TEXT, "rows": _WHOLE, "stored": _WHOLE, "imported_at": _TEXT}),
    }


def _item(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}
