"""平安+ 一张图 (PingAn+ Atlas): the application, its WSGI server and its command line."""

from __future__ import annotations

import argparse
import csv
import dataclasses
import json
import logging
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from tqdm import tqdm

from geodata import boundaries, pipeline
from geodata.city import CityData, read_city
from geodata.errors import BoundaryError, CityError, PinganError, SelectionError
from geodata.index.bands import band_of
from geodata.settings import Settings
from geodata.store import Store, restore
from geodata.vocabulary import LEVELS, Period, PlaceLevel

if TYPE_CHECKING:
    from dash import Dash

# --- the application ---


def create_app(settings: Settings) -> Dash:
    """Build the application on a city folder.

    Parameters
    ----------
    settings
        Where the city lies; host and port are the caller's business.

    Raises
    ------
    PinganError
        If the folder holds no usable city.
    """
    from callbacks.application import create_app as build  # commands that show no page start faster without it

    return build(settings)


def __getattr__(name: str) -> Any:
    """Build ``app:server`` for a WSGI server when it is first asked for."""
    if name == "server":
        return create_app(Settings.from_env()).server
    raise AttributeError(name)


# --- the command line ---


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    args = _parser().parse_args(_with_command(sys.argv[1:] if arguments is None else list(arguments)))
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        return int(args.run(args) or 0)
    except PinganError as error:
        if getattr(args, "for_programs", False):
            print(json.dumps({"error": {"zh": error.zh, "en": error.en}}, ensure_ascii=False))
        else:
            print(f"错误：{error.zh}\nerror: {error.en}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 1
    except KeyboardInterrupt:
        return 130


COMMANDS = (
    *("serve", "demo", "city", "boundaries", "exposure", "import", "imports", "undo", "intake", "locate", "counts"),
    *("score", "verify", "backup", "restore"),
)


def _with_command(arguments: list[str]) -> list[str]:
    """Move a leading ``--city`` behind the command, and put ``serve`` where no command stands."""
    leading: list[str] = []
    rest = list(arguments)
    while rest and rest[0].startswith("--city"):
        n = 1 if "=" in rest[0] else 2
        leading, rest = leading + rest[:n], rest[n:]
    if rest and (rest[0] in COMMANDS or rest[0] in ("-h", "--help")):
        return [rest[0], *leading, *rest[1:]]
    if rest and not rest[0].startswith("-"):
        return rest  # no command of ours: argparse says so
    return ["serve", *leading, *rest]


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without the whole usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(
            2, f"错误：命令写法有误（{message}），见 {self.prog} --help\nerror: {message}; see {self.prog} --help\n"
        )


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--city", type=Path, default=Settings.from_env().city, help="城市目录 the city folder (PINGAN_CITY)"
    )
    parser = _Parser(prog="app.py", description="平安+ 一张图 PingAn+ Atlas")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int | None], sentence: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, parents=[common], help=sentence, description=sentence)
        added.set_defaults(run=run)
        return added

    serve = command("serve", _serve, "启动地图 serve the map (the default)")
    serve.add_argument("--host", default=Settings.host, help="监听地址 address to listen on")
    serve.add_argument("--port", type=int, default=Settings.port, help="端口 port")
    serve.add_argument("--debug", action="store_true", help="仅供开发 for developers")
    serve.add_argument(
        "--allow-import",
        action="store_true",
        help="允许任何访问者导入数据 let every visitor import (PINGAN_ALLOW_IMPORT=1)",
    )

    demo = command("demo", _demo, "生成示例城市（模拟数据） make the demo city (simulated)")
    demo.add_argument("--years", type=int, default=3, help="几年的数据 years of data")
    demo.add_argument("--seed", type=int, default=0, help="随机种子 random seed: the same seed, the same city")

    city = command("city", _city, "查看或设置城市名称与时区 show or set the city's name and time zone")
    city.add_argument("--name", help="名称 name")
    city.add_argument("--name-en", help="英文名称 English name")
    city.add_argument("--time-zone", help="时区 IANA time zone, for example Asia/Shanghai")

    _add_boundaries(commands, common)

    exposure = command("exposure", _exposure_help, "导入暴露量 import what incidents are measured against")
    inner = exposure.add_subparsers(metavar="ACTION", required=True)
    add = inner.add_parser("import", parents=[_inherited()], help="导入 place_id, kind, year, value")
    add.add_argument("file", type=Path, metavar="FILE")
    add.set_defaults(run=_exposure_import)

    incidents = command("import", _import, "导入事件 import a file of incidents")
    _add_incident_file(incidents)
    incidents.add_argument("--dry-run", action="store_true", help="只检查不入库 check only, store nothing")
    incidents.add_argument("--json", action="store_true", help="机器可读 machine-readable")

    _add_imports(commands, common)
    _add_intake(commands, common)

    undo = command("undo", _undo, "撤销一个批次 take a batch back")
    undo.add_argument("batch", type=int, metavar="BATCH")

    command("verify", _verify, "核对全部文件的校验和 compare every stored file with its checksum")
    backup = command("backup", _backup, "备份（不必停机） copy the city to a new folder while it is in use")
    backup.add_argument("out", type=Path, metavar="FOLDER")
    restore = command("restore", _restore, "从备份恢复到 --city make the folder of --city from a backup")
    restore.add_argument("backup", type=Path, metavar="FOLDER")

    locate = command("locate", _locate, "为文件每行加上所在地点 add to each row of a file the places that it lies in")
    locate.add_argument("file", type=Path, metavar="FILE")
    locate.add_argument("--lon", required=True, help="经度列 column of the longitude (or x)")
    locate.add_argument("--lat", required=True, help="纬度列 column of the latitude (or y)")
    locate.add_argument("--crs", help="坐标系 wgs84, gcj02, bd09, cgcs2000 or EPSG:n")
    locate.add_argument("--out", type=Path, required=True, help="输出文件 file to write (.csv or .parquet)")

    counts = command("counts", _counts, "按地点计数 count incidents by place")
    _add_level(counts)
    counts.add_argument("--from", dest="start", required=True, metavar="DAY", help="首日 first day, 2026-10-01")
    counts.add_argument("--to", dest="end", required=True, metavar="DAY", help="末日（含） last day, included")
    counts.add_argument("--type", action="append", metavar="T", help="事件类型，可多次 incident type, may be repeated")
    counts.add_argument(
        "--scheduler",
        metavar="S",
        help="用 Dask 计数：local 或 tcp://主机:端口 count under Dask: local or tcp://host:port",
    )
    _add_form(counts)

    score = command("score", _score, "按地点评分 score places")
    _add_level(score)
    score.add_argument("--period", required=True, help="周期 2026-10-05, 2026-W41, 2026-10, 2026-Q4 or 2026")
    _add_form(score)
    return parser


