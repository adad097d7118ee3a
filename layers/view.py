"""The view: what is looked at. One frozen object makes map, panels and link, and the link makes it again."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from geodata.city import CityData, Place
from geodata.classes import Way
from geodata.errors import CityError, SelectionError
from geodata.filters import DAY_KINDS, SEVERITIES, Area, Filters
from geodata.index.catalogue import Indicator
from geodata.vocabulary import Period, PeriodKind, PlaceLevel
from layers.links import not_offered, only_months, read_query, written

TOTAL = "total"
"""The composite, beside the ids of the sub-indices."""
COMPARISONS = ("previous", "year_ago", "target")
LAYERS = ("hotspots", "emerging", "clusters", "near_repeat", "density")
"""What may lie on the map above the places."""
MEASURES = ("score", "rate", "count")
ORDERS = ("oldest", "type", "place", "source")
"""How the list of incidents may be sorted; "" = the newest first."""
MOST_CLASSES = 12
NO_FILTERS = Filters()
LANGUAGES = ("zh", "en")
THEMES = ("light", "projector")


@dataclass(frozen=True)
class ViewState:
    """Everything that a link says. Make it with `parse_view`, change it with the functions below."""

    period: Period
    place: str = ""
    """Token of the current place, "" for the city."""
    level: PlaceLevel | None = None
    """Level that the map shows; None = the next finer one."""
    sub_index: str = TOTAL
    indicator: str = ""
    """Only the types of this indicator, "" for all; its map shows the rate, as that of a type."""
    incident_type: str = ""
    """Only this type, "" for all; its map shows the rate, for a single type has no score."""
    measure: str = "score"
    filters: Filters = NO_FILTERS
    """Which incidents are looked at; what is left out is in no number."""
    scheme: str = ""
    """How the classes of a rate are drawn, such as ``jenks-5`` (`geodata.classes.Way`); "" = the usual way."""
    classes: tuple[int, ...] = ()
    """Classes of the legend that stay in colour, ascending; none = all."""
    compare: str = "previous"
    layer: str = ""
    """One of ``LAYERS`` above the places, "" for none."""
    basemap: str = ""
    """``off`` hides the map below the places, where there is one."""
    rows: int = 0
    """Page of the list of incidents, 0 = closed."""
    order: str = ""
    """One of ``ORDERS``, "" = the newest first."""
    weights: tuple[tuple[str, float], ...] = ()
    """Supposed weights of sub-indices (假设), none = the method's own."""
    lang: str = "zh"
    theme: str = "light"

    def href(self) -> str:
        """Return the link to this view."""
        return "/" + self.search()

    def search(self) -> str:
        """Return the query part of the link, with its question mark."""
        return written(self.fields())

    def fields(self) -> dict[str, str]:
        """Return the parts of the link by their names; "" is what needs no saying."""
        rows = 0 if self.theme == "projector" else self.rows  # a list of rows is for the desk
        return {
            "place": self.place,
            "level": self.level.value if self.level else "",
            "sub": "" if self.sub_index == TOTAL else self.sub_index,
            "indicator": self.indicator,
            "type": self.incident_type,
            "measure": "" if self.measure == "score" else self.measure,
            **filter_fields(self.filters),
            "scheme": self.scheme,
            "classes": ",".join(map(str, self.classes)),
            "period": str(self.period),
            "compare": "" if self.compare == "previous" else self.compare,
            "layer": self.layer,
            "basemap": self.basemap,
            "rows": str(rows) if rows else "",
            "order": self.order if rows else "",
            "weights": ",".join(f"{name}:{weight:g}" for name, weight in self.weights),
            "lang": "" if self.lang == "zh" else self.lang,
            "theme": "" if self.theme == "light" else self.theme,
        }

    def but(self, **changes: Any) -> ViewState:
        """Return the same view with some parts changed."""
        return ViewState(**(vars(self) | changes))  # `replace`, in half the time: a page has hundreds of links

    def compared_with(self) -> Period:
        """Return the period that this one is compared with; a target is told beside the period before."""
        return self.period.year_ago() if self.compare == "year_ago" else self.period.previous()


