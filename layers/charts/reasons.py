"""Why a score moved: a waterfall from the score before to the score now, one step a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from layers.style import INK, LINE, Figure, drawable, figure_layout, signed
from layers.view import ViewState

BETTER, WORSE = "#2f6fb0", "#c8651b"
"""Points gained and lost: cool and warm, neither of them a band."""
EDGE = {"color": "#e5ecf6", "width": 0.5}
"""A hair around each bar."""
LONGEST_NAME = {"zh": 8, "en": 20}
DIGITS = 2
ROOM = 0.24
"""Share of the width that the numbers beside the bars need."""


@dataclass(frozen=True)
class Step:
    """One step of a waterfall."""

    name: str
    points: float


def waterfall_figure(steps: Sequence[Step], start: tuple[str, float] | None, end: str, view: ViewState) -> Figure:
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
    first, last = (1 if start else 0), (1 if start else 0) + len(steps)  # rows of the first step and of the end
    total = f"{edges[-1]:.2f}" if start else signed(float(edges[-1]), DIGITS)
    rungs = range(0 if start else 1, len(edges))  # a thin line leads from each row to the next
    links = {
        "type": "scatter",
        "x": [x for k in rungs for x in (float(edges[k]), float(edges[k]), None)],
        "y": [y for k in rungs for y in (first + k - 1.36, first + k + 0.36, None)],
        "mode": "lines",
        "line": {"color": LINE, "width": 1},
        "hoverinfo": "skip",
    }
    bars = {
        "type": "bar",
        "x": [step.points for step in steps],
        "base": drawable(edges[:-1]),
        "y": list(range(first, last)),
        "orientation": "h",
        "width": 0.62,
        "marker": {"color": [BETTER if step.points >= 0 else WORSE for step in steps], "line": EDGE},
        "hovertext": [f"{step.name} {signed(step.points, DIGITS)}" for step in steps],
        "hoverinfo": "text",
    }
    ends = [0, last] if start else [last]
    totals = {
        "type": "scatter",
        "x": drawable(edges[[0, -1]][-len(ends) :]),
        "y": ends,
        "mode": "markers",
        "marker": {"color": INK, "size": 9, "symbol": "diamond"},
        "hoverinfo": "skip",
    }
    labels = [signed(step.points, DIGITS) for step in steps]
    numbers = {
        "type": "scatter",
        "x": drawable(np.concatenate([edges[:first], np.maximum(edges[:-1], edges[1:]), edges[-1:]])),
        "y": list(range(last + 1)),
        "mode": "text",
        "text": [f"   {label}" for label in [*([f"{start[1]:.2f}"] if start else []), *labels, total]],
        "textposition": "middle right",
        "cliponaxis": False,
        "hoverinfo": "skip",
    }
    names = [*([start[0]] if start else []), *(step.name for step in steps), end]
    layout = figure_layout(view.theme, xaxis=_axis(edges), yaxis=_rows(names, view))
    return {"data": [links, bars, totals, numbers], "layout": layout}


def _axis(edges: npt.NDArray[np.float64]) -> dict[str, Any]:
    """Return an axis without marks that leaves room for the numbers."""
    low, high = float(edges.min()), float(edges.max())
    span = max(high - low, 0.02)
    return {"range": [low - 0.04 * span, high + (ROOM / (1 - ROOM) + 0.04) * span], "visible": False}


def _rows(names: list[str], view: ViewState) -> dict[str, Any]:
    return {
        "range": [len(names) - 0.4, -0.6],
        "tickvals": list(range(len(names))),
        "ticktext": [_short(name, view.lang) for name in names],
        "showgrid": False,
        "linecolor": "rgba(0,0,0,0)",
    }


def _short(name: str, lang: str) -> str:
    """Cut a name to what fits beside the bars; the table below has it whole."""
    most = LONGEST_NAME[lang]
    return name if len(name) <= most else name[: most - 1] + "…"
