"""A meeting's facts: those of the map page, of one place as of all, and what is worth a page."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from geodata.alerts.book import Alert, Feedback, Told
from geodata.alerts.rules import AlertLevel, NegativeBinomial
from geodata.city import CityData, Place
from geodata.errors import SelectionError
from geodata.filters import Filters
from geodata.meeting.briefing import Briefing, Reference
from geodata.meeting.changes import count_change, not_compared, score_change, together
from geodata.meeting.prepare import MOST_PAGES, _busiest_hours, _busiest_weekday, closed, prepare, prepare_all
from geodata.reasons import reasons
from geodata.vocabulary import Period, PlaceLevel

NOBODY = Told()
AT = Reference(place="", period="2026-10")
MAY, APRIL = Period.parse("2026-05"), Period.parse("2026-04")
STREET = "440402006"


def briefing(city: CityData, token: str = STREET, period: str = "2026-05", told: Told = NOBODY) -> Briefing:
    return prepare(city, told, city.find(token), Period.parse(period))


# --- changes, worked by hand ---


def test_a_score_that_moved_by_more_than_twice_its_error_is_sure() -> None:
    moved = score_change((80.0, 0.6), (83.0, 0.8), APRIL, AT)  # 3 points, error 1
    assert (moved.difference, moved.sure, moved.why_not) == (-3.0, True, "")
    assert moved.p == pytest.approx(0.0027, abs=1e-4)
    assert not score_change((81.1, 0.6), (83.0, 0.8), APRIL, AT).sure


def test_scores_without_an_error_are_certain() -> None:
    assert score_change((79.9, 0.0), (79.9, 0.0), APRIL, AT).p == 1.0
    assert score_change((79.9, 0.0), (85.0, 0.0), APRIL, AT).p == 0.0


def test_a_missing_score_is_no_change() -> None:
    change = score_change((np.nan, np.nan), (83.0, 0.8), APRIL, AT)
    assert (change.before, change.difference, change.p, change.sure, change.why_not) == (
        83.0,
        None,
        None,
        False,
        "no_score",
    )


def test_numbers_below_five_in_both_periods_are_not_judged() -> None:
    change = count_change(4, 0, (31, 30), APRIL, AT)
    assert (change.before, change.difference, change.why_not) == (0.0, None, "few")
    assert count_change(4, 5, (31, 30), APRIL, AT).why_not == ""


def test_a_percentage_needs_five_incidents_before() -> None:
    assert count_change(20, 4, (30, 30), APRIL, AT).percent is None
    assert count_change(20, 5, (30, 30), APRIL, AT).percent == 300.0


def test_more_days_alone_are_no_change() -> None:
    change = count_change(3100, 2800, (31, 28), APRIL, AT)
    assert (change.difference, change.sure) == (300.0, False)
    # fewer than the days would bring, yet more: neither word holds
    assert not count_change(2900, 2800, (40, 28), APRIL, AT).sure


def test_what_must_not_be_compared_has_no_numbers() -> None:
    assert count_change(50, 10, (30, 30), APRIL, AT, "uneven") == not_compared(APRIL, "uneven", AT)


def test_of_many_changes_asked_at_once_only_those_stand_that_chance_does_not_explain() -> None:
    p = [0.04, 0.03, 0.001, 0.8, 0.9, 0.7, 0.6, 0.5, 0.4, 0.3]
    changes = [replace(score_change((1, 0.1), (0, 0.1), APRIL, AT), p=each, sure=each < 0.05) for each in p]
    judged = together([*changes, not_compared(APRIL, "few", AT)])
    assert [change.moved for change in judged] == [False, False, True, *[False] * 8]
    assert together([]) == []


# --- busiest hours and days, worked by hand ---


def test_the_busiest_hours_may_go_over_midnight() -> None:
    by_hour = np.ones(24, dtype=np.int64)
    by_hour[[22, 23, 0, 1]] = 10
    peak = _busiest_hours(by_hour, AT)
    assert peak is not None
    assert (peak.n, peak.at.hours, round(peak.percent, 1)) == (40, (22, 2), 66.7)
    by_hour[[22, 23, 0, 1]] = 1
    by_hour[20:] = 10
    evening = _busiest_hours(by_hour, AT)
    assert evening is not None
    assert evening.at.hours == (20, 24)


@pytest.mark.parametrize("by_hour", [np.full(24, 3), np.zeros(24), np.eye(1, 24)[0] * 4])
def test_no_hours_stand_out_by_chance_or_of_too_few(by_hour: np.ndarray) -> None:
    assert _busiest_hours(by_hour.astype(np.int64), AT) is None


def test_a_day_of_the_week_is_judged_by_how_often_it_occurs() -> None:
    may = Period.parse("2026-05")  # starts on a Friday: five Fridays, Saturdays and Sundays
    assert _busiest_weekday(np.array([40, 40, 40, 40, 50, 50, 50]), may, AT) is None
    peak = _busiest_weekday(np.array([40, 40, 40, 80, 50, 50, 50]), may, AT)
    assert peak is not None
    assert (peak.n, peak.at.weekdays) == (80, (4,))


# --- points that close ---


def test_printed_points_add_up_to_the_printed_change() -> None:
    rows = [(0.334, 0.333), (0.333, 0.0), (0.004, 0.0)]
    cells = closed(rows, 1.0)
    assert sum(map(sum, cells)) == pytest.approx(1.0)
    assert closed([], 0.0) == []


def test_the_causes_add_up_to_the_change_and_name_what_the_reasons_have(demo_city: CityData) -> None:
    for token in (STREET, "", "440402"):
        why = briefing(demo_city, token).why
        parts = why.happened + why.base + why.weights + why.red_lines + why.uneven
        assert why.change == pytest.approx(parts)
        exact = reasons(demo_city, demo_city.find(token), MAY, APRIL)
        assert why.change == pytest.approx(exact.change, abs=0.011)
        first = {e.sub_index: e.points for e in exact.effects("sub_index")}
        for cause in why.causes:
            assert cause.happened + cause.base == pytest.approx(first[cause.sub_index], abs=0.02)


# --- one place as of all ---


def test_a_place_is_prepared_with_others_as_alone(demo_city: CityData) -> None:
    streets = [demo_city.place(int(row)) for row in demo_city.members(PlaceLevel.STREET, demo_city.city)]
    together_ = list(prepare_all(demo_city, NOBODY, streets, MAY))
    assert len(together_) == len(streets)
    for k in (0, 5, len(streets) - 1):
        assert together_[k].to_json() == prepare(demo_city, NOBODY, streets[k], MAY).to_json()


def test_a_briefing_is_the_same_after_its_json(demo_city: CityData) -> None:
    for token in ("", "440402", STREET, "440402006001"):
        made = briefing(demo_city, token)
        assert Briefing.from_json(made.to_json()) == made
        assert Briefing.from_json(made.to_json()).to_json() == made.to_json()


@pytest.mark.parametrize("change", [{"format": 2}, {"total": {}}, {"quiet": 1}, {"agenda": "title"}, {"more": 1}])
def test_what_is_no_briefing_is_refused(demo_city: CityData, change: dict[str, object]) -> None:
    raw = json.loads(briefing(demo_city).to_json()) | change
    with pytest.raises(ValueError):  # noqa: PT011 - whatever is wrong with it
        Briefing.from_json(json.dumps(raw))


def test_numbers_close(demo_city: CityData) -> None:
    for token in ("", "440402", STREET, "440402006001"):
        made = briefing(demo_city, token)
        assert made.where is not None
        assert made.where.in_parts + made.where.in_none == made.total.n
        for front in made.fronts:
            if front.hours is not None and front.count is not None:
                assert sum(map(sum, front.hours.counts)) == front.hours.known
                assert front.hours.known + front.hours.unknown == front.count.n
                assert sum(kind.count.n for kind in front.types) == front.count.n


# --- what is looked at ---


def test_a_finest_place_has_no_parts(demo_city: CityData) -> None:
    cell = demo_city.place(int(demo_city.members(PlaceLevel.GRID_CELL, demo_city.city)[0]))
    made = prepare(demo_city, NOBODY, cell, MAY)
    assert made.where is None
    assert "where" not in made.agenda
    assert made.standing is None  # of so many none is ranked


def test_the_first_month_of_the_data_is_compared_with_nothing(demo_city: CityData) -> None:
    assert demo_city.index.span is not None
    first = f"{demo_city.index.span[0]:%Y-%m}"
    made = briefing(demo_city, period=first)
    assert {made.score.previous.why_not, made.score.year_ago.why_not} == {"no_before"}
    assert (made.why.change, made.why.why_not, made.why.causes) == (None, "no_before", ())
    assert made.score.value is not None


def test_an_unfinished_period_is_compared_with_nothing(demo_city: CityData) -> None:
    made = briefing(demo_city, period="2026")
    assert not made.completeness.whole
    assert made.score.previous.why_not == "partial"
    assert made.total.previous.difference is None
    assert made.score.year_ago.why_not == "same"  # a year ago is the period before


def test_a_gap_is_told_and_what_it_touches_is_not_compared(demo_city: CityData) -> None:
    made = briefing(demo_city, period="2026-08")
    assert [(gap.source, gap.days) for gap in made.completeness.gaps] == [("market", 30)]
    assert made.completeness.n_silent == 1
    food = next(front for front in made.fronts if front.id == "food_drugs")
    assert food.count is not None
    assert food.count.previous.difference is None or made.completeness.gaps == ()
    traffic = next(front for front in made.fronts if front.id == "traffic")
    assert traffic.count is not None
    assert traffic.count.previous.why_not in ("", "few")


def test_a_sub_index_without_a_score_is_named(demo_city: CityData) -> None:
    community = demo_city.place(int(demo_city.members(PlaceLevel.COMMUNITY, demo_city.city)[0]))
    made = prepare(demo_city, NOBODY, community, MAY)
    scored = {front.id for front in made.fronts if front.score.value is not None}
    assert scored.isdisjoint(each.id for each in made.completeness.missing)
    assert len(scored) + len(made.completeness.missing) == len(demo_city.method.sub_indices)
    share = sum(s.weight for s in demo_city.method.sub_indices if s.id in scored)
    assert made.completeness.weight_percent == pytest.approx(100 * share)


def test_a_city_without_exposure_has_numbers_and_no_score(demo_city: CityData) -> None:
    bare = replace(demo_city, exposure=demo_city.exposure.iloc[:0], measures=demo_city.measures.iloc[:0], versions=())
    made = briefing(bare)
    assert made.total.n == briefing(demo_city).total.n
    social = next(front for front in made.fronts if front.id == "social_stability")
    assert social.count is not None
    assert made.why.causes == () or made.score.value is not None


def test_filters_do_not_reach_a_meeting(demo_city: CityData) -> None:
    filtered = demo_city.filtered(Filters(hours=(18, 24)))
    assert briefing(filtered).to_json() == briefing(demo_city).to_json()


@pytest.mark.parametrize("period", ["2026-05-04", "2020-05", "2030"])
def test_a_day_and_what_has_no_data_are_refused(demo_city: CityData, period: str) -> None:
    with pytest.raises(SelectionError):
        briefing(demo_city, period=period)


# --- pages ---


def test_a_quiet_month_is_short_and_any_other_has_its_reason(demo_city: CityData) -> None:
    seen = set()
    streets = [demo_city.place(int(row)) for row in demo_city.members(PlaceLevel.STREET, demo_city.city)]
    for made in prepare_all(demo_city, NOBODY, streets, MAY):
        paged = [front for front in made.fronts if front.page]
        seen.add(made.quiet)
        assert len(paged) <= MOST_PAGES
        assert list(made.fronts[: len(paged)]) == paged
        assert [abs(front.points or 0.0) for front in paged] == sorted(
            (abs(f.points or 0.0) for f in paged), reverse=True
        )
        assert [f"front:{front.id}" for front in paged] == [page for page in made.agenda if page.startswith("front:")]
        assert (made.agenda == ("title", "score", "others")) == made.quiet
        for front in made.fronts:
            assert bool(front.types) == bool(front.page)  # depth is for those with a page
        if made.quiet:
            assert not made.score.previous.sure
            assert not made.total.previous.moved
            assert made.red_line is None
    assert True in seen


def alert(place: str, level: str, week: str, feedback: Feedback = Feedback.NONE, number: int = 1) -> Alert:
    rule = NegativeBinomial()
    return Alert(
        rule=rule.name,
        parameters=rule.parameters,
        place_id=place,
        level_of_place=PlaceLevel(level),
        indicator="JT1",
        period=Period.parse(week),
        level=AlertLevel.ORANGE,
        p=0.0005,
        adjusted=0.01,
        statistic=0.0005,
        expected=2.5,
        observed=9,
        method_version="3.0",
        data_version="",
        feedback=feedback,
        id=number,
    )


def test_an_alert_makes_a_page_and_keeps_its_disposition(demo_city: CityData) -> None:
    told = Told(
        alerts=(
            alert("440402006001", "community", "2026-W20", Feedback.HANDLED, 3),
            alert("440402006001", "community", "2026-W19", Feedback.TRUE, 2),
            alert("440402006", "street", "2026-W19", Feedback.NONE, 4),
            alert("440402006", "street", "2026-W10", Feedback.NONE, 5),  # of March
            alert("440402001", "street", "2026-W19", Feedback.NONE, 6),  # of another street
            alert("999999999", "street", "2026-W19", Feedback.NONE, 7),  # of a place that is no more
        )
    )
    made = briefing(demo_city, told=told)
    assert (made.alerts.n, made.alerts.handled, made.alerts.open, made.alerts.true) == (2, 1, 1, 0)
    first = made.alerts.lines[0]
    assert (first.id, first.week, first.weeks, first.disposition, first.sub_index) == (
        3,
        "2026-W20",
        2,
        "handled",
        "traffic",
    )
    assert (first.at.place, first.at.period, first.at.indicator) == ("440402006001", "2026-W20", "JT1")
    traffic = next(front for front in made.fronts if front.id == "traffic")
    assert "alert" in traffic.page
    assert traffic.n_alerts == 2
    assert made.agenda[-1] == "alerts"
    assert not made.quiet
    assert briefing(demo_city, "", told=told).alerts.n == 3


def test_a_place_that_has_nothing_has_nothing_to_say(demo_city: CityData) -> None:
    cells = demo_city.scores(PlaceLevel.GRID_CELL, MAY)
    empty: Place = demo_city.place(int(cells.rows[np.argmin(cells.counts.sum(axis=1))]))
    made = prepare(demo_city, NOBODY, empty, MAY)
    assert made.total.n == 0
    assert made.total.previous.difference is None or made.total.previous.before
    assert made.quiet
