"""Small parts that the sections of the method page share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from geodata.index.bands import BANDS, NO_BAND
from geodata.index.catalogue import Concern, Exposure, IncidentType, Indicator, Method, SubIndex
from geodata.vocabulary import Band, PlaceLevel
from geodata.written import THIN
from layers.data.parts import percent
from layers.method.view import MethodView
from layers.style import BAND_COLOURS, aria
from layers.text import band_name, level_name, text

Part = Any
Named = Method | SubIndex | Indicator | IncidentType | Concern | Exposure
GRAPH: Any = {"displayModeBar": False, "responsive": True}


def section(anchor: str, title: str, parts: Sequence[Part]) -> html.Section:
    """Return a card with a heading and an anchor."""
    return html.Section([html.H2(title), *parts], className="card read", id=anchor)


def marks(**values: str) -> dict[str, Any]:
    """Return data attributes for a component."""
    return {f"data-{key.replace('_', '-')}": value for key, value in values.items()}


def formula(lang: str, *lines: str) -> html.Details:
    """Return formulas, folded: no reader needs them."""
    return html.Details(
        [html.Summary(text(lang, "method_formula")), *[html.P(line) for line in lines]], className="formula"
    )


def name_of(thing: Named, lang: str) -> str:
    """Return a name in the page's language."""
    return thing.name_en if lang == "en" and thing.name_en else thing.name


def band_chip(lang: str, number: int) -> Part:
    """Return a band as colour, shape and word; nothing for `NO_BAND`."""
    return None if number == NO_BAND else band_word(lang, BANDS[number])


def band_word(lang: str, band: Band) -> html.Span:
    """Return a band as colour, shape and word."""
    fill, ink, mark = BAND_COLOURS[band]
    return html.Span(f"{mark} {band_name(lang, band)}", className="band-word", style={"background": fill, "color": ink})


def choice(label: str, chosen: str, options: Sequence[tuple[str, MethodView, bool]], key: str) -> html.Details:
    """Return a list of links that opens: label, view, whether it is the present one."""
    links = [dcc.Link(name, href=view.href(), className="on" if on else "") for name, view, on in options]
    summary = html.Summary([html.Small(label), html.Span(chosen)])
    return html.Details([summary, html.Div(links, className="menu")], className="choice", key=key)


def switch(options: Sequence[tuple[str, MethodView, bool]], label: str) -> html.Nav:
    """Return a row of links of which one is chosen."""
    links = [dcc.Link(name, href=view.href(), className="on" if on else "") for name, view, on in options]
    return html.Nav(links, className="switch", **aria(label=label))


def weight_bar(weight: float, most: float) -> html.Span:
    """Return a bar as long as a weight."""
    return html.Span(html.I(style={"width": f"{100 * weight / most:.1f}%"}), className="weight-bar")


def per_cent(share: float, lang: str, digits: int = 1) -> str:
    """Write a share; Chinese has no space before the sign."""
    shown = percent(share, digits)
    return shown if lang == "en" else shown.replace(THIN, "")


def level_words(lang: str, level: PlaceLevel) -> str:
    """Return the name of a level as it stands within a sentence."""
    name = level_name(lang, level)
    return name.lower() if lang == "en" else name


def joined(names: Sequence[str], lang: str, most: int = 12) -> str:
    """Write a list of names; of a long one the first."""
    shown = text(lang, "comma").join(names[:most])
    return shown if len(names) <= most else text(lang, "names_more", names=shown, n=len(names))
