"""Counts as circles: their size is the same in every period and under every filter, their area says the number."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from dash import html

from geodata.vocabulary import PlaceLevel
from geodata.written import whole
from layers.maps.pictures import circle, drawing, line
from layers.maps.values import MapValues
from layers.style import CIRCLE, LAND
from layers.text import text
from layers.view import ViewState

RADII = {PlaceLevel.DISTRICT: 44, PlaceLevel.STREET: 32, PlaceLevel.COMMUNITY: 18, PlaceLevel.GRID_CELL: 8}
"""Radius of the largest circle [px]."""
PROJECTOR = 1.5
"""How much larger circles are on a projector."""
SHARES = (1.0, 0.36, 0.09)
"""Counts of the circles in the legend, as shares of the largest: radii of 1, 0.6 and 0.3."""
LEADER = 12
"""Length of the line from the widest circle to its number [px]."""


def circles(view: ViewState, values: MapValues) -> dict[str, Any]:
    """Return what the browser needs to draw the circles: the scale, the land below, and where nothing is known."""
    return {
        "largest": max(values.largest, 1),
        "radius": radius(view, values),
        "land": LAND,
        "fill": CIRCLE,
        "missing": np.flatnonzero(values.klass < 0).tolist(),
    }


def radius(view: ViewState, values: MapValues, count: float | None = None) -> float:
    """Return the radius of a count's circle [px], of the largest count if none is given; areas are as the counts."""
    widest = RADII[values.level] * (PROJECTOR if view.theme == "projector" else 1.0)
    return widest if count is None else widest * math.sqrt(count / max(values.largest, 1))


def reference_counts(largest: int) -> list[int]:
    """Return up to three round counts for the legend, the greatest first."""
    found = {round_down(share * largest) for share in SHARES}
    return sorted(found - {0}, reverse=True)


def round_down(value: float) -> int:
    """Return the greatest of 1, 2, 3, 5 × 10ⁿ that is no more than a value, 0 below 1.

    >>> [round_down(value) for value in (0.5, 1, 9, 47, 7794)]
    [0, 1, 5, 30, 5000]
    """
    if value < 1:
        return 0
    unit = 10 ** (len(str(int(value))) - 1)
    return int(max(step for step in (1, 2, 3, 5) if step * unit <= value) * unit)


def circle_key(view: ViewState, values: MapValues) -> html.Div:
    """Return three circles, one in the other, each with its number; for phones also one beside the other."""
    counts = reference_counts(values.largest)
    sizes = [radius(view, values, count) for count in counts]
    row = 32 if view.theme == "projector" else 18  # one line of text
    widest = math.ceil(max(sizes, default=0))
    height = max(2 * widest + 2, row * len(counts))
    parts = []
    for k, size in enumerate(sizes):
        top, level = height - 1 - 2 * size, row * k + row / 2
        parts.append(circle(widest + 1, height - 1 - size, size))
        parts.append(line(widest + 1, top, 2 * widest + LEADER, level))
    width = 2 * widest + LEADER + 2
    return html.Div(
        [
            drawing(parts, width, height, ""),
            html.Ul(
                [
                    html.Li(text(view.lang, "incidents_n", n=whole(count)), style={"height": f"{row}px"})
                    for count in counts
                ]
            ),
        ],
        className="circle-key",
    )


def circle_row(view: ViewState, values: MapValues) -> html.Ul:
    """Return the same circles in a row, as small as a phone draws them: the style sheet knows how small."""
    rings: list[Any] = []
    for count in reference_counts(values.largest):
        ring = html.I(className="ring", style={"--across": f"{2 * radius(view, values, count):.1f}px"})
        rings.append(html.Li([ring, html.Span(text(view.lang, "incidents_n", n=whole(count)))]))
    return html.Ul(rings, className="circle-row")
