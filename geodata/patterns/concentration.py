"""How few places hold how many of the incidents, and how few would by chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geodata.patterns.guard import Guard, why_not

Values = npt.NDArray[np.float64]
LOW, HIGH = 0.05, 0.95
"""Ends of the range that chance covers in nine cases of ten."""
_ENOUGH = 1 - 1e-12
"""Half is reached even where rounding takes a little off the sum."""


@dataclass(frozen=True, eq=False)
class Concentration:
    """Concentration of incidents on places; numbers are NaN where nothing was computed."""

    places: int
    """Places that have a count."""
    incidents: float
    places_for_half: int
    """The fewest places that hold half of the incidents; 0 where nothing was computed."""
    share_of_places_for_half: float
    expected_share: float
    """What chance alone would make of it: mean over simulations."""
    expected_range: tuple[float, float]
    """The range that holds nine of ten simulations."""
    p: float
    """Chance to be as concentrated: (1 + simulations with no more places for half) / (1 + simulations)."""
    gini: float
    """0 = all places alike, 1 = all in one; never small where incidents are fewer than places."""
    generalised_gini: float
    """The same against the most even distribution that so few incidents allow (Bernasco and Steenbeek 2017)."""
    expected_gini: float
    """Generalised Gini by chance alone."""
    curve: Values
    """Share of the incidents in the k fullest places, k = 0 … places, shape (places + 1,)."""
    reason: Guard | None
    """Why nothing was computed."""

    def share_of_places(self, of_incidents: float) -> float:
        """Return the smallest share of places that holds a share of the incidents."""
        return _fewest(self.curve, of_incidents) / self.places if self.reason is None else np.nan


def concentration(
    counts: npt.ArrayLike, *, expected: npt.ArrayLike | None = None, simulations: int = 199, seed: int = 0
) -> Concentration:
    """Say which share of the places holds half of the incidents, and which would by chance.

    Even when every place runs the same risk, half of the incidents lie in well under half of the places, and where
    incidents are fewer than places most places have none. So chance deals out the same number of incidents anew, and
    the answer carries what it makes of them; "5 % of the cells hold half" is news only beside that.

    Parameters
    ----------
    counts
        Incidents of each place, >= 0, shape (n,); not finite = no count, left out.
    expected
        What chance deals by: expected incidents or an exposure, in any unit, shape (n,); all places alike if None.
    simulations, seed
        How often chance deals, and from where.
    """
    given = np.asarray(counts, dtype=np.float64)
    share = np.ones(len(given)) if expected is None else np.asarray(expected, dtype=np.float64)
    if given.shape != share.shape:
        raise ValueError("`counts` and `expected` differ in length")
    known = np.isfinite(given) & np.isfinite(share)
    count, share = given[known], share[known]
    if (count < 0).any() or (share < 0).any():
        raise ValueError("`counts` or `expected` are negative")
    places, incidents = len(count), float(count.sum())
    reason = Guard.NO_PLACES if share.sum() == 0 else why_not(count, None)
    if reason not in (None, Guard.CONSTANT):  # all places alike is an answer here
        return _nothing(places, incidents, reason)
    curve, rng = _curve(count), np.random.default_rng(seed)
    dealt = [_curve(rng.multinomial(round(incidents), share / share.sum())) for _ in range(simulations)]
    half, halves = _fewest(curve, 0.5), np.array([_fewest(each, 0.5) for each in dealt])
    low, high = np.quantile(halves / places, (LOW, HIGH))
    return Concentration(
        places=places,
        incidents=incidents,
        places_for_half=half,
        share_of_places_for_half=half / places,
        expected_share=float(halves.mean()) / places,
        expected_range=(float(low), float(high)),
        p=(1.0 + np.count_nonzero(halves <= half)) / (1.0 + simulations),
        gini=_gini(curve),
        generalised_gini=_generalised(_gini(curve), places, incidents),
        expected_gini=float(np.mean([_generalised(_gini(each), places, incidents) for each in dealt])),
        curve=curve,
        reason=None,
    )


def _nothing(places: int, incidents: float, reason: Guard | None) -> Concentration:
    nan = np.nan
    nowhere = np.full(places + 1, nan)
    return Concentration(places, incidents, 0, nan, nan, (nan, nan), nan, nan, nan, nan, nowhere, reason)


def gini(counts: npt.ArrayLike, *, generalised: bool = True) -> float:
    """Return the Gini coefficient of counts that are not all 0, against the most even distribution possible if asked.

    ``max(n / c, 1) (G - 1) + 1`` for c incidents in n places: 0 where no place has two, however few have one.
    """
    count = np.asarray(counts, dtype=np.float64)
    plain = _gini(_curve(count))
    return _generalised(plain, len(count), float(count.sum())) if generalised else plain


def _curve(count: npt.NDArray[np.float64] | npt.NDArray[np.int64]) -> Values:
    """Return the share of all in the fullest places, from none of them to all."""
    cumulated = np.concatenate([[0.0], np.cumsum(np.sort(count)[::-1], dtype=np.float64)])
    return np.asarray(cumulated / cumulated[-1])


def _fewest(curve: Values, of_incidents: float) -> int:
    return int(np.searchsorted(curve, of_incidents * _ENOUGH))


def _gini(curve: Values) -> float:
    """Return twice the area between the curve and evenness."""
    n = len(curve) - 1
    return float(2.0 * np.sum(curve[1:-1]) + 1.0) / n - 1.0


def _generalised(plain: float, places: int, incidents: float) -> float:
    return max(places / incidents, 1.0) * (plain - 1.0) + 1.0
