"""Coordinate systems: published points, laws of the shifts, and words that are no system."""

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.coordinates import (
    CoordinateSystem,
    bd09_to_gcj02,
    fits,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    metric_crs,
    shapes_to_lonlat,
    to_lonlat,
    wgs84_to_gcj02,
)
from geodata.errors import BoundaryError

# 香洲, 拱北, 井岸, 外伶仃: WGS-84, GCJ-02, BD-09 [degrees]
POINTS = [
    ((113.55, 22.271), (113.55509183, 22.26802492), (113.56160143, 22.2739336)),
    ((113.549, 22.215), (113.5540908, 22.21204419), (113.56061654, 22.21797404)),
    ((113.289, 22.211), (113.29429607, 22.20820381), (113.30075543, 22.21445444)),
    ((114.03, 22.11), (114.03503896, 22.10730689), (114.0415757, 22.11322144)),
]
WGS84, GCJ02, BD09 = (np.array(points).T for points in zip(*POINTS, strict=True))

in_china = st.tuples(st.floats(73.5, 134.5), st.floats(18.0, 53.5))


def arrays(points):
    lon, lat = np.array(points, dtype=float).T
    return lon, lat


def test_four_points_of_zhuhai_move_to_gcj02_and_bd09_as_published():
    assert np.allclose(wgs84_to_gcj02(*WGS84), GCJ02, rtol=0, atol=1e-8)
    assert np.allclose(gcj02_to_bd09(*wgs84_to_gcj02(*WGS84)), BD09, rtol=0, atol=1e-8)


@settings(deadline=None)
@given(st.lists(in_china, min_size=1, max_size=20))
def test_moving_there_and_back_ends_within_a_billionth_of_a_degree(points):
    lon, lat = arrays(points)
    assert np.allclose(gcj02_to_wgs84(*wgs84_to_gcj02(lon, lat)), (lon, lat), rtol=0, atol=1e-9)
    assert np.allclose(bd09_to_gcj02(*gcj02_to_bd09(lon, lat)), (lon, lat), rtol=0, atol=1e-9)


@settings(deadline=None)
@given(in_china)
def test_gcj02_moves_a_point_by_less_than_two_kilometres_and_never_by_nothing(point):
    lon, lat = arrays([point])
    there_lon, there_lat = wgs84_to_gcj02(lon, lat)
    _, _, metres = pyproj.Geod(ellps="WGS84").inv(lon, lat, there_lon, there_lat)
    assert 0.1 < metres[0] < 2000.0


def test_outside_china_and_missing_points_stay_where_they_are():
    lon, lat = np.array([-87.63, np.nan, 113.55, np.inf]), np.array([41.88, 22.2, np.nan, 22.2])
    for move in (wgs84_to_gcj02, gcj02_to_wgs84):
        moved = move(lon, lat)
        assert np.array_equal(moved, (lon, lat), equal_nan=True)


def test_the_input_arrays_are_not_changed():
    lon, lat = WGS84.copy()
    wgs84_to_gcj02(lon, lat)
    gcj02_to_bd09(lon, lat)
    assert np.array_equal((lon, lat), WGS84)


@pytest.mark.parametrize(("text", "code"), [
    ("wgs84", "wgs84"),
    ("WGS-84", "wgs84"),
    ("GCJ02", "gcj02"),
    (" gcj-02 ", "gcj02"),
    ("ＢＤ０９", "bd09"),
    ("cgcs_2000", "cgcs2000"),
    ("epsg:4547", "EPSG:4547"),
    ("EPSG:4326", "wgs84"),
    ("EPSG:4490", "cgcs2000"),
])  # fmt: skip
def test_a_system_is_known_by_any_spelling_of_its_name(text, code):
    assert CoordinateSystem.parse(text).code == code


@pytest.mark.parametrize("text", ["", "mars", "EPSG:", "EPSG:1", "EPSG:999999", "EPSG:5773", "EPSG:4978", "4547"])
def test_what_is_no_system_of_positions_is_refused_in_both_languages(text):
    with pytest.raises(BoundaryError) as refused:
        CoordinateSystem.parse(text)
    assert "EPSG:4547" in refused.value.zh
    assert "EPSG:4547" in refused.value.en


def test_every_system_leads_to_the_same_place():
    east, north = np.array([453620.4963566337]), np.array([2463877.905551453])
    for x, y, code in ((east, north, "EPSG:4547"), (*GCJ02[:, :1], "gcj02"), (*BD09[:, :1], "bd09")):
        lon, lat = to_lonlat(x, y, CoordinateSystem.parse(code))
        assert (lon[0], lat[0]) == pytest.approx((113.55, 22.271), abs=2e-8)


@pytest.mark.parametrize("code", ["wgs84", "gcj02", "bd09", "EPSG:4547", "EPSG:26910"])
def test_numbers_that_are_no_position_never_become_one(code):
    x, y = np.array([np.nan, 1.0, np.inf, 1e308]), np.array([1.0, np.nan, 1.0, 1e308])
    system = CoordinateSystem.parse(code)
    lon, lat = to_lonlat(x, y, system)
    assert not fits(lon, lat, system).any()


