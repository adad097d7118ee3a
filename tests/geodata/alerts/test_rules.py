"""Rules of early warning: published numbers, odd cases by hand, nominal rates under chance, and what always holds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import nbinom

from geodata.alerts.rules import (
    RULES,
    AlertLevel,
    Counts,
    Ears,
    Ewma,
    Farrington,
    NegativeBinomial,
    PoissonCusum,
    Rule,
    Values,
    benjamini_hochberg,
    ears,
    ewma,
    poisson_cusum,
    quasi_poisson,
    rule_of,
    tail_probability,
    usual_level,
)

EVERY_RULE = [NegativeBinomial(), Farrington(), PoissonCusum(), Ewma(), Ears("C1"), Ears("C2"), Ears("C3", limit=2.0)]
DRIFT = [2, 1, 3, 2, 2, 4, 5, 4, 6, 3]


def history(*last: int, periods: int = 60, usual: int = 2, n_series: int = 1) -> tuple[Counts, Values]:
    """Return series that always had `usual` incidents, as expected, and then `last`."""
    counts = np.full((n_series, periods + len(last)), usual, dtype=np.int64)
    counts[:, periods:] = last
    return counts, np.full(counts.shape, float(usual))


# --- published numbers ---


@pytest.mark.parametrize(
    ("nu", "alpha", "observed", "p"),
    [
        (99, 104, 2, 0.56490144),
        (99, 104, 4, 0.12773218),
        (99, 104, 5, 0.04602468),
        (99, 104, 6, 0.01426667),
        (99, 104, 7, 0.0038804),
        (99, 104, 8, 0.00094089),
        (99, 104, 9, 0.00020601),
        (7, 6, 2, 0.63291931),
        (7, 6, 4, 0.22412491),
        (7, 6, 5, 0.11462641),
        (7, 6, 6, 0.05440223),
        (7, 6, 7, 0.02429014),
        (7, 6, 8, 0.01030953),
        (7, 6, 9, 0.00419301),
    ],
)
def test_vector_nb_alert(nu: float, alpha: float, observed: int, p: float) -> None:
    assert tail_probability(observed, nu, alpha, 2.0) == pytest.approx(p, abs=1e-8)


def test_vector_cusum_poisson() -> None:
    path = poisson_cusum(DRIFT, np.full(10, 2.0), 2.0)
    np.testing.assert_allclose(path, [0, 0, 0.11461, 0, 0, 1.11461, 3.22922, 4.34383, 7.45844, 7.57305], atol=5e-6)
    assert int(np.flatnonzero(path > 5)[0]) + 1 == 9


def test_vector_ewma() -> None:
    value, due, spread = ewma(DRIFT, np.full(10, 2.0), 0.3)
    limit = due + 3 * spread
    np.testing.assert_allclose(
        value, [2.0, 1.7, 2.09, 2.063, 2.0441, 2.63087, 3.341609, 3.539126, 4.277388, 3.894172], atol=5e-7
    )
    np.testing.assert_allclose(
        limit,
        [3.272792, 3.553641, 3.674145, 3.730131, 3.756913, 3.769888, 3.776211, 3.779302, 3.780814, 3.781554],
        atol=5e-7,
    )
    assert int(np.flatnonzero(value > limit)[0]) + 1 == 9


def test_vector_ears() -> None:
    days = np.array([[5, 7, 4, 6, 5, 8, 6, 7, 5, 6, 14, 9, 5]])
    c1, c2 = ears(days)[0], ears(days, gap=2)[0]
    np.testing.assert_allclose(c1[7:], [0.849591, -0.849591, 0.106199, 7.349684, 0.544705, -0.944911], atol=5e-7)
    np.testing.assert_allclose(c2[9:], [0.106199, 5.840937, 2.336375, -1.069045], atol=5e-7)
    assert np.isnan(c1[:7]).all()
    assert np.isnan(c2[:9]).all()
    ones = np.ones(days.shape)
    for upto, c3 in ((12, 6.177312), (13, 6.177312)):
        found = Ears("C3", limit=2.0).judge(days[:, :upto], ones[:, :upto])
        assert found.statistic[0] == pytest.approx(c3, abs=1e-6)  # the sum of two rounded numbers
    assert np.isnan(Ears("C3").judge(days[:, :11], ones[:, :11]).statistic[0])


def test_vector_farrington_simple() -> None:
    base = [6, 4, 7, 5, 8, 6, 5, 7, 6, 9, 5, 6, 8, 7, 4, 6, 5, 7, 6, 5, 6]
    fit = quasi_poisson(np.array([base]), outlier=2.58)
    assert fit.mean[0] == pytest.approx(6.0952381, abs=1e-7)
    assert fit.dispersion[0] == 1.0
    for p, upper in ((0.05, 10.69330877), (0.01, 12.83614352), (0.005, 13.65263521), (0.001, 15.38823041)):
        assert fit.limit(p)[0] == pytest.approx(upper, abs=1e-7)
        assert fit.probability(fit.limit(p))[0] == pytest.approx(p, rel=1e-9)


@given(st.integers(0, 200), st.floats(0.5, 300), st.floats(0.5, 300), st.floats(0.01, 50))
@settings(deadline=None)
def test_the_tail_is_the_negative_binomial_of_scipy(observed: int, nu: float, alpha: float, expected: float) -> None:
    known = nbinom.sf(observed - 1, nu, alpha / (alpha + expected))
    assert tail_probability(observed, nu, alpha, expected) == pytest.approx(known, rel=1e-7, abs=1e-300)


# --- the main rule, by hand: 58 periods of 2 are learnt, so nu = alpha = 104 and p of 7, 9, 12 is .005, .0003, 4e-6 ---


@pytest.mark.parametrize(
    ("last", "level"),
    [
        ((2, 2, 2), AlertLevel.NONE),
        ((2, 2, 7), AlertLevel.NONE),  # once is chance
        ((2, 7, 7), AlertLevel.YELLOW),
        ((7, 2, 7), AlertLevel.YELLOW),
        ((7, 7, 2), AlertLevel.NONE),  # it is over
        ((2, 2, 9), AlertLevel.ORANGE),
        ((2, 2, 12), AlertLevel.RED),
        ((2, 2, 0), AlertLevel.NONE),
    ],
)
def test_orange_and_red_need_one_period_and_yellow_two_of_three(last: tuple[int, ...], level: AlertLevel) -> None:
    found = NegativeBinomial().judge(*history(*last))
    assert found.level.tolist() == [level]
    assert found.expected[0] == pytest.approx(2.0)


def test_the_usual_is_learnt_from_the_year_before_without_the_last_two_periods() -> None:
    counts, expected = history(50, 50, 9, periods=52)
    counts[0, 0] = 99  # older than a year when period 54 is judged
    nu, alpha = usual_level(counts, expected)
    assert (nu[0], alpha[0]) == (4 + 50 * 2, 4 + 50 * 2.0)


def test_missing_periods_are_not_learnt_from() -> None:
    counts, expected = history(2)
    counts[0, 20:40], expected[0, 20:40] = 0, np.nan
    nu, alpha = usual_level(counts, expected)
    assert (nu[0], alpha[0]) == (4 + 30 * 2, 4 + 30 * 2.0)


def test_few_incidents_are_no_alert_however_unlikely() -> None:
    counts, expected = history(2, usual=0, periods=60)
    expected[:] = 0.001
    found = NegativeBinomial().judge(counts, expected)
    assert found.p[0] < 1e-4
    assert found.level[0] == AlertLevel.NONE
    counts[0, -1] = 3
    assert NegativeBinomial().judge(counts, expected).level[0] == AlertLevel.RED


def test_one_unlikely_series_among_a_thousand_is_chance() -> None:
    counts, expected = history(2, 2, 2, n_series=1000)
    counts[0, -1] = 9
    found = NegativeBinomial().judge(counts, expected)
    assert found.p[0] < 0.001
    assert found.adjusted[0] > 0.1
    assert not found.level.any()


def test_a_short_history_is_careful() -> None:
    long, short = (NegativeBinomial().judge(*history(2, 2, 8, periods=n)) for n in (60, 3))
    assert short.p[0] > 2 * long.p[0]


# --- odd cases, every rule ---


@pytest.mark.parametrize("rule", EVERY_RULE)
@pytest.mark.parametrize("shape", [(0, 0), (0, 60), (3, 0), (3, 1), (3, 2), (3, 9)])
def test_with_nothing_to_learn_from_nothing_breaks(rule: Rule, shape: tuple[int, int]) -> None:
    found = rule.judge(np.ones(shape, dtype=np.int64), np.ones(shape))
    assert len(found.level) == len(found.p) == len(found.statistic) == shape[0]
    assert not found.level.any()


@pytest.mark.parametrize("rule", EVERY_RULE)
@pytest.mark.parametrize("nothing", [np.nan, 0.0])
def test_what_is_missing_is_never_an_alert(rule: Rule, nothing: float) -> None:
    counts, expected = history(50, periods=160)
    whole = rule.judge(counts, expected)
    assert whole.level[0] > 0
    expected[0, -1] = nothing
    found = rule.judge(counts, expected)
    assert found.level[0] == AlertLevel.NONE
    assert np.isnan([found.p[0], found.statistic[0], found.expected[0], found.adjusted[0]]).all()
    expected[:] = nothing
    assert np.isnan(rule.judge(counts, expected).statistic).all()


@pytest.mark.parametrize("rule", EVERY_RULE)
def test_a_red_line_is_red_whatever_the_counts_say(rule: Rule) -> None:
    counts, expected = history(2, periods=160, n_series=3)
    expected[2] = np.nan
    found = rule.judge(counts, expected, np.array([True, False, True]))
    assert found.level.tolist() == [AlertLevel.RED, AlertLevel.NONE, AlertLevel.RED]


@pytest.mark.parametrize("rule", EVERY_RULE)
def test_tables_of_different_shapes_are_refused(rule: Rule) -> None:
    with pytest.raises(ValueError, match="same shape"):
        rule.judge(np.ones((2, 5), dtype=np.int64), np.ones((2, 4)))


@pytest.mark.parametrize("rule", EVERY_RULE)
def test_a_rule_comes_back_from_its_name_and_parameters(rule: Rule) -> None:
    assert rule_of(rule.name, rule.parameters) == rule
    assert RULES[rule.name] is type(rule)


@pytest.mark.parametrize("rule", [PoissonCusum(), Ewma(), Ears()])
def test_a_rule_with_a_threshold_says_yellow_at_most_and_gives_no_p(rule: Rule) -> None:
    found = rule.judge(*history(200, periods=160))
    assert found.level[0] == AlertLevel.YELLOW
    assert np.isnan(found.p[0])


def test_farrington_needs_a_year_and_some_recent_incidents() -> None:
    counts, expected = history(20, periods=54)
    assert np.isnan(Farrington().judge(counts, expected).p[0])
    counts, expected = history(20, periods=55)
    assert Farrington().judge(counts, expected).level[0] == AlertLevel.RED
    counts, expected = history(4, usual=0, periods=60)
    expected[:] = 1.0
    assert Farrington().judge(counts, expected).level[0] == AlertLevel.NONE
    counts[0, -1] = 5
    assert Farrington(red=0.5, orange=0.5).judge(counts, expected).level[0] == AlertLevel.RED


def test_a_past_outbreak_hides_the_next_one_less() -> None:
    counts = np.full((1, 21), 6)
    counts[0, ::2] = 7
    counts[0, 4] = 40
    plain, weighted = quasi_poisson(counts), quasi_poisson(counts, outlier=2.58)
    assert weighted.limit(0.01)[0] < plain.limit(0.01)[0]
    assert weighted.mean[0] == pytest.approx(np.delete(counts[0], 4).mean(), abs=0.2)


def test_the_cusum_sees_a_drift_that_no_single_week_shows() -> None:
    counts, expected = history(*[5, 4, 3, 5, 4, 4, 5, 4, 5, 5], periods=100)
    assert PoissonCusum().judge(counts, expected).level[0] == AlertLevel.YELLOW
    assert NegativeBinomial().judge(counts, expected).level[0] == AlertLevel.NONE


def test_a_gap_changes_neither_cusum_nor_average() -> None:
    x, mean = np.array(DRIFT), np.full(10, 2.0)
    with_gap, gap = np.insert(x, 5, 99), np.insert(mean, 5, np.nan)
    np.testing.assert_allclose(np.delete(poisson_cusum(with_gap, gap, 2.0), 5), poisson_cusum(x, mean, 2.0))
    for broken, whole in zip(ewma(with_gap, gap, 0.3), ewma(x, mean, 0.3), strict=True):
        np.testing.assert_allclose(np.delete(broken, 5), whole)


# --- nominal rates ---


@pytest.mark.parametrize("expected", [0.3, 2.0, 20.0])
def test_p_is_uniform_where_relative_risks_are_those_of_the_prior(expected: float) -> None:
    rng = np.random.default_rng(7)
    n, periods = 40_000, 53
    risk = rng.gamma(4.0, 1 / 4.0, n)[:, None]
    counts = rng.poisson(risk * expected, (n, periods)).astype(np.int64)
    due = np.full((n, periods), expected)
    nu, alpha = usual_level(counts, due)
    p, beyond = (tail_probability(counts[:, -1] + k, nu, alpha, expected) for k in (0, 1))
    smooth = beyond + rng.random(n) * (p - beyond)  # a count is discrete: p itself stays below the nominal rate
    for rate in (0.5, 0.05, 0.01, 0.001):
        error = np.sqrt(rate * (1 - rate) / n)
        assert abs((smooth <= rate).mean() - rate) < 4 * error
        assert (p <= rate).mean() <= rate + 4 * error


@pytest.mark.parametrize("expected", [0.3, 2.0, 20.0])
def test_p_keeps_its_rate_under_a_plain_poisson_null(expected: float) -> None:
    rng = np.random.default_rng(11)
    n = 40_000
    counts = rng.poisson(expected, (n, 53)).astype(np.int64)
    p = NegativeBinomial().evidence(counts, np.full(counts.shape, expected)).p
    for rate in (0.05, 0.01, 0.001):
        assert (p <= rate).mean() <= rate + 4 * np.sqrt(rate / n)


def test_in_nine_weeks_of_ten_chance_makes_no_orange_and_no_yellow() -> None:
    rng = np.random.default_rng(3)
    weeks, series = 400, 200
    alerts = dict.fromkeys(AlertLevel, 0)
    for _ in range(weeks):
        due = np.repeat(rng.gamma(1.0, 3.0, (series, 1)), 55, axis=1)
        found = NegativeBinomial().judge(rng.poisson(due).astype(np.int64), due)
        grave = int(found.level.max())
        alerts[AlertLevel.YELLOW if grave == 1 else AlertLevel.ORANGE if grave > 1 else AlertLevel.NONE] += 1
    most = 0.1 * weeks + 3 * np.sqrt(0.1 * 0.9 * weeks)
    assert alerts[AlertLevel.ORANGE] <= most
    assert alerts[AlertLevel.YELLOW] <= most


def test_a_limit_of_the_cusum_is_passed_by_chance_no_more_often_than_it_says() -> None:
    rng = np.random.default_rng(5)
    path = poisson_cusum(rng.poisson(3.0, (4000, 400)), np.full((4000, 400), 3.0), 2.0)
    first = np.where((path > 3.0).any(axis=1), (path > 3.0).argmax(axis=1) + 1, 400)
    assert first.mean() >= 2.0**3.0


def test_the_weighted_mean_passes_three_standard_deviations_as_a_normal_one_does() -> None:
    rng = np.random.default_rng(9)
    value, due, spread = (
        path[:, -1] for path in ewma(rng.poisson(400.0, (40_000, 30)), np.full((40_000, 30), 400.0), 0.3)
    )
    assert ((value - due) / spread > 3).mean() == pytest.approx(0.00135, abs=4 * np.sqrt(0.00135 / 40_000))


def test_farrington_is_near_its_rate() -> None:
    rng = np.random.default_rng(13)
    n = 20_000
    counts = rng.poisson(10.0, (n, 170)).astype(np.int64)
    p = Farrington().evidence(counts, np.ones(counts.shape)).p
    assert 0.005 < (p <= 0.01).mean() < 0.02


# --- what always holds ---


@given(arrays(np.float64, st.integers(0, 30), elements=st.floats(0, 1)))
@settings(deadline=None)
def test_adjusted_p_reject_what_the_step_up_procedure_rejects(p: Values) -> None:
    share = 0.1
    order = np.sort(p)
    passed = [k for k in range(len(p)) if order[k] <= share * (k + 1) / len(p)]
    cut = order[passed[-1]] if passed else -1.0
    np.testing.assert_array_equal(benjamini_hochberg(p) <= share + 1e-12, p <= cut + 1e-12)
    with_gaps = np.concatenate([p, [np.nan, np.nan]])
    np.testing.assert_allclose(benjamini_hochberg(with_gaps), [*benjamini_hochberg(p), np.nan, np.nan])


def test_the_false_share_is_kept_among_true_and_false_effects() -> None:
    rng = np.random.default_rng(2)
    shares = []
    for _ in range(400):
        p = rng.random(200)
        p[:20] = rng.random(20) * 1e-3
        found = benjamini_hochberg(p) <= 0.1
        shares.append(found[20:].sum() / max(found.sum(), 1))
    assert np.mean(shares) <= 0.1 * 0.9 + 3 * np.std(shares) / 20  # the share of true nulls is .9


@given(st.data(), st.sampled_from(EVERY_RULE))
@settings(deadline=None, max_examples=60)
def test_the_order_of_series_changes_nothing_but_the_order_of_answers(data: st.DataObject, rule: Rule) -> None:
    counts = data.draw(arrays(np.int64, (4, 80), elements=st.integers(0, 30)))
    expected = data.draw(arrays(np.float64, (4, 80), elements=st.sampled_from([np.nan, 0.0, 0.2, 3.0, 12.0])))
    order = np.array(data.draw(st.permutations(range(4))))
    plain, turned = rule.judge(counts, expected), rule.judge(counts[order], expected[order])
    np.testing.assert_array_equal(plain.level[order], turned.level)
    np.testing.assert_allclose(plain.statistic[order], turned.statistic)
    np.testing.assert_allclose(plain.p[order], turned.p)


@given(arrays(np.int64, 60, elements=st.integers(0, 12)), st.floats(0.1, 10), st.integers(1, 30))
@settings(deadline=None)
def test_more_incidents_never_mean_a_lower_level(counts: Counts, usual: float, more: int) -> None:
    expected = np.full((1, 60), usual)
    higher = counts[None, :].copy()
    higher[0, -1] += more
    rule = NegativeBinomial()
    before, after = rule.judge(counts[None, :], expected), rule.judge(higher, expected)
    assert after.level[0] >= before.level[0]
    assert after.p[0] <= before.p[0]
    assert (before.level[0] == AlertLevel.NONE) or counts[-1] >= rule.least_count


@given(arrays(np.int64, 30, elements=st.integers(0, 40)), st.integers(1, 100))
@settings(deadline=None)
def test_ears_does_not_mind_a_constant_more(counts: Counts, more: int) -> None:
    np.testing.assert_allclose(ears(counts + more, gap=2, least_spread=0.5), ears(counts, gap=2, least_spread=0.5))


def test_other_thresholds_make_another_rule() -> None:
    assert replace(NegativeBinomial(), orange=0.01).judge(*history(2, 2, 7)).level[0] == AlertLevel.ORANGE
