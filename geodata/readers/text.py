"""Bytes to lines of UTF-8: a text file of any size, encoding and line end, block by block."""

from __future__ import annotations

import codecs
import gzip
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from geodata.readers import content
from geodata.readers.cells import cannot_read
from geodata.readers.content import opening, read_head

BLOCK_BYTES = 16 * 1024**2
"""How much of a file is in hand at a time."""

MAX_LINE = 8 * 1024**2
"""Where a line without an end is cut; no cell may be nearly as long."""

_SAMPLED_BLOCKS = 8
_LINE_ENDS_WITHIN = 64 * 1024**2
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Cut:
    """Where a text may be cut: behind a byte that is part of no character in UTF-8 or GB18030.

    Parameters
    ----------
    behind
        The byte.
    longest
        How much of a stretch without it is kept [bytes].
    """

    behind: bytes
    longest: int


LINES = Cut(b"\n", MAX_LINE)
"""Tables are cut behind their lines."""

VALUES = Cut(b",", content.MAX_BYTES)
"""JSON is cut behind its values, because all of it may stand in one line; nothing of it is left out."""


@dataclass(frozen=True)
class Block:
    """Whole lines of a text file.

    Parameters
    ----------
    data
        Valid UTF-8 without a byte-order mark; every line but perhaps the last of the file ends in a line feed.
    broken
        Where the lines start that are no text in the file's encoding [bytes into `data`].
    done
        Share of the file that is read after this block.
    """

    data: bytes
    broken: tuple[int, ...]
    done: float


@dataclass(frozen=True)
class TextFile:
    """A file of text in an encoding that was found out, not asked for.

    Parameters
    ----------
    path
        The file, packed if its name ends in ``.gz``.
    encoding
        ``utf-8``, ``utf-8-sig``, ``gb18030`` or ``utf-16``.
    old_line_ends
        Whether its lines end in a carriage return alone.
    cut
        Where its blocks may end.
    """

    path: Path
    encoding: str
    old_line_ends: bool
    cut: Cut = LINES

    def blocks(self, size: int = 0) -> Iterator[Block]:
        """Return the text from its beginning to its end, about `size` bytes at a time."""
        pieces = _raw_blocks(self.path, size or BLOCK_BYTES)
        if self.encoding == "utf-16":
            pieces = _utf16_to_utf8(pieces)
        elif self.encoding == "utf-8-sig":
            pieces = _without_mark(pieces)
        if self.old_line_ends:
            pieces = ((data.replace(b"\r", b"\n"), done) for data, done in pieces)
        for data, done in cut_pieces(pieces, self.cut):
            yield self._as_utf8(data, done)

    def _as_utf8(self, data: bytes, done: float) -> Block:
        if self.encoding == "utf-16":
            # what is no text was replaced while decoding
            mark = "\ufffd".encode()
            return Block(data, _starts(data, [mark in line for line in _lines(data)]) if mark in data else (), done)
        if self.encoding.startswith("utf-8"):
            if is_utf8(data):
                return Block(data, (), done)
            return _by_line(data, "utf-8", done)
        try:
            return Block(data.decode(self.encoding).encode(), (), done)
        except UnicodeDecodeError:
            return _by_line(data, self.encoding, done)


def open_text(path: Path, cut: Cut = LINES) -> TextFile:
    """Find out in what encoding a file is: by byte-order mark, else strict UTF-8, else what most of its lines are.

    GB18030 takes nearly any bytes, UTF-8 hardly any that are not meant: so UTF-8 wins if half of the lines that are not
    plain ASCII are UTF-8. Of a large file these lines are counted in some blocks, evenly spread.

    Raises
    ------
    InputFileError
        If the file is missing, empty or too large, or unpacks to too much.
    """
    start = first_bytes(path)
    if start.startswith(_UTF16_MARKS):
        return TextFile(path, "utf-16", not _has_line_feed(_utf16_to_utf8(_raw_blocks(path, BLOCK_BYTES))), cut)
    old_line_ends = not _has_line_feed(_raw_blocks(path, BLOCK_BYTES))
    encoding = "utf-8-sig" if start.startswith(codecs.BOM_UTF8) else "utf-8"
    foreign = _blocks_not_utf8(path, old_line_ends, cut)
    if foreign and not _mostly_utf8(path, old_line_ends, cut, foreign):
        encoding = "gb18030"
    return TextFile(path, encoding, old_line_ends, cut)


def first_bytes(path: Path) -> bytes:
    """Return the first 4096 bytes, unpacked; an empty file is refused."""
    read_head(path, 1)
    start = next((data for data, _ in _raw_blocks(path, 4096)), b"")
    if not start:
        raise cannot_read(path, "它是空的（0 字节），请重新导出", "it is empty (0 bytes), export it again")
    return start


