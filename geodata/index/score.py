"""Counts and expectations to relative risk and scores, with their intervals (docs/METHOD.md, formulas 2 to 9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
from scipy import special

from geodata.index.parameters import Parameters
from geodata.index.place_effect import NODE_WEIGHTS, NODES, place_effect, shared

Values = npt.NDArray[np.float64]
LOW, HIGH = 0.05, 0.95
"""Ends of the 90 % interval."""
EVERY = slice(None)
BLOCK = 1024
"""Places that are scored together: their numbers stay in the processor's own memory."""
HALF_WIDTH = 1.6448536269514722
"""Standard errors from the middle of a normal distribution to these ends."""


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
    """S as published: the composite after red lines, shape (n,)."""
    low: Values
    """Lower end of its 90 % interval, shape (n,)."""
    high: Values
    error: Values
    """Standard error of S by counting alone, shape (n,): what two periods of one place are compared by."""
    composite: Values
    """S before red lines, shape (n,)."""
    sub_score: Values
    """s_j, shape (n, n_sub_indices)."""
    risk: Values
    """Θ_j, same shape."""
    spread: Values
    """Variance of Θ_j by counting alone, same shape."""
    likely: Values
    """Mean of the true Θ_j given the counts and what the place's risks have in common, same shape."""
    likely_spread: Values
    """Its variance, same shape."""
    theta: Values
    """θ_i, cut at the cap, shape (n, n_indicators)."""
    weight_present: Values
    """Share of the sub-indices' weight that has data, shape (n,); below 1 the composite is 数据不全."""
    anchor: float

    @property
    def red_line(self) -> Values:
        """Return the points that red lines took off, >= 0, shape (n,)."""
        return np.asarray(self.composite - self.score)

    def sub_interval(self, j: int, rows: slice = EVERY) -> tuple[Values, Values]:
        """Return the 90 % interval of s_j, which holds s_j itself: quantiles of the gamma that matches the true Θ_j.

        Exact for a single indicator of a method without a place effect.
        """
        low_risk, high_risk = _gamma_interval(self.likely[rows, j], self.likely_spread[rows, j])
        low_risk, high_risk = np.minimum(low_risk, self.risk[rows, j]), np.maximum(high_risk, self.risk[rows, j])
        return score_of_risk(high_risk, self.anchor), score_of_risk(low_risk, self.anchor)

    def sub_error(self, j: int, rows: slice = EVERY) -> Values:
        """Return the standard error of s_j by counting alone, shape (n,)."""
        return np.sqrt(_score_moments(self.risk[rows, j], self.spread[rows, j], self.anchor)[1])


@dataclass(frozen=True)
class RedLine:
    """What red-line incidents do to the composites of n places."""

    ceiling: Values
    """No composite is above it, infinite where none happened, shape (n,)."""
    deduction: Values
    """Points taken off before that, shape (n,)."""

    def of(self, rows: slice) -> RedLine:
        """Return what happens to some of the places."""
        return RedLine(self.ceiling[rows], self.deduction[rows])

    def applied(self, score: Values) -> Values:
        """Return scores after the deduction and under the ceiling, never below 0."""
        return np.minimum(np.maximum(score - self.deduction, 0.0), self.ceiling)


def score_places(count: Values, expected: Values, parameters: Parameters, red_line: RedLine | None = None) -> Scores:
    """Score places from what was observed and what was expected.

    Union of places or of days: add up `count` and `expected` first; scores are never averaged.

    Parameters
    ----------
    count, expected
        C and E by place and indicator, shape (n_places, n_indicators), columns in the order of ``method.indicators``.
        E is NaN where the indicator has no data.
    parameters
        Weights, prior strengths, anchor and the rules for what is missing.
    red_line
        Ceilings and deductions by place; None = there are none.

    Returns
    -------
    Scores
        Sub-indices in the order of ``method.sub_indices``.
    """
    line = red_line or RedLine(np.full(len(count), np.inf), np.zeros(len(count)))
    blocks = [slice(start, start + BLOCK) for start in range(0, max(len(count), 1), BLOCK)]
    parts = [_score_block(count[rows], expected[rows], parameters, line.of(rows)) for rows in blocks]
    return parts[0] if len(parts) == 1 else joined(parts)


