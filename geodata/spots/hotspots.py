"""Hot spots: where incidents lie closer together than chance has it, and who answers for those places."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from geodata.city import CityData, Place
from geodata.exposure import AREA
from geodata.locate import Index
from geodata.patterns.concentration import Concentration, concentration
from geodata.patterns.gi_star import FDR, LocalStatistic, false_discovery, gi_star
from geodata.patterns.guard import LEAST_INCIDENTS, Guard, why_not
from geodata.patterns.neighbours import Neighbours
from geodata.spots.cells import (
    Cells,
    Counts,
    Flags,
    Owner,
    Reason,
    Rows,
    Types,
    Values,
    bounds_of,
    cell_of,
    cells_of,
    centre_of,
    coded,
    counted,
    decoded,
    named,
    owner_level,
    owners,
)
from geodata.spots.kept import Arrays, stored
from geodata.vocabulary import Period, PlaceLevel

LEAST_IN_A_SPOT = 3
"""Fewer incidents are no hot spot, however little was expected."""
SIMULATIONS = 99
"""Of the concentration."""
_POISSON = 1e-6
"""A variance beyond the mean by less than this share of it is none."""


class Against(StrEnum):
    """What a cell is held against."""

    EVEN = "even"
    """All cells alike, which cells of one size or of one population are: counts."""
    EXPECTED = "expected"
    """What each cell is exposed to, by the indicators of the types."""


@dataclass(frozen=True)
class Hotspot:
    """Hot cells that touch."""

    cells: tuple[int, ...]
    """Rows of ``CityData.places``."""
    incidents: int
    usual: float
    """What the cells would have, had all cells their part."""
    z: float
    """Largest Gi* of its cells."""
    p: float
    """Least adjusted p-value of its cells."""
    centre: tuple[float, float]
    """Mean longitude and latitude of its incidents."""
    bounds: tuple[float, float, float, float]
    """West, south, east, north of its cells [degrees]."""
    owners: tuple[Owner, ...]
    """Who answers for it, the largest share first; several where it straddles a border."""

    @property
    def excess(self) -> float:
        """Incidents beyond the usual."""
        return self.incidents - self.usual


@dataclass(frozen=True, eq=False)
class Hotspots:
    """Hot and cold cells of a place; the arrays have one row a cell."""

    level: PlaceLevel
    """Of the cells."""
    period: Period
    against: Against
    rows: Index
    """Row of each cell in ``CityData.places``."""
    counts: Counts
    z: Values
    """Gi*; NaN = not judged."""
    p: Values
    """Benjamini-Hochberg adjusted over the city."""
    hot: Flags
    cold: Flags
    hotspots: tuple[Hotspot, ...]
    """The largest excess first; each whole, even where it reaches out of the place."""
    guard: Reason | None
    """Why nothing was judged; None and no hot spot is a result: incidents lie as chance would have it."""
    incidents: int
    """In the cells of the city: what the judgement rests on."""
    inside: int
    """In the cells of the place."""
    cell_size_m: float
    """Side of a square as large as the median cell."""
    equal_cells: bool
    """Whether the cells are those of one regular grid."""
    concentration: Concentration | None
    """On the cells of the place; None where it has too few incidents or cells."""


def hotspots(
    city: CityData,
    place: Place,
    period: Period,
    types: Types | None = None,
    *,
    against: Against | None = None,
    folder: Path | None = None,
) -> Hotspots:
    """Find the hot spots of a period: Gi* over all cells of the city, 5 % false discoveries, hot cells joined.

    Parameters
    ----------
    city, place
        The whole city is judged, and what lies in `place` is shown.
    period
        Any that has data.
    types
        Positions in ``city.index.types``; None = all.
    against
        By default even where the finest places are cells of a grid, expected where they are not.
    folder
        The city folder, where the answer is kept; None keeps it in memory only.
    """
    cells = cells_of(city, folder)
    chosen = against or (Against.EVEN if cells.level is PlaceLevel.GRID_CELL else Against.EXPECTED)
    judged = _judgement(city, cells, period, types, chosen, folder)
    inside = cells.position[city.members(cells.level, place)]
    shown = _in_place(city, cells, place, period, types, judged, inside)
    counts = judged["counts"][inside]
    return Hotspots(
        level=cells.level,
        period=period,
        against=chosen,
        rows=cells.rows[inside],
        counts=counts,
        z=judged["z"][inside],
        p=judged["p"][inside],
        hot=judged["hot"][inside],
        cold=judged["cold"][inside],
        hotspots=shown,
        guard=decoded(judged["guard"]),
        incidents=int(judged["counts"].sum()),
        inside=int(counts.sum()),
        cell_size_m=cells.size_m,
        equal_cells=cells.equal,
        concentration=_concentration(city, place, period, types, judged, inside, folder),
    )


# --- the judgement ---


def _judgement(
    city: CityData, cells: Cells, period: Period, types: Types | None, against: Against, folder: Path | None
) -> Arrays:
    """Return counts, usual, z, p, hot, cold of all cells, and the guard."""
    version = city.method.version if against is Against.EXPECTED else ""

    def judged() -> Arrays:
        usual = exposed(city, cells, period, types) if against is Against.EXPECTED else None
        silent = city.silent_in(period)[cells.rows]
        counts = counted(city, cells, period.start, period.end, types)
        return judge(cells, counts, usual, silent)

    return stored(city, folder, "hotspots", (str(period), named(city, types), against.value, version), judged)


def judge(cells: Cells, counts: Counts, usual: Values | None, silent: Flags) -> Arrays:
    """Judge counts by cell.

    Parameters
    ----------
    cells
        The cells.
    counts
        Incidents, shape (n_cells,).
    usual
        What is expected of each cell, in any unit, NaN = unknown; None = all alike.
    silent
        Cells that are left out: no word of what happened there.

    Returns
    -------
    Mapping
        ``counts``, ``usual`` (adds up to the counts), ``z``, ``p`` (adjusted), ``hot``, ``cold``, each of shape
        (n_cells,), and ``guard``.
    """
    known = ~silent
    if usual is None:
        part = known.astype(np.float64)
    else:
        known &= np.isfinite(usual) & (usual > 0)
        part = np.where(known, usual, 0.0)
    part *= counts[known].sum() / max(part.sum(), 1e-300)
    valued = np.where(known, counts, np.nan)
    found = gi_star(valued, cells.neighbours) if usual is None else against_expected(valued, part, cells.neighbours)
    hot = np.zeros(len(counts), dtype=np.bool_)
    for spot in cells.joined(found.hot):
        hot[spot] = counts[spot].sum() >= max(LEAST_IN_A_SPOT, part[spot].sum())
    answer = {"counts": counts, "usual": part, "z": found.z, "p": found.adjusted, "hot": hot, "cold": found.cold}
    return {**answer, "guard": coded(found.reason)}


def against_expected(counts: Values, expected: Values, neighbours: Neighbours, *, fdr: float = FDR) -> LocalStatistic:
    """Return how far each cell and its neighbours together are from what is expected of them.

    ``z = (Σ O - Σ E) / √(Σ E + Σ E² / k)`` and its p-value of the negative binomial distribution with this mean and
    variance. Cells differ beyond chance by 1 / k, ``Σ ((O - E)² - E) / Σ E²`` over all cells, or not at all: that some
    have more than others is no hot spot as long as they do not lie together. Rates dealt out anew, as is usual, would
    take cells with a small expectation for hot: on maps of pure chance in nearly every second one.

    Parameters
    ----------
    counts
        Incidents, shape (n,), NaN = left out.
    expected
        Adds up to the incidents, shape (n,).
    neighbours
        Of the same cells.
    fdr
        Level of hot and cold.
    """
    known = np.isfinite(counts)
    o, e = np.where(known, counts, 0.0), np.where(known, expected, 0.0)
    nothing = np.full(len(o), np.nan)
    no = np.zeros(len(o), dtype=np.bool_)
    if (reason := why_not(o[known], None)) not in (None, Guard.CONSTANT):  # all alike may be far from expected
        return LocalStatistic(nothing, nothing, nothing, no, no, ~no, reason)
    differing = max(float(((o - e) ** 2 - e).sum() / (e**2).sum()), 0.0)
    seen, mean, square = (neighbours.row_sums(each, include_self=True) for each in (o, e, e**2))
    judged = known & (mean > 0)
    mean, extra = np.where(judged, mean, 1.0), differing * np.where(judged, square, 0.0)
    size = mean**2 / np.maximum(extra, _POISSON * mean)
    tails = (stats.nbinom.sf(seen - 1, size, size / (size + mean)), stats.nbinom.cdf(seen, size, size / (size + mean)))
    z = np.where(judged, (seen - mean) / np.sqrt(mean + extra), np.nan)
    p = np.where(judged, np.minimum(1.0, 2.0 * np.minimum(*tails)), np.nan)
    adjusted = false_discovery(p)
    passed = adjusted <= fdr
    return LocalStatistic(z, p, adjusted, passed & (z > 0), passed & (z < 0), ~judged, None)


def exposed(city: CityData, cells: Cells, period: Period, types: Types | None) -> Values:
    """Deal out the incidents of each type by what its indicator is measured against, shape (n_cells,).

    Types of no indicator, and those whose exposure is not known, are dealt out by area.
    """
    calibration = city.active_calibration
    kinds: dict[int, str] = {}
    for indicator in city.method.scored:
        kind = indicator.exposure if calibration is None else calibration.exposure.get(indicator.id, indicator.exposure)
        kinds |= {city.type_positions[t.id]: kind for t in indicator.types if t.id in city.type_positions}
    by_type = city.index.place_types(cells.level, period.start, period.end)[cells.rows].sum(axis=0)
    by_kind: dict[str, float] = {}
    for t in range(len(by_type)) if types is None else types.tolist():
        kind = kinds.get(t, AREA)
        by_kind[kind] = by_kind.get(kind, 0.0) + float(by_type[t])
    total = np.zeros(len(cells.rows))
    for kind, incidents in by_kind.items():
        values = city.exposure_values(kind, period.start.year)
        here = np.nan_to_num(values[cells.rows]) if values is not None else np.zeros(len(total))
        here = here if here.sum() > 0 else cells.area_km2
        total += incidents * here / here.sum()
    return total if total.any() else cells.area_km2.copy()


# --- what lies in a place ---


def _in_place(
    city: CityData, cells: Cells, place: Place, period: Period, types: Types | None, judged: Arrays, inside: Index
) -> tuple[Hotspot, ...]:
    shown = np.zeros(len(cells.rows), dtype=np.bool_)
    shown[inside] = True
    spots = [spot for spot in cells.joined(judged["hot"]) if shown[spot].any()]
    if not spots:
        return ()
    level = owner_level(city, place, cells.level)
    incidents = city.index.selected(period.start, period.end, types=types, outside=False)
    cell = cell_of(city, cells, incidents)
    found = [_hotspot(city, cells, level, judged, spot, incidents[np.isin(cell, spot)]) for spot in spots]
    return tuple(sorted(found, key=lambda spot: (-spot.excess, spot.cells)))


def _hotspot(city: CityData, cells: Cells, level: PlaceLevel, judged: Arrays, spot: Rows, incidents: Rows) -> Hotspot:
    rows = cells.rows[spot]
    return Hotspot(
        cells=tuple(rows.tolist()),
        incidents=int(judged["counts"][spot].sum()),
        usual=float(judged["usual"][spot].sum()),
        z=float(judged["z"][spot].max()),
        p=float(judged["p"][spot].min()),
        centre=centre_of(city, incidents, rows),
        bounds=bounds_of(city, rows),
        owners=owners(city, level, incidents),
    )


# --- concentration ---


def _concentration(
    city: CityData,
    place: Place,
    period: Period,
    types: Types | None,
    judged: Arrays,
    inside: Index,
    folder: Path | None,
) -> Concentration | None:
    counts = judged["counts"][inside].astype(np.float64)
    if len(counts) < 3 or counts.sum() < LEAST_INCIDENTS:
        return None

    def simulated() -> Arrays:
        told = concentration(counts, simulations=SIMULATIONS)
        numbers = [told.expected_share, *told.expected_range, told.p, told.gini, told.generalised_gini]
        return {"numbers": np.array([*numbers, told.expected_gini])}

    arguments = (str(period), named(city, types), place.row)
    return _told(counts, stored(city, folder, "concentration", arguments, simulated)["numbers"])


def _told(counts: Values, numbers: npt.NDArray[Any]) -> Concentration:
    """Return the concentration of counts whose simulations are known."""
    share, low, high, p, gini, generalised, expected = numbers.tolist()
    curve = np.concatenate([[0.0], np.cumsum(np.sort(counts)[::-1])]) / counts.sum()
    half = int(np.searchsorted(curve, 0.5 * (1 - 1e-12)))
    return Concentration(
        places=len(counts),
        incidents=float(counts.sum()),
        places_for_half=half,
        share_of_places_for_half=half / len(counts),
        expected_share=share,
        expected_range=(low, high),
        p=p,
        gini=gini,
        generalised_gini=generalised,
        expected_gini=expected,
        curve=curve,
        reason=None,
    )
