"""The command `export`: files of a view without a browser; the view is the query of a page's link."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from geodata.commands.common import Bar, add_command, existing
from geodata.errors import SelectionError
from layers.text import text

WHAT = ("places", "incidents")
ENDINGS = {"places": ("xlsx", "csv", "geojson", "gpkg", "parquet"), "incidents": ("csv", "gpkg", "parquet")}


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Register the command."""
    sentence, what, view = (_both(key) for key in ("export_command", "export_command_what", "export_command_view"))
    export = add_command(commands, common, "export", _export, sentence)
    export.add_argument("what", choices=WHAT, help=what)
    export.add_argument("out", type=Path, metavar="FILE", help=", ".join(ENDINGS["places"]))
    export.add_argument("--view", default="", metavar="QUERY", help=f"{view}, level=street&period=2026-10")


def _both(key: str) -> str:
    return " ".join(text(lang, key) for lang in ("zh", "en"))


def _export(args: argparse.Namespace) -> None:
    from callbacks.exports import incidents_file, places_file
    from geodata.city import read_city
    from layers.export import incidents_of, place_table
    from layers.view import parse_view

    kind = args.out.suffix.removeprefix(".").lower()
    if kind not in ENDINGS[args.what]:
        known = ", ".join(ENDINGS[args.what])
        raise SelectionError(*(text(lang, "export_command_form", known=known) for lang in ("zh", "en")))
    store = existing(args)
    with Bar():
        city = read_city(store)
        view = parse_view("?" + args.view.removeprefix("/").removeprefix("?"), city)
        part = args.out.with_name(f"{args.out.name}.part")
        part.unlink(missing_ok=True)
        if args.what == "places":
            places_file(kind, place_table(view, city), city, part)
        else:
            found, seen = incidents_of(view, city)
            incidents_file(kind, store, seen, found, part)
        part.replace(args.out)
    print(args.out.name)
