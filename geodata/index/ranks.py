"""Ranks that say how sure they are: simulated scores, spans of ranks, tiers (docs/METHOD.md, ranks)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from geodata.index.parameters import Parameters
from geodata.index.place_effect import place_effect, shared
from geodata.index.score import score_of_risk, score_places

Values = npt.NDArray[np.float64]
Ranks = npt.NDArray[np.intp]
UNRANKED = 0
"""Rank and tier of a place without a score."""
_DIGITS = 9
"""Decimals of a score; what differs beyond them is rounding."""
_FOR_WEIGHTS, _FOR_PLACES = 0, 1
"""Streams of random numbers."""


@dataclass(frozen=True)
class RankTable:
    """Ranks of n places, 1 = the highest score; ``UNRANKED`` where a score is missing."""

    rank: Ranks
    """By score, ties share the better rank, shape (n,)."""
    best: Ranks
    """Best rank that the place may well have, shape (n,)."""
    worst: Ranks
    tier: Ranks
    """1 = the top; places of one tier are not told apart, shape (n,)."""


def rank_places(score: Values, draws: Values, *, level: float = 0.9, certainty: float = 0.9) -> RankTable:
    """Rank places by score, with spans and tiers from simulated scores of the same places."""
    rank, (best, worst) = _ranks(score[np.newaxis], "min")[0], rank_intervals(draws, level)
    # scores are drawn towards the usual and draws are not: a rank belongs to its own span all the same
    return RankTable(rank, np.minimum(best, rank), np.maximum(worst, rank), tiers(score, draws, certainty))


def simulate_scores(
    count: Values,
    expected: Values,
    parameters: Parameters,
    *,
    draws: int = 1000,
    seed: int = 0,
    weight_spread: float = 0.2,
    keys: Sequence[int] | None = None,
) -> Values:
    """Draw composites (before red lines: see ``RedLine.applied``) that counts and weights leave possible.

    Each θ comes from its Gamma(C/q + α, rate E/q + α/λ), cut at the cap, with one λ for all risks of the place
    (`place_effect`, 1 without one); a benefit's is the inverse of one, without λ. Each draw multiplies every weight by
    U(1 - spread, 1 + spread), the same for all places. What is missing is missing in all draws. A place's draws depend
    on `seed`, its key and its own data alone, not on the places beside it.

    Parameters
    ----------
    count, expected
        C and E, shape (n_places, n_indicators), as for `score_places`.
    weight_spread
        Uncertainty of weights, 0 <= spread < 1; 0 = they are certain.
    keys
        A number of each place, >= 0; give them where places may come in another order or number. None = position.

    Returns
    -------
    Values
        Scores, shape (draws, n_places), NaN where the composite is missing.
    """
    scores = score_places(count, expected, parameters)
    n_indicators, n_sub = len(parameters.weight), len(parameters.sub_weight)
    random = np.random.default_rng([seed, _FOR_WEIGHTS])
    weight = parameters.weight * random.uniform(1 - weight_spread, 1 + weight_spread, (draws, n_indicators))
    sub_weight = parameters.sub_weight * random.uniform(1 - weight_spread, 1 + weight_spread, (draws, n_sub))
    member = (parameters.sub_index[:, np.newaxis] == np.arange(n_sub)).astype(np.float64)
    names = np.arange(len(count)) if keys is None else np.asarray(keys)
    effect = place_effect(count, expected, parameters)
    result = np.full((draws, len(count)), np.nan)
    for place in np.flatnonzero(np.isfinite(scores.composite)):
        stream = np.random.default_rng([seed, _FOR_PLACES, int(names[place])])
        there = np.isfinite(scores.theta[place])
        factor = effect.of(int(place), stream.standard_normal(draws)) if effect.spread.any() else np.ones(1)
        theta = _draw_risks(stream, draws, count[place], expected[place], parameters, there, factor)
        shares = np.where(there, weight, 0.0)
        present = shares @ member
        risk = (shares * theta) @ member / np.where(present > 0, present, 1.0)
        measured = np.isfinite(scores.sub_score[place])
        result[:, place] = _composites(risk, np.where(measured, sub_weight, 0.0), parameters)
    return result


def _draw_risks(
    stream: np.random.Generator,
    draws: int,
    count: Values,
    expected: Values,
    parameters: Parameters,
    there: npt.NDArray[np.bool_],
    factor: Values,
) -> Values:
    """Draw θ of one place, shape (draws, n_indicators), 0 where it is missing; λ has shape (draws,) or (1,)."""
    usual = np.where(shared(parameters), parameters.prior / factor[:, np.newaxis], parameters.prior)
    observed, due = np.where(there, count + parameters.prior, 0.0), np.where(there, expected + usual, 0.0)
    scale = parameters.scale
    random = there & (scale > 0)
    unit = np.where(random, scale, 1.0)
    ratio = np.where(
        random, stream.standard_gamma(np.where(random, observed / unit, 1.0), (draws, len(unit))), observed
    )
    ratio /= np.where(due > 0, due / unit, 1.0)
    with np.errstate(divide="ignore"):
        theta = np.where(parameters.inverse & there, 1 / ratio, ratio)
    return np.minimum(theta, parameters.risk_cap)


def _composites(risk: Values, sub_weight: Values, parameters: Parameters) -> Values:
    """Return composites of one place from risks and weights of sub-indices, both (draws, n_sub)."""
    share = sub_weight / sub_weight.sum(axis=1, keepdims=True)
    if parameters.geometric:
        return score_of_risk((share * risk).sum(axis=1), parameters.anchor)
    return np.asarray((share * score_of_risk(risk, parameters.anchor)).sum(axis=1))


def rank_intervals(draws: Values, level: float = 0.9) -> tuple[Ranks, Ranks]:
    """Return the best and the worst rank of each place that simulated scores leave, at a level of certainty.

    Equal scores share all the ranks that they take up.

    Parameters
    ----------
    draws
        Simulated scores, shape (n_draws, n_places).
    level
        Share of draws in which the rank lies within the span; the rest is cut off on both sides alike.
    """
    tail = (1 - level) / 2
    best = np.quantile(_ranks(draws, "min"), tail, axis=0, method="inverted_cdf")
    worst = np.quantile(_ranks(draws, "max"), 1 - tail, axis=0, method="inverted_cdf")
    return best.astype(np.intp), worst.astype(np.intp)


def weight_rank_intervals(sub_score: Values, sub_weight: Values, spread: float = 0.2) -> tuple[Ranks, Ranks]:
    """Return the best and the worst rank of each place when one weight at a time is more or less by `spread`.

    Parameters
    ----------
    sub_score
        Scores of sub-indices, shape (n_places, n_sub_indices); NaN is left out and the rest reweighted.
    sub_weight
        Their weights, shape (n_sub_indices,).
    """
    n_sub = len(sub_weight)
    trials = sub_weight * np.vstack([np.ones(n_sub), 1 + spread * np.eye(n_sub), 1 - spread * np.eye(n_sub)])
    known = np.isfinite(sub_score)
    total = trials @ known.T
    scores = np.where(total > 0, trials @ np.nan_to_num(sub_score).T / np.where(total > 0, total, 1.0), np.nan)
    return _ranks(scores, "min").min(axis=0), _ranks(scores, "max").max(axis=0)


def tiers(score: Values, draws: Values, certainty: float = 0.9) -> Ranks:
    """Group places into tiers: two places of different tiers are told apart, each with the given certainty.

    Places are taken from the highest score to the lowest; a new tier begins only where every place above is better than
    every place below in a share of at least `certainty` of the draws. An equal draw counts as half.

    Parameters
    ----------
    score
        Scores of the places, shape (n,); NaN = no tier.
    draws
        Simulated scores, shape (n_draws, n).

    Returns
    -------
    Ranks
        1 = the highest tier, ``UNRANKED`` for a missing score, shape (n,).
    """
    known = np.isfinite(score) & np.isfinite(draws).all(axis=0)
    tier = np.full(len(score), UNRANKED, dtype=np.intp)
    order = np.flatnonzero(known)[np.argsort(-score[known], kind="stable")]
    if len(order) == 0:
        return tier
    # the border below position k holds if each of the places above it is sure to beat all that come after it
    surely = np.array([_first_sure(draws[:, order], k, certainty) for k in range(len(order))])
    reach = np.maximum.accumulate(surely)
    begins = np.concatenate([[True], reach[:-1] <= np.arange(1, len(order))])
    tier[order] = np.cumsum(begins)
    return tier


def _first_sure(draws: Values, k: int, certainty: float) -> int:
    """Return the position from which on all places are surely worse than the one at position k; columns are ordered."""
    mine, others = draws[:, k, np.newaxis], draws[:, k + 1 :]
    better = ((mine > others).mean(axis=0) + (mine >= others).mean(axis=0)) / 2
    unsure = np.flatnonzero(better < certainty - 1e-12)
    return k + 1 + (int(unsure[-1]) + 1 if len(unsure) else 0)


def _ranks(scores: Values, ties: Literal["min", "max"]) -> Ranks:
    """Rank each row, 1 = the highest; equal scores get the least or the greatest of their ranks; NaN ``UNRANKED``."""
    ranks: Values = stats.rankdata(-np.round(scores, _DIGITS), method=ties, axis=1, nan_policy="omit")
    return np.asarray(np.nan_to_num(ranks, nan=UNRANKED).astype(np.intp))
