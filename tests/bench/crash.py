"""Kill imports, undos and backups at random moments: ``python -m tests.bench.crash [--kills 200]``.

Each victim is a process of its own that is killed with SIGKILL somewhere between its start and its end. Afterwards the
store must be the state before or the state after, nothing between; and the same command, run again, must end in the
same bytes as one that was never killed.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import box

from geodata import pipeline
from geodata.boundaries import join_levels, make_places
from geodata.city import read_city
from geodata.errors import PinganError
from geodata.store import Store, restore
from geodata.vocabulary import PlaceLevel
from tests.bench import machine

CONTEXT = multiprocessing.get_context("forkserver")
ROWS = 20_000
EVER = (np.datetime64("2000-01-01").item(), np.datetime64("2100-01-01").item())


@dataclass(frozen=True)
class Victim:
    """A command that is killed, what it starts from, and the two states that are allowed afterwards."""

    name: str
    run: Callable[[Path], None]
    start: Path
    before: tuple[object, ...]
    after: tuple[object, ...]
    seconds: float
    """What it takes when nobody kills it."""


def main() -> None:
    """Kill, look, repair, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    kills = parser.parse_args().kills
    CONTEXT.set_forkserver_preload(["geodata.pipeline", "geodata.city"])
    with tempfile.TemporaryDirectory() as scratch:
        print(f"{machine()}, {ROWS:,} rows a file\n")
        print(
            "| killed | runs | while it ran | left the state before | the state after | else | run again: same bytes |"
        )
        print("|---|---|---|---|---|---|---|")
        for victim in prepare(Path(scratch)):
            moments = Random(0)  # noqa: S311 - moments, no secrets
            seen = [kill_once(victim, Path(scratch) / "victim", moments) for _ in range(kills)]
            states = [state for state, _, _ in seen]
            same, running = (sum(each[k] for each in seen) for k in (1, 2))
            print(
                f"| {victim.name} | {kills} | {running} | {states.count('before')} | {states.count('after')} "
                f"| {states.count('other')} | {same} of {kills} |",
                flush=True,
            )


def prepare(scratch: Path) -> list[Victim]:
    """Make the cities that the victims start from, and run each victim once undisturbed."""
    write_file(scratch / "one.csv", 0)
    write_file(scratch / "two.csv", ROWS // 2)  # half of it repeats and corrects the first
    Path(scratch / "empty").mkdir()
    store = Store(scratch / "one")
    cells = [box(113 + x / 10, 22 + y / 10, 113.1 + x / 10, 22.1 + y / 10) for x in range(5) for y in range(5)]
    shapes = gpd.GeoDataFrame({"id": [f"{k:02d}" for k in range(25)], "name": "格"}, geometry=cells, crs="EPSG:4326")
    store.save_places(join_levels(make_places(shapes, PlaceLevel.DISTRICT, id_column="id", name_column="name")))
    bring(scratch / "one", scratch / "one.csv")
    read_city(store)
    shutil.copytree(scratch / "one", scratch / "two")
    bring(scratch / "two", scratch / "two.csv")

    victims = []
    for name, start, run in (
        ("import", scratch / "one", Import(scratch / "two.csv")),
        ("undo", scratch / "two", Undo()),
        ("backup", scratch / "two", Backup()),
    ):
        folder, seconds = scratch / "undisturbed", []
        for _ in range(5):
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(start, folder / "city")
            before, began = state_of(folder), time.perf_counter()
            process = CONTEXT.Process(target=run, args=(folder,))
            process.start()
            process.join()
            seconds.append(time.perf_counter() - began)
        victims.append(Victim(name, run, start, before, state_of(folder), statistics.median(seconds)))
        shutil.rmtree(folder)
    return victims


@dataclass(frozen=True)
class Import:
    """Bring the second file."""

    file: Path

    def __call__(self, folder: Path) -> None:
        bring(folder / "city", self.file)


@dataclass(frozen=True)
class Undo:
    """Take the second batch back."""

    def __call__(self, folder: Path) -> None:
        try:
            Store(folder / "city").undo(2)
        except PinganError:
            assert Store(folder / "city").batches()[1].state == "undone"  # done before the kill


@dataclass(frozen=True)
class Backup:
    """Copy the city, and find out whether the copy is whole."""

    def __call__(self, folder: Path) -> None:
        if not (folder / "backup").exists():
            Store(folder / "city").backup(folder / "backup")


def kill_once(victim: Victim, folder: Path, chance: Random) -> tuple[str, bool, bool]:
    """Kill the victim at a random moment; return the state left, if a second run ends well, if it was running."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(victim.start, folder / "city")
    process = CONTEXT.Process(target=victim.run, args=(folder,))
    process.start()
    time.sleep(chance.uniform(0, victim.seconds))
    process.kill()  # SIGKILL; nothing happens if it has ended
    process.join()
    left = state_of(folder)
    names = {victim.before: "before", victim.after: "after"}
    victim.run(folder)
    return names.get(left, "other"), state_of(folder) == victim.after, process.exitcode == -9


def state_of(folder: Path) -> tuple[object, ...]:
    """Describe what a reader sees: the batches, the bytes of every live file, the counts; and the backup, if any."""
    return (*seen_in(folder / "city"), *(restored(folder) if (folder / "backup").exists() else ("no backup",)))


def seen_in(city: Path) -> tuple[object, ...]:
    store = Store(city)
    state = store.state()
    assert store.verify() == []
    batches = tuple(
        (b.id, b.sha256, b.state, b.rows, b.stored, b.known, b.corrected, b.set_aside) for b in state.batches
    )
    files = tuple((file.path, hashlib.sha256((city / file.path).read_bytes()).hexdigest()) for file in state.all_files)
    counted = read_city(store).counts(PlaceLevel.DISTRICT, *EVER)
    return batches, files, (tuple(counted.places.tolist()), counted.unlocated, counted.outside)


def restored(folder: Path) -> tuple[object, ...]:
    """Restore the backup elsewhere and look at it."""
    shutil.rmtree(folder / "again", ignore_errors=True)
    restore(folder / "backup", folder / "again")
    seen = seen_in(folder / "again")
    shutil.rmtree(folder / "again")
    return seen


def bring(city: Path, file: Path) -> None:
    """Import a file unless it is there already."""
    pipeline.import_incidents(Store(city), file, "s")


def write_file(path: Path, first: int) -> None:
    """Write incidents numbered from `first`; numbers that both files have differ in every tenth row."""
    rng = np.random.default_rng(1)
    number = np.arange(first, first + ROWS)
    lon = 113 + rng.random(2 * ROWS)[number] * 0.55
    lat = 22 + rng.random(2 * ROWS)[number] * 0.55
    moved = (number % 10 == 0) & (first > 0)
    frame = pd.DataFrame(
        {
            "编号": number,
            "时间": pd.Timestamp("2026-01-01") + pd.to_timedelta(number * 25, unit="min"),
            "经度": np.where(moved, lon + 0.01, lon),
            "纬度": lat,
            "类型": np.where(number % 97 == 0, "", "盗窃"),
        }
    )
    frame.to_csv(path, index=False)


if __name__ == "__main__":
    main()
