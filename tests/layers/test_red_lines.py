"""Red lines in the trend: every period that has one is marked by shape and word, and no other."""

from __future__ import annotations

import numpy as np
import pytest

from geodata.city import CityData
from geodata.written import signed
from layers.charts.trend import score_figure
from layers.pages.map import panel_parts
from layers.panels.red_lines import LEAST_TAKEN, red_line_note, red_lines_of_trend
from layers.panels.story import Story, story
from layers.text import text
from layers.view import TOTAL, parse_view
from tests.layers import said, with_class


def told(search: str, city: CityData) -> Story:
    return story(parse_view(search, city), city)


def streets(city: CityData) -> list[str]:
    return [city.place(int(row)).token for row in city.members(city.levels[1], city.city)]


def test_a_period_is_marked_if_and_only_if_its_own_page_tells_of_a_red_line(demo_city: CityData) -> None:
    marked = 0
    for token in streets(demo_city)[:6]:
        course = told(f"?place={token}", demo_city)
        words = red_lines_of_trend(course) or [""] * len(course.periods)
        for period, said_of in zip(course.periods, words, strict=True):
            own = said(red_line_note(told(f"?place={token}&period={period}", demo_city)))
            assert said_of == own, (token, period)
            marked += bool(said_of)
    assert marked


def test_what_was_taken_off_is_said_with_its_points(demo_city: CityData) -> None:
    taken = 0
    for token in streets(demo_city):
        course = told(f"?place={token}", demo_city)
        for words, points in zip(red_lines_of_trend(course), course.history.scores.red_line, strict=False):
            if words and points >= LEAST_TAKEN:
                taken += 1
                assert signed(-float(points)) in words
    assert taken


def test_a_city_and_a_sub_index_have_no_red_lines(demo_city: CityData) -> None:
    assert red_lines_of_trend(told("", demo_city)) == []
    sub = next(s.id for s in demo_city.method.sub_indices if s.id != TOTAL)
    assert all(red_lines_of_trend(told(f"?place={token}&sub={sub}", demo_city)) == [] for token in streets(demo_city))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_chart_marks_the_period_and_its_table_and_tooltip_say_why(demo_city: CityData, lang: str) -> None:
    view = parse_view(f"?lang={lang}", demo_city)
    periods = demo_city.recent_periods(view.period, 3)
    value = np.array([85.0, 79.99, np.nan])
    figure = score_figure(view, periods, value, value - 1, value + 1, ["", "red line −5.0", "a gap is not marked"])
    line = next(trace for trace in figure["data"] if "customdata" in trace)
    marks = [trace for trace in figure["data"] if trace.get("marker", {}).get("symbol") == "triangle-down"]
    assert [trace["y"] for trace in marks] == [[79.99]]
    assert [row[-1] for row in line["customdata"]] == ["", "▼ red line −5.0", "▼ a gap is not marked"]
    assert [len(row) for row in line["customdata"]] == [4, 4, 4]
    assert ["▼" in hover for hover in line["hovertext"]] == [False, True, True]


def test_a_chart_without_red_lines_is_as_it_was(demo_city: CityData) -> None:
    view = parse_view("", demo_city)
    periods, value = demo_city.recent_periods(view.period, 2), np.array([85.0, 86.0])
    figure = score_figure(view, periods, value, value - 1, value + 1)
    assert all(trace.get("marker", {}).get("symbol") is None for trace in figure["data"])
    assert [len(row) for trace in figure["data"] for row in trace.get("customdata", [])] == [3, 3]


def test_the_card_says_what_the_mark_means(demo_city: CityData) -> None:
    token = next(t for t in streets(demo_city) if red_lines_of_trend(told(f"?place={t}", demo_city)))
    for place, shown in ((token, [text("zh", "red_line_months")]), ("", [])):
        view = parse_view(f"?place={place}" if place else "", demo_city)
        keys = with_class(list(panel_parts(view, demo_city).values()), "red-key")
        assert [said(key["props"]["children"]) for key in keys] == shown
