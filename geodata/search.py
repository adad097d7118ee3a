"""Places by name, code, pinyin and initials: one index a version of the boundaries, asked in a few milliseconds.

All names stand one behind the other as numbers of characters. A question is read from left to right, and each step
takes one character of a name: by itself, by a whole syllable of any of its readings, or by the initial of one. So 拱北
is found by 拱, gongbei, gongb, gbei and gb, and 重 by zhong and by chong, without writing the readings of a name out.
"""

from __future__ import annotations

import os
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from geodata.locate import NOWHERE, Index, ancestors
from geodata.vocabulary import LEVELS, PlaceLevel

MOST_QUERY = 40
"""Longer questions are refused by who takes them in."""
MOST_FOUND = 12
CITY = -1
"""Row of the city itself in an answer."""

_NONE = 255
# how well a place fits, best first
_CODE, _WHOLE, _NAME, _SPOKEN, _SHORT, _LATER, _LATER_SHORT, _INSIDE, _PATH = range(9)
_FRONT, _WORD, _MIDDLE = range(3)
"""Where in a name a match begins: at its front, at a later word or syllable, inside a word."""
_FIT = {
    "text": np.array([_NAME, _LATER, _INSIDE], dtype=np.uint8),
    "spoken": np.array([_SPOKEN, _LATER, _INSIDE], dtype=np.uint8),
    "short": np.array([_SHORT, _LATER_SHORT, _INSIDE], dtype=np.uint8),
}
_POINT = re.compile(r"\s*(-?\d{1,3}(?:\.\d{1,12})?)\s*(?:[,;、/]\s*|\s)\s*(-?\d{1,3}(?:\.\d{1,12})?)\s*")

Mask = npt.NDArray[np.bool_]
Fits = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Found:
    """The answer to one question."""

    rows: Index
    """Rows of the table of places, best first, at most `most`; ``CITY`` is the city itself."""
    rest: int
    """How many more there are."""


def plain(text: str) -> str:
    """Return what of a text is compared: letters and digits, without width, case, accents, spaces and marks.

    >>> plain(" Ｊing'an　Town "), plain("第００１网格（东）")
    ('jingantown', '第001网格东')
    """
    return "".join(character for character in unicodedata.normalize("NFKD", text).casefold() if character.isalnum())


def read_point(text: str, bounds: Sequence[float]) -> tuple[float, float] | None:
    """Return longitude and latitude if a text is a position, else None.

    Longitude comes first, unless only the other order lies in the city.

    Parameters
    ----------
    text
        Two numbers in degrees, apart by a comma, a semicolon or a space; at least one of them has decimals.
    bounds
        West, south, east, north of the city [degrees].
    """
    spelt = _POINT.fullmatch(unicodedata.normalize("NFKC", text).replace("\u2212", "-"))
    if spelt is None or "." not in text.replace("．", "."):
        return None
    one, two = float(spelt[1]), float(spelt[2])
    west, south, east, north = bounds
    orders = [(lon, lat) for lon, lat in ((one, two), (two, one)) if abs(lon) <= 180 and abs(lat) <= 90]
    inside = [(lon, lat) for lon, lat in orders if west <= lon <= east and south <= lat <= north]
    return next(iter(inside + orders), None)


