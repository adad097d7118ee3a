"""The coordinate examination: every system is found where the evidence allows it, and doubt is said where not."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.coordinates import CoordinateSystem, gcj02_to_bd09, to_lonlat, wgs84_to_gcj02
from geodata.demo.facts import read_facts
from geodata.errors import BoundaryError
from geodata.examine import MIN_POINTS, Reading, examine_points, examine_shapes

SHIFTED = ("wgs84", "gcj02", "bd09")
LON, LAT = 113.52, 22.27


def degrees(x_m, y_m):
    return LON + x_m / 103_000, LAT + y_m / 110_750


def town(count, seed):
    """Return incidents at the doors of a town of crooked streets, always the same town: lon, lat [degrees, WGS-84]."""
    rng = np.random.default_rng(7)
    starts, turns = rng.uniform(-4000, 4000, (120, 2)), rng.normal(0, 0.15, (120, 40)).cumsum(axis=1)
    turns += rng.uniform(0, 2 * np.pi, (120, 1))
    x = (starts[:, :1] + 30 * np.cos(turns).cumsum(axis=1)).ravel()
    y = (starts[:, 1:] + 30 * np.sin(turns).cumsum(axis=1)).ravel()
    draw = np.random.default_rng(seed)
    door = draw.integers(0, len(x), count)
    return degrees(*(each[door] + draw.normal(0, 8, count) for each in (x, y)))


def as_written(lon, lat, system):
    """Return what a file in `system` would say of these positions."""
    if system in ("gcj02", "bd09"):
        moved = wgs84_to_gcj02(lon, lat)
        return moved if system == "gcj02" else gcj02_to_bd09(*moved)
    if system.startswith("EPSG"):
        return pyproj.Transformer.from_crs("EPSG:4326", system, always_xy=True).transform(lon, lat)
    return lon, lat


def squares(size_m, half_m, level):
    edges = np.arange(-half_m, half_m, size_m)
    boxes = [shapely.box(*degrees(x, y), *degrees(x + size_m, y + size_m)) for x in edges for y in edges]
    ids = [f"{level}{number}" for number in range(len(boxes))]
    return gpd.GeoDataFrame({"place_id": ids, "level": level}, geometry=boxes, crs="EPSG:4326")


@pytest.fixture(scope="module")
def city():
    return pd.concat([squares(10_400, 5_200, "district"), squares(520, 5_200, "community")], ignore_index=True)


@pytest.fixture(scope="module")
def trusted():
    return town(8000, seed=1)


@pytest.mark.parametrize(("packing", "raw", "degrees"), [
    ("", 113.55, 113.55),
    ("e6", 113_550_000, 113.55),
    ("e7", 1_135_500_000, 113.55),
    ("dm", 11333.0, 113.55),
    ("dm", -8737.5, -87.625),
    ("dms", 1133330, 113.0 + 33 / 60 + 30 / 3600),
    ("dm", 11360.0, np.nan),
    ("dms", 1133360, np.nan),
    ("dms", 1136030, np.nan),
])  # fmt: skip
def test_packed_degrees_are_unpacked_and_sixty_minutes_are_none(packing, raw, degrees):
    lon, _ = Reading("wgs84", packing=packing).to_lonlat(np.array([raw]), np.array([0.0]))
    assert lon[0] == pytest.approx(degrees, abs=1e-9, nan_ok=True)


def test_a_reading_names_what_is_done_to_the_numbers():
    reading = Reading("gcj02", swapped=True, packing="e6")
    assert str(reading) == "swapped:e6:gcj02"
    assert reading.names[0] == "GCJ-02（高德、腾讯；写成度的一百万倍；两列颠倒）"
    assert Reading("EPSG:4547").names == ("EPSG:4547", "EPSG:4547")


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("system", [*SHIFTED, "EPSG:4547", "EPSG:4526", "EPSG:4497", "EPSG:3857", "EPSG:32649"])
def test_every_system_is_found_in_either_order_of_its_columns(system, swapped, city, trusted):
    x, y = as_written(*town(400, seed=2), system)
    found = examine_points(*((y, x) if swapped else (x, y)), declared="wgs84", places=city, trusted=trusted)
    assert (found.likely, found.sure) == (Reading(system, swapped), True)
    assert found.as_declared == (system == "wgs84" and not swapped)
    assert found.to_ask == (not found.as_declared)


@pytest.mark.parametrize("system", SHIFTED)
@pytest.mark.parametrize(("packing", "pack"), [
    ("e6", lambda values: np.rint(values * 1e6)),
    ("e7", lambda values: np.rint(values * 1e7)),
    ("dm", lambda values: np.floor(values) * 100 + values % 1 * 60),
    ("dms", lambda values: np.floor(values) * 10000 + np.floor(values * 60 % 60) * 100 + values * 3600 % 60),
])  # fmt: skip
def test_packed_degrees_are_found_and_so_is_their_system(packing, pack, system, city, trusted):
    x, y = as_written(*town(400, seed=3), system)
    found = examine_points(pack(x), pack(y), declared="wgs84", places=city, trusted=trusted)
    assert (found.likely, found.sure) == (Reading(system, packing=packing), True)


def test_batches_of_every_size_are_named_or_left_open_but_not_named_wrongly(city, trusted):
    verdicts = {"right": 0, "unsure": 0, "wrong": 0}
    for count in (30, 100, 300):
        for seed in range(10, 22):
            batch = town(count, seed)
            for system in SHIFTED:
                found = examine_points(*as_written(*batch, system), declared=None, places=city, trusted=trusted)
                right = found.likely == Reading(system)
                verdicts["unsure" if not found.sure else "right" if right else "wrong"] += 1
    assert verdicts["wrong"] == 0
    assert verdicts["right"] >= 105


def test_what_was_found_comes_first_and_tells_how_far_the_others_are(city, trusted):
    found = examine_points(*as_written(*town(300, 4), "gcj02"), declared="wgs84", places=city, trusted=trusted)
    best, *others = found.candidates
    assert best.reading == found.likely
    assert best.fit_m < 0.8 * min(each.fit_m for each in others)
    assert best.inside > 0.97
    assert {str(each.reading) for each in found.candidates} == set(SHIFTED)
    assert found.confidence > 0.9


def test_gcj02_taken_for_wgs84_puts_everything_into_the_wrong_square_of_half_a_kilometre(city, trusted):
    found = examine_points(*as_written(*town(300, 4), "gcj02"), declared="wgs84", places=city, trusted=trusted)
    assert found.wrong_share["community"] > 0.95
    assert found.wrong_share["district"] < 0.2
    assert f"{round(100 * found.wrong_share['community'])} % 的点会落错村居" in found.sentence()
    assert "wrong community" in found.sentence("en")
    right = examine_points(*town(300, 4), declared="wgs84", places=city, trusted=trusted)
    assert set(right.wrong_share.values()) == {0.0}
    assert "相符" in right.sentence()


def test_a_share_of_wrong_places_is_counted_by_hand():
    # two halves of a city; every tenth of 40 points lies within 0.01° west of the middle and crosses it when shifted
    halves = gpd.GeoDataFrame(
        {"place_id": ["1", "2"], "level": "district"},
        geometry=[shapely.box(113.0, 22.0, 113.5, 23.0), shapely.box(113.5, 22.0, 114.0, 23.0)],
        crs="EPSG:4326",
    )
    lon = np.where(np.arange(40) % 10 == 0, 113.498, 113.2)
    lat = 22.2 + np.arange(40) * 0.01
    found = examine_points(*as_written(lon, lat, "gcj02"), declared="wgs84", places=halves, trusted=(lon, lat))
    assert str(found.likely) == "gcj02"
    assert found.wrong_share == {"district": 0.1}


@pytest.mark.parametrize("count", [0, 1, MIN_POINTS - 1])
def test_too_few_distinct_positions_are_not_guessed_at(count, city, trusted):
    lon, lat = (np.repeat(each, 200) for each in town(count, 5))
    nothing = np.array([0.0, np.nan, np.inf])
    found = examine_points(
        np.append(lon, nothing), np.append(lat, nothing), declared="gcj02", places=city, trusted=trusted
    )
    assert (found.n, found.likely, found.sure, found.to_ask) == (count, None, False, False)
    assert f"只有 {count} 个" in found.sentence()


def test_without_places_or_incidents_only_doubt_is_left():
    found = examine_points(*town(500, 6), declared="gcj02", places=None, trusted=None)
    assert (found.sure, found.to_ask, found.wrong_share) == (False, False, {})
    assert {str(each.reading) for each in found.candidates} == set(SHIFTED)
    assert found.sentence().startswith("看不出来")
    assert "cannot be told" in found.sentence("en")


def test_a_declaration_that_cannot_be_is_asked_about_even_where_the_truth_is_not_clear(city):
    lon, lat = town(60, 6)
    found = examine_points(lat, lon, declared="wgs84", places=city, trusted=None)
    assert (found.sure, found.is_refuted, found.to_ask) == (False, True, True)
    assert {each.reading.swapped for each in found.candidates} == {True}
    assert "不在本市附近：最像" in found.sentence()
    assert "两列颠倒" in found.sentence()


def test_a_few_scattered_incidents_are_no_evidence():
    rng = np.random.default_rng(0)
    scattered = degrees(*rng.uniform(-20_000, 20_000, (2, 60)))
    for system in SHIFTED:
        found = examine_points(*as_written(*town(500, 6), system), declared=None, places=None, trusted=scattered)
        assert not found.sure


def test_the_outline_alone_decides_when_many_points_fall_out_of_it():
    lon, lat = town(2000, 8)
    hull = shapely.MultiPoint(np.column_stack([lon, lat])).convex_hull.buffer(0.0005)
    tight = gpd.GeoDataFrame({"place_id": ["1"], "level": "district"}, geometry=[hull], crs="EPSG:4326")
    for system in SHIFTED:
        x, y = as_written(lon, lat, system)
        many = examine_points(x, y, declared="wgs84", places=tight, trusted=None)
        few = examine_points(x[:40], y[:40], declared="wgs84", places=tight, trusted=None)
        assert (many.likely, many.sure) == (Reading(system), True)
        assert not few.sure
        assert np.isnan(many.candidates[0].fit_m)


def test_incidents_that_contradict_the_outline_leave_doubt():
    # an earlier export was stored without correction: it vouches for the next one
    lon, lat = town(4000, 9)
    hull = shapely.MultiPoint(np.column_stack([lon, lat])).convex_hull.buffer(0.0005)
    tight = gpd.GeoDataFrame({"place_id": ["1"], "level": "district"}, geometry=[hull], crs="EPSG:4326")
    stored = as_written(lon, lat, "gcj02")
    batch = as_written(*town(2000, 10), "gcj02")
    assert examine_points(*batch, declared="wgs84", places=None, trusted=stored).sure
    found = examine_points(*batch, declared="wgs84", places=tight, trusted=stored)
    assert not found.sure
    assert examine_points(*batch, declared="wgs84", places=tight, trusted=(lon, lat)).likely == Reading("gcj02")


def test_outside_china_there_is_only_one_way_to_read_degrees():
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(-87.8, -87.6, 200), rng.uniform(41.7, 42.0, 200)
    place = gpd.GeoDataFrame({"level": ["district"]}, geometry=[shapely.box(-88, 41, -87, 42.5)], crs="EPSG:4326")
    found = examine_points(lon, lat, declared=None, places=place, trusted=None)
    assert [str(each.reading) for each in found.candidates] == ["wgs84"]
    assert found.sure
    metres = as_written(lon, lat, "EPSG:26916")
    declared = examine_points(*metres, declared="EPSG:26916", places=place, trusted=None)
    assert (declared.likely, declared.sure) == (Reading("EPSG:26916"), True)


@pytest.mark.parametrize("declared", ["cgcs2000", "EPSG:4490", "WGS-84"])
def test_systems_that_agree_within_a_metre_are_one_under_the_declared_name(declared, city, trusted):
    found = examine_points(*town(300, 11), declared=declared, places=city, trusted=trusted)
    assert found.as_declared
    assert found.sure
    assert len(found.candidates) == 3


def test_numbers_near_no_city_are_asked_about(city, trusted):
    rng = np.random.default_rng(0)
    found = examine_points(*rng.uniform(0, 1, (2, 200)), declared="wgs84", places=city, trusted=trusted)
    assert (found.likely, found.sure, found.to_ask, found.candidates) == (None, False, True, ())
    assert "不在本市附近" in found.sentence()


def test_a_declared_system_in_the_words_of_a_file_is_understood(city, trusted):
    own = pyproj.CRS("+proj=tmerc +lon_0=113.35 +x_0=100000 +ellps=GRS80 +units=m")
    x, y = pyproj.Transformer.from_crs("EPSG:4326", own, always_xy=True).transform(*town(300, 12))
    found = examine_points(x, y, declared=own.to_wkt(), places=city, trusted=trusted)
    assert found.as_declared
    assert found.sure
    with pytest.raises(BoundaryError, match="EPSG"):
        examine_points(x, y, declared="火星坐标", places=city, trusted=trusted)


@given(seed=st.integers(0, 2**32 - 1), repeats=st.integers(1, 4))
@settings(deadline=None, max_examples=15)
def test_neither_order_nor_repetition_changes_the_finding(seed, repeats):
    known, (x, y) = town(3000, 1), as_written(*town(60, 13), "bd09")
    order = np.random.default_rng(seed).permutation(np.tile(np.arange(60), repeats))
    before = examine_points(x, y, declared="gcj02", places=None, trusted=known)
    after = examine_points(x[order], y[order], declared="gcj02", places=None, trusted=known)
    assert before.to_dict() == after.to_dict()


def test_looking_changes_nothing_and_the_finding_can_be_sent_as_json(city, trusted):
    x, y = as_written(*town(100, 14), "gcj02")
    kept = x.copy(), y.copy()
    found = examine_points(x, y, declared="wgs84", places=city, trusted=trusted)
    assert np.array_equal((x, y), kept)
    sent = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert sent["likely"] == {"system": "gcj02", "swapped": False, "packing": ""}
    assert sent["zh"] == found.sentence("zh")
    assert sent["en"] == found.sentence("en")
    alone = examine_points(x, y, declared=None, places=None, trusted=None)
    assert json.loads(json.dumps(alone.to_dict(), allow_nan=False))["candidates"][0]["fit_m"] is None


# ---- boundary files


@pytest.fixture(scope="module")
def outline():
    """Return the districts of Zhuhai as the project ships them, WGS-84."""
    return read_facts().outlines.geometry


def written_shapes(shapes, system, *, swapped=False):
    def write(vertices):
        x, y = as_written(vertices[:, 0], vertices[:, 1], system)
        return np.column_stack([y, x] if swapped else [x, y])

    return gpd.GeoSeries(shapely.transform(np.asarray(shapes), write))


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("system", [*SHIFTED, "EPSG:4547", "EPSG:3857"])
def test_the_system_of_a_boundary_file_is_found(system, swapped, outline):
    found = examine_shapes(written_shapes(outline, system, swapped=swapped), declared="wgs84")
    assert (found.likely, found.sure) == (Reading(system, swapped), True)
    assert found.wrong_share["district"] == 0.0 if found.as_declared else found.wrong_share["district"] > 0.02


@pytest.mark.parametrize("system", SHIFTED)
def test_coarse_outlines_one_district_and_finer_levels_are_found_too(system, outline):
    west, south, east, north = outline.total_bounds
    lattice = [shapely.box(x, y, x + 0.03, y + 0.03)
               for x in np.arange(west, east, 0.03) for y in np.arange(south, north, 0.03)]  # fmt: skip
    pieces = [piece for each in outline for piece in shapely.intersection(lattice, each) if not piece.is_empty]
    for shapes in (outline.simplify(0.003), outline.iloc[1:2], pieces):
        found = examine_shapes(written_shapes(shapes, system), declared=None)
        assert (found.likely, found.sure) == (Reading(system), True)


def test_the_level_of_the_reference_that_is_drawn_as_finely_is_compared(outline):
    west = [shapely.box(*each.bounds[:2], each.centroid.x, each.bounds[3]) for each in outline]
    parts = [*shapely.intersection(outline, west), *shapely.difference(outline, west)]
    streets = gpd.GeoSeries(parts)
    levels = gpd.GeoDataFrame(
        {"level": ["district"] * 3 + ["street"] * 6}, geometry=[*outline, *parts], crs="EPSG:4326"
    )
    found = examine_shapes(written_shapes(streets, "gcj02"), declared="wgs84", reference=levels)
    assert list(found.wrong_share) == ["street"]
    assert (found.likely, found.sure) == (Reading("gcj02"), True)


def test_broken_shapes_are_looked_at_as_they_are(outline):
    bow_tie = shapely.Polygon([(113.2, 22.1), (113.3, 22.2), (113.3, 22.1), (113.2, 22.2)])
    collection = shapely.GeometryCollection([outline.iloc[0], shapely.LineString([(113.2, 22.1), (113.3, 22.1)])])
    raw = written_shapes([collection, *outline.iloc[1:], bow_tie], "gcj02")
    found = examine_shapes(pd.concat([raw, gpd.GeoSeries([None, shapely.Polygon()])]), declared="wgs84")
    assert (found.likely, found.sure) == (Reading("gcj02"), True)


def test_borders_of_another_town_or_of_hardly_any_points_are_not_named(outline):
    elsewhere = gpd.GeoSeries(shapely.transform(outline.to_numpy(), lambda vertices: vertices + 3.0))
    assert examine_shapes(elsewhere, declared="wgs84").likely is None
    assert examine_shapes([shapely.box(113, 22, 114, 23)], declared="wgs84").n == 4
    assert examine_shapes([], declared="wgs84").n == 0


# ---- real data


def test_the_five_sources_of_zhuhais_districts_are_told_apart(real_data):
    sources = gpd.read_parquet(real_data / "zhuhai" / "sources" / "zhuhai_districts_5sources.parquet")
    truth = {"WGS84": "wgs84", "GCJ-02": "gcj02"}
    for name, shapes in sources.groupby("source"):
        found = examine_shapes(shapes.geometry, declared="wgs84")
        assert (found.likely, found.sure) == (Reading(truth[shapes["coordinate_system"].iloc[0]]), True), name


def test_the_file_that_says_wgs84_and_is_gcj02_is_caught(real_data):
    features = json.loads((real_data / "zhuhai" / "sources" / "datav_440400_full_gcj02.geojson").read_text("utf-8"))
    found = examine_shapes(gpd.GeoDataFrame.from_features(features).geometry, declared="wgs84")
    assert (found.likely, found.sure, found.to_ask) == (Reading("gcj02"), True, True)
    assert found.sentence().startswith("声明是 WGS-84，看来其实是 GCJ-02（高德、腾讯）。若不纠偏，")


def test_real_incidents_set_down_in_zhuhai_are_told_apart(real_data):
    # Chicago's incidents keep their pattern, metre by metre, around another point
    rows = pd.read_parquet(real_data / "chicago" / "chicago_aggravated_assaults_2010_2019.parquet")
    rows = rows.dropna(subset=["longitude"]).sort_values("date")
    x_m = (rows["longitude"].to_numpy() + 87.66) * 111_320 * np.cos(np.radians(41.84))
    lon, lat = degrees(x_m, (rows["latitude"].to_numpy() - 41.84) * 110_574)
    rng, verdicts = np.random.default_rng(0), []
    for count in (40, 100, 300):
        for _ in range(8):
            old, new = rng.choice(120_000, 20_000, replace=False), rng.integers(120_000, len(lon), count)
            for system in SHIFTED:
                raw = as_written(lon[new], lat[new], system)
                found = examine_points(*raw, declared="wgs84", places=None, trusted=(lon[old], lat[old]))
                verdicts.append("unsure" if not found.sure else found.likely == Reading(system))
    assert False not in verdicts
    assert verdicts.count(True) >= 0.9 * len(verdicts)


def test_a_reading_reads_as_its_system_does():
    x, y = as_written(*town(50, 15), "bd09")
    assert np.array_equal(Reading("bd09").to_lonlat(x, y), to_lonlat(x, y, CoordinateSystem("bd09")))
    assert np.array_equal(Reading("bd09", swapped=True).to_lonlat(y, x), to_lonlat(x, y, CoordinateSystem("bd09")))
