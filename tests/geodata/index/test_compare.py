"""The conditional binomial test of two counts: published numbers, an independent library, and what must always hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from geodata.index.compare import change_p_value

COUNTS = st.integers(0, 400)
EXPECTED = st.floats(0.1, 100.0)


@pytest.mark.parametrize(
    ("before", "after", "expected_before", "expected_after", "p"),
    [
        (20, 30, 1, 1, 0.20263875),
        (20, 36, 1, 1, 0.04404655),
        (200, 240, 1, 1, 0.06286872),
        (4, 9, 1, 1, 0.2668457),
        (45, 34, 40, 43, 0.14287414),
    ],
)
def test_published_vector_ctest(
    before: int, after: int, expected_before: float, expected_after: float, p: float
) -> None:
    assert change_p_value(before, after, expected_before, expected_after) == pytest.approx(p, abs=1e-8)


@given(COUNTS, COUNTS, EXPECTED, EXPECTED)
@settings(deadline=None, max_examples=200)
def test_it_is_the_exact_binomial_test_of_scipy(before: int, after: int, e0: float, e1: float) -> None:
    if before + after == 0:
        assert change_p_value(before, after, e0, e1) == 1.0
    else:
        known = binomtest(after, before + after, e1 / (e0 + e1)).pvalue
        assert change_p_value(before, after, e0, e1) == pytest.approx(known, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(("e0", "e1"), [(1, 1), (1, 2), (2, 1), (1, 9), (40, 43), (30, 31)])
def test_every_small_pair_is_that_of_scipy(e0: float, e1: float) -> None:
    pairs = [(a, b) for a in range(12) for b in range(12) if a + b]
    known = [binomtest(b, a + b, e1 / (e0 + e1)).pvalue for a, b in pairs]
    before, after = np.array(pairs).T
    np.testing.assert_allclose(change_p_value(before, after, e0, e1), known, rtol=1e-9)


@given(COUNTS, COUNTS, EXPECTED, EXPECTED)
@settings(deadline=None)
def test_it_is_a_probability_and_does_not_mind_which_period_is_first(
    before: int, after: int, e0: float, e1: float
) -> None:
    p = float(change_p_value(before, after, e0, e1))
    assert 0.0 <= p <= 1.0
    assert change_p_value(after, before, e1, e0) == pytest.approx(p, rel=1e-6, abs=1e-12)


@given(COUNTS, COUNTS, EXPECTED, EXPECTED, st.floats(0.01, 100.0))
@settings(deadline=None)
def test_only_the_ratio_of_what_was_expected_counts(before: int, after: int, e0: float, e1: float, by: float) -> None:
    assert change_p_value(before, after, e0 * by, e1 * by) == pytest.approx(
        change_p_value(before, after, e0, e1), rel=1e-5, abs=1e-12
    )


def test_nothing_before_and_nothing_after_says_nothing() -> None:
    assert change_p_value(0, 0) == 1.0
    assert change_p_value(0, 0, 3.0, 9.0) == 1.0


def test_the_same_count_twice_is_no_change() -> None:
    assert change_p_value(17, 17) == 1.0


def test_a_single_incident_is_never_significant_under_equal_expectation() -> None:
    assert change_p_value(0, 1) == 1.0
    assert change_p_value(1, 0) == 1.0


def test_all_against_none_is_twice_the_chance_of_one_side() -> None:
    assert change_p_value(0, 10) == pytest.approx(2 * 0.5**10)
    assert change_p_value(10, 0) == pytest.approx(2 * 0.5**10)


def test_arrays_are_tested_place_by_place() -> None:
    before, after = np.array([20, 20, 0, 4]), np.array([30, 36, 0, 9])
    each = [float(change_p_value(a, b)) for a, b in zip(before, after, strict=True)]
    assert change_p_value(before, after).tolist() == pytest.approx(each)
