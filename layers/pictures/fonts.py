"""Fonts of the system that pictures are written with, how wide they write, and which characters they have."""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTCollection, TTFont, TTLibError

from geodata.errors import PinganError
from layers.text import FONT_PROBE, text

FAMILIES: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        "Noto Sans CJK SC",
        ("NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf"),
        ("NotoSansCJK-Bold.ttc", "NotoSansCJKsc-Bold.otf"),
    ),
    (
        "Noto Sans SC",
        ("NotoSansSC-Regular.otf", "NotoSansSC-Regular.ttf"),
        ("NotoSansSC-Bold.otf", "NotoSansSC-Bold.ttf"),
    ),
    ("Source Han Sans SC", ("SourceHanSansSC-Regular.otf", "SourceHanSans.ttc"), ("SourceHanSansSC-Bold.otf",)),
    ("Source Han Sans CN", ("SourceHanSansCN-Regular.otf",), ("SourceHanSansCN-Bold.otf",)),
    ("Microsoft YaHei", ("msyh.ttc", "msyh.ttf"), ("msyhbd.ttc", "msyhbd.ttf")),
    ("PingFang SC", ("PingFang.ttc",), ()),
    ("HarmonyOS Sans SC", ("HarmonyOS_Sans_SC_Regular.ttf",), ("HarmonyOS_Sans_SC_Bold.ttf",)),
    ("WenQuanYi Micro Hei", ("wqy-microhei.ttc",), ()),
    ("WenQuanYi Zen Hei", ("wqy-zenhei.ttc",), ()),
    ("SimHei", ("simhei.ttf",), ()),
    ("Droid Sans Fallback", ("DroidSansFallbackFull.ttf", "DroidSansFallback.ttf"), ()),
    ("DejaVu Sans", ("DejaVuSans.ttf",), ("DejaVuSans-Bold.ttf",)),
    ("Segoe UI", ("segoeui.ttf",), ("segoeuib.ttf",)),
    ("Liberation Sans", ("LiberationSans-Regular.ttf",), ("LiberationSans-Bold.ttf",)),
)
"""Family, and the names of its files for plain and bold; what comes first is taken first."""
FOLDER = "PINGAN_FONTS"
"""Names a folder that is searched before those of the system."""
DAMAGED = (OSError, TTLibError, StopIteration, KeyError, AssertionError, ValueError, TypeError, struct.error)
"""What reading a broken font may raise."""


class FontError(PinganError):
    """The machine has no font for a text."""

    status = 503


@dataclass(frozen=True)
class Face:
    """One font of a file."""

    path: Path
    number: int
    """Its place in a collection."""

    @cached_property
    def advances(self) -> dict[int, float]:
        """Return the width of each character that the font has [em]."""
        with self.path.open("rb") as file, TTFont(file, fontNumber=self.number, lazy=True) as font:
            widths, unit = font["hmtx"].metrics, font["head"].unitsPerEm
            return {letter: widths[glyph][0] / unit for letter, glyph in (font.getBestCmap() or {}).items()}

    def advance(self, letter: str) -> float:
        """Return the width of a character [em]; of one that it lacks that of a square."""
        return self.advances.get(ord(letter), 1.0)


@dataclass(frozen=True)
class Family:
    """A font in plain and, where there is one, bold."""

    name: str
    plain: Face
    bold: Face | None = None

    @property
    def files(self) -> list[str]:
        """Return the files of the family."""
        return [str(face.path) for face in (self.plain, self.bold) if face is not None]

    def has(self, letter: str) -> bool:
        """Say whether every face has a character."""
        return all(ord(letter) in face.advances for face in (self.plain, self.bold) if face is not None)

    def width(self, words: str, size: float, *, bold: bool = False) -> float:
        """Return how wide words are in a size, in the unit of that size."""
        face = self.bold if bold and self.bold is not None else self.plain
        return size * sum(map(face.advance, words))


def folders() -> list[Path]:
    """Return where fonts lie on this machine."""
    home, given = Path.home(), os.environ.get(FOLDER)
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA") or str(home)
        found = [Path(os.environ.get("WINDIR", r"C:\Windows")) / "Fonts", Path(local) / "Microsoft/Windows/Fonts"]
    elif sys.platform == "darwin":
        found = [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts"]
    else:
        found = [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), home / ".fonts", home / ".local/share/fonts"]
    return [*([Path(given)] if given else []), *found]


@lru_cache(maxsize=4)
def families(places: tuple[Path, ...]) -> tuple[Family, ...]:
    """Return the known families that lie in some folders or below them, the best first."""
    files: dict[str, Path] = {}
    for folder in places:
        for path in sorted(folder.rglob("*")):
            files.setdefault(path.name.lower(), path)
    found = []
    for name, plain, bold in FAMILIES:
        faces = [
            next((face for file in names if (face := _face(files.get(file.lower()), name))), None)
            for names in (plain, bold)
        ]
        if faces[0] is not None:
            found.append(Family(name, faces[0], faces[1]))
    return tuple(found)


def _face(path: Path | None, family: str) -> Face | None:
    """Return the face of a family in a file, None if it is not there."""
    if path is None:
        return None
    try:
        face = Face(path, _number(path, family) if path.suffix.lower() == ".ttc" else 0)
        return face if face.advances else None
    except DAMAGED:
        return None  # or of another kind than its name says


def _number(path: Path, family: str) -> int:
    """Return the place of a family in a collection, which holds those of several languages."""
    with path.open("rb") as file:
        return next(k for k, font in enumerate(TTCollection(file, lazy=True)) if family in _names(font))


def _names(font: Any) -> set[str]:
    return {str(font["name"].getDebugName(kind)) for kind in (1, 16)}


def fonts_for(words: Iterable[str]) -> list[Family]:
    """Return the families that a picture with some words is written with: the first writes what it can.

    Raises
    ------
    FontError
        If the machine has no font for some of the characters.
    """
    missing = {letter for each in words for letter in each if not letter.isspace()}
    known, chosen = families(tuple(folders())), list[Family]()
    for family in known:
        has = {letter for letter in missing if family.has(letter)}
        if has:
            chosen.append(family)
            missing -= has
        if not missing:
            return chosen
    if not any(all(map(family.has, FONT_PROBE)) for family in known):
        raise FontError(*(text(lang, "picture_no_font", folder=FOLDER) for lang in ("zh", "en")))
    letters = "".join(sorted(missing))[:20]
    raise FontError(*(text(lang, "picture_no_letter", letters=letters, folder=FOLDER) for lang in ("zh", "en")))
