"""What became of what was decided: which days are counted, when it is asked whether it helped, and what it rests on."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from geodata.city import CityData
from geodata.effects.asked import Measure, effect_of
from geodata.errors import SelectionError
from geodata.meeting.outcome import (
    FORMAT,
    Background,
    KnownMeasure,
    _span,
    background_of,
    counted_types,
    earlier_of,
    incidents,
    judged_again,
    measure_of,
    names_of,
    outcome_of,
    usable,
)
from geodata.meeting.record import Decision
from geodata.vocabulary import Period

STREET = "440402006"
JULY, AUGUST = Period.parse("2026-07"), Period.parse("2026-08")
DECIDED = Decision(
    id="1",
    meeting="m",
    problem="问题",
    measure="措施",
    lead="公安局",
    helpers=(),
    deadline="2026-08-28",
    start="2026-08-01",
    place=STREET,
    place_name="香湾街道",
    types=("traffic",),
    types_name="交通安全",
    baseline=100,
    target=80,
)


@pytest.fixture(scope="module")
def months(demo_city: CityData) -> CityData:
    """Return the city as if its incidents were dated by month."""
    return replace(demo_city, index=replace(demo_city.index, precision=list(type(demo_city.index.precision))[-1]))


# --- what is counted ---


def test_sub_indices_stand_for_their_indicators_and_nothing_for_all(demo_city: CityData) -> None:
    traffic = demo_city.method.sub_index("traffic")
    assert traffic is not None
    scored = {indicator.id for indicator in demo_city.method.scored}
    assert counted_types(demo_city, ["traffic"]) == tuple(i.id for i in traffic.indicators if i.id in scored)
    assert counted_types(demo_city, []) == ()
    assert counted_types(demo_city, ["JT1", "JT1"]) == ("JT1",)


def test_what_counts_nothing_is_refused(demo_city: CityData) -> None:
    measured = next(i.id for i in demo_city.method.measured)
    for word in ("nothing", measured):
        with pytest.raises(SelectionError):
            counted_types(demo_city, [word])


def test_incidents_are_those_that_the_city_counts(demo_city: CityData) -> None:
    street = demo_city.find(STREET)
    assert street.level is not None
    whole = demo_city.counts(street.level, JULY.start, JULY.end).places[street.row]
    assert incidents(demo_city, street, [], JULY.start, JULY.end) == whole
    parts = [incidents(demo_city, street, [t], JULY.start, JULY.end) for t in demo_city.index.types]
    assert sum(parts) == whole
    everywhere = incidents(demo_city, demo_city.city, [], JULY.start, JULY.end)
    assert everywhere == demo_city.counts(street.level, JULY.start, JULY.end).total


def test_names_are_told_in_chinese_unless_english_is_asked_for(demo_city: CityData) -> None:
    assert names_of(demo_city, ()) == ""
    assert names_of(demo_city, ("traffic", "JT1")).count("、") == 1
    assert names_of(demo_city, ("traffic", "JT1"), "en").isascii()


# --- which days ---


def test_as_many_days_as_the_baseline_had(demo_city: CityData) -> None:
    span = _span(demo_city, JULY, dt.date(2026, 8, 28))
    assert (span.start, span.end, span.days) == (dt.date(2026, 7, 29), dt.date(2026, 8, 29), 31)


def test_of_months_the_last_whole_ones(months: CityData) -> None:
    assert months.months_only
    assert _span(months, JULY, dt.date(2026, 8, 28)) == replace(JULY, kind=_span(months, JULY, JULY.start).kind)
    ended = _span(months, JULY, dt.date(2026, 8, 31))
    assert (ended.start, ended.end) == (AUGUST.start, AUGUST.end)
    quarter = _span(months, Period.parse("2026-Q2"), dt.date(2026, 9, 30))
    assert (quarter.start, quarter.end) == (dt.date(2026, 7, 1), dt.date(2026, 10, 1))


# --- what is told ---


def test_until_its_deadline_a_decision_is_running(demo_city: CityData) -> None:
    later = replace(DECIDED, deadline="2026-09-15")
    told = outcome_of(demo_city, later, JULY, AUGUST)
    assert (told.state, told.answer, told.evidence) == ("running", "", "")
    assert (told.now_first, told.now_last) == ("2026-08-01", "2026-08-31")
    street = demo_city.find(STREET)
    assert told.now == incidents(demo_city, street, ["traffic"], AUGUST.start, AUGUST.end)


def test_before_its_first_day_nothing_is_counted(demo_city: CityData) -> None:
    told = outcome_of(demo_city, replace(DECIDED, start="2026-09-01", deadline="2026-09-28"), JULY, AUGUST)
    assert (told.state, told.now, told.now_first) == ("running", None, "")


@pytest.mark.parametrize(("more", "state"), [(0, "reached"), (-1, "missed")])
def test_after_its_deadline_the_number_is_held_against_the_target(demo_city: CityData, more: int, state: str) -> None:
    street = demo_city.find(STREET)
    n = incidents(demo_city, street, ["traffic"], dt.date(2026, 7, 29), dt.date(2026, 8, 29))
    told = outcome_of(demo_city, replace(DECIDED, target=n + more), JULY, AUGUST)
    assert (told.state, told.now, told.now_first, told.now_last) == (state, n, "2026-07-29", "2026-08-28")


def test_whether_it_helped_is_asked_of_its_own_days(demo_city: CityData) -> None:
    told = outcome_of(demo_city, DECIDED, JULY, AUGUST)
    effect = effect_of(demo_city, Measure((STREET,), counted_types(demo_city, ["traffic"]), dt.date(2026, 8, 1), 28))
    assert (told.answer, told.why) == (effect.answer.value, effect.why.value)
    assert effect.change is not None
    assert told.observed == effect.change.after
    assert told.ratio == pytest.approx(effect.change.ratio, abs=1e-9)
    assert judged_again(told) == told  # from its evidence alone


def test_another_measure_in_its_place_is_told_of(demo_city: CityData) -> None:
    other = Measure((STREET,), (), dt.date(2026, 8, 10), 20)
    assert outcome_of(demo_city, DECIDED, JULY, AUGUST, [other]).why == "overlap"
    gone = Measure(("no place",), (), dt.date(2026, 8, 10), 20)
    nothing = Measure((STREET,), ("no type",), dt.date(2026, 8, 10), 20)
    assert usable(demo_city, [gone, nothing, other]) == [other]


def test_what_the_city_no_longer_knows_is_unknown(demo_city: CityData) -> None:
    for gone in (replace(DECIDED, place="gone"), replace(DECIDED, types=("gone",))):
        told = outcome_of(demo_city, gone, JULY, AUGUST)
        assert (told.state, told.now, told.answer) == ("unknown", None, "")


def test_beyond_the_data_nothing_is_known(demo_city: CityData) -> None:
    december = Period.parse("2026-12")
    told = outcome_of(demo_city, replace(DECIDED, start="2026-11-20", deadline="2026-12-10"), JULY, december)
    assert (told.state, told.now, told.answer) == ("unknown", None, "")


def test_a_measure_lasts_from_its_first_day_to_its_deadline(demo_city: CityData) -> None:
    assert measure_of(demo_city, DECIDED).days == 28
    assert measure_of(demo_city, replace(DECIDED, deadline="2026-08-01")).days == 1


# --- what outcomes rest on ---


def test_the_background_is_enough_to_count_them_again(demo_city: CityData) -> None:
    other = replace(DECIDED, id="2", types=(), deadline="2026-08-20")
    unknown = replace(DECIDED, id="3", place="gone")
    found = background_of(demo_city, [DECIDED, other, unknown], {"1": "2026-07"})
    assert len(found.measures) == 2  # what nobody knows touches nothing
    again = Background.from_json(found.to_json())
    assert again == found
    (earlier,) = earlier_of(demo_city, [DECIDED], AUGUST, again)
    assert earlier.outcome.why == "overlap"
    alone = Background(FORMAT, (), (("1", "2026-07"),))
    assert earlier_of(demo_city, [DECIDED], AUGUST, alone)[0].outcome.why != "overlap"


def test_a_background_without_a_period_is_refused(demo_city: CityData) -> None:
    with pytest.raises(SelectionError):
        earlier_of(demo_city, [DECIDED], AUGUST, Background(FORMAT, (KnownMeasure(("",), (), "2026-08-01", 3),), ()))