def is_utf8(data: bytes) -> bool:
    """Return whether all bytes are text in UTF-8."""
    if data.isascii():
        return True
    offsets = pa.py_buffer(np.array([0, len(data)], dtype=np.int64))
    try:
        pa.Array.from_buffers(pa.large_string(), 1, [None, offsets, pa.py_buffer(data)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def cut_pieces(pieces: Iterable[tuple[bytes, float]], cut: Cut) -> Iterator[tuple[bytes, float]]:
    """Cut pieces where they may be cut; of a stretch that is too long only the beginning is kept."""
    rest = bytearray()
    skipping, done = False, 0.0
    for piece, done in pieces:
        data = piece
        if skipping:
            at = data.find(cut.behind)
            if at < 0:
                continue
            data, skipping = data[at:], False
        end = data.rfind(cut.behind) + 1
        if end:
            yield b"".join((rest, memoryview(data)[:end])), done
            rest = bytearray(data[end:])
        else:
            rest += data
        if len(rest) > cut.longest:
            del rest[cut.longest :]
            skipping = True
    if rest:
        yield bytes(rest), done


def _raw_blocks(path: Path, size: int) -> Iterator[tuple[bytes, float]]:
    with opening(path), path.open("rb") as file:
        total = max(path.stat().st_size, 1)
        packed = path.suffix.lower() == ".gz"
        stream = gzip.GzipFile(fileobj=file) if packed else file
        unpacked = 0
        while data := stream.read(size):
            unpacked += len(data)
            if unpacked > content.MAX_STREAMED_BYTES:
                raise cannot_read(path, "它超过 64 GB，请按月拆分", "it is over 64 GB, split it by month")
            if packed and unpacked > max(content.ENOUGH_FOR_RATIO, content.MAX_RATIO * total):
                raise cannot_read(path, "它解压后过大，不像是数据", "it unpacks to too much to be data")
            yield data, min(1.0, file.tell() / total)


def _without_mark(pieces: Iterator[tuple[bytes, float]]) -> Iterator[tuple[bytes, float]]:
    first = True
    for data, done in pieces:
        yield data.removeprefix(codecs.BOM_UTF8) if first else data, done
        first = False


def _utf16_to_utf8(pieces: Iterator[tuple[bytes, float]]) -> Iterator[tuple[bytes, float]]:
    decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
    done = 0.0
    for data, done in pieces:
        yield decoder.decode(data).encode(errors="replace"), done
    yield decoder.decode(b"", final=True).encode(errors="replace"), done


def _has_line_feed(pieces: Iterator[tuple[bytes, float]]) -> bool:
    seen = 0
    for data, _ in pieces:
        if b"\n" in data:
            return True
        seen += len(data)
        if seen > _LINE_ENDS_WITHIN:
            break
    return False


def _cut_blocks(path: Path, old_line_ends: bool, cut: Cut, size: int = 0) -> Iterator[bytes]:
    pieces = _raw_blocks(path, size or BLOCK_BYTES)
    if old_line_ends:
        pieces = ((data.replace(b"\r", b"\n"), done) for data, done in pieces)
    for data, _ in cut_pieces(pieces, cut):
        yield data


def _blocks_not_utf8(path: Path, old_line_ends: bool, cut: Cut) -> int:
    """Return how many blocks there are up to the end if one of them is not UTF-8, else 0."""
    small = BLOCK_BYTES // 16  # stays near the processor, and its memory is used again
    if all(is_utf8(data) for data in _cut_blocks(path, old_line_ends, cut, small)):
        return 0
    return sum(1 for _ in _cut_blocks(path, old_line_ends, cut))


def _mostly_utf8(path: Path, old_line_ends: bool, cut: Cut, blocks: int) -> bool:
    step = -(-blocks // _SAMPLED_BLOCKS)
    telling = are_utf8 = 0
    for number, data in enumerate(_cut_blocks(path, old_line_ends, cut)):
        if number % step == 0:
            stretches = data.removeprefix(codecs.BOM_UTF8).split(cut.behind)
            lines = [stretch for stretch in stretches if not stretch.isascii()]
            telling += len(lines)
            are_utf8 += len(lines) if is_utf8(data) else sum(_decodes(line) for line in lines)
    return 2 * are_utf8 >= telling


def _decodes(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _lines(data: bytes) -> list[bytes]:
    return io.BytesIO(data).readlines()


def _by_line(data: bytes, encoding: str, done: float) -> Block:
    """Decode line by line; in UTF-8 and GB18030 no byte of a character can be a line feed."""
    lines, are_broken = [], []
    for line in _lines(data):
        try:
            lines.append(line.decode(encoding).encode())
            are_broken.append(False)
        except UnicodeDecodeError:
            # the line end is kept apart, because a broken character can swallow it
            body = line.removesuffix(b"\n")
            lines.append(body.decode(encoding, errors="replace").encode() + line[len(body) :])
            are_broken.append(True)
    joined = b"".join(lines)
    return Block(joined, _starts(joined, are_broken), done)


def _starts(data: bytes, flags: list[bool]) -> tuple[int, ...]:
    lengths = np.fromiter(map(len, _lines(data)), np.int64, len(flags))
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
    return tuple(starts[np.asarray(flags, dtype=bool)].tolist())
