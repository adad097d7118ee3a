"""Gi*: published and worked numbers, esda where it is right and where it is not, guards, and false alarms."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from esda import G_Local
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geodata.patterns.gi_star import Chance, false_discovery, gi_star
from geodata.patterns.guard import Guard
from geodata.patterns.neighbours import from_pairs, within_distance
from tests.geodata.patterns import TOY, lattice, weights

MESH = lattice(5, 5)
POINTS = np.array([[10, 10], [20, 10], [40, 10], [15, 20], [30, 20], [30, 30]], dtype=float)
SIX = np.array([2.0, 3.0, 3.2, 5.0, 8.0, 7.0])
NEAR = within_distance(*POINTS.T, 15.0)
MAPS = arrays(np.float64, 25, elements=st.integers(0, 30).map(float)).filter(lambda x: np.ptp(x) > 0)


def esda_gi(values: np.ndarray, neighbours: Any, **options: Any) -> G_Local:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return G_Local(
            values, weights(neighbours), **{"transform": "B", "star": True, "n_jobs": 1, "seed": 7} | options
        )


def test_vector_gistar() -> None:
    found = gi_star(TOY, MESH, chance=Chance.NORMAL)
    z = [
        [0.633866, 1.269583, 0.906845, -0.362738, -1.267731],
        [1.450953, 3.066112, 2.904738, 0.645497, -1.269583],
        [1.088214, 2.904738, 3.066112, 0.806872, -1.269583],
        [-0.181369, 0.806872, 0.968246, 0.0, -1.088214],
        [-1.267731, -1.269583, -1.269583, -1.088214, -1.056443],
    ]
    p = [
        [0.526168, 0.204233, 0.364489, 0.716801, 0.204894],
        [0.146793, 0.002169, 0.003676, 0.518605, 0.204233],
        [0.2765, 0.003676, 0.002169, 0.419741, 0.204233],
        [0.856078, 0.419741, 0.332922, 1.0, 0.2765],
        [0.204894, 0.204233, 0.204233, 0.2765, 0.290766],
    ]
    adjusted = [
        [0.597919, 0.426862, 0.506234, 0.779131, 0.426862],
        [0.426862, 0.022973, 0.022973, 0.597919, 0.426862],
        [0.454322, 0.022973, 0.022973, 0.524676, 0.426862],
        [0.891748, 0.524676, 0.489591, 1.0, 0.454322],
        [0.426862, 0.426862, 0.426862, 0.454322, 0.454322],
    ]
    np.testing.assert_allclose(found.z.reshape(5, 5), z, atol=5e-7)
    np.testing.assert_allclose(found.p.reshape(5, 5), p, atol=5e-7)
    np.testing.assert_allclose(found.adjusted.reshape(5, 5), adjusted, atol=5e-7)


@pytest.mark.parametrize("chance", [Chance.NORMAL, Chance.EXACT])
def test_vector_gistar_hot_at_fdr5(chance: Chance) -> None:
    found = gi_star(TOY, MESH, chance=chance)
    assert [divmod(place, 5) for place in np.flatnonzero(found.hot)] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert not found.cold.any()
    assert not found.masked.any()


def test_vector_bh() -> None:
    p = [0.0004, 0.003, 0.012, 0.02, 0.03, 0.2, 0.4, 0.5, 0.7, 0.9]
    adjusted = [0.004, 0.015, 0.04, 0.05, 0.06, 0.333333, 0.571429, 0.625, 0.777778, 0.9]
    np.testing.assert_allclose(false_discovery(np.array(p)), adjusted, atol=5e-7)
    np.testing.assert_allclose(false_discovery(np.array([np.nan, *p])), [np.nan, *adjusted], atol=5e-7)


def test_published_general_g_of_the_six_points() -> None:
    assert SIX @ NEAR.row_sums(SIX) / (SIX.sum() ** 2 - SIX @ SIX) == pytest.approx(0.55709779, abs=5e-9)


def test_published_gi_and_gi_star_of_the_six_points() -> None:
    gi = gi_star(SIX, NEAR, incidents=100, include_self=False).z
    star = gi_star(SIX, NEAR, incidents=100).z
    np.testing.assert_allclose(
        gi, [-1.0136729, -0.04361589, 1.31558703, -0.31412676, 1.15373986, 1.77833941], atol=5e-8
    )
    np.testing.assert_allclose(
        star, [-1.39727626, -0.28917762, 0.65064964, -0.28917762, 1.23452088, 2.02424331], atol=5e-8
    )


@given(MAPS)
@settings(deadline=None, max_examples=30)
def test_z_is_that_of_esda(values: np.ndarray) -> None:
    star = gi_star(values, MESH, incidents=99).z
    plain = gi_star(values, MESH, incidents=99, include_self=False).z
    np.testing.assert_allclose(star, esda_gi(values, MESH, permutations=0).Zs, atol=1e-9)
    known = np.isfinite(plain)
    np.testing.assert_allclose(plain[known], esda_gi(values, MESH, star=False, permutations=0).Zs[known], atol=1e-7)


def test_esda_standardises_row_standardised_gi_as_if_weights_were_one() -> None:
    """Gi does not change when all weights of a place are halved; esda's z does (Σw where Σw² belongs)."""
    halved = esda_gi(SIX, NEAR, transform="R", star=False, permutations=0).Zs[0]
    assert halved == pytest.approx(-0.62074534, abs=5e-9)
    assert gi_star(SIX, NEAR, incidents=100, include_self=False).z[0] == pytest.approx(-1.0136729, abs=5e-8)


