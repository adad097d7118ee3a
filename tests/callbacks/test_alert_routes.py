"""Answers to alerts from the map page: kept where they may be given, refused from anywhere else."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app import create_app
from callbacks.guard import ForbiddenError
from geodata.alerts import book
from geodata.alerts.book import Alert, Feedback
from geodata.settings import Settings
from geodata.store import Store
from layers import ids
from tests.callbacks import asked
from tests.callbacks.desk import OURS

EVER = (dt.date(2000, 1, 1), dt.date(2100, 1, 1))


@pytest.fixture
def folder(demo_folder: Path, tmp_path: Path) -> Path:
    """Return a demo city that a test may change."""
    return Path(shutil.copytree(demo_folder, tmp_path / "city"))


@pytest.fixture
def client(folder: Path) -> FlaskClient:
    """Return a client at the machine itself."""
    client: FlaskClient = create_app(Settings(city=folder)).server.test_client()
    return client


def first(folder: Path) -> Alert:
    return book.alerts(Store(folder), *EVER)[0]


def test_an_answer_is_kept_changed_and_taken_back(client: FlaskClient, folder: Path) -> None:
    number = first(folder).id
    for word in ("true", "false", "handled", ""):
        answer = client.post(f"/alerts/{number}?answer={word}", headers=OURS)
        assert (answer.status_code, answer.json) == (200, {"id": number, "answer": word})
        assert first(folder).feedback is Feedback(word)


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://localhost"}, {**OURS, "Origin": "http://evil.example"}])
def test_another_page_cannot_answer(client: FlaskClient, folder: Path, headers: dict[str, str]) -> None:
    assert client.post(f"/alerts/{first(folder).id}?answer=false", headers=headers).status_code == ForbiddenError.status
    assert first(folder).feedback is Feedback.NONE


def test_who_may_not_import_may_not_answer(folder: Path) -> None:
    app = create_app(Settings(city=folder, host="0.0.0.0"))  # noqa: S104 - shown to others
    client = app.server.test_client()
    assert client.post(f"/alerts/{first(folder).id}?answer=false", headers=OURS).status_code == ForbiddenError.status
    assert first(folder).feedback is Feedback.NONE
    assert "data-answer" not in str(asked(client, app, ids.PANEL, "?period=2026-09"))


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/alerts/1?answer=maybe", 400),
        ("/alerts/999?answer=true", 400),
        ("/alerts/99999999999999999999?answer=true", 400),
        ("/alerts/-1?answer=true", 405),
        ("/alerts/one?answer=true", 405),
    ],
)
def test_what_there_is_not_is_refused(client: FlaskClient, address: str, status: int) -> None:
    answer = client.post(address, headers=OURS)
    assert answer.status_code == status
    assert "Traceback" not in answer.text


def test_the_page_shows_alerts_and_what_was_answered(client: FlaskClient, folder: Path) -> None:
    app = create_app(Settings(city=folder))
    assert "预警" in str(asked(app.server.test_client(), app, ids.PANEL, "?period=2026-09"))
    client.post(f"/alerts/{first(folder).id}?answer=true", headers=OURS)
    shown = str(asked(app.server.test_client(), app, ids.PANEL, "?period=2026-09"))
    assert '"aria-pressed":"true"' in shown.replace("\\", "")
