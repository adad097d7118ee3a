"""Near repeats: whether one incident brings the next one nearby, and the rings where to look out for it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from geodata.city import CityData, Place
from geodata.patterns.guard import Guard
from geodata.patterns.near_repeat import RING_DAYS, RING_M, Flags, KnoxTable, Values, knox_table, rings
from geodata.spots.cells import Reason, Rows, Types, Unfit, coded, decoded, in_metres, metres_per_degree, named
from geodata.spots.kept import Arrays, stored
from geodata.vocabulary import Period

DAYS = 365
"""Trailing days that the table rests on."""
USUAL_TYPES = ("burglary", "ebike_theft", "theft")
CROWDED_SHARE, CROWDED = 0.05, 10
"""A position that so large a share of all incidents has, and so many, stands for many places."""
PERMUTATIONS = 999
ALPHA = 0.05
"""Chance that pure chance has any supported cell at all, of all cells of a table."""
_NUMBERS = ("observed", "expected", "ratio", "p")


@dataclass(frozen=True)
class Reach:
    """How far and how long after an incident repeats are more frequent than chance has it, from it on without a gap."""

    distance_m: float
    """0 = at the same place only."""
    days: int


@dataclass(frozen=True)
class Ring:
    """A circle around an incident, where a repeat is to be feared."""

    centre: tuple[float, float]
    """Longitude and latitude of the incident."""
    radius_m: float
    until: dt.date
    """Last day."""
    incident: int
    """Row in ``city.index``."""
    incidents: int
    """Incidents inside that have a ring themselves, its own included: from 2 on, a series."""


@dataclass(frozen=True, eq=False)
class Repeats:
    """Near repeats of the trailing year, and the rings of a place."""

    table: KnoxTable | None
    """Of the whole city; None where `guard` says why."""
    reach: Reach | None
    """Of the rings; None = the test supports none."""
    rings: tuple[Ring, ...]
    """Those around incidents in the place, that hold on the day asked for, latest first; none without a reach."""
    types: Types
    period: Period
    incidents: int
    """Behind the table."""
    left_out: int
    """Incidents without a position, or at one that stands for many."""
    guard: Reason | None


def repeats(
    city: CityData,
    place: Place,
    end: dt.date,
    types: Types | None = None,
    *,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
    folder: Path | None = None,
) -> Repeats:
    """Test for near repeats in the trailing year, and draw rings where, and as large as, the test supports them.

    Parameters
    ----------
    city, place
        The whole city is tested; rings are those of `place`.
    end
        Today; a later day than the data have is that of the data.
    types
        Positions in ``city.index.types``; None = burglaries, thefts and thefts of e-bikes; all if the
        city has none of these.
    permutations, seed
        Of the test.
    folder
        The city folder, where the answer is kept; None keeps it in memory only.

    Raises
    ------
    SelectionError
        If too many incidents lie near each other to be compared pair by pair.
    """
    last = min(end, city.data_as_of or end)
    period = Period.trailing(last, DAYS)
    if types is None:
        usual = [city.type_positions[name] for name in USUAL_TYPES if name in city.type_positions]
        types = np.array(sorted(usual) or range(len(city.index.types)), dtype=np.intp)
    chosen = city.index.selected(period.start, period.end, types=types)
    if city.months_only:
        return Repeats(None, None, (), types, period, 0, len(chosen), Unfit.MONTHS_ONLY)
    used = chosen[_told_apart(city, chosen)]
    if len(chosen) and not len(used):
        return Repeats(None, None, (), types, period, 0, len(chosen), Unfit.NO_POSITIONS)

    def tested() -> Arrays:
        x, y = in_metres(city, city.index.lon[used], city.index.lat[used])
        return _as_arrays(knox_table(x, y, city.index.day[used], permutations=permutations, seed=seed))

    arguments = (last.isoformat(), named(city, types), permutations, seed)
    table = _from_arrays(stored(city, folder, "repeats", arguments, tested))
    reach = None if table.guard else reach_of(table)
    return Repeats(
        table=None if table.guard else table,
        reach=reach,
        rings=_rings(city, place, used, last, reach) if reach else (),
        types=types,
        period=period,
        incidents=len(used),
        left_out=len(chosen) - len(used),
        guard=table.guard,
    )


def corrected(table: KnoxTable) -> Values:
    """Return p of each cell, corrected for the number of cells (Holm)."""
    p = table.p.ravel()
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)) if len(p) else p
    result = np.empty_like(p)
    result[order] = np.minimum(stepped, 1.0)
    return result.reshape(table.p.shape)


def supported(table: KnoxTable) -> Flags:
    """Say in which cells repeats are more frequent than chance has it, with all cells in mind."""
    return np.asarray((corrected(table) < ALPHA) & (table.ratio > 1))


def reach_of(table: KnoxTable) -> Reach | None:
    """Return how far and how long a ring may reach, None where the test supports none.

    The bands from the incident on that are all supported, in both directions; of several such blocks that with the most
    bands, and of equals the one that reaches farther. Few pairs share an address: where the next band is supported, the
    address in its middle needs no support of its own. Never more than `RING_M` and `RING_DAYS`.
    """
    found = supported(table)[np.array(table.distance_bands_m) <= RING_M][:, np.array(table.day_bands) <= RING_DAYS]
    first = int(table.distance_bands_m[0] == 0)
    blocks = [
        (row, column)
        for row, column in np.ndindex(*found.shape)
        if found[min(first, row) : row + 1, : column + 1].all()
    ]
    if not blocks:
        return None
    row, column = max(blocks, key=lambda block: ((block[0] + 1) * (block[1] + 1), block[0]))
    return Reach(table.distance_bands_m[row], table.day_bands[column])


def _told_apart(city: CityData, incidents: Rows) -> Flags:
    """Say which incidents have a position of their own: not that of a police station or the middle of a community."""
    lon, lat = city.index.lon[incidents], city.index.lat[incidents]
    known = np.isfinite(lon) & np.isfinite(lat)
    _, spot, times = np.unique(lon + 1j * lat.astype(np.float64), return_inverse=True, return_counts=True)
    crowd = times[spot]
    return np.asarray(known & ~((crowd >= CROWDED) & (crowd > CROWDED_SHARE * known.sum())))


def _rings(city: CityData, place: Place, used: Rows, last: dt.date, reach: Reach) -> tuple[Ring, ...]:
    today = (last - dt.date(1970, 1, 1)).days
    recent = used[today - city.index.day[used] <= reach.days]
    lon, lat = (values[recent].astype(np.float64) for values in (city.index.lon, city.index.lat))
    across, up = metres_per_degree(float(lat.mean())) if len(lat) else (1.0, 1.0)
    found = rings(lon * across, lat * up, city.index.day[recent], today, distance_m=reach.distance_m, days=reach.days)
    incident = recent[found.incident]
    mine = np.ones(len(incident), dtype=np.bool_)
    if place.within is not None:
        mine = city.index.sites_in(*place.within)[city.index.site[incident]]
    order = np.flatnonzero(mine)[::-1]
    return tuple(
        Ring(
            centre=(float(city.index.lon[incident[k]]), float(city.index.lat[incident[k]])),
            radius_m=reach.distance_m,
            until=last + dt.timedelta(days=int(found.days_left[k])),
            incident=int(incident[k]),
            incidents=int(found.incidents[k]),
        )
        for k in order
    )


def _as_arrays(table: KnoxTable) -> dict[str, npt.NDArray[Any]]:
    numbers = {name: getattr(table, name) for name in _NUMBERS}
    bands = {"distance": np.array(table.distance_bands_m), "days": np.array(table.day_bands)}
    return {**numbers, **bands, "guard": coded(table.guard)}


def _from_arrays(kept: Arrays) -> KnoxTable:
    guard = decoded(kept["guard"])
    return KnoxTable(
        distance_bands_m=tuple(kept["distance"].tolist()),
        day_bands=tuple(kept["days"].tolist()),
        guard=guard if isinstance(guard, Guard) else None,
        **{name: kept[name] for name in _NUMBERS},
    )
