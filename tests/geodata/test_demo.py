"""The demo city: clean shapes, true totals, and everything that was planted can be counted again."""

from __future__ import annotations

import datetime as dt
import itertools
import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.columns import EXPOSURE_COLUMNS, PLACE_COLUMNS
from geodata.coordinates import gcj02_to_wgs84
from geodata.demo import DemoCity, make_demo
from geodata.demo.days import Days, day_factors
from geodata.demo.facts import METRIC_CRS, read_facts, read_types
from geodata.demo.people import share_out
from geodata.demo.regions import shared_borders
from geodata.errors import SelectionError
from geodata.vocabulary import LEVELS, PlaceLevel

PARENTS = list(itertools.pairwise(LEVELS))


@pytest.fixture(scope="module")
def demo() -> DemoCity:
    return make_demo(years=1, seed=7)


@pytest.fixture(scope="module")
def incidents(demo: DemoCity) -> pd.DataFrame:
    """Every incident in WGS-84, with its source and the street that it lies in ("" if none)."""
    table = pd.concat(
        [batch.table.assign(source=batch.source, crs=batch.crs) for batch in demo.batches], ignore_index=True
    )
    shifted = (table["crs"] == "gcj02").to_numpy()
    lon, lat = gcj02_to_wgs84(table["lon"].to_numpy()[shifted], table["lat"].to_numpy()[shifted])
    table.loc[shifted, "lon"], table.loc[shifted, "lat"] = lon, lat
    streets = demo.places[PlaceLevel.STREET]
    point, street = shapely.STRtree(streets.geometry.to_numpy()).query(
        shapely.points(table["lon"], table["lat"]), predicate="intersects"
    )
    table["street"] = pd.Series(streets["place_id"].to_numpy()[street], index=point).groupby(level=0).first()
    return table.assign(street=table["street"].fillna(""))


def metres_from(table: pd.DataFrame, lon: float, lat: float) -> pd.Series:
    return np.hypot((table["lon"] - lon) * np.cos(np.radians(lat)), table["lat"] - lat) * 111_320.0


def rate(table: pd.DataFrame, start: str, end: str) -> float:
    inside = (table["time"] >= pd.Timestamp(start)) & (table["time"] < pd.Timestamp(end))
    return inside.sum() / (pd.Timestamp(end) - pd.Timestamp(start)).days


# places


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_is_a_clean_coverage_of_valid_polygons(demo: DemoCity, level: PlaceLevel) -> None:
    shapes = demo.places[level].geometry
    assert shapely.coverage_is_valid(shapes.to_numpy())
    assert shapes.is_valid.all()
    assert set(shapes.geom_type) <= {"Polygon", "MultiPolygon"}


@pytest.mark.parametrize(("level", "below"), PARENTS)
def test_children_fill_their_parent_exactly(demo: DemoCity, level: PlaceLevel, below: PlaceLevel) -> None:
    parents, children = demo.places[level], demo.places[below]
    assert set(children["parent_id"]) == set(parents["place_id"])
    unions = children.groupby("parent_id")["geometry"].apply(lambda group: shapely.coverage_union_all(group.to_numpy()))
    left_over = shapely.symmetric_difference(unions[parents["place_id"]].to_numpy(), parents.geometry.to_numpy())
    assert shapely.area(left_over).max() < 1e-9


@pytest.mark.parametrize("level", LEVELS)
def test_places_have_the_agreed_columns_and_stand_in_order(demo: DemoCity, level: PlaceLevel) -> None:
    places = demo.places[level]
    assert tuple(places.columns) == PLACE_COLUMNS
    assert places.crs == "EPSG:4326"
    assert places.index.equals(pd.RangeIndex(len(places)))
    assert places["place_id"].is_monotonic_increasing
    assert places["place_id"].is_unique
    assert (places["level"] == level.value).all()
    assert (places[["name", "name_en"]] != "").all(axis=None)


