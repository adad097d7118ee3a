"""Outlines as the browser wants them: whole numbers, each told as the step from the one before."""

from __future__ import annotations

import re
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import orjson
import shapely

from geodata.vocabulary import PlaceLevel

FORMAT = 2
"""Stands in the address and the file name of outlines: browsers and folders keep them for good."""
SCALE = 1e-5
"""One step of a coordinate [degrees], about a metre."""
FINE_SCALE = 2e-5
"""The same for grid cells, of which there are many and whose corners are far apart."""
NEXT = 0
"""Stands for "the word before, its last number raised by one": ids and names of grid cells count up."""
_COUNTED = re.compile(r"(.*?)([0-9]{1,15})", re.DOTALL)


def geometry_json(outlines: gpd.GeoDataFrame, level: PlaceLevel, tokens: list[str]) -> bytes:
    """Encode the outlines of one level.

    A ring is a flat list of whole numbers: its first point as the step from the first point of the ring before (the
    first ring's from the origin), then the step to each next point, longitude first, in units of ``scale``; the closing
    point is left out. Words in a row are shortened by `counted_up`. Grid cells have no label points: their middle
    serves.

    Parameters
    ----------
    outlines
        Places of one level with thinned geometry, ``label_lon`` and ``label_lat``, EPSG:4326.
    level
        Their level.
    tokens
        What stands in a link for each place, same order.
    """
    fine = level is PlaceLevel.GRID_CELL
    scale = FINE_SCALE if fine else SCALE
    origin = np.floor(outlines.total_bounds[:2] * 100) / 100
    labels = np.round((outlines[["label_lon", "label_lat"]].to_numpy() - origin) / scale).astype(int)
    return orjson.dumps(
        {
            "level": level.value,
            "origin": origin.tolist(),
            "scale": scale,
            "ids": counted_up(tokens),
            "names": counted_up(outlines["name"].tolist()),
            "names_en": counted_up(outlines["name_en"].tolist()),
            "labels": None if fine else labels.tolist(),
            "shapes": _shapes(outlines.geometry, origin, scale),
        }
    )


def coded_outlines(outlines: gpd.GeoSeries) -> dict[str, Any]:
    """Encode outlines that have neither names nor ids: origin, scale and shapes, written as those of a level."""
    origin = np.floor(outlines.total_bounds[:2] * 100) / 100 if len(outlines) else np.zeros(2)
    return {"origin": origin.tolist(), "scale": SCALE, "shapes": _shapes(outlines, origin, SCALE)}


def counted_up(words: list[str]) -> list[str | int]:
    """Write ``NEXT`` for each word that is the one before with its last number raised by one.

    >>> counted_up(["A01", "A02", "A03", "B03"])
    ['A01', 0, 0, 'B03']
    """
    return [NEXT if k and word == raised(words[k - 1]) else word for k, word in enumerate(words)]


def raised(word: str) -> str | None:
    """Return a word with the number at its end raised by one, its width kept; None if no number ends it."""
    found = _COUNTED.fullmatch(word)
    if found is None:
        return None
    head, number = found.groups()
    return f"{head}{int(number) + 1:0{len(number)}d}"


def _shapes(shapes: gpd.GeoSeries, origin: npt.NDArray[np.float64], scale: float) -> list[list[list[list[int]]]]:
    before = np.zeros(2, dtype=np.int64)
    coded = []
    for shape in shapes:
        polygons = []
        for part in shapely.get_parts(shape):
            rings: list[list[int]] = []
            for ring in (part.exterior, *part.interiors):
                points = _corners(np.round((shapely.get_coordinates(ring) - origin) / scale).astype(np.int64))
                if len(points) >= 3:
                    rings.append(np.vstack([points[:1] - before, np.diff(points, axis=0)]).ravel().tolist())
                    before = points[0]
                elif not rings:
                    break  # a part smaller than a step: its holes go with it
            if rings:
                polygons.append(rings)
        coded.append(polygons)
    return coded


def _corners(points: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Drop the closing point and points that rounding has made equal to the one before."""
    moved = (np.diff(points, axis=0) != 0).any(axis=1)
    return np.asarray(points[:-1][moved])
