"""What stands in the XML of a workbook, found without believing it: sizes, errors, formulas never calculated."""

from __future__ import annotations

import re
import xml.parsers.expat as expat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from geodata.readers.cells import cannot_read
from geodata.readers.content import MAX_BYTES
from geodata.readers.zipped import Budget, opened_zip

Area = tuple[tuple[int, int], tuple[int, int]]
Lengths = npt.NDArray[np.int64]

MAX_CELLS = 30_000_000
"""Largest sheet, from its first to its last filled row and column [cells]."""

MAX_TEXT = 1024**3
"""Most text in the cells of a sheet [bytes]: a text that stands once in the file may stand in any number of cells."""

_MAX_MEMBERS = 10_000
_MAX_AREAS = 10_000
_MAX_ROW_BYTES = 64 * 1024**2
_MAX_FLAGGED = 1_000_000
_MAX_TAG = 64
_DOCTYPES = tuple("<!DOCTYPE".encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))
_SHEET = re.compile(rb"<(?:\w+:)?sheet\s([^>]*)>")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\s([^>]*)>")
_CELL = re.compile(rb"<(?:\w+:)?(c|row)[\s/>]")
_ERROR = re.compile(rb"<(?:\w+:)?c\s[^>]*?\bt=[\"']e[\"'][^>]*>")
_FORMULA = re.compile(
    rb"<(?:\w+:)?c\s([^>]*)><(?:\w+:)?f(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)(<(?:\w+:)?v\s*/>|<v></v>)?</"
)
_REFERENCE = re.compile(rb"\br=[\"']([A-Z]{1,3})(\d{1,7})[\"']")
_SHARED = re.compile(rb"<(?:\w+:)?si[\s/>]")
_SHARED_CELL = re.compile(rb"[\"']s[\"'][^<>]*>\s*<(?:\w+:)?v[^<>]*>\s*(\d{1,9})\s*<")
_ODS_CELLS = ("table:table-cell", "table:covered-table-cell")
_HIDDEN = re.compile(rb"<(?:\w+:)?row\s[^>]*\bhidden=[\"'](?:1|true)[\"']")


@dataclass
class SheetFacts:
    """What is known of a sheet before it is opened.

    Parameters
    ----------
    rows, columns
        Up to the last filled ones.
    errors
        0-based rows with an error, and its column.
    without_value
        0-based rows with a formula that was never calculated, and its column.
    hidden_rows
        How many rows are hidden.
    merged
        Areas of merged cells of an ods, first and last (row, column) of each, from 0.
    shared
        Cells that hold a text kept elsewhere, at most.
    text
        What the cells hold of text that the file keeps only once, at most [bytes].
    """

    rows: int = 0
    columns: int = 0
    errors: dict[int, int] = field(default_factory=dict)
    without_value: dict[int, int] = field(default_factory=dict)
    hidden_rows: int = 0
    merged: list[Area] = field(default_factory=list)
    shared: int = 0
    text: int = 0

    def demand_size(self, path: Path) -> None:
        """Refuse a sheet that has more cells than are read at once.

        Raises
        ------
        InputFileError
            If its filled area is larger than MAX_CELLS, or its text longer than MAX_TEXT.
        """
        if self.rows * self.columns > MAX_CELLS:
            raise cannot_read(
                path,
                f"工作表有 {self.rows}×{self.columns} 格，超过 {MAX_CELLS // 10_000} 万格，请删去空行空列或存为 CSV",
                f"the sheet has {self.rows} rows × {self.columns} columns, over {MAX_CELLS // 10**6} million cells: "
                "delete what is empty or save it as CSV",
            )
        if self.text > MAX_TEXT:
            raise cannot_read(
                path,
                f"工作表的文字共 {self.text // 10**6} MB，超过 1 GB，请拆分或存为 CSV",
                f"its sheet holds {self.text // 10**6} MB of text, over 1 GB: split it or save it as CSV",
            )


