"""Lines of a TOML file: every way in which people write tables and values, and the law that all is found."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.index.catalogue import shipped_versions
from geodata.index.toml_lines import Address, lines_of

TEXT = """# [not.a.table]
title = "a # b = [c]"   # x = 1
size.small = 1.5
'quoted key' = 2024-01-01T00:00:00
long = \"\"\"
[hidden]
x = 1 \\\""" still "in"\"\"\"
raw = '''[b]
"'''

[owner]
name = { first = "x", second = { third = 3 } }
[owner.more]
deep = [
  [1, 2],
  [3,
   4],   # ]
]
[[item]]
id = 1
[[item.part]]
id = 2
[[item.part]]
id = 3
[item.note]
text = ""
[[item]]
[[item.part]]
id = 4
types = [
  { id = "a", n = -1e3 },

  { id = "b" },
]
"""
PLACES: dict[Address, int] = {
    ("title",): 2,
    ("size",): 3,
    ("size", "small"): 3,
    ("quoted key",): 4,
    ("long",): 5,
    ("raw",): 8,
    ("owner",): 11,
    ("owner", "name"): 12,
    ("owner", "name", "second", "third"): 12,
    ("owner", "more"): 13,
    ("owner", "more", "deep"): 14,
    ("owner", "more", "deep", 0, 1): 15,
    ("owner", "more", "deep", 1): 16,
    ("owner", "more", "deep", 1, 1): 17,
    ("item",): 19,
    ("item", 0): 19,
    ("item", 0, "id"): 20,
    ("item", 0, "part", 0, "id"): 22,
    ("item", 0, "part", 1): 23,
    ("item", 0, "note"): 25,
    ("item", 0, "note", "text"): 26,
    ("item", 1): 27,
    ("item", 1, "part", 0): 28,
    ("item", 1, "part", 0, "types"): 30,
    ("item", 1, "part", 0, "types", 1, "id"): 33,
}


def addresses(value: Any, at: Address = ()) -> set[Address]:
    """Return the address of everything in parsed TOML."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {each for key, part in items for each in ({(*at, key)} | addresses(part, (*at, key)))}


@pytest.mark.parametrize("address", PLACES, ids=str)
def test_everything_is_found_on_its_line(address: Address) -> None:
    assert lines_of(TEXT)[address] == PLACES[address]


def test_nothing_is_left_out_and_nothing_made_up() -> None:
    assert set(lines_of(TEXT)) == addresses(tomllib.loads(TEXT))


def test_the_lines_of_windows_are_the_same() -> None:
    assert lines_of(TEXT.replace("\n", "\r\n")) == lines_of(TEXT)


def test_an_empty_file_has_no_lines() -> None:
    assert lines_of("") == lines_of("# nothing\n\n") == {}


@pytest.mark.parametrize("version", shipped_versions())
def test_every_key_of_a_shipped_version_is_found(version: str) -> None:
    text = shipped_versions()[version].read_text("utf-8")
    found, written = lines_of(text), text.splitlines()
    assert set(found) == addresses(tomllib.loads(text))
    for address, line in found.items():
        if isinstance(address[-1], str):
            assert address[-1] in written[line - 1]


keys = st.text("abcdefgh-_0123456789", min_size=1, max_size=4)
texts = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=8)
scalars = st.one_of(st.integers(-99, 99), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), texts)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=8,
)


def written(value: Any, gap: str) -> str:
    """Write a value as TOML, arrays with a line break where `gap` has one."""
    if isinstance(value, list):
        return "[" + gap + ",".join(written(part, gap) + gap for part in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {written(part, gap)}" for key, part in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


@settings(deadline=None, max_examples=200)
@given(
    st.dictionaries(keys, values, max_size=4),
    st.dictionaries(keys.map(lambda key: f"t{key}"), st.lists(st.dictionaries(keys, values, max_size=3), max_size=3)),
    st.sampled_from(["", " ", "\n", " # [x] \n"]),
)
def test_whatever_is_written_is_found(top: dict[str, Any], tables: dict[str, list[dict[str, Any]]], gap: str) -> None:
    top = {key: value for key, value in top.items() if key not in tables}
    text = "".join(f"{key} = {written(value, gap)}\n" for key, value in top.items())
    for name, records in tables.items():
        for record in records:
            text += f"\n[[{name}]]\n" + "".join(f"{key} = {written(value, gap)}\n" for key, value in record.items())
    found = lines_of(text)
    assert set(found) == addresses(tomllib.loads(text))
    lines = text.splitlines()
    for address, line in found.items():
        if len(address) == 1 and address[0] in top:
            assert lines[line - 1].startswith(f"{address[0]} = ")
