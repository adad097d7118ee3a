"""What stands between the network and the callbacks: body limits, well-formed calls only, headers, plain errors."""

from __future__ import annotations

import gzip
import html
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import flask
from dash import Dash
from dash.exceptions import DependencyException
from werkzeug.exceptions import HTTPException

from callbacks.problems import is_api, problem
from geodata.errors import CityError, PinganError
from geodata.settings import Settings
from layers.data.view import PATH
from layers.links import written
from layers.text import text

MAX_BODY = 2 * 1024 * 1024
CALLBACK_PATH = "/_dash-update-component"
MARK = "X-Pingan-Request"
"""A header that no form and no link of another page can send."""
LEAST_PACKED = 1400
"""Answers shorter than a network packet [bytes] are sent as they are."""


PACKED = ("application/json", "application/geo+json", "application/vnd.oai.openapi+json")
"""What is packed."""


class ForbiddenError(PinganError):
    """Something is asked for that is not allowed here."""

    status = 403


def protect(*apps: Dash) -> None:
    """Add limits, checks and headers to the pages of one server, each a Dash application of its own."""
    server: flask.Flask = apps[0].server
    server.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    policy = _content_policy(apps)
    server.config["PAGES"] = {_home(app): app for app in apps}
    callbacks = {_home(app) + CALLBACK_PATH.removeprefix("/"): app for app in apps}

    @server.before_request
    def check_call() -> None:
        if flask.request.path in callbacks:
            _check_callback(callbacks[flask.request.path])

    @server.after_request
    def add_headers(response: flask.Response) -> flask.Response:
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers.setdefault("Cache-Control", "no-store")
        return _packed(response)

    server.register_error_handler(PinganError, _refuse)
    server.register_error_handler(HTTPException, _http_error)
    server.register_error_handler(DependencyException, lambda _: _answer(404, "Not Found"))  # of no package of ours
    server.register_error_handler(Exception, _fault)


def _home(app: Dash) -> str:
    return str(app.config.routes_pathname_prefix)


def only_where_allowed(settings: Settings) -> None:
    """Refuse what changes the city unless the visitor may.

    Raises
    ------
    ForbiddenError
        If importing is not allowed here.
    """
    if not settings.import_allowed(flask.request.host):
        raise ForbiddenError(
            "这里只能查看；要导入，请由运维以 serve --allow-import 启动。",
            "This can only be looked at here: for imports the operator starts `serve --allow-import`.",
        )


def only_from_here(settings: Settings) -> None:
    """Refuse a request that changes something unless it may be made, and was made by a page of this server.

    Raises
    ------
    ForbiddenError
        If importing is not allowed here, or the request comes from a page of somebody else.
    """
    only_where_allowed(settings)
    only_from_our_pages()


def only_from_our_pages() -> None:
    """Refuse a request that was not made by a page of this server; what it may do is another question.

    Raises
    ------
    ForbiddenError
        If the request comes from a page of somebody else.
    """
    request = flask.request
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    # a browser sends one of them; a proxy may have taken the encryption off, so only the host is compared
    ours = site in (None, "same-origin") and (origin is None or urlsplit(origin).netloc == request.host)
    if request.headers.get(MARK) != "1" or not (site or origin) or not ours:
        raise ForbiddenError("请求不是由本系统的页面发出的。", "The request was not made by a page of this server.")


def _packed(response: flask.Response) -> flask.Response:
    """Pack long answers lightly: a map of 320 places shrinks from 13 to 4 KB in a fraction of a millisecond."""
    accepted = "gzip" in flask.request.headers.get("Accept-Encoding", "")
    packable = response.mimetype in PACKED and "Content-Encoding" not in response.headers
    if accepted and packable and response.status_code == 200 and len(body := response.get_data()) > LEAST_PACKED:
        response.set_data(gzip.compress(body, 1))
        response.headers["Content-Encoding"] = "gzip"
        response.vary.add("Accept-Encoding")
    return response


