"""Outlines as the browser gets them, laid on the sheet: decoded, projected, written as paths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from layers.features import NEXT, raised

Values = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
EARTH_M = 40_075_016.686
"""Length of the equator [m]."""
LEAST_STEP = 0.12
"""Corners nearer to the one before are left out [pt]: half a dot of a print."""
HUNDREDTHS = 100
"""Paths are written in these parts of a point."""
_ROW = 1 << 32
"""Makes one number of a corner's two."""


@dataclass(frozen=True)
class Outlines:
    """Rings of many shapes, flat; what `layers.features` encodes."""

    at: Values
    """Longitude and latitude of all corners, shape (n, 2)."""
    ring: npt.NDArray[np.int64]
    """First corner of each ring, and the end, shape (n_rings + 1,)."""
    shape: npt.NDArray[np.int64]
    """First ring of each shape, and the end, shape (n_shapes + 1,)."""
    names: list[str]
    names_en: list[str]
    labels: Values | None
    """Where a label stands, shape (n_shapes, 2); None = in the middle."""

    @cached_property
    def boxes(self) -> Values:
        """Return west, south, east, north of each shape, shape (n_shapes, 4); NaN of an empty one."""
        corners = self.ring[self.shape]
        boxes = np.full((len(corners) - 1, 4), np.nan)
        known = corners[1:] > corners[:-1]
        first = corners[:-1][known]
        if len(first):
            boxes[known, :2] = np.minimum.reduceat(self.at, first)
            boxes[known, 2:] = np.maximum.reduceat(self.at, first)
        return boxes

    def label(self, k: int) -> tuple[float, float]:
        """Return longitude and latitude at which a shape's label stands."""
        if self.labels is not None:
            lon, lat = self.labels[k]
        else:
            west, south, east, north = self.boxes[k]
            lon, lat = (west + east) / 2, (south + north) / 2
        return float(lon), float(lat)


def decoded(encoded: bytes | dict[str, Any]) -> Outlines:
    """Read outlines, the steps between corners made positions again.

    Parameters
    ----------
    encoded
        What `geometry_json` or `coded_outlines` returned.
    """
    return _of_file(encoded) if isinstance(encoded, bytes) else _of_shapes(encoded)


@lru_cache(maxsize=4)
def _of_file(encoded: bytes) -> Outlines:
    """Read a file once: pictures of one city are asked for one after the other."""
    return _of_shapes(orjson.loads(encoded))


