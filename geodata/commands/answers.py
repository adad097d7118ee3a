"""Commands that answer questions: locate, counts, score."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from pathlib import Path
from typing import Any

import numpy as np

from geodata import pipeline
from geodata.city import CityData
from geodata.commands.common import (
    Bar,
    add_command,
    add_form,
    add_level,
    existing,
    present_level,
    print_json,
    print_table,
    read,
)
from geodata.errors import SelectionError
from geodata.index.bands import band_of
from geodata.locate import Index
from geodata.public_counts import STEP, public_counts
from geodata.vocabulary import LEVELS, Period, PlaceLevel


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Register the commands."""
    sentence = "为文件每行加上所在地点 add to each row of a file the places that it lies in"
    locate = add_command(commands, common, "locate", _locate, sentence)
    locate.add_argument("file", type=Path, metavar="FILE")
    locate.add_argument("--lon", required=True, help="经度列 column of the longitude (or x)")
    locate.add_argument("--lat", required=True, help="纬度列 column of the latitude (or y)")
    locate.add_argument("--crs", help="坐标系 wgs84, gcj02, bd09, cgcs2000 or EPSG:n")
    locate.add_argument("--out", type=Path, required=True, help="输出文件 file to write (.csv or .parquet)")

    counts = add_command(commands, common, "counts", _counts, "按地点计数 count incidents by place")
    add_level(counts)
    counts.add_argument("--from", dest="start", required=True, metavar="DAY", help="首日 first day, 2026-10-01")
    counts.add_argument("--to", dest="end", required=True, metavar="DAY", help="末日（含） last day, included")
    counts.add_argument("--type", action="append", metavar="T", help="事件类型，可多次 incident type, may be repeated")
    counts.add_argument(
        "--scheduler",
        metavar="S",
        help="用 Dask 计数：local 或 tcp://主机:端口 count under Dask: local or tcp://host:port",
    )
    counts.add_argument(
        "--public",
        action="store_true",
        help="可对外公布：整月，取 5 的倍数，任何加减都推不出 1–4 件 fit for publication: whole months, multiples of 5",
    )
    add_form(counts)

    score = add_command(commands, common, "score", _score, "按地点评分 score places")
    add_level(score)
    score.add_argument("--period", required=True, help="周期 2026-10-05, 2026-W41, 2026-10, 2026-Q4 or 2026")
    add_form(score)


def _locate(args: argparse.Namespace) -> None:
    with Bar("定位"):
        located = pipeline.locate_file(
            existing(args), args.file, args.out, lon_column=args.lon, lat_column=args.lat, crs=args.crs
        )
    inside = int((located.table[[level.value for level in LEVELS]] != "").any(axis=1).sum())
    print(f"共 {len(located.table)} 行，{inside} 行在界内：{args.out}")
    if located.left_out:
        print(f"另有 {located.left_out} 行列数不符，未写出。", file=sys.stderr)


def _counts(args: argparse.Namespace) -> None:
    start, last = pipeline.parse_day(args.start), pipeline.parse_day(args.end)
    if last < start:
        raise SelectionError("--to 早于 --from。", "`--to` is before `--from`.")
    if args.public:
        _public_counts(args, start, pipeline.day_after(last))
        return
    if args.scheduler:
        with Bar("计数") as bar:
            city, counted = pipeline.count_on_cluster(
                existing(args),
                args.scheduler,
                PlaceLevel(args.level),
                start,
                pipeline.day_after(last),
                within=args.within,
                types=args.type,
                progress=bar.show,
            )
        level = present_level(city, args.level)
    else:
        city = read(args)
        types = city.find_types(args.type) if args.type else None
        level = present_level(city, args.level)
        counted = city.counts(level, start, pipeline.day_after(last), within=city.find(args.within), types=types)
    ids = city.places["place_id"].to_numpy()[counted.places.index.to_numpy()]
    if args.json:
        answer = {
            "level": level.value,
            "within": args.within or None,
            "from": args.start,
            "to": args.end,
            "places": dict(zip(ids.tolist(), counted.places.tolist(), strict=True)),
            "unlocated": counted.unlocated,
            "outside": counted.outside,
            "total": counted.total,
        }
        print_json(answer)
        return
    names = city.places["name"].to_numpy()[counted.places.index.to_numpy()]
    rows = [[place, name, n] for place, name, n in zip(ids, names, counted.places, strict=True)]
    rows += [
        ["", "未定位 unlocated", counted.unlocated],
        ["", "界外 outside", counted.outside],
        ["", "合计 total", counted.total],
    ]
    print_table(["place_id", "name", "incidents"], rows, as_csv=args.csv)


