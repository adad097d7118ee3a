"""Legend, circles and schemes: every place is counted once, every choice is a link, and counts never fill a place."""

from __future__ import annotations

import base64
import math
import re
from dataclasses import replace
from urllib.parse import unquote

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.city import CityData
from geodata.classes import FEWEST, KINDS, MOST, Scheme, Way
from geodata.errors import SelectionError
from geodata.written import THIN
from layers import ids
from layers.maps.circles import circle_key, circle_row, circles, radius, reference_counts, round_down
from layers.maps.frames import NO_CLASS, frames
from layers.maps.legend import class_ranges, kept_classes, legend, palette, stepped_back, toggled
from layers.maps.pictures import LEAST_PLACES, WIDTH, histogram, span
from layers.maps.places import map_payload
from layers.maps.values import MapValues, map_values
from layers.pages.map import panel_parts
from layers.panels.children import children_card
from layers.panels.frame import chips, topbar
from layers.style import BAND_COLOURS, PALE
from layers.text import text
from layers.view import ViewState, city_of, next_view, parse_view
from tests.layers import components, links, plain, said, with_class

COUNTS = [
    "?measure=count",
    "?measure=count&level=community",
    "?measure=count&type=theft&lang=en",
    "?measure=count&sub=citizen_requests",
    "?measure=count&place=440402006001",
    "?measure=count&period=2026-08&theme=projector",
    "?measure=count&hours=22-6&level=street",
    "?area=circle:113.55000,22.27000,3000.0",
    "?period=2026-10-31&measure=count",
    "?period=2026-10-05..2026-10-18&measure=count&level=street",
]
RATES = "?measure=rate&level=community"


def seen(link: str, city: CityData) -> tuple[ViewState, CityData, MapValues]:
    view = parse_view(link, city)
    there = city_of(view, city)
    return view, there, map_values(view, there)


def legend_of(link: str, city: CityData) -> list[object]:
    view, there, values = seen(link, city)
    return legend(view, there, values)


def svg(part: object) -> str:
    """Return the drawing of the first image of a part."""
    (src,) = [c["props"]["src"] for c in components(plain(part)) if c["type"] == "Img"][:1]
    return unquote(src.removeprefix("data:image/svg+xml,"))


# --- counts are circles ---


@pytest.mark.parametrize("link", COUNTS)
def test_a_map_of_counts_has_no_classes_and_no_palette(demo_city: CityData, link: str) -> None:
    view, city, values = seen(link, demo_city)
    payload = map_payload(view, city, values)
    assert values.measure == "count"
    assert values.scheme is None
    assert (payload["palette"], payload["class"]) == ([], None)
    assert payload["circles"]["missing"] == np.flatnonzero(~np.isfinite(values.value)).tolist()
    assert [value is None for value in payload["value"]] == (~np.isfinite(values.value)).tolist()
    assert not with_class(legend(view, city, values), "swatch")[:-1]


@pytest.mark.parametrize("link", ["", RATES, "?sub=traffic", "?type=theft&lang=en"])
def test_a_map_of_anything_else_has_no_circles(demo_city: CityData, link: str) -> None:
    view, city, values = seen(link, demo_city)
    payload = map_payload(view, city, values)
    assert payload["circles"] is None
    assert len(payload["palette"]) > max(payload["class"])


@pytest.mark.parametrize("link", COUNTS)
def test_counts_are_those_of_the_index(demo_city: CityData, link: str) -> None:
    _, _, values = seen(link, demo_city)
    known = np.isfinite(values.value)
    assert (values.value[known] == values.counted.places.to_numpy()[known]).all()
    assert (values.value[known] <= values.largest).all()
    assert values.digits == 0


