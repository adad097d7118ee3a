"""Filters in words, and the drawer that sets them: every choice is a link that says how much it would leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from geodata.city import CityData
from geodata.filters import DAY_KINDS, SEVERITIES, Area, Facets, Filters, facets
from geodata.written import decimal, whole
from layers.elements import dcc, html
from layers.maps.values import chosen_types
from layers.panels.types import type_name
from layers.style import aria
from layers.text import day_kind_name, source_name, text, weekday_name
from layers.view import NO_FILTERS, ViewState

PRESETS = {"dawn": (0, 6), "morning": (6, 12), "afternoon": (12, 18), "evening": (18, 24), "night": (22, 6)}
"""Spans of hours that are one click away."""
MOST_TYPES = 12
"""Types that are offered at once, where no sub-index is chosen."""
LEAST_PEAK, PEAK_SHARE = 60, 1 / 3
"""Six hours stand out where they hold a third of so many incidents, and not the quarter that they are of a day."""
TALLEST = 40
"""Height of the bar of the busiest hour [pixels]."""
Part = Any


def filter_chips(view: ViewState) -> list[tuple[str, ViewState]]:
    """Return each filter of a view as a sentence, and the view without it."""
    lang, filters = view.lang, view.filters
    comma = ", " if lang == "en" else "、"
    found: list[tuple[str, Filters]] = []
    if filters.hours is not None:
        found.append((hours_in_words(lang, filters.hours), replace(filters, hours=None)))
    if filters.weekdays:
        days = comma.join(weekday_name(lang, day) for day in filters.weekdays)
        found.append((days, replace(filters, weekdays=())))
    if filters.days:
        found.append((day_kind_name(lang, filters.days), replace(filters, days="")))
    if filters.sources:
        names = comma.join(source_name(lang, source) for source in filters.sources)
        found.append((text(lang, "filter_source", names=names), replace(filters, sources=())))
    if filters.severity:
        found.append((text(lang, f"filter_severity_{filters.severity:g}"), replace(filters, severity=0.0)))
    if filters.area is not None:
        found.append((area_in_words(lang, filters.area), replace(filters, area=None)))
    return [(words, with_filters(view, without)) for words, without in found]


def with_filters(view: ViewState, filters: Filters) -> ViewState:
    """Return the same view of other incidents; an open list of them begins at its first page."""
    return view.but(filters=filters, rows=min(view.rows, 1))


def hours_in_words(lang: str, hours: tuple[int, int]) -> str:
    """Say which hours are looked at."""
    first, end = hours
    return text(lang, "filter_hours" if first < end else "filter_hours_night", first=first, end=end)


def area_in_words(lang: str, area: Area) -> str:
    """Say what was drawn on the map, and how large it is."""
    km2 = area.km2
    size = whole(km2) if km2 >= 100 else decimal(km2, 1 if km2 >= 1 else 3)
    radius = ""
    if area.kind == "circle":
        metres = area.numbers[2]
        radius = f"{decimal(metres / 1000, 1)} km" if metres >= 1000 else f"{whole(metres)} m"
    return text(lang, f"filter_{area.kind}", km2=size, radius=radius)


def busiest_hours(view: ViewState, hours: npt.NDArray[np.int64]) -> list[Part]:
    """Offer the six hours that stand out in a day as a filter; nothing where none do or hours are chosen already.

    Parameters
    ----------
    hours
        Incidents by hour, shape (24,).
    """
    found = [(int(hours[first:end].sum()), (first, end)) for first, end in PRESETS.values() if first < end]
    n, busiest = max(found, key=lambda each: each[0])
    total = int(hours.sum())
    if view.filters.hours is not None or total < LEAST_PEAK or n < PEAK_SHARE * total or view.theme == "projector":
        return []
    words = hours_in_words(view.lang, busiest)
    target = with_filters(view, replace(view.filters, hours=busiest))
    share = f"{decimal(100 * n / total, 0)}%"
    link = dcc.Link(text(view.lang, "filters_peak_only", hours=words), href=target.href(), className="see")
    return [
        html.P([html.Span(text(view.lang, "filters_peak", hours=words, share=share) + " "), link], className="peak")
    ]


# --- the drawer ---


def choices(view: ViewState, city: CityData) -> Facets:
    """Count what each choice would leave of the incidents of a view's place, period and sub-index."""
    every = city.unfiltered
    group = chosen_types(view.but(incident_type=""), every)
    rows = every.index.selected(view.period.start, view.period.end, within=every.find(view.place).within, types=group)
    kinds = chosen_types(view, every) if view.incident_type else None
    return facets(view.filters, every.index, rows, kinds, every.method, every.settings.time_zone)


