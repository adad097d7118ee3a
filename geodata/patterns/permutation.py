"""What chance would make of a map: the same values dealt out anew over the places.

Two questions are asked. `shuffled_p_values` deals out all n values; a place and its k neighbours then hold k + 1 of
them, drawn without replacement. This is the chance that Gi* is standardised by, and for counts its distribution can be
computed: no draws, no seed, no least p-value. `conditional_p_values` leaves the place its own value and deals out those
of the others, as is usual for local Moran.

Where it draws, one long draw serves all places: its first k + 1, or its first k that are not the place itself. The sums
of the draws are sorted once for each k and looked up for every place, which costs a thousandth of drawing for each.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from geodata.patterns.neighbours import Neighbours

Values = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
_TIE = 1e-11
"""Sums that differ by less, as a share of the largest value, are the same sum added up in another order."""
_WORK = 2e8
"""Sums and products that computing a distribution may take; beyond, it is drawn from."""
_MOST_DRAWN = 60
"""Numbers of ways to draw more might not fit a float."""


def shuffled_p_values(values: Values, neighbours: Neighbours, *, permutations: int, seed: int) -> Values:
    """Return the two-sided p-value of the sum of each place and its neighbours, all values dealt out anew.

    Exact for counts, ``min(1, 2 min(P(sum ≤ seen), P(sum ≥ seen)))``; drawn for values that are not whole numbers or
    that run into many hundreds.

    Parameters
    ----------
    values
        One finite value a place, shape (n,).
    permutations, seed
        Of the draws, if it comes to that; p is then ``min(1, 2 (m + 1) / (R + 1))``.

    Returns
    -------
    np.ndarray
        p, shape (n,); NaN for a place without neighbours.
    """
    if _can_be_computed(values, neighbours):
        return _computed(values.astype(np.intp), neighbours)
    return _drawn(values, neighbours, permutations, seed, conditional=False)


def conditional_p_values(values: Values, neighbours: Neighbours, *, permutations: int, seed: int) -> Values:
    """Return the two-sided p-value of the sum of each place's neighbours, the others' values dealt out anew.

    ``min(1, 2 (m + 1) / (R + 1))``, m = draws at least as far out on the side seen, ties counted; the smallest
    possible is therefore 2 / (R + 1). It serves Gi, Gi* and local Moran alike: given the place's own value, all three
    rise and fall with that sum.

    Parameters
    ----------
    values
        One finite value a place, shape (n,).
    permutations
        R, > 0.
    seed
        The same seed gives the same draws.

    Returns
    -------
    np.ndarray
        p, shape (n,); NaN for a place without neighbours.
    """
    return _drawn(values, neighbours, permutations, seed, conditional=True)


def _can_be_computed(values: Values, neighbours: Neighbours) -> bool:
    """Say whether the values are counts small enough."""
    most = int(neighbours.cardinality.max(initial=0)) + 1
    if most > _MOST_DRAWN or (values != np.floor(values)).any():
        return False
    return bool(len(np.unique(values)) * most**2 / 2 * (np.ptp(values) * most + 1) <= _WORK)


def _computed(values: Index, neighbours: Neighbours) -> Values:
    values = values - values.min()  # keeps the table of sums short
    seen, size = np.rint(neighbours.row_sums(values, include_self=True)).astype(np.intp), neighbours.cardinality + 1
    ways = ways_to_sum(values, int(size.max()))
    p = np.full(neighbours.n, np.nan)
    for k in np.unique(size[size > 1]):
        mine, share = size == k, ways[k] / ways[k].sum()
        below, above = np.cumsum(share), np.cumsum(share[::-1])[::-1]
        p[mine] = np.minimum(1.0, 2.0 * np.minimum(below, above)[seen[mine]])
    return p


def ways_to_sum(values: Index, most: int) -> Values:
    """Count the ways to draw k of the values, without replacement, that add up to s.

    Parameters
    ----------
    values
        Whole numbers >= 0, shape (n,).
    most
        Largest k, at most n.

    Returns
    -------
    np.ndarray
        Numbers of ways, shape (most + 1, largest sum of `most` values + 1).
    """
    largest = int(np.sort(values)[-most:].sum())
    ways = np.zeros((most + 1, largest + 1))
    ways[0, 0] = 1.0
    for value, times in zip(*np.unique(values, return_counts=True), strict=True):
        taken = special.comb(times, np.arange(most + 1))
        fit = min(int(times), largest // int(value) if value else most)
        for k in range(most, 0, -1):  # from above, so that what is added to is not added again
            for many in range(1, min(k, fit) + 1):
                ways[k, many * value :] += taken[many] * ways[k - many, : largest + 1 - many * value]
    return ways


def _drawn(values: Values, neighbours: Neighbours, permutations: int, seed: int, *, conditional: bool) -> Values:
    centred = values - values.mean()
    cardinality, seen = neighbours.cardinality, neighbours.row_sums(centred, include_self=not conditional)
    most = int(cardinality.max(initial=0)) + 1
    drawn = draws(neighbours.n, most, permutations, np.random.default_rng(seed))
    sums = np.cumsum(centred[drawn], axis=1)
    tie = _TIE * most * float(np.abs(centred).max(initial=0.0))
    beyond = np.full(neighbours.n, np.nan)
    for k in np.unique(cardinality[cardinality > 0]):
        mine = np.flatnonzero(cardinality == k)
        ordered = np.sort(sums[:, k - conditional])
        above = len(ordered) - np.searchsorted(ordered, seen[mine] - tie, side="left")
        below = np.searchsorted(ordered, seen[mine] + tie, side="right")
        if conditional:
            more, fewer = _corrections(sums, drawn, k, mine, centred, seen, tie)
            above, below = above + more, below + fewer
        beyond[mine] = np.minimum(above, below)
    return np.minimum(1.0, 2.0 * (beyond + 1.0) / (permutations + 1.0))


def _corrections(
    sums: Values, drawn: Index, k: int, mine: Index, centred: Values, seen: Values, tie: float
) -> tuple[Index, Index]:
    """Replace the place itself, where it is among the first k of a draw, by the next: changes of both counts."""
    here = np.zeros(len(seen), dtype=np.bool_)
    here[mine] = True
    draw, turn = np.nonzero(here[drawn[:, :k]])
    place = drawn[draw, turn]
    wrong, right = sums[draw, k - 1], sums[draw, k] - centred[place]
    low, high = seen[place] - tie, seen[place] + tie
    more = np.bincount(place, (right >= low) * 1.0 - (wrong >= low), minlength=len(seen))
    fewer = np.bincount(place, (right <= high) * 1.0 - (wrong <= high), minlength=len(seen))
    return more[mine].astype(np.intp), fewer[mine].astype(np.intp)


def draws(n: int, m: int, times: int, rng: np.random.Generator) -> Index:
    """Draw m of n without replacement, in random order, many times (Floyd's method); shape (times, m)."""
    drawn = np.empty((times, m), dtype=np.intp)
    for column, last in enumerate(range(n - m, n)):
        fresh = rng.integers(0, last + 1, times)
        known = (drawn[:, :column] == fresh[:, None]).any(axis=1)
        drawn[:, column] = np.where(known, last, fresh)
    return rng.permuted(drawn, axis=1)
