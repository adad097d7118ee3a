"""Do hot spots foretell? Hit rate, PAI and PEI, and a rolling back-test against the simplest rule (docs/METHOD.md).

PAI alone rewards tiny areas: it is always told with the share of the area and the number of incidents. Three ways to
choose the same area are compared: the method, the cells with the highest counts so far, and chance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geodata.patterns.guard import LEAST_INCIDENTS, Guard

Values = npt.NDArray[np.float64]
Foresee = Callable[[Values], Values]
"""Incidents by week and cell, shape (learn, n_cells), to the risk of each cell in the week after, shape (n_cells,)."""

AREA_SHARE = 0.05
LEARN_WEEKS, FOLDS = 12, 12
_EXACT_FOLDS = 16
"""Up to so many folds all signs are tried."""
_RESAMPLES = 9999


def hit_rate(hits: npt.ArrayLike, total: npt.ArrayLike) -> Values:
    """Return the share n/N of the incidents that fell into the chosen area; NaN without incidents."""
    return _divided(hits, total)


def pai(hits: npt.ArrayLike, total: npt.ArrayLike, area: npt.ArrayLike, whole_area: npt.ArrayLike) -> Values:
    """Return the prediction accuracy index (n/N) / (a/A): 1 is chance; NaN without incidents or area."""
    return _divided(_divided(hits, total), _divided(area, whole_area))


def pei(hits: npt.ArrayLike, best_hits: npt.ArrayLike) -> Values:
    """Return the prediction efficiency index n/n*: hits as a share of the most that the same area could have had."""
    return _divided(hits, best_hits)


def _divided(one: npt.ArrayLike, other: npt.ArrayLike) -> Values:
    a, b = np.broadcast_arrays(np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64))
    return np.asarray(np.divide(a, b, out=np.full(a.shape, np.nan), where=b > 0))


def expected_hits(risk: npt.ArrayLike, incidents: npt.ArrayLike, area_km2: npt.ArrayLike, area_share: float) -> float:
    """Return the incidents in the cells of highest risk per km² that together make up a share of the area.

    The area is used up to the last square metre: of cells with the same risk, and of the last cell, the part that
    still fits is counted, which is what choosing among them at random would hit on average.

    Parameters
    ----------
    risk
        Incidents foreseen in each cell, in any unit, shape (n_cells,); NaN comes last.
    incidents
        What happened then, shape (n_cells,).
    area_km2
        Shape (n_cells,), all > 0.
    area_share
        0 … 1.
    """
    area, fell = np.asarray(area_km2, dtype=np.float64), np.asarray(incidents, dtype=np.float64)
    density = np.nan_to_num(np.asarray(risk, dtype=np.float64) / area, nan=-np.inf)
    levels, group = np.unique(-density, return_inverse=True)
    areas = np.bincount(group, area, minlength=len(levels))
    before = np.cumsum(areas) - areas
    taken = np.clip((area_share * area.sum() - before) / areas, 0.0, 1.0)
    return float((taken * np.bincount(group, fell, minlength=len(levels))).sum())


@dataclass(frozen=True, eq=False)
class Outcome:
    """What one way of choosing cells hit, fold by fold."""

    hits: Values
    """Incidents in the chosen area, shape (n_folds,)."""
    total: Values
    """All incidents N of the week, same shape."""
    best_hits: Values
    """The most that the same area could have had, same shape."""
    area_share: float

    @property
    def hit_rate(self) -> Values:
        """Hits as a share of all incidents, by fold."""
        return hit_rate(self.hits, self.total)

    @property
    def pai(self) -> Values:
        """Prediction accuracy index by fold."""
        return pai(self.hits, self.total, self.area_share, 1.0)

    @property
    def pei(self) -> Values:
        """Prediction efficiency index by fold."""
        return pei(self.hits, self.best_hits)

    @property
    def overall(self) -> Outcome:
        """All folds as one, so that busy weeks count for what they were."""
        hits, total, best = (part.sum(keepdims=True) for part in (self.hits, self.total, self.best_hits))
        return Outcome(hits, total, best, self.area_share)


@dataclass(frozen=True)
class Advantage:
    """Whether one way hits more than another, week against week."""

    hit_rate: float
    """Difference of the hit rates over all folds."""
    low: float
    """5 % quantile over resampled folds."""
    high: float
    """95 % quantile."""
    p: float
    """Two-sided sign-flip test of the differences in hits; 1 where they never differ."""


@dataclass(frozen=True, eq=False)
class Backtest:
    """A method, the naïve rule and chance on the same weeks and the same area."""

    weeks: npt.NDArray[np.intp]
    """The foretold week of each fold, as a row of the input, ascending."""
    method: Outcome
    baseline: Outcome
    """Same cells as before: the highest counts of the weeks learnt from."""
    chance: Outcome
    """Cells taken at random: hits in proportion to area."""
    advantage: Advantage | None
    """Of the method over the baseline; None where `guard` says why."""
    guard: Guard | None
    """TOO_FEW: less than 30 incidents fell in all folds, or there were no weeks to learn from."""


def rolling_backtest(
    counts: npt.ArrayLike,
    area_km2: npt.ArrayLike,
    *,
    method: Foresee,
    area_share: float = AREA_SHARE,
    learn: int = LEARN_WEEKS,
    folds: int = FOLDS,
    seed: int = 0,
) -> Backtest:
    """Foretell each of the last weeks from the weeks before it, and count what fell where.

    Parameters
    ----------
    counts
        Incidents by week and cell, shape (n_weeks, n_cells), the latest week last.
    area_km2
        Shape (n_cells,), all > 0.
    method
        Foretells a week from the `learn` weeks before it; it never sees the week itself.
    area_share
        Share of the area that is chosen, 0 … 1.
    learn
        Weeks to learn from.
    folds
        Weeks foretold; fewer where there are not so many.
    seed
        Of the resampling.
    """
    x, area = np.asarray(counts, dtype=np.float64), np.asarray(area_km2, dtype=np.float64)
    weeks = np.arange(max(len(x) - folds, learn), len(x))
    total = x[weeks].sum(axis=1)

    def outcome(risk: Foresee) -> Outcome:
        hits = [expected_hits(risk(x[week - learn : week]), x[week], area, area_share) for week in weeks]
        return Outcome(np.array(hits), total, best, area_share)

    best = np.array([expected_hits(x[week], x[week], area, area_share) for week in weeks])
    ours, baseline = outcome(method), outcome(lambda learnt: learnt.sum(axis=0))
    few = total.sum() < LEAST_INCIDENTS
    return Backtest(
        weeks=weeks,
        method=ours,
        baseline=baseline,
        chance=outcome(lambda _: area),
        advantage=None if few else compare(ours, baseline, seed=seed),
        guard=Guard.TOO_FEW if few else None,
    )


def compare(one: Outcome, other: Outcome, *, seed: int = 0) -> Advantage:
    """Test whether one way hits more than another on the same folds.

    Were neither better, each fold's difference could as well have the other sign. With n folds p is never below
    2 / 2ⁿ: six are the fewest that can show anything at 5 %.

    Parameters
    ----------
    one, other
        Outcomes of the same folds and area.
    seed
        Of the resampling.
    """
    gap, random = one.hits - other.hits, np.random.default_rng(seed)
    n, total = len(gap), one.total
    chosen = random.integers(0, n, (_RESAMPLES, n))
    resampled = _divided(gap[chosen].sum(axis=1), total[chosen].sum(axis=1))
    low, high = np.nanquantile(resampled, (0.05, 0.95))
    return Advantage(float(gap.sum() / total.sum()), float(low), float(high), _sign_flip_p(gap, random))


def _sign_flip_p(gap: Values, random: np.random.Generator) -> float:
    """Return the share of sign patterns whose sum is at least as far from 0; exact for few folds."""
    n = len(gap)
    if n <= _EXACT_FOLDS:
        signs = 1 - 2 * ((np.arange(1 << n)[:, None] >> np.arange(n)) & 1)
    else:
        signs = np.vstack([np.ones((1, n), dtype=np.int64), 1 - 2 * random.integers(0, 2, (_RESAMPLES, n))])
    far = abs(gap.sum()) * (1 - 1e-12) - 1e-12
    return float((np.abs(signs @ gap) >= far).mean())
