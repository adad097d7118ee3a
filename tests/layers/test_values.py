"""The numbers behind the map: they are those of the index and of the counts, missing ones included."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.city import CityData
from geodata.classes import Scheme
from geodata.index.bands import NO_BAND, band_numbers
from geodata.vocabulary import Period, PlaceLevel
from geodata.written import printed_score, printed_scores
from layers.maps.values import MapValues, chosen_types, map_values, score_change_is_sure, told_against, usual_days
from layers.view import parse_view
from tests.layers import odd_views, unmeasured


def of(search: str, city: CityData) -> MapValues:
    values = map_values(parse_view(search, city), city)
    assert values is not None
    return values


def test_every_map_has_one_number_a_place(demo_city: CityData) -> None:
    for name, view in odd_views(demo_city).items():
        values = map_values(view, demo_city)
        n = len(values.rows)
        assert n > 0, name
        for part in (values.value, values.change, values.sure, values.klass, values.counted.places):
            assert len(part) == n, name
        assert values.counted.places.index.tolist() == values.rows.tolist(), name


def test_a_missing_number_has_no_class_and_a_known_one_has(demo_city: CityData) -> None:
    for name, view in odd_views(demo_city).items():
        values = map_values(view, demo_city)
        if values is not None:
            assert ((values.klass == NO_BAND) == ~np.isfinite(values.value)).all(), name


def test_a_change_is_known_only_where_both_numbers_are(demo_city: CityData) -> None:
    for view in odd_views(demo_city).values():
        values = map_values(view, demo_city)
        if values is not None:
            assert np.isfinite(values.value[np.isfinite(values.change)]).all()


def test_a_score_lies_in_its_interval(demo_city: CityData) -> None:
    for search in ("", "?level=community", "?sub=traffic", "?place=440402", "?sub=fire&period=2026-03-01"):
        values = of(search, demo_city)
        assert values.low is not None
        assert values.high is not None
        known = np.isfinite(values.value)
        assert known.any()
        assert (values.low[known] <= values.value[known]).all()
        assert (values.value[known] <= values.high[known]).all()
        assert np.isnan(values.low[~known]).all()


def test_the_scores_are_those_of_the_index_with_their_bands(demo_city: CityData) -> None:
    period = Period.parse("2026-06")
    streets = demo_city.scores(PlaceLevel.STREET, period)
    district = demo_city.find("440403")
    here = np.isin(streets.rows, demo_city.members(PlaceLevel.STREET, district))
    values = of("?place=440403&period=2026-06", demo_city)
    assert np.isfinite(values.value).any()
    np.testing.assert_array_equal(values.value, streets.scores.score[here])
    np.testing.assert_array_equal(values.klass, band_numbers(values.value, demo_city.method.bands))
    assert values.scheme is None
    assert values.per == ""


def test_the_change_is_against_the_period_that_the_view_compares_with(demo_city: CityData) -> None:
    now, before = of("?period=2026-06", demo_city), of("?period=2026-05", demo_city)
    assert np.isfinite(now.change).any()
    np.testing.assert_allclose(now.change, now.value - before.value)


def test_the_first_period_has_nothing_to_compare_with(demo_city: CityData) -> None:
    for search in (
        "?period=2025-11",
        "?compare=year_ago",
        "?measure=rate&period=2025-11",
        "?type=theft&period=2025-11-01",
    ):
        values = of(search, demo_city)
        assert np.isnan(values.change).all()
        assert not values.sure.any()


def test_a_rate_is_incidents_per_ten_thousand_residents(demo_city: CityData) -> None:
    values = of("?type=theft&level=street", demo_city)
    residents = demo_city.exposure_values("residents", 2026)
    assert residents is not None
    assert values.measure == "rate"
    assert values.per == "residents"
    assert values.low is None
    np.testing.assert_allclose(values.value, values.counted.places.to_numpy() / (residents[values.rows] / 10_000))


def test_a_rate_of_grid_cells_is_one_by_area(demo_city: CityData) -> None:
    values = of("?type=theft&level=grid_cell", demo_city)
    assert values.per == "area_km2"
    np.testing.assert_allclose(values.value, values.counted.places.to_numpy() / demo_city.areas[values.rows])


def test_what_no_source_feeds_has_no_rate(demo_city: CityData) -> None:
    values = of("?sub=co_building", unmeasured(demo_city))
    assert np.isnan(values.value).all()
    assert (values.klass == NO_BAND).all()


def test_a_score_change_is_sure_by_its_own_uncertainty() -> None:
    def sure(change: float, now: float, before: float) -> bool:
        return bool(score_change_is_sure(np.array([change]), np.array([now]), np.array([before]))[0])

    assert not sure(0.1, 0.4, 0.4)
    assert sure(1.2, 0.36, 0.36)  # against 1.96 · 0.36 · √2 = 0.998
    assert not sure(0.99, 0.36, 0.36)
    assert sure(-1.2, 0.36, 0.36)
    assert not sure(float("nan"), 0.36, 0.36)
    assert not sure(1.2, float("nan"), 0.36)


def test_a_class_of_a_rate_means_the_same_in_every_period(demo_city: CityData) -> None:
    schemes = {
        of(f"?measure=rate&level=street&period={p}", demo_city).scheme for p in ("2025-12", "2026-04", "2026-10")
    }
    assert len(schemes) == 1


def test_counts_of_a_sub_index_are_those_of_its_types(demo_city: CityData) -> None:
    types = demo_city.find_types(["consumer_complaint", "consumer_group"])
    period = Period.parse("2026-10")
    expected = demo_city.counts(PlaceLevel.DISTRICT, period.start, period.end, types=types)
    assert of("?sub=consumer", demo_city).counted.places.tolist() == expected.places.tolist()
    assert chosen_types(parse_view("?", demo_city), demo_city) is None


def test_a_type_wins_over_a_sub_index(demo_city: CityData) -> None:
    both, alone = of("?sub=traffic&type=theft", demo_city), of("?type=theft", demo_city)
    assert both.counted.places.tolist() == alone.counted.places.tolist()


def test_a_type_that_never_happened_counts_nothing(demo_city: CityData) -> None:
    view = parse_view("?type=theft", demo_city).but(incident_type="never_seen")
    types = chosen_types(view, demo_city)
    assert types is not None
    assert len(types) == 0
    values = map_values(view, demo_city)
    assert values is not None
    assert values.counted.total == 0


def test_a_silent_source_is_missing_on_the_map(demo_city: CityData) -> None:
    values = of("?sub=consumer&period=2026-W32", demo_city)
    assert np.isnan(values.value).all()
    assert (values.klass == NO_BAND).all()
    assert values.counted.places.sum() == 0


def test_a_grid_cell_is_shown_among_its_siblings(demo_city: CityData) -> None:
    view = odd_views(demo_city)["grid cell"]
    assert map_values(view, demo_city).rows.tolist() == demo_city.siblings(demo_city.find(view.place)).tolist()


def test_a_longer_month_has_more_usual_days_and_a_silent_one_fewer(demo_city: CityData) -> None:
    view, consumer = parse_view("?sub=fire", demo_city), parse_view("?sub=consumer", demo_city)
    july, february = Period.parse("2026-07"), Period.parse("2026-02")
    assert usual_days(demo_city, july, view) == pytest.approx(31, rel=0.3)
    assert usual_days(demo_city, Period.parse("2026-03"), view) > usual_days(demo_city, Period.parse("2026-W10"), view)
    assert usual_days(demo_city, february, view) > 0
    assert usual_days(demo_city, Period.parse("2026-Q3"), consumer) < usual_days(
        demo_city, Period.parse("2026-Q2"), consumer
    )


@pytest.mark.parametrize(
    ("value", "klass"), [(0.0, 0), (1.0, 0), (1.01, 1), (2.0, 1), (5.0, 2), (float("nan"), -1), (float("inf"), -1)]
)
def test_a_value_on_a_break_belongs_to_the_lower_class(value: float, klass: int) -> None:
    assert Scheme((1.0, 2.0)).classify(np.array([value])).tolist() == [klass]


def test_schemes_with_other_breaks_have_other_fingerprints() -> None:
    names = {Scheme(breaks).fingerprint for breaks in ((), (1.0,), (1.0, 2.0), (1.0, 2.1))}
    assert len(names) == 4


def test_a_day_is_coloured_by_its_last_seven_days(demo_city: CityData) -> None:
    day, week = of("?period=2026-10-31&level=street", demo_city), Period.parse("2026-10-25..2026-10-31")
    streets = demo_city.scores(PlaceLevel.STREET, week).scores
    assert day.pooled
    assert not of("?period=2026-10", demo_city).pooled
    fire = [s.id for s in demo_city.method.sub_indices].index("fire")
    np.testing.assert_allclose(
        of("?period=2026-10-31&level=street&sub=fire", demo_city).value, streets.sub_score[:, fire]
    )
    assert np.isnan(of("?period=2025-11-03&level=street", demo_city).value).all()


def test_against_a_target_the_change_is_the_gap_and_sure_outside_of_the_interval(demo_city: CityData) -> None:
    values = of("?compare=target&level=community", demo_city)
    target = demo_city.method.target
    assert target is not None
    assert values.low is not None
    assert values.high is not None
    np.testing.assert_allclose(values.change, values.value - target)
    np.testing.assert_array_equal(values.sure, (values.low > target) | (values.high < target))
    without = of("?compare=target&sub=traffic", demo_city)
    assert np.isnan(without.change).all()
    rates = of("?compare=target&measure=rate", demo_city)
    np.testing.assert_allclose(rates.change, of("?measure=rate", demo_city).change)
    assert told_against(parse_view("?compare=target", demo_city), "rate") == "previous"


def test_a_score_is_never_printed_as_a_better_band_than_it_has() -> None:
    shown = printed_scores([79.99, 80.0, 79.94, 89.96, 69.99, 85.56, float("nan")], (90.0, 80.0, 70.0))
    assert shown[:6].tolist() == pytest.approx([79.9, 80.0, 79.9, 89.9, 69.9, 85.6])
    assert np.isnan(shown[6])


@settings(deadline=None)
@given(st.floats(0, 100) | st.integers(0, 2000).map(lambda n: n / 20) | st.just(float("nan")))
def test_one_score_is_printed_as_many_are(points: float) -> None:
    bands = (90.0, 80.0, 70.0)
    np.testing.assert_equal(printed_score(points, bands), float(printed_scores(points, bands)))
