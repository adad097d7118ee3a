"""Bundles of incidents on the map: nothing is lost, nothing is counted twice, and an answer never grows without end."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geodata.city import CityData
from geodata.counts import CountIndex
from geodata.points import CELL_PX, MOST_BUNDLES, Bundles, Window, bundle, bundles, rows_near
from geodata.vocabulary import PlaceLevel
from tests.geodata import count_rows

WORLD = Window(-180, -90, 180, 90, 3)
OCTOBER = dt.date(2026, 10, 1), dt.date(2026, 11, 1)


def index_at(points: list[tuple[float, float, str]]) -> CountIndex:
    lon, lat, kinds = [x for x, _, _ in points], [y for _, y, _ in points], [kind for _, _, kind in points]
    return CountIndex.build([count_rows(["2026-01-01"] * len(points), kinds, lon=lon, lat=lat)], 1)


def everything(index: CountIndex) -> np.ndarray:
    return np.arange(len(index.day))


def by_type(index: CountIndex, window: Window, rows: np.ndarray | None = None) -> Bundles:
    """Bundle incidents with one part a type."""
    parts = np.arange(len(index.types))
    return bundles(index, everything(index) if rows is None else rows, window, parts, max(1, len(parts)))


def test_points_at_the_same_spot_are_one_bundle_with_the_number_of_each_part() -> None:
    index = index_at([(113.5, 22.2, "theft"), (113.5, 22.2, "fight"), (113.5, 22.2, "theft"), (-60.0, 10.0, "fire")])
    found = by_type(index, dataclasses.replace(WORLD, zoom=10))
    many = int(np.argmax(found.count))
    assert sorted(found.count.tolist()) == [1, 3]
    assert dict(zip(index.types, found.parts[many].tolist(), strict=True)) == {"fight": 1, "fire": 0, "theft": 2}
    assert found.lon[many] == pytest.approx(113.5, abs=1e-5)


def test_a_bundle_of_one_names_its_incident_and_a_bundle_of_more_names_none() -> None:
    index = index_at([(113.5, 22.2, "theft"), (113.5, 22.2, "fight"), (-60.0, 10.0, "fire")])
    found = by_type(index, dataclasses.replace(WORLD, zoom=10))
    named = {index.types[index.kind[row]] for row in found.row.tolist() if row >= 0}
    assert named == {"fire"}
    assert (found.row[found.count > 1] == -1).all()


def test_types_may_share_a_part() -> None:
    index = index_at([(1.0, 1.0, "a"), (1.0, 1.0, "b"), (1.0, 1.0, "c")])
    found = bundles(index, everything(index), WORLD, [0, 1, 1], 2)
    assert found.parts.tolist() == [[1, 2]]


def test_the_border_of_the_window_belongs_to_it_and_what_lies_beyond_does_not() -> None:
    index = index_at([(1.0, 1.0, "a"), (2.0, 2.0, "a"), (2.5, 1.5, "a"), (1.5, 0.5, "a")])
    assert by_type(index, Window(1, 1, 2, 2, 12)).total == 2


def test_incidents_without_a_position_are_in_no_window() -> None:
    nan = float("nan")
    index = index_at([(nan, nan, "a"), (1.0, nan, "a"), (1.0, 1.0, "a")])
    assert by_type(index, WORLD).total == 1


def test_an_empty_window_has_no_bundles() -> None:
    index = index_at([(1.0, 1.0, "a")])
    found = by_type(index, Window(5, 5, 6, 6, 12))
    assert (found.total, len(found.lat), len(found.lon), found.parts.shape) == (0, 0, 0, (0, 1))
    assert bundle(index, everything(index), Window(5, 5, 6, 6, 12), 0) is None


def test_nearer_means_finer() -> None:
    rng = np.random.default_rng(1)
    index = index_at([(113.5 + x, 22.2 + y, "a") for x, y in rng.uniform(0, 0.02, (400, 2))])
    here = Window(113.5, 22.2, 113.52, 22.22, 0)
    found = [len(by_type(index, dataclasses.replace(here, zoom=z)).count) for z in (4, 11, 14, 17)]
    assert found == sorted(found)
    assert found[0] < found[-1]
    pixels = 256 * 2**14 * 0.02 / 360
    assert found[2] <= (pixels // CELL_PX + 2) ** 2


longitudes, latitudes = st.floats(-180, 180, width=32), st.floats(-90, 90, width=32)
points_anywhere = st.lists(st.tuples(longitudes, latitudes, st.sampled_from("abc")), max_size=40)
ends = st.tuples(longitudes, longitudes).map(sorted), st.tuples(latitudes, latitudes).map(sorted)


@settings(deadline=None)
@given(points_anywhere, *ends, st.floats(0, 22))
@example([(180.0, 90.0, "a"), (-180.0, -90.0, "b")], [-180.0, 180.0], [-90.0, 90.0], 22.0)
def test_bundles_hold_exactly_the_points_in_the_window_and_so_does_each_part(
    points: list[tuple[float, float, str]], across: list[float], up: list[float], zoom: float
) -> None:
    index, window = index_at(points), Window(across[0], up[0], across[1], up[1], zoom)
    found = by_type(index, window)
    inside = [kind for lon, lat, kind in points if across[0] <= lon <= across[1] and up[0] <= lat <= up[1]]
    assert found.total == len(inside)
    assert found.parts.sum(axis=0).tolist()[: len(index.types)] == [inside.count(kind) for kind in index.types]
    assert (found.parts.sum(axis=1) == found.count).all()
    assert (found.count > 0).all()
    assert len(found.count) <= MOST_BUNDLES
    assert ((found.lon >= across[0] - 1e-9) & (found.lon <= across[1] + 1e-9)).all()
    assert ((found.lat >= up[0] - 1e-9) & (found.lat <= up[1] + 1e-9)).all()


@settings(deadline=None)
@given(points_anywhere, *ends, st.floats(0, 22))
def test_a_bundle_asked_for_by_its_square_is_the_one_that_was_drawn(
    points: list[tuple[float, float, str]], across: list[float], up: list[float], zoom: float
) -> None:
    index, window = index_at(points), Window(across[0], up[0], across[1], up[1], zoom)
    found = by_type(index, window)
    for k, square in enumerate(found.square.tolist()):
        held = bundle(index, everything(index), window, square)
        assert held is not None
        assert held.kinds.tolist() == found.parts[k].tolist()
        west, south, east, north = held.bounds
        assert west - 1e-9 <= found.lon[k] <= east + 1e-9
        assert south - 1e-9 <= found.lat[k] <= north + 1e-9


@pytest.mark.parametrize("zoom", [0.0, 11.25, 22.0])
def test_a_hundred_thousand_points_are_never_more_than_the_largest_number_of_bundles(zoom: float) -> None:
    rng = np.random.default_rng(2)
    at = rng.uniform((-179, -80), (179, 80), (100_000, 2))
    rows = count_rows(["2026-01-01"] * len(at), ["a"] * len(at), lon=at[:, 0].tolist(), lat=at[:, 1].tolist())
    found = by_type(CountIndex.build([rows], 1), dataclasses.replace(WORLD, zoom=zoom))
    assert found.total == len(at)
    assert len(found.count) <= MOST_BUNDLES


def test_all_located_incidents_of_the_demo_are_on_the_map(demo_city: CityData) -> None:
    rows = demo_city.index.selected(*OCTOBER)
    given_position = int(np.isfinite(demo_city.index.lon[rows]).sum())
    windows = [dataclasses.replace(WORLD, zoom=z) for z in (3, 11, 17)]
    assert [by_type(demo_city.index, window, rows).total for window in windows] == [given_position] * 3
    assert 0 < given_position < len(rows)


def in_window(city: CityData, rows: np.ndarray, window: Window) -> set[int]:
    lon, lat = city.index.lon[rows], city.index.lat[rows]
    inside = (lon >= window.west) & (lon <= window.east) & (lat >= window.south) & (lat <= window.north)
    return set(rows[inside].tolist())


@pytest.mark.parametrize(
    "window",
    [
        Window(113.5, 22.2, 113.56, 22.26, 14),
        Window(113.53, 22.25, 113.5301, 22.2501, 19),
        Window(112, 21, 115, 23, 9),
        Window(10, 10, 11, 11, 12),
    ],
)
@pytest.mark.parametrize("place", ["", "440402", "440402006001"])
def test_looking_only_near_the_window_misses_nothing(demo_city: CityData, window: Window, place: str) -> None:
    index, types = demo_city.index, np.array([0, 3, 5])
    for span in (OCTOBER, (dt.date(2025, 11, 1), dt.date(2026, 11, 1)), (dt.date(2030, 1, 1), dt.date(2030, 2, 1))):
        for chosen in (None, types, types[:0]):
            within = demo_city.find(place).within
            near = rows_near(index, demo_city.bounds, window, *span, within=within, types=chosen)
            every = index.selected(*span, within=within, types=chosen)
            assert len(set(near.tolist())) == len(near)
            assert set(near.tolist()) <= set(every.tolist())
            assert in_window(demo_city, near, window) == in_window(demo_city, every, window)


def test_a_small_window_on_many_incidents_goes_through_few(demo_city: CityData) -> None:
    span = dt.date(2025, 11, 1), dt.date(2026, 11, 1)
    near = rows_near(demo_city.index, demo_city.bounds, Window(113.53, 22.25, 113.54, 22.26, 17), *span)
    assert 0 < len(near) < len(demo_city.index.selected(*span)) / 4


def test_a_city_without_incidents_has_nothing_near(demo_city: CityData) -> None:
    index = CountIndex.empty(len(demo_city.places))
    found = rows_near(index, demo_city.bounds, WORLD, *OCTOBER, within=(0, PlaceLevel.DISTRICT))
    assert len(found) == 0
    assert by_type(index, WORLD, found).total == 0
