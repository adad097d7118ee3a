"""What is taken away: every kind is written as what it says; an office program shows the slides as they are meant."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from pypdf import PdfReader

from geodata.city import CityData
from layers.meeting.page import Deck
from layers.meeting.pages import deck
from layers.meeting.takeaway import MEDIA_TYPES, Kind, write
from tests.geodata.exports.office import as_pdf
from tests.layers.meeting import made
from tests.layers.meeting.slide_reader import read_slides

PLACE = "440402004"
BEGINS = {Kind.DOCX: b"PK\x03\x04", Kind.PPTX: b"PK\x03\x04", Kind.PDF: b"%PDF-", Kind.PNG: b"\x89PNG"}


@pytest.fixture(scope="module")
def pages(demo_city: CityData) -> Deck:
    decisions = tuple(made.decision(demo_city, PLACE, k) for k in range(2))
    earlier = (made.earlier(demo_city, PLACE, 0),)
    return deck(made.meeting(demo_city, PLACE, "2026-08", earlier=earlier, decisions=decisions), demo_city, "zh")


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_is_written_as_what_it_says(pages: Deck, kind: Kind) -> None:
    file = write(pages, kind.value)
    assert file.startswith(BEGINS[kind])
    assert kind in MEDIA_TYPES


def test_another_kind_is_refused(pages: Deck) -> None:
    with pytest.raises(ValueError, match="odt"):
        write(pages, "odt")


def test_an_office_program_shows_a_page_a_slide_with_its_numbers(pages: Deck, tmp_path: Path) -> None:
    file = write(pages, "pptx")
    shown = PdfReader(io.BytesIO(as_pdf(file, "pptx", tmp_path))).pages
    slides = read_slides(file)
    assert len(shown) == len(slides)
    assert all(
        float(page.mediabox.width) / float(page.mediabox.height) == pytest.approx(16 / 9, abs=0.01) for page in shown
    )
    for page, slide in zip(shown, slides, strict=True):
        told = re.sub(r"\s", "", page.extract_text())
        for number in re.findall(r"\d+\.\d|\d{2,}", slide.words):
            assert number in told, slide.title
        for chart in slide.charts:
            for name in chart.names:
                assert name.replace(" ", "") in told
