"""Cases, each in a process of its own and watched: what it opens, what it asks, what it takes, what it changes.

``python -m tests.badinput.worker FOLDER CASE …`` does some cases and prints what became of each as a line of JSON.
"""

from __future__ import annotations

import ctypes
import datetime as dt
import hashlib
import importlib
import json
import multiprocessing
import os
import resource
import shutil
import socket
import sys
import sysconfig
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyproj
from shapely import box

from geodata import boundaries, pipeline
from geodata.city import read_city
from geodata.errors import PinganError
from geodata.store import Store
from geodata.vocabulary import PlaceLevel
from tests.badinput.cases import CONTROL, Case, accepted, add, secret, write
from tests.badinput.corpus import CASES

SOURCE = "s"
MOST_MEMORY = 4 * 1024**3
PATIENCE_S = 30
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_READ_ELSEWHERE = (
    "/usr/share/zoneinfo",
    "/usr/lib",
    "/lib",
    "/etc/ld.so",
    "/etc/mime.types",
    "/etc/localtime",
    "/dev/",
    "/proc/",
)
_IN_OPEN = 0x20


@dataclass
class Outcome:
    """What became of a case."""

    refused: tuple[str, str] | None = None
    report: dict[str, Any] = field(default_factory=dict)
    aside: dict[str, list[int]] = field(default_factory=dict)
    cells: dict[str, list[str]] = field(default_factory=dict)
    where: dict[str, int] | None = None
    error: str = ""
    seconds: float = 0.0
    megabytes: float = 0.0
    strayed: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)


def main(base: Path, case_ids: list[str]) -> None:
    """Do some cases, one after the other, and print what became of them."""
    make_city(base / "city")
    for number, case_id in enumerate(case_ids):
        folder = base / str(number)
        shutil.copytree(base / "city", folder / "city")
        outcome = apart(case_id, folder)
        shutil.rmtree(folder)
        print(json.dumps([case_id, asdict(outcome)]), flush=True)


def apart(case_id: str, folder: Path) -> Outcome:
    """Do one case in a process that is ended if it does not end."""
    context = multiprocessing.get_context("fork")  # all is imported already, and there are no threads here
    mine, theirs = context.Pipe(duplex=False)
    process = context.Process(target=run, args=(case_id, folder, theirs))
    process.start()
    theirs.close()
    try:
        if not mine.poll(PATIENCE_S):
            return Outcome(error=f"no answer after {PATIENCE_S} s")
        outcome: Outcome = mine.recv()
    except EOFError:
        process.join(5)
        return Outcome(error=f"the process ended without an answer, code {process.exitcode}")
    finally:
        process.kill()
        process.join()
    return outcome


def run(case_id: str, folder: Path, answer: Connection) -> None:
    """Do one case in `folder` and send its outcome."""
    case, outcome = CASES[case_id], Outcome()
    upload = folder / "upload"
    for part in (upload, folder / "outside"):
        part.mkdir()
    (folder / "outside" / "secret.csv").write_text("编号,时间,经度,纬度,类型\n秘密,2024-05-01,113.51,22.21,秘密\n")
    with _canaries(folder, outcome.strayed):
        path = case.make(upload)
        store = Store(folder / "city")
        for number, text in enumerate(case.before):
            before = folder / f"before{number}.csv"
            before.write_text(text, encoding="utf-8")
            pipeline.import_incidents(store, before, SOURCE)
        resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
        seen = _contents(folder)
        start = _Meter()
        _watch(folder, outcome.strayed)
        try:
            _TASKS[case.task](store, path, case, outcome)
        except PinganError as error:
            outcome.refused = (error.zh, error.en)
        except BaseException:  # noqa: BLE001 whatever it is, it must be told
            outcome.error = traceback.format_exc()
        outcome.seconds, outcome.megabytes = start.taken()
        now = _contents(folder)
        outcome.changed = sorted(name for name in seen.keys() | now.keys() if seen.get(name) != now.get(name))
    answer.send(outcome)
    answer.close()
    os._exit(0)  # the hook stays, and nothing is left to tidy up


def make_city(folder: Path) -> None:
    """Make a city of two districts of two streets each, which meet in one corner."""
    west, south, step = 113.50, 22.20, 0.04
    districts = gpd.GeoDataFrame(
        {"code": ["A", "B"], "name": ["甲区", "乙区"]},
        geometry=[box(west + x * step, south, west + (x + 1) * step, south + 2 * 0.02) for x in (0, 1)],
        crs="EPSG:4326",
    )
    streets = gpd.GeoDataFrame(
        {"code": ["A1", "A2", "B1", "B2"], "name": ["南街", "北街", "东街", "西街"]},
        geometry=[
            box(west + x * step, south + y * 0.02, west + (x + 1) * step, south + (y + 1) * 0.02)
            for x in (0, 1)
            for y in (0, 1)
        ],
        crs="EPSG:4326",
    )
    store = Store(folder)
    for frame, level in ((districts, PlaceLevel.DISTRICT), (streets, PlaceLevel.STREET)):
        path = folder.parent / f"{level}.parquet"
        frame.to_parquet(path)
        pipeline.import_boundaries(store, path, level, id_column="code", name_column="name")


# --- what is done with a file ---


