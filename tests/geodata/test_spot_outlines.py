"""Outlines of places taken together: lines between members go, those around the group stay."""

from __future__ import annotations

import pytest

from geodata.city import CityData
from geodata.spots.outlines import outlines
from geodata.vocabulary import PlaceLevel


def test_the_streets_of_a_district_make_the_district(demo_city: CityData) -> None:
    district = demo_city.find("440402")
    streets = demo_city.members(PlaceLevel.STREET, district)
    (outline,) = outlines(demo_city, [streets.tolist()])
    assert district.row is not None
    whole = demo_city.places.geometry.iloc[district.row]
    assert outline.symmetric_difference(whole).area == pytest.approx(0, abs=0.002 * whole.area)


def test_each_group_has_an_outline_of_its_own(demo_city: CityData) -> None:
    rows = demo_city.members(PlaceLevel.GRID_CELL, demo_city.city)[:5].tolist()
    found = outlines(demo_city, [rows[:1], rows[1:]])
    assert len(found) == 2
    assert found.iloc[0].area == pytest.approx(demo_city.places.geometry.iloc[rows[0]].area, rel=0.02)
    assert found.crs is not None
    assert found.crs.to_epsg() == 4326


def test_no_groups_have_no_outline(demo_city: CityData) -> None:
    assert len(outlines(demo_city, [])) == 0
