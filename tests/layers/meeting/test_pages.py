"""The pages of a meeting: what stands on which, that it adds up, and that a room can take it in."""

from __future__ import annotations

import re

import pytest

from geodata.alerts.book import Alert, Told
from geodata.alerts.rules import RULES, AlertLevel
from geodata.city import CityData
from geodata.meeting.words import PartKind, findings
from geodata.vocabulary import Period, PlaceLevel
from geodata.written import read_back
from layers.meeting.page import Deck, Page
from layers.meeting.pages import MOST_NUMBERS, MOST_SENTENCES, chosen, deck, drilled, of_front
from layers.meeting.shapes import shapes_of
from layers.style import BAND_COLOURS
from tests.layers.meeting.made import decision, earlier, meeting

PLACES = ("", "440402", "440402001", "440402001001")
MONTHS = ("2026-05", "2026-08", "2026-10")
CHINESE = re.compile("[\u4e00-\u9fff]")


def page_of(deck_: Deck, page: str) -> Page:
    return next(each for each in deck_.pages if each.id == page)


@pytest.mark.parametrize("token", PLACES)
@pytest.mark.parametrize("month", MONTHS)
def test_a_page_has_few_numbers_and_sentences_and_the_agenda_names_every_page(
    demo_city: CityData, token: str, month: str
) -> None:
    made = meeting(demo_city, token, month, earlier=(earlier(demo_city, token, 0),))
    for lang in ("zh", "en"):
        found = deck(made, demo_city, lang)
        ids = [page.id for page in found.pages]
        assert ids == ["title", "earlier", *made.briefing.agenda[1:], "decisions", "supervision", "minutes"]
        agenda = page_of(found, "title").tables[0]
        assert [row[1].text for row in agenda.rows] == [page.title for page in found.pages[1:]]
        for page in found.pages:
            assert page.title
            assert len(page.numbers) <= MOST_NUMBERS
            assert page.id == "minutes" or len(page.sentences) <= MOST_SENTENCES
            if page.map is not None:
                shapes = found.shapes[f"{page.map.place}|{page.map.level}"]
                assert {area.token for area in page.map.areas} | {page.map.place} == set(shapes.rings)
        assert page_of(found, "minutes").sentences == findings(made.briefing, lang)


def test_every_sentence_of_a_page_is_one_of_the_findings_and_their_numbers_lead_to_rows(demo_city: CityData) -> None:
    made = meeting(demo_city, "440402", "2026-10")
    told = set(findings(made.briefing, "zh"))
    for page in deck(made, demo_city, "zh").pages:
        assert set(page.sentences) <= told
        assert all(
            part.at is not None for each in page.sentences for part in each.parts if part.kind is PartKind.NUMBER
        )


def test_key_numbers_read_back_as_those_of_the_briefing(demo_city: CityData) -> None:
    made = meeting(demo_city, "440402001", "2026-10")
    numbers = [number.text for number in page_of(deck(made, demo_city, "zh"), "score").numbers]
    score, total, standing = made.briefing.score, made.briefing.total, made.briefing.standing
    assert score.value is not None
    assert standing is not None
    assert read_back(numbers[0]) == pytest.approx(score.value, abs=0.1)
    assert read_back(numbers[1]) == pytest.approx(score.previous.difference or 0.0, abs=0.05)
    assert numbers[3].split("–") == sorted({str(standing.best), str(standing.worst)}, key=int)
    assert read_back(numbers[4]) == total.n
    assert read_back(numbers[5]) == total.previous.difference


def test_parts_of_the_map_and_its_closing_line_add_up(demo_city: CityData) -> None:
    made = meeting(demo_city, "", "2026-08")
    for page in deck(made, demo_city, "zh").pages:
        if page.map is not None and page.map.circles and page.map.front:
            whole, parts, *_ = (int(n.replace("\u2009", "")) for n in re.findall(r"[\d\u2009]+\d|\d", page.map.closing))
            assert sum(area.value or 0 for area in page.map.areas) == parts
            assert whole >= parts


