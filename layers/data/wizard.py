"""The four steps of an import: the file and its source, its columns, what the check found, published."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dash import dcc, html

from geodata.mapping import shipped_mappings
from geodata.written import whole
from layers.data import ids
from layers.data.examination import SYSTEMS, examination_parts, reading_name, system_label, system_name
from layers.data.opened import reason_sentence, words_list
from layers.data.parts import Cell, Part, choices, data, drawn_table, percent, size, small, span, told
from layers.data.view import DataView
from layers.style import aria
from layers.text import column_name, reason_name, stage_name, text

COLUMNS = ("time", "clock", "lon", "lat", "type", "id", "place", "crs", "severity", "status", "received_at")
"""Our columns in the order in which a clerk looks for them."""
NEEDED = ("time", "lon", "lat", "type")
STEPS = ("file", "columns", "checked", "published")
SAMPLE_ROWS = 8
KINDS_WITH_HEADER = ("csv", "excel")
EXTENSIONS = (
    *(".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz", ".xlsx", ".xlsm", ".xls", ".ods"),
    *(".parquet", ".geoparquet", ".geojson", ".geojsonl", ".ndjson", ".json", ".gpkg", ".zip"),
)
"""Names of files that can be brought in."""


@dataclass(frozen=True)
class Wizard:
    """One import as far as it has come. Every number in it was found by a child process, not by the server."""

    step: str = "file"
    """One of `STEPS`."""
    token: str = ""
    name: str = ""
    """What the clerk calls the file; a label only."""
    n_bytes: int = 0
    source: str = ""
    mends: int | None = None
    """The batch whose rows set aside the file brings back."""
    running: str = ""
    """The job that is being waited for."""
    doing: str = ""
    """What that job is for: inspect, check or publish."""
    inspection: Mapping[str, Any] = field(default_factory=dict)
    chosen: Mapping[str, str] = field(default_factory=dict)
    """What the clerk chose: our column → the file's; and crs, type_value, time_format."""
    report: Mapping[str, Any] = field(default_factory=dict)
    first_aside: Mapping[str, Sequence[tuple[int, str, str]]] = field(default_factory=dict)
    """The first rows set aside of every reason: row, column, text."""
    batch: int | None = None
    error: tuple[str, str] | None = None

    def to_ask(self) -> bool:
        """Say whether the coordinates contradict what is said of them."""
        return bool((self.report.get("examination") or {}).get("to_ask"))


def wizard_panel(wizard: Wizard, lang: str, sources: Sequence[str], types: Sequence[str]) -> list[Part]:
    """Return the panel of an import.

    Parameters
    ----------
    wizard
        How far it has come.
    lang
        Language of the page.
    sources, types
        Names that are offered: the sources that there are, the types of the catalogue.
    """
    bodies = {"file": _file, "columns": _columns, "checked": _checked, "published": _published}
    title = text(lang, "import_mends", n=wizard.mends) if wizard.mends else text(lang, "import")
    close = told("×", {"kind": "cancel"}, name="close", title=text(lang, "close"))
    offers = [_datalist(ids.SOURCE_NAMES, sources), _datalist(ids.TYPE_NAMES, types)]
    error = html.P(wizard.error[lang == "en"], className="asked", role="alert") if wizard.error else None
    body = _running(wizard, lang) if wizard.running else bodies[wizard.step](wizard, lang)
    form = html.Div(
        [error, *body, *offers], className="drawer-body", key=f"{wizard.token}{wizard.step}", **data(form="1")
    )
    return [html.Header([html.H2(title), close]), _steps(wizard, lang), form]


def _datalist(name: str, words: Sequence[str]) -> html.Datalist:
    return html.Datalist([html.Option(value=word) for word in words], id=name)


def _steps(wizard: Wizard, lang: str) -> html.Ol:
    keys = ("step_file", "step_columns", "step_checked", "step_published")
    coming = {"inspect": "columns", "check": "checked", "publish": "published"}
    here = STEPS.index(coming[wizard.doing] if wizard.running else wizard.step)
    items = [
        html.Li(
            [html.B(str(k + 1)), html.Span(text(lang, key))],
            className="here" if k == here else "done" if k < here else "",
            **(aria(current="step") if k == here else {}),
        )
        for k, key in enumerate(keys)
    ]
    return html.Ol(items, className="steps")


