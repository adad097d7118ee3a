"""Commands for places and what is known of them: boundaries, exposure."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from geodata import boundaries, pipeline
from geodata.commands.common import Bar, add_action, add_group, add_json, existing, print_json
from geodata.errors import BoundaryError, SelectionError
from geodata.store import Store
from geodata.vocabulary import LEVELS, PlaceLevel


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Register the commands."""
    _add_boundaries(add_group(commands, common, "boundaries", "边界 places: import, grid, check, export"))
    actions = add_group(commands, common, "exposure", "导入暴露量 import what incidents are measured against")
    sentence = "导入 place_id, kind, year, value"
    add_action(actions, "import", _exposure_import, sentence).add_argument("file", type=Path, metavar="FILE")


def _add_boundaries(actions: Any) -> None:
    levels = [level.value for level in LEVELS]
    add = add_action(actions, "import", _boundaries_import, "导入一层边界 import one level of places")
    add.add_argument("file", metavar="FILE", help="文件，或 postgresql://…?table=… a file, or a table of PostGIS")
    add.add_argument("--level", required=True, choices=levels, help="层级 level")
    add.add_argument("--id", required=True, metavar="COL", help="编号列 column of the id")
    add.add_argument("--name", required=True, metavar="COL", help="名称列 column of the name")
    add.add_argument("--parent", metavar="COL", help="上级编号列 column of the parent's id; without it, by geometry")
    add.add_argument("--unit", metavar="COL", help="责任单位列 column of who looks after the place")
    add.add_argument("--crs", help="坐标系，优先于文件自带 coordinate system, wins over the file's own")
    examine = add_action(
        actions, "examine", _boundaries_examine, "坐标体检 in which system the outlines of a file really are"
    )
    examine.add_argument("file", type=Path, metavar="FILE")
    examine.add_argument("--crs", help="坐标系，优先于文件自带 coordinate system, wins over the file's own")
    add_json(examine)
    grid = add_action(actions, "grid", _boundaries_grid, "划分网格 divide places into grid cells")
    grid.add_argument("--size", type=float, required=True, metavar="M", help="边长（米） side in metres")
    grid.add_argument("--level", choices=levels[:-1], help="被划分的层级 level to divide (default: the finest)")
    grid.add_argument("--hexagonal", action="store_true", help="六边形 hexagons instead of squares")
    check = add_action(actions, "check", _boundaries_check, "检查边界 check gaps, overlaps, orphans and nesting")
    add_json(check)
    export = add_action(actions, "export", _boundaries_export, "导出一层边界 write one level of places")
    export.add_argument("--level", required=True, choices=levels)
    export.add_argument("--out", type=Path, required=True, help=".geojson, .gpkg or .parquet")


def _boundaries_import(args: argparse.Namespace) -> None:
    with Bar("读入边界"):
        places = pipeline.import_boundaries(
            Store(args.city),
            args.file,
            PlaceLevel(args.level),
            id_column=args.id,
            name_column=args.name,
            parent_column=args.parent,
            unit_column=args.unit,
            crs=args.crs,
        )
    print(f"{args.level}：已导入 {len(places)} 个地点。")


def _boundaries_examine(args: argparse.Namespace) -> None:
    store = Store(args.city) if (args.city / "ledger.sqlite").exists() else None
    found = pipeline.examine_boundaries(store, args.file, args.crs)
    if args.json:
        print_json(found.to_dict())
    else:
        print(f"坐标体检：{found.sentence('zh')}")


def _boundaries_grid(args: argparse.Namespace) -> None:
    if not (args.size > 0 and np.isfinite(args.size)):
        raise BoundaryError("网格边长应大于 0。", "`--size` must be greater than 0.")
    store = existing(args)
    have = set(store.places()["level"]) - {PlaceLevel.GRID_CELL.value}
    finest = [level for level in LEVELS if level.value in have][-1:]
    level = PlaceLevel(args.level) if args.level else (finest or [PlaceLevel.COMMUNITY])[0]
    with Bar("划分网格"):
        cells = pipeline.divide_into_grid(store, size_m=args.size, level=level, hexagonal=args.hexagonal)
    print(f"grid_cell：已划分 {len(cells)} 个网格。")


def _boundaries_check(args: argparse.Namespace) -> int:
    with Bar("检查边界"):
        faults = boundaries.check_places(existing(args).places())
    errors = [fault for fault in faults if fault.is_error]
    if args.json:
        print_json({"errors": len(errors), "faults": [dataclasses.asdict(fault) for fault in faults]})
    else:
        for fault in faults:
            sign = "错误 error" if fault.is_error else "提示 note"
            print(f"{sign}  {fault.level.value:<10} {fault.kind:<15} {fault.place_id}  {fault.area_m2:,.0f} m²")
        print(f"边界检查：{len(errors)} 处错误，{len(faults) - len(errors)} 处提示。")
    return 1 if errors else 0


def _boundaries_export(args: argparse.Namespace) -> None:
    places = existing(args).places()
    chosen = places[places["level"] == args.level]
    if chosen.empty:
        raise SelectionError(f"没有 {args.level} 层边界。", f"there are no places of level {args.level}.")
    if args.out.suffix not in (".geojson", ".json", ".gpkg", ".parquet"):
        raise BoundaryError(
            "输出文件应为 .geojson、.gpkg 或 .parquet。", "`--out` must end in .geojson, .gpkg or .parquet."
        )
    with pipeline.writing(args.out):
        if args.out.suffix == ".parquet":
            chosen.to_parquet(args.out, index=False)
        else:
            chosen.to_file(args.out, driver="GPKG" if args.out.suffix == ".gpkg" else "GeoJSON")
    print(f"已写出 {len(chosen)} 个地点：{args.out}")


def _exposure_import(args: argparse.Namespace) -> None:
    print(f"已导入 {pipeline.import_exposure(existing(args), args.file)} 行暴露量。")
