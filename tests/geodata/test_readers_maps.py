"""Points and polygons of map formats: rows in their own system, shapes by their layout, and files that mean harm."""

import json
import sqlite3
import time
import warnings
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import BoundaryError, InputFileError
from geodata.readers import content, open_table, read_places, read_table, text
from geodata.readers.geometry import stated_system
from geodata.readers.shapefile import polygon_of_rings

X, Y = [453620.5, 453720.5], [2463877.25, 2463977.25]


def points(crs="EPSG:4547"):
    return gpd.GeoDataFrame({"编号": ["01", "02"], "lon": ["a", "b"]}, geometry=gpd.points_from_xy(X, Y), crs=crs)


def saved(frame, path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if path.suffix == ".parquet":
            frame.to_parquet(path)
        else:
            frame.to_file(path, engine="pyogrio")
    return path


@pytest.mark.parametrize(("name", "kind"), [
    ("points.shp", "shapefile"), ("points.gpkg", "geopackage"), ("points.parquet", "parquet"),
    ("points.geojson", "geojson"),
])  # fmt: skip
def test_points_keep_the_coordinates_and_the_system_of_their_file(tmp_path, name, kind):
    file = open_table(saved(points(), tmp_path / name))
    assert (file.kind, file.crs) == (kind, "EPSG:4547")
    assert [name for name in file.columns if name != "fid"] == ["lon", "lat", "编号", "lon_attribute"]
    (chunk,) = file.chunks()
    found = pd.DataFrame(chunk.table.to_pydict())
    assert found["lon"].astype(float).tolist() == X
    assert found["lat"].astype(float).tolist() == Y
    assert found[["编号", "lon_attribute"]].to_dict("list") == {"编号": ["01", "02"], "lon_attribute": ["a", "b"]}
    assert (chunk.rows.tolist(), len(chunk.bad_rows), chunk.done) == ([0, 1], 0, 1.0)
    assert "lon" in file.notes[0][0]


def test_a_whole_table_of_points_is_in_degrees(tmp_path):
    frame = read_table(saved(points(), tmp_path / "points.shp")).frame
    assert frame["lon"].astype(float).to_numpy() == pytest.approx([113.55, 113.551], abs=1e-3)


def test_points_without_a_system_say_so(tmp_path):
    path = saved(points(None), tmp_path / "points.shp")
    path.with_suffix(".prj").unlink(missing_ok=True)
    file = open_table(path)
    assert file.crs is None
    assert "没有写明坐标系" in "".join(zh for zh, _ in file.notes)


# -- geojson ----------------------------------------------------------------------------------------------------------


def feature(geometry, **properties):
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def point(*coordinates):
    return {"type": "Point", "coordinates": [*coordinates]}


def written(tmp_path, text, name="rows.geojson"):
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


def test_one_impossible_number_costs_one_feature(tmp_path):
    made = [feature(point(113.5, 22.2), n=n) for n in range(7)]
    text = json.dumps({"type": "FeatureCollection", "features": made})
    for number in ("NaN", "Infinity", "1e400", "true", '"113"', "1" + "0" * 400):
        text = text.replace("[113.5, 22.2]", f"[{number}, 22.2 ]", 1)
    table = read_table(written(tmp_path, text))
    assert table.frame["n"].tolist() == ["6"]
    assert table.bad_rows["reason"].tolist() == ["geometry"] * 6
    assert table.bad_rows["row"].tolist() == [1, 2, 3, 4, 5, 6]


def test_each_kind_of_geometry_has_its_answer(tmp_path):
    geometries = [
        point(113.5, 22.2, 8), None, point(), {"type": "MultiPoint", "coordinates": [[113.6, 22.3]]},
        {"type": "MultiPoint", "coordinates": [[1, 2], [3, 4]]}, {"type": "GeometryCollection", "geometries": []},
        "Point", {"type": "LineString", "coordinates": [[1, 2], [3, 4]]},
    ]  # fmt: skip
    table = read_table(written(tmp_path, json.dumps({"features": [feature(g) for g in geometries]})))
    assert table.frame[["lon", "lat"]].to_numpy().tolist() == [["113.5", "22.2"], ["", ""], ["113.6", "22.3"]]
    assert table.bad_rows["row"].tolist() == [3, 5, 6, 7, 8]


@pytest.mark.parametrize("mark", ["", "\x1e"])
def test_features_one_after_the_other_are_read_like_a_collection(tmp_path, mark):
    lines = [mark + json.dumps(feature(point(113.5 + n, 22), n=n)) for n in range(3)]
    table = read_table(written(tmp_path, "\n".join(lines) + "\n", "rows.geojsonl"))
    assert table.frame["lon"].tolist() == ["113.5", "114.5", "115.5"]
    with pytest.raises(InputFileError, match="第 3 行"):
        read_table(written(tmp_path, "\n".join(lines)[:-9], "cut.geojsonl"))


def test_members_may_stand_in_any_order_and_a_later_one_wins(tmp_path):
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
    text = f'{{"features": [{json.dumps(feature(point(113, 22), a=1))}], "crs": null, "crs": {json.dumps(crs)}}}'
    file = open_table(written(tmp_path, text))
    assert (file.crs, file.columns) == ("cgcs2000", ["lon", "lat", "a"])


def test_a_system_that_is_a_link_is_not_followed_and_told(tmp_path):
    crs = {"type": "link", "properties": {"href": "http://127.0.0.1:1/crs"}}
    file = open_table(written(tmp_path, json.dumps({"crs": crs, "features": [feature(point(113, 22))]})))
    assert file.crs is None
    assert "--crs" in file.notes[0][0]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_a_collection_in_one_long_line_is_read_to_its_end(tmp_path, monkeypatch, encoding):
    monkeypatch.setattr(text, "BLOCK_BYTES", 1_000_001)
    names = [f"南{'山' * 10_000}{number}," for number in range(500)]
    features = [
        {"type": "Feature", "properties": {"name": name}, "geometry": {"type": "Point", "coordinates": [113, 22]}}
        for name in names
    ]
    made = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode(encoding)
    assert len(made) > text.MAX_LINE
    (tmp_path / "rows.geojson").write_bytes(made)
    table = read_table(tmp_path / "rows.geojson")
    assert table.frame["name"].tolist() == names


def test_deep_nesting_is_refused_within_a_second(tmp_path):
    started = time.perf_counter()
    for deep in ("[" * 200_000, '{"features": [' + '{"a":' * 200_000):
        with pytest.raises(InputFileError, match="JSON"):
            open_table(written(tmp_path, deep))
    assert time.perf_counter() - started < 1


# -- shapefile --------------------------------------------------------------------------------------------------------


RINGS = {
    "outside": [[0, 0], [0, 9], [9, 9], [9, 0], [0, 0]],
    "hole": [[1, 1], [5, 1], [5, 5], [1, 5], [1, 1]],
    "island in the hole": [[2, 2], [2, 3], [3, 3], [3, 2], [2, 2]],
    "other": [[20, 0], [20, 1], [21, 1], [21, 0], [20, 0]],
    "touching hole": [[5, 5], [8, 5], [8, 8], [5, 8], [5, 5]],
}


@settings(deadline=None, max_examples=50)
@given(st.permutations(list(RINGS)), st.lists(st.booleans(), min_size=5, max_size=5))
def test_rings_enclose_the_same_in_any_order_and_direction(order, turned):
    rings = [np.array(RINGS[name][:: -1 if turn else 1], dtype=float) for name, turn in zip(order, turned, strict=True)]
    shape = polygon_of_rings(rings)
    assert shape.is_valid
    assert shape.area == 81 - 16 - 9 + 1 + 1
    assert len(shape.geoms) == 3


def test_no_ring_and_one_ring():
    assert polygon_of_rings([]).is_empty
    assert polygon_of_rings([np.array(RINGS["hole"], dtype=float)]).area == 16


def test_polygons_of_a_shapefile_are_those_that_were_written(tmp_path):
    ring = shapely.Point(113.5, 22.2).buffer(0.1).difference(shapely.Point(113.5, 22.2).buffer(0.05))
    shapes = [ring, shapely.MultiPolygon([shapely.box(1, 2, 3, 4), ring]), None, shapely.box(5, 6, 7, 8)]
    path = saved(gpd.GeoDataFrame({"n": range(4)}, geometry=shapes, crs=4326), tmp_path / "places.shp")
    for path_index in (path.with_suffix(".shx"), None):
        found = read_places(path)[0].geometry
        assert found.iloc[2] is None
        for number in (0, 1, 3):
            assert shapely.equals(found.iloc[number], shapes[number])
        if path_index:
            path_index.unlink()
    with pytest.raises(InputFileError, match="事件必须是点"):
        open_table(path)


def test_a_shapefile_of_lines_is_refused(tmp_path):
    lines = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.LineString([[0, 0], [1, 1]])], crs=4326)
    with pytest.raises(InputFileError, match="lines"):
        read_places(saved(lines, tmp_path / "lines.shp"))


