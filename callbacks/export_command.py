"""The command `export`: files of a view without a browser; the view is the query of a page's link."""

from __future__ import annotations

import argparse
import gzip
from pathlib import Path
from typing import Any

from geodata.city import CityData
from geodata.commands.common import Bar, add_command, existing
from geodata.errors import SelectionError
from geodata.store import Store
from layers.text import text

ENDINGS = {
    "places": ("xlsx", "csv", "geojson", "gpkg", "parquet"),
    "incidents": ("csv", "gpkg", "parquet"),
    "picture": ("png", "svg"),
}
SIZES = ("a4", "screen")


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Register the command."""
    sentence, what, view = (_both(key) for key in ("export_command", "export_command_what", "export_command_view"))
    export = add_command(commands, common, "export", _export, sentence)
    export.add_argument("what", choices=tuple(ENDINGS), help=what)
    export.add_argument("out", type=Path, metavar="FILE", help=", ".join(ENDINGS["places"] + ENDINGS["picture"]))
    export.add_argument("--view", default="", metavar="QUERY", help=f"{view}, level=street&period=2026-10")
    export.add_argument("--size", choices=SIZES, help=_both("export_command_size"))


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
        part = args.out.with_name(f"{args.out.name}.part")
        part.unlink(missing_ok=True)
        if args.what == "picture":
            _draw(args, store, city, kind, part)
        elif args.what == "places":
            places_file(kind, place_table(parse_view(_query(args), city), city), city, part)
        else:
            found, seen = incidents_of(parse_view(_query(args), city), city)
            incidents_file(kind, store, seen, found, part)
        part.replace(args.out)
    print(args.out.name)


def _query(args: argparse.Namespace) -> str:
    return "?" + str(args.view).removeprefix("/").removeprefix("?")


def _draw(args: argparse.Namespace, store: Store, city: CityData, kind: str, path: Path) -> None:
    from callbacks.exports import picture_bytes
    from callbacks.live import packed_outlines
    from layers.maps.patterns import pattern_of
    from layers.pictures.picture import parse_picture, picture

    query = _query(args) + (f"&size={args.size}" if args.size else "")
    sheet = picture(
        parse_picture(query, city),
        city,
        lambda level: gzip.decompress(packed_outlines(store, city, level)),
        lambda view, seen: pattern_of(view, seen, store.folder),
    )
    path.write_bytes(picture_bytes(kind, sheet))