def _incidents(store: Store, path: Path | str, case: Case, outcome: Outcome) -> None:
    mapping = store.folder.parent / "upload" / "mapping.toml"
    name = str(mapping) if mapping.exists() else None
    report = pipeline.import_incidents(store, path, SOURCE, mapping_name=name, **case.options)
    examined = report.examination or {"to_ask": False, "likely": None}
    likely = [str(part) for part in (examined["likely"] or {}).values() if part]
    outcome.report = vars(report) | {"to_ask": examined["to_ask"], "likely": " ".join(likely)}
    if report.batch is None:
        return
    outcome.report["label"] = store.batches()[-1].file_name
    aside = store.set_aside(report.batch)
    outcome.aside = {str(reason): rows.tolist() for reason, rows in aside.groupby("reason")["row"]}
    stored = store.written(report.batch).sort_by("incident_id")
    outcome.cells = {
        name: [str(cell) for cell in stored[name].slice(0, 50).to_pylist()] for name in stored.column_names
    }
    if case.expected.where is not None:
        city = read_city(store)
        counted = city.counts(PlaceLevel.STREET, dt.date(1970, 1, 1), dt.date(2100, 1, 1))
        found = dict(zip(city.places["place_id"].iloc[counted.places.index], counted.places.tolist(), strict=True))
        found |= {"outside": counted.outside, "unlocated": counted.unlocated}
        outcome.where = {name: int(n) for name, n in found.items() if n}


def _boundaries(store: Store, path: Path | str, case: Case, outcome: Outcome) -> None:
    options = {"id_column": "code", "name_column": "name"} | case.options
    places = pipeline.import_boundaries(store, path, PlaceLevel.COMMUNITY, **options)
    found = boundaries.check_places(store.places())
    faults: dict[str, int] = {}
    for fault in found:
        if fault.is_error:
            faults[fault.kind] = faults.get(fault.kind, 0) + 1
    outcome.report = {"places": len(places), "faults": faults}


def _command(store: Store, path: Path | str, case: Case, outcome: Outcome) -> None:
    """Run the command line; what it says on a refusal is the refusal."""
    said = store.folder.parent / "said"
    with said.open("w+", encoding="utf-8") as stream:
        sys.stdout, sys.stderr = stream, stream
        code = importlib.import_module("app").main(
            ["--city", str(store.folder), "import", str(path), "--source", SOURCE]
        )
        stream.seek(0)
        words = stream.read()
    said.unlink()
    if code:
        zh, _, en = words.partition("\n")
        outcome.refused = (zh, en)


def _control(store: Store, path: Path | str, _case: Case, outcome: Outcome) -> None:
    """Do what no import may do; Arrow opens files below Python."""
    hidden = secret(Path(path).parent)
    pa.OSFile(str(hidden)).close()
    hidden.with_name("left behind").write_text("x")
    socket.create_connection(("127.0.0.1", int((store.folder.parent / "port").read_text()))).close()
    outcome.report = {"ballast": int(np.ones(100_000_000).sum())}


_TASKS = {"incidents": _incidents, "boundaries": _boundaries, "command": _command, CONTROL: _control}

add(Case(CONTROL, "all that is forbidden", lambda folder: write(folder, "a.csv", ""), accepted(), CONTROL))


# --- what is watched ---


class _Meter:
    """CPU time, and the most memory that is held above what was there before."""

    def __init__(self) -> None:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forgets the peak so far
        self.memory, self.cpu = _memory("VmRSS"), time.process_time()

    def taken(self) -> tuple[float, float]:
        """Return seconds and megabytes."""
        return time.process_time() - self.cpu, (_memory("VmHWM") - self.memory) / 1024


def _memory(what: str) -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition(f"{what}:")[2].split()[0])


def _contents(folder: Path) -> dict[str, str]:
    """Return a digest of every file that an import might change: of the city, and of all that lies around it."""
    return {
        str(path.relative_to(folder)): hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.parent.name != "outside"
    }


@contextmanager
def _canaries(folder: Path, strayed: list[str]) -> Iterator[None]:
    """Watch the secret and a server from below Python, where no library can pass unseen."""
    libc = ctypes.CDLL(None, use_errno=True)
    watch = libc.inotify_init1(os.O_NONBLOCK)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        (folder / "port").write_text(str(server.getsockname()[1]))
        if libc.inotify_add_watch(watch, os.fsencode(folder / "outside" / "secret.csv"), _IN_OPEN) < 0:
            raise OSError(ctypes.get_errno())
        yield
        try:
            server.accept()
        except BlockingIOError:
            pass
        else:
            strayed.append("the server inside was asked")
        try:
            events = os.read(watch, 4096)
        except BlockingIOError:
            events = b""
        if events:
            strayed.append("the secret was opened")


def _watch(folder: Path, strayed: list[str]) -> None:
    """Note every file that is opened outside of the upload and the city, every process and every connection."""
    python = [sys.prefix, sys.base_prefix, sysconfig.get_path("stdlib"), pyproj.datadir.get_data_dir()]
    project = str(Path(__file__).resolve().parents[2])
    readable = (*_READ_ELSEWHERE, *python, project, str(folder))
    ours = (str(folder / "upload"), str(folder / "city"), str(folder / "said"))
    secrets = str(folder / "outside")

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            writes = bool((arguments[2] or 0) & _WRITES)
            allowed = ours + ((project,) if "__pycache__" in path else ()) if writes else readable
            if not path.startswith(allowed) or path.startswith(secrets):
                strayed.append(f"{'wrote' if writes else 'opened'} {path}")
        elif event in (
            "socket.connect",
            "socket.getaddrinfo",
            "subprocess.Popen",
            "os.system",
            "os.posix_spawn",
            "os.exec",
        ):
            strayed.append(f"{event} {arguments!r}")

    sys.addaudithook(hook)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
