"""Files that never change while the server runs: packed once, under an address that tells their version."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import flask

TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
YEAR_S = 31_536_000


@dataclass(frozen=True)
class File:
    """A file that never changes while the server runs."""

    body: bytes
    packed: bytes
    kind: str
    tag: str

    @classmethod
    def of(cls, body: bytes, kind: str) -> File:
        """Return a file, packed once."""
        return cls(body, gzip.compress(body, 9, mtime=0), kind, hashlib.sha256(body).hexdigest()[:16])


def files_in(folder: Path) -> dict[str, File]:
    """Read the files of a folder, by name."""
    return {
        path.name: File.of(path.read_bytes(), TYPES[path.suffix])
        for path in sorted(folder.iterdir())
        if path.suffix in TYPES
    }


def addresses(prefix: str, files: Mapping[str, File]) -> dict[str, str]:
    """Return where files are, by name; another content has another address."""
    return {name: f"{prefix}{name}?v={file.tag}" for name, file in files.items()}


def sent(file: File, *, lasting: bool = False) -> flask.Response:
    """Return a file, packed where that is understood and pays."""
    packs = "gzip" in flask.request.headers.get("Accept-Encoding", "") and len(file.packed) < len(file.body)
    response = flask.Response(file.packed if packs else file.body, content_type=file.kind)
    if file.kind.startswith("text/"):
        response.headers["Content-Type"] = f"{file.kind}; charset=utf-8"
    if packs:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable" if lasting else "no-cache"
    response.set_etag(file.tag, weak=True)
    response.make_conditional(flask.request)
    return response


def named(files: Mapping[str, File], name: str) -> flask.Response:
    """Return one of some files, for good where the address tells its version; 404 for another name."""
    if name not in files:
        flask.abort(404)
    return sent(files[name], lasting=flask.request.args.get("v") == files[name].tag)