def test_points_without_an_index_are_read_and_it_is_told(tmp_path):
    path = saved(points(), tmp_path / "points.shp")
    path.with_suffix(".shx").unlink()
    file = open_table(path)
    assert "shx" in file.notes[0][0]
    assert next(file.chunks()).table["lon"].to_pylist() == ["453620.5", "453720.5"]


def test_points_in_a_zip_are_read(tmp_path):
    saved(points(), tmp_path / "points.shp")
    with zipfile.ZipFile(tmp_path / "points.zip", "w") as made:
        for suffix in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
            made.write(tmp_path / f"points{suffix}", f"点/points{suffix}")
    file = open_table(tmp_path / "points.zip")
    assert (file.kind, file.crs, file.columns[2]) == ("shapefile", "EPSG:4547", "编号")


def test_a_row_that_was_deleted_from_the_table_takes_its_shape_along(tmp_path):
    path = saved(points(), tmp_path / "points.shp")
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    table[int.from_bytes(table[8:10], "little")] = ord("*")
    path.with_suffix(".dbf").write_bytes(table)
    (chunk,) = open_table(path).chunks()
    assert chunk.table.select(["lon", "编号"]).to_pylist() == [{"lon": "453720.5", "编号": "02"}]


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from([".shp", ".shx", ".dbf"]),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_no_damage_to_a_shapefile_ends_in_anything_but_places_or_a_refusal(tmp_path_factory, suffix, damage):
    folder = tmp_path_factory.mktemp("any")
    shapes = [shapely.box(0, 0, 1, 1), shapely.box(2, 2, 5, 5) - shapely.box(3, 3, 4, 4)]
    path = saved(gpd.GeoDataFrame({"n": [1, 2]}, geometry=shapes, crs=4326), folder / "places.shp")
    content = bytearray(path.with_suffix(suffix).read_bytes())
    for at, byte in damage:
        content[at % len(content)] = byte
    path.with_suffix(suffix).write_bytes(content)
    try:
        found, _ = read_places(path, "EPSG:3857")
    except Exception as error:  # noqa: BLE001
        assert type(error).__name__ in {"InputFileError", "BoundaryError"}  # noqa: PT017
        return
    assert len(found) <= 2