def inspect_xlsx(path: Path) -> list[SheetFacts]:
    """Unpack every member of an xlsx once, counted, and return the facts of its sheets in their order.

    Raises
    ------
    InputFileError
        If it is no xlsx, unpacks to too much, has macros, or an XML with a document type, which could name other files.
    """
    facts: dict[str, SheetFacts] = {}
    lengths: Lengths = np.zeros(0, dtype=np.int64)
    with opened_zip(path, _MAX_MEMBERS) as archive:
        names = [member.filename for member in archive.infolist()]
        _demand_workbook(path, names)
        budget = Budget(path, MAX_BYTES)
        workbook, relations = (
            b"".join(budget.pieces(archive, archive.getinfo(name))) if name in names else b""
            for name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
        )
        order = _sheet_order(workbook, relations)
        for member in archive.infolist():
            pieces = _without_doctype(path, budget.pieces(archive, member), is_xml=_is_xml(member.filename))
            if member.filename.lower() in order:
                facts[member.filename] = _sheet_facts(path, pieces)
            elif member.filename.lower() == "xl/sharedstrings.xml":
                lengths = _shared_lengths(pieces)
            else:
                for _ in pieces:
                    pass
        for name, sheet in facts.items():
            sheet.text = sheet.shared * int(lengths.max(initial=0))
            if sheet.text > MAX_TEXT:
                sheet.text = _shared_text(path, archive, name, lengths)
    in_order = {name.lower(): sheet for name, sheet in facts.items()}
    return [in_order.get(name, SheetFacts()) for name in order]


def _shared_lengths(pieces: Iterator[bytes]) -> Lengths:
    """Return how long the texts are that cells share [bytes, with their markup], in their order."""
    starts: list[int] = []
    offset, rest, is_plain = 0, b"", True
    for piece in pieces:
        data = rest + piece
        # the beginning of a tag that is cut in two is looked at with what follows
        tag = data.rfind(b"<", -_MAX_TAG)
        end = tag if tag > data.rfind(b">", -_MAX_TAG) else len(data)
        starts += [offset + found.start() for found in _SHARED.finditer(data, 0, end)]
        is_plain = is_plain and b"<!" not in data
        offset, rest = offset + end, data[end:]
    ends = np.array([*starts[1:], offset + len(rest)][: len(starts)], dtype=np.int64)
    lengths: Lengths = ends - np.array(starts, dtype=np.int64)
    # a comment may hold what looks like a text, and so hide which one is which
    return lengths if is_plain else np.full_like(lengths, lengths.max(initial=0))


def _shared_text(path: Path, archive: zipfile.ZipFile, name: str, lengths: Lengths) -> int:
    """Return how much text the cells of a sheet share [bytes]; a cell that is written oddly counts as the longest."""
    total = seen = cells = 0
    for rows in _rows(path, Budget(path, MAX_BYTES).pieces(archive, archive.getinfo(name))):
        numbers = np.array(_SHARED_CELL.findall(rows), dtype="S9").astype(np.int64)
        total += int(lengths[numbers[numbers < len(lengths)]].sum())
        seen += len(numbers)
        cells += _shared_cells(rows)
    return total + max(cells - seen, 0) * int(lengths.max(initial=0))


def _shared_cells(xml: bytes) -> int:
    return xml.count(b'"s"') + xml.count(b"'s'")


def inspect_ods(path: Path) -> list[SheetFacts]:
    """Unpack every member of an ods once, counted, and return the sizes of its tables: a repeated cell is all of them.

    Raises
    ------
    InputFileError
        If it is no ods, unpacks to too much, its tables are too large together, which are all opened at once, or it
        has an XML with a document type.
    """
    with opened_zip(path, _MAX_MEMBERS) as archive:
        if "content.xml" not in archive.namelist():
            raise cannot_read(path, "它不是 .ods 工作簿", "it is no .ods workbook, save it as .xlsx")
        budget = Budget(path, MAX_BYTES)
        found = _OdsTables()
        for member in archive.infolist():
            pieces = _without_doctype(path, budget.pieces(archive, member), is_xml=_is_xml(member.filename))
            for piece in pieces:
                if member.filename == "content.xml":
                    found.feed(path, piece)
    for table in found.tables:
        table.demand_size(path)
    cells = sum(table.rows * table.columns for table in found.tables)
    text = sum(table.text for table in found.tables)
    SheetFacts(cells, 1, text=text).demand_size(path)
    return found.tables


