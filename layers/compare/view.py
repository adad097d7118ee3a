"""What the comparison page shows: two views and how they are set side by side; it makes the link, and is made by it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from geodata.city import CityData
from geodata.vocabulary import Period
from layers.links import not_offered, read_query, written
from layers.view import ViewState, default_view, drill, parse_view

PATH = "/compare/"
MODES = ("side", "swipe", "difference", "multiples", "ranking", "slope", "reasons")
MAP_MODES = ("side", "swipe", "difference")
"""Modes that are drawn on maps."""
SMALL = ("months", "subs")
"""What small maps may differ in."""
WHOLE = "whole"
"""Stands in a link for the city itself where B is the city and A is not."""
OWN = ("place", "period", "sub")
"""Fields that A and B have each for itself."""
FILTERS = ("indicator", "type", "hours", "weekdays", "days", "sources", "severity", "area")
CARRIED = ("classes", "compare", "layer")
"""Fields of the map that nothing here looks at: the way back leads to the map as it was."""
SHARED = ("level", "measure", *FILTERS, "scheme", "weights", "basemap", *CARRIED)
"""Fields that A and B have in common, beside language and theme."""
FIELDS = (*OWN, *(f"b_{name}" for name in OWN), *SHARED, "mode", "of", "page", "lang", "theme")


@dataclass(frozen=True)
class CompareView:
    """Everything that a link to the comparison page says. Make it with `parse_compare_view`."""

    a: ViewState
    b: ViewState
    mode: str = "side"
    of: str = "months"
    """What small maps differ in, one of ``SMALL``."""
    page: int = 1
    """Page of the ranking."""

    @property
    def lang(self) -> str:
        """Return the language of the page."""
        return self.a.lang

    @property
    def theme(self) -> str:
        """Return the theme of the page."""
        return self.a.theme

    def href(self) -> str:
        """Return the link to this view."""
        return PATH + self.search()

    def search(self) -> str:
        """Return the query part of the link, with its question mark."""
        a, b, fields = self.a, self.b, self.a.fields()
        parts = {name: fields[name] for name in OWN} | {
            "b_place": "" if b.place == a.place else b.place or WHOLE,
            "b_period": str(b.period),
            "b_sub": "" if b.sub_index == a.sub_index else b.sub_index,
            **{name: fields[name] for name in SHARED},
            "mode": "" if self.mode == "side" else self.mode,
            "of": "" if self.of == "months" else self.of,
            "page": "" if self.page == 1 else str(self.page),
            "lang": fields["lang"],
            "theme": fields["theme"],
        }
        return written(parts)

    def but(self, **changes: Any) -> CompareView:
        """Return the same view with some parts changed."""
        return replace(self, **changes)

    def both(self, **changes: Any) -> CompareView:
        """Return the same view with the same change to A and B."""
        return replace(self, a=self.a.but(**changes), b=self.b.but(**changes))

    def side(self, letter: str, **changes: Any) -> CompareView:
        """Return the same view with a change to A ("a") or B ("b"); what a page of the ranking shows begins again."""
        return replace(self, page=1, **{letter: getattr(self, letter).but(**changes)})

    def swapped(self) -> CompareView:
        """Return the view with A and B exchanged."""
        return replace(self, a=self.b, b=self.a, page=1)


def earlier(period: Period, city: CityData) -> Period:
    """Return what a period is first compared with: a year ago, or the period before where there is no year ago."""
    for other in (period.year_ago(), period.previous()):
        if city.offers(other):
            return other
    return period


def compare_link(view: ViewState) -> str:
    """Return the link from a view of the map: what it shows is A, under the same filters B is the usual one."""
    fields = view.fields()
    return PATH + written({name: fields[name] for name in FIELDS if name in fields})


def parse_compare_view(search: str | None, city: CityData) -> CompareView:
    """Read a link's query; everything that it does not say is the default.

    Raises
    ------
    SelectionError
        If any part names what the city does not offer, or stands twice.
    CityError
        If the city has no incidents yet.
    """
    query = read_query(search, FIELDS)
    default_view(city)  # a city without incidents says so
    shared = {key: query[key] for key in (*SHARED, "lang", "theme") if key in query}
    a = parse_view(_query(query, shared), city)
    given = {
        "place": query.get("b_place", a.place),
        "period": query.get("b_period", str(earlier(a.period, city))),
        "sub": query.get("b_sub", a.sub_index),
    }
    if given["place"] == WHOLE:
        given["place"] = ""
    below = {level.value for level in city.levels_below(city.find(given["place"]))}
    if shared.get("level") not in below:  # B shows its next finer places where it has none of A's
        shared.pop("level", None)
    b = parse_view(_query(given, shared), city)
    return CompareView(
        a=a,
        b=b,
        mode=_one_of("mode", query, MODES, "side"),
        of=_one_of("of", query, SMALL, "months"),
        page=_page(query.get("page", "1")),
    )


def next_compare(view: CompareView, event: Mapping[str, Any], city: CityData) -> CompareView:
    """Return the view after something happened on a map: a place was opened, the basemap hidden or shown.

    Where A and B show the inside of the same place both go there, else the one that was clicked.

    Parameters
    ----------
    view
        The view before.
    event
        ``{"kind": "drill", "side": "a", "id": token}``, ``{"kind": "basemap"}`` or ``{"kind": "theme"}`` as the browser
        sends it.

    Raises
    ------
    SelectionError
        If the event is none of these, or names no place.
    """
    match event:
        case {"kind": "drill", "side": ("a" | "b") as side, "id": str(token)} if re.fullmatch(r".{1,200}", token):
            place = city.find(token)
            letters = ("a", "b") if view.a.place == view.b.place else (side,)
            return view.but(page=1, **{letter: drill(getattr(view, letter), place) for letter in letters})
        case {"kind": "basemap"}:
            return view.both(basemap="" if view.a.basemap else "off")
        case {"kind": "theme"}:
            return view.both(theme="light" if view.theme == "projector" else "projector")
        case _:
            raise not_offered("event")


def _query(query: Mapping[str, str], shared: Mapping[str, str]) -> str:
    return written({**{name: query.get(name, "") for name in OWN}, **shared})


def _one_of(key: str, query: Mapping[str, str], offered: tuple[str, ...], default: str) -> str:
    value = query.get(key, default)
    if value not in offered:
        raise not_offered(key)
    return value


def _page(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text):
        raise not_offered("page")
    return int(text)
