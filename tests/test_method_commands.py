"""The method on the command line: listed, shown, checked, compared, begun, calibrated, published and never changed."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest

from geodata.city import CityData, open_city
from geodata.commands.method import ESTIMATED, calibrate_method
from geodata.errors import SelectionError
from geodata.index.catalogue import SHIPPED, load_method, shipped_method, shipped_versions
from geodata.index.expected import Calibration
from geodata.index.priors import LEAST_ALPHA, MOST_ALPHA
from geodata.store import Store
from geodata.vocabulary import Period, PlaceLevel
from tests.test_commands import Captured, misused, refused, run

TEXT = SHIPPED.read_text(encoding="utf-8")


@pytest.fixture
def city(demo_folder: Path, tmp_path: Path) -> Path:
    """Return a demo city that a test may change: its base year is frozen in 3.0."""
    return Path(shutil.copytree(demo_folder, tmp_path / "city"))


@pytest.fixture
def base_year(demo_city: CityData) -> int:
    assert demo_city.index.span is not None
    return demo_city.index.span[0].year


def draft(capsys: Captured, city: Path, base_year: int, version: str, source: str = "3.0") -> Path:
    """Begin a version and calibrate it; return its file."""
    begun, made = city.parent / f"{version}-draft.toml", city.parent / f"{version}.toml"
    run(capsys, "method", "new", version, "--from", source, "--out", begun, "--city", city)
    run(capsys, "method", "calibrate", "--base-year", base_year, "--method", begun, "--out", made, "--city", city)
    return made


# --- looking ---


def test_versions_that_ship_are_listed_without_any_city(capsys: Captured, tmp_path: Path) -> None:
    folder = tmp_path / "nowhere"
    said = json.loads(run(capsys, "method", "list", "--json", "--city", folder))
    assert said["published"] == []
    assert [(each["version"], each["sub_indices"], each["indicators"]) for each in said["shipped"]] == [
        *(("3.0", 14, 28), ("2.0", 4, 6), ("1.0", 3, 3), ("huizhou", 3, 3))
    ]
    assert "not calibrated" in run(capsys, "method", "list", "--city", folder)
    assert not folder.exists()


def test_the_list_says_from_when_to_when_a_version_holds(capsys: Captured, city: Path, base_year: int) -> None:
    made = draft(capsys, city, base_year, "3.1")
    run(capsys, "method", "publish", made, "--valid-from", "2026-03-01", "--city", city)
    said = json.loads(run(capsys, "method", "list", "--json", "--city", city))["published"]
    assert [(each["version"], each["valid_from"], each["valid_until"]) for each in said] == [
        ("3.0", None, "2026-03-01"),
        ("3.1", "2026-03-01", None),
    ]
    assert len(said[1]["sha256"]) == 64
    lines = run(capsys, "method", "list", "--city", city).splitlines()
    assert "3.1" in lines[1]
    assert "2026-03-01" in lines[0]


@pytest.mark.parametrize("version", shipped_versions())
def test_a_version_is_shown_whole(capsys: Captured, tmp_path: Path, version: str) -> None:
    method = load_method(shipped_versions()[version].read_text("utf-8"))
    said = json.loads(run(capsys, "method", "show", version, "--json", "--city", tmp_path / "none"))
    assert said["calibration"] is None
    assert [s["weight"] for s in said["sub_indices"]] == [s.weight for s in method.sub_indices]
    shown = run(capsys, "method", "show", version, "--city", tmp_path / "none")
    for thing in (*method.sub_indices, *method.indicators, *method.types.values()):
        assert thing.id in shown
        assert thing.name in shown


def test_a_published_version_is_shown_with_its_base_year(capsys: Captured, city: Path, base_year: int) -> None:
    said = json.loads(run(capsys, "method", "show", "3.0", "--json", "--city", city))
    assert said["calibration"]["base_start"].startswith(str(base_year))
    assert str(base_year) in run(capsys, "method", "show", "3.0", "--city", city).splitlines()[1]


@pytest.mark.parametrize("word", ["9.9", "nothing.toml"])
def test_a_version_that_is_nowhere_is_refused(capsys: Captured, tmp_path: Path, word: str) -> None:
    assert word in refused(capsys, "method", "show", word, "--city", tmp_path)
    assert word in refused(capsys, "method", "diff", "3.0", word, "--city", tmp_path)


def test_a_file_may_stand_for_a_version(capsys: Captured, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text(TEXT.replace('version = "3.0"', 'version = "mine"'), "utf-8-sig")
    assert "mine" in run(capsys, "method", "show", tmp_path / "mine").splitlines()[0]


# --- checking ---


@pytest.mark.parametrize("path", shipped_versions().values(), ids=lambda path: path.stem)
def test_what_ships_has_no_faults(capsys: Captured, path: Path) -> None:
    assert "no faults" in run(capsys, "method", "check", path)


def test_the_check_names_every_fault_with_its_line(capsys: Captured, tmp_path: Path) -> None:
    text = TEXT.replace("weight = 0.10\n", "weight = 0.30\n", 1).replace('exposure = "firms"', 'exposure = "smiles"', 1)
    (tmp_path / "bad.toml").write_text(text, "utf-8")
    weight, exposure = (text[: text.index(part)].count("\n") + 1 for part in ("weight = 0.30", '"smiles"'))
    said = refused(capsys, "method", "check", tmp_path / "bad.toml")
    assert f"line {weight}: weights of the sub-indices sum to 1.2, not 1" in said
    assert f"line {exposure}: SC1: unknown exposure 'smiles'" in said


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"], ids=["missing", "not UTF-8"])
def test_a_file_that_cannot_be_read_is_refused(capsys: Captured, tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "m.toml").write_bytes(content)
    assert "m.toml" in refused(capsys, "method", "check", tmp_path / "m.toml")


def test_a_base_year_that_is_incomplete_is_refused(capsys: Captured, tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(TEXT + "\n[calibration]\nbase_start = 2025-01-01\n", "utf-8")
    assert "calibration" in refused(capsys, "method", "check", tmp_path / "m.toml")


# --- comparing ---


def test_differences_are_told_in_both_languages(capsys: Captured, tmp_path: Path) -> None:
    said = json.loads(run(capsys, "method", "diff", "1.0", "2.0", "--json", "--city", tmp_path / "none"))
    assert (said["before"], said["after"]) == ("1.0", "2.0")
    weight = next(d for d in said["differences"] if d["id"] == "fire" and d["field"] == "weight")
    assert (weight["change"], weight["before"], weight["after"]) == ("changed", 0.17, 0.14)
    assert weight["zh"] == "一级指标“消防安全”的权重由 0.17 改为 0.14"
    shown = run(capsys, "method", "diff", "1.0", "2.0", "--city", tmp_path / "none")
    assert all(d["zh"] in shown and d["en"] in shown for d in said["differences"])
    assert shown.splitlines()[-1] == f"1.0 → 2.0：{len(said['differences'])} 处不同。"


def test_a_version_does_not_differ_from_itself(capsys: Captured, city: Path) -> None:
    assert json.loads(run(capsys, "method", "diff", "3.0", "3.0", "--json", "--city", city))["differences"] == []


# --- making ---


def test_a_new_version_is_a_copy_with_another_number(capsys: Captured, tmp_path: Path) -> None:
    run(capsys, "method", "new", "4.0", "--from", "2.0", "--out", tmp_path / "4.toml", "--city", tmp_path / "none")
    before = shipped_versions()["2.0"].read_text("utf-8")
    assert (tmp_path / "4.toml").read_text("utf-8") == before.replace('version = "2.0"', 'version = "4.0"')


@pytest.mark.parametrize("version", ["3.0", "huizhou"])
def test_a_number_that_there_is_cannot_be_given_again(capsys: Captured, tmp_path: Path, version: str) -> None:
    assert version in refused(capsys, "method", "new", version, "--out", tmp_path / "x.toml", "--city", tmp_path / "c")
    assert not (tmp_path / "x.toml").exists()


def test_a_number_that_is_no_number_is_refused(capsys: Captured, tmp_path: Path) -> None:
    said = refused(capsys, "method", "new", "four zero", "--out", tmp_path / "x.toml", "--city", tmp_path / "c")
    assert "four zero" in said


def test_a_draft_is_not_written_over_a_file(capsys: Captured, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("precious", "utf-8")
    assert "mine.toml" in refused(capsys, "method", "new", "4.0", "--out", tmp_path / "mine.toml", "--city", tmp_path)
    assert (tmp_path / "mine.toml").read_text("utf-8") == "precious"


def test_calibrating_keeps_the_file_and_adds_a_base_year(capsys: Captured, city: Path, base_year: int) -> None:
    out = city.parent / "made.toml"
    said = run(
        capsys, "method", "calibrate", "--base-year", base_year, "--method", SHIPPED, "--out", out, "--city", city
    )
    assert "28 项指标已标定" in said
    made = out.read_text("utf-8")
    assert made.startswith(TEXT.rstrip())
    calibration = Calibration.from_toml(made)
    assert calibration is not None
    assert (calibration.base_start, calibration.base_end) == (dt.date(base_year, 1, 1), dt.date(base_year + 1, 1, 1))
    kinds = {i.id: i.kind for i in shipped_method().indicators}
    assert calibration.alpha
    assert {kinds[name] for name in calibration.alpha} <= set(ESTIMATED)
    assert all(LEAST_ALPHA <= alpha <= MOST_ALPHA for alpha in calibration.alpha.values())


def test_without_a_file_the_version_is_printed(capsys: Captured, city: Path, base_year: int) -> None:
    said = run(capsys, "method", "calibrate", "--base-year", base_year, "--from", "huizhou", "--city", city)
    assert load_method(said).version == "huizhou"
    assert Calibration.from_toml(said) is not None


def test_the_same_data_give_the_same_base_year(demo_city: CityData, base_year: int) -> None:
    first, second = (calibrate_method(demo_city, shipped_method(), base_year) for _ in range(2))
    assert first == second
    assert first[1] is PlaceLevel.STREET


def test_the_base_year_itself_scores_85_where_only_incidents_are_counted(demo_city: CityData, base_year: int) -> None:
    method = load_method(shipped_versions()["1.0"].read_text("utf-8"))
    calibration, _ = calibrate_method(demo_city, method, base_year)
    scored = demo_city.with_method(method, calibration).history(demo_city.city, [Period.parse(str(base_year))])
    assert scored.scores.sub_score[0] == pytest.approx([85.0] * 3, abs=0.05)


def test_an_indicator_with_too_few_incidents_keeps_its_own_strength(demo_city: CityData, base_year: int) -> None:
    stronger = load_method(TEXT.replace("alpha = 4.0", "alpha = 100000.0"))
    kept = {i.id for i in stronger.indicators if i.alpha == 100000.0}
    assert not kept & calibrate_method(demo_city, stronger, base_year)[0].alpha.keys()


@pytest.mark.parametrize("year", [1999, 0, 99999])
def test_a_year_without_incidents_is_no_base_year(demo_city: CityData, year: int) -> None:
    with pytest.raises(SelectionError, match=str(year)):
        calibrate_method(demo_city, shipped_method(), year)


def test_a_city_without_incidents_cannot_be_calibrated(capsys: Captured, tmp_path: Path) -> None:
    assert "--city" in refused(capsys, "method", "calibrate", "--base-year", "2025", "--city", tmp_path / "none")


# --- publishing ---


def test_what_has_no_base_year_is_not_published(capsys: Captured, city: Path) -> None:
    said = refused(capsys, "method", "publish", shipped_versions()["2.0"], "--valid-from", "2026-01-01", "--city", city)
    assert "calibrate" in said
    assert [each.version for each in Store(city).methods()] == ["3.0"]


def test_a_base_year_of_other_types_is_not_published(capsys: Captured, city: Path, base_year: int) -> None:
    made = draft(capsys, city, base_year, "3.1")
    made.write_text(made.read_text("utf-8").replace('id = "uncivil_act"', 'id = "rude_act"'), "utf-8")
    assert "WM1" in refused(capsys, "method", "publish", made, "--valid-from", "2026-01-01", "--city", city)


def test_what_is_published_never_changes(capsys: Captured, city: Path, base_year: int) -> None:
    made = draft(capsys, city, base_year, "3.1")
    words = ("method", "publish", made, "--city", city, "--valid-from")
    run(capsys, *words, "2026-03-01")
    before = Store(city).methods()
    run(capsys, *words, "2026-03-01")
    assert "3.1" in refused(capsys, *words, "2026-04-01")
    made.write_text(made.read_text("utf-8").replace("target = 86.0", "target = 90.0"), "utf-8")
    assert "3.1" in refused(capsys, *words, "2026-03-01")
    assert Store(city).methods() == before


@pytest.mark.parametrize("day", ["soon", "2026-02-30"])
def test_a_day_that_is_none_is_refused(capsys: Captured, city: Path, base_year: int, day: str) -> None:
    made = draft(capsys, city, base_year, "3.1")
    assert day in refused(capsys, "method", "publish", made, "--valid-from", day, "--city", city)


def test_invariant_9_an_old_period_keeps_its_digits_when_a_version_is_published(
    capsys: Captured, city: Path, base_year: int
) -> None:
    early, late = Period.parse(f"{base_year}-03"), Period.parse(f"{base_year}-09")

    def scores(period: Period) -> list[float]:
        return open_city(city).at(period).scores(PlaceLevel.STREET, period).scores.score.tolist()

    before = scores(early)
    made = draft(capsys, city, base_year, "mine", "huizhou")
    run(capsys, "method", "publish", made, "--valid-from", f"{base_year}-07-01", "--city", city)
    assert open_city(city).at(late).method.version == "mine"
    assert open_city(city).at(early).method.version == "3.0"
    assert str(scores(early)) == str(before)  # NaN is not equal to itself


@pytest.mark.parametrize(
    "words",
    [["method"], ["method", "fly"], ["method", "diff", "1.0"], ["method", "calibrate"], ["method", "new", "4"]],
    ids=" ".join,
)
def test_a_command_line_that_is_wrong_is_refused(capsys: Captured, words: list[str]) -> None:
    assert "--help" in misused(capsys, *words)
