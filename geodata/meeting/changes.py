"""Whether scores and numbers of incidents changed by more than chance: the rules that the map page has, as facts."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from geodata.alerts.rules import benjamini_hochberg
from geodata.city import CityData
from geodata.index.compare import SIGNIFICANT, change_p_value
from geodata.meeting.briefing import Change, Reference
from geodata.vocabulary import Period

LEAST_COUNT = 5
"""Below so many incidents a percentage says nothing; with fewer in both periods nothing is said of their change."""
DECIMALS = 9
"""Floating-point dust is no part of a briefing."""


def known(value: float) -> float | None:
    """Return a number as a briefing keeps it, None for a missing one."""
    return round(float(value), DECIMALS) + 0.0 if math.isfinite(value) else None


def not_compared(against: Period, why: str, at: Reference) -> Change:
    """Return a change that nothing is said of."""
    return Change(str(against), None, None, None, None, sure=False, moved=False, why_not=why, at=at)


def score_change(
    now: tuple[float, float], before: tuple[float, float], against: Period, at: Reference, why_not: str = ""
) -> Change:
    """Compare two scores of a place, each with its standard error by counting alone."""
    if why_not:
        return not_compared(against, why_not, at)
    difference, error = now[0] - before[0], math.hypot(now[1], before[1])
    if not math.isfinite(difference):
        return replace(not_compared(against, "no_score", at), before=known(before[0]))
    # without an error both scores are certain, as where a red line's ceiling holds
    p = math.erfc(abs(difference) / error / math.sqrt(2)) if error > 0 else float(not difference)
    sure = abs(difference) > 1.959963984540054 * error
    return Change(str(against), known(before[0]), known(difference), None, known(p), sure, sure, "", at)


def count_change(
    now: int, before: int, days: tuple[float, float], against: Period, at: Reference, why_not: str = ""
) -> Change:
    """Compare two numbers of incidents, given the usual days of both periods (`usual_days`), the later first."""
    if why_not:
        return not_compared(against, why_not, at)
    if max(now, before) < LEAST_COUNT:
        return replace(not_compared(against, "few", at), before=float(before))
    usual_now, usual_before = days
    p = float(change_p_value(before, now, usual_before, usual_now))
    same_way = (now - before) * (now * usual_before - before * usual_now) > 0  # the days alone are no change
    sure = p < SIGNIFICANT and same_way
    percent = known(100 * (now - before) / before) if before >= LEAST_COUNT else None
    return Change(str(against), float(before), float(now - before), percent, known(p), sure, sure, "", at)


def together(changes: Sequence[Change]) -> list[Change]:
    """Ask all changes of a list at once: `moved` then holds only where no more than 5 % of such answers are chance."""
    p = np.array([np.nan if change.p is None else change.p for change in changes], dtype=np.float64)
    adjusted = benjamini_hochberg(p) if len(p) else p
    return [
        replace(change, moved=change.sure and bool(q < SIGNIFICANT))
        for change, q in zip(changes, adjusted, strict=True)
    ]


def usual_days(city: CityData, period: Period, types: Collection[str] | None = None) -> float:
    """Return the days of a period, weighted by calendar and coverage, for incidents of some types (None = all)."""
    days, calibration = city.expected_days, city.active_calibration
    if days is None or calibration is None:
        return float(period.days)
    factor = days.between(period.start, period.end)
    weight = np.array(
        [
            sum(
                calibration.type_rate.get(kind.id, 0.0) for kind in indicator.types if types is None or kind.id in types
            )
            for indicator in city.method.scored
        ]
    )
    usable = np.isfinite(factor) & (weight > 0)
    return float((factor * weight)[usable].sum() / weight[usable].sum()) if usable.any() else float(period.days)
