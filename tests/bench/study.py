"""Check by simulation that what the index calls 90 % is 90 %, and print one table.

``python -m tests.bench.study [--simulations 500] [--only NAME]``

Cities are made up: true risks first, then counts. Truths come from the prior that the method assumes, or are fixed;
severity-weighted counts are sums of Poisson counts, not the scaled Poisson that scoring takes them for. A study is a
function that takes a number of simulations and yields rows; ± is one standard error of the simulation itself. A row
outside what is wanted is "border" within two of these, else FAILED; rows without a wanted range are for information.

What fails is a finding about the method. Of truths that do not come from a prior no more is wanted than that intervals
are wide enough: where all risks are alike they are wider than need be, because nothing tells the method that they are.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from geodata.alerts.rules import Counts, NegativeBinomial, Rule
from geodata.index.funnel import LEVELS, outside_funnel
from geodata.index.parameters import Parameters
from geodata.index.ranks import rank_intervals, simulate_scores, tiers
from geodata.index.score import Scores, score_of_risk, score_places, severity_scale

Values = npt.NDArray[np.float64]
SEVERITY = np.array([1.0, 2.0, 5.0, 10.0])
MIX = np.array([0.62, 0.28, 0.09, 0.01])
N_SUB, N_INDICATORS = 10, 20


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    measured: float
    error: float
    low: float = -math.inf
    """Least that is wanted."""
    high: float = math.inf
    unit: str = "%"

    @property
    def verdict(self) -> str:
        """Return ok, border or FAILED; nothing where nothing is wanted."""
        if math.isinf(self.low) and math.isinf(self.high):
            return ""
        beyond = max(self.low - self.measured, self.measured - self.high)
        if beyond <= 0:
            return "ok"
        return "border" if beyond <= 2 * self.error else "FAILED"

    @property
    def wanted(self) -> str:
        """Return the range in words."""
        match math.isinf(self.low), math.isinf(self.high):
            case True, True:
                return ""
            case True, False:
                return f"≤ {self.high:g}"
            case False, True:
                return f"≥ {self.low:g}"
        return f"{self.low:g} – {self.high:g}"


Study = Callable[[int], Iterator[Row]]


def main() -> None:
    """Run all studies, or one, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--simulations", type=int, default=500)
    parser.add_argument("--only", choices=[study.__name__ for study in STUDIES])
    options = parser.parse_args()
    print("| study | quantity | measured | wanted | |\n|---|---|---|---|---|")
    for study in STUDIES:
        if options.only in (None, study.__name__):
            began = time.perf_counter()
            for row in study(options.simulations):
                measured = f"{row.measured:.2f} ± {row.error:.2f} {row.unit}".rstrip()
                print(f"| {study.__name__} | {row.what} | {measured} | {row.wanted} | {row.verdict} |")
            print(f"| {study.__name__} | time | {time.perf_counter() - began:.1f} s | | |", flush=True)


# --- made-up cities ---


def made_up_parameters() -> Parameters:
    """Return parameters like the method's: 10 sub-indices of 2 indicators, one of them a benefit."""
    inverse = np.arange(N_INDICATORS) == N_INDICATORS - 1
    scale = np.where(np.arange(N_INDICATORS) % 2 == 0, severity_scale(SEVERITY, MIX), 1.0)
    weight = np.tile([0.6, 0.4], N_SUB)
    sub_weight = np.array([0.20, 0.12, 0.12, 0.10, 0.10, 0.08, 0.08, 0.08, 0.07, 0.05])
    return Parameters(
        prior=np.where(np.arange(N_INDICATORS) % 4 < 2, 10.0, 4.0) * scale,
        scale=scale,
        inverse=inverse,
        counted=~inverse,
        weight=weight,
        sub_index=np.repeat(np.arange(N_SUB), 2),
        sub_weight=sub_weight,
        anchor=0.85,
        risk_cap=6.0,
        min_expected=0.05,
        min_weight_indicators=0.5,
        min_weight_sub_indices=0.8,
        place_spread=0.5,
    )


def made_up_expected(n_places: int, parameters: Parameters, random: np.random.Generator) -> Values:
    """Return E as of streets in a month: from next to nothing to hundreds, a place's size common to all its E."""
    size = np.exp(random.normal(0.0, 1.0, (n_places, 1)))
    common = np.geomspace(40.0, 1.5, N_INDICATORS)
    return size * common * parameters.scale


def drawn_from_the_prior(n_places: int, parameters: Parameters, random: np.random.Generator) -> Values:
    """Return true risks as the method assumes them, shape (n_places, n_indicators)."""
    strength = np.broadcast_to(parameters.prior / parameters.scale, (n_places, N_INDICATORS))
    return random.gamma(strength, 1 / strength)


def counted(truth: Values, expected: Values, parameters: Parameters, random: np.random.Generator) -> Values:
    """Return C: severity-weighted sums of Poisson counts where q is above 1, plain Poisson counts elsewhere."""
    per_incident = float(SEVERITY @ MIX)
    weighted = parameters.scale > 1
    plain = random.poisson(truth * expected).astype(np.float64)
    each = random.poisson((truth * expected / per_incident)[..., np.newaxis] * MIX)
    return np.where(weighted, each @ SEVERITY, plain)


