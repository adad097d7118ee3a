"""Does one incident bring the next one nearby? Knox's test, its table, and the rings to watch (docs/METHOD.md).

Pairs that are near in space and in time are counted, and counted again after the days have been dealt out anew among
the positions: what places and seasons explain stays the same, and what is left is contagion. Days are whole days.
Positions that stand for many (a police station, the centre of a community) make pairs at 0 m that never were: leave
them out.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special
from scipy.spatial import cKDTree

from geodata.compiled import compiled, processors
from geodata.errors import SelectionError
from geodata.patterns.guard import LEAST_INCIDENTS, Guard

Values = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Days = npt.NDArray[np.int32]
Index = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]

DISTANCE_BANDS_M = (0, 100, 200, 300)
DAY_BANDS = (7, 14, 28)
RING_M, RING_DAYS = 200.0, 14
MOST_PAIRS = 20_000_000
"""Near pairs that are held at once: about 1 GB while they are found."""
_DECIMALS = 3
_ROUNDING_M = 0.5 * 10.0**-_DECIMALS
"""Distances are compared in whole millimetres."""
_DEALS = 32
"""Permutations that are counted together, side by side in memory, so that one instruction treats several."""


@dataclass(frozen=True)
class Knox:
    """Pairs near in space and time, against chance; numbers are NaN where `guard` says why nothing was computed."""

    observed: float
    """Pairs near in both."""
    expected: float
    """Mean over all permutations: n_space · n_time / n_pairs."""
    ratio: float
    """Observed over expected."""
    p: float
    """Share of permutations with at least as many, the one seen included."""
    p_poisson: float
    """P(X >= observed) if pairs were independent, which they are not: quick to check, not to rely on."""
    n_pairs: int
    n_space: int
    """Pairs near in space."""
    n_time: int
    """Pairs near in time."""
    guard: Guard | None = None


@dataclass(frozen=True, eq=False)
class KnoxTable:
    """The same for bands; rows are bands of distance and columns bands of days, NaN where `guard` says why."""

    distance_bands_m: tuple[float, ...]
    """Upper ends, included; the lower end is the one before, excluded. A first band that ends at 0 is one address."""
    day_bands: tuple[int, ...]
    """Upper ends, included; the first band begins with the same day."""
    observed: Values
    """Shape (n_distance_bands, n_day_bands)."""
    expected: Values
    ratio: Values
    """NaN where nothing is expected."""
    p: Values
    """One-sided: as many or more. Not corrected for the number of cells."""
    guard: Guard | None = None


@dataclass(frozen=True, eq=False)
class Rings:
    """Circles where a repeat is to be feared; every array has one row each, in the order of the incidents."""

    incident: Index
    """Position of the incident in the input."""
    x_m: Values
    y_m: Values
    radius_m: float
    days_left: npt.NDArray[np.int64]
    """Days until the last one; 0 = today is the last day."""
    incidents: npt.NDArray[np.int64]
    """Incidents inside the ring that have a ring themselves, its own included: from 2 on, a series."""


def knox(
    x_m: npt.ArrayLike,
    y_m: npt.ArrayLike,
    day: npt.ArrayLike,
    *,
    distance_m: float,
    days: int,
    permutations: int = 999,
    seed: int = 0,
    least: int = LEAST_INCIDENTS,
) -> Knox:
    """Test whether incidents near in space are near in time more often than chance has it.

    Parameters
    ----------
    x_m, y_m
        Positions [m] in a projected CRS, shape (n,); incidents without one are left out.
    day
        Days, whole numbers from any origin, shape (n,).
    distance_m, days
        How near is near, both included.
    permutations
        The smallest p is 1 / (permutations + 1).
    seed
        The same seed gives the same p, on any number of processors.
    least
        Fewer incidents than this are not tested.

    Raises
    ------
    SelectionError
        If more than `MOST_PAIRS` pairs are near in space.
    """
    position, dates = _known(x_m, y_m, day)
    if len(dates) < least:
        return Knox(np.nan, np.nan, np.nan, np.nan, np.nan, 0, 0, 0, Guard.TOO_FEW)
    pairs, n_time = _near_pairs(position, (distance_m,)), _near_in_time(dates, (days,))
    n_pairs, n_space = len(dates) * (len(dates) - 1) // 2, int(pairs.n_space[0])
    observed = int(_tally(pairs, dates, (days,))[0, 0])
    expected = n_space * int(n_time[0]) / max(n_pairs, 1)
    return Knox(
        observed=observed,
        expected=expected,
        ratio=observed / expected if expected > 0 else np.nan,
        p=float(_p_values(pairs, dates, (days,), permutations, seed)[0, 0]),
        p_poisson=float(special.pdtrc(observed - 1, expected)) if observed > 0 else 1.0,
        n_pairs=n_pairs,
        n_space=n_space,
        n_time=int(n_time[0]),
    )


def knox_table(
    x_m: npt.ArrayLike,
    y_m: npt.ArrayLike,
    day: npt.ArrayLike,
    *,
    distance_bands_m: Sequence[float] = DISTANCE_BANDS_M,
    day_bands: Sequence[int] = DAY_BANDS,
    permutations: int = 999,
    seed: int = 0,
    least: int = LEAST_INCIDENTS,
) -> KnoxTable:
    """Count near pairs by bands of distance and days, each cell against its own chance.

    Parameters
    ----------
    x_m, y_m, day, permutations, seed, least
        As for `knox`.
    distance_bands_m, day_bands
        Upper ends of the bands [m, days], ascending, included. A first distance of 0 keeps repeats at one address
        (within a millimetre) apart.

    Raises
    ------
    SelectionError
        If more than `MOST_PAIRS` pairs are near in space.
    """
    bands, days = tuple(float(end) for end in distance_bands_m), tuple(int(end) for end in day_bands)
    position, dates = _known(x_m, y_m, day)
    if len(dates) < least:
        nothing = np.full((len(bands), len(days)), np.nan)
        return KnoxTable(bands, days, nothing, nothing, nothing, nothing, Guard.TOO_FEW)
    pairs = _near_pairs(position, bands)
    n_pairs = max(len(dates) * (len(dates) - 1) // 2, 1)
    observed = _tally(pairs, dates, days).astype(np.float64)
    expected = pairs.n_space[:, None] * (_near_in_time(dates, days) / n_pairs)
    ratio = np.divide(observed, expected, out=np.full(expected.shape, np.nan), where=expected > 0)
    return KnoxTable(bands, days, observed, expected, ratio, _p_values(pairs, dates, days, permutations, seed))


def rings(
    x_m: npt.ArrayLike,
    y_m: npt.ArrayLike,
    day: npt.ArrayLike,
    as_of_day: int,
    *,
    distance_m: float = RING_M,
    days: int = RING_DAYS,
) -> Rings:
    """Return the circles around incidents of the last `days` days, in which to look out for the next one.

    Parameters
    ----------
    x_m, y_m, day
        As for `knox`; incidents after `as_of_day` are not known yet.
    as_of_day
        Today, from the same origin.
    distance_m, days
        Radius [m] and duration; the ring of day d lasts to day d + `days`, included.
    """
    position = np.column_stack([np.asarray(axis, dtype=np.float64) for axis in (x_m, y_m)])
    age = as_of_day - np.asarray(day, dtype=np.int64)
    incident = np.flatnonzero((age >= 0) & (age <= days) & np.isfinite(position).all(axis=1))
    here = position[incident]
    near = cKDTree(here).query_ball_point(here, distance_m + _ROUNDING_M, return_length=True)
    return Rings(
        incident=incident,
        x_m=here[:, 0],
        y_m=here[:, 1],
        radius_m=distance_m,
        days_left=days - age[incident],
        incidents=np.asarray(near, dtype=np.int64),
    )


# --- pairs ---


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Pairs near in space, which no permutation changes; ordered by the first of the two."""

    first: Index
    second: Index
    band: Index
    """Position of their band of distance."""
    n_space: Counts
    """Pairs by band, shape (n_distance_bands,)."""