def _demand_workbook(path: Path, names: list[str]) -> None:
    if "xl/workbook.xml" not in names:
        raise cannot_read(
            path,
            "它是压缩包而不是 .xlsx 工作簿，请在 Excel 中另存为 .xlsx",
            "it is a zip and no .xlsx workbook, save it as .xlsx",
        )
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise cannot_read(path, "它含有宏，请另存为不含宏的 .xlsx", "it has macros, save it as .xlsx without them")


def _is_xml(name: str) -> bool:
    return name.lower().endswith((".xml", ".rels", ".vml"))


def _without_doctype(path: Path, pieces: Iterator[bytes], *, is_xml: bool) -> Iterator[bytes]:
    tail = b""
    for piece in pieces:
        if is_xml and any(mark in tail + piece for mark in _DOCTYPES):
            raise cannot_read(
                path,
                "其中的 XML 含有 DTD，可能有害，请在 Excel 中打开后另存",
                "its XML has a document type, which may be harmful: open it and save it again",
            )
        tail = piece[-32:]
        yield piece


def _sheet_order(workbook: bytes, relations: bytes) -> list[str]:
    """Return the member of each sheet, in small letters, in the order of the workbook; "" where it is not found."""
    targets = {}
    for found in _RELATION.finditer(relations):
        key, target = (re.search(rb"\b" + name + rb"=[\"']([^\"']*)", found[1]) for name in (b"Id", b"Target"))
        if key and target:
            name = target[1].decode(errors="replace")
            targets[key[1]] = name.removeprefix("/") if name.startswith("/") else f"xl/{name}"
    keys = [re.search(rb":id=[\"']([^\"']*)", found[1]) for found in _SHEET.finditer(workbook)]
    return [targets.get(key[1], "").lower() if key else "" for key in keys]


def _sheet_facts(path: Path, pieces: Iterator[bytes]) -> SheetFacts:
    facts = SheetFacts()
    for rows in _rows(path, pieces):
        _survey(facts, rows)
    return facts


