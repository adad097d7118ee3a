"""Files to raw tables and places: encodings, separators, broken rows, and files that are not what they say."""

import codecs
import gzip
import json
import re
import sqlite3
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import geopandas as gpd
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import readers
from geodata.errors import BoundaryError, InputFileError
from geodata.readers import content, open_table, read_places, read_table

SQUARE = shapely.box(113.5, 22.2, 113.6, 22.3)
PLACES = {"代码": ["0111", "0112"], "名称": ["南山", "香湾"]}


@pytest.fixture
def saved(tmp_path):
    def save(content, name="rows.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return save


def reasons(table):
    return list(zip(table.bad_rows["row"], table.bad_rows["reason"], strict=True))


# -- tables -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("encoding", "found"), [
    ("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("gbk", "gb18030"), ("gb18030", "gb18030"), ("utf-16", "utf-16"),
])  # fmt: skip
def test_every_encoding_of_a_chinese_office_gives_the_same_text(saved, encoding, found):
    table = read_table(saved("编号,名称\n001,南山\n", encoding=encoding))
    assert table.encoding == found
    assert table.frame.to_dict("list") == {"编号": ["001"], "名称": ["南山"]}


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(saved, separator):
    text = "\n".join(separator.join(row) for row in (["a", "b", "c"], ["1", "x y", "2.5"], ["2", "", "3"]))
    table = read_table(saved(text, "rows.txt"))
    assert table.separator == separator
    assert table.frame["b"].tolist() == ["x y", ""]


def test_a_semicolon_file_with_decimal_commas_is_cut_at_the_semicolons(saved):
    table = read_table(saved("a;b\n1,5;2,5\n3,5;4,5\n"))
    assert table.separator == ";"
    assert table.frame["a"].tolist() == ["1,5", "3,5"]


def test_a_line_that_declares_the_separator_is_no_header(saved):
    table = read_table(saved("sep=;\na;b\n1;2\n"))
    assert (table.separator, table.rows, list(table.frame)) == (";", 1, ["a", "b"])


def test_one_column_needs_no_separator(saved):
    table = read_table(saved("a\n1\n2\n"))
    assert (table.separator, table.frame["a"].tolist()) == ("", ["1", "2"])


def test_text_that_looks_like_something_else_stays_text(saved):
    table = read_table(saved("a\n00123\n44E3\nNA\nNULL\n440402.0\n"))
    assert table.frame["a"].tolist() == ["00123", "44E3", "NA", "NULL", "440402.0"]


def test_rows_with_too_many_or_too_few_fields_are_set_aside_and_nothing_is_shifted(saved):
    table = read_table(saved("a,b\n1,2\n3\n4,5,6\n7,8\n"))
    assert table.frame.index.tolist() == [0, 3]
    assert table.frame["b"].tolist() == ["2", "8"]
    assert reasons(table) == [(2, "columns"), (3, "columns")]
    assert orjson.loads(table.bad_rows["raw"].iloc[1]) == {"line": "4,5,6"}
    assert table.rows == 4


def test_one_unclosed_quote_costs_one_row(saved):
    lines = [f"{number},text" for number in range(10_000)]
    lines[49] = '49,"text'
    table = read_table(saved("a,b\n" + "\n".join(lines) + "\n"))
    assert reasons(table) == [(50, "quote")]
    assert (table.rows, table.frame.index[49]) == (10_000, 50)


def test_an_unclosed_quote_that_a_later_quote_closes_costs_no_good_row(saved):
    table = read_table(saved('a,b\n1,"x\n2,y\n3,"z, z"\n4,w\n'))
    assert reasons(table) == [(1, "quote")]
    assert table.frame["b"].tolist() == ["y", "z, z", "w"]


def test_a_quoted_cell_may_hold_line_breaks_and_separators(saved):
    table = read_table(saved('a,b\r\n1,"x,\r\ny ""z"""\r\n2,w\r\n'))
    assert table.frame["b"].tolist() == ['x,\r\ny "z"', "w"]
    assert table.rows == 2


