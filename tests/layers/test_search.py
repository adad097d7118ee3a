"""What the search box and the card of a point are told: names, levels, links that keep the rest of the view, units."""

from __future__ import annotations

import dataclasses
import json
import re

import pytest
import shapely

from geodata.city import CityData
from geodata.locate import Locator
from geodata.search import SearchIndex
from layers.search import position, search_answer, search_words, whose_answer
from layers.view import drill, parse_view

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def index(demo_city: CityData) -> SearchIndex:
    return SearchIndex(demo_city.places, (demo_city.settings.name, demo_city.settings.name_en))


@pytest.fixture(scope="module")
def locator(demo_city: CityData) -> Locator:
    return Locator(demo_city.places)


def inside(city: CityData, token: str) -> tuple[float, float]:
    point = city.places.geometry.iloc[city.find(token).row].representative_point()
    return point.x, point.y


# --- the search box ---


def test_a_place_is_told_with_its_level_what_holds_it_and_its_code(demo_city: CityData, index: SearchIndex) -> None:
    answer = search_answer(parse_view("", demo_city), demo_city, index, "香湾街 朝阳")
    (place,) = answer["places"]
    assert (place["id"], place["name"], place["code"]) == ("440402006001", "朝阳社区", "440402006001")
    assert place["about"] == "村居 · 香洲区 › 香湾街道"
    assert answer["said"] == "共 1 个"


def test_its_link_goes_there_and_keeps_everything_else(demo_city: CityData, index: SearchIndex) -> None:
    link = "?place=440403&sub=traffic&period=2026-09&compare=year_ago&lang=en&theme=projector"
    view = parse_view(link, demo_city)
    (place,) = search_answer(view, demo_city, index, "440402006001")["places"][:1]
    assert place["href"] == drill(view, demo_city.find("440402006001")).href()
    assert parse_view(place["href"].removeprefix("/"), demo_city) == view.but(place="440402006001", level=None)


def test_the_city_itself_leads_home(demo_city: CityData, index: SearchIndex) -> None:
    (city,) = search_answer(parse_view("?place=440403", demo_city), demo_city, index, "珠海市")["places"]
    assert (city["id"], city["code"], city["about"]) == ("", "", "全市")
    assert "place=" not in city["href"]


def test_the_rest_is_counted(demo_city: CityData, index: SearchIndex) -> None:
    cells = int((demo_city.places["name"] == "网格001").sum())
    answer = search_answer(parse_view("", demo_city), demo_city, index, "网格001")
    assert len(answer["places"]) == 12
    assert re.findall(r"\d+", answer["said"]) == [str(cells), str(cells - 12)]


@pytest.mark.parametrize(("query", "said"), [("", ""), ("   ", ""), ("没有这处", "没有名称、编号或拼音相符的地点")])
def test_nothing_found_is_said_and_nothing_asked_is_not(
    demo_city: CityData, index: SearchIndex, query: str, said: str
) -> None:
    assert search_answer(parse_view("", demo_city), demo_city, index, query) == {
        "places": [],
        "point": None,
        "said": said,
    }


def test_a_typed_position_is_a_point_and_no_place(demo_city: CityData, index: SearchIndex) -> None:
    answer = search_answer(parse_view("", demo_city), demo_city, index, "22.27，113.55")
    assert answer["point"] == {"lon": 113.55, "lat": 22.27, "name": "113.55000, 22.27000"}
    assert answer["places"] == []


def test_english_pages_get_english_answers(demo_city: CityData, index: SearchIndex, locator: Locator) -> None:
    view = parse_view("?lang=en", demo_city)
    found = search_answer(view, demo_city, index, "xiangwan")
    assert [place["name"] for place in found["places"]] == ["Xiangwan Subdistrict"]
    assert found["places"][0]["about"] == "Street · Xiangzhou District"
    told = json.dumps([found, whose_answer(view, demo_city, locator, 0.0, 0.0), search_words("en")], ensure_ascii=False)
    assert not CHINESE.search(told)


# --- who looks after a point ---


def test_a_point_has_a_place_a_code_and_a_unit_at_every_level(demo_city: CityData, locator: Locator) -> None:
    cell = demo_city.place(int(demo_city.members(demo_city.levels[3], demo_city.find("440402006001"))[0]))
    view = parse_view("?sub=traffic", demo_city)
    answer = whose_answer(view, demo_city, locator, *inside(demo_city, cell.token))
    assert [place["level"] for place in answer["places"]] == ["网格", "村居", "镇街", "区"]
    assert [place["code"] for place in answer["places"]] == [cell.id, "440402006001", "440402006", "440402"]
    units = [place["unit"] for place in answer["places"]]
    assert units[1:] == ["朝阳社区居民委员会", "香湾街道办事处", "香洲区人民政府"]
    assert answer["note"] == ""
    for place in answer["places"]:
        assert parse_view(place["href"].removeprefix("/"), demo_city) == view.but(place=place["id"])


def test_on_a_border_the_card_says_the_same_place_as_the_counts(demo_city: CityData, locator: Locator) -> None:
    one, two = (demo_city.places.geometry.iloc[demo_city.find(code).row] for code in ("440403", "440404"))
    lon, lat = shapely.get_coordinates(shapely.intersection(one.boundary, two.boundary))[0]
    answer = whose_answer(parse_view("", demo_city), demo_city, locator, float(lon), float(lat))
    assert answer["places"][-1]["code"] == "440403"


def test_outside_of_the_city_is_said(demo_city: CityData, locator: Locator) -> None:
    answer = whose_answer(parse_view("", demo_city), demo_city, locator, 100.0, 30.0)
    assert answer["places"] == []
    assert answer["note"] == "界外：该点不在珠海市范围内"
    assert (answer["position"], answer["system"]) == ("100.00000, 30.00000", "WGS-84")


def test_a_unit_that_nobody_entered_is_said_once_and_never_made_up(demo_city: CityData, locator: Locator) -> None:
    bare = dataclasses.replace(demo_city, places=demo_city.places.assign(unit=""))
    answer = whose_answer(parse_view("", bare), bare, locator, *inside(bare, "440402006001"))
    assert {place["unit"] for place in answer["places"]} == {""}
    assert answer["note"] == "责任单位未录入"
    units = demo_city.places["unit"].where(demo_city.places["level"] == "street", "")
    some = dataclasses.replace(demo_city, places=demo_city.places.assign(unit=units))
    answer = whose_answer(parse_view("", some), some, locator, *inside(some, "440402006001"))
    assert [place["unit"] for place in answer["places"]] == [
        "责任单位未录入",
        "责任单位未录入",
        "香湾街道办事处",
        "责任单位未录入",
    ]
    assert answer["note"] == ""


def test_a_level_that_does_not_hold_the_point_is_named_without_a_link(demo_city: CityData) -> None:
    places = demo_city.places[~demo_city.places["place_id"].str.startswith("440402006001")].reset_index(drop=True)
    torn = dataclasses.replace(demo_city, places=places)
    answer = whose_answer(parse_view("", torn), torn, Locator(places), *inside(demo_city, "440402006001"))
    assert [place.get("code") for place in answer["places"]] == [None, None, "440402006", "440402"]
    assert answer["places"][0] == {"level": "网格", "name": "未划入"}


def test_positions_are_written_with_five_decimals_and_a_true_minus() -> None:
    assert position(-0.1234567, 51.5) == "\u22120.12346, 51.50000"
