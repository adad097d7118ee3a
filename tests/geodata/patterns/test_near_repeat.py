"""Near repeats: the worked ten points, all orders tried, planted contagion, honest chance, and the rings."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import SelectionError
from geodata.patterns import near_repeat
from geodata.patterns.guard import Guard
from geodata.patterns.near_repeat import knox, knox_table, rings

Values = npt.NDArray[np.float64]
TEN = np.array(
    [
        *[(0, 0, 0), (50, 0, 1), (0, 60, 2), (1000, 0, 0), (1050, 0, 1)],
        *[(2000, 2000, 30), (2040, 2000, 31), (500, 500, 15), (3000, 0, 40), (30, 30, 45)],
    ]
).T


def test_vector_knox() -> None:
    found = knox(*TEN, distance_m=100, days=7, permutations=9_999, least=0)
    assert (found.n_pairs, found.n_space, found.n_time, found.observed) == (45, 8, 12, 5)
    assert found.expected == pytest.approx(2.13333333, abs=1e-8)
    assert found.ratio == 2.34375
    assert found.p_poisson == pytest.approx(0.06548364, abs=1e-8)  # P(X >= 5), not P(X > 5) = 0.02187
    exact = 0.031216931
    assert abs(found.p - exact) < 3 * np.sqrt(exact * (1 - exact) / 9_999)


def test_permutations_come_to_the_share_of_all_orders() -> None:
    x, y, day = TEN[:, :7]
    near = np.triu(np.hypot(x[:, None] - x, y[:, None] - y) <= 100, 1)
    orders = day[np.array(list(permutations(range(7))))]
    pairs = ((np.abs(orders[:, :, None] - orders[:, None, :]) <= 1) & near).sum(axis=(1, 2))
    found = knox(x, y, day, distance_m=100, days=1, permutations=9_999, least=0)
    exact = (pairs >= found.observed).mean()
    assert found.expected == pytest.approx(pairs.mean())
    assert abs(found.p - exact) < 3 * np.sqrt(exact * (1 - exact) / 9_999)


def test_fewer_than_thirty_incidents_are_not_tested() -> None:
    found, table = knox(*TEN, distance_m=100, days=7), knox_table(*TEN)
    assert found.guard == table.guard == Guard.TOO_FEW
    assert np.isnan([found.observed, found.expected, found.ratio, found.p, found.p_poisson]).all()
    assert np.isnan(table.p).all()


def scattered(seed: int, n: int = 60) -> tuple[Values, Values, npt.NDArray[np.int64]]:
    random = np.random.default_rng(seed)
    x, y = random.uniform(0, 1_500, (2, n)).round()
    return x, y, random.integers(0, 90, n)


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=25)
def test_the_table_counts_every_pair_in_its_cell(seed: int) -> None:
    x, y, day = scattered(seed)
    x[:6], y[:6] = 100, 100  # one address
    table = knox_table(x, y, day, permutations=0)
    one, two = np.triu_indices(len(x), 1)
    distance, gap = np.hypot(x[one] - x[two], y[one] - y[two]), np.abs(day[one] - day[two])
    for row, (above, end) in enumerate([(-1, 0), (0, 100), (100, 200), (200, 300)]):
        for column, (after, last) in enumerate([(-1, 7), (7, 14), (14, 28)]):
            near, soon = (distance > above) & (distance <= end), (gap > after) & (gap <= last)
            assert table.observed[row, column] == (near & soon).sum()
            assert table.expected[row, column] == pytest.approx(near.sum() * soon.sum() / len(one))
    assert (table.p == 1.0).all()


def test_a_table_of_one_cell_is_the_test() -> None:
    x, y, day = scattered(7)
    found = knox(x, y, day, distance_m=200, days=14)
    table = knox_table(x, y, day, distance_bands_m=(200,), day_bands=(14,))
    assert (table.observed, table.ratio, table.p) == (found.observed, pytest.approx(found.ratio), found.p)


def test_planted_repeats_are_found_in_their_cell() -> None:
    x, y, day = scattered(3, 400)
    again = np.random.default_rng(4).integers(0, 400, 60)
    x, y = np.append(x, x[again] + 40), np.append(y, y[again] + 30)
    day = np.append(day, day[again] + np.random.default_rng(5).integers(1, 7, 60))
    table = knox_table(x, y, day)
    assert table.p[1, 0] == 0.001
    assert table.observed[1, 0] - table.expected[1, 0] == pytest.approx(60, abs=3 * np.sqrt(table.expected[1, 0]))
    assert (table.p[[2, 3], 0] > 0.01).all()


def test_busy_places_and_busy_weeks_alone_are_no_contagion() -> None:
    random = np.random.default_rng(8)
    x, y = np.append(random.normal(0, 60, (2, 150)), random.uniform(0, 3_000, (2, 150)), axis=1)
    day = random.permutation(np.append(random.integers(0, 7, 150), random.integers(0, 365, 150)))
    assert knox(x, y, day, distance_m=100, days=7).p > 0.05


def test_false_alarms_are_as_rare_as_promised() -> None:
    p = np.array([knox(*scattered(seed, 80), distance_m=200, days=14, permutations=99).p for seed in range(300)])
    for level in (0.05, 0.2):  # few pairs come in whole numbers: p may be larger than promised, not smaller
        assert np.mean(p <= level) < level + 3 * np.sqrt(level * (1 - level) / 300)
    assert np.mean(p <= 0.2) > 0.1


@given(st.integers(0, 10_000), st.floats(-1e6, 1e6), st.sampled_from([0, 90, 180, 270]), st.integers(-5_000, 5_000))
@settings(deadline=None, max_examples=25)
def test_shift_and_quarter_turn_of_the_map_and_another_first_day_change_nothing(
    seed: int, shift: float, angle: int, first_day: int
) -> None:
    x, y, day = scattered(seed)
    c, s = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[angle]
    straight = knox_table(x, y, day, permutations=64)
    moved = knox_table(x * c - y * s + shift, x * s + y * c - shift, day + first_day, permutations=64)
    np.testing.assert_array_equal(moved.observed, straight.observed)
    np.testing.assert_array_equal(moved.p, straight.p)


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=25)
def test_the_order_of_the_incidents_changes_no_count(seed: int) -> None:
    x, y, day = scattered(seed)
    turned = np.random.default_rng(seed).permutation(len(x))
    straight, other = (knox_table(*part, permutations=0) for part in ((x, y, day), (x[turned], y[turned], day[turned])))
    np.testing.assert_array_equal(straight.observed, other.observed)
    np.testing.assert_array_equal(straight.expected, other.expected)


def test_the_seed_decides_p() -> None:
    given_ = scattered(12)
    first, again, other = (knox_table(*given_, permutations=70, seed=seed).p for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_incidents_without_position_are_left_out() -> None:
    x, y, day = scattered(2)
    straight = knox(x, y, day, distance_m=200, days=14)
    assert knox(np.append(x, np.nan), np.append(y, 0), np.append(day, 3), distance_m=200, days=14) == straight


def test_nothing_at_all_and_nothing_near_are_no_evidence() -> None:
    for points in (([], [], []), ([0], [0], [1]), ([0, 9e4], [0, 0], [1, 1])):
        found = knox(*points, distance_m=100, days=7, least=0)
        assert (found.observed, found.expected, found.p, found.p_poisson) == (0, 0, 1, 1)
        assert np.isnan(found.ratio)


def test_more_pairs_than_fit_are_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_repeat, "MOST_PAIRS", 100)
    with pytest.raises(SelectionError) as refused:
        knox(np.zeros(40), np.zeros(40), np.arange(40), distance_m=100, days=7)
    assert "780" in refused.value.zh
    assert "780" in refused.value.en


# --- rings ---


def test_a_ring_lasts_from_its_day_to_the_last_one() -> None:
    day = np.array([9, 10, 23, 24, 25])
    found = rings(np.arange(5) * 1e3, np.zeros(5), day, 24)
    assert found.incident.tolist() == [1, 2, 3]
    assert found.days_left.tolist() == [0, 13, 14]
    assert found.x_m.tolist() == [1e3, 2e3, 3e3]
    assert (found.radius_m, found.incidents.tolist()) == (200.0, [1, 1, 1])


def test_a_ring_counts_the_incidents_that_have_one_inside_it() -> None:
    found = rings([0, 150, 300, 0], [0, 0, 0, 0], [5, 6, 7, -90], 8)
    assert found.incidents.tolist() == [2, 3, 2]  # the old one at the first address has no ring


def test_no_incident_no_ring() -> None:
    assert len(rings([], [], [], 3).incident) == 0
    assert len(rings([np.nan], [0], [3], 3).incident) == 0
