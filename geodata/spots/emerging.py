"""What becomes of hot spots: twelve slices of four weeks, and where the last ones stand out."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from geodata.city import CityData, Place
from geodata.locate import Index
from geodata.patterns.emerging import HOT, Emergence, classify
from geodata.patterns.gi_star import LocalStatistic, gi_star
from geodata.spots.cells import (
    Cells,
    Counts,
    Owner,
    Reason,
    Rows,
    Types,
    Unfit,
    Values,
    bounds_of,
    cell_of,
    cells_of,
    centre_of,
    coded,
    decoded,
    in_slices,
    named,
    owner_level,
    owners,
)
from geodata.spots.hotspots import LEAST_IN_A_SPOT
from geodata.spots.kept import Arrays, stored
from geodata.vocabulary import Period, PlaceLevel

SLICES, SLICE_DAYS = 12, 28
HALF = 0.5
"""Share of a spot's cells that must be hot for the spot to be."""
GROWING = (Emergence.NEW, Emergence.CONSECUTIVE, Emergence.INTENSIFYING)


@dataclass(frozen=True)
class EmergingSpot:
    """Cells that are hot now and touch."""

    kind: Emergence
    """The class of all its cells together (`_together`), as `incidents` and `before` are of them all."""
    cells: tuple[int, ...]
    """Rows of ``CityData.places``."""
    incidents: int
    """In the last slice."""
    before: float
    """A slice, on the mean of those before."""
    z: float
    """Largest Gi* of its cells in the last slice."""
    centre: tuple[float, float]
    """Mean longitude and latitude of its incidents in the last slice."""
    bounds: tuple[float, float, float, float]
    """West, south, east, north of its cells [degrees]."""
    owners: tuple[Owner, ...]
    """Who answers for it now, the largest share first."""


@dataclass(frozen=True, eq=False)
class Emerging:
    """How hot and cold the cells of a place were; the arrays have one row a cell."""

    level: PlaceLevel
    rows: Index
    """Row of each cell in ``CityData.places``."""
    classes: npt.NDArray[np.int8]
    """Values of `Emergence`."""
    hot_slices: Counts
    z: Values
    """Gi* of the last slice, which reaches into the one before; NaN = not judged."""
    slices: tuple[Period, ...]
    """Ascending; the last ends with the day asked for."""
    spots: tuple[EmergingSpot, ...]
    """Those of `GROWING` first, most additional incidents first; then the others, most incidents first."""
    guard: Reason | None
    incidents: int
    """In all slices, city-wide."""

    def count(self, kind: Emergence) -> int:
        """Return how many cells are of a class."""
        return int((self.classes == kind).sum())


def emerging(
    city: CityData, place: Place, end: dt.date, types: Types | None = None, *, folder: Path | None = None
) -> Emerging:
    """Classify the cells by how Gi* went from slice to slice, and name the spots that are hot now.

    A slice is judged together with the one before, as hot spots of a period are: exact chance, 5 % false discoveries.
    (Where z alone decides, as is usual, two stray incidents make a slice hot: a spot that is new seems to have been
    there now and then, and hundreds of cells get a class by chance.)

    Parameters
    ----------
    city, place
        The whole city is judged, and what lies in `place` is shown.
    end
        The last day of the last slice; a later one than the data have is that of the data.
    types
        Positions in ``city.index.types``; None = all.
    folder
        The city folder, where the answer is kept; None keeps it in memory only.
    """
    last = min(end, city.data_as_of or end)
    slices = tuple(Period.trailing(last - dt.timedelta(days=SLICE_DAYS * back), SLICE_DAYS) for back in range(SLICES))
    slices = slices[::-1]
    cells = cells_of(city, folder)
    inside = cells.position[city.members(cells.level, place)]
    unfit = Unfit.MONTHS_ONLY if city.months_only else None
    if city.index.span is None or slices[0].start < city.index.span[0]:
        unfit = unfit or Unfit.NO_HISTORY

    def judged() -> Arrays:
        counts = in_slices(city, cells, slices[0].start, SLICE_DAYS, SLICES, types)
        return _nothing(len(cells.rows), unfit) if unfit else judge(cells, counts, city.no_data[cells.rows])

    kept = stored(city, folder, "emerging", (last.isoformat(), named(city, types)), judged)
    shown = np.zeros(len(cells.rows), dtype=np.bool_)
    shown[inside] = True
    spots = [spot for spot in cells.joined(kept["named"]) if shown[spot].any()]
    return Emerging(
        level=cells.level,
        rows=cells.rows[inside],
        classes=kept["classes"][inside],
        hot_slices=kept["hot_slices"][inside],
        z=kept["z"][inside],
        slices=slices,
        spots=_spots(city, cells, owner_level(city, place, cells.level), slices[-1], types, kept, spots),
        guard=decoded(kept["guard"]),
        incidents=int(kept["last"].sum() + kept["before"].sum() * (SLICES - 1)),
    )


