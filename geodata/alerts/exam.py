"""What a rule would have said in the past: its exam paper, before anybody may switch it on.

Three questions. *Would it have been right?* The rule is replayed on the last periods; an alert is a hit when the four
periods after it stay raised. *Would it have seen what is really there?* Rises of known size are planted into the real
series. *How often does it cry for nothing?* It is replayed on counts drawn by chance alone.

The base year of the expectations may lie inside the examined periods; nothing else of a rule looks ahead.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geodata.alerts.rules import Counts, Evidence, Flags, Levels, Rule, Values, tail_probability, usual_level

AFTER = 4
"""Periods in which a rise must last, or be found."""
RAISED = 0.05
"""An alert is a hit if so many incidents in the periods after it have at most this probability at the usual level."""
NAIVE_FACTOR, NAIVE_COUNT = 2.0, 3
"""Without a rule somebody notices four periods with more than this times the usual, and so many incidents at least."""
NAIVE_WAIT = 12
"""So many periods after an alert the naive eye is given to see it too."""
FACTORS = (2.0, 3.0)
N_PLANTED = 100
MOSTLY_CHANCE = 2 / 3
"""Of a rule with such a share of alerts by chance, or more, most alerts mean nothing."""
LEAST_USUAL = 1.0
"""Rises are planted where so many incidents a period are usual: elsewhere a factor means nothing."""


@dataclass(frozen=True)
class Planted:
    """How a rule, and the naive eye, find rises of `AFTER` periods by a known factor."""

    factor: float
    n: int
    """Rises planted, one at a time."""
    found: float
    """Share found before they end; NaN if none could be planted."""
    delay: float
    """Median periods from the first raised one to the first alert, of those found; 0 = at once; NaN if none."""
    naive_found: float
    naive_delay: float


@dataclass(frozen=True)
class Exam:
    """The exam paper of a rule on some series."""

    series: int
    periods: int
    """The last periods of the data that the rule was replayed on."""
    judged: int
    """Series and periods that it could judge; 0 = the past is too short, or missing."""
    alerts: int
    """Series and periods with an alert."""
    alerts_per_period: float
    new_alerts: int
    """Alerts without one of the same series in the period before."""
    tried: int
    """New alerts of which the periods after are known."""
    hits: int
    """Those after which the series stayed raised."""
    precision: float
    """hits / tried, NaN without any. Of alerts by chance alone about one in twenty is a hit too."""
    seen_later: int
    """Hits that the naive eye saw too, from four periods before the alert on."""
    lead_time: float
    """Median periods by which the alert came before the naive eye, of those; negative = after it; NaN if none."""
    false_alerts_per_period: float
    """Alerts when the same expectations are met by chance alone."""
    naive_alerts_per_period: float
    """Series in which the naive eye sees a rise, by chance alone: what its finds cost."""
    planted: tuple[Planted, ...]

    @property
    def chance_share(self) -> float:
        """Return the share of the alerts that chance alone explains, at most 1; NaN without any alert."""
        return min(self.false_alerts_per_period / self.alerts_per_period, 1.0) if self.alerts else math.nan

    @property
    def mostly_chance(self) -> bool:
        """Say whether most alerts mean nothing."""
        return self.chance_share >= MOSTLY_CHANCE  # NaN is not

    def to_json(self) -> str:
        """Write the paper as JSON text, null for what could not be found out."""
        return json.dumps(_without_nan(asdict(self)))

    @classmethod
    def from_json(cls, text: str) -> Exam:
        """Read what `to_json` wrote."""
        raw = _with_nan(json.loads(text))
        return cls(**{**raw, "planted": tuple(Planted(**each) for each in raw["planted"])})


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(each) for each in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def _with_nan(raw: dict[str, Any]) -> dict[str, Any]:
    filled = {key: math.nan if value is None else value for key, value in raw.items()}
    return {**filled, **({"planted": [_with_nan(each) for each in raw["planted"]]} if "planted" in raw else {})}


@dataclass(frozen=True)
class Replay:
    """What a rule would have said, period by period; arrays have shape (n_series, n_periods of the replay)."""

    first: int
    """Column of the first replayed period in the data."""
    evidence: tuple[Evidence, ...]
    """Of the replayed periods and, first, of those before them that the rule looks back to."""
    level: Levels

    @property
    def lead(self) -> int:
        """Return how many periods of evidence stand before the replayed ones."""
        return len(self.evidence) - int(self.level.shape[1])

    def recent(self, period: int, looks_back: int) -> list[Evidence]:
        """Return the evidence that a decision on a replayed period rests on, newest first."""
        at = period + self.lead
        return [self.evidence[k] for k in range(at, max(at - looks_back, -1), -1)]


def replay(rule: Rule, observed: Counts, expected: Values, *, periods: int) -> Replay:
    """Judge each of the last periods as if it were the newest one.

    Parameters
    ----------
    rule
        The rule.
    observed, expected
        Incidents and their expectation, shape (n_series, n_periods).
    periods
        How many periods to judge, at most all.
    """
    n_series, n = observed.shape
    first = max(n - periods, 0)
    start = max(first - rule.looks_back + 1, 0)
    evidence = tuple(rule.evidence(observed[:, : k + 1], expected[:, : k + 1]) for k in range(start, n))
    replayed = Replay(first, evidence, np.zeros((n_series, n - first), dtype=np.int8))
    for k in range(n - first):
        replayed.level[:, k] = rule.decide(replayed.recent(k, rule.looks_back)).level
    return replayed


def examine(rule: Rule, observed: Counts, expected: Values, *, periods: int = 104, seed: int = 0) -> Exam:
    """Let a rule sit its exam on the last periods of some series.

    Parameters
    ----------
    rule
        The rule.
    observed, expected
        Incidents and their expectation, shape (n_series, n_periods); what comes before the examined periods is
        history to learn from.
    periods
        Periods to replay: 104 weeks are 24 months.
    seed
        Of the planted rises and of the counts by chance.
    """
    rng = np.random.default_rng(seed)
    replayed = replay(rule, observed, expected, periods=periods)
    usual = _usual(observed, expected)
    n = replayed.level.shape[1]
    alerts = int((replayed.level > 0).sum())
    series, at = np.nonzero(_new(replayed.level))
    tried, hit, leads = _outcomes(observed, expected, usual, series, at + replayed.first)
    chance = rng.poisson(np.nan_to_num(expected * _overall(observed, expected)[:, None])).astype(np.int64)
    by_chance = replay(rule, chance, expected, periods=periods)
    naive = _naive(chance, expected, _usual(chance, expected).level)
    return Exam(
        series=len(observed),
        periods=n,
        judged=sum(int(np.isfinite(each.statistic).sum()) for each in replayed.evidence[replayed.lead :]),
        alerts=alerts,
        alerts_per_period=_share(alerts, n),
        new_alerts=len(series),
        tried=int(tried.sum()),
        hits=int(hit.sum()),
        precision=_share(int(hit.sum()), int(tried.sum())),
        seen_later=len(leads),
        lead_time=_median(leads),
        false_alerts_per_period=_share(int((by_chance.level > 0).sum()), n),
        naive_alerts_per_period=_share(int(naive[:, replayed.first :].sum()), n),
        planted=tuple(_plant(rule, observed, expected, replayed, usual, factor, rng) for factor in FACTORS),
    )


# --- would it have been right? ---


@dataclass(frozen=True)
class _Usual:
    """The posterior of each series' relative risk before each period, shape (n_series, n_periods)."""

    nu: Values
    alpha: Values

    @property
    def level(self) -> Values:
        return np.asarray(self.nu / self.alpha)


