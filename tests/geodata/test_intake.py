"""Files on their way in: every row ends in exactly one place; what a file repeats, corrects or lacks is told apart."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import intake, pipeline, readers
from geodata.errors import CityError, InputFileError
from geodata.pipeline import ImportReport
from geodata.quality import corrections
from geodata.readers import RawChunk, TableFile
from geodata.store import Store

HEAD = "编号,时间,经度,纬度,类型,备注\n"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return an empty city."""
    return Store(tmp_path / "city")


class InPairs:
    """A table that is read two rows at a time."""

    def __init__(self, table: TableFile) -> None:
        self._table = table

    def __getattr__(self, name: str) -> object:
        return getattr(self._table, name)

    def chunks(self) -> Iterator[RawChunk]:
        for chunk in self._table.chunks():
            for start in range(0, max(chunk.table.num_rows, 1), 2):
                bad = chunk.bad_rows if start == 0 else chunk.bad_rows.iloc[:0]
                yield RawChunk(chunk.table.slice(start, 2), chunk.rows[start : start + 2], bad, chunk.done)


@pytest.fixture(autouse=True, params=["whole", "in pairs"])
def size(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Read files whole, and in chunks of two rows that fill parts of four."""
    if request.param == "in pairs":
        monkeypatch.setattr(intake, "PART_ROWS", 3)
        opened = readers.open_table
        monkeypatch.setattr(readers, "open_table", lambda *args, **options: InPairs(opened(*args, **options)))


def row(number: str, note: str = "", day: int = 1, kind: str = "盗窃") -> str:
    return f"{number},2026-10-{day:02d} 08:00,113.51,22.22,{kind},{note}\n"


def bring(store: Store, rows: str, name: str = "a.csv", **options: object) -> ImportReport:
    path = store.folder.parent / name
    path.write_text(HEAD + rows, encoding="utf-8")
    report = pipeline.import_incidents(store, path, "s", **options)  # type: ignore[arg-type]
    assert report.rows == report.stored + report.known + report.corrected + report.set_aside
    return report


def fates(report: ImportReport) -> tuple[int, int, int, int]:
    return report.stored, report.known, report.corrected, report.set_aside


def live(store: Store) -> dict[str, str]:
    """Return id → note of every live incident."""
    state = store.state()
    gone = store.superseded(state)
    found: dict[str, str] = {}
    for file in state.files():
        table = store.read_file_table(file, ["incident_id", "extra"]).to_pylist()
        for at, cells in enumerate(table):
            if at not in gone.get(file.path, []):
                assert cells["incident_id"] not in found
                found[cells["incident_id"]] = json.loads(cells["extra"]).get("备注", "")
    return found


def test_rows_of_a_new_file_are_stored_in_parts_sorted_by_day(store: Store) -> None:
    assert fates(bring(store, row("1", day=9) + row("2", day=3) + row("3", kind=""))) == (2, 0, 0, 1)
    (file,) = store.state().files()
    table = store.read_file_table(file)
    assert table["incident_id"].to_pylist() == ["2", "1"]
    assert table["row"].to_pylist() == [2, 1]


def test_the_last_of_several_rows_with_one_id_holds_and_the_others_are_its_older_versions(store: Store) -> None:
    report = bring(store, row("1", "甲") + row("2") + row("1", "乙") + row("1", "甲") + row("1", "丙"))
    assert fates(report) == (2, 1, 2, 0)  # 甲 is new, 乙 and 丙 correct it, the second 甲 says nothing new
    assert live(store) == {"1": "丙", "2": ""}
    assert fates(bring(store, row("1", "甲") + row("1", "乙") + row("1", "丙"), "b.csv")) == (0, 3, 0, 0)
    assert live(store) == {"1": "丙", "2": ""}


def test_a_file_that_ends_where_the_store_is_and_has_an_unknown_older_version_keeps_both(store: Store) -> None:
    bring(store, row("1", "丙"))
    assert fates(bring(store, row("1", "甲") + row("1", "丙"), "b.csv")) == (0, 1, 1, 0)
    assert live(store) == {"1": "丙"}
    assert fates(bring(store, row("1", "甲") + row("1", "丙") + "\n", "c.csv")) == (0, 2, 0, 0)


def test_a_corrected_row_is_kept_and_comes_back_when_the_correction_is_undone(store: Store) -> None:
    bring(store, row("1", "甲") + row("2", "乙"))
    assert fates(bring(store, row("2", "丙") + row("3", "丁"), "b.csv")) == (1, 0, 1, 0)
    assert live(store) == {"1": "甲", "2": "丙", "3": "丁"}
    assert corrections(store, 2).tolist() == [True, False]
    store.undo(2)
    assert live(store) == {"1": "甲", "2": "乙"}


def test_known_rows_can_be_looked_up(store: Store) -> None:
    bring(store, row("1") + row("2"))
    bring(store, row("7") + row("2") + row("1"), "b.csv")
    assert store.known(2).to_dict("list") == {"row": [2, 3], "incident_id": ["2", "1"]}


def test_rows_without_an_id_are_told_apart_by_their_content_and_twins_are_numbered(store: Store) -> None:
    twins = row("", "甲") + row("", "甲") + row("", "乙") + row("", "甲")
    assert fates(bring(store, twins)) == (4, 0, 0, 0)
    names = sorted(live(store))
    assert [name.count("-") for name in names] in ([1, 2, 2, 1], [1, 1, 2, 2])
    assert fates(bring(store, twins + row("", "甲"), "b.csv")) == (1, 4, 0, 0)


def test_a_file_is_staged_first_and_published_by_its_token(store: Store) -> None:
    report = bring(store, row("1") + row("2", kind=""), keep_staged=True)
    assert (report.batch, report.stored, report.set_aside, store.batches()) == (None, 1, 1, [])
    folder = intake.incoming(store, report.token)
    assert folder.is_dir()
    published = pipeline.publish_staged(store, report.token)
    assert (published.batch, published.stored, published.set_aside) == (1, 1, 1)
    assert not folder.exists()
    with pytest.raises(InputFileError):
        pipeline.publish_staged(store, report.token)


def test_what_is_staged_is_compared_again_when_it_is_published(store: Store) -> None:
    report = bring(store, row("1") + row("2"), keep_staged=True)
    assert report.stored == 2
    bring(store, row("2") + row("3"), "b.csv")
    published = pipeline.publish_staged(store, report.token)
    assert fates(published) == (1, 1, 0, 0)
    assert sorted(live(store)) == ["1", "2", "3"]


def test_the_same_file_staged_twice_is_published_once(store: Store) -> None:
    first, second = (bring(store, row("1"), keep_staged=True) for _ in range(2))
    pipeline.publish_staged(store, first.token)
    with pytest.raises(InputFileError, match="已经导入"):
        pipeline.publish_staged(store, second.token)
    pipeline.discard_staged(store, second.token)
    assert list((store.folder / "incoming").iterdir()) == []


@pytest.mark.parametrize("token", ["", "..", "../x", "a/b", "a b", "x" * 65, "."])
def test_a_token_is_never_a_path(store: Store, token: str) -> None:
    with pytest.raises(InputFileError):
        intake.incoming(store, token)


def test_a_file_that_cannot_be_read_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(InputFileError):
        bring(store, "x\0y", "broken.parquet")
    path = store.folder.parent / "c.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputFileError):
        pipeline.import_incidents(store, path, "s")
    assert list((store.folder / "incoming").glob("*")) == []
    assert store.batches() == []


def test_a_full_disk_is_said_plainly_and_changes_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(store, row("1"))
    before = store.state()
    refused = 0
    for written in range(9):  # the disk fills up at every one of the files that an import writes
        with monkeypatch.context() as patched:
            patched.setattr(pq, "write_table", DiskOf(written))
            with suppress(CityError):
                bring(store, row("1", "改") + row("2") + row("3", kind=""), "b.csv")
        if len(store.batches()) == 2:
            break
        refused += 1
        assert store.state() == before
        assert list((store.folder / "incoming").iterdir()) == []
    assert refused >= 3
    assert live(store) == {"1": "改", "2": ""}


def test_a_full_disk_is_named(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pq, "write_table", DiskOf(0))
    with pytest.raises(CityError, match="磁盘空间不足"):
        bring(store, row("1"))


class DiskOf:
    """A disk with room for some files."""

    def __init__(self, files: int) -> None:
        self.left, self.write = files, pq.write_table

    def __call__(self, *arguments: object, **options: object) -> None:
        self.left -= 1
        if self.left < 0:
            raise OSError(28, "No space left on device")
        self.write(*arguments, **options)


def test_the_confirmed_mapping_of_a_layout_is_used_for_the_next_file(store: Store, tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(
        'name = "甲方"\ncrs = "gcj02"\n[columns]\nid = "a"\ntime = "b"\nlon = "c"\nlat = "d"\ntype = "e"\n', "utf-8"
    )
    for name, number in (("one.csv", 1), ("two.csv", 2)):
        (tmp_path / name).write_text(f"a,b,c,d,e\n{number},2026-10-01,113.51,22.22,盗窃\n", "utf-8")
    pipeline.import_incidents(store, tmp_path / "one.csv", "s", mapping_name=str(tmp_path / "m.toml"))
    second = pipeline.import_incidents(store, tmp_path / "two.csv", "s")
    assert (second.stored, second.crs) == (1, "gcj02")
    looked = pipeline.inspect_file(store, tmp_path / "two.csv", "s")
    assert looked.remembered
    assert looked.mapping["lon"] == ["c"]
    with pytest.raises(InputFileError):  # another source never confirmed it
        pipeline.import_incidents(store, tmp_path / "two.csv", "t")


# --- rows set aside, mended and brought back ---


def test_mended_rows_come_back_and_are_no_longer_open(store: Store, tmp_path: Path) -> None:
    bring(store, row("1") + row("2", kind="") + "3,昨天,113.5,22.2,盗窃,\n" + row("4", "=1+1", kind=""))
    out = tmp_path / "rows.csv"
    assert pipeline.export_set_aside(store, 1, out) == 3
    exported = pd.read_csv(out, dtype="str", keep_default_na=False)
    assert list(exported.columns[:2]) == [intake.ROW_COLUMN, intake.REASON_COLUMN]
    assert exported[intake.ROW_COLUMN].tolist() == ["2", "3", "4"]
    assert exported["备注"].tolist()[2] == "'=1+1"  # a spreadsheet shall not run it
    exported.loc[[0, 2], "类型"] = "盗窃"
    exported.to_csv(out, index=False, encoding="utf-8-sig")
    report = pipeline.mend(store, 1, out)
    assert fates(report) == (2, 0, 0, 1)
    assert store.set_aside(1)["mended_by"].tolist() == [2, 0, 2]
    assert store.mended_counts() == {1: 2}
    assert live(store) == {"1": "", "2": "", "4": "=1+1"}
    store.undo(2)
    assert store.set_aside(1)["mended_by"].tolist() == [0, 0, 0]


def test_mended_rows_may_be_in_another_coordinate_system(store: Store, tmp_path: Path) -> None:
    bring(store, row("1") + "2,2026-10-02,453620.5,2463877.9,盗窃,\n")
    pipeline.export_set_aside(store, 1, tmp_path / "rows.csv")
    assert fates(pipeline.mend(store, 1, tmp_path / "rows.csv", crs="EPSG:4547")) == (1, 0, 0, 0)
    (file,) = store.state().files()[1:]
    assert store.read_file_table(file)["lon"].to_pylist() == pytest.approx([113.55], abs=1e-6)


def test_a_file_that_is_no_export_is_not_taken_for_mended_rows(store: Store, tmp_path: Path) -> None:
    bring(store, row("1") + row("2", kind=""))
    (tmp_path / "x.csv").write_text(HEAD + row("2"), "utf-8")
    with pytest.raises(InputFileError, match="搁置行"):
        pipeline.mend(store, 1, tmp_path / "x.csv")


# --- laws ---


def versions() -> st.SearchStrategy[list[list[tuple[str, str]]]]:
    """Return files: lists of (id, note); the id ! is a row that cannot be used."""
    rows = st.lists(st.tuples(st.sampled_from("12345!"), st.sampled_from("甲乙丙")), min_size=1, max_size=8)
    return st.lists(rows, min_size=1, max_size=4)


def text_of(file: list[tuple[str, str]]) -> str:
    return "".join(row("9", note, kind="") if name == "!" else row(name, note) for name, note in file)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("laws")
    yield folder
    shutil.rmtree(folder)


@settings(deadline=None, max_examples=60)
@given(versions())
def test_every_row_ends_in_one_place_and_the_last_version_holds(
    scratch: Path, files: list[list[tuple[str, str]]]
) -> None:
    shutil.rmtree(scratch / "city", ignore_errors=True)
    store = Store(scratch / "city")
    expected: dict[str, str] = {}
    ever: set[tuple[str, str]] = set()
    after = []
    for number, file in enumerate(files):
        good = [each for each in file if each[0] != "!"]
        last = dict(good)
        report = bring(store, text_of(file) + "\n" * number, f"{number}.csv")
        assert report.set_aside == len(file) - len(good)
        assert report.stored == len({name for name, _ in good} - expected.keys())
        news = {(name, note) for name, note in set(good) - ever}
        back = {(name, note) for name, note in last.items() if (name, note) in ever and expected.get(name) != note}
        assert report.stored + report.corrected == len(news | back)
        ever |= set(good)
        expected |= last
        after.append(dict(expected))
        assert live(store) == expected
    assert sum(batch.rows for batch in store.batches()) == sum(map(len, files))
    assert store.verify() == []
    again = bring(store, text_of([each for file in files for each in file]) + "\n" * 9, "all.csv")
    assert live(store) == expected
    assert (again.stored, again.corrected) == (0, 0)
    for number in range(len(files) + 1, 1, -1):
        store.undo(number)
        assert live(store) == after[number - 2]


def test_a_column_that_only_numbers_the_rows_is_no_id(store: Store, tmp_path: Path) -> None:
    head = "序号,时间,经度,纬度,类型\n"
    rows = ["2026-10-01 08:00,113.51,22.22,盗窃\n", "2026-10-02 08:00,113.52,22.22,盗窃\n", "2026-10-03,,,盗窃\n"]
    (tmp_path / "one.csv").write_text(head + "1," + rows[0] + "2," + rows[1], "utf-8")
    (tmp_path / "two.csv").write_text(head + "1," + rows[1] + "2," + rows[2], "utf-8")
    assert fates(pipeline.import_incidents(store, tmp_path / "one.csv", "s")) == (2, 0, 0, 0)
    assert fates(pipeline.import_incidents(store, tmp_path / "two.csv", "s")) == (1, 1, 0, 0)