def test_a_place_that_sent_nothing_has_no_count(demo_city: CityData, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = demo_city.table[:, 0] == demo_city.find("440403").row
    monkeypatch.setattr(CityData, "silent_in", lambda *_: silent)
    view, city, values = seen("?measure=count&level=street", demo_city)
    assert 0 < silent[values.rows].sum() < len(values.rows)
    assert (np.isnan(values.value) == silent[values.rows]).all()
    assert map_payload(view, city, values)["circles"]["missing"] == np.flatnonzero(silent[values.rows]).tolist()


def test_a_type_that_nobody_ever_sent_has_no_count(demo_city: CityData) -> None:
    never = next(name for name in demo_city.method.types if name not in demo_city.type_positions)
    view, city, values = seen(f"?measure=count&type={never}", demo_city)
    assert np.isnan(values.value).all()
    assert not with_class(legend(view, city, values), "circle-key")


def test_neither_a_period_nor_a_filter_changes_the_scale_of_the_circles(demo_city: CityData) -> None:
    scales = {
        (circles(view, values)["largest"], circles(view, values)["radius"])
        for view, _, values in (
            seen(f"?measure=count&level=street{more}", demo_city)
            for more in ("", "&period=2026-02", "&hours=22-6", "&weekdays=6,7", "&severity=5", "&lang=en")
        )
    }
    assert len(scales) == 1


@given(st.integers(1, 10**7), st.integers(1, 10**7))
@settings(deadline=None, max_examples=50)
def test_areas_of_circles_are_as_the_counts(demo_city: CityData, one: int, other: int) -> None:
    view, _, values = seen("?measure=count", demo_city)
    r1, r2 = radius(view, values, one), radius(view, values, other)
    assert math.isclose(r1 * r1 * other, r2 * r2 * one, rel_tol=1e-9)


@pytest.mark.parametrize(
    ("largest", "counts"),
    [(0, []), (1, [1]), (2, [2]), (3, [3, 1]), (22, [20, 5, 1]), (399, [300, 100, 30]), (7794, [5000, 2000, 500])],
)
def test_the_legend_has_up_to_three_round_circles(largest: int, counts: list[int]) -> None:
    assert reference_counts(largest) == counts


@given(st.floats(1, 1e9))
def test_a_round_number_is_near_and_not_above(value: float) -> None:
    assert value / 2.001 < round_down(value) <= value


@pytest.mark.parametrize("link", COUNTS)
def test_the_circles_of_the_legend_are_as_large_as_those_of_the_map(demo_city: CityData, link: str) -> None:
    view, city, values = seen(link, demo_city)
    if not values.largest:
        assert not with_class(legend(view, city, values), "circle-key")
        return
    drawn = [float(r) for r in re.findall(r' r="([\d.]+)"', svg(circle_key(view, values)))]
    counts = reference_counts(values.largest)
    assert drawn == pytest.approx([radius(view, values, count) for count in counts], abs=0.06)
    assert drawn == sorted(drawn, reverse=True)
    across = [ring["props"]["style"]["--across"] for ring in with_class(circle_row(view, values), "ring")]
    assert across == [f"{2 * radius(view, values, count):.1f}px" for count in counts]


def test_notes_name_the_measure_that_is_shown(demo_city: CityData) -> None:
    view = parse_view("?type=theft&measure=count", demo_city)
    assert "地图显示件数" in said(panel_parts(view, demo_city)[ids.PANEL])


def test_table_and_words_follow_the_measure(demo_city: CityData) -> None:
    view, city, values = seen("?measure=count", demo_city)
    card = said(children_card(view, city, values))
    assert "件数" in card
    assert "件数变化" in card
    heads = [c for c in components(plain(children_card(view, city, values))) if c["type"] == "Th"]
    assert len(heads) == 3
    texts = map_payload(view, city, values)["text"]
    assert (texts["value"], texts["unit"]) == ("件数", "件")
    rates = map_payload(*seen("?measure=rate", demo_city))["text"]
    assert (rates["value"], rates["unit"]) == ("发生率", "件/万人")


def test_counts_are_offered_with_and_without_scores(demo_city: CityData) -> None:
    assert any("measure=count" in link for link in links(topbar(parse_view("", demo_city), demo_city)))
    view = parse_view("?type=theft", demo_city)
    offered = links(topbar(view, demo_city))
    assert any("measure=count" in link and "type=theft" in link for link in offered)
    area = parse_view(COUNTS[7], demo_city)  # nothing else can be shown of a drawn area
    assert not any("measure=rate" in link for link in links(topbar(area, city_of(area, demo_city))))


def test_circles_can_be_played(demo_city: CityData) -> None:
    view = parse_view("?measure=count&level=street", demo_city)
    found = frames(view, demo_city)
    for classes, values in zip(found["classes"], found["values"], strict=True):
        known = np.frombuffer(base64.b64decode(classes), dtype=np.uint8) != NO_CLASS
        assert [value is not None for value in values] == known.tolist()


# --- classes of the legend ---


def test_every_class_can_be_kept_and_let_go_again(demo_city: CityData) -> None:
    view, city, values = seen(RATES, demo_city)
    n = len(palette(view, values))
    for k, item in enumerate(with_class(legend(view, city, values), "class")[:n]):
        kept = parse_view(item["props"]["href"].removeprefix("/"), demo_city)
        assert kept.classes == (k,)
        back = with_class(legend(kept, city, map_values(kept, city)), "class")[k]
        assert back["props"]["href"] == view.href()
        assert back["props"]["className"] == "class on"


@given(st.integers(1, 9).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.integers(0, n - 1), max_size=12))))
def test_clicks_keep_some_classes_and_never_none(clicks: tuple[int, list[int]]) -> None:
    n, each = clicks
    kept: tuple[int, ...] = ()
    for k in each:
        before, kept = kept, toggled(kept, k, n)
        assert list(kept) == sorted(set(kept))
        assert len(kept) < n or n == 0
        assert toggled(kept, k, n) == before or before == () or len(before) == n - 1


