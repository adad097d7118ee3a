"""How the value went: a line with its interval, the current period marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from geodata.city import CityData
from geodata.vocabulary import Band, Period, PeriodKind
from geodata.written import THIN, decimal, whole
from layers.style import ACCENT, BAND_COLOURS, INK, LINE, Figure, drawable, figure_layout
from layers.text import period_name, period_short, text
from layers.view import ViewState

Values = npt.NDArray[np.float64]

INTERVAL = "rgba(31,95,168,.14)"
LONGEST = {
    PeriodKind.DAY: 60,
    PeriodKind.WEEK: 53,
    PeriodKind.MONTH: 36,
    PeriodKind.QUARTER: 16,
    PeriodKind.YEAR: 10,
    PeriodKind.RANGE: 24,
}
"""How many periods a trend shows at most."""


def trend_periods(view: ViewState, city: CityData) -> list[Period]:
    """Return the periods of a trend, the current one among them."""
    return city.recent_periods(view.period, LONGEST[view.period.kind])


def score_figure(
    view: ViewState, periods: list[Period], value: Values, low: Values, high: Values, red: Sequence[str] = ()
) -> Figure:
    """Draw a score with its 90 % interval; arrays have one entry a period, NaN = a gap.

    `red` says of each period what its red-line incidents did, "" where there were none; () if nowhere any.
    """
    names = [period_name(view.lang, period) for period in periods]
    label = text(view.lang, "score")
    hover = [
        f"{name}<br>{label} {decimal(v)} ({decimal(a)}–{decimal(b)})"
        for name, v, a, b in zip(names, value, low, high, strict=True)
    ]
    if red:
        hover = [f"{line}<br>▼ {words}" if words else line for line, words in zip(hover, red, strict=True)]
    bands = [
        {
            "type": "scatter",
            "x": names[run] + names[run][::-1],
            "y": drawable(np.concatenate([high[run], low[run][::-1]])),
            "mode": "lines",
            "line": {"width": 0},
            "fill": "toself",
            "fillcolor": INTERVAL,
            "hoverinfo": "skip",
        }
        for run in _runs(np.isfinite(low) & np.isfinite(high))  # one band a run: a gap stays a gap
    ]
    said = [
        [name, decimal(v), f"{decimal(a)}–{decimal(b)}"] if np.isfinite(v) else [name, text(view.lang, "no_data"), ""]
        for name, v, a, b in zip(names, value, low, high, strict=True)
    ]
    if red:
        said = [[*row, f"▼ {words}" if words else ""] for row, words in zip(said, red, strict=True)]
    figure = _finished(bands, view, periods, value, hover, said)
    figure["data"] += _red_marks(view, names, value, red)
    return figure


def count_figure(view: ViewState, periods: list[Period], counts: Values, covered: Sequence[bool] = ()) -> Figure:
    """Draw incidents, one number a period, NaN = a gap.

    `covered` says of each period whether the data hold all its days, () if they do of all: the line to one that is not
    finished is dotted, for its fall is none.
    """
    names = [period_name(view.lang, period) for period in periods]
    unfinished = ~np.array(covered or [True] * len(periods), dtype=np.bool_)
    marks = [text(view.lang, "strip_unfinished") if each else "" for each in unfinished.tolist()]
    hover = [
        f"{name}{mark}<br>{text(view.lang, 'incidents_n', n=whole(n)) if np.isfinite(n) else text(view.lang, 'silent')}"
        for name, n, mark in zip(names, counts, marks, strict=True)
    ]
    said = [
        [name, f"{whole(n)}{mark}" if np.isfinite(n) else text(view.lang, "silent")]
        for name, n, mark in zip(names, counts, marks, strict=True)
    ]
    figure = _finished([], view, periods, counts, hover, said)
    if unfinished.any():
        figure["data"].insert(1, _dotted(figure["data"][0], counts, unfinished))
    figure["layout"] |= {"separators": f".{THIN}", "yaxis": {**figure["layout"]["yaxis"], "tickformat": ",~r"}}
    return figure  # 60 000, not 60k


def _dotted(line: dict[str, Any], counts: Values, unfinished: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Take periods that are not finished out of a line; return a dotted one to them from those beside them."""
    beside = unfinished.copy()
    beside[:-1] |= unfinished[1:]
    beside[1:] |= unfinished[:-1]
    line["y"] = drawable(np.where(unfinished, np.nan, counts))
    told = {name: line[name] for name in ("type", "x", "mode", "hovertext", "hoverinfo")}
    return told | {"y": drawable(np.where(beside, counts, np.nan)), "line": {**line["line"], "dash": "dot"}}


