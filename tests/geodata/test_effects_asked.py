"""Measures of a city: which days, which places, which incidents; counted again by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.city import CityData, Place
from geodata.effects.asked import (
    BLOCK,
    GAP,
    MOST_BLOCKS,
    Measure,
    Windows,
    effect_of,
    evidence_of,
    types_of,
    windows,
    windows_of,
)
from geodata.effects.judge import Answer, Why
from geodata.errors import SelectionError
from geodata.locate import NOWHERE
from geodata.memory import Memory
from geodata.vocabulary import PlaceLevel

START = dt.date(2026, 7, 1)
COVERED = (dt.date(2023, 11, 1), dt.date(2026, 10, 31))
STREET = PlaceLevel.STREET


def laid_out(start: dt.date, days: int, *, months_only: bool = False) -> Windows:
    found = windows(start, days, COVERED, months_only=months_only)
    assert isinstance(found, Windows)
    return found


# --- the days ---


def test_a_year_of_blocks_before_a_month_left_out_and_the_days_after() -> None:
    spans = laid_out(START, 90)
    assert len(spans.blocks) == MOST_BLOCKS
    assert {block.days for block in spans.blocks} == {BLOCK}
    assert (spans.before.end, spans.gap.end, spans.after.end) == (
        START - dt.timedelta(GAP),
        START,
        dt.date(2026, 9, 29),
    )
    assert spans.before.days == 364


def test_the_last_possible_start_is_the_one_whose_days_end_with_the_data() -> None:
    last = dt.date(2026, 8, 3)
    assert laid_out(last, 90).after.end == dt.date(2026, 11, 1)
    assert windows(last + dt.timedelta(1), 90, COVERED) is Why.NOT_YET


def test_a_measure_of_tomorrow_is_not_yet() -> None:
    assert windows(dt.date(2027, 1, 1), 90, COVERED) is Why.NOT_YET


def test_a_start_before_the_data_or_soon_after_has_no_history() -> None:
    for start in (dt.date(1, 1, 1), dt.date(2023, 11, 1), dt.date(2023, 11, 20), dt.date(2024, 1, 1)):
        assert windows(start, 90, COVERED) is Why.NO_HISTORY
    enough = COVERED[0] + dt.timedelta(GAP + 4 * BLOCK)
    assert len(laid_out(enough, 90).blocks) == 4
    assert windows(enough - dt.timedelta(1), 90, COVERED) is Why.NO_HISTORY  # 84 days before, 90 after


def test_a_city_without_data_has_no_history() -> None:
    assert windows(START, 90, None) is Why.NO_HISTORY


def test_months_are_whole_and_as_many_as_the_days_come_to() -> None:
    spans = laid_out(dt.date(2026, 7, 1), 90, months_only=True)
    assert (spans.after.start, spans.after.end) == (dt.date(2026, 7, 1), dt.date(2026, 10, 1))
    assert (spans.gap.start, spans.gap.end) == (dt.date(2026, 6, 1), dt.date(2026, 7, 1))
    assert (spans.blocks[0].start, spans.blocks[-1].end) == (dt.date(2025, 6, 1), dt.date(2026, 6, 1))


def test_the_month_in_which_a_measure_begins_is_left_out_too() -> None:
    spans = laid_out(dt.date(2026, 6, 20), 90, months_only=True)
    assert (spans.gap.start, spans.gap.end) == (dt.date(2026, 6, 1), dt.date(2026, 7, 1))
    assert spans.after.end == dt.date(2026, 10, 1)


@settings(deadline=None)
@given(start=st.dates(dt.date(2023, 1, 1), dt.date(2027, 12, 31)), days=st.integers(1, 400), months_only=st.booleans())
def test_days_never_overlap_and_all_lie_in_the_data(start: dt.date, days: int, months_only: bool) -> None:
    spans = windows(start, days, COVERED, months_only=months_only)
    if isinstance(spans, Why):
        return
    assert COVERED[0] <= spans.before.start
    assert spans.before.end == spans.gap.start
    assert spans.gap.end == spans.after.start >= start
    assert spans.after.end <= COVERED[1] + dt.timedelta(1)
    assert [b.start for b in spans.blocks[1:]] == [a.end for a in spans.blocks[:-1]]


# --- the city ---


@pytest.fixture(scope="module")
def street(demo_city: CityData) -> Place:
    """Return the street with the most incidents."""
    members = demo_city.members(STREET, demo_city.city)
    first, last = demo_city.index.span or (START, START)
    counts = demo_city.counts(STREET, first, last).places.to_numpy()
    return demo_city.place(int(members[counts.argmax()]))


def without(city: CityData, place: Place, since: dt.date, share: float) -> CityData:
    """Return a city in which a share of a place's incidents since a day never happened."""
    assert place.within is not None
    rows = city.index.selected(since, dt.date(2100, 1, 1), within=place.within)
    keep = np.ones(len(city.index.day), dtype=np.bool_)
    keep[np.random.default_rng(0).permutation(rows)[: int(share * len(rows))]] = False
    return replace(city, index=city.index.chosen(keep), _memo=Memory())


