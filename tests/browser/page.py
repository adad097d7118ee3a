"""The map page as a test sees it."""

from __future__ import annotations

import json
import re
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page

PATIENCE_S = 15.0


class AtlasPage:
    """Drive one browser window; collect console errors, failed requests and requests to other hosts."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.complaints: list[str] = []
        page.on("console", lambda message: self._console(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("requestfailed", lambda request: self._failed(request.url, request.failure or ""))
        page.on("request", lambda request: self._request(request.url))
        page.on("response", lambda response: self._response(response.url, response.status))

    def _console(self, kind: str, text: str) -> None:
        if kind == "error":
            self.complaints.append(f"console: {text}")

    def _failed(self, url: str, why: str) -> None:
        if "ERR_ABORTED" not in why:  # a newer question makes an older one pointless
            self.complaints.append(f"failed: {url} {why}")

    def _request(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            self.complaints.append(f"elsewhere: {url}")

    def _response(self, url: str, status: int) -> None:
        if status >= 400:
            self.complaints.append(f"{status}: {url}")

    def open(self, search: str = "") -> None:
        """Go to a link and wait for the map."""
        self.page.goto(f"{self.address}/{search}")
        self.settled()

    def state(self) -> dict[str, Any]:
        """Return what the map says of itself."""
        said = self.page.evaluate("window.pingan && pingan.state ? JSON.stringify(pingan.state()) : '{}'")
        state: dict[str, Any] = json.loads(said)
        return state

    def settled(self, place: str | None = None) -> dict[str, Any]:
        """Wait until the map is painted, and shows the inside of `place` if one is given; return its state."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            state = self.state()
            right = place is None or (state.get("key") or "||").split("|")[1] == place
            if right and state.get("key") and not state["pending"] and self._panels_ready(place):
                return state
            time.sleep(0.02)
        raise AssertionError(f"the map did not settle on {place!r}: {self.state()}, complaints {self.complaints}")

    def _panels_ready(self, place: str | None) -> bool:
        """Say whether the panel tells of the place and period of the link."""
        shown = self.page.evaluate("JSON.stringify({...((document.querySelector('.headline') || {}).dataset || {})})")
        panel, query = json.loads(shown), self.query
        wanted = query.get("place", "") if place is None else place
        return (
            panel.get("place") == wanted == query.get("place", "")
            and query.get("period", panel["period"]) == panel["period"]
        )

    @property
    def query(self) -> dict[str, str]:
        """Return the link's query."""
        return {key: values[0] for key, values in parse_qs(urlsplit(self.page.url).query).items()}

    def wait_for(self, truth: str) -> None:
        """Wait until an expression of the page is true; the page's own policy forbids what Playwright would do."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if self.page.evaluate(truth):
                return
            time.sleep(0.02)
        raise AssertionError(truth)

    def text(self, selector: str) -> str:
        """Return the text of the first element of a selector."""
        return self.page.locator(selector).first.text_content() or ""

    def incidents(self) -> int:
        """Return the number of incidents that the headline prints."""
        number = r"([\d\u2009]+) ?(?:件|incidents?)"  # where the count is the figure, it is not said again
        found = re.search(number, self.text(".headline .incidents")) or re.search(
            number, self.text(".headline .figure")
        )
        assert found, self.text(".headline")
        return int(found.group(1).replace("\u2009", ""))

    def closing(self) -> list[int]:
        """Return the numbers of the closing line: total, places, unlocated, outside."""
        return [int(n.replace("\u2009", "")) for n in re.findall(r"\d[\d\u2009]*", self.text("#closing"))]

    def point_of(self, place: str) -> tuple[float, float]:
        """Return where a place may be clicked: at its label point, or beside it if a ring of incidents lies there."""
        x, y = self.page.evaluate(
            """(id) => {
                const s = pingan.places.scene(), k = s.order.findIndex((index) => s.file.ids[index] === id);
                const at = s.map.latLngToContainerPoint(pingan.geometry.shape(s.file, s.order[k]).label);
                const box = s.map.getContainer().getBoundingClientRect(), path = s.layers[k]._path;
                for (let far = 0; path && far < 80; far += 4) {
                    for (let turn = 0; turn < 8; turn += 1) {
                        const angle = (turn * Math.PI) / 4;
                        const x = box.left + at.x + far * Math.cos(angle), y = box.top + at.y + far * Math.sin(angle);
                        if (document.elementFromPoint(x, y) === path) return [x, y];
                    }
                }
                return [box.left + at.x, box.top + at.y];
            }""",
            place,
        )
        return x, y

    def click_place(self, place: str) -> dict[str, Any]:
        """Click a place on the map and wait for its inside."""
        self.page.mouse.click(*self.point_of(place))
        return self.settled(place)

    def key(self, name: str) -> None:
        """Press a key."""
        self.page.keyboard.press(name)
