"""The rows behind a number: as many as the number, newest first, nothing that is sensitive, nobody's place."""

from __future__ import annotations

import dataclasses
import itertools
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.city import CityData
from geodata.index.catalogue import IncidentType
from geodata.memory import Memory
from geodata.written import whole
from layers.maps.values import map_values
from layers.panels.frame import chips
from layers.panels.incidents import COLUMNS, PAGE, incidents_card, listed_incidents, on_map, where
from layers.panels.story import story
from layers.points import hidden_types
from layers.text import source_name, text
from layers.view import ORDERS, ViewState, parse_view, shown_level
from tests.layers import components, links, odd_views, plain, said, with_class


def listed_rows(part: object) -> list[str]:
    return [said(c["props"]["children"]) for c in table_rows(part)]


def table_rows(part: object) -> list[dict[str, Any]]:
    body = next((c for c in components(plain(part)) if c["type"] == "Tbody"), None)
    return [] if body is None else [c for c in components(body) if c["type"] == "Tr"]


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
        when, name, place, source, link, why = row.split("\n")
        assert name == "盗窃"
        assert re.fullmatch(r"2026-06-\d\d (\d{1,2} 时|时刻不详)", when)
        assert re.fullmatch(r"\S+社区( 网格\d+)?", place)
        assert source == "公安 110"
        assert {link, why} == {text("zh", "rows_on_map"), text("zh", "rows_on_map_why")}
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
    card = plain(incidents_card(view, demo_city))
    assert parse_view(links(with_class(card, "close"))[0][1:], demo_city).rows == 0
    assert [parse_view(link[1:], demo_city).rows for link in links(with_class(card, "pages"))] == [1, 3]
    chip = [parse_view(link[1:], demo_city) for link in links(chips(view, demo_city))]
    assert view.but(rows=0) in chip


def test_nothing_to_list_is_a_sentence(demo_city: CityData) -> None:
    view = parse_view("?type=homicide_arson&period=2026-10-05&rows=1", demo_city)
    assert listed_incidents(view, demo_city).total == 0
    assert text("zh", "no_incidents") in said(incidents_card(view, demo_city))


# --- orders ---


def sorted_by_hand(view: ViewState, city: CityData) -> list[int]:
    """Return all listed rows of a view in its order, by a plain sort of tuples."""
    index = city.index
    rows = index.selected(view.period.start, view.period.end, within=city.find(view.place).within)
    known = {name: k for k, name in enumerate(city.method.types)}

    def key(row: int) -> tuple[Any, ...]:
        places = tuple(index.n_places if place < 0 else int(place) for place in index.site_place[index.site[row]])
        groups = {
            "type": (known.get(index.types[index.kind[row]], len(known)), int(index.kind[row])),
            "place": (*places, int(index.site[row])),
            "source": (source_name("zh", index.sources[index.source[row]]),),
        }
        group = groups.get(view.order, ())
        time = (int(index.day[row]), int(index.hour[row]), int(row))
        return (group, time if view.order == "oldest" else tuple(-part for part in time))

    hidden = hidden_types(city)[index.kind[rows]]
    return sorted(rows[~hidden].tolist(), key=key)


