"""What would be expected: the calendar vectors, coverage of silent sources, and a base year that gives itself back."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.city import CityData
from geodata.counts import CountIndex
from geodata.errors import MethodError
from geodata.index.bands import band_of
from geodata.index.catalogue import shipped_method
from geodata.index.expected import (
    HOLIDAY,
    WEEKEND,
    WORKDAY,
    Calibration,
    ExpectedDays,
    base_span,
    calibrate,
    day_classes,
    day_factors,
    indicator_coverage,
    source_coverage,
)
from geodata.vocabulary import Period, PlaceLevel, TimePrecision
from tests.geodata import count_rows

METHOD = shipped_method()
CHINA = "Asia/Shanghai"
BASE = {"W": (248, 11.0), "R": (90, 9.0), "H": (28, 14.0)}
FACTORS = [1.02442748, 0.83816794, 1.30381679]
MARKET_SILENT = Period.parse("2026-W32")
"""A week in the middle of the demo city's planted silence."""


def tally(period: str, zone: str = CHINA) -> dict[str, int]:
    span = Period.parse(period)
    classes = day_classes(span.start, span.end, zone)
    return {letter: int((classes == number).sum()) for letter, number in (("W", 0), ("R", 1), ("H", 2))}


def one_a_day(
    days: list[str], source: str = "police", kind: str = "theft", precision: TimePrecision = TimePrecision.DAY
) -> CountIndex:
    """Return an index with one incident on each of the days given, in no place."""
    return index_of([(day, source, kind) for day in days], precision)


def index_of(rows: list[tuple[str, str, str]], precision: TimePrecision = TimePrecision.DAY) -> CountIndex:
    days, sources, types = ([row[k] for row in rows] for k in range(3))
    return CountIndex.build([count_rows(days, types, sources, precision=precision)], 0)


def days_between(first: str, last: str) -> list[str]:
    return [day.strftime("%Y-%m-%d") for day in pd.date_range(first, last)]


# --- calendar ---


@pytest.mark.parametrize(
    ("month", "workdays", "weekend", "holiday"),
    [
        ("2019-10", 19, 5, 7),
        ("2020-01", 17, 5, 9),
        ("2020-02", 20, 7, 2),
        ("2020-10", 17, 6, 8),
        ("2021-02", 17, 4, 7),
        ("2026-02", 16, 3, 9),
        ("2026-10", 18, 6, 7),
    ],
)
def test_published_vector_calendar_classes(month: str, workdays: int, weekend: int, holiday: int) -> None:
    assert tally(month) == {"W": workdays, "R": weekend, "H": holiday}


def test_published_vector_calendar_factors() -> None:
    days, means = np.array(list(BASE.values())).T
    assert (days * means).sum() / days.sum() == pytest.approx(10.73770492, abs=1e-8)
    long_enough = day_factors(10 * days, means)  # the vector's factors are those before shrinking
    assert long_enough == pytest.approx(FACTORS, abs=1e-8)
    assert (days * long_enough).sum() / days.sum() == pytest.approx(1.0)


def test_published_factors_of_few_days_are_drawn_towards_one() -> None:
    days, means = np.array(list(BASE.values())).T
    assert day_factors(days, means) == pytest.approx([1.021791, 0.878626, 1.146670], abs=1e-6)


@pytest.mark.parametrize(("month", "expected"), [("2020-02", 156.4021374), ("2021-02", 161.43114504)])
def test_published_vector_calendar_expectation(month: str, expected: float) -> None:
    span = Period.parse(month)
    factors = np.array(FACTORS)[day_classes(span.start, span.end, CHINA)]
    assert 12.0 * 0.5 * 0.9 * factors.sum() == pytest.approx(expected, abs=1e-6)


def test_a_sunday_that_is_worked_is_a_workday_and_a_workless_friday_a_holiday() -> None:
    assert day_classes(dt.date(2020, 1, 19), dt.date(2020, 1, 20), CHINA).tolist() == [WORKDAY]
    assert day_classes(dt.date(2020, 1, 31), dt.date(2020, 2, 1), CHINA).tolist() == [HOLIDAY]


