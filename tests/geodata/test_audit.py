"""Data audit: what was planted is found and addressed to its source, and honest data raise no question."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from geodata.audit import (
    FindingKind,
    audit_city,
    back_dated,
    heaping,
    quiet_runs,
    share_p_value,
    silent_sources,
    zero_days,
)
from geodata.city import CityData
from geodata.counts import CountIndex
from geodata.store import Store
from tests.geodata.test_store import add, incidents

EPOCH = dt.date(1970, 1, 1)


def moved(city: CityData, words: dict[str, str], start: dt.date, end: dt.date, share: float = 1.0) -> CityData:
    """Return the city with types written down as others in a span of days, all of them or a share."""
    index = city.index
    kind = np.array(index.kind)
    within = (index.day >= (start - EPOCH).days) & (index.day < (end - EPOCH).days)
    within &= np.random.default_rng(0).random(len(kind)) < share
    for old, new in words.items():
        kind[within & (np.asarray(index.kind) == city.type_positions[old])] = city.type_positions[new]
    return replace(city, index=replace(index, kind=kind))


# --- quiet runs ---


def test_a_run_of_empty_days_is_found_by_what_was_due_in_it() -> None:
    counts = np.full((1, 60), 2, dtype=np.int64)
    counts[0, 20:35] = 0
    (run,) = quiet_runs(counts, np.full((1, 60), 2.0))
    assert (run.group, run.first, run.end, run.expected) == (0, 20, 35, 30.0)
    assert run.p == pytest.approx(np.exp(-30.0))
    assert quiet_runs(counts, np.full((1, 60), 0.2)) == []


def test_days_on_which_nothing_was_due_are_no_quiet_days() -> None:
    counts = np.full((1, 60), 2, dtype=np.int64)
    counts[0, 20:35] = 0
    assert quiet_runs(counts, np.where(counts > 0, 2.0, 0.0)) == []


def test_a_group_that_stops_is_found_and_one_that_has_not_begun_is_not() -> None:
    counts = np.zeros((2, 60), dtype=np.int64)
    counts[0, :30], counts[1, 30:] = 2, 2
    assert [(run.group, run.first, run.end) for run in quiet_runs(counts, np.full((2, 60), 2.0))] == [(0, 30, 60)]


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (3, 0), (3, 1)])
def test_without_incidents_there_are_no_quiet_runs(shape: tuple[int, int]) -> None:
    assert quiet_runs(np.zeros(shape, dtype=np.int64), np.ones(shape)) == []


def test_chance_makes_quiet_runs_in_one_city_of_a_hundred_at_most() -> None:
    rng = np.random.default_rng(1)
    found = 0
    for _ in range(1000):
        due = np.repeat(rng.gamma(1.0, 1.0, (20, 1)), 200, axis=1)
        found += bool(quiet_runs(rng.poisson(due).astype(np.int64), due))
    assert found <= 1000 * 0.01 + 3 * np.sqrt(10)


# --- shares ---


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
@settings(deadline=None)
def test_the_test_of_shares_is_that_of_fisher(a: int, b: int, c: int, d: int) -> None:
    known = fisher_exact([[a, b], [c, d]], alternative="greater").pvalue
    assert share_p_value(a, a + b, c, c + d) == pytest.approx(known, rel=1e-6, abs=1e-12)


# --- a city ---


def test_the_demo_city_raises_one_question_about_the_source_that_fell_silent(
    demo_city: CityData, demo_folder: Path
) -> None:
    findings = audit_city(demo_city, Store(demo_folder))
    assert [(finding.kind, finding.source) for finding in findings] == [(FindingKind.SILENT, "market")]
    (silent,) = findings
    assert (silent.start, silent.end) == (dt.date(2026, 7, 14), dt.date(2026, 8, 31))
    assert silent.observed == 0
    assert silent.expected > 100


def test_an_office_that_closes_on_holidays_has_not_fallen_silent(demo_city: CityData) -> None:
    assert {finding.source for finding in silent_sources(demo_city)} == {"market"}


def test_an_indicator_that_stops_while_its_source_goes_on_is_found(demo_city: CityData) -> None:
    frauds = ("fraud_small", "fraud_medium", "fraud_large", "fraud_huge")
    start, end = dt.date(2026, 3, 2), dt.date(2026, 3, 30)
    changed = moved(demo_city, dict.fromkeys((f for f in frauds if f in demo_city.type_positions), "theft"), start, end)
    (finding,) = zero_days(changed)
    assert (finding.kind, finding.source, finding.indicator) == (FindingKind.ZERO_DAYS, "police_110", "ZA2")
    assert finding.start <= start < end <= finding.end
    assert (finding.end - finding.start).days < 35
    assert finding.p < 1e-4
    assert zero_days(demo_city) == []


def test_graver_cases_that_become_lighter_ones_are_found(demo_city: CityData) -> None:
    known = demo_city.active_calibration
    assert known is not None
    first, last = demo_city.index.span or (EPOCH, EPOCH)
    base_end = last - dt.timedelta(days=120)
    city = demo_city.with_method(demo_city.method, replace(known, base_start=first, base_end=base_end))
    assert heaping(city) == []
    changed = moved(city, {"fraud_medium": "fraud_small"}, base_end, last + dt.timedelta(days=1), share=0.8)
    (finding,) = [each for each in heaping(changed) if each.types == ("fraud_small", "fraud_medium")]
    assert (finding.source, finding.indicator) == ("police_110", "ZA2")
    assert (finding.start, finding.end) == (base_end, last + dt.timedelta(days=1))
    assert finding.observed > finding.expected + 5
    assert finding.observed <= finding.of


def test_within_the_base_year_there_is_nothing_to_compare_with(demo_city: CityData) -> None:
    known = demo_city.active_calibration
    assert known is not None
    last = (demo_city.index.span or (EPOCH, EPOCH))[1]
    whole = replace(known, base_end=last + dt.timedelta(days=1))
    assert heaping(demo_city.with_method(demo_city.method, whole)) == []


def test_a_city_without_incidents_raises_no_question(demo_city: CityData) -> None:
    empty = replace(demo_city, index=CountIndex.empty(len(demo_city.places)), calibration=None)
    assert audit_city(empty) == []


# --- entries made late ---


def received(month: int, days: list[float], source: str = "s") -> pd.DataFrame:
    """Return one incident for each delay [days] between it and its receipt, all of one month."""
    rows = pd.concat([incidents("a", month=month, source=source)] * len(days), ignore_index=True)
    rows["received_at"] = rows["occurred_at"] + pd.to_timedelta(days, unit="D").as_unit("us")
    letters = [f"{source}{month}-{k}" for k in range(len(days))]
    return rows.assign(incident_id=letters, id_hash=range(month * 1000, month * 1000 + len(days)))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return a city folder with three months of prompt entries and one with many late ones, in two imports."""
    store = Store(tmp_path / "city")
    usual = [0.1] * 98 + [10.0] * 2
    add(store, pd.concat([received(month, usual) for month in (5, 6, 7)], ignore_index=True), "a.csv")
    add(store, received(8, [0.1] * 60 + [30.0] * 40), "b.csv")
    return store