def true_scores(truth: Values, parameters: Parameters) -> tuple[Values, Values]:
    """Return composites and sub-scores of true risks; a benefit's true risk is the inverse of its rate."""
    theta = np.minimum(np.where(parameters.inverse, 1 / truth, truth), parameters.risk_cap)
    member = parameters.sub_index[:, np.newaxis] == np.arange(N_SUB)
    sub_score = score_of_risk((theta * parameters.weight) @ member, parameters.anchor)
    return sub_score @ parameters.sub_weight, sub_score


# --- studies ---


def coverage_of_intervals(simulations: int) -> Iterator[Row]:
    """Yield how often 90 % intervals of scores contain the true score, by month and with the counts of a year."""
    n = 30
    spread = np.exp(np.random.default_rng(1).normal(0.0, 0.3, (n, N_INDICATORS)))
    truths: dict[str, Values | float] = {
        "truth from the prior": 0.0,
        "truth from the prior, a place's risks × a common e^N(0, 0.4²)": 0.4,
        "true risks all 1": np.ones((n, N_INDICATORS)),
        "true risks fixed, spread by 30 %": spread,
        "true risks all 0.6": np.full((n, N_INDICATORS), 0.6),
        "true risks all 1.8": np.full((n, N_INDICATORS), 1.8),
    }
    for name, truth in truths.items():
        for length, months in (("month", 1.0), ("year", 12.0)):
            yield from _coverage(f"{name}, a {length}", truth, months, n, simulations)


def _coverage(name: str, truth: Values | float, months: float, n: int, simulations: int) -> Iterator[Row]:
    parameters, random = made_up_parameters(), np.random.default_rng(2)
    composite, sub_index = [], []
    for _ in range(simulations):
        expected = months * made_up_expected(n, parameters, random)
        real = _drawn(truth, n, parameters, random) if isinstance(truth, float) else truth
        scores = score_places(counted(real, expected, parameters, random), expected, parameters)
        inside, inside_subs = _inside(scores, real, parameters)
        composite.append(inside.mean())
        sub_index.append(inside_subs.mean())
    most = 94.0 if isinstance(truth, float) else math.inf
    yield _share(f"composite in its 90 % interval, {name}", composite, 86, most)
    yield _share(f"sub-index in its 90 % interval, {name}", sub_index, 86, most)


def _drawn(common: float, n: int, parameters: Parameters, random: np.random.Generator) -> Values:
    """Return true risks whose place has something in common: a factor with this standard deviation of its logarithm."""
    factor = np.exp(random.normal(0.0, common, (n, 1)))
    return drawn_from_the_prior(n, parameters, random) * np.where(parameters.inverse, 1 / factor, factor)


