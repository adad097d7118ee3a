"""What slides are drawn with: a plain 16:9 file, texts, tables, charts and outlines that a presenter can edit.

All lengths are points; a slide is 960 × 540. The same calls give the same bytes: no dates, no random ids.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_TICK_LABEL_POSITION, XL_TICK_MARK
from pptx.enum.dml import MSO_PATTERN
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.opc.constants import RELATIONSHIP_TYPE as RELATION
from pptx.oxml.ns import qn
from pptx.oxml.xmlchemy import OxmlElement
from pptx.util import Emu, Length, Pt
from xlsxwriter import Workbook

from layers.style import ACCENT, INK, LIGHT, LINE, PAPER, luminance

WIDTH, HEIGHT, MARGIN = 960.0, 540.0, 40.0
LARGE, BODY, TABLE, FOOT = 36.0, 24.0, 20.0, 14.0
"""Sizes of letters: key numbers, sentences, tables and charts, the line at the foot."""
LEADING, TIGHT = 1.36, 1.25
"""Height of a line against the size of its letters, of sentences and of tables: set, for fonts differ in theirs."""
TITLE_WIDTH = 630.0
CELL_MARGIN = 6.0
QUIET = "#3d4b58"
"""Notes and axes: as dark as a washed-out lamp needs (8.9:1 on white)."""
FONTS = ("Arial", "Microsoft YaHei")
"""Latin and Chinese letters; every office program has them or a like one."""
SPOKEN = {"zh": "zh-CN", "en": "en-GB"}
PALETTE = (ACCENT, "#b35806", "#542788", "#01665e", "#4a86c5", "#e98b2a")
_MOMENT = (1980, 1, 1, 0, 0, 0)
_NO_STYLE = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"
_APP = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Properties xmlns="http://schemas.openxmlformats.org/'
    b'officeDocument/2006/extended-properties"><PresentationFormat>Widescreen</PresentationFormat></Properties>'
)


@dataclass(frozen=True)
class Box:
    """A rectangle of a slide."""

    x: float
    y: float
    width: float
    height: float

    @property
    def bottom(self) -> float:
        """Return where it ends."""
        return self.y + self.height

    @property
    def right(self) -> float:
        """Return where it ends."""
        return self.x + self.width

    def holds(self, other: Box) -> bool:
        """Say whether another lies inside."""
        across = self.x <= other.x and other.right <= self.right
        return across and self.y <= other.y and other.bottom <= self.bottom

    def meets(self, other: Box) -> bool:
        """Say whether two rectangles overlap."""
        across = self.x < other.right and other.x < self.right
        return across and self.y < other.bottom and other.y < self.bottom


@dataclass(frozen=True)
class Run:
    """Letters of one look."""

    text: str
    bold: bool = False
    colour: str = INK
    size: float | None = None


# --- how much room a text takes: the same on every machine, whatever fonts it has ---


def text_width(text: str, size: float) -> float:
    """Return how wide a text is at most [pt].

    Examples
    --------
    >>> text_width("平安", 20), text_width("42", 20) < 24
    (40.0, True)
    """
    return size * sum(_advance(letter) for letter in text)


_ADVANCES = {
    letter: width
    for width, letters in (
        (0.24, "ijl'|"),
        (0.30, " !,./:;I[]ft\\\u2009"),
        (0.36, '()-r`"'),
        (0.53, "Jcksvxyz"),
        (0.58, "0123456789?L_abdeghnopqu$#–"),
        (0.62, "+<=>~−FTZ"),
        (0.70, "&ABEKPSVXY"),
        (0.76, "CDHNRUw"),
        (0.80, "GOQ"),
        (0.88, "Mm"),
        (0.98, "%W@"),
    )
    for letter in letters
}
"""Of Arial and letters like it, with a little more for bold ones [em]."""


def _advance(letter: str) -> float:
    if letter in _ADVANCES:
        return _ADVANCES[letter]
    wide = unicodedata.east_asian_width(letter) in "WFA"  # quotation marks and arrows are as wide as Chinese
    return 1.0 if wide else 0.62


_LATIN = "0123456789+−-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def line_count(text: str, width: float, size: float) -> int:
    """Return how many lines a text takes: Chinese breaks anywhere, words at their ends.

    Examples
    --------
    >>> line_count("平安平安平", 40, 20), line_count("one two", 60, 20), line_count("", 40, 20)
    (3, 2, 1)
    """
    total = 0
    for paragraph in text.split("\n"):
        used, lines = 0.0, 1
        mixed = 0.0 if paragraph.isascii() else 0.4 * size  # programs set a space between Chinese and other letters
        for piece in re.findall(r"[!-~\u2009−+]+\s?|\s|[^!-~\s]", paragraph):
            wide = text_width(piece, size) + (mixed if piece[0] in _LATIN else 0.0)
            if used and used + wide - (0.34 * size if piece[-1] == " " else 0.0) > width:
                lines, used = lines + 1, 0.0
            lines += int(wide // width) if wide > width else 0
            used = used + wide if wide <= width else wide % width
        total += lines
    return total


def text_height(text: str, width: float, size: float) -> float:
    """Return how high a text of a given width is."""
    return line_count(text, width, size) * size * LEADING


# --- the file ---


class Show:
    """A file of slides in the making."""

    def __init__(self, lang: str, title: str, author: str) -> None:
        self.lang = lang
        self._file = Presentation()
        self._file.slide_width, self._file.slide_height = Pt(WIDTH), Pt(HEIGHT)
        self._plain(title, author)
        self.layout = self._file.slide_layouts[0]

    def _plain(self, title: str, author: str) -> None:
        """Keep one layout with a title, in our letters and colours; nothing of the template's own facts."""
        layouts = self._file.slide_layouts
        kept: Any = layouts.get_by_name("Title Only")
        for layout in [each for each in layouts if each is not kept]:
            layouts.remove(layout)
        master = self._file.slide_master
        for holder in (master, kept):
            for shape in list(holder.placeholders):
                if shape.placeholder_format.idx == 0:
                    shape.left, shape.top, shape.width, shape.height = (
                        Pt(each) for each in (MARGIN, 20, TITLE_WIDTH, 58)
                    )
                else:
                    shape._element.getparent().remove(shape._element)
        for style in master._element.iter(qn("p:titleStyle")):
            level = style.find(qn("a:lvl1pPr"))
            level.set("algn", "l")
            level.find(qn("a:defRPr")).set("sz", "3200")
            level.find(qn("a:defRPr")).set("b", "1")
        theme = master.part.part_related_by(RELATION.THEME)
        theme._blob = _theme(theme.blob)
        package = self._file.part.package
        for key, relation in list(package._rels.items()):
            if relation.reltype == RELATION.THUMBNAIL:
                package._rels.pop(key)
            elif relation.reltype == RELATION.EXTENDED_PROPERTIES:
                relation.target_part._blob = _APP
        for key, relation in list(self._file.part.rels.items()):
            if relation.reltype == RELATION.PRINTER_SETTINGS:
                self._file.part.rels.pop(key)
        facts = self._file.core_properties
        for dated in ("dcterms:created", "dcterms:modified"):
            for element in list(facts._element.iter(qn(dated))):
                facts._element.remove(element)
        facts.title, facts.author, facts.last_modified_by, facts.revision = title, author, author, 1
        facts.language = SPOKEN[self.lang]

    def slide(self, title: str) -> Sheet:
        """Add a slide."""
        return Sheet(self, self._file.slides.add_slide(self.layout), title)

    def file(self) -> bytes:
        """Return the file, its members in order and of one moment."""
        out = io.BytesIO()
        self._file.save(out)
        return _undated(out.getvalue())