def test_a_month_with_far_more_late_entries_than_usual_is_found_with_its_import(store: Store) -> None:
    (finding,) = back_dated(store)
    assert (finding.kind, finding.source, finding.batch) == (FindingKind.BACK_DATED, "s", 2)
    assert (finding.start, finding.end) == (dt.date(2026, 8, 1), dt.date(2026, 9, 1))
    assert (finding.observed, finding.of) == (40, 100)
    assert finding.expected == pytest.approx(2.0)


def test_rows_that_were_corrected_count_no_more(store: Store) -> None:
    rows = received(8, [0.1] * 40).assign(id_hash=range(8060, 8100))
    file = store.state().files()[-1].path
    add(store, rows, "c.csv", corrects={file: list(range(60, 100))})
    assert back_dated(store) == []


def test_a_source_is_compared_with_itself_only(store: Store) -> None:
    add(store, received(6, [20.0] * 90, source="slow"), "d.csv", source="slow")
    add(store, received(7, [20.0] * 90, source="slow"), "e.csv", source="slow")
    assert {finding.source for finding in back_dated(store)} == {"s"}


def test_without_times_of_receipt_nothing_is_said(tmp_path: Path) -> None:
    store = Store(tmp_path / "city")
    assert back_dated(store) == []
    add(store, incidents("abcdef"))
    assert back_dated(store) == []
