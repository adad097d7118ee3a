"""Chance: exact numbers of ways, draws that are draws, and p-values of both against brute force."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from geodata.patterns import permutation
from geodata.patterns.neighbours import Neighbours, from_pairs
from geodata.patterns.permutation import conditional_p_values, draws, shuffled_p_values, ways_to_sum
from tests.geodata.patterns import TOY, lattice

COUNTS = st.lists(st.integers(0, 6), min_size=4, max_size=9)
R = 40_000
ERROR = 4 * 2 * np.sqrt(0.25 / R)
"""Four standard errors of a doubled share of so many draws."""


def ring(n: int) -> Neighbours:
    """Everyone beside two others, the first also beside the third."""
    one = np.arange(n)
    return from_pairs(np.append(one, 0), np.append((one + 1) % n, 2), n)


@given(COUNTS, st.integers(1, 4))
@settings(deadline=None)
def test_ways_are_those_one_can_list(counts: list[int], most: int) -> None:
    ways = ways_to_sum(np.array(counts), most)
    for k in range(most + 1):
        sums = [sum(each) for each in combinations(counts, k)]
        assert ways[k].tolist() == np.bincount(sums, minlength=ways.shape[1]).tolist()


def test_as_many_ways_as_there_are_draws() -> None:
    counts = np.random.default_rng(0).poisson(2.0, 500)
    np.testing.assert_allclose(ways_to_sum(counts, 9).sum(axis=1), special.comb(500, np.arange(10)), rtol=1e-12)


@given(COUNTS)
@settings(deadline=None)
def test_the_exact_p_value_is_that_of_all_draws(counts: list[int]) -> None:
    neighbours = ring(len(counts))
    p = shuffled_p_values(np.array(counts, dtype=float), neighbours, permutations=9, seed=0)
    for place, own in enumerate(p):
        here = [*neighbours.of(place), place]
        sums = np.array([sum(each) for each in combinations(counts, len(here))])
        seen = sum(counts[each] for each in here)
        assert own == pytest.approx(min(1.0, 2 * min((sums >= seen).mean(), (sums <= seen).mean())), rel=1e-12)


def test_drawing_comes_near_the_exact_p_value(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = shuffled_p_values(TOY, lattice(5, 5), permutations=9, seed=0)
    monkeypatch.setattr(permutation, "_WORK", 0)
    drawn = shuffled_p_values(TOY, lattice(5, 5), permutations=R, seed=1)
    assert np.abs(drawn - exact).max() < ERROR
    assert (drawn != exact).any()


@pytest.mark.parametrize("values", [TOY, TOY / 7 - 1000.3])
def test_one_draw_for_all_places_is_as_good_as_one_for_each(values: np.ndarray) -> None:
    mesh = lattice(5, 5)
    p = conditional_p_values(values, mesh, permutations=R, seed=2)
    for place in range(25):
        k, seen = mesh.cardinality[place], int(TOY[mesh.of(place)].sum())
        ways = ways_to_sum(np.delete(TOY, place).astype(int), k)[k]
        beyond = min(ways[: seen + 1].sum(), ways[seen:].sum()) / ways.sum()
        assert p[place] == pytest.approx(min(1.0, 2 * beyond), abs=ERROR)


def test_with_everybody_as_neighbour_nothing_can_be_dealt_otherwise() -> None:
    all_pairs = np.array(list(combinations(range(5), 2))).T
    everyone = from_pairs(*all_pairs, 5)
    assert conditional_p_values(np.arange(5.0), everyone, permutations=99, seed=0).tolist() == [1.0] * 5
    assert shuffled_p_values(np.arange(5.0), everyone, permutations=99, seed=0).tolist() == [1.0] * 5


def test_islands_have_no_p_value() -> None:
    pair = from_pairs(np.array([0]), np.array([1]), 4)
    for chance in (shuffled_p_values, conditional_p_values):
        assert np.isnan(chance(np.arange(4.0), pair, permutations=99, seed=0)).tolist() == [False, False, True, True]


def test_the_least_p_value_of_draws_is_two_in_r_plus_one() -> None:
    values = np.zeros(400)
    values[:3] = 50.0
    line = from_pairs(np.arange(399), np.arange(1, 400), 400)
    assert conditional_p_values(values, line, permutations=99, seed=0)[1] == pytest.approx(0.02)


@given(st.integers(1, 12), st.integers(0, 12), st.integers(0, 2**32))
@settings(deadline=None)
def test_draws_hold_nobody_twice(n: int, m: int, seed: int) -> None:
    drawn = draws(n, min(n, m), 20, np.random.default_rng(seed))
    assert drawn.shape == (20, min(n, m))
    assert ((drawn >= 0) & (drawn < n)).all()
    assert all(len(set(row)) == len(row) for row in drawn.tolist())


def test_all_ordered_draws_are_as_likely() -> None:
    drawn = draws(4, 3, 24_000, np.random.default_rng(0))
    often = np.unique(drawn @ [16, 4, 1], return_counts=True)[1]
    assert len(often) == 24
    assert np.sum((often - 1000) ** 2 / 1000) < 49.7  # chi-square, 23 degrees, p = 0.001


def test_the_seed_decides() -> None:
    x, mesh = np.sqrt(TOY), lattice(5, 5)
    one, same, other = (conditional_p_values(x, mesh, permutations=999, seed=seed) for seed in (1, 1, 2))
    assert one.tolist() == same.tolist() != other.tolist()
