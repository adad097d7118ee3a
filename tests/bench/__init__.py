"""Measurements: each module is a command that prints one table of docs/PERFORMANCE.md."""

from __future__ import annotations

import os
import platform


def machine() -> str:
    """Say what the numbers were measured on."""
    return f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()}"
