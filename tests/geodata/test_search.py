"""Search: names, codes, pinyin with any reading, initials, what comes first, and what is no question at all."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypinyin import lazy_pinyin

from geodata.city import CityData
from geodata.search import CITY, MOST_FOUND, SearchIndex, plain, read_point

ZHUHAI = ("珠海市", "Zhuhai")
BOUNDS = (113.0, 21.8, 114.5, 22.5)


def table(rows: Sequence[tuple[str, str, str, str, str]]) -> pd.DataFrame:
    """Return places of (id, name, name_en, level, parent_id), sorted as the city has them."""
    levels = {"district": 0, "street": 1, "community": 2, "grid_cell": 3}
    level_of = {row[0]: row[3] for row in rows}
    ordered = sorted(rows, key=lambda row: (levels[row[3]], row[0]))
    frame = pd.DataFrame(ordered, columns=["place_id", "name", "name_en", "level", "parent_id"])
    return frame.assign(parent_level=[level_of.get(parent, "") for parent in frame["parent_id"]])


def small(*names: str) -> tuple[SearchIndex, pd.DataFrame]:
    """Return an index of streets with these names and no English ones."""
    places = table([(f"{k:03d}", name, "", "street", "") for k, name in enumerate(names)])
    return SearchIndex(places, ZHUHAI), places


def names_of(found_rows: Sequence[int], places: pd.DataFrame) -> list[str]:
    return [ZHUHAI[0] if row == CITY else str(places["name"].iloc[row]) for row in found_rows]


def found(query: str, *names: str) -> list[str]:
    index, places = small(*names)
    return names_of(index.find(query).rows.tolist(), places)


# --- what finds a place ---


@pytest.mark.parametrize(
    "query",
    [
        "拱北街道",
        "拱",
        "北街",
        "gongbei",
        "gongb",
        "gong bei",
        "gong'bei",
        "GongBei",
        "gōngběi",
        "gb",
        "gbjd",
        "gbei",
        "bei",
        "拱bei",
        "g北",
        "Gongbei Subdistrict",
        "subdistrict",
        "gongbeisub",
        "ＧＯＮＧＢＥＩ",
        " 拱　北 ",
        "440402005",
        "４４０４０２００５",
        "4404020",
    ],
)
def test_gongbei_is_found_by_name_code_pinyin_and_initials(query: str) -> None:
    index = SearchIndex(table([("440402005", "拱北街道", "Gongbei Subdistrict", "street", "")]))
    assert index.find(query).rows.tolist() == [0]


@pytest.mark.parametrize(
    "query", ["", "   ", "？！", "gongx", "ongbei", "bg", "拱南", "440402006", "gongbeijiedaox", "\x00"]
)
def test_what_fits_nothing_finds_nothing(query: str) -> None:
    index = SearchIndex(table([("440402005", "拱北街道", "", "street", "")]))
    assert index.find(query).rows.tolist() == []
    assert index.find(query).rest == 0


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("重庆路社区", "chongqing"),
        ("重庆路社区", "zhongqing"),
        ("长安社区", "changan"),
        ("长安社区", "cas"),
        ("行政村", "xingzheng"),
        ("银行街", "yinhang"),
        ("朝阳社区", "chaoyang"),
        ("朝阳社区", "zhaoyang"),
        ("厦村", "xiacun"),
        ("厦村", "shacun"),
        ("番禺街", "panyu"),
        ("上涌社区", "shangchong"),
        ("湾仔街道", "wanzai"),
        ("大埔村", "dabu"),
        ("绿洲社区", "lvzhou"),
        ("绿洲社区", "luzhou"),
        ("吕村", "lyucun"),
        ("吕村", "lücun"),
    ],
)
def test_any_reading_of_a_character_finds_the_place(name: str, query: str) -> None:
    assert found(query, name) == [name]


def test_one_text_may_be_cut_into_syllables_in_several_ways() -> None:
    assert set(found("xian", "西安路", "先锋村", "夏宁村", "小岛")) == {"西安路", "先锋村", "夏宁村"}


def test_initials_of_two_letters_are_initials_too() -> None:
    assert found("shch", "上冲社区") == ["上冲社区"]
    assert found("sc", "上冲社区") == ["上冲社区"]


def test_the_city_itself_is_found() -> None:
    assert found("zhuhai", "拱北街道") == ["珠海市"]
    assert small("拱北街道")[0].find("珠").rows.tolist() == [CITY]


def test_names_without_chinese_are_found_by_their_words() -> None:
    index = SearchIndex(
        table([("E1", "Kensington and Chelsea", "", "district", ""), ("E2", "Café Quarter", "", "district", "")])
    )
    for query in ("kens", "chel", "and chelsea", "E1", "e1"):
        assert index.find(query).rows.tolist() == [0], query
    assert index.find("cafe q").rows.tolist() == [1]


# --- what comes first ---


def test_a_code_stands_before_a_name_and_a_whole_name_before_its_beginning() -> None:
    assert found("002", "甲", "乙002", "丙") == ["丙", "乙002"]
    assert found("香山", "香山湖社区", "香山") == ["香山", "香山湖社区"]


def test_the_beginning_stands_before_the_sound_the_sound_before_initials_and_all_before_the_middle() -> None:
    names = ["东湾村", "外安村", "万安", "wan岛"]
    assert found("wan", *names) == ["wan岛", "万安", "外安村", "东湾村"]


def test_a_coarser_level_stands_first_then_the_alphabet_of_the_sounds() -> None:
    places = table(
        [
            ("1", "香洲区", "", "district", ""),
            ("11", "香湾街道", "", "street", "1"),
            ("12", "香北街道", "", "street", "1"),
            ("111", "香凤社区", "", "community", "11"),
        ]
    )
    assert names_of(SearchIndex(places).find("香").rows.tolist(), places) == [
        "香洲区",
        "香北街道",
        "香湾街道",
        "香凤社区",
    ]


def grid_city(n: int) -> pd.DataFrame:
    cells = [(f"11{k:05d}", f"网格{k:05d}", f"Grid {k:05d}", "grid_cell", "11") for k in range(n)]
    return table(
        [
            ("1", "山区", "", "district", ""),
            ("11", "前王村", "", "community", "1"),
            ("12", "文官屯", "", "community", "1"),
            *cells,
        ]
    )


def test_numbered_cells_do_not_drown_the_other_places() -> None:
    places = grid_city(2000)
    index = SearchIndex(places)
    answer = index.find("wang")  # the cells begin so, the village only has it in the middle
    assert names_of(answer.rows.tolist(), places)[0] == "前王村"
    assert len(answer.rows) == MOST_FOUND
    assert answer.rest == 2001 - MOST_FOUND
    assert names_of(index.find("wg").rows.tolist(), places)[0] == "文官屯"
    assert names_of(index.find("网格00123").rows.tolist(), places) == ["网格00123"]
    assert index.find("1100123").rows.tolist() == [126]


def test_words_apart_may_name_a_place_and_what_holds_it() -> None:
    places = table(
        [
            ("1", "紫荆社区", "Zijing", "community", ""),
            ("2", "翠香社区", "Cuixiang", "community", ""),
            ("1001", "网格001", "Grid 001", "grid_cell", "1"),
            ("2001", "网格001", "Grid 001", "grid_cell", "2"),
        ]
    )
    index = SearchIndex(places)
    assert [str(places["place_id"].iloc[row]) for row in index.find("紫荆 网格001").rows] == ["1001"]
    assert [str(places["place_id"].iloc[row]) for row in index.find("wangge001 cuixiang").rows] == ["2001"]
    assert index.find("紫荆 珠江").rows.tolist() == []


def test_two_levels_that_share_a_code_are_both_found() -> None:
    places = table([("7", "甲区", "", "district", ""), ("7", "乙街道", "", "street", "")])
    assert SearchIndex(places).find("7").rows.tolist() == [0, 1]


def test_a_place_whose_name_has_no_letters_is_found_by_its_code() -> None:
    places = table([("5", "（？）", "", "street", "")])
    assert SearchIndex(places).find("5").rows.tolist() == [0]
    assert SearchIndex(places).find("（？）").rows.tolist() == []


# --- laws ---

NAMES = st.lists(
    st.text(alphabet="重长行朝厦番湾香山前北街道村社区网格绿仔0129 aBé（）", min_size=1, max_size=9).filter(plain),
    min_size=1,
    max_size=40,
)


@settings(deadline=None, max_examples=150)
@given(NAMES, st.data())
def test_every_place_is_found_by_name_code_and_pinyin_or_is_in_the_rest(names: list[str], data: st.DataObject) -> None:
    index, _ = small(*names)
    row = data.draw(st.integers(0, len(names) - 1))
    readings = "".join(lazy_pinyin(plain(names[row])))
    for query in (names[row], f"{row:03d}", readings):
        answer = index.find(query)
        assert row in answer.rows.tolist() or answer.rest > 0, query
    everything = index.find(names[row], most=len(names) + 1)
    assert row in everything.rows.tolist()
    assert everything.rest == 0


@settings(deadline=None, max_examples=150)
@given(NAMES, st.text(max_size=40))
def test_any_text_is_answered_with_distinct_places_and_an_exact_rest(names: list[str], query: str) -> None:
    index, _ = small(*names)
    answer, whole = index.find(query), index.find(query, most=len(names) + 1)
    assert len(answer.rows) == min(MOST_FOUND, len(whole.rows))
    assert answer.rest == len(whole.rows) - len(answer.rows)
    assert answer.rows.tolist() == whole.rows.tolist()[: len(answer.rows)]
    assert len(set(whole.rows.tolist())) == len(whole.rows)


def test_every_place_above_the_cells_is_found_first_by_its_name_and_code(demo_city: CityData) -> None:
    index = SearchIndex(demo_city.places, (demo_city.settings.name, demo_city.settings.name_en))
    coarse = demo_city.places[demo_city.places["level"] != "grid_cell"]
    for row, (code, name) in enumerate(zip(coarse["place_id"], coarse["name"], strict=True)):
        assert index.find(code).rows[0] == row
        answer = index.find(name)
        assert row in answer.rows, name
        assert answer.rest == 0, name
    assert index.find("gb").rows[0] == demo_city.find("440402005").row


# --- positions ---


@pytest.mark.parametrize(
    "text",
    [
        "113.55, 22.27",
        "113.55，22.27",
        " １１３.５５ 22.27 ",
        "113.55;22.27",
        "22.27, 113.55",
        "113.55 / 22.27",
        "113.55、22.27",
    ],
)
def test_a_position_is_read_in_either_order(text: str) -> None:
    assert read_point(text, BOUNDS) == (113.55, 22.27)


def test_where_both_orders_are_possible_longitude_comes_first_unless_only_the_other_is_in_the_city() -> None:
    london = (-0.51, 51.28, 0.34, 51.70)
    assert read_point("-0.12, 51.5", london) == (-0.12, 51.5)
    assert read_point("51.5, \u22120.12", london) == (-0.12, 51.5)
    assert read_point("10.5, 20.5", london) == (10.5, 20.5)


@pytest.mark.parametrize(
    "text",
    ["", "113", "12 34", "440402006", "113.55", "200.5, 95.5", "a, b", "1.2.3, 4", "113.55, 22.27, 3", "nan, 1.0"],
)
def test_other_texts_are_no_position(text: str) -> None:
    assert read_point(text, BOUNDS) is None