class SearchIndex:
    """Finds places of one version of the boundaries; threads may share it.

    Parameters
    ----------
    places
        place_id, name, name_en, level, parent_id, parent_level, sorted by level as `boundaries.join_levels` returns
        them.
    city
        Names of the city itself, Chinese and English.
    """

    def __init__(self, places: pd.DataFrame, city: tuple[str, str] = ("", "")) -> None:
        level_of = places["level"].to_numpy(dtype=str)
        columns = zip(places["name"].tolist(), places["name_en"].tolist(), strict=True)
        number: dict[tuple[str, str], int] = {}
        self._name_of = np.array([number.setdefault(each, len(number)) for each in [city, *columns]], dtype=np.int32)
        self._texts = _Texts(list(number))
        coded = sorted((plain(code), entry) for entry, code in enumerate(places["place_id"].tolist(), 1))
        self._codes = [code for code, _ in coded]
        self._coded = np.array([entry for _, entry in coded], dtype=np.int64)
        depth = np.concatenate([[-1], [_DEPTH[level] for level in level_of]])
        self._is_cell = depth == PlaceLevel.GRID_CELL.depth
        code_order = np.empty(len(depth), dtype=np.int64)
        code_order[[0, *self._coded]] = np.arange(len(depth))
        self._place_in_order = np.empty(len(depth), dtype=np.int64)
        order = np.lexsort((code_order, self._texts.alphabetical()[self._name_of], depth))
        self._place_in_order[order] = np.arange(len(depth))
        above = ancestors(places)
        self._above = np.concatenate([np.full((1, len(LEVELS)), NOWHERE, dtype=np.int32), above]) + 1  # 0 = the city

    def find(self, query: str, most: int = MOST_FOUND) -> Found:
        """Return the places that a question means.

        First a code or a whole name; then names that begin so, that sound so from their front, whose initials begin so,
        the same from a later word or syllable, and inside a word. Numbered grid cells stand behind all other places
        unless they are named whole; then the coarser level stands first, then the name.

        Parameters
        ----------
        query
            What was typed; words apart by spaces may also name a place and what holds it ("紫荆 网格001").
        most
            Length of the answer.
        """
        words = [word for word in map(plain, query.split()) if word]
        if not words:
            return Found(np.empty(0, dtype=np.int32), 0)
        fits = self._fits("".join(words))
        if len(words) > 1 and (fits == _NONE).all():
            fits = self._along_the_path(words)
        entries = np.flatnonzero(fits != _NONE)
        fit = fits[entries].astype(np.int64)
        shelf = np.where(self._is_cell[entries] & (fit > _WHOLE), fit + _PATH + 1, fit)
        rank = shelf * len(fits) + self._place_in_order[entries]
        best = np.argpartition(rank, most)[:most] if len(rank) > most else np.arange(len(rank))
        best = best[np.argsort(rank[best])]
        return Found((entries[best] - 1).astype(np.int32), max(0, len(entries) - most))

    def _fits(self, query: str) -> Fits:
        """Return how well each entry fits, the city first, shape (n_places + 1,)."""
        fits = self._texts.fits(query)[self._name_of]
        first, same = bisect_left(self._codes, query), bisect_right(self._codes, query)
        beginning = self._coded[same : bisect_right(self._codes, query + chr(0x10FFFF))]
        fits[beginning] = np.minimum(fits[beginning], _NAME)
        fits[self._coded[first:same]] = _CODE
        return fits

    def _along_the_path(self, words: Sequence[str]) -> Fits:
        """Find places of which one word is the name, and all others name it or what holds it."""
        named = np.stack([self._fits(word) <= _LATER for word in words])
        held = np.stack([each[self._above].any(axis=1) for each in named])
        return np.where(held.all(axis=0) & named.any(axis=0), _PATH, _NONE).astype(np.uint8)


_DEPTH = {level.value: level.depth for level in LEVELS}


