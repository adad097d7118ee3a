"""Why a score moved: a waterfall from the score before to the score now, one step a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geodata.written import signed
from layers.elements import html

BETTER, WORSE = "#2f6fb0", "#c8651b"
"""Points gained and lost: cool and warm, neither of them a band."""
DIGITS = 2
ROOM = 0.24
"""Share of the width that the numbers beside the bars need."""
MARGIN = 0.04
"""Free at both ends, as a share of the way from the lowest to the highest."""


@dataclass(frozen=True)
class Step:
    """One step of a waterfall."""

    name: str
    points: float


def waterfall(steps: Sequence[Step], start: tuple[str, float] | None, end: str) -> html.Ol:
    """Draw steps from the top down; each begins where the one above ends.

    Parameters
    ----------
    steps
        In the order in which they are drawn.
    start
        Name and value before the first step; None = the steps are parts of a sum that begins at 0.
    end
        Name of what they lead to.
    """
    edges = (start[1] if start else 0.0) + np.concatenate([[0.0], np.cumsum([step.points for step in steps])])
    low, high = float(edges.min()), float(edges.max())
    span = max(high - low, 0.02)
    width = span * (1 + 2 * MARGIN) / (1 - ROOM)
    at = [100 * (float(edge) - low + MARGIN * span) / width for edge in edges]
    rows = [] if start is None else [_row(start[0], f"{start[1]:.2f}", at[0], at[0], None, leads=True)]
    rows += [
        _row(step.name, signed(step.points, DIGITS), at[k], at[k + 1], step.points, leads=True)
        for k, step in enumerate(steps)
    ]
    total = f"{edges[-1]:.2f}" if start else signed(float(edges[-1]), DIGITS)
    return html.Ol([*rows, _row(end, total, at[-1], at[-1], None, leads=False)], className="waterfall")


def _row(name: str, number: str, begins: float, ends: float, points: float | None, *, leads: bool) -> html.Li:
    """Return a row: a bar, or the mark of a total without points; places are shares of the width [%]."""
    left, right = sorted((begins, ends))
    parts: list[Any] = []
    if leads:
        parts.append(html.I(className="rung", style={"left": f"{ends:.2f}%"}))
    if points is None:
        parts.append(html.I("◆", className="total", style={"left": f"{ends:.2f}%"}))
    else:
        look = {"left": f"{left:.2f}%", "width": f"{right - left:.2f}%", "background": BETTER if points >= 0 else WORSE}
        parts.append(html.I(className="bar", style=look))
    parts.append(html.Span(number, className="points", style={"left": f"{right:.2f}%"}))
    return html.Li([html.Span(name, className="name", title=name), html.Span(parts, className="track")])