def test_zhuhai_has_3_districts_25_streets_and_towns_and_339_communities(demo: DemoCity) -> None:
    counts = [len(demo.places[level]) for level in LEVELS]
    assert counts[:3] == [3, 25, 339]
    assert 18_000 < counts[3] < 25_000


def test_names_are_the_true_ones(demo: DemoCity) -> None:
    names = pd.concat(demo.places[level] for level in LEVELS).set_index("place_id")
    assert names.loc["440402006", ["name", "name_en"]].tolist() == ["香湾街道", "Xiangwan Subdistrict"]
    assert names.loc["440402006001", ["name", "name_en"]].tolist() == ["朝阳社区", "Chaoyang Community"]
    assert names.loc["440402006001001", ["name", "name_en", "parent_id"]].tolist() == [
        "网格001",
        "Grid 001",
        "440402006001",
    ]


@pytest.mark.parametrize(
    ("place", "unit"),
    [
        ("440402", "香洲区人民政府"),
        ("440402006", "香湾街道办事处"),
        ("440402100", "唐家湾镇人民政府"),
        ("440402006001", "朝阳社区居民委员会"),
        ("440403105211", "网山村村民委员会"),
        ("440402006001001", "朝阳社区居民委员会（网格001）"),
    ],
)
def test_every_place_has_somebody_who_looks_after_it(demo: DemoCity, place: str, unit: str) -> None:
    units = pd.concat(demo.places[level] for level in LEVELS).set_index("place_id")["unit"]
    assert units[place] == unit
    assert (units != "").all()


def test_grid_cells_are_no_slivers_and_finer_where_people_live(demo: DemoCity) -> None:
    cells = demo.places[PlaceLevel.GRID_CELL]
    area_m2 = cells.to_crs(METRIC_CRS).area
    assert area_m2.min() > 2_000
    street = cells["place_id"].str[:9]
    assert area_m2[street == "440402005"].median() < 0.2 * area_m2[street == "440403100"].median()


def test_serial_numbers_of_a_community_run_from_the_north(demo: DemoCity) -> None:
    cells = demo.places[PlaceLevel.GRID_CELL]
    mine = cells[cells["parent_id"] == "440403100001"].to_crs(METRIC_CRS)
    assert mine["place_id"].str[12:].astype(int).tolist() == list(range(1, len(mine) + 1))
    assert mine.geometry.centroid.y.iloc[0] > mine.geometry.centroid.y.iloc[-1]


@pytest.mark.parametrize("town", ["440402105", "440402106", "440402107"])
def test_island_towns_are_islands_east_of_the_city(demo: DemoCity, town: str) -> None:
    streets = demo.places[PlaceLevel.STREET].set_index("place_id").geometry
    assert streets[town].geom_type == "MultiPolygon"
    assert streets[town].disjoint(streets.drop(town).union_all())
    assert streets[town].bounds[0] > streets["440402006"].bounds[2]


def test_streets_lie_where_they_are_known_to_be(demo: DemoCity) -> None:
    streets = demo.places[PlaceLevel.STREET].set_index("place_id").geometry
    settlements = read_facts().settlements
    points = gpd.GeoSeries(gpd.points_from_xy(settlements["lon"], settlements["lat"]), crs="EPSG:4326")
    home = gpd.GeoSeries(streets.loc[settlements["place_id"]].to_numpy(), crs="EPSG:4326")
    assert points.to_crs(METRIC_CRS).distance(home.to_crs(METRIC_CRS)).max() < 300.0


def test_two_squares_that_share_a_broken_side_are_neighbours_once() -> None:
    left = shapely.Polygon([(0, 0), (1e-4, 0), (1e-4, 4e-5), (1e-4, 1e-4), (0, 1e-4)])
    right = shapely.Polygon([(1e-4, 0), (2e-4, 0), (2e-4, 1e-4), (1e-4, 1e-4), (1e-4, 4e-5)])
    corner_only = shapely.Polygon([(2e-4, 1e-4), (3e-4, 1e-4), (3e-4, 2e-4), (2e-4, 2e-4)])
    borders = shared_borders(np.array([left, right, corner_only]))
    assert (borders.left.tolist(), borders.right.tolist()) == ([0], [1])
    assert borders.length == pytest.approx([1e-4])


