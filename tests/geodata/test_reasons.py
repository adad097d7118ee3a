from __future__ import annotations

import datetime as dt
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.city import CityData, MethodInForce
from geodata.index.explain import EffectKind, Unexplained
from geodata.reasons import Reasons, reasons, reasons_of_level
from geodata.vocabulary import Period, PeriodKind, PlaceLevel

MONTHS = [f"2026-{month:02d}" for month in range(1, 10)]
some_months = st.tuples(st.sampled_from(MONTHS), st.sampled_from(MONTHS)).filter(lambda pair: pair[0] != pair[1])


def periods(*texts: str) -> list[Period]:
    return [Period.parse(text) for text in texts]


def table(why: Reasons) -> dict[tuple[object, ...], float]:
    return {
        (e.sub_index, e.indicator, e.incident_type, e.place and e.place.token, e.kind): e.points for e in why.effects()
    }


# --- the law ---


@given(some_months, st.integers(0, 363))
@settings(deadline=None, max_examples=30)
def test_parts_sum_to_the_change_of_any_place_between_any_two_months(
    demo_city: CityData, pair: tuple[str, str], k: int
) -> None:
    rows = np.concatenate(
        [demo_city.members(level, demo_city.city) for level in (PlaceLevel.STREET, PlaceLevel.COMMUNITY)]
    )
    place, (now, before) = demo_city.place(int(rows[k % len(rows)])), periods(*pair)
    why = reasons(demo_city, place, now, before)
    if not np.isfinite(why.change):
        assert why.explanation.reason is not Unexplained.NONE
        assert why.effects() == []
        return
    assert why.change == pytest.approx(
        demo_city.history(place, [now]).scores.score[0] - demo_city.history(place, [before]).scores.score[0]
    )
    for names in ((), ("sub_index",), ("indicator",), ("item",), ("part",), ("kind",), ("sub_index", "part")):
        assert sum(effect.points for effect in why.effects(*names)) == pytest.approx(why.change, abs=1e-9)
    back = table(reasons(demo_city, place, before, now))
    for key, points in table(why).items():
        assert back[key] == pytest.approx(-points, abs=1e-9)


@pytest.mark.parametrize("level", [PlaceLevel.DISTRICT, PlaceLevel.STREET, PlaceLevel.COMMUNITY])
def test_places_explained_together_are_explained_as_each_alone(demo_city: CityData, level: PlaceLevel) -> None:
    months = periods("2026-03", "2026-04", "2026-05")
    together = list(reasons_of_level(demo_city, level, months))
    assert len(together) == 2
    rows = demo_city.members(level, demo_city.city).tolist()
    for k in (0, 1, len(rows) - 1):
        for (before, month), of_all in zip(pairwise(months), together, strict=True):
            alone = reasons(demo_city, demo_city.place(rows[k]), month, before)
            assert of_all[k].place == alone.place
            assert (of_all[k].period, of_all[k].against) == (month, before)
            assert of_all[k].parts == alone.parts
            assert table(of_all[k]) == pytest.approx(table(alone), abs=1e-9)


def test_a_part_leads_to_the_incidents_behind_it(demo_city: CityData) -> None:
    now, before = periods("2026-05", "2026-04")
    street = demo_city.find("440402006")
    for effect in reasons(demo_city, street, now, before).effects():
        if effect.kind is not EffectKind.COUNT or not effect.incident_type or effect.place is None:
            continue
        types = demo_city.find_types([effect.incident_type])
        level = effect.place.level
        assert level is not None
        then, later = (
            int(demo_city.counts(level, p.start, p.end, within=effect.place, types=types).total) for p in (before, now)
        )
        assert np.sign(then - later) == np.sign(effect.points)  # fewer incidents are points gained


# --- what was planted ---


def test_what_the_intervention_did_is_named_first(demo_city: CityData, demo_folder: Path) -> None:
    truth = json.loads((demo_folder / "truths.json").read_text(encoding="utf-8"))["intervention"]
    street = demo_city.find(str(truth["place_id"]))
    assert street.name == "香湾街道"
    began = dt.date.fromisoformat(truth["start"])
    latest = demo_city.latest_period(PeriodKind.MONTH)
    assert latest is not None
    after = Period.parse(f"{began}..{latest.end - dt.timedelta(days=1)}")
    before = Period.parse(f"{began - dt.timedelta(days=after.days)}..{began - dt.timedelta(days=1)}")
    why = reasons(demo_city, street, after, before)
    first = why.effects("sub_index", "kind")[0]
    assert (first.sub_index, first.kind) == ("public_order", EffectKind.COUNT)
    assert first.points > 0
    assert abs(why.explanation.residual) < 1e-9


