"""How busy a day is: weekday, season, statutory holidays and make-up workdays, and a weak trend."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import chinese_calendar
import numpy as np
import pandas as pd

from geodata.demo.facts import Flags, Floats, Ints, TypeHabits


@dataclass(frozen=True)
class Days:
    """A run of local days and what kind of day each is.

    Attributes
    ----------
    dates
        Midnights, naive, shape (n_days,).
    weekday
        The weekday that each behaves like, 0 = Monday: a weekend day that is worked behaves like a Wednesday.
    is_holiday
        Whether it is a statutory holiday.
    """

    dates: pd.DatetimeIndex
    weekday: Ints
    is_holiday: Flags

    @classmethod
    def between(cls, start: dt.date, end: dt.date) -> Days:
        """Look up the days from `start` to the day before `end`.

        Beyond the years that the holiday calendar knows, only weekends are free.
        """
        dates = pd.date_range(start, end, inclusive="left", unit="s")
        weekday = dates.day_of_week.to_numpy().astype(np.int64)
        is_off, is_holiday = np.array([_free_time(day) for day in dates.date]).T
        weekday[~is_off & (weekday >= 5)] = 2
        return cls(dates, weekday, is_holiday)


def _free_time(day: dt.date) -> tuple[bool, bool]:
    """Return whether a day is free, and whether a statutory holiday makes it so."""
    try:
        is_off, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return day.weekday() >= 5, False
    return is_off, is_off and name is not None


def day_factors(days: Days, habits: TypeHabits) -> Floats:
    """Multiply a type's rhythms and trend into one factor a day, shape (n_days,), mean 1 over all days."""
    usual = np.where(days.is_holiday, habits.holiday, habits.week[days.weekday])
    factor = usual * habits.season[days.dates.month.to_numpy() - 1]
    factor *= (1.0 + habits.trend) ** (np.arange(len(factor)) / 365.25)
    return np.asarray(factor / factor.mean())
