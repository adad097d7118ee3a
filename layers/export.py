"""A view as it leaves the page: the table of its places, the names of its files, and the links to them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from geodata.city import CityData, Place
from geodata.exports.incidents import Incidents
from geodata.exports.table import EXACT, Column, Kind, Look, PlaceTable, numbers
from geodata.exports.workbook import MOST_WORKED
from geodata.exports.working import Working, working
from geodata.locate import NOWHERE
from geodata.vocabulary import PeriodKind, PlaceLevel
from layers.elements import html
from layers.maps.circles import radius
from layers.maps.legend import palette, value_unit
from layers.maps.values import MapValues, chosen_types, map_values, printed, told_against
from layers.panels.filters import filter_chips
from layers.panels.types import type_name
from layers.points import hidden_types
from layers.style import aria
from layers.text import level_name, period_name, text
from layers.view import ViewState, chosen_indicator, city_of, shown_level

FORMATS = {
    "table.xlsx": "XLSX",
    "table.csv": "CSV",
    "places.geojson": "GeoJSON",
    "places.gpkg": "GeoPackage",
    "places.parquet": "GeoParquet",
}
"""Files of the places of a view, by the end of their address."""
INCIDENT_FORMATS = {"incidents.csv": "CSV", "incidents.gpkg": "GeoPackage", "incidents.parquet": "GeoParquet"}
"""Files of the incidents of a view."""
WORDS = (
    "export_sheet_places",
    "export_sheet_working",
    "export_working_about",
    "export_anchor",
    "export_risk_cap",
    "export_min_expected",
    "export_min_weight_indicators",
    "export_min_weight_sub_indices",
    "export_sub_index",
    "export_indicator",
    "export_weight",
    "export_prior",
    "export_inverse",
    "export_one_over_q",
    "export_is_measured",
    "export_place_id",
    "export_name",
    "export_due",
    "export_measured_there",
    "export_present",
    "export_composite",
    "export_deduction",
    "export_ceiling",
    "export_reproduced",
    "export_published",
    "export_difference",
)
"""Names of sheets and headings that only a workbook has."""
PICTURES = {"png": "PNG", "svg": "SVG"}
"""Files of pictures, by the end of their address."""
Values = npt.NDArray[np.float64]
EVERY = slice(None)


def place_table(view: ViewState, whole: CityData, part: slice = EVERY) -> PlaceTable:
    """Return the places of a view with the numbers that the page shows of them.

    Parameters
    ----------
    whole
        The whole city: what the view leaves out, and the method of its period, are seen to here.
    part
        Which of the places, in the order of their ids; the closing numbers are those of all.
    """
    city, lang = city_of(view, whole), view.lang
    every = map_values(view, city)
    values, looks = part_of(every, part), palette(view, every)
    worked = values.measure == "score" and part == EVERY and len(values.rows) <= MOST_WORKED
    work = working(city, values.level, view.period, values.rows) if worked else None
    columns = [*_places(view, city, values), *_counted(view, city, values), *_valued(view, city, values, looks)]
    return PlaceTable(
        title=title(view, city, values.level),
        slug=slug(view, values.level),
        facts=tuple(facts(view, city, values)),
        measure=values.measure,
        simulated=text(lang, "simulated_short") if city.settings.simulated else "",
        columns=tuple(columns),
        closing=tuple(_closing(view, city, every)),
        rows=values.rows,
        klass=values.klass,
        looks=tuple(Look(look["word"], look["fill"]) for look in looks),
        largest=values.largest,
        radius_px=radius(view, values) if values.measure == "count" else 0.0,
        working=work,
        words=_words(lang, city, work),
    )


def part_of(values: MapValues, part: slice) -> MapValues:
    """Return the values of some of the places."""
    if part == EVERY:
        return values
    low, high = (None if each is None else each[part] for each in (values.low, values.high))
    return replace(
        values,
        rows=values.rows[part],
        value=values.value[part],
        low=low,
        high=high,
        change=values.change[part],
        sure=values.sure[part],
        klass=values.klass[part],
        counted=replace(values.counted, places=values.counted.places.iloc[part]),
    )


# --- names ---


def title(view: ViewState, city: CityData, level: PlaceLevel | None = None) -> str:
    """Return what a file is called: product, place, level, period."""
    name = _place(view, city).in_language(view.lang)
    what = text(view.lang, "incidents") if level is None else level_name(view.lang, level)
    return f"{text(view.lang, 'brand')} {name} {what} {period_name(view.lang, view.period)}"


def _place(view: ViewState, city: CityData) -> Place:
    """Return the place whose parts are shown: of a finest place the one that holds it."""
    place = city.find(view.place)
    return place if shown_level(view, city) is not None else city.lineage(place)[-2]


def slug(view: ViewState, level: PlaceLevel | None = None) -> str:
    """Return a name of plain letters for a file."""
    place = "".join(letter for letter in view.place if letter.isascii() and (letter.isalnum() or letter in "-_"))
    parts = ["pingan", place, "incidents" if level is None else level.value, str(view.period).replace("..", "_")]
    return "_".join(part for part in parts if part)


def facts(view: ViewState, city: CityData, values: MapValues | None = None) -> list[tuple[str, str]]:
    """Return what the numbers rest on, as (name, value), filters in words among them."""
    lang = view.lang
    comma = text(lang, "comma")
    found = [
        ("export_place", _place(view, city).in_language(lang)),
        ("export_period", f"{period_name(lang, view.period)} ({view.period.start} – {_last(view)})"),
        ("export_shows", _shows(view, city, values)),
        ("export_filters", comma.join(words for words, _ in filter_chips(view)) or text(lang, "export_no_filters")),
        ("export_as_of", city.data_as_of.isoformat() if city.data_as_of else "—"),
        ("export_boundaries", city.boundary_version[:12]),
        ("export_data", city.unfiltered.data_version),
    ]
    if values is not None and values.measure == "score":
        found.insert(3, ("export_method", city.method.version))
        if view.weights and not view.filters:
            found.insert(4, ("export_weights", text(lang, "weights_banner", version=city.method.version)))
    if values is not None:
        found.insert(3, ("export_compare", text(lang, f"compare_{told_against(view, values.measure)}")))
    return [(text(lang, name), value) for name, value in found]


def _last(view: ViewState) -> str:
    return (view.period.end - dt.timedelta(days=1)).isoformat()


def _shows(view: ViewState, city: CityData, values: MapValues | None) -> str:
    """Say which numbers are shown: of which sub-index, indicator or type, in which unit."""
    lang, chosen, indicator = view.lang, city.method.sub_index(view.sub_index), chosen_indicator(view, city)
    every = text(lang, "total" if values is not None and values.measure == "score" else "incidents")
    parts = [every] if chosen is None else [chosen.name_en if lang == "en" else chosen.name]
    if indicator is not None:
        parts.append(indicator.name_en if lang == "en" else indicator.name)
    if view.incident_type:
        parts.append(type_name(view.incident_type, city, lang))
    if values is not None:
        unit = value_unit(lang, values)
        parts.append(text(lang, "score_pooled" if values.pooled else values.measure) + (f" ({unit})" if unit else ""))
    return " / ".join(parts)


# --- columns ---


def _places(view: ViewState, city: CityData, values: MapValues) -> list[Column]:
    found = [city.place(int(row)) for row in values.rows]
    above = [city.lineage(place)[-2] for place in found] if len(found) <= 1000 else _parents(city, values)
    columns = {
        "export_place_id": [place.id for place in found],
        "export_name": [place.in_language(view.lang) for place in found],
        "export_token": [place.token for place in found],
        "export_level": [place.level.value if place.level else "" for place in found],
        "export_parent_id": [place.token for place in above],
        "export_parent": [place.in_language(view.lang) for place in above],
    }
    shown = {"export_level": [level_name(view.lang, values.level)] * len(found)}
    return [
        Column(_key(name), text(view.lang, name), Kind.TEXT, cells, shown=shown.get(name))
        for name, cells in columns.items()
    ]


def _key(name: str) -> str:
    """Return what programs call a column."""
    return name.removeprefix("export_")


def _parents(city: CityData, values: MapValues) -> list[Any]:
    """Return the place above each of many: a few parents have many children."""
    table = city.table[values.rows].copy()
    table[:, values.level.depth :] = NOWHERE
    above = table.max(axis=1)  # rows are sorted by level: the finest is the largest
    known = {int(row): city.place(int(row)) if row != NOWHERE else city.city for row in np.unique(above)}
    return [known[int(row)] for row in above]


def _counted(view: ViewState, city: CityData, values: MapValues) -> list[Column]:
    lang = view.lang
    columns = [Column("count", text(lang, "export_count"), Kind.WHOLE, values.counted.places.tolist())]
    expected = _expected(view, city, values)
    if expected is not None:
        columns += [
            Column(_key(name), text(lang, name), Kind.NUMBER, numbers(cells), 1)
            for name, cells in zip(("export_observed", "export_expected"), expected, strict=True)
        ]
    return columns


def _expected(view: ViewState, city: CityData, values: MapValues) -> tuple[Values, Values] | None:
    """Return what was counted, weighted by severity, and expected of the indicators shown; None of a single type."""
    if view.incident_type or city.active_calibration is None or view.period.kind is PeriodKind.DAY:
        return None
    chosen, indicator = city.method.sub_index(view.sub_index), chosen_indicator(view, city)
    group = (indicator,) if indicator else chosen.indicators if chosen else city.method.indicators
    ids = {each.id for each in group}
    wanted = np.array([each.kind == "incident" and each.id in ids for each in city.method.indicators])
    seen = city.evidence(values.level, values.rows, view.period)
    known = np.isfinite(seen.expected) & wanted
    if not known.any():
        return None
    nothing = ~known.any(axis=1)
    sums = [np.where(known, each, 0.0).sum(axis=1) for each in (seen.observed, seen.expected)]
    return np.where(nothing, np.nan, sums[0]), np.where(nothing, np.nan, sums[1])


def _valued(view: ViewState, city: CityData, values: MapValues, looks: list[dict[str, str]]) -> list[Column]:
    lang, digits = view.lang, values.digits
    name = text(lang, "score_pooled" if values.pooled else values.measure)
    unit = value_unit(lang, values)
    columns = [
        Column("value", f"{name} ({unit})" if unit else name, Kind.NUMBER, _shown(values.value, values, city), digits)
    ]
    if values.low is not None and values.high is not None:
        columns += [
            Column(_key(name), text(lang, name), Kind.NUMBER, _shown(cells, values, city), digits)
            for name, cells in (("export_low", values.low), ("export_high", values.high))
        ]
    words = [looks[k]["word"] if 0 <= k < len(looks) else text(lang, "no_data") if k < 0 else "" for k in values.klass]
    columns.append(Column("class_name", text(lang, "export_class_name"), Kind.TEXT, words))
    sure = [bool(s) if np.isfinite(c) else None for s, c in zip(values.sure, values.change, strict=True)]
    said = [None if each is None else text(lang, "export_yes" if each else "export_no") for each in sure]
    columns += [
        Column(
            "change",
            text(lang, f"compare_{told_against(view, values.measure)}"),
            Kind.NUMBER,
            numbers(values.change, digits),
            digits,
        ),
        Column("sure", text(lang, "export_sure"), Kind.FLAG, sure, shown=said),
        Column("exact", text(lang, "export_exact"), Kind.NUMBER, numbers(values.value), EXACT),
        Column("class", text(lang, "export_class"), Kind.WHOLE, values.klass.tolist()),
    ]
    return columns


def _shown(cells: Values, values: MapValues, city: CityData) -> list[float | None]:
    """Return values as the page prints them."""
    return numbers(printed(cells, values, city), values.digits)


def _closing(view: ViewState, city: CityData, values: MapValues) -> list[tuple[str, str, int]]:
    """Return places + unlocated + outside = total; what lies in no place of the level is told apart in a place."""
    counted, lang = values.counted, view.lang
    leaf = shown_level(view, city) is None
    inside = view.place != "" or leaf
    return [
        ("places", text(lang, "export_sum", level=level_name(lang, values.level)), int(counted.places.sum())),
        ("unlocated", text(lang, "export_not_placed" if inside else "unlocated"), int(counted.unlocated)),
        ("outside", text(lang, "outside"), int(counted.outside)),
        ("total", text(lang, "export_total"), int(counted.total)),
    ]


def _words(lang: str, city: CityData, work: Working | None) -> dict[str, str]:
    words = {_key(name): text(lang, name) for name in WORDS}
    if work is None:
        return words
    subs = {f"sub:{each.id}": each.name_en if lang == "en" else each.name for each in city.method.sub_indices}
    names = {f"indicator:{i.id}": i.name_en if lang == "en" else i.name for i in city.method.indicators}
    return words | subs | names


# --- incidents ---


def incidents_of(view: ViewState, city: CityData) -> tuple[Incidents, CityData]:
    """Return which incidents of a view may leave the page one by one, and the city as the view sees it.

    Sensitive types are only ever counted: they are left out, and their number is said unless a drawn area would tell
    where they are.
    """
    seen = city_of(view, city)
    types, within = chosen_types(view, seen), seen.find(view.place).within
    rows = seen.index.selected(view.period.start, view.period.end, within=within, types=types)
    hidden = hidden_types(seen)[seen.index.kind[rows]]
    left_out = 0 if view.filters.area is not None else int(hidden.sum())
    marks = [text(view.lang, "simulated_short")] if seen.settings.simulated else []
    marks += [str(view.period), seen.unfiltered.data_version]
    if left_out:
        marks.append(text(view.lang, "export_left_out", n=left_out))
    return Incidents(rows[~hidden], left_out, " · ".join(marks), title(view, seen)), seen


# --- links ---


def export_links(view: ViewState, *, hours: bool = True, reviewed: bool = False) -> html.Details:
    """Return the menu of files of a view, folded.

    A chart of hours is in it only where `hours` are known, pictures for publication only where the city's maps are
    `reviewed`: else it says why not.
    """
    lang, query = view.lang, view.but(rows=0, layer="", theme="light").search()
    groups = [("export_places", FORMATS), ("export_incidents", INCIDENT_FORMATS)]
    rows = [
        html.P([html.Span(text(lang, key)), *(_link(end, name, query) for end, name in formats.items())])
        for key, formats in groups
    ]
    pictures = view.but(rows=0, theme="light").search()
    rows.append(html.P([html.Span(text(lang, "export_picture")), *_picture_links(lang, pictures, hours=hours)]))
    public = _picture_links(lang, pictures + "&public=1", hours=hours) if reviewed else []
    refused = [] if reviewed else [html.Span(text(lang, "export_not_public"), className="refused")]
    rows.append(html.P([html.Span(text(lang, "export_public")), *public, *refused]))
    return html.Details(
        [html.Summary(text(lang, "export")), html.Div(rows, className="export-list")],
        className="export",
        key=query,
        **aria(label=text(lang, "export_nav")),
    )


def _picture_links(lang: str, query: str, *, hours: bool) -> list[html.A]:
    """Return the links to pictures: the map on paper and for a screen, and the charts."""
    kinds = {
        "map": "",
        "screen": "&size=screen",
        "trend": "&chart=trend",
        **({"hours": "&chart=hours"} if hours else {}),
    }
    return [
        _link(f"picture.{end}", text(lang, f"export_picture_{kind}", format=name), query + more)
        for kind, more in kinds.items()
        for end, name in (PICTURES.items() if kind == "map" else [("png", "PNG")])
    ]


def _link(end: str, name: str, query: str) -> html.A:
    return html.A(name, href=f"/export/{end}{query}", download="", className="export-link")
