"""The data audit: what looks as chance would not make it, as questions to the source that delivered it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from dash import dcc, html

from geodata.audit import Finding, FindingKind
from geodata.city import CityData
from geodata.written import decimal, whole
from layers.data.parts import Part, empty, section, span
from layers.data.view import DataView
from layers.panels.types import type_name
from layers.text import source_name, text

KINDS = {
    FindingKind.SILENT: ("audit_silent", "audit_silent_ask"),
    FindingKind.ZERO_DAYS: ("audit_zero_days", "audit_zero_days_ask"),
    FindingKind.BACK_DATED: ("audit_back_dated", "audit_back_dated_ask"),
    FindingKind.HEAPING: ("audit_heaping", "audit_heaping_ask"),
}
"""What a finding is called, and what its source is asked."""
LISTED = 8
"""Questions that are shown; the others are folded away."""


def audit_section(findings: Sequence[Finding], city: CityData, view: DataView) -> html.Section:
    """Return the questions to the sources, or to the one that is chosen; the least likely by chance first."""
    lang = view.lang
    asked = [each for each in findings if view.source in ("", each.source)]
    note = html.Small(text(lang, "audit_note"), className="muted")
    if not asked:
        return section(text(lang, "audit"), [empty(text(lang, "audit_none"), text(lang, "audit_none_hint"))], note=note)
    items = [_item(each, city, view) for each in asked]
    parts: list[Part] = [html.Ul(items[:LISTED], className="questions")]
    if items[LISTED:]:
        summary = html.Summary(text(lang, "audit_more", n=len(items) - LISTED))
        rest = html.Ul(items[LISTED:], className="questions")
        parts.append(html.Details([summary, rest], key=view.source))
    return section(text(lang, "audit"), parts, note=note)


def _item(finding: Finding, city: CityData, view: DataView) -> html.Li:
    lang = view.lang
    kind, _ = KINDS[finding.kind]
    name = source_name(lang, finding.source)
    to = dcc.Link(text(lang, "audit_to", source=name), href=DataView(lang=lang, source=finding.source).href())
    days = span(finding.start.isoformat(), (finding.end - dt.timedelta(days=1)).isoformat())
    parts: list[Part] = [
        html.Span([to, html.Span(text(lang, kind), className="kind"), html.Span(days, className="days muted")]),
        html.P(question(finding, city, lang)),
    ]
    if finding.batch:
        opened = DataView(lang=lang).opened(finding.batch).href()
        parts.append(dcc.Link(text(lang, "batch_n", n=finding.batch), href=opened))
    return html.Li(parts)


def question(finding: Finding, city: CityData, lang: str) -> str:
    """Return what the source is asked."""
    light, grave = (type_name(each, city, lang) for each in finding.types) if finding.types else ("", "")
    indicator = next((each for each in city.method.indicators if each.id == finding.indicator), None)
    name = finding.indicator if indicator is None else indicator.name_en if lang == "en" else indicator.name
    usual = decimal(finding.expected) if finding.expected < 10 else whole(round(finding.expected))
    return text(
        lang,
        KINDS[finding.kind][1],
        n=whole(finding.observed),
        usual=usual,
        all=whole(finding.of),
        name=name,
        light=light,
        grave=grave,
    )
