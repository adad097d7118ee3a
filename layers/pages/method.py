"""The method page 指数方法: what stands where; its parts are filled from the link."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from geodata.city import CityData
from geodata.vocabulary import Period
from layers.drawn import lighten
from layers.method import ids
from layers.method.catalogue import catalogue_section
from layers.method.idea import idea_section
from layers.method.parts import Part
from layers.method.ranks import ranks_section
from layers.method.rules import rules_section
from layers.method.steps import steps_section
from layers.method.versions import versions_section
from layers.method.view import SECTIONS, MethodView
from layers.method.whatif import whatif_form
from layers.panels.frame import simulated_banner
from layers.style import aria
from layers.text import period_name, text


def page() -> html.Div:
    """Return the empty page; it holds nothing of any city."""
    return html.Div(
        [
            dcc.Location(id=ids.URL, refresh=False),
            dcc.Store(id=ids.READING),
            dcc.Store(id=ids.SUPPOSED),
            dcc.Store(id=ids.DOCUMENT),
            dcc.Store(id=ids.DOCUMENT_APPLIED),
            html.Header(id=ids.TOPBAR, className="topbar"),
            html.Div(id=ids.BANNER),
            html.Main(
                [
                    html.Nav(id=ids.CONTENTS, className="contents"),
                    html.Div(
                        [
                            html.Div(id=ids.TEXT, className="awaited"),
                            html.Div(id=ids.RANKS),
                            html.Div(id=ids.VERSIONS),
                            html.Section(
                                [html.Div(id=ids.WHATIF), html.Div(id=ids.RESULTS, className="results")],
                                className="card read whatif",
                                id=SECTIONS[-1],
                            ),
                        ],
                        className="read-column",
                    ),
                ],
                className="method-page",
            ),
        ],
        id="app",
        className="app method",
    )


def page_parts(view: MethodView, city: CityData) -> dict[str, Any]:
    """Return everything but what the sliders say."""
    return {
        ids.TOPBAR: topbar(view, city),
        ids.BANNER: banners(view, city),
        ids.CONTENTS: contents(view),
        ids.TEXT: [
            lighten(section(view, city)) for section in (idea_section, steps_section, catalogue_section, rules_section)
        ],
        ids.RANKS: lighten(ranks_section(view, city)),
        ids.VERSIONS: lighten(versions_section(view, city)),
        ids.WHATIF: lighten(whatif_form(view, city)),
        ids.DOCUMENT: document(view, city),
    }


def topbar(view: MethodView, city: CityData) -> list[Part]:
    """Return brand, where one is, the period, the way back and the other language."""
    lang = view.lang
    home = "/" if lang == "zh" else f"/?lang={lang}"
    other = "zh" if lang == "en" else "en"
    return [
        html.H1(text(lang, "brand"), className="brand"),
        html.Nav(
            [
                html.Span(city.city.in_language(lang), className="crumb"),
                html.Span(text(lang, "method_page"), className="crumb here", **aria(current="page")),
            ],
            className="crumbs",
            **aria(label=text(lang, "crumbs_nav")),
        ),
        html.Div(_periods(view, city), className="periods"),
        html.Div(
            [
                html.A(text(lang, "to_map"), href=home, className="back"),
                dcc.Link(
                    text(lang, "language"),
                    href=view.but(lang=other).href(),
                    className="lang",
                    title=text(lang, "language_label"),
                ),
            ],
            className="tools",
        ),
    ]


def _periods(view: MethodView, city: CityData) -> list[Part]:
    """Return the period with the ones before and after it."""
    if view.period is None:
        return []
    steps = (("◀", view.period.previous(), "previous_period"), ("▶", view.period.next(), "next_period"))
    back, forward = (
        dcc.Link(sign, href=view.but(period=period).href(), className=_step(city, period), title=text(view.lang, key))
        if city.offers(period)
        else html.Span(sign, className="step off", **aria(disabled="true"))
        for sign, period, key in steps
    )
    return [back, html.Span(period_name(view.lang, view.period), className="now"), forward]


def _step(city: CityData, period: Period) -> str:
    """Return the class of a link to another period; supposed weights go along where the method is the same."""
    return "step" if city.at(period).method is city.method else "step as-it-is"


def banners(view: MethodView, city: CityData) -> list[Part]:
    """Return what must be known of the whole page: that data are made up, that parameters are examples."""
    strips: list[Part] = []
    if city.settings.simulated:
        strips.append(simulated_banner(view.lang))
    strips.append(html.Div(text(view.lang, "method_example_parameters"), className="notice", role="note"))
    return strips


def contents(view: MethodView) -> list[Part]:
    """Return the links to the sections."""
    titles = (
        "method_idea",
        "method_steps",
        "method_catalogue",
        "method_rules",
        "method_ranks",
        "method_versions",
        "method_whatif",
    )
    return [html.A(text(view.lang, title), href=f"#{anchor}") for anchor, title in zip(SECTIONS, titles, strict=True)]


def document(view: MethodView, city: CityData) -> dict[str, Any]:
    """Return language and title of the window."""
    name = city.city.in_language(view.lang)
    title = f"{text(view.lang, 'method_page')} · {name} · {text(view.lang, 'brand')}"
    return {"lang": "en" if view.lang == "en" else "zh-CN", "theme": "light", "title": title}
