"""平安+ 一张图 (PingAn+ Atlas): the application, its WSGI server and its command line."""

from __future__ import annotations

import argparse
import dataclasses
import json
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy: for small products, threads wait more than they work

from callbacks import export_command, meeting_command
from geodata.commands import (
    alerts,
    answers,
    basemap,
    boundaries,
    city,
    doctor,
    intake,
    keeping,
    measures,
    method,
    patterns,
    ranks,
    reasons,
)
from geodata.commands.city import make_demo
from geodata.commands.common import add_command, city_option
from geodata.doctor import Finding, Patient, State
from geodata.errors import CityError, PinganError
from geodata.settings import Settings
from geodata.store import Store

if TYPE_CHECKING:
    from dash import Dash

# --- the application ---


def create_app(settings: Settings, *, workers: int = 0) -> Dash:
    """Build the application on a city folder.

    Parameters
    ----------
    settings
        Where the city lies; host and port are the caller's business.
    workers
        How many processes beside this one work answers out.

    Raises
    ------
    PinganError
        If the folder holds no usable city.
    """
    from callbacks.application import create_app as build  # commands that show no page start faster without it

    return build(settings, workers=workers)


def __getattr__(name: str) -> Any:
    """Build ``app:server`` for a WSGI server when it is first asked for."""
    if name == "server":
        return create_app(Settings.from_env()).server
    raise AttributeError(name)


# --- the command line ---


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    commands, words = parser()
    args = commands.parse_args(_with_command(sys.argv[1:] if arguments is None else list(arguments), words))
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


def _with_command(arguments: list[str], words: frozenset[str]) -> list[str]:
    """Move a leading ``--city`` behind the command, and put ``serve`` where no command stands."""
    leading: list[str] = []
    rest = list(arguments)
    while rest and rest[0].startswith("--city"):
        n = 1 if "=" in rest[0] else 2
        leading, rest = leading + rest[:n], rest[n:]
    if rest and (rest[0] in words or rest[0] in ("-h", "--help")):
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


def parser() -> tuple[argparse.ArgumentParser, frozenset[str]]:
    """Return the parser and the words that a command line may begin with."""
    root, common = _Parser(prog="app.py", description="平安+ 一张图 PingAn+ Atlas"), city_option()
    commands = root.add_subparsers(metavar="COMMAND", required=True)
    _add_serve(commands, common)
    for group in (
        city,
        basemap,
        boundaries,
        measures,
        intake,
        keeping,
        answers,
        reasons,
        ranks,
        method,
        alerts,
        patterns,
    ):
        group.add(commands, common)
    export_command.add(commands, common)
    meeting_command.add(commands, common)
    doctor.add(commands, common, more=[_fonts])
    return root, frozenset(commands.choices)


def _fonts(_: Patient) -> Iterator[Finding]:
    """See whether pictures can be written in Chinese."""
    from layers.pictures.fonts import fonts_for
    from layers.text import text

    try:
        name = fonts_for([text("zh", "simulated")])[0].name
    except PinganError as error:
        yield Finding("fonts", State.NOTE, error.zh, error.en)
    else:
        yield Finding("fonts", State.FINE, f"图片用字体 {name}。", f"pictures are written in {name}.")


# --- serving ---


def _add_serve(commands: Any, common: argparse.ArgumentParser) -> None:
    serve = add_command(commands, common, "serve", _serve, "启动地图 serve the map (the default)")
    serve.add_argument("--host", default=Settings.host, help="监听地址 address to listen on")
    serve.add_argument("--port", type=int, default=Settings.port, help="端口 port")
    serve.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="另开几个计算进程（默认按核数，最多 4 个） processes that work answers out",
    )
    serve.add_argument("--debug", action="store_true", help="仅供开发 for developers")
    serve.add_argument(
        "--allow-import",
        action="store_true",
        help="允许任何访问者导入数据 let every visitor import (PINGAN_ALLOW_IMPORT=1)",
    )


def _serve(args: argparse.Namespace) -> None:
    store = Store(args.city)
    if not store.boundary_version():
        print(f"城市目录 {args.city} 为空，先生成示例城市（模拟数据）…", flush=True)
        make_demo(store, years=3, seed=0)
    given = Settings.from_env()
    settings = dataclasses.replace(
        given,
        city=args.city,
        host=args.host,
        port=args.port,
        debug=args.debug,
        allow_import=args.allow_import or given.allow_import,
    )
    from callbacks.workers import default_number

    workers = default_number() if args.workers is None else args.workers
    app = create_app(settings, workers=0 if args.debug else workers)
    if args.debug:
        print(f"平安+ 一张图：http://{args.host}:{args.port}/", flush=True)
        app.run(host=args.host, port=args.port, debug=True)
        return
    import waitress

    from callbacks import guard

    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a short queue is no news to an operator
    try:
        listening = waitress.create_server(
            app.server,
            host=args.host,
            port=args.port,
            threads=32,
            connection_limit=2000,
            backlog=2048,
            channel_timeout=120,
            max_request_body_size=settings.most_upload + guard.MAX_BODY,
            ident=None,
        )
    except OSError as error:
        raise CityError(
            f"地址 {args.host}:{args.port} 无法使用：端口可能被占用，或本机没有这个地址；请用 --port 换一个端口。",
            f"{args.host}:{args.port} cannot be used: its port is taken, or this machine has no such address; "
            "choose another --port.",
        ) from error
    print(f"平安+ 一张图：http://{args.host}:{args.port}/", flush=True)
    listening.run()


if __name__ == "__main__":
    sys.exit(main())
