"""Basemap tiles: from a service that the operator named, or from a file on this machine.

Tiles are pictures (PNG, JPEG, WebP) of web mercator, 2^z by 2^z of them on zoom z, y counted from the north.
"""

from __future__ import annotations

import gzip
import hashlib
import http.client
import json
import re
import sqlite3
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qsl, urlsplit

from pmtiles import tile as archive

from geodata.errors import BasemapError

FINEST_ZOOM = 22
MOST_BYTES = 2_000_000
"""A longer answer is no tile [bytes]."""
KEY_VARIABLE, KEY_FILE_VARIABLE = "PINGAN_BASEMAP_KEY", "PINGAN_BASEMAP_KEY_FILE"
_SHIFTED = (
    *("amap.com", "autonavi.com", "qq.com", "gtimg.com", "google.cn"),
    *("baidu.com", "bdimg.com", "bdstatic.com"),
)
"""Services whose tiles are drawn in GCJ-02 or BD-09."""
_KEYS = frozenset({"tk", "key", "ak", "sk", "token", "apikey", "api_key", "access_token", "appkey", "signature"})
_WMTS = {"{TileMatrix}": "{z}", "{TileRow}": "{y}", "{TileCol}": "{x}"}
_RANGE = re.compile(r"\{([0-9a-z])-([0-9a-z])\}")
_DEGREES = re.compile(r"c|.*(4326|4490|crs84).*", re.IGNORECASE)


@dataclass(frozen=True)
class Basemap:
    """What ``city.toml`` says of the map below the places; without a source there is none."""

    source: str = ""
    """Address with ``{z}``, ``{x}``, ``{y}``, or a file; its key stands as ``{key}``."""
    attribution: str = ""
    least_zoom: int = 0
    most_zoom: int = 18

    @property
    def is_service(self) -> bool:
        """Say whether tiles are asked of another machine."""
        return is_address(self.source)

    @property
    def fingerprint(self) -> str:
        """Return a text that changes with the basemap."""
        said = "\n".join([self.source, str(self.least_zoom), str(self.most_zoom)])
        return hashlib.sha256(said.encode()).hexdigest()[:10]


NO_BASEMAP = Basemap()


class Tile(NamedTuple):
    """One picture."""

    body: bytes
    mimetype: str


class TileSource(Protocol):
    """Where tiles come from."""

    def tile(self, z: int, x: int, y: int) -> Tile | None:
        """Return a tile, None where there is none.

        Raises
        ------
        BasemapError
            If the source cannot be read, or does not answer with a picture.
        """


# --- which basemap ---


def is_address(source: str) -> bool:
    """Say whether a source is an address, not a file."""
    return "://" in source


def basemap_of(source: str, folder: Path, attribution: str = "", zooms: tuple[int, int] | None = None) -> Basemap:
    """Check a source and describe it.

    Parameters
    ----------
    source
        An address with ``{z}``, ``{x}`` and ``{y}``, or a file (.mbtiles, .pmtiles).
    folder
        The city folder: a file in it is named from there.
    attribution
        Whose map it is; "" takes what the file says.
    zooms
        Least and greatest zoom that there are tiles of; None = as the file says, or 0 to 18.

    Raises
    ------
    BasemapError
        If it cannot serve as basemap here.
    """
    if is_address(source):
        checked_pattern(source)
        least, most = zooms or (0, 18)
        whose = "天地图" if _is_host(source, "tianditu.gov.cn") else ""
        return _checked(Basemap(source, attribution or whose, least, most))
    path = Path(source).resolve()
    opened = open_file(path)
    inside = path.is_relative_to(folder.resolve())
    named = path.relative_to(folder.resolve()) if inside else path
    least, most = zooms or opened.zooms
    return _checked(Basemap(named.as_posix(), attribution or opened.attribution, least, most))


