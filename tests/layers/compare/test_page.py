"""The parts of the comparison page: what is said, that it closes, and that it leads somewhere."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geodata.city import CityData
from geodata.tiles import Basemap
from layers.compare import frame
from layers.compare.pair import pair, why_no_difference
from layers.compare.payload import compare_payload
from layers.compare.peers import peers
from layers.compare.ranking import count_interval, ranked, told_apart
from layers.compare.slope import order, spread
from layers.compare.small import small_maps
from layers.compare.view import MODES, CompareView, parse_compare_view
from layers.compare.why import leading_away
from layers.pages.compare import page_parts
from layers.style import luminance
from layers.view import parse_view
from tests.layers import NOT_NUMBERS, components, links, plain, said, with_class

CHINESE = re.compile(r"[\u4e00-\u9fff]")
LINKS = (
    "",
    "?level=street",
    "?place=440402&level=community",
    "?place=440402006001",
    "?place=440402&b_place=440403&b_period=2026-10",
    "?measure=rate&level=street",
    "?sub=co_building&level=street",
    "?sub=citizen_requests&b_sub=traffic",
    "?period=2025-11",
    "?period=2026-10-31",
    "?period=2026",
    "?period=2026-10&b_period=2026-Q3&measure=rate",
    "?theme=projector&level=street",
    "?measure=count&level=street",
    "?hours=22-6&type=theft&level=street",
    "?area=circle:113.55,22.25,4000&level=street",
    "?weights=fire:0.5,traffic:0.5&level=street",
)


def parts_of(city: CityData, link: str, mode: str, **more: str) -> dict[str, Any]:
    extra = "&".join([f"mode={mode}", *(f"{key}={value}" for key, value in more.items())])
    link = f"{link}&{extra}" if link else f"?{extra}"
    return {key: plain(part) for key, part in page_parts(parse_compare_view(link, city), city).items()}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("link", LINKS)
def test_every_view_says_something_and_no_word_for_nothing(demo_city: CityData, link: str, mode: str) -> None:
    parts = parts_of(demo_city, link, mode)
    words = said(list(parts.values()))
    assert not NOT_NUMBERS.search(words), NOT_NUMBERS.search(words)
    shown = parts["compare-stage"] != "stage hidden" or parts["compare-body"] or parts["compare-notes"]
    assert shown
    json.dumps(parts["compare-paint"], allow_nan=False)


@pytest.mark.parametrize("mode", MODES)
def test_in_english_only_names_are_chinese(demo_city: CityData, mode: str) -> None:
    parts = parts_of(demo_city, "?level=street", mode, lang="en")
    kept = [part for key, part in parts.items() if key not in ("compare-topbar", "compare-banner", "compare-foot")]
    assert not CHINESE.search(said(kept)), CHINESE.findall(said(kept))[:20]


@pytest.mark.parametrize("mode", MODES)
def test_every_link_of_the_page_can_be_opened(demo_city: CityData, mode: str) -> None:
    parts = parts_of(demo_city, "?place=440402&level=community", mode)
    found = links(list(parts.values()))
    assert found
    for href in found:
        path, _, query = href.partition("?")
        if path == "/compare/":
            parse_compare_view("?" + query, demo_city)
        elif path == "/":
            parse_view("?" + query, demo_city)


@pytest.mark.parametrize("mode", MODES)
def test_links_to_the_map_load_its_page(demo_city: CityData, mode: str) -> None:
    parts = parts_of(demo_city, "?level=street", mode)
    for each in components(list(parts.values())):
        if each["type"] == "Link":
            assert each["props"]["href"].startswith("/compare/")


@pytest.mark.parametrize("mode", MODES)
def test_the_numbers_of_a_and_b_close(demo_city: CityData, mode: str) -> None:
    parts = parts_of(demo_city, "?level=street", mode)
    lines = [said(each) for each in with_class(list(parts.values()), "closing")]
    assert lines
    for line in lines:
        total, *rest = (int(n.replace("\u2009", "")) for n in re.findall(r"\d[\d\u2009]*", line.split("：")[1]))
        assert total == sum(rest), line
    assert lines[0].startswith("A：合计")
    if mode not in ("multiples", "ranking"):  # these show A alone
        assert any(line.startswith("B：合计") for line in lines)


def test_types_add_up_to_the_total_of_each_side(demo_city: CityData) -> None:
    parts = parts_of(demo_city, "?level=street", "reasons")
    table = with_class(parts["compare-body"], "types")[0]
    rows = [each for each in components(table) if each["type"] == "Tr"][1:]
    cells = [[said(cell) for cell in components(row) if cell["type"] == "Td"][:2] for row in rows]
    numbers = [[int(cell.replace("\u2009", "")) for cell in pair_of_cells] for pair_of_cells in cells]
    *listed, total = np.array(numbers)
    assert (np.sum(listed, axis=0) == total).all()
    for line in with_class(parts["compare-body"], "closing"):
        side, words = said(line).split("：合计 ")
        assert int(words.split(" =")[0].replace("\u2009", "")) == total["AB".index(side)]


def test_a_mode_that_needs_the_same_places_says_why_it_is_not_there(demo_city: CityData) -> None:
    parts = parts_of(demo_city, "?place=440402&b_place=440403&b_period=2026-10", "difference")
    assert "不是同一批地方" in said(parts["compare-notes"])
    assert parts["compare-stage"] == "stage hidden"
    off = with_class(parts["compare-modes"], "off")
    assert [said(each).split("\n")[-1] for each in off] == ["差异", "升降"] or len(off) == 2


@pytest.mark.parametrize(
    "link",
    ["?place=440402&b_place=440403&b_period=2026-10", "?b_period=2026-10", "?b_period=2026-Q3&measure=rate"],
)
def test_where_there_is_no_difference_one_is_offered(demo_city: CityData, link: str) -> None:
    view = parse_compare_view(link, demo_city)
    (mend,) = with_class(parts_of(demo_city, link, "difference")["compare-notes"], "button")
    offered = parse_compare_view("?" + mend["props"]["href"].partition("?")[2], demo_city)
    assert offered.a == view.a
    assert why_no_difference(pair(offered, demo_city)) == ""


def test_nothing_is_offered_where_there_is_no_earlier_period(demo_city: CityData) -> None:
    notes = parts_of(demo_city, "?period=2025-11", "difference")["compare-notes"]
    assert "完全相同" in said(notes)
    assert with_class(notes, "button") == []


def test_a_scale_that_cannot_be_equal_is_warned_of(demo_city: CityData) -> None:
    link = "?place=440402006001&measure=rate&b_place=440402&b_period=2026-10"
    parts = parts_of(demo_city, link, "side")
    assert "颜色不可互比" in said(parts["compare-notes"])
    assert len(with_class(parts["compare-legend"], "scale")) == 2
    equal = parts_of(demo_city, "?level=street", "side")
    assert said(equal["compare-notes"]) == ""
    assert len(with_class(equal["compare-legend"], "scale")) == 1


def test_the_legend_counts_every_place_once(demo_city: CityData) -> None:
    view = parse_compare_view("?level=street&mode=difference", demo_city)
    both = pair(view, demo_city, one_method=True)
    parts = parts_of(demo_city, "?level=street", "difference")
    words = said(with_class(parts["compare-legend"], "scale"))
    numbers = [int(n) for n in re.findall(r"(\d+) 个", words)]
    *classes, unsure, missing = numbers
    assert sum(classes) + missing == len(both.a.values.rows)
    assert unsure <= sum(classes)


def test_an_unfinished_period_is_named(demo_city: CityData) -> None:
    assert "A：2026年数据不全" in said(parts_of(demo_city, "?period=2026", "side")["compare-notes"])


# --- what the map page looked at ---


def chips_of(city: CityData, link: str, mode: str = "side") -> list[dict[str, Any]]:
    return with_class(parts_of(city, link, mode)["compare-chips"], "chip")


def test_what_is_filtered_is_said_and_each_chip_takes_its_part_back(demo_city: CityData) -> None:
    link = "?type=theft&hours=22-6&weekdays=6,7&severity=5&measure=rate&scheme=jenks-4&level=street"
    view = parse_compare_view(link, demo_city)
    found = chips_of(demo_city, link)
    assert len(found) == 6
    left = [parse_compare_view("?" + each["props"]["href"].partition("?")[2], demo_city) for each in found]
    assert len({each.search() for each in left}) == 6
    for each in left:
        assert len(each.search()) < len(view.search())
        assert (each.a.filters, each.a.incident_type) == (each.b.filters, each.b.incident_type)
    assert chips_of(demo_city, "?level=street") == []


@pytest.mark.parametrize("mode", MODES)
def test_every_link_of_the_page_keeps_the_filters(demo_city: CityData, mode: str) -> None:
    parts = parts_of(demo_city, "?hours=22-6&severity=5&level=street", mode)
    parts.pop("compare-chips")
    for href in links(list(parts.values())):
        path, _, query = href.partition("?")
        if path == "/":
            assert parse_view("?" + query, demo_city).filters.hours == (22, 6), href
        elif path == "/compare/":
            assert parse_compare_view("?" + query, demo_city).a.filters.hours == (22, 6), href


def test_both_sides_count_what_the_filters_keep(demo_city: CityData) -> None:
    every = parse_compare_view("?level=street&measure=count", demo_city)
    night = parse_compare_view("?level=street&measure=count&hours=22-6", demo_city)
    day = parse_compare_view("?level=street&measure=count&hours=6-22", demo_city)
    for side in ("a", "b"):
        whole, *parts = (getattr(pair(each, demo_city), side).values.value.sum() for each in (every, night, day))
        assert sum(parts) == whole


def test_of_supposed_weights_the_whole_page_is_told(demo_city: CityData) -> None:
    parts = parts_of(demo_city, "?weights=fire:0.5,traffic:0.5", "side")
    assert with_class(parts["compare-banner"], "supposed-banner")
    assert [said(each).startswith("假设权重") for each in chips_of(demo_city, "?weights=fire:0.5,traffic:0.5")] == [
        True
    ]


def test_choosing_a_sub_index_lets_a_type_go(demo_city: CityData) -> None:
    parts = parts_of(demo_city, "?type=theft&level=street", "side")
    menu = with_class(parts["compare-chooser"], "choice")[2]
    assert "盗窃" in said(menu)
    for each in links(menu):
        assert parse_compare_view("?" + each.partition("?")[2], demo_city).a.incident_type == ""


def test_counts_are_circles_on_one_scale(demo_city: CityData) -> None:
    view = parse_compare_view("?level=street&measure=count&place=440402&b_place=whole&b_period=2026-10", demo_city)
    payload = compare_payload(view, pair(view, demo_city), None, None)
    a, b = payload["a"]["circles"], payload["b"]["circles"]
    assert (a["largest"], a["radius"]) == (b["largest"], b["radius"])
    assert payload["a"]["class"] is None
    assert payload["a"]["palette"] == []


@pytest.mark.parametrize("mode", ["side", "swipe", "difference"])
def test_maps_lie_on_the_basemap_and_say_whose_it_is(demo_city: CityData, mode: str) -> None:
    settings = replace(demo_city.settings, basemap=Basemap("a.mbtiles", "某局"), review_number="GS(2026)1号")
    parts = parts_of(replace(demo_city, settings=settings), "?level=street", mode)
    told = parts["compare-paint"]["basemap"]
    assert told["url"].startswith("/tiles/")
    assert told["credit"] == "底图：某局 · 审图号：GS(2026)1号"
    assert parts_of(demo_city, "?level=street", mode)["compare-paint"]["basemap"] is None


def test_the_difference_of_counts_has_whole_numbers(demo_city: CityData) -> None:
    parts = parts_of(demo_city, "?level=street&measure=count", "difference")
    shown = parts["compare-paint"]["diff"]
    assert shown["decimals"] == 0
    assert shown["circles"]["largest"] == max(abs(value) for value in shown["value"])
    assert "." not in said(with_class(parts["compare-legend"], "scale"))
    assert "空心为不显著" in said(parts["compare-legend"])


def test_what_may_be_chance_is_paler_than_what_is_certain(demo_city: CityData) -> None:
    shown = parts_of(demo_city, "?level=street", "difference")["compare-paint"]["diff"]
    for look in shown["palette"]:
        assert luminance(look["pale"]) > max(0.6, luminance(look["fill"]) - 1e-9)
        assert look["pale"] != look["fill"] or look["fill"] == "#f7f7f7"


def test_neighbours_are_drawn_around_a_district_and_none_around_the_city(demo_city: CityData) -> None:
    view = parse_compare_view("?place=440402&b_place=whole", demo_city)
    payload = compare_payload(view, pair(view, demo_city), None, None)
    others = len(demo_city.siblings(demo_city.find("440402"))) - 1
    assert sum(end - first for first, end in payload["a"]["around"]["show"]) == others
    assert payload["b"]["around"] is None


# --- small maps ---


def small(city: CityData, link: str) -> tuple[CompareView, Any]:
    view = parse_compare_view(link, city)
    return view, small_maps(view, pair(view, city), city)


def test_small_maps_of_periods_are_the_last_twelve_and_a_is_marked(demo_city: CityData) -> None:
    _, found = small(demo_city, "?level=street&mode=multiples")
    assert len(found.maps) == 12
    assert [each.on for each in found.maps] == [False] * 11 + [True]
    assert [str(each.view.period) for each in found.maps][-2:] == ["2026-09", "2026-10"]


def test_there_is_a_small_map_of_every_sub_index(demo_city: CityData) -> None:
    _, found = small(demo_city, "?level=street&mode=multiples&of=subs")
    assert [each.view.sub_index for each in found.maps] == [s.id for s in demo_city.method.sub_indices]


def test_sub_indices_of_which_nothing_is_known_are_named_below_the_others(demo_city: CityData) -> None:
    # what is measured and not counted has no rate
    link = "?level=street&measure=rate&hours=22-6"
    _, found = small(demo_city, f"{link}&mode=multiples&of=subs")
    drawn, empty = ([each.view.sub_index for each in part] for part in (found.maps, found.empty))
    assert sorted(drawn + empty) == sorted(sub.id for sub in demo_city.method.sub_indices)
    assert not any(each.empty for each in found.maps if not each.on)
    parts = parts_of(demo_city, link, "multiples", of="subs")
    pictures = with_class(parts["compare-body"], "small-map")
    assert len(pictures) == len(drawn) == len(parts["compare-paint"]["small"]["names"])
    named = links(with_class(parts["compare-body"], "without"))
    assert [parse_compare_view(href.removeprefix("/compare/"), demo_city).a.sub_index for href in named] == empty != []


@pytest.mark.parametrize("of", ["months", "subs"])
def test_small_maps_of_rates_share_their_classes(demo_city: CityData, of: str) -> None:
    _, found = small(demo_city, f"?level=street&mode=multiples&measure=rate&of={of}")
    scheme = found.values.scheme
    assert scheme is not None
    for each in found.maps:
        known = np.isfinite(each.value)
        assert (each.klass[known] == scheme.classify(each.value)[known]).all()
        assert (each.klass[~known] == -1).all()


def test_choosing_a_small_map_makes_it_a(demo_city: CityData) -> None:
    parts = parts_of(demo_city, "?level=street", "multiples")
    first = with_class(parts["compare-body"], "small-map")[0]
    view = parse_compare_view("?" + first["props"]["href"].partition("?")[2], demo_city)
    assert str(view.a.period) == "2025-11"
    assert str(view.b.period) == "2026-09"


# --- ranking ---


def test_the_ranking_is_that_of_the_city_and_lists_the_places_of_a(demo_city: CityData) -> None:
    found = ranked(parse_compare_view("?place=440402&level=street&mode=ranking", demo_city), demo_city)
    assert found.ranking is not None
    assert found.ranking.n_ranked > len(found.order)
    np.testing.assert_array_equal(found.ranking.rows[found.position], found.side.values.rows)
    values = found.side.values.value[found.order]
    assert (np.diff(values[np.isfinite(values)]) <= 0).all()


def test_rates_are_listed_without_ranks_from_few_to_many(demo_city: CityData) -> None:
    found = ranked(parse_compare_view("?level=street&measure=rate&mode=ranking", demo_city), demo_city)
    assert found.ranking is None
    values = found.side.values.value[found.order]
    assert (np.diff(values[np.isfinite(values)]) >= 0).all()


def test_the_interval_of_a_rate_holds_it(demo_city: CityData) -> None:
    view = parse_compare_view("?level=community&measure=rate&sub=fire&mode=ranking", demo_city)
    found = ranked(view, demo_city)
    low, high = count_interval(found.side, found.position)
    value = found.side.values.value
    known = np.isfinite(value)
    assert (low[known] <= value[known]).all()
    assert (high[known] > value[known]).all()
    nothing = known & (found.side.values.counted.places.to_numpy() == 0)
    assert nothing.any()
    assert (low[nothing] == 0).all()


def test_peers_are_thirds_of_the_places_by_residents(demo_city: CityData) -> None:
    view = parse_view("?level=community", demo_city)
    assert view.level is not None
    groups = peers(demo_city, view.level, view.period)
    assert groups is not None
    sizes = [int((groups.group == g).sum()) for g in range(3)]
    assert max(sizes) - min(sizes) <= 1
    assert groups.ends[0][1] <= groups.ends[1][0] <= groups.ends[1][1] <= groups.ends[2][0]


def test_few_places_have_no_peers(demo_city: CityData) -> None:
    view = parse_view("", demo_city)
    assert peers(demo_city, demo_city.levels[0], view.period) is None


def test_a_place_is_told_from_its_peers_only_where_the_spans_of_ranks_do_not_meet(demo_city: CityData) -> None:
    found = ranked(parse_compare_view("?level=street&mode=ranking", demo_city), demo_city)
    assert found.peers is not None
    assert found.ranking is not None
    for k in range(len(found.order)):
        middle = found.middle[int(found.peers.group[found.position[k]])]
        here, there = int(found.position[k]), middle.at
        meet = max(found.ranking.best[here], found.ranking.best[there]) <= min(
            found.ranking.worst[here], found.ranking.worst[there]
        )
        assert told_apart(found, k, middle) == (not meet)


# --- slopes and reasons ---


def test_time_runs_to_the_right(demo_city: CityData) -> None:
    both = pair(parse_compare_view("?level=street", demo_city), demo_city)
    assert order(both) == (both.b, both.a)
    turned = pair(parse_compare_view("?level=street", demo_city).swapped(), demo_city)
    assert order(turned) == (turned.a, turned.b)


def test_a_slope_is_drawn_without_a_chart_library_and_names_every_place_of_few(demo_city: CityData) -> None:
    parts = parts_of(demo_city, "?level=street", "slope")
    assert {each["type"] for each in components(list(parts.values()))} & {"Graph"} == set()
    (chart,) = with_class(parts["compare-body"], "slopes")
    columns = with_class(chart, "ends")
    names = [[each["props"]["children"] for each in with_class(column, "name")] for column in columns]
    both = pair(parse_compare_view("?level=street", demo_city), demo_city)
    assert [len(each) for each in names] == [len(both.a.values.rows)] * 2
    assert set(names[0]) == set(names[1])
    (picture,) = [each for each in components(chart) if each["type"] == "Img"]
    assert picture["props"]["src"].startswith("data:image/svg+xml,")
    assert picture["props"]["alt"]


@pytest.mark.parametrize("theme", ["light", "projector"])
def test_the_names_of_a_slope_stand_in_the_order_of_its_values(demo_city: CityData, theme: str) -> None:
    parts = parts_of(demo_city, f"?level=street&theme={theme}", "slope")
    for column in with_class(parts["compare-body"], "ends"):
        values = [float(each["props"]["children"]) for each in with_class(column, "value")]
        assert values == sorted(values, reverse=True)


@pytest.mark.parametrize("mode", MODES)
def test_no_mode_needs_a_chart_library(demo_city: CityData, mode: str) -> None:
    for link in ("?level=street", "?sub=traffic", "?type=theft"):
        assert "Graph" not in {each["type"] for each in components(list(parts_of(demo_city, link, mode).values()))}


def test_labels_are_moved_apart_and_stay_in_order_and_in_bounds() -> None:
    assert spread([], 1.0, 0.0, 9.0) == []
    assert spread([2.0, 2.0, 2.0], 1.0, 0.0, 9.0) == [1.0, 2.0, 3.0]
    assert spread([0.0, 0.0, 9.0], 1.0, 0.0, 9.0) == [0.0, 1.0, 9.0]
    assert spread([9.0, 9.0], 1.0, 0.0, 9.0) == [8.0, 9.0]
    rng = np.random.default_rng(0)
    for _ in range(50):
        values = rng.uniform(0, 10, 20).tolist()
        placed = np.array(spread(values, 0.5, 0.0, 10.0))
        ranks = np.argsort(values)
        assert (np.diff(placed[ranks]) >= 0.5 - 1e-9).all()
        assert placed.min() >= -1e-9
        assert placed.max() <= 10 + 1e-9


def test_links_of_another_page_are_made_to_load_it() -> None:
    from dash import dcc, html

    part = leading_away(html.P([html.B("x"), dcc.Link("y", href="/?a=1", className="c")]))
    assert [type(child).__name__ for child in part.children] == ["B", "A"]
    assert (part.children[1].href, part.children[1].className) == ("/?a=1", "c")


# --- what the browser gets ---


def test_the_maps_get_the_values_that_the_map_page_prints(demo_city: CityData) -> None:
    view = parse_compare_view("?level=street", demo_city)
    both = pair(view, demo_city)
    payload = compare_payload(view, both, None, None)
    n = len(both.a.values.rows)
    for part in (payload["a"], payload["b"]):
        assert len(part["value"]) == len(part["class"]) == len(part["count"]) == n
        assert sum(end - first for first, end in part["show"]) == n
    assert payload["a"]["palette"] == payload["b"]["palette"]
    assert payload["diff"] is None


def test_modes_without_a_map_send_none(demo_city: CityData) -> None:
    for mode in ("ranking", "slope", "reasons"):
        parts = parts_of(demo_city, "?level=street", mode)
        assert parts["compare-paint"]["mode"] == ""
        assert "a" not in parts["compare-paint"]


def test_the_page_is_small(demo_city: CityData) -> None:
    for mode in MODES:
        assert len(json.dumps(parts_of(demo_city, "?level=community", mode))) < 400_000, mode


def test_every_mode_and_note_has_words() -> None:
    assert set(frame.MODE_NAMES) == set(MODES)
