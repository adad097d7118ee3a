"""The method in five steps, with the numbers of one place of this city."""

from __future__ import annotations

import numpy as np
from dash import dcc, html

from geodata.city import CityData
from geodata.index.bands import band_numbers
from geodata.worked import WorkedScore, worked_score
from geodata.written import MINUS, decimal, signed, whole
from layers.charts.risk_curve import risk_curve
from layers.data.parts import table
from layers.method import ids
from layers.method.parts import GRAPH, Part, band_chip, choice, formula, name_of, per_cent, section, weight_bar
from layers.method.view import MethodView
from layers.style import known
from layers.text import period_name, text


def steps_section(view: MethodView, city: CityData) -> html.Section:
    """Return the worked example, or why there is none."""
    lang, title = view.lang, text(view.lang, "method_steps")
    if view.period is None or view.level is None:
        return section("steps", title, [html.P(text(lang, "method_no_data"), className="state")])
    place = city.find(view.place)
    worked = worked_score(city, view.level, view.period, place if view.place else None, view.indicator)
    menus = html.Div([_places(view, city, worked), _indicators(view, city, worked)], className="choices")
    if worked is None:
        said = text(lang, "steps_none", place=place.in_language(lang))
        return section("steps", title, [menus, html.P(said, className="state")])
    lead = text(
        lang,
        "steps_lead",
        place=worked.place.in_language(lang),
        period=period_name(lang, view.period),
        indicator=name_of(worked.indicator, lang),
    )
    steps = (_count, _expected, _compare, _score, _total)
    items = [html.Li(step(view, city, worked)) for step in steps]
    return section("steps", title, [html.P(lead, className="prose"), menus, html.Ol(items, className="steps")])


def _places(view: MethodView, city: CityData, worked: WorkedScore | None) -> Part:
    lang, level = view.lang, view.level
    if level is None:
        return None
    rows = city.members(level, city.city)
    here = worked.place.token if worked else view.place
    options = [
        (place.in_language(lang), view.but(place=place.token), place.token == here)
        for place in (city.place(int(row)) for row in rows)
    ]
    chosen = worked.place.in_language(lang) if worked else city.find(view.place).in_language(lang)
    if worked and not view.place:
        chosen += text(lang, "steps_worst")
    return choice(text(lang, "steps_place"), chosen, options, f"place|{view.search()}")


def _indicators(view: MethodView, city: CityData, worked: WorkedScore | None) -> Part:
    lang, calibration = view.lang, city.active_calibration
    present = calibration.present if calibration else set()
    here = worked.indicator.id if worked else view.indicator
    options = [
        (name_of(indicator, lang), view.but(indicator=indicator.id), indicator.id == here)
        for indicator in city.method.scored
        if indicator.id in present
    ]
    chosen = next((name for name, _, on in options if on), "")
    return choice(text(lang, "steps_indicator"), chosen, options, f"indicator|{view.search()}")


def _count(view: MethodView, city: CityData, worked: WorkedScore) -> list[Part]:
    lang = view.lang
    weights = sorted({kind.severity for kind in city.method.types.values()})
    severities = text(lang, "comma").join(f"{weight:g}" for weight in weights)
    parts: list[Part] = [
        html.H3(text(lang, "step_count")),
        html.P(text(lang, "step_count_text", severities=severities), className="prose"),
    ]
    if not worked.types:
        return [*parts, html.P(text(lang, "step_count_none"), className="prose")]
    rows = [
        html.Tr(
            [
                html.Td(name_of(each.type, lang)),
                html.Td(whole(each.n), className="number"),
                html.Td(f"× {each.type.severity:g}", className="number"),
                html.Td(decimal(each.points, 0), className="number"),
            ]
        )
        for each in worked.types
    ]
    n = sum(each.n for each in worked.types)
    total = [
        html.Td(text(lang, "sum_total")),
        html.Td(whole(n), className="number"),
        html.Td("", className="number"),
        html.Td(html.B(decimal(worked.observed, 0)), className="number"),
    ]
    heads = [text(lang, key) for key in ("type", "count", "severity", "weighted_count")]
    return [
        *parts,
        table(heads, [*rows, html.Tr(total, className="total")], name="worked"),
        formula(lang, text(lang, "formula_count")),
    ]


