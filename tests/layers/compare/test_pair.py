"""Two maps on one scale and their difference: numbers of the map page, classes by hand, significance as there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.city import CityData
from geodata.classes import Way
from layers.compare.pair import (
    MIDDLE,
    Pair,
    difference,
    difference_class,
    difference_step,
    pair,
    pooled_scheme,
    why_no_difference,
)
from layers.compare.view import parse_compare_view
from layers.maps.values import map_values
from layers.view import city_of

NAN = float("nan")


def seen(link: str, city: CityData) -> Pair:
    return pair(parse_compare_view(link, city), city)


@pytest.mark.parametrize("link", ["?level=street", "?level=community&sub=traffic", "?level=street&measure=rate"])
def test_both_sides_have_the_numbers_of_the_map_page(demo_city: CityData, link: str) -> None:
    view = parse_compare_view(link, demo_city)
    both = pair(view, demo_city)
    for side, each in ((both.a, view.a), (both.b, view.b)):
        page = map_values(each, city_of(each, demo_city))
        np.testing.assert_array_equal(side.values.value, page.value)
        np.testing.assert_array_equal(side.values.klass, page.klass)


@pytest.mark.parametrize("link", ["?level=street", "?level=community&sub=traffic", "?level=street&measure=rate"])
def test_the_difference_and_its_certainty_are_those_of_the_map_page(demo_city: CityData, link: str) -> None:
    view = parse_compare_view(link, demo_city)  # B is the month before
    changed = difference(pair(view, demo_city, one_method=True))
    page = map_values(view.a.but(compare="previous"), city_of(view.a, demo_city))
    np.testing.assert_allclose(changed.value, page.change)
    np.testing.assert_array_equal(changed.sure, page.sure & (page.change != 0))


def test_the_other_way_round_it_is_the_mirror_image(demo_city: CityData) -> None:
    view = parse_compare_view("?level=community&sub=public_order", demo_city)
    there, back = (difference(pair(each, demo_city, one_method=True)) for each in (view, view.swapped()))
    np.testing.assert_allclose(there.value, -back.value)
    np.testing.assert_array_equal(there.sure, back.sure)
    known = there.klass >= 0
    np.testing.assert_array_equal(there.klass[known], 2 * MIDDLE - back.klass[known])


def test_two_sub_indices_of_one_month_can_be_subtracted(demo_city: CityData) -> None:
    both = seen("?level=street&sub=traffic&b_sub=fire&b_period=2026-10", demo_city)
    assert why_no_difference(both) == ""
    np.testing.assert_allclose(difference(both).value, both.a.values.value - both.b.values.value)


@pytest.mark.parametrize(
    ("link", "why"),
    [
        ("?place=440402&b_place=440403&b_period=2026-10", "not_same_places"),
        ("?b_place=440403&b_period=2026-10", "not_same_places"),
        ("?b_period=2026-10", "same_views"),
        ("?measure=rate&b_period=2026-Q3", "not_same_length"),
        ("?period=2026-10-20&b_period=2026-09", "not_same_length"),
        ("?period=2026", "not_whole"),
    ],
)
def test_there_is_no_difference_where_it_would_say_nothing(demo_city: CityData, link: str, why: str) -> None:
    assert why_no_difference(seen(link, demo_city)) == why


def test_rates_of_different_sub_indices_get_one_scheme(demo_city: CityData) -> None:
    both = seen("?level=street&measure=rate&sub=traffic&b_sub=fire", demo_city)
    assert both.equal
    assert both.a.values.scheme == both.b.values.scheme
    scheme = both.a.values.scheme
    assert scheme is not None
    for side in (both.a, both.b):
        np.testing.assert_array_equal(side.values.klass, scheme.classify(side.values.value))


def test_a_score_and_a_rate_both_become_rates(demo_city: CityData) -> None:
    both = seen("?level=street&b_sub=citizen_requests", demo_city)
    if both.a.values.measure == "score":
        assert both.b.values.measure == "score"
    else:
        assert both.a.values.measure == both.b.values.measure == "rate"
    assert both.equal


def test_what_cannot_be_put_on_one_scale_says_so(demo_city: CityData) -> None:
    both = seen("?level=grid_cell&b_place=440402&b_period=2026-10&measure=rate", demo_city)
    assert both.equal  # B has grid cells too
    apart = seen("?place=440402006&level=grid_cell&b_place=440402&measure=rate&b_period=2026-10", demo_city)
    assert apart.equal
    by_area = parse_compare_view("?place=440402006001&measure=rate&b_place=440402&b_period=2026-10", demo_city)
    unequal = pair(by_area, demo_city)
    assert not unequal.equal
    assert "unequal" in unequal.notes
    assert "levels_differ" in unequal.notes


@pytest.mark.parametrize(
    ("values", "least", "step"),
    [
        ([NAN], 0.2, 0.2),
        ([0.0, 0.0], 0.2, 0.2),
        ([0.0], 0.0, 1.0),
        ([0.01], 0.2, 0.2),
        ([5.0, -5.0], 0.0, 2.0),
        ([5.1], 0.0, 4.0),
        ([250.0], 0.0, 100.0),
        ([-0.012], 0.0, 0.01),
    ],
)
def test_the_step_is_round_and_leaves_few_places_outside(values: list[float], least: float, step: float) -> None:
    assert difference_step(np.array(values), least) == pytest.approx(step)


def test_classes_are_centred_on_zero() -> None:
    worse = np.array([-9.0, -2.5, -1.5, -0.5, 0.0, 0.5, 0.51, 1.51, 2.51, NAN])
    assert difference_class(worse, 1.0).tolist() == [0, 1, 2, 3, 3, 3, 4, 5, 6, -1]


@settings(deadline=None)
@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30),
    st.floats(0.001, 1e5),
)
def test_classes_of_the_opposite_are_mirrored(values: list[float], step: float) -> None:
    worse = np.array(values)
    assert (difference_class(worse, step) == 2 * MIDDLE - difference_class(-worse, step)).all()


def test_a_pooled_scheme_has_a_fifth_of_the_values_in_each_class() -> None:
    scheme = pooled_scheme(np.array([NAN, 0.0, *range(1, 101)], dtype=np.float64), Way())
    assert scheme.breaks == (20.8, 40.6, 60.4, 80.2)
    assert pooled_scheme(np.array([NAN, 0.0, 3.0]), Way()).breaks == ()


def test_a_pooled_scheme_is_drawn_in_the_way_that_is_chosen() -> None:
    scheme = pooled_scheme(np.array([NAN, 0.0, *range(1, 101)], dtype=np.float64), Way("equal", 4))
    assert scheme.breaks == (25.8, 50.5, 75.2)
