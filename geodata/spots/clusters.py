"""Clusters in space and time: where there was more than the past year lets expect, over the last days."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geodata.city import CityData, Place
from geodata.patterns.guard import LEAST_INCIDENTS, LEAST_PLACES, Guard
from geodata.patterns.scan import dispersion_of, scan
from geodata.patterns.smoothing import empirical_bayes
from geodata.spots.cells import (
    Cells,
    Counts,
    Flags,
    Owner,
    Reason,
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
from geodata.spots.kept import Arrays, stored
from geodata.vocabulary import Period, PlaceLevel

DAYS = 28
"""A cluster is at most so many days old."""
YEAR = 365
"""Days before those, that the expectation is learnt from; fewer where there are not so many."""
LEAST_LEARNT = 56
REPLICAS = 999
ALPHA = 0.05
MOST = 10
MOST_PLACES = 800
"""A level with more places is too fine to be scanned."""
MAX_SHARE = 0.5
"""A cluster holds at most this share of all that is expected."""
_NUMBERS = ("observed", "llr", "p", "radius_m")


@dataclass(frozen=True)
class Cluster:
    """Neighbouring places that had more than expected over the last days."""

    rows: tuple[int, ...]
    """Rows of ``CityData.places``, nearest to its centre first."""
    start: dt.date
    end: dt.date
    """Last day, included."""
    incidents: int
    expected: float
    llr: float
    """Logarithm of the likelihood ratio against "as expected"."""
    p: float
    """Share of chance maps with a likelier cluster anywhere in the city."""
    radius_m: float
    centre: tuple[float, float]
    """Mean longitude and latitude of its incidents."""
    bounds: tuple[float, float, float, float]
    """West, south, east, north of its places [degrees]."""
    owners: tuple[Owner, ...]
    """Who answers for it, the largest share first."""

    @property
    def relative_risk(self) -> float:
        """Return incidents over expected ones."""
        return self.incidents / self.expected


@dataclass(frozen=True, eq=False)
class Clusters:
    """What the scan of the last days found."""

    level: PlaceLevel
    """Of the places scanned."""
    found: tuple[Cluster, ...]
    """Those that chance makes in at most one map of twenty and that have a place in the place asked for."""
    likeliest: Cluster | None
    """The likeliest of the city, be it chance or not."""
    dispersion: float
    """Variance of a day's count over its mean that chance maps had."""
    replicas: int
    days: int
    end: dt.date
    """Last day scanned."""
    incidents: int
    """In the days scanned, city-wide."""
    expected: float
    guard: Reason | None


def clusters(
    city: CityData,
    place: Place,
    end: dt.date,
    types: Types | None = None,
    *,
    replicas: int = REPLICAS,
    seed: int = 0,
    folder: Path | None = None,
) -> Clusters:
    """Scan the last 28 days for neighbouring places with more incidents than expected.

    Takes seconds the first time, and milliseconds afterwards.

    Parameters
    ----------
    city, place
        The whole city is scanned, and what lies in `place` is shown.
    end
        The last day; a later one than the data have is that of the data.
    types
        Positions in ``city.index.types``; None = all.
    replicas, seed
        Chance maps, and where their random numbers begin.
    folder
        The city folder, where the answer is kept; None keeps it in memory only.
    """
    last = min(end, city.data_as_of or end)
    places = cells_of(city, folder, scanned_level(city))
    span = city.index.span
    days = 0 if span is None else min(DAYS + YEAR, (last - span[0]).days + 1)
    unfit: Reason | None = Unfit.MONTHS_ONLY if city.months_only else None
    unfit = unfit or (Unfit.NO_HISTORY if days < DAYS + LEAST_LEARNT else None)
    unfit = unfit or (Guard.NO_PLACES if len(places.rows) < LEAST_PLACES else None)
    if unfit is not None:
        return _nothing(places, last, unfit)
    first = last - dt.timedelta(days=days - 1)

    def made() -> Arrays:
        due = due_by_day(city, places, first, days, types)
        return scanned(in_slices(city, places, first, 1, days, types), due, places, replicas, seed)

    arguments = (last.isoformat(), places.level.value, named(city, types), replicas, seed, city.method.version)
    kept = stored(city, folder, "clusters", arguments, made)
    level = owner_level(city, place, places.level)
    shown = _shown(city, places, place)
    found, likeliest = [], None
    for k in range(len(kept["llr"])):
        cluster = _cluster(city, places, level, last, types, kept, k)
        likeliest = likeliest or cluster
        if cluster.p <= ALPHA and shown[places.position[list(cluster.rows)]].any():
            found.append(cluster)
    return Clusters(
        level=places.level,
        found=tuple(found),
        likeliest=likeliest,
        dispersion=float(kept["dispersion"]),
        replicas=replicas,
        days=DAYS,
        end=last,
        incidents=int(kept["incidents"]),
        expected=float(kept["expected"]),
        guard=decoded(kept["guard"]),
    )


def scanned_level(city: CityData) -> PlaceLevel:
    """Return the finest level that has not too many places."""
    fit = [level for level in city.levels if len(city.members(level, city.city)) <= MOST_PLACES]
    return fit[-1] if fit else city.levels[0]