def city_of(view: ViewState, city: CityData) -> CityData:
    """Return the city as the view sees it: its filters, or the method of its period, or the weights that it supposes.

    What is filtered has no scores, so that no weights matter.
    """
    then = city.at(view.period)
    if view.filters:
        return then.filtered(view.filters)
    if not view.weights:
        return then
    return then.supposed(view.weights)


def default_view(city: CityData) -> ViewState:
    """Return the first view of a city: all of it, the last whole month, the composite.

    Raises
    ------
    CityError
        If the city has no incidents yet.
    """
    period = city.latest_period(PeriodKind.MONTH)
    if period is None:
        raise CityError(
            "还没有事件数据；请在数据页导入文件，或用 import 命令导入。",
            "there are no incidents yet: bring a file in on the data page, or with `import`.",
        )
    return ViewState(period=period)


def parse_view(search: str | None, city: CityData) -> ViewState:
    """Read a link's query; everything that it does not say is the default.

    Raises
    ------
    SelectionError
        If any part names what the city does not offer, or stands twice.
    """
    query = read_query(search)
    view = default_view(city).but(**_choices(query))
    if "period" in query:
        view = view.but(period=_period(query["period"], city))
    place = city.find(query.get("place", ""))
    view = view.but(place=place.token, sub_index=_sub_index(query.get("sub", TOTAL), city))
    view = view.but(filters=_filters(query, city), scheme=_scheme(query.get("scheme", "")))
    if "classes" in query:
        view = view.but(classes=_numbers(query["classes"], "classes", range(MOST_CLASSES)))
    if "indicator" in query:
        view = view.but(indicator=_indicator(query["indicator"], city, city.at(view.period)))
    if "type" in query:
        view = view.but(incident_type=_incident_type(query["type"], city))
    if "level" in query:
        view = view.but(level=_level(query["level"], place, city))
    if "rows" in query:
        rows = _page(query["rows"])
        view = view.but(rows=0 if view.theme == "projector" else rows)
    if "weights" in query:
        view = view.but(weights=parse_weights(query["weights"], city))
    return view


def _page(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,5}", text):
        raise not_offered("rows")
    return int(text)


def parse_weights(text: str, city: CityData) -> tuple[tuple[str, float], ...]:
    """Read supposed weights, ``fire:0.3,traffic:0.1``, in the order of the method.

    Raises
    ------
    SelectionError
        If a part names no sub-index, stands twice or is no weight, or if all weights are 0.
    """
    parts = [part.partition(":") for part in text.split(",")]
    known = [s.id for s in city.method.sub_indices]
    weights = {name: float(value) for name, _, value in parts if re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,4})?", value)}
    if len(weights) != len(parts) or not set(weights) <= set(known):
        raise not_offered("weights")
    city.supposing(weights)
    return tuple((name, weights[name]) for name in known if name in weights)


def filter_fields(filters: Filters) -> dict[str, str]:
    """Return filters as the fields of a link; "" where nothing is left out."""
    return {
        "hours": "" if filters.hours is None else f"{filters.hours[0]}-{filters.hours[1]}",
        "weekdays": ",".join(map(str, filters.weekdays)),
        "days": filters.days,
        "sources": ",".join(filters.sources),
        "severity": f"{filters.severity:g}" if filters.severity else "",
        "area": "" if filters.area is None else str(filters.area),
    }


def _filters(query: Mapping[str, str], city: CityData) -> Filters:
    """Read the filters of a link; where only months are known there are no hours and days to choose."""
    if city.months_only and query.keys() & {"hours", "weekdays", "days"}:
        raise only_months()
    sources = tuple(sorted(query["sources"].split(","))) if "sources" in query else ()
    if not set(sources) <= set(city.index.sources) or len(set(sources)) < len(sources):
        raise not_offered("sources")
    if query.get("days", "") not in ("", *DAY_KINDS):
        raise not_offered("days")
    severities = {f"{value:g}": value for value in SEVERITIES}
    if query.get("severity", "") not in ("", *severities):
        raise not_offered("severity")
    return Filters(
        hours=_hours(query["hours"]) if "hours" in query else None,
        weekdays=_numbers(query["weekdays"], "weekdays", range(1, 8)) if "weekdays" in query else (),
        days=query.get("days", ""),
        sources=sources,
        severity=severities.get(query.get("severity", ""), 0.0),
        area=_area(query["area"]) if "area" in query else None,
    )


