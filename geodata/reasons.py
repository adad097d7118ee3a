"""Why the score of a place moved, with the names that people know: sub-index, indicator, type, child place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from geodata.city import CityData, Place
from geodata.index.explain import NOTHING, EffectKind, Evidence, Explanation, explain
from geodata.locate import Index
from geodata.vocabulary import Period, PeriodKind, PlaceLevel

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Effect:
    """One part of a change."""

    sub_index: str
    """"" for a red line."""
    indicator: str
    incident_type: str
    """"" for what is measured, expected, or of the whole indicator."""
    place: Place | None
    """The child place; None for the place itself, or what lies in none of its children."""
    kind: EffectKind
    points: float


@dataclass(frozen=True)
class Reasons:
    """The change of a place's score between two periods, taken apart."""

    place: Place
    period: Period
    against: Period
    part_rows: Index
    """Rows of the places that the effects are told apart by."""
    items: tuple[tuple[str, str], ...]
    """Indicator and incident type ("" = measured) of each item of `explanation`."""
    explanation: Explanation
    city: CityData

    @cached_property
    def parts(self) -> tuple[Place, ...]:
        """Return the places that the effects are told apart by."""
        return tuple(self.city.place(row) for row in self.part_rows.tolist())

    @property
    def change(self) -> float:
        """Return the change in points, NaN where a score is missing."""
        return self.explanation.change

    def effects(self, *by: str) -> list[Effect]:
        """Return effects, the largest first, told apart by some of sub_index, indicator, item, part and kind."""
        names = by or ("sub_index", "indicator", "item", "part", "kind")
        groups, points = self.explanation.sums(*names)
        found = [
            self._effect(dict(zip(names, group.tolist(), strict=True)), value)
            for group, value in zip(groups, points.tolist(), strict=True)
        ]
        return sorted(found, key=lambda effect: -abs(effect.points))

    def _effect(self, group: dict[str, int], points: float) -> Effect:
        method = self.city.method
        sub, indicator, item, part = (group.get(name, NOTHING) for name in ("sub_index", "indicator", "item", "part"))
        return Effect(
            sub_index=method.sub_indices[sub].id if sub != NOTHING else "",
            indicator=method.indicators[indicator].id if indicator != NOTHING else "",
            incident_type=self.items[item][1] if item != NOTHING else "",
            place=self.parts[part] if NOTHING < part < len(self.parts) else None,
            kind=EffectKind(group.get("kind", EffectKind.COUNT)),
            points=points,
        )


def reasons(city: CityData, place: Place, period: Period, against: Period, sub_index: str = "") -> Reasons:
    """Explain why a place's score in `period` differs from that in `against`; both under the city's method.

    Parameters
    ----------
    sub_index
        Explain the score of this sub-index; "" = the composite.
    """
    return city.kept(
        ("reasons", place.row, period, against, sub_index), lambda: _reasons(city, place, period, against, sub_index)
    )


def reasons_of_level(city: CityData, level: PlaceLevel, periods: Sequence[Period]) -> Iterator[list[Reasons]]:
    """Explain every place of a level: each period but the first against the one before it; one list a period.

    The same as `reasons` of each place, from counts taken once for all places of a period.
    """
    items, before = _items(city), None
    for period in periods:
        now = _of_level(city, level, period, items)
        if before is not None:
            yield [
                _explained(city, city.place(row), (period, before.period), (now.of(k), before.of(k)), items)
                for k, row in enumerate(now.rows.tolist())
            ]
        before = now


def _reasons(city: CityData, place: Place, period: Period, against: Period, sub_index: str) -> Reasons:
    items = _items(city)
    now, then = (_of_place(city, place, each, items) for each in (period, against))
    return _explained(city, place, (period, against), (now, then), items, sub_index)


def _explained(
    city: CityData,
    place: Place,
    periods: tuple[Period, Period],
    evidence: tuple[Evidence, Evidence],
    items: tuple[tuple[str, str], ...],
    sub_index: str = "",
) -> Reasons:
    """Take the change to the first of two periods from the second apart."""
    position = _positions(city)
    indicators = np.array([position[indicator] for indicator, _ in items], dtype=np.intp)
    target = [s.id for s in city.method.sub_indices].index(sub_index) if sub_index else None
    daily = periods[0].kind is PeriodKind.DAY
    explanation = explain(evidence[1], evidence[0], indicators, city.parameters(daily=daily), target=target)
    return Reasons(place, *periods, _children(city, place), items, explanation, city)


