"""Exam papers: replays agree with judgements made on the day, planted rises are found, chance is counted as such."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from geodata.alerts.exam import AFTER, Exam, examine, replay
from geodata.alerts.rules import (
    AlertLevel,
    Counts,
    Ears,
    Ewma,
    Farrington,
    NegativeBinomial,
    PoissonCusum,
    Rule,
    Values,
)

WEEKS = 160


def by_chance(n_series: int = 60, usual: float = 3.0, seed: int = 0) -> tuple[Counts, Values]:
    """Return Poisson series at their expectation."""
    expected = np.full((n_series, WEEKS), usual)
    return np.random.default_rng(seed).poisson(expected).astype(np.int64), expected


@pytest.mark.parametrize("rule", [NegativeBinomial(), Farrington(), PoissonCusum(), Ewma(), Ears("C3", limit=2.0)])
def test_a_replay_says_what_the_rule_would_have_said_on_the_day(rule: Rule) -> None:
    counts, expected = by_chance(12, seed=4)
    counts[3, 140:144] += 20
    expected[5, 100:120] = np.nan
    found = replay(rule, counts, expected, periods=30)
    assert found.level.shape == (12, 30)
    for k in range(30):
        end = WEEKS - 30 + k + 1
        np.testing.assert_array_equal(found.level[:, k], rule.judge(counts[:, :end], expected[:, :end]).level)
    assert found.level[3].any()


def test_a_rise_that_lasts_is_a_hit_and_one_odd_week_is_none() -> None:
    counts, expected = np.full((2, WEEKS), 4, dtype=np.int64), np.full((2, WEEKS), 4.0)
    counts[0, 120:130] = 14  # it lasts
    counts[1, 120] = 20  # it does not
    paper = examine(NegativeBinomial(), counts, expected)
    assert (paper.new_alerts, paper.tried, paper.hits, paper.precision) == (2, 2, 1, 0.5)
    assert paper.alerts > 2  # the one that lasts is told again
    assert paper.seen_later == 1
    assert paper.lead_time == 1.0  # 14 + 4 + 4 + 4 is not twice 16; a week later 36 is


def test_an_alert_in_the_last_weeks_cannot_be_tried_yet() -> None:
    counts, expected = np.full((1, WEEKS), 4, dtype=np.int64), np.full((1, WEEKS), 4.0)
    counts[0, -AFTER:] = 20
    paper = examine(NegativeBinomial(), counts, expected)
    assert (paper.new_alerts, paper.tried) == (1, 0)
    assert math.isnan(paper.precision)


def test_chance_makes_few_alerts_and_few_of_them_are_hits() -> None:
    paper = examine(NegativeBinomial(), *by_chance(200))
    assert paper.judged == 200 * 104
    assert paper.alerts_per_period <= 0.2 + 3 * math.sqrt(0.2 / 104)  # two tests, each held to a tenth
    assert paper.false_alerts_per_period <= 0.2 + 3 * math.sqrt(0.2 / 104)
    assert paper.naive_alerts_per_period > 3 * paper.false_alerts_per_period
    assert paper.hits <= 4


def test_three_times_the_usual_is_found_more_often_and_sooner_than_twice() -> None:
    twice, thrice = examine(NegativeBinomial(), *by_chance(40, 10.0)).planted
    assert (twice.factor, twice.n, thrice.factor, thrice.n) == (2.0, 100, 3.0, 100)
    assert thrice.found >= twice.found
    assert thrice.found > 0.95
    assert thrice.delay <= twice.delay < AFTER
    assert thrice.naive_delay > thrice.delay


def test_rises_are_planted_where_something_is_usual_only() -> None:
    assert [each.n for each in examine(NegativeBinomial(), *by_chance(5, 0.2)).planted] == [0, 0]


def test_no_rise_is_planted_where_the_rule_speaks_already() -> None:
    counts, expected = by_chance(1, 5.0)
    counts[0, -104:] = 5 * np.arange(2, 106)  # an alert in nearly every week
    paper = examine(NegativeBinomial(), counts, expected)
    assert paper.alerts > 90
    assert paper.planted[0].n < 5


def test_the_planted_rises_leave_the_data_as_they_were() -> None:
    counts, expected = by_chance(20)
    before = counts.copy(), expected.copy()
    examine(NegativeBinomial(), counts, expected)
    np.testing.assert_array_equal(counts, before[0])
    np.testing.assert_array_equal(expected, before[1])


@pytest.mark.parametrize("shape", [(0, 0), (0, WEEKS), (3, 0), (3, 1), (3, 5)])
def test_there_is_a_paper_of_too_little_data_too(shape: tuple[int, int]) -> None:
    paper = examine(Ears(), np.ones(shape, dtype=np.int64), np.ones(shape))
    assert (paper.judged, paper.alerts, paper.tried) == (0, 0, 0)
    assert paper.periods == shape[1] if shape[1] < 104 else 104


def test_what_is_missing_is_not_judged() -> None:
    counts, expected = by_chance(10)
    expected[:5] = np.nan
    assert examine(NegativeBinomial(), counts, expected).judged == 5 * 104


def test_the_same_seed_writes_the_same_paper() -> None:
    series = by_chance(30)
    assert examine(PoissonCusum(), *series, seed=1).to_json() == examine(PoissonCusum(), *series, seed=1).to_json()


def test_a_paper_survives_json_with_what_it_does_not_know() -> None:
    paper = examine(Ears(), *by_chance(3, 0.1))
    again = Exam.from_json(paper.to_json())
    assert "NaN" not in paper.to_json()
    assert again.to_json() == paper.to_json()
    assert math.isnan(again.lead_time) == math.isnan(paper.lead_time)
    assert again.planted[0].n == 0
    assert math.isnan(again.planted[0].found)


def test_a_stricter_rule_makes_fewer_alerts() -> None:
    counts, expected = by_chance(100, 2.0)
    loose = replace(NegativeBinomial(), false_share=1.0, orange=0.05)
    assert examine(loose, counts, expected).alerts > examine(NegativeBinomial(), counts, expected).alerts
    assert (replay(loose, counts, expected, periods=20).level <= AlertLevel.RED).all()