def _known(x_m: npt.ArrayLike, y_m: npt.ArrayLike, day: npt.ArrayLike) -> tuple[Values, Days]:
    """Return positions and days from the first one on, without incidents that have no position."""
    position = np.column_stack([np.asarray(axis, dtype=np.float64) for axis in (x_m, y_m)])
    there = np.isfinite(position).all(axis=1)
    date = np.asarray(day, dtype=np.int64)[there]
    return position[there], (date - (date.min() if len(date) else 0)).astype(np.int32)


def _near_pairs(position: Values, bands_m: tuple[float, ...]) -> _Pairs:
    tree, reach = cKDTree(position), bands_m[-1] + _ROUNDING_M
    n_near = (int(tree.count_neighbors(tree, reach)) - len(position)) // 2
    if n_near > MOST_PAIRS:
        raise SelectionError(
            f"{bands_m[-1]:g} 米内的事件对有 {n_near:,} 对，超过上限 {MOST_PAIRS:,}，请缩短时间、缩小范围或减小距离。",
            f"{n_near:,} pairs of incidents lie within {bands_m[-1]:g} m of each other, more than {MOST_PAIRS:,}: "
            "choose a shorter span, a smaller place or a smaller distance.",
        )
    pairs = tree.query_pairs(reach, output_type="ndarray")
    first, second = pairs[np.lexsort(pairs.T[::-1])].T
    # a shift of the origin must not carry a pair over the end of a band
    distance = np.hypot(*(position[first] - position[second]).T).round(_DECIMALS)
    band = np.searchsorted(bands_m, distance)
    near = band < len(bands_m)
    return _Pairs(first[near], second[near], band[near], np.bincount(band[near], minlength=len(bands_m)))


