"""The view: a link makes it and it makes the link; what was never offered is refused; no link leads nowhere."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.city import CityData
from geodata.errors import SelectionError
from geodata.vocabulary import Period, PeriodKind, PlaceLevel
from layers import ids
from layers.method.view import parse_method_view
from layers.pages.map import map_parts, panel_parts
from layers.panels.frame import chips
from layers.view import (
    COMPARISONS,
    LANGUAGES,
    MEASURES,
    THEMES,
    TOTAL,
    ViewState,
    default_view,
    drill,
    next_view,
    parse_view,
    scorable,
    shown_level,
    shown_measure,
    up,
    with_kind,
)
from tests.layers import NOT_NUMBERS, links, odd_views, said, unmeasured

STEPS = 100
METHOD = "/method/"
OTHER_PAGES = (METHOD, "/data/", "/export/", "/compare/", "/m/", "/meeting/")


def any_view(city: CityData, data: st.DataObject) -> ViewState:
    """Draw a view that the city offers."""
    row = data.draw(st.one_of(st.none(), st.integers(0, len(city.places) - 1)))
    place = city.city if row is None else city.place(row)
    kind = data.draw(st.sampled_from(city.period_kinds))
    assert city.index.span is not None
    day = data.draw(st.dates(*city.index.span))
    return ViewState(
        period=Period.containing(day, kind),
        place=place.token,
        level=data.draw(st.sampled_from([None, *city.levels_below(place)])),
        sub_index=data.draw(st.sampled_from([TOTAL, *(s.id for s in city.method.sub_indices)])),
        indicator=data.draw(st.sampled_from(["", *(i.id for i in city.method.indicators if i.types)])),
        incident_type=data.draw(st.sampled_from(["", *city.index.types])),
        measure=data.draw(st.sampled_from(MEASURES)),
        compare=data.draw(st.sampled_from(COMPARISONS)),
        lang=data.draw(st.sampled_from(LANGUAGES)),
        theme=data.draw(st.sampled_from(THEMES)),
    )


# --- the link ---


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_a_link_makes_the_view_that_it_was_made_from(demo_city: CityData, data: st.DataObject) -> None:
    view = any_view(demo_city, data)
    assert parse_view(view.search(), demo_city) == view


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_the_order_of_a_links_parts_does_not_matter(demo_city: CityData, data: st.DataObject) -> None:
    view = any_view(demo_city, data)
    parts = view.search().removeprefix("?").split("&")
    assert parse_view("?" + "&".join(data.draw(st.permutations(parts))), demo_city) == view


@pytest.mark.parametrize("nothing", [None, "", "?"])
def test_no_link_is_the_first_view(demo_city: CityData, nothing: str | None) -> None:
    assert parse_view(nothing, demo_city) == default_view(demo_city)
    assert default_view(demo_city).period == Period.parse("2026-10")


@pytest.mark.parametrize(
    "search",
    [
        "?place=nonsense",
        "?place=440402999",
        "?place=district:440402006",
        "?place=%00",
        "?place=" + "9" * 500,
        "?period=2019-01",
        "?period=2026-11",
        "?period=2027",
        "?period=2026-13",
        "?period=2026-02-30",
        "?period=2026-W54",
        "?period=2026-Q5",
        "?period=0000",
        "?period=9999",
        "?period=9999-12-31",
        "?period=nonsense",
        "?period=２０２６",
        "?level=planet",
        "?level=city",
        "?place=440402006&level=district",
        "?place=440402006&level=street",
        "?place=440402006001&level=community",
        "?sub=happiness",
        "?sub=PUBLIC_ORDER",
        "?type=unicorn",
        "?type=raw:unicorn",
        "?type=盗窃",
        "?measure=beauty",
        "?measure=Score",
        "?compare=tomorrow",
        "?lang=fr",
        "?theme=dark",
        "?lang=en&lang=zh",
        "?lang=en&lang=en",
        "?period=2026-10&period=2026-09",
        "?" + "a" * 3000,
        "?" + "&".join(f"a{k}=1" for k in range(30)),
        "?place",
        "?place=%ff%fe",
    ],
)
def test_what_was_never_offered_is_refused(demo_city: CityData, search: str) -> None:
    if search == "?place":  # a name without a value says nothing
        assert parse_view(search, demo_city) == default_view(demo_city)
        return
    with pytest.raises(SelectionError) as refused:
        parse_view(search, demo_city)
    assert refused.value.zh.endswith("。")
    assert refused.value.en.endswith(".")
    assert len(refused.value.en) < 200


@pytest.mark.parametrize("junk", [3, 2.5, True, ["?lang=en"], {"lang": "en"}, b"?lang=en"])
def test_a_link_that_is_no_text_is_refused(demo_city: CityData, junk: Any) -> None:
    with pytest.raises(SelectionError):
        parse_view(junk, demo_city)


@given(st.text(max_size=60))
@settings(deadline=None, max_examples=300)
def test_any_text_is_a_view_or_is_refused(demo_city: CityData, search: str) -> None:
    try:
        view = parse_view(search, demo_city)
    except SelectionError:
        return
    assert parse_view(view.search(), demo_city) == view


@given(
    st.sampled_from(["place", "level", "sub", "type", "measure", "period", "compare", "lang", "theme"]),
    st.text(min_size=1, max_size=20),
)
@settings(deadline=None, max_examples=300)
def test_any_value_is_offered_or_refused(demo_city: CityData, key: str, value: str) -> None:
    try:
        view = parse_view(f"?{key}={value}", demo_city)
    except SelectionError:
        return
    assert parse_view(view.search(), demo_city) == view


# --- moves ---


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_going_into_a_place_and_up_again_leads_back(demo_city: CityData, data: st.DataObject) -> None:
    view = any_view(demo_city, data).but(level=None)
    level = shown_level(view, demo_city)
    if level is None:
        return
    inside = demo_city.members(level, demo_city.find(view.place))
    place = demo_city.place(int(data.draw(st.sampled_from(inside.tolist()))))
    gone = drill(view, place)
    assert gone.place == place.token
    assert gone.level is None
    assert up(gone, demo_city) == view


@given(st.data())
@settings(deadline=None, max_examples=30)
def test_going_up_ends_at_the_city(demo_city: CityData, data: st.DataObject) -> None:
    view = any_view(demo_city, data)
    for _ in demo_city.levels:
        view = up(view, demo_city)
    assert view.place == ""
    assert up(view, demo_city) == view


def test_going_into_a_place_forgets_a_level_that_it_may_not_have(demo_city: CityData) -> None:
    view = parse_view("?level=street", demo_city)
    assert drill(view, demo_city.find("440402006")).level is None


@given(st.data(), st.sampled_from(list(PeriodKind)))
@settings(deadline=None, max_examples=100)
def test_another_kind_of_period_has_data_and_touches_the_current_one(
    demo_city: CityData, data: st.DataObject, kind: PeriodKind
) -> None:
    view = any_view(demo_city, data)
    changed = with_kind(view, kind, demo_city)
    assert changed.period.kind is kind
    assert demo_city.offers(changed.period)
    assert changed.period.start < view.period.end
    assert view.period.start < changed.period.end


@pytest.mark.parametrize(
    ("event", "search"),
    [
        ({"kind": "drill", "id": "440402006"}, "?place=440402006&period=2026-10"),
        ({"kind": "up"}, "?place=440402&period=2026-10"),
        ({"kind": "theme"}, "?place=440402006&period=2026-10&theme=projector"),
    ],
)
def test_an_event_of_the_map_makes_the_next_view(demo_city: CityData, event: dict[str, Any], search: str) -> None:
    view = parse_view("?place=440402006", demo_city)
    assert next_view(view, event, demo_city).search() == search


def test_the_theme_key_pressed_twice_leads_back(demo_city: CityData) -> None:
    view = default_view(demo_city)
    once = next_view(view, {"kind": "theme"}, demo_city)
    assert next_view(once, {"kind": "theme"}, demo_city) == view


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"kind": "fly"},
        {"kind": None},
        {"kind": ["drill"]},
        {"kind": "drill"},
        {"kind": "drill", "id": ""},
        {"kind": "drill", "id": "nonsense"},
        {"kind": "drill", "id": 440402006},
        {"kind": "drill", "id": None},
        {"kind": "drill", "id": ["440402006"]},
        {"kind": "drill", "id": "4" * 300},
        {"kind": "drill", "id": "440402006\n"},
        {"id": "440402006"},
    ],
)
def test_any_other_event_is_refused(demo_city: CityData, event: dict[str, Any]) -> None:
    with pytest.raises(SelectionError):
        next_view(default_view(demo_city), event, demo_city)


# --- what is shown ---


def test_the_map_shows_the_next_finer_level_unless_told_otherwise(demo_city: CityData) -> None:
    shown = {
        "": PlaceLevel.DISTRICT,
        "?place=440402": PlaceLevel.STREET,
        "?place=440402006": PlaceLevel.COMMUNITY,
        "?place=440402006001": PlaceLevel.GRID_CELL,
        "?level=grid_cell": PlaceLevel.GRID_CELL,
        "?place=440402&level=community": PlaceLevel.COMMUNITY,
    }
    for search, level in shown.items():
        assert shown_level(parse_view(search, demo_city), demo_city) is level
    cell = str(demo_city.places["place_id"].iloc[-1])
    assert shown_level(parse_view(f"?place={cell}", demo_city), demo_city) is None


def test_a_single_type_and_what_cannot_be_scored_have_only_a_rate(demo_city: CityData) -> None:
    assert shown_measure(parse_view("?", demo_city), demo_city) == "score"
    assert shown_measure(parse_view("?measure=rate", demo_city), demo_city) == "rate"
    assert shown_measure(parse_view("?type=theft", demo_city), demo_city) == "rate"
    assert shown_measure(parse_view("?sub=traffic", demo_city), demo_city) == "score"
    assert shown_measure(parse_view("?sub=co_building&measure=rate", demo_city), demo_city) == "score"  # measured only
    nothing_measured = unmeasured(demo_city)
    assert shown_measure(parse_view("?sub=co_building", demo_city), nothing_measured) == "rate"
    assert shown_measure(parse_view("?sub=citizen_requests", demo_city), nothing_measured) == "rate"


def test_what_the_demo_city_can_score(demo_city: CityData) -> None:
    assert scorable(TOTAL, demo_city)
    not_scored = [s.id for s in demo_city.method.sub_indices if not scorable(s.id, demo_city)]
    assert not_scored == []
    assert not scorable("happiness", demo_city)


# --- chips and links ---


@given(st.data())
@settings(deadline=None, max_examples=40)
def test_chips_taken_away_one_after_another_lead_back_to_the_first_view(
    demo_city: CityData, data: st.DataObject
) -> None:
    view = any_view(demo_city, data)
    offered = links(chips(view, demo_city))
    while offered:
        depth = len(demo_city.lineage(demo_city.find(view.place)))
        before, view = len(offered), parse_view(offered[data.draw(st.integers(0, len(offered) - 1))][1:], demo_city)
        offered = links(chips(view, demo_city))
        # the chip of a place leads one place up, every other one is gone
        assert len(offered) < before or len(demo_city.lineage(demo_city.find(view.place))) < depth
    first = default_view(demo_city)
    assert view.but(lang=first.lang, theme=first.theme) == first


def test_the_first_view_has_no_chips(demo_city: CityData) -> None:
    for search in ("", "?lang=en", "?theme=projector"):
        assert chips(parse_view(search, demo_city), demo_city) == []


def test_every_odd_view_has_links_that_open(demo_city: CityData) -> None:
    for name, view in odd_views(demo_city).items():
        found = all_links(view, demo_city)
        assert len(found) > 10, name
        for link in found:
            if link.startswith(METHOD):
                parse_method_view(link.removeprefix(METHOD).split("#")[0], demo_city)
            elif not link.startswith(OTHER_PAGES):
                parse_view(link.removeprefix("/").split("#")[0], demo_city)


@pytest.mark.parametrize("seed", [1, 2])
def test_random_walks_over_all_links_never_fail(demo_city: CityData, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a walk, not a secret
    view, been = default_view(demo_city), []
    for _ in range(STEPS):
        been.append(view.search())
        parts = map_parts(view, demo_city) | panel_parts(view, demo_city)
        found = links(list(parts.values()))
        assert found, been[-5:]
        for part in (ids.CLOSING, ids.CHIPS, ids.TOPBAR, ids.RAIL, ids.LEGEND):
            assert not NOT_NUMBERS.search(said(parts[part])), been[-3:]
        target = chance.choice(sorted(link for link in set(found) if not link.startswith(OTHER_PAGES)))
        assert target.startswith("/?")
        link = target.split("#")[0]  # where on the map a row lies is no part of the view
        view = parse_view(link.removeprefix("/"), demo_city)
        assert view.href() == link
    assert len(set(been)) > STEPS / 2


def all_links(view: ViewState, city: CityData) -> set[str]:
    return set(links(list((map_parts(view, city) | panel_parts(view, city)).values())))


# --- a cell of hours by weekdays ---


def moment(view: ViewState, city: CityData, hours: str, weekdays: str) -> ViewState:
    return next_view(view, {"kind": "moment", "hours": hours, "weekdays": weekdays}, city)


def test_a_cell_keeps_to_its_hour_and_weekday_and_once_more_lets_them_go(demo_city: CityData) -> None:
    view = parse_view("?place=440402&severity=2", demo_city)
    kept = moment(view, demo_city, "18-19", "5")
    assert (kept.filters.hours, kept.filters.weekdays) == ((18, 19), (5,))
    assert kept.filters.severity == view.filters.severity
    assert moment(kept, demo_city, "18-19", "5") == view
    assert moment(kept, demo_city, "23-24", "7").filters.hours == (23, 24)


def test_a_head_of_the_table_keeps_to_an_hour_or_a_weekday_and_leaves_the_other(demo_city: CityData) -> None:
    view = default_view(demo_city)
    both = moment(moment(view, demo_city, "8-9", ""), demo_city, "", "1")
    assert (both.filters.hours, both.filters.weekdays) == ((8, 9), (1,))
    assert moment(both, demo_city, "8-9", "").filters.hours is None
    assert moment(both, demo_city, "8-9", "").filters.weekdays == (1,)


@pytest.mark.parametrize(("hours", "weekdays"), [("25-26", "1"), ("8-9", "8"), ("8-9", "x"), ("9-8x", "")])
def test_no_other_cells_are_offered(demo_city: CityData, hours: str, weekdays: str) -> None:
    with pytest.raises(SelectionError):
        moment(default_view(demo_city), demo_city, hours, weekdays)


def test_a_projected_page_has_no_list_of_rows(demo_city: CityData) -> None:
    assert parse_view("?rows=2&theme=projector", demo_city).rows == 0
    view = parse_view("?rows=2&order=type", demo_city)
    projected = next_view(view, {"kind": "theme"}, demo_city)
    assert "rows" not in projected.search()
    assert "order" not in projected.search()
