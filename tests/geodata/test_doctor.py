"""The examination: each fault is found, says what to do, and changes nothing."""

from __future__ import annotations

import dataclasses
import http.server
import json
import re
import shutil
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app import main
from geodata import doctor
from geodata.doctor import Finding, Patient, State, _n, examine, worst
from geodata.errors import CityError
from geodata.settings import Settings
from geodata.store import LEDGER, Store
from geodata.tiles import Basemap
from tests import tilefiles
from tests.tilefiles import PNG, mbtiles

ROOT = Path(__file__).resolve().parents[2]
CLEAN: dict[str, str] = {}


@pytest.fixture
def folder(demo_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(demo_folder, tmp_path / "city"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def patient(folder: Path, *, online: bool = False, key: str = "", **environment: str) -> Patient:
    return Patient(folder, Settings(city=folder, port=free_port(), basemap_key=key), online, environment)


def of(part: str, findings: list[Finding]) -> list[Finding]:
    return [each for each in findings if each.part == part]


def states(part: str, findings: list[Finding]) -> set[State]:
    return {each.state for each in of(part, findings)}


def with_basemap(folder: Path, basemap: Basemap, number: str = "GS(2026)1号") -> None:
    store = Store(folder)
    store.save_settings(dataclasses.replace(store.settings(), basemap=basemap, review_number=number))


# --- the whole ---


def test_a_sound_city_has_no_fault(folder: Path) -> None:
    findings = examine(patient(folder))
    assert [each for each in findings if each.state is State.FAULT] == []
    parts = {"versions", "machine", "disk", "compiler", "port", "switches", "ledger", "files", "places", "sources"}
    assert {each.part for each in findings} == parts | {"basemap"}


def test_every_finding_is_a_sentence_in_both_languages(folder: Path) -> None:
    found = examine(patient(folder, DASH_DEBUG="1", PINGAN_TYPO="1")) + examine(patient(folder / "none"))
    assert len(found) > 15
    for each in found:
        assert re.search("[\u4e00-\u9fff].*。$", each.zh), each
        assert each.en.endswith("."), each
        assert not re.search("[\u4e00-\u9fff]", each.en), each


@pytest.mark.parametrize(
    ("given", "expected"),
    [([], State.FINE), ([State.FINE, State.NOTE], State.NOTE), ([State.FAULT, State.NOTE, State.FINE], State.FAULT)],
)
def test_the_worst_state_counts(given: list[State], expected: State) -> None:
    assert worst(Finding("x", state, "", "") for state in given) is expected


def test_a_check_that_fails_is_a_finding_and_the_others_go_on(folder: Path) -> None:
    def broken(_: Patient) -> Iterator[Finding]:
        raise CityError("坏了。", "it broke.")

    def stuck(_: Patient) -> Iterator[Finding]:
        raise OSError(5, "input/output error")

    findings = examine(patient(folder), [broken, stuck])
    assert of("broken", findings) == [Finding("broken", State.FAULT, "坏了。", "it broke.")]
    assert "input/output error" in of("stuck", findings)[0].zh
    assert of("sources", findings)


def test_nothing_is_changed(folder: Path) -> None:
    def stamps() -> dict[str, tuple[int, int]]:
        found = [path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(("-wal", "-shm"))]
        return {path.name: (path.stat().st_size, path.stat().st_mtime_ns) for path in found}

    examine(patient(folder))  # derived files may be made
    before = stamps()
    examine(patient(folder))
    assert stamps() == before
    examine(patient(folder / "none"))
    assert not (folder / "none").exists()


# --- the machine ---


def test_packages_out_of_bounds_and_absent_ones_are_named() -> None:
    wanted = list(doctor._requirements("# words\n\ndash>=99\npandas>=1\nno-such-package-here>=1 # why\n"))
    wrong = [doctor._wrong(each) for each in wanted]
    assert wrong[0] is not None
    assert wrong[0][0] == "dash"
    assert wrong[1] is None
    assert wrong[2] == ("no-such-package-here", "没有安装", "is not installed")


@pytest.mark.parametrize(
    ("free", "expected"), [(10 * 1024**3, State.FINE), (1024**3, State.NOTE), (1024**2, State.FAULT)]
)
def test_a_disk_that_fills_up_is_told_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, expected: State
) -> None:
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 0, free))  # type: ignore[attr-defined]
    assert worst(doctor.disk(patient(tmp_path / "not" / "yet"))) is expected


