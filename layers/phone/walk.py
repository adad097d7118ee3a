"""A short walk through a few spots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

Position = tuple[float, float]
"""Metres to the east and to the north."""


def walk(spots: Sequence[Position]) -> list[int]:
    """Return an order of spots with a short way from the first to the last; nobody has to come back.

    From each spot in turn the nearest one that is left, then stretches turned round as long as that shortens the way
    (2-opt); of all beginnings the shortest, of equals the one that begins with the spot named first.
    """
    if len(spots) < 2:
        return list(range(len(spots)))
    walks = [_turned(_nearest(spots, first), spots) for first in range(len(spots))]
    best = min(walks, key=lambda order: (round(length(order, spots), 6), order[0]))
    return best if best[0] <= best[-1] else best[::-1]


def length(order: Sequence[int], spots: Sequence[Position]) -> float:
    """Return how long the way through spots is, as the crow flies [m]."""
    return sum(legs(order, spots))


def legs(order: Sequence[int], spots: Sequence[Position]) -> list[float]:
    """Return the way to each spot but the first from the one before it [m]."""
    return [math.dist(spots[a], spots[b]) for a, b in pairwise(order)]


def _nearest(spots: Sequence[Position], first: int) -> list[int]:
    order, left = [first], [k for k in range(len(spots)) if k != first]
    while left:
        here = spots[order[-1]]
        order.append(min(left, key=lambda k: (math.dist(here, spots[k]), k)))
        left.remove(order[-1])
    return order


def _turned(order: list[int], spots: Sequence[Position]) -> list[int]:
    """Turn stretches round until none shortens the way."""
    shortest, improved = length(order, spots), True
    while improved:
        improved = False
        for low in range(len(order) - 1):
            for high in range(low + 2, len(order) + 1):
                turned = [*order[:low], *reversed(order[low:high]), *order[high:]]
                if (now := length(turned, spots)) < shortest - 1e-9:
                    order, shortest, improved = turned, now, True
    return order
