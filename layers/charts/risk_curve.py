"""How a risk becomes a score: one curve, with the bands behind it."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from geodata.index.bands import BANDS
from geodata.index.catalogue import Method
from geodata.written import decimal
from layers.style import ACCENT, BAND_COLOURS, INK, MUTED, figure_layout
from layers.text import band_name, text

MOST_RISK, LEAST_SCORE = 3.5, 50.0


def risk_curve(method: Method, lang: str, here: float | None = None) -> go.Figure:
    """Draw the score of every risk; with the risk of a place, mark it, else mark the base year."""
    most = max(MOST_RISK, 1.15 * (here or 0.0))
    risk = np.linspace(0.0, most, 120)
    score = 100 * method.anchor**risk
    least = min(LEAST_SCORE, float(score[-1]) - 2)
    figure = go.Figure()
    ends = [100.0, *method.bands, least]
    for band, high, low in zip(BANDS, ends[:-1], ends[1:], strict=True):
        fill, _, mark = BAND_COLOURS[band]
        figure.add_hrect(y0=low, y1=high, fillcolor=fill, opacity=0.22, line_width=0, layer="below")
        last = band is BANDS[-1]  # the curve runs from upper left to lower right
        figure.add_annotation(
            x=0 if last else most,
            y=(low + high) / 2,
            text=f"{mark} {band_name(lang, band)}",
            showarrow=False,
            xanchor="left" if last else "right",
            xshift=6 if last else 0,
            font={"color": MUTED},
        )
    hover = [f"{decimal(r)} → {decimal(s)}" for r, s in zip(risk, score, strict=True)]
    figure.add_scatter(
        x=risk, y=score, mode="lines", line={"color": ACCENT, "width": 2}, hovertext=hover, hoverinfo="text"
    )
    marked = 1.0 if here is None else here
    value = 100 * method.anchor**marked
    figure.add_scatter(
        x=[0, marked, marked], y=[value, value, least], mode="lines", line={"color": INK, "width": 1, "dash": "dot"}
    )
    figure.add_scatter(
        x=[marked],
        y=[value],
        mode="markers+text",
        marker={"color": INK, "size": 9},
        text=[text(lang, "points_n", score=decimal(value))],
        textposition="top right",
        hoverinfo="skip",
    )
    axis = {"tickvals": [0, 0.5, 1, 1.5, 2, 3], "range": [0, most], "showgrid": False}
    figure.update_layout(
        figure_layout("light", xaxis=axis, yaxis={"range": [least, 101], "showgrid": False, "nticks": 6})
    )
    return figure
