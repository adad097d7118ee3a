"""Funnel limits: how far observed may stray from expected by chance alone (docs/METHOD.md, ranks)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

Values = npt.NDArray[np.float64]
LEVELS = (0.95, 0.998)
"""Shares of places inside the limits if all risks were 1: warning and action limits of control charts."""


@dataclass(frozen=True)
class Funnel:
    """Limits of the ratio C/E over a grid of expectations."""

    expected: Values
    """E, shape (n,)."""
    levels: tuple[float, ...]
    low: Values
    """Lower limits, one row a level, shape (n_levels, n); 0 where no count is too low to be chance."""
    high: Values
    """Upper limits, same shape."""


def funnel_limits(expected: npt.ArrayLike, scale: float = 1.0, levels: tuple[float, ...] = LEVELS) -> Funnel:
    """Return the limits of C/E within which a count of expectation E, risk 1, falls at each level.

    C/q is Poisson with mean E/q. Limits are exact for whole numbers of C/q: outside means that a count so far out, or
    farther, has less than half of 1 - level. Between whole numbers the gamma function joins them smoothly. Real places
    differ in risk, so that more of them lie outside than the levels say: that is what a funnel shows.

    Parameters
    ----------
    expected
        E, > 0, shape (n,): usually a grid such as ``np.geomspace``.
    scale
        q, the variance of C over its mean, > 0.
    levels
        Shares inside, each between 0 and 1.
    """
    grid = np.atleast_1d(np.asarray(expected, dtype=np.float64))
    mean, tails = grid / scale, (1 - np.array(levels)[:, np.newaxis]) / 2
    # P(N >= n) = gammainc(n, mean), solved for n: as many or more for the upper limit, no more for the lower
    high = special.gdtrib(1.0, tails, mean)
    low = np.maximum(special.gdtrib(1.0, 1 - tails, mean) - 1, 0.0)
    return Funnel(grid, tuple(levels), low / mean, high / mean)


def outside_funnel(
    count: npt.ArrayLike, expected: npt.ArrayLike, scale: npt.ArrayLike = 1.0, levels: tuple[float, ...] = LEVELS
) -> npt.NDArray[np.int8]:
    """Count the limits that each place lies outside of: positive = more than expected, negative = fewer, 0 = inside.

    With the usual levels 1 is beyond 95 %, 2 beyond 99.8 %. Among many places some lie outside by chance: 1 in 500 at
    99.8 %. A place of which nothing is expected, or nothing known, is not judged: 0.

    Parameters
    ----------
    count, expected, scale
        C, E and q, broadcast against each other; NaN = missing.
    levels
        Shares inside, rising.
    """
    c, e, q = np.broadcast_arrays(*(np.asarray(each, dtype=np.float64) for each in (count, expected, scale)))
    judged = (e > 0) & (q > 0) & np.isfinite(c)
    unit = np.where(judged, q, 1.0)
    seen, mean = np.where(judged, c, 1.0) / unit, np.where(judged, e, 1.0) / unit
    fewer, more = special.gammaincc(seen + 1, mean), special.gammainc(seen, mean)  # gammainc(0, mean) = 1
    result = np.zeros(c.shape, dtype=np.int8)
    for level in levels:
        result += ((more < (1 - level) / 2) & judged).astype(np.int8)
        result -= ((fewer < (1 - level) / 2) & judged).astype(np.int8)
    return result
