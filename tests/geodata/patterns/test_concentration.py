"""Concentration: published and worked numbers, chance beside them, and what must always hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.patterns.concentration import concentration, gini
from geodata.patterns.guard import Guard

COUNTS = st.lists(st.integers(0, 40), min_size=3, max_size=60).filter(lambda counts: sum(counts) >= 30)


@pytest.mark.parametrize(
    ("counts", "plain", "generalised"),
    [
        ([10, 8, 2], 0.78, 0.78),
        ([5, 2, 1], 0.8, 0.75),
        ([10], 0.9, 0.9),
        ([3, 1, 1], 0.78, 0.56),
        ([1, 1, 1, 1, 1], 0.5, 0.0),
    ],
)
def test_published_gini_of_ten_places(counts: list[int], plain: float, generalised: float) -> None:
    ten = counts + [0] * (10 - len(counts))
    assert gini(ten, generalised=False) == pytest.approx(plain)
    assert gini(ten) == pytest.approx(generalised)


def test_the_fewest_places_that_hold_half() -> None:
    found = concentration([40, 0, 10, 30, 20, 0, 0, 0, 0, 0])
    assert (found.places, found.incidents, found.places_for_half) == (10, 100.0, 2)
    assert found.share_of_places_for_half == 0.2
    np.testing.assert_allclose(found.curve, [0, 0.4, 0.7, 0.9, 1, 1, 1, 1, 1, 1, 1])
    assert [found.share_of_places(share) for share in (0.0, 0.4, 0.41, 0.9, 1.0)] == [0.0, 0.1, 0.2, 0.3, 0.4]


def test_exactly_half_is_half_whatever_rounding_does() -> None:
    assert concentration(np.full(10, 0.1) * 100).places_for_half == 5


def test_all_places_alike_are_no_news() -> None:
    found = concentration(np.full(50, 4))
    assert found.reason is None
    assert found.share_of_places_for_half == 0.5
    assert found.gini == pytest.approx(0.0)
    assert found.p == 1.0


def test_chance_alone_leaves_half_of_a_few_incidents_in_a_few_places() -> None:
    """100 incidents in 1000 places: half lie in about 4.5 % of them, and the plain Gini says 0.9."""
    found = concentration(np.bincount(np.random.default_rng(0).integers(0, 1000, 100), minlength=1000))
    assert 0.04 < found.expected_share < 0.05
    assert found.expected_range[0] <= found.share_of_places_for_half <= found.expected_range[1]
    assert found.p > 0.05
    assert found.gini > 0.9
    assert found.generalised_gini == pytest.approx(found.expected_gini, abs=0.05)


def test_concentration_beyond_chance_stands_out() -> None:
    counts = np.random.default_rng(1).poisson(np.where(np.arange(1000) < 50, 10.0, 0.5))
    found = concentration(counts)
    assert found.share_of_places_for_half < found.expected_range[0]
    assert found.p == pytest.approx(1 / 200)
    assert found.generalised_gini > found.expected_gini


def test_where_people_are_concentrated_incidents_may_be() -> None:
    people = np.where(np.arange(1000) < 50, 20.0, 1.0)
    counts = np.random.default_rng(1).poisson(people / 2)
    assert concentration(counts).p < 0.05
    assert concentration(counts, expected=people).p > 0.05
    assert (
        concentration(counts, expected=people * 7).expected_share
        == concentration(counts, expected=people).expected_share
    )


def test_chance_is_called_concentrated_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    p = [concentration(rng.multinomial(300, np.full(200, 1 / 200)), simulations=99, seed=s).p for s in range(200)]
    assert np.mean(np.array(p) <= 0.05) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 200)


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        ([20, 40], Guard.NO_PLACES),
        ([], Guard.NO_PLACES),
        ([9, 9, 9], Guard.TOO_FEW),
        ([np.nan, 50, 50], Guard.NO_PLACES),
    ],
)
def test_guards(counts: list[float], reason: Guard) -> None:
    found = concentration(counts)
    assert found.reason is reason
    assert found.places_for_half == 0
    assert np.isnan([found.share_of_places_for_half, found.p, found.gini, found.share_of_places(0.8)]).all()


@pytest.mark.parametrize("counts", [[10, 20, 30], [20, 20, 20]])
def test_nothing_expected_anywhere_is_no_place_to_look(counts: list[int]) -> None:
    assert concentration(counts, expected=[0, 0, 0]).reason is Guard.NO_PLACES


@pytest.mark.parametrize(("counts", "expected"), [([10, 30, -1], None), ([10, 30, 1], [1, 1, -1])])
def test_negative_numbers_are_refused(counts: list[float], expected: list[float] | None) -> None:
    with pytest.raises(ValueError, match="negative"):
        concentration(counts, expected=expected)


def test_counts_and_expectations_must_fit() -> None:
    with pytest.raises(ValueError, match="differ in length"):
        concentration([10, 20, 30], expected=[1, 1])


@given(COUNTS, st.randoms())
@settings(deadline=None, max_examples=50)
def test_bounds_order_and_monotony(counts: list[int], random: object) -> None:
    found = concentration(counts, simulations=9)
    assert 0 < found.share_of_places_for_half <= 0.5 + 0.5 / len(counts)
    assert -1e-9 <= found.generalised_gini <= found.gini + 1e-9 <= 1 + 1e-9
    assert (np.diff(found.curve) >= -1e-12).all()
    assert (np.diff(found.curve, 2) <= 1e-12).all()
    shuffled = random.sample(counts, len(counts))  # type: ignore[attr-defined]
    np.testing.assert_array_equal(concentration(shuffled, simulations=9).curve, found.curve)


@given(COUNTS)
@settings(deadline=None, max_examples=50)
def test_moving_an_incident_to_a_fuller_place_concentrates(counts: list[int]) -> None:
    ordered = sorted(counts)
    poorest = next(place for place, count in enumerate(ordered) if count)
    if poorest < len(ordered) - 1:
        moved = ordered.copy()
        moved[poorest], moved[-1] = moved[poorest] - 1, moved[-1] + 1
        assert gini(moved) > gini(ordered) - 1e-12
