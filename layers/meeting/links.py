"""Addresses of meetings, and texts that their scripts say."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from urllib.parse import quote, urlencode

from geodata.vocabulary import Period, PeriodKind
from layers.text import text
from layers.view import ViewState

PATH = "/meeting/"
TOKENS = "/assets/css/00_tokens.css"
KINDS = ("docx", "pptx", "pdf", "png")
"""What is taken away, beside the dossier."""


def lobby_link(lang: str, place: str = "", period: str = "") -> str:
    """Return the link to the list of meetings, with a place and a period filled in."""
    return PATH + _query({"place": place, "period": period, "lang": lang if lang != "zh" else ""})


def lobby_link_of(view: ViewState) -> str:
    """Return the link to a meeting on what the map page shows; a day is no period for one, its month is."""
    period = view.period
    if period.kind is PeriodKind.DAY:
        period = Period.containing(period.start, PeriodKind.MONTH)
    return lobby_link(view.lang, view.place, str(period))


def wall_link(meeting: str, lang: str) -> str:
    """Return the link to a meeting's wall."""
    return part_link(meeting, "", lang)


def part_link(meeting: str, part: str, lang: str = "zh", **fields: str) -> str:
    """Return an address below a meeting's."""
    query = _query({**fields, "lang": lang if lang != "zh" else ""})
    return f"{PATH}{quote(meeting, safe='')}/{part}{query}"


def _query(fields: dict[str, str]) -> str:
    query = urlencode({name: value for name, value in fields.items() if value}, safe=":,|")
    return f"?{query}" if query else ""


def words_of(lang: str, keys: Sequence[str], *slots: str) -> str:
    """Return texts that a script says as JSON for an attribute; the script fills the slots itself."""
    kept = {slot: f"{{{slot}}}" for slot in slots}
    return html.escape(json.dumps({key: text(lang, key, **kept) for key in keys}, ensure_ascii=False))
