"""The words of the product: levels of places, bands, and periods of local days."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from geodata.errors import SelectionError


class PlaceLevel(StrEnum):
    """The four levels below the city, from coarse to fine; a city may lack any of them."""

    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"
    GRID_CELL = "grid_cell"

    @property
    def depth(self) -> int:
        """Return 0 for a district up to 3 for a grid cell."""
        return LEVELS.index(self)


LEVELS: tuple[PlaceLevel, ...] = tuple(PlaceLevel)


class Band(StrEnum):
    """How safe a score is, from best to worst: 优秀, 良好, 平稳, 较差."""

    EXCELLENT = "excellent"
    GOOD = "good"
    STEADY = "steady"
    POOR = "poor"


class TimePrecision(StrEnum):
    """How exactly an incident's time is known; a month is stored as its first day."""

    MINUTE = "minute"
    DAY = "day"
    MONTH = "month"


class PeriodKind(StrEnum):
    """The periods that numbers are published for."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    RANGE = "range"
    """Any span of days; trailing windows are such."""


_RANGE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.\.([0-9]{4}-[0-9]{2}-[0-9]{2})")
_PATTERNS = {
    PeriodKind.DAY: re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})"),
    PeriodKind.WEEK: re.compile(r"([0-9]{4})-W([0-9]{2})"),
    PeriodKind.MONTH: re.compile(r"([0-9]{4})-([0-9]{2})"),
    PeriodKind.QUARTER: re.compile(r"([0-9]{4})-Q([1-4])"),
    PeriodKind.YEAR: re.compile(r"([0-9]{4})"),
}


@dataclass(frozen=True, order=True)
class Period:
    """A half-open span of local days, ``start`` to the day before ``end``, of one kind.

    Its text is ``2026-10-05``, ``2026-W41`` (ISO week), ``2026-10``, ``2026-Q4``, ``2026``, or, for any span, the first
    and the last day, ``2026-10-05..2026-10-18``.

    Examples
    --------
    >>> october = Period.parse("2026-10")
    >>> october.start, october.end, october.days
    (datetime.date(2026, 10, 1), datetime.date(2026, 11, 1), 31)
    >>> str(october.previous()), str(october.year_ago())
    ('2026-09', '2025-10')
    >>> fortnight = Period.parse("2026-10-05..2026-10-18")
    >>> fortnight.days, str(fortnight.previous())
    (14, '2026-09-21..2026-10-04')
    """

    start: dt.date
    end: dt.date
    kind: PeriodKind

    @classmethod
    def containing(cls, day: dt.date, kind: PeriodKind) -> Period:
        """Return the period of `kind` that `day` lies in."""
        match kind:
            case PeriodKind.DAY:
                start, end = day, day + dt.timedelta(days=1)
            case PeriodKind.WEEK:
                start = day - dt.timedelta(days=day.weekday())
                end = start + dt.timedelta(days=7)
            case PeriodKind.MONTH:
                start, end = day.replace(day=1), _months_on(day.replace(day=1), 1)
            case PeriodKind.QUARTER:
                start = day.replace(month=3 * ((day.month - 1) // 3) + 1, day=1)
                end = _months_on(start, 3)
            case PeriodKind.YEAR:
                start, end = day.replace(month=1, day=1), day.replace(year=day.year + 1, month=1, day=1)
            case PeriodKind.RANGE:
                start, end = day, day + dt.timedelta(days=1)
        return cls(start, end, kind)

    @classmethod
    def trailing(cls, last: dt.date, days: int) -> Period:
        """Return the span of `days` days that ends with the day `last`."""
        return cls(last - dt.timedelta(days=days - 1), last + dt.timedelta(days=1), PeriodKind.RANGE)

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read a period from its text.

        Raises
        ------
        SelectionError
            If the text is no period, or its date does not exist.
        """
        if found := _RANGE.fullmatch(text):
            with suppress(ValueError, OverflowError):
                first, last = (dt.date.fromisoformat(day) for day in found.groups())
                if first <= last:
                    return cls(first, last + dt.timedelta(days=1), PeriodKind.RANGE)
        for kind, pattern in _PATTERNS.items():
            if found := pattern.fullmatch(text):
                try:
                    return cls.containing(_first_day(kind, [int(part) for part in found.groups()]), kind)
                except (ValueError, OverflowError):
                    break
        raise SelectionError(
            f"周期“{text[:40]}”无法识别，请写成 2026-10-05、2026-W41、2026-10、2026-Q4、2026 "
            "或 2026-10-05..2026-10-18。",
            f"`period` {text[:40]!r} is not a period: write 2026-10-05, 2026-W41, 2026-10, 2026-Q4, 2026 or "
            "2026-10-05..2026-10-18.",
        )

    def __str__(self) -> str:
        match self.kind:
            case PeriodKind.DAY:
                return self.start.isoformat()
            case PeriodKind.WEEK:
                year, week, _ = self.start.isocalendar()
                return f"{year:04d}-W{week:02d}"
            case PeriodKind.MONTH:
                return self.start.isoformat()[:7]
            case PeriodKind.QUARTER:
                return f"{self.start.year:04d}-Q{(self.start.month + 2) // 3}"
            case PeriodKind.YEAR:
                return f"{self.start.year:04d}"
            case PeriodKind.RANGE:
                return f"{self.start.isoformat()}..{(self.end - dt.timedelta(days=1)).isoformat()}"

    @property
    def days(self) -> int:
        """Return the number of local days."""
        return (self.end - self.start).days

    def previous(self) -> Period:
        """Return the period before this one (环比)."""
        if self.kind is PeriodKind.RANGE:
            return Period(self.start - (self.end - self.start), self.start, self.kind)
        return Period.containing(self.start - dt.timedelta(days=1), self.kind)

    def next(self) -> Period:
        """Return the period after this one."""
        if self.kind is PeriodKind.RANGE:
            return Period(self.end, self.end + (self.end - self.start), self.kind)
        return Period.containing(self.end, self.kind)

    def year_ago(self) -> Period:
        """Return the same period a year earlier (同比): same week number, same month, same date.

        29 February is compared with 28 February, week 53 with the last week of the year before.
        """
        if self.kind is PeriodKind.WEEK:
            year, week, _ = self.start.isocalendar()
            last_week = dt.date(year - 1, 12, 28).isocalendar().week
            return Period.containing(dt.date.fromisocalendar(year - 1, min(week, last_week), 1), self.kind)
        last_day = calendar.monthrange(self.start.year - 1, self.start.month)[1]
        if self.kind is PeriodKind.RANGE:
            first = self.start.replace(year=self.start.year - 1, day=min(self.start.day, last_day))
            return Period(first, first + (self.end - self.start), self.kind)
        start = self.start.replace(year=self.start.year - 1, day=min(self.start.day, last_day))
        return Period.containing(start, self.kind)


def _first_day(kind: PeriodKind, parts: list[int]) -> dt.date:
    match kind:
        case PeriodKind.DAY:
            return dt.date(parts[0], parts[1], parts[2])
        case PeriodKind.WEEK:
            return dt.date.fromisocalendar(parts[0], parts[1], 1)
        case PeriodKind.MONTH:
            return dt.date(parts[0], parts[1], 1)
        case PeriodKind.QUARTER:
            return dt.date(parts[0], 3 * parts[1] - 2, 1)
        case _:
            return dt.date(parts[0], 1, 1)


def _months_on(first: dt.date, months: int) -> dt.date:
    month = first.month - 1 + months
    return first.replace(year=first.year + month // 12, month=month % 12 + 1)
