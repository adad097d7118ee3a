"""Neighbours: worked maps, libpysal and brute force, and what must always hold."""

from __future__ import annotations

import geopandas as gpd
import libpysal
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import cdist

from geodata.patterns.neighbours import Neighbours, contiguity, from_pairs, nearest, with_nearest_for_islands
from geodata.patterns.neighbours import within_distance as within
from tests.geodata.patterns import cells, lattice

POINTS = arrays(np.float64, st.tuples(st.integers(1, 30), st.just(2)), elements=st.integers(0, 40).map(float))


def places(*shapes: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes), crs="EPSG:4547")


def table(neighbours: Neighbours) -> np.ndarray:
    related = np.zeros((neighbours.n, neighbours.n), dtype=bool)
    related[np.repeat(np.arange(neighbours.n), neighbours.cardinality), neighbours.index] = True
    return related


def test_a_cell_has_eight_neighbours_five_on_the_rim_and_three_in_a_corner() -> None:
    assert lattice(3, 4).cardinality.reshape(3, 4).tolist() == [[3, 5, 5, 3], [5, 8, 8, 5], [3, 5, 5, 3]]
    assert lattice(3, 4).of(0).tolist() == [1, 4, 5]


def test_sums_over_neighbours_with_and_without_oneself() -> None:
    line = lattice(1, 3)
    assert line.row_sums([1, 2, 4]).tolist() == [2, 5, 2]
    assert line.row_sums([1, 2, 4], include_self=True).tolist() == [3, 7, 6]
    assert line.row_sums(np.array([[1, 10], [2, 20], [4, 40]])).tolist() == [[2, 20], [5, 50], [2, 20]]


def test_a_corner_on_the_middle_of_a_side_touches() -> None:
    large, small = shapely.box(0, 0, 4, 4), [shapely.box(4, y, 5, y + 1) for y in range(4)]
    assert contiguity(places(large, *small)).of(0).tolist() == [1, 2, 3, 4]


def test_a_corner_that_rounding_moved_off_a_slanted_side_still_touches() -> None:
    third = 400_000 + 1 / 3, 2_400_000 + 1 / 7
    slanted = shapely.Polygon([(400_000, 2_400_000), (400_001, 2_400_000 + 3 / 7), (400_000, 2_400_001)])
    below = shapely.Polygon([third, (400_001, 2_400_000), (400_000.9, 2_400_000)])
    assert contiguity(places(slanted, below)).cardinality.tolist() == [1, 1]


def test_overlapping_and_nested_places_are_neighbours_and_a_street_apart_is_not() -> None:
    shapes = shapely.box(0, 0, 4, 4), shapely.box(3, 3, 7, 7), shapely.box(1, 1, 2, 2), shapely.box(4.1, 0, 5, 1)
    assert contiguity(places(*shapes)).cardinality.tolist() == [2, 1, 1, 0]


@pytest.mark.parametrize("nothing", [None, shapely.Polygon()])
def test_a_place_without_a_shape_touches_nothing(nothing: object) -> None:
    assert contiguity(places(shapely.box(0, 0, 1, 1), nothing, shapely.box(1, 1, 2, 2))).cardinality.tolist() == [
        1,
        0,
        1,
    ]
    assert contiguity(places(nothing)).cardinality.tolist() == [0]


def test_no_places_at_all() -> None:
    assert contiguity(places()).n == 0
    assert nearest([], [], 4).n == 0
    assert within([], [], 100.0).n == 0


def test_parts_on_both_sides_of_another_place_are_one_place() -> None:
    split = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1)])
    assert contiguity(places(split, shapely.box(1, 0, 2, 1))).of(1).tolist() == [0]


@pytest.mark.parametrize("seed", range(4))
def test_an_irregular_mesh_has_the_neighbours_of_libpysal_and_of_brute_force(seed: int) -> None:
    sites = shapely.multipoints(np.random.default_rng(seed).uniform(0, 1000, (80, 2)))
    shapes = shapely.get_parts(shapely.voronoi_polygons(sites))
    mesh = gpd.GeoDataFrame(geometry=shapes)
    own = table(contiguity(mesh))
    known = libpysal.graph.Graph.build_contiguity(mesh, rook=False).sparse.toarray() > 0
    np.testing.assert_array_equal(own, known)
    np.testing.assert_array_equal(own, shapely.intersects(shapes[:, None], shapes) & ~np.eye(len(shapes), dtype=bool))


