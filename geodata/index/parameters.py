"""The numbers of a method version that scoring needs, as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from geodata.index.catalogue import Indicator, Method

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Parameters:
    """What scoring needs of a method version; arrays by indicator, of all kinds, in the order of ``method.indicators``.

    Every kind of indicator comes down to an observed C and an expected E, so that θ = (C + prior) / (E + prior):
    incidents (severity-weighted), complements (failures), surveys (n · (100 − mean)), levels (n · mean, prior 0). For
    benefits, of which more is better, it is the inverse.
    """

    prior: Values
    """αq, added to C and to E, shape (n_indicators,)."""
    scale: Values
    """q: variance of C over its mean; 0 where C has no sampling error."""
    inverse: npt.NDArray[np.bool_]
    counted: npt.NDArray[np.bool_]
    """Whether the indicator counts incidents."""
    weight: Values
    """v: weight within the sub-index."""
    sub_index: npt.NDArray[np.intp]
    """Position of its sub-index."""
    sub_weight: Values
    """w: weight of each sub-index, shape (n_sub_indices,), sums to 1."""
    anchor: float
    risk_cap: float
    min_expected: float
    min_weight_indicators: float
    min_weight_sub_indices: float
    geometric: bool = False
    place_spread: float = 0.0
    """Standard deviation of what the risks of a place have in common, in logarithms; 0 = nothing."""

    def weighted(self, sub_weight: Values) -> Parameters:
        """Return the same with other weights of the sub-indices, scaled to sum to 1."""
        return replace(self, sub_weight=sub_weight / sub_weight.sum())


def parameters(
    method: Method, q: Values, base: Mapping[str, float], alpha: Mapping[str, float], *, daily: bool = False
) -> Parameters:
    """Lay out a method as arrays.

    Parameters
    ----------
    method
        The version.
    q
        Severity scale of each indicator that counts incidents, in the order of ``method.scored``.
    base
        What the base year measured by indicator: share of failures, mean shortfall of a survey from 100, mean level,
        benefits a unit of exposure and day.
    alpha
        Prior strengths instead of the indicators' own, by indicator.
    daily
        Take the daily set of sub-indices only, their weights scaled to sum to 1; the others weigh nothing.
    """
    counted = np.array([indicator.kind == "incident" for indicator in method.indicators])
    scale = np.ones(len(method.indicators))
    scale[counted] = q
    for i, indicator in enumerate(method.indicators):
        scale[i] = _scale(indicator, scale[i], base)
    weights = np.array([s.weight if s.daily or not daily else 0.0 for s in method.sub_indices])
    strength = np.array([alpha.get(indicator.id, indicator.alpha) for indicator in method.indicators])
    return Parameters(
        prior=strength * scale,
        scale=scale,
        inverse=np.array([indicator.kind == "benefit" for indicator in method.indicators]),
        counted=counted,
        weight=np.array([indicator.weight for indicator in method.indicators]),
        sub_index=np.repeat(np.arange(len(method.sub_indices)), [len(s.indicators) for s in method.sub_indices]),
        sub_weight=weights / weights.sum() if weights.sum() > 0 else weights,
        anchor=method.anchor,
        risk_cap=method.risk_cap,
        min_expected=method.min_expected,
        min_weight_indicators=method.min_weight_indicators,
        min_weight_sub_indices=method.min_weight_sub_indices,
        geometric=method.aggregation == "geometric",
        place_spread=method.place_spread,
    )


def _scale(indicator: Indicator, q: float, base: Mapping[str, float]) -> float:
    match indicator.kind:
        case "survey":
            return base.get(indicator.id, np.nan)
        case "level":
            return 0.0
        case _:
            return q
