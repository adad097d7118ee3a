"""Commands that make a city: demo, city."""

from __future__ import annotations

import argparse
import dataclasses
from typing import Any

from geodata import pipeline
from geodata.commands.common import Bar, add_command
from geodata.store import Store


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Register the commands."""
    demo = add_command(commands, common, "demo", _demo, "生成示例城市（模拟数据） make the demo city (simulated)")
    demo.add_argument("--years", type=int, default=3, help="几年的数据 years of data")
    demo.add_argument("--seed", type=int, default=0, help="随机种子 random seed: the same seed, the same city")

    sentence = "查看或设置城市名称与时区 show or set the city's name and time zone"
    city = add_command(commands, common, "city", _city, sentence)
    city.add_argument("--name", help="名称 name")
    city.add_argument("--name-en", help="英文名称 English name")
    city.add_argument("--time-zone", help="时区 IANA time zone, for example Asia/Shanghai")
    city.add_argument("--review-number", help='审图号（"" 为取消） map review number ("" takes it away)')


def _demo(args: argparse.Namespace) -> None:
    truths = make_demo(Store(args.city), years=args.years, seed=args.seed)
    print(f"示例城市已生成于 {args.city}（模拟数据 SIMULATED），埋设的事实 {len(truths)} 项见 truths.json。")


def make_demo(store: Store, *, years: int, seed: int) -> dict[str, object]:
    """Make the demo city under a progress bar."""
    with Bar() as bar:
        return pipeline.make_demo_city(store, years=years, seed=seed, progress=bar.show)


def _city(args: argparse.Namespace) -> None:
    store = Store(args.city)
    changes = {"name": args.name, "name_en": args.name_en, "time_zone": args.time_zone}
    changes = {key: value for key, value in changes.items() if value}
    if args.review_number is not None:
        changes["review_number"] = args.review_number.strip()
    settings = dataclasses.replace(store.settings(), **changes)
    if changes:
        store.save_settings(settings)
    said = vars(settings) | {"basemap": settings.basemap.source or "—"}
    print("\n".join(f"{key}: {value}" for key, value in said.items()))
