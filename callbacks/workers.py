"""Processes that work answers out beside the server, so that many readers are served at once.

One process takes all requests, keeps whole answers and everything that writes; Python gives its threads one core
together. What costs time and reads the link and the city only is worked out by workers: each is the same application
in a process of its own, which is given one request at a time through a pipe.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from callbacks.live import LiveCity
from geodata.compiled import processors

LONGEST_S = 120.0
"""A worker that takes longer over one answer is given up [s]."""
MOST = 4
PASSED_ON = ("Accept", "Accept-Encoding", "Content-Type", "If-None-Match", "Sec-Fetch-Site", "Origin")
"""Headers of a request that an answer may depend on, beside its host."""
_LOG = logging.getLogger(__name__)
_SPAWN = multiprocessing.get_context("spawn")  # a fork would copy locks that threads hold

Build = Callable[[], tuple[flask.Flask, LiveCity]]
"""What makes the application in a worker; it must be importable there."""


@dataclass(frozen=True)
class Request:
    """What a worker has to know of a request."""

    method: str
    path: str
    query: str
    host: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    changes: int
    """Of the city that the server hands out: no older one may be answered from."""


@dataclass(frozen=True)
class Reply:
    """What a worker answered."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Workers:
    """Some worker processes.

    Parameters
    ----------
    build
        Makes the application in each of them.
    number
        How many; none where there is one core.
    """

    def __init__(self, build: Build, number: int) -> None:
        self._build = build
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        self._up = 0
        self._lock = threading.Lock()
        self._ended = False
        self._all: list[_Worker] = []
        self._slow = threading.Semaphore(max(1, number - 1))
        # glibc would give every thread an arena of its own, which never shrinks
        os.environ.setdefault("MALLOC_ARENA_MAX", "2")
        for _ in range(number):
            threading.Thread(target=self._start, daemon=True).start()

    def answer(self, request: Request, *, slow: bool = False) -> Reply | None:
        """Have a request answered; None while no worker is up, or if the one that was asked fell over.

        Parameters
        ----------
        request
            What is asked.
        slow
            Whether it may take long: one worker is left to the others, who would all wait for it.
        """
        with self._slow if slow else nullcontext():
            return self._answer(request)

    def _answer(self, request: Request) -> Reply | None:
        if not self._up:
            return None
        try:
            worker = self._idle.get(timeout=LONGEST_S)
        except queue.Empty:
            return None
        reply = worker.answer(request)
        if reply is None:
            self._lose(worker)
        else:
            self._idle.put(worker)
        return reply

    @property
    def up(self) -> int:
        """How many can be asked."""
        return self._up

    def stop(self) -> None:
        """End all workers."""
        self._ended = True
        for worker in self._all:
            worker.end()

    def _start(self) -> None:
        worker = _Worker(self._build)
        with self._lock:
            self._all.append(worker)
        if worker.wait_until_up() and not self._ended:
            with self._lock:
                self._up += 1
            self._idle.put(worker)
        else:
            worker.end()

    def _lose(self, worker: _Worker) -> None:
        _LOG.warning("a worker ended, another one is started")
        worker.end()
        with self._lock:
            self._up -= 1
            self._all.remove(worker)
        if not self._ended:
            threading.Thread(target=self._start, daemon=True).start()


class _Worker:
    """One worker process, as the server sees it."""

    def __init__(self, build: Build) -> None:
        self._pipe, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_work, args=(build, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def wait_until_up(self) -> bool:
        return self._receive() is not None

    def answer(self, request: Request) -> Reply | None:
        try:
            self._pipe.send(request)
        except OSError:
            return None
        reply: Reply | None = self._receive()
        return reply

    def _receive(self) -> Any:
        try:
            return self._pipe.recv() if self._pipe.poll(LONGEST_S) else None
        except (EOFError, OSError):
            return None

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()


def default_number() -> int:
    """Return how many workers suit this machine."""
    cores = processors()
    return min(MOST, cores) if cores > 1 else 0


def asked(changes: int) -> Request:
    """Read the request that is being answered."""
    request = flask.request
    headers = tuple((name, request.headers[name]) for name in PASSED_ON if name in request.headers)
    query = request.query_string.decode("latin-1")
    return Request(request.method, request.path, query, request.host, headers, request.get_data(), changes)


def _work(build: Build, pipe: Connection) -> None:
    """Answer one request after the other, until the server is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server's to heed
    server, live = build()
    with suppress(EOFError, OSError):  # the server is gone
        pipe.send("up")
        while True:
            request: Request = pipe.recv()
            live.current(at_least=request.changes)
            pipe.send(_answered(server, request))


def _answered(server: flask.Flask, request: Request) -> Reply:
    builder = EnvironBuilder(
        path=request.path,
        query_string=request.query,
        base_url=f"http://{request.host}/",
        method=request.method,
        headers=list(request.headers),
        data=request.body,
    )
    body, status, headers = run_wsgi_app(server.wsgi_app, builder.get_environ(), buffered=True)
    return Reply(int(status.split()[0]), list(headers.items()), b"".join(body))
