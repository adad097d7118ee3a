"""A meeting's sentences: each number is that of the data, and nothing is claimed that the data do not bear."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from geodata.alerts.book import Told
from geodata.city import CityData
from geodata.meeting import words
from geodata.meeting.briefing import AlertFacts, AlertLine, Briefing, Change, Counted, Name
from geodata.meeting.phrases import BANNED, CAUSAL, PHRASES
from geodata.meeting.prepare import prepare, prepare_all
from geodata.meeting.words import Part, PartKind, Sentence, at_path, findings, hours_words
from geodata.vocabulary import Period, PlaceLevel
from tests.meeting_reader import every_fault, faults, read

STREET = "440402006"
TOLD = Told()


@pytest.fixture(scope="module")
def street(demo_city: CityData) -> Briefing:
    return prepare(demo_city, TOLD, demo_city.find(STREET), Period.parse("2026-05"))


def said(briefing: Briefing, section: str = "", lang: str = "zh") -> list[str]:
    return [each.text for each in findings(briefing, lang) if section in ("", each.section)]


# --- numbers ---


@pytest.mark.parametrize("month", ["2026-02", "2026-08", "2026-10"])
def test_a_parser_reads_every_number_back_and_finds_it_in_the_data(demo_city: CityData, month: str) -> None:
    rows = demo_city.members(PlaceLevel.STREET, demo_city.city)[::6].tolist()
    for briefing in prepare_all(demo_city, TOLD, [demo_city.place(row) for row in rows], Period.parse(month)):
        assert list(every_fault(briefing, demo_city)) == []


@pytest.mark.parametrize("token", ["", "440402", "440402006001"])
def test_it_does_so_of_the_city_a_district_and_a_community(demo_city: CityData, token: str) -> None:
    for month in ("2025-11", "2026-06", "2026"):
        briefing = prepare(demo_city, TOLD, demo_city.find(token), Period.parse(month))
        assert list(every_fault(briefing, demo_city)) == []


def test_the_parser_finds_a_number_that_was_changed(demo_city: CityData, street: Briefing) -> None:
    sentence = next(each for each in findings(street, "zh") if each.key == "total")
    first, raw = sentence.numbers[0], json.loads(street.to_json())
    assert list(faults(sentence, raw, demo_city)) == []

    def changed(part: Part) -> Sentence:
        return replace(sentence, parts=tuple(part if each is first else each for each in sentence.parts))

    assert list(faults(changed(replace(first, text="7")), raw, demo_city))
    assert list(faults(changed(replace(first, value=7.0)), raw, demo_city))
    assert list(faults(changed(Part(first.text)), raw, demo_city))  # a number without an address
    wrong = json.loads(street.to_json())
    wrong["total"]["n"] += 1
    assert list(faults(changed(replace(first, value=wrong["total"]["n"])), wrong, demo_city))


def test_the_same_briefing_gives_the_same_bytes(street: Briefing) -> None:
    again = Briefing.from_json(street.to_json())
    for lang in ("zh", "en"):
        assert findings(again, lang) == findings(street, lang)


def test_a_number_knows_its_address_and_its_view(street: Briefing) -> None:
    for sentence in findings(street, "zh"):
        for part in sentence.numbers:
            value, at = at_path(street, part.path)
            assert (float(value), at) == (part.value, part.at)
    with pytest.raises(KeyError):
        at_path(street, "fronts.99.count.n")


def test_every_page_of_the_agenda_speaks_in_its_order(street: Briefing) -> None:
    pages = [each.section for each in findings(street, "zh")]
    assert [page for page in dict.fromkeys(pages)] == [page for page in street.agenda if page in pages]  # noqa: C416


# --- phrases ---


def test_no_phrase_has_a_digit_a_banned_word_or_a_slot_of_one_language_only() -> None:
    for key, (zh, en) in PHRASES.items():
        for text in (zh, en):
            assert not re.search(r"\d", text), key
            assert not any(re.search(rf"\b{word}" if word.isascii() else word, text, re.I) for word in BANNED), key
        assert set(re.findall(r"\{(\w+)", zh)) == set(re.findall(r"\{(\w+)", en)), key
        if not key.startswith(("why", "kind", "along", "against", "cause")):
            assert not any(word in text.lower() for word in CAUSAL for text in (zh, en)), key


# --- what is claimed ---


def change(before: float, n: float, *, sure: bool, why_not: str = "", like: Change) -> Change:
    percent = 100 * (n - before) / before if before >= 5 else None
    compared = replace(like, before=before, difference=n - before, percent=percent, p=0.01, sure=sure, moved=sure)
    if why_not:
        compared = replace(compared, difference=None, percent=None, p=None)
    return replace(compared, why_not=why_not)


def with_total(briefing: Briefing, n: int, previous: Change, year_ago: Change) -> Briefing:
    return replace(briefing, total=Counted(n, previous, year_ago, briefing.total.at))


def comparable(briefing: Briefing) -> Briefing:
    score = replace(briefing.score, year_ago=replace(briefing.score.previous, why_not=""))
    return replace(briefing, score=score)


def test_a_direction_is_claimed_of_a_significant_change_only(street: Briefing) -> None:
    like = street.total.previous
    sure, unsure = change(50, 80, sure=True, like=like), change(70, 80, sure=False, like=like)
    made = with_total(comparable(street), 80, sure, unsure)
    assert "本期共发生各类事件80起，环比增加30起（+60.0%），差异显著；同比+10起，差异不显著。" in said(made)
    made = with_total(
        comparable(street), 80, change(99, 80, sure=True, like=like), change(80, 80, sure=False, like=like)
    )
    assert "本期共发生各类事件80起，环比减少19起（−19.2%），差异显著；同比持平。" in said(made)
    made = with_total(comparable(street), 80, unsure, change(81, 80, sure=False, like=like))
    assert "本期共发生各类事件80起，环比+10起、同比−1起，差异均不显著。" in said(made)


def test_too_few_incidents_are_not_judged(street: Briefing) -> None:
    few = change(2, 3, sure=False, why_not="few", like=street.total.previous)
    assert "本期发生3起，样本不足，不作评价。" in said(with_total(comparable(street), 3, few, few))
    assert "本期没有接报事件。" in said(with_total(comparable(street), 0, few, few))
    one = with_total(comparable(street), 1, few, few)
    assert "1 incident in the period: too few to judge." in said(one, lang="en")


def test_what_is_not_comparable_says_why(street: Briefing) -> None:
    uneven = change(90, 80, sure=False, why_not="uneven", like=street.total.previous)
    made = with_total(comparable(street), 80, uneven, uneven)
    assert "本期共发生各类事件80起，环比、同比因两期报送情况不同不作比较。" in said(made)


def test_nothing_is_attributed_where_the_score_did_not_change_for_sure(street: Briefing) -> None:
    still = replace(street, why=replace(street.why, sure=False), agenda=("why",))
    assert said(still) == ["得分环比差异不显著，不作归因。"]
    assert not any(word in text for text in said(still) for word in ("贡献", "效应"))


def test_a_sure_change_is_taken_apart(street: Briefing) -> None:
    moved = replace(street, why=replace(street.why, sure=True), agenda=("why",))
    first = said(moved)[0]
    assert "按贡献分解" in first
    assert "实际发生效应" in first


def test_a_red_line_says_what_the_score_was_before(demo_city: CityData) -> None:
    streets = [demo_city.place(int(row)) for row in demo_city.members(PlaceLevel.STREET, demo_city.city)]
    for number in range(1, 11):
        for made in prepare_all(demo_city, TOLD, streets, Period.parse(f"2026-{number:02d}")):
            if made.red_line is not None:
                assert any("红线事件" in text for text in said(made, "score"))
                assert not made.quiet
                return
    pytest.fail("the demo city has a red line")


def test_the_first_month_says_once_that_nothing_is_compared(demo_city: CityData) -> None:
    assert demo_city.index.span is not None
    first = Period.parse(f"{demo_city.index.span[0]:%Y-%m}")
    made = prepare(demo_city, TOLD, demo_city.find(STREET), first)
    assert "可比时期数据不全，本期不作环比、同比比较。" in said(made, "title")
    assert sum("环比" in text for text in said(made)) == 1
    if made.quiet:
        assert "本期没有可比数据，未见需专题研判的方面，会议从简。" in said(made)


def test_a_quiet_month_says_so(street: Briefing, demo_city: CityData) -> None:
    streets = [demo_city.place(int(row)) for row in demo_city.members(PlaceLevel.STREET, demo_city.city)]
    made = next(each for each in prepare_all(demo_city, TOLD, streets, Period.parse("2026-05")) if each.quiet)
    assert "综合得分、事件总数和各方面经统一检验，变化均不显著，会议从简。" in said(made)
    assert len(said(made)) <= 12


def alerted(briefing: Briefing, *answers: str) -> Briefing:
    line = AlertLine(
        id=1,
        rule="negative_binomial",
        level=2,
        place=STREET,
        place_name=Name("香湾街道", "Xiangwan"),
        indicator="JT1",
        name=Name("交通事故", "Traffic accidents"),
        sub_index="traffic",
        week="2026-W19",
        weeks=1,
        observed=9,
        expected=2.54,
        p=0.0005,
        of_red_line=False,
        disposition="",
        at=briefing.total.at,
    )
    lines = tuple(replace(line, disposition=answer) for answer in answers)
    counts = {name or "open": answers.count(name) for name in ("true", "false", "handled", "")}
    facts = AlertFacts(state="judged", n=len(lines), lines=lines, at=briefing.total.at, **counts)
    return replace(briefing, alerts=facts, agenda=("alerts",))


def test_alerts_are_told_with_what_became_of_them(street: Briefing) -> None:
    one = said(alerted(street, "handled"))
    assert one == [
        "本期共有预警1项，已处置。",
        "香湾街道“交通事故”橙色预警：2026年第19周发生9起，预期2.5起，已处置。",
    ]
    assert said(alerted(street, "", ""))[0] == "本期共有预警2项，均尚未反馈。"
    assert said(alerted(street, "true", "", "false"))[0] == "本期共有预警3项，其中属实1项、误报1项、尚未反馈1项。"
    assert said(alerted(street, "true"), lang="en") == [
        "1 alert, confirmed.",
        "Orange alert, Traffic accidents in Xiangwan: 9 in week 19 of 2026, 2.5 expected, confirmed.",
    ]


def test_every_phrase_is_used() -> None:
    source = (Path(words.__file__)).read_text(encoding="utf-8")
    built = (
        "alert_",
        "alerts_",
        "band_",
        "level_",
        "kind_",
        "said_",
        "both_unsure_",
        "moved_",
        "total",
        "front_",
        "quiet",
    )
    for key in PHRASES:
        assert f'"{key}"' in source or key.startswith(built) or key.endswith(("_percent", "_moved")), key


def test_hours_over_midnight_are_of_the_next_day() -> None:
    assert hours_words("zh", (23, 3)) == "23时至次日3时"


def test_digits_in_a_name_are_no_claim(demo_city: CityData, street: Briefing) -> None:
    renamed = replace(street, title=replace(street.title, place=Name("第12街", "12th Street")))
    sentence = findings(renamed, "zh")[0]
    assert "第12街" in sentence.text
    assert read(sentence) == []
    assert [part.kind for part in sentence.parts].count(PartKind.NUMBER) == 0