def _facts(wizard: Wizard) -> html.Div:
    size_of = size(wizard.n_bytes) if wizard.n_bytes else ""
    said = " · ".join(part for part in (wizard.source, size_of) if part)
    return html.Div([html.Strong(wizard.name, className="file"), html.Span(said, className="muted")], className="facts")


def _running(wizard: Wizard, lang: str) -> list[Part]:
    first = {"inspect": "looking", "check": "starting", "publish": "publishing"}
    cancel = told(text(lang, "cancel"), {"kind": "cancel"}) if wizard.doing != "publish" else None
    bar = html.Progress(max="1", className="progress", **aria(label=text(lang, first[wizard.doing])))
    return [
        _facts(wizard),
        html.Div(
            [html.Span(text(lang, first[wizard.doing]), className="doing"), bar],
            className="working",
            **data(job=wizard.running),
        ),
        html.Div([cancel], className="actions"),
    ]


def progress(doing: str, share: float, lang: str) -> str:
    """Write how far a job is."""
    return f"{stage_name(lang, doing)} {percent(share, 0)}" if doing else ""


# --- 1: the file and its source ---


def _file(wizard: Wizard, lang: str) -> list[Part]:
    pick = html.Button(
        [html.Strong(text(lang, "choose_file")), html.Span(text(lang, "choose_hint"), className="muted")],
        type="button",
        className="drop",
        **data(pick=",".join(EXTENSIONS)),
    )
    chosen = html.Div(className="chosen", **data(chosen="1"), **aria(live="polite"))
    words = {"lost": text(lang, "upload_lost"), "none": text(lang, "upload_none"), "bad": text(lang, "upload_kind")}
    start = html.Button(text(lang, "upload"), type="button", className="button primary", **data(upload=lang, **words))
    stop = html.Button(text(lang, "cancel"), type="button", className="button", hidden=True, **data(upload_stop="1"))
    bar = html.Div([html.Progress(max="1", value="0"), html.Span()], className="working", hidden=True, **data(sent="1"))
    note = html.P(className="asked", role="alert", hidden=True, **data(upload_note="1"))
    return [_source(wizard, lang), pick, chosen, bar, note, html.Div([start, stop], className="actions")]


def _source(wizard: Wizard, lang: str) -> Part:
    if wizard.mends:
        return html.Div([html.Span(text(lang, "source")), html.B(wizard.source)], className="field")
    given = dcc.Input(
        name="source", list=ids.SOURCE_NAMES, value=wizard.source, maxLength=60, autoComplete="off", type="text"
    )
    return html.Label(
        [html.Span(text(lang, "source")), given, html.Small(text(lang, "source_hint"))], className="field"
    )


# --- 2: columns ---


def _columns(wizard: Wizard, lang: str) -> list[Part]:
    found = wizard.inspection
    if not found:
        return [_facts(wizard), _again(lang)]
    parts: list[Part] = [_facts(wizard), _read_as(wizard, lang)]
    missing = [column_name(lang, key) for key in NEEDED if not wizard.chosen.get(key)]
    if found.get("missing") and missing and not wizard.error:
        parts.append(html.P(text(lang, "still_missing", columns=text(lang, "comma").join(missing)), className="asked"))
    if found.get("remembered"):
        parts.append(html.P(text(lang, "remembered"), className="well"))
    parts += [
        html.H3(text(lang, "columns_ours")),
        html.Div([_choice(wizard, key, lang) for key in COLUMNS], className="fields"),
        _more(wizard, lang),
        html.H3(text(lang, "first_rows")),
        _sample(wizard, lang),
        html.Div(
            [
                told(text(lang, "check"), {"kind": "check"}, name="primary"),
                told(text(lang, "other_file"), {"kind": "restart"}),
            ],
            className="actions",
        ),
    ]
    return parts


def _again(lang: str) -> html.Div:
    return html.Div([told(text(lang, "other_file"), {"kind": "restart"}, name="primary")], className="actions")


