"""What the browser gets for a map: the numbers of the values, in the order of the level's outlines."""

from __future__ import annotations

import json

import numpy as np
import pytest

from geodata.city import CityData
from geodata.vocabulary import PlaceLevel
from layers.maps.places import geometry_address, map_payload
from layers.maps.values import map_values
from layers.view import ViewState, drill, parse_view, shown_level
from tests.layers import odd_views


def payload_of(view: ViewState, city: CityData) -> dict[str, object]:
    return map_payload(view, city, map_values(view, city))


def shown_rows(payload: dict[str, object], city: CityData, level: PlaceLevel) -> list[int]:
    """Return the rows of the places that a payload's ranges name."""
    ranges = payload["show"]
    assert isinstance(ranges, list)
    rows = city.members(level, city.city)
    return [int(rows[k]) for low, high in ranges for k in range(low, high)]


def test_every_payload_is_plain_json_without_holes(demo_city: CityData) -> None:
    for name, view in odd_views(demo_city).items():
        json.dumps(payload_of(view, demo_city), allow_nan=False)
        assert payload_of(view, demo_city)["fit"], name


def test_a_payload_names_the_places_that_its_numbers_are_of(demo_city: CityData) -> None:
    for name, view in odd_views(demo_city).items():
        values = map_values(view, demo_city)
        payload = map_payload(view, demo_city, values)
        assert shown_rows(payload, demo_city, values.level) == values.rows.tolist(), name
        counts = values.measure == "count"  # circles have no classes, and tell the count once
        assert payload["count"] == (None if counts else values.counted.places.tolist()), name
        assert payload["class"] == (None if counts else values.klass.tolist()), name
        assert payload["geometry"] == geometry_address(demo_city, values.level), name


def test_a_missing_value_is_null_and_never_a_number(demo_city: CityData) -> None:
    for view in odd_views(demo_city).values():
        values = map_values(view, demo_city)
        sent = map_payload(view, demo_city, values)["value"]
        assert [v is None for v in sent] == (~np.isfinite(values.value)).tolist()


def test_a_value_is_rounded_to_what_is_printed(demo_city: CityData) -> None:
    for search in ("", "?measure=rate", "?level=community&type=theft"):
        view = parse_view(search, demo_city)
        values = map_values(view, demo_city)
        assert values is not None
        payload = map_payload(view, demo_city, values)
        for sent, exact in zip(payload["value"], values.value, strict=True):
            if sent is not None:
                assert sent == pytest.approx(exact, abs=0.5001 * 10 ** -payload["decimals"])


def test_a_change_is_sent_only_where_there_is_one(demo_city: CityData) -> None:
    without = payload_of(parse_view("?period=2025-11", demo_city), demo_city)
    assert without["change"] is None
    assert without["sure"] is None
    with_change = payload_of(parse_view("?period=2026-06", demo_city), demo_city)
    assert with_change["change"] is not None


def test_the_key_changes_with_the_places_and_not_with_the_numbers(demo_city: CityData) -> None:
    def key(search: str) -> object:
        return payload_of(parse_view(search, demo_city), demo_city)["key"]

    first = key("")
    assert first == key("?period=2026-03") == key("?sub=traffic") == key("?type=theft") == key("?lang=en")
    assert len({first, key("?level=street"), key("?place=440402"), key("?place=440403")}) == 4


def test_the_city_has_nothing_around_it(demo_city: CityData) -> None:
    payload = payload_of(parse_view("", demo_city), demo_city)
    assert payload["here"] is None
    assert payload["around"] is None


def test_a_place_stands_among_its_siblings(demo_city: CityData) -> None:
    place = demo_city.find("440402006")
    payload = payload_of(parse_view("?place=440402006", demo_city), demo_city)
    assert place.row is not None
    here, around = payload["here"], payload["around"]
    assert isinstance(here, dict)
    assert isinstance(around, dict)
    assert demo_city.members(PlaceLevel.STREET, demo_city.city)[here["index"]] == place.row
    others = set(demo_city.siblings(place).tolist()) - {place.row}
    assert set(shown_rows(around, demo_city, PlaceLevel.STREET)) == others


def test_the_window_holds_the_place(demo_city: CityData) -> None:
    for token in ("", "440402", "440402006", "440402006001"):
        view = parse_view(f"?place={token}", demo_city)
        (south, west), (north, east) = payload_of(view, demo_city)["fit"]  # type: ignore[misc,has-type]
        assert -90 < south < north < 90
        assert -180 < west < east < 180
        place = demo_city.find(token)
        if place.row is not None:
            own = demo_city.bounds[place.row]
            assert (own[:2] <= [west + 1e-5, south + 1e-5]).all()
            assert (own[2:] >= [east - 1e-5, north - 1e-5]).all()
            islands_far_off = place.id == "440402"
            assert islands_far_off or own == pytest.approx([west, south, east, north], abs=1e-5)


def test_no_period_and_no_filter_moves_the_first_frame(demo_city: CityData) -> None:
    links = ("", "&period=2026-07-03", "&period=2026-Q3", "&hours=0-6", "&type=theft")
    for place in ("", "440402", "440404"):
        frames = [payload_of(parse_view(f"?place={place}{link}", demo_city), demo_city)["fit"] for link in links]
        assert frames == [frames[0]] * len(frames)


def test_points_are_offered_everywhere_but_drawn_early_only_in_small_places(demo_city: CityData) -> None:
    zooms = {"": 15, "?place=440402": 15, "?place=440402006": 15, "?place=440402006001": 0}
    for search, zoom in zooms.items():
        view = parse_view(search, demo_city)
        points = payload_of(view, demo_city)["points"]
        assert isinstance(points, dict)
        assert points["from_zoom"] == zoom
        assert points["url"] == "/points" + view.search()


def test_a_click_on_a_place_of_the_map_leads_into_it(demo_city: CityData) -> None:
    for view in odd_views(demo_city).values():
        values = map_values(view, demo_city)
        inside = drill(view, demo_city.place(int(values.rows[0])))
        level = shown_level(inside, demo_city)
        assert level is None or level.depth > values.level.depth


def test_texts_of_the_map_are_in_the_language_of_the_view(demo_city: CityData) -> None:
    zh, en = (payload_of(parse_view(s, demo_city), demo_city)["text"] for s in ("", "?lang=en"))
    assert isinstance(zh, dict)
    assert isinstance(en, dict)
    assert set(zh) == set(en)
    assert (zh["no_data"], en["no_data"]) == ("无数据", "No data")
    assert all(word.isascii() for word in en.values())


def test_a_recoloured_map_of_a_few_hundred_places_is_small(demo_city: CityData) -> None:
    for search in ("?level=community", "?level=community&measure=rate", "?level=community&sub=traffic"):
        body = json.dumps(payload_of(parse_view(search, demo_city), demo_city), separators=(",", ":"))
        assert len(body) < 25_000
