"""Commands for versions of the method: list, show, check, compare, begin, calibrate and publish them."""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import sys
from pathlib import Path
from typing import Any

from geodata import pipeline
from geodata.city import CityData, read_city
from geodata.commands.common import Bar, add_action, add_group, add_json, existing, print_json
from geodata.errors import MethodError, SelectionError
from geodata.index.catalogue import SHIPPED, Method, load_method, shipped_versions
from geodata.index.expected import Calibration
from geodata.index.priors import prior_strength
from geodata.index.versions import (
    calibration_differences,
    describe,
    differences,
    outdated,
    with_calibration,
    with_version,
)
from geodata.store import PublishedMethod, Store
from geodata.vocabulary import Period, PlaceLevel

ESTIMATED = ("incident", "complement", "benefit")
"""Kinds of indicator whose prior strength is one of counts, so that a base year can tell it."""
BASE_LEVELS = (PlaceLevel.STREET, PlaceLevel.COMMUNITY, PlaceLevel.DISTRICT)
"""Where prior strengths are estimated: on the first of these levels that the city has."""
_VERSION = "版本号或文件 version or file"


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Register the commands."""
    sentence = "方法版本 the method: list, show, check, diff, new, calibrate, publish"
    actions = add_group(commands, common, "method", sentence)
    add_json(add_action(actions, "list", _list, "版本一览 versions that ship and that are published"))
    show = add_action(actions, "show", _show, "查看一个版本 show a version")
    show.add_argument("version", metavar="VERSION", help=_VERSION)
    add_json(show)
    check = add_action(actions, "check", _check, "检查方法文件 check a method file, faults with their lines")
    check.add_argument("file", type=Path, metavar="FILE")
    diff = add_action(actions, "diff", _diff, "两个版本的差别 what differs between two versions")
    diff.add_argument("before", metavar="A", help=_VERSION)
    diff.add_argument("after", metavar="B", help=_VERSION)
    add_json(diff)
    new = add_action(actions, "new", _new, "新版本的草稿 begin a version: a copy to be edited")
    new.add_argument("version", metavar="VERSION", help="新版本号 its version number")
    new.add_argument("--from", dest="source", default=SHIPPED.stem, metavar="A", help=_VERSION)
    new.add_argument("--out", type=Path, required=True, metavar="FILE", help="输出文件 file to write (.toml)")
    sentence = "由基期事件标定 estimate base year and prior strengths from the stored incidents"
    calibrate = add_action(actions, "calibrate", _calibrate, sentence)
    calibrate.add_argument("--base-year", type=int, required=True, metavar="Y", help="基期年份 2025")
    source = calibrate.add_mutually_exclusive_group()
    source.add_argument("--from", dest="source", default=SHIPPED.stem, metavar="VERSION", help=_VERSION)
    source.add_argument("--method", dest="source", metavar="FILE", help="方法文件 method file", default=SHIPPED.stem)
    calibrate.add_argument(
        "--out", type=Path, metavar="FILE", help="输出文件，缺省为屏幕 file to write (default: print)"
    )
    publish = add_action(actions, "publish", _publish, "发布，此后不可更改 publish a version, never to be changed")
    publish.add_argument("file", type=Path, metavar="FILE")
    publish.add_argument("--valid-from", required=True, metavar="DAY", help="从此日起的周期 periods from this day on")


# --- finding versions ---


def _published(args: argparse.Namespace) -> tuple[PublishedMethod, ...]:
    """Return the city's versions; shipped ones can be asked for without any city."""
    return Store(args.city).methods() if (args.city / "ledger.sqlite").exists() else ()


def _text(args: argparse.Namespace, word: str) -> str:
    """Return the text of a version that is published or ships, or of a file."""
    for each in _published(args):
        if each.version == word:
            return each.text
    if word in (shipped := shipped_versions()):
        return shipped[word].read_text(encoding="utf-8")
    if Path(word).suffix != ".toml" and not Path(word).is_file():
        raise SelectionError(
            f"没有方法版本“{word[:40]}”，见 method list。", f"there is no version {word[:40]!r}: see `method list`."
        )
    return _read(Path(word))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise MethodError(
            f"方法文件 {path} 无法读取，请检查路径，并存为 UTF-8。",
            f"the method file {path} cannot be read: check its path, and save it as UTF-8.",
        ) from error


