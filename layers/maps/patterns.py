"""The pattern above the places: what is asked of the city for a layer, and what the browser draws of the answer."""

from __future__ import annotations

import base64
import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import numpy.typing as npt
from dash import html
from scipy import ndimage

from geodata.city import CityData
from geodata.patterns.emerging import Emergence
from geodata.spots.clusters import Clusters, clusters
from geodata.spots.density import Density, density
from geodata.spots.emerging import Emerging, emerging
from geodata.spots.hotspots import Hotspots, hotspots
from geodata.spots.outlines import outlines
from geodata.spots.repeats import Repeats, repeats
from geodata.vocabulary import Period, PeriodKind
from geodata.written import decimal, whole
from layers.features import coded_outlines
from layers.maps.raster import indexed_png
from layers.maps.values import chosen_types
from layers.style import PAPER
from layers.text import emergence_name, layer_name, level_name, period_short, text
from layers.view import TOTAL, ViewState

Pattern = Hotspots | Emerging | Clusters | Repeats | Density
Types = npt.NDArray[np.intp]
PATTERN = "#6b1f7c"
"""The colour of lines and numbers of a pattern: none of a band, a rate or a choice."""
DENSITIES = ("#eadcf0", "#cba8d8", "#a56cb8", "#7b3592", "#4a0d5c")
"""Densities from low to high; the lowest class is left out of the picture."""
DENSITY_ALPHA = 205
FADED = ("emerging", "density")
"""Layers with fills of their own: the places below them step back."""
MARKED = 60
"""Numbers on the map, at most; the rest is drawn without."""
RINGED = 2_000
"""Rings on the map, the newest first."""
RINGED_AGAIN = "rgba(107, 31, 124, 0.18)"
"""The inside of a ring in which it has happened again: `PATTERN`, as thin as assets/js/patterns.js has it."""
RING_WORDS_FROM = 14
"""Zoom from which a ring has room for its date."""
LARGEST_PICTURE = 900
"""Length of a density's longer side [pixels] up to which it is made smoother than its cells."""
LARGE = 50.0
"""Densities from here on are told in whole numbers."""
_PARTS_OF_LARGEST = (0.02, 0.1, 0.25, 0.45, 0.7)
_METRES_PER_DEGREE = 111_320.0
NBSP = "\u00a0"


@dataclass(frozen=True)
class Look:
    """How an area of a pattern is drawn."""

    line: str
    fill: str | None = None
    hatch: str | None = None
    """Path of a tile of 8 × 8, stroked in white on the fill."""
    dash: str | None = None


EMERGENCES: dict[Emergence, Look] = {
    Emergence.NEW: Look(PAPER, "#d63f97", "M4,1.5 V6.5 M1.5,4 H6.5"),
    Emergence.CONSECUTIVE: Look(PAPER, "#a8327d", "M4,0 V8"),
    Emergence.INTENSIFYING: Look(PAPER, "#4a0d5c", "M-2,2 l4,-4 M0,8 l8,-8 M6,10 l4,-4"),
    Emergence.PERSISTENT: Look(PAPER, "#7b3592"),
    Emergence.DIMINISHING: Look(PAPER, "#b08cc4", "M-2,6 l4,4 M0,0 l8,8 M6,-2 l4,4"),
    Emergence.SPORADIC: Look(PAPER, "#7fae9c", "M4,3.2 V4.8"),
    Emergence.OSCILLATING: Look(PAPER, "#2f857c", "M0,6 l4,-4 l4,4"),
    Emergence.HISTORICAL: Look(PAPER, "#8c97a1", "M0,4 H8"),
}
"""Told by colour and by tile, from what calls for a look to what is past."""


# --- asking ---


def last_day(view: ViewState, city: CityData) -> dt.date:
    """Return the last day of a view's period that has data."""
    end = view.period.end - dt.timedelta(days=1)
    return end if city.data_as_of is None else min(end, city.data_as_of)


def pattern_of(view: ViewState, city: CityData, folder: Path | None = None) -> Pattern:
    """Ask for the pattern of a view's layer; the view must have one.

    Parameters
    ----------
    view
        What is looked at.
    city
        The city.
    folder
        The city folder, where answers are kept; None keeps them in memory only.
    """
    place, types, last = city.find(view.place), chosen_types(view, city), last_day(view, city)
    match view.layer:
        case "hotspots":
            return hotspots(city, place, view.period, types, folder=folder)
        case "emerging":
            return emerging(city, place, last, types, folder=folder)
        case "clusters":
            return clusters(city, place, last, types, folder=folder)
        case "near_repeat":
            return repeats(city, place, last, repeat_types(view, city), folder=folder)
        case "density":
            return density(city, place, view.period, types, folder=folder)
        case _:
            raise ValueError(view.layer)


