"""The boundaries: version, places of every level, and what the check of gaps, overlaps and nesting found."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import dash_leaflet as dl
from dash import html

from geodata.boundaries import BoundaryFault
from geodata.city import CityData
from geodata.vocabulary import PlaceLevel
from geodata.written import decimal, whole
from layers.data import ids
from layers.data.parts import Part, data
from layers.data.view import DataView
from layers.features import FORMAT
from layers.text import fault_name, level_name, text

MOST_FAULTS = 100
BETWEEN = " × "
"""Stands between the two places of an overlap."""


def boundaries_section(
    city: CityData, faults: Sequence[BoundaryFault] | None, view: DataView, *, failed: str = ""
) -> html.Section:
    """Return what is known of the boundaries; `faults` is None while they are being looked for."""
    lang = view.lang
    levels = [
        html.Li([html.Span(level_name(lang, level)), html.B(whole(len(city.members(level, city.city))))])
        for level in city.levels
    ]
    parts: list[Part] = [html.Ul(levels, className="levels-count")]
    if failed:
        parts.append(html.P(text(lang, "check_failed", why=failed), className="asked"))
    elif faults is None:
        parts.append(html.P(text(lang, "checking"), className="muted", **data(poll="/data/boundaries")))
    else:
        parts += _found(city, faults, lang)
    note = html.Small(text(lang, "boundary_version", version=city.boundary_version[:8]), className="muted")
    return html.Section([html.Div([html.H2(text(lang, "boundaries")), note], className="card-head"), *parts])


def _found(city: CityData, faults: Sequence[BoundaryFault], lang: str) -> list[Part]:
    errors = [fault for fault in faults if fault.is_error]
    if not faults:
        return [html.P(text(lang, "no_faults"), className="well")]
    said = text(lang, "faults_n", errors=len(errors), noise=len(faults) - len(errors))
    counted = Counter(fault.kind for fault in errors)
    kinds = text(lang, "comma").join(f"{fault_name(lang, kind)} {n}" for kind, n in counted.most_common())
    ordered = sorted(faults, key=lambda fault: (not fault.is_error, -fault.area_m2))
    lines = [_line(city, fault, lang) for fault in ordered[:MOST_FAULTS]]
    parts: list[Part] = [html.P([html.Strong(said), html.Span(kinds, className="muted")], className="summary")]
    parts.append(html.Ul(lines, className="faults"))
    if len(faults) > MOST_FAULTS:
        parts.append(html.P(text(lang, "faults_more", n=MOST_FAULTS, all=whole(len(faults))), className="muted"))
    return parts


def _line(city: CityData, fault: BoundaryFault, lang: str) -> html.Li:
    rows = _rows(city, fault)
    names = text(lang, "and").join(city.place(row).in_language(lang) for row in rows) or fault.place_id
    said = [
        html.I("■" if fault.is_error else "○"),
        html.Span(f"{level_name(lang, fault.level)} {names}", className="name"),
        html.Span(fault_name(lang, fault.kind)),
        html.Small(area(fault.area_m2) if fault.area_m2 else "", className="muted"),
    ]
    if not rows:
        return html.Li(html.Span(said, className="line"))
    west, south = city.bounds[rows, :2].min(axis=0).tolist()
    east, north = city.bounds[rows, 2:].max(axis=0).tolist()
    where = data(bounds=json.dumps([[south, west], [north, east]]))
    return html.Li(html.Button(said, type="button", className="line" + " error" * fault.is_error, **where))


def _rows(city: CityData, fault: BoundaryFault) -> list[int]:
    """Return the rows of the places that a fault names, at its level."""
    members = city.members(fault.level, city.city)
    ids_of = city.places["place_id"].to_numpy()[members]
    wanted = fault.place_id.split(BETWEEN)
    return [int(row) for row, place in zip(members, ids_of, strict=True) if place in wanted]


def area(m2: float) -> str:
    """Write an area in m², or in km² from a tenth of one on."""
    return f"{decimal(m2 / 1e6, 2)} km²" if m2 >= 1e5 else f"{decimal(m2, 0)} m²"


def boundary_map() -> html.Div:
    """Return the map without a ground; the browser draws on it what `map_payload` names."""
    leaflet = dl.Map(
        id=ids.MAP,
        center=[0.0, 0.0],  # the browser fits the city itself
        zoom=3,
        minZoom=3,
        maxZoom=19,
        zoomSnap=0.25,
        zoomControl=False,
        attributionControl=False,
        trackViewport=False,
        children=[],
    )
    return html.Div(leaflet, className="small-map")


def map_payload(city: CityData, faults: Sequence[BoundaryFault] | None) -> dict[str, Any]:
    """Say which outlines to draw, and which places are at fault: the two coarsest levels, and those of the faults."""
    errors = sorted(faults or (), key=lambda fault: (not fault.is_error, -fault.area_m2))[:MOST_FAULTS]
    wrong: dict[PlaceLevel, list[str]] = {}
    for fault in errors:
        wrong.setdefault(fault.level, []).extend(city.place(row).token for row in _rows(city, fault))
    address = f"/geometry/{city.boundary_version}-{FORMAT}"
    return {
        "outlines": [f"{address}/{level.value}.json" for level in city.levels[:2]],
        "wrong": [{"url": f"{address}/{level.value}.json", "ids": tokens} for level, tokens in wrong.items()],
    }