def _of_shapes(file: dict[str, Any]) -> Outlines:
    rings = [ring for shape in file["shapes"] for part in shape for ring in part]
    shape = np.cumsum([0, *(sum(map(len, parts)) for parts in file["shapes"])])
    ring = np.cumsum([0, *(len(each) // 2 for each in rings)])
    steps = np.fromiter(chain.from_iterable(rings), dtype=np.int64).reshape(-1, 2)
    origin, scale = np.asarray(file["origin"]), file["scale"]
    labels = file.get("labels")
    return Outlines(
        at=origin + _summed(steps, ring) * scale,
        ring=ring,
        shape=shape,
        names=counted_down(file.get("names", [])),
        names_en=counted_down(file.get("names_en", [])),
        labels=None if labels is None else origin + np.asarray(labels, dtype=np.float64).reshape(-1, 2) * scale,
    )


def _summed(steps: npt.NDArray[np.int64], ring: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Add the steps up: within a ring from corner to corner, between rings from first corner to first corner."""
    if len(steps) == 0:
        return steps
    firsts = ring[:-1]
    inside = np.cumsum(steps, axis=0)
    at_first = np.repeat(inside[firsts], np.diff(ring), axis=0)
    begun = np.repeat(np.cumsum(steps[firsts], axis=0), np.diff(ring), axis=0)
    return np.asarray(inside - at_first + begun)


def counted_down(words: Iterable[str | int]) -> list[str]:
    """Return the words that `layers.features.counted_up` shortened.

    >>> counted_down(["A01", 0, 0, "B03"])
    ['A01', 'A02', 'A03', 'B03']
    """
    found: list[str] = []
    for word in words:
        found.append(str(raised(found[-1])) if word == NEXT else str(word))
    return found


@dataclass(frozen=True)
class Frame:
    """A rectangle of the sheet on which a part of the earth is shown as web maps show it."""

    x: float
    y: float
    width: float
    height: float
    west: float
    """Longitude of the left edge."""
    top: float
    """The same of the upper edge on the scale of the projection."""
    scale: float
    """Points a degree of longitude."""

    @classmethod
    def fitted(cls, box: tuple[float, float, float, float], bounds: Sequence[Sequence[float]], margin: float) -> Frame:
        """Show bounds, ((south, west), (north, east)), as large as a box (x, y, width, height) less a margin allows."""
        _, _, width, height = box
        (south, west), (north, east) = bounds
        low, high = _mercator(np.array([south, north]))
        wide, tall = max(east - west, 1e-6), max(high - low, 1e-6)
        scale = min((width - 2 * margin) / wide, (height - 2 * margin) / tall)
        return cls(
            *box, (west + east) / 2 - width / 2 / scale, float((low + high) / 2 + height / 2 / scale), float(scale)
        )

    def place(self, at: Values) -> Values:
        """Return where longitudes and latitudes lie on the sheet, shape (n, 2)."""
        x = self.x + (at[:, 0] - self.west) * self.scale
        y = self.y + (self.top - _mercator(at[:, 1])) * self.scale
        return np.column_stack([x, y])

    def point(self, lon: float, lat: float) -> tuple[float, float]:
        """Return where one position lies on the sheet."""
        x, y = self.place(np.array([[lon, lat]]))[0]
        return float(x), float(y)

    def metres(self, lat: float | None = None) -> float:
        """Return how many metres a point of the sheet is, in the middle of the map or at a latitude."""
        if lat is None:
            lat = float(_latitude(self.top - self.height / 2 / self.scale))
        return float(EARTH_M / 360 / self.scale * np.cos(np.radians(lat)))

    def corners(self, boxes: Values) -> Values:
        """Return left, top, right, bottom on the sheet of boxes of west, south, east, north, shape (n, 4)."""
        return np.hstack([self.place(boxes[:, [0, 3]]), self.place(boxes[:, [2, 1]])])

    def shows(self, boxes: Values) -> npt.NDArray[np.bool_]:
        """Say which boxes of west, south, east, north meet the rectangle."""
        left, top, right, bottom = self.corners(boxes).T
        within_x = (right > self.x) & (left < self.x + self.width)
        return np.asarray(within_x & (bottom > self.y) & (top < self.y + self.height))


def _mercator(lat: Values) -> Values:
    """Return latitudes on the scale of web maps [degrees]."""
    return np.asarray(np.degrees(np.arcsinh(np.tan(np.radians(lat)))))


def _latitude(height: float) -> float:
    return float(np.degrees(np.arctan(np.sinh(np.radians(height)))))


class Drawn:
    """Outlines on a sheet: paths of shapes."""

    def __init__(self, outlines: Outlines, frame: Frame) -> None:
        self.outlines, self.frame = outlines, frame
        self._at = np.round(frame.place(outlines.at), 2)
        self.shown = frame.shows(outlines.boxes)

    def paths(self, shapes: Iterable[int]) -> list[str]:
        """Return the path of each of some shapes, "" of one that lies outside of the frame."""
        return [self._path(int(k)) if self.shown[k] else "" for k in shapes]

    def joined(self, shapes: Iterable[int]) -> str:
        """Return one path of many shapes."""
        return "".join(self.paths(shapes))

    def merged(self, shapes: Iterable[int]) -> str:
        """Return one path around many shapes, without the lines between them: drawn in a fraction of the time."""
        wanted = np.zeros(len(self.shown), dtype=np.bool_)
        wanted[list(shapes)] = True
        ring, fine = self.outlines.ring, np.round(self._at * HUNDREDTHS).astype(np.int64)
        corner = np.repeat(np.repeat(wanted & self.shown, np.diff(self.outlines.shape)), np.diff(ring))
        following = np.arange(1, len(fine) + 1)
        following[ring[1:] - 1] = ring[:-1]
        return "".join(map(_steps_path, *bordering(fine[corner], fine[following[corner]])))

    def _path(self, k: int) -> str:
        first, end = self.outlines.shape[k], self.outlines.shape[k + 1]
        return "".join(self._ring(self.outlines.ring[r], self.outlines.ring[r + 1]) for r in range(first, end))

    def _ring(self, first: int, end: int) -> str:
        corners = self._at[first:end]
        kept = corners if len(corners) <= 8 else corners[apart(corners)]
        return ring_path(kept) if len(kept) >= 3 else ring_path(corners)


def ring_path(corners: Values) -> str:
    """Write a ring as a closed path: its first corner, and the steps to the others."""
    return _steps_path(*np.round(corners.T * HUNDREDTHS).astype(np.int64).tolist())


def _steps_path(xs: list[int], ys: list[int]) -> str:
    steps = zip(xs, xs[1:], ys, ys[1:], strict=False)
    told = " ".join(f"{(c - a) / HUNDREDTHS:g},{(d - b) / HUNDREDTHS:g}" for a, c, b, d in steps)
    return f"M{xs[0] / HUNDREDTHS:g},{ys[0] / HUNDREDTHS:g}l{told}z"


def bordering(begin: Numbers, end: Numbers) -> tuple[list[list[int]], list[list[int]]]:
    """Return the rings that are left of the edges of many rings where those that run both ways are taken away.

    What the rings enclose, each point as many times as before, does not change.

    Parameters
    ----------
    begin, end
        First and last corner of each edge, shape (n_edges, 2).

    Returns
    -------
    tuple of lists
        The x, and the y, of the corners of each ring.
    """
    rings = list(_rings(*_one_way(*(each[:, 0] * _ROW + each[:, 1] for each in (begin, end)))))
    corners = np.fromiter(chain.from_iterable(rings), dtype=np.int64)
    x = (corners + _ROW // 2) // _ROW
    ends = np.cumsum([0, *map(len, rings)]).tolist()
    flat = x.tolist(), (corners - x * _ROW).tolist()
    xs, ys = ([each[first:end] for first, end in pairwise(ends)] for each in flat)
    return xs, ys


def _one_way(a: Numbers, b: Numbers) -> tuple[list[int], list[int]]:
    """Return begin and end of the edges between numbered corners that no other edge runs back."""
    low, high, forth = np.minimum(a, b), np.maximum(a, b), np.sign(b - a)
    order = np.lexsort((high, low))
    low, high, forth = low[order], high[order], forth[order]
    new = np.ones(len(low), dtype=np.bool_)
    new[1:] = (np.diff(low) != 0) | (np.diff(high) != 0)
    first = np.flatnonzero(new)
    more = np.add.reduceat(forth, first) if len(first) else forth
    ends = np.where(more > 0, (low[first], high[first]), (high[first], low[first]))
    begun, ended = np.repeat(ends, np.abs(more), axis=1).tolist()
    return begun, ended


def _rings(begin: list[int], end: list[int]) -> Iterator[list[int]]:
    """Walk every edge once, from corner to corner, each walk until it is where it began."""
    ways: dict[int, list[int]] = {}
    for start, stop in zip(begin, end, strict=True):
        ways.setdefault(start, []).append(stop)
    while ways:
        ring = [next(iter(ways))]
        while len(ring) == 1 or ring[-1] != ring[0]:
            stops = ways[ring[-1]]
            if len(stops) == 1:
                del ways[ring[-1]]
            ring.append(stops.pop())
        yield ring[:-1]


def apart(corners: Values) -> npt.NDArray[np.bool_]:
    """Say which corners of a ring are no nearer than a step to the last one kept."""
    keep = np.zeros(len(corners), dtype=np.bool_)
    x, y = np.inf, np.inf
    for k, (u, v) in enumerate(corners.tolist()):
        if abs(u - x) >= LEAST_STEP or abs(v - y) >= LEAST_STEP:
            keep[k] = True
            x, y = u, v
    return keep
