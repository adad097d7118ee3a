"""The wall as HTML: every page once, every number with its rows, nothing in line, nothing that is not escaped."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from geodata.city import CityData
from geodata.meeting.briefing import Reference
from layers.meeting import wall
from layers.meeting.pages import deck, drilled
from layers.meeting.wall import Parts, chinese_number, map_html, rows_link, wall_html, wall_pages
from layers.view import parse_view
from tests.layers.meeting.made import decision, earlier, meeting

PARTS = Parts(styles=("wall.css",), scripts=("wall.js",), drill="map", files=(("DOCX", "take/docx"),))


class Read(HTMLParser):
    """Collect the elements and the text of a document, and complain where it is not closed."""

    EMPTY = frozenset({"meta", "link", "path", "rect", "circle", "input", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def read(html: str) -> Read:
    found = Read()
    found.feed(html)
    assert found.open == []
    return found


def test_every_page_stands_once_and_nothing_is_in_line(demo_city: CityData) -> None:
    for token, lang in (("", "zh"), ("440402", "en"), ("440402001001", "zh")):
        made = deck(meeting(demo_city, token, "2026-10", earlier=(earlier(demo_city, token, 0),)), demo_city, lang)
        found = read(wall_html(made, PARTS))
        pages = [attrs["data-page"] for tag, attrs in found.elements if tag == "section"]
        assert pages == [page for page, _ in wall_pages(made)]
        assert len(set(pages)) == len(pages)
        assert not [tag for tag, attrs in found.elements if "style" in attrs or tag == "style"]
        assert not [attrs for tag, attrs in found.elements if tag == "script" and "src" not in attrs]
        assert not [name for _, attrs in found.elements for name in attrs if name.startswith("on") or name == "title"]
        ids = [attrs["id"] for _, attrs in found.elements if "id" in attrs]
        assert len(set(ids)) == len(ids)
        assert {"overlay", "said", "takeaways"} <= set(ids)


def test_every_sentence_of_the_findings_can_be_read_in_the_minutes(demo_city: CityData) -> None:
    made = meeting(demo_city, "", "2026-08")
    found = deck(made, demo_city, "zh")
    words = read(wall_html(found, PARTS)).words
    minutes = found.pages[-1]
    assert minutes.sentences
    assert all(sentence.text in words for sentence in minutes.sentences)


def test_what_was_typed_is_shown_and_not_run(demo_city: CityData) -> None:
    own = decision(demo_city, "440402", 1, problem="<script>alert(1)</script>", measure='"&<b>', lead="<i>")
    html = wall_html(deck(meeting(demo_city, "440402", "2026-10", decisions=(own,)), demo_city, "zh"), PARTS)
    assert "<script>alert" not in html
    assert "<script>alert(1)</script>" in read(html).words


def test_links_of_numbers_are_views_of_the_map_page(demo_city: CityData) -> None:
    html = wall_html(deck(meeting(demo_city, "440402", "2026-08"), demo_city, "zh"), PARTS)
    links = {attrs["href"] for tag, attrs in read(html).elements if tag == "a" and attrs.get("class") == "rows"}
    assert len(links) > 20
    for link in links:
        view = parse_view(link.removeprefix("/"), demo_city)
        assert view.rows == 1
    at = Reference("440402", "2026-08", sub_index="traffic", hours=(22, 2), weekdays=(5, 6))
    assert rows_link(at, "en") == "/?place=440402&sub=traffic&hours=22-2&weekdays=5,6&period=2026-08&rows=1&lang=en"


def test_a_wall_from_elsewhere_has_no_links_to_rows(demo_city: CityData) -> None:
    made = deck(meeting(demo_city, "440402", "2026-10"), demo_city, "zh")
    html = wall_html(made, Parts(("wall.css",), ("wall.js",), rows=False))
    assert 'class="rows"' not in html


def test_a_drilled_map_can_be_drilled_again_and_left(demo_city: CityData) -> None:
    found = drilled(meeting(demo_city, "", "2026-10"), demo_city, "zh", "where", "440402")
    assert found is not None
    view, table, shapes = found
    html = read(map_html(view, table, shapes, "zh"))
    places = {attrs["data-place"] for tag, attrs in html.elements if tag == "path" and "data-place" in attrs}
    assert places == {area.token for area in view.areas}
    assert [tag for tag, attrs in html.elements if "data-leave" in attrs] == ["button"]


def test_a_map_is_drawn_for_the_size_that_the_style_sheet_gives_it() -> None:
    style = (Path(__file__).parents[3] / "assets" / "meeting" / "wall.css").read_text(encoding="utf-8")
    sizes = set(re.findall(r"width: (\d+)rem;\n  height: (\d+)rem", style))
    rooms = (wall.MAP_WIDE, wall.MAP_DRILLED, wall.MAP_FRONT)
    assert {(f"{width / 10:.0f}", f"{height / 10:.0f}") for width, height in rooms} <= sizes
    for below, room in (("(.last)", wall.MAP_LOWER), ("(.last ~ .last)", wall.MAP_LOWEST)):
        assert f":has{below} .map > svg {{\n  height: {room[1] / 10:.0f}rem;" in style


@pytest.mark.parametrize(("k", "said"), [(1, "一"), (9, "九"), (10, "十"), (11, "十一"), (20, "二十"), (21, "二十一")])
def test_headings_are_numbered_as_in_official_documents(k: int, said: str) -> None:
    assert chinese_number(k) == said