@pytest.mark.parametrize(("free", "expected"), [(None, State.FINE), (9 * 1024**3, State.FINE), (1024**3, State.NOTE)])
def test_little_memory_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int | None, expected: State
) -> None:
    monkeypatch.setattr(doctor, "_free_memory", lambda: free)
    assert worst(doctor.machine(patient(tmp_path))) is expected


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file" / "below"))
    assert worst(doctor.compiler(patient(tmp_path))) is State.NOTE


def test_a_port_taken_by_others_is_told_and_by_ourselves_is_not(tmp_path: Path) -> None:
    class Ours(http.server.BaseHTTPRequestHandler):
        body = b'{"status":"ok"}'

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(self.body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Ours) as server:
        asked = Patient(tmp_path, Settings(port=server.server_address[1]), environment=CLEAN)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        assert worst(doctor.port(asked)) is State.FINE
        Ours.body = b"<html>"
        assert worst(doctor.port(asked)) is State.NOTE
        server.shutdown()
        thread.join()


def test_switches_are_named_and_their_values_are_not(tmp_path: Path) -> None:
    set_here = {
        "DASH_DEBUG": "verysecret1",
        "PINGAN_BASEMAP_KEY": "verysecret2",
        "PINGAN_BASMAP_KEY": "verysecret3",
        "PINGAN_MOST_UPLOAD": "verysecret4",
        "PINGAN_ALLOW_IMPORT": "1",
        "PINGAN_REQUIRE_BROWSER": "1",
        "PINGAN_CITY": "",
    }
    findings = list(doctor.switches(patient(tmp_path, **set_here)))
    said = "".join(each.zh + each.en for each in findings)
    assert "verysecret" not in said
    for name in ("DASH_DEBUG", "PINGAN_BASEMAP_KEY", "PINGAN_BASMAP_KEY", "PINGAN_MOST_UPLOAD", "PINGAN_ALLOW_IMPORT"):
        assert name in said
    assert "PINGAN_REQUIRE_BROWSER" not in said
    assert "PINGAN_CITY" not in said
    assert [each.state for each in findings].count(State.NOTE) == 4


def test_every_switch_that_the_code_reads_is_known() -> None:
    code = [path for name in ("geodata", "layers", "callbacks") for path in (ROOT / name).rglob("*.py")]
    named = {name for path in code for name in re.findall(r'"(PINGAN_[A-Z_]+[A-Z])"', path.read_text(encoding="utf-8"))}
    assert named
    assert named <= doctor.SWITCHES


# --- the city ---


def test_a_city_that_is_not_there_is_a_note_that_says_how_to_begin(tmp_path: Path) -> None:
    findings = examine(patient(tmp_path / "none"))
    assert states("city", findings) == {State.NOTE}
    assert "boundaries import" in of("city", findings)[0].en
    assert of("sources", findings) == []


def test_a_damaged_ledger_is_a_fault_and_stops_there(folder: Path) -> None:
    path = folder / LEDGER
    with closing(sqlite3.connect(path)) as opened:
        opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path.write_bytes(b"no ledger at all " * 500)
    findings = examine(patient(folder))
    assert states("ledger", findings) == {State.FAULT}
    assert "备份" in of("ledger", findings)[0].zh
    assert of("files", findings) == []


