"""Schemes in words, and the menu in which one is chosen; every entry is a link."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from geodata.classes import FEWEST, KINDS, MANUAL, MOST, Way
from layers.style import aria
from layers.text import text
from layers.view import ViewState


def way_of(view: ViewState) -> Way:
    """Return how the classes of a view are drawn."""
    return Way.parse(view.scheme) or Way()


def way_name(lang: str, way: Way, k: int) -> str:
    """Name a way and how many classes it found, which may be fewer than were asked for: 自然断点 5 级."""
    return text(lang, "scheme_way", kind=text(lang, f"scheme_{way.kind}"), k=k)


def with_way(view: ViewState, way: Way) -> ViewState:
    """Return the view with its classes drawn otherwise; classes that were looked at are others now."""
    return view.but(scheme="" if way == Way() else str(way), classes=())


def scheme_menu(view: ViewState, n: int, locked: str) -> html.Details:
    """Return the folded choice of a scheme and its number of classes, and a field for breaks of one's own.

    Folded, it names the scheme and its `n` classes, and says that it is `locked`.
    """
    lang, way = view.lang, way_of(view)
    k = way.k if way.kind != MANUAL else Way().k
    kinds = [
        dcc.Link(
            text(lang, f"scheme_{kind}"),
            href=with_way(view, Way(kind, k)).href(),
            className="on" if kind == way.kind else "",
            title=text(lang, f"scheme_{kind}_help"),
        )
        for kind in KINDS
    ]
    parts: list[Any] = [html.Div(kinds, className="kinds-of-scheme")]
    if way.kind != MANUAL:
        parts.append(_steps(view, way))
        if n < way.k:
            parts.append(html.P(text(lang, "classes_fewer", n=n, k=way.k), className="muted fewer"))
    parts.append(_own(view, way))
    folded = [html.Span(f"{way_name(lang, way, n)} ▾", className="way"), html.Span(locked, className="scheme")]
    return html.Details(
        [html.Summary(folded, title=text(lang, "scheme_menu")), html.Div(parts, className="scheme-choice")],
        className="schemes",
        key="schemes",  # stays open while one tries
    )


def _steps(view: ViewState, way: Way) -> html.Div:
    lang = view.lang
    less, more = (
        dcc.Link(sign, href=with_way(view, Way(way.kind, k)).href(), className="step", title=text(lang, key))
        if FEWEST <= k <= MOST
        else html.Span(sign, className="step off", **aria(disabled="true"))
        for sign, k, key in (("\u2212", way.k - 1, "classes_less"), ("+", way.k + 1, "classes_more"))
    )
    return html.Div([less, html.Span(text(lang, "classes_n", k=way.k)), more], className="steps")


def _own(view: ViewState, way: Way) -> html.Label:
    """Return the field for breaks of one's own; the browser sends them when the reader presses Enter."""
    lang = view.lang
    written = ", ".join(f"{value:g}" for value in way.breaks)
    field = dcc.Input(
        value=written, placeholder="1, 5, 10", className="own-breaks", type="text", maxLength=80, autoComplete="off"
    )
    return html.Label([html.Span(text(lang, "scheme_manual_enter")), field], className="own")
