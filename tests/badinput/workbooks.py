"""Workbooks and what is called one (F23–F33)."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import openpyxl

from tests.badinput.cases import HEAD, accepted, address, case, good, refused, secret, write

NAMES = HEAD.strip().split(",")
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
CELL = '<c t="inlineStr"><is><t>{}</t></is></c>'
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'


def book(folder: Path, rows: Sequence[Sequence[object]], name: str = "a.xlsx", **properties: object) -> Path:
    """Write a workbook as a program does that follows the rules."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    for key, value in properties.items():
        setattr(sheet, key, value)
    workbook.save(folder / name)
    return folder / name


def xml_row(*cells: str) -> str:
    """Return a row of cells as XML; what begins with < is a cell already."""
    return "<row>" + "".join(cell if cell.startswith("<") else CELL.format(cell) for cell in cells) + "</row>"


def relations(**targets: tuple[str, str]) -> str:
    """Return the XML that says which member is which: id → kind and target; what has a colon lies elsewhere."""
    each = '<Relationship Id="{}" Type="{}/{}" Target="{}"{}/>'
    lines = [
        each.format(key, OFFICE, kind, target, ' TargetMode="External"' * (":" in target))
        for key, (kind, target) in targets.items()
    ]
    return f'<Relationships xmlns="{PACKAGE}">{"".join(lines)}</Relationships>'


def sheet_of(rows: str, before: str = "") -> str:
    """Return the XML of a sheet."""
    return f'{DECLARATION}{before}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'