class _Texts:
    """All names in both languages, one behind the other, as numbers of characters; 0 ends a name."""

    def __init__(self, names: Sequence[tuple[str, str]]) -> None:
        spelt = [(owner, text) for owner, both in enumerate(names) for text in dict.fromkeys(both) if plain(text)]
        texts = [plain(text) for _, text in spelt]
        self._n_names = len(names)
        self._number = {each: k for k, each in enumerate(sorted({*"".join(texts)}), 1)}
        self._codes = np.array([self._number.get(each, 0) for each in "\n".join([*texts, ""])], dtype=np.int32)
        lengths = np.array([len(text) + 1 for text in texts], dtype=np.int64)
        self._owner = np.repeat(np.array([owner for owner, _ in spelt], dtype=np.int32), lengths)
        self._front = self._fronts(spelt, lengths)
        self._readings = _readings(self._number)
        self._whole = self._masks((reading, each) for each, said in self._readings.items() for reading in said)
        self._starting = self._masks(
            (reading[:length], each)
            for each, said in self._readings.items()
            for reading in said
            for length in range(1, len(reading) + 1)
        )
        self._sounds = [
            "".join(self._readings.get(each, each)[0] for each in plain(name or name_en)) for name, name_en in names
        ]

    @staticmethod
    def _fronts(spelt: Sequence[tuple[int, str]], lengths: npt.NDArray[np.int64]) -> Fits:
        """Say of each character what begins there: a name, a word or syllable, or nothing."""
        fronts = np.full(int(lengths.sum()), _MIDDLE, dtype=np.uint8)
        at = 0
        for (_, text), length in zip(spelt, lengths.tolist(), strict=True):
            kinds = _kinds(text)
            here = at
            for before, (kind, n) in pairwise([("", 0), *kinds]):
                if n and (kind == "han" or kind != before[0]):
                    fronts[here] = _WORD
                here += n
            fronts[at] = _FRONT
            at += length
        return fronts

    def _masks(self, pairs: Iterator[tuple[str, str]]) -> dict[str, Mask]:
        """Return for each sound which characters have it, shape (n_characters + 1,)."""
        masks: dict[str, Mask] = {}
        for sound, character in pairs:
            if sound not in masks:
                masks[sound] = np.zeros(len(self._number) + 1, dtype=np.bool_)
            masks[sound][self._number[character]] = True
        return masks

    def alphabetical(self) -> npt.NDArray[np.int64]:
        """Return the place of each name in the alphabet of its sound, shape (n_names,)."""
        order = sorted(range(self._n_names), key=self._sounds.__getitem__)
        places = np.empty(self._n_names, dtype=np.int64)
        places[order] = np.arange(self._n_names)
        return places

    def fits(self, query: str) -> Fits:
        """Return how well a question fits each name, shape (n_names,)."""
        fits = np.full(self._n_names, _NONE, dtype=np.uint8)
        latin = any("a" <= letter <= "z" for letter in query)
        for way in ("text", "spoken", "short") if latin else ("text",):
            reached = self._read(query, way)
            ends = np.flatnonzero(reached != _NONE)
            fit = _FIT[way][reached[ends]]
            if way != "short":
                fit[(reached[ends] == _FRONT) & (self._codes[ends] == 0)] = _WHOLE
            np.minimum.at(fits, self._owner[ends], fit)
        return fits

    def _read(self, query: str, way: str) -> Fits:
        """Return for each position before which a name has answered the whole question where the match began."""
        size = len(self._codes)
        reached = [np.where(self._codes == 0, _NONE, self._front).astype(np.uint8)]
        reached += [np.full(size, _NONE, dtype=np.uint8) for _ in query]
        for start in range(len(query)):
            here = np.flatnonzero(reached[start] != _NONE)
            if len(here) == 0:
                continue
            characters, began = self._codes[here], reached[start][here]
            for end, mask in self._steps(query, start, way):
                taken = mask[characters]
                after = here[taken] + 1
                reached[end][after] = np.minimum(reached[end][after], began[taken])
        return reached[-1]

    def _steps(self, query: str, start: int, way: str) -> Iterator[tuple[int, Mask]]:
        """Yield how much of a question one character of a name may take, and which characters."""
        if (number := self._number.get(query[start])) is not None:
            same = np.zeros(len(self._number) + 1, dtype=np.bool_)
            same[number] = True
            yield start + 1, same
        if way == "text":
            return
        for end in range(start + 1, min(start + 6, len(query)) + 1):
            part = query[start:end]
            short = way == "short" and (len(part) == 1 or part in ("zh", "ch", "sh"))
            sounds = self._starting if short or end == len(query) else self._whole
            if (mask := sounds.get(part)) is not None:
                yield end, mask


def _kinds(text: str) -> list[tuple[str, int]]:
    """Return the kind of each character and how many characters it is compared by."""
    kinds = []
    for character in text:
        n = len(plain(character))
        if n == 0 and unicodedata.combining(character):
            continue
        script = "digit" if character.isdigit() else "han" if _is_han(character) else "letter"
        kinds.append((script if n else "gap", n))
    return kinds


def _is_han(character: str) -> bool:
    return unicodedata.name(character, "").startswith("CJK")


def _readings(characters: Sequence[str] | dict[str, int]) -> dict[str, tuple[str, ...]]:
    """Return all readings of the Chinese ones of some characters, without tones, the commonest first.

    ü is written v, u and yu.
    """
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")  # any reading counts: its 44 MB of phrases are not needed
    from pypinyin import Style, pinyin

    han = [character for character in characters if _is_han(character)]
    spelt = {each: pinyin(each, style=Style.NORMAL, heteronym=True, errors="ignore") for each in han}
    return {each: tuple(dict.fromkeys(_spellings(said[0]))) for each, said in spelt.items() if said}


def _spellings(readings: Sequence[str]) -> Iterator[str]:
    for reading in readings:
        for u in ("v", "u", "yu") if "v" in reading else ("",):
            if spelling := plain(reading.replace("v", u)):
                yield spelling
