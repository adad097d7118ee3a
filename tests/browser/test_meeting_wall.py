"""The wall of a meeting as a room sees it: an audit of every page, and the keys that drive it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from geodata.city import CityData
from layers.meeting.pages import deck, drilled
from layers.meeting.wall import Parts, map_html, wall_html, wall_pages
from tests.layers.meeting.made import decision, earlier, meeting

ASSETS = Path(__file__).resolve().parents[2] / "assets" / "meeting"
AUDIT = """() => {
  const page = document.querySelector(".page.shown");
  const inside = page.querySelector(".inside").getBoundingClientRect();
  const faults = [];
  const say = (what, node) => faults.push(`${what}: ${(node.textContent || "").trim().slice(0, 40)}`);
  const numbers = (colour) => (colour.match(/[\\d.]+/g) || []).map(Number);
  const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const light = (colour) => {
    const [red, green, blue] = numbers(colour).map((c) => linear(c / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const below = (node) => {
    for (let each = node; each; each = each.parentElement) {
      const colour = numbers(getComputedStyle(each).backgroundColor);
      if (colour.length && colour[3] !== 0) return getComputedStyle(each).backgroundColor;
    }
    return "rgb(255, 255, 255)";
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const node = text.parentElement;
    const box = node.getBoundingClientRect();
    if (!text.data.trim() || !box.width || !node.checkVisibility()) continue;
    const style = getComputedStyle(node);
    const drawn = node instanceof SVGElement;
    const size = parseFloat(style.fontSize) * (drawn ? node.getScreenCTM().a : 1);
    if (size < 23.99) say(`${size} px`, node);
    const halo = drawn && style.paintOrder.startsWith("stroke") ? style.stroke : below(node);
    const pair = [light(drawn ? style.fill : style.color), light(halo)].sort((a, b) => b - a);
    const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
    const least = node.closest("[aria-hidden]") ? 3 : 7; // a shape is a drawing
    if (contrast < least) say(`contrast ${contrast.toFixed(1)}`, node);
    if (box.right > innerWidth + 1 || box.bottom > innerHeight + 1 || box.left < 0) say("off the screen", node);
    const within = box.bottom <= inside.bottom + 1 && box.right <= inside.right + 1;
    if (page.contains(node) && !node.closest("header") && !within) say("cut off", node);
  }
  for (const part of page.querySelectorAll(".inside > *, .decision, .number, .warning")) {
    if (part.scrollHeight > part.clientHeight + 2 && part.clientHeight) say("overflows", part);
  }
  const all = document.documentElement;
  if (all.scrollHeight > innerHeight || all.scrollWidth > innerWidth) faults.push("scrolls");
  if (page.querySelectorAll(".number").length > 7) faults.push("too many numbers");
  if (page.querySelector("[title], svg title")) faults.push("something is told on hover alone");
  return faults;
}"""
"""What is wrong with the page that is shown: letters below 24 px, contrast below 7:1, what is cut off or scrolls."""
Opened = Callable[..., Page]


def written(folder: Path, city: CityData, lang: str, token: str, month: str, **more: Any) -> tuple[Path, Any]:
    """Write the wall of a meeting into a folder; return the file and the meeting."""
    made = meeting(city, token, month, **more)
    parts = Parts(
        styles=("wall.css",),
        scripts=("wall.js",),
        drill="http://wall.test/map",
        files=(("DOCX", "a"), ("PPTX", "b")),
    )
    for name in ("wall.css", "wall.js"):
        shutil.copy(ASSETS / name, folder)
    path = folder / "wall.html"
    path.write_text(wall_html(deck(made, city, lang), parts), encoding="utf-8")
    return path, made


@pytest.fixture
def wall(chromium: Browser) -> Iterator[Page]:
    """Return a window of a projector; at the end, no error may have happened."""
    context = chromium.new_context(viewport={"width": 1920, "height": 1080})
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


@pytest.mark.parametrize(
    ("lang", "token", "month", "past", "taken"),
    [("zh", "", "2026-10", 6, 6), ("en", "440402", "2026-08", 2, 0), ("zh", "440402001", "2026-10", 0, 1)],
)
def test_every_page_is_read_from_the_last_row(
    wall: Page, demo_city: CityData, tmp_path: Path, lang: str, token: str, month: str, past: int, taken: int
) -> None:
    outcomes = tuple(earlier(demo_city, token, k) for k in range(past))
    own = tuple(decision(demo_city, token, 10 + k) for k in range(taken))
    path, made = written(tmp_path, demo_city, lang, token, month, earlier=outcomes, decisions=own)
    wall.goto(path.as_uri())
    faults = {}
    for page, _ in wall_pages(deck(made, demo_city, lang)):
        wall.evaluate("page => document.dispatchEvent(new CustomEvent('wall:go', {detail: {page}}))", page)
        expect(wall.locator(".page.shown")).to_have_attribute("data-page", page)
        faults[page] = wall.evaluate(AUDIT)
    assert {page: found for page, found in faults.items() if found} == {}


def test_keys_turn_the_pages_and_drill(wall: Page, demo_city: CityData, tmp_path: Path) -> None:
    path, made = written(tmp_path, demo_city, "zh", "", "2026-10")
    shown = wall.locator(".page.shown")

    def answer(route: Route) -> None:
        token = route.request.url.partition("place=")[2].partition("&")[0]
        found = drilled(made, demo_city, "zh", "where", token)
        assert found is not None
        view, table, shapes = found
        body = {"title": view.title, "html": map_html(view, table, shapes, "zh")}
        route.fulfill(json=body, headers={"access-control-allow-origin": "*"})

    wall.route("http://wall.test/**", answer)
    wall.goto(path.as_uri())
    expect(shown).to_have_attribute("data-page", "title")
    wall.keyboard.press("PageDown")
    expect(shown).to_have_attribute("data-page", "score")
    wall.keyboard.press("ArrowLeft")
    expect(shown).to_have_attribute("data-page", "title")
    wall.evaluate("document.dispatchEvent(new CustomEvent('wall:go', {detail: {page: 'where', place: '440402'}}))")
    expect(shown.locator(".area.at")).to_have_attribute("data-place", "440402")
    wall.keyboard.press("Enter")
    expect(wall.locator("#drill .area").first).to_be_visible()
    wall.keyboard.press("Escape")
    expect(wall.locator("#drill")).to_be_hidden()
    expect(shown.locator(".area.at")).to_have_attribute("data-place", "440402")
    wall.keyboard.press("p")
    expect(wall.locator(".spotlight")).to_be_attached()
    wall.keyboard.press("Escape")
    expect(wall.locator(".spotlight")).not_to_be_attached()
    wall.reload()
    expect(shown).to_have_attribute("data-page", "where")
    took = wall.evaluate("""() => {
      const begun = performance.now();
      document.dispatchEvent(new CustomEvent("wall:go", {detail: {page: "score"}}));
      document.body.getBoundingClientRect();
      return performance.now() - begun;
    }""")
    assert took < 300


def test_a_phone_scrolls_the_pages_and_nothing_is_wider_than_it(
    wall: Page, demo_city: CityData, tmp_path: Path
) -> None:
    path, _ = written(tmp_path, demo_city, "zh", "440402", "2026-10", earlier=(earlier(demo_city, "440402", 0),))
    wall.set_viewport_size({"width": 390, "height": 844})
    wall.goto(path.as_uri())
    assert wall.evaluate("document.documentElement.scrollWidth") <= 390
    assert wall.locator(".page:visible").count() == wall.locator(".page").count()
