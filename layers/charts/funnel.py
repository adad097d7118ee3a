"""A funnel: places by what was expected of them and what happened, between the limits that chance allows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from geodata.ranking import PlaceFunnel
from geodata.written import decimal
from layers.style import ACCENT, INK, LINE, MUTED, figure_layout
from layers.text import text

MORE, FEWER = "#b35806", "#2166ac"
"""Worse is warm, better is cool; the shape says it too."""
MOST_NAMES = 8
SURE = 2
"""Beyond this many limits, the outer ones too, a place is named."""


def funnel_figure(funnel: PlaceFunnel, names: Sequence[str], lang: str) -> go.Figure:
    """Draw the places and the limits; those outside are named, as many as there is room for."""
    figure = go.Figure()
    limits = funnel.limits
    for k, dash in enumerate(("dot", "solid")):
        for line in (limits.low[k], limits.high[k]):
            figure.add_scatter(
                x=limits.expected,
                y=line,
                mode="lines",
                line={"color": ACCENT, "width": 1, "dash": dash},
                hoverinfo="skip",
            )
    figure.add_hline(y=1, line={"color": MUTED, "width": 1}, layer="below")
    far = np.abs(funnel.outside) * 1e3 + np.abs(np.log(np.maximum(funnel.ratio, 1e-3)))
    named = set(np.argsort(-far)[:MOST_NAMES].tolist())
    groups = (
        (0, "circle", INK),
        (1, "triangle-up-open", MORE),
        (2, "triangle-up", MORE),
        (-1, "triangle-down-open", FEWER),
        (-2, "triangle-down", FEWER),
    )
    for outside, symbol, colour in groups:
        chosen = np.flatnonzero(funnel.outside == outside).tolist()
        figure.add_scatter(
            x=funnel.expected[chosen],
            y=funnel.ratio[chosen],
            mode="markers+text",
            marker={"symbol": symbol, "size": 10 if outside else 8, "color": colour, "opacity": 0.75},
            text=[names[k] if k in named and abs(outside) == SURE else "" for k in chosen],
            textposition="top center" if outside > 0 else "bottom center",
            textfont={"color": colour},
            hovertext=[f"{names[k]}<br>{decimal(funnel.ratio[k], 2)}" for k in chosen],
            hoverinfo="text",
            cliponaxis=False,
        )
    top = 1.15 * max(float(funnel.ratio.max()), 1.5)
    title = {"font": {"size": 12, "color": MUTED}, "standoff": 6}
    figure.update_layout(
        figure_layout(
            "light",
            xaxis={
                "type": "log",
                "title": {**title, "text": text(lang, "funnel_across")},
                "tickvals": [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000],
                "showgrid": True,
                "gridcolor": LINE,
            },
            yaxis={"range": [0, top], "title": {**title, "text": text(lang, "funnel_up")}, "nticks": 6},
        )
    )
    return figure
