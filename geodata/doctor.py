"""What is well and what is not, where this program is installed; every finding says what to do."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import shutil
import socket
import sqlite3
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from geodata.city import CityData, read_city
from geodata.compiled import processors
from geodata.errors import PinganError
from geodata.quality import Freshness, source_quality
from geodata.settings import Settings
from geodata.store import LEDGER, SCHEMA_VERSION, Store
from geodata.tiles import open_basemap
from geodata.vocabulary import PlaceLevel

ROOT = Path(__file__).resolve().parents[1]
LEAST_PYTHON = (3, 11)
LEAST_DISK, LITTLE_DISK = 1024**3 // 4, 2 * 1024**3
"""With less room than this nothing can be imported, or not much [bytes]."""
LITTLE_MEMORY = 2 * 1024**3
"""With less free memory than this large imports may be ended by the system [bytes]."""
SWITCHES = frozenset(
    f"PINGAN_{name}" for name in ("CITY", "ALLOW_IMPORT", "MOST_UPLOAD", "BASEMAP_KEY", "BASEMAP_KEY_FILE", "FONTS")
)
"""Names of the environment that the product reads."""
_TESTS = "PINGAN_REQUIRE_"
_SHOWN_SOURCES = 5
_LEVELS = {
    PlaceLevel.DISTRICT: ("区", "district", "districts"),
    PlaceLevel.STREET: ("镇街", "street", "streets"),
    PlaceLevel.COMMUNITY: ("村居", "community", "communities"),
    PlaceLevel.GRID_CELL: ("网格", "grid cell", "grid cells"),
}


class State(StrEnum):
    """How serious a finding is."""

    FINE = "fine"
    NOTE = "note"
    FAULT = "fault"


EXIT_CODES = {State.FINE: 0, State.NOTE: 1, State.FAULT: 2}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    part: str
    state: State
    zh: str
    en: str


@dataclass(frozen=True)
class Patient:
    """What is looked at."""

    folder: Path
    settings: Settings = field(default_factory=Settings)
    online: bool = False
    """Whether the basemap's service may be asked."""
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    @cached_property
    def store(self) -> Store:
        """Return the city folder, which must be there and of this version."""
        return Store(self.folder)

    @cached_property
    def city(self) -> CityData:
        """Return the city."""
        return read_city(self.store)


Check = Callable[[Patient], Iterable[Finding]]


def examine(patient: Patient, more: Sequence[Check] = ()) -> list[Finding]:
    """Look at everything; a check that cannot be finished is a finding itself.

    Parameters
    ----------
    patient
        What is looked at.
    more
        Checks of what this package does not know of.
    """
    checks: list[Check] = [versions, *more, machine, disk, compiler, port, switches]
    checks += [ledger] if _usable(patient.folder) else [no_city]
    findings = [each for check in checks for each in _finished(check, patient)]
    if _usable(patient.folder) and not any(each.state is State.FAULT and each.part == "ledger" for each in findings):
        findings += [each for check in (files, places, sources, basemap) for each in _finished(check, patient)]
    return findings


def worst(findings: Iterable[Finding]) -> State:
    """Return the most serious state of all."""
    return max((each.state for each in findings), key=list(State).index, default=State.FINE)


def _finished(check: Check, patient: Patient) -> list[Finding]:
    try:
        return list(check(patient))
    except PinganError as error:
        return [Finding(check.__name__, State.FAULT, error.zh, error.en)]
    except (OSError, sqlite3.Error, ValueError, ArithmeticError, LookupError) as error:
        said = f"{type(error).__name__}: {error}"
        return [
            Finding(
                check.__name__, State.FAULT, f"未能查完（{said}），请联系运维。", f"could not be finished ({said})."
            )
        ]


# --- the machine ---


def versions(_: Patient) -> Iterator[Finding]:
    """Compare Python and the packages with what the product was made for."""
    python = platform.python_version()
    if sys.version_info[:2] < LEAST_PYTHON:
        wanted = ".".join(map(str, LEAST_PYTHON))
        zh, en = f"Python {python} 过旧，请改用 {wanted} 以上。", f"Python {python} is too old: take {wanted} or newer."
        yield Finding("versions", State.FAULT, zh, en)
    else:
        yield Finding("versions", State.FINE, f"Python {python} 版本合适。", f"Python {python} is new enough.")
    listed = ROOT / "requirements.txt"
    if not listed.is_file():
        zh, en = "没有 requirements.txt，未核对依赖版本。", "there is no requirements.txt to compare packages with."
        yield Finding("versions", State.NOTE, zh, en)
        return
    wanted_packages = list(_requirements(listed.read_text(encoding="utf-8")))
    wrong = [said for each in wanted_packages if (said := _wrong(each))]
    for name, zh, en in wrong:
        mend_zh, mend_en = "请运行 pip install -r requirements.txt。", "run `pip install -r requirements.txt`."
        yield Finding("versions", State.FAULT, f"{name} {zh}；{mend_zh}", f"{name} {en}: {mend_en}")
    if not wrong:
        n = len(wanted_packages)
        yield Finding(
            "versions", State.FINE, f"{n} 个依赖的版本都在范围内。", f"all {n} packages are of the versions wanted."
        )


