"""Charts of the page on paper: the course of the value, and hour by weekday, from the figures that the page shows."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import numpy.typing as npt

from geodata.written import decimal, whole
from layers.pictures.paper import Sheet, width_of
from layers.style import INK, LIGHT, LINE, MUTED, PAPER, RAMP, RAMP_INK, Figure, luminance

Box = tuple[float, float, float, float]
"""x, y, width, height [pt]."""
Point = tuple[float, float] | None
"""Where a value lies; None = missing."""
TEXT, SMALL = 9.0, 8.0


def draw_lines(sheet: Sheet, box: Box, figure: Figure) -> None:
    """Draw the course of a value: a line, the band of its interval, a dot with its number on the current period."""
    x, y, width, height = box
    axis, traces = figure["layout"]["xaxis"], figure["data"]
    names = axis["categoryarray"]
    values = [v for trace in traces for v in trace["y"] if v is not None]
    ticks = round_ticks(min(values), max(values))
    low, high = ticks[0], ticks[-1]
    digits = max(0, -math.floor(math.log10(ticks[1] - ticks[0]) + 1e-9))
    shown = [decimal(tick, digits) for tick in ticks]
    left = x + max(width_of(each, TEXT) for each in shown) + 8
    right, foot = x + width - 30, y + height - 20
    position = {name: left + (k + 0.5) * (right - left) / len(names) for k, name in enumerate(names)}

    def at(value: float) -> float:
        return foot - (value - low) / (high - low) * (foot - y)

    for tick, words in zip(ticks, shown, strict=True):
        sheet.line(left, at(tick), right, at(tick), LINE, 0.7)
        sheet.text(left - 6, at(tick) + 3, words, TEXT, fill=MUTED, anchor="end", kind="tick")
    for name, words in zip(axis["tickvals"], axis["ticktext"], strict=True):
        sheet.text(position[name], foot + 14, words, TEXT, fill=MUTED, anchor="middle", kind="tick")
    for trace in traces:
        points = [
            (position[name], at(v)) if v is not None else None for name, v in zip(trace["x"], trace["y"], strict=True)
        ]
        if trace.get("fill") == "toself":
            colour, alpha = _rgba(trace["fillcolor"])
            sheet.path(_polyline(points) + "z", fill=colour, more=f'fill-opacity="{alpha}"')
        elif trace["mode"] == "markers" and trace["marker"].get("symbol") == "triangle-down":
            _red(sheet, trace["marker"]["color"], points)
        elif trace["mode"] == "markers":
            _here(sheet, trace, points, (y, foot), traces)
        else:
            dotted = 'stroke-dasharray="2 3"' if "dash" in trace["line"] else ""
            sheet.path(_polyline(points), stroke=trace["line"]["color"], width=2.0, more=dotted)


def _here(sheet: Sheet, trace: dict[str, Any], points: list[Point], span: tuple[float, float], traces: Any) -> None:
    """Mark the current period with its numbers, as the table below the chart has them."""
    (px, py), name = next(filter(None, points)), trace["x"][0]
    line = next(each for each in traces if "customdata" in each)
    said = next(row for row in line["customdata"] if row[0] == name)
    sheet.line(px, span[0], px, span[1], MUTED, 0.7, 'stroke-dasharray="3 3"')
    sheet.circle(px, py, 4, INK, f'stroke="{PAPER}" stroke-width="1.5"')
    number = said[1] if len(said) < 3 or not said[2] else f"{said[1]} ({said[2]})"
    anchor = "end" if px > sheet.width / 2 else "start"
    above = span[0] + 25
    here = px - 6 if anchor == "end" else px + 6
    for k, words in enumerate((name, number)):
        sheet.text(
            here, above - 13 + 13 * k, words, 11, bold=bool(k), anchor=anchor, halo=PAPER, kind="here" if k else ""
        )


def _red(sheet: Sheet, colour: str, points: list[Point]) -> None:
    """Mark the periods with red-line incidents above the line."""
    for x, y in filter(None, points):
        sheet.path(f"M{x:.2f},{y - 4:.2f}l-4.5,-8h9z", fill=colour, stroke=INK, width=0.6)


def _polyline(points: list[Point]) -> str:
    """Write a line with its gaps; a value between two gaps is a short stroke, for a point would not be seen."""
    parts, pen = [], False
    for k, point in enumerate(points):
        if point is None:
            pen = False
            continue
        parts.append(f"{'L' if pen else 'M'}{point[0]:.2f},{point[1]:.2f}")
        alone = not pen and (k + 1 == len(points) or points[k + 1] is None)
        parts += ["m-2,0h4"] if alone else []
        pen = True
    return "".join(parts)


def _rgba(colour: str) -> tuple[str, str]:
    red, green, blue, alpha = re.findall(r"[0-9.]+", colour)
    return f"rgb({red},{green},{blue})", alpha


def round_ticks(low: float, high: float) -> list[float]:
    """Return three to six round numbers around the ends of an axis.

    >>> round_ticks(81.2, 86.9)
    [80.0, 82.0, 84.0, 86.0, 88.0]
    """
    span = (high - low) or abs(high) or 1.0
    unit = 10.0 ** math.floor(math.log10(span / 4))
    step = next(s * unit for s in (1, 2, 5, 10) if s * unit * 4 >= span)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(k * step, 9) for k in range(first, max(last, first + 1) + 1)]


def draw_cells(sheet: Sheet, box: Box, figure: Figure, sums: str) -> None:
    """Draw incidents by weekday and hour, each cell with its number, and the sums of both.

    Parameters
    ----------
    sums
        What the sums are called.
    """
    x, y, width, height = box
    cells, axis = figure["data"][0], figure["layout"]["xaxis"]
    counts: npt.NDArray[np.int64] = np.array(cells["z"])
    days, unit = cells["y"], axis["ticktext"][0].removeprefix(axis["tickvals"][0])
    left = x + max(width_of(day, TEXT) for day in [*days, sums]) + 10
    last = max(34.0, width_of(whole(counts.sum()), TEXT, bold=True) + 8)
    wide = (x + width - left - last - 6) / counts.shape[1]
    tall = min((height - 40) / (counts.shape[0] + 1), 58.0)
    most = cells["zmax"]
    size = min(SMALL, wide / (0.6 * len(whole(counts.sum(axis=0).max())) + 0.3))
    for d, day in enumerate(days):
        top = y + d * tall
        sheet.text(left - 8, top + tall / 2 + 3, day, TEXT, anchor="end")
        for h, count in enumerate(counts[d].tolist()):
            fill, ink = _colour(count / most)
            sheet.rect(left + h * wide, top, wide - 1, tall - 1, fill)
            if count:
                middle = left + (h + 0.5) * wide
                sheet.text(
                    middle, top + tall / 2 + size * 0.36, whole(count), size, fill=ink, anchor="middle", kind="cell"
                )
        base = top + tall / 2 + 3
        sheet.text(x + width, base, whole(int(counts[d].sum())), TEXT, bold=True, anchor="end", kind="day-sum")
    foot = y + len(days) * tall
    sheet.text(left - 8, foot + 15, sums, TEXT, anchor="end", fill=MUTED)
    for h, count in enumerate(counts.sum(axis=0).tolist()):
        middle = left + (h + 0.5) * wide
        sheet.text(middle, foot + 15, whole(count), size, anchor="middle", bold=True, kind="hour-sum")
        sheet.text(middle, foot + 31, f"{h}{unit}" if wide > 24 else str(h), SMALL, anchor="middle", fill=MUTED)
    sheet.text(x + width, foot + 15, whole(int(counts.sum())), TEXT, bold=True, anchor="end", kind="sum")


def _colour(share: float) -> tuple[str, str]:
    """Return the colour of a share of the largest, between those of the ramp, and that of text on it."""
    at = share * (len(RAMP) - 1)
    k = min(int(at), len(RAMP) - 2)
    low, high = (np.array([int(colour[c : c + 2], 16) for c in (1, 3, 5)]) for colour in RAMP[k : k + 2])
    mixed = np.round(low + (high - low) * (at - k)).astype(int)
    fill = "#" + "".join(f"{c:02x}" for c in mixed.tolist())
    return fill, RAMP_INK[3] if luminance(fill) > LIGHT else PAPER
