"""Why the score moved: one sentence, a waterfall, and a table whose every line opens the next step.

Sub-indices first; of a sub-index its types of incidents; of a type the places in which it moved; then the rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from geodata.city import Place
from geodata.index.catalogue import Indicator, SubIndex
from geodata.index.explain import EffectKind, Unexplained
from geodata.reasons import Effect, Reasons
from geodata.vocabulary import Period, PeriodKind
from geodata.written import decimal, signed, whole
from layers.charts.reasons import Step, waterfall
from layers.elements import dcc, html
from layers.panels.story import Story
from layers.panels.types import type_name
from layers.text import period_name, text
from layers.view import TOTAL, ViewState, chosen_indicator, drill, scorable, shown_measure

Counts = npt.NDArray[np.int64]
LARGEST = 6
"""Lines that are drawn one by one; the others are one line."""
DIGITS = 2
NAMED = 2
"""Parts that the sentence names on the side of the change; of the other side it names one."""
SHARE = 0.5
"""A type or place is named in the sentence if it makes up so much of what it is part of."""
ASIDE = 0.25
"""The second part is named if it is at least so large against the first."""
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
    EffectKind.EXPECTED: ("why_base_up", "why_base_down"),
    EffectKind.WEIGHT: ("why_weight", "why_weight"),
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
    measured: bool = False
    """Whether it comes from surveys and measurements: there are no rows behind."""
    uneven: bool = False
    """Whether sources were silent on different days of both periods: what happened and the base are told as one."""
    single: bool = False
    """Whether all of it is one kind of incident: more points than the number accounts for are graver incidents."""

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
    if shown_measure(view, city) != "score" and not (view.incident_type or view.indicator):
        return _card(told, _count_parts(told))
    why = told.why(sub_index)
    if why is None or why.explanation.reason is not Unexplained.NONE:
        return _card(told, [html.P(_why_not(told, why), className="muted")])
    if view.incident_type:
        return _card(told, _type_parts(told, why))
    indicator = chosen_indicator(view, city)
    if view.indicator:
        return _card(told, _indicator_parts(told, why, indicator))
    listed = closed(entries(told, why), _printed_change(why))
    parts: list[Any] = [html.P(sentence(told, why, listed), className="lead")]
    if told.daily:
        parts.append(html.P(text(view.lang, "why_own_day"), className="muted"))
    if view.theme == "projector":  # the sentence is the idea; its parts are for the desk
        return _card(told, parts)
    if not listed:
        return _card(told, parts)
    before, after = (round(score, DIGITS) for score in (why.explanation.before, why.explanation.after))
    figure = _waterfall(told, listed, before)
    return _card(told, [*parts, figure, *_tables(view, listed), _closing(view, listed, (before, after)), _help(view)])


def explained(told: Story) -> str:
    """Return the score that is explained: of a type or indicator that is not the chosen sub-index's, the composite."""
    view, chosen = told.view, told.city.method.sub_index(told.view.sub_index)
    if chosen is None or not (view.incident_type or view.indicator):
        return view.sub_index
    if view.incident_type:
        has = any(kind.id == view.incident_type for indicator in chosen.indicators for kind in indicator.types)
    else:
        has = any(indicator.id == view.indicator for indicator in chosen.indicators)
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
    """Return the lines of a change, the largest first: by sub-index, or of a sub-index by indicator.

    Of a sub-index with a single indicator by type: a step with one line would explain nothing.
    """
    chosen = told.city.method.sub_index(explained(told))
    if chosen is None:
        found = _of_sub_indices(told, why)
    elif len(chosen.indicators) > 1:
        found = _of_indicators(told, why, chosen.indicators)
    else:
        found = _of_types(told, why, chosen.indicators[0])
    kinds = {("", e.kind): e.points for e in told.effects(why, "kind")}
    return sorted(found + _rest_of(told, kinds), key=lambda entry: -abs(entry.points))


