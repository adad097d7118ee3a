"""Points to places: every point once, the smaller code on a border, whatever the order."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, box

from geodata import locate as locating
from geodata.boundaries import PARENT_FROM_FILE, PARENT_FROM_GEOMETRY, join_levels
from geodata.city import CityData
from geodata.errors import BoundaryError
from geodata.locate import NOWHERE, Locator, ancestors, locate, locate_levels, locate_points
from geodata.raster import PlaceIndex
from geodata.vocabulary import LEVELS, PlaceLevel

DISTRICT, STREET, COMMUNITY, GRID_CELL = PlaceLevel
QUARTERS = np.array([box(0, 0, 1, 1), box(1, 0, 2, 1), box(0, 1, 1, 2), box(1, 1, 2, 2)], dtype=object)


def found(x: float, y: float, shapes: np.ndarray = QUARTERS) -> int:
    return int(locate_points([x], [y], shapes)[0])


@pytest.mark.parametrize(
    ("x", "y", "place"),
    [
        (0.5, 0.5, 0),
        (1.5, 1.5, 3),
        (1.0, 0.5, 0),  # border of 0 and 1
        (0.5, 1.0, 0),  # border of 0 and 2
        (1.0, 1.5, 2),  # border of 2 and 3
        (1.5, 1.0, 1),  # border of 1 and 3
        (1.0, 1.0, 0),  # corner of all four
        (0.0, 0.0, 0),  # outer corner
        (2.0, 2.0, 3),
        (2.0, 0.5, 1),  # outer border
        (np.nextafter(2.0, 3.0), 0.5, NOWHERE),
        (np.nextafter(1.0, 2.0), 0.5, 1),
        (-1.0, 0.5, NOWHERE),
        (np.nan, 0.5, NOWHERE),
        (0.5, np.nan, NOWHERE),
        (np.inf, 0.5, NOWHERE),
        (0.5, -np.inf, NOWHERE),
        (-0.0, -0.0, 0),
    ],
)
def test_a_point_lies_in_the_first_place_that_holds_it(x: float, y: float, place: int) -> None:
    assert found(x, y) == place


def test_a_hole_is_outside_but_its_border_is_inside() -> None:
    ring = np.array([box(0, 0, 3, 3).difference(box(1, 1, 2, 2))], dtype=object)
    assert found(1.5, 1.5, ring) == NOWHERE
    assert found(1.0, 1.5, ring) == 0
    assert found(0.5, 0.5, ring) == 0


def test_an_enclave_belongs_to_itself_and_its_border_to_the_smaller_code() -> None:
    enclave, ring = box(1, 1, 2, 2), box(0, 0, 3, 3).difference(box(1, 1, 2, 2))
    for shapes, border in (([ring, enclave], 0), ([enclave, ring], 0)):
        array = np.array(shapes, dtype=object)
        assert array[found(1.5, 1.5, array)] is enclave
        assert array[found(0.5, 0.5, array)] is ring
        assert found(1.0, 1.5, array) == border


def test_an_island_belongs_to_the_place_that_it_is_part_of() -> None:
    shapes = np.array([MultiPolygon([box(0, 0, 1, 1), box(5, 5, 6, 6)]), box(1, 0, 2, 1)], dtype=object)
    assert found(5.5, 5.5, shapes) == 0
    assert found(3.0, 3.0, shapes) == NOWHERE
    assert found(1.5, 0.5, shapes) == 1


def test_where_places_overlap_the_smaller_code_wins_once() -> None:
    shapes = np.array([box(1, 0, 3, 1), box(0, 0, 2, 1)], dtype=object)
    assert [found(x, 0.5, shapes) for x in (0.5, 1.5, 2.5)] == [1, 0, 0]


def test_no_points_and_no_places_are_no_error() -> None:
    assert locate_points([], [], QUARTERS).shape == (0,)
    assert locate_points([0.5], [0.5], np.array([], dtype=object)).tolist() == [NOWHERE]
    assert locate_points([np.nan], [np.nan], QUARTERS).tolist() == [NOWHERE]


def test_repeated_points_get_the_same_answer_each() -> None:
    assert locate_points([0.5, 9.0, 0.5, np.nan, 0.5], [0.5, 9.0, 0.5, 0.5, 0.5], QUARTERS).tolist() == [
        0,
        -1,
        0,
        -1,
        0,
    ]


# --- laws ---

lattice = st.integers(-1, 9).map(lambda n: n / 2)
coordinates = st.one_of(lattice, st.floats(-1, 5), st.just(float("nan")))
points = st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=40)


@st.composite
def some_shapes(draw: st.DrawFn) -> np.ndarray:
    corners = st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 2), st.integers(1, 2))
    boxes = [box(x, y, x + w, y + h) for x, y, w, h in draw(st.lists(corners, min_size=1, max_size=8))]
    if draw(st.booleans()):
        boxes.append(box(0, 0, 4, 4).difference(box(1, 1, 2, 3)))
    return np.array(boxes, dtype=object)


def by_hand(x: float, y: float, shapes: np.ndarray) -> int:
    if np.isnan(x) or np.isnan(y):
        return NOWHERE
    return next((k for k, shape in enumerate(shapes) if shapely.covers(shape, Point(x, y))), NOWHERE)


@settings(deadline=None)
@given(points, some_shapes())
def test_locating_equals_asking_every_place_in_turn(where: list[tuple[float, float]], shapes: np.ndarray) -> None:
    x, y = np.array(where).T
    assert locate_points(x, y, shapes).tolist() == [by_hand(a, b, shapes) for a, b in where]


@settings(deadline=None)
@given(points, some_shapes(), st.randoms(use_true_random=False))
def test_neither_the_order_of_points_nor_that_of_places_matters(
    where: list[tuple[float, float]], shapes: np.ndarray, chance: object
) -> None:
    series = gpd.GeoSeries(gpd.points_from_xy(*np.array(where).T), index=[f"p{k}" for k in range(len(where))])
    places = gpd.GeoDataFrame({"place_id": [f"{k:02d}" for k in range(len(shapes))]}, geometry=shapes)
    before = locate(series, places)
    shuffled_points = list(range(len(where)))
    shuffled_places = list(range(len(shapes)))
    chance.shuffle(shuffled_points)  # type: ignore[attr-defined]
    chance.shuffle(shuffled_places)  # type: ignore[attr-defined]
    after = locate(series.iloc[shuffled_points], places.iloc[shuffled_places])
    assert after.to_dict() == before.to_dict()


# --- locate ---


def test_locate_keeps_the_index_and_answers_with_ids() -> None:
    series = gpd.GeoSeries([Point(1, 0.5), Point(9, 9), None, Point()], index=["a", "b", "c", "d"])
    places = gpd.GeoDataFrame({"place_id": ["z", "k"]}, geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)])
    answer = locate(series, places)
    assert answer.to_dict() == {"a": "k", "b": "", "c": "", "d": ""}
    assert answer.name == "place_id"


def test_different_coordinate_systems_are_refused() -> None:
    places = gpd.GeoDataFrame({"place_id": ["k"]}, geometry=[box(0, 0, 1, 1)], crs="EPSG:4326")
    with pytest.raises(BoundaryError, match="EPSG:4547"):
        locate(gpd.GeoSeries([Point(0, 0)], crs="EPSG:4547"), places)


# --- levels ---


def city_of(*rows: tuple[PlaceLevel, str, str | None, shapely.Polygon]) -> gpd.GeoDataFrame:
    """Build joined places from (level, id, parent or None = by geometry, shape)."""
    table = {
        "place_id": [row[1] for row in rows],
        "name": [row[1] for row in rows],
        "name_en": "",
        "level": [row[0].value for row in rows],
        "parent_id": [row[2] or "" for row in rows],
        "valid_from": "",
        "valid_to": "",
        "parent_source": [PARENT_FROM_GEOMETRY if row[2] is None else PARENT_FROM_FILE for row in rows],
    }
    return join_levels(gpd.GeoDataFrame(table, geometry=[row[3] for row in rows], crs="EPSG:4326"))


def ids_at(places: gpd.GeoDataFrame, x: float, y: float) -> list[str]:
    ids = np.append(places["place_id"].to_numpy(dtype=object), "")
    return [str(place) for place in ids[locate_levels([x], [y], places).place[0]]]


NESTED = [
    (DISTRICT, "A", "", box(0, 0, 4, 4)),
    (DISTRICT, "B", "", box(4, 0, 8, 4)),
    (STREET, "A1", "A", box(0, 0, 2, 4)),
    (STREET, "A2", "A", box(2, 0, 4, 4)),
    (COMMUNITY, "A1x", "A1", box(0, 0, 2, 2)),
]


@pytest.mark.parametrize(
    ("x", "y", "ids"),
    [
        (1, 1, ["A", "A1", "A1x", ""]),
        (1, 3, ["A", "A1", "", ""]),  # gap at the finest level
        (3, 3, ["A", "A2", "", ""]),
        (5, 3, ["B", "", "", ""]),  # a district without streets
        (2, 1, ["A", "A1", "A1x", ""]),  # border: the smaller street, which has a community there
        (2, 3, ["A", "A1", "", ""]),
        (4, 1, ["A", "A2", "", ""]),  # border of districts
        (9, 9, ["", "", "", ""]),
        (float("nan"), 1, ["", "", "", ""]),
    ],
)
def test_the_finest_place_is_found_and_the_rest_follows_from_the_table(x: float, y: float, ids: list[str]) -> None:
    assert ids_at(city_of(*NESTED), x, y) == ids


def test_the_parent_in_the_table_wins_over_the_geometry_and_ends_on_the_same_side_of_a_border() -> None:
    places = city_of(
        (DISTRICT, "A", "", box(0, 0, 2, 2)),
        (DISTRICT, "B", "", box(2, 0, 4, 2)),
        (STREET, "1", "B", box(2, 0, 4, 2)),
        (STREET, "2", "A", box(0, 0, 2, 2)),
    )
    assert ids_at(places, 2, 1) == ["B", "1", "", ""]  # the smaller street decides, though district A is smaller


def test_a_level_that_does_not_nest_is_located_on_its_own() -> None:
    places = city_of(
        (DISTRICT, "A", "", box(0, 0, 4, 4)),
        (STREET, "S1", None, box(0, 0, 2, 4)),
        (STREET, "S2", None, box(2, 0, 4, 4)),
        (COMMUNITY, "C1", None, box(0, 0, 4, 2)),
        (COMMUNITY, "C2", None, box(0, 2, 4, 4)),
    )
    assert ids_at(places, 1, 1) == ["A", "S1", "C1", ""]
    assert ids_at(places, 3, 1) == ["A", "S2", "C1", ""]
    assert ids_at(places, 3, 3) == ["A", "S2", "C2", ""]
    assert locate_levels([1.0], [1.0], places).conflicts == 0


def test_where_a_free_level_contradicts_the_table_the_table_wins_and_it_is_counted() -> None:
    places = city_of(
        (DISTRICT, "A", "", box(0, 0, 2, 2)),
        (DISTRICT, "B", "", box(2, 0, 4, 2)),
        (STREET, "S", "B", box(2, 0, 4, 2)),
        (COMMUNITY, "C", "A", box(0, 0, 3, 2)),  # its file says A, its eastern third lies in B and S
    )
    located = locate_levels([2.5], [1.0], places)
    ids = np.append(places["place_id"].to_numpy(dtype=object), "")[located.place[0]].tolist()
    assert ids == ["A", "", "C", ""]
    assert located.conflicts == 1


def test_ancestors_are_found_across_a_skipped_level() -> None:
    places = city_of(
        (DISTRICT, "A", "", box(0, 0, 2, 2)),
        (STREET, "S", "A", box(0, 0, 1, 2)),
        (COMMUNITY, "C", "A", box(1, 0, 2, 2)),
    )
    assert ancestors(places).tolist() == [[0, -1, -1, -1], [0, 1, -1, -1], [0, -1, 2, -1]]


def test_every_point_of_the_demo_lies_in_the_parents_of_its_place(demo_city: CityData) -> None:
    inner = demo_city.places.geometry.representative_point()
    located = locate_levels(inner.x.to_numpy(), inner.y.to_numpy(), demo_city.places)
    table = ancestors(demo_city.places)
    known = table != NOWHERE
    assert located.conflicts == 0
    assert (located.place[known] == table[known]).all()
    assert (located.place != NOWHERE).all()


def test_locating_the_demo_equals_a_spatial_join_away_from_borders(demo_city: CityData) -> None:
    rng = np.random.default_rng(7)
    west, south, east, north = demo_city.places.total_bounds
    lon, lat = rng.uniform(west, east, 3000), rng.uniform(south, north, 3000)
    located = locate_levels(lon, lat, demo_city.places)
    where = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4326")
    for level in LEVELS:
        here = demo_city.places[demo_city.places["level"] == level][["geometry"]]
        within = gpd.sjoin(where, here, predicate="within")["index_right"]
        expected = pd.Series(NOWHERE, index=where.index).where(~where.index.isin(within.index), within)
        assert (located.place[:, level.depth] == expected.to_numpy()).all(), level


# --- with an index and without ---


def planted(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Points on the lattice of `NESTED` and between its lines, some outside and some nowhere."""
    rng = np.random.default_rng(n)
    lon, lat = rng.uniform(-1, 9, n), rng.uniform(-1, 5, n)
    lon[::3], lat[::4], lon[::50] = np.round(lon[::3]), np.round(lat[::4]), np.nan
    return lon, lat


