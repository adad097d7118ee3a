"""The command `export`: files without a browser, whole or not at all."""

from __future__ import annotations

import json
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
