"""Mapping files: what they may say, what is refused, what is guessed."""

import pytest

from geodata.errors import MappingError
from geodata.mapping import Mapping, column_key, guess_mapping, load_mapping, shipped_mapping, shipped_mappings

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
