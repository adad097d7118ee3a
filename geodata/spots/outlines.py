"""The outlines of places taken together, for drawing."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import shapely

from geodata.city import CityData

TOLERANCE = 2e-5
"""What a line may stray when it is drawn [degrees], about two metres."""


def outlines(city: CityData, groups: Sequence[Sequence[int]]) -> gpd.GeoSeries:
    """Return one outline for each group of places: lines between members go, those around the group stay.

    Parameters
    ----------
    city
        The city.
    groups
        Rows of ``CityData.places`` that make one figure each.

    Returns
    -------
    gpd.GeoSeries
        Polygons or multipolygons, EPSG:4326, one a group.
    """
    shapes = city.places.geometry.to_numpy()
    joined = [shapely.union_all(shapes[np.asarray(rows, dtype=np.intp)]) for rows in groups]
    return gpd.GeoSeries(list(shapely.simplify(np.array(joined, dtype=object), TOLERANCE)), crs="EPSG:4326")
