"""A played map: every frame is what a visit to its period shows."""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geodata.city import CityData, MethodInForce
from geodata.memory import Memory
from geodata.vocabulary import Period, PeriodKind
from layers.maps import frames as room
from layers.maps.frames import LONGEST, MOST_FRAMES, NO_CLASS, frame_periods, frames, series_of, strip_kind
from layers.maps.frames import strip_periods as periods_of
from layers.maps.legend import closing_line
from layers.maps.places import map_payload
from layers.maps.values import map_values
from layers.text import period_name
from layers.view import city_of, parse_view


def classes_of(played: dict[str, Any], k: int) -> list[int]:
    """Return a frame's classes as a map has them: -1 = no data."""
    numbers = np.frombuffer(base64.b64decode(played["classes"][k]), dtype=np.uint8).astype(int)
    return [-1 if n == NO_CLASS else n for n in numbers.tolist()]


def check_every_frame(search: str, live: CityData) -> dict[str, Any]:
    """Compare each frame with the map that a visit to its period gets."""
    view = parse_view(search, live)
    played = frames(view, live)
    shown = map_payload(view, city_of(view, live), map_values(view, city_of(view, live)))
    assert played["key"] == shown["key"]
    for k, period in enumerate(played["periods"]):
        visit = parse_view(view.but(period=Period.parse(period)).search(), live)
        city = city_of(visit, live)
        values = map_values(visit, city)
        payload = map_payload(visit, city, values)
        assert payload["key"] == played["key"], period
        assert payload["palette"] == shown["palette"], period  # the scale is fixed
        if payload["circles"]:
            assert payload["circles"] == shown["circles"] | {"missing": payload["circles"]["missing"]}
            missing = payload["circles"]["missing"]
            assert [k for k, each in enumerate(classes_of(played, k)) if each == -1] == missing, period
        else:
            assert payload["class"] == classes_of(played, k), period
        assert payload["value"] == played["values"][k], period
        assert payload["count"] == played["counts"][k], period
        assert closing_line(visit, city, values) == played["closing"][k]
        assert period_name(view.lang, visit.period) == played["names"][k]
    return played


@pytest.mark.parametrize(
    "search",
    [
        "",
        "?level=community&lang=en",
        "?place=440402&level=community&measure=rate",
        "?level=street&measure=count",
        "?place=440402006001",
        "?sub=co_building",
        "?type=theft&level=street&period=2026-Q2",
        "?level=street&compare=year_ago",
        "?level=street&weights=fire:0.5",
        "?level=street&hours=22-6&weekdays=6,7&measure=rate",
        "?sub=consumer&period=2026-W32",
        "?level=street&period=2026-10-20",
        "?level=street&period=2025-11-15&sub=traffic",
        "?level=street&period=2026-02-01..2026-04-30",
    ],
)
def test_a_frame_is_what_a_visit_to_its_period_shows(demo_city: CityData, search: str) -> None:
    played = check_every_frame(search, demo_city)
    assert len(played["periods"]) >= 2


def test_old_frames_keep_the_method_of_their_time(demo_city: CityData) -> None:
    old = MethodInForce(demo_city.method, demo_city.calibration)
    stricter = replace(demo_city.method, version="9.9", bands=(99.0, 88.0, 86.0))
    new = MethodInForce(stricter, demo_city.calibration, dt.date(2026, 5, 1))
    city = replace(demo_city, versions=(old, new), method=stricter, _memo=Memory(), _variants={})
    played = check_every_frame("?level=street", city)
    before, after = played["periods"].index("2026-04"), played["periods"].index("2026-05")
    assert max(classes_of(played, before)) < max(classes_of(played, after))


def test_playing_pushes_nothing_out_of_what_a_city_keeps(demo_city: CityData) -> None:
    view = parse_view("?level=street", demo_city)
    city = city_of(view, demo_city)
    map_values(view, city)
    kept = city._memo.keys()
    frames(view, demo_city)
    assert set(city._memo.keys()) <= set(kept)


def test_every_period_of_a_strip_has_the_same_frames(demo_city: CityData) -> None:
    made = {series_of(parse_view(f"?level=street&period={p}", demo_city), demo_city) for p in ("2026-03", "2026-10")}
    assert len(made) == 1
    assert series_of(parse_view("?level=street&period=2026-Q1", demo_city), demo_city) not in made
    assert series_of(parse_view("?level=street&period=2026-03&sub=fire", demo_city), demo_city) not in made


# --- which periods ---


def test_a_strip_shows_all_months_that_have_data(demo_city: CityData) -> None:
    periods = periods_of(parse_view("?period=2026-03", demo_city), demo_city)
    assert [str(p) for p in periods] == ["2025-11", "2025-12", *(f"2026-{m:02d}" for m in range(1, 11))]


def test_a_strip_stands_still_while_one_steps_through_a_page(demo_city: CityData) -> None:
    last = demo_city.latest_period(PeriodKind.DAY)
    assert last is not None
    day, pages = last, []
    while demo_city.offers(day):
        page = periods_of(parse_view(f"?period={day}", demo_city), demo_city)
        assert day in page
        assert len(page) <= LONGEST
        if page not in pages:
            pages.append(page)
        day = day.previous()
    whole = [each for page in reversed(pages) for each in page]
    assert whole == sorted(set(whole))  # pages meet and do not overlap
    assert whole[-1] == last
    assert all(len(page) == LONGEST for page in pages[:-1])


@pytest.mark.parametrize(
    ("span", "kind"),
    [
        ("2026-03-01..2026-05-31", PeriodKind.MONTH),
        ("2026-03-05..2026-03-05", PeriodKind.DAY),
        ("2026-03-02..2026-04-01", PeriodKind.DAY),
        ("2026-03-02..2026-04-02", PeriodKind.WEEK),
        ("2026-01-05..2026-09-05", PeriodKind.MONTH),
    ],
)
def test_a_span_lies_among_periods_that_it_may_be_told_in(demo_city: CityData, span: str, kind: PeriodKind) -> None:
    view = parse_view(f"?period={span}", demo_city)
    assert strip_kind(view.period) is kind
    periods = periods_of(view, demo_city)
    assert any(p.start < view.period.end and view.period.start < p.end for p in periods)
    assert {p.kind for p in periods} == {kind}


def test_many_places_are_played_for_fewer_periods(demo_city: CityData) -> None:
    view = parse_view("?period=2026-03", demo_city)
    assert len(frame_periods(view, demo_city, 339)) == 12
    few = frame_periods(view, demo_city, 60_000)
    assert [str(p) for p in few] == ["2026-03", "2026-04", "2026-05", "2026-06", "2026-07"]
    assert [str(p) for p in frame_periods(view.but(period=Period.parse("2026-10")), demo_city, 60_000)] == [
        f"2026-{m:02d}" for m in range(6, 11)
    ]
    days = frame_periods(parse_view("?period=2026-10-20", demo_city), demo_city, 339)
    assert len(days) == MOST_FRAMES
    assert days[-1].start == dt.date(2026, 10, 31)


def test_of_very_many_places_only_classes_are_sent(demo_city: CityData, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_LABELLED", 10)
    played = frames(parse_view("?level=street", demo_city), demo_city)
    assert set(played["values"]) == set(played["counts"]) == {None}
    assert len(classes_of(played, 0)) == 25
