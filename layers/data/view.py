"""What the data page shows: one frozen object that makes the page and its link, and that the link makes again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from geodata.errors import SelectionError
from geodata.store import Batch
from geodata.validate import REASONS
from layers.links import not_offered, read_query
from layers.view import LANGUAGES

PATH = "/data/"
SHOWN = ("new", "known", "corrected", "set_aside")
"""What can be opened of a batch: the four parts that its rows are the sum of."""
ROWS_A_PAGE = 200
BATCHES_A_PAGE = 20
_MOST_DIGITS = 9


@dataclass(frozen=True)
class DataView:
    """Everything that a link to the data page says. Make it with `parse_data_view`."""

    lang: str = "zh"
    source: str = ""
    """Only batches of this source, "" for all."""
    older: int = 0
    """How many pages of newer batches are passed over."""
    batch: int | None = None
    """The batch that is opened."""
    show: str = ""
    """Which of its rows are listed, one of `SHOWN`; "" for none."""
    reason: str = ""
    """Only rows set aside for this reason."""
    page: int = 0
    """How many pages of rows are passed over."""

    def href(self) -> str:
        """Return the link to this view."""
        return PATH + self.search()

    def search(self) -> str:
        """Return the query part of the link, with its question mark if it says anything."""
        parts = {
            "source": self.source,
            "older": str(self.older or ""),
            "batch": "" if self.batch is None else str(self.batch),
            "show": self.show,
            "reason": self.reason,
            "page": str(self.page or ""),
            "lang": "" if self.lang == "zh" else self.lang,
        }
        query = urlencode({key: value for key, value in parts.items() if value})
        return "?" + query if query else ""

    def but(self, **changes: Any) -> DataView:
        """Return the same view with some parts changed."""
        return replace(self, **changes)

    def opened(self, batch: int, show: str = "", reason: str = "") -> DataView:
        """Return the view with a batch opened at the first page of some of its rows."""
        return self.but(batch=batch, show=show, reason=reason, page=0)


def parse_data_view(search: str | None, batches: Sequence[Batch]) -> DataView:
    """Read a link's query; everything that it does not say is the default.

    Raises
    ------
    SelectionError
        If any part names what there is not, or stands twice.
    """
    query = read_query(search, DataView.__dataclass_fields__)
    view = DataView(
        lang=_one_of("lang", query, LANGUAGES, "zh"),
        source=_one_of("source", query, [batch.source for batch in batches], ""),
        older=_number("older", query),
    )
    return _with_batch(view, query, batches) if "batch" in query else view


def _with_batch(view: DataView, query: dict[str, str], batches: Sequence[Batch]) -> DataView:
    number = _number("batch", query)
    if number not in {batch.id for batch in batches}:
        raise SelectionError(f"没有批次 {number}。", f"There is no batch {number}.")
    show = _one_of("show", query, SHOWN, "")
    reason = _one_of("reason", query, REASONS, "") if show == "set_aside" else ""
    return view.opened(number, show, reason).but(page=_number("page", query))


def _one_of(key: str, query: dict[str, str], offered: Any, default: str) -> str:
    value = query.get(key, default)
    if value != default and value not in offered:
        raise not_offered(key)
    return value


def _number(key: str, query: dict[str, str]) -> int:
    value = query.get(key, "0")
    if not (value.isascii() and value.isdecimal() and len(value) <= _MOST_DIGITS):
        raise not_offered(key)
    return int(value)
