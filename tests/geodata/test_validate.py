"""Raw rows to incidents: times, positions, types and ids, and the law that no row is lost."""

import datetime as dt
import json
import sys
from dataclasses import dataclass

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.columns import SET_ASIDE, STAGED
from geodata.errors import BoundaryError, MappingError
from geodata.mapping import Mapping, guess_mapping, shipped_mapping
from geodata.readers import set_aside_frame
from geodata.validate import REASONS, Checked, Validator, compiled, hashes, json_rows, jsons, numbers, place_key, times

CATALOGUE = {"theft": "theft", "盗窃": "theft", "fight or minor assault": "fight", "打架斗殴": "fight"}
GOOD = {"编号": "A1", "时间": "2024-05-01 08:05", "经度": "113.55", "纬度": "22.27", "类型": "盗窃"}
CHINESE = guess_mapping(list(GOOD))
NO_ROWS = set_aside_frame([], [], [], [], [])


@dataclass(frozen=True)
class Chunk:
    """What a reader gives."""

    table: pa.Table
    rows: np.ndarray
    bad_rows: pd.DataFrame
    done: float = 1.0


@dataclass(frozen=True)
class Found:
    """What the validator gives, as frames; incidents by their 0-based row in the file."""

    incidents: pd.DataFrame
    set_aside: pd.DataFrame
    unmapped: dict[str, int]
    checked: Checked


def chunk_of(rows, columns=None, bad_rows=NO_ROWS):
    if isinstance(rows, pa.Table):
        table = rows
    elif rows and isinstance(rows[0], dict):
        table = pa.table({name: pa.array([r[name] for r in rows], pa.string()) for name in columns or GOOD})
    else:
        names = columns or list(GOOD)
        table = pa.table({name: pa.array([r[at] for r in rows], pa.string()) for at, name in enumerate(names)})
    kept = np.setdiff1d(np.arange(table.num_rows + len(bad_rows)), bad_rows["row"].to_numpy(dtype=np.int64) - 1)
    return Chunk(table, kept, bad_rows)


def checked(rows, mapping=CHINESE, columns=None, *, crs=None, now=None):
    chunk = rows if isinstance(rows, Chunk) else chunk_of(rows, columns)
    names = chunk.table.column_names
    validator = Validator(names, mapping, source="test", crs=crs, catalogue_types=CATALOGUE, now=now)
    found = validator.check(chunk)
    assert found.incidents.num_rows + len(found.set_aside) == chunk.table.num_rows + len(chunk.bad_rows)
    assert found.incidents.schema == STAGED
    frame = found.incidents.to_pandas(types_mapper={pa.date32(): pd.ArrowDtype(pa.date32())}.get)
    return Found(frame.set_index(frame["row"].to_numpy() - 1), found.set_aside, found.unmapped, found)


def use(patch, way):
    """Check by the general ways or by the compiled loops, whatever the number of rows."""
    kernels = compiled._kernels() if way == "compiled" else None
    if way == "compiled" and kernels is None:
        pytest.skip("Numba is not installed")
    for module in (hashes, jsons, numbers, times):
        patch.setattr(module, "kernels_for", lambda rows: kernels)


@pytest.fixture(scope="module", params=["general", "compiled"], autouse=True)
def way(request):
    """Run every test of this file in both ways."""
    with pytest.MonkeyPatch.context() as patch:
        use(patch, request.param)
        yield request.param


def row(**changes):
    return {**GOOD, **changes}


def only(found):
    assert len(found.set_aside) == 0, found.set_aside.to_dict("records")
    (incident,) = found.incidents.to_dict("records")
    return incident


def only_fault(found):
    assert len(found.incidents) == 0
    (fault,) = found.set_aside.to_dict("records")
    return fault


def timed(text, mapping=CHINESE):
    """Return UTC time, local day, local hour and precision of one row with this time."""
    incident = only(checked([row(时间=text)], mapping))
    keys = ("occurred_at", "occurred_on", "hour", "time_precision")
    at, on, hour, precision = (incident[key] for key in keys)
    return at.isoformat(timespec="minutes"), on.isoformat(), hour, precision


# -- the whole --------------------------------------------------------------------------------------------------------


def test_a_good_row_becomes_an_incident_with_every_column():
    incident = only(
        checked(
            [row(地址="梅华东路 338 号", 状态="已办结", 备注="")],
            columns=[*GOOD, "地址", "状态", "备注"],
            mapping=Mapping("m", {**CHINESE.columns, "status": "状态"}),
        )
    )
    assert incident == {
        "incident_id": "A1", "source": "test", "incident_type": "theft", "source_type": "盗窃",
        "occurred_at": pd.Timestamp("2024-05-01 00:05", tz="UTC"), "occurred_on": dt.date(2024, 5, 1), "hour": 8,
        "time_precision": "minute", "received_at": pd.NaT, "severity": "", "status": "已办结",
        "lon": 113.55, "lat": 22.27, "place_key": "",
        "extra": '{"地址":"梅华东路 338 号"}',
        "id_hash": int(hashes.hash_texts(pa.array(["A1"]))[0]), "row_hash": incident["row_hash"],
        "made_id": False, "row": 1,
    }  # fmt: skip


