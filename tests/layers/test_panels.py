"""The panels: what is printed closes, nothing missing is printed as a number, every link says where it leads."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from geodata.city import CityData
from geodata.index.bands import band_of
from geodata.ranking import rank_places
from geodata.vocabulary import Period, PlaceLevel
from geodata.written import MINUS, THIN, decimal, printed_scores, signed, whole
from layers import ids
from layers.maps.values import chosen_types, map_values
from layers.method.view import MethodView
from layers.pages.map import hours_by_weekday, page, title, trend_of
from layers.panels.children import LONGEST as LONGEST_LIST
from layers.panels.children import children_card
from layers.panels.frame import foot, topbar
from layers.panels.headline import count_is_sure, headline
from layers.panels.rail import PROJECTED, rail
from layers.panels.reasons import named_sub_indices
from layers.panels.story import Judged, Story, story
from layers.panels.types import LONGEST, type_name, types_card
from layers.style import BAND_COLOURS
from layers.text import band_name, period_name, text
from layers.view import TOTAL, ViewState, city_of, default_view, parse_view, shown_level, shown_measure
from tests.layers import (
    NOT_NUMBERS,
    ODD_VIEWS,
    components,
    links,
    odd_views,
    plain,
    rendered,
    said,
    unmeasured,
    with_class,
)

NAMES = [*ODD_VIEWS, "grid cell", "grid cell, rate"]
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def told(search: str, city: CityData) -> Story:
    return story(parse_view(search, city), city)


def number(printed: str) -> int:
    return int(printed.replace(THIN, "").replace(MINUS, "-"))


# --- every view ---


@pytest.mark.parametrize("name", NAMES)
def test_nothing_missing_is_printed_as_a_number(demo_city: CityData, name: str) -> None:
    view = odd_views(demo_city)[name]
    for part, content in rendered(view, demo_city).items():
        found = NOT_NUMBERS.search(said(content))
        assert not found, (part, said(content)[max(found.start() - 60, 0) : found.end() + 20])
        json.dumps(content, allow_nan=False)


@pytest.mark.parametrize("name", NAMES)
def test_every_part_of_the_page_is_filled(demo_city: CityData, name: str) -> None:
    parts = rendered(odd_views(demo_city)[name], demo_city)
    first = name in ("first", "english", "projector", "english projector")
    for part, content in parts.items():
        if part == ids.CHIPS and first:
            assert content == []
        else:
            assert content, part


@pytest.mark.parametrize("name", [name for name in NAMES if "english" in name])
def test_an_english_page_has_no_chinese_but_its_banner_and_switch(demo_city: CityData, name: str) -> None:
    parts = rendered(odd_views(demo_city)[name], demo_city)
    del parts[ids.BANNER]
    texts = "\n".join(said(part) for part in parts.values())
    for allowed in ("SIMULATED 模拟数据", "切换到中文", "中文"):
        texts = texts.replace(allowed, "")
    found = CHINESE.search(texts)
    assert not found, texts[max(found.start() - 80, 0) : found.end() + 20]


@pytest.mark.parametrize("name", NAMES)
def test_every_link_can_be_read_aloud(demo_city: CityData, name: str) -> None:
    for content in rendered(odd_views(demo_city)[name], demo_city).values():
        for component in components(content):
            if "href" in component["props"]:
                assert said(component["props"].get("children")).strip(), component


@pytest.mark.parametrize("name", NAMES)
def test_no_view_says_that_the_data_are_real(demo_city: CityData, name: str) -> None:
    parts = rendered(odd_views(demo_city)[name], demo_city)
    assert "SIMULATED" in said(parts[ids.BANNER])
    assert "SIMULATED" in said(parts[ids.FOOT])


def test_every_id_stands_once_on_the_page(demo_city: CityData) -> None:
    for view in odd_views(demo_city).values():
        whole_page = [plain(page()), *rendered(view, demo_city).values()]
        named = [c["props"]["id"] for c in components(whole_page) if c["props"].get("id")]
        assert len(named) == len(set(named))


# --- headline ---


def test_the_headline_prints_the_score_its_interval_and_its_band(demo_city: CityData) -> None:
    now = told("?place=440402006", demo_city)
    score = float(now.series(TOTAL)[now.now])
    band = band_of(score, demo_city.method.bands)
    assert band is not None
    printed = said(headline(now))
    assert decimal(score) in printed
    assert f"{BAND_COLOURS[band][2]} {band_name('zh', band)}" in printed
    low, high = (decimal(float(end[now.now])) for end in now.interval(TOTAL))
    assert text("zh", "interval", low=low, high=high) in printed


def test_the_headline_counts_what_the_closing_line_counts(demo_city: CityData) -> None:
    for name, view in odd_views(demo_city).items():
        values = map_values(view, demo_city)
        if shown_level(view, demo_city) is None or not demo_city.is_connected(view.sub_index):
            continue
        types = chosen_types(view, demo_city)
        if types is not None and not len(types):  # measured, not counted
            assert with_class(headline(story(view, demo_city)), "incidents") == []
            continue
        counted = values.counted.total
        printed = said(headline(story(view, demo_city)))
        written = text(view.lang, "incidents_n", n=whole(counted))
        if shown_measure(view, demo_city) == "count":  # there the figure is the number, and it is said once
            figure = said(with_class(headline(story(view, demo_city)), "figure"))
            assert whole(counted) in figure, name
            assert written not in printed, name
        else:
            assert written in printed, name


def test_a_missing_score_has_a_sentence_and_no_band(demo_city: CityData) -> None:
    silent = headline(told("?period=2026-W32&sub=consumer", demo_city))
    assert text("zh", "no_score_sub") in said(silent)
    assert with_class(silent, "band-word") == []
    assert with_class(silent, "big") == []


def test_without_a_period_before_there_is_no_change(demo_city: CityData) -> None:
    printed = said(headline(told("?period=2025-11", demo_city)))
    assert text("zh", "no_comparison") in printed
    assert "%" not in printed.replace("90%", "").replace("90 %", "")


def test_the_change_in_incidents_is_the_difference_of_both_periods(demo_city: CityData) -> None:
    now = told("?place=440402006&period=2026-06", demo_city)
    after, before = now.counts(now.view)
    assert before is not None
    difference = int(after.sum() - before.sum())
    sign = "+" if difference > 0 else MINUS
    assert re.search(f"环比 [▲△▼▽] {re.escape(sign)}{abs(difference)}，", said(headline(now)))
    assert f"{sign}{abs(100 * difference / before.sum()):.1f}%" in said(headline(now))


def test_a_percentage_of_very_few_is_not_told(demo_city: CityData) -> None:
    found = 0
    for row in demo_city.members(demo_city.levels[2], demo_city.find("440402006")):
        token = demo_city.place(int(row)).token
        now = told(f"?place={token}&type=burglary", demo_city)
        _, before = now.counts(now.view)
        assert before is not None
        if before.sum() < 5:
            found += 1
            assert "%" not in said(headline(now))
    assert found


def test_notes_say_what_is_missing(demo_city: CityData) -> None:
    assert "消费评价" in said(headline(told("?period=2026-08", demo_city)))
    assert text("zh", "single_type", measure="发生率") in said(headline(told("?type=theft", demo_city)))
    bare = unmeasured(demo_city)
    assert "Public participation" in said(headline(told("?lang=en", bare)))
    said_of = said(headline(told("?sub=co_building&lang=en", bare)))
    assert text("en", "not_connected", name="Public participation") in said_of
    note = text("zh", "not_scored_sub", name="市民诉求", measure="发生率")
    assert note in said(headline(told("?sub=citizen_requests", bare)))


HALF_SILENT = "period=2026-06-01..2026-10-31"
"""A span in which the market authority was silent for 48 days; in the span before it was not."""


def test_a_silent_source_is_named_with_its_days_and_its_numbers_are_not_compared(demo_city: CityData) -> None:
    printed = said(headline(told(f"?sub=food_drugs&{HALF_SILENT}", demo_city)))
    assert "市场监管 2026年7月14日至8月30日缺报（48 天）" in printed
    assert text("zh", "counts_uneven") in printed
    (line,) = with_class(headline(told(f"?sub=food_drugs&{HALF_SILENT}", demo_city)), "incidents")
    assert "%" not in said(line)
    assert "差异" not in said(line)


def test_a_gap_in_the_period_before_is_told_where_it_stops_the_comparison(demo_city: CityData) -> None:
    after = told("?sub=consumer&period=2026-08-20..2026-09-30", demo_city)
    assert after.compared_counts(after.view) is None
    assert "市场监管 2026年8月20日至8月30日缺报（11 天）" in said(headline(after))
    assert "缺报" not in said(headline(told(f"?sub=traffic&{HALF_SILENT}", demo_city)))


def test_a_gap_that_hardly_matters_is_told_and_allowed_for(demo_city: CityData) -> None:
    now = told(f"?{HALF_SILENT}", demo_city)
    assert now.compared_counts(now.view) is not None
    printed = said(headline(now))
    assert "市场监管" in printed
    assert text("zh", "counts_uneven") not in printed


def test_a_period_that_is_not_finished_says_that_it_is_this_one(demo_city: CityData) -> None:
    for search in ("?period=2026", "?period=2026-W44"):
        printed = said(with_class(headline(told(search, demo_city)), "delta"))
        assert text("zh", "no_comparison_now") in printed
        assert text("zh", "no_comparison") not in printed


def test_a_test_of_numbers_says_that_days_are_allowed_for(demo_city: CityData) -> None:
    march = with_class(headline(told("?period=2026-03", demo_city)), "incidents")
    assert "扣除天数和季节后差异" in said(march)  # 31 days after 28
    projected = with_class(headline(told("?period=2026-03&theme=projector", demo_city)), "incidents")
    assert "扣除" not in said(projected)


def test_where_nothing_happened_nothing_is_weak(demo_city: CityData) -> None:
    seen = 0
    for row in demo_city.members(demo_city.levels[-1], demo_city.find("440402006001"))[:20]:
        now = told(f"?place={demo_city.place(int(row)).token}", demo_city)
        if not now.counts(now.view)[0].any():
            seen += 1
            assert with_class(headline(now), "weakest") == []
    assert seen


def test_the_weakest_sub_index_is_named_with_its_score_and_opens_it(demo_city: CityData) -> None:
    now = told("?place=440402006", demo_city)
    line = with_class(headline(now), "weakest")[0]
    lowest = min(
        (s for s in demo_city.method.sub_indices), key=lambda s: np.nan_to_num(now.judged(s.id).score, nan=1e9)
    )
    assert lowest.name in said(line)
    assert now.shown(lowest.id) in said(line)
    assert [parse_view(link[1:], demo_city).sub_index for link in links(line)] == [lowest.id]
    assert with_class(headline(told("?sub=traffic", demo_city)), "weakest") == []


def test_a_target_is_reached_only_where_the_interval_lies_above_it(demo_city: CityData) -> None:
    now = told("?compare=target&place=440402006", demo_city)
    judged, target = now.judged(TOTAL), now.target(TOTAL)
    assert target is not None
    gap, sure = judged.gap(target)
    assert gap == pytest.approx(judged.score - target)
    assert sure == (judged.low > target or judged.high < target)
    printed = said(headline(now))
    assert text("zh", "target_at", target=decimal(target)) in printed
    key = ("target_above" if gap > 0 else "target_below") if sure else "target_unsure"
    assert text("zh", key) in printed
    assert text("zh", "target_none") in said(headline(told("?compare=target&sub=traffic", demo_city)))


@pytest.mark.parametrize(
    ("low", "high", "target", "gap", "sure"),
    [(84.0, 86.0, 85.0, 0.0, False), (85.1, 86.9, 85.0, 1.0, True), (83.0, 84.9, 85.0, -1.05, True)],
)
def test_a_gap_is_sure_if_the_interval_excludes_the_target(
    low: float, high: float, target: float, gap: float, sure: bool
) -> None:
    judged = Judged((low + high) / 2, low, high, None)
    found, is_sure = judged.gap(target)
    assert found == pytest.approx(gap)
    assert is_sure == sure
    assert np.isnan(judged.gap(None)[0])
    assert not judged.gap(None)[1]


def test_a_day_has_its_own_score_and_that_of_seven_days(demo_city: CityData) -> None:
    now = told("?period=2026-10-31&place=440402006", demo_city)
    own = float(now.series(TOTAL)[now.now])
    judged = now.judged(TOTAL)
    assert own != pytest.approx(judged.score, abs=0.01)
    printed = headline(now)
    assert said(with_class(printed, "big")[0]["props"]["children"]) == now.shown(TOTAL)
    assert text("zh", "pooled") in said(printed)
    assert decimal(own) in said(with_class(printed, "own-day")[0])
    street = map_values(parse_view("?period=2026-10-31&place=440402", demo_city), demo_city)
    position = street.rows.tolist().index(now.place.row)
    assert street.value[position] == pytest.approx(judged.score)  # the map and the headline agree


def test_the_first_days_have_no_pooled_score(demo_city: CityData) -> None:
    printed = said(headline(told("?period=2025-11-03", demo_city)))
    assert text("zh", "pooled_missing") in printed
    assert text("zh", "own_day_missing").split("缺")[0] in printed


def test_the_number_of_incidents_opens_their_list(demo_city: CityData) -> None:
    for search, rows in (("?place=440402006", 1), ("?place=440402006&rows=3", 0)):
        (see,) = links(with_class(headline(told(search, demo_city)), "incidents"))
        assert parse_view(see[1:], demo_city).rows == rows


def test_a_place_is_told_with_its_span_of_ranks_and_its_peers(demo_city: CityData) -> None:
    now = told("?place=440402006&period=2026-06", demo_city)
    ranking = rank_places(demo_city, PlaceLevel.STREET, now.view.period)
    k = ranking.rows.tolist().index(now.place.row)
    line = with_class(headline(now), "tier")[0]
    assert text("zh", "rank_span", best=int(ranking.best[k]), worst=int(ranking.worst[k])) in said(line)
    assert "难分先后" in said(line)
    assert links(line) == [MethodView(period=now.view.period, level=PlaceLevel.STREET).href() + "#ranks"]
    for search in ("", "?place=440402006&sub=traffic", "?place=440402006&theme=projector", "?period=2026-10-31"):
        assert with_class(headline(told(search, demo_city)), "tier") == []


@pytest.mark.parametrize(("before", "now", "sure"), [(20, 30, False), (20, 40, True), (0, 4, False), (0, 0, False)])
def test_a_count_has_a_filled_arrow_only_beyond_chance(demo_city: CityData, before: int, now: int, sure: bool) -> None:
    month = told("?period=2026-08", demo_city)  # as many days as the month before
    assert count_is_sure(month, before, now) == sure


def test_more_incidents_in_a_longer_month_are_no_rise(demo_city: CityData) -> None:
    march = told("?period=2026-03", demo_city)  # 31 days after 28: a tenth more is fewer a day
    assert not count_is_sure(march, 10_000, 10_400)
    assert count_is_sure(march, 10_000, 13_000)


def test_the_day_alone_has_a_change_of_its_own(demo_city: CityData) -> None:
    now = told("?period=2026-10-31&place=440402006", demo_city)
    own = now.change(TOTAL)
    pooled, _ = now.judged_change(TOTAL)
    assert pooled != pytest.approx(own, abs=0.01)
    printed = with_class(headline(now), "own-day")[0]
    assert signed(own) in said(printed)
    assert signed(pooled) in said(with_class(headline(now), "delta")[0])


# --- rail ---


def test_the_rail_has_the_composite_and_every_sub_index(demo_city: CityData) -> None:
    found = rail(told("", demo_city))
    assert len(found) == 15
    names = [said(c["props"]["children"]) for c in with_class(found, "name")]
    assert names == ["平安+指数", *(s.name for s in demo_city.method.sub_indices)]


def test_what_is_missing_on_the_rail_has_no_band(demo_city: CityData) -> None:
    now = told("?period=2026-W32", demo_city)
    items = plain(rail(now))
    for item, sub_index in zip(items, [TOTAL, *(s.id for s in demo_city.method.sub_indices)], strict=True):
        value = float(now.series(sub_index)[now.now])
        scores = [said(c["props"]["children"]) for c in with_class(item, "score")]
        marks = with_class(item, "mark")
        if np.isfinite(value):
            assert scores == [decimal(value)]
        else:
            assert not any("band-" in c["props"]["className"] for c in marks)
            assert decimal(85.0) not in scores


def test_a_missing_score_says_why(demo_city: CityData) -> None:
    now = told("?place=440402003015", demo_city)
    places = {said(with_class(item, "name")[0]["props"]["children"]): item for item in plain(rail(now))}
    building = places["社会共建"]  # measured of the city and its districts
    assert said(with_class(building, "score")) == text("zh", "not_at_level_short")
    assert building["props"]["title"] == text("zh", "not_at_level", level="村居")
    silent = plain(rail(told("?period=2026-08", demo_city)))
    consumer = next(item for item in silent if "消费评价" in said(item))
    assert said(with_class(consumer, "score")) == text("zh", "missing")
    assert consumer["props"]["title"] == text("zh", "no_score_sub")
    assert text("zh", "not_at_level", level="村居") in said(
        headline(told("?place=440402003015&sub=co_building", demo_city))
    )


def test_a_projected_rail_has_what_the_sentence_names(demo_city: CityData) -> None:
    seen = 0
    for month in range(3, 11):
        now = told(f"?theme=projector&period=2026-{month:02d}", demo_city)
        found = rail(now)
        assert text("zh", "rail_most_moved") in said(found)
        names = [said(c["props"]["children"]) for c in with_class(found, "name")]
        assert len(names) == 1 + PROJECTED
        assert names[1:] == [s.name for s in demo_city.method.sub_indices if s.name in names]
        ids = named_sub_indices(now)
        seen += len(ids)
        assert {s.name for s in demo_city.method.sub_indices if s.id in ids} <= set(names)
    assert seen
    unfinished = rail(told("?theme=projector&period=2026", demo_city))
    assert text("zh", "rail_most_moved") not in said(unfinished)  # nothing is compared


def test_the_chosen_sub_index_is_marked_on_the_rail_and_a_click_keeps_the_place(demo_city: CityData) -> None:
    found = rail(told("?sub=traffic&place=440402006", demo_city))
    on = [c for c in components(plain(found)) if "on" in c["props"].get("className", "").split()]
    assert [said(with_class(c, "name")[0]["props"]["children"]) for c in on] == ["交通安全"]
    assert all("place=440402006" in link for link in links(found))


# --- types ---


def test_the_types_and_the_rest_add_up_to_the_headline(demo_city: CityData) -> None:
    for search in ("", "?place=440402006", "?sub=public_order", "?type=theft", "?period=2026-W32&sub=consumer"):
        now = told(search, demo_city)
        counts, before = now.counts(now.view)
        printed = [number(said(c["props"]["children"])) for c in with_class(card(now), "n")]
        assert sum(printed) == counts.sum()
        assert len(printed) <= LONGEST + 1
        assert printed[:LONGEST] == sorted(printed[:LONGEST], reverse=True)
        assert before is not None


def card(now: Story) -> object:
    return types_card(now.view, now.city, *now.counts(now.view))


def test_a_click_on_a_type_chooses_it_and_another_lets_it_go(demo_city: CityData) -> None:
    chosen = [parse_view(link[1:], demo_city).incident_type for link in links(card(told("", demo_city)))]
    assert chosen
    assert all(chosen)
    again = links(card(told(f"?type={chosen[0]}", demo_city)))
    assert [parse_view(link[1:], demo_city).incident_type for link in again if "rows=" not in link] == [""]


def test_a_type_is_named_in_the_language_of_the_page(demo_city: CityData) -> None:
    assert type_name("theft", demo_city, "zh") == "盗窃"
    assert type_name("theft", demo_city, "en") == "Theft"


def test_a_type_that_no_mapping_knows_keeps_the_sources_own_word(demo_city: CityData) -> None:
    assert type_name("raw:Schlägerei", demo_city, "zh") == "未归类：Schlägerei"
    assert type_name("raw:Schlägerei", demo_city, "en") == "Unmapped: Schlägerei"


# --- list ---


def cells(view: ViewState, city: CityData) -> list[list[str]]:
    values = map_values(view, city)
    assert values is not None
    rows = [c for c in components(plain(children_card(view, city, values))) if c["type"] == "Tr"]
    return [[said(cell["props"]["children"]) for cell in row["props"]["children"]] for row in rows]


def test_the_list_adds_up_to_the_map(demo_city: CityData) -> None:
    for search in ("", "?place=440402", "?type=theft&level=street", "?period=2026-W32&sub=consumer"):
        view = parse_view(search, demo_city)
        values = map_values(view, demo_city)
        assert values is not None
        printed = [number(row[3]) for row in cells(view, demo_city)[1:]]
        assert sum(printed) == values.counted.places.sum()
        assert len(printed) == len(values.rows)


def test_the_list_begins_with_the_lowest_score_and_the_highest_rate(demo_city: CityData) -> None:
    scores = [row[1].split()[-1] for row in cells(parse_view("?level=street", demo_city), demo_city)[1:]]
    assert scores == sorted(scores, key=float)
    rates = [row[1] for row in cells(parse_view("?level=street&measure=rate", demo_city), demo_city)[1:]]
    known = [float(rate.replace(THIN, "")) for rate in rates if rate != text("zh", "missing")]
    assert known == sorted(known, reverse=True)
    assert len(known) > 20


def test_a_place_that_is_better_than_all_its_parts_says_how_that_can_be(demo_city: CityData) -> None:
    seen = set()
    for row in demo_city.members(demo_city.levels[1], demo_city.city):
        now = told(f"?place={demo_city.place(int(row)).token}", demo_city)
        values = map_values(now.view, demo_city)
        parts = printed_scores(values.value[np.isfinite(values.value)], demo_city.method.bands)
        own = float(printed_scores(now.judged(TOTAL).score, demo_city.method.bands))
        if not len(parts) or not np.isfinite(own):
            continue
        outside = bool(own > parts.max() or own < parts.min())
        seen.add(outside)
        listed = said(children_card(now.view, demo_city, values))
        assert (text("zh", "children_near_usual") in listed) == outside
    assert False in seen


def test_a_long_list_says_how_much_it_leaves_out(demo_city: CityData) -> None:
    view = parse_view("?level=community", demo_city)
    values = map_values(view, demo_city)
    assert values is not None
    assert len(cells(view, demo_city)) == LONGEST_LIST + 1
    more = text("zh", "children_more", n=LONGEST_LIST, all=whole(len(values.rows)))
    assert more in said(children_card(view, demo_city, values))


# --- frame, page ---


def test_the_breadcrumb_names_every_place_above(demo_city: CityData) -> None:
    view = parse_view("?place=440402006001&lang=en", demo_city)
    lineage = demo_city.lineage(demo_city.find("440402006001"))
    crumbs = [said(c["props"]["children"]) for c in with_class(topbar(view, demo_city), "crumb")]
    assert crumbs == [place.in_language("en") for place in lineage]
    assert len(crumbs) == 4


def test_the_first_period_has_no_step_back_and_the_last_none_forward(demo_city: CityData) -> None:
    for search, left in (("?period=2025-11", "▶"), ("?period=2026-10", "◀")):
        bar = topbar(parse_view(search, demo_city), demo_city)
        steps = [c["props"]["children"] for c in with_class(bar, "step") if "href" in c["props"]]
        assert steps == [left]


def test_the_foot_says_what_the_numbers_rest_on(demo_city: CityData) -> None:
    printed = said(foot(default_view(demo_city), demo_city))
    for part in ("2026-10-31", demo_city.method.version, demo_city.boundary_version[:8], "2025-11-01", "SIMULATED"):
        assert part in printed


def test_the_title_names_place_period_and_product(demo_city: CityData) -> None:
    view = parse_view("?place=440402006&lang=en", demo_city)
    assert title(view, demo_city).endswith("· Oct 2026 · PingAn+ Atlas")
    assert title(default_view(demo_city), demo_city) == "珠海市 · 2026年10月 · 平安+一张图"


def test_hours_and_unknown_hours_are_all_incidents(demo_city: CityData) -> None:
    for view in odd_views(demo_city).values():
        counts, unknown = hours_by_weekday(view, demo_city)
        now = story(view, demo_city)
        assert counts.shape == (7, 24)
        assert counts.sum() + unknown == now.counts(view)[0].sum()


def test_a_day_fills_only_its_own_weekday(demo_city: CityData) -> None:
    counts, _ = hours_by_weekday(parse_view("?period=2026-10-05", demo_city), demo_city)  # a Monday
    assert counts[0].sum() > 0
    assert counts[1:].sum() == 0


# --- trend ---


def test_the_trend_shows_the_current_period_among_its_own_kind(demo_city: CityData) -> None:
    for view in odd_views(demo_city).values():
        now = story(view, demo_city)
        assert now.periods[now.now] == view.period
        assert {p.kind for p in now.periods} == {view.period.kind}
        assert now.periods == sorted(now.periods)
        assert all(a.end == b.start for a, b in zip(now.periods, now.periods[1:], strict=False))


def test_the_line_to_a_year_that_is_not_finished_is_dotted_for_its_fall_is_none(demo_city: CityData) -> None:
    _, _, figure = trend_of(story(parse_view("?period=2026&measure=count", demo_city), demo_city))
    assert figure is not None
    line, dotted = figure["data"][:2]
    whole_years = [demo_city.is_whole(Period.parse(name[:4])) for name in line["x"]]
    assert not all(whole_years)
    assert [y is not None for y in line["y"]] == whole_years
    assert dotted["line"]["dash"] == "dot"
    last = line["customdata"][-1]
    assert last[1].startswith(whole(dotted["y"][-1]))
    assert last[1].endswith(text("zh", "strip_unfinished"))
    _, _, finished = trend_of(story(parse_view("?period=2026-10&measure=count", demo_city), demo_city))
    assert finished is not None
    assert not [trace for trace in finished["data"] if "dash" in trace.get("line", {})]


def test_the_trend_leaves_a_gap_where_a_source_was_silent(demo_city: CityData) -> None:
    now = told("?sub=consumer&period=2026-W40", demo_city)
    silent = now.periods.index(Period.parse("2026-W32"))
    assert np.isnan(now.series("consumer")[silent])
    assert np.isfinite(now.series("consumer")[now.now])
    figure = figure_of("?sub=consumer&period=2026-W40", demo_city)
    line = next(trace for trace in figure["data"] if trace.get("hovertext"))
    assert "—" in line["hovertext"][silent]
    assert line["x"][now.now] == period_name("zh", Period.parse("2026-W40"))


def test_a_chart_has_its_numbers_beside_it(demo_city: CityData) -> None:
    for search, heads in (("", ["周期", "得分", "90% 区间"]), ("?type=theft", ["周期", "事件"])):
        view = parse_view(search, demo_city)
        now = story(view, demo_city)
        found = components(rendered(view, demo_city))
        words = [json.loads(c["props"]["data-numbers"]) for c in found if "data-numbers" in c["props"]]
        assert [each["heads"] for each in words] == [heads, ["", *"一二三四五六日", "合计"]]
        rows = next(trace for trace in figure_of(search, demo_city)["data"] if trace.get("hovertext"))["customdata"]
        assert [row[0] for row in rows] == [period_name("zh", period) for period in now.periods]
        assert {len(row) for row in rows} == {len(heads)}
    on_projector = components(rendered(parse_view("?theme=projector", demo_city), demo_city))
    assert not [c for c in on_projector if "data-numbers" in c["props"]]


def figure_of(search: str, city: CityData) -> dict[str, list[dict[str, list[str]]]]:
    graphs = [c for c in components(rendered(parse_view(search, city), city)) if c["type"] == "Graph"]
    trend = next(graph for graph in graphs if graph["props"].get("id") == ids.TREND)
    figure: dict[str, list[dict[str, list[str]]]] = trend["props"]["figure"]
    return figure


def test_a_count_is_drawn_as_it_is_printed(demo_city: CityData) -> None:
    view = parse_view("?type=theft&period=2026-06", demo_city)
    now = story(view, demo_city)
    figure = figure_of("?type=theft&period=2026-06", demo_city)
    line = next(trace for trace in figure["data"] if trace.get("hovertext"))
    assert text("zh", "incidents_n", n=whole(now.counts(view)[0].sum())) in line["hovertext"][now.now]


def test_a_phone_finds_all_of_the_header_and_the_foot_behind_its_button(demo_city: CityData) -> None:
    view = default_view(demo_city)
    bar = topbar(view, demo_city)
    button, foot_of_menu = with_class(bar, "more"), with_class(bar, "menu-foot")
    assert [b["props"]["aria-expanded"] for b in button] == ["false"]
    assert said(foot(view, demo_city)) in said(foot_of_menu)
    assert text("zh", "simulated") in said(foot_of_menu)


def test_the_number_has_the_age_of_its_data_beside_it(demo_city: CityData) -> None:
    as_of = with_class(headline(told("?lang=en", demo_city)), "as-of")
    assert [said(each["props"]["children"]) for each in as_of] == [text("en", "as_of", day="2026-10-31")]


def test_a_projected_rail_of_counts_keeps_to_the_most_frequent(demo_city: CityData) -> None:
    view = parse_view("?hours=18-24&theme=projector", demo_city)
    items = with_class(rail(story(view, city_of(view, demo_city))), "rail-item")
    assert len(items) == PROJECTED + 1
