"""Outlines of the parts of a place laid on a plane, as large as a picture of width 1 allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from geodata.boundaries import outlines
from geodata.city import CityData, Place
from geodata.vocabulary import PlaceLevel

Values = npt.NDArray[np.float64]
Rings = tuple[tuple[tuple[float, float], ...], ...]
DETAIL = 1 / 900
"""Steps of an outline smaller than this share of the picture's width are left out."""
METRES = 111_320.0
"""Length of a degree of latitude [m]."""
DECIMALS = 5
LEAST_AREA = 1e-6
"""Rings smaller than this, in squares of the picture's width, are left out unless they are a place's only one."""


@dataclass(frozen=True)
class Plane:
    """Places on a plane: x to the right from 0 to 1, y downwards from 0 to the height."""

    height: float
    rings: dict[str, Rings]
    """By token: outer and inner rings alike (even-odd fill)."""
    points: dict[str, tuple[float, float]]
    """By token: where a label stands."""


def laid_out(city: CityData, place: Place, level: PlaceLevel) -> Plane:
    """Lay out a level's places inside a place, and the place itself under its own token; it has no point.

    The plane touches the earth in the middle of the picture: of a city nobody sees the difference.

    Parameters
    ----------
    city
        The city; outlines in EPSG:4326.
    place, level
        A place, and a level that has places inside it.
    """
    rows = city.members(level, place)
    parts = city.places.iloc[rows]
    west, south, east, north = parts.total_bounds.tolist()
    shrink = float(np.cos(np.radians((south + north) / 2)))  # a degree of longitude against one of latitude
    across = max((east - west) * shrink, 1e-9)
    thin = outlines(parts, tolerance_m=max(across * METRES * DETAIL, 0.1))

    def laid(at: Values) -> Values:
        return np.column_stack([(at[:, 0] - west) * shrink, north - at[:, 1]]) / across

    tokens = [city.place(int(row)).token for row in rows]
    rings = {token: _rings(shape, laid) for token, shape in zip(tokens, thin.geometry, strict=True)}
    rings[place.token] = _rings(shapely.unary_union(thin.geometry.to_numpy()), laid)
    at = laid(thin[["label_lon", "label_lat"]].to_numpy()).round(DECIMALS).tolist()
    points = {token: (x, y) for token, (x, y) in zip(tokens, at, strict=True)}
    return Plane(round((north - south) / across, DECIMALS), rings, points)


def _rings(shape: shapely.Geometry, laid: Callable[[Values], Values]) -> Rings:
    """Return the outer and inner rings of a shape, without those that nobody could see."""
    found: list[tuple[float, Values]] = []
    for part in shapely.get_parts(shape):
        if part.geom_type != "Polygon":
            continue
        for ring in (part.exterior, *part.interiors):
            at = laid(shapely.get_coordinates(ring)).round(DECIMALS)
            kept = at[:-1][(np.diff(at, axis=0) != 0).any(axis=1)]
            if len(kept) >= 3:
                found.append((float(shapely.area(shapely.Polygon(kept))), kept))
    least = min(LEAST_AREA, max((area for area, _ in found), default=0.0))
    return tuple(tuple((x, y) for x, y in ring.tolist()) for area, ring in found if area >= least)
