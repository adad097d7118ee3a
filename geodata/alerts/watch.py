"""Let rules work on a city: sit their exam, and judge the latest whole weeks, night by night."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geodata.alerts import book
from geodata.alerts.book import Alert, ExaminedRule
from geodata.alerts.exam import Exam, examine
from geodata.alerts.rules import Rule
from geodata.alerts.series import PlaceSeries, place_series, weekly_series, whole_weeks
from geodata.city import CityData
from geodata.errors import CityError
from geodata.store import Store
from geodata.vocabulary import Period, PlaceLevel

EXAMINED = 104
"""Weeks of an exam: 24 months."""
HISTORY = 5 * 52 + 4
"""Weeks before a judged one that the rule with the longest memory, Farrington's, wants."""


@dataclass(frozen=True)
class Run:
    """What a rule said about some weeks."""

    rule: ExaminedRule
    weeks: tuple[Period, ...]
    judged: int
    """Series of the last of the weeks that it could judge."""
    alerts: tuple[Alert, ...]
    """Newest week first, in it the gravest first."""
    new: int
    """As many of them were not in the ledger before."""


def examine_rule(store: Store, city: CityData, rule: Rule, level: PlaceLevel) -> Exam:
    """Let a rule sit its exam on a city's last 24 months, and keep the paper.

    Raises
    ------
    SelectionError
        If the city has no whole week.
    """
    series = weekly_series(city, level, weeks=EXAMINED + HISTORY)
    paper = examine(rule, series.observed, series.expected, periods=EXAMINED)
    book.examined(store, rule, paper, level=level, city=city)
    return paper


def run_rules(store: Store, city: CityData, *, weeks: int = 1) -> list[Run]:
    """Let every rule that is switched on judge the last whole weeks, and record what is new.

    Each week is judged from what it and those before it hold, under the method of its time. What was recorded of a
    series and week stands, whatever is said now; so a run that is repeated adds nothing.

    Raises
    ------
    CityError
        If no rule is switched on.
    SelectionError
        If the city has no whole week.
    """
    on = [rule for rule in book.rules(store) if rule.switched_on]
    if not on:
        raise CityError(
            "没有启用的预警规则；请先用 alerts exam 回测一条规则，再用 alerts on 启用。",
            "no rule is switched on: examine one with `alerts exam`, then switch it on with `alerts on`.",
        )
    periods = whole_weeks(city, weeks=weeks + HISTORY)
    runs = [_run(store, city, rule, periods, min(weeks, len(periods))) for rule in on]
    book.judged(store, periods[-1])
    return runs


def _run(store: Store, city: CityData, rule: ExaminedRule, periods: list[Period], weeks: int) -> Run:
    counted: dict[str, PlaceSeries] = {}
    alerts: list[Alert] = []
    n_judged = 0
    for n in range(len(periods) - weeks + 1, len(periods) + 1):
        then = city.at(periods[n - 1])
        version = then.method.version
        if version not in counted:
            counted[version] = place_series(then, rule.level_of_place, periods)
        series = counted[version].until(n)
        judgement = rule.rule.judge(series.observed, series.expected, series.red_line[:, -1])
        alerts = book.alerts_of(rule.rule, judgement, series, then) + alerts
        n_judged = int(np.isfinite(judgement.statistic).sum())
    new = book.record(store, alerts)
    return Run(rule, tuple(periods[-weeks:]), n_judged, tuple(alerts), new)
