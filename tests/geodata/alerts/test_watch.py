"""Rules at work: examined before they speak, run night by night, right about what is planted, careful about chance."""

from __future__ import annotations

import datetime as dt
import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geodata.alerts import book
from geodata.alerts.exam import replay
from geodata.alerts.rules import AlertLevel, Farrington, NegativeBinomial, PoissonCusum
from geodata.alerts.series import weekly_series
from geodata.alerts.watch import EXAMINED, HISTORY, examine_rule, run_rules
from geodata.city import CityData, read_city
from geodata.counts import CountIndex
from geodata.errors import CityError, SelectionError
from geodata.store import Store
from geodata.vocabulary import PlaceLevel

STREET, COMMUNITY = PlaceLevel.STREET, PlaceLevel.COMMUNITY
EVER = (dt.date(2000, 1, 1), dt.date(2100, 1, 1))
RULE = NegativeBinomial()
LOOSE = NegativeBinomial(yellow=0.1, orange=0.05, false_share=1.0)
"""Speaks often, so that there is something to compare."""


@pytest.fixture
def store(demo_folder: Path, tmp_path: Path) -> Store:
    """Return a demo city of one's own, in which nothing has been said yet."""
    store = Store(Path(shutil.copytree(demo_folder, tmp_path / "city")))
    with store.ledger() as ledger:
        for table in ("alert", "alert_rule"):
            ledger.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
        ledger.execute("DELETE FROM setting WHERE key = 'alerts_judged'")
    return store


def test_without_a_rule_that_is_on_nothing_is_judged(store: Store, demo_city: CityData) -> None:
    examine_rule(store, demo_city, RULE, STREET)
    with pytest.raises(CityError, match="没有启用"):
        run_rules(store, demo_city)
    assert book.judged_until(store) is None


def test_an_exam_is_kept_with_what_it_rests_on(store: Store, demo_city: CityData) -> None:
    paper = examine_rule(store, demo_city, RULE, STREET)
    (kept,) = book.rules(store)
    assert kept.exam.to_json() == paper.to_json()
    assert (kept.method_version, kept.data_version) == (demo_city.method.version, demo_city.data_version)
    assert paper.periods == min(EXAMINED, len(weekly_series(demo_city, STREET).periods))


def test_a_run_that_is_repeated_adds_nothing(store: Store, demo_city: CityData) -> None:
    examine_rule(store, demo_city, LOOSE, STREET)
    book.switch_on(store, LOOSE, STREET)
    (first,), (again,) = (run_rules(store, demo_city, weeks=6) for _ in range(2))
    assert first.alerts == again.alerts
    assert (first.new, again.new) == (len(first.alerts), 0)
    assert len(book.alerts(store, *EVER)) == len(first.alerts) > 0
    assert book.judged_until(store) == first.weeks[-1] == weekly_series(demo_city, STREET).periods[-1]


def test_weeks_made_up_for_are_judged_as_they_would_have_been(store: Store, demo_city: CityData) -> None:
    examine_rule(store, demo_city, LOOSE, STREET)
    book.switch_on(store, LOOSE, STREET)
    (run,) = run_rules(store, demo_city, weeks=8)
    series = weekly_series(demo_city, STREET)
    for week in run.weeks:
        then = weekly_series(demo_city, STREET, until=week.end - dt.timedelta(days=1))
        levels = LOOSE.judge(then.observed, then.expected, then.red_line[:, -1]).level
        assert [each.level for each in run.alerts if each.period == week] == sorted(levels[levels > 0], reverse=True)
    assert run.judged == np.isfinite(series.expected[:, -1]).sum()


def test_a_rule_speaks_of_its_level_only(store: Store, demo_city: CityData) -> None:
    for level in (STREET, PlaceLevel.DISTRICT):
        examine_rule(store, demo_city, LOOSE, level)
        book.switch_on(store, LOOSE, level)
    runs = run_rules(store, demo_city, weeks=6)
    assert [run.rule.level_of_place for run in runs] == [PlaceLevel.DISTRICT, STREET]
    assert all(alert.level_of_place is run.rule.level_of_place for run in runs for alert in run.alerts)


def test_more_weeks_than_there_are_are_all_of_them(store: Store, demo_city: CityData) -> None:
    examine_rule(store, demo_city, RULE, STREET)
    book.switch_on(store, RULE, STREET)
    (run,) = run_rules(store, demo_city, weeks=104)
    assert run.weeks == weekly_series(demo_city, STREET).periods


def test_a_city_without_a_whole_week_says_so(store: Store, demo_city: CityData) -> None:
    examine_rule(store, demo_city, RULE, STREET)
    book.switch_on(store, RULE, STREET)
    empty = replace(demo_city, index=CountIndex.empty(len(demo_city.places)))
    with pytest.raises(SelectionError, match="不足一整周"):
        run_rules(store, empty)
    with pytest.raises(SelectionError, match="不足一整周"):
        examine_rule(store, empty, RULE, STREET)


