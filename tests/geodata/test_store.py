"""The city folder: batches appear whole or not at all, come again as nothing new, and go when they are undone."""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from geodata.city import read_city
from geodata.columns import INCIDENTS, SET_ASIDE
from geodata.errors import CityError, SelectionError
from geodata.readers import set_aside_frame
from geodata.store import CitySettings, Store, row_hashes
from geodata.vocabulary import PlaceLevel

START, END = dt.date(2026, 1, 1), dt.date(2027, 1, 1)


def incidents(ids: str, *, month: int = 10, kind: str = "theft", lon: float = 0.5, source: str = "s") -> pd.DataFrame:
    """Return one stored incident a letter, a day apart, of one month."""
    n = len(ids)
    days = [dt.date(2026, month, 1 + k % 28) for k in range(n)]
    moments = pd.to_datetime(days).tz_localize("UTC").as_unit("us")
    frame = pd.DataFrame(
        {
            "incident_id": list(ids),
            "source": source,
            "incident_type": kind,
            "source_type": kind,
            "occurred_at": moments,
            "occurred_on": days,
            "hour": np.full(n, -1, dtype=np.int8),
            "time_precision": "day",
            "received_at": pd.Series([pd.NaT] * n, dtype="datetime64[us, UTC]"),
            "severity": "",
            "status": "",
            "lon": lon,
            "lat": 0.5,
            "extra": "{}",
        }
    )
    assert list(frame.columns) == INCIDENTS.names
    return frame.assign(row_hash=row_hashes(frame))


NOTHING = set_aside_frame([], [], [], [], [])


def facts(name: str = "a.csv", source: str = "s") -> dict[str, Any]:
    return {
        "source": source,
        "file_name": name,
        "sha256": name,
        "crs": "wgs84",
        "mapping": "",
        "rows": 1,
        "unmapped": {"怪事": 2},
    }


def add(
    store: Store, rows: pd.DataFrame, name: str = "a.csv", *, known: int = 0, corrected: int = 0, **more: Any
) -> int:
    return store.add_batch(
        rows, more.get("aside", NOTHING), facts=facts(name, more.get("source", "s")), known=known, corrected=corrected
    ).id