def _load(args: argparse.Namespace, word: str) -> tuple[Method, Calibration | None]:
    text = _text(args, word)
    return load_method(text, Path(word).name), Calibration.from_toml(text)


def _write(path: Path, text: str) -> None:
    with pipeline.writing(path):
        path.write_text(text, encoding="utf-8", newline="\n")


# --- looking ---


def _list(args: argparse.Namespace) -> None:
    published = _published(args)
    starts = [None if each.valid_from == dt.date.min else each.valid_from.isoformat() for each in published]
    rows: list[dict[str, Any]] = [
        {
            "version": each.version,
            "name": load_method(each.text, each.version).name,
            "valid_from": start,
            "valid_until": end,
            "published_at": each.published_at,
            "sha256": each.sha256,
        }
        for each, start, end in zip(published, starts, [*starts[1:], None], strict=False)
    ]
    shipped: list[dict[str, Any]] = [
        {
            "version": method.version,
            "name": method.name,
            "name_en": method.name_en,
            "sub_indices": len(method.sub_indices),
            "indicators": len(method.indicators),
        }
        for method in (load_method(path.read_text("utf-8"), path.name) for path in shipped_versions().values())
    ]
    if args.json:
        print_json({"published": rows, "shipped": shipped})
        return
    for row in rows:
        print(f"已发布 published  {row['version']}  {_span(row)}  {row['name']}  sha256 {row['sha256'][:16]}")
    if not rows:
        print(f"尚未发布版本，按内置 {SHIPPED.stem} 计分 nothing is published: {SHIPPED.stem} holds, not calibrated")
    for each in shipped:
        print(f"内置   shipped    {each['version']}  {each['name']}  {each['sub_indices']}/{each['indicators']}")


def _span(row: dict[str, Any]) -> str:
    start = f"自 from {row['valid_from']}" if row["valid_from"] else "一直 from the beginning"
    return start + (f" 至 until {row['valid_until']}（不含 excluded）" if row["valid_until"] else "")


def _show(args: argparse.Namespace) -> None:
    method, calibration = _load(args, args.version)
    if args.json:
        answer = dataclasses.asdict(method) | {"calibration": dataclasses.asdict(calibration) if calibration else None}
        print_json(_plain(answer))
        return
    print(f"{method.version}  {method.name}  {method.name_en}")
    base = f"{calibration.base_start} – {calibration.base_end - dt.timedelta(days=1)}" if calibration else "未标定 none"
    print(f"基期 base year {base}  等级线 bands {', '.join(f'{band:g}' for band in method.bands)}")
    for sub_index in method.sub_indices:
        daily = "  日 daily" if sub_index.daily else ""
        print(f"{sub_index.weight:<6g}{sub_index.name} {sub_index.name_en} ({sub_index.id}){daily}")
        for indicator in sub_index.indicators:
            alpha = (calibration.alpha if calibration else {}).get(indicator.id, indicator.alpha)
            print(
                f"    {indicator.weight:<6g}{indicator.id} {indicator.name}  {indicator.kind}"
                f"  {indicator.exposure or '—'}  α {alpha:g}  {indicator.owner}"
            )
            for kind in indicator.types:
                red_line = f"  红线 {kind.red_line}" if kind.red_line else ""
                less = f"  −{kind.deduction:g}" if kind.deduction else ""
                print(f"        {kind.severity:<4g}{kind.name} {kind.name_en} ({kind.id}){red_line}{less}")


