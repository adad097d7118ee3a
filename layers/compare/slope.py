"""From one view to the other, a line a place: who rose, who fell, and who only seems to."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from dash import dcc, html

from layers.compare import ids
from layers.compare.frame import closing_of_both, head_row
from layers.compare.names import side_name
from layers.compare.pair import Difference, Pair, Side
from layers.compare.payload import difference_digits
from layers.compare.view import CompareView
from layers.maps.values import printed
from layers.style import DIVERGING, INK, LINE, MUTED, arrow, decimal, figure_layout, signed, whole
from layers.text import text

GRAPH: Any = {"displayModeBar": False, "responsive": True}
MOST_LABELS = 30
"""With more places only those that surely changed are named, the largest first."""
LINE_PX = 24
"""Height a label; it takes less, so that it may stand near its line."""
LEADER = 0.05
"""Length of the line from a point to its label, of the way from left to right."""
PALE = {"light": "#b4bfca", "projector": "#6c7884"}
"""Lines of places whose change may be chance."""


def slope_section(view: CompareView, both: Pair, changed: Difference) -> html.Section:
    """Return the chart from the earlier side to the later one, its table and the closing lines."""
    lang = view.lang
    left, right = order(both)
    names = {"left": side_name(left, both), "right": side_name(right, both)}
    n, sure = int(np.isfinite(changed.value).sum()), int(changed.sure.sum())
    said = text(lang, "cmp_slope_said", n=whole(n), sure=whole(sure))
    figure = slope_figure(view, both, changed)
    rows = _labelled(changed)
    height = max(360, min(1600, LINE_PX * (2 if view.theme == "projector" else 1) * max(len(rows), 12) + 120))
    return html.Section(
        [
            html.H2([text(lang, "cmp_slope_title", **names), html.Small(said)]),
            html.Div(
                dcc.Graph(id=ids.SLOPE, figure=figure, config=GRAPH, className="chart slope"),
                className="slope-frame",
                style={"--tall": f"{height}px"},
            ),
            html.P(text(lang, "cmp_slope_key"), className="muted"),
            _table(view, both, changed),
            *closing_of_both(both, lang),
        ],
        className="card slope-card",
        key=view.search(),
    )


def order(both: Pair) -> tuple[Side, Side]:
    """Return the sides from left to right: the earlier period first, for time runs to the right."""
    return (both.b, both.a) if both.b.view.period.start < both.a.view.period.start else (both.a, both.b)


def _labelled(changed: Difference) -> list[int]:
    """Return the places that are named: all of few, of many those that surely changed most."""
    known = np.flatnonzero(np.isfinite(changed.value))
    if len(known) <= MOST_LABELS:
        return [int(k) for k in known]
    sure = known[changed.sure[known]]
    return [int(k) for k in sure[np.argsort(-np.abs(changed.value[sure]), kind="stable")][:MOST_LABELS]]


def slope_figure(view: CompareView, both: Pair, changed: Difference) -> go.Figure:
    """Draw a line a place: worse warm, better cool, pale where the change may be chance."""
    left, right = order(both)
    start, end = left.values.value, right.values.value
    known = np.flatnonzero(np.isfinite(changed.value))
    worse = (end < start) if changed.higher_is_better else (end > start)
    figure = go.Figure()
    for rows, colour, width in (
        (known[~changed.sure[known]], PALE[view.theme], 2.0 if view.theme == "projector" else 1.0),
        (known[changed.sure[known] & ~worse[known]], DIVERGING[0], 2.5),
        (known[changed.sure[known] & worse[known]], DIVERGING[-1], 2.5),
    ):
        figure.add_scatter(
            x=[x for _ in rows for x in (0, 1, None)],
            y=[y for k in rows for y in (float(start[k]), float(end[k]), None)],
            mode="lines+markers" if len(known) <= MOST_LABELS else "lines",
            line={"color": colour, "width": width},
            marker={"size": 6, "color": colour},
            hoverinfo="skip",
        )
    labelled = _labelled(changed)
    values = np.concatenate([start[known], end[known]])
    low, span = (float(values.min()), float(np.ptp(values)) or 1.0) if len(values) else (0.0, 1.0)
    least = span / (1.3 * max(len(labelled), 12))
    for side in (left, right):
        heights = spread([float(side.values.value[k]) for k in labelled], least, low, low + span)
        _label(figure, both, changed, side, labelled, heights)
    axis = {"range": [-0.75, 1.75], "tickvals": [0, 1], "ticktext": [side_name(s, both) for s in (left, right)]}
    room = 0.06 * span
    figure.update_layout(
        figure_layout(
            view.theme,
            xaxis={**axis, "side": "top", "linecolor": "rgba(0,0,0,0)"},
            yaxis={"visible": False, "range": [low - room, low + span + room]},
        )
    )
    return figure


def _label(
    figure: go.Figure, both: Pair, changed: Difference, side: Side, labelled: list[int], places: list[float]
) -> None:
    """Write names and values beside the lines' ends, each at its height and led to by a thin line."""
    left, right = order(both)
    last, city, values = side is right, both.a.city, side.values.value
    digits = difference_digits(changed)
    shown = printed(values, side.values, side.city)
    at, edge = (1.0, 1.0 + LEADER) if last else (0.0, -LEADER)
    words = []
    for k in labelled:
        name, number = (
            city.place(int(side.values.rows[k])).in_language(side.view.lang),
            decimal(float(shown[k]), digits),
        )
        change = float(right.values.value[k] - left.values.value[k])
        mark = arrow(float(np.sign(change)), bool(changed.sure[k]))
        words.append(f" {number} {mark} {name}" if last else f"{name} {number} ")
    figure.add_scatter(
        x=[x for _ in labelled for x in (at, edge, None)],
        y=[each for k, y in zip(labelled, places, strict=True) for each in (float(values[k]), y, None)],
        mode="lines",
        line={"color": LINE, "width": 1},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=[edge] * len(labelled),
        y=places,
        mode="text",
        text=words,
        textposition="middle right" if last else "middle left",
        textfont={"color": [INK if changed.sure[k] or side.view.theme == "projector" else MUTED for k in labelled]},
        cliponaxis=False,
        hoverinfo="skip",
    )