def _theme(blob: bytes) -> bytes:
    latin, chinese = FONTS
    text = blob.decode("utf-8")
    text = re.sub(
        r'<a:latin typeface="[^"]*"/><a:ea typeface="[^"]*"/>',
        f'<a:latin typeface="{latin}"/><a:ea typeface="{chinese}"/>',
        text,
    )
    text = re.sub(r'(<a:font script="Hans" typeface=)"[^"]*"', rf'\1"{chinese}"', text)
    text = re.sub(r"<a:dk1>.*?</a:dk1>", f'<a:dk1><a:srgbClr val="{INK[1:].upper()}"/></a:dk1>', text)
    for k, colour in enumerate(PALETTE, 1):
        hexed = colour[1:].upper()
        text = re.sub(
            rf"<a:accent{k}>.*?</a:accent{k}>", f'<a:accent{k}><a:srgbClr val="{hexed}"/></a:accent{k}>', text
        )
    return text.encode("utf-8")


def _undated(file: bytes) -> bytes:
    """Return an Office file whose members all bear one moment."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(file)) as read, zipfile.ZipFile(out, "w") as written:
        for name in read.namelist():
            member = zipfile.ZipInfo(name, _MOMENT)
            member.compress_type, member.create_system = zipfile.ZIP_DEFLATED, 0
            written.writestr(member, read.read(name))
    return out.getvalue()


def _colour(text: str) -> RGBColor:
    return RGBColor(*bytes.fromhex(text[1:]))


def _at(box: Box) -> tuple[Length, Length, Length, Length]:
    return Pt(box.x), Pt(box.y), Pt(box.width), Pt(box.height)


def ink_on(colour: str) -> str:
    """Return the colour of letters that are read on another."""
    return INK if luminance(colour) > LIGHT else PAPER


class Sheet:
    """One slide."""

    def __init__(self, show: Show, slide: Any, title: str) -> None:
        self.show, self._slide = show, slide
        shape = slide.shapes.title
        one = next((size for size in (32, 28, 25) if text_width(title, 1.04 * size) <= TITLE_WIDTH), None)
        size, leading = (one, LEADING) if one else (22, 1.2)
        self._write(shape.text_frame, [[Run(title, bold=True)]], size, anchor="middle", leading=leading)

    def place_title(self, box: Box, size: float) -> None:
        """Set the title elsewhere and larger, as on a first page."""
        shape = self._slide.shapes.title
        shape.left, shape.top, shape.width, shape.height = _at(box)
        paragraph = shape.text_frame.paragraphs[0]
        paragraph.runs[0].font.size, paragraph.line_spacing = Pt(size), Pt(size * LEADING)
        shape.text_frame.vertical_anchor = MSO_ANCHOR.BOTTOM

    def text(
        self,
        box: Box,
        paragraphs: Sequence[Sequence[Run]],
        size: float = BODY,
        *,
        name: str = "",
        align: str = "left",
        anchor: str = "top",
        bullets: bool = False,
        gap: float = 0.0,
    ) -> None:
        """Write paragraphs into a box that keeps its size."""
        shape = self._slide.shapes.add_textbox(*_at(box))
        if name:
            shape.name = name
        self._write(shape.text_frame, paragraphs, size, align=align, anchor=anchor, bullets=bullets, gap=gap)

    def label(self, box: Box, lines: Sequence[Sequence[Run]], size: float, *, plate: bool, group: Any) -> None:
        """Write on a map, on a plate that lets the colour below shine through or on nothing."""
        shape = group.shapes.add_textbox(*_at(box))
        shape.name = "".join(run.text for run in lines[0])
        self._write(shape.text_frame, lines, size, align="centre", anchor="middle", leading=1.15)
        shape.text_frame.word_wrap = False
        if plate:
            _fill(shape, PAPER, "")
            _see_through(shape, 82)

    def _write(
        self,
        frame: Any,
        paragraphs: Sequence[Sequence[Run]],
        size: float,
        *,
        align: str = "left",
        anchor: str = "top",
        bullets: bool = False,
        gap: float = 0.0,
        leading: float = LEADING,
    ) -> None:
        frame.word_wrap = True
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        frame.vertical_anchor = {"top": MSO_ANCHOR.TOP, "middle": MSO_ANCHOR.MIDDLE, "bottom": MSO_ANCHOR.BOTTOM}[
            anchor
        ]
        for k, runs in enumerate(paragraphs):
            paragraph = frame.paragraphs[0] if k == 0 else frame.add_paragraph()
            paragraph.alignment = {"left": PP_ALIGN.LEFT, "right": PP_ALIGN.RIGHT, "centre": PP_ALIGN.CENTER}[align]
            paragraph.space_before = Pt(gap if k else 0)
            paragraph.line_spacing = Pt(round(max(run.size or size for run in runs) * leading, 1))
            if bullets:
                _bullet(paragraph, size)
            for run in runs:
                self._run(paragraph, run, size)

    def _run(self, paragraph: Any, run: Run, size: float) -> None:
        written = paragraph.add_run()
        written.text = run.text
        written.font.size, written.font.bold = Pt(run.size or size), run.bold
        written.font.color.rgb = _colour(run.colour)
        written._r.get_or_add_rPr().set("lang", SPOKEN[self.show.lang])
        if self.show.lang == "zh":
            written._r.get_or_add_rPr().set("altLang", "en-GB")

    def foot(self, text: str, mark: str) -> None:
        """Write what stands below every slide: where its numbers come from, its number, and that it is made up."""
        self.bar(Box(MARGIN, 502, WIDTH - 2 * MARGIN, 1), LINE)
        wide = text_width(mark, TABLE) + 20 if mark else 0.0
        size = FOOT if line_count(text, 800 - wide, FOOT) == 1 else FOOT - 2
        self.text(Box(MARGIN, 508, 820 - wide, 24), [[Run(text, colour=QUIET)]], size, name="footer", anchor="middle")
        if mark:
            box = Box(870 - wide, 507, wide, 26)
            shape = self._slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, *_at(box))
            _fill(shape, "#fff3d6", "")
            shape.name = mark
            self._write(shape.text_frame, [[Run(mark, bold=True)]], 18, align="centre", anchor="middle")
        self._slide_number(Box(880, 508, 40, 24))

    def _slide_number(self, box: Box) -> None:
        shape = self._slide.shapes.add_textbox(*_at(box))
        shape.name = "number"
        self._write(shape.text_frame, [[Run("0", colour=QUIET)]], FOOT, align="right", anchor="middle")
        run = shape.text_frame.paragraphs[0].runs[0]._r
        field = _added(run.getparent(), "a:fld")
        field.set("id", "{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}")
        field.set("type", "slidenum")
        field.extend(list(run))
        run.getparent().remove(run)

    def bar(self, box: Box, colour: str, *, name: str = "", line: str = "", group: Any = None) -> Any:
        """Draw a rectangle; "" = hatched."""
        shape = (group or self._slide).shapes.add_shape(MSO_SHAPE.RECTANGLE, *_at(box))
        _fill(shape, colour, line)
        if name:
            shape.name = name
        return shape

    def note(self, text: str) -> None:
        """Write what the speaker reads."""
        self._slide.notes_slide.notes_text_frame.text = text

    # --- tables ---

    def table(
        self,
        box: Box,
        rows: Sequence[Sequence[Run]],
        widths: Sequence[float],
        heights: Sequence[float],
        *,
        name: str,
        numeric: Sequence[bool],
        fills: Sequence[Sequence[str]],
        size: float = TABLE,
    ) -> None:
        """Draw a table: the first row has the names of its columns; `fills` are colours of cells, "" for none."""
        frame = self._slide.shapes.add_table(len(rows), len(widths), *_at(box))
        frame.name = name
        _described(frame, name)
        table = frame.table
        style = table._tbl.tblPr.find(qn("a:tableStyleId"))
        style.text = _NO_STYLE
        table.horz_banding = False
        for k, width in enumerate(widths):
            table.columns[k].width = Pt(width)
        for i, (row, height) in enumerate(zip(rows, heights, strict=True)):
            table.rows[i].height = Pt(height)
            for k, run in enumerate(row):
                cell = table.cell(i, k)
                align = "right" if numeric[k] else "left"
                self._cell(cell, run, size, align)
                if fills[i][k]:
                    cell.fill.solid()
                    cell.fill.fore_color.rgb = _colour(fills[i][k])
                    cell.text_frame.paragraphs[0].runs[0].font.color.rgb = _colour(ink_on(fills[i][k]))
                _line_below(cell, QUIET if i == 0 else LINE, 1.5 if i == 0 else 0.75)

    def _cell(self, cell: Any, run: Run, size: float, align: str) -> None:
        self._write(cell.text_frame, [[run]], size, align=align, leading=TIGHT)
        cell.text_frame.word_wrap = True
        cell.margin_left, cell.margin_right = Pt(CELL_MARGIN), Pt(CELL_MARGIN)
        cell.margin_top, cell.margin_bottom = Pt(2), Pt(2)
        cell.vertical_anchor = MSO_ANCHOR.TOP

    def grid(
        self,
        box: Box,
        texts: Sequence[Sequence[str]],
        fills: Sequence[Sequence[str]],
        first: float,
        *,
        name: str,
        size: float,
    ) -> None:
        """Draw a table of coloured cells: the first row and the first column, `first` wide, have names."""
        n = len(texts[0])
        frame = self._slide.shapes.add_table(len(texts), n, *_at(box))
        frame.name = name
        _described(frame, name)
        table = frame.table
        table._tbl.tblPr.find(qn("a:tableStyleId")).text = _NO_STYLE
        table.horz_banding = False
        for k in range(n):
            table.columns[k].width = Pt(first if k == 0 else (box.width - first) / (n - 1))
        for i, (row, colours) in enumerate(zip(texts, fills, strict=True)):
            table.rows[i].height = Pt(box.height / len(texts))
            for k, (text, colour) in enumerate(zip(row, colours, strict=True)):
                cell = table.cell(i, k)
                run = Run(text, bold=i == 0 or k == 0, colour=ink_on(colour) if colour else INK)
                self._cell(cell, run, size, "left" if k == 0 else "centre")
                cell.margin_left = cell.margin_right = cell.margin_top = cell.margin_bottom = 0
                cell.vertical_anchor = MSO_ANCHOR.MIDDLE
                if colour:
                    cell.fill.solid()
                    cell.fill.fore_color.rgb = _colour(colour)
                    for side in ("a:lnL", "a:lnR", "a:lnT", "a:lnB"):
                        _border(cell, side, PAPER, 1.5)

    # --- charts ---

    def bars(
        self,
        box: Box,
        names: Sequence[str],
        values: Sequence[float],
        colours: Sequence[str],
        *,
        name: str,
        label_format: str,
        axis_format: str,
        size: float = TABLE,
    ) -> None:
        """Draw horizontal bars from zero, the first on top, each with its number."""
        data = CategoryChartData(number_format=label_format)
        data.categories = names
        data.add_series(name, values)
        frame = self._slide.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, *_at(box), data)
        frame.name = name
        _described(frame, name + ": " + ", ".join(names))
        chart = frame.chart
        chart.part.chart_workbook.update_from_xlsx_blob(_workbook(name, names, values, label_format))
        chart.has_legend, chart.has_title = False, False
        chart.font.size = Pt(size)
        chart.font.color.rgb = _colour(INK)
        across, down = chart.value_axis, chart.category_axis
        down.reverse_order = True
        down.tick_label_position = XL_TICK_LABEL_POSITION.LOW
        down.major_tick_mark = XL_TICK_MARK.NONE
        down.format.line.color.rgb = _colour(QUIET)
        down.has_major_gridlines = False
        for element in ("c:tickLblSkip", "c:tickMarkSkip"):  # every name is written
            skip = _made(element, val="1")
            down._element.find(qn("c:noMultiLvlLbl")).addprevious(skip)
        across.has_major_gridlines = True
        across.major_gridlines.format.line.color.rgb = _colour(LINE)
        across.format.line.fill.background()
        across.major_tick_mark = XL_TICK_MARK.NONE
        across.tick_labels.number_format, across.tick_labels.number_format_is_linked = axis_format, False
        across.tick_labels.font.size = Pt(18)
        low, high, step = _ends(values)
        across.minimum_scale, across.maximum_scale, across.major_unit = low, high, step
        for element in list(across._element.iter(qn("c:crosses"))) + list(down._element.iter(qn("c:crosses"))):
            element.set("val", "autoZero")
        across._element.find(qn("c:crosses")).set("val", "max")  # the numbers of the axis stand below the bars
        room = min(max(text_width(each, size) for each in names) + 12, 0.45 * box.width) / box.width
        _inner(chart, (room, 0.0, 0.985 - room, 1 - 34 / box.height))
        plot = chart.plots[0]
        plot.gap_width, plot.vary_by_categories = 45, False
        plot.has_data_labels = True
        labels = plot.data_labels
        labels.number_format, labels.number_format_is_linked = label_format, False
        labels.position, labels.show_value = XL_LABEL_POSITION.OUTSIDE_END, True
        labels.font.size, labels.font.bold = Pt(size), True
        labels.font.color.rgb = _colour(INK)
        series = plot.series[0]
        series.invert_if_negative = False
        series.format.fill.solid()
        series.format.fill.fore_color.rgb = _colour(colours[0] if colours else ACCENT)
        for k, colour in enumerate(colours):
            if colour != colours[0]:
                point = series.points[k]
                point.format.fill.solid()
                point.format.fill.fore_color.rgb = _colour(colour)

    # --- maps ---

    def group(self, name: str, description: str) -> Any:
        """Begin a group of shapes that moves as one."""
        group = self._slide.shapes.add_group_shape()
        group.name = name
        _described(group, description)
        return group

    def outline(
        self,
        group: Any,
        rings: Iterable[Sequence[tuple[float, float]]],
        colour: str,
        *,
        line: str,
        name: str,
        description: str,
    ) -> None:
        """Draw a place as one freeform; rings within rings are holes."""
        drawn = [[(int(Pt(x)), int(Pt(y))) for x, y in ring] for ring in rings if len(ring) >= 3]
        if not drawn:
            return
        builder = group.shapes.build_freeform(*drawn[0][0], scale=1.0)
        for k, ring in enumerate(drawn):
            if k:
                builder.move_to(*ring[0])
            builder.add_line_segments(ring[1:], close=True)
        shape = builder.convert_to_shape(Emu(0), Emu(0))
        _fill(shape, colour, line, 0.75)
        shape.name = name
        _described(shape, description)

    def circle(self, group: Any, box: Box, colour: str, *, name: str, told: str) -> None:
        """Draw a circle that lets what lies below shine through."""
        shape = group.shapes.add_shape(MSO_SHAPE.OVAL, *_at(box))
        _fill(shape, colour, colour, 1.5)
        _see_through(shape, 40)
        shape.name = name
        _described(shape, told)


def _fill(shape: Any, colour: str, line: str, width: float = 1.0) -> None:
    for style in shape._element.findall(qn("p:style")):  # shadows and gradients of the theme
        shape._element.remove(style)
    if colour:
        shape.fill.solid()
        shape.fill.fore_color.rgb = _colour(colour)
    else:
        shape.fill.patterned()
        shape.fill.pattern = MSO_PATTERN.WIDE_UPWARD_DIAGONAL
        shape.fill.fore_color.rgb, shape.fill.back_color.rgb = _colour("#9aa7b3"), _colour(PAPER)
    if line:
        shape.line.color.rgb, shape.line.width = _colour(line), Pt(width)
    else:
        shape.line.fill.background()


def _made(tag: str, **attributes: str) -> Any:
    """Return an element of the file, such as ``a:ln``."""
    element: Any = OxmlElement(tag)
    for name, value in attributes.items():
        element.set(name, value)
    return element


def _added(parent: Any, tag: str, **attributes: str) -> Any:
    """Add an element below another."""
    element = _made(tag, **attributes)
    parent.append(element)
    return element


def _see_through(shape: Any, percent: int) -> None:
    """Let a filled shape cover only so much of what lies below."""
    _added(shape._element.spPr.find(qn("a:solidFill"))[0], "a:alpha", val=str(1000 * percent))


def _described(shape: Any, text: str) -> None:
    """Write what a reader hears who does not see the shape."""
    shape._element.xpath(".//p:cNvPr")[0].set("descr", text)


def _bullet(paragraph: Any, size: float) -> None:
    look = paragraph._p.get_or_add_pPr()
    look.set("marL", str(Pt(size * 0.75)))
    look.set("indent", str(-Pt(size * 0.75)))
    _added(_added(look, "a:buClr"), "a:srgbClr", val=ACCENT[1:].upper())
    _added(look, "a:buFont", typeface="Arial")
    _added(look, "a:buChar", char="•")


def _line_below(cell: Any, colour: str, width: float) -> None:
    _border(cell, "a:lnB", colour, width)


def _border(cell: Any, side: str, colour: str, width: float) -> None:
    look = cell._tc.get_or_add_tcPr()
    line = _made(side, w=str(Pt(width)))
    _added(_added(line, "a:solidFill"), "a:srgbClr", val=colour[1:].upper())
    sides = ("a:lnL", "a:lnR", "a:lnT", "a:lnB")
    before = sum(look.find(qn(each)) is not None for each in sides[: sides.index(side)])
    look.insert(before, line)


def _inner(chart: Any, shares: tuple[float, float, float, float]) -> None:
    """Set where the bars of a chart stand: x, y, width and height as shares of it, so that charts line up."""
    area = chart._chartSpace.chart.plotArea
    for layout in area.findall(qn("c:layout")):
        area.remove(layout)
    layout = _made("c:layout")
    area.insert(0, layout)
    manual = _added(layout, "c:manualLayout")
    settings = [("layoutTarget", "inner"), ("xMode", "edge"), ("yMode", "edge")]
    settings += [(side, f"{share:.4f}") for side, share in zip("xywh", shares, strict=True)]
    for name, value in settings:
        _added(manual, f"c:{name}", val=value)


def _workbook(name: str, names: Sequence[str], values: Sequence[float], number_format: str) -> bytes:
    """Return the sheet that a chart is edited in, without a date."""
    out = io.BytesIO()
    with Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Sheet1")
        look = book.add_format({"num_format": number_format})
        sheet.write_string(0, 1, name)
        for row, (label, value) in enumerate(zip(names, values, strict=True), 1):
            sheet.write_string(row, 0, label)
            sheet.write_number(row, 1, value, look)
        sheet.set_column(0, 0, 24)
    return _undated(_without_dates(out.getvalue()))


def _without_dates(file: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(file)) as read, zipfile.ZipFile(out, "w") as written:
        for name in read.namelist():
            content = read.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"<dcterms:(created|modified)[^>]*>[^<]*</dcterms:\1>", b"", content)
            written.writestr(name, content)
    return out.getvalue()


def _ends(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the ends of an axis and its step: round numbers with room for the numbers beside the bars.

    >>> _ends([73, 47]), _ends([-0.4, 0.2])
    ((0.0, 100.0, 20.0), (-0.6, 0.4, 0.2))
    """
    low, high = min(0.0, *values), max(0.0, *values)
    span = (high - low) or 1.0
    low, high = (low - 0.2 * span if low < 0 else 0.0), (high + 0.2 * span if high > 0 else 0.0)
    if low == high == 0:
        high = 1.0
    power = 10.0 ** (len(str(int(high - low))) - 1) if high - low >= 1 else 0.1 if high - low > 0.1 else 0.01
    step = next(power * k / 10 for k in (1, 2, 5, 10, 20, 50, 100) if (high - low) / (power * k / 10) <= 5)
    ends = [round(-(-each // step) * step if each > 0 else each // step * step, 6) for each in (low, high)]
    return ends[0], ends[1], round(step, 6)
