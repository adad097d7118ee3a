"""From one view to the other, a line a place: who rose, who fell, and who only seems to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

import numpy as np
import numpy.typing as npt
from dash import html

from geodata.written import decimal, signed, whole
from layers.compare.frame import closing_of_both, head_row
from layers.compare.names import side_name
from layers.compare.pair import Difference, Pair, Side
from layers.compare.payload import difference_digits
from layers.compare.view import CompareView
from layers.maps.values import printed
from layers.style import DIVERGING, LINE, arrow
from layers.text import text

Values = npt.NDArray[np.float64]
MOST_LABELS = 30
"""With more places only those that surely changed are named, the largest first."""
LINE_PX = {"light": 21, "projector": 34}
"""Height of a name."""
LEAST_PX, ROOM = 320, 1.2
"""Height of the picture at least, and how much higher it is than its names: they are to stand near their lines."""
WIDE, LEADER = 100, 8
"""Width of the picture in its own units, and of it that of the thin lines from the ends to the names, on each side."""
PALE = {"light": "#b4bfca", "projector": "#6c7884"}
"""Lines of places whose change may be chance."""


def slope_section(view: CompareView, both: Pair, changed: Difference) -> html.Section:
    """Return the chart from the earlier side to the later one, its table and the closing lines."""
    lang = view.lang
    left, right = order(both)
    names = {"left": side_name(left, both), "right": side_name(right, both)}
    n, sure = int(np.isfinite(changed.value).sum()), int(changed.sure.sum())
    said = text(lang, "cmp_slope_said", n=whole(n), sure=whole(sure))
    return html.Section(
        [
            html.H2([text(lang, "cmp_slope_title", **names), html.Small(said)]),
            html.P(text(lang, "cmp_slope_key"), className="muted"),
            slopes(view, both, changed),
            _table(view, both, changed),
            *closing_of_both(both, lang),
        ],
        className="card slope-card",
        key=view.search(),
    )


def order(both: Pair) -> tuple[Side, Side]:
    """Return the sides from left to right: the earlier period first, for time runs to the right."""
    return (both.b, both.a) if both.b.view.period.start < both.a.view.period.start else (both.a, both.b)


def _labelled(changed: Difference) -> list[int]:
    """Return the places that are named: all of few, of many those that surely changed most."""
    known = np.flatnonzero(np.isfinite(changed.value))
    if len(known) <= MOST_LABELS:
        return [int(k) for k in known]
    sure = known[changed.sure[known]]
    return [int(k) for k in sure[np.argsort(-np.abs(changed.value[sure]), kind="stable")][:MOST_LABELS]]


def slopes(view: CompareView, both: Pair, changed: Difference) -> html.Div:
    """Draw a line a place: worse warm, better cool, pale where the change may be chance; names stand at the ends."""
    sides, named = order(both), _labelled(changed)
    known = np.flatnonzero(np.isfinite(changed.value))
    step = LINE_PX[view.theme]
    height = max(LEAST_PX, round(ROOM * step * len(named)))
    ends = [_down([side.values.value for side in sides], side.values.value, known, height, step) for side in sides]
    columns = [spread([float(each[k]) for k in named], step, step / 2, height - step / 2) for each in ends]
    start, end = (side.values.value for side in sides)
    worse = (end < start) if changed.higher_is_better else (end > start)
    bold = 2 if view.theme == "projector" else 1
    lines = [
        _lines(known[~changed.sure[known]], ends, PALE[view.theme], 1.0 * bold, dots=len(known) <= MOST_LABELS),
        _lines(known[changed.sure[known] & ~worse[known]], ends, DIVERGING[0], 2.5 * bold),
        _lines(known[changed.sure[known] & worse[known]], ends, DIVERGING[-1], 2.5 * bold),
    ]
    leaders = [
        f"M{a} {each[k]:.1f}L{b} {y:.1f}"
        for each, column, (a, b) in zip(ends, columns, ((LEADER, 0), (WIDE - LEADER, WIDE)), strict=True)
        for k, y in zip(named, column, strict=True)
    ]
    picture = _picture([_path(leaders, LINE, 1.0), *lines], height, text(view.lang, "cmp_slope_alt"))
    words = [_names(side, both, changed, named) for side in sides]
    parts = [
        html.Div(
            [html.B(side_name(side, both)), _column(each, column, changed.sure[named], step, height)],
            className=f"ends {at}",
        )
        for side, each, column, at in zip(sides, words, columns, ("left", "right"), strict=True)
    ]
    return html.Div([parts[0], picture, parts[1]], className="slopes")


def _down(both: Sequence[Values], values: Values, known: npt.NDArray[np.intp], height: int, step: int) -> Values:
    """Return how far below the top of the picture values stand [px], the greatest at the top."""
    every = np.concatenate([each[known] for each in both])
    low, span = (float(every.min()), float(np.ptp(every)) or 1.0) if len(every) else (0.0, 1.0)
    return step / 2 + (height - step) * (1 - (values - low) / span)


def _lines(rows: npt.NDArray[np.intp], ends: Sequence[Values], colour: str, width: float, *, dots: bool = True) -> str:
    """Return the lines of some places, each with a dot at both ends where there is room for dots."""
    left, right = ends
    x, far = LEADER, WIDE - LEADER
    pairs = [(f"{left[k]:.1f}", f"{right[k]:.1f}") for k in rows.tolist()]
    drawn = _path((f"M{x} {a}L{far} {b}" for a, b in pairs), colour, width)
    # a line of no length with round ends is a dot, however the picture is stretched
    return drawn + (_path((f"M{x} {a}h0M{far} {b}h0" for a, b in pairs), colour, 7.0) if dots else "")


def _path(pieces: Iterable[str], colour: str, width: float) -> str:
    return (
        f'<path d="{"".join(pieces)}" fill="none" stroke="{colour}" stroke-width="{width:g}" stroke-linecap="round" '
        'vector-effect="non-scaling-stroke"/>'
    )


def _picture(parts: Iterable[str], height: int, alt: str) -> html.Img:
    """Return SVG as an image that is as wide as there is room."""
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {height}" preserveAspectRatio="none">'
        f"{''.join(parts)}</svg>"
    )
    source = f"data:image/svg+xml,{quote(svg, safe=' /:=,')}"
    return html.Img(src=source, alt=alt, draggable="false", style={"height": f"{height}px"})


def _names(side: Side, both: Pair, changed: Difference, named: list[int]) -> list[list[html.Span]]:
    """Return name and value of each place at one end; on the right also which way it went."""
    left, right = order(both)
    digits, shown = difference_digits(changed), printed(side.values.value, side.values, side.city)
    found = []
    for k in named:
        name = html.Span(both.a.city.place(int(side.values.rows[k])).in_language(side.view.lang), className="name")
        number = html.Span(decimal(float(shown[k]), digits), className="value")
        change = float(right.values.value[k] - left.values.value[k])
        mark = html.Span(arrow(float(np.sign(change)), bool(changed.sure[k])), className="mark")
        found.append([number, mark, name] if side is right else [name, number])
    return found


def _column(
    words: list[list[html.Span]], column: list[float], sure: npt.NDArray[np.bool_], step: int, height: int
) -> html.Ul:
    """Return names one below the other, each at its height: the room above is what the one before leaves."""
    items, floor = [], 0.0
    for i in sorted(range(len(words)), key=lambda i: column[i]):
        top = column[i] - step / 2
        style = {"marginTop": f"{max(top - floor, 0.0):.1f}px", "height": f"{step}px", "lineHeight": f"{step}px"}
        items.append(html.Li(words[i], className="sure" if sure[i] else "", style=style))
        floor = top + step
    return html.Ul(items, style={"height": f"{height}px"})


def spread(values: list[float], least: float, low: float, high: float) -> list[float]:
    """Move values apart until neighbours are at least `least` from each other, within bounds that have room for all.

    >>> spread([1.0, 1.0, 5.0], 1.0, 0.0, 9.0)
    [0.5, 1.5, 5.0]
    """
    blocks: list[tuple[list[int], float]] = []  # members in ascending order, and the middle of the block
    for k in sorted(range(len(values)), key=lambda k: values[k]):
        members, middle = [k], values[k]
        while blocks:
            others, centre = blocks[-1]
            if middle - centre >= least * (len(others) + len(members)) / 2 - 1e-12:
                break
            blocks.pop()
            middle = (centre * len(others) + middle * len(members)) / (len(others) + len(members))
            members = others + members
        blocks.append((members, middle))
    order = [k for members, _ in blocks for k in members]
    ascending = [
        middle + (i - (len(members) - 1) / 2) * least for members, middle in blocks for i in range(len(members))
    ]
    floor = low
    for i, y in enumerate(ascending):
        ascending[i] = floor = max(y, floor)
        floor += least
    top = high
    for i in range(len(ascending) - 1, -1, -1):
        ascending[i] = top = min(ascending[i], top)
        top -= least
    placed = [0.0] * len(values)
    for k, y in zip(order, ascending, strict=True):
        placed[k] = y
    return placed


def _table(view: CompareView, both: Pair, changed: Difference) -> html.Details:
    """Return all places by their change, the largest first; of very many the first ones."""
    lang, most = view.lang, 400
    left, right = order(both)
    forward = right is both.a
    digits = difference_digits(changed)
    value = changed.value if forward else -changed.value
    rows = np.argsort(np.where(np.isfinite(value), -np.abs(value), np.inf), kind="stable")[:most]
    shown = [printed(side.values.value, side.values, side.city) for side in (left, right)]
    heads = [text(lang, "name"), side_name(left, both), side_name(right, both), text(lang, "change")]
    heads.append(text(lang, "cmp_certainty"))
    body = [
        html.Tr(
            [
                html.Th(both.a.city.place(int(both.a.values.rows[k])).in_language(lang), scope="row"),
                *[html.Td(decimal(float(each[k]), digits), className="number") for each in shown],
                html.Td(signed(float(value[k]), digits), className="number"),
                html.Td("" if not np.isfinite(value[k]) else text(lang, "sure" if changed.sure[k] else "not_sure")),
            ]
        )
        for k in rows.tolist()
    ]
    table = html.Table([head_row(heads, {1, 2, 3}), html.Tbody(body)])
    return html.Details(
        [html.Summary(text(lang, "cmp_table_all")), html.Div(table, className="table", tabIndex="0")],
        className="as-table",
    )