def test_the_rows_set_aside_have_the_columns_of_the_store():
    found = checked([row(), row(编号="A2", 时间="?")])
    assert pa.Table.from_pandas(found.set_aside, schema=SET_ASIDE, preserve_index=False).num_rows == 1
    assert list(found.set_aside) == SET_ASIDE.names


def test_an_empty_table_gives_empty_tables_of_the_same_form():
    found = checked([])
    assert (len(found.incidents), len(found.set_aside), found.unmapped) == (0, 0, {})
    assert list(found.set_aside) == SET_ASIDE.names
    assert (found.checked.x.size, found.checked.y.size) == (0, 0)


def test_rows_keep_their_numbers_in_the_file_among_those_that_the_reader_set_aside():
    bad = set_aside_frame([3], ["columns"], [""], ["C"], ["{}"])
    rows = [row(编号="A"), row(编号="B", 时间="never"), row(编号="D")]
    found = checked(chunk_of(rows, bad_rows=bad))
    assert found.incidents["incident_id"].to_dict() == {0: "A", 3: "D"}
    assert found.incidents["row"].tolist() == [1, 4]
    assert found.set_aside[["row", "reason"]].to_numpy().tolist() == [[2, "bad_time"], [3, "columns"]]
    assert json.loads(found.set_aside["raw"].iloc[0])["编号"] == "B"


def test_a_chunk_of_many_bytes_is_checked_in_pieces(monkeypatch):
    rows = [row(编号=f"A{number}", 类型="飞碟", 时间="?" if number == 3 else "2024-05-01") for number in range(7)]
    whole = checked(rows)
    monkeypatch.setattr("geodata.validate._MAX_BYTES", 100)
    pieces = checked(rows)
    assert pieces.checked.incidents.equals(whole.checked.incidents)
    assert pieces.set_aside.equals(whole.set_aside)
    assert pieces.unmapped == whole.unmapped == {"飞碟": 6}


def test_a_sample_of_the_positions_is_given_as_the_file_has_them():
    found = checked([row(经度="22.27", 纬度="113.55"), row(), row(经度="", 纬度="")])
    assert found.checked.x.tolist() == [22.27, 113.55]
    assert found.checked.y.tolist() == [113.55, 22.27]
    many = checked([row()] * 5000)
    assert len(many.checked.x) == len(many.checked.y) == 2000


def test_a_fault_names_its_column_and_text_and_has_two_sentences():
    fault = only_fault(checked([row(经度="abc")]))
    assert (fault["row"], fault["reason"], fault["column"], fault["text"]) == (
        1,
        "bad_position",
        "经度+纬度",
        "abc 22.27",
    )
    assert json.loads(fault["raw"]) == row(经度="abc")
    assert all(zh.endswith("。") and en.endswith(".") for zh, en in REASONS.values())


def test_a_file_without_a_needed_column_is_refused():
    with pytest.raises(MappingError, match="经度"):
        checked([["x"]], columns=["时间"])


def test_a_large_text_of_parquet_is_measured_too():
    table = chunk_of([row(类型="x" * 10_001), row()]).table
    found = checked(chunk_of(table.set_column(4, "类型", table["类型"].cast(pa.large_string()))))
    assert found.set_aside["reason"].tolist() == ["too_long"]


def test_small_chunks_do_not_load_the_compiled_loops(monkeypatch):
    monkeypatch.delitem(sys.modules, "geodata.validate.kernels", raising=False)
    assert compiled.kernels_for(compiled.FAST_ROWS - 1) is None


def test_without_numba_the_general_ways_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "geodata.validate.kernels", None)
    monkeypatch.delattr("geodata.validate.kernels", raising=False)
    assert compiled._kernels.__wrapped__() is None


def test_a_cell_that_no_person_wrote_sets_its_row_aside():
    fault = only_fault(checked([row(编号="x" * 10_001)]))
    assert fault["reason"] == "too_long"
    assert len(json.loads(fault["raw"])["编号"]) == 10_000


# -- time -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [
    "2024-05-01 08:05", "2024-05-01T08:05", "2024-05-01T08:05:59", "2024-05-01 08:05:59.123456", "2024/5/1 8:05",
    "2024.5.1 8:05", "2024年5月1日 8时5分", "2024年5月1日8时5分9秒", "2024年05月01日8点5分",
    "２０２４－０５－０１　０８：０５", "202405010805", "20240501080559",
    "20240501T0805", "2024-05-01T00:05Z", "2024-05-01T08:05+08:00", "2024-04-30 19:05:00 -0500",
    "  2024-05-01 08:05  ", "2024年5月1日 上午8:05", "2024/5/1 上午8时05分", "2024-05-01 8:05 AM",
    "2024 年 5 月 1 日 8:05",
    "2024-05-01T08:05:09.1+0800",
])  # fmt: skip
def test_every_way_to_write_a_minute_is_the_same_minute(text):
    assert timed(text) == ("2024-05-01T00:05+00:00", "2024-05-01", 8, "minute")


