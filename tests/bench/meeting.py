"""Prepare the meetings of all streets in every month, read each number of each sentence back, and print one table.

``python -m tests.bench.meeting CITY [--months N] [--level street]``

A fault is a number that differs from the data, a banned word, or a sentence that is none; there must be none.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter
from pathlib import Path

from geodata.alerts import book
from geodata.city import read_city
from geodata.meeting.prepare import prepare, prepare_all
from geodata.meeting.words import findings
from geodata.store import Store
from geodata.vocabulary import PeriodKind, PlaceLevel
from tests.meeting_reader import every_fault


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("city", type=Path)
    parser.add_argument("--months", type=int, default=36)
    parser.add_argument("--level", type=PlaceLevel, default=PlaceLevel.STREET)
    arguments = parser.parse_args()
    store = Store(arguments.city)
    city = read_city(store)
    places = [city.place(int(row)) for row in city.members(arguments.level, city.city)]
    month = city.latest_period(PeriodKind.MONTH)
    tally = Counter({"faults": 0})
    seconds: list[tuple[float, float]] = []
    if month is not None:
        began, worked = time.perf_counter(), time.process_time()
        prepare(city, book.told(store, month.start, month.end), places[0], month)
        spent = time.perf_counter() - began, time.process_time() - worked
        print(f"one place, cold: {spent[0]:.2f} s ({spent[1]:.2f} s of a processor)", flush=True)
    for _ in range(arguments.months):
        if month is None or not city.offers(month):
            break
        told = book.told(store, month.start, month.end)
        began, worked = time.perf_counter(), time.process_time()
        briefings = list(prepare_all(city, told, places, month))
        seconds.append((time.perf_counter() - began, time.process_time() - worked))
        for briefing in briefings:
            tally["briefings"] += 1
            tally["quiet"] += briefing.quiet
            tally["pages of fronts"] += sum(bool(front.page) for front in briefing.fronts)
            said = findings(briefing, "zh") + findings(briefing, "en")
            tally["sentences"] += len(said)
            tally["numbers"] += sum(len(sentence.numbers) for sentence in said)
            for fault in every_fault(briefing, city):
                tally["faults"] += 1
                print(f"FAULT {briefing.title.token} {month}: {fault}")
        month = month.previous()
    for name, spent in zip(("waited", "of a processor"), zip(*seconds, strict=True), strict=True):
        median, most = statistics.median(spent), max(spent)
        print(f"a month of {len(places)} places, {name}: median {median:.2f} s, most {most:.2f} s")
    for name, n in tally.items():
        print(f"{name}: {n}")
    raise SystemExit(bool(tally["faults"]))


if __name__ == "__main__":
    main()
