"""Prior strengths: Marshall's published numbers, the clip, and when a base year tells nothing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from geodata.index.priors import LEAST_ALPHA, MOST_ALPHA, empirical_bayes, prior_strength

Values = npt.NDArray[np.float64]
COUNT = [46, 31, 12, 3, 0, 9]
PEOPLE = [12, 10.5, 3, 0.3, 0.6, 3.6]
DUE = [40, 35, 10, 1, 2, 12]
counts = hnp.arrays(np.float64, 12, elements=st.integers(0, 400).map(float))
expectations = hnp.arrays(np.float64, 12, elements=st.floats(0.5, 200.0))


def test_vector_marshall_eb() -> None:
    found = empirical_bayes(COUNT, PEOPLE)
    assert found.mean == pytest.approx(3.36666667, abs=1e-8)
    assert found.variance == pytest.approx(0.27079365, abs=1e-8)
    assert found.weight == pytest.approx(
        [0.49114726, 0.45786366, 0.1943938, 0.02356158, 0.04603843, 0.22454262], abs=1e-8
    )
    assert found.rate == pytest.approx(
        [3.59586872, 3.17698029, 3.48978274, 3.5229585, 3.21167062, 3.17206306], abs=1e-8
    )


def test_vector_marshall_eb_as_a_gamma() -> None:
    found = empirical_bayes(COUNT, DUE)
    assert found.mean == pytest.approx(1.01, abs=1e-12)
    assert found.variance == pytest.approx(0.024371, abs=1e-6)
    assert found.alpha == pytest.approx(41.4420, abs=1e-4)
    assert found.mean * found.alpha == pytest.approx(41.8564, abs=1e-4)


def test_places_that_differ_less_than_by_chance_have_no_finite_strength() -> None:
    found = empirical_bayes([100, 100, 100], [100, 100, 100])
    assert found.variance < 0
    assert found.alpha == np.inf
    assert found.weight.tolist() == [0, 0, 0]
    assert found.rate.tolist() == [1, 1, 1]
    assert prior_strength([1000.0] * 20, [1000.0] * 20, 10.0) == MOST_ALPHA


def test_places_that_differ_wildly_get_the_least_strength() -> None:
    assert prior_strength([0, 500] * 10, [100.0] * 20, 10.0) == LEAST_ALPHA


@pytest.mark.parametrize("alpha", [4.0, 10.0, 40.0])
def test_the_strength_that_made_the_counts_is_found_again(alpha: float) -> None:
    random = np.random.default_rng(7)
    due = random.uniform(200, 2000, 400)
    count = random.poisson(due * random.gamma(alpha, 1 / alpha, 400))
    found = prior_strength(count, due, 10.0)
    assert found == pytest.approx(alpha, rel=0.2)


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        ([], []),
        ([5.0], [5.0]),
        ([0.0, 0.0, 0.0], [50.0, 60.0, 70.0]),
        ([np.nan, 9.0], [5.0, 5.0]),
        ([3.0, 9.0], [0.0, 5.0]),
        ([3.0, 9.0], [np.nan, 5.0]),
        ([0.0, 1.0, 0.0, 0.0], [0.2, 0.3, 0.1, 0.4]),
    ],
    ids=["no place", "one place", "no incident", "one known count", "nothing due", "unknown due", "too few"],
)
def test_too_little_evidence_gives_no_strength(count: list[float], expected: list[float]) -> None:
    assert prior_strength(count, expected, 10.0) is None


def test_evidence_enough_for_a_weak_prior_may_be_too_little_for_a_strong_one() -> None:
    count, expected = [3.0, 0.0, 2.0, 1.0, 4.0, 0.0, 1.0, 1.0], [1.5] * 8
    assert prior_strength(count, expected, 2.0) is not None
    assert prior_strength(count, expected, 10.0) is None


@settings(deadline=None, max_examples=200)
@given(counts, expectations)
def test_a_strength_is_always_within_its_ends(count: Values, expected: Values) -> None:
    found = prior_strength(count, expected, 4.0)
    assert found is None or LEAST_ALPHA <= found <= MOST_ALPHA


@settings(deadline=None, max_examples=100)
@given(counts.filter(lambda values: values.sum() > 0), expectations, st.permutations(range(12)))
def test_the_order_of_places_does_not_matter(count: Values, expected: Values, order: list[int]) -> None:
    there, back = empirical_bayes(count, expected), empirical_bayes(count[order], expected[order])
    assert back.variance == pytest.approx(there.variance, rel=1e-9, abs=1e-9)
    assert back.rate == pytest.approx(there.rate[order], rel=1e-9)


@settings(deadline=None, max_examples=100)
@given(counts.filter(lambda values: values.sum() > 0), expectations)
def test_a_smoothed_rate_lies_between_its_own_and_the_mean(count: Values, expected: Values) -> None:
    found, raw = empirical_bayes(count, expected), count / expected
    assert (np.minimum(raw, found.mean) - 1e-9 <= found.rate).all()
    assert (found.rate <= np.maximum(raw, found.mean) + 1e-9).all()


@settings(deadline=None, max_examples=60)
@given(counts, expectations)
def test_a_missing_place_says_nothing(count: Values, expected: Values) -> None:
    more = (np.append(count, [7.0, np.nan, 3.0]), np.append(expected, [np.nan, 9.0, 0.0]))
    assert prior_strength(*more, 4.0) == prior_strength(count, expected, 4.0)
