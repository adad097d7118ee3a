"""Measure a recolour beside dash-leaflet's own way, in one run, and print one table.

``python -m tests.bench.recolour [CITY] [--rounds 9]``

The same outlines get the same classes, by score and by rate in turn, so that no place keeps its colour:

- *map*: ``pingan.paint``, called with the answer of the server: fills, labels, box and whatever hangs on them;
- *store*: the same through Dash, ``set_props("map-view", …)`` in the whole page with its charts, lists and links;
- *hideout*: ``set_props("places", {hideout})`` of a ``dl.GeoJSON`` with a style function in a page that holds nothing
  else, no labels either; on canvas, as the map here.

*Main thread* is the sum of all tasks of the page's main thread (Chromium's own trace: script, style, layout, paint,
whatever the reason) from the call until the frame that shows the new colours is out, *wall* the time on the clock for
the same. One recolour of each before the first counted one.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dash_leaflet as dl
import waitress.server
from dash import Dash, html
from playwright.sync_api import Browser, Page

from tests.bench import machine
from tests.bench.window import (
    arguments,
    cells,
    chromium,
    city_folder,
    new_window,
    recoloured,
    served,
    table,
)

COLUMNS = ("class", "value", "low", "high", "change", "sure", "count")
"""What a map is sent of each place."""
PAIR = ("", "&measure=rate")
"""Score and rate: not a place keeps its colour."""
CASES: tuple[tuple[str, str, int | None, int], ...] = (
    ("339 communities", "?level=community", None, 1),
    ("339 communities, processor at a quarter", "", None, 4),
)
CASES += (("3,000 grid cells", "?level=grid_cell", 3_000, 1), ("20,000 grid cells", "?level=grid_cell", 20_000, 1))
BARS = (30, 100, 150, 400)
WAYS = ("map", "store", "hideout")
STYLE = """
window.bench = { style: ({ properties }, { hideout: { classes, fills, still } }) => {
    window.restyled = (window.restyled || 0) + 1;
    return { ...still, fillColor: fills[classes[properties.rank]] };
} };
"""
OUTLINES = """() => {
    const { file, order } = pingan.places.scene();
    const ring = (positions) => [...positions, positions[0]].map(({ lat, lng }) => [lng, lat]);
    const shape = (index) => pingan.geometry.shape(file, index).latlngs.map((rings) => rings.map(ring));
    return order.map((index, rank) => ({
        type: 'Feature', properties: { rank }, geometry: { type: 'MultiPolygon', coordinates: shape(index) },
    }));
}"""
RECOLOUR = """async ([way, data, k]) => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const after = () => new Promise((resolve) => {
        const channel = new MessageChannel();
        channel.port1.onmessage = resolve;
        channel.port2.postMessage(0);
    });
    const labelled = () => pingan.timings.filter((each) => each.kind === 'labels').length;
    const count = () => (way === 'hideout' ? window.restyled : labelled());
    const start = {
        map: () => pingan.paint(data),
        store: () => dash_clientside.set_props('map-view', { data }),
        hideout: () => dash_clientside.set_props('places', { hideout: data }),
    };
    if (window.pingan) pingan.timings.length = 0;
    const before = count();
    await frame();
    await after();
    performance.mark(`bench-begin-${k}`);
    const began = performance.now();
    start[way]();
    while (count() === before) await frame();
    await frame();
    await after();
    performance.mark(`bench-end-${k}`);
    return performance.now() - began;
}"""


def main() -> None:
    """Print one table."""
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    print(machine(), "\n")
    with city_folder(given.city) as folder, served(folder) as address, chromium() as browser:
        table(
            "recolour of",
            "bar",
            "places changed",
            *(f"{way}: main thread (worst), wall" for way in WAYS),
            "hideout / map",
        )
        for (name, search, n, slower), bar in zip(CASES, BARS, strict=True):
            measure(browser, address, name, search or CASES[0][1], n, slower, bar, given.rounds)


def measure(
    browser: Browser, address: str, name: str, search: str, n: int | None, slower: int, bar: int, rounds: int
) -> None:
    """Measure one case both ways and print its line."""
    views = [cut(recoloured(address, search + other), n) for other in PAIR]
    fills = [[view["palette"][k]["fill"] if k >= 0 else "" for k in view["class"]] for view in views]
    changed = sum(a != b for a, b in zip(*fills, strict=True))
    atlas = new_window(browser, address)
    atlas.open(search)
    page = atlas.page
    if n is not None:
        page.evaluate("(data) => dash_clientside.set_props('map-view', { data })", views[0])
        atlas.wait_for(f"pingan.state().ids.length === {n} && !pingan.state().pending")
    page.wait_for_timeout(1500)
    taken = {way: timed(browser, page, way, views, slower, rounds) for way in WAYS[:2]}
    outlines = page.evaluate(OUTLINES)
    window = page.evaluate("(({ center, zoom }) => ({ center, zoom }))(pingan.state())")
    window["style"] = page.evaluate("(({ x, y }) => ({ width: `${x}px`, height: `${y}px` }))(pingan.map.getSize())")
    page.context.close()
    with plain_page(outlines, views[0], preferCanvas=True, **window) as plain:  # as the map here
        page = browser.new_page()
        page.goto(plain)
        page.wait_for_function(f"window.restyled >= {len(outlines)}", timeout=120_000)
        page.wait_for_timeout(1500)
        taken["hideout"] = timed(browser, page, "hideout", [hideout(view) for view in views], slower, rounds)
        page.context.close()
    median = {way: statistics.median(busy) for way, (busy, _) in taken.items()}
    told = (
        f"{median[way]:.0f} ({max(busy):.0f}), {statistics.median(wall):.0f} ms" for way, (busy, wall) in taken.items()
    )
    cells(name, f"≤ {bar} ms", f"{changed:,} of {len(outlines):,}", *told, f"{median['hideout'] / median['map']:.1f}")


def cut(data: dict[str, Any], n: int | None) -> dict[str, Any]:
    """Keep the first n places of a map."""
    if n is None:
        return data
    assert data["show"] == [[0, len(data["class"])]], "all places of a level, in the order of its file"
    return data | {name: data[name] and data[name][:n] for name in COLUMNS} | {"show": [[0, n]], "key": f"{n}|bench|"}


def timed(
    browser: Browser, page: Page, way: str, views: list[dict[str, Any]], slower: int, rounds: int
) -> tuple[list[float], list[float]]:
    """Recolour to and fro; return milliseconds of the main thread and on the clock."""
    tools = page.context.new_cdp_session(page)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.evaluate(RECOLOUR, [way, views[1], "warm"])
    browser.start_tracing(page=page, categories=["disabled-by-default-devtools.timeline", "blink.user_timing"])
    wall = [page.evaluate(RECOLOUR, [way, views[k % 2], str(k)]) for k in range(rounds)]
    events = json.loads(browser.stop_tracing())["traceEvents"]
    tools.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    tools.detach()
    return [busy(events, str(k)) for k in range(rounds)], wall


def busy(events: list[dict[str, Any]], k: str) -> float:
    """Return how long the main thread was at work between two marks [ms]."""
    begin, end = (next(e for e in events if e["name"] == f"bench-{at}-{k}") for at in ("begin", "end"))
    thread = (begin["pid"], begin["tid"])
    tasks = [e for e in events if e["name"] == "RunTask" and (e["pid"], e["tid"]) == thread and e["ph"] == "X"]
    assert tasks, "the trace tells of tasks"
    overlaps = (min(e["ts"] + e["dur"], end["ts"]) - max(e["ts"], begin["ts"]) for e in tasks)
    return float(sum(each for each in overlaps if each > 0)) / 1000


def hideout(data: dict[str, Any]) -> dict[str, Any]:
    """Return the classes and colours of a map as a style function reads them; -1 is the last colour."""
    return {
        "classes": [kind if kind >= 0 else len(data["palette"]) for kind in data["class"]],
        "fills": [*(look["fill"] for look in data["palette"]), "#eeeeee"],
        "still": {"color": "#ffffff", "weight": 1, "fillOpacity": 1},
    }


@contextmanager
def plain_page(outlines: list[dict[str, Any]], data: dict[str, Any], **window: Any) -> Iterator[str]:
    """Serve a page with nothing but these outlines in a dl.GeoJSON."""
    with tempfile.TemporaryDirectory(dir=Path(__file__).parent) as assets:
        (Path(assets) / "style.js").write_text(STYLE, encoding="utf-8")
        app = Dash("bench_plain", assets_folder=assets, serve_locally=True, add_log_handler=False)
        places = dl.GeoJSON(
            id="places",
            data={"type": "FeatureCollection", "features": outlines},
            style={"variable": "bench.style"},
            hideout=hideout(data),
        )
        app.layout = html.Div(dl.Map([places], id="map", zoomSnap=0.25, **window))
        server = waitress.server.create_server(app.server, host="127.0.0.1", port=0, threads=4)
        threading.Thread(target=server.run, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.effective_port}/"
        finally:
            server.close()


if __name__ == "__main__":
    main()
