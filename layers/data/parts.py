"""Small parts that the sections of the data page share: tables, notes, buttons that tell an event."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from dash import dcc, html

from geodata.written import MINUS, THIN, whole
from layers.data.view import DataView
from layers.text import text

Part = Any
Cell = str | Sequence[str | dict[str, Any]]
"""What a drawn cell shows: a text, or pieces of it."""


def section(title: str, parts: Sequence[Part], *, note: Part = None, name: str = "") -> html.Section:
    """Return a card with a heading."""
    heading = html.Div([html.H2(title), note], className="card-head") if note is not None else html.H2(title)
    return html.Section([heading, *parts], className=f"card {name}".strip())


def table(heads: Sequence[str], rows: Sequence[html.Tr], *, name: str = "") -> html.Div:
    """Return a table that scrolls sideways in itself; on a phone, one of class "stack" shows each row as a list."""
    for row in rows:
        for cell, head in zip(row.children, heads, strict=True):
            setattr(cell, "data-label", head)
    kinds = [getattr(cell, "className", "") for cell in rows[0].children] if rows else [""] * len(heads)
    cells = [
        html.Th(head, scope="col", className="number" if "number" in (kind or "") else "")
        for head, kind in zip(heads, kinds, strict=True)
    ]
    body = html.Table([html.Thead(html.Tr(cells)), html.Tbody(list(rows))])
    return html.Div(body, className=f"table {name}".strip(), tabIndex="0")


def drawn_table(heads: Sequence[Cell], rows: Sequence[Sequence[Cell]], *, kinds: Sequence[str], name: str) -> html.Div:
    """Return a table that the browser draws from data: a component for every cell of many rows would take seconds.

    Parameters
    ----------
    heads, rows
        Cells: a text, or several pieces of it made by `small`, `code`, `pair` and `link`.
    kinds
        Class of each column.
    name
        Class of the table.
    """
    listed = [{"cells": list(row)} for row in rows]
    given = json.dumps({"heads": list(heads), "kinds": list(kinds), "rows": listed}, ensure_ascii=False)
    return html.Div(className=f"table {name}", tabIndex="0", **data(rows=given))


def choices(name: str, options: Sequence[tuple[str, str]], value: str) -> html.Select:
    """Return a list of choices (value, label), drawn by the browser as `drawn_table` is."""
    given = json.dumps({"options": list(options), "value": value}, ensure_ascii=False)
    return html.Select(name=name, **data(options=given))


def small(text: str) -> dict[str, Any]:
    """Return a small text of a drawn cell."""
    return {"tag": "small", "text": text}


def code(text: str) -> dict[str, Any]:
    """Return a text as it stands in a file."""
    return {"tag": "code", "text": text}


def shown(text: str) -> dict[str, Any]:
    """Return a text with a place of its own."""
    return {"tag": "span", "text": text}


def pair(name: str, value: str) -> dict[str, Any]:
    """Return the name of a column and what stands in it."""
    return {"pair": [name, value]}


def link(text: str, href: str) -> dict[str, Any]:
    """Return a link of a drawn cell."""
    return {"text": text, "href": href}


def data(**values: str) -> dict[str, Any]:
    """Return data attributes for a component, which the scripts of the page read: ``data(event="…")``."""
    return {f"data-{key.replace('_', '-')}": value for key, value in values.items()}


def told(label: str, event: Mapping[str, Any], *, name: str = "", title: str | None = None) -> html.Button:
    """Return a button that tells an event; the fields of the form around it go along."""
    return html.Button(
        label, type="button", className=f"button {name}".strip(), title=title, **data(event=json.dumps(event))
    )


def empty(title: str, sentence: str, *, failed: bool = False) -> html.Div:
    """Return what stands where there is nothing yet, or where something failed."""
    return html.Div([html.Strong(title), sentence], className="state failed" if failed else "state")


def moment(stamp: str, zone: ZoneInfo) -> str:
    """Write a moment (ISO, with its zone) in local time to the minute."""
    return f"{dt.datetime.fromisoformat(stamp).astimezone(zone):%Y-%m-%d %H:%M}"


def percent(share: float, digits: int = 1) -> str:
    """Write a share; what is there but rounds to nothing is "< 0.1", what is missing never "100"."""
    least = 0.5 * 10**-digits / 100
    step = f"{10**-digits:.{digits}f}"
    if 0 < share < least:
        return f"<{THIN}{step}{THIN}%"
    if 1 - least < share < 1:
        return f">{THIN}{100 - 10**-digits:.{digits}f}{THIN}%"
    return f"{100 * share:.{digits}f}".rstrip("0").rstrip(".") + f"{THIN}%" if digits else f"{100 * share:.0f}{THIN}%"


def size(n_bytes: int) -> str:
    """Write the size of a file."""
    for unit, factor in (("GB", 1024**3), ("MB", 1024**2), ("KB", 1024)):
        if n_bytes >= factor:
            return f"{n_bytes / factor:.1f}{THIN}{unit}"
    return f"{n_bytes}{THIN}B"


def span(first_day: str, last_day: str) -> str:
    """Write a span of days; one day alone stands once."""
    if not first_day:
        return MINUS
    return first_day if first_day == last_day else f"{first_day} – {last_day}"


def pages(view: DataView, lang: str, key: str, start: int, n: int, total: int, each: int) -> Part:
    """Return the links to the pages before and after, None where all is on one."""
    if total <= each:
        return None
    page = start // each
    links: list[Part] = []
    if start > 0:
        links.append(dcc.Link(text(lang, "page_before"), href=view.but(**{key: page - 1}).href(), className="button"))
    links.append(html.Span(text(lang, "page_of", first=whole(start + 1), last=whole(start + n), all=whole(total))))
    if start + n < total:
        links.append(dcc.Link(text(lang, "page_after"), href=view.but(**{key: page + 1}).href(), className="button"))
    return html.Nav(links, className="pages")
