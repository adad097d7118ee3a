"""A journey with filters: draw a box, read what is in it, choose hours, take the chips away, be where one began."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.page import AtlasPage

pytestmark = pytest.mark.browser
CHIPS = "document.querySelectorAll('.chips .chip').length"


def drag(atlas: AtlasPage, path: list[tuple[float, float]]) -> None:
    """Draw along points given as shares of the map's box."""
    box = atlas.page.locator(".select-overlay").bounding_box()
    assert box is not None
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in path]
    atlas.page.mouse.move(*points[0])
    atlas.page.mouse.down()
    for point in points[1:]:
        atlas.page.mouse.move(*point, steps=4)
    atlas.page.mouse.up()


def where(atlas: AtlasPage) -> Any:
    """Return centre and zoom, to a pixel: a header of another height halves one."""
    state = atlas.state()
    return pytest.approx([*state["center"], state["zoom"]], abs=360 / 256 / 2 ** state["zoom"])


def stands(atlas: AtlasPage) -> list[float]:
    state = atlas.state()
    return [*state["center"], state["zoom"]]


def test_a_box_is_drawn_told_and_taken_away_and_the_map_never_moves(atlas: AtlasPage) -> None:
    atlas.open("?place=440402")
    every, view = atlas.incidents(), where(atlas)
    told = atlas.text(".headline .incidents")
    atlas.page.locator(".select-box").click()
    assert atlas.page.locator(".select-hint").is_visible()
    drag(atlas, [(0.35, 0.35), (0.7, 0.7)])
    atlas.wait_for(f"pingan.state().area !== null && {CHIPS} === 2 && !!document.querySelector('.area-card')")
    assert atlas.query["area"].startswith("box:")
    assert stands(atlas) == view
    assert atlas.page.locator(".select-overlay").count() == 0
    assert atlas.page.locator("path.area-line").count() == 1
    inside = atlas.closing()[0]
    assert 0 < inside < every

    atlas.page.locator(".filters > summary").click()
    atlas.page.locator('.filter-group.hours a[href*="hours=18-24"]').click()
    atlas.wait_for(f"{CHIPS} === 3")
    assert atlas.page.locator(".filter-panel").is_visible(), "it stays open while one chooses"
    assert atlas.closing()[0] < inside
    atlas.page.locator(".filters-close").click()
    assert not atlas.page.locator(".filter-panel").is_visible()

    for left in (2, 1):
        atlas.page.locator(".chips .chip").last.click()
        atlas.wait_for(f"{CHIPS} === {left}")
    atlas.wait_for("pingan.state().area === null && !document.querySelector('.area-card')")
    atlas.settled()
    atlas.wait_for(f"document.querySelector('.headline .incidents').textContent === {told!r}")
    assert atlas.incidents() == every
    assert stands(atlas) == view
    assert not atlas.complaints


def test_a_circle_by_keys_a_line_by_hand_and_escape_ends_the_tool(atlas: AtlasPage) -> None:
    atlas.open("?place=440402")
    atlas.page.locator(".select-circle").focus()
    atlas.key("Enter")
    atlas.key("ArrowLeft")
    atlas.key("Shift+ArrowUp")
    assert "r = " in atlas.text(".select-hint .size")
    atlas.key("Enter")
    atlas.wait_for("pingan.state().area !== null")
    assert atlas.query["area"].startswith("circle:")

    atlas.page.locator(".select-lasso").click()
    atlas.key("Escape")
    assert atlas.page.locator(".select-overlay").count() == 0
    assert atlas.query["place"] == "440402", "Escape ended the tool and nothing else"

    atlas.page.locator(".select-lasso").click()
    drag(atlas, [(0.4, 0.4), (0.6, 0.35), (0.65, 0.6), (0.5, 0.7), (0.42, 0.55)])
    atlas.wait_for("location.search.includes('area=lasso')")
    corners = atlas.query["area"].removeprefix("lasso:").split(",")
    assert 6 <= len(corners) <= 120
    assert len(corners) % 2 == 0
    most = atlas.page.evaluate(
        "pingan.select.thin(Array.from({length: 900}, (_, k) => [300 + 200 * Math.cos(k / 9) + (k % 7), k])).length"
    )
    assert most <= 60
    assert not atlas.complaints