def _factor(number: str, words: Part, *, result: bool = False) -> html.Span:
    return html.Span([html.B(number), html.Small(words)], className="factor result" if result else "factor")


def _sign(sign: str) -> html.I:
    return html.I(sign, className="sign")


def _expected(view: MethodView, city: CityData, worked: WorkedScore) -> list[Part]:
    lang, kind = view.lang, city.method.exposures[worked.exposure_kind]
    unit = kind.unit_name_en if lang == "en" else kind.unit_name
    chain = [
        _factor(
            decimal(worked.exposure, _digits(worked.exposure)),
            text(lang, "with_unit", name=name_of(kind, lang), unit=unit),
        ),
        _sign("×"),
        _factor(decimal(worked.rate, _digits(worked.rate)), text(lang, "factor_rate", unit=unit)),
        _sign("×"),
        _factor(decimal(worked.usual_days, 2), text(lang, "factor_days")),
        _sign("="),
        _factor(decimal(worked.expected, 1), text(lang, "factor_expected"), result=True),
    ]
    parts: list[Part] = [
        html.H3(text(lang, "step_expected")),
        html.P(text(lang, "step_expected_text"), className="prose"),
        html.Div(chain, className="chain"),
        html.P(
            [html.B(text(lang, "factor_days")), " ", text(lang, "factor_days_note", days=worked.period.days)],
            className="muted",
        ),
    ]
    own = city.method.exposures.get(worked.indicator.exposure)
    if own is not None and own is not kind:
        parts.append(
            html.P(text(lang, "factor_proxy", own=name_of(own, lang), used=name_of(kind, lang)), className="muted")
        )
    return [*parts, formula(lang, text(lang, "formula_expected"))]


def _digits(value: float) -> int:
    """Return how many decimals leave three or four figures."""
    if not known(value) or value <= 0:
        return 1
    return int(np.clip(3 - np.floor(np.log10(value)), 1, 6))


def _compare(view: MethodView, city: CityData, worked: WorkedScore) -> list[Part]:
    lang, prior = view.lang, decimal(worked.prior)
    fraction = html.Span(
        [
            html.Span(
                [html.B(f"{decimal(worked.observed, 0)} + {prior}"), html.Small(text(lang, "factor_observed_plus"))]
            ),
            html.Span(
                [html.B(f"{decimal(worked.expected)} + {prior}"), html.Small(text(lang, "factor_expected_plus"))]
            ),
        ],
        className="factor fraction",
    )
    chain = [fraction, _sign("="), _factor(decimal(worked.theta, 3), text(lang, "factor_theta"), result=True)]
    raw = worked.observed / worked.expected if worked.expected > 0 else np.nan
    words = text(lang, "step_compare_text", prior=prior, raw=decimal(raw, 3))
    words += " " if lang == "en" else ""
    words += text(lang, "step_compare_cap", cap=f"{city.method.risk_cap:g}")
    calibration = city.active_calibration
    alpha = calibration.alpha.get(worked.indicator.id, worked.indicator.alpha) if calibration else 0.0
    q = worked.prior / alpha if alpha else np.nan
    said = text(lang, "formula_compare", alpha=decimal(alpha, 1), q=decimal(q, 3), cap=f"{city.method.risk_cap:g}")
    return [
        html.H3(text(lang, "step_compare")),
        html.Div(chain, className="chain"),
        html.P(words, className="prose"),
        formula(lang, said),
    ]


