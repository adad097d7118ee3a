"""How numbers, bands and charts look: the one place for colours that Python needs and for number formats."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from geodata.vocabulary import Band

Figure = dict[str, Any]
"""A chart as the browser takes it: ``data`` and ``layout``; Plotly's own objects cost tens of milliseconds each."""
BAND_COLOURS: dict[Band, tuple[str, str, str]] = {
    Band.EXCELLENT: ("#4a86c5", "#0d1b2a", "●"),
    Band.GOOD: ("#f6dd7a", "#1b2733", "◆"),
    Band.STEADY: ("#e98b2a", "#1b2733", "▲"),
    Band.POOR: ("#9b1c1c", "#ffffff", "■"),
}
"""Fill, text on it, and mark: a band is never told by colour alone."""
RAMP = ("#ffffd9", "#c7e9b4", "#7fcdbb", "#2c9fb8", "#225ea8")
"""Rates from few to many (YlGnBu)."""
RAMP_INK = ("#1b2733", "#1b2733", "#1b2733", "#0d1b2a", "#ffffff")
RAMPS: dict[int, tuple[str, ...]] = {
    1: ("#7fcdbb",),
    2: ("#ffffd9", "#225ea8"),
    3: ("#ffffd9", "#7fcdbb", "#225ea8"),
    4: ("#ffffd9", "#b1e0b7", "#4faeb9", "#225ea8"),
    5: RAMP,
    6: (*RAMP, "#13306f"),
    7: ("#ffffd9", "#d0edba", "#99d6b9", "#5db6ba", "#308db6", "#20569e", "#13306f"),
    8: ("#ffffd9", "#d7efbe", "#aaddb7", "#76c6bb", "#3da5b9", "#2b79af", "#1e5097", "#13306f"),
    9: ("#ffffd9", "#d7efbe", "#a8dbb6", "#7acabc", "#50b1ba", "#2e92b4", "#286aaa", "#1d4a90", "#13306f"),
}
"""The same for other numbers of classes: steps along the ramp in CIELAB, deeper where there are many."""
PALE = "#f7f9fb"
"""Places of a class that is not looked at."""
LAND = "#fbfaf7"
"""Places under circles: no colour tells anything of them."""
CIRCLE = "#1f5fa8"
"""Circles of counts."""
DIVERGING = ("#542788", "#998ec3", "#d8daeb", "#f7f7f7", "#fee0b6", "#f1a340", "#b35806")
"""Differences from better to worse, none in the middle (PuOr): worse is warm."""
DIVERGING_INK = ("#ffffff", "#0d1b2a", "#1b2733", "#1b2733", "#1b2733", "#1b2733", "#ffffff")
PARTS = ("#009e73", "#332288", "#cc79a7", "#000000", "#01665e", "#c4ccd3")
"""What a ring is made of, the last for all others: told apart by the colour-blind, and none like that of a band."""
INK, MUTED, LINE, ACCENT, PAPER = "#1b2733", "#5b6b7a", "#d9e0e6", "#1f5fa8", "#ffffff"
FONT = '"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Source Han Sans SC",system-ui,sans-serif'
MOST_DIGITS = 6
"""Decimals of a rate at most."""


def ramp(n: int) -> list[tuple[str, str]]:
    """Return fill and text colour of `n` classes from few to many; more than there are colours share the deepest."""
    fills = RAMPS[min(n, max(RAMPS))]
    looks = [(fill, RAMP_INK[3] if luminance(fill) > LIGHT else PAPER) for fill in fills]
    return looks + looks[-1:] * (n - len(looks))


LIGHT = 0.195
"""Luminance from which dark text on a colour is read better than white."""


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour such as ``#ffffd9`` (WCAG 2)."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def aria(**values: str) -> dict[str, Any]:
    """Return ARIA attributes for a component: ``aria(label="…")``."""
    return {f"aria-{key}": value for key, value in values.items()}


def known(value: float | None) -> bool:
    """Say whether there is a number."""
    return value is not None and math.isfinite(value)


def arrow(change: float | None, sure: bool) -> str:
    """Return ▲ or ▼, filled only where the change is more than chance."""
    if change is None or not math.isfinite(change) or round(change, 1) == 0:
        return "–"
    if change > 0:
        return "▲" if sure else "△"
    return "▼" if sure else "▽"


def rate_digits(breaks: list[float]) -> int:
    """Return how many decimals tell the class breaks of a rate apart, and each to a tenth of itself."""
    values = [abs(value) for value in breaks if math.isfinite(value)]
    top = max(values, default=0.0)
    digits = 0 if top >= 100 else 1 if top >= 5 else 2
    while digits < MOST_DIGITS and not _apart(values, digits):
        digits += 1
    return digits


def _apart(values: list[float], digits: int) -> bool:
    shown = [round(value, digits) for value in values]
    near = all(abs(a - b) <= b / 10 for a, b in zip(shown, values, strict=True))
    return near and len(set(shown)) == len(set(values))


def drawable(values: npt.NDArray[np.float64]) -> list[float | None]:
    """Return numbers as a chart takes them: a gap where one is missing."""
    return [value if known(value) else None for value in values.tolist()]


def figure_layout(theme: str, **more: Any) -> dict[str, Any]:
    """Return the one chart layout: no frame, few lines, direct labels."""
    size = 24 if theme == "projector" else 12
    axis = {
        "showgrid": False,
        "zeroline": False,
        "linecolor": LINE,
        "ticks": "",
        "fixedrange": True,
        "automargin": True,
        "autotypenumbers": "strict",
    }
    base: dict[str, Any] = {
        "font": {"family": FONT, "size": size, "color": INK},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 4, "r": 8, "t": 6, "b": 4},
        "showlegend": False,
        "hovermode": "closest",
        "hoverlabel": {"align": "left", "font": {"family": FONT, "size": size}},
        "dragmode": False,
        "xaxis": {**axis},
        "yaxis": {**axis, "gridcolor": LINE, "showgrid": True},
    }
    for key, value in more.items():
        base[key] = {**base[key], **value} if isinstance(base.get(key), dict) else value
    return base
