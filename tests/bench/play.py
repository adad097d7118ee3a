"""Measure the played map: how long its frames take to come and how many a second are shown, and print one table.

``python -m tests.bench.play [CITY]``

*First answer* and *again*: ``/frames`` of a fresh server, and of one that has made them. *Possible*: frames shown one
after the other as fast as the page can, each until the browser has drawn it. *At 4×*: frames that the play button shows
at its highest speed, by the clock.
"""

from __future__ import annotations

import gzip
import json
import statistics
import time
import urllib.request

from tests.bench import machine
from tests.bench.window import arguments, cells, chromium, city_folder, new_window, served, table
from tests.browser.page import AtlasPage

CASES = (
    ("communities, score", "?level=community&period=2026-01", 8.0),
    ("communities, rate", "?level=community&period=2026-01&measure=rate", 8.0),
    ("communities, count", "?level=community&period=2026-01&measure=count", 8.0),
    ("communities, days", "?level=community&period=2026-09-10", 8.0),
    ("grid cells, score", "?level=grid_cell&period=2026-01", 4.0),
)
MOST_FIRST_S = 1.5
POSSIBLE = """async () => {
    const played = await pingan.fetchJson(`/frames${location.search}`);
    const bytes = (packed) => Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    const classes = played.classes.map(bytes);
    const drawn = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
    await drawn();
    const began = performance.now();
    for (let k = 0; k < classes.length; k += 1) {
        pingan.places.frame(classes[k], played.values[k], played.counts[k]);
        await drawn();
    }
    const took = performance.now() - began;
    pingan.places.frame(null);
    const shown = pingan.timings.filter((each) => each.kind === 'frame').slice(-classes.length - 1, -1);
    return JSON.stringify({ n: classes.length, fps: (1000 * classes.length) / took, own: shown.map(({ ms }) => ms) });
}"""


def main() -> None:
    """Print one table."""
    given = arguments(__doc__).parse_args()
    print(machine(), "\n")
    with city_folder(given.city) as folder, served(folder) as address, chromium() as browser:
        table(
            "played",
            "places",
            "frames",
            "first answer",
            "again",
            "as sent",
            "script a frame",
            "possible",
            "at 4×",
            "bar",
        )
        for name, search, bar in CASES:
            first, again, sent = waited(address, search)
            atlas = new_window(browser, address)
            atlas.open(search)
            places = len(atlas.state()["ids"])
            found = json.loads(atlas.page.evaluate(POSSIBLE))
            shown = at_four_times(atlas)
            own = f"{statistics.median(found['own']):.1f} ms (worst {max(found['own']):.0f})"
            enough = (
                "" if found["fps"] >= bar and (first <= MOST_FIRST_S or "score" not in name or places > 1000) else " ✗"
            )
            cells(
                name,
                *(f"{n:,}" for n in (places, found["n"])),
                *(f"{s:.2f} s" for s in (first, again)),
                f"{sent / 1000:.0f} KB",
                own,
                f"{found['fps']:.0f} a second",
                f"{shown:.1f} a second",
                f"≥ {bar:g} a second{enough}",
            )
            atlas.page.context.close()


def waited(address: str, search: str) -> tuple[float, float, int]:
    """Return how long the first and the second answer took [s], and the size of what is sent [bytes]."""
    took, body = [], b""
    for _ in range(2):
        began = time.perf_counter()
        with urllib.request.urlopen(f"{address}/frames{search}", timeout=120) as answer:  # noqa: S310 - our own server
            body = answer.read()
        took.append(time.perf_counter() - began)
    return took[0], took[1], len(gzip.compress(body, 1))


def at_four_times(atlas: AtlasPage) -> float:
    """Play at the highest speed; return the frames a second between the second and the last that was waited for."""
    page = atlas.page
    for _ in range(2):
        page.locator("#strip .speed").click()
    page.locator("#strip .play").click()
    last = "pingan.timings.filter((each) => each.kind === 'frame').length"
    atlas.wait_for("pingan.strip.state() && pingan.strip.state().at !== null")
    before, began = page.evaluate(f"[{last}, performance.now()]")
    page.wait_for_timeout(600)
    after, ended = page.evaluate(f"[{last}, performance.now()]")
    page.keyboard.press("Escape")
    return float(1000 * (after - before) / (ended - began))


if __name__ == "__main__":
    main()
