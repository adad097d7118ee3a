"""Kept answers: the same call is answered once, until the city or its ledger changes."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from dash import Dash
from flask.testing import FlaskClient

from app import create_app
from callbacks import live as live_module
from callbacks import map_page
from geodata import pipeline
from geodata.settings import Settings
from geodata.store import Store
from layers import ids
from tests.callbacks import CALL, UNPACKED, body_of, envelope, output_with

JULY = "?period=2026-07"


@pytest.fixture
def folder(demo_folder: Path, tmp_path: Path) -> Path:
    passing = shutil.ignore_patterns("*-wal", "*-shm", "*.part")
    return Path(shutil.copytree(demo_folder, tmp_path / "city", ignore=passing))


@pytest.fixture
def app(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Dash:
    monkeypatch.setattr(live_module, "CHECK_EVERY_S", -1.0)
    return create_app(Settings(city=folder))


@pytest.fixture
def client(app: Dash) -> FlaskClient:
    client: FlaskClient = app.server.test_client()
    return client


@pytest.fixture
def worked_out(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note every map that is worked out."""
    noted: list[str] = []
    plain = map_page.map_parts

    def parts(view: Any, city: Any) -> dict[str, Any]:
        noted.append(view.search())
        return plain(view, city)

    monkeypatch.setattr(map_page, "map_parts", parts)
    return noted


def ask(client: FlaskClient, app: Dash, search: str, **more: Any) -> bytes:
    body = envelope(app, output_with(app, f"{ids.MAP_VIEW}.data"), search)
    answer = client.post(CALL, json=body, **more)
    assert answer.status_code == 200
    assert "Content-Security-Policy" in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    return body_of(answer)


def test_the_same_call_is_worked_out_once(client: FlaskClient, app: Dash, worked_out: list[str]) -> None:
    packed = {"headers": {"Accept-Encoding": "gzip"}}
    first, again = ask(client, app, JULY, **packed), ask(client, app, JULY, **packed)
    plain = ask(client, app, JULY, headers=UNPACKED)
    assert first == again == plain
    assert worked_out == [JULY, JULY]  # once packed, once not


def test_another_link_is_another_call(client: FlaskClient, app: Dash, worked_out: list[str]) -> None:
    assert ask(client, app, JULY) != ask(client, app, "?period=2026-08")
    assert len(worked_out) == 2


def test_what_a_visitor_may_do_depends_on_the_host(client: FlaskClient, app: Dash, worked_out: list[str]) -> None:
    ask(client, app, JULY)
    ask(client, app, JULY, headers={"Host": "10.0.0.7"})
    assert len(worked_out) == 2


def test_a_new_import_is_seen_at_once(
    client: FlaskClient, app: Dash, folder: Path, worked_out: list[str], tmp_path: Path
) -> None:
    before = ask(client, app, JULY)
    file = tmp_path / "more.csv"
    file.write_text("id,time,lon,lat,type\nnew1,2026-07-05 12:00,113.55,22.271,theft\n", encoding="utf-8")
    assert pipeline.import_incidents(Store(folder), file, "visitor", crs="wgs84").stored == 1
    assert ask(client, app, JULY) != before
    ask(client, app, JULY)
    assert len(worked_out) == 2


def test_whatever_is_written_to_the_ledger_makes_answers_anew(
    client: FlaskClient, app: Dash, folder: Path, worked_out: list[str]
) -> None:
    ask(client, app, JULY)
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as ledger, ledger:
        ledger.execute("INSERT INTO setting VALUES ('a_note', '1')")
    ask(client, app, JULY)
    assert len(worked_out) == 2


def test_a_refusal_is_not_kept(client: FlaskClient, app: Dash) -> None:
    body = envelope(app, output_with(app, f"{ids.MAP_VIEW}.data"), "?place=nowhere")
    assert [client.post(CALL, json=body).status_code for _ in range(2)] == [400, 400]


def test_an_event_is_answered_every_time(client: FlaskClient, app: Dash) -> None:
    output = output_with(app, f"{ids.URL}.search")
    bodies = [envelope(app, output, {"kind": "theme", "n": 1}, state=(search,)) for search in ("", "?theme=projector")]
    first, second = (client.post(CALL, json=body).json for body in bodies)
    assert first != second
