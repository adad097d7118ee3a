"""Fonts: the Chinese face of a collection, and a sentence where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from layers.pictures.fonts import FontError, families, folders, fonts_for


def nowhere(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr("layers.pictures.fonts.folders", lambda: [folder])


def test_a_machine_without_fonts_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    nowhere(monkeypatch, tmp_path)
    with pytest.raises(FontError) as caught:
        fonts_for(["珠海市"])
    assert caught.value.status == 503
    assert "fonts-noto-cjk" in caught.value.zh
    assert "PINGAN_FONTS" in caught.value.en


def test_a_damaged_font_is_none(tmp_path: Path) -> None:
    (tmp_path / "NotoSansCJK-Regular.ttc").write_bytes(b"ttcf" + b"\0" * 50)
    (tmp_path / "simhei.ttf").write_bytes(b"")
    assert families((tmp_path,)) == ()


def test_characters_that_no_font_has_are_named() -> None:
    with pytest.raises(FontError) as caught:
        fonts_for(["珠海\ue0a5"])  # of private use: no font of the system has it
    assert "\ue0a5" in caught.value.zh


def test_chinese_is_written_with_the_face_for_chinese() -> None:
    found = fonts_for(["直骨 84.3 ◆"])
    assert found[0].name.endswith(("SC", "CN", "YaHei", "Hei"))
    assert found[0].width("珠海", 10) == pytest.approx(20)
    assert found[0].width("il", 10) < found[0].width("WM", 10)


def test_a_folder_may_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PINGAN_FONTS", str(tmp_path))
    assert folders()[0] == tmp_path
