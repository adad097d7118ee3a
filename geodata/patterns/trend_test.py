"""Does a series rise or fall? Mann–Kendall with ties, and Sen's slope, for many series at once (docs/METHOD.md)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

Values = npt.NDArray[np.float64]
_BLOCK = 1 << 22
"""Slopes held at a time."""


@dataclass(frozen=True)
class Trend:
    """The Mann–Kendall test of series, one number each; shape of the input without its first axis."""

    s: Values
    """Rising pairs less falling ones."""
    variance: Values
    """Variance of `s` if the order were chance, ties taken into account."""
    z: Values
    """Normal score with continuity correction; 0 where nothing varies."""
    p: Values
    """Two-sided; 1 where nothing varies."""
    tau: Values
    """`s` as a share of all pairs, -1 … 1; NaN below two values."""


def mann_kendall(values: npt.ArrayLike) -> Trend:
    """Test series for a monotonic trend; only the order of the values matters.

    The values are taken as independent. Overlapping windows (Gi* of own and previous slice) are not, which makes p too
    small: a trend there describes more than it proves.

    Parameters
    ----------
    values
        Series along the first axis, shape (n_times,) or (n_times, n_series), evenly spaced; NaN is left out.
    """
    x = np.asarray(values, dtype=np.float64)
    known = np.isfinite(x)
    s, alike = np.zeros(x.shape[1:]), known.astype(np.float64)
    for lag in range(1, len(x)):
        later, earlier = x[lag:], x[:-lag]
        s += (later > earlier).sum(axis=0, dtype=np.float64) - (later < earlier).sum(axis=0)
        same = later == earlier
        alike[lag:] += same
        alike[:-lag] += same
    n = known.sum(axis=0, dtype=np.float64)
    # a group of t equal values takes off t (t-1) (2t+5): here each of the t takes its part
    ties = np.where(known, (alike - 1) * (2 * alike + 5), 0.0).sum(axis=0)
    variance = np.asarray((n * (n - 1) * (2 * n + 5) - ties) / 18)
    varies = variance > 0
    z = np.where(varies, (s - np.sign(s)) / np.sqrt(np.where(varies, variance, 1.0)), 0.0)
    pairs = n * (n - 1) / 2
    tau = np.where(pairs > 0, s / np.where(pairs > 0, pairs, 1.0), np.nan)
    return Trend(s, variance, z, np.asarray(2 * special.ndtr(-np.abs(z))), tau)


def sen_slope(values: npt.ArrayLike) -> Values:
    """Return the median slope of all pairs [units a step], which a few wild values cannot move.

    Parameters
    ----------
    values
        As for `mann_kendall`.

    Returns
    -------
    Values
        Shape of the input without its first axis; NaN below two known values.
    """
    x = np.asarray(values, dtype=np.float64)
    series = x.reshape(len(x), math.prod(x.shape[1:]))
    earlier, later = np.triu_indices(len(x), 1)
    slope = np.full(series.shape[1], np.nan)
    wide = max(_BLOCK // max(len(earlier), 1), 1)
    for start in range(0, len(slope), wide):
        part = series[:, start : start + wide]
        enough = np.isfinite(part).sum(axis=0) > 1
        steps = (part[later][:, enough] - part[earlier][:, enough]) / (later - earlier)[:, None]
        slope[start : start + wide][enough] = np.nanmedian(steps, axis=0)
    return slope.reshape(x.shape[1:])
