"""Series of a city: the same incidents as the count index has, whole weeks only."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from geodata.alerts.rules import AlertLevel, NegativeBinomial
from geodata.alerts.series import place_series, usual_so_far, weekly_series
from geodata.city import CityData
from geodata.counts import CountIndex
from geodata.errors import SelectionError
from geodata.memory import Memory
from geodata.vocabulary import Period, PeriodKind, PlaceLevel

STREET = PlaceLevel.STREET


def test_the_weeks_are_whole_consecutive_and_end_with_the_data(demo_city: CityData) -> None:
    series = weekly_series(demo_city, STREET)
    assert all(week.kind is PeriodKind.WEEK and demo_city.is_whole(week) for week in series.periods)
    assert all(one.next() == other for one, other in zip(series.periods, series.periods[1:], strict=False))
    assert not demo_city.is_whole(series.periods[-1].next())
    assert not demo_city.is_whole(series.periods[0].previous())
    assert [str(week) for week in weekly_series(demo_city, STREET, weeks=3).periods] == [
        str(week) for week in series.periods[-3:]
    ]


def test_until_a_sunday_its_week_counts_and_until_a_saturday_it_does_not(demo_city: CityData) -> None:
    week = weekly_series(demo_city, STREET).periods[-5]
    sunday = week.end - dt.timedelta(days=1)
    assert weekly_series(demo_city, STREET, until=sunday).periods[-1] == week
    assert weekly_series(demo_city, STREET, until=sunday - dt.timedelta(days=1)).periods[-1] == week.previous()


def test_every_scored_incident_of_a_place_is_in_one_of_its_series(demo_city: CityData) -> None:
    series = weekly_series(demo_city, STREET, weeks=6)
    n_indicators = len(series.indicators)
    positions = [
        demo_city.type_positions[kind.id]
        for indicator in demo_city.method.scored
        for kind in indicator.types
        if kind.id in demo_city.type_positions
    ]
    counts = demo_city.index.place_types(STREET, series.periods[0].start, series.periods[-1].end)
    by_place = series.observed.reshape(-1, n_indicators, 6).sum(axis=(1, 2))
    np.testing.assert_array_equal(by_place, counts[series.places][:, positions].sum(axis=1))
    assert by_place.sum() > 0


def test_a_series_knows_its_place_and_indicator(demo_city: CityData) -> None:
    series = weekly_series(demo_city, STREET, weeks=2)
    n = len(series.indicators)
    assert len(series.observed) == len(series.places) * n
    assert series.place(n + 2) == series.places[1]
    assert series.indicator(n + 2) == demo_city.method.scored[2].id


def test_observed_and_expected_are_of_the_same_size(demo_city: CityData) -> None:
    series = weekly_series(demo_city, STREET)
    known = np.isfinite(series.expected)
    assert series.observed[known].sum() == pytest.approx(series.expected[known].sum(), rel=0.1)


def test_a_red_line_incident_is_marked_in_its_week(demo_city: CityData) -> None:
    series = weekly_series(demo_city, STREET)
    assert (series.observed[series.red_line] > 0).all()
    found = NegativeBinomial().judge(series.observed, series.expected, series.red_line[:, -1])
    assert (found.level[series.red_line[:, -1]] == AlertLevel.RED).all()


def test_any_consecutive_periods_make_series(demo_city: CityData) -> None:
    month = weekly_series(demo_city, STREET, weeks=1).periods[0].start
    month_before = Period.containing(month, PeriodKind.MONTH).previous()
    series = place_series(demo_city, PlaceLevel.DISTRICT, [month_before])
    days = place_series(
        demo_city,
        PlaceLevel.DISTRICT,
        [
            Period.containing(month_before.start + dt.timedelta(days=k), PeriodKind.DAY)
            for k in range(month_before.days)
        ],
    )
    np.testing.assert_array_equal(days.observed.sum(axis=1), series.observed[:, 0])


def test_a_city_without_a_whole_week_says_so(demo_city: CityData) -> None:
    empty = replace(demo_city, index=CountIndex.empty(len(demo_city.places)))
    with pytest.raises(SelectionError, match="一整周"):
        weekly_series(empty, STREET)
    first = weekly_series(demo_city, STREET).periods[0].start
    with pytest.raises(SelectionError, match="一整周"):
        weekly_series(demo_city, STREET, until=first)


# --- without an exposure ---


def test_the_usual_so_far_is_the_mean_of_what_went_before_drawn_to_that_of_all_places() -> None:
    observed = np.zeros((2, 1, 28), dtype=np.int64)
    observed[0, 0, :] = 3
    observed[1, 0, 26] = 100
    usual = usual_so_far(observed)
    assert np.isnan(usual[:, :, :26]).all()
    # 26 weeks with 3 and with 0, 13 weeks' worth of the mean of both, 1.5
    assert usual[:, 0, 26].tolist() == pytest.approx([(78 + 13 * 1.5) / 39, 13 * 1.5 / 39])
    # the 100 of week 26 are known in week 27 only
    assert usual[1, 0, 27] == pytest.approx((100 + 13 * (81 + 100) / 2 / 27) / 40)


def test_a_city_without_any_exposure_is_held_against_its_own_past(demo_city: CityData) -> None:
    bare = replace(demo_city, exposure=demo_city.exposure.iloc[:0], calibration=None, _memo=Memory(), _variants={})
    own, known = (weekly_series(city, STREET, weeks=40) for city in (bare, demo_city))
    np.testing.assert_array_equal(own.observed, known.observed)
    n = len(own.indicators)
    counted = [k for k in range(n) if own.observed[k::n].any() and not np.isfinite(own.expected[k::n, :26]).any()]
    assert counted
    for k in counted:
        np.testing.assert_allclose(
            own.expected[k::n].reshape(len(own.places), 1, 40), usual_so_far(own.observed[k::n, np.newaxis, :])
        )
