"""Slides say what the meeting says, number by number, and can be edited; nothing lies outside or over another."""

from __future__ import annotations

import io
import re
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pptx import Presentation
from pptx.util import Pt

from geodata.city import CityData
from geodata.meeting.briefing import Front, Reference
from geodata.meeting.record import Meeting
from geodata.meeting.words import findings
from geodata.written import whole
from layers.meeting import slide_kit, slide_tables
from layers.meeting.page import (
    Area,
    Bars,
    Cell,
    DecisionRow,
    Deck,
    Frame,
    HourGrid,
    Key,
    KeyNumber,
    MapView,
    Page,
    Shapes,
    Table,
)
from layers.meeting.pages import deck
from layers.meeting.slides import label_format, pptx
from tests.layers.meeting import made
from tests.layers.meeting.slide_reader import Read, every_shape, read_slides

NUMBER = re.compile(r"[+−]?\d[\d\u2009]*(?:\.\d+)?")
HERE = Reference("p", "2026-10")
PLACE = "440402004"


@pytest.fixture(scope="module", params=["zh", "en"])
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def file(decks: dict[str, Deck], lang: str) -> bytes:
    return pptx(decks[lang])


@pytest.fixture(scope="module")
def slides(file: bytes) -> list[Read]:
    return read_slides(file)


@pytest.fixture(scope="module")
def meeting(demo_city: CityData) -> Meeting:
    """Return a meeting on a street whose score moved, with decisions taken and followed up."""
    earlier = tuple(made.earlier(demo_city, PLACE, k) for k in range(4))
    decisions = tuple(made.decision(demo_city, PLACE, k, front="public_order") for k in range(3))
    found = made.meeting(demo_city, PLACE, "2026-08", earlier=earlier, decisions=decisions)
    assert {"why", "where", "front:public_order", "others"} <= set(found.briefing.agenda)
    return found


@pytest.fixture(scope="module")
def decks(meeting: Meeting, demo_city: CityData) -> dict[str, Deck]:
    return {lang: deck(meeting, demo_city, lang) for lang in ("zh", "en")}


# --- what is said ---


def test_all_findings_are_on_the_slides_or_in_their_notes_word_for_word(
    meeting: Meeting, slides: list[Read], lang: str
) -> None:
    said = "\n".join(slide.notes + "\n" + slide.words for slide in slides)
    for sentence in findings(meeting.briefing, lang):
        assert sentence.section == "title" or sentence.text in said


def test_no_number_stands_on_a_slide_that_the_pages_do_not_have(
    decks: dict[str, Deck], slides: list[Read], lang: str
) -> None:
    known = {number for text in every_text(decks[lang]) for number in NUMBER.findall(text)}
    hours, decided = {str(hour) for hour in range(24)}, str(len(decks[lang].pages[-1].decisions))
    for n, slide in enumerate(slides, 1):
        for number in NUMBER.findall(slide.words):
            assert number in known | hours | {decided, str(n), "0"}, slide.title


def every_text(deck: Deck) -> Iterator[str]:
    """Yield every text of a meeting's pages."""
    yield from (deck.frame.heading, deck.frame.place, deck.frame.period, deck.frame.footer)
    for page in deck.pages:
        yield from (page.title, page.note, *(sentence.text for sentence in page.sentences))
        for number in page.numbers:
            yield from (number.label, number.text, number.note)
        for bars in page.bars:
            yield from (bars.title, *bars.names)
        for table in page.tables:
            yield from (table.title, table.note, *table.columns, *(cell.text for row in table.rows for cell in row))
        for row in (*page.earlier, *page.decisions):
            yield from (str(value) for value in vars(row).values())
        if page.map is not None:
            yield from (page.map.title, page.map.closing, *(f"{each.name}\n{each.text}" for each in page.map.areas))
            yield from (f"{key.label}\n{key.n}" for key in page.map.keys)
        if page.hours is not None:
            yield from (page.hours.title, page.hours.note, *(whole(n) for row in page.hours.counts for n in row))


def test_every_key_number_and_every_cell_of_a_table_is_there(
    decks: dict[str, Deck], slides: list[Read], lang: str
) -> None:
    for page in decks[lang].pages:
        own = [slide for slide in slides if page.id == "title" or page.title in slide.title]
        texts = [text for slide in own for text in slide.texts]
        for number in page.numbers:
            assert any(text.startswith(number.text) or number.text in text for text in texts), (page.id, number)
        cells = [row for slide in own for table in slide.tables for row in table]
        for table in page.tables:
            rows = [[cell.text for cell in row] for row in table.rows]
            there = cells if page.id != "title" else [row for slide in slides[:3] for t in slide.tables for row in t]
            assert [row for row in there if row in rows] == rows, page.id


