"""Filters keep what they say, at their edges too; a filtered city closes, and answers as one built of those rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.city import CityData
from geodata.counts import CountIndex, CountRows
from geodata.filters import DAY_KINDS, MOST_CORNERS, SEVERITIES, Area, Facets, Filters, facets
from geodata.gaps import gaps
from geodata.index.expected import day_classes
from geodata.locate import NOWHERE
from geodata.vocabulary import LEVELS, Period, TimePrecision

ZONE = "Asia/Shanghai"
GEOD = pyproj.Geod(ellps="WGS84")
EPOCH = dt.date(1970, 1, 1)


def index_of(
    hours: list[int], days: list[dt.date] | None = None, positions: list[tuple[float, float]] | None = None
) -> CountIndex:
    """Return an index of thefts, in no place, one an hour."""
    n = len(hours)
    days = days or [dt.date(2026, 10, 1)] * n
    lon, lat = np.array(positions or [(113.55, 22.27)] * n, dtype=np.float64).reshape(n, 2).T
    rows = CountRows(
        day=np.array([(day - EPOCH).days for day in days], dtype=np.int32),
        hour=np.array(hours, dtype=np.int8),
        kind=np.zeros(n, dtype=np.int32),
        types=("theft",),
        source=np.zeros(n, dtype=np.int32),
        sources=("police_110",),
        lon=lon,
        lat=lat,
        place=np.full((n, 4), NOWHERE, dtype=np.int32),
        row=np.arange(n, dtype=np.int32),
        file="a",
        precision=TimePrecision.MINUTE,
    )
    return CountIndex.build([rows], 0)


def kept_hours(hours: tuple[int, int], city: CityData) -> list[int]:
    index = index_of([-1, *range(24)])
    keep = Filters(hours=hours).keep(index, city.method, ZONE)
    return sorted(index.hour[keep].tolist())


# --- hours ---


def test_hours_over_midnight_keep_both_ends_of_the_day(demo_city: CityData) -> None:
    assert kept_hours((22, 6), demo_city) == [0, 1, 2, 3, 4, 5, 22, 23]


def test_hours_begin_with_the_first_and_end_before_the_last(demo_city: CityData) -> None:
    assert kept_hours((18, 24), demo_city) == [18, 19, 20, 21, 22, 23]
    assert kept_hours((0, 1), demo_city) == [0]
    assert kept_hours((23, 24), demo_city) == [23]
    assert kept_hours((23, 1), demo_city) == [0, 23]


def test_an_unknown_hour_is_in_no_span_of_hours_however_long(demo_city: CityData) -> None:
    assert -1 not in kept_hours((0, 23), demo_city) + kept_hours((1, 24), demo_city)
    assert -1 in index_of([-1]).hour[Filters().keep(index_of([-1]), demo_city.method, ZONE)].tolist()


# --- days ---


@pytest.mark.parametrize(
    ("day", "kinds"),
    [
        (dt.date(2026, 9, 20), {"workday"}),  # a Sunday that makes up for the National Day holiday
        (dt.date(2026, 10, 1), {"holiday", "off"}),
        (dt.date(2026, 10, 8), {"workday"}),
        (dt.date(2026, 10, 10), {"workday"}),  # a Saturday of the same kind
        (dt.date(2026, 10, 17), {"weekend", "off"}),
        (dt.date(2026, 10, 19), {"workday"}),
    ],
)
def test_a_day_is_of_the_kinds_that_the_published_calendar_says(day: dt.date, kinds: set[str]) -> None:
    after = day + dt.timedelta(days=1)
    assert {kind for kind in DAY_KINDS if Filters(days=kind).days_kept(day, after, ZONE)[0]} == kinds


def test_a_make_up_sunday_is_a_workday_and_a_sunday(demo_city: CityData) -> None:
    sunday = dt.date(2026, 9, 20)
    index = index_of([8], [sunday])
    assert sunday.isoweekday() == 7
    assert Filters(weekdays=(7,), days="workday").keep(index, demo_city.method, ZONE).tolist() == [True]
    assert Filters(days="weekend").keep(index, demo_city.method, ZONE).tolist() == [False]


def test_days_in_a_period_are_those_that_are_looked_at() -> None:
    october = Period.parse("2026-10")
    assert Filters().days_in(october, ZONE) == 31
    assert Filters(weekdays=(4, 5, 6)).days_in(october, ZONE) == 15  # it begins on a Thursday
    assert sum(Filters(days=kind).days_in(october, ZONE) for kind in ("workday", "off")) == 31


def test_days_count_from_the_first_of_the_data_even_where_those_were_filtered_out(demo_city: CityData) -> None:
    days = [dt.date(2026, 10, day) for day in (3, 4, 5, 10)]
    later = index_of([1] * 4, days).chosen(np.array([False, False, True, True]))
    keep = Filters(weekdays=(1,)).keep(later, demo_city.method, ZONE)
    assert [EPOCH + dt.timedelta(days=int(day)) for day in later.day[keep]] == [dt.date(2026, 10, 5)]


# --- areas ---


def circle(lon: float, lat: float, radius: float) -> Area:
    area = Area.parse(f"circle:{lon},{lat},{radius}")
    assert area is not None
    return area


@pytest.mark.parametrize(("lon", "lat"), [(113.55, 22.27), (-0.12, 51.5), (20.0, 69.6), (-179.9, 0.0)])
@pytest.mark.parametrize("radius", [1.0, 1_000.0, 250_000.0])
def test_a_circle_holds_what_is_as_near_as_its_radius_on_the_ellipsoid(lon: float, lat: float, radius: float) -> None:
    if lon < -179 and radius > 10_000:
        assert Area.parse(f"circle:{lon},{lat},{radius}") is None, "it would go over the antimeridian"
        return
    around = np.arange(0.0, 360.0, 1.0)
    for share, inside in ((0.999, True), (1.001, False)):
        far = np.full(360, share * radius)
        x, y, _ = GEOD.fwd(np.full(360, lon), np.full(360, lat), around, far)
        assert (circle(lon, lat, radius).holds(np.array(x), np.array(y)) == inside).all(), share


def test_the_rim_of_a_box_is_inside() -> None:
    area = Area.parse("box:113.5,22.2,113.6,22.3")
    assert area is not None
    lon = np.array([113.5, 113.6, 113.55, 113.55, 113.5 - 1e-4, np.nan], dtype=np.float32)
    lat = np.array([22.2, 22.3, 22.2, 22.3, 22.25, np.nan], dtype=np.float32)
    assert area.holds(lon, lat).tolist() == [True, True, True, True, False, False]


def test_the_rim_of_a_drawn_outline_is_inside() -> None:
    area = Area.parse("lasso:0,0,4,0,4,4,0,4")
    assert area is not None
    at = np.array([[0, 0], [2, 0], [4, 2], [2, 2], [4.01, 2]])
    assert area.holds(at[:, 0], at[:, 1]).tolist() == [True, True, True, True, False]


def test_a_crossed_outline_holds_all_of_its_parts() -> None:
    bow_tie = Area.parse("lasso:0,0,4,4,4,0,0,4")
    assert bow_tie is not None
    at = np.array([[1, 2], [3, 2], [2, 1], [2, 3]])  # left and right are in it, above and below are not
    assert bow_tie.holds(at[:, 0], at[:, 1]).tolist() == [True, True, False, False]


def test_where_a_hand_overshoots_its_beginning_nothing_is_left_out() -> None:
    twice = Area.parse("lasso:0,0,4,0,4,4,0,4,0,-1,2,-1,2,2,1,2,1,-0.5")
    assert twice is not None
    assert twice.holds(np.array([1.5]), np.array([1.0])).tolist() == [True], "gone round twice"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "box",
        "box:1,2,3",
        "box:113.6,22.2,113.5,22.3",
        "box:113.5,22.3,113.6,22.3",
        "box:179.5,-1,-179.5,1",  # over the antimeridian
        "box:-181,0,0,1",
        "box:a,b,c,d",
        "box:nan,0,1,1",
        "box:0.000001,0,0.000002,1",  # nothing is left of it in a link
        "circle:113.5,22.2,0",
        "circle:113.5,22.2,-5",
        "circle:113.5,22.2,inf",
        "circle:113.5,89.9,1000",
        "circle:113.5,22.2,600000",
        "circle:179.99,0,5000",
        "lasso:0,0,1,1",
        "lasso:0,0,1,1,2",
        "lasso:0,0,1,1,2,2",  # a line
        "lasso:0,0,0,0,0,0",
        "lasso:" + ",".join(["0,0,1,1,0,1"] * 21),
        "hexagon:0,0,1,1",
    ],
)
def test_what_encloses_nothing_or_cannot_be_drawn_is_no_area(text: str) -> None:
    assert Area.parse(text) is None


@pytest.mark.parametrize(("text", "km2"), [("box:113.5,22.2,113.6,22.3", 114.2), ("circle:113.55,22.27,1000", np.pi)])
def test_an_area_is_measured_on_the_ellipsoid(text: str, km2: float) -> None:
    area = Area.parse(text)
    assert area is not None
    assert area.km2 == pytest.approx(km2, rel=2e-3)


@given(
    st.one_of(
        st.tuples(st.just("circle"), st.tuples(st.floats(-170, 170), st.floats(-79, 79), st.floats(1, 500_000))),
        st.tuples(
            st.just("box"), st.tuples(st.floats(-180, 0), st.floats(-90, 0), st.floats(1, 180), st.floats(1, 90))
        ),
        st.tuples(
            st.just("lasso"),
            st.lists(st.tuples(st.floats(113, 114), st.floats(22, 23)), min_size=3, max_size=MOST_CORNERS).map(
                lambda corners: tuple(n for corner in corners for n in corner)
            ),
        ),
    )
)
@settings(deadline=None, max_examples=100)
def test_an_area_is_written_as_it_is_read(drawn: tuple[str, tuple[float, ...]]) -> None:
    kind, numbers = drawn
    area = Area.parse(f"{kind}:" + ",".join(f"{n:.8f}" for n in numbers))
    if area is not None:
        assert Area.parse(str(area)) == area


# --- the laws ---


def some_filters(city: CityData) -> st.SearchStrategy[Filters]:
    """Return filters that leave something and filters that leave nothing."""
    spans = st.tuples(st.integers(0, 23), st.integers(1, 24)).filter(lambda s: s[0] != s[1] and s != (0, 24))
    west, south, east, north = city.bounds[0]
    boxes = st.tuples(st.floats(0, 1), st.floats(0.05, 1)).map(
        lambda at: Area.parse(
            f"box:{west + at[0] * 0.9 * (east - west):.5f},{south:.5f},"
            f"{west + (at[0] * 0.9 + at[1] * 0.5) * (east - west):.5f},{north:.5f}"
        )
    )
    middle = f"{(west + east) / 2:.5f},{(south + north) / 2:.5f}"
    circles = st.floats(200, 8_000).map(lambda r: Area.parse(f"circle:{middle},{r:.1f}"))
    return st.builds(
        Filters,
        hours=st.one_of(st.none(), spans),
        weekdays=st.sets(st.integers(1, 7), max_size=6).map(lambda days: tuple(sorted(days))),
        days=st.sampled_from(["", *DAY_KINDS]),
        sources=st.sets(st.sampled_from(city.index.sources), max_size=2).map(lambda names: tuple(sorted(names))),
        severity=st.sampled_from([0.0, *SEVERITIES]),
        area=st.one_of(st.none(), boxes, circles),
    )


def by_hand(filters: Filters, city: CityData) -> np.ndarray:
    """Say which incidents are kept, one after the other."""
    index, keep = city.index, []
    first = EPOCH + dt.timedelta(days=int(index.day[0]))
    last = EPOCH + dt.timedelta(days=int(index.day[-1]))
    classes = day_classes(first, last + dt.timedelta(days=1), ZONE)
    area = filters.area
    inside = None if area is None else area.holds(index.lon, index.lat)
    for row in range(len(index.day)):
        day, hour = EPOCH + dt.timedelta(days=int(index.day[row])), int(index.hour[row])
        good = inside is None or bool(inside[row])
        if filters.hours is not None:
            start, end = filters.hours
            good &= hour in [h % 24 for h in range(start, end if end > start else end + 24)]
        good &= not filters.weekdays or day.isoweekday() in filters.weekdays
        good &= not filters.days or int(classes[(day - first).days]) in DAY_KINDS[filters.days]
        good &= not filters.sources or index.sources[index.source[row]] in filters.sources
        kind = city.method.types.get(index.types[index.kind[row]])
        good &= filters.severity == 0 or (kind is not None and kind.severity >= filters.severity)
        keep.append(good)
    return np.array(keep)


@given(st.data())
@settings(deadline=None, max_examples=4)
def test_filters_keep_what_going_through_all_rows_keeps(demo_city: CityData, data: st.DataObject) -> None:
    filters = data.draw(some_filters(demo_city))
    assert (filters.keep(demo_city.index, demo_city.method, ZONE) == by_hand(filters, demo_city)).all()


@given(st.data())
@settings(deadline=None, max_examples=25)
def test_a_filtered_city_closes_on_every_level_and_answers_as_its_rows_do(
    demo_city: CityData, data: st.DataObject
) -> None:
    filters = data.draw(some_filters(demo_city))
    keep = filters.keep(demo_city.index, demo_city.method, ZONE)
    city = demo_city.filtered(filters)
    assert len(city.index.day) == int(keep.sum())
    assert demo_city.index.span is not None
    first, last = demo_city.index.span
    start = data.draw(st.dates(first, last))
    end = data.draw(st.dates(start, last)) + dt.timedelta(days=1)
    rows = np.flatnonzero(keep)
    whole = demo_city.index
    day = whole.day[rows]
    rows = rows[(day >= (start - EPOCH).days) & (day < (end - EPOCH).days)]
    for level in city.levels:
        counted = city.counts(level, start, end)
        assert counted.total == len(rows)
        places = whole.site_place[whole.site[rows], level.depth]
        known = np.bincount(places[places != NOWHERE], minlength=len(city.places))
        assert (counted.places.to_numpy() == known[city.members(level, city.city)]).all()
    parent = city.place(data.draw(st.sampled_from(city.members(city.levels[0], city.city).tolist())))
    for level in city.levels_below(parent):
        inside = city.counts(level, start, end, within=parent)
        assert parent.level is not None
        here = whole.site_place[:, parent.level.depth][whole.site[rows]] == parent.row
        assert inside.total == int(here.sum())


@given(st.data())
@settings(deadline=None, max_examples=15)
def test_an_index_of_chosen_rows_answers_like_one_built_of_them(demo_city: CityData, data: st.DataObject) -> None:
    keep = data.draw(some_filters(demo_city)).keep(demo_city.index, demo_city.method, ZONE)
    whole, chosen = demo_city.index, demo_city.index.chosen(keep)
    rows = CountRows(
        **{name: getattr(whole, name)[keep].astype(np.int32) for name in ("day", "kind", "source")},
        hour=whole.hour[keep],
        lon=whole.lon[keep],
        lat=whole.lat[keep],
        types=whole.types,
        sources=whole.sources,
        place=whole.site_place[whole.site[keep]],
        row=np.arange(int(keep.sum()), dtype=np.int32),
        file="all",
        precision=whole.precision,
    )
    built = CountIndex.build([rows], whole.n_places)
    assert whole.span is not None
    assert chosen.span == whole.span, "the data still span the same days"
    starts = [whole.span[0] + dt.timedelta(days=d) for d in (0, 1, 40, 200, 300)]
    kinds = [whole.types.index(name) for name in built.types]
    others = sorted(set(range(len(whole.types))) - set(kinds))
    for level in demo_city.levels:
        mine, theirs = (i.place_types(level, starts[1], starts[-1]) for i in (chosen, built))
        assert (mine[:, kinds] == theirs).all()
        assert not mine[:, others].any()
    assert (chosen.period_types(starts)[:, kinds] == built.period_types(starts)).all()
    assert (
        chosen.source_types()[[whole.sources.index(s) for s in built.sources]][:, kinds] == built.source_types()
    ).all()
    assert chosen.source_days().shape == whole.source_days().shape
    assert chosen.source_days().sum() == built.source_days().sum() == int(keep.sum())


@given(st.data())
@settings(deadline=None, max_examples=30)
def test_filters_commute(demo_city: CityData, data: st.DataObject) -> None:
    index, method = demo_city.index, demo_city.method
    filters = data.draw(some_filters(demo_city))
    names = ("hours", "weekdays", "days", "sources", "severity", "area")
    alone = [Filters(**{name: getattr(filters, name)}).keep(index, method, ZONE) for name in names]
    assert (np.logical_and.reduce(alone) == filters.keep(index, method, ZONE)).all()
    a, b = replace(filters, hours=None, area=None), Filters(hours=filters.hours, area=filters.area)
    for one, other in ((a, b), (b, a)):
        first = index.chosen(one.keep(index, method, ZONE))
        then = first.chosen(other.keep(first, method, ZONE))
        assert len(then.day) == int(filters.keep(index, method, ZONE).sum())


@given(st.data())
@settings(deadline=None, max_examples=20)
def test_complements_add_up_to_all(demo_city: CityData, data: st.DataObject) -> None:
    index, method = demo_city.index, demo_city.method
    base = replace(data.draw(some_filters(demo_city)), hours=None, weekdays=(), days="", sources=())
    total = int(base.keep(index, method, ZONE).sum())

    def kept(**changes: object) -> int:
        return int(replace(base, **changes).keep(index, method, ZONE).sum())  # type: ignore[arg-type]

    at = data.draw(st.integers(1, 23))
    unknown = int((base.keep(index, method, ZONE) & (index.hour < 0)).sum())
    assert kept(hours=(0, at)) + kept(hours=(at, 24)) + unknown == total
    assert kept(hours=(at, 24)) + kept(hours=(0, at)) == kept(hours=(at, (at + 5) % 24 or 24)) + kept(
        hours=((at + 5) % 24, at)
    )
    some = data.draw(st.sets(st.integers(1, 7), min_size=1, max_size=6))
    assert kept(weekdays=tuple(sorted(some))) + kept(weekdays=tuple(sorted(set(range(1, 8)) - some))) == total
    assert kept(days="workday") + kept(days="weekend") + kept(days="holiday") == total
    assert kept(days="off") == kept(days="weekend") + kept(days="holiday")
    assert sum(kept(sources=(source,)) for source in index.sources) == total


# --- what each choice would leave ---


def counted(filters: Filters, city: CityData, kinds: np.ndarray | None, rows: np.ndarray) -> int:
    keep = filters.keep(city.index, city.method, ZONE)[rows]
    if kinds is not None:
        keep &= np.isin(city.index.kind[rows], kinds)
    return int(keep.sum())


@given(st.data())
@settings(deadline=None, max_examples=20)
def test_each_choice_says_what_it_would_leave(demo_city: CityData, data: st.DataObject) -> None:
    filters = data.draw(some_filters(demo_city))
    kinds = data.draw(st.sampled_from([None, np.array([0]), np.array([1, 3])]))
    index = demo_city.index
    rows = index.selected(dt.date(2026, 8, 1), dt.date(2026, 11, 1))
    found: Facets = facets(filters, index, rows, kinds, demo_city.method, ZONE)
    assert found.all == len(rows)
    assert found.kept == counted(filters, demo_city, kinds, rows)
    for name in found.without:
        if name != "kinds":
            freed = replace(filters, **{name: getattr(Filters(), name)})
            assert found.without[name] == counted(freed, demo_city, kinds, rows)
    hours = data.draw(st.sampled_from([(0, 6), (22, 6), (13, 14)]))
    assert found.in_hours(hours) == counted(replace(filters, hours=hours), demo_city, kinds, rows)
    assert int(found.hours.sum()) == counted(replace(filters, hours=None), demo_city, kinds, rows)
    day = data.draw(st.integers(1, 7))
    assert found.weekdays[day - 1] == counted(replace(filters, weekdays=(day,)), demo_city, kinds, rows)
    kind = data.draw(st.sampled_from(list(DAY_KINDS)))
    assert found.days[kind] == counted(replace(filters, days=kind), demo_city, kinds, rows)
    source = data.draw(st.integers(0, len(index.sources) - 1))
    only = replace(filters, sources=(index.sources[source],))
    assert found.sources[source] == counted(only, demo_city, kinds, rows)
    least = data.draw(st.sampled_from(SEVERITIES))
    assert found.severity[least] == counted(replace(filters, severity=least), demo_city, kinds, rows)
    assert int(found.kinds.sum()) == counted(filters, demo_city, None, rows)


def test_no_incident_at_all_is_counted_as_none(demo_city: CityData) -> None:
    empty = CountIndex.empty(0)
    rows = np.empty(0, dtype=np.intp)
    found = facets(Filters(hours=(1, 2), days="off"), empty, rows, None, demo_city.method, ZONE)
    assert found.all == found.kept == 0
    assert not found.weekdays.any()
    assert set(found.days.values()) == {0}


# --- the city ---


def test_a_filtered_city_has_no_scores_and_forgets_nothing_of_the_whole(demo_city: CityData) -> None:
    filters = Filters(hours=(18, 24))
    city = demo_city.filtered(filters)
    assert city.active_calibration is None
    assert city.unfiltered is demo_city
    assert city.data_as_of == demo_city.data_as_of
    assert city.data_version != demo_city.data_version
    assert demo_city.filtered(filters) is city, "it is kept"
    assert city.filtered(Filters(weekdays=(1,))).unfiltered is demo_city, "filters do not pile up"
    assert demo_city.filtered(Filters()) is demo_city


def test_what_a_chosen_source_did_not_send_is_told_and_what_others_did_not_is_not(demo_city: CityData) -> None:
    august = Period.parse("2026-08")
    found = {gap.source for gap in gaps(demo_city, august)}
    for source in demo_city.index.sources:
        city = demo_city.filtered(Filters(sources=(source,)))
        assert {gap.source for gap in gaps(city, august)} <= {source}
        if source in found:
            assert {gap.source for gap in gaps(city, august)} == {source}


def test_levels_are_all_that_the_laws_go_through(demo_city: CityData) -> None:
    assert set(demo_city.levels) <= set(LEVELS)
    assert len(demo_city.levels) == 4
