"""Loops that Numba compiles, and how many of them may run at once."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from typing import Any, TypeVar

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(kernel: Kernel) -> Kernel:
    """Compile a kernel once a process; its machine code is kept on disk where there is a place for it."""
    ready: Kernel = _compile(kernel)
    return ready


@functools.cache
def _compile(kernel: Any) -> Any:
    from numba import njit  # here, because it costs a second

    try:
        return njit(nogil=True, cache=True, error_model="numpy")(kernel)
    except RuntimeError:  # no folder to cache in
        return njit(nogil=True, error_model="numpy")(kernel)


def is_loaded() -> bool:
    """Say whether Numba is there already: for what takes milliseconds without it, loading it does not pay."""
    return sys.modules.get("numba") is not None


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
