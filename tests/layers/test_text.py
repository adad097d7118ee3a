"""The texts: every key that is asked for exists, in both languages, and no Chinese hides elsewhere."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from geodata.alerts.book import Feedback
from geodata.classes import KINDS as SCHEMES
from geodata.effects.judge import Answer, Why
from geodata.filters import AREAS, SEVERITIES
from geodata.vocabulary import Band, Period, PeriodKind, PlaceLevel
from layers.panels.filters import PRESETS
from layers.panels.incidents import COLUMNS
from layers.pictures.picture import CHARTS
from layers.text import (
    BANDS,
    KINDS,
    LEVELS,
    NUMBERED,
    TEXTS,
    band_name,
    kind_name,
    level_counted,
    level_name,
    period_name,
    text,
)
from layers.view import COMPARISONS, MEASURES, ORDERS

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*(ROOT / "layers").rglob("*.py"), *(ROOT / "callbacks").rglob("*.py")])
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
DYNAMIC = {f"compare_{c}" for c in COMPARISONS} | {f"change_{m}" for m in MEASURES} | set(MEASURES)
DYNAMIC |= {f"scheme_{kind}{end}" for kind in SCHEMES for end in ("", "_help")} | {"scheme_manual"}
DYNAMIC |= {f"filter_{area}" for area in AREAS} | {f"filter_severity_{least:g}" for least in SEVERITIES}
DYNAMIC |= {f"filters_hours_{name}" for name in (*PRESETS, "from", "to")}
DYNAMIC |= {f"select_{area}{end}" for area in AREAS for end in ("", "_hint")}
DYNAMIC |= {f"unjudged_{why}" for why in ("area", "base", "days")}
DYNAMIC |= {f"rows_{column}" for column in COLUMNS} | {f"rows_sort_{order or 'newest'}" for order in ("", *ORDERS)}
DYNAMIC |= {f"picture_{each}" for each in (*CHARTS, *MEASURES, "score_pooled", "every_rate", "every_count", "km", "m")}
DYNAMIC |= {f"export_picture_{each}" for each in ("map", "screen", *CHARTS)}
DYNAMIC |= {f"meeting_why_{why.value}" for why in Why} | {f"meeting_answer_{answer.value}" for answer in Answer}
DYNAMIC |= {f"meeting_state_{state}" for state in ("running", "running_unknown", "reached", "missed", "unknown")}
DYNAMIC |= {f"meeting_said_{answer.value}" for answer in Feedback}
DYNAMIC |= {f"meeting_because_{why}" for why in ("moved", "alert", "red_line", "poor")}
DYNAMIC |= {f"meeting_not_{why}" for why in ("partial", "no_before", "no_score", "uneven", "few")}
DYNAMIC |= {f"meeting_cause_{kind}" for kind in ("base", "weights", "red_lines", "uneven")}
DYNAMIC |= {f"meeting_page_{page}" for page in ("score", "why", "where", "others", "alerts")}
DYNAMIC |= {f"meeting_page_{page}" for page in ("earlier", "decisions", "supervision", "minutes")}
DYNAMIC |= {f"meeting_agenda_{column}" for column in ("no", "page", "why")}
DYNAMIC |= {f"meeting_alert_{c}" for c in ("level", "place", "what", "week", "seen", "expected", "answer")}
DYNAMIC |= {f"meeting_{each}_{k}" for each in ("alert", "supervise") for k in (1, 2, 3)}
"""Keys that are put together from a view."""


def calls_of_text(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield the key of every call ``text(lang, key, …)``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "text":
            yield node.args[1]


def words_in(node: ast.AST) -> set[str]:
    return {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def asked_for() -> set[str]:
    """Return every literal key; of keys in variables, the words of the modules that are keys."""
    keys: set[str] = set()
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for key in calls_of_text(tree):
            if isinstance(key, ast.Constant):
                keys.add(str(key.value))
            elif isinstance(key, ast.IfExp):
                keys |= {word.value for word in (key.body, key.orelse) if isinstance(word, ast.Constant)}  # type: ignore[misc]
            else:
                keys |= words_in(tree) & set(TEXTS)
    return keys


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def test_every_key_that_is_asked_for_exists() -> None:
    assert asked_for() - set(TEXTS) == set()
    assert set(TEXTS) >= DYNAMIC


def test_every_text_is_used() -> None:
    assert set(TEXTS) - asked_for() - DYNAMIC == set()


@pytest.mark.parametrize("key", TEXTS)
def test_a_text_has_both_languages_with_the_same_placeholders(key: str) -> None:
    zh, en = TEXTS[key]
    assert zh.strip()
    assert en.strip()
    assert placeholders(zh) == placeholders(en)


@pytest.mark.parametrize("key", sorted(set(TEXTS) - {"language", "language_label", "simulated", "simulated_short"}))
def test_the_english_text_has_no_chinese_in_it(key: str) -> None:
    assert not CHINESE.search(TEXTS[key][1])


@pytest.mark.parametrize("names", [LEVELS, KINDS, BANDS])
def test_every_level_kind_and_band_has_a_name_in_both_languages(names: dict[str, tuple[str, str]]) -> None:
    for zh, en in names.values():
        assert CHINESE.search(zh)
        assert not CHINESE.search(en)
    assert len({zh for zh, _ in names.values()}) == len({en for _, en in names.values()}) == len(names)


def test_every_member_of_the_vocabulary_is_named() -> None:
    assert set(LEVELS) == set(PlaceLevel)
    assert set(KINDS) == set(PeriodKind)
    assert set(BANDS) == set(Band)
    assert [level_name(lang, PlaceLevel.STREET) for lang in ("zh", "en")] == ["镇街", "Streets"]
    assert [kind_name(lang, PeriodKind.WEEK) for lang in ("zh", "en")] == ["周", "Week"]
    assert [band_name(lang, Band.POOR) for lang in ("zh", "en")] == ["较差", "Poor"]


def chinese_literals(path: Path) -> list[str]:
    """Return the Chinese string literals of a module that are neither docstrings nor the Chinese half of an error."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    excused: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            excused.add(id(node.value))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.endswith("Error"):
            excused |= {id(inner) for inner in ast.walk(node)}
    literals = (n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str))
    return [n.value for n in literals if id(n) not in excused and re.search(r"[\u4e00-\u9fff]", n.value)]


