"""The rail: the composite and its sub-indices, each with score, band, change and a small line."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import numpy as np
import numpy.typing as npt

from geodata.written import signed, whole
from layers.elements import dcc, html
from layers.maps.values import chosen_types
from layers.panels.reasons import named_sub_indices
from layers.panels.story import Story
from layers.style import ACCENT, BAND_COLOURS, arrow, known
from layers.text import band_name, level_name, text
from layers.view import TOTAL, ViewState, scorable

Values = npt.NDArray[np.float64]
SVG = "data:image/svg+xml," + quote('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 16">')
LINE, LINE_END = quote('<polyline points="'), quote(f'" fill="none" stroke="{ACCENT}"/>')
COMMA, SPACE, END = quote(","), quote(" "), quote("</svg>")
"""Parts of a small picture as they stand in an address: `quote` asks of every letter, and there are thousands."""
PROJECTED = 5
"""Sub-indices that a projected rail shows: those that the sentence names, then those that moved most."""


def rail(told: Story) -> list[Any]:
    """Return one link a sub-index, the composite first; what no source feeds is folded where nothing can be scored."""
    lang, city = told.view.lang, told.city
    names = {s.id: s.name_en if lang == "en" else s.name for s in city.method.sub_indices}
    if not scorable(TOTAL, city):
        connected = [s for s in names if city.is_connected(s)]
        if told.view.theme == "projector" and len(connected) > PROJECTED:
            most = _named(_most_frequent(told, connected), names, text(lang, "all_incidents"))
            return [*(_item(told, s, name) for s, name in most), html.P(text(lang, "rail_most"), className="fold")]
        items = [_item(told, s, name) for s, name in _named(connected, names, text(lang, "all_incidents"))]
        rest = len(names) - len(connected)
        return [*items, html.P(text(lang, "folded", n=rest), className="fold")] if rest else items
    if told.view.theme != "projector":
        return [_item(told, s, name) for s, name in _named(list(names), names, text(lang, "total"))]
    items = [_item(told, s, name) for s, name in _named(_most_moved(told, list(names)), names, text(lang, "total"))]
    if not any(known(told.judged_change(s)[0]) for s in names):
        return items
    return [*items, html.P(text(lang, "rail_most_moved"), className="fold")]


def _named(chosen: list[str], names: dict[str, str], total: str) -> list[tuple[str, str]]:
    return [(TOTAL, total), *((s, names[s]) for s in chosen)]


def _most_moved(told: Story, sub_indices: list[str]) -> list[str]:
    """Return the sub-indices that the sentence names and those that moved most, in the official order.

    The one that is looked at is always among them.
    """
    moved = sorted(sub_indices, key=lambda s: -abs(np.nan_to_num(told.judged_change(s)[0])))
    first = dict.fromkeys([*named_sub_indices(told), *moved])
    shown = list(first)[:PROJECTED]
    return [s for s in sub_indices if s in shown or s == told.view.sub_index]


def _most_frequent(told: Story, sub_indices: list[str]) -> list[str]:
    """Return the sub-indices with most incidents and the one that is looked at, in the official order."""
    counts, city = told.history.counts[told.now], told.city
    most = sorted(sub_indices, key=lambda s: -int(counts[city.types_of(s)].sum()))[:PROJECTED]
    return [s for s in sub_indices if s in most or s == told.view.sub_index]


def _item(told: Story, sub_index: str, name: str) -> dcc.Link:
    view = told.view
    target = view.but(sub_index=sub_index, indicator="", incident_type="")
    if not scorable(sub_index, told.city):
        return _counted(told, target, name)
    series, judged = told.series(sub_index), told.judged(sub_index)
    now, band = judged.score, judged.band
    aimed = view.compare == "target"
    change, sure = judged.gap(told.target(sub_index)) if aimed else told.judged_change(sub_index)
    classes = ["rail-item", "on" if view.sub_index == sub_index else "", "" if known(now) else "missing"]
    lacking, why = ("", None) if known(now) else _lacking(told, sub_index)
    return dcc.Link(
        [
            html.Span(BAND_COLOURS[band][2] if band else "◌", className=f"mark band-{band.value}" if band else "mark"),
            html.Span(name, className="name"),
            html.Span(told.shown(sub_index) if known(now) else lacking, className="score"),
            html.Span(band_name(view.lang, band) if band else "", className="band"),
            html.Span(arrow(change, sure) if known(change) or not aimed else "", className="delta"),
            html.Img(src=_spark(series, told.now), className="spark", alt=""),
        ],
        title=why,
        href=target.href(),
        className=" ".join(part for part in classes if part),
    )


def _lacking(told: Story, sub_index: str) -> tuple[str, str | None]:
    """Return what stands in place of a score, and why: what was not sent is missing, what is not known here is not."""
    lang = told.view.lang
    if sub_index == TOTAL:
        return text(lang, "missing"), None
    key, level = told.lacks(sub_index), told.place.level
    why = text(lang, key, level=level_name(lang, level) if level else "")
    return text(lang, "not_at_level_short" if key == "not_at_level" else "missing"), why


def _counted(told: Story, target: ViewState, name: str) -> dcc.Link:
    """Return the item of what cannot be scored in this city: its incidents, if there are any."""
    view = told.view
    (now, _), before = told.counts(target), told.compared_counts(target)
    total = int(now.sum())
    change = "" if before is None or not total else signed(float(total - before.sum()), 0)
    there = total > 0 or _filtered_out(told, target)
    classes = ["rail-item", "on" if view.sub_index == target.sub_index else "", "" if there else "missing"]
    return dcc.Link(
        [
            html.Span("◌", className="mark"),
            html.Span(name, className="name"),
            html.Span(whole(total) if there else text(view.lang, "missing"), className="score"),
            html.Span(text(view.lang, "incidents") if there else "", className="band"),
            html.Span(change, className="delta"),
        ],
        href=target.href(),
        className=" ".join(part for part in classes if part),
    )


def _filtered_out(told: Story, target: ViewState) -> bool:
    """Say whether there were incidents before the filters: none left is 0, and not missing."""
    city, period = told.city, told.view.period
    if city.whole is None:
        return False
    rows = city.whole.index.selected(
        period.start, period.end, within=told.place.within, types=chosen_types(target, city.whole)
    )
    return len(rows) > 0


def _spark(series: Values, here: int) -> str:
    """Draw a series as a small picture, gaps left open, the current period as a dot."""
    finite = np.isfinite(series)
    if not finite.any():
        return "data:image/svg+xml," + quote('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 16"/>')
    low, high = float(series[finite].min()), float(series[finite].max())
    x = np.linspace(2, 58, len(series)).tolist()
    y = (14 - 12 * (np.nan_to_num(series) - low) / max(high - low, 1e-9)).tolist()
    runs: list[list[str]] = [[]]
    for k, there in enumerate(finite.tolist()):
        if there:
            runs[-1].append(f"{x[k]:.0f}{COMMA}{y[k]:.1f}")
        else:
            runs.append([])
    lines = "".join(f"{LINE}{SPACE.join(run)}{LINE_END}" for run in runs if run)
    dot = f'<circle cx="{x[here]:.0f}" cy="{y[here]:.1f}" r="1.8" fill="{ACCENT}"/>' if finite[here] else ""
    return f"{SVG}{lines}{quote(dot)}{END}"
