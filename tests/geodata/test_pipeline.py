"""The flow from files to the city folder: rows add up, repeats are known, corrections replace."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from geodata import pipeline
from geodata.city import CityData, read_city
from geodata.errors import CityError, InputFileError, MappingError
from geodata.pipeline import ImportReport, day_after, import_boundaries, import_incidents, parse_day
from geodata.store import Store
from geodata.vocabulary import PlaceLevel

HEAD = "编号,时间,经度,纬度,类型\n"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return a city of two districts."""
    frame = gpd.GeoDataFrame(
        {"code": ["A", "B"], "title": ["甲", "乙"]},
        geometry=[box(113.50, 22.20, 113.54, 22.24), box(113.54, 22.20, 113.58, 22.24)],
        crs="EPSG:4326",
    )
    frame.to_parquet(tmp_path / "d.parquet")
    made = Store(tmp_path / "city")
    import_boundaries(made, tmp_path / "d.parquet", PlaceLevel.DISTRICT, id_column="code", name_column="title")
    return made


def bring(store: Store, rows: str, name: str = "a.csv", source: str = "s", **options: bool) -> ImportReport:
    path = store.folder.parent / name
    path.write_text(HEAD + rows, encoding="utf-8")
    report = import_incidents(store, path, source, **options)  # type: ignore[arg-type]
    assert report.rows == report.stored + report.known + report.corrected + report.set_aside
    return report


def counted(store: Store) -> list[int]:
    answer = read_city(store).counts(PlaceLevel.DISTRICT, dt.date(2026, 1, 1), dt.date(2027, 1, 1))
    return [*answer.places.tolist(), answer.unlocated, answer.outside]


ONE = "1,2026-10-01 08:00,113.51,22.22,盗窃\n"
TWO = "2,2026-10-02 08:00,113.55,22.22,盗窃\n"


def test_a_row_that_was_here_before_is_known_and_a_changed_one_corrects_it(store: Store) -> None:
    first = bring(store, ONE + TWO)
    assert (first.batch, first.stored, first.known, first.corrected) == (1, 2, 0, 0)
    assert counted(store) == [1, 1, 0, 0]
    second = bring(store, ONE + TWO.replace("113.55", "113.52") + "3,2026-10-03,,,盗窃\n", "b.csv")
    assert (second.batch, second.stored, second.known, second.corrected) == (2, 1, 1, 1)
    assert counted(store) == [2, 0, 1, 0]


def test_a_correction_may_itself_be_corrected_back(store: Store) -> None:
    bring(store, ONE)
    bring(store, ONE.replace("113.51", "113.55"), "b.csv")
    assert counted(store) == [0, 1, 0, 0]
    third = bring(store, ONE + "# \n", "c.csv")
    assert third.corrected == 1
    assert counted(store) == [1, 0, 0, 0]


def test_the_same_file_of_another_source_is_other_incidents(store: Store) -> None:
    bring(store, ONE)
    assert bring(store, ONE, source="t").stored == 1
    assert counted(store) == [2, 0, 0, 0]


def test_the_same_file_again_after_undo_is_new(store: Store) -> None:
    bring(store, ONE)
    assert bring(store, ONE).repeated == 1
    pipeline.undo(store, 1)
    again = bring(store, ONE)
    assert (again.batch, again.repeated, again.stored) == (2, None, 1)
    assert counted(store) == [1, 0, 0, 0]


def test_a_dry_run_changes_nothing_on_disk(store: Store) -> None:
    bring(store, ONE)
    before = {path: path.read_bytes() for path in store.folder.rglob("*.parquet")}
    report = bring(store, ONE + TWO, "b.csv", dry_run=True)
    assert (report.batch, report.stored, report.known) == (None, 1, 1)
    assert {path: path.read_bytes() for path in store.folder.rglob("*.parquet")} == before
    assert len(store.batches()) == 1


def test_rows_that_cannot_be_used_are_set_aside_and_can_be_read(store: Store) -> None:
    report = bring(store, ONE + "2,,113.5,22.2,盗窃\n3,2026-10-01,113.5,22.2,\n4,2026-10-01,500,22.2,盗窃\n")
    assert report.reasons == {"no_time": 1, "no_type": 1, "bad_position": 1}
    assert report.batch is not None
    aside = store.set_aside(report.batch)
    assert aside["row"].tolist() == [2, 3, 4]
    assert json.loads(aside["raw"].iloc[2])["经度"] == "500"


def test_a_missing_file_and_a_missing_mapping_are_named(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match=r"nix\.csv"):
        import_incidents(store, tmp_path / "nix.csv", "s")
    (tmp_path / "a.csv").write_text(HEAD + ONE, encoding="utf-8")
    with pytest.raises(MappingError, match="nix"):
        import_incidents(store, tmp_path / "a.csv", "s", mapping_name="nix")
    assert store.batches() == []


def test_progress_never_runs_backwards(store: Store, tmp_path: Path) -> None:
    told: list[float] = []
    (tmp_path / "a.csv").write_text(HEAD + ONE, encoding="utf-8")
    import_incidents(store, tmp_path / "a.csv", "s", progress=lambda _what, share: told.append(share))
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.0, 1.0)


