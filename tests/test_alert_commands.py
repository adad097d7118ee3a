"""Early warning and the data audit on the command line: no rule without its exam, one sentence for what is wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from geodata.alerts.rules import RULES
from geodata.commands.alerts import RULE_NAMES, rule_with
from geodata.store import Store
from tests.test_commands import Captured, misused, refused, run


@pytest.fixture
def city(demo_folder: Path, tmp_path: Path) -> Path:
    """Return a demo city that a test may change: its main rule is on for streets and has judged a quarter."""
    return Path(shutil.copytree(demo_folder, tmp_path / "city"))


def answer(capsys: Captured, *words: object) -> Any:
    """Return what a command says as JSON."""
    return json.loads(run(capsys, *words, "--json"))


# --- rules ---


def test_every_rule_has_a_name() -> None:
    assert set(RULE_NAMES) == set(RULES)


def test_a_rule_sits_its_exam_and_only_then_is_switched_on(capsys: Captured, city: Path) -> None:
    words = ("negative_binomial", "--level", "district", "--city", city)
    assert "examine it first" in refused(capsys, "alerts", "on", *words)
    paper = answer(capsys, "alerts", "exam", *words)
    assert (paper["rule"], paper["level"]) == ("negative_binomial", "district")
    assert paper["exam"]["judged"] > 0
    assert [each["factor"] for each in paper["exam"]["planted"]] == [2.0, 3.0]
    assert answer(capsys, "alerts", "on", *words)["on"] is True
    on = {
        (each["rule"], each["level"])
        for each in answer(capsys, "alerts", "list", "--rules", "--city", city)["rules"]
        if each["on"]
    }
    assert on == {("negative_binomial", "street"), ("negative_binomial", "district")}
    assert "已停用" in run(capsys, "alerts", "off", *words)


def test_a_rule_of_mostly_chance_says_so_and_may_be_switched_on(capsys: Captured, city: Path) -> None:
    loose = ("ears", "--set", "limit=0.1", "--city", city)
    paper = answer(capsys, "alerts", "exam", *loose)
    assert paper["mostly_chance"] is True
    assert 2 / 3 <= paper["chance_share"] <= 1
    assert "多属偶然" in run(capsys, "alerts", "exam", *loose)
    said = run(capsys, "alerts", "on", *loose)
    assert said.index("已启用") < said.index("多属偶然") < said.index("chance alone")
    assert "多属偶然" not in run(capsys, "alerts", "off", "ears", "--city", city)


def test_other_parameters_are_another_rule(capsys: Captured, city: Path) -> None:
    words = ("negative_binomial", "--set", "least_count=5", "--city", city)
    assert "examine it first" in refused(capsys, "alerts", "on", *words)
    said = run(capsys, "alerts", "exam", *words)
    assert "alerts on negative_binomial --level street --set least_count=5" in said
    assert answer(capsys, "alerts", "on", *words)["parameters"]["least_count"] == 5
    rules = answer(capsys, "alerts", "list", "--rules", "--city", city)["rules"]
    assert [each["parameters"]["least_count"] for each in rules if each["on"]] == [5]  # the other fell silent


def test_a_rule_that_could_judge_nothing_stays_off(capsys: Captured, city: Path) -> None:
    run(capsys, "alerts", "exam", "poisson_cusum", "--city", city)
    assert "too short" in refused(capsys, "alerts", "on", "poisson_cusum", "--city", city)


def test_a_paper_is_readable(capsys: Captured, city: Path) -> None:
    said = run(capsys, "alerts", "exam", "ears", "--set", "variant=C3", "--set", "limit=2", "--city", city)
    assert "每周预警" in said
    assert "3 倍" in said
    assert "nan" not in said
    assert "启用 on" in run(capsys, "alerts", "list", "--rules", "--city", city)


@pytest.mark.parametrize(
    ("rule", "setting"),
    [
        ("negative_binomial", "nonsense=1"),
        ("negative_binomial", "window"),
        ("negative_binomial", "window=0"),
        ("negative_binomial", "window=1e3"),
        ("negative_binomial", "window=1000"),
        ("negative_binomial", "gap=-1"),
        ("negative_binomial", "red=0"),
        ("negative_binomial", "red=nan"),
        ("negative_binomial", "false_share=1.5"),
        ("negative_binomial", "prior=inf"),
        ("negative_binomial", "prior=0"),
        ("poisson_cusum", "factor=1"),
        ("ewma", "weight=2"),
        ("ears", "variant=C4"),
        ("ears", "baseline=1"),
    ],
)
def test_a_parameter_that_cannot_be_is_refused_in_a_sentence(
    capsys: Captured, city: Path, rule: str, setting: str
) -> None:
    said = refused(capsys, "alerts", "exam", rule, "--set", setting, "--city", city)
    assert setting.partition("=")[0] in said


def test_parameters_keep_their_kinds() -> None:
    rule = rule_with("negative_binomial", ["window=26", "prior=2", "gap=0"])
    assert json.loads(rule.parameters)["window"] == 26
    assert '"prior": 2.0' in rule.parameters


@pytest.mark.parametrize("words", [("exam", "nonsense"), ("on", "ears", "--level", "city"), ("answer", "1", "maybe")])
def test_what_is_not_offered_is_refused(capsys: Captured, city: Path, words: tuple[str, ...]) -> None:
    assert "error: " in misused(capsys, "alerts", *words, "--city", city)


# --- alerts ---


def test_a_run_twice_says_the_same_and_adds_nothing(capsys: Captured, city: Path) -> None:
    (ran,) = answer(capsys, "alerts", "run", "--weeks", 13, "--city", city)["runs"]
    assert (ran["rule"], ran["level"], ran["new"], len(ran["weeks"])) == ("negative_binomial", "street", 0, 13)
    assert ran["alerts"] == len(answer(capsys, "alerts", "list", "--city", city)["alerts"]) > 0
    assert "新增 new 0" in run(capsys, "alerts", "run", "--city", city)


@pytest.mark.parametrize("weeks", [0, -1, 105])
def test_a_run_needs_some_weeks(capsys: Captured, city: Path, weeks: int) -> None:
    assert "--weeks" in refused(capsys, "alerts", "run", "--weeks", weeks, "--city", city)


def test_without_a_rule_that_is_on_a_run_says_what_to_do(capsys: Captured, city: Path) -> None:
    run(capsys, "alerts", "off", "--city", city)
    assert "alerts exam" in refused(capsys, "alerts", "run", "--city", city)


def test_an_alert_says_all_that_it_rests_on(capsys: Captured, city: Path) -> None:
    red = next(each for each in answer(capsys, "alerts", "list", "--city", city)["alerts"] if each["red_line"])
    assert (red["level"], red["level_of_place"], red["rule"]) == ("red", "street", "negative_binomial")
    assert red["observed"] >= 1
    assert red["method_version"] == "3.0"
    assert red["data_version"] == Store(city).data_version()
    assert red["place"]
    line = next(line for line in run(capsys, "alerts", "list", "--city", city).splitlines() if "红线" in line)
    assert red["place"] in line
    assert red["week"] in line


def test_alerts_are_chosen_by_place_and_day(capsys: Captured, city: Path) -> None:
    every = answer(capsys, "alerts", "list", "--city", city)["alerts"]
    street, day = every[-1]["place_id"], "2026-10-26"
    for place in (street, street[:6]):
        within = answer(capsys, "alerts", "list", "--within", place, "--city", city)["alerts"]
        assert within == [each for each in every if each["place_id"].startswith(place)] != []
    assert answer(capsys, "alerts", "list", "--since", day, "--city", city)["alerts"] == []
    assert "没有记录到预警" in run(capsys, "alerts", "list", "--since", day, "--city", city)
    assert "no date" in refused(capsys, "alerts", "list", "--since", "yesterday", "--city", city)
    assert "no place" in refused(capsys, "alerts", "list", "--within", "nowhere", "--city", city)


def test_answers_make_the_precision_of_each_month(capsys: Captured, city: Path) -> None:
    first = answer(capsys, "alerts", "list", "--city", city)["alerts"][0]
    for said, kept, precision in (("属实", "true", 1.0), ("误报", "false", 0.0), ("已处置", "handled", 1.0)):
        assert answer(capsys, "alerts", "answer", first["id"], said, "--city", city)["feedback"] == kept
        months = answer(capsys, "alerts", "list", "--precision", "--city", city)["months"]
        assert next(each["precision"] for each in months if each["true"] + each["false"]) == precision
    run(capsys, "alerts", "answer", first["id"], "none", "--city", city)
    months = answer(capsys, "alerts", "list", "--precision", "--city", city)["months"]
    assert {each["precision"] for each in months} == {None}
    assert first["week"][:4] in run(capsys, "alerts", "list", "--precision", "--city", city)
    assert "no alert 999" in refused(capsys, "alerts", "answer", 999, "true", "--city", city)


# --- the audit ---


def test_the_audit_asks_the_source_that_fell_silent(capsys: Captured, city: Path) -> None:
    (finding,) = answer(capsys, "audit", "--city", city)["findings"]
    assert (finding["kind"], finding["source"]) == ("silent", "market")
    assert (finding["start"], finding["last_day"]) == ("2026-07-14", "2026-08-30")
    said = run(capsys, "audit", "--city", city)
    assert said.startswith("致 to market：2026-07-14 – 2026-08-30")
    assert answer(capsys, "audit", "--source", "police_110", "--city", city)["findings"] == []
    assert "没有疑问" in run(capsys, "audit", "--source", "police_110", "--city", city)
    assert "no source" in refused(capsys, "audit", "--source", "nobody", "--city", city)


@pytest.mark.parametrize("words", [("alerts", "list"), ("alerts", "run"), ("alerts", "exam"), ("audit",)])
def test_a_folder_that_is_no_city_is_refused(capsys: Captured, tmp_path: Path, words: tuple[str, ...]) -> None:
    assert "is no city folder" in refused(capsys, *words, "--city", tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
