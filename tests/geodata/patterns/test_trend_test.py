"""Mann-Kendall and Sen: a worked vector, published rows, an independent library with ties, and what must hold."""

from __future__ import annotations

import numpy as np
import pymannkendall
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.patterns.trend_test import mann_kendall, sen_slope

SERIES = st.lists(st.integers(-5, 5), min_size=3, max_size=25)


def test_vector_mann_kendall() -> None:
    series = [1.1, 1.4, 0.9, 1.8, 2.0, 2.3, 1.9, 2.6, 2.8, 3.1]
    trend = mann_kendall(series)
    assert trend.s == 37
    assert trend.variance == 125
    assert trend.z == pytest.approx(3.21993789, abs=1e-8)
    assert trend.p == pytest.approx(0.00128218, abs=1e-8)
    assert sen_slope(series) == pytest.approx(0.21428571, abs=1e-8)


@pytest.mark.parametrize(
    ("s", "tau", "p"),
    [(17, 0.378, 0.152), (-45, -1.0, 8.3e-05), (37, 0.822, 0.00128), (33, 0.733, 0.00421), (-31, -0.689, 0.00729)],
)
def test_published_rows_of_ten_values_without_ties(s: int, tau: float, p: float) -> None:
    trend = mann_kendall(with_s(10, s))
    assert trend.s == s
    assert trend.tau == pytest.approx(tau, abs=5e-4)
    assert trend.p == pytest.approx(p, rel=6e-3)


def with_s(n: int, s: int) -> list[int]:
    """Return an order of n values with that many more rising than falling pairs."""
    falling = (n * (n - 1) // 2 - s) // 2
    series: list[int] = []
    for value in range(n):  # a new largest value put k places from the end makes k falling pairs
        back = min(falling, value)
        series.insert(value - back, value)
        falling -= back
    return series


@given(SERIES)
@settings(deadline=None, max_examples=200)
def test_it_is_the_test_of_pymannkendall_with_ties_too(series: list[int]) -> None:
    if len(set(series)) == 1:
        assert mann_kendall(series).p == 1.0
        return
    known, ours = pymannkendall.original_test(series), mann_kendall(series)
    assert (ours.s, ours.variance) == (known.s, pytest.approx(known.var_s))
    assert ours.z == pytest.approx(known.z, abs=1e-12)
    assert ours.p == pytest.approx(known.p, abs=1e-12)
    assert sen_slope(series) == pytest.approx(known.slope, abs=1e-12)


@given(SERIES)
@settings(deadline=None)
def test_only_the_order_counts_and_time_reversed_turns_the_sign(series: list[int]) -> None:
    x = np.array(series, dtype=np.float64)
    trend, bent, back = mann_kendall(x), mann_kendall(np.exp(x)), mann_kendall(x[::-1])
    assert (trend.s, trend.p) == (bent.s, bent.p)
    assert (trend.s, trend.p) == (-back.s, back.p)
    assert sen_slope(x[::-1]) == pytest.approx(-sen_slope(x))


def test_many_series_are_tested_as_each_alone() -> None:
    table = np.random.default_rng(3).integers(0, 6, (12, 40)).astype(np.float64)
    table[[0, 5], 7] = np.nan
    trend, slope = mann_kendall(table), sen_slope(table)
    for column in range(table.shape[1]):
        alone = mann_kendall(table[:, column])
        assert (trend.s[column], trend.p[column], trend.tau[column]) == (alone.s, alone.p, alone.tau)
        assert slope[column] == sen_slope(table[:, column])


def test_a_gap_is_left_out_but_keeps_its_time() -> None:
    series = [1.0, np.nan, 3.0, 4.0]
    assert mann_kendall(series).s == 3
    assert sen_slope(series) == 1.0


def test_too_little_says_nothing() -> None:
    for series in ([], [1.0], [np.nan, 2.0]):
        trend = mann_kendall(series)
        assert (trend.s, trend.z, trend.p) == (0, 0, 1)
        assert np.isnan(trend.tau)
        assert np.isnan(sen_slope(series))
