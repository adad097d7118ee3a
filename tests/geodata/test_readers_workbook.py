"""Workbooks: what a cell becomes, which rows are set aside, and what is refused before it is opened."""

import datetime as dt
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from geodata.errors import InputFileError
from geodata.readers import content, open_table, read_table, sheets, workbook
from geodata.readers.sheets import SheetFacts, _shared_lengths, _sheet_facts


@pytest.fixture
def book(tmp_path):
    def save(*rows, name="rows.xlsx", change=lambda _: None, more=()):
        made = openpyxl.Workbook()
        for row in rows:
            made.active.append(row)
        for title, state, cells in more:
            sheet = made.create_sheet(title)
            sheet.sheet_state = state
            for row in cells:
                sheet.append(row)
        change(made)
        made.save(tmp_path / name)
        return tmp_path / name

    return save


def reasons(table):
    return table.bad_rows[["row", "reason", "column"]].to_numpy().tolist()


@pytest.mark.parametrize("epoch", [None, CALENDAR_MAC_1904])
def test_cells_become_text_as_a_person_sees_it(book, epoch):
    values = {
        "whole": 12.0, "part": 113.576123, "yes": True, "text": "00123", "day": dt.date(2026, 3, 5),
        "time": dt.datetime.fromisoformat("2026-03-05 14:30"),
        "second": dt.datetime.fromisoformat("2026-03-05 23:59:59"), "clock": dt.time(14, 30),
        "long": dt.timedelta(hours=36), "none": None, "wide": "南山\n区",
    }  # fmt: skip

    def change(made):
        made.epoch = epoch or made.epoch

    assert read_table(book([*values], [*values.values()], change=change)).frame.iloc[0].to_dict() == {
        "whole": "12", "part": "113.576123", "yes": "true", "text": "00123", "day": "2026-03-05",
        "time": "2026-03-05 14:30:00", "second": "2026-03-05 23:59:59", "clock": "14:30:00", "long": "36:00:00",
        "none": "", "wide": "南山\n区",
    }  # fmt: skip


def test_rows_are_counted_below_the_header_and_blank_ones_are_none(book):
    table = read_table(book([], ["a", "b"], [1, 2], [None, None], [3, 4]))
    assert table.frame.index.tolist() == [0, 1]
    assert table.frame["a"].tolist() == ["1", "3"]


def test_a_sheet_that_begins_elsewhere_is_read_from_there(book):
    def change(made):
        for row, values in enumerate((["a", "b"], ["1", "#N/A"], ["2", "x"]), start=4):
            for column, value in enumerate(values, start=3):
                made.active.cell(row, column, value)

    file = open_table(book(change=change))
    assert (file.header_row, file.columns) == (4, ["column_1", "column_2", "a", "b"])
    (chunk,) = file.chunks()
    assert chunk.table["b"].to_pylist() == ["x"]
    assert chunk.bad_rows[["row", "reason", "column"]].to_numpy().tolist() == [[1, "cell_error", "b"]]


def test_errors_and_formulas_that_were_never_calculated_cost_their_rows(book):
    table = read_table(book(["a", "b"], [1, "#N/A"], [2, "=A2+1"], ["#DIV/0!", None], [4, 5]))
    assert reasons(table) == [[1, "cell_error", "b"], [2, "no_value", "b"], [3, "cell_error", "a"]]
    assert table.frame.to_dict("list") == {"a": ["4"], "b": ["5"]}


def test_a_number_that_lost_digits_costs_its_row(book):
    table = read_table(book(["id", "b"], [440402199001011234, 1], ["440402199001011234", 2]))
    assert reasons(table) == [[1, "precision", "id"]]
    assert table.frame["id"].tolist() == ["440402199001011234"]


def test_a_value_beside_the_table_costs_its_row_and_is_not_lost(book):
    table = read_table(book(["a", "b"], [1, 2, "note"], [3, 4]))
    assert reasons(table) == [[1, "columns", ""]]
    assert table.bad_rows["text"].tolist() == ["note"]


def test_titles_totals_and_a_merged_header_are_told_apart(book):
    def change(made):
        for area in ("A1:D1", "B2:C2", "A2:A3", "D2:D3"):
            made.active.merge_cells(area)

    rows = [
        ["三月警情"],
        ["编号", "位置", None, "类型"],
        [None, "经度", "纬度"],
        ["1", 113.5, 22.2, "盗窃"],
        ["合 计", 1],
    ]
    file = open_table(book(*rows, change=change))
    assert (file.columns, file.header_row) == (["编号", "位置/经度", "位置/纬度", "类型"], 2)
    assert [en for _, en in file.notes] == [
        "Row 2 is taken as the column names, the 1 above it as titles.",
        "The merged header in rows 2 to 3 is joined into one row of names.",
    ]
    (chunk,) = file.chunks()
    assert chunk.table.to_pylist() == [{"编号": "1", "位置/经度": "113.5", "位置/纬度": "22.2", "类型": "盗窃"}]
    assert chunk.bad_rows["reason"].tolist() == ["total_row"]


