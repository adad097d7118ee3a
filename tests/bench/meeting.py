"""Prepare the meetings of all streets in every month, read each number of each sentence back, and print one table.

``python -m tests.bench.meeting CITY [--months N] [--level street]``

A fault is a number that differs from the data, a banned word, or a sentence that is none; there must be none. Before
that, on a copy of the city, the commands from cold: one street and all of a month written as dossiers, one verified.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
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
    commands(arguments.city, arguments.level)
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


def commands(city: Path, level: PlaceLevel) -> None:
    """Time the commands as they are typed, each a process of its own that has kept nothing, and weigh the files."""
    with tempfile.TemporaryDirectory() as folder:
        copy, one, every = (Path(folder) / name for name in ("city", "one.zip", "every"))
        shutil.copytree(city, copy, ignore=shutil.ignore_patterns("meetings", "incoming"))
        seen = read_city(Store(copy))
        place, month = seen.place(int(seen.members(level, seen.city)[0])).token, seen.latest_period(PeriodKind.MONTH)
        if month is None:
            return
        before = ["--period", str(month.previous())]
        runs = {
            "one place, first of these data": ["prepare", "--place", place, "--out", str(one)],
            "one place, data frozen before": ["prepare", "--place", place, *before, "--out", str(one)],
            "all places of a month": ["prepare", "--every", level.value, "--out", str(every)],
            "verify one": ["verify", str(one)],
        }
        for name, words in runs.items():
            began, worked = time.perf_counter(), os.times()
            command = [sys.executable, "app.py", "meeting", *words, "--city", str(copy)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            spent = os.times().children_user + os.times().children_system
            spent -= worked.children_user + worked.children_system
            print(f"command, {name}: {time.perf_counter() - began:.2f} s ({spent:.2f} s of a processor)", flush=True)
        sizes = [path.stat().st_size / 1e6 for path in every.iterdir()]
        print(f"{len(sizes)} dossiers of {min(sizes):.2f} to {max(sizes):.2f} MB", flush=True)


if __name__ == "__main__":
    main()