@pytest.mark.parametrize(("members", "word"), [
    ({"inner.zip": b"PK"}, "another archive"),
    ({f"{n}.txt": b"" for n in range(300)}, "200"),
    ({"a.vrt": b"<OGRVRTDataSource/>"}, "0"),
    ({"a.shp": b"<OGRVRTDataSource/>", "a.dbf": b"x"}, "VRT"),
    ({"a.shp": b"\x00\x00\x27\x0a" + b"\0" * 200}, r"\.dbf"),
])  # fmt: skip
def test_a_zip_that_is_no_shapefile_is_refused(tmp_path, members, word):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        for name, data in members.items():
            made.writestr(name, data)
    with pytest.raises(InputFileError) as refused:
        open_table(tmp_path / "a.zip")
    assert word.replace("\\", "") in refused.value.en


def test_a_link_in_a_zip_is_no_file(tmp_path):
    link = zipfile.ZipInfo("a.shp")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr(link, "/etc/passwd")
    with pytest.raises(InputFileError, match="0"):
        open_table(tmp_path / "a.zip")


# -- geopackage -------------------------------------------------------------------------------------------------------


def package(tmp_path, *statements):
    path = saved(points(), tmp_path / "points.gpkg")
    database = sqlite3.connect(path)
    with database:
        for statement in statements:
            database.execute(statement)
    database.close()
    return path


ENDLESS = "with recursive c(x) as (select 1 union all select x + 1 from c) select x from c"


@pytest.mark.parametrize("statements", [
    ("alter table points rename to real", f"create view points as {ENDLESS}"),
    ("alter table gpkg_contents rename to real", f"create view gpkg_contents as {ENDLESS}"),
    ("alter table gpkg_geometry_columns rename to real", f"create view gpkg_geometry_columns as {ENDLESS}"),
    ("alter table points add column g as (length(zeroblob(1000000000)))",),
    ("update gpkg_geometry_columns set column_name = 'none'",),
    ("drop table gpkg_spatial_ref_sys",),
])  # fmt: skip
def test_a_geopackage_that_would_compute_something_is_refused_at_once(tmp_path, statements):
    path = package(tmp_path, *statements)
    started = time.perf_counter()
    with pytest.raises(InputFileError, match=r"points\.gpkg"):
        open_table(path)
    with pytest.raises(InputFileError, match=r"points\.gpkg"):
        read_places(path)
    assert time.perf_counter() - started < 2


