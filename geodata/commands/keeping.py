"""Commands that keep a city safe: undo, verify, backup, restore."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from geodata import pipeline
from geodata.commands.common import add_command, existing
from geodata.store import restore


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Register the commands."""
    undo = add_command(commands, common, "undo", _undo, "撤销一个批次 take a batch back")
    undo.add_argument("batch", type=int, metavar="BATCH")

    add_command(commands, common, "verify", _verify, "核对全部文件的校验和 compare every stored file with its checksum")

    sentence = "备份（不必停机） copy the city to a new folder while it is in use"
    backup = add_command(commands, common, "backup", _backup, sentence)
    backup.add_argument("out", type=Path, metavar="FOLDER")

    sentence = "从备份恢复到 --city make the folder of --city from a backup"
    restored = add_command(commands, common, "restore", _restore, sentence)
    restored.add_argument("backup", type=Path, metavar="FOLDER")


def _undo(args: argparse.Namespace) -> None:
    batch = pipeline.undo(existing(args), args.batch)
    print(f"已撤销批次 {batch.id}（{batch.source} {batch.file_name}，{batch.stored} 件）。")


def _verify(args: argparse.Namespace) -> int:
    store = existing(args)
    damaged = store.verify()
    for name in damaged:
        print(f"缺失或已损坏 missing or damaged: {name}")
    print(f"核对完毕：{len(damaged)} 个文件有问题。" if damaged else "核对完毕：全部文件完好。")
    return 1 if damaged else 0


def _backup(args: argparse.Namespace) -> None:
    print(f"已备份 {existing(args).backup(args.out)} 个文件到 {args.out}。")


def _restore(args: argparse.Namespace) -> None:
    print(f"已恢复 {restore(args.backup, args.city)} 个文件到 {args.city}。")