# exposures


def test_residents_and_households_add_up_to_the_census(demo: DemoCity) -> None:
    exposure = demo.exposure.assign(district=demo.exposure["place_id"].str[:6])
    totals = exposure.pivot_table(index="district", columns="kind", values="value", aggfunc="sum")
    assert totals["residents"].to_dict() == {"440402": 1_384_317, "440403": 608_899, "440404": 446_369}
    assert totals["households"].sum() == 836_663


def test_every_grid_cell_has_one_value_of_each_kind(demo: DemoCity) -> None:
    exposure = demo.exposure
    assert tuple(exposure.columns) == EXPOSURE_COLUMNS
    assert not exposure.duplicated(["place_id", "kind", "year"]).any()
    assert set(exposure["kind"]) == {"residents", "households", "firms", "road_km"}
    assert len(exposure) == 4 * len(demo.places[PlaceLevel.GRID_CELL])
    assert (exposure["value"] >= 0).all()


@settings(deadline=None)
@given(st.integers(0, 10_000), st.lists(st.floats(0.01, 100.0), min_size=1, max_size=30))
def test_sharing_out_loses_nothing_and_is_fair_to_one(total: int, weights: list[float]) -> None:
    shares = share_out(total, np.array(weights))
    assert shares.sum() == total
    assert np.abs(shares - total * np.array(weights) / sum(weights)).max() < 1.0 + 1e-6


# days


def test_a_worked_sunday_counts_as_a_wednesday_and_a_holiday_as_a_holiday() -> None:
    days = Days.between(dt.date(2026, 9, 30), dt.date(2026, 10, 12))
    by_day = pd.DataFrame({"weekday": days.weekday, "is_holiday": days.is_holiday}, index=days.dates)
    assert by_day["is_holiday"].sum() == 7
    assert by_day.loc["2026-10-01", "is_holiday"]
    assert by_day.loc["2026-10-10"].tolist() == [2, False]
    assert by_day.loc["2026-10-11"].tolist() == [6, False]


def test_beyond_the_holiday_calendar_a_year_has_weekdays_only() -> None:
    days = Days.between(dt.date(2100, 1, 1), dt.date(2100, 1, 15))
    assert not days.is_holiday.any()
    assert days.weekday.tolist() == [(4 + n) % 7 for n in range(14)]


@pytest.mark.parametrize("name", ["theft", "petition_first", "street_vending"])
def test_day_factors_have_mean_one(name: str) -> None:
    days = Days.between(dt.date(2023, 11, 1), dt.date(2026, 11, 1))
    assert day_factors(days, read_types()[name]).mean() == pytest.approx(1.0)


# incidents


def test_the_same_seed_gives_the_same_city(demo: DemoCity) -> None:
    again = make_demo(years=1, seed=7)
    assert again.truths == demo.truths
    pd.testing.assert_frame_equal(again.exposure, demo.exposure, check_exact=True)
    for level in LEVELS:
        assert (again.places[level].to_wkb() == demo.places[level].to_wkb()).all(axis=None)
    for one, other in zip(again.batches, demo.batches, strict=True):
        pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)


def test_more_years_change_neither_places_nor_exposures_and_progress_is_told(demo: DemoCity) -> None:
    told: list[float] = []
    longer = make_demo(years=2, seed=7, progress=lambda _step, share: told.append(share))
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.0, 1.0)
    assert len(longer.batches) <= 40
    pd.testing.assert_frame_equal(longer.exposure, demo.exposure, check_exact=True)
    assert longer.places[PlaceLevel.GRID_CELL].equals(demo.places[PlaceLevel.GRID_CELL])
    first = min(batch.table["time"].min() for batch in longer.batches)
    assert first.date() == dt.date(2024, 11, 1)


