"""Errors of the programming interfaces as `application/problem+json` (RFC 9457), the wrong parameter named."""

from __future__ import annotations

from collections.abc import Iterable

import flask
import orjson
from werkzeug.http import HTTP_STATUS_CODES

PROBLEM = "application/problem+json"
PREFIXES = ("/api/", "/ogc/")


def is_api(path: str) -> bool:
    """Say whether an address belongs to a programming interface."""
    return path.startswith(PREFIXES) or path in [prefix.rstrip("/") for prefix in PREFIXES]


def problem(status: int, sentence: str, parameter: str = "", headers: Iterable[tuple[str, str]] = ()) -> flask.Response:
    """Return an error for programs: status, what it means, what is wrong, and which parameter is."""
    body = {
        "type": "about:blank",
        "title": HTTP_STATUS_CODES.get(status, "Error"),
        "status": status,
        "detail": sentence,
    }
    response = flask.Response(orjson.dumps(body | ({"parameter": parameter} if parameter else {})), status=status)
    response.mimetype = PROBLEM
    response.headers.extend([(name, value) for name, value in headers if name.lower() in ("allow", "retry-after")])
    return response
