"""What a file really is, by its first bytes: its name is only what somebody called it."""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geodata.readers.cells import cannot_read

MAX_BYTES = 2 * 1024**3
"""Largest file that is read at once, after unpacking [bytes]; text tables and Parquet are streamed and may be more."""

MAX_STREAMED_BYTES = 64 * 1024**3
"""Largest file that is read as a stream, after unpacking [bytes]."""

MAX_RATIO = 200
"""How many times its packed size a file may take when unpacked, if that is more than ENOUGH_FOR_RATIO."""

ENOUGH_FOR_RATIO = 64 * 1024**2
"""What any file may unpack to [bytes]: empty rows and wide blank columns of honest files pack by far more."""

_HEAD = 4096
_SAVE_AS_CSV = ("请另存为“CSV UTF-8”后导入", "save it as CSV UTF-8")
_SAVE_AS_NAMED = ("请导出为扩展名所说的格式", "export it as what its name says")

# what a file begins with → its kind, what it is and what to do about it
_MAGIC: tuple[tuple[bytes, str, str, str], ...] = (
    (b"PK\x03\x04", "zip", "一个 Excel 工作簿或压缩包", "a workbook or zip"),
    (b"\xd0\xcf\x11\xe0", "ole", "一个旧版或加密的 Excel 工作簿", "an old or encrypted workbook"),
    (b"PAR1", "parquet", "一个 Parquet 文件", "a Parquet file"),
    (b"PARE", "parquet", "一个加密的 Parquet 文件", "an encrypted Parquet file"),
    (b"SQLite format 3\0", "sqlite", "一个数据库", "a database"),
    (b"\x1f\x8b", "gzip", "一个 gzip 压缩文件", "a gzip file"),
    (b"\x00\x00\x27\x0a", "shapefile", "一个 Shapefile", "a Shapefile"),
    (b"%PDF", "pdf", "一个 PDF", "a PDF"),
    (b"Rar!", "rar", "一个 RAR 压缩包", "a RAR archive"),
    (b"7z\xbc\xaf", "7z", "一个 7z 压缩包", "a 7z archive"),
    (b"ARROW1", "arrow", "一个 Arrow 文件", "an Arrow file"),
    *((magic, "picture", "一张图片，不是文本文件", "a picture") for magic in (b"\x89PNG", b"\xff\xd8\xff", b"GIF8")),
)
_MARKUP: tuple[tuple[str, str, str], ...] = (
    (
        r"<(!doctype\s+)?html|<table|<meta|<script",
        "一个网页（有些旧系统把它叫作 Excel）",
        "a web page (which old systems call Excel)",
    ),
    (r"<ogrvrtdatasource|<vrtdataset", "一个指向别的数据的 VRT 文件", "a VRT file that points to other data"),
    (r"<kml|<gpx|<gml:|<osm", "一个 KML、GPX 或 GML 文件", "a KML, GPX or GML file"),
    (r"<", "一个网页或 XML 文件", "a web page or XML"),
)
_WAYS_OUT = {
    "zip": (
        "若是 Excel，请把扩展名改为 .xlsx，或另存为“CSV UTF-8”",
        "name it .xlsx if it is one, or save it as CSV UTF-8",
    ),
    "ole": ("请把扩展名改为 .xls，或另存为“CSV UTF-8”", "name it .xls, or save it as CSV UTF-8"),
    "parquet": ("请把扩展名改为 .parquet", "name it .parquet"),
    "sqlite": (
        "若是 GeoPackage 请把扩展名改为 .gpkg，否则请导出为 CSV",
        "name it .gpkg if it is a GeoPackage, else export a CSV",
    ),
    "gzip": ("请在文件名后加 .gz，或先解压", "add .gz to its name, or unpack it"),
    "text": ("若是表格请把扩展名改为 .csv", "name it .csv if it is a table"),
    "json": ("若是 GeoJSON 请把扩展名改为 .geojson", "name it .geojson if it is one"),
    "picture": ("请提供表格本身", "give the table itself"),
    "shapefile": ("请把 .shp、.dbf、.prj 一起压缩为 .zip", "zip its .shp, .dbf and .prj together"),
}


@contextmanager
def opening(path: Path) -> Iterator[None]:
    """Turn what can go wrong in opening and unpacking a file into a refusal."""
    try:
        yield
    except FileNotFoundError:
        raise cannot_read(path, "找不到它，请检查路径", "it does not exist, check the path") from None
    except (OSError, EOFError, zlib.error) as error:
        raise cannot_read(
            path,
            f"打开失败（{_short(error)}），请重新获取这个文件",
            f"opening it failed ({_short(error)}), fetch it again",
        ) from error


def _short(error: BaseException) -> str:
    # the message of an OSError names the path, which is shown only cleaned
    return (error.strerror or "") if isinstance(error, OSError) and error.strerror else str(error)[:80]


def read_head(path: Path, length: int = _HEAD) -> bytes:
    """Return the first bytes of a file as it lies on the disk; an empty file is refused."""
    with opening(path), path.open("rb") as stream:
        head = stream.read(length)
    if not head:
        raise cannot_read(path, "它是空的（0 字节），请重新导出", "it is empty (0 bytes), export it again")
    return head


def read_bytes(path: Path) -> bytes:
    """Return all bytes of a file as it lies on the disk; an empty file is refused."""
    read_head(path, 1)
    with opening(path), path.open("rb") as stream:
        # as many as there are: what is asked for is reserved, however little comes
        data = stream.read(min(path.stat().st_size, MAX_BYTES) + 1)
    if len(data) > MAX_BYTES:
        raise cannot_read(
            path, "它超过 2 GB，请按月拆分或转为 Parquet", "it is over 2 GB, split it by month or use Parquet"
        )
    return data


def kind_of(head: bytes) -> str:
    """Return what first bytes say a file is: a word of `_MAGIC`, ``markup``, ``json`` or ``text``."""
    for magic, kind, *_ in _MAGIC:
        if head.startswith(magic):
            return kind
    start = _plain_start(head)
    if start.startswith("<"):
        return "markup"
    return "json" if start.startswith(("{", "[")) else "text"


def demand_kind(path: Path, head: bytes, *kinds: str) -> None:
    """Refuse a file whose content is none of `kinds`, saying what it really is.

    Raises
    ------
    InputFileError
        If the first bytes say another kind.
    """
    kind = kind_of(head)
    if kind in kinds:
        return
    zh, en = _description(head, kind)
    way_zh, way_en = _WAYS_OUT.get(kind, _SAVE_AS_CSV if kinds == ("text", "json") else _SAVE_AS_NAMED)
    raise cannot_read(path, f"它其实是{zh}，{way_zh}", f"it is really {en}: {way_en}")


def _description(head: bytes, kind: str) -> tuple[str, str]:
    if kind == "markup":
        start = _plain_start(head).lower()
        return next((zh, en) for pattern, zh, en in _MARKUP if re.search(pattern, start))
    if kind == "json":
        return "一个 JSON 文件", "a JSON file"
    return next(((zh, en) for _, name, zh, en in _MAGIC if name == kind), ("一个文本文件", "a text file"))


def _plain_start(head: bytes) -> str:
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if head.startswith(mark):
            return head.decode(encoding, errors="ignore").lstrip()
    return head.removeprefix(codecs.BOM_UTF8).decode("latin-1").lstrip()
