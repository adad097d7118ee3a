"""The walk through a few spots: hand-worked ones, and what holds for any."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.phone.walk import Position, legs, length, walk

METRES = st.integers(-2000, 2000).map(float)
SPOTS = st.lists(st.tuples(METRES, METRES), max_size=5)


def test_no_spot_and_one_spot_are_no_walk() -> None:
    assert walk([]) == []
    assert walk([(3.0, 4.0)]) == [0]
    assert legs([], []) == []
    assert length([0], [(3.0, 4.0)]) == 0


def test_spots_along_a_street_are_walked_from_one_end_to_the_other() -> None:
    street = [(200.0, 0.0), (0.0, 0.0), (400.0, 0.0), (100.0, 0.0), (300.0, 0.0)]
    assert walk(street) == [1, 3, 0, 4, 2]
    assert length(walk(street), street) == 400


def test_who_begins_at_the_nearest_and_would_cross_the_way_is_turned_round() -> None:
    # from the middle the nearest one lies left, and all others right: it pays to begin at the left
    spots = [(0.0, 0.0), (-40.0, 0.0), (50.0, 0.0), (120.0, 0.0)]
    assert walk(spots) == [1, 0, 2, 3]


def test_a_square_is_walked_along_three_of_its_sides() -> None:
    square = [(0.0, 0.0), (100.0, 100.0), (100.0, 0.0), (0.0, 100.0)]
    assert length(walk(square), square) == 300


def test_two_spots_at_one_place_are_both_visited() -> None:
    assert sorted(walk([(5.0, 5.0), (5.0, 5.0), (0.0, 0.0)])) == [0, 1, 2]


@pytest.mark.parametrize("n", [2, 5])
def test_equals_begin_with_the_spot_that_is_named_first(n: int) -> None:
    spots = [(100.0 * k, 0.0) for k in range(n)]
    assert walk(spots) == list(range(n))


@given(SPOTS)
@settings(deadline=None)
def test_every_spot_is_visited_once_and_always_in_the_same_order(spots: list[Position]) -> None:
    assert sorted(walk(spots)) == list(range(len(spots)))
    assert walk(spots) == walk(list(spots))


@given(SPOTS)
@settings(deadline=None)
def test_the_way_is_hardly_longer_than_the_shortest_of_all(spots: list[Position]) -> None:
    shortest = min(length(order, spots) for order in itertools.permutations(range(len(spots))))
    assert length(walk(spots), spots) <= 1.15 * shortest + 1e-6
