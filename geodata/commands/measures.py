"""Commands for what is measured, not counted: measures import, measures undo."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from geodata import pipeline
from geodata.commands.common import add_action, add_group, existing


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Register the commands."""
    sentence = "监测数据：办结率、满意度、空气质量等 what is measured: rates, surveys, levels, benefits"
    actions = add_group(commands, common, "measures", sentence)
    what = "导入 place_id, indicator, period, n, value"
    add_action(actions, "import", _import, what).add_argument("file", type=Path, metavar="FILE")
    add_action(actions, "undo", _undo, "撤销最近一次导入 take the last import back")


def _import(args: argparse.Namespace) -> None:
    n = pipeline.import_measures(existing(args), args.file)
    print(f"已导入监测数据 {n} 行 {n} rows of measurements imported")


def _undo(args: argparse.Namespace) -> None:
    existing(args).undo_measures()
    print("已撤销最近一次监测数据导入 the last import of measurements is taken back")