def test_a_year_without_published_calendar_goes_by_monday_to_friday() -> None:
    assert tally("2035-10") == {"W": 23, "R": 8, "H": 0}


def test_another_time_zone_has_no_chinese_holidays() -> None:
    assert tally("2026-10", "Europe/London") == {"W": 22, "R": 9, "H": 0}


def test_an_empty_span_has_no_days() -> None:
    day = dt.date(2026, 10, 1)
    assert day_classes(day, day, CHINA).shape == (0,)


def test_factors_of_no_days_or_no_incidents_are_one() -> None:
    assert day_factors([0, 0, 0], [0, 0, 0]).tolist() == [1.0, 1.0, 1.0]
    assert day_factors([100, 100, 100], [0, 0, 0]).tolist() == [1.0, 1.0, 1.0]


@given(st.lists(st.tuples(st.integers(30, 300), st.floats(0, 50)), min_size=1, max_size=3))
@settings(deadline=None)
def test_factors_of_enough_days_have_the_weighted_mean_one(classes: list[tuple[int, float]]) -> None:
    days, means = (np.array(values, dtype=float) for values in zip(*classes, strict=True))
    factors = day_factors(days, means)
    assert (days * factors).sum() / days.sum() == pytest.approx(1.0)


# --- coverage ---


def test_a_source_covers_its_days_from_the_first_to_the_last() -> None:
    index = one_a_day(days_between("2026-01-01", "2026-03-31"))
    assert source_coverage(index).all()


def test_a_short_gap_is_chance_and_counts_as_zero() -> None:
    days = days_between("2026-01-01", "2026-03-31")
    index = one_a_day(days[:40] + days[45:])
    assert source_coverage(index).all()


def test_a_long_gap_is_silence_on_exactly_its_days() -> None:
    days = days_between("2026-01-01", "2026-06-30")
    index = one_a_day(days[:60] + days[100:])
    covered = source_coverage(index)[0]
    assert np.flatnonzero(~covered).tolist() == list(range(60, 100))


def test_a_source_that_stops_is_silent_from_then_on() -> None:
    days = days_between("2026-01-01", "2026-06-30")
    rows = [(day, "fire", "fire_small") for day in days] + [(day, "police", "theft") for day in days[:90]]
    index = index_of(rows)
    covered = dict(zip(index.sources, source_coverage(index), strict=True))
    assert covered["fire"].all()
    assert np.flatnonzero(~covered["police"]).tolist() == list(range(90, len(days)))


def test_a_source_that_starts_late_did_not_deliver_before() -> None:
    days = days_between("2026-01-01", "2026-06-30")
    rows = [(day, "fire", "fire_small") for day in days] + [(day, "police", "theft") for day in days[90:]]
    index = index_of(rows)
    covered = dict(zip(index.sources, source_coverage(index), strict=True))
    assert np.flatnonzero(~covered["police"]).tolist() == list(range(90))


def test_an_indicator_that_no_source_ever_fed_is_covered_on_no_day() -> None:
    index = one_a_day(days_between("2026-01-01", "2026-01-31"), kind="theft")
    coverage = dict(zip((i.id for i in METHOD.scored), indicator_coverage(index, METHOD), strict=True))
    assert (coverage["ZA1"] == 1).all()
    assert (coverage["JT1"] == 0).all()


def test_a_type_that_the_catalogue_does_not_know_covers_nothing() -> None:
    index = one_a_day(days_between("2026-01-01", "2026-01-31"), kind="raw:Schlägerei")
    assert (indicator_coverage(index, METHOD) == 0).all()


# --- the silent source of the demo city ---


