"""A meeting is prepared from what the map page shows: scores, changes, tests, points, and how they are written."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import written
from geodata.alerts.book import Told
from geodata.city import CityData
from geodata.meeting import changes
from geodata.meeting.briefing import Change
from geodata.meeting.prepare import prepare
from geodata.vocabulary import Period
from layers.maps import values
from layers.panels.headline import count_is_sure
from layers.panels.reasons import closed, entries
from layers.panels.story import Story, story
from layers.view import TOTAL, ViewState

MONTHS = ("2026-05", "2026-08", "2026-10")
PLACES = ("440402001", "440402006", "440403001", "440402", "")


def told(city: CityData, token: str, month: str, compare: str = "previous", sub_index: str = TOTAL) -> Story:
    period = Period.parse(month)
    return story(ViewState(period, token, compare=compare, sub_index=sub_index), city)


@given(st.floats(-1e6, 1e6), st.integers(0, 2))
@settings(deadline=None)
def test_a_written_number_can_be_read_back(value: float, digits: int) -> None:
    assert written.read_back(written.decimal(value, digits)) == pytest.approx(value, abs=0.5 * 10**-digits + 1e-9)


@pytest.mark.parametrize("token", PLACES)
def test_scores_and_their_changes_are_those_of_the_page(demo_city: CityData, token: str) -> None:
    for month in MONTHS:
        made = prepare(demo_city, Told(), demo_city.find(token), Period.parse(month))
        for name in ("previous", "year_ago"):
            page = told(demo_city, token, month, name)
            records = [(TOTAL, made.score), *((front.id, front.score) for front in made.fronts)]
            for sub_index, record in records:
                judged, change = page.judged(sub_index), getattr(record, name)
                assert (
                    record.value == pytest.approx(judged.score) if record.value is not None else np.isnan(judged.score)
                )
                if record.value is not None:
                    assert (record.low, record.high) == pytest.approx((judged.low, judged.high))
                    assert record.band == judged.band
                same(change, page.change(sub_index), page.is_sure(sub_index))


def same(change: Change, difference: float, sure: bool) -> None:
    if change.difference is None:
        assert np.isnan(difference)
    else:
        assert change.difference == pytest.approx(difference, abs=1e-8)
        assert change.sure == sure


@pytest.mark.parametrize("token", PLACES)
def test_numbers_of_incidents_and_their_tests_are_those_of_the_page(demo_city: CityData, token: str) -> None:
    for month in MONTHS:
        made = prepare(demo_city, Told(), demo_city.find(token), Period.parse(month))
        records = [(TOTAL, made.total), *((front.id, front.count) for front in made.fronts)]
        for sub_index, record in records:
            if record is None:
                continue
            page = told(demo_city, token, month, sub_index=sub_index)
            (now, _), before = page.counts(page.view), page.compared_counts(page.view)
            assert record.n == now.sum()
            change = record.previous
            if before is None:
                assert change.difference is None or not np.isfinite(page.change(sub_index))
            elif change.why_not != "few":
                assert change.difference == now.sum() - before.sum()
                assert change.sure == count_is_sure(page, int(before.sum()), int(now.sum()))


@pytest.mark.parametrize("token", PLACES)
def test_points_are_those_of_the_pages_table(demo_city: CityData, token: str) -> None:
    for month in MONTHS:
        made, page = (
            prepare(demo_city, Told(), demo_city.find(token), Period.parse(month)),
            told(demo_city, token, month),
        )
        why = page.why(TOTAL)
        assert why is not None
        assert made.why.change is not None
        lines = closed(entries(page, why), made.why.change)
        of_page = {line.effect.sub_index: (line.happened, line.base) for line in lines if line.effect is not None}
        of_meeting = {cause.sub_index: (cause.happened, cause.base) for cause in made.why.causes if cause.happened}
        for sub_index, points in of_meeting.items():
            assert points == pytest.approx(of_page[sub_index], abs=1e-9)


def test_usual_days_are_those_of_the_page(demo_city: CityData) -> None:
    may = Period.parse("2026-05")
    for sub_index in ("traffic", "public_order", "ecology"):
        sub = demo_city.method.sub_index(sub_index)
        assert sub is not None
        types = tuple(kind.id for indicator in sub.indicators for kind in indicator.types)
        of_page = values.usual_days(demo_city, may, ViewState(may, sub_index=sub_index))
        assert changes.usual_days(demo_city, may, types) == pytest.approx(of_page)
    assert changes.usual_days(demo_city, may) == pytest.approx(values.usual_days(demo_city, may, ViewState(may)))