def test_a_geopackage_is_read_without_a_trace_and_without_its_log(tmp_path):
    path = package(tmp_path)
    before = path.read_bytes()
    open_table(path)
    assert sorted(other.name for other in tmp_path.iterdir()) == ["points.gpkg"]
    assert path.read_bytes() == before
    path.with_name("points.gpkg-wal").write_bytes(b"x")
    with pytest.raises(InputFileError, match="-wal"):
        open_table(path)


def test_the_layers_of_a_geopackage_are_its_sheets(tmp_path):
    path = saved(points(), tmp_path / "points.gpkg")
    points().assign(编号=["11", "12"]).to_file(path, layer="more", engine="pyogrio")
    assert open_table(path).sheets == ["more", "points"]
    (chunk,) = open_table(path, sheet="points").chunks()
    assert chunk.table["编号"].to_pylist() == ["01", "02"]
    with pytest.raises(InputFileError, match="more"):
        open_table(path, sheet="none")


def test_a_damaged_geometry_costs_its_row(tmp_path):
    path = package(tmp_path, "drop trigger if exists rtree_points_geom_update6",
                   "drop trigger if exists rtree_points_geom_update7")  # fmt: skip
    database = sqlite3.connect(path)
    for function in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
        database.create_function(function, 1, lambda _: 0)
    with database:
        database.execute("update points set geom = x'0102' where fid = 1")
    database.close()
    table = read_table(path)
    assert table.bad_rows[["row", "reason"]].to_numpy().tolist() == [[1, "geometry"]]
    assert table.frame["编号"].tolist() == ["02"]


# -- coordinate systems ------------------------------------------------------------------------------------------------

GRID = "/nowhere/grid.gsb"
DATUM = 'DATUM["y",SPHEROID["k",6378245,298.3]{}]'
BOUND_TO_A_GRID = pyproj.CRS(f"+proj=longlat +ellps=krass +nadgrids={GRID} +type=crs").to_wkt()
DEGREES = f'GEOGCS["x",{DATUM},PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]'


@pytest.mark.parametrize("definition", [
    f"+init={GRID}:x",
    f"+proj=longlat +ellps=krass +nadgrids={GRID} +type=crs",
    f"+proj=pipeline +step +proj=hgridshift +grids={GRID}",
    GRID,
    BOUND_TO_A_GRID,
    pyproj.CRS(BOUND_TO_A_GRID).to_json_dict(),
    DEGREES.format(f',EXTENSION["PROJ4_GRIDS","{GRID}"]'),
    {"type": "Wheel"}, 7, None,
])  # fmt: skip
def test_a_system_that_leads_elsewhere_is_not_even_parsed(definition):
    assert stated_system(definition) is None


@pytest.mark.parametrize(("definition", "code"), [
    ("EPSG:4547", "EPSG:4547"),
    ("OGC:CRS84", "wgs84"),
    (pyproj.CRS(4490).to_wkt(), "cgcs2000"),
    (pyproj.CRS(3857).to_wkt("WKT1_ESRI"), "EPSG:3857"),
    (pyproj.CRS(4547).to_json_dict(), "EPSG:4547"),
    (pyproj.CRS("EPSG:4547+5701").to_wkt(), "EPSG:4547"),
])  # fmt: skip
def test_a_system_is_known_in_each_of_its_languages_and_heights_are_left_out(definition, code):
    assert stated_system(definition).code == code


def test_a_datum_that_is_told_in_numbers_is_kept():
    system = stated_system(DEGREES.format(",TOWGS84[15.8,-154.4,-82.3,0,0,0,0]"))
    assert "BOUNDCRS" in system.code


def test_the_system_of_geoparquet_goes_through_the_same_door(tmp_path):
    geo = {"primary_column": "geometry", "columns": {"geometry": {"encoding": "WKB", "crs": BOUND_TO_A_GRID}}}
    made = pa.table({"code": ["a"], "geometry": pa.array([shapely.to_wkb(shapely.box(0, 0, 1, 1))], pa.binary())})
    pq.write_table(made.replace_schema_metadata({"geo": json.dumps(geo)}), tmp_path / "a.parquet")
    with pytest.raises(BoundaryError, match="--crs"):
        read_places(tmp_path / "a.parquet")
    assert read_places(tmp_path / "a.parquet", "wgs84")[0]["code"].tolist() == ["a"]


