"""Seven days pooled: what colours the map of a single day, with bands that do not flicker from day to day.

A day brings too few incidents to judge a street by. Counts and expectations of the day and the six before it are added
up and scored together, under the daily set of sub-indices (docs/METHOD.md, 8); scores are never averaged.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from geodata.city import CityData, Place
from geodata.index.bands import NO_BAND, band_numbers
from geodata.index.score import Scores, score_places
from geodata.vocabulary import Period, PeriodKind, PlaceLevel

Values = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Number = TypeVar("Number", np.int64, np.float64)
DAYS = 7
"""How many days are pooled."""
MEMORY = 60
"""How many days back a band is followed."""


@dataclass(frozen=True)
class Pooled:
    """All places of a level, or the city, over the seven days that end with a day."""

    scores: Scores
    """One row a place; NaN where the data do not cover all seven days."""
    bands: npt.NDArray[np.int8]
    """Band of the composite and of every sub-index, held over the days before, shape (n, 1 + n_sub_indices)."""


def pooled_period(day: Period) -> Period:
    """Return the seven days that end with a day."""
    return Period.trailing(day.start, DAYS)


def pooled_scores(city: CityData, level: PlaceLevel | None, day: Period, within: Place | None = None) -> Pooled:
    """Score every place of a level (None = the city) over seven days; the last few answers are kept.

    Grid cells have no memory: their bands are those of the seven days alone, and they are scored where
    `city.container` says.
    """
    inside = city.city if level is None else city.container(level, within)

    def pooled() -> Pooled:
        remembered = [] if level is PlaceLevel.GRID_CELL else _course(city, level, day.start, day.start)[1]
        return _pooled(city, level, day, remembered, inside)

    return city.kept(("pooled", level, day, inside.row), pooled)


def prepare_pooled(city: CityData, level: PlaceLevel, days: Sequence[Period]) -> None:
    """Work out what `pooled_scores` says of consecutive days: together they cost little more than one of them."""
    if level is PlaceLevel.GRID_CELL:  # no memory to share
        return
    first, points = _course(city, level, days[0].start, days[-1].start)
    for day in days:
        begin = max(0, (day.start - first).days - MEMORY + 1)
        course = points[begin : max(0, (day.start - first).days)]
        city.kept(("pooled", level, day, None), partial(_pooled, city, level, day, course, city.city))


def held_bands(scores: Iterable[Values], thresholds: Sequence[float], hysteresis: float) -> npt.NDArray[np.int8]:
    """Return the last bands of daily series, as `index.bands.stable_bands` does of one; all series at once.

    Parameters
    ----------
    scores
        One array of points a day, all of one shape, in the order of days.
    """
    held: npt.NDArray[np.int8] = np.array(NO_BAND, dtype=np.int8)
    last = held
    for points in scores:
        last = band_numbers(points, thresholds)
        stayed = np.maximum(held, band_numbers(points + hysteresis, thresholds))
        stayed = np.minimum(stayed, band_numbers(points - hysteresis, thresholds))
        held = np.where(last == NO_BAND, held, np.where(held == NO_BAND, last, stayed)).astype(np.int8)
    return np.where(last == NO_BAND, NO_BAND, held).astype(np.int8)


def pooled_course(city: CityData, place: Place, days: Sequence[Period]) -> Pooled:
    """Score one place, or the city, over the seven days that end with each of consecutive days, one row a day.

    Bands are those of the last day's memory carried on, so that each is the one that a visit to that day shows.
    """
    back = 0 if place.level is PlaceLevel.GRID_CELL else MEMORY - 1
    every = [Period.containing(days[0].start - dt.timedelta(days=k), PeriodKind.DAY) for k in range(back, 0, -1)]
    every = [day for day in every if city.offers(day)] + list(days)
    weeks = [pooled_period(day) for day in every]
    starts = [weeks[0].start + dt.timedelta(days=k) for k in range(len(every) + DAYS)]
    daily = city.index.period_types(starts, place.within, outside=False)
    counts = np.asarray(np.lib.stride_tricks.sliding_window_view(daily, DAYS, axis=0).sum(axis=-1))
    observed, expected = city.evidence_over(place, weeks, counts)
    expected[[not city.is_whole(week) for week in weeks]] = np.nan
    scores = score_places(observed, expected, city.parameters(daily=True), city.red_line(counts, place.level))
    points = np.column_stack([scores.score, scores.sub_score])
    memory = MEMORY if back else 1
    # all days at once, each with its own memory: before the first day nothing is known, which leaves it as it is
    known = np.vstack([np.full((memory, points.shape[1]), np.nan), points])
    courses = (known[len(every) - len(days) + 1 + k :][: len(days)] for k in range(memory))
    bands = held_bands(courses, city.method.bands, city.method.band_hysteresis)
    kept = slice(len(every) - len(days), None)
    return Pooled(_rows(scores, kept), bands)


def _rows(scores: Scores, kept: slice) -> Scores:
    arrays = {each.name: getattr(scores, each.name)[kept] for each in fields(Scores) if each.name != "anchor"}
    return Scores(anchor=scores.anchor, **arrays)


def _pooled(
    city: CityData, level: PlaceLevel | None, day: Period, remembered: Sequence[Values], inside: Place
) -> Pooled:
    week = pooled_period(day)
    counts, observed, expected = _seen(city, level, week, inside)
    known = expected if city.is_whole(week) else np.full_like(expected, np.nan)
    scores = score_places(observed, known, city.parameters(daily=True), city.red_line(counts, level))
    days = [*remembered, np.column_stack([scores.score, scores.sub_score])]
    return Pooled(scores, held_bands(days, city.method.bands, city.method.band_hysteresis))


def _seen(city: CityData, level: PlaceLevel | None, period: Period, inside: Place) -> tuple[Counts, Values, Values]:
    """Return incidents by type, C and E by indicator of a level's places inside one, or of the city as one row."""
    if level is not None:
        seen = city.evidence(level, city.members(level, inside), period)
        return seen.counts, seen.observed, seen.expected
    whole = city.history(city.city, [period])
    counts = city.index.period_types([period.start, period.end], None, outside=False)
    return counts, whole.observed, whole.expected


