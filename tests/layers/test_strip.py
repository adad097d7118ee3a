"""The time strip: one link a period, gaps are gaps, what is chosen is marked, labels stand apart."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geodata.city import CityData
from geodata.pooled import pooled_course, pooled_scores
from geodata.vocabulary import Period, PeriodKind, TimePrecision
from layers.maps.frames import strip_periods
from layers.panels import strip as room
from layers.panels.headline import headline
from layers.panels.story import Story, story
from layers.panels.strip import strip
from layers.text import period_name
from layers.view import city_of, parse_view
from tests.layers import ODD_VIEWS, components, plain, said, unmeasured, with_class


def told(search: str, city: CityData) -> Story:
    view = parse_view(search, city)
    return story(view, city_of(view, city))


def columns(search: str, city: CityData) -> dict[str, Any]:
    """Return each column by the period that it leads to, as plain data."""
    found = [part["props"] for part in components(plain(strip(told(search, city)))) if part["type"] == "Link"]
    return {str(parse_view(link["href"][1:], city).period): link for link in found if "period" in link["className"]}


def only(part: Any, name: str) -> dict[str, Any]:
    """Return the properties of the one component of a class."""
    [found] = with_class(part, name)
    return dict(found["props"])


def words(link: dict[str, Any]) -> str:
    return str(link["children"][-1]["props"]["children"])


def height(link: dict[str, Any]) -> float:
    style = link["children"][0]["props"]["children"]["props"]["style"]
    return float((style.get("height") or style["bottom"]).removesuffix("%"))


# --- what stands there ---


@pytest.mark.parametrize("name", ODD_VIEWS)
def test_every_period_of_a_strip_is_a_link_that_says_its_value(demo_city: CityData, name: str) -> None:
    view = parse_view(ODD_VIEWS[name], demo_city)
    found = columns(ODD_VIEWS[name], demo_city)
    assert list(found) == [str(period) for period in strip_periods(view, demo_city)]
    for period, link in found.items():
        assert words(link).startswith(period_name(view.lang, Period.parse(period)))
        target = parse_view(link["href"][1:], demo_city)
        assert target == view.but(period=Period.parse(period), rows=min(view.rows, 1))


@pytest.mark.parametrize(
    "search", ["", "?period=2026-03", "?place=440402&period=2026-10-20", "?period=2026-W20&sub=fire", "?type=theft"]
)
def test_the_strip_says_what_the_headline_of_that_period_says(demo_city: CityData, search: str) -> None:
    for period, link in list(columns(search, demo_city).items())[-4:]:
        own = told(parse_view(search, demo_city).but(period=Period.parse(period)).search(), demo_city)
        number = words(link).removeprefix(period_name("zh", Period.parse(period))).split()[0]
        assert number in said(plain(headline(own))), period


def test_a_month_without_data_is_a_gap_and_never_zero(demo_city: CityData) -> None:
    gaps = {
        period: link
        for period, link in columns("?sub=consumer&period=2026-W32", demo_city).items()
        if "无数据" in words(link)
    }
    assert gaps
    for link in gaps.values():
        assert "missing" in link["className"]
        assert "gap" in str(link["children"][0])
        assert not re.search(r" 0(?:\.0)?(?: |$)", words(link))


def test_nothing_connected_is_all_gaps(demo_city: CityData) -> None:
    city = unmeasured(demo_city)
    assert all("missing" in link["className"] for link in columns("?sub=co_building", city).values())


def test_a_month_that_is_not_over_says_so(demo_city: CityData) -> None:
    found = columns("?period=2026", demo_city)
    assert "（未满）" in words(found["2026"])
    assert "unfinished" in found["2026"]["className"]
    assert "（未满）" not in words(columns("", demo_city)["2026-10"])


def test_counts_stand_on_zero_and_scores_between_their_ends() -> None:
    assert room._heights(np.array([0.0, 5.0, np.nan, 10.0]), scored=False) == [0.0, 50.0, None, 100.0]
    assert room._heights(np.array([80.0, np.nan, 90.0]), scored=True) == [12.0, None, 88.0]
    low, high = room._heights(np.array([85.0, 85.4]), scored=True)
    assert low is not None
    assert high is not None
    assert 0 < high - low < 10  # a small change looks small
    assert room._heights(np.array([85.0]), scored=True) == [50.0]
    assert room._heights(np.array([0.0, 0.0]), scored=False) == [0.0, 0.0]
    assert room._heights(np.array([np.nan]), scored=True) == [None]


def test_the_present_period_is_marked_once(demo_city: CityData) -> None:
    for search in ("", "?period=2026-03", "?period=2026-10-20", "?period=2026-Q1"):
        on = [period for period, link in columns(search, demo_city).items() if " on" in link["className"]]
        assert on == [str(parse_view(search, demo_city).period)]


def test_a_span_marks_whole_periods_and_those_that_it_touches(demo_city: CityData) -> None:
    found = columns("?period=2026-03-01..2026-05-31", demo_city)
    assert [p for p, link in found.items() if " in" in link["className"]] == ["2026-03", "2026-04", "2026-05"]
    found = columns("?period=2026-01-15..2026-09-10", demo_city)
    assert [p for p, link in found.items() if " part" in link["className"]] == ["2026-01", "2026-09"]
    read = only(strip(told("?period=2026-03-01..2026-05-31", demo_city)), "strip-read")
    assert read["children"].startswith("共 92 天 8")


# --- labels ---


@pytest.mark.parametrize("theme", ["light", "projector"])
@pytest.mark.parametrize("kind", [k for k in PeriodKind if k is not PeriodKind.RANGE])
@pytest.mark.parametrize("n", [1, 2, 3, 7, 12, 13, 24, 36, 60])
def test_labels_are_few_and_stand_apart(demo_city: CityData, theme: str, kind: PeriodKind, n: int) -> None:
    period, periods = Period.parse("2026-10-31"), list[Period]()
    period = Period.containing(period.start, kind)
    for _ in range(n):
        periods.insert(0, period)
        period = period.previous()
    view = parse_view(f"?theme={theme}", demo_city)
    ticks = room._ticks(view, periods)
    at = [k for k, tick in enumerate(ticks) if tick]
    assert len(at) <= room.MOST_TICKS[theme]
    room_of_one = n / (2 * room.MOST_TICKS[theme])  # a label is at most so many columns wide
    assert all(b - a >= room_of_one for a, b in itertools.pairwise(at))
    assert all(n - k >= room_of_one for k in at)
    if n >= 7:
        assert len(at) >= 2
    assert len({ticks[k] for k in at}) == len(at)


# --- controls ---


def test_where_only_months_are_known_no_span_of_days_is_offered(demo_city: CityData) -> None:
    assert "strip-span" in str(plain(strip(told("", demo_city))))
    index = replace(demo_city.index, precision=TimePrecision.MONTH)
    months = replace(demo_city, index=index)
    parts = plain(strip(told("", months)))
    assert "strip-span" not in str(parts)
    nav = only(parts, "strip-columns")
    assert nav["data-spans"] == "no"


def test_the_browser_knows_the_days_of_every_column(demo_city: CityData) -> None:
    nav = only(plain(strip(told("?period=2026", demo_city))), "strip-columns")
    assert nav["data-days"] == "2025-01-01,2026-01-01,2026-11-01"  # no later than the data
    assert (nav["data-first"], nav["data-last"]) == ("2025-11-01", "2026-10-31")
    assert json.loads(nav["data-words"])["strip_playing"] == "播放中"


def test_a_layer_is_not_played(demo_city: CityData) -> None:
    parts = plain(strip(told("?layer=hotspots", demo_city)))
    assert only(parts, "play")["disabled"] is True
    assert only(plain(strip(told("", demo_city))), "play")["disabled"] is False


def test_pages_lead_to_what_is_earlier_and_later(demo_city: CityData) -> None:
    def turns(search: str) -> list[str]:
        found = [part["props"] for part in components(plain(strip(told(search, demo_city)))) if part["type"] == "Link"]
        return [str(parse_view(each["href"][1:], demo_city).period) for each in found if each["className"] == "turn"]

    assert turns("") == []
    assert turns("?period=2026-10-20") == ["2026-09-01"]
    assert turns("?period=2026-08-20") == ["2026-07-03", "2026-09-02"]


# --- seven days ---


@pytest.mark.parametrize("place", ["", "440402", "440402006"])
def test_a_course_of_days_has_the_scores_and_bands_of_each_day(demo_city: CityData, place: str) -> None:
    days = [Period.parse(f"2026-08-{d:02d}") for d in range(1, 32)]
    found = demo_city.find(place)
    course = pooled_course(demo_city, found, days)
    row = (
        0
        if found.row is None or found.level is None
        else int(np.searchsorted(demo_city.members(found.level, demo_city.city), found.row))
    )
    for k in (0, 13, 30):
        pooled = pooled_scores(demo_city, found.level, days[k])
        np.testing.assert_allclose(course.scores.score[k], pooled.scores.score[row], equal_nan=True)
        np.testing.assert_allclose(course.scores.sub_score[k], pooled.scores.sub_score[row], equal_nan=True)
        assert course.bands[k].tolist() == pooled.bands[row].tolist()


def test_the_first_days_of_the_data_have_no_seven_days_before_them(demo_city: CityData) -> None:
    days = [Period.parse(f"2025-11-{d:02d}") for d in range(1, 12)]
    scores = pooled_course(demo_city, demo_city.city, days).scores.score
    assert np.isnan(scores[:6]).all()
    assert np.isfinite(scores[6:]).all()
