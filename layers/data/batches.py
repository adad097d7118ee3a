"""The batches: what became of the rows of every file, as a sum that closes, each part a link to its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from dash import dcc, html

from geodata.store import Batch
from geodata.written import whole
from layers.data.examination import system_name
from layers.data.parts import Part, empty, moment, pages, section, span, table
from layers.data.view import BATCHES_A_PAGE, SHOWN, DataView
from layers.text import source_name, text

WORDS = dict(zip(SHOWN, ("rows_new", "rows_known", "rows_corrected", "rows_aside"), strict=True))


def parts_of(batch: Batch) -> dict[str, int]:
    """Return the four parts that a batch's rows are the sum of, by what `DataView.show` calls them."""
    return dict(zip(SHOWN, (batch.stored, batch.known, batch.corrected, batch.set_aside), strict=True))


def batches_section(
    batches: Sequence[Batch], mended: Mapping[int, int], view: DataView, zone: ZoneInfo
) -> html.Section:
    """Return one row a batch, the latest first, a page at a time.

    Parameters
    ----------
    batches
        Every import ever made, oldest first.
    mended
        Batch → rows set aside by it that were brought back.
    view, zone
        What is asked for, and the city's time zone.
    """
    lang = view.lang
    chosen = [batch for batch in reversed(batches) if view.source in ("", batch.source)]
    if not chosen:
        return section(text(lang, "batches"), [empty(text(lang, "no_batches"), text(lang, "no_batches_hint"))])
    start = min(view.older * BATCHES_A_PAGE, max(len(chosen) - 1, 0) // BATCHES_A_PAGE * BATCHES_A_PAGE)
    shown = chosen[start : start + BATCHES_A_PAGE]
    heads = ("batch", "imported_at", "source", "file", "rows_closed", "days", "system")
    rows = [_row(batch, mended.get(batch.id, 0), view, zone) for batch in shown]
    note = None
    if view.source:
        remove = text(lang, "remove")
        target = view.but(source="", older=0).href()
        note = dcc.Link(
            [html.Span(source_name(view.lang, view.source)), html.Span("×", className="x")],
            href=target,
            className="chip",
            title=remove,
        )
    return section(
        text(lang, "batches"),
        [
            table([text(lang, key) for key in heads], rows, name="batches stack"),
            pages(view, lang, "older", start, len(shown), len(chosen), BATCHES_A_PAGE),
        ],
        note=note,
    )


def _row(batch: Batch, back: int, view: DataView, zone: ZoneInfo) -> html.Tr:
    undone = batch.state != "done"
    return html.Tr(
        [
            html.Td(dcc.Link(str(batch.id), href=view.opened(batch.id).href()), className="number"),
            html.Td([moment(batch.imported_at, zone), _state(batch, view.lang)], className="when"),
            html.Td(source_name(view.lang, batch.source), className="name", title=batch.source),
            html.Td(
                dcc.Link(batch.file_name, href=view.opened(batch.id).href()), className="file", title=batch.file_name
            ),
            html.Td(closing(batch, back, view), className="sum"),
            html.Td(span(batch.first_day, batch.last_day), className="when"),
            html.Td(_examined(batch, view.lang), className="examined"),
        ],
        className=" ".join(["on"] * (view.batch == batch.id) + ["undone"] * undone),
    )


def _state(batch: Batch, lang: str) -> Part:
    return None if batch.state == "done" else html.Small(text(lang, "undone"), className="muted")


def closing(batch: Batch, back: int, view: DataView) -> list[Part]:
    """Return the sum of a batch's rows; every part that is not nothing opens its rows."""
    lang = view.lang
    line: list[Part] = [html.Span(text(lang, "rows_total", n=whole(batch.rows)), className="total")]
    for sign, (key, n) in zip(("=", "+", "+", "+"), parts_of(batch).items(), strict=True):
        said: list[Part] = [text(lang, WORDS[key]), " ", html.B(whole(n))]
        on = view.batch == batch.id and view.show == key
        target = view.opened(batch.id, key).href()
        shown = dcc.Link(said, href=target, className="on" if on else "") if n else html.Span(said, className="none")
        line.append(html.Span([html.I(sign), shown], className=f"part {key}"))
    if back:
        line.append(html.Small(text(lang, "mended_n", n=whole(back)), className="muted"))
    return line


def _examined(batch: Batch, lang: str) -> Part:
    found = batch.details.get("examination")
    if not found:
        return html.Span(system_name(batch.crs), className="muted")
    said = str(found.get("en" if lang == "en" else "zh", ""))
    return html.Span(said, className="asked" if found.get("to_ask") else "", title=said)
