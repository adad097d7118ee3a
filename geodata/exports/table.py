"""A table of places as it leaves the city: what every format writes, in the order in which it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from geodata.exports.working import Working
from geodata.locate import Index

EXACT = 6
"""Decimals of numbers that programs read."""


class Kind(StrEnum):
    """What the cells of a column are."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    FLAG = "flag"


@dataclass(frozen=True)
class Column:
    """One column; None = missing."""

    key: str
    """What programs call it."""
    name: str
    """What people call it, in the language of the export."""
    kind: Kind
    values: Sequence[Any]
    digits: int = EXACT
    """Decimals that are shown of a number."""
    shown: Sequence[str | None] | None = None
    """Words for people where `values` are codes for programs."""


@dataclass(frozen=True)
class Look:
    """What a class of the map looks like."""

    word: str
    fill: str
    """#rrggbb."""


@dataclass(frozen=True)
class PlaceTable:
    """Places of one level with their numbers, and what has to stand beside them."""

    title: str
    slug: str
    """Letters, digits, - and _ that name a file everywhere."""
    facts: tuple[tuple[str, str], ...]
    """What the numbers rest on, as (name, value): period, date of the data, versions, filters."""
    measure: str
    """What the value is: score, rate or count."""
    simulated: str
    """The mark of made-up data, "" of real ones."""
    columns: tuple[Column, ...]
    closing: tuple[tuple[str, str, int], ...]
    """(key, name, incidents): places + unlocated + outside = total, the total last."""
    rows: Index
    """Row of each place in ``CityData.places``."""
    klass: npt.NDArray[np.int64]
    """Class of each place, -1 = no data."""
    looks: tuple[Look, ...]
    """Of each class; none where circles stand for numbers."""
    largest: int = 0
    """Of circles: the number that the largest one stands for."""
    radius_px: float = 0.0
    """Of circles: how large that one is on the screen."""
    working: Working | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    """Names of sheets and headings that only some formats have."""

    def column(self, key: str) -> Column:
        """Return a column by its key."""
        return next(column for column in self.columns if column.key == key)

    def records(self) -> list[dict[str, Any]]:
        """Return one dictionary a place, by the keys of the columns."""
        keys = [column.key for column in self.columns]
        return [
            dict(zip(keys, cells, strict=True))
            for cells in zip(*(column.values for column in self.columns), strict=True)
        ]

    def head(self) -> dict[str, Any]:
        """Return title, facts, mark and closing numbers for programs."""
        return {
            "title": self.title,
            "measure": self.measure,
            "facts": dict(self.facts),
            **({"simulated": self.simulated} if self.simulated else {}),
            "totals": {key: n for key, _, n in self.closing},
        }


def texts(values: Sequence[object]) -> list[str]:
    """Return texts as they are."""
    return [str(value) for value in values]


def numbers(values: npt.ArrayLike, digits: int = EXACT) -> list[float | None]:
    """Return numbers rounded to some decimals, None where there is none."""
    rounded = np.round(np.asarray(values, dtype=np.float64), digits) + 0.0  # no negative zero
    return [value if np.isfinite(value) else None for value in rounded.tolist()]