def _checked(basemap: Basemap) -> Basemap:
    if not 0 <= basemap.least_zoom <= basemap.most_zoom <= FINEST_ZOOM:
        raise BasemapError(
            f"底图的缩放级别须在 0 至 {FINEST_ZOOM} 之间，且由小到大。",
            f"the zooms of a basemap lie between 0 and {FINEST_ZOOM}, the lesser one first.",
        )
    return basemap


def checked_basemap(raw: Mapping[str, Any], where: str) -> Basemap:
    """Turn the table ``[basemap]`` of a ``city.toml`` into a basemap; the file itself is not opened.

    Raises
    ------
    BasemapError
        If a key is unknown, a value is of the wrong kind, or the address cannot serve.
    """
    defaults = vars(Basemap())
    for key, value in raw.items():
        if key not in defaults or type(value) is not type(defaults[key]):
            raise BasemapError(
                f"{where} 中 [basemap] 的 {key} 未知或类型不符。",
                f"{where}: {key} of [basemap] is unknown or of the wrong kind.",
            )
    basemap = _checked(Basemap(**raw))
    if basemap.is_service:
        checked_pattern(basemap.source)
    return basemap


def open_basemap(basemap: Basemap, folder: Path, key: str) -> TileSource:
    """Open a basemap's source.

    Parameters
    ----------
    basemap
        One with a source.
    folder
        The city folder.
    key
        What takes the place of ``{key}``.

    Raises
    ------
    BasemapError
        If the file cannot be read, or a key is needed and there is none.
    """
    return Service(basemap.source, key) if basemap.is_service else open_file(folder / basemap.source)


def kind_of(body: bytes) -> str | None:
    """Return the media type of a picture by its first bytes, None if it is none that browsers draw."""
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if body.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return "image/webp" if body[:4] == b"RIFF" and body[8:12] == b"WEBP" else None


# --- services ---


def checked_pattern(pattern: str) -> str:
    """Return the address of a tile service with our names for its parts.

    Raises
    ------
    BasemapError
        If it is no such address, holds a secret, or its tiles do not lie where our places do.
    """
    ours = pattern
    for theirs, name in _WMTS.items():
        ours = ours.replace(theirs, name)
    address = urlsplit(_RANGE.sub("0", ours))
    if address.scheme not in ("http", "https") or not address.hostname or not ours.isascii() or " " in ours:
        raise BasemapError(
            "底图地址须以 http:// 或 https:// 开头，且不含空格和中文。",
            "the address of a basemap begins with http:// or https:// and is plain ASCII without spaces.",
        )
    names = set(re.findall(r"\{[^}]*\}", _RANGE.sub("", ours)))
    if unknown := sorted(names - {"{z}", "{x}", "{y}", "{-y}", "{s}", "{key}"}):
        raise BasemapError(
            f"底图地址中的 {unknown[0]} 无法识别，可用 {{z}} {{x}} {{y}} {{-y}} {{s}} {{0-7}} {{key}}。",
            f"{unknown[0]} in the address is not known: there are {{z}} {{x}} {{y}} {{-y}} {{s}} {{0-7}} {{key}}.",
        )
    if not {"{z}", "{x}"} <= names or len(names & {"{y}", "{-y}"}) != 1:
        raise BasemapError("底图地址须含 {z}、{x} 和 {y}（或 {-y}）。", "the address needs {z}, {x} and {y} (or {-y}).")
    if any(_is_host(ours, host) for host in _SHIFTED):
        raise BasemapError(
            "高德、腾讯、百度等瓦片采用 GCJ-02 或 BD-09 坐标，与本图（CGCS2000）错开数百米，不能用作底图；"
            "请用天地图的 w 矩阵集，或本地瓦片文件。",
            "tiles of Amap, Tencent or Baidu are drawn in GCJ-02 or BD-09 and lie hundreds of metres off this map "
            "(CGCS2000): take Tianditu's matrix set w, or a local file.",
        )
    query = {name.lower(): value for name, value in parse_qsl(address.query, keep_blank_values=True)}
    tianditu_degrees = _is_host(ours, "tianditu.gov.cn") and re.search(r"_c(/|$)", address.path)
    if tianditu_degrees or _DEGREES.fullmatch(query.get("tilematrixset", "")):
        raise BasemapError(
            "这是经纬度瓦片（矩阵集 c），本图用网络墨卡托；请改用矩阵集 w。",
            "these tiles are in degrees (matrix set c) and this map is in web mercator: take matrix set w.",
        )
    if address.username or any(value != "{key}" for name, value in query.items() if name in _KEYS and value):
        raise BasemapError(
            f"底图地址中不要写密钥：请写 {{key}}，密钥放在环境变量 {KEY_VARIABLE}，"
            f"或放在 {KEY_FILE_VARIABLE} 所指的文件中。",
            f"no key in the address, please: write {{key}}, and put the key in {KEY_VARIABLE}, or in the file that "
            f"{KEY_FILE_VARIABLE} names.",
        )
    return ours


