"""Numbers as they are printed, bands that do not rest on colour alone, and inks that can be read."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.vocabulary import Band
from geodata.written import MINUS, THIN, decimal, signed, whole
from layers.style import (
    ACCENT,
    BAND_COLOURS,
    INK,
    MUTED,
    PAPER,
    PARTS,
    RAMP,
    RAMP_INK,
    aria,
    arrow,
    figure_layout,
    known,
    rate_digits,
)

NAN = float("nan")
MISSING = [None, NAN, math.inf, -math.inf]
finite = st.floats(-1e9, 1e9)
READABLE = 4.5
"""Least contrast of text, WCAG 2.2 AA."""


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (0, "0"),
        (999, "999"),
        (1000, f"1{THIN}000"),
        (1_234_567, f"1{THIN}234{THIN}567"),
        (-12, f"{MINUS}12"),
        (-4321, f"{MINUS}4{THIN}321"),
    ],
)
def test_counts_have_thin_spaces_in_thousands(value: int, printed: str) -> None:
    assert whole(value) == printed


@pytest.mark.parametrize(
    ("value", "digits", "printed"),
    [
        (85.0, 1, "85.0"),
        (84.25, 1, "84.2"),
        (0.0, 2, "0.00"),
        (1234.5, 1, f"1{THIN}234.5"),
        (-2.345, 2, f"{MINUS}2.35"),
        (99.96, 1, "100.0"),
        (12.0, 0, "12"),
    ],
)
def test_numbers_have_fixed_decimals(value: float, digits: int, printed: str) -> None:
    assert decimal(value, digits) in (printed, printed.replace("2.35", "2.34"))


def test_what_rounds_to_nothing_has_no_minus() -> None:
    assert decimal(-0.04, 1) == "0.0"
    assert decimal(-0.0, 1) == "0.0"


@pytest.mark.parametrize("missing", MISSING)
def test_a_missing_number_is_a_dash(missing: float | None) -> None:
    assert decimal(missing) == "—"
    assert signed(missing) == "—"
    assert arrow(missing, sure=True) == "–"
    assert not known(missing)


@pytest.mark.parametrize(
    ("value", "digits", "printed"),
    [
        (1.25, 1, "+1.2"),
        (-1.25, 1, f"{MINUS}1.2"),
        (0.0, 1, "0.0"),
        (0.04, 1, "0.0"),
        (-0.04, 1, "0.0"),
        (0.06, 1, "+0.1"),
        (-1234, 0, f"{MINUS}1{THIN}234"),
        (-0.4, 0, "0"),
    ],
)
def test_a_change_has_its_sign_unless_it_rounds_to_nothing(value: float, digits: int, printed: str) -> None:
    assert signed(value, digits) == printed


@pytest.mark.parametrize(
    ("change", "sure", "sign"),
    [
        (1.0, True, "▲"),
        (1.0, False, "△"),
        (-1.0, True, "▼"),
        (-1.0, False, "▽"),
        (0.0, True, "–"),
        (0.04, True, "–"),
        (-0.04, False, "–"),
    ],
)
def test_an_arrow_is_filled_only_where_the_change_is_more_than_chance(change: float, sure: bool, sign: str) -> None:
    assert arrow(change, sure) == sign


@given(finite, st.integers(0, 3))
@settings(deadline=None)
def test_arrow_and_sign_never_contradict_each_other(change: float, digits: int) -> None:
    sign, printed = arrow(change, sure=True), signed(change, 1)
    assert (sign == "▲") == printed.startswith("+")
    assert (sign == "▼") == printed.startswith(MINUS)
    assert "-" not in signed(change, digits)


@given(finite, st.integers(0, 3))
@settings(deadline=None)
def test_a_printed_number_reads_back(value: float, digits: int) -> None:
    back = float(decimal(value, digits).replace(THIN, "").replace(MINUS, "-"))
    assert back == pytest.approx(value, abs=0.5001 * 10**-digits)


@pytest.mark.parametrize(
    ("breaks", "digits"),
    [
        ([], 2),
        ([0.1, 0.5], 2),
        ([1.0, 5.0], 1),
        ([20.0, 99.9], 1),
        ([50.0, 100.0], 0),
        ([0.0], 2),
        ([0.05], 2),
        ([0.0072], 3),
        ([0.0061, 0.0098, 0.0142], 3),
        ([0.0, 0.01, 0.014, 0.021], 3),
        ([7.0, 7.0], 1),  # the same twice
        ([100.2, 100.4], 1),
        ([1e-9, 1.0], 6),
        ([math.nan, 7.0], 1),
    ],
)
def test_class_breaks_have_as_many_decimals_as_tell_them_apart(breaks: list[float], digits: int) -> None:
    assert rate_digits(breaks) == digits


def test_a_band_has_its_own_mark_and_colour() -> None:
    assert set(BAND_COLOURS) == set(Band)
    assert len({mark for _, _, mark in BAND_COLOURS.values()}) == 4
    assert len({fill for fill, _, _ in BAND_COLOURS.values()}) == 4


@pytest.mark.parametrize("pair", [(fill, ink) for fill, ink, _ in BAND_COLOURS.values()])
def test_text_on_a_band_can_be_read(pair: tuple[str, str]) -> None:
    assert contrast(*pair) >= READABLE


@pytest.mark.parametrize("pair", list(zip(RAMP, RAMP_INK, strict=True)))
def test_text_on_a_rate_can_be_read(pair: tuple[str, str]) -> None:
    assert contrast(*pair) >= READABLE


@pytest.mark.parametrize("ink", [INK, MUTED, ACCENT])
def test_text_on_paper_can_be_read(ink: str) -> None:
    assert contrast(ink, PAPER) >= READABLE


def test_rates_get_darker_from_few_to_many() -> None:
    steps = [luminance(colour) for colour in RAMP]
    assert steps == sorted(steps, reverse=True)


def test_aria_attributes_are_named_as_html_wants_them() -> None:
    assert aria(label="x", current="location") == {"aria-label": "x", "aria-current": "location"}


def test_a_chart_of_the_projector_has_letters_for_the_last_row() -> None:
    assert figure_layout("projector")["font"]["size"] >= 24
    assert figure_layout("light")["font"]["size"] == 12


def test_a_chart_keeps_the_common_look_where_it_says_nothing() -> None:
    layout = figure_layout("light", xaxis={"type": "category"}, title="x")
    assert layout["xaxis"]["type"] == "category"
    assert layout["xaxis"]["fixedrange"] is True
    assert layout["title"] == "x"


# --- parts of a ring ---

MATRICES = {
    "full": np.eye(3),
    "protan": np.array([[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]),
    "deutan": np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]),
    "tritan": np.array([[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]]),
}
"""How linear RGB is seen by people who lack one kind of cone (Machado, Oliveira and Fernandes 2009)."""


def oklab(colour: str, sight: str) -> np.ndarray:
    """Return a colour in a space in which distances are what is seen, times 100 (Ottosson 2020)."""
    parts = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    linear = np.clip(MATRICES[sight] @ linear, 0, 1)
    cones = np.array([[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]]) @ linear
    to_lab = np.array([[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]])
    return np.asarray(100 * to_lab @ np.cbrt(cones))


@pytest.mark.parametrize("sight", MATRICES)
def test_the_parts_of_a_ring_are_told_apart_by_everybody(sight: str) -> None:
    seen = [oklab(colour, sight) for colour in PARTS]
    assert min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2)) > 7


def test_no_part_of_a_ring_looks_like_a_band() -> None:
    bands = [oklab(fill, "full") for fill, _, _ in BAND_COLOURS.values()]
    seen = [oklab(colour, "full") for colour in PARTS[:-1]]
    assert min(float(np.linalg.norm(a - b)) for a in seen for b in bands) > 15
