"""What A, B and their parts are called."""

from __future__ import annotations

from geodata.city import CityData
from layers.compare.pair import Pair, Side
from layers.panels.types import type_name
from layers.text import period_name, text
from layers.view import TOTAL, ViewState, chosen_indicator, scorable

BETWEEN = " · "


def sub_name(sub_index: str, city: CityData, lang: str) -> str:
    """Return the name of a sub-index, or of the composite; of all incidents where there are no scores."""
    chosen = city.method.sub_index(sub_index)
    if sub_index == TOTAL and not scorable(TOTAL, city):
        return text(lang, "all_incidents")
    if sub_index == TOTAL or chosen is None:
        return text(lang, "total")
    return chosen.name_en if lang == "en" else chosen.name


def subject_name(view: ViewState, city: CityData) -> str:
    """Return the name of what a view counts: a type, an indicator, else a sub-index or the composite."""
    if view.incident_type:
        return type_name(view.incident_type, city, view.lang)
    if view.indicator:
        indicator = chosen_indicator(view, city)
        return view.indicator if indicator is None else indicator.name_en if view.lang == "en" else indicator.name
    return sub_name(view.sub_index, city, view.lang)


def view_name(view: ViewState, city: CityData) -> str:
    """Return place, period and subject of a view."""
    place = city.find(view.place).in_language(view.lang)
    return BETWEEN.join([place, period_name(view.lang, view.period), subject_name(view, city)])


def side_name(side: Side, both: Pair) -> str:
    """Return what tells a side from the other one: the parts in which A and B differ, else its period."""
    view, lang, (a, b) = side.view, side.view.lang, (both.a.view, both.b.view)
    parts = []
    if a.place != b.place:
        parts.append(side.city.find(view.place).in_language(lang))
    if a.period != b.period:
        parts.append(period_name(lang, view.period))
    if a.sub_index != b.sub_index:
        parts.append(sub_name(view.sub_index, side.city, lang))
    return BETWEEN.join(parts or [period_name(lang, view.period)])
