"""The legend and the closing line: classes that close, and numbers that add up on every map."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from geodata.city import CityData
from geodata.classes import Scheme
from geodata.index.bands import BANDS
from geodata.vocabulary import PeriodKind
from geodata.written import THIN
from layers.maps.legend import class_ranges, closing_line, legend, palette
from layers.maps.values import chosen_types, map_values
from layers.style import BAND_COLOURS, RAMP
from layers.text import level_name, text
from layers.view import ViewState, parse_view
from tests.layers import components, odd_views, plain, said, with_class

NUMBER = re.compile(rf"\d[\d{THIN}]*")


def numbers_in(line: str) -> list[int]:
    return [int(found.replace(THIN, "")) for found in NUMBER.findall(line)]


def counts_printed(view: ViewState, city: CityData) -> list[int]:
    """Return the places that the legend gives each of its classes, the missing ones last."""
    values = map_values(view, city)
    return [numbers_in(said(c["props"]["children"]))[0] for c in with_class(legend(view, city, values), "n")]


def test_a_legend_counts_every_place_of_the_map_once(demo_city: CityData) -> None:
    for name, view in odd_views(demo_city).items():
        values = map_values(view, demo_city)
        if values.measure == "count":  # circles: only what is missing is counted in places
            assert counts_printed(view, demo_city) == [int((values.klass < 0).sum())], name
        elif (values.klass >= 0).any():
            assert sum(counts_printed(view, demo_city)) == len(values.rows), name


def test_a_legend_has_the_look_of_every_class_that_the_map_uses(demo_city: CityData) -> None:
    for name, view in odd_views(demo_city).items():
        values = map_values(view, demo_city)
        looks = palette(view, values) if (values.klass >= 0).any() else []  # without data only the hatch
        assert len(looks) > values.klass.max() or values.measure == "count", name
        swatches = with_class(legend(view, demo_city, values), "swatch")
        assert [s["props"]["style"]["background"] for s in swatches[:-1]] == [look["fill"] for look in looks], name
        assert "hatch" in swatches[-1]["props"]["className"]
        assert len({look["fill"] for look in looks}) == len(looks), name


def test_the_legend_of_a_score_shows_the_bands_with_marks(demo_city: CityData) -> None:
    view = parse_view("?lang=en", demo_city)
    looks = palette(view, map_values(view, demo_city))
    assert [look["word"] for look in looks] == ["Excellent", "Good", "Steady", "Poor"]
    assert [look["mark"] for look in looks] == [BAND_COLOURS[band][2] for band in BANDS]
    printed = said(legend(view, demo_city, map_values(view, demo_city)))
    for span in ("≥ 90", "80–90", "70–80", "< 70", "90/80/70"):
        assert span in printed


def test_the_classes_of_a_rate_leave_no_gap(demo_city: CityData) -> None:
    view = parse_view("?measure=rate&level=community", demo_city)
    values = map_values(view, demo_city)
    assert values is not None
    ranges = class_ranges(view, values)
    assert ranges[0].startswith("≤ ")
    assert ranges[-1].startswith("> ")
    ends = [ranges[0][2:], *itertools.chain(*(r.split("–") for r in ranges[1:-1])), ranges[-1][2:]]
    assert ends[::2] == ends[1::2]
    numbers = [float(end.replace(THIN, "")) for end in ends[::2]]
    assert numbers == sorted(set(numbers))
    assert len(ranges) == len(palette(view, values))


@pytest.mark.parametrize("breaks", [(), (3.0,), (1.0, 2.0), (1.0, 2.0, 3.0), (1.0, 2.0, 3.0, 4.0)])
def test_fewer_classes_are_spread_over_the_whole_ramp(demo_city: CityData, breaks: tuple[float, ...]) -> None:
    view = parse_view("?measure=rate", demo_city)
    values = map_values(view, demo_city)
    assert values is not None
    changed = type(values)(**{**vars(values), "scheme": Scheme(breaks), "klass": np.zeros_like(values.klass)})
    looks = palette(view, changed)
    assert len(looks) == len(breaks) + 1
    if breaks:
        assert (looks[0]["fill"], looks[-1]["fill"]) == (RAMP[0], RAMP[-1])
    assert [look["word"] for look in looks] == class_ranges(view, changed)


def test_the_title_names_level_measure_and_unit(demo_city: CityData) -> None:
    titles = {
        "?measure=rate": "区 · 发生率（件/万人）",
        "?measure=rate&lang=en": "Districts · Rate (per 10,000 residents)",
        "": "区 · 得分",
    }
    for search, expected in titles.items():
        view = parse_view(search, demo_city)
        heads = [
            c for c in components(plain(legend(view, demo_city, map_values(view, demo_city)))) if c["type"] == "H2"
        ]
        assert [head["props"]["children"] for head in heads] == [expected]


# --- the closing line ---


def test_the_closing_line_closes_on_every_map(demo_city: CityData) -> None:
    for kind in PeriodKind:
        period = demo_city.latest_period(kind)
        assert period is not None
        for place in ("", "440402", "440402006", "440402006001"):
            below = demo_city.levels_below(demo_city.find(place))
            for level, search in itertools.product(below, ("", "&sub=traffic", "&type=theft", "&sub=co_building")):
                link = f"?place={place}&level={level.value}&period={period}{search}"
                view = parse_view(link, demo_city)
                values = map_values(view, demo_city)
                assert values is not None
                total, places, unlocated, outside = numbers_in(closing_line(view, demo_city, values))
                assert total == places + unlocated + outside, link
                chosen = chosen_types(view, demo_city)
                rows = demo_city.index.selected(
                    period.start, period.end, within=demo_city.find(place).within, types=chosen
                )
                assert total == len(rows), link
                assert places == values.counted.places.sum(), link


def test_the_closing_line_of_a_place_has_nothing_outside(demo_city: CityData) -> None:
    view = parse_view("?place=440402006", demo_city)
    *_, unlocated, outside = numbers_in(closing_line(view, demo_city, map_values(view, demo_city)))
    assert (unlocated, outside) == (0, 0)


def test_the_closing_line_of_the_city_says_what_lies_nowhere(demo_city: CityData) -> None:
    view = parse_view("?period=2026", demo_city)
    *_, unlocated, outside = numbers_in(closing_line(view, demo_city, map_values(view, demo_city)).replace("2026", ""))
    assert unlocated > 0
    assert outside > 0


def test_the_closing_line_of_a_grid_cell_is_its_total(demo_city: CityData) -> None:
    view = odd_views(demo_city)["grid cell"]
    rows = demo_city.index.selected(view.period.start, view.period.end, within=demo_city.find(view.place).within)
    said_line = closing_line(view, demo_city, map_values(view, demo_city))
    assert said_line == text("zh", "closing_leaf", total=len(rows), level="网格")


def test_the_closing_line_names_the_level(demo_city: CityData) -> None:
    for view in odd_views(demo_city).values():
        values = map_values(view, demo_city)
        if values is not None:
            assert level_name(view.lang, values.level) in closing_line(view, demo_city, values)
