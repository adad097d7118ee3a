"""A table of places as a workbook: native numbers, and a sheet of formulas that reaches the same scores."""

from __future__ import annotations

import datetime as dt
import io
import unicodedata
from typing import Any

import numpy as np
import numpy.typing as npt
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from geodata.exports.table import Column, Kind, PlaceTable
from geodata.exports.working import Working

MOST_WORKED = 1000
"""Places whose scores are worked out in formulas: more would make a workbook that no office program likes to open."""
WRITTEN = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - a fixed moment: the same table gives the same bytes
WIDEST = 42
Values = npt.NDArray[np.float64]


def table_xlsx(table: PlaceTable) -> bytes:
    """Return a table of places as a workbook; the same table gives the same bytes.

    The first sheet has the places and last the lines that close the numbers; the second, where scores are shown,
    counts and expectations and the formulas from them to the scores.
    """
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"title": table.title, "comments": table.simulated, "created": WRITTEN})
    styles = _Styles(book)
    _places(book.add_worksheet(table.words["sheet_places"]), table, styles)
    if table.working is not None and len(table.rows) <= MOST_WORKED:
        _Calculation(book.add_worksheet(table.words["sheet_working"]), table, table.working, styles).write()
    book.close()
    return out.getvalue()


class _Styles:
    """Formats, each made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Any] = {}

    def __call__(self, **properties: Any) -> Any:
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format({"font_name": "Microsoft YaHei", "font_size": 10, **properties})
        return self._made[key]

    def of(self, column: Column, **more: Any) -> Any:
        """Return the number format of a column."""
        if column.kind is Kind.WHOLE:
            return self(num_format="#,##0", **more)
        if column.kind is Kind.NUMBER:
            return self(num_format="#,##0" + ("." + "0" * column.digits if column.digits else ""), **more)
        return self(**more)

    def head(self) -> Any:
        return self(bold=True, bg_color="#e8eef4", border=1, border_color="#c4ccd3", text_wrap=True, valign="top")


# --- the places ---


def _places(sheet: Any, table: PlaceTable, styles: _Styles) -> None:
    sheet.write_string(0, 0, table.title, styles(bold=True, font_size=14))
    sheet.write_string(1, 0, " · ".join(f"{name} {value}" for name, value in table.facts), styles(font_color="#5b6b7a"))
    sheet.write_string(2, 0, table.simulated, styles(bold=True, font_color="#9b1c1c"))
    top = 3
    for c, column in enumerate(table.columns):
        sheet.write_string(top, c, column.name, styles.head())
        _column(sheet, table, styles, top + 1, c)
        sheet.set_column(c, c, _width(column))
    _closing(sheet, table, styles, top + 1)
    sheet.freeze_panes(top + 1, 2)
    sheet.autofilter(top, 0, top + max(len(table.rows), 1), len(table.columns) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(top)


def _column(sheet: Any, table: PlaceTable, styles: _Styles, first: int, c: int) -> None:
    column = table.columns[c]
    style = styles.of(column)
    for k, value in enumerate(column.values if column.shown is None else column.shown):
        if value is None:
            continue
        if column.key == "class_name" and 0 <= table.klass[k] < len(table.looks):
            fill = table.looks[int(table.klass[k])].fill
            sheet.write_string(first + k, c, value, styles(bg_color=fill, font_color=_ink(fill)))
        elif column.kind is Kind.TEXT or column.shown is not None:
            sheet.write_string(first + k, c, value, style)
        else:
            sheet.write_number(first + k, c, value, style)


def _closing(sheet: Any, table: PlaceTable, styles: _Styles, first: int) -> None:
    """Write the lines that close the numbers; sums are formulas."""
    c = [column.key for column in table.columns].index("count")
    name, row = xl_col_to_name(c), first + len(table.rows)
    for k, (key, words, n) in enumerate(table.closing):
        style = {"bold": True, "top": 1} if k in (0, len(table.closing) - 1) else {"bold": True}
        sheet.write_string(row + k, 1, words, styles(**style))
        whole = styles(num_format="#,##0", **style)
        if key == "places" and len(table.rows):
            sheet.write_formula(row + k, c, f"=SUM({name}{first + 1}:{name}{row})", whole, n)
        elif key == "total":
            sheet.write_formula(row + k, c, f"=SUM({name}{row + 1}:{name}{row + k})", whole, n)
        else:
            sheet.write_number(row + k, c, n, whole)


def _width(column: Column) -> float:
    some = [column.name, *(str(value) for value in (column.shown or column.values)[:200] if value is not None)]
    if column.kind is Kind.NUMBER:
        some = [column.name, "0" * (6 + column.digits)]
    return min(max(_cells(words) for words in some) + 2, WIDEST)


def _cells(words: str) -> int:
    """Return how many letters wide a text is, Chinese ones being two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in words)


