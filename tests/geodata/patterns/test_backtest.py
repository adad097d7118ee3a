"""Back-testing: worked indices, ties shared, the same area for all, and a test that is not fooled by chance."""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.patterns.backtest import Outcome, compare, expected_hits, hit_rate, pai, pei, rolling_backtest
from geodata.patterns.guard import Guard

Values = npt.NDArray[np.float64]
RISK = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0.5]
FUTURE = [6, 1, 5, 0, 2, 3, 0, 1, 1, 1]
EVEN = np.ones(10)


def test_vector_pai() -> None:
    assert pai(25, 100, 2, 100) == pytest.approx(12.5)
    assert pei(25, 40) == 0.625


def test_vector_pai_cells() -> None:
    hits, best = expected_hits(RISK, FUTURE, EVEN, 0.3), expected_hits(FUTURE, FUTURE, EVEN, 0.3)
    assert (hits, best) == (pytest.approx(12), pytest.approx(14))
    assert hit_rate(hits, 20) == pytest.approx(0.6)
    assert pai(hits, 20, 3, 10) == pytest.approx(2.0)
    assert pei(hits, best) == pytest.approx(0.85714286, abs=1e-8)


def test_without_incidents_there_is_no_rate() -> None:
    assert np.isnan([hit_rate(0, 0), pai(0, 0, 1, 10), pei(0, 0)]).all()


def test_equal_risks_share_what_is_left_of_the_area() -> None:
    assert expected_hits([5, 1, 1, 1, 0], [4, 3, 0, 6, 9], np.ones(5), 0.4) == pytest.approx(4 + 9 / 3)
    assert expected_hits(np.zeros(5), [4, 3, 0, 6, 9], np.ones(5), 0.4) == pytest.approx(22 * 0.4)


def test_the_last_cell_is_cut_to_the_area() -> None:
    assert expected_hits([2, 1, 0], [8, 4, 2], np.ones(3), 0.5) == pytest.approx(8 + 4 / 2)


def test_a_large_cell_is_ranked_by_its_risk_per_square_kilometre() -> None:
    # ten incidents on nine square kilometres are less than two on one
    assert expected_hits([10, 2], [7, 1], [9, 1], 0.1) == pytest.approx(1)


def test_unknown_risk_is_taken_last() -> None:
    assert expected_hits([np.nan, 0, 1], [100, 1, 1], np.ones(3), 2 / 3) == pytest.approx(2)


CELLS = st.integers(2, 30)


@given(st.integers(0, 10_000), CELLS, st.floats(0.0, 1.0))
@settings(deadline=None)
def test_no_choice_beats_the_best_one_and_all_of_the_area_holds_all(seed: int, n: int, share: float) -> None:
    random = np.random.default_rng(seed)
    risk, fell, area = random.integers(0, 5, n), random.poisson(2, n), random.uniform(0.1, 3, n)
    hits, best = expected_hits(risk, fell, area, share), expected_hits(fell, fell, area, share)
    assert 0 <= hits <= best + 1e-9
    assert best >= share * fell.sum() - 1e-9
    assert expected_hits(risk, fell, area, 1.0) == pytest.approx(fell.sum())
    assert expected_hits(area, fell, area, share) == pytest.approx(share * fell.sum())  # even risk is chance
    turned = random.permutation(n)
    assert expected_hits(risk[turned], fell[turned], area[turned], share) == pytest.approx(hits)


# --- rolling ---


def weeks_of(rate: Values, n: int, seed: int = 0) -> Values:
    return np.random.default_rng(seed).poisson(rate, (n, len(rate))).astype(np.float64)


def test_every_fold_learns_from_the_weeks_before_it_and_from_nothing_else() -> None:
    counts = np.arange(30.0)[:, None] + np.zeros(10)  # a week's number in all its cells
    seen: list[list[float]] = []

    def spy(learnt: Values) -> Values:
        seen.append(learnt[:, 0].tolist())
        return learnt.sum(axis=0)

    found = rolling_backtest(counts, EVEN, method=spy)
    assert found.weeks.tolist() == list(range(18, 30))
    assert seen == [[float(week) for week in range(fold - 12, fold)] for fold in range(18, 30)]