def test_one_broken_byte_costs_one_row(saved):
    lines = "编号,名称\n1,南山\n2,香湾\n3,拱北\n".encode("gbk").replace("香".encode("gbk"), b"\xff")
    table = read_table(saved(lines))
    assert table.encoding == "gb18030"
    assert reasons(table) == [(2, "encoding")]
    assert table.frame["名称"].tolist() == ["南山", "拱北"]


def test_rows_in_another_encoding_at_the_end_are_set_aside(saved):
    table = read_table(saved("名称,号\n".encode() + "南山,1\n".encode() * 50 + "香湾区,2\n".encode("gbk") * 3))
    assert table.encoding == "utf-8"
    assert [reason for _, reason in reasons(table)] == ["encoding"] * 3
    assert set(table.frame["名称"]) == {"南山"}


def test_a_zero_byte_costs_one_row(saved):
    table = read_table(saved("a,b\n1,x\n2,y\0\n"))
    assert reasons(table) == [(2, "nul")]


def test_a_cell_of_five_megabytes_costs_one_row(saved):
    table = read_table(saved(f"a,b\n1,x\n2,{'y' * 5_000_000}\n3,z\n"))
    assert reasons(table) == [(2, "too_long")]
    assert len(table.bad_rows["raw"].iloc[0]) < 11_000


def test_blank_lines_are_no_rows(saved):
    table = read_table(saved("\n\na,b\n1,2\n\n   \n3,4\n\n"))
    assert (table.rows, table.frame.index.tolist()) == (2, [0, 1])


def test_old_line_ends_are_line_ends(saved):
    assert read_table(saved("a,b\r1,2\r3,4\r")).frame["b"].tolist() == ["2", "4"]
    assert read_table(saved("名,b\r南,2\r", encoding="gbk")).frame["名"].tolist() == ["南"]


def test_a_broken_character_at_a_line_end_costs_its_own_row_only(saved):
    table = read_table(saved("名,号\n".encode("gbk") + b"a,\x810\n" + "南,2\n".encode("gbk")))
    assert reasons(table) == [(1, "encoding")]
    assert table.frame["名"].tolist() == ["南"]


def test_titles_above_and_totals_below_are_no_rows_of_the_table(saved):
    file = open_table(saved("2026 年 3 月警情统计\n制表：市局,,\n编号,时间,类型\n1,2026-03-05,盗窃\n合计,,1\n"))
    assert (file.columns, file.header_row) == (["编号", "时间", "类型"], 3)
    assert "第 3 行" in file.notes[0][0]
    (chunk,) = file.chunks()
    assert chunk.table["编号"].to_pylist() == ["1"]
    assert chunk.bad_rows[["row", "reason", "text"]].to_numpy().tolist() == [[2, "total_row", "合计"]]


def test_the_line_of_the_column_names_may_be_given(saved):
    path = saved("x,y,z\n1,2,3\na,b,c\n4,5,6\n")
    file = open_table(path, header_row=3)
    assert (file.columns, file.header_row, file.notes) == (["a", "b", "c"], 3, [])
    assert next(file.chunks()).table.to_pydict() == {"a": ["4"], "b": ["5"], "c": ["6"]}
    with pytest.raises(InputFileError, match="9"):
        open_table(path, header_row=9)


def test_a_first_row_with_few_names_above_numbers_is_still_the_header(saved):
    assert open_table(saved("a,,\n1,2,3\n4,5,6\n")).header_row == 1


def test_a_name_that_turns_text_around_is_shown_plainly(saved):
    with pytest.raises(InputFileError) as refused:
        read_table(saved(b"", "rows\u202e\ngpj.csv"))
    assert "rowsgpj.csv" in refused.value.zh


def test_a_header_alone_has_no_rows(saved):
    table = read_table(saved("a,b\n"))
    assert (table.rows, list(table.frame), len(table.bad_rows)) == (0, ["a", "b"], 0)