def _usual(observed: Counts, expected: Values) -> _Usual:
    both = [usual_level(observed[:, : k + 1], expected[:, : k + 1]) for k in range(observed.shape[1])]
    none = np.zeros((len(observed), 0))
    return _Usual(*(np.column_stack([none, *(each[k] for each in both)]) for k in range(2)))


def _overall(observed: Counts, expected: Values) -> Values:
    """Return the relative risk of each series over all its periods."""
    nu, alpha = usual_level(np.pad(observed, ((0, 0), (0, 1))), np.pad(expected, ((0, 0), (0, 1))), window=10**6, gap=0)
    return np.asarray(nu / alpha)


def _new(level: Levels) -> Flags:
    """Say which alerts have none in the period before."""
    alert = level > 0
    alert[:, 1:] &= ~(level[:, :-1] > 0)
    return np.asarray(alert)


def _outcomes(
    observed: Counts, expected: Values, usual: _Usual, series: npt.NDArray[np.intp], at: npt.NDArray[np.intp]
) -> tuple[Flags, Flags, list[int]]:
    """Return which alerts can be tried, which of those are hits, and the lead of the hits that were seen later."""
    tried, hit = (np.zeros(len(series), dtype=np.bool_) for _ in range(2))
    leads = []
    for k, (row, t) in enumerate(zip(series.tolist(), at.tolist(), strict=True)):
        due = expected[row, t + 1 : t + 1 + AFTER]
        known = due > 0
        if len(due) < AFTER or not known.all():
            continue
        tried[k] = True
        n = observed[row, t + 1 : t + 1 + AFTER].sum()
        hit[k] = tail_probability(n, usual.nu[row, t], usual.alpha[row, t], due.sum()) <= RAISED
        if hit[k]:
            window = slice(max(t - AFTER, 0), t + 1 + NAIVE_WAIT)
            seen = np.flatnonzero(_naive(observed[row], expected[row], usual.level[row])[window])
            leads += [int(seen[0]) + window.start - t] if len(seen) else []
    return tried, hit, leads


