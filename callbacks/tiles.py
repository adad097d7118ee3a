"""The address of the basemap's tiles: the browser asks this server alone, and never learns the key."""

from __future__ import annotations

import base64
import logging
import re
import threading
from pathlib import Path

import flask

from callbacks.live import LiveCity
from geodata.errors import BasemapError
from geodata.memory import Memory
from geodata.settings import Settings
from geodata.tiles import Basemap, Tile, TileSource, open_basemap
from layers.text import text

MOST_BYTES = 64_000_000
"""What kept tiles may hold in memory."""
DAY_S, HOUR_S = 86_400, 3_600
NOTHING = Tile(
    base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="),
    "image/png",
)
"""One transparent pixel, where there is no tile: that is no fault."""
_LOG = logging.getLogger(__name__)


class Tiles:
    """The tiles of one basemap after the other, the last ones kept.

    Parameters
    ----------
    folder
        The city folder.
    key
        The key of the service.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self._folder, self._key = folder, key
        self._kept = Memory(MOST_BYTES, most=20_000)
        self._lock = threading.Lock()
        self._opened: tuple[tuple[Basemap, int], TileSource] | None = None
        self._failing = False

    def tile(self, basemap: Basemap, z: int, x: int, y: int) -> Tile | None:
        """Return a tile, None where there is none.

        Raises
        ------
        BasemapError
            If its source fails.
        """
        try:
            stamp = self._stamp(basemap)
            tile: Tile = self._kept.kept((basemap, stamp, z, x, y), lambda: self._asked(basemap, stamp, z, x, y))
        except OSError as error:
            raise BasemapError("底图文件无法读取。", "the basemap file cannot be read.") from error
        return None if tile is NOTHING else tile

    def _asked(self, basemap: Basemap, stamp: int, z: int, x: int, y: int) -> Tile:
        found = self._source(basemap, stamp).tile(z, x, y) or NOTHING
        self._failing = False
        return found

    def _stamp(self, basemap: Basemap) -> int:
        """Return what changes when the basemap's file does."""
        return 0 if basemap.is_service else (self._folder / basemap.source).stat().st_mtime_ns

    def _source(self, basemap: Basemap, stamp: int) -> TileSource:
        with self._lock:
            if self._opened is None or self._opened[0] != (basemap, stamp):
                self._opened = (basemap, stamp), open_basemap(basemap, self._folder, self._key)
            return self._opened[1]

    def tell(self, error: BasemapError) -> None:
        """Write to the log that tiles fail, once until there are some again."""
        if not self._failing:
            _LOG.warning("%s", error.en)
        self._failing = True


def register(server: flask.Flask, live: LiveCity, settings: Settings) -> None:
    """Add the route to the server."""
    tiles = Tiles(live.folder, settings.basemap_key)

    @server.get("/tiles/<z>/<x>/<y>")
    def tile(z: str, x: str, y: str) -> flask.Response:
        basemap = live.current().settings.basemap
        at = _position(z, x, y, basemap)
        if at is None:
            flask.abort(404)
        try:
            found = tiles.tile(basemap, *at)
        except BasemapError as error:
            tiles.tell(error)
            sentence = text(flask.request.args.get("lang", "zh"), "basemap_failed")
            return flask.Response(flask.json.dumps({"error": sentence}), status=503, mimetype="application/json")
        return _answer(found or NOTHING, HOUR_S if found is None else DAY_S)


def _position(z: str, x: str, y: str, basemap: Basemap) -> tuple[int, int, int] | None:
    """Read which tile is asked for; None if the basemap cannot have it."""
    if not basemap.source or not all(re.fullmatch(r"[0-9]{1,8}", part, re.ASCII) for part in (z, x, y)):
        return None
    zoom, column, row = int(z), int(x), int(y)
    inside = basemap.least_zoom <= zoom <= basemap.most_zoom and max(column, row) < 2**zoom
    return (zoom, column, row) if inside else None


def _answer(tile: Tile, keep_s: int) -> flask.Response:
    response = flask.Response(tile.body, mimetype=tile.mimetype)
    response.headers["Cache-Control"] = f"private, max-age={keep_s}"
    response.add_etag()
    response.make_conditional(flask.request)
    return response