def test_classes_that_there_are_not_are_as_if_nobody_had_chosen_them() -> None:
    assert kept_classes((1, 7), 4) == (1,)
    assert kept_classes((7, 8), 4) == ()
    assert kept_classes((0, 1, 2), 3) == ()


def test_classes_that_are_not_kept_step_back_and_stay_on_the_map(demo_city: CityData) -> None:
    all_view, _, values = seen("?level=community", demo_city)
    view = all_view.but(classes=(1,))
    payload, before = (map_payload(each, demo_city, values) for each in (view, all_view))
    assert [look["fill"] for look in payload["palette"]] == [
        PALE,
        [fill for fill, _, _ in BAND_COLOURS.values()][1],
        PALE,
        PALE,
    ]
    for part in ("class", "value", "show", "drill", "key"):
        assert payload[part] == before[part]
    assert stepped_back(palette(view, values), ()) == palette(view, values)


def test_a_chip_says_which_classes_are_kept_and_how_they_were_drawn(demo_city: CityData) -> None:
    view, city, values = seen("?level=community&classes=1,2", demo_city)
    words = [look["word"] for look in palette(view, values)]
    assert "只看：良好、平稳" in said(chips(view, city, words))
    view, city, values = seen(f"{RATES}&scheme=jenks-5&classes=0", demo_city)
    found = chips(view, city, class_ranges(view, values))
    assert "分级：自然断点 5 级" in said(found)
    assert any("scheme" not in link and "classes" not in link for link in links(found))


# --- schemes ---


@pytest.mark.parametrize("scheme", ["", *(f"{kind}-{k}" for kind in KINDS for k in (3, 7)), "manual:1,5,10"])
def test_every_scheme_counts_every_place_once(demo_city: CityData, scheme: str) -> None:
    view, city, values = seen(f"{RATES}&scheme={scheme}", demo_city)
    counts = [
        int("".join(re.findall(r"\d", said(c["props"]["children"]))))
        for c in with_class(legend(view, city, values), "n")
    ]
    assert sum(counts) == len(values.rows)
    assert counts[:-1] == np.bincount(values.klass[values.klass >= 0], minlength=len(counts) - 1).tolist()
    assert values.scheme is not None
    assert values.scheme.fingerprint in said(legend(view, city, values))


def test_a_link_says_a_scheme_in_one_way_only(demo_city: CityData) -> None:
    assert parse_view("?scheme=quantile-5", demo_city).scheme == ""
    assert parse_view("?scheme=manual:1.50,5.0", demo_city).scheme == "manual:1.5,5"
    for wrong in ("jenks-2", "jenks-10", "nobody-5", "manual:", "manual:5,1", "manual:1,a"):
        with pytest.raises(SelectionError):
            parse_view(f"?scheme={wrong}", demo_city)


def test_breaks_that_the_reader_writes_become_the_link(demo_city: CityData) -> None:
    view = parse_view(f"{RATES}&classes=1", demo_city)
    after = next_view(view, {"kind": "scheme", "scheme": "manual:1,5,10"}, demo_city)
    assert (after.scheme, after.classes) == ("manual:1,5,10", ())
    with pytest.raises(SelectionError):
        next_view(view, {"kind": "scheme", "scheme": "manual:10,5"}, demo_city)


def test_the_menu_leads_to_every_scheme_and_number_of_classes(demo_city: CityData) -> None:
    been, todo = set(), [RATES]
    while todo:
        link = todo.pop()
        (menu,) = with_class(legend_of(link, demo_city), "schemes")
        for href in links(menu):
            view = parse_view(href.removeprefix("/"), demo_city)
            if view.scheme not in been:
                been.add(view.scheme)
                todo.append(href.removeprefix("/"))
    ways = {str(Way(kind, k)) for kind in KINDS for k in range(FEWEST, MOST + 1)}
    assert been == ways - {str(Way())} | {""}


