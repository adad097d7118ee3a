"""Let many people use the map page at once, and print one table.

``python -m tests.bench.users [CITY] [--users 50] [--minutes 5] [--workers N] [--wait 25] [--seed 0]``

Each user is a thread with a connection of its own. They open the first page with its scripts and outlines, drill down
and go up, choose sub-indices, periods, types, levels, languages and layers, and look at incident points; between two
moves they think for one to two seconds. A move is sent as the browser sends it: the calls that read the link with the
bodies that Dash makes, the panel's once the map's is answered or has taken too long (``assets/js/network.js``), then
what the map fetches itself. Times are from the request to the last byte; those of a whole move from its beginning, the
click's link included, until all of it is there. The users come when the worker processes have had time to start: those
who come earlier share one process (``--wait 0``).
"""

from __future__ import annotations

import collections
import gzip
import http.client
import json
import os
import random
import re
import statistics
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from geodata.city import CityData, read_city
from geodata.store import Store
from geodata.vocabulary import PeriodKind
from layers import ids
from layers.view import LAYERS, ViewState, default_view, drill, up, with_kind
from tests.bench import machine
from tests.bench.window import arguments, calls_of, cells, city_folder, quantile, served, table

BAR_S = 1.0
THINK_S = (1.0, 2.0)
MAP_FIRST_S = 0.4
"""So long a page waits for its map before it asks for the panel."""
PARALLEL = 4
"""Connections that a user's browser has open for the calls of one move."""


@dataclass
class Book:
    """What all users together noted down."""

    taken: dict[str, list[float]] = field(default_factory=lambda: collections.defaultdict(list))
    moves: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, kind: str, seconds: float, error: str) -> None:
        """Keep one answer."""
        with self.lock:
            self.taken[kind].append(seconds)
            if error:
                self.errors.append(f"{kind}: {error}")


