"""Outlines as they leave the city: six decimals, outer rings counter-clockwise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely

from geodata.city import CityData
from geodata.locate import Index

DIGITS = 6
"""Decimals of a degree: a decimetre."""
Shapes = npt.NDArray[np.object_]


def outlines_of(city: CityData, rows: Index) -> Shapes:
    """Return the outlines of some places in degrees (EPSG:4326), shape (n,).

    Parameters
    ----------
    rows
        Of ``CityData.places``.
    """
    return _drawn(np.asarray(city.places.geometry.array[rows]))


def _drawn(shapes: Shapes) -> Shapes:
    rounded = np.asarray(shapely.transform(shapes, _round))
    broken = ~shapely.is_valid(rounded)  # where rounding makes a narrow part cross itself
    if broken.any():
        mended = shapely.set_precision(shapely.make_valid(shapes[broken]), 10.0**-DIGITS)
        rounded[broken] = shapely.transform(mended, _round)
    return np.asarray(shapely.orient_polygons(rounded))


def _round(at: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(np.round(at, DIGITS))


def joined(city: CityData, groups: Sequence[Index]) -> Shapes:
    """Return one outline a group of places, shape (n_groups,).

    Parameters
    ----------
    groups
        Rows of ``CityData.places``.
    """
    shapes = np.empty(len(groups), dtype=object)
    for k, rows in enumerate(groups):
        shapes[k] = shapely.union_all(np.asarray(city.places.geometry.array[rows]))
    return _drawn(shapes)
