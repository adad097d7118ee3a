"""A city's patterns: the whole city is judged, what lies in a place is shown, and answers are kept."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geodata.city import CityData
from geodata.commands.patterns import CLASSES, REASONS
from geodata.counts import CountIndex
from geodata.memory import Memory
from geodata.patterns.emerging import Emergence
from geodata.patterns.guard import Guard
from geodata.patterns.near_repeat import RING_DAYS, RING_M, KnoxTable
from geodata.patterns.neighbours import from_pairs
from geodata.spots.cells import Cells, Unfit, cell_of, cells_of, counted, in_slices, owner_level, owners
from geodata.spots.clusters import DAYS, clusters, due_by_day, learnt
from geodata.spots.density import density
from geodata.spots.emerging import GROWING, emerging
from geodata.spots.emerging import judge as judge_slices
from geodata.spots.foretold import foretold, steadied
from geodata.spots.hotspots import Against, against_expected, exposed, hotspots, judge
from geodata.spots.kept import MOST, stored
from geodata.spots.repeats import Reach, corrected, reach_of, repeats, supported
from geodata.vocabulary import Period, PlaceLevel, TimePrecision
from tests.test_commands import Captured, refused, run

OCTOBER = Period.parse("2026-10")
LAST = dt.date(2026, 10, 31)
YEAR = Period.trailing(LAST, 365)


@pytest.fixture
def fresh(demo_city: CityData) -> CityData:
    """Return the demo city without anything in its memory."""
    return again(demo_city)


def again(city: CityData) -> CityData:
    return city.with_method(city.method, city.calibration)


def months_only(city: CityData) -> CityData:
    return dataclasses.replace(again(city), index=dataclasses.replace(city.index, precision=TimePrecision.MONTH))


def row_of_cells(n: int, area_km2: float = 1.0) -> Cells:
    """Return cells in a row, each the neighbour of the next."""
    one = np.arange(n - 1)
    rows, along = np.arange(n, dtype=np.int32), np.arange(n, dtype=np.float64)
    return Cells(
        PlaceLevel.GRID_CELL, rows, from_pairs(one, one + 1, n), along, np.zeros(n), np.full(n, area_km2), rows
    )


# --- cells ---


def test_cells_that_touch_are_joined_and_others_are_not() -> None:
    chosen = np.array([True, True, False, True, False, True, True])
    assert [spot.tolist() for spot in row_of_cells(7).joined(chosen)] == [[0, 1], [3], [5, 6]]
    assert row_of_cells(3).joined(np.zeros(3, dtype=np.bool_)) == []


def test_every_incident_lies_in_the_cell_that_counts_it(demo_city: CityData) -> None:
    cells = cells_of(demo_city)
    counts = counted(demo_city, cells, OCTOBER.start, OCTOBER.end, None)
    cell = cell_of(demo_city, cells, demo_city.index.selected(OCTOBER.start, OCTOBER.end, outside=False))
    np.testing.assert_array_equal(np.bincount(cell[cell >= 0], minlength=len(counts)), counts)


def test_slices_add_up_to_the_counts_of_their_span(demo_city: CityData) -> None:
    cells = cells_of(demo_city, level=PlaceLevel.COMMUNITY)
    types = demo_city.find_types(["theft", "burglary"])
    slices = in_slices(demo_city, cells, OCTOBER.start, 7, 4, types)
    span = counted(demo_city, cells, OCTOBER.start, OCTOBER.start + dt.timedelta(days=28), types)
    assert slices.shape == (4, len(cells.rows))
    np.testing.assert_array_equal(slices.sum(axis=0), span)


def test_the_cells_are_regular_only_if_they_have_one_size() -> None:
    assert row_of_cells(50).equal
    assert row_of_cells(50, 0.0625).size_m == 250.0
    mixed = dataclasses.replace(row_of_cells(50), area_km2=np.geomspace(0.01, 1.0, 50))
    assert not mixed.equal


@pytest.mark.parametrize(
    ("place", "level"),
    [("", "street"), ("440402", "street"), ("440402001", "community"), ("440402001001", "community")],
)
def test_streets_answer_for_a_spot_and_communities_inside_of_a_street(
    demo_city: CityData, place: str, level: str
) -> None:
    assert owner_level(demo_city, demo_city.find(place), PlaceLevel.GRID_CELL) == level


def test_shares_of_the_owners_add_up_whatever_lies_outside(demo_city: CityData) -> None:
    incidents = demo_city.index.selected(OCTOBER.start, OCTOBER.end)
    found = owners(demo_city, PlaceLevel.DISTRICT, incidents)
    assert sum(owner.share for owner in found) == pytest.approx(1.0)
    assert [owner.incidents for owner in found] == sorted((owner.incidents for owner in found), reverse=True)
    assert owners(demo_city, PlaceLevel.DISTRICT, incidents[:0]) == ()


# --- hot spots ---


def test_a_street_shows_the_judgement_of_the_city(demo_city: CityData) -> None:
    whole = hotspots(demo_city, demo_city.city, YEAR)
    part = hotspots(demo_city, demo_city.find("440402007"), YEAR)
    here = np.isin(whole.rows, part.rows)
    for name in ("counts", "z", "p", "hot", "cold"):
        np.testing.assert_array_equal(getattr(whole, name)[here], getattr(part, name))
    assert {spot.cells for spot in part.hotspots} <= {spot.cells for spot in whole.hotspots}
    assert all(set(spot.cells) & set(part.rows.tolist()) for spot in part.hotspots)
    assert part.incidents == whole.incidents == whole.inside > part.inside


def test_the_hot_cells_are_those_of_the_hot_spots_and_the_largest_excess_comes_first(demo_city: CityData) -> None:
    found = hotspots(demo_city, demo_city.city, YEAR)
    cells = sorted(row for spot in found.hotspots for row in spot.cells)
    assert cells == found.rows[found.hot].tolist()
    excess = [spot.excess for spot in found.hotspots]
    assert excess == sorted(excess, reverse=True)
    assert min(excess) > 0
    for spot in found.hotspots:
        west, south, east, north = spot.bounds
        assert west < spot.centre[0] < east
        assert south < spot.centre[1] < north


def test_too_few_incidents_are_not_judged_and_no_hot_spot_is_a_result(demo_city: CityData) -> None:
    few = hotspots(demo_city, demo_city.city, OCTOBER, demo_city.find_types(["homicide_arson"]))
    assert (few.guard, few.hotspots, few.concentration) == (Guard.TOO_FEW, (), None)
    assert np.isnan(few.z).all()
    none = hotspots(demo_city, demo_city.city, OCTOBER, demo_city.find_types(["fraud_medium"]))
    assert (none.guard, none.hotspots) == (None, ())
    assert np.isfinite(none.z).all()


def test_half_of_the_incidents_lie_in_the_share_of_cells_that_is_told(demo_city: CityData) -> None:
    found = hotspots(demo_city, demo_city.find("440402007"), YEAR)
    told = found.concentration
    assert told is not None
    fullest = np.sort(found.counts)[::-1]
    assert fullest[: told.places_for_half].sum() >= found.inside / 2 > fullest[: told.places_for_half - 1].sum()
    assert told.share_of_places_for_half < told.expected_range[0] <= told.expected_share <= told.expected_range[1]


def test_against_an_expectation_a_cell_and_its_neighbours_are_held_together() -> None:
    counts, expected = np.array([10.0, 10.0, 10.0, 0.0]), np.array([5.0, 5.0, 10.0, 10.0])
    found = against_expected(counts, expected, row_of_cells(4).neighbours)
    # variance between cells: Σ (O-E)² - E = 25 + 25 + 0 + 100 - 30 = 120, Σ E² = 250
    spread = 120.0 / 250.0
    sums = [(20, 10, 50), (30, 20, 150), (20, 25, 225), (10, 20, 200)]
    assert found.z.tolist() == pytest.approx([(o - e) / np.sqrt(e + spread * e2) for o, e, e2 in sums])


def test_against_an_expectation_of_pure_chance_p_is_that_of_the_poisson_distribution() -> None:
    counts, expected = np.array([11.0, 9.0, 10.0, 10.0]), np.full(4, 10.0)
    found = against_expected(counts, expected, row_of_cells(4).neighbours)
    assert found.p.tolist() == pytest.approx([1.0, 1.0, 1.0, 1.0], abs=0.1)
    assert not found.hot.any()


def test_without_an_expectation_a_cell_is_not_judged() -> None:
    counts = np.array([20, 20, 20, 5, 1])
    found = judge(row_of_cells(5), counts, np.array([1.0, 1.0, 1.0, 0.0, np.nan]), np.zeros(5, dtype=np.bool_))
    assert np.isnan(found["z"]).tolist() == [False, False, False, True, True]
    assert found["usual"].tolist() == [20.0, 20.0, 20.0, 0.0, 0.0]


def test_counts_that_are_all_alike_are_hot_where_little_is_expected() -> None:
    counts, usual = np.full(40, 10), np.where(np.arange(40) < 4, 1.0, 100.0)
    assert judge(row_of_cells(40), counts, None, np.zeros(40, dtype=np.bool_))["guard"] == Guard.CONSTANT.value
    found = against_expected(counts * 1.0, usual * 400 / usual.sum(), row_of_cells(40).neighbours)
    assert found.reason is None
    assert found.z[1] > 3 > 0 > found.z[20]


def test_a_silent_place_is_left_out_of_the_mean() -> None:
    counts = np.array([10, 30, 10, 30, 0, 0])
    silent = np.array([False, False, False, False, True, True])
    found = judge(row_of_cells(6), counts, None, silent)
    assert np.isnan(found["z"]).tolist() == silent.tolist()
    assert found["usual"].tolist() == [20.0, 20.0, 20.0, 20.0, 0.0, 0.0]


def test_what_is_expected_adds_up_to_the_incidents_of_each_type(demo_city: CityData) -> None:
    cells, theft = cells_of(demo_city), demo_city.find_types(["theft"])
    usual = exposed(demo_city, cells, YEAR, theft)
    assert usual.sum() == pytest.approx(counted(demo_city, cells, YEAR.start, YEAR.end, theft).sum())
    residents = demo_city.exposure_values("residents", YEAR.start.year)
    assert residents is not None
    np.testing.assert_allclose(usual / usual.sum(), residents[cells.rows] / residents[cells.rows].sum())


# --- what becomes of them, clusters, repeats ---


def test_a_year_too_short_has_no_twelve_slices(demo_city: CityData) -> None:
    assert emerging(demo_city, demo_city.city, dt.date(2026, 9, 1)).guard is Unfit.NO_HISTORY
    found = emerging(demo_city, demo_city.city, LAST + dt.timedelta(days=99))
    assert found.guard is None
    assert found.slices[-1].end == LAST + dt.timedelta(days=1)
    assert [slice_.days for slice_ in found.slices] == [28] * 12


def test_spots_are_cells_that_are_hot_now(demo_city: CityData) -> None:
    found = emerging(demo_city, demo_city.city, LAST)
    named = {row for spot in found.spots for row in spot.cells}
    now = (found.classes > 0) & (found.classes != Emergence.HISTORICAL)
    assert named
    assert named <= set(found.rows[now].tolist())
    assert {spot.kind for spot in found.spots} <= set(Emergence)
    assert found.count(Emergence.PERSISTENT) == (found.classes == Emergence.PERSISTENT).sum() > 0


def test_the_class_of_a_spot_is_that_of_all_its_cells_as_its_incidents_are() -> None:
    counts, slice_ = np.zeros((12, 1000), dtype=np.int64), np.arange(12)[:, None]
    counts[:, 10:30] = 200
    counts[:, 11:14] += 5 * slice_  # the hottest rise
    counts[:, 15:29] -= 5 * slice_  # all together fall
    counts[-2:, 40:46] = 200
    found = judge_slices(row_of_cells(1000), counts, np.zeros(1000, dtype=np.bool_))
    assert found["classes"][10 + found["z"][10:30].argmax()] == Emergence.INTENSIFYING
    assert found["last"][10:29].sum() < found["before"][10:29].sum()
    assert set(found["kinds"][10:29].tolist()) == {Emergence.DIMINISHING}
    assert set(found["kinds"][41:45].tolist()) == {Emergence.NEW}
    assert not found["kinds"][~found["named"]].any()


def test_what_grows_has_more_incidents_than_before_and_comes_first(demo_city: CityData) -> None:
    spots = emerging(demo_city, demo_city.city, LAST).spots
    growing = [spot.kind in GROWING for spot in spots]
    assert any(growing)
    assert growing == sorted(growing, reverse=True)
    assert all(spot.incidents > spot.before for spot in spots if spot.kind in GROWING)
    assert all(spot.incidents < spot.before for spot in spots if spot.kind is Emergence.DIMINISHING)
    grown = [spot.incidents - spot.before for spot in spots if spot.kind in GROWING]
    assert grown == sorted(grown, reverse=True)
    others = [spot.incidents for spot in spots if spot.kind not in GROWING]
    assert others == sorted(others, reverse=True)


def test_what_a_place_always_has_is_no_cluster() -> None:
    counts = np.tile([20, 5, 5], (DAYS + 100, 1))
    due = np.full(counts.shape, 10.0)
    assert (due[-1] * learnt(counts, due)).tolist() == pytest.approx([20, 5, 5], rel=0.01)


def test_what_is_due_adds_up_to_the_incidents_and_knows_the_calendar(demo_city: CityData) -> None:
    places = cells_of(demo_city, level=PlaceLevel.COMMUNITY)
    types = demo_city.types_of("traffic")
    due = due_by_day(demo_city, places, YEAR.start, YEAR.days, types)
    counts = counted(demo_city, places, YEAR.start, YEAR.end, types)
    assert due.sum() == pytest.approx(counts.sum(), rel=1e-9)
    assert np.ptp(due.sum(axis=1)) > 0


def test_a_place_shows_the_clusters_that_reach_into_it(demo_city: CityData) -> None:
    types = demo_city.find_types(["ebike_theft"])
    whole = clusters(demo_city, demo_city.city, LAST, types, replicas=99)
    (cluster,) = whole.found
    assert whole.likeliest == cluster
    assert (cluster.end, whole.days, cluster.start >= LAST - dt.timedelta(days=27)) == (LAST, 28, True)
    for place in ("440402100", demo_city.place(cluster.rows[0]).id):
        assert len(clusters(demo_city, demo_city.find(place), LAST, types, replicas=99).found) == 1
    elsewhere = clusters(demo_city, demo_city.find("440402001"), LAST, types, replicas=99)
    assert elsewhere.found == ()
    assert elsewhere.likeliest is not None


def repeating(city: CityData, apart_m: float) -> CityData:
    """Return the city with every second theft near the one before it, of the same day or the next."""
    index, rng = city.index, np.random.default_rng(0)
    rows = index.selected(YEAR.start, YEAR.end, types=city.find_types(["theft"]))
    rows = rows[np.argsort(index.day[rows], kind="stable")][: len(rows) // 2 * 2]
    lon, lat, site = index.lon.copy(), index.lat.copy(), index.site.copy()
    first, second = rows[::2], rows[1::2]
    lat[second] = lat[first] + rng.uniform(0.2, 1.0, len(first)) * apart_m / 111_320.0
    lon[second], site[second] = lon[first], site[first]
    return again(dataclasses.replace(city, index=dataclasses.replace(index, lon=lon, lat=lat, site=site)))


def test_without_support_there_is_no_ring(demo_city: CityData) -> None:
    found = repeats(demo_city, demo_city.city, LAST, permutations=199)
    assert found.table is not None
    assert (found.reach, found.rings) == (None, ())


def test_rings_reach_as_far_as_repeats_do(demo_city: CityData) -> None:
    for apart_m, reach in ((0.0, Reach(0.0, 7)), (90.0, Reach(100.0, 7)), (190.0, Reach(200.0, 7))):
        city = repeating(demo_city, apart_m)
        found = repeats(city, city.city, LAST, city.find_types(["theft"]))
        assert found.reach == reach
        assert {ring.radius_m for ring in found.rings} == {reach.distance_m}
        assert max(ring.until for ring in found.rings) <= LAST + dt.timedelta(days=reach.days)
        assert any(ring.incidents > 1 for ring in found.rings)


def knox_of(p: list[list[float]], ratio: float = 2.0) -> KnoxTable:
    values = np.array(p)
    bands, days = (0.0, 100.0, 200.0, 300.0)[: len(p)], (7, 14, 28)[: len(p[0])]
    return KnoxTable(bands, days, values, values, np.full(values.shape, ratio), values)


def test_a_p_is_corrected_for_all_cells_of_the_table() -> None:
    table = knox_of([[0.01, 0.9], [0.02, 0.015]])
    assert corrected(table).ravel().tolist() == pytest.approx([0.04, 0.9, 0.045, 0.045])
    assert supported(table).tolist() == [[True, False], [True, True]]
    assert not supported(knox_of([[0.01, 0.9], [0.02, 0.015]], ratio=0.5)).any()


def test_a_ring_has_no_gap_and_is_never_larger_than_two_hundred_metres_and_two_weeks() -> None:
    yes, no = 0.001, 0.5
    assert reach_of(knox_of([[yes] * 3] * 4)) == Reach(RING_M, RING_DAYS)
    assert reach_of(knox_of([[no] * 3] * 4)) is None
    assert reach_of(knox_of([[no, yes, yes]] * 4)) is None  # not before the second week
    assert reach_of(knox_of([[no] * 3, [no] * 3, [yes] * 3, [yes] * 3])) is None  # not within 100 m
    assert reach_of(knox_of([[yes, yes, no], [no] * 3, [yes] * 3, [no] * 3])) == Reach(0.0, 14)
    assert reach_of(knox_of([[yes, no, no], [no, yes, no], [no] * 3, [no] * 3])) == Reach(0.0, 7)
    assert reach_of(knox_of([[no] * 3, [yes, no, no], [yes, no, no], [no] * 3])) == Reach(200.0, 7)


def test_rings_hold_around_the_incidents_of_the_place(demo_city: CityData) -> None:
    city = repeating(demo_city, 90.0)
    street = city.find("440402007")
    found = repeats(city, street, LAST, city.find_types(["theft"]), permutations=999)
    assert street.row is not None
    assert found.rings
    assert found.reach is not None
    first = (LAST - dt.date(1970, 1, 1)).days - found.reach.days
    index = city.index
    for ring in found.rings:
        assert index.site_place[index.site[ring.incident], PlaceLevel.STREET.depth] == street.row
        assert ring.until == dt.date(1970, 1, 1) + dt.timedelta(days=int(index.day[ring.incident]) + found.reach.days)
        assert ring.radius_m == found.reach.distance_m
        assert ring.incidents >= 1
    assert min(index.day[ring.incident] for ring in found.rings) >= first
    assert [ring.until for ring in found.rings] == sorted((ring.until for ring in found.rings), reverse=True)


def test_a_position_that_stands_for_many_makes_no_repeats(fresh: CityData) -> None:
    theft = fresh.find_types(["theft"])
    rows = fresh.index.selected(YEAR.start, YEAR.end, types=theft)
    lon, lat = fresh.index.lon.copy(), fresh.index.lat.copy()
    station = rows[::10]
    lon[station], lat[station] = 113.55, 22.25
    moved = dataclasses.replace(fresh, index=dataclasses.replace(fresh.index, lon=lon, lat=lat))
    found = repeats(again(moved), moved.city, LAST, theft, permutations=99)
    assert found.left_out >= len(station)
    assert found.table is not None
    assert found.incidents == len(rows) - found.left_out


# --- density ---


def test_the_picture_holds_all_incidents_per_square_kilometre_north_up(demo_city: CityData) -> None:
    street = demo_city.find("440402007")
    found = density(demo_city, street, YEAR)
    west, south, east, north = found.bounds
    high, wide = found.values.shape
    across = (east - west) * 111.32 * np.cos(np.radians((south + north) / 2)) / wide
    up = (north - south) * 111.32 / high
    assert across == pytest.approx(up, rel=1e-3)
    rows = demo_city.index.selected(YEAR.start, YEAR.end)
    lon, lat = demo_city.index.lon[rows], demo_city.index.lat[rows]
    inside = ((lon > west) & (lon < east) & (lat > south) & (lat < north)).sum()
    assert found.values.sum() * across * up == pytest.approx(inside, rel=0.1)
    middle = (south + north) / 2
    northern = ((lon > west) & (lon < east) & (lat > middle) & (lat < north)).sum() / inside
    assert found.values[: high // 2].sum() / found.values.sum() == pytest.approx(northern, abs=0.05)
    assert found.bandwidth_m == 250.0


# --- foretelling ---


def test_the_steadied_risk_lies_between_the_cell_and_its_surroundings() -> None:
    cells = row_of_cells(5)
    learnt_from = np.array([[0.0, 0.0, 9.0, 0.0, 0.0]])
    risk = steadied(cells, learnt_from)
    assert 3.0 < risk[2] < 9.0
    assert 0.0 < risk[1] < 3.0
    assert risk[0] == 0.0
    assert steadied(cells, np.zeros((1, 5))).tolist() == [0.0] * 5


def test_the_back_test_needs_twenty_four_weeks(demo_city: CityData) -> None:
    told = foretold(demo_city, dt.date(2026, 3, 1))
    assert (told.guard, told.test, told.incidents) == (Unfit.NO_HISTORY, None, 0)
    assert np.isnan([told.hit_rate, told.pai, told.hot_hit_rate, *told.last]).all()
    told = foretold(demo_city, LAST)
    assert told.weeks[-1] == LAST - dt.timedelta(days=6)
    assert told.test is not None
    assert told.incidents == int(told.test.method.total.sum())
    assert told.pai == pytest.approx(told.hit_rate / 0.05)


def test_incidents_dated_by_month_have_hot_spots_but_nothing_that_needs_days(demo_city: CityData) -> None:
    city = months_only(demo_city)
    guards = [ask(city, city.city, LAST).guard for ask in (emerging, clusters, repeats)]
    assert [*guards, foretold(city, LAST).guard] == [Unfit.MONTHS_ONLY] * 4
    assert hotspots(city, city.city, OCTOBER).guard is None


def all_guards(city: CityData) -> list[Guard | Unfit | None]:
    whole = city.city
    asked = [hotspots(city, whole, OCTOBER, against=against) for against in Against]
    later = [ask(city, whole, LAST) for ask in (emerging, clusters, repeats)]
    return [each.guard for each in (*asked, foretold(city, LAST), *later, density(city, whole, OCTOBER))]


def test_a_city_without_incidents_says_why_it_has_no_patterns(demo_city: CityData) -> None:
    index = CountIndex.empty(len(demo_city.places))
    empty = dataclasses.replace(demo_city, index=index, calibration=None, _memo=Memory(), _variants={})
    few, short = Guard.TOO_FEW, Unfit.NO_HISTORY
    assert all_guards(empty) == [few, few, short, short, short, few, None]


def test_incidents_without_positions_have_patterns_of_places_only(demo_city: CityData) -> None:
    nowhere = np.full_like(demo_city.index.lon, np.nan)
    index = dataclasses.replace(demo_city.index, lon=nowhere, lat=nowhere)
    city = dataclasses.replace(again(demo_city), index=index)
    assert all_guards(city) == [None] * 5 + [Unfit.NO_POSITIONS] * 2


# --- answers that are kept ---


def _questions(city: CityData, folder: Path | None) -> list[Callable[[], Any]]:
    theft = city.find_types(["theft"])
    return [
        lambda: hotspots(city, city.city, OCTOBER, theft, folder=folder),
        lambda: hotspots(city, city.city, OCTOBER, theft, against=Against.EXPECTED, folder=folder),
        lambda: foretold(city, LAST, theft, folder=folder),
        lambda: emerging(city, city.city, LAST, theft, folder=folder),
        lambda: clusters(city, city.city, LAST, theft, replicas=19, folder=folder),
        lambda: repeats(city, city.city, LAST, theft, permutations=19, folder=folder),
        lambda: density(city, city.city, OCTOBER, theft, folder=folder),
    ]


def test_a_stored_answer_is_the_answer(demo_city: CityData, tmp_path: Path) -> None:
    made = [ask() for ask in _questions(again(demo_city), tmp_path)]
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("patterns-*.npz")}
    assert len(files) >= len(made)
    read = [ask() for ask in _questions(again(demo_city), tmp_path)]
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("patterns-*.npz")} == files
    for one, other in zip(made, read, strict=True):
        _same(one, other)


def _same(one: Any, other: Any) -> None:
    """Compare dataclasses that hold arrays, down to the last digit."""
    assert type(one) is type(other)
    if dataclasses.is_dataclass(one):
        for each in dataclasses.fields(one):
            _same(getattr(one, each.name), getattr(other, each.name))
    elif isinstance(one, tuple):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            _same(a, b)
    else:
        np.testing.assert_array_equal(one, other)


def test_a_damaged_answer_is_made_anew(demo_city: CityData, tmp_path: Path) -> None:
    first = hotspots(again(demo_city), demo_city.city, OCTOBER, folder=tmp_path)
    for number, path in enumerate(sorted(tmp_path.rglob("patterns-*.npz"))):
        content = path.read_bytes()
        path.write_bytes([b"", content[: len(content) // 2], content[:200] + b"\0" * 64 + content[264:]][number % 3])
    _same(hotspots(again(demo_city), demo_city.city, OCTOBER, folder=tmp_path), first)


def test_a_disk_that_cannot_be_written_costs_no_answer(
    fresh: CityData, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "derived").write_text("no folder")
    assert hotspots(fresh, fresh.city, OCTOBER, folder=tmp_path).guard is None
    assert "not kept" in caplog.text


def test_an_answer_holds_until_the_data_change(fresh: CityData, tmp_path: Path) -> None:
    made: list[int] = []

    def make() -> dict[str, Any]:
        made.append(1)
        return {"n": np.array(len(made))}

    for version, expected in (("a", 1), ("a", 1), ("b", 2), ("a", 1)):
        city = dataclasses.replace(again(fresh), data_version=version)
        assert int(stored(city, tmp_path, "test", (), make)["n"]) == expected
    other = dataclasses.replace(again(fresh), data_version="c")
    assert int(stored(other, tmp_path, "test", (), make, of_boundaries=True)["n"]) == 3
    other = dataclasses.replace(again(fresh), data_version="d")
    assert int(stored(other, tmp_path, "test", (), make, of_boundaries=True)["n"]) == 3


def test_the_oldest_answers_are_forgotten(fresh: CityData, tmp_path: Path) -> None:
    for number in range(MOST + 5):
        stored(fresh, tmp_path, "test", number, lambda: {"n": np.array(0)})
    assert len(list(tmp_path.rglob("*.npz"))) == MOST
    assert list(tmp_path.rglob("*.part")) == []


# --- the commands ---


@pytest.mark.parametrize("command", ["hotspots", "emerging", "clusters", "near-repeat", "backtest"])
def test_a_command_answers_for_people_and_for_programs(demo_folder: Path, capsys: Captured, command: str) -> None:
    said = json.loads(run(capsys, command, "--type", "ebike_theft", "--json", "--city", demo_folder))
    assert (said["place"], said["guard"]) == ("", None)
    assert run(capsys, command, "--sub-index", "public_order", "--city", demo_folder).strip()


def test_the_command_names_the_owners_of_a_hot_spot(demo_folder: Path, capsys: Captured) -> None:
    words = ("hotspots", "--type", "theft", "--period", "2026", "--city", demo_folder)
    (spot,) = json.loads(run(capsys, *words, "--json"))["hotspots"]
    assert {owner["place"] for owner in spot["owners"]} == {"440402001", "440402007"}
    assert spot["incidents"] > 10 * spot["usual"]
    assert all(name in run(capsys, *words) for name in ("狮山街道", "翠香街道"))


def test_nothing_significant_is_said_in_words(demo_folder: Path, capsys: Captured) -> None:
    assert "没有显著热点" in run(capsys, "hotspots", "--type", "fraud_medium", "--city", demo_folder)
    assert "不足 30 起" in run(capsys, "hotspots", "--type", "homicide_arson", "--city", demo_folder)


def test_a_question_without_sense_is_refused(demo_folder: Path, capsys: Captured) -> None:
    refused(capsys, "hotspots", "--period", "2031", "--city", demo_folder)
    refused(capsys, "hotspots", "--sub-index", "nix", "--city", demo_folder)
    refused(capsys, "backtest", "--place", "440402", "--city", demo_folder)


def test_every_reason_and_every_class_has_words() -> None:
    assert set(REASONS) == {*Guard, *Unfit}
    assert len(CLASSES) == max(Emergence) + 1
