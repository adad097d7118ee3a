"""Hashes of ids and rows: the same everywhere, and as good as chance at telling texts apart."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.columns import INCIDENTS
from geodata.validate import compiled, hash_texts, hashes, row_hashes
from geodata.validate.hashes import content_ids

MASK = 2**64 - 1


def mix(word):
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    word = (word ^ (word >> 27)) * 0x94D049BB133111EB & MASK
    return word ^ (word >> 31)


def by_hand(text, seed):
    """Hash one text with nothing but Python's own numbers."""
    data = text.encode()
    state = mix((seed + 0x9E3779B97F4A7C15 * len(data)) & MASK)
    for at in range(0, len(data), 8):
        state = mix(((state ^ int.from_bytes(data[at : at + 8], "little")) + 0x9E3779B97F4A7C15) & MASK)
    return state


@pytest.fixture(scope="module", params=["general", "compiled"], autouse=True)
def way(request):
    """Hash by numpy alone and by the compiled loops."""
    kernels = compiled._kernels() if request.param == "compiled" else None
    if request.param == "compiled" and kernels is None:
        pytest.skip("Numba is not installed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hashes, "kernels_for", lambda rows: kernels)
        yield request.param


@settings(deadline=None)
@given(st.lists(st.text(max_size=40), max_size=6), st.integers(0, MASK))
def test_a_hash_is_what_one_computes_by_hand(texts, seed):
    column = pa.array(["before", *texts], pa.string())[1:]
    assert hash_texts(column, seed).tolist() == [by_hand(text, seed) for text in texts]


def test_a_million_similar_ids_do_not_collide():
    ids = pa.array([f"ZH2024{number:08d}" for number in range(1_000_000)])
    found = hash_texts(ids)
    assert len(np.unique(found)) == 1_000_000
    # nor do the halves more often than chance: about 116 pairs of a million in 2**32
    assert 1_000_000 - len(np.unique(found >> np.uint64(32))) < 200
    assert 1_000_000 - len(np.unique(found & np.uint64(0xFFFFFFFF))) < 200


def test_one_changed_bit_turns_half_of_the_bits():
    before = [f"案件{number:06d}" for number in range(2000)]
    after = [text[:-1] + chr(ord(text[-1]) ^ 1) for text in before]
    turned = hash_texts(pa.array(before)) ^ hash_texts(pa.array(after))
    bits = np.unpackbits(turned.view(np.uint8).reshape(-1, 8), axis=1).mean(axis=0)
    assert bits.min() > 0.45
    assert bits.max() < 0.55


def test_padding_is_no_content():
    texts = pa.array(["", "\0", "\0\0", "a", "a\0", "abcdefgh", "abcdefgh\0"])
    assert len(set(hash_texts(texts).tolist())) == len(texts)


def incident(**changes):
    values = {
        "incident_id": "A1", "source": "s", "incident_type": "theft", "source_type": "盗窃", "occurred_at": 0,
        "occurred_on": 0, "hour": 8, "time_precision": "minute", "received_at": None, "severity": "", "status": "",
        "lon": 113.55, "lat": 22.27, "place_key": "", "extra": "{}",
    }  # fmt: skip
    values |= changes
    return pa.table({field.name: pa.array([values[field.name]], field.type) for field in INCIDENTS})


@pytest.mark.parametrize("change", [
    {"incident_type": "fight"}, {"source_type": "偷"}, {"occurred_at": 1}, {"occurred_on": 1}, {"hour": -1},
    {"time_precision": "day"}, {"received_at": 0}, {"severity": "x"}, {"status": "x"}, {"lon": 113.55000001},
    {"lat": 22.26999999}, {"lon": float("nan")}, {"place_key": "香洲区"}, {"extra": '{"a":"b"}'},
    {"severity": "theft", "incident_type": ""}, {"lon": 22.27, "lat": 113.55},
])  # fmt: skip
def test_every_change_of_content_changes_the_hash_of_the_row(change):
    assert row_hashes(incident(**change))[0] != row_hashes(incident())[0]


@pytest.mark.parametrize("change", [{"incident_id": "A2"}, {"source": "other"}, {"lon": 113.55 + 1e-12}])
def test_neither_id_nor_source_nor_the_last_bits_of_a_position_are_content(change):
    assert row_hashes(incident(**change))[0] == row_hashes(incident())[0]


def test_neither_the_order_of_columns_nor_dictionaries_change_the_hash_of_a_row():
    table = incident()
    mixed = table.select(table.column_names[::-1])
    coded = mixed.set_column(0, "extra", mixed["extra"].dictionary_encode())
    assert row_hashes(coded).tolist() == row_hashes(mixed).tolist() == row_hashes(table).tolist()


def test_a_made_id_depends_on_the_texts_and_the_columns_that_they_stand_in():
    table = pa.table({"a": ["x", "y", "x", ""], "b": ["y", "x", "y", "x"]})
    first, swapped, twin, alone = content_ids(table, ["a", "b"]).to_pylist()
    assert first == twin
    assert len({first, swapped, alone}) == 3
    assert content_ids(table, ["b", "a"]).to_pylist()[0] == first
    assert content_ids(pa.table({"B ": ["x"]}), ["B "]).to_pylist() == [alone]
    assert content_ids(table.slice(1), ["a", "b"]).to_pylist()[0] == swapped
