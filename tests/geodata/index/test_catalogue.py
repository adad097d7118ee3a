"""The method file: what is shipped, and every fault of a file refused in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from geodata.errors import MethodError
from geodata.index.catalogue import KINDS, SHIPPED, load_method, shipped_method

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
    named += [*method.exposures.values()]
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
