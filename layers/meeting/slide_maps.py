"""Maps on a slide: every place a shape with its name, which can be moved, coloured and renamed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from layers.meeting.page import Area, MapView, Shapes
from layers.meeting.slide_kit import Box, Run, Sheet, text_width
from layers.style import CIRCLE, LAND, PAPER
from layers.text import SHORT_PLACE

LETTERS = 18.0
EDGE = "#9aa7b3"
"""Borders below circles: they must not cross what is written."""
Label = tuple[Area, str, Box]


def told(view: MapView) -> str:
    """Return all numbers of a map, also of places without room for a label."""
    return "\n".join([view.title, *(_described(area) for area in view.areas), view.closing])


def draw(sheet: Sheet, box: Box, view: MapView, shapes: Shapes) -> None:
    """Draw a map into a box, as large as it allows."""
    scale = min(box.width, box.height / shapes.height)
    left, top = box.x + (box.width - scale) / 2, box.y + (box.height - scale * shapes.height) / 2
    group = sheet.group(view.title, told(view))
    for area in view.areas:
        rings = [[(left + x * scale, top + y * scale) for x, y in ring] for ring in shapes.rings.get(area.token, ())]
        fill = LAND if view.circles else area.colour
        line = EDGE if view.circles or not fill else PAPER
        sheet.outline(group, rings, fill, line=line, name=area.name, description=_described(area))
    at = {token: (left + x * scale, top + y * scale) for token, (x, y) in shapes.points.items()}
    circles = _circles(view, at, scale)
    for area in sorted(view.areas, key=lambda each: -each.radius):  # the small ones on top
        if area.token in circles:
            sheet.circle(group, circles[area.token], area.colour or CIRCLE, name=area.name, told=_described(area))
    for area, name, label in _labels(view, shapes, at, circles, box):
        lines = [*([[Run(name)]] if name else []), [Run(area.text, bold=True)]]
        sheet.label(label, lines, LETTERS, plate=not view.circles, group=group)


def _described(area: Area) -> str:
    return f"{area.name} {area.text}".strip()


def _circles(view: MapView, at: dict[str, tuple[float, float]], scale: float) -> dict[str, Box]:
    """Return the rectangle around each circle, by token."""
    found = {}
    for area in view.areas:
        if view.circles and area.radius and area.token in at:
            (x, y), radius = at[area.token], area.radius * scale
            found[area.token] = Box(x - radius, y - radius, 2 * radius, 2 * radius)
    return found


def _labels(
    view: MapView, shapes: Shapes, at: dict[str, tuple[float, float]], circles: dict[str, Box], box: Box
) -> list[Label]:
    """Choose what is written: names as they are, or all without their level if that lets more be named."""
    known = [area for area in view.areas if area.token in at and area.value is not None]
    known.sort(key=lambda area: area.value or 0.0 if view.circles else _room(area, shapes), reverse=True)
    full = _chosen([(area, area.name) for area in known], at, circles, box)
    if _named(full) == len(known):
        return full
    short = _chosen([(area, re.sub(SHORT_PLACE, r"\1", area.name)) for area in known], at, circles, box)
    return short if _named(short) > _named(full) else full


def _named(labels: Sequence[Label]) -> int:
    return sum(bool(name) for _, name, _ in labels)


def _chosen(
    named: Sequence[tuple[Area, str]], at: dict[str, tuple[float, float]], circles: dict[str, Box], box: Box
) -> list[Label]:
    """Give each place the first position at which its label meets no other and no other's circle."""
    found: list[Label] = []
    for area, name in named:
        others = [circle for token, circle in circles.items() if token != area.token]
        taken = [*(label for _, _, label in found), *others]
        for label in _positions(area, name, at[area.token], circles.get(area.token)):
            if box.holds(label) and not any(label.meets(other) for other in taken):
                found.append((area, name, label))
                break
        else:
            label = _bare(area, at[area.token])
            if box.holds(label) and not any(label.meets(other) for other in taken):
                found.append((area, "", label))
    return found


def _bare(area: Area, at: tuple[float, float]) -> Box:
    """Return where a number without a name stands."""
    wide, tall = text_width(area.text, LETTERS) + 4, LETTERS * 1.15
    return Box(at[0] - wide / 2, at[1] - tall / 2, wide, tall)


def _positions(area: Area, name: str, at: tuple[float, float], circle: Box | None) -> Iterator[Box]:
    """Return where a label may stand, the best first: in a circle or beside it, on a place's point or near it."""
    x, y = at
    wide, tall = max(text_width(name, LETTERS), text_width(area.text, LETTERS)) + 4, 2 * LETTERS * 1.15
    steps = [(0.0, 0.0), (0.0, tall / 3), (0.0, -tall / 3), (wide / 4, 0.0), (-wide / 4, 0.0)]
    if circle is not None:
        radius = circle.width / 2
        aside, above = radius + wide / 2 + 2, radius + tall / 2
        beside = [(aside, 0.0), (-aside, 0.0), (0.0, above), (0.0, -above)]
        steps = [steps[0], *beside] if wide < 1.8 * radius else [*beside, steps[0]]
    for right, down in steps:
        yield Box(x + right - wide / 2, y + down - tall / 2, wide, tall)


def _room(area: Area, shapes: Shapes) -> float:
    """Return the size of the rectangle around a place."""
    corners = [corner for ring in shapes.rings.get(area.token, ()) for corner in ring]
    if not corners:
        return 0.0
    across, down = zip(*corners, strict=True)
    return float((max(across) - min(across)) * (max(down) - min(down)))
