"""Do hot spots foretell where incidents will be? Twelve weeks learnt from, the next one foretold, twelve times over."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from geodata.city import CityData
from geodata.patterns.backtest import (
    AREA_SHARE,
    FOLDS,
    LEARN_WEEKS,
    Advantage,
    Backtest,
    Outcome,
    hit_rate,
    rolling_backtest,
)
from geodata.spots.cells import Cells, Counts, Reason, Types, Unfit, Values, cells_of, coded, decoded, in_slices, named
from geodata.spots.hotspots import judge
from geodata.spots.kept import Arrays, stored

WEEK = 7
_OUTCOMES = ("method", "baseline", "chance")


@dataclass(frozen=True, eq=False)
class Foretold:
    """How well each of the last weeks was foretold; the numbers are of the whole city."""

    test: Backtest | None
    """The densest cells by steadied risk, the cells with most incidents so far, and chance, on the same area."""
    weeks: tuple[dt.date, ...]
    """First day of each foretold week, ascending; weeks are spans of seven days that end with the day asked for."""
    hot_hits: Values
    """Incidents of each foretold week inside of the hot spots of the twelve weeks before it, shape (n_weeks,)."""
    hot_area: Values
    """Share of the city's area that these hot spots had, same shape."""
    area_share: float
    guard: Reason | None

    @property
    def incidents(self) -> int:
        """Return all incidents of the foretold weeks."""
        return 0 if self.test is None else int(self.test.method.total.sum())

    @property
    def hit_rate(self) -> float:
        """Return the share of incidents in the cells chosen by steadied risk."""
        return _overall(self.test, "method", "hit_rate")

    @property
    def baseline(self) -> float:
        """Return the share of incidents in the cells that had most so far."""
        return _overall(self.test, "baseline", "hit_rate")

    @property
    def by_chance(self) -> float:
        """Return the share of incidents in cells chosen at random."""
        return _overall(self.test, "chance", "hit_rate")

    @property
    def pai(self) -> float:
        """Return the prediction accuracy index of the method."""
        return _overall(self.test, "method", "pai")

    @property
    def pei(self) -> float:
        """Return the prediction efficiency index of the method."""
        return _overall(self.test, "method", "pei")

    @property
    def last(self) -> tuple[float, float]:
        """Return the hit rate of the last foretold week, and what chance would have hit."""
        if self.test is None:
            return np.nan, np.nan
        return float(self.test.method.hit_rate[-1]), float(self.test.chance.hit_rate[-1])

    @property
    def hot_hit_rate(self) -> float:
        """Return the share of incidents inside of the hot spots themselves."""
        return np.nan if self.test is None else float(hit_rate(self.hot_hits.sum(), self.test.method.total.sum()))

    @property
    def hot_area_share(self) -> float:
        """Return the mean share of the area that the hot spots had: what chance would have hit in them."""
        return float(self.hot_area.mean()) if len(self.hot_area) else np.nan


def foretold(city: CityData, end: dt.date, types: Types | None = None, *, folder: Path | None = None) -> Foretold:
    """Foretell each of the last weeks from the twelve before it, and count what fell where.

    Parameters
    ----------
    city
        The city.
    end
        The last day of the last week; a later one than the data have is that of the data.
    types
        Positions in ``city.index.types``; None = all.
    folder
        The city folder, where the answer is kept; None keeps it in memory only.
    """
    last = min(end, city.data_as_of or end)
    first = last - dt.timedelta(days=WEEK * (LEARN_WEEKS + FOLDS) - 1)
    weeks = tuple(first + dt.timedelta(days=WEEK * (LEARN_WEEKS + week)) for week in range(FOLDS))
    unfit = Unfit.MONTHS_ONLY if city.months_only else None
    if city.index.span is None or first < city.index.span[0]:
        unfit = unfit or Unfit.NO_HISTORY
    if unfit is not None:
        return Foretold(None, weeks, np.empty(0), np.empty(0), AREA_SHARE, unfit)
    cells = cells_of(city, folder)

    def tested() -> Arrays:
        silent = city.no_data[cells.rows]
        counts = in_slices(city, cells, first, WEEK, LEARN_WEEKS + FOLDS, types)
        test = rolling_backtest(counts, cells.area_km2, method=partial(steadied, cells))
        hits, areas = _inside_hot_spots(cells, counts, silent)
        return {**_as_arrays(test), "hot_hits": hits, "hot_area": areas}

    kept = stored(city, folder, "foretold", (last.isoformat(), named(city, types)), tested)
    test = _from_arrays(kept)
    return Foretold(test, weeks, kept["hot_hits"], kept["hot_area"], AREA_SHARE, test.guard)


def steadied(cells: Cells, learnt: Values) -> Values:
    """Return the incidents to expect of each cell: its own, steadied by its surroundings (local empirical Bayes).

    ``(O + k) / (m + k) · m``: m is what the cell would have at the density of its neighbours and itself, and 1 / k how
    much cells differ from that beyond chance, ``Σ ((O - m)² - m) / Σ m²``.

    Parameters
    ----------
    cells
        The cells.
    learnt
        Incidents by week and cell, shape (n_weeks, n_cells).
    """
    own, around = learnt.sum(axis=0), cells.neighbours
    density = around.row_sums(own, include_self=True) / around.row_sums(cells.area_km2, include_self=True)
    mean = density * cells.area_km2
    squares = float((mean**2).sum())
    differing = max(float(((own - mean) ** 2 - mean).sum()) / squares, 1e-6) if squares > 0 else 1.0
    k = 1.0 / differing
    return np.asarray((own + k) / (mean + k) * mean)


def _inside_hot_spots(cells: Cells, counts: Counts, silent: npt.NDArray[np.bool_]) -> tuple[Values, Values]:
    """Return, by fold, the incidents inside of the hot spots of the weeks before, and the share of their area."""
    hits, areas = [], []
    for week in range(LEARN_WEEKS, len(counts)):
        hot = judge(cells, counts[week - LEARN_WEEKS : week].sum(axis=0), None, silent)["hot"]
        hits.append(float(counts[week][hot].sum()))
        areas.append(float(cells.area_km2[hot].sum() / cells.area_km2.sum()))
    return np.array(hits), np.array(areas)


def _overall(test: Backtest | None, way: str, number: str) -> float:
    return np.nan if test is None else float(getattr(getattr(test, way).overall, number)[0])


def _as_arrays(test: Backtest) -> dict[str, npt.NDArray[Any]]:
    outcomes = [getattr(test, way) for way in _OUTCOMES]
    better = test.advantage
    return {
        "weeks": test.weeks,
        "outcomes": np.array([[each.hits, each.total, each.best_hits] for each in outcomes]),
        "advantage": np.array([] if better is None else [better.hit_rate, better.low, better.high, better.p]),
        "guard": coded(test.guard),
    }


def _from_arrays(kept: Arrays) -> Backtest:
    method, baseline, chance = (Outcome(each[0], each[1], each[2], AREA_SHARE) for each in kept["outcomes"])
    better = kept["advantage"].tolist()
    guard = decoded(kept["guard"])
    return Backtest(
        weeks=kept["weeks"],
        method=method,
        baseline=baseline,
        chance=chance,
        advantage=Advantage(*better) if better else None,
        guard=None if isinstance(guard, Unfit) else guard,
    )
