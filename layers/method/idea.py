"""What a score means, in one sentence, and what the bands mean."""

from __future__ import annotations

import datetime as dt

import numpy as np
from dash import dcc, html

from geodata.city import CityData
from geodata.index.bands import BANDS
from geodata.written import decimal
from layers.charts.risk_curve import risk_curve
from layers.method import ids
from layers.method.parts import GRAPH, Part, band_word, per_cent, section
from layers.method.view import MethodView
from layers.style import aria
from layers.text import text

LANDMARKS = (
    ("landmark_half", 0.5),
    ("landmark_same", 1.0),
    ("landmark_more", 1.5),
    ("landmark_twice", 2.0),
    ("landmark_thrice", 3.0),
)


def idea_section(view: MethodView, city: CityData) -> html.Section:
    """Return what 100 · anchor points mean, the curve, and the bands."""
    lang, method = view.lang, city.method
    calibration = city.active_calibration
    words = [html.P(text(lang, "idea_what"))]
    if calibration is not None:
        last = calibration.base_end - dt.timedelta(days=1)
        words.append(html.P(text(lang, "idea_base", start=calibration.base_start, end=last)))
    words += [html.P(text(lang, "idea_full")), html.P(text(lang, "idea_not"))]
    curve = html.Figure(
        [
            html.Figcaption([text(lang, "idea_landmarks"), html.Small(text(lang, "idea_landmarks_note"))]),
            dcc.Graph(id=ids.CURVE, figure=risk_curve(method, lang), config=GRAPH, className="chart"),
            _landmarks(view, city),
        ],
        className="beside",
    )
    return section(
        "idea",
        text(lang, "method_idea"),
        [
            html.P(text(lang, "idea_lead", score=decimal(100 * method.anchor, 0)), className="lead"),
            html.Div([html.Div([*words, _bands(view, city)], className="prose"), curve], className="columns"),
        ],
    )


def _landmarks(view: MethodView, city: CityData) -> html.Ul:
    rows = [
        html.Li(
            [
                html.Span(text(view.lang, key)),
                html.B(text(view.lang, "points_n", score=decimal(100 * city.method.anchor**risk))),
            ]
        )
        for key, risk in LANDMARKS
    ]
    return html.Ul(rows, className="landmarks", **aria(label=text(view.lang, "idea_landmarks")))


def _bands(view: MethodView, city: CityData) -> Part:
    """Say each band as a range of scores and, where all risks move alike, of risks."""
    lang, limits = view.lang, city.method.bands
    risks = [per_cent(float(np.log(limit / 100) / np.log(city.method.anchor)), lang, 0) for limit in limits]
    scores = [decimal(limit, 0 if float(limit).is_integer() else 1) for limit in limits]
    said = [(text(lang, "band_from", low=scores[0]), text(lang, "band_risk_below", high=risks[0]))]
    said += [
        (
            text(lang, "band_between", low=scores[k], high=scores[k - 1]),
            text(lang, "band_risk_between", low=risks[k - 1], high=risks[k]),
        )
        for k in (1, 2)
    ]
    said.append((text(lang, "band_below", high=scores[2]), text(lang, "band_risk_above", low=risks[2])))
    rows = [
        html.Li([band_word(lang, band), html.B(score), html.Span(risk, className="muted")])
        for band, (score, risk) in zip(BANDS, said, strict=True)
    ]
    return html.Div([html.H3(text(lang, "bands_title")), html.Ul(rows, className="bands")])
