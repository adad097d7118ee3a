"""Rules of early warning: each judges the last period of many series (docs/METHOD.md, alerts).

Counts are plain incidents, expectations those of the index; a period of which nothing (NaN) or no incident (0) is
expected is missing: it is neither judged nor learnt from.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from scipy import special
from scipy.stats import false_discovery_control

Values = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Levels = npt.NDArray[np.int8]

WINDOW, GAP = 52, 2
"""A series' usual level is learnt from so many periods before the judged one, without the last few of them."""
PRIOR = 4.0
"""Incidents as expected that every series begins with: a short history knows little."""


class AlertLevel(IntEnum):
    """How unusual a period is: none, 黄, 橙, 红."""

    NONE = 0
    YELLOW = 1
    ORANGE = 2
    RED = 3


@dataclass(frozen=True)
class Evidence:
    """What a rule makes of one period of each series; every array has shape (n_series,), NaN = not judged."""

    p: Values
    """Probability of so many incidents or more; NaN for rules that have a threshold instead."""
    statistic: Values
    """What the rule compares with its threshold."""
    expected: Values
    """Incidents that the rule expected here."""
    raised: Flags
    """Whether the period may be alerted to at all: enough incidents, or the threshold passed."""


@dataclass(frozen=True)
class Judgement:
    """The answer for the last period of each series; every array has shape (n_series,)."""

    level: Levels
    """`AlertLevel`."""
    p: Values
    adjusted: Values
    """p after Benjamini and Hochberg over all series, of the test that the level comes from; NaN where p is."""
    statistic: Values
    expected: Values


# --- small statistics ---


def tail_probability(
    observed: npt.ArrayLike, nu: npt.ArrayLike, alpha: npt.ArrayLike, expected: npt.ArrayLike
) -> Values:
    """Return P(N ≥ observed) of a Poisson count whose relative risk is Gamma(ν, α): a negative binomial tail.

    Parameters
    ----------
    observed
        Incidents, >= 0.
    nu, alpha
        Shape and rate of the relative risk: incidents seen, and expected, in the past.
    expected
        Incidents expected at relative risk 1, > 0; NaN stays NaN.
    """
    n, shape, rate, mean = np.broadcast_arrays(
        *(np.asarray(part, dtype=np.float64) for part in (observed, nu, alpha, expected))
    )
    tail = special.betainc(np.maximum(n, 1.0), shape, mean / (rate + mean))
    return np.where(np.isnan(mean), np.nan, np.where(n > 0, tail, 1.0))


def usual_level(
    observed: Counts, expected: Values, *, window: int = WINDOW, gap: int = GAP, prior: float = PRIOR
) -> tuple[Values, Values]:
    """Return ν and α of each series' relative risk before its last period; ν / α is its usual level.

    Parameters
    ----------
    observed, expected
        Shape (n_series, n_periods); the last period is not learnt from.
    window, gap
        Periods before the last one that are learnt from, without the last `gap` of them.
    prior
        Both begin here.
    """
    last = max(observed.shape[1] - 1, 0)
    past = slice(max(last - window, 0), max(last - gap, 0))
    known = expected[:, past] > 0
    nu = np.where(known, observed[:, past], 0).sum(axis=1)
    alpha = np.where(known, expected[:, past], 0.0).sum(axis=1)
    return nu + prior, alpha + prior


def benjamini_hochberg(p: Values) -> Values:
    """Return the adjusted p of each test: reporting those up to f makes a share f of false reports, at most.

    NaN is no test: it stays NaN and does not count.
    """
    adjusted = np.full(p.shape, np.nan)
    tested = ~np.isnan(p)
    if tested.any():
        adjusted[tested] = false_discovery_control(p[tested])
    return adjusted


