"""How does a hot spot behave over time? Eight classes of hot, eight of cold, and none (docs/METHOD.md)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from geodata.patterns.guard import Guard, why_not
from geodata.patterns.neighbours import Neighbours
from geodata.patterns.trend_test import Trend, mann_kendall

Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int8]
Counts = npt.NDArray[np.int64]

HOT = 1.96
"""Gi* from which a slice is hot, and below whose negative it is cold: 5 %, two-sided."""
ALPHA = 0.05
LEAST_SLICES = 10
"""Fewer slices make no trend."""
_NOTHING = 1e-12
"""A variance below this share of the squares is rounding."""


class Emergence(IntEnum):
    """What a cell's slices were; a cold class is the negative of the hot one that it mirrors."""

    NONE = 0
    NEW = 1
    """Hot in the last slice only."""
    CONSECUTIVE = 2
    """Hot in an unbroken run of two or more slices up to the last one, never before, in less than 90 %."""
    INTENSIFYING = 3
    """Hot in 90 % of the slices and in the last one, and rising."""
    PERSISTENT = 4
    """The same without a trend."""
    DIMINISHING = 5
    """The same, and falling."""
    SPORADIC = 6
    """Hot in the last slice and now and then before, never cold."""
    OSCILLATING = 7
    """Hot in the last slice and now and then before, and cold at another time."""
    HISTORICAL = 8
    """Hot in 90 % of the slices, and neither hot nor cold in the last one."""
    COLD_NEW = -1
    COLD_CONSECUTIVE = -2
    COLD_INTENSIFYING = -3
    COLD_PERSISTENT = -4
    COLD_DIMINISHING = -5
    COLD_SPORADIC = -6
    COLD_OSCILLATING = -7
    COLD_HISTORICAL = -8

    @property
    def cold(self) -> bool:
        """Say whether it mirrors a hot one."""
        return self < 0

    @property
    def kind(self) -> Emergence:
        """Return the hot one that it mirrors, or itself."""
        return Emergence(abs(self))


@dataclass(frozen=True, eq=False)
class Emerging:
    """Classes of cells; every array has one row each."""

    classes: Codes
    """Values of `Emergence`, shape (n_cells,); NONE where less than `LEAST_SLICES` slices are known."""
    hot_slices: Counts
    """Hot slices of each cell."""
    cold_slices: Counts
    known_slices: Counts
    """Slices with a value: a cell with less than `LEAST_SLICES` of them was not judged."""
    trend: Trend
    """Mann-Kendall of z."""
    reason: Guard | None = None
    """Why there is no z at all."""

    def count(self, kind: Emergence) -> int:
        """Return how many cells are of a class."""
        return int((self.classes == kind).sum())


def emerging_hot_spots(
    counts: npt.ArrayLike,
    neighbours: Neighbours,
    *,
    within_slices: bool = False,
    hot: float = HOT,
    alpha: float = ALPHA,
) -> Emerging:
    """Classify cells by how Gi* of their counts went from slice to slice.

    Parameters
    ----------
    counts, neighbours, within_slices
        As for `space_time_gi_star`.
    hot, alpha
        As for `classify`.
    """
    x = np.asarray(counts, dtype=np.float64)
    z = space_time_gi_star(x, neighbours, within_slices=within_slices)
    return replace(classify(z, hot=hot, alpha=alpha), reason=why_not(x[np.isfinite(x)], None))