def _finished(
    bands: list[dict[str, Any]],
    view: ViewState,
    periods: list[Period],
    value: Values,
    hover: list[str],
    said: list[list[str]],
) -> Figure:
    """Draw the line; `said` is a row a period for the table of its numbers."""
    names = [period_name(view.lang, period) for period in periods]
    line = {
        "type": "scatter",
        "x": names,
        "y": drawable(value),
        "mode": "lines",
        "line": {"color": ACCENT, "width": 4 if view.theme == "projector" else 2},
        "hovertext": hover,
        "hoverinfo": "text",
        "customdata": said,
    }
    here = periods.index(view.period) if view.period in periods else None
    layout = figure_layout(view.theme, xaxis=_ticks(periods, view), yaxis={"nticks": 4})
    if here is None:
        return {"data": [*bands, line], "layout": layout}
    layout["shapes"] = [
        {
            "type": "line",
            "x0": here,
            "x1": here,
            "xref": "x",
            "y0": 0,
            "y1": 1,
            "yref": "y domain",
            "line": {"color": LINE, "width": 1},
            "layer": "below",
        }
    ]
    return {"data": [*bands, line, *_mark(names[here], float(value[here]))], "layout": layout}


def _red_marks(view: ViewState, names: list[str], value: Values, red: Sequence[str]) -> list[dict[str, Any]]:
    """Return the marks of periods with red-line incidents: a shape beside the line, told in words below the chart."""
    at = [k for k, words in enumerate(red) if words and np.isfinite(value[k])]
    if not at:
        return []
    marker: dict[str, Any] = {
        "symbol": "triangle-down",
        "size": 18 if view.theme == "projector" else 10,
        "color": BAND_COLOURS[Band.POOR][0],
        "line": {"color": INK, "width": 1},
        "standoff": 5,
    }
    return [
        {
            "type": "scatter",
            "x": [names[k] for k in at],
            "y": drawable(value[at]),
            "mode": "markers",
            "marker": marker,
            "cliponaxis": False,
            "hoverinfo": "skip",
        }
    ]


def _runs(known: npt.NDArray[np.bool_]) -> list[slice]:
    """Return the runs of True as slices."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], known.astype(np.int8), [0]])))
    return [slice(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def _mark(name: str, value: float) -> list[dict[str, Any]]:
    """Return the dot of the current period, if there is a value."""
    if not np.isfinite(value):
        return []
    dot = {"color": INK, "size": 8}
    return [{"type": "scatter", "x": [name], "y": [value], "mode": "markers", "marker": dot, "hoverinfo": "skip"}]


def _ticks(periods: list[Period], view: ViewState) -> dict[str, Any]:
    """Keep the periods in their order, gaps included; label every January for months, else as many as have room."""
    names = [period_name(view.lang, period) for period in periods]
    kind, projector = view.period.kind, view.theme == "projector"
    wide = (PeriodKind.QUARTER, PeriodKind.DAY)  # their names need more room
    most = 4 - (kind is PeriodKind.RANGE) - projector - (projector and kind in wide)
    step = max(1, -(-len(periods) // most))
    chosen = [p for p in periods if p.start.month == 1] if view.period.kind is PeriodKind.MONTH else periods[::step]
    if len(chosen) < 2:
        chosen = periods[::step]
    return {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": names,
        "range": [-0.5, len(names) - 0.5],
        "tickmode": "array",
        "tickvals": [period_name(view.lang, period) for period in chosen],
        "ticktext": [period_short(view.lang, period) for period in chosen],
        "tickangle": 0,
    }