def _read_as(wizard: Wizard, lang: str) -> html.Div:
    """Return how the file is read: kind, encoding, separator; sheet and header row can be changed."""
    found = wizard.inspection
    separator = {"\t": "Tab", " ": "␣"}.get(str(found.get("separator")), str(found.get("separator") or ""))
    facts = [("kind", found.get("kind")), ("encoding", found.get("encoding")), ("separator", separator)]
    shown: list[Part] = [html.Span([html.Small(text(lang, key)), str(value)]) for key, value in facts if value]
    fields: list[Part] = []
    sheets = list(found.get("sheets") or [])
    if len(sheets) > 1:
        fields.append(_field("worksheet", choices("sheet", [(s, s) for s in sheets], str(found.get("sheet"))), lang))
    if found.get("kind") in KINDS_WITH_HEADER:
        row = dcc.Input(
            name="header_row", type="text", inputMode="numeric", value=str(found.get("header_row") or 1), maxLength=3
        )
        fields.append(_field("header_row", row, lang))
    ready = [("", text(lang, "mapping_none")), *((name, name) for name in shipped_mappings())]
    fields.append(_field("mapping", choices("mapping", ready, str(wizard.chosen.get("=mapping", ""))), lang))
    fields.append(told(text(lang, "read_again"), {"kind": "look"}))
    notes = [html.Li(note[lang == "en"]) for note in found.get("notes") or []]
    if parts := (found.get("mapping") or {}).get("time_parts"):
        notes.append(html.Li(text(lang, "time_from_parts", columns=text(lang, "comma").join(parts))))
    bad = list(found.get("set_aside") or [])
    if bad:
        notes.append(html.Li(text(lang, "odd_rows", n=len(bad), reason=reason_sentence(str(bad[0][1]), lang))))
    return html.Div(
        [html.Div([*shown, *fields], className="read-as"), html.Ul(notes, className="notes") if notes else None]
    )


def _field(key: str, control: Part, lang: str, *, needed: bool = False) -> html.Label:
    label = column_name(lang, key) if key in COLUMNS else text(lang, key)
    return html.Label([html.Span([label, html.I("＊") if needed else None]), control], className="field")


def _choice(wizard: Wizard, key: str, lang: str) -> html.Label:
    columns = [str(column) for column in wizard.inspection.get("columns") or []]
    options = [("", text(lang, "no_column")), *((column, column) for column in columns)]
    select = choices(f"col_{key}", options, str(wizard.chosen.get(key, "")))
    return _field(key, select, lang, needed=key in NEEDED)


def _more(wizard: Wizard, lang: str) -> html.Div:
    """Return what is said of the whole file."""
    stated = str(wizard.chosen.get("=crs") or SYSTEMS[0])
    codes = SYSTEMS if stated in SYSTEMS else (stated, *SYSTEMS)
    systems = choices("crs", [(code, system_label(code, lang)) for code in codes], stated)
    parts = [
        _field("file_system", systems, lang),
        _given(wizard, "crs_other", "other_system", lang),
        _given(wizard, "type_value", "type_value", lang, offers=ids.TYPE_NAMES),
        _given(wizard, "time_format", "time_format", lang),
    ]
    return html.Div(parts, className="fields")


def _given(wizard: Wizard, name: str, key: str, lang: str, *, offers: str | None = None) -> html.Label:
    said = str(wizard.chosen.get(f"={name}", ""))
    control = dcc.Input(name=name, type="text", value=said, list=offers, autoComplete="off", maxLength=80)
    return _field(key, control, lang)


def _sample(wizard: Wizard, lang: str) -> html.Div:
    found = wizard.inspection
    columns = [str(column) for column in found["columns"]]
    ours = {column: column_name(lang, key) for key, column in wizard.chosen.items() if column and key in COLUMNS}
    heads: list[Cell] = [[small(ours.get(column, "\u00a0")), column] for column in columns]
    rows = [[str(cell) for cell in row] for row in list(found.get("sample") or [])[:SAMPLE_ROWS]]
    return drawn_table(heads, rows, kinds=[""] * len(columns), name="sample")


# --- 3: what the check found ---


def _checked(wizard: Wizard, lang: str) -> list[Part]:
    report = wizard.report
    if report.get("repeated") is not None:
        return _repeated(wizard, lang)
    examination = report.get("examination")
    parts: list[Part] = [_facts(wizard), _closing(report, lang), _inside(report, lang)]
    if report.get("reasons"):
        parts += [html.H3(text(lang, "why_aside")), *_aside(wizard, lang)]
    if report.get("unmapped"):
        parts += [html.H3(text(lang, "unknown_words")), html.P(text(lang, "unknown_hint"), className="muted")]
        parts.append(words_list(report["unmapped"], lang))
    if report.get("notes"):
        notes = [html.Li(note[lang == "en"]) for note in report["notes"]]
        parts += [html.H3(text(lang, "file_notes")), html.Ul(notes, className="notes")]
    parts += [html.H3(text(lang, "examination")), *examination_parts(examination, lang)]
    if wizard.to_ask():
        parts.append(_confirm(examination or {}, lang))
    actions = [told(text(lang, "publish"), {"kind": "publish"}, name="primary publish")]
    if wizard.inspection:
        actions.append(told(text(lang, "back_to_columns"), {"kind": "back"}))
    actions.append(told(text(lang, "give_up"), {"kind": "cancel"}))
    return [*parts, html.Div(actions, className="actions")]