def _course(city: CityData, level: PlaceLevel | None, earliest: dt.date, end: dt.date) -> tuple[dt.date, list[Values]]:
    """Score the days up to `end`, each with the six before it, as far back from `earliest` as data and ``MEMORY`` go.

    Returns
    -------
    tuple
        The first of these days, and points of the composite and of every sub-index by place, one array a day.
    """
    first = earliest - dt.timedelta(days=MEMORY + DAYS - 2)
    if city.index.span is not None:
        first = max(first, city.index.span[0])
    begin = first + dt.timedelta(days=DAYS - 1)
    if (end - first).days < DAYS:
        return begin, []
    counts, observed, expected = _days(city, level, first, end)
    # all weeks are scored at once; what is missing on one day is missing in its weeks; nobody asks for intervals
    weeks = len(counts) - DAYS + 1
    counts, observed, expected = _running(counts), _running(observed), _running(expected)
    pooled = replace(city.parameters(daily=True), place_spread=0.0)
    scores = score_places(observed, expected, pooled, city.red_line(counts, level))
    return begin, np.split(np.column_stack([scores.score, scores.sub_score]), weeks)


def _days(city: CityData, level: PlaceLevel | None, start: dt.date, end: dt.date) -> tuple[Counts, Values, Values]:
    """Return what was seen on each day of a half-open span, shape (n_days, n_places, …) each.

    Asked for by whole months, which are kept: the days before one day are nearly those before the next.
    """
    blocks, month = [], Period.containing(start, PeriodKind.MONTH)
    while month.start < end:
        block = _month(city, level, month)
        inside = slice(max((start - month.start).days, 0), max((end - month.start).days, 0))
        blocks.append([each[inside] for each in block])
        month = month.next()
    counts, observed, expected = (np.concatenate(each) for each in zip(*blocks, strict=True))
    return counts, observed, expected


def _month(city: CityData, level: PlaceLevel | None, month: Period) -> tuple[Counts, Values, Values]:
    def seen() -> tuple[Counts, Values, Values]:
        days = [Period.containing(month.start + dt.timedelta(days=k), PeriodKind.DAY) for k in range(month.days)]
        counts, observed, expected = (
            np.stack(each) for each in zip(*(_seen(city, level, d, city.city) for d in days), strict=True)
        )
        return counts, observed, expected

    return city.kept(("days of a month", level, month), seen)


def _running(days: npt.NDArray[Number]) -> npt.NDArray[Number]:
    """Add up each day and the ones before it, shape (n_days, n, m) to (n_weeks · n, m), week after week."""
    windows = np.lib.stride_tricks.sliding_window_view(days, DAYS, axis=0)
    return np.asarray(windows.sum(axis=-1).reshape(-1, days.shape[2]))