def test_a_ledger_of_another_version_is_not_opened(folder: Path) -> None:
    with closing(sqlite3.connect(folder / LEDGER)) as opened, opened:
        opened.execute("UPDATE setting SET value = '2' WHERE key = 'schema'")
    assert states("ledger", examine(patient(folder))) == {State.FAULT}
    with closing(sqlite3.connect(folder / LEDGER)) as opened:
        assert opened.execute("SELECT value FROM setting WHERE key = 'schema'").fetchone() == ("2",)


def test_a_damaged_file_is_named(folder: Path) -> None:
    path = next((folder / "incidents").rglob("*.parquet"))
    path.write_bytes(path.read_bytes()[:-1])
    found = of("files", examine(patient(folder)))
    assert found[0].state is State.FAULT
    assert path.name in found[0].zh


def test_places_and_sources_are_counted_in_the_words_of_each_language(folder: Path) -> None:
    findings = examine(patient(folder))
    places, sources = (of(part, findings)[-1] for part in ("places", "sources"))
    assert re.search(r"：区 \d+、镇街 \d+、村居 \d+、网格 [\d,]+。$", places.zh)
    assert re.search(r": \d+ districts?, \d+ streets, \d+ communities, [\d,]+ grid cells\.$", places.en)
    assert re.search(r"^(1 source|\d+ sources) up to date", sources.en)
    assert [_n(1, "source"), _n(2, "source"), _n(1, "city", "cities")] == ["1 source", "2 sources", "1 city"]


def test_an_empty_city_is_told_what_it_lacks(tmp_path: Path) -> None:
    Store(tmp_path)
    findings = examine(patient(tmp_path))
    assert states("places", findings) == states("sources", findings) == {State.NOTE}
    assert worst(findings) is State.NOTE


# --- the basemap ---


def test_a_basemap_file_is_opened(folder: Path) -> None:
    path = mbtiles(folder / "a.mbtiles", {(0, 0, 0): PNG})
    with_basemap(folder, Basemap("a.mbtiles", "某局"))
    assert states("basemap", examine(patient(folder))) == {State.FINE}
    path.unlink()
    assert states("basemap", examine(patient(folder))) == {State.FAULT}


def test_what_a_basemap_lacks_is_a_note(folder: Path) -> None:
    mbtiles(folder / "a.mbtiles", {(0, 0, 0): PNG})
    with_basemap(folder, Basemap("a.mbtiles"), number="")
    assert [each.state for each in of("basemap", examine(patient(folder)))] == [State.FINE, State.NOTE, State.NOTE]


def test_a_service_is_asked_only_where_that_is_allowed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with tilefiles.service() as service:
        with_basemap(folder, Basemap(service.address + "/{z}/{x}/{y}?tk={key}", "某局"))
        assert states("basemap", list(examine(patient(folder)))) == {State.FAULT}  # no key
        assert states("basemap", list(examine(patient(folder, key="secret9")))) == {State.FINE}
        assert service.asked == []
        assert states("basemap", list(examine(patient(folder, online=True, key="secret9")))) == {State.FINE}
        assert len(service.asked) == 1
        service.answer = lambda _: (403, b"")
        found = of("basemap", examine(patient(folder, online=True, key="secret9")))
        assert found[0].state is State.FAULT
        assert "secret9" not in found[0].zh + found[0].en


# --- the command ---


def test_the_command_prints_and_ends_with_the_code_of_the_worst(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = f"--port={free_port()}"
    code = main(["--city", str(folder), "doctor", port])
    assert code in (0, 1)  # a source of the demo city may be late, memory may be short
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith(("正常 ok", "注意 note")) for line in lines[:-1])
    assert any("PINGAN_FONTS" in line or "图片用字体" in line for line in lines)
    assert main(["--city", str(tmp_path / "none"), "doctor", port, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["state"] == "note"
    assert {"part", "state", "zh", "en"} == set(told["findings"][0])
    (folder / LEDGER).write_bytes(b"broken " * 1000)
    assert main(["--city", str(folder), "doctor", port]) == 2
