"""What incidents are measured against: read with every fault listed, spread so that children add up to their parent."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from geodata.city import CityData
from geodata.errors import InputFileError
from geodata.exposure import area_km2, exposure_by_place, read_exposure
from geodata.vocabulary import PlaceLevel

KNOWN = {"1", "2"}
#        0    1    2     3     4     5      6
IDS = ["A", "B", "A1", "A2", "B1", "A1x", "A1y"]
PLACES = pd.DataFrame(
    {
        "place_id": IDS,
        "level": ["district"] * 2 + ["street"] * 3 + ["community"] * 2,
        "parent_id": ["", "", "A", "A", "B", "A1", "A1"],
        "parent_level": ["", "", "district", "district", "district", "street", "street"],
    }
)
AREAS = np.array([4.0, 2.0, 3.0, 1.0, 2.0, 1.0, 2.0])


def table(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["place_id", "kind", "year", "value"], dtype="str")


def exposures(*rows: tuple[str, int, float], kind: str = "residents") -> pd.DataFrame:
    return pd.DataFrame(
        [(place, kind, year, value) for place, year, value in rows], columns=["place_id", "kind", "year", "value"]
    )


def spread(*rows: tuple[str, int, float], years: tuple[int, ...] = (2020,)) -> dict[str, list[float]]:
    values = exposure_by_place(exposures(*rows), PLACES, AREAS, list(years))["residents"]
    assert values.shape == (len(IDS), len(years))
    return {place: values[k].tolist() for k, place in enumerate(IDS)}


# --- reading ---


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("residents", "residents"),
        (" Population ", "residents"),
        ("常住人口", "residents"),
        ("户数", "households"),
        ("ROAD_KM", "road_km"),
        ("面积", "area_km2"),
        ("ｆｉｒｍｓ", "firms"),
    ],
)
def test_kinds_are_known_by_their_words_in_both_languages(word: str, kind: str) -> None:
    assert read_exposure(table(("1", word, "2020", "5")), KNOWN)["kind"].tolist() == [kind]


def test_the_last_of_repeated_rows_counts() -> None:
    read = read_exposure(table(("1", "residents", "2020", "5"), ("1", "人口", "2020", "7")), KNOWN)
    assert read[["place_id", "kind", "year", "value"]].to_numpy().tolist() == [["1", "residents", 2020, 7.0]]


def test_every_fault_is_listed_with_its_rows_in_one_error() -> None:
    with pytest.raises(InputFileError) as refused:
        read_exposure(
            table(
                ("1", "residents", "2020", "5"),
                ("9", "residents", "2020", "5"),
                ("1", "moons", "2020", "5"),
                ("1", "residents", "soon", "5"),
                ("1", "residents", "2020", "-1"),
                ("1", "residents", "2020", "many"),
                ("1", "residents", "2020", "inf"),
                ("8", "residents", "2020", ""),
            ),
            KNOWN,
        )
    message = refused.value.en
    assert "place ids that the boundaries do not have (rows 2, 8)" in message
    assert "unknown kinds of exposure (rows 3)" in message
    assert "unreadable years (rows 4)" in message
    assert "values that are no numbers >= 0 (rows 5, 6, 7, 8)" in message
    assert "第 2, 8 行" in refused.value.zh


def test_only_the_first_five_rows_of_a_fault_are_named() -> None:
    with pytest.raises(InputFileError, match=r"1, 2, 3, 4, 5 行"):
        read_exposure(table(*[("9", "residents", "2020", "5")] * 8), KNOWN)


@pytest.mark.parametrize("column", ["place_id", "kind", "year", "value"])
def test_a_missing_column_is_named(column: str) -> None:
    with pytest.raises(InputFileError) as refused:
        read_exposure(table(("1", "residents", "2020", "5")).drop(columns=column), KNOWN)
    assert repr(column) in refused.value.en


def test_a_year_and_a_half_is_no_year() -> None:
    with pytest.raises(InputFileError, match="年份"):
        read_exposure(table(("1", "residents", "2020.5", "5")), KNOWN)


def test_nobody_is_a_value() -> None:
    assert read_exposure(table(("1", "residents", "2020", "0")), KNOWN)["value"].tolist() == [0.0]


# --- years ---


def test_between_two_years_values_are_interpolated_and_beyond_them_held() -> None:
    values = spread(("B", 2010, 100.0), ("B", 2020, 200.0), years=(2000, 2010, 2015, 2019, 2020, 2030))
    assert values["B"] == pytest.approx([100, 100, 150, 190, 200, 200])


def test_places_may_know_different_years() -> None:
    values = spread(("A", 2010, 10.0), ("B", 2020, 20.0), ("B", 2022, 40.0), years=(2010, 2021))
    assert values["A"] == [10.0, 10.0]
    assert values["B"] == pytest.approx([20.0, 30.0])


# --- places ---


def test_where_only_the_parent_is_known_its_children_share_by_area() -> None:
    values = spread(("A", 2020, 400.0))
    assert values["A1"] == pytest.approx([300])
    assert values["A2"] == pytest.approx([100])
    assert (values["A1x"], values["A1y"]) == (pytest.approx([100]), pytest.approx([200]))
    assert np.isnan(values["B"]).all()
    assert np.isnan(values["B1"]).all()


def test_where_all_children_are_known_the_parent_is_their_sum_whatever_the_file_says() -> None:
    values = spread(("A1x", 2020, 1.0), ("A1y", 2020, 2.0), ("A2", 2020, 4.0), ("A1", 2020, 999.0))
    assert (values["A1"], values["A"]) == ([3.0], [7.0])


def test_children_that_the_file_lacks_share_what_is_left() -> None:
    values = spread(("A", 2020, 400.0), ("A2", 2020, 250.0))
    assert values["A1"] == pytest.approx([150])
    assert values["A1y"] == pytest.approx([100])


def test_a_parent_with_some_children_and_no_value_of_its_own_stays_unknown() -> None:
    assert np.isnan(spread(("A2", 2020, 250.0))["A"]).all()


def test_children_add_up_even_where_the_file_contradicts_itself() -> None:
    values = spread(("A", 2020, 100.0), ("A2", 2020, 250.0))
    assert values["A1"][0] >= 0
    assert values["A1"][0] + values["A2"][0] == pytest.approx(values["A"][0])


def test_area_is_always_there() -> None:
    answer = exposure_by_place(exposures(), PLACES, AREAS, [2020, 2021])
    assert list(answer) == ["area_km2"]
    assert answer["area_km2"].tolist() == [[area, area] for area in AREAS]


def test_areas_are_square_kilometres_on_the_ground() -> None:
    places = gpd.GeoDataFrame(geometry=[box(113.545, 22.266, 113.555, 22.276)], crs="EPSG:4326")
    assert area_km2(places)[0] == pytest.approx(1.1413, rel=2e-4)  # 1.335 km² in the web map's metres


amounts = st.integers(0, 1000).map(float)


@settings(deadline=None)
@given(st.dictionaries(st.tuples(st.sampled_from(IDS), st.sampled_from([2010, 2015, 2020])), amounts, max_size=12))
def test_known_children_of_a_known_parent_always_add_up(given_values: dict[tuple[str, int], float]) -> None:
    rows = [(place, year, value) for (place, year), value in given_values.items()]
    years = [2008, 2012, 2020]
    values = exposure_by_place(exposures(*rows), PLACES, AREAS, years).get("residents", np.full((len(IDS), 3), np.nan))
    for parent, children in ((0, [2, 3]), (1, [4]), (2, [5, 6])):
        if np.isfinite(values[parent]).all():
            assert np.isfinite(values[children]).all()
            assert values[children].sum(axis=0) == pytest.approx(values[parent])
    assert not (values < 0).any()


def test_the_demo_adds_up_at_every_level(demo_city: CityData) -> None:
    for kind in ("residents", "households", "firms", "road_km", "area_km2"):
        values = demo_city.exposure_values(kind, 2026)
        assert values is not None
        sums = [values[demo_city.members(level, demo_city.city)].sum() for level in PlaceLevel]
        assert sums == pytest.approx([sums[0]] * 4, rel=1e-4), kind
    residents = demo_city.exposure_values("residents", 2020)
    assert residents is not None
    assert (residents[demo_city.members(PlaceLevel.GRID_CELL, demo_city.city)] >= 0).all()
