"""Whatever is thrown at it: a file is refused in a sentence or taken in to the last row, and nothing else happens."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from tests.badinput.cases import CONTROL
from tests.badinput.corpus import CASES
from tests.badinput.worker import Outcome

PROJECT = Path(__file__).resolve().parents[2]
MOST_SECONDS = 10
MOST_MEGABYTES = 500
LEAST_CASES = 400
WORKERS = 2
LONGEST_SENTENCE = 800
LONGEST_LABEL = 120
_ABOUT_CASES = "test_a_bad_input_does_what_a_careful_clerk_expects_and_nothing_else"


@pytest.fixture(scope="session")
def outcomes(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> dict[str, dict[str, Any]]:
    """Return what became of the cases that are asked for, done by two workers."""
    names = {item.name for item in request.session.items}
    asked = [case_id for case_id in CASES if case_id == CONTROL or f"{_ABOUT_CASES}[{_shown(case_id)}]" in names]
    base = tmp_path_factory.mktemp("corpus")

    def work(number: int) -> list[tuple[str, dict[str, Any]]]:
        (base / str(number)).mkdir()
        command = [sys.executable, "-m", "tests.badinput.worker", str(base / str(number)), *asked[number::WORKERS]]
        said = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout
        return [json.loads(line) for line in said.splitlines()]

    with ThreadPoolExecutor(WORKERS) as pool:
        return dict(chain.from_iterable(pool.map(work, range(WORKERS))))


def _shown(case_id: str) -> str:
    """Return a case as pytest writes it in the name of its test."""
    return case_id.encode("unicode_escape").decode("ascii")


def test_the_corpus_is_large() -> None:
    assert len(CASES) >= LEAST_CASES


def test_what_an_import_must_not_do_would_be_seen(outcomes: dict[str, dict[str, Any]]) -> None:
    found = Outcome(**outcomes[CONTROL])
    said = " ".join(found.strayed)
    assert all(
        word in said for word in ("secret was opened", "left behind", "socket.connect", "server inside was asked")
    )
    assert found.megabytes > MOST_MEGABYTES


@pytest.mark.parametrize("case_id", [name for name in CASES if name != CONTROL])
def test_a_bad_input_does_what_a_careful_clerk_expects_and_nothing_else(
    case_id: str, outcomes: dict[str, dict[str, Any]]
) -> None:
    found, expected = Outcome(**outcomes[case_id]), CASES[case_id].expected
    assert found.error == ""
    assert found.strayed == []
    assert found.seconds <= MOST_SECONDS
    assert found.megabytes <= MOST_MEGABYTES
    if expected.refused is not None:
        assert found.refused is not None, f"accepted: {found.report}, {found.aside}"
        zh, en = found.refused
        assert all(word in zh for word in expected.refused), zh
        assert en
        for sentence in (zh, en):
            assert sentence.strip().isprintable(), "a name of the user's may hold anything"
            assert len(sentence) <= LONGEST_SENTENCE
        assert found.changed == [], "a refusal leaves the city as it was"
        return
    assert found.refused is None
    for name, value in expected.facts.items():
        assert found.report[name] == value
    if CASES[case_id].task != "incidents":
        return
    report = found.report
    fates = (report["stored"], report["known"], report["corrected"])
    assert (fates, found.aside) == (expected.fates, expected.aside)
    assert report["rows"] == sum(fates) + report["set_aside"], "no row is lost"
    assert report.get("label", "").isprintable()
    assert len(report.get("label", "")) <= LONGEST_LABEL
    assert {name: found.cells[name] for name in expected.cells} == expected.cells
    assert expected.where is None or found.where == expected.where
    assert expected.noted in "".join(zh for zh, _ in report["notes"])
