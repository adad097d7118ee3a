"""What the form of a decision has filled in: a problem, not an improvement."""

from __future__ import annotations

import datetime as dt

from geodata.city import CityData
from geodata.meeting.words import Part, PartKind, Sentence
from layers.meeting.decide import AMONG, offered, problem_rank
from tests.layers.meeting.made import meeting


def moved(*differences: float) -> Sentence:
    """Return a sentence on types that changed."""
    parts = [
        Part("x", PartKind.NUMBER, each, f"fronts.0.types.{k}.count.previous.difference")
        for k, each in enumerate(differences)
    ]
    return Sentence("front:traffic", "types_moved", tuple(parts))


def test_more_incidents_come_before_times_of_day_and_fewer_come_last() -> None:
    hours, other = Sentence("front:traffic", "hours", ()), Sentence("front:traffic", "front_count", ())
    ranked = sorted([moved(-92.0, -69.0), other, hours, moved(-3.0, 5.0)], key=problem_rank)
    assert ranked == [moved(-3.0, 5.0), hours, other, moved(-92.0, -69.0)]


def test_a_problem_stands_alone_in_the_form(demo_city: CityData) -> None:
    found = offered(meeting(demo_city, "440402", "2026-10"), demo_city, "zh", dt.date(2026, 11, 2))
    problems = [page["problem"] for page in found["pages"].values()]
    assert any(problems)
    assert not [problem for problem in problems if problem.partition("：")[2].startswith(AMONG)]
