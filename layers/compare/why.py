"""Why A and B are what they are: the reasons of both side by side, and of their difference where it can be told."""

from __future__ import annotations

from typing import Any

import numpy as np
from dash import dcc, html
from dash.development.base_component import Component

from geodata.city import CityData
from geodata.index.compare import SIGNIFICANT, change_p_value
from geodata.written import signed, whole
from layers.compare.frame import closing_of_both, head_row
from layers.compare.names import view_name
from layers.compare.pair import Pair, Side
from layers.compare.view import CompareView
from layers.maps.values import chosen_types, usual_days
from layers.panels.reasons import reasons_card
from layers.panels.story import story
from layers.panels.types import type_name
from layers.style import arrow
from layers.text import text
from layers.view import ViewState, city_of

Part = Any
MOST_TYPES = 15


def reasons_sections(view: CompareView, both: Pair, city: CityData) -> list[Part]:
    """Return the reasons of A and of B, each against the period before it; then those of A against B."""
    sides = [("A", view.a), ("B", view.b)]
    cards = [_card(each, city) for _, each in sides]
    parts: list[Part] = []
    if any(card is not None for card in cards):
        both_cards = [_titled(*side, city, card) for side, card in zip(sides, cards, strict=True)]
        parts.append(html.Div(both_cards, className="two"))
    if view.a.place == view.b.place and view.a.sub_index == view.b.sub_index:
        between = _between(view, city)
        if between is not None:
            parts.append(_wide(text(view.lang, "cmp_why_between"), between))
    parts.append(_types(view, both))
    return [html.Div(parts, className="why", key=view.search())]


def _card(view: ViewState, city: CityData) -> Part:
    found = reasons_card(story(view.but(compare="previous"), city_of(view, city)))
    return None if found is None else leading_away(found)


def _between(view: CompareView, city: CityData) -> Part:
    """Explain A against B where B is the same period a year before."""
    if view.b.period != view.a.period.year_ago():
        return None
    found = reasons_card(story(view.a.but(compare="year_ago"), city_of(view.a, city)))
    return None if found is None else leading_away(found)


def _titled(letter: str, view: ViewState, city: CityData, card: Part) -> html.Div:
    title = html.H2([html.B(letter, className=f"badge {letter.lower()}"), view_name(view, city)], className="of-side")
    return html.Div([title, card])


def _wide(title: str, card: Part) -> html.Div:
    return html.Div([html.H2(title, className="of-side"), card], className="between")


def leading_away(part: Part) -> Part:
    """Return a part whose links to the map load the map's page: they are not links of this page."""
    if isinstance(part, list | tuple):
        return [leading_away(each) for each in part]
    if not isinstance(part, Component) or isinstance(part, dcc.Graph):
        return part
    children = leading_away(getattr(part, "children", None))
    if isinstance(part, dcc.Link):
        kept: dict[str, Any] = {name: getattr(part, name, None) for name in ("href", "className", "title")}
        return html.A(children, **kept)
    if children is not None:
        part.children = children
    return part


# --- types ---


def _types(view: CompareView, both: Pair) -> html.Section:
    """Return incidents by type of A and B; a change is told where both are the same place, at two times as long."""
    lang = view.lang
    counts = [_by_type(side) for side in (both.a, both.b)]
    order = np.argsort(-(counts[0] + counts[1]), kind="stable")
    order = np.array([k for k in order.tolist() if counts[0][k] + counts[1][k] > 0], dtype=np.intp)
    listed, rest = order[:MOST_TYPES], order[MOST_TYPES:]
    tested = _may_be_tested(both)
    heads = [text(lang, "cmp_type"), "A", "B", *([text(lang, "cmp_a_minus_b")] if tested else [])]
    rows = [
        _type_row(type_name(both.a.city.index.types[k], both.a.city, lang), counts, k, both, tested=tested)
        for k in listed.tolist()
    ]
    if len(rest):
        name = text(lang, "other_types", n=len(rest))
        rows.append(_row(name, int(counts[0][rest].sum()), int(counts[1][rest].sum()), None, tested=tested, lang=lang))
    total = (int(counts[0].sum()), int(counts[1].sum()))
    rows.append(_row(text(lang, "cmp_sum"), *total, None, tested=tested, lang=lang))
    table = html.Table([head_row(heads, {1, 2, 3}), html.Tbody(rows)], className="types")
    return html.Section(
        [
            html.H2(text(lang, "cmp_types_title")),
            html.Div(table, className="table", tabIndex="0"),
            *closing_of_both(both, lang),
        ],
        className="card types-card",
    )


def _may_be_tested(both: Pair) -> bool:
    a, b = both.a.view, both.b.view
    same = a.place == b.place and a.sub_index == b.sub_index and a.period.kind is b.period.kind
    return same and a.period != b.period and both.a.city.comparable(a.period, b.period)


def _by_type(side: Side) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the incidents of a side's place by type, those that its view counts."""
    city, view = side.city, side.view
    place, types = city.find(view.place), chosen_types(view, city)
    counts = city.index.period_types([view.period.start, view.period.end], place.within)[0].astype(np.int64)
    if types is not None:
        keep = np.zeros(len(counts), dtype=np.int64)
        keep[types] = 1
        counts = counts * keep
    return np.asarray(counts)


def _type_row(name: str, counts: list[Any], k: int, both: Pair, *, tested: bool) -> html.Tr:
    a, b, lang = int(counts[0][k]), int(counts[1][k]), both.a.view.lang
    if not tested:
        return _row(name, a, b, None, tested=False, lang=lang)
    kind = both.a.city.index.types[k]
    days = [usual_days(side.city, side.view.period, side.view.but(incident_type=kind)) for side in (both.b, both.a)]
    p = float(change_p_value(b, a, days[0], days[1]))
    more_than_chance = p < SIGNIFICANT and (a - b) * (a * days[0] - b * days[1]) > 0
    return _row(name, a, b, more_than_chance, tested=True, lang=lang)


def _row(name: str, a: int, b: int, sure: bool | None, *, tested: bool, lang: str) -> html.Tr:
    cells = [html.Th(name, scope="row"), html.Td(whole(a), className="number"), html.Td(whole(b), className="number")]
    if tested and sure is None:
        cells.append(html.Td(signed(a - b, 0), className="number"))
    elif tested:
        words: list[Part] = [html.Span(f"{arrow(_sign(a - b), bool(sure))} {signed(a - b, 0)}")] if a != b else ["–"]
        if a != b:
            words.append(html.Small(text(lang, "sure" if sure else "not_sure"), className="" if sure else "muted"))
        cells.append(html.Td(words, className="moved number"))
    return html.Tr(cells)


def _sign(change: int) -> float:
    return float(np.sign(change))
