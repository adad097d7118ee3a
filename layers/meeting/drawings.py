"""Maps, hour grids and bars of a meeting on a sheet: the pictures of its minutes and of the page for a chat group."""

from __future__ import annotations

from layers.meeting.page import Bars, HourGrid, MapView, Shapes
from layers.pictures.labels import LEADING, Box, Room, Spot, Words, chosen
from layers.pictures.paper import HATCH, Sheet, Size, width_of, wrapped
from layers.style import CIRCLE, INK, LAND, LIGHT, LINE, MUTED, PAPER, RAMP, luminance
from layers.text import text

SEA, GROUND, HATCH_LINE, EDGE = "#e9eff4", "#f4f6f8", "#b4c0cb", "#8a99a8"
DARK_HALO = "#0b1118"
DPI = 300
BETTER, WORSE = "#225ea8", "#b35806"
"""Bars to the right of zero and to the left of it; ▲ and ▼ say the same."""


def sheet_of(width: float, height: float) -> Sheet:
    """Return an empty sheet of a size in points."""
    return Sheet(Size(round(width / 72 * DPI), round(height / 72 * DPI), DPI, printed=True))


# --- maps ---


def map_sheet(lang: str, view: MapView, shapes: Shapes, width: float, tallest: float) -> Sheet:
    """Draw a map with its legend below.

    Parameters
    ----------
    width
        Of the picture [pt].
    tallest
        The map itself is no higher [pt].
    """
    tall = min(width * shapes.height + 16, tallest)
    rows = _key_rows(lang, view, width, 9.0)
    sheet = sheet_of(width, tall + 8 + 15 * len(rows))
    draw_map(sheet, (0, 0, width, tall), view, shapes, 8.0)
    _write_keys(sheet, rows, (0, tall + 8), 9.0, circles=view.circles)
    return sheet


def draw_map(sheet: Sheet, box: Box, view: MapView, shapes: Shapes, size: float) -> None:
    """Draw the parts of a place into a box (x, y, width, height), with names and numbers of a size."""
    x, y, width, height = box
    margin = size
    scale = min(width - 2 * margin, (height - 2 * margin) / shapes.height)
    left, top = x + (width - scale) / 2, y + (height - scale * shapes.height) / 2
    sheet.rect(*box, SEA)
    hatch = sheet.tile(HATCH, HATCH_LINE, GROUND, size / 12)
    for area in view.areas:
        fill = LAND if view.circles else area.colour or hatch
        path = "".join(
            "M" + "L".join(f"{left + px * scale:.2f},{top + py * scale:.2f}" for px, py in ring) + "z"
            for ring in shapes.rings.get(area.token, ())
        )
        edge = EDGE if view.circles or not area.colour else PAPER
        sheet.path(path, fill=fill, stroke=edge, width=size / 11, more='fill-rule="evenodd"')
    if view.circles:
        for area in sorted(view.areas, key=lambda each: -each.radius):
            if area.radius and area.token in shapes.points:
                px, py = shapes.points[area.token]
                more = f'fill-opacity="0.25" stroke="{area.colour or CIRCLE}" stroke-width="{size / 7:.2f}"'
                sheet.circle(left + px * scale, top + py * scale, area.radius * scale, area.colour or CIRCLE, more)
    _write_names(sheet, box, (left, top, scale), view, shapes, size)


def _write_names(
    sheet: Sheet, box: Box, at: tuple[float, float, float], view: MapView, shapes: Shapes, size: float
) -> None:
    left, top, scale = at
    spots = []
    for n, area in enumerate(view.areas):
        points = [point for ring in shapes.rings.get(area.token, ()) for point in ring]
        if not points or area.token not in shapes.points:
            continue
        across, down = ([point[axis] for point in points] for axis in (0, 1))
        room = ((max(across) - min(across)) * scale, (max(down) - min(down)) * scale)
        px, py = shapes.points[area.token]
        dark = not view.circles and bool(area.colour) and luminance(area.colour) <= LIGHT
        value = area.text if area.value is not None else ""
        words = Words(area.name, value, value, area.value is not None, dark)
        spots.append(Spot(n, words, (left + px * scale, top + py * scale), room))
    x, y, width, height = box
    edge = (x + 2, y + 2, x + width - 2, y + height - 2)
    for label in chosen(spots, size, lambda: Room(edge)):
        for k, line in enumerate(label.lines):
            base = label.box[1] + 1 + LEADING * size * (k + 0.8)
            sheet.text(
                (label.box[0] + label.box[2]) / 2,
                base,
                line,
                size,
                bold=True,
                fill=PAPER if label.dark else INK,
                halo=DARK_HALO if label.dark else PAPER,
                halo_width=0.18 if view.circles else 0.28,
                anchor="middle",
                kind="label",
            )


KeyRow = list[tuple[float, str, str]]
"""Entries of one row of a legend: how far to the right, colour, words."""


def _key_rows(lang: str, view: MapView, width: float, size: float) -> list[KeyRow]:
    """Lay out a legend in rows."""
    rows: list[KeyRow] = []
    at = width
    for key in view.keys:
        words = key.label if view.circles and key.colour else text(lang, "poster_key", label=key.label, n=key.n)
        wide = 2.0 * size + width_of(words, size) + 1.6 * size
        if at + wide > width or not rows:
            rows.append([])
            at = 0.0
        rows[-1].append((at, key.colour, words))
        at += wide
    return rows


