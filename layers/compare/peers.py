"""Places with similar residents: what a place may fairly be held against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geodata.city import CityData
from geodata.vocabulary import Period, PlaceLevel

Values = npt.NDArray[np.float64]
GROUPS = 3
LEAST_PEERS = 4
"""A group of fewer places says nothing of any of them."""


@dataclass(frozen=True)
class Peers:
    """The groups of a level's places by residents; arrays by place, in the order of their ids."""

    group: npt.NDArray[np.int64]
    """0 = the fewest residents, -1 = not known."""
    residents: Values
    ends: tuple[tuple[float, float], ...]
    """Fewest and most residents of each group."""


def peers(city: CityData, level: PlaceLevel, period: Period) -> Peers | None:
    """Group the places of a level into thirds by residents.

    None where residents are not known, groups would be too small, or cells are looked at.
    """
    known = city.exposure_values("residents", period.start.year)
    if known is None or level is PlaceLevel.GRID_CELL:
        return None
    residents = np.asarray(known[city.members(level, city.city)], dtype=np.float64)
    lived_in = np.isfinite(residents) & (residents > 0)
    if lived_in.sum() < GROUPS * LEAST_PEERS:
        return None
    order = np.argsort(residents[lived_in], kind="stable")
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order)) * GROUPS // len(order)
    group = np.full(len(residents), -1, dtype=np.int64)
    group[lived_in] = number
    ends = [residents[group == g] for g in range(GROUPS)]
    return Peers(group, residents, tuple((float(each.min()), float(each.max())) for each in ends))
