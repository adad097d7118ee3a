"""Meetings over HTTP: prepared, shown from what was seen, decided at, taken away, and driven by phones."""

from __future__ import annotations

import html
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import create_app
from callbacks.guard import ForbiddenError
from callbacks.pairing import MOST, NoKeyError, Pairing, reachable
from geodata import pipeline
from geodata.city import CityData
from geodata.errors import SelectionError
from geodata.meeting.decisions import DAYS, meetings
from geodata.settings import Settings
from geodata.store import Store
from geodata.vocabulary import PlaceLevel
from layers.meeting.links import lobby_link_of
from layers.panels.frame import topbar
from layers.view import parse_view
from tests.callbacks.desk import OURS

PLACE, PERIOD = "440402102", "2026-06"
ASKED = f"/meeting/new?place={PLACE}&period={PERIOD}"
DRAFT = {
    "problem": "夜间盗窃多发",
    "measure": "20 时至 24 时增派巡逻组",
    "lead": "公安局",
    "helpers": ["城管局"],
    "place": PLACE,
    "types": ["public_order"],
    "target": None,
    "start": "2026-11-01",
    "deadline": "2026-11-30",
    "front": "public_order",
}


@pytest.fixture(scope="module")
def folder(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a demo city in which meetings are held."""
    passing = shutil.ignore_patterns("*-wal", "*-shm", "*.part")  # of applications that other tests have running
    return Path(shutil.copytree(demo_folder, tmp_path_factory.mktemp("meetings") / "city", ignore=passing))


@pytest.fixture(scope="module")
def client(folder: Path) -> FlaskClient:
    """Return a client at the machine itself."""
    client: FlaskClient = create_app(Settings(city=folder)).server.test_client()
    return client


@pytest.fixture(scope="module")
def visitor(folder: Path) -> FlaskClient:
    """Return a client of a server that is shown to others, who may not change anything."""
    app = create_app(Settings(city=folder, host="0.0.0.0"))  # noqa: S104 - shown to others
    client: FlaskClient = app.server.test_client()
    return client


@pytest.fixture(scope="module")
def wall(client: FlaskClient) -> str:
    """Return the address of a meeting's wall."""
    answer = client.post(ASKED, headers=OURS)
    assert answer.status_code == 200, answer.text
    return str(answer.json["href"])


@pytest.fixture
def decided(client: FlaskClient, wall: str) -> Iterator[str]:
    """Take a decision and return its id; it is withdrawn at the end."""
    answer = client.post(f"{wall}decisions", json=DRAFT, headers=OURS)
    assert answer.status_code == 201, answer.text
    yield answer.json["id"]
    client.delete(f"{wall}decisions/{answer.json['id']}", headers=OURS)


# --- the lobby ---


def test_the_short_address_leads_to_the_lobby_with_what_was_asked(client: FlaskClient) -> None:
    answer = client.get(f"/meeting?place={PLACE}&period={PERIOD}")
    assert answer.status_code == 308
    assert answer.headers["Location"].endswith(f"/meeting/?place={PLACE}&period={PERIOD}")


def test_the_map_page_leads_to_the_lobby_with_its_place_and_period_filled_in(
    client: FlaskClient, demo_city: CityData
) -> None:
    view = parse_view(f"?place={PLACE}&period=2026-08&lang=en", demo_city)
    link = lobby_link_of(view)
    assert link in str(topbar(view, demo_city))
    page = client.get(link).text
    assert f'<option value="{PLACE}" selected>' in page
    assert '<option value="2026-08" selected>' in page


def test_a_community_of_the_link_is_offered_though_it_is_not_in_the_list(client: FlaskClient) -> None:
    page = client.get("/meeting/?place=440402006001&period=2026-10").text
    assert '<option value="440402006001" selected>' in page


def test_of_a_day_the_month_is_offered(client: FlaskClient, demo_city: CityData) -> None:
    assert "period=2026-10" in lobby_link_of(parse_view("?period=2026-10-05", demo_city))
    assert '<option value="2026-10" selected>' in client.get("/meeting/?period=2026-10-05").text


@pytest.mark.parametrize("query", ["place=nowhere", "period=2026-13", "period=1999-01", "more=1", "place=1&place=2"])
def test_a_lobby_of_what_there_is_not_is_refused_in_words(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/meeting/?{query}")
    assert answer.status_code == 400
    assert answer.json["error"]


def test_the_same_meeting_is_prepared_once(client: FlaskClient, wall: str) -> None:
    assert client.post(ASKED, headers=OURS).json["href"] == wall
    page = client.get("/meeting/").text
    assert page.count(f'href="{wall}"') == 1
    assert f'href="{wall}?lang=en"' in client.get("/meeting/?lang=en").text


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://localhost"}, {**OURS, "Origin": "http://evil.example"}])
def test_another_page_can_prepare_and_bring_nothing(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.post(ASKED, headers=headers).status_code == ForbiddenError.status
    assert client.post("/meeting/dossier", data=b"PK", headers=headers).status_code == ForbiddenError.status


def test_who_may_not_import_looks_on(visitor: FlaskClient, wall: str) -> None:
    page = visitor.get("/meeting/").text
    assert 'id="new"' not in page
    assert "serve --allow-import" in page
    assert wall in page
    assert visitor.post(ASKED, headers=OURS).status_code == ForbiddenError.status
    shown = visitor.get(wall)
    assert shown.status_code == 200
    assert "decide.js" not in shown.text
    assert 'id="decide-form"' not in shown.text


# --- the wall ---


def test_the_wall_holds_all_pages_under_a_strict_policy(client: FlaskClient, wall: str) -> None:
    answer = client.get(wall)
    assert answer.status_code == 200
    assert re.findall(r'data-page="(\w+)', answer.text)[:2] == ["title", "score"]
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "style-src 'self';" in policy
    for forbidden in (r"<style", r"\sstyle=", r"<script(?![^>]*\ssrc=)", r"\son\w+="):
        assert not re.search(forbidden, answer.text)


@pytest.mark.parametrize("page", ["/meeting/", "wall", "remote"])
def test_what_pages_are_made_of_is_kept_for_good(client: FlaskClient, wall: str, page: str) -> None:
    text = client.get({"wall": wall, "remote": f"{wall}remote?key=x"}.get(page, page)).text
    addresses = re.findall(r'(?:href|src)="(/meeting/assets/[^"]+)"', text)
    assert addresses
    for address in addresses:
        answer = client.get(html.unescape(address))
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]


def test_no_page_of_dash_loads_what_meetings_are_made_of(client: FlaskClient) -> None:
    assert "assets/meeting" not in client.get("/").text


def test_a_wall_that_a_browser_has_is_not_sent_again(client: FlaskClient, wall: str) -> None:
    first = client.get(wall)
    again = client.get(wall, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_meeting_is_the_same_after_an_import_an_undo_and_a_new_start(
    folder: Path, client: FlaskClient, wall: str
) -> None:
    addresses = [wall, f"{wall}?lang=en", f"{wall}map?page=where&place={PLACE}", f"{wall}dossier"]
    before = [client.get(address).data for address in addresses]
    file = folder.parent / "more.csv"
    rows = [f"new{n},{PERIOD}-{1 + n % 28:02d} 12:00,113.55,22.271,theft" for n in range(300)]
    file.write_text("\n".join(["id,time,lon,lat,type", *rows]), encoding="utf-8")
    pipeline.import_incidents(Store(folder), file, "visitor", crs="wgs84")

    assert [client.get(address).data for address in addresses] == before
    anew = create_app(Settings(city=folder)).server.test_client()
    assert [anew.get(address).data for address in addresses] == before
    assert anew.post(ASKED, headers=OURS).json["href"] != wall  # the same place and period, but other data
    pipeline.undo(Store(folder), Store(folder).batches()[-1].id)
    for one in (client, anew):
        assert [one.get(address).data for address in addresses] == before


def test_a_place_of_the_map_is_drilled_into_and_one_without_parts_is_not(
    client: FlaskClient, wall: str, demo_city: CityData
) -> None:
    place, levels = demo_city.find(PLACE), (PlaceLevel.COMMUNITY, PlaceLevel.GRID_CELL)
    community, cell = (demo_city.place(int(demo_city.members(level, place)[0])).token for level in levels)
    found = client.get(f"{wall}map?page=where&place={community}").json
    assert "<svg" in found["html"]
    assert found["title"]
    assert client.get(f"{wall}map?page=where&place={cell}").json["html"] == ""
    assert client.get(f"{wall}map?page=where&place=nowhere").status_code == 400


@pytest.mark.parametrize("part", ["", "map", "drafts", "baseline", "remote", "remote.json", "take/pdf", "dossier"])
def test_of_a_meeting_that_there_is_not_nothing_is_told(client: FlaskClient, part: str) -> None:
    answer = client.get(f"/meeting/aaaaaaaaaa/{part}")
    assert answer.status_code in (400, 404)
    assert "Traceback" not in answer.text


# --- decisions ---


def test_a_decision_is_kept_shown_and_withdrawn(client: FlaskClient, wall: str, folder: Path) -> None:
    before = client.get(wall).data
    answer = client.post(f"{wall}decisions", json=DRAFT, headers=OURS)
    assert answer.status_code == 201
    kept = answer.json
    assert kept["target"] == int(kept["baseline"] * 0.8)
    number = wall.split("/")[2]
    listed = next(each for each in meetings(Store(folder)) if each.id == number)
    assert listed.decisions == 1
    shown = client.get(wall).text
    assert DRAFT["measure"] in shown
    assert f'data-decision="{kept["id"]}"' in shown
    assert "决定 1 项" in client.get("/meeting/").text
    assert client.delete(f"{wall}decisions/{kept['id']}", headers=OURS).status_code == 200
    assert client.get(wall).data == before
    assert client.delete(f"{wall}decisions/{kept['id']}", headers=OURS).status_code == 400


def test_the_form_is_filled_in_from_the_page_and_its_number_is_that_of_the_city(
    client: FlaskClient, wall: str, demo_city: CityData
) -> None:
    offered = client.get(f"{wall}drafts").json
    assert "公安局" in offered["units"]
    assert offered["places"][0]["token"] == PLACE
    for draft in offered["pages"].values():
        assert len(draft["problem"]) <= 200
        assert all(each["name"] for each in draft["types"])
    assert offered["pages"][""]["problem"]
    fronts = {page: draft for page, draft in offered["pages"].items() if page.startswith("front:")}
    assert fronts
    for page, draft in fronts.items():
        assert draft["front"] == page.removeprefix("front:")
        assert draft["types"][0]["ids"] == [draft["front"]]
        assert draft["lead"] in offered["units"]
    place, period = demo_city.find(PLACE), parse_view(f"?period={PERIOD}", demo_city).period
    n = len(demo_city.index.selected(period.start, period.end, within=place.within))
    assert client.get(f"{wall}baseline?place={PLACE}").json == {"n": n}
    assert client.get(f"{wall}baseline?place={PLACE}&types=public_order").json["n"] < n


def test_a_measure_has_four_weeks_unless_something_else_is_said(client: FlaskClient, wall: str) -> None:
    offered = client.get(f"{wall}drafts").json
    days = pipeline.parse_day(offered["deadline"]) - pipeline.parse_day(offered["start"])
    assert days.days == DAYS - 1


@pytest.mark.parametrize(
    "changes",
    [
        {"measure": ""},
        {"lead": "张三"},
        {"deadline": "2026-10-01"},
        {"deadline": "soon"},
        {"place": "440403"},
        {"types": ["nothing"]},
        {"target": -1},
        {"target": 10**9},
        {"target": True},
        {"target": "few"},
        {"helpers": "公安局"},
        {"types": [1]},
        {"more": 1},
        {"front": "nothing"},
        {"problem": 7},
    ],
)
def test_a_decision_with_faults_is_refused_in_words(client: FlaskClient, wall: str, changes: dict[str, Any]) -> None:
    answer = client.post(f"{wall}decisions", json={**DRAFT, **changes}, headers=OURS)
    assert answer.status_code == 400
    assert answer.json["error"].endswith("。")
    english = client.post(f"{wall}decisions?lang=en", json={**DRAFT, **changes}, headers=OURS)
    assert english.json["error"].isascii() or "张三" in english.json["error"]


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"7"])
def test_what_is_no_decision_is_refused(client: FlaskClient, wall: str, body: bytes) -> None:
    answer = client.post(f"{wall}decisions", data=body, content_type="application/json", headers=OURS)
    assert answer.status_code == 400


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://localhost"}, {**OURS, "Origin": "http://evil.example"}])
def test_another_page_can_neither_decide_nor_withdraw(
    client: FlaskClient, wall: str, decided: str, headers: dict[str, str]
) -> None:
    assert client.post(f"{wall}decisions", json=DRAFT, headers=headers).status_code == ForbiddenError.status
    assert client.delete(f"{wall}decisions/{decided}", headers=headers).status_code == ForbiddenError.status


def test_who_may_not_import_can_neither_decide_nor_withdraw(visitor: FlaskClient, wall: str, decided: str) -> None:
    assert visitor.post(f"{wall}decisions", json=DRAFT, headers=OURS).status_code == ForbiddenError.status
    assert visitor.delete(f"{wall}decisions/{decided}", headers=OURS).status_code == ForbiddenError.status
    assert f'data-decision="{decided}"' in visitor.get(wall).text


# --- what is taken away ---


@pytest.mark.parametrize(("kind", "begins"), [("docx", b"PK"), ("pptx", b"PK"), ("pdf", b"%PDF"), ("png", b"\x89PNG")])
def test_files_are_taken_away_with_a_name_that_says_what_they_are(
    client: FlaskClient, wall: str, kind: str, begins: bytes
) -> None:
    answer = client.get(f"{wall}take/{kind}")
    assert answer.status_code == 200
    assert answer.data.startswith(begins)
    assert re.search(rf'filename="meeting-\w+\.{kind}"; filename\*=UTF-8\'\'\S+{PERIOD}\.{kind}$', _disposition(answer))
    answer.headers["Content-Disposition"].encode("latin-1")  # as servers send it


def _disposition(answer: Any) -> str:
    return str(answer.headers["Content-Disposition"])


def test_no_other_kind_of_file_is_there(client: FlaskClient, wall: str) -> None:
    assert client.get(f"{wall}take/exe").status_code == 404


def test_a_dossier_opens_elsewhere_for_reading_only(
    client: FlaskClient, wall: str, decided: str, demo_folder: Path, tmp_path: Path
) -> None:
    dossier = client.get(f"{wall}dossier").data
    elsewhere = Path(shutil.copytree(demo_folder, tmp_path / "else", ignore=shutil.ignore_patterns("*-wal", "*-shm")))
    other = create_app(Settings(city=elsewhere)).server.test_client()
    answer = other.post("/meeting/dossier", data=dossier, headers=OURS)
    assert answer.status_code == 200, answer.text
    there = answer.json["href"]
    assert pages_of(other.get(there).text) == pages_of(client.get(wall).text)
    assert 'id="decide-form"' not in other.get(there).text
    assert "外来卷宗" in other.get("/meeting/").text
    assert other.post(f"{there}decisions", json=DRAFT, headers=OURS).status_code == 400
    assert other.get(f"{there}dossier").data == dossier


def pages_of(wall: str) -> list[str]:
    """Return the words of every page; numbers lead to no rows where the rows are elsewhere."""
    pages = re.findall(r'<section class="page.*?</section>', wall, re.DOTALL)
    return [re.sub(r"<nav id=\"takeaways.*?</nav>|<[^>]+>", "", page) for page in pages]


def test_a_damaged_dossier_is_refused_in_words(client: FlaskClient, wall: str) -> None:
    dossier = bytearray(client.get(f"{wall}dossier").data)
    dossier[len(dossier) // 2] ^= 1
    answer = client.post("/meeting/dossier", data=bytes(dossier), headers=OURS)
    assert 400 <= answer.status_code < 500
    assert answer.json["error"]
    assert client.post("/meeting/dossier", data=b"", headers=OURS).status_code in (400, 422)


# --- phones ---


def paired(client: FlaskClient, wall: str, key: str = "") -> str:
    query = f"?key={key}" if key else ""
    answer = client.post(f"{wall}pairing/{query}", headers=OURS)
    assert answer.status_code == 200, answer.text
    return str(answer.json["key"])


def test_a_phone_turns_the_page_and_the_wall_hears_of_it(client: FlaskClient, wall: str) -> None:
    channel = f"{wall}pairing/{paired(client, wall)}"
    first = client.get(channel).json
    assert (first["page"], first["place"], first["phone"]) == ("", "", False)
    turned = client.post(channel, json={"page": "where", "place": "440402102201"}, headers=OURS).json
    assert (turned["page"], turned["place"]) == ("where", "440402102201")
    assert turned["n"] == first["n"] + 1
    again = client.post(channel, json={"page": "where", "place": "440402102201"}, headers=OURS).json
    assert again["n"] == turned["n"]
    assert client.get(f"{channel}?phone=1").json["phone"]
    assert client.get(channel).json["phone"]


def test_a_decision_is_told_to_phones_with_what_concerns_their_unit(client: FlaskClient, wall: str) -> None:
    channel = f"{wall}pairing/{paired(client, wall)}"
    edition = client.get(channel).json["edition"]
    number = client.post(f"{wall}decisions", json=DRAFT, headers=OURS).json["id"]
    assert client.get(channel).json["edition"] == edition + 1
    told = client.get(f"{wall}remote.json").json
    ours = [each for each in told["decisions"] if "城管局" in each["units"]]
    assert [DRAFT["measure"] in each["title"] for each in ours] == [True]
    assert [page["id"] for page in told["pages"]] == re.findall(r'data-page="([^"]+)"', client.get(wall).text)
    assert {unit for front in told["fronts"] for unit in front["units"]} <= set(told["units"])
    client.delete(f"{wall}decisions/{number}", headers=OURS)
    assert client.get(channel).json["edition"] == edition + 2


def test_the_key_gives_no_right_to_decide_or_to_withdraw(visitor: FlaskClient, wall: str, decided: str) -> None:
    key = paired(visitor, wall)
    for where in (f"{wall}decisions?key={key}", f"{wall}decisions"):
        body = {**DRAFT, "key": key}
        assert visitor.post(where, json=body, headers={**OURS, "X-Pingan-Key": key}).status_code == 403
    assert visitor.delete(f"{wall}decisions/{decided}?key={key}", headers=OURS).status_code == 403
    assert visitor.post(f"{ASKED}&key={key}", headers=OURS).status_code == 403
    assert visitor.post(f"{wall}pairing/{key}", json={"page": "score"}, headers=OURS).status_code == 200


def test_without_the_right_key_nothing_is_turned(client: FlaskClient, wall: str) -> None:
    key = paired(client, wall)
    for bad in ("x", "aaaaaaaaaaaaaaaaaaaaaa", key[:-1], f"{key}a"):
        assert client.get(f"{wall}pairing/{bad}").status_code == NoKeyError.status
        answer = client.post(f"{wall}pairing/{bad}", json={"page": "why"}, headers=OURS)
        assert answer.status_code == NoKeyError.status
    assert client.get(f"/meeting/aaaaaaaaaa/pairing/{key}").status_code == NoKeyError.status
    assert client.get(f"{wall}pairing/{key}").json["page"] == ""
    for bad in ("short", "a" * 99, "%00" * 20):
        assert client.post(f"{wall}pairing/?key={bad}", headers=OURS).status_code in (400, 404)


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://localhost"}, {**OURS, "Origin": "http://evil.example"}])
def test_another_page_turns_nothing(client: FlaskClient, wall: str, headers: dict[str, str]) -> None:
    key = paired(client, wall)
    assert client.post(f"{wall}pairing/", headers=headers).status_code == ForbiddenError.status
    answer = client.post(f"{wall}pairing/{key}", json={"page": "why"}, headers=headers)
    assert answer.status_code == ForbiddenError.status


@pytest.mark.parametrize(
    "body", [None, [], {"page": 1}, {"page": "<b>"}, {"page": "a" * 99}, {"page": "why", "place": ["x"]}]
)
def test_what_is_no_page_is_refused(client: FlaskClient, wall: str, body: Any) -> None:
    answer = client.post(f"{wall}pairing/{paired(client, wall)}", json=body, headers=OURS)
    assert answer.status_code == 400


def test_a_wall_takes_its_key_along_to_a_server_that_was_started_anew() -> None:
    key, anew = Pairing().open("one"), Pairing()
    with pytest.raises(NoKeyError):
        anew.ask("one", key, phone=True)
    assert anew.open("one", key) == key
    assert anew.ask("one", key, phone=True)["page"] == ""


def test_the_code_leads_a_phone_to_an_address_that_it_can_reach(client: FlaskClient, wall: str) -> None:
    there = client.post(f"{wall}pairing/", headers={**OURS, "Host": "10.1.2.3:8050", "Origin": "https://10.1.2.3:8050"})
    told = there.json
    assert told["address"].startswith(f"https://10.1.2.3:8050{wall}remote?key=")
    assert told["code"].startswith("<svg ")
    here = client.post(f"{wall}pairing/", headers=OURS).json
    assert (here["address"], here["code"]) == ("", "")  # it listens to this machine only


@pytest.mark.parametrize(
    ("asked", "listens", "host"),
    [
        ("atlas.example", "127.0.0.1", "atlas.example"),
        ("localhost:80", "127.0.0.1", ""),
        ("localhost:80", "192.0.2.7", "192.0.2.7:80"),
        ("127.0.0.1:8050", "2001:db8::7", "[2001:db8::7]:8050"),
        ("localhost", "192.0.2.7", "192.0.2.7"),
    ],
)
def test_where_phones_reach_the_server(asked: str, listens: str, host: str) -> None:
    assert reachable(asked, listens) == host


def test_keys_are_few_and_another_meetings_key_is_none() -> None:
    pairing = Pairing()
    first = pairing.open("one")
    assert pairing.open("one", first) == first
    with pytest.raises(SelectionError):
        pairing.open("two", first)
    for _ in range(MOST):
        pairing.open("one")
    with pytest.raises(NoKeyError):
        pairing.ask("one", first, phone=False)


def test_the_phone_page_holds_nothing_but_its_frame(client: FlaskClient, wall: str) -> None:
    page = client.get(f"{wall}remote?key=abc&lang=en")
    assert page.status_code == 200
    assert '<html lang="en">' in page.text
    assert "abc" not in page.text
    words = json.loads(html.unescape(re.search(r'data-words="([^"]*)"', page.text)[1]))  # type: ignore[index]
    assert words["remote_of"] == "Page {k} of {n}"
