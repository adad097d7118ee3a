"""Streamed text: however a file is cut into blocks, and by whichever parser, its rows are the same."""

import dataclasses
import gzip

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geodata.errors import InputFileError
from geodata.readers import delimited, open_table, text
from geodata.readers.quoting import regular_end

PIECES = ["a", "1", ",", ",", '"', '""', "\n", "\n", "\r\n", "\r", "\0", "南", " ", "\n1,2\n", '\n"x","y"\n', "合计"]
RECORDS = [
    "1,x", "2,x", '3,"x,""y"""', '4,"x\n\ny"', '5,"x', "6", "", "  ", "7,\0", '8,x"y', "9,x\ry", '"10" ,x', "11,2,3",
    '12,"x\ry"', '"",""', '""', ",", '13,"x"y', "\ufeff14,x", "合计,3",
]  # fmt: skip
MESSY = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=50).map("".join),
    st.tuples(st.lists(st.sampled_from(RECORDS), max_size=60), st.sampled_from(["\n", "\r\n"])).map(
        lambda made: made[1].join(made[0])
    ),
)


def everything(file):
    """Return all that a file gives: cells, numbers of rows, rows set aside."""
    chunks = list(file.chunks())
    cells = pa.concat_tables([chunk.table for chunk in chunks]).to_pylist()
    rows = np.concatenate([chunk.rows for chunk in chunks]).tolist()
    assert chunks[-1].done == 1.0
    return cells, rows, [row for chunk in chunks for row in chunk.bad_rows.to_numpy().tolist()]


def carefully(file):
    """Return the same from the careful parser alone."""
    return everything(dataclasses.replace(file, read=dataclasses.replace(file.read.__self__, is_fast=False).chunks))


@settings(deadline=None, max_examples=300)
@given(
    MESSY,
    st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
    st.sampled_from([16, 64, 300, 2**24]),
    st.sampled_from([1, 40, 2**16]),
    st.binary(max_size=2),
)
@example('1,"x\n2,y\n3,"z, z"\n', "utf-8", 16, 40, b"")
@example("1,2\n" * 20 + '"1,2\n' + "1,2\n" * 120, "utf-8", 64, 40, b"")
@example('1,"' + "\n" * 120 + '"\n', "utf-8", 2**24, 40, b"")
@example("1," + "x" * 140_000 + "\n2,y\n", "utf-8", 2**24, 40, b"")
@example('1,"' + "x" * 140_000 + '"\n2,y\n', "utf-8", 64, 40, b"")
def test_fast_and_careful_parsers_and_all_block_sizes_agree(tmp_path_factory, body, encoding, block, window, strange):
    content = ("a,b\n" + body).encode(encoding)
    path = tmp_path_factory.mktemp("any") / "rows.csv"
    path.write_bytes(content + strange + "\n1,2\n".encode(encoding.removesuffix("-sig")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "_SMALL_WINDOW", window)
        patch.setattr(delimited, "_WORTH_TRYING", window // 4)
        patch.setattr(delimited, "_FEW_LINES", 1)
        try:
            file = open_table(path, header_row=1)
        except InputFileError:
            return
        whole = carefully(file)
        patch.setattr(text, "BLOCK_BYTES", block)
        found = everything(file)
    assert found == whole
    numbers = sorted([*found[1], *(row[0] - 1 for row in found[2])])
    assert numbers == list(range(len(numbers)))


def test_a_regular_file_never_needs_the_careful_parser(tmp_path, monkeypatch):
    path = tmp_path / "rows.csv"
    rows = [f'{number},"text, ""{number}""\r\nmore",南' for number in range(1000)]
    path.write_bytes(("编号,文,区\r\n" + "\r\n".join(rows) + "\r\n").encode())
    monkeypatch.setattr(delimited, "read_records", None)
    cells, numbers, bad = everything(open_table(path))
    assert cells[7] == {"编号": "7", "文": 'text, "7"\r\nmore', "区": "南"}
    assert (numbers, bad) == (list(range(1000)), [])


def test_one_bad_row_costs_one_careful_look(tmp_path, monkeypatch):
    looks = []
    careful = delimited.read_records
    monkeypatch.setattr(
        delimited, "read_records", lambda lines, *a, **k: looks.append(lines) or careful(lines, *a, **k)
    )
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n" + "1,2\n" * 500 + "1,2,3\n\n" + "3,4\n" * 500)
    cells, numbers, bad = everything(open_table(path))
    assert looks == [["1,2,3\n"], ["\n"]]
    assert (len(cells), numbers[500], bad[0][:2]) == (1000, 501, [501, "columns"])


def test_done_grows_to_one(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "BLOCK_BYTES", 1000)
    for name, pack in (("rows.csv", bytes), ("rows.csv.gz", gzip.compress)):
        path = tmp_path / name
        path.write_bytes(pack(b"a,b\n" + b"".join(b"%d,%d\n" % (n, n * 7919 % 10007) for n in range(2000))))
        shares = [chunk.done for chunk in open_table(path).chunks()]
        assert len(shares) > 10
        assert shares == sorted(shares)
        assert shares[-1] == 1.0


def test_a_line_without_an_end_takes_no_memory_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "BLOCK_BYTES", 2**20)
    path = tmp_path / "rows.csv"
    path.write_bytes(b"a,b\n1,2\n3," + b"x" * 9_000_000 + b"\n5,6\n")
    cells, numbers, bad = everything(open_table(path))
    assert (cells, numbers) == ([{"a": "1", "b": "2"}, {"a": "5", "b": "6"}], [0, 2])
    assert [row[:2] for row in bad] == [[2, "too_long"]]


@pytest.mark.parametrize(("data", "length"), [
    ('1,"a"\n', 6),
    ('1,"a\nb"\n', 8),
    ('1,x\n2,"a\n', 4),
    ('1,x\n2,a"b\n3,y\n', 4),
    ('1,""""\n', 7),
    ('1,"a" \n', 0),
    ('1, "a"\n', 0),
    ('"a";b\n', 0),
])  # fmt: skip
def test_quotes_are_regular_up_to_the_record_where_they_are_not(data, length):
    assert regular_end(data.encode(), ",") == length
