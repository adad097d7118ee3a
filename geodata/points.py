"""Incident points for the map: what lies in a window, bundled where it would overlap; counts are conserved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geodata.counts import CountIndex

CELL_PX = 48
"""Points closer than this on the screen [px] are bundled."""


@dataclass(frozen=True)
class Window:
    """A part of the map: degrees (EPSG:4326) and the zoom of the web map."""

    west: float
    south: float
    east: float
    north: float
    zoom: float


@dataclass(frozen=True)
class Clusters:
    """Bundles of incidents; arrays have one entry a bundle."""

    lat: npt.NDArray[np.float64]
    lon: npt.NDArray[np.float64]
    count: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int64]
    """The most frequent type in the bundle, as a position in the index's types."""

    @property
    def total(self) -> int:
        """Return the incidents in the window."""
        return int(self.count.sum())


def clusters(index: CountIndex, rows: npt.NDArray[np.intp], window: Window) -> Clusters:
    """Bundle the incidents of `rows` that lie in a window by squares of the screen.

    Parameters
    ----------
    index
        The city's incidents.
    rows
        Which of them, as `CountIndex.selected` returns them.
    window
        The visible part of the map.
    """
    lon, lat = index.lon[rows].astype(np.float64), index.lat[rows].astype(np.float64)
    seen = (lon >= window.west) & (lon <= window.east) & (lat >= window.south) & (lat <= window.north)
    lon, lat, kind = lon[seen], lat[seen], index.kind[rows][seen].astype(np.int64)
    if len(lon) == 0:
        empty = np.empty(0)
        return Clusters(empty, empty, empty.astype(np.int64), empty.astype(np.int64))
    x, y = _pixels(lon, lat, window.zoom)
    column, row = (x // CELL_PX).astype(np.int64), (y // CELL_PX).astype(np.int64)
    _, cell = np.unique(column * (1 << 32) + row, return_inverse=True)
    count = np.bincount(cell)
    return Clusters(
        lat=np.bincount(cell, weights=lat) / count,
        lon=np.bincount(cell, weights=lon) / count,
        count=count,
        kind=_most_frequent(cell, kind, len(count)),
    )


def _pixels(
    lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64], zoom: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return web-map pixels; only to bundle what would overlap on the screen, never to measure."""
    world = 256.0 * 2.0**zoom
    phi = np.radians(np.clip(lat, -85.0, 85.0))
    return (lon + 180.0) / 360.0 * world, (1.0 - np.arcsinh(np.tan(phi)) / np.pi) / 2.0 * world


def _most_frequent(cell: npt.NDArray[np.intp], kind: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.int64]:
    n_kinds = int(kind.max()) + 1
    pairs, counts = np.unique(cell * n_kinds + kind, return_counts=True)
    order = np.lexsort((pairs % n_kinds, -counts, pairs // n_kinds))
    first = np.searchsorted(pairs[order] // n_kinds, np.arange(n))
    return np.asarray((pairs[order] % n_kinds)[first])
