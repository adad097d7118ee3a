"""The city folder: batches appear whole or not at all, come again as nothing new, and go when they are undone."""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from geodata.city import read_city
from geodata.columns import INCIDENTS, SET_ASIDE, WORDS
from geodata.errors import CityError, SelectionError
from geodata.readers import set_aside_frame
from geodata.store import KNOWN, STORED, CitySettings, Store, restore, write_part
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
            "place_key": "",
            "extra": "{}",
        }
    )
    assert list(frame.columns) == INCIDENTS.names
    content = pd.util.hash_pandas_object(frame.drop(columns=["incident_id"]).astype("str"), index=False)
    return frame.assign(id_hash=[ord(letter) for letter in ids], row_hash=content, row=range(1, n + 1))


NOTHING = set_aside_frame([], [], [], [], [])


def facts(name: str, source: str, **counts: int) -> dict[str, Any]:
    return {
        "source": source,
        "file_name": name,
        "sha256": name,
        "crs": "wgs84",
        "mapping": "",
        "unmapped": {"怪事": 2},
        "details": {"encoding": "utf-8"},
        "first_day": "",
        "last_day": "",
        **counts,
    }


def add(
    store: Store,
    rows: pd.DataFrame,
    name: str = "a.csv",
    *,
    known: str = "",
    corrects: dict[str, list[int]] | None = None,
    aside: pd.DataFrame = NOTHING,
    source: str = "s",
) -> int:
    """Store a batch as intake would: some rows new, some correcting rows of older files, some known."""
    old = {path: np.array(places, dtype=np.int32) for path, places in (corrects or {}).items()}
    corrected = sum(map(len, old.values()))
    counts = {"stored": len(rows) - corrected, "known": len(known), "corrected": corrected}

    def write(folder: Path) -> list[tuple[Path, int]]:
        if rows.empty:
            return []
        write_part(pa.Table.from_pandas(rows, STORED, preserve_index=False), folder / "0001.parquet")
        return [(folder / "0001.parquet", len(rows))]

    with store.exclusive():
        return store.add_batch(
            facts=facts(name, source, rows=len(rows) + len(known) + len(aside), **counts),
            write_parts=write,
            superseded=old,
            known=pa.table([range(len(known)), list(known)], schema=KNOWN),
            set_aside=aside,
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
    state = store.state()
    gone = store.superseded(state)
    rows = {file.path: store.read_file_table(file)["incident_id"].to_pylist() for file in state.files()}
    return sorted(name for path, names in rows.items() for at, name in enumerate(names) if at not in gone.get(path, []))


# --- batches ---


def test_batches_are_numbered_from_one_and_remember_what_they_were_told(store: Store) -> None:
    aside = set_aside_frame([3, 4], ["no_time", "no_time"], ["时间", "时间"], ["", ""], ["{}", "{}"])
    assert add(store, incidents("abc"), "a.csv", aside=aside) == 1
    assert add(store, incidents("d"), "b.csv", source="t") == 2
    first, second = store.batches()
    assert (first.id, first.source, first.file_name, first.stored, first.set_aside) == (1, "s", "a.csv", 3, 2)
    assert (first.reasons, first.unmapped, first.state) == ({"no_time": 2}, {"怪事": 2}, "done")
    assert first.details == {"encoding": "utf-8"}
    assert (second.id, second.source) == (2, "t")
    assert dt.datetime.fromisoformat(first.imported_at).tzinfo is not None


def test_an_undone_number_is_never_given_again(store: Store) -> None:
    add(store, incidents("a"))
    assert store.undo(1).state == "undone"
    assert add(store, incidents("b")) == 2
    assert [batch.state for batch in store.batches()] == ["undone", "done"]


def test_the_manifest_names_every_file_of_a_batch(store: Store) -> None:
    aside = set_aside_frame([1], ["no_type"], ["类型"], [""], ['{"编号":"1"}'])
    add(store, incidents("ab"))
    add(store, incidents("b"), known="a", corrects={"incidents/000001/0001.parquet": [1]}, aside=aside)
    assert [(file.path, file.kind, file.rows) for file in store.state().all_files] == [
        ("incidents/000001/0001.parquet", "incidents", 2),
        ("set_aside/000001.parquet", "set_aside", 0),
        ("incidents/000002/0001.parquet", "incidents", 1),
        ("known/000002.parquet", "known", 1),
        ("set_aside/000002.parquet", "set_aside", 1),
        ("superseded/000002.parquet", "superseded", 1),
    ]
    assert live_ids(store) == ["a", "b"]
    assert store.known(2)["incident_id"].tolist() == ["a"]
    assert store.written(2)["incident_id"].to_pylist() == ["b"]


def test_rows_that_do_not_add_up_never_enter_the_ledger(store: Store) -> None:
    with pytest.raises(CityError), store.exclusive():
        store.add_batch(
            facts=facts("a.csv", "s", rows=3, stored=1, known=1, corrected=0),
            write_parts=lambda _: [],
            superseded={},
            known=KNOWN.empty_table(),
            set_aside=NOTHING,
        )
    assert store.batches() == []


def test_words_may_be_given_as_texts_or_as_dictionaries_and_read_as_either(store: Store) -> None:
    plain = pa.Table.from_pandas(incidents("AB"), STORED, preserve_index=False)
    given = plain
    for name in WORDS:
        given = given.set_column(given.schema.get_field_index(name), name, given[name].dictionary_encode())
    number = add(store, incidents("AB"))
    write_part(given, path := store.folder / "given.parquet")
    assert pq.read_table(path) == store.written(number) == plain
    assert pq.read_schema(path).metadata is None
    (file,) = store.state().files()
    read = store.read_file_table(file, ["incident_type", "lon"], words=WORDS)
    assert (read["incident_type"].type, read["lon"].type) == (pa.dictionary(pa.int32(), pa.string()), pa.float64())
    assert read["incident_type"].to_pylist() == plain["incident_type"].to_pylist()


def test_a_batch_without_good_rows_is_remembered_too(store: Store) -> None:
    aside = set_aside_frame([1], ["no_type"], ["类型"], [""], ['{"编号":"1"}'])
    assert add(store, incidents(""), aside=aside) == 1
    assert store.state().files() == []
    assert (store.batches()[0].first_day, store.batches()[0].set_aside) == ("", 1)


def test_rows_that_were_set_aside_can_be_read(store: Store) -> None:
    aside = set_aside_frame([7], ["bad_time"], ["时间"], ["昨天"], ['{"时间":"昨天"}'])
    number = add(store, incidents("a"), aside=aside)
    read = store.set_aside(number)
    assert list(read.columns) == [*SET_ASIDE.names, "mended_by"]
    assert read.iloc[0].tolist() == [7, "bad_time", "时间", "昨天", '{"时间":"昨天"}', 0]


def test_asking_for_what_a_batch_that_never_was_set_aside_is_refused(store: Store) -> None:
    with pytest.raises((SelectionError, CityError)):
        store.set_aside(9)


def test_a_correction_replaces_and_its_undoing_brings_the_old_row_back(store: Store) -> None:
    add(store, incidents("ab", lon=0.5))
    assert counted(store) == [2, 0, 0, 0]
    add(store, incidents("b", lon=1.5), corrects={"incidents/000001/0001.parquet": [1]})
    assert counted(store) == [1, 1, 0, 0]
    store.undo(2)
    assert counted(store) == [2, 0, 0, 0]
    shutil.rmtree(store.folder / "derived")
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
    add(store, incidents("c"), "b.csv", known="ab")
    with pytest.raises(SelectionError, match="2"):
        store.undo(1)
    store.undo(2)
    assert store.undo(1).state == "undone"


def test_other_sources_do_not_stand_in_the_way_of_undo(store: Store) -> None:
    add(store, incidents("ab"))
    add(store, incidents("b", source="t"), source="t", known="a")
    assert store.undo(1).state == "undone"


def test_what_a_batch_repeats_of_itself_does_not_stand_in_the_way_of_undo(store: Store) -> None:
    add(store, incidents("ab"))
    add(store, incidents("cd"), known="c")
    assert store.undo(1).state == "undone"


def test_a_batch_that_a_later_one_corrects_cannot_be_undone_first(store: Store) -> None:
    add(store, incidents("ab"))
    add(store, incidents("b", lon=1.5), corrects={"incidents/000001/0001.parquet": [1]})
    with pytest.raises(SelectionError, match="2"):
        store.undo(1)


# --- atomic ---


@pytest.mark.parametrize("table", ["batch", "file"])
def test_a_crash_between_the_files_and_the_ledger_leaves_the_old_state(store: Store, table: str) -> None:
    add(store, incidents("ab"))
    before = store.state()
    with closing(sqlite3.connect(store.folder / "ledger.sqlite")) as ledger, ledger:
        ledger.execute(f"CREATE TRIGGER crash BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'power cut'); END")
    with pytest.raises((sqlite3.Error, CityError)):
        add(store, incidents("cd", month=9), "b.csv")
    again = Store(store.folder)
    assert again.state() == before
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


def test_two_imports_at_the_same_time_do_not_harm_each_other(store: Store) -> None:
    other = threading.Thread(
        target=lambda: add(Store(store.folder), incidents("xyz", lon=1.5), "other.csv", source="t")
    )
    with store.exclusive():
        other.start()
        other.join(timeout=0.5)  # it waits for us
        assert other.is_alive()
        add(store, incidents("ab"), "ours.csv")
    other.join(timeout=30)
    assert counted(store) == [2, 3, 0, 0]
    assert [batch.file_name for batch in store.batches()] == ["ours.csv", "other.csv"]
    assert store.verify() == []


def test_what_an_import_that_was_cut_off_left_behind_is_swept_away(store: Store) -> None:
    add(store, incidents("ab"))
    for name in ("incidents/000002/0001.parquet", "set_aside/000002.parquet", "incidents/000001/0009.parquet"):
        (store.folder / name).parent.mkdir(exist_ok=True)
        (store.folder / name).write_bytes(b"half")
    with store.exclusive():
        store.sweep()
    left = {path.relative_to(store.folder).as_posix() for path in store.folder.rglob("*.parquet")}
    assert left - {f"boundaries/{store.boundary_version()}.parquet"} == {
        "incidents/000001/0001.parquet",
        "set_aside/000001.parquet",
    }
    assert not (store.folder / "incidents/000002").exists()


def test_ten_readers_see_one_whole_state_while_others_import_and_undo(store: Store) -> None:
    add(store, incidents("abc"))
    whole = {(3, 0, 0, 0), (3, 4, 0, 0), (1, 6, 0, 0)}
    seen: list[set[tuple[int, ...]]] = [set() for _ in range(10)]
    faults: list[BaseException] = []
    done = threading.Event()

    def read(mine: set[tuple[int, ...]]) -> None:
        try:
            while not done.is_set():
                mine.add(tuple(counted(store)))
        except BaseException as fault:  # noqa: BLE001 - told to the test
            faults.append(fault)

    readers = [threading.Thread(target=read, args=(mine,)) for mine in seen]
    for reader in readers:
        reader.start()
    writer = Store(store.folder)
    for number in range(2, 8, 2):
        add(writer, incidents("wxyz", lon=1.5), f"{number}.csv")
        add(writer, incidents("bc", lon=1.5), f"{number}c.csv", corrects={"incidents/000001/0001.parquet": [1, 2]})
        counted(writer)
        writer.undo(number + 1)
        counted(writer)
        writer.undo(number)
    done.set()
    for reader in readers:
        reader.join()
    assert faults == []
    assert all(mine and mine <= whole for mine in seen)
    assert counted(store) == [3, 0, 0, 0]


def test_a_city_on_a_full_disk_can_still_be_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    add(store, incidents("abc"))
    expected, state = counted(store), store.state()

    @contextmanager
    def no_room(_: Store) -> Iterator[sqlite3.Connection]:
        raise sqlite3.OperationalError("disk I/O error")
        yield

    monkeypatch.setattr(Store, "_connect", no_room)
    again = Store(store.folder)
    assert (again.state(), again.changes(), counted(again)) == (state, 2, expected)
    assert again.verify() == []


# --- damage ---


def test_a_flipped_byte_anywhere_in_the_data_is_a_city_error_that_names_the_file(store: Store) -> None:
    add(store, incidents("abcdefgh"))
    (file,) = store.state().files()
    path = store.folder / file.path
    content = path.read_bytes()
    good = store.read_file_table(file)
    untold = []
    for at in range(0, len(content), 7):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
        try:
            same = store.read_file_table(file).equals(good)
        except CityError as error:
            same = file.path in error.en
        if not same:
            untold.append(at)
    assert untold == []


@pytest.mark.parametrize("harm", ["missing", "empty", "half", "text"])
def test_a_data_file_that_is_no_parquet_any_more_is_a_city_error(store: Store, harm: str) -> None:
    add(store, incidents("abc"))
    path = store.folder / store.state().files()[0].path
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
    assert copy.state() == store.state()
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


# --- verify, backup, restore ---


def test_verify_names_every_file_that_was_changed_cut_or_lost(store: Store) -> None:
    add(store, incidents("abc"), known="x", aside=set_aside_frame([9], ["no_type"], [""], [""], ["{}"]))
    add(store, incidents("c"), "b.csv", corrects={"incidents/000001/0001.parquet": [2]})
    store.save_exposure(pd.DataFrame({"place_id": ["1"], "kind": ["residents"], "year": [2026], "value": [9.0]}))
    assert store.verify() == []
    paths = sorted(
        path for path in store.folder.rglob("*.parquet") if not path.is_relative_to(store.folder / "derived")
    )
    assert len(paths) == 8
    for path in paths:
        content = path.read_bytes()
        for harm in (content[:-1], content[:8] + b"?" + content[9:], None):
            if harm is None:
                path.unlink()
            else:
                path.write_bytes(harm)
            assert store.verify() == [path.relative_to(store.folder).as_posix()]
            path.write_bytes(content)
    assert store.verify() == []


def test_two_files_that_changed_places_are_found(store: Store) -> None:
    add(store, incidents("abc"))
    add(store, incidents("de"), "b.csv")
    one, two = (store.folder / file.path for file in store.state().files())
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    assert len(store.verify()) == 2


def test_a_backup_restored_elsewhere_gives_the_same_answers(store: Store, tmp_path: Path) -> None:
    add(store, incidents("abc"))
    add(store, incidents("c", lon=1.5), "b.csv", corrects={"incidents/000001/0001.parquet": [2]})
    store.save_settings(CitySettings("珠海市", "Zhuhai"))
    before = counted(store)
    store.backup(tmp_path / "backup")
    add(store, incidents("zz", lon=1.5), "c.csv")
    shutil.rmtree(store.folder)
    restore(tmp_path / "backup", tmp_path / "again")
    again = Store(tmp_path / "again")
    assert (counted(again), again.settings().name, again.verify()) == (before, "珠海市", [])
    assert add(again, incidents("y"), "d.csv") == 3


def test_a_backup_never_overwrites_and_a_damaged_one_is_never_restored(store: Store, tmp_path: Path) -> None:
    add(store, incidents("abc"))
    store.backup(tmp_path / "backup")
    with pytest.raises(CityError, match="backup"):
        store.backup(tmp_path / "backup")
    with pytest.raises(CityError, match="city"):
        restore(tmp_path / "backup", store.folder)
    with pytest.raises(CityError):
        restore(tmp_path, tmp_path / "again")
    (path,) = (tmp_path / "backup" / "incidents").rglob("*.parquet")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CityError, match="0001"):
        restore(tmp_path / "backup", tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_a_damaged_city_is_not_backed_up_as_if_it_were_whole(store: Store, tmp_path: Path) -> None:
    add(store, incidents("abc"))
    (store.folder / store.state().files()[0].path).write_bytes(b"x")
    with pytest.raises(CityError, match="0001"):
        store.backup(tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


def test_what_a_sources_columns_mean_is_remembered(store: Store) -> None:
    assert store.layout("s", "k") is None
    store.remember_layout("s", "k", "name = 'a'", "gcj02")
    store.remember_layout("s", "k", "name = 'b'", "wgs84")
    assert store.layout("s", "k") == ("name = 'b'", "wgs84")
    assert store.layout("t", "k") is None
