"""What if the weights were others: sliders, and what would change. Never an official result."""

from __future__ import annotations

import json

import numpy as np
from dash import dcc, html

from geodata.city import CityData
from geodata.ranking import Ranking, Supposition, suppose
from geodata.written import decimal, signed, whole
from layers.method.parts import Part, band_chip, joined, level_words, marks, name_of
from layers.method.ranks import interval_bar, rank_words, span_of, tier_row
from layers.method.view import MethodView
from layers.text import text

LISTED, LARGEST = 30, 10
"""Up to so many places are all listed in their supposed order; of more, the largest changes."""
MOST_WEIGHT = 50
"""Where the sliders end, per cent."""
TARGETS = (70.0, 95.0)
BLANK = "#"
"""Stands where the browser puts a number in."""


def whatif_form(view: MethodView, city: CityData) -> list[Part]:
    """Return the heading and the sliders; what they say is worked out by `results`."""
    lang, heading = view.lang, html.H2(text(view.lang, "method_whatif"))
    if view.period is None or view.level is None:
        return [heading, html.P(text(lang, "method_no_data"), className="state")]
    own = view.but(weights=(), target=None)
    equal = view.but(weights=tuple((s.id, 0.1) for s in city.method.sub_indices), target=None)
    presets = [
        dcc.Link(text(lang, "whatif_own"), href=own.href(), className="button as-it-is"),
        dcc.Link(text(lang, "whatif_equal"), href=equal.href(), className="button as-it-is"),
    ]
    return [
        heading,
        html.P(text(lang, "whatif_lead"), className="prose"),
        html.P(text(lang, "whatif_kept"), className="prose muted"),
        html.Div(presets, className="presets"),
        html.Div(className="sliders", **marks(sliders=_sliders(view, city))),
    ]


def _sliders(view: MethodView, city: CityData) -> str:
    """Return what the browser draws the sliders from."""
    lang, method = view.lang, city.method
    weights = [{"id": s.id, "name": name_of(s, lang), "own": round(100 * s.weight, 4)} for s in method.sub_indices]
    most = MOST_WEIGHT if max(s.weight for s in method.sub_indices) <= MOST_WEIGHT / 100 else 100
    target = method.target if method.target is not None else method.bands[1]
    given = {
        "weights": weights,
        "most": most,
        "target": {"own": target, "name": text(lang, "whatif_target"), "ends": TARGETS},
        "words": {
            "sum": text(lang, "whatif_sum", sum=BLANK),
            "even": text(lang, "whatif_sum_even"),
            "share": text(lang, "whatif_share", share=BLANK),
            "points": text(lang, "points_n", score=BLANK),
        },
    }
    return json.dumps(given, ensure_ascii=False)


def results(view: MethodView, city: CityData) -> list[Part]:
    """Return what would change under the view's weights and target."""
    if view.period is None or view.level is None:
        return []
    lang, level = view.lang, view.level
    supposed = suppose(city, level, view.period, dict(view.weights))
    parts: list[Part] = [
        html.P(text(lang, "whatif_banner"), className="supposed", role="status"),
        html.Div(_figures(supposed, lang), className="figures")
        if view.weights
        else html.P(text(lang, "whatif_same"), className="said"),
        _reach(view, city, supposed),
    ]
    there = view.on_the_map()
    if there is not None:
        parts.append(html.A(text(lang, "whatif_map"), href=there.href(), className="button primary"))
    if view.weights:
        parts.append(_bands(view, city, supposed))
    return [*parts, _places(view, city, supposed)]


def _figures(supposed: Supposition, lang: str) -> list[Part]:
    before, after = (int(ranking.tier.max(initial=0)) for ranking in (supposed.official, supposed.supposed))
    said = (
        ("whatif_bands", whole(int(supposed.changes_band.sum()))),
        ("whatif_tiers", whole(before) if before == after else f"{before} → {after}"),
        ("whatif_spans", whole(int(supposed.leaves_span.sum()))),
    )
    return [html.Span([html.B(number), html.Small(text(lang, key))]) for key, number in said]


def _reach(view: MethodView, city: CityData, supposed: Supposition) -> Part:
    lang, method = view.lang, city.method
    target = view.target if view.target is not None else method.target if method.target is not None else method.bands[1]
    official, then, surely = supposed.reaching(target)
    level = level_words(lang, view.level) if view.level is not None else ""
    return html.P(
        text(
            lang,
            "whatif_reach",
            target=f"{target:g}",
            level=level,
            official=whole(official),
            supposed=whole(then),
            surely=whole(surely),
        )
    )


def _bands(view: MethodView, city: CityData, supposed: Supposition) -> Part:
    """Name the places that would have another band, under the band that they would have."""
    changed, lang = supposed.changes_band, view.lang
    rows = []
    for band in np.unique(supposed.supposed.band[changed]).tolist():
        chosen = np.flatnonzero(changed & (supposed.supposed.band == band))
        names = [city.place(int(supposed.official.rows[k])).in_language(lang) for k in chosen]
        rows.append(html.Li([band_chip(lang, band), html.Span(joined(names, lang, 8))]))
    return html.Ul(rows, className="bands") if rows else None


def _places(view: MethodView, city: CityData, supposed: Supposition) -> Part:
    """List places, the supposed score and span of ranks beside the official ones."""
    lang, before, after = view.lang, supposed.official, supposed.supposed
    change = after.score - before.score
    few = len(before.rows) <= LISTED
    known = np.flatnonzero(np.isfinite(change))
    largest = known[np.argsort(-np.abs(change[known]), kind="stable")][:LARGEST]
    order = after.order[: after.n_ranked] if few else largest
    if len(order) == 0 or not (few or view.weights):
        return None
    (floor, top), other = span_of(before), span_of(after)
    floor, top = min(floor, other[0]), max(top, other[1])
    rows, tier = [], -1
    scale = text(lang, "interval_scale", low=f"{floor:g}", high=f"{top:g}")
    heads = [*(text(lang, key) for key in ("name", "whatif_official", "whatif_supposed", "change")), scale]
    for k in order.tolist():
        if few and int(after.tier[k]) != tier:
            tier = int(after.tier[k])
            rows.append(tier_row(tier, int((after.tier == tier).sum()), lang, len(heads)))
        rows.append(_row(city, supposed, k, lang, floor, top))
    title = text(lang, "whatif_new_ranks") if few else text(lang, "whatif_changes", n=len(order))
    head = html.Thead(html.Tr([html.Th(each, scope="col") for each in heads]))
    listed = html.Table([head, html.Tbody(rows)], className="ranks changes")
    return html.Div([html.H3(title), html.Div(listed, className="table", tabIndex="0")])


def _row(city: CityData, supposed: Supposition, k: int, lang: str, floor: float, top: float) -> html.Tr:
    before, after = supposed.official, supposed.supposed
    change = float(after.score[k] - before.score[k])
    moved = " moved" if supposed.leaves_span[k] else ""
    return html.Tr(
        [
            html.Td(city.place(int(before.rows[k])).in_language(lang)),
            html.Td(_told(before, k, lang)),
            html.Td(_told(after, k, lang), className=moved.strip()),
            html.Td(signed(change, 2), className="number"),
            html.Td(interval_bar(float(after.score[k]), float(after.low[k]), float(after.high[k]), floor, top)),
        ]
    )


def _told(ranking: Ranking, k: int, lang: str) -> list[Part]:
    return [html.B(decimal(float(ranking.score[k]))), html.Small(rank_words(ranking, k, lang))]
