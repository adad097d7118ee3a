"""Pictures: what stands on them is what the page says, with the same bytes each time."""

from __future__ import annotations

import itertools
import re
import struct
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from dash import html

from geodata.city import CityData
from geodata.errors import SelectionError
from geodata.written import decimal, whole
from layers.maps.legend import closing_line, legend
from layers.maps.places import map_payload
from layers.maps.values import map_values
from layers.pages.map import hours_by_weekday, trend_of
from layers.panels.story import story
from layers.pictures.key import plain_words, shortened
from layers.pictures.paper import SIZES, width_of, wrapped, writable
from layers.pictures.picture import UnreviewedError, parse_picture, picture, picture_names
from layers.view import ViewState, city_of, default_view, parse_view
from tests.layers.pictures.conftest import Draw, plain, plains, root_of, told

VIEWS = (
    "",
    "level=street",
    "level=street&lang=en",
    "level=community&measure=rate&scheme=jenks-5",
    "level=grid_cell&measure=rate&lang=en",
    "level=street&measure=count",
    "level=community&hours=18-24&days=off",
    "level=street&measure=rate&classes=0,1",
    "place=440402006",
    "level=street&type=street_vending",
)


def seen(query: str, whole_city: CityData) -> tuple[ViewState, CityData]:
    view = parse_view(f"?{query}", whole_city)
    return view, city_of(view, whole_city)


def lines_of(part: Any) -> list[html.Li]:
    """Return the class lines of the page's legend."""
    if isinstance(part, list | tuple):
        return [line for each in part for line in lines_of(each)]
    if isinstance(part, html.Ul) and part.className == "classes":
        return list(part.children)
    return []


@pytest.mark.parametrize("query", VIEWS)
def test_the_legend_counts_what_the_page_counts(draw: Draw, demo_city: CityData, query: str) -> None:
    view, city = seen(query, demo_city)
    sheet = draw(query)
    on_page = plains(plain_words(line) for line in lines_of(legend(view, city, map_values(view, city))))
    words = told(sheet, "class-word") + told(sheet, "nodata-word")
    numbers = told(sheet, "class-n") + told(sheet, "nodata-n")
    drawn = plains(f"{word} {n}" for word, n in zip(words, numbers, strict=True))
    assert drawn == [re.sub("^[●◆▲■] ", "", line) for line in on_page]


@pytest.mark.parametrize("query", VIEWS)
def test_the_numbers_close_as_on_the_page(draw: Draw, demo_city: CityData, query: str) -> None:
    view, city = seen(query, demo_city)
    on_page = plain(closing_line(view, city, map_values(view, city)))
    assert "".join(told(draw(query), "closing")).replace(" ", "") == on_page.replace(" ", "")


@pytest.mark.parametrize("query", ["level=street", "level=street&measure=rate&lang=en", "level=street&measure=count"])
def test_every_number_beside_a_name_is_that_of_the_place(draw: Draw, demo_city: CityData, query: str) -> None:
    view, city = seen(query, demo_city)
    values = map_values(view, city)
    payload = map_payload(view, city, values)
    names = {city.place(int(row)).in_language(view.lang): n for n, row in enumerate(values.rows)}
    sheet = draw(query)
    written = told(sheet, "label")
    beside = zip(told(sheet, "rest-name"), told(sheet, "rest-n"), strict=True)
    found = {}
    for name, number in [*itertools.pairwise(written), *beside]:
        full = [each for each in names if each.startswith(name.removesuffix("…"))]
        if len(full) == 1 and re.match(r"[\d−]", number):
            found[full[0]] = number
    assert len(found) == len(names)  # each place has its number, on the map or beside it
    for name, number in found.items():
        value = payload["value"][names[name]]
        assert number.split(" ◆")[0] == plain(decimal(value, payload["decimals"]))


def test_a_picture_has_the_same_bytes_each_time(draw: Draw) -> None:
    for query in ("level=street&size=screen", "chart=trend&size=screen", "level=street&measure=count&size=screen"):
        first, second = draw(query), draw(query)
        assert first.svg() == second.svg()
        assert first.png() == second.png()