row = st.tuples(
    st.integers(1, 5), st.sampled_from(["113.51", "113.55", "", "120"]), st.sampled_from(["盗窃", "怪事", ""])
)
files = st.lists(st.lists(row, min_size=1, max_size=6), min_size=1, max_size=4)


@settings(deadline=None, max_examples=20)
@given(files)
def test_after_any_imports_the_last_good_version_of_every_id_counts(
    tmp_path_factory: pytest.TempPathFactory, imports: list[list[tuple[int, str, str]]]
) -> None:
    folder = tmp_path_factory.mktemp("imports")
    store = Store(folder / "city")
    frame = gpd.GeoDataFrame(
        {"code": ["A"], "title": ["甲"]}, geometry=[box(113.5, 22.2, 113.58, 22.24)], crs="EPSG:4326"
    )
    frame.to_parquet(folder / "d.parquet")
    import_boundaries(store, folder / "d.parquet", PlaceLevel.DISTRICT, id_column="code", name_column="title")
    latest: dict[int, str] = {}
    seen: set[str] = set()
    for k, rows in enumerate(imports):
        lines = [f"{number},2026-10-01 08:00,{lon},{'22.22' if lon else ''},{kind}\n" for number, lon, kind in rows]
        bring(store, "".join(lines), f"{k}.csv")
        if "".join(lines) in seen:
            continue  # the very same file again adds nothing
        seen.add("".join(lines))
        latest |= {number: lon for number, lon, kind in rows if kind}
    places = list(latest.values())
    expected = [sum(lon in ("113.51", "113.55") for lon in places), places.count(""), places.count("120")]
    assert counted(store) == expected


def test_replacing_a_level_finds_its_children_anew(store: Store, tmp_path: Path) -> None:
    streets = gpd.GeoDataFrame(
        {"code": ["s"], "title": ["街"]}, geometry=[box(113.55, 22.21, 113.56, 22.22)], crs="EPSG:4326"
    )
    streets.to_parquet(tmp_path / "s.parquet")
    import_boundaries(store, tmp_path / "s.parquet", PlaceLevel.STREET, id_column="code", name_column="title")
    assert store.places().set_index("place_id")["parent_id"]["s"] == "B"
    whole = gpd.GeoDataFrame(
        {"code": ["C"], "title": ["丙"]}, geometry=[box(113.4, 22.1, 113.6, 22.3)], crs="EPSG:4326"
    )
    whole.to_parquet(tmp_path / "c.parquet")
    import_boundaries(store, tmp_path / "c.parquet", PlaceLevel.DISTRICT, id_column="code", name_column="title")
    assert store.places().set_index("place_id")["parent_id"].to_dict() == {"C": "", "s": "C"}


def test_a_city_of_before_there_were_units_opens_and_takes_a_level_that_has_them(store: Store, tmp_path: Path) -> None:
    store.save_places(store.places().drop(columns="unit"))
    assert store.places()["unit"].tolist() == ["", ""]
    assert read_city(store).places["unit"].tolist() == ["", ""]
    streets = gpd.GeoDataFrame(
        {"code": ["s"], "title": ["街"], "办": ["街办"]}, geometry=[box(113.55, 22.21, 113.56, 22.22)], crs="EPSG:4326"
    )
    streets.to_parquet(tmp_path / "s.parquet")
    names = {"id_column": "code", "name_column": "title", "unit_column": "办"}
    import_boundaries(store, tmp_path / "s.parquet", PlaceLevel.STREET, **names)
    assert store.places().set_index("place_id")["unit"].to_dict() == {"A": "", "B": "", "s": "街办"}


def test_days_are_read_and_refused() -> None:
    assert parse_day("2026-10-31") == dt.date(2026, 10, 31)
    assert day_after(dt.date(2026, 12, 31)) == dt.date(2027, 1, 1)
    for text in ("", "2026-02-30", "yesterday", "31/10/2026"):
        with pytest.raises(InputFileError):
            parse_day(text)


# --- the demo ---


def test_the_demo_city_is_stored_whole(demo_folder: Path, demo_city: CityData) -> None:
    store = Store(demo_folder)
    assert store.settings().simulated
    assert store.settings().name == "珠海市"
    assert sum(batch.stored for batch in store.batches()) == len(demo_city.index.day)
    assert all(
        batch.rows == batch.stored + batch.known + batch.corrected + batch.set_aside for batch in store.batches()
    )
    assert json.loads((demo_folder / "truths.json").read_text(encoding="utf-8"))
    assert [method.version for method in store.methods()] == ["3.0"]
    assert "[calibration]" in store.methods()[0].text
    assert len(store.measures()) > 0
    assert np.isin(["district", "street", "community", "grid_cell"], demo_city.places["level"]).all()


def test_no_demo_is_made_over_a_city(store: Store) -> None:
    before = store.data_version()
    with pytest.raises(CityError):
        pipeline.make_demo_city(store, years=1)
    assert store.data_version() == before
