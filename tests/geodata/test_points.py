"""Bundles of incidents on the map: nothing is lost, nothing is counted twice."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.city import CityData
from geodata.counts import CountIndex
from geodata.points import CELL_PX, Window, clusters
from tests.geodata import count_rows

WORLD = Window(-180, -90, 180, 90, 3)


def index_at(points: list[tuple[float, float, str]]) -> CountIndex:
    lon, lat, kinds = ([point[k] for point in points] for k in range(3))
    return CountIndex.build([count_rows(["2026-01-01"] * len(points), kinds, lon=lon, lat=lat)], 1)


def everything(index: CountIndex) -> np.ndarray:
    return np.arange(len(index.day))


def test_points_at_the_same_spot_are_one_bundle_of_the_most_frequent_type() -> None:
    index = index_at([(113.5, 22.2, "theft"), (113.5, 22.2, "fight"), (113.5, 22.2, "theft"), (-60.0, 10.0, "fire")])
    found = clusters(index, everything(index), dataclasses.replace(WORLD, zoom=10))
    assert sorted(found.count.tolist()) == [1, 3]
    assert index.types[found.kind[np.argmax(found.count)]] == "theft"
    assert found.lon[np.argmax(found.count)] == pytest.approx(113.5, abs=1e-5)


def test_of_equally_frequent_types_the_first_is_shown_whatever_the_order() -> None:
    for order in (("theft", "fight"), ("fight", "theft")):
        index = index_at([(1.0, 1.0, kind) for kind in order])
        found = clusters(index, everything(index), WORLD)
        assert index.types[found.kind[0]] == "fight"


def test_the_border_of_the_window_belongs_to_it_and_what_lies_beyond_does_not() -> None:
    index = index_at([(1.0, 1.0, "a"), (2.0, 2.0, "a"), (2.5, 1.5, "a"), (1.5, 0.5, "a")])
    assert clusters(index, everything(index), Window(1, 1, 2, 2, 12)).total == 2


def test_incidents_without_a_position_are_in_no_window() -> None:
    nan = float("nan")
    index = index_at([(nan, nan, "a"), (1.0, nan, "a"), (1.0, 1.0, "a")])
    assert clusters(index, everything(index), WORLD).total == 1


def test_an_empty_window_has_no_bundles() -> None:
    index = index_at([(1.0, 1.0, "a")])
    found = clusters(index, everything(index), Window(5, 5, 6, 6, 12))
    assert (found.total, len(found.lat), len(found.lon), len(found.kind)) == (0, 0, 0, 0)


def test_nearer_means_finer() -> None:
    rng = np.random.default_rng(1)
    index = index_at([(113.5 + x, 22.2 + y, "a") for x, y in rng.uniform(0, 0.2, (400, 2))])
    bundles = [
        len(clusters(index, everything(index), dataclasses.replace(WORLD, zoom=z)).count) for z in (4, 9, 12, 18)
    ]
    assert bundles == sorted(bundles)
    assert bundles[0] < bundles[-1]
    pixels = 256 * 2**4 * 0.2 / 360
    assert bundles[0] <= (pixels // CELL_PX + 2) ** 2


longitudes, latitudes = st.floats(-180, 180, width=32), st.floats(-90, 90, width=32)


@settings(deadline=None)
@given(
    st.lists(st.tuples(longitudes, latitudes, st.sampled_from("abc")), max_size=40),
    st.tuples(longitudes, longitudes).map(sorted),
    st.tuples(latitudes, latitudes).map(sorted),
    st.floats(0, 22),
)
def test_bundles_hold_exactly_the_points_in_the_window(
    points: list[tuple[float, float, str]], across: list[float], up: list[float], zoom: float
) -> None:
    index = index_at(points)
    found = clusters(index, everything(index), Window(across[0], up[0], across[1], up[1], zoom))
    inside = sum(across[0] <= lon <= across[1] and up[0] <= lat <= up[1] for lon, lat, _ in points)
    assert found.total == inside
    assert (found.count > 0).all()
    assert ((found.lon >= across[0] - 1e-9) & (found.lon <= across[1] + 1e-9)).all()
    assert ((found.lat >= up[0] - 1e-9) & (found.lat <= up[1] + 1e-9)).all()


def test_all_located_incidents_of_the_demo_are_on_the_map(demo_city: CityData) -> None:
    rows = demo_city.index.selected(dt.date(2026, 10, 1), dt.date(2026, 11, 1))
    given_position = int(np.isfinite(demo_city.index.lon[rows]).sum())
    assert [clusters(demo_city.index, rows, dataclasses.replace(WORLD, zoom=z)).total for z in (3, 11, 17)] == [
        given_position
    ] * 3
    assert 0 < given_position < len(rows)
