"""Walk at random through the map page, hold what it shows against Python's own answers, and print one table.

``python -m tests.bench.walks [CITY] [--walks 500] [--steps 6] [--seed 0]``

Each walk begins at the first page. At its end title, headline, map, legend, closing line, chips and address are those
that Python makes of the address, and all numbers of incidents are those of the rows; then the chips are taken away one
after another, and the first page is back: the same places, classes and values, nothing in the address but language and
theme. The map stands still unless it shows other places, or its box has another size.
"""

from __future__ import annotations

import collections
import random
import time
from pathlib import Path

from geodata.city import read_city
from geodata.store import Store
from tests.bench.window import arguments, cells, chromium, city_folder, new_window, served, table
from tests.browser.walker import Walker, walk, watch

MOST_TOLD = 10


def main() -> None:
    """Print one table, and what went wrong."""
    parser = arguments(__doc__)
    parser.add_argument("--walks", type=int, default=500)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with city_folder(given.city) as folder, served(folder) as address, chromium() as browser:
        city, kinds = read_city(Store(Path(folder))), collections.Counter[str]()
        wrong, began, atlas = 0, time.monotonic(), None
        for k in range(given.walks):
            if k % 50 == 0:
                if atlas:
                    atlas.page.context.close()
                atlas = new_window(browser, address)
                watch(atlas.page)
            assert atlas is not None
            walker = Walker(atlas, city, random.Random(given.seed + k))  # noqa: S311 - no secret
            if k % 50 == 0:
                walker.open()
                first = atlas.state()
            try:
                found = walk(walker, first, given.steps)
            except Exception as error:  # noqa: BLE001 - a walk that ends early is told, the others go on
                found = [f"{type(error).__name__}: {error}"]
            found += atlas.complaints
            atlas.complaints.clear()
            kinds.update(each.partition(":")[0] for each in walker.done[1:])
            if found:
                wrong += 1
                if wrong <= MOST_TOLD:
                    print(
                        f"walk {given.seed + k}:",
                        *walker.done,
                        *(f"  ! {each}" for each in found),
                        sep="\n  ",
                        flush=True,
                    )
            elif k % 25 == 24:
                print(f"{k + 1} walks, {wrong} wrong", flush=True)
        table("walks", "of so many moves", "kinds of moves", "wrong", "seconds")
        cells(given.walks, sum(kinds.values()), len(kinds), wrong, f"{time.monotonic() - began:.0f}")
        print("\n" + ", ".join(f"{kind} {n}" for kind, n in kinds.most_common()))


if __name__ == "__main__":
    main()
