"""The choropleth: the values of a view as the map in the browser takes them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import numpy.typing as npt

from geodata.city import CityData, Place
from geodata.filters import AREAS
from geodata.locate import Index
from geodata.vocabulary import PlaceLevel
from layers.features import FORMAT
from layers.maps.basemap import basemap_payload
from layers.maps.circles import circles
from layers.maps.legend import palette, stepped_back, value_unit
from layers.maps.patterns import pattern_address
from layers.maps.values import MapValues, printed, told_against
from layers.points import points_texts
from layers.text import comparison_name, text
from layers.view import ViewState, shown_level

MAIN_SHARE = 0.95
MOST_SHRUNK = 4.0
POINTS_FROM_ZOOM = 15
POINTS_FROM_LEVEL = PlaceLevel.COMMUNITY
"""Incident points are offered in places of this level and finer."""


def map_payload(view: ViewState, city: CityData, values: MapValues) -> dict[str, Any]:
    """Return what the browser needs to draw or recolour the map; geometry goes by its own address.

    Parameters
    ----------
    view
        What is looked at.
    values
        What `map_values` computed.
    """
    place, leaf = city.find(view.place), shown_level(view, city) is None
    digits, counts = values.digits, values.measure == "count"
    has_change = bool(np.isfinite(values.change).any())
    return {
        "key": f"{'leaf' if leaf else values.level.value}|{place.token}|{city.boundary_version}",
        "here": _here(place, city),
        "around": None if leaf else _around(place, city),
        "fit": _fit(place, city, values, _all_counts(city, values), leaf=leaf),
        "text": _texts(view, values, leaf=leaf),
        "lang": view.lang,
        "theme": view.theme,
        "points": _points(view, place),
        "pattern": pattern_address(view, city),
        "basemap": basemap_payload(view, city),
        "area": _area(view),
        "palette": stepped_back(palette(view, values), view.classes),
        "circles": circles(view, values) if counts else None,
        "geometry": geometry_address(city, values.level),
        "show": _ranges(values.rows, city, values.level),
        "class": None if counts else values.klass.tolist(),
        "value": _rounded(printed(values.value, values, city), digits),
        "decimals": digits,
        "low": None if values.low is None else _rounded(printed(values.low, values, city), digits),
        "high": None if values.high is None else _rounded(printed(values.high, values, city), digits),
        "change": _rounded(values.change, digits) if has_change else None,
        "sure": values.sure.astype(int).tolist() if has_change else None,
        "arrows": int(values.measure == "score"),  # more incidents are no rise to be glad of
        "count": None if counts else values.counted.places.tolist(),
        "drill": 1,
        "next": _next_geometry(values.level, city),
    }


def _next_geometry(level: PlaceLevel, city: CityData) -> str | None:
    """Return the outlines that a click will need, for the browser to fetch while the reader reads."""
    finer = [other for other in city.levels if other.depth > level.depth]
    return geometry_address(city, finer[0]) if finer else None


def geometry_address(city: CityData, level: PlaceLevel) -> str:
    """Return the address of a level's outlines; it changes when the boundaries do."""
    return f"/geometry/{city.boundary_version}-{FORMAT}/{level.value}.json"


def _here(place: Place, city: CityData) -> dict[str, Any] | None:
    if place.row is None or place.level is None:
        return None
    index = int(np.searchsorted(city.members(place.level, city.city), place.row))
    return {"geometry": geometry_address(city, place.level), "index": index}


def _around(place: Place, city: CityData) -> dict[str, Any] | None:
    if place.row is None or place.level is None:
        return None
    others = city.siblings(place)
    others = others[others != place.row]
    if len(others) == 0:
        return None
    return {"geometry": geometry_address(city, place.level), "show": _ranges(others, city, place.level)}


def _ranges(rows: Index, city: CityData, level: PlaceLevel) -> list[list[int]]:
    """Write rows as half-open ranges of positions in the level's file."""
    positions = np.searchsorted(city.members(level, city.city), rows)
    if len(positions) == 0:
        return []
    breaks = np.flatnonzero(np.diff(positions) != 1) + 1
    return [[int(part[0]), int(part[-1]) + 1] for part in np.split(positions, breaks)]