def _requirements(text: str) -> Iterator[Requirement]:
    for line in text.splitlines():
        try:
            yield Requirement(line.partition("#")[0].strip())
        except InvalidRequirement:
            continue  # a comment, or nothing


def _wrong(wanted: Requirement) -> tuple[str, str, str] | None:
    try:
        have = importlib.metadata.version(wanted.name)
    except importlib.metadata.PackageNotFoundError:
        return wanted.name, "没有安装", "is not installed"
    if wanted.specifier.contains(have, prereleases=True):
        return None
    return wanted.name, f"{have} 不在 {wanted.specifier} 范围内", f"{have} is not {wanted.specifier}"


def machine(_: Patient) -> Iterator[Finding]:
    """Look at processors and memory."""
    cores, free = processors(), _free_memory()
    if free is None:
        yield Finding(
            "machine", State.FINE, f"{cores} 核，内存未能读取。", f"{_n(cores, 'core')}; memory cannot be read here."
        )
    elif free < LITTLE_MEMORY:
        yield Finding(
            "machine",
            State.NOTE,
            f"{cores} 核，可用内存只有 {_size(free)}；大文件导入可能中断，请关闭其他程序或增加内存。",
            f"{_n(cores, 'core')}, but only {_size(free)} of memory: large imports may be ended; close other programs.",
        )
    else:
        zh, en = f"{cores} 核，可用内存 {_size(free)}。", f"{_n(cores, 'core')}, {_size(free)} of memory free."
        yield Finding("machine", State.FINE, zh, en)


def _free_memory() -> int | None:
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return None
    told = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    return int(told["MemAvailable"].split()[0]) * 1024 if "MemAvailable" in told else None


def disk(patient: Patient) -> Iterator[Finding]:
    """Look at the room on the disk of the city, and whether it can be written."""
    here = next(folder for folder in (patient.folder.resolve(), *patient.folder.resolve().parents) if folder.exists())
    free = shutil.disk_usage(here).free
    if not os.access(here, os.W_OK):
        yield Finding(
            "disk",
            State.FAULT,
            f"{here} 不可写，请检查目录权限。",
            f"{here} cannot be written: look at its permissions.",
        )
    state = State.FAULT if free < LEAST_DISK else State.NOTE if free < LITTLE_DISK else State.FINE
    mend_zh, mend_en = ("", "") if state is State.FINE else ("，请清理磁盘", ": make room")
    yield Finding("disk", state, f"磁盘剩余 {_size(free)}{mend_zh}。", f"{_size(free)} of disk free{mend_en}.")


def compiler(_: Patient) -> Iterator[Finding]:
    """See whether compiled loops can be kept for the next start."""
    folder = Path(os.environ.get("NUMBA_CACHE_DIR") or ROOT / "geodata" / "__pycache__")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        yield Finding(
            "compiler",
            State.NOTE,
            f"{folder} 不可写，每次启动都要重新编译；请以 NUMBA_CACHE_DIR 指定可写目录。",
            f"{folder} cannot be written, so that every start compiles anew: name a folder with NUMBA_CACHE_DIR.",
        )
    else:
        yield Finding("compiler", State.FINE, "编译缓存可写。", "compiled loops can be kept.")


def port(patient: Patient) -> Iterator[Finding]:
    """See whether the port is free, or ours already."""
    host, number = patient.settings.host, patient.settings.port
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, number))
        except OSError:
            free = False
        else:
            free = True
    if free:
        yield Finding("port", State.FINE, f"端口 {number} 空闲。", f"port {number} is free.")
    elif _is_ours(host, number):
        yield Finding("port", State.FINE, f"端口 {number} 上本系统正在运行。", f"this program runs on port {number}.")
    else:
        yield Finding(
            "port",
            State.NOTE,
            f"端口 {number} 被其他程序占用；请停用该程序，或以 serve --port 换一个。",
            f"port {number} is taken by another program: end that, or choose another with `serve --port`.",
        )


