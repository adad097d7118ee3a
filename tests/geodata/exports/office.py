"""LibreOffice without a window: works a workbook's formulas out anew, shows documents and slides as pages."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def recalculated(workbook: bytes, folder: Path) -> Path:
    """Return the workbook as LibreOffice writes it after working out every formula; skip where it is absent."""
    (folder / "in.ods").unlink(missing_ok=True)
    return _converted(workbook, "xlsx", "xlsx:Calc MS Excel 2007 XML", folder)


def as_pdf(document: bytes, suffix: str, folder: Path) -> bytes:
    """Return a document or slides as the pages that LibreOffice shows; skip where it is absent."""
    return _converted(document, suffix, "pdf", folder).read_bytes()


def _converted(document: bytes, suffix: str, to: str, folder: Path) -> Path:
    office = shutil.which("soffice")
    if office is None:
        if os.environ.get("PINGAN_REQUIRE_OFFICE"):
            pytest.fail("LibreOffice is required and not installed")
        pytest.skip("LibreOffice is not on this machine")
    path = folder / f"in.{suffix}"
    path.write_bytes(document)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    out = folder / "out"
    command = [office, profile, "--headless", "--convert-to", to, "--outdir", str(out)]
    subprocess.run([*command, str(path)], check=True, capture_output=True, timeout=180)
    return out / f"in.{to.partition(':')[0]}"
