"""The view of the comparison page and its link."""

from __future__ import annotations

import pytest

from geodata.city import CityData
from geodata.errors import SelectionError
from geodata.vocabulary import Period, PlaceLevel
from layers.compare.view import FIELDS, compare_link, earlier, next_compare, parse_compare_view
from layers.links import MOST_FIELDS
from layers.view import parse_view

LINKS = (
    "?period=2026-10&b_period=2026-09",
    "?place=440402&period=2026-10&b_period=2026-09&mode=difference",
    "?place=440402&period=2026-10&b_place=440403&b_period=2026-10",
    "?place=440402&period=2026-10&b_place=whole&b_period=2026-10&mode=swipe",
    "?period=2026-10&sub=traffic&b_period=2026-10&b_sub=total",
    "?period=2026-10&b_period=2026-09&b_sub=fire&level=community&measure=rate&mode=multiples&of=subs",
    "?period=2026-10&b_period=2026-09&mode=ranking&page=2&lang=en&theme=projector",
    "?period=2026-10&b_period=2026-09&measure=count&type=theft&hours=22-6&weekdays=6,7&scheme=jenks-4&mode=difference",
    "?period=2026-10&b_period=2026-09&area=circle:113.50000,22.20000,3000.0&classes=1,2&compare=target&layer=clusters",
)


@pytest.mark.parametrize("link", LINKS)
def test_a_link_makes_the_view_and_the_view_the_link(demo_city: CityData, link: str) -> None:
    view = parse_compare_view(link, demo_city)
    assert view.search() == link
    assert parse_compare_view(view.search(), demo_city) == view


def test_b_is_a_year_ago_where_there_is_one_else_the_period_before(demo_city: CityData) -> None:
    assert earlier(Period.parse("2026-10"), demo_city) == Period.parse("2026-09")  # the data begin in November 2025
    assert earlier(Period.parse("2025-11"), demo_city) == Period.parse("2025-11")
    view = parse_compare_view("", demo_city)
    assert (str(view.a.period), str(view.b.period), view.mode) == ("2026-10", "2026-09", "side")


def test_b_follows_a_where_the_link_does_not_say(demo_city: CityData) -> None:
    view = parse_compare_view("?place=440402&sub=traffic&period=2026-08", demo_city)
    assert (view.b.place, view.b.sub_index, str(view.b.period)) == ("440402", "traffic", "2026-07")


def test_b_shows_its_own_level_where_it_has_none_of_as(demo_city: CityData) -> None:
    view = parse_compare_view("?level=street&b_place=440402006", demo_city)
    assert (view.a.level, view.b.level) == (PlaceLevel.STREET, None)


def test_the_link_from_the_map_carries_place_period_and_sub_index(demo_city: CityData) -> None:
    seen = parse_view("?place=440402&sub=traffic&period=2026-08&type=theft&lang=en", demo_city)
    view = parse_compare_view(compare_link(seen).removeprefix("/compare/"), demo_city)
    assert (view.a.place, view.a.sub_index, str(view.a.period), view.lang) == ("440402", "traffic", "2026-08", "en")


SEEN = "?place=440402&level=community&type=theft&hours=22-6&weekdays=6,7&severity=5&scheme=jenks-4&layer=hotspots"
SEEN += "&measure=rate&classes=1,2&period=2026-08&compare=year_ago&lang=en"


def test_who_compares_a_filtered_map_compares_the_same_incidents_on_both_sides(demo_city: CityData) -> None:
    seen = parse_view(SEEN, demo_city)
    view = parse_compare_view(compare_link(seen).removeprefix("/compare/"), demo_city)
    assert view.a.filters == view.b.filters == seen.filters
    assert view.a.incident_type == view.b.incident_type == "theft"
    assert view.b.period != view.a.period
    assert view.a == seen  # and the way back leads to the same map


def test_nothing_that_a_link_of_the_map_says_is_lost_but_its_list_of_incidents(demo_city: CityData) -> None:
    assert set(parse_view("", demo_city).fields()) - set(FIELDS) == {"rows", "order"}
    assert len(FIELDS) <= MOST_FIELDS


def test_the_open_list_of_incidents_stays_behind(demo_city: CityData) -> None:
    seen = parse_view("?period=2026-08&rows=3&order=type", demo_city)
    view = parse_compare_view(compare_link(seen).removeprefix("/compare/"), demo_city)
    assert view.a == seen.but(rows=0, order="")


def test_supposed_weights_hold_on_both_sides(demo_city: CityData) -> None:
    seen = parse_view("?weights=fire:0.5,traffic:0.5", demo_city)
    view = parse_compare_view(compare_link(seen).removeprefix("/compare/"), demo_city)
    assert view.a.weights == view.b.weights == seen.weights
    assert parse_compare_view(view.search(), demo_city) == view


def test_exchanging_twice_changes_nothing(demo_city: CityData) -> None:
    view = parse_compare_view(LINKS[2], demo_city)
    assert view.swapped().a == view.b
    assert view.swapped().swapped() == view


@pytest.mark.parametrize(
    "link",
    [
        "?mode=magic",
        "?of=days",
        "?place=nowhere",
        "?b_place=nowhere",
        "?b_period=1999-01",
        "?period=x",
        "?b_sub=nothing",
        "?sub=nothing",
        "?level=planet",
        "?level=district&place=440402",
        "?measure=sum",
        "?hours=25-30",
        "?type=nothing",
        "?b_hours=22-6",  # filters are for both
        "?page=0",
        "?lang=fr",
        "?theme=dark",
        "?nothing=1",
        "?mode=side&mode=swipe",
    ],
)
def test_what_the_city_does_not_offer_is_refused(demo_city: CityData, link: str) -> None:
    with pytest.raises(SelectionError):
        parse_compare_view(link, demo_city)


def test_opening_a_place_takes_both_there_if_they_show_the_same_place(demo_city: CityData) -> None:
    view = parse_compare_view("", demo_city)
    opened = next_compare(view, {"kind": "drill", "side": "b", "id": "440402"}, demo_city)
    assert (opened.a.place, opened.b.place) == ("440402", "440402")


def test_opening_a_place_moves_one_side_if_they_show_different_places(demo_city: CityData) -> None:
    view = parse_compare_view("?place=440402&b_place=440403&b_period=2026-10", demo_city)
    opened = next_compare(view, {"kind": "drill", "side": "b", "id": "440403100"}, demo_city)
    assert (opened.a.place, opened.b.place) == ("440402", "440403100")


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"kind": "up"},
        {"kind": "drill", "side": "c", "id": "440402"},
        {"kind": "drill", "side": "a", "id": "nowhere"},
        {"kind": "drill", "side": "a", "id": 5},
    ],
)
def test_events_that_say_nothing_are_refused(demo_city: CityData, event: dict[str, object]) -> None:
    with pytest.raises(SelectionError):
        next_compare(parse_compare_view("", demo_city), event, demo_city)


def test_the_basemap_is_hidden_below_both_maps_and_shown_again(demo_city: CityData) -> None:
    view = parse_compare_view("?level=street", demo_city)
    hidden = next_compare(view, {"kind": "basemap"}, demo_city)
    assert "basemap=off" in hidden.search()
    assert (hidden.a.basemap, hidden.b.basemap) == ("off", "off")
    assert next_compare(parse_compare_view(hidden.search(), demo_city), {"kind": "basemap"}, demo_city) == view


def test_the_theme_is_that_of_the_whole_page(demo_city: CityData) -> None:
    view = next_compare(parse_compare_view("", demo_city), {"kind": "theme"}, demo_city)
    assert view.a.theme == view.b.theme == "projector"
