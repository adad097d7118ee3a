"""What a reader gives: a file's columns and what was found out about it, and its rows in chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

Int64 = npt.NDArray[np.int64]
Note = tuple[str, str]


@dataclass(frozen=True)
class RawChunk:
    """Some rows of a file as they stand in it, and what is no row of it.

    Parameters
    ----------
    table
        One row a record, with the columns of the file; text cells, "" where empty; numbers and timestamps of a Parquet
        file keep their type.
    rows
        0-based number of each record in the file, shape (n,); records set aside leave gaps.
    bad_rows
        What is no row of this table, in the columns of SET_ASIDE; `row` counts from 1.
    done
        Share of the file that is read after this chunk, 0 to 1.
    """

    table: pa.Table
    rows: Int64
    bad_rows: pd.DataFrame
    done: float


@dataclass(frozen=True)
class TableFile:
    """A table in a file: what is known of it before its rows are read.

    Parameters
    ----------
    columns
        Names, cleaned, each once.
    kind
        ``csv``, ``excel``, ``parquet``, ``geojson``, ``shapefile`` or ``geopackage``.
    read
        Starts reading the rows.
    encoding
        ``utf-8``, ``utf-8-sig``, ``gb18030``, ``utf-16``, or "" for a format without one.
    separator
        Between the fields; "" if there is none.
    crs
        The coordinate system that the file states for itself, a code for `CoordinateSystem.parse`, None if it does not;
        the points of a geometry become the columns ``lon`` and ``lat`` in this system.
    sheets, sheet
        The sheets of a workbook and the one that is read.
    header_row
        The line or row of the column names, counted from 1; 0 in a format that needs none.
    notes
        What was done to the file, in Chinese and English.
    """

    columns: list[str]
    kind: str
    read: Callable[[], Iterator[RawChunk]] = field(repr=False)
    encoding: str = ""
    separator: str = ""
    crs: str | None = None
    sheets: list[str] = field(default_factory=list)
    sheet: str = ""
    header_row: int = 0
    notes: list[Note] = field(default_factory=list)

    def chunks(self) -> Iterator[RawChunk]:
        """Return the rows from the first to the last, some 250,000 at a time; may be called again."""
        return self.read()
