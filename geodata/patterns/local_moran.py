"""Moran's I: whether like lies beside like in the whole city (global), and at which places (local)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from geodata.patterns.gi_star import FDR, PERMUTATIONS, false_discovery, two_sided
from geodata.patterns.guard import Guard, why_not
from geodata.patterns.neighbours import Neighbours
from geodata.patterns.permutation import conditional_p_values

Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
_MEAN_VALUED = 1e-12
"""A place this near the mean, as a share of the largest deviation, has the mean."""
_BATCH = 64


class Quadrant(IntEnum):
    """A place against its neighbours; each against the mean."""

    NONE = 0
    """Masked, or its neighbours have the mean."""
    HH = 1
    """High among high: the core of a hot spot."""
    LH = 2
    """Low among high."""
    LL = 3
    """Low among low."""
    HL = 4
    """High among low: one bad place among good ones, the first to look at."""


@dataclass(frozen=True, eq=False)
class LocalMoran:
    """Local Moran's I of places; every array has one row each, NaN = missing or masked."""

    i: Values
    """I, shape (n,), in population standard deviations; their mean over places that all have neighbours is global I."""
    quadrant: npt.NDArray[np.int8]
    """A `Quadrant`, whether significant or not."""
    p: Values
    """Two-sided p-value of conditional permutation."""
    adjusted: Values
    """Benjamini-Hochberg."""
    significant: Flags
    masked: Flags
    """Left out: no value, the mean itself as value (its I is 0 whatever its neighbours), or no neighbour with one."""
    reason: Guard | None
    """Why nothing was computed."""


@dataclass(frozen=True)
class GlobalMoran:
    """Moran's I of a whole map."""

    i: float
    """NaN where nothing was computed."""
    expected: float
    """Under chance: -1 / (n - 1)."""
    z: float
    """Standardised under normality."""
    p: float
    """Two-sided, normal."""
    p_permutation: float
    """Two-sided, of dealing out all values anew; NaN without permutations."""
    reason: Guard | None


def local_moran(
    values: npt.ArrayLike,
    neighbours: Neighbours,
    *,
    incidents: float | None = None,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
    fdr: float = FDR,
) -> LocalMoran:
    """Return ``I = z · mean of the neighbours' z`` of each place, its quadrant, and whether it is more than chance.

    Parameters
    ----------
    values
        Counts of equal cells or smoothed rates of areas, shape (n,); not finite = no value.
    neighbours
        Of the same places in the same order.
    incidents
        Incidents behind the values; their sum if None, so give it with rates.
    permutations
        Conditional permutations.
    fdr
        Level of `significant`, by Benjamini-Hochberg over all places that are not masked.
    """
    valid, x, mine, reason = _usable(values, neighbours, incidents)
    i, p = (np.full(len(valid), np.nan) for _ in range(2))
    quadrant, masked = np.zeros(len(valid), dtype=np.int8), np.ones(len(valid), dtype=np.bool_)
    if reason is None:
        z = _standard(x)
        lag = _lag(z, mine)
        i[valid] = z * lag
        shown = (z != 0) & (mine.cardinality > 0)
        masked[valid] = ~shown
        quadrant[valid] = np.where(shown, _quadrants(z, lag), Quadrant.NONE)
        p[valid] = np.where(shown, conditional_p_values(z, mine, permutations=permutations, seed=seed), np.nan)
    adjusted = false_discovery(p)
    return LocalMoran(i, quadrant, p, adjusted, adjusted <= fdr, masked, reason)


