"""The ledger of alerts: no rule without its exam, nothing said twice or changed afterwards."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geodata.alerts import book
from geodata.alerts.book import Alert, Feedback
from geodata.alerts.exam import Exam, examine
from geodata.alerts.rules import AlertLevel, Ears, NegativeBinomial
from geodata.alerts.series import weekly_series
from geodata.city import CityData
from geodata.errors import CityError, SelectionError
from geodata.store import Store
from geodata.vocabulary import Period, PlaceLevel

STREET = PlaceLevel.STREET
RULE = NegativeBinomial()
ALERT = Alert(
    rule=RULE.name,
    parameters=RULE.parameters,
    place_id="440402001",
    level_of_place=STREET,
    indicator="ZA1",
    period=Period.parse("2026-W40"),
    level=AlertLevel.ORANGE,
    p=0.0004,
    adjusted=0.02,
    statistic=9.5,
    expected=4.5,
    observed=14,
    method_version="3.0",
    data_version="abc",
)
EVER = (dt.date(2000, 1, 1), dt.date(2100, 1, 1))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return an empty city folder."""
    return Store(tmp_path / "city")


@pytest.fixture(scope="module")
def paper() -> Exam:
    """Return an exam paper of a rule that could judge."""
    expected = np.full((5, 120), 3.0)
    return examine(RULE, np.random.default_rng(0).poisson(expected).astype(np.int64), expected)


def test_a_rule_without_an_exam_of_exactly_these_parameters_and_level_is_refused(
    store: Store, paper: Exam, demo_city: CityData
) -> None:
    with pytest.raises(CityError, match="回测"):
        book.switch_on(store, RULE, STREET)
    book.examined(store, RULE, paper, level=STREET, city=demo_city)
    for rule, level in ((replace(RULE, orange=0.002), STREET), (RULE, PlaceLevel.COMMUNITY), (Ears(), STREET)):
        with pytest.raises(CityError, match="回测"):
            book.switch_on(store, rule, level)
    book.switch_on(store, RULE, STREET)
    assert [each.switched_on for each in book.rules(store)] == [True]


def test_an_exam_that_judged_nothing_proves_nothing(store: Store, paper: Exam, demo_city: CityData) -> None:
    book.examined(store, RULE, replace(paper, judged=0), level=STREET, city=demo_city)
    with pytest.raises(CityError, match="数据太短"):
        book.switch_on(store, RULE, STREET)
    assert not book.rules(store)[0].switched_on


def test_of_a_rule_one_set_of_parameters_speaks_on_a_level(store: Store, paper: Exam, demo_city: CityData) -> None:
    other = replace(RULE, orange=0.002)
    for rule, level in ((RULE, STREET), (other, STREET), (RULE, PlaceLevel.COMMUNITY)):
        book.examined(store, rule, paper, level=level, city=demo_city)
        book.switch_on(store, rule, level)
    assert {(each.rule, each.level_of_place) for each in book.rules(store) if each.switched_on} == {
        (other, STREET),
        (RULE, PlaceLevel.COMMUNITY),
    }
    book.switch_off(store, RULE, STREET)
    assert {each.level_of_place for each in book.rules(store) if each.switched_on} == {PlaceLevel.COMMUNITY}


def test_a_newer_exam_takes_the_place_of_the_older_and_leaves_the_rule_on(
    store: Store, paper: Exam, demo_city: CityData
) -> None:
    book.examined(store, RULE, paper, level=STREET, city=demo_city)
    book.switch_on(store, RULE, STREET)
    book.examined(store, RULE, replace(paper, hits=99), level=STREET, city=demo_city)
    (kept,) = book.rules(store)
    assert (kept.exam.hits, kept.switched_on) == (99, True)
    assert (kept.method_version, kept.data_version) == (demo_city.method.version, demo_city.data_version)


def test_an_alert_comes_back_as_it_was_recorded(store: Store) -> None:
    assert book.record(store, [ALERT]) == 1
    (kept,) = book.alerts(store, *EVER)
    assert kept.id > 0
    assert kept.made_at
    assert replace(kept, id=0, made_at="") == ALERT


