"""Measure what 200 random moves leave in the browser's memory, and print one table.

``python -m tests.bench.heap [CITY] [--moves 200] [--warm 100] [--seed 0]``

The moves are those of the random walks, without leaving the page. Before the first counted one as many as `--warm`, for
what a page keeps on purpose (outlines of all levels, answers of layers, widths of texts) grows until it is full. The
heap is read after collecting garbage; also the nodes and listeners that the page holds, drawn or not.
"""

from __future__ import annotations

import random

from playwright.sync_api import CDPSession

from geodata.city import read_city
from geodata.store import Store
from tests.bench.window import arguments, cells, chromium, city_folder, new_window, served, table, tools_of
from tests.browser.walker import Walker, watch

EVERY = 50
BAR_MB = 2.0


def main() -> None:
    """Print one table."""
    parser = arguments(__doc__)
    parser.add_argument("--moves", type=int, default=200)
    parser.add_argument("--warm", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with city_folder(given.city) as folder, served(folder) as address, chromium() as browser:
        atlas = new_window(browser, address)
        watch(atlas.page)
        walker = Walker(atlas, read_city(Store(folder)), random.Random(given.seed), pages=False)  # noqa: S311 - no secret
        tools = tools_of(atlas)
        walker.open("?level=grid_cell")
        for level in ("community", "street"):  # all outlines in memory
            visit(walker, level)
        home(walker)
        table("moves", "heap", "growth", "nodes", "listeners", "bar")
        first = last = tell(tools, "0", None, "")
        for k in range(1, given.warm + given.moves + 1):
            walker.step()
            if k == given.warm:
                home(walker)
                first = last = tell(tools, f"{k}, to warm up", last, "")
            elif k % EVERY == 0:
                home(walker)
                last = tell(tools, str(k), last, "")
        home(walker)
        tell(tools, f"the last {given.moves} together", first, f"≤ {BAR_MB:g} MB")
        print(atlas.complaints or "no complaint")


def visit(walker: Walker, level: str) -> None:
    """Choose another level by its link."""
    walker.atlas.page.evaluate(f"document.querySelector('.levels a[href*=\"level={level}\"]')?.click()")
    walker.atlas.page.wait_for_timeout(50)
    walker.calm()


def home(walker: Walker) -> None:
    """Go to the first page, as a link does, so that the same things are on it whenever memory is read."""
    walker.remove_chips()
    page = walker.atlas.page
    for kind in ("theme", "lang"):
        if kind in walker.atlas.query:
            page.evaluate(f"document.querySelector('.tools a.{kind}').click()")
            page.wait_for_timeout(50)
            walker.calm()
    walker.done.clear()


def tell(tools: CDPSession, when: str, before: float | None, bar: str) -> float:
    """Print one line; return the heap [MB]."""
    for _ in range(3):
        tools.send("HeapProfiler.collectGarbage")
    used = tools.send("Runtime.getHeapUsage")["usedSize"] / 1e6
    counted = tools.send("Memory.getDOMCounters")
    growth = "" if before is None else f"{used - before:+.2f} MB"
    cells(when, f"{used:.2f} MB", growth, counted["nodes"], counted["jsEventListeners"], bar)
    return float(used)


if __name__ == "__main__":
    main()
