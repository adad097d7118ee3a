"""Bands: the published series, thresholds, missing scores, and the memory of the daily band."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.index.bands import BANDS, NO_BAND, band_numbers, band_of, stable_bands
from geodata.vocabulary import Band

THRESHOLDS = (90.0, 80.0, 70.0)
COLOURS = dict(zip("蓝黄橙红", range(4), strict=True))
SERIES = [82, 79.6, 80.3, 79.2, 78.9, 80.4, 81.2, 91.5, 89.5, 88.9, 68.5]
SCORES = st.floats(0.0, 100.0)


def test_published_vector_bands_raw() -> None:
    assert band_numbers(SERIES, THRESHOLDS).tolist() == [COLOURS[c] for c in "黄橙黄橙橙黄黄蓝黄黄红"]


def test_published_vector_bands_stable() -> None:
    assert stable_bands(SERIES, THRESHOLDS, 1.0) == [COLOURS[c] for c in "黄黄黄黄橙橙黄蓝蓝黄红"]


@pytest.mark.parametrize(
    ("score", "band"),
    [
        (100.0, Band.EXCELLENT),
        (90.0, Band.EXCELLENT),
        (np.nextafter(90.0, 0), Band.GOOD),
        (80.0, Band.GOOD),
        (np.nextafter(80.0, 0), Band.STEADY),
        (70.0, Band.STEADY),
        (np.nextafter(70.0, 0), Band.POOR),
        (0.0, Band.POOR),
    ],
)
def test_a_score_on_a_threshold_belongs_to_the_better_band(score: float, band: Band) -> None:
    assert band_of(score, THRESHOLDS) is band


@pytest.mark.parametrize("missing", [float("nan"), float("inf"), float("-inf")])
def test_a_missing_score_has_no_band(missing: float) -> None:
    assert band_numbers([missing], THRESHOLDS).tolist() == [NO_BAND]
    assert band_of(missing, THRESHOLDS) is None


def test_no_score_has_no_band() -> None:
    assert band_of(None, THRESHOLDS) is None


def test_bands_stand_from_best_to_worst() -> None:
    assert BANDS == (Band.EXCELLENT, Band.GOOD, Band.STEADY, Band.POOR)


def test_a_missing_day_has_no_band_and_leaves_the_memory_as_it_is() -> None:
    assert stable_bands([80.5, float("nan"), 79.5, 78.9], THRESHOLDS, 1.0) == [1, NO_BAND, 1, 2]


def test_a_fall_through_two_bands_is_told_at_once() -> None:
    assert stable_bands([95.0, 65.0, 95.0], THRESHOLDS, 1.0) == [0, 3, 0]


def test_without_hysteresis_the_band_is_the_raw_one() -> None:
    assert stable_bands(SERIES, THRESHOLDS, 0.0) == band_numbers(SERIES, THRESHOLDS).tolist()


def test_an_empty_series_has_no_bands() -> None:
    assert stable_bands([], THRESHOLDS, 1.0) == []


@given(st.lists(SCORES, min_size=1), st.floats(0.0, 5.0))
@settings(deadline=None)
def test_the_stable_band_is_never_further_from_the_raw_one_than_the_hysteresis(
    scores: list[float], hysteresis: float
) -> None:
    for score, held in zip(scores, stable_bands(scores, THRESHOLDS, hysteresis), strict=True):
        assert band_numbers(score + hysteresis, THRESHOLDS) <= held <= band_numbers(score - hysteresis, THRESHOLDS)


@given(SCORES, SCORES)
@settings(deadline=None)
def test_a_better_score_never_has_a_worse_band(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert band_numbers(high, THRESHOLDS) <= band_numbers(low, THRESHOLDS)