@pytest.mark.parametrize("link", ["", "?measure=count", f"{RATES}&theme=projector", "?sub=traffic"])
def test_where_no_scheme_applies_none_is_offered(demo_city: CityData, link: str) -> None:
    assert not with_class(legend_of(link, demo_city), "schemes")


# --- what stands beside the classes ---


def test_what_lies_in_no_place_leads_to_the_list(demo_city: CityData) -> None:
    view, city, values = seen("?period=2026", demo_city)
    (aside,) = with_class(legend(view, city, values), "aside")
    assert [int(n.replace(THIN, "")) for n in re.findall(rf"\d[\d{THIN}]*", said(aside))] == [
        values.counted.unlocated,
        values.counted.outside,
    ]
    assert all(parse_view(link.removeprefix("/"), demo_city).rows == 1 for link in links(aside))
    assert not with_class(legend_of("?period=2026&theme=projector", demo_city), "aside")


def test_a_histogram_has_the_colours_of_the_classes_at_their_values() -> None:
    values = np.array([1.0, 1, 2, 2, 3, 6, 7, 9, np.nan])
    picture = svg(histogram(values, [2.5, 6.5], ["#aaaaaa", "#bbbbbb", "#cccccc"], 1, "x"))
    bars = re.findall(r'<rect x="([\d.]+)" .*?width="([\d.]+)".*?fill="(#\w+)"', picture)
    for left, width, fill in bars:
        middle = 1 + 8 * (float(left) + float(width) / 2) / WIDTH
        assert fill == ("#aaaaaa" if middle < 2.5 else "#bbbbbb" if middle < 6.5 else "#cccccc")
    assert {fill for _, _, fill in bars} == {"#aaaaaa", "#bbbbbb", "#cccccc"}
    assert re.findall(r">([\d.]+)</text>", picture) == ["2.5", "6.5"]


@pytest.mark.parametrize("values", [[], [np.nan] * 20, [3.0] * 20, [1.0] * (LEAST_PLACES - 2) + [2.0]])
def test_where_there_is_nothing_to_draw_there_is_no_histogram(values: list[float]) -> None:
    assert histogram(np.array(values, dtype=np.float64), [1.5], ["#aaaaaa", "#bbbbbb"], 1, "x") is None


def test_a_few_far_values_do_not_shrink_all_others() -> None:
    values = np.array([*range(1, 100), 10_000.0])
    low, high = span(values, [20.0, 50.0])
    assert (low, high < 100) == (1.0, True)
    assert "≥" in svg(histogram(values, [20.0, 50.0], ["#aaaaaa", "#bbbbbb", "#cccccc"], 0, "x"))
    near: npt.NDArray[np.float64] = np.arange(1.0, 101.0)
    assert span(near, [20.0, 50.0]) == (1.0, 100.0)


def test_letters_in_the_pictures_are_never_small_on_a_projector(demo_city: CityData) -> None:
    for link in ("?level=community&theme=projector", f"{RATES}&theme=projector"):
        images = [c for c in components(plain(legend_of(link, demo_city))) if c["type"] == "Img"]
        assert images == []
    view, _, values = seen("?measure=count&theme=projector", demo_city)
    assert "<text" not in svg(circle_key(view, values))


def test_a_map_of_one_place_or_none_known_has_a_legend(demo_city: CityData) -> None:
    view, city, values = seen(RATES, demo_city)
    n = len(values.rows)
    nothing = replace(values, value=np.full(n, np.nan), klass=np.full(n, -1), scheme=Scheme(()))
    printed = said(legend(view, city, nothing))
    assert "无数据" in printed
    assert with_class(legend(view, city, nothing), "swatch")[0]["props"]["className"] == "swatch hatch"
    one = replace(values, value=np.ones(n), klass=np.zeros(n, dtype=np.int64), scheme=Scheme(()))
    (line,) = with_class(legend(view, city, one), "class")[:-1]
    assert "href" not in line["props"]


def test_the_menu_says_that_the_values_make_fewer_classes_than_were_asked_for(demo_city: CityData) -> None:
    for search, fewer in (("?measure=rate&level=street&scheme=sigma-9", True), ("?measure=rate&level=street", False)):
        view = parse_view(search, demo_city)
        values = map_values(view, demo_city)
        assert values.scheme is not None
        n = len(values.scheme.breaks) + 1
        asked = 9 if fewer else 5
        assert (n < asked) == fewer
        words = text("zh", "classes_fewer", n=n, k=asked)
        assert (words in said(legend(view, demo_city, values))) == fewer