def _shown(city: CityData, places: Cells, place: Place) -> Flags:
    """Say which of the places scanned lie in a place, or hold it."""
    if place.row is not None and place.level is not None and place.level.depth > places.level.depth:
        return np.asarray(places.rows == city.table[place.row, places.level.depth])
    return np.isin(places.rows, city.members(places.level, place))


# --- what is expected ---


def due_by_day(city: CityData, places: Cells, first: dt.date, days: int, types: Types | None) -> Values:
    """Return what calendar and exposure let expect, before anything is learnt, shape (days, n_places).

    Each counted indicator's exposure by place times its factors by day, as scores have them, in any unit; 0 where
    nothing is known. Types of no indicator are the same every day.
    """
    period = Period.trailing(first + dt.timedelta(days=days - 1), days)
    calibration, factors = city.active_calibration, city.expected_days
    total = np.zeros((days, len(places.rows)))
    known = ~city.no_data[places.rows]
    by_type = city.index.place_types(places.level, period.start, period.end)[places.rows].sum(axis=0)
    rest = set(range(len(by_type)) if types is None else types.tolist())
    if calibration is not None and factors is not None:
        due = city.expected_incidents(places.level, period)
        by_day = np.array(
            [factors.between(d, d + dt.timedelta(days=1)) for d in (first + dt.timedelta(days=i) for i in range(days))]
        )
        for column, indicator in enumerate(city.method.scored):
            mine = {city.type_positions[t.id] for t in indicator.types if t.id in city.type_positions} & rest
            here, when = np.nan_to_num(due[:, column]), np.nan_to_num(by_day[:, column])
            if mine and here.sum() > 0 and when.sum() > 0:
                rest -= mine
                total += by_type[list(mine)].sum() * np.outer(when / when.sum(), here / here.sum())
    if rest:
        area = np.where(known, places.area_km2, 0.0)
        total += by_type[list(rest)].sum() / days * area / max(area.sum(), 1e-300)
    return np.where(known, total, 0.0)


def learnt(counts: Counts, due: Values) -> Values:
    """Return what each place had in all but the last 28 days of what it was due, shape (n_places,).

    Its own past is drawn towards that of the city, the more the fewer incidents it has (empirical Bayes).

    Parameters
    ----------
    counts, due
        By day and place, shape (n_days, n_places).
    """
    return np.nan_to_num(empirical_bayes(counts[:-DAYS].sum(axis=0), due[:-DAYS].sum(axis=0)).rate)


def scanned(counts: Counts, due: Values, places: Cells, replicas: int, seed: int) -> Arrays:
    """Scan the last 28 days against what the days before let expect.

    Chance maps vary as the days before did, and a little more: so few days leave the expectation itself uncertain.

    Parameters
    ----------
    counts, due
        By day and place, shape (n_days, n_places).
    places
        The places.
    replicas, seed
        Chance maps, and where their random numbers begin.
    """
    counts = np.where(due > 0, counts, 0)
    expected, past = due * learnt(counts, due), len(counts) - DAYS
    dispersion = dispersion_of(counts[:past], expected[:past]) * (1.0 + DAYS / past)
    few = counts.sum() < LEAST_INCIDENTS
    found = (
        ()
        if few
        else scan(
            counts[-DAYS:],
            expected[-DAYS:],
            places.x_m,
            places.y_m,
            max_share=MAX_SHARE,
            max_days=DAYS,
            dispersion=dispersion,
            replicas=replicas,
            seed=seed,
            most=MOST,
        ).clusters
    )
    return {
        "places": np.concatenate([np.empty(0, np.intp), *(each.places for each in found)]),
        "size": np.array([len(each.places) for each in found], dtype=np.intp),
        "days": np.array([each.days for each in found], dtype=np.intp),
        "due": np.array([each.expected for each in found], dtype=np.float64),
        **{name: np.array([getattr(each, name) for each in found], dtype=np.float64) for name in _NUMBERS},
        "dispersion": np.array(dispersion),
        "incidents": counts[-DAYS:].sum(),
        "expected": expected[-DAYS:].sum(),
        "guard": coded(Guard.TOO_FEW if few else None),
    }


def _cluster(
    city: CityData, places: Cells, level: PlaceLevel, last: dt.date, types: Types | None, kept: Arrays, k: int
) -> Cluster:
    end = int(kept["size"][: k + 1].sum())
    mine = kept["places"][end - int(kept["size"][k]) : end]
    start, rows = last - dt.timedelta(days=int(kept["days"][k]) - 1), places.rows[mine]
    incidents = city.index.selected(start, last + dt.timedelta(days=1), types=types, outside=False)
    incidents = incidents[np.isin(cell_of(city, places, incidents), mine)]
    return Cluster(
        rows=tuple(rows.tolist()),
        start=start,
        end=last,
        incidents=int(kept["observed"][k]),
        expected=float(kept["due"][k]),
        llr=float(kept["llr"][k]),
        p=float(kept["p"][k]),
        radius_m=float(kept["radius_m"][k]),
        centre=centre_of(city, incidents, rows),
        bounds=bounds_of(city, rows),
        owners=owners(city, level, incidents),
    )


def _nothing(places: Cells, end: dt.date, reason: Reason) -> Clusters:
    return Clusters(places.level, (), None, np.nan, 0, DAYS, end, 0, np.nan, reason)
