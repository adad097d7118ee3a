"""The space-time scan: worked vectors, a plain search of every cylinder, planted clusters, and honest chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from geodata.patterns.scan import Scan, Statistic, _throw, dispersion_of, llr_expectation, llr_kulldorff, scan

Values = npt.NDArray[np.float64]
TOY = np.array([[1, 0, 2, 1, 1], [0, 1, 1, 5, 6], [1, 1, 0, 4, 5], [2, 1, 1, 0, 1]], dtype=np.float64).T


@pytest.mark.parametrize(("c", "e", "total", "llr"), [(12, 4, 100, 5.52634629), (5, 1, 100, 4.1291085), (3, 4, 100, 0)])
def test_vector_kulldorff(c: float, e: float, total: float, llr: float) -> None:
    assert llr_kulldorff(c, e, total) == pytest.approx(llr, abs=1e-8)


def test_vector_eb_poisson() -> None:
    assert llr_expectation(12, 4) == pytest.approx(5.18334746, abs=1e-8)
    assert llr_expectation([4, 3, 0], 4).tolist() == [0, 0, 0]


def test_vector_space_time() -> None:
    flat = np.full(TOY.shape, 1.7)
    found = scan(TOY, flat, np.arange(4.0), np.zeros(4), statistic=Statistic.KULLDORFF, max_days=3)
    best = found.clusters[0]
    assert sorted(best.places.tolist()) == [1, 2]
    assert (best.days, best.observed, best.expected) == (2, 20, pytest.approx(6.8))
    assert best.llr == pytest.approx(12.27795822, abs=1e-8)
    assert best.p == 0.001
    assert best.relative_risk == pytest.approx(20 / 6.8)
    assert best.radius_m == 1.0


def city(seed: int, n: int = 25, days: int = 40) -> tuple[Values, Values, Values, Values]:
    """Return counts without any cluster, their expectation, and positions."""
    random = np.random.default_rng(seed)
    x, y = random.uniform(0, 10_000, (2, n))
    expected = random.gamma(2.0, 0.1, n) * random.uniform(0.5, 1.5, (days, 1))
    return random.poisson(expected).astype(np.float64), expected, x, y


def best_by_trying(
    counts: Values, expected: Values, x: Values, y: Values, statistic: Statistic, **limits: Any
) -> float:
    """Look at every cylinder, one after the other."""
    if statistic == Statistic.KULLDORFF:
        expected = expected * counts.sum() / expected.sum()
    best = 0.0
    for centre in range(len(x)):
        distance = np.hypot(x - x[centre], y - y[centre])
        for k in range(1, len(x) + 1):
            zone = np.argsort(distance)[:k]
            if expected[:, zone].sum() > 0.5 * expected.sum() or distance[zone].max() > limits.get("radius", np.inf):
                break
            for days in range(1, limits["days"] + 1):
                c, e = counts[-days:, zone].sum(), expected[-days:, zone].sum()
                if statistic == Statistic.KULLDORFF:
                    best = max(best, float(llr_kulldorff(c, e, counts.sum())))
                else:
                    best = max(best, float(llr_expectation(c, e)))
    return best


@pytest.mark.parametrize("statistic", list(Statistic))
@pytest.mark.parametrize("seed", range(6))
def test_no_cylinder_is_overlooked(seed: int, statistic: Statistic) -> None:
    counts, expected, x, y = city(seed)
    counts[-3:, :4] *= seed  # from none to many
    for radius in (np.inf, 2_500.0):
        found = scan(counts, expected, x, y, statistic=statistic, max_days=9, max_radius_m=radius, replicas=0)
        known = best_by_trying(counts, expected, x, y, statistic, days=9, radius=radius)
        assert found.clusters[0].llr == pytest.approx(known, rel=1e-9)
        assert found.clusters[0].radius_m <= radius
        assert found.clusters[0].p == 1.0  # without chance maps nothing is rare


@pytest.mark.parametrize("statistic", list(Statistic))
def test_chance_maps_are_scanned_like_the_real_one(statistic: Statistic) -> None:
    counts, expected, x, y = city(4, n=8, days=6)
    across = np.lexsort((y, x))
    due = expected[:, across]
    if statistic == Statistic.KULLDORFF:
        due = due * counts.sum() / due.sum()
    random = np.random.default_rng(np.random.SeedSequence(11).spawn(1)[0])
    if statistic == Statistic.KULLDORFF:
        share = due[::-1].ravel() / due.sum()
        maps = random.multinomial(int(counts.sum()), np.append(share, 0.0), 32)[:, :-1].reshape(32, 6, 8)
    else:
        maps = stats.poisson.ppf(random.random((8, 6, 32)), due[::-1].T[..., None]).transpose(2, 1, 0)
    known = [best_by_trying(each[::-1], due, x[across], y[across], statistic, days=6) for each in maps]
    chance = scan(counts, expected, x, y, statistic=statistic, max_days=6, replicas=32, seed=11).chance
    np.testing.assert_allclose(chance, np.sort(known), rtol=1e-6)


def test_a_planted_cluster_is_found_and_a_second_one_that_shares_no_place() -> None:
    counts, expected, x, y = city(1, n=60)
    for corner, extra in (((0, 0), 4), ((10_000, 10_000), 3)):
        counts[-5:, np.argsort(np.hypot(x - corner[0], y - corner[1]))[:5]] += extra
    found = scan(counts, expected, x, y, replicas=199).clusters
    first, second = found[:2]
    assert first.p == second.p == 0.005
    assert first.days == second.days == 5
    assert {*np.argsort(np.hypot(x, y))[:4]} <= {*first.places.tolist()}
    everywhere = np.concatenate([cluster.places for cluster in found])
    assert len(everywhere) == len({*everywhere.tolist()})
    assert [cluster.llr for cluster in found] == sorted((cluster.llr for cluster in found), reverse=True)
    for cluster in found:
        assert cluster.observed == counts[-cluster.days :, cluster.places].sum()
        assert cluster.expected == pytest.approx(expected[-cluster.days :, cluster.places].sum())
        assert cluster.places[0] == cluster.centre


def test_a_rise_of_the_whole_city_is_seen_by_the_expectation_only() -> None:
    counts, expected, x, y = city(2, days=28)
    counts += np.random.default_rng(9).poisson(expected)
    assert scan(counts, expected, x, y, replicas=99).clusters[0].p == 0.01
    assert scan(counts, expected, x, y, statistic=Statistic.KULLDORFF, replicas=99).clusters[0].p > 0.05


def test_an_old_cluster_is_no_news() -> None:
    counts, expected, x, y = city(3, days=60)
    counts[:20, :5] += 5
    assert scan(counts, expected, x, y, max_days=14, replicas=99).clusters[0].p > 0.05


def test_nothing_expected_and_nothing_known_give_no_cluster() -> None:
    nothing = np.zeros((5, 3))
    for statistic in Statistic:
        assert scan(nothing, nothing, [0, 1, 2], [0, 0, 0], statistic=statistic, replicas=9).clusters == ()
    counts, expected = np.ones((5, 3)), np.full((5, 3), np.nan)
    expected[:, 2] = 0.0
    assert scan(counts, expected, [0, 1, 2], [0, 0, 0], replicas=9).clusters == ()
    assert scan(np.zeros((0, 3)), np.zeros((0, 3)), [0, 1, 2], [0, 0, 0], replicas=9).clusters == ()


def test_wrong_shapes_and_negative_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="n_days, n_places"):
        scan(np.ones((5, 3)), np.ones((5, 2)), [0, 1, 2], [0, 0, 0])
    with pytest.raises(ValueError, match="negative"):
        scan(np.ones((5, 3)), -np.ones((5, 3)), [0, 1, 2], [0, 0, 0])


def told(found: Scan) -> list[tuple[Any, ...]]:
    return [
        (sorted(cluster.places.tolist()), cluster.days, cluster.observed, round(cluster.llr, 6), cluster.p)
        for cluster in found.clusters
    ]


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=25)
def test_the_order_of_the_places_changes_nothing_not_even_p(seed: int) -> None:
    counts, expected, x, y = city(seed)
    turned = np.random.default_rng(seed).permutation(len(x))
    straight = scan(counts, expected, x, y, replicas=32)
    other = scan(counts[:, turned], expected[:, turned], x[turned], y[turned], replicas=32)
    for cluster, twin in zip(straight.clusters, other.clusters, strict=True):
        assert cluster.places.tolist() == turned[twin.places].tolist()
        assert (cluster.days, cluster.p) == (twin.days, twin.p)
    np.testing.assert_array_equal(straight.chance, other.chance)


@given(st.integers(0, 10_000), st.floats(-1e6, 1e6), st.floats(0, 6.3))
@settings(deadline=None, max_examples=25)
def test_shift_and_turn_of_the_map_change_no_cluster(seed: int, shift: float, angle: float) -> None:
    counts, expected, x, y = city(seed)
    turned_x, turned_y = x * np.cos(angle) - y * np.sin(angle) + shift, x * np.sin(angle) + y * np.cos(angle) - shift
    straight = told(scan(counts, expected, x, y, replicas=0))
    assert told(scan(counts, expected, turned_x, turned_y, replicas=0)) == straight


def test_a_regular_grid_gives_the_same_after_a_shift() -> None:
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(6) * 250.0, np.arange(6) * 250.0))
    counts = np.random.default_rng(0).poisson(0.5, (20, 36))
    expected = np.full((20, 36), 0.5)
    assert told(scan(counts, expected, x, y)) == told(scan(counts, expected, x + 377_777.7, y + 2_444_444.1))


def test_the_seed_decides_the_chance_maps() -> None:
    given_ = city(5)
    first, again, other = (scan(*given_, replicas=70, seed=seed).chance for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert len(first) == 70
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("statistic", list(Statistic))
def test_false_alarms_are_as_rare_as_promised(statistic: Statistic) -> None:
    p = []
    for seed in range(200):
        counts, expected, x, y = city(seed, n=15, days=20)
        p.append(scan(counts, expected, x, y, statistic=statistic, max_days=7, replicas=99, most=1).clusters[0].p)
    for level in (0.05, 0.2, 0.5):  # at most three standard errors of a share of 200
        assert abs(np.mean(np.array(p) <= level) - level) < 3 * np.sqrt(level * (1 - level) / 200)


@pytest.mark.parametrize("statistic", list(Statistic))
def test_counts_that_vary_more_raise_no_more_false_alarms_once_it_is_said(statistic: Statistic) -> None:
    told, untold = [], []
    for seed in range(120):
        _, expected, x, y = city(seed, n=15, days=20)
        random = np.random.default_rng(seed)
        counts = random.poisson(random.gamma(expected / 0.8, 0.8))  # 1.8 times the mean as variance
        for dispersion, found in ((1.8, told), (1.0, untold)):
            best = scan(
                counts, expected, x, y, statistic=statistic, max_days=7, dispersion=dispersion, replicas=99, most=1
            ).clusters[0]
            found.append(best.p <= 0.1)
    assert abs(np.mean(told) - 0.1) < 3 * np.sqrt(0.1 * 0.9 / 120)
    assert np.mean(untold) > 0.3


@pytest.mark.parametrize(
    ("mean", "dispersion"), [(0.0, 1.0), (0.02, 1.0), (30.0, 1.0), (0.0, 2.0), (0.3, 1.08), (4.0, 1.5), (30.0, 10.0)]
)
def test_thrown_counts_are_quantiles_of_their_distribution(mean: float, dispersion: float) -> None:
    uniform = np.random.default_rng(3).random((1, 40, 32))
    uniform[0, 0, :3] = 0.0, 1e-12, 1 - 1e-12
    sums = np.empty(uniform.shape, dtype=np.float32)
    _throw(np.full((1, 40), mean), dispersion, uniform, sums)
    of = stats.poisson(mean) if dispersion == 1.0 else stats.nbinom(mean / (dispersion - 1), 1 / dispersion)
    wanted = np.zeros(uniform.shape) if mean == 0 else np.where(uniform == 0, 0.0, of.ppf(uniform))
    assert np.array_equal(sums, np.cumsum(wanted, axis=1))


def test_dispersion_is_found_in_counts() -> None:
    random = np.random.default_rng(1)
    expected = random.gamma(2.0, 0.5, (200, 50))
    assert dispersion_of(random.poisson(expected), expected) == pytest.approx(1.0, abs=0.05)
    assert dispersion_of(random.poisson(random.gamma(expected, 1.0)), expected) == pytest.approx(2.0, abs=0.1)
    assert dispersion_of(expected, expected) == 1.0
    assert dispersion_of(np.zeros((2, 2)), np.zeros((2, 2))) == 1.0
