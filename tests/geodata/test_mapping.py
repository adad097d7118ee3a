"""Mapping files: what they may say, what is refused, what is guessed."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import MappingError
from geodata.mapping import (
    Mapping,
    column_key,
    guess_mapping,
    layout_key,
    load_mapping,
    mapping_to_toml,
    parse_mapping,
    shipped_mapping,
    shipped_mappings,
)

GOOD = """
[columns]
id = "No"
time = ["When", "Date"]
lon = "X"
lat = "Y"
type = "What"
[types]
"Noise" = "noise_quarrel"
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "mine.toml"
        path.write_text(text, "utf-8")
        return path

    return write


def test_a_small_mapping_has_chinese_time_and_degrees(written):
    mapping = load_mapping(written(GOOD))
    assert (mapping.name, mapping.time_zone, mapping.crs) == ("mine", "Asia/Shanghai", "wgs84")
    assert mapping.types == {"Noise": "noise_quarrel"}


def test_of_several_names_the_first_that_the_file_has_is_taken(written):
    mapping = load_mapping(written(GOOD))
    assert mapping.resolve(["y", "DATE", "x", "what"])["time"] == ["DATE"]
    assert mapping.resolve(["y", "x", "what", "DATE", "when"])["time"] == ["when"]


@pytest.mark.parametrize(("text", "key"), [
    ("not toml", "mine.toml"),
    (GOOD + '"Fire" = "no_such_type"', "no_such_type"),
    (GOOD + '"Fire" = ["burglary"]', "Fire"),
    ("colour = 1\n" + GOOD, "colour"),
    ("crs = 4547\n" + GOOD, "crs"),
    ('crs = "mars"\n' + GOOD, "mars"),
    ('time_zone = "Mars/Base"\n' + GOOD, "time_zone"),
    ('time_zone = "../passwd"\n' + GOOD, "time_zone"),
    ('time_format = "%Q"\n' + GOOD, "time_format"),
    ("missing_position = [0, 0]\n" + GOOD, "missing_position"),
    (GOOD.replace('lat = "Y"\n', ""), "columns.lat"),
    (GOOD.replace('time = ["When", "Date"]\n', ""), "columns.time"),
    (GOOD.replace('type = "What"\n', ""), "columns.type"),
    (GOOD.replace('lat = "Y"', "lat = 3"), "columns.lat"),
    (GOOD.replace('lat = "Y"', 'lat = "Y"\nspeed = "v"'), "columns.speed"),
    (GOOD.replace('time = ["When", "Date"]', 'time_parts = ["Y"]'), "columns.time_parts"),
    (GOOD.replace('time = ["When", "Date"]', 'time_parts = ["Y", "M"]\nclock = "T"'), "columns.clock"),
    (GOOD.replace('lat = "Y"', 'place = "P"'), "columns.lat"),
    ('time_format = "epoch"\nmissing_position = [1]\n' + GOOD, "missing_position"),
])  # fmt: skip
def test_a_wrong_mapping_is_refused_naming_the_file_and_the_key(written, text, key):
    with pytest.raises(MappingError) as refused:
        load_mapping(written(text))
    for message in (refused.value.zh, refused.value.en):
        assert "mine.toml" in message
        assert key in message


def test_a_mapping_that_is_not_there_is_named(tmp_path):
    with pytest.raises(MappingError, match=r"gone\.toml"):
        load_mapping(tmp_path / "gone.toml")


def test_every_shipped_mapping_can_be_read():
    assert shipped_mappings() == ["chicago", "new_york_311", "san_francisco", "uk_police", "vancouver"]
    for name in shipped_mappings():
        assert len(shipped_mapping(name).types) > 10


def test_an_unknown_shipped_mapping_is_refused_with_the_list():
    with pytest.raises(MappingError, match="chicago"):
        shipped_mapping("../chicago")


@pytest.mark.parametrize(("name", "header", "time"), [
    ("uk_police", "Crime ID,Month,Reported by,Longitude,Latitude,Location,LSOA code,Crime type", ["Month"]),
    ("uk_police", "id,category,month,lat,lon,street_id", ["month"]),
    ("chicago", "ID,Case Number,Date,Block,Primary Type,Latitude,Longitude", ["Date"]),
    ("chicago", "id,date,loc_cat,longitude,latitude,district_recorded", ["date"]),
    ("san_francisco", "Incident Datetime,Incident ID,Incident Category,Latitude,Longitude", ["Incident Datetime"]),
    ("new_york_311", "Unique Key,Created Date,Complaint Type,Latitude,Longitude", ["Created Date"]),
    ("vancouver", "TYPE,YEAR,MONTH,DAY,HOUR,MINUTE,X,Y", ["YEAR", "MONTH", "DAY", "HOUR", "MINUTE"]),
])  # fmt: skip
def test_shipped_mappings_fit_the_headers_of_their_sources(name, header, time):
    found = shipped_mapping(name).resolve(header.split(","))
    assert found.get("time", found.get("time_parts")) == time


