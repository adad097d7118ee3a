"""Why the score moved: one sentence, a waterfall, and a table whose every line opens the next step.

Sub-indices first; of a sub-index its types of incidents; of a type the places in which it moved; then the rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from dash import dcc, html

from geodata.city import Place
from geodata.index.explain import EffectKind, Unexplained
from geodata.reasons import Effect, Reasons
from geodata.vocabulary import Period, PeriodKind
from layers.charts.reasons import Step, waterfall_figure
from layers.panels.story import Story
from layers.panels.types import type_name
from layers.style import decimal, signed, whole
from layers.text import period_name, period_short, text
from layers.view import TOTAL, ViewState, drill, scorable

LARGEST = 6
"""Lines that are drawn one by one; the others are one line."""
DIGITS = 2
NAMED = 2
"""Parts that the sentence names."""
SHARE = 0.5
"""A type or place is named in the sentence if it makes up so much of what it is part of."""
GRAPH: Any = {"displayModeBar": False, "responsive": True}
THAN = {
    PeriodKind.DAY: "than_day",
    PeriodKind.WEEK: "than_week",
    PeriodKind.MONTH: "than_month",
    PeriodKind.QUARTER: "than_quarter",
    PeriodKind.YEAR: "than_year",
    PeriodKind.RANGE: "than_range",
}
MISSING = {
    Unexplained.BEFORE_MISSING: "why_before_missing",
    Unexplained.AFTER_MISSING: "why_after_missing",
    Unexplained.BOTH_MISSING: "why_both_missing",
    Unexplained.AGGREGATION: "why_aggregation",
}
CAUSES = {
    EffectKind.COUNT: ("why_happened_less", "why_happened_more"),
    EffectKind.EXPECTED: ("why_base_up", "why_base_down"),
    EffectKind.WEIGHT: ("why_weight_up", "why_weight_down"),
    EffectKind.RED_LINE: ("why_red_less", "why_red_more"),
}


@dataclass(frozen=True)
class Entry:
    """One line of the table and one step of the waterfall."""

    name: str
    happened: float
    """Points, by what happened."""
    base: float
    """Points, by season and base, or by what is told on no other line (weights, red lines)."""
    href: str = ""
    """The next step, "" where there is none."""
    now: int | None = None
    """Incidents; None where none are counted."""
    before: int | None = None
    rows: str = ""
    """Link to the rows behind."""
    kind: EffectKind = EffectKind.EXPECTED
    """What `base` is."""
    pinned: bool = False
    """Whether the line is always shown: it belongs to none of the others."""
    effect: Effect | None = None
    """What `happened` was before it was rounded."""

    @property
    def points(self) -> float:
        """Return the points of the line."""
        return self.happened + self.base


def reasons_card(told: Story) -> html.Section | None:
    """Explain the change of score, or say why it cannot be explained; None in a city that has no scores."""
    view, city, sub_index = told.view, told.city, explained(told)
    if not scorable(TOTAL, city):
        return None
    if not scorable(sub_index, city):
        return _card(told, [html.P(text(view.lang, "why_unscored", name=_score_name(told, sub_index)))])
    why = told.why(sub_index)
    if why is None or why.explanation.reason is not Unexplained.NONE:
        return _card(told, [html.P(_why_not(told, why), className="muted")])
    if view.incident_type:
        return _card(told, _type_parts(told, why))
    listed = closed(entries(told, why), _printed_change(why))
    parts: list[Any] = [html.P(sentence(told, why, listed), className="lead")]
    if told.daily:
        parts.append(html.P(text(view.lang, "why_own_day"), className="muted"))
    if view.theme == "projector":  # the sentence is the idea; its parts are for the desk
        return _card(told, parts)
    if not listed:
        return _card(told, parts)
    before = round(why.explanation.before, DIGITS)
    return _card(told, [*parts, _waterfall(told, listed, before), *_tables(view, listed), _help(view)])


def explained(told: Story) -> str:
    """Return the score that is explained: of a type that the chosen sub-index does not have, the composite."""
    view, chosen = told.view, told.city.method.sub_index(told.view.sub_index)
    if chosen is None or not view.incident_type:
        return view.sub_index
    has = any(kind.id == view.incident_type for indicator in chosen.indicators for kind in indicator.types)
    return view.sub_index if has else TOTAL


def closed(found: list[Entry], total: float) -> list[Entry]:
    """Round all effects so that what is printed adds up to `total`; what rounds to nothing is left out.

    Each is rounded to the nearest; the last hundredths go to those that rounding moved most, small lines first.
    """
    exact = np.array([[entry.happened, entry.base] for entry in found], dtype=np.float64).ravel()
    unit = 10.0**-DIGITS
    steps = np.round(exact / unit)
    lacking = round(total / unit) - int(steps.sum())
    large = np.arange(len(exact)) < 2 * LARGEST
    order = np.lexsort((-np.sign(lacking) * (exact / unit - steps), large))
    order = order[exact[order] != 0]
    for k in range(abs(lacking) if len(order) else 0):
        steps[order[k % len(order)]] += np.sign(lacking)
    cells = (steps * unit).reshape(-1, 2).tolist()
    return [replace(entry, happened=a, base=b) for entry, (a, b) in zip(found, cells, strict=True) if a or b]


def entries(told: Story, why: Reasons) -> list[Entry]:
    """Return the lines of a change, the largest first: by sub-index, or of a sub-index by type."""
    found = _of_types(told, why) if told.view.sub_index != TOTAL else _of_sub_indices(told, why)
    return sorted(found, key=lambda entry: -abs(entry.points))


def _of_sub_indices(told: Story, why: Reasons) -> list[Entry]:
    view, lang = told.view, told.view.lang
    effects = {(e.sub_index, e.kind): e for e in why.effects("sub_index", "kind")}
    points = {key: e.points for key, e in effects.items()}
    found = []
    for sub in told.city.method.sub_indices:
        happened = points.get((sub.id, EffectKind.COUNT), 0.0)
        base = points.get((sub.id, EffectKind.EXPECTED), 0.0)
        if happened or base:
            name = sub.name_en if lang == "en" else sub.name
            line = _counted(told, name, happened, base, view.but(sub_index=sub.id))
            found.append(replace(line, effect=effects.get((sub.id, EffectKind.COUNT))))
    return found + _rest_of(points, lang)


def _of_types(told: Story, why: Reasons) -> list[Entry]:
    view, city, lang = told.view, told.city, told.view.lang
    counted = {indicator.id for indicator in city.method.scored}
    found, base = [], 0.0
    measured: dict[str, list[float]] = {}
    for effect in why.effects("indicator", "item", "kind"):
        if effect.kind is EffectKind.COUNT and effect.incident_type:
            name = type_name(effect.incident_type, city, lang)
            line = _counted(told, name, effect.points, 0.0, view.but(incident_type=effect.incident_type))
            found.append(replace(line, effect=effect))
        elif effect.kind is EffectKind.EXPECTED and effect.indicator in counted:
            base += effect.points
        elif effect.kind in (EffectKind.COUNT, EffectKind.EXPECTED):
            cells = measured.setdefault(effect.indicator, [0.0, 0.0])
            cells[effect.kind is EffectKind.EXPECTED] += effect.points
    names = {i.id: i.name_en if lang == "en" else i.name for i in city.method.indicators}
    found += [Entry(names[name], happened, of_base) for name, (happened, of_base) in measured.items()]
    if base:
        found.append(Entry(text(lang, "why_base"), 0.0, base, pinned=True))
    return found + _rest_of({("", e.kind): e.points for e in why.effects("kind")}, lang)


def _rest_of(points: dict[tuple[str, EffectKind], float], lang: str) -> list[Entry]:
    """Return the lines of what belongs to no sub-index: weights that shifted, and red lines."""
    found = []
    for kind, key in ((EffectKind.WEIGHT, "why_weights"), (EffectKind.RED_LINE, "why_red_line")):
        total = sum(value for (_, other), value in points.items() if other is kind)
        if total:
            found.append(Entry(text(lang, key), 0.0, total, kind=kind, pinned=True))
    return found


def _counted(told: Story, name: str, happened: float, base: float, target: ViewState) -> Entry:
    """Return a line with its incidents in both periods."""
    (now, _), before = told.counts(target), told.compared_counts(target)
    total = int(now.sum())
    return Entry(
        name,
        happened,
        base,
        href=target.but(rows=0).href(),
        now=total if total or (before is not None and before.any()) else None,  # what is measured has no incidents
        before=None if before is None else int(before.sum()),
        rows=target.but(rows=1).href() if total else "",
    )


# --- words ---


def sentence(told: Story, why: Reasons, listed: list[Entry]) -> str:
    """Say in one sentence how the score moved, and mainly why: by rule, from the lines as they are printed."""
    view, lang, sub_index = told.view, told.view.lang, explained(told)
    change = _printed_change(why)
    words = {"name": _score_name(told, sub_index), "before": _than(view)}
    by_kind = {EffectKind.COUNT: sum(entry.happened for entry in listed)}
    for entry in listed:
        by_kind[entry.kind] = by_kind.get(entry.kind, 0.0) + entry.base
    causes = [(kind, round(points, DIGITS)) for kind, points in by_kind.items()]
    if not round(change, 1):  # as the headline has it
        said = text(lang, "why_same", **words, points=signed(change, DIGITS))
        moved = [cause for cause in causes if cause[1]]
        return said + (
            text(lang, "why_balance", causes=_causes(told, why, moved, listed)) if moved else text(lang, "why_nothing")
        )
    said = text(lang, "why_up" if change > 0 else "why_down", **words, points=decimal(abs(change), DIGITS))
    said += text(lang, "why_sure" if told.is_sure(sub_index) else "why_chance")
    causes = sorted((cause for cause in causes if cause[1]), key=lambda cause: -cause[1] * change)
    return said + text(lang, "why_because", causes=_causes(told, why, causes, listed))  # first what led, then the rest


def _causes(told: Story, why: Reasons, causes: Iterable[tuple[EffectKind, float]], listed: list[Entry]) -> str:
    lang, said = told.view.lang, []
    for kind, points in causes:
        words = text(lang, CAUSES[kind][points < 0], points=decimal(abs(points), DIGITS))
        said.append(words + (_among(told, why, listed) if kind is EffectKind.COUNT else ""))
    return text(lang, "why_and").join(said)


def _among(told: Story, why: Reasons, listed: list[Entry]) -> str:
    """Name the largest parts of what happened, with the type and the place that make up most of each."""
    lang, named = told.view.lang, []
    for entry in sorted(listed, key=lambda entry: -abs(entry.happened))[:NAMED]:
        if not entry.happened:
            continue
        inside = _type_and_place(told, why, entry.effect) if entry.effect else []
        words = text(lang, "why_inside", what=text(lang, "why_inside_and").join(inside)) if inside else ""
        named.append(f"{entry.name} {signed(entry.happened, DIGITS)}{words}")
    return text(lang, "why_among", list=text(lang, "comma").join(named)) if named else ""


def _effect_name(told: Story, effect: Effect) -> str:
    city, lang = told.city, told.view.lang
    if effect.incident_type:
        return type_name(effect.incident_type, city, lang)
    if effect.indicator:
        named = next(i for i in city.method.indicators if i.id == effect.indicator)
        return named.name_en if lang == "en" else named.name
    sub = city.method.sub_index(effect.sub_index)
    return "" if sub is None else sub.name_en if lang == "en" else sub.name


def _type_and_place(told: Story, why: Reasons, effect: Effect) -> list[str]:
    """Return the type and the child place that make up at least ``SHARE`` of an effect, as far as there are such."""
    items = [e for e in why.effects("sub_index", "indicator", "item", "kind") if _same(e, effect)]
    whole_effect, named = effect.points, []
    if not effect.incident_type:
        top = next((e for e in items if e.points * effect.points > 0), None)
        if top is None or abs(top.points) < SHARE * abs(effect.points):
            return []
        named.append(_effect_name(told, top))
        effect, whole_effect = top, top.points
    parts = [e for e in why.effects("indicator", "item", "part", "kind") if _same(e, effect) and e.place is not None]
    here = next((e for e in parts if e.points * whole_effect > 0), None)
    if here is not None and here.place is not None and abs(here.points) >= SHARE * abs(whole_effect):
        named.append(here.place.in_language(told.view.lang))
    return named


def _same(one: Effect, other: Effect) -> bool:
    """Say whether one count effect is a part of the other."""
    return one.kind is EffectKind.COUNT and all(
        not wanted or mine == wanted
        for mine, wanted in (
            (one.sub_index or other.sub_index, other.sub_index),
            (one.indicator, other.indicator),
            (one.incident_type, other.incident_type),
        )
    )


def _why_not(told: Story, why: Reasons | None) -> str:
    view, lang = told.view, told.view.lang
    if why is not None:
        return text(lang, MISSING[why.explanation.reason], than=_than(view))
    if not told.city.is_whole(view.period):
        return text(lang, "why_partial")
    return text(lang, "why_no_before", than=_than(view))


def _than(view: ViewState) -> str:
    key = "than_year_ago" if view.compare == "year_ago" else THAN[view.period.kind]
    return text(view.lang, key)


def _score_name(told: Story, sub_index: str) -> str:
    lang, sub = told.view.lang, told.city.method.sub_index(sub_index)
    return text(lang, "score") if sub is None else sub.name_en if lang == "en" else sub.name


def _printed_change(why: Reasons) -> float:
    """Return the change as the difference of both scores as they are printed."""
    return round(round(why.explanation.after, DIGITS) - round(why.explanation.before, DIGITS), DIGITS)


# --- one type ---


def _type_parts(told: Story, why: Reasons) -> list[Any]:
    """Explain what one type did to the score: its sentence, and the child places in which it moved."""
    view, city, lang = told.view, told.city, told.view.lang
    kind = view.incident_type
    effects = [e for e in why.effects("item", "part", "kind") if e.kind is EffectKind.COUNT and e.incident_type == kind]
    if kind not in city.method.types or not scorable(_home(told, kind), city):
        return [html.P(text(lang, "why_type_unscored"), className="lead")]
    total = round(sum(e.points for e in effects), DIGITS)
    (now, _), before = told.counts(view), told.compared_counts(view)
    words = {"name": type_name(kind, city, lang), "score": _score_name(told, explained(told))}
    words |= {"points": signed(total, DIGITS), "now": _incidents(lang, int(now.sum()))}
    if before is None:
        said = text(lang, "why_type_one", **words)
    else:
        said = text(lang, "why_type", **words, than=_than(view), before=_incidents(lang, int(before.sum())))
    found = closed(_of_places(told, effects), total)
    found = sorted([entry for entry in found if entry.points], key=lambda entry: -abs(entry.points))
    if len(found) > 1 and abs(found[0].points) >= SHARE * abs(total) and found[0].points * total > 0:
        said += text(lang, "why_type_child", place=found[0].name, points=signed(found[0].points, DIGITS))
    parts: list[Any] = [html.P(said, className="lead")]
    if view.theme == "projector" or not found or not told.city.levels_below(told.place):
        return parts
    return [*parts, _waterfall(told, found, None), *_tables(view, found, of_type=True), _help(view)]


def _home(told: Story, kind: str) -> str:
    """Return the sub-index that a type belongs to."""
    subs = told.city.method.sub_indices
    return next((s.id for s in subs for i in s.indicators for each in i.types if each.id == kind), TOTAL)


def _of_places(told: Story, effects: Iterable[Effect]) -> list[Entry]:
    """Return the lines of one type by child place."""
    view, lang = told.view, told.view.lang
    now, before = (_by_place(told, view.period), _by_place(told, view.compared_with()))
    found = []
    for effect in effects:
        place = effect.place
        if place is None or place.row is None:
            found.append(Entry(text(lang, "why_rest"), effect.points, 0.0))
            continue
        n, then, target = now.get(place.row, 0), before.get(place.row, 0), _inside(view, place)
        rows = target.but(rows=1).href() if n else ""
        found.append(Entry(place.in_language(lang), effect.points, 0.0, target.href(), n, then, rows))
    return found


def _inside(view: ViewState, place: Place) -> ViewState:
    return drill(view, place).but(rows=0)


def _by_place(told: Story, period: Period) -> dict[int, int]:
    below = told.city.levels_below(told.place)
    types = told.city.find_types([told.view.incident_type])
    if not below:
        return {}
    counted = told.city.counts(below[0], period.start, period.end, within=told.place, types=types)
    return dict(zip(counted.places.index.tolist(), counted.places.tolist(), strict=True))


# --- what is drawn ---


def _card(told: Story, parts: list[Any]) -> html.Section:
    view, lang = told.view, told.view.lang
    now, before = (period_name(lang, period) for period in (view.period, view.compared_with()))
    heading: list[Any] = [text(lang, "why")]
    if view.theme != "projector":
        heading.append(html.Small(text(lang, "why_span", now=now, before=before)))
    return html.Section([html.H2(heading), *parts], className="card reasons")


def _waterfall(told: Story, found: list[Entry], before: float | None) -> html.Div:
    """Draw the largest lines one by one and the others as one, between both scores (of a type: from 0)."""
    view, lang = told.view, told.view.lang
    large, rest, pinned = _split(found)
    steps = [Step(entry.name, entry.points) for entry in large]
    if rest:
        steps.append(Step(text(lang, "why_other", n=len(rest)), sum(entry.points for entry in rest)))
    steps += [Step(entry.name, entry.points) for entry in pinned]
    names = [period_short(lang, period) for period in (view.compared_with(), view.period)]
    if view.compare == "year_ago" and names[0] == names[1]:
        names = [str(view.compared_with()), str(view.period)]
    if before is None:
        figure = waterfall_figure(steps, None, text(lang, "why_points"), view)
    else:
        figure = waterfall_figure(steps, (names[0], before), names[1], view)
    graph = dcc.Graph(figure=figure, config=GRAPH, className="chart waterfall")
    return html.Div(
        graph, style={"--bars": str(len(steps) + (1 if before is None else 2))}, className="waterfall-frame"
    )


def _split(found: list[Entry]) -> tuple[list[Entry], list[Entry], list[Entry]]:
    """Return the lines to show, those to fold, and those that are always shown."""
    others = [entry for entry in found if not entry.pinned]
    most = LARGEST if len(others) > LARGEST + 1 else len(others)  # a fold of one line hides more than it saves
    return others[:most], others[most:], [entry for entry in found if entry.pinned]


def _tables(view: ViewState, found: list[Entry], *, of_type: bool = False) -> list[Any]:
    """Print the largest lines, and the others folded away."""
    large, rest, pinned = _split(found)
    parts: list[Any] = [_table(view, [*large, *pinned], of_type=of_type)]
    if rest:
        total = signed(sum(entry.points for entry in rest), DIGITS)
        summary = html.Summary([text(view.lang, "why_other", n=len(rest)), html.Span(total, className="number")])
        parts.append(html.Details([summary, _table(view, rest, of_type=of_type)], key=view.search()))
    return parts


def _table(view: ViewState, found: list[Entry], *, of_type: bool) -> html.Table:
    keys = ("why_points",) if of_type else ("why_happened", "why_base", "why_points")
    heads = [html.Th(text(view.lang, "why_item"), scope="col")]
    heads += [html.Th(text(view.lang, key), scope="col", className="number") for key in keys]
    rows = [
        html.Tr(
            [
                html.Td(_name_cell(view, entry)),
                *(html.Td(_cell(value), className="number") for value in _values(entry, of_type=of_type)),
            ]
        )
        for entry in found
    ]
    return html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="effects")


def _values(entry: Entry, *, of_type: bool) -> list[float]:
    return [entry.points] if of_type else [entry.happened, entry.base, entry.points]


def _cell(value: float) -> str:
    return signed(value, DIGITS) if value else ""


def _name_cell(view: ViewState, entry: Entry) -> list[Any]:
    parts: list[Any] = [dcc.Link(entry.name, href=entry.href) if entry.href else html.Span(entry.name)]
    if entry.now is not None:
        shown = _incidents(view.lang, entry.now)
        if entry.before is not None:
            shown = text(view.lang, "why_counts", now=shown, than=_than(view), before=whole(entry.before))
        see = text(view.lang, "rows_see_n", n=whole(entry.now))
        parts.append(
            dcc.Link(shown, href=entry.rows, className="counted", title=see)
            if entry.rows
            else html.Span(shown, className="counted muted")
        )
    return parts


def _help(view: ViewState) -> html.Details:
    return html.Details(
        [html.Summary(text(view.lang, "why_help")), html.P(text(view.lang, "why_help_text"))], className="help"
    )


def _incidents(lang: str, n: int) -> str:
    return text(lang, "incidents_n", n=whole(n))
