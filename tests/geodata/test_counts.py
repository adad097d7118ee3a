"""Counts that always close: children + unlocated + outside = parent, for every place, level, period and type."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from geodata.boundaries import PARENT_FROM_GEOMETRY, join_levels
from geodata.city import CityData
from geodata.counts import OUTSIDE, UNLOCATED, CountIndex, PlaceCounts
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


def index_of(places: gpd.GeoDataFrame, happened: pd.DataFrame) -> CountIndex:
    located = locate_levels(happened["lon"].to_numpy(), happened["lat"].to_numpy(), places)
    return CountIndex.build(happened, located.place, n_places=len(places))


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
    index = CountIndex.build(happened, np.zeros((n, 4), dtype=np.int32), n_places=1)
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
