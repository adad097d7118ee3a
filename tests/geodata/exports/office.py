"""LibreOffice without a window: reads a workbook, works every formula out anew, writes it again."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def recalculated(workbook: bytes, folder: Path) -> Path:
    """Return the workbook as LibreOffice writes it after working out every formula; skip where it is absent."""
    office = shutil.which("soffice")
    if office is None:
        if os.environ.get("PINGAN_REQUIRE_OFFICE"):
            pytest.fail("LibreOffice is required and not installed")
        pytest.skip("LibreOffice is not on this machine")
    (folder / "in.ods").unlink(missing_ok=True)
    path = folder / "in.xlsx"
    path.write_bytes(workbook)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    out = folder / "out"
    command = [office, profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(out)]
    subprocess.run([*command, str(path)], check=True, capture_output=True, timeout=180)
    return out / "in.xlsx"