def _of_sub_indices(told: Story, why: Reasons) -> list[Entry]:
    view, lang = told.view, told.view.lang
    effects = {(e.sub_index, e.kind): e for e in told.effects(why, "sub_index", "kind")}
    points = {key: e.points for key, e in effects.items()}
    found = []
    for sub in told.city.method.sub_indices:
        happened = points.get((sub.id, EffectKind.COUNT), 0.0)
        base = points.get((sub.id, EffectKind.EXPECTED), 0.0)
        if happened or base:
            name = sub.name_en if lang == "en" else sub.name
            line = _counted(told, name, happened, base, view.but(sub_index=sub.id))
            measured = not any(indicator.types for indicator in sub.indicators)
            single = len(sub.indicators) == 1
            effect = effects.get((sub.id, EffectKind.COUNT))
            found.append(replace(line, effect=effect, measured=measured, single=single))
    return found


def _of_indicators(told: Story, why: Reasons, indicators: Iterable[Indicator]) -> list[Entry]:
    view, lang = told.view, told.view.lang
    effects = {(e.indicator, e.kind): e for e in told.effects(why, "indicator", "kind")}
    found = []
    for indicator in indicators:
        happened, base = (effects.get((indicator.id, kind)) for kind in (EffectKind.COUNT, EffectKind.EXPECTED))
        points = [effect.points if effect else 0.0 for effect in (happened, base)]
        if not any(points):
            continue
        name = _name_of(indicator, lang)
        if indicator.types:
            line = _counted(told, name, points[0], points[1], view.but(indicator=indicator.id))
            found.append(replace(line, effect=happened, single=True))
        else:
            found.append(Entry(name, points[0], points[1], effect=happened, measured=True))
    return found


def _of_types(told: Story, why: Reasons, indicator: Indicator) -> list[Entry]:
    view, city, lang = told.view, told.city, told.view.lang
    found, base = [], 0.0
    uneven = told.is_uneven(view.but(indicator=indicator.id, incident_type=""))
    for effect in told.effects(why, "indicator", "item", "kind"):
        if effect.indicator != indicator.id:
            continue
        if effect.kind is EffectKind.COUNT:
            name = type_name(effect.incident_type, city, lang) if effect.incident_type else _name_of(indicator, lang)
            target = view.but(incident_type=effect.incident_type)
            line = _counted(told, name, effect.points, 0.0, target) if effect.incident_type else None
            line = line or Entry(name, effect.points, 0.0, measured=True)
            found.append(replace(line, effect=effect, uneven=uneven))
        elif effect.kind is EffectKind.EXPECTED:
            base += effect.points
    if base:
        name = text(lang, "why_base_gap" if uneven else "why_base_line")
        found.append(Entry(name, 0.0, base, pinned=True, uneven=uneven))
    return found


def _name_of(thing: Indicator | SubIndex, lang: str) -> str:
    return thing.name_en if lang == "en" else thing.name


def _rest_of(told: Story, points: dict[tuple[str, EffectKind], float]) -> list[Entry]:
    """Return the lines of what belongs to no sub-index: weights that shifted, and red lines."""
    found, lang = [], told.view.lang
    for kind, key in ((EffectKind.WEIGHT, "why_weights"), (EffectKind.RED_LINE, "why_red_line")):
        total = sum(value for (_, other), value in points.items() if other is kind)
        if not total:
            continue
        line, crossed = Entry(text(lang, key), 0.0, total), _crossed(told) if kind is EffectKind.RED_LINE else []
        if len(crossed) == 1:
            target = told.view.but(sub_index=TOTAL, indicator="", incident_type=crossed[0])
            line = _counted(told, line.name, 0.0, total, target)
        found.append(replace(line, kind=kind, pinned=True, uneven=False))
    return found


