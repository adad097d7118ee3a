"""What all risks of a place have in common: the errors of drawing each towards the usual do not cancel out.

θ_i = λ · η_i with η_i ~ Gamma(α_i, α_i) as in formula 3 and ln λ ~ Normal(0, place_spread²), one λ a place. A score is
formula 3 to 6 as ever; λ widens and moves its interval, and the simulated scores that ranks come from. Without it the
true score of a place that is a little safer (or less safe) in everything would nearly always lie outside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geodata.index.parameters import Parameters

Values = npt.NDArray[np.float64]
NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(3)
NODE_WEIGHTS: Values = _WEIGHTS / _WEIGHTS.sum()
"""A normal distribution as three points."""
_LEAST = 1e-3
"""Below this the risks of a place have nothing in common that could be told."""
_STEPS, _CLOSE = 30, 1e-6
"""Newton steps at most, and the step that ends them; the logarithm of the posterior is concave in ln λ."""


@dataclass(frozen=True)
class PlaceEffect:
    """Posterior of ln λ of n places, as a normal distribution around its mode."""

    mode: Values
    """Shape (n,)."""
    spread: Values
    """Its standard deviation, shape (n,); 0 = the method knows of no common risk."""

    def factor(self, deviate: float) -> Values:
        """Return λ of every place at so many standard deviations from the mode, shape (n,)."""
        return np.asarray(np.exp(self.mode + self.spread * deviate))

    def of(self, place: int, deviates: Values) -> Values:
        """Return λ of one place at many of them."""
        return np.asarray(np.exp(self.mode[place] + self.spread[place] * deviates))


def shared(parameters: Parameters) -> npt.NDArray[np.bool_]:
    """Say which indicators take part: those that chance moves and of which more is worse, shape (n_indicators,)."""
    return np.asarray(~parameters.inverse & (parameters.scale > 0) & (parameters.prior > 0) & (parameters.weight > 0))


def place_effect(count: Values, expected: Values, parameters: Parameters) -> PlaceEffect:
    """Estimate what the risks of each place have in common.

    Given λ, C/q of an indicator is negative binomial with mean λE/q and shape α.

    Parameters
    ----------
    count, expected
        C and E, shape (n_places, n_indicators); what is not known of an indicator (NaN) says nothing.
    """
    n = len(count)
    if parameters.place_spread < _LEAST:
        return PlaceEffect(np.zeros(n), np.zeros(n))
    use = shared(parameters)
    scale, prior = parameters.scale[use], parameters.prior[use]
    due = expected[:, use]
    known = np.isfinite(due) & np.isfinite(count[:, use])
    strength = prior / scale
    events, due = np.where(known, count[:, use] / scale, 0.0), np.where(known, due / scale, 0.0)
    precision = parameters.place_spread**-2
    mode, bend = np.zeros(n), np.full(n, precision)
    moving = np.ones(n, dtype=np.bool_)
    for _ in range(_STEPS):
        share = due * np.exp(mode)[:, np.newaxis]
        share = share / (strength + share)
        slope = events.sum(axis=1) - ((strength + events) * share).sum(axis=1) - precision * mode
        curve = ((strength + events) * share * (1 - share)).sum(axis=1) + precision
        step = np.where(moving, np.clip(slope / curve, -1.0, 1.0), 0.0)
        mode, bend = mode + step, np.where(moving, curve, bend)
        moving &= np.abs(step) >= _CLOSE  # each place stops by itself: none depends on the others
        if not moving.any():
            break
    return PlaceEffect(mode, 1 / np.sqrt(bend))
