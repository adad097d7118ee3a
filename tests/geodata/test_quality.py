"""Quality of sources, and rows of batches by pages: worked out by hand, and adding up to what the ledger counts."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import pipeline
from geodata.city import CityData
from geodata.counts import CountIndex, CountRows
from geodata.errors import CityError, SelectionError
from geodata.locate import NOWHERE
from geodata.memory import Memory
from geodata.quality import (
    WINDOW_DAYS,
    Freshness,
    RowPage,
    SourceQuality,
    corrections,
    first_set_aside,
    known_page,
    likely_columns,
    set_aside_page,
    source_quality,
    written_page,
)
from geodata.store import Store
from geodata.vocabulary import TimePrecision
from tests.layers.test_data import batch

DAY_0 = dt.date(1970, 1, 1)


def rows_of(source: str, days: list[dt.date], **changes: Any) -> CountRows:
    """Return one incident a day of a source: at a place, at nine o'clock."""
    n = len(days)
    place = np.full((n, 4), NOWHERE, np.int32)
    place[:, 0] = 0
    facts: dict[str, Any] = {
        "day": np.array([(day - DAY_0).days for day in days], np.int32),
        "hour": np.full(n, 9, np.int8),
        "kind": np.zeros(n, np.int32),
        "types": ("theft",),
        "source": np.zeros(n, np.int32),
        "sources": (source,),
        "lon": np.full(n, 113.5),
        "lat": np.full(n, 22.2),
        "place": place,
        "row": np.arange(n, dtype=np.int32),
        "file": source,
    }
    return CountRows(**facts | changes)


def city_with(city: CityData, rows: list[CountRows], batches: tuple[Any, ...] = ()) -> CityData:
    """Return the demo city with other incidents and batches."""
    index = CountIndex.build(rows, len(city.places))
    return dataclasses.replace(city, index=index, batches=batches, _memo=Memory())


def days(n: int, last: dt.date = dt.date(2026, 10, 31), step: int = 1) -> list[dt.date]:
    return [last - dt.timedelta(days=step * k) for k in range(n)]


def by_name(found: list[SourceQuality]) -> dict[str, SourceQuality]:
    return {each.source: each for each in found}


# --- sources ---


def test_a_source_that_sends_every_day_is_fresh_and_complete(demo_city: CityData) -> None:
    (one,) = source_quality(city_with(demo_city, [rows_of("a", days(400))]), {})
    assert (one.incidents, one.behind_days, one.steps, one.steps_with) == (400, 0, WINDOW_DAYS, WINDOW_DAYS)
    assert (one.inside, one.outside, one.unlocated, one.hour_known) == (400, 0, 0, 400)
    assert one.usual_per_day == 1.0
    assert one.freshness is Freshness.FRESH
    assert one.first_day == dt.date(2025, 9, 27)


def test_a_source_is_measured_against_the_last_day_of_the_city(demo_city: CityData) -> None:
    late = rows_of("late", days(100, dt.date(2026, 10, 21)))
    found = by_name(source_quality(city_with(demo_city, [rows_of("a", days(100)), late]), {}))
    assert found["late"].behind_days == 10
    assert (found["late"].steps, found["late"].steps_with) == (WINDOW_DAYS, WINDOW_DAYS - 10)
    assert found["late"].freshness is Freshness.LATE
    assert found["a"].freshness is Freshness.FRESH


def test_a_new_source_is_not_blamed_for_the_days_before_its_first(demo_city: CityData) -> None:
    found = by_name(source_quality(city_with(demo_city, [rows_of("a", days(100)), rows_of("new", days(5))]), {}))
    assert (found["new"].steps, found["new"].steps_with) == (5, 5)


@pytest.mark.parametrize(
    ("behind", "a_day", "wanted"),
    [
        (0, 0.0, Freshness.FRESH),
        (2, 500.0, Freshness.FRESH),
        (3, 500.0, Freshness.LATE),
        (3, 0.9, Freshness.FRESH),
        (31, 1.0, Freshness.LATE),
        (32, 1.0, Freshness.STALE),
        (200, 0.01, Freshness.FRESH),
    ],
)
def test_a_quiet_source_may_be_silent_for_long(
    demo_city: CityData, behind: int, a_day: float, wanted: Freshness
) -> None:
    (one,) = source_quality(city_with(demo_city, [rows_of("a", days(3))]), {})
    assert dataclasses.replace(one, behind_days=behind, usual_per_day=a_day).freshness is wanted