def spread(values: list[float], least: float, low: float, high: float) -> list[float]:
    """Move values apart until neighbours are at least `least` from each other, within bounds that have room for all.

    >>> spread([1.0, 1.0, 5.0], 1.0, 0.0, 9.0)
    [0.5, 1.5, 5.0]
    """
    blocks: list[tuple[list[int], float]] = []  # members in ascending order, and the middle of the block
    for k in sorted(range(len(values)), key=lambda k: values[k]):
        members, middle = [k], values[k]
        while blocks:
            others, centre = blocks[-1]
            if middle - centre >= least * (len(others) + len(members)) / 2 - 1e-12:
                break
            blocks.pop()
            middle = (centre * len(others) + middle * len(members)) / (len(others) + len(members))
            members = others + members
        blocks.append((members, middle))
    order = [k for members, _ in blocks for k in members]
    ascending = [
        middle + (i - (len(members) - 1) / 2) * least for members, middle in blocks for i in range(len(members))
    ]
    floor = low
    for i, y in enumerate(ascending):
        ascending[i] = floor = max(y, floor)
        floor += least
    top = high
    for i in range(len(ascending) - 1, -1, -1):
        ascending[i] = top = min(ascending[i], top)
        top -= least
    placed = [0.0] * len(values)
    for k, y in zip(order, ascending, strict=True):
        placed[k] = y
    return placed


def _table(view: CompareView, both: Pair, changed: Difference) -> html.Details:
    """Return all places by their change, the largest first; of very many the first ones."""
    lang, most = view.lang, 400
    left, right = order(both)
    forward = right is both.a
    digits = difference_digits(changed)
    value = changed.value if forward else -changed.value
    rows = np.argsort(np.where(np.isfinite(value), -np.abs(value), np.inf), kind="stable")[:most]
    shown = [printed(side.values.value, side.values, side.city) for side in (left, right)]
    heads = [text(lang, "name"), side_name(left, both), side_name(right, both), text(lang, "change")]
    heads.append(text(lang, "cmp_certainty"))
    body = [
        html.Tr(
            [
                html.Th(both.a.city.place(int(both.a.values.rows[k])).in_language(lang), scope="row"),
                *[html.Td(decimal(float(each[k]), digits), className="number") for each in shown],
                html.Td(signed(float(value[k]), digits), className="number"),
                html.Td("" if not np.isfinite(value[k]) else text(lang, "sure" if changed.sure[k] else "not_sure")),
            ]
        )
        for k in rows.tolist()
    ]
    table = html.Table([head_row(heads, {1, 2, 3}), html.Tbody(body)])
    return html.Details(
        [html.Summary(text(lang, "cmp_table_all")), html.Div(table, className="table", tabIndex="0")],
        className="as-table",
    )
