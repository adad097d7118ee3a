"""What would be expected: base-year rates, calendar factors, coverage of the sources (docs/METHOD.md, formula 1)."""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from dataclasses import dataclass, field
from typing import Any

import chinese_calendar
import numpy as np
import numpy.typing as npt

from geodata.counts import CountIndex
from geodata.errors import MethodError
from geodata.index.catalogue import Method
from geodata.index.score import severity_scale

Values = npt.NDArray[np.float64]
WORKDAY, WEEKEND, HOLIDAY = 0, 1, 2
PSEUDO_DAYS = 30.0
"""A day-class factor from fewer days than this is drawn towards 1 by as many."""
PSEUDO_EVENTS = 30.0
"""Month factors of rare types are drawn towards 1 by this many incidents."""
LEAST_COVERAGE = 0.5
"""An indicator of which less was delivered in a period is missing in it."""
SILENT_EVENTS = 12.0
"""A source is silent where so many incidents were due and none came: a chance of 6 in a million."""


def day_classes(start: dt.date, end: dt.date, time_zone: str) -> npt.NDArray[np.int8]:
    """Class each day as workday, ordinary weekend or statutory holiday.

    In mainland China by the published holiday calendar, make-up workdays included; where that calendar has no year yet,
    and in other time zones, by Monday to Friday.

    Parameters
    ----------
    start, end
        Half-open span of local days.
    time_zone
        IANA name of the city's zone.
    """
    days = [start + dt.timedelta(days=i) for i in range((end - start).days)]
    chinese = time_zone == "Asia/Shanghai"
    return np.array([_chinese_class(day) if chinese else _plain_class(day) for day in days], dtype=np.int8)


def _chinese_class(day: dt.date) -> int:
    try:
        off, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:  # a year whose calendar is not published
        return _plain_class(day)
    if not off:
        return WORKDAY
    return HOLIDAY if name else WEEKEND


def _plain_class(day: dt.date) -> int:
    return WEEKEND if day.weekday() >= 5 else WORKDAY


def day_factors(days: npt.ArrayLike, mean_count: npt.ArrayLike) -> Values:
    """Return how many incidents a day of each class has, against the mean day; weighted mean 1 before shrinking.

    Parameters
    ----------
    days
        Days of each class in the base year, shape (n_classes,).
    mean_count
        Incidents a day of each class, same shape.
    """
    n, x = np.asarray(days, dtype=np.float64), np.asarray(mean_count, dtype=np.float64)
    mean = float((n * x).sum() / n.sum()) if n.sum() else 0.0
    factor = x / mean if mean > 0 else np.ones_like(x)
    if (n < PSEUDO_DAYS).any():
        factor = (n * factor + PSEUDO_DAYS) / (n + PSEUDO_DAYS)
    return np.asarray(factor)


@dataclass(frozen=True)
class Calibration:
    """Base-year conditions, frozen with a method version."""

    base_start: dt.date
    base_end: dt.date
    """Half-open span of local days."""
    exposure: dict[str, str]
    """The kind of exposure that each indicator is measured against: its own, or residents where the city lacks it."""
    type_rate: dict[str, float]
    """Incidents a unit of exposure and day by incident type."""
    month_factor: dict[str, list[float]]
    """Twelve factors by indicator."""
    day_factor: dict[str, list[float]]
    """Factors of workday, weekend and holiday by indicator."""
    measure_base: dict[str, float] = field(default_factory=dict)
    """What the base year measured by indicator that is not counted: see `measures.MeasureIndex.base`."""
    alpha: dict[str, float] = field(default_factory=dict)
    """Prior strengths estimated on the base year, instead of the indicators' own."""

    @property
    def present(self) -> set[str]:
        """Return the indicators that something is expected of."""
        return set(self.exposure) | set(self.measure_base)

    def rate(self, method: Method) -> Values:
        """Return r: severity-weighted incidents a unit of exposure and day, shape (n_indicators,); NaN = unknown."""
        return np.array(
            [
                sum(kind.severity * self.type_rate.get(kind.id, 0.0) for kind in indicator.types)
                if indicator.id in self.exposure
                else np.nan
                for indicator in method.scored
            ]
        )

    def plain_rate(self, method: Method) -> Values:
        """Return incidents a unit of exposure and day, not weighted, shape (n_scored,); NaN = unknown."""
        return np.array(
            [
                sum(self.type_rate.get(kind.id, 0.0) for kind in indicator.types)
                if indicator.id in self.exposure
                else np.nan
                for indicator in method.scored
            ]
        )

    def q(self, method: Method) -> Values:
        """Return the severity scale of each indicator, shape (n_indicators,)."""
        return np.array(
            [
                severity_scale([k.severity for k in i.types], [self.type_rate.get(k.id, 0.0) for k in i.types])
                for i in method.scored
            ]
        )

    def to_toml(self) -> str:
        """Write the table that `from_toml` reads from a method file."""
        lines = ["\n[calibration]\n", f"base_start = {self.base_start}\n", f"base_end = {self.base_end}\n"]
        for key in ("exposure", "type_rate", "month_factor", "day_factor", "measure_base", "alpha"):
            lines.append(f"\n[calibration.{key}]\n")
            lines += [f"{name} = {json.dumps(value)}\n" for name, value in getattr(self, key).items()]
        return "".join(lines)

    @classmethod
    def from_toml(cls, text: str) -> Calibration | None:
        """Read the calibration of a method file, None if it has none.

        Raises
        ------
        MethodError
            If the table is incomplete.
        """
        raw: dict[str, Any] | None = tomllib.loads(text).get("calibration")
        if raw is None:
            return None
        try:
            return cls(**raw)
        except TypeError as error:
            raise MethodError(
                f"方法文件的标定部分不完整：{error}。", f"the calibration is incomplete: {error}."
            ) from error