def _content_policy(apps: Sequence[Dash]) -> str:
    hashes = " ".join(dict.fromkeys(each for app in apps for each in app.csp_hashes()))
    return (
        f"default-src 'none'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; "
        "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def _check_callback(app: Dash) -> None:
    """Let only calls through that the page itself could make.

    Dash answers most malformed calls with a server error, and runs callbacks with inputs under other names.
    """
    if flask.request.method != "POST":
        flask.abort(405)
    try:
        body = flask.request.get_json(silent=True)
    except RecursionError:
        body = None
    if not isinstance(body, dict) or not _well_formed(body, app.callback_map):
        flask.abort(400)


def _well_formed(body: dict[str, Any], known: dict[str, Any]) -> bool:
    output = body.get("output")
    if not isinstance(output, str) or "callback" not in known.get(output, {}):  # clientside ones have none
        return False
    callback = known[output]
    changed = body.get("changedPropIds")
    return (
        _same_parts(body.get("inputs"), callback["inputs"])
        and _same_parts(body.get("state", []), callback["state"])
        and isinstance(changed, list)
        and all(isinstance(item, str) for item in changed)
        and _right_outputs(body.get("outputs"), output)
    )


def _same_parts(given: object, wanted: list[dict[str, str]]) -> bool:
    if not isinstance(given, list) or len(given) != len(wanted):
        return False
    return all(
        isinstance(item, dict)
        and item.get("id") == part["id"]
        and item.get("property") == part["property"]
        and _plain(item.get("value"))
        for item, part in zip(given, wanted, strict=True)
    )


def _plain(value: object) -> bool:
    """Accept what the page sends: nothing, a text, or a small object of plain values."""
    if value is None or isinstance(value, str):
        return True
    return isinstance(value, dict) and all(isinstance(v, str | int | float | None) for v in value.values())


def _right_outputs(given: object, output: str) -> bool:
    parts = given if isinstance(given, list) else [given]
    if not all(isinstance(part, dict) for part in parts):
        return False
    names = [f"{part.get('id')}.{part.get('property')}" for part in parts if isinstance(part, dict)]
    expected = output if not isinstance(given, list) else output.removeprefix("..").removesuffix("..")
    return "...".join(names) == expected


def _language() -> str:
    return "en" if "lang=en" in flask.request.full_path else "zh"


def _theme() -> str:
    return "projector" if "theme=projector" in flask.request.full_path else "light"


def _refuse(error: PinganError) -> flask.Response:
    lang = _language()
    if isinstance(error, CityError) and flask.request.path == "/":  # a city to be filled is no fault of the link
        return _page(200, text(lang, "empty_title"), error.in_language(lang), home=PATH, words="empty_open_data")
    return _answer(getattr(error, "status", 400), error.in_language(lang))


def _http_error(error: HTTPException) -> flask.Response:
    if is_api(flask.request.path):
        return problem(error.code or 500, error.name, headers=error.get_headers())
    if error.code == 404 and _read_by_a_person():
        lang = _language()
        return _page(404, text(lang, "error_title"), text(lang, "error_no_page"), home="/")
    return _answer(error.code or 500, error.name)


def _read_by_a_person() -> bool:
    """Say whether a browser opens an address, for it alone asks for a page by name."""
    return flask.request.method in ("GET", "HEAD") and "text/html" in flask.request.accept_mimetypes.values()


def _fault(error: Exception) -> flask.Response:
    flask.current_app.logger.error("fault at %s", flask.request.path, exc_info=error)
    return _answer(500, "Internal Server Error")


def _answer(status: int, sentence: str) -> flask.Response:
    """Answer a browser with a page that leads home, everything else with JSON, a program with a problem."""
    if is_api(flask.request.path):
        return problem(status, sentence)
    if flask.request.path in flask.current_app.config["PAGES"]:
        return _page(status, text(_language(), "error_title"), sentence, home=flask.request.path)
    return flask.Response(flask.json.dumps({"error": sentence}), status=status, mimetype="application/json")


def _page(status: int, title: str, sentence: str, *, home: str = "", words: str = "error_home") -> flask.Response:
    lang, theme = _language(), _theme()
    kept = {"lang": "en"} if lang == "en" else {}
    if theme == "projector" and home == "/":
        kept["theme"] = theme
    goal = html.escape(home + written(kept) if kept else home)
    link = f'<p><a href="{goal}">{html.escape(text(lang, words))}</a></p>' if home else ""
    body = (
        f'<!doctype html><html lang="{"en" if lang == "en" else "zh-CN"}" data-theme="{theme}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{html.escape(title)}</title><link rel="icon" href="data:,">'
        '<link rel="stylesheet" href="/assets/css/00_tokens.css">'
        '<link rel="stylesheet" href="/assets/css/10_frame.css">'
        f'<body><main class="state error"><p class="brand">{html.escape(text(lang, "brand"))}</p>'
        f"<h1>{html.escape(title)}</h1><p>{html.escape(sentence)}</p>{link}</main>"
    )
    return flask.Response(body, status=status, mimetype="text/html")