# --- odd cases ---


def test_a_city_without_a_predecessor_says_which_side_is_missing(demo_city: CityData) -> None:
    now, before = periods("2026-05", "2020-05")
    why = reasons(demo_city, demo_city.city, now, before)
    assert why.explanation.reason is Unexplained.BEFORE_MISSING
    assert np.isnan(why.change)
    assert why.effects() == []


def test_nothing_changed_from_a_month_to_itself(demo_city: CityData) -> None:
    (month,) = periods("2026-05")
    why = reasons(demo_city, demo_city.city, month, month)
    assert why.change == 0.0
    assert why.effects() == []


def test_a_place_without_parts_is_explained_by_itself(demo_city: CityData) -> None:
    scored = demo_city.scores(PlaceLevel.GRID_CELL, Period.parse("2026-05"))
    row = int(scored.rows[np.argmax(np.nan_to_num(scored.observed).sum(axis=1))])
    why = reasons(demo_city, demo_city.place(row), *periods("2026-05", "2026-04"))
    assert why.parts == ()
    assert sum(effect.points for effect in why.effects()) == pytest.approx(why.change, abs=1e-9)


# --- pooling, and versions ---


@given(st.integers(1, 9), st.integers(0, 24))
@settings(deadline=None, max_examples=12)
def test_invariant_8_days_make_a_month_and_communities_make_their_street(
    demo_city: CityData, number: int, k: int
) -> None:
    """What is observed and expected adds up over days, and over the parts of a place with all that lies in none."""
    month = Period.parse(f"2026-{number:02d}")
    days = [Period.containing(month.start + dt.timedelta(days=n), PeriodKind.DAY) for n in range(month.days)]
    street = demo_city.place(int(demo_city.members(PlaceLevel.STREET, demo_city.city)[k]))
    whole = demo_city.history(street, [month])
    daily = demo_city.history(street, days)
    # an indicator that is missing in the month (too few days) or on no day at all cannot be added up
    both = np.isfinite(whole.expected[0]) & np.isfinite(daily.expected).any(axis=0)
    counted = both & demo_city.parameters().counted
    np.testing.assert_allclose(daily.observed.sum(axis=0)[counted], whole.observed[0][counted])
    np.testing.assert_allclose(np.nansum(daily.expected, axis=0)[counted], whole.expected[0][counted], rtol=1e-9)
    parts = demo_city.members(PlaceLevel.COMMUNITY, street)
    of_parts = demo_city.evidence(PlaceLevel.COMMUNITY, parts, month)
    assert (of_parts.observed[:, counted].sum(axis=0) <= whole.observed[0][counted] + 1e-9).all()


def test_invariant_8_streets_make_districts_make_the_city_in_any_order(demo_city: CityData) -> None:
    month = Period.parse("2026-05")
    districts = demo_city.scores(PlaceLevel.DISTRICT, month)
    random = np.random.default_rng(1)
    counted = demo_city.parameters().counted
    for k, row in enumerate(districts.rows.tolist()):
        rows = demo_city.members(PlaceLevel.STREET, demo_city.place(row))
        streets = demo_city.evidence(PlaceLevel.STREET, random.permutation(rows), month)
        known = np.isfinite(districts.expected[k]) & counted
        np.testing.assert_allclose(np.nansum(streets.expected, axis=0)[known], districts.expected[k][known], rtol=1e-9)
        located = demo_city.counts(PlaceLevel.STREET, month.start, month.end, within=demo_city.place(row))
        assert streets.counts.sum() == located.places.sum()


@given(st.lists(st.floats(0.01, 1.0), min_size=14, max_size=14), st.sampled_from(MONTHS[4:]))
@settings(deadline=None, max_examples=8)
def test_invariant_9_an_old_period_keeps_the_digits_of_its_own_version(
    demo_city: CityData, weights: list[float], month: str
) -> None:
    """A later version with any other weights leaves every score before it as it was, to the last bit."""
    other = demo_city.supposing(dict(zip((s.id for s in demo_city.method.sub_indices), weights, strict=True)))
    period = Period.parse(month)
    versions = (
        MethodInForce(demo_city.method, demo_city.calibration),
        MethodInForce(other.method, demo_city.calibration, period.end),
    )
    later = demo_city.with_method(other.method, demo_city.calibration)
    object.__setattr__(later, "versions", versions)
    old, now = (each.scores(PlaceLevel.STREET, period).scores for each in (demo_city, later.at(period)))
    for name in ("score", "low", "high", "sub_score", "theta"):
        np.testing.assert_array_equal(getattr(old, name), getattr(now, name))
    assert later.at(period.next()).method is other.method
