"""How far a block of delimited text is plain: where its quotes pair, and where its records begin and end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geodata.readers.records import MAX_RECORD_LINES

Positions = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_LINE_FEED, _RETURN, _QUOTE = b"\n"[0], b"\r"[0], b'"'[0]


@dataclass(frozen=True)
class Layout:
    """The records of a stretch of text whose quoting is regular.

    Parameters
    ----------
    starts, ends
        Where each record begins and where the next one does [bytes], shape (n,).
    lines
        Physical lines of each record, shape (n,).
    quotes
        Positions of the quotes [bytes].
    """

    starts: Positions
    ends: Positions
    lines: Positions
    quotes: Positions

    def record_of(self, positions: Positions) -> Positions:
        """Return in which record each byte position lies."""
        return np.searchsorted(self.ends, positions, side="right")


def regular_end(data: bytes, separator: str) -> int:
    """Return up to where `data` is made of whole records with regular quotes [bytes].

    Regular means: a quote opens only at the start of a field, closes only at its end, and stands for itself only when
    doubled within quotes. There every parser reads the same.
    """
    if b'"' not in data:
        return len(data)
    text = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(text == _QUOTE)
    wrong = np.flatnonzero(~_fits(text, quotes, separator))
    limit = int(quotes[wrong[0]]) if wrong.size else len(data)
    if not wrong.size and quotes.size % 2 == 0:
        end = len(data)
    else:
        feeds = np.flatnonzero(text[:limit] == _LINE_FEED)
        outside = feeds[np.searchsorted(quotes, feeds) % 2 == 0]
        end = int(outside[-1]) + 1 if outside.size else 0
    return end


def _fits(text: npt.NDArray[np.uint8], quotes: Positions, separator: str) -> Flags:
    """Return which quotes stand where a quote may."""
    opens = np.arange(quotes.size) % 2 == 0
    beside_other = np.zeros(quotes.size + 1, dtype=bool)
    beside_other[1:-1] = np.diff(quotes) == 1
    before = text[np.maximum(quotes - 1, 0)]
    after = text[np.minimum(quotes + 1, text.size - 1)]
    mark = separator.encode()[0]
    may_open = beside_other[:-1] | (quotes == 0) | (before == mark) | (before == _LINE_FEED)
    may_close = beside_other[1:] | (quotes == text.size - 1) | np.isin(after, [mark, _LINE_FEED, _RETURN])
    fits: Flags = np.where(opens, may_open, may_close)
    return fits


def layout(data: bytes) -> Layout:
    """Return the records of a stretch with regular quotes that begins and ends with a record."""
    text = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(text == _QUOTE) if b'"' in data else np.zeros(0, dtype=np.int64)
    feeds = np.flatnonzero(text == _LINE_FEED)
    if not data.endswith(b"\n"):
        feeds = np.append(feeds, len(data) - 1)
    last_of_record = np.flatnonzero(np.searchsorted(quotes, feeds, side="right") % 2 == 0)
    ends = feeds[last_of_record] + 1
    starts = np.concatenate([[0], ends[:-1]])
    return Layout(starts, ends, np.diff(last_of_record, prepend=-1), quotes)


def misfits(data: bytes, records: Layout, separator: str, width: int, broken: Positions) -> Flags:
    """Return which records need a careful look: blank, of another width, or with something in them that is no text."""
    text = np.frombuffer(data, np.uint8)
    marks = np.flatnonzero(text == separator.encode()[0])
    if records.quotes.size:
        marks = marks[np.searchsorted(records.quotes, marks) % 2 == 0]
    found: Flags = np.bincount(records.record_of(marks), minlength=records.ends.size) + 1 != width
    found[records.record_of(broken)] = True
    if b"\0" in data:
        found[records.record_of(np.flatnonzero(text == 0))] = True
    if b"\r" in data:
        returns = np.flatnonzero(text == _RETURN)
        alone = returns[text[np.minimum(returns + 1, text.size - 1)] != _LINE_FEED]
        found[records.record_of(alone)] = True
    found[records.lines > MAX_RECORD_LINES] = True
    return found


def is_plain(data: bytes) -> bool:
    """Return whether there is nothing in a text that parsers disagree about: no zero byte, no lone carriage return."""
    return b"\0" not in data and (b"\r" not in data or data.count(b"\r") == data.count(b"\r\n"))
