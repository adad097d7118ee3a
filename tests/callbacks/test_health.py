"""Who watches over the server is told the truth."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import cast

import flask
import pytest
from flask.testing import FlaskClient

from callbacks import health
from callbacks.live import LiveCity
from geodata.errors import CityError
from geodata.store import Store


def test_a_running_server_is_alive_and_ready(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "ok"}
    assert client.get("/readyz").get_json() == {"status": "ok"}
    assert client.head("/readyz").status_code == 200


class Asked:
    """Stands for the live city: answers, or cannot."""

    error: Exception | None = None

    def current(self) -> None:
        if self.error is not None:
            raise self.error


@pytest.fixture
def watched(demo_folder: Path, tmp_path: Path) -> tuple[FlaskClient, Path, Asked]:
    folder, live, server = tmp_path / "city", Asked(), flask.Flask("watched")
    shutil.copytree(demo_folder, folder)
    health.register(server, cast("LiveCity", live), Store(folder))
    return server.test_client(), folder, live


def test_a_city_that_cannot_be_read_is_not_ready(watched: tuple[FlaskClient, Path, Asked]) -> None:
    client, folder, live = watched
    assert client.get("/readyz").status_code == 200
    live.error = CityError("坏了", f"broken: {folder}")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["reason"]) == (503, "city unreadable")
    assert str(folder) not in answer.text


def test_without_its_ledger_a_server_is_alive_but_not_ready(watched: tuple[FlaskClient, Path, Asked]) -> None:
    client, folder, _ = watched
    for file in folder.glob("ledger.sqlite*"):
        file.unlink()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["reason"] == "ledger missing"
    assert str(folder) not in answer.text
    assert not (folder / "ledger.sqlite").exists()
    assert client.get("/healthz").status_code == 200


def test_with_a_broken_ledger_a_server_is_not_ready(watched: tuple[FlaskClient, Path, Asked]) -> None:
    client, folder, _ = watched
    for file in folder.glob("ledger.sqlite-*"):
        file.unlink()
    (folder / "ledger.sqlite").write_bytes(b"no ledger" * 1000)
    assert client.get("/readyz").status_code == 503
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(folder / "ledger.sqlite").execute("SELECT 1 FROM sqlite_master").fetchone()
