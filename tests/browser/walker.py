"""Random walks over the map page: every link on it is a move; what it shows is held against Python's own answer.

A move is chosen by its kind first, so that a hundred links to places weigh no more than one to another theme; a kind is
what a link changes. What is added to the page as a link is therefore walked without a word here.
"""

from __future__ import annotations

import json
import random
import re
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page

from geodata.city import CityData
from layers import ids
from layers.maps.values import chosen_types
from layers.pages.map import map_parts, panel_parts
from layers.view import ViewState, city_of, default_view, parse_view, shown_level
from tests.browser.page import AtlasPage

QUIET_MS = 120
MOST_PX = 2
"""A box of another size and back again leaves a map this near to where it was."""
PATIENCE_S = 30.0
WATCH = """(() => {
    if (window.watched) return;
    const watched = (window.watched = { open: 0, last: performance.now() });
    const plain = window.fetch.bind(window);
    window.fetch = async (...asked) => {
        watched.open += 1;
        try {
            const answer = await plain(...asked);
            const over = () => { watched.open -= 1; watched.last = performance.now(); };
            answer.clone().arrayBuffer().catch(() => null).finally(over);
            return answer;
        } catch (error) {
            watched.open -= 1;
            watched.last = performance.now();
            throw error;
        }
    };
})()"""
"""Count the requests on their way; runs before the page's own scripts."""
CALM = f"""window.watched && watched.open === 0 && performance.now() - watched.last > {QUIET_MS}
    && window.pingan && pingan.state && pingan.state().key !== null && !pingan.state().pending"""
LINKS = "[...document.querySelectorAll('#app a[href]')].map((a) => a.getAttribute('href'))"
CLICK = """([n, href]) => {
    const link = document.querySelectorAll('#app a[href]')[n];
    if (!link || link.getAttribute('href') !== href) return false;
    link.click();
    return true;
}"""
WHERE = """(() => {
    const map = pingan.map, box = map.getContainer().getBoundingClientRect(), { key } = pingan.state();
    const { x, y } = map.project(map.getCenter());
    return { key, zoom: map.getZoom(), at: [x, y], size: [box.width, box.height] };
})()"""
TEXTS = """(() => Object.fromEntries(Object.entries({
    legend: '#legend', closing: '#closing', chips: '#chips', headline: '#panel .headline',
    incidents: '#panel .headline .incidents', figure: '#panel .headline .figure',
}).map(([name, found]) => [name, (document.querySelector(found) || { textContent: '' }).textContent])))()"""


def watch(page: Page) -> None:
    """Count requests of a page from its first script on."""
    page.add_init_script(WATCH)


