"""Filters in links, chips and the drawer; a filtered page closes, says that it is filtered, and moves no map."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.city import CityData
from geodata.errors import SelectionError
from geodata.filters import Area, Filters
from geodata.vocabulary import TimePrecision
from layers import ids
from layers.maps.legend import closing_line
from layers.maps.patterns import unjudged
from layers.maps.values import map_values, usual_days
from layers.pages.map import hours_by_weekday, map_parts, panel_parts
from layers.panels.area import touched_places
from layers.panels.filters import busiest_hours, choices, drawer, filter_chips
from layers.panels.hotspots import pattern_parts
from layers.panels.incidents import listed_incidents
from layers.view import LAYERS, ViewState, city_of, default_view, next_view, parse_view, shown_measure
from tests.geodata.test_filters import some_filters
from tests.layers import NOT_NUMBERS, links, plain, said, with_class

ALL = "hours=22-6&weekdays=1,2&days=off&sources=police_110&severity=5&area=circle:113.55000,22.27000,800.0"
CIRCLE = "area=circle:113.55000,22.27000,3000.0"


def filtered(search: str, city: CityData) -> tuple[ViewState, CityData]:
    view = parse_view(search, city)
    return view, city_of(view, city)


# --- links ---


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_a_link_with_filters_makes_the_same_view_again(demo_city: CityData, data: st.DataObject) -> None:
    view = default_view(demo_city).but(filters=data.draw(some_filters(demo_city)))
    assert parse_view(view.search(), demo_city) == view
    assert len(view.search()) < 2000


def test_all_filters_stand_in_the_link_as_they_were_read(demo_city: CityData) -> None:
    assert f"{ALL}&period=2026-10" in parse_view(f"?{ALL}", demo_city).search()


@pytest.mark.parametrize(
    "query",
    [
        "hours=",
        "hours=6-6",
        "hours=0-24",
        "hours=24-3",
        "hours=3-25",
        "hours=3",
        "hours=-1-4",
        "weekdays=0",
        "weekdays=8",
        "weekdays=2,1",
        "weekdays=1,1",
        "days=monday",
        "sources=nobody",
        "sources=police_110,police_110",
        "severity=3",
        "severity=1",
        "area=box:2,2,1,1",
        "area=circle:0,0",
        "area=somewhere",
    ],
)
def test_what_no_filter_is_is_refused(query: str, demo_city: CityData) -> None:
    if query == "hours=":
        assert not parse_view(f"?{query}", demo_city).filters, "an empty field says nothing"
        return
    with pytest.raises(SelectionError):
        parse_view(f"?{query}", demo_city)


def months_only(city: CityData) -> CityData:
    """Return the city as it is where incidents are dated by month."""
    return replace(city, index=replace(city.index, precision=TimePrecision.MONTH))


@pytest.mark.parametrize("query", ["hours=1-2", "weekdays=1", "days=off"])
def test_where_only_months_are_known_hours_and_days_are_refused_and_not_offered(
    query: str, demo_city: CityData
) -> None:
    city = months_only(demo_city)
    with pytest.raises(SelectionError, match="只有月份"):
        parse_view(f"?{query}", city)
    view = default_view(city)
    with pytest.raises(SelectionError):
        next_view(view, {"kind": "hours", "hours": "18-24"}, city)
    assert "只精确到月" in said(drawer(view, city))
    assert not with_class(drawer(view, city), "hour-bars")
    assert parse_view("?severity=5", city).filters == Filters(severity=5.0)


def test_the_map_writes_areas_and_hours_and_takes_them_back(demo_city: CityData) -> None:
    view = parse_view("?place=440402&rows=3", demo_city)
    after = next_view(view, {"kind": "area", "area": "box:113.5,22.2,113.6,22.3"}, demo_city)
    assert str(after.filters.area) == "box:113.50000,22.20000,113.60000,22.30000"
    assert (after.place, after.period) == (view.place, view.period)
    both = next_view(after, {"kind": "hours", "hours": "22-6"}, demo_city)
    assert both.filters == Filters(hours=(22, 6), area=after.filters.area)
    back = next_view(
        next_view(both, {"kind": "hours", "hours": ""}, demo_city), {"kind": "area", "area": ""}, demo_city
    )
    assert back.filters == view.filters
    for event in ({"kind": "area", "area": "box:1,2"}, {"kind": "hours", "hours": "5-5"}, {"kind": "hours"}):
        with pytest.raises(SelectionError):
            next_view(view, event, demo_city)


# --- chips ---


@pytest.mark.parametrize(
    ("query", "zh", "en"),
    [
        ("hours=18-24", "18–24 时", "18:00–24:00"),
        ("hours=22-6", "22 时至次日 6 时", "22:00 to 6:00 the next day"),
        ("weekdays=1,7", "周一、周日", "Mon, Sun"),
        ("days=off", "周末和节假日", "Weekends and holidays"),
        ("sources=police_110", "来源：公安 110", "Source: Police 110"),
        ("severity=5", "较重及以上", "Serious and worse"),
        ("area=circle:113.55,22.27,800", "半径 800 m 的圆，2.0 km²", "Circle of 800 m, 2.0 km²"),
        ("area=box:113.5,22.2,113.6,22.3", "框选范围 114 km²", "Box of 114 km²"),
        ("area=lasso:113.5,22.2,113.6,22.2,113.6,22.3", "圈画范围 57.1 km²", "Drawn area of 57.1 km²"),
    ],
)
def test_each_filter_is_a_chip_in_words_that_takes_it_back(query: str, zh: str, en: str, demo_city: CityData) -> None:
    for lang, words in (("zh", zh), ("en", en)):
        view = parse_view(f"?{query}&lang={lang}", demo_city)
        assert [(name, target.filters) for name, target in filter_chips(view)] == [(words, Filters())]


def test_taking_all_chips_away_leads_back_to_the_first_view(demo_city: CityData) -> None:
    view = parse_view(f"?{ALL}", demo_city)
    assert len(filter_chips(view)) == 6
    while chips := filter_chips(view):
        view = chips[-1][1]
    assert view == default_view(demo_city)


# --- the drawer ---


def options(view: ViewState, city: CityData) -> dict[str, dict[str, Any]]:
    """Return the drawer's choices by their words."""
    return {said(each).split("\n")[0]: each for each in with_class(drawer(view, city), "option")}


