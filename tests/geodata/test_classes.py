"""Classes of a map: the same colour means the same whenever one looks."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.city import CityData
from geodata.classes import CLASSES, Scheme, rate_denominator, rate_kind, rate_scheme, rates
from geodata.columns import EXPOSURE_COLUMNS
from geodata.memory import Memory
from geodata.vocabulary import Period, PeriodKind, PlaceLevel


def test_a_value_on_a_break_belongs_to_the_lower_class_and_a_missing_one_to_none() -> None:
    scheme = Scheme((1.0, 2.0))
    values = np.array([-5.0, 0.0, 1.0, 1.0001, 2.0, 2.0001, 1e9, np.nan, np.inf])
    assert scheme.classify(values).tolist() == [0, 0, 0, 1, 1, 2, 2, -1, -1]


def test_without_breaks_there_is_one_class() -> None:
    assert Scheme(()).classify(np.array([0.0, 7.0, np.nan])).tolist() == [0, 0, -1]


def test_the_fingerprint_changes_with_any_break() -> None:
    prints = {Scheme(breaks).fingerprint for breaks in ((), (1.0,), (2.0,), (1.0, 2.0), (1.0, 2.1), (12.0,))}
    assert len(prints) == 6
    assert all(len(each) == 4 for each in prints)
    assert Scheme((1.0, 2.0)).fingerprint == Scheme((1.0, 2.0)).fingerprint


@given(
    st.lists(st.floats(0, 1e6), max_size=6, unique=True).map(sorted),
    st.lists(st.floats(0, 1e6), min_size=2, max_size=20),
)
def test_a_greater_value_is_never_in_a_lower_class(breaks: list[float], values: list[float]) -> None:
    classes = Scheme(tuple(breaks)).classify(np.sort(values))
    assert (np.diff(classes) >= 0).all()
    assert classes.min() >= 0
    assert classes.max() <= len(breaks)


@pytest.mark.parametrize("level", list(PlaceLevel))
def test_the_scheme_is_the_same_for_every_month(demo_city: CityData, level: PlaceLevel) -> None:
    schemes = {rate_scheme(demo_city, level, Period.parse(month), None) for month in ("2025-11", "2026-03", "2026-10")}
    (scheme,) = schemes
    assert len(scheme.breaks) == CLASSES - 1
    assert list(scheme.breaks) == sorted(set(scheme.breaks))
    assert all(float(f"{value:.3g}") == value > 0 for value in scheme.breaks)


def test_each_class_of_the_streets_holds_about_a_fifth_of_all_months(demo_city: CityData) -> None:
    latest = demo_city.latest_period(PeriodKind.MONTH)
    assert latest is not None
    scheme = rate_scheme(demo_city, PlaceLevel.STREET, latest, None)
    periods = demo_city.recent_periods(latest, 36)
    pooled = np.concatenate([rates(demo_city, PlaceLevel.STREET, period, None) for period in periods])
    shares = np.bincount(scheme.classify(pooled[pooled > 0]), minlength=CLASSES) / (pooled > 0).sum()
    assert len(periods) == 12
    assert shares == pytest.approx([0.2] * CLASSES, abs=0.03)


def test_a_type_that_never_occurs_has_no_breaks(demo_city: CityData) -> None:
    nothing = np.array([], dtype=np.intp)
    assert rate_scheme(demo_city, PlaceLevel.STREET, Period.parse("2026-10"), nothing) == Scheme(())


def test_rates_are_counts_over_ten_thousand_residents(demo_city: CityData) -> None:
    october = Period.parse("2026-10")
    residents = demo_city.exposure_values("residents", 2026)
    assert residents is not None
    rows = demo_city.members(PlaceLevel.DISTRICT, demo_city.city)
    counted = demo_city.counts(PlaceLevel.DISTRICT, october.start, october.end).places.to_numpy()
    assert rates(demo_city, PlaceLevel.DISTRICT, october, None) == pytest.approx(counted / residents[rows] * 10_000)
    assert rate_kind(demo_city, PlaceLevel.DISTRICT) == "residents"


def test_grid_cells_have_rates_per_square_kilometre(demo_city: CityData) -> None:
    october = Period.parse("2026-10")
    rows = demo_city.members(PlaceLevel.GRID_CELL, demo_city.city)
    counted = demo_city.counts(PlaceLevel.GRID_CELL, october.start, october.end).places.to_numpy()
    assert rate_kind(demo_city, PlaceLevel.GRID_CELL) == "area_km2"
    found = rates(demo_city, PlaceLevel.GRID_CELL, october, None)
    assert found == pytest.approx(counted / demo_city.areas[rows])


def with_residents(city: CityData, residents: dict[str, float]) -> CityData:
    """Return the city with these residents of 2026, and no other exposure."""
    rows = [(place, "residents", 2026, value) for place, value in residents.items()]
    exposure = pd.DataFrame(rows, columns=list(EXPOSURE_COLUMNS)).astype({"year": int, "value": float})
    return dataclasses.replace(city, exposure=exposure, _memo=Memory())


def test_where_nobody_lives_or_nothing_is_known_there_is_no_rate(demo_city: CityData) -> None:
    city = with_residents(demo_city, {"440402": 0.0, "440403": 600_000.0})
    found = rates(city, PlaceLevel.DISTRICT, Period.parse("2026-10"), None)
    assert np.isnan(found).tolist() == [True, False, True]
    assert rate_denominator(city, PlaceLevel.DISTRICT, Period.parse("2026-10"))[1] == 60.0


def test_a_city_that_knows_no_residents_has_rates_per_square_kilometre(demo_city: CityData) -> None:
    city = with_residents(demo_city, {})
    assert rate_kind(city, PlaceLevel.DISTRICT) == "area_km2"
    districts = city.members(PlaceLevel.DISTRICT, city.city)
    square_km = rate_denominator(city, PlaceLevel.DISTRICT, Period.parse("2026-10"))
    assert square_km == pytest.approx(city.areas[districts])


def test_a_type_that_no_source_ever_brought_is_missing_and_not_zero(demo_city: CityData) -> None:
    nothing = np.array([], dtype=np.intp)
    assert np.isnan(rates(demo_city, PlaceLevel.DISTRICT, Period.parse("2026-10"), nothing)).all()
