"""Numbers as they are written: thin spaces in thousands, a true minus, and no score that reads as a better band."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

MINUS, THIN = "\u2212", "\u2009"


def whole(value: float) -> str:
    """Write a count.

    Examples
    --------
    >>> whole(12345).replace(THIN, "_")
    '12_345'
    """
    return f"{int(value):,}".replace(",", THIN).replace("-", MINUS)


def decimal(value: float | None, digits: int = 1) -> str:
    """Write a number with fixed decimals, a dash where there is none."""
    if value is None or not math.isfinite(value):
        return "—"
    shown = f"{value:,.{digits}f}"
    return (shown if shown.strip("-0.,") else shown.removeprefix("-")).replace(",", THIN).replace("-", MINUS)


def signed(value: float | None, digits: int = 1) -> str:
    """Write a change with its sign; what rounds to nothing has none."""
    if value is None or not math.isfinite(value):
        return "—"
    body = decimal(abs(value), digits)
    if not body.strip("0."):
        return body
    return ("+" if value > 0 else MINUS) + body


def printed_scores(scores: npt.ArrayLike, thresholds: tuple[float, ...]) -> npt.NDArray[np.float64]:
    """Round scores to one decimal, but never up to the threshold of a band that they do not reach: 79.99 is 79.9."""
    points = np.asarray(scores, dtype=np.float64)
    shown = np.round(points, 1)
    raised = np.any([(points < threshold) & (shown >= threshold) for threshold in thresholds], axis=0)
    return np.where(raised, np.floor(points * 10) / 10, shown)


def printed_score(score: float, thresholds: tuple[float, ...]) -> float:
    """Round one score as `printed_scores` rounds many: a page writes a hundred, one by one."""
    if not math.isfinite(score):
        return score
    shown = round(10 * score) / 10
    return math.floor(10 * score) / 10 if any(score < threshold <= shown for threshold in thresholds) else shown


def read_back(text: str) -> float:
    """Return the number that a written one stands for.

    Examples
    --------
    >>> read_back(signed(-1234.56))
    -1234.6
    """
    return float(text.replace(THIN, "").replace(MINUS, "-").replace("+", ""))
