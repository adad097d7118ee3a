"""Tiles for the tests: small files, and a service on this machine."""

from __future__ import annotations

import contextlib
import sqlite3
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pmtiles import writer
from pmtiles.tile import Compression, TileType, zxy_to_tileid

JPEG = b"\xff\xd8\xff\xe0" + bytes(20)
WEBP = b"RIFF\x10\x00\x00\x00WEBPVP8 " + bytes(8)
VECTOR = b"\x1f\x8b\x08\x00" + bytes(12)


def png(red: int = 0, green: int = 0, blue: int = 0) -> bytes:
    """Return a picture of 256 by 256 pixels of one colour."""
    row = b"\x00" + bytes([red, green, blue]) * 256

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", 256, 256, 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(row * 256)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


PNG = png(120, 160, 200)
Tiles = dict[tuple[int, int, int], bytes]
"""By zoom, column, and row from the north."""


def mbtiles(path: Path, tiles: Tiles, **metadata: str) -> Path:
    """Write tiles as MBTiles."""
    with contextlib.closing(sqlite3.connect(path)) as file:
        file.execute("CREATE TABLE metadata (name text, value text)")
        file.execute("CREATE TABLE tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob)")
        file.executemany("INSERT INTO metadata VALUES (?, ?)", metadata.items())
        file.executemany(
            "INSERT INTO tiles VALUES (?, ?, ?, ?)", [(z, x, 2**z - 1 - y, body) for (z, x, y), body in tiles.items()]
        )
        file.commit()
    return path


def pmtiles(path: Path, tiles: Tiles, kind: TileType = TileType.PNG, **metadata: str) -> Path:
    """Write tiles as PMTiles."""
    with writer.write(str(path)) as file:
        for number, body in sorted((zxy_to_tileid(*at), body) for at, body in tiles.items()):
            file.write_tile(number, body)
        file.finalize({"tile_type": kind, "tile_compression": Compression.NONE}, metadata)
    return path


class Service:
    """A tile service that answers as it is told, and remembers what it was asked."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.asked: list[str] = []
        self.answer: Callable[[str], tuple[int, bytes]] = lambda _: (200, PNG)
        self.wait_s = 0.0


@contextlib.contextmanager
def service() -> Iterator[Service]:
    """Run a tile service on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            ours.asked.append(self.path)
            time.sleep(ours.wait_s)
            status, body = ours.answer(self.path)
            with contextlib.suppress(OSError):  # who waited too long is gone
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", body.decode())
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body if status != 204 else b"")

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    ours = Service(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield ours
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
