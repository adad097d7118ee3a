"""GDAL's own program, of another version than the library of the tests: what it prints of a data source."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest


def ogrinfo(*arguments: str) -> str:
    """Return what `ogrinfo` prints; skip where there is none, unless it is required."""
    program = shutil.which("ogrinfo")
    if program is None:
        if os.environ.get("PINGAN_REQUIRE_GDAL"):
            pytest.fail("ogrinfo is required and not installed")
        pytest.skip("ogrinfo is not installed")
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}  # no GDAL_DATA, no proxy
    done = subprocess.run([program, *arguments], check=False, capture_output=True, text=True, timeout=120, env=kept)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
