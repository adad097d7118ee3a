"""How strongly a place is drawn towards the usual: prior strengths from a base year (docs/METHOD.md, base year)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
LEAST_ALPHA, MOST_ALPHA = 2.0, 200.0
"""Ends of the prior strengths that are used: the likelihood of a quiet base year has no maximum at all."""


@dataclass(frozen=True)
class EmpiricalBayes:
    """Marshall's (1991) moments of the rates of places, and the rates drawn towards their mean."""

    mean: float
    """m = ΣO / Σn."""
    variance: float
    """Variance of the true rates between places; negative where they differ less than by chance."""
    weight: Values
    """Share of its own rate that each place keeps, shape (n_places,)."""
    rate: Values
    """Smoothed rates, same shape."""

    @property
    def alpha(self) -> float:
        """Return m / variance: the rate of the gamma that the true rates follow, infinite where they do not differ."""
        return self.mean / self.variance if self.variance > 0 else np.inf


def empirical_bayes(count: npt.ArrayLike, exposure: npt.ArrayLike) -> EmpiricalBayes:
    """Estimate how rates differ between places beyond chance.

    Parameters
    ----------
    count
        Incidents O, shape (n_places,).
    exposure
        What they are measured against, n (or the expected incidents E), > 0, same shape.

    References
    ----------
    Marshall, R. J. (1991). Mapping disease and mortality rates using empirical Bayes estimators. Applied Statistics
    40(2), 283-294; the same numbers as ``esda.smoothing.Empirical_Bayes``.
    """
    o, n = np.asarray(count, dtype=np.float64), np.asarray(exposure, dtype=np.float64)
    mean = float(o.sum() / n.sum())
    variance = float((n * (o / n - mean) ** 2).sum() / n.sum() - mean / n.mean())
    between = max(variance, 0.0)
    total = between + mean / n
    weight = np.divide(between, total, out=np.zeros_like(n), where=total > 0)
    return EmpiricalBayes(mean, variance, weight, weight * o / n + (1 - weight) * mean)


def prior_strength(count: npt.ArrayLike, expected: npt.ArrayLike, own: float) -> float | None:
    """Estimate α of one indicator over the places of a base year, between ``LEAST_ALPHA`` and ``MOST_ALPHA``.

    Places in which nothing is expected, or that are missing, say nothing. Too little evidence is told by the sampling
    error of the variance between places, m/Ē · √(2 / (n − 1)): where it exceeds 1/α, the variance that the indicator's
    own strength stands for, the base year cannot tell that strength from any greater one.

    Parameters
    ----------
    count, expected
        C/q and E/q by place: incidents and expected incidents in units that vary as plain counts do, shape
        (n_places,); NaN where missing.
    own
        The strength that the method gives the indicator.

    Returns
    -------
    float or None
        None if there is too little evidence.
    """
    o, e = np.asarray(count, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    known = np.isfinite(o) & (e > 0)
    o, e = o[known], e[known]
    if len(o) < 2 or o.sum() == 0:
        return None
    found = empirical_bayes(o, e)
    if found.mean / e.mean() * np.sqrt(2 / (len(o) - 1)) > 1 / own:
        return None
    return float(np.clip(found.alpha, LEAST_ALPHA, MOST_ALPHA))
