"""The comparison page 对比: what stands where; its parts are filled from the link."""

from __future__ import annotations

from typing import Any

import dash_leaflet as dl
from dash import dcc, html

from geodata.city import CityData
from layers.compare import frame, ids
from layers.compare.pair import Difference, Pair, difference, pair, why_no_difference
from layers.compare.payload import compare_payload
from layers.compare.ranking import ranking_section
from layers.compare.slope import slope_section
from layers.compare.small import SmallMaps, small_maps
from layers.compare.view import MAP_MODES, CompareView
from layers.compare.why import reasons_sections
from layers.pages.map import banners
from layers.text import text
from layers.view import city_of

Part = Any


def page() -> html.Div:
    """Return the empty page; it holds nothing of any city."""
    stage = [
        html.H2(id=ids.HEAD_A, className="head a"),
        html.H2(id=ids.HEAD_B, className="head b"),
        html.Div(_map(ids.MAP_A), className="one-map a"),
        html.Div(_map(ids.MAP_B), className="one-map b"),
        html.Div(id=ids.UNDER_A, className="under a"),
        html.Div(id=ids.UNDER_B, className="under b"),
    ]
    return html.Div(
        [
            dcc.Location(id=ids.URL, refresh=False),
            dcc.Store(id=ids.EVENT),
            dcc.Store(id=ids.PAINT),
            dcc.Store(id=ids.PAINTED),
            dcc.Store(id=ids.DOCUMENT),
            dcc.Store(id=ids.DOCUMENT_APPLIED),
            html.Header(id=ids.TOPBAR, className="topbar"),
            html.Div(id=ids.BANNER),
            html.Main(
                [
                    html.Div(id=ids.CHOOSER, className="chooser"),
                    html.Div(id=ids.CHIPS, className="kept"),
                    html.Div(id=ids.MODES, className="modes-bar"),
                    html.Div(id=ids.NOTES, className="notes"),
                    html.Div(id=ids.LEGEND, className="compare-legend"),
                    html.Div(stage, id=ids.STAGE, className="stage hidden"),
                    html.Div(id=ids.BODY, className="compare-body"),
                ],
                className="compare-page",
            ),
            html.Footer(id=ids.FOOT, className="foot"),
        ],
        id="app",
        className="app compare-app",
    )


def _map(part: str) -> dl.Map:
    return dl.Map(
        id=part,
        center=[0.0, 0.0],  # the browser fits the first view itself
        zoom=3,
        minZoom=3,
        maxZoom=19,
        zoomSnap=0.25,
        zoomDelta=0.5,
        zoomControl=False,
        zoomAnimation=False,  # two maps that move as one
        fadeAnimation=False,
        doubleClickZoom=False,
        attributionControl=False,
        trackViewport=False,
        children=[],
    )


def page_parts(view: CompareView, city: CityData) -> dict[str, Any]:
    """Return everything that the page shows of a view."""
    told = frame.may_differ(view)
    both = pair(view, city, one_method=told)
    changed = difference(both) if told and not why_no_difference(both) else None
    small = small_maps(view, both, city) if view.mode == "multiples" else None
    return {
        ids.TOPBAR: frame.topbar(view, city),
        ids.BANNER: banners(view.a, city_of(view.a, city)),
        ids.CHOOSER: frame.chooser(view, city),
        ids.CHIPS: frame.chips(view, city),
        ids.MODES: frame.modes(view, city, both),
        ids.NOTES: frame.notes(view, city, both),
        **_stage(view, both, changed),
        ids.LEGEND: _legend(view, both, changed, small),
        ids.BODY: _body(view, city, both, changed, small),
        ids.FOOT: frame.foot(view, city),
        ids.PAINT: compare_payload(view, both, changed, small),
        ids.DOCUMENT: document(view, city),
    }


def _stage(view: CompareView, both: Pair, changed: Difference | None) -> dict[str, Any]:
    """Return the headings and what stands under the maps, and how the maps are laid out."""
    lang = view.lang
    if view.mode not in MAP_MODES or (view.mode == "difference" and changed is None):
        return {ids.STAGE: "stage hidden", ids.HEAD_A: [], ids.HEAD_B: [], ids.UNDER_A: [], ids.UNDER_B: []}
    if changed is not None:
        under = [*frame.closing_of_both(both, lang), *frame.table_of("diff", text(lang, "cmp_table_diff"))]
        head = frame.difference_head(both, changed, lang)
        return {ids.STAGE: "stage difference", ids.HEAD_A: head, ids.HEAD_B: [], ids.UNDER_A: under, ids.UNDER_B: []}
    return {
        ids.STAGE: f"stage {view.mode}",
        ids.HEAD_A: frame.head("a", both.a),
        ids.HEAD_B: frame.head("b", both.b),
        ids.UNDER_A: frame.under("a", both.a, lang),
        ids.UNDER_B: frame.under("b", both.b, lang),
    }


def _legend(view: CompareView, both: Pair, changed: Difference | None, small: SmallMaps | None) -> list[Part]:
    if small is not None:
        return frame.small_legend(view, both, small)
    if view.mode == "difference":
        return [] if changed is None else frame.difference_legend(changed, both, view.lang)
    return frame.legend(both, view.lang) if view.mode in MAP_MODES else []


def _body(
    view: CompareView, city: CityData, both: Pair, changed: Difference | None, small: SmallMaps | None
) -> list[Part]:
    if small is not None:
        return frame.small_section(view, both, small)
    if view.mode == "ranking":
        return [ranking_section(view, city)]
    if view.mode == "slope" and changed is not None:
        return [slope_section(view, both, changed)]
    return reasons_sections(view, both, city) if view.mode == "reasons" else []


def document(view: CompareView, city: CityData) -> dict[str, Any]:
    """Return language, theme and title of the window."""
    name = city.city.in_language(view.lang)
    title = f"{text(view.lang, 'compare_page')} · {name} · {text(view.lang, 'brand')}"
    return {"lang": "en" if view.lang == "en" else "zh-CN", "theme": view.theme, "title": title}
