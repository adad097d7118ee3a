"""Scores to bands: thresholds, and hysteresis for the daily band."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from geodata.vocabulary import Band

BANDS: tuple[Band, ...] = tuple(Band)
NO_BAND = -1


def band_numbers(scores: npt.ArrayLike, thresholds: Sequence[float]) -> npt.NDArray[np.int8]:
    """Return the band of each score as a number, 0 = excellent … 3 = poor, ``NO_BAND`` for a missing score.

    A score on a threshold belongs to the better band.

    Parameters
    ----------
    scores
        Points, 0 … 100, any shape; NaN = missing.
    thresholds
        Least score of each band but the last, from high to low.
    """
    points = np.asarray(scores, dtype=np.float64)
    numbers = np.sum([points < threshold for threshold in thresholds], axis=0)
    return np.where(np.isfinite(points), numbers, NO_BAND).astype(np.int8)


def band_of(score: float | None, thresholds: Sequence[float]) -> Band | None:
    """Return the band of one score, None for a missing one."""
    if score is None:
        return None
    number = int(band_numbers(score, thresholds))
    return None if number == NO_BAND else BANDS[number]


def stable_bands(scores: Iterable[float], thresholds: Sequence[float], hysteresis: float) -> list[int]:
    """Return the bands of a daily series; a band changes only when its threshold is passed by `hysteresis` points.

    So a score that dithers around 80 does not flicker. A missing score has no band and leaves the memory as it is.

    Parameters
    ----------
    scores
        Points, one a day, in the order of days.
    """
    stable: list[int] = []
    held = NO_BAND
    for score in scores:
        raw = int(band_numbers(score, thresholds))
        if raw == NO_BAND:
            stable.append(NO_BAND)
            continue
        if held == NO_BAND:
            held = raw
        else:
            held = max(held, int(band_numbers(score + hysteresis, thresholds)))
            held = min(held, int(band_numbers(score - hysteresis, thresholds)))
        stable.append(held)
    return stable
