"""Commands that ask for patterns: hotspots, emerging, clusters, near-repeat, backtest."""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
from typing import Any

import numpy as np

from geodata.city import CityData, Place
from geodata.commands.common import Run, add_command, add_json, print_json, print_table, read
from geodata.errors import SelectionError
from geodata.patterns.emerging import Emergence
from geodata.patterns.guard import LEAST_INCIDENTS, Guard
from geodata.patterns.near_repeat import KnoxTable
from geodata.spots.cells import Owner, Reason, Types, Unfit
from geodata.spots.clusters import Cluster, clusters
from geodata.spots.emerging import emerging
from geodata.spots.foretold import foretold
from geodata.spots.hotspots import Against, hotspots
from geodata.spots.repeats import repeats
from geodata.vocabulary import Period, PeriodKind

REASONS: dict[Reason, tuple[str, str]] = {
    Guard.NO_PLACES: ("地点太少，无法判断", "too few places to judge"),
    Guard.TOO_FEW: (
        f"事件不足 {LEAST_INCIDENTS} 起，无法判断",
        f"fewer than {LEAST_INCIDENTS} incidents: nothing to judge",
    ),
    Guard.CONSTANT: ("各处没有超出偶然的差别", "places differ no more than by chance"),
    Guard.NO_NEIGHBOURS: ("没有相邻的地点", "no place has a neighbour"),
    Unfit.MONTHS_ONLY: ("事件只有月份，无法回答", "incidents are dated by month only"),
    Unfit.NO_HISTORY: ("之前的数据不够长", "the data do not reach back far enough"),
    Unfit.NO_POSITIONS: ("事件没有坐标", "incidents have no positions"),
}
CLASSES = ("无", "新增", "连续", "加剧", "持续", "减弱", "零星", "振荡", "历史")
DAYS = 90
"""Of the period by default."""
SHOWN = 20
"""Hot spots on a terminal; ``--json`` has all."""


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Register the commands."""

    def command(name: str, run: Run, sentence: str) -> argparse.ArgumentParser:
        made = add_command(commands, common, name, run, sentence)
        made.add_argument("--place", default="", help="地点编号，缺省为全市 place id, by default the city")
        made.add_argument("--period", help=f"周期，缺省为最近 {DAYS} 天 period; where only an end counts, its last day")
        kind = made.add_mutually_exclusive_group()
        kind.add_argument("--type", default="", metavar="T,…", help="事件类型，逗号分隔 incident types")
        kind.add_argument("--sub-index", default="", metavar="S", help="一级指标 sub-index")
        add_json(made)
        return made

    spots = command("hotspots", _hotspots, "显著热点及责任地点 significant hot spots and who answers for them")
    kinds = [each.value for each in Against]
    spots.add_argument("--against", choices=kinds, help="与什么相比：各格相同 even，或按暴露量 expected")
    command("emerging", _emerging, "热点演变：12 个四周 what became of hot spots in twelve slices of four weeks")
    command("clusters", _clusters, "时空聚集：最近 28 天 clusters in space and time over the last 28 days")
    command(
        "near-repeat", _near_repeat, "近重复：一年的检验与当前警戒圈 near repeats of a year, and rings to watch now"
    )
    command("backtest", _backtest, "热点回测：学 12 周，看下 1 周，12 次 do hot spots foretell the next week?")


# --- what is asked ---


def _asked(args: argparse.Namespace) -> tuple[CityData, Place, Period, Types | None]:
    city = read(args)
    place = city.find(args.place)
    period = Period.parse(args.period) if args.period else _latest(city)
    if not city.offers(period):
        raise SelectionError(f"周期 {period} 没有数据。", f"there are no data for the period {period}.")
    return city.at(period), place, period, _types(city, args)


def _latest(city: CityData) -> Period:
    if city.data_as_of is None:
        raise SelectionError("这座城市还没有事件数据。", "the city has no incidents yet.")
    if city.months_only:
        return city.latest_period(PeriodKind.QUARTER) or Period.containing(city.data_as_of, PeriodKind.QUARTER)
    return Period.trailing(city.data_as_of, DAYS)


def _types(city: CityData, args: argparse.Namespace) -> Types | None:
    if args.sub_index:
        if city.method.sub_index(args.sub_index) is None:
            raise SelectionError(
                f"没有一级指标“{args.sub_index[:40]}”。", f"there is no sub-index {args.sub_index[:40]!r}."
            )
        return city.types_of(args.sub_index)
    words = [word for word in args.type.split(",") if word.strip()]
    return city.find_types(words) if words else None


def _last_day(period: Period) -> dt.date:
    return period.end - dt.timedelta(days=1)


# --- answers ---


def _hotspots(args: argparse.Namespace) -> None:
    city, place, period, types = _asked(args)
    against = Against(args.against) if args.against else None
    found = hotspots(city, place, period, types, against=against, folder=args.city)
    if args.json:
        half = found.concentration
        answer = {
            **_head(place, period, found.guard),
            "level": found.level.value,
            "against": found.against.value,
            "cells": len(found.rows),
            "incidents": found.inside,
            "hot_cells": int(found.hot.sum()),
            "cold_cells": int(found.cold.sum()),
            "share_of_cells_with_half": half.share_of_places_for_half if half else None,
            "share_by_chance": half.expected_share if half else None,
            "hotspots": [
                {
                    **_where(city, spot.centre, spot.cells, spot.owners),
                    "incidents": spot.incidents,
                    "usual": spot.usual,
                    "z": spot.z,
                    "p": spot.p,
                }
                for spot in found.hotspots
            ],
        }
        print_json(answer)
        return
    print(f"{place.name}  {period}  {found.inside} 起 incidents  {len(found.rows)} 格 cells")
    if half := found.concentration:
        share, chance = 100 * half.share_of_places_for_half, 100 * half.expected_share
        print(
            f"{share:.1f} % 的网格占一半事件，纯属偶然时为 {chance:.1f} % "
            f"{share:.1f} % of the cells hold half; by chance {chance:.1f} %"
        )
    rows = [
        [spot.incidents, f"{spot.usual:.1f}", f"{spot.z:.1f}", f"{spot.p:.2g}", len(spot.cells), *_told(spot)]
        for spot in found.hotspots[:SHOWN]
    ]
    nothing = "没有显著热点 no significant hot spot"
    _print(found.guard, ["incidents", "usual", "z", "p", "cells", "lon", "lat", "owners"], rows, nothing)
    _print_rest(len(found.hotspots) - len(rows))


def _emerging(args: argparse.Namespace) -> None:
    city, place, period, types = _asked(args)
    found = emerging(city, place, _last_day(period), types, folder=args.city)
    if args.json:
        answer = {
            **_head(place, Period(found.slices[0].start, found.slices[-1].end, PeriodKind.RANGE), found.guard),
            "classes": {kind.name.lower(): found.count(kind) for kind in Emergence},
            "spots": [
                {
                    **_where(city, spot.centre, spot.cells, spot.owners),
                    "class": spot.kind.name.lower(),
                    "incidents": spot.incidents,
                    "before": spot.before,
                    "z": spot.z,
                }
                for spot in found.spots
            ],
        }
        print_json(answer)
        return
    rows = [
        [CLASSES[spot.kind], spot.incidents, f"{spot.before:.1f}", f"{spot.z:.1f}", len(spot.cells), *_told(spot)]
        for spot in found.spots[:SHOWN]
    ]
    heads = ["class", "incidents", "before", "z", "cells", "lon", "lat", "owners"]
    _print(found.guard, heads, rows, "没有仍然显著的热点 no spot is hot now beyond chance")
    _print_rest(len(found.spots) - len(rows))


def _clusters(args: argparse.Namespace) -> None:
    city, place, period, types = _asked(args)
    found = clusters(city, place, _last_day(period), types, folder=args.city)
    if args.json:
        window = Period.trailing(found.end, found.days)
        answer = {
            **_head(place, window, found.guard),
            "level": found.level.value,
            "incidents": found.incidents,
            "expected": _number(found.expected),
            "dispersion": _number(found.dispersion),
            "replicas": found.replicas,
            "clusters": [_cluster(city, each) for each in found.found],
            "likeliest": None if found.likeliest is None else _cluster(city, found.likeliest),
        }
        print_json(answer)
        return
    rows = [
        [each.start, each.incidents, f"{each.expected:.1f}", f"{each.p:.3f}", len(each.rows), *_told(each)]
        for each in found.found
    ]
    heads = ["since", "incidents", "expected", "p", "places", "lon", "lat", "owners"]
    nothing = "没有显著聚集 no significant cluster"
    if found.likeliest is not None:
        nothing += f"（最可疑的 the likeliest: p = {found.likeliest.p:.2f}）"
    _print(found.guard, heads, rows, nothing)


def _near_repeat(args: argparse.Namespace) -> None:
    city, place, period, types = _asked(args)
    found = repeats(city, place, _last_day(period), types, folder=args.city)
    table = found.table
    if args.json:
        answer = {
            **_head(place, found.period, found.guard),
            "types": [city.index.types[t] for t in found.types.tolist()],
            "incidents": found.incidents,
            "left_out": found.left_out,
            "distance_bands_m": list(table.distance_bands_m) if table else None,
            "day_bands": list(table.day_bands) if table else None,
            "ratio": _numbers(table.ratio) if table else None,
            "p": _numbers(table.p) if table else None,
            "reach": None if found.reach is None else dataclasses.asdict(found.reach),
            "rings": [
                {
                    "lon": ring.centre[0],
                    "lat": ring.centre[1],
                    "radius_m": ring.radius_m,
                    "until": ring.until.isoformat(),
                    "incidents": ring.incidents,
                }
                for ring in found.rings
            ],
        }
        print_json(answer)
        return
    print(f"{found.period}  {found.incidents} 起 incidents，另有 {found.left_out} 起没有自己的位置 without a position")
    rows = [] if table is None else _knox_rows(table)
    heads = ["m", *(f"≤{days} d" for days in table.day_bands)] if table else []
    _print(found.guard, heads, rows, "")
    if found.guard is None and found.reach is None:
        print("再次发案没有显著多于偶然，不设警戒圈 repeats are no more than chance: no rings")
        return
    series = sum(ring.incidents > 1 for ring in found.rings)
    print(f"{place.name}：{len(found.rings)} 个警戒圈，{series} 个成串 rings to watch, {series} of them a series")


def _backtest(args: argparse.Namespace) -> None:
    city, place, period, types = _asked(args)
    if place.row is not None:
        raise SelectionError(
            "回测只对全市进行，请去掉 --place。", "the back-test is of the whole city: leave `--place` out."
        )
    found = foretold(city, _last_day(period), types, folder=args.city)
    window = Period(found.weeks[0], found.weeks[-1] + dt.timedelta(days=7), PeriodKind.RANGE)
    test = found.test
    rows: list[list[Any]] = []
    if test is not None:
        for name, outcome in (("steadied", test.method), ("counts", test.baseline), ("chance", test.chance)):
            whole = outcome.overall
            numbers = (float(values[0]) for values in (whole.hit_rate, whole.pai, whole.pei))
            rows.append([name, found.area_share, *numbers])
        hot, area = found.hot_hit_rate, found.hot_area_share
        rows.append(["hot_spots", area, hot, hot / area if area > 0 else np.nan, np.nan])
    heads = ["way", "area_share", "hit_rate", "pai", "pei"]
    better = test.advantage if test else None
    if args.json:
        answer = {
            **_head(place, window, found.guard),
            "incidents": found.incidents,
            "folds": len(found.weeks),
            "ways": [dict(zip(heads, [row[0], *map(_number, row[1:])], strict=True)) for row in rows],
            "advantage": None if better is None else {"hit_rate": better.hit_rate, "p": better.p},
        }
        print_json(answer)
        return
    print(f"{window}  {found.incidents} 起 incidents  {len(found.weeks)} 周 weeks")
    shown = [[row[0], *(f"{v:.4f}" if np.isfinite(v) else None for v in row[1:])] for row in rows]
    _print(found.guard, heads, shown, "")
    if better is not None:
        print(
            f"平滑风险比旧计数多命中 {100 * better.hit_rate:+.1f} 个百分点 steadied against counts, p = {better.p:.3f}"
        )


# --- words and numbers ---


def _head(place: Place, period: Period, guard: Reason | None) -> dict[str, Any]:
    return {"place": place.id, "period": str(period), "guard": guard.value if guard else None}


def _where(
    city: CityData, centre: tuple[float, float], rows: tuple[int, ...], owners: tuple[Owner, ...]
) -> dict[str, Any]:
    return {
        "lon": centre[0],
        "lat": centre[1],
        "cells": [city.place(row).id for row in rows],
        "owners": [{"place": o.place.id, "name": o.place.name, "share": o.share} for o in owners],
    }


def _cluster(city: CityData, cluster: Cluster) -> dict[str, Any]:
    where = _where(city, cluster.centre, cluster.rows, cluster.owners)
    where["places"] = where.pop("cells")
    return {
        **where,
        "start": cluster.start.isoformat(),
        "end": cluster.end.isoformat(),
        "incidents": cluster.incidents,
        "expected": cluster.expected,
        "relative_risk": cluster.relative_risk,
        "p": cluster.p,
    }


def _told(spot: Any) -> list[Any]:
    owners = "、".join(f"{each.place.name} {100 * each.share:.0f} %" for each in spot.owners)
    return [f"{spot.centre[0]:.5f}", f"{spot.centre[1]:.5f}", owners or None]


def _knox_rows(table: KnoxTable) -> list[list[Any]]:
    told = [
        [f"{ratio:.2f} (p {p:.3f})" for ratio, p in zip(*each, strict=True)]
        for each in zip(table.ratio, table.p, strict=True)
    ]
    return [[f"≤{band:g}", *row] for band, row in zip(table.distance_bands_m, told, strict=True)]


def _print(guard: Reason | None, heads: list[str], rows: list[list[Any]], nothing: str) -> None:
    if guard is not None:
        print(" ".join(REASONS[guard]))
    elif rows:
        print_table(heads, rows, as_csv=False)
    elif nothing:
        print(nothing)


def _print_rest(more: int) -> None:
    if more > 0:
        print(f"… 其余 {more} 处见 --json {more} more: --json")


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _numbers(values: Any) -> list[list[float | None]]:
    return [[_number(value) for value in row] for row in values.tolist()]