def test_column_names_lose_what_people_do_not_see(saved):
    table = read_table(saved("\ufeff ｌｏｎ,l\u200bat,\u00a0名称 ,\n1,2,3,4\n"))
    assert list(table.frame) == ["lon", "lat", "名称", "column_4"]


def test_a_repeated_column_name_is_refused_by_name(saved):
    with pytest.raises(InputFileError, match="lon"):
        read_table(saved("lon,lat,lon\n1,2,3\n"))


@pytest.mark.parametrize(("content", "name", "word"), [
    (b"", "rows.csv", "0 bytes"),
    (b"\n\n", "rows.csv", "column names"),
    (b"PK\x03\x04rest", "rows.csv", "CSV UTF-8"),
    (b"\xd0\xcf\x11\xe0rest", "rows.csv", "CSV UTF-8"),
    (b"<html><table>", "rows.csv", "web page"),
    (b"PK\x03\x04rest", "rows.xlsx", "zip it again"),
    (b"rest", "rows.xlsm", "macros"),
    (b"a,b\n", "rows.xyz", "accepted"),
    (b"\x00\x01\x02\n", "rows.csv", "not a text"),
    (b"BM\x10\x05,b\n1,2\n", "rows.csv", "not a text"),
    (b"\x89PNG\r\n\x1a\nrest", "rows.csv", "picture"),
    (b"a,b\n1,2\n", "rows.csv.gz", "opening"),
    (b"PAR1 but no more", "rows.parquet", "Parquet"),
    (b"a,b\n", "rows.parquet", "name it .csv"),
    (b"PARE....PARE", "rows.parquet", "encrypted"),
    (b"<VRTDataset/>", "rows.geojson", "VRT"),
    (b"<kml/>", "rows.geojson", "KML"),
    (b"<!DOCTYPE html><table>", "rows.xls", "web page"),
    (b"a\tb\n", "rows.xls", "name it .csv"),
    (b"PK\x03\x04", "rows.xls", "xlsx"),
    (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "rows.xlsx", "password"),
    (b"SQLite format 3\0", "rows.csv", ".gpkg"),
])  # fmt: skip
def test_a_file_that_is_no_table_is_refused_with_its_name_and_a_way_out(saved, content, name, word):
    with pytest.raises(InputFileError) as refused:
        read_table(saved(content, name))
    assert name in refused.value.zh
    assert name in refused.value.en
    assert word in refused.value.en


@pytest.mark.parametrize("name", ["gone.csv", "gone.csv.gz", "gone.parquet", "gone.geojson", "gone.xlsx"])
def test_a_table_that_is_not_there_is_refused(tmp_path, name):
    with pytest.raises(InputFileError, match=name):
        read_table(tmp_path / name)


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputFileError):
        read_table(tmp_path / "folder.csv")


def test_a_file_over_the_limit_is_refused_also_if_it_is_only_so_when_unpacked(saved, monkeypatch):
    monkeypatch.setattr(content, "MAX_STREAMED_BYTES", 1000)
    with pytest.raises(InputFileError, match="64 GB"):
        read_table(saved(gzip.compress(b"a,b\n" + b"1,2\n" * 1000), "rows.csv.gz"))


def test_a_gzip_bomb_is_refused_before_it_is_unpacked(saved, monkeypatch):
    monkeypatch.setattr(content, "ENOUGH_FOR_RATIO", 100_000)
    with pytest.raises(InputFileError, match="解压后过大"):
        read_table(saved(gzip.compress(b"a,b\n" + b"1,2\n" * 1_000_000), "rows.csv.gz"))