def _near_in_time(dates: Days, day_bands: tuple[int, ...]) -> Counts:
    """Return the number of all pairs by band of days, however far apart they lie."""
    ordered = np.sort(dates)
    within = [np.searchsorted(ordered, ordered + days, side="right").sum() for days in day_bands]
    n = len(dates)
    return np.diff(np.array(within, dtype=np.int64) - n * (n + 1) // 2, prepend=0)


def _tally(pairs: _Pairs, dates: Days, day_bands: tuple[int, ...]) -> Counts:
    """Return the number of near pairs by bands, shape (n_distance_bands, n_day_bands)."""
    n = len(day_bands)
    days = np.searchsorted(day_bands, np.abs(dates[pairs.first] - dates[pairs.second]))
    cells = np.bincount(pairs.band * (n + 1) + days, minlength=len(pairs.n_space) * (n + 1))
    return cells.reshape(-1, n + 1)[:, :n]


def _p_values(pairs: _Pairs, dates: Days, day_bands: tuple[int, ...], permutations: int, seed: int) -> Values:
    """Return the share of permutations with at least as many pairs, by bands; the one seen counts as one of them."""
    seen, ends = _tally(pairs, dates, day_bands), np.array(day_bands, dtype=np.int32)

    def block(child: np.random.SeedSequence) -> Flags:
        dealt = np.random.default_rng(child).permuted(np.tile(dates, (_DEALS, 1)), axis=1)
        within = np.zeros((*seen.shape, _DEALS), dtype=np.int32)
        compiled(_count_near)(pairs.first, pairs.second, pairs.band, np.ascontiguousarray(dealt.T), ends, within)
        return np.asarray(np.diff(within, axis=1, prepend=0) >= seen[:, :, None])

    blocks = np.random.SeedSequence(seed).spawn(-(-permutations // _DEALS))
    with ThreadPoolExecutor(processors()) as pool:
        as_many = np.concatenate([np.zeros((*seen.shape, 0)), *pool.map(block, blocks)], axis=2)[:, :, :permutations]
    return np.asarray((1 + as_many.sum(axis=2)) / (1 + permutations))


def _count_near(first: Index, second: Index, band: Index, dealt: Days, ends: Days, within: Days) -> None:
    """Add up the pairs that are at most so many days apart, by band of distance and for each deal of the days."""
    for pair in range(len(first)):
        one, two, distance = first[pair], second[pair], band[pair]
        for end in range(len(ends)):
            days = ends[end]
            for each in range(_DEALS):
                gap = np.int32(dealt[one, each] - dealt[two, each])
                within[distance, end, each] += np.int32(abs(gap) <= days)
