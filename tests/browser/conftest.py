"""A served demo city and a real Chromium; without Chromium the journeys are skipped, unless they are required."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.page import AtlasPage

expect.set_options(timeout=30_000)  # the first import of a fresh checkout compiles its loops

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def find_chromium() -> str | None:
    """Return the path of an installed Chromium or Chrome."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def address(demo_folder: Path) -> Iterator[str]:
    """Serve the demo city with the production server; return its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, str(ROOT / "app.py"), "--city", str(demo_folder), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT) as server:
        where = f"http://127.0.0.1:{port}"
        try:
            _wait_until_up(where, server)
            yield where
        finally:
            server.terminate()


def _wait_until_up(where: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"{where}/health", timeout=5):  # noqa: S310 - our own server
                return
        except OSError:
            assert server.poll() is None, "the server ended"
            time.sleep(0.1)
    pytest.fail("the server did not come up in 30 s")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start Chromium once."""
    path = find_chromium()
    if path is None:
        if os.environ.get("PINGAN_REQUIRE_BROWSER"):
            pytest.fail("Chromium is required and not installed")
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def atlas(chromium: Browser, address: str) -> Iterator[AtlasPage]:
    """Return a fresh window of 1440 × 900; at the end, no error and no request elsewhere may have happened."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = AtlasPage(context.new_page(), address)
    yield page
    context.close()
    assert page.complaints == []