@pytest.mark.parametrize("order", ["", *ORDERS])
@pytest.mark.parametrize("search", ["?place=440402006&period=2026-10&rows=1", "?period=2026-10-05&rows=1"])
def test_every_page_of_every_order_is_the_part_of_a_plain_sort(demo_city: CityData, search: str, order: str) -> None:
    view = parse_view(search, demo_city).but(order=order)
    wanted = sorted_by_hand(view, demo_city)
    pages = range(1, -(-len(wanted) // PAGE) + 1)
    found = [listed_incidents(view.but(rows=page), demo_city).rows.tolist() for page in pages]
    assert list(itertools.chain(*found)) == wanted
    assert all(len(page) == PAGE for page in found[:-1])


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_any_page_of_any_order_holds_the_right_rows(demo_city: CityData, data: st.DataObject) -> None:
    order = data.draw(st.sampled_from(["", *ORDERS]))
    view = parse_view("?place=440402&period=2026-06&rows=1", demo_city).but(order=order)
    wanted = _kept(view, demo_city)
    page = data.draw(st.integers(1, -(-len(wanted) // PAGE)))
    rows = listed_incidents(view.but(rows=page), demo_city).rows.tolist()
    assert rows == wanted[(page - 1) * PAGE : page * PAGE]


_SORTED: dict[str, list[int]] = {}


def _kept(view: ViewState, city: CityData) -> list[int]:
    if view.order not in _SORTED:
        _SORTED[view.order] = sorted_by_hand(view, city)
    return _SORTED[view.order]


def heads(part: object) -> list[dict[str, Any]]:
    return [c["props"] for c in components(plain(part)) if c["type"] == "Th" and "aria-sort" in c["props"]]


@pytest.mark.parametrize(
    ("order", "sorts"),
    [
        ("", ["descending", "none", "none", "none"]),
        ("oldest", ["ascending", "none", "none", "none"]),
        ("type", ["none", "ascending", "none", "none"]),
        ("place", ["none", "none", "ascending", "none"]),
        ("source", ["none", "none", "none", "ascending"]),
    ],
)
def test_the_heads_say_how_the_list_is_sorted_and_lead_to_the_other_orders(
    demo_city: CityData, order: str, sorts: list[str]
) -> None:
    view = parse_view("?place=440402006&period=2026-10&rows=3", demo_city).but(order=order)
    found = heads(incidents_card(view, demo_city))
    assert [head["aria-sort"] for head in found] == sorts
    assert len(found) == len(COLUMNS)
    targets = [parse_view(links(head)[0][1:], demo_city) for head in found]
    assert [target.order for target in targets] == ["oldest" if order == "" else "", "type", "place", "source"]
    assert {target.rows for target in targets} == {1}


# --- a row on the map ---


def test_a_row_leads_to_its_finest_place_and_its_position_is_rounded(demo_city: CityData) -> None:
    view = parse_view("?period=2026-10&rows=7", demo_city)
    index = demo_city.index
    for row in listed_incidents(view, demo_city).rows.tolist():
        target = on_map(view, demo_city, row)
        places = [int(place) for place in index.site_place[index.site[row]] if place >= 0]
        if not places:
            assert target is None
            continue
        assert target is not None
        link, _, at = target.partition("#at=")
        opened = parse_view(link[1:], demo_city)
        assert opened.place == demo_city.place(places[-1]).token
        assert (opened.period, opened.rows, opened.level) == (view.period, 1, None)
        if at:
            lat, lon = (float(part) for part in at.split(","))
            assert (lat, lon) == (round(float(index.lat[row]), 5), round(float(index.lon[row]), 5))
            assert re.fullmatch(r"-?\d+\.\d{5},-?\d+\.\d{5}", at)
        else:
            assert not np.isfinite(index.lon[row])


def test_what_has_no_position_or_no_place_is_not_marked(demo_city: CityData) -> None:
    view, index = parse_view("?rows=1&period=2026-10", demo_city), demo_city.index
    rows = index.selected(view.period.start, view.period.end)
    assert on_map(view, demo_city, int(rows[index.site[rows] == 0][0])) is None
    assert on_map(view, demo_city, int(rows[index.site[rows] == 1][0])) is None
    known = [int(row) for row in rows if index.site[row] > 1 and not np.isfinite(index.lon[row])]
    blank = np.full(len(index.day), np.nan, dtype=np.float32)
    city = dataclasses.replace(
        demo_city, index=dataclasses.replace(index, lon=blank, lat=blank), _memo=Memory(), _variants={}
    )
    row = known[0] if known else int(rows[index.site[rows] > 1][0])
    target = on_map(view, city, row)
    assert target is not None
    assert "#" not in target


def test_no_position_of_a_sensitive_incident_is_on_the_page(demo_city: CityData) -> None:
    hidden = {demo_city.index.types[k] for k in np.flatnonzero(hidden_types(demo_city))}
    for kind in hidden:
        card = incidents_card(parse_view(f"?type={kind}&rows=1&period=2026", demo_city), demo_city)
        assert "#at=" not in " ".join(links(card))
    for order in ("", *ORDERS):
        view = parse_view("?period=2026&rows=1", demo_city).but(order=order)
        rows = listed_incidents(view, demo_city).rows
        assert not hidden & {demo_city.index.types[k] for k in demo_city.index.kind[rows]}
