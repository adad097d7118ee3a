"""The coordinate examination: what it says, what it compared, and what a mistake would cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html

from geodata.coordinates import CoordinateSystem
from geodata.errors import BoundaryError
from geodata.vocabulary import LEVELS
from geodata.written import decimal
from layers.data.parts import Part, percent, table
from layers.text import level_name, text

NAMES = {"wgs84": "WGS-84", "cgcs2000": "CGCS2000", "gcj02": "GCJ-02", "bd09": "BD-09"}
SYSTEMS = (*NAMES, "EPSG:4547", "EPSG:4546", "EPSG:4548", "EPSG:4526", "EPSG:32649", "EPSG:32650", "EPSG:3857")
"""What is offered; any other EPSG code may be written."""
KNOWN_FROM = {"gcj02": "amap", "bd09": "baidu"}
MOST_CANDIDATES = 6


def system_name(code: str) -> str:
    """Return what people call a coordinate system."""
    if code in NAMES:
        return NAMES[code]
    try:
        return str(CoordinateSystem(code))
    except (BoundaryError, ValueError):
        return code


def system_label(code: str, lang: str) -> str:
    """Return a coordinate system's name, and where clerks meet it."""
    if code in KNOWN_FROM:
        return text(lang, "known_from", system=NAMES[code], maps=text(lang, KNOWN_FROM[code]))
    return NAMES.get(code) or f"{code} {system_name(code)}"


def reading_name(reading: Mapping[str, Any], lang: str) -> str:
    """Return the name of a way to read numbers: system, packing, swapped columns."""
    notes = [text(lang, "packed", how=reading["packing"])] if reading.get("packing") else []
    notes += [text(lang, "swapped")] if reading.get("swapped") else []
    return text(lang, "comma").join([system_name(str(reading.get("system", ""))), *notes])


def examination_parts(found: Mapping[str, Any] | None, lang: str) -> list[Part]:
    """Return the sentence, the candidates, and the share of points that would land in a wrong place of each level."""
    if not found:
        return [html.P(text(lang, "not_examined"), className="muted")]
    said = html.P(str(found.get("en" if lang == "en" else "zh", "")), className="asked" if found.get("to_ask") else "")
    return [said, *_candidates(found, lang), *_cost(found, lang)]


def _candidates(found: Mapping[str, Any], lang: str) -> list[Part]:
    candidates = list(found.get("candidates") or [])[:MOST_CANDIDATES]
    if not candidates:
        return []
    likely, declared = found.get("likely"), found.get("declared")
    rows = []
    for each in candidates:
        reading = {key: each.get(key) for key in ("system", "swapped", "packing")}
        marks = [text(lang, "likely" if found.get("sure") else "most_like")] if reading == likely else []
        marks += [text(lang, "declared")] if each.get("reading") == declared else []
        inside, fit = each.get("inside"), each.get("fit_m")
        rows.append(
            html.Tr(
                [
                    html.Td(reading_name(each, lang)),
                    html.Td(percent(inside) if inside is not None else "", className="number"),
                    html.Td(decimal(fit, 0) if fit is not None else "", className="number"),
                    html.Td(text(lang, "comma").join(marks)),
                ],
                className="on" if reading == likely else "",
            )
        )
    return [table([text(lang, key) for key in ("system", "share_inside", "fit", "mark")], rows, name="candidates")]


def _cost(found: Mapping[str, Any], lang: str) -> list[Part]:
    wrong = {level: share for level in LEVELS if (share := (found.get("wrong_share") or {}).get(level.value))}
    if not wrong:
        return []
    said = [
        html.Li([html.Span(level_name(lang, level)), html.B(percent(share, 0))], className="cost")
        for level, share in wrong.items()
    ]
    return [
        html.P(text(lang, "cost" if found.get("sure") else "cost_unsure"), className="muted"),
        html.Ul(said, className="costs"),
    ]
