"""Kept answers: the last ones asked for stay, as long as they fit, and no answer is worked out twice at once."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from geodata.memory import Memory, size_of


@dataclass(frozen=True)
class Wrapped:
    values: np.ndarray
    word: str


@pytest.mark.parametrize(
    ("answer", "least", "most"),
    [
        (np.zeros(1000), 8000, 8200),
        (Wrapped(np.zeros(1000), "abc"), 8000, 8500),
        ([np.zeros(1000), {"a": np.zeros(1000)}], 16000, 17000),
        (pd.Series(np.zeros(1000)), 8000, 9000),
        ("x" * 5000, 5000, 5100),
        (None, 0, 200),
        (Memory(), 0, 200),
    ],
)
def test_an_answer_is_as_large_as_what_it_wraps(answer: object, least: int, most: int) -> None:
    assert least <= size_of(answer) <= most


def test_an_answer_is_made_once() -> None:
    memory, made = Memory(), []
    assert [memory.kept("a", lambda: made.append(1) or len(made)) for _ in range(3)] == [1, 1, 1]


def test_what_was_not_asked_for_longest_goes_first() -> None:
    memory, made = Memory(most=2), []

    def ask(key: str) -> str:
        return memory.kept(key, lambda: made.append(key) or key)

    for key in ("a", "b", "a", "c", "a", "b"):
        assert ask(key) == key
    assert made == ["a", "b", "c", "b"]


def test_large_answers_push_each_other_out_and_one_that_is_too_large_is_still_given() -> None:
    memory, made = Memory(most_bytes=20_000), []

    def ask(key: str, n: int) -> int:
        return len(memory.kept(key, lambda: made.append(key) or np.zeros(n)))

    for key, n in (("a", 1000), ("b", 1000), ("c", 1000), ("b", 1000), ("a", 1000), ("huge", 9000), ("huge", 9000)):
        assert ask(key, n) == n
    assert made == ["a", "b", "c", "a", "huge"]


def test_an_error_is_not_kept() -> None:
    memory = Memory()
    with pytest.raises(ZeroDivisionError):
        memory.kept("a", lambda: 1 // 0)
    assert memory.kept("a", lambda: 7) == 7


def test_who_asks_for_what_is_being_made_waits_for_it() -> None:
    memory, made, answers = Memory(), [], []

    def slow() -> int:
        made.append(1)
        time.sleep(0.05)
        return 5

    threads = [threading.Thread(target=lambda: answers.append(memory.kept("a", slow))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (made, answers) == ([1], [5] * 8)