@dataclass
class User:
    """One person with a browser."""

    address: str
    city: CityData
    book: Book
    draw: random.Random
    view: ViewState = field(init=False)
    files: set[str] = field(default_factory=set)
    """Outlines that the browser has already."""
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(PARALLEL))
    own: threading.local = field(default_factory=threading.local)

    def live(self, until: float) -> None:
        """Use the page until a time of the monotonic clock."""
        time.sleep(self.draw.uniform(0, THINK_S[1]))
        self.first_page()
        while time.monotonic() < until:
            time.sleep(self.draw.uniform(*THINK_S))
            began = time.perf_counter()
            if self.draw.random() < 0.03:
                self.first_page()
            else:
                kind, self.view = self.move()
                self.show(kind)
                self.book.moves.append(time.perf_counter() - began)
        self.pool.shutdown()

    def first_page(self) -> None:
        """Open the page with an empty cache."""
        self.view, self.files = default_view(self.city), set()
        page = self.fetch("first page", "/")
        scripts = re.findall(r'(?:src|href)="(/[^"]+\.(?:js|css)[^"]*)"', page.decode())
        list(self.pool.map(lambda path: self.fetch("scripts and styles", path), scripts))
        list(self.pool.map(lambda path: self.fetch("layout", path), ("/_dash-layout", "/_dash-dependencies")))
        self.show("first page, calls", first=True)

    def show(self, kind: str, *, first: bool = False) -> None:
        """Ask for everything that a link shows."""
        search = "" if first else self.view.search()
        bodies = calls_of(self.address, search)
        later = [body for body in bodies if f'"{ids.PANEL}"'.encode() in body]
        sent = {body: self.called(kind, body) for body in bodies if body not in later}
        of_map = next(sent[body] for body in sent if f'"{ids.MAP_VIEW}"'.encode() in body)
        wait([of_map], timeout=MAP_FIRST_S)
        sent |= {body: self.called(kind, body) for body in later}
        payload = json.loads(of_map.result() or b"{}").get("response", {}).get(ids.MAP_VIEW, {}).get("data")
        if payload:
            self.fetch_for(payload)
        wait(sent.values())

    def called(self, kind: str, body: bytes) -> Future[bytes]:
        """Send one of Dash's calls beside others."""
        return self.pool.submit(self.fetch, kind, "/_dash-update-component", body)

    def fetch_for(self, payload: dict[str, Any]) -> None:
        """Fetch outlines, points and pattern of a map, as its scripts do."""
        beside = [(payload[name] or {}).get("geometry") for name in ("here", "around")]
        parts = [payload["geometry"], payload["next"], *beside]
        for path in parts:
            if isinstance(path, str) and path not in self.files:
                self.files.add(path)
                self.fetch("outlines", path)
        points, pattern = payload["points"], payload["pattern"]
        if isinstance(points, dict) and points["from_zoom"] == 0:
            (south, west), (north, east) = payload["fit"]
            box = urlencode({"bbox": f"{west:.5f},{south:.5f},{east:.5f},{north:.5f}", "zoom": 15}, safe=",")
            self.fetch("points", f"{points['url']}&{box}")
        if isinstance(pattern, dict) and pattern.get("layer"):
            self.fetch("pattern", f"{pattern['url']}&layer={pattern['layer']}")

    def move(self) -> tuple[str, ViewState]:
        """Choose what to do next: mostly drilling and recolouring."""
        view, city, draw = self.view, self.city, self.draw
        place = city.find(view.place)
        below = city.levels_below(place)
        events = [
            *[("drill", 5)] * bool(below),
            *[("up", 2)] * (place.row is not None),
            ("sub-index", 4),
            ("period", 4),
        ]
        events += [("type", 1), *[("level", 1)] * (len(below) > 1), ("layer", 1), ("language", 1), ("list", 1)]
        kind = draw.choices([name for name, _ in events], [weight for _, weight in events])[0]
        if kind == "drill":
            inside = city.place(draw.choice(city.members(below[0], place).tolist()))
            self.tell({"kind": "drill", "id": inside.token})
            return kind, drill(view, inside)
        if kind == "up":
            self.tell({"kind": "up"})
            return kind, up(view, city)
        return kind, self.chosen(kind)

    def chosen(self, kind: str) -> ViewState:
        """Return the view behind a link of this kind."""
        view, city, draw = self.view, self.city, self.draw
        if kind == "sub-index":
            return view.but(
                sub_index=draw.choice(["total", *(s.id for s in city.method.sub_indices)]), incident_type=""
            )
        if kind == "period":
            step = draw.choice([view.period.previous(), view.period.next(), None])
            if step is None or not city.offers(step):
                return with_kind(view, draw.choice([k for k in city.period_kinds if k is not PeriodKind.RANGE]), city)
            return view.but(period=step)
        if kind == "type":
            return view.but(incident_type="" if view.incident_type else draw.choice(list(city.type_positions)))
        if kind == "level":
            return view.but(level=draw.choice(city.levels_below(city.find(view.place))[1:]))
        if kind == "layer":
            return view.but(layer="" if view.layer else draw.choice(LAYERS))
        if kind == "list":
            return view.but(rows=0 if view.rows else 1)
        return view.but(lang="zh" if view.lang == "en" else "en")

    def tell(self, event: dict[str, object]) -> None:
        """Turn an event of the map into a link, as a click does."""
        body = {
            "output": "url.search",
            "outputs": {"id": "url", "property": "search"},
            "inputs": [{"id": "map-event", "property": "data", "value": {**event, "n": 1}}],
            "changedPropIds": ["map-event.data"],
            "parsedChangedPropsIds": ["map-event.data"],
            "state": [{"id": "url", "property": "search", "value": self.view.search()}],
        }
        self.fetch("click on the map", "/_dash-update-component", json.dumps(body).encode())

    def fetch(self, kind: str, path: str, body: bytes | None = None) -> bytes:
        """Ask once; note how long it took and whether it went well; return the content, unpacked."""
        began, content, error = time.perf_counter(), b"", ""
        try:
            answer = self.answered(path, body)
            content = answer.read()
            if answer.status != 200:
                error = f"{answer.status} for {path}: {content[:200]!r}"
            elif answer.headers["Content-Encoding"] == "gzip":
                began_unpacking = time.perf_counter()
                content = gzip.decompress(content)
                began += time.perf_counter() - began_unpacking  # the browser's work, not the server's
        except (OSError, http.client.HTTPException) as fault:
            error, self.own.line = f"{type(fault).__name__} {fault} for {path}", None
        self.book.note(kind, time.perf_counter() - began, error)
        return content if not error else b""

    def answered(self, path: str, body: bytes | None) -> http.client.HTTPResponse:
        """Send a request; as a browser does, once more if the server had closed a line that was kept open."""
        headers = {"Accept-Encoding": "gzip"} | ({} if body is None else {"Content-Type": "application/json"})
        while True:
            line = getattr(self.own, "line", None)
            kept = line is not None
            if line is None:
                line = self.own.line = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=60)
            try:
                line.request("GET" if body is None else "POST", path, body, headers)
                return line.getresponse()
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self.own.line = None
                if not kept:
                    raise


