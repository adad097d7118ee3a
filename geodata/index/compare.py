"""Is a change more than chance? The conditional binomial test of two counts (docs/METHOD.md, comparison)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

Values = npt.NDArray[np.float64]
SIGNIFICANT = 0.05


def change_p_value(
    before: npt.ArrayLike,
    after: npt.ArrayLike,
    expected_before: npt.ArrayLike = 1.0,
    expected_after: npt.ArrayLike = 1.0,
) -> Values:
    """Return the two-sided p-value of `after` against `before`, given what was expected of both.

    Given their sum n, `after` is Binomial(n, E₁ / (E₀ + E₁)); twice the smaller tail, at most 1. Without any incident
    nothing can be said: p = 1.

    Parameters
    ----------
    before, after
        Incidents of two periods, broadcast against each other.
    expected_before, expected_after
        Expected incidents of the same periods, in any common unit, > 0.
    """
    o0, o1 = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    e0, e1 = np.asarray(expected_before, dtype=np.float64), np.asarray(expected_after, dtype=np.float64)
    n = o0 + o1
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(e0 + e1 > 0, e1 / (e0 + e1), np.nan)
        lower = special.bdtr(o1, n, share)
        upper = np.where(o1 > 0, special.bdtrc(o1 - 1, n, share), 1.0)
    return np.where(n > 0, np.minimum(1.0, 2 * np.minimum(lower, upper)), 1.0)