def test_zero_metres_do_not_fit_a_system_made_for_canada():
    system = CoordinateSystem.parse("EPSG:26910")
    lon, lat = to_lonlat(np.array([0.0, 491059.0]), np.array([0.0, 5459122.0]), system)
    assert fits(lon, lat, system).tolist() == [False, True]


def test_shapes_move_vertex_by_vertex_and_lose_their_height():
    ring = np.column_stack([*GCJ02, np.full(4, 7.0)])
    shapes = gpd.GeoSeries([shapely.Polygon(ring), None], index=[5, 9])
    moved = shapes_to_lonlat(shapes, CoordinateSystem.parse("gcj02"))
    assert moved.crs == "EPSG:4326"
    assert moved.index.tolist() == [5, 9]
    assert moved.isna().tolist() == [False, True]
    assert not moved.iloc[0].has_z
    assert np.allclose(shapely.get_coordinates(moved.iloc[0])[:4].T, WGS84, rtol=0, atol=1e-7)


@pytest.mark.parametrize(("x", "y", "code"), [(453620.5, 2463877.9, "wgs84"), (113.55, 22.27, "EPSG:4547")])
def test_shapes_in_another_system_than_said_are_refused(x, y, code):
    shapes = gpd.GeoSeries([shapely.Point(x, y).buffer(0.01)])
    with pytest.raises(BoundaryError, match="--crs"):
        shapes_to_lonlat(shapes, CoordinateSystem.parse(code))


def test_a_file_in_a_system_without_a_number_keeps_its_definition():
    own = pyproj.CRS("+proj=tmerc +lon_0=113.5 +x_0=500000 +ellps=GRS80 +units=m")
    system = CoordinateSystem.of_file(own)
    lon, lat = to_lonlat(np.array([500000.0]), np.array([2463000.0]), system)
    assert lon[0] == pytest.approx(113.5, abs=1e-9)
    assert lat[0] == pytest.approx(22.26, abs=0.01)


def test_a_system_that_needs_a_further_file_is_refused():
    own = pyproj.CRS("+proj=longlat +ellps=krass +nadgrids=/nowhere/grid.gsb +type=crs")
    with pytest.raises(BoundaryError, match="别的文件"):
        CoordinateSystem.of_file(own)
    with pytest.raises(BoundaryError, match="无法识别"):
        CoordinateSystem.parse(own.to_wkt())


def test_a_system_that_nobody_can_move_from_is_refused():
    system = CoordinateSystem(pyproj.CRS("+proj=longlat +ellps=krass +nadgrids=/nowhere/grid.gsb +type=crs").to_wkt())
    with pytest.raises(BoundaryError, match="无法换算"):
        to_lonlat(np.array([113.5]), np.array([22.2]), system)


@pytest.mark.parametrize(("lon", "lat", "code"), [
    (113.55, 22.27, "EPSG:4547"),
    (112.4, 22.27, "EPSG:32649"),
    (-87.63, 41.88, "EPSG:32616"),
    (0.0, 51.5, "EPSG:32631"),
    (151.2, -33.9, "EPSG:32756"),
    (180.0, 10.0, "EPSG:32660"),
    (10.0, 88.0, "EPSG:32661"),
    (10.0, -88.0, "EPSG:32761"),
])  # fmt: skip
def test_metres_are_measured_in_the_zone_of_the_place(lon, lat, code):
    assert metric_crs(lon, lat) == code
    assert pyproj.CRS(code).axis_info[0].unit_name == "metre"


@pytest.mark.parametrize(("lon", "lat"), [(np.nan, 22.0), (200.0, 0.0), (0.0, 91.0)])
def test_metres_of_nowhere_are_refused(lon, lat):
    with pytest.raises(BoundaryError):
        metric_crs(lon, lat)


def test_long_arrays_move_back_as_their_parts_do():
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(113.0, 114.4, 20_001), rng.uniform(21.8, 22.5, 20_001)
    for forward, back in ((wgs84_to_gcj02, gcj02_to_wgs84), (gcj02_to_bd09, bd09_to_gcj02)):
        returned = np.array(back(*forward(lon, lat)))
        assert np.abs(returned - (lon, lat)).max() < 1e-9
        middle = [each[8_000:8_400] for each in forward(lon, lat)]
        assert np.array_equal(back(*middle), returned[:, 8_000:8_400])


def test_a_cell_of_a_hundredth_of_a_degree_has_its_true_area_and_not_web_mercators():
    cell = gpd.GeoSeries([shapely.box(113.55, 22.271, 113.56, 22.281)], crs="EPSG:4326")
    km2 = cell.to_crs(metric_crs(113.55, 22.271)).area.iloc[0] / 1e6
    assert km2 == pytest.approx(1.1413, abs=1e-4)
    assert cell.to_crs("EPSG:3857").area.iloc[0] / 1e6 == pytest.approx(1.339, abs=1e-3)