def test_charts_hold_the_numbers_of_the_briefing(meeting: Meeting, decks: dict[str, Deck], slides: list[Read]) -> None:
    charts = [chart for slide in slides for chart in slide.charts]
    assert len(charts) == sum(len(page.bars) for page in decks["zh"].pages) > 1
    for chart in charts:
        assert chart.sheet == list(zip(chart.names, chart.values, strict=True))
    fronts = [front for front in meeting.briefing.fronts if front.page]
    of_fronts = charts[-len(fronts) :]
    for front, chart in zip(fronts, of_fronts, strict=True):
        counts = [each.count.n for each in front.types if each.count.n]
        shown = [int(value) for value in chart.values]
        named = len(shown) if len(shown) == len(counts) else len(shown) - 1
        assert shown[:named] == counts[:named]
        assert sum(shown) == sum(counts)


def test_causes_add_up_to_the_change_of_the_score(meeting: Meeting, slides: list[Read]) -> None:
    explained = [why for why in (meeting.briefing.why, meeting.briefing.why_year_ago) if why.sure and not why.why_not]
    charts = [chart for slide in slides for chart in slide.charts][: len(explained)]
    for why, chart in zip(explained, charts, strict=True):
        assert sum(chart.values) == pytest.approx(why.change, abs=1e-6)


def test_the_table_of_hours_holds_the_counts_of_the_briefing(meeting: Meeting, slides: list[Read]) -> None:
    grids = [table for slide in slides for table in slide.tables if len(table) == 8 and len(table[0]) == 25]
    fronts: list[Front] = [front for front in meeting.briefing.fronts if front.page and front.hours]
    assert len(grids) == len(fronts) > 0
    for front, grid in zip(fronts, grids, strict=True):
        assert front.hours is not None
        assert tuple(tuple(int(cell or 0) for cell in row[1:]) for row in grid[1:]) == front.hours.counts


def test_every_place_of_a_map_is_a_shape_with_its_name_and_number(
    decks: dict[str, Deck], slides: list[Read], lang: str
) -> None:
    maps = [page.map for page in decks[lang].pages if page.map is not None]
    drawn = [slide for slide in slides if slide.outlines]
    assert len(maps) == len(drawn) > 1
    for view, slide in zip(maps, drawn, strict=True):
        told = {area.name: f"{area.name} {area.text}" for area in view.areas}
        assert slide.outlines == told
        assert slide.circles == {area.name: told[area.name] for area in view.areas if area.radius}
        values = {area.name: area.text for area in view.areas}
        short = {name.removesuffix(" Community").removesuffix("社区"): text for name, text in values.items()}
        labels = [text.split("\n") for text in slide.texts if text.split("\n")[0] in values | short and "\n" in text]
        assert len(labels) > 8
        for name, value in labels:
            assert (values | short)[name] == value
        for area in view.areas:
            assert f"{area.name} {area.text}" in slide.notes


def test_made_up_data_say_so_on_every_slide(decks: dict[str, Deck], slides: list[Read], lang: str) -> None:
    assert decks[lang].frame.simulated
    assert all(decks[lang].frame.simulated in slide.texts for slide in slides)
    real = replace(decks[lang], frame=replace(decks[lang].frame, simulated=""))
    assert "SIMULATED" not in "".join(slide.words for slide in read_slides(pptx(real)))


# --- how it looks ---


def test_letters_are_large_and_nothing_lies_outside_or_over_another(file: bytes) -> None:
    show = Presentation(io.BytesIO(file))
    assert (show.slide_width, show.slide_height) == (Pt(960), Pt(540))
    for slide in show.slides:
        keep_apart(slide)
        for shape in every_shape(slide.shapes):
            least = 12 if shape.name in ("footer", "number") else 18
            for paragraph in paragraphs(shape):
                for run in paragraph.runs:
                    assert run.font.size >= Pt(least), (shape.name, run.text)
                    if paragraph._p.pPr is not None and paragraph._p.pPr.get("marL"):  # a sentence
                        assert run.font.size >= Pt(24), run.text