def _inherited() -> argparse.ArgumentParser:
    """Return ``--city`` for an inner command: the outer one's value stays if it is not given again."""
    inner = argparse.ArgumentParser(add_help=False)
    inner.add_argument("--city", type=Path, default=argparse.SUPPRESS, help="城市目录 the city folder (PINGAN_CITY)")
    return inner


def _add_boundaries(commands: Any, common: argparse.ArgumentParser) -> None:
    sentence = "边界 places: import, grid, check, export"
    group = commands.add_parser("boundaries", parents=[common], help=sentence, description=sentence)
    actions = group.add_subparsers(metavar="ACTION", required=True)

    def action(name: str, run: Callable[[argparse.Namespace], int | None], what: str) -> argparse.ArgumentParser:
        added = actions.add_parser(name, parents=[_inherited()], help=what, description=what)
        added.set_defaults(run=run)
        return added

    levels = [level.value for level in LEVELS]
    add = action("import", _boundaries_import, "导入一层边界 import one level of places")
    add.add_argument("file", metavar="FILE", help="文件，或 postgresql://…?table=… a file, or a table of PostGIS")
    add.add_argument("--level", required=True, choices=levels, help="层级 level")
    add.add_argument("--id", required=True, metavar="COL", help="编号列 column of the id")
    add.add_argument("--name", required=True, metavar="COL", help="名称列 column of the name")
    add.add_argument("--parent", metavar="COL", help="上级编号列 column of the parent's id; without it, by geometry")
    add.add_argument("--crs", help="坐标系，优先于文件自带 coordinate system, wins over the file's own")
    examine = action("examine", _boundaries_examine, "坐标体检 in which system the outlines of a file really are")
    examine.add_argument("file", type=Path, metavar="FILE")
    examine.add_argument("--crs", help="坐标系，优先于文件自带 coordinate system, wins over the file's own")
    examine.add_argument("--json", action="store_true", help="机器可读 machine-readable")
    grid = action("grid", _boundaries_grid, "划分网格 divide places into grid cells")
    grid.add_argument("--size", type=float, required=True, metavar="M", help="边长（米） side in metres")
    grid.add_argument("--level", choices=levels[:-1], help="被划分的层级 level to divide (default: the finest)")
    grid.add_argument("--hexagonal", action="store_true", help="六边形 hexagons instead of squares")
    check = action("check", _boundaries_check, "检查边界 check gaps, overlaps, orphans and nesting")
    check.add_argument("--json", action="store_true", help="机器可读 machine-readable")
    export = action("export", _boundaries_export, "导出一层边界 write one level of places")
    export.add_argument("--level", required=True, choices=levels)
    export.add_argument("--out", type=Path, required=True, help=".geojson, .gpkg or .parquet")