def space_time_gi_star(counts: npt.ArrayLike, neighbours: Neighbours, *, within_slices: bool = False) -> Values:
    """Return Gi* of each cell in each slice; its neighbourhood reaches into the slice before.

    Parameters
    ----------
    counts
        Incidents of equal cells in slices of equal length, shape (n_slices, n_cells), zeros included; NaN = no value.
    neighbours
        Of the cells.
    within_slices
        Compare with the mean of the same slices (a season of the whole city is then no hot spot) rather than with the
        mean of all, which shows the rise of a city as well.

    Returns
    -------
    Values
        z, shape of `counts`; NaN without a value or neighbour, and everywhere if `why_not` forbids it.
    """
    x = np.asarray(counts, dtype=np.float64)
    known = np.isfinite(x)
    if why_not(x[known], None) is not None:
        return np.full(x.shape, np.nan)
    x = np.where(known, x - x[known].mean(), 0.0)  # large means would cost digits
    around, k = (_with_slice_before(neighbours.row_sums(part.T, include_self=True).T) for part in (x, known * 1.0))
    n, total, square = (part.sum(axis=1, keepdims=True) for part in (known * 1.0, x, x * x))
    if within_slices:
        n, total, square = (_with_slice_before(part) for part in (n, total, square))
    else:
        n, total, square = (part.sum(keepdims=True) for part in (n, total, square))
    mean = np.divide(total, n, out=np.zeros_like(n), where=n > 0)
    variance = np.divide(square, n, out=np.zeros_like(n), where=n > 0) - mean**2
    spread = variance * k * (n - k) / np.maximum(n - 1, 1)
    defined = known & (neighbours.cardinality > 0) & (spread > _NOTHING * square)
    return np.where(defined, (around - k * mean) / np.sqrt(np.where(defined, spread, 1.0)), np.nan)


def classify(z: npt.ArrayLike, *, hot: float = HOT, alpha: float = ALPHA) -> Emerging:
    """Give each cell exactly one class.

    A cell whose last slice is hot gets a hot class, one whose last slice is cold a cold one; a cell that is neither
    can only be historical. Of the classes that fit, the first in the order of `Emergence` counts: a spot that is hot
    for the first time is new, even where it was cold before.

    Parameters
    ----------
    z
        Gi* by slice and cell, shape (n_slices, n_cells), the latest slice last; NaN slices of a cell are left out.
    hot
        A slice is hot from this z on, and cold from its negative down.
    alpha
        Two-sided level of the trend.
    """
    values = np.asarray(z, dtype=np.float64)
    trend = mann_kendall(values)
    known = np.isfinite(values).sum(axis=0)
    up, down = (trend.p <= alpha) & (trend.s > 0), (trend.p <= alpha) & (trend.s < 0)
    hots, colds = values >= hot, values <= -hot
    # no cell has both: the last slice is not hot and cold at once, nor are 90 % of all
    classes = _hot_classes(hots, colds, known, up, down) - _hot_classes(colds, hots, known, down, up)
    return Emerging(
        classes=np.where(known >= LEAST_SLICES, classes, Emergence.NONE).astype(np.int8),
        hot_slices=hots.sum(axis=0),
        cold_slices=colds.sum(axis=0),
        known_slices=known,
        trend=trend,
    )


def _hot_classes(hot: Flags, cold: Flags, known: Counts, rising: Flags, falling: Flags) -> Counts:
    """Return the hot class of each cell, shape (n_cells,); NONE where its last slice is cold."""
    if len(hot) == 0:
        return np.zeros(hot.shape[1], dtype=np.int64)
    last, times = hot[-1], hot.sum(axis=0)
    run = np.cumprod(hot[::-1], axis=0).sum(axis=0)
    mostly = 10 * times >= 9 * known
    rules = {
        Emergence.NEW: last & (times == 1),
        Emergence.CONSECUTIVE: last & (times == run) & ~mostly,
        Emergence.INTENSIFYING: last & mostly & rising,
        Emergence.DIMINISHING: last & mostly & falling,
        Emergence.PERSISTENT: last & mostly,
        Emergence.OSCILLATING: last & cold.any(axis=0),
        Emergence.SPORADIC: last,
        Emergence.HISTORICAL: mostly & ~cold[-1],
    }
    return np.select(list(rules.values()), [int(kind) for kind in rules], int(Emergence.NONE))


def _with_slice_before(part: Values) -> Values:
    """Add to each slice the one before it, shape (n_slices, …)."""
    both = part.copy()
    both[1:] += part[:-1]
    return both
