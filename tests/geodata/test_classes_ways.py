"""Ways to draw classes: named, ascending, the same for every order of the values, and fewer where values are few."""

from __future__ import annotations

import datetime as dt
import itertools
import time

import mapclassify
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.city import CityData
from geodata.classes import (
    FEWEST,
    KINDS,
    MOST,
    Scheme,
    Way,
    largest_count,
    rate_scheme,
    rates,
    scheme_of,
    warm,
)
from geodata.filters import Area, Filters
from geodata.vocabulary import Period, PeriodKind, PlaceLevel

Values = npt.NDArray[np.float64]
WAYS = [Way(kind, k) for kind in KINDS for k in range(FEWEST, MOST + 1)]
NAN = float("nan")
ODD: dict[str, tuple[list[float], int]] = {
    "nothing": ([], 1),
    "only missing": ([NAN, NAN, np.inf], 1),
    "one place": ([3.0], 1),
    "all equal": ([3.0] * 40, 1),
    "zeros": ([0.0] * 40, 1),
    "two values": ([1.0, 2.0], 2),
    "two values, many times": ([1.0] * 50 + [2.0] * 3, 2),
    "three values": ([1.0, 5.0, 9.0], 3),
    "huge ties": ([0.0] * 10_000 + [1.0, 2.0, 3.0, 4.0], 5),
    "one far away": ([1.0, 1.1, 1.2, 1.3, 1e9], 5),
    "with missing ones": ([NAN, 1.0, NAN, 2.0, 3.0], 3),
    "too near to print apart": ([1_000_001.0, 1_000_002.0, 1_000_003.0], 3),
    "tiny": ([1e-12, 2e-12, 5e-12], 3),
}
"""Values, and the most classes that they can have."""


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("name", ODD)
def test_odd_values_have_as_few_classes_as_they_need_and_warn_nobody(name: str, way: Way) -> None:
    values, most = ODD[name]
    scheme = scheme_of(np.array(values), way)
    assert len(scheme.breaks) < max(most, 1) or way.kind == "quantile"
    assert list(scheme.breaks) == sorted(set(scheme.breaks))
    classes = scheme.classify(np.array(values))
    assert ((classes < 0) == ~np.isfinite(np.array(values))).all()


numbers = st.one_of(st.floats(0, 1e9), st.integers(0, 5).map(float), st.sampled_from([NAN, np.inf]))
some_values = st.lists(numbers, max_size=60)


@given(some_values, st.sampled_from(WAYS), st.randoms())
@settings(deadline=None)
def test_every_finite_value_is_in_one_class_whatever_the_order(values: list[float], way: Way, chance: object) -> None:
    found = np.array(values, dtype=np.float64)
    scheme = scheme_of(found, way)
    assert all(low < high for low, high in itertools.pairwise(scheme.breaks))
    assert len(scheme.breaks) <= max(way.k + 1, MOST) if way.kind == "pretty" else len(scheme.breaks) < way.k
    edges = [-np.inf, *scheme.breaks, np.inf]
    homes = [sum(low < value <= high for low, high in itertools.pairwise(edges)) for value in found[np.isfinite(found)]]
    assert set(homes) <= {1}
    classes = scheme.classify(found)
    assert np.bincount(classes[classes >= 0], minlength=1).sum() + (classes < 0).sum() == len(found)
    shuffled = list(values)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert scheme_of(np.array(shuffled, dtype=np.float64), way) == scheme


# --- what each way means ---


def test_equal_widths_and_equal_ratios_and_deviations_are_what_they_say() -> None:
    values = np.array([1.0, 2.0, 50.0, 10_000.0])
    assert scheme_of(values, Way("equal", 4)).breaks == (2500.0, 5000.0, 7500.0)
    assert scheme_of(values, Way("log", 4)).breaks == (10.0, 100.0, 1000.0)
    around = np.array([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0])  # mean 5, deviation 2.138 (n - 1)
    assert scheme_of(around, Way("sigma", 4)).breaks == (2.86, 5.0, 7.14)
    assert scheme_of(around, Way("sigma", 3)).breaks == (3.93, 6.07)


def test_round_breaks_are_round() -> None:
    for value in scheme_of(np.array([0.3, 7.0, 11.0, 48.9]), Way("pretty", 5)).breaks:
        assert value in (10.0, 20.0, 30.0, 40.0)


def test_equal_numbers_are_those_of_the_quantiles() -> None:
    values = np.arange(1.0, 101.0)
    assert scheme_of(values, Way()).breaks == (20.8, 40.6, 60.4, 80.2)


def test_natural_breaks_lie_in_the_gaps_and_are_round() -> None:
    values = np.array([1.0, 1.2, 1.1, 7.0, 7.3, 20.1, 20.4, 21.0])
    assert scheme_of(values, Way("jenks", 3)).breaks == (4.0, 10.0)


def squares(values: Values, breaks: tuple[float, ...]) -> float:
    classes = Scheme(breaks).classify(values)
    parts = [values[classes == k] for k in range(len(breaks) + 1)]
    return float(sum(((part - part.mean()) ** 2).sum() for part in parts if len(part)))


@given(st.lists(st.integers(1, 60).map(float), min_size=4, max_size=9, unique=True), st.integers(3, 4))
@settings(deadline=None, max_examples=60)
def test_no_other_breaks_leave_less_within_the_classes_than_natural_ones(given_values: list[float], k: int) -> None:
    values = np.sort(np.array(given_values))
    best = min(squares(values, tuple(tops)) for tops in itertools.combinations(values[:-1], k - 1))
    assert squares(values, scheme_of(values, Way("jenks", k)).breaks) <= best * (1 + 1e-5) + 1e-9