def joined(parts: Sequence[Scores]) -> Scores:
    """Return the scores of some places and those of others as one."""
    arrays = {
        each.name: np.concatenate([getattr(part, each.name) for part in parts])
        for each in fields(Scores)
        if each.name != "anchor"
    }
    return Scores(anchor=parts[-1].anchor, **arrays)


def scored_anywhere(count: Values, expected: Values, parameters: Parameters) -> npt.NDArray[np.bool_]:
    """Say which sub-indices any of some places has a score of, shape (n_sub_indices,): quicker than their scores.

    Parameters
    ----------
    count, expected, parameters
        As for `score_places`.
    """
    found = np.zeros(len(parameters.sub_weight), dtype=np.bool_)
    for start in range(0, len(count), BLOCK):
        rows = slice(start, start + BLOCK)
        found |= np.isfinite(_own_risks(count[rows], expected[rows], parameters)[1]).any(axis=0)
    return found


def _own_risks(count: Values, expected: Values, parameters: Parameters) -> tuple[Values, Values, Values]:
    """Return θ_i, Θ_j and the variance of Θ_j of places by what they counted themselves."""
    theta, variance = indicator_risks(count, expected, parameters)
    risk, spread = _sub_risks(theta, variance, parameters)
    counted = parameters.counted
    due = np.nansum(expected[:, counted] / parameters.scale[counted], axis=1)
    measured = np.isfinite(expected[:, ~counted]).any(axis=1)
    risk[(due < parameters.min_expected) & ~measured] = np.nan  # nobody and nothing there to be safe
    spread[~np.isfinite(risk)] = np.nan
    return theta, risk, spread


def _score_block(count: Values, expected: Values, parameters: Parameters, line: RedLine) -> Scores:
    theta, risk, spread = _own_risks(count, expected, parameters)
    own = _Composed.of(risk, spread, parameters)
    likely = _likely(count, expected, own, parameters)
    own_low, own_high = own.interval(parameters.anchor)
    low, high = likely.interval(parameters.anchor)
    return Scores(
        score=line.applied(own.score),
        low=line.applied(np.minimum(low, own.score)),
        high=line.applied(np.maximum(high, own.score)),
        error=(line.applied(own_high) - line.applied(own_low)) / (2 * HALF_WIDTH),
        composite=own.score,
        sub_score=score_of_risk(risk, parameters.anchor),
        risk=risk,
        spread=spread,
        likely=likely.risk,
        likely_spread=likely.spread,
        theta=theta,
        weight_present=own.present,
        anchor=parameters.anchor,
    )


def indicator_risks(
    count: Values, expected: Values, parameters: Parameters, factor: Values | float = 1.0
) -> tuple[Values, Values]:
    """Return θ, cut at the cap, and its variance, both of the shape of `count`; NaN where E is missing.

    Parameters
    ----------
    factor
        λ: what the risks of the place have in common, shape (n_places,); 1 = they are drawn towards the usual.
    """
    usual = np.where(shared(parameters), parameters.prior / np.reshape(factor, (-1, 1)), parameters.prior)
    observed, due = count + parameters.prior, expected + usual
    top, bottom = np.where(parameters.inverse, due, observed), np.where(parameters.inverse, observed, due)
    with np.errstate(invalid="ignore", divide="ignore"):
        theta = np.where(bottom > 0, top / bottom, np.nan)
        # a gamma's variance; of an inverse gamma to first order
        variance = np.where(parameters.inverse, theta**2 / observed, observed / due**2) * parameters.scale
    return np.minimum(theta, parameters.risk_cap), np.where(np.isfinite(theta), variance, np.nan)


def _sub_risks(theta: Values, variance: Values, parameters: Parameters) -> tuple[Values, Values]:
    """Weigh indicators to sub-indices: Θ and its variance, shape (n, n_sub)."""
    n_sub = len(parameters.sub_weight)
    member = (parameters.sub_index[:, np.newaxis] == np.arange(n_sub)).astype(np.float64)
    weight = np.where(np.isfinite(theta), parameters.weight, 0.0)
    present = weight @ member
    share = weight / np.where(present > 0, present, 1.0)[:, parameters.sub_index]
    risky, varied = share * theta, share**2 * variance
    risk, spread = np.where(np.isnan(risky), 0.0, risky) @ member, np.where(np.isnan(varied), 0.0, varied) @ member
    lacking = (present < parameters.min_weight_indicators - 1e-12) | (present <= 0)
    risk[lacking] = spread[lacking] = np.nan
    return risk, spread