def test_the_longest_memory_is_that_of_farrington() -> None:
    rule = Farrington()
    assert rule.years * rule.year + rule.half_width < HISTORY


# --- the demo city ---


def test_the_demo_city_has_examined_rules_that_have_judged_a_quarter(demo_folder: Path, demo_city: CityData) -> None:
    store = Store(demo_folder)
    on = [each for each in book.rules(store) if each.switched_on]
    assert [(each.rule, each.level_of_place) for each in on] == [(RULE, STREET)]  # a year is too short for the drift
    assert book.judged_until(store) == weekly_series(demo_city, STREET).periods[-1]
    assert [run.new for run in run_rules(store, read_city(store), weeks=13)] == [0]


def test_a_red_line_is_told_apart_from_counts(demo_folder: Path, demo_city: CityData) -> None:
    series = weekly_series(demo_city, STREET)
    alerts = book.alerts(Store(demo_folder), *EVER)
    of_red_line = {(a.place_id, a.indicator, str(a.period)) for a in alerts if a.of_red_line}
    ids = demo_city.places["place_id"].to_numpy()
    weeks = [(k, t) for k, t in zip(*series.red_line.nonzero(), strict=True) if t >= len(series.periods) - 13]
    assert of_red_line == {(ids[series.place(k)], series.indicator(k), str(series.periods[t])) for k, t in weeks}
    assert of_red_line


@pytest.mark.parametrize(
    ("level", "p", "adjusted", "red_line"),
    [
        (AlertLevel.RED, 0.00005, 0.02, False),
        (AlertLevel.RED, 0.00005, 0.5, True),
        (AlertLevel.RED, 0.3, 1.0, True),
        (AlertLevel.RED, math.nan, math.nan, True),
        (AlertLevel.ORANGE, 0.0005, 0.02, False),
    ],
)
def test_red_is_of_a_red_line_where_the_counts_alone_are_not(
    demo_folder: Path, level: AlertLevel, p: float, adjusted: float, *, red_line: bool
) -> None:
    alert = book.alerts(Store(demo_folder), *EVER)[0]
    assert replace(alert, level=level, p=p, adjusted=adjusted).of_red_line is red_line
    drift = PoissonCusum()  # has no red of its own
    changed = replace(alert, rule=drift.name, parameters=drift.parameters, level=level, p=math.nan, adjusted=math.nan)
    assert changed.of_red_line is (level is AlertLevel.RED)


def test_the_growing_hotspot_is_seen_in_its_community(demo_folder: Path, demo_city: CityData) -> None:
    (planted,) = json.loads((demo_folder / "truths.json").read_text())["emerging"]
    series = weekly_series(demo_city, COMMUNITY)
    rule = PoissonCusum(run=20)  # a year has no room for more
    level = replay(rule, series.observed, series.expected, periods=4).level
    ids = demo_city.places["place_id"].to_numpy()
    seen = [(ids[series.place(k)], series.indicator(k)) for k in np.flatnonzero((level > 0).all(axis=1)).tolist()]
    indicator = next(i.id for i in demo_city.method.scored if any(t.id in planted["types"] for t in i.types))
    assert [(place[:9], what) for place, what in seen] == [(planted["place_ids"][0], indicator)]


def test_a_measure_that_worked_is_no_alert(demo_folder: Path, demo_city: CityData) -> None:
    measure = json.loads((demo_folder / "truths.json").read_text())["intervention"]
    counts = [each.indicator for each in book.alerts(Store(demo_folder), *EVER) if each.place_id == measure["place_id"]]
    fallen = [i.id for s in demo_city.method.sub_indices if s.id in measure["factors"] for i in s.indicators]
    assert not set(counts) & set(fallen)


# --- chance ---


def test_where_nothing_happens_but_chance_alerts_are_as_few_as_promised(demo_city: CityData) -> None:
    series = weekly_series(demo_city, STREET)
    known = np.nan_to_num(series.expected)
    weeks, alerts, likely, judged = 40, 0, 0, 0
    for seed in range(3):
        counts = np.random.default_rng(seed).poisson(known).astype(np.int64)
        said = replay(RULE, counts, series.expected, periods=weeks)
        alerts += int((said.level > 0).any(axis=0).sum())
        p = np.array([each.p for each in said.evidence[said.lead :]])
        often = series.expected[:, -weeks:].T >= 10  # of few incidents p is far from continuous
        likely, judged = likely + int((p[often] < 0.05).sum()), judged + int(often.sum())
    promised = 2 * RULE.false_share  # two tests, each of all series of a week
    assert alerts / (3 * weeks) <= promised + 3 * math.sqrt(promised / (3 * weeks))
    assert likely / judged <= 0.05 + 3 * math.sqrt(0.05 / judged)
    assert likely / judged >= 0.03  # careful, for the usual is only estimated, but not blind