def _is_ours(host: str, number: int) -> bool:
    name = "127.0.0.1" if host in ("0.0.0.0", "") else host  # noqa: S104 - compared, not listened to
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{name}:{number}/healthz", timeout=3) as answer:
            return bool(json.loads(answer.read(200)) == {"status": "ok"})
    except (OSError, ValueError, urllib.error.URLError):
        return False


def switches(patient: Patient) -> Iterator[Finding]:
    """Name the switches of the environment that are set; never what they hold."""
    given = sorted(name for name, value in patient.environment.items() if value)
    frameworks = [name for name in given if name.startswith(("DASH_", "FLASK_"))]
    ours = [name for name in given if name in SWITCHES]
    unknown = [n for n in given if n.startswith("PINGAN_") and n not in SWITCHES and not n.startswith(_TESTS)]
    if frameworks:
        names = ", ".join(frameworks)
        yield Finding(
            "switches",
            State.NOTE,
            f"环境变量 {names} 不起作用（启动时会清除），请删去。",
            f"{names} in the environment have no effect (they are cleared at the start): take them away.",
        )
    if unknown:
        names = ", ".join(unknown)
        yield Finding(
            "switches",
            State.NOTE,
            f"环境变量 {names} 无人读取，请检查拼写。",
            f"nobody reads {names} in the environment: look at the spelling.",
        )
    upload = patient.environment.get("PINGAN_MOST_UPLOAD", "")
    if upload and not upload.isdecimal():
        yield Finding(
            "switches",
            State.NOTE,
            "PINGAN_MOST_UPLOAD 不是字节数，已忽略；请写成整数。",
            "PINGAN_MOST_UPLOAD is no number of bytes and is ignored: write a whole number.",
        )
    if patient.environment.get("PINGAN_ALLOW_IMPORT") == "1":
        yield Finding(
            "switches",
            State.NOTE,
            "PINGAN_ALLOW_IMPORT=1：任何访问者都能导入数据；不需要时请取消。",
            "PINGAN_ALLOW_IMPORT=1 lets every visitor import: take it away unless that is meant.",
        )
    names = ", ".join(ours)
    zh, en = (f"已设置 {names}。", f"set: {names}.") if ours else ("没有设置环境变量。", "no switches are set.")
    yield Finding("switches", State.FINE, zh, en)


# --- the city ---


def _usable(folder: Path) -> bool:
    return (folder / LEDGER).is_file()


def no_city(patient: Patient) -> Iterator[Finding]:
    """Say that there is no city."""
    yield Finding(
        "city",
        State.NOTE,
        f"{patient.folder} 还不是城市目录；请检查 --city，或先运行 boundaries import（示例城市：demo）。",
        f"{patient.folder} is no city folder yet: check `--city`, or begin with `boundaries import` or `demo`.",
    )


def ledger(patient: Patient) -> Iterator[Finding]:
    """Look at the ledger before anything opens it to write."""
    path = patient.folder / LEDGER
    mend = "请停止服务并从备份恢复。", "stop the server and restore it from a backup."
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=10)) as opened:
            told = opened.execute("PRAGMA quick_check(1)").fetchone()[0]
            schema = opened.execute("SELECT value FROM setting WHERE key = 'schema'").fetchone()
    except sqlite3.Error as error:
        yield Finding(
            "ledger",
            State.FAULT,
            f"台账无法读取（{error}）；{mend[0]}",
            f"the ledger cannot be read ({error}): {mend[1]}",
        )
        return
    version = schema[0] if schema else "?"
    if told != "ok":
        yield Finding("ledger", State.FAULT, f"台账已损坏；{mend[0]}", f"the ledger is damaged: {mend[1]}")
    elif version != str(SCHEMA_VERSION):
        yield Finding(
            "ledger",
            State.FAULT,
            f"台账由另一版本写成（{version}，本版本 {SCHEMA_VERSION}）；请用该版本打开，或先备份再启动本版本升级。",
            f"the ledger is of another version ({version}, not {SCHEMA_VERSION}): open it with that one, or make a "
            "backup and start this one, which may bring it up to date.",
        )
    else:
        yield Finding("ledger", State.FINE, "台账完好。", "the ledger is whole.")