def drawer(view: ViewState, city: CityData) -> list[Part]:
    """Return button and content of the drawer; it stays open while one chooses."""
    lang, n = view.lang, len(filter_chips(view))
    found = choices(view, city)
    label = text(lang, "filters_n", n=n) if n else text(lang, "filters")
    inside = [_head(view, found), *nothing_left(view, found)]
    if city.months_only:
        inside.append(html.P(text(lang, "filters_months_only"), className="muted"))
    else:
        inside += [_hours(view, found), _weekdays(view, found), _days(view, found)]
    inside += [_sources(view, city, found), _severity(view, found), _types(view, city, found)]
    return [
        html.Summary(label, className="on" if n else ""),
        html.Div(
            [part for part in inside if part is not None],
            className="filter-panel",
            role="group",
            **aria(label=text(lang, "filters_nav")),
        ),
    ]


def nothing_left(view: ViewState, found: Facets) -> list[Part]:
    """Say that no incident is left, and what each filter that stands in the way would leave if it went."""
    if found.kept or not view.filters:
        return []
    fields = ["hours", "weekdays", "days", "sources", "severity", "area"]
    fields = [name for name in fields if getattr(view.filters, name) != getattr(NO_FILTERS, name)]
    links = [
        dcc.Link(text(view.lang, "filters_drop", name=name, n=whole(found.without[field])), href=target.href())
        for field, (name, target) in zip(fields, filter_chips(view), strict=True)
        if found.without[field]
    ]
    if view.incident_type and found.without.get("kinds"):
        words = text(view.lang, "filters_drop", name=text(view.lang, "filters_types"), n=whole(found.without["kinds"]))
        links.append(dcc.Link(words, href=view.but(incident_type="").href()))
    clear = dcc.Link(text(view.lang, "filters_clear"), href=with_filters(view, NO_FILTERS).href())
    items = [html.Li(link) for link in [*links, clear]]
    key = "filters_none" if links else "filters_none_any" if found.all else "filters_none_here"
    return [html.Div([html.P(text(view.lang, key)), html.Ul(items)], className="nothing-left")]


def _head(view: ViewState, found: Facets) -> html.Div:
    lang = view.lang
    key = "filters_kept" if view.filters else "filters_all"
    parts: list[Part] = [html.Span(text(lang, key, kept=whole(found.kept), all=whole(found.all)), role="status")]
    if view.filters:
        clear = with_filters(view, NO_FILTERS).href()
        parts.append(dcc.Link(text(lang, "filters_clear"), href=clear, className="clear"))
    close = text(lang, "filters_close")
    parts.append(html.Button("×", className="filters-close", title=close, **aria(label=close)))
    return html.Div(parts, className="filters-head")


def _group(view: ViewState, key: str, parts: Sequence[Part], name: str) -> html.Div:
    title = text(view.lang, key)
    return html.Div(
        [html.H3(title), html.Div(parts, className="options", role="group", **aria(label=title))],
        className=f"filter-group {name}",
    )


def _option(view: ViewState, label: str, filters: Filters, n: int, *, on: bool) -> dcc.Link:
    return _choice(label, with_filters(view, filters), n, on=on)


def _choice(label: str, target: ViewState, n: int, *, on: bool) -> dcc.Link:
    classes = " ".join(name for name, holds in (("option", True), ("on", on), ("none", not n)) if holds)
    state: Any = aria(current="true") if on else {}
    return dcc.Link(
        html.Span([label, html.Small(whole(n), className="n")], **state), href=target.href(), className=classes
    )