def _ink(fill: str) -> str:
    red, green, blue = (int(fill[k : k + 2], 16) for k in (1, 3, 5))
    return "#1b2733" if 0.299 * red + 0.587 * green + 0.114 * blue > 110 else "#ffffff"


# --- the formulas ---

_SCALARS = ("anchor", "risk_cap", "min_expected", "min_weight_indicators", "min_weight_sub_indices")
_SUB, _NAME, _WEIGHT, _PRIOR, _INVERSE, _SCALE, _MEASURED, _HEAD = range(7, 15)
"""Rows of the sheet: names, then what each column is weighed and drawn by, then the heads."""
_FIRST = _HEAD + 1


class _Calculation:
    """The sheet from counts and expectations to scores: formulas 2 to 5 of docs/METHOD.md, one place a row."""

    def __init__(self, sheet: Any, table: PlaceTable, work: Working, styles: _Styles) -> None:
        self.sheet, self.table, self.work, self.styles = sheet, table, work, styles
        n, j = len(work.indicators), len(work.sub_indices)
        self.c, self.e, self.t = 2, 2 + n, 2 + 2 * n
        self.due = 2 + 3 * n
        self.measured = self.due + 1
        self.risk = self.due + 2
        self.score = self.risk + j
        self.present = self.score + j
        self.number = styles(num_format="0.000000")

    def write(self) -> None:
        self._parameters()
        for k in range(len(self.table.rows)):
            self._row(_FIRST + k, k)
        self.sheet.freeze_panes(_FIRST, 2)
        self.sheet.set_column(0, 1, 16)
        self.sheet.set_column(2, self.present + 6, 12)

    def _parameters(self) -> None:
        sheet, words, p = self.sheet, self.table.words, self.work.parameters
        sheet.write_string(0, 0, words["working_about"], self.styles(bold=True))
        for k, name in enumerate(_SCALARS):
            sheet.write_string(1 + k, 0, words[name])
            sheet.write_number(1 + k, 1, getattr(p, name))
        rows = {
            _SUB: "sub_index",
            _NAME: "indicator",
            _WEIGHT: "weight",
            _PRIOR: "prior",
            _INVERSE: "inverse",
            _SCALE: "one_over_q",
            _MEASURED: "is_measured",
        }
        for row, key in rows.items():
            sheet.write_string(row, 0, words[key])
        for i in range(len(self.work.indicators)):
            sub = self.table.words[f"sub:{self.work.sub_indices[int(p.sub_index[i])]}"]
            name = self.table.words[f"indicator:{self.work.indicators[i]}"]
            for first, sign in ((self.c, "C"), (self.e, "E"), (self.t, "θ")):
                sheet.write_string(_SUB, first + i, sub)
                sheet.write_string(_NAME, first + i, name)
                sheet.write_string(_HEAD, first + i, f"{sign} {name}", self.styles.head())
            self._number(_WEIGHT, self.t + i, p.weight[i])
            self._number(_PRIOR, self.t + i, p.prior[i])
            self._number(_INVERSE, self.t + i, float(p.inverse[i]))
            self._number(_SCALE, self.e + i, 1 / p.scale[i] if p.counted[i] else 0.0)
            self._number(_MEASURED, self.e + i, float(not p.counted[i]))
        for j, sub_index in enumerate(self.work.sub_indices):
            name = words[f"sub:{sub_index}"]
            for first, sign in ((self.risk, "Θ"), (self.score, "s")):
                sheet.write_string(_SUB, first + j, name)
                sheet.write_string(_HEAD, first + j, f"{sign} {name}", self.styles.head())
                self._number(_WEIGHT, first + j, p.sub_weight[j])
        heads = ["place_id", "name", "due", "measured_there", "present", "composite", "deduction", "ceiling"]
        heads += ["reproduced", "published", "difference"]
        columns = [0, 1, self.due, self.measured, *range(self.present, self.present + 7)]
        for key, column in zip(heads, columns, strict=True):
            sheet.write_string(_HEAD, column, words[key], self.styles.head())

    def _number(self, row: int, column: int, value: float) -> None:
        """Write a number; what is missing stays empty."""
        if np.isfinite(value):
            self.sheet.write_number(row, column, float(value), self.number)

    def _formula(self, row: int, column: int, formula: str, value: float) -> None:
        shown: float | str = float(value) if np.isfinite(value) else ""
        self.sheet.write_formula(row, column, formula, self.number, shown)

    def _row(self, row: int, k: int) -> None:
        work, p = self.work, self.work.parameters
        self.sheet.write_string(row, 0, self.table.column("place_id").values[k])
        self.sheet.write_string(row, 1, self.table.column("name").values[k])
        for i in range(len(work.indicators)):
            known = np.isfinite(work.observed[k, i]) and np.isfinite(p.prior[i])
            self._number(row, self.c + i, work.observed[k, i])
            self._number(row, self.e + i, work.expected[k, i] if known else np.nan)
            self._formula(row, self.t + i, self._theta(row, i), work.scores.theta[k, i])
        expected = self._span(row, self.e, len(work.indicators))
        scale, measured = (self._fixed(r, self.e, len(work.indicators)) for r in (_SCALE, _MEASURED))
        counted = np.where(p.counted, 1 / np.where(p.counted, p.scale, 1.0), 0.0)
        self._formula(row, self.due, f"=SUMPRODUCT({scale},{expected})", float(np.nansum(counted * work.expected[k])))
        there = float((np.isfinite(work.expected[k]) & ~p.counted).sum())
        self._formula(row, self.measured, f"=SUMPRODUCT({measured},ISNUMBER({expected})*1)", there)
        for j in range(len(work.sub_indices)):
            self._formula(row, self.risk + j, self._sub_risk(row, j), work.scores.risk[k, j])
            cell = xl_rowcol_to_cell(row, self.risk + j)
            formula = f'=IF(ISNUMBER({cell}),100*$B$2^{cell},"")'
            self._formula(row, self.score + j, formula, work.scores.sub_score[k, j])
        self._total(row, k)

    def _theta(self, row: int, i: int) -> str:
        c, e = (xl_rowcol_to_cell(row, first + i) for first in (self.c, self.e))
        prior = xl_rowcol_to_cell(_PRIOR, self.t + i, row_abs=True, col_abs=True)
        top, bottom = (e, c) if self.work.parameters.inverse[i] else (c, e)
        theta = f'IF({bottom}+{prior}>0,MIN($B$3,({top}+{prior})/({bottom}+{prior})),"")'
        return f'=IF(AND(ISNUMBER({c}),ISNUMBER({e})),{theta},"")'

    def _sub_risk(self, row: int, j: int) -> str:
        mine = np.flatnonzero(self.work.parameters.sub_index == j)
        if not len(mine):
            return '=""'
        theta = self._span(row, self.t + int(mine[0]), len(mine))
        weight = self._fixed(_WEIGHT, self.t + int(mine[0]), len(mine))
        present = f"SUMPRODUCT({weight},ISNUMBER({theta})*1)"
        due, measured = (xl_rowcol_to_cell(row, column) for column in (self.due, self.measured))
        lacking = f"{present}<$B$5-1E-12,{present}<=0,AND({due}<$B$4,{measured}=0)"
        return f'=IF(OR({lacking}),"",SUMPRODUCT({weight},{theta})/{present})'

    def _total(self, row: int, k: int) -> None:
        work, n = self.work, len(self.work.sub_indices)
        scores = work.scores
        weight = self._fixed(_WEIGHT, self.score, n)
        sub = self._span(row, self.score, n)
        at = [xl_rowcol_to_cell(row, self.present + m) for m in range(7)]
        self._formula(row, self.present, f"=SUMPRODUCT({weight},ISNUMBER({sub})*1)", scores.weight_present[k])
        if work.parameters.geometric:
            mean = f"100*$B$2^(SUMPRODUCT({weight},{self._span(row, self.risk, n)})/{at[0]})"
        else:
            mean = f"SUMPRODUCT({weight},{sub})/{at[0]}"
        lacking = f"OR({at[0]}<$B$6-1E-12,{at[0]}<=0)"
        self._formula(row, self.present + 1, f'=IF({lacking},"",{mean})', scores.composite[k])
        self._number(row, self.present + 2, work.red_line.deduction[k])
        self._number(row, self.present + 3, work.red_line.ceiling[k])
        lowered = f"MAX({at[1]}-{at[2]},0)"
        capped = f"IF(ISNUMBER({at[3]}),MIN({lowered},{at[3]}),{lowered})"
        self._formula(row, self.present + 4, f'=IF(ISNUMBER({at[1]}),{capped},"")', scores.score[k])
        self._number(row, self.present + 5, scores.score[k])
        apart = f'=IF(AND(ISNUMBER({at[4]}),ISNUMBER({at[5]})),ABS({at[4]}-{at[5]}),"")'
        self._formula(row, self.present + 6, apart, 0.0 if np.isfinite(scores.score[k]) else np.nan)

    @staticmethod
    def _span(row: int, column: int, n: int) -> str:
        return f"{xl_rowcol_to_cell(row, column)}:{xl_rowcol_to_cell(row, column + n - 1)}"

    @staticmethod
    def _fixed(row: int, column: int, n: int) -> str:
        ends = (xl_rowcol_to_cell(row, each, row_abs=True, col_abs=True) for each in (column, column + n - 1))
        return ":".join(ends)
