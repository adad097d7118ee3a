"""What commands share: options, opening a city, tables, a progress bar."""

from __future__ import annotations

import argparse
import csv
import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tqdm import tqdm

from geodata.city import CityData, read_city
from geodata.errors import CityError, SelectionError
from geodata.settings import Settings
from geodata.store import Store
from geodata.vocabulary import LEVELS, PlaceLevel

Run = Callable[[argparse.Namespace], int | None]

# --- parsers ---


def city_option() -> argparse.ArgumentParser:
    """Return ``--city`` for a command."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--city", type=Path, default=Settings.from_env().city, help="城市目录 the city folder (PINGAN_CITY)"
    )
    return common


def inherited() -> argparse.ArgumentParser:
    """Return ``--city`` for an inner command: the outer one's value stays if it is not given again."""
    inner = argparse.ArgumentParser(add_help=False)
    inner.add_argument("--city", type=Path, default=argparse.SUPPRESS, help="城市目录 the city folder (PINGAN_CITY)")
    return inner


def add_command(
    commands: Any, common: argparse.ArgumentParser, name: str, run: Run, sentence: str
) -> argparse.ArgumentParser:
    """Add a command that does its work itself."""
    added: argparse.ArgumentParser = commands.add_parser(name, parents=[common], help=sentence, description=sentence)
    added.set_defaults(run=run)
    return added


def add_group(commands: Any, common: argparse.ArgumentParser, name: str, sentence: str) -> Any:
    """Add a command that asks for an action; return where its actions are added."""
    group = commands.add_parser(name, parents=[common], help=sentence, description=sentence)
    return group.add_subparsers(metavar="ACTION", required=True)


def add_action(actions: Any, name: str, run: Run, what: str) -> argparse.ArgumentParser:
    """Add an action to a group."""
    added: argparse.ArgumentParser = actions.add_parser(name, parents=[inherited()], help=what, description=what)
    added.set_defaults(run=run)
    return added


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument("--json", action="store_true", help="机器可读 machine-readable")


def add_level(parser: argparse.ArgumentParser) -> None:
    """Add ``--level`` and ``--within``."""
    parser.add_argument("--level", required=True, choices=[level.value for level in LEVELS], help="层级 level")
    parser.add_argument("--within", metavar="PLACE", default="", help="只看这个地点之内 only inside this place")


def add_form(parser: argparse.ArgumentParser) -> None:
    """Add ``--json`` and ``--csv``."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="机器可读 machine-readable")
    form.add_argument("--csv", action="store_true", help="逗号分隔 comma-separated")


# --- cities ---


def existing(args: argparse.Namespace) -> Store:
    """Open a city folder that is there: a mistyped one shall not be made by asking it."""
    if not (args.city / "ledger.sqlite").exists():
        raise CityError(
            f"{args.city} 不是城市目录；请检查 --city，新城市请先运行 boundaries import，或用 demo 生成示例城市。",
            f"{args.city} is no city folder: check `--city`, or begin with `boundaries import` or `demo`.",
        )
    return Store(args.city)


def read(args: argparse.Namespace) -> CityData:
    """Read the city under a progress bar."""
    with Bar("读取城市"):
        return read_city(existing(args))


def present_level(city: CityData, text: str) -> PlaceLevel:
    """Return a level that the city has.

    Raises
    ------
    SelectionError
        If it has none of this name.
    """
    level = PlaceLevel(text)
    if level not in city.levels:
        have = ", ".join(city.levels)
        raise SelectionError(
            f"这座城市没有 {text} 层；现有：{have}。", f"the city has no level {text}; it has: {have}."
        )
    return level


# --- answers ---


def print_json(answer: object) -> None:
    """Print an answer on one line."""
    print(json.dumps(answer, ensure_ascii=False))


def print_table(heads: list[str], rows: list[list[Any]], *, as_csv: bool) -> None:
    """Print rows under their heads, between tabs or as CSV."""
    if as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(heads)
        writer.writerows(["" if cell is None else cell for cell in row] for row in rows)
        return
    for row in [heads, *rows]:
        print("\t".join("—" if cell is None else str(cell) for cell in row))


class Bar:
    """A progress bar on a terminal for what takes longer than a second; silent elsewhere."""

    def __init__(self, what: str = "") -> None:
        shown = sys.stderr.isatty()
        form = "{desc} {bar} {n:.0f}% {elapsed}"
        self._bar = tqdm(total=100, desc=what, delay=3600, disable=not shown, leave=False, bar_format=form)
        self._done = threading.Event()

    def __enter__(self) -> Bar:
        threading.Thread(target=self._draw, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._bar.close()

    def _draw(self) -> None:
        wait = 1.0
        while not self._done.wait(wait):
            self._bar.refresh()
            wait = 0.3

    def show(self, what: str, share: float) -> None:
        """Say what is being done and which share of the whole is done."""
        self._bar.set_description_str(what, refresh=False)
        self._bar.n = 100 * share