@given(st.permutations(range(20)))
@settings(deadline=None, max_examples=20)
def test_the_order_of_places_means_nothing(order: list[int]) -> None:
    mesh = cells(4, 5)
    own, moved = table(contiguity(mesh)), table(contiguity(mesh.iloc[order]))
    np.testing.assert_array_equal(moved, own[np.ix_(order, order)])


@given(POINTS, st.integers(0, 6), st.floats(0, 30))
@settings(deadline=None)
def test_relations_are_mutual_and_never_with_oneself(points: np.ndarray, k: int, distance: float) -> None:
    for relation in (nearest(*points.T, k), within(*points.T, distance)):
        related = table(relation)
        assert (related == related.T).all()
        assert not related.diagonal().any()
        assert relation.row_sums(np.ones(relation.n)).tolist() == relation.cardinality.tolist()


@given(POINTS, st.integers(0, 6))
@settings(deadline=None)
def test_everyone_has_k_nearest_and_none_farther_than_someones_kth(points: np.ndarray, k: int) -> None:
    n, distances = len(points), cdist(points, points)
    related, k = table(nearest(*points.T, k)), min(k, n - 1)
    assert (related.sum(axis=1) >= k).all()
    kth = np.sort(distances, axis=1)[:, k]  # the 0th is oneself
    assert (distances <= np.maximum(kth[:, None], kth) + 1e-9)[related].all()


@given(POINTS, st.integers(0, 30))
@settings(deadline=None)
def test_within_a_distance_is_what_brute_force_finds(points: np.ndarray, distance: int) -> None:
    known = (cdist(points, points) <= distance) & ~np.eye(len(points), dtype=bool)
    np.testing.assert_array_equal(table(within(*points.T, distance)), known)


def test_a_place_without_position_has_no_neighbours() -> None:
    x, y = [0.0, 1.0, np.nan, 2.0], [0.0, 0.0, 0.0, 0.0]
    assert nearest(x, y, 1).cardinality.tolist() == [1, 2, 0, 1]
    assert within(x, y, 1.0).cardinality.tolist() == [1, 2, 0, 1]


def test_islands_get_their_nearest_and_are_flagged() -> None:
    line = [shapely.box(x, 0, x + 1, 1) for x in (0, 1, 2, 10, 40)]
    alone = contiguity(places(*line))
    joined = with_nearest_for_islands(alone, [0.5, 1.5, 2.5, 10.5, 40.5], [0.5] * 5, k=2)
    assert alone.cardinality.tolist() == [1, 2, 1, 0, 0]
    assert joined.joined.tolist() == [False, False, False, True, True]
    assert joined.of(3).tolist() == [1, 2, 4]
    assert joined.of(4).tolist() == [2, 3]
    assert joined.of(0).tolist() == [1]


def test_where_nobody_is_an_island_nothing_changes() -> None:
    mesh = lattice(3, 3)
    same = with_nearest_for_islands(mesh, np.zeros(9), np.zeros(9))
    assert same.index.tolist() == mesh.index.tolist()
    assert not same.joined.any()


@given(st.lists(st.booleans(), min_size=20, max_size=20))
@settings(deadline=None)
def test_a_part_keeps_the_relations_within_it(kept: list[bool]) -> None:
    mesh, here = lattice(4, 5), np.array(kept)
    np.testing.assert_array_equal(table(mesh.among(here)), table(mesh)[np.ix_(here, here)])


def test_pairs_may_come_twice_and_either_way() -> None:
    relation = from_pairs(np.array([0, 2, 1, 1]), np.array([1, 1, 0, 1]), 4)
    assert [relation.of(place).tolist() for place in range(4)] == [[1], [0, 2], [1], []]
