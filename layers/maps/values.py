"""The numbers behind a map: one value, interval, change and count a place; map, legend and list read the same ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geodata.city import CityData, PlaceScores
from geodata.classes import Scheme, rate_denominator, rate_scheme, rates
from geodata.counts import PlaceCounts
from geodata.index.bands import band_numbers
from geodata.index.compare import SIGNIFICANT, change_p_value
from geodata.locate import Index
from geodata.vocabulary import Period, PlaceLevel
from layers.view import TOTAL, ViewState, shown_level, shown_measure

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class MapValues:
    """What the map shows; arrays have one entry a place, in the order of `rows`."""

    level: PlaceLevel
    measure: str
    rows: Index
    value: Values
    """Score [points] or rate; NaN = missing."""
    low: Values | None
    high: Values | None
    change: Values
    """Value minus that of the period compared with; NaN = not comparable."""
    sure: npt.NDArray[np.bool_]
    """Whether the change in incidents is more than chance."""
    klass: npt.NDArray[np.int64]
    """Class of the legend, -1 = no data."""
    counted: PlaceCounts
    scheme: Scheme | None
    """Classes of a rate; None for the bands of a score."""
    per: str
    """What a rate is measured against: "residents" or "area_km2"."""


def chosen_types(view: ViewState, city: CityData) -> npt.NDArray[np.intp] | None:
    """Return positions of the types that a view counts, None for all."""
    if view.incident_type:
        position = city.type_positions.get(view.incident_type)
        return np.array([] if position is None else [position], dtype=np.intp)
    return city.types_of(view.sub_index)


def map_values(view: ViewState, city: CityData) -> MapValues | None:
    """Compute what the map shows; None in a place without finer ones."""
    level = shown_level(view, city)
    if level is None:
        return None
    place = city.find(view.place)
    rows = city.members(level, place)
    position = np.searchsorted(city.members(level, city.city), rows)
    types = chosen_types(view, city)
    counted = city.counts(level, view.period.start, view.period.end, within=place, types=types)
    before = view.compared_with()
    comparable = city.offers(before)
    measure = shown_measure(view, city)
    low: Values | None
    high: Values | None
    if measure == "score":
        value, low_end, high_end = _score(city.scores(level, view.period), view.sub_index, city)
        old = _score(city.scores(level, before), view.sub_index, city)[0] if comparable else np.full_like(value, np.nan)
        value, old = value[position], old[position]
        low, high = low_end[position], high_end[position]
        klass = band_numbers(value, city.method.bands).astype(np.int64)
        scheme, per = None, ""
    else:
        value = rates(city, level, view.period, types)[position]
        old = rates(city, level, before, types)[position] if comparable else np.full_like(value, np.nan)
        low = high = None
        scheme = city.kept(
            ("scheme", level, view.period.kind, view.sub_index, view.incident_type),
            lambda: rate_scheme(city, level, view.period, types),
        )
        klass = scheme.classify(value)
        per = rate_denominator(city, level, view.period.start.year)[1]
    sure = _sure(counted, view, city, before, types) if comparable else np.zeros(len(rows), dtype=np.bool_)
    return MapValues(level, measure, rows, value, low, high, value - old, sure, klass, counted, scheme, per)


def _score(scored: PlaceScores, sub_index: str, city: CityData) -> tuple[Values, Values, Values]:
    scores = scored.scores
    if sub_index == TOTAL:
        return scores.score, scores.low, scores.high
    j = [s.id for s in city.method.sub_indices].index(sub_index)
    low, high = city.kept(("interval", id(scores), j), lambda: scores.sub_interval(j))
    return scores.sub_score[:, j], low, high


def _sure(
    counted: PlaceCounts, view: ViewState, city: CityData, before: Period, types: npt.NDArray[np.intp] | None
) -> npt.NDArray[np.bool_]:
    """Test the change in incidents of each place against the days (calendar and coverage) of both periods."""
    place = city.find(view.place)
    old = city.counts(counted.level, before.start, before.end, within=place, types=types)
    usual_now, usual_before = usual_days(city, view.period, view), usual_days(city, before, view)
    p = change_p_value(old.places.to_numpy(), counted.places.to_numpy(), usual_before, usual_now)
    return np.asarray(p < SIGNIFICANT)


def usual_days(city: CityData, period: Period, view: ViewState) -> float:
    """Return the calendar- and coverage-weighted days of a period for the types that a view counts."""
    days, calibration = city.expected_days, city.active_calibration
    if days is None or calibration is None:
        return float(period.days)
    factor = days.between(period.start, period.end)
    weight = np.array(
        [
            sum(calibration.type_rate.get(kind.id, 0.0) for kind in indicator.types if _counts(kind.id, view))
            if view.sub_index == TOTAL or indicator in _indicators(city, view)
            else 0.0
            for indicator in city.method.scored
        ]
    )
    usable = np.isfinite(factor) & (weight > 0)
    if not usable.any():
        return float(period.days)
    return float((factor * weight)[usable].sum() / weight[usable].sum())


def _counts(type_id: str, view: ViewState) -> bool:
    return not view.incident_type or view.incident_type == type_id


def _indicators(city: CityData, view: ViewState) -> tuple[object, ...]:
    chosen = city.method.sub_index(view.sub_index)
    return chosen.indicators if chosen else ()
