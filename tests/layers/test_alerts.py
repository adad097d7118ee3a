"""The alerts card: what is told of which place, levels without colour, and a rule's exam paper beside it."""

from __future__ import annotations

import datetime as dt
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from geodata.alerts.book import Alert, ExaminedRule, Feedback, Told, told
from geodata.alerts.exam import Exam, examine
from geodata.alerts.rules import RULES as KNOWN
from geodata.alerts.rules import AlertLevel, NegativeBinomial, PoissonCusum
from geodata.city import CityData
from geodata.store import Store
from geodata.vocabulary import Period, PlaceLevel, TimePrecision
from layers.pages.map import panel_parts
from layers.panels.alerts import LEVELS, LISTED, MARKS, RULES, alerts_card, lines, window
from layers.view import city_of, parse_view
from tests.layers import NOT_NUMBERS, links, odd_views, said, with_class

STREET, COMMUNITY = PlaceLevel.STREET, PlaceLevel.COMMUNITY
RULE, DRIFT = NegativeBinomial(), PoissonCusum()
WEEK = Period.parse("2026-W43")
ALERT = Alert(
    rule=RULE.name,
    parameters=RULE.parameters,
    place_id="440402006",
    level_of_place=STREET,
    indicator="ZA1",
    period=WEEK,
    level=AlertLevel.ORANGE,
    p=0.0004,
    adjusted=0.02,
    statistic=9.5,
    expected=31.26,
    observed=52,
    method_version="3.0",
    data_version="abc",
    id=7,
)


@pytest.fixture(scope="module")
def paper() -> Exam:
    """Return the exam paper of a rule on some series by chance."""
    expected = np.full((5, 120), 3.0)
    return examine(RULE, np.random.default_rng(0).poisson(expected).astype(np.int64), expected)


@pytest.fixture(scope="module")
def on(paper: Exam) -> ExaminedRule:
    return ExaminedRule(RULE, STREET, paper, "2026-11-01T01:00:00+00:00", "3.0", "abc", switched_on=True)


def card(city: CityData, kept: Told, link: str = "") -> Any:
    return alerts_card(parse_view(link, city), city, kept)


# --- nothing to tell ---


def test_without_a_rule_the_card_says_how_to_begin(demo_city: CityData) -> None:
    words = said(card(demo_city, Told()))
    assert "没有启用的预警规则" in words
    assert words.index("alerts exam") < words.index("alerts on")
    assert "No rule is switched on" in said(card(demo_city, Told(), "?lang=en"))


def test_a_rule_that_was_examined_and_is_off_is_none(demo_city: CityData, on: ExaminedRule) -> None:
    assert "没有启用的预警规则" in said(card(demo_city, Told((replace(on, switched_on=False),))))


def test_a_rule_that_has_judged_nothing_yet_has_found_nothing_out(demo_city: CityData, on: ExaminedRule) -> None:
    words = said(card(demo_city, Told((on,))))
    assert "尚未判断过" in words
    assert "没有预警记录" not in words


def test_no_alert_is_a_result_of_weeks_that_were_judged(demo_city: CityData, on: ExaminedRule) -> None:
    words = said(card(demo_city, Told((on,), (), WEEK)))
    assert "近13周没有预警记录" in words
    assert "已判断至2026年第43周" in words
    assert "负二项（镇街）" in words


def test_where_incidents_are_dated_by_month_there_are_no_weeks(demo_city: CityData, on: ExaminedRule) -> None:
    months = replace(demo_city, index=replace(demo_city.index, precision=TimePrecision.MONTH))
    assert "只有月份" in said(card(months, Told((on,))))


# --- which alerts ---


def test_alerts_are_told_of_a_place_and_of_all_that_it_holds(demo_city: CityData) -> None:
    inside = replace(ALERT, place_id="440402006001", level_of_place=COMMUNITY)
    elsewhere = replace(ALERT, place_id="440403001")
    gone = replace(ALERT, place_id="440499999")
    alerts = (ALERT, inside, elsewhere, gone)
    seen = {
        link: [line.alert.place_id for line in lines(parse_view(link, demo_city), demo_city, alerts)]
        for link in ("", "?place=440402", "?place=440402006", "?place=440402006001", "?place=440402001")
    }
    assert list(seen.values()) == [
        ["440402006", "440402006001", "440403001"],
        ["440402006", "440402006001"],
        ["440402006", "440402006001"],
        ["440402006001"],
        [],
    ]


def test_an_indicator_keeps_its_own_alerts(demo_city: CityData) -> None:
    link = "?sub=public_order&indicator="
    kept = Told((), (ALERT,), WEEK)
    assert "违法犯罪警情，" in said(card(demo_city, kept, link + "ZA1"))
    assert [len(lines(parse_view(link + each, demo_city), demo_city, (ALERT,))) for each in ("ZA1", "ZA2")] == [1, 0]