@pytest.fixture
def always_indexed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locating, "BUILD_FROM", 1)
    monkeypatch.setattr(locating, "OPEN_FROM", 1)


def test_few_points_build_nothing(tmp_path: Path) -> None:
    locate_levels(*planted(1000), city_of(*NESTED), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_answer_is_the_same_with_an_index_in_memory_on_disk_and_without(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    places, points = city_of(*NESTED), planted(5000)
    without = locate_levels(*points, places)
    request.getfixturevalue("always_indexed")
    assert (locate_levels(*points, places).place == without.place).all()
    assert (locate_levels(*points, places, tmp_path).place == without.place).all()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["raster-community", "raster-district", "raster-street"]
    assert (locate_levels(*points, places, tmp_path).place == without.place).all()
    shapes = places.geometry.to_numpy()[:2]
    assert (locate_points(*points, shapes) == locate_points(*points, shapes, PlaceIndex.build(shapes))).all()


def test_without_numba_the_answer_is_the_same(
    always_indexed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places, points = city_of(*NESTED), planted(5000)
    indexed = locate_levels(*points, places)
    monkeypatch.setitem(sys.modules, "numba", None)
    assert (locate_levels(*points, places, tmp_path).place == indexed.place).all()
    assert list(tmp_path.iterdir()) == []


def test_chunks_are_located_like_the_whole_and_the_index_is_built_once_enough_came_by(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    places, (lon, lat) = city_of(*NESTED), planted(5000)
    whole = locate_levels(lon, lat, places).place
    monkeypatch.setattr(locating, "BUILD_FROM", 2500)
    locator = Locator(places)
    assert (locator.locate(lon[:2000], lat[:2000]).place == whole[:2000]).all()
    assert locator.overlaps() == {}
    assert (locator.locate(lon[2000:], lat[2000:]).place == whole[2000:]).all()
    assert locator.overlaps()[COMMUNITY] == 0


def test_when_one_level_has_an_index_the_others_need_fewer_points_for_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    places, (lon, lat) = city_of(*NESTED), planted(5000)
    whole = locate_levels(lon, lat, places).place
    monkeypatch.setattr(locating, "BUILD_FROM", 5000)  # of which only some are asked of the coarser levels
    locator = Locator(places)
    assert (locator.locate(lon, lat).place == whole).all()
    assert locator.overlaps() == {COMMUNITY: 0, STREET: 0, DISTRICT: 0}


def test_where_many_points_are_expected_the_first_few_have_an_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locating, "BUILD_FROM", 2500)
    locator = Locator(city_of(*NESTED), expected=2500)
    locator.locate([1.0], [1.0])
    assert COMMUNITY in locator.overlaps()


def test_threads_share_a_locator(always_indexed: None) -> None:
    places, (lon, lat) = city_of(*NESTED), planted(8000)
    whole = locate_levels(lon, lat, places).place
    locator = Locator(places)
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda k: locator.locate(lon[k::8], lat[k::8]).place, range(8)))
    assert all((part == whole[k::8]).all() for k, part in enumerate(parts))


def test_overlaps_of_a_level_are_told(always_indexed: None) -> None:
    locator = Locator(city_of((DISTRICT, "A", "", box(0, 0, 2, 2)), (DISTRICT, "B", "", box(1, 0, 3, 2))))
    assert locator.locate([1.5], [1.0]).place[0, 0] == 0
    assert locator.overlaps() == {DISTRICT: 1}


def test_no_places_hold_nothing() -> None:
    nowhere = Locator(city_of(*NESTED).iloc[:0]).locate([1.0], [1.0])
    assert nowhere.place.tolist() == [[NOWHERE] * len(LEVELS)]


def test_every_point_of_the_demo_is_found_where_it_was_without_an_index(
    demo_city: CityData, request: pytest.FixtureRequest
) -> None:
    rng = np.random.default_rng(8)
    west, south, east, north = demo_city.places.total_bounds
    corners = shapely.get_coordinates(demo_city.places.geometry.to_numpy())
    lon, lat = np.append(rng.uniform((west, south), (east, north), (5000, 2)), corners[::7], axis=0).T
    without = locate_levels(lon, lat, demo_city.places)
    request.getfixturevalue("always_indexed")
    indexed = locate_levels(lon, lat, demo_city.places)
    assert (indexed.place == without.place).all()
    assert indexed.conflicts == without.conflicts == 0
