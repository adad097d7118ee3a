"""How busy a day is: weekday, season, statutory holidays and make-up workdays, and a weak trend."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geodata.demo.facts import Flags, Floats, Ints, TypeHabits
from geodata.index.expected import HOLIDAY, WORKDAY, day_classes


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
        classes = day_classes(start, end, "Asia/Shanghai")
        weekday[(classes == WORKDAY) & (weekday >= 5)] = 2
        return cls(dates, weekday, classes == HOLIDAY)


def day_factors(days: Days, habits: TypeHabits) -> Floats:
    """Multiply a type's rhythms and trend into one factor a day, shape (n_days,), mean 1 over all days."""
    usual = np.where(days.is_holiday, habits.holiday, habits.week[days.weekday])
    factor = usual * habits.season[days.dates.month.to_numpy() - 1]
    factor *= (1.0 + habits.trend) ** (np.arange(len(factor)) / 365.25)
    return np.asarray(factor / factor.mean())
