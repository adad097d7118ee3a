"""Count the same incidents in one process and in two, divided in several ways; say whether the counts are equal.

``python -m tests.bench.distributed [--rows 4000000]`` prints one table.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from shapely import box

from geodata.boundaries import PARENT_FROM_FILE, join_levels
from geodata.counts import CountIndex, CountRows
from geodata.distributed import count_files
from geodata.locate import Locator
from geodata.vocabulary import PlaceLevel

SIDE, FILES, N_TYPES = 140, 8, 60
WEST, SOUTH, SIZE = 113.0, 22.0, 0.004
FIRST_DAY, N_DAYS = 19_000, 1_096


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=4_000_000)
    rows = parser.parse_args().rows
    places = made_up_places()
    with tempfile.TemporaryDirectory() as scratch:
        files = written(Path(scratch), rows)
        print(f"{rows:,} incidents in {FILES} files, {len(places):,} places\n")
        print("| way | rows a task | s | million rows/s | equal |\n|---|---|---|---|---|")
        began = time.perf_counter()
        indexes = Path(scratch) / "indexes"
        index = as_one_machine(files, places, indexes)
        line("CountIndex, the first to locate here", rows, rows, began, equal="")
        first = None
        for way, sizes in (
            (None, (10_000_000, 1_000_000, 250_000)),
            ("local", (1_000_000, 250_000)),
        ):
            for size in sizes:
                began = time.perf_counter()
                counts = count_files(files, places, indexes=indexes, scheduler=way, workers=2, rows_per_task=size)
                first = first or counts
                same = counts.table.equals(first.table) and agrees(counts.frame(PlaceLevel.GRID_CELL), index, places)
                line("in this process" if way is None else "2 processes", size, rows, began, "yes" if same else "NO")


def made_up_places() -> gpd.GeoDataFrame:
    """Return SIDE × SIDE cells in SIDE streets in one district."""
    cells = [(row, column) for row in range(SIDE) for column in range(SIDE)]
    x, y = np.array(cells, dtype=np.float64).T * SIZE + np.array([[WEST], [SOUTH]])
    wide, high = WEST + SIDE * SIZE, SOUTH + SIDE * SIZE
    edges = WEST + np.arange(SIDE + 1) * SIZE
    levels = {
        PlaceLevel.DISTRICT: (["d"], [""], [box(WEST, SOUTH, wide, high)]),
        PlaceLevel.STREET: (
            [f"s{row:03d}" for row in range(SIDE)],
            ["d"] * SIDE,
            list(box(edges[:-1], SOUTH, edges[1:], high)),
        ),
        PlaceLevel.GRID_CELL: (
            [f"c{row:03d}{column:03d}" for row, column in cells],
            [f"s{row:03d}" for row, _ in cells],
            list(box(x, y, x + SIZE, y + SIZE)),
        ),
    }
    blank = dict.fromkeys(("name_en", "valid_from", "valid_to"), "")
    frames = [
        gpd.GeoDataFrame(
            {"place_id": ids, "name": ids, "level": level.value, "parent_id": parents}, geometry=shapes, crs="EPSG:4326"
        )
        for level, (ids, parents, shapes) in levels.items()
    ]
    places = pd.concat(frames, ignore_index=True).assign(parent_source=PARENT_FROM_FILE, **blank)
    return join_levels(places)


def written(folder: Path, rows: int) -> list[Path]:
    """Write clustered incidents, 2 % outside and 1 % without a position, sorted by day in each file."""
    rng = np.random.default_rng(1)
    names = np.array([f"type_{number}" for number in range(N_TYPES)])
    paths = []
    for number in range(FILES):
        n = rows // FILES
        lon, lat = rng.beta(3, 3, (2, n)) * SIZE * SIDE * 1.02 + np.array([[WEST], [SOUTH]])
        lon[rng.random(n) < 0.01] = np.nan
        day = np.sort(rng.integers(FIRST_DAY, FIRST_DAY + N_DAYS, n)).astype(np.int32)
        table = pa.table(
            {
                "occurred_on": pa.array(day).cast(pa.date32()),
                "incident_type": pa.array(names[rng.integers(0, N_TYPES, n)]),
                "lon": lon,
                "lat": lat,
            }
        )
        paths.append(folder / f"{number}.parquet")
        pq.write_table(table, paths[-1], row_group_size=125_000)
    return paths


def as_one_machine(files: list[Path], places: gpd.GeoDataFrame, indexes: Path) -> CountIndex:
    """Count the files as a city on one machine does."""
    locator, parts = Locator(places, indexes), []
    for path in files:
        table = pq.read_table(path)
        lon, lat = table["lon"].to_numpy(), table["lat"].to_numpy()
        kind = table["incident_type"].combine_chunks().dictionary_encode()
        n = len(table)
        parts.append(
            CountRows(
                day=table["occurred_on"].cast(pa.int32()).to_numpy(),
                hour=np.full(n, -1, dtype=np.int8),
                kind=kind.indices.to_numpy().astype(np.int32),
                types=tuple(kind.dictionary.to_pylist()),
                source=np.zeros(n, dtype=np.int32),
                sources=("made up",),
                lon=lon,
                lat=lat,
                place=locator.locate(lon, lat).place,
                row=np.arange(n, dtype=np.int32),
                file=path.name,
            )
        )
    return CountIndex.build(parts, n_places=len(places))


def agrees(listed: pd.DataFrame, index: CountIndex, places: gpd.GeoDataFrame) -> bool:
    """Say whether both have the same incidents in every cell by type, and on every day."""
    assert index.span is not None
    there = index.place_types(PlaceLevel.GRID_CELL, index.span[0], index.span[1] + dt.timedelta(days=1))
    here = np.zeros_like(there)
    cells = listed[listed["where"] == "place"]
    row, kind = (
        pd.Index(names).get_indexer(cells[column])
        for names, column in ((places["place_id"], "place_id"), (index.types, "incident_type"))
    )
    np.add.at(here, (row, kind), cells["incidents"].to_numpy())
    by_day = listed.groupby("day")["incidents"].sum()
    days, per_day = np.unique(index.day, return_counts=True)
    same_days = np.array_equal(by_day.index.to_numpy().astype("datetime64[D]").astype(np.int64), days)
    return np.array_equal(here, there) and same_days and np.array_equal(by_day.to_numpy(), per_day)


def line(way: str, size: int, rows: int, began: float, equal: str) -> None:
    """Print one line of the table."""
    took = time.perf_counter() - began
    print(f"| {way} | {min(size, rows):,} | {took:.1f} | {rows / took / 1e6:.2f} | {equal} |", flush=True)


if __name__ == "__main__":
    main()
