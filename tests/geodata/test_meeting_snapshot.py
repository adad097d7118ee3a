"""What a meeting saw, frozen: it answers as the city that it was made of, and holds nothing that names anybody."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geodata.alerts.book import Told
from geodata.city import CityData, read_city
from geodata.counts import CountIndex, CountRows
from geodata.effects.asked import Measure, evidence_of
from geodata.errors import CityError
from geodata.filters import Filters
from geodata.meeting.prepare import prepare_all
from geodata.meeting.snapshot import (
    CITY,
    MEMBERS,
    PLACES,
    ROWS,
    SITES,
    Snapshot,
    _rows,
    members_in,
    open_snapshot,
    snapshot_of,
)
from geodata.store import Store
from geodata.vocabulary import Period, PeriodKind, PlaceLevel, TimePrecision

MAY = Period.parse("2026-05")


@pytest.fixture(scope="module")
def frozen(demo_folder: Path, demo_city: CityData) -> Snapshot:
    return snapshot_of(Store(demo_folder), demo_city)


@pytest.fixture(scope="module")
def opened(frozen: Snapshot) -> CityData:
    return open_snapshot(frozen.members)


@pytest.mark.parametrize("level", [None, PlaceLevel.DISTRICT, PlaceLevel.STREET])
@pytest.mark.parametrize("period", ["2026-05", "2026-W20", "2026-Q2"])
def test_it_is_prepared_from_to_the_last_bit(
    demo_city: CityData, opened: CityData, level: PlaceLevel | None, period: str
) -> None:
    rows = [] if level is None else demo_city.members(level, demo_city.city).tolist()[:4]
    places = [demo_city.place(row) for row in rows] or [demo_city.city]
    same = [opened.find(place.token) for place in places]
    span = Period.parse(period)
    live = [each.to_json() for each in prepare_all(demo_city, Told(), places, span)]
    assert [each.to_json() for each in prepare_all(opened, Told(), same, span)] == live


def test_measures_are_judged_from_it_as_from_the_city(demo_city: CityData, opened: CityData) -> None:
    community = demo_city.place(int(demo_city.members(PlaceLevel.COMMUNITY, demo_city.city)[7]))
    measure = Measure((community.token,), (), MAY.start, 31)
    assert evidence_of(opened, measure) == evidence_of(demo_city, measure)
    assert evidence_of(opened, measure).ring


def test_the_same_data_are_the_same_bytes(demo_folder: Path, demo_city: CityData, frozen: Snapshot) -> None:
    other = read_city(Store(demo_folder))
    assert snapshot_of(Store(demo_folder), other) == frozen
    kept = demo_city.filtered(Filters(hours=(20, 24)))
    assert snapshot_of(Store(demo_folder), kept) == frozen  # of a filtered city all of it


def test_a_snapshot_of_a_snapshot_is_itself(demo_folder: Path, opened: CityData, frozen: Snapshot) -> None:
    assert snapshot_of(Store(demo_folder), opened).digest == frozen.digest


def test_other_data_have_another_digest(demo_folder: Path, demo_city: CityData, frozen: Snapshot) -> None:
    renamed = replace(demo_city, settings=replace(demo_city.settings, name="别处"))
    without = replace(demo_city, index=demo_city.index.chosen(np.arange(len(demo_city.index.day)) > 0))
    for other in (renamed, without):
        assert snapshot_of(Store(demo_folder), other).digest != frozen.digest


def test_the_order_in_which_incidents_came_leaves_no_trace() -> None:
    place = np.array([[0, 1, 2, 3], [0, 1, 2, 4], [-1, -1, -1, -1]], dtype=np.int32)

    def rows(order: list[int], file: str) -> CountRows:
        return CountRows(
            day=np.array([10, 10, 11], np.int32)[order],
            hour=np.array([-1, 5, 23], np.int8)[order],
            kind=np.array([0, 1, 0], np.int32)[order],
            types=("a", "b"),
            source=np.zeros(3, np.int32),
            sources=("s",),
            lon=np.array([1.0, 1.0, np.nan])[order],
            lat=np.array([1.0, 1.0, np.nan])[order],
            place=place[order],
            row=np.arange(3, dtype=np.int32),
            file=file,
            precision=TimePrecision.DAY,
        )

    one = CountIndex.build([rows([0, 1, 2], "x")], 5)
    other = CountIndex.build([rows([2, 1, 0], "y")], 5)
    assert all(a.equals(b) for a, b in zip(_rows(one), _rows(other), strict=True))


def test_nothing_in_it_names_a_person_or_a_point(frozen: Snapshot) -> None:
    names = pq.read_table(pa.BufferReader(frozen.members[ROWS])).column_names
    assert sorted(names) == ["day", "exactness", "hour", "kind", "n", "site", "source"]
    facts = json.loads(frozen.members[CITY])
    assert not {"file_name", "details", "mapping", "id"} & set(facts["batches"][0])
    assert sorted(frozen.members) == sorted(MEMBERS)


def test_an_empty_city_can_be_frozen_too(demo_folder: Path, demo_city: CityData) -> None:
    bare = replace(demo_city, index=CountIndex.empty(len(demo_city.places)), batches=())
    again = open_snapshot(snapshot_of(Store(demo_folder), bare).members)
    assert again.index.span is None
    assert again.latest_period(PeriodKind.MONTH) is None


# --- what is refused ---


def changed(frozen: Snapshot, name: str, table: pa.Table) -> dict[str, bytes]:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return frozen.members | {name: bytes(sink.getvalue())}


def table_of(frozen: Snapshot, name: str) -> pa.Table:
    return pq.read_table(pa.BufferReader(frozen.members[name]))


@pytest.mark.parametrize("column", ["kind", "site", "source", "n", "hour"])
@pytest.mark.parametrize("value", [-7, 2**31 - 1])
def test_numbers_that_stand_for_nothing_are_refused(frozen: Snapshot, column: str, value: int) -> None:
    table = table_of(frozen, ROWS).slice(0, 10)
    wrong = pa.array([value] * 10, pa.int64())
    broken = table.set_column(table.column_names.index(column), column, wrong)
    with pytest.raises(CityError, match="快照"):
        open_snapshot(changed(frozen, ROWS, broken))


def test_sites_of_no_place_are_refused(frozen: Snapshot) -> None:
    sites = table_of(frozen, SITES)
    broken = sites.set_column(0, sites.column_names[0], pa.array([10**6] * len(sites), pa.int32()))
    with pytest.raises(CityError):
        open_snapshot(changed(frozen, SITES, broken))


@pytest.mark.parametrize("name", MEMBERS)
@pytest.mark.parametrize("content", [b"", b"{}", b"PAR1" * 30])
def test_files_that_are_none_are_refused(frozen: Snapshot, name: str, content: bytes) -> None:
    with pytest.raises(CityError):
        open_snapshot(frozen.members | {name: content})


def test_outlines_that_are_none_are_refused(frozen: Snapshot) -> None:
    places = table_of(frozen, PLACES)
    broken = places.set_column(
        places.column_names.index("geometry"), "geometry", pa.array([b"\x01\x02"] * len(places), pa.binary())
    )
    with pytest.raises(CityError):
        open_snapshot(changed(frozen, PLACES, broken))


def test_a_folder_without_all_files_is_refused(frozen: Snapshot, tmp_path: Path) -> None:
    for name, content in frozen.members.items():
        (tmp_path / name).write_bytes(content)
    assert members_in(tmp_path) == frozen.members
    assert len(open_snapshot(tmp_path).index.day)
    (tmp_path / SITES).unlink()
    with pytest.raises(CityError):
        open_snapshot(tmp_path)
