"""The numbers behind a map: one value, interval, change and count a place; map, legend and list read the same ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geodata.city import CityData, Place
from geodata.classes import Scheme, Way, largest_count, rate_kind, rate_scheme, rates
from geodata.counts import PlaceCounts
from geodata.index.bands import band_numbers
from geodata.index.compare import SIGNIFICANT, change_p_value
from geodata.index.score import Scores
from geodata.locate import Index
from geodata.pooled import Pooled, pooled_scores
from geodata.vocabulary import Period, PeriodKind, PlaceLevel
from geodata.written import printed_scores
from layers.style import rate_digits
from layers.view import TOTAL, ViewState, chosen_indicator, shown_level, shown_measure

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class MapValues:
    """What the map shows; arrays have one entry a place, in the order of `rows`."""

    level: PlaceLevel
    measure: str
    rows: Index
    value: Values
    """Score [points], rate or count; NaN = missing."""
    low: Values | None
    high: Values | None
    change: Values
    """Value minus that of the period compared with, or of a score minus the target; NaN = not comparable."""
    sure: npt.NDArray[np.bool_]
    """Whether the change is more than chance, or the interval excludes the target."""
    klass: npt.NDArray[np.int64]
    """Class of the legend, -1 = no data; of counts, which have no classes, 0."""
    counted: PlaceCounts
    scheme: Scheme | None
    """Classes of a rate; None for the bands of a score and for counts, which are drawn as circles."""
    per: str
    """What a rate is measured against: "residents" or "area_km2"."""
    pooled: bool = False
    """Whether the score is that of seven days, for a single one says little."""
    largest: int = 0
    """Of counts: the most of any place in the latest periods of this length, for which the largest circle stands."""

    @property
    def digits(self) -> int:
        """Return how many decimals a value is printed with."""
        if self.scheme is not None:
            return rate_digits(list(self.scheme.breaks))
        return 0 if self.measure == "count" else 1


def chosen_types(view: ViewState, city: CityData) -> npt.NDArray[np.intp] | None:
    """Return positions of the types that a view counts, None for all."""
    if view.incident_type:
        position = city.type_positions.get(view.incident_type)
        return np.array([] if position is None else [position], dtype=np.intp)
    if view.indicator:
        indicator = chosen_indicator(view, city)
        ids = [kind.id for kind in indicator.types] if indicator else []
        return np.array([city.type_positions[i] for i in ids if i in city.type_positions], dtype=np.intp)
    return city.types_of(view.sub_index)


def printed(value: npt.ArrayLike, values: MapValues, city: CityData) -> Values:
    """Return values of a map as they are printed: no score reads as a better band than it has."""
    points = np.asarray(value, dtype=np.float64)
    return printed_scores(points, city.method.bands) if values.measure == "score" else points


def told_against(view: ViewState, measure: str) -> str:
    """Return which comparison a change is told of: only scores have a target, what is counted has the period before."""
    return "previous" if view.compare == "target" and measure != "score" else view.compare


def map_values(view: ViewState, city: CityData) -> MapValues:
    """Compute what the map shows: the finer places inside the current one; of a finest place, its siblings."""
    place = city.find(view.place)
    level = shown_level(view, city)
    container = place
    if level is None:
        container, level = city.lineage(place)[-2], place.level or city.levels[-1]
    rows = city.members(level, container)
    types = chosen_types(view, city)
    counted = city.counts(level, view.period.start, view.period.end, within=container, types=types)
    seen = _Seen(view, city, container, level, np.searchsorted(city.members(level, city.city), rows), types)
    match shown_measure(view, city):
        case "score":
            return seen.scores(rows, counted)
        case "rate":
            return seen.rates(rows, counted)
        case _:
            return seen.counts(rows, counted)


@dataclass(frozen=True)
class _Seen:
    """One map being computed: which places of which level, at which positions among all of that level."""

    view: ViewState
    city: CityData
    container: Place
    level: PlaceLevel
    position: npt.NDArray[np.intp]
    types: npt.NDArray[np.intp] | None

    @property
    def comparable(self) -> bool:
        return self.city.comparable(self.view.period, self.view.compared_with())

    def scores(self, rows: Index, counted: PlaceCounts) -> MapValues:
        value, low, high, klass = self._score(self.view.period)
        change, sure = np.full(len(rows), np.nan), np.zeros(len(rows), dtype=np.bool_)
        target = self._target()
        if self.view.compare == "target" and target is not None:
            change, sure = value - target, (low > target) | (high < target)
        elif self.view.compare != "target" and self.comparable:
            before = self.view.compared_with()
            old, *_ = self._score(before)
            change = value - old
            sure = score_change_is_sure(change, self._error(self.view.period), self._error(before))
        pooled = self.view.period.kind is PeriodKind.DAY
        return MapValues(self.level, "score", rows, value, low, high, change, sure, klass, counted, None, "", pooled)

    def _target(self) -> float | None:
        chosen = self.city.method.sub_index(self.view.sub_index)
        return self.city.method.target if chosen is None else chosen.target

    def _score(self, period: Period) -> tuple[Values, Values, Values, npt.NDArray[np.int64]]:
        """Return scores, both ends of their intervals and their bands; of a day those of its last seven days."""
        scores, pooled = self._scored(period)
        column = 0
        if self.view.sub_index == TOTAL:
            columns = (scores.score, scores.low, scores.high)
        else:
            j = self._position()
            ends = self.city.kept(
                ("interval", self.level, period, j, self._scored_in.row), lambda: scores.sub_interval(j)
            )
            columns, column = (scores.sub_score[:, j], *ends), 1 + j
        at = self._scored_at
        value, low, high = (values[at] for values in columns)
        bands = band_numbers(value, self.city.method.bands) if pooled is None else pooled.bands[at, column]
        return value, low, high, bands.astype(np.int64)

    def _error(self, period: Period) -> Values:
        """Return the standard errors of the scores by counting alone."""
        scores, _ = self._scored(period)
        every = scores.error if self.view.sub_index == TOTAL else scores.sub_error(self._position())
        return every[self._scored_at]

    @property
    def _scored_in(self) -> Place:
        return self.city.container(self.level, self.container)

    @property
    def _scored_at(self) -> npt.NDArray[np.intp]:
        """Return the positions of the places among those that are scored together."""
        every = self.city.members(self.level, self.city.city)
        inside = self.city.members(self.level, self._scored_in)
        return np.searchsorted(inside, every[self.position])

    def _scored(self, period: Period) -> tuple[Scores, Pooled | None]:
        """Return scores; of a day those of its last seven days, with their bands."""
        if period.kind is not PeriodKind.DAY:
            return self.city.scores(self.level, period, self.container).scores, None
        pooled = pooled_scores(self.city, self.level, period, self.container)
        return pooled.scores, pooled

    def _position(self) -> int:
        return [s.id for s in self.city.method.sub_indices].index(self.view.sub_index)

    def rates(self, rows: Index, counted: PlaceCounts) -> MapValues:
        view, city = self.view, self.city
        value = rates(city, self.level, view.period, self.types)[self.position]
        before = view.compared_with() if self.comparable else None
        old = rates(city, self.level, before, self.types)[self.position] if before else np.full(len(rows), np.nan)
        change, sure = value - old, self._sure(counted, before, value - old)
        scheme = rate_scheme(city, self.level, view.period, self.types, Way.parse(view.scheme))
        klass, per = scheme.classify(value), rate_kind(city, self.level)
        return MapValues(self.level, "rate", rows, value, None, None, change, sure, klass, counted, scheme, per)

    def counts(self, rows: Index, counted: PlaceCounts) -> MapValues:
        """Return plain numbers; of a place that sent nothing none, and none of a type that nobody ever sent."""
        view, city = self.view, self.city
        value = self._counted(view.period, counted)
        before = view.compared_with() if self.comparable else None
        change = value - self._counted(before) if before else np.full(len(rows), np.nan)
        sure, klass = self._sure(counted, before, change), np.where(np.isfinite(value), 0, -1)
        largest = largest_count(city, self.level, view.period, self.types)
        return MapValues(
            self.level, "count", rows, value, None, None, change, sure, klass, counted, None, "", largest=largest
        )

    def _counted(self, period: Period, counted: PlaceCounts | None = None) -> Values:
        found = counted or self._count(period)
        missing = self.city.silent_in(period)[found.places.index.to_numpy()]
        missing |= self.types is not None and len(self.types) == 0
        return np.where(missing, np.nan, found.places.to_numpy())

    def _count(self, period: Period) -> PlaceCounts:
        return self.city.counts(self.level, period.start, period.end, within=self.container, types=self.types)

    def _sure(self, counted: PlaceCounts, before: Period | None, change: Values) -> npt.NDArray[np.bool_]:
        """Say which counts changed by more than chance, days and season allowed for."""
        if before is None:
            return np.zeros(len(change), dtype=np.bool_)
        days = (usual_days(self.city, period, self.view) for period in (before, self.view.period))
        p = change_p_value(self._count(before).places.to_numpy(), counted.places.to_numpy(), *days)
        return np.asarray((p < SIGNIFICANT) & np.isfinite(change))


def score_errors(view: ViewState, city: CityData, values: MapValues) -> Values:
    """Return the standard errors, by counting alone, of the scores that `map_values` returned."""
    position = np.searchsorted(city.members(values.level, city.city), values.rows)
    return _Seen(view, city, city.city, values.level, position, None)._error(view.period)


def score_change_is_sure(change: Values, error_now: Values, error_before: Values) -> npt.NDArray[np.bool_]:
    """Say whether scores changed by more than chance may do: |Δ| > 1.96 standard errors of the difference.

    What a place's risks have in common is the same in both periods: it is no part of these errors.

    Parameters
    ----------
    change, error_now, error_before
        Differences of scores of the same places and the standard errors by counting alone, shape (n,) each.
    """
    return np.asarray(np.abs(change) > 1.959963984540054 * np.hypot(error_now, error_before))


def usual_days(city: CityData, period: Period, view: ViewState) -> float:
    """Return the calendar- and coverage-weighted days of a period for the types that a view counts.

    Of a filtered city those days that are looked at, plain.
    """
    days, calibration = city.expected_days, city.active_calibration
    if days is None or calibration is None:
        return float(city.filters.days_in(period, city.settings.time_zone) or period.days)
    factor = days.between(period.start, period.end)
    weight = np.array(
        [
            sum(calibration.type_rate.get(kind.id, 0.0) for kind in indicator.types if _counts(kind.id, view))
            if (view.sub_index == TOTAL and not view.indicator) or indicator in _indicators(city, view)
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
    if view.indicator:
        return (chosen_indicator(view, city),)
    chosen = city.method.sub_index(view.sub_index)
    return chosen.indicators if chosen else ()
