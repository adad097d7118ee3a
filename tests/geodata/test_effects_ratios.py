"""Before and after against controls: by hand first, then the laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from geodata.effects.ratios import (
    DISPLACED_LEVEL,
    MOST_SPREAD,
    controls_error,
    displacement,
    mismatch,
    ratio_of_ratios,
    spread_of_changes,
)

COUNTS = st.integers(1, 5000)
PLACES = st.lists(st.tuples(COUNTS, COUNTS), min_size=5, max_size=12)


def test_a_ratio_is_worked_out_by_hand() -> None:
    found = ratio_of_ratios(200, 70, [100, 300], [50, 150], 0.0, 10.0)
    assert found.expected == 100  # half as many after as before, as the controls had
    assert found.ratio == pytest.approx(0.7)
    error = math.sqrt(1 / 200.5 + 1 / 70.5 + 1 / 400.5 + 1 / 200.5)
    middle = math.log(70.5 / 200.5) - math.log(200.5 / 400.5)
    reach = stats.t.ppf(0.95, 10) * error
    assert found.low == pytest.approx(math.exp(middle - reach))
    assert found.high == pytest.approx(math.exp(middle + reach))
    assert found.p_less == pytest.approx(stats.t.cdf(middle / error, 10))
    assert found.p_less + found.p_more == pytest.approx(1)


def test_spread_widens_the_interval_by_the_place_and_by_its_controls() -> None:
    calm = ratio_of_ratios(200, 70, [100, 100], [50, 50], 0.0, 10.0)
    restless = ratio_of_ratios(200, 70, [100, 100], [50, 50], 0.04, 10.0)
    assert restless.error**2 - calm.error**2 == pytest.approx(0.04 * (1 + 1 / 2))  # two equal controls halve theirs


def test_one_large_control_is_hardly_more_than_one_control() -> None:
    alone = controls_error([1000], [1000], 0.04) - controls_error([1000], [1000], 0.0)
    with_dwarfs = controls_error([1000, 1, 1], [1000, 1, 1], 0.04) - controls_error([1000, 1, 1], [1000, 1, 1], 0.0)
    assert alone == pytest.approx(0.04)
    assert 0.0398 < with_dwarfs < 0.04


def test_nothing_after_is_a_ratio_of_zero_with_an_upper_limit() -> None:
    found = ratio_of_ratios(80, 0, [400], [100], 0.0, 20.0)
    assert found.ratio == 0
    assert found.low == 0
    assert 0 < found.high < 0.5


def test_nothing_before_expects_nothing_and_has_no_ratio() -> None:
    found = ratio_of_ratios(0, 5, [400], [100], 0.0, 20.0)
    assert found.expected == 0
    assert math.isnan(found.ratio)


def test_controls_without_incidents_expect_nothing_known() -> None:
    found = ratio_of_ratios(100, 5, [0, 0], [0, 0], *spread_of_changes([0, 0], [0, 0]))
    assert math.isnan(found.expected)
    assert math.isnan(found.ratio)
    assert math.isnan(found.p_less)


def test_places_that_change_alike_have_no_spread() -> None:
    spread, freedom = spread_of_changes([100, 200, 400], [50, 100, 200])
    assert spread == 0
    assert freedom == 2


def test_a_spread_makes_the_deviations_as_large_as_they_should_be() -> None:
    before, after = np.array([100.0, 100, 100, 100]), np.array([50.0, 200, 25, 120])
    spread, freedom = spread_of_changes(before, after)
    n, share = before + after, after.sum() / (before + after).sum()
    chance = n * share * (1 - share)
    assert freedom == 3
    assert ((after - n * share) ** 2 / (chance + spread * chance**2)).sum() == pytest.approx(3)


def test_a_place_without_incidents_says_nothing_about_the_spread() -> None:
    with_empty, freedom = spread_of_changes([100, 100, 0, 100], [50, 200, 0, 25])
    without, same = spread_of_changes([100, 100, 100], [50, 200, 25])
    assert with_empty == without
    assert freedom == same == 2


def test_a_spread_is_found_again_on_average() -> None:
    random = np.random.default_rng(0)
    true, mean = 0.3, 100.0
    before = random.poisson(4 * mean, (2000, 20))
    after = random.poisson(mean * np.exp(random.normal(0, true, (2000, 20))))
    assert np.sqrt(spread_of_changes(before, after)[0].mean()) == pytest.approx(true, rel=0.05)


def test_the_spread_has_a_ceiling() -> None:
    assert spread_of_changes([1000, 1, 1000], [1, 1000, 1000])[0] <= MOST_SPREAD


def test_a_place_is_like_itself_and_a_doubling_counts_one() -> None:
    blocks = [10, 20, 30, 40]
    assert mismatch(blocks, [blocks]) == [0]
    assert mismatch([1000, 2000], [[2000, 4000]])[0] == pytest.approx(1, abs=0.001)


def test_another_season_is_a_mismatch_and_chance_is_none() -> None:
    summer, winter = [10, 90, 90, 10], [90, 10, 10, 90]
    by_chance, opposite = mismatch(summer, [[12, 88, 93, 7], winter])
    assert by_chance == pytest.approx(0, abs=0.001)
    assert opposite > 50


def test_empty_places_are_as_unlike_as_their_level_says() -> None:
    assert mismatch([0, 0], [[0, 0]]) == [0]
    assert np.isfinite(mismatch([0, 0], [[5, 1]])).all()
    assert np.isfinite(mismatch([5, 1], [[0, 0]])).all()


def test_the_displacement_quotient_is_that_of_bowers_and_johnson() -> None:
    t0, t1, r0, r1, c0, c1 = 200, 70, 150, 95, [100, 300], [60, 140]
    found = displacement((t0, t1), (r0, r1), (c0, c1), 0.0, 30.0)
    quotient = (r1 / 200 - r0 / 400) / (t1 / 200 - t0 / 400)
    assert found.wdq == pytest.approx(quotient) == pytest.approx(-20 / 30)
    assert found.low < found.wdq < found.high


def test_the_interval_of_the_quotient_solves_its_equation() -> None:
    t0, t1, r0, r1, c0, c1, spread = 2000, 700, 1500, 850, 4000, 2000, 0.001
    found = displacement((t0, t1), (r0, r1), ([c0], [c1]), spread, 30.0)
    shared = controls_error([c0], [c1], spread)
    of_spared = t1 + 1000 * 0.5 + 1000**2 * (spread + shared)
    of_gained = r1 + 750 * 0.5 + 750**2 * (spread + shared)
    for limit in (-found.low, -found.high):
        variance = of_gained + limit**2 * of_spared + 2 * limit * 1000 * 750 * shared
        reach = stats.t.ppf((1 + DISPLACED_LEVEL) / 2, 30) ** 2 * variance
        assert ((850 - 750) - limit * (1000 - 700)) ** 2 == pytest.approx(reach)


def test_a_larger_ring_hides_more() -> None:
    small, large = (displacement((2000, 700), (r, r // 2), ([8000], [4000]), 0.001, 30.0) for r in (800, 8000))
    assert small.detectable < 0.5 < large.detectable
    shared = controls_error([8000], [4000], 0.001)
    error = math.sqrt(400 + 400 * 0.5 + 400**2 * (0.001 + shared))
    assert small.detectable == pytest.approx((stats.t.ppf(0.9, 30) + stats.norm.ppf(0.8)) * error / 300)


def test_what_was_not_spared_has_no_bounded_quotient() -> None:
    found = displacement((200, 100), (150, 95), ([400], [200]), 0.0, 30.0)
    assert math.isnan(found.wdq)
    assert math.isnan(found.detectable)
    assert found.low == -math.inf
    assert found.high == math.inf


@settings(deadline=None)
@given(before=COUNTS, after=COUNTS, places=PLACES)
def test_exchanging_before_and_after_inverts_the_ratio(before: int, after: int, places: list[tuple[int, int]]) -> None:
    old, new = np.array(places).T
    there = ratio_of_ratios(before, after, old, new, *spread_of_changes(old, new))
    back = ratio_of_ratios(after, before, new, old, *spread_of_changes(new, old))
    assert back.ratio == pytest.approx(1 / there.ratio)
    assert back.low == pytest.approx(1 / there.high)
    assert back.high == pytest.approx(1 / there.low)
    assert back.p_less == pytest.approx(there.p_more)


@settings(deadline=None)
@given(before=COUNTS, after=COUNTS, places=PLACES, times=st.integers(2, 50))
def test_more_of_the_same_narrows_the_interval_and_leaves_the_ratio(
    before: int, after: int, places: list[tuple[int, int]], times: int
) -> None:
    old, new = np.array(places).T
    few = ratio_of_ratios(before, after, old, new, 0.01, 10.0)
    many = ratio_of_ratios(times * before, times * after, times * old, times * new, 0.01, 10.0)
    assert many.ratio == pytest.approx(few.ratio)
    assert many.expected == pytest.approx(times * few.expected)
    assert many.error < few.error


@settings(deadline=None)
@given(before=COUNTS, after=COUNTS, places=PLACES, data=st.data())
def test_the_order_of_places_does_not_matter(
    before: int, after: int, places: list[tuple[int, int]], data: st.DataObject
) -> None:
    order = np.array(data.draw(st.permutations(range(len(places)))))
    old, new = np.array(places).T
    spread, freedom = spread_of_changes(old, new)
    again, same = spread_of_changes(old[order], new[order])
    assert again == pytest.approx(float(spread), abs=1e-12)
    assert same == freedom
    one = ratio_of_ratios(before, after, old, new, spread, freedom)
    other = ratio_of_ratios(before, after, old[order], new[order], spread, freedom)
    assert (one.ratio, one.low, one.high) == (other.ratio, other.low, other.high)


@settings(deadline=None)
@given(before=COUNTS, after=st.integers(0, 5000), places=PLACES)
def test_the_interval_holds_the_ratio(before: int, after: int, places: list[tuple[int, int]]) -> None:
    old, new = np.array(places).T
    found = ratio_of_ratios(before, after, old, new, *spread_of_changes(old, new))
    assert 0 <= found.low <= found.ratio <= found.high


@settings(deadline=None)
@given(place=st.tuples(COUNTS, COUNTS), ring=st.tuples(COUNTS, COUNTS), places=PLACES)
def test_the_quotient_and_its_interval_agree(
    place: tuple[int, int], ring: tuple[int, int], places: list[tuple[int, int]]
) -> None:
    controls = np.array(places).T
    found = displacement(place, ring, (controls[0], controls[1]), 0.01, 20.0)
    assume(np.isfinite(found.low))
    assert found.low <= found.wdq <= found.high


def test_many_cases_are_judged_as_each_alone() -> None:
    random = np.random.default_rng(1)
    before, after = random.integers(1, 500, 50), random.integers(0, 200, 50)
    old, new = random.integers(1, 500, (50, 8)), random.integers(1, 200, (50, 8))
    spread, freedom = spread_of_changes(old, new)
    together = ratio_of_ratios(before, after, old, new, spread, freedom)
    for k in range(50):
        one = ratio_of_ratios(before[k], after[k], old[k], new[k], *spread_of_changes(old[k], new[k]))
        assert (one.ratio, one.low, one.high) == (together.ratio[k], together.low[k], together.high[k])
