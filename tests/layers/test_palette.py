"""Colours that tell classes apart: for everybody, for the colour-blind, and printed without colour."""

from __future__ import annotations

import itertools

import pytest

from layers.style import BAND_COLOURS, RAMP, RAMP_INK, RAMPS, luminance, ramp
from tests.colour import SIGHTS, ciede2000, difference, seen
from tests.layers.test_style import READABLE, contrast

SHARMA = [
    ((50.0000, 2.6772, -79.7751), (50.0000, 0.0000, -82.7485), 2.0425),
    ((50.0000, 3.1571, -77.2803), (50.0000, 0.0000, -82.7485), 2.8615),
    ((50.0000, 2.8361, -74.0200), (50.0000, 0.0000, -82.7485), 3.4412),
    ((50.0000, -1.3802, -84.2814), (50.0000, 0.0000, -82.7485), 1.0000),
    ((50.0000, -1.1848, -84.8006), (50.0000, 0.0000, -82.7485), 1.0000),
    ((50.0000, -0.9009, -85.5211), (50.0000, 0.0000, -82.7485), 1.0000),
    ((50.0000, 0.0000, 0.0000), (50.0000, -1.0000, 2.0000), 2.3669),
    ((50.0000, -1.0000, 2.0000), (50.0000, 0.0000, 0.0000), 2.3669),
    ((50.0000, 2.4900, -0.0010), (50.0000, -2.4900, 0.0009), 7.1792),
    ((50.0000, 2.4900, -0.0010), (50.0000, -2.4900, 0.0010), 7.1792),
    ((50.0000, 2.4900, -0.0010), (50.0000, -2.4900, 0.0011), 7.2195),
    ((50.0000, 2.4900, -0.0010), (50.0000, -2.4900, 0.0012), 7.2195),
    ((50.0000, -0.0010, 2.4900), (50.0000, 0.0009, -2.4900), 4.8045),
    ((50.0000, -0.0010, 2.4900), (50.0000, 0.0010, -2.4900), 4.8045),
    ((50.0000, -0.0010, 2.4900), (50.0000, 0.0011, -2.4900), 4.7461),
    ((50.0000, 2.5000, 0.0000), (50.0000, 0.0000, -2.5000), 4.3065),
    ((50.0000, 2.5000, 0.0000), (73.0000, 25.0000, -18.0000), 27.1492),
    ((50.0000, 2.5000, 0.0000), (61.0000, -5.0000, 29.0000), 22.8977),
    ((50.0000, 2.5000, 0.0000), (56.0000, -27.0000, -3.0000), 31.9030),
    ((50.0000, 2.5000, 0.0000), (58.0000, 24.0000, 15.0000), 19.4535),
    ((50.0000, 2.5000, 0.0000), (50.0000, 3.1736, 0.5854), 1.0000),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((63.0109, -31.0961, -5.8663), (62.8187, -29.7946, -4.0864), 1.2630),
    ((35.0831, -44.1164, 3.7933), (35.0232, -40.0716, 1.5901), 1.8645),
    ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ((90.8027, -2.0831, 1.4410), (91.1528, -1.6435, 0.0447), 1.4441),
    ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]
"""Pairs of CIELAB and their difference, from the table of Sharma, Wu and Dalal (2005)."""
BANDS = {"normal": 25.5, "protan": 18.7, "deutan": 14.3, "tritan": 21.4}
"""Least ΔE2000 of any two bands, as published with the colours."""
TOLD_APART = 5.0
"""Least ΔE2000 of neighbouring classes of a rate: twice what one just sees side by side (about 2.3)."""


@pytest.mark.parametrize(("one", "other", "expected"), SHARMA)
def test_the_measure_of_difference_is_the_published_one(
    one: tuple[float, float, float], other: tuple[float, float, float], expected: float
) -> None:
    assert ciede2000(one, other) == pytest.approx(expected, abs=0.00006)


@pytest.mark.parametrize("sight", SIGHTS)
def test_greys_are_grey_for_everybody(sight: str) -> None:
    for grey in ("#000000", "#808080", "#ffffff"):
        assert difference(grey, grey, sight) == 0
        assert seen(grey, sight) == pytest.approx(seen(grey, "normal"), abs=0.05)


@pytest.mark.parametrize("sight", SIGHTS)
def test_any_two_bands_differ_as_published(sight: str) -> None:
    fills = [fill for fill, _, _ in BAND_COLOURS.values()]
    least = min(difference(a, b, sight) for a, b in itertools.combinations(fills, 2))
    assert least == pytest.approx(BANDS[sight], abs=0.05)
    assert least == pytest.approx(min(difference(a, b, sight) for a, b in itertools.pairwise(fills)))


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("k", [k for k in RAMPS if k > 1])
def test_neighbouring_classes_of_a_rate_are_told_apart(k: int, sight: str) -> None:
    least = min(difference(a, b, sight) for a, b in itertools.pairwise(RAMPS[k]))
    assert least >= TOLD_APART


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("k", [k for k in RAMPS if k > 1])
def test_classes_get_darker_from_few_to_many_for_everybody_and_in_grey(k: int, sight: str) -> None:
    light = [seen(fill, sight)[0] for fill in RAMPS[k]]
    assert all(a - b >= 4 for a, b in itertools.pairwise(light))


@pytest.mark.parametrize("k", range(1, 12))
def test_a_ramp_has_a_colour_for_each_class_and_text_that_can_be_read(k: int) -> None:
    looks = ramp(k)
    assert len(looks) == k
    assert all(contrast(fill, ink) >= READABLE for fill, ink in looks)
    assert [fill for fill, _ in looks][:1] == list(RAMPS[min(k, 9)][:1])


def test_five_classes_wear_the_usual_ramp() -> None:
    assert [fill for fill, _ in ramp(5)] == list(RAMP)
    assert {ink for _, ink in ramp(5)} <= {RAMP_INK[3], RAMP_INK[4]}


def test_white_is_as_light_as_can_be() -> None:
    assert luminance("#ffffff") == pytest.approx(1.0)
    assert luminance("#000000") == 0.0
