"""Patterns of real cities: Chicago to the minute on a grid, London by month on its wards."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import app
from geodata.city import open_city
from geodata.spots.foretold import foretold
from geodata.vocabulary import Period
from tests.bench.null_cities import null_hotspots
from tests.test_commands import Captured, run
from tests.test_real_cities import build, chicago, london  # noqa: F401

CELL_M = 250
Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def gridded(chicago: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    """Return Chicago with squares of 250 m."""
    folder = tmp_path_factory.mktemp("gridded") / "city"
    shutil.copytree(chicago, folder)
    words = ["boundaries", "grid", "--size", str(CELL_M), "--level", "district", "--city", str(folder)]
    assert app.main(words) == 0
    return folder


def asked(capsys: Captured, *words: object) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(run(capsys, *words, "--json"))
    return answer


def test_the_hot_spots_of_chicago_lie_on_the_west_side_and_the_south_side(gridded: Path, capsys: Captured) -> None:
    said = asked(capsys, "hotspots", "--period", "2019", "--city", gridded)
    assert said["incidents"] == 15_320
    largest = said["hotspots"][0]
    assert {owner["place"][:2] for owner in largest["owners"]} <= {"11", "15", "10"}  # Harrison, Austin, Ogden
    assert largest["incidents"] > 5 * largest["usual"]
    assert said["share_of_cells_with_half"] < 0.09 < 0.2 < said["share_by_chance"]


def test_the_back_test_of_chicago_is_the_one_in_the_documents(gridded: Path) -> None:
    city = open_city(gridded)
    told = foretold(city, dt.date(2019, 12, 31))
    assert told.incidents == 3_265
    assert told.hit_rate == pytest.approx(0.285, abs=0.002)
    assert told.baseline == pytest.approx(0.257, abs=0.002)
    assert told.hot_hit_rate > 5 * told.hot_area_share
    years = [foretold(city, dt.date(year, 12, 31)) for year in range(2015, 2019)]
    assert all(each.hit_rate > each.baseline > 4 * each.by_chance for each in years)


def test_chicago_dealt_anew_has_hot_spots_in_one_of_twenty_at_most(gridded: Path) -> None:
    city = open_city(gridded)
    alarms = null_hotspots(city, Period.parse("2019-Q4"), None, 40)
    assert max(alarms.values()) <= 6, alarms


def test_assaults_in_chicago_are_followed_by_others_at_the_same_place_within_a_week(
    gridded: Path, capsys: Captured
) -> None:
    said = asked(capsys, "near-repeat", "--city", gridded)
    assert said["incidents"] == 15_328
    assert said["p"][0][0] == 0.001
    assert said["ratio"][0][0] == pytest.approx(1.59, abs=0.02)
    assert len(said["rings"]) > 100
    assert {ring["radius_m"] for ring in said["rings"]} == {0.0}  # the test supports the same place only, for a week
    assert max(ring["until"] for ring in said["rings"]) <= "2020-01-07"


def test_every_pattern_of_chicago_has_an_answer(gridded: Path, capsys: Captured) -> None:
    assert len(asked(capsys, "emerging", "--city", gridded)["spots"]) > 0
    said = asked(capsys, "clusters", "--city", gridded)
    assert (said["guard"], said["level"]) == (None, "community")
    assert said["expected"] == pytest.approx(said["incidents"], rel=0.2)


def test_alerts_of_chicago_come_out_without_any_exposure(gridded: Path, tmp_path: Path, capsys: Captured) -> None:
    folder = tmp_path / "city"
    shutil.copytree(gridded, folder)
    exam = asked(capsys, "alerts", "exam", "--level", "community", "--city", folder)["exam"]
    run(capsys, "alerts", "on", "--level", "community", "--city", folder)
    run(capsys, "alerts", "run", "--weeks", "26", "--city", folder)
    alerts = asked(capsys, "alerts", "list", "--since", "2019-06-01", "--city", folder)
    assert exam["judged"] == 275 * 104
    assert exam["alerts_per_period"] < 0.5
    assert exam["false_alerts_per_period"] < 0.2
    assert [found["found"] > 0.05 for found in exam["planted"]] == [True, True]
    assert 1 <= len(alerts["alerts"]) <= 12
    assert all(alert["observed"] >= alert["expected"] + 2 for alert in alerts["alerts"])


def test_london_has_hot_spots_by_month_and_says_why_it_has_nothing_else(
    london: Path,  # noqa: F811
    capsys: Captured,
) -> None:
    said = asked(capsys, "hotspots", "--type", "burglary", "--period", "2017", "--city", london)
    assert (said["level"], said["against"], said["incidents"]) == ("street", "expected", 55_460)
    assert "Westminster" in {owner["name"] for owner in said["hotspots"][0]["owners"]}
    for command in ("emerging", "clusters", "near-repeat", "backtest"):
        assert asked(capsys, command, "--city", london)["guard"] == "months_only"