def test_the_first_visible_sheet_with_rows_is_read_and_any_other_on_demand(book):
    def change(made):
        made.active.row_dimensions[2].hidden = True

    more = [("藏", "hidden", [["h"], [1]]), ("二", "visible", [["a", "b"], [1, 2]])]
    path = book(more=more)
    file = open_table(path)
    assert (file.sheets, file.sheet, file.columns) == (["Sheet", "藏", "二"], "二", ["a", "b"])
    assert "藏" in file.notes[0][0]
    assert open_table(path, sheet="藏").columns == ["h"]
    with pytest.raises(InputFileError, match="没有名为"):
        open_table(path, sheet="三")
    assert "1 rows are hidden" in open_table(book(["a"], [1], name="b.xlsx", change=change)).notes[0][1]


def rewritten(path, name, change):
    """Change one member of a zip, or add it."""
    with zipfile.ZipFile(path) as old:
        members = {member: old.read(member) for member in old.namelist()}
    members[name] = change(members.get(name, b""))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for member, data in members.items():
            new.writestr(member, data)
    return path


def test_a_reader_that_stops_within_is_a_refusal(book, monkeypatch):
    class PanicException(BaseException):
        pass

    path = book(["a"], [1])
    file = open_table(path)
    monkeypatch.setattr(workbook, "_rows", lambda _: (_ for _ in ()).throw(PanicException))
    with pytest.raises(InputFileError, match="损坏"):
        list(file.chunks())


@pytest.mark.parametrize(("name", "change", "word"), [
    ("xl/worksheets/sheet1.xml", lambda xml: b'<!DOCTYPE x [<!ENTITY e "e">]>' + xml, "document"),
    ("xl/styles.xml", lambda xml: "<!DOCTYPE x>".encode("utf-16"), "document"),
    ("xl/vbaProject.bin", lambda _: b"x", "macros"),
    ("xl/worksheets/sheet1.xml", lambda xml: xml.replace(b'r="A2"', b'r="XFD1048576"'), "30 million"),
    ("xl/worksheets/sheet1.xml", lambda xml: b"<sheetData/>" * 2_000_000, "unpacks"),
    ("xl/workbook.xml", lambda _: b"<nothing/>", "damaged"),
    ("xl/worksheets/sheet1.xml", lambda xml: xml[:-40], "damaged"),
])  # fmt: skip
def test_a_hostile_or_damaged_workbook_is_refused(book, monkeypatch, name, change, word):
    monkeypatch.setattr(content, "ENOUGH_FOR_RATIO", 2_000_000)
    path = rewritten(book(["a", "b"], [1, 2]), name, change)
    with pytest.raises(InputFileError) as refused:
        list(open_table(path).chunks())
    assert word in refused.value.en


def test_empty_rows_behind_a_small_table_do_no_harm(book):
    path = rewritten(
        book(["a", "b"], [1, 2]), "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b"</sheetData>", b"<row><c/><c/></row>" * 200_000 + b"</sheetData>"),
    )  # fmt: skip
    assert path.stat().st_size * 200 < 3_800_000
    assert read_table(path).frame.to_dict("list") == {"a": ["1"], "b": ["2"]}


def with_shared_text(path, cells, *texts, more=b""):
    """Rewrite a workbook so that its cells hold shared texts, by their numbers."""
    rows = b"".join(b'<row><c t="s"><v>%d</v></c></row>' % cell for cell in cells)
    strings = b"".join(b"<si><t>%s</t></si>" % text for text in texts)
    main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = b'<worksheet xmlns="%s"><sheetData>%s</sheetData></worksheet>' % (main, rows)
    rewritten(path, "xl/worksheets/sheet1.xml", lambda _: sheet)
    return rewritten(path, "xl/sharedStrings.xml", lambda _: b'<sst xmlns="%s">%s%s</sst>' % (main, more, strings))


def test_one_long_text_may_stand_in_few_cells_and_not_in_many(book, monkeypatch):
    monkeypatch.setattr(sheets, "MAX_TEXT", 50_000)
    few = with_shared_text(book(["a"], name="few.xlsx"), [0, *[1] * 400, 2], b"name", b"y", b"x" * 10_000)
    assert read_table(few).frame["name"].tolist() == ["y"] * 400 + ["x" * 10_000]
    many = with_shared_text(book(["a"], name="many.xlsx"), [0, *[1] * 10], b"name", b"x" * 10_000)
    with pytest.raises(InputFileError, match="文字"):
        open_table(many)


def test_a_comment_cannot_hide_which_text_is_long(book, monkeypatch):
    monkeypatch.setattr(sheets, "MAX_TEXT", 50_000)
    path = with_shared_text(book(["a"]), [1, *[0] * 10], b"x" * 10_000, b"name", more=b"<!-- <si> --><!-- <si> -->")
    with pytest.raises(InputFileError, match="文字"):
        open_table(path)