def test_a_sub_index_or_type_keeps_its_own_alerts(demo_city: CityData) -> None:
    alerts = (ALERT, replace(ALERT, indicator="JT1"))
    for link, kept in (("?sub=public_order", ["ZA1"]), ("?sub=traffic", ["JT1"]), ("?type=ebike_theft", ["ZA1"])):
        assert [line.alert.indicator for line in lines(parse_view(link, demo_city), demo_city, alerts)] == kept


def test_one_series_is_one_line_with_its_weeks(demo_city: CityData) -> None:
    weeks = [WEEK, WEEK.previous(), WEEK.previous().previous().previous()]
    alerts = [replace(ALERT, period=week, id=k) for k, week in enumerate(weeks)]
    (line,) = lines(parse_view("", demo_city), demo_city, alerts)
    assert (line.alert.period, line.weeks) == (WEEK, 2)  # before those is a gap
    assert "连续2周" in said(card(demo_city, Told((), tuple(alerts))))
    assert "连续" not in said(card(demo_city, Told((), tuple(alerts[:1]))))


def test_two_rules_are_two_lines(demo_city: CityData) -> None:
    drift = replace(ALERT, rule=DRIFT.name, parameters=DRIFT.parameters)
    assert len(lines(parse_view("", demo_city), demo_city, (ALERT, drift))) == 2


@pytest.mark.parametrize(
    ("link", "end"),
    [("", dt.date(2026, 11, 1)), ("?period=2026", dt.date(2026, 11, 1)), ("?period=2026-08", dt.date(2026, 9, 1))],
)
def test_thirteen_weeks_before_the_end_of_what_is_shown(demo_city: CityData, link: str, end: dt.date) -> None:
    assert window(parse_view(link, demo_city), demo_city) == (end - dt.timedelta(weeks=13), end)


def test_many_alerts_are_folded(demo_city: CityData) -> None:
    rows = demo_city.members(COMMUNITY, demo_city.city)[: LISTED + 3]
    ids = demo_city.places["place_id"].to_numpy()[rows]
    alerts = tuple(replace(ALERT, place_id=str(each), level_of_place=COMMUNITY) for each in ids)
    made = card(demo_city, Told((), alerts))
    first, folded = with_class(made, "alert-list")
    assert (len(first["props"]["children"]), len(folded["props"]["children"])) == (LISTED, 3)
    assert "其余 3 条" in said(made)


# --- one alert ---


def test_an_alert_says_what_where_when_how_many_and_who_says_so(demo_city: CityData) -> None:
    words = said(card(demo_city, Told((), (ALERT,))))
    place = demo_city.find("440402006").name
    for part in (
        f"{place} · 违法犯罪警情",
        "2026年第43周",
        "实际 52 件",
        "往常约 31.3 件",
        "橙色",
        "负二项 p = 0.0004",
    ):
        assert part in words
    for part in ("方法 3.0", "编号 7", "未反馈"):
        assert part in words
    assert not NOT_NUMBERS.search(words)


def test_its_title_leads_to_all_that_it_counts_and_the_line_below_to_one_type(demo_city: CityData) -> None:
    name, risen = (parse_qs(urlsplit(link).query) for link in links(card(demo_city, Told((), (ALERT,)), "?lang=en")))
    for query in (name, risen):
        assert (query["place"], query["period"], query["sub"]) == (["440402006"], ["2026-W43"], ["public_order"])
        assert query["lang"] == ["en"]
    kinds = {t.id for i in demo_city.method.scored if i.id == "ZA1" for t in i.types}
    assert risen["type"][0] in kinds
    assert (name["indicator"], "type" in name, "indicator" in risen) == (["ZA1"], False, False)
    assert risen["rows"] == ["1"]
    assert "rows" not in name
    for link in links(card(demo_city, Told((), (ALERT,)))):
        parse_view(urlsplit(link).query, demo_city)


@pytest.mark.parametrize("level", [AlertLevel.YELLOW, AlertLevel.ORANGE, AlertLevel.RED])
def test_a_level_is_colour_word_and_bars(demo_city: CityData, level: AlertLevel) -> None:
    (badge,) = with_class(card(demo_city, Told((), (replace(ALERT, level=level, p=1e-9),))), "alert-level")
    assert level.name.lower() in badge["props"]["className"]
    assert badge["props"]["children"][0]["props"]["children"] == MARKS[level]
    assert len(MARKS[level]) == level
    assert LEVELS[level].endswith(level.name.lower())


def test_a_red_line_and_a_threshold_have_no_p(demo_city: CityData) -> None:
    red = replace(ALERT, level=AlertLevel.RED, p=0.4, adjusted=1.0, observed=1)
    assert "红线事件" in (words := said(card(demo_city, Told((), (red,)))))
    assert "p =" not in words
    drift = replace(ALERT, rule=DRIFT.name, parameters=DRIFT.parameters, p=math.nan, statistic=12.34)
    assert "泊松累积和 12.3（限值 10）" in said(card(demo_city, Told((), (drift,))))
    bare = replace(ALERT, p=math.nan, expected=math.nan, statistic=math.nan)
    assert not NOT_NUMBERS.search(said(card(demo_city, Told((), (bare,)))))


