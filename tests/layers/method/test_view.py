"""The view of the method page and its link."""

from __future__ import annotations

import pytest

from geodata.city import CityData
from geodata.errors import SelectionError
from geodata.vocabulary import Period, PlaceLevel
from layers.method.view import MethodView, default_method_view, parse_method_view

LINKS = (
    "",
    "?lang=en",
    "?period=2026-08",
    "?level=community&page=3",
    "?place=440402006&indicator=XF1",
    "?before=1.0&after=huizhou",
    "?weights=traffic:0.05,fire:0.3&target=84.5",
)


@pytest.mark.parametrize("link", LINKS)
def test_a_link_makes_the_view_and_the_view_the_link(demo_city: CityData, link: str) -> None:
    view = parse_method_view(link, demo_city)
    assert view.search() == link
    assert parse_method_view(view.search(), demo_city) == view


def test_the_first_view_is_of_streets_in_the_last_whole_month(demo_city: CityData) -> None:
    view = default_method_view(demo_city)
    assert view.level is PlaceLevel.STREET
    assert str(view.period) == "2026-10"
    assert view.href("ranks") == "/method/#ranks"


@pytest.mark.parametrize(
    "link",
    [
        "?level=grid_cell",  # nobody reads a list of thousands
        "?level=planet",
        "?period=1999-01",
        "?period=x",
        "?place=440402",  # a district is no street
        "?place=nothing",
        "?indicator=ST1",  # measured, not counted
        "?page=0",
        "?page=1e3",
        "?before=../../etc",
        "?weights=fire",
        "?weights=fire:x",
        "?weights=nothing:0.1",
        "?weights=fire:0.1,fire:0.2",
        "?target=0",
        "?target=101",
        "?target=nan",
        "?lang=fr",
        "?first_period=2026-10",
        "?nothing=1",
        "?page=2&page=3",
        "?" + "x" * 3000,
    ],
)
def test_what_is_not_offered_is_refused(demo_city: CityData, link: str) -> None:
    with pytest.raises(SelectionError):
        parse_method_view(link, demo_city)


def test_the_map_gets_period_weights_and_language(demo_city: CityData) -> None:
    view = parse_method_view("?period=2026-08&weights=fire:0.3&lang=en", demo_city)
    there = view.on_the_map()
    assert there is not None
    assert there.href() == "/?period=2026-08&weights=fire:0.3&lang=en"
    assert MethodView().on_the_map() is None
    assert there.period == Period.parse("2026-08")