def global_moran(
    values: npt.ArrayLike,
    neighbours: Neighbours,
    *,
    incidents: float | None = None,
    permutations: int = 999,
    seed: int = 0,
) -> GlobalMoran:
    """Return Moran's I of a map, row-standardised, with its normal and its permutation p-value.

    Parameters
    ----------
    values, neighbours, incidents
        As for `local_moran`; places without a neighbour add nothing.
    permutations
        0 = normal p-value only.
    """
    _, x, mine, reason = _usable(values, neighbours, incidents)
    if reason is not None:
        return GlobalMoran(np.nan, np.nan, np.nan, np.nan, np.nan, reason)
    z, n = _standard(x), len(x)
    total = int(np.count_nonzero(mine.cardinality))  # sum of all weights
    i, expected = float(np.nansum(z * _lag(z, mine))) / total, -1.0 / (n - 1)
    standardised = (i - expected) / np.sqrt(_variance(mine, total))
    chance = _permuted_p_value(z, mine, i * total, permutations, seed) if permutations else np.nan
    return GlobalMoran(i, expected, float(standardised), float(two_sided(standardised)), chance, None)


def _usable(
    values: npt.ArrayLike, neighbours: Neighbours, incidents: float | None
) -> tuple[Flags, Values, Neighbours, Guard | None]:
    """Return which places have values, these, their neighbours, and what forbids to go on."""
    given = np.asarray(values, dtype=np.float64)
    if given.shape != (neighbours.n,):
        raise ValueError("`values` and `neighbours` differ in length")
    valid = np.isfinite(given)
    x, mine = given[valid], neighbours.among(valid)
    return valid, x, mine, why_not(x, incidents) or (Guard.NO_NEIGHBOURS if not mine.cardinality.any() else None)


def _standard(x: Values) -> Values:
    """Return z in population standard deviations, exactly 0 at the mean."""
    deviation = x - x.mean()
    deviation[np.abs(deviation) <= _MEAN_VALUED * np.abs(deviation).max()] = 0.0
    return np.asarray(deviation / np.sqrt(np.mean(deviation**2)))


def _lag(z: Values, neighbours: Neighbours) -> Values:
    """Return the mean of each place's neighbours; NaN for an island."""
    k = neighbours.cardinality
    return np.where(k > 0, neighbours.row_sums(z) / np.maximum(k, 1), np.nan)


def _quadrants(z: Values, lag: Values) -> Values:
    return np.select(
        [(z > 0) & (lag > 0), (z < 0) & (lag > 0), (z < 0) & (lag < 0), (z > 0) & (lag < 0)],
        [Quadrant.HH, Quadrant.LH, Quadrant.LL, Quadrant.HL],
        Quadrant.NONE,
    )


def _variance(neighbours: Neighbours, total: int) -> float:
    """Return the variance of I under normality (Cliff and Ord) for row-standardised weights."""
    n, k = neighbours.n, neighbours.cardinality
    weight = 1.0 / np.maximum(k, 1)
    back = weight[neighbours.index]
    s1 = 0.5 * float(np.sum((np.repeat(weight, k) + back) ** 2))
    s2 = float(np.sum(((k > 0) + neighbours.row_sums(weight)) ** 2))
    return (n * n * s1 - n * s2 + 3.0 * total**2) / ((n - 1.0) * (n + 1.0) * total**2) - 1.0 / (n - 1.0) ** 2


def _permuted_p_value(z: Values, neighbours: Neighbours, seen: float, permutations: int, seed: int) -> float:
    """Deal out all values anew, many times, and return the two-sided p-value of Σ z lag."""
    rng, weight = np.random.default_rng(seed), 1.0 / np.maximum(neighbours.cardinality, 1)
    sums = np.empty(permutations)
    for first in range(0, permutations, _BATCH):
        dealt = rng.permuted(np.tile(z[:, None], min(_BATCH, permutations - first)), axis=0)
        sums[first : first + dealt.shape[1]] = np.einsum("ij,ij,i->j", dealt, neighbours.row_sums(dealt), weight)
    tie = 1e-11 * float(np.sum(z * z))
    beyond = min(int(np.count_nonzero(sums >= seen - tie)), int(np.count_nonzero(sums <= seen + tie)))
    return min(1.0, 2.0 * (beyond + 1.0) / (permutations + 1.0))
