"""The map as a table: the places shown, worst first."""

from __future__ import annotations

import numpy as np

from geodata.city import CityData
from geodata.index.bands import BANDS, NO_BAND
from geodata.vocabulary import PeriodKind
from geodata.written import decimal, signed, whole
from layers.elements import dcc, html
from layers.maps.values import MapValues, printed, told_against
from layers.style import BAND_COLOURS, arrow
from layers.text import level_name, text
from layers.view import TOTAL, ViewState, drill

LONGEST = 60


def children_card(view: ViewState, city: CityData, values: MapValues) -> html.Section:
    """List the places of the map with value, change and count: lowest scores, highest rates or counts first."""
    order = np.argsort(values.value if values.measure == "score" else -values.value, kind="stable")
    lang = view.lang
    heads = (
        text(lang, "name"),
        text(lang, values.measure),
        text(lang, "gap_target" if _is_gap(view, values) else f"change_{values.measure}"),
        *([] if values.measure == "count" else [text(lang, "count")]),
    )
    rows = [_row(view, city, values, int(k)) for k in order[:LONGEST]]
    parts = [
        html.H2(text(lang, "children", level=level_name(lang, values.level))),
        html.Table(
            [html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])), html.Tbody(rows)], className="places"
        ),
    ]
    if _outside_of_all(view, city, values):
        parts.append(html.P(text(lang, "children_near_usual"), className="muted"))
    if len(order) > LONGEST:
        parts.append(html.P(text(lang, "children_more", n=LONGEST, all=whole(len(order))), className="muted"))
    return html.Section(parts, className="card children")


def _outside_of_all(view: ViewState, city: CityData, values: MapValues) -> bool:
    """Say whether a place scores above all of its parts as they are printed, or below all of them."""
    place = city.find(view.place)
    if values.measure != "score" or view.period.kind is PeriodKind.DAY or values.level not in city.levels_below(place):
        return False
    scores, shown = city.history(place, [view.period]).scores, printed(values.value, values, city)
    ids = [sub.id for sub in city.method.sub_indices]
    own = scores.score[0] if view.sub_index == TOTAL else scores.sub_score[0, ids.index(view.sub_index)]
    shown, own = shown[np.isfinite(shown)], float(printed(own, values, city))
    return len(shown) > 0 and np.isfinite(own) and (own > shown.max() or own < shown.min())


def _is_gap(view: ViewState, values: MapValues) -> bool:
    return told_against(view, values.measure) == "target"


def _change(values: MapValues, k: int, digits: int) -> str:
    """Write a change with its sign, of a score with its arrow."""
    change = float(values.change[k])
    if not np.isfinite(change):
        return ""
    mark = arrow(change, bool(values.sure[k])) + " " if values.measure == "score" else ""
    return mark + signed(change, digits)


def _row(view: ViewState, city: CityData, values: MapValues, k: int) -> html.Tr:
    place = city.place(int(values.rows[k]))
    digits = values.digits
    value = float(printed(values.value[k], values, city))
    mark = ""
    if values.measure == "score" and values.klass[k] != NO_BAND:
        mark = BAND_COLOURS[BANDS[int(values.klass[k])]][2] + " "
    return html.Tr(
        [
            html.Td(dcc.Link(place.in_language(view.lang), href=drill(view, place).href())),
            html.Td(mark + (decimal(value, digits) if np.isfinite(value) else text(view.lang, "missing"))),
            html.Td(_change(values, k, digits)),
            *([] if values.measure == "count" else [html.Td(whole(int(values.counted.places.iloc[k])))]),
        ]
    )
