"""Addresses of meetings: the lobby, a meeting's wall, its decisions, what is taken away, and phones beside the wall.

A meeting is shown from what it was prepared from, never from the live city: an import changes nothing on the wall.
"""

from __future__ import annotations

import datetime as dt
import io
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

import flask
import segno

from callbacks.guard import only_from_here, only_from_our_pages
from callbacks.lasting import addresses, files_in, named
from callbacks.live import LiveCity
from callbacks.pairing import Pairing, reachable
from geodata.errors import SelectionError
from geodata.meeting import decisions as book
from geodata.meeting.decisions import Draft
from geodata.meeting.record import Meeting
from geodata.memory import Memory
from geodata.settings import Settings
from geodata.store import Store
from layers.links import read_query
from layers.meeting import decide, lobby, remote, takeaway, wall
from layers.meeting.links import KINDS, PATH, lobby_link, part_link, wall_link
from layers.meeting.page import Deck
from layers.meeting.pages import deck, drilled
from layers.text import text
from layers.view import LANGUAGES

ASSETS = Path(__file__).resolve().parents[1] / "assets" / "meeting"
"""What the pages are made of; no page of Dash loads any of it."""
FILES = f"{PATH}assets/"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Nothing stands in line on these pages."""
MOST_DOSSIER = 256 * 2**20
"""The longest dossier that is taken [bytes]."""
MOST_KEPT = 64_000_000
"""What pages and files of meetings may hold in memory [bytes]."""
BLOCK = 1 << 20


@dataclass(frozen=True)
class Rooms:
    """What the addresses of meetings share."""

    settings: Settings
    store: Store
    live: LiveCity
    kept: Memory
    """Pages and files by meeting, decisions and language."""
    pairing: Pairing

    def meeting(self, number: str) -> Meeting:
        """Return a meeting; 404 where there is none."""
        try:
            return book.meeting(self.store, number)
        except SelectionError:
            flask.abort(404)

    def once(self, what: str, meeting: Meeting, lang: str, make: Callable[[], Any]) -> Any:
        """Return what was made of a meeting; its facts never change, its decisions do."""
        return self.kept.kept((what, meeting.id, meeting.decisions, lang), make)

    def deck(self, meeting: Meeting, lang: str) -> Deck:
        """Return the pages of a meeting, from its snapshot."""
        found: Deck = self.once(
            "deck", meeting, lang, lambda: deck(meeting, book.city_of(self.store, meeting.id), lang)
        )
        return found

    def is_ours(self, number: str) -> bool:
        """Say whether a meeting is this city's own, not a dossier from elsewhere."""
        return any(each.id == number and not each.from_file for each in book.meetings(self.store))


def register(server: flask.Flask, live: LiveCity, store: Store, settings: Settings) -> None:
    """Add the addresses to the server; before `guard.protect`, whose policy is for pages of Dash."""
    files = files_in(ASSETS)
    assets = addresses(FILES, files)
    rooms = Rooms(settings, store, live, Memory(MOST_KEPT), Pairing())

    @server.after_request
    def stricter(response: flask.Response) -> flask.Response:
        if flask.request.path.startswith(PATH):
            response.headers["Content-Security-Policy"] = POLICY
        return response

    @server.get(f"{FILES}<name>")
    def meeting_asset(name: str) -> flask.Response:
        return named(files, name)

    _lobby(server, rooms, assets)
    _wall(server, rooms, assets)
    _deciding(server, rooms)
    _taking_away(server, rooms)
    _phones(server, rooms, assets)


def _lobby(server: flask.Flask, rooms: Rooms, assets: dict[str, str]) -> None:
    @server.get(PATH)
    def meeting_lobby() -> flask.Response:
        city = rooms.live.current()
        lang, choice = lobby.chosen(_search(), city)
        may = rooms.settings.import_allowed(flask.request.host)
        return _html(lobby.page(lang, city, choice, book.meetings(rooms.store), assets, may=may))

    @server.post(f"{PATH}new")
    def meeting_new() -> flask.Response:
        only_from_here(rooms.settings)
        city = rooms.live.current()
        wanted = lobby.asked_for(_search(), city)
        made = book.prepare_meeting(_own(rooms), city, wanted.place, wanted.period)
        threading.Thread(
            target=rooms.deck, args=(rooms.meeting(made.id), _lang()), daemon=True
        ).start()  # asked for next
        return flask.jsonify(id=made.id, href=wall_link(made.id, _lang()))

    @server.post(f"{PATH}dossier")
    def meeting_from_file() -> flask.Response:
        only_from_here(rooms.settings)
        flask.request.max_content_length = MOST_DOSSIER  # the limit of this address alone
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "dossier.zip"
            with path.open("wb") as out:
                while block := flask.request.stream.read(BLOCK):
                    out.write(block)
            made = book.keep_dossier(_own(rooms), path)
        return flask.jsonify(id=made.id, href=wall_link(made.id, _lang()))


