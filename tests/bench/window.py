"""What the measurements of the map page share: a city, a server, a window, a table."""

from __future__ import annotations

import argparse
import json
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, sync_playwright

from geodata import pipeline
from geodata.city import read_city
from geodata.store import Store
from layers import ids
from tests.browser.conftest import FLAGS, ROOT, find_chromium
from tests.browser.page import AtlasPage

DESKTOP = {"width": 1440, "height": 900}
CARD = f"{ids.PATTERN}.children"


def arguments(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser that knows the city folder."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("city", nargs="?", type=Path, help="a city folder; without one a demo city is made")
    return parser


@contextmanager
def city_folder(given: Path | None, years: int = 3) -> Iterator[Path]:
    """Give the folder of a city; make the demo city in a temporary folder if there is none."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = given or Path(scratch) / "city"
        if not (folder / "ledger.sqlite").exists():
            began = time.perf_counter()
            pipeline.make_demo_city(Store(folder), years=years)
            row(f"demo city made ({years} years)", time.perf_counter() - began, "s", "≤ 60 s")
            read_city(Store(folder))
        yield folder


class served:  # noqa: N801 - a context manager reads best in lower case
    """Serve a city with the production server."""

    def __init__(self, folder: Path, *options: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.command = [sys.executable, str(ROOT / "app.py"), "--city", str(folder), "--port", str(self.port)]
        self.command += options
        self.seconds = 0.0
        """From the start of the process to its first answer."""

    def __enter__(self) -> str:
        began = time.perf_counter()
        self.server = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, cwd=ROOT)
        address = f"http://127.0.0.1:{self.port}"
        while True:
            try:
                with urllib.request.urlopen(f"{address}/health", timeout=5):  # noqa: S310 - our own server
                    break
            except OSError:
                assert self.server.poll() is None, "the server ended"
                time.sleep(0.05)
        self.seconds = time.perf_counter() - began
        return address

    def __exit__(self, *_: object) -> None:
        self.server.terminate()
        self.server.wait()


@contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """Start Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=[*FLAGS, *flags])
        yield browser
        browser.close()


def new_window(browser: Browser, address: str, size: Any = DESKTOP) -> AtlasPage:
    """Open a fresh window."""
    return AtlasPage(browser.new_context(viewport=size).new_page(), address)


def tools_of(atlas: AtlasPage) -> CDPSession:
    """Return the developer tools of a window."""
    return atlas.page.context.new_cdp_session(atlas.page)


def recoloured(address: str, search: str) -> dict[str, Any]:
    """Return what the map of a link is sent, asked for as the browser asks."""
    return dict(json.loads(asked(address, map_call(address, search)))["response"]["map-view"]["data"])


def map_call(address: str, search: str) -> bytes:
    """Return the body of the call that colours the map."""
    return next(body for body in calls_of(address, search) if b'"map-view"' in body)


_known: dict[str, list[dict[str, Any]]] = {}


def calls_of(address: str, search: str) -> list[bytes]:
    """Return the bodies of the calls that a browser makes at a link: every callback of the server that reads it.

    But for the card of a layer where there is none, which `assets/js/network.js` does not ask for.
    """
    if address not in _known:
        with urllib.request.urlopen(f"{address}/_dash-dependencies", timeout=30) as answer:  # noqa: S310 - our own server
            _known[address] = json.loads(answer.read())
    bodies = []
    for each in _known[address]:
        reads_the_link = [(part["id"], part["property"]) for part in each["inputs"]] == [("url", "search")]
        needless = CARD in each["output"] and "layer=" not in search
        if each["clientside_function"] or not reads_the_link or needless:
            continue
        outputs = [
            {"id": part.rpartition(".")[0], "property": part.rpartition(".")[2]}
            for part in each["output"].removeprefix("..").removesuffix("..").split("...")
        ]
        body = {
            "output": each["output"],
            "outputs": outputs if each["output"].startswith("..") else outputs[0],
            "inputs": [{"id": "url", "property": "search", "value": search}],
            "changedPropIds": ["url.search"],
        }
        bodies.append(json.dumps(body).encode())
    return bodies


def asked(address: str, body: bytes) -> bytes:
    """Return the answer to a call, unpacked."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}/_dash-update-component", body, headers)  # noqa: S310 - our own server
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        return bytes(answer.read())


def table(*heads: str) -> None:
    """Print the head of a table."""
    print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads), flush=True)


def cells(*parts: object) -> None:
    """Print one line of a table."""
    print("| " + " | ".join(str(part) for part in parts) + " |", flush=True)


def row(what: str, value: float, unit: str, bar: str) -> None:
    """Print one measurement."""
    cells(what, f"{value:.2f} {unit}" if unit == "s" else f"{value:.0f} {unit}", bar)


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