def _score(view: MethodView, city: CityData, worked: WorkedScore) -> list[Part]:
    lang, method = view.lang, city.method
    name = name_of(worked.sub_index, lang)
    rows = [
        html.Tr(
            [
                html.Td(name_of(each.indicator, lang)),
                html.Td(per_cent(each.share, lang) if each.share else text(lang, "missing"), className="number"),
                html.Td(f"× {decimal(each.theta, 3)}" if known(each.theta) else MINUS, className="number"),
                html.Td(decimal(each.share * each.theta, 3) if each.share else MINUS, className="number"),
            ],
            className="on" if each.indicator is worked.indicator else "",
        )
        for each in worked.risks
    ]
    total = [
        html.Td(text(lang, "sum_total")),
        html.Td("", className="number"),
        html.Td("", className="number"),
        html.Td(html.B(decimal(worked.risk, 3)), className="number"),
    ]
    heads = [text(lang, key) for key in ("indicator", "weight", "risk_times", "product")]
    words = text(
        lang,
        "step_score_text",
        name=name,
        base=decimal(100 * method.anchor, 0),
        share=per_cent(method.anchor, lang, 0),
    )
    curve = dcc.Graph(
        id=ids.CURVE_HERE,
        figure=risk_curve(method, lang, worked.risk if known(worked.risk) else None),
        config=GRAPH,
        className="chart",
    )
    missing = [] if all(each.share for each in worked.risks) else [html.P(text(lang, "step_missing"))]
    left = html.Div(
        [html.P(words), table(heads, [*rows, html.Tr(total, className="total")], name="worked"), *missing],
        className="prose",
    )
    return [
        html.H3(text(lang, "step_score", name=name, score=decimal(worked.sub_score))),
        html.Div(
            [left, html.Figure([html.Small(text(lang, "idea_landmarks_note")), curve], className="beside")],
            className="columns",
        ),
        formula(lang, text(lang, "formula_score", anchor=f"{method.anchor:g}")),
    ]


def _total(view: MethodView, city: CityData, worked: WorkedScore) -> list[Part]:
    lang, method = view.lang, city.method
    geometric = method.aggregation == "geometric"
    most = max(each.share for each in worked.scores)
    limits = method.bands
    rows = [
        html.Tr(
            [
                html.Td(name_of(each.sub_index, lang)),
                html.Td(
                    [weight_bar(each.share, most), html.Span(per_cent(each.share, lang))]
                    if each.share
                    else text(lang, "missing"),
                    className="number with-bar",
                ),
                html.Td(f"× {decimal(each.score)}" if known(each.score) else MINUS, className="number"),
                html.Td(band_chip(lang, int(band_numbers(each.score, limits)))),
                html.Td(decimal(each.points, 2) if each.share and not geometric else MINUS, className="number"),
            ],
            className="on" if each.sub_index is worked.sub_index else "",
        )
        for each in worked.scores
    ]
    total = [
        html.Td(text(lang, "sum_total")),
        html.Td("", className="number"),
        html.Td("", className="number"),
        html.Td(band_chip(lang, int(band_numbers(worked.composite, limits)))),
        html.Td(html.B(decimal(worked.composite, 2)), className="number"),
    ]
    heads = [text(lang, key) for key in ("sub_index", "weight", "score", "band", "points")]
    parts: list[Part] = [
        html.H3(text(lang, "step_total", name=text(lang, "total"), score=decimal(worked.score))),
        html.P(text(lang, "step_total_geometric" if geometric else "step_total_text"), className="prose"),
        table(heads, [*rows, html.Tr(total, className="total")], name="worked sums"),
    ]
    if not all(each.share for each in worked.scores):
        parts.append(html.P(text(lang, "step_missing"), className="muted"))
    if round(worked.red_line, 2):
        points, composite = signed(-worked.red_line, 2), decimal(worked.composite, 2)
        said = text(lang, "step_red_line", points=points, composite=composite)
        parts.append(html.P(html.B(said), className="prose"))
    interval = text(lang, "step_interval", low=decimal(worked.low), high=decimal(worked.high))
    key = "formula_total_geometric" if geometric else "formula_total"
    return [
        *parts,
        html.P(interval, className="prose"),
        formula(lang, text(lang, key, anchor=f"{method.anchor:g}") if geometric else text(lang, "formula_total")),
    ]