def count_of(option: dict[str, Any]) -> int:
    return int(said(option).split("\n")[1].replace("\u2009", ""))


@pytest.mark.parametrize("search", ["", "?place=440402", f"?{CIRCLE}", "?hours=22-6&sub=public_order", "?type=theft"])
def test_every_choice_leads_to_as_many_incidents_as_it_says(search: str, demo_city: CityData) -> None:
    view, city = filtered(search, demo_city)
    found = options(view, city)
    assert len(found) >= 20
    for words, option in found.items():
        target, there = filtered(option["props"]["href"].removeprefix("/"), demo_city)
        if "on" in option["props"]["className"].split():
            continue  # taking it away leaves more
        several = max(len(target.filters.weekdays), len(target.filters.sources))
        if several <= 1:
            assert listed_incidents(target, there).total == count_of(option), words


def test_a_choice_is_toggled(demo_city: CityData) -> None:
    view, city = filtered("?weekdays=1,3", demo_city)
    found = options(view, city)

    def after(words: str) -> Filters:
        return parse_view(found[words]["props"]["href"].removeprefix("/"), demo_city).filters

    assert after("周一") == Filters(weekdays=(3,))
    assert after("周二") == Filters(weekdays=(1, 2, 3))
    assert after("工作日") == Filters(weekdays=(1, 3), days="workday")
    assert {words for words, each in found.items() if "on" in each["props"]["className"].split()} == {"周一", "周三"}


def test_all_weekdays_together_are_no_filter(demo_city: CityData) -> None:
    view, city = filtered("?weekdays=1,2,3,4,5,6", demo_city)
    target = options(view, city)["周日"]["props"]["href"].removeprefix("/")
    assert not parse_view(target, demo_city).filters


def test_the_bars_and_the_lists_show_the_hours_that_are_chosen(demo_city: CityData) -> None:
    view, city = filtered("?hours=22-6", demo_city)
    part = plain(drawer(view, city))
    bars = with_class(part, "hour")
    chosen = [k for k, bar in enumerate(bars) if "on" in bar["props"]["className"].split()]
    assert len(bars) == 24
    assert chosen == [0, 1, 2, 3, 4, 5, 22, 23]
    picked = [
        next(o["props"]["value"] for o in clock["props"]["children"] if o["props"]["selected"])
        for name in ("clock-from", "clock-to")
        for clock in with_class(part, name)
    ]
    assert picked == ["22", "6"]


def test_an_open_list_begins_at_its_first_page_when_filters_change(demo_city: CityData) -> None:
    view, city = filtered("?rows=4", demo_city)
    for option in options(view, city).values():
        assert parse_view(option["props"]["href"].removeprefix("/"), demo_city).rows == 1