@pytest.mark.parametrize(
    "text", ["2024-05-01", "2024/5/1", "2024.5.1", "20240501", "2024年5月1日", "２０２４年５月１日", "45413", "45413.0"]
)
def test_a_day_without_a_clock_has_no_hour(text):
    assert timed(text) == ("2024-04-30T16:00+00:00", "2024-05-01", -1, "day")


@pytest.mark.parametrize("text", ["2016-01", "2016/1", "2016年1月", "2016年01月"])
def test_a_month_is_its_first_day_without_an_hour(text):
    assert timed(text) == ("2015-12-31T16:00+00:00", "2016-01-01", -1, "month")


def test_an_hour_without_minutes_is_its_start():
    assert timed("2024年5月1日 8时") == ("2024-05-01T00:00+00:00", "2024-05-01", 8, "minute")


def test_twenty_four_hours_is_the_next_day():
    assert timed("2024-12-31 24:00") == ("2024-12-31T16:00+00:00", "2025-01-01", 0, "minute")


def test_the_day_is_the_local_one():
    assert timed("2024-05-01T20:30Z")[1:3] == ("2024-05-02", 4)
    assert timed("2024-05-01T00:30Z")[1:3] == ("2024-05-01", 8)


def test_leap_days_exist_in_leap_years_only():
    assert timed("2024-02-29")[1] == "2024-02-29"
    assert only_fault(checked([row(时间="2023-02-29")]))["reason"] == "bad_time"


@pytest.mark.parametrize("text", [
    "01/05/2024", "03/05/2026", "25568", "73051", "454130", "2024-05-01 上午13:00",
    "2024-05-01 下午2:30 AM", "2024-02-30", "2024-13-01", "2024-00-10", "2024-05-00", "2024-05-32", "2024-05-01 24:01",
    "2024-05-01 25:00", "2024-05-01 08:60", "2024-05-01 08:05:60", "0024-05-01", "2204-05-01", "9999-12-31",
    "1714521900", "2024", "202405", "5月1日", "昨天", "2024-05-01 08:05+99:00", "2024-05-01 8", "合计",
    "2024-05-01 08:05 x",
])  # fmt: skip
def test_what_is_no_moment_is_set_aside_with_its_text(text):
    fault = only_fault(checked([row(时间=text)]))
    assert (fault["reason"], fault["column"], fault["text"]) == ("bad_time", "时间", text)


@pytest.mark.parametrize(("text", "hour"), [
    ("2024年5月1日下午2:30", 14), ("2024-05-01 上午12:30", 0), ("2024-05-01 下午12:30", 12), ("2024/5/1 下午14:30", 14),
    ("2024-05-01 02:30 PM", 14), ("45413.604166666664", 14), ("45413.999999", 0),
])  # fmt: skip
def test_halves_of_the_day_and_the_numbers_of_a_workbook_have_an_hour(text, hour):
    assert timed(text)[2:] == (hour, "minute")


@pytest.mark.parametrize("text", ["24-05-01", "24/5/1 8:05", "03-04-24", "24年5月1日", "5.3.24"])
def test_a_year_of_two_digits_is_not_guessed(text):
    assert only_fault(checked([row(时间=text)]))["reason"] == "two_digit_year"


@pytest.mark.parametrize(("time_format", "text"), [("epoch_s", "1714521900"), ("epoch_ms", "1714521900000")])
def test_numbers_since_1970_are_read_only_if_the_mapping_says_so(time_format, text):
    epoch = Mapping("m", CHINESE.columns, time_format=time_format)
    assert timed(text, epoch) == ("2024-05-01T00:05+00:00", "2024-05-01", 8, "minute")
    for wrong in ("2024-05-01", "1e9", "99999999999999"):
        assert only_fault(checked([row(时间=wrong)], epoch))["reason"] == "bad_time"


CLOCKED = Mapping("m", {**CHINESE.columns, "clock": "时刻"})


def clocked(day, clock):
    return checked([row(时间=day, 时刻=clock)], CLOCKED, [*GOOD, "时刻"])