def test_counts_are_those_of_the_incidents_themselves(demo_city: CityData, street: Place) -> None:
    evidence = evidence_of(demo_city, Measure((street.token,), ("theft",), START))
    spans = windows_of(demo_city, Measure((street.token,), ("theft",), START))
    assert isinstance(spans, Windows)
    types = types_of(demo_city, ("theft",))

    def counted(place: Place, start: dt.date, end: dt.date) -> int:
        return len(demo_city.index.selected(start, end, within=place.within, types=types))

    assert evidence.before == tuple(counted(street, block.start, block.end) for block in spans.blocks)
    assert evidence.after == counted(street, START, START + dt.timedelta(90))
    for k in (0, len(evidence.others) - 1):
        other = demo_city.find(evidence.others[k])
        assert evidence.others_after[k] == counted(other, START, START + dt.timedelta(90))
        assert sum(evidence.others_before[k]) == counted(other, spans.before.start, spans.before.end)
    ring = [demo_city.find(token) for token in evidence.ring]
    assert evidence.ring_before == tuple(counted(place, spans.before.start, spans.before.end) for place in ring)


def test_the_ring_lies_around_and_no_control_holds_a_part_of_it(demo_city: CityData, street: Place) -> None:
    evidence = evidence_of(demo_city, Measure((street.token,), (), START))
    ring = [demo_city.find(token) for token in evidence.ring]
    assert ring
    assert all(place.level is demo_city.levels[-1] for place in ring)
    beside = {demo_city.lineage(place)[2].token for place in ring}
    assert street.token not in beside
    assert not beside & set(evidence.others)
    assert street.token not in evidence.others
    outline = demo_city.places.geometry.iloc[street.row or 0]
    assert all(outline.distance(demo_city.places.geometry.iloc[place.row or 0]) < 1e-4 for place in ring)


def test_a_fall_that_was_planted_is_found_and_nothing_else_is(demo_city: CityData, street: Place) -> None:
    measure = Measure((street.token,), (), START)
    assert effect_of(demo_city, measure).answer is not Answer.MOVED
    effect = effect_of(without(demo_city, street, START, 0.4), measure)
    assert effect.answer is Answer.WORKED
    assert effect.change is not None
    before = effect_of(demo_city, measure).change
    assert before is not None
    assert before.ratio is not None
    assert effect.change.ratio == pytest.approx(0.6 * before.ratio, rel=0.08)  # a few lie behind the 90 days


def test_the_same_city_gives_the_same_bytes(demo_city: CityData, street: Place) -> None:
    measure = Measure((street.token,), ("theft",), START)
    again = replace(demo_city, _memo=Memory())
    assert evidence_of(demo_city, measure).to_json() == evidence_of(again, measure).to_json()


def test_days_beyond_the_data_are_not_yet_judged(demo_city: CityData, street: Place) -> None:
    effect = effect_of(demo_city, Measure((street.token,), (), dt.date(2026, 9, 1)))
    assert (effect.answer, effect.why, effect.change) == (Answer.UNCLEAR, Why.NOT_YET, None)


def test_the_city_has_nothing_to_be_held_against(demo_city: CityData) -> None:
    effect = effect_of(demo_city, Measure(("",), (), START))
    assert effect.why is Why.NO_CONTROLS
    assert sum(effect.evidence.before) > 1000
    assert effect.evidence.ring == ()


def test_three_districts_are_too_few_controls(demo_city: CityData) -> None:
    district = demo_city.place(int(demo_city.members(PlaceLevel.DISTRICT, demo_city.city)[0]))
    assert effect_of(demo_city, Measure((district.token,), (), START)).why is Why.NO_CONTROLS


