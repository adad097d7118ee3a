"""Journeys of a real browser on the demo city: few, whole, and in the order in which people go."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from playwright.sync_api import Browser, Route

from geodata.city import CityData
from geodata.vocabulary import PlaceLevel
from layers.view import parse_view
from tests.browser.page import AtlasPage

pytestmark = pytest.mark.browser
PATH = ["440402", "440402006"]


def path_to_a_cell(city: CityData) -> list[str]:
    """Return a district, a street, a community and the grid cell in it with the most incidents of the last month."""
    street = city.find(PATH[-1])
    view = parse_view("", city)
    found = list(PATH)
    for level in (PlaceLevel.COMMUNITY, PlaceLevel.GRID_CELL):
        counted = city.counts(level, view.period.start, view.period.end, within=city.find(found[-1])).places
        found.append(city.place(int(counted.idxmax())).token)
    assert street.row is not None
    return found


def expected_incidents(city: CityData, place: str) -> int:
    view = parse_view("", city)
    return len(city.index.selected(view.period.start, view.period.end, within=city.find(place).within))


def check_step(atlas: AtlasPage, city: CityData, place: str) -> None:
    """Title, crumb, numbers and link all say the same place."""
    name = city.find(place).name
    assert atlas.query.get("place", "") == place
    assert atlas.text(".crumb.here") == name
    assert atlas.text(".headline h2").startswith(name)
    assert atlas.page.title().startswith(name)
    assert atlas.incidents() == expected_incidents(city, place)
    if city.levels_below(city.find(place)):
        total, places, unlocated, outside = atlas.closing()
        assert total == places + unlocated + outside
        assert total == atlas.incidents()


def test_drill_to_a_grid_cell_by_click_and_go_back(atlas: AtlasPage, demo_city: CityData) -> None:
    atlas.open()
    check_step(atlas, demo_city, "")
    steps = path_to_a_cell(demo_city)
    for place in steps:
        state = atlas.click_place(place)
        check_step(atlas, demo_city, place)
        below = demo_city.levels_below(demo_city.find(place))
        here = demo_city.find(place)
        members = demo_city.members(below[0], here) if below else demo_city.siblings(here)  # a cell among its siblings
        assert len(state["ids"]) == len(members)
    for place in [*reversed(steps[:-1]), ""]:
        atlas.page.go_back()
        atlas.settled(place)
        check_step(atlas, demo_city, place)


def test_another_place_is_read_from_its_top_and_back_returns_to_the_line(atlas: AtlasPage) -> None:
    atlas.open()
    read = "document.querySelector('#sheet').scrollTop"
    row = atlas.page.locator("#panel .places a").first
    row.scroll_into_view_if_needed()
    left = atlas.page.evaluate(read)
    assert left > 100
    row.click()
    atlas.settled(place := atlas.query["place"])
    assert atlas.page.evaluate(read) == 0
    atlas.page.go_back()
    atlas.settled("")
    atlas.page.wait_for_function(f"Math.abs({read} - {left}) < 2")
    atlas.page.go_forward()
    atlas.settled(place)
    atlas.page.wait_for_function(f"{read} === 0")


def test_the_same_by_keyboard(atlas: AtlasPage, demo_city: CityData) -> None:
    atlas.open()
    atlas.page.locator("#map").focus()
    visited = [""]
    for _ in range(4):
        atlas.key("Home")
        focused = atlas.state()["focused"]
        assert focused
        atlas.key("Enter")
        atlas.settled(focused)
        check_step(atlas, demo_city, focused)
        visited.append(focused)
    assert demo_city.find(visited[-1]).level is PlaceLevel.GRID_CELL
    for place in reversed(visited[:-1]):
        atlas.key("Backspace")
        atlas.settled(place)
        check_step(atlas, demo_city, place)


def test_arrow_keys_move_between_neighbours(atlas: AtlasPage) -> None:
    atlas.open("?place=440402006")
    atlas.page.locator("#map").focus()
    atlas.key("Home")
    first = atlas.state()["focused"]
    reached = set()
    for name in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp") * 3:
        atlas.key(name)
        reached.add(atlas.state()["focused"])
    assert len(reached | {first}) >= 4
    assert atlas.query["place"] == "440402006"


def test_recolour_keeps_the_viewport_and_links_back(atlas: AtlasPage) -> None:
    atlas.open("?place=440402")
    atlas.page.mouse.move(600, 400)
    atlas.page.mouse.wheel(0, -300)
    atlas.page.wait_for_timeout(2000)  # until the zoom has come to rest
    before = atlas.state()
    atlas.page.locator("a.rail-item", has_text="交通安全").click()
    atlas.page.wait_for_timeout(500)
    after = atlas.settled("440402")
    assert atlas.query["sub"] == "traffic"
    assert (after["zoom"], after["center"]) == (before["zoom"], before["center"])
    assert after["values"] != before["values"]
    atlas.page.locator(".chip", has_text="交通安全").click()
    atlas.page.locator(".chip", has_text="香洲区").click()
    atlas.settled("")
    assert atlas.page.locator(".chip").count() == 0


def test_the_same_places_are_shown_in_the_same_way_whatever_stands_on_the_map(atlas: AtlasPage) -> None:
    atlas.open()
    clicked = atlas.click_place("440402")
    for link in ("", "&layer=hotspots", "&measure=count", "&sub=traffic&measure=rate&hours=0-6"):
        atlas.open(f"?place=440402{link}")
        shown = atlas.state()
        assert (shown["zoom"], shown["center"]) == (clicked["zoom"], pytest.approx(clicked["center"], abs=1e-9)), link


def test_neighbours_that_could_not_be_fetched_come_later(atlas: AtlasPage) -> None:
    failed = []

    def fail_at_first(route: Route) -> None:
        if len(failed) < 5:  # more often than one question is asked again
            failed.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    atlas.page.route("**/district.json", fail_at_first)
    atlas.open("?place=440402")
    assert len(failed) == 5
    atlas.wait_for("pingan.places.scene().around !== null && pingan.places.scene().here.getLatLngs().length > 0")
    atlas.complaints[:] = [each for each in atlas.complaints if "ERR_FAILED" not in each]


def test_outlines_that_could_not_be_fetched_come_by_themselves(atlas: AtlasPage) -> None:
    failed: list[str] = []

    def fail_at_first(route: Route) -> None:
        if len(failed) < 5:  # more often than one question is asked again
            failed.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    atlas.page.route("**/district.json", fail_at_first)
    atlas.open()
    assert len(failed) == 5
    assert atlas.state()["ids"]
    assert atlas.page.locator(".map-note").count() == 0
    atlas.complaints[:] = [each for each in atlas.complaints if "ERR_FAILED" not in each]


def test_what_is_drawn_lies_on_whole_pixels(atlas: AtlasPage) -> None:
    atlas.open("?place=440402")
    atlas.page.evaluate("pingan.places.reset()")
    drawn = "[...document.querySelectorAll('.leaflet-map-pane > .leaflet-pane > .leaflet-zoom-animated')]"
    moved = atlas.page.evaluate(f"{drawn}.map((e) => e.style.transform)")
    assert len(moved) > 2
    assert [each for each in moved if not re.fullmatch(r"translate3d\((-?\d+px, ){2}0px\)", each)] == []


def test_periods_step_and_change_kind(atlas: AtlasPage) -> None:
    atlas.open()
    atlas.page.locator(".periods .step").first.click()
    atlas.page.wait_for_timeout(300)
    atlas.settled("")
    assert atlas.query["period"] == "2026-09"
    atlas.page.locator(".kinds a", has_text="季").click()
    atlas.page.wait_for_timeout(300)
    atlas.settled("")
    assert atlas.query["period"] == "2026-Q3"


def test_english_has_no_chinese_but_names(atlas: AtlasPage, demo_city: CityData) -> None:
    atlas.open("?lang=en&place=440402006")
    atlas.settled("440402006")
    assert atlas.page.evaluate("document.documentElement.lang") == "en"
    words = atlas.page.evaluate("document.querySelector('#app').innerText")
    for allowed in ("模拟数据", "中文"):
        words = words.replace(allowed, "")
    chinese = [line for line in words.splitlines() if any("\u4e00" <= letter <= "\u9fff" for letter in line)]
    assert chinese == []


def test_projector_type_is_large_everywhere(atlas: AtlasPage) -> None:
    atlas.open("?place=440402")
    atlas.key("f")
    atlas.wait_for("document.documentElement.dataset.theme === 'projector'")
    atlas.page.wait_for_timeout(300)
    assert atlas.query["theme"] == "projector"
    small = atlas.page.evaluate(
        """() => [...document.querySelectorAll('#app *')].filter((e) => e.offsetParent && [...e.childNodes].some(
            (n) => n.nodeType === 3 && n.textContent.trim()) && parseFloat(getComputedStyle(e).fontSize) < 24)
            .map((e) => e.className + ': ' + e.textContent.slice(0, 30))"""
    )
    assert small == []


def test_two_browsers_do_not_disturb_one_another(chromium: Browser, address: str, demo_city: CityData) -> None:
    contexts = [chromium.new_context(viewport={"width": 1440, "height": 900}) for _ in range(2)]
    first, second = (AtlasPage(context.new_page(), address) for context in contexts)
    first.open("?place=440402")
    second.open("?place=440404&lang=en")
    first.click_place("440402006")
    assert second.query == {"place": "440404", "lang": "en"}
    check_step(first, demo_city, "440402006")
    second.settled("440404")
    assert second.text(".crumb.here") == demo_city.find("440404").name_en
    for context in contexts:
        context.close()
    assert first.complaints == second.complaints == []


def test_a_phone_needs_no_sideways_scroll(chromium: Browser, address: str) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    atlas = AtlasPage(context.new_page(), address)
    atlas.open("?place=440402006")
    assert atlas.page.evaluate("document.documentElement.scrollWidth") <= 390
    sheet = atlas.page.locator("#sheet")
    low = sheet.bounding_box()
    atlas.page.locator(".sheet-handle").tap()
    atlas.page.wait_for_timeout(500)
    high = sheet.bounding_box()
    assert low is not None
    assert high is not None
    assert high["y"] < low["y"] - 100
    context.close()
    assert atlas.complaints == []


def test_on_a_phone_labels_stay_on_their_places_while_the_page_settles(chromium: Browser, address: str) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    atlas = AtlasPage(context.new_page(), address)
    atlas.open("?place=440402")
    atlas.page.wait_for_timeout(1500)  # the header and the legend have come, and the map was fitted again
    lies_on = """() => [...document.querySelectorAll('.place-label')].filter((e) => e.textContent.includes('唐家湾'))
        .map((e) => e.getBoundingClientRect())
        .map((r) => document.elementsFromPoint(r.x + r.width / 2, r.y + r.height / 2))
        .map((under) => under.some((e) => e.tagName === 'path'))"""
    assert atlas.page.evaluate(lies_on) == [True]
    context.close()
    assert atlas.complaints == []


def test_on_a_phone_nothing_lies_on_what_a_finger_wants(chromium: Browser, address: str) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    atlas = AtlasPage(context.new_page(), address)
    atlas.open("?place=440402006&lang=en")
    switch = "(e => e.scrollWidth <= e.clientWidth)(document.querySelector('.compare'))"
    assert atlas.page.evaluate(switch)
    choice, box = atlas.page.locator(".folded-layers"), atlas.page.locator(".place-box")
    for opened in (choice, box, choice):  # the one that is wanted takes the other away
        if opened is choice:
            choice.locator("summary").tap()
        else:
            place = atlas.page.locator("#map").bounding_box()
            assert place is not None
            # a place beside the open list, not one of its links
            atlas.page.touchscreen.tap(place["x"] + place["width"] * 0.61, place["y"] + place["height"] * 0.4)
        atlas.page.wait_for_timeout(300)
        assert (choice.get_attribute("open") is None, box.is_visible()) == (opened is box, opened is box)
    atlas.page.goto(f"{address}/method/")
    heading, bar = atlas.page.locator("main h2").first.bounding_box(), atlas.page.locator(".contents").bounding_box()
    assert heading is not None
    assert bar is not None
    assert heading["y"] >= bar["y"] + bar["height"]
    context.close()
    assert atlas.complaints == []


def test_a_phone_has_a_low_header_a_menu_whole_labels_and_a_long_press(chromium: Browser, address: str) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    atlas = AtlasPage(context.new_page(), address)
    atlas.open("?place=440402006")
    assert atlas.page.evaluate("document.querySelector('.rail').getBoundingClientRect().bottom") <= 150
    atlas.page.wait_for_timeout(1500)
    cut = """[...document.querySelectorAll('.place-label')].filter((label) => {
        const [at, frame] = [label, document.getElementById('map')].map((e) => e.getBoundingClientRect());
        const legend = document.querySelector('.legend').getBoundingClientRect();
        const seen = at.right > frame.left && at.left < frame.right && at.bottom > frame.top && at.top < frame.bottom;
        const across = at.left >= frame.left && at.right <= frame.right;
        return seen && !(across && at.top >= frame.top && at.bottom <= legend.top);
    }).length"""
    assert atlas.page.evaluate(cut) == 0
    atlas.page.locator(".topbar .more").tap()
    links = atlas.page.locator(".topbar a:visible")
    assert links.count() > 12
    heights = [(link.bounding_box() or {"height": 0})["height"] for link in links.all()]
    assert min(heights) >= 44
    atlas.page.locator(".kinds a", has_text="季").tap()
    atlas.wait_for("document.querySelector('.headline').dataset.period === '2026-Q4'")
    assert atlas.page.locator(".topbar .more").get_attribute("aria-expanded") == "true"  # one may choose on
    atlas.page.keyboard.press("Escape")
    assert not atlas.page.locator(".kinds").is_visible()
    place = atlas.page.locator("#map").bounding_box()
    assert place is not None
    finger = [{"x": place["x"] + place["width"] * 0.45, "y": place["y"] + place["height"] * 0.5}]
    session, before = context.new_cdp_session(atlas.page), atlas.query
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": finger})
    atlas.page.wait_for_timeout(900)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    atlas.page.locator(".whose-card li a").first.wait_for()
    assert "440402006" in (atlas.page.text_content(".whose-card") or "")
    assert atlas.query == before  # it asked and did not go there
    context.close()
    assert atlas.complaints == []


def test_a_wrong_link_says_so(chromium: Browser, address: str) -> None:
    page = chromium.new_page()
    answer = page.goto(f"{address}/?place=nowhere")
    assert answer is not None
    assert answer.status == 400
    assert "没有编号" in (page.text_content("main") or "")
    page.close()


def test_points_appear_in_a_community(atlas: AtlasPage, demo_city: CityData) -> None:
    community = path_to_a_cell(demo_city)[2]
    atlas.open(f"?place={community}&period=2026")
    atlas.page.wait_for_timeout(1200)
    shown = atlas.page.evaluate(
        "[...document.querySelectorAll('.incident-circle')].map((e) => Number(e.textContent.replace(/\\u2009/g, '')))"
    )
    dots = atlas.page.locator(".incident-dot").count()
    rows = demo_city.index.selected(dt.date(2026, 1, 1), dt.date(2027, 1, 1), within=demo_city.find(community).within)
    sensitive = [
        demo_city.type_positions[t] for t in ("sexual_offence", "extreme_sign") if t in demo_city.type_positions
    ]
    visible = len([k for k in demo_city.index.kind[rows].tolist() if k not in sensitive])
    assert sum(shown) + dots == visible


def test_clicks_that_come_fast_all_count(atlas: AtlasPage) -> None:
    atlas.open()
    atlas.page.evaluate("pingan.tell({kind: 'hours', hours: '18-24'}); pingan.tell({kind: 'theme'})")
    atlas.page.wait_for_url("**theme=projector**")
    assert atlas.query["hours"] == "18-24"