def _closing(report: Mapping[str, Any], lang: str) -> html.P:
    parts = (
        ("rows_new", "stored"),
        ("rows_known", "known"),
        ("rows_corrected", "corrected"),
        ("rows_aside", "set_aside"),
    )
    line: list[Part] = [html.Span(text(lang, "rows_total", n=whole(report["rows"])), className="total")]
    for sign, (key, name) in zip(("=", "+", "+", "+"), parts, strict=True):
        shown = html.Span([text(lang, key), " ", html.B(whole(report[name]))])
        line.append(html.Span([html.I(sign), shown], className="part"))
    line.append(html.Small(span(report.get("first_day") or "", report.get("last_day") or ""), className="muted"))
    return html.P(line, className="sum large")


def _inside(report: Mapping[str, Any], lang: str) -> Part:
    shares = report.get("inside")
    if not shares:
        return None
    said = [
        html.Li([html.Span(text(lang, key)), html.B(percent(shares[key]))])
        for key in ("inside", "outside", "unlocated")
    ]
    return html.Ul(said, className="costs")


def _aside(wizard: Wizard, lang: str) -> list[Part]:
    blocks = []
    for reason, n in sorted(wizard.report["reasons"].items(), key=lambda item: -item[1]):
        first = wizard.first_aside.get(reason, ())
        rows = [
            html.Li([html.Small(text(lang, "row_n", n=whole(row))), html.I(column), html.Span(shown)])
            for row, column, shown in first
        ]
        head = [html.B(whole(n)), html.Strong(reason_name(lang, reason)), html.Span(reason_sentence(reason, lang))]
        blocks.append(html.Li([html.P(head), html.Ul(rows)], className="reason"))
    return [html.Ul(blocks, className="reasons")]


def _confirm(examination: Mapping[str, Any], lang: str) -> html.Div:
    """Return the tick without which a contradiction is not published, and the way to read the file as it seems."""
    likely = examination.get("likely") or {}
    plain = likely.get("system") and not likely.get("swapped") and not likely.get("packing")
    tick = dcc.Checklist(options=[{"label": text(lang, "confirm"), "value": "yes"}], value=[], className="tick")
    parts: list[Part] = [html.Div(tick, **data(tick="confirmed"))]
    if plain:
        name = reading_name(likely, lang)
        parts.append(
            told(text(lang, "read_as", system=name), {"kind": "check", "crs": likely["system"], "as_before": 1})
        )
    return html.Div(parts, className="confirm")


def _to_batch(number: int, lang: str) -> html.Span:
    """Return the link to a batch; it also closes the panel."""
    target = DataView(lang=lang).opened(number).href()
    link = dcc.Link(text(lang, "open_batch", n=number), href=target, className="button primary")
    return html.Span(link, **data(event=json.dumps({"kind": "cancel"})))


def _repeated(wizard: Wizard, lang: str) -> list[Part]:
    number = int(wizard.report["repeated"])
    return [
        _facts(wizard),
        html.P(text(lang, "repeated", n=number), className="well"),
        html.Div([_to_batch(number, lang), told(text(lang, "other_file"), {"kind": "restart"})], className="actions"),
    ]


# --- 4: published ---


def _published(wizard: Wizard, lang: str) -> list[Part]:
    number = int(wizard.batch or 0)
    home = "/" if lang == "zh" else f"/?lang={lang}"
    return [
        _facts(wizard),
        html.P(text(lang, "published", n=number), className="well"),
        _closing(wizard.report, lang),
        html.Div(
            [
                _to_batch(number, lang),
                html.A(text(lang, "to_map"), href=home, className="button"),
                told(text(lang, "another_file"), {"kind": "open"}),
            ],
            className="actions",
        ),
        html.P(text(lang, "system_read", system=system_name(str(wizard.report.get("crs") or ""))), className="muted"),
    ]