def test_positions_and_hours_are_counted_as_they_are(demo_city: CityData) -> None:
    nowhere = np.full((1, 4), NOWHERE, np.int32)
    outside = rows_of("a", days(1), place=nowhere, file="out")
    lost = rows_of("a", days(1), place=nowhere, lon=np.array([np.nan]), lat=np.array([np.nan]), file="lost")
    keyed = rows_of("a", days(1), lon=np.array([np.nan]), lat=np.array([np.nan]), file="keyed")
    no_hour = rows_of("a", days(1), hour=np.array([-1], np.int8), file="hour")
    (one,) = source_quality(city_with(demo_city, [rows_of("a", days(6)), outside, lost, keyed, no_hour]), {})
    assert (one.inside, one.outside, one.unlocated) == (8, 1, 1)
    assert one.inside + one.outside + one.unlocated == one.incidents == 10
    assert one.hour_known == 9


def test_a_source_dated_by_month_is_complete_by_month(demo_city: CityData) -> None:
    months = [dt.date(2026, month, 1) for month in (1, 2, 3, 4, 5, 6, 7, 9, 10)]
    (one,) = source_quality(city_with(demo_city, [rows_of("m", months, precision=TimePrecision.MONTH)]), {})
    assert one.monthly
    assert one.last_day == dt.date(2026, 10, 31)
    assert (one.behind_days, one.steps, one.steps_with) == (0, 3, 2)


def test_silent_days_of_a_rare_source_are_usual(demo_city: CityData) -> None:
    (rare,) = source_quality(city_with(demo_city, [rows_of("r", days(60, step=3))]), {})
    assert rare.steps - rare.steps_with == 60
    assert rare.silent_as_usual
    (daily,) = source_quality(city_with(demo_city, [rows_of("d", days(30))]), {})
    gap = dataclasses.replace(daily, usual_per_day=20.0, steps=90, steps_with=80)
    assert not gap.silent_as_usual


def test_what_batches_say_of_a_source(demo_city: CityData) -> None:
    given = (
        batch(1, rows=310, set_aside=31, unmapped={"甲": 1}, first_day="2026-08-01", last_day="2026-08-31"),
        batch(2, rows=620, set_aside=0, unmapped={"甲": 9, "乙": 1}, first_day="2026-10-01", last_day="2026-10-31"),
        batch(3, rows=4, set_aside=1, unmapped={"丙": 1}, details={"mends": 1}),
        batch(4, source="empty", rows=2, set_aside=2, unmapped={}, first_day="", last_day=""),
    )
    city = city_with(demo_city, [rows_of("police", days(10))], given)
    found = by_name(source_quality(city, {1: 3}))
    police, empty = found["police"], found["empty"]
    assert (police.rows, police.set_aside, police.batches) == (930, 29, 3)
    assert police.last is not None
    assert police.before is not None
    assert (police.last.batch, police.last.rows_a_day, police.last.set_aside) == (2, 20.0, 0.0)
    assert (police.before.batch, police.before.rows_a_day, police.before.set_aside) == (1, 10.0, 0.1)
    assert police.new_words == ("乙",)
    assert (empty.incidents, empty.last_day, empty.freshness) == (0, None, Freshness.STALE)
    assert empty.last is not None
    assert np.isnan(empty.last.rows_a_day)


def test_every_incident_of_the_demo_city_belongs_to_one_source(demo_city: CityData) -> None:
    found = source_quality(demo_city, {})
    assert sum(each.incidents for each in found) == len(demo_city.index.day)
    for each in found:
        assert each.inside + each.outside + each.unlocated == each.incidents
        assert 0 <= each.steps_with <= each.steps <= WINDOW_DAYS


def test_a_city_without_incidents_has_no_sources(demo_city: CityData) -> None:
    assert source_quality(city_with(demo_city, []), {}) == []


# --- columns ---


def test_columns_with_usual_names_are_found_one_by_one() -> None:
    assert likely_columns(["时间", "经度", "纬度", "类型"]) == {
        "time": "时间",
        "lon": "经度",
        "lat": "纬度",
        "type": "类型",
    }
    assert likely_columns(["甲", "乙"]) == {}
    assert likely_columns(["甲", "街道", "编号"]) == {"place": "街道", "id": "编号"}


# --- rows of a batch ---


def bring(store: Store, folder: Path, lines: list[tuple[str, str]], name: str) -> int:
    """Import rows of (id, note); return the batch."""
    path = folder / f"{name}.csv"
    rows = [f"{number},2026-10-05 08:00,113.55,22.27,盗窃,{note}" for number, note in lines]
    path.write_text("\n".join(["编号,时间,经度,纬度,类型,备注", *rows]) + "\n", encoding="utf-8")
    report = pipeline.import_incidents(store, path, "s")
    assert report.batch is not None
    return report.batch


def all_pages(read: Any, each: int) -> pd.DataFrame:
    """Read page after page until nothing comes."""
    pages: list[pd.DataFrame] = []
    page: RowPage = read(0, each)
    while len(page.rows):
        pages.append(page.rows)
        page = read(page.start + len(page.rows), each)
    assert sum(map(len, pages)) == page.total
    return pd.concat(pages) if pages else page.rows


