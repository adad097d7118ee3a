"""The workbook: native numbers, and formulas that reach our own scores."""

from __future__ import annotations

import dataclasses
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

from geodata.city import CityData
from geodata.exports.table import Kind, PlaceTable
from geodata.exports.workbook import table_xlsx
from layers.export import place_table
from layers.view import parse_view
from tests.geodata.exports.office import recalculated
from tests.geodata.exports.sheet import Sheet

VIEWS = (
    "level=street",
    "level=street&sub=traffic",
    "level=community&place=440402&lang=en",
    "level=street&weights=fire:0.5",
)
HEADS = 15
"""Rows of the second sheet above its first place."""


def table(city: CityData, query: str) -> PlaceTable:
    return place_table(parse_view(f"?{query}", city), city)


def forgetful(workbook: bytes) -> bytes:
    """Return a workbook that remembers no result of any formula."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            if name.startswith("xl/worksheets/"):
                content = re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", content)
            after.writestr(name, content)
    return out.getvalue()


def read(workbook: bytes | Path, sheet: int, *, values: bool = True) -> list[tuple[Any, ...]]:
    source = io.BytesIO(workbook) if isinstance(workbook, bytes) else workbook
    return list(openpyxl.load_workbook(source, data_only=values).worksheets[sheet].iter_rows(values_only=True))


@pytest.mark.parametrize("query", VIEWS)
def test_the_formulas_reach_our_scores(demo_city: CityData, query: str) -> None:
    made = table(demo_city, query)
    assert made.working is not None
    workbook = forgetful(table_xlsx(made))
    sheet, heads = Sheet(workbook, 1), list(read(workbook, 1)[HEADS - 1])
    column = openpyxl.utils.get_column_letter(heads.index(made.words["reproduced"]) + 1)
    for k, score in enumerate(made.working.scores.score[:6]):
        found = sheet.value(f"{column}{HEADS + 1 + k}")
        assert np.isfinite(found) == np.isfinite(score)
        assert not np.isfinite(score) or abs(found - score) < 1e-6


def test_libreoffice_reaches_our_scores(demo_city: CityData, tmp_path: Path) -> None:
    made = table(demo_city, "level=street")
    assert made.working is not None
    back = recalculated(forgetful(table_xlsx(made)), tmp_path)
    rows = read(back, 1)
    at = rows[HEADS - 1].index(made.words["reproduced"])
    found = np.array(
        [np.nan if row[at] in (None, "") else row[at] for row in rows[HEADS : HEADS + len(made.rows)]], float
    )
    np.testing.assert_allclose(found, made.working.scores.score, atol=1e-6)
    total = [row for row in read(back, 0) if row[1] == made.closing[-1][1]]
    assert total[0][[column.key for column in made.columns].index("count")] == made.closing[-1][2]


def test_numbers_are_numbers_and_the_head_stands_still(demo_city: CityData) -> None:
    made = table(demo_city, "level=street")
    workbook = table_xlsx(made)
    sheet = openpyxl.load_workbook(io.BytesIO(workbook)).worksheets[0]
    assert sheet.freeze_panes == "C5"
    rows = read(workbook, 0)
    assert list(rows[3]) == [column.name for column in made.columns]
    for c, column in enumerate(made.columns):
        cells = [row[c] for row in rows[4 : 4 + len(made.rows)]]
        assert cells == list(column.values if column.shown is None else column.shown), column.key
        if column.kind in (Kind.NUMBER, Kind.WHOLE):
            assert all(cell is None or isinstance(cell, int | float) for cell in cells)
    assert rows[0][0] == made.title
    assert rows[2][0] == made.simulated != ""


def test_the_sums_close(demo_city: CityData) -> None:
    made = table(demo_city, "level=street")
    rows = read(table_xlsx(made), 0, values=False)
    at = [column.key for column in made.columns].index("count")
    closing = rows[4 + len(made.rows) :]
    assert [row[1] for row in closing] == [name for _, name, _ in made.closing]
    assert str(closing[0][at]).startswith("=SUM(")
    assert str(closing[-1][at]).startswith("=SUM(")
    parts = [n for _, _, n in made.closing]
    assert sum(parts[:-1]) == parts[-1]
    assert parts[0] == sum(made.column("count").values)


def test_the_same_table_gives_the_same_bytes(demo_city: CityData) -> None:
    assert table_xlsx(table(demo_city, "level=district")) == table_xlsx(table(demo_city, "level=district"))


def test_a_name_that_looks_like_a_formula_stays_a_text(demo_city: CityData) -> None:
    made = table(demo_city, "level=district")
    columns = [
        dataclasses.replace(column, values=["=HYPERLINK(1)"] * len(made.rows)) if column.key == "name" else column
        for column in made.columns
    ]
    sheet = openpyxl.load_workbook(
        io.BytesIO(table_xlsx(dataclasses.replace(made, columns=tuple(columns))))
    ).worksheets[0]
    assert sheet["B5"].value == "=HYPERLINK(1)"
    assert sheet["B5"].data_type == "s"


def test_rates_have_no_sheet_of_scores(demo_city: CityData) -> None:
    workbook = table_xlsx(table(demo_city, "level=street&measure=rate"))
    assert len(openpyxl.load_workbook(io.BytesIO(workbook)).worksheets) == 1
