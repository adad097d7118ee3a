"""Periods at odd places of the calendar, and levels from coarse to fine."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.errors import SelectionError
from geodata.vocabulary import LEVELS, Period, PeriodKind, PlaceLevel

days = st.dates(min_value=dt.date(2, 1, 1), max_value=dt.date(9998, 12, 31))
kinds = st.sampled_from(list(PeriodKind))


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2024-02-29", "2024-02-29", "2024-03-01"),
        ("2026-12-31", "2026-12-31", "2027-01-01"),
        ("2026-W53", "2026-12-28", "2027-01-04"),
        ("2025-W01", "2024-12-30", "2025-01-06"),
        ("2024-02", "2024-02-01", "2024-03-01"),
        ("2026-12", "2026-12-01", "2027-01-01"),
        ("2026-Q1", "2026-01-01", "2026-04-01"),
        ("2026-Q4", "2026-10-01", "2027-01-01"),
        ("2024", "2024-01-01", "2025-01-01"),
    ],
)
def test_a_period_runs_from_its_first_day_to_the_day_before_its_end(text: str, start: str, end: str) -> None:
    period = Period.parse(text)
    assert (period.start.isoformat(), period.end.isoformat(), str(period)) == (start, end, text)


@pytest.mark.parametrize(
    ("text", "before", "after", "year_ago"),
    [
        ("2024-02-29", "2024-02-28", "2024-03-01", "2023-02-28"),
        ("2024-03-01", "2024-02-29", "2024-03-02", "2023-03-01"),
        ("2025-02-28", "2025-02-27", "2025-03-01", "2024-02-28"),
        ("2026-01-01", "2025-12-31", "2026-01-02", "2025-01-01"),
        ("2026-W53", "2026-W52", "2027-W01", "2025-W52"),
        ("2027-W01", "2026-W53", "2027-W02", "2026-W01"),
        ("2021-W01", "2020-W53", "2021-W02", "2020-W01"),
        ("2026-W41", "2026-W40", "2026-W42", "2025-W41"),
        ("2026-01", "2025-12", "2026-02", "2025-01"),
        ("2025-02", "2025-01", "2025-03", "2024-02"),
        ("2026-Q1", "2025-Q4", "2026-Q2", "2025-Q1"),
        ("2025-Q4", "2025-Q3", "2026-Q1", "2024-Q4"),
        ("2024", "2023", "2025", "2023"),
    ],
)
def test_a_period_knows_its_neighbours_and_the_year_before(text: str, before: str, after: str, year_ago: str) -> None:
    period = Period.parse(text)
    assert (str(period.previous()), str(period.next()), str(period.year_ago())) == (before, after, year_ago)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "2026-10 ",
        "2026-10\n",
        "26-10",
        "2026-13",
        "2026-00",
        "2025-02-29",
        "2026-02-30",
        "2026-W00",
        "2025-W53",
        "2026-W54",
        "2026-w41",
        "2026-Q0",
        "2026-Q5",
        "2026-q4",
        "0000",
        "9999",
        "9999-12-31",
        "2026-10-05/2026-10-06",
        "month",
        "2026年10月",
        "-2026",
    ],
)
def test_what_is_no_period_is_refused_in_both_languages(text: str) -> None:
    with pytest.raises(SelectionError) as refused:
        Period.parse(text)
    assert refused.value.zh.endswith("。")
    assert refused.value.en.endswith(".")


def test_a_long_nonsense_period_is_cut_in_the_message() -> None:
    with pytest.raises(SelectionError) as refused:
        Period.parse("x" * 10_000)
    assert len(refused.value.en) < 200


@given(days, kinds)
def test_the_text_of_a_period_reads_back_as_the_same_period(day: dt.date, kind: PeriodKind) -> None:
    period = Period.containing(day, kind)
    assert Period.parse(str(period)) == period


@given(days, kinds)
def test_periods_of_a_kind_tile_the_calendar(day: dt.date, kind: PeriodKind) -> None:
    period = Period.containing(day, kind)
    assert period.start <= day < period.end
    assert period.days == (period.end - period.start).days > 0
    assert Period.containing(period.start, kind) == Period.containing(period.end - dt.timedelta(days=1), kind) == period
    assert period.next().start == period.end
    assert period.next().previous() == period


@given(st.dates(min_value=dt.date(1900, 1, 1), max_value=dt.date(2200, 12, 31)), kinds)
def test_the_year_before_is_of_the_same_kind_and_about_a_year_earlier(day: dt.date, kind: PeriodKind) -> None:
    period = Period.containing(day, kind)
    earlier = period.year_ago()
    assert earlier.kind is kind
    assert 350 <= (period.start - earlier.start).days <= 373


def test_levels_run_from_coarse_to_fine() -> None:
    assert [level.value for level in LEVELS] == ["district", "street", "community", "grid_cell"]
    assert [level.depth for level in LEVELS] == [0, 1, 2, 3]
    assert PlaceLevel("street") is PlaceLevel.STREET
