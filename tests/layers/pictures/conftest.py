"""A hand that draws any view of the demo city, and one that reads a picture's text back."""

from __future__ import annotations

import gzip
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from callbacks.live import packed_outlines
from geodata.city import CityData
from geodata.store import Store
from layers.maps.patterns import pattern_of
from layers.pictures.paper import Sheet
from layers.pictures.picture import parse_picture, picture

Draw = Callable[[str], Sheet]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def draw(demo_folder: Path, demo_city: CityData) -> Draw:
    store = Store(demo_folder)

    def drawn(query: str) -> Sheet:
        return picture(
            parse_picture(query, demo_city),
            demo_city,
            lambda level: gzip.decompress(packed_outlines(store, demo_city, level)),
            lambda view, city: pattern_of(view, city),
        )

    return drawn


def root_of(sheet: Sheet) -> ET.Element:
    return ET.fromstring(sheet.svg())  # noqa: S314 # our own


def told(sheet: Sheet, kind: str) -> list[str]:
    """Return the texts of one kind in the order in which they stand in the file."""
    found = root_of(sheet).iter(f"{SVG}text")
    return [plain(each.text or "") for each in found if each.get("class") == kind]


def plain(words: str) -> str:
    """Return words with plain spaces."""
    return " ".join(words.replace("\u2009", " ").replace("\u00a0", " ").split())


def plains(words: Iterable[str]) -> list[str]:
    return [plain(each) for each in words]
