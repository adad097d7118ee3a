"""The live city: one state for everybody, read again when the ledger says so, and outlines made once."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import shutil
import threading
from pathlib import Path

import pytest

from callbacks import live as live_module
from callbacks.live import LiveCity
from geodata import pipeline
from geodata.alerts.book import Told, told
from geodata.city import CityData
from geodata.errors import PinganError, SelectionError
from geodata.store import Store
from geodata.vocabulary import PlaceLevel


@pytest.fixture
def folder(demo_folder: Path, tmp_path: Path) -> Path:
    """Return a copy of the demo city that a test may change."""
    passing = shutil.ignore_patterns("*-wal", "*-shm", "*.part")  # of applications that other tests have running
    return Path(shutil.copytree(demo_folder, tmp_path / "city", ignore=passing))


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the live city look at the ledger at every question."""
    monkeypatch.setattr(live_module, "CHECK_EVERY_S", -1.0)


def add_one_theft(folder: Path) -> None:
    file = folder.parent / "more.csv"
    file.write_text("id,time,lon,lat,type\nnew1,2026-10-05 12:00,113.55,22.271,theft\n", encoding="utf-8")
    report = pipeline.import_incidents(Store(folder), file, "visitor", crs="wgs84")
    assert report.stored == 1


def test_an_empty_folder_is_refused_in_both_languages(tmp_path: Path) -> None:
    with pytest.raises(PinganError) as refused:
        LiveCity(Store(tmp_path / "nothing"))
    assert refused.value.zh
    assert refused.value.en


def test_the_same_state_is_handed_out_as_long_as_nothing_changes(demo_folder: Path, at_once: None) -> None:
    live = LiveCity(Store(demo_folder))
    assert live.current() is live.current()


def test_an_import_is_seen_and_a_question_under_way_keeps_its_state(folder: Path, at_once: None) -> None:
    live = LiveCity(Store(folder))
    before = live.current()
    n = len(before.index.day)
    add_one_theft(folder)
    after = live.current()
    assert after is not before
    assert len(after.index.day) == n + 1
    assert len(before.index.day) == n


def test_an_undone_import_is_gone(folder: Path, at_once: None) -> None:
    live = LiveCity(Store(folder))
    n = len(live.current().index.day)
    add_one_theft(folder)
    assert len(live.current().index.day) == n + 1
    pipeline.undo(Store(folder), Store(folder).batches()[-1].id)
    assert len(live.current().index.day) == n


def test_the_ledger_is_not_asked_at_every_question(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "CHECK_EVERY_S", 3600.0)
    live = LiveCity(Store(folder))
    before = live.current()
    add_one_theft(folder)
    assert live.current() is before


def test_outlines_are_those_of_the_level_and_are_made_once(
    demo_folder: Path, demo_city: CityData, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = LiveCity(Store(demo_folder))
    for level in (PlaceLevel.DISTRICT, PlaceLevel.STREET):
        packed = live.geometry(demo_city.boundary_version, level)
        assert json.loads(gzip.decompress(packed))["level"] == level.value
    monkeypatch.setattr(live_module, "packed_outlines", None)
    assert live.geometry(demo_city.boundary_version, PlaceLevel.STREET) == packed


def test_outlines_of_two_servers_are_the_same_bytes(demo_folder: Path, demo_city: CityData) -> None:
    one, other = (
        LiveCity(Store(demo_folder)).geometry(demo_city.boundary_version, PlaceLevel.STREET) for _ in range(2)
    )
    assert one == other


def test_outlines_are_made_anew_where_the_derived_files_are_gone(folder: Path, demo_city: CityData) -> None:
    kept = LiveCity(Store(folder)).geometry(demo_city.boundary_version, PlaceLevel.STREET)
    fresh = folder.parent / "fresh"
    shutil.copytree(folder, fresh, ignore=shutil.ignore_patterns("derived", "*-wal", "*-shm", "*.part"))
    assert LiveCity(Store(fresh)).geometry(demo_city.boundary_version, PlaceLevel.STREET) == kept


def test_another_version_of_the_outlines_is_refused(demo_folder: Path) -> None:
    live = LiveCity(Store(demo_folder))
    for version in ("", "nonsense", "../..", "0" * 12):
        with pytest.raises(SelectionError):
            live.geometry(version, PlaceLevel.STREET)


def test_many_threads_get_one_state_and_the_same_outlines(folder: Path, at_once: None) -> None:
    live = LiveCity(Store(folder))
    add_one_theft(folder)
    sizes: list[int] = []
    outlines: list[bytes] = []
    faults: list[BaseException] = []

    def ask() -> None:
        try:
            city = live.current()
            sizes.append(len(city.index.day))
            outlines.append(live.geometry(city.boundary_version, PlaceLevel.COMMUNITY))
        except BaseException as fault:  # noqa: BLE001 - reported below
            faults.append(fault)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(set(outlines)) == 1
    assert set(sizes) <= {len(live.current().index.day), len(live.current().index.day) - 1}


def test_alerts_are_read_once_until_something_is_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    live, read = LiveCity(Store(folder)), list[dt.date]()

    def noted(store: Store, start: dt.date, end: dt.date) -> Told:
        read.append(start)
        return told(store, start, end)

    monkeypatch.setattr(live_module, "told", noted)
    span = dt.date(2026, 9, 1), dt.date(2026, 10, 1)
    assert live.alerts(*span) is live.alerts(*span)
    add_one_theft(folder)
    live.alerts(*span)
    assert len(read) == 2