def _inside(
    scores: Scores, truth: Values, parameters: Parameters
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    score, sub_score = true_scores(truth, parameters)
    inside = (scores.low <= score) & (score <= scores.high)
    bounds = [scores.sub_interval(j) for j in range(N_SUB)]
    subs = [(low <= sub_score[:, j]) & (sub_score[:, j] <= high) for j, (low, high) in enumerate(bounds)]
    return inside, np.column_stack(subs)


def containment_of_ranks(simulations: int) -> Iterator[Row]:
    """Yield how often spans of ranks and tiers contain the true rank, and how often tiers put a pair in order."""
    for weights, weight_spread in (("certain weights", 0.0), ("weights ± 20 %", 0.2)):
        for cities, factors in (("truth from the prior", (1.0, 1.0)), ("half the places × 0.5, half × 2", (0.5, 2.0))):
            yield from _containment(f"{cities}, {weights}", weight_spread, factors, simulations)


def _containment(name: str, weight_spread: float, factors: tuple[float, float], simulations: int) -> Iterator[Row]:
    parameters, random, n = made_up_parameters(), np.random.default_rng(3), 24
    factor = np.repeat(factors, n // 2)[:, np.newaxis]
    factor = np.where(parameters.inverse, 1 / factor, factor)
    in_span, in_tier, in_order, width, n_tiers = [], [], [], [], []
    for k in range(simulations):
        expected = 4 * made_up_expected(n, parameters, random)
        truth = drawn_from_the_prior(n, parameters, random) * factor
        count = counted(truth, expected, parameters, random)
        draws = simulate_scores(count, expected, parameters, seed=k, draws=500, weight_spread=weight_spread)
        real, _ = true_scores(truth, _weights_of_this_city(parameters, weight_spread, random))
        rank = (-real).argsort().argsort() + 1
        best, worst = rank_intervals(draws)
        tier = tiers(score_places(count, expected, parameters).score, draws)
        first, last = _ranks_of_tiers(tier)
        in_span.append(((best <= rank) & (rank <= worst)).mean())
        in_tier.append(((first <= rank) & (rank <= last)).mean())
        if tier.max() > 1:
            in_order.append((real[:, np.newaxis] > real)[tier[:, np.newaxis] < tier].mean())
        width.append(float((worst - best + 1).mean()))
        n_tiers.append(float(tier.max()))
    yield _share(f"true rank in its 90 % span, {name}", in_span, low=88)
    yield _share(f"true rank among the ranks of its tier, {name}", in_tier, low=88)
    if len(in_order) > 1:
        yield _share(f"pair of different tiers in its true order, {name}", in_order, low=90)
    yield Row(f"ranks in a span, of {n}, {name}", *_mean(width), unit="")
    yield Row(f"tiers, {name}", *_mean(n_tiers), unit="")


def _weights_of_this_city(parameters: Parameters, spread: float, random: np.random.Generator) -> Parameters:
    """Return the weights that are right if those of the method are only known to ± spread."""
    weight = parameters.weight * random.uniform(1 - spread, 1 + spread, N_INDICATORS)
    total = np.bincount(parameters.sub_index, weight)[parameters.sub_index]
    sub_weight = parameters.sub_weight * random.uniform(1 - spread, 1 + spread, N_SUB)
    return replace(parameters, weight=weight / total).weighted(sub_weight)


def _ranks_of_tiers(tier: npt.NDArray[np.intp]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    above = np.array([(tier < each).sum() for each in tier])
    return above + 1, above + np.array([(tier == each).sum() for each in tier])


def alarms_of_funnels(simulations: int) -> Iterator[Row]:
    """Yield the share of places of risk 1 that lie outside funnel limits: no more than the levels say."""
    random, parameters = np.random.default_rng(4), made_up_parameters()
    beyond: list[list[float]] = [[] for _ in LEVELS]
    for _ in range(simulations):
        expected = made_up_expected(60, parameters, random)[:, :6]
        few = replace(parameters, scale=parameters.scale[:6])
        count = counted(np.ones_like(expected), expected, few, random)
        signs = np.abs(outside_funnel(count, expected, few.scale))
        plain = signs[:, few.scale == 1]
        for k, shares in enumerate(beyond):
            shares.append(float((plain > k).mean()))
    for level, shares in zip(LEVELS, beyond, strict=True):
        yield _share(f"risk 1 outside {level:.1%} limits, plain counts", shares, high=100 * (1 - level))


def alarms_and_power_of_alerts(simulations: int) -> Iterator[Row]:
    """Yield false alarms of the negative-binomial rule in 700 quiet weekly series, and what it finds of true rises."""
    rule, random, n, weeks = NegativeBinomial(), np.random.default_rng(5), 700, 60
    means = np.repeat([0.5, 2.0, 8.0, 30.0], n // 4)
    expected = np.repeat(means[:, np.newaxis], weeks, axis=1)
    below: dict[float, list[float]] = {0.05: [], 0.01: [], 0.001: []}
    found: dict[tuple[float, float], list[float]] = {}
    alerts: list[float] = []
    for run in range(simulations):
        risk = random.gamma(10.0, 0.1, n)
        quiet = random.poisson(risk[:, np.newaxis] * expected)
        judgement = rule.judge(quiet, expected)
        for level, shares in below.items():
            shares.append(float((judgement.p < level).mean()))
        alerts.append(float((judgement.level > 0).sum()))
        rises = np.arange(n) % 20 == run % 20
        for factor in (2.0, 3.0):
            rate = np.where(rises, factor, 1.0) * risk * means
            seen = _found_within(rule, quiet, random.poisson(rate[:, np.newaxis], (n, 4)), expected)
            for mean in np.unique(means):
                found.setdefault((factor, float(mean)), []).append(float(seen[rises & (means == mean)].mean()))
    for level, shares in below.items():
        yield _share(f"quiet weeks with p < {level:g}", shares, high=100 * level)
    any_alert = [float(each > 0) for each in alerts]
    yield _share(f"weeks with any alert in {n} quiet series", any_alert, high=100 * rule.false_share)
    yield Row(f"alerts a week in {n} quiet series", *_mean(alerts), unit="")
    for (factor, mean), shares in found.items():
        yield _share(f"rise × {factor:g} of {mean:g} a week in 1 of 20 series found within 4 weeks", shares)


def _found_within(rule: Rule, before: Counts, after: Counts, expected: Values) -> npt.NDArray[np.bool_]:
    """Say of each series whether any of the weeks after is alerted to; expectations are constant."""
    found = np.zeros(len(before), dtype=np.bool_)
    for k in range(1, after.shape[1] + 1):
        found |= rule.judge(np.hstack([before[:, k:], after[:, :k]]), expected).level > 0
    return found


def _mean(values: list[float]) -> tuple[float, float]:
    known = np.array(values, dtype=np.float64)
    known = known[np.isfinite(known)]
    return float(known.mean()), float(known.std(ddof=1) / math.sqrt(len(known)))


def _share(what: str, shares: list[float], low: float = -math.inf, high: float = math.inf) -> Row:
    mean, error = _mean(shares)
    return Row(what, 100 * mean, 100 * error, low, high)


STUDIES: tuple[Study, ...] = (
    coverage_of_intervals,
    containment_of_ranks,
    alarms_of_funnels,
    alarms_and_power_of_alerts,
)

if __name__ == "__main__":
    main()
