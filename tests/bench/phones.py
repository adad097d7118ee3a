"""Let phones drive a meeting's wall, and print how soon all agree.

``python -m tests.bench.phones [CITY] [--phones 30] [--turns 40]``

The wall asks every 150 ms and each phone every 250 ms, as their scripts do. A phone turns to a page; counted is the
time until the wall, and until every phone, was told so. Then the server is halted for five seconds: counted is the
time from its return until the wall and all phones were told of the page turned first after it.
"""

from __future__ import annotations

import http.client
import json
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from geodata.city import read_city
from geodata.store import Store
from geodata.vocabulary import PeriodKind
from tests.bench.window import arguments, city_folder, quantile, row, served

WALL_S, PHONE_S, AGAIN_S, PATIENCE_S, HALTED_S = 0.15, 0.25, 0.4, 1.5, 5.0
HEADERS = {"X-Pingan-Request": "1", "Content-Type": "application/json"}


@dataclass
class Screen:
    """A wall or a phone that asks which page is shown, in a thread of its own."""

    host: str
    channel: str
    every: float
    page: str = ""
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Ask until it is told to stop."""
        line = http.client.HTTPConnection(self.host, timeout=PATIENCE_S)
        while not self.stop.is_set():
            try:
                line.request("GET", self.channel)
                self.page = json.loads(line.getresponse().read())["page"]
                self.stop.wait(self.every)
            except OSError:
                line.close()
                self.stop.wait(AGAIN_S)


def send(host: str, path: str, body: object = None) -> dict[str, str]:
    """Send what a page of this server would send."""
    line = http.client.HTTPConnection(host, timeout=60)
    line.request("POST", path, json.dumps(body), {**HEADERS, "Origin": f"http://{host}"})
    answer: dict[str, str] = json.loads(line.getresponse().read())
    line.close()
    return answer


def agreed(screens: list[Screen], page: str, began: float) -> list[float]:
    """Wait until every screen shows a page; return when each did, from the beginning [s]."""
    at: dict[int, float] = {}
    while len(at) < len(screens):
        for k, screen in enumerate(screens):
            if k not in at and screen.page == page:
                at[k] = time.perf_counter() - began
        time.sleep(0.002)
    return [at[k] for k in range(len(screens))]


def main() -> None:
    """Run all and print one table."""
    parser = arguments(__doc__)
    parser.add_argument("--phones", type=int, default=30)
    parser.add_argument("--turns", type=int, default=40)
    given = parser.parse_args()
    with city_folder(given.city, years=1) as city, tempfile.TemporaryDirectory() as scratch:
        folder = Path(shutil.copytree(city, Path(scratch) / "copy"))
        period = read_city(Store(folder)).latest_period(PeriodKind.MONTH)
        serving = served(folder)
        with serving as address:
            host = urlsplit(address).netloc
            wall = send(host, f"/meeting/new?period={period}")["href"]
            channel = f"{wall}pairing/{send(host, f'{wall}pairing/')['key']}"
            screens = [Screen(host, channel, WALL_S)]
            screens += [Screen(host, f"{channel}?phone=1", PHONE_S) for _ in range(given.phones)]
            for screen in screens:
                threading.Thread(target=screen.run, daemon=True).start()
            measure(host, channel, screens, given.turns, serving.server)


def measure(host: str, channel: str, screens: list[Screen], turns: int, server: subprocess.Popen[bytes]) -> None:
    """Turn pages, halt the server once, and print."""
    of_wall, of_phones = [], []
    for k in range(turns):
        began = time.perf_counter()
        send(host, channel, {"page": f"page-{k}"})
        wall, *phones = agreed(screens, f"page-{k}", began)
        of_wall.append(wall)
        of_phones += phones
        time.sleep(0.1)
    n = len(screens) - 1
    for who, times in (("the wall", of_wall), (f"each of {n} phones", of_phones)):
        row(f"{who}, p50", quantile(times, 0.5), "s", "")
        row(f"{who}, p95", quantile(times, 0.95), "s", "≤ 0.5 s")
    server.send_signal(signal.SIGSTOP)
    time.sleep(HALTED_S)
    server.send_signal(signal.SIGCONT)
    began = time.perf_counter()
    send(host, channel, {"page": "after"})
    row("all of them after the server was away for 5 s", max(agreed(screens, "after", began)), "s", "≤ 3 s")
    for screen in screens:
        screen.stop.set()


if __name__ == "__main__":
    main()
