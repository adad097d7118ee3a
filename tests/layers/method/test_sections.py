"""The sections of the method page say what the method and the city say."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import numpy as np
import pytest

from geodata.city import CityData, MethodInForce
from geodata.index.catalogue import load_method, shipped_versions
from geodata.memory import Memory
from geodata.ranking import rank_places, suppose
from geodata.vocabulary import Period, PlaceLevel
from layers.method.catalogue import catalogue_section
from layers.method.idea import idea_section
from layers.method.ranks import rank_words, ranks_section
from layers.method.rules import rules_section
from layers.method.steps import steps_section
from layers.method.versions import known_versions, versions_section
from layers.method.view import MethodView, parse_method_view
from layers.method.whatif import results, whatif_form
from layers.pages.method import page_parts
from layers.text import text
from tests.layers import NOT_NUMBERS, links, plain, said, with_class

SECTIONS = (
    idea_section,
    steps_section,
    catalogue_section,
    rules_section,
    ranks_section,
    versions_section,
    whatif_form,
    results,
)
ODD = {
    "first": "",
    "english": "?lang=en",
    "districts": "?level=district",
    "communities": "?level=community&page=2",
    "page too far": "?page=99",
    "one day": "?period=2026-10-31&weights=fire:0.4",
    "first day": "?period=2025-11-01&level=community",
    "silent month": "?period=2026-08&lang=en",
    "unfinished year": "?period=2026",
    "fires": "?indicator=XF1&place=440402006",
    "supposed": "?weights=fire:0.4,traffic:0&target=84",
    "supposed communities": "?weights=fire:0.4&level=community&lang=en",
    "other versions": "?before=1.0&after=huizhou",
}


def view_of(city: CityData, link: str = "") -> MethodView:
    return parse_method_view(link, city)


@pytest.mark.parametrize("link", ODD.values(), ids=ODD)
@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_nothing_that_is_no_number_is_ever_said(demo_city: CityData, section: object, link: str) -> None:
    words = said(section(view_of(demo_city, link), demo_city))  # type: ignore[operator]
    assert words
    said_so = words.replace(" none", "") if section is versions_section else words  # a target that was not set
    assert not NOT_NUMBERS.search(said_so)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_the_english_page_is_english(demo_city: CityData, section: object) -> None:
    words = said(section(view_of(demo_city, "?lang=en"), demo_city))  # type: ignore[operator]
    assert not re.search(r"[\u4e00-\u9fff\u3000-\u303f\uff00-\uffef]", words)


def test_every_link_of_the_page_can_be_opened(demo_city: CityData) -> None:
    for section in SECTIONS:
        for href in links(section(view_of(demo_city), demo_city)):
            if href.startswith("/method/"):
                parse_method_view(href.removeprefix("/method/"), demo_city)


def test_the_idea_names_the_score_of_the_base_year_and_all_bands(demo_city: CityData) -> None:
    words = said(idea_section(view_of(demo_city), demo_city))
    assert "85 分，就是与基期同样平安" in words
    assert "72.2 分" in words  # twice the risk: 100 · 0.85²
    assert "65%" in words  # ln 0.9 / ln 0.85
    for band in ("● 优秀", "◆ 良好", "▲ 平稳", "■ 较差"):
        assert band in words


def test_the_catalogue_has_every_name_and_red_line(demo_city: CityData) -> None:
    words = said(catalogue_section(view_of(demo_city), demo_city))
    method = demo_city.method
    for thing in (*method.sub_indices, *method.indicators, *method.types.values(), *method.concerns.values()):
        assert thing.name in words
    marked = with_class(catalogue_section(view_of(demo_city), demo_city), "red")
    assert len(marked) == sum(bool(kind.red_line) for kind in method.types.values())


def test_parameters_are_called_examples(demo_city: CityData) -> None:
    parts = page_parts(view_of(demo_city), demo_city)
    assert "示例参数" in said(list(parts.values()))
    assert "不是官方公布的参数" in said(list(parts.values()))


def test_a_rank_is_a_span_and_places_stand_under_their_tier(demo_city: CityData) -> None:
    view = view_of(demo_city)
    assert view.level is not None
    assert view.period is not None
    ranking = rank_places(demo_city, view.level, view.period)
    words = said(ranks_section(view, demo_city))
    for tier in range(1, int(ranking.tier.max()) + 1):
        assert f"第 {tier} 档 · {int((ranking.tier == tier).sum())} 个" in words
    k = int(ranking.order[0])
    assert rank_words(ranking, k, "zh") in words
    spans = [rank_words(ranking, k, "zh") for k in range(len(ranking.rows)) if ranking.best[k] != ranking.worst[k]]
    assert all("–" in span for span in spans)


def test_the_ranks_say_why_a_score_stands_at_one_end_of_its_interval(demo_city: CityData) -> None:
    for lang in ("zh", "en"):
        printed = said(ranks_section(view_of(demo_city, f"?lang={lang}"), demo_city))
        assert text(lang, "interval_why") in printed


def test_the_versions_in_force_come_first_and_differences_are_counted(demo_city: CityData) -> None:
    known = known_versions(demo_city)
    assert next(iter(known)) == demo_city.versions[-1].method.version
    assert set(known) >= {
        load_method(path.read_text(encoding="utf-8"), path.name).version for path in shipped_versions().values()
    }
    words = said(versions_section(view_of(demo_city, "?before=1.0&after=3.0"), demo_city))
    assert "1.0 到 3.0" in words
    assert "新增一级指标“城市管理”" in words
    same = said(versions_section(view_of(demo_city, "?before=3.0&after=3.0"), demo_city))
    assert "3.0 与 3.0 没有不同" in same


def test_what_if_says_that_it_is_none(demo_city: CityData) -> None:
    words = said(results(view_of(demo_city, "?weights=fire:0.5"), demo_city))
    assert "假设试算，非正式结果" in words
    supposed = suppose(demo_city, *_place_and_time(demo_city), {"fire": 0.5})
    official, then, surely = supposed.reaching(86.0)
    assert f"目标 86 分：正式结果有 {official} 个镇街达到，试算有 {then} 个，其中 {surely} 个" in words


def test_what_if_leads_to_the_map_with_the_same_weights(demo_city: CityData) -> None:
    there = links(results(view_of(demo_city, "?weights=fire:0.5"), demo_city))
    assert "/?period=2026-10&weights=fire:0.5" in there


def test_sliders_stand_at_the_methods_own_weights(demo_city: CityData) -> None:
    (host,) = with_class(whatif_form(view_of(demo_city), demo_city), "sliders")
    given = plain(host["props"]["data-sliders"])
    assert '"id": "public_order", "name": "治安指数", "own": 20.0' in given
    assert '"own": 86.0' in given


def _place_and_time(city: CityData) -> tuple[PlaceLevel, Period]:
    view = view_of(city)
    assert view.level is not None
    assert view.period is not None
    return view.level, view.period


def test_a_city_without_data_still_has_its_method(demo_city: CityData) -> None:
    empty = MethodView()
    for section in SECTIONS:
        said(section(empty, demo_city))
    assert "还没有事件数据" in said(steps_section(empty, demo_city))
    assert results(empty, demo_city) == []


def test_versions_say_from_when_they_are_in_force(demo_city: CityData) -> None:
    old = demo_city.versions[-1]
    weights = {"fire": 0.10, "traffic": 0.06}
    subs = tuple(replace(s, weight=weights.get(s.id, s.weight)) for s in old.method.sub_indices)
    method = replace(old.method, version="3.1", sub_indices=subs)
    new = MethodInForce(method, old.calibration, dt.date(2026, 7, 1))
    city = replace(demo_city, versions=(old, new), method=method, _memo=Memory(), _variants={})
    words = said(versions_section(view_of(city), city))
    assert "自 2026-07-01 起施行" in words
    assert "3.0 到 3.1，有 2 处不同" in words
    assert "一级指标“消防安全”的权重由 0.06 改为 0.1" in words


def test_a_geometric_method_shows_no_sum_of_points(demo_city: CityData) -> None:
    method = replace(demo_city.method, aggregation="geometric")
    city = demo_city.with_method(method, demo_city.active_calibration)
    words = said(steps_section(view_of(city), city))
    assert "短板不能靠长板补上" in words
    assert "相加就是综合得分" not in words
    assert not NOT_NUMBERS.search(words)


def test_a_red_line_stands_on_a_line_of_its_own(demo_city: CityData) -> None:
    period, level = Period.parse("2026"), PlaceLevel.STREET
    scores = demo_city.scores(level, period)
    struck = np.flatnonzero(scores.scores.red_line > 0.01)
    assert len(struck)
    place = demo_city.place(int(scores.rows[struck[0]]))
    words = said(steps_section(view_of(demo_city, f"?period=2026&place={place.token}"), demo_city))
    assert f"红线扣分 −{float(scores.scores.red_line[struck[0]]):.2f}" in words


def test_what_is_missing_in_the_example_is_said(demo_city: CityData) -> None:
    words = said(steps_section(view_of(demo_city, "?level=community"), demo_city))
    assert "它的权重分给其余各项" in words
