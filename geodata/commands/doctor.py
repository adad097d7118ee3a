"""The command that says what is well and what is not: doctor."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from functools import partial
from typing import Any

from geodata.commands.common import Bar, add_command, add_json, print_json
from geodata.doctor import EXIT_CODES, Check, Patient, State, examine, worst
from geodata.settings import Settings

WORDS = {State.FINE: "正常 ok   ", State.NOTE: "注意 note ", State.FAULT: "有误 fault"}
VERDICTS = {
    State.FINE: "一切正常。 all is well.",
    State.NOTE: "可以使用，有事项需要注意。 it can be used; some things need a look.",
    State.FAULT: "有错误需要处理。 there are faults to mend.",
}


def add(commands: Any, common: argparse.ArgumentParser, more: Sequence[Check] = ()) -> None:
    """Register the command; `more` are checks of other packages."""
    sentence = "体检：逐项检查，退出码 0 正常 1 注意 2 有误 look at everything; exit code 0, 1 or 2"
    doctor = add_command(commands, common, "doctor", partial(_doctor, more), sentence)
    doctor.add_argument("--host", default=Settings.host, help="监听地址 address of the server")
    doctor.add_argument("--port", type=int, default=Settings.port, help="端口 port of the server")
    doctor.add_argument("--online", action="store_true", help="向底图服务要一张图 ask the basemap's service for a tile")
    add_json(doctor)


def _doctor(more: Sequence[Check], args: argparse.Namespace) -> int:
    settings = dataclasses.replace(Settings.from_env(), city=args.city, host=args.host, port=args.port)
    with Bar("检查"):
        findings = examine(Patient(args.city, settings, args.online), more)
    state = worst(findings)
    if args.json:
        print_json({"state": state.value, "findings": [dataclasses.asdict(each) for each in findings]})
    else:
        for each in findings:
            print(f"{WORDS[each.state]}  {each.zh} {each.en}")
        print(VERDICTS[state])
    return EXIT_CODES[state]
