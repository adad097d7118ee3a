"""The commands `meeting`: those of the library, and `meeting export`, which draws the pages of a meeting to a file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from geodata.city import CityData
from geodata.commands import meeting as library
from geodata.commands.common import Bar, add_action, existing
from geodata.errors import SelectionError
from geodata.meeting.decisions import city_of, meeting
from geodata.meeting.dossier import read_dossier
from geodata.meeting.record import Meeting
from layers.text import text
from layers.view import LANGUAGES

FORMS = ("docx", "pptx", "pdf", "png")


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Register the commands."""
    actions = library.add(commands, common)
    export = add_action(actions, "export", _export, _both("meeting_command_export"))
    export.add_argument("what", metavar="FILE|ID", help=_both("meeting_command_what"))
    export.add_argument("--out", type=Path, required=True, metavar="FILE", help=", ".join(FORMS))
    export.add_argument("--to", choices=FORMS, help=_both("meeting_command_to"))
    export.add_argument("--lang", choices=LANGUAGES, default=LANGUAGES[0])


def _both(key: str) -> str:
    return " ".join(text(lang, key) for lang in ("zh", "en"))


def _export(args: argparse.Namespace) -> None:
    from layers.meeting import takeaway
    from layers.meeting.pages import deck

    form = args.to or args.out.suffix.removeprefix(".").lower()
    if form not in FORMS:
        raise SelectionError(*(text(lang, "meeting_command_form", known=", ".join(FORMS)) for lang in ("zh", "en")))
    with Bar():
        shown, city = _opened(args)
        content = takeaway.write(deck(shown, city, args.lang), form)
    part = args.out.with_name(f"{args.out.name}.part")
    part.write_bytes(content)
    part.replace(args.out)
    print(args.out.name)


def _opened(args: argparse.Namespace) -> tuple[Meeting, CityData]:
    """Open a dossier, from the file alone, or a meeting of the city."""
    if Path(args.what).is_file():
        dossier = read_dossier(Path(args.what))
        return dossier.meeting, dossier.city
    store = existing(args)
    return meeting(store, args.what), city_of(store, args.what)
