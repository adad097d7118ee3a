"""Measure the count index on made-up incidents beside DuckDB, in one run, and print one table.

``python -m tests.bench.counts [--rows 30000000] [--questions 300]``
"""

from __future__ import annotations

import argparse
import datetime as dt
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import numba  # noqa: F401 - the server has loaded it too
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from geodata.counts import CountIndex, CountRows
from geodata.locate import NOWHERE
from geodata.vocabulary import LEVELS, Period, PeriodKind, PlaceLevel

SIZES = (3, 24, 320, 20_000)
"""Districts, streets, communities and grid cells."""
FIRST_ROW = np.concatenate([[0], np.cumsum(SIZES)])
N_PLACES = int(FIRST_ROW[-1])
N_TYPES = 60
START, YEARS = dt.date(2016, 1, 1), 10
N_DAYS = (START.replace(year=START.year + YEARS) - START).days
PERIODS = {PeriodKind.DAY: 60, PeriodKind.WEEK: 53, PeriodKind.MONTH: 36, PeriodKind.QUARTER: 16, PeriodKind.YEAR: 10}
"""How many periods a history asks for."""


def parents() -> np.ndarray:
    """Return the place at every level of each grid cell, shape (n_cells, 4)."""
    cell = np.arange(SIZES[3])
    return np.column_stack([FIRST_ROW[k] + cell * SIZES[k] // SIZES[3] for k in range(4)]).astype(np.int32)


def made_up(rows: int, days: tuple[int, int], seed: int) -> CountRows:
    """Return incidents as uneven as a city's: few cells and types have most of them; some are nowhere."""
    rng = np.random.default_rng(seed)
    uneven = np.random.default_rng(0)
    cell = rng.choice(SIZES[3], rows, p=shares(uneven.lognormal(0, 1.2, SIZES[3])))
    place = parents()[cell]
    lost = rng.random(rows)
    place[lost < 0.02, 3] = NOWHERE  # known to the community only
    place[lost < 0.01] = NOWHERE
    given = lost > 0.005  # half of those nowhere have no position, the others lie outside
    return CountRows(
        day=((START - dt.date(1970, 1, 1)).days + rng.integers(*days, rows)).astype(np.int32),
        hour=rng.integers(0, 24, rows).astype(np.int8),
        kind=rng.choice(N_TYPES, rows, p=shares(1 / np.arange(1, N_TYPES + 1))).astype(np.int32),
        types=tuple(f"type {k:02d}" for k in range(N_TYPES)),
        source=rng.integers(0, 6, rows).astype(np.int32),
        sources=tuple("abcdef"),
        lon=np.where(given, 113 + rng.random(rows), np.nan),
        lat=np.where(given, 22 + rng.random(rows), np.nan),
        place=place,
        row=np.arange(rows, dtype=np.int32),
        file=f"{days[0]}-{seed}.parquet",
    )


def shares(weights: np.ndarray) -> np.ndarray:
    """Return weights that add up to 1."""
    return np.asarray(weights / weights.sum())


def main() -> None:
    """Build, keep, load and ask; each in a process of its own, so that memory is told apart."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=30_000_000)
    parser.add_argument("--questions", type=int, default=300)
    asked = parser.parse_args()
    print(f"{asked.rows:,} incidents, {YEARS} years, {N_PLACES:,} places, {N_TYPES} types\n")
    print("| what | median | p95 | worst | p95, worst of processor time | bar |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        for work in (build, ask, update):
            process = multiprocessing.get_context("spawn").Process(
                target=work, args=(Path(scratch), asked.rows, asked.questions)
            )
            process.start()
            process.join()


def build(folder: Path, rows: int, _: int) -> None:
    """Build and keep the index, and write the Parquet file that DuckDB reads."""
    edges = np.linspace(0, N_DAYS, YEARS + 1).astype(int)
    given = [made_up(rows // YEARS, (int(a), int(b)), k) for k, (a, b) in enumerate(pairwise(edges))]
    bytes_given = sum(v.nbytes for part in given for v in vars(part).values() if isinstance(v, np.ndarray))
    began = time.perf_counter()
    index = CountIndex.build(given, N_PLACES)
    took = time.perf_counter() - began
    arrays = sum(array.nbytes for array in index._arrays().values())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    line("build", f"{took:.1f} s")
    line("— memory beside the rows given and the arrays made", gib(peak - bytes_given - arrays), bar="< 1.5 GiB")
    began = time.perf_counter()
    index.save(folder / "index")
    line("save", f"{time.perf_counter() - began:.1f} s")
    cubes = sum(cube.planes.nbytes for cube in index.cubes)
    line("size of the files (of which cubes)", f"{gib(arrays)} ({gib(cubes)})")
    shapes = " · ".join("×".join(map(str, cube.planes.shape)) for cube in index.cubes)
    line("cubes: checkpoints × (1 + types) × places", shapes)
    write_parquet(index, folder / "rows.parquet")


def write_parquet(index: CountIndex, path: Path) -> None:
    """Write day, type and place of each row at every level, sorted by day."""
    names = ["day", "kind", *(level.value for level in LEVELS)]
    schema = pa.schema([(name, pa.int32()) for name in names])
    with pq.ParquetWriter(path, schema) as writer:
        for start in range(0, len(index.day), 1 << 20):
            part = slice(start, start + (1 << 20))
            place = index.site_place[index.site[part]]
            columns = [index.day[part], index.kind[part].astype(np.int32), *place.T]
            writer.write_table(pa.table([pa.array(c) for c in columns], schema=schema), row_group_size=1 << 18)


def ask(folder: Path, _: int, questions: int) -> None:
    """Ask random questions of the index mapped into memory, then some of DuckDB."""
    before = resident()
    began = time.perf_counter()
    index = CountIndex.load(folder / "index")
    line("load", ms(time.perf_counter() - began))
    began = time.perf_counter()
    for each in LEVELS:  # as a server does before its first reader comes
        index.place_types(each, START + dt.timedelta(days=1), START + dt.timedelta(days=N_DAYS - 2))
    line("compiled loops loaded", ms(time.perf_counter() - began))
    for name, level, random_question in kinds_of_question(index):
        rng = np.random.default_rng(7)
        line(f"{name}, {level}", *timed([random_question(rng) for _ in range(questions)]), bar="p95 2, worst 5 ms")
    line("resident after all that, beside the program itself", gib(resident() - before), bar="< 1.5 GiB")
    connection = duckdb.connect(config={"threads": 2})
    connection.read_parquet(str(folder / "rows.parquet")).create_view("rows")
    for level in LEVELS:
        rng = np.random.default_rng(7)
        queries = [in_duckdb(connection, index, level, *place_question(index, level, rng)) for _ in range(12)]
        line(f"DuckDB: by_place, {level.value}", *timed(queries))


Question = Callable[[], Any]


def kinds_of_question(
    index: CountIndex,
) -> Iterator[tuple[str, str, Callable[[np.random.Generator], Question]]]:
    """Yield what is asked, of which level, and a maker of random questions."""
    for level in LEVELS:

        def by_place(rng: np.random.Generator, level: PlaceLevel = level) -> Question:
            members, start, end, within, types = place_question(index, level, rng)
            return lambda: index.by_place(level, members, start, end, within=within, types=types)

        yield "by_place", level.value, by_place
    for level in LEVELS:

        def place_types(rng: np.random.Generator, level: PlaceLevel = level) -> Question:
            start, end = random_span(rng)
            return lambda: index.place_types(level, start, end)

        yield "place_types", level.value, place_types
    for inside in (None, *LEVELS):

        def period_types(rng: np.random.Generator, inside: PlaceLevel | None = inside) -> Question:
            starts, within = random_history(rng), None if inside is None else (random_place(rng, inside), inside)
            return lambda: index.period_types(starts, within)

        yield "period_types", "city" if inside is None else inside.value, period_types


def random_place(rng: np.random.Generator, level: PlaceLevel) -> int:
    """Return the row of a place."""
    return int(FIRST_ROW[level.depth] + rng.integers(SIZES[level.depth]))


def random_span(rng: np.random.Generator) -> tuple[dt.date, dt.date]:
    """Return a period of a random kind or, one time in three, any days."""
    kind = rng.integers(len(PERIODS) * 3 // 2)
    if kind < len(PERIODS):
        period = Period.containing(START + dt.timedelta(days=int(rng.integers(N_DAYS))), list(PERIODS)[kind])
        return period.start, period.end
    low, high = np.sort(rng.integers(0, N_DAYS + 1, 2)).tolist()
    return START + dt.timedelta(days=low), START + dt.timedelta(days=high)


def random_history(rng: np.random.Generator) -> list[dt.date]:
    """Return the starts of consecutive periods of a random kind."""
    kind = list(PERIODS)[rng.integers(len(PERIODS))]
    period = Period.containing(START + dt.timedelta(days=int(rng.integers(N_DAYS))), kind)
    starts = [period.end]
    for _ in range(PERIODS[kind]):
        starts.append(period.start)
        period = period.previous()
    return starts[::-1]


def place_question(
    index: CountIndex, level: PlaceLevel, rng: np.random.Generator
) -> tuple[np.ndarray, dt.date, dt.date, tuple[int, PlaceLevel] | None, np.ndarray | None]:
    """Return members, span, place to stay in and types of a random question at a level."""
    above = int(rng.integers(level.depth + 1))
    within = (random_place(rng, LEVELS[above]), LEVELS[above]) if above < level.depth else None
    rows = np.arange(FIRST_ROW[level.depth], FIRST_ROW[level.depth + 1])
    if within is not None:
        rows = np.unique(index.site_place[index.site_place[:, above] == within[0], level.depth])
        rows = rows[rows != NOWHERE]
    wanted = [0, 1, int(rng.integers(2, 12)), int(rng.integers(2, N_TYPES))][rng.integers(4)]
    types = np.sort(rng.choice(len(index.types), wanted, replace=False)) if wanted else None
    return rows.astype(np.int32), *random_span(rng), within, types


def in_duckdb(
    connection: duckdb.DuckDBPyConnection,
    index: CountIndex,
    level: PlaceLevel,
    members: np.ndarray,
    start: dt.date,
    end: dt.date,
    within: tuple[int, PlaceLevel] | None,
    types: np.ndarray | None,
) -> Question:
    """Return the same question in SQL; its answer is compared with the index's."""
    first, last = ((day - dt.date(1970, 1, 1)).days for day in (start, end))
    where = f"day >= {first} AND day < {last}"
    where += "" if within is None else f" AND {within[1].value} = {within[0]}"
    where += "" if types is None else f" AND kind IN ({','.join(map(str, types))})"
    sql = f"SELECT {level.value}, count(*) FROM rows WHERE {where} GROUP BY 1"  # noqa: S608 - our own numbers
    counted = index.by_place(level, members, start, end, within=within, types=types)
    plain = dict(connection.execute(sql).fetchall())
    assert counted.total == sum(plain.values())
    assert {k: n for k, n in counted.places.items() if n} == {k: n for k, n in plain.items() if k != NOWHERE}
    return lambda: connection.execute(sql).fetchnumpy()


def update(folder: Path, _: int, __: int) -> None:
    """Put in one more day of 8,000 incidents, and take it out again."""
    index = CountIndex.load(folder / "index")
    day = made_up(8000, (N_DAYS, N_DAYS + 1), 99)
    began = time.perf_counter()
    index = index.updated([day])
    line("one day of 8,000 more", f"{time.perf_counter() - began:.2f} s")
    began = time.perf_counter()
    index.save(folder / "more")
    line("— saved", f"{time.perf_counter() - began:.2f} s")
    index = CountIndex.load(folder / "more")
    began = time.perf_counter()
    index.updated([], {day.file: None})
    line("— taken out again", f"{time.perf_counter() - began:.2f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    line("— memory at most, mapped files included", gib(peak))


def timed(questions: list[Question]) -> list[str]:
    """Return median, 95th percentile and worst of the time that each question takes, asked once.

    On a machine that others use too the time on the clock has their share in it; the processor's own has not.
    """
    clock, own = [], []
    for question in questions:
        began = time.perf_counter(), time.thread_time()
        question()
        clock.append(time.perf_counter() - began[0])
        own.append(time.thread_time() - began[1])
    of_clock = [ms(float(np.quantile(clock, q))) for q in (0.5, 0.95, 1)]
    return [*of_clock, ", ".join(ms(float(np.quantile(own, q))) for q in (0.95, 1))]


def resident() -> int:
    """Return the memory that this process holds [bytes], mapped files included."""
    text = Path("/proc/self/smaps_rollup").read_text(encoding="ascii")
    return next(int(row.split()[1]) for row in text.splitlines() if row.startswith("Rss:")) * 1024


def line(what: str, *values: str, bar: str = "") -> None:
    """Print a row of the table."""
    cells = [what, *values, *[""] * (4 - len(values)), bar]
    print("| " + " | ".join(cells) + " |", flush=True)


def ms(seconds: float) -> str:
    """Return seconds as milliseconds."""
    return f"{seconds * 1000:.2f} ms"


def gib(n: float) -> str:
    """Return bytes as GiB."""
    return f"{n / 2**30:.2f} GiB"


if __name__ == "__main__":
    main()
