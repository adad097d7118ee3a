"""Everybody can use the page: no serious fault that axe knows, and the whole way down and up without a mouse."""

from __future__ import annotations

from typing import Any

import pytest
from axe_core_python.base import AXE_SCRIPT
from playwright.sync_api import Browser

from geodata.city import CityData
from geodata.vocabulary import PlaceLevel
from tests.browser.page import AtlasPage

pytestmark = pytest.mark.browser
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
VIEWS = {
    "the first page": ("/", DESKTOP),
    "a community with the list of incidents": ("/?place=440402006&rows=1", DESKTOP),
    "English": ("/?lang=en&place=440402", DESKTOP),
    "a projector": ("/?theme=projector&place=440402", {"width": 1920, "height": 1080}),
    "a phone": ("/?place=440402006", PHONE),
    "a layer": ("/?layer=hotspots", DESKTOP),
    "rates of a type": ("/?type=road_defect&level=community", DESKTOP),
    "data": ("/data/", DESKTOP),
    "the method": ("/method/", DESKTOP),
    "a comparison": ("/compare/?level=street&hours=22-6", DESKTOP),
    "a difference on a projector": (
        "/compare/?level=street&mode=difference&theme=projector",
        {"width": 1920, "height": 1080},
    ),
    "a ranking on a phone": ("/compare/?level=street&mode=ranking", PHONE),
    "slopes": ("/compare/?level=street&mode=slope", DESKTOP),
}
RUN = "axe.run(document, { resultTypes: ['violations', 'passes'] })"


def faults(result: dict[str, Any]) -> list[str]:
    """Return the grave faults, each with the elements that have it."""
    grave = [each for each in result["violations"] if each["impact"] in ("serious", "critical")]
    told = []
    for each in grave:
        for node in each["nodes"][:6]:
            why = (node["any"] or node["all"] or node["none"])[0]["message"]
            told.append(f"{each['id']}: {node['html'][:150]} | {why[:160]}")
    return told


@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_no_grave_fault(chromium: Browser, address: str, view: str) -> None:
    search, size = VIEWS[view]
    context = chromium.new_context(viewport=size)  # type: ignore[arg-type]
    atlas = AtlasPage(context.new_page(), address)
    atlas.page.goto(address + search)
    if search.startswith("/?") or search == "/":
        atlas.settled()
    atlas.page.wait_for_load_state("networkidle")
    atlas.page.wait_for_timeout(500)
    atlas.page.evaluate(AXE_SCRIPT)
    result = atlas.page.evaluate(RUN)
    context.close()
    assert len(result["passes"]) > 10, "axe had something to look at"
    found = faults(result)
    assert found == []
    assert atlas.complaints == []


def test_the_whole_way_by_keyboard_alone(atlas: AtlasPage, demo_city: CityData) -> None:
    atlas.open()
    for _ in range(300):  # Tab leads to the map
        if atlas.page.evaluate("document.activeElement === document.querySelector('#map')"):
            break
        atlas.key("Tab")
    else:
        pytest.fail("Tab does not lead to the map")
    visited = [""]
    for level in demo_city.levels:
        atlas.key("Home")
        atlas.key("ArrowRight")
        atlas.key("ArrowLeft")
        focused = atlas.state()["focused"]
        atlas.key("Enter")
        atlas.settled(focused)
        assert atlas.query["place"] == focused
        assert demo_city.find(focused).level is level
        visited.append(focused)
    assert demo_city.find(visited[-1]).level is PlaceLevel.GRID_CELL
    for place in reversed(visited[:-1]):
        atlas.key("Backspace")
        atlas.settled(place)
        assert atlas.query.get("place", "") == place
