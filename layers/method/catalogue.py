"""The catalogue: sub-indices, indicators, types, who answers for them, and what of it is connected here."""

from __future__ import annotations

from dash import html

from geodata.city import CityData
from geodata.index.catalogue import KINDS, IncidentType, Indicator, SubIndex
from geodata.index.versions import VALUE_WORDS
from geodata.written import decimal
from layers.method.parts import Part, joined, name_of, per_cent, section, weight_bar
from layers.method.view import MethodView
from layers.text import text


def catalogue_section(view: MethodView, city: CityData) -> html.Section:
    """Return every sub-index under its concern; each opens to its indicators."""
    lang, method = view.lang, city.method
    lead = text(
        lang,
        "catalogue_lead",
        subs=len(method.sub_indices),
        indicators=len(method.indicators),
        types=len(method.types),
    )
    if method.concerns:
        lead += (" " if lang == "en" else "") + text(lang, "catalogue_concerns")
    most = max(s.weight for s in method.sub_indices)
    groups = [
        (name_of(concern, lang), [s for s in method.sub_indices if s.concern == key])
        for key, concern in method.concerns.items()
    ]
    rest = [s for s in method.sub_indices if s.concern not in method.concerns]
    groups.append((text(lang, "catalogue_other") if method.concerns else "", rest))
    parts = [
        html.Div(
            [
                html.H3([name, html.Small(per_cent(sum(s.weight for s in subs), lang))]) if name else None,
                *[_sub_index(s, view, city, most) for s in subs],
            ],
            className="concern",
        )
        for name, subs in groups
        if subs
    ]
    return section(
        "catalogue",
        text(lang, "method_catalogue"),
        [html.P(lead, className="prose"), html.Div(parts, className="concerns"), _kinds(view)],
    )


def _sub_index(sub_index: SubIndex, view: MethodView, city: CityData, most: float) -> html.Details:
    lang = view.lang
    key = _connected(sub_index, city)
    tags = [html.Span(text(lang, key), className=f"tag {key}")]
    if sub_index.daily:
        tags.append(html.Span(text(lang, "daily_set"), className="tag"))
    if sub_index.target is not None:
        tags.append(html.Span(text(lang, "target_of", score=f"{sub_index.target:g}"), className="tag"))
    summary = html.Summary(
        [
            html.B(name_of(sub_index, lang)),
            weight_bar(sub_index.weight, most),
            html.Span(per_cent(sub_index.weight, lang), className="number"),
            html.Span(tags, className="tags"),
        ]
    )
    return html.Details(
        [summary, *[_indicator(each, view, city) for each in sub_index.indicators]], className="sub-index"
    )


def _connected(sub_index: SubIndex, city: CityData) -> str:
    n = sum(_is_connected(each, city) for each in sub_index.indicators)
    return "not_connected_short" if n == 0 else "connected" if n == len(sub_index.indicators) else "partly_connected"


def _is_connected(indicator: Indicator, city: CityData) -> bool:
    calibration = city.active_calibration
    return calibration is not None and indicator.id in calibration.present


def _indicator(indicator: Indicator, view: MethodView, city: CityData) -> html.Div:
    lang = view.lang
    facts = [(text(lang, "weight"), per_cent(indicator.weight, lang)), (text(lang, "kind_of"), _kind(indicator, lang))]
    if indicator.owner and lang == "zh":  # departments are called what they are called
        facts.append((text(lang, "owner"), indicator.owner))
    if indicator.exposure:
        facts.append((text(lang, "measured_against"), name_of(city.method.exposures[indicator.exposure], lang)))
    missing = [] if _is_connected(indicator, city) else [html.Span(text(lang, "not_connected_short"), className="tag")]
    parts: list[Part] = [
        html.H4([name_of(indicator, lang), *missing]),
        html.Dl([html.Div([html.Dt(name), html.Dd(value)]) for name, value in facts]),
    ]
    if indicator.types:
        ordered = sorted(indicator.types, key=lambda kind: kind.severity)
        parts.append(html.P([_type(kind, lang) for kind in ordered], className="types"))
    return html.Div(parts, className="indicator")


def _kind(indicator: Indicator, lang: str) -> str:
    return VALUE_WORDS[indicator.kind][lang == "en"]


def _type(kind: IncidentType, lang: str) -> html.Span:
    notes = []
    if kind.red_line:
        notes.append(text(lang, "red_line"))
    if kind.deduction:
        notes.append(text(lang, "deduction_each", points=decimal(kind.deduction)))
    if kind.sensitive:
        notes.append(text(lang, "sensitive"))
    words = [html.Span(name_of(kind, lang)), html.B(f"{kind.severity:g}")]
    if notes:
        words.append(html.Small(joined(notes, lang)))
    return html.Span(words, className="type red" if kind.red_line else "type")


def _kinds(view: MethodView) -> html.Div:
    lang = view.lang
    said = ("kind_incident", "kind_complement", "kind_benefit", "kind_survey", "kind_level")
    rows = [
        html.Div([html.Dt(VALUE_WORDS[kind][lang == "en"]), html.Dd(text(lang, key))])
        for kind, key in zip(KINDS, said, strict=True)
    ]
    return html.Div([html.H3(text(lang, "catalogue_kinds")), html.Dl(rows, className="kinds-list")])
