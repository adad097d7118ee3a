"""Incident points: nothing sensitive, nobody's id, every other incident of the window once, in its part of a ring."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import numpy as np
import orjson
import pytest

from geodata.city import CityData
from geodata.memory import Memory
from geodata.points import MOST_BUNDLES, Window
from geodata.vocabulary import TimePrecision
from layers.points import (
    MONTH_ONLY,
    MOST_PARTS,
    NO_HOUR,
    bundle_answer,
    hidden_types,
    no_incidents,
    points_answer,
    points_texts,
    ring_parts,
)
from layers.style import PARTS
from layers.text import text
from layers.view import ViewState, city_of, parse_view

EVERYWHERE = Window(112.0, 21.0, 115.0, 23.0, 10.0)
MOST_BYTES = 120 * MOST_BUNDLES
"""An answer is never longer, however many incidents there are."""
VIEWS = [
    "?period=2026-10-05",
    "?period=2026-10&place=440402006",
    "?place=440402006001",
    "?period=2026-10&sub=public_order",
    "?period=2026-10&type=theft",
    "?period=2026-10&hours=18-24&weekdays=6,7",
]


def answer(search: str, city: CityData, window: Window = EVERYWHERE) -> dict[str, Any]:
    view = parse_view(search, city)
    return points_answer(view, city_of(view, city), window)


def on_the_map(view: ViewState, city: CityData) -> list[int]:
    """List the view's incidents that have a position in `EVERYWHERE` and are not sensitive, one by one."""
    index, types = city.index, city.method.types
    chosen = None if view.incident_type == "" else [city.type_positions[view.incident_type]]
    if view.sub_index != "total":
        own = city.types_of(view.sub_index)
        chosen = None if own is None else own.tolist()
    rows = []
    for k in index.selected(view.period.start, view.period.end, within=city.find(view.place).within):
        kind = types.get(index.types[index.kind[k]])
        wanted = chosen is None or index.kind[k] in chosen
        if np.isfinite(index.lon[k]) and 112 < index.lon[k] < 115 and wanted and not (kind and kind.sensitive):
            rows.append(int(k))
    return rows


@pytest.mark.parametrize("search", VIEWS)
def test_rings_and_the_key_add_up_to_the_incidents_of_the_window_and_so_does_each_part(
    demo_city: CityData, search: str
) -> None:
    view = parse_view(search, demo_city)
    city = city_of(view, demo_city)
    found, rows = answer(search, demo_city), on_the_map(view, city)
    assert found["n"] == sum(cluster[2] for cluster in found["clusters"]) == len(rows) > 0
    sums = np.zeros(len(found["key"]), dtype=int)
    for _, _, n, parts, *_ in found["clusters"]:
        assert n == sum(parts[1::2])
        assert all(parts[1::2])
        np.add.at(sums, parts[::2], parts[1::2])
    assert sums.tolist() == [n for _, _, n in found["key"]]
    part = ring_parts(view, city).of_type
    assert sums.tolist() == np.bincount(part[city.index.kind[rows]], minlength=len(sums)).tolist()


def test_the_whole_view_is_told_by_sub_index_and_a_sub_index_by_type(demo_city: CityData) -> None:
    subs = {sub.name for sub in demo_city.method.sub_indices}
    words = ring_parts(parse_view("", demo_city), demo_city).words
    assert set(words[:-1]) < subs
    assert words[-1] == text("zh", "rings_other")
    chosen = demo_city.method.sub_index("public_order")
    assert chosen is not None
    types = {kind.name for indicator in chosen.indicators for kind in indicator.types}
    assert set(ring_parts(parse_view("?sub=public_order", demo_city), demo_city).words[:-1]) <= types


def test_where_only_one_sub_index_has_incidents_its_types_are_told_apart(demo_city: CityData) -> None:
    only = demo_city.types_of("public_order")
    assert only is not None
    index = demo_city.index.chosen(np.isin(demo_city.index.kind, only))
    city = dataclasses.replace(demo_city, index=index, _memo=Memory(), _variants={})
    whole, chosen = (ring_parts(parse_view(search, demo_city), city) for search in ("", "?sub=public_order"))
    assert len(whole.words) == MOST_PARTS + 1
    assert whole.words == chosen.words