@pytest.mark.parametrize(("day", "clock"), [
    ("2024-05-01", "14:30"), ("2024年5月1日", "14时30分"), ("45413", "0.6041666667"), ("2024-05-01", "下午2:30"),
    ("2024-05-01 00:00:00", "14:30:00"), ("2024-05-01 14:30", "14:30"), ("2024-05-01", "2024-05-01 14:30"),
    ("", "2024-05-01 14:30"), ("2024-05-01", "１４：３０"),
])  # fmt: skip
def test_a_day_and_a_time_of_day_in_two_columns_are_one_time(day, clock):
    incident = only(clocked(day, clock))
    assert (incident["occurred_at"].isoformat(), incident["hour"]) == ("2024-05-01T06:30:00+00:00", 14)


def test_an_empty_time_of_day_leaves_the_hour_unknown():
    for day in ("2024-05-01", "2024-05-01 00:00:00"):
        incident = only(clocked(day, ""))
        assert (incident["hour"], incident["time_precision"]) == (-1, "day")
    assert only(clocked("2024-05-01", "24:00"))["occurred_on"] == dt.date(2024, 5, 2)


@pytest.mark.parametrize(("day", "clock"), [
    ("2024-05-01", "25:00"), ("2024-05-01", "noon"), ("2024-05", "14:30"), ("2024-05-01 08:05", "14:30"),
    ("2024-05-01", "2024-05-02 14:30"), ("?", "14:30"),
])  # fmt: skip
def test_a_day_and_a_time_of_day_that_do_not_fit_are_set_aside_with_both(day, clock):
    fault = only_fault(clocked(day, clock))
    assert (fault["reason"], fault["column"], fault["text"]) == ("bad_time", "时间+时刻", f"{day} {clock}")


def test_a_time_of_day_alone_is_no_time():
    assert only_fault(clocked("", "14:30"))["reason"] == "no_time"


@pytest.mark.parametrize("text", ["", "  ", "-", "null", "NULL", "NaN", "无", "N/A"])
def test_no_time_is_another_reason_than_a_bad_one(text):
    assert only_fault(checked([row(时间=text)]))["reason"] == "no_time"


def test_zones_of_every_kind_may_stand_in_one_column():
    texts = ["2024-05-01T08:05Z", "2024-05-01T08:05+08:00", "2024-05-01 08:05", "2024-05"]
    found = checked([row(编号=str(number), 时间=text) for number, text in enumerate(texts)])
    assert found.incidents["hour"].tolist() == [16, 8, 8, -1]


CHICAGO = Mapping("m", CHINESE.columns, time_zone="America/Chicago", time_format="%m/%d/%Y %I:%M:%S %p")


def test_a_skipped_hour_moves_forward_and_of_two_the_first_is_taken():
    assert timed("2021-03-14 02:30", CHICAGO) == ("2021-03-14T08:00+00:00", "2021-03-14", 3, "minute")
    assert timed("2021-11-07 01:30", CHICAGO) == ("2021-11-07T06:30+00:00", "2021-11-07", 1, "minute")


def test_china_had_summer_time_in_1988():
    assert timed("1988-07-01 12:00") == ("1988-07-01T03:00+00:00", "1988-07-01", 12, "minute")


def test_the_format_of_a_mapping_wins_and_the_usual_ones_still_work():
    assert timed("01/31/2020 11:00:00 PM", CHICAGO) == ("2020-02-01T05:00+00:00", "2020-01-31", 23, "minute")
    assert timed("2020-01-31T23:00:00.000", CHICAGO) == ("2020-02-01T05:00+00:00", "2020-01-31", 23, "minute")
    days = Mapping("m", CHINESE.columns, time_format="%d.%m.%Y")
    assert timed("01.05.2024", days) == ("2024-04-30T16:00+00:00", "2024-05-01", -1, "day")
    zoned = Mapping("m", CHINESE.columns, time_format="%d.%m.%Y %H:%M %z")
    assert timed("01.05.2024 00:05 +0000", zoned) == ("2024-05-01T00:05+00:00", "2024-05-01", 8, "minute")


def test_parts_of_a_time_are_put_together():
    mapping = shipped_mapping("vancouver")
    columns = ["TYPE", "YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "X", "Y"]
    rows = [
        ["Homicide", "2020", "6", "19", "3", "40", "0", "0"],
        ["Mischief", "2020", "6", "19", "0", "0", "491059", "5459122"],
        ["Mischief", "2020", "6", "31", "1", "0", "491059", "5459122"],
        ["Mischief", "", "", "", "", "", "491059", "5459122"],
    ]
    found = checked(rows, mapping, columns)
    assert found.incidents[["hour", "time_precision"]].to_numpy().tolist() == [[3, "minute"], [-1, "day"]]
    assert found.incidents["occurred_at"].iloc[0] == pd.Timestamp("2020-06-19 10:40", tz="UTC")
    assert found.incidents["lon"].isna().tolist() == [True, False]
    assert found.set_aside["reason"].tolist() == ["bad_time", "no_time"]


def typed(moments, **columns):
    frame = pd.DataFrame({"时间": moments, "经度": 113.55, "纬度": 22.27, "类型": "盗窃"} | columns)
    return chunk_of(pa.Table.from_pandas(frame, preserve_index=False))


def test_timestamps_of_parquet_are_local_and_dates_have_no_hour():
    found = checked(typed(pd.to_datetime(["2024-05-01 00:00", "2024-05-01 08:05", None])))
    assert found.incidents[["hour", "time_precision"]].to_numpy().tolist() == [[0, "minute"], [8, "minute"]]
    assert found.set_aside["reason"].tolist() == ["no_time"]
    dates = checked(typed(pd.to_datetime(["2024-05-01", "2024-05-02"])))
    assert dates.incidents["time_precision"].tolist() == ["day", "day"]
    aware = checked(typed(pd.to_datetime(["2024-05-01 00:05", "2024-05-01 20:00"], utc=True)))
    assert aware.incidents["hour"].tolist() == [8, 4]


def test_the_future_is_set_aside_only_if_the_present_is_known():
    rows = [row(时间="2024-05-01"), row(编号="A2", 时间="2024-05-03")]
    now = dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC)
    assert checked(rows, now=now).set_aside["reason"].tolist() == ["future_time"]
    assert len(checked(rows).incidents) == 2


