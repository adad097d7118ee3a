"""The way through a long list, a page at a time: the same on every page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dash import dcc, html

from geodata.written import whole
from layers.text import text


def pages(lang: str, start: int, n: int, total: int, size: int, to: Callable[[int], str]) -> html.Nav | None:
    """Return the way to the pages before and after the one that shows `n` of `total` places from `start` on.

    None where all stand on one page of `size`; `to` gives the address of a page, counted from 1.
    """
    if total <= size:
        return None
    page = start // size + 1
    links: list[Any] = []
    if start > 0:
        links.append(dcc.Link(text(lang, "page_before"), href=to(page - 1), className="button"))
    links.append(html.Span(text(lang, "page_of", first=whole(start + 1), last=whole(start + n), all=whole(total))))
    if start + n < total:
        links.append(dcc.Link(text(lang, "page_after"), href=to(page + 1), className="button"))
    return html.Nav(links, className="pages")
