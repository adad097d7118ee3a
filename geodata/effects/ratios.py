"""The statistics of before and after: all of it in closed form, for one case or for many at once.

Arrays have any leading shape, one entry a case; places stand on the last axis of what is told by place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special, stats

Values = npt.NDArray[np.float64]
LEVEL = 0.90
"""Of the interval of a ratio: a claim that it lies below 1 is false 5 times in 100 where nothing changed."""
DISPLACED_LEVEL = 0.80
"""Of the interval of a displacement quotient: a warning may be false 10 times in 100, for a displacement that is not
seen costs more than one that is looked into."""
POWER = 0.80
HALF = 0.5
"""Added to counts below a logarithm: takes off its bias, and a zero has a logarithm."""
MOST_SPREAD = 4.0
"""Places whose changes vary by more than e² to either side are not places to compare with anyway."""
_HALVINGS = 48


@dataclass(frozen=True)
class Ratio:
    """How a place changed against its controls: (after / before) / (controls' after / before), one entry a case."""

    expected: Values
    """Incidents after, had the place changed as its controls did; NaN where these had none before."""
    ratio: Values
    """Incidents after / expected; NaN where none was expected."""
    low: Values
    high: Values
    """The interval, which holds the ratio."""
    error: Values
    """Standard error of the ratio's logarithm."""
    p_less: Values
    """Probability of so low a ratio, or a lower one, if nothing had changed."""
    p_more: Values
    """The same of so high a one."""
    quantile: Values
    """How many standard errors the interval reaches to either side."""

    @property
    def detectable(self) -> Values:
        """The smallest fall, as a share, that such counts would show with `POWER`."""
        return np.asarray(1 - np.exp(-(self.quantile + special.ndtri(POWER)) * self.error))


@dataclass(frozen=True)
class Displaced:
    """What the surroundings gained of what the place was spared, one entry a case."""

    wdq: Values
    """Weighted displacement quotient (Bowers and Johnson): below 0 incidents moved, at -1 all of them, above 0 the
    surroundings were spared some too."""
    low: Values
    high: Values
    """Its interval (Fieller); infinite where what was spared could be nothing."""
    detectable: Values
    """The smallest displaced share of what was spared that would be told from none with `POWER`; NaN where nothing was
    spared."""


def mismatch(treated: npt.ArrayLike, others: npt.ArrayLike) -> Values:
    """Tell how unlike a place others were before, in level, trend and season together.

    The sum of two parts: the square of how many doublings lie between the levels, and by how much the course by blocks
    of days differs beyond chance (χ² of homogeneity / degrees of freedom - 1, at least 0).

    Parameters
    ----------
    treated
        Incidents by block, shape (..., n_blocks).
    others
        Incidents by place and block, shape (..., n_places, n_blocks).

    Returns
    -------
    np.ndarray
        Shape (..., n_places), 0 = alike.
    """
    one = np.asarray(treated, dtype=np.float64)[..., np.newaxis, :]
    each = np.asarray(others, dtype=np.float64)
    mine, theirs = one.sum(axis=-1), each.sum(axis=-1)
    doublings = np.log2((theirs + HALF) / (mine + HALF))
    total, known = mine + theirs, (one + each) > 0
    blocks = np.where(known, one + each, 1.0)
    share = mine / np.where(total > 0, total, 1.0)
    variance = np.where(share * (1 - share) > 0, share * (1 - share), 1.0)
    squares = ((one - (one + each) * share[..., np.newaxis]) ** 2 / blocks).sum(axis=-1) / variance
    excess = squares / np.maximum(known.sum(axis=-1) - 1, 1) - 1
    return np.asarray(doublings**2 + np.maximum(excess, 0.0))


def spread_of_changes(before: npt.ArrayLike, after: npt.ArrayLike) -> tuple[Values, Values]:
    """Estimate how much places without a measure change otherwise than all together, beyond chance.

    τ², the variance of the logarithm of after / before: given its incidents n, those after have the variance
    v + τ² v², v = n p (1 - p), and τ² is such that Σ (after - n p)² / (v + τ² v²) is the number of places less one
    (Paule and Mandel); 0 where chance explains it all. Before and after may be exchanged.

    Parameters
    ----------
    before, after
        Incidents by place, shape (..., n_places); a place without any tells nothing.

    Returns
    -------
    tuple
        τ² and the degrees of freedom, places that tell something less one, both of shape (...).
    """
    n_before, n_after = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    n = n_before + n_after
    total = n.sum(axis=-1, keepdims=True)
    share = n_after.sum(axis=-1, keepdims=True) / np.where(total > 0, total, 1.0)
    chance = n * share * (1 - share)
    known = chance > 0
    squares = np.where(known, (n_after - n * share) ** 2, 0.0)
    chance = np.where(known, chance, 1.0)
    freedom = np.maximum(known.sum(axis=-1) - 1, 0).astype(np.float64)
    low, high = np.zeros(freedom.shape), np.full(freedom.shape, MOST_SPREAD)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        more = (squares / (chance + middle[..., np.newaxis] * chance**2)).sum(axis=-1) > freedom
        low, high = np.where(more, middle, low), np.where(more, high, middle)
    explained = (squares / chance).sum(axis=-1) <= freedom
    return np.where(explained, 0.0, (low + high) / 2), freedom


def controls_error(before: npt.ArrayLike, after: npt.ArrayLike, spread: npt.ArrayLike) -> Values:
    """Return the variance of the logarithm of the controls' after / before, all controls added up.

    Parameters
    ----------
    before, after
        Incidents by control, shape (..., n_controls).
    spread
        τ², shape (...).
    """
    n_before, n_after = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    n = n_before + n_after
    total = np.maximum(n.sum(axis=-1), 1.0)
    concentration = (n**2).sum(axis=-1) / total**2
    counting = 1 / (n_before.sum(axis=-1) + HALF) + 1 / (n_after.sum(axis=-1) + HALF)
    return np.asarray(counting + np.asarray(spread) * concentration)


def ratio_of_ratios(
    before: npt.ArrayLike,
    after: npt.ArrayLike,
    controls_before: npt.ArrayLike,
    controls_after: npt.ArrayLike,
    spread: npt.ArrayLike,
    freedom: npt.ArrayLike,
) -> Ratio:
    """Compare a place's change with that of its controls (difference in differences of logarithms).

    Exchanging before and after inverts the ratio and its interval.

    Parameters
    ----------
    before, after
        Incidents of the place, shape (...).
    controls_before, controls_after
        Incidents by control, shape (..., n_controls).
    spread, freedom
        τ² and its degrees of freedom, shape (...); none = nothing can be said.
    """
    mine, mine_after = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    theirs = np.asarray(controls_before, dtype=np.float64).sum(axis=-1)
    theirs_after = np.asarray(controls_after, dtype=np.float64).sum(axis=-1)
    tau2, df = np.asarray(spread, dtype=np.float64), np.asarray(freedom, dtype=np.float64)
    usual = theirs_after / np.where(theirs > 0, theirs, np.nan)
    expected = mine * usual
    ratio = mine_after / np.where(expected > 0, expected, np.nan)
    middle = np.log((mine_after + HALF) / (mine + HALF)) - np.log((theirs_after + HALF) / (theirs + HALF))
    counting = 1 / (mine + HALF) + 1 / (mine_after + HALF)
    error = np.sqrt(counting + tau2 + controls_error(controls_before, controls_after, tau2))
    df = np.where(df > 0, df, np.nan)
    quantile = np.asarray(stats.t.ppf((1 + LEVEL) / 2, df))
    score = middle / error
    return Ratio(
        expected=np.asarray(expected),
        ratio=np.asarray(ratio),
        low=np.asarray(np.fmin(np.exp(middle - quantile * error), ratio)),
        high=np.asarray(np.fmax(np.exp(middle + quantile * error), ratio)),
        error=np.asarray(error),
        p_less=np.asarray(stats.t.cdf(score, df)),
        p_more=np.asarray(stats.t.sf(score, df)),
        quantile=quantile,
    )


def displacement(
    place: tuple[npt.ArrayLike, npt.ArrayLike],
    ring: tuple[npt.ArrayLike, npt.ArrayLike],
    controls: tuple[npt.ArrayLike, npt.ArrayLike],
    spread: npt.ArrayLike,
    freedom: npt.ArrayLike,
) -> Displaced:
    """Relate what the surroundings gained to what the place was spared: WDQ = -gained / spared, with its interval.

    gained = ring's after - expected, spared = expected - after; that is the quotient of Bowers and Johnson,
    (R₁/C₁ - R₀/C₀) / (T₁/C₁ - T₀/C₀). Both lean on the same controls, which the interval knows.

    Parameters
    ----------
    place, ring
        Incidents before and after, shape (...).
    controls
        Incidents before and after by control, shape (..., n_controls).
    spread, freedom
        τ² and its degrees of freedom, shape (...).
    """
    t0, t1, r0, r1 = (np.asarray(each, dtype=np.float64) for each in (*place, *ring))
    c0, c1 = (np.asarray(each, dtype=np.float64).sum(axis=-1) for each in controls)
    tau2, df = np.asarray(spread, dtype=np.float64), np.asarray(freedom, dtype=np.float64)
    usual = c1 / np.where(c0 > 0, c0, np.nan)
    due, ring_due, shared = t0 * usual, r0 * usual, controls_error(controls[0], controls[1], tau2)
    spared, gained = due - t1, r1 - ring_due
    of_spared = t1 + due * usual + due**2 * (tau2 + shared)
    of_gained = r1 + ring_due * usual + ring_due**2 * (tau2 + shared)
    together = -due * ring_due * shared
    quantile = stats.t.ppf((1 + DISPLACED_LEVEL) / 2, np.where(df > 0, df, np.nan))
    low, high = _fieller(gained, spared, of_gained, of_spared, together, np.asarray(quantile))
    wdq = -gained / np.where(spared != 0, spared, np.nan)
    seen = (quantile + special.ndtri(POWER)) * np.sqrt(of_gained) / np.where(spared > 0, spared, np.nan)
    return Displaced(np.asarray(wdq), -high, -low, np.asarray(seen))


def _fieller(
    over: Values, under: Values, of_over: Values, of_under: Values, together: Values, quantile: Values
) -> tuple[Values, Values]:
    """Return the interval of a quotient of two uncertain numbers; infinite where the lower one may be 0."""
    squared = quantile**2
    a = under**2 - squared * of_under
    b = over * under - squared * together
    c = over**2 - squared * of_over
    bounded = (a > 0) & (b**2 - a * c >= 0)
    root = np.sqrt(np.where(bounded, b**2 - a * c, 0.0))
    divisor = np.where(bounded, a, 1.0)
    low = np.where(bounded, (b - root) / divisor, -np.inf)
    return low, np.where(bounded, (b + root) / divisor, np.inf)
