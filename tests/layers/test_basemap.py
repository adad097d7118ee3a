"""The map below the places: what the page is told, and that the colours above it stay what the legend says."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from geodata.city import CityData
from geodata.store import CitySettings
from geodata.tiles import Basemap
from layers.maps.basemap import basemap_payload, credit
from layers.style import BAND_COLOURS, ramp
from layers.view import default_view, next_view, parse_view
from tests.colour import difference

CSS = Path(__file__).resolve().parents[2] / "assets" / "css" / "22_basemap.css"


def with_settings(city: CityData, **changes: object) -> CityData:
    return dataclasses.replace(city, settings=dataclasses.replace(city.settings, **changes))


def test_without_basemap_and_number_nothing_is_told(demo_city: CityData) -> None:
    assert basemap_payload(default_view(demo_city), demo_city) is None


def test_the_review_number_is_shown_without_a_basemap(demo_city: CityData) -> None:
    told = basemap_payload(default_view(demo_city), with_settings(demo_city, review_number="GS(2026)1号"))
    assert told is not None
    assert (told["url"], told["credit"]) == (None, "审图号：GS(2026)1号")


@pytest.mark.parametrize(
    ("lang", "shown", "expected"),
    [
        ("zh", True, "底图：天地图 · 审图号：GS(2026)1号"),
        ("zh", False, "审图号：GS(2026)1号"),
        ("en", True, "Basemap: 天地图 · Map review number GS(2026)1号"),
    ],
)
def test_the_credit_says_whose_the_tiles_are_while_they_are_shown(lang: str, shown: bool, expected: str) -> None:
    settings = CitySettings(basemap=Basemap("a.mbtiles", "天地图"), review_number="GS(2026)1号")
    assert credit(lang, settings, shown=shown) == expected


def test_a_basemap_of_nobody_says_so() -> None:
    assert credit("zh", CitySettings(basemap=Basemap("a.mbtiles")), shown=True) == "底图：来源未注明"


def test_the_switch_is_part_of_the_link(demo_city: CityData) -> None:
    view = default_view(demo_city)
    hidden = next_view(view, {"kind": "basemap"}, demo_city)
    assert "basemap=off" in hidden.search()
    assert parse_view(hidden.search(), demo_city) == hidden
    assert next_view(hidden, {"kind": "basemap"}, demo_city) == view
    city = with_settings(demo_city, basemap=Basemap("a.mbtiles", "某局"))
    told = basemap_payload(hidden, city)
    assert told is not None
    assert (told["shown"], told["credit"]) == (0, "")


def test_another_basemap_has_other_addresses(demo_city: CityData) -> None:
    view, addresses = default_view(demo_city), set()
    for basemap in (Basemap("a.mbtiles"), Basemap("b.mbtiles"), Basemap("a.mbtiles", "", 0, 12)):
        told = basemap_payload(view, with_settings(demo_city, basemap=basemap))
        assert told is not None
        addresses.add(told["url"])
    assert len(addresses) == 3


# --- colours ---


def paled(light: float) -> float:
    """Return how light a grey of the basemap is as the style sheet pales it, on white; 0 to 1."""
    rule = re.search(r"-basemap-pane \{\s*filter: ([^;]+);\s*opacity: ([\d.]+);", CSS.read_text(encoding="utf-8"))
    assert rule, "the style sheet no longer pales the basemap"
    contrast, brightness = (float(re.search(rf"{name}\(([\d.]+)\)", rule[1])[1]) for name in ("contrast", "brightness"))
    shown = min(1.0, ((light - 0.5) * contrast + 0.5) * brightness)
    return 1 - float(rule[2]) * (1 - shown)


def multiplied(colour: str, factor: float) -> str:
    return "#" + "".join(f"{round(int(colour[k : k + 2], 16) * factor):02x}" for k in (1, 3, 5))


def nearest(colour: str, colours: list[str]) -> int:
    return min(range(len(colours)), key=lambda k: difference(colour, colours[k]))


BANDS = [look[0] for look in BAND_COLOURS.values()]


def test_white_stays_white() -> None:
    assert paled(1.0) == 1.0


def test_a_band_is_told_over_the_darkest_line_of_a_basemap() -> None:
    for k, colour in enumerate(BANDS):
        assert nearest(multiplied(colour, paled(0.0)), BANDS) == k


@pytest.mark.parametrize("n", range(2, 8))
def test_a_class_of_a_rate_is_told_over_land_and_water(n: int) -> None:
    colours = [fill for fill, _ in ramp(n)]
    for light in (0.6, 0.74, 0.9, 1.0):  # water of usual maps is lighter than 0.7, their land than 0.9
        for k, colour in enumerate(colours):
            assert nearest(multiplied(colour, paled(light)), colours) == k, (n, light)
