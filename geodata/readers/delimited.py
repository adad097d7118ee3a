"""Delimited text (CSV, TSV, TXT), streamed: regular stretches at Arrow's speed, the others line by line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from geodata.readers.cells import cannot_read, clean_names, set_aside_frame, without_totals
from geodata.readers.content import demand_kind
from geodata.readers.headers import propose_header, skipped_note
from geodata.readers.quoting import Flags, is_plain, layout, misfits, regular_end
from geodata.readers.records import MAX_FIELD, MAX_RECORD_LINES, BadRow, Feed, Records, read_records
from geodata.readers.tables import Int64, RawChunk, TableFile
from geodata.readers.text import TextFile, first_bytes, open_text

SEPARATORS = (",", ";", "\t", "|")

_SNIFFED_LINES = 100
_MAX_HEADER = 10_000
_HEAD_BYTES = 1024**2
_FEW_LINES = 8
_MANY_LINES = 8_192
_SMALL_WINDOW = 64 * 1024
_WORTH_TRYING = 16 * 1024
_MARK = b"\xef\xbb\xbf"
# no header has these; a line break, a tabulator and a separator of records may stand in one
_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x19\x1b-\x1d\x7f]")


def open_delimited(path: Path, header_row: int | None = None) -> TableFile:
    """Find out encoding, separator and header of a text file; its rows are read by `TableFile.chunks`.

    Parameters
    ----------
    path
        The file, packed if its name ends in ``.gz``.
    header_row
        The line of the column names, counted from 1; None to look for it in the first lines.
    """
    demand_kind(path, first_bytes(path), "text", "json")
    text = open_text(path)
    head = next((block.data for block in text.blocks(_HEAD_BYTES)), b"")
    lines = [line.decode() for line in _byte_lines(head)]
    start, separator = 0, ""
    declared = re.fullmatch(r"sep=(.)\s*", lines[0]) if lines else None
    if declared:
        start, separator = 1, declared[1] if declared[1].isascii() else ""
    separator = separator or _separator(lines[start : start + _SNIFFED_LINES])
    asked = header_row is not None
    start = header_row - 1 if header_row is not None else _header_line(lines, start, separator or ",")
    names, header_line, end_line = _header(path, lines, start, separator or ",")
    if any(map(_NO_TEXT.search, lines[: max(end_line, 1)])):
        raise cannot_read(path, "它不是文本文件，请导出为 CSV", "it is not a text file, export a CSV instead")
    skipped = header_line - (1 if declared else 0) if not asked else 0
    notes = skipped_note(sum(1 for line in lines[header_line - skipped : header_line] if line.strip()), header_line + 1)
    body = _Body(text, names, separator or ",", sum(len(line.encode()) for line in lines[:end_line]))
    return TableFile(names, "csv", body.chunks, text.encoding, separator, header_row=header_line + 1, notes=notes)


# -- header -----------------------------------------------------------------------------------------------------------


def _header_line(lines: list[str], start: int, separator: str) -> int:
    """Return the line of the column names, from 0: the first that is not blank, unless that is only a title."""
    at: list[int] = []
    rows: list[list[str]] = []
    for number in range(start, len(lines)):
        if len(rows) == 20:
            break
        if lines[number].strip():
            at.append(number)
            rows.append(_fields(lines[number], separator))
    return at[propose_header(rows)] if rows else start


def _header(path: Path, lines: list[str], start: int, separator: str) -> tuple[list[str], int, int]:
    """Return the column names, the line that they start in, and the first line below them."""
    feed = Feed(lines, min(start, len(lines)))
    names: list[str] = []
    first = start
    try:
        for fields in csv.reader(feed, delimiter=separator):
            if any(map(str.strip, fields)):
                names = fields
                break
            first = feed.record_start = feed.position
    except csv.Error:
        names = []
    if not names or sum(map(len, names)) > _MAX_HEADER:
        raise cannot_read(
            path,
            f"第 {first + 1} 行不是列名，请检查表头",
            f"line {first + 1} has no column names, check its header",
        )
    return clean_names(path, names), first, feed.position


def _separator(lines: list[str]) -> str:
    """Return the separator that cuts the most of the first lines into one number of fields; "" if none does."""

    def agreement(separator: str) -> tuple[int, int]:
        widths = [len(_fields(line, separator)) for line in lines if line.strip()]
        several = [width for width in widths if width > 1]
        common = max(several, key=several.count, default=0)
        return several.count(common), common

    best = max(SEPARATORS, key=agreement)
    return best if agreement(best)[0] else ""


def _fields(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []


def _byte_lines(data: bytes) -> list[bytes]:
    return io.BytesIO(data).readlines()


# -- rows -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Part:
    """Records of one stretch: numbers count from 0 at its first, `count` is all of them, good and bad."""

    table: pa.Table
    numbers: Int64
    bad: list[BadRow]
    count: int


@dataclass(frozen=True)
class _Body:
    """The rows below the header of a text file."""

    text: TextFile
    names: list[str]
    separator: str
    offset: int
    is_fast: bool = True

    def chunks(self) -> Iterator[RawChunk]:
        """Return the rows block by block; a record that a block cuts in two is read with the next."""
        rest, row, to_skip, any_yet = b"", 0, self.offset, False
        broken: list[int] = []
        for block in self.text.blocks():
            skipped = min(to_skip, len(block.data))
            to_skip -= skipped
            broken += [at - skipped + len(rest) for at in block.broken if at >= skipped]
            data = rest + block.data[skipped:]
            parts, used = self._parse(data, broken, is_end=False)
            rest, broken = data[used:], [at - used for at in broken if at >= used]
            if parts:
                any_yet = True
                yield self._chunk(parts, row, block.done)
                row += sum(part.count for part in parts)
        parts, _ = self._parse(rest, broken, is_end=True)
        if parts or not any_yet:
            yield self._chunk(parts, row, 1.0)

    def _chunk(self, parts: list[_Part], row: int, done: float) -> RawChunk:
        tables, numbers, bad = [self._empty()], [np.zeros(0, dtype=np.int64)], []
        for part in parts:
            tables.append(part.table)
            numbers.append(part.numbers + row)
            bad += [(row + at + 1, reason, "", text, raw) for at, reason, text, raw in part.bad]
            row += part.count
        table = tables[1] if len(tables) == 2 else pa.concat_tables(tables).combine_chunks()
        columns = zip(*bad, strict=True) if bad else [[]] * 5
        chunk = RawChunk(table, np.concatenate(numbers), set_aside_frame(*map(list, columns)), done)
        return without_totals(chunk)

    def _empty(self) -> pa.Table:
        return pa.table([pa.array([], pa.string())] * len(self.names), names=self.names)

    def _parse(self, data: bytes, broken: list[int], *, is_end: bool) -> tuple[list[_Part], int]:
        """Return the records of whole lines, and how many bytes these take; the rest is a record that is not over.

        All of it is tried at once. Where that fails some lines are read with care and a little of what follows is tried
        anew: more and more as long as it goes well, and after more and more lines while it does not.
        """
        parts: list[_Part] = []
        at, window, few = 0, len(data), _FEW_LINES
        while at < len(data):
            stop = _line_end(data, at + window)
            end = at + regular_end(data[at:stop], self.separator) if self.is_fast else at
            part = self._fast(data[at:end], [b - at for b in broken if at <= b < end]) if end > at else None
            gained = end - at if part else 0
            if part:
                parts.append(part)
                at = end
            if part and end == stop:
                window *= 2
                continue
            few = _FEW_LINES if gained > _WORTH_TRYING else min(4 * few, _MANY_LINES)
            window = _SMALL_WINDOW
            part, used = self._careful(data, at, broken, few if self.is_fast else len(data), is_end)
            if not used:
                break
            parts.append(part)
            at += used
        return parts, at

    def _fast(self, data: bytes, broken: list[int]) -> _Part | None:
        """Read whole records with regular quotes by Arrow; None if they need a careful look after all."""
        if len(self.names) < 2:
            return None
        table = self._arrow(data) if not broken and is_plain(data) else None
        if table is not None and (b'"' not in data or not _has_long_record(data, len(table))):
            return _Part(table, np.arange(len(table)), [], len(table))
        return self._picked(data, broken)

    def _arrow(self, data: bytes) -> pa.Table | None:
        if data.startswith(_MARK):
            # Arrow would take it for a mark of the encoding, and not as a part of the first cell
            return None
        try:
            table = arrow_csv.read_csv(
                pa.py_buffer(data),
                read_options=arrow_csv.ReadOptions(
                    column_names=self.names, use_threads=False, block_size=len(data) + 1
                ),
                parse_options=arrow_csv.ParseOptions(delimiter=self.separator, newlines_in_values=b'"' in data),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(self.names, pa.string()),
                    strings_can_be_null=False,
                    check_utf8=False,  # all of a block is known to be
                ),
            )
        except pa.ArrowInvalid:
            return None
        return table if max(map(_longest, table.columns)) <= MAX_FIELD else None

    def _picked(self, data: bytes, broken: list[int]) -> _Part | None:
        """Read the records that fit by Arrow, and each of the others alone; None if one of them takes several lines."""
        records = layout(data)
        odd = misfits(data, records, self.separator, len(self.names), np.asarray(broken, dtype=np.int64))
        if (records.lines[odd] > 1).any():
            return None
        plain = np.frombuffer(data, np.uint8)[np.repeat(~odd, records.ends - records.starts)].tobytes()
        table = self._arrow(plain) if plain else self._empty()
        if table is None or len(table) != np.count_nonzero(~odd):
            return None
        return self._joined(data, records.starts, records.ends, odd, frozenset(broken), table)

    def _joined(
        self, data: bytes, starts: Int64, ends: Int64, odd: Flags, broken: frozenset[int], table: pa.Table
    ) -> _Part | None:
        is_row = np.ones(len(starts), dtype=np.int64)
        bad: dict[int, BadRow] = {}
        for number in np.flatnonzero(odd).tolist():
            line = data[starts[number] : ends[number]].decode()
            found = self._records([line], frozenset([0]) if int(starts[number]) in broken else frozenset(), True)
            if found.numbers:
                return None
            is_row[number] = found.count
            if found.count:
                bad[number] = found.bad[0]
        numbers = np.cumsum(is_row) - 1
        return _Part(table, numbers[~odd], [(int(numbers[n]), *row[1:]) for n, row in bad.items()], int(is_row.sum()))

    def _careful(self, data: bytes, at: int, broken: list[int], few: int, is_end: bool) -> tuple[_Part, int]:
        """Read a few lines one by one, more if no record ends in them; return also the bytes that were used up."""
        stream = io.BytesIO(data)
        stream.seek(at)
        lines = list(islice(stream, few))
        is_rest = stream.tell() == len(data)
        is_broken = frozenset(broken)
        starts = accumulate(map(len, lines), initial=at)
        broken_lines = frozenset(n for n, start in enumerate(starts) if start in is_broken) if broken else frozenset()
        found = self._records([line.decode() for line in lines], broken_lines, is_end and is_rest)
        if not found.lines and not is_rest:
            return self._careful(data, at, broken, few + MAX_RECORD_LINES, is_end)
        columns = [pa.array(cells, pa.string()) for cells in zip(*found.good, strict=True)]
        table = pa.table(columns, names=self.names) if columns else self._empty()
        part = _Part(table, np.asarray(found.numbers, dtype=np.int64), found.bad, found.count)
        return part, sum(map(len, lines[: found.lines]))

    def _records(self, lines: list[str], broken: frozenset[int], is_end: bool) -> Records:
        return read_records(lines, broken, separator=self.separator, width=len(self.names), is_end=is_end)


def _line_end(data: bytes, at: int) -> int:
    """Return where the line ends that reaches over the position `at`."""
    return (data.find(b"\n", at) + 1 or len(data)) if at < len(data) else len(data)


def _has_long_record(data: bytes, records: int) -> bool:
    """Return whether a record takes more lines than it may, which only quoted line breaks can bring about."""
    if data.count(b"\n") <= records:
        return False
    return bool(layout(data).lines.max(initial=0) > MAX_RECORD_LINES)


def _longest(column: pa.ChunkedArray) -> int:
    """Return the length of the longest cell [bytes]."""
    longest = 0
    for piece in column.chunks:
        offsets = np.frombuffer(piece.buffers()[1], np.int32)[piece.offset : piece.offset + len(piece) + 1]
        longest = max(longest, int(np.diff(offsets).max(initial=0)))
    return longest