def _add_incident_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="文件，或 postgresql://…?table=… a file, or a table of PostGIS")
    parser.add_argument("--source", required=True, help="来源名称 name of the source")
    parser.add_argument(
        "--mapping",
        help="映射文件或内置映射 a mapping file, or a shipped one: " + ", ".join(pipeline.mapping.shipped_mappings()),
    )
    parser.add_argument("--crs", help="坐标系 wgs84, gcj02, bd09, cgcs2000 or EPSG:n")
    parser.add_argument("--sheet", help="工作簿中的工作表 sheet of a workbook")
    parser.add_argument("--header-row", type=int, metavar="N", help="列名所在行（从 1 起） row of the column names")


def _add_imports(commands: Any, common: argparse.ArgumentParser) -> None:
    sentence = "批次：列出、查看搁置行、补回 imports: list them, show rows set aside, take mended rows back"
    group = commands.add_parser("imports", parents=[common], help=sentence, description=sentence)
    group.set_defaults(run=_imports)
    group.add_argument("--json", action="store_true", help="机器可读 machine-readable")
    actions = group.add_subparsers(metavar="ACTION")
    show = actions.add_parser("show", parents=[_inherited()], help="搁置的行 rows that a batch set aside")
    show.add_argument("batch", type=int, metavar="BATCH")
    show.add_argument("--out", type=Path, metavar="FILE", help="写出待修改的 CSV write a CSV to be mended")
    show.add_argument("--json", action="store_true", help="机器可读 machine-readable")
    show.set_defaults(run=_imports_show)
    mend = actions.add_parser("mend", parents=[_inherited()], help="补回改好的行 take mended rows back")
    mend.add_argument("batch", type=int, metavar="BATCH")
    mend.add_argument("file", type=Path, metavar="FILE")
    mend.add_argument("--crs", help="这些行的坐标系 the system of these rows, if it is another one")
    mend.add_argument("--json", action="store_true", help="机器可读 machine-readable")
    mend.set_defaults(run=_imports_mend)


def _add_intake(commands: Any, common: argparse.ArgumentParser) -> None:
    sentence = "分步导入，供程序调用 import in steps, for programs: JSON out, progress as JSON lines"
    group = commands.add_parser("intake", parents=[common], help=sentence, description=sentence)
    actions = group.add_subparsers(metavar="ACTION", required=True)

    def action(name: str, run: Callable[[argparse.Namespace], int | None], what: str) -> argparse.ArgumentParser:
        added = actions.add_parser(name, parents=[_inherited()], help=what, description=what)
        added.set_defaults(run=run, for_programs=True)
        return added

    for name, run, what in (
        ("inspect", _intake_inspect, "看文件 look at a file"),
        ("check", _intake_check, "校验并暂存 check a file and keep what was read"),
    ):
        step = action(name, run, what)
        _add_incident_file(step)
        step.add_argument("--file-name", help="文件原名 what people call the file")
        step.add_argument(
            "--mends", type=int, metavar="BATCH", help="补回该批次的搁置行 brings back rows of this batch"
        )
    for name, run, what in (
        ("publish", _intake_publish, "入库 store what was checked"),
        ("discard", _intake_discard, "放弃 give up what was checked"),
    ):
        action(name, run, what).add_argument("token", metavar="TOKEN")


def _add_level(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--level", required=True, choices=[level.value for level in LEVELS], help="层级 level")
    parser.add_argument("--within", metavar="PLACE", default="", help="只看这个地点之内 only inside this place")


def _add_form(parser: argparse.ArgumentParser) -> None:
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="机器可读 machine-readable")
    form.add_argument("--csv", action="store_true", help="逗号分隔 comma-separated")


# --- commands ---


