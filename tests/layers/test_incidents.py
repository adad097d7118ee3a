"""The rows behind a number: as many as the number, newest first, nothing that is sensitive, nobody's place."""

from __future__ import annotations

import re

import numpy as np

from geodata.city import CityData
from geodata.index.catalogue import IncidentType
from layers.maps.values import map_values
from layers.panels.frame import chips
from layers.panels.incidents import PAGE, incidents_card, listed_incidents, where
from layers.panels.story import story
from layers.style import whole
from layers.text import text
from layers.view import parse_view, shown_level
from tests.layers import components, links, odd_views, plain, said


def listed_rows(part: object) -> list[str]:
    return [said(c["props"]["children"]) for c in components(plain(part)) if c["type"] == "Li"]


def test_the_rows_are_as_many_as_the_headline_and_the_map_say(demo_city: CityData) -> None:
    for view in odd_views(demo_city).values():
        found = listed_incidents(view, demo_city)
        assert found.total == story(view, demo_city).counts(view)[0].sum()
        if shown_level(view, demo_city) is not None:
            assert found.total == map_values(view, demo_city).counted.total


def test_all_pages_together_list_every_row_once(demo_city: CityData) -> None:
    view = parse_view("?place=440402006&sub=public_order&period=2026-06&rows=1", demo_city)
    found = listed_incidents(view, demo_city)
    pages = -(-found.listed // PAGE)
    assert pages > 1
    rows = np.concatenate([listed_incidents(view.but(rows=k), demo_city).rows for k in range(1, pages + 1)])
    assert len(rows) == len(set(rows.tolist())) == found.listed
    days = demo_city.index.day[rows]
    assert (np.diff(days) <= 0).all()
    hours = demo_city.index.hour[rows].astype(int)
    assert (np.diff(hours)[np.diff(days) == 0] <= 0).all()


def test_a_page_beyond_the_last_is_the_first(demo_city: CityData) -> None:
    view = parse_view("?place=440402006&type=theft&rows=9999", demo_city)
    assert listed_incidents(view, demo_city).page == 1


def test_sensitive_types_are_counted_and_not_listed(demo_city: CityData) -> None:
    kinds = [kind for kind in demo_city.method.types.values() if kind.sensitive and _occurs(kind, demo_city)]
    assert kinds
    view = parse_view(f"?type={kinds[0].id}&rows=1&period=2026-Q3", demo_city)
    found = listed_incidents(view, demo_city)
    assert found.sensitive == found.total > 0
    printed = incidents_card(view, demo_city)
    assert listed_rows(printed) == []
    assert text("zh", "rows_sensitive", n=whole(found.total)) in said(printed)


def _occurs(kind: IncidentType, city: CityData) -> bool:
    return kind.id in city.type_positions


def test_a_row_says_what_when_where_and_who_told_and_no_more(demo_city: CityData) -> None:
    view = parse_view("?place=440402006&type=theft&period=2026-06&rows=1", demo_city)
    rows = listed_rows(incidents_card(view, demo_city))
    assert rows
    for row in rows:
        name, when, place, source = row.split("\n")
        assert name == "盗窃"
        assert re.fullmatch(r"2026-06-\d\d (\d{1,2} 时|时刻不详)", when)
        assert re.fullmatch(r"\S+社区( 网格\d+)?", place)
        assert source == "公安 110"
    assert not re.search(r"\d{2,3}\.\d{3,}", "\n".join(rows))  # no coordinate


def test_what_has_no_place_says_so(demo_city: CityData) -> None:
    view = parse_view("?rows=1&period=2026-10", demo_city)
    index = demo_city.index
    rows = index.selected(view.period.start, view.period.end)
    outside = rows[index.site[rows] == 0]
    unlocated = rows[index.site[rows] == 1]
    assert where(view, demo_city, int(outside[0])) == text("zh", "outside")
    assert where(view, demo_city, int(unlocated[0])) == text("zh", "unlocated")


def test_the_list_opens_and_closes_by_links(demo_city: CityData) -> None:
    view = parse_view("?place=440402006&rows=2", demo_city)
    pages = [parse_view(link[1:], demo_city).rows for link in links(incidents_card(view, demo_city))]
    assert pages == [0, 1, 3]
    chip = [parse_view(link[1:], demo_city) for link in links(chips(view, demo_city))]
    assert view.but(rows=0) in chip


def test_nothing_to_list_is_a_sentence(demo_city: CityData) -> None:
    view = parse_view("?type=homicide_arson&period=2026-10-05&rows=1", demo_city)
    assert listed_incidents(view, demo_city).total == 0
    assert text("zh", "no_incidents") in said(incidents_card(view, demo_city))
