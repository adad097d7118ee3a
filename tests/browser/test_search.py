"""Finding a place by typing, and who looks after a point, in a real browser."""

from __future__ import annotations

import pytest

from geodata.city import CityData
from tests.browser.page import AtlasPage

pytestmark = pytest.mark.browser
CARD = ".whose-card"
ASKED = "pingan.timings.filter((each) => each.kind === 'search').length"
COMPOSING = """(field) => {
    field.dispatchEvent(new CompositionEvent("compositionstart"));
    field.value = "ji";
    field.dispatchEvent(new InputEvent("input", { isComposing: true }));
}"""
COMPOSED = """(field) => {
    field.value = "吉大街道";
    field.dispatchEvent(new CompositionEvent("compositionend"));
}"""


def options(atlas: AtlasPage) -> list[str]:
    return atlas.page.locator("#search-list .name").all_text_contents()


def test_type_to_a_place_then_ask_who_looks_after_a_point(atlas: AtlasPage, demo_city: CityData) -> None:
    page = atlas.page
    atlas.open("?sub=traffic")

    # keys: open, type initials, go; the rest of the view stays
    atlas.key("/")
    field = page.get_by_role("combobox")
    field.type("gb", delay=20)
    atlas.page.wait_for_selector("#search-list-0")
    assert options(atlas)[0] == "拱北街道"
    assert field.get_attribute("aria-activedescendant") == "search-list-0"
    atlas.key("ArrowDown")
    assert page.locator("[aria-selected=true] .name").text_content() == options(atlas)[1]
    atlas.key("ArrowUp")
    atlas.key("Enter")
    atlas.settled("440402005")
    assert atlas.query["sub"] == "traffic"
    assert page.locator(".search-box").is_hidden()

    # Enter before the answer waits for it; Escape closes the box and does not leave the place
    atlas.key("/")
    field.fill("xiangwan")
    atlas.key("Enter")
    atlas.settled("440402006")
    page.locator(".search-open").click()
    atlas.key("Escape")
    assert page.locator(".search-box").is_hidden()
    assert atlas.query["place"] == "440402006"

    # an input method's half-typed letters are not asked for
    page.locator(".search-open").click()
    field.fill("")
    page.wait_for_timeout(200)
    before = page.evaluate(ASKED)
    field.evaluate(COMPOSING)
    page.wait_for_timeout(200)
    assert page.evaluate(ASKED) == before
    field.evaluate(COMPOSED)
    atlas.page.wait_for_selector("#search-list-0")
    assert options(atlas) == ["吉大街道"]
    atlas.key("Escape")

    # a right click asks who looks after the point; the card's link drills
    community = demo_city.place(int(demo_city.members(demo_city.levels[2], demo_city.find("440402006"))[0]))
    page.mouse.click(*atlas.point_of(community.token), button="right")
    page.wait_for_selector(CARD)
    told = atlas.text(CARD)
    assert community.name in told
    assert "香湾街道办事处" in told
    assert "WGS-84" in told
    atlas.key("Escape")
    assert page.locator(CARD).count() == 0
    assert atlas.query["place"] == "440402006"

    # the map's button: the next click asks and does not drill
    page.locator(".map-buttons .whose").click()
    page.mouse.click(*atlas.point_of(community.token))
    page.wait_for_selector(CARD)
    assert atlas.query["place"] == "440402006"
    page.locator(f"{CARD} a", has_text=community.name).click()
    atlas.settled(community.token)
    assert page.locator(CARD).count() == 0

    # a typed position opens the same card; outside is said
    atlas.key("/")
    field.fill("100.5, 30.25")
    page.wait_for_selector("#search-list-0")
    atlas.key("Enter")
    page.wait_for_selector(CARD)
    assert "100.50000, 30.25000" in atlas.text(CARD)
    assert "界外" in atlas.text(CARD)


def test_a_search_that_fails_says_so_and_the_next_one_works(atlas: AtlasPage) -> None:
    page = atlas.page
    atlas.open()
    page.route("**/search?**", lambda route: route.abort())
    atlas.key("/")
    page.get_by_role("combobox").fill("gb")
    page.wait_for_selector(".search-box .said.failed")
    assert "搜索未成功" in atlas.text(".search-box .said")
    page.unroute("**/search?**")
    page.get_by_role("combobox").fill("gong")
    page.wait_for_selector("#search-list-0")
    assert options(atlas)[0] == "拱北街道"
    atlas.complaints[:] = [each for each in atlas.complaints if "/search?" not in each and "ERR_FAILED" not in each]
