"""Funnel limits against the Poisson distribution, by hand and by simulation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from geodata.index.funnel import LEVELS, funnel_limits, outside_funnel

Values = npt.NDArray[np.float64]
law = settings(deadline=None, max_examples=60)


def test_limits_are_the_exact_poisson_interval_read_backwards() -> None:
    # 10 events: the exact 95 % interval of their mean is 4.795 to 18.390, so 10 is just as far out seen from there
    assert funnel_limits(4.795389).high[0] * 4.795389 == pytest.approx(10, abs=1e-5)
    assert funnel_limits(18.390356).low[0] * 18.390356 == pytest.approx(10, abs=1e-5)


def test_a_whole_number_is_outside_where_its_tail_is_small_enough() -> None:
    # mean 5: P(N >= 10) = 0.0318, P(N >= 11) = 0.0137; P(N <= 1) = 0.0404, P(N = 0) = 0.0067
    assert outside_funnel([10, 11, 14, 15, 1, 0], 5.0).tolist() == [0, 1, 2, 2, 0, -1]
    assert stats.poisson.sf(13, 5.0) < 0.001 < stats.poisson.sf(12, 5.0)


def test_nothing_is_no_surprise_where_little_is_expected() -> None:
    limits = funnel_limits([0.2, 1.0, 3.6, 3.7])
    assert limits.low[0].tolist()[:3] == [0, 0, 0]  # exp(-3.6) is more than 0.025
    assert limits.low[0, 3] > 0
    assert outside_funnel(0.0, [0.2, 3.6, 3.7]).tolist() == [0, 0, -1]


def test_severity_widens_the_funnel() -> None:
    wide, narrow = funnel_limits([40.0], scale=2.5), funnel_limits([16.0])
    assert np.array_equal(wide.high, narrow.high)
    assert np.array_equal(wide.low, narrow.low)
    assert outside_funnel([56.0, 56.0], 40.0, [1.0, 2.5]).tolist() == [1, 0]


def test_what_is_not_known_is_not_judged() -> None:
    assert outside_funnel([9.0, np.nan, 9.0, 9.0], [0.0, 5.0, np.nan, 5.0], [1.0, 1.0, 1.0, 0.0]).tolist() == [0] * 4


def test_one_row_of_limits_a_level() -> None:
    limits = funnel_limits(np.geomspace(0.1, 1000, 50))
    assert limits.levels == LEVELS
    assert limits.low.shape == limits.high.shape == (2, 50)
    assert limits.expected.shape == (50,)


@law
@given(hnp.arrays(np.float64, 8, elements=st.floats(1e-3, 1e5), unique=True), st.floats(0.5, 25.0))
def test_limits_enclose_one_another_and_close_in_on_1(expected: Values, scale: float) -> None:
    limits = funnel_limits(np.sort(expected), scale)
    assert (limits.low[0] >= limits.low[1]).all()
    assert (limits.high[0] <= limits.high[1]).all()
    assert (limits.low <= 1).all()
    assert (np.diff(limits.high, axis=1) <= 1e-9 * limits.high[:, :-1]).all()
    assert (np.diff(limits.low, axis=1) >= -1e-9).all()


@law
@given(hnp.arrays(np.float64, 8, elements=st.integers(0, 300).map(float)), st.floats(0.01, 300.0), st.floats(0.5, 10.0))
def test_a_place_outside_lies_beyond_the_drawn_line(count: Values, expected: float, scale: float) -> None:
    limits = funnel_limits(expected, scale)
    ratio = count / expected
    drawn = (ratio > limits.high * (1 + 1e-9)).sum(axis=0) - (ratio < limits.low * (1 - 1e-9)).sum(axis=0)
    touching = (np.abs(ratio - limits.high) < 1e-6 * limits.high) | (np.abs(ratio - limits.low) < 1e-6)
    judged = ~touching.any(axis=0)
    assert np.array_equal(outside_funnel(count, expected, scale)[judged], drawn[judged])


def test_no_more_places_of_risk_1_lie_outside_than_the_levels_say() -> None:
    random = np.random.default_rng(5)
    expected = np.repeat([0.3, 2.0, 9.0, 60.0, 800.0], 40_000)
    signs = outside_funnel(random.poisson(expected), expected)
    for mean in np.unique(expected):
        side = [np.mean(signs[expected == mean] * sign >= k) for sign in (1, -1) for k in (1, 2)]
        assert np.all(np.array(side) <= np.array([0.025, 0.001] * 2) * 1.15 + 0.0003)
