from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.city import CityData
from geodata.errors import SelectionError
from geodata.locate import NOWHERE
from geodata.public_counts import chances, public_counts, public_sums, rounded
from geodata.vocabulary import PlaceLevel

#           city, street a, street b, communities of a: 3, 4, of b: 5
PARENT = np.array([NOWHERE, 0, 0, 1, 1, 2])


def in_all(own: list[int], parent: np.ndarray) -> np.ndarray:
    """Add up what lies in each place and in none of its parts."""
    counts = np.array(own, dtype=np.int64)
    for place in range(len(own) - 1, 0, -1):
        counts[parent[place]] += counts[place]
    return counts


def test_counts_are_rounded_up_as_often_as_their_remainder_says() -> None:
    counts = np.arange(12)
    assert rounded(counts, np.full(12, 0.5)).tolist() == [0, 0, 0, 5, 5, 5, 5, 5, 10, 10, 10, 10]
    assert rounded(counts, np.zeros(12)).tolist() == [0, 5, 5, 5, 5, 5, 10, 10, 10, 10, 10, 15]
    assert rounded(counts, np.full(12, 0.99)).tolist() == [0, 0, 0, 0, 0, 5, 5, 5, 5, 5, 10, 10]


def test_a_cell_is_rounded_the_same_way_whatever_stands_beside_it() -> None:
    whole = chances(["a", "b", "c"], ["theft", "fire"], "2026-03")
    assert chances(["c", "a"], ["fire"], "2026-03").ravel().tolist() == [whole[2, 1], whole[0, 1]]
    assert not np.isin(chances(["a", "b", "c"], ["theft", "fire"], "2026-04"), whole).any()


def test_chances_are_even() -> None:
    drawn = chances([f"{k:06d}" for k in range(200)], [f"type_{k}" for k in range(100)], "2026-03")
    assert drawn.min() >= 0
    assert drawn.max() < 1
    np.testing.assert_allclose(np.histogram(drawn, 10, (0, 1))[0] / drawn.size, 0.1, atol=0.01)
    assert abs(np.corrcoef(drawn[1:].ravel(), drawn[:-1].ravel())[0, 1]) < 0.03


def test_a_place_is_the_sum_of_what_its_parts_show() -> None:
    # own: 1 in no street, 3 only known to lie in street a, communities 2, 12 and 8
    counts = in_all([1, 3, 0, 2, 12, 8], PARENT)
    assert counts.tolist() == [26, 17, 8, 2, 12, 8]
    assert public_sums(counts, PARENT, np.full(6, 0.5)).tolist() == [25, 15, 10, 0, 10, 10]


@st.composite
def trees(draw: st.DrawFn) -> tuple[list[int], np.ndarray, np.ndarray]:
    n = draw(st.integers(1, 12))
    parent = [NOWHERE] + [draw(st.integers(0, k - 1)) for k in range(1, n)]
    own = draw(st.lists(st.integers(0, 30), min_size=n, max_size=n))
    chance = draw(st.lists(st.floats(0, 1, exclude_max=True), min_size=n, max_size=n))
    return own, np.array(parent), np.array(chance)


@given(trees())
@settings(deadline=None)
def test_invariant_10_no_public_count_is_one_to_four(tree: tuple[list[int], np.ndarray, np.ndarray]) -> None:
    own, parent, chance = tree
    public = public_sums(in_all(own, parent), parent, chance)
    assert not ((public > 0) & (public < 5)).any()
    assert (public % 5 == 0).all()


@given(trees(), st.data())
@settings(deadline=None)
def test_invariant_10_no_combination_of_public_counts_tells_a_small_one(
    tree: tuple[list[int], np.ndarray, np.ndarray], data: st.DataObject
) -> None:
    """All that is public stays the same when a small count is none at all, or 5: nothing can be derived of it."""
    own, parent, chance = tree
    small = [k for k, n in enumerate(own) if 1 <= n <= 4]
    if not small:
        return
    k = data.draw(st.sampled_from(small))
    answers = []
    for n in (own[k], 0, 5):
        other = [*own[:k], n, *own[k + 1 :]]
        answers.append(public_sums(in_all(other, parent), parent, chance).tolist())
    assert answers[0] in answers[1:]


def test_public_counts_of_a_city_add_up_from_level_to_level(demo_city: CityData) -> None:
    start, end = dt.date(2026, 3, 1), dt.date(2026, 5, 1)
    streets, of_streets, elsewhere = public_counts(demo_city, PlaceLevel.STREET, start, end)
    _, of_districts, beyond = public_counts(demo_city, PlaceLevel.DISTRICT, start, end)
    assert of_streets.sum() + elsewhere == of_districts.sum() + beyond
    for row, n in zip(streets.tolist(), of_streets.tolist(), strict=True):
        inside = demo_city.place(row)
        _, parts, rest = public_counts(demo_city, PlaceLevel.COMMUNITY, start, end, within=inside)
        assert parts.sum() + rest == n
    plain = demo_city.counts(PlaceLevel.STREET, start, end)
    assert (plain.places.index.to_numpy() == streets).all()
    np.testing.assert_allclose(of_streets, plain.places.to_numpy(), rtol=0.25, atol=40)


def test_months_and_types_add_up(demo_city: CityData) -> None:
    dates = [dt.date(2026, month, 1) for month in (3, 4, 5)]
    both, first, second = (
        public_counts(demo_city, PlaceLevel.STREET, *span)[1] for span in (dates[::2], dates[:2], dates[1:])
    )
    assert both.tolist() == (first + second).tolist()
    n = len(demo_city.index.types)
    split = [
        public_counts(demo_city, PlaceLevel.STREET, *dates[:2], types=np.arange(*cut))[1] for cut in ((0, 7), (7, n))
    ]
    assert first.tolist() == (split[0] + split[1]).tolist()


@pytest.mark.parametrize(
    ("level", "start", "end"),
    [
        (PlaceLevel.GRID_CELL, dt.date(2026, 3, 1), dt.date(2026, 4, 1)),
        (PlaceLevel.STREET, dt.date(2026, 3, 2), dt.date(2026, 4, 1)),
        (PlaceLevel.STREET, dt.date(2026, 3, 1), dt.date(2026, 3, 31)),
        (PlaceLevel.STREET, dt.date(2026, 3, 1), dt.date(2026, 3, 1)),
    ],
)
def test_what_could_tell_more_is_refused(demo_city: CityData, level: PlaceLevel, start: dt.date, end: dt.date) -> None:
    with pytest.raises(SelectionError):
        public_counts(demo_city, level, start, end)
