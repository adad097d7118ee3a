"""Smoothed rates: worked and published numbers, esda where it is right and where it is not, and missing values."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from esda.smoothing import Empirical_Bayes, Excess_Risk, Spatial_Rate
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geodata.patterns.neighbours import from_pairs
from geodata.patterns.smoothing import empirical_bayes, excess_risk, spatial_rate
from tests.geodata.patterns import EXAMPLES, lattice, read_gal, weights

O = np.array([46.0, 31, 12, 3, 0, 9])  # noqa: E741 - the formulas' name
N = np.array([12.0, 10.5, 3, 0.3, 0.6, 3.6])
COUNTS = arrays(np.float64, 9, elements=st.integers(0, 50).map(float)).filter(lambda each: each.sum() > 0)
PEOPLE = arrays(np.float64, 9, elements=st.floats(0.1, 100))
LINE = from_pairs(np.arange(5), np.arange(1, 6), 6)


def test_vector_marshall_eb() -> None:
    found = empirical_bayes(O, N)
    assert found.mean == pytest.approx(3.36666667, abs=5e-9)
    assert found.variance == pytest.approx(0.27079365, abs=5e-9)
    weight = [0.49114726, 0.45786366, 0.1943938, 0.02356158, 0.04603843, 0.22454262]
    rate = [3.59586872, 3.17698029, 3.48978274, 3.5229585, 3.21167062, 3.17206306]
    np.testing.assert_allclose(found.weight, weight, atol=5e-9)
    np.testing.assert_allclose(found.rate, rate, atol=5e-9)


def test_published_rates_of_sudden_infant_deaths() -> None:
    counties = gpd.read_file(EXAMPLES / "sids2" / "sids2.shp")
    deaths, births = counties["SID74"].to_numpy(float), counties["BIR74"].to_numpy(float)
    around = spatial_rate(deaths, births, read_gal(EXAMPLES / "sids2" / "sids2.gal"))
    eb = [0.001697297330855623, 0.0017053776808421805, 0.0017730870220701838, 0.002012868084221261, 0.0035349131491551]
    excess = [0.4534332283903878, 0.0, 0.7758714745513066, 0.9738103389250257, 3.1331885077869233]
    spatial = [0.000992227550851662, 0.0012639029322548, 0.000974025974025974, 0.0007604562737642, 0.005015388122649]
    np.testing.assert_allclose(empirical_bayes(deaths, births).rate[:5], eb, rtol=1e-11)
    np.testing.assert_allclose(excess_risk(deaths, births)[:5], excess, rtol=1e-11)
    np.testing.assert_allclose(around[:5], spatial, rtol=1e-11)


@given(COUNTS, PEOPLE)
@settings(deadline=None)
def test_rates_are_those_of_esda(count: np.ndarray, people: np.ndarray) -> None:
    own, mesh = empirical_bayes(count, people), lattice(3, 3)
    if own.variance > 1e-9 * own.mean:
        np.testing.assert_allclose(own.rate, Empirical_Bayes(count, people).r.ravel(), rtol=1e-6)
    np.testing.assert_allclose(excess_risk(count, people), Excess_Risk(count, people).r.ravel(), rtol=1e-9)
    theirs = Spatial_Rate(count, people, weights(mesh)).r.ravel()
    np.testing.assert_allclose(spatial_rate(count, people, mesh), theirs, rtol=1e-9)


def test_esda_turns_rates_away_from_the_mean_where_they_differ_less_than_chance_and_we_take_the_mean() -> None:
    even, people = np.array([10.0, 11, 9, 10]), np.full(4, 100.0)
    theirs = Empirical_Bayes(even, people).r.ravel()
    assert theirs[1] == pytest.approx(-0.09)  # 0.11 drawn "towards" 0.10 with a weight of -19
    own = empirical_bayes(even, people)
    assert own.rate.tolist() == pytest.approx([0.1] * 4)
    assert (own.variance, own.weight.tolist()) == (0.0, [0.0] * 4)


@given(COUNTS, PEOPLE)
@settings(deadline=None)
def test_a_smoothed_rate_lies_between_the_raw_one_and_the_mean(count: np.ndarray, people: np.ndarray) -> None:
    found, raw = empirical_bayes(count, people), count / people
    assert ((found.weight >= 0) & (found.weight <= 1)).all()
    assert (found.rate >= np.minimum(raw, found.mean) - 1e-9).all()
    assert (found.rate <= np.maximum(raw, found.mean) + 1e-9).all()


@given(COUNTS, PEOPLE)
@settings(deadline=None)
def test_expected_incidents_of_all_places_add_up_to_those_seen(count: np.ndarray, people: np.ndarray) -> None:
    excess = excess_risk(count, people)
    assert np.average(excess, weights=people) == pytest.approx(1.0)
    everyone = from_pairs(*np.array(np.triu_indices(9, 1)), 9)
    np.testing.assert_allclose(spatial_rate(count, people, everyone), count.sum() / people.sum())


@pytest.mark.parametrize(("count", "people"), [(0.0, 0.0), (5.0, 0.0), (np.nan, 2.0), (3.0, np.nan), (3.0, np.inf)])
def test_a_place_without_population_or_count_has_no_rate_and_no_say(count: float, people: float) -> None:
    o, n = np.append(O, count), np.append(N, people)
    relation = from_pairs(np.arange(6), np.arange(1, 7), 7)
    own, alone = empirical_bayes(o, n), empirical_bayes(O, N)
    np.testing.assert_allclose(own.rate, [*alone.rate, np.nan])
    np.testing.assert_allclose(own.weight, [*alone.weight, np.nan])
    np.testing.assert_allclose(excess_risk(o, n), [*excess_risk(O, N), np.nan])
    np.testing.assert_allclose(spatial_rate(o, n, relation), [*spatial_rate(O, N, LINE), 2.5])


def test_nobody_anywhere_and_nothing_anywhere() -> None:
    assert np.isnan(empirical_bayes(O, np.zeros(6)).rate).all()
    assert empirical_bayes(np.zeros(6), N).rate.tolist() == [0.0] * 6
    assert np.isnan(excess_risk(np.zeros(6), N)).all()
    assert np.isnan(spatial_rate(O, np.zeros(6), LINE)).all()


def test_counts_and_people_must_fit() -> None:
    with pytest.raises(ValueError, match="differ in length"):
        empirical_bayes(O, N[:-1])