def test_when_a_row_was_received_is_kept_and_no_fault_if_unreadable():
    mapping = Mapping("m", {**CHINESE.columns, "received_at": "接收时间"})
    rows = [row(接收时间="2024-05-02 08:00"), row(编号="A2", 接收时间="昨天"), row(编号="A3", 接收时间="")]
    received = checked(rows, mapping, [*GOOD, "接收时间"]).incidents["received_at"]
    assert received.iloc[0] == pd.Timestamp("2024-05-02", tz="UTC")
    assert received.isna().tolist() == [False, True, True]
    extra = checked(rows, mapping, [*GOOD, "接收时间"]).incidents["extra"]
    assert extra.tolist() == ["{}", '{"接收时间":"昨天"}', "{}"]


# -- position ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lon", "lat"), [("", ""), ("-", "null"), ("0", "0"), ("0.0", "0.000"), ("NaN", "nan"), (" ", "—")]
)
def test_an_incident_without_a_position_is_kept_without_one(lon, lat):
    incident = only(checked([row(经度=lon, 纬度=lat)]))
    assert np.isnan([incident["lon"], incident["lat"]]).all()


@pytest.mark.parametrize(("lon", "lat"), [
    ("abc", "22"), ("inf", "22"), ("1e308", "22"), ("1e99", "1e99"), ("22.27", "113.55"), ("113.55", ""),
    ("-", "22.27"), ("1,113,55", "22,27"), ("N113.5", "E22"), ("181", "22"), ("113°64′", "22°16′"), ("0x10", "22"),
    ("453620.5", "2463877.9"), ("113.5°34′", "22"), ("-E113.5", "22"), ("113°34′12", "22"), ("E", "N"),
    ("113.5.5", "22"),
])  # fmt: skip
def test_a_position_that_is_impossible_or_half_given_is_set_aside(lon, lat):
    assert only_fault(checked([row(经度=lon, 纬度=lat)]))["reason"] == "bad_position"


@pytest.mark.parametrize(
    ("lon", "lat"), [("１１３．５５", "２２．２７"), (" 113.55 ", "+22.27"), ("1.1355e2", "22.270")]
)
def test_a_position_is_read_as_people_write_it(lon, lat):
    incident = only(checked([row(经度=lon, 纬度=lat)]))
    assert (incident["lon"], incident["lat"]) == (113.55, 22.27)


@pytest.mark.parametrize(("lon", "lat"), [
    ("113°33′00″E", "22°16′12″N"), ("113度33分", "22度16分12秒"), ("E113.55", "22.27N"), ("东经113.55°", "北纬22.27度"),
    ("113,55", "22,27"), ("113°33.0′", "22º16'12\""), ("１１３°３３′", "N 22° 16' 12''"), ("113° 33’", "22°16’12”"),
])  # fmt: skip
def test_degrees_in_other_writings_are_read_without_loss(lon, lat):
    incident = only(checked([row(经度=lon, 纬度=lat)]))
    assert (incident["lon"], incident["lat"]) == (113.55, 22.27)


def test_west_and_south_are_negative():
    incident = only(checked([row(经度="87°37′12″W", 纬度="S33.9")]))
    assert (incident["lon"], incident["lat"]) == (-87.62, -33.9)


def test_degrees_are_no_metres():
    metres = Mapping("m", CHINESE.columns, crs="EPSG:4547")
    for lon, lat in (("453,620", "2463877.9"), ("113°33′", "22°16′")):
        assert only_fault(checked([row(经度=lon, 纬度=lat)], metres))["reason"] == "bad_position"


