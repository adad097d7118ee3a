"""Abort requests at random on a scripted journey, and see that it ends as the undisturbed one; print one table.

``python -m tests.bench.killed [CITY] [--journeys 20] [--share 0.3] [--seed 0]``

Every request that the page makes once it stands (calls, outlines, points, patterns) is aborted with this probability,
each attempt anew. The journey drills, recolours, chooses layers and another language, and goes back before the page
has come to rest. Nobody clicks on what the page says could not be fetched. At its end the page may take its time; then
state of the map, legend, closing line, chips, headline, title and the picture of the map must be those of the
undisturbed journey.
"""

from __future__ import annotations

import io
import random
import time
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Route

from tests.bench.window import arguments, cells, chromium, city_folder, new_window, quantile, served, table
from tests.browser.page import AtlasPage
from tests.browser.walker import CALM, TEXTS, watch

PATIENCE_S = 60.0
SPARED = ("/assets/", "/_dash-component-suites/", "/_dash-layout", "/_dash-dependencies", "/_favicon")
"""What a browser fetches to have a page at all."""
PAINTED_ALIKE = 0.0005
"""Share of the map's points that may differ: edges of outlines, by rounding."""
DRILL = """(k) => {
    const s = pingan.places.scene(), open = s.order.map((_, i) => i).filter((i) => pingan.places.opens(s, i));
    if (open.length) pingan.places.drill(s, open[k % open.length]);
    return open.length > 0;
}"""
CLICK = """(what) => {
    const link = document.querySelector(what);
    if (link) link.click();
    return link !== null;
}"""
STEPS: tuple[tuple[str, str], ...] = (
    ("drill", "0"),
    ("click", ".rail-item[href*='sub=traffic']"),
    ("click", ".layers .choices a[href*='layer=hotspots']"),
    ("key", "Backspace"),
    ("click", ".tools a.lang"),
    ("click", ".layers .choices a:first-child"),
    ("back", ""),
    ("drill", "1"),
    ("drill", "3"),
    ("drill", "0"),
)


def main() -> None:
    """Print one table."""
    parser = arguments(__doc__)
    parser.add_argument("--journeys", type=int, default=20)
    parser.add_argument("--share", type=float, default=0.3)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with city_folder(given.city) as folder, served(folder) as address, chromium() as browser:
        wanted, *_ = journey(browser, address, random.Random(0), 0.0)  # noqa: S311
        wrong, rests, aborted, asked = 0, list[float](), 0, 0
        for k in range(given.journeys):
            draw = random.Random(given.seed + k)  # noqa: S311 - no secret
            found, rest, n_aborted, n_asked = journey(browser, address, draw, given.share)
            differences = apart(found, wanted)
            wrong += bool(differences)
            rests.append(rest)
            aborted, asked = aborted + n_aborted, asked + n_asked
            for each in differences:
                print(f"journey {given.seed + k}: {each}", flush=True)
        table("journeys", "requests", "aborted", "ended otherwise", "until at rest, median", "worst")
        cells(given.journeys, asked, aborted, wrong, f"{quantile(rests, 0.5):.1f} s", f"{max(rests):.1f} s")


def journey(
    browser: Browser, address: str, draw: random.Random, share: float
) -> tuple[dict[str, Any], float, int, int]:
    """Go the way once; return what is shown, how long it took to come to rest, and requests aborted and made."""
    atlas, counted = new_window(browser, address), {"aborted": 0, "asked": 0}
    watch(atlas.page)

    def pass_or_abort(route: Route) -> None:
        counted["asked"] += 1
        if draw.random() < share:
            counted["aborted"] += 1
            route.abort("connectionreset")
        else:
            route.continue_()

    atlas.page.route(lambda url: not any(part in url for part in SPARED) and not url.endswith("/"), pass_or_abort)
    atlas.page.goto(f"{address}/")
    rest(atlas)
    for how, what in STEPS:
        step(atlas, how, what)
    began = time.monotonic()
    rest(atlas)
    taken = time.monotonic() - began
    found = shown(atlas)
    atlas.page.context.close()
    return found, taken, counted["aborted"], counted["asked"]


def step(atlas: AtlasPage, how: str, what: str) -> None:
    """Make one step as a reader does: on what the page shows, but Back at once.

    Where the city has no such link, or no place here opens, nothing is done.
    """
    page, address, made = atlas.page, atlas.page.url, True
    if how == "back":
        page.go_back()
    else:
        rest(atlas)
        if how == "drill":
            made = page.evaluate(DRILL, int(what))
        elif how == "click":
            made = page.evaluate(CLICK, what)
        else:
            atlas.key(what)
    end = time.monotonic() + PATIENCE_S
    while made and page.url == address and time.monotonic() < end:
        page.wait_for_timeout(20)


def rest(atlas: AtlasPage) -> None:
    """Wait until nothing is on its way, nothing waits for another try and nothing is being drawn."""
    end = time.monotonic() + PATIENCE_S
    calm = f"{CALM} && !(document.querySelector('.network-bar') || {{ textContent: '' }}).textContent"
    while time.monotonic() < end:
        if atlas.page.evaluate(calm):
            return
        atlas.page.wait_for_timeout(50)
    raise AssertionError(f"no rest: {atlas.state()}")


def shown(atlas: AtlasPage) -> dict[str, Any]:
    """Return everything that a reader sees and the map says of itself."""
    atlas.page.mouse.move(2, 2)
    atlas.page.wait_for_timeout(1000)
    picture = atlas.page.locator("#map").screenshot()
    texts = atlas.page.evaluate(TEXTS)
    return {**atlas.state(), **texts, "title": atlas.page.title(), "address": atlas.page.url, "picture": picture}


def apart(found: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """Say in what two ends of a journey differ."""
    differences = [
        f"{name}: {found.get(name)!r:.200} instead of {wanted[name]!r:.200}"
        for name in wanted
        if name != "picture" and found.get(name) != wanted[name]
    ]
    a, b = (np.asarray(Image.open(io.BytesIO(each["picture"])).convert("RGB")).astype(int) for each in (found, wanted))
    if a.shape != b.shape:
        return [*differences, f"the map's box: {a.shape} instead of {b.shape}"]
    share = float((np.abs(a - b).max(axis=2) > 16).mean())
    return (
        differences
        if share <= PAINTED_ALIKE
        else [*differences, f"{100 * share:.2f} % of the map is painted otherwise"]
    )


if __name__ == "__main__":
    main()
