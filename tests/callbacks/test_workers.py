"""Workers: the same answers from processes beside the server; one that falls over is replaced, none is missed."""

from __future__ import annotations

import dataclasses
import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
from werkzeug.test import TestResponse

from app import create_app
from callbacks import application
from callbacks.workers import Build, Reply, Request, Workers
from geodata import pipeline
from geodata.settings import Settings
from geodata.store import Store
from layers import ids
from tests.callbacks import CALL, UNPACKED, envelope, output_with

PLAIN = Request("GET", "/points", "bbox=113.0,21.8,114.4,22.6&zoom=9", "127.0.0.1", (), b"", 0)


@pytest.fixture(scope="module")
def folder(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a city that these tests may change."""
    copy = tmp_path_factory.mktemp("workers") / "city"
    shutil.copytree(demo_folder, copy, ignore=shutil.ignore_patterns("*-wal", "*-shm", "*.part"))
    return copy


@pytest.fixture(scope="module")
def workers(folder: Path) -> Iterator[Workers]:
    started = Workers(partial(application.in_a_worker, Settings(city=folder)), 1)
    wait_until_up(started)
    yield started
    started.stop()


def wait_until_up(workers: Workers) -> None:
    end = time.monotonic() + 60
    while not workers.up:
        assert time.monotonic() < end, "no worker came up"
        time.sleep(0.05)


def painted(answer: TestResponse) -> dict[str, object]:
    """Return what a map is drawn from; parts of the page are written in an order that differs by process."""
    assert answer.json is not None
    data = answer.json["response"][ids.MAP_VIEW]["data"]
    return {name: value for name, value in data.items() if not isinstance(value, dict | str)}


def test_a_worker_answers_as_the_server_does(workers: Workers, folder: Path) -> None:
    reply = workers.answer(PLAIN)
    own = create_app(Settings(city=folder)).server.test_client().get(f"{PLAIN.path}?{PLAIN.query}")
    assert reply is not None
    assert (reply.status, reply.body) == (own.status_code, own.data)
    assert dict(reply.headers) == dict(own.headers)


def test_a_refusal_comes_back_as_the_same_sentence(workers: Workers) -> None:
    reply = workers.answer(dataclasses.replace(PLAIN, query="bbox=1&zoom=9&lang=en"))
    assert reply is not None
    assert reply.status == 400
    assert b"error" in reply.body


def test_a_worker_is_never_behind_the_server(workers: Workers, folder: Path) -> None:
    before = workers.answer(dataclasses.replace(PLAIN, path="/health", query=""))
    store = Store(folder)
    pipeline.undo(store, store.batches()[-1].id)
    after = workers.answer(dataclasses.replace(PLAIN, path="/health", query="", changes=store.changes()))
    assert before is not None
    assert after is not None
    assert before.body != after.body


def test_one_that_fell_over_is_replaced_and_the_server_answers_meanwhile(workers: Workers) -> None:
    workers._all[0]._process.kill()
    assert workers.answer(PLAIN) is None
    assert not workers.up
    wait_until_up(workers)
    assert workers.answer(PLAIN) is not None


class Held:
    """A worker whose slow answers take until they are let go."""

    def __init__(self) -> None:
        self.asked, self.let_go = threading.Event(), threading.Event()

    def answer(self, request: Request) -> Reply:
        if request.path == "/pattern":
            self.asked.set()
            assert self.let_go.wait(30)
        return Reply(200, [], request.path.encode())


def test_slow_answers_leave_one_worker_to_the_others(folder: Path) -> None:
    held, slow = Held(), dataclasses.replace(PLAIN, path="/pattern")
    workers = Workers(partial(application.in_a_worker, Settings(city=folder)), 0)
    workers._up = 2
    for _ in range(2):
        workers._idle.put(cast("Any", held))
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(workers.answer, slow, slow=True) for _ in range(2)]
        assert held.asked.wait(30)
        quick = workers.answer(PLAIN)
        assert not any(each.done() for each in both)
        held.let_go.set()
        replies = [each.result(30) for each in both]
    assert quick is not None
    assert quick.body == PLAIN.path.encode()
    assert all(reply is not None and reply.body == b"/pattern" for reply in replies)


def test_the_server_asks_once_for_what_many_readers_see(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    made: list[Workers] = []

    class Noted(Workers):
        def __init__(self, build: Build, number: int) -> None:
            made.append(self)
            super().__init__(build, number)

        def answer(self, request: Request, *, slow: bool = False) -> Reply | None:
            asked.append(f"{request.path} slowly" if slow else request.path)
            return super().answer(request, slow=slow)

    monkeypatch.setattr(application, "Workers", Noted)
    app = create_app(Settings(city=folder), workers=1)
    wait_until_up(made[0])
    try:
        call = envelope(app, output_with(app, f"{ids.MAP_VIEW}.data"), "?period=2026-07")
        first, second = (app.server.test_client().post(CALL, json=call, headers=UNPACKED) for _ in range(2))
        points = app.server.test_client().get(f"{PLAIN.path}?{PLAIN.query}")
        app.server.test_client().get("/health")
        for link in ("", "?period=2026-07&layer=near_repeat"):
            card = envelope(app, output_with(app, f"{ids.PATTERN}.children"), link)
            assert app.server.test_client().post(CALL, json=card).status_code == 200
    finally:
        made[0].stop()
    monkeypatch.undo()
    own = create_app(Settings(city=folder)).server.test_client()
    assert asked == [CALL, PLAIN.path, CALL, f"{CALL} slowly"]
    assert first.data == second.data
    assert painted(first) == painted(own.post(CALL, json=call, headers=UNPACKED))
    assert points.data == own.get(f"{PLAIN.path}?{PLAIN.query}").data
