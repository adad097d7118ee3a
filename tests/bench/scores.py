"""Measure scores, intervals and reasons of all streets and communities of a city over its months, and one day more.

``python -m tests.bench.scores [CITY]`` ; without CITY a demo city of three years is made in a temporary folder first.
Everything is computed from the count index: the answers that a city keeps are those of this run alone.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from geodata import pipeline
from geodata.city import CityData, read_city
from geodata.ranking import rank_places
from geodata.reasons import reasons_of_level
from geodata.store import Store
from geodata.vocabulary import Period, PeriodKind, PlaceLevel
from tests.bench import machine

LEVELS = (PlaceLevel.STREET, PlaceLevel.COMMUNITY)
KINDS = (PeriodKind.DAY, PeriodKind.WEEK, PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.YEAR)
MONTHS = 36


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("city", nargs="?", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.city or Path(scratch) / "city"
        if not (folder / "ledger.sqlite").exists():
            pipeline.make_demo_city(Store(folder))
        city = read_city(Store(folder))
        latest = city.latest_period(PeriodKind.MONTH)
        assert latest is not None
        months = city.recent_periods(latest, MONTHS)
        places = sum(len(city.members(level, city.city)) for level in LEVELS)
        print(f"{len(months)} months, {places} places, {len(city.method.indicators)} indicators, {machine()}\n")
        print("| what | how many | seconds |\n|---|--:|--:|")
        line("scores and intervals of all months", scored, city, months)
        line("reasons of every month against the month before, to child place and type", explained, city, months)
        line("ranks and tiers of the latest month", ranked, city, latest)
        fresh = read_city(Store(folder))
        line("one day more: its day, week, month, quarter, year; the month's reasons", one_day, fresh, months)


def line(what: str, run: Callable[..., int], *arguments: object) -> None:
    """Print how long something took."""
    began = time.perf_counter()
    n = run(*arguments)
    print(f"| {what} | {n:,} | {time.perf_counter() - began:.2f} |", flush=True)


def scored(city: CityData, periods: Iterable[Period]) -> int:
    """Score all places in all periods; return how many scores came out."""
    every = [city.scores(level, period).scores for period in periods for level in LEVELS]
    return sum(int(np.isfinite(scores.low).sum()) for scores in every)


def explained(city: CityData, months: Sequence[Period]) -> int:
    """Explain the change of every place from month to month; return how many sum to it exactly."""
    exact = 0
    for level in LEVELS:
        for month in reasons_of_level(city, level, months):
            residuals = np.array([why.explanation.residual for why in month])
            exact += int((np.abs(residuals) < 1e-9).sum())
    return exact


def ranked(city: CityData, period: Period) -> int:
    """Rank all places; return how many have a rank."""
    return sum(rank_places(city, level, period).n_ranked for level in LEVELS)


def one_day(city: CityData, months: Sequence[Period]) -> int:
    """Answer what a day's delivery changes; return how many scores and reasons that is."""
    end = months[-1].end
    latest = [Period.containing(end - dt.timedelta(days=1), kind) for kind in KINDS]
    return scored(city, latest) + explained(city, months[-2:])


if __name__ == "__main__":
    main()
