"""Outlines on a plane: shares of the picture's width, holes kept, crumbs left out."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geodata.city import CityData
from geodata.plane import _rings, laid_out


def test_a_hole_is_a_ring_of_its_own_and_a_crumb_is_none() -> None:
    square = shapely.box(0, 0, 1, 1).difference(shapely.box(0.4, 0.4, 0.6, 0.6))
    crumb = shapely.box(2, 2, 2.0001, 2.0001)
    found = _rings(shapely.MultiPolygon([square, crumb]), np.asarray)
    assert [len(ring) for ring in found] == [4, 4]
    assert [len(ring) for ring in _rings(crumb, np.asarray)] == [4]  # it is all that there is of its place


def test_a_degree_of_latitude_is_longer_than_one_of_longitude(demo_city: CityData) -> None:
    place = demo_city.city
    level = demo_city.levels_below(place)[0]
    west, south, east, north = demo_city.places.iloc[demo_city.members(level, place)].total_bounds.tolist()
    shrink = np.cos(np.radians((south + north) / 2))
    assert laid_out(demo_city, place, level).height == pytest.approx((north - south) / (east - west) / shrink, abs=1e-4)
