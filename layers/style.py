"""How numbers, bands and charts look: the one place for colours that Python needs and for number formats."""

from __future__ import annotations

import math
from typing import Any

from geodata.vocabulary import Band

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
INK, MUTED, LINE, ACCENT, PAPER = "#1b2733", "#5b6b7a", "#d9e0e6", "#1f5fa8", "#ffffff"
FONT = '"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Source Han Sans SC",system-ui,sans-serif'
MOST_DIGITS = 6
"""Decimals of a rate at most."""
MINUS, THIN = "\u2212", "\u2009"


def aria(**values: str) -> dict[str, Any]:
    """Return ARIA attributes for a component: ``aria(label="…")``."""
    return {f"aria-{key}": value for key, value in values.items()}


def known(value: float | None) -> bool:
    """Say whether there is a number."""
    return value is not None and math.isfinite(value)


def whole(value: float) -> str:
    """Format a count: thin spaces in thousands."""
    return f"{int(value):,}".replace(",", THIN).replace("-", MINUS)


def decimal(value: float | None, digits: int = 1) -> str:
    """Format a number with fixed decimals, a dash where there is none."""
    if value is None or not math.isfinite(value):
        return "—"
    shown = f"{value:,.{digits}f}"
    return (shown if shown.strip("-0.") else shown.removeprefix("-")).replace(",", THIN).replace("-", MINUS)


def signed(value: float | None, digits: int = 1) -> str:
    """Format a change with its sign; what rounds to nothing has none."""
    if value is None or not math.isfinite(value):
        return "—"
    body = decimal(abs(value), digits)
    if float(f"{abs(value):.{digits}f}") == 0:
        return body
    return ("+" if value > 0 else MINUS) + body


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
    }
    base: dict[str, Any] = {
        "font": {"family": FONT, "size": size, "color": INK},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 4, "r": 8, "t": 6, "b": 4},
        "showlegend": False,
        "hovermode": "closest",
        "hoverlabel": {"font": {"family": FONT, "size": size}},
        "dragmode": False,
        "xaxis": {**axis},
        "yaxis": {**axis, "gridcolor": LINE, "showgrid": True},
    }
    for key, value in more.items():
        base[key] = {**base[key], **value} if isinstance(base.get(key), dict) else value
    return base