def keep_apart(slide: Any) -> None:
    """Fail if a shape leaves the slide, reaches into its foot or lies over another; maps and bars may."""
    boxes = []
    for shape in slide.shapes:
        left, top = shape.left / 12700, shape.top / 12700
        right, bottom = left + shape.width / 12700, top + shape.height / 12700
        if shape.has_text_frame and shape.name not in ("footer", "number"):
            needed = sum(needed_height(p, shape.width / 12700) for p in shape.text_frame.paragraphs if p.runs)
            assert needed <= shape.height / 12700 + 1, shape.text_frame.text
        assert min(left, top) >= -0.1, shape.name
        assert right <= 960.1, shape.name
        assert bottom <= 540.1, shape.name
        if shape.has_table:
            rows = sum(row.height for row in shape.table.rows) / 12700
            assert top + rows <= 502, shape.name
            bottom = top + rows
        if shape.has_chart or shape.has_table or (shape.has_text_frame and shape.text_frame.text):
            boxes.append((shape.name, left, top, right, bottom))
    for k, (name, left, top, right, bottom) in enumerate(boxes):
        for other, left_, top_, right_, bottom_ in boxes[k + 1 :]:
            apart = right <= left_ + 1 or right_ <= left + 1 or bottom <= top_ + 1 or bottom_ <= top + 1
            assert apart, (slide.shapes.title.text_frame.text, name, other)


def needed_height(paragraph: Any, width: float) -> float:
    """Return how high a paragraph is in a box of a width, a sentence less its bullet."""
    sizes = {run.font.size.pt for run in paragraph.runs}
    if len(sizes) > 1:  # a number with its band: one line
        assert sum(slide_kit.text_width(run.text, run.font.size.pt) for run in paragraph.runs) <= width
        return float(paragraph.line_spacing.pt)
    indent = max(sizes) if paragraph._p.pPr.get("marL") else 0.0
    text = "".join(run.text for run in paragraph.runs)
    return slide_kit.line_count(text, width - indent, max(sizes)) * float(paragraph.line_spacing.pt)


def paragraphs(shape: Any) -> Iterator[Any]:
    if shape.has_table:
        for row in shape.table.rows:
            for cell in row.cells:
                yield from cell.text_frame.paragraphs
    elif shape.has_text_frame:
        yield from shape.text_frame.paragraphs


# --- the file ---


