"""Names on the map: name first, value second; the larger place wins, and no two ever overlap."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from layers.pictures.paper import width_of
from layers.text import SHORT_PLACE

SLACK = 1.3
"""A label may be a little wider than its place."""
GAP = 2.0
LEAST = 7.0
"""Smaller places get no label [pt]."""
BARE = 11.0
"""A mark without a name needs a place this large [pt]."""
SUFFIX = re.compile(SHORT_PLACE)
LEADING = 1.22
CELL = 48.0
Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


@dataclass
class Room:
    """What is taken already of a rectangle."""

    box: Box
    cells: dict[tuple[int, int], list[Box]] = field(default_factory=dict)

    def claim(self, box: Box, *, whatever: bool = False) -> bool:
        """Take a box if it lies inside and is free, or whatever lies there."""
        cells = list(_cells(box))
        if not whatever and (
            not _within(box, self.box) or any(_meet(box, o) for c in cells for o in self.cells.get(c, []))
        ):
            return False
        for cell in cells:
            self.cells.setdefault(cell, []).append(box)
        return True


def _cells(box: Box) -> Iterator[tuple[int, int]]:
    left, top, right, bottom = (int(edge // CELL) for edge in box)
    for x in range(left, right + 1):
        for y in range(top, bottom + 1):
            yield x, y


def _within(box: Box, outer: Box) -> bool:
    return box[0] >= outer[0] and box[1] >= outer[1] and box[2] <= outer[2] and box[3] <= outer[3]


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


@dataclass(frozen=True)
class Words:
    """What a place may be labelled with."""

    name: str
    value: str = ""
    """Its number, with the mark of its class."""
    mark: str = ""
    """The mark alone, where it hints at an exception; "" = never alone."""
    known: bool = True
    dark: bool = False
    """Whether the place is so dark that it is written on in white."""


@dataclass(frozen=True)
class Spot:
    """A place that may be labelled."""

    place: int
    words: Words
    at: tuple[float, float]
    room: tuple[float, float]
    """Width and height of the place [pt]."""


@dataclass(frozen=True)
class Label:
    """What is written, line by line, around a point."""

    place: int
    lines: tuple[str, ...]
    at: tuple[float, float]
    dark: bool
    box: Box


def chosen(spots: list[Spot], size: float, room: Callable[[], Room]) -> list[Label]:
    """Choose what is written; names are shortened, all of them, if that lets more places be named.

    Parameters
    ----------
    spots
        All places.
    size
        Of the letters.
    room
        Makes the room as it is before any label.
    """
    large = [spot for spot in spots if min(spot.room) >= LEAST]
    order = np.argsort([-(spot.room[0] * spot.room[1] + 1e9 * spot.words.known) for spot in large], kind="stable")
    ordered = [large[k] for k in order]
    full = _fill(ordered, size, room(), short=False)
    if _named(full) == len(ordered):
        return full
    short = _fill(ordered, size, room(), short=True)
    return short if _named(short) > _named(full) else full


def _named(labels: list[Label]) -> int:
    return sum(len(label.lines[0]) > 1 for label in labels)


def _fill(spots: list[Spot], size: float, room: Room, *, short: bool) -> list[Label]:
    """Give each place, in order, the best wording that fits it and meets no label before it."""
    labels = []
    for spot in spots:
        for lines in _wordings(spot, short=short):
            wide = max(_width(line, size) for line in lines)
            tall = LEADING * size * len(lines)
            if wide > spot.room[0] * SLACK or tall > spot.room[1] * SLACK:
                continue
            x, y = spot.at
            box = (x - wide / 2 - GAP, y - tall / 2 - 1, x + wide / 2 + GAP, y + tall / 2 + 1)
            if room.claim(box):
                labels.append(Label(spot.place, lines, spot.at, spot.words.dark, box))
                break
    return labels


def _wordings(spot: Spot, *, short: bool) -> list[tuple[str, ...]]:
    words = spot.words
    name = SUFFIX.sub(r"\1", words.name) if short else words.name
    found: list[tuple[str, ...]] = [(name, words.value)] if words.value else []
    found += [(name,)] if name else []
    return [*found, *([(words.mark,)] if words.mark and min(spot.room) >= BARE else [])]


@lru_cache(maxsize=20_000)
def _width(words: str, size: float) -> float:
    return width_of(words, size, bold=True)