def test_the_planted_silence_is_found_on_its_days_and_nowhere_else(demo_city: CityData) -> None:
    covered = source_coverage(demo_city.index)
    first = demo_city.index.span[0] if demo_city.index.span else None
    assert first is not None
    for name, days in zip(demo_city.index.sources, covered, strict=True):
        silent = {first + dt.timedelta(days=int(k)) for k in np.flatnonzero(~days)}
        if name == "market":
            assert dt.date(2026, 7, 20) in silent
            assert dt.date(2026, 8, 25) in silent
            assert min(silent) >= dt.date(2026, 7, 14)
            assert max(silent) <= dt.date(2026, 8, 31)
        else:
            assert silent == set(), name


@pytest.mark.parametrize("sub_index", ["consumer", "food_drugs"])
def test_a_silent_source_is_missing_and_not_zero(demo_city: CityData, sub_index: str) -> None:
    j = [s.id for s in demo_city.method.sub_indices].index(sub_index)
    in_silence = demo_city.history(demo_city.city, [MARKET_SILENT]).scores
    assert np.isnan(in_silence.sub_score[0, j])
    assert np.isnan(in_silence.sub_interval(j)).all()
    assert band_of(None, demo_city.method.bands) is None
    for usual in ("2026-W26", "2026-W40"):
        there = demo_city.history(demo_city.city, [Period.parse(usual)]).scores
        assert np.isfinite(there.sub_score[0, j])
    streets = demo_city.scores(PlaceLevel.STREET, MARKET_SILENT).scores
    assert np.isnan(streets.sub_score[:, j]).all()


def test_the_composite_goes_without_the_silent_source_and_says_so(demo_city: CityData) -> None:
    silent, usual = (
        demo_city.history(demo_city.city, [Period.parse(week)]).scores for week in ("2026-W32", "2026-W26")
    )
    assert usual.weight_present[0] == pytest.approx(1.0)
    assert silent.weight_present[0] == pytest.approx(1.0 - 0.05 - 0.02)  # what is left of them weighs too little
    assert np.isfinite(silent.score[0])  # 0.93 of the weight is enough


# --- base year ---


@pytest.mark.parametrize(
    ("first", "last", "start", "end"),
    [
        ("2023-11-01", "2026-10-31", "2024-01-01", "2025-01-01"),
        ("2024-01-01", "2024-12-31", "2024-01-01", "2025-01-01"),
        ("2024-01-05", "2024-12-28", "2024-01-01", "2025-01-01"),
        ("2025-11-01", "2026-10-31", "2025-11-01", "2026-11-01"),
        ("2025-11-09", "2026-12-05", "2025-12-01", "2026-12-01"),
        ("2026-03-03", "2026-05-20", "2026-03-03", "2026-05-21"),
        ("2026-03-03", "2026-03-03", "2026-03-03", "2026-03-04"),
    ],
)
def test_the_base_is_a_whole_year_where_there_is_one(first: str, last: str, start: str, end: str) -> None:
    span = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    assert base_span(span) == (dt.date.fromisoformat(start), dt.date.fromisoformat(end))


@given(
    st.dates(dt.date(2004, 1, 1), dt.date(2026, 12, 31)),
    st.integers(0, 1500),
)
@settings(deadline=None)
def test_the_base_is_never_longer_than_a_year_unless_it_is_all(first: dt.date, length: int) -> None:
    last = first + dt.timedelta(days=length)
    start, end = base_span((first, last))
    assert start < end
    assert (end - start).days <= 400
    assert start <= last
    assert end > first


def test_no_incidents_give_no_calibration() -> None:
    assert calibrate(CountIndex.empty(0), METHOD, {"residents": 100.0}, time_zone=CHINA) is None


def test_one_theft_a_day_is_a_rate_of_one_a_day_and_exposure() -> None:
    index = one_a_day(days_between("2025-01-01", "2025-12-31"))
    found = calibrate(index, METHOD, {"residents": 50.0}, time_zone="Europe/London")
    assert found is not None
    assert found.type_rate["theft"] == pytest.approx(1 / 50, rel=1e-3)
    assert found.type_rate["robbery"] == 0.0
    assert set(found.exposure) == {"ZA1"}
    assert found.rate(METHOD)[[i.id for i in METHOD.scored].index("ZA1")] == pytest.approx(2 / 50, rel=1e-3)
    assert np.isnan(found.rate(METHOD)[[i.id for i in METHOD.scored].index("JT1")])