def places() -> gpd.GeoDataFrame:
    table = {
        "place_id": ["1", "2"],
        "name": ["甲", "乙"],
        "name_en": "",
        "level": "district",
        "parent_id": "",
        "valid_from": "",
        "valid_to": "",
        "parent_source": "geometry",
        "parent_level": "",
    }
    return gpd.GeoDataFrame(table, geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)], crs="EPSG:4326")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return a city of two districts, without incidents."""
    made = Store(tmp_path / "city")
    made.save_places(places())
    return made


def counted(store: Store) -> list[int]:
    answer = read_city(Store(store.folder)).counts(PlaceLevel.DISTRICT, START, END)
    return [*answer.places.tolist(), answer.unlocated, answer.outside]


def live_ids(store: Store) -> list[str]:
    return sorted(str(name) for file in store.files() for name in store.read_incidents(file)["incident_id"].to_pylist())


# --- batches ---


def test_batches_are_numbered_from_one_and_remember_what_they_were_told(store: Store) -> None:
    aside = set_aside_frame([3, 4], ["no_time", "no_time"], ["时间", "时间"], ["", ""], ["{}", "{}"])
    assert add(store, incidents("abc"), "a.csv", aside=aside) == 1
    assert add(store, incidents("d"), "b.csv", source="t") == 2
    first, second = store.batches()
    assert (first.id, first.source, first.file_name, first.stored, first.set_aside) == (1, "s", "a.csv", 3, 2)
    assert (first.reasons, first.unmapped, first.state) == ({"no_time": 2}, {"怪事": 2}, "done")
    assert (first.first_day, first.last_day) == ("2026-10-01", "2026-10-03")
    assert (second.id, second.source) == (2, "t")
    assert dt.datetime.fromisoformat(first.imported_at).tzinfo is not None


def test_an_undone_number_is_never_given_again(store: Store) -> None:
    add(store, incidents("a"))
    assert store.undo(1).state == "undone"
    assert add(store, incidents("b")) == 2
    assert [batch.state for batch in store.batches()] == ["undone", "done"]


def test_incidents_lie_in_one_file_a_month_and_batch(store: Store) -> None:
    add(store, pd.concat([incidents("ab", month=9), incidents("cd", month=10)]))
    assert [(file.path, file.month, file.rows) for file in store.files()] == [
        ("incidents/2026-09/000001.parquet", "2026-09", 2),
        ("incidents/2026-10/000001.parquet", "2026-10", 2),
    ]
    assert live_ids(store) == ["a", "b", "c", "d"]


def test_a_batch_without_good_rows_is_remembered_too(store: Store) -> None:
    aside = set_aside_frame([1], ["no_type"], ["类型"], [""], ['{"编号":"1"}'])
    assert add(store, incidents(""), aside=aside) == 1
    assert store.files() == []
    assert (store.batches()[0].first_day, store.batches()[0].set_aside) == ("", 1)


def test_rows_that_were_set_aside_can_be_read(store: Store) -> None:
    aside = set_aside_frame([7], ["bad_time"], ["时间"], ["昨天"], ['{"时间":"昨天"}'])
    number = add(store, incidents("a"), aside=aside)
    read = store.set_aside(number)
    assert list(read.columns) == SET_ASIDE.names
    assert read.iloc[0].tolist() == [7, "bad_time", "时间", "昨天", '{"时间":"昨天"}']


def test_asking_for_what_a_batch_that_never_was_set_aside_is_refused(store: Store) -> None:
    with pytest.raises((SelectionError, CityError)):
        store.set_aside(9)


def test_known_rows_are_the_last_version_of_each_id_of_the_source(store: Store) -> None:
    add(store, incidents("ab"))
    add(store, incidents("b", kind="fight"), corrected=1)
    add(store, incidents("bz", source="t"), source="t")
    known = store.known_rows("s").set_index("incident_id")["row_hash"]
    assert sorted(known.index) == ["a", "b"]
    assert known["b"] == incidents("b", kind="fight")["row_hash"].iloc[0]
    assert store.known_rows("nobody").empty


def test_a_correction_replaces_and_its_undoing_brings_the_old_row_back(store: Store) -> None:
    add(store, incidents("ab", lon=0.5))
    add(store, incidents("b", lon=1.5), corrected=1)
    assert counted(store) == [1, 1, 0, 0]
    store.undo(2)
    assert counted(store) == [2, 0, 0, 0]


def test_the_same_id_of_two_sources_is_two_incidents(store: Store) -> None:
    add(store, incidents("a"))
    add(store, incidents("a", source="t"), source="t")
    assert counted(store) == [2, 0, 0, 0]


# --- undo ---


def test_undo_takes_exactly_one_batch_back(store: Store) -> None:
    add(store, incidents("abc"))
    add(store, incidents("de", lon=1.5), "b.csv")
    assert counted(store) == [3, 2, 0, 0]
    store.undo(1)
    assert counted(store) == [0, 2, 0, 0]
    store.undo(2)
    assert counted(store) == [0, 0, 0, 0]


@pytest.mark.parametrize("number", [0, -1, 2, 99, 2**70])
def test_a_batch_that_is_not_there_cannot_be_undone(store: Store, number: int) -> None:
    add(store, incidents("a"))
    with pytest.raises(SelectionError, match="imports"):
        store.undo(number)


def test_a_batch_is_undone_only_once(store: Store) -> None:
    add(store, incidents("a"))
    store.undo(1)
    with pytest.raises(SelectionError):
        store.undo(1)


def test_a_batch_that_a_later_one_repeats_cannot_be_undone_first(store: Store) -> None:
    add(store, incidents("ab"))
    add(store, incidents("c"), "b.csv", known=2)
    with pytest.raises(SelectionError, match="2"):
        store.undo(1)
    store.undo(2)
    assert store.undo(1).state == "undone"


def test_other_sources_do_not_stand_in_the_way_of_undo(store: Store) -> None:
    add(store, incidents("ab"))
    add(store, incidents("b", source="t"), source="t", known=1)
    assert store.undo(1).state == "undone"


# --- atomic ---


@pytest.mark.parametrize("table", ["batch", "incident_file"])
def test_a_crash_between_the_files_and_the_ledger_leaves_the_old_state(store: Store, table: str) -> None:
    add(store, incidents("ab"))
    before = (store.batches(), store.files(), store.data_version())
    with closing(sqlite3.connect(store.folder / "ledger.sqlite")) as ledger, ledger:
        ledger.execute(f"CREATE TRIGGER crash BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'power cut'); END")
    with pytest.raises((sqlite3.Error, CityError)):
        add(store, incidents("cd", month=9), "b.csv")
    again = Store(store.folder)
    assert (again.batches(), again.files(), again.data_version()) == before
    assert counted(again) == [2, 0, 0, 0]
    with closing(sqlite3.connect(store.folder / "ledger.sqlite")) as ledger, ledger:
        ledger.execute("DROP TRIGGER crash")
    assert add(again, incidents("cd", lon=1.5), "b.csv") == 2
    assert counted(again) == [2, 2, 0, 0]


def test_a_crash_while_a_file_is_written_leaves_the_old_state(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    add(store, incidents("ab"))

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("geodata.store.pq.write_table", full)
        with pytest.raises((OSError, CityError)):
            add(store, incidents("c"), "b.csv")
    assert counted(store) == [2, 0, 0, 0]
    assert len(store.batches()) == 1


def test_two_imports_at_the_same_time_do_not_harm_each_other(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Store._write_incidents
    other = threading.Thread(
        target=lambda: add(Store(store.folder), incidents("xyz", lon=1.5), "other.csv", source="t")
    )

    def interrupted(self: Store, rows: pd.DataFrame, number: int) -> Any:
        monkeypatch.setattr(Store, "_write_incidents", write)
        other.start()
        other.join(timeout=0.5)  # it waits for us, or is done in the middle of ours
        return write(self, rows, number)

    monkeypatch.setattr(Store, "_write_incidents", interrupted)
    add(store, incidents("ab"), "ours.csv")
    other.join(timeout=30)
    assert counted(store) == [2, 3, 0, 0]
    assert sorted(batch.file_name for batch in store.batches()) == ["other.csv", "ours.csv"]
    assert all(len(store.read_incidents(file)) == file.rows for file in store.files())


# --- damage ---


def test_a_flipped_byte_anywhere_in_the_data_is_a_city_error_that_names_the_file(store: Store) -> None:
    add(store, incidents("abcdefgh"))
    (file,) = store.files()
    path = store.folder / file.path
    content = path.read_bytes()
    good = store.read_incidents(file)
    untold = []
    for at in range(0, len(content), 7):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
        try:
            same = store.read_incidents(file).equals(good)
        except CityError as error:
            same = file.path in error.en
        if not same:
            untold.append(at)
    assert untold == []


@pytest.mark.parametrize("harm", ["missing", "empty", "half", "text"])
def test_a_data_file_that_is_no_parquet_any_more_is_a_city_error(store: Store, harm: str) -> None:
    add(store, incidents("abc"))
    path = store.folder / store.files()[0].path
    content = path.read_bytes()
    path.unlink()
    if harm != "missing":
        path.write_bytes({"empty": b"", "half": content[: len(content) // 2], "text": b"hello" * 99}[harm])
    with pytest.raises(CityError, match="批次 1"):
        read_city(store)


@pytest.mark.parametrize("kind", ["boundaries", "exposure"])
def test_damaged_places_and_exposures_are_city_errors(store: Store, kind: str) -> None:
    store.save_exposure(pd.DataFrame({"place_id": ["1"], "kind": ["residents"], "year": [2026], "value": [9.0]}))
    (path,) = (store.folder / kind).glob("*.parquet")
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(CityError):
        read_city(store)
    path.unlink()
    with pytest.raises(CityError):
        read_city(store)


def test_a_damaged_derived_folder_is_rebuilt(store: Store) -> None:
    add(store, incidents("abc"))
    assert counted(store) == [3, 0, 0, 0]
    for path in (store.folder / "derived").rglob("*.*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:10])
    assert counted(store) == [3, 0, 0, 0]


def test_a_ledger_that_is_no_database_is_a_city_error(tmp_path: Path) -> None:
    Store(tmp_path)
    (tmp_path / "ledger.sqlite").write_bytes(b"not a database at all" * 99)
    for name in ("ledger.sqlite-wal", "ledger.sqlite-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    with pytest.raises(CityError):
        Store(tmp_path)


def test_a_folder_of_another_version_is_refused(tmp_path: Path) -> None:
    Store(tmp_path)
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as ledger, ledger:
        ledger.execute("UPDATE setting SET value = '99' WHERE key = 'schema'")
    with pytest.raises(CityError, match="another version") as refused:
        raise_english(tmp_path)
    assert "版本" in str(refused.value.__cause__)


def raise_english(folder: Path) -> None:
    try:
        Store(folder)
    except CityError as error:
        raise CityError(error.en, error.en) from error


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "city").write_text("x")
    with pytest.raises(CityError, match="city"):
        Store(tmp_path / "city")


def test_a_city_without_boundaries_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CityError) as refused:
        Store(tmp_path).places()
    assert "boundaries import" in refused.value.en


# --- city.toml ---


@pytest.mark.parametrize(
    "text",
    [
        b"name = ",
        b"nix = 3\n",
        b"name = '\xff'\n",
        b"name = 3\n",
        b"simulated = 'no'\n",
        b"time_zone = 8\n",
        b"time_zone = 'Mars/Phobos'\n",
        b"[name]\nx = 1\n",
        b"\x00",
    ],
)
def test_nonsense_in_city_toml_is_a_city_error_that_names_the_file(store: Store, text: bytes) -> None:
    (store.folder / "city.toml").write_bytes(text)
    with pytest.raises(CityError, match=r"city\.toml"):
        store.settings()


def test_a_folder_without_city_toml_is_an_unnamed_city(store: Store) -> None:
    assert store.settings() == CitySettings()


@settings(deadline=None, max_examples=100)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), st.booleans())
def test_any_name_is_kept_as_it_was_written(tmp_path_factory: pytest.TempPathFactory, name: str, made_up: bool) -> None:
    store = Store(tmp_path_factory.getbasetemp() / "names")
    wanted = CitySettings(name, name[::-1], "Europe/London", made_up)
    store.save_settings(wanted)
    assert store.settings() == wanted


# --- copies and versions ---


def test_a_copy_of_the_folder_gives_the_same_answers(store: Store, tmp_path: Path) -> None:
    add(store, incidents("abc"))
    add(store, incidents("de", lon=1.5), "b.csv")
    before = counted(store)
    shutil.copytree(store.folder, tmp_path / "elsewhere")
    copy = Store(tmp_path / "elsewhere")
    assert counted(copy) == before
    assert (copy.batches(), copy.files(), copy.data_version()) == (store.batches(), store.files(), store.data_version())
    shutil.rmtree(store.folder)
    assert counted(copy) == before


def test_derived_files_may_be_deleted_at_any_time(store: Store) -> None:
    add(store, incidents("abc"))
    before = counted(store)
    shutil.rmtree(store.folder / "derived")
    assert counted(store) == before


def test_the_version_of_the_data_changes_with_everything_that_counts(store: Store) -> None:
    seen = [store.data_version()]
    add(store, incidents("abc"))
    seen.append(store.data_version())
    store.save_exposure(pd.DataFrame({"place_id": ["1"], "kind": ["residents"], "year": [2026], "value": [9.0]}))
    seen.append(store.data_version())
    store.save_places(places().iloc[:1])
    seen.append(store.data_version())
    assert len(set(seen)) == 4
    store.undo(1)
    assert store.data_version() not in seen


def test_new_boundaries_locate_the_stored_incidents_anew(store: Store) -> None:
    add(store, incidents("abc", lon=1.5))
    assert counted(store) == [0, 3, 0, 0]
    store.save_places(places().iloc[:1])
    assert counted(store) == [0, 0, 3]


def test_the_hash_of_a_row_depends_on_its_content_alone() -> None:
    rows = incidents("abcd").drop(columns="row_hash")
    rows["lon"] = [0.1, 0.2, 0.1, np.nan]
    rows["occurred_on"] = dt.date(2026, 10, 1)
    rows["occurred_at"] = rows["occurred_at"].iloc[0]
    whole = row_hashes(rows)
    assert whole[0] == whole[2]
    assert len(set(whole.tolist())) == 3
    assert row_hashes(rows.iloc[::-1]).tolist() == whole[::-1].tolist()
    assert row_hashes(rows.iloc[[3]]).tolist() == [whole[3]]