@given(
    st.decimals(-180, 180, places=9)
    | st.floats(-180, 180).map(repr)
    | st.from_regex(r"\A[+-]?[0-9]{0,3}\.?[0-9]{0,20}\Z")
)
@settings(deadline=None)
def test_a_decimal_is_the_number_nearest_to_it(written):
    text = str(written)
    found = numbers.read_numbers(pa.chunked_array([[text]]), "lon")
    try:
        expected = float(text)
    except ValueError:
        assert np.isnan(found.numbers[0])
    else:
        assert found.numbers[0] == expected
        assert np.signbit(found.numbers[0]) == np.signbit(expected)


OWN = Mapping("m", {**CHINESE.columns, "crs": "坐标系"}, crs="gcj02")


def test_a_row_may_have_a_system_of_its_own():
    shifted = {"经度": "113.55509183", "纬度": "22.26802492"}
    plane = {"经度": "453620.4963566337", "纬度": "2463877.905551453"}
    true = {"经度": "113.55", "纬度": "22.271"}
    rows = [row(坐标系="", **shifted), row(坐标系="GCJ-02", **shifted), row(坐标系="EPSG:4547", **plane)]
    rows += [row(坐标系="WGS84", **true), row(坐标系="火星", **true), row(坐标系="火星", 经度="", 纬度="")]
    found = checked(rows, OWN, [*GOOD, "坐标系"])
    assert found.incidents["lon"].to_numpy()[:4] == pytest.approx([113.55] * 4, abs=1e-7)
    assert found.incidents["lat"].to_numpy()[:4] == pytest.approx([22.271] * 4, abs=1e-7)
    assert found.set_aside[["row", "reason", "text"]].to_numpy().tolist() == [[5, "bad_crs", "火星"]]
    # the sample is for the system of the file
    assert found.checked.x.tolist() == [113.55509183] * 2


def test_zero_is_a_position_in_metres_unless_the_mapping_says_no():
    columns = CHINESE.columns
    metres = Mapping("m", columns, crs="EPSG:3857")
    assert only(checked([row(经度="0", 纬度="0")], metres))["lon"] == 0.0
    nowhere = Mapping("m", columns, crs="EPSG:3857", missing_position=[[0, 0], [-1, -1]])
    for zero in ("0", "-1"):
        assert np.isnan(only(checked([row(经度=zero, 纬度=zero)], nowhere))["lon"])


def test_the_system_of_the_call_wins_over_that_of_the_mapping():
    gcj = Mapping("m", CHINESE.columns, crs="gcj02")
    moved = only(checked([row(经度="113.55509183", 纬度="22.26802492")], gcj))
    assert (moved["lon"], moved["lat"]) == pytest.approx((113.55, 22.271), abs=1e-7)
    plane = only(checked([row(经度="453620.4963566337", 纬度="2463877.905551453")], gcj, crs="EPSG:4547"))
    assert (plane["lon"], plane["lat"]) == pytest.approx((113.55, 22.271), abs=1e-7)
    with pytest.raises(BoundaryError, match="mars"):
        checked([row()], crs="mars")


def test_numbers_of_parquet_may_be_missing_or_infinite():
    found = checked(typed(["2024-05-01"] * 4, 经度=[113.5, np.nan, np.inf, np.nan], 纬度=[22.2, np.nan, 22.2, 22.2]))
    assert found.incidents["lon"].isna().tolist() == [False, True]
    assert found.set_aside["reason"].tolist() == ["bad_position"] * 2


# -- place ------------------------------------------------------------------------------------------------------------

PLACED = Mapping("m", {"id": "编号", "time": "时间", "type": "类型", "place": "地点"})
BOTH = Mapping("m", {**CHINESE.columns, "place": "地点"})


@pytest.mark.parametrize(("text", "key"), [
    ("珠海市/香洲区/拱北街道", "珠海市/香洲区/拱北街道"), ("珠海市 > 香洲区>拱北街道", "珠海市/香洲区/拱北街道"),
    ("珠海市-香洲区 - 拱北街道", "珠海市/香洲区/拱北街道"),
    ("／香洲区／ 拱北街道/", "香洲区/拱北街道"), ("香洲区", "香洲区"),
    ("440402001001", "440402001001"), ("Stratford-upon-Avon", "Stratford-upon-Avon"), ("St. James's", "St. James's"),
    ("Camden - Bloomsbury", "Camden/Bloomsbury"), ("  拱北\u3000街道 ", "拱北 街道"), ("", ""), ("-", ""), ("//", ""),
])  # fmt: skip
def test_a_place_is_written_in_one_way(text, key):
    assert place_key(text) == key


@given(st.text(max_size=30))
@settings(deadline=None)
def test_the_one_way_stays_as_it_is(text):
    assert place_key(place_key(text)) == place_key(text)


