"""Small drawings in the legend: plain SVG in an image, so that the page's policy holds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from urllib.parse import quote

import numpy as np
import numpy.typing as npt
from dash import html

from geodata.written import decimal
from layers.style import CIRCLE, MUTED

Values = npt.NDArray[np.float64]
WIDTH, HEIGHT, AXIS = 190, 30, 16
"""Size of a histogram and of the line of numbers below it [px]."""
BINS = 44
LEAST_PLACES = 8
"""Of fewer places a histogram says no more than their colours."""
FAR = 3.0
"""If the greatest value is so many times that below which 90 % lie, the last bar stands for all beyond."""
LINE_OF_BARS = "#8d99a5"
SVG_FONT = "system-ui, sans-serif"
DIGIT = 7.0
"""Width of a digit of the axis [px]."""


def drawing(parts: Iterable[str], width: float, height: float, alt: str) -> html.Img:
    """Return parts of SVG as an image."""
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}">{"".join(parts)}</svg>'
    )
    return html.Img(
        src=f"data:image/svg+xml,{quote(svg)}", alt=alt, width=f"{width:.0f}", height=f"{height:.0f}", draggable="false"
    )


def circle(x: float, y: float, radius: float) -> str:
    """Return a circle as those on the map."""
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{CIRCLE}" fill-opacity="0.18" '
        f'stroke="{CIRCLE}" stroke-width="1.5"/>'
    )


def line(x1: float, y1: float, x2: float, y2: float) -> str:
    """Return a thin line."""
    return f'<path d="M{x1:.1f},{y1:.1f}L{x2:.1f},{y2:.1f}" stroke="{MUTED}" stroke-width="1" fill="none"/>'


def histogram(values: Values, breaks: list[float], fills: list[str], digits: int, alt: str) -> html.Img | None:
    """Draw how many places have which value, each in the colour of its class, above an axis with the breaks.

    Parameters
    ----------
    values
        Shape (n,); NaN are left out.
    breaks
        Between the classes, ascending.
    fills
        Colours of the classes, ascending, one more than breaks.
    digits
        Decimals of the numbers on the axis.
    alt
        What the picture shows, for those who do not see it.
    """
    known = values[np.isfinite(values)]
    if len(known) < LEAST_PLACES or known.min() == known.max():
        return None
    low, high = span(known, breaks)
    counts, edges = np.histogram(np.minimum(known, high), bins=BINS, range=(low, high))
    cuts = [value for value in breaks if low < value < high]
    first = int(np.searchsorted(breaks, low, side="right"))

    def at(value: float) -> float:
        return WIDTH * (value - low) / (high - low)

    parts = []
    for count, (start, end) in zip(counts, itertools.pairwise(edges), strict=True):
        ends = [start, *(value for value in cuts if start < value < end), end]
        tall = HEIGHT * count / counts.max()
        for left, right in itertools.pairwise(ends) if count else ():
            fill = fills[first + int(np.searchsorted(cuts, (left + right) / 2))]
            parts.append(_bar(at(left), at(right), max(tall, 1.0), fill))
    parts.append(line(0, HEIGHT + 0.5, WIDTH, HEIGHT + 0.5))
    beyond = high if high < known.max() else None
    return drawing([*parts, *_axis(cuts, at, digits, beyond)], WIDTH, HEIGHT + AXIS, alt)


def span(known: Values, breaks: list[float]) -> tuple[float, float]:
    """Return the ends of the axis: those of the values, but that a few far ones do not shrink all others."""
    low, most, high = (float(np.quantile(known, share)) for share in (0, 0.9, 1))
    near = max([most, *(value for value in breaks if value < high)])
    return low, near + 0.05 * (near - low) if high - low > FAR * (near - low) > 0 else high


def _bar(left: float, right: float, tall: float, fill: str) -> str:
    return (
        f'<rect x="{left:.1f}" y="{HEIGHT - tall:.1f}" width="{right - left:.1f}" height="{tall:.1f}" '
        f'fill="{fill}" stroke="{LINE_OF_BARS}" stroke-width="0.5"/>'
    )


def _axis(cuts: list[float], at: Callable[[float], float], digits: int, beyond: float | None) -> list[str]:
    """Return a tick for each break, and its number where there is room; at the end, where the last bar begins."""
    parts, free, room = [], 0.0, float(WIDTH)
    if beyond is not None:
        word = f"≥ {decimal(beyond * (1 - 1 / BINS), digits)}"
        parts.append(_number(WIDTH, word, "end"))
        room -= DIGIT * (len(word) + 1)
    for value in cuts:
        x, word = at(value), decimal(value, digits)
        parts.append(line(x, HEIGHT + 0.5, x, HEIGHT + 4))
        half = DIGIT * len(word) / 2
        centre = min(max(x, half), WIDTH - half)
        if centre - half >= free and centre + half <= room:
            free = centre + half + DIGIT / 2
            parts.append(_number(centre, word, "middle"))
    return parts


def _number(x: float, word: str, anchor: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{HEIGHT + AXIS - 1}" font-family="{SVG_FONT}" font-size="12" '
        f'text-anchor="{anchor}" fill="{MUTED}">{word}</text>'
    )
