"""The time strip under the map: one mark a period, each a link; the present period, a span and gaps stand out."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from geodata.index.bands import BANDS, NO_BAND, band_numbers
from geodata.pooled import pooled_course
from geodata.vocabulary import Band, Period, PeriodKind
from geodata.written import decimal, printed_score, whole
from layers.elements import dcc, html
from layers.maps.frames import strip_periods
from layers.panels.story import Story
from layers.style import BAND_COLOURS, aria, known
from layers.text import band_name, period_name, period_short, text
from layers.view import TOTAL, ViewState, shown_measure

Part = Any
Values = npt.NDArray[np.float64]
LEAST_SPAN = 4.0
"""Scores are drawn on at least so many points, so that small changes look small."""
MARGIN = 12.0
"""Room above and below the marks [% of the strip's height]."""
MOST_TICKS = {"light": 6, "projector": 4}
SPOKEN = (
    "strip_waiting",
    "strip_failed",
    "strip_playing",
    "strip_months_only",
    "strip_from",
    "strip_to",
    "strip_apply",
)


def strip(told: Story) -> list[Part]:
    """Return the strip's content: controls, and one link a period; nothing without data."""
    view = told.view
    periods = strip_periods(view, told.city)
    if not periods:
        return []
    values, bands = _values(told, periods)
    scored = shown_measure(view, told.city) == "score"
    words = [_words(told, *each, scored=scored) for each in zip(periods, values.tolist(), bands, strict=True)]
    said = words[periods.index(view.period)] if view.period in periods else _span_words(told)
    return [
        _head(told, said),
        *_turn(view, told, periods[0].previous(), "‹", "strip_earlier"),
        html.Nav(_columns(told, periods, values, bands, words), className="strip-columns", **_marks(told, periods)),
        *_turn(view, told, periods[-1].next(), "›", "strip_later"),
    ]


def _values(told: Story, periods: list[Period]) -> tuple[Values, list[Band | None]]:
    """Return score and band, or the number of incidents, of the present place in each period; NaN = a gap."""
    view, city = told.view, told.city
    if shown_measure(view, city) != "score":
        if not city.is_connected(view.sub_index):
            return np.full(len(periods), np.nan), [None] * len(periods)
        return replace(told, periods=periods, history=city.course(told.place, periods)).totals(), [None] * len(periods)
    if periods[0].kind is PeriodKind.DAY:  # as map and headline: a day is judged by its last seven days
        key = ("pooled course", told.place.row, tuple(periods))
        pooled = city.kept(key, lambda: pooled_course(city, told.place, periods))
        column = 0 if view.sub_index == TOTAL else 1 + [s.id for s in city.method.sub_indices].index(view.sub_index)
        value = np.column_stack([pooled.scores.score, pooled.scores.sub_score])[:, column]
        numbers = pooled.bands[:, column]
    else:
        value = replace(told, periods=periods, history=city.course(told.place, periods)).series(view.sub_index)
        thresholds = [city.at(period).method.bands for period in periods]  # old periods keep theirs
        numbers = np.array([band_numbers(v, t) for v, t in zip(value, thresholds, strict=True)])
    return value, [None if n == NO_BAND else BANDS[n] for n in numbers.tolist()]


# --- one column a period ---


def _columns(
    told: Story, periods: list[Period], values: Values, bands: list[Band | None], words: list[str]
) -> list[Part]:
    view, city = told.view, told.city
    ticks, heights = _ticks(view, periods), _heights(values, scored=shown_measure(view, city) == "score")
    return [
        dcc.Link(
            [
                html.Span(_mark(band, height), className="field"),
                *([] if tick is None else [html.Span(tick, className="tick", **aria(hidden="true"))]),
                html.Span(period_short(view.lang, period), className="short", **aria(hidden="true")),
                html.Span(said, className="offstage"),
            ],
            href=view.but(period=period, rows=min(view.rows, 1)).href(),
            className=" ".join(_states(told, period, value)),
        )
        for period, value, band, height, tick, said in zip(periods, values, bands, heights, ticks, words, strict=True)
    ]


def _mark(band: Band | None, height: float | None) -> html.I:
    if height is None:
        return html.I(className="gap", **aria(hidden="true"))
    if band is None:
        return html.I(className="bar", style={"height": f"{height:.1f}%"}, **aria(hidden="true"))
    sign = BAND_COLOURS[band][2]
    return html.I(sign, className=f"dot band-{band.value}", style={"bottom": f"{height:.1f}%"}, **aria(hidden="true"))


def _heights(values: Values, *, scored: bool) -> list[float | None]:
    """Return how high each mark stands [%]: scores between their least and their most, numbers from 0; None = a gap."""
    seen = values[np.isfinite(values)]
    if not len(seen):
        return [None] * len(values)
    low, high = (float(seen.min()), float(seen.max())) if scored else (0.0, max(float(seen.max()), 1.0))
    if scored and high - low < LEAST_SPAN:
        low, high = (low + high - LEAST_SPAN) / 2, (low + high + LEAST_SPAN) / 2
    margin = MARGIN if scored else 0.0
    share = margin + (100 - 2 * margin) * (values - low) / (high - low)
    return [float(each) if known(each) else None for each in share]


def _states(told: Story, period: Period, value: float) -> list[str]:
    """Return the classes of a column: where it stands to the present period, and whether its days are all there."""
    view, city = told.view, told.city.unfiltered
    end = period.end if city.data_as_of is None else min(period.end, city.data_as_of + dt.timedelta(days=1))
    states = ["period"]
    if view.period == period:
        states.append("on")
    elif view.period.start <= period.start and end <= view.period.end:
        states.append("in")
    elif view.period.kind is PeriodKind.RANGE and period.start < view.period.end and view.period.start < period.end:
        states.append("part")
    if not city.is_whole(period):
        states.append("unfinished")
    return states if known(value) else [*states, "missing"]


def _words(told: Story, period: Period, value: float, band: Band | None, *, scored: bool) -> str:
    """Say a period and its value: 2026年3月 84.1 良好."""
    view, city = told.view, told.city
    words = [period_name(view.lang, period), _said(told, period, value, scored=scored)]
    if band is not None:
        words.append(band_name(view.lang, band))
    if not city.unfiltered.is_whole(period):
        words.append(text(view.lang, "strip_unfinished"))
    return " ".join(words)


def _span_words(told: Story) -> str:
    """Say how long the present span is, which is no period of the strip, and its value; its days stand elsewhere."""
    view = told.view
    scored = shown_measure(view, told.city) == "score"
    value = told.judged(view.sub_index).score if scored else float(told.totals()[told.now])
    band = told.judged(view.sub_index).band if scored else None
    words = [text(view.lang, "strip_days", n=whole(view.period.days)), _said(told, view.period, value, scored=scored)]
    return " ".join([*words, band_name(view.lang, band)] if band else words)


def _said(told: Story, period: Period, value: float, *, scored: bool) -> str:
    view, city = told.view, told.city
    if not known(value):
        return text(view.lang, "no_data")
    if scored:
        return decimal(printed_score(value, city.at(period).method.bands))
    return text(view.lang, "incidents_n", n=whole(value))


def _ticks(view: ViewState, periods: list[Period]) -> list[str | None]:
    """Return the label under each period, None for most: years, else quarters or tens of days, never crowded."""
    kind, most = periods[0].kind, MOST_TICKS[view.theme]
    room = max(1, -(-len(periods) // (2 * most)))  # a label is wider than its period
    for chosen in _candidates(periods, kind):
        if len(chosen) >= 2 or chosen == list(range(len(periods))):
            break
    shown: list[int] = []
    step = max(1, -(-len(chosen) // most))
    for k in chosen[::step]:
        if (not shown or k - shown[-1] >= room) and len(periods) - k >= room:
            shown.append(k)
    every = len(chosen) == len(periods)
    return [_tick(view.lang, period, every=every) if k in shown else None for k, period in enumerate(periods)]


def _tick(lang: str, period: Period, *, every: bool) -> str:
    """Return a period's label: of a first quarter the year, of the first week of a month the month."""
    if period.kind is PeriodKind.WEEK and not every:
        period = Period.containing(period.start, PeriodKind.MONTH)
    if period.kind is PeriodKind.QUARTER and period.start.month == 1:
        return str(period.start.year)
    return period_short(lang, period)


def _candidates(periods: list[Period], kind: PeriodKind) -> list[list[int]]:
    """List what may be labelled, the sparsest first; the last are all periods."""
    every = list(range(len(periods)))
    if kind is PeriodKind.DAY:
        return [[k for k in every if periods[k].start.day in (1, 11, 21)], every]
    if kind is PeriodKind.WEEK:
        months = [k for k in every if periods[k].start.day <= 7]
        return [[k for k in months if periods[k].start.month in (1, 4, 7, 10)], months, every]
    first = [k for k in every if periods[k].start.month == 1]
    return [first, [k for k in every if periods[k].start.month in (1, 4, 7, 10)], every]


# --- controls ---


def _head(told: Story, said: str) -> html.Div:
    """Return play, its speed and what is told of one period: the present one, or that under the pointer."""
    lang, barred = told.view.lang, bool(told.view.layer)
    play = html.Button(
        [html.Span(text(lang, "strip_play"), className="go"), html.Span(text(lang, "strip_stop"), className="halt")],
        type="button",
        className="play",
        disabled=barred,
        title=text(lang, "strip_no_layer") if barred else None,
    )
    speed = html.Button("1×", type="button", className="speed", title=text(lang, "strip_speed"))
    return html.Div(
        [
            html.Div([play, speed, *_span(told)], className="strip-tools"),
            html.P(said, className="strip-read"),
            html.P(className="strip-said offstage", role="status"),
        ],
        className="strip-head",
    )


def _span(told: Story) -> list[Part]:
    """Return the fold for any span of days; where only months are known, and on a projector, there is none."""
    view, city = told.view, told.city
    if PeriodKind.RANGE not in city.period_kinds or view.theme == "projector":
        return []
    summary = html.Summary(text(view.lang, "strip_span"), title=text(view.lang, "strip_span_title"))
    return [html.Details([summary, html.Div(className="menu")], className="strip-span")]


def _turn(view: ViewState, told: Story, period: Period, sign: str, key: str) -> list[Part]:
    """Return the link to the page of periods before or after those shown, if there is one."""
    if not told.city.unfiltered.offers(period):
        return []
    return [dcc.Link(sign, href=view.but(period=period).href(), className="turn", title=text(view.lang, key))]


def _marks(told: Story, periods: list[Period]) -> dict[str, Any]:
    """Return what the browser has to know of the columns: first days, the last day, what may be chosen, and words."""
    view, city = told.view, told.city.unfiltered
    last = city.data_as_of or periods[-1].end
    first = city.index.span[0] if city.index.span else periods[0].start
    days = [period.start for period in periods] + [min(periods[-1].end, last + dt.timedelta(days=1))]
    return {
        "data-days": ",".join(day.isoformat() for day in days),
        "data-kind": periods[0].kind.value,
        "data-spans": "yes" if PeriodKind.RANGE in city.period_kinds else "no",
        "data-first": first.isoformat(),
        "data-last": last.isoformat(),
        "data-words": json.dumps({key: text(view.lang, key) for key in SPOKEN}, ensure_ascii=False),
        **aria(label=text(view.lang, "strip_nav")),
    }
