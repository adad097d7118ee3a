"""Read slides back as anybody could: texts, tables, charts with the workbooks inside them, shapes of maps, notes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from openpyxl import load_workbook
from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE_TYPE


@dataclass
class Chart:
    """A chart as it is shown, and the sheet that it is edited in."""

    names: list[str]
    values: list[float]
    sheet: list[tuple[str, float]]


@dataclass
class Read:
    """One slide."""

    title: str
    texts: list[str] = field(default_factory=list)
    tables: list[list[list[str]]] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    outlines: dict[str, str] = field(default_factory=dict)
    """Names of freeforms and what is told of each."""
    circles: dict[str, str] = field(default_factory=dict)
    notes: str = ""

    @property
    def words(self) -> str:
        """Return everything that is written on the slide."""
        cells = [cell for table in self.tables for row in table for cell in row]
        return "\n".join([*self.texts, *cells])


def read_slides(file: bytes) -> list[Read]:
    """Return what stands on each slide."""
    found = []
    for slide in Presentation(io.BytesIO(file)).slides:
        read = Read(slide.shapes.title.text_frame.text)
        if slide.has_notes_slide:
            read.notes = slide.notes_slide.notes_text_frame.text
        for shape in every_shape(slide.shapes):
            _add(read, shape)
        found.append(read)
    return found


def every_shape(shapes: Iterable[Any]) -> Iterator[Any]:
    """Yield shapes, those of groups too."""
    for shape in shapes:
        if shape.shape_type == MSO_SHAPE_TYPE.GROUP:
            yield from every_shape(shape.shapes)
        else:
            yield shape


def _add(read: Read, shape: Any) -> None:
    told = shape._element.xpath(".//p:cNvPr")[0].get("descr", "")
    if shape.has_chart:
        plot = shape.chart.plots[0]
        blob = shape.chart.part.chart_workbook.xlsx_part.blob
        rows = load_workbook(io.BytesIO(blob)).active.iter_rows(min_row=2, values_only=True)
        sheet = [(name, value) for name, value in rows]
        read.charts.append(Chart(list(plot.categories), list(plot.series[0].values), sheet))
    elif shape.has_table:
        read.tables.append([[cell.text_frame.text for cell in row.cells] for row in shape.table.rows])
    elif shape.shape_type == MSO_SHAPE_TYPE.FREEFORM:
        read.outlines[shape.name] = told
    elif shape._element.xpath(".//a:prstGeom[@prst='ellipse']"):
        read.circles[shape.name] = told
    elif shape.has_text_frame and shape.text_frame.text:
        read.texts.append(shape.text_frame.text)
