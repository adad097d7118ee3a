"""What happened here: the number, its band and interval, its change, and what is missing."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
from dash import html

from geodata.index.bands import band_of
from layers.panels.story import Story
from layers.style import BAND_COLOURS, arrow, decimal, known, signed, whole
from layers.text import band_name, period_name, text
from layers.view import TOTAL, scorable, shown_measure

ONE_DAY = dt.timedelta(days=1)
LEAST_BASE = 5
"""Below so many incidents a percentage says nothing."""


def headline(told: Story) -> html.Section:
    """Return the first card of the panel."""
    view = told.view
    measure = shown_measure(view, told.city)
    title = html.H2(f"{told.place.in_language(view.lang)} · {period_name(view.lang, view.period)}")
    parts = [title, *(_score(told) if measure == "score" else _count(told)), _incidents(told)]
    parts += [html.P(note, className="notice") for note in _notes(told, measure)]
    marks: Any = {"data-place": told.place.token, "data-period": str(view.period)}
    return html.Section(parts, className="card headline", **marks)


def _score(told: Story) -> list[Any]:
    view = told.view
    value = float(told.series(view.sub_index)[told.now])
    band = band_of(value if known(value) else None, told.city.method.bands)
    if band is None:
        return [html.P(text(view.lang, "no_score"), className="big-note")]
    fill, ink, mark = BAND_COLOURS[band]
    low, high = (end[told.now] for end in told.interval(view.sub_index))
    word = html.Span(
        f"{mark} {band_name(view.lang, band)}", className="band-word", style={"background": fill, "color": ink}
    )
    return [
        html.P([html.Span(decimal(value), className="big number"), word], className="figure"),
        html.P(text(view.lang, "interval", low=decimal(low), high=decimal(high)), className="interval"),
        _delta(told),
    ]


def _count(told: Story) -> list[Any]:
    now, _ = told.counts(told.view)
    unit = html.Span(text(told.view.lang, "incidents"), className="unit")
    return [html.P([html.Span(whole(now.sum()), className="big number"), unit], className="figure")]


def _delta(told: Story) -> html.P:
    view = told.view
    label, change = text(view.lang, f"compare_{view.compare}"), told.change(view.sub_index)
    if not known(change):
        return html.P(f"{label} {text(view.lang, 'no_comparison')}", className="delta")
    sure = told.is_sure(view)
    words = text(view.lang, "sure" if sure else "not_sure")
    return html.P(
        [html.Span(f"{label} {arrow(change, sure)} {signed(change)}"), html.Span(words, className="muted")],
        className="delta",
    )


def _incidents(told: Story) -> html.P:
    view = told.view
    now, before = told.counts(view)
    shown = text(view.lang, "incidents_n", n=whole(now.sum()))
    comparable = told.city.is_whole(view.period) and told.city.is_whole(view.compared_with())
    if before is None or not comparable:
        return html.P(shown, className="incidents")
    difference = int(now.sum()) - int(before.sum())
    parts = [f"{text(view.lang, f'compare_{view.compare}')} {signed(difference, 0)}"]
    if before.sum() >= LEAST_BASE:
        parts.append(f"{signed(100 * difference / int(before.sum()), 1)}%")
    change = ", ".join(parts) if view.lang == "en" else "，".join(parts)
    return html.P(f"{shown} ({change})" if view.lang == "en" else f"{shown}（{change}）", className="incidents")


def _notes(told: Story, measure: str) -> list[str]:
    return _partial_note(told) + _score_notes(told, measure)


def _partial_note(told: Story) -> list[str]:
    """Say that the data do not cover the whole period: counts of unequal spans are not compared."""
    city, view = told.city, told.view
    if city.is_whole(view.period) or city.index.span is None or city.data_as_of is None:
        return []
    first, last = max(view.period.start, city.index.span[0]), min(view.period.end - ONE_DAY, city.data_as_of)
    return [text(view.lang, "partial", first=first, last=last)]


def _score_notes(told: Story, measure: str) -> list[str]:
    view, city = told.view, told.city
    if measure != "score":
        if view.incident_type:
            return [text(view.lang, "single_type")]
        return [] if scorable(view.sub_index, city) else [text(view.lang, "not_scored")]
    notes = []
    missing = [
        s for j, s in enumerate(city.method.sub_indices) if not np.isfinite(told.history.scores.sub_score[told.now, j])
    ]
    if view.sub_index == TOTAL and missing:
        notes.append(text(view.lang, "incomplete", names=_names(missing, view.lang)))
    calibration = city.active_calibration
    proxies = [
        i for i in city.method.scored if calibration and calibration.exposure.get(i.id, i.exposure) != i.exposure
    ]
    if proxies:
        notes.append(text(view.lang, "proxy", names=_names(proxies, view.lang)))
    return notes


def _names(things: list[Any], lang: str) -> str:
    return ", ".join(t.name_en for t in things) if lang == "en" else "、".join(t.name for t in things)
