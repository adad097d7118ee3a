"""Meetings on the command line: prepared, listed, verified anywhere, and taken away."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from app import main
from geodata.meeting.dossier import read_dossier
from tests.test_commands import Captured, refused, run


@pytest.fixture(scope="module")
def city(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a demo city in which meetings may be held."""
    return Path(shutil.copytree(demo_folder, tmp_path_factory.mktemp("meetings") / "city"))


@pytest.fixture(scope="module")
def dossier(city: Path) -> Path:
    path = city.parent / "gongbei.zip"
    asked = ["meeting", "prepare", "--place", "拱北街道", "--period", "2026-08", "--out", str(path)]
    assert main([*asked, "--city", str(city)]) == 0
    return path


def test_a_meeting_is_prepared_by_id_or_name_and_listed(capsys: Captured, city: Path, dossier: Path) -> None:
    again = dossier.with_name("again.zip")
    said = json.loads(
        run(
            *(capsys, "meeting", "prepare", "--place", "440402005", "--period", "2026-08", "--out", again),
            *("--city", city, "--json"),
        )
    )
    assert said["place"] == "440402005"
    assert again.read_bytes() == dossier.read_bytes()
    listed = json.loads(run(capsys, "meeting", "list", "--city", city, "--json"))
    assert said["id"] in [each["id"] for each in listed]
    assert "拱北街道" in run(capsys, "meeting", "list", "--city", city)


def test_all_districts_have_a_dossier_each(capsys: Captured, city: Path, tmp_path: Path) -> None:
    out = tmp_path / "卷宗"
    run(capsys, "meeting", "prepare", "--every", "district", "--period", "2026-08", "--out", out, "--city", city)
    names = sorted(path.name for path in out.iterdir())
    assert names == ["2026-08_440402.zip", "2026-08_440403.zip", "2026-08_440404.zip"]
    assert read_dossier(out / names[0]).meeting.briefing.title.level == "district"


def test_a_dossier_is_verified_where_no_city_is(capsys: Captured, dossier: Path, tmp_path: Path) -> None:
    said = run(capsys, "meeting", "verify", dossier, "--city", tmp_path / "nowhere")
    assert "全部数字重算一致" in said
    assert "equal" in said
    assert not (tmp_path / "nowhere").exists()


def test_a_changed_dossier_ends_with_one(capsys: Captured, dossier: Path, tmp_path: Path) -> None:
    content = bytearray(dossier.read_bytes())
    content[len(content) // 3] ^= 4
    changed = tmp_path / "changed.zip"
    changed.write_bytes(content)
    assert main(["meeting", "verify", str(changed)]) == 1
    assert "封存校验" in capsys.readouterr().out
    assert main(["meeting", "verify", str(changed), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["differences"][0]["path"] == "file"


def test_what_is_not_there_is_told(capsys: Captured, city: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.zip"
    for words in (["--place", "nix"], ["--period", "2031-01"], ["--period", "2026-08-01"]):
        refused(capsys, "meeting", "prepare", *words, "--out", out, "--city", city)
    refused(capsys, "meeting", "verify", tmp_path / "nix.zip")
    refused(capsys, "meeting", "export", "nix", "--out", tmp_path / "x.docx", "--city", city)
    assert "docx" in refused(capsys, "meeting", "export", "nix", "--out", tmp_path / "x.odt", "--city", city)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("kind", "head"), [("docx", b"PK"), ("pptx", b"PK"), ("pdf", b"%PDF"), ("png", b"\x89PNG")])
def test_a_meeting_is_taken_away_from_its_dossier_alone(
    capsys: Captured, dossier: Path, tmp_path: Path, kind: str, head: bytes
) -> None:
    path = tmp_path / f"minutes.{kind}"
    assert run(capsys, "meeting", "export", dossier, "--out", path).strip() == path.name
    assert path.read_bytes().startswith(head)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