@pytest.mark.parametrize("path", [p for p in SOURCES if p.name != "text.py"], ids=lambda p: str(p.relative_to(ROOT)))
def test_no_chinese_literal_stands_outside_of_the_texts(path: Path) -> None:
    assert chinese_literals(path) == []


def test_a_text_takes_its_values() -> None:
    assert text("zh", "as_of", day="2026-10-31") == "数据截至 2026-10-31"
    assert text("en", "as_of", day="2026-10-31") == "Data as of 2026-10-31"


def test_an_unknown_key_is_an_error_and_not_an_empty_text() -> None:
    with pytest.raises(KeyError):
        text("zh", "no such key")


def test_weekdays_are_seven_in_both_languages() -> None:
    assert [len(text(lang, "weekdays").split(" ")) for lang in ("zh", "en")] == [7, 7]


@pytest.mark.parametrize(
    ("period", "zh", "en"),
    [
        ("2026-10-05", "2026年10月5日", "5 Oct 2026"),
        ("2024-02-29", "2024年2月29日", "29 Feb 2024"),
        ("2026-W01", "2026年第1周", "Week 1, 2026"),
        ("2020-W53", "2020年第53周", "Week 53, 2020"),
        ("2025-W01", "2025年第1周", "Week 1, 2025"),  # begins on 30 December 2024
        ("2026-01", "2026年1月", "Jan 2026"),
        ("2026-12", "2026年12月", "Dec 2026"),
        ("2026-Q1", "2026年第一季度", "Q1 2026"),
        ("2026-Q4", "2026年第四季度", "Q4 2026"),
        ("2026", "2026年", "2026"),
    ],
)
def test_a_period_is_named_as_it_is_spoken(period: str, zh: str, en: str) -> None:
    assert period_name("zh", Period.parse(period)) == zh
    assert period_name("en", Period.parse(period)) == en


def test_one_of_a_thing_is_not_said_as_many() -> None:
    assert text("en", "incidents_n", n="1") == "1 incident"
    assert text("en", "incidents_n", n="0") == "0 incidents"
    assert text("en", "incidents_n", n="1\u2009001") == "1\u2009001 incidents"
    assert text("en", "late_sources", n=1) == "▲ 1 source is late"
    assert text("zh", "incidents_n", n="1") == "1 件"
    assert [level_counted("en", PlaceLevel.DISTRICT, n) for n in (1, 2)] == ["district", "districts"]
    assert level_counted("zh", PlaceLevel.DISTRICT, 1) == "区"


@pytest.mark.parametrize("key", TEXTS)
def test_what_depends_on_a_number_names_one_of_the_values(key: str) -> None:
    zh, en = TEXTS[key]
    assert "[" not in zh
    assert {name for name, _, _ in NUMBERED.findall(en)} <= placeholders(en)
    assert "[" not in NUMBERED.sub("", en)
