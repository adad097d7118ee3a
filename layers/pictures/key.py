"""What stands beside the map: the place in numbers, what each colour means, how many places wear it."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from dash import html

from geodata.city import CityData
from geodata.written import decimal, whole
from layers.maps.circles import reference_counts
from layers.maps.legend import (
    BETWEEN,
    class_rows,
    histogram_of,
    legend_title,
    not_placed_words,
    places_without_data,
    scheme_words,
    stepped_back,
)
from layers.maps.patterns import PATTERN, Pattern, fades, pattern_legend
from layers.maps.pictures import SVG_FONT
from layers.pictures.map import GROUND, HATCH_LINE, TILE, Scene, circle, radius_of
from layers.pictures.paper import HATCH, Sheet, width_of, wrapped
from layers.style import INK, LINE, MUTED, PAPER
from layers.text import layer_name, level_name, text

HEAD, BODY, SMALL = 10.5, 9.0, 8.0
ROW = 16.0
SWATCH = (15.0, 11.0)
MOST_REST, SHORT = 60, 10
"""Places that are listed at most, and those that stand in one column."""
Box = tuple[float, float, float, float]
"""x, y, width, height [pt]."""


def draw_headline(sheet: Sheet, x: float, y: float, width: float, card: html.Section) -> float:
    """Write the first card of the page: the number, its band, its interval, its change; return the line below."""
    for part in card.children:
        name = getattr(part, "className", None)
        if isinstance(part, html.H2):
            y = sheet.lines(x, y + HEAD, plain_words(part), HEAD, width, bold=True) - HEAD * 0.45
        elif name == "figure":
            y = _figure(sheet, x, y, width, part)
        elif isinstance(part, html.P):
            y = sheet.lines(x, y + BODY, plain_words(part), BODY, width, fill=MUTED) - BODY * 0.6
    return y


def _figure(sheet: Sheet, x: float, y: float, width: float, part: html.P) -> float:
    """Write the big number, and beside it its band as on the page, or its unit."""
    first, *others = part.children if isinstance(part.children, list) else [part.children]
    big, number = 26.0, plain_words(first)
    sheet.text(x, y + big * 1.05, number, big, bold=True, kind="figure")
    at = x + width_of(number, big, bold=True) + 8
    for other in others:
        words, style = plain_words(other), getattr(other, "style", None) or {}
        wide = width_of(words, HEAD, bold=True)
        if "background" in style and at + wide + 12 <= x + width:
            sheet.rect(at, y + big * 1.05 - HEAD - 3.5, wide + 12, HEAD + 8, style["background"], 'rx="3"')
            sheet.text(at + 6, y + big * 1.05 - 1, words, HEAD, bold=True, fill=style["color"], kind="band")
            at += wide + 18
        elif at + wide <= x + width:
            sheet.text(at, y + big * 1.05 - 1, words, BODY, fill=MUTED)
            at += wide + 6
        else:
            y = sheet.lines(x, y + big * 1.05 + BODY * 1.5, words, BODY, width, fill=MUTED) - big * 1.05 - BODY
    return y + big * 1.45


def draw_legend(sheet: Sheet, x: float, y: float, width: float, scene: Scene, city: CityData) -> float:
    """Draw the legend of the places; return the line below. Nothing where a pattern's fills stand for theirs."""
    view, values = scene.view, scene.values
    if fades(view, city):
        return y
    y = sheet.lines(x, y + HEAD, legend_title(view, values), HEAD, width, bold=True) - HEAD * 0.3
    if scene.counts and values.largest:
        y = _circles(sheet, x, y, scene)
    rows = class_rows(view, city, values)
    picture = histogram_of(view, city, values) if rows else None
    if picture is not None:
        y = _embedded(sheet, x, y, picture)
    shown = stepped_back([look for look, _, _ in rows], view.classes)
    for (look, span, n), now in zip(rows, shown, strict=True):
        _swatch(sheet, x, y, look["fill"], mark=look["mark"], ink=look["ink"])
        words = f"{look['word']}  {span}".strip()
        _row(sheet, x, y, width, words, text(view.lang, "places_n", n=whole(n)), pale="pale" in now, kind="class")
        y += ROW
    _swatch(sheet, x, y, sheet.tile(HATCH, HATCH_LINE, GROUND, TILE))
    missing = text(view.lang, "places_n", n=whole(places_without_data(values)))
    _row(sheet, x, y, width, text(view.lang, "no_data"), missing, kind="nodata")
    y += ROW + 2
    for words in (
        text(view.lang, "comma_words").join(not_placed_words(view, values)),
        scheme_words(view, city, values),
    ):
        y = sheet.lines(x, y + SMALL, words, SMALL, width, fill=MUTED, kind="note") - SMALL * 0.6 if words else y
    return y


