"""Why rows are set aside: a closed list of reasons, and the first that applies to each row."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from geodata.readers import MAX_CELL, set_aside_frame, text_column
from geodata.validate.cells import Flags, Rows
from geodata.validate.jsons import json_rows

REASONS: dict[str, tuple[str, str]] = {
    "columns": (
        "这一行的列数与表头不同；请补齐或删去多出的分隔符。",
        "The row has more or fewer fields than the header: add or remove separators.",
    ),
    "quote": (
        "这一行的引号没有成对；请把文字里的引号写成两个。",
        "The quotation marks of the row do not pair: double those inside a text.",
    ),
    "encoding": (
        "这一行有不是文字的字节；请把文件另存为 UTF-8。",
        "The row has bytes that are no text: save the file as UTF-8.",
    ),
    "nul": (
        "这一行有空字节，文件可能已损坏；请重新导出。",
        "The row has zero bytes, as damaged files do: export the file again.",
    ),
    "too_long": (
        "有一格超过 10000 个字；请缩短，或检查引号是否成对。",
        "A cell is longer than 10,000 characters: shorten it, or look for a quotation mark that does not pair.",
    ),
    "no_time": ("没有时间；请补上发生时间。", "The time is missing: fill it in."),
    "bad_time": (
        "时间无法识别，或没有这一天；请写成 2024-05-01 08:05，或在映射中写明 time_format。",
        "The time cannot be read, or there is no such day: write 2024-05-01 08:05, or give the mapping a time_format.",
    ),
    "two_digit_year": (
        "年份只有两位，不猜测是哪一年；请写成四位，如 2024-05-01。",
        "The year has two digits and is not guessed: write all four, as in 2024-05-01.",
    ),
    "future_time": (
        "时间在未来；请检查年份和时区。",
        "The time lies in the future: check its year and its time zone.",
    ),
    "bad_position": (
        "位置无法识别、只有一半，或不在坐标系范围内（经纬度写反了？）；请改正坐标，或写明坐标系。",
        "The position cannot be read, is half missing, or lies outside its system (longitude and latitude swapped?):"
        " mend it, or name the system.",
    ),
    "bad_crs": (
        "这一行的坐标系无法识别；请写 WGS-84、CGCS2000、GCJ-02、BD-09 或 EPSG 代码。",
        "The coordinate system of the row is unknown: write WGS-84, CGCS2000, GCJ-02, BD-09 or an EPSG code.",
    ),
    "bad_place": (
        "地点一栏有字，但其中没有地名，也没有坐标；请写成“区/街道/社区”或代码。",
        "The place says something but names no place, and there is no position: write district/street/community or a"
        " code.",
    ),
    "no_type": ("没有类型；请补上事件类型。", "The type is missing: fill it in."),
    "precision": (
        "编号是超过 2^53 的数，存成小数时末几位已丢失；请把这一列改为文本后重新导出。",
        "The id is a number over 2^53 whose last digits were lost as a decimal: export the column as text.",
    ),
    "cell_error": (
        "有一格是公式错误（如 #N/A）；请在工作簿中改正。",
        "A cell holds an error such as #N/A: mend it in the workbook.",
    ),
    "no_value": (
        "有公式没有计算结果；请用 Excel 打开工作簿并保存一次。",
        "A formula was never calculated: open the workbook in Excel and save it once.",
    ),
    "total_row": (
        "这是合计行，不是一起事件；如确是事件，请改掉首格的“合计”。",
        "This is a row of totals, no incident: if it is one, change the word in its first cell.",
    ),
    "geometry": (
        "这个要素没有可用的点；请给它一个点坐标，或删去它。",
        "The feature has no usable point: give it one, or remove it.",
    ),
}
"""Why a row is set aside: reason → the sentence in Chinese and in English. The list is closed."""

_SHOWN = 200


class Faults:
    """The first fault of every row of a chunk.

    Parameters
    ----------
    table
        The rows as the file has them.
    """

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self.code: npt.NDArray[np.int16] = np.zeros(table.num_rows, dtype=np.int16)
        self.known: list[tuple[str, list[str]]] = [("", [])]

    def good(self) -> Flags:
        """Return which rows have no fault so far."""
        good: Flags = self.code == 0
        return good

    def add(self, rows: Flags, reason: str, columns: list[str]) -> None:
        """Note a fault for the rows that have none yet."""
        if rows.any():
            self.code[rows & self.good()] = len(self.known)
            self.known.append((reason, columns))

    def add_long_cells(self) -> None:
        """Note the rows with a cell that no person wrote."""
        for name, column in zip(self.table.column_names, self.table.columns, strict=True):
            is_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
            # no text has more characters than bytes
            if is_text and (pc.max(pc.binary_length(column)).as_py() or 0) > MAX_CELL:
                long = pc.greater(pc.utf8_length(column), MAX_CELL)
                self.add(pc.fill_null(long, False).to_numpy(), "too_long", [name])

    def frame(self, numbers: Rows) -> pd.DataFrame:
        """Return the rows at fault with the columns of SET_ASIDE; `numbers` counts the rows of the file from 1."""
        bad = np.flatnonzero(self.code)
        rows = self.table.take(pa.array(bad))
        codes = self.code[bad].tolist()
        reasons = [self.known[code][0] for code in codes]
        columns = ["+".join(self.known[code][1]) for code in codes]
        texts = {name: text_column(rows[name]).to_pylist() for code in set(codes) for name in self.known[code][1]}
        shown = [" ".join(texts[name][at] for name in self.known[code][1])[:_SHOWN] for at, code in enumerate(codes)]
        short = [pc.utf8_slice_codeunits(text_column(column), 0, MAX_CELL) for column in rows.columns]
        raws = json_rows(pa.table(short, names=rows.column_names)).to_pylist()
        return set_aside_frame(numbers[bad].tolist(), reasons, columns, shown, raws)