@dataclass
class Walker:
    """Walk through one window.

    Parameters
    ----------
    atlas
        A window, already watched.
    city
        The same city as the server's.
    draw
        Where chance comes from.
    pages
        Whether to leave for other pages and to come back.
    """

    atlas: AtlasPage
    city: CityData
    draw: random.Random
    pages: bool = True
    done: list[str] = field(default_factory=list)
    """The moves so far, in words."""

    def open(self, search: str = "") -> None:
        """Begin at a link."""
        self.done = [f"open /{search}"]
        self.atlas.page.goto(f"{self.atlas.address}/{search}")
        self.calm()

    def calm(self) -> None:
        """Wait until nothing is on its way and nothing is being drawn."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if self.atlas.page.evaluate(CALM):
                return
            time.sleep(0.02)
        raise AssertionError(f"the page does not come to rest after {self.done}: {self.atlas.complaints}")

    # --- moves ---

    def moves(self) -> dict[str, list[tuple[str, Any]]]:
        """Return what can be done here, by kind."""
        found: dict[str, list[tuple[str, Any]]]
        found = {"up": [("key", "Backspace")], "projector": [("key", "f")], "wheel": [("wheel", 0)]}
        state = self.atlas.state()
        if state["ids"]:
            found["drill"] = [("drill", k) for k in range(len(state["ids"]))]
        if len(self.done) > 1:
            found["back"] = [("back", None)]
        for n, href in enumerate(self.atlas.page.evaluate(LINKS)):
            kind = self._kind(href)
            if kind:
                found.setdefault(kind, []).append(("link", (n, href)))
        return found

    def _kind(self, href: str) -> str:
        """Say what a link changes; "" for one that leads nowhere else, to a file or out of what is walked."""
        there, here = urlsplit(href), urlsplit(self.atlas.page.url)
        if there.netloc or "." in there.path or (there.path != here.path and not self.pages):
            return ""
        if there.path != here.path:
            return f"page {there.path}"
        new, old = parse_qs(there.query), parse_qs(here.query)
        return " ".join(key for key in sorted({*new, *old}) if new.get(key) != old.get(key))

    def step(self) -> str:
        """Make one random move and wait; return what is wrong with where the map stands now, "" for nothing."""
        page = self.atlas.page
        before = page.evaluate(WHERE)
        moves = self.moves()
        kind = self.draw.choice(sorted(moves))
        how, what = self.draw.choice(moves[kind])
        self.done.append(f"{kind}: {what[1] if how == 'link' else what}")
        getattr(self, f"_{how}")(what)
        self.calm()
        after = page.evaluate(WHERE)
        still = before["key"] == after["key"] and before["size"] == after["size"] and how != "wheel"
        apart = max(abs(a - b) for a, b in zip(before["at"], after["at"], strict=True))
        moved = before["zoom"] != after["zoom"] or apart > MOST_PX
        return f"the map moved from {before} to {after}" if still and moved and not kind.startswith("page") else ""

    def _key(self, name: str) -> None:
        self.atlas.page.evaluate("document.activeElement && document.activeElement.blur()")
        self.atlas.key(name)
        self.atlas.page.wait_for_timeout(50)

    def _wheel(self, _: int) -> None:
        x, y, width, height = self.atlas.page.evaluate(
            "(({ x, y, width, height }) => [x, y, width, height])(pingan.map.getContainer().getBoundingClientRect())"
        )
        self.atlas.page.mouse.move(x + width * self.draw.uniform(0.4, 0.6), y + height * self.draw.uniform(0.4, 0.6))
        self.atlas.page.mouse.wheel(0, self.draw.choice([-240, 240]))
        self.atlas.page.wait_for_timeout(600)
        self.atlas.page.mouse.move(2, 2)

    def _drill(self, k: int) -> None:
        self.atlas.page.evaluate("(k) => pingan.places.drill(pingan.places.scene(), k)", k)
        self.atlas.page.wait_for_timeout(50)

    def _back(self, _: None) -> None:
        self.atlas.page.go_back()
        self.atlas.page.wait_for_timeout(50)

    def _link(self, link: tuple[int, str]) -> None:
        page, leaves = self.atlas.page, urlsplit(link[1]).path != urlsplit(self.atlas.page.url).path
        if not leaves:
            assert page.evaluate(CLICK, list(link)), f"no link {link} any more"
            page.wait_for_timeout(50)
            return
        with page.expect_navigation():
            page.evaluate(CLICK, list(link))
        page.wait_for_load_state()
        page.wait_for_timeout(200)
        page.go_back()

    def remove_chips(self) -> list[str]:
        """Take all chips away, first to last; return what is wrong on the way."""
        page = self.atlas.page
        for _ in range(30):
            chips = page.evaluate("[...document.querySelectorAll('#chips a')].map((a) => a.getAttribute('href'))")
            if not chips:
                return []
            self.done.append(f"remove: {chips[0]}")
            page.evaluate("document.querySelector('#chips a').click()")
            page.wait_for_timeout(50)
            self.calm()
        return [f"chips that do not go: {chips}"]

    # --- what should be shown ---

    def view(self) -> ViewState:
        """Return the view of the address."""
        return parse_view(urlsplit(self.atlas.page.url).query and "?" + urlsplit(self.atlas.page.url).query, self.city)

    def wrong(self) -> list[str]:
        """Hold title, headline, map, legend, closing line, chips and address against the answers of Python."""
        view = self.view()
        city = city_of(view, self.city)
        parts, panel = map_parts(view, city), panel_parts(view, city)
        payload, state = parts[ids.MAP_VIEW], self.atlas.state()
        shown = self.atlas.page.evaluate(TEXTS)
        wanted = {name: words(parts[name]) for name in ("legend", "closing", "chips")}
        wanted["headline"] = words(panel[ids.PANEL][0])
        pairs = {name: (shown[name], wanted[name]) for name in wanted}
        pairs["title"] = (self.atlas.page.title(), panel[ids.DOCUMENT]["title"])
        pairs["key"] = (state["key"], payload["key"])
        if payload["class"] is not None:  # circles have none
            pairs["classes"] = (state["classes"], payload["class"])
        pairs["values"] = (state["values"], json.loads(json.dumps(payload["value"])))
        query = urlsplit(self.atlas.page.url).query
        pairs["address"] = (f"?{query}" if query else default_view(self.city).search(), view.search())
        found = [f"{name}: {a!r:.300} instead of {b!r:.300}" for name, (a, b) in pairs.items() if a != b]
        return found + self._not_closed(view, city, payload, shown)

    def _not_closed(self, view: ViewState, city: CityData, payload: dict[str, Any], shown: dict[str, str]) -> list[str]:
        """Count the incidents of a view from the rows and hold every number that is printed against it."""
        place, types = city.find(view.place), chosen_types(view, city)
        total = len(city.index.selected(view.period.start, view.period.end, within=place.within, types=types))
        numbers = [int(n.replace("\u2009", "")) for n in re.findall(r"\d[\d\u2009]*", shown["closing"])]
        counted = r"([\d\u2009]+) ?(?:件(?!/)|incidents?(?!/| per))"
        printed = re.search(counted, shown["incidents"]) or re.match(counted, shown["figure"])
        found = []
        if not numbers or numbers[0] != total:
            found.append(f"closing line {shown['closing']!r}: {total} incidents by the rows")
        if printed and int(printed.group(1).replace("\u2009", "")) != total:
            found.append(f"headline {shown['headline']!r:.200}: {total} incidents by the rows")
        if shown_level(view, city) is not None:
            counts = payload["count"]
            if sum(numbers[1:4]) != total or (counts and sum(counts) != numbers[1]):
                found.append(f"closing line {shown['closing']!r} does not close: {sum(counts or [])} in places")
        return found


def words(part: Any) -> str:
    """Return the text of components, as a browser strings it together."""
    if part is None or isinstance(part, bool):
        return ""
    if isinstance(part, str | int | float):
        return str(part)
    if isinstance(part, list | tuple):
        return "".join(words(each) for each in part)
    return words(getattr(part, "children", None))


def walk(walker: Walker, first: dict[str, Any], steps: int = 6) -> list[str]:
    """Walk some steps, check, remove all chips, and check that the first state is back; return what is wrong.

    Parameters
    ----------
    walker
        Opens the first page itself.
    first
        State of the map at the first page, as `AtlasPage.state` gave it.
    """
    walker.open()
    found = [wrong for _ in range(steps) if (wrong := walker.step())]
    found += walker.wrong()
    found += walker.remove_chips()
    found += walker.wrong()
    view = walker.view()
    if view != default_view(walker.city).but(lang=view.lang, theme=view.theme):
        found.append(f"without chips the address is {view.search()}")
    state = walker.atlas.state()
    found += [
        f"without chips another {name}" for name in ("key", "ids", "classes", "values") if state[name] != first[name]
    ]
    return found