def test_all_three_take_the_same_area_and_chance_hits_by_area() -> None:
    rate = np.geomspace(0.1, 20, 40)
    found = rolling_backtest(weeks_of(rate, 30), np.ones(40), method=lambda learnt: learnt.mean(axis=0), area_share=0.1)
    assert {found.method.area_share, found.baseline.area_share, found.chance.area_share} == {0.1}
    np.testing.assert_allclose(found.chance.hit_rate, 0.1)
    np.testing.assert_allclose(found.chance.pai, 1.0)
    np.testing.assert_array_equal(found.method.hits, found.baseline.hits)  # the mean ranks like the sum
    assert found.baseline.overall.pai[0] > 3
    assert (found.baseline.pei <= 1 + 1e-12).all()
    assert found.advantage is not None
    assert (found.advantage.hit_rate, found.advantage.p) == (0.0, 1.0)
    assert found.guard is None


def test_a_method_that_knows_more_beats_the_baseline() -> None:
    random = np.random.default_rng(1)
    rate = random.permuted(np.tile(np.append(np.full(90, 0.2), np.full(10, 6.0)), (30, 1)), axis=1)
    counts = random.poisson(rate).astype(np.float64)
    foresight = iter(rate[18:])
    found = rolling_backtest(counts, np.ones(100), method=lambda _: next(foresight), area_share=0.1)
    assert found.advantage is not None
    assert found.advantage.p == pytest.approx(2 / 2**12)
    assert 0.4 < found.advantage.low < found.advantage.hit_rate < found.advantage.high
    assert found.method.overall.hit_rate - found.baseline.overall.hit_rate == pytest.approx(found.advantage.hit_rate)


def test_few_incidents_and_few_weeks_are_not_judged() -> None:
    few = np.zeros((30, 10))
    few[:, 0] = 1
    for counts in (few, few[:9], few[:0]):
        found = rolling_backtest(counts, EVEN, method=lambda learnt: learnt.sum(axis=0))
        assert (found.guard, found.advantage) == (Guard.TOO_FEW, None)
    assert len(rolling_backtest(few[:15], EVEN, method=lambda learnt: learnt.sum(axis=0)).weeks) == 3


def outcome(hits: npt.ArrayLike) -> Outcome:
    hit = np.asarray(hits, dtype=np.float64)
    return Outcome(hit, np.full(len(hit), 50.0), np.full(len(hit), 50.0), 0.1)


def test_p_is_the_share_of_all_sign_patterns() -> None:
    gap = np.array([3.0, 1.0, -2.0, 5.0, 0.0, 4.0, 1.5])
    sums = [abs(np.dot(signs, gap)) for signs in product((-1, 1), repeat=len(gap))]
    known = np.mean(np.array(sums) >= abs(gap.sum()))
    assert compare(outcome(10 + gap), outcome(np.full(7, 10.0))).p == pytest.approx(known)


def test_many_folds_are_sampled() -> None:
    gap = np.append(np.full(30, 1.0), np.full(12, -1.0))
    p = compare(outcome(10 + gap), outcome(np.full(42, 10.0))).p
    assert p == pytest.approx(0.0079, abs=0.003)  # two-sided binomial, 30 of 42 signs


def test_equal_methods_are_told_apart_as_rarely_as_promised() -> None:
    random = np.random.default_rng(6)
    p = [compare(outcome(random.poisson(10, 12)), outcome(random.poisson(10, 12)), seed=1).p for _ in range(200)]
    assert np.mean(np.array(p) <= 0.05) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=20)
def test_changing_sides_turns_the_sign(seed: int) -> None:
    random = np.random.default_rng(seed)
    one, other = outcome(random.poisson(10, 8)), outcome(random.poisson(10, 8))
    there, back = compare(one, other), compare(other, one)
    assert there.p == back.p
    assert (there.hit_rate, there.low, there.high) == pytest.approx((-back.hit_rate, -back.high, -back.low), abs=1e-12)
