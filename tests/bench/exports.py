"""Measure the files that leave the city: how long they take, and what memory a long list of incidents holds.

``python -m tests.bench.exports CITY``
"""

from __future__ import annotations

import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from callbacks.exports import places_file
from geodata.city import read_city
from geodata.exports import incidents as out
from geodata.exports.incidents import Incidents
from geodata.store import Store
from layers.export import place_table
from layers.view import parse_view


def main() -> None:
    """Print a table of times and sizes."""
    store = Store(Path(sys.argv[1]))
    city = read_city(store)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        for level in city.levels:
            view = parse_view(f"?level={level.value}", city)
            place_table(view, city)  # scores are worked out once, whatever is written of them
            for kind in ("xlsx", "csv", "geojson", "gpkg", "parquet"):
                path.unlink(missing_ok=True)
                began = time.perf_counter()
                table = place_table(view, city)
                places_file(kind, table, city, path)
                line(f"{level.value} × {len(table.rows)} {kind}", time.perf_counter() - began, path.stat().st_size)
        rows = np.tile(np.arange(len(city.index.day)), -(-1_000_000 // max(len(city.index.day), 1)))[:1_000_000]
        many = Incidents(rows, 0, "bench", "bench")
        for kind, write in {
            "csv": lambda: _count(store, many, city),
            "gpkg": lambda: out.write_geopackage(path, store, city, many),
            "parquet": lambda: out.write_parquet(path, store, city, many),
        }.items():
            path.unlink(missing_ok=True)
            began, before, most = time.perf_counter(), memory(), watched(write)
            line(
                f"{len(rows)} incidents {kind}",
                time.perf_counter() - began,
                path.stat().st_size if path.exists() else 0,
            )
            print(f"    memory held meanwhile: {(most - before) / 2**20:.0f} MB over {before / 2**20:.0f} MB")


def _count(store: Store, many: Incidents, city: object) -> None:
    for _ in out.csv_stream(store, city, many):  # type: ignore[arg-type]
        pass


def line(what: str, seconds: float, size: int) -> None:
    """Print one measurement."""
    print(f"{what:40} {seconds:8.2f} s {size / 1e6:10.2f} MB", flush=True)


def memory() -> int:
    """Return what this process holds now [bytes]."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def watched(run: Callable[[], object]) -> int:
    """Run something and return the most memory that was held meanwhile [bytes]."""
    most, done = [memory()], threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            most.append(memory())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        run()
    finally:
        done.set()
        thread.join()
    return max(most)


if __name__ == "__main__":
    main()
