"""Whether the compiled loops are worth loading: they read the same as the general ways, only faster."""

from __future__ import annotations

import sys
from functools import lru_cache
from types import ModuleType

FAST_ROWS = 100_000
"""From so many rows in a chunk on, loading Numba (about a second) pays."""

_NAME = "geodata.validate.kernels"


def kernels_for(rows: int) -> ModuleType | None:
    """Return the compiled loops, or None where the general ways do: a small chunk, or no Numba."""
    return _kernels() if rows >= FAST_ROWS or _NAME in sys.modules else None


@lru_cache(maxsize=1)
def _kernels() -> ModuleType | None:
    try:
        from geodata.validate import kernels
    # without a folder for its cache Numba gives a RuntimeError
    except (ImportError, RuntimeError):
        return None
    return kernels
