"""Kernel density: worked numbers, brute force, the total, and the faster way beside the exact one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geodata.patterns import kde
from geodata.patterns.kde import Density, kernel_density, quartic

BOUNDS = (400_000.0, 2_400_000.0, 402_000.0, 2_401_500.0)
INSIDE = arrays(np.float64, st.tuples(st.integers(1, 20), st.just(2)), elements=st.floats(400.0, 1100.0))


def spread(x: object, y: object, cell: float = 50.0, bounds: tuple[float, float, float, float] = BOUNDS) -> Density:
    return kernel_density(x, y, bandwidth_m=250.0, cell_m=cell, bounds=bounds)


@pytest.fixture(params=["exact", "transformed"])
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "transformed":
        monkeypatch.setattr(kde, "_SUMS", 0)


def test_worked_numbers_of_the_quartic_kernel() -> None:
    known = np.array([15.2789, 10.7808, 1.9801, 0.0, 0.0]) * 1e-6
    np.testing.assert_allclose(quartic([0.0, 100.0, 200.0, 250.0, 300.0], 250.0), known, atol=5e-11)


@pytest.mark.usefixtures("_way")
def test_an_incident_at_a_centre_shows_the_kernel_in_incidents_per_km2() -> None:
    found = spread([400_525.0], [2_400_525.0])
    assert (found.values.shape, found.x0, found.y0) == ((30, 40), 400_000.0, 2_400_000.0)
    row = found.values[10, 10:16]
    np.testing.assert_allclose(row[[0, 2, 4, 5]], [15.2789, 10.7808, 1.9801, 0.0], atol=5e-5)
    np.testing.assert_allclose(found.values[10:16, 10], row)
    np.testing.assert_allclose(found.values[10, 10:4:-1], row)


@given(INSIDE)
@settings(deadline=None)
def test_each_centre_holds_the_sum_over_all_incidents(points: np.ndarray) -> None:
    x, y = points.T + np.array([[400_000.0], [2_400_000.0]])
    centre = np.arange(25.0, 2000.0, 50.0)
    across, up = (centre[:40] + 400_000.0)[None, :, None], (centre[:30] + 2_400_000.0)[:, None, None]
    brute = quartic(np.hypot(across - x, up - y), 250.0).sum(axis=2) * 1e6
    np.testing.assert_allclose(spread(x, y).values, brute, atol=1e-9)


@pytest.mark.usefixtures("_way")
def test_the_surface_holds_all_incidents() -> None:
    x, y = np.random.default_rng(0).uniform(300, 1200, (2, 400)) + np.array([[400_000.0], [2_400_000.0]])
    found = spread(x, y, 25.0)
    assert found.values.sum() * 25.0**2 / 1e6 == pytest.approx(400, rel=2e-3)
    assert found.values.min() == 0.0


def test_the_faster_way_is_within_one_percent_where_it_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = np.random.default_rng(1).normal(900, 250, (2, 20_000)) + np.array([[400_000.0], [2_400_000.0]])
    exact = spread(x, y)
    monkeypatch.setattr(kde, "_SUMS", 0)
    fast = spread(x, y)
    assert (exact.exact, fast.exact) == (True, False)
    assert np.abs(fast.values - exact.values).max() < 0.01 * exact.values.max()


@pytest.mark.usefixtures("_way")
def test_incidents_beyond_the_bounds_count_as_far_as_they_reach_in() -> None:
    x, y = [399_825.0, 399_700.0, 402_100.0], [2_400_525.0, 2_400_525.0, 2_401_600.0]
    wide = spread(x, y, bounds=(399_000.0, 2_399_500.0, 403_000.0, 2_402_500.0)).values
    np.testing.assert_allclose(spread(x, y).values, wide[10:40, 20:60], atol=1e-9)


@pytest.mark.usefixtures("_way")
def test_no_incidents_or_none_with_a_position_make_an_empty_surface() -> None:
    assert not spread([], []).values.any()
    assert not spread([np.nan], [2_400_500.0]).values.any()


def test_moving_everything_moves_the_surface() -> None:
    x, y = np.random.default_rng(2).uniform(0, 1500, (2, 50))
    here, there = (spread(x + by, y + by, bounds=(by, by, by + 1500.0, by + 1500.0)) for by in (0.0, 4096.0))
    np.testing.assert_allclose(there.values, here.values, atol=1e-9)


@given(INSIDE, INSIDE)
@settings(deadline=None)
def test_surfaces_add_up(one: np.ndarray, two: np.ndarray) -> None:
    bounds = (0.0, 0.0, 1500.0, 1500.0)
    both = np.concatenate([one, two])
    together, first, second = (spread(*points.T, bounds=bounds).values for points in (both, one, two))
    np.testing.assert_allclose(together, first + second, atol=1e-9)


def test_bounds_are_widened_to_whole_cells() -> None:
    assert spread([], [], bounds=(0.0, 0.0, 101.0, 100.0)).values.shape == (2, 3)
    assert spread([], [], bounds=(5.0, 5.0, 5.0, 5.0)).values.shape == (1, 1)


@pytest.mark.parametrize("cell", [0.0, -50.0, 126.0])
def test_a_bandwidth_of_less_than_two_cells_is_refused(cell: float) -> None:
    with pytest.raises(ValueError, match="two cells"):
        spread([], [], cell)
