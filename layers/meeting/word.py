"""The minutes as DOCX: native headings, numbering, tables and page numbers, laid out as GB/T 9704 wants it.

Fonts are named, not embedded: those that offices have, each with its family so that another takes its place.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from typing import Any

from docx import Document
from docx.enum.section import WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph as Written

from geodata.written import THIN
from layers.meeting.minutes import (
    TEXT_WIDTH,
    Annex,
    Blanks,
    Block,
    Closing,
    Grid,
    Heading,
    Item,
    Minutes,
    Note,
    Paragraph,
    Picture,
)
from layers.text import DOCUMENT_FONTS, text

BODY, LEADING, TABLE, SMALL = 16.0, 28.95, 10.5, 10.5
"""三号 on 22 lines a page, 五号 in tables [pt]."""
BODY_EN, LEADING_EN = 12.0, 18.0
LATIN = "Times New Roman"
SIDES = {"left": WD_ALIGN_PARAGRAPH.LEFT, "center": WD_ALIGN_PARAGRAPH.CENTER, "right": WD_ALIGN_PARAGRAPH.RIGHT}
_BOTH = re.compile("([\u2018-\u201f\u2014\u2026\u00b7]+)")
"""Signs that both scripts have."""
_MOMENT = (1980, 1, 1, 0, 0, 0)
_EPOCH = dt.datetime(1980, 1, 1)  # noqa: DTZ001 # the file knows no zones
_LATIN_FAMILIES = {"title": "roman", "body": "modern", "black": "modern", "script": "modern"}


def docx_of(minutes: Minutes) -> bytes:
    """Return the minutes as DOCX; the same minutes give the same bytes."""
    return _Writer(minutes).write()


class _Writer:
    """A file in the making."""

    def __init__(self, minutes: Minutes) -> None:
        self.minutes, self.lang = minutes, minutes.lang
        self.zh = minutes.lang == "zh"
        self.body, self.leading = (BODY, LEADING) if self.zh else (BODY_EN, LEADING_EN)
        self.file = Document()
        self.lists = 0

    def write(self) -> bytes:
        self._facts()
        self._page()
        self._styles()
        self._numbering()
        self._fonts_part()
        self.add(self.minutes.title, "Title")
        self.add(self.minutes.subtitle, "Subtitle")
        for block in self.minutes.blocks:
            self._block(block)
        out = io.BytesIO()
        self.file.save(out)
        return steady(out.getvalue())

    # --- the file as a whole ---

    def _facts(self) -> None:
        facts = self.file.core_properties
        facts.title = f"{self.minutes.title} {self.minutes.subtitle}"
        facts.author = facts.last_modified_by = text(self.lang, "brand")
        facts.created = facts.modified = _EPOCH
        facts.comments, facts.revision, facts.language = "", 1, "zh-CN" if self.zh else "en-GB"
        package = self.file.part.package
        for key in [key for key, each in package.rels.items() if each.reltype.endswith("/thumbnail")]:
            del package.rels[key]  # the template's own
        settings = self.file.settings.element
        for old in settings.findall(qn("w:compat")):
            settings.remove(old)
        word = "http://schemas.microsoft.com/office/word"
        setting = f'<w:compatSetting w:name="compatibilityMode" w:uri="{word}" w:val="15"/>'
        compat = parse_xml(f"<w:compat {nsdecls('w')}>{setting}</w:compat>")
        at = settings.find(qn("w:rsids"))
        settings.insert(len(settings) if at is None else settings.index(at), compat)

    def _page(self) -> None:
        """Set A4 with the type area of 156 × 225 mm, and page numbers outside."""
        section = self.file.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin, section.bottom_margin = Mm(37), Mm(35)
        section.left_margin, section.right_margin = Mm(28), Mm(26)
        section.header_distance, section.footer_distance = Mm(22), Mm(25)
        section.start_type = WD_SECTION.NEW_PAGE
        self.file.settings.odd_and_even_pages_header_footer = True
        for footer, left in ((section.footer, False), (section.even_page_footer, True)):
            line = footer.paragraphs[0]
            line.alignment = WD_ALIGN_PARAGRAPH.LEFT if left else WD_ALIGN_PARAGRAPH.RIGHT
            side = "left_indent" if left else "right_indent"
            setattr(line.paragraph_format, side, Pt(14))
            self.run(line, "— ", "title", 14)
            _field(line, "PAGE", DOCUMENT_FONTS["title"][0])
            self.run(line, " —", "title", 14)
        if self.minutes.mark:
            for header in (section.header, section.even_page_header):
                header.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
                self.run(header.paragraphs[0], self.minutes.mark, "black", SMALL)

    def _styles(self) -> None:
        styles = self.file.styles
        default = styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
        self._letters(default, "body", self.body)
        for name, role, size, bold in (
            ("Normal", "body", self.body, False),
            ("Title", "title", 22.0 if self.zh else 18.0, not self.zh),
            ("Subtitle", "script", self.body, False),
            ("Heading 1", "black", self.body + (0 if self.zh else 2), not self.zh),
            ("Heading 2", "script", self.body, not self.zh),
            ("Heading 3", "black", 14.0 if self.zh else 12.0, not self.zh),
            ("Caption", "black", SMALL, not self.zh),
            ("Header", "black", SMALL, False),
            ("Footer", "title", 14.0, False),
        ):
            style = styles[name]
            self._letters(style.element.get_or_add_rPr(), role, size, bold=bold)
            if name != "Normal":
                style.base_style = styles["Normal"] if name not in ("Header", "Footer") else None
            old = style.element.find(qn("w:pPr"))
            if old is not None:
                style.element.remove(old)
        for name in ("Cell", "Note", "Figure"):
            style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
            style.base_style = styles["Normal"]
            self._letters(style.element.get_or_add_rPr(), "body", TABLE if name == "Cell" else SMALL)
        self._spaces()

    def _spaces(self) -> None:
        styles = self.file.styles
        for name, level, line, before, after in (
            ("Normal", None, self.leading, 0, 0 if self.zh else 6),
            ("Title", None, 34, 0, 6),
            ("Subtitle", None, self.leading, 0, 14),
            ("Heading 1", 0, self.leading, 0 if self.zh else 10, 0 if self.zh else 4),
            ("Heading 2", 1, self.leading, 0 if self.zh else 6, 0 if self.zh else 3),
            ("Heading 3", 2, 24, 8, 2),
            ("Caption", None, 16, 6, 3),
            ("Cell", None, 14, 1, 1),
            ("Note", None, 15, 2, 8),
            ("Figure", None, None, 4, 0),
        ):
            form = styles[name].paragraph_format
            form.space_before, form.space_after = Pt(before), Pt(after)
            form.line_spacing_rule = WD_LINE_SPACING.SINGLE if line is None else WD_LINE_SPACING.EXACTLY
            if line is not None:
                form.line_spacing = Pt(line)
            centred = name in ("Title", "Subtitle", "Caption", "Figure")
            form.alignment = WD_ALIGN_PARAGRAPH.CENTER if centred else WD_ALIGN_PARAGRAPH.LEFT
            form.widow_control = True
            form.keep_with_next = name in ("Heading 1", "Heading 2", "Heading 3", "Caption", "Figure")
            if level is not None:
                styles[name].element.get_or_add_pPr().append(
                    parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="{level}"/>')
                )
        styles["Caption"].paragraph_format.keep_with_next = True

    def _letters(self, properties: Any, role: str, size: float, *, bold: bool = False) -> None:
        """Replace fonts, size, weight and colour of a style by ours: the template's own are of another country."""
        for tag in ("rFonts", "b", "bCs", "i", "iCs", "color", "sz", "szCs", "spacing", "kern", "lang"):
            for old in properties.findall(qn(f"w:{tag}")):
                properties.remove(old)
        name = DOCUMENT_FONTS[role][0]
        half = round(size * 2)
        made = [f'<w:rFonts {nsdecls("w")} w:ascii="{LATIN}" w:hAnsi="{LATIN}" w:eastAsia="{name}" w:cs="{LATIN}"/>']
        made += [f"<w:b {nsdecls('w')}/>"] if bold else []
        made += [f'<w:color {nsdecls("w")} w:val="000000"/>']
        made += [f'<w:{tag} {nsdecls("w")} w:val="{half}"/>' for tag in ("sz", "szCs")]
        made += [f'<w:lang {nsdecls("w")} w:val="en-GB" w:eastAsia="zh-CN"/>']
        for k, each in enumerate(made):
            properties.insert(k, parse_xml(each))

    def _numbering(self) -> None:
        """Let the file number headings: with Chinese numerals, in English 1. and 1.1."""
        part = self.file.part.numbering_part.element
        for old in list(part):
            part.remove(old)
        if self.zh:
            levels = (("chineseCountingThousand", "%1、", "nothing"), ("chineseCountingThousand", "（%2）", "nothing"))
        else:
            levels = (("decimal", "%1.", "space"), ("decimal", "%1.%2", "space"))
        made = "".join(
            f'<w:lvl w:ilvl="{k}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/>'
            f'<w:pStyle w:val="Heading{k + 1}"/><w:suff w:val="{after}"/><w:lvlText w:val="{shown}"/>'
            f'<w:lvlJc w:val="left"/><w:pPr><w:ind w:left="0" w:firstLine="{self._indent()}"/></w:pPr></w:lvl>'
            for k, (kind, shown, after) in enumerate(levels)
        )
        items = (
            '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:suff w:val="space"/>'
            f'<w:lvlText w:val="%1."/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="0" w:firstLine="{self._indent()}"/>'
            "</w:pPr></w:lvl>"
        )
        for number, body in ((1, made), (2, items)):
            kind = "multilevel" if number == 1 else "singleLevel"
            part.append(
                parse_xml(
                    f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{number}">'
                    f'<w:multiLevelType w:val="{kind}"/>{body}</w:abstractNum>'
                )
            )
        part.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="1"><w:abstractNumId w:val="1"/></w:num>'))
        for level in (0, 1):
            properties = self.file.styles[f"Heading {level + 1}"].element.get_or_add_pPr()
            properties.insert_element_before(
                _numbered(1, level), "w:suppressLineNumbers", "w:pBdr", "w:spacing", "w:ind", "w:jc", "w:outlineLvl"
            )

    def _indent(self) -> int:
        """Return two characters, by which Chinese paragraphs begin further in [1/20 pt]."""
        return round(2 * self.body * 20) if self.zh else 0

    def _fonts_part(self) -> None:
        """Say of each font which one may stand for it."""
        fonts = []
        for role, (name, other) in DOCUMENT_FONTS.items():
            family = _LATIN_FAMILIES[role]
            fonts.append(
                f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/>'
                f'<w:family w:val="{family}"/><w:pitch w:val="variable"/></w:font>'
            )
        fonts.append(f'<w:font w:name="{LATIN}"><w:charset w:val="00"/><w:family w:val="roman"/></w:font>')
        head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        made = f"{head}<w:fonts {nsdecls('w')}>{''.join(fonts)}</w:fonts>".encode()
        for part in self.file.part.package.iter_parts():
            if str(part.partname) == "/word/fontTable.xml":
                part._blob = made  # the library has no other way

    # --- parts ---

    def _block(self, block: Block) -> None:
        match block:
            case Heading():
                self.add(block.text, f"Heading {block.level}")
            case Paragraph():
                line = self.add(block.text)
                self._indented(line)
                if block.with_next:  # a table, which has no space of its own above it
                    line.paragraph_format.space_after, line.paragraph_format.keep_with_next = Pt(6), True
            case Note():
                self.add(block.text, "Note").paragraph_format.keep_with_next = True
            case Item():
                self._item(block)
            case Blanks():
                self._blanks(block)
            case Closing():
                self._close(block)
            case Grid():
                self._grid(block)
            case Picture():
                self._picture(block)
            case Annex():
                line = self.file.add_paragraph()
                line.paragraph_format.page_break_before = True
                self.run(line, block.label, "black")
                self.add(block.title, "Title")

    def add(self, words: str, style: str = "Normal") -> Written:
        """Add a paragraph."""
        line = self.file.add_paragraph(style=style)
        self.run(line, words)
        return line

    def run(self, line: Written, words: str, role: str = "", size: float = 0.0) -> None:
        """Add letters to a paragraph; signs that both scripts have are written as Chinese ones in Chinese."""
        for k, piece in enumerate(_BOTH.split(plain(words)) if self.zh else [plain(words)]):
            if not piece:
                continue
            run = line.add_run(piece)
            hint = ' w:hint="eastAsia"' if k % 2 else ""
            fonts = f' w:ascii="{LATIN}" w:hAnsi="{LATIN}" w:eastAsia="{DOCUMENT_FONTS[role][0]}"' if role else ""
            if hint or fonts:  # the library knows of no hints
                run._r.get_or_add_rPr().insert(0, parse_xml(f"<w:rFonts {nsdecls('w')}{hint}{fonts}/>"))
            if size:
                run.font.size = Pt(size)
            if role == "black" and not self.zh:
                run.bold = True

    def _indented(self, line: Written) -> None:
        if self.zh:
            properties = line._p.get_or_add_pPr()  # two characters, whatever their size
            properties.append(
                parse_xml(f'<w:ind {nsdecls("w")} w:firstLineChars="200" w:firstLine="{self._indent()}"/>')
            )
            line.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY

    def _item(self, item: Item) -> None:
        numbering = self.file.part.numbering_part.element
        if item.number == 1:
            self.lists += 1
            numbering.append(
                parse_xml(
                    f'<w:num {nsdecls("w")} w:numId="{self.lists + 1}"><w:abstractNumId w:val="2"/>'
                    '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>'
                )
            )
        line = self.add(item.text)
        line._p.get_or_add_pPr().append(_numbered(self.lists + 1, 0))  # no way of the library
        if self.zh:
            line.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY

    def _blanks(self, blanks: Blanks, *, apart: bool = False) -> None:
        for k, label in enumerate(blanks.labels):
            line = self.file.add_paragraph()
            form = line.paragraph_format
            self.run(line, text(self.lang, "minutes_field", label=label), "black")
            line.add_run("\t")
            form.left_indent = Pt(2 * self.body if self.zh else 0)
            form.tab_stops.add_tab_stop(Pt(TEXT_WIDTH), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.LINES)
            if apart:
                form.space_before = Pt(0 if k else self.leading)
                form.keep_with_next = k + 1 < len(blanks.labels)

    def _close(self, closing: Closing) -> None:
        """Name the annexes one below the other, then who was present; all of it stays together."""
        label = text(self.lang, "minutes_field", label=closing.label)
        wide = len(label) * self.body if self.zh else 60.0
        left = 2 * self.body if self.zh else 0.0
        for k, name in enumerate(closing.annexes):
            line = self.file.add_paragraph()
            form = line.paragraph_format
            form.left_indent, form.first_line_indent = Pt(left + wide), Pt(0 if k else -wide)
            form.tab_stops.add_tab_stop(Pt(left + wide))
            form.space_before, form.keep_with_next = Pt(0 if k else self.leading), True
            self.run(line, f"{'' if k else label}")
            if not k and not self.zh:
                line.add_run("\t")
            self.run(line, name)
        self._blanks(closing.blanks, apart=True)

    def _picture(self, picture: Picture) -> None:
        line = self.file.add_paragraph(style="Figure")
        shape = line.add_run().add_picture(io.BytesIO(picture.sheet.png()), width=Pt(picture.sheet.width))
        shape._inline.docPr.set("descr", picture.told)  # the library writes no description
        below = self.add(picture.title, "Caption")
        below.paragraph_format.keep_with_next = bool(picture.note)
        if picture.note:
            self.add(picture.note, "Note").alignment = WD_ALIGN_PARAGRAPH.CENTER

    def _grid(self, grid: Grid) -> None:
        if grid.title:
            self.add(grid.title, "Caption")
        table = self.file.add_table(rows=1 + len(grid.rows), cols=len(grid.columns), style="Table Grid")
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
        widths = [Pt(TEXT_WIDTH * share) for share in grid.shares]
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width
        for k, row in enumerate((grid.columns, *grid.rows)):
            line = table.rows[k]
            properties = line._tr.get_or_add_trPr()  # rows stay whole, the head comes again
            properties.append(parse_xml(f"<w:cantSplit {nsdecls('w')}/>"))
            if not k:
                properties.append(parse_xml(f"<w:tblHeader {nsdecls('w')}/>"))
            for cell, words, side, width in zip(line.cells, row, grid.sides, widths, strict=True):
                self._cell(cell, words, width, "center" if not k else side, head=not k)
                cell.paragraphs[0].paragraph_format.keep_with_next = _kept(grid, k)
        self.add(grid.note, "Note")

    def _cell(self, cell: Any, words: str, width: Any, side: str, *, head: bool) -> None:
        cell.width = width
        properties = cell._tc.get_or_add_tcPr()  # narrow margins, of which the library knows nothing
        margins = "".join(f'<w:{edge} w:w="70" w:type="dxa"/>' for edge in ("left", "right"))
        properties.append(parse_xml(f"<w:tcMar {nsdecls('w')}>{margins}</w:tcMar>"))
        properties.append(parse_xml(f'<w:vAlign {nsdecls("w")} w:val="center"/>'))
        line = cell.paragraphs[0]
        line.style, line.alignment = self.file.styles["Cell"], SIDES[side]
        self.run(line, words, "black" if head else "")