def main() -> None:
    """Print two tables: answers, and the server's memory."""
    parser = arguments(__doc__)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", default="", help="as of `app.py serve`")
    parser.add_argument("--wait", type=float, default=25.0, help="seconds for the worker processes to start")
    given = parser.parse_args()
    workers = ["--workers", given.workers] if given.workers else []
    print(f"{machine()}; {given.users} users, {given.minutes:g} minutes; users and server on the same machine\n")
    with city_folder(given.city) as folder:
        server = served(folder, *workers)
        with server as address:
            city, book = read_city(Store(folder)), Book()
            calls_of(address, "")
            time.sleep(given.wait)
            memory = [resident(server.server.pid)]
            before = processor_times(server.server.pid)
            until = time.monotonic() + 60 * given.minutes
            users = [User(address, city, book, random.Random(given.seed + k)) for k in range(given.users)]  # noqa: S311
            threads = [threading.Thread(target=user.live, args=(until,)) for user in users]
            for thread in threads:
                thread.start()
            for _ in range(4):
                time.sleep(15 * given.minutes)
                memory.append(resident(server.server.pid))
            for thread in threads:
                thread.join()
            after = processor_times(server.server.pid)
        tell(book, memory, 60 * given.minutes)
        asked = sum(len(taken) for taken in book.taken.values())
        told = [f"{who} {1000 * (after[who] - before[who]) / asked:.2f} ms" for who in after]
        print("processor time a request:", ", ".join(told))


def processor_times(pid: int) -> dict[str, float]:
    """Return the processor time that the server, its workers and this process have taken [s]."""

    def taken(each: int) -> float:
        fields = Path(f"/proc/{each}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    workers = sum(taken(each) for each in children_of(pid))
    return {"server": taken(pid), "workers": workers, "users": time.process_time()}


def resident(pid: int) -> float:
    """Return the memory of a process and of those that it started [MB]; pages that they share count once."""
    total = 0.0
    for each in (pid, *children_of(pid)):
        lines = Path(f"/proc/{each}/smaps_rollup").read_text(encoding="ascii").splitlines()
        total += float(next(line for line in lines if line.startswith("Pss:")).split()[1]) / 1024
    return total


def children_of(pid: int) -> list[int]:
    """Return the processes that a process started."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(each) for each in (task / "children").read_text(encoding="ascii").split()]
    return found


def tell(book: Book, memory: list[float], seconds: float) -> None:
    """Print what was measured."""
    table("request", "how many", "p50", "p95", "worst", "bar")
    everything = [each for taken in book.taken.values() for each in taken]
    for kind, taken in [("all", everything), *sorted(book.taken.items(), key=lambda pair: -len(pair[1]))]:
        p95 = quantile(taken, 0.95)
        told = [f"{1000 * value:.0f} ms" for value in (statistics.median(taken), p95, max(taken))]
        cells(kind, f"{len(taken):,}", *told, "p95 ≤ 1 s" if p95 <= BAR_S else "p95 ≤ 1 s: MISSED")
    p50, p95 = (1000 * quantile(book.moves, share) for share in (0.5, 0.95))
    print(f"\na whole move, all its requests: p50 {p50:.0f} ms, p95 {p95:.0f} ms, {len(book.moves):,} moves")
    print(f"{len(everything) / seconds:.0f} requests a second; errors: {len(book.errors)}")
    for each in book.errors[:10]:
        print("  ", each)
    print("server, resident:", " → ".join(f"{each:.0f} MB" for each in memory), "(start, quarters of the time)")


if __name__ == "__main__":
    main()