def test_a_type_keeps_its_colour_when_it_is_the_only_one_and_in_every_period_and_filter(demo_city: CityData) -> None:
    colours = set()
    for search in ("?sub=public_order", "?type=theft", "?type=theft&period=2025-11", "?type=theft&hours=0-6"):
        view = parse_view(search, demo_city)
        parts = ring_parts(view, city_of(view, demo_city))
        colours.add(parts.colours[parts.of_type[demo_city.type_positions["theft"]]])
    assert len(colours) == 1


@pytest.mark.parametrize("search", ["", "?sub=public_order", "?sub=co_building", "?sub=fire", "?lang=en"])
def test_a_ring_has_at_most_five_parts_and_the_rest(demo_city: CityData, search: str) -> None:
    parts = ring_parts(parse_view(search, demo_city), demo_city)
    assert len(parts.words) == len(parts.colours) == len(set(parts.words)) <= MOST_PARTS + 1
    assert parts.colours[-1] == PARTS[-1]
    assert len(set(parts.colours)) == len(parts.colours)
    assert ((parts.of_type >= 0) & (parts.of_type < len(parts.words))).all()


def test_sensitive_types_never_appear(demo_city: CityData) -> None:
    here = [demo_city.index.types[k] for k in np.flatnonzero(hidden_types(demo_city))]
    assert here, "the demo has none, so this would test nothing"
    for kind in here:
        for period in ("2026", "2025"):
            found = answer(f"?type={kind}&period={period}", demo_city)
            assert (found["n"], found["clusters"]) == (0, [])
    view = parse_view("?period=2026", demo_city)
    names = {demo_city.method.types[kind].name for kind in here}
    for _, _, n, _, square, *kind in answer("?period=2026", demo_city)["clusters"]:
        held = bundle_answer(view, demo_city, EVERYWHERE, square)
        assert held["n"] == n
        assert not names & {word for word, _ in held["types"]}
        assert not kind or demo_city.index.types[kind[0]] not in here


def test_what_is_on_no_map_is_counted_beside_it(demo_city: CityData) -> None:
    view = parse_view("?period=2026", demo_city)
    index = demo_city.index
    rows = index.selected(view.period.start, view.period.end)
    hidden = hidden_types(demo_city)[index.kind[rows]]
    nowhere = ~np.isfinite(index.lon[rows]) & ~hidden
    parts = [text("zh", "rings_nowhere", n=nowhere.sum()), text("zh", "rings_hidden", n=hidden.sum())]
    assert hidden.any()
    assert answer("?period=2026", demo_city)["aside"] == text("zh", "rings_aside", parts="、".join(parts))
    assert len(rows) == answer("?period=2026", demo_city)["n"] + nowhere.sum() + hidden.sum()


def test_a_drawn_area_does_not_give_away_where_a_sensitive_incident_was(demo_city: CityData) -> None:
    sensitive = text("zh", "rings_hidden", n=1).split("1")[0].strip()
    assert sensitive in answer("?period=2026", demo_city)["aside"]
    assert sensitive not in answer("?period=2026&area=box:112,21,115,23", demo_city)["aside"]


def test_a_dot_says_where_what_and_when_and_a_ring_how_many_of_each_and_nothing_else(demo_city: CityData) -> None:
    index = demo_city.index
    found = answer("?period=2026-10-05&lang=en", demo_city, Window(112.0, 21.0, 115.0, 23.0, 15.0))
    assert set(found) == {"n", "key", "clusters", "types", "aside", "empty"}
    days = set()
    for lat, lon, n, parts, square, *dot in found["clusters"]:
        assert 21 < lat < 23
        assert 112 < lon < 115
        assert lat == round(lat, 5)
        assert square >= 0
        assert len(parts) % 2 == 0
        assert len(dot) == (3 if n == 1 else 0)
        if dot:
            assert found["types"][dot[0]]
            days.add(dot[1])
            assert NO_HOUR <= dot[2] <= 23
    assert days == {(dt.date(2026, 10, 5) - dt.date(1970, 1, 1)).days}
    assert len(found["types"]) == len(index.types)


