"""Measure how fast places are found by what people type, and print one table.

``python -m tests.bench.search [CITY]`` ; without CITY a demo city of one year is made in a temporary folder first.

Every prefix of names, pinyin, initials and codes is asked, as typing does: of the index, and over HTTP with the answer
written. The second city has a name of its own for every cell, which is the worst that an index of names can meet.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from pypinyin import Style, lazy_pinyin

from geodata import pipeline
from geodata.city import CityData, read_city
from geodata.search import MOST_QUERY, SearchIndex
from geodata.store import Store
from tests.callbacks import client_of

PLACES = 150
"""Places whose names are typed."""
MOST_ASKED = 3000
"""Of an index: its questions are so many that they would take minutes, a few milliseconds each."""
WORST = (
    "a",
    "g",
    "wang",
    "网",
    "4",
    "44",
    "a" * MOST_QUERY,
    "zhang" * 8,
    "sh" * 20,
    "网格 001",
    "g b w g",
    "a b c d e f",
)


def main() -> None:
    """Print one table."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(scratch) / "city"
        if not (folder / "ledger.sqlite").exists():
            pipeline.make_demo_city(Store(folder), years=1)
        city = read_city(Store(folder))
        measure("the city", city, city.places)
        measure("every cell a name of its own", city, with_own_names(city.places))
        client = client_of(folder)
        client.get("/search?q=gb")
        asked = [f"/search?q={query}" for query in (*typed(city.places), *WORST)]
        report("over HTTP (bar ≤ 100 ms)", timed(client.get, asked))
        spots = city.places.sample(300, random_state=0).geometry.representative_point()
        positions = [{"lon": p.x, "lat": p.y} for p in spots]
        report("who looks after a point", timed(lambda at: client.post("/at", data=at), positions))


def measure(what: str, city: CityData, places: pd.DataFrame) -> None:
    """Measure the index alone."""
    began = time.perf_counter()
    index = SearchIndex(places, (city.settings.name, city.settings.name_en))
    built = time.perf_counter() - began
    print(f"| {what}: {len(places)} places, {places['name'].nunique()} names, built in {built:.2f} s |")
    report("names, pinyin, initials, codes as typed", timed(index.find, typed(places)[:MOST_ASKED]))
    report("the worst", timed(index.find, WORST))


def with_own_names(places: pd.DataFrame) -> pd.DataFrame:
    """Name every cell after what holds it."""
    name_of = dict(zip(places["place_id"], places["name"], strict=True))
    held = places["level"] == "grid_cell"
    above = places["parent_id"].map(name_of).fillna("")
    return places.assign(name=places["name"].where(~held, above + "第" + places["name"].str[2:] + "网格"))


def typed(places: pd.DataFrame) -> list[str]:
    """Return every beginning of what finds some places, in a shuffled order."""
    chance = np.random.default_rng(0)
    coarse = places[places["level"] != "grid_cell"]
    chosen = pd.concat([coarse.sample(min(PLACES, len(coarse)), random_state=0), places.sample(PLACES, random_state=0)])
    queries = []
    for name, code in zip(chosen["name"], chosen["place_id"], strict=True):
        pinyin, initials = "".join(lazy_pinyin(name)), "".join(lazy_pinyin(name, style=Style.FIRST_LETTER))
        for whole in (name, code, pinyin, initials):
            queries += [whole[:n] for n in range(1, min(len(whole), MOST_QUERY) + 1)]
    chance.shuffle(queries)
    return queries


def timed(call: Callable[[str], object], queries: Iterable[str]) -> list[float]:
    """Return the shorter of two runs of each call [ms]: the longer one measures the machine's other work."""
    taken = []
    for query in queries:
        runs = []
        for _ in range(2):
            began = time.perf_counter()
            call(query)
            runs.append((time.perf_counter() - began) * 1000)
        taken.append(min(runs))
    return taken


def report(what: str, taken: list[float]) -> None:
    """Print one line."""
    p50, p95, worst = np.percentile(taken, [50, 95, 100])
    print(f"| {what}, {len(taken)} | p50 {p50:.2f} ms | p95 {p95:.2f} ms | worst {worst:.2f} ms |", flush=True)


if __name__ == "__main__":
    main()
