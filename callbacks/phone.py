"""Addresses of the phone page: the page, what it is made of, its service worker, and the data of one place."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import flask
import orjson

from callbacks.lasting import TYPES, File, addresses, files_in, named, sent
from callbacks.live import LiveCity
from geodata.city import CityData, thin_outlines
from geodata.store import Store
from layers.links import read_query
from layers.phone.answer import FORMAT, choices, place_answer
from layers.phone.page import ICON, ICONS, SCRIPT, STYLE, manifest, page
from layers.phone.view import PATH
from layers.view import LANGUAGES

FOLDER = Path(__file__).resolve().parents[1] / "assets" / "m"
"""What the page is made of; no page of Dash loads any of it."""
WORKER, MANIFEST = "sw.js", "manifest.webmanifest"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Nothing stands in line on this page."""


def register(server: flask.Flask, live: LiveCity, store: Store) -> None:
    """Add the addresses to the server; before `guard.protect`, whose policy is for pages of Dash."""
    files, pages = _files()

    @server.after_request
    def stricter(response: flask.Response) -> flask.Response:
        if flask.request.path.startswith(PATH):
            response.headers["Content-Security-Policy"] = POLICY
        return response

    @server.get(PATH)
    def phone() -> flask.Response:
        return sent(pages[_lang(flask.request.args.get("lang", ""))])

    @server.get(f"{PATH}<name>")
    def phone_file(name: str) -> flask.Response:
        return named(files, name)

    @server.get(f"{PATH}data")
    def phone_data() -> flask.Response:
        query, city = _query("place"), live.current()
        place, lang = query.get("place", ""), _lang(query.get("lang", ""))
        return _told(city, "place", place, lang, partial(_place, city, place, lang, live, store))

    @server.get(f"{PATH}places")
    def phone_places() -> flask.Response:
        query, city = _query("within"), live.current()
        within, lang = query.get("within", ""), _lang(query.get("lang", ""))
        return _told(city, "choices", within, lang, lambda: orjson.dumps(choices(city, within, lang)))


def _place(city: CityData, place: str, lang: str, live: LiveCity, store: Store) -> bytes:
    return city.kept(
        ("phone", place, lang),
        lambda: orjson.dumps(place_answer(city, place, lang, thin_outlines(store).geometry, live.folder)),
    )


def _query(*fields: str) -> dict[str, str]:
    return read_query(flask.request.query_string.decode("utf-8", "replace"), (*fields, "lang"))


def _lang(text: str) -> str:
    return text if text in LANGUAGES else LANGUAGES[0]


def _files() -> tuple[dict[str, File], dict[str, File]]:
    """Return the files by name and the page by language; what is in them tells their versions."""
    files = files_in(FOLDER)
    known = addresses(PATH, {name: files[name] for name in (STYLE, SCRIPT, ICON, *ICONS)})
    pages = {lang: File.of(page(lang, known).encode(), "text/html") for lang in LANGUAGES}
    files[MANIFEST] = File.of(manifest(known).encode(), TYPES[".webmanifest"])
    shell = [PATH, f"{PATH}?lang=en", *known.values(), f"{PATH}{MANIFEST}"]
    whole = hashlib.sha256("".join(each.tag for each in [*files.values(), *pages.values()]).encode()).hexdigest()[:16]
    script = files[WORKER].body.decode().replace("@version", whole).replace("@shell", " ".join(shell))
    files[WORKER] = File.of(script.encode(), TYPES[".js"])
    return files, pages


def _told(city: CityData, what: str, place: str, lang: str, make: Callable[[], bytes]) -> flask.Response:
    """Answer with data, or with nothing where the phone has them already."""
    told = [FORMAT, what, place, lang, city.data_version, city.boundary_version, repr(city.settings)]
    tag = hashlib.sha256("\n".join(map(str, told)).encode()).hexdigest()[:24]
    same = flask.request.if_none_match.contains_weak(tag)
    response = flask.Response(status=304) if same else flask.Response(make(), mimetype="application/json")
    response.set_etag(tag, weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Accept-Encoding"
    return response