def test_a_place_may_stand_instead_of_a_position_or_beside_it():
    columns = ["编号", "时间", "类型", "地点"]
    rows = [row(地点="香洲区>拱北街道"), row(地点=""), row(地点="///")]
    found = checked(rows, PLACED, columns)
    assert found.incidents["place_key"].tolist() == ["香洲区/拱北街道", ""]
    assert found.incidents["lon"].isna().all()
    assert found.set_aside[["row", "reason", "column", "text"]].to_numpy().tolist() == [[3, "bad_place", "地点", "///"]]
    both = checked([row(地点="香洲区"), row(地点="///")], BOTH, [*GOOD, "地点"]).incidents
    assert both[["lon", "place_key"]].to_numpy().tolist() == [[113.55, "香洲区"], [113.55, ""]]


# -- type -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("word", "kind"), [
    ("盗窃", "theft"), ("Theft", "theft"), (" THEFT ", "theft"), ("Fight or Minor Assault", "fight"),
    ("ＴＨＥＦＴ", "theft"),
    ("飞碟", "raw:飞碟"), ("raw:theft", "raw:raw:theft"),
])  # fmt: skip
def test_a_word_is_known_by_the_catalogue_in_either_language_or_kept_as_it_is(word, kind):
    incident = only(checked([row(类型=word)]))
    assert (incident["incident_type"], incident["source_type"]) == (kind, word.strip())


def test_the_mapping_wins_over_the_catalogue():
    mapping = Mapping("m", CHINESE.columns, types={"盗窃": "burglary"})
    assert only(checked([row()], mapping))["incident_type"] == "burglary"


def test_words_without_a_type_are_counted_among_the_stored_rows():
    rows = [
        row(编号="1", 类型="飞碟"),
        row(编号="2", 类型=" 飞碟"),
        row(编号="3", 类型="飞碟", 时间="?"),
        row(编号="4", 类型="鬼"),
    ]
    assert checked(rows).unmapped == {"飞碟": 2, "鬼": 1}


@pytest.mark.parametrize("word", ["", " ", "-", "null"])
def test_a_row_without_a_type_is_set_aside(word):
    assert only_fault(checked([row(类型=word)]))["reason"] == "no_type"


def test_a_file_of_one_type_needs_no_column():
    mapping = shipped_mapping("chicago")
    found = checked([["7", "2020-01-31 23:00", "-87.6", "41.8"]], mapping, ["id", "date", "longitude", "latitude"])
    incident = only(found)
    assert (incident["incident_type"], incident["source_type"]) == ("serious_assault", "AGGRAVATED ASSAULT")


# -- ids --------------------------------------------------------------------------------------------------------------


def test_every_good_row_is_given_on_whatever_its_id():
    found = checked([row(), row(), row(类型="打架斗殴"), row(时间="?")])
    assert found.incidents["incident_id"].tolist() == ["A1"] * 3
    assert len(set(found.incidents["id_hash"])) == 1
    first, twin, other = found.incidents["row_hash"]
    assert first == twin != other


def test_ids_keep_their_zeros_and_numbers_get_no_decimal_point():
    assert only(checked([row(编号=" 00123 ")]))["incident_id"] == "00123"
    assert checked(typed(["2024-05-01"] * 2, 编号=[7.0, 8.0])).incidents["incident_id"].tolist() == ["7", "8"]


def test_a_number_whose_last_digits_are_lost_is_no_id():
    found = checked(typed(["2024-05-01"] * 3, 编号=[2.0**53, 2.0**53 - 1, 4.4040214e17]))
    assert found.incidents["incident_id"].tolist() == ["9007199254740991"]
    assert found.set_aside["reason"].tolist() == ["precision"] * 2
    assert checked(typed(["2024-05-01"], 编号=[2**62 + 1])).incidents["incident_id"].tolist() == [str(2**62 + 1)]


@pytest.mark.parametrize(
    "text",
    [
        "00123",
        "44E3",
        "NA1",
        "案件0001",
        "案件1号",
        "无名1",
        "编号A\u3000B",
        "空 A",
        "南山",
        "7",
        "nullable",
        "-1",
        "A",
        "No",
        "/x",
        "00",
    ],
)
def test_an_id_is_kept_as_it_is_written(text):
    incident = only(checked([row(编号=text)]))
    assert (incident["incident_id"], incident["made_id"]) == (text, False)


@pytest.mark.parametrize("absent", ["", " ", "-", "无", "0", "NULL", "\u3000", "none"])
def test_rows_without_an_id_get_one_from_their_content_and_twins_the_same(absent):
    rows = [row(编号=absent, 时间=f"2024-05-0{day}") for day in (1, 2, 2, 3)]
    there = checked([*rows, row()]).incidents
    first, second, twin, last = there["incident_id"].tolist()[:4]
    assert len({first, second, last}) == 3
    assert second == twin
    assert there["made_id"].tolist() == [True, True, True, True, False]
    back = checked(rows[::-1]).incidents["incident_id"].tolist()
    assert back == [last, twin, second, first]


