"""The method file: what is shipped, and every fault of a file refused in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from geodata.errors import MethodError
from geodata.index.catalogue import (
    KINDS,
    SHIPPED,
    load_method,
    method_faults,
    shipped_method,
    shipped_versions,
)

TEXT = SHIPPED.read_text(encoding="utf-8")
DAILY = {
    "public_order": 0.294118,
    "traffic": 0.147059,
    "city_management": 0.147059,
    "citizen_requests": 0.117647,
    "work_safety": 0.117647,
    "fire": 0.088235,
    "ecology": 0.088235,
}


def test_the_shipped_method_has_14_sub_indices_and_28_indicators() -> None:
    method = shipped_method()
    assert len(method.sub_indices) == 14
    assert sum(len(s.indicators) for s in method.sub_indices) == 28
    assert len({s.id for s in method.sub_indices}) == 14
    assert len({i.id for s in method.sub_indices for i in s.indicators}) == 28


def test_its_weights_sum_to_one() -> None:
    method = shipped_method()
    assert sum(s.weight for s in method.sub_indices) == pytest.approx(1.0, abs=1e-12)
    for sub_index in method.sub_indices:
        assert sum(i.weight for i in sub_index.indicators) == pytest.approx(1.0, abs=1e-12), sub_index.id


def test_its_daily_set_has_the_published_weights() -> None:
    daily = {s.id: s.weight for s in shipped_method().sub_indices if s.daily}
    total = sum(daily.values())
    assert {key: weight / total for key, weight in daily.items()} == pytest.approx(DAILY, abs=1e-6)


def test_severities_are_on_the_published_scale() -> None:
    assert {kind.severity for kind in shipped_method().types.values()} == {1, 2, 5, 10, 25}


def test_every_name_stands_in_both_languages() -> None:
    method = shipped_method()
    named = [*method.sub_indices, *(i for s in method.sub_indices for i in s.indicators), *method.types.values()]
    named += [*method.exposures.values(), *method.concerns.values()]
    for thing in named:
        assert re.search(r"[\u4e00-\u9fff]", thing.name), thing
        assert thing.name_en, thing
        assert not re.search(r"[\u4e00-\u9fff]", thing.name_en), thing


def test_a_type_may_be_called_by_id_or_by_either_name() -> None:
    method = shipped_method()
    for kind in method.types.values():
        for word in (kind.id, kind.name, kind.name_en):
            assert method.type_words[word.lower()] == kind.id


def test_no_word_names_two_types() -> None:
    method = shipped_method()
    words = [w.lower() for k in method.types.values() for w in {k.id, k.name.lower(), k.name_en.lower()}]
    assert len(words) == len(set(words))


def test_only_incident_indicators_are_scored_in_the_order_of_their_sub_indices() -> None:
    method = shipped_method()
    expected = [i.id for s in method.sub_indices for i in s.indicators if i.kind == "incident"]
    assert [i.id for i in method.scored] == expected
    assert {i.kind for s in method.sub_indices for i in s.indicators} == set(KINDS)


def test_a_sub_index_is_found_by_id_and_an_unknown_one_is_none() -> None:
    method = shipped_method()
    found = method.sub_index("traffic")
    assert found is not None
    assert found.name == "交通安全"
    assert method.sub_index("total") is None
    assert method.sub_index("") is None


def replaced(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


FAULTS: dict[str, Callable[[str], str]] = {
    "no TOML": lambda text: text + "\n[[[",
    "empty": lambda _: "",
    "no sub-index": lambda text: text[: text.index("[[sub_index]]")],
    "no exposures": replaced("[exposures]", "[other]"),
    "unknown key at the top": lambda text: "speed = 1\n" + text,
    "unknown key of a sub-index": replaced('id = "ecology"', 'id = "ecology"\ncolour = "red"'),
    "unknown key of an indicator": replaced('owner = "信访局"', 'owner = "信访局"\ncolour = "red"'),
    "unknown key of a type": replaced("severity = 1 }", 'severity = 1, colour = "red" }'),
    "no weight": replaced("weight = 0.10\n", ""),
    "no severity": replaced(", severity = 1 }", " }"),
    "no name": replaced('name = "社会稳定"\n', ""),
    "weights of the sub-indices": replaced("weight = 0.10\n", "weight = 0.11\n"),
    "weights of the indicators": replaced("weight = 0.6\n", "weight = 0.5\n"),
    "negative weight": lambda text: text.replace("weight = 0.6\n", "weight = 1.4\n", 1).replace(
        "weight = 0.4\n", "weight = -0.4\n", 1
    ),
    "weight is a text": replaced("weight = 0.10\n", 'weight = "0.10"\n'),
    "weight is not a number": replaced("weight = 0.10\n", "weight = nan\n"),
    "unknown kind": replaced('kind = "level"', 'kind = "feeling"'),
    "unknown exposure": replaced('exposure = "residents"', 'exposure = "smiles"'),
    "no exposure": replaced('exposure = "residents"\n', ""),
    "no types": replaced(
        'types = [{ id = "uncivil_act", name = "不文明行为", name_en = "Uncivil behaviour", severity = 1 }]', ""
    ),
    "a type twice": replaced('id = "petition_repeat"', 'id = "petition_first"'),
    "a sub-index twice": replaced('id = "ecology"', 'id = "traffic"'),
    "an indicator twice": replaced('id = "WD2"', 'id = "WD1"'),
    "severity zero": replaced("severity = 5 }", "severity = 0 }"),
    "severity is a text": replaced("severity = 5 }", 'severity = "5" }'),
    "severity is not a number": replaced("severity = 5 }", "severity = nan }"),
    "alpha zero": replaced("alpha = 10.0", "alpha = 0.0"),
    "alpha is not a number": replaced("alpha = 10.0", "alpha = nan"),
    "exposure unit zero": replaced("unit = 10000.0", "unit = 0.0"),
    "anchor one": replaced("anchor = 0.85", "anchor = 1.0"),
    "anchor negative": replaced("anchor = 0.85", "anchor = -0.85"),
    "two bands": replaced("[90.0, 80.0, 70.0]", "[90.0, 80.0]"),
    "bands upside down": replaced("[90.0, 80.0, 70.0]", "[70.0, 80.0, 90.0]"),
    "bands are texts": replaced("[90.0, 80.0, 70.0]", '["90", "80", "70"]'),
    "no bands": replaced("bands = [90.0, 80.0, 70.0]", ""),
    "risk cap zero": replaced("risk_cap = 6.0", "risk_cap = 0.0"),
    "least expected is a text": replaced("min_expected = 0.05", 'min_expected = "few"'),
    "sub-index is no table": lambda text: text[: text.index("[[sub_index]]")].replace(
        "version", "sub_index = [1]\nversion", 1
    ),
    "sub-index named total": replaced('id = "ecology"', 'id = "total"'),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_method_is_refused_in_both_languages(fault: str) -> None:
    with pytest.raises(MethodError) as refused:
        load_method(FAULTS[fault](TEXT), "mine.toml")
    for sentence in (refused.value.zh, refused.value.en):
        assert "mine.toml" in sentence
    assert re.search(r"[\u4e00-\u9fff]", refused.value.zh)
    assert refused.value.zh.endswith("。")
    assert refused.value.en.endswith(".")


def test_several_faults_are_told_at_once() -> None:
    text = TEXT.replace("anchor = 0.85", "anchor = 2.0").replace('exposure = "residents"', 'exposure = "smiles"', 1)
    with pytest.raises(MethodError) as refused:
        load_method(text)
    assert "anchor" in refused.value.en
    assert "smiles" in refused.value.en


def test_a_calibration_in_the_file_does_not_disturb_the_method() -> None:
    assert load_method(TEXT + "\n[calibration]\nbase_start = 2025-01-01\n") == shipped_method()


def test_the_method_is_read_from_its_own_file_only(tmp_path: Path) -> None:
    copy = tmp_path / "method.toml"
    copy.write_text(
        TEXT.replace("weight = 0.10\n", "weight = 0.12\n", 1).replace("weight = 0.06\n", "weight = 0.04\n", 1), "utf-8"
    )
    assert load_method(copy.read_text("utf-8")).sub_indices[0].weight == 0.12


# --- lines ---


def line_of(part: str, text: str = TEXT) -> int:
    """Return the line on which a part of a text first stands."""
    return text[: text.index(part)].count("\n") + 1


LINES: dict[str, tuple[str, str, str, str]] = {
    "unknown key": ('owner = "信访局"', 'owner = "信访局"\ncolour = "red"', "colour", "unknown key colour"),
    "unknown key of a type": (
        'name_en = "Theft", severity = 2',
        'name_en = "Theft", colour = 2, severity = 2',
        "colour",
        "colour",
    ),
    "wrong type": ("alpha = 30.0", 'alpha = "strong"', 'alpha = "strong"', "alpha is 'strong', not a finite number"),
    "not a flag": ("daily = true", "daily = 1", "daily = 1", "true or false"),
    "negative": ("band_hysteresis = 1.0", "band_hysteresis = -1.0", "band_hysteresis", "-1"),
    "unknown kind": ('kind = "level"', 'kind = "feeling"', "feeling", "ST1: unknown kind 'feeling'"),
    "unknown exposure": (
        'exposure = "households"',
        'exposure = "smiles"',
        '"smiles"',
        "XF1: unknown exposure 'smiles'",
    ),
    "unknown concern": ('concern = "livelihood"', 'concern = "weather"', '"weather"', "unknown concern 'weather'"),
    "unknown red line": ('red_line = "major"', 'red_line = "purple"', '"purple"', "unknown red_line 'purple'"),
    "unknown level": ('"community"]', '"planet"]', '"planet"', "no level 'planet'"),
    "unknown aggregation": ('"arithmetic"', '"harmonic"', '"harmonic"', "'harmonic'"),
    "target above 100": ("target = 86.0", "target = 186.0", "target = 186", "between 0 and 100"),
    "a type twice": ('id = "petition_repeat"', 'id = "petition_group"', "集体信访", "petition_group stands twice"),
    "an indicator twice": ('id = "XF2"', 'id = "XF1"', 'name = "火患按期整改率"', "indicator XF1 stands twice"),
    "a name twice": (
        'name = "重复信访"',
        'name = "初次信访"',
        'id = "petition_repeat"',
        "already names petition_first",
    ),
    "a missing name": ('name = "重复信访", ', "", 'id = "petition_repeat"', "name is missing of petition_repeat"),
    "a missing weight": ('weight = 0.10\nconcern = "stability"', 'concern = "stability"', "[[sub_index]]", "weight"),
    "types of a survey": (
        "alpha = 30.0",
        'alpha = 30.0\ntypes = [{ id = "x", name = "甲", name_en = "X", severity = 1 }]',
        'id = "x"',
        "GJ2 counts no incidents",
    ),
    "an id with spaces": ('id = "ZQ1"', 'id = "Z Q"', '"Z Q"', "'Z Q'"),
    "no TOML": ('name = "火灾"', "name = 火灾", "name = 火灾", "no TOML"),
}
SHIFTED = {"a type twice": 0, "an indicator twice": -1}
"""Faults that stand beside the part that is looked for."""


@pytest.mark.parametrize("fault", LINES)
def test_a_fault_is_told_with_its_line(fault: str) -> None:
    old, new, part, said = LINES[fault]
    text = replaced(old, new)(TEXT)
    found = method_faults(text)
    assert [(each.line, said in each.en) for each in found] == [(line_of(part, text) + SHIFTED.get(fault, 0), True)]
    with pytest.raises(MethodError) as refused:
        load_method(text)
    assert f"第 {found[0].line} 行：{found[0].zh}" in refused.value.zh
    assert f"line {found[0].line}: {found[0].en}" in refused.value.en


def test_weights_that_do_not_sum_to_one_are_told_where_the_first_of_them_stands() -> None:
    text = TEXT.replace("weight = 0.8\n", "weight = 0.9\n", 1).replace("weight = 0.20\n", "weight = 0.25\n", 1)
    first, second = method_faults(text)
    assert (first.line, first.en) == (line_of("weight = 0.10\n", text), "weights of the sub-indices sum to 1.05, not 1")
    assert (second.line, second.zh) == (line_of("weight = 0.9\n", text), "“交通安全”的二级指标权重之和为 1.1，应为 1")


def test_faults_are_told_in_the_order_of_their_lines() -> None:
    text = TEXT.replace('kind = "survey"', 'kind = "guess"').replace("anchor = 0.85", "anchor = 1.5")
    found = method_faults(text)
    assert [each.line for each in found] == sorted(each.line for each in found)
    assert len(found) == 3
    assert found[0].line == line_of("anchor = 1.5", text)


def test_an_unfinished_file_is_told_at_its_last_line() -> None:
    (fault,) = method_faults('version = "9"\nname = "x"\nbands = [90,\n')
    assert fault.line == 4


def test_a_method_may_be_written_with_tables_instead_of_lines() -> None:
    inline = 'stability = { name = "平安稳定", name_en = "Peace and order" }\n'
    table = '[concerns.stability]\nname = "平安稳定"\nname_en = "Peace and order"\n[concerns]\n'
    rearranged = TEXT.replace(inline, "").replace("[concerns]\n", table)
    assert load_method(rearranged) == shipped_method()
    (fault,) = method_faults(rearranged.replace('name_en = "Peace and order"', "name_en = 7"))
    assert fault.line == line_of("name_en = 7", rearranged.replace('name_en = "Peace and order"', "name_en = 7"))


def test_no_sub_index_need_be_daily() -> None:
    assert not any(s.daily for s in load_method(TEXT.replace("daily = true\n", "")).sub_indices)


# --- what ships ---


def test_the_versions_that_ship_are_named_like_their_files() -> None:
    assert list(shipped_versions()) == ["3.0", "2.0", "1.0", "huizhou"]
    for version, path in shipped_versions().items():
        assert load_method(path.read_text("utf-8"), path.name).version == version


@pytest.mark.parametrize(
    ("version", "sub_indices"),
    [
        ("2.0", ["public_order", "fire", "traffic", "city_management"]),
        ("1.0", ["public_order", "fire", "traffic"]),
        ("huizhou", ["public_order", "fire", "traffic"]),
    ],
)
def test_a_profile_has_its_sub_indices_under_the_ids_of_the_current_version(
    version: str, sub_indices: list[str]
) -> None:
    method, current = load_method(shipped_versions()[version].read_text("utf-8")), shipped_method()
    assert [s.id for s in method.sub_indices] == sub_indices
    assert {i.id for i in method.indicators} <= {i.id for i in current.indicators}
    assert {(k.id, k.name, k.severity) for k in method.types.values()} <= {
        (k.id, k.name, k.severity) for k in current.types.values()
    }


def test_huizhou_weighs_60_20_20_by_residents_and_takes_a_point_for_each_death() -> None:
    method = load_method(shipped_versions()["huizhou"].read_text("utf-8"))
    assert [s.weight for s in method.sub_indices] == [0.6, 0.2, 0.2]
    assert {i.exposure for i in method.indicators} == {"residents"}
    assert {k.id for k in method.types.values() if k.deduction == 1.0} == {
        *("homicide_arson", "fire_death", "fire_disaster", "crash_death", "crash_disaster")
    }
    assert method.red_lines.levels == ()


def test_red_lines_are_the_gravest_types_and_bind_streets_and_communities() -> None:
    method = shipped_method()
    marked = {k.id for k in method.types.values() if k.red_line}
    assert marked == {"homicide_arson", "work_disaster", "crash_disaster", "fire_disaster", "food_poisoning_mass"}
    assert {method.types[name].severity for name in marked} == {25}
    assert (method.red_lines.major, method.red_lines.severe) == (79.99, 69.99)
    assert method.red_lines.levels == ("street", "community")


def test_every_sub_index_has_a_concern_and_every_concern_a_sub_index() -> None:
    method = shipped_method()
    assert {s.concern for s in method.sub_indices} == set(method.concerns)
    assert len(method.concerns) == 5
    assert method.target == 86.0


ALPHAS = {
    4.0: "WD2 ST2 SC1 SC2 ZA2 SY1 SY2 XF1 XF2 XP1 XP2 BZ1 BZ2",
    10.0: "WD1 GJ1 ZA1 WM1 CG1 CG2 ZQ1 ZQ2 SQ1 SQ2 JT1 JT2",
    30.0: "GJ2 WM2",
}


def test_prior_strengths_are_those_of_the_table() -> None:
    by_id = {i.id: i for i in shipped_method().indicators}
    for alpha, names in ALPHAS.items():
        assert {by_id[name].alpha for name in names.split()} == {alpha}
    assert {i.kind for i in by_id.values() if i.id not in " ".join(ALPHAS.values()).split()} == {"level"}
