"""The minutes and the page for a chat group: read back, they say what the meeting says, and nothing is lost."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import replace

import docx as reader
import pytest
from PIL import Image
from pypdf import PdfReader

from geodata.alerts.book import Told
from geodata.city import CityData
from geodata.meeting.prepare import prepare
from geodata.meeting.record import FORMAT, Decision, Earlier, Meeting, Outcome
from geodata.meeting.words import at_path
from geodata.vocabulary import Period
from geodata.written import MINUS, read_back
from layers.meeting import paper
from layers.meeting.drawings import bars_sheet
from layers.meeting.minutes import TEXT_WIDTH, Grid, Picture, minutes, shares
from layers.meeting.page import Bars, Deck
from layers.meeting.pages import deck
from layers.meeting.poster import WIDTH, poster
from layers.pictures.paper import width_of

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
LANGUAGES = ("zh", "en")


def bare(words: str) -> str:
    """Return words without spaces of any kind, which each kind of file writes its own way."""
    return re.sub(r"\s", "", words)


def decided(k: int, meeting: str = "m") -> Decision:
    return Decision(
        id=f"{meeting}{k}",
        meeting=meeting,
        problem=f"夜间盗窃集中（第{k}片）",
        measure="加装视频监控，开展夜间联合巡逻",
        lead="派出所",
        helpers=("综治中心", "社区居委会"),
        deadline="2026-11-28",
        start="2026-11-01",
        place="",
        place_name="珠海市",
        types=(),
        types_name="治安",
        baseline=1200 + k,
        target=960,
    )


@pytest.fixture(scope="module")
def meeting(demo_city: CityData) -> Meeting:
    """Return a meeting on a street where something moved, with decisions taken and followed up."""
    briefing = prepare(demo_city, Told(), demo_city.find("440402004"), Period.parse("2026-08"))
    assert {"why", "where", "front:public_order"} <= set(briefing.agenda)
    worked = Outcome("reached", 31, "2026-10-01", "2026-10-31", "worked", "fewer", 0.71, 0.55, 0.92, 31, 43.6, "{}")
    running = Outcome("running", None, "", "", "", "", None, None, None, None, None, "")
    earlier = (Earlier(decided(1, "e"), worked), Earlier(decided(2, "e"), running))
    decisions = tuple(decided(k) for k in range(1, 8))
    return Meeting(FORMAT, "m", "2026-11-04T01:00:00Z", "ab" * 16, briefing, earlier, decisions)


@pytest.fixture(scope="module", params=LANGUAGES)
def drawn(request: pytest.FixtureRequest, meeting: Meeting, demo_city: CityData) -> Deck:
    return deck(meeting, demo_city, request.param)


@pytest.fixture(scope="module")
def word(drawn: Deck) -> bytes:
    return paper.docx(drawn)


@pytest.fixture(scope="module")
def sheet(drawn: Deck) -> bytes:
    return paper.pdf(drawn)


def words_of(document: bytes) -> str:
    """Return all text of a DOCX in its order, tables too."""
    with zipfile.ZipFile(io.BytesIO(document)) as packed:
        root = ET.fromstring(packed.read("word/document.xml"))  # noqa: S314 # our own
    return bare("".join(each.text or "" for each in root.iter(f"{W}t")))


def words_of_pdf(document: bytes) -> str:
    """Return all text of a PDF without what stands at the head and the foot of its pages."""
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(document)).pages]
    kept = [line for page in pages for line in page.splitlines() if not re.fullmatch(r"— ?\d+ ?—", line.strip())]
    return bare("".join(line for line in kept if bare(line) not in {"模拟数据SIMULATED", "SIMULATED模拟数据"}))


# --- what is said ---


def test_every_sentence_of_the_meeting_stands_in_both_files(drawn: Deck, word: bytes, sheet: bytes) -> None:
    sentences = drawn.pages[-1].sentences
    assert len(sentences) > 8
    for said in (words_of(word), words_of_pdf(sheet)):
        assert [each.text for each in sentences if bare(each.text) not in said] == []


def test_numbers_read_back_from_the_files_are_those_of_the_meeting(
    meeting: Meeting, drawn: Deck, word: bytes, sheet: bytes
) -> None:
    for said in (words_of(word), words_of_pdf(sheet)):
        for sentence in drawn.pages[-1].sentences:
            at = said.index(bare(sentence.text))
            told = said[at : at + len(bare(sentence.text))]
            for part in sentence.numbers:
                found = re.search(re.escape(bare(part.text)), told)
                assert found is not None
                value, _ = at_path(meeting.briefing, part.path)
                digits = len(part.text.partition(".")[2])
                assert (
                    read_back(found.group())
                    in (
                        pytest.approx(value, abs=0.51 * 10**-digits),
                        pytest.approx(abs(value), abs=0.51 * 10**-digits),
                    )
                    or digits == 1
                )  # a score is never rounded up to a band that it does not reach
                told = told[found.end() :]


def test_every_cell_of_every_table_is_read_back_from_the_file(drawn: Deck, word: bytes, sheet: bytes) -> None:
    grids = [block for block in minutes(drawn).blocks if isinstance(block, Grid)]
    tables = reader.Document(io.BytesIO(word)).tables
    assert len(grids) == len(tables)
    printed = words_of_pdf(sheet)
    for grid, table in zip(grids, tables, strict=True):
        found = [[bare(cell.text) for cell in row.cells] for row in table.rows]
        assert found == [[bare(words) for words in row] for row in (grid.columns, *grid.rows)]
        assert all(bare(words) in printed for row in grid.rows for words in row)


def test_numbers_of_tables_are_those_of_the_pages(drawn: Deck) -> None:
    grids = {row for block in minutes(drawn).blocks if isinstance(block, Grid) for row in block.rows}
    cells = {bare(words) for row in grids for words in row}
    for page in drawn.pages:
        if page.id in ("where", "others"):
            for cell in (cell for table in page.tables for row in table.rows for cell in row):
                assert bare(cell.text) in cells
        for area in page.map.areas if page.map is not None and page.id == "where" else ():
            assert bare(area.text) in cells or area.value is None
    score = next(page for page in drawn.pages if page.id == "score")
    assert {(each.label, each.text, each.note) for each in score.numbers} <= grids


def test_decisions_are_whole_though_the_wall_shows_some(meeting: Meeting, drawn: Deck, word: bytes) -> None:
    shown = next(page for page in drawn.pages if page.id == "decisions").decisions
    assert len(shown) < len(meeting.decisions)
    said = words_of(word)
    for decision in meeting.decisions:
        assert bare(decision.problem) in said
        assert bare(decision.measure) in said
    for row in (*drawn.pages[-1].decisions, *drawn.pages[-1].earlier):
        assert bare(row.goal) in said
        assert bare(row.effect) in said


def test_a_meeting_without_decisions_says_so(meeting: Meeting, demo_city: CityData) -> None:
    empty = replace(meeting, earlier=(), decisions=())
    said = words_of(paper.docx(deck(empty, demo_city, "zh")))
    assert "本次会议未登记议定事项" in said
    assert "此前没有需要跟踪的议定事项" in said
    assert "四、" not in said  # the file itself numbers its headings


def test_what_only_the_office_knows_is_left_to_fill_in(word: bytes, drawn: Deck) -> None:
    labels = ("时间：", "地点：", "主持：", "出席：", "列席：", "记录：")
    english = ("Time:", "Place:", "Chair:", "Present:", "Inattendance:", "Recordedby:")
    said = words_of(word)
    assert all(label in said for label in (labels if drawn.lang == "zh" else english))


def test_no_word_of_one_language_stands_in_the_other(drawn: Deck) -> None:
    titles = [each.text for each in minutes(drawn).blocks if type(each).__name__ == "Heading"]
    chinese = [bool(re.search("[\u4e00-\u9fff]", title)) for title in titles]
    assert all(chinese) if drawn.lang == "zh" else not any(chinese)


# --- the files ---


def test_the_same_meeting_gives_the_same_bytes(drawn: Deck, word: bytes, sheet: bytes) -> None:
    assert paper.docx(drawn) == word
    assert paper.pdf(drawn) == sheet
    assert paper.png(drawn) == paper.png(drawn)
    with zipfile.ZipFile(io.BytesIO(word)) as packed:
        assert {member.date_time[0] for member in packed.infolist()} == {1980}


def test_headings_numbers_and_heads_of_tables_are_native(drawn: Deck, word: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(word)) as packed:
        numbering, styles = (packed.read(f"word/{name}.xml").decode() for name in ("numbering", "styles"))
        body = packed.read("word/document.xml").decode()
        footers = [packed.read(name).decode() for name in packed.namelist() if "footer" in name]
    assert ("chineseCountingThousand" in numbering) == (drawn.lang == "zh")
    assert 'w:pStyle w:val="Heading2"' in numbering
    assert 'w:eastAsia="仿宋_GB2312"' in styles
    assert body.count("<w:tblHeader") == len(reader.Document(io.BytesIO(word)).tables)
    assert len(footers) == 2
    assert all("PAGE" in footer and footer.count("—") == 2 for footer in footers)


def test_the_type_area_is_that_of_official_documents(word: bytes, drawn: Deck) -> None:
    section = reader.Document(io.BytesIO(word)).sections[0]
    sides = (section.page_width, section.page_height, section.top_margin, section.left_margin)
    assert [round(side.mm) for side in sides if side is not None] == [210, 297, 37, 28]
    assert drawn.frame.simulated in "".join(each.text for each in section.header.paragraphs)


def test_made_up_data_say_so_on_every_page_and_real_data_nowhere(drawn: Deck, sheet: bytes) -> None:
    mark = bare(drawn.frame.simulated)
    assert all(mark in bare(page.extract_text()) for page in PdfReader(io.BytesIO(sheet)).pages)
    real = replace(drawn, frame=replace(drawn.frame, simulated=""))
    assert mark not in words_of_pdf(paper.pdf(real))
    assert mark not in {bare(words) for words in poster(real).words}
    assert mark in {bare(words) for words in poster(drawn).words}


def test_fonts_are_embedded_and_pages_numbered(sheet: bytes) -> None:
    pages = PdfReader(io.BytesIO(sheet)).pages
    for k, page in enumerate(pages, start=1):
        assert f"—{k}—" in bare(page.extract_text())
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            described = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
            assert any(f"/FontFile{n}" in described for n in ("", "2", "3"))
            assert "/ToUnicode" in font.get_object()


def test_maps_are_lines_and_areas_in_the_pdf(drawn: Deck, sheet: bytes) -> None:
    assert any(isinstance(block, Picture) for block in minutes(drawn).blocks)
    assert not [image for page in PdfReader(io.BytesIO(sheet)).pages for image in page.images]


# --- the page for a chat group ---


def test_the_page_for_a_chat_group_tells_score_findings_and_decisions(drawn: Deck) -> None:
    said = {bare(words) for words in poster(drawn).words}
    score = next(page for page in drawn.pages if page.id == "score")
    assert all(bare(number.text) in said for number in score.numbers)
    assert bare(drawn.frame.period) in said
    together = bare("".join(poster(drawn).words))
    assert bare(drawn.pages[-1].decisions[0].goal) in together
    told = [each for each in drawn.pages[-1].sentences if each.key in ("front_count", "front_count_alone")]
    assert told
    assert all(bare(each.text) in together for each in told)
    first = next(each for each in drawn.pages[-1].sentences if each.section == "why")
    assert bare(first.text) in together


def test_nothing_on_it_runs_over_its_edge(drawn: Deck) -> None:
    made = poster(drawn)
    root = ET.fromstring(made.svg())  # noqa: S314 # our own
    for each in root.iter("{http://www.w3.org/2000/svg}text"):
        x, size, words = float(each.get("x", "0")), float(each.get("font-size", "0")), each.text or ""
        wide = width_of(words, size, bold=each.get("font-weight") == "700")
        left = x - {"start": 0.0, "middle": wide / 2, "end": wide}[each.get("text-anchor", "start")]
        assert left >= 0, words
        assert left + wide <= WIDTH, words
        assert float(each.get("y", "0")) < made.height
        assert size >= 24
    with Image.open(io.BytesIO(made.png())) as picture:
        assert picture.size == (WIDTH, round(made.height))


# --- small parts ---


def test_columns_share_the_width_and_every_word_has_room() -> None:
    columns = ("Front", "Incidents vs year ago")
    made = shares(columns, (("Public order", "1"), ("City management and very long names of fronts", "2")))
    assert sum(made) == pytest.approx(1.0)
    assert made[0] * TEXT_WIDTH > width_of("management", 10.5, bold=True)
    assert shares(("", ""), (("", ""),)) == (0.5, 0.5)


def test_bars_go_both_ways_from_zero_with_their_sign() -> None:
    bars = Bars("causes", "", ("up", "down", "none"), (0.5, -1.0, 0.0), ("+0.50", f"{MINUS}1.00", "0.00"), signed=True)
    words = bars_sheet(bars, 400.0).words
    assert "▲+0.50" in words
    assert f"▼{MINUS}1.00" in words
    assert "0.00" in words
