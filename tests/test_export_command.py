"""The command `export`: files without a browser, whole or not at all."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from app import main


def test_places_are_written(demo_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "streets.geojson"
    assert main(["export", "places", str(path), "--city", str(demo_folder), "--view", "level=street&lang=en"]) == 0
    assert len(json.loads(path.read_bytes())["features"]) == 25
    assert capsys.readouterr().out.strip() == "streets.geojson"
    assert [file.name for file in tmp_path.iterdir()] == ["streets.geojson"]


def test_incidents_are_written(demo_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    assert main(["export", "incidents", str(path), "--city", str(demo_folder), "--view", "?place=440402006"]) == 0
    assert path.read_bytes().startswith(b"\xef\xbb\xbfincident_id,source,")


def test_another_ending_is_refused(demo_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "incidents", str(tmp_path / "rows.xlsx"), "--city", str(demo_folder)]) == 2
    assert "gpkg" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_a_picture_is_drawn(demo_folder: Path, tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"trend.{kind}"
    asked = ["export", "picture", str(path), "--city", str(demo_folder), "--view", "chart=trend", "--size", "screen"]
    assert main(asked) == 0
    assert path.read_bytes().startswith(b"\x89PNG" if kind == "png" else b"<svg ")
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_nothing_is_published_without_a_review_number(
    demo_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "map.png"
    assert main(["export", "picture", str(path), "--city", str(demo_folder), "--view", "public=1"]) == 2
    assert "审图号" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_with_a_review_number_a_picture_may_be_public(demo_folder: Path, tmp_path: Path) -> None:
    city, path = tmp_path / "city", tmp_path / "trend.svg"
    shutil.copytree(demo_folder, city)
    asked = ["export", "picture", str(path), "--city", str(city), "--view", "chart=trend&public=1"]
    assert main(["city", "--city", str(city), "--review-number", "粤S(2026)001号"]) == 0
    assert main(asked) == 0
    assert "审图号：粤S(2026)001号" in path.read_text(encoding="utf-8")
    assert main(["city", "--city", str(city), "--review-number", ""]) == 0
    assert main(asked) == 2