@pytest.mark.parametrize(("size", "pixels"), [("a4", (3508, 2480)), ("screen", (1920, 1080))])
def test_pictures_have_their_size(draw: Draw, size: str, pixels: tuple[int, int]) -> None:
    png = draw(f"level=street&size={size}").png()
    assert struct.unpack(">II", png[16:24]) == pixels
    assert (b"pHYs" + struct.pack(">IIB", 11811, 11811, 1) in png) == (size == "a4")


def test_what_must_stand_on_a_picture_does(draw: Draw, demo_city: CityData) -> None:
    sheet = draw("level=street&measure=rate&scheme=jenks-5&hours=18-24&classes=0")
    words = plain(" ".join(sheet.words))
    view, city = seen("level=street&measure=rate&scheme=jenks-5&hours=18-24&classes=0", demo_city)
    scheme = map_values(view, city).scheme
    assert scheme is not None
    for part in (
        "珠海市各镇街事件发生率",
        "2026年10月",
        "仅含：18–24 时",
        "突出显示：≤",
        scheme.fingerprint,
        "自然断点",
        "数据截至 2026-10-31",
        f"数据版本 {demo_city.data_version[:12]}",
        "来源：",
        "模拟数据 SIMULATED",
        "公里",
        "内部资料 不得公开",
    ):
        assert part in words


def test_an_english_picture_has_no_chinese_but_the_mark(draw: Draw) -> None:
    for query in ("level=street", "chart=trend", "chart=hours"):
        words = [each for each in draw(f"{query}&lang=en").words if re.search(r"[\u4e00-\u9fff]", each)]
        assert words == ["SIMULATED 模拟数据"]


def test_without_a_review_number_nothing_is_published(draw: Draw, demo_city: CityData) -> None:
    with pytest.raises(UnreviewedError, match="审图号"):
        draw("level=street&public=1")
    reviewed = replace(demo_city, settings=replace(demo_city.settings, review_number="粤S(2026)001号"))
    sheet = picture(parse_picture("chart=trend&public=1", reviewed), reviewed, lambda _: b"", lambda *_: None)  # type: ignore[arg-type,return-value]
    assert told(sheet, "status") == ["审图号：粤S(2026)001号"]


@pytest.mark.parametrize("query", ["size=a0", "chart=pie", "public=yes", "level=house", "size=a4&size=screen"])
def test_what_there_is_not_is_refused(demo_city: CityData, query: str) -> None:
    with pytest.raises(SelectionError):
        parse_picture(query, demo_city)


def test_a_picture_is_drawn_for_paper(demo_city: CityData) -> None:
    view = parse_picture("?theme=projector&rows=2&level=street", demo_city).view
    assert (view.theme, view.rows) == ("light", 0)


# --- charts ---


def test_the_hours_add_up_to_the_page(draw: Draw, demo_city: CityData) -> None:
    counts, _ = hours_by_weekday(default_view(demo_city), demo_city)
    sheet = draw("chart=hours")
    drawn = told(sheet, "cell")
    assert drawn == [whole(n).replace("\u2009", " ") for n in counts.ravel().tolist() if n]
    assert told(sheet, "hour-sum") == plains(whole(n) for n in counts.sum(axis=0))
    assert told(sheet, "day-sum") == plains(whole(n) for n in counts.sum(axis=1))
    assert told(sheet, "sum") == [plain(whole(counts.sum()))]


@pytest.mark.parametrize("query", ["", "measure=count", "hours=18-24"])
def test_the_trend_tells_the_current_number(draw: Draw, demo_city: CityData, query: str) -> None:
    view, city = seen(query, demo_city)
    _, _, figure = trend_of(story(view, city))
    assert figure is not None
    rows = next(trace for trace in figure["data"] if "customdata" in trace)["customdata"]
    said = told(draw(f"chart=trend&{query}"), "here")
    assert len(said) == 1
    assert said[0].startswith(plain(rows[-1][1]))