@pytest.mark.parametrize("encoding", ["WKB", "geoarrow"])
def test_polygons_of_geoparquet_are_read_in_either_encoding(tmp_path, encoding):
    shapes = gpd.GeoDataFrame({"code": ["a"]}, geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326")
    shapes.to_parquet(tmp_path / "a.parquet", geometry_encoding=encoding)
    found, system = read_places(tmp_path / "a.parquet")
    assert (found.geometry[0], system.code) == (shapes.geometry[0], "wgs84")


# -- parquet ----------------------------------------------------------------------------------------------------------


def test_parquet_comes_in_batches_with_its_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr("geodata.readers.parquet._BATCH_ROWS", 10)
    pq.write_table(pa.table({"n": range(25), "x": [0.5] * 25}), tmp_path / "rows.parquet", row_group_size=7)
    chunks = list(open_table(tmp_path / "rows.parquet").chunks())
    assert np.concatenate([chunk.rows for chunk in chunks]).tolist() == list(range(25))
    assert [chunk.done for chunk in chunks][-1] == 1.0
    assert chunks[0].table.schema.types == [pa.int64(), pa.float64()]


def test_parquet_that_unpacks_to_too_much_is_refused_by_its_metadata(tmp_path, monkeypatch):
    pq.write_table(pa.table({"n": np.zeros(100_000)}), tmp_path / "rows.parquet", use_dictionary=False)
    monkeypatch.setattr("geodata.readers.parquet._MAX_GROUP_BYTES", 100_000)
    with pytest.raises(InputFileError, match="1 GB"):
        open_table(tmp_path / "rows.parquet")


def test_a_word_that_is_kept_once_and_meant_often_is_read_in_small_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr("geodata.readers.parquet._BATCH_BYTES", 100_000)
    words = ["x" * 1000] * 2_000
    pq.write_table(pa.table({"id": range(2_000), "word": words}), tmp_path / "rows.parquet")
    chunks = list(open_table(tmp_path / "rows.parquet").chunks())
    assert max(len(chunk.rows) for chunk in chunks) <= 100
    assert np.concatenate([chunk.rows for chunk in chunks]).tolist() == list(range(2_000))
    assert pa.concat_tables([chunk.table for chunk in chunks])["word"].to_pylist() == words


@pytest.mark.parametrize("made", [pa.array(["x" * 1000] * 2_000), pa.array(["x" * 1000] * 2_000).dictionary_encode()])
def test_words_that_are_meant_far_too_often_are_refused(tmp_path, monkeypatch, made):
    monkeypatch.setattr(content, "ENOUGH_FOR_RATIO", 100_000)
    pq.write_table(pa.table({"word": made}), tmp_path / "rows.parquet")
    with pytest.raises(InputFileError, match="过大"):
        list(open_table(tmp_path / "rows.parquet").chunks())


def test_a_list_of_a_million_zeros_in_one_row_counts_as_what_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr("geodata.readers.parquet._MAX_GROUP_BYTES", 10_000_000)
    pq.write_table(pa.table({"x": [np.zeros(1_000_000)]}), tmp_path / "rows.parquet")
    with pytest.raises(InputFileError, match="过大"):
        open_table(tmp_path / "rows.parquet")


def test_an_extension_type_is_read_as_what_it_is_stored_as(tmp_path):
    values = pa.ExtensionArray.from_storage(pa.bool8(), pa.array([0, 1], pa.int8()))
    pq.write_table(pa.table({"flag": values}), tmp_path / "rows.parquet")
    assert read_table(tmp_path / "rows.parquet").frame["flag"].tolist() == [0, 1]


def test_a_damaged_or_crooked_geometry_costs_its_row(tmp_path):
    path = saved(points(), tmp_path / "rows.parquet")
    table = pq.read_table(path)
    shapes = [shapely.to_wkb(shapely.Point(1, 2)), b"junk", None, shapely.to_wkb(shapely.box(0, 0, 1, 1))]
    made = pa.table({"n": range(4), "geometry": pa.array(shapes, pa.binary())})
    pq.write_table(made.replace_schema_metadata(table.schema.metadata), path)
    found = read_table(path)
    assert found.bad_rows["row"].tolist() == [2, 4]
    assert found.frame["n"].tolist() == [0, 2]


@pytest.mark.parametrize(("crs", "code"), [
    ("", "wgs84"), ('"crs": null,', None), ('"crs": {"type": "Wheel"},', None),
])  # fmt: skip
def test_geoparquet_says_its_system_or_nothing(tmp_path, crs, code):
    geo = '{"primary_column": "geometry", "columns": {"geometry": {CRS "encoding": "WKB"}}}'.replace("CRS", crs)
    made = pa.table({"geometry": pa.array([shapely.to_wkb(shapely.Point(113, 22))], pa.binary())})
    pq.write_table(made.replace_schema_metadata({"geo": geo}), tmp_path / "rows.parquet")
    file = open_table(tmp_path / "rows.parquet")
    assert file.crs == code
    assert len(file.notes) == (code is None)