def fades(view: ViewState, city: CityData) -> bool:
    """Say whether the places step back below the fills of a layer; where only months are known nothing emerges."""
    return view.layer in FADED and not unjudged(view) and not (view.layer == "emerging" and city.months_only)


def unjudged(view: ViewState) -> str:
    """Return the text that says why the pattern of a view is not judged of what its filters keep; "" if it is."""
    judges = view.layer in ("hotspots", "emerging", "clusters")
    if judges and view.filters.area is not None:
        return "unjudged_area"
    if view.layer == "clusters" and view.filters:
        return "unjudged_base"
    return "unjudged_days" if view.layer == "emerging" and view.filters.days else ""


def repeat_types(view: ViewState, city: CityData) -> Types | None:
    """Return the types whose repeats are looked for, None for the usual ones; what is sensitive gets no ring."""
    types = chosen_types(view, city)
    if types is None or (view.sub_index == TOTAL and not view.incident_type and not view.indicator):
        return None
    known = (city.method.types.get(city.index.types[t]) for t in types.tolist())
    return types[[kind is None or not kind.sensitive for kind in known]]


def pattern_address(view: ViewState, city: CityData) -> dict[str, str]:
    """Return where the browser asks for a view's pattern: the address without the layer, and the layer.

    The same question has the same address, whatever else the view shows.
    """
    plain = view.but(layer="", rows=0, weights=(), level=None, measure="score", compare="previous", theme="light")
    plain = plain.but(scheme="", classes=())
    layer = "" if unjudged(view) else view.layer
    return {"url": f"/pattern{plain.search()}&v={city.data_version[:12]}", "layer": layer}


# --- drawing ---


def pattern_payload(view: ViewState, city: CityData, found: Pattern) -> dict[str, Any]:
    """Return what the browser draws: ``shapes`` with ``looks``, ``marks``, ``rings``, ``image``; any may be missing."""
    match found:
        case Hotspots():
            parts = _hotspots(city, found)
        case Emerging():
            parts = _emerging(city, found)
        case Clusters():
            parts = _clusters(city, found)
        case Repeats():
            parts = _rings(view, found)
        case Density():
            parts = _picture(found)
    return {"layer": view.layer, "fades": fades(view, city), **parts}


def _areas(city: CityData, groups: Sequence[Sequence[int]], looks: Sequence[Look]) -> dict[str, Any]:
    """Return one outline a group of places, and its look."""
    drawn = [vars(look) for look in dict.fromkeys(looks)]
    return {
        "shapes": coded_outlines(outlines(city, groups)),
        "look": [drawn.index(vars(look)) for look in looks],
        "looks": drawn,
    }


def _mark(bounds: tuple[float, float, float, float], words: str) -> list[Any]:
    """Return latitude and longitude of the middle of the northern edge, and what stands there."""
    west, _, east, north = bounds
    return [round(north, 5), round((west + east) / 2, 5), words]


def _hotspots(city: CityData, found: Hotspots) -> dict[str, Any]:
    spots = found.hotspots
    marks = [_mark(spot.bounds, str(n)) for n, spot in enumerate(spots[:MARKED], 1)]
    return _areas(city, [spot.cells for spot in spots], [Look(PATTERN)] * len(spots)) | {"marks": marks}


def _emerging(city: CityData, found: Emerging) -> dict[str, Any]:
    kinds = [kind for kind in EMERGENCES if (found.classes == kind).any()]
    groups = [found.rows[found.classes == kind].tolist() for kind in kinds]
    marks = [_mark(spot.bounds, str(n)) for n, spot in enumerate(found.spots[:MARKED], 1)]
    return _areas(city, groups, [EMERGENCES[kind] for kind in kinds]) | {"marks": marks}


def _clusters(city: CityData, found: Clusters) -> dict[str, Any]:
    look = Look(PATTERN, dash="8 6")
    marks = [_mark(c.bounds, f"{n} · {p_value(c.p)}") for n, c in enumerate(found.found[:MARKED], 1)]
    return _areas(city, [c.rows for c in found.found], [look] * len(found.found)) | {"marks": marks}


def _rings(view: ViewState, found: Repeats) -> dict[str, Any]:
    rings = found.rings[:RINGED]
    radius = rings[0].radius_m if rings else 0.0
    marks = [
        [
            round(ring.centre[1] + radius / _METRES_PER_DEGREE, 5),
            round(ring.centre[0], 5),
            text(view.lang, "ring_until", day=short_day(view.lang, ring.until)),
        ]
        for ring in rings
    ]
    at = [[round(ring.centre[1], 5), round(ring.centre[0], 5), ring.incidents] for ring in rings]
    look = vars(Look(PATTERN))
    return {"rings": {"radius_m": radius, "at": at, "look": look}, "marks": marks, "marks_from_zoom": RING_WORDS_FROM}


