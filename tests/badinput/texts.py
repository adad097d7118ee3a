"""Delimited text that is not what it should be (F01–F22)."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

from tests.badinput.cases import HEAD, ROW, accepted, case, good, refused, rows_case, write

GOOD_GBK = (HEAD + good(1, 2)).encode("gbk")


@case("F01", "no byte at all", refused("a.csv", "0 字节"))
def empty(folder: Path) -> Path:
    return write(folder, "a.csv", b"")


@case("F01", "no byte at all, packed", refused("a.csv.gz", "空"))
def empty_packed(folder: Path) -> Path:
    return write(folder, "a.csv.gz", gzip.compress(b""))


@case("F01", "only line ends", refused("表头"))
def only_line_ends(folder: Path) -> Path:
    return write(folder, "a.csv", "\n\r\n\n")


@case("F02", "column names and no row", accepted(0))
def header_only(folder: Path) -> Path:
    return write(folder, "a.csv", HEAD)


@case("F03", "GBK, as Excel in China writes it", accepted(2, encoding="gb18030", cells={"source_type": ["盗窃"] * 2}))
def gbk(folder: Path) -> Path:
    return write(folder, "a.csv", GOOD_GBK)


@case("F04", "UTF-8 with its mark", accepted(2, encoding="utf-8-sig"))
def utf8_mark(folder: Path) -> Path:
    return write(folder, "a.csv", "\ufeff" + HEAD + good(1, 2))


@case("F05", "UTF-16 with tabs, Excel's 'Unicode text'", accepted(2, encoding="utf-16", separator="\t"))
def utf16(folder: Path) -> Path:
    return write(folder, "a.txt", (HEAD + good(1, 2)).replace(",", "\t").encode("utf-16"))


@case("F05", "UTF-16 of the other byte order", accepted(2, encoding="utf-16"))
def utf16_big_endian(folder: Path) -> Path:
    return write(folder, "a.csv", b"\xfe\xff" + (HEAD + good(1, 2)).encode("utf-16-be"))


@case("F05", "UTF-16 cut in the middle of a character", accepted(1, aside={"encoding": [2]}))
def utf16_cut(folder: Path) -> Path:
    return write(folder, "a.csv", (HEAD + good(1, 2)).strip().encode("utf-16")[:-1])


@case(
    "F06",
    "UTF-8 that GB18030 would take for other words",
    accepted(1, cells={"source_type": ["盗窃"]}, encoding="utf-8"),
)
def utf8_and_not_gbk(folder: Path) -> Path:
    return write(folder, "a.csv", HEAD + good(1))


@case("F07", "one byte of line 9000 is broken", accepted(9998, aside={"encoding": [8999]}, encoding="gb18030"))
def broken_byte(folder: Path) -> Path:
    lines = [ROW.format(n).encode("gbk") for n in range(1, 10_000)]
    lines[8998] = lines[8998].replace("窃".encode("gbk"), b"\xff")
    return write(folder, "a.csv", HEAD.encode("gbk") + b"".join(lines))


@case("F08", "two systems' exports joined: UTF-8, then GBK", accepted(500, aside={"encoding": list(range(501, 601))}))
def two_encodings(folder: Path) -> Path:
    return write(folder, "a.csv", (HEAD + good(*range(500))).encode() + good(*range(500, 600)).encode("gbk"))


for mark, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):

    def separated(folder: Path, mark: str = mark) -> Path:
        return write(folder, "a.csv", (HEAD + good(1, 2)).replace(",", mark))

    separated.__name__ = name
    case("F09", f"{name} between the fields", accepted(2, separator=mark))(separated)


@case("F09", "decimal commas between semicolons", accepted(1, separator=";", where={"A1": 1}))
def decimal_commas(folder: Path) -> Path:
    return write(folder, "a.csv", (HEAD + good(1)).replace(",", ";").replace(".", ","))


@case("F10", "a first line sep=;", accepted(1, separator=";"))
def excel_separator_line(folder: Path) -> Path:
    return write(folder, "a.csv", "sep=;\n" + (HEAD + good(1)).replace(",", ";"))


@case("F11", "a zero byte in a row", accepted(2, aside={"nul": [2]}))
def zero_byte(folder: Path) -> Path:
    return write(folder, "a.csv", HEAD + good(1) + ROW.format("2\0") + good(3))


@case("F11", "a file of zero bytes, as a crash of a disk leaves it", refused("不是文本文件"))
def only_zero_bytes(folder: Path) -> Path:
    return write(folder, "a.csv", bytes(4096))


@case("F11", "a picture that is called a CSV", refused("不是文本文件"))
def picture(folder: Path) -> Path:
    return write(folder, "a.csv", b"\x89PNG\r\n\x1a\n" + np.random.default_rng(1).bytes(5000))


@case("F12", "a quote that never closes, in line 50 of 10,000", accepted(9999, aside={"quote": [50]}))
def open_quote(folder: Path) -> Path:
    lines = [ROW.format(n) for n in range(1, 10_001)]
    lines[49] = '"' + lines[49]
    return write(folder, "a.csv", HEAD + "".join(lines))


@case("F12", "a quote that never closes, in the last line", accepted(1, aside={"quote": [2]}))
def open_quote_at_the_end(folder: Path) -> Path:
    return write(folder, "a.csv", HEAD + good(1) + '2,2024-05-01,113.51,22.21,"盗窃\n')


@case("F12", "a quote in the middle of a field", accepted(2, aside={}))
def quote_in_a_field(folder: Path) -> Path:
    return write(folder, "a.csv", HEAD + good(1) + ROW.format('2号"甲"楼'))


@case("F13", "line breaks within quotes, and a fault below them", accepted(2, aside={"columns": [3]}))
def quoted_line_breaks(folder: Path) -> Path:
    rows = ROW.format('"1\n一"') + ROW.format('"2\r\n二\n"') + ROW.format("3,3")
    return write(folder, "a.csv", HEAD + rows)


@case("F13", "lines end in a carriage return alone", accepted(2))
def old_line_ends(folder: Path) -> Path:
    return write(folder, "a.csv", (HEAD + good(1, 2)).replace("\n", "\r"))


@case("F13", "no line end behind the last row, blank lines between", accepted(2))
def blank_lines(folder: Path) -> Path:
    return write(folder, "a.csv", HEAD + "\n" + good(1) + "\n\n" + good(2).rstrip())


rows_case("F14", "one value too many", good(1) + ROW.format("2,x") + good(3), accepted(2, aside={"columns": [2]}))
rows_case("F15", "values are missing", good(1) + "2,2024-05-01\n" + good(3), accepted(2, aside={"columns": [2]}))
rows_case("F16", "one column name twice", good(1), refused("列名重复", "经度"), head="编号,经度,时间,经度,类型\n")
rows_case(
    "F17",
    "other names in another order",
    "盗窃,22.21,113.51,2024-05-01 08:00,1\n",
    accepted(1, where={"A1": 1}),
    head="案件类型,纬度坐标,经度坐标,案发时间,案件编号\n",
)
rows_case("F17", "names that nobody knows", good(1), refused("缺少", "时间"), head="a,b,c,d,e\n")
rows_case("F18", "no column for the time", "1,113.51,22.21,盗窃\n", refused("时间"), head="编号,经度,纬度,类型\n")
rows_case("F18", "no column for the type", "1,2024-05-01,113.51,22.21\n", refused("类型"), head="编号,时间,经度,纬度\n")
rows_case("F18", "half a position", "1,2024-05-01,113.51,盗窃\n", refused("纬度"), head="编号,时间,经度,类型\n")
rows_case(
    "F19",
    "full width and invisible marks in names",
    good(1),
    accepted(1),
    head="\u200b编号,\u3000时间\u00a0,ｌｏｎ,Ｌａｔ,类型 \n",
)
rows_case("F20", "titles above the header", good(1, 2), accepted(2, noted="标题"), head="2024年5月警情\n\n" + HEAD)
rows_case("F20", "totals below the rows", good(1, 2) + "合计,,,,2\n", accepted(2, aside={"total_row": [3]}))
rows_case("F21", "one column", "x\ny\n", refused("时间"), head="说明\n")
rows_case(
    "F21",
    "300 columns",
    good(1).strip() + ",x" * 295 + "\n",
    accepted(1),
    head=HEAD.strip() + "".join(f",c{n}" for n in range(295)) + "\n",
)
rows_case(
    "F21",
    "a header of 20 kB",
    good(1),
    refused("第 1 行", "表头"),
    head="编号,时间,经度,纬度,类型" + "长" * 20_000 + "\n",
)
rows_case("F21", "names that are not there", good(1), refused("缺少"), head=",,,,\n")


@case("F22", "a cell of 5 MB", accepted(1, aside={"too_long": [2]}))
def huge_cell(folder: Path) -> Path:
    return write(folder, "a.csv", HEAD + good(1) + ROW.format("长" * 1_700_000))


@case("F22", "a line of 40 MB without an end", accepted(1, aside={"too_long": [2]}))
def endless_line(folder: Path) -> Path:
    return write(folder, "a.csv", (HEAD + good(1)).encode() + b"x" * 40_000_000)


@case("F22", "ten million separators in a line", accepted(1, aside={"columns": [2]}))
def endless_fields(folder: Path) -> Path:
    return write(folder, "a.csv", (HEAD + good(1)).encode() + b"," * 5_000_000 + b"\n")


@case("F22", "a million quotes in a line", accepted(1, aside={"too_long": [2]}))
def endless_quotes(folder: Path) -> Path:
    return write(folder, "a.csv", (HEAD + good(1)).encode() + b'"' * 1_000_001 + b"\n")


@case("F33", "gzip of 2 MB that unpacks to 2 GB", refused("解压后过大"))
def gzip_bomb(folder: Path) -> Path:
    member = gzip.compress(bytes(16 * 1024**2), 9)
    return write(folder, "a.csv.gz", member * 128)


@case("F33", "gzip that is cut", refused("a.csv.gz", "重新获取"))
def gzip_cut(folder: Path) -> Path:
    return write(folder, "a.csv.gz", gzip.compress((HEAD + good(*range(5000))).encode())[:-500])


@case("F33", "gzip in gzip", refused("gzip"))
def gzip_twice(folder: Path) -> Path:
    return write(folder, "a.csv.gz", gzip.compress(gzip.compress((HEAD + good(1)).encode())))


@case(
    "F55",
    "a file of 200,000 rows with one fault in each thousand",
    accepted(199_800, aside={"no_time": list(range(1, 200_001, 1000))}),
)
def many_rows(folder: Path) -> Path:
    lines = [ROW.format(n) if n % 1000 else f"{n},,113.51,22.21,盗窃\n" for n in range(200_000)]
    return write(folder, "a.csv", HEAD + "".join(lines))


rows_case(
    "F17",
    "long names that nobody knows",
    good(1),
    refused("缺少", "时间"),
    head="".join(f"{'长' * 300}{n}," for n in range(30)) + "zz\n",
)