def _plain(value: Any) -> Any:
    """Return what JSON can hold: days as text."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def _check(args: argparse.Namespace) -> None:
    text = _read(args.file)
    method = load_method(text, args.file.name)
    calibration = Calibration.from_toml(text)
    state = "已标定 calibrated" if calibration else "未标定 not calibrated"
    print(
        f"方法 {method.version} 无误 no faults：{len(method.sub_indices)} 项一级指标，"
        f"{len(method.indicators)} 项二级指标，{len(method.types)} 种事件类型，{state}。"
    )


def _diff(args: argparse.Namespace) -> None:
    (before, old), (after, new) = _load(args, args.before), _load(args, args.after)
    found = (*differences(before, after), *calibration_differences(old, new))
    sentences = [describe(each, before, after) for each in found]
    if args.json:
        rows = [
            _plain(dataclasses.asdict(each)) | {"zh": zh, "en": en}
            for each, (zh, en) in zip(found, sentences, strict=True)
        ]
        print_json({"before": before.version, "after": after.version, "differences": rows})
        return
    for zh, en in sentences:
        print(f"{zh}  {en}")
    print(f"{before.version} → {after.version}：{len(found)} 处不同。")


# --- making ---


def _new(args: argparse.Namespace) -> None:
    text = with_version(_text(args, args.source), args.version)
    load_method(text, args.out.name)
    if args.version in {*shipped_versions(), *(each.version for each in _published(args))}:
        raise SelectionError(
            f"版本号 {args.version} 已有，请另取一个。",
            f"there is a version {args.version} already: choose another number.",
        )
    if args.out.exists():
        raise SelectionError(f"{args.out} 已存在，请换一个文件名。", f"{args.out} exists: choose another file.")
    _write(args.out, text)
    print(f"已写出 {args.out}：改好后用 method check 检查，method calibrate 标定，method publish 发布。")


def _calibrate(args: argparse.Namespace) -> None:
    text = _text(args, args.source)
    method = load_method(text, Path(args.source).name)
    with Bar("标定"):
        calibration, estimated = calibrate_method(read_city(existing(args)), method, args.base_year)
    made = with_calibration(text, calibration)
    load_method(made, method.version)
    if args.out is None:
        sys.stdout.write(made)
    else:
        _write(args.out, made)
    missing = [i.id for i in method.indicators if i.id not in calibration.present]
    print(
        f"方法 {method.version} 以 {args.base_year} 年为基期：{len(method.indicators) - len(missing)} 项指标已标定，"
        f"其中 {len(calibration.alpha)} 项估计了先验强度（{estimated.value}）"
        + (f"；没有数据：{'、'.join(missing)}。" if missing else "。"),
        file=sys.stderr if args.out is None else sys.stdout,
    )


def calibrate_method(city: CityData, method: Method, year: int) -> tuple[Calibration, PlaceLevel]:
    """Estimate base-year conditions and prior strengths of a method from what a city stores.

    Returns
    -------
    Calibration, PlaceLevel
        Where the year tells too little of a prior strength, it has none, and the indicator's own holds; the level
        is the one on which they were estimated.

    Raises
    ------
    SelectionError
        If the year has no incidents.
    """
    period = Period.parse(str(year)) if 1 <= year <= 9998 else None
    if period is None or not city.offers(period):
        raise SelectionError(
            f"{year} 年没有事件，不能作为基期。", f"there are no incidents in {year}: it can be no base year."
        )
    plain = city.with_method(method, None)
    calibration = plain.estimated_calibration((period.start, period.end))
    if calibration is None:
        raise SelectionError(
            f"{year} 年没有事件，不能作为基期。", f"there are no incidents in {year}: it can be no base year."
        )
    level = next(level for level in BASE_LEVELS if level in city.levels)
    return dataclasses.replace(calibration, alpha=_alphas(city.with_method(method, calibration), level, period)), level


def _alphas(city: CityData, level: PlaceLevel, period: Period) -> dict[str, float]:
    evidence = city.evidence(level, city.members(level, city.city), period)
    scale = city.parameters().scale
    found: dict[str, float] = {}
    for i, indicator in enumerate(city.method.indicators):
        if indicator.kind in ESTIMATED:
            alpha = prior_strength(
                evidence.observed[:, i] / scale[i], evidence.expected[:, i] / scale[i], indicator.alpha
            )
            if alpha is not None:
                found[indicator.id] = round(alpha, 2)
    return found


def _publish(args: argparse.Namespace) -> None:
    text = _read(args.file)
    method, day = load_method(text, args.file.name), pipeline.parse_day(args.valid_from)
    if (calibration := Calibration.from_toml(text)) is None:
        raise MethodError(
            f"方法 {method.version} 没有基期，旧周期的得分会随数据变化；请先用 method calibrate 标定 {args.file}。",
            f"method {method.version} has no base year, so that old scores would change with the data: run `method "
            f"calibrate` on {args.file} first.",
        )
    if stale := outdated(method, calibration):
        raise MethodError(
            f"{'、'.join(stale)} 的事件类型或暴露量在标定之后改过；请先用 method calibrate 标定 {args.file}。",
            f"types or exposure of {', '.join(stale)} were changed after the base year: run `method calibrate` on "
            f"{args.file} first.",
        )
    published = existing(args).publish_method(text, day)
    print(f"方法 {published.version} 已发布，用于 {published.valid_from} 起的周期。")
