"""The rows behind a number: the incidents of the view, sorted as asked; what is sensitive is counted, not listed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geodata.city import CityData
from geodata.counts import OUTSIDE
from geodata.locate import NOWHERE
from geodata.vocabulary import PlaceLevel, TimePrecision
from geodata.written import whole
from layers.elements import dcc, html
from layers.maps.values import chosen_types
from layers.panels.types import type_name
from layers.points import DIGITS, hidden_types, no_incidents
from layers.style import aria
from layers.text import source_name, text
from layers.view import ViewState, drill

PAGE = 20
COLUMNS = ("time", "type", "place", "source")
"""What the list is sorted by; time is there from the start, the newest first."""
_EPOCH = dt.date(1970, 1, 1)
_PRECISIONS = list(TimePrecision)
Rows = npt.NDArray[np.intp]
Ranks = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Listed:
    """The incidents of a view: those of one page, and how many there are."""

    rows: Rows
    """Of the count index, in the order of the view, at most ``PAGE``."""
    page: int
    """From 1; a page beyond the last one is the first."""
    listed: int
    """On all pages."""
    sensitive: int
    """Counted, not listed."""

    @property
    def total(self) -> int:
        """Return all incidents of the view."""
        return self.listed + self.sensitive


def listed_incidents(view: ViewState, city: CityData) -> Listed:
    """Find the incidents that a view counts; no file is opened for it."""
    index, place = city.index, city.find(view.place)
    rows = index.selected(view.period.start, view.period.end, within=place.within, types=chosen_types(view, city))
    hidden = hidden_types(city)[index.kind[rows]]
    shown = rows[~hidden] if hidden.any() else rows
    pages = max(1, -(-len(shown) // PAGE))
    page = view.rows if 1 <= view.rows <= pages else 1
    return Listed(_page(shown, view, city, (page - 1) * PAGE), page, len(shown), len(rows) - len(shown))


def _page(rows: Rows, view: ViewState, city: CityData, first: int) -> Rows:
    """Return ``PAGE`` rows from a position of the view's order on.

    What comes in groups is the newest first within each of them; only the groups of the page are sorted.
    """
    last = min(first + PAGE, len(rows))
    if view.order == "oldest":
        return _newest(rows, len(rows) - last, len(rows) - first, city)[::-1]
    if view.order == "":
        return _newest(rows, first, last, city)
    rank = _ranks(view, city)[_key(view.order, city)[rows]]
    ends = np.cumsum(np.bincount(rank))
    parts = [rows[:0]]
    for group in range(int(np.searchsorted(ends, first, side="right")), len(ends)):
        before = int(ends[group - 1]) if group else 0
        if before >= last:
            break
        parts.append(_newest(rows[rank == group], max(first - before, 0), last - before, city))
    return np.concatenate(parts)


def _key(order: str, city: CityData) -> npt.NDArray[Any]:
    """Return what each incident is grouped by."""
    index = city.index
    return {"type": index.kind, "place": index.site, "source": index.source}[order]


def _ranks(view: ViewState, city: CityData) -> Ranks:
    """Return the place of each key in the list.

    Types as in the method, places by their codes and those in none last, sources by name.
    """
    index = city.index
    if view.order == "place":
        columns = [np.where(rows == NOWHERE, index.n_places, rows) for rows in index.site_place.T]
        order = np.lexsort(columns[::-1])  # the last key counts most
    elif view.order == "type":
        known = {name: k for k, name in enumerate(city.method.types)}
        order = np.argsort([known.get(name, len(known)) for name in index.types], kind="stable")
    else:
        order = np.argsort([source_name(view.lang, name) for name in index.sources], kind="stable")
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    return ranks


def _newest(rows: Rows, first: int, last: int, city: CityData) -> Rows:
    """Return some of the rows, the latest day and hour first; rows ascend by day, so that only its days are sorted."""
    days = city.index.day[rows]
    low_end, high_end = max(len(rows) - last, 0), len(rows) - first
    if low_end >= high_end:
        return rows[:0]
    low = int(np.searchsorted(days, days[low_end], side="left"))
    high = int(np.searchsorted(days, days[high_end - 1], side="right"))
    some = rows[low:high]
    order = np.lexsort((some, city.index.hour[some], city.index.day[some]))
    return np.asarray(some[order][low_end - low : high_end - low][::-1])


def incidents_card(view: ViewState, city: CityData) -> html.Section:
    """List the incidents of a view, a page at a time."""
    lang, found = view.lang, listed_incidents(view, city)
    close = dcc.Link("×", href=view.but(rows=0).href(), className="close", title=text(lang, "close"))
    parts: list[Any] = [html.H2([text(lang, "rows"), html.Small(text(lang, "rows_all", n=whole(found.total))), close])]
    if found.sensitive:
        parts.append(html.P(text(lang, "rows_sensitive", n=whole(found.sensitive)), className="notice"))
    if found.listed:
        parts += [_table(view, city, found), _pages(view, found)]
    elif not found.sensitive:
        parts.append(html.P(no_incidents(view, city), className="muted"))
    return html.Section(parts, className="card incidents-card")


def _table(view: ViewState, city: CityData, found: Listed) -> html.Table:
    """Return the rows as a table; a row breaks into two lines, so that its roles have to be told."""
    lang = view.lang
    heads = [_head(view, column) for column in COLUMNS]
    heads.append(html.Th(text(lang, "rows_on_map"), className="offstage", role="columnheader"))
    rows = [_row(view, city, int(row)) for row in found.rows]
    head = html.Thead(html.Tr(heads, role="row"), role="rowgroup")
    return html.Table([head, html.Tbody(rows, role="rowgroup")], className="rows", role="table")


def _head(view: ViewState, column: str) -> html.Th:
    """Return the link that sorts by a column; that of time turns the order round."""
    now = view.order in ("", "oldest") if column == "time" else view.order == column
    newest = column == "time" and view.order == ""
    order = "oldest" if newest else "" if column == "time" else column
    sort = "none" if not now else "descending" if newest else "ascending"
    word = text(view.lang, f"rows_{column}")
    mark = html.Span("▼" if newest else "▲", className="sorted", **aria(hidden="true")) if now else ""
    title = text(view.lang, f"rows_sort_{'newest' if order == '' else order}")
    link = dcc.Link([word, mark], href=view.but(order=order, rows=1).href(), title=title, className="on" if now else "")
    return html.Th(link, role="columnheader", **aria(sort=sort))


def _row(view: ViewState, city: CityData, row: int) -> html.Tr:
    """Say what happened, when, where and who told; no number, no words of the report, no position in words."""
    index, lang = city.index, view.lang
    name = type_name(index.types[int(index.kind[row])], city, lang)
    source = source_name(lang, index.sources[int(index.source[row])])
    told = [
        html.Td(html.Time(_when(view, city, row)), className="when", role="cell"),
        html.Td(name, className="name", role="cell"),
        html.Td(where(view, city, row), className="where", role="cell"),
        html.Td(source, className="from", role="cell"),
    ]
    target = on_map(view, city, row)
    link = (
        None
        if target is None
        else dcc.Link(text(lang, "rows_on_map"), href=target, title=text(lang, "rows_on_map_why"))
    )
    return html.Tr([*told, html.Td(link, className="to-map", role="cell")], role="row")


def on_map(view: ViewState, city: CityData, row: int) -> str | None:
    """Return the link to the finest place of an incident, None if it has none.

    Its position stands behind the link, rounded as on the map, for the browser alone: the server is never asked for it,
    and the next step leaves it behind.
    """
    index = city.index
    places = [int(place) for place in index.site_place[int(index.site[row])] if place != NOWHERE]
    if not places:
        return None
    link = drill(view, city.place(places[-1])).but(rows=1).href()
    lat, lon = float(index.lat[row]), float(index.lon[row])
    return f"{link}#at={lat:.{DIGITS}f},{lon:.{DIGITS}f}" if np.isfinite(lat) and np.isfinite(lon) else link


def _when(view: ViewState, city: CityData, row: int) -> str:
    index = city.index
    day = (_EPOCH + dt.timedelta(days=int(index.day[row]))).isoformat()
    if _PRECISIONS[int(index.exactness[row])] is TimePrecision.MONTH:
        return day[:7]
    hour = int(index.hour[row])
    clock = text(view.lang, "rows_hour", hour=hour) if hour >= 0 else text(view.lang, "rows_no_hour")
    return f"{day} {clock}"


def where(view: ViewState, city: CityData, row: int) -> str:
    """Name the finest place of an incident; a grid cell, which only has a number, after the place that holds it."""
    index = city.index
    site = int(index.site[row])
    places = [int(place) for place in index.site_place[site] if place != NOWHERE]
    if not places:
        return text(view.lang, "outside" if site == OUTSIDE else "unlocated")
    chosen = [city.place(place) for place in places[-2:]]
    if chosen[-1].level is not PlaceLevel.GRID_CELL:
        chosen = chosen[-1:]
    return " ".join(place.in_language(view.lang) for place in chosen)


def _pages(view: ViewState, found: Listed) -> html.Nav:
    lang, last = view.lang, -(-found.listed // PAGE)
    first = (found.page - 1) * PAGE + 1
    words = text(lang, "page_of", first=first, last=first + len(found.rows) - 1, all=whole(found.listed))
    parts: list[Any] = [html.Span(words, className="muted")]
    if found.page > 1:
        parts.append(dcc.Link(text(lang, "page_before"), href=view.but(rows=found.page - 1).href()))
    if found.page < last:
        parts.append(dcc.Link(text(lang, "page_after"), href=view.but(rows=found.page + 1).href()))
    return html.Nav(parts, className="pages")
