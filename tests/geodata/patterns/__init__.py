"""Tests of the patterns; maps and neighbours that several of them need are made here."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import libpysal
import numpy as np
import shapely

from geodata.patterns.neighbours import Neighbours, contiguity, from_pairs

EXAMPLES = Path(libpysal.__file__).parent / "examples"
TOY = np.array(
    [[1, 2, 1, 0, 1], [2, 6, 7, 1, 0], [1, 8, 9, 2, 1], [0, 1, 2, 1, 0], [1, 0, 1, 0, 2]], dtype=np.float64
).ravel()
"""Counts of 5 x 5 cells with a cluster of four."""


def cells(rows: int, columns: int, side: float = 250.0) -> gpd.GeoDataFrame:
    """Return square cells, row by row."""
    y, x = (each.ravel() * side for each in np.mgrid[:rows, :columns])
    return gpd.GeoDataFrame(geometry=shapely.box(x, y, x + side, y + side), crs="EPSG:4547")


def lattice(rows: int, columns: int) -> Neighbours:
    """Return which of them touch."""
    return contiguity(cells(rows, columns))


def weights(neighbours: Neighbours) -> libpysal.weights.W:
    """Return the same relation for libpysal and esda."""
    related = {place: neighbours.of(place).tolist() for place in range(neighbours.n)}
    return libpysal.weights.W(related, id_order=list(related), silence_warnings=True)


def read_gal(path: Path) -> Neighbours:
    """Read a relation: a line of the place and its number of neighbours, a line of these."""
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    names = [line.split()[0] for line in lines[::2]]
    position = {name: number for number, name in enumerate(names)}
    two = [[position[name] for name in line.split()] for line in lines[1::2]]
    one = np.repeat(np.arange(len(names)), [len(each) for each in two])
    return from_pairs(one, np.concatenate(two).astype(np.intp), len(names))
