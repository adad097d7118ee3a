"""Measure the prospective space-time scan beside a plain NumPy formulation of the same, and print one table.

``python -m tests.bench.scan [--places 320] [--days 365] [--replicas 999] [--window 28] [--plain 5]``

The plain way adds up every zone of every centre and takes all logarithms. It is timed on a few chance maps and
multiplied; the column says so. Both look at the same cylinders: on those maps the largest ratios must agree. The time
of all processors stands beside the time that passed, because a busy machine stretches the second more than the first.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from geodata.patterns.near_repeat import knox_table
from geodata.patterns.scan import Statistic, llr_expectation, llr_kulldorff, scan

Values = npt.NDArray[np.float64]
T = TypeVar("T")


@dataclass(frozen=True)
class City:
    """Made-up counts and their expectation, shape (n_days, n_places), and positions [m]."""

    counts: Values
    expected: Values
    x_m: Values
    y_m: Values


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    for name, default in {"places": 320, "days": 365, "replicas": 999, "window": 28, "plain": 5}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    city = made_up(options.places, options.days)
    print(f"{options.places} places × {options.days} days, windows to {options.window} days, ", end="")
    print(f"{options.replicas} chance maps, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors\n")
    print("| what | s | CPU s | plain / ours, CPU | note |")
    print("|---|--:|--:|--:|---|")
    for statistic in Statistic:
        passed, spent, _ = timed(
            partial(
                scan,
                *(city.counts, city.expected, city.x_m, city.y_m),
                statistic=statistic,
                max_days=options.window,
                replicas=options.replicas,
            ),
            3,
        )
        plain_passed, plain_spent, wrong = plain(city, statistic, options.window, options.plain)
        times = options.replicas / options.plain
        print(f"| scan, {statistic} | {passed:.3f} | {spent:.3f} | {plain_spent * times / spent:.0f} | |")
        note = f"measured on {options.plain} maps, × {times:.0f}; largest ratios differ by {wrong:.0e} at most"
        print(f"| plain NumPy, {statistic} | {plain_passed * times:.1f} | {plain_spent * times:.1f} | 1 | {note} |")
    for n in (10_000, 30_000):
        passed, spent, table = timed(partial(knox_table, *incidents(n)), 3)
        note = (
            f"{table.observed.sum():,.0f} pairs within {table.distance_bands_m[-1]:g} m and {table.day_bands[-1]} days"
        )
        print(f"| Knox table, {n:,} incidents, 999 permutations | {passed:.3f} | {spent:.3f} | | {note} |")


def made_up(places: int, days: int) -> City:
    """Return a city without clusters."""
    random = np.random.default_rng(1)
    x, y = random.uniform(0, 20_000, (2, places))
    expected = random.gamma(2.0, 0.1, places) * random.uniform(0.8, 1.2, (days, 1))
    return City(random.poisson(expected).astype(np.float64), expected, x, y)


def incidents(n: int) -> tuple[Values, Values, npt.NDArray[np.int64]]:
    """Return positions in and around sixty quarters, and days of a year."""
    random = np.random.default_rng(2)
    quarters = random.uniform(0, 15_000, (60, 2))
    x, y = (quarters[random.integers(0, 60, n)] + random.normal(0, 700, (n, 2))).T
    return x, y, random.integers(0, 365, n)


def plain(city: City, statistic: Statistic, window: int, maps: int) -> tuple[float, float, float]:
    """Return the time that a few chance maps take [s, CPU s], and the largest difference to `scan` on them."""
    random = np.random.default_rng(3)
    zones, inside = plain_zones(city)
    passed, spent, wrong = 0.0, 0.0, 0.0
    for _ in range(maps):
        began, used = time.perf_counter(), time.process_time()
        counts = random.poisson(city.expected).astype(np.float64)
        best = plain_best(city, counts, zones, inside, statistic, window)
        passed, spent = passed + time.perf_counter() - began, spent + time.process_time() - used
        ours = scan(
            counts, city.expected, city.x_m, city.y_m, statistic=statistic, max_days=window, replicas=0, most=1
        ).clusters[0]
        wrong = max(wrong, abs(ours.llr - best))
    return passed, spent, wrong


def plain_zones(city: City) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """Return each place's places by distance, and which of its zones hold at most half of all; once for all maps."""
    distance = np.hypot(city.x_m[:, None] - city.x_m, city.y_m[:, None] - city.y_m)
    order = np.argsort(distance, axis=1)
    weight = city.expected.sum(axis=0)
    return order, np.cumsum(weight[order], axis=1) <= 0.5 * weight.sum()


def plain_best(
    city: City,
    counts: Values,
    order: npt.NDArray[np.intp],
    inside: npt.NDArray[np.bool_],
    statistic: Statistic,
    window: int,
) -> float:
    """Return the largest ratio of a map: running sums over days, then over neighbours, one centre at a time."""
    total = float(counts.sum())
    expected = city.expected * (total / city.expected.sum() if statistic == Statistic.KULLDORFF else 1.0)
    c_by_day, e_by_day = (np.cumsum(part[::-1][:window], axis=0).T for part in (counts, expected))
    best = 0.0
    for near, kept in zip(order, inside, strict=True):
        c, e = (np.cumsum(part[near[kept]], axis=0) for part in (c_by_day, e_by_day))
        ratio = llr_kulldorff(c, e, total) if statistic == Statistic.KULLDORFF else llr_expectation(c, e)
        best = max(best, float(ratio.max(initial=0.0)))
    return best


def timed(work: Callable[[], T], times: int) -> tuple[float, float, T]:
    """Return the shortest time of several [s, CPU s] after one to warm up, and the answer."""
    answer, best = work(), (np.inf, np.inf)
    for _ in range(times):
        began, used = time.perf_counter(), time.process_time()
        answer = work()
        best = min(best, (time.perf_counter() - began, time.process_time() - used))
    return *best, answer


if __name__ == "__main__":
    main()
