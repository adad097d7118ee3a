"""Queries of links, read the same way for every page."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode

from geodata.errors import SelectionError

MAX_QUERY = 2000
"""Longer links are refused."""
MOST_FIELDS = 28


def read_query(search: str | None, known: Collection[str] | None = None) -> dict[str, str]:
    """Return the fields of a link's query.

    Parameters
    ----------
    search
        The query, with or without its question mark.
    known
        Fields that may stand there; None = any.

    Raises
    ------
    SelectionError
        If it is no query, too long, names a field twice, or one that is not known.
    """
    text = search or ""
    if not isinstance(text, str) or len(text) > MAX_QUERY:
        raise not_offered("link")
    try:
        pairs = parse_qsl(text.removeprefix("?"), keep_blank_values=False, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:  # too many fields, or bytes that are no text
        raise not_offered("link") from error
    query = dict(pairs)
    if len(query) != len(pairs) or (known is not None and not query.keys() <= set(known)):
        raise not_offered("link")
    return query


def written(fields: Mapping[str, str]) -> str:
    """Return fields as a query with its question mark; what is "" is left out."""
    return "?" + "&".join(_field(name, value) for name, value in fields.items() if value)


@lru_cache(maxsize=4096)  # the hundreds of links of a page share nearly all of their fields
def _field(name: str, value: str) -> str:
    return urlencode({name: value}, safe=":,")


def not_offered(what: str) -> SelectionError:
    """Return the error of a link that names what there is not."""
    return SelectionError(f"链接中的 {what} 不在可选范围内。", f"the link's `{what}` is not among what is offered.")


def only_months() -> SelectionError:
    """Return the error of a link that keeps to hours or days where incidents have neither."""
    return SelectionError(
        "本市事件只有月份，没有日期和时刻，不能按时段、星期或日期类型筛选。",
        "incidents here are dated by month only: they cannot be filtered by hour, weekday or kind of day.",
    )
