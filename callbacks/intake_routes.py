"""Addresses of the data page beside its callbacks: upload, progress of a job, rows set aside as a file, boundary check.

A file comes as the plain body of a request, whole or in pieces; nothing of it is kept in memory.
"""

from __future__ import annotations

from pathlib import Path

import flask
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.wrappers import Response

from callbacks.boundary_check import BoundaryCheck
from callbacks.guard import only_from_here
from callbacks.imports import Imports, NoRoomError, TooLongError
from callbacks.jobs import Jobs
from geodata.errors import InputFileError, SelectionError
from geodata.pipeline import set_aside_csv
from geodata.settings import Settings
from geodata.store import Store
from layers.data.view import PATH
from layers.data.wizard import progress

BLOCK = 1 << 20
"""What is read of a file at a time [bytes]."""


class CutOffError(InputFileError):
    """A body ended before its end; what came of it is forgotten, and the rest is still there."""

    status = 409


def register(
    server: flask.Flask, settings: Settings, store: Store, imports: Imports, jobs: Jobs, check: BoundaryCheck
) -> None:
    """Add the routes to the server."""

    @server.get("/data")
    def without_slash() -> Response:
        return flask.redirect(PATH, 308)

    @server.post("/data/upload")
    def upload() -> flask.Response:
        only_from_here(settings)
        token = imports.begin(flask.request.args.get("name", ""), _number("size") or flask.request.content_length)
        return _received(imports, token, 0, settings.most_upload)

    @server.post("/data/upload/<token>")
    def upload_more(token: str) -> flask.Response:
        only_from_here(settings)
        return _received(imports, token, _number("at"), settings.most_upload)

    @server.delete("/data/upload/<token>")
    def stop_upload(token: str) -> flask.Response:
        only_from_here(settings)
        imports.discard(token)
        return flask.jsonify(token="", received=0)

    @server.get("/data/jobs/<number>")
    def job(number: str) -> flask.Response:
        found = jobs.find(number)
        lang = "en" if flask.request.args.get("lang") == "en" else "zh"
        said = progress(found.what, found.share, lang)
        return flask.jsonify(state=found.state.value, share=found.share, said=said)

    @server.get("/data/boundaries")
    def boundaries() -> flask.Response:
        return flask.jsonify(ready=check.ready)

    @server.get("/data/batches/<int:number>/set_aside.csv")
    def set_aside(number: int) -> flask.Response:
        content, _ = set_aside_csv(store, number)
        response = flask.Response(content, mimetype="text/csv")
        response.headers["Content-Disposition"] = f'attachment; filename="set_aside_{number}.csv"'
        return response


def _number(name: str) -> int:
    given = flask.request.args.get(name, "0")
    if not (given.isascii() and given.isdecimal() and len(given) < 16):
        raise SelectionError(f"{name} 应为整数。", f"`{name}` must be a whole number.")
    return int(given)


def _received(imports: Imports, token: str, at: int, most: int) -> flask.Response:
    """Put the body of the request behind what came before; say how much there is now.

    A file that turns out too long is forgotten; of a body that breaks off, the file is as it was before.
    """
    path = imports.path(token)
    if path.stat().st_size != at:
        raise CutOffError("上传顺序有误，请重新上传。", "The pieces came in disorder: upload the file again.")
    flask.request.max_content_length = most  # the limit of this address alone; all others take short bodies
    try:
        _append(imports, path, at, imports.expected(token))
    except (TooLongError, NoRoomError):
        imports.discard(token)
        raise
    except RequestEntityTooLarge:
        imports.discard(token)
        imports.make_room(0, most + 1)
    except (OSError, ClientDisconnected) as error:
        if path.exists():
            with path.open("rb+") as stream:
                stream.truncate(at)
        raise CutOffError("上传中断，请重试。", "The upload broke off: try again.") from error
    return flask.jsonify(token=token, received=path.stat().st_size)


def _append(imports: Imports, path: Path, at: int, expected: int) -> None:
    request, received = flask.request, at
    with path.open("ab") as out:
        while block := request.stream.read(BLOCK):
            imports.make_room(received, len(block))
            out.write(block)
            received += len(block)
    declared = request.content_length
    if declared is not None and received - at != declared:
        raise ClientDisconnected
    if expected and received > expected:
        raise TooLongError("文件比声明的长，没有收下。", "The file is longer than declared; it was not taken.")
