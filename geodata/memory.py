"""The last answers, kept as long as they fit: many readers ask for the same map, and each map for the same scores."""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

import numpy as np
import pandas as pd

T = TypeVar("T")
MOST_BYTES = 256_000_000
"""What the answers of one city may hold in memory, those of its filtered and supposed cities and of earlier versions of
the method included; as much again the filtered cities themselves, of which the last few are kept."""
MOST_ANSWERS = 4096


class Memory:
    """Answers by key; when they grow too large, those that were not asked for longest go.

    Parameters
    ----------
    most_bytes
        What they may hold together.
    most
        How many there may be.
    """

    def __init__(self, most_bytes: int = MOST_BYTES, most: int = MOST_ANSWERS) -> None:
        self._most_bytes, self._most = most_bytes, most
        self._answers: OrderedDict[object, tuple[Any, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._making: dict[object, threading.RLock] = {}

    def kept(self, key: object, make: Callable[[], T]) -> T:
        """Return the answer to a key, made if it is not there.

        Who asks for what another thread is working out waits for it. `make` must not lead back to its own key.
        """
        if (known := self._entry(key)) is not None:
            return known[0]  # type: ignore[no-any-return]
        with self._lock:
            making = self._making.setdefault(key, threading.RLock())
        with making:
            if (known := self._entry(key)) is not None:
                return known[0]  # type: ignore[no-any-return]
            try:
                answer = make()
                self.keep(key, answer)
            finally:
                with self._lock:
                    self._making.pop(key, None)
        return answer

    def keys(self) -> list[object]:
        """Return the keys of what is kept, those not asked for longest first."""
        with self._lock:
            return list(self._answers)

    def known(self, key: object) -> Any:
        """Return the answer to a key, None if it is not there."""
        entry = self._entry(key)
        return None if entry is None else entry[0]

    def _entry(self, key: object) -> tuple[Any, int] | None:
        with self._lock:
            if (entry := self._answers.get(key)) is not None:
                self._answers.move_to_end(key)
            return entry

    def keep(self, key: object, answer: object) -> None:
        """Keep an answer that was made elsewhere."""
        size = size_of(answer)
        with self._lock:
            self._bytes -= self._answers.pop(key, (None, 0))[1]
            self._answers[key] = (answer, size)
            self._bytes += size
            while len(self._answers) > 1 and (self._bytes > self._most_bytes or len(self._answers) > self._most):
                self._bytes -= self._answers.popitem(last=False)[1][1]


def size_of(answer: object) -> int:
    """Estimate what an answer holds in memory [bytes]: its arrays and texts, whatever they are wrapped in.

    What is no array, text, table, dataclass or container counts as a few words: it belongs to something else.
    """
    if isinstance(answer, np.ndarray):
        return int(answer.nbytes) + 100
    if isinstance(answer, str | bytes):
        return len(answer) + 50
    if isinstance(answer, pd.Series | pd.DataFrame):
        return int(np.sum(answer.memory_usage(index=True))) + 500
    if isinstance(answer, Mapping):
        return sys.getsizeof(answer) + sum(size_of(key) + size_of(value) for key, value in answer.items())
    if isinstance(answer, tuple | list):
        return sys.getsizeof(answer) + sum(size_of(part) for part in answer)
    if (held := getattr(answer, "held_bytes", None)) is not None:  # a city in a city shares most of what it has
        return int(held) + 100
    if is_dataclass(answer):
        return 100 + sum(size_of(getattr(answer, each.name)) for each in fields(answer))
    return 100