def test_bars_of_a_change_add_up_to_it(demo_city: CityData) -> None:
    seen = 0
    for row in demo_city.members(PlaceLevel.STREET, demo_city.city).tolist():
        for month in ("2026-06", "2026-09"):
            made = meeting(demo_city, demo_city.place(row).token, month)
            if "why" in made.briefing.agenda:
                for bars in page_of(deck(made, demo_city, "zh"), "why").bars:
                    shown = sum(read_back(text) for text in bars.texts)
                    assert read_back(bars.title.split(" ")[1]) == pytest.approx(shown, abs=1e-9)
                    seen += 1
    assert seen


def test_the_colour_of_a_place_is_that_of_its_band(demo_city: CityData) -> None:
    view = page_of(deck(meeting(demo_city, "", "2026-08"), demo_city, "zh"), "where").map
    assert view is not None
    bands = {band.value: look[0] for band, look in BAND_COLOURS.items()}
    table = page_of(deck(meeting(demo_city, "", "2026-08"), demo_city, "zh"), "where").tables[0]
    colours = {area.name: area.colour for area in view.areas}
    assert table.rows
    assert all(bands[row[2].band] == colours[row[0].text] for row in table.rows if row[2].band)


def test_a_drilled_map_is_that_of_the_parts_of_the_place(demo_city: CityData) -> None:
    made = meeting(demo_city, "", "2026-10")
    found = drilled(made, demo_city, "zh", "front:traffic", "440402")
    assert found is not None
    view, table, shapes = found
    assert (view.place, view.level, view.front, view.circles) == ("440402", "street", "traffic", True)
    assert set(shapes.points) == {area.token for area in view.areas}
    assert [row[1].value for row in table.rows] == sorted((row[1].value or 0 for row in table.rows), reverse=True)
    finest = demo_city.place(int(demo_city.members(demo_city.levels[-1], demo_city.city)[0])).token
    assert drilled(made, demo_city, "zh", "where", finest) is None


def test_alerts_stand_in_a_table_with_what_was_seen_and_expected(demo_city: CityData) -> None:
    week = Period.parse("2026-W42")
    alert = Alert(
        rule=next(iter(RULES)),
        parameters="{}",
        place_id="440402001001",
        level_of_place=PlaceLevel.COMMUNITY,
        indicator=demo_city.method.indicators[0].id,
        period=week,
        level=AlertLevel(1),
        p=0.001,
        adjusted=0.01,
        statistic=3.0,
        expected=4.8,
        observed=11,
        method_version="3.0",
        data_version="",
        id=1,
    )
    told = Told(alerts=(alert,), until=week)
    found = page_of(deck(meeting(demo_city, "440402", "2026-10", told=told), demo_city, "zh"), "alerts")
    ((level, place, _, _, observed, expected, answer),) = found.tables[0].rows
    assert (level.text, level.value, place.text) == ("黄色", 1.0, demo_city.find("440402001001").name)
    assert (observed.text, expected.text, answer.text) == ("11", "4.8", "尚未反馈")


# --- decisions ---


def test_what_became_of_a_decision_is_said_with_its_numbers_and_no_more(demo_city: CityData) -> None:
    past = tuple(earlier(demo_city, "440402", k) for k in range(6))
    made = meeting(demo_city, "440402", "2026-10", earlier=past)
    rows = page_of(deck(made, demo_city, "zh"), "minutes").earlier
    assert [row.state for row in rows] == [
        "已达目标，为 96 起",
        "未达目标，为 120 起",
        "未达目标，为 88 起",
        "进行中，截至2026年10月31日为 60 起",
        "数据尚未覆盖，暂不评价",
        "未达目标，为 12 起",
    ]
    assert [row.effect for row in rows] == [
        "有效：较预期减少 29%（90% 区间 13 至 42%）",
        "看不出：与对照地点差异不显著",
        "转移到周边：较预期减少 34%（90% 区间 15 至 50%），周边增多",
        "",
        "",
        "看不出：样本不足，不作评价",
    ]
    assert rows[0].goal == "香洲区“城市管理”由 144 起降至 115 起以内"
    assert rows[0].at is not None
    assert rows[0].at.period == "2026-10-01..2026-10-28"


