"""The rows behind a number: the incidents of the view, newest first; what is sensitive is counted, not listed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from dash import dcc, html

from geodata.city import CityData
from geodata.counts import OUTSIDE
from geodata.locate import NOWHERE
from geodata.vocabulary import PlaceLevel, TimePrecision
from layers.maps.values import chosen_types
from layers.panels.types import type_name
from layers.style import whole
from layers.text import source_name, text
from layers.view import ViewState

PAGE = 20
_EPOCH = dt.date(1970, 1, 1)
_PRECISIONS = list(TimePrecision)
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Listed:
    """The incidents of a view: those of one page, and how many there are."""

    rows: Rows
    """Of the count index, newest first, at most ``PAGE``."""
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
    kinds = (city.method.types.get(name) for name in index.types)
    hidden = np.array([kind is not None and kind.sensitive for kind in kinds], dtype=np.bool_)[index.kind[rows]]
    shown = rows[~hidden]
    pages = max(1, -(-len(shown) // PAGE))
    page = view.rows if 1 <= view.rows <= pages else 1
    return Listed(_newest(shown, page, city), page, len(shown), int(hidden.sum()))


def _newest(rows: Rows, page: int, city: CityData) -> Rows:
    """Return one page of rows, the latest day and hour first; rows ascend by day, so that only its days are sorted."""
    days = city.index.day[rows]
    last = len(rows) - (page - 1) * PAGE
    first = max(last - PAGE, 0)
    if first >= last:
        return rows[:0]
    low, high = np.searchsorted(days, days[first], side="left"), np.searchsorted(days, days[last - 1], side="right")
    some = rows[low:high]
    order = np.lexsort((some, city.index.hour[some], city.index.day[some]))
    return np.asarray(some[order][first - low : last - low][::-1])


def incidents_card(view: ViewState, city: CityData) -> html.Section:
    """List the incidents of a view, a page at a time."""
    lang, found = view.lang, listed_incidents(view, city)
    close = dcc.Link("×", href=view.but(rows=0).href(), className="close", title=text(lang, "close"))
    parts: list[Any] = [html.H2([text(lang, "rows"), html.Small(text(lang, "rows_all", n=whole(found.total))), close])]
    if found.sensitive:
        parts.append(html.P(text(lang, "rows_sensitive", n=whole(found.sensitive)), className="notice"))
    if found.listed:
        parts += [html.Ol([_row(view, city, int(row)) for row in found.rows], className="rows"), _pages(view, found)]
    elif not found.sensitive:
        parts.append(html.P(text(lang, "no_incidents"), className="muted"))
    return html.Section(parts, className="card incidents-card")


def _row(view: ViewState, city: CityData, row: int) -> html.Li:
    """Say what happened, when, where and who told; no number, no words of the report, no position."""
    index, lang = city.index, view.lang
    name = type_name(index.types[int(index.kind[row])], city, lang)
    source = source_name(lang, index.sources[int(index.source[row])])
    return html.Li(
        [
            html.Span(name, className="name"),
            html.Time(_when(view, city, row), className="when"),
            html.Span(where(view, city, row), className="where"),
            html.Span(source, className="from"),
        ]
    )


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