def test_another_seed_gives_another_city(demo: DemoCity) -> None:
    other = make_demo(years=1, seed=8, end=dt.date(2025, 2, 1))
    assert len(other.places[PlaceLevel.GRID_CELL]) != len(demo.places[PlaceLevel.GRID_CELL])
    assert max(batch.table["time"].max() for batch in other.batches) < pd.Timestamp("2025-02-01")


def test_ids_are_unique_within_a_source(incidents: pd.DataFrame) -> None:
    assert not incidents.duplicated(["source", "id"]).any()


def test_a_year_covers_twelve_whole_months(incidents: pd.DataFrame) -> None:
    months = incidents["time"].dt.strftime("%Y-%m")
    assert months.min() == "2025-11"
    assert months.max() == "2026-10"
    assert months.nunique() == 12
    assert 150_000 < len(incidents) < 220_000


def test_every_type_is_one_of_the_method_and_the_common_ones_occur(incidents: pd.DataFrame) -> None:
    habits = read_types()
    seen = incidents["type"].value_counts()
    assert set(seen.index) <= set(habits)
    assert {name for name, one in habits.items() if one.per_day > 0.1} <= set(seen.index)


def test_nothing_is_received_before_it_happens(incidents: pd.DataFrame) -> None:
    assert (incidents["received_at"] > incidents["time"]).all()
    assert set(incidents["status"]) == {"已办结", "办理中"}


def test_some_positions_are_missing_and_some_lie_outside(incidents: pd.DataFrame) -> None:
    missing = incidents["lon"].isna()
    assert missing.mean() == pytest.approx(0.005, rel=0.15)
    assert (~missing & (incidents["street"] == "")).mean() == pytest.approx(0.003, rel=0.2)


def test_coordinates_repeat_as_a_geocoders_do(incidents: pd.DataFrame) -> None:
    known = incidents.dropna(subset=["lon"])
    assert known.duplicated(["lon", "lat"]).mean() > 0.1


# planted truths


def test_truths_are_plain_json(demo: DemoCity) -> None:
    assert json.loads(json.dumps(demo.truths)) == demo.truths


@pytest.mark.parametrize("kind", ["hotspots", "emerging"])
def test_hotspots_hold_what_was_planted_and_what_is_usual(demo: DemoCity, incidents: pd.DataFrame, kind: str) -> None:
    for spot in demo.truths[kind]:  # type: ignore[attr-defined]
        mine = incidents[incidents["type"].isin(spot["types"])]
        near = mine[metres_from(mine, spot["lon"], spot["lat"]) <= spot["radius_m"]]
        total = spot["expected"] * spot["factor"] / (spot["factor"] - 1)
        count = ((near["time"] >= spot["start"]) & (near["time"] < spot["end"])).sum()
        assert abs(count - total) < 4 * np.sqrt(total)
        assert set(spot["place_ids"]) <= set(near["street"])


def test_one_hotspot_straddles_the_border_of_two_streets(demo: DemoCity, incidents: pd.DataFrame) -> None:
    spot = next(one for one in demo.truths["hotspots"] if len(one["place_ids"]) == 2)  # type: ignore[attr-defined]
    near = incidents[
        (incidents["type"] == spot["types"][0]) & (metres_from(incidents, spot["lon"], spot["lat"]) <= 200.0)
    ]
    assert near["street"].value_counts(normalize=True)[spot["place_ids"]].min() > 0.2


def test_the_emerging_hotspot_grows(demo: DemoCity, incidents: pd.DataFrame) -> None:
    (spot,) = demo.truths["emerging"]  # type: ignore[misc]
    near = incidents[(incidents["type"] == "ebike_theft") & (metres_from(incidents, spot["lon"], spot["lat"]) <= 200.0)]
    by_month = near.groupby(near["time"].dt.strftime("%Y-%m")).size()
    assert by_month["2026-10"] > 1.5 * by_month.get("2026-07", 0)
    assert by_month[:"2026-06"].sum() < by_month["2026-10"]


