"""A data clerk's journey: bring a messy file in, name a column, publish, mend, take back; the numbers always close."""

from __future__ import annotations

import csv
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from geodata.store import Store
from tests.browser.conftest import ROOT, _wait_until_up
from tests.browser.page import AtlasPage
from tests.callbacks.test_data_page import messy

pytestmark = pytest.mark.browser
PATIENCE_MS = 60_000


@pytest.fixture(scope="module")
def folder(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a city that this journey may change."""
    copy = tmp_path_factory.mktemp("import") / "city"
    shutil.copytree(demo_folder, copy)
    return copy


@pytest.fixture(scope="module")
def served(folder: Path, free_port: int) -> Iterator[str]:
    """Serve it with the production server; return the address."""
    command = [sys.executable, str(ROOT / "app.py"), "--city", str(folder), "--port", str(free_port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT) as server:
        try:
            _wait_until_up(f"http://127.0.0.1:{free_port}", server)
            yield f"http://127.0.0.1:{free_port}"
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def desk(chromium: Browser, served: str) -> Iterator[Page]:
    """Return a fresh window on the data page; at the end, no error and no request elsewhere may have happened."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    watched = AtlasPage(context.new_page(), served)
    watched.page.set_default_timeout(PATIENCE_MS)
    watched.page.goto(f"{served}/data/")
    watched.page.locator(".batches tbody tr").first.wait_for()
    yield watched.page
    context.close()
    assert watched.complaints == []


def closes(line: str) -> list[int]:
    """Return new, known, corrected and set aside of a closing line, which must add up to its total."""
    total, *parts = (int(n.replace("\u2009", "")) for n in re.findall(r"\d[\d\u2009]*", line)[:5])
    assert total == sum(parts), line
    return parts


def send(page: Page, path: Path, source: str = "") -> None:
    """Choose a file, fill in the source, upload."""
    with page.expect_file_chooser() as chooser:
        page.locator("[data-pick]").click()
    chooser.value.set_files(path)
    if source:
        page.locator("input[name=source]").fill(source)
    page.locator("[data-upload]").click()


def test_a_clerk_brings_a_file_in_mends_it_and_takes_it_back(desk: Page, folder: Path, tmp_path: Path) -> None:
    store = Store(folder)
    before = len(store.batches())
    path = tmp_path / "十月 报表.csv"
    path.write_bytes(messy())

    # the file, and a column with an odd name
    desk.get_by_role("button", name="导入文件").click()
    send(desk, path, "街道报送")
    desk.locator("select[name=col_time]").select_option("案发时刻点")
    assert "gb18030" in desk.locator(".read-as").inner_text()
    desk.get_by_role("button", name="校验", exact=True).click()

    # what is set aside, and why
    expect(desk.locator(".reasons > li")).to_have_count(5, timeout=PATIENCE_MS)
    assert closes(desk.locator(".wizard .sum").inner_text()) == [60, 0, 0, 5]
    assert "第 61 行" in desk.locator(".reasons").inner_text()
    assert len(store.batches()) == before

    # a reload keeps the import that one is in
    desk.reload()
    expect(desk.locator(".reasons > li")).to_have_count(5, timeout=PATIENCE_MS)

    # published: the batch stands in the list, and closes
    desk.locator(".publish").click()
    number = before + 1
    desk.get_by_role("link", name=f"查看批次 {number}").click()
    expect(desk.locator(".wizard")).to_be_empty(timeout=PATIENCE_MS)
    assert f"batch={number}" in desk.url
    first = desk.locator(".batches tbody tr").first
    expect(first).to_contain_text("街道报送", timeout=PATIENCE_MS)
    assert closes(first.locator(".sum").inner_text()) == [60, 0, 0, 5]
    expect(desk.locator(".sources")).to_contain_text("街道报送")

    # every number opens its rows; markup in them is text
    desk.locator(".drawer .sum a", has_text="新增").click()
    expect(desk.locator(".rows tbody tr")).to_have_count(60)
    desk.locator(".drawer .sum a", has_text="搁置").click()
    expect(desk.locator(".rows tbody tr")).to_have_count(5)
    assert "<b>没有时间</b>" in desk.locator(".rows").inner_text()
    desk.locator(".filters a", has_text="两位年份").click()
    expect(desk.locator(".rows tbody tr")).to_have_count(1)

    # download, mend, bring back
    with desk.expect_download() as download:
        desk.get_by_role("link", name="下载搁置的 5 行").click()
    mended = tmp_path / "改好.csv"
    with Path(download.value.path()).open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    with mended.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "案发时刻点": "2026-10-05 08:00"} for row in rows if row["编号"] in ("Z1", "Z2", "Z3"))
    desk.get_by_role("button", name="补回改好的行").click()
    send(desk, mended)
    desk.locator(".publish").click()
    desk.get_by_role("link", name=f"查看批次 {number + 1}").click()
    expect(desk.locator(".wizard")).to_be_empty(timeout=PATIENCE_MS)
    assert closes(desk.locator(".drawer .sum").first.inner_text()) == [3, 0, 0, 0]
    desk.get_by_role("link", name=f"补回批次 {number}").click()
    expect(desk.locator(".drawer .sum")).to_contain_text("已补回 3")

    # taken back: asked once, the later batch first
    for each in (number + 1, number):
        desk.locator(".batches tbody tr td:first-child a", has_text=re.compile(f"^{each}$")).first.click(force=True)
        expect(desk.locator(".drawer h2").first).to_contain_text(f"批次 {each}")
        desk.locator(".undo summary").click()
        desk.get_by_role("button", name="确认撤销").click()
        expect(desk.locator(".drawer .facts")).to_contain_text("已撤销", timeout=PATIENCE_MS)
    assert [batch.state for batch in store.batches()[-2:]] == ["undone", "undone"]
    assert not list((folder / "incoming").iterdir())


