"""Pictures made of few colours, as browsers read them: indexed PNG."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import numpy.typing as npt

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_INDEXED = 3
"""PNG's colour type of pictures that name a colour of a palette for each point."""


def indexed_png(classes: npt.NDArray[np.uint8], colours: tuple[str, ...], alpha: int) -> bytes:
    """Encode a picture; class 0 is transparent, class k has the k-th colour.

    Parameters
    ----------
    classes
        0 … len(colours), shape (rows, columns), the first row on top.
    colours
        ``#rrggbb`` of the classes from 1 on.
    alpha
        0 … 255, how much they cover.
    """
    rows, columns = classes.shape
    palette = b"\0\0\0" + b"".join(bytes.fromhex(colour.removeprefix("#")) for colour in colours)
    lines = np.hstack([np.zeros((rows, 1), np.uint8), classes])  # each line begins with its filter: none
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", columns, rows, 8, _INDEXED, 0, 0, 0)),
        (b"PLTE", palette),
        (b"tRNS", bytes([0, *[alpha] * len(colours)])),
        (b"IDAT", zlib.compress(lines.tobytes(), 6)),
        (b"IEND", b""),
    ]
    return _SIGNATURE + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