def source_coverage(index: CountIndex) -> npt.NDArray[np.bool_]:
    """Say on which days of the index's span each source delivered, shape (n_sources, n_days).

    A source covers the days from its first to its last incident, except runs of empty days that chance does not
    explain at its own rate (``SILENT_EVENTS``). Zero is then a count of nothing; a silent source is missing data.
    """
    counts = index.source_days()
    covered = np.zeros(counts.shape, dtype=np.bool_)
    for row, daily in zip(covered, counts, strict=True):
        active = np.flatnonzero(daily)
        if len(active) == 0:
            continue
        row[active[0] : active[-1] + 1] = True
        due = SILENT_EVENTS / (daily.sum() / (active[-1] - active[0] + 1))
        silent = np.flatnonzero(np.diff(active) - 1 >= max(due, 1.0))
        for gap in silent:
            row[active[gap] + 1 : active[gap + 1]] = False
        tail = len(daily) - 1 - active[-1]
        if 0 < tail < due:  # the last empty days may be chance
            row[active[-1] + 1 :] = True
        if 0 < active[0] < due:
            row[: active[0]] = True
    return covered


def indicator_coverage(index: CountIndex, method: Method) -> Values:
    """Say which share of each indicator's usual sources delivered on each day, shape (n_indicators, n_days).

    Sources weigh as much as the severity-weighted incidents that they usually bring. An indicator that no source ever
    fed is covered on no day.
    """
    covered = source_coverage(index)
    by_source = index.source_types()
    position = {name: k for k, name in enumerate(index.types)}
    shares = np.zeros((len(method.scored), len(index.sources)))
    for i, indicator in enumerate(method.scored):
        for kind in indicator.types:
            if kind.id in position:
                shares[i] += kind.severity * by_source[:, position[kind.id]]
    total = shares.sum(axis=1, keepdims=True)
    return np.asarray((shares / np.where(total > 0, total, 1.0)) @ covered)


def base_span(span: tuple[dt.date, dt.date]) -> tuple[dt.date, dt.date]:
    """Choose the base year: the first whole calendar year with data, else the first twelve whole months, else all."""
    first, last = span
    start, end = dt.date(first.year + (first > dt.date(first.year, 1, 7)), 1, 1), last + dt.timedelta(days=1)
    if end >= start.replace(year=start.year + 1) - dt.timedelta(days=7):
        return start, start.replace(year=start.year + 1)
    month = first.replace(day=1)
    if first.day > 7:
        month = (month + dt.timedelta(days=32)).replace(day=1)
    if end >= month.replace(year=month.year + 1) - dt.timedelta(days=7):
        return month, month.replace(year=month.year + 1)
    return first, end


