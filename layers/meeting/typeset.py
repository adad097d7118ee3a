"""The minutes as PDF, set by Typst: embedded fonts, text that can be selected, maps as lines and areas."""

from __future__ import annotations

import json
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst

from geodata.written import THIN
from layers.meeting.minutes import Blanks, Block, Closing, Grid, Minutes, Picture
from layers.pictures.fonts import folders, fonts_for
from layers.text import text

TEMPLATE = Path(__file__).with_name("minutes.typ")
SERIF = ("Noto Serif CJK SC", "Source Han Serif SC", "Noto Serif SC", "Source Han Serif CN", "Songti SC")
FONTS: dict[str, tuple[str, ...]] = {
    "title": ("FZXiaoBiaoSong-B05S", "FZXiaoBiaoSong-B05", "STZhongsong", *SERIF, "SimSun"),
    "body": ("FangSong_GB2312", "FangSong", "STFangsong", *SERIF, "SimSun"),
    "black": ("SimHei", "STHeiti", "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei"),
    "script": ("KaiTi_GB2312", "KaiTi", "STKaiti", "Kaiti SC", *SERIF, "SimSun"),
}
"""Fonts of official documents, the best first, and what stands for them on other machines."""
LATIN = ("Times New Roman", "Liberation Serif")
LATIN_ROLES = ("title", "body", "script")
BOLD = {"title": SERIF, "script": SERIF, "black": ("Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei")}
"""Fonts that are bold where the one that they stand for is heavy by itself."""


def pdf_of(minutes: Minutes) -> bytes:
    """Return the minutes as PDF; the same minutes give the same bytes on a machine with the same fonts.

    Raises
    ------
    FontError
        If the machine has no font for some of the characters.
    """
    record: dict[str, Any] = {
        "lang": minutes.lang,
        "title": plain(minutes.title),
        "subtitle": minutes.subtitle,
        "mark": minutes.mark,
        "author": text(minutes.lang, "brand"),
        "blocks": [_plain(minutes.lang, block) for block in minutes.blocks],
    }
    others = tuple(family.name for family in fonts_for(_words(record)))
    places = tuple(folders())
    chosen = {role: _first(places, names) for role, names in FONTS.items()}
    record["fonts"] = {
        role: [*(_latin(each) for each in LATIN if role in LATIN_ROLES), *([name] if name else []), *others]
        for role, name in chosen.items()
    }
    record["weights"] = {
        role: "bold" if chosen[role] in BOLD.get(role, ()) or (minutes.lang != "zh" and role != "body") else "regular"
        for role in FONTS
    }
    made = typst.compile(
        TEMPLATE.read_bytes(),
        font_paths=_fonts(places),
        ignore_system_fonts=True,
        sys_inputs={"minutes": json.dumps(record, ensure_ascii=False)},
        timestamp=0,
    )
    return bytes(made)


def _plain(lang: str, block: Block) -> dict[str, Any]:
    """Return a block as the template reads it."""
    kind = type(block).__name__
    if isinstance(block, Picture):
        svg = block.sheet.svg().decode()
        return {
            "kind": kind,
            "svg": svg,
            "width": block.sheet.width,
            "title": plain(block.title),
            "told": plain(block.told),
            "note": plain(block.note),
        }
    if isinstance(block, Blanks):
        return {"kind": kind, "labels": [text(lang, "minutes_field", label=label) for label in block.labels]}
    if isinstance(block, Closing):
        label = text(lang, "minutes_field", label=block.label)
        return {"kind": kind, "label": label, "annexes": list(block.annexes), "blanks": _plain(lang, block.blanks)}
    whole = {"whole": block.whole} if isinstance(block, Grid) else {}
    return {"kind": kind} | whole | {each.name: _written(getattr(block, each.name)) for each in fields(block)}


def _written(value: Any) -> Any:
    if isinstance(value, str):
        return plain(value)
    return [_written(each) for each in value] if isinstance(value, tuple) else value


def plain(words: str) -> str:
    """Return words with spaces that Chinese fonts have; no number is broken there."""
    return words.replace(THIN, "\u00a0")


def _latin(name: str) -> dict[str, str]:
    """Return a font for letters and digits only: quotation marks between Chinese are Chinese ones."""
    return {"name": name, "covers": "latin-in-cjk"}


def _words(value: Any) -> list[str]:
    """Return every text of a record but its drawings, which look after their own."""
    if isinstance(value, dict):
        return [words for key, each in value.items() if key != "svg" for words in _words(each)]
    if isinstance(value, list):
        return [words for each in value for words in _words(each)]
    return [value] if isinstance(value, str) else []


@lru_cache(maxsize=2)
def _fonts(places: tuple[Path, ...]) -> typst.Fonts:
    """Return the fonts of this machine."""
    found = [str(place) for place in places if place.is_dir()]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=found)


@lru_cache(maxsize=16)
def _first(places: tuple[Path, ...], names: tuple[str, ...]) -> str:
    """Return the first of some families that the machine has, "" without."""
    known = set(_fonts(places).families())
    return next((name for name in names if name in known), "")