def test_a_gzipped_file_is_read_like_the_file_in_it(saved):
    table = read_table(saved(gzip.compress("a,b\n1,南\n".encode()), "rows.csv.gz"))
    assert table.frame.to_dict("list") == {"a": ["1"], "b": ["南"]}


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet='ab,"\n\r;南 ', max_size=60), st.sampled_from(["utf-8", "gb18030", "utf-16"]))
def test_no_text_loses_a_row_or_ends_in_anything_but_a_refusal(tmp_path_factory, text, encoding):
    path = tmp_path_factory.mktemp("any") / "rows.csv"
    path.write_bytes(text.encode(encoding))
    try:
        table = read_table(path)
    except InputFileError:
        return
    assert table.rows == len(table.frame) + len(table.bad_rows)
    numbers = sorted([*(table.frame.index + 1), *table.bad_rows["row"]])
    assert numbers == list(range(1, table.rows + 1))


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=80), st.sampled_from(["rows.csv", "rows.geojson", "rows.parquet", "rows.csv.gz"]))
def test_no_bytes_end_in_anything_but_a_table_or_a_refusal(tmp_path_factory, content, name):
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(content)
    try:
        table = read_table(path)
    except InputFileError:
        return
    assert table.rows == len(table.frame) + len(table.bad_rows)


def test_parquet_keeps_numbers_and_times_and_turns_the_rest_to_text(tmp_path):
    path = tmp_path / "rows.parquet"
    columns = {
        "id": pa.array([1, None], pa.int64()),
        "code": pa.array([1, 2], pa.int32()),
        "lat": pa.array([1.5, None]),
        "when": pa.array([0, None], pa.timestamp("us")),
        "day": pa.array([0, None], pa.date32()),
        "kind": pa.array(["a", None]).dictionary_encode(),
        "flag": pa.array([True, None]),
        "list": pa.array([[1, 2], None]),
        "none": pa.nulls(2),
    }
    pq.write_table(pa.table(columns), path)
    frame = read_table(path).frame
    assert frame[["id", "day", "kind", "flag", "list", "none"]].to_dict("list") == {
        "id": ["1", ""], "day": ["1970-01-01", ""], "kind": ["a", ""], "flag": ["true", ""], "list": ["[1, 2]", ""],
        "none": ["", ""],
    }  # fmt: skip
    assert [str(frame[name].dtype) for name in ("code", "lat", "when")] == ["int32", "float64", "datetime64[us]"]


def geojson(*features, **rest):
    return json.dumps({"type": "FeatureCollection", "features": list(features), **rest}, ensure_ascii=False)


def feature(geometry, **properties):
    return {"type": "Feature", "properties": properties, "geometry": geometry}


POINT = {"type": "Point", "coordinates": [113.5, 22.2, 8]}
POLYGON = json.loads(shapely.to_geojson(SQUARE))


def test_geojson_points_become_columns_and_a_missing_point_is_empty(saved):
    table = read_table(saved(geojson(feature(POINT, 编号="01", n=3.0), feature(None, 编号="02")), "rows.geojson"))
    assert table.frame.to_dict("list") == {
        "lon": ["113.5", ""], "lat": ["22.2", ""], "编号": ["01", "02"], "n": ["3", ""],
    }  # fmt: skip


def test_a_feature_that_is_no_point_costs_itself_and_a_file_without_points_is_refused(saved):
    table = read_table(saved(geojson(feature(POINT, n=1), feature(POLYGON, n=2)), "rows.geojson"))
    assert reasons(table) == [(2, "geometry")]
    assert table.frame["n"].tolist() == ["1"]
    with pytest.raises(InputFileError, match="Polygon") as refused:
        read_table(saved(geojson(feature(POLYGON)), "rows.geojson"))
    assert "no points" in refused.value.en


def test_geoparquet_points_are_given_in_degrees(tmp_path):
    path = tmp_path / "rows.parquet"
    points = gpd.GeoDataFrame({"id": ["a"]}, geometry=[shapely.Point(453620.4963566337, 2463877.905551453)], crs=4547)
    points.to_parquet(path)
    frame = read_table(path).frame
    assert frame["lon"].tolist() == pytest.approx([113.55], abs=1e-8)
    assert frame["lat"].tolist() == pytest.approx([22.271], abs=1e-8)


