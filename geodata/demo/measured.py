"""What is measured in the demo city: rates of things done in time, surveys, air, good deeds; by street and month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from geodata.demo.facts import Floats
from geodata.index.catalogue import Indicator, shipped_method
from geodata.measures import MEASURE_COLUMNS

_CASES = {"SC2": 9.0, "GJ1": 25.0, "CG2": 60.0, "SQ2": 45.0, "SY2": 4.0, "XF2": 8.0, "XP2": 9.0}
"""Cases a month for 10,000 residents, of the indicators of which a share is done."""
_DONE = {"SC2": 0.94, "GJ1": 0.62, "CG2": 0.95, "SQ2": 0.91, "SY2": 0.985, "XF2": 0.93, "XP2": 0.95}
_ACTS = {"ZQ1": 2.2, "ZQ2": 14.0}
"""Acts a month for 10,000 residents."""
_MEANS = {"GJ2": 88.0, "WM2": 90.0}
_REPLIES = 70
_AIR = (58.0, 55.0, 50.0, 44.0, 38.0, 32.0, 30.0, 33.0, 42.0, 52.0, 56.0, 60.0)


def draw_measures(residents: pd.Series[float], start: dt.date, end: dt.date, rng: np.random.Generator) -> pd.DataFrame:
    """Make up what each street reports for each month.

    Parameters
    ----------
    residents
        By street, index place_id.
    start, end
        First days of months, half-open.
    """
    streets = len(residents)
    people: Floats = np.asarray(residents, dtype=np.float64) / 1e4
    rows = []
    for indicator in (i for i in shipped_method().indicators if i.kind != "incident"):
        draw = _drawer(indicator, people, rng.normal(0.0, 1.0, streets), rng)
        for first, after in _months(start, end):
            n, value = draw(first)
            rows.append(
                pd.DataFrame(
                    {
                        "place_id": residents.index,
                        "indicator": indicator.id,
                        "start": pd.Timestamp(first),
                        "end": pd.Timestamp(after),
                        "n": n,
                        "value": value,
                    }
                )
            )
    table = pd.concat(rows, ignore_index=True)
    return table.astype({"start": "datetime64[s]", "end": "datetime64[s]"})[list(MEASURE_COLUMNS)]


def _drawer(
    indicator: Indicator, people: Floats, character: Floats, rng: np.random.Generator
) -> Callable[[dt.date], tuple[Floats, Floats]]:
    """Return what draws cases and values of all streets for a month; `character` is how a street differs, mean 0."""
    name = indicator.id

    def complement(_month: dt.date) -> tuple[Floats, Floats]:
        n: Floats = rng.poisson(people * _CASES.get(name, 10.0)).astype(np.float64)
        failing = np.clip((1 - _DONE.get(name, 0.95)) * np.exp(0.25 * character), 0.0, 1.0)
        return n, n - rng.binomial(n.astype(np.int64), failing)

    def survey(_month: dt.date) -> tuple[Floats, Floats]:
        mean = _MEANS.get(name, 88.0) + character + rng.normal(0.0, 1.2, len(people))
        return np.full(len(people), float(_REPLIES)), np.asarray(np.round(np.clip(mean, 0.0, 100.0), 1))

    def level(month: dt.date) -> tuple[Floats, Floats]:
        air = _AIR[month.month - 1] * np.exp(0.05 * character) * rng.lognormal(0.0, 0.05)
        return np.full(len(people), 30.0), np.asarray(np.round(air, 1))

    def benefit(_month: dt.date) -> tuple[Floats, Floats]:
        acts = rng.poisson(people * _ACTS.get(name, 5.0) * np.exp(0.2 * character))
        return np.ones(len(people)), acts.astype(np.float64)

    return {"complement": complement, "survey": survey, "level": level, "benefit": benefit}[indicator.kind]


def _months(start: dt.date, end: dt.date) -> Iterator[tuple[dt.date, dt.date]]:
    while start < end:
        after = (start.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
        yield start, after
        start = after