def _wall(server: flask.Flask, rooms: Rooms, assets: dict[str, str]) -> None:
    @server.get(f"{PATH}<number>/")
    def meeting_wall(number: str) -> flask.Response:
        meeting, lang = rooms.meeting(number), _lang()
        may = rooms.settings.import_allowed(flask.request.host) and rooms.is_ours(number)
        return _html(
            rooms.once(f"wall {may}", meeting, lang, lambda: _wall_page(rooms, meeting, lang, assets, may=may))
        )

    @server.get(f"{PATH}<number>/map")
    def meeting_map(number: str) -> flask.Response:
        query = read_query(_search(), ("page", "place", "lang"))
        meeting, lang = rooms.meeting(number), _lang()
        city = book.city_of(rooms.store, number)
        found = drilled(meeting, city, lang, query.get("page", "where"), query.get("place", ""))
        if found is None:
            return flask.jsonify(title="", html="")
        view, table, shapes = found
        drawn = wall.map_html(view, table, shapes, lang, rows=rooms.is_ours(number))
        return flask.jsonify(title=view.title, html=drawn)


def _wall_page(rooms: Rooms, meeting: Meeting, lang: str, assets: dict[str, str], *, may: bool) -> str:
    ours, title, other = rooms.is_ours(meeting.id), meeting.briefing.title, "zh" if lang == "en" else "en"
    parts = wall.Parts(
        styles=tuple(assets[name] for name in ("wall.css", "decide.css")),
        scripts=tuple(assets[name] for name in ("wall.js", "pair.js", *(("decide.js",) if may else ()))),
        drill=part_link(meeting.id, "map"),
        other=wall_link(meeting.id, other),
        home=lobby_link(lang, title.token, title.period) if ours else lobby_link(lang),
        files=tuple(lobby.files_of(meeting.id, lang)),
        rows=ours,
        data={"meeting": meeting.id},
        more=(decide.form(lang) if may else "") + decide.pairing(lang),
    )
    return wall.wall_html(rooms.deck(meeting, lang), parts)


def _deciding(server: flask.Flask, rooms: Rooms) -> None:
    @server.get(f"{PATH}<number>/drafts")
    def meeting_drafts(number: str) -> flask.Response:
        meeting, city = rooms.meeting(number), book.city_of(rooms.store, number)
        today = dt.datetime.now(ZoneInfo(city.settings.time_zone)).date()
        return flask.jsonify(decide.offered(meeting, city, _lang(), today))

    @server.get(f"{PATH}<number>/baseline")
    def meeting_baseline(number: str) -> flask.Response:
        query = read_query(_search(), ("place", "types", "lang"))
        meeting, city = rooms.meeting(number), book.city_of(rooms.store, number)
        types = [kind for kind in query.get("types", "").split(",") if kind]
        return flask.jsonify(n=book.baseline_of(city, meeting, query.get("place", ""), types))

    @server.post(f"{PATH}<number>/decisions")
    def meeting_decide(number: str) -> tuple[flask.Response, int]:
        only_from_here(rooms.settings)
        rooms.meeting(number)
        decision = book.decide(_own(rooms), number, _draft(flask.request.get_json(silent=True)))
        rooms.pairing.changed(number)
        return flask.jsonify(id=decision.id, baseline=decision.baseline, target=decision.target), 201

    @server.delete(f"{PATH}<number>/decisions/<decision>")
    def meeting_withdraw(number: str, decision: str) -> flask.Response:
        only_from_here(rooms.settings)
        rooms.meeting(number)
        book.withdraw(_own(rooms), number, decision)
        rooms.pairing.changed(number)
        return flask.jsonify(id=decision)


def _draft(body: object) -> Draft:
    """Read a decision from the form.

    Raises
    ------
    SelectionError
        If it is none of the form's.
    """
    given = dict(body) if isinstance(body, dict) else {}
    texts = {name: given.pop(name, "") for name in ("problem", "measure", "lead", "deadline", "start", "front")}
    lists = {name: given.pop(name, []) for name in ("helpers", "types")}
    place, target = given.pop("place", None), given.pop("target", None)
    whole = target is None or (isinstance(target, int) and not isinstance(target, bool))
    listed = all(isinstance(each, list) and all(isinstance(part, str) for part in each) for each in lists.values())
    worded = all(isinstance(each, str) for each in (*texts.values(), place or ""))
    if given or not (whole and listed and worded and isinstance(body, dict)):
        raise SelectionError("决定的格式不对。", "This is no decision of the form.")
    return Draft(**texts, place=place, target=target, helpers=tuple(lists["helpers"]), types=tuple(lists["types"]))