def test_a_p_of_nothing_is_not_printed_as_none(demo_city: CityData) -> None:
    assert "p < 0.0001" in said(card(demo_city, Told((), (replace(ALERT, level=AlertLevel.RED, p=1e-12),))))


@pytest.mark.parametrize(
    ("feedback", "word"), [(Feedback.TRUE, "属实"), (Feedback.FALSE, "误报"), (Feedback.HANDLED, "已处置")]
)
def test_what_was_found_is_shown(demo_city: CityData, feedback: Feedback, word: str) -> None:
    assert word in said(card(demo_city, Told((), (replace(ALERT, feedback=feedback),))))


def test_who_may_answer_gets_a_button_for_each_answer(demo_city: CityData, on: ExaminedRule) -> None:
    kept = Told((on,), (replace(ALERT, feedback=Feedback.FALSE),), WEEK)
    made = alerts_card(parse_view("", demo_city), demo_city, kept, may_answer=True)
    (group,) = with_class(made, "answers")
    buttons = [each["props"] for each in group["props"]["children"]]
    assert [each["children"] for each in buttons] == ["属实", "误报", "已处置"]
    assert [each["aria-pressed"] for each in buttons] == ["false", "true", "false"]
    assert [json.loads(each["data-answer"]) for each in buttons] == [
        {"id": 7, "answer": word} for word in ("true", "false", "handled")
    ]
    assert "alerts answer" not in said(made)  # the command is for those who have no buttons


def test_an_indicator_of_an_older_method_keeps_its_id(demo_city: CityData) -> None:
    made = card(demo_city, Told((), (replace(ALERT, indicator="OLD9"),)))
    assert "OLD9" in said(made)
    assert len(links(made)) == 1


# --- the exam ---


def test_the_exam_paper_stands_beside_the_rule(demo_city: CityData, on: ExaminedRule) -> None:
    words = said(card(demo_city, Told((on,), (), WEEK)))
    for part in ("规则考过什么", "升 2 倍，发现", "目测每周误报", "2026-11-01", "alerts answer"):
        assert part in words
    assert not NOT_NUMBERS.search(words)


@pytest.mark.parametrize(
    ("often", "by_chance", "words"),
    [
        (1.05, 0.89, "此类预警约 6 次中 5 次属偶然"),
        (0.14, 0.07, "此类预警约 2 次中 1 次属偶然"),
        (1.0, 0.98, "此类预警几乎都属偶然"),
        (1.0, 3.0, "此类预警几乎都属偶然"),
        (1.0, 0.02, ""),
        (0.0, 0.1, ""),
    ],
)
def test_an_alert_says_how_many_of_its_kind_are_chance(
    demo_city: CityData, on: ExaminedRule, often: float, by_chance: float, words: str
) -> None:
    exam = replace(on.exam, alerts=round(100 * often), alerts_per_period=often, false_alerts_per_period=by_chance)
    rule = replace(on, exam=exam)
    told_words = said(card(demo_city, Told((rule,), (ALERT,), WEEK)))
    assert words in told_words
    assert ("此类预警" in told_words) == bool(words)
    red = replace(ALERT, level=AlertLevel.RED, p=0.4, adjusted=1.0)
    for other in (Told((replace(rule, level_of_place=COMMUNITY),), (ALERT,)), Told((rule,), (red,))):
        assert "此类预警" not in said(card(demo_city, other))  # of another paper, or of none


def test_a_paper_that_found_nothing_out_says_so(demo_city: CityData, on: ExaminedRule) -> None:
    empty = examine(RULE, np.ones((2, 3), dtype=np.int64), np.ones((2, 3)))
    words = said(card(demo_city, Told((replace(on, exam=empty),), (), WEEK)))
    assert "缺" in words
    assert not NOT_NUMBERS.search(words)


def test_every_rule_has_a_name_on_the_page() -> None:
    assert set(RULES) == set(KNOWN)


# --- on the page ---


def test_the_card_is_on_the_page_but_not_on_the_projector(demo_city: CityData, on: ExaminedRule) -> None:
    kept = Told((on,), (ALERT,), WEEK)
    assert with_class(panel_parts(parse_view("", demo_city), demo_city, kept)["panel"], "alerts")
    assert not with_class(panel_parts(parse_view("?theme=projector", demo_city), demo_city, kept)["panel"], "alerts")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_demo_citys_own_alerts_read_well_from_every_view(demo_city: CityData, demo_folder: Path, lang: str) -> None:
    store, told_of = Store(demo_folder), 0
    for name, odd in odd_views(demo_city).items():
        view = odd.but(lang=lang)
        seen = city_of(view, demo_city)
        made = alerts_card(view, seen, told(store, *window(view, seen)))
        assert not NOT_NUMBERS.search(said(made)), name
        for link in links(made):
            parse_view(urlsplit(link).query, demo_city)
        told_of += len(with_class(made, "alert-level"))
    assert told_of
