"""Counts that always close: children + unlocated + outside = parent, for every place, level, period and type."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from unittest import mock

import geopandas as gpd
import numba  # noqa: F401 - where it is loaded, loops are compiled
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from geodata import counts
from geodata.boundaries import PARENT_FROM_GEOMETRY, join_levels
from geodata.city import CityData
from geodata.counts import OUTSIDE, UNLOCATED, CountIndex, CountRows, PlaceCounts
from geodata.locate import NOWHERE, ancestors, locate_levels
from geodata.vocabulary import LEVELS, Period, PeriodKind, PlaceLevel, TimePrecision

FIRST = dt.date(2026, 1, 1)


def incidents(rows: list[tuple[int, str, float, float]], source: str = "s") -> pd.DataFrame:
    """Return incidents from (days after 1 January, type, lon, lat)."""
    return pd.DataFrame(
        {
            "occurred_on": pd.to_datetime([FIRST + dt.timedelta(days=row[0]) for row in rows]).astype("datetime64[us]"),
            "hour": np.full(len(rows), -1, dtype=np.int8),
            "incident_type": [row[1] for row in rows],
            "source": source,
            "lon": np.array([row[2] for row in rows], dtype=np.float64),
            "lat": np.array([row[3] for row in rows], dtype=np.float64),
        }
    )


def by_geometry(rows: list[tuple[PlaceLevel, str, object]]) -> gpd.GeoDataFrame:
    table = {
        "place_id": [row[1] for row in rows],
        "name": [row[1] for row in rows],
        "name_en": "",
        "level": [row[0].value for row in rows],
        "parent_id": "",
        "valid_from": "",
        "valid_to": "",
        "parent_source": PARENT_FROM_GEOMETRY,
    }
    return join_levels(gpd.GeoDataFrame(table, geometry=[row[2] for row in rows], crs="EPSG:4326"))


def rows_of(happened: pd.DataFrame, place: np.ndarray) -> CountRows:
    """Return a table of incidents, located, as rows of one file."""
    kind, types = pd.factorize(happened["incident_type"])
    source, sources = pd.factorize(happened["source"])
    return CountRows(
        day=happened["occurred_on"].to_numpy().astype("datetime64[D]").astype(np.int32),
        hour=happened["hour"].to_numpy(np.int8),
        kind=kind.astype(np.int32),
        types=tuple(types),
        source=source.astype(np.int32),
        sources=tuple(sources),
        lon=happened["lon"].to_numpy(np.float64),
        lat=happened["lat"].to_numpy(np.float64),
        place=place,
        row=np.arange(len(happened), dtype=np.int32),
        file="a.parquet",
    )


def index_of(places: gpd.GeoDataFrame, happened: pd.DataFrame) -> CountIndex:
    located = locate_levels(happened["lon"].to_numpy(), happened["lat"].to_numpy(), places)
    return CountIndex.build([rows_of(happened, located.place)], len(places))


def members(places: gpd.GeoDataFrame, level: PlaceLevel, within: int | None = None) -> np.ndarray:
    rows = np.flatnonzero(places["level"].to_numpy(dtype=str) == level.value)
    if within is None:
        return rows
    above = PlaceLevel(places["level"].iloc[within])
    return rows[ancestors(places)[rows, above.depth] == within]


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


# --- by hand ---

TOWN = [
    (PlaceLevel.DISTRICT, "A", box(0, 0, 4, 4)),
    (PlaceLevel.DISTRICT, "B", box(4, 0, 8, 4)),
    (PlaceLevel.STREET, "A1", box(0, 0, 2, 4)),
    (PlaceLevel.STREET, "A2", box(2, 0, 4, 2)),  # the north-east of A has no street
    (PlaceLevel.STREET, "B1", box(4, 0, 8, 4)),
]
NAN = float("nan")
HAPPENED = [
    (0, "theft", 1, 1),  # A1
    (0, "theft", 2, 1),  # border: A1
    (1, "fight", 3, 3),  # A, in no street
    (2, "theft", 4, 1),  # border of districts: A2, hence A
    (3, "fight", 5, 1),  # B1
    (3, "theft", 9, 9),  # outside
    (4, "theft", NAN, NAN),  # no position
    (4, "theft", 1, NAN),  # half a position is none
]


@pytest.fixture(scope="module")
def town() -> tuple[gpd.GeoDataFrame, CountIndex]:
    places = by_geometry(TOWN)
    return places, index_of(places, incidents(HAPPENED))


def told(places: gpd.GeoDataFrame, counted: PlaceCounts) -> tuple[dict[str, int], int, int, int]:
    ids = places["place_id"].to_numpy()[counted.places.index.to_numpy()]
    return dict(zip(ids, counted.places.tolist(), strict=True)), counted.unlocated, counted.outside, counted.total


def test_every_incident_of_the_town_is_counted_where_it_lies(town: tuple[gpd.GeoDataFrame, CountIndex]) -> None:
    places, index = town
    streets = members(places, PlaceLevel.STREET)
    counted = index.by_place(PlaceLevel.STREET, streets, FIRST, day(5))
    assert told(places, counted) == ({"A1": 2, "A2": 1, "B1": 1}, 3, 1, 8)
    districts = members(places, PlaceLevel.DISTRICT)
    counted = index.by_place(PlaceLevel.DISTRICT, districts, FIRST, day(5))
    assert told(places, counted) == ({"A": 4, "B": 1}, 2, 1, 8)


def test_inside_a_place_nothing_is_outside_and_what_no_child_holds_is_unlocated(
    town: tuple[gpd.GeoDataFrame, CountIndex],
) -> None:
    places, index = town
    in_a = members(places, PlaceLevel.STREET, within=0)
    counted = index.by_place(PlaceLevel.STREET, in_a, FIRST, day(5), within=(0, PlaceLevel.DISTRICT))
    assert told(places, counted) == ({"A1": 2, "A2": 1}, 1, 0, 4)


def test_spans_are_half_open(town: tuple[gpd.GeoDataFrame, CountIndex]) -> None:
    places, index = town
    districts = members(places, PlaceLevel.DISTRICT)
    totals = [index.by_place(PlaceLevel.DISTRICT, districts, day(k), day(k + 1)).total for k in range(-1, 6)]
    assert totals == [0, 2, 1, 1, 2, 2, 0]
    assert index.by_place(PlaceLevel.DISTRICT, districts, day(2), day(2)).total == 0


def test_types_are_counted_apart(town: tuple[gpd.GeoDataFrame, CountIndex]) -> None:
    places, index = town
    districts = members(places, PlaceLevel.DISTRICT)
    assert index.types == ("fight", "theft")
    fights = index.by_place(PlaceLevel.DISTRICT, districts, FIRST, day(5), types=np.array([0]))
    assert told(places, fights) == ({"A": 1, "B": 1}, 0, 0, 2)
    none = index.by_place(PlaceLevel.DISTRICT, districts, FIRST, day(5), types=np.array([], dtype=np.intp))
    assert told(places, none) == ({"A": 0, "B": 0}, 0, 0, 0)


def test_the_tables_of_types_agree_with_the_counts(town: tuple[gpd.GeoDataFrame, CountIndex]) -> None:
    places, index = town
    table = index.place_types(PlaceLevel.STREET, FIRST, day(5))
    assert table.shape == (len(places), 2)
    assert table[members(places, PlaceLevel.STREET)].tolist() == [[0, 2], [0, 1], [1, 0]]
    by_period = index.period_types([FIRST, day(1), day(4), day(5)])
    assert by_period.tolist() == [[0, 2], [2, 2], [0, 2]]
    assert index.period_types([FIRST, day(5)], outside=False).tolist() == [[2, 5]]
    assert index.period_types([FIRST, day(5)], (0, PlaceLevel.DISTRICT)).tolist() == [[1, 3]]


def test_sites_know_who_has_no_place(town: tuple[gpd.GeoDataFrame, CountIndex]) -> None:
    _, index = town
    assert Counter(index.site.tolist())[OUTSIDE] == 1
    assert Counter(index.site.tolist())[UNLOCATED] == 2
    assert len(index.selected(FIRST, day(5), outside=False)) == 7
    assert index.span == (FIRST, day(4))


def test_an_empty_index_answers_with_zeros() -> None:
    places = by_geometry(TOWN)
    index = index_of(places, incidents([]).astype({"incident_type": "str", "source": "str"}))
    counted = index.by_place(PlaceLevel.DISTRICT, members(places, PlaceLevel.DISTRICT), FIRST, day(5))
    assert told(places, counted) == ({"A": 0, "B": 0}, 0, 0, 0)
    assert index.span is None
    assert index.place_types(PlaceLevel.DISTRICT, FIRST, day(5)).shape == (5, 0)
    assert index.source_days().shape == (0, 0)


def test_more_words_for_types_than_a_short_number_holds_are_still_told_apart() -> None:
    n = 40_000
    happened = incidents([(0, f"raw:{k:05d}", 1.0, 1.0) for k in range(n)])
    index = CountIndex.build([rows_of(happened, np.zeros((n, 4), dtype=np.int32))], 1)
    table = index.place_types(PlaceLevel.DISTRICT, FIRST, day(1))
    assert table.shape == (1, n)
    assert (table == 1).all()


def test_a_saved_index_answers_as_before(town: tuple[gpd.GeoDataFrame, CountIndex], tmp_path: Path) -> None:
    places, index = town
    index.save(tmp_path / "kept")
    again = CountIndex.load(tmp_path / "kept")
    assert (again.types, again.sources, again.precision, again.n_places) == (
        index.types,
        index.sources,
        TimePrecision.MINUTE,
        index.n_places,
    )
    streets = members(places, PlaceLevel.STREET)
    for one in (index, again):
        assert told(places, one.by_place(PlaceLevel.STREET, streets, FIRST, day(5)))[3] == 8


@pytest.mark.parametrize("n", [1, 256, 257, 65_536, 65_537])
def test_types_keep_their_names_whatever_width_their_numbers_need(n: int) -> None:
    rows = many(np.zeros(n), np.arange(n), tuple(f"{k:06d}" for k in range(n)))
    index = CountIndex.build([rows], 1)
    assert [index.types[k] for k in index.kind] == list(rows.types)


def many(days: np.ndarray, kind: np.ndarray, types: tuple[str, ...], file: str = "a.parquet") -> CountRows:
    """Return incidents in the only place of a city, by day and type."""
    n = len(days)
    return CountRows(
        day=days.astype(np.int32),
        hour=np.full(n, -1, np.int8),
        kind=kind.astype(np.int32),
        types=types,
        source=np.zeros(n, np.int32),
        sources=("s",),
        lon=np.ones(n),
        lat=np.ones(n),
        place=np.zeros((n, 4), np.int32),
        row=np.arange(n, dtype=np.int32),
        file=file,
    )


def test_an_incident_without_position_counts_in_the_place_that_it_names() -> None:
    named = replace(many(np.zeros(3), np.zeros(3), ("theft",)), lon=np.full(3, NAN), lat=np.full(3, NAN))
    named.place[:] = [[0, 1, NOWHERE, NOWHERE], [0, NOWHERE, NOWHERE, NOWHERE], [NOWHERE] * 4]
    index = CountIndex.build([named], 3)
    epoch = dt.date(1970, 1, 1)
    told_at = {}
    for level, rows in ((PlaceLevel.DISTRICT, [0]), (PlaceLevel.STREET, [1]), (PlaceLevel.COMMUNITY, [2])):
        counted = index.by_place(level, np.array(rows), epoch, epoch + dt.timedelta(days=1))
        told_at[level.value] = (counted.places.tolist(), counted.unlocated, counted.outside)
    assert told_at == {"district": ([2], 1, 0), "street": ([1], 2, 0), "community": ([0], 3, 0)}


def test_a_large_city_gets_checkpoints_and_a_small_one_needs_none() -> None:
    rng = np.random.default_rng(0)
    for n, expected in ((1000, 0), (100_000, 24)):
        index = CountIndex.build([many(rng.integers(0, 400, n), rng.integers(0, 5, n), tuple("abcde"))], 1)
        assert [len(cube.row) for cube in index.cubes] == [expected] * len(index.cubes)
        assert sum(cube.planes.size for cube in index.cubes) <= counts.DENSITY * n * len(index.cubes)


def test_a_day_more_leaves_the_checkpoints_before_it_alone() -> None:
    rng = np.random.default_rng(1)
    n = 100_000
    index = CountIndex.build([many(rng.integers(0, 400, n), rng.integers(0, 5, n), tuple("abcde"))], 1)
    later = index.updated([many(np.full(900, 400), rng.integers(0, 5, 900), tuple("abcde"), "b.parquet")])
    cube, after = index.cubes[-1], later.cubes[-1]
    assert after.row[: len(cube.row)].tolist() == cube.row.tolist()
    with mock.patch.object(counts, "_fill") as filled:  # nothing is counted again
        again = index.updated([many(np.full(900, 400), rng.integers(0, 5, 900), tuple("abcde"), "b.parquet")])
    assert all(call.args[1] >= len(cube.row) for call in filled.call_args_list)
    assert (again.cubes[-1].planes[: len(cube.row)] == cube.planes).all()


def test_what_no_incident_bears_any_more_is_forgotten() -> None:
    first = many(np.array([0, 5, 2]), np.array([0, 1, 0]), ("theft", "fight"))
    second = many(np.array([1]), np.array([0]), ("arson",), "b.parquet")
    index = CountIndex.build([first, second], 1)
    assert (index.types, index.files) == (("arson", "fight", "theft"), ("a.parquet", "b.parquet"))
    without = index.updated([], {"b.parquet": None, "never.parquet": None})
    assert (without.types, without.files, len(without.day)) == (("fight", "theft"), ("a.parquet",), 3)
    fewer = index.updated([], {"a.parquet": np.array([1], dtype=np.int32)})
    assert (fewer.types, [fewer.types[k] for k in fewer.kind]) == (("arson", "theft"), ["theft", "arson", "theft"])
    assert (fewer.file.tolist(), fewer.row_in_file.tolist()) == ([0, 1, 0], [0, 0, 2])
    nothing = fewer.updated([], {"a.parquet": None, "b.parquet": None})
    assert (nothing.types, nothing.sources, nothing.files, nothing.span) == ((), (), (), None)


def test_the_precision_is_the_coarsest_of_what_is_there() -> None:
    exact = many(np.array([0]), np.array([0]), ("theft",))
    month = replace(many(np.array([0]), np.array([0]), ("theft",), "b.parquet"), precision=TimePrecision.MONTH)
    index = CountIndex.build([exact, month], 1)
    assert index.precision is TimePrecision.MONTH
    assert index.updated([], {"b.parquet": None}).precision is TimePrecision.MINUTE


def kept(index: CountIndex, folder: Path) -> CountIndex:
    index.save(folder)
    return CountIndex.load(folder)


def test_a_loaded_index_is_read_only_and_can_be_updated(tmp_path: Path) -> None:
    index = kept(CountIndex.build([many(np.arange(5), np.zeros(5), ("theft",))], 1), tmp_path / "kept")
    for name, array in index._arrays().items():
        assert not array.flags.writeable or array.size == 0, name
    more = index.updated([many(np.array([2]), np.array([0]), ("arson",), "b.parquet")], {"a.parquet": np.array([0])})
    assert more.day.tolist() == [1, 2, 2, 3, 4]
    assert kept(more, tmp_path / "kept").types == ("theft", "arson")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_an_empty_index_can_be_kept(tmp_path: Path) -> None:
    assert kept(CountIndex.empty(7), tmp_path / "kept").n_places == 7


@pytest.mark.parametrize("damage", ["missing", "short", "long", "old", "torn"])
def test_a_damaged_index_is_noticed_when_it_is_loaded(damage: str, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    CountIndex.build([many(np.arange(50), np.zeros(50), ("theft",))], 1).save(folder)
    for path in sorted(folder.glob("*.npy")):
        whole, rest = path.read_bytes(), (folder / "index.json").read_text()
        match damage:
            case "missing":
                path.unlink()
            case "short":
                path.write_bytes(whole[:-1])
            case "long":
                path.write_bytes(whole + b"0")
            case "old":
                (folder / "index.json").write_text(json.dumps(json.loads(rest) | {"format": 1}))
            case "torn":
                (folder / "index.json").write_text(rest[:-1])
        with pytest.raises((OSError, ValueError)):
            CountIndex.load(folder)
        path.write_bytes(whole)
        (folder / "index.json").write_text(rest)
    assert len(CountIndex.load(folder).day) == 50


# --- against counting by hand ---


@dataclass(frozen=True)
class One:
    """An incident of the plainest kind, counted by walking through all of them."""

    day: int
    kind: str
    source: str
    place: tuple[int, ...]
    positioned: bool
    file: str
    row: int
    precision: TimePrecision


N_PLACES = 9
LEVEL_OF = [LEVELS[k] for k in (0, 0, 1, 1, 1, 2, 2, 3, 3)]
"""Two districts, three streets, two communities and two cells; incidents tie them together as they like."""
in_level = [st.sampled_from([NOWHERE, *(k for k in range(N_PLACES) if LEVEL_OF[k] is level)]) for level in LEVELS]
ones = st.builds(
    One,
    day=st.one_of(st.integers(0, 12), st.integers(0, 90)),
    kind=st.sampled_from("abcde"),
    source=st.sampled_from("xyz"),
    place=st.tuples(*in_level),
    positioned=st.booleans(),
    file=st.sampled_from(["f", "g", "h"]),
    row=st.just(0),
    precision=st.sampled_from(TimePrecision),
)


def crowd(n: int, seed: int) -> list[One]:
    """Return many incidents, most of them in a few places."""
    rng = np.random.default_rng(seed)

    def one() -> One:
        place = tuple(
            int(rng.choice([NOWHERE, *(k for k in range(N_PLACES) if LEVEL_OF[k] is level)])) for level in LEVELS
        )
        return One(
            day=int(rng.integers(0, 91)),
            kind=str(rng.choice(list("aaaabbcde"))),
            source=str(rng.choice(list("xyz"))),
            place=place if rng.random() < 0.9 else (NOWHERE,) * len(LEVELS),
            positioned=bool(rng.random() < 0.7),
            file=str(rng.choice(list("fgh"))),
            row=0,
            precision=TimePrecision.DAY,
        )

    return [one() for _ in range(n)]


crowds = st.one_of(st.lists(ones, max_size=30), st.builds(crowd, st.integers(100, 300), st.integers(0, 10**6)))


def numbered(drawn: list[One]) -> list[One]:
    """Number the rows of each file."""
    seen: Counter[str] = Counter()
    done = []
    for one in drawn:
        done.append(replace(one, row=seen[one.file]))
        seen[one.file] += 1
    return done


def parts(incidents: Iterable[One], words: tuple[str, ...] = ("e", "unused", "b", "a", "d", "c")) -> list[CountRows]:
    """Return the incidents as rows of their files, apart where their precision differs."""
    found: dict[tuple[str, TimePrecision], list[One]] = {}
    for one in incidents:
        found.setdefault((one.file, one.precision), []).append(one)
    return [
        CountRows(
            day=np.array([one.day for one in own], dtype=np.int32),
            hour=np.full(len(own), -1, dtype=np.int8),
            kind=np.array([words.index(one.kind) for one in own], dtype=np.int32),
            types=words,
            source=np.array(["zyx".index(one.source) for one in own], dtype=np.int32),
            sources=("z", "y", "x"),
            lon=np.array([113.5 if one.positioned else NAN for one in own]),
            lat=np.full(len(own), 22.2),
            place=np.array([one.place for one in own], dtype=np.int32),
            row=np.array([one.row for one in own], dtype=np.int32),
            file=file,
            precision=precision,
        )
        for (file, precision), own in found.items()
    ]


def date(number: int) -> dt.date:
    return dt.date(1970, 1, 1) + dt.timedelta(days=number)


def lies_in(one: One, within: tuple[int, PlaceLevel] | None) -> bool:
    return within is None or one.place[within[1].depth] == within[0]


def is_outside(one: One) -> bool:
    return one.positioned and set(one.place) == {NOWHERE}


def check_by_place(
    index: CountIndex, alive: list[One], span: list[int], within: tuple[int, PlaceLevel] | None, types: str | None
) -> None:
    chosen = None if types is None else np.array([k for k, t in enumerate(index.types) if t in types], dtype=np.intp)
    there = [
        one
        for one in alive
        if span[0] <= one.day < span[1] and lies_in(one, within) and (types is None or one.kind in types)
    ]
    for level in LEVELS:
        members = np.array([k for k in range(N_PLACES) if LEVEL_OF[k] is level])
        counted = index.by_place(level, members, date(span[0]), date(span[1]), within=within, types=chosen)
        assert counted.places.to_dict() == {k: sum(one.place[level.depth] == k for one in there) for k in members}
        assert counted.outside == sum(map(is_outside, there))
        assert counted.total == len(there)
    rows = index.selected(date(span[0]), date(span[1]), within=within, types=chosen)
    assert (np.diff(rows) > 0).all()
    assert Counter((index.files[index.file[k]], int(index.row_in_file[k])) for k in rows) == Counter(
        (one.file, one.row) for one in there
    )


def check_tables(
    index: CountIndex, alive: list[One], cuts: list[int], within: tuple[int, PlaceLevel] | None, outside: bool
) -> None:
    there = [one for one in alive if lies_in(one, within) and (outside or not is_outside(one))]
    by_period = index.period_types([date(cut) for cut in cuts], within, outside=outside)
    assert by_period.tolist() == [
        [sum(low <= one.day < high and one.kind == kind for one in there) for kind in index.types]
        for low, high in pairwise(cuts)
    ]
    for level in LEVELS:
        by_type = index.place_types(level, date(cuts[0]), date(cuts[-1]))
        expected = np.zeros((N_PLACES, len(index.types)), dtype=np.int64)
        for one in alive:
            if cuts[0] <= one.day < cuts[-1] and one.place[level.depth] != NOWHERE:
                expected[one.place[level.depth], index.types.index(one.kind)] += 1
        assert by_type.tolist() == expected.tolist()


def check_whole(index: CountIndex, alive: list[One]) -> None:
    check_structure(index)
    days = [one.day for one in alive]
    assert index.span == ((date(min(days)), date(max(days))) if alive else None)
    assert set(index.types) == {one.kind for one in alive}
    assert set(index.files) == {one.file for one in alive}
    order = {precision: k for k, precision in enumerate(TimePrecision)}
    coarsest = max((one.precision for one in alive), key=order.__getitem__, default=TimePrecision.MINUTE)
    assert index.precision is coarsest
    assert np.isfinite(index.lon).sum() == sum(one.positioned for one in alive)
    by_day, by_type = index.source_days(), index.source_types()
    assert by_day.shape == (len(index.sources), max(days) - min(days) + 1 if alive else 0)
    for k, source in enumerate(index.sources):
        own = [one for one in alive if one.source == source]
        assert by_type[k].tolist() == [sum(one.kind == kind for one in own) for kind in index.types]
        assert by_day[k].tolist() == [sum(one.day == day for one in own) for day in range(min(days), max(days) + 1)]


def check_structure(index: CountIndex) -> None:
    """Compare what is kept for speed with the rows themselves."""
    assert (np.diff(index.day) >= 0).all()
    assert index.by_site.tolist() == np.argsort(index.site, kind="stable").tolist()
    assert index.site_start.tolist() == np.searchsorted(np.sort(index.site), range(len(index.site_place) + 1)).tolist()
    assert index.day_start.tolist() == [*np.unique(index.day, return_index=True)[1].tolist(), len(index.day)]
    for cube in index.cubes:
        assert (cube.places[cube.column][2:, : cube.depth + 1] == index.site_place[2:, : cube.depth + 1]).all()
        assert set(cube.row.tolist()) <= set(index.day_start.tolist()[1:])
        for row, plane in zip(cube.row, cube.planes, strict=True):
            plain = np.zeros_like(plane)
            np.add.at(plain, (index.kind[:row].astype(int) + 1, cube.column[index.site[:row]]), 1)
            plain[0] = plain[1:].sum(axis=0)
            assert (plane == plain).all()


# every level has a cube of its own, or the finest counts for all of them
@pytest.mark.parametrize(("coarser", "cubes"), [(1, 5), (1000, 1)])
@pytest.mark.parametrize("swifter", [1, 10**6])  # rows are found by their sites; checkpoints cost nothing
def test_with_checkpoints_the_answers_are_those_without(swifter: int, coarser: int, cubes: int) -> None:
    rng = np.random.default_rng(5)
    rows = parts(numbered(crowd(1500, 5)))
    with mock.patch.multiple(counts, LEAST_SPACING=10**6):
        plain = CountIndex.build(rows, N_PLACES)
    asked: Counter[str] = Counter()
    with mock.patch.multiple(counts, LEAST_SPACING=40, DENSITY=1000, COARSER=coarser, SWIFTER=swifter):
        index = CountIndex.build(rows, N_PLACES)
        assert [len(cube.row) > 20 for cube in index.cubes] == [True] * cubes
        for _ in range(400):
            start, end = (date(int(k)) for k in np.sort(rng.integers(-1, 93, 2)))
            types = None if rng.random() < 0.2 else rng.choice(5, rng.integers(0, 6), replace=False)
            within = None if rng.random() < 0.3 else (k := int(rng.integers(N_PLACES)), LEVEL_OF[k])
            level = LEVELS[rng.integers(4)]
            members = np.array([k for k in range(N_PLACES) if LEVEL_OF[k] is level])
            one, other = (
                each.by_place(level, members, start, end, within=within, types=types) for each in (index, plain)
            )
            assert (one.places.tolist(), one.unlocated, one.outside) == (
                other.places.tolist(),
                other.unlocated,
                other.outside,
            )
            rows, same = (each.selected(start, end, within=within, types=types) for each in (index, plain))
            assert rows.tolist() == same.tolist()
            cuts = [date(int(k)) for k in np.sort(rng.integers(-1, 93, 5))]
            by_period, the_same = (each.period_types(cuts, within, outside=False) for each in (index, plain))
            assert by_period.tolist() == the_same.tolist()
            by_type, its_same = (each.place_types(level, start, end) for each in (index, plain))
            assert by_type.tolist() == its_same.tolist()
            first, last, _ = index._way(index._cube(level), index.rows(start, end), 1)
            asked["from checkpoints" if first and last else "from the start" if last else "from rows"] += 1
    assert swifter == 1 or min(asked["from checkpoints"], asked["from the start"], asked["from rows"]) > 10


def test_a_checkpoint_after_the_first_day_that_changes_is_counted_again() -> None:
    with mock.patch.multiple(counts, LEAST_SPACING=1, DENSITY=1000):
        index = CountIndex.build([many(np.arange(9), np.zeros(9), ("theft",))], 1)
        assert index.cubes[-1].row.tolist() == list(range(1, 10))
        check_structure(index.updated([], {"a.parquet": np.array([6], dtype=np.int32)}))
        check_structure(index.updated([many(np.array([6]), np.array([0]), ("theft",), "b.parquet")]))
        assert index.updated([], {"never.parquet": None}) is index


def test_rows_put_in_and_taken_out_late_leave_what_is_kept_for_speed_right() -> None:
    rng = np.random.default_rng(6)
    with mock.patch.multiple(counts, LEAST_SPACING=40, DENSITY=1000, COARSER=1):
        index = CountIndex.build(parts(numbered(crowd(1500, 6))), N_PLACES)
        for day in (80, 95, 85, 0, 96):
            late = [replace(one, day=day, file=f"late {day}") for one in crowd(30, day)]
            index = index.updated(parts(numbered(late)))
            check_structure(index)
        index = index.updated([], {"f": rng.integers(0, 500, 9).astype(np.int32)})
        check_structure(index)
        index = index.updated([], {"late 95": None})
        check_structure(index)
        assert set(index.files) == {"f", "g", "h", "late 80", "late 85", "late 0", "late 96"}


ways = st.fixed_dictionaries(  # from a checkpoint after every day to none at all
    {
        "LEAST_SPACING": st.sampled_from([1, 3, 20, 4096]),
        "DENSITY": st.sampled_from([1, 1000, 1000]),
        "COARSER": st.sampled_from([1, 2, 1000]),
        "SWIFTER": st.sampled_from([1, 8, 10**6]),
        "LEAST_COMPILED": st.sampled_from([0, 10**6]),
    }
)
withins = st.one_of(st.none(), st.integers(0, N_PLACES - 1).map(lambda k: (k, LEVEL_OF[k])))
any_span = st.tuples(st.integers(-1, 95), st.integers(-1, 95)).map(sorted)
some_types = st.one_of(st.none(), st.sets(st.sampled_from("abcde")).map("".join))
any_cuts = st.lists(st.integers(-1, 95), min_size=2, max_size=8).map(sorted)
question = st.tuples(any_span, withins, some_types, any_cuts, st.booleans())


def check(index: CountIndex, alive: list[One], asked: list[tuple[object, ...]]) -> None:
    check_whole(index, alive)
    for span, within, types, cuts, outside in asked:
        check_by_place(index, alive, span, within, types)
        check_tables(index, alive, cuts, within, outside)


@settings(deadline=None, max_examples=200)
@given(crowds.map(numbered), ways, st.lists(question, min_size=1, max_size=4))
def test_every_question_is_answered_as_if_all_incidents_were_walked_through(
    drawn: list[One], way: dict[str, int], asked: list[tuple[object, ...]]
) -> None:
    with mock.patch.multiple(counts, **way):
        check(CountIndex.build(parts(drawn), N_PLACES), drawn, asked)


@settings(deadline=None, max_examples=200)
@given(
    crowds.map(numbered),
    ways,
    st.lists(st.tuples(st.sets(st.integers(0, 99)), st.sets(st.sampled_from("fgh"))), min_size=1, max_size=4),
    question,
    st.data(),
)
def test_an_updated_index_answers_like_one_built_from_scratch(
    drawn: list[One],
    way: dict[str, int],
    steps: list[tuple[set[int], set[str]]],
    asked: tuple[object, ...],
    data: st.DataObject,
) -> None:
    with mock.patch.multiple(counts, **way):
        index, alive, waiting = CountIndex.empty(N_PLACES), [], list(drawn)
        for rows, whole in steps:
            coming = data.draw(st.integers(0, len(waiting)))
            added, waiting = waiting[:coming], waiting[coming:]
            removed = {
                file: None if file in whole else np.array(sorted(rows), dtype=np.int32)
                for file in data.draw(st.sets(st.sampled_from("fgh")))
            }
            alive = [
                one for one in alive if one.file not in removed or not (one.file in whole or one.row in rows)
            ] + added
            before = index
            index = index.updated(parts(added), removed)
            assert (index.site_place[: len(before.site_place)] == before.site_place).all()
            check(index, alive, [asked])


@settings(deadline=None, max_examples=50)
@given(crowds.map(numbered), ways, question)
def test_a_kept_index_answers_as_before(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[One], way: dict[str, int], asked: tuple[object, ...]
) -> None:
    with mock.patch.multiple(counts, **way):
        folder = tmp_path_factory.mktemp("index") / "kept"
        check(kept(CountIndex.build(parts(drawn), N_PLACES), folder), drawn, [asked])


@settings(deadline=None, max_examples=50)
@given(crowds.map(numbered), ways, st.randoms(use_true_random=False))
def test_places_may_be_given_once_each_and_in_any_order(
    drawn: list[One], way: dict[str, int], chance: random.Random
) -> None:
    def briefly(rows: CountRows) -> CountRows:
        table = [*dict.fromkeys([*map(tuple, rows.place.tolist()), (0, 1, NOWHERE, NOWHERE)])]
        chance.shuffle(table)
        family = np.array([table.index(tuple(place)) for place in rows.place.tolist()], dtype=np.int32)
        return replace(rows, place=np.array(table, dtype=np.int32), family=family)

    with mock.patch.multiple(counts, **way):
        given = parts(drawn)
        one, other = (CountIndex.build(rows, N_PLACES)._arrays() for rows in (given, [*map(briefly, given)]))
    assert {name: a.tobytes() for name, a in one.items()} == {name: a.tobytes() for name, a in other.items()}


# --- the law ---


@st.composite
def small_cities(draw: st.DrawFn) -> gpd.GeoDataFrame:
    """Draw places on a lattice: some nest, some do not, some leave gaps; ids may repeat from level to level."""
    rows: list[tuple[PlaceLevel, str, object]] = []
    for level in draw(st.lists(st.sampled_from(LEVELS), min_size=1, max_size=4, unique=True)):
        step = draw(st.sampled_from([1, 2, 3, 4]))
        cells = [(x, y) for x in range(0, 8, step) for y in range(0, 8, step)]
        kept = draw(st.lists(st.sampled_from(cells), min_size=1, max_size=len(cells), unique=True))
        rows += [(level, f"{k:02d}", box(x, y, x + step, y + step)) for k, (x, y) in enumerate(kept)]
    return by_geometry(rows)


where = st.one_of(st.integers(-1, 9).map(float), st.floats(-1, 9), st.just(NAN))
what = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from(["theft", "fight", "fire"]), where, where), min_size=0, max_size=60
)
spans = st.tuples(st.integers(-1, 11), st.integers(-1, 11)).map(sorted)


@settings(deadline=None, max_examples=150)
@given(small_cities(), what, spans, st.sets(st.integers(0, 2)))
def test_children_and_unlocated_and_outside_add_up_to_their_parent_in_any_city(
    places: gpd.GeoDataFrame, rows: list[tuple[int, str, float, float]], span: list[int], wanted: set[int]
) -> None:
    index = index_of(places, incidents(rows))
    start, end = day(span[0]), day(span[1])
    types = np.array([k for k in sorted(wanted) if k < len(index.types)], dtype=np.intp)
    names = {index.types[k] for k in types}
    in_span = [row for row in rows if span[0] <= row[0] < span[1] and row[1] in names]
    for level in LEVELS:
        whole = index.by_place(level, members(places, level), start, end, types=types)
        assert whole.total == len(in_span)
        assert whole.outside <= sum(not (np.isnan(row[2]) or np.isnan(row[3])) for row in in_span)
        assert min(whole.unlocated, whole.outside, *whole.places) >= 0
        assert (
            whole.places.to_list()
            == index.place_types(level, start, end)[members(places, level)][:, types].sum(axis=1).tolist()
        )
        for parent, n in whole.places.items():
            for finer in LEVELS[level.depth + 1 :]:
                inner = members(places, finer, within=int(parent))
                inside = index.by_place(finer, inner, start, end, within=(int(parent), level), types=types)
                assert inside.total == n
                assert (inside.outside, inside.unlocated) >= (0, 0)
                alone = index.by_place(finer, members(places, finer), start, end, types=types).places
                assert inside.places.tolist() == alone[inner].tolist()


@settings(deadline=None, max_examples=60)
@given(small_cities(), what)
def test_counts_do_not_depend_on_the_order_of_incidents(
    places: gpd.GeoDataFrame, rows: list[tuple[int, str, float, float]]
) -> None:
    one, other = index_of(places, incidents(rows)), index_of(places, incidents(rows[::-1]))
    for level in LEVELS:
        chosen = members(places, level)
        first, second = (index.by_place(level, chosen, FIRST, day(99)) for index in (one, other))
        assert told(places, first) == told(places, second)


@settings(deadline=None, max_examples=60)
@given(what, st.lists(st.integers(-1, 11), min_size=2, max_size=6, unique=True).map(sorted))
def test_periods_add_up_to_their_span(rows: list[tuple[int, str, float, float]], cuts: list[int]) -> None:
    places = by_geometry(TOWN)
    index = index_of(places, incidents(rows))
    table = index.period_types([day(cut) for cut in cuts])
    whole = index.by_place(PlaceLevel.DISTRICT, members(places, PlaceLevel.DISTRICT), day(cuts[0]), day(cuts[-1]))
    assert table.shape == (len(cuts) - 1, len(index.types))
    assert table.sum() == whole.total


def test_the_law_holds_all_over_the_demo(demo_city: CityData) -> None:
    rng = np.random.default_rng(3)
    table = demo_city.table
    for _ in range(250):
        level = LEVELS[rng.integers(0, 3)]
        finer = LEVELS[rng.integers(level.depth + 1, 4)]
        kind = list(PeriodKind)[rng.integers(0, 5)]
        period = Period.containing(dt.date(2025, 11, 1) + dt.timedelta(days=int(rng.integers(0, 365))), kind)
        n_types = len(demo_city.index.types)
        types = None if rng.random() < 0.3 else np.sort(rng.choice(n_types, rng.integers(1, 6), replace=False))
        row = int(rng.choice(demo_city.members(level, demo_city.city)))
        place = demo_city.place(row)
        whole = demo_city.counts(level, period.start, period.end, types=types)
        inside = demo_city.counts(finer, period.start, period.end, within=place, types=types)
        assert inside.total == whole.places[row], (level, finer, period, place.id)
        assert inside.outside == 0
        assert (table[inside.places.index, level.depth] == row).all()
        expected = len(demo_city.index.selected(period.start, period.end, types=types))
        assert whole.total == expected


def test_the_demo_counts_equal_a_plain_group_by(demo_city: CityData) -> None:
    index = demo_city.index
    october = Period.parse("2026-10")
    rows = index.rows(october.start, october.end)
    street = index.site_place[index.site[rows], PlaceLevel.STREET.depth]
    plain = pd.Series(street[street != NOWHERE]).value_counts()
    counted = demo_city.counts(PlaceLevel.STREET, october.start, october.end).places
    assert counted[counted > 0].sort_index().to_dict() == plain.sort_index().to_dict()