def test_the_order_of_the_columns_does_not_change_a_made_id():
    columns = [name for name in GOOD if name != "编号"]
    ids = [only(checked([row()], guess_mapping(names), names))["incident_id"] for names in (columns, columns[::-1])]
    assert ids[0] == ids[1]
    assert len(ids[0]) == len("auto-") + 32
    assert only(checked([row(空="")], guess_mapping([*columns, "空"]), [*columns, "空"]))["incident_id"] == ids[0]
    assert only(checked([row(空="x")], guess_mapping([*columns, "空"]), [*columns, "空"]))["incident_id"] != ids[0]


# -- the rest of the file ---------------------------------------------------------------------------------------------


def test_other_columns_are_one_json_object_and_any_text_survives_it():
    nasty = 'a"b\\c\n<img src=x>\u2028𠮷=1+1'
    incident = only(checked([row(备注=nasty, 空="")], columns=[*GOOD, "备注", "空"]))
    assert json.loads(incident["extra"]) == {"备注": nasty}


def test_every_character_is_written_as_one_way_of_json():
    texts = [chr(code) for code in range(300)] + ['x\x00\x7f"\\\b\f/é𠮷']
    given_back = json_rows(pa.table({'k"\n': texts}))
    assert given_back.to_pylist() == [orjson.dumps({'k"\n': text}).decode() for text in texts]


def test_the_order_of_the_columns_does_not_change_the_object():
    first = only(checked([row(b="1", a="2")], columns=[*GOOD, "b", "a"]))
    second = only(checked([row(b="1", a="2")], columns=["a", *GOOD, "b"]))
    assert first["extra"] == second["extra"] == '{"a":"2","b":"1"}'
    assert first["row_hash"] == second["row_hash"]


def test_a_file_without_other_columns_has_empty_objects():
    assert only(checked([row()]))["extra"] == "{}"


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(), st.text()), max_size=10))
def test_json_of_any_texts_gives_them_back(rows):
    table = pa.table(
        {'k"1': pa.array([a for a, _ in rows], pa.string()), "k2": pa.array([b for _, b in rows], pa.string())}
    )
    given_back = [json.loads(text) for text in json_rows(table).to_pylist()]
    assert given_back == [
        {key: value for key, value in zip(('k"1', "k2"), pair, strict=True) if value} for pair in rows
    ]


# -- the law ----------------------------------------------------------------------------------------------------------

cells = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [*GOOD.values(), "", "-", "0", "24:00", "2024-02-30", "2021-11-07 01:30", "1e308", "inf", "²", "٣"]
    ),
    st.from_regex(r"\d{4}[-/年]\d{1,2}[-/月]\d{1,2}( \d{1,2}:\d{2})?", fullmatch=True),
    st.floats().map(str),
)
tables = st.lists(st.tuples(*[cells] * (len(GOOD) + 1)), max_size=8)


@settings(deadline=None, max_examples=150)
@given(
    tables,
    st.sampled_from(["wgs84", "gcj02", "bd09", "EPSG:4547", "EPSG:27700"]),
    st.sampled_from(["", "%Y-%m-%d %H:%M"]),
)
def test_every_row_of_any_table_is_stored_or_set_aside_for_one_known_reason(rows, crs, time_format):
    mapping = Mapping("m", CHINESE.columns, time_zone="America/Chicago", crs=crs, time_format=time_format)
    found = checked(rows, mapping, [*GOOD, "备注"])
    stored, aside = found.incidents, found.set_aside
    assert sorted([*(stored.index + 1), *aside["row"]]) == list(range(1, len(rows) + 1))
    assert set(aside["reason"]) <= set(REASONS)
    assert stored["incident_id"].str.len().gt(0).all()
    assert (stored["lon"].isna() == stored["lat"].isna()).all()
    assert (stored["lon"].dropna().abs() <= 180).all()
    assert (stored["lat"].dropna().abs() <= 90).all()
    assert stored["hour"].between(-1, 23).all()
    assert sum(found.unmapped.values()) == stored["incident_type"].str.startswith("raw:").sum()
    assert all(isinstance(json.loads(text), dict) for text in [*stored["extra"], *aside["raw"]])


@settings(deadline=None, max_examples=50)
@given(tables, st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_that_of_columns_nor_the_chunks_change_an_incident(rows, random):
    columns = [*GOOD, "备注"]
    order = random.sample(range(len(columns)), len(columns))
    mixed = random.sample(rows, len(rows))
    cut = len(rows) // 2

    def content(*pieces):
        found = [
            checked([[r[at] for at in order] for r in piece], CHINESE, [columns[at] for at in order])
            for piece in pieces
        ]
        return sorted(str(dict(incident, row=0)) for piece in found for incident in piece.incidents.to_dict("records"))

    whole = checked(rows, columns=columns).incidents.to_dict("records")
    assert content(mixed[:cut], mixed[cut:]) == sorted(str(dict(incident, row=0)) for incident in whole)