def _row(
    sheet: Sheet, x: float, y: float, width: float, words: str, number: str, *, pale: bool = False, kind: str = ""
) -> None:
    base, fill = y + SWATCH[1] - 1.5, MUTED if pale else INK
    sheet.text(x + SWATCH[0] + 6, base, words, BODY, fill=fill, kind=f"{kind}-word" if kind else "")
    sheet.text(x + width, base, number, BODY, fill=fill, anchor="end", kind=f"{kind}-n" if kind else "")


def _swatch(sheet: Sheet, x: float, y: float, fill: str, *, mark: str = "", ink: str = INK) -> None:
    sheet.rect(x, y, *SWATCH, fill, f'stroke="{LINE}" stroke-width="0.5" rx="1.5"')
    sheet.text(x + SWATCH[0] / 2, y + SWATCH[1] - 2.6, mark, 8, fill=ink, anchor="middle")


def _embedded(sheet: Sheet, x: float, y: float, picture: Any) -> float:
    """Lay a small drawing of the page on the sheet."""
    svg = unquote(picture.src.removeprefix("data:image/svg+xml,")).replace(f' font-family="{SVG_FONT}"', "")
    scale = 0.8
    sheet.parts.append(f'<g transform="translate({x:.2f},{y + 2:.2f}) scale({scale})">{svg}</g>')
    return y + float(picture.height) * scale + 10


def _circles(sheet: Sheet, x: float, y: float, scene: Scene) -> float:
    """Draw circles of round counts, one in the other, each with its number."""
    counts = reference_counts(scene.values.largest)
    sizes = [radius_of(scene, count) for count in counts]
    if not sizes:
        return y
    row, widest = 13.0, sizes[0]
    height = max(2 * widest + 2, row * len(counts))
    for k, (count, size) in enumerate(zip(counts, sizes, strict=True)):
        top, level = y + height - 2 * size, y + row * (k + 0.5)
        circle(sheet, x + widest + 1, y + height - size, size)
        sheet.line(x + widest + 1, top, x + 2 * widest + 12, level, MUTED, 0.7)
        sheet.text(x + 2 * widest + 15, level + 3, text(scene.view.lang, "incidents_n", n=whole(count)), BODY)
    return y + height + 8


def draw_pattern_legend(
    sheet: Sheet, x: float, y: float, width: float, scene: Scene, found: Pattern, card: html.Section
) -> float:
    """Draw the legend of the pattern above the places, or say why there is none; return the line below."""
    parts = pattern_legend(scene.view, found)
    if not parts:
        title, lead = layer_name(scene.view.lang, scene.view.layer), plain_words(card.children[1])
        y = sheet.lines(x, y + HEAD, title, HEAD, width, bold=True) - HEAD * 0.3
        return sheet.lines(x, y + SMALL, lead, SMALL, width, fill=MUTED, kind="lead")
    heading, items = parts
    y = sheet.lines(x, y + HEAD, plain_words(heading), HEAD, width, bold=True) - HEAD * 0.3
    for item in items.children:
        sign, word, number = item.children
        _sign(sheet, x, y, sign)
        below = sheet.lines(x + SWATCH[0] + 6, y + 9.5, plain_words(word), BODY, width - 50)
        sheet.text(x + width, y + 9.5, plain_words(number), BODY, anchor="end")
        y = max(y + ROW, below - 6)
    return y


