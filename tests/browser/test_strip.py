"""The time strip in a real browser: the map plays, stops where the link says, and keys choose a span."""

from __future__ import annotations

import pytest

from geodata.city import CityData
from layers.text import period_name
from layers.view import parse_view
from tests.browser.page import AtlasPage

pytestmark = pytest.mark.browser


def test_play_two_frames_stop_and_choose_a_span_by_keyboard(atlas: AtlasPage, demo_city: CityData) -> None:
    atlas.open("?level=street&period=2026-03")
    page, before = atlas.page, atlas.state()
    colours = before["classes"]
    entries = page.evaluate("history.length")

    # two frames on, nothing but the map has moved
    page.locator("#strip .play").click()
    atlas.wait_for("pingan.strip.state() && pingan.strip.state().at >= 6")
    playing = atlas.state()
    assert (playing["zoom"], playing["center"]) == (before["zoom"], before["center"])
    assert playing["classes"] != colours
    assert atlas.query["period"] == "2026-03"
    assert page.evaluate("history.length") == entries
    assert page.evaluate("getComputedStyle(document.querySelector('#sheet')).opacity") == "0.35"
    atlas.key("Escape")
    atlas.wait_for("!pingan.strip.state()")

    # the period reached is the view: link, title, panel, map and strip agree
    state = atlas.settled()
    view = parse_view("?" + page.url.partition("?")[2], demo_city)
    name = period_name("zh", view.period)
    assert view.period.start > parse_view("?period=2026-03", demo_city).period.start
    assert name in page.title()
    assert name in atlas.text(".headline h2")
    assert atlas.text("#strip .period.on .offstage").startswith(name)
    assert atlas.text("#strip .strip-read").startswith(name)
    assert page.locator(".play-label").count() == 0
    assert page.evaluate("history.length") == entries + 1
    page.reload()
    assert atlas.settled()["classes"] == state["classes"]
    page.go_back()
    assert atlas.settled()["classes"] == colours
    assert atlas.query["period"] == "2026-03"

    # a span by keyboard
    page.locator("#strip .period[tabindex='0']").focus()
    page.keyboard.down("Shift")
    atlas.key("ArrowRight")
    atlas.key("ArrowRight")
    page.keyboard.up("Shift")
    atlas.wait_for("location.search.includes('period=2026-03-01..2026-05-31')")
    atlas.settled()
    assert "2026年3月至5月" in page.title()
    assert page.locator("#strip .period.in").count() == 3
