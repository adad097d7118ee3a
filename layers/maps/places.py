"""The choropleth: the values of a view as the map in the browser takes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from geodata.city import CityData, Place
from geodata.locate import Index
from geodata.vocabulary import LEVELS, PlaceLevel
from layers.maps.legend import palette
from layers.maps.values import MapValues
from layers.style import rate_digits
from layers.text import text
from layers.view import ViewState

POINTS_FROM_ZOOM = 14
POINTS_FROM_LEVEL = PlaceLevel.COMMUNITY
"""Incident points are offered in places of this level and finer."""
EMPTY: dict[str, Any] = {
    "geometry": None,
    "show": [],
    "class": [],
    "value": [],
    "decimals": 1,
    "low": None,
    "high": None,
    "change": None,
    "sure": None,
    "count": [],
    "drill": 1,
}
"""A map without places: a grid cell seen from inside."""


def map_payload(view: ViewState, city: CityData, values: MapValues | None) -> dict[str, Any]:
    """Return what the browser needs to draw or recolour the map; geometry goes by its own address.

    Parameters
    ----------
    view
        What is looked at.
    values
        What `map_values` computed, None in a place without finer ones.
    """
    place = city.find(view.place)
    payload: dict[str, Any] = {
        "key": f"{values.level.value if values else 'leaf'}|{place.token}|{city.boundary_version}",
        "here": _here(place, city),
        "around": _around(place, city),
        "fit": _fit(place, city),
        "text": _texts(view, values),
        "lang": view.lang,
        "theme": view.theme,
        "points": _points(view, place, values),
        "palette": palette(view, values),
    }
    if values is None:
        return payload | EMPTY
    digits = 1 if values.scheme is None else rate_digits(list(values.scheme.breaks))
    has_change = bool(np.isfinite(values.change).any())
    return payload | {
        "geometry": geometry_address(city, values.level),
        "show": _ranges(values.rows, city, values.level),
        "class": values.klass.tolist(),
        "value": _rounded(values.value, digits),
        "decimals": digits,
        "low": None if values.low is None else _rounded(values.low, digits),
        "high": None if values.high is None else _rounded(values.high, digits),
        "change": _rounded(values.change, digits) if has_change else None,
        "sure": values.sure.astype(int).tolist() if has_change else None,
        "count": values.counted.places.tolist(),
        "drill": 1,
        "next": _next_geometry(values.level, city),
    }


def _next_geometry(level: PlaceLevel, city: CityData) -> str | None:
    """Return the outlines that a click will need, for the browser to fetch while the reader reads."""
    finer = [other for other in city.levels if other.depth > level.depth]
    return geometry_address(city, finer[0]) if finer else None


def geometry_address(city: CityData, level: PlaceLevel) -> str:
    """Return the address of a level's outlines; it changes when the boundaries do."""
    return f"/geometry/{city.boundary_version}/{level.value}.json"


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


def _fit(place: Place, city: CityData) -> list[list[float]]:
    if place.row is not None:
        west, south, east, north = city.bounds[place.row]
    else:
        west, south = city.bounds[:, :2].min(axis=0)
        east, north = city.bounds[:, 2:].max(axis=0)
    return [[round(float(south), 5), round(float(west), 5)], [round(float(north), 5), round(float(east), 5)]]


def _points(view: ViewState, place: Place, values: MapValues | None) -> dict[str, Any] | None:
    if place.level is None or LEVELS.index(place.level) < LEVELS.index(POINTS_FROM_LEVEL):
        return {"url": "/points" + view.search(), "from_zoom": POINTS_FROM_ZOOM} if values else None
    return {"url": "/points" + view.search(), "from_zoom": 0}


def _texts(view: ViewState, values: MapValues | None) -> dict[str, str]:
    lang = view.lang
    keys = ("no_data", "retry", "not_sure", "map", "reset", "zoom_in", "zoom_out", "open", "points_failed")
    texts = {key: text(lang, key) for key in keys}
    measure = values.measure if values else "score"
    return texts | {
        "value": text(lang, measure),
        "unit": text(lang, "per_residents" if values.per == "residents" else "per_km2")
        if values and values.per
        else "",
        "count": text(lang, "incidents"),
        "interval": text(lang, "interval_label"),
        "change": text(lang, f"compare_{view.compare}"),
        "hint": text(lang, "hint" if values else "hint_leaf"),
    }


def _rounded(values: npt.NDArray[np.float64], digits: int) -> list[float | None]:
    return [None if not np.isfinite(value) else round(float(value), digits) for value in values]
