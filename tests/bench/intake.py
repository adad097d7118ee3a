"""Time the way of a large CSV to a finished store: ``python -m tests.bench.intake [--rows 10000000]``.

Prints one table: the stages of our own way, and our way beside the usual one of GeoPandas (read_csv, points_from_xy,
sjoin, groupby, to_parquet) on the same rows in the same run, once on all of them and once on a million. The usual way
takes some 7 GB for ten million rows.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

from geodata import pipeline
from geodata.boundaries import PARENT_FROM_FILE, join_levels
from geodata.city import read_city
from geodata.demo import make_demo
from geodata.store import Store
from tests.bench import machine

TYPES = ("盗窃", "电动车盗窃", "诈骗", "打架斗殴", "交通事故", "占道经营", "噪声扰民", "火灾")
FIRST_DAY = np.datetime64("2023-01-01T00:00", "s")
COMPARED = 1_000_000


def main() -> None:
    """Make the file and the city, run both ways in processes of their own, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--worker", nargs=3, metavar=("WAY", "CSV", "FOLDER"))
    args = parser.parse_args()
    if args.worker:
        way, csv, folder = args.worker
        print(json.dumps({"ours": ours, "usual": usual}[way](Path(csv), Path(folder))))
        return
    with tempfile.TemporaryDirectory() as scratch:
        compare(Path(scratch), args.rows)


def compare(scratch: Path, rows: int) -> None:
    """Run everything in `scratch` and print the table."""
    places = make_places(scratch / "places")
    large, small = scratch / "large.csv", scratch / "small.csv"
    write_csv(large, rows, places)
    write_csv(small, min(rows, COMPARED), places)
    prepare = {name: scratch / name for name in ("warm", "large_city", "small_city")}
    for name in ("warm", "large_city", "small_city"):
        Store(prepare[name]).save_places(places)
    places.to_parquet(scratch / "places.parquet")
    work("ours", small, prepare["warm"])  # compiles once, as the first import on a machine does
    whole, plain_whole = work("ours", large, prepare["large_city"]), work("usual", large, scratch)
    part, plain = work("ours", small, prepare["small_city"]), work("usual", small, scratch)
    n = min(rows, COMPARED)
    print(f"{machine()}\n\n{rows:,} rows, {large.stat().st_size / 1e6:,.0f} MB of CSV, {len(places):,} places\n")
    print("| way | rows | seconds | rows a second | resident | ratio |\n|---|---|---|---|---|---|")
    usual_way = "read_csv → sjoin → to_parquet"
    for name, count, seen, beside in (
        ("ours", rows, whole, plain_whole),
        (usual_way, rows, plain_whole, plain_whole),
        ("ours", n, part, plain),
        (usual_way, n, plain, plain),
    ):
        ratio = beside["seconds"] / seen["seconds"]
        print(
            f"| {name} | {count:,} | {seen['seconds']:.1f} | {count / seen['seconds']:,.0f} "
            f"| {seen['resident'] / 2**30:.2f} GiB | {ratio:.1f} |"
        )
    print("\n| stage (of the large file) | seconds |\n|---|---|")
    for stage, seconds in whole["stages"].items():
        print(f"| {stage} | {seconds:.1f} |")
    assert whole["counted"] == rows
    assert part["counted"] == n
    lost = n - plain["counted"]
    print(f"\ncounted: {whole['counted']:,} of {rows:,}; the usual way loses {lost:,} of {n:,}, on borders and outside")


def work(way: str, csv: Path, folder: Path) -> dict[str, float]:
    """Run one way in a process of its own, whose memory is measured alone."""
    command = [sys.executable, "-m", "tests.bench.intake", "--worker", way, str(csv), str(folder)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def ours(csv: Path, folder: Path) -> dict[str, object]:
    """Import a file as the command does."""
    stages: dict[str, float] = {}
    last = ["start", time.perf_counter()]

    def progress(what: str, _share: float) -> None:
        now = time.perf_counter()
        if what != last[0]:
            stages[str(last[0])] = now - float(last[1])
            last[:] = [what, now]

    store = Store(folder)
    began = time.perf_counter()
    pipeline.import_incidents(store, csv, "bench", progress=progress)
    progress("locate and count", 0.9)
    city = read_city(store)
    progress("end", 1.0)
    seconds = time.perf_counter() - began
    del stages["start"]
    return {"seconds": seconds, "stages": stages, "counted": len(city.index.day), "resident": resident()}


def usual(csv: Path, folder: Path) -> dict[str, object]:
    """Do what most people would write."""
    places = gpd.read_parquet(folder / "places.parquet")
    finest = places[places["level"] == "grid_cell"][["place_id", "geometry"]]
    began = time.perf_counter()
    frame = pd.read_csv(csv, parse_dates=["时间"])
    points = gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(frame["经度"], frame["纬度"]), crs="EPSG:4326")
    joined = gpd.sjoin(points, finest, predicate="within", how="left")
    counts = joined.groupby(["place_id", joined["时间"].dt.date, "类型"]).size()
    joined.to_parquet(folder / "usual.parquet")
    return {"seconds": time.perf_counter() - began, "stages": {}, "counted": int(counts.sum()), "resident": resident()}


def resident() -> int:
    """Return the most memory that this process ever held [bytes]."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def make_places(folder: Path) -> gpd.GeoDataFrame:
    """Return the places of the demo city, all levels."""
    demo = make_demo(1, 0)
    places = gpd.GeoDataFrame(pd.concat(demo.places.values(), ignore_index=True), crs="EPSG:4326")
    return join_levels(places.assign(parent_source=PARENT_FROM_FILE))


def write_csv(path: Path, rows: int, places: gpd.GeoDataFrame) -> None:
    """Write incidents of three years in the order of time, clustered around some places, 1 % without a position."""
    rng = np.random.default_rng(7)
    centres = places[places["level"] == "community"].geometry.representative_point()
    x, y = centres.x.to_numpy(), centres.y.to_numpy()
    weight = rng.pareto(1.2, len(x)) + 0.1
    with path.open("wb") as stream:
        for start in range(0, rows, 500_000):
            n = min(500_000, rows - start)
            at = rng.choice(len(x), n, p=weight / weight.sum())
            moments = FIRST_DAY + (np.arange(start, start + n) * (3 * 365 * 86400.0 / rows)).astype(np.int64)
            lon, lat = x[at] + rng.normal(0, 0.004, n), y[at] + rng.normal(0, 0.004, n)
            nowhere = rng.random(n) < 0.01
            table = pa.table(
                {
                    "编号": [f"ZH{number:010d}" for number in range(start, start + n)],
                    "时间": np.char.replace(moments.astype("datetime64[s]").astype(str), "T", " "),
                    "经度": np.where(nowhere, "", np.char.mod("%.6f", lon)),
                    "纬度": np.where(nowhere, "", np.char.mod("%.6f", lat)),
                    "类型": np.array(TYPES)[rng.integers(0, len(TYPES), n)],
                    "处置": np.array(["已办结", "处理中", "已移交"])[rng.integers(0, 3, n)],
                }
            )
            pacsv.write_csv(table, stream, pacsv.WriteOptions(include_header=start == 0, quoting_style="none"))


if __name__ == "__main__":
    main()