def test_natural_breaks_of_many_values_come_at_once() -> None:
    warm()
    values = np.random.default_rng(7).gamma(0.7, 10.0, 400_000)
    began = time.perf_counter()
    found = {scheme_of(values, Way("jenks", 9)) for _ in range(3)}
    assert (time.perf_counter() - began) / 3 < 0.3
    assert len(found) == 1


def test_natural_breaks_of_many_values_are_hardly_worse_than_those_of_all_of_them() -> None:
    values = np.random.default_rng(7).gamma(0.7, 10.0, 5_000)
    exact = tuple(mapclassify.FisherJenks(values / values.max(), 5).bins[:-1] * values.max())
    assert squares(values, scheme_of(values, Way("jenks", 5)).breaks) < 1.02 * squares(values, exact)


def test_breaks_that_somebody_chose_stay_as_they_are() -> None:
    way = Way.parse("manual:0,1.5,10")
    assert way is not None
    assert scheme_of(np.array([NAN, 100.0]), way).breaks == (0.0, 1.5, 10.0)


# --- names ---


@pytest.mark.parametrize("way", [*WAYS, Way("manual", 4, (1.0, 5.0, 10.0)), Way("manual", 2, (0.25,))], ids=str)
def test_a_way_reads_back_from_its_name(way: Way) -> None:
    assert Way.parse(str(way)) == way


def test_without_a_name_it_is_the_usual_way() -> None:
    assert Way.parse("") == Way() == Way("quantile", 5)


@pytest.mark.parametrize(
    "name",
    [
        "jenks",
        "jenks-2",
        "jenks-10",
        "jenks-05",
        "jenks-５",
        "jenks:5",
        "natural-5",
        "manual",
        "manual:",
        "manual-5",
        "manual:1,1",
        "manual:5,1",
        "manual:-1,1",
        "manual:1e3",
        "manual:nan",
        "manual:1,,2",
        "manual:1,2,3,4,5,6,7,8,9",
        "manual:1.0000001",
        "manual:123456.1,123456.12",
    ],
)
def test_what_is_no_way_is_none(name: str) -> None:
    assert Way.parse(name) is None


# --- of a city ---


def test_neither_a_date_nor_a_filter_changes_the_breaks(demo_city: CityData) -> None:
    lon, lat = (float(x) for x in np.nanmedian([demo_city.index.lon, demo_city.index.lat], axis=1))
    cities = [
        demo_city,
        demo_city.filtered(Filters(hours=(22, 6))),
        demo_city.filtered(Filters(weekdays=(6, 7), severity=5.0)),
        demo_city.filtered(Filters(area=Area("circle", (lon, lat, 2000.0)))),
    ]
    months = [Period.parse(month) for month in ("2025-11", "2026-03", "2026-10")]
    for way in (Way(), Way("jenks", 7), Way("sigma", 4)):
        found = {rate_scheme(city, PlaceLevel.STREET, month, None, way) for city in cities for month in months}
        assert len(found) == 1
    assert len({largest_count(city, PlaceLevel.STREET, m, None) for city in cities for m in months}) == 1


def test_the_largest_count_is_that_of_the_busiest_place_of_all_months(demo_city: CityData) -> None:
    months = demo_city.recent_periods(Period.parse("2026-10"), 36)
    most = max(demo_city.counts(PlaceLevel.DISTRICT, m.start, m.end).places.max() for m in months)
    assert largest_count(demo_city, PlaceLevel.DISTRICT, Period.parse("2026-03"), None) == most
    nothing = np.array([], dtype=np.intp)
    assert largest_count(demo_city, PlaceLevel.DISTRICT, Period.parse("2026-03"), nothing) == 0


def test_free_spans_are_drawn_from_spans_as_long_as_they(demo_city: CityData) -> None:
    assert demo_city.data_as_of is not None
    assert demo_city.index.span is not None
    span = Period.parse("2026-10-05..2026-10-18")
    series = [Period.trailing(demo_city.data_as_of - dt.timedelta(days=14 * k), 14) for k in range(26)]
    assert series[-1].start >= demo_city.index.span[0] > series[-1].previous().start
    pooled = np.concatenate([rates(demo_city, PlaceLevel.STREET, each, None) for each in series])
    scheme = rate_scheme(demo_city, PlaceLevel.STREET, span, None)
    assert scheme == scheme_of(pooled[pooled > 0], Way())
    moved = Period.parse("2026-02-05..2026-02-18")
    assert rate_scheme(demo_city, PlaceLevel.STREET, moved, None) == scheme
    week = Period.parse("2026-10-05..2026-10-11")
    assert rate_scheme(demo_city, PlaceLevel.STREET, week, None).breaks[0] < scheme.breaks[0]


def test_a_span_longer_than_all_data_has_classes_all_the_same(demo_city: CityData) -> None:
    whole = Period.parse("2020-01-01..2026-10-31")
    assert len(rate_scheme(demo_city, PlaceLevel.STREET, whole, None).breaks) == 4


def test_recent_spans_are_in_step_with_the_chosen_one(demo_city: CityData) -> None:
    span = Period.parse("2026-10-05..2026-10-11")
    recent = demo_city.recent_periods(span, 12)
    assert span in recent
    assert {each.days for each in recent} == {7}
    assert [each.previous() for each in recent[1:]] == recent[:-1]
    assert str(recent[-1]) == "2026-10-19..2026-10-25"
    assert demo_city.latest_period(PeriodKind.MONTH) == Period.parse("2026-10")
