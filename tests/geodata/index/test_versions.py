"""Versions beside each other: every change is found, mirrored and worded; texts are edited without losing a comment."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import tomllib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import MethodError
from geodata.index.catalogue import (
    AGGREGATIONS,
    KINDS,
    RED_LINES,
    SHIPPED,
    Concern,
    Exposure,
    IncidentType,
    Indicator,
    Method,
    RedLines,
    SubIndex,
    load_method,
    plain_fields,
    shipped_method,
    shipped_versions,
)
from geodata.index.expected import Calibration
from geodata.index.versions import (
    FIELD_WORDS,
    VALUE_WORDS,
    WHAT_WORDS,
    Change,
    Difference,
    What,
    calibration_differences,
    describe,
    differences,
    outdated,
    with_calibration,
    with_version,
)
from geodata.vocabulary import PlaceLevel

TEXT = SHIPPED.read_text(encoding="utf-8")
METHOD = shipped_method()
PROFILES = {name: load_method(path.read_text("utf-8"), path.name) for name, path in shipped_versions().items()}
YEAR = Calibration(
    base_start=dt.date(2025, 1, 1),
    base_end=dt.date(2026, 1, 1),
    exposure={i.id: i.exposure for i in METHOD.scored},
    type_rate=dict.fromkeys(METHOD.types, 0.125),
    month_factor={i.id: [1.0] * 12 for i in METHOD.scored},
    day_factor={i.id: [1.0, 0.9, 1.1] for i in METHOD.scored},
    measure_base={"SC2": 0.05},
    alpha={"ZA1": 7.28},
)
pairs = st.sampled_from([(a, b) for a in PROFILES for b in PROFILES])


def edited(old: str, new: str, count: int = 1) -> Method:
    """Return the current method after an edit of its file."""
    assert old in TEXT
    return load_method(TEXT.replace(old, new, count))


def key(difference: Difference) -> tuple[Any, ...]:
    return (difference.change, difference.what, difference.id, difference.field, difference.before, difference.after)


# --- what differs ---


@pytest.mark.parametrize("version", PROFILES)
def test_a_version_does_not_differ_from_itself(version: str) -> None:
    assert differences(PROFILES[version], PROFILES[version]) == ()


def test_a_changed_field_is_named_with_its_place() -> None:
    (found,) = differences(METHOD, edited('name_en = "Theft", severity = 2', 'name_en = "Theft", severity = 5'))
    assert found == Difference(
        Change.CHANGED, What.TYPE, "theft", "public_order", "ZA1", "severity", before=2.0, after=5.0
    )


@pytest.mark.parametrize(
    ("old", "new", "what", "name", "field"),
    [
        ('version = "3.0"', 'version = "3.1"', What.METHOD, "", "version"),
        ("target = 86.0", "target = 87.0", What.METHOD, "", "target"),
        ("bands = [90.0", "bands = [92.0", What.METHOD, "", "bands"),
        ("severe = 69.99", "severe = 65.0", What.RED_LINES, "", "severe"),
        ('levels = ["street", "community"]', 'levels = ["street"]', What.RED_LINES, "", "levels"),
        ("unit = 10000.0", "unit = 1000.0", What.EXPOSURE, "residents", "unit"),
        ('"Services to citizens"', '"Services"', What.CONCERN, "livelihood", "name_en"),
        ('concern = "livelihood"', 'concern = "stability"', What.SUB_INDEX, "citizen_requests", "concern"),
        ('owner = "信访局"', 'owner = "信访办"', What.INDICATOR, "WD2", "owner"),
        (', red_line = "major"', ', red_line = "severe"', What.TYPE, "work_disaster", "red_line"),
    ],
)
def test_every_kind_of_thing_is_compared(old: str, new: str, what: What, name: str, field: str) -> None:
    (found,) = differences(METHOD, edited(old, new))
    assert (found.change, found.what, found.id, found.field) == (Change.CHANGED, what, name, field)
    assert found.before != found.after


def test_what_goes_with_its_sub_index_is_not_named_again() -> None:
    less = dataclasses.replace(METHOD, sub_indices=METHOD.sub_indices[1:])
    assert differences(METHOD, less) == (Difference(Change.REMOVED, What.SUB_INDEX, "social_stability"),)
    assert differences(less, METHOD) == (Difference(Change.ADDED, What.SUB_INDEX, "social_stability"),)


def test_a_type_that_goes_to_another_indicator_is_moved() -> None:
    found = [d for d in differences(PROFILES["1.0"], PROFILES["2.0"]) if d.change is Change.MOVED]
    assert {d.id for d in found} == {"fraud_small", "fraud_medium", "fraud_large", "fraud_huge"}
    assert {(d.before, d.after, d.indicator) for d in found} == {("ZA1", "ZA2", "ZA2")}


def test_the_order_of_sub_indices_is_no_difference() -> None:
    assert differences(METHOD, dataclasses.replace(METHOD, sub_indices=METHOD.sub_indices[::-1])) == ()


@settings(deadline=None, max_examples=40)
@given(pairs)
def test_looked_at_from_the_other_side_every_difference_is_turned_round(pair: tuple[str, str]) -> None:
    there, back = differences(*(PROFILES[name] for name in pair)), differences(*(PROFILES[name] for name in pair[::-1]))
    turned = {Change.ADDED: Change.REMOVED, Change.REMOVED: Change.ADDED}
    mirrored = [
        dataclasses.replace(d, change=turned.get(d.change, d.change), before=d.after, after=d.before) for d in back
    ]
    assert {key(d) for d in there} == {key(d) for d in mirrored}
    assert len(there) == len(back) == len({key(d) for d in there})


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_exactly_the_weights_that_changed_are_found(data: st.DataObject) -> None:
    weights = [data.draw(st.sampled_from([s.weight, 0.5])) for s in METHOD.sub_indices]
    subs = tuple(dataclasses.replace(s, weight=w) for s, w in zip(METHOD.sub_indices, weights, strict=True))
    found = differences(METHOD, dataclasses.replace(METHOD, sub_indices=subs))
    changed = [s.id for s, w in zip(METHOD.sub_indices, weights, strict=True) if w != s.weight]
    assert [d.id for d in found] == changed
    assert {(d.what, d.field, d.after) for d in found} <= {(What.SUB_INDEX, "weight", 0.5)}


# --- base years ---


def test_the_same_base_year_does_not_differ() -> None:
    assert calibration_differences(YEAR, YEAR) == calibration_differences(None, None) == ()


def test_base_years_differ_by_days_prior_strengths_or_rates() -> None:
    later = dataclasses.replace(YEAR, base_start=dt.date(2024, 1, 1), base_end=dt.date(2025, 1, 1))
    (days,) = calibration_differences(later, YEAR)
    assert (days.field, days.before, days.after) == ("days", "2024-01-01 – 2024-12-31", "2025-01-01 – 2025-12-31")
    (alpha,) = calibration_differences(dataclasses.replace(YEAR, alpha={}), YEAR)
    assert (alpha.what, alpha.id, alpha.before, alpha.after) == (What.INDICATOR, "ZA1", None, 7.28)
    (rates,) = calibration_differences(dataclasses.replace(YEAR, type_rate=YEAR.type_rate | {"theft": 0.5}), YEAR)
    assert (rates.what, rates.field) == (What.BASE_YEAR, "rates")
    first, *_ = calibration_differences(None, YEAR)
    assert (first.before, first.after) == (None, "2025-01-01 – 2025-12-31")


def test_a_base_year_is_outdated_by_new_types_and_other_exposures() -> None:
    assert outdated(METHOD, YEAR) == ()
    assert outdated(edited('id = "theft"', 'id = "stealing"'), YEAR) == ("ZA1",)
    assert outdated(edited('exposure = "households"', 'exposure = "firms"'), YEAR) == ("XF1",)
    stand_in = dataclasses.replace(YEAR, exposure=YEAR.exposure | {"XF1": "residents"})
    assert outdated(METHOD, stand_in) == ()
    missing = dataclasses.replace(YEAR, exposure={}, type_rate={})
    assert outdated(METHOD, missing) == ()


# --- words ---


@pytest.mark.parametrize("kind", [Method, RedLines, Exposure, Concern, SubIndex, Indicator, IncidentType])
def test_every_field_has_a_word_in_both_languages(kind: type) -> None:
    assert set(plain_fields(kind)) - {"id"} <= set(FIELD_WORDS)


def test_every_word_stands_in_both_languages_and_none_is_idle() -> None:
    kinds = (Method, RedLines, Exposure, Concern, SubIndex, Indicator, IncidentType)
    fields = {name for kind in kinds for name in plain_fields(kind)} - {"id"}
    assert set(FIELD_WORDS) == fields | {"estimated_alpha", "days", "rates"}
    assert set(WHAT_WORDS) == set(What)
    assert set(VALUE_WORDS) == {*KINDS, *AGGREGATIONS, *filter(None, RED_LINES), *PlaceLevel}
    for zh, en in (*FIELD_WORDS.values(), *WHAT_WORDS.values(), *VALUE_WORDS.values()):
        assert re.search(r"[\u4e00-\u9fff]", zh)
        assert en
        assert not re.search(r"[\u4e00-\u9fff]", en)


@pytest.mark.parametrize(
    ("old", "new", "zh", "en"),
    [
        ("target = 86.0", "", "目标由 86 改为 无", "target 86 → none"),
        ("bands = [90.0", "bands = [92.5", "等级线由 90、80、70 改为 92.5、80、70", "bands 90, 80, 70 → 92.5, 80, 70"),
        (
            'exposure = "households"',
            'exposure = "firms"',
            "二级指标“火灾”的暴露量由 户数 改为 企业数",
            "indicator Fires: exposure households → firms",
        ),
        (
            "daily = true\nconcern",
            "concern",
            "一级指标“生态安全”的计入日指数由 是 改为 否",
            "sub-index Ecological safety: part of the daily index yes → no",
        ),
        (
            ', red_line = "major"',
            "",
            "事件类型“较大及以上事故”的红线由 较大 改为 无",
            "incident type Major work accident: red line major → none",
        ),
        (
            'levels = ["street", "community"]',
            'levels = ["street"]',
            "红线适用层级由 镇街、村居 改为 镇街",
            "levels that red lines apply to street, community → street",
        ),
    ],
)
def test_a_difference_is_worded(old: str, new: str, zh: str, en: str) -> None:
    after = edited(old, new)
    (found,) = differences(METHOD, after)
    assert describe(found, METHOD, after) == (zh, en)


def test_what_came_went_and_moved_is_worded() -> None:
    one, two = PROFILES["1.0"], PROFILES["2.0"]
    sentences = [describe(d, one, two) for d in differences(one, two)]
    assert ("新增一级指标“城市管理”", "sub-index City management added") in sentences
    assert (
        "事件类型“电诈损失超100万元”由“违法犯罪警情”移到“电信网络诈骗”",
        "incident type Fraud above 1 million yuan moved from Crime and disorder calls to Telecom and online fraud",
    ) in sentences
    back = [describe(d, two, one) for d in differences(two, one)]
    assert ("取消一级指标“城市管理”", "sub-index City management removed") in back


@pytest.mark.parametrize("before", PROFILES)
@pytest.mark.parametrize("after", PROFILES)
def test_every_difference_of_shipped_versions_is_worded_once(before: str, after: str) -> None:
    a, b = PROFILES[before], PROFILES[after]
    sentences = [describe(d, a, b) for d in differences(a, b)]
    assert len(set(sentences)) == len(sentences)
    assert all(re.search(r"[\u4e00-\u9fff]", zh) and en for zh, en in sentences)


def test_differences_of_base_years_are_worded() -> None:
    found = calibration_differences(None, YEAR)
    assert [describe(d, METHOD, METHOD)[0] for d in found] == [
        "基期的起止日期由 无 改为 2025-01-01 – 2025-12-31",
        "二级指标“违法犯罪警情”的基期估计的先验强度由 无 改为 7.28",
    ]
    rates = Difference(Change.CHANGED, What.BASE_YEAR, field="rates")
    assert describe(rates, METHOD, METHOD) == ("基期的发生率与系数不同", "base year: rates and factors differ")


# --- texts ---


def test_another_version_number_changes_one_line_only() -> None:
    made = with_version(TEXT, "3.1")
    changed = [(a, b) for a, b in zip(TEXT.splitlines(), made.splitlines(), strict=True) if a != b]
    assert changed == [('version = "3.0"', 'version = "3.1"')]


@pytest.mark.parametrize(
    "line",
    ["version='3.0'  # old", '"version" = "3.0"', '  version   =   "3.0"', 'version = "3\\"0"'],
)
def test_the_number_is_found_however_it_is_written(line: str) -> None:
    made = with_version(f'# version = "0"\nname = "version"\n{line}\n[table]\nversion = "9"\n', '4"')
    assert tomllib.loads(made) == {"name": "version", "version": '4"', "table": {"version": "9"}}
    assert made.count("# old") == line.count("# old")


@pytest.mark.parametrize("text", ["name = 'x'\n", "version = '''\n3.0'''\n", "[version]\nx = 1\n"])
def test_a_number_that_cannot_be_replaced_is_refused(text: str) -> None:
    with pytest.raises(MethodError, match="version"):
        with_version(text, "3.1")


def test_a_base_year_is_added_and_all_comments_stay() -> None:
    made = with_calibration(TEXT, YEAR)
    assert made.startswith(TEXT.rstrip())
    assert load_method(made) == METHOD
    assert Calibration.from_toml(made) == YEAR


HEAD: dict[str, Callable[[str], str]] = {
    "at the end": lambda base: TEXT + base,
    "before a table": lambda base: TEXT.replace("\n[red_lines]", base + "\n# kept\n\n[red_lines]"),
    "in two parts": lambda base: (
        TEXT.replace("\n[red_lines]", "\n[calibration.note]\nby = 1\n# kept\n[red_lines]") + base
    ),
    "over many lines": lambda base: TEXT + base.replace("[1.0, 0.9, 1.1]", "[\n  1.0,\n  0.9,\n  1.1,\n]"),
}


@pytest.mark.parametrize("place", HEAD)
def test_a_base_year_replaces_the_one_before_wherever_it_stands(place: str) -> None:
    before = HEAD[place](dataclasses.replace(YEAR, alpha={"JT1": 3.0}).to_toml())
    made = with_calibration(before, YEAR)
    assert Calibration.from_toml(made) == YEAR
    assert load_method(made) == METHOD
    assert made.count("[calibration]") == 1
    comments = [line for line in before.splitlines() if line.startswith("#")]
    assert [line for line in made.splitlines() if line.startswith("#")] == comments


def test_a_base_year_put_in_twice_is_the_same_as_once() -> None:
    once = with_calibration(TEXT, YEAR)
    assert with_calibration(once, YEAR) == once


@pytest.mark.parametrize("how", ["calibration = { x = 1 }\n", "calibration.x = 1\n", '["calibration"]\nx = 1\n'])
def test_a_base_year_that_is_no_plain_table_is_refused(how: str) -> None:
    text = how + TEXT if "[" not in how else TEXT + how
    with pytest.raises(MethodError, match="calibration"):
        with_calibration(text, YEAR)


@settings(deadline=None, max_examples=30)
@given(st.floats(1e-12, 1e12), st.dates(dt.date(1990, 1, 1), dt.date(2090, 1, 1)), st.sampled_from(sorted(PROFILES)))
def test_a_base_year_comes_back_to_the_last_digit(rate: float, day: dt.date, version: str) -> None:
    year = dataclasses.replace(YEAR, base_start=day, type_rate={"theft": rate}, alpha={"ZA1": rate})
    made = with_calibration(shipped_versions()[version].read_text("utf-8"), year)
    assert Calibration.from_toml(made) == year