def _all_counts(city: CityData, values: MapValues) -> npt.NDArray[np.int64]:
    """Return all incidents ever of each place shown: neither a period nor a filter moves the map."""
    whole, level = city.unfiltered, values.level
    span = whole.index.span
    if span is None:
        return np.zeros(len(values.rows), dtype=np.int64)
    end = span[1] + dt.timedelta(days=1)
    every = whole.kept(("all_counts", level), lambda: whole.counts(level, span[0], end).places.to_numpy())
    return np.asarray(every[np.searchsorted(whole.members(level, whole.city), values.rows)])


def _fit(
    place: Place, city: CityData, values: MapValues, counts: npt.NDArray[np.int64], *, leaf: bool
) -> list[list[float]]:
    """Return the bounds to show: a finest place with some of its neighbours, else what holds nearly all incidents."""
    if place.row is None:
        boxes = city.bounds
    elif leaf:
        west, south, east, north = city.bounds[place.row]
        margin = 0.75 * max(east - west, north - south)
        return _corners(west - margin, south - margin, east + margin, north + margin)
    else:
        boxes = _main_part(city.bounds[values.rows], counts)
    return _corners(*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0))


def _main_part(boxes: npt.NDArray[np.float64], counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Leave far islands out of the first view where they would shrink everything else to a fraction.

    The places nearest to the middle of the incidents, until they hold ``MAIN_SHARE`` of them, if their frame is less
    than 1/``MOST_SHRUNK`` of the whole one; else all. The reader may still move to the islands.
    """
    if counts.sum() == 0 or len(counts) < 3:
        return boxes
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    centre = np.array([_weighted_median(middle[:, axis], counts) for axis in (0, 1)])
    near = np.argsort(np.hypot(*(middle - centre).T), kind="stable")
    enough = int(np.searchsorted(np.cumsum(counts[near]), MAIN_SHARE * counts.sum())) + 1
    main = boxes[near[:enough]]
    return main if MOST_SHRUNK * _frame(main) < _frame(boxes) else boxes


def _weighted_median(values: npt.NDArray[np.float64], weights: npt.NDArray[np.int64]) -> float:
    order = np.argsort(values)
    return float(values[order][np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)])


def _frame(boxes: npt.NDArray[np.float64]) -> float:
    width, height = boxes[:, 2:].max(axis=0) - boxes[:, :2].min(axis=0)
    return float(width * height)


def _corners(west: float, south: float, east: float, north: float) -> list[list[float]]:
    return [[round(float(south), 5), round(float(west), 5)], [round(float(north), 5), round(float(east), 5)]]


def _area(view: ViewState) -> list[list[list[list[float]]]] | None:
    """Return the outline of the area that a view keeps to: of each part its rings of latitude and longitude."""
    if view.filters.area is None:
        return None
    return [
        [[[round(lat, 5), round(lon, 5)] for lon, lat in ring] for ring in part] for part in view.filters.area.parts
    ]


def _points(view: ViewState, place: Place) -> dict[str, Any] | None:
    """Say from which zoom incident points are drawn: always in communities and cells, closer in coarser places."""
    if view.theme == "projector":
        return None
    fine = place.level is not None and place.level.depth >= POINTS_FROM_LEVEL.depth
    url = "/points" + view.but(rows=0, scheme="", classes=(), basemap="").search()  # none of these changes a point
    return {"url": url, "from_zoom": 0 if fine else POINTS_FROM_ZOOM, "text": points_texts(view.lang)}


def _texts(view: ViewState, values: MapValues, *, leaf: bool) -> dict[str, str]:
    lang = view.lang
    keys = ["no_data", "retry", "not_sure", "map", "reset", "zoom_in", "zoom_out", "open", "points_failed"]
    keys += ["whose", "whose_short", "layer_failed", "layer_wait"]
    keys += ["select", "select_end", "select_keys"]
    keys += [f"select_{kind}{end}" for kind in AREAS for end in ("", "_hint")]
    texts = {key: text(lang, key) for key in keys}
    return texts | {
        "value": text(lang, "score_pooled" if values.pooled else values.measure),
        "unit": value_unit(lang, values),
        "count": text(lang, "incidents"),
        "interval": text(lang, "interval_label"),
        "change": comparison_name(lang, told_against(view, values.measure), view.period.kind),
        "hint": text(lang, "hint_leaf" if leaf else "hint"),
    }


def _rounded(values: npt.NDArray[np.float64], digits: int) -> list[float | None]:
    known = np.isfinite(values).tolist()
    return [round(value, digits) if there else None for value, there in zip(values.tolist(), known, strict=True)]