@dataclass(frozen=True)
class _Composed:
    """Risks of sub-indices and the composite that they make, each with its uncertainty; rows are places."""

    risk: Values
    spread: Values
    present: Values
    """Share of the sub-indices' weight that has data."""
    score: Values
    """Of the risks as they are."""
    mean: Values
    """Mean of the composite when the risks vary; of the geometric one the mean of its risk."""
    variance: Values
    """Its variance."""
    geometric: bool

    @classmethod
    def of(cls, risk: Values, spread: Values, parameters: Parameters) -> _Composed:
        sub_score = score_of_risk(risk, parameters.anchor)
        weight = np.where(np.isfinite(sub_score), parameters.sub_weight, 0.0)
        present = weight.sum(axis=1)
        share = weight / np.where(present > 0, present, 1.0)[:, None]
        lacking = (present < parameters.min_weight_sub_indices - 1e-12) | (present <= 0)
        if parameters.geometric:
            mean, variance = np.nansum(share * risk, axis=1), np.nansum(share**2 * spread, axis=1)
            score = score_of_risk(mean, parameters.anchor)
        else:
            score = np.nansum(share * sub_score, axis=1)
            means, variances = _score_moments(risk, spread, parameters.anchor)
            mean, variance = np.nansum(share * means, axis=1), np.nansum(share**2 * variances, axis=1)
        for values in (score, mean, variance):
            values[lacking] = np.nan
        return cls(risk, spread, present, score, mean, variance, parameters.geometric)

    def interval(self, anchor: float) -> tuple[Values, Values]:
        """Return the ends of the composite's 90 % interval."""
        if self.geometric:
            low_risk, high_risk = _gamma_interval(self.mean, self.variance)
            return score_of_risk(high_risk, anchor), score_of_risk(low_risk, anchor)
        width = HALF_WIDTH * np.sqrt(self.variance)
        return np.maximum(self.mean - width, 0.0), np.minimum(self.mean + width, 100.0)


def _gamma_interval(risk: Values, spread: Values) -> tuple[Values, Values]:
    """Return the ends of the 90 % interval of gammas with these means and variances; the mean where there is none."""
    with np.errstate(invalid="ignore", divide="ignore"):
        shape, scale = risk**2 / spread, spread / risk
        low, high = special.gammaincinv(shape, LOW) * scale, special.gammaincinv(shape, HIGH) * scale
    certain = ~(spread > 0)
    return np.where(certain, risk, low), np.where(certain, risk, high)


def _score_moments(risk: Values, spread: Values, anchor: float) -> tuple[Values, Values]:
    """Return mean and variance of 100 · anchor^Θ for gamma-distributed Θ, in closed form; no variance for a sure Θ."""
    steep = -np.log(anchor)
    with np.errstate(invalid="ignore", divide="ignore"):
        shape, scale = risk**2 / spread, spread / risk
        mean, square = (1 + steep * scale) ** -shape, (1 + 2 * steep * scale) ** -shape
        variance = 1e4 * np.maximum(square - mean**2, 0.0)
    sure = ~(spread > 0)
    return np.where(sure, score_of_risk(risk, anchor), 100 * mean), np.where(
        sure, np.where(np.isfinite(risk), 0.0, np.nan), variance
    )


def _likely(count: Values, expected: Values, own: _Composed, parameters: Parameters) -> _Composed:
    """Return risks and composite as they truly may be, given the counts and what the place's risks have in common."""
    effect = place_effect(count, expected, parameters)
    if not effect.spread.any():
        return own
    missing = np.where(np.isfinite(own.risk), 0.0, np.nan)
    moments: list[list[Values]] = []
    for node in NODES:
        theta, variance = indicator_risks(count, expected, parameters, effect.factor(node))
        risk, spread = _sub_risks(theta, variance, parameters)
        at = _Composed.of(risk + missing, spread + missing, parameters)
        moments.append([at.risk, at.spread + at.risk**2, at.mean, at.variance + at.mean**2])
    risk, risk_square, mean, square = (
        np.einsum("k,k...->...", NODE_WEIGHTS, np.array(each)) for each in zip(*moments, strict=True)
    )
    spread, variance = np.maximum(risk_square - risk**2, 0.0), np.maximum(square - mean**2, 0.0)
    return _Composed(risk, spread, own.present, own.score, mean, variance, own.geometric)
