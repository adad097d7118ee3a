"""Ranks: the published example, hand-worked tiers, and what simulated scores must obey."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import special

from geodata.index.parameters import Parameters
from geodata.index.ranks import (
    UNRANKED,
    rank_intervals,
    rank_places,
    simulate_scores,
    tiers,
    weight_rank_intervals,
)
from geodata.index.score import score_places

Values = npt.NDArray[np.float64]
NAN = np.nan
PARAMETERS = Parameters(
    prior=np.array([6.0, 8.0, 8.0, 10.0, 0.0]),
    scale=np.array([1.5, 2.0, 2.0, 1.0, 0.0]),
    inverse=np.array([False, False, False, True, False]),
    counted=np.array([True, True, True, False, False]),
    weight=np.array([0.6, 0.4, 1.0, 0.5, 0.5]),
    sub_index=np.array([0, 0, 1, 2, 2]),
    sub_weight=np.array([0.5, 0.3, 0.2]),
    anchor=0.85,
    risk_cap=6.0,
    min_expected=0.05,
    min_weight_indicators=0.5,
    min_weight_sub_indices=0.6,
)
EXPECTED = np.tile([40.0, 14, 40, 100, 45], (4, 1))
COUNT = np.array([[45.0, 16, 42, 90, 50], [34, 24, 51, 120, 45], [5, 2, 6, 130, 30], [300, 90, 200, 40, 70]])
law = settings(deadline=None, max_examples=60)


def alone(prior: float, scale: float, *, inverse: bool = False) -> Parameters:
    """Return the parameters of an index of one indicator."""
    return replace(
        PARAMETERS,
        prior=np.array([prior]),
        scale=np.array([scale]),
        inverse=np.array([inverse]),
        counted=np.array([scale > 0]),
        weight=np.ones(1),
        sub_index=np.zeros(1, dtype=np.intp),
        sub_weight=np.ones(1),
    )


# --- the published example ---


def test_vector_ranks_when_one_weight_at_a_time_changes() -> None:
    sub_score = np.array([[83.6, 84.4, 85.0], [86.0, 80.9, 88.0], [84.9, 84.9, 84.2], [90.1, 79.0, 82.0]])
    weight = np.array([0.5, 0.3, 0.2])
    assert sub_score @ weight == pytest.approx([84.12, 84.87, 84.76, 85.15])
    best, worst = weight_rank_intervals(sub_score, weight)
    # published as 2 to 3 for B and 1 to 3 for C; with the first weight at 0.4 both score 76.27 / 0.9 and share rank 1
    assert best.tolist() == [4, 1, 1, 1]
    assert worst.tolist() == [4, 3, 3, 3]


def test_an_exact_tie_is_one_whatever_rounding_does() -> None:
    best, worst = rank_intervals(np.array([[0.1 + 0.2, 0.3, 0.1]]))
    assert best.tolist() == [1, 1, 3]
    assert worst.tolist() == [2, 2, 3]


def test_a_place_without_sub_scores_has_no_rank() -> None:
    best, worst = weight_rank_intervals(np.array([[80.0, 90.0], [NAN, NAN], [70.0, NAN]]), np.array([0.5, 0.5]))
    assert best.tolist() == worst.tolist() == [1, UNRANKED, 2]


# --- simulated scores ---


def test_simulated_scores_have_the_quantiles_of_the_gamma() -> None:
    # the published interval: C 46, E 40, q 2.5, α 4 gives 77.91 to 88.36
    draws = simulate_scores(np.array([[46.0]]), np.array([[40.0]]), alone(10.0, 2.5), draws=40_000)
    assert np.quantile(draws, [0.05, 0.95]) == pytest.approx([77.91, 88.36], abs=0.15)


def test_a_benefit_is_drawn_as_the_inverse_of_a_gamma() -> None:
    draws = simulate_scores(np.array([[130.0]]), np.array([[100.0]]), alone(10.0, 1.0, inverse=True), draws=40_000)
    risk = 110 / special.gammaincinv(140.0, [0.95, 0.05])
    assert np.quantile(draws, [0.95, 0.05]) == pytest.approx(100 * 0.85**risk, abs=0.1)


def test_a_level_without_sampling_error_is_certain() -> None:
    draws = simulate_scores(np.array([[52.0]]), np.array([[45.0]]), alone(0.0, 0.0), draws=50)
    assert draws == pytest.approx(np.full((50, 1), 100 * 0.85 ** (52 / 45)))


def test_without_chance_and_with_certain_weights_a_draw_is_the_score() -> None:
    certain = replace(PARAMETERS, scale=np.zeros(5), counted=np.zeros(5, dtype=bool))
    expected = EXPECTED.copy()
    expected[1, 0] = expected[2, 3] = NAN
    draws = simulate_scores(COUNT, expected, certain, draws=3, weight_spread=0.0)
    assert draws == pytest.approx(np.tile(score_places(COUNT, expected, certain).composite, (3, 1)), nan_ok=True)
    geometric = replace(certain, geometric=True)
    draws = simulate_scores(COUNT, expected, geometric, draws=3, weight_spread=0.0)
    assert draws == pytest.approx(np.tile(score_places(COUNT, expected, geometric).composite, (3, 1)), nan_ok=True)


def test_weights_are_the_same_for_all_places_of_a_draw() -> None:
    certain = replace(PARAMETERS, scale=np.zeros(5), counted=np.zeros(5, dtype=bool))
    draws = simulate_scores(COUNT[[0, 1, 0]], EXPECTED[:3], certain, draws=200)
    assert np.array_equal(draws[:, 0], draws[:, 2])
    assert np.ptp(draws[:, 0]) > 0


def test_weights_stay_within_their_spread() -> None:
    two = replace(alone(0.0, 0.0), prior=np.zeros(2), scale=np.zeros(2), inverse=np.zeros(2, dtype=bool))
    two = replace(two, counted=np.zeros(2, dtype=bool), weight=np.ones(2), sub_index=np.arange(2))
    two = replace(two, sub_weight=np.full(2, 0.5))
    draws = simulate_scores(np.array([[0.0, 1.0]]), np.ones((1, 2)), two, draws=5_000)
    share = (draws - 85) / 15  # of the sub-index that scores 100; the other scores 85
    assert 0.4 <= share.min() < 0.41
    assert 0.59 < share.max() <= 0.6


def test_a_place_draws_the_same_whatever_stands_beside_it() -> None:
    keys = [440402001, 440402002, 440402003, 440402004]
    draws = simulate_scores(COUNT, EXPECTED, PARAMETERS, draws=20, keys=keys)
    backwards = simulate_scores(COUNT[::-1], EXPECTED[::-1], PARAMETERS, draws=20, keys=keys[::-1])
    one = simulate_scores(COUNT[2:3], EXPECTED[2:3], PARAMETERS, draws=20, keys=keys[2:3])
    assert np.array_equal(draws, backwards[:, ::-1])
    assert np.array_equal(draws[:, 2:3], one)
    assert not np.array_equal(draws, simulate_scores(COUNT, EXPECTED, PARAMETERS, draws=20, keys=keys, seed=1))


def test_equal_data_are_still_two_places() -> None:
    draws = simulate_scores(COUNT[[0, 0]], EXPECTED[:2], PARAMETERS, draws=50)
    assert not np.array_equal(draws[:, 0], draws[:, 1])


def test_a_place_without_a_composite_is_missing_in_every_draw() -> None:
    expected = EXPECTED.copy()
    expected[1] = NAN
    draws = simulate_scores(COUNT, expected, PARAMETERS, draws=10)
    assert np.isnan(draws[:, 1]).all()
    assert np.isfinite(np.delete(draws, 1, axis=1)).all()


@law
@given(
    hnp.arrays(np.float64, (3, 5), elements=st.sampled_from([0.0, 1.0, 7.0, 400.0, 1e5])),
    hnp.arrays(np.float64, (3, 5), elements=st.sampled_from([0.0, 1e-9, 0.3, 5.0, 900.0, NAN])),
    st.booleans(),
)
def test_a_draw_is_missing_where_the_score_is_and_lies_within_bounds(
    count: Values, expected: Values, geometric: bool
) -> None:
    parameters = replace(PARAMETERS, geometric=geometric)
    draws = simulate_scores(count, expected, parameters, draws=8)
    missing = np.isnan(score_places(count, expected, parameters).composite)
    assert np.array_equal(np.isnan(draws), np.tile(missing, (8, 1)))
    known = draws[:, ~missing]
    assert ((known <= 100 + 1e-9) & (known >= 100 * 0.85**6 - 1e-9)).all()


# --- spans and tiers ---


def test_a_span_leaves_a_twentieth_on_each_side() -> None:
    first = np.repeat([90.0, 70.0], [94, 6])
    draws = np.column_stack([first, np.full(100, 80.0), np.full(100, 60.0)])
    best, worst = rank_intervals(draws)
    assert best.tolist() == [1, 1, 3]
    assert worst.tolist() == [2, 2, 3]
    best, worst = rank_intervals(draws, level=0.8)
    assert worst.tolist() == [1, 2, 3]
    assert best.tolist() == [1, 2, 3]


def test_equal_scores_share_all_their_ranks() -> None:
    best, worst = rank_intervals(np.tile([80.0, 90.0, 80.0, 70.0], (10, 1)))
    assert best.tolist() == [2, 1, 2, 4]
    assert worst.tolist() == [3, 1, 3, 4]


def test_places_that_are_told_apart_have_tiers_of_their_own() -> None:
    score = np.array([70.0, 90.0, NAN, 80.0])
    draws = np.tile(score, (10, 1))
    assert tiers(score, draws).tolist() == [3, 1, UNRANKED, 2]


def test_places_that_are_equal_share_a_tier() -> None:
    score = np.array([80.0, 80.0, 60.0])
    assert tiers(score, np.tile(score, (10, 1))).tolist() == [1, 1, 2]


def test_certainty_decides_whether_there_is_a_border() -> None:
    draws = np.column_stack([np.repeat([90.0, 70.0], [90, 10]), np.full(100, 80.0)])
    score = np.array([88.0, 80.0])
    assert tiers(score, draws, certainty=0.9).tolist() == [1, 2]
    assert tiers(score, draws, certainty=0.91).tolist() == [1, 1]


def test_one_pair_that_is_not_told_apart_joins_all_between() -> None:
    # the first and the third are as one, though each neighbour is told apart from the next
    score = np.array([83.0, 82.0, 81.0, 50.0])
    draws = np.tile(score, (100, 1))
    draws[:30, 0] = 80.5
    draws[:5, 1] = 80.0
    assert tiers(score, draws, certainty=0.7).tolist() == [1, 2, 3, 4]
    assert tiers(score, draws, certainty=0.75).tolist() == [1, 1, 1, 2]


def test_no_places_have_no_ranks() -> None:
    assert tiers(np.full(2, NAN), np.full((5, 2), NAN)).tolist() == [UNRANKED, UNRANKED]
    assert tiers(np.empty(0), np.empty((5, 0))).tolist() == []


def test_a_table_holds_rank_span_and_tier() -> None:
    expected = EXPECTED.copy()
    expected[1] = NAN
    draws = simulate_scores(COUNT, expected, PARAMETERS, draws=500)
    table = rank_places(score_places(COUNT, expected, PARAMETERS).score, draws)
    assert table.rank.tolist() == [2, UNRANKED, 1, 3]
    assert table.tier.tolist() == [2, UNRANKED, 1, 3]
    assert table.best.tolist() == table.worst.tolist() == [2, UNRANKED, 1, 3]


@law
@given(hnp.arrays(np.float64, (12, 6), elements=st.sampled_from([70.0, 71.0, 72.0, 80.0])))
def test_every_pair_across_a_border_is_told_apart_and_no_border_is_left_out(draws: Values) -> None:
    score = draws.mean(axis=0)
    tier = tiers(score, draws, certainty=0.8)
    sure = (draws[:, :, None] > draws[:, None]).mean(axis=0) + (draws[:, :, None] == draws[:, None]).mean(axis=0) / 2
    for a in range(6):
        assert all(sure[a, b] >= 0.8 - 1e-9 for b in range(6) if tier[a] < tier[b])
        assert all(score[a] >= score[b] for b in range(6) if tier[a] < tier[b])
    order = np.argsort(-score, kind="stable")
    borders = sum(all(sure[a, b] >= 0.8 - 1e-9 for a in order[:k] for b in order[k:]) for k in range(1, 6))
    assert tier.max() == borders + 1


@law
@given(hnp.arrays(np.float64, (20, 5), elements=st.floats(0, 100)), st.permutations(range(5)))
def test_spans_contain_the_middle_and_follow_the_order_of_places(draws: Values, order: list[int]) -> None:
    best, worst = rank_intervals(draws)
    assert (best <= worst).all()
    assert ((best >= 1) & (worst <= 5)).all()
    again_best, again_worst = rank_intervals(draws[:, order])
    assert np.array_equal(best[order], again_best)
    assert np.array_equal(worst[order], again_worst)
