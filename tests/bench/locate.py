"""Measure how fast points find their places, side by side in one run, and print one table.

``python -m tests.bench.locate [--points 1000000,10000000] [--postgis "dbname=bench"]``

Ways are held against ``geopandas.sjoin(points, cells, predicate="within")`` on the same points; "wrong" counts labels
that differ from exact geometry under the border rule. Slow ways are asked for a million points only. The time that all
processors spent stands beside the time that passed, because a busy machine stretches the second more than the first.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import shapely
from numba import njit

from geodata.demo import facts as given
from geodata.demo.mesh import cut_blocks
from geodata.demo.regions import build_places
from geodata.raster import NOWHERE, PlaceIndex, by_tree
from geodata.vocabulary import PlaceLevel

Shapes = npt.NDArray[np.object_]
Points = npt.NDArray[np.float64]
"""x and y, shape (2, n)."""
Way = Callable[[Points, Shapes], npt.NDArray[np.int64]]
MILLION = 1_000_000
FIRST_CALL = """
import time, numpy, shapely
from geodata.raster import PlaceIndex
squares = shapely.box([0, 1], 0, [1, 2], 1)
began = time.perf_counter()
PlaceIndex.build(squares).locate([0.5], [0.5])
print(time.perf_counter() - began)
"""


@dataclass(frozen=True)
class Time:
    """How long something took [s]."""

    passed: float
    spent: float
    """By all processors together."""


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    city: str
    points: int | None
    way: str
    time: Time | None = None
    sjoin: Time | None = None
    wrong: int | None = None
    note: str = ""

    def __str__(self) -> str:
        n, time, sjoin = self.points or 0, self.time, self.sjoin
        cells = (
            self.city,
            f"{n:,}" if n else "",
            self.way,
            f"{time.passed:.3f}" if time else "",
            f"{n / time.passed / 1e6:.2f}" if n and time else "",
            f"{sjoin.passed / time.passed:.2f}" if sjoin and time else "",
            f"{time.spent / n * 1e9:.0f}" if n and time else "",
            "" if self.wrong is None else f"{self.wrong:,}",
            self.note,
        )
        return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", default="1000000,10000000")
    parser.add_argument("--postgis", default="", help="connection string of a database with PostGIS, for one row more")
    options = parser.parse_args()
    print("| city | points | way | s | Mpts/s | × sjoin within | CPU ns/point | wrong | note |")
    print("|---|--:|---|--:|--:|--:|--:|--:|---|")
    for row in first_calls():
        print(row, flush=True)
    demo = demo_cells()
    for city, shapes in (("demo cells", demo), ("fractal cells", fractal(demo))):
        for row in measured(city, shapes, [int(n) for n in options.points.split(",")], options.postgis):
            print(row, flush=True)


# --- cities and points ---


def demo_cells() -> Shapes:
    """Return the grid cells of the demo city, in the order of their codes."""
    facts = given.read_facts()
    places = build_places(cut_blocks(facts, np.random.default_rng(1)), facts, np.random.default_rng(2))
    return np.asarray(places[PlaceLevel.GRID_CELL].geometry.to_numpy())


def fractal(shapes: Shapes, times: int = 4, sway: float = 0.12) -> Shapes:
    """Bend every edge by displaced midpoints, the same for both neighbours; bend less where borders would cross."""
    kind, points, offsets = shapely.to_ragged_array(shapes)
    last = np.zeros(len(points), dtype=bool)
    last[offsets[0][1:] - 1] = True
    start = np.flatnonzero(~last)
    ends = np.stack([points[start], points[start + 1]], axis=1)
    turned = (ends[:, 0, 0] > ends[:, 1, 0]) | ((ends[:, 0, 0] == ends[:, 1, 0]) & (ends[:, 0, 1] > ends[:, 1, 1]))
    ends[turned] = ends[turned][:, ::-1]
    border, of_border = np.unique(ends.reshape(-1, 4), axis=0, return_inverse=True)
    rng = np.random.default_rng(0)
    noise = [rng.uniform(-sway, sway, (len(border), 2**step)) for step in range(times)]
    damping = np.ones(len(border))
    shape_of = np.repeat(np.arange(len(shapes)), shapely.get_num_coordinates(shapes))[start]
    while True:
        line = border.reshape(-1, 2, 2)
        for each in noise:
            across = np.diff(line, axis=1)[:, :, ::-1] * (-1, 1) * (each * damping[:, None])[:, :, None]
            finer = np.empty((len(line), 2 * line.shape[1] - 1, 2))
            finer[:, 0::2], finer[:, 1::2] = line, (line[:, 1:] + line[:, :-1]) / 2 + across
            line = finer
        steps = line.shape[1] - 1
        bends = line[of_border]
        bends[turned] = bends[turned][:, ::-1]
        count = np.where(last, 1, steps)
        where = np.append(0, np.cumsum(count))
        bent = np.empty((where[-1], 2))
        bent[where[start][:, None] + np.arange(steps)] = bends[:, :-1]
        bent[where[:-1][last]] = points[last]
        made = np.asarray(shapely.from_ragged_array(kind, bent, (where[offsets[0]], *offsets[1:])))
        crossed = ~shapely.is_valid(made) | ~shapely.is_empty(shapely.coverage_invalid_edges(made))
        if not crossed.any():
            return made
        damping[of_border[crossed[shape_of]]] /= 2


def clustered(shapes: Shapes, n: int) -> Points:
    """Draw points around the cells, about 2 % outside, 0.3 % on vertices and in the middle of edges."""
    rng = np.random.default_rng(5)
    centres = shapely.get_coordinates(shapely.centroid(shapes))
    points = centres[rng.integers(0, len(centres), n)] + rng.normal(0, 0.002, (n, 2))
    vertices, of_shape = shapely.get_coordinates(shapes, return_index=True)
    planted = rng.choice(np.flatnonzero(of_shape[1:] == of_shape[:-1]), n * 3 // 1000)
    halfway = rng.integers(0, 2, (len(planted), 1)) / 2
    points[: len(planted)] = vertices[planted] + halfway * (vertices[planted + 1] - vertices[planted])
    return np.ascontiguousarray(rng.permutation(points).T)


# --- ways ---


def sjoin_within(points: Points, shapes: Shapes) -> npt.NDArray[np.int64]:
    """Join as most people would: points on borders are lost."""
    cells = gpd.GeoDataFrame(geometry=shapes)
    found = np.full(points.shape[1], NOWHERE)
    for start in range(0, points.shape[1], MILLION):
        table = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*points[:, start : start + MILLION]))
        joined = gpd.sjoin(table, cells, predicate="within")
        found[joined.index + start] = joined["index_right"]
    return found


def sjoin_smallest(points: Points, shapes: Shapes) -> npt.NDArray[np.int64]:
    """Join by intersection and keep the smallest code of each point."""
    table = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*points))
    joined = gpd.sjoin(table, gpd.GeoDataFrame(geometry=shapes), predicate="intersects")
    found = np.full(points.shape[1], NOWHERE)
    smallest = joined.groupby(joined.index)["index_right"].min()
    found[smallest.index] = smallest
    return found


def tree(points: Points, shapes: Shapes) -> npt.NDArray[np.int64]:
    """Take the way of few points."""
    return by_tree(*points, shapes).astype(np.int64)


def sedona(points: Points, shapes: Shapes) -> npt.NDArray[np.int64]:
    """Join in SedonaDB and keep the smallest code of each point."""
    import sedonadb

    session = sedonadb.connect()
    raw_points = pa.table({"n": np.arange(points.shape[1]), "x": points[0], "y": points[1]})
    raw_cells = pa.table(
        {"code": np.arange(len(shapes)), "wkb": pa.array(shapely.to_wkb(shapes).tolist(), pa.binary())}
    )
    session.create_data_frame(raw_points).to_view("raw_points")
    session.create_data_frame(raw_cells).to_view("raw_cells")
    joined = session.sql(
        "SELECT n, MIN(code) AS code FROM (SELECT n, ST_Point(x, y) AS point FROM raw_points),"
        " (SELECT code, ST_GeomFromWKB(wkb) AS cell FROM raw_cells) WHERE ST_Intersects(cell, point) GROUP BY n"
    )
    return smallest_of(pa.RecordBatchReader.from_stream(joined).read_all().to_pandas(), points)


def duckdb_spatial(points: Points, shapes: Shapes) -> npt.NDArray[np.int64]:
    """Join in DuckDB and keep the smallest code of each point."""
    import duckdb

    connection = duckdb.connect()
    connection.execute("LOAD spatial")
    connection.register("raw_points", pd.DataFrame({"n": np.arange(points.shape[1]), "x": points[0], "y": points[1]}))
    connection.register("raw_cells", pd.DataFrame({"code": np.arange(len(shapes)), "wkb": shapely.to_wkb(shapes)}))
    connection.execute("CREATE TABLE points AS SELECT n, ST_Point(x, y) AS geometry FROM raw_points")
    connection.execute("CREATE TABLE cells AS SELECT code, ST_GeomFromWKB(wkb) AS geometry FROM raw_cells")
    joined = connection.execute(
        "SELECT n, MIN(code) AS code FROM points, cells WHERE ST_Intersects(cells.geometry, points.geometry) GROUP BY n"
    )
    return smallest_of(joined.df(), points)


def postgis(address: str) -> Way:
    """Join in PostGIS and keep the smallest code of each point; loading the tables is part of it."""

    def way(points: Points, shapes: Shapes) -> npt.NDArray[np.int64]:
        import psycopg

        with psycopg.connect(address) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TEMP TABLE cells (code int, geometry geometry)")
            cursor.execute("CREATE TEMP TABLE points (n int, x float8, y float8)")
            with cursor.copy("COPY cells FROM STDIN") as copy:
                for each in enumerate(shapely.to_wkb(shapes, hex=True)):
                    copy.write_row(each)
            with cursor.copy("COPY points FROM STDIN") as copy:
                for n, (x, y) in enumerate(points.T.tolist()):
                    copy.write_row((n, x, y))
            cursor.execute("CREATE INDEX ON cells USING gist (geometry)")
            cursor.execute("ANALYZE cells")
            cursor.execute(
                "SELECT n, MIN(code) FROM points JOIN cells ON ST_Intersects(geometry, ST_Point(x, y)) GROUP BY n"
            )
            return smallest_of(pd.DataFrame(cursor.fetchall(), columns=["n", "code"]), points)

    return way


def smallest_of(joined: pd.DataFrame, points: Points) -> npt.NDArray[np.int64]:
    """Spread (n, code) over all points."""
    found = np.full(points.shape[1], NOWHERE)
    found[joined["n"].to_numpy()] = joined["code"]
    return found


@njit(nogil=True)
def stream(x: Points, y: Points, frame: tuple[float, ...], columns: int, table: Points, found: Points) -> None:
    """Do what any raster has to: read a point, read the table once, write a label."""
    west, south, per_side = frame
    for k in range(len(x)):
        cell = int((y[k] - south) * per_side) * columns + int((x[k] - west) * per_side)
        found[k] = table[min(max(cell, 0), len(table) - 1)]


def floor(index: PlaceIndex, points: Points) -> None:
    """Reach for the machine's limit, with as many threads as the index uses."""
    grid, found = index.grid, np.empty(points.shape[1], dtype=np.int32)
    frame = (grid.west, grid.south, 1.0 / grid.side)

    def part(start: int) -> None:
        x, y = points[:, start : start + 131_072]
        stream(x, y, frame, grid.columns, index.table, found[start : start + 131_072])

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        list(pool.map(part, range(0, points.shape[1], 131_072)))