def test_a_dot_of_which_only_the_month_is_known_has_no_hour(demo_city: CityData) -> None:
    month = np.full(len(demo_city.index.day), list(TimePrecision).index(TimePrecision.MONTH), dtype=np.int8)
    blurred = dataclasses.replace(demo_city.index, exactness=month)
    city = dataclasses.replace(demo_city, index=blurred, _memo=Memory(), _variants={})
    view = parse_view("?period=2026-10", demo_city)
    dots = [c for c in points_answer(view, city, EVERYWHERE)["clusters"] if c[2] == 1]
    assert dots
    assert {dot[-1] for dot in dots} == {MONTH_ONLY}


@pytest.mark.parametrize("zoom", [9.0, 13.5, 22.0])
def test_an_answer_has_a_largest_size(demo_city: CityData, zoom: float) -> None:
    found = answer("?period=2026", demo_city, Window(112.0, 21.0, 115.0, 23.0, zoom))
    assert len(found["clusters"]) <= MOST_BUNDLES
    assert len(orjson.dumps(found)) <= MOST_BYTES


def test_the_largest_size_holds_for_the_fullest_bundles_that_there_can_be(demo_city: CityData) -> None:
    parts = [number for part in range(MOST_PARTS + 1) for number in (part, 9_999_999)]
    fullest = [-89.99999, -179.99999, 59_999_994, parts, MOST_BUNDLES]
    types = answer("", demo_city)["types"]
    assert len(orjson.dumps([fullest] * MOST_BUNDLES)) + len(orjson.dumps(types)) <= MOST_BYTES


def test_a_ring_says_which_types_it_holds_and_where_they_lie(demo_city: CityData) -> None:
    view = parse_view("?period=2026-10", demo_city)
    ring = max(answer("?period=2026-10", demo_city)["clusters"], key=lambda cluster: cluster[2])
    held = bundle_answer(view, demo_city, EVERYWHERE, ring[4])
    (south, west), (north, east) = held["bounds"]
    assert south <= ring[0] <= north
    assert west <= ring[1] <= east
    numbers = [n for _, n in held["types"]]
    assert sum(numbers) == held["n"] == ring[2]
    assert numbers == sorted(numbers, reverse=True)
    assert min(numbers) > 0


def test_only_what_lies_in_the_window_is_sent(demo_city: CityData) -> None:
    window = Window(113.5, 22.2, 113.6, 22.3, 15.0)
    part, whole = answer("?period=2026-10", demo_city, window), answer("?period=2026-10", demo_city)
    assert 0 < part["n"] < whole["n"]
    assert all(22.2 <= lat <= 22.3 and 113.5 <= lon <= 113.6 for lat, lon, *_ in part["clusters"])


def test_an_empty_window_is_a_sentence(demo_city: CityData) -> None:
    nowhere = Window(0.0, 0.0, 1.0, 1.0, 10.0)
    found = answer("?period=2026-10", demo_city, nowhere)
    assert (found["n"], found["clusters"]) == (0, [])
    assert found["empty"] == text("zh", "rings_none")
    assert answer("?type=homicide_arson&period=2026-10-05", demo_city)["empty"] == text("zh", "no_incidents")
    assert answer("?period=2026-10", demo_city)["empty"] == ""


def test_where_sources_were_silent_nothing_is_no_calm(demo_city: CityData) -> None:
    view = parse_view("?period=2026-10&type=homicide_arson", demo_city)
    mute = dataclasses.replace(demo_city, _memo=Memory(), _variants={})
    mute._silences[view.period] = np.ones(len(demo_city.places), dtype=np.bool_)
    for place in ("", "440402", "440402006001"):
        assert no_incidents(view.but(place=place), mute) == text("zh", "rings_silent")
        assert no_incidents(view.but(place=place), demo_city) == text("zh", "no_incidents")


def test_the_words_of_the_rings_leave_room_for_numbers() -> None:
    for lang in ("zh", "en"):
        words = points_texts(lang)
        assert "@n" in words["rings_total"]
        assert "@parts" in words["ring_says"]
        assert "@hour" in words["rows_hour"]
        assert not any("{" in sentence for sentence in words.values())


def test_far_away_there_are_few_bundles_and_close_by_many(demo_city: CityData) -> None:
    far, close = (answer("?period=2026-10", demo_city, Window(113.5, 22.2, 113.6, 22.3, zoom)) for zoom in (10.0, 14.0))
    assert far["n"] == close["n"]
    assert 0 < len(far["clusters"]) < len(close["clusters"])