def poisson_cusum(observed: npt.ArrayLike, expected: npt.ArrayLike, factor: float) -> Values:
    """Return C = max(0, C + x − k) from period to period, with k between λ and λ · factor as the likelihood wants it.

    Parameters
    ----------
    observed, expected
        x and λ, periods along the last axis; a period with λ = 0 or NaN changes nothing.
    factor
        The rise to look for, > 1.
    """
    x, mean = np.asarray(observed, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    steps = np.where(mean > 0, x - mean * (factor - 1) / np.log(factor), 0.0)
    path, total = np.zeros_like(steps), np.zeros(steps.shape[:-1])
    for k in range(steps.shape[-1]):
        path[..., k] = total = np.maximum(0.0, total + steps[..., k])
    return path


def ewma(observed: npt.ArrayLike, expected: npt.ArrayLike, weight: float) -> tuple[Values, Values, Values]:
    """Return the exponentially weighted mean of counts, what it should be, and its standard deviation, by period.

    Parameters
    ----------
    observed, expected
        Counts and their Poisson means, periods along the last axis; a period of mean 0 or NaN changes nothing.
    weight
        Weight of the newest period, 0 … 1.
    """
    x, mean = np.asarray(observed, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    known = mean > 0
    first = np.take_along_axis(mean, known.argmax(axis=-1)[..., None], axis=-1)[..., 0]
    value, due, variance = first, first, np.zeros_like(first)
    values, dues, spreads = (np.zeros_like(mean) for _ in range(3))
    for k in range(mean.shape[-1]):
        here = known[..., k]
        value = np.where(here, weight * x[..., k] + (1 - weight) * value, value)
        due = np.where(here, weight * mean[..., k] + (1 - weight) * due, due)
        variance = np.where(here, weight**2 * mean[..., k] + (1 - weight) ** 2 * variance, variance)
        values[..., k], dues[..., k], spreads[..., k] = value, due, np.sqrt(variance)
    return values, dues, spreads


def ears(observed: npt.ArrayLike, *, gap: int = 0, baseline: int = 7, least_spread: float = 0.0) -> Values:
    """Return (x − mean) / standard deviation against the periods just before: EARS C1, with a gap of 2 C2.

    Parameters
    ----------
    observed
        Counts, periods along the last axis, NaN = missing.
    gap, baseline
        Periods left out before each, and how many before those make the baseline.
    least_spread
        A standard deviation below this counts as this one.

    Returns
    -------
    np.ndarray
        Same shape; NaN for the first ``gap + baseline`` periods and where any of the baseline is missing.
    """
    x = np.asarray(observed, dtype=np.float64)
    statistic = np.full(x.shape, np.nan)
    reach = gap + baseline
    if x.shape[-1] <= reach:
        return statistic
    past = np.lib.stride_tricks.sliding_window_view(x, baseline, axis=-1)[..., : x.shape[-1] - reach, :]
    spread = np.maximum(past.std(axis=-1, ddof=1), least_spread)
    excess = x[..., reach:] - past.mean(axis=-1)
    np.divide(excess, spread, out=statistic[..., reach:], where=spread > 0)
    return statistic


@dataclass(frozen=True)
class Reference:
    """A quasi-Poisson mean of reference periods; every array has shape (n_series,)."""

    mean: Values
    """μ; NaN without any reference period."""
    dispersion: Values
    """φ, at least 1."""
    n: Counts
    """Reference periods."""

    def limit(self, p: float) -> Values:
        """Return the count that a new period exceeds with probability `p`, by the 2/3-power transformation."""
        return np.asarray(self.mean * (1 + self._spread * special.ndtri(1 - p)) ** 1.5)

    def probability(self, observed: npt.ArrayLike) -> Values:
        """Return the p at which `observed` is the limit: the inverse of `limit`."""
        ratio = np.asarray(observed, dtype=np.float64) / self.mean
        return np.asarray(special.ndtr((1 - np.cbrt(ratio) ** 2) / self._spread))

    @property
    def _spread(self) -> Values:
        return np.asarray(2 / 3 * np.sqrt(self.dispersion * (1 + 1 / np.maximum(self.n, 1)) / self.mean))


def quasi_poisson(reference: npt.ArrayLike, *, outlier: float = np.inf) -> Reference:
    """Fit mean and dispersion to reference periods; past outbreaks weigh less.

    Parameters
    ----------
    reference
        Counts, shape (n_series, n_reference), NaN = missing. Where all are 0 the mean is that of one incident.
    outlier
        Periods with an Anscombe residual above this weigh by its inverse square.
    """
    y = np.asarray(reference, dtype=np.float64)
    known = ~np.isnan(y)
    n, y = known.sum(axis=-1), np.where(known, y, 0.0)
    weight = known.astype(np.float64)
    mean, dispersion = _weighted_fit(y, weight, n)
    if np.isfinite(outlier):
        hat = np.sqrt(dispersion * (1 - 1 / np.maximum(n, 2)))
        residual = 1.5 * (np.cbrt(y) ** 2 - np.cbrt(mean)[:, None] ** 2) / (mean ** (1 / 6) * hat)[:, None]
        weight = np.where(residual > outlier, np.maximum(residual, outlier) ** -2.0, 1.0) * known
        weight *= (n / np.maximum(weight.sum(axis=-1), 1e-12))[:, None]
        mean, dispersion = _weighted_fit(y, weight, n)
    return Reference(mean, dispersion, n)


def _weighted_fit(y: Values, weight: Values, n: Counts) -> tuple[Values, Values]:
    none = n == 0
    total = np.maximum(weight.sum(axis=-1), 1e-12)
    mean = np.where(none, np.nan, np.maximum((weight * y).sum(axis=-1), 1.0) / total)
    pearson = (weight * (y - mean[:, None]) ** 2).sum(axis=-1) / mean
    return mean, np.maximum(1.0, pearson / np.maximum(n - 1, 1))


# --- rules ---


@dataclass(frozen=True)
class Rule(ABC):
    """A way to judge the last period of many series; its fields are its parameters."""

    name: ClassVar[str]
    looks_back: ClassVar[int] = 1
    """Periods, the judged one included, of which the evidence is needed."""

    @abstractmethod
    def evidence(self, observed: Counts, expected: Values) -> Evidence:
        """Weigh the last period of each series, shape (n_series, n_periods), at least one period."""

    @abstractmethod
    def decide(self, recent: Sequence[Evidence]) -> Judgement:
        """Turn evidence into levels; the judged period first, then those before it, as many as there are."""

    def judge(self, observed: Counts, expected: Values, red_line: Flags | None = None) -> Judgement:
        """Judge the last period of each series.

        Parameters
        ----------
        observed
            Incidents, shape (n_series, n_periods).
        expected
            Incidents expected at relative risk 1, same shape; NaN or 0 = missing.
        red_line
            Series with an event in the last period that is 红 whatever the counts say, shape (n_series,).

        Raises
        ------
        ValueError
            If the shapes do not fit.
        """
        if observed.ndim != 2 or observed.shape != expected.shape:
            msg = f"`observed` {observed.shape} and `expected` {expected.shape} must be tables of the same shape."
            raise ValueError(msg)
        n_series, n = observed.shape
        ends = [n - k for k in range(self.looks_back) if k < n]
        recent = [self.evidence(observed[:, :end], expected[:, :end]) for end in ends]
        judgement = self.decide(recent) if recent else _nothing(n_series)
        if red_line is not None:
            judgement.level[red_line] = AlertLevel.RED
        return judgement

    def is_red(self, p: float, adjusted: float) -> bool:  # noqa: ARG002 - only rules with a p can be
        """Say whether the counts alone make a judged period 红; NaN never does."""
        return False

    @property
    def parameters(self) -> str:
        """Return the parameters as JSON text, always in the same order."""
        return json.dumps(asdict(self), sort_keys=True)


def _nothing(n: int) -> Judgement:
    p, adjusted, statistic, expected = (np.full(n, np.nan) for _ in range(4))
    return Judgement(np.zeros(n, dtype=np.int8), p, adjusted, statistic, expected)


@dataclass(frozen=True)
class _TailRule(Rule):
    """A rule that gives a p. 橙 and 红 need one period, 黄 two of three; both tests are held to a false share.

    For 黄 the p of the judged period and the smaller of the two before it must both stay below t; by chance that
    happens with probability t · (1 − (1 − t)²), which is what is adjusted.
    """

    looks_back: ClassVar[int] = 3
    yellow: float = 0.01
    orange: float = 0.001
    red: float = 0.0001
    least_count: int = 3
    """No alert with fewer incidents."""
    least_excess: float = 2.0
    """No alert with fewer incidents above those expected."""
    false_share: float = 0.1
    """Share of false alerts among those of one period that is put up with (Benjamini and Hochberg)."""

    def _enough(self, observed: Counts, expected: Values) -> Flags:
        return np.asarray((observed >= self.least_count) & (observed - expected >= self.least_excess))

    def is_red(self, p: float, adjusted: float) -> bool:
        """Ask the judged period alone."""
        return p < self.red and adjusted <= self.false_share

    def decide(self, recent: Sequence[Evidence]) -> Judgement:
        """Grade by p: 红 and 橙 by the judged period, 黄 by two of three."""
        now, before = recent[0], recent[1:]
        p = np.where(now.raised | np.isnan(now.p), now.p, 1.0)
        past = [np.where(each.raised & ~np.isnan(each.p), each.p, 1.0) for each in before]
        both = np.maximum(p, np.minimum.reduce([np.ones_like(p), *past]))
        single, twice = benjamini_hochberg(p), benjamini_hochberg(both * (1 - (1 - both) ** 2))
        level = np.zeros(len(p), dtype=np.int8)
        level[(both < self.yellow) & (twice <= self.false_share)] = AlertLevel.YELLOW
        lone = single <= self.false_share
        level[(p < self.orange) & lone] = AlertLevel.ORANGE
        level[(p < self.red) & lone] = AlertLevel.RED
        adjusted = np.where(level == AlertLevel.YELLOW, twice, single)
        return Judgement(level, now.p, adjusted, now.statistic, now.expected)


@dataclass(frozen=True)
class NegativeBinomial(_TailRule):
    """The main rule: the count against the series' own relative risk in the year before."""

    name: ClassVar[str] = "negative_binomial"
    window: int = WINDOW
    gap: int = GAP
    prior: float = PRIOR

    def evidence(self, observed: Counts, expected: Values) -> Evidence:
        """Compare with the negative binomial of the posterior; the statistic is the excess over the usual."""
        nu, alpha = usual_level(observed, expected, window=self.window, gap=self.gap, prior=self.prior)
        due = np.where(expected[:, -1] > 0, expected[:, -1], np.nan)
        p = tail_probability(observed[:, -1], nu, alpha, due)
        usual = due * nu / alpha
        return Evidence(p, observed[:, -1] - usual, usual, self._enough(observed[:, -1], usual))


@dataclass(frozen=True)
class Farrington(_TailRule):
    """The same weeks of earlier years, quasi-Poisson without trend; needs one year at least, and asks for no E."""

    name: ClassVar[str] = "farrington"
    years: int = 5
    half_width: int = 3
    """Periods before and after the anniversary that count too."""
    year: int = 52
    """Periods in a year."""
    outlier: float = 2.58
    recent_count: int = 5
    """No alert with fewer incidents in the last `recent_periods` together."""
    recent_periods: int = 4

    def evidence(self, observed: Counts, expected: Values) -> Evidence:
        """Compare with the fitted mean; the statistic is the excess over it."""
        counts = np.where(expected > 0, observed, np.nan)
        last = counts.shape[1] - 1
        columns = [
            last - self.year * back + shift
            for back in range(1, self.years + 1)
            for shift in range(-self.half_width, self.half_width + 1)
        ]
        fit = quasi_poisson(counts[:, [k for k in columns if k >= 0]], outlier=self.outlier)
        short = fit.n < 2 * self.half_width + 1
        mean = np.where(short | np.isnan(counts[:, -1]), np.nan, fit.mean)
        p = np.where(np.isnan(mean), np.nan, fit.probability(counts[:, -1]))
        lately = np.nansum(counts[:, -self.recent_periods :], axis=1) >= self.recent_count
        return Evidence(p, counts[:, -1] - mean, mean, lately & self._enough(observed[:, -1], mean))


@dataclass(frozen=True)
class _ThresholdRule(Rule):
    """A rule with a threshold of its own instead of a p: it says 黄, or nothing."""

    def decide(self, recent: Sequence[Evidence]) -> Judgement:
        """Say 黄 where the threshold is passed."""
        now = recent[0]
        level = np.where(now.raised, AlertLevel.YELLOW, AlertLevel.NONE).astype(np.int8)
        return Judgement(level, now.p, np.full(len(level), np.nan), now.statistic, now.expected)


@dataclass(frozen=True)
class _RunRule(_ThresholdRule):
    """A rule that follows a run of periods; what is usual it learns from the periods before the run."""

    run: int = 26
    """Periods followed, the judged one included."""
    window: int = WINDOW
    least_history: int = 26
    """No judgement of a series with fewer periods before the run."""
    prior: float = PRIOR

    def _means(self, observed: Counts, expected: Values) -> tuple[Counts, Values]:
        """Return counts and Poisson means of the run, shape (n_series, run); NaN where missing."""
        start = max(observed.shape[1] - self.run, 0)
        past_observed, past_expected = observed[:, : start + 1], expected[:, : start + 1]
        nu, alpha = usual_level(past_observed, past_expected, window=self.window, gap=0, prior=self.prior)
        learnt = (expected[:, max(start - self.window, 0) : start] > 0).sum(axis=1) >= self.least_history
        usual = np.where(learnt, nu / alpha, np.nan)[:, None]
        return observed[:, start:], np.where(expected[:, start:] > 0, expected[:, start:] * usual, np.nan)


@dataclass(frozen=True)
class PoissonCusum(_RunRule):
    """Slow drift: the likelihood of a lasting rise by a factor, added up.

    Where the usual level is known, chance passes the limit once in ``factor ** limit`` periods or more seldom.
    """

    name: ClassVar[str] = "poisson_cusum"
    factor: float = 2.0
    limit: float = 10.0
    least_count: int = 3
    """No alert in a period with fewer incidents: the sum may stay above its limit long after a rise has ended."""

    def evidence(self, observed: Counts, expected: Values) -> Evidence:
        """Add up the run; the statistic is C."""
        x, mean = self._means(observed, expected)
        total = np.where(np.isnan(mean[:, -1]), np.nan, poisson_cusum(x, mean, self.factor)[:, -1])
        raised = (total > self.limit) & (x[:, -1] > mean[:, -1]) & (x[:, -1] >= self.least_count)
        return Evidence(_none(x), total, mean[:, -1], raised)


@dataclass(frozen=True)
class Ewma(_RunRule):
    """Moderate drift: an exponentially weighted mean against its own spread."""

    name: ClassVar[str] = "ewma"
    weight: float = 0.3
    limit: float = 3.0
    """Standard deviations of the weighted mean."""
    least_count: int = 3

    def evidence(self, observed: Counts, expected: Values) -> Evidence:
        """Average the run; the statistic is in standard deviations."""
        x, mean = self._means(observed, expected)
        value, due, spread = (path[:, -1] for path in ewma(x, mean, self.weight))
        statistic = np.where(np.isnan(mean[:, -1]), np.nan, (value - due) / np.where(spread > 0, spread, np.nan))
        raised = (statistic > self.limit) & (x[:, -1] > mean[:, -1]) & (x[:, -1] >= self.least_count)
        return Evidence(_none(x), statistic, mean[:, -1], raised)


@dataclass(frozen=True)
class Ears(_ThresholdRule):
    """Young feeds: the count against the seven periods before (C1), two earlier (C2), or three of those (C3).

    E says only which periods are there: ones will do.
    """

    name: ClassVar[str] = "ears"
    variant: Literal["C1", "C2", "C3"] = "C2"
    limit: float = 3.0
    """In standard deviations; classic limits are 3 for C1 and C2, 2 for C3."""
    baseline: int = 7
    least_spread: float = 0.5
    least_count: int = 3
    least_excess: float = 2.0

    def evidence(self, observed: Counts, expected: Values) -> Evidence:
        """Compare with the baseline; the statistic is C1, C2 or C3."""
        gap = 0 if self.variant == "C1" else 2
        counts = np.where(expected > 0, observed, np.nan)[:, -(self.baseline + gap + 3) :]
        each = ears(counts, gap=gap, baseline=self.baseline, least_spread=self.least_spread)[:, -3:]
        statistic = each[:, -1]
        if self.variant == "C3":
            whole = each.shape[1] == 3
            statistic = np.maximum(each - 1, 0).sum(axis=1) if whole else np.full(len(counts), np.nan)
        past = counts[:, max(counts.shape[1] - 1 - gap - self.baseline, 0) : max(counts.shape[1] - 1 - gap, 0)]
        mean = np.where(np.isnan(statistic), np.nan, past.sum(axis=1) / self.baseline)
        x = observed[:, -1]
        raised = (statistic > self.limit) & (x >= self.least_count) & (x - mean >= self.least_excess)
        return Evidence(_none(counts), statistic, mean, raised)


def _none(table: npt.NDArray[Any]) -> Values:
    return np.full(len(table), np.nan)


RULES: Mapping[str, type[Rule]] = {rule.name: rule for rule in (NegativeBinomial, PoissonCusum, Ewma, Ears, Farrington)}


def rule_of(name: str, parameters: str) -> Rule:
    """Return the rule of a name with parameters as `Rule.parameters` wrote them."""
    return RULES[name](**json.loads(parameters))