def judge(cells: Cells, counts: Counts, silent: npt.NDArray[np.bool_]) -> Arrays:
    """Classify counts by slice and cell; a cell that has less than ten judged slices gets no class.

    Parameters
    ----------
    cells
        The cells.
    counts
        Shape (n_slices, n_cells), the latest slice last.
    silent
        Cells that are left out.

    Returns
    -------
    Mapping
        ``classes``, ``hot_slices``, ``z``, ``last``, ``before``, ``named`` (cells of named spots), ``kinds`` (classes
        of the named spots that they belong to), each of shape (n_cells,), and ``guard``.
    """
    known = np.where(silent, np.nan, counts.astype(np.float64))
    known[1:] += known[:-1].copy()
    each = [gi_star(part, cells.neighbours) for part in known]
    found = classify(np.array([_as_read(slice_) for slice_ in each]))
    chosen, kinds = np.zeros(len(silent), dtype=np.bool_), np.zeros(len(silent), dtype=np.int8)
    for spot in cells.joined((found.classes > 0) & (found.classes != Emergence.HISTORICAL)):
        if counts[-2:, spot].sum() >= LEAST_IN_A_SPOT:
            chosen[spot] = True
            kinds[spot] = _together(each, known, counts, spot)
    return {
        "classes": found.classes,
        "hot_slices": found.hot_slices,
        "z": each[-1].z,
        "last": counts[-1],
        "before": counts[:-1].mean(axis=0),
        "named": chosen,
        "kinds": kinds,
        "guard": coded(each[-1].reason),
    }


def _together(each: list[LocalStatistic], known: Values, counts: Counts, spot: Rows) -> Emergence:
    """Return the class of the cells of a spot together.

    They are hot in a slice in which at least half of them are, and rise or fall with their share of all incidents (Gi*
    of the spot as a whole). A class that says more or less than before must have more or less incidents than before.
    """
    n = np.isfinite(known).sum(axis=1)
    spread = np.nanstd(known, axis=1) * np.sqrt(len(spot) * (n - len(spot)) / np.maximum(n - 1, 1))
    off = known[:, spot].sum(axis=1) - len(spot) * np.nanmean(known, axis=1)
    z = np.divide(off, spread, out=np.zeros(len(known)), where=spread > 0)
    hot, cold = (np.array([getattr(slice_, name)[spot].mean() >= HALF for slice_ in each]) for name in ("hot", "cold"))
    read = np.where(hot, HOT + np.abs(z), np.where(cold, -HOT - np.abs(z), HOT * z / (1.0 + np.abs(z))))
    judged = np.array([slice_.reason is None for slice_ in each])
    kind = Emergence(int(classify(np.where(judged, read, np.nan)[:, None]).classes[0]))
    more = counts[-1, spot].sum() - counts[:-1, spot].sum(axis=1).mean()
    if kind in (Emergence.NEW, Emergence.CONSECUTIVE) and more <= 0:
        return Emergence.SPORADIC
    if (kind is Emergence.INTENSIFYING and more <= 0) or (kind is Emergence.DIMINISHING and more >= 0):
        return Emergence.PERSISTENT
    return kind


def _as_read(found: LocalStatistic) -> Values:
    """Return Gi* as `classify` reads it: beyond ±`HOT` where it is hot or cold, within where it is not."""
    z, marked = found.z, found.hot | found.cold
    return np.where(marked, z + np.copysign(HOT, z), HOT * z / (1.0 + np.abs(z)))


def _nothing(n: int, reason: Reason) -> Arrays:
    zeros = np.zeros(n, dtype=np.int64)
    return {
        "classes": zeros.astype(np.int8),
        "hot_slices": zeros,
        "z": np.full(n, np.nan),
        "last": zeros,
        "before": np.zeros(n),
        "named": np.zeros(n, dtype=np.bool_),
        "kinds": zeros.astype(np.int8),
        "guard": coded(reason),
    }


def _spots(
    city: CityData,
    cells: Cells,
    level: PlaceLevel,
    last: Period,
    types: Types | None,
    kept: Arrays,
    spots: list[Rows],
) -> tuple[EmergingSpot, ...]:
    if not spots:
        return ()
    incidents = city.index.selected(last.start, last.end, types=types, outside=False)
    cell = cell_of(city, cells, incidents)
    found = []
    for spot in spots:
        rows, mine = cells.rows[spot], incidents[np.isin(cell, spot)]
        hottest = spot[np.argmax(kept["z"][spot])]
        found.append(
            EmergingSpot(
                kind=Emergence(int(kept["kinds"][hottest])),
                cells=tuple(rows.tolist()),
                incidents=int(kept["last"][spot].sum()),
                before=float(kept["before"][spot].sum()),
                z=float(kept["z"][hottest]),
                centre=centre_of(city, mine, rows),
                bounds=bounds_of(city, rows),
                owners=owners(city, level, mine),
            )
        )
    return tuple(sorted(found, key=_rank))


def _rank(spot: EmergingSpot) -> tuple[bool, float, tuple[int, ...]]:
    growing = spot.kind in GROWING
    return not growing, -(spot.incidents - spot.before if growing else spot.incidents), spot.cells