def test_esda_tells_half_the_two_sided_p_value() -> None:
    core = [6, 7, 11, 12]
    own = gi_star(TOY, MESH, chance=Chance.CONDITIONAL).p[core]
    half = esda_gi(TOY, MESH, permutations=9_999).p_sim[core]
    np.testing.assert_allclose(own, [0.006339, 0.016944, 0.016944, 0.006339], rtol=0.2)  # of all draws there are
    np.testing.assert_allclose(half, [0.003169, 0.008472, 0.008472, 0.003169], rtol=0.5)


def test_esda_finds_empty_neighbourhoods_significant_on_a_nearly_empty_map() -> None:
    """It counts ties on the upper side only; no draw has less than nothing, so that nothing seems extreme."""
    counts, mesh = np.random.default_rng(0).poisson(0.1, 900).astype(float), lattice(30, 30)
    empty = np.flatnonzero((mesh.row_sums(counts, include_self=True) == 0) & (mesh.cardinality == 8))
    np.testing.assert_allclose(esda_gi(counts, mesh, permutations=999).p_sim[empty], 0.001)
    assert gi_star(counts, mesh, chance=Chance.CONDITIONAL).p[empty].min() > 0.6  # 2 · 0.9^8
    assert gi_star(counts, mesh).p[empty].min() > 0.6


def test_esda_finds_a_constant_map_significant_everywhere_and_we_nowhere() -> None:
    flat = np.full(25, 7.0)
    with np.errstate(all="ignore"):
        theirs = esda_gi(flat, MESH, permutations=99)
    assert np.isnan(theirs.Zs).all()
    np.testing.assert_allclose(theirs.p_sim, 0.01)
    own = gi_star(flat, MESH)
    assert own.reason is Guard.CONSTANT
    assert np.isnan(own.p).all()
    assert not (own.hot | own.cold).any()


def test_esda_finds_an_island_significant_and_we_mask_it() -> None:
    pairs = np.repeat(np.arange(25), MESH.cardinality), MESH.index
    with_island, values = from_pairs(*pairs, 26), np.append(TOY, 9.0)
    theirs = esda_gi(values, with_island, star=False, permutations=999)
    assert theirs.p_sim[25] == pytest.approx(0.001)
    own = gi_star(values, with_island)
    assert own.masked.tolist() == [False] * 25 + [True]
    assert np.isnan([own.z[25], own.p[25], own.adjusted[25]]).all()


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.zeros(25), Guard.TOO_FEW),
        (np.eye(1, 25).ravel() * 29, Guard.TOO_FEW),
        (np.eye(1, 25).ravel() * 30, None),
        (np.full(25, 0.1) * 100, Guard.CONSTANT),
        (np.full(25, np.nan), Guard.NO_PLACES),
        (np.r_[40.0, 20.0, np.full(23, np.nan)], Guard.NO_PLACES),
        (np.r_[40.0, np.nan, 20.0, np.nan, 30.0, np.full(20, np.nan)], Guard.NO_NEIGHBOURS),
    ],
)
def test_guards(values: np.ndarray, reason: Guard | None) -> None:
    found = gi_star(values, MESH)
    assert found.reason is reason
    assert np.isnan(found.p).all() == (reason is not None)


def test_rates_say_how_many_incidents_stand_behind_them() -> None:
    rates = TOY / 100
    assert gi_star(rates, MESH).reason is Guard.TOO_FEW
    assert gi_star(rates, MESH, incidents=50).hot.any()