def test_filters_that_leave_nothing_say_so_and_what_would_help(demo_city: CityData) -> None:
    view, city = filtered("?hours=3-4&severity=10&area=circle:113.55,22.27,60", demo_city)
    found = choices(view, city)
    assert found.kept == 0
    told = with_class(panel_parts(view, city)[ids.PANEL], "nothing-left")
    assert len(told) == 1
    for target in links(told):
        after = parse_view(target.removeprefix("/"), demo_city)
        assert listed_incidents(after, city_of(after, demo_city)).total > 0, target
    dropped = {name: n for name, n in found.without.items() if n}
    assert len(links(told)) == len(dropped) + 1
    assert "NaN" not in said(told)


def test_hours_that_stand_out_are_offered_and_others_are_not(demo_city: CityData) -> None:
    view = default_view(demo_city)
    even, evening = np.full(24, 10), np.array([5] * 18 + [40] * 6)
    assert busiest_hours(view, even) == []
    assert busiest_hours(view, evening // 8) == [], "too few to say"
    offered = busiest_hours(view, evening)
    assert "18–24 时最集中，占 73%。" in said(offered)
    assert parse_view(links(offered)[0].removeprefix("/"), demo_city).filters == Filters(hours=(18, 24))
    assert busiest_hours(view.but(filters=Filters(hours=(0, 6))), evening) == []


# --- the page ---

ODD = {
    "evening": "hours=18-24",
    "night": "hours=22-6",
    "holidays": "days=holiday",
    "one source": "sources=fire_rescue",
    "worst": "severity=10",
    "circle": CIRCLE,
    "lasso": "area=lasso:113.5,22.2,113.6,22.3,113.6,22.2,113.5,22.3",
    "nothing": "hours=3-4&severity=10&area=circle:113.55,22.27,60",
    "all": ALL,
}
PLACES = ("", "&place=440402", "&place=440402006001")
WITH = (
    "",
    "&period=2026-08",
    "&period=2026-10-31&rows=1",
    "&measure=count&compare=target",
    "&sub=public_order&lang=en",
)


def numbers_of(line: str) -> list[int]:
    return [int(n.replace("\u2009", "")) for n in re.findall(r"\d[\d\u2009]*(?![\d.]*%)", line)]


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("place", PLACES)
def test_a_filtered_page_closes_and_prints_only_numbers(name: str, place: str, demo_city: CityData) -> None:
    for more in WITH:
        view, city = filtered(f"?{ODD[name]}{place}{more}", demo_city)
        values = map_values(view, city)
        total = listed_incidents(view, city).total
        counts, unknown = hours_by_weekday(view, city)
        assert int(counts.sum()) + unknown == total
        assert choices(view, city).kept == total
        assert numbers_of(closing_line(view, city, values))[0] == total
        assert shown_measure(view, city) != "score"
        panel = panel_parts(view, city)
        headline = with_class(panel[ids.PANEL], "incidents")
        if headline:  # what nothing feeds has no line
            printed = said(with_class(panel[ids.PANEL], "figure") + headline)  # the figure, where it is a count
            assert total in numbers_of(printed)
            assert ("筛选后" if view.lang == "zh" else "after filtering") in printed
        texts = said([panel, map_parts(view, city)[ids.FILTERS], map_parts(view, city)[ids.LEGEND]])
        odd = NOT_NUMBERS.search(re.sub(r"^none$", "", texts, flags=re.MULTILINE))  # how a list is not sorted
        assert not odd, texts[max(0, odd.start() - 60) : odd.end() + 40]
        assert "缺少人口" not in texts


@pytest.mark.parametrize("name", ODD)
def test_a_filtered_page_has_no_score_no_band_and_no_reasons(name: str, demo_city: CityData) -> None:
    view, city = filtered(f"?{ODD[name]}", demo_city)
    panel = panel_parts(view, city)
    assert not with_class(panel[ids.PANEL], "band-word")
    assert not with_class(panel[ids.PANEL], "reasons")
    assert "筛选后的事件不评分" in said(panel[ids.PANEL])


def test_what_filters_leave_out_is_0_on_the_rail_and_what_nothing_feeds_is_missing(demo_city: CityData) -> None:
    view, city = filtered("?sources=fire_rescue", demo_city)
    items = [said(item) for item in panel_parts(view, city)[ids.RAIL]]
    assert sum("\n0\n" in item for item in items) >= 5
    assert any("缺" in item for item in items), "co-building is fed by nothing"
    assert not any("缺" in item for item in items if "治安指数" in item)


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("place", PLACES)
def test_filters_move_no_map(name: str, place: str, demo_city: CityData) -> None:
    view, city = filtered(f"?{ODD[name]}{place}", demo_city)
    bare = view.but(filters=Filters())
    ours, theirs = (map_parts(v, c)[ids.MAP_VIEW] for v, c in ((view, city), (bare, city_of(bare, demo_city))))
    for part in ("key", "fit", "here", "around", "geometry", "show"):
        assert ours[part] == theirs[part], part


def test_periods_are_compared_by_the_days_that_are_looked_at(demo_city: CityData) -> None:
    view, city = filtered("?days=holiday", demo_city)
    october, september = (usual_days(city, period, view) for period in (view.period, view.period.previous()))
    assert (october, september) == (7.0, 3.0), "the Mid-Autumn Festival lies in September"
    assert "按天数折算后" in said(with_class(panel_parts(view, city)[ids.PANEL], "incidents"))


# --- what lies in an area ---


@pytest.mark.parametrize("area", [CIRCLE, "area=box:113.5,22.2,113.6,22.3", ODD["lasso"], "area=box:110,20,111,21"])
@pytest.mark.parametrize("place", PLACES)
def test_the_places_that_an_area_touches_add_up_to_what_is_inside(area: str, place: str, demo_city: CityData) -> None:
    view, city = filtered(f"?{area}{place}", demo_city)
    assert view.filters.area is not None
    found = touched_places(view, city, view.filters.area)
    if found is None:
        assert not city.levels_below(city.find(view.place)) or place == PLACES[2]
        return
    counted = found.counted
    assert sum(found.counts) + counted.unlocated + counted.outside == counted.total
    assert counted.total == listed_incidents(view, city).total
    assert found.counts == sorted(found.counts, reverse=True)
    assert len(set(found.rows.tolist())) == len(found.rows)


def test_the_card_of_an_area_says_how_densely_and_of_how_many(demo_city: CityData) -> None:
    view, city = filtered(f"?{CIRCLE}", demo_city)
    card = with_class(panel_parts(view, city)[ids.PANEL], "area-card")
    n, of_all = listed_incidents(view, city).total, listed_incidents(default_view(demo_city), demo_city).total
    assert n > 0
    assert f"占珠海市同期同条件事件的 {100 * n / of_all:.1f}%" in said(card)
    assert re.search(r"每平方公里 [\d.]+ 件", said(card))
    assert len(links(card)) >= 2
    for target in links(card):
        inside = parse_view(target.removeprefix("/"), demo_city)
        assert inside.filters.area == view.filters.area, "the area stays when one goes into a place"


def test_an_area_shows_counts_and_its_outline_and_other_views_have_none(demo_city: CityData) -> None:
    view, city = filtered(f"?{CIRCLE}", demo_city)
    assert shown_measure(view, city) == "count"
    drawn = map_parts(view, city)[ids.MAP_VIEW]["area"]
    [[ring]] = drawn
    assert all(21 < lat < 23 and 113 < lon < 114 for lat, lon in ring)
    assert map_parts(default_view(demo_city), demo_city)[ids.MAP_VIEW]["area"] is None
    assert not with_class(panel_parts(default_view(demo_city), demo_city)[ids.PANEL], "area-card")


def test_an_area_drawn_across_itself_is_outlined_in_all_its_parts() -> None:
    area = Area.parse("lasso:0,0,4,4,4,0,0,4")
    assert area is not None
    assert shapely.get_num_geometries(area.outline) == 2


# --- patterns ---


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("name", ["evening", "holidays", "circle", "nothing"])
def test_a_pattern_of_what_is_filtered_is_judged_or_says_why_not(layer: str, name: str, demo_city: CityData) -> None:
    view, city = filtered(f"?{ODD[name]}&layer={layer}", demo_city)
    card, legend = pattern_parts(view, city)
    assert len(said(card)) > 20
    assert not NOT_NUMBERS.search(said(card))
    drawn = map_parts(view, city)[ids.MAP_VIEW]["pattern"]["layer"]
    assert drawn == ("" if unjudged(view) else layer)
    if unjudged(view):
        assert legend == []
        assert map_parts(view, city)[ids.LEGEND], "the places keep their own legend"


def test_no_pattern_compares_with_what_was_left_out(demo_city: CityData) -> None:
    for layer, query in (("hotspots", CIRCLE), ("clusters", "hours=18-24"), ("emerging", "days=holiday")):
        assert unjudged(parse_view(f"?{query}&layer={layer}", demo_city))
    for layer, query in (
        ("hotspots", "hours=18-24"),
        ("density", CIRCLE),
        ("emerging", "weekdays=6,7"),
        ("clusters", ""),
    ):
        assert not unjudged(parse_view(f"?{query}&layer={layer}", demo_city))