def test_an_indicator_without_its_own_exposure_falls_back_to_residents() -> None:
    index = one_a_day(days_between("2025-01-01", "2025-12-31"), kind="crash_damage")
    assert calibrated(index, {"residents": 50.0}).exposure == {"JT1": "residents"}
    assert calibrated(index, {"residents": 50.0, "road_km": 8.0}).exposure == {"JT1": "road_km"}
    assert calibrated(index, {"firms": 8.0}).exposure == {}


def calibrated(index: CountIndex, exposure: dict[str, float]) -> Calibration:
    found = calibrate(index, METHOD, exposure, time_zone=CHINA)
    assert found is not None
    return found


def test_the_base_year_scores_85_in_the_whole_city(demo_city: CityData) -> None:
    calibration = demo_city.active_calibration
    assert calibration is not None
    months = [Period.parse(text) for text in [f"2025-{m}" for m in (11, 12)] + [f"2026-{m:02d}" for m in range(1, 11)]]
    history = demo_city.history(demo_city.city, months)
    observed, expected = (history.counts @ demo_city.severity).sum(axis=0), np.nansum(history.expected, axis=0)
    silent = ("SY1", "XP1")  # the market's source fell silent
    usual = [i for i, k in enumerate(demo_city.method.indicators) if k.kind == "incident" and k.id not in silent]
    np.testing.assert_allclose(observed[usual] / expected[usual], 1.0, atol=0.02)


def test_a_calibration_survives_its_file(demo_city: CityData) -> None:
    calibration = demo_city.active_calibration
    assert calibration is not None
    assert Calibration.from_toml(calibration.to_toml()) == calibration


def test_a_method_file_without_calibration_has_none() -> None:
    assert Calibration.from_toml("version = '3.0'") is None


@pytest.mark.parametrize(
    "text",
    [
        "[calibration]\nbase_start = 2025-01-01\n",
        "[calibration]\nbase_start = 2025-01-01\nspeed = 3\n",
        "calibration = 3",
        "calibration = []",
    ],
)
def test_an_incomplete_calibration_is_refused_in_both_languages(text: str) -> None:
    with pytest.raises(MethodError) as refused:
        Calibration.from_toml(text)
    assert refused.value.zh
    assert refused.value.en


# --- expected days ---


def test_days_add_up(demo_city: CityData) -> None:
    days = demo_city.expected_days
    assert days is not None
    whole = days.between(dt.date(2026, 3, 1), dt.date(2026, 4, 1))
    parts = [days.between(dt.date(2026, 3, k), dt.date(2026, 3, k) + dt.timedelta(days=1)) for k in range(1, 32)]
    np.testing.assert_allclose(np.sum(parts, axis=0), whole, rtol=1e-9)


def test_before_and_after_the_data_nothing_is_known(demo_city: CityData) -> None:
    days = demo_city.expected_days
    assert days is not None
    assert np.isnan(days.between(dt.date(2020, 1, 1), dt.date(2020, 2, 1))).all()
    assert np.isnan(days.between(dt.date(2027, 1, 1), dt.date(2027, 2, 1))).all()


def test_incidents_that_know_only_their_month_cover_the_whole_month() -> None:
    months = [f"2025-{m:02d}-01" for m in range(1, 13)]
    index = one_a_day(months * 30, precision=TimePrecision.MONTH)
    calibration = calibrated(index, {"residents": 50.0})
    days = ExpectedDays.prepare(index, METHOD, calibration, time_zone="Europe/London")
    column = [i.id for i in METHOD.scored].index("ZA1")
    december = days.between(dt.date(2025, 12, 1), dt.date(2026, 1, 1))[column]
    assert december == pytest.approx(31.0, rel=0.1)


def test_weekend_is_a_class_of_its_own() -> None:
    assert day_classes(dt.date(2026, 3, 7), dt.date(2026, 3, 9), CHINA).tolist() == [WEEKEND, WEEKEND]
