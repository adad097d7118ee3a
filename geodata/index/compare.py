"""Is a change more than chance? The conditional binomial test of two counts (docs/METHOD.md, comparison)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

Values = npt.NDArray[np.float64]
SIGNIFICANT = 0.05
_TIE = 1 + 1e-7
"""Outcomes as likely as the one seen count as such, whatever rounding does to them."""


def change_p_value(
    before: npt.ArrayLike,
    after: npt.ArrayLike,
    expected_before: npt.ArrayLike = 1.0,
    expected_after: npt.ArrayLike = 1.0,
) -> Values:
    """Return the two-sided p-value of `after` against `before`, given what was expected of both.

    Given their sum n, `after` is Binomial(n, E₁ / (E₀ + E₁)); p is the probability of all outcomes that are not more
    likely than the one seen, as in ``scipy.stats.binomtest``, but for whole arrays at once. Without any incident, or
    with nothing expected, nothing can be said: p = 1.

    Parameters
    ----------
    before, after
        Incidents of two periods, broadcast against each other.
    expected_before, expected_after
        Expected incidents of the same periods, in any common unit, >= 0.
    """
    o0, o1, e0, e1 = np.broadcast_arrays(
        *(np.asarray(part, dtype=np.float64) for part in (before, after, expected_before, expected_after))
    )
    n, known = o0 + o1, (o0 + o1 > 0) & (e0 > 0) & (e1 > 0)
    share = np.where(known, e1 / np.where(known, e0 + e1, 1.0), 0.5)
    high = o1 > n * share  # look from the other side, so that the outcome lies at or below the middle
    seen, share = np.where(high, o0, o1), np.where(high, 1 - share, share)
    p = special.bdtr(seen, n.astype(np.intp), share) + _other_tail(seen, n, share)
    return np.where(known, np.minimum(p, 1.0), 1.0)


def _other_tail(seen: Values, n: Values, share: Values) -> Values:
    """Return the probability of the outcomes above the mode that are not more likely than `seen`."""
    least = _log_likelihood(seen, n, share) + np.log(_TIE)
    # likely enough (below the mode, which may itself be a tie) | not so, or beyond the end
    low, high = np.maximum(np.floor((n + 1) * share) - 1, seen), n + 1
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        rare = _log_likelihood(np.minimum(middle, n), n, share) <= least
        low, high = np.where(rare | (high - low <= 1), low, middle), np.where(rare & (high - low > 1), middle, high)
    return np.where(high <= n, special.bdtrc(high - 1, n.astype(np.intp), share), 0.0)


def _log_likelihood(k: Values, n: Values, share: Values) -> Values:
    return np.asarray(
        special.gammaln(n + 1)
        - special.gammaln(k + 1)
        - special.gammaln(n - k + 1)
        + special.xlogy(k, share)
        + special.xlog1py(n - k, -share)
    )
