"""Outlines as the browser gets them, laid on the sheet: decoded, projected, written as paths."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from layers.features import NEXT, raised

Values = npt.NDArray[np.float64]
EARTH_M = 40_075_016.686
"""Length of the equator [m]."""
LEAST_STEP = 0.12
"""Corners nearer to the one before are left out [pt]: half a dot of a print."""


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
    file = orjson.loads(encoded) if isinstance(encoded, bytes) else encoded
    rings = [ring for shape in file["shapes"] for part in shape for ring in part]
    shape = np.cumsum([0, *(sum(map(len, parts)) for parts in file["shapes"])])
    ring = np.cumsum([0, *(len(each) // 2 for each in rings)])
    steps = np.array([step for each in rings for step in each], dtype=np.int64).reshape(-1, 2)
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

    def _path(self, k: int) -> str:
        first, end = self.outlines.shape[k], self.outlines.shape[k + 1]
        return "".join(self._ring(self.outlines.ring[r], self.outlines.ring[r + 1]) for r in range(first, end))

    def _ring(self, first: int, end: int) -> str:
        corners = self._at[first:end]
        kept = corners if len(corners) <= 8 else corners[apart(corners)]
        return ring_path(kept) if len(kept) >= 3 else ring_path(corners)


def ring_path(corners: Values) -> str:
    """Write a ring as a closed path: its first corner, and the steps to the others."""
    fine = np.round(corners * 100).astype(np.int64)
    steps = np.diff(fine, axis=0).tolist()
    x, y = fine[0].tolist()
    return f"M{x / 100:g},{y / 100:g}l" + " ".join(f"{dx / 100:g},{dy / 100:g}" for dx, dy in steps) + "z"


def apart(corners: Values) -> npt.NDArray[np.bool_]:
    """Say which corners of a ring are no nearer than a step to the last one kept."""
    keep = np.zeros(len(corners), dtype=np.bool_)
    x, y = np.inf, np.inf
    for k, (u, v) in enumerate(corners.tolist()):
        if abs(u - x) >= LEAST_STEP or abs(v - y) >= LEAST_STEP:
            keep[k] = True
            x, y = u, v
    return keep
