"""The opened batch: where its file came from, its rows by what became of them, its coordinates, and taking it back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from dash import dcc, html

from geodata.city import CityData
from geodata.quality import RowPage
from geodata.store import Batch
from geodata.validate import REASONS
from geodata.vocabulary import TimePrecision
from geodata.written import whole
from layers.data.batches import closing
from layers.data.examination import examination_parts, system_name
from layers.data.parts import Cell, Part, code, drawn_table, link, moment, pages, pair, shown, small, span, told
from layers.data.view import ROWS_A_PAGE, DataView
from layers.panels.types import type_name
from layers.style import aria
from layers.text import reason_name, source_name, text

MOST_WORDS = 30
LONGEST_CELL = 60
_FORMS = {TimePrecision.DAY: "%Y-%m-%d", TimePrecision.MONTH: "%Y-%m"}


@dataclass(frozen=True)
class Opened:
    """A batch with the rows that are shown of it."""

    batch: Batch
    mended: int
    """Rows set aside by it that were brought back."""
    rows: RowPage | None
    allowed: bool
    """Whether the visitor may change anything."""


def opened_panel(opened: Opened, view: DataView, city: CityData) -> list[Part]:
    """Return the panel of a batch."""
    batch, lang = opened.batch, view.lang
    zone = ZoneInfo(city.settings.time_zone)
    shut = view.but(batch=None, show="", reason="", page=0)
    close = dcc.Link("×", href=shut.href(), className="close", title=text(lang, "close"))
    head = html.Header([html.H2(text(lang, "batch_of", n=batch.id, source=source_name(lang, batch.source))), close])
    line = html.Nav(closing(batch, opened.mended, view), className="sum", **aria(label=text(lang, "rows_closed")))
    body = _rows_parts(opened, view, city) if opened.rows is not None else _about(opened, view)
    return [head, html.Div([_file(batch, lang, zone), line, *body], className="drawer-body")]


def _file(batch: Batch, lang: str, zone: ZoneInfo) -> html.Div:
    facts = [moment(batch.imported_at, zone), span(batch.first_day, batch.last_day), system_name(batch.crs)]
    facts += [str(batch.details.get(key) or "") for key in ("kind", "encoding", "sheet")]
    mends = batch.details.get("mends")
    parts: list[Part] = [html.Strong(batch.file_name, className="file"), html.Span(_joined(facts), className="muted")]
    if mends:
        parts.append(dcc.Link(text(lang, "mends_n", n=mends), href=DataView(lang=lang).opened(int(mends)).href()))
    if batch.state != "done":
        parts.append(html.Strong(text(lang, "undone")))
    return html.Div(parts, className="facts")


def _joined(facts: list[str]) -> str:
    return " · ".join(fact for fact in facts if fact)


# --- without rows: what the batch says of itself ---


def _about(opened: Opened, view: DataView) -> list[Part]:
    batch, lang = opened.batch, view.lang
    parts: list[Part] = [html.H3(text(lang, "examination")), *examination_parts(batch.details.get("examination"), lang)]
    notes = [note[lang == "en"] for note in batch.details.get("notes") or []]
    if notes:
        parts += [html.H3(text(lang, "file_notes")), html.Ul([html.Li(note) for note in notes], className="notes")]
    if batch.unmapped:
        parts += [html.H3(text(lang, "unknown_words")), words_list(batch.unmapped, lang)]
    if batch.state == "done" and opened.allowed:
        parts.append(_undo(batch, lang))
    return parts


def words_list(words: Mapping[str, int], lang: str) -> html.Ul:
    """List words for types that nothing knows, the most frequent first."""
    shown = [html.Li([html.Span(word or "—"), html.B(whole(n))]) for word, n in list(words.items())[:MOST_WORDS]]
    if len(words) > MOST_WORDS:
        shown.append(html.Li(text(lang, "more_words", n=len(words) - MOST_WORDS), className="muted"))
    return html.Ul(shown, className="words")


def _undo(batch: Batch, lang: str) -> html.Details:
    """Return the button that takes a batch back, behind one question."""
    return html.Details(
        [
            html.Summary(text(lang, "undo"), className="button"),
            html.Div(
                [
                    html.P(text(lang, "undo_ask", n=whole(batch.stored + batch.corrected))),
                    told(text(lang, "undo_yes"), {"kind": "undo", "batch": batch.id}, name="alarm"),
                ]
            ),
        ],
        className="undo",
        key=f"undo-{batch.id}",
    )


# --- rows ---


def _rows_parts(opened: Opened, view: DataView, city: CityData) -> list[Part]:
    page, lang = opened.rows, view.lang
    if page is None:
        return []
    makers = {"known": _known, "set_aside": _set_aside}
    listed = makers[view.show](page.rows, view) if view.show in makers else _written(page.rows, view, city)
    parts: list[Part] = []
    if view.show == "set_aside":
        parts += [_actions(opened, lang), _reasons(opened.batch, view)]
    bar = pages(view, lang, "page", page.start, len(page.rows), page.total, ROWS_A_PAGE)
    return [*parts, bar, listed, bar if page.total > ROWS_A_PAGE else None]


def _actions(opened: Opened, lang: str) -> Part:
    batch = opened.batch
    left = batch.set_aside - opened.mended
    if not left:
        return html.P(text(lang, "all_mended"), className="notice")
    address = f"/data/batches/{batch.id}/set_aside.csv"
    buttons: list[Part] = [html.A(text(lang, "download", n=whole(left)), href=address, download="", className="button")]
    if opened.allowed and batch.state == "done":
        buttons.append(told(text(lang, "bring_back"), {"kind": "open", "mends": batch.id}, name="primary"))
    hint = html.Small(text(lang, "mend_hint"), className="muted")
    return html.Div([*buttons, hint], className="actions")


def _reasons(batch: Batch, view: DataView) -> html.Nav:
    """Return one filter a reason, with its rows."""
    lang = view.lang
    whole_list = view.opened(batch.id, "set_aside")
    label = _counted(text(lang, "all_reasons"), batch.set_aside)
    links = [dcc.Link(label, href=whole_list.href(), className="" if view.reason else "on")]
    for reason, n in sorted(batch.reasons.items(), key=lambda item: -item[1]):
        link = dcc.Link(
            _counted(reason_name(lang, reason), n),
            href=view.opened(batch.id, "set_aside", reason).href(),
            className="on" if view.reason == reason else "",
            title=reason_sentence(reason, lang),
        )
        links.append(link)
    return html.Nav(links, className="filters")


def _counted(label: str, n: int) -> list[Part]:
    return [html.Span(label), html.B(whole(n))]


def reason_sentence(reason: str, lang: str) -> str:
    """Return why a row is set aside, and how to mend it."""
    return REASONS[reason][lang == "en"] if reason in REASONS else reason


def _set_aside(rows: pd.DataFrame, view: DataView) -> html.Div:
    lang = view.lang
    heads = [text(lang, key) for key in ("row", "reason", "value", "whole_row")]
    listed: list[list[Cell]] = [
        [
            whole(row),
            [shown(reason_sentence(reason, lang)), *_back(int(by), lang)],
            [small(column), shown(value)] if column else value,
            _raw(raw),
        ]
        for row, reason, column, value, raw, by in zip(
            *(rows[name] for name in ("row", "reason", "column", "text", "raw", "mended_by")), strict=True
        )
    ]
    return drawn_table(heads, listed, kinds=("number", "reason", "value", "raw"), name="rows aside stack")


def _back(by: int, lang: str) -> list[dict[str, Any]]:
    return [link(text(lang, "mended_by", n=by), DataView(lang=lang).opened(by).href())] if by else []


def _raw(raw: str) -> Cell:
    """Return a row as the file had it: names and values, or its one line."""
    try:
        cells = json.loads(raw)
    except ValueError:
        return raw
    if not isinstance(cells, dict):
        return raw
    if set(cells) == {"line"}:
        return [code(str(cells["line"])[: 4 * LONGEST_CELL])]
    return [pair(str(name), _short(str(value))) for name, value in cells.items() if str(value)]


def _short(value: str) -> str:
    return value if len(value) <= LONGEST_CELL else value[:LONGEST_CELL] + "…"


def _known(rows: pd.DataFrame, view: DataView) -> html.Div:
    heads = [text(view.lang, key) for key in ("row", "incident_id")]
    listed = [[whole(row), str(number)] for row, number in zip(rows["row"], rows["incident_id"], strict=True)]
    return drawn_table(heads, listed, kinds=("number", "value"), name="rows")


def _written(rows: pd.DataFrame, view: DataView, city: CityData) -> html.Div:
    lang = view.lang
    zone = ZoneInfo(city.settings.time_zone)
    heads = [text(lang, key) for key in ("row", "occurred_at", "type", "position", "incident_id")]
    listed = [_cells(each, lang, city, zone) for each in rows.to_dict("records")]
    return drawn_table(heads, listed, kinds=("number", "when", "", "when", "value"), name="rows")


def _cells(row: Mapping[Any, Any], lang: str, city: CityData, zone: ZoneInfo) -> list[Cell]:
    form = _FORMS.get(TimePrecision(row["time_precision"]), "%Y-%m-%d %H:%M")
    name = type_name(row["incident_type"], city, lang)
    given = pd.notna(row["lon"]) and pd.notna(row["lat"])
    position = f"{row['lon']:.5f}, {row['lat']:.5f}" if given else row["place_key"] or text(lang, "unlocated")
    same = row["source_type"] in (name, "") or name.endswith(row["source_type"])
    kind: Cell = name if same else [shown(name), small(row["source_type"])]
    moment_of = f"{row['occurred_at'].tz_convert(zone):{form}}"
    return [whole(row["row"]), moment_of, kind, position, row["incident_id"]]
