"""Commands of the meeting (研判会): prepare it and seal its dossier, list meetings, verify a dossier."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from geodata.city import CityData, Place, read_city
from geodata.commands.common import (
    Bar,
    add_action,
    add_group,
    add_json,
    existing,
    present_level,
    print_json,
    print_table,
)
from geodata.errors import SelectionError
from geodata.meeting.decisions import meetings, prepare_meetings, write_dossier
from geodata.meeting.dossier import Difference, verify_dossier
from geodata.meeting.record import Meeting
from geodata.store import Store, cannot_write
from geodata.vocabulary import LEVELS, Period, PeriodKind

SHOWN = 20
"""Differences that are printed one by one."""
HEADS = ("id", "place", "name", "period", "data_as_of", "decisions", "made_at")


def add(commands: Any, common: argparse.ArgumentParser) -> Any:
    """Register the commands; return where more actions can be added."""
    sentence = "研判会 meetings: prepare them, list them, verify a dossier, export minutes and slides"
    actions = add_group(commands, common, "meeting", sentence)
    prepare = add_action(actions, "prepare", _prepare, "准备研判会，写出卷宗 prepare a meeting and write its dossier")
    which = prepare.add_mutually_exclusive_group()
    which.add_argument("--place", default="", metavar="PLACE", help="地点编号或名称 id or name (default: the city)")
    which.add_argument("--every", choices=[level.value for level in LEVELS], help="该层级全部地点 all of a level")
    prepare.add_argument("--period", metavar="PERIOD", help="周期 2026-10, 2026-W41 (default: the latest whole month)")
    prepare.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help="卷宗文件；--every 时为目录 file, or folder with --every",
    )
    listed = add_action(actions, "list", _list, "研判会一览 list the meetings, the latest period first")
    verify = add_action(
        actions, "verify", _verify, "逐数重算卷宗，退出码 0 一致 1 有差异 recompute every number; exit code 0 or 1"
    )
    verify.add_argument("file", type=Path, metavar="FILE")
    for each in (prepare, listed, verify):
        add_json(each)
    return actions


# --- preparing ---


def _prepare(args: argparse.Namespace) -> None:
    store = existing(args)
    with Bar("准备研判会") as bar:
        city = read_city(store)
        period = _period(city, args.period)
        written = []
        for k, (meeting, path) in enumerate(_prepared(args, store, city, period), start=1):
            write_dossier(store, meeting.id, path)
            written.append((meeting, path))
            bar.show(meeting.briefing.title.place.zh, 1 - 1 / (k + 1))
    facts = [
        {"id": meeting.id, "place": meeting.briefing.title.token, "period": str(period), "file": path.name}
        for meeting, path in written
    ]
    if args.json:
        print_json(facts if args.every else facts[0])
    elif args.every:
        print(f"已准备 {len(facts)} 场研判会（{period}），卷宗写入 {args.out}。")
    else:
        print(f"已准备研判会 {facts[0]['id']}（{written[0][0].briefing.title.place.zh}，{period}）：{args.out.name}")


def _prepared(args: argparse.Namespace, store: Store, city: CityData, period: Period) -> Iterator[tuple[Meeting, Path]]:
    if not args.every:
        yield next(prepare_meetings(store, city, [_place(city, args.place)], period)), args.out
        return
    level = present_level(city, args.every)
    places = [city.place(int(row)) for row in city.members(level, city.city)]
    try:
        args.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(args.out, error) from error
    for meeting in prepare_meetings(store, city, places, period):
        token = meeting.briefing.title.token.replace(":", "-").replace("/", "-")
        yield meeting, args.out / f"{period}_{token}.zip"


def _period(city: CityData, text: str | None) -> Period:
    if text is not None:
        return Period.parse(text)
    latest = city.latest_period(PeriodKind.MONTH)
    if latest is None:
        raise SelectionError("城市还没有数据，无从研判。", "the city has no data yet to hold a meeting on.")
    return latest


def _place(city: CityData, text: str) -> Place:
    """Return the place of an id, or the only one of a name."""
    try:
        return city.find(text)
    except SelectionError:
        rows = [k for k, name in enumerate(city.places["name"]) if name == text]
        if len(rows) != 1:
            raise
        return city.place(rows[0])


# --- reading ---


def _list(args: argparse.Namespace) -> None:
    found = meetings(existing(args))
    if args.json:
        print_json([dataclasses.asdict(each) for each in found])
        return
    rows = [
        [each.id, each.place, each.place_name.zh, each.period, each.data_as_of, each.decisions, each.made_at]
        for each in found
    ]
    print_table(list(HEADS), rows, as_csv=False)


def _verify(args: argparse.Namespace) -> int:
    with Bar("核对卷宗"):
        found = verify_dossier(args.file)
    if args.json:
        print_json({"equal": not found, "differences": [dataclasses.asdict(each) for each in found]})
    else:
        _print(found)
    return 1 if found else 0


def _print(found: list[Difference]) -> None:
    for each in found[:SHOWN]:
        print(f"{each.zh}\n  {each.en}")
    if len(found) > SHOWN:
        print(f"……另有 {len(found) - SHOWN} 处。 and {len(found) - SHOWN} more.")
    if found:
        print(f"核对完毕：{len(found)} 处不一致。 {len(found)} {'difference' if len(found) == 1 else 'differences'}.")
    else:
        print("核对完毕：全部数字重算一致。 every number is equal when recomputed.")
