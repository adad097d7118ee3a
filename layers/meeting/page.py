"""The pages of a meeting as plain data: what the wall, the slides, the minutes and the picture all draw from.

Every text is in one language already, every number as it is written, with the view that shows its rows.
"""

from __future__ import annotations

from dataclasses import dataclass

from geodata.meeting.briefing import Reference
from geodata.meeting.words import Sentence


@dataclass(frozen=True)
class KeyNumber:
    """One of the at most seven numbers that a page shows large."""

    label: str
    text: str
    """As written, with its unit or without."""
    note: str = ""
    """Its interval, or why there is none."""
    band: str = ""
    """A `Band`, "" for a number without one."""
    at: Reference | None = None


@dataclass(frozen=True)
class Cell:
    """One cell of a table."""

    text: str
    value: float | None = None
    """Of a number, not rounded."""
    at: Reference | None = None
    band: str = ""


@dataclass(frozen=True)
class Table:
    """A table, also of what a chart or a map draws."""

    title: str
    columns: tuple[str, ...]
    numeric: tuple[bool, ...]
    """Whether a column holds numbers, set to the right."""
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Bars:
    """Horizontal bars from zero: points of causes, numbers of types."""

    title: str
    unit: str
    names: tuple[str, ...]
    values: tuple[float, ...]
    texts: tuple[str, ...]
    """Of each value as written."""
    signed: bool
    """Whether the sign matters: bars then go both ways, in two colours and with ▲ or ▼."""


@dataclass(frozen=True)
class HourGrid:
    """Hour × weekday; seven rows from Monday, 24 hours each."""

    title: str
    days: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    note: str
    """What of it is known."""
    at: Reference


@dataclass(frozen=True)
class Area:
    """One place on a map."""

    token: str
    name: str
    value: float | None
    """None = missing, hatched."""
    text: str
    """The value as written."""
    colour: str
    """#rrggbb, "" where missing; of circles the colour of the circle."""
    radius: float = 0.0
    """Of a circle, as a share of the map's width; 0 for filled areas."""
    at: Reference | None = None


@dataclass(frozen=True)
class Key:
    """One entry of a map's legend."""

    colour: str
    """"" = hatched."""
    label: str
    n: int
    """Places that have it."""


@dataclass(frozen=True)
class MapView:
    """Parts of a place: scores as filled areas, numbers as circles."""

    title: str
    place: str
    """Token of the place that is shown."""
    level: str
    """Level of its parts."""
    front: str
    """Sub-index that it shows, "" = the composite."""
    circles: bool
    areas: tuple[Area, ...]
    keys: tuple[Key, ...]
    closing: str
    """Parts + unlocated + outside = whole, in words."""


@dataclass(frozen=True)
class DecisionRow:
    """A decision in words, with what became of it where that is asked."""

    id: str
    problem: str
    measure: str
    lead: str
    helpers: str
    deadline: str
    goal: str
    """The number that must move, from where to where, at which place."""
    state: str = ""
    """In words: 进行中, 已达目标, 未达目标, …"""
    effect: str = ""
    """In words: 有效, 看不出, 转移到周边, with numbers and reason."""
    answer: str = ""
    """Value of `geodata.effects.Answer`, "" without."""
    at: Reference | None = None
    """The view that shows the rows counted."""


@dataclass(frozen=True)
class Page:
    """One page."""

    id: str
    """title, earlier, score, why, where, front:<sub-index>, others, alerts, decisions, supervision, minutes."""
    title: str
    sentences: tuple[Sentence, ...] = ()
    numbers: tuple[KeyNumber, ...] = ()
    """At most seven."""
    bars: tuple[Bars, ...] = ()
    hours: HourGrid | None = None
    map: MapView | None = None
    tables: tuple[Table, ...] = ()
    earlier: tuple[DecisionRow, ...] = ()
    """What was decided before, and whether it helped."""
    decisions: tuple[DecisionRow, ...] = ()
    """Of this meeting."""
    note: str = ""


@dataclass(frozen=True)
class Frame:
    """What stands on every page."""

    heading: str
    """Place and period."""
    footer: str
    """Data as of, method, boundaries, snapshot, source; 模拟数据 where the data are made up."""
    simulated: str
    """The mark of made-up data, "" for real data."""
    place: str = ""
    """The place alone, as it is written."""
    period: str = ""
    """The period alone."""


@dataclass(frozen=True)
class Shapes:
    """Outlines of some places in one picture: x to the right, y downwards, 0 ≤ x ≤ 1, 0 ≤ y ≤ height."""

    height: float
    rings: dict[str, tuple[tuple[tuple[float, float], ...], ...]]
    """By token: rings of the place, outer and inner ones alike (even-odd fill)."""
    points: dict[str, tuple[float, float]]
    """By token: where a circle or a label stands."""


@dataclass(frozen=True)
class Deck:
    """A whole meeting, ready to be drawn."""

    lang: str
    frame: Frame
    pages: tuple[Page, ...]
    shapes: dict[str, Shapes]
    """By ``<place token>|<level>`` of a `MapView`."""