def raw_book(folder: Path, rows: str, members: dict[str, str | bytes] | None = None, before: str = "") -> Path:
    """Write a workbook from its parts, whatever they say."""
    sheets = '<sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets>'
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": relations(r1=("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{sheets}</workbook>',
        "xl/_rels/workbook.xml.rels": relations(r1=("worksheet", "worksheets/sheet1.xml")),
        "xl/worksheets/sheet1.xml": sheet_of(rows, before),
    }
    with zipfile.ZipFile(folder / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (parts | (members or {})).items():
            archive.writestr(name, content)
    return folder / "a.xlsx"


GOOD_ROW = ["1", dt.datetime.fromisoformat("2024-05-01 08:00"), 113.51, 22.21, "盗窃"]
XML_HEAD = xml_row(*NAMES)
XML_GOOD = xml_row("1", "2024-05-01", "113.51", "22.21", "盗窃")


@case("F23", "a CSV that is a workbook", refused("工作簿", ".xlsx"))
def workbook_as_csv(folder: Path) -> Path:
    return book(folder, [NAMES, GOOD_ROW]).rename(folder / "a.csv")


@case("F23", "a workbook that is a web page, as old systems export it", refused("网页"))
def page_as_workbook(folder: Path) -> Path:
    return write(folder, "a.xls", "<html><table><tr><td>编号</td></tr></table></html>")


@case("F23", "a workbook that is a CSV", refused("文本", ".csv"))
def csv_as_workbook(folder: Path) -> Path:
    return write(folder, "a.xlsx", HEAD + good(1))


@case("F23", "a workbook that is a database", refused("数据库"))
def database_as_workbook(folder: Path) -> Path:
    return write(folder, "a.xlsx", b"SQLite format 3\0" + bytes(4000))


@case("F23", "a workbook that is a zip of something else", refused("压缩包"))
def zip_as_workbook(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "a.xlsx", "w") as archive:
        archive.writestr("a.csv", HEAD + good(1))
    return folder / "a.xlsx"


@case("F24", "a binary .xls that is only a beginning", refused("a.xls", "另存"))
def old_workbook_cut(folder: Path) -> Path:
    return write(folder, "a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(3000))


@case("F24", "a binary .xlsb", refused("宏或二进制", ".xlsx"))
def binary_workbook(folder: Path) -> Path:
    return book(folder, [NAMES, GOOD_ROW]).rename(folder / "a.xlsb")


@case("F25", "a workbook with a password", refused("密码"))
def password(folder: Path) -> Path:
    name = "EncryptedPackage".encode("utf-16-le")
    return write(folder, "a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000) + name + bytes(3000))


@case("F26", "a small workbook of 6 million cells", refused("过大"))
def cells_bomb(folder: Path) -> Path:
    row = "<row>" + '<c t="s"><v>0</v></c>' * 4000 + "</row>"
    return raw_book(folder, XML_HEAD + row * 1500)


@case("F26", "one text of 10,000 characters in 300,000 cells", refused("a.xlsx"))
def one_text_many_times(folder: Path) -> Path:
    numbers = np.random.default_rng(1).random(300_000)  # without them the zip would shrink suspiciously well
    rows = "".join(f'<row><c t="s"><v>0</v></c><c><v>{number}</v></c></row>' for number in numbers)
    text = f'<sst xmlns="{MAIN}"><si><t>{"x" * 10_000}</t></si></sst>'
    names = relations(r1=("worksheet", "worksheets/sheet1.xml"), r2=("sharedStrings", "sharedStrings.xml"))
    return raw_book(folder, XML_HEAD + rows, {"xl/sharedStrings.xml": text, "xl/_rels/workbook.xml.rels": names})


@case("F26", "two cells at opposite corners of a sheet", refused("1048576×16384"))
def far_corner(folder: Path) -> Path:
    return raw_book(folder, XML_HEAD + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')


@case("F26", "a size that the sheet only claims", accepted(1))
def claimed_size(folder: Path) -> Path:
    sheet = sheet_of(XML_HEAD + XML_GOOD).replace("<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>')
    return raw_book(folder, "", {"xl/worksheets/sheet1.xml": sheet})


@case("F26", "100,000 empty rows behind the table, as Excel leaves them", accepted(1))
def empty_rows(folder: Path) -> Path:
    return raw_book(folder, XML_HEAD + XML_GOOD + "<row><c/><c/></row>" * 100_000)


@case("F27", "formulas that were never calculated", accepted(1, aside={"no_value": [2]}))
def uncalculated(folder: Path) -> Path:
    return book(folder, [NAMES, GOOD_ROW, ["2", "=B2", 113.51, 22.21, "盗窃"]])


@case("F27", "formulas with their values", accepted(1, cells={"source_type": ["盗窃"]}))
def calculated(folder: Path) -> Path:
    row = '<row r="2">{}<c r="E2" t="str"><f>WEBSERVICE("{}")</f><v>盗窃</v></c></row>'
    cells = "".join(CELL.format(cell) for cell in ("1", "2024-05-01", "113.51", "22.21"))
    return raw_book(folder, XML_HEAD + row.format(cells, address(folder)))


@case("F28", "cells that hold an error", accepted(1, aside={"cell_error": [2, 3]}))
def error_cells(folder: Path) -> Path:
    rows = [[str(n), GOOD_ROW[1], error, 22.21, "盗窃"] for n, error in ((2, "#N/A"), (3, "#DIV/0!"))]
    return book(folder, [NAMES, GOOD_ROW, *rows])


@case("F29", "hidden rows count like the others, and are named", accepted(3, noted="隐藏的行"))
def hidden_rows(folder: Path) -> Path:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in (NAMES, *([str(n), *GOOD_ROW[1:]] for n in (1, 2, 3))):
        sheet.append(row)
    sheet.row_dimensions[3].hidden = True
    workbook.save(folder / "a.xlsx")
    return folder / "a.xlsx"


@case("F29", "the first sheet is hidden and full of something else", accepted(1, noted="隐藏的工作表"))
def hidden_sheet(folder: Path) -> Path:
    workbook = openpyxl.Workbook()
    hidden = workbook.active
    assert hidden is not None
    hidden.append(["字典", "值"])
    hidden.sheet_state = "hidden"
    for row in (NAMES, GOOD_ROW):
        workbook.create_sheet("数据") if len(workbook.sheetnames) < 2 else None
        workbook["数据"].append(row)
    workbook.save(folder / "a.xlsx")
    return folder / "a.xlsx"


@case("F29", "a sheet that is not there", refused("Sheet"), sheet="三月")
def missing_sheet(folder: Path) -> Path:
    return book(folder, [NAMES, GOOD_ROW])


@case("F29", "a header of two merged rows", accepted(1, noted="合并表头", where={"A1": 1}))
def merged_header(folder: Path) -> Path:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in (["编号", "时间", "位置", None, "类型"], [None, None, "经度", "纬度", None], GOOD_ROW):
        sheet.append(row)
    sheet.merge_cells("C1:D1")
    workbook.save(folder / "a.xlsx")
    return folder / "a.xlsx"


@case("F29", "merged cells in the data", accepted(1, aside={"no_type": [2]}, noted="合并单元格"))
def merged_cells(folder: Path) -> Path:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in (NAMES, GOOD_ROW, ["2", *GOOD_ROW[1:4], None]):
        sheet.append(row)
    sheet.merge_cells("E2:E3")
    workbook.save(folder / "a.xlsx")
    return folder / "a.xlsx"


@case("F20", "a workbook with titles above and totals below", accepted(1, aside={"total_row": [2]}, noted="标题"))
def titles_and_totals(folder: Path) -> Path:
    return book(folder, [["2024 年 5 月警情"], [], NAMES, GOOD_ROW, ["合计", None, None, None, 1]])


@case("F30", "an id of 18 digits kept as a number", accepted(1, aside={"precision": [2]}))
def long_number(folder: Path) -> Path:
    return book(folder, [NAMES, GOOD_ROW, [440402199901011234, *GOOD_ROW[1:]]])


@case("F30", "an id of 15 digits kept as a number", accepted(1, cells={"incident_id": ["440402199901011"]}))
def not_too_long_number(folder: Path) -> Path:
    return book(folder, [NAMES, [440402199901011, *GOOD_ROW[1:]]])


@case("F31", "days counted from 1904", accepted(1, cells={"occurred_on": ["2024-05-01"]}))
def days_from_1904(folder: Path) -> Path:
    workbook = openpyxl.Workbook()
    workbook.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    sheet = workbook.active
    assert sheet is not None
    sheet.append(NAMES)
    sheet.append(GOOD_ROW)
    workbook.save(folder / "a.xlsx")
    return folder / "a.xlsx"


@case("F32", "an entity that names another file", refused("DTD"))
def external_entity(folder: Path) -> Path:
    doctype = f'<!DOCTYPE worksheet [<!ENTITY x SYSTEM "file://{secret(folder)}">]>'
    return raw_book(folder, XML_HEAD + xml_row("&x;", "2024-05-01", "113.51", "22.21", "盗窃"), before=doctype)


@case("F32", "a billion laughs", refused("DTD"))
def billion_laughs(folder: Path) -> Path:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return raw_book(folder, XML_HEAD + xml_row("&l9;"), before=f'<!DOCTYPE worksheet [<!ENTITY l0 "ha">{laughs}]>')


@case("F32", "a document type in UTF-16", refused("DTD"))
def doctype_in_utf16(folder: Path) -> Path:
    sheet = f'<!DOCTYPE worksheet [<!ENTITY x SYSTEM "file://{secret(folder)}">]><worksheet xmlns="{MAIN}"/>'
    return raw_book(folder, "", {"xl/worksheets/sheet1.xml": sheet.encode("utf-16")})


@case("F32", "links to other workbooks and pictures", accepted(1))
def external_links(folder: Path) -> Path:
    members: dict[str, str | bytes] = {
        "xl/externalLinks/_rels/externalLink1.xml.rels": relations(x=("externalLinkPath", address(folder))),
        "xl/worksheets/_rels/sheet1.xml.rels": relations(x=("image", f"file://{secret(folder)}")),
    }
    return raw_book(folder, XML_HEAD + XML_GOOD, members)


@case("F32", "a sheet that is another file", refused("a.xlsx"))
def sheet_elsewhere(folder: Path) -> Path:
    target = relations(r1=("worksheet", f"../../../../../..{secret(folder)}"))
    return raw_book(folder, "", {"xl/_rels/workbook.xml.rels": target})


@case("F32", "macros under an honest name", refused("宏"))
def macros(folder: Path) -> Path:
    return book(folder, [NAMES, GOOD_ROW]).rename(folder / "a.xlsm")


@case("F32", "macros under another name", refused("宏"))
def hidden_macros(folder: Path) -> Path:
    return raw_book(folder, XML_HEAD + XML_GOOD, {"xl/vbaProject.bin": b"\0" * 100})


@case("F33", "a workbook of 300 kB with 300 MB in it", refused("过大"))
def workbook_bomb(folder: Path) -> Path:
    return raw_book(folder, XML_HEAD + XML_GOOD, {"xl/media/image1.png": bytes(300 * 1024**2)})


@case("F33", "a row of 70 MB in a sheet", refused("过大"))
def row_bomb(folder: Path) -> Path:
    # what does not shrink well, so that not the ratio but the row is what is refused
    cells = "".join(f"<c><v>{n * 7919 % 1000003}</v></c>" for n in range(4_500_000))
    return raw_book(folder, XML_HEAD + f"<row>{cells}</row>")


@case("F33", "a shared text of 300 MB", refused("a.xlsx"))
def shared_text_bomb(folder: Path) -> Path:
    text = f'<sst xmlns="{MAIN}"><si><t>{"长" * 100_000_000}</t></si></sst>'
    return raw_book(folder, XML_HEAD + XML_GOOD, {"xl/sharedStrings.xml": text})


@case("F33", "20,000 members in a workbook", refused("超过 10000 个"))
def many_members_in_a_workbook(folder: Path) -> Path:
    return raw_book(folder, XML_HEAD + XML_GOOD, {f"x/{n}": b"" for n in range(20_000)})


@case("F34", "a workbook whose members are larger than they say", refused("a.xlsx"))
def lying_sizes(folder: Path) -> Path:
    path = raw_book(folder, XML_HEAD + XML_GOOD * 1000)
    data = bytearray(path.read_bytes())
    at = data.find(b"xl/worksheets/sheet1.xml", data.rfind(b"PK\x01\x02", 0, data.rfind(b"xl/worksheets/sheet1.xml")))
    data[at - 22 : at - 18] = (100).to_bytes(4, "little")
    return write(folder, "a.xlsx", bytes(data))


@case("F53", "a workbook that broke off on its way", refused("a.xlsx", "重新"))
def workbook_cut(folder: Path) -> Path:
    path = book(folder, [NAMES, *([str(n), *GOOD_ROW[1:]] for n in range(500))])
    return write(folder, "a.xlsx", path.read_bytes()[:-3000])


@case("F26", "an ods whose one cell is repeated 90 million times", refused("万格"))
def repeated_cells(folder: Path) -> Path:
    names = "urn:oasis:names:tc:opendocument:xmlns:{}:1.0"
    cell = '<table:table-cell office:value-type="string" table:number-columns-repeated="10000"><text:p>x</text:p>'
    row = f'<table:table-row table:number-rows-repeated="9000">{cell}</table:table-cell></table:table-row>'
    table = f'<office:spreadsheet><table:table table:name="S">{row}</table:table></office:spreadsheet>'
    spaces = " ".join(f'xmlns:{name}="{names.format(name)}"' for name in ("office", "table", "text"))
    content = f"<office:document-content {spaces}><office:body>{table}</office:body></office:document-content>"
    with zipfile.ZipFile(folder / "a.ods", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", f'<m:manifest xmlns:m="{names.format("manifest")}"/>')
    return folder / "a.ods"
