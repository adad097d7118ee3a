"""Counts that may leave the house: none is 1 to 4, and no combination of them tells such a count (k >= 5).

A cell is one type of incident in one whole calendar month that lies in one place and in none of its parts; the finest
places are those above the grid cells. Each cell is rounded to one of the two nearest multiples of 5, up as often as its
remainder says, so that sums stay right on average; the same cell always the same way. Every published number is a sum
of rounded cells: whatever is added or subtracted, nothing else comes out. A 0 may have been none, a 5 may have been 5.
"""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from geodata.city import CityData, Place
from geodata.errors import SelectionError
from geodata.locate import NOWHERE, Index
from geodata.vocabulary import Period, PeriodKind, PlaceLevel

Counts = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]
STEP = 5
"""The least count that is told, and what all are multiples of."""


def rounded(counts: Counts, chance: Values) -> Counts:
    """Return one of the two nearest multiples of ``STEP``, the greater where `chance` is below the remainder's share.

    Parameters
    ----------
    chance
        A number of each count from 0 to below 1, the same whenever it is asked for.
    """
    return counts // STEP * STEP + STEP * (chance * STEP < counts % STEP)


def public_sums(counts: Counts, parent: Index, chance: Values) -> Counts:
    """Return counts of places as sums of rounded cells.

    Parameters
    ----------
    counts
        Incidents in each place, its parts included, shape (n_places, …); parents come before their parts.
    parent
        Position of the place that each lies in, ``NOWHERE`` for those in none, shape (n_places,).
    chance
        A number of each cell, of the shape of `counts`.
    """
    own = counts.copy()
    inner = np.flatnonzero(parent != NOWHERE)
    np.subtract.at(own, parent[inner], counts[inner])
    result = rounded(own, chance)
    for place in inner[::-1]:
        result[parent[place]] += result[place]
    return result


def chances(places: Sequence[str], types: Sequence[str], month: str) -> Values:
    """Return a number from 0 to below 1 for each place and type in a month, shape (n_places, n_types)."""
    rows, columns = (np.array([zlib.crc32(name.encode()) for name in names], np.uint64) for names in (places, types))
    mixed = rows[:, np.newaxis] << np.uint64(32) | columns ^ np.uint64(zlib.crc32(month.encode()))
    for factor in (0xBF58476D1CE4E5B9, 0x94D049BB133111EB):  # the finaliser of splitmix64
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(factor)
    return np.asarray((mixed >> np.uint64(11)) * 2.0**-53)


def public_counts(
    city: CityData,
    level: PlaceLevel,
    start: dt.date,
    end: dt.date,
    *,
    within: Place | None = None,
    types: npt.NDArray[np.intp] | None = None,
) -> tuple[Index, Counts, int]:
    """Count incidents in the places of a level over whole months of the half-open span ``start`` … ``end``.

    Returns
    -------
    rows, counts, elsewhere
        Row of each place in `within`, its count, and what lies in `within` but in none of them.

    Raises
    ------
    SelectionError
        If the level is that of grid cells, or the span does not consist of whole months.
    """
    if level is PlaceLevel.GRID_CELL:
        raise SelectionError("网格的件数不对外公布。", "counts of grid cells are not made public.")
    if start.day != 1 or end.day != 1 or end <= start:
        raise SelectionError("对外公布的件数以整月为单位。", "public counts are of whole months.")
    levels = [each for each in city.levels if each is not PlaceLevel.GRID_CELL]
    rows = np.concatenate([city.members(each, city.city) for each in levels])
    position = np.full(len(city.places) + 1, NOWHERE, dtype=np.int32)
    position[rows] = np.arange(1, len(rows) + 1)
    parent = np.concatenate([[NOWHERE], [position[_above(city, row)] for row in rows.tolist()]]).astype(np.int32)
    parent[1:][parent[1:] == NOWHERE] = 0  # what lies in no place lies in the city
    chosen = np.arange(len(city.index.types)) if types is None else types
    names, kinds = ["", *city.places["place_id"].to_numpy()[rows].tolist()], city.index.types
    total = np.zeros(len(rows) + 1, dtype=np.int64)
    month = Period.containing(start, PeriodKind.MONTH)
    while month.start < end:
        whole = city.index.period_types([month.start, month.end])
        parts = [city.index.place_types(each, month.start, month.end)[city.members(each, city.city)] for each in levels]
        chance = chances(names, kinds, str(month))
        total += public_sums(np.vstack([whole, *parts]), parent, chance)[:, chosen].sum(axis=1)
        month = month.next()
    inside = within or city.city
    shown = city.members(level, inside)
    counts = total[position[shown]]
    return shown, counts, int(total[0 if inside.row is None else position[inside.row]] - counts.sum())


def _above(city: CityData, row: int) -> int:
    """Return the row of the place just above one, -1 for none."""
    line = [above for above in city.table[row].tolist() if above not in (NOWHERE, row)]
    return int(line[-1]) if line else -1
