"""What the method page shows: one frozen object that makes the page and its link, and that the link makes again."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from geodata.city import CityData, Place
from geodata.errors import SelectionError
from geodata.vocabulary import Period, PeriodKind, PlaceLevel
from layers.links import not_offered, read_query
from layers.view import LANGUAGES, ViewState, parse_weights

PATH = "/method/"
MOST_PLACES = 2_000
"""Levels with more places are not ranked: nobody reads such a list."""
PLACES_A_PAGE = 50
SECTIONS = ("idea", "steps", "catalogue", "rules", "ranks", "versions", "whatif")
"""Anchors of the page, in its order."""


@dataclass(frozen=True)
class MethodView:
    """Everything that a link to the method page says. Make it with `parse_method_view`."""

    lang: str = "zh"
    period: Period | None = None
    """None in a city without data."""
    level: PlaceLevel | None = None
    """Level whose places are ranked; None in a city without levels that can be."""
    place: str = ""
    """Token of the place of the worked example, "" for the one with the lowest score."""
    indicator: str = ""
    """Indicator of the worked example, "" for the one that says most."""
    page: int = 1
    """Page of the list of ranks."""
    before: str = ""
    """Version that `after` is compared with."""
    after: str = ""
    weights: tuple[tuple[str, float], ...] = ()
    """Supposed weights, none = the method's own."""
    target: float | None = None
    """Supposed target of the composite, None = the method's own."""
    first_period: Period | None = None
    """What the link need not say."""
    first_level: PlaceLevel | None = None

    def href(self, section: str = "") -> str:
        """Return the link to this view, at one of its sections."""
        return PATH + self.search() + (f"#{section}" if section else "")

    def search(self) -> str:
        """Return the query part of the link, with its question mark if it says anything."""
        parts = {
            "period": "" if self.period in (None, self.first_period) else str(self.period),
            "level": "" if self.level is None or self.level is self.first_level else self.level.value,
            "place": self.place,
            "indicator": self.indicator,
            "page": "" if self.page == 1 else str(self.page),
            "before": self.before,
            "after": self.after,
            "weights": ",".join(f"{name}:{weight:g}" for name, weight in self.weights),
            "target": "" if self.target is None else f"{self.target:g}",
            "lang": "" if self.lang == "zh" else self.lang,
        }
        query = urlencode({key: value for key, value in parts.items() if value}, safe=":,")
        return "?" + query if query else ""

    def but(self, **changes: Any) -> MethodView:
        """Return the same view with some parts changed."""
        return replace(self, **changes)

    def on_the_map(self) -> ViewState | None:
        """Return the view of the map under the same weights, None in a city without data."""
        return None if self.period is None else ViewState(period=self.period, weights=self.weights, lang=self.lang)


def ranked_levels(city: CityData) -> list[PlaceLevel]:
    """Return the levels whose places can be ranked, coarse to fine."""
    return [level for level in city.levels if 1 < len(city.members(level, city.city)) <= MOST_PLACES]


def default_method_view(city: CityData) -> MethodView:
    """Return the first view of the page: streets in the last whole month."""
    levels, period = ranked_levels(city), city.latest_period(PeriodKind.MONTH)
    level = PlaceLevel.STREET if PlaceLevel.STREET in levels else next(iter(levels), None)
    return MethodView(period=period, level=level, first_period=period, first_level=level)


def parse_method_view(search: str | None, city: CityData) -> MethodView:
    """Read a link's query; everything that it does not say is the default.

    Raises
    ------
    SelectionError
        If any part names what the city does not offer, or stands twice.
    """
    query = read_query(search, MethodView.__dataclass_fields__.keys() - {"first_period", "first_level"})
    view = default_method_view(city)
    view = view.but(lang=_one_of("lang", query, LANGUAGES, "zh"), page=_page(query.get("page", "1")))
    if "period" in query:
        view = view.but(period=_period(query["period"], city))
    then = city if view.period is None else city.at(view.period)
    if "level" in query:
        offered = {level.value: level for level in ranked_levels(city)}
        view = view.but(level=offered[_one_of("level", query, offered, "")])
    place = _place(query.get("place", ""), city, view.level)
    view = view.but(place=place.token, indicator=_indicator(query.get("indicator", ""), then))
    versions = {name: query.get(name, "") for name in ("before", "after")}
    if not all(re.fullmatch(r"[\w.+-]{0,50}", version) for version in versions.values()):
        raise not_offered("version")
    view = view.but(**versions)
    if "weights" in query:
        view = view.but(weights=parse_weights(query["weights"], then))
    return view.but(target=_target(query["target"])) if "target" in query else view


def _page(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text):
        raise not_offered("page")
    return int(text)


def _period(text: str, city: CityData) -> Period:
    period = Period.parse(text)
    if not city.offers(period):
        raise SelectionError(f"周期 {text} 没有数据。", f"there are no data for the period {text}.")
    return period


def _place(token: str, city: CityData, level: PlaceLevel | None) -> Place:
    place = city.find(token)
    if place.level is not None and place.level is not level:
        raise not_offered("place")
    return place


def _indicator(name: str, city: CityData) -> str:
    if name and name not in {indicator.id for indicator in city.method.scored}:
        raise not_offered("indicator")
    return name


def _target(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9])?", text) or not 0 < float(text) <= 100:
        raise not_offered("target")
    return float(text)


def _one_of(key: str, query: dict[str, str], offered: Any, default: str) -> str:
    value = query.get(key, default)
    if value != default and value not in offered:
        raise not_offered(key)
    return value