def _write_keys(sheet: Sheet, rows: list[KeyRow], at: tuple[float, float], size: float, *, circles: bool) -> None:
    x, y = at
    for k, row in enumerate(rows):
        for right, colour, words in row:
            fill = colour or sheet.tile(HATCH, HATCH_LINE, GROUND, size / 12)
            top = y + 1.65 * size * k
            if circles and colour:
                more = f'fill-opacity="0.25" stroke="{colour}" stroke-width="{size / 7:.2f}"'
                sheet.circle(x + right + size * 0.8, top + size * 0.55, size * 0.55, colour, more)
            else:
                sheet.rect(x + right, top, 1.5 * size, size, fill, f'stroke="{EDGE}" stroke-width="0.5"')
            sheet.text(x + right + 2.0 * size, top + 0.9 * size, words, size, kind="key")


def draw_keys(sheet: Sheet, lang: str, at: tuple[float, float], width: float, view: MapView, size: float) -> float:
    """Write the legend of a map; return the line below."""
    x, y = at
    rows = _key_rows(lang, view, width, size)
    _write_keys(sheet, rows, (x, y), size, circles=view.circles)
    return y + 1.65 * size * len(rows)


# --- charts ---


def hours_sheet(lang: str, grid: HourGrid, width: float) -> Sheet:
    """Draw incidents by hour and weekday, each cell with its number, a row a day."""
    size, tall = 8.0, 15.0
    left = max(width_of(day, size) for day in grid.days) + 6
    sums = [sum(row) for row in grid.counts]
    right = max(width_of(str(n), size, bold=True) for n in sums) + 8
    wide = (width - left - right) / 24
    sheet = sheet_of(width, tall * (len(grid.days) + 1) + 4)
    most = max(max(row) for row in grid.counts) or 1
    small = min(size, wide / (0.6 * len(str(most)) + 0.3))
    for d, (day, row) in enumerate(zip(grid.days, grid.counts, strict=True)):
        base = d * tall + tall / 2 + size * 0.36
        sheet.text(left - 6, base, day, size, anchor="end")
        for hour, count in enumerate(row):
            fill = shade(count / most)
            sheet.rect(left + hour * wide, d * tall, wide - 0.8, tall - 0.8, fill)
            if count:
                ink = INK if luminance(fill) > LIGHT else PAPER
                middle = left + (hour + 0.5) * wide
                sheet.text(middle, base, str(count), small, fill=ink, anchor="middle", kind="cell")
        sheet.text(width - 1, base, str(sums[d]), size, bold=True, anchor="end", kind="day-sum")
    foot = len(grid.days) * tall + size + 3
    for hour in range(0, 24, 3):
        words = text(lang, "minutes_hour", hour=hour)
        sheet.text(left + (hour + 0.5) * wide, foot, words, size, fill=MUTED, anchor="middle", kind="hour")
    return sheet


def shade(share: float) -> str:
    """Return the colour of a share of the largest count: white for none, then the ramp."""
    if not share:
        return GROUND
    return RAMP[min(int(share * len(RAMP)), len(RAMP) - 1)]


def bars_sheet(bars: Bars, width: float) -> Sheet:
    """Draw horizontal bars from zero, with name and number."""
    size, step = 9.0, 15.0
    sheet = sheet_of(width, step * len(bars.names) + 4)
    draw_bars(sheet, (0, 0), width, bars, size, step)
    return sheet


def draw_bars(sheet: Sheet, at: tuple[float, float], width: float, bars: Bars, size: float, step: float) -> None:
    """Draw horizontal bars at a corner, a row each."""
    x, y = at
    texts = [_marked(each, value, bars) for each, value in zip(bars.texts, bars.values, strict=True)]
    names = [wrapped(name, size, width * 0.34)[0] for name in bars.names]
    left = max(width_of(name, size) for name in names) + size
    beside = max(width_of(each, size, bold=True) for each in texts) + size
    low, high = min(0.0, *bars.values), max(0.0, *bars.values)
    room = width - left - (2 if low < 0 < high else 1) * beside
    unit = room / ((high - low) or 1.0)
    zero = x + left + (beside if low < 0 else 0) - low * unit
    for k, (name, value, words) in enumerate(zip(names, bars.values, texts, strict=True)):
        top, base = y + k * step, y + k * step + step / 2 + size * 0.36
        sheet.text(x, base, name, size)
        colour = CIRCLE if not bars.signed else BETTER if value >= 0 else WORSE
        sheet.rect(zero + min(value, 0) * unit, top + step * 0.18, abs(value) * unit, step * 0.64, colour)
        end = zero + value * unit
        before = value < 0
        gap = size * 0.4
        sheet.text(
            end - gap if before else end + gap,
            base,
            words,
            size,
            bold=True,
            anchor="end" if before else "start",
            kind="bar",
        )
    sheet.line(zero, y, zero, y + step * len(names), LINE if not bars.signed else MUTED, 0.7)


def _marked(words: str, value: float, bars: Bars) -> str:
    """Return the number of a bar, of a change with its arrow."""
    return words if not bars.signed or not value else f"{'▲' if value > 0 else '▼'}{words}"