# --- measuring ---


def timed(action: Callable[[], object]) -> Time:
    """Run once."""
    spent, passed = time.process_time(), time.perf_counter()
    action()
    return Time(time.perf_counter() - passed, time.process_time() - spent)


def best(action: Callable[[], object], times: int) -> Time:
    """Return the fastest of some runs."""
    return min((timed(action) for _ in range(times)), key=lambda each: each.passed)


def first_calls() -> Iterator[Row]:
    """Measure building and asking a tiny index in a new process, with kernels to compile and with kernels kept."""
    with tempfile.TemporaryDirectory() as folder:
        for note in ("Numba imported, kernels compiled", "Numba imported, kernels read from the cache"):
            environment = os.environ | {"NUMBA_CACHE_DIR": folder}
            said = subprocess.run(
                [sys.executable, "-c", FIRST_CALL], env=environment, check=True, capture_output=True, text=True
            ).stdout
            yield Row("two squares", None, "first call in a process", Time(float(said), 0.0), note=note)


def measured(city: str, shapes: Shapes, sizes: list[int], postgis_address: str) -> Iterator[Row]:
    """Measure all ways on one city."""
    vertices = int(shapely.get_num_coordinates(shapes).sum())
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "raster"
        yield Row(city, None, "build", best(lambda: PlaceIndex.build(shapes), 2), note=f"{vertices:,} vertices")
        yield Row(city, None, "build and write", best(lambda: PlaceIndex.open(folder, shapes), 1))
        yield Row(city, None, "load", best(lambda: PlaceIndex.open(folder, shapes), 3), note=size_of(folder))
        index = PlaceIndex.open(folder, shapes)
        for n in sizes:
            yield from asked(city, shapes, index, clustered(shapes, n), postgis_address)