def test_of_nothing_there_is_no_chart(draw: Draw) -> None:
    for chart in ("trend", "hours"):
        with pytest.raises(SelectionError, match="没有可画的数据"):
            draw(f"chart={chart}&area=box:100,10,100.01,10.01")


# --- the map ---


def test_places_without_data_are_hatched(draw: Draw, demo_city: CityData) -> None:
    group = next(g for g in root_of(draw("level=street&type=street_vending")).iter() if g.get("class") == "places")
    view, city = seen("level=street&type=street_vending", demo_city)
    missing = int((map_values(view, city).klass < 0).sum())
    hatched = [len(part) for part in group if (part.get("fill") or "").startswith("url(#tile")]
    assert sum(hatched) == missing


def test_circles_are_as_large_as_their_counts(draw: Draw, demo_city: CityData) -> None:
    view, city = seen("level=street&measure=count", demo_city)
    found = [each for each in root_of(draw("level=street&measure=count")).iter() if each.tag.endswith("circle")]
    value = map_values(view, city).value
    areas = np.square([float(each.get("r", "0")) for each in found[: (value > 0).sum()]])  # those of the legend follow
    assert np.allclose(areas / areas[0], np.sort(value[value > 0])[::-1] / value.max(), atol=0.01)


def test_classes_that_are_not_kept_step_back(draw: Draw) -> None:
    kept, every = draw("level=street&measure=rate&classes=0").svg(), draw("level=street&measure=rate").svg()
    assert kept.count(b"#f7f9fb") > every.count(b"#f7f9fb")


@pytest.mark.parametrize("layer", ["hotspots", "emerging", "clusters", "near_repeat", "density"])
def test_every_layer_is_drawn_with_its_legend(draw: Draw, layer: str) -> None:
    sheet = draw(f"level=street&layer={layer}&size=screen")
    assert "图层" in "".join(told(sheet, "kept"))
    assert sheet.png()


def test_a_finest_place_is_drawn_among_its_siblings(draw: Draw, demo_city: CityData) -> None:
    finest = demo_city.place(int(demo_city.members(demo_city.levels[-1], demo_city.city)[0]))
    sheet = draw(f"place={finest.token}&size=screen")
    assert told(sheet, "closing")[0].startswith("合计")
    assert sheet.png()


def test_a_drawn_area_is_outlined(draw: Draw) -> None:
    sheet = draw("level=street&area=box:113.5,22.2,113.6,22.3")
    assert b'fill-rule="evenodd"' in sheet.svg()
    assert "仅含" in "".join(told(sheet, "kept"))


# --- words ---


def test_names_of_files_are_plain(demo_city: CityData) -> None:
    full, slug = picture_names(parse_picture("chart=trend&size=screen", demo_city), demo_city)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", slug)
    assert slug.endswith("_screen")
    assert "走势" in full


def test_lines_are_broken_where_chinese_may_be() -> None:
    assert wrapped("", 10, 100) == []
    assert wrapped("未定位，界外", 10, 32) == ["未定位，", "界外"]  # no line begins with a comma
    assert wrapped("two words", 10, width_of("words", 10) + 1) == ["two", "words"]
    assert "".join(wrapped("Llanfairpwllgwyngyll", 10, 30)) == "Llanfairpwllgwyngyll"


def test_words_that_no_file_may_hold_are_left_out() -> None:
    assert writable("a\x00b\x0bc\ufffe") == "abc"
    assert writable("1\u2009234") == "1\u00a0234"


def test_long_names_are_cut() -> None:
    assert shortened("香洲", 10, 100) == "香洲"
    assert shortened("香洲香洲香洲", 10, 35).endswith("…")


def test_sizes_are_of_one_shape_in_points() -> None:
    assert [round(each) for each in SIZES["a4"].points] == [842, 595]
    assert [round(each) for each in SIZES["screen"].points] == [960, 540]