def check_pages(store: Store, number: int, each: int = 2) -> dict[str, pd.DataFrame]:
    """Read every row of a batch by pages; their numbers are those that the ledger counts."""
    found = {
        "new": all_pages(lambda start, n: written_page(store, number, corrected=False, start=start, n=n), each),
        "corrected": all_pages(lambda start, n: written_page(store, number, corrected=True, start=start, n=n), each),
        "known": all_pages(lambda start, n: known_page(store, number, start=start, n=n), each),
        "set_aside": all_pages(lambda start, n: set_aside_page(store, number, start=start, n=n), each),
    }
    one = store.state().batch(number)
    assert [len(rows) for rows in found.values()] == [one.stored, one.corrected, one.known, one.set_aside]
    numbers = [int(row) for rows in found.values() for row in rows["row"]]
    assert sorted(numbers) == list(range(1, one.rows + 1))  # every row of the file is in exactly one of them
    return found


def test_rows_of_a_batch_are_new_known_or_corrected(tmp_path: Path) -> None:
    store = Store(tmp_path / "city")
    first = bring(store, tmp_path, [("A", "1"), ("B", "1"), ("C", "1")], "first")
    assert set(check_pages(store, first)["new"]["incident_id"]) == {"A", "B", "C"}
    second = bring(store, tmp_path, [("A", "1"), ("B", "2"), ("D", "1"), ("D", "2"), ("D", "3"), ("", "x")], "second")
    found = check_pages(store, second)
    assert found["known"]["incident_id"].tolist() == ["A"]
    assert sorted(found["corrected"]["row"]) == [2, 4, 5]
    assert 3 in found["new"]["row"].tolist()  # the first version of D is new, its later ones correct it
    assert int(corrections(store, second).sum()) == 3


@given(
    st.lists(st.lists(st.tuples(st.sampled_from("ABCD"), st.sampled_from("12")), min_size=1, max_size=7), max_size=4)
)
@settings(deadline=None, max_examples=25)
def test_whatever_comes_the_rows_add_up(tmp_path_factory: pytest.TempPathFactory, files: list[Any]) -> None:
    folder = tmp_path_factory.mktemp("quality")
    store = Store(folder / "city")
    for k, lines in enumerate(files):
        check_pages(store, bring(store, folder, [*lines, (f"only{k}", "")], f"f{k}"), each=3)


def messy(store: Store, folder: Path) -> int:
    path = folder / "m.csv"
    lines = [
        "编号,时间,经度,纬度,类型",
        "A,2026-10-05,113.5,22.2,盗窃",
        "B,,113.5,22.2,盗窃",
        "C,,113.5,22.2,盗窃",
        "D,x,113.5,22.2,盗窃",
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    report = pipeline.import_incidents(store, path, "s")
    assert report.batch is not None
    return report.batch


def test_rows_set_aside_can_be_read_by_reason_and_say_who_brought_them_back(tmp_path: Path) -> None:
    store = Store(tmp_path / "city")
    number = messy(store, tmp_path)
    assert set_aside_page(store, number, reason="no_time", start=0, n=9).rows["row"].tolist() == [2, 3]
    assert set_aside_page(store, number, reason="no_time", start=1, n=9).rows["row"].tolist() == [3]
    assert set_aside_page(store, number, reason="columns", start=0, n=9).total == 0
    out = tmp_path / "mend.csv"
    pipeline.export_set_aside(store, number, out)
    out.write_text(out.read_text("utf-8-sig").replace("B,,", "B,2026-10-05,"), encoding="utf-8-sig")
    back = pipeline.mend(store, number, out).batch
    by = set_aside_page(store, number, start=0, n=9).rows
    assert dict(zip(by["row"], by["mended_by"], strict=True)) == {2: back, 3: 0, 4: 0}


def test_the_first_rows_of_every_reason(tmp_path: Path) -> None:
    store = Store(tmp_path / "city")
    number = messy(store, tmp_path)
    first = first_set_aside(store.folder / "set_aside" / f"{number:06d}.parquet", each=1)
    assert {reason: rows["row"].tolist() for reason, rows in first.items()} == {"no_time": [2], "bad_time": [4]}


def test_rows_of_no_batch_are_refused(tmp_path: Path) -> None:
    store = Store(tmp_path / "city")
    for read in (
        lambda: written_page(store, 1, corrected=False, start=0, n=1),
        lambda: known_page(store, 1, start=0, n=1),
        lambda: set_aside_page(store, 1, start=0, n=1),
    ):
        with pytest.raises(SelectionError):
            read()


def test_a_damaged_file_is_a_sentence(tmp_path: Path) -> None:
    store = Store(tmp_path / "city")
    number = bring(store, tmp_path, [("A", "1")], "one")
    (path,) = (store.folder / "incidents").rglob("*.parquet")
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(CityError, match="损坏"):
        written_page(store, number, corrected=False, start=0, n=1)
