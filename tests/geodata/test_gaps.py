"""Gaps of sources: cut to the period, told of what they report, and weighed by what is missing for them."""

from __future__ import annotations

import datetime as dt

import pytest

from geodata.city import CityData
from geodata.gaps import gaps, is_uneven, missing_share
from geodata.vocabulary import Period

SILENT = Period.parse("2026-07-14..2026-08-30")
"""The market authority of the demo city sent nothing on these days."""


def test_a_gap_is_cut_to_the_period(demo_city: CityData) -> None:
    (whole,) = gaps(demo_city, Period.parse("2026-06-01..2026-10-31"))
    assert (whole.source, whole.span) == ("market", SILENT)
    (august,) = gaps(demo_city, Period.parse("2026-08"))
    assert str(august.span) == "2026-08-01..2026-08-30"
    (day,) = gaps(demo_city, Period.parse("2026-07-20"))
    assert str(day.span) == "2026-07-20"
    assert gaps(demo_city, Period.parse("2026-08-31")) == []
    assert gaps(demo_city, Period.parse("2026-06")) == []


def test_a_gap_is_told_of_what_its_source_reports(demo_city: CityData) -> None:
    august = Period.parse("2026-08")
    assert gaps(demo_city, august, demo_city.types_of("food_drugs"))
    assert gaps(demo_city, august, demo_city.types_of("traffic")) == []
    assert gaps(demo_city, august, demo_city.find_types([])) == []


def test_the_missing_share_is_that_of_the_silent_days(demo_city: CityData) -> None:
    consumer = demo_city.types_of("consumer")
    assert consumer is not None
    by_source = demo_city.index.source_types()[:, consumer].sum(axis=1)
    market = by_source[demo_city.index.sources.index("market")] / by_source.sum()
    assert missing_share(demo_city, Period.parse("2026-08"), consumer) == pytest.approx(market * 30 / 31)
    assert missing_share(demo_city, Period.parse("2026-06"), consumer) == 0.0
    assert missing_share(demo_city, Period.parse("2026-08")) < 0.02


def test_days_before_the_data_begin_are_missing(demo_city: CityData) -> None:
    assert demo_city.index.span is not None
    first = demo_city.index.span[0]
    before = Period.parse(f"{first - dt.timedelta(days=10)}..{first + dt.timedelta(days=9)}")
    assert missing_share(demo_city, before) == pytest.approx(0.5)


def test_numbers_are_uneven_where_one_period_lacks_what_the_other_has(demo_city: CityData) -> None:
    food, june, august = demo_city.types_of("food_drugs"), Period.parse("2026-06"), Period.parse("2026-08")
    assert is_uneven(demo_city, august, june, food)
    assert is_uneven(demo_city, june, august, food)
    assert not is_uneven(demo_city, june, Period.parse("2026-05"), food)
    assert not is_uneven(demo_city, august, june)  # of all incidents it is too little to matter
    assert not is_uneven(demo_city, august, june, demo_city.types_of("traffic"))
