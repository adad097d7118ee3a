"""The attributes of a Shapefile as text, in whatever encoding they were written."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from geodata.readers.cells import cannot_read, cell_text, clean_names

_NUMBER_TYPES = ("N", "F")
_TELLING = frozenset({"big5", "big5-hkscs", "950", "shift_jis", "932", "euc-kr", "949"})

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Attributes:
    """The rows of a .dbf file.

    Parameters
    ----------
    table
        Columns of text, one row a record that was not deleted.
    kept
        Which records were not deleted, in the order of the file.
    encoding
        What the text was written in.
    """

    table: pa.Table
    kept: Flags
    encoding: str


@dataclass(frozen=True)
class _Field:
    name: bytes
    kind: str
    start: int
    end: int


def read_dbf(path: Path, data: bytes, declared: str) -> Attributes:
    """Parse a .dbf file: 32 bytes (count, header and record length), 32 a field, records with a deletion mark.

    Parameters
    ----------
    path
        The file that a refusal names.
    data
        Its bytes.
    declared
        The encoding that the .cpg file names, "" if there is none.
    """
    try:
        count, header, width = struct.unpack_from("<IHH", data, 4)
        fields = _fields(data, header)
    except (struct.error, IndexError) as error:
        raise cannot_read(path, ".dbf 文件已损坏，请重新导出", "the .dbf file is damaged, export it again") from error
    if width == 0 or len(data) < header + (count * width) or any(field.end > width for field in fields):
        raise cannot_read(path, ".dbf 文件不完整，请重新获取", "the .dbf file is cut short, fetch it again")
    records = np.frombuffer(data, np.uint8, count * width, header).reshape(count, width)
    kept = records[:, 0] != b"*"[0]
    cells = {field: _strip(records[kept, field.start : field.end]) for field in fields}
    encoding = _encoding(path, (cell for field in fields if field.kind == "C" for cell in cells[field]), declared)
    # a name cut at ten bytes may end in half a character
    names = clean_names(path, [field.name.decode(encoding, errors="ignore") for field in fields])
    columns = [pa.array(_texts(field, cells[field], encoding), pa.string()) for field in fields]
    return Attributes(pa.table(columns, names=names), kept, encoding)


def _fields(data: bytes, header: int) -> list[_Field]:
    fields, start = [], 1
    for at in range(32, header - 1, 32):
        if data[at] == 0x0D:
            break
        end = start + data[at + 16]
        fields.append(_Field(data[at : at + 11].split(b"\0")[0], chr(data[at + 11]), start, end))
        start = end
    return fields


def _strip(cells: npt.NDArray[np.uint8]) -> list[bytes]:
    if not cells.shape[1]:
        return [b""] * len(cells)
    texts = np.ascontiguousarray(cells).view(f"S{cells.shape[1]}").ravel().tolist()
    return [text.strip(b" \0") for text in texts]


def _encoding(path: Path, cells: Iterable[bytes], declared: str) -> str:
    """Return UTF-8 if all is strict UTF-8, else what the .cpg file says if that can be wrong at all, else GB18030."""
    text = b"\n".join(cells)
    telling = [declared] if declared.lower() in _TELLING else []
    for encoding in ("utf-8", *telling, "gb18030"):
        if _decodes(text, encoding):
            return encoding
    # one-byte encodings fit any text: believed only when said, and only after the others failed
    if _decodes(text, declared):
        return declared
    raise cannot_read(
        path, ".dbf 的文字编码无法识别，请另存为 UTF-8", "the encoding of its .dbf is unknown, save it as UTF-8"
    )


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _texts(field: _Field, cells: list[bytes], encoding: str) -> list[str]:
    texts = [cell.decode(encoding, errors="replace").strip() for cell in cells]
    return [_number_text(text) for text in texts] if field.kind in _NUMBER_TYPES else texts


def _number_text(text: str) -> str:
    """Return a number's text without a needless decimal point; stars stand for a missing number."""
    if text.isdecimal():
        return text
    try:
        return cell_text(float(text))
    except ValueError:
        return ""
