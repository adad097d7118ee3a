"""Measure a click on a place until its inside is painted, at every level, and where that time goes; print one table.

``python -m tests.bench.drill [CITY] [--clicks 12] [--wait 25]``

The clicks begin some seconds after the server is up: until its worker processes are, they want the same cores as the
first answers, which then take seconds (``--wait 0``).

From the click to the frame after the drawing. *Link*: the call that turns the click into a link; *answer*: the call
that colours the map, both with their way to the server and back; *outlines*: fetched and unpacked, where the browser
had not fetched them before; *draw*: Leaflet's layers; *labels*: choosing and showing them. What is left is Dash's own
work on answers, the browser's layout and its paint.
"""

from __future__ import annotations

import random
import statistics
import time
from pathlib import Path
from typing import Any

from geodata.city import CityData, read_city
from geodata.store import Store
from tests.bench import machine
from tests.bench.window import arguments, cells, chromium, city_folder, new_window, quantile, served, table
from tests.browser.page import AtlasPage

STEPS = ("district", "street", "community", "grid cell")
PARTS = ("ms", "link", "answer", "outlines", "draw", "labels")
NOTED = """(before) => {
    const since = pingan.timings.slice(before);
    const of = (kind) => since.filter((each) => each.kind === kind).reduce((sum, each) => sum + each.ms, 0);
    const calls = performance.getEntriesByType('resource').filter((each) => each.name.includes('_dash-update'));
    const took = (k) => (calls[k] ? calls[k].duration : 0);
    const [ms, outlines, draw, labels] = ['drill', 'fetch', 'draw', 'labels'].map(of);
    return { ms, link: took(0), answer: took(1), outlines, draw, labels };
}"""


def main() -> None:
    """Print one table."""
    parser = arguments(__doc__)
    parser.add_argument("--clicks", type=int, default=12, help="ways from the city down to a grid cell")
    parser.add_argument("--wait", type=float, default=25.0, help="seconds for the worker processes to start")
    given = parser.parse_args()
    print(machine(), "\n")
    with city_folder(given.city) as folder, served(folder) as address, chromium() as browser:
        time.sleep(given.wait)
        measure(new_window(browser, address), folder, given.clicks)


def measure(atlas: AtlasPage, folder: Path, clicks: int) -> None:
    """Click down to a grid cell again and again; print one line a level."""
    city = read_city(Store(folder))
    samples: dict[str, list[dict[str, float]]] = {name: [] for name in STEPS}
    for k in range(clicks):
        atlas.open()
        atlas.page.wait_for_timeout(700)  # the reader looks; the browser fetches what comes next
        for name, place in zip(STEPS, way_down(city, random.Random(k)), strict=True):  # noqa: S311 - no secret
            atlas.page.evaluate("performance.clearResourceTimings()")
            before = atlas.page.evaluate("pingan.timings.length")
            atlas.click_place(place)
            atlas.page.wait_for_timeout(700)
            samples[name].append(dict(atlas.page.evaluate(NOTED, before)))
    table("into a", "median", "p90", "worst", "bar", *(f"of which {part}" for part in PARTS[1:]), "the rest")
    for name, found in samples.items():
        whole = [each["ms"] for each in found]
        parts = [statistics.median(each[part] for each in found) for part in PARTS[1:]]
        middle = statistics.median(whole)
        told = [f"{value:.0f} ms" for value in (middle, quantile(whole, 0.9), max(whole))]
        cells(name, *told, "≤ 400 ms", *(f"{part:.0f}" for part in parts), f"{middle - sum(parts):.0f}")


def way_down(city: CityData, draw: random.Random) -> list[str]:
    """Return a place of each level, each inside the one before; only such as can be hit by a click."""
    found: list[Any] = [city.city]
    for level in city.levels:
        members = city.members(level, found[-1]).tolist()
        found.append(city.place(draw.choice(members)))
    return [place.token for place in found[1:]]


if __name__ == "__main__":
    main()