def test_the_same_pages_give_the_same_bytes_at_any_time(
    decks: dict[str, Deck], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = pptx(decks["zh"])
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    assert pptx(decks["zh"]) == first
    with zipfile.ZipFile(io.BytesIO(first)) as members:
        assert {member.date_time[0] for member in members.infolist()} == {1980}
        assert b"dcterms:created" not in members.read("docProps/core.xml")
        assert b"Steve Canny" not in members.read("docProps/core.xml")
        books = [members.read(name) for name in members.namelist() if name.endswith(".xlsx")]
    assert books
    for book in books:
        with zipfile.ZipFile(io.BytesIO(book)) as members:
            assert {member.date_time[0] for member in members.infolist()} == {1980}
            assert b"dcterms:created" not in members.read("docProps/core.xml")


# --- odd cases, made by hand ---


def shown(*pages: Page, shapes: dict[str, Shapes] | None = None) -> list[Read]:
    frame = Frame("某镇 · 2026年10月", "数据截至 2026年10月31日", "", "某镇", "2026年10月")
    file = pptx(Deck("zh", frame, pages, shapes or {}))
    for slide in Presentation(io.BytesIO(file)).slides:
        keep_apart(slide)
    return read_slides(file)


def square(x: float, y: float, side: float) -> tuple[tuple[float, float], ...]:
    return (x, y), (x + side, y), (x + side, y + side), (x, y + side)


def test_a_place_with_a_hole_is_one_shape_and_a_missing_one_is_hatched() -> None:
    areas = (
        Area("a", "甲村", 81.5, "81.5", "#4a86c5"),
        Area("b", "乙村", None, "", ""),
        Area("c", "丙村", 70.0, "70.0", "#9b1c1c"),
    )
    rings = {"a": (square(0, 0, 0.6), square(0.2, 0.2, 0.2)), "b": (square(0.2, 0.2, 0.2),), "c": ()}
    shapes = Shapes(0.6, rings, {"a": (0.1, 0.1), "b": (0.3, 0.3)})
    view = MapView("各村得分", "p", "community", "", False, areas, (Key("", "无数据", 1),), "合计 3 = 3")
    frame = Frame("h", "f", "", "某镇", "2026年10月")
    file = pptx(Deck("zh", frame, (Page("where", "区域分布", map=view),), {"p|community": shapes}))
    (slide,) = Presentation(io.BytesIO(file)).slides
    drawn = {shape.name: shape for shape in every_shape(slide.shapes) if shape._element.xpath(".//a:custGeom")}
    assert set(drawn) == {"甲村", "乙村"}
    assert len(drawn["甲村"]._element.xpath(".//a:close")) == 2
    assert drawn["乙村"]._element.xpath(".//a:pattFill")
    assert not drawn["甲村"]._element.xpath(".//a:pattFill")


def test_long_tables_go_on_and_lose_no_row() -> None:
    rows = tuple((Cell(f"地点{k}"), Cell(str(1000 + k), 1000.0 + k)) for k in range(45))
    slides = shown(Page("others", "其他方面", tables=(Table("", ("地点", "件数"), (False, True), rows, "注"),)))
    assert len(slides) > 3
    assert [row[1] for slide in slides for table in slide.tables for row in table[1:]] == [row[1].text for row in rows]
    assert [slide.title for slide in slides] == ["其他方面", *["其他方面（续）"] * (len(slides) - 1)]


def test_hours_of_a_whole_city_are_added_up_until_they_can_be_read() -> None:
    counts = tuple(tuple(1200 + day * 24 + hour for hour in range(24)) for day in range(7))
    days = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
    (slide,) = shown(Page("front:x", "治安", hours=HourGrid("时段分布", days, counts, "", HERE)))
    ((head, *rows),) = slide.tables
    assert head[1] == "0–2"
    assert [row[1].replace("\u2009", "") for row in rows] == [str(row[0] + row[1]) for row in counts]


def test_a_page_without_anything_still_has_its_slide() -> None:
    slides = shown(Page("decisions", "会议决定"), Page("supervision", "督办事项"), Page("minutes", "会议纪要"))
    assert [slide.title for slide in slides] == ["会议决定", "督办事项", "会议纪要"]
    assert any("尚未作出决定" in text for text in slides[0].texts)
    assert any("没有需要督办" in text for text in slides[1].texts)


def test_no_number_at_all_makes_no_chart_fall_over() -> None:
    bars = Bars("类型（起）", "起", ("甲",), (0.0,), ("0",), signed=False)
    (slide,) = shown(Page("front:x", "治安", bars=(bars,)))
    assert slide.charts[0].values == [0]


def test_two_short_charts_share_a_slide() -> None:
    bars = [
        Bars(f"{name}的构成", "分", ("治安", "交通"), (0.5, -0.2), ("+0.50", "−0.20"), signed=True)
        for name in ("环比", "同比")
    ]
    (slide,) = shown(Page("why", "变化构成", bars=tuple(bars)))
    assert [chart.values for chart in slide.charts] == [[0.5, -0.2]] * 2


def test_many_decisions_and_long_words_stay_on_their_slides() -> None:
    row = DecisionRow(
        "d", "问题" * 40, "措施" * 60, "综合行政执法办公室", "派出所、交警中队", "2026年12月1日", "目标" * 20
    )
    slides = shown(Page("decisions", "会议决定", decisions=tuple(replace(row, id=str(k)) for k in range(9))))
    assert sum(len(table) - 1 for slide in slides for table in slide.tables) == 9


def test_seven_numbers_and_many_sentences_go_on_to_the_next_slide(decks: dict[str, Deck]) -> None:
    numbers = tuple(KeyNumber(f"指标{k}", f"{k}23.4", "90%区间 1.2–3.4") for k in range(7))
    told = decks["zh"].pages[-1].sentences[:12]
    slides = shown(Page("score", "总体情况", told, numbers))
    assert len(slides) > 1
    said = "\n".join(slide.words for slide in slides)
    assert all(sentence.text in said for sentence in told)


# --- measures ---


def test_numbers_of_a_chart_are_written_as_everywhere() -> None:
    plain = Bars("", "", ("a", "b"), (1234.0, 5.0), ("1\u2009234", "5"), signed=False)
    assert label_format(plain) == '[>=1000000]0"\u2009"000"\u2009"000;[>=1000]0"\u2009"000;0'
    assert label_format(replace(plain, values=(12.0, 5.0))) == "0"


def test_a_table_keeps_numbers_and_dates_on_one_line() -> None:
    table = Table(
        "",
        ("措施", "期限", "件数"),
        (False, False, True),
        ((Cell("很" * 200), Cell("2026年12月31日"), Cell("1\u2009234")),),
    )
    found = slide_tables.laid(table, 600, 400)
    assert found is not None
    assert slide_kit.line_count("2026年12月31日", found.widths[1] - 2 * slide_kit.CELL_MARGIN, found.size) == 1
    assert slide_kit.line_count("1\u2009234", found.widths[2] - 2 * slide_kit.CELL_MARGIN, found.size) == 1
    assert sum(found.widths) <= 600.1