def _naive(observed: Counts, expected: Values, level: Values) -> Flags:
    """Say in which periods the naive eye sees a rise, in them and those before; periods along the last axis."""
    known = expected > 0
    counts = _trailing(np.where(known, observed, 0))
    usual = _trailing(np.where(known, expected * level, 0.0))
    return np.asarray(known & (counts > NAIVE_FACTOR * usual) & (counts >= NAIVE_COUNT))


def _trailing(values: npt.NDArray[Any]) -> Values:
    total = np.cumsum(values, axis=-1, dtype=np.float64)
    before = np.zeros_like(total)
    before[..., AFTER:] = total[..., :-AFTER]
    return total - before


# --- would it have seen what is there? ---


def _plant(
    rule: Rule,
    observed: Counts,
    expected: Values,
    replayed: Replay,
    usual: _Usual,
    factor: float,
    rng: np.random.Generator,
) -> Planted:
    """Raise single series by a factor for a while, one at a time, and ask the rule about each among all others."""
    series, start = _plots(expected * usual.level, replayed, rng)
    counts = observed[series]
    for k, (row, t) in enumerate(zip(series, start, strict=True)):
        span = slice(t, t + AFTER)
        counts[k, span] += rng.poisson((factor - 1) * expected[row, span] * usual.level[row, span])
    n = observed.shape[1]
    begin = n - len(replayed.evidence)
    changed = [rule.evidence(counts[:, : t + 1], expected[series, : t + 1]) for t in range(begin, n)]
    delays, naive = [], []
    for k, (row, t) in enumerate(zip(series.tolist(), start.tolist(), strict=True)):
        alerted = (_alerted(rule, replayed, changed, row, k, late) for late in range(t, t + AFTER))
        delays.append(_first(alerted))
        naive.append(_first(_naive(counts[k], expected[row], usual.level[row])[t : t + AFTER]))
    found, naive_found = ([late for late in each if late is not None] for each in (delays, naive))
    return Planted(
        factor=factor,
        n=len(series),
        found=_share(len(found), len(series)),
        delay=_median(found),
        naive_found=_share(len(naive_found), len(series)),
        naive_delay=_median(naive_found),
    )


def _plots(
    usual: Values, replayed: Replay, rng: np.random.Generator
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Choose series and first periods at random where enough is usual and the rule says nothing as it is."""
    n = replayed.level.shape[1]
    quiet = np.ones((len(usual), max(n - AFTER + 1, 0)), dtype=np.bool_)
    for late in range(AFTER):
        end = late + quiet.shape[1]
        quiet &= ~(replayed.level[:, late:end] > 0)
        quiet &= usual[:, replayed.first + late : replayed.first + end] >= LEAST_USUAL
    series, start = np.nonzero(quiet)
    chosen = rng.choice(len(series), size=min(N_PLANTED, len(series)), replace=False)
    return series[chosen], start[chosen] + replayed.first


def _alerted(rule: Rule, replayed: Replay, changed: Sequence[Evidence], row: int, k: int, t: int) -> bool:
    """Say whether the rule alerts to series `row` in period `t` when row `k` of changed evidence stands in for it."""
    at = t - replayed.first + replayed.lead
    recent = [
        _stand_in(replayed.evidence[now], row, changed[now], k) for now in range(at, max(at - rule.looks_back, -1), -1)
    ]
    return bool(rule.decide(recent).level[row] > 0)


def _stand_in(evidence: Evidence, row: int, other: Evidence, k: int) -> Evidence:
    columns = {name: getattr(evidence, name).copy() for name in Evidence.__dataclass_fields__}
    for name, column in columns.items():
        column[row] = getattr(other, name)[k]
    return Evidence(**columns)


def _first(flags: Iterable[bool]) -> int | None:
    return next((k for k, flag in enumerate(flags) if flag), None)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


def _median(values: Sequence[int]) -> float:
    return float(np.median(values)) if values else math.nan