def _children(city: CityData, place: Place) -> Index:
    below = city.levels_below(place)
    return city.members(below[0], place) if below else np.empty(0, dtype=np.int32)


def _positions(city: CityData) -> dict[str, int]:
    return {indicator.id: i for i, indicator in enumerate(city.method.indicators)}


def _items(city: CityData) -> tuple[tuple[str, str], ...]:
    """List what effects of counting are told apart by: every type that occurs, and every measured indicator."""
    counted = [(i.id, kind.id) for i in city.method.scored for kind in i.types if kind.id in city.type_positions]
    return (*counted, *((i.id, "") for i in city.method.measured))


def _of_place(city: CityData, place: Place, period: Period, items: tuple[tuple[str, str], ...]) -> Evidence:
    """Return what was counted and expected of the parts of a place and, last, of what lies in none of them."""
    whole = city.history(place, [period])
    inside = city.index.period_types([period.start, period.end], place.within, outside=False)
    total = _by_item(city, inside, whole.observed, items)
    red_line = float(np.nan_to_num(whole.scores.red_line[0]))
    below = city.levels_below(place)
    if not below:
        return Evidence(total, whole.expected, red_line)
    parts = city.evidence(below[0], city.members(below[0], place), period)
    return _with_the_rest(
        total[0], whole.expected[0], _by_item(city, parts.counts, parts.observed, items), parts.expected, red_line
    )


@dataclass(frozen=True)
class _LevelEvidence:
    """What was counted and expected of all places of a level, and of all their parts, in one period."""

    period: Period
    rows: Index
    total: Values
    """By item, shape (n, n_items)."""
    expected: Values
    red_line: Values
    parts: list[npt.NDArray[np.intp]] | None
    """Positions of each place's parts in the arrays below; None on the finest level."""
    part_count: Values
    part_expected: Values

    def of(self, k: int) -> Evidence:
        """Return the evidence of the k-th place."""
        red_line = float(self.red_line[k])
        if self.parts is None:
            return Evidence(self.total[k : k + 1], self.expected[k : k + 1], red_line)
        mine = self.parts[k]
        return _with_the_rest(
            self.total[k], self.expected[k], self.part_count[mine], self.part_expected[mine], red_line
        )


def _of_level(city: CityData, level: PlaceLevel, period: Period, items: tuple[tuple[str, str], ...]) -> _LevelEvidence:
    whole = city.scores(level, period)
    total = _by_item(city, whole.counts, whole.observed, items)
    red_line = np.nan_to_num(whole.scores.red_line)
    deeper = [each for each in city.levels if each.depth > level.depth]
    if not deeper:
        nothing = np.empty((0, 0))
        return _LevelEvidence(period, whole.rows, total, whole.expected, red_line, None, nothing, nothing)
    below = city.members(deeper[0], city.city)
    parts = city.evidence(deeper[0], below, period)
    places = [city.place(row) for row in whole.rows.tolist()]
    positions = [np.searchsorted(below, city.members(deeper[0], place)) for place in places]
    count = _by_item(city, parts.counts, parts.observed, items)
    return _LevelEvidence(period, whole.rows, total, whole.expected, red_line, positions, count, parts.expected)


def _with_the_rest(total: Values, whole: Values, count: Values, expected: Values, red_line: float) -> Evidence:
    """Return the evidence of the parts of a place and, last, of what of it lies in none of them."""
    known = np.isfinite(whole)
    expected = np.where(known, expected, np.nan)
    rest = np.where(known, whole - np.nansum(expected, axis=0), np.nan)
    rest[np.abs(rest) < 1e-9 * np.nan_to_num(whole)] = 0.0
    return Evidence(np.vstack([count, total - count.sum(axis=0)]), np.vstack([expected, rest]), red_line)


def _by_item(
    city: CityData, counts: npt.NDArray[np.int64], observed: Values, items: tuple[tuple[str, str], ...]
) -> Values:
    position = _positions(city)
    counted = [k for k, (_, kind) in enumerate(items) if kind]
    measured = [k for k, (_, kind) in enumerate(items) if not kind]
    kinds = [items[k][1] for k in counted]
    found = np.empty((len(counts), len(items)))
    severity = np.array([city.method.types[kind].severity for kind in kinds], dtype=np.float64)
    found[:, counted] = counts[:, [city.type_positions[kind] for kind in kinds]] * severity
    found[:, measured] = observed[:, [position[items[k][0]] for k in measured]]
    return found