def _serve(args: argparse.Namespace) -> None:
    store = Store(args.city)
    if not store.boundary_version():
        print(f"城市目录 {args.city} 为空，先生成示例城市（模拟数据）…", flush=True)
        _make_demo(store, years=3, seed=0)
    given = Settings.from_env()
    settings = dataclasses.replace(
        given,
        city=args.city,
        host=args.host,
        port=args.port,
        debug=args.debug,
        allow_import=args.allow_import or given.allow_import,
    )
    app = create_app(settings)
    print(f"平安+ 一张图：http://{args.host}:{args.port}/", flush=True)
    if args.debug:
        app.run(host=args.host, port=args.port, debug=True)
        return
    import waitress

    from callbacks import guard

    waitress.serve(
        app.server,
        host=args.host,
        port=args.port,
        threads=16,
        connection_limit=2000,
        backlog=2048,
        channel_timeout=30,
        max_request_body_size=settings.most_upload + guard.MAX_BODY,
        ident=None,
    )


def _demo(args: argparse.Namespace) -> None:
    truths = _make_demo(Store(args.city), years=args.years, seed=args.seed)
    print(f"示例城市已生成于 {args.city}（模拟数据 SIMULATED），埋设的事实 {len(truths)} 项见 truths.json。")


def _make_demo(store: Store, *, years: int, seed: int) -> dict[str, object]:
    with _Bar() as bar:
        return pipeline.make_demo_city(store, years=years, seed=seed, progress=bar.show)


