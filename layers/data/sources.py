"""The sources: how fresh, how complete, how well placed each is, and what its last batch changed."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dash import dcc, html

from geodata.quality import WINDOW_DAYS, BatchFigures, Freshness, SourceQuality
from geodata.written import decimal, whole
from layers.data.parts import Part, empty, percent, section, table
from layers.data.view import DataView
from layers.text import source_name, text

MARKS = {Freshness.FRESH: ("●", "fresh"), Freshness.LATE: ("▲", "late"), Freshness.STALE: ("■", "stale")}
"""Freshness is shape, word and colour."""
MOST_WORDS = 4
ALIKE = 0.2
"""Rows a day within this share of the batch before are about as many."""


def sources_section(sources: Sequence[SourceQuality], view: DataView) -> html.Section:
    """Return one row a source."""
    lang = view.lang
    if not sources:
        return section(text(lang, "sources"), [empty(text(lang, "no_sources"), text(lang, "no_sources_hint"))])
    heads = ("source", "incidents", "freshness", "complete", "placed", "hour_known", "set_aside", "last_batch")
    rows = [_row(each, view) for each in sources]
    note = html.Small(text(lang, "sources_note", days=WINDOW_DAYS), className="muted")
    return section(
        text(lang, "sources"), [table([text(lang, key) for key in heads], rows, name="sources stack")], note=note
    )


def _row(source: SourceQuality, view: DataView) -> html.Tr:
    lang = view.lang
    chosen = dcc.Link(
        source_name(lang, source.source), href=DataView(lang=lang, source=source.source).href(), title=source.source
    )
    return html.Tr(
        [
            html.Td(chosen, className="name"),
            html.Td(whole(source.incidents), className="number"),
            html.Td(_freshness(source, lang)),
            html.Td(_complete(source, lang)),
            html.Td(_placed(source, lang)),
            html.Td(percent(source.hour_known / source.incidents) if source.incidents else "", className="number"),
            html.Td(percent(source.set_aside / source.rows) if source.rows else "", className="number"),
            html.Td(_changes(source, lang), className="changes"),
        ],
        className="on" if view.source == source.source else "",
    )


def _freshness(source: SourceQuality, lang: str) -> list[Part]:
    mark, key = MARKS[source.freshness]
    word = html.Span([html.I(mark), text(lang, key)], className=f"fresh {key}")
    if source.last_day is None:
        return [word]
    behind = text(lang, "behind", n=source.behind_days) if source.behind_days else text(lang, "not_behind")
    return [word, html.Small(f"{source.last_day.isoformat()} {behind}", className="muted")]


def _complete(source: SourceQuality, lang: str) -> list[Part]:
    if not source.steps:
        return []
    share = source.steps_with / source.steps
    silent = source.steps - source.steps_with
    key = "silent_months" if source.monthly else "silent_usual" if source.silent_as_usual else "silent_days"
    return [
        html.Span(percent(share, 0)),
        html.Progress(value=str(source.steps_with), max=str(source.steps), className="share"),
        html.Small(text(lang, key if silent else "none_silent", n=silent), className="muted"),
    ]


def _placed(source: SourceQuality, lang: str) -> list[Part]:
    """Return the three shares as words and as one bar."""
    if not source.incidents:
        return []
    parts = (("inside", source.inside), ("outside", source.outside), ("unlocated", source.unlocated))
    words = [html.Span(f"{text(lang, key)} {percent(n / source.incidents)}") for key, n in parts if n]
    bar = [html.I(className=key, style={"flexGrow": n}) for key, n in parts if n]
    return [html.Span(words, className="shares"), html.Span(bar, className="split")]


def _changes(source: SourceQuality, lang: str) -> list[Part]:
    """Say in words what the last batch changed against the one before."""
    if source.last is None:
        return []
    said = [_rows_a_day(source.last, source.before, lang), _aside(source.last, source.before, lang)]
    if source.new_words:
        words = text(lang, "comma").join(source.new_words[:MOST_WORDS])
        key = "new_words_more" if len(source.new_words) > MOST_WORDS else "new_words"
        said.append(html.Strong(text(lang, key, words=words, n=len(source.new_words))))
    link = dcc.Link(
        text(lang, "batch_n", n=source.last.batch), href=DataView(lang=lang).opened(source.last.batch).href()
    )
    return [link, *[html.Span(each) for each in said]]


def _rows_a_day(last: BatchFigures, before: BatchFigures | None, lang: str) -> Part:
    now = last.rows_a_day
    if math.isnan(now):
        return text(lang, "no_days")
    shown = text(lang, "rows_a_day", n=_figure(now))
    if before is None or math.isnan(before.rows_a_day) or not before.rows_a_day:
        return shown
    was = text(lang, "was", value=_figure(before.rows_a_day))
    if abs(now / before.rows_a_day - 1) <= ALIKE:
        return f"{shown} {was}"
    more = text(
        lang, "more" if now > before.rows_a_day else "fewer", value=percent(abs(now / before.rows_a_day - 1), 0)
    )
    return html.Strong(f"{shown} {was} {more}")


def _aside(last: BatchFigures, before: BatchFigures | None, lang: str) -> Part:
    shown = text(lang, "aside_share", share=percent(last.set_aside))
    if before is None or percent(before.set_aside) == percent(last.set_aside):
        return shown
    shown += " " + text(lang, "was", value=percent(before.set_aside))
    return html.Strong(shown) if last.set_aside > 2 * before.set_aside and last.set_aside > ALIKE / 10 else shown


def _figure(value: float) -> str:
    return whole(round(value)) if value >= 10 else decimal(value)
