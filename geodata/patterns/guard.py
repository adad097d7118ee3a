"""When a map of a statistic must not be drawn: reasons that the interface puts into words."""

from __future__ import annotations

from enum import Enum

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
LEAST_PLACES = 3
LEAST_INCIDENTS = 30
"""Below this a pattern on a map is chance to the eye and to the test."""


class Guard(Enum):
    """Why nothing was computed."""

    NO_PLACES = "no_places"
    """Fewer than three places have a value."""
    TOO_FEW = "too_few"
    """Fewer than 30 incidents stand behind the values."""
    CONSTANT = "constant"
    """All places have the same value."""
    NO_NEIGHBOURS = "no_neighbours"
    """No place with a value has a neighbour with one."""


def why_not(values: Values, incidents: float | None) -> Guard | None:
    """Return what forbids a statistic of these values, or None.

    Parameters
    ----------
    values
        Values of the places that have one, shape (n,).
    incidents
        Incidents behind them; the sum of the values if None.
    """
    if len(values) < LEAST_PLACES:
        return Guard.NO_PLACES
    if (float(values.sum()) if incidents is None else incidents) < LEAST_INCIDENTS:
        return Guard.TOO_FEW
    if values.min() == values.max():
        return Guard.CONSTANT
    return None
