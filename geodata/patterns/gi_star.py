"""Getis-Ord Gi*: where high values lie together, and where low ones do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from geodata.patterns.guard import Guard, why_not
from geodata.patterns.neighbours import Neighbours
from geodata.patterns.permutation import conditional_p_values, shuffled_p_values

Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
FDR = 0.05
"""Share of false discoveries that a map of hot spots may hold."""
PERMUTATIONS = 99_999
"""Enough for FDR over some thousands of places: p-values that cannot be small cannot pass it."""
_NOTHING = 1e-12
"""A variance below this share of the squares is rounding."""


class Chance(Enum):
    """What a place is compared with."""

    EXACT = "exact"
    """All values dealt out anew: computed for counts, drawn for rates. Gi, without the place's own value, takes the
    conditional one."""
    NORMAL = "normal"
    """The normal distribution of the same mean and variance. Counts that are mostly 0 have far more large sums than it
    knows of: on maps of pure chance with 0.1 incidents a cell, 20,000 cells, it always finds hot spots."""
    CONDITIONAL = "conditional"
    """The values of the others dealt out anew, the place keeping its own: drawn."""


@dataclass(frozen=True, eq=False)
class LocalStatistic:
    """Gi* of places; every array has one row each, NaN = missing or masked."""

    z: Values
    """Mean 0 and variance 1 under chance, shape (n,); > 0 where high values lie together."""
    p: Values
    """Two-sided p-value of the place alone."""
    adjusted: Values
    """Benjamini-Hochberg: the least share of false discoveries at which the place counts as one."""
    hot: Flags
    """A hot spot at the level asked for."""
    cold: Flags
    masked: Flags
    """Left out: no value, no neighbour with one, or all others as neighbours."""
    reason: Guard | None
    """Why nothing was computed; z and p are NaN then."""


def gi_star(
    values: npt.ArrayLike,
    neighbours: Neighbours,
    *,
    incidents: float | None = None,
    include_self: bool = True,
    chance: Chance = Chance.EXACT,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
    fdr: float = FDR,
) -> LocalStatistic:
    """Return Gi* of each place with its p-value and whether it is hot or cold.

    ``z = (Σ w x - x̄ Σ w) / (S √((n Σ w² - (Σ w)²) / (n - 1)))`` with binary w, the place itself included.

    Parameters
    ----------
    values
        Counts of equal cells, zeros included, or smoothed rates of areas, shape (n,); not finite = no value: the place
        is left out of the mean and of its neighbours' sums.
    neighbours
        Of the same places in the same order.
    incidents
        Incidents behind the values; their sum if None, so give it with rates.
    include_self
        False gives Gi: the place counts neither in its own sum nor in the mean that it is compared with.
    chance
        Where p-values come from.
    permutations, seed
        Of the draws, where there are any.
    fdr
        Level of hot and cold, by Benjamini-Hochberg over all places that are not masked.
    """
    given = np.asarray(values, dtype=np.float64)
    if given.shape != (neighbours.n,):
        raise ValueError("`values` and `neighbours` differ in length")
    valid = np.isfinite(given)
    x, mine = given[valid], neighbours.among(valid)
    reason = why_not(x, incidents) or (Guard.NO_NEIGHBOURS if not mine.cardinality.any() else None)
    z, p = (np.full(len(given), np.nan) for _ in range(2))
    if reason is None:
        z[valid] = standardised = _standardised(x, mine, include_self)
        if chance is Chance.NORMAL:
            found = two_sided(standardised)
        else:
            exact = include_self and chance is Chance.EXACT
            found = (shuffled_p_values if exact else conditional_p_values)(
                x, mine, permutations=permutations, seed=seed
            )
        p[valid] = np.where(np.isfinite(standardised), found, np.nan)
    adjusted = false_discovery(p)
    passed = adjusted <= fdr  # NaN does not
    return LocalStatistic(z, p, adjusted, passed & (z > 0), passed & (z < 0), np.isnan(z), reason)


def _standardised(x: Values, neighbours: Neighbours, include_self: bool) -> Values:
    """Return z of places that all have values, NaN for islands."""
    x = x - x.mean()  # large means would cost digits
    others = 0 if include_self else 1
    m = len(x) - others
    mean = (x.sum() - others * x) / m
    squares = float(np.sum(x * x))
    variance = (squares - others * x * x) / m - mean**2
    k = (neighbours.cardinality + (1 - others)).astype(np.float64)
    known = (neighbours.cardinality > 0) & (k < m) & (variance > _NOTHING * squares / m)
    spread = np.sqrt(np.where(known, variance * k * (m - k) / (m - 1), 1.0))
    return np.where(known, (neighbours.row_sums(x, include_self=include_self) - k * mean) / spread, np.nan)


def two_sided(z: npt.ArrayLike) -> Values:
    """Return the two-sided normal p-value of z."""
    return np.asarray(2.0 * special.ndtr(-np.abs(np.asarray(z, dtype=np.float64))))


def false_discovery(p: Values) -> Values:
    """Return Benjamini-Hochberg adjusted p-values over all that are not NaN."""
    adjusted, known = np.full(p.shape, np.nan), np.isfinite(p)
    if known.any():
        adjusted[known] = stats.false_discovery_control(p[known])
    return adjusted
