"""The basemap in a browser: pale tiles below the places, whose they are, a switch, and a note when they fail."""

from __future__ import annotations

import dataclasses
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from geodata.store import Store
from geodata.tiles import Basemap
from tests.browser.conftest import ROOT, _wait_until_up
from tests.browser.page import AtlasPage
from tests.tilefiles import Tiles, mbtiles, png

pytestmark = pytest.mark.browser
LAID = "document.querySelector('#map').classList.contains('has-basemap')"
CREDIT = "(document.querySelector('.map-credit') || {}).textContent || ''"


@pytest.fixture(scope="module")
def folder(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a city of its own, with a small basemap."""
    city = Path(shutil.copytree(demo_folder, tmp_path_factory.mktemp("basemap") / "city"))
    tiles: Tiles = {
        (z, x, y): png(200, 60 * (x % 4), 60 * (y % 4)) for z in range(5) for x in range(2**z) for y in range(2**z)
    }
    mbtiles(city / "own.mbtiles", tiles, format="png")
    setting(city, Basemap("own.mbtiles", "某局", 0, 4))
    return city


def setting(city: Path, basemap: Basemap) -> None:
    store = Store(city)
    store.save_settings(dataclasses.replace(store.settings(), basemap=basemap, review_number="GS(2026)1号"))


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, str(ROOT / "app.py"), "--city", str(folder), "--port", str(port), "--workers", "0"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT) as server:
        try:
            _wait_until_up(f"http://127.0.0.1:{port}", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


@pytest.fixture
def window(chromium: Browser, served: str) -> Iterator[AtlasPage]:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    yield AtlasPage(context.new_page(), served)
    context.close()


def test_the_basemap_lies_below_the_places_and_can_be_hidden(window: AtlasPage) -> None:
    window.open()
    window.wait_for(LAID)
    assert window.page.evaluate(CREDIT) == "底图：某局 · 审图号：GS(2026)1号"
    at_first = window.state()
    window.page.locator(".basemap-switch").click()
    window.wait_for("location.search.includes('basemap=off')")
    window.settled()
    window.wait_for(f"!({LAID})")
    assert window.page.evaluate(CREDIT) == "审图号：GS(2026)1号"
    assert [window.state()[key] for key in ("zoom", "center", "values")] == [
        at_first[key] for key in ("zoom", "center", "values")
    ]
    window.page.go_back()
    window.wait_for(LAID)
    assert window.complaints == []


def test_both_maps_of_a_comparison_lie_on_it(window: AtlasPage) -> None:
    window.page.goto(f"{window.address}/compare/?level=street")
    both = "document.querySelectorAll('.one-map .has-basemap').length"
    window.wait_for(f"{both} === 2")
    told = window.page.locator(".map-credit").all_inner_texts()
    assert told == ["底图：某局 · 审图号：GS(2026)1号"] * 2
    window.page.locator(".stage .a .basemap-switch").click()
    window.wait_for(f"{both} === 0 && location.search.includes('basemap=off')")
    assert window.complaints == []


def test_tiles_that_fail_leave_the_map_as_it_is_with_a_small_note(window: AtlasPage, folder: Path) -> None:
    setting(folder, Basemap("http://127.0.0.1:1/{z}/{x}/{y}", "某局"))
    window.page.wait_for_timeout(1500)  # a running server looks after changes once a second
    window.open()
    window.wait_for(f"({CREDIT}) === '底图暂不可用 · 审图号：GS(2026)1号'")
    assert not window.page.evaluate(LAID)
    assert len(window.state()["ids"]) == 3
    assert [each for each in window.complaints if "/tiles/" not in each and "503" not in each] == []