def _picture(found: Density) -> dict[str, Any]:
    if found.guard is not None or not _has_figures(found):
        return {}
    times = max(1, min(4, LARGEST_PICTURE // max(found.values.shape)))
    smooth = ndimage.zoom(found.values, times, order=1, grid_mode=True, mode="nearest")
    classes = np.digitize(smooth, density_breaks(found)).astype(np.uint8)
    picture = base64.b64encode(indexed_png(classes, DENSITIES, DENSITY_ALPHA)).decode()
    west, south, east, north = (round(edge, 5) for edge in found.bounds)
    return {"image": {"src": f"data:image/png;base64,{picture}", "bounds": [[south, west], [north, east]]}}


def density_breaks(found: Density) -> list[float]:
    """Return the lower ends of the classes [incidents per km²]: parts of the largest density, as round as it allows."""
    largest = float(found.values.max())
    digits = 0 if largest >= LARGE else 1 if largest >= LARGE / 10 else 2
    return [round(part * largest, digits) for part in _PARTS_OF_LARGEST]


def p_value(p: float) -> str:
    """Write a p-value, not to be broken: p = 0.012, p < 0.001."""
    return f"p{NBSP}<{NBSP}0.001" if p < 0.001 else f"p{NBSP}={NBSP}{p:.2g}"


def short_day(lang: str, day: dt.date) -> str:
    """Return a day without its year."""
    return period_short(lang, Period.containing(day, PeriodKind.DAY))


# --- the legend ---


def pattern_legend(view: ViewState, found: Pattern) -> list[Any]:
    """Return the legend that stands on the map; nothing where nothing is drawn."""
    lang = view.lang
    if found.guard is not None or not _has_figures(found):
        return []
    match found:
        case Hotspots():
            rows = [(_line("solid"), text(lang, "legend_hotspot"), "")]
        case Emerging():
            rows = [(emergence_swatch(k), emergence_name(lang, k), whole(found.count(k))) for k in EMERGENCES]
            rows.append((html.I(className="swatch none"), text(lang, "legend_none"), ""))
        case Clusters():
            rows = [(_line("dashed"), text(lang, "legend_cluster", level=level_name(lang, found.level)), "")]
        case Repeats():
            rows = [(mark, words, "") for mark, words in _ring_rows(lang, found)]
        case Density():
            rows = [(_swatch({"background": colour}), span, "") for colour, span in density_classes(found)]
    unit = text(lang, "density_unit") if isinstance(found, Density) else ""
    items = [html.Li([mark, html.Span(word, className="word"), html.Span(n, className="n")]) for mark, word, n in rows]
    heading = html.H2([layer_name(lang, view.layer), *([html.Small(unit)] if unit else [])])
    return [heading, html.Ul(items)] if rows else []


def _ring_rows(lang: str, found: Repeats) -> list[tuple[html.I, str]]:
    """Return the plain ring, and the filled one where one is drawn."""
    if found.reach is None:
        return []
    metres, days = found.reach.distance_m, found.reach.days
    plain = text(lang, "legend_ring" if metres else "legend_ring_same", metres=whole(metres), days=days)
    again = text(lang, "legend_ring_again" if metres else "legend_ring_same_again")
    series = html.I(className="swatch line ring", style={"background": RINGED_AGAIN, "borderWidth": 3})
    return [(_line("ring"), plain), *([(series, again)] if any(ring.incidents > 1 for ring in found.rings) else [])]


def _has_figures(found: Pattern) -> bool:
    """Say whether there is anything to draw."""
    match found:
        case Hotspots():
            return bool(found.hotspots)
        case Emerging():
            return bool((found.classes > Emergence.NONE).any())
        case Clusters():
            return bool(found.found)
        case Repeats():
            return bool(found.rings)
        case Density():
            return bool(found.values.size and found.values.max() > 0)


def density_classes(found: Density) -> list[tuple[str, str]]:
    """Return colour and range of each class of a density that is drawn."""
    low = density_breaks(found)
    digits = 0 if low[0] == round(low[0]) else 1 if low[0] >= 0.1 else 2
    ends = [decimal(value, digits) for value in low]
    spans = [f"{a}–{b}" for a, b in itertools.pairwise(ends)]
    return list(zip(DENSITIES, [*spans, f"≥ {ends[-1]}"], strict=True))


def emergence_swatch(kind: Emergence) -> html.I:
    """Return the swatch of a class: the same fill and tile as on the map."""
    look = EMERGENCES[kind]
    style = {"backgroundColor": look.fill or "transparent"}
    if look.hatch:
        svg = (
            '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8">'
            f'<path d="{look.hatch}" stroke="#fff" stroke-width="1.5" fill="none" stroke-linecap="round"/></svg>'
        )
        style["backgroundImage"] = f"url('data:image/svg+xml,{quote(svg)}')"
    return _swatch(style)


def _swatch(style: dict[str, str]) -> html.I:
    return html.I(className="swatch", style=style)


def _line(kind: str) -> html.I:
    return html.I(className=f"swatch line {kind}")
