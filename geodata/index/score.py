"""Counts and expectations to relative risk and scores, with their intervals (docs/METHOD.md, formulas 2 to 7)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from geodata.index.catalogue import Method

Values = npt.NDArray[np.float64]
LOW, HIGH = 0.05, 0.95
"""Ends of the 90 % interval."""


def severity_scale(severity: npt.ArrayLike, rate: npt.ArrayLike) -> float:
    """Return q = Σ s²r / Σ sr: the variance of a severity-weighted count over its mean, at least 1 by definition.

    Parameters
    ----------
    severity
        Weight s of each type, shape (n_types,).
    rate
        How often each type happens, in any one unit, shape (n_types,).
    """
    s, r = np.asarray(severity, dtype=np.float64), np.asarray(rate, dtype=np.float64)
    mean = float(np.sum(s * r))
    return max(1.0, float(np.sum(s * s * r)) / mean) if mean > 0 else 1.0


def relative_risk(count: npt.ArrayLike, expected: npt.ArrayLike, q: npt.ArrayLike, alpha: npt.ArrayLike) -> Values:
    """Return θ = (C + αq) / (E + αq): observed against expected, drawn towards 1 where little is expected.

    Parameters
    ----------
    count, expected
        Severity-weighted incidents C and E, broadcast against each other; NaN stays NaN.
    q, alpha
        Severity scale and prior strength of the indicator.
    """
    prior = np.asarray(alpha, dtype=np.float64) * np.asarray(q, dtype=np.float64)
    return np.asarray((np.asarray(count, dtype=np.float64) + prior) / (np.asarray(expected, dtype=np.float64) + prior))


def risk_interval(
    count: npt.ArrayLike, expected: npt.ArrayLike, q: npt.ArrayLike, alpha: npt.ArrayLike
) -> tuple[Values, Values]:
    """Return the 5 % and 95 % quantiles of θ, which is Gamma(C/q + α) with rate E/q + α."""
    c, e = np.asarray(count, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    scale, prior = np.asarray(q, dtype=np.float64), np.asarray(alpha, dtype=np.float64)
    shape, rate = c / scale + prior, e / scale + prior
    return special.gammaincinv(shape, LOW) / rate, special.gammaincinv(shape, HIGH) / rate


def score_of_risk(risk: npt.ArrayLike, anchor: float) -> Values:
    """Return 100 · anchor^risk: 100 without any risk, 100 · anchor under base-year conditions."""
    return np.asarray(100.0 * np.power(anchor, np.asarray(risk, dtype=np.float64)))


@dataclass(frozen=True)
class Scores:
    """Scores of places (or of one place in many periods); every array has one row each, NaN = missing."""

    score: Values
    """Composite S, shape (n,)."""
    low: Values
    """Lower end of its 90 % interval, shape (n,)."""
    high: Values
    sub_score: Values
    """s_j, shape (n, n_sub_indices)."""
    risk: Values
    """Θ_j, same shape."""
    spread: Values
    """Variance of Θ_j, same shape."""
    weight_present: Values
    """Share of the sub-indices' weight that has data, shape (n,); below 1 the composite is 数据不全."""
    anchor: float

    def sub_interval(self, j: int) -> tuple[Values, Values]:
        """Return the 90 % interval of s_j: quantiles of the gamma that matches Θ_j, exact for a single indicator."""
        risk, spread = self.risk[:, j], self.spread[:, j]
        shape, scale = risk**2 / spread, spread / risk
        low_risk, high_risk = special.gammaincinv(shape, LOW) * scale, special.gammaincinv(shape, HIGH) * scale
        return score_of_risk(high_risk, self.anchor), score_of_risk(low_risk, self.anchor)


def score_places(count: Values, expected: Values, q: Values, method: Method) -> Scores:
    """Score places from severity-weighted counts and their expectation.

    Union of places or of days: add up `count` and `expected` first; scores are never averaged.

    Parameters
    ----------
    count, expected
        C and E by place and scored indicator, shape (n_places, n_indicators), columns in the order of
        ``method.scored``. E is NaN where the indicator has no data.
    q
        Severity scale by indicator, shape (n_indicators,).
    method
        Weights, prior strengths, anchor and the rules for what is missing.

    Returns
    -------
    Scores
        Sub-indices in the order of ``method.sub_indices``.
    """
    alpha = np.array([indicator.alpha for indicator in method.scored])
    prior = alpha * q
    theta = np.minimum(relative_risk(count, expected, q, alpha), method.risk_cap)
    variance = (count + prior) * q / (expected + prior) ** 2
    risk, spread = _sub_risks(theta, variance, method)
    risk[np.nansum(expected / q, axis=1) < method.min_expected] = np.nan  # nobody and nothing there to be safe
    return _composite(risk, spread, method)


def _sub_risks(theta: Values, variance: Values, method: Method) -> tuple[Values, Values]:
    """Weigh indicators to sub-indices: Θ and its variance, shape (n, n_sub)."""
    n, n_sub = len(theta), len(method.sub_indices)
    risk, spread = (np.full((n, n_sub), np.nan) for _ in range(2))
    column = {indicator.id: position for position, indicator in enumerate(method.scored)}
    for j, sub_index in enumerate(method.sub_indices):
        mine = [indicator for indicator in sub_index.indicators if indicator.id in column]
        if not mine:
            continue
        columns = [column[indicator.id] for indicator in mine]
        weight = np.where(np.isfinite(theta[:, columns]), [indicator.weight for indicator in mine], 0.0)
        present = weight.sum(axis=1)
        share = weight / np.where(present > 0, present, 1.0)[:, None]
        enough = present >= method.min_weight_indicators - 1e-12
        risk[enough, j] = np.nansum(share * theta[:, columns], axis=1)[enough]
        spread[enough, j] = np.nansum(share**2 * variance[:, columns], axis=1)[enough]
    return risk, spread


def _composite(risk: Values, spread: Values, method: Method) -> Scores:
    sub_score = score_of_risk(risk, method.anchor)
    weights = np.array([sub_index.weight for sub_index in method.sub_indices])
    weight = np.where(np.isfinite(sub_score), weights, 0.0)
    present = weight.sum(axis=1)
    share = weight / np.where(present > 0, present, 1.0)[:, None]
    score = np.nansum(share * sub_score, axis=1)
    half = 1.6448536269514722 * np.sqrt(np.nansum(share**2 * _score_variance(risk, spread, method.anchor), axis=1))
    lacking = present < method.min_weight_sub_indices - 1e-12
    score[lacking] = np.nan
    return Scores(
        score=score,
        low=np.maximum(score - half, 0.0),
        high=np.minimum(score + half, 100.0),
        sub_score=sub_score,
        risk=risk,
        spread=spread,
        weight_present=present,
        anchor=method.anchor,
    )


def _score_variance(risk: Values, spread: Values, anchor: float) -> Values:
    """Return the variance of 100 · anchor^Θ for gamma-distributed Θ, in closed form."""
    steep = -np.log(anchor)
    shape, scale = risk**2 / spread, spread / risk
    mean, square = (1 + steep * scale) ** -shape, (1 + 2 * steep * scale) ** -shape
    return np.asarray(1e4 * np.maximum(square - mean**2, 0.0))
