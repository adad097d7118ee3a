"""The command that sets the map below the places: basemap."""

from __future__ import annotations

import argparse
import dataclasses
from typing import Any

from geodata.commands.common import add_action, add_group, existing
from geodata.errors import BasemapError
from geodata.settings import Settings
from geodata.store import Store
from geodata.tiles import KEY_VARIABLE, NO_BASEMAP, Basemap, basemap_of, open_basemap


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Register the command."""
    sentence = "底图：默认没有 the map below the places: none unless it is set"
    actions = add_group(commands, common, "basemap", sentence)
    add_action(actions, "show", _show, "查看底图 show what is set")
    what = "设置底图：XYZ 或 WMTS 地址，或 .mbtiles、.pmtiles 文件 set an address or a file"
    chosen = add_action(actions, "set", _set, what)
    chosen.add_argument(
        "source",
        metavar="URL|FILE",
        help=f"地址含 {{z}} {{x}} {{y}}，密钥写作 {{key}} 并放在 {KEY_VARIABLE} an address with {{z}} {{x}} {{y}}; "
        f"its key stands as {{key}} and comes from {KEY_VARIABLE}",
    )
    chosen.add_argument("--attribution", default="", help="来源，显示在图上 whose map it is, shown on it")
    chosen.add_argument("--review-number", help="审图号 map review number")
    chosen.add_argument("--zooms", metavar="0-18", help="有瓦片的缩放级别 zooms that there are tiles of")
    add_action(actions, "none", _none, "取消底图 take it away")


def _show(args: argparse.Namespace) -> None:
    _print(existing(args))


def _set(args: argparse.Namespace) -> None:
    store = existing(args)
    basemap = basemap_of(args.source, store.folder, args.attribution.strip(), _zooms(args.zooms))
    changes: dict[str, Any] = {"basemap": basemap}
    if args.review_number is not None:
        changes["review_number"] = args.review_number.strip()
    store.save_settings(dataclasses.replace(store.settings(), **changes))
    _print(store)


def _none(args: argparse.Namespace) -> None:
    store = existing(args)
    store.save_settings(dataclasses.replace(store.settings(), basemap=NO_BASEMAP))
    _print(store)


def _zooms(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    least, dash, most = text.partition("-")
    if not (dash and least.isdecimal() and most.isdecimal()):
        raise BasemapError("缩放级别写作 0-18。", "zooms are written as 0-18.")
    return int(least), int(most)


def _print(store: Store) -> None:
    settings = store.settings()
    basemap = settings.basemap
    if not basemap.source:
        print("没有底图。 no basemap.")
        return
    print(f"底图 basemap: {basemap.source}")
    print(f"来源 attribution: {basemap.attribution or '—'}")
    print(f"缩放级别 zooms: {basemap.least_zoom}-{basemap.most_zoom}")
    print(f"审图号 review number: {settings.review_number or '—'}")
    for sentence in remarks(basemap, settings.review_number, store):
        print(f"注意：{sentence}")


def remarks(basemap: Basemap, review_number: str, store: Store) -> list[str]:
    """Say what a basemap still lacks."""
    said = []
    try:
        open_basemap(basemap, store.folder, Settings.from_env().basemap_key)
    except BasemapError as error:
        said.append(f"{error.zh} {error.en}")
    if not basemap.attribution:
        said.append("未写明底图来源，请加 --attribution。 name whose map it is with --attribution.")
    if not review_number:
        said.append("没有审图号，不能公开导出。 without a review number nothing can be exported for the public.")
    return said