def calibrate(
    index: CountIndex,
    method: Method,
    exposure: dict[str, float],
    *,
    time_zone: str,
    base: tuple[dt.date, dt.date] | None = None,
) -> Calibration | None:
    """Estimate base-year conditions from the stored incidents.

    Parameters
    ----------
    index
        All incidents; those of places without data must have no part in `exposure`.
    exposure
        Total exposure of the city in units of the method by kind; a kind that the city lacks is left out.
    time_zone
        IANA name, for the day classes.
    base
        Half-open span of days; by default `base_span`.

    Returns
    -------
    Calibration or None
        None if there are no incidents.
    """
    if index.span is None:
        return None
    start, end = base or base_span(index.span)
    starts = [start + dt.timedelta(days=i) for i in range((end - start).days + 1)]
    daily = index.period_types(starts, outside=False)
    coverage = _window(indicator_coverage(index, method), index.span[0], start, end)
    classes, months = day_classes(start, end, time_zone), np.array([day.month - 1 for day in starts[:-1]])
    position = {name: k for k, name in enumerate(index.types)}
    kinds: dict[str, str] = {}
    type_rate: dict[str, float] = {}
    month_factor: dict[str, list[float]] = {}
    day_factor: dict[str, list[float]] = {}
    for i, indicator in enumerate(method.scored):
        kind = next((k for k in (indicator.exposure, "residents") if exposure.get(k, 0) > 0), None)
        seen = coverage[i] > 0
        if kind is None or not seen.any():
            continue
        by_type = {
            t.id: daily[:, position[t.id]] if t.id in position else np.zeros(len(daily)) for t in indicator.types
        }
        total = np.sum(list(by_type.values()), axis=0)
        whole_year = (end - start).days >= 365 and index.precision != "month" and seen.mean() > 0.9
        month = _month_factors(total, months, coverage[i]) if (end - start).days >= 365 else np.ones(12)
        day = _class_factors(total, classes, coverage[i]) if whole_year else np.ones(3)
        usual = float((month[months] * day[classes] * coverage[i]).sum())
        kinds[indicator.id] = kind
        month_factor[indicator.id], day_factor[indicator.id] = month.tolist(), day.tolist()
        type_rate |= {name: float(n.sum()) / (exposure[kind] * usual) for name, n in by_type.items()}
    return Calibration(start, end, kinds, type_rate, month_factor, day_factor)


def _month_factors(total: npt.NDArray[Any], months: npt.NDArray[Any], coverage: Values) -> Values:
    days = np.bincount(months, weights=coverage, minlength=12)
    due = total.sum() * days / max(days.sum(), 1e-9)
    return np.asarray((np.bincount(months, weights=total, minlength=12) + PSEUDO_EVENTS) / (due + PSEUDO_EVENTS))


def _class_factors(total: npt.NDArray[Any], classes: npt.NDArray[np.int8], coverage: Values) -> Values:
    days = np.bincount(classes, weights=coverage, minlength=3)
    counts = np.bincount(classes, weights=total, minlength=3)
    mean = float(counts.sum() / max(days.sum(), 1e-9))
    return day_factors(days, np.where(days > 0, counts / np.maximum(days, 1e-9), mean))


def _window(values: Values, first: dt.date, start: dt.date, end: dt.date) -> Values:
    """Cut daily columns that begin on `first` to the days ``start`` … ``end``; days outside are 0."""
    low, n = (start - first).days, (end - start).days
    window = np.zeros((len(values), n))
    source = slice(max(low, 0), max(min(low + n, values.shape[1]), 0))
    offset = max(-low, 0)
    part = values[:, source]
    window[:, offset : offset + part.shape[1]] = part
    return window


@dataclass(frozen=True)
class ExpectedDays:
    """Calendar and coverage factors of each indicator, cumulative over the days of the index."""

    first: dt.date
    factor: Values
    """Σ M·D·coverage up to each day, shape (n_indicators, n_days + 1)."""
    covered: Values
    """Σ coverage up to each day, same shape."""

    @classmethod
    def prepare(cls, index: CountIndex, method: Method, calibration: Calibration, *, time_zone: str) -> ExpectedDays:
        """Lay out the factors of every day that the index covers."""
        first, last = index.span or (calibration.base_start, calibration.base_start)
        end = last + dt.timedelta(days=1)
        if index.precision == "month":  # a month's incidents stand on its first day
            end = (end.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
        coverage = indicator_coverage(index, method)
        if (grown := (end - first).days - coverage.shape[1]) > 0:
            coverage = np.hstack([coverage, np.repeat(coverage[:, -1:], grown, axis=1)])
        months = np.array([(first + dt.timedelta(days=i)).month - 1 for i in range((end - first).days)])
        classes = day_classes(first, end, time_zone)
        month = np.array([calibration.month_factor.get(i.id, [np.nan] * 12) for i in method.scored])
        day = np.array([calibration.day_factor.get(i.id, [np.nan] * 3) for i in method.scored])
        factor = month[:, months] * day[:, classes] * coverage
        return cls(first, _cumulative(factor), _cumulative(coverage))

    def between(self, start: dt.date, end: dt.date) -> Values:
        """Return Σ M·D·coverage of each indicator over a half-open span of days, shape (n_indicators,).

        NaN where less than ``LEAST_COVERAGE`` of the days so far was delivered: that is missing, not zero.
        """
        last = self.factor.shape[1] - 1
        low, high = (min(max((day - self.first).days, 0), last) for day in (start, end))
        covered = self.covered[:, high] - self.covered[:, low]
        enough = covered >= max(LEAST_COVERAGE * (high - low), 1e-9)
        return np.where(enough, self.factor[:, high] - self.factor[:, low], np.nan)


def _cumulative(values: Values) -> Values:
    return np.hstack([np.zeros((len(values), 1)), np.cumsum(values, axis=1)])