def test_another_measure_at_the_place_overlaps_if_it_is_against_the_same(demo_city: CityData, street: Place) -> None:
    measure = Measure((street.token,), ("theft",), START)
    community = demo_city.place(int(demo_city.members(PlaceLevel.COMMUNITY, street)[0]))
    for place in (street, community):
        same = Measure((place.token,), ("theft", "burglary"), START - dt.timedelta(20))
        assert effect_of(demo_city, measure, [measure, same]).why is Why.OVERLAP
        assert effect_of(demo_city, measure, [replace(same, types=())]).why is Why.OVERLAP
        assert effect_of(demo_city, measure, [replace(same, types=("burglary",))]).why is not Why.OVERLAP
        assert effect_of(demo_city, measure, [replace(same, start=dt.date(2026, 10, 1))]).why is not Why.OVERLAP
    assert effect_of(demo_city, measure, [measure]) == effect_of(demo_city, measure)


def test_places_under_another_measure_are_no_controls_and_no_ring(demo_city: CityData, street: Place) -> None:
    measure = Measure((street.token,), ("theft",), START)
    evidence = evidence_of(demo_city, measure)
    rivals = [Measure((evidence.others[0], evidence.others[3]), ("theft",), START)]
    less = evidence_of(demo_city, measure, rivals)
    assert set(evidence.others) - set(less.others) == {evidence.others[0], evidence.others[3]}
    around = Measure(evidence.ring[:2], ("theft",), START)
    assert evidence_of(demo_city, measure, [around]).ring == evidence.ring[2:]


def test_several_places_are_counted_as_one(demo_city: CityData, street: Place) -> None:
    communities = [demo_city.place(int(row)).token for row in demo_city.members(PlaceLevel.COMMUNITY, street)[:2]]
    both = evidence_of(demo_city, Measure(tuple(communities), (), START))
    each = [evidence_of(demo_city, Measure((token,), (), START)) for token in communities]
    assert both.after == sum(one.after for one in each)
    assert both.before == tuple(np.sum([one.before for one in each], axis=0).tolist())
    assert both == evidence_of(demo_city, Measure(tuple(reversed(communities)), (), START))
    assert not set(both.ring) & {token for one in communities for token in _inside(demo_city, one)}


def _inside(city: CityData, token: str) -> list[str]:
    return [city.place(int(row)).token for row in city.members(city.levels[-1], city.find(token))]


def test_an_indicator_stands_for_its_types(demo_city: CityData) -> None:
    indicator = next(each for each in demo_city.method.scored if len(each.types) > 1)
    wanted = sorted(demo_city.type_positions[t.id] for t in indicator.types if t.id in demo_city.type_positions)
    found = types_of(demo_city, (indicator.id,))
    assert found is not None
    assert found.tolist() == wanted
    assert types_of(demo_city, ()) is None


def test_what_cannot_be_meant_is_refused(demo_city: CityData, street: Place) -> None:
    district = demo_city.place(int(demo_city.members(PlaceLevel.DISTRICT, demo_city.city)[0]))
    good = Measure((street.token,), (), START)
    wrong = [
        replace(good, places=()),
        replace(good, places=("nowhere",)),
        replace(good, places=(street.token, district.token)),
        replace(good, types=("nothing of the kind",)),
        replace(good, days=0),
        replace(good, days=100_000),
    ]
    for measure in wrong:
        with pytest.raises(SelectionError):
            effect_of(demo_city, measure)


def test_where_finer_places_do_not_nest_the_neighbours_are_the_ring(demo_city: CityData, street: Place) -> None:
    table = demo_city.table.copy()
    table[(table >= 0).sum(axis=1) > STREET.depth + 1, STREET.depth] = NOWHERE  # nobody knows whose they are
    wards = replace(demo_city, _memo=Memory())
    wards.__dict__["table"] = table
    evidence = evidence_of(wards, Measure((street.token,), (), START))
    assert {demo_city.find(token).level for token in evidence.ring} == {STREET}
    assert not {*evidence.ring, street.token} & set(evidence.others)


def test_an_island_has_no_ring(demo_city: CityData) -> None:
    island = next(
        place
        for place in map(demo_city.place, demo_city.members(STREET, demo_city.city).tolist())
        if place.name == "担杆镇"
    )
    effect = effect_of(demo_city, Measure((island.token,), (), START))
    assert effect.evidence.ring == ()
    assert (effect.ring, effect.displacement) == (None, None)
    assert effect.change is not None
