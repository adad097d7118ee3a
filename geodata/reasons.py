"""Why the score of a place moved, with the names that people know: sub-index, indicator, type, child place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geodata.city import CityData, Place
from geodata.index.explain import NOTHING, EffectKind, Evidence, Explanation, explain
from geodata.vocabulary import Period, PeriodKind, PlaceLevel

Values = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]


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
    parts: tuple[Place, ...]
    """The places that the effects are told apart by."""
    items: tuple[tuple[str, str], ...]
    """Indicator and incident type ("" = measured) of each item of `explanation`."""
    explanation: Explanation
    city: CityData

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


def _reasons(city: CityData, place: Place, period: Period, against: Period, sub_index: str) -> Reasons:
    below = city.levels_below(place)
    rows = city.members(below[0], place) if below else np.empty(0, dtype=np.int32)
    level = below[0] if below else None
    items = _items(city)
    position = {indicator.id: i for i, indicator in enumerate(city.method.indicators)}
    indicators = np.array([position[indicator] for indicator, _ in items], dtype=np.intp)
    then, now = (_evidence(city, place, each, level, rows, items) for each in (against, period))
    target = [s.id for s in city.method.sub_indices].index(sub_index) if sub_index else None
    daily = period.kind is PeriodKind.DAY
    explanation = explain(then, now, indicators, city.parameters(daily=daily), target=target)
    return Reasons(place, period, against, tuple(city.place(int(row)) for row in rows), items, explanation, city)


def _items(city: CityData) -> tuple[tuple[str, str], ...]:
    """List what effects of counting are told apart by: every type that occurs, and every measured indicator."""
    counted = [(i.id, kind.id) for i in city.method.scored for kind in i.types if kind.id in city.type_positions]
    return (*counted, *((i.id, "") for i in city.method.measured))


def _evidence(
    city: CityData,
    place: Place,
    period: Period,
    level: PlaceLevel | None,
    rows: npt.NDArray[np.int32],
    items: tuple[tuple[str, str], ...],
) -> Evidence:
    """Return what was counted and expected of the parts of a place and, last, of what lies in none of them."""
    whole = city.history(place, [period])
    inside = city.index.period_types([period.start, period.end], place.within, outside=False)
    total = _by_item(city, inside, whole.observed, items)
    if level is None:
        return Evidence(total, whole.expected, float(np.nan_to_num(whole.scores.red_line[0])))
    parts = city.evidence(level, rows, period)
    count = _by_item(city, parts.counts, parts.observed, items)
    known = np.isfinite(whole.expected[0])
    expected = np.where(known, parts.expected, np.nan)
    rest = np.where(known, whole.expected[0] - np.nansum(expected, axis=0), np.nan)
    rest[np.abs(rest) < 1e-9 * np.nan_to_num(whole.expected[0])] = 0.0
    return Evidence(
        np.vstack([count, total[0] - count.sum(axis=0)]),
        np.vstack([expected, rest]),
        float(np.nan_to_num(whole.scores.red_line[0])),
    )


def _by_item(
    city: CityData, counts: npt.NDArray[np.int64], observed: Values, items: tuple[tuple[str, str], ...]
) -> Values:
    position = {indicator.id: i for i, indicator in enumerate(city.method.indicators)}
    columns = []
    for indicator, kind in items:
        if kind:
            columns.append(counts[:, city.type_positions[kind]] * city.method.types[kind].severity)
        else:
            columns.append(observed[:, position[indicator]])
    return np.column_stack(columns).astype(np.float64)