def test_the_measure_lowers_public_order_and_traffic_in_its_street(demo: DemoCity, incidents: pd.DataFrame) -> None:
    measure = demo.truths["intervention"]
    habits = read_types()
    for sub_index, factor in measure["factors"].items():  # type: ignore[index]
        types = [name for name, one in habits.items() if one.sub_index == sub_index]
        mine = incidents[incidents["type"].isin(types)]
        start, end = measure["start"], measure["end"]  # type: ignore[index]
        here, elsewhere = mine[mine["street"] == measure["place_id"]], mine[mine["street"] != measure["place_id"]]  # type: ignore[index]
        change = rate(here, start, end) / rate(here, "2025-11-01", start)
        usual = rate(elsewhere, start, end) / rate(elsewhere, "2025-11-01", start)
        error = np.sqrt(1 / (rate(here, start, end) * 153) + 1 / (rate(here, "2025-11-01", start) * 212))
        assert abs(np.log(change / usual / factor)) < 4 * error


def test_city_management_falls_from_329_to_240_a_day(demo: DemoCity, incidents: pd.DataFrame) -> None:
    step = demo.truths["step"]
    mine = incidents[incidents["source"] == "city_management"]
    assert rate(mine, "2025-11-01", step["start"]) == pytest.approx(329.0, abs=4 * np.sqrt(329 / 212))  # type: ignore[index]
    assert rate(mine, step["start"], step["end"]) == pytest.approx(240.0, abs=4 * np.sqrt(240 / 153))  # type: ignore[index]


def test_the_silent_source_is_silent_and_speaks_before_and_after(demo: DemoCity, incidents: pd.DataFrame) -> None:
    silence = demo.truths["silence"]
    mine = incidents[incidents["source"] == silence["source"]]  # type: ignore[index]
    assert rate(mine, silence["start"], silence["end"]) == 0  # type: ignore[index]
    assert rate(mine, "2025-11-01", silence["start"]) > 7  # type: ignore[index]
    assert rate(mine, silence["end"], "2026-11-01") > 7  # type: ignore[index]


def test_the_shifted_batch_is_some_600_metres_off_and_says_so(demo: DemoCity) -> None:
    (batch,) = [batch for batch in demo.batches if batch.crs == "gcj02"]
    assert batch.source == "hotline_12345"
    assert set(batch.table["time"].dt.strftime("%Y-%m")) == {"2026-08"}
    known = batch.table.dropna(subset=["lon"])
    lon, lat = gcj02_to_wgs84(known["lon"].to_numpy(), known["lat"].to_numpy())
    shift_m = np.hypot((known["lon"] - lon) * np.cos(np.radians(22.2)), known["lat"] - lat) * 111_320.0
    assert 550 < shift_m.min() <= shift_m.max() < 680
    others = [other.table for other in demo.batches if other.source == batch.source and other.crs == "wgs84"]
    addresses = set(map(tuple, pd.concat(others)[["lon", "lat"]].round(5).to_numpy().tolist()))
    back = set(zip(lon.round(5).tolist(), lat.round(5).tolist(), strict=True))
    as_written = set(map(tuple, known[["lon", "lat"]].round(5).to_numpy().tolist()))
    assert len(back & addresses) > 5 * max(len(as_written & addresses), 1)


# requests that make no sense


@pytest.mark.parametrize(("years", "end"), [(0, dt.date(2026, 11, 1)), (1, dt.date(2026, 11, 2))])
def test_half_months_and_no_years_are_refused_in_both_languages(years: int, end: dt.date) -> None:
    with pytest.raises(SelectionError) as refused:
        make_demo(years, end=end)
    argument = "`years`" if years < 1 else "`end`"
    assert argument in refused.value.zh
    assert argument in refused.value.en