class _Bar:
    """A progress bar on a terminal for what takes longer than a second; silent elsewhere."""

    def __init__(self, what: str = "") -> None:
        shown = sys.stderr.isatty()
        form = "{desc} {bar} {n:.0f}% {elapsed}"
        self._bar = tqdm(total=100, desc=what, delay=3600, disable=not shown, leave=False, bar_format=form)
        self._done = threading.Event()

    def __enter__(self) -> _Bar:
        threading.Thread(target=self._draw, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._bar.close()

    def _draw(self) -> None:
        wait = 1.0
        while not self._done.wait(wait):
            self._bar.refresh()
            wait = 0.3

    def show(self, what: str, share: float) -> None:
        """Say what is being done and which share of the whole is done."""
        self._bar.set_description_str(what, refresh=False)
        self._bar.n = 100 * share


def _city(args: argparse.Namespace) -> None:
    store = Store(args.city)
    changes = {"name": args.name, "name_en": args.name_en, "time_zone": args.time_zone}
    settings = dataclasses.replace(store.settings(), **{key: value for key, value in changes.items() if value})
    if any(changes.values()):
        store.save_settings(settings)
    print("\n".join(f"{key}: {value}" for key, value in vars(settings).items()))


def _boundaries_import(args: argparse.Namespace) -> None:
    with _Bar("读入边界"):
        places = pipeline.import_boundaries(
            Store(args.city),
            args.file,
            PlaceLevel(args.level),
            id_column=args.id,
            name_column=args.name,
            parent_column=args.parent,
            crs=args.crs,
        )
    print(f"{args.level}：已导入 {len(places)} 个地点。")


def _boundaries_examine(args: argparse.Namespace) -> None:
    store = Store(args.city) if (args.city / "ledger.sqlite").exists() else None
    found = pipeline.examine_boundaries(store, args.file, args.crs)
    print(json.dumps(found.to_dict(), ensure_ascii=False) if args.json else f"坐标体检：{found.sentence('zh')}")


def _boundaries_grid(args: argparse.Namespace) -> None:
    if not (args.size > 0 and np.isfinite(args.size)):
        raise BoundaryError("网格边长应大于 0。", "`--size` must be greater than 0.")
    store = _existing(args)
    have = set(store.places()["level"]) - {PlaceLevel.GRID_CELL.value}
    finest = [level for level in LEVELS if level.value in have][-1:]
    level = PlaceLevel(args.level) if args.level else (finest or [PlaceLevel.COMMUNITY])[0]
    with _Bar("划分网格"):
        cells = pipeline.divide_into_grid(store, size_m=args.size, level=level, hexagonal=args.hexagonal)
    print(f"grid_cell：已划分 {len(cells)} 个网格。")


def _boundaries_check(args: argparse.Namespace) -> int:
    with _Bar("检查边界"):
        faults = boundaries.check_places(_existing(args).places())
    errors = [fault for fault in faults if fault.is_error]
    if args.json:
        print(
            json.dumps(
                {"errors": len(errors), "faults": [dataclasses.asdict(fault) for fault in faults]}, ensure_ascii=False
            )
        )
    else:
        for fault in faults:
            sign = "错误 error" if fault.is_error else "提示 note"
            print(f"{sign}  {fault.level.value:<10} {fault.kind:<15} {fault.place_id}  {fault.area_m2:,.0f} m²")
        print(f"边界检查：{len(errors)} 处错误，{len(faults) - len(errors)} 处提示。")
    return 1 if errors else 0


def _boundaries_export(args: argparse.Namespace) -> None:
    places = _existing(args).places()
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


def _exposure_help(_: argparse.Namespace) -> None:
    """Stand for the group: argparse asks for an action before this runs."""


def _exposure_import(args: argparse.Namespace) -> None:
    print(f"已导入 {pipeline.import_exposure(_existing(args), args.file)} 行暴露量。")


def _import(args: argparse.Namespace) -> None:
    store = Store(args.city)
    with _Bar() as bar:
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


def _count_anew(store: Store, report: pipeline.ImportReport, bar: _Bar) -> None:
    """Locate and count what came, so that the first visitor does not wait for it."""
    if report.batch is not None and store.boundary_version():
        bar.show("定位与计数", 0.8)
        read_city(store)


def _print_report(report: pipeline.ImportReport, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(dataclasses.asdict(report), ensure_ascii=False))
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
        print(f"  搁置 {n}：{pipeline.validate.REASONS[reason][0]}")
    for word, n in sorted(report.unmapped.items(), key=lambda item: -item[1])[:20]:
        print(f"  未归类 {n}：{word}")
    if report.examination is not None:
        print(f"坐标体检：{report.examination['zh']}")


def _imports(args: argparse.Namespace) -> None:
    store = _existing(args)
    batches, mended = store.batches(), store.mended_counts()
    if args.json:
        print(json.dumps([vars(batch) | {"mended": mended.get(batch.id, 0)} for batch in batches], ensure_ascii=False))
        return
    for b in batches:
        state = "" if b.state == "done" else "（已撤销）"
        back = f"（已补回 {mended[b.id]}）" if b.id in mended else ""
        sum_of_rows = f"{b.rows} 行 = 新增 {b.stored} + 已有 {b.known} + 更正 {b.corrected} + 搁置 {b.set_aside}"
        print(f"{b.id:>4} {b.imported_at} {b.source} {b.file_name}：{sum_of_rows}{back}{state}")


def _imports_show(args: argparse.Namespace) -> None:
    store = _existing(args)
    if args.out is not None:
        n = pipeline.export_set_aside(store, args.batch, args.out)
        print(f"已写出 {n} 行：{args.out}。改好后用 imports mend {args.batch} {args.out} 补回。")
        return
    rows = store.set_aside(args.batch)
    if args.json:
        print(json.dumps(rows.to_dict("records"), ensure_ascii=False))
        return
    for row, reason, column, shown, by in zip(
        rows["row"], rows["reason"], rows["column"], rows["text"], rows["mended_by"], strict=True
    ):
        back = f"（已由批次 {by} 补回）" if by else ""
        print(f"第 {row} 行 {pipeline.validate.REASONS[reason][0]}{back} {column}: {shown}")
    print(f"批次 {args.batch} 搁置 {len(rows)} 行，已补回 {int((rows['mended_by'] > 0).sum())} 行。")


def _imports_mend(args: argparse.Namespace) -> None:
    store = _existing(args)
    with _Bar() as bar:
        report = pipeline.mend(store, args.batch, args.file, crs=args.crs, progress=bar.show)
        _count_anew(store, report, bar)
    _print_report(report, as_json=args.json)


def _limit_this_process() -> None:
    """Bound what a hostile file can take, where the system can: memory, time, size of files."""
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
    print(json.dumps(dataclasses.asdict(found), ensure_ascii=False))


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
    print(json.dumps(dataclasses.asdict(report), ensure_ascii=False))


def _intake_publish(args: argparse.Namespace) -> None:
    store = Store(args.city)
    _tell("入库", 0.0)
    report = pipeline.publish_staged(store, args.token)
    _tell("定位与计数", 0.6)
    if store.boundary_version():
        read_city(store)
    print(json.dumps(dataclasses.asdict(report), ensure_ascii=False))


def _intake_discard(args: argparse.Namespace) -> None:
    pipeline.discard_staged(Store(args.city), args.token)


def _tell(what: str, share: float) -> None:
    """Say how far it is, one JSON object a line, to the program that started this one."""
    print(json.dumps({"what": what, "share": round(share, 4)}, ensure_ascii=False), file=sys.stderr, flush=True)


def _verify(args: argparse.Namespace) -> int:
    store = _existing(args)
    damaged = store.verify()
    for name in damaged:
        print(f"缺失或已损坏 missing or damaged: {name}")
    print(f"核对完毕：{len(damaged)} 个文件有问题。" if damaged else "核对完毕：全部文件完好。")
    return 1 if damaged else 0


def _backup(args: argparse.Namespace) -> None:
    print(f"已备份 {_existing(args).backup(args.out)} 个文件到 {args.out}。")


def _restore(args: argparse.Namespace) -> None:
    print(f"已恢复 {restore(args.backup, args.city)} 个文件到 {args.city}。")


def _undo(args: argparse.Namespace) -> None:
    batch = pipeline.undo(_existing(args), args.batch)
    print(f"已撤销批次 {batch.id}（{batch.source} {batch.file_name}，{batch.stored} 件）。")


def _locate(args: argparse.Namespace) -> None:
    with _Bar("定位"):
        located = pipeline.locate_file(
            _existing(args), args.file, args.out, lon_column=args.lon, lat_column=args.lat, crs=args.crs
        )
    inside = int((located.table[[level.value for level in LEVELS]] != "").any(axis=1).sum())
    print(f"共 {len(located.table)} 行，{inside} 行在界内：{args.out}")
    if located.left_out:
        print(f"另有 {located.left_out} 行列数不符，未写出。", file=sys.stderr)


def _existing(args: argparse.Namespace) -> Store:
    """Open a city folder that is there: a mistyped one shall not be made by asking it."""
    if not (args.city / "ledger.sqlite").exists():
        raise CityError(
            f"{args.city} 不是城市目录；请检查 --city，新城市请先运行 boundaries import，或用 demo 生成示例城市。",
            f"{args.city} is no city folder: check `--city`, or begin with `boundaries import` or `demo`.",
        )
    return Store(args.city)


def _read(args: argparse.Namespace) -> CityData:
    with _Bar("读取城市"):
        return read_city(_existing(args))


def _counts(args: argparse.Namespace) -> None:
    start, last = pipeline.parse_day(args.start), pipeline.parse_day(args.end)
    if last < start:
        raise SelectionError("--to 早于 --from。", "`--to` is before `--from`.")
    if args.scheduler:
        with _Bar("计数") as bar:
            city, counted = pipeline.count_on_cluster(
                _existing(args),
                args.scheduler,
                PlaceLevel(args.level),
                start,
                pipeline.day_after(last),
                within=args.within,
                types=args.type,
                progress=bar.show,
            )
        level = _present_level(city, args.level)
    else:
        city = _read(args)
        types = city.find_types(args.type) if args.type else None
        level = _present_level(city, args.level)
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
        print(json.dumps(answer, ensure_ascii=False))
        return
    names = city.places["name"].to_numpy()[counted.places.index.to_numpy()]
    rows = [[place, name, n] for place, name, n in zip(ids, names, counted.places, strict=True)]
    rows += [
        ["", "未定位 unlocated", counted.unlocated],
        ["", "界外 outside", counted.outside],
        ["", "合计 total", counted.total],
    ]
    _print_table(["place_id", "name", "incidents"], rows, as_csv=args.csv)


def _score(args: argparse.Namespace) -> None:
    city = _read(args)
    period = Period.parse(args.period)
    if not city.offers(period):
        raise SelectionError(f"周期 {args.period} 没有数据。", f"there are no data for the period {args.period}.")
    level, within = _present_level(city, args.level), city.find(args.within)
    answer = score_answer(city, level, period, city.members(level, within))
    if args.json:
        print(json.dumps(answer, ensure_ascii=False))
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
    _print_table(["place_id", "score", "low", "high", "band", *ids], rows, as_csv=args.csv)


def score_answer(city: CityData, level: PlaceLevel, period: Period, rows: np.ndarray[Any, Any]) -> dict[str, Any]:
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


def _present_level(city: CityData, text: str) -> PlaceLevel:
    level = PlaceLevel(text)
    if level not in city.levels:
        have = ", ".join(city.levels)
        raise SelectionError(
            f"这座城市没有 {text} 层；现有：{have}。", f"the city has no level {text}; it has: {have}."
        )
    return level


def _print_table(heads: list[str], rows: list[list[Any]], *, as_csv: bool) -> None:
    if as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(heads)
        writer.writerows(["" if cell is None else cell for cell in row] for row in rows)
        return
    for row in [heads, *rows]:
        print("\t".join("—" if cell is None else str(cell) for cell in row))


if __name__ == "__main__":
    sys.exit(main())
