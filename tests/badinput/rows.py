"""Rows, times and positions that people write, and files that come again (F54, R, T, G01–G09)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyproj

from geodata.coordinates import gcj02_to_bd09, wgs84_to_gcj02
from geodata.readers import MAX_CELL
from tests.badinput.cases import HEAD, Expected, accepted, case, good, refused, rows_case, write

# --- files that come again (F54) and corrections (R02–R04) ---

rows_case("F54", "the same file again", good(1, 2), accepted(0, known=2, repeated=1), before=(HEAD + good(1, 2),))
rows_case("F54", "the same rows in another order", good(2, 1), accepted(0, known=2), before=(HEAD + good(1, 2),))
rows_case("F54", "the same rows and one more", good(1, 2, 3), accepted(1, known=2), before=(HEAD + good(1, 2),))
rows_case(
    "F54",
    "the same rows in other columns",
    "盗窃,22.21,113.51,2024-05-01 08:00,1\n",
    accepted(0, known=1),
    head="类型,纬度,经度,时间,编号\n",
    before=(HEAD + good(1),),
)
rows_case(
    "F54",
    "a file of faults again with one mended",
    good(1) + "2,2024-05-01,113.51,22.21,盗窃\n",
    accepted(1, known=1),
    before=(HEAD + good(1) + "2,,113.51,22.21,盗窃\n",),
)
rows_case("R02", "one id twice with the same content", good(1, 1), accepted(1, known=1))
rows_case(
    "R02",
    "one id twice with other content",
    good(1) + "1,2024-05-02,113.51,22.23,盗窃\n",
    accepted(1, corrected=1, where={"A2": 1}),
)
rows_case(
    "R02",
    "a correction and what it corrects the wrong way round",
    "1,2024-05-02,113.51,22.23,盗窃\n" + good(1),
    accepted(0, corrected=1, known=1, where={"A1": 1}),
    before=(HEAD + "1,2024-05-02,113.51,22.23,盗窃\n",),
)
rows_case(
    "R03",
    "a late correction",
    "1,2024-05-01 08:00,113.55,22.21,盗窃\n",
    accepted(0, corrected=1, where={"B1": 1}),
    before=(HEAD + good(1),),
)
rows_case(
    "R04",
    "a withdrawn incident is corrected in its status",
    "1,2024-05-01 08:00,113.51,22.21,盗窃,撤销\n",
    accepted(0, corrected=1, cells={"status": ["撤销"]}),
    head="编号,时间,经度,纬度,类型,状态\n",
    before=(HEAD + good(1),),
)
rows_case(
    "R04",
    "a withdrawal of what never came",
    "7,2024-05-01,113.51,22.21,盗窃,撤销\n",
    accepted(1),
    head="编号,时间,经度,纬度,类型,状态\n",
)

# --- ids and words (R01, R05–R13) ---

for name, word in {"nothing": "", "spaces": "  ", "zero": "0", "无": "无", "NULL": "NULL"}.items():
    rows_case("R01", f"an id of {name}", good(word, word), accepted(2, known=0))
rows_case(
    "R01",
    "no ids and the same file with one more",
    good("", "", ""),
    accepted(1, known=2),
    before=(HEAD + good("", ""),),
)
rows_case(
    "R05",
    "ids that look like numbers and like nothing",
    good("00123", "44E3", "1e5", "NaN1", "44.0"),
    accepted(5, cells={"incident_id": ["00123", "1e5", "44.0", "44E3", "NaN1"]}),
)
rows_case("R05", "ids in full width are not other ids", good("Ａ１"), accepted(1, cells={"incident_id": ["Ａ１"]}))
rows_case("R06", "an unknown type", "1,2024-05-01,113.51,22.21,偷鸡\n", accepted(1, unmapped={"偷鸡": 1}))
rows_case("R06", "a type in other width and case", "1,2024-05-01,113.51,22.21, ＴＨＥＦＴ \n", accepted(1))
rows_case(
    "R06",
    "no type",
    "1,2024-05-01,113.51,22.21,\n2,2024-05-01,113.51,22.21,无\n",
    accepted(0, aside={"no_type": [1, 2]}),
)


@case("R06", "a column of free text taken for the types", refused("类型列", "1500"))
def free_text_as_type(folder: Path) -> Path:
    rows = "".join(f"{n},2024-05-01,113.51,22.21,群众来电反映第{n}件事\n" for n in range(1500))
    return write(folder, "a.csv", HEAD + rows)


PLACE_HEAD = "编号,时间,经度,纬度,类型,镇街\n"
rows_case(
    "R07",
    "a name that contradicts the position",
    "1,2024-05-01,113.51,22.21,盗窃,东街\n",
    accepted(1, where={"A1": 1}),
    head=PLACE_HEAD,
)
rows_case(
    "R07", "a name and no position", "1,2024-05-01,,,盗窃,甲区/北街\n", accepted(1, where={"A2": 1}), head=PLACE_HEAD
)
rows_case(
    "R07",
    "a name that nobody knows",
    "1,2024-05-01,,,盗窃,香港街道\n",
    accepted(1, where={"unlocated": 1}),
    head=PLACE_HEAD,
)
rows_case(
    "R07",
    "a name in another district",
    "1,2024-05-01,,,盗窃,乙区/北街\n",
    accepted(1, where={"unlocated": 1}),
    head=PLACE_HEAD,
)
rows_case(
    "R07",
    "slashes instead of a name",
    "1,2024-05-01,,,盗窃,//\n",
    accepted(0, aside={"bad_place": [1]}),
    head=PLACE_HEAD,
)

TEXT_HEAD = "编号,时间,经度,纬度,类型,内容\n"
TEXTS = {
    "markup": "<img src=x onerror=alert(1)></script>{{7*7}}",
    "a formula": '=HYPERLINK(""http://x"",""y"")',
    "a formula in full width": "＝1+1",
    "commands of a database": "'); DROP TABLE batch;--",
    "emoji and rare characters": "𠮷野家🚓👮🏽‍♀️",
    "marks that turn the direction": "abc\u202edcba\u2066",
    "control characters": "a\x01\x07\x1b[31mb\x7f",
    "a phone number": "来电 13800138000",
    "10,000 characters": "长" * MAX_CELL,
}
for name, text in TEXTS.items():
    rows_case("R08", name, f'1,2024-05-01,113.51,22.21,盗窃,"{text}"\n', accepted(1), head=TEXT_HEAD)
    rows_case("R08", f"{name} as a type", f'1,2024-05-01,113.51,22.21,"{text}",\n', accepted(1), head=TEXT_HEAD)
rows_case(
    "R10",
    "10,001 characters",
    f"1,2024-05-01,113.51,22.21,盗窃,{'长' * (MAX_CELL + 1)}\n",
    accepted(0, aside={"too_long": [1]}),
    head=TEXT_HEAD,
)
rows_case(
    "R10",
    "names of columns that are markup",
    good(1).strip() + ",x\n",
    accepted(1),
    head=HEAD.strip() + ",<script>alert(1)</script>\n",
)

# --- times (T) ---

GOOD_TIMES = {
    "2024-05-01": ("2024-05-01", "-1"),
    "2024/5/1": ("2024-05-01", "-1"),
    "2024.5.1": ("2024-05-01", "-1"),
    "20240501": ("2024-05-01", "-1"),
    "2024年5月1日": ("2024-05-01", "-1"),
    "2024年5月1日 8时5分": ("2024-05-01", "8"),
    "２０２４－０５－０１　０８：０５": ("2024-05-01", "8"),
    "2024-05-01T08:05:59.999": ("2024-05-01", "8"),
    "2024-05-01 下午8:05": ("2024-05-01", "20"),
    "20240501080501": ("2024-05-01", "8"),
    "45413": ("2024-05-01", "-1"),
    "45413.5": ("2024-05-01", "12"),
    "2024-05-01T00:30Z": ("2024-05-01", "8"),
    "2024-05-01 23:30Z": ("2024-05-02", "7"),
    "2024-05-01 08:05+08:00": ("2024-05-01", "8"),
    "2024-04-30T18:05:00-06:00": ("2024-05-01", "8"),
    "2024-05-01 23:59:59": ("2024-05-01", "23"),
    "2024-05-01 00:00:00": ("2024-05-01", "0"),
    "2024-05-01 24:00": ("2024-05-02", "0"),
    "1988-07-01 12:00": ("1988-07-01", "12"),
    "2024-02-29": ("2024-02-29", "-1"),
    "2024-05": ("2024-05-01", "-1"),
}
BAD_TIMES = {
    "01/05/2024": "bad_time",
    "03-04-24": "two_digit_year",
    "24-05-01": "two_digit_year",
    "2023-02-29": "bad_time",
    "2024-02-30": "bad_time",
    "2024-13-01": "bad_time",
    "2024-05-01 25:00": "bad_time",
    "2024-05-01 24:01": "bad_time",
    "2024-05-01 08:60": "bad_time",
    "2024-05-01 08:05+25:00": "bad_time",
    "0024-05-01": "bad_time",
    "9999-12-31": "bad_time",
    "60": "bad_time",
    "-45413": "bad_time",
    "1714521600": "bad_time",
    "1714521600000": "bad_time",
    "昨天下午": "bad_time",
    "": "no_time",
    "无": "no_time",
    "2099-05-01": "future_time",
}
for text, (day, hour) in GOOD_TIMES.items():
    rows_case(
        "T01",
        f"the time {text}",
        f"1,{text},113.51,22.21,盗窃\n",
        accepted(1, cells={"occurred_on": [day], "hour": [hour]}),
    )
for text, reason in BAD_TIMES.items():
    rows_case(
        "T08", f"the time {text or 'of nothing'}", f"1,{text},113.51,22.21,盗窃\n", accepted(0, aside={reason: [1]})
    )
rows_case(
    "T06",
    "zones mixed in one column",
    "".join(
        f"{n},2024-05-01{time},113.51,22.21,盗窃\n" for n, time in enumerate((" 08:00", "T00:00Z", " 09:00+09:00"), 1)
    ),
    accepted(3, cells={"occurred_at": ["2024-05-01 00:00:00+00:00"] * 3, "hour": ["8"] * 3}),
)
rows_case(
    "T06",
    "ways of writing mixed in one column",
    "".join(
        f"{n},{text},113.51,22.21,盗窃\n"
        for n, text in enumerate(("2024-05-01", "2024年5月1日", "45413", "05/01/2024"), 1)
    ),
    accepted(3, aside={"bad_time": [4]}, cells={"occurred_on": ["2024-05-01"] * 3}),
)
rows_case(
    "T11",
    "a day and no time of day",
    "1,2024-05-01,,113.51,22.21,盗窃\n2,2024-05-01,08:05,113.51,22.21,盗窃\n3,2024-05-01,八点,113.51,22.21,盗窃\n",
    accepted(2, aside={"bad_time": [3]}, cells={"hour": ["-1", "8"]}),
    head="编号,日期,时间,经度,纬度,类型\n",
)
rows_case(
    "T10",
    "a time of receipt before the incident",
    "1,2024-05-02,2024-05-01,113.51,22.21,盗窃\n",
    accepted(1),
    head="编号,发生时间,接收时间,经度,纬度,类型\n",
)
rows_case(
    "T10",
    "a time of receipt that nobody can read",
    "1,2024-05-02,早上,113.51,22.21,盗窃\n",
    accepted(1, cells={"received_at": ["None"]}),
    head="编号,发生时间,接收时间,经度,纬度,类型\n",
)


@case(
    "T05",
    "seconds since 1970, and a mapping that says so",
    accepted(1, cells={"occurred_on": ["2024-05-01"], "hour": ["8"]}),
)
def epoch_seconds(folder: Path) -> Path:
    columns = 'id="编号"\ntime="时间"\nlon="经度"\nlat="纬度"\ntype="类型"\n'
    write(folder, "mapping.toml", 'time_format="epoch_s"\n[columns]\n' + columns)
    return write(folder, "a.csv", HEAD + "1,1714521600,113.51,22.21,盗窃\n")


# --- positions (G01–G09) ---


def positions(kind: str, what: str, expected: Expected, *pairs: tuple[str, str], **options: Any) -> None:
    """Take rows into the corpus that differ in their positions."""
    rows = "".join(f'{n},2024-05-01,"{x}","{y}",盗窃\n' for n, (x, y) in enumerate(pairs, 1))
    rows_case(kind, what, rows, expected, **options)


NOWHERE = [("0", "0"), ("", ""), ("-", "-"), ("NULL", "null"), ("无", "无"), ("nan", "NaN"), ("0.000000", "0.0")]
positions("G06", "ways to say that there is no position", accepted(7, where={"unlocated": 7}), *NOWHERE)
IMPOSSIBLE = [
    ("1e308", "22"),
    ("inf", "22"),
    ("113.5", ""),
    ("", "22.2"),
    ("200", "22"),
    ("113.5", "95"),
    ("1e999", "1"),
    ("见附件", "22"),
    ("113.5.1", "22"),
]
positions("G06", "positions that cannot be", accepted(0, aside={"bad_position": list(range(1, 10))}), *IMPOSSIBLE)
positions("G06", "null island but for a hair", accepted(1, where={"outside": 1}), ("0.0000001", "0"))
WAYS = [
    ("113°30′36″", "22°12′36″"),
    ("E113.51", "N22.21"),
    ("113,51", "22,21"),
    ("东经113.51", "北纬22.21度"),
    ("１１３．５１", "22.21 "),
    ("+113.51", "22.21°"),
]
positions("G05", "ways to write degrees", accepted(6, where={"A1": 6}), *WAYS)
positions("G05", "minutes over sixty", accepted(0, aside={"bad_position": [1]}), ("113°75′", "22°12′"))
positions("G05", "the wrong half of the earth", accepted(1, where={"outside": 1}), ("W113.51", "N22.21"))
positions(
    "G01",
    "one row with longitude and latitude swapped",
    accepted(1, aside={"bad_position": [2]}),
    ("113.51", "22.21"),
    ("22.21", "113.51"),
)
positions("G07", "300 rows in one point", accepted(300, where={"A1": 300}), *[("113.51", "22.21")] * 300)
positions(
    "G08",
    "outside by metres, by kilometres and by an ocean",
    accepted(3, where={"outside": 3}),
    ("113.49999", "22.21"),
    ("113.30", "22.21"),
    ("-122.4", "37.8"),
)
positions(
    "G09",
    "on a border, on a corner of four, on the edge of the city",
    accepted(3, where={"A1": 3}),
    ("113.54", "22.21"),
    ("113.54", "22.22"),
    ("113.50", "22.21"),
)


def scattered(folder: Path, move: str, rows: int = 400) -> Path:
    """Write positions in the city, moved into another system."""
    draw = np.random.default_rng(7)
    lon, lat = 113.50 + 0.08 * draw.beta(2, 3, rows), 22.20 + 0.04 * draw.beta(2, 3, rows)
    if move == "swapped":
        x, y = lat, lon
    elif move == "gcj02":
        x, y = wgs84_to_gcj02(lon, lat)
    elif move == "bd09":
        x, y = gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))
    elif move == "e6":
        x, y = np.round(lon * 1e6), np.round(lat * 1e6)
    else:
        x, y = pyproj.Transformer.from_crs("EPSG:4326", move, always_xy=True).transform(lon, lat)
    lines = [f"{n},2024-05-01,{a:.7f},{b:.7f},盗窃\n" for n, (a, b) in enumerate(zip(x, y, strict=True))]
    return write(folder, "a.csv", HEAD + "".join(lines))


@case(
    "G01",
    "a whole column swapped",
    accepted(0, aside={"bad_position": list(range(1, 401))}, to_ask=True, likely="wgs84 True"),
)
def swapped(folder: Path) -> Path:
    return scattered(folder, "swapped")


@case("G02", "GCJ-02 said to be WGS-84: all of it is stored, and somebody is asked", accepted(400))
def gcj02_as_wgs84(folder: Path) -> Path:
    return scattered(folder, "gcj02")


@case("G02", "BD-09 said to be WGS-84", accepted(400))
def bd09_as_wgs84(folder: Path) -> Path:
    return scattered(folder, "bd09")


@case("G02", "GCJ-02 said to be so", accepted(400), crs="gcj02")
def gcj02_as_itself(folder: Path) -> Path:
    return scattered(folder, "gcj02")


@case("G03", "CGCS2000", accepted(400, to_ask=False), crs="EPSG:4490")
def cgcs2000(folder: Path) -> Path:
    return scattered(folder, "EPSG:4490")


@case(
    "G04", "metres of a zone, said to be degrees", accepted(0, aside={"bad_position": list(range(1, 401))}, to_ask=True)
)
def metres_as_degrees(folder: Path) -> Path:
    return scattered(folder, "EPSG:4547")


@case("G04", "metres with the number of the zone before them, said so", accepted(400, to_ask=False), crs="EPSG:4526")
def metres_with_zone(folder: Path) -> Path:
    return scattered(folder, "EPSG:4526")


@case(
    "G05",
    "metres of a web map, said to be degrees",
    accepted(0, aside={"bad_position": list(range(1, 401))}, to_ask=True),
)
def web_metres(folder: Path) -> Path:
    return scattered(folder, "EPSG:3857")


@case(
    "G05",
    "degrees times a million",
    accepted(0, aside={"bad_position": list(range(1, 401))}, to_ask=True, likely="wgs84 e6"),
)
def degrees_e6(folder: Path) -> Path:
    return scattered(folder, "e6")


rows_case(
    "G02",
    "a system for every row",
    "1,2024-05-01,113.51,22.21,盗窃,WGS-84\n2,2024-05-01,113.5151,22.2073,盗窃,GCJ-02\n3,2024-05-01,113.51,22.21,盗窃,北京54\n4,2024-05-01,113.51,22.21,盗窃,\n",
    accepted(3, aside={"bad_crs": [3]}, where={"A1": 3}),
    head="编号,时间,经度,纬度,类型,坐标系\n",
)
rows_case("G02", "a system that is none", good(1), refused("坐标系", "火星"), crs="火星")
