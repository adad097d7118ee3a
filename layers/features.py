"""Outlines as the browser wants them: small integers, borders told once as steps from point to point."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import orjson
import shapely

from geodata.vocabulary import PlaceLevel

SCALE = 1e-5
"""One step of a coordinate [degrees], about a metre."""


def geometry_json(outlines: gpd.GeoDataFrame, level: PlaceLevel, tokens: list[str]) -> bytes:
    """Encode the outlines of one level.

    A ring is a flat list of whole numbers: the first point, then the step to each next one, in units of ``SCALE`` from
    the origin, longitude first; the closing point is left out.

    Parameters
    ----------
    outlines
        Places of one level with thinned geometry, ``label_lon`` and ``label_lat``, EPSG:4326.
    level
        Their level.
    tokens
        What stands in a link for each place, same order.
    """
    west, south = np.floor(outlines.total_bounds[:2] * 100) / 100
    origin = np.array([west, south])
    labels = np.round((outlines[["label_lon", "label_lat"]].to_numpy() - origin) / SCALE).astype(int)
    return orjson.dumps(
        {
            "level": level.value,
            "origin": [float(west), float(south)],
            "scale": SCALE,
            "ids": tokens,
            "names": outlines["name"].tolist(),
            "names_en": outlines["name_en"].tolist(),
            "parents": outlines["parent_id"].tolist(),
            "labels": labels.tolist(),
            "shapes": [_shape(shape, origin) for shape in outlines.geometry],
        }
    )


def _shape(shape: shapely.Geometry, origin: np.ndarray[Any, Any]) -> list[list[list[int]]]:
    polygons = [[_ring(ring, origin) for ring in (part.exterior, *part.interiors)] for part in shapely.get_parts(shape)]
    whole = [[ring for ring in rings if ring] for rings in polygons]
    return [rings for rings in whole if rings]


def _ring(ring: shapely.LinearRing, origin: np.ndarray[Any, Any]) -> list[int]:
    points = np.round((shapely.get_coordinates(ring) - origin) / SCALE).astype(np.int64)
    steps = np.diff(points, axis=0)
    moved = (steps != 0).any(axis=1)
    points = np.vstack([points[:1], points[1:][moved]])
    if len(points) > 1 and (points[0] == points[-1]).all():
        points = points[:-1]
    if len(points) < 3:
        return []
    return [int(value) for value in np.vstack([points[:1], np.diff(points, axis=0)]).ravel()]