def _crossed(told: Story) -> list[str]:
    """Return the types of red lines and deductions that occurred in either period."""
    (now, _), before = told.counts(told.view.but(sub_index=TOTAL, indicator="", incident_type="")), told.before
    counts = now if before is None else now + before.counts[0]
    lines = [name for name, kind in told.city.method.types.items() if kind.red_line or kind.deduction]
    positions = told.city.type_positions
    return [name for name in lines if name in positions and counts[positions[name]]]


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
        uneven=told.is_uneven(target),
    )


# --- words ---


def sentence(told: Story, why: Reasons, listed: list[Entry]) -> str:
    """Say in plain words how the score moved, and mainly why: by rule, from the lines as they are printed."""
    lang, sub_index = told.view.lang, explained(told)
    change = _printed_change(why)
    words = {"name": _score_name(told, sub_index), "before": _than(told.view)}
    causes = _causes(told, why, listed)
    if not round(change, 1):  # as the headline has it
        said = text(lang, "why_same", **words, points=signed(change, DIGITS))
        if not causes:
            return said + text(lang, "why_quiet" if _is_quiet(told) else "why_nothing")
        return said + text(lang, "why_balance", causes=text(lang, "why_and").join(cause for _, cause in causes))
    said = text(lang, "why_up" if change > 0 else "why_down", **words, points=decimal(abs(change), DIGITS))
    said += text(lang, "why_sure" if told.is_sure(sub_index) else "why_chance")
    causes = sorted(causes, key=lambda cause: -cause[0] * change)  # first what led
    if not causes:
        return said + text(lang, "why_nothing")
    return said + text(lang, "why_because", causes=text(lang, "why_and").join(cause for _, cause in causes))


def _causes(told: Story, why: Reasons, listed: list[Entry]) -> list[tuple[float, str]]:
    """Return points and words of what happened, of the calendar, of weights and of red lines, as far as there are."""
    lang = told.view.lang
    uneven, listed = [e for e in listed if e.uneven], [e for e in listed if not e.uneven]
    happened = round(sum(entry.happened for entry in listed), DIGITS)
    causes = []
    if any(entry.happened for entry in listed):
        causes.append((happened, _happened(told, happened, listed) + _among(told, why, happened, listed)))
    if points := round(sum(entry.points for entry in uneven), DIGITS):
        names = text(lang, "comma").join(entry.name for entry in uneven if not entry.pinned)
        causes.append((points, text(lang, "why_uneven", names=names, points=signed(points, DIGITS))))
    for kind, keys in CAUSES.items():
        points = round(sum(entry.base for entry in listed if entry.kind is kind), DIGITS)
        if points:
            causes.append((points, text(lang, keys[points < 0], points=signed(points, DIGITS))))
    return causes


def _happened(told: Story, points: float, listed: list[Entry]) -> str:
    """Say whether there truly were fewer incidents or more, lighter or graver ones, or else better or worse."""
    lang = told.view.lang
    if not points:
        return text(lang, "why_even")
    better = points > 0
    key = "why_better" if better else "why_worse"
    fewer = [entry.before - entry.now for entry in listed if entry.now is not None and entry.before is not None]
    if fewer and not all(entry.measured for entry in listed if entry.happened):
        if sum(fewer) * points > 0:
            key = "why_fewer" if better else "why_more"
        elif _is_single(told):
            key = "why_lighter" if better else "why_graver"
    return text(lang, key, points=signed(points, DIGITS))


def _among(told: Story, why: Reasons, points: float, listed: list[Entry]) -> str:
    """Name the largest parts of what happened, and the largest one against it where it weighs as much."""
    lang, (named, against) = told.view.lang, _picked(points, listed)
    said = text(lang, "why_among", list=text(lang, "comma").join(_named(told, why, entry) for entry in named))
    if named and against:
        said += text(lang, "why_but", what=_named(told, why, against[0]))
    return said if named else text(lang, "why_among", list=_named(told, why, against[0])) if against else ""