def test_a_place_without_a_value_is_as_if_it_were_not_there() -> None:
    holed, kept = TOY.copy(), np.arange(25) != 7
    holed[7] = np.nan
    found, without = gi_star(holed, MESH), gi_star(TOY[kept], MESH.among(kept))
    np.testing.assert_array_equal(found.z[kept], without.z)
    np.testing.assert_array_equal(found.p[kept], without.p)
    assert np.flatnonzero(found.masked).tolist() == [7]


def test_one_high_place_among_equals_leaves_nothing_to_compare_it_with() -> None:
    spike = np.eye(1, 25, 12).ravel() * 50
    gi, star = (gi_star(spike, MESH, include_self=own, chance=Chance.NORMAL) for own in (False, True))
    assert np.flatnonzero(gi.masked).tolist() == [12]
    assert star.z[12] == pytest.approx(star.z[11])
    assert star.z[12] == pytest.approx(4 / 3)


def test_who_has_everyone_as_neighbour_cannot_stand_out() -> None:
    star = from_pairs(np.zeros(4, dtype=np.intp), np.arange(1, 5), 5)
    found = gi_star([50.0, 1.0, 2.0, 3.0, 4.0], star)
    assert found.masked.tolist() == [True, False, False, False, False]
    assert np.isnan(found.p[0])


def test_values_and_neighbours_must_fit() -> None:
    with pytest.raises(ValueError, match="differ in length"):
        gi_star(TOY[:-1], MESH)


@given(MAPS, st.permutations(range(25)))
@settings(deadline=None, max_examples=30)
def test_renumbering_the_places_renumbers_the_answer(values: np.ndarray, order: list[int]) -> None:
    place = np.argsort(order)  # new number of each old one
    moved = from_pairs(place[np.repeat(np.arange(25), MESH.cardinality)], place[MESH.index], 25)
    own, other = gi_star(values, MESH, incidents=99), gi_star(values[order], moved, incidents=99)
    np.testing.assert_allclose(other.z, own.z[order], atol=1e-9)
    np.testing.assert_allclose(other.p, own.p[order], rtol=1e-9)


@given(MAPS, st.floats(0.01, 1e3), st.floats(-1e4, 1e4))
@settings(deadline=None)
def test_z_does_not_mind_the_unit_nor_the_zero_of_the_values(values: np.ndarray, scale: float, shift: float) -> None:
    own, other = (gi_star(x, MESH, incidents=99, chance=Chance.NORMAL).z for x in (values, values * scale + shift))
    np.testing.assert_allclose(other, own, atol=1e-6)


@given(MAPS)
@settings(deadline=None)
def test_turning_the_map_over_makes_hot_cold(values: np.ndarray) -> None:
    own, over = gi_star(values, MESH, incidents=99), gi_star(30.0 - values, MESH, incidents=99)
    np.testing.assert_allclose(over.z, -own.z, atol=1e-9)
    np.testing.assert_allclose(over.p, own.p, rtol=1e-9)
    assert (over.cold == own.hot).all()


@given(MAPS)
@settings(deadline=None)
def test_p_values_are_probabilities_and_hot_places_pass_the_level(values: np.ndarray) -> None:
    found = gi_star(values, MESH, incidents=99)
    assert ((found.p > 0) & (found.p <= 1)).all()
    assert (found.adjusted >= found.p).all()
    assert ((found.hot | found.cold) == (found.adjusted <= 0.05)).all()
    assert not (found.hot & found.cold).any()


@pytest.mark.parametrize("mean", [0.1, 1.0, 10.0])
def test_of_two_hundred_maps_of_chance_one_in_twenty_at_most_raises_an_alarm(mean: float) -> None:
    assert alarms(mean, Chance.EXACT) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 200)


def test_the_normal_distribution_raises_false_alarms_where_incidents_are_few() -> None:
    assert alarms(0.1, Chance.NORMAL) > 0.3


def alarms(mean: float, chance: Chance) -> float:
    """Return the share of 200 shuffled maps of 400 cells on which any place is hot or cold."""
    rng, mesh = np.random.default_rng(11), lattice(20, 20)
    counts = rng.poisson(mean, 400).astype(float)
    maps = (gi_star(rng.permutation(counts), mesh, chance=chance, incidents=100) for _ in range(200))
    return float(np.mean([(found.hot | found.cold).any() for found in maps]))


def test_a_hot_quarter_is_found_in_a_thin_city() -> None:
    rate = np.full((40, 40), 0.3)
    rate[10:14, 20:24] = 4.0
    counts = np.random.default_rng(2).poisson(rate).ravel().astype(float)
    hot = gi_star(counts, lattice(40, 40)).hot.reshape(40, 40)
    assert hot[10:14, 20:24].sum() >= 12
    assert hot.sum() <= 40  # the quarter and its rim