def _is_host(address: str, host: str) -> bool:
    name = (urlsplit(_RANGE.sub("0", address)).hostname or "").lower()
    return name == host or name.endswith(f".{host}")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Only the address that the operator gave is asked."""

    def redirect_request(self, *_: Any) -> None:
        """Follow nothing."""


class Service:
    """A tile service on another machine; while it does not answer, it is left alone for a while.

    Parameters
    ----------
    pattern
        Its address.
    key
        What takes the place of ``{key}``; it stands in no message.
    """

    AT_ONCE = 8
    WAIT_S = 2.0
    ANSWER_S = 6.0
    FAILURES = 3
    PAUSE_S = 30.0

    def __init__(self, pattern: str, key: str = "") -> None:
        self._pattern = checked_pattern(pattern)
        self.host = urlsplit(_RANGE.sub("0", self._pattern)).hostname or ""
        if "{key}" in self._pattern and not re.fullmatch(r"[\w.~%-]{1,200}", key, re.ASCII):
            raise BasemapError(
                f"底图需要密钥：请设置环境变量 {KEY_VARIABLE}，或以 {KEY_FILE_VARIABLE} 指明存放密钥的文件。",
                f"the basemap needs a key: set {KEY_VARIABLE}, or name a file that holds it with {KEY_FILE_VARIABLE}.",
            )
        self._key = key
        self._opener = urllib.request.build_opener(_NoRedirect)
        self._slots = threading.BoundedSemaphore(self.AT_ONCE)
        self._failures, self._rests_until = 0, 0.0

    def tile(self, z: int, x: int, y: int) -> Tile | None:
        """Return a tile, None where there is none."""
        if time.monotonic() < self._rests_until:
            raise self._failed("暂停询问", "is left alone for a while")
        if not self._slots.acquire(timeout=self.WAIT_S):
            raise self._failed("请求过多", "has too many questions open")
        try:
            tile = self._ask(z, x, y)
        except BasemapError:
            self._failures += 1
            if self._failures >= self.FAILURES:
                self._failures, self._rests_until = 0, time.monotonic() + self.PAUSE_S
            raise
        finally:
            self._slots.release()
        self._failures = 0
        return tile

    def address(self, z: int, x: int, y: int) -> str:
        """Return where a tile lies; it holds the key."""
        turn = x + y
        parts = {"{z}": z, "{x}": x, "{y}": y, "{-y}": 2**z - 1 - y, "{s}": "abc"[turn % 3], "{key}": self._key}
        address = _RANGE.sub(lambda found: _of_range(found[1], found[2], turn), self._pattern)
        return re.sub(r"\{-?[a-z]+\}", lambda found: str(parts[found[0]]), address)

    def _ask(self, z: int, x: int, y: int) -> Tile | None:
        headers = {"User-Agent": "pingan-atlas", "Accept": "image/*"}
        request = urllib.request.Request(self.address(z, x, y), headers=headers)  # noqa: S310 - http or https, checked
        try:
            with self._opener.open(request, timeout=self.ANSWER_S) as answer:
                body = b"" if answer.status == 204 else _read(answer, self.ANSWER_S)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in (404, 410):
                return None
            raise self._failed(f"返回 {error.code}", f"answers {error.code}") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            late = isinstance(error, TimeoutError) or isinstance(getattr(error, "reason", None), TimeoutError)
            raise self._failed(*(("超时", "takes too long") if late else ("连接不上", "cannot be reached"))) from None
        if not body:
            return None
        kind = kind_of(body)
        if kind is None:
            raise self._failed("返回的不是 PNG、JPEG 或 WebP 图片", "does not answer with a PNG, JPEG or WebP picture")
        return Tile(body, kind)

    def _failed(self, zh: str, en: str) -> BasemapError:
        return BasemapError(f"底图服务 {self.host} {zh}。", f"the tile service {self.host} {en}.")


def _of_range(first: str, last: str, turn: int) -> str:
    span = ord(last) - ord(first) + 1
    return chr(ord(first) + turn % span) if span > 0 else first


def _read(answer: Any, within_s: float) -> bytes:
    """Read an answer that is neither too long nor too slow."""
    end, body = time.monotonic() + within_s, b""
    while part := answer.read1(65536):
        body += part
        if len(body) > MOST_BYTES:
            raise ValueError("too long")
        if time.monotonic() > end:
            raise TimeoutError
    return body


# --- files ---


class TileFile(TileSource, Protocol):
    """A file of tiles, with what it says of itself."""

    zooms: tuple[int, int]
    attribution: str


def open_file(path: Path) -> TileFile:
    """Open a file of tiles.

    Raises
    ------
    BasemapError
        If it is not there, is no such file, or holds no pictures.
    """
    kinds: dict[str, Callable[[Path], TileFile]] = {".mbtiles": MBTiles, ".pmtiles": PMTiles}
    if path.suffix.lower() not in kinds:
        raise BasemapError(
            f"{path.name} 不是 .mbtiles 或 .pmtiles 文件，也不是 http 地址。",
            f"{path.name} is neither a .mbtiles or .pmtiles file nor an http address.",
        )
    if not path.is_file():
        raise BasemapError(f"没有底图文件 {path}。", f"there is no basemap file {path}.")
    return kinds[path.suffix.lower()](path)


class MBTiles:
    """Tiles in SQLite, rows counted from the south (MBTiles 1.3)."""

    def __init__(self, path: Path) -> None:
        self._name = path.name
        self._address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        told = {str(name): str(value) for name, value in self._rows("SELECT name, value FROM metadata")}
        sample = self._rows("SELECT tile_data FROM tiles LIMIT 1")
        _only_pictures(self._name, told.get("format", ""), bytes(sample[0][0]) if sample else b"")
        self.attribution = _plain(told.get("attribution", ""))
        given = [told.get(name, "") for name in ("minzoom", "maxzoom")]
        if not all(re.fullmatch("[0-9]{1,2}", each) for each in given):
            given = list(self._rows("SELECT min(zoom_level), max(zoom_level) FROM tiles")[0])
        self.zooms = int(given[0]), int(given[1])

    def tile(self, z: int, x: int, y: int) -> Tile | None:
        """Return a tile, None where there is none."""
        question = "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?"
        found = self._rows(question, (z, x, 2**z - 1 - y))
        return _tile(self._name, bytes(found[0][0])) if found and found[0][0] else None

    def _rows(self, question: str, values: tuple[int, ...] = ()) -> list[Any]:
        try:
            with closing(sqlite3.connect(self._address, uri=True)) as tiles:
                return tiles.execute(question, values).fetchmany(1000)
        except (sqlite3.Error, ValueError, TypeError) as error:
            raise _broken(self._name) from error


class PMTiles:
    """Tiles in one file with a tree of directories (PMTiles 3)."""

    DEPTH = 4

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._header: Any = archive.deserialize_header(self._bytes(0, 127))
            kind = self._header["tile_type"].name.lower()
            packed = self._header["tile_compression"]
            self._root = self._directory(self._header["root_offset"], self._header["root_length"])
        except BasemapError:
            raise
        except Exception as error:  # whatever the library meets in a broken file
            raise _broken(path.name) from error
        if kind in ("mvt", "mlt") or packed not in (archive.Compression.NONE, archive.Compression.UNKNOWN):
            raise _vector(path.name)
        _only_pictures(path.name, kind)
        self._leaf = lru_cache(maxsize=64)(self._directory)
        self.zooms = int(self._header["min_zoom"]), int(self._header["max_zoom"])
        self.attribution = self._told()

    def tile(self, z: int, x: int, y: int) -> Tile | None:
        """Return a tile, None where there is none."""
        try:
            number, directory = archive.zxy_to_tileid(z, x, y), self._root
            for _ in range(self.DEPTH):
                entry = archive.find_tile(directory, number)
                if entry is None:
                    return None
                if entry.run_length:
                    body = self._bytes(self._header["tile_data_offset"] + entry.offset, entry.length)
                    return _tile(self._path.name, body)
                directory = self._leaf(self._header["leaf_directory_offset"] + entry.offset, entry.length)
        except BasemapError:
            raise
        except Exception as error:  # as above
            raise _broken(self._path.name) from error
        raise _broken(self._path.name)

    def _told(self) -> str:
        try:
            packed = self._bytes(self._header["metadata_offset"], self._header["metadata_length"])
            found = re.search(rb'"attribution"\s*:\s*("(?:[^"\\]|\\.)*")', gzip.decompress(packed))
            return _plain(str(json.loads(found[1]))) if found else ""
        except (BasemapError, OSError, EOFError, ValueError):
            return ""

    def _directory(self, offset: int, length: int) -> list[Any]:
        return list(archive.deserialize_directory(self._bytes(offset, length)))

    def _bytes(self, offset: int, length: int) -> bytes:
        """Read a part of the file; opened each time, so that a file that was replaced or cut harms nobody."""
        if length > MOST_BYTES:
            raise _broken(self._path.name)
        with self._path.open("rb") as stream:
            stream.seek(offset)
            part = stream.read(length)
        if len(part) < length:
            raise _broken(self._path.name)
        return part


def _tile(name: str, body: bytes) -> Tile:
    kind = kind_of(body)
    if kind is None:
        raise _broken(name)
    return Tile(body, kind)


def _only_pictures(name: str, kind: str, sample: bytes | None = None) -> None:
    if kind == "pbf" or (sample or b"").startswith(b"\x1f\x8b"):
        raise _vector(name)
    if kind not in ("png", "jpg", "jpeg", "webp", "") or (sample is not None and kind_of(sample) is None):
        raise BasemapError(
            f"{name} 中没有 PNG、JPEG 或 WebP 图片瓦片。", f"{name} holds no tiles in PNG, JPEG or WebP."
        )


def _vector(name: str) -> BasemapError:
    return BasemapError(
        f"{name} 是矢量瓦片；底图只用图片瓦片（PNG、JPEG、WebP），请先渲染成图片再导入。",
        f"{name} holds vector tiles: a basemap is made of pictures (PNG, JPEG, WebP), so render them first.",
    )


def _broken(name: str) -> BasemapError:
    return BasemapError(
        f"底图文件 {name} 已损坏或不是瓦片文件，请换一份。",
        f"the basemap file {name} is damaged or holds no tiles: take another copy.",
    )


def _plain(words: str) -> str:
    """Return words without markup."""
    return " ".join(re.sub(r"<[^>]*>|&\w+;", " ", words).split())[:200]