def _sign(sheet: Sheet, x: float, y: float, sign: Any) -> None:
    """Draw a swatch of the page's legend: a line, a ring, or a fill with its tile."""
    style, kinds = getattr(sign, "style", None) or {}, sign.className.split()
    middle = (x + SWATCH[0] / 2, y + SWATCH[1] / 2)
    if "ring" in kinds:
        again = style.get("background")
        line = f'fill-opacity="0.18" stroke="{PATTERN}" stroke-width="{2.2 if again else 1.1:g}"'
        sheet.circle(*middle, 4.8, PATTERN if again else "none", line)
    elif "line" in kinds:
        dash = 'stroke-dasharray="5 3"' if "dashed" in kinds else ""
        sheet.line(x, middle[1], x + SWATCH[0], middle[1], PATTERN, 1.6, dash)
    else:
        _swatch(sheet, x, y, style.get("background") or style.get("backgroundColor") or PAPER)
        tile = re.search(r'd="([^"]+)"', unquote(style.get("backgroundImage", "")))
        if tile:
            sheet.rect(x, y, *SWATCH, sheet.tile(tile[1], PAPER, "", TILE))


def plain_words(part: Any) -> str:
    """Return the words of a component, those of its parts one after the other."""
    if part is None or isinstance(part, str | int | float):
        return "" if part is None else str(part)
    parts = part if isinstance(part, list | tuple) else [getattr(part, "children", None)]
    if len(parts) == 1 and isinstance(parts[0], list | tuple):
        return plain_words(parts[0])
    words = re.sub(" +", " ", " ".join(filter(None, map(plain_words, parts)))).strip()
    return re.sub(" ?([、，。；]) ?", r"\1", re.sub(" ([,;])", r"\1", words))


def draw_spots(sheet: Sheet, box: Box, card: html.Section) -> float:
    """Write the first spots of a pattern as its card lists them, as far as there is room; return the line below."""
    x, y, width, height = box
    foot = y + height
    for item in _items(card):
        words = BETWEEN.join(words for words in map(plain_words, item.children) if words)
        if y + 1.45 * SMALL * len(wrapped(words, SMALL, width)) > foot:
            break
        y = sheet.lines(x, y + SMALL, words, SMALL, width, kind="spot") - SMALL * 0.5
    return y


def _items(part: Any) -> list[html.Li]:
    """Return the items of the lists in a component."""
    if isinstance(part, html.Li):
        return [part]
    parts = part if isinstance(part, list | tuple) else getattr(part, "children", None)
    if isinstance(parts, list | tuple):
        return [item for each in parts for item in _items(each)]
    return [] if parts is None or isinstance(parts, str | int | float) else _items(parts)


def draw_rest(sheet: Sheet, box: Box, scene: Scene, named: set[int]) -> None:
    """List the places whose number the map has no room for, if the sheet has room for all of them."""
    x, y, width, height = box
    lang, values = scene.view.lang, scene.payload["value"]
    rest = [n for n, value in enumerate(values) if n not in named and value is not None]
    step, columns = 1.5 * SMALL, 1 if len(rest) <= SHORT else 2
    lines = -(-len(rest) // columns)
    if not rest or len(rest) > MOST_REST or HEAD + 12 + step * lines > height:
        return
    title = text(lang, "picture_rest", level=level_name(lang, scene.values.level))
    y = sheet.lines(x, y + BODY, title, BODY, width, bold=True) - BODY * 0.2
    wide = (width - 12 * (columns - 1)) / columns
    for place, n in enumerate(rest):
        left, base = x + (place // lines) * (wide + 12), y + step * (place % lines)
        k, position = scene.klass[n], scene.order[n]
        mark = scene.looks[k]["mark"] if k >= 0 else ""
        number = f"{decimal(values[n], scene.payload['decimals'])} {mark}".strip()
        room = wide - width_of(number, SMALL) - 6
        sheet.text(left, base, shortened(scene.name(position), SMALL, room), SMALL, fill=MUTED, kind="rest-name")
        sheet.text(left + wide, base, number, SMALL, anchor="end", kind="rest-n")


def shortened(words: str, size: float, width: float) -> str:
    """Return words, cut where they are wider than there is room."""
    if width_of(words, size) <= width:
        return words
    n = next((n for n in range(len(words), 0, -1) if width_of(words[:n] + "…", size) <= width), 0)
    return f"{words[:n].rstrip()}…"
