"""From a city to series: the incidents of every place and indicator, period by period, with what was expected."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np

from geodata.alerts.rules import Counts, Flags, Values
from geodata.city import CityData
from geodata.errors import SelectionError
from geodata.locate import Index
from geodata.vocabulary import Period, PeriodKind, PlaceLevel

WEEKS = 3 * 52 + 4
"""Two years to examine, and one before them to learn from."""
LEAST_PAST, PAST_OF_ALL = 26, 13.0
"""Periods that a place's own past has at least, and how many of its periods the mean of all places weighs."""


@dataclass(frozen=True)
class PlaceSeries:
    """Series of every place of a level and every counted indicator: place by place, indicator by indicator."""

    level: PlaceLevel
    places: Index
    """Row of each place in `CityData.places`, shape (n_places,)."""
    indicators: tuple[str, ...]
    periods: tuple[Period, ...]
    """Consecutive, ascending."""
    observed: Counts
    """Plain incidents, shape (n_places · n_indicators, n_periods)."""
    expected: Values
    """Plain incidents expected at relative risk 1, same shape; NaN = missing."""
    red_line: Flags
    """Whether a red-line incident is among them, same shape."""

    def until(self, n: int) -> PlaceSeries:
        """Return the first `n` periods of each series: what was known when the last of them ended."""
        return replace(
            self,
            periods=self.periods[:n],
            observed=self.observed[:, :n],
            expected=self.expected[:, :n],
            red_line=self.red_line[:, :n],
        )

    def place(self, series: int) -> int:
        """Return the row of a series' place in `CityData.places`."""
        return int(self.places[series // len(self.indicators)])

    def indicator(self, series: int) -> str:
        """Return the id of a series' indicator."""
        return self.indicators[series % len(self.indicators)]


def place_series(city: CityData, level: PlaceLevel, periods: list[Period]) -> PlaceSeries:
    """Count every place of a level and every counted indicator in consecutive periods, under the city's method.

    What the city has no exposure for is held against its own past: see `usual_so_far`.
    """
    rows = city.members(level, city.city)
    of_type, of_red_line = _type_columns(city)
    shape = (len(rows), len(city.method.scored), len(periods))
    observed, expected = np.zeros(shape, dtype=np.int64), np.full(shape, np.nan)
    red_line = np.zeros(shape, dtype=np.bool_)
    for k, period in enumerate(periods):
        counts = city.index.place_types(level, period.start, period.end)[rows]
        observed[:, :, k], red_line[:, :, k] = counts @ of_type, counts @ of_red_line > 0
        expected[:, :, k] = city.expected_incidents(level, period)
    unknown = np.isnan(expected).all(axis=(0, 2)) & observed.any(axis=(0, 2))
    expected[:, unknown] = usual_so_far(observed[:, unknown])
    flat = (shape[0] * shape[1], shape[2])
    return PlaceSeries(
        level=level,
        places=rows,
        indicators=tuple(indicator.id for indicator in city.method.scored),
        periods=tuple(periods),
        observed=observed.reshape(flat),
        expected=expected.reshape(flat),
        red_line=red_line.reshape(flat),
    )


def usual_so_far(observed: Counts) -> Values:
    """Return the mean of all periods before each one, drawn to that of all places; what was not yet known is no part.

    Parameters
    ----------
    observed
        Incidents by place, indicator and period, shape (n_places, n_indicators, n_periods).

    Returns
    -------
    np.ndarray
        Same shape, NaN in the first ``LEAST_PAST`` periods.
    """
    before = np.arange(observed.shape[2])
    seen = np.cumsum(observed, axis=2) - observed
    everywhere = seen.mean(axis=0) / np.maximum(before, 1)
    usual = (seen + PAST_OF_ALL * everywhere) / (before + PAST_OF_ALL)
    return np.where(before < LEAST_PAST, np.nan, usual)


def _type_columns(city: CityData) -> tuple[Counts, Counts]:
    """Return which types make up each counted indicator, and which are red lines, shape (n_types, n_indicators)."""
    of_type, of_red_line = (
        np.zeros((len(city.index.types), len(city.method.scored)), dtype=np.int64) for _ in range(2)
    )
    for column, indicator in enumerate(city.method.scored):
        for kind in indicator.types:
            if (position := city.type_positions.get(kind.id)) is not None:
                of_type[position, column] = 1
                of_red_line[position, column] = bool(kind.red_line)
    return of_type, of_red_line


def whole_weeks(city: CityData, *, weeks: int = WEEKS, until: dt.date | None = None) -> list[Period]:
    """Return the last whole weeks of a city, ascending.

    Parameters
    ----------
    city
        The city.
    weeks
        At most so many weeks.
    until
        The last week is the last whole one up to this day, by default up to the last day with data.

    Raises
    ------
    SelectionError
        If the city has no whole week, because its incidents are dated by month only or are too few.
    """
    last = city.data_as_of
    periods: list[Period] = []
    if last is not None and PeriodKind.WEEK in city.period_kinds:
        week = Period.containing(min(last, until or last), PeriodKind.WEEK)
        if week.end > min(last, until or last) + dt.timedelta(days=1):
            week = week.previous()
        while len(periods) < weeks and city.is_whole(week):
            periods.append(week)
            week = week.previous()
    if not periods:
        raise SelectionError(
            "数据不足一整周，或事件只有月份，不能做周预警。",
            "there is no whole week of data, or incidents are dated by month only: no weekly alerts.",
        )
    return periods[::-1]


def weekly_series(
    city: CityData, level: PlaceLevel, *, weeks: int = WEEKS, until: dt.date | None = None
) -> PlaceSeries:
    """Count every place of a level and every counted indicator in the last whole weeks (`whole_weeks`)."""
    return place_series(city, level, whole_weeks(city, weeks=weeks, until=until))
