"""Rates of small places, steadied by the whole (empirical Bayes) or by the neighbours, or told as excess risk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geodata.patterns.neighbours import Neighbours

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SmoothedRates:
    """Empirical Bayes rates of places."""

    rate: Values
    """Incidents per unit of population, shape (n,); NaN without population."""
    weight: Values
    """Trust in the place's own rate, from 0 (the mean) to 1, shape (n,)."""
    mean: float
    """Rate of all places together."""
    variance: float
    """Of the true rates between places; 0 if chance alone explains how they differ."""


def empirical_bayes(count: npt.ArrayLike, population: npt.ArrayLike) -> SmoothedRates:
    """Draw each place's rate towards that of all places, the more the fewer people it has (Marshall 1991, global).

    ``m = ΣO / Σn``, ``s² = Σ n (r - m)² / Σn - m / n̄``, weight ``s² / (s² + m / n)``. Where s² would be negative the
    rates differ less than chance would make them: s² is 0 then, and all places get the mean.

    Parameters
    ----------
    count
        Incidents O, shape (n,); not finite = missing.
    population
        What they are measured against, n, shape (n,); 0 or missing = the place has no rate and no say in the mean.
    """
    o, n = _known(count, population)
    total = float(np.nansum(n))
    if total == 0:
        return SmoothedRates(o, o.copy(), np.nan, np.nan)
    mean = float(np.nansum(o)) / total
    raw = o / n
    variance = max(0.0, float(np.nansum(n * (raw - mean) ** 2)) / total - mean / float(np.nanmean(n)))
    weight = np.where(np.isnan(n), np.nan, variance / (variance + mean / n) if variance > 0 else 0.0)
    return SmoothedRates(weight * raw + (1.0 - weight) * mean, weight, mean, variance)


def excess_risk(count: npt.ArrayLike, population: npt.ArrayLike) -> Values:
    """Return observed over expected incidents, had all places the rate of the whole.

    Parameters
    ----------
    count, population
        As for `empirical_bayes`.

    Returns
    -------
    np.ndarray
        1 = as the whole, shape (n,); NaN without population, or if nothing happened anywhere.
    """
    o, n = _known(count, population)
    incidents = float(np.nansum(o))
    return o / n * (float(np.nansum(n)) / incidents) if incidents > 0 else np.full(o.shape, np.nan)


def spatial_rate(count: npt.ArrayLike, population: npt.ArrayLike, neighbours: Neighbours) -> Values:
    """Return the rate of each place and its neighbours together.

    Parameters
    ----------
    count, population
        As for `empirical_bayes`; a neighbour without population is left out.
    neighbours
        Of the same places in the same order.

    Returns
    -------
    np.ndarray
        Incidents per unit of population, shape (n,); NaN if neither the place nor a neighbour has population.
    """
    o, n = (np.nan_to_num(each) for each in _known(count, population))
    people = neighbours.row_sums(n, include_self=True)
    return np.where(people > 0, neighbours.row_sums(o, include_self=True) / np.where(people > 0, people, 1.0), np.nan)


def _known(count: npt.ArrayLike, population: npt.ArrayLike) -> tuple[Values, Values]:
    """Return both with NaN wherever one of them does not make a rate."""
    o, n = np.asarray(count, dtype=np.float64), np.asarray(population, dtype=np.float64)
    if o.shape != n.shape:
        raise ValueError("`count` and `population` differ in length")
    known = np.isfinite(o) & np.isfinite(n) & (n > 0)
    return np.where(known, o, np.nan), np.where(known, n, np.nan)
