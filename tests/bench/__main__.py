"""Measure the map page in a real Chromium on the full demo city, and print the table of docs/PERFORMANCE.md.

``python -m tests.bench [CITY]`` ; without CITY a demo city is made in a temporary folder first.
"""

from __future__ import annotations

import gzip
import json
import statistics
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

from geodata import pipeline
from geodata.city import read_city
from geodata.store import Store
from layers.maps.places import geometry_address
from tests.bench.window import row, served
from tests.browser.conftest import FLAGS, find_chromium
from tests.browser.page import AtlasPage

CLICK = """async (selector) => {
    const before = pingan.timings.length, began = performance.now();
    document.querySelector(selector).click();
    const found = () => pingan.timings.slice(before).find((each) => each.kind === 'recolour');
    while (!found()) await new Promise((r) => setTimeout(r, 1));
    await new Promise((r) => requestAnimationFrame(() => setTimeout(r, 0)));
    return [performance.now() - began, found().ms];
}"""
SUBS = ("traffic", "fire", "public_order", "city_management", "social_stability")


def main() -> None:
    """Print one table."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(scratch) / "city"
        if not (folder / "ledger.sqlite").exists():
            began = time.perf_counter()
            pipeline.make_demo_city(Store(folder))
            row("demo city made (3 years)", time.perf_counter() - began, "s", "≤ 60 s")
            read_city(Store(folder))
        server = served(folder)
        with server as address:
            row("server up (process start to first answer)", server.seconds, "s", "")
            measure(address, folder)


def measure(address: str, folder: Path) -> None:
    """Measure pages, drills, recolours and sizes."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        atlas = AtlasPage(browser.new_context(viewport={"width": 1440, "height": 900}).new_page(), address)
        began = time.perf_counter()
        atlas.open()
        row("first page, cold browser: address to painted map and panels", time.perf_counter() - began, "s", "≤ 2 s")
        drills(atlas, folder)
        recolours(atlas)
        browser.close()
    sizes(address, folder)


def drills(atlas: AtlasPage, folder: Path) -> None:
    """Click down to a grid cell five times."""
    city = read_city(Store(folder))
    samples: dict[str, list[float]] = {}
    for street in ("440402006", "440402001", "440402004", "440402005", "440402002"):
        atlas.open()
        community = city.place(int(city.members(city.levels[2], city.find(street))[0])).token
        cell = city.place(int(city.members(city.levels[3], city.find(community))[0])).token
        for name, place in zip(
            ("district", "street", "community", "grid cell"), ("440402", street, community, cell), strict=True
        ):
            atlas.click_place(place)
            atlas.page.wait_for_timeout(150)
            last = json.loads(
                atlas.page.evaluate("JSON.stringify(pingan.timings.filter((t) => t.kind === 'drill').pop())")
            )
            samples.setdefault(name, []).append(last["ms"])
    for name, values in samples.items():
        row(f"click to painted: into a {name} (median of {len(values)})", statistics.median(values), "ms", "≤ 400 ms")
        row("— worst", max(values), "ms", "")


def recolours(atlas: AtlasPage) -> None:
    """Recolour all communities by other sub-indices and periods."""
    atlas.open("?level=community")
    atlas.page.wait_for_timeout(1000)
    for what, selectors in {
        "sub-index": [f".rail-item[href*='sub={sub}']" for sub in SUBS],
        "period": [".periods a.step"] * 5,
    }.items():
        taken = []
        for selector in selectors:
            taken.append(atlas.page.evaluate(CLICK, selector))
            atlas.page.wait_for_timeout(400)
        n = len(atlas.state()["ids"])
        total, own = (statistics.median(column) for column in zip(*taken, strict=True))
        row(
            f"recolour by another {what}, {n} places: click to painted (median of {len(taken)})",
            total,
            "ms",
            "≤ 150 ms",
        )
        row("— of which the map's main thread", own, "ms", "≤ 30 ms")


def sizes(address: str, folder: Path) -> None:
    """Measure what travels."""
    city = read_city(Store(folder))
    for level in city.levels:
        path = f"{address}{geometry_address(city, level)}"
        row(f"outlines of all {level.value} places, compressed", fetched(path) / 1000, "KB", "≤ 300 KB")
    body = json.dumps(
        {
            "output": "..map-view.data...legend.children...closing.children...chips.children..",
            "outputs": [
                {"id": "map-view", "property": "data"},
                *({"id": name, "property": "children"} for name in ("legend", "closing", "chips")),
            ],
            "inputs": [{"id": "url", "property": "search", "value": "?level=community&sub=traffic"}],
            "changedPropIds": ["url.search"],
        }
    ).encode()
    row(
        "a recolour of all communities, as sent",
        fetched(f"{address}/_dash-update-component", body) / 1000,
        "KB",
        "≤ 10 KB",
    )


def fetched(url: str, body: bytes | None = None) -> int:
    """Return the length of an answer as it travels."""
    request = urllib.request.Request(url, body, {"Accept-Encoding": "gzip", "Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own server
        content = answer.read()
        assert answer.headers["Content-Encoding"] != "gzip" or gzip.decompress(content)
        return len(content)


if __name__ == "__main__":
    main()
