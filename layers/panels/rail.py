"""The rail: the composite and its sub-indices, each with score, band, change and a small line."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import numpy as np
import numpy.typing as npt
from dash import dcc, html

from geodata.index.bands import band_of
from layers.panels.story import Story
from layers.style import ACCENT, BAND_COLOURS, arrow, decimal, known, whole
from layers.text import band_name, text
from layers.view import TOTAL, ViewState, scorable

Values = npt.NDArray[np.float64]


def rail(told: Story) -> list[Any]:
    """Return one link a sub-index, the composite first."""
    lang = told.view.lang
    names = [(s.id, s.name_en if lang == "en" else s.name) for s in told.city.method.sub_indices]
    return [_item(told, sub_index, name) for sub_index, name in [(TOTAL, text(lang, "total")), *names]]


def _item(told: Story, sub_index: str, name: str) -> dcc.Link:
    view = told.view
    target = view.but(sub_index=sub_index, incident_type="")
    if not scorable(sub_index, told.city):
        return _counted(told, target, name)
    series = told.series(sub_index)
    now = float(series[told.now])
    change = told.change(sub_index)
    band = band_of(now if known(now) else None, told.city.method.bands)
    classes = ["rail-item", "on" if view.sub_index == sub_index else "", "" if known(now) else "missing"]
    return dcc.Link(
        [
            html.Span(BAND_COLOURS[band][2] if band else "◌", className=f"mark band-{band.value}" if band else "mark"),
            html.Span(name, className="name"),
            html.Span(decimal(now) if known(now) else text(view.lang, "missing"), className="score"),
            html.Span(band_name(view.lang, band) if band else "", className="band"),
            html.Span(arrow(change, known(change) and told.is_sure(target)), className="delta"),
            html.Img(src=_spark(series, told.now), className="spark", alt=""),
        ],
        href=target.href(),
        className=" ".join(part for part in classes if part),
    )


def _counted(told: Story, target: ViewState, name: str) -> dcc.Link:
    """Return the item of what cannot be scored in this city: its incidents, if there are any."""
    view = told.view
    now, before = told.counts(target)
    total = int(now.sum())
    change = None if before is None else float(total - before.sum())
    classes = ["rail-item", "on" if view.sub_index == target.sub_index else "", "" if total else "missing"]
    return dcc.Link(
        [
            html.Span("◌", className="mark"),
            html.Span(name, className="name"),
            html.Span(whole(total) if total else text(view.lang, "missing"), className="score"),
            html.Span(text(view.lang, "incidents") if total else "", className="band"),
            html.Span(arrow(change, change is not None and told.is_sure(target)), className="delta"),
        ],
        href=target.href(),
        className=" ".join(part for part in classes if part),
    )


def _spark(series: Values, here: int) -> str:
    """Draw a series as a small picture, gaps left open, the current period as a dot."""
    finite = np.isfinite(series)
    if not finite.any():
        return "data:image/svg+xml," + quote('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 16"/>')
    low, high = float(series[finite].min()), float(series[finite].max())
    x = np.linspace(2, 58, len(series))
    y = 14 - 12 * (np.nan_to_num(series) - low) / max(high - low, 1e-9)
    runs: list[list[str]] = [[]]
    for k in range(len(series)):
        if finite[k]:
            runs[-1].append(f"{x[k]:.0f},{y[k]:.1f}")
        else:
            runs.append([])
    lines = "".join(f'<polyline points="{" ".join(run)}" fill="none" stroke="{ACCENT}"/>' for run in runs if run)
    dot = f'<circle cx="{x[here]:.0f}" cy="{y[here]:.1f}" r="1.8" fill="{ACCENT}"/>' if finite[here] else ""
    return "data:image/svg+xml," + quote(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 16">{lines}{dot}</svg>'
    )
