"""How the value went: a line with its interval, the current period marked."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from geodata.city import CityData
from geodata.vocabulary import Period, PeriodKind
from layers.style import ACCENT, INK, decimal, figure_layout, whole
from layers.text import period_name, text
from layers.view import ViewState

Values = npt.NDArray[np.float64]

INTERVAL = "rgba(31,95,168,.14)"
LONGEST = {
    PeriodKind.DAY: 60,
    PeriodKind.WEEK: 53,
    PeriodKind.MONTH: 36,
    PeriodKind.QUARTER: 16,
    PeriodKind.YEAR: 10,
}
"""How many periods a trend shows at most."""


def trend_periods(view: ViewState, city: CityData) -> list[Period]:
    """Return the periods of a trend, the current one among them."""
    return city.recent_periods(view.period, LONGEST[view.period.kind])


def score_figure(view: ViewState, periods: list[Period], value: Values, low: Values, high: Values) -> go.Figure:
    """Draw a score with its 90 % interval; arrays have one entry a period, NaN = a gap."""
    names = [period_name(view.lang, period) for period in periods]
    label = text(view.lang, "score")
    hover = [
        f"{name}<br>{label} {decimal(v)} ({decimal(a)}–{decimal(b)})"
        for name, v, a, b in zip(names, value, low, high, strict=True)
    ]
    figure = go.Figure()
    for run in _runs(np.isfinite(low) & np.isfinite(high)):  # one band a run: a gap stays a gap
        figure.add_scatter(
            x=names[run] + names[run][::-1],
            y=np.concatenate([high[run], low[run][::-1]]),
            mode="lines",
            line_width=0,
            fill="toself",
            fillcolor=INTERVAL,
            hoverinfo="skip",
        )
    return _finished(figure, view, periods, value, hover)


def count_figure(view: ViewState, periods: list[Period], counts: npt.NDArray[np.int64]) -> go.Figure:
    """Draw incidents, one number a period."""
    names = [period_name(view.lang, period) for period in periods]
    hover = [f"{name}<br>{text(view.lang, 'incidents_n', n=whole(n))}" for name, n in zip(names, counts, strict=True)]
    return _finished(go.Figure(), view, periods, counts.astype(np.float64), hover)


def _finished(figure: go.Figure, view: ViewState, periods: list[Period], value: Values, hover: list[str]) -> go.Figure:
    names = [period_name(view.lang, period) for period in periods]
    width = 4 if view.theme == "projector" else 2
    figure.add_scatter(
        x=names, y=value, mode="lines", line={"color": ACCENT, "width": width}, hovertext=hover, hoverinfo="text"
    )
    _mark(figure, periods, names, value, view)
    figure.update_layout(figure_layout(view.theme, xaxis=_ticks(periods, view), yaxis={"nticks": 4}))
    return figure


def _runs(known: npt.NDArray[np.bool_]) -> list[slice]:
    """Return the runs of True as slices."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], known.astype(np.int8), [0]])))
    return [slice(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def _mark(figure: go.Figure, periods: list[Period], names: list[str], value: Values, view: ViewState) -> None:
    if view.period not in periods or not np.isfinite(value[periods.index(view.period)]):
        return
    here = periods.index(view.period)
    figure.add_scatter(
        x=[names[here]], y=[value[here]], mode="markers", marker={"color": INK, "size": 8}, hoverinfo="skip"
    )


def _ticks(periods: list[Period], view: ViewState) -> dict[str, Any]:
    """Label a few periods: every January for months, else about five."""
    if not periods:
        return {}
    step = max(1, len(periods) // 5)
    chosen = [p for p in periods if p.start.month == 1] if periods[0].kind is PeriodKind.MONTH else periods[::step]
    if len(chosen) < 2:
        chosen = periods[::step]
    short = [_short(period) for period in chosen]
    return {
        "type": "category",
        "tickmode": "array",
        "tickvals": [period_name(view.lang, period) for period in chosen],
        "ticktext": short,
        "tickangle": 0,
    }


def _short(period: Period) -> str:
    match period.kind:
        case PeriodKind.DAY:
            return f"{period.start.month}/{period.start.day}"
        case PeriodKind.WEEK:
            return f"W{period.start.isocalendar().week}"
        case PeriodKind.MONTH if period.start.month == 1:
            return str(period.start.year)
        case _:
            return str(period)
