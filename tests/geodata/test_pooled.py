"""Seven days pooled: the sum of days is scored, never a mean of scores; bands hold."""

from __future__ import annotations

import numpy as np
import pytest

from geodata.city import CityData
from geodata.index.bands import NO_BAND, stable_bands
from geodata.pooled import held_bands, pooled_period, pooled_scores
from geodata.vocabulary import Period, PlaceLevel

DAY = Period.parse("2026-10-31")
THRESHOLDS = (90.0, 80.0, 70.0)


def test_the_seven_days_end_with_the_day() -> None:
    assert str(pooled_period(DAY)) == "2026-10-25..2026-10-31"


@pytest.mark.parametrize("level", [None, PlaceLevel.STREET])
def test_pooled_scores_are_those_of_the_seven_days_under_the_daily_set(
    demo_city: CityData, level: PlaceLevel | None
) -> None:
    pooled = pooled_scores(demo_city, level, DAY)
    other = (
        demo_city.history(demo_city.city, [pooled_period(DAY)])
        if level is None
        else demo_city.scores(level, pooled_period(DAY))
    )
    # sub-indices are the same scores; the composite takes the daily ones alone
    np.testing.assert_allclose(pooled.scores.sub_score, other.scores.sub_score)
    weight = np.array([s.weight * s.daily for s in demo_city.method.sub_indices])
    meant = pooled.scores.sub_score @ (weight / weight.sum())
    np.testing.assert_allclose(pooled.scores.composite, meant)
    assert pooled.bands.shape == (len(meant), 1 + len(weight))


def test_without_seven_days_there_is_no_pooled_score(demo_city: CityData) -> None:
    first = pooled_scores(demo_city, PlaceLevel.STREET, Period.parse("2025-11-06"))
    assert np.isnan(first.scores.score).all()
    assert (first.bands == NO_BAND).all()
    assert np.isfinite(pooled_scores(demo_city, None, Period.parse("2025-11-07")).scores.score).all()


def test_vector_bands() -> None:
    days = [82, 79.6, 80.3, 79.2, 78.9, 80.4, 81.2, 91.5, 89.5, 88.9, 68.5]
    meant = [1, 1, 1, 1, 2, 2, 1, 0, 0, 1, 3]
    assert stable_bands(days, THRESHOLDS, 1.0) == meant
    held = [int(held_bands([np.array(each) for each in days[: k + 1]], THRESHOLDS, 1.0)) for k in range(len(days))]
    assert held == meant


def test_a_missing_day_has_no_band_and_leaves_the_memory() -> None:
    days = [82.0, np.nan, 79.6]
    assert stable_bands(days, THRESHOLDS, 1.0) == [1, NO_BAND, 1]
    held = [int(held_bands([np.array(each) for each in days[: k + 1]], THRESHOLDS, 1.0)) for k in range(3)]
    assert held == [1, NO_BAND, 1]


def test_a_band_on_the_map_is_that_of_its_own_series(demo_city: CityData) -> None:
    days = [Period.parse(f"2026-10-{day:02d}") for day in range(1, 32)]
    row = 3
    series = [float(pooled_scores(demo_city, PlaceLevel.STREET, day).scores.score[row]) for day in days]
    held = stable_bands(series, demo_city.method.bands, demo_city.method.band_hysteresis)
    assert held[-1] == pooled_scores(demo_city, PlaceLevel.STREET, DAY).bands[row, 0]