def _kept(grid: Grid, row: int) -> bool:
    """Say whether a row stays with the next: the head, all of a short table, the last with the note below."""
    return not row or (row < len(grid.rows) if grid.whole else row == len(grid.rows) and bool(grid.note))


def _numbered(number: int, level: int) -> Any:
    return parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')


def _field(line: Written, name: str, font: str) -> None:
    """Add a number that the reader's program works out."""
    fonts = f'<w:rPr><w:rFonts w:ascii="{LATIN}" w:hAnsi="{LATIN}" w:eastAsia="{font}"/><w:sz w:val="28"/></w:rPr>'
    for made in (
        '<w:fldChar w:fldCharType="begin"/>',
        f'<w:instrText xml:space="preserve">{name}</w:instrText>',
        '<w:fldChar w:fldCharType="end"/>',
    ):
        line._p.append(parse_xml(f"<w:r {nsdecls('w')}>{fonts}{made}</w:r>"))  # the library has no fields


def plain(words: str) -> str:
    """Return words with thin spaces at which no number is broken; LibreOffice breaks digits after wider ones."""
    return words.replace(THIN, "\u202f")


def steady(packed: bytes) -> bytes:
    """Return a zip with the same members in the same order, without the time at which it was made."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            info = zipfile.ZipInfo(member.filename, _MOMENT)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            new.writestr(info, old.read(member))
    return out.getvalue()
