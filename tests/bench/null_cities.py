"""Cities without any pattern: how many of their maps show one all the same?

``python -m tests.bench.null_cities --city DIR [--cities 100] [--type theft]`` prints one row a question.
"""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from geodata.city import CityData, open_city
from geodata.spots import clusters as scanning
from geodata.spots import emerging as slicing
from geodata.spots.cells import Cells, Counts, Flags, Types, Values, cells_of, counted, in_slices
from geodata.spots.hotspots import exposed, judge
from geodata.spots.kept import Arrays
from geodata.vocabulary import Period

REPLICAS = 199


def dealt(counts: Counts, known: Flags, rng: np.random.Generator) -> Counts:
    """Deal out the counts of cells anew: as many cells with 0, 1, 2 … incidents, at other places."""
    anew = counts.copy()
    anew[..., known] = rng.permuted(counts[..., known], axis=-1)
    return anew


def thrown(counts: Counts, weights: Values, rng: np.random.Generator) -> Counts:
    """Throw all incidents at the cells, in proportion to weights."""
    return rng.multinomial(int(counts.sum()), weights / weights.sum())


def hot_maps(cells: Cells, maps: Iterator[Counts], usual: Values | None, silent: Flags) -> int:
    """Count the maps on which any cell is hot or cold."""
    return sum(_marked(judge(cells, counts, usual, silent)) for counts in maps)


def _marked(judged: Arrays) -> bool:
    return bool(judged["hot"].any() or judged["cold"].any())


def null_hotspots(city: CityData, period: Period, types: Types | None, n: int, seed: int = 0) -> dict[str, int]:
    """Return how many of `n` cities without a pattern have a hot or cold cell, by the way they were made."""
    cells, rng = cells_of(city), np.random.default_rng(seed)
    counts = counted(city, cells, period.start, period.end, types)
    silent = city.silent_in(period)[cells.rows]
    usual = exposed(city, cells, period, types)
    known = (~silent).astype(np.float64)
    ways: dict[str, tuple[Callable[[], Counts], Values | None]] = {
        "counts dealt, against even": (lambda: dealt(counts, ~silent, rng), None),
        "incidents thrown evenly, against even": (lambda: thrown(counts, known, rng), None),
        "incidents thrown by exposure, against expected": (lambda: thrown(counts, usual * known, rng), usual),
    }
    return {
        name: hot_maps(cells, (make() for _ in range(n)), against, silent) for name, (make, against) in ways.items()
    }


def null_emerging(city: CityData, end: dt.date, types: Types | None, n: int, seed: int = 0) -> int:
    """Return how many of `n` cities whose incidents were thrown at cells and slices alike have an emerging spot."""
    cells, rng = cells_of(city), np.random.default_rng(seed)
    first = end - dt.timedelta(days=slicing.SLICES * slicing.SLICE_DAYS - 1)
    counts = in_slices(city, cells, first, slicing.SLICE_DAYS, slicing.SLICES, types)
    silent = city.no_data[cells.rows]
    found = 0
    for _ in range(n):
        anew = np.array([thrown(each, (~silent).astype(np.float64), rng) for each in counts])
        found += bool(slicing.judge(cells, anew, silent)["named"].any())
    return found


def null_clusters(city: CityData, end: dt.date, types: Types | None, n: int, seed: int = 0) -> int:
    """Return how many of `n` cities whose days before `end` are as expected have a significant cluster.

    Each city's year is thrown anew, Poisson around what was learnt of the true one, and learnt from anew.
    """
    places, rng = cells_of(city, level=scanning.scanned_level(city)), np.random.default_rng(seed)
    days = scanning.DAYS + scanning.YEAR
    if city.index.span is not None:
        days = min(days, (end - city.index.span[0]).days + 1)
    first = end - dt.timedelta(days=days - 1)
    due = scanning.due_by_day(city, places, first, days, types)
    truth = scanning.learnt(in_slices(city, places, first, 1, days, types), due) * due
    found = 0
    for turn in range(n):
        result = scanning.scanned(rng.poisson(truth), due, places, REPLICAS, turn)
        found += bool(len(result["p"]) and result["p"][0] <= scanning.ALPHA)
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--city", type=Path, required=True)
    parser.add_argument("--cities", type=int, default=100)
    parser.add_argument("--type", default="theft")
    args = parser.parse_args()
    city = open_city(args.city)
    if city.data_as_of is None:
        parser.error("the city has no incidents")
    types, end = city.find_types(args.type.split(",")) if args.type else None, city.data_as_of
    for days in (28, 90, 365):
        for way, n in null_hotspots(city, Period.trailing(end, days), types, args.cities).items():
            print(f"| hot or cold cells, {days} days | {way} | {n} of {args.cities} |")
    n = null_emerging(city, end, types, args.cities)
    print(f"| emerging spots | incidents thrown evenly | {n} of {args.cities} |")
    n = null_clusters(city, end, types, args.cities)
    print(f"| clusters | Poisson around what is learnt | {n} of {args.cities} |")


if __name__ == "__main__":
    main()
