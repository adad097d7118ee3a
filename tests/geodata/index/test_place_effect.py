from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.index.parameters import Parameters
from geodata.index.place_effect import NODE_WEIGHTS, NODES, place_effect, shared
from geodata.index.score import Scores, score_places

N = 6


def parameters(spread: float = 0.5, **changes: object) -> Parameters:
    """Six indicators in three sub-indices: α = 4, q = 2 in half of them."""
    scale = np.array([1.0, 2.0] * 3)
    whole = Parameters(
        prior=4.0 * scale,
        scale=scale,
        inverse=np.zeros(N, dtype=np.bool_),
        counted=np.ones(N, dtype=np.bool_),
        weight=np.full(N, 0.5),
        sub_index=np.repeat(np.arange(3), 2),
        sub_weight=np.array([0.5, 0.3, 0.2]),
        anchor=0.85,
        risk_cap=6.0,
        min_expected=0.05,
        min_weight_indicators=0.5,
        min_weight_sub_indices=0.8,
        place_spread=spread,
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def widths(scores: Scores) -> np.ndarray:
    return np.asarray(scores.high - scores.low)


def test_three_points_stand_for_a_normal_distribution() -> None:
    assert NODE_WEIGHTS.sum() == pytest.approx(1.0)
    assert (NODE_WEIGHTS * NODES**2).sum() == pytest.approx(1.0)
    assert (NODE_WEIGHTS * NODES**4).sum() == pytest.approx(3.0)


def test_a_place_where_nothing_is_expected_tells_nothing_of_its_risks() -> None:
    found = place_effect(np.zeros((1, N)), np.zeros((1, N)), parameters())
    assert found.mode[0] == 0.0
    assert found.spread[0] == pytest.approx(0.5)


def test_what_is_as_expected_has_nothing_in_common() -> None:
    found = place_effect(np.full((1, N), 30.0), np.full((1, N), 30.0), parameters())
    assert found.mode[0] == pytest.approx(0.0, abs=1e-12)
    assert found.spread[0] < 0.3


def test_a_place_that_is_safer_in_everything_is_found_by_all_of_it_together() -> None:
    # each of 6 indicators alone is drawn from 0.6 to (18 + 4) / (30 + 4) = 0.65; together they say 0.6 nearly
    many = place_effect(
        np.full((1, N), 18.0), np.full((1, N), 30.0), parameters(scale=np.ones(N), prior=np.full(N, 4.0))
    )
    few = place_effect(np.full((1, N), 0.6), np.full((1, N), 1.0), parameters(scale=np.ones(N), prior=np.full(N, 4.0)))
    assert np.exp(many.mode[0]) == pytest.approx(0.6, abs=0.06)
    assert np.exp(few.mode[0]) > np.exp(many.mode[0])
    assert few.spread[0] > many.spread[0]


def test_the_mode_is_where_the_slope_of_the_posterior_is_zero() -> None:
    count, expected, own = np.array([[3.0, 40, 0, 9, 7, 100]]), np.array([[9.0, 20, 1, 30, 4, 50]]), parameters()

    def logarithm(u: float) -> float:
        alpha, events, due = own.prior / own.scale, count[0] / own.scale, expected[0] / own.scale
        likelihood = events * u - (alpha + events) * np.log(alpha + due * np.exp(u))
        return float(likelihood.sum() - u**2 / (2 * 0.5**2))

    mode = float(place_effect(count, expected, own).mode[0])
    assert logarithm(mode) >= max(logarithm(mode - 1e-4), logarithm(mode + 1e-4))


def test_a_place_is_estimated_alone_whatever_stands_beside_it() -> None:
    random = np.random.default_rng(3)
    expected = random.gamma(0.5, 20.0, (50, N))
    count = random.poisson(random.gamma(2.0, 0.5, (50, 1)) * expected).astype(np.float64)
    together = place_effect(count, expected, parameters())
    for k in range(50):
        alone = place_effect(count[k : k + 1], expected[k : k + 1], parameters())
        assert (alone.mode[0], alone.spread[0]) == (together.mode[k], together.spread[k])


def test_an_indicator_that_is_not_known_or_that_chance_does_not_move_says_nothing() -> None:
    count, expected = np.full((1, N), 50.0), np.full((1, N), 20.0)
    unknown = expected.copy()
    unknown[0, 1:] = np.nan
    alone = place_effect(count[:, :1], expected[:, :1], _only_the_first())
    assert place_effect(count, unknown, parameters()).mode[0] == pytest.approx(alone.mode[0])
    inverse = np.arange(N) > 0
    assert shared(parameters(inverse=inverse)).tolist() == [True] + [False] * 5
    assert place_effect(count, expected, parameters(inverse=inverse)).mode[0] == pytest.approx(alone.mode[0])
    measured = np.where(inverse, 0.0, 1.0)
    found = place_effect(count, expected, parameters(scale=measured, prior=4.0 * measured))
    assert found.mode[0] == pytest.approx(alone.mode[0])


def _only_the_first() -> Parameters:
    whole = parameters()
    few = {name: getattr(whole, name)[:1] for name in ("prior", "scale", "inverse", "counted", "weight", "sub_index")}
    return replace(whole, **few)


def test_the_score_itself_does_not_know_of_it() -> None:
    random = np.random.default_rng(1)
    expected = random.gamma(2.0, 10.0, (20, N))
    count = random.poisson(0.5 * expected).astype(np.float64)
    with_effect, without = (score_places(count, expected, parameters(spread)) for spread in (0.5, 0.0))
    for name in ("score", "sub_score", "risk", "theta", "spread", "error", "weight_present"):
        np.testing.assert_array_equal(getattr(with_effect, name), getattr(without, name))
    assert widths(with_effect).mean() > widths(without).mean()


def test_intervals_hold_a_place_that_is_safer_in_everything() -> None:
    random = np.random.default_rng(2)
    expected = np.tile(random.gamma(3.0, 3.0, N), (2000, 1))
    truth = 0.5
    count = random.poisson(truth * expected).astype(np.float64)
    own = parameters(scale=np.ones(N), prior=np.full(N, 4.0))
    true_score = 100 * 0.85**truth
    with_effect, without = (score_places(count, expected, replace(own, place_spread=each)) for each in (0.5, 0.0))
    inside = ((with_effect.low <= true_score) & (true_score <= with_effect.high)).mean()
    inside_without = ((without.low <= true_score) & (true_score <= without.high)).mean()
    assert inside >= 0.86
    assert inside_without < 0.75


def test_missing_stays_missing() -> None:
    count, expected = np.full((2, N), 5.0), np.full((2, N), 8.0)
    expected[0, :2] = np.nan  # the first sub-index: half of the weight
    scores = score_places(count, expected, parameters())
    assert np.isnan([scores.score[0], scores.low[0], scores.high[0], scores.error[0]]).all()
    assert np.isnan(scores.sub_interval(0)[0][0])
    assert np.isfinite(scores.sub_interval(1)[0]).all()
    assert np.isfinite([scores.low[1], scores.high[1]]).all()


@given(
    st.lists(st.floats(0, 1e6), min_size=N, max_size=N),
    st.lists(st.one_of(st.floats(0, 1e6), st.just(float("nan"))), min_size=N, max_size=N),
    st.floats(0, 2),
    st.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_whatever_the_counts_an_interval_holds_its_score(
    count: list[float], expected: list[float], spread: float, geometric: bool
) -> None:
    own = parameters(spread, geometric=geometric)
    scores = score_places(np.array([count]), np.array([expected]), own)
    finite = np.isfinite(scores.score[0])
    assert np.isfinite([scores.low[0], scores.high[0], scores.error[0]]).all() == finite
    if finite:
        assert 0 <= scores.low[0] <= scores.score[0] + 1e-9
        assert scores.score[0] - 1e-9 <= scores.high[0] <= 100
    for j in range(3):
        low, high = scores.sub_interval(j)
        if np.isfinite(scores.sub_score[0, j]):
            assert low[0] <= scores.sub_score[0, j] <= high[0]