def _public_counts(args: argparse.Namespace, start: dt.date, end: dt.date) -> None:
    if args.scheduler:
        raise SelectionError("--public 不能与 --scheduler 同用。", "`--public` does not go with `--scheduler`.")
    city = read(args)
    types = city.find_types(args.type) if args.type else None
    level = present_level(city, args.level)
    rows, counted, elsewhere = public_counts(city, level, start, end, within=city.find(args.within), types=types)
    ids, names = (city.places[column].to_numpy()[rows].tolist() for column in ("place_id", "name"))
    total = int(counted.sum()) + elsewhere
    if args.json:
        places = dict(zip(ids, counted.tolist(), strict=True))
        span = {"level": level.value, "within": args.within or None, "from": args.start, "to": args.end}
        print_json({**span, "multiples_of": STEP, "places": places, "elsewhere": elsewhere, "total": total})
        return
    table = [[place, name, n] for place, name, n in zip(ids, names, counted.tolist(), strict=True)]
    table += [["", "其他 elsewhere", elsewhere], ["", "合计 total", total]]
    print_table(["place_id", "name", "incidents"], table, as_csv=args.csv)


def _score(args: argparse.Namespace) -> None:
    city = read(args)
    period = Period.parse(args.period)
    if not city.offers(period):
        raise SelectionError(f"周期 {args.period} 没有数据。", f"there are no data for the period {args.period}.")
    level, within = present_level(city, args.level), city.find(args.within)
    answer = score_answer(city, level, period, city.members(level, within))
    if args.json:
        print_json(answer)
        return
    ids = [s.id for s in city.method.sub_indices]
    rows = [
        [
            place,
            *(item[key] for key in ("score", "low", "high", "band")),
            *(item["sub_indices"][s]["score"] for s in ids),
        ]
        for place, item in answer["places"].items()
    ]
    print_table(["place_id", "score", "low", "high", "band", *ids], rows, as_csv=args.csv)


def score_answer(city: CityData, level: PlaceLevel, period: Period, rows: Index) -> dict[str, Any]:
    """Return the machine-readable scores of some places: score, 90 % interval, band, and the same of each sub-index."""
    scored = city.scores(level, period)
    scores, position = scored.scores, np.searchsorted(scored.rows, rows)
    intervals = [scores.sub_interval(j) for j in range(len(city.method.sub_indices))]

    def number(value: float) -> float | None:
        return round(float(value), 6) if np.isfinite(value) else None

    def entry(value: float, low: float, high: float) -> dict[str, Any]:
        shown = number(value)
        band = band_of(shown, city.method.bands)
        ends = {"low": number(low), "high": number(high)} if shown is not None else {"low": None, "high": None}
        return {"score": shown, **ends, "band": band.value if band else None}

    places = {}
    for k, row in zip(position.tolist(), rows.tolist(), strict=True):
        subs = {
            s.id: entry(scores.sub_score[k, j], intervals[j][0][k], intervals[j][1][k])
            for j, s in enumerate(city.method.sub_indices)
        }
        total = entry(scores.score[k], scores.low[k], scores.high[k])
        places[str(city.places["place_id"].iloc[row])] = {**total, "sub_indices": subs}
    return {"period": str(period), "method": city.method.version, "places": places}
