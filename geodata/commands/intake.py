"""Commands that take incidents in: import, imports, intake."""

from __future__ import annotations

import argparse
import dataclasses
import json
import signal
import sys
from pathlib import Path
from typing import Any

from geodata import mapping, pipeline, validate
from geodata.city import read_city
from geodata.commands.common import Bar, add_action, add_command, add_group, add_json, existing, print_json
from geodata.store import Store


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Register the commands."""
    incidents = add_command(commands, common, "import", _import, "导入事件 import a file of incidents")
    _add_incident_file(incidents)
    incidents.add_argument("--dry-run", action="store_true", help="只检查不入库 check only, store nothing")
    add_json(incidents)
    _add_imports(commands, common)
    sentence = "分步导入，供程序调用 import in steps, for programs: JSON out, progress as JSON lines"
    _add_intake(add_group(commands, common, "intake", sentence))


def _add_incident_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="文件，或 postgresql://…?table=… a file, or a table of PostGIS")
    parser.add_argument("--source", required=True, help="来源名称 name of the source")
    parser.add_argument(
        "--mapping",
        help="映射文件或内置映射 a mapping file, or a shipped one: " + ", ".join(mapping.shipped_mappings()),
    )
    parser.add_argument("--crs", help="坐标系 wgs84, gcj02, bd09, cgcs2000 or EPSG:n")
    parser.add_argument("--sheet", help="工作簿中的工作表 sheet of a workbook")
    parser.add_argument("--header-row", type=int, metavar="N", help="列名所在行（从 1 起） row of the column names")


def _add_imports(commands: Any, common: argparse.ArgumentParser) -> None:
    sentence = "批次：列出、查看搁置行、补回 imports: list them, show rows set aside, take mended rows back"
    group = add_command(commands, common, "imports", _imports, sentence)
    add_json(group)
    actions = group.add_subparsers(metavar="ACTION")
    show = add_action(actions, "show", _imports_show, "搁置的行 rows that a batch set aside")
    show.add_argument("batch", type=int, metavar="BATCH")
    show.add_argument("--out", type=Path, metavar="FILE", help="写出待修改的 CSV write a CSV to be mended")
    add_json(show)
    mend = add_action(actions, "mend", _imports_mend, "补回改好的行 take mended rows back")
    mend.add_argument("batch", type=int, metavar="BATCH")
    mend.add_argument("file", type=Path, metavar="FILE")
    mend.add_argument("--crs", help="这些行的坐标系 the system of these rows, if it is another one")
    add_json(mend)


def _add_intake(actions: Any) -> None:
    for name, run, what in (
        ("inspect", _intake_inspect, "看文件 look at a file"),
        ("check", _intake_check, "校验并暂存 check a file and keep what was read"),
    ):
        step = add_action(actions, name, run, what)
        step.set_defaults(for_programs=True)
        _add_incident_file(step)
        step.add_argument("--file-name", help="文件原名 what people call the file")
        step.add_argument(
            "--mends", type=int, metavar="BATCH", help="补回该批次的搁置行 brings back rows of this batch"
        )
    for name, run, what in (
        ("publish", _intake_publish, "入库 store what was checked"),
        ("discard", _intake_discard, "放弃 give up what was checked"),
    ):
        step = add_action(actions, name, run, what)
        step.set_defaults(for_programs=True)
        step.add_argument("token", metavar="TOKEN")


def _import(args: argparse.Namespace) -> None:
    store = Store(args.city)
    with Bar() as bar:
        report = pipeline.import_incidents(
            store,
            args.file,
            args.source,
            mapping_name=args.mapping,
            crs=args.crs,
            sheet=args.sheet,
            header_row=args.header_row,
            dry_run=args.dry_run,
            progress=lambda what, share: bar.show(what, 0.8 * share),
        )
        _count_anew(store, report, bar)
    _print_report(report, as_json=args.json)


def _count_anew(store: Store, report: pipeline.ImportReport, bar: Bar) -> None:
    """Locate and count what came, so that the first visitor does not wait for it."""
    if report.batch is not None and store.boundary_version():
        bar.show("定位与计数", 0.8)
        read_city(store)


def _print_report(report: pipeline.ImportReport, *, as_json: bool) -> None:
    if as_json:
        print_json(dataclasses.asdict(report))
        return
    if report.repeated is not None:
        print(f"此文件已作为批次 {report.repeated} 导入过，没有新增。")
        return
    head = "试运行（未入库）" if report.batch is None else f"批次 {report.batch}"
    print(
        f"{head}：共 {report.rows} 行 = 新增 {report.stored} + 已有 {report.known} + 更正 {report.corrected}"
        f" + 搁置 {report.set_aside}。"
    )
    for note, _ in report.notes:
        print(f"  {note}")
    for reason, n in sorted(report.reasons.items(), key=lambda item: -item[1]):
        print(f"  搁置 {n}：{validate.REASONS[reason][0]}")
    for word, n in sorted(report.unmapped.items(), key=lambda item: -item[1])[:20]:
        print(f"  未归类 {n}：{word}")
    if report.examination is not None:
        print(f"坐标体检：{report.examination['zh']}")


def _imports(args: argparse.Namespace) -> None:
    store = existing(args)
    batches, mended = store.batches(), store.mended_counts()
    if args.json:
        print_json([vars(batch) | {"mended": mended.get(batch.id, 0)} for batch in batches])
        return
    for b in batches:
        state = "" if b.state == "done" else "（已撤销）"
        back = f"（已补回 {mended[b.id]}）" if b.id in mended else ""
        sum_of_rows = f"{b.rows} 行 = 新增 {b.stored} + 已有 {b.known} + 更正 {b.corrected} + 搁置 {b.set_aside}"
        print(f"{b.id:>4} {b.imported_at} {b.source} {b.file_name}：{sum_of_rows}{back}{state}")


def _imports_show(args: argparse.Namespace) -> None:
    store = existing(args)
    if args.out is not None:
        n = pipeline.export_set_aside(store, args.batch, args.out)
        print(f"已写出 {n} 行：{args.out}。改好后用 imports mend {args.batch} {args.out} 补回。")
        return
    rows = store.set_aside(args.batch)
    if args.json:
        print_json(rows.to_dict("records"))
        return
    for row, reason, column, shown, by in zip(
        rows["row"], rows["reason"], rows["column"], rows["text"], rows["mended_by"], strict=True
    ):
        back = f"（已由批次 {by} 补回）" if by else ""
        print(f"第 {row} 行 {validate.REASONS[reason][0]}{back} {column}: {shown}")
    print(f"批次 {args.batch} 搁置 {len(rows)} 行，已补回 {int((rows['mended_by'] > 0).sum())} 行。")


def _imports_mend(args: argparse.Namespace) -> None:
    store = existing(args)
    with Bar() as bar:
        report = pipeline.mend(store, args.batch, args.file, crs=args.crs, progress=bar.show)
        _count_anew(store, report, bar)
    _print_report(report, as_json=args.json)


def _heed_interrupts() -> None:
    """Let an interrupt cancel this process even where it was started to ignore them, as behind the ``&`` of a shell."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _limit_this_process() -> None:
    """Bound what a hostile file can take, where the system can: memory, time, size of files."""
    _heed_interrupts()
    if sys.platform == "win32":
        return
    import resource

    for what, most in (
        (resource.RLIMIT_DATA, 6 * 1024**3),
        (resource.RLIMIT_CPU, 3600),
        (resource.RLIMIT_FSIZE, 64 * 1024**3),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _intake_inspect(args: argparse.Namespace) -> None:
    _limit_this_process()
    found = pipeline.inspect_file(
        Store(args.city),
        Path(args.file),
        args.source,
        mapping_name=args.mapping,
        sheet=args.sheet,
        header_row=args.header_row,
    )
    print_json(dataclasses.asdict(found))


def _intake_check(args: argparse.Namespace) -> None:
    _limit_this_process()
    report = pipeline.import_incidents(
        Store(args.city),
        args.file,
        args.source,
        mapping_name=args.mapping,
        crs=args.crs,
        sheet=args.sheet,
        header_row=args.header_row,
        mends=args.mends,
        keep_staged=True,
        file_name=args.file_name,
        progress=_tell,
    )
    print_json(dataclasses.asdict(report))


def _intake_publish(args: argparse.Namespace) -> None:
    _heed_interrupts()
    store = Store(args.city)
    _tell("入库", 0.0)
    report = pipeline.publish_staged(store, args.token)
    _tell("定位与计数", 0.6)
    if store.boundary_version():
        read_city(store)
    print_json(dataclasses.asdict(report))


def _intake_discard(args: argparse.Namespace) -> None:
    pipeline.discard_staged(Store(args.city), args.token)


def _tell(what: str, share: float) -> None:
    """Say how far it is, one JSON object a line, to the program that started this one."""
    print(json.dumps({"what": what, "share": round(share, 4)}, ensure_ascii=False), file=sys.stderr, flush=True)
