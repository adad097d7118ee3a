"""A whole meeting in a browser: from the lobby to the title, a drill, a decision, a phone that turns pages, minutes."""

from __future__ import annotations

import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import ROOT, _wait_until_up
from tests.browser.page import AtlasPage

pytestmark = pytest.mark.browser

PLACE, PERIOD = "440402102", "2026-06"
UNIT, MEASURE = "公安局", "夜间 20 时至 24 时增派巡逻组"
AGREE_MS, BACK_S = 500, 3.0
"""Within so long wall and phone show the same page, and again after a connection was lost."""
PATIENCE_MS = 60_000
CUT = "ERR_INTERNET_DISCONNECTED"
TOO_SMALL = """() => [...document.querySelectorAll("button, select, input, summary, header a, .list a, .button")]
  .filter((each) => each.getClientRects().length && !each.classList.contains("offstage"))
  .map((each) => [each.textContent.slice(0, 20), each.getBoundingClientRect()])
  .filter(([, box]) => Math.round(box.width) < 44 || Math.round(box.height) < 44).map(([text]) => text)"""


@pytest.fixture(scope="module")
def served(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a copy of the demo city, for meetings are kept in it; return the address."""
    folder = tmp_path_factory.mktemp("meeting") / "city"
    shutil.copytree(demo_folder, folder, ignore=shutil.ignore_patterns("*-wal", "*-shm"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, str(ROOT / "app.py"), "--city", str(folder), "--port", str(port), "--workers=0"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT) as server:
        try:
            _wait_until_up(f"http://127.0.0.1:{port}", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


@pytest.fixture
def room(chromium: Browser) -> Iterator[BrowserContext]:
    """Return the projector's window."""
    context = chromium.new_context(viewport={"width": 1920, "height": 1080}, accept_downloads=True)
    yield context
    context.close()


@pytest.fixture
def hand(chromium: Browser) -> Iterator[BrowserContext]:
    """Return a phone."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    yield context
    context.close()


def shown(wall: Page) -> str:
    """Return the id of the page on the wall."""
    return str(wall.evaluate("document.querySelector('.page.shown').dataset.page"))


def on_phone(phone: Page) -> int:
    """Return the number of the page that the phone shows, counted from 1."""
    found = re.search(r"\d+", phone.locator("#where").inner_text())
    return int(found[0]) if found else 0


def until(truth: str, page: Page, wanted: object, seconds: float = 15.0) -> float:
    """Wait until an expression of a page has a value; return how long that took [s]."""
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        if page.evaluate(truth) == wanted:
            return time.monotonic() - start
        time.sleep(0.01)
    raise AssertionError((truth, wanted, page.evaluate(truth)))


def fits(page: Page) -> None:
    """Check that nothing is wider than the phone and everything that is tapped is large enough for a thumb."""
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.evaluate(TOO_SMALL) == []


def test_a_meeting_from_the_title_to_the_minutes(room: BrowserContext, hand: BrowserContext, served: str) -> None:
    wall = room.new_page()
    watched = AtlasPage(wall, served)
    wall.set_default_timeout(PATIENCE_MS)

    # from the lobby to the title, place and period filled in
    wall.goto(f"{served}/meeting/?place={PLACE}&period={PERIOD}")
    expect(wall.locator("#place")).to_have_value(PLACE)
    expect(wall.locator("#period")).to_have_value(PERIOD)
    wall.locator("#new button").click()
    expect(wall.locator(".page.shown h1").first).to_contain_text("南屏镇")
    pages = wall.evaluate("[...document.querySelectorAll('.page')].map((page) => page.dataset.page)")
    assert pages[0] == "title"
    seen = [shown(wall)]
    for _ in pages[1:]:
        wall.keyboard.press("ArrowRight")
        seen.append(shown(wall))
    assert seen == pages
    assert {"score", "decisions", "supervision", "minutes"} <= set(pages)

    # into a place of the map and back
    mapped = next(page for page in pages if wall.locator(f'[data-page="{page}"] .map .area').count())
    wall.evaluate(f"location.hash = {mapped!r}")
    until("document.querySelector('.page.shown').dataset.page", wall, mapped)
    wall.keyboard.press("ArrowDown")
    wall.keyboard.press("Enter")
    expect(wall.locator("#drill .map")).to_be_visible()
    wall.keyboard.press("Escape")
    expect(wall.locator("#drill")).to_be_hidden()
    assert shown(wall) == mapped

    # a decision
    wall.keyboard.press("d")
    expect(wall.locator("#decide-baseline")).to_have_text(re.compile(r"\d"))
    baseline = int(re.sub(r"\D", "", wall.locator("#decide-baseline").inner_text()))
    expect(wall.locator("#decide-target")).to_have_value(str(int(baseline * 0.8)))
    assert wall.locator("#decide-problem").input_value()
    assert wall.evaluate("document.querySelector('#decide-form').scrollHeight <= innerHeight")
    wall.keyboard.press("ArrowRight")  # moves in the field that has the focus, and turns no page
    assert shown(wall) == mapped
    wall.locator("#decide-lead").fill(UNIT)
    wall.locator("#decide-measure").fill(MEASURE)
    wall.locator("#decide-keep").click()
    card = wall.locator('[data-page="decisions"].shown [data-decision]')
    expect(card).to_contain_text(MEASURE)
    expect(card).to_contain_text(UNIT)

    # a phone
    wall.keyboard.press("q")
    expect(wall.locator("#pair")).to_be_visible()
    number = wall.url.split("/")[4]
    truth = f"sessionStorage.getItem('pingan.meeting.{number}') !== null"
    until(truth, wall, wanted=True)
    expect(wall.locator("#pair-none")).to_be_visible()  # of a server that listens to this machine only
    key = wall.evaluate(f"sessionStorage.getItem('pingan.meeting.{number}')")
    wall.keyboard.press("Escape")
    expect(wall.locator("#pair")).to_be_hidden()
    phone = hand.new_page()
    held = AtlasPage(phone, served)
    phone.goto(f"{served}/meeting/{number}/remote?key={key}")
    until(
        "parseInt(document.getElementById('where').textContent.match(/\\d+/) || 0)", phone, pages.index("decisions") + 1
    )
    fits(phone)
    phone.locator("#unit").select_option(UNIT)
    expect(phone.locator("#mine .decided")).to_contain_text(MEASURE)
    fits(phone)
    turns_agree(wall, phone, pages)
    comes_back(wall, room, phone, hand, pages)

    # what the phone marks
    phone.evaluate("document.getElementById('agenda').open = true")
    phone.locator("#pages button").nth(pages.index(mapped)).tap()
    until("document.querySelector('.page.shown').dataset.page", wall, mapped)
    phone.locator("#chips button").first.tap()
    expect(wall.locator(".page.shown .area.at")).to_have_count(1)
    fits(phone)

    # the minutes, and what is taken away
    wall.keyboard.press("End")
    assert shown(wall).startswith("minutes")
    assert MEASURE in "".join(wall.locator('[data-page^="minutes"]').all_text_contents())
    with wall.expect_download() as taken:
        wall.locator("#takeaways a").first.click()
    assert taken.value.path().read_bytes().startswith(b"PK")
    wall.reload()
    assert shown(wall).startswith("minutes")
    assert [each for each in watched.complaints + held.complaints if CUT not in each] == []


def turns_agree(wall: Page, phone: Page, pages: list[str]) -> None:
    """Check that wall and phone show the same page soon, whoever turned it."""
    wall.evaluate("document.addEventListener('wall:turned', () => { window.turnedAt = Date.now(); })")
    from_phone, from_wall = [], []
    for _ in range(5):
        before = wall.evaluate("window.turnedAt || 0")
        start = phone.evaluate("(document.getElementById('back').click(), Date.now())")
        until(f"(window.turnedAt || 0) !== {before}", wall, wanted=True)
        from_phone.append(wall.evaluate("window.turnedAt") - start)
    until("document.querySelector('.page.shown').dataset.page", wall, pages[max(pages.index("decisions") - 5, 0)])
    for _ in range(5):
        k = pages.index(shown(wall)) + 2
        wall.keyboard.press("ArrowRight")
        turned = "parseInt(document.getElementById('where').textContent.match(/\\d+/) || 0)"
        from_wall.append(until(turned, phone, k) * 1000)
    assert statistics.median(from_phone) <= AGREE_MS, from_phone
    assert statistics.median(from_wall) <= AGREE_MS, from_wall


def comes_back(wall: Page, room: BrowserContext, phone: Page, hand: BrowserContext, pages: list[str]) -> None:
    """Check that wall and phone agree again soon after either has lost the network."""
    k = pages.index(shown(wall)) + 1
    hand.set_offline(True)
    wall.keyboard.press("ArrowLeft")
    expect(phone.locator("#state")).to_contain_text("连接中断")
    hand.set_offline(False)
    turned = "parseInt(document.getElementById('where').textContent.match(/\\d+/) || 0)"
    assert until(turned, phone, k - 1) <= BACK_S

    room.set_offline(True)
    time.sleep(0.5)
    phone.locator("#forward").tap()
    time.sleep(0.5)
    assert shown(wall) == pages[k - 2]
    room.set_offline(False)
    assert until("document.querySelector('.page.shown').dataset.page", wall, pages[k - 1]) <= BACK_S


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_lobby_fits_a_phone(hand: BrowserContext, served: str, lang: str) -> None:
    page = hand.new_page()
    watched = AtlasPage(page, served)
    page.goto(f"{served}/meeting/?lang={lang}&place={PLACE}")
    expect(page.locator("#place")).to_have_value(PLACE)
    fits(page)
    assert watched.complaints == []
