"""Emerging hot spots: one worked series a class, the mirror, the borders between classes, and totality."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geodata.patterns.emerging import Emergence, classify, emerging_hot_spots, space_time_gi_star
from geodata.patterns.gi_star import gi_star
from geodata.patterns.guard import Guard
from geodata.patterns.neighbours import within_distance

VECTOR = {
    Emergence.NEW: [0.1, 0.5, -0.2, 1.0, 0.8, 0.3, 1.1, 0.9, 1.2, 2.4],
    Emergence.CONSECUTIVE: [0.1, 0.5, -0.2, 1.0, 0.8, 0.3, 1.1, 2.1, 2.2, 2.4],
    Emergence.INTENSIFYING: [2.0, 2.1, 2.3, 2.2, 2.6, 2.8, 2.7, 3.1, 3.3, 3.6],
    Emergence.PERSISTENT: [2.5, 2.4, 2.6, 2.3, 2.7, 2.5, 2.4, 2.6, 2.5, 2.5],
    Emergence.DIMINISHING: [3.6, 3.3, 3.1, 2.7, 2.8, 2.6, 2.2, 2.3, 2.1, 2.0],
    Emergence.SPORADIC: [0.1, 2.1, 0.3, 1.0, 2.3, 0.4, 0.2, 2.2, 0.9, 2.5],
    Emergence.OSCILLATING: [0.1, -2.1, 0.3, 1.0, 2.3, 0.4, 0.2, 2.2, 0.9, 2.5],
    Emergence.HISTORICAL: [2.5, 2.4, 2.6, 2.3, 2.7, 2.5, 2.4, 2.6, 2.5, 1.0],
    Emergence.NONE: [0.1, 0.5, -0.2, 1.0, 0.8, 0.3, 1.1, 0.9, 1.2, 1.4],
}


def kind_of(series: npt.ArrayLike) -> Emergence:
    return Emergence(int(classify(np.asarray(series, dtype=np.float64)[:, None]).classes[0]))


@pytest.mark.parametrize("kind", list(VECTOR))
def test_vector_ehsa(kind: Emergence) -> None:
    assert kind_of(VECTOR[kind]) == kind


def test_vector_ehsa_new_cold() -> None:
    assert kind_of([0.1, 0.5, -0.2, 1.0, 0.8, 0.3, 1.1, 0.9, 1.2, -2.4]) == Emergence.COLD_NEW


@pytest.mark.parametrize("kind", [kind for kind in VECTOR if kind])
def test_cold_mirrors_hot(kind: Emergence) -> None:
    mirrored = kind_of(-np.array(VECTOR[kind]))
    assert mirrored == -kind
    assert mirrored.cold
    assert mirrored.kind == kind


@pytest.mark.parametrize(
    ("hot", "kind"),
    [
        ("0000000001", Emergence.NEW),
        ("0000000011", Emergence.CONSECUTIVE),
        ("0011111111", Emergence.CONSECUTIVE),
        ("0111111111", Emergence.INTENSIFYING),  # 90 % is enough
        ("1000000011", Emergence.SPORADIC),
        ("1000000001", Emergence.SPORADIC),
        ("1011111110", Emergence.NONE),  # 80 % of old are no history
        ("1111111110", Emergence.HISTORICAL),
        ("c000000001", Emergence.NEW),  # hot for the first time, whatever was cold
        ("c000000011", Emergence.CONSECUTIVE),
        ("c100000001", Emergence.OSCILLATING),
        ("111111111c", Emergence.COLD_NEW),  # what it is now counts
        ("11111111cc", Emergence.COLD_CONSECUTIVE),
        ("c11111111c", Emergence.COLD_OSCILLATING),
    ],
)
def test_borders_between_classes(hot: str, kind: Emergence) -> None:
    z = [{"0": 0.0, "1": 3.0, "c": -3.0}[slice_] + 0.01 * step for step, slice_ in enumerate(hot)]
    assert kind_of(z) == kind


def test_the_threshold_itself_is_hot() -> None:
    assert kind_of([0.0] * 9 + [1.96]) == Emergence.NEW
    assert kind_of([0.0] * 9 + [1.9599]) == Emergence.NONE


def test_fewer_than_ten_known_slices_are_not_judged() -> None:
    assert kind_of([3.0] * 9) == Emergence.NONE
    assert kind_of([np.nan, *[3.0] * 9]) == Emergence.NONE
    assert kind_of([np.nan, *[3.0] * 10]) == Emergence.PERSISTENT
    assert classify(np.empty((0, 3))).classes.tolist() == [0, 0, 0]


@given(arrays(np.float64, (12, 6), elements=st.sampled_from([-4.0, -2.0, 0.0, 1.0, 2.0, 3.0, np.nan])))
@settings(deadline=None, max_examples=200)
def test_every_cell_has_one_class_and_it_agrees_with_its_last_slice(z: npt.NDArray[np.float64]) -> None:
    found = classify(z)
    for cell, code in enumerate(found.classes):
        kind, last = Emergence(int(code)), z[-1, cell]
        if found.known_slices[cell] < 10:
            assert kind == Emergence.NONE
        elif last >= 1.96:
            assert Emergence.NEW <= kind <= Emergence.OSCILLATING
        elif last <= -1.96:
            assert Emergence.COLD_OSCILLATING <= kind <= Emergence.COLD_NEW
        else:
            assert kind.kind in (Emergence.NONE, Emergence.HISTORICAL)
    np.testing.assert_array_equal(classify(-z).classes, -found.classes)
    assert sum(found.count(kind) for kind in Emergence) == len(found.classes)


# --- z of slices ---


def grid(side: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    x, y = np.meshgrid(np.arange(side) * 250.0, np.arange(side) * 250.0)
    return x.ravel(), y.ravel()


CELLS = within_distance(*grid(8), 360.0)


def test_a_single_slice_is_plain_gi_star() -> None:
    counts = np.random.default_rng(2).poisson(2.0, (1, 64))
    for within in (False, True):
        z = space_time_gi_star(counts, CELLS, within_slices=within)
        np.testing.assert_allclose(z[0], gi_star(counts[0], CELLS).z, atol=1e-10)


def test_z_is_the_formula_over_own_slice_and_the_one_before() -> None:
    counts = np.random.default_rng(2).poisson(2.0, (4, 64)).astype(np.float64)
    cell, slice_ = 27, 2
    near = np.append(CELLS.of(cell), cell)
    around, k = counts[slice_ - 1 : slice_ + 1, near].sum(), 2 * len(near)
    for within, cube in ((False, counts), (True, counts[slice_ - 1 : slice_ + 1])):
        n, mean, spread = cube.size, cube.mean(), cube.std()
        known = (around - mean * k) / (spread * np.sqrt((n * k - k**2) / (n - 1)))
        assert space_time_gi_star(counts, CELLS, within_slices=within)[slice_, cell] == pytest.approx(known)


def test_a_rise_of_the_whole_city_is_hot_against_all_slices_but_not_within_them() -> None:
    counts = np.random.default_rng(2).poisson(np.linspace(1, 10, 12)[:, None], (12, 64))
    assert space_time_gi_star(counts, CELLS)[-1].mean() > 2
    assert abs(space_time_gi_star(counts, CELLS, within_slices=True)[-1].mean()) < 0.5


def test_a_cell_without_value_changes_nothing_else_than_its_neighbours_sums() -> None:
    counts = np.random.default_rng(2).poisson(2.0, (3, 64)).astype(np.float64)
    counts[:, 9] = np.nan
    kept = np.arange(64) != 9
    z = space_time_gi_star(counts, CELLS)
    assert np.isnan(z[:, 9]).all()
    np.testing.assert_allclose(z[:, kept], space_time_gi_star(counts[:, kept], CELLS.among(kept)))


def test_a_planted_hot_spot_that_begins_late_emerges() -> None:
    rate = np.full((12, 64), 1.0)
    rate[-3:, [27, 28, 35, 36]] = 12.0
    found = emerging_hot_spots(np.random.default_rng(5).poisson(rate), CELLS)
    assert found.reason is None
    assert {Emergence(int(found.classes[cell])) for cell in (27, 28, 35, 36)} == {Emergence.CONSECUTIVE}
    assert found.classes[0] == Emergence.NONE


@pytest.mark.parametrize(
    ("counts", "reason"),
    [(np.zeros((12, 64)), Guard.TOO_FEW), (np.ones((12, 64)), Guard.CONSTANT), (np.zeros((12, 0)), Guard.NO_PLACES)],
)
def test_nothing_is_hot_where_nothing_can_be_said(counts: npt.NDArray[np.float64], reason: Guard) -> None:
    cells = CELLS if counts.shape[1] else CELLS.among(np.zeros(64, dtype=np.bool_))
    found = emerging_hot_spots(counts, cells)
    assert found.reason == reason
    assert not found.classes.any()
