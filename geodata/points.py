"""Incident points for the map: what lies in a window, bundled where it would overlap; counts are conserved.

However many incidents there are, an answer has at most `MOST_BUNDLES` bundles: where a window holds more squares of the
screen, they are made larger.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geodata.counts import OUTSIDE, CountIndex
from geodata.locate import NOWHERE
from geodata.vocabulary import LEVELS, PlaceLevel

Rows = npt.NDArray[np.intp]
Values = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
CELL_PX = 64
"""Points closer than this on the screen [px] are bundled."""
MOST_BUNDLES = 1600
"""Bundles of one answer, at most."""
_MARGIN = 1e-4
"""Degrees by which a rounded position may lie outside of its place."""
_CHUNK = 1 << 19
_COSTLY = 20
"""Rows that are gone through in the time in which one site is found."""


@dataclass(frozen=True)
class Window:
    """A part of the map: degrees (EPSG:4326) and the zoom of the web map."""

    west: float
    south: float
    east: float
    north: float
    zoom: float


@dataclass(frozen=True)
class Bundles:
    """Bundles of incidents; arrays have one entry a bundle, shape (n,) unless said otherwise."""

    square: Counts
    """Number of the square of the window; it names the bundle as long as window and incidents stay."""
    lat: Values
    """The middle of its incidents [degrees]."""
    lon: Values
    count: Counts
    parts: Counts
    """Incidents by part, shape (n, n_parts); rows add up to `count`."""
    row: Rows
    """Of a bundle of one incident its row in the index, else -1."""

    @property
    def total(self) -> int:
        """Return the incidents in the window."""
        return int(self.count.sum())


@dataclass(frozen=True)
class Bundle:
    """What one bundle holds."""

    bounds: tuple[float, float, float, float]
    """West, south, east, north of its incidents [degrees]."""
    kinds: Counts
    """Incidents by type, shape (n_types,)."""


def rows_near(
    index: CountIndex,
    boxes: Values,
    window: Window,
    start: dt.date,
    end: dt.date,
    *,
    within: tuple[int, PlaceLevel] | None = None,
    types: Rows | None = None,
) -> Rows:
    """Return the rows of a span that may lie in a window, and all that do, in no order.

    Where the window shows a small part of many incidents, only those are gone through whose place meets it.

    Parameters
    ----------
    index
        The city's incidents.
    boxes
        West, south, east, north of each place [degrees], shape (n_places, 4).
    window
        The visible part of the map.
    start, end
        Half-open span of local days.
    within
        Row and level of the place to stay in.
    types
        Positions in the index's types; None = all.
    """
    span = index.rows(start, end)
    near = _meets(index, boxes, window)
    if within is not None:
        near &= index.sites_in(*within)
    sites = np.flatnonzero(near)
    first, last = index.site_start[sites], index.site_start[sites + 1]
    if int((last - first).sum()) + _COSTLY * len(sites) > span.stop - span.start:
        return index.selected(start, end, within=within, types=types)
    parts = [index.by_site[low:high] for low, high in zip(first.tolist(), last.tolist(), strict=True)]
    rows = np.concatenate([index.by_site[:0], *parts])
    keep = (rows >= span.start) & (rows < span.stop)
    if types is not None:
        keep &= np.isin(np.arange(len(index.types)), types)[index.kind[rows]]
    return np.asarray(rows[keep], dtype=np.intp)


def _meets(index: CountIndex, boxes: Values, window: Window) -> npt.NDArray[np.bool_]:
    """Say which sites meet a window: by the box of the finest place of each; what is in no place may be anywhere."""
    finest = np.full(len(index.site_place), NOWHERE, dtype=np.int64)
    for depth in range(len(LEVELS)):
        finest = np.where(index.site_place[:, depth] != NOWHERE, index.site_place[:, depth], finest)
    west, south, east, north = boxes[finest].T if len(boxes) else np.empty((4, len(finest)))
    meets = (west <= window.east + _MARGIN) & (east >= window.west - _MARGIN)
    meets &= (south <= window.north + _MARGIN) & (north >= window.south - _MARGIN)
    meets[finest == NOWHERE] = False
    meets[OUTSIDE] = True
    return np.asarray(meets)


def bundles(index: CountIndex, rows: Rows, window: Window, parts: Sequence[int] | Counts, n_parts: int) -> Bundles:
    """Bundle the incidents of `rows` that lie in a window by squares of the screen.

    Parameters
    ----------
    index
        The city's incidents.
    rows
        Which of them.
    window
        The visible part of the map.
    parts
        Which part of a bundle each type belongs to, shape (n_types,).
    n_parts
        How many parts there are.
    """
    squares, of_type = _Squares.of(window), np.asarray(parts, dtype=np.int64)
    table, row = np.zeros((squares.n, n_parts), dtype=np.int64), np.zeros(squares.n, dtype=np.intp)
    lat, lon = np.zeros(squares.n), np.zeros(squares.n)
    for start in range(0, len(rows), _CHUNK):
        seen = squares.seen(index, rows[start : start + _CHUNK])
        packed = seen.square * n_parts + of_type[index.kind[seen.rows]]
        table += np.bincount(packed, minlength=table.size).reshape(table.shape)
        lat += np.bincount(seen.square, weights=seen.lat, minlength=squares.n)
        lon += np.bincount(seen.square, weights=seen.lon, minlength=squares.n)
        row[seen.square] = seen.rows  # of one incident this is its own
    every = table.sum(axis=1)
    square = np.flatnonzero(every)
    count = every[square]
    return Bundles(
        square=square,
        lat=lat[square] / count,
        lon=lon[square] / count,
        count=count,
        parts=table[square],
        row=np.where(count == 1, row[square], -1),
    )


def bundle(index: CountIndex, rows: Rows, window: Window, square: int) -> Bundle | None:
    """Say what the bundle of one square of a window holds; None if it is empty.

    Parameters
    ----------
    index, rows, window
        As for `bundles`.
    square
        One of ``Bundles.square``.
    """
    squares = _Squares.of(window)
    parts = [squares.seen(index, rows[start : start + _CHUNK]) for start in range(0, len(rows), _CHUNK)]
    mine = np.concatenate([rows[:0], *(part.rows[part.square == square] for part in parts)])
    if len(mine) == 0:
        return None
    lon, lat = index.lon[mine], index.lat[mine]
    bounds = (float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))
    return Bundle(bounds, np.bincount(index.kind[mine], minlength=len(index.types)))


@dataclass(frozen=True)
class _Seen:
    """Incidents in a window, with the square of the screen that each lies in."""

    rows: Rows
    lat: Values
    lon: Values
    square: Counts


@dataclass(frozen=True)
class _Squares:
    """The squares of the screen that a window touches, numbered by rows from the north-west."""

    window: Window
    side: float
    """Length of a side [px]."""
    left: int
    top: int
    across: int
    down: int

    @property
    def n(self) -> int:
        return self.across * self.down

    @classmethod
    def of(cls, window: Window) -> _Squares:
        left, right = _x(np.array([window.west, window.east]), window.zoom)
        top, bottom = _y(np.array([window.north, window.south]), window.zoom)
        side = float(CELL_PX)
        while (squares := cls._from(window, side, left, right, top, bottom)).n > MOST_BUNDLES:
            side *= 2
        return squares

    @classmethod
    def _from(cls, window: Window, side: float, left: float, right: float, top: float, bottom: float) -> _Squares:
        (x, across), (y, down) = _touched(left, right, side), _touched(top, bottom, side)
        return cls(window, side, x, y, across, down)

    def seen(self, index: CountIndex, rows: Rows) -> _Seen:
        """Return those of some rows that lie in the window."""
        w, east, north = self.window, index.lon[rows], index.lat[rows]
        inside = (east >= w.west) & (east <= w.east) & (north >= w.south) & (north <= w.north)
        lon, lat = east[inside].astype(np.float64), north[inside].astype(np.float64)
        column = (_x(lon, w.zoom) // self.side).astype(np.int64) - self.left
        row = (_y(lat, w.zoom) // self.side).astype(np.int64) - self.top
        # the last digit of a position on the window's border may put it into the next square
        square = np.clip(row, 0, self.down - 1) * self.across + np.clip(column, 0, self.across - 1)
        return _Seen(rows[inside], lat, lon, square)


def _touched(low: float, high: float, side: float) -> tuple[int, int]:
    """Return the first square of a grid that a stretch touches, and how many it touches."""
    first = math.floor(low / side)
    return first, math.floor(high / side) - first + 1


def _x(lon: Values, zoom: float) -> Values:
    """Return web-map pixels from the west; only to bundle what would overlap on the screen, never to measure."""
    return np.asarray((lon + 180.0) / 360.0 * 256.0 * 2.0**zoom)


def _y(lat: Values, zoom: float) -> Values:
    """Return web-map pixels from the north."""
    phi = np.radians(np.clip(lat, -85.0, 85.0))
    return np.asarray((1.0 - np.arcsinh(np.tan(phi)) / np.pi) / 2.0 * 256.0 * 2.0**zoom)