def asked(city: str, shapes: Shapes, index: PlaceIndex, points: Points, postgis_address: str) -> Iterator[Row]:
    """Measure all ways on the same points."""
    n = points.shape[1]
    exact: npt.NDArray[np.int64] = np.empty(0)
    reference: Time | None = None
    found: list[npt.NDArray[np.int64]] = []

    def measure(name: str, way: Way) -> Row:
        nonlocal exact, reference
        try:
            took = timed(lambda: found.append(way(points, shapes)))
        except Exception as fault:  # noqa: BLE001 - whatever another engine stumbles over goes into the table
            return Row(city, n, name, note=f"not installed: {str(fault).splitlines()[0][:40]}…")
        exact = found[-1] if way is tree else exact
        reference = took if way is sjoin_within else reference
        return Row(city, n, name, took, reference, int((found.pop() != exact).sum()))

    yield measure("STRtree (few points)", tree)
    yield measure("geopandas.sjoin within", sjoin_within)
    took = best(lambda: index.locate(*points), 5)
    yield Row(city, n, "PlaceIndex", took, reference, int((index.locate(*points) != exact).sum()))
    floor(index, points[:, :10])
    limit = best(lambda: floor(index, points), 5)
    away = f"PlaceIndex takes {took.passed / limit.passed:.1f} times as long"
    yield Row(city, n, "floor of the machine", limit, reference, note=away)
    if n <= MILLION:
        yield measure("geopandas.sjoin intersects + smallest code", sjoin_smallest)
        yield measure("SedonaDB", sedona)
        yield measure("DuckDB spatial", duckdb_spatial)
        if postgis_address:
            yield measure("PostGIS", postgis(postgis_address))


def size_of(folder: Path) -> str:
    """Say how large the files are."""
    return f"{sum(each.stat().st_size for each in folder.iterdir()) / 1e6:.0f} MB"


if __name__ == "__main__":
    main()