def _picked(points: float, listed: list[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Return the parts that the sentence names: the largest along with what happened, and the one against it."""
    large = sorted(listed, key=lambda entry: -abs(entry.happened))
    along = [entry for entry in large if entry.happened * (points or 1.0) > 0]
    against = [entry for entry in large if entry.happened * (points or 1.0) < 0][:1]
    named = [entry for entry in along[:NAMED] if abs(entry.happened) >= ASIDE * abs(along[0].happened)]
    weighs = not named or (bool(against) and abs(against[0].happened) >= SHARE * abs(points))
    return named, against if weighs else []


def named_sub_indices(told: Story) -> list[str]:
    """Return the sub-indices that the sentence of the composite names."""
    view = told.view
    why = told.why(TOTAL) if explained(told) == TOTAL and not (view.indicator or view.incident_type) else None
    if why is None or why.explanation.reason is not Unexplained.NONE:
        return []
    listed = [entry for entry in closed(entries(told, why), _printed_change(why)) if not entry.uneven]
    named, against = _picked(round(sum(entry.happened for entry in listed), DIGITS), listed)
    return [entry.effect.sub_index for entry in [*named, *against] if entry.effect]


def _named(told: Story, why: Reasons, entry: Entry) -> str:
    """Name a part with its points and with the type and the place that make up most of it."""
    lang = told.view.lang
    brief = told.view.theme == "projector"
    inside = _type_and_place(told, why, entry.effect) if entry.effect and not brief else ""
    aside = [] if brief else _beside_number(lang, entry)
    aside += [text(lang, "why_inside", what=inside)] if inside else []
    words = text(lang, "why_bracket", what=text(lang, "comma_words").join(aside)) if aside else ""
    return f"{entry.name} {signed(entry.happened, DIGITS)}{words}"


def _beside_number(lang: str, entry: Entry) -> list[str]:
    """Say that the number did not change as the points have it: that incidents were graver or lighter instead."""
    if entry.measured or entry.now is None or entry.before is None or entry.happened * (entry.before - entry.now) > 0:
        return []
    if entry.happened > 0:
        return [text(lang, "why_part_lighter" if entry.single else "why_part_not_fewer")]
    return [text(lang, "why_part_graver" if entry.single else "why_part_not_more")]


def _is_single(told: Story) -> bool:
    """Say whether what is explained is one kind of incident."""
    chosen = told.city.method.sub_index(explained(told))
    return bool(told.view.indicator) or (chosen is not None and len(chosen.indicators) == 1)


def _is_quiet(told: Story) -> bool:
    """Say whether nothing happened in either period."""
    (now, _), before = told.counts(told.view), told.compared_counts(told.view)
    return not now.any() and before is not None and not before.any()


def _effect_name(told: Story, effect: Effect) -> str:
    city, lang = told.city, told.view.lang
    if effect.incident_type:
        return type_name(effect.incident_type, city, lang)
    if effect.indicator:
        named = next(i for i in city.method.indicators if i.id == effect.indicator)
        return named.name_en if lang == "en" else named.name
    sub = city.method.sub_index(effect.sub_index)
    return "" if sub is None else sub.name_en if lang == "en" else sub.name


def _type_and_place(told: Story, why: Reasons, effect: Effect) -> str:
    """Name the type and the child place that make up at least ``SHARE`` of an effect, as far as there are such."""
    lang, kind, place = told.view.lang, "", ""
    whole_effect = effect.points
    if not effect.incident_type:
        items = [e for e in told.effects(why, "sub_index", "indicator", "item", "kind") if _same(e, effect)]
        top = next((e for e in items if e.points * effect.points > 0), None)
        if top is None or abs(top.points) < SHARE * abs(effect.points):
            return ""
        named = bool(top.incident_type) or not effect.indicator  # not the name of the indicator itself once more
        kind, effect, whole_effect = _effect_name(told, top) if named else "", top, top.points
    if not _is_sensitive(told, effect.incident_type):
        parts = told.effects(why, "indicator", "item", "part", "kind")
        here = next((e for e in parts if _same(e, effect) and e.place and e.points * whole_effect > 0), None)
        if here is not None and here.place is not None and abs(here.points) >= SHARE * abs(whole_effect):
            place = here.place.in_language(lang)
    return text(lang, "why_of_place", place=place, kind=kind) if place and kind else place or kind


def _is_sensitive(told: Story, kind: str) -> bool:
    """Say whether incidents of a type are told of the place as a whole only."""
    known_type = told.city.method.types.get(kind)
    return known_type is not None and known_type.sensitive


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


def _score_within(told: Story) -> str:
    """Name the score that is explained as it stands within a sentence."""
    sub_index = explained(told)
    return text(told.view.lang, "why_score_within") if sub_index == TOTAL else _score_name(told, sub_index)


def _printed_change(why: Reasons) -> float:
    """Return the change as the difference of both scores as they are printed."""
    return round(round(why.explanation.after, DIGITS) - round(why.explanation.before, DIGITS), DIGITS)


# --- numbers of incidents, where they or their rate are what is shown ---


@dataclass(frozen=True)
class Moved:
    """One line of a change of numbers: a sub-index, or of a sub-index a type."""

    name: str
    target: ViewState | None
    now: int
    before: int

    @property
    def difference(self) -> int:
        """Return by how many incidents it moved."""
        return self.now - self.before


def _count_parts(told: Story) -> list[Any]:
    """Say by how many incidents the number changed and in what; the lines add up to the whole change."""
    view, lang = told.view, told.view.lang
    (now, _), before = told.counts(view), told.compared_counts(view)
    if before is None:
        uneven = told.before is not None and told.is_uneven(view)
        words = text(lang, "counts_uneven") if uneven else _why_not(told, None)
        return [html.P(words, className="muted")]
    found = moved(told, now, before)
    parts: list[Any] = [html.P(count_sentence(told, found), className="lead")]
    if view.theme == "projector" or not found:
        return parts
    most = LARGEST if len(found) > LARGEST + 1 else len(found)
    parts.append(_moved_table(view, found[:most]))
    if rest := found[most:]:
        total = signed(sum(line.difference for line in rest), 0)
        summary = html.Summary([text(lang, "why_other", n=len(rest)), html.Span(total, className="number")])
        parts.append(html.Details([summary, _moved_table(view, rest)], key=view.search()))
    sums = {
        "difference": signed(int(now.sum() - before.sum()), 0),
        "now": whole(now.sum()),
        "before": whole(before.sum()),
    }
    return [*parts, html.P(text(lang, "why_count_sum", **sums), className="sum muted")]


def moved(told: Story, now: Counts, before: Counts) -> list[Moved]:
    """Return what makes up a change of numbers, the largest change first: sub-indices, or of one its types.

    Parameters
    ----------
    now, before
        Incidents by type, shape (n_types,), in both periods.
    """
    view, city, lang = told.view, told.city, told.view.lang
    types, found = city.types_of(view.sub_index), list[Moved]()
    if types is not None:
        for k in types.tolist():
            name, target = type_name(city.index.types[k], city, lang), view.but(incident_type=city.index.types[k])
            found.append(Moved(name, target, int(now[k]), int(before[k])))
    else:
        left_now, left_before = now.copy(), before.copy()
        for sub in city.method.sub_indices:
            own, name = city.types_of(sub.id), sub.name_en if lang == "en" else sub.name
            found.append(Moved(name, view.but(sub_index=sub.id), int(left_now[own].sum()), int(left_before[own].sum())))
            left_now[own], left_before[own] = 0, 0  # each is told once
        found.append(Moved(text(lang, "why_count_unmapped"), None, int(left_now.sum()), int(left_before.sum())))
    return sorted([line for line in found if line.now or line.before], key=lambda line: -abs(line.difference))


def count_sentence(told: Story, found: list[Moved]) -> str:
    """Say the change, and what moved most towards it and against it."""
    lang, total = told.view.lang, sum(line.difference for line in found)
    if not total:
        said = text(lang, "why_count_same", than=_than(told.view))
    else:
        key = "why_count_up" if total > 0 else "why_count_down"
        said = text(lang, key, n=whole(abs(total)), than=_than(told.view))
    sides = [[line for line in found if line.difference * side > 0] for side in ((1, -1) if total >= 0 else (-1, 1))]
    for lines, most in zip(sides, (NAMED, 1), strict=True):
        if lines:
            named = [f"{line.name} {signed(line.difference, 0)}" for line in lines[:most]]
            key = "why_count_most_up" if lines[0].difference > 0 else "why_count_most_down"
            said += text(lang, key, names=text(lang, "comma").join(named))
    return said + text(lang, "stop").strip()


def _moved_table(view: ViewState, found: list[Moved]) -> html.Table:
    lang = view.lang
    heads = [text(lang, "why_item"), text(lang, "why_now"), _than(view), text(lang, "why_count_change")]
    head = html.Tr([html.Th(name, scope="col", className="number" if k else "") for k, name in enumerate(heads)])
    rows = []
    for line in found:
        name = html.Span(line.name) if line.target is None else dcc.Link(line.name, href=line.target.href())
        now: Any = whole(line.now)
        if line.target is not None and line.now:
            see = text(lang, "rows_see_n", n=now)
            now = dcc.Link(now, href=line.target.but(rows=1).href(), className="counted", title=see)
        cells = [now, whole(line.before), signed(line.difference, 0)]
        rows.append(html.Tr([html.Td(name), *(html.Td(cell, className="number") for cell in cells)]))
    return html.Table([html.Thead(head), html.Tbody(rows)], className="effects of-counts")


# --- one type ---


def _type_parts(told: Story, why: Reasons) -> list[Any]:
    """Explain what one type did to the score: its sentence, and the child places in which it moved."""
    view, city, lang = told.view, told.city, told.view.lang
    kind = view.incident_type
    effects = [
        e for e in told.effects(why, "item", "part", "kind") if e.kind is EffectKind.COUNT and e.incident_type == kind
    ]
    if kind not in city.method.types or not scorable(_home(told, kind), city):
        return [html.P(text(lang, "why_type_unscored"), className="lead")]
    total = sum(e.points for e in effects)
    indicator = chosen_indicator(view, city)
    if indicator is not None:  # the step before prints it
        name = type_name(kind, city, lang)
        total = next((e.points for e in _types_listed(told, why, indicator) if e.name == name), total)
    total = round(total, DIGITS)
    (now, _), before = told.counts(view), told.compared_counts(view)
    words = {"name": type_name(kind, city, lang), "score": _score_within(told)}
    words |= {"points": signed(total, DIGITS), "now": _incidents(lang, int(now.sum()))}
    if before is None:
        said = text(lang, "why_type_one", **words)
        said += text(lang, "why_type_uneven") if told.is_uneven(view) else ""
    else:
        said = text(lang, "why_type", **words, than=_than(view), before=_incidents(lang, int(before.sum())))
    found = [] if _is_sensitive(told, kind) else closed(_of_places(told, effects), total)
    found = sorted([entry for entry in found if entry.points], key=lambda entry: -abs(entry.points))
    if len(found) > 1 and abs(found[0].points) >= SHARE * abs(total) and found[0].points * total > 0:
        said += text(lang, "why_type_child", place=found[0].name, points=signed(found[0].points, DIGITS))
    parts: list[Any] = [html.P(said, className="lead")]
    if view.theme == "projector" or not found or not told.city.levels_below(told.place):
        return parts
    tables = _tables(view, found, of_type=True)
    return [*parts, _waterfall(told, found, None), *tables, _closing(view, found, None), _help(view)]


def _indicator_parts(told: Story, why: Reasons, indicator: Indicator | None) -> list[Any]:
    """Explain what one indicator did to the score: its sentence, its types, and what the calendar does to it."""
    view, lang = told.view, told.view.lang
    if indicator is None or not any(each.id == indicator.id for each in told.city.method.scored):
        return [html.P(text(lang, "why_indicator_unscored"), className="lead")]
    listed = _types_listed(told, why, indicator)
    total = round(sum(entry.points for entry in listed), DIGITS)
    words = {"name": _name_of(indicator, lang), "score": _score_within(told)}
    words |= {"points": signed(total, DIGITS), "than": _than(view)}
    causes = sorted(_causes(told, why, listed), key=lambda cause: -cause[0] * (total or 1.0))
    because = text(lang, "why_and").join(cause for _, cause in causes)
    said = text(lang, "why_indicator", **words)
    said += text(lang, "why_balance", causes=because) if causes else text(lang, "why_nothing")
    parts: list[Any] = [html.P(said, className="lead")]
    if view.theme == "projector" or not listed:
        return parts
    return [*parts, _waterfall(told, listed, None), *_tables(view, listed), _closing(view, listed, None), _help(view)]


def _types_listed(told: Story, why: Reasons, indicator: Indicator) -> list[Entry]:
    """Return the lines of an indicator; they add up to what the step before prints of it."""
    found = _of_types(told, why, indicator)
    exact = sum(entry.points for entry in found)
    above = replace(told, view=told.view.but(indicator="", incident_type=""))
    name = _name_of(indicator, told.view.lang)
    steps = closed(entries(above, why), _printed_change(why)) if explained(told) != TOTAL else []
    total = next((entry.points for entry in steps if entry.name == name), exact)
    return sorted(closed(found, total), key=lambda entry: -abs(entry.points))


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
    heading: list[Any] = [text(lang, "why")]
    if view.theme != "projector":
        heading.append(html.Small(text(lang, "why_span", before=period_name(lang, view.compared_with()))))
    return html.Section([html.H2(heading), *parts], className="card reasons")


def _waterfall(told: Story, found: list[Entry], before: float | None) -> html.Ol:
    """Draw the largest lines one by one and the others as one, between both scores (of a type: from 0)."""
    view, lang = told.view, told.view.lang
    large, rest, pinned = _split(found)
    steps = [Step(entry.name, entry.points) for entry in large]
    if rest:
        steps.append(Step(text(lang, "why_other", n=len(rest)), sum(entry.points for entry in rest)))
    steps += [Step(entry.name, entry.points) for entry in pinned]
    if before is None:
        return waterfall(steps, None, text(lang, "why_points"))
    return waterfall(steps, (_than(view), before), text(lang, "why_now"))


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
    if of_type:
        return [entry.points]
    if entry.uneven:  # what was not sent is in both
        return [0.0, 0.0, entry.points]
    base = entry.base if entry.kind is EffectKind.EXPECTED else 0.0  # weights and red lines are neither
    return [entry.happened, base, entry.points]


def _closing(view: ViewState, listed: list[Entry], ends: tuple[float, float] | None) -> html.P:
    """Add up what is printed: to both scores as printed, or of one part of the score to its points."""
    lang = view.lang
    total = signed(round(sum(entry.points for entry in listed), DIGITS), DIGITS)
    if ends is None:
        return html.P(text(lang, "why_sum_part", points=total), className="sum muted")
    before, after = (decimal(score, DIGITS) for score in ends)
    return html.P(text(lang, "why_sum", points=total, before=before, after=after), className="sum muted")


def _cell(value: float) -> str:
    return signed(value, DIGITS) if value else ""


def _name_cell(view: ViewState, entry: Entry) -> list[Any]:
    parts: list[Any] = [dcc.Link(entry.name, href=entry.href) if entry.href else html.Span(entry.name)]
    if entry.measured:
        parts.append(html.Span(text(view.lang, "why_measured"), className="counted muted"))
    elif entry.now is not None:
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
        [
            html.Summary(text(view.lang, "why_help")),
            html.P(text(view.lang, "why_help_text")),
            html.P(text(view.lang, "interval_why")),
        ],
        className="help",
    )


def _incidents(lang: str, n: int) -> str:
    return text(lang, "incidents_n", n=whole(n))