@pytest.mark.parametrize("cut", [1, 3, 7, 64])
def test_lengths_of_shared_texts_do_not_depend_on_how_they_are_cut(cut):
    xml = b'<sst count="2"><si><t>ab</t></si><si/><si xml:space="preserve"><t>abc</t></si></sst>'
    pieces = iter([xml[at : at + cut] for at in range(0, len(xml), cut)])
    assert _shared_lengths(pieces).tolist() == _shared_lengths(iter([xml])).tolist() == [18, 5, 46]


def test_a_sheet_of_charts_before_the_table_does_not_hide_its_errors(book):
    def change(made):
        made.create_chartsheet("图", 0)
        made.active = 1

    assert reasons(read_table(book(["a"], ["#N/A"], change=change))) == [[1, "cell_error", "a"]]


def test_cells_without_references_are_counted_by_their_rows():
    rows = b"<row><c><v>1</v></c><c><v>2</v></c></row>" * 3
    facts = _sheet_facts(None, iter([b"<sheetData>" + rows, rows + b"</sheetData>"]))
    assert (facts.rows, facts.columns) == (6, 3)
    assert _sheet_facts(None, iter([b'<row r="7"><c r="AB7"/></row>'])) == SheetFacts(7, 28)


ODS = """<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"><office:body>
 <office:spreadsheet><table:table table:name="一">ROWS</table:table></office:spreadsheet></office:body>
 </office:document-content>"""


def ods(path, *rows):
    """Write the cells of an ods: text, (text, attributes) or None."""
    made = []
    for row in rows:
        cells = [cell if isinstance(cell, tuple) else (cell, "") for cell in row]
        tags = [
            f'<table:table-cell {more} office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
            if text is not None
            else "<table:table-cell/>"
            for text, more in cells
        ]
        made.append(f"<table:table-row>{''.join(tags)}</table:table-row>")
    end = (
        '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="9000"/>'
    )
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        file.writestr("META-INF/manifest.xml", "<m/>")
        file.writestr("content.xml", ODS.replace("ROWS", "".join(made) + end + "</table:table-row>"))
    return path


def test_an_ods_is_read_with_its_merged_header_and_its_errors(tmp_path):
    path = ods(
        tmp_path / "rows.ods",
        ["编号", ("位置", 'table:number-columns-spanned="2"'), None, "类型"],
        [None, "经度", "纬度", None],
        ["a", "113", "22", "盗窃"],
        ["b", ("#N/A", 'calcext:value-type="error"'), "22", "盗窃"],
    )
    table = read_table(path)
    assert table.frame.to_dict("list") == {"编号": ["a"], "位置/经度": ["113"], "位置/纬度": ["22"], "类型": ["盗窃"]}
    assert reasons(table) == [[2, "cell_error", "位置/经度"]]


@pytest.mark.parametrize("cell", [
    ("长" * 5000, 'table:number-columns-repeated="300000"'), ('x<text:s text:c="4000000000"/>', ""),
])  # fmt: skip
def test_an_ods_whose_text_grows_when_it_is_opened_is_refused(tmp_path, cell):
    with pytest.raises(InputFileError, match="文字"):
        open_table(ods(tmp_path / "rows.ods", ["a"], [cell]))


def test_tables_of_an_ods_are_limited_together_because_they_are_opened_together(tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "MAX_CELLS", 5)
    table = '<table:table table:name="一">ROWS</table:table>'
    monkeypatch.setattr(f"{__name__}.ODS", ODS.replace(table, table + table.replace("一", "二")))
    with pytest.raises(InputFileError, match="格"):
        open_table(ods(tmp_path / "rows.ods", ["a", "b"], ["1", "2"]))


def test_an_ods_whose_cell_is_repeated_without_end_is_refused(tmp_path):
    cell = '<table:table-cell office:value-type="string" table:number-columns-repeated="16000"/>'
    content = (
        '<x xmlns:table="t" xmlns:office="o"><table:table table:name="a">'
        f'<table:table-row table:number-rows-repeated="100000">{cell}</table:table-row></table:table></x>'
    )
    path = tmp_path / "rows.ods"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        made.writestr("META-INF/manifest.xml", "<m/>")
        made.writestr("content.xml", content)
    with pytest.raises(InputFileError, match="万格"):
        open_table(path)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=8))
def test_no_damage_to_a_workbook_ends_in_anything_but_rows_or_a_refusal(tmp_path_factory, damage):
    folder = tmp_path_factory.mktemp("any")
    made = openpyxl.Workbook()
    for row in (["a", "b"], [1, "x"], [2, "y"]):
        made.active.append(row)
    made.save(folder / "rows.xlsx")
    content = bytearray((folder / "rows.xlsx").read_bytes())
    for at, byte in damage:
        content[at % len(content)] = byte
    (folder / "rows.xlsx").write_bytes(content)
    try:
        table = read_table(folder / "rows.xlsx")
    except InputFileError:
        return
    assert table.rows == len(table.frame) + len(table.bad_rows)
