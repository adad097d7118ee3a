"""Lines to records, carefully: one line at a time, so that a broken line costs itself and no other."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from geodata.readers.cells import MAX_CELL

MAX_FIELD = 131_072
"""Longest field that a record may have [characters]: the limit of the csv module."""

MAX_RECORD_LINES = 100
"""Most lines that one record may take: more means that a quote was never closed."""

BadRow = tuple[int, str, str, str]


@dataclass(frozen=True)
class Records:
    """Some records of a file, told apart.

    Parameters
    ----------
    good
        The fields of those that fit.
    numbers
        Which records these are, counted from 0 at the first of these lines.
    bad
        The others: number (from 0), reason, text, raw.
    count
        Records in all.
    lines
        Lines that were used up; what is left is the beginning of a record.
    """

    good: list[list[str]]
    numbers: list[int]
    bad: list[BadRow]
    count: int
    lines: int


class Feed:
    """Give a csv reader its lines, and stop it where one record swallows too many."""

    def __init__(self, lines: list[str], position: int = 0) -> None:
        self.lines, self.position, self.record_start = lines, position, position

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.position >= len(self.lines):
            raise StopIteration
        if self.position - self.record_start >= MAX_RECORD_LINES:
            raise csv.Error
        self.position += 1
        return self.lines[self.position - 1]

    def go_to(self, line: int) -> None:
        """Read on from `line`, as the start of a record."""
        self.position = self.record_start = line


def read_records(
    lines: list[str], broken: frozenset[int], *, separator: str, width: int, is_end: bool = True
) -> Records:
    """Read every record; a line that breaks the quoting is set aside alone, and reading goes on below it.

    Parameters
    ----------
    lines
        Physical lines with their ends, the first of which begins a record.
    broken
        Numbers of the lines that are no text.
    separator
        Between the fields.
    width
        Fields that a record must have.
    is_end
        Whether nothing follows; if something does, a record that is not over is left for later.
    """
    return _Careful(lines, broken, separator, width).read(is_end)


class _Careful:
    def __init__(self, lines: list[str], broken: frozenset[int], separator: str, width: int) -> None:
        self.feed, self.separator, self.width = Feed(lines), separator, width
        self.broken = broken
        self.with_nul = {number for number, line in enumerate(lines) if "\0" in line}
        self.count = 0
        self.good: list[list[str]] = []
        self.numbers: list[int] = []
        self.bad: list[BadRow] = []

    def read(self, is_end: bool) -> Records:
        feed = self.feed
        while feed.position < len(feed.lines):
            try:
                for fields in csv.reader(feed, delimiter=self.separator, strict=True):
                    self.take(fields)
            except csv.Error:
                first = feed.record_start
                if not is_end and feed.position >= len(feed.lines) and feed.position - first < MAX_RECORD_LINES:
                    break
                self.refuse(first, "too_long" if len(feed.lines[first]) > csv.field_size_limit() else "quote")
        return Records(self.good, self.numbers, self.bad, self.count, feed.record_start)

    def take(self, fields: list[str]) -> None:
        """Keep one record, or set it aside; a blank line is none."""
        feed = self.feed
        first, last = feed.record_start, feed.position
        if len(fields) < 2 and not "".join(fields).strip():
            feed.record_start = last
        elif self.broken and not self.broken.isdisjoint(range(first, last)):
            self.refuse(first, "encoding")
        elif self.with_nul and not self.with_nul.isdisjoint(range(first, last)):
            self.refuse(first, "nul")
        elif len(fields) != self.width:
            # a quote that closes some lines further on leaves a crooked record: only its first line is at fault
            self.refuse(first, "columns" if last == first + 1 else "quote", f"{len(fields)} ≠ {self.width}")
        else:
            feed.record_start = last
            self.numbers.append(self.count)
            self.count += 1
            self.good.append(fields)

    def refuse(self, line: int, reason: str, text: str = "") -> None:
        """Set one physical line aside and go on with the next."""
        shown = self.feed.lines[line].rstrip("\r\n")[:MAX_CELL]
        self.bad.append((self.count, reason, text or shown[:200], orjson.dumps({"line": shown}).decode()))
        self.count += 1
        self.feed.go_to(line + 1)