@pytest.mark.parametrize("header", [
    "编号,发生时间,经度,纬度,事件类型",
    "ID,Date,LNG,LAT,Category",
    "incident_id,occurred_at,longitude,latitude,type",
    " 警情编号 ,报警时间,Ｘ坐标,y 坐标,警情类别",
])  # fmt: skip
def test_usual_names_are_guessed_in_both_languages(header):
    columns = header.replace("y 坐标", "y坐标").split(",")
    found = guess_mapping(columns).columns
    assert [found[key] for key in ("id", "time", "lon", "lat", "type")] == columns


def test_a_guess_says_what_is_missing_and_what_it_saw():
    with pytest.raises(MappingError) as refused:
        guess_mapping(["名称", "lat", "lon"])
    assert "时间、类型" in refused.value.zh
    assert "名称" in refused.value.zh
    assert "time, type" in refused.value.en


def test_a_constant_type_is_used_only_where_there_is_no_column():
    mapping = Mapping("m", {"time": "t", "lon": "x", "lat": "y", "type": "kind"}, type_value="Fire")
    assert "type" not in mapping.resolve(["t", "x", "y"])
    assert mapping.resolve(["t", "x", "y", "Kind"])["type"] == ["Kind"]


def test_parts_of_a_time_are_needed_all_together():
    mapping = Mapping("m", {"time_parts": ["Y", "M", "D"], "lon": "lo", "lat": "la", "type": "t"})
    with pytest.raises(MappingError, match="时间"):
        mapping.resolve(["Y", "M", "lo", "la", "t"])


def test_column_names_are_compared_as_people_see_them():
    assert column_key("\ufeffCrime\u00a0Type ") == column_key("crime_type")
    assert column_key("经度") != column_key("纬度")


def test_a_day_and_a_time_side_by_side_are_a_day_and_its_time_of_day():
    found = guess_mapping(["发生时间", "发生日期", "经度", "纬度", "类型"]).columns
    assert (found["time"], found["clock"]) == ("发生日期", "发生时间")
    found = guess_mapping(["Date", "Time", "lon", "lat", "type"]).columns
    assert (found["time"], found["clock"]) == ("Date", "Time")
    # days of something else are no days of this time
    found = guess_mapping(["发生时间", "受理日期", "经度", "纬度", "类型"]).columns
    assert (found["time"], found.get("clock")) == ("发生时间", None)


@pytest.mark.parametrize("name", ["地址路径", "所属镇街", "社区", "村居", "所属区域", "区划路径"])
def test_a_place_is_enough_without_a_position(name):
    found = guess_mapping(["时间", "类型", name]).columns
    assert found == {"time": "时间", "place": name, "type": "类型"}
    with pytest.raises(MappingError, match="纬度"):
        guess_mapping(["时间", "类型", "经度", name])


def test_the_system_of_a_row_is_guessed():
    assert guess_mapping(["时间", "类型", "经度", "纬度", "坐标系"]).columns["crs"] == "坐标系"


def test_a_time_of_day_without_a_day_is_no_column():
    mapping = Mapping("m", {"time_parts": ["Y", "M"], "time": "t", "clock": "c", "lon": "x", "lat": "y", "type": "k"})
    assert "clock" not in mapping.resolve(["Y", "M", "c", "x", "y", "k"])
    assert mapping.resolve(["t", "c", "x", "y", "k"])["clock"] == ["c"]


def test_a_layout_is_the_set_of_the_columns():
    assert layout_key(["编号", "Crime Type", "x"]) == layout_key(["X", "crime_type ", "编号"])
    assert layout_key(["a", "b"]) != layout_key(["a", "b", "c"])
    assert layout_key(["a b"]) == layout_key(["a_b"]) != layout_key(["ab"])
    assert len(layout_key([])) == 32


@pytest.mark.parametrize("name", shipped_mappings())
def test_a_shipped_mapping_can_be_written_and_read_again(name):
    mapping = shipped_mapping(name)
    assert parse_mapping(mapping_to_toml(mapping), "copy") == mapping


words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@settings(deadline=None)
@given(
    words,
    st.lists(words, min_size=1, max_size=3),
    st.dictionaries(words, st.sampled_from(["theft", "burglary"]), max_size=4),
    st.sampled_from(["", "%d.%m.%Y", "epoch_s", "epoch_ms"]),
    st.lists(st.lists(st.floats(-1e9, 1e9) | st.integers(-9, 9), min_size=2, max_size=2), max_size=2),
    st.booleans(),
)
def test_any_mapping_can_be_written_and_read_again(name, columns, types, time_format, nowhere, unknown):
    usual: dict[str, str | list[str]] = {"time": columns, "clock": name, "place": columns[0]}
    mapping = Mapping(name, usual, time_format, "America/Chicago", "gcj02", types, nowhere, name, unknown)
    for one in (mapping, replace(mapping, columns={**usual, "lon": "x", "lat": "y", "crs": "c"})):
        assert parse_mapping(mapping_to_toml(one), "copy") == one