def test_what_was_said_is_said_once_and_stands(store: Store) -> None:
    later = replace(ALERT, level=AlertLevel.RED, observed=20, data_version="def")
    other = replace(ALERT, indicator="ZA2")
    assert book.record(store, [ALERT]) == 1
    assert book.record(store, [later, other]) == 1
    assert book.record(store, []) == 0
    kept = {each.indicator: each for each in book.alerts(store, *EVER)}
    assert (kept["ZA1"].level, kept["ZA1"].observed) == (AlertLevel.ORANGE, 14)


def test_two_levels_may_share_an_id(store: Store) -> None:
    assert book.record(store, [ALERT, replace(ALERT, level_of_place=PlaceLevel.COMMUNITY)]) == 2


def test_numbers_that_a_rule_does_not_have_stay_unknown(store: Store) -> None:
    book.record(store, [replace(ALERT, p=math.nan, adjusted=math.nan, expected=math.nan)])
    (kept,) = book.alerts(store, *EVER)
    assert all(math.isnan(number) for number in (kept.p, kept.adjusted, kept.expected))


def test_alerts_are_chosen_by_first_day_and_place_newest_and_gravest_first(store: Store) -> None:
    week = ALERT.period
    red = replace(ALERT, place_id="440402002", level=AlertLevel.RED)
    newer = replace(ALERT, period=week.next(), level=AlertLevel.YELLOW)
    book.record(store, [ALERT, red, newer])
    assert [each.level for each in book.alerts(store, *EVER)] == [1, 3, 2]
    assert len(book.alerts(store, week.start, week.next().start)) == 2
    assert book.alerts(store, week.start - dt.timedelta(days=7), week.start) == []
    assert [each.period for each in book.alerts(store, *EVER, place_ids={"440402001"})] == [week.next(), week]
    assert book.alerts(store, *EVER, place_ids=[]) == []


def test_answers_make_the_precision_of_a_month(store: Store) -> None:
    weeks = [Period.parse(f"2026-W{week}") for week in (36, 37, 38, 39)]
    book.record(store, [replace(ALERT, period=week) for week in weeks])
    kept = sorted(book.alerts(store, *EVER), key=lambda each: each.period)
    for each, feedback in zip(kept, (Feedback.TRUE, Feedback.HANDLED, Feedback.FALSE), strict=False):
        book.answer(store, each.id, feedback)
    assert book.answers(store) == [
        book.Answers("2026-09", RULE.name, 3, 1, 1),
        book.Answers("2026-08", RULE.name, 1, 1, 0),
    ]
    assert book.answers(store)[0].precision == 0.5
    assert math.isnan(book.Answers("2026-09", RULE.name, 3, 0, 0).precision)
    with pytest.raises(SelectionError, match="预警"):
        book.answer(store, 999, Feedback.TRUE)


def test_a_judgement_of_a_city_becomes_alerts(demo_city: CityData, store: Store) -> None:
    series = weekly_series(demo_city, STREET)
    series.observed[7, -1] += 200
    series.observed[3, -1] += 90
    made = book.alerts_of(RULE, RULE.judge(series.observed, series.expected), series, demo_city)
    assert [each.level for each in made[:2]] == [AlertLevel.RED, AlertLevel.RED]
    concerned = {(demo_city.places["place_id"].iloc[series.place(k)], series.indicator(k)) for k in (7, 3)}
    assert {(each.place_id, each.indicator) for each in made} >= concerned
    assert all(each.period == series.periods[-1] and each.data_version == demo_city.data_version for each in made)
    assert book.record(store, made) == len(made)
    assert {each.place_id for each in book.alerts(store, *EVER)} == {each.place_id for each in made}


def test_alerts_do_not_change_the_version_of_the_data(store: Store) -> None:
    before = store.data_version()
    book.record(store, [ALERT])
    assert store.data_version() == before
