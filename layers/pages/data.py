"""The data page 数据: what stands where; its parts are filled from the link and from the store."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from geodata.city import CityData
from layers.data import ids
from layers.data.boundaries import boundary_map
from layers.data.parts import Part, told
from layers.data.view import DataView
from layers.panels.frame import simulated_banner
from layers.style import aria
from layers.text import text


def page() -> html.Div:
    """Return the empty page; it holds nothing of any city."""
    return html.Div(
        [
            dcc.Location(id=ids.URL, refresh=False),
            dcc.Store(id=ids.EVENT),
            dcc.Store(id=ids.STEP, storage_type="session"),  # a reload keeps the import that one is in
            dcc.Store(id=ids.STEP_WATCHED),
            dcc.Store(id=ids.VERSION),
            dcc.Store(id=ids.MAP_VIEW),
            dcc.Store(id=ids.MAP_DRAWN),
            dcc.Store(id=ids.DOCUMENT),
            dcc.Store(id=ids.DOCUMENT_APPLIED),
            html.Header(id=ids.TOPBAR, className="topbar"),
            html.Div(id=ids.BANNER),
            html.Main(
                [
                    html.Div(id=ids.SOURCES, className="awaited"),
                    html.Div(id=ids.AUDIT, className="awaited"),
                    html.Div(id=ids.BATCHES),
                    html.Div([html.Div(id=ids.BOUNDARIES), boundary_map()], className="card boundaries"),
                ],
                className="data-page",
            ),
            html.Aside(id=ids.OPENED, className="drawer"),
            html.Aside(id=ids.WIZARD, className="drawer wizard"),
        ],
        id="app",
        className="app data",
    )


def topbar(view: DataView, city: CityData, *, allowed: bool) -> list[Part]:
    """Return brand, where one is, the way back, the other language, and the button that begins an import."""
    lang = view.lang
    home = "/" if lang == "zh" else f"/?lang={lang}"
    name = city.city.in_language(lang)
    other = "zh" if lang == "en" else "en"
    as_of = text(lang, "as_of", day=city.data_as_of.isoformat() if city.data_as_of else "—")
    tools: list[Part] = [
        html.A(text(lang, "to_map"), href=home, className="back"),
        dcc.Link(
            text(lang, "language"),
            href=view.but(lang=other).href(),
            className="lang",
            title=text(lang, "language_label"),
        ),
    ]
    if allowed:
        tools.append(told(text(lang, "import"), {"kind": "open"}, name="primary"))
    return [
        html.H1(text(lang, "brand"), className="brand"),
        html.Nav(
            [
                html.Span(name, className="crumb"),
                html.Span(text(lang, "data"), className="crumb here", **aria(current="page")),
            ],
            className="crumbs",
            **aria(label=text(lang, "crumbs_nav")),
        ),
        html.Span(as_of, className="as-of muted"),
        html.Div(tools, className="tools"),
    ]


def banners(view: DataView, city: CityData, *, allowed: bool) -> list[Part]:
    """Return what must be known of the whole page: that it is made up, that it cannot be changed from here."""
    lang = view.lang
    strips: list[Part] = []
    if city.settings.simulated:
        strips.append(simulated_banner(lang))
    if not allowed:
        strips.append(html.Div(text(lang, "read_only"), className="notice", role="status"))
    return strips


def document(view: DataView, city: CityData) -> dict[str, Any]:
    """Return language and title of the window."""
    name = city.city.in_language(view.lang)
    title = f"{text(view.lang, 'data')} · {name} · {text(view.lang, 'brand')}"
    return {"lang": "en" if view.lang == "en" else "zh-CN", "theme": "light", "title": title}
