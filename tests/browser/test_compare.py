"""A leader's journey: from the map to the comparison, two maps that move as one, the bar, the difference, and back."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.browser.page import PATIENCE_S, AtlasPage

pytestmark = pytest.mark.browser


def state(atlas: AtlasPage) -> dict[str, Any]:
    """Return what the two maps say of themselves."""
    said = atlas.page.evaluate("window.pingan && pingan.compareState ? JSON.stringify(pingan.compareState()) : '{}'")
    found: dict[str, Any] = json.loads(said)
    return found


def settled(atlas: AtlasPage, mode: str, sheets: list[str]) -> dict[str, Any]:
    """Wait until these sides are drawn in this mode."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        now = state(atlas)
        if now.get("mode") == mode and [f"{s['map']}{s['name']}" for s in now["sheets"]] == sheets:
            return now
        time.sleep(0.02)
    raise AssertionError(f"{mode} {sheets}: {state(atlas)}, complaints {atlas.complaints}")


def test_two_views_are_compared_and_one_leads_back(atlas: AtlasPage) -> None:
    atlas.open("?period=2026-09")
    page = atlas.page
    page.locator(".tools a[href^='/compare/']").click()
    page.wait_for_url("**/compare/?period=2026-09")
    settled(atlas, "side", ["aa", "bb"])

    # what is done to one map is done to the other
    page.locator(".switch a", has_text="镇街").click()
    atlas.wait_for("pingan.compareState().sheets.every((s) => s.ids.length > 20)")
    before = settled(atlas, "side", ["aa", "bb"])
    assert (before["a"]["center"], before["a"]["zoom"]) == (before["b"]["center"], before["b"]["zoom"])
    box = page.locator("#compare-map-a").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.5
    page.mouse.move(x, y)
    page.mouse.wheel(0, -200)
    atlas.wait_for(f"pingan.compareState().a.zoom > {before['a']['zoom']}")
    page.mouse.down()
    page.mouse.move(x + 60, y + 20, steps=4)
    page.mouse.up()
    page.wait_for_timeout(400)
    now = state(atlas)
    assert now["a"]["zoom"] == now["b"]["zoom"]
    assert now["a"]["center"] == pytest.approx(now["b"]["center"], abs=1e-4)  # a tenth of a pixel
    assert now["a"]["center"] != before["a"]["center"]

    # pointing at a place names it on both
    page.locator("#compare-map-a button[data-word=reset]").click()
    page.mouse.move(x, y)
    page.mouse.move(x + 2, y + 2)
    atlas.wait_for("pingan.compareState().a.box && pingan.compareState().b.box")
    boxes = state(atlas)
    assert boxes["a"]["box"] == boxes["b"]["box"]
    assert "2026年9月" in boxes["a"]["box"]
    assert "2026年8月" in boxes["a"]["box"]

    # the bar by key
    page.locator(".switch a", has_text="卷帘").click()
    settled(atlas, "swipe", ["aa", "ab"])
    bar = page.locator(".swipe-bar")
    bar.focus()
    page.keyboard.press("ArrowLeft")
    assert bar.get_attribute("aria-valuenow") == "48"
    page.keyboard.press("Home")
    clip = page.evaluate("document.querySelector('#compare-map-a .leaflet-cmp-places-a-pane').style.clipPath")
    assert clip.startswith("polygon(")
    grip = bar.bounding_box()
    assert grip is not None
    page.mouse.move(grip["x"] + 24, grip["y"] + 40)
    page.mouse.down()
    page.mouse.move(grip["x"] + 324, grip["y"] + 40, steps=3)
    page.mouse.up()
    assert state(atlas)["share"] > 0.1

    # the difference, its table, and Back
    page.locator(".switch a", has_text="差异").click()
    shown = settled(atlas, "difference", ["aa"])
    page.locator(".as-table summary").click()
    page.locator("[data-table=diff] tbody tr").first.wait_for()
    assert page.locator("[data-table=diff] tbody tr").count() == len(shown["sheets"][0]["ids"])
    page.go_back()
    settled(atlas, "swipe", ["aa", "ab"])

    # small maps: a click makes one A
    page.locator(".switch a", has_text="小图").click()
    page.locator(".small-map").nth(0).wait_for()
    atlas.wait_for("pingan.timings.some((t) => t.kind === 'small')")
    page.locator(".small-map", has_text="2026年3月").click()
    page.locator(".small-map.on", has_text="2026年3月").wait_for()
    page.locator(".back").first.click()
    atlas.settled("")
    assert atlas.query["period"] == "2026-03"


def test_who_filters_the_map_compares_the_same_and_comes_back_to_it(atlas: AtlasPage) -> None:
    atlas.open("?period=2026-09&hours=22-6&level=street")
    page = atlas.page
    page.locator(".tools a[href^='/compare/']").click()
    page.locator(".kept .chip", has_text="22").wait_for()
    shown = settled(atlas, "side", ["aa", "bb"])
    assert len(shown["sheets"][0]["ids"]) > 20

    # the modes by key; the slopes are no chart of a library
    page.locator(".modes a", has_text="升降").focus()
    page.keyboard.press("Enter")
    page.locator(".slopes img").wait_for()
    assert page.locator(".slopes .left li").count() == page.locator(".slopes .right li").count() > 20
    page.locator(".modes a", has_text="原因").focus()
    page.keyboard.press("Enter")
    page.locator(".why .types").wait_for()
    loaded = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert not [name for name in loaded if "plotly" in name]

    page.locator(".back").first.click()
    atlas.settled("")
    assert (atlas.query["hours"], atlas.query["level"]) == ("22-6", "street")


def test_the_folded_table_is_seen_and_opening_it_moves_no_map(atlas: AtlasPage) -> None:
    page = atlas.page
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto(f"{atlas.address}/compare/?level=street&mode=difference&theme=projector")
    settled(atlas, "difference", ["aa"])
    fold, foot = page.locator(".stage .as-table summary"), page.locator(".foot")
    ends = [part.bounding_box() for part in (fold, foot)]
    assert ends[0] is not None
    assert ends[1] is not None
    assert ends[0]["y"] + ends[0]["height"] <= ends[1]["y"]
    before = state(atlas)
    fold.click()
    page.locator("[data-table=diff] tbody tr").first.wait_for()
    after = state(atlas)
    assert (after["a"]["center"], after["a"]["zoom"]) == (before["a"]["center"], before["a"]["zoom"])