def _hours(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([0-9]{1,2})-([0-9]{1,2})", text)
    first, end = (int(part) for part in found.groups()) if found else (0, 0)
    if not (first <= 23 and 1 <= end <= 24 and first != end and (first, end) != (0, 24)):
        raise not_offered("hours")
    return first, end


def _area(text: str) -> Area:
    area = Area.parse(text)
    if area is None:
        raise not_offered("area")
    return area


def _numbers(text: str, field: str, offered: range) -> tuple[int, ...]:
    """Read ascending whole numbers, each once."""
    numbers = [int(part) for part in text.split(",") if re.fullmatch(r"[0-9]{1,2}", part)]
    if ",".join(map(str, numbers)) != text or sorted(set(numbers)) != numbers or not set(numbers) <= set(offered):
        raise not_offered(field)
    return tuple(numbers)


def _scheme(text: str) -> str:
    way = Way.parse(text)
    if way is None:
        raise not_offered("scheme")
    return "" if way == Way() else str(way)


def _choices(query: Mapping[str, str]) -> dict[str, str]:
    offered = {
        "measure": MEASURES,
        "compare": COMPARISONS,
        "layer": LAYERS,
        "basemap": ("off",),
        "order": ORDERS,
        "lang": LANGUAGES,
        "theme": THEMES,
    }
    chosen = {key: query[key] for key in offered if key in query}
    for key, value in chosen.items():
        if value not in offered[key]:
            raise not_offered(key)
    return chosen


def _period(text: str, city: CityData) -> Period:
    period = Period.parse(text)
    if not city.offers(period):
        raise SelectionError(f"周期 {text} 没有数据。", f"there are no data for the period {text}.")
    return period


def _sub_index(text: str, city: CityData) -> str:
    if text != TOTAL and city.method.sub_index(text) is None:
        raise not_offered("sub")
    return text


def _indicator(text: str, *cities: CityData) -> str:
    if not any(text == each.id and each.types for city in cities for each in city.method.indicators):
        raise not_offered("indicator")
    return text


def _incident_type(text: str, city: CityData) -> str:
    if text not in city.type_positions and text not in city.method.types:
        raise not_offered("type")
    return text


def _level(text: str, place: Place, city: CityData) -> PlaceLevel:
    offered = [level for level in city.levels_below(place) if level.value == text]
    if not offered:
        raise not_offered("level")
    return offered[0]


def chosen_indicator(view: ViewState, city: CityData) -> Indicator | None:
    """Return the indicator that a view keeps to; None for all, or where the city's method has no such indicator."""
    return next((each for each in city.method.indicators if each.id == view.indicator), None)


# --- moves ---


def drill(view: ViewState, place: Place) -> ViewState:
    """Go into a place; the map shows its next finer level."""
    return view.but(place=place.token, level=None)


def up(view: ViewState, city: CityData) -> ViewState:
    """Go to the place that holds the current one; from the city nowhere."""
    lineage = city.lineage(city.find(view.place))
    return view if len(lineage) == 1 else view.but(place=lineage[-2].token, level=None)


def with_kind(view: ViewState, kind: PeriodKind, city: CityData) -> ViewState:
    """Change the kind of period: the last one of that kind inside or around the current period that has data."""
    last_day = view.period.end - dt.timedelta(days=1)
    if city.data_as_of is not None:
        last_day = min(last_day, city.data_as_of)
    period = Period.containing(last_day, kind)
    return view.but(period=period if city.offers(period) else city.latest_period(kind) or view.period)


def next_view(view: ViewState, event: Mapping[str, Any], city: CityData) -> ViewState:
    """Return the view after something happened on the map: the only reducer of map events.

    Parameters
    ----------
    view
        The view before.
    event
        As the browser sends it: ``{"kind": "drill", "id": token}``, ``{"kind": "up"}``, ``{"kind": "theme"}``,
        ``{"kind": "basemap"}``,
        ``{"kind": "area", "area": text}`` or ``{"kind": "hours", "hours": "18-24"}`` ("" takes it away),
        ``{"kind": "moment", "hours": "18-19", "weekdays": "5"}`` (a cell of hours by weekdays), or
        ``{"kind": "period", "period": text}``.

    Raises
    ------
    SelectionError
        If the event is none of these, or names no place.
    """
    match event:
        case {"kind": "drill", "id": str(token)} if re.fullmatch(r".{1,200}", token):
            return drill(view, city.find(token))
        case {"kind": "up"}:
            return up(view, city)
        case {"kind": "area", "area": str(area)}:
            return view.but(filters=replace(view.filters, area=_area(area) if area else None))
        case {"kind": "hours", "hours": str(hours)} if not city.months_only:
            return view.but(filters=replace(view.filters, hours=_hours(hours) if hours else None))
        case {"kind": "moment", "hours": str(hours), "weekdays": str(weekdays)} if not city.months_only:
            return view.but(filters=_at_moment(view.filters, hours, weekdays))
        case {"kind": "period", "period": str(period)}:
            return view.but(period=_period(period, city))
        case {"kind": "scheme", "scheme": str(scheme)}:
            return view.but(scheme=_scheme(scheme), classes=())
        case {"kind": "theme"}:
            return view.but(theme="light" if view.theme == "projector" else "projector")
        case {"kind": "basemap"}:
            return view.but(basemap="" if view.basemap else "off")
        case _:
            raise not_offered("event")


def _at_moment(filters: Filters, hours: str, weekdays: str) -> Filters:
    """Keep to hours and weekdays; "" leaves either as it is, and what is kept to already is let go."""
    chosen = _hours(hours) if hours else filters.hours
    days = _numbers(weekdays, "weekdays", range(1, 8)) if weekdays else filters.weekdays
    if (chosen, days) == (filters.hours, filters.weekdays):
        return replace(filters, hours=None if hours else chosen, weekdays=() if weekdays else days)
    return replace(filters, hours=chosen, weekdays=days)


def shown_level(view: ViewState, city: CityData) -> PlaceLevel | None:
    """Return the level that the map shows, None in a place without finer ones."""
    below = city.levels_below(city.find(view.place))
    return view.level or (below[0] if below else None)


def shown_measure(view: ViewState, city: CityData) -> str:
    """Return "score", "rate" or "count": a single type or indicator, and what cannot be scored here, has no score.

    What is measured and not counted has only a score. Of what lies in a drawn area there are only counts: the
    residents of a place are not those of the part of it that is inside.
    """
    if view.filters.area is not None:
        return "count"
    if view.incident_type or view.indicator or not scorable(view.sub_index, city):
        return "count" if view.measure == "count" else "rate"
    types = city.types_of(view.sub_index)
    return "score" if types is not None and len(types) == 0 else view.measure


def scorable(sub_index: str, city: CityData) -> bool:
    """Say whether a city has what a score needs: exposures and incidents of enough indicators."""
    return sub_index in city.kept("scorable", lambda: _scorable(city))


def _scorable(city: CityData) -> frozenset[str]:
    """Return the sub-indices that can be scored, and `TOTAL` if they are enough."""
    calibration, method = city.active_calibration, city.method
    if calibration is None:
        return frozenset()
    enough = method.min_weight_indicators - 1e-12
    usable = [s for s in method.sub_indices if _weight(s.indicators, calibration.present) >= enough]
    total = sum(s.weight for s in usable) >= method.min_weight_sub_indices - 1e-12
    return frozenset([*(s.id for s in usable), *([TOTAL] if total else [])])


def _weight(indicators: Iterable[Indicator], present: set[str]) -> float:
    return float(sum(i.weight for i in indicators if i.id in present))
