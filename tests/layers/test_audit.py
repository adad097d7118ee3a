"""The data audit on the data page: questions to a source, with what was usual; no verdict, nobody's name."""

from __future__ import annotations

import datetime as dt

import pytest

from geodata.audit import Finding, FindingKind, audit_city
from geodata.city import CityData
from layers.data.audit import KINDS, LISTED, audit_section
from layers.data.view import DataView
from tests.layers import NOT_NUMBERS, links, said, with_class

START, END = dt.date(2026, 8, 1), dt.date(2026, 9, 1)
FINDINGS = {
    FindingKind.SILENT: Finding(FindingKind.SILENT, "market", START, END, 0, 410.4, 1e-100),
    FindingKind.ZERO_DAYS: Finding(FindingKind.ZERO_DAYS, "police_110", START, END, 0, 9.44, 1e-4, indicator="ZA2"),
    FindingKind.BACK_DATED: Finding(FindingKind.BACK_DATED, "police_110", START, END, 40, 2.0, 1e-9, batch=3, of=100),
    FindingKind.HEAPING: Finding(
        FindingKind.HEAPING,
        "police_110",
        START,
        END,
        60,
        41.0,
        1e-5,
        indicator="ZA2",
        types=("fraud_small", "fraud_medium"),
        of=80,
    ),
}


def test_every_kind_of_finding_has_its_question() -> None:
    assert set(KINDS) == set(FINDINGS) == set(FindingKind)


@pytest.mark.parametrize("kind", FindingKind)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_question_names_source_days_and_numbers(demo_city: CityData, kind: FindingKind, lang: str) -> None:
    finding = FINDINGS[kind]
    words = said(audit_section([finding], demo_city, DataView(lang=lang)))
    assert "2026-08-01 – 2026-08-31" in words  # the last day is one of them
    usual = {"silent": "410", "zero_days": "9.4", "back_dated": "2.0", "heaping": "41"}[kind.value]
    assert f" {usual} " in words
    assert ("致" in words) is (lang == "zh")
    assert not NOT_NUMBERS.search(words)


def test_a_source_is_called_by_its_name_and_leads_to_its_batches(demo_city: CityData) -> None:
    made = audit_section([FINDINGS[FindingKind.BACK_DATED]], demo_city, DataView())
    assert "致公安 110" in said(made)
    assert links(made) == ["/data/?source=police_110", "/data/?batch=3"]


def test_of_a_chosen_source_only_its_own_questions_are_asked(demo_city: CityData) -> None:
    words = said(audit_section(list(FINDINGS.values()), demo_city, DataView(source="market")))
    assert "市场监管" in words
    assert "公安" not in words
    assert "没有疑问" in said(audit_section(list(FINDINGS.values()), demo_city, DataView(source="health")))


def test_no_question_is_a_result_in_words(demo_city: CityData) -> None:
    assert "没有疑问" in said(audit_section([], demo_city, DataView()))
    assert "No questions" in said(audit_section([], demo_city, DataView(lang="en")))


def test_many_questions_are_folded(demo_city: CityData) -> None:
    made = audit_section([FINDINGS[FindingKind.SILENT]] * (LISTED + 2), demo_city, DataView())
    assert [len(each["props"]["children"]) for each in with_class(made, "questions")] == [LISTED, 2]


def test_the_demo_city_asks_the_market_alone(demo_city: CityData) -> None:
    words = said(audit_section(audit_city(demo_city), demo_city, DataView()))
    assert words.count("致") == 1
    assert "致市场监管" in words
    assert "2026-07-14 – 2026-08-30" in words