# -- places -----------------------------------------------------------------------------------------------------------


def places(crs=4326, **columns):
    return gpd.GeoDataFrame({**PLACES, **columns}, geometry=[SQUARE, SQUARE], crs=4326).to_crs(crs)


def write_shapefile(frame, path, encoding="utf-8", declare=True, prj=True):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame.to_file(path, encoding=encoding, engine="pyogrio")
    if not declare:
        path.with_suffix(".cpg").unlink()
    if not prj:
        path.with_suffix(".prj").unlink()
    return path


def check_places(found):
    assert found.crs == "EPSG:4326"
    assert found[["代码", "名称"]].to_dict("list") == PLACES
    assert shapely.equals_exact(found.geometry.iloc[0].normalize(), SQUARE.normalize(), 1e-6)


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "gb18030"])
@pytest.mark.parametrize("declare", [True, False])
def test_a_shapefile_is_read_in_any_encoding_with_or_without_its_word(tmp_path, encoding, declare):
    path = write_shapefile(places(4547), tmp_path / "街道.shp", encoding, declare)
    found, system = read_places(path)
    check_places(found)
    assert system.code == "EPSG:4547"


def test_a_shapefile_that_lies_about_its_encoding_is_read_as_what_it_is(tmp_path):
    path = write_shapefile(places(), tmp_path / "places.shp", "utf-8")
    path.with_suffix(".cpg").write_text("GBK")
    check_places(read_places(path)[0])


def test_numbers_of_a_shapefile_are_text_without_a_decimal_point(tmp_path):
    numbers = {"n": [440402, 440403], "x": [440402.0, 0.5]}
    found, _ = read_places(write_shapefile(places(**numbers), tmp_path / "places.shp"))
    assert found["n"].tolist() == ["440402", "440403"]
    assert found["x"].tolist() == ["440402", "0.5"]


def test_a_shapefile_without_a_system_is_refused_until_one_is_given(tmp_path):
    path = write_shapefile(places(4547), tmp_path / "places.shp", prj=False)
    with pytest.raises(BoundaryError, match="--crs") as refused:
        read_places(path)
    assert "--crs" in refused.value.en
    check_places(read_places(path, "EPSG:4547")[0])


def test_the_system_that_is_given_wins_over_the_file(tmp_path):
    path = write_shapefile(places(), tmp_path / "places.shp")
    found, system = read_places(path, "gcj02")
    west, north = found.total_bounds[0], found.total_bounds[3]
    assert system.code == "gcj02"
    assert -0.006 < west - 113.5 < -0.004
    assert 0.002 < north - 22.3 < 0.004


def test_a_system_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(BoundaryError, match="mars"):
        read_places(write_shapefile(places(), tmp_path / "places.shp"), "mars")


def test_a_missing_table_of_a_shapefile_is_named(tmp_path):
    path = write_shapefile(places(), tmp_path / "places.shp")
    path.with_suffix(".dbf").unlink()
    with pytest.raises(InputFileError, match=r"\.dbf"):
        read_places(path)


@pytest.mark.parametrize("keep", [0, 4, 60, 110])
def test_a_shapefile_needs_no_index(tmp_path, keep):
    path = write_shapefile(places(), tmp_path / "places.shp")
    index = path.with_suffix(".shx")
    index.write_bytes(index.read_bytes()[:keep])
    check_places(read_places(path)[0])


@pytest.mark.parametrize("suffix", [".shp", ".dbf"])
@pytest.mark.parametrize("keep", [4, 20, 60, 110])
def test_a_cut_shapefile_is_refused(tmp_path, suffix, keep):
    path = write_shapefile(places(), tmp_path / "places.shp")
    part = path.with_suffix(suffix)
    part.write_bytes(part.read_bytes()[:keep])
    with pytest.raises(InputFileError, match=r"places\.shp"):
        read_places(path)


