"""Outlines for the browser: what is encoded can be decoded, shared borders stay shared, and the file is small."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Polygon, box

from geodata.city import CityData, thin_outlines
from geodata.store import Store
from geodata.vocabulary import PlaceLevel
from layers.features import counted_up, geometry_json

MOST = 300 * 1024


# --- a small decoder, written from the description of the format ---


def decoded(body: bytes) -> dict[str, Any]:
    raw = json.loads(body)
    raw["ids"], raw["names"], raw["names_en"] = (words(raw[key]) for key in ("ids", "names", "names_en"))
    at = np.zeros(2, dtype=np.int64)
    shapes = []
    for polygons in raw["shapes"]:
        parts = []
        for rings in polygons:
            corners = []
            for ring in rings:
                steps = np.array(ring, dtype=np.int64).reshape(-1, 2)
                points = at + np.cumsum(steps, axis=0)
                at = points[0]
                corners.append(points * raw["scale"] + raw["origin"])
            parts.append(Polygon(corners[0], corners[1:]))
        shapes.append(parts[0] if len(parts) == 1 else MultiPolygon(parts))
    raw["shapes"] = shapes
    return dict(raw)


def words(coded: list[str | int]) -> list[str]:
    plain: list[str] = []
    for word in coded:
        if word == 0:
            found = re.search(r"[0-9]+$", plain[-1])
            assert found
            number = found.group()[-15:]
            plain.append(plain[-1][: -len(number)] + str(int(number) + 1).zfill(len(number)))
        else:
            assert isinstance(word, str)
            plain.append(word)
    return plain


def outlines_of(shapes: list[Any]) -> gpd.GeoDataFrame:
    n = len(shapes)
    middle = [shape.representative_point() for shape in shapes]
    return gpd.GeoDataFrame(
        {
            "name": [f"地方{k}" for k in range(n)],
            "name_en": [f"Place {k}" for k in range(n)],
            "parent_id": [""] * n,
            "label_lon": [point.x for point in middle],
            "label_lat": [point.y for point in middle],
        },
        geometry=shapes,
        crs="EPSG:4326",
    )


def there_and_back(shapes: list[Any], level: PlaceLevel = PlaceLevel.STREET) -> dict[str, Any]:
    return decoded(geometry_json(outlines_of(shapes), level, [f"P{k}" for k in range(len(shapes))]))


# --- hand-made shapes ---


def test_a_square_comes_back() -> None:
    square = box(113.5, 22.2, 113.6, 22.3)
    back = there_and_back([square])
    assert (
        back["shapes"][0].equals_exact(square.normalize(), 1e-5)
        or back["shapes"][0].symmetric_difference(square).area < 1e-6
    )
    assert back["level"] == "street"
    assert back["names"] == ["地方0"]
    assert back["names_en"] == ["Place 0"]


def test_holes_and_islands_come_back() -> None:
    ring = box(113.5, 22.2, 113.6, 22.3).difference(box(113.53, 22.23, 113.57, 22.27))
    archipelago = MultiPolygon([box(114.0, 22.0, 114.01, 22.01), ring, box(113.9, 22.1, 113.95, 22.15)])
    (back,) = there_and_back([archipelago])["shapes"]
    assert len(back.geoms) == 3
    assert sum(len(part.interiors) for part in back.geoms) == 1
    assert back.symmetric_difference(archipelago).area < 1e-6


def test_places_of_the_same_corner_keep_it() -> None:
    left, right = box(113.5, 22.2, 113.512345, 22.3), box(113.512345, 22.2, 113.6, 22.3)
    one, other = there_and_back([left, right])["shapes"]
    assert set(one.exterior.coords) & set(other.exterior.coords) == {
        one.intersection(other).boundary.geoms[k].coords[0] for k in (0, 1)
    }


def test_a_part_smaller_than_a_step_vanishes_with_its_holes_and_harms_nobody() -> None:
    speck = Polygon([(113.7, 22.2), (113.700001, 22.2), (113.700001, 22.200001)])
    place = MultiPolygon([speck, box(113.5, 22.2, 113.6, 22.3)])
    back = there_and_back([place, box(113.6, 22.2, 113.65, 22.3)])["shapes"]
    assert back[0].symmetric_difference(place).area < 1e-6
    assert back[1].symmetric_difference(box(113.6, 22.2, 113.65, 22.3)).area < 1e-6


def test_a_hole_smaller_than_a_step_vanishes_alone() -> None:
    whole = box(113.5, 22.2, 113.6, 22.3)
    pricked = Polygon(whole.exterior, [[(113.55, 22.25), (113.550001, 22.25), (113.550001, 22.250001)]])
    back = there_and_back([pricked, box(113.6, 22.2, 113.65, 22.3)])["shapes"]
    assert len(back[0].interiors) == 0
    assert back[1].symmetric_difference(box(113.6, 22.2, 113.65, 22.3)).area < 1e-6


@pytest.mark.parametrize("corner", [(-0.12, 51.5), (-123.1, 49.2), (-70.6, -33.4), (179.8, -16.5), (0.0, 0.0)])
def test_places_anywhere_on_earth_come_back(corner: tuple[float, float]) -> None:
    lon, lat = corner
    shape = box(lon, lat, lon + 0.1, lat + 0.1)
    assert there_and_back([shape])["shapes"][0].symmetric_difference(shape).area < 1e-6


@given(
    st.lists(
        st.tuples(st.integers(-900, 900), st.integers(-900, 900), st.integers(3, 60), st.integers(3, 60)),
        min_size=1,
        max_size=12,
    )
)
@settings(deadline=None, max_examples=60)
def test_any_boxes_come_back(boxes: list[tuple[int, int, int, int]]) -> None:
    shapes = [box(113 + x / 1e3, 22 + y / 1e3, 113 + (x + w) / 1e3, 22 + (y + h) / 1e3) for x, y, w, h in boxes]
    back = there_and_back(shapes)
    assert back["ids"] == [f"P{k}" for k in range(len(shapes))]
    for shape, found, label in zip(shapes, back["shapes"], back["labels"], strict=True):
        assert found.symmetric_difference(shape).area < 1e-6
        at = np.array(label) * back["scale"] + back["origin"]
        assert shape.buffer(2e-5).contains(shapely.Point(at))


# --- words that count up ---


@pytest.mark.parametrize(
    "plain",
    [
        [],
        ["a"],
        ["网格001", "网格002", "网格003", "网格009", "网格010"],
        ["A09", "A10", "A11"],
        ["A99", "A100", "A101"],
        ["440402006001001", "440402006001002", "440402006002001"],
        ["x", "x", "x"],
        ["12 St 1", "12 St 2", "13 St 3"],
        ["9", "10", "11"],
        ["009", "010"],
        ["", "1", "2"],
        ["+", "+"],
        ["1+", "2+"],
        ["A９", "A10"],
    ],
)
def test_words_that_count_up_come_back(plain: list[str]) -> None:
    assert words(counted_up(plain)) == plain


@given(st.lists(st.from_regex(r"\A[A-Z]{0,2}[0-9]{0,18}\Z"), max_size=12))
@settings(deadline=None)
def test_any_words_come_back(plain: list[str]) -> None:
    assert words(counted_up(plain)) == plain


# --- the demo city ---


@pytest.mark.parametrize("level", list(PlaceLevel))
def test_the_outlines_of_the_demo_city_come_back(demo_city: CityData, demo_folder: Path, level: PlaceLevel) -> None:
    rows = demo_city.members(level, demo_city.city)
    thinned = thin_outlines(Store(demo_folder)).iloc[rows]
    tokens = [demo_city.place(int(row)).token for row in rows]
    body = geometry_json(thinned, level, tokens)
    back = decoded(body)
    assert back["ids"] == tokens
    assert back["names"] == demo_city.places["name"].iloc[rows].tolist()
    assert back["names_en"] == demo_city.places["name_en"].iloc[rows].tolist()
    assert len(back["shapes"]) == len(rows)
    assert len(gzip.compress(body, 9)) <= MOST
    found = gpd.GeoSeries(back["shapes"], crs="EPSG:4326")
    assert not found.is_empty.any()
    area, exact = (shapely.area(each.to_numpy()) for each in (found, thinned.geometry))
    assert area.sum() == pytest.approx(exact.sum(), rel=1e-3)
    apart = shapely.hausdorff_distance(found.to_numpy(), thinned.geometry.to_numpy())
    assert np.median(apart) <= back["scale"]


def test_labels_lie_in_their_places(demo_city: CityData, demo_folder: Path) -> None:
    rows = demo_city.members(PlaceLevel.COMMUNITY, demo_city.city)
    thinned = thin_outlines(Store(demo_folder)).iloc[rows]
    back = decoded(geometry_json(thinned, PlaceLevel.COMMUNITY, [str(row) for row in rows]))
    at = np.array(back["labels"]) * back["scale"] + back["origin"]
    near = shapely.distance(shapely.points(at), np.array(back["shapes"]))
    assert (near <= 3 * back["scale"]).all()


def test_neighbours_keep_their_border(demo_city: CityData, demo_folder: Path) -> None:
    for level in (PlaceLevel.DISTRICT, PlaceLevel.STREET, PlaceLevel.COMMUNITY):
        rows = demo_city.members(level, demo_city.city)
        thinned = thin_outlines(Store(demo_folder)).iloc[rows]
        shapes = np.array(decoded(geometry_json(thinned, level, [str(row) for row in rows]))["shapes"])
        valid = shapes[shapely.is_valid(shapes)]
        assert len(valid) >= 0.98 * len(shapes)
        union = shapely.union_all(valid)
        assert shapely.area(valid).sum() == pytest.approx(union.area, rel=1e-3)  # next to no overlap
