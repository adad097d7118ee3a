"""The reasons: what is printed adds up to the change, each line leads on, and what cannot be explained says why."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from geodata.city import CityData
from geodata.index.explain import EffectKind
from geodata.written import MINUS, signed
from layers.charts.reasons import Step, waterfall
from layers.panels.incidents import listed_incidents
from layers.panels.reasons import (
    Entry,
    closed,
    count_sentence,
    entries,
    explained,
    moved,
    reasons_card,
    sentence,
)
from layers.panels.story import Story, story
from layers.text import text
from layers.view import TOTAL, ViewState, city_of, parse_view
from tests.layers import NOT_NUMBERS, components, links, odd_views, plain, said, unmeasured, with_class

NUMBER = re.compile(rf"[+{MINUS}]?\d+\.\d\d")


def told(search: str, city: CityData) -> Story:
    view = parse_view(search, city)
    return story(view, city_of(view, city))


def card(search: str, city: CityData) -> object:
    found = reasons_card(told(search, city))
    assert found is not None
    return found


def lead(search: str, city: CityData) -> str:
    return said(with_class(card(search, city), "lead")[0]["props"]["children"])


def points(printed: str) -> float:
    return float(printed.replace(MINUS, "-"))


def column(search: str, city: CityData, k: int) -> list[float]:
    """Return a column of the table, the last one = -1, folded lines included."""
    values = []
    for row in (c for c in components(plain(card(search, city))) if c["type"] == "Tr"):
        cells = [c for c in row["props"]["children"] if c["type"] == "Td"]
        if cells:
            shown = said(cells[k]["props"].get("children", "")).strip()
            values.append(points(shown) if shown else 0.0)
    return values


# --- rounding ---


def test_rounded_lines_add_up_to_the_printed_change() -> None:
    lines = [Entry("a", 0.104, 0.104), Entry("b", 0.104, 0.0), Entry("c", -0.2, 0.0)]
    shown = closed(lines, 0.11)
    assert sum(entry.points for entry in shown) == pytest.approx(0.11)
    assert all(abs(a.happened - b.happened) < 0.01 for a, b in zip(lines, shown, strict=True))
    assert shown[2].base == 0.0  # what is nothing stays nothing


def test_lines_that_round_to_nothing_are_left_out() -> None:
    assert closed([Entry("a", 0.2, 0.0), Entry("b", 0.001, -0.001)], 0.2) == [Entry("a", 0.2, 0.0)]
    assert closed([], 0.0) == []


# --- every view ---


def test_the_lines_add_up_to_the_change_in_every_view(demo_city: CityData) -> None:
    explained_views = 0
    for view in odd_views(demo_city).values():
        now = story(view, demo_city)
        why = now.why(view.sub_index)
        if why is None or not np.isfinite(why.change) or view.incident_type:
            continue
        explained_views += 1
        found = entries(now, why)
        assert sum(entry.points for entry in found) == pytest.approx(why.change, abs=1e-9)
        assert now.change(view.sub_index) == pytest.approx(why.change, abs=1e-9)
    assert explained_views > 8


def test_the_table_adds_up_as_printed(demo_city: CityData) -> None:
    for search in ("?place=440402006&period=2026-06", "?place=440402&sub=public_order", "?period=2026-10-31"):
        total = column(search, demo_city, -1)
        parts = np.array(column(search, demo_city, 1)) + np.array(column(search, demo_city, 2))
        np.testing.assert_allclose(parts, total, atol=1e-9)
        now = told(search, demo_city)
        why = now.why(now.view.sub_index)
        assert why is not None
        change = round(why.explanation.after, 2) - round(why.explanation.before, 2)
        assert sum(total) == pytest.approx(change, abs=1e-9), search


def test_the_sentence_speaks_of_the_numbers_of_the_table(demo_city: CityData) -> None:
    search = "?place=440402006&sub=public_order&period=2026-06"
    now = told(search, demo_city)
    why = now.why("public_order")
    assert why is not None
    listed = closed(entries(now, why), round(round(why.explanation.after, 2) - round(why.explanation.before, 2), 2))
    happened = sum(entry.happened for entry in listed)
    printed = sentence(now, why, listed)
    assert f"{abs(happened):.2f}" in printed
    largest = max(listed, key=lambda entry: abs(entry.happened))
    assert f"{largest.name} {signed(largest.happened, 2)}" in printed
    assert lead(search, demo_city) == printed


def test_the_sentence_says_whether_the_change_is_more_than_chance(demo_city: CityData) -> None:
    seen = set()
    for search in ("", "?sub=city_management&period=2026-06", "?sub=public_order", "?sub=ecology&period=2026-04"):
        now = told(search, demo_city)
        if abs(now.change(now.view.sub_index)) < 0.1:
            continue
        sure = now.is_sure(now.view.sub_index)
        seen.add(sure)
        assert text("zh", "why_sure" if sure else "why_chance") in lead(search, demo_city)
    assert seen


def test_fewer_rows_of_a_silent_source_are_not_fewer_incidents(demo_city: CityData) -> None:
    search = "?sub=food_drugs&period=2026-06-01..2026-10-31"  # 48 days without the market authority
    words = lead(search, demo_city)
    assert "事件真的少了" not in words
    now = told(search, demo_city)
    why = now.why("food_drugs")
    assert why is not None
    (line,) = [e for e in closed(entries(now, why), round(why.change, 2)) if e.uneven]
    assert line.name == "食品药品投诉"
    assert line.before is None  # numbers of different coverage are not put side by side
    assert text("zh", "why_uneven", names=line.name, points=signed(line.points, 2)) in words
    shown = column(search, demo_city, 1), column(search, demo_city, 2), column(search, demo_city, -1)
    k = [round(value, 2) for value in shown[2]].index(round(line.points, 2))
    assert shown[0][k] == shown[1][k] == 0.0  # both hold what was not sent
    step = said(card(f"{search}&indicator=SY1", demo_city))
    assert text("zh", "why_base_gap") in step
    assert text("zh", "why_type_uneven") in said(card(f"{search}&type=food_complaint", demo_city))


def test_the_calendar_of_the_city_is_that_of_the_even_lines(demo_city: CityData) -> None:
    now = told("?period=2026-06-01..2026-10-31", demo_city)
    why = now.why(TOTAL)
    assert why is not None
    listed = closed(entries(now, why), round(why.explanation.after, 2) - round(why.explanation.before, 2))
    assert {e.name for e in listed if e.uneven} <= {"食药安全", "消费评价"}
    base = round(sum(e.base for e in listed if not e.uneven and e.kind is EffectKind.EXPECTED), 2)
    words = sentence(now, why, listed)
    key = "why_base_up" if base > 0 else "why_base_down"
    assert (text("zh", key, points=signed(base, 2)) in words) == bool(base)


def test_a_part_whose_number_did_not_change_as_its_points_is_graver_or_lighter(demo_city: CityData) -> None:
    """Every street: what the sentence calls graver is no more in number, and what is not called so is."""
    seen = set()
    marks = {text("zh", f"why_part_{key}") for key in ("lighter", "graver")}
    for row in demo_city.members(demo_city.levels[1], demo_city.city):
        search = f"?place={demo_city.place(int(row)).token}&sub=public_order&period=2026-09"
        now = told(search, demo_city)
        why = now.why("public_order")
        if why is None or not np.isfinite(why.change):
            continue
        words = lead(search, demo_city)
        for entry in closed(entries(now, why), round(why.change, 2)):
            part = re.search(rf"{entry.name} {re.escape(signed(entry.happened, 2))}(（[^）]*）)?", words)
            if part is None or entry.now is None or entry.before is None:
                continue
            marked = any(mark in (part[1] or "") for mark in marks)
            assert marked == (entry.happened * (entry.before - entry.now) <= 0), words
            seen.add(marked)
    assert seen == {False, True}


def test_an_indicator_is_graver_where_its_number_is_the_same(demo_city: CityData) -> None:
    keys = {"why_lighter", "why_graver", "why_fewer", "why_more", "why_better", "why_worse"}
    starts = {key: text("zh", key, points="").split("（")[0] for key in keys}
    seen = set()
    for row in demo_city.members(demo_city.levels[1], demo_city.city):
        search = f"?place={demo_city.place(int(row)).token}&sub=public_order&indicator=ZA2&period=2026-09"
        words = lead(search, demo_city)
        seen |= {key for key, start in starts.items() if start in words}
    assert seen & {"why_lighter", "why_graver"}
    assert seen & {"why_fewer", "why_more"}
    assert not seen & {"why_better", "why_worse"}


def test_the_help_says_why_a_score_stands_at_one_end_of_its_interval(demo_city: CityData) -> None:
    assert text("zh", "interval_why") in said(with_class(card("?period=2026-06", demo_city), "help"))


# --- steps ---


def opened(search: str, city: CityData) -> list[ViewState]:
    """Return the views that the lines of a card lead to."""
    return [parse_view(link[1:], city) for link in links(card(search, city))]


def test_sub_index_indicator_type_and_place_open_one_another_down_to_the_rows(demo_city: CityData) -> None:
    search = "?place=440402006&period=2026-06"
    first = opened(search, demo_city)
    assert {v.sub_index for v in first} > {"public_order", "traffic"}
    second = opened(search + "&sub=public_order", demo_city)
    assert {v.indicator for v in second} == {"ZA1", "ZA2"}
    third = opened(search + "&sub=public_order&indicator=ZA1", demo_city)
    assert "theft" in {v.incident_type for v in third}
    assert {(v.place, v.sub_index) for v in third} == {("440402006", "public_order")}
    last = opened(search + "&sub=public_order&indicator=ZA1&type=theft", demo_city)
    assert last
    assert all(v.place.startswith("440402006") and v.place != "440402006" for v in last)
    assert {v.rows for v in first} == {v.rows for v in second} == {v.rows for v in third} == {0, 1}


def test_each_step_adds_up_to_what_the_step_before_prints_of_it(demo_city: CityData) -> None:
    search = "?place=440402006&period=2026-06&sub=public_order"
    for indicator, total in zip(
        ("ZA1", "ZA2"), printed_of(search, demo_city, "违法犯罪警情", "电信网络诈骗"), strict=True
    ):
        assert sum(column(f"{search}&indicator={indicator}", demo_city, -1)) == pytest.approx(total, abs=1e-9)
    (theft,) = printed_of(f"{search}&indicator=ZA1", demo_city, "盗窃")
    assert sum(column(f"{search}&indicator=ZA1&type=theft", demo_city, -1)) == pytest.approx(theft, abs=1e-9)


def printed_of(search: str, city: CityData, *names: str) -> list[float]:
    """Return the points in the last column of the lines with these names."""
    found = {}
    for row in (c for c in components(plain(card(search, city))) if c["type"] == "Tr"):
        cells = [c for c in row["props"]["children"] if c["type"] == "Td"]
        if cells:
            name = said(cells[0]["props"]["children"]).split("\n")[0]
            found[name] = points(said(cells[-1]["props"]["children"]).strip())
    return [found[name] for name in names]


def test_what_is_measured_says_so_and_leads_to_no_rows(demo_city: CityData) -> None:
    part = card("?sub=co_building&period=2026-06", demo_city)
    assert links(part) == []
    assert text("zh", "why_measured") in said(part)


def test_the_rows_of_an_indicator_are_as_many_as_its_types(demo_city: CityData) -> None:
    search = "?place=440402006&period=2026-06&sub=public_order&indicator=ZA2&rows=1"
    now = told(search, demo_city)
    assert listed_incidents(now.view, demo_city).total == now.counts(now.view)[0].sum()
    assert 0 < now.counts(now.view)[0].sum() < now.counts(now.view.but(indicator=""))[0].sum()


def test_the_counts_of_a_type_by_place_are_those_of_the_headline(demo_city: CityData) -> None:
    search = "?place=440402006&period=2026-06&type=noise_quarrel"
    now = told(search, demo_city)
    total = int(now.counts(now.view)[0].sum())
    rows = demo_city.counts(
        demo_city.levels[2], now.view.period.start, now.view.period.end, within=now.place,
        types=demo_city.find_types(["noise_quarrel"]),
    ).places  # fmt: skip
    for component in with_class(card(search, demo_city), "counted"):
        printed = said(component["props"]["children"])
        assert int(printed.split(" ")[0]) in set(rows) | {0}
    assert text("zh", "incidents_n", n=total) in lead(search, demo_city)


def test_where_nothing_happened_twice_the_card_says_why_there_is_a_score(demo_city: CityData) -> None:
    cells = demo_city.members(demo_city.levels[-1], demo_city.find("440402006001"))
    seen = 0
    for row in cells[:20]:
        search = f"?place={demo_city.place(int(row)).token}&period=2026-06"
        now, before = told(search, demo_city).counts(parse_view(search, demo_city))
        if before is not None and not now.any() and not before.any():
            seen += 1
            assert lead(search, demo_city).endswith(text("zh", "why_quiet"))
    assert seen


def test_the_sentence_names_first_what_went_with_the_change(demo_city: CityData) -> None:
    """Every street: a part that went the other way stands after 但, never first."""
    seen = 0
    for row in demo_city.members(demo_city.levels[1], demo_city.city):
        words = lead(f"?place={demo_city.place(int(row)).token}&period=2026-09", demo_city)
        happened = re.search(rf"（([+{MINUS}]\d+\.\d\d)），其中\S+? ([+{MINUS}])", words)
        if happened:
            seen += 1
            assert happened[1][0] == happened[2], words
    assert seen > 10


def test_a_type_that_the_chosen_sub_index_does_not_have_is_told_of_the_composite(demo_city: CityData) -> None:
    assert explained(told("?sub=traffic&type=theft", demo_city)) == TOTAL
    assert explained(told("?sub=public_order&type=theft", demo_city)) == "public_order"
    assert explained(told("?sub=traffic&indicator=ZA1", demo_city)) == TOTAL
    assert explained(told("?sub=public_order&indicator=ZA1", demo_city)) == "public_order"


def test_what_is_sensitive_is_not_told_by_place(demo_city: CityData) -> None:
    kinds = [name for name, kind in demo_city.method.types.items() if kind.sensitive]
    for kind in kinds:
        assert links(card(f"?type={kind}&period=2026-Q3", demo_city)) == []
        assert "影响最大" not in lead(f"?type={kind}&period=2026-Q3", demo_city)
    words = lead("?sub=social_stability&indicator=WD1&period=2026-Q3", demo_city)
    assert not re.search("（主要是[^）]*的极端苗头", words)


# --- nothing to explain ---


def test_every_view_has_an_answer_in_words(demo_city: CityData) -> None:
    for city in (demo_city, unmeasured(demo_city)):
        for name, view in odd_views(demo_city).items():
            words = said(reasons_card(story(view, city)))
            assert len(words) > 20, name
            assert not NOT_NUMBERS.search(words), name


def test_a_sub_index_that_nothing_feeds_carries_no_score(demo_city: CityData) -> None:
    bare = unmeasured(demo_city)
    words = said(reasons_card(story(parse_view("?sub=co_building", bare), bare)))
    assert text("zh", "why_unscored", name="社会共建") in words


@pytest.mark.parametrize(
    ("search", "key"),
    [
        ("?period=2026", "why_partial"),
        ("?period=2025-11", "why_no_before"),
        ("?compare=year_ago", "why_no_before"),
        ("?period=2026-W32&sub=consumer", "why_both_missing"),
    ],
)
def test_what_cannot_be_explained_says_why(demo_city: CityData, search: str, key: str) -> None:
    view = parse_view(search, demo_city)
    than = text("zh", "than_year_ago" if view.compare == "year_ago" else f"than_{view.period.kind}")
    printed = said(card(search, demo_city))
    assert text("zh", key, than=than) in printed
    assert not NUMBER.search(printed)


def test_a_change_that_the_headline_rounds_to_none_is_no_rise(demo_city: CityData) -> None:
    months = [f"?place={place}&period=2026-{month:02d}" for place in ("", "440402006") for month in range(1, 11)]
    flat = [search for search in months if _is_flat(parse_view(search, demo_city), demo_city)]
    assert flat
    for search in flat:
        words = lead(search, demo_city)
        assert text("zh", "no_change") in words
        assert "分（差异" not in words


def _is_flat(view: ViewState, city: CityData) -> bool:
    now = story(view, city)
    change = now.change(view.sub_index)
    return bool(np.isfinite(change)) and round(change, 1) == 0 and not view.incident_type


def test_a_projected_page_has_the_sentence_alone(demo_city: CityData) -> None:
    projected = card("?theme=projector", demo_city)
    assert with_class(projected, "lead")
    assert links(projected) == []


# --- red lines ---


def test_a_red_line_is_a_line_of_its_own(demo_city: CityData) -> None:
    """Every street and month with a red-line type: the ceiling is printed, and the reasons have the points."""
    found = 0
    for row in demo_city.members(demo_city.levels[1], demo_city.city):
        place = demo_city.place(int(row))
        periods = told(f"?place={place.token}", demo_city).periods
        taken = demo_city.history(place, periods).scores.red_line
        for k in np.flatnonzero(np.nan_to_num(taken) > 0.01):
            if k == 0:
                continue
            now = told(f"?place={place.token}&period={periods[k]}", demo_city)
            why = now.why(TOTAL)
            assert why is not None
            lines = [e for e in why.effects("kind") if e.kind is EffectKind.RED_LINE]
            assert lines
            before, points_taken = now.red_line
            assert before - points_taken == pytest.approx(now.judged(TOTAL).score)
            line = next(entry for entry in entries(now, why) if entry.kind is EffectKind.RED_LINE)
            assert line.pinned
            if line.rows:  # a single type crossed it: the line leads to its rows
                rows = parse_view(line.rows[1:], demo_city)
                assert listed_incidents(rows, demo_city).total == line.now
                assert demo_city.method.types[rows.incident_type].red_line
            found += 1
    assert found


# --- the picture ---


def texts_of(part: object, name: str) -> list[str]:
    return [each["props"]["children"] for each in with_class(part, name)]


def test_a_waterfall_ends_where_its_steps_lead() -> None:
    steps = [Step("a", 0.5), Step("b", -0.2)]
    figure = plain(waterfall(steps, ("old", 85.0), "new"))
    assert texts_of(figure, "points") == ["85.00", "+0.50", f"{MINUS}0.20", "85.30"]
    assert texts_of(figure, "name") == ["old", "a", "b", "new"]
    parts = plain(waterfall(steps, None, "sum"))
    assert texts_of(parts, "points") == ["+0.50", f"{MINUS}0.20", "+0.30"]


def test_a_step_of_a_waterfall_begins_where_the_one_above_ends() -> None:
    figure = plain(waterfall([Step("a", 0.5), Step("b", -0.2), Step("c", -0.6)], ("old", 85.0), "new"))
    ends = [float(each["props"]["style"]["left"].removesuffix("%")) for each in with_class(figure, "rung")]
    bars = [
        tuple(float(each["props"]["style"][key].removesuffix("%")) for key in ("left", "width"))
        for each in with_class(figure, "bar")
    ]
    for (left, width), (begin, end) in zip(bars, itertools.pairwise(ends), strict=True):
        assert (left, left + width) == pytest.approx((min(begin, end), max(begin, end)), abs=0.02)
    assert float(with_class(figure, "total")[-1]["props"]["style"]["left"].removesuffix("%")) == ends[-1]


# --- where numbers are shown ---


@pytest.mark.parametrize("search", ["?measure=count", "?measure=rate", "?measure=count&sub=public_order&place=440402"])
def test_where_numbers_are_shown_the_card_tells_of_numbers_that_close(demo_city: CityData, search: str) -> None:
    now = told(search, demo_city)
    (counts, _), before = now.counts(now.view), now.compared_counts(now.view)
    assert before is not None
    lines = moved(now, counts, before)
    assert sum(line.now for line in lines) == counts.sum()
    assert sum(line.before for line in lines) == before.sum()
    assert [abs(line.difference) for line in lines] == sorted((abs(line.difference) for line in lines), reverse=True)
    printed = said(card(search, demo_city))
    assert text("zh", "score") not in printed
    assert signed(int(counts.sum() - before.sum()), 0) in printed


def test_a_number_that_cannot_be_compared_says_why(demo_city: CityData) -> None:
    printed = said(card("?measure=count&period=2025-11", demo_city))
    assert text("zh", "why_no_before", than=text("zh", "than_month")) in printed


def test_as_many_as_before_is_said_so(demo_city: CityData) -> None:
    now = told("?measure=count&lang=en", demo_city)
    counts, _ = now.counts(now.view)
    assert "As many incidents as the month before" in count_sentence(now, moved(now, counts, counts))