def _hours(view: ViewState, found: Facets) -> html.Div:
    lang, filters = view.lang, view.filters
    options = [
        _option(
            view,
            text(lang, f"filters_hours_{name}"),
            replace(filters, hours=None if filters.hours == hours else hours),
            found.in_hours(hours),
            on=filters.hours == hours,
        )
        for name, hours in PRESETS.items()
    ]
    group = _group(view, "filters_hours", options, "hours")
    first, end = filters.hours or (0, 24)
    wanted, most = filters.hours_kept(), max(int(found.hours[:24].max()), 1)
    bars = [
        html.Span(
            html.I(style={"height": f"{TALLEST * int(n) / most:.0f}px"}),
            title=text(lang, "filters_hour_n", hour=hour, next=hour + 1, n=whole(int(n))),
            className="hour on" if wanted[hour] else "hour",
            **_data(hour=hour),
        )
        for hour, n in enumerate(found.hours[:24])
    ]
    scale = [html.Span(str(hour)) for hour in (0, 6, 12, 18, 24)]
    group.children += [  # the bars are for a pointer; the keyboard has the two lists below
        html.Div(bars, className="hour-bars", **aria(hidden="true")),
        html.Div(scale, className="hour-scale", **aria(hidden="true")),
        html.Div(
            [
                _clock(view, "from", range(24), first),
                _clock(view, "to", range(1, 25), end),
                html.Span(text(lang, "filters_hours_drag"), className="muted drag-hint"),
            ],
            className="clocks",
        ),
    ]
    if found.hours[24]:
        words = text(lang, "filters_hours_unknown", n=whole(int(found.hours[24])))
        group.children.append(html.P(words, className="muted"))
    return group


def _data(**values: object) -> dict[str, Any]:
    return {f"data-{key}": str(value) for key, value in values.items()}


def _clock(view: ViewState, which: str, hours: range, chosen: int) -> html.Label:
    options = [
        html.Option(text(view.lang, "filters_hour", hour=hour), value=str(hour), selected=hour == chosen)
        for hour in hours
    ]
    return html.Label([text(view.lang, f"filters_hours_{which}"), html.Select(options, className=f"clock-{which}")])


def _weekdays(view: ViewState, found: Facets) -> html.Div:
    lang, filters = view.lang, view.filters
    options = [
        _option(
            view,
            weekday_name(lang, day),
            replace(filters, weekdays=_toggled(filters.weekdays, day, 7)),
            int(found.weekdays[day - 1]),
            on=day in filters.weekdays,
        )
        for day in range(1, 8)
    ]
    return _group(view, "filters_weekdays", options, "weekdays")


def _days(view: ViewState, found: Facets) -> html.Div:
    filters = view.filters
    options = [
        _option(
            view,
            day_kind_name(view.lang, kind),
            replace(filters, days="" if filters.days == kind else kind),
            found.days[kind],
            on=filters.days == kind,
        )
        for kind in DAY_KINDS
    ]
    return _group(view, "filters_days", options, "days")


def _sources(view: ViewState, city: CityData, found: Facets) -> html.Div | None:
    lang, filters, names = view.lang, view.filters, city.unfiltered.index.sources
    if len(names) < 2:
        return None
    order = sorted(range(len(names)), key=lambda k: -int(found.sources[k]))
    options = [
        _option(
            view,
            source_name(lang, names[k]),
            replace(filters, sources=_toggled(filters.sources, names[k], len(names))),
            int(found.sources[k]),
            on=names[k] in filters.sources,
        )
        for k in order
        if found.sources[k] or names[k] in filters.sources
    ]
    return _group(view, "filters_sources", options, "sources") if options else None


def _severity(view: ViewState, found: Facets) -> html.Div:
    filters = view.filters
    options = [
        _option(
            view,
            text(view.lang, f"filter_severity_{least:g}"),
            replace(filters, severity=0.0 if filters.severity == least else least),
            found.severity[least],
            on=filters.severity == least,
        )
        for least in SEVERITIES
    ]
    return _group(view, "filters_severity", options, "severity")


def _types(view: ViewState, city: CityData, found: Facets) -> html.Div | None:
    """Offer the types of the chosen sub-index, the most frequent first."""
    names = city.unfiltered.index.types
    there = [k for k in np.argsort(-found.kinds, kind="stable").tolist() if found.kinds[k]]
    chosen = [k for k in there if names[k] == view.incident_type]
    shown = sorted({*there[:MOST_TYPES], *chosen}, key=there.index) if city.types_of(view.sub_index) is None else there
    if not shown:
        return None
    options = [
        _choice(
            type_name(names[k], city, view.lang),
            view.but(incident_type="" if names[k] == view.incident_type else names[k], rows=min(view.rows, 1)),
            int(found.kinds[k]),
            on=names[k] == view.incident_type,
        )
        for k in shown
    ]
    group = _group(view, "filters_types", options, "types")
    if len(shown) < len(there):
        group.children.append(html.P(text(view.lang, "filters_types_more", n=len(shown)), className="muted"))
    return group


def _toggled(chosen: tuple[Any, ...], item: Any, n: int) -> tuple[Any, ...]:
    """Put an item in or take it out; all of them together are no filter."""
    after = tuple(sorted(set(chosen) ^ {item}))
    return () if len(after) == n else after
