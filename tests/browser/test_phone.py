"""The phone page in a phone's browser: chosen once, read in flight mode, nothing wider than the screen."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.page import AtlasPage

pytestmark = pytest.mark.browser

CELL = "440402008003008"
HERE = {"longitude": 113.5462, "latitude": 22.2752}
TOO_SMALL = """() => [...document.querySelectorAll("button, a, input")].filter((each) => each.getClientRects().length)
  .map((each) => [each.textContent, each.getBoundingClientRect()])
  .filter(([, box]) => Math.round(box.width) < 48 || Math.round(box.height) < 48).map(([text]) => text)"""


@pytest.fixture
def phone(chromium: Browser) -> Iterator[BrowserContext]:
    """Return a small phone of 360 × 740 that would tell where it is."""
    context = chromium.new_context(
        viewport={"width": 360, "height": 740},
        has_touch=True,
        is_mobile=True,
        geolocation=HERE,  # type: ignore[arg-type] # a plain dictionary is one
        permissions=["geolocation"],
    )
    yield context
    context.close()


def fits(page: Page) -> None:
    """Check that nothing is wider than the screen and everything that is tapped is large enough for a thumb."""
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.evaluate(TOO_SMALL) == []


def test_a_grid_cell_is_chosen_once_and_read_in_flight_mode(phone: BrowserContext, address: str) -> None:
    page = phone.new_page()
    seen = AtlasPage(page, address)
    page.goto(f"{address}/m?lang=en")
    expect(page.locator("#list button").first).to_be_visible()
    fits(page)
    for _ in range(3):  # district, street, community
        before = page.locator("#inside").inner_text()
        page.locator("#list button:not(.choose)", has_text=re.compile("›")).last.tap()
        expect(page.locator("#inside")).not_to_have_text(before)
    fits(page)
    page.goto(f"{address}/m/?lang=en&place={CELL}")
    expect(page.locator("#spots li").first).to_be_visible()
    assert 1 <= page.locator("#spots li").count() <= 5
    assert page.locator("#map .spot").count() == page.locator("#spots li").count()
    fits(page)
    page.locator("#map .spot").first.tap()
    expect(page.locator("#spot-1")).to_have_class("on")
    told = page.locator("#spots").inner_text()
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    page.wait_for_function("caches.open('pingan-m-data').then((kept) => kept.keys()).then((keys) => keys.length === 1)")
    assert seen.complaints == []

    phone.set_offline(True)
    page.reload()
    expect(page.locator("#age")).to_contain_text("offline")
    expect(page.locator("#age")).to_contain_text("Data as of 2026-10-31")
    assert page.locator("#spots").inner_text() == told
    fits(page)

    phone.set_offline(False)
    page.locator("#refresh").tap()
    expect(page.locator("#age")).not_to_contain_text("offline")


def test_the_position_is_asked_for_on_the_tap_and_only_then(phone: BrowserContext, address: str) -> None:
    page = phone.new_page()
    asked: list[str] = []
    posted: list[tuple[str, str | None]] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("request", lambda request: request.method == "POST" and posted.append((request.url, request.post_data)))
    page.add_init_script("""
        const real = Geolocation.prototype.getCurrentPosition;
        window.asked = 0;
        Geolocation.prototype.getCurrentPosition = function (...all) { window.asked += 1; real.apply(this, all); };
    """)
    page.goto(f"{address}/m/")
    expect(page.locator("#list button").first).to_be_visible()
    assert page.evaluate("window.asked") == 0
    page.locator("#locate").tap()
    expect(page.locator("#units li")).to_have_count(4)
    assert page.evaluate("window.asked") == 1
    assert [(url, (body or "").count("113.54620")) for url, body in posted] == [(f"{address}/at", 1)]
    assert not [url for url in asked if "113.54" in url]  # into no log
    kept = page.evaluate("JSON.stringify(Object.entries(localStorage))")
    assert re.fullmatch(r'\[\["pingan\.m\.place","\d{15}"\]\]', kept)
    page.goto(f"{address}/m/")
    expect(page.locator("#units li")).to_have_count(4)
    assert page.evaluate("window.asked") == 0