def files(patient: Patient) -> Iterator[Finding]:
    """Compare every stored file with its checksum, and say what is kept beside them."""
    damaged = patient.store.verify()
    if damaged:
        names = ", ".join(damaged[:3]) + (" …" if len(damaged) > 3 else "")
        yield Finding(
            "files",
            State.FAULT,
            f"{len(damaged)} 个文件缺失或已损坏（{names}）；请从备份恢复。",
            f"{_n(len(damaged), 'file')} missing or damaged ({names}): restore from a backup.",
        )
    else:
        n = len(patient.store.state().all_files)
        yield Finding("files", State.FINE, f"存储文件完好（事件等 {n} 个）。", f"stored files are whole ({n}).")
    derived = patient.folder / "derived" / patient.store.boundary_version()
    if patient.store.boundary_version() and not derived.is_dir():
        yield Finding(
            "files",
            State.NOTE,
            "还没有派生文件，首次打开会慢一些，随后自动生成。",
            "derived files are not made yet: the first start takes longer and makes them.",
        )


def places(patient: Patient) -> Iterator[Finding]:
    """Say which boundaries are live, and up to when there are incidents."""
    version = patient.store.boundary_version()
    if not version:
        yield Finding(
            "places", State.NOTE, "还没有边界，请运行 boundaries import。", "no places yet: run `boundaries import`."
        )
        return
    city = patient.city
    counted = [(*_LEVELS[level], len(city.members(level, city.city))) for level in city.levels]
    zh = "、".join(f"{name} {n:,}" for name, _, _, n in counted)
    en = ", ".join(_n(n, one, many) for _, one, many, n in counted)
    yield Finding("places", State.FINE, f"边界版本 {version}：{zh}。", f"boundaries {version}: {en}.")


def sources(patient: Patient) -> Iterator[Finding]:
    """Say which sources still send."""
    found = source_quality(patient.city, {}) if patient.store.boundary_version() else []
    if not found:
        yield Finding("sources", State.NOTE, "还没有事件数据，请导入。", "there are no incidents yet: import them.")
        return
    late = [each for each in found if each.freshness is not Freshness.FRESH]
    for each in late[:_SHOWN_SOURCES]:
        yield Finding(
            "sources",
            State.NOTE,
            f"来源 {each.source} 止于 {each.last_day}，落后 {each.behind_days} 天；请补报或联系来源单位。",
            f"source {each.source} ends on {each.last_day}, {_n(each.behind_days, 'day')} behind: ask its unit.",
        )
    if len(late) > _SHOWN_SOURCES:
        n = len(late) - _SHOWN_SOURCES
        yield Finding("sources", State.NOTE, f"另有 {n} 个来源落后。", f"{_n(n, 'more source')} behind.")
    last, n = patient.city.data_as_of, len(found) - len(late)
    yield Finding(
        "sources", State.FINE, f"{n} 个来源正常，数据截至 {last}。", f"{_n(n, 'source')} up to date; data as of {last}."
    )


def basemap(patient: Patient) -> Iterator[Finding]:
    """Open the basemap; a service is asked for one tile where that is allowed."""
    settings = patient.store.settings()
    wanted = settings.basemap
    if not wanted.source:
        yield Finding("basemap", State.FINE, "没有底图（默认）。", "no basemap (the default).")
        return
    opened = open_basemap(wanted, patient.folder, patient.settings.basemap_key)
    if not wanted.is_service:
        zh, en = f"底图文件可读：{wanted.source}。", f"the basemap file can be read: {wanted.source}."
    elif patient.online:
        zoom = wanted.least_zoom
        opened.tile(zoom, 2**zoom // 2, 2**zoom // 2)
        zh, en = "底图服务有回答。", "the basemap's service answers."
    else:
        zh, en = (
            "底图为在线服务，未询问（加 --online 询问）。",
            "the basemap is a service, not asked (`--online` asks).",
        )
    yield Finding("basemap", State.FINE, zh, en)
    if not wanted.attribution:
        yield Finding(
            "basemap",
            State.NOTE,
            "底图未写明来源，请用 basemap set --attribution 补上。",
            "the basemap names no source: add it with `basemap set --attribution`.",
        )
    if not settings.review_number:
        yield Finding(
            "basemap",
            State.NOTE,
            "没有审图号，不能公开导出；请用 city --review-number 填写。",
            "there is no review number, so nothing can be exported for the public: set it with `city --review-number`.",
        )


def _n(n: int, one: str, many: str = "") -> str:
    """Write a number of things in English."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def _size(n: int) -> str:
    return f"{n / 1024**3:.1f} GB"