def _taking_away(server: flask.Flask, rooms: Rooms) -> None:
    @server.get(f"{PATH}<number>/take/<kind>")
    def meeting_file(number: str, kind: str) -> flask.Response:
        if kind not in KINDS:
            flask.abort(404)
        meeting, lang = rooms.meeting(number), _lang()
        body = rooms.once(kind, meeting, lang, lambda: takeaway.write(rooms.deck(meeting, lang), kind))
        return _file(body, meeting, kind, lang)

    @server.get(f"{PATH}<number>/dossier")
    def meeting_dossier(number: str) -> flask.Response:
        meeting = rooms.meeting(number)
        return _file(book.dossier_bytes(rooms.store, number), meeting, "zip", _lang())


def _file(body: bytes, meeting: Meeting, kind: str, lang: str) -> flask.Response:
    title = meeting.briefing.title
    what = text(lang, "lobby_file_dossier" if kind == "zip" else "lobby_file")
    name = f"{what}_{title.place.in_language(lang)}_{title.period.replace('..', '_')}.{kind}"
    media = "application/zip" if kind == "zip" else takeaway.MEDIA_TYPES[takeaway.Kind(kind)]
    response = flask.Response(body, mimetype=media)
    plain = f"meeting-{meeting.id}.{kind}"
    full = quote(name, safe="")
    response.headers["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{full}"
    return response


def _phones(server: flask.Flask, rooms: Rooms, assets: dict[str, str]) -> None:
    pairing = rooms.pairing

    @server.get(f"{PATH}<number>/remote")
    def meeting_remote(number: str) -> flask.Response:
        return _html(remote.page(rooms.meeting(number).id, _lang(), assets))

    @server.get(f"{PATH}<number>/remote.json")
    def meeting_told(number: str) -> flask.Response:
        meeting, lang = rooms.meeting(number), _lang()
        return flask.jsonify(
            rooms.once("remote", meeting, lang, lambda: remote.told(meeting, rooms.deck(meeting, lang)))
        )

    @server.post(f"{PATH}<number>/pairing/")
    def meeting_pair(number: str) -> flask.Response:
        only_from_our_pages()
        query = read_query(_search(), ("key", "lang"))
        key = pairing.open(rooms.meeting(number).id, query.get("key", ""))
        address = _address(rooms, number, key)
        return flask.jsonify(key=key, address=address, code=_code(address) if address else "")

    @server.get(f"{PATH}<number>/pairing/<key>")
    def meeting_page(number: str, key: str) -> flask.Response:
        return flask.jsonify(pairing.ask(number, key, phone="phone" in flask.request.args))

    @server.post(f"{PATH}<number>/pairing/<key>")
    def meeting_turn(number: str, key: str) -> flask.Response:
        only_from_our_pages()
        body = flask.request.get_json(silent=True)
        page, place = (body.get(name, "") if isinstance(body, dict) else None for name in ("page", "place"))
        if not (isinstance(page, str) and isinstance(place, str)):
            raise SelectionError("没有这一页或这个地点。", "There is no such page or place.")
        return flask.jsonify(pairing.turn(number, key, page, place))


def _address(rooms: Rooms, number: str, key: str) -> str:
    """Return the link that a phone opens, "" if no phone can reach this server."""
    origin = flask.request.headers.get("Origin") or flask.request.host_url
    scheme = "https" if urlsplit(origin).scheme == "https" else "http"  # a proxy may have taken the encryption off
    host = reachable(flask.request.host, rooms.settings.host)
    return f"{scheme}://{host}{part_link(number, 'remote', _lang(), key=key)}" if host else ""


def _code(address: str) -> str:
    """Return an address as a QR code, SVG."""
    drawn = io.BytesIO()
    code = segno.make(address, error="m", micro=False)
    code.save(drawn, kind="svg", xmldecl=False, svgclass=None, lineclass=None, omitsize=True, border=4, light="#ffffff")
    return drawn.getvalue().decode()


def _own(rooms: Rooms) -> Store:
    return Store(rooms.settings.city)  # of its own: it holds the ledger while it writes


def _html(body: str) -> flask.Response:
    response = flask.Response(body, mimetype="text/html")
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag(weak=True)
    response.make_conditional(flask.request)
    return response


def _search() -> str:
    return flask.request.query_string.decode("utf-8", "replace")


def _lang() -> str:
    given = flask.request.args.get("lang", "")
    return given if given in LANGUAGES else LANGUAGES[0]
