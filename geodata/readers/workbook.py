"""Workbooks (xlsx, xls, ods): values as text; a zip is looked through before any of it is believed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from geodata.errors import InputFileError
from geodata.readers.cells import cannot_read, cell_text, clean_names, set_aside_frame, without_totals
from geodata.readers.content import demand_kind, kind_of, read_bytes, read_head
from geodata.readers.headers import joined_header, propose_header, skipped_note
from geodata.readers.sheets import Area, SheetFacts, inspect_ods, inspect_xlsx
from geodata.readers.tables import Note, RawChunk, TableFile

_CHUNK_ROWS = 50_000
_SNIFFED_ROWS = 20
_MAX_XLS_BYTES = 200 * 1024**2
_MAX_WHOLE = 2.0**53
_LONG_NUMBER = 1e21
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")

Cells = list[str]
Aside = tuple[int, str, str, str, str]


@dataclass(frozen=True)
class _Table:
    """Where the table of a sheet stands: its columns, and how many rows lie above its first row of data."""

    path: Path
    sheet: str
    names: list[str]
    above: int
    height: int
    facts: SheetFacts

    def chunks(self) -> Iterator[RawChunk]:
        """Return the rows below the header; a blank row is none, a row with an error in it is set aside."""
        record = 0
        at = self.above
        with _opened(self.path) as book:
            rows = _rows(book.get_sheet_by_name(self.sheet))
            for _ in islice(rows, self.above):
                pass
            while True:
                some = list(islice(rows, _CHUNK_ROWS))
                if not some and record:
                    return
                chunk, count = self._chunk(some, at, record)
                at += len(some)
                record += count
                yield chunk
                if len(some) < _CHUNK_ROWS:
                    return

    def _chunk(self, rows: list[list[object]], at: int, record: int) -> tuple[RawChunk, int]:
        width = len(self.names)
        good: list[Cells] = []
        numbers: list[int] = []
        aside: list[Aside] = []
        count = 0
        for number, row in enumerate(rows, start=at):
            cells = [_text(value) for value in row]
            fault = self._fault(number, row, cells)
            if fault is None and not any(map(str.strip, cells)):
                continue
            if fault is None:
                good.append(cells[:width] + [""] * (width - len(cells)))
                numbers.append(record + count)
            else:
                raw = orjson.dumps(dict(zip(self.names, cells, strict=False))).decode()
                aside.append((record + count + 1, *fault, raw))
            count += 1
        columns = [pa.array(column, pa.string()) for column in zip(*good, strict=True)]
        table = pa.table(columns or [pa.array([], pa.string())] * width, names=self.names)
        bad_rows = set_aside_frame(*(map(list, zip(*aside, strict=True)) if aside else [[]] * 5))
        done = min(1.0, (at + len(rows)) / max(self.height, 1))
        chunk = RawChunk(table, np.array(numbers, dtype=np.int64), bad_rows, done)
        return without_totals(chunk), count

    def _fault(self, number: int, row: list[object], cells: Cells) -> tuple[str, str, str] | None:
        """Return why a row cannot be used: reason, column and text; None if it can."""
        for reason, places in (("cell_error", self.facts.errors), ("no_value", self.facts.without_value)):
            if (column := places.get(number)) is not None:
                return reason, self._name(column), ""
        width = len(self.names)
        if any(map(str.strip, cells[width:])):
            return "columns", "", next(cell for cell in cells[width:] if cell.strip())[:200]
        for column, value in enumerate(row):
            # what has more digits than a double holds has lost some of them in the workbook already
            if type(value) is float and abs(value) >= _MAX_WHOLE and value.is_integer():
                return "precision", self._name(column), cells[column]
        return None

    def _name(self, column: int) -> str:
        return self.names[column] if column < len(self.names) else ""


def open_workbook(path: Path, sheet: str | None = None, header_row: int | None = None) -> TableFile:
    """Open a sheet of a workbook as a table of text; formulas count as their stored values, macros are never run.

    Dates become ISO text, whole numbers have no decimal point. A row is set aside if it has an error (#N/A), a formula
    that was never calculated, or a whole number that lost digits.

    Parameters
    ----------
    path
        The workbook.
    sheet
        Its sheet; None for the first visible one that is not empty.
    header_row
        The row of the column names, counted from 1; None to look for it in the first rows.
    """
    facts = _inspect(path)
    with _opened(path) as book:
        every = [about.name for about in book.sheets_metadata]
        sheets = [about.name for about in book.sheets_metadata if about.typ == SheetTypeEnum.WorkSheet]
        hidden = [about.name for about in book.sheets_metadata if about.visible != SheetVisibleEnum.Visible]
        chosen = _chosen(path, book, sheets, hidden, sheet, lambda name: facts(every.index(name)))
        about = facts(every.index(chosen.name))
        first = islice(_rows(chosen), max(_SNIFFED_ROWS, header_row or 0) + 2)
        rows = [[_text(value) for value in row] for row in first]
        merged = chosen.merged_cell_ranges or about.merged
        height = (chosen.end or (0, 0))[0] + 1
    at, notes = _header_at(path, rows, header_row)
    names, lines = joined_header(rows, at, merged)
    table = _Table(path, chosen.name, clean_names(path, names), at + lines, height, about)
    notes += _notes(at, lines, hidden, about, [m for m in merged if m[0][0] >= at + lines])
    return TableFile(
        table.names,
        "excel",
        table.chunks,
        sheets=sheets,
        sheet=chosen.name,
        header_row=at + 1,
        notes=notes,
    )


@contextmanager
def _opened(path: Path) -> Iterator[CalamineWorkbook]:
    try:
        book = CalamineWorkbook.from_path(path)
    except (CalamineError, OSError, ValueError) as error:
        raise _damaged(path) from error
    try:
        yield book
    except CalamineError as error:
        raise _damaged(path) from error
    except BaseException as error:
        # what stops the reader within is no Exception of Python's
        if type(error).__name__ != "PanicException":
            raise
        raise _damaged(path) from error
    finally:
        book.close()


def _damaged(path: Path) -> InputFileError:
    return cannot_read(
        path,
        "工作簿已损坏或有密码，请在 Excel 中打开后另存为不加密的 .xlsx",
        "the workbook is damaged or has a password, open it and save it as .xlsx without one",
    )


def _inspect(path: Path) -> Callable[[int], SheetFacts]:
    """Return a look-up of what is known of each sheet, from 0; refuse what must not be opened at all."""
    head = read_head(path)
    suffix = path.suffix.lower()
    if kind_of(head) == "ole" and _ENCRYPTED in read_bytes(path):
        raise cannot_read(
            path,
            "工作簿有密码，请在 Excel 中去掉密码后另存",
            "the workbook has a password, save it without one",
        )
    demand_kind(path, head, "ole" if suffix == ".xls" else "zip")
    if suffix == ".xls":
        if path.stat().st_size > _MAX_XLS_BYTES:
            raise cannot_read(path, "它超过 200 MB，请另存为 .xlsx", "it is over 200 MB, save it as .xlsx")
        return lambda _: SheetFacts()
    found = inspect_xlsx(path) if suffix == ".xlsx" else inspect_ods(path)
    return lambda number: found[number] if number < len(found) else SheetFacts()


def _chosen(
    path: Path,
    book: CalamineWorkbook,
    sheets: list[str],
    hidden: list[str],
    asked: str | None,
    facts: Callable[[str], SheetFacts],
) -> CalamineSheet:
    candidates = [asked] if asked is not None else [name for name in sheets if name not in hidden]
    for name in candidates:
        if name not in sheets:
            listed = "、".join(sheets)
            raise cannot_read(
                path, f"没有名为“{name}”的工作表（有：{listed}）", f"it has no sheet {name!r} (it has: {listed})"
            )
        facts(name).demand_size(path)
        found = book.get_sheet_by_name(name)
        if found.start is not None:
            return found
    raise cannot_read(path, "工作表是空的，请选择有数据的工作表", "its sheet is empty, choose one with data")


def _rows(sheet: CalamineSheet) -> Iterator[list[object]]:
    """Return the rows of a sheet from the first, with the empty columns on their left, which the sheet leaves out."""
    _, left = sheet.start or (0, 0)
    for row in sheet.iter_rows():
        yield [""] * left + list(row)


def _header_at(path: Path, rows: list[Cells], header_row: int | None) -> tuple[int, list[Note]]:
    filled = [number for number, row in enumerate(rows) if any(map(str.strip, row))]
    if header_row is not None:
        if header_row - 1 not in filled:
            raise cannot_read(
                path, f"第 {header_row} 行是空的，不是列名", f"row {header_row} is empty and has no column names"
            )
        return header_row - 1, []
    if not filled:
        raise cannot_read(path, "前 20 行里没有列名", "its first 20 rows have no column names")
    proposed = propose_header([rows[number] for number in filled[:_SNIFFED_ROWS]])
    return filled[proposed], skipped_note(proposed, filled[proposed] + 1)


def _notes(at: int, lines: int, hidden: Iterable[str], facts: SheetFacts, merged: list[Area]) -> list[Note]:
    notes: list[Note] = []
    if lines == 2:
        notes.append(
            (
                f"第 {at + 1}–{at + 2} 行的合并表头已连成一行列名。",
                f"The merged header in rows {at + 1} to {at + 2} is joined into one row of names.",
            )
        )
    if listed := "、".join(hidden):
        notes.append((f"有隐藏的工作表：{listed}。", f"There are hidden sheets: {listed}."))
    if facts.hidden_rows:
        notes.append(
            (
                f"有 {facts.hidden_rows} 个隐藏的行，照样读取。",
                f"{facts.hidden_rows} rows are hidden, and read like the others.",
            )
        )
    if merged:
        notes.append(
            (
                f"数据中有 {len(merged)} 处合并单元格，只有左上角一格有值。",
                f"{len(merged)} areas of cells are merged in the data: only their first cell has a value.",
            )
        )
    return notes


def _text(value: object) -> str:
    """Return the value of a cell as text."""
    return _TEXTS.get(type(value), cell_text)(value)


def _bool_text(value: bool) -> str:
    return "true" if value else "false"


def _number_text(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < _LONG_NUMBER else repr(value)


def _time_text(value: dt.datetime) -> str:
    # the fraction of a day is not exact to the last digit
    return (value + dt.timedelta(milliseconds=500)).isoformat(" ", "seconds")


def _duration_text(value: dt.timedelta) -> str:
    seconds = round(value.total_seconds())
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


_TEXTS: dict[type, Callable[[Any], str]] = {
    str: str,
    bool: _bool_text,
    int: str,
    float: _number_text,
    dt.datetime: _time_text,
    dt.date: dt.date.isoformat,
    dt.time: lambda value: value.isoformat("seconds"),
    dt.timedelta: _duration_text,
}