def test_supervision_lists_what_is_open_by_deadline_and_long_lists_say_what_is_left_out(demo_city: CityData) -> None:
    past = tuple(earlier(demo_city, "440402", k) for k in range(6))
    own = tuple(decision(demo_city, "440402", 10 + k, deadline=f"2026-12-{20 - k}") for k in range(6))
    found = deck(meeting(demo_city, "440402", "2026-10", earlier=past, decisions=own), demo_city, "zh")
    page = page_of(found, "supervision")
    assert [row.id for row in page.earlier] == ["d3", "d4"]
    assert [row.id for row in page.decisions] == ["d15", "d14", "d13"]
    assert page.note == "另有 3 项，详见纪要"
    assert [row.id for row in page_of(found, "decisions").decisions] == ["d11", "d12", "d13", "d14", "d15"]
    assert len(page_of(found, "minutes").decisions) == 6


def test_a_quiet_month_is_short_and_an_empty_one_has_pages_nevertheless(demo_city: CityData) -> None:
    found = deck(meeting(demo_city, "440402001001", "2026-10"), demo_city, "en")
    assert found.pages[0].id == "title"
    assert not page_of(found, "decisions").decisions
    words = [page.title + page.note + "".join(s.text for s in page.sentences) for page in found.pages]
    assert not [each for each in words if CHINESE.search(each)]


# --- what is chosen ---


def test_sentences_keep_their_order_and_lean_on_none_that_is_left_out(demo_city: CityData) -> None:
    told = findings(meeting(demo_city, "", "2026-10").briefing, "zh")
    score = [each for each in told if each.section == "score"]
    assert [s.key for s in chosen(score, ("total", "score"), most=2)] == ["score", "total"]
    for section in {each.section for each in told if each.section.startswith("front:")}:
        sentences = [each for each in told if each.section == section]
        for most in (2, 3, 4):
            keys = [each.key for each in of_front(sentences, most)]
            assert len(keys) == min(most, len(sentences)) or len(keys) >= most - 1
            assert all(key.removesuffix("_moved") in keys for key in keys)


# --- shapes ---


@pytest.mark.parametrize("token", ["", "440402", "440402001"])
def test_outlines_lie_in_their_picture_and_labels_in_their_outlines(demo_city: CityData, token: str) -> None:
    place = demo_city.find(token)
    level = demo_city.levels_below(place)[0]
    shapes = shapes_of(demo_city, place, level)
    corners = [corner for rings in shapes.rings.values() for ring in rings for corner in ring]
    assert min(x for x, _ in corners) == pytest.approx(0.0, abs=0.01)
    assert max(x for x, _ in corners) == pytest.approx(1.0, abs=0.01)
    assert min(y for _, y in corners) == pytest.approx(0.0, abs=0.01)
    assert max(y for _, y in corners) == pytest.approx(shapes.height, abs=0.01)
    for name, (x, y) in shapes.points.items():
        across, down = zip(*(corner for ring in shapes.rings[name] for corner in ring), strict=True)
        assert min(across) <= x <= max(across)
        assert min(down) <= y <= max(down)


def test_the_goal_of_a_decision_is_told_in_the_language_of_the_wall(demo_city: CityData) -> None:
    place = demo_city.find("440402001")
    made = meeting(demo_city, place.token, "2026-10", decisions=(decision(demo_city, place.token, 0),))
    zh, en = (page_of(deck(made, demo_city, lang), "decisions").decisions[0].goal for lang in ("zh", "en"))
    assert place.name in zh
    assert "城市管理" in zh
    assert place.name_en in en
    assert en.isascii()
