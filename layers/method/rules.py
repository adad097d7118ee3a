"""How a change is read, and what happens with gaps, with red lines, and when something is corrected."""

from __future__ import annotations

from dash import html

from geodata.city import CityData
from geodata.vocabulary import PlaceLevel
from geodata.written import decimal
from layers.method.parts import Part, joined, name_of, per_cent, section
from layers.method.view import MethodView
from layers.text import level_name, text


def rules_section(view: MethodView, city: CityData) -> html.Section:
    """Return the sets of rules side by side."""
    lang, method = view.lang, city.method
    missing = [
        text(lang, "rules_missing_zero"),
        text(
            lang,
            "rules_missing_share",
            inner=per_cent(method.min_weight_indicators, lang, 0),
            outer=per_cent(method.min_weight_sub_indices, lang, 0),
        ),
        text(lang, "rules_missing_small", n=f"{method.min_expected:g}"),
    ]
    mend = [
        text(lang, "rules_mend_last"),
        text(lang, "rules_mend_version"),
        text(lang, "rules_mend_union"),
        text(lang, "rules_mend_daily", points=f"{method.band_hysteresis:g}"),
    ]
    change = [text(lang, key) for key in ("rules_change_sure", "rules_change_split", "rules_change_sum")]
    groups = (
        ("rules_change", change),
        ("rules_missing", missing),
        ("rules_red", _red_lines(view, city)),
        ("rules_mend", mend),
    )
    cards = [
        html.Div([html.H3(text(lang, key)), html.Ul([html.Li(line) for line in lines])], className="rule")
        for key, lines in groups
    ]
    return section("rules", text(lang, "method_rules"), [html.Div(cards, className="rule-cards")])


def _red_lines(view: MethodView, city: CityData) -> list[Part]:
    lang, method = view.lang, city.method
    lines: list[Part] = []
    kinds = [kind for kind in method.types.values() if kind.red_line]
    if kinds and method.red_lines.levels:
        levels = joined([level_name(lang, PlaceLevel(level)) for level in method.red_lines.levels], lang)
        major, severe = (decimal(value, 2) for value in (method.red_lines.major, method.red_lines.severe))
        named = html.Span([html.Span(name_of(kind, lang), className="type red") for kind in kinds], className="types")
        lines.append([text(lang, "rules_red_major", levels=levels, major=major, severe=severe), named])
        lines.append(text(lang, "rules_red_line_own"))
    off = [f"{name_of(kind, lang)} {decimal(kind.deduction)}" for kind in method.types.values() if kind.deduction]
    if off:
        lines.append(text(lang, "rules_red_deduction", types=joined(off, lang)))
    return lines or [text(lang, "rules_red_none")]
