"""Texts that leave the city and come back: no spreadsheet runs them, and nothing is lost."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.roundtrip import RESTORED, SIGNS, neutral, restored

RISKY = "=+-@\t\r\n＝＋－＠﹢﹣﹦﹫"
TEXTS = st.text(alphabet=st.sampled_from([*RISKY, *"'a1. 街\""]), max_size=8)


@settings(deadline=None)
@given(TEXTS)
def test_every_text_comes_back(text: str) -> None:
    assert restored(neutral(text)) == text


@settings(deadline=None)
@given(TEXTS)
def test_no_text_runs(text: str) -> None:
    shown = neutral(text)
    assert not shown or shown[0] not in RISKY or re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", shown)


@settings(deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_a_column_comes_back_as_a_text_does(texts: list[str]) -> None:
    column = pc.replace_substring_regex(pa.array([neutral(text) for text in texts]), RESTORED, r"\1")
    assert column.to_pylist() == texts


@pytest.mark.parametrize("sign", list(RISKY))
def test_every_sign_is_known(sign: str) -> None:
    assert neutral(f"{sign}cmd|' /C calc'!A0") == f"'{sign}cmd|' /C calc'!A0"
    assert sign in SIGNS.replace("\\-", "-")