def test_an_import_can_be_given_up_and_refusals_are_told(desk: Page, folder: Path, tmp_path: Path) -> None:
    desk.get_by_role("button", name="导入文件").click()
    desk.locator("[data-upload]").click()
    expect(desk.locator("[data-upload-note]")).to_contain_text("请先选择文件")
    bad = tmp_path / "page.html"
    bad.write_text("<html>")
    with desk.expect_file_chooser() as chooser:
        desk.locator("[data-pick]").click()
    chooser.value.set_files(bad)
    expect(desk.locator("[data-upload-note]")).to_contain_text("不接受这种文件")
    good = tmp_path / "a.csv"
    good.write_bytes(messy())
    send(desk, good, "x")
    desk.locator("select[name=col_time]").wait_for()
    desk.locator(".wizard .close").click()
    expect(desk.locator(".wizard")).to_be_empty()
    assert not list((folder / "incoming").iterdir())


def test_what_is_ready_meanwhile_takes_nothing_from_an_import(desk: Page, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_bytes(messy())
    desk.route("**/_dash-update-component*", lambda route: _slowly(desk, route))
    desk.get_by_role("button", name="导入文件").click()
    send(desk, path, "x")
    desk.locator("select[name=col_time]").wait_for()
    desk.locator(".wizard .close").click()
    expect(desk.locator(".wizard")).to_be_empty()


def _slowly(desk: Page, route: Route) -> None:
    """Let the boundary check be ready while the server still works on the event that begins an import."""
    if '"inspect"' in (route.request.post_data or ""):
        desk.evaluate("pingan.desk.refresh()")
    route.continue_()


def test_the_map_and_the_data_page_lead_to_each_other(desk: Page) -> None:
    desk.get_by_role("link", name="EN", exact=True).click()
    desk.get_by_role("link", name="Back to the map").click()
    desk.wait_for_url("**/?lang=en")
    desk.locator(".topbar a.data[href^='/data/']").click()
    desk.wait_for_url("**/data/?lang=en")
    expect(desk.locator(".sources")).to_contain_text("Police 110")
    assert desk.evaluate("document.documentElement.lang") == "en"


def test_the_boundaries_are_checked_and_drawn(desk: Page) -> None:
    expect(desk.locator("[data-poll]")).to_have_count(0, timeout=PATIENCE_MS)
    expect(desk.locator("#data-map path.outline.depth-0")).not_to_have_count(0, timeout=PATIENCE_MS)


@pytest.mark.parametrize("size", [(390, 844), (1920, 1080)])
@pytest.mark.parametrize("search", ["", "?lang=en", "?batch=1", "?batch=1&show=new&lang=en"])
def test_nothing_sticks_out_of_the_window(chromium: Browser, served: str, size: tuple[int, int], search: str) -> None:
    context = chromium.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    page.goto(f"{served}/data/{search}")
    page.locator(".batches tbody tr").first.wait_for(state="attached", timeout=PATIENCE_MS)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    context.close()