def zipped(folder, archive, rename=lambda name: name):
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for path in sorted(folder.iterdir()):
            target.write(path, rename(path.name))
    return archive


@pytest.fixture
def shapefile_folder(tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    write_shapefile(places(4547), folder / "places.shp", "gbk", declare=False)
    return folder


@pytest.mark.parametrize("rename", [
    lambda name: name,
    lambda name: "边界/" + name,
    lambda name: name.upper(),
    lambda name: "../../outside/" + name,
    lambda name: "/tmp/" + name,  # noqa: S108
])  # fmt: skip
def test_a_zipped_shapefile_is_read_and_unpacks_nothing_elsewhere(tmp_path, shapefile_folder, rename):
    path = zipped(shapefile_folder, tmp_path / "places.zip", rename)
    before = sorted(tmp_path.parent.rglob("*"))
    check_places(read_places(path)[0])
    assert sorted(tmp_path.parent.rglob("*")) == before


def test_a_zip_with_two_shapefiles_or_none_is_refused(tmp_path, shapefile_folder):
    write_shapefile(places(), shapefile_folder / "more.shp")
    with pytest.raises(InputFileError, match="2"):
        read_places(zipped(shapefile_folder, tmp_path / "two.zip"))
    for path in shapefile_folder.glob("*.shp"):
        path.unlink()
    with pytest.raises(InputFileError, match="0"):
        read_places(zipped(shapefile_folder, tmp_path / "none.zip"))


def test_a_zip_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(content, "ENOUGH_FOR_RATIO", 2_000_000)
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("places.shp", b"\0" * 5_000_000)
    assert path.stat().st_size * 200 < 5_000_000
    with pytest.raises(InputFileError, match="过大"):
        read_places(path)


def test_reading_a_small_file_reserves_no_more_than_the_file(saved):
    path = saved(b"x" * 1000, "part.shp")
    tracemalloc.start()
    assert content.read_bytes(path) == b"x" * 1000
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_what_is_no_zip_is_refused(saved):
    with pytest.raises(InputFileError, match="zip"):
        read_places(saved(b"PK\x03\x04 no", "places.zip"))


def test_a_geopackage_is_read(tmp_path):
    path = tmp_path / "places.gpkg"
    places(4547, n=[1.0, None]).to_file(path, engine="pyogrio")
    found, system = read_places(path)
    check_places(found)
    assert found["n"].tolist() == ["1", ""]
    assert system.code == "EPSG:4547"


def test_a_geopackage_with_two_layers_or_only_a_view_is_refused(tmp_path):
    path = tmp_path / "places.gpkg"
    places().to_file(path, layer="one", engine="pyogrio")
    places().to_file(path, layer="two", engine="pyogrio")
    with pytest.raises(InputFileError, match="2"):
        read_places(path)
    with sqlite3.connect(path) as database:
        database.execute("update gpkg_contents set data_type = 'attributes' where table_name = 'two'")
        database.execute("alter table one rename to hidden")
        database.execute("update gpkg_contents set table_name = 'one' where table_name = 'hidden'")
        database.execute("create view one as select * from hidden")
    database.close()
    with pytest.raises(InputFileError, match="0"):
        read_places(path)


def test_geoparquet_gives_its_own_system(tmp_path):
    path = tmp_path / "places.parquet"
    places(4547, n=[440402.0, 440403.0]).to_parquet(path)
    found, system = read_places(path)
    check_places(found)
    assert found["n"].tolist() == ["440402", "440403"]
    assert system.code == "EPSG:4547"


def test_parquet_without_geometry_has_no_places(tmp_path):
    path = tmp_path / "places.parquet"
    pd.DataFrame(PLACES).to_parquet(path)
    with pytest.raises(InputFileError, match="GeoParquet"):
        read_places(path)


def test_geojson_is_in_degrees_unless_it_says_otherwise(saved):
    found, system = read_places(saved(geojson(feature(POLYGON, 代码="0111", adcode=440402, p={"a": 1})), "a.geojson"))
    assert system.code == "wgs84"
    assert found.drop(columns="geometry").to_dict("list") == {"代码": ["0111"], "adcode": ["440402"], "p": ['{"a": 1}']}
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
    assert read_places(saved(geojson(feature(POLYGON), crs=named), "b.geojson"))[1].code == "cgcs2000"


def test_geojson_whose_system_is_a_link_is_refused_and_not_followed(saved):
    link = {"type": "link", "properties": {"href": "http://127.0.0.1:1/crs", "type": "proj4"}}
    path = saved(geojson(feature(POLYGON), crs=link), "a.geojson")
    with pytest.raises(BoundaryError, match="--crs"):
        read_places(path)
    assert len(read_places(path, "wgs84")[0]) == 1


@pytest.mark.parametrize(("content", "word"), [
    (geojson(feature(POLYGON))[:-30], "JSON"),
    ('{"features": ' + "[" * 200_000, "JSON"),
    ("[]", "FeatureCollection"),
    ('{"features": [1]}', "FeatureCollection"),
    (geojson(), "no features"),
    (geojson({"properties": [1], "geometry": POLYGON}), "properties"),
    (geojson(feature({"type": "Polygon", "coordinates": [[[1, 2], [3, 4]]]})), "feature 1"),
    (geojson(feature({"type": "Polygon", "coordinates": [[[1, float("nan")], [3, 4], [4, 5], [1, 2]]]})), "feature 1"),
    (geojson(feature({"type": "Wheel"})), "feature 1"),
    (geojson(feature("Polygon")), "feature 1"),
    ("<OGRVRTDataSource/>", "VRT"),
    (json.dumps({"type": "Topology", "objects": {}}), "TopoJSON"),
    (json.dumps({"geometryType": "esriGeometryPolygon", "features": []}), "ESRI"),
    (json.dumps({"type": "gdal_streamed_alg", "command_line": "x"}), "GDAL"),
    (geojson(feature(POLYGON), feature(POLYGON)).replace("}, {", "},\n{")[:-40], "line 2"),
])  # fmt: skip
def test_broken_geojson_is_refused_in_one_sentence(saved, content, word):
    with pytest.raises(InputFileError) as refused:
        read_places(saved(content, "a.geojson"))
    assert word in refused.value.en
    assert "\n" not in refused.value.zh


@pytest.mark.parametrize("name", ["a.shp", "a.gpkg", "a.parquet", "a.zip", "a.csv", "a.kml"])
def test_a_file_of_another_kind_under_the_name_is_refused(saved, name):
    with pytest.raises(InputFileError, match=name):
        read_places(saved(b"<OGRVRTDataSource><OGRVRTLayer/></OGRVRTDataSource>", name))


@pytest.mark.parametrize("suffix", [".shp", ".gpkg", ".parquet", ".zip", ".geojson"])
def test_places_that_are_not_there_are_refused(tmp_path, suffix):
    with pytest.raises(InputFileError, match="gone"):
        read_places(tmp_path / f"gone{suffix}")


def test_a_byte_order_mark_before_json_does_not_matter(saved):
    content = codecs.BOM_UTF8 + geojson(feature(POLYGON, 名称="南山")).encode()
    assert read_places(saved(content, "a.geojson"))[0]["名称"].tolist() == ["南山"]


def test_half_a_surrogate_pair_in_json_becomes_a_question_mark(saved):
    content = geojson(feature(POLYGON, name="x")).replace('"x"', '"\\ud800x"')
    assert read_places(saved(content, "a.geojson"))[0]["name"].tolist() == ["?x"]


def test_no_module_opens_a_file_by_a_name_within_a_file():
    for module in Path(readers.__file__).parent.glob("*.py"):
        source = module.read_text("utf-8")
        assert not re.search("pyogrio|fiona|osgeo|read_file\\(|urllib|requests|/vsi", source), module.name