def _rows(path: Path, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Cut the XML of a sheet behind its rows."""
    rest = b""
    for piece in pieces:
        data = rest + piece
        end = data.rfind(b"row>") + 4
        if end > 4:
            yield data[:end]
            data = data[end:]
        rest = data
        if len(rest) > _MAX_ROW_BYTES:
            raise cannot_read(path, "工作表有一行过大，不像是数据", "a row of its sheet is too large to be data")
    yield rest


def _survey(facts: SheetFacts, xml: bytes) -> None:
    """Add what stands in some rows of a sheet."""
    rows, columns, references = _extent(xml)
    tags = _CELL.findall(xml) if references < xml.count(b"<c ") + xml.count(b"<c>") + xml.count(b"<c/") else []
    if tags:
        # cells without a reference follow each other from the first column on
        starts = np.flatnonzero(np.array([tag == b"row" for tag in tags]))
        columns = max(columns, int(np.diff(np.append(starts, len(tags))).max(initial=0)))
        rows = max(rows, facts.rows + len(starts))
    facts.rows, facts.columns = max(facts.rows, rows), max(facts.columns, columns)
    facts.hidden_rows += len(_HIDDEN.findall(xml))
    facts.shared += _shared_cells(xml)
    if b'="e"' in xml or b"='e'" in xml:
        _take_down(facts.errors, (found[0] for found in _ERROR.finditer(xml)))
    if b"<f" in xml or b":f" in xml:
        # a formula whose value is empty text has been calculated
        empty = (found for found in _FORMULA.finditer(xml) if not (found[2] and b'"str"' in found[1]))
        _take_down(facts.without_value, (b" " + found[1] for found in empty))


def _take_down(places: dict[int, int], tags: Iterator[bytes]) -> None:
    for tag in tags:
        if (found := _REFERENCE.search(tag)) and len(places) < _MAX_FLAGGED:
            column = 0
            for letter in found[1]:
                column = column * 26 + letter - 64
            places.setdefault(int(found[2]) - 1, column - 1)


def _extent(xml: bytes) -> tuple[int, int, int]:
    """Return the last row and column that the references of cells and rows name, and how many cells have one."""
    text = np.frombuffer(xml + b" " * 16, np.uint8)
    at = np.flatnonzero((text[:-14] <= b" "[0]) & (text[1:-13] == b"r"[0]) & (text[2:-12] == b"="[0])) + 4
    row, column = np.zeros(at.size, dtype=np.int64), np.zeros(at.size, dtype=np.int64)
    going = np.ones(at.size, dtype=bool)
    for step in range(10):
        sign = text[np.minimum(at + step, text.size - 1)].astype(np.int64)
        is_digit = (sign >= 48) & (sign <= 57)
        is_letter = ((sign & 0xDF) >= 65) & ((sign & 0xDF) <= 90)
        going &= is_digit | is_letter
        row = np.where(going & is_digit, row * 10 + sign - 48, row)
        column = np.where(going & is_letter, column * 26 + (sign & 0xDF) - 64, column)
    return int(row.max(initial=0)), int(column.max(initial=0)), int(np.count_nonzero(column))


class _OdsTables:
    """What stands in the content of an ods, table by table; sizes reach to the last cell that has a value."""

    def __init__(self) -> None:
        self.tables: list[SheetFacts] = []
        self.row = self.repeated = self.column = self.width = 0
        self.is_hidden = False
        self.length = self.row_text = self.reach = 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.CharacterDataHandler = self.characters
        self.parser.EndElementHandler = self.end

    def feed(self, path: Path, piece: bytes) -> None:
        """Read on; what is no XML is refused."""
        try:
            self.parser.Parse(piece, False)
        except expat.ExpatError as error:
            raise cannot_read(
                path, "其中的 XML 已损坏，请另存为 .xlsx", "its XML is damaged, save it as .xlsx"
            ) from error

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take down the beginning of a table, a row or a cell."""
        if name == "table:table":
            self.tables.append(SheetFacts())
            self.row = 0
        elif name == "table:table-row":
            self.repeated = _count(attributes.get("table:number-rows-repeated"))
            self.is_hidden = attributes.get("table:visibility", "visible") != "visible"
            self.column = self.width = self.row_text = 0
        elif name in _ODS_CELLS and self.tables:
            self.cell(self.tables[-1], attributes)
        elif name == "text:s":
            self.length += _count(attributes.get("text:c"))

    def characters(self, text: str) -> None:
        """Add to the length of the text of a cell."""
        self.length += len(text)

    def cell(self, table: SheetFacts, attributes: dict[str, str]) -> None:
        """Take down a cell: whether it has a value or an error, and over how many others it reaches."""
        wide, high = (_count(attributes.get(f"table:number-{axis}-spanned")) for axis in ("columns", "rows"))
        if (wide > 1 or high > 1) and len(table.merged) < _MAX_AREAS:
            table.merged.append(((self.row, self.column), (self.row + high - 1, self.column + wide - 1)))
        if attributes.get("calcext:value-type") == "error" and len(table.errors) < _MAX_FLAGGED:
            table.errors.setdefault(self.row, self.column)
        self.reach = _count(attributes.get("table:number-columns-repeated"))
        self.length = len(attributes.get("office:string-value", ""))
        self.column += self.reach
        if "office:value-type" in attributes or "table:formula" in attributes:
            self.width = self.column

    def end(self, name: str) -> None:
        """Add the text of a cell to its row, and a row to the size of its table, if there is anything in it."""
        if name in _ODS_CELLS:
            self.row_text += self.length * self.reach
        if name != "table:table-row" or not self.tables:
            return
        self.row += self.repeated
        self.tables[-1].text += self.row_text * self.repeated
        if self.width:
            table = self.tables[-1]
            table.rows, table.columns = max(table.rows, self.row), max(table.columns, self.width)
            table.hidden_rows += self.repeated if self.is_hidden else 0


def _count(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 12 else 1
