"""The map of a picture: what the browser draws of a view, drawn on paper."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from geodata.vocabulary import PlaceLevel
from geodata.written import decimal
from layers.maps.legend import palette, stepped_back
from layers.maps.patterns import PATTERN
from layers.maps.values import MapValues
from layers.pictures.labels import LEAST, Label, Room, Spot, Words, chosen
from layers.pictures.outlines import Drawn, Frame, Outlines, decoded, ring_path
from layers.pictures.paper import HATCH, Sheet, width_of
from layers.style import ACCENT, CIRCLE, INK, LAND, MUTED, PAPER
from layers.text import text
from layers.view import ViewState

SEA, GROUND, HATCH_LINE = "#e9eff4", "#f4f6f8", "#b4c0cb"
AROUND, AROUND_LINE = "#f7f9fb", "#d3dce4"
DARK_HALO = "#0b1118"
"""As assets/css/00_tokens.css has them."""
PIXEL = 0.75
"""Points of what is a pixel on the page."""
TILE = 0.6
"""Size of the tiles of hatches, of 8 points."""
DENSE = 11.0
"""Of smaller places, if there are many, borders would be all that is seen [pt]."""
MANY = 1000
FADED_TO = 0.22
"""How much is left of places under a pattern with fills of its own."""
DIMMED = 0.45
"""How much is covered outside of a drawn area."""
TINY = 3.0
"""Smaller circles have no line [pt]."""
LABEL = 7.8
"""Size of names and numbers [pt]."""
MARK = 7.5
"""Size of the numbers of spots [pt]."""
MARGIN = 14.0
FIRST = 5
"""Numbers that are written also where they must move aside."""
Files = Callable[[PlaceLevel], bytes]
"""Returns the outlines of a level as the browser gets them."""


@dataclass(frozen=True)
class Scene:
    """What is drawn: the payload of the page, and its files read."""

    view: ViewState
    values: MapValues
    payload: dict[str, Any]
    pattern: dict[str, Any] | None
    shapes: Outlines
    here: Outlines | None
    order: list[int]
    """Position in the file of each place of `values`."""

    @property
    def counts(self) -> bool:
        """Say whether circles are drawn."""
        return self.payload["circles"] is not None

    @property
    def klass(self) -> list[int]:
        """Return the class of each place, -1 = no data; of circles, which have none, 0."""
        return [int(k) for k in self.values.klass]

    @property
    def looks(self) -> list[dict[str, str]]:
        """Return the look of each class on the map."""
        if self.counts:
            return [{"fill": LAND, "ink": INK, "mark": "", "word": ""}]
        return stepped_back(palette(self.view, self.values), self.view.classes)

    def name(self, position: int) -> str:
        """Return the name of a place of the file."""
        english = self.shapes.names_en[position] if self.view.lang == "en" else ""
        return english or self.shapes.names[position]


def scene_of(
    view: ViewState, values: MapValues, payload: dict[str, Any], pattern: dict[str, Any] | None, files: Files
) -> Scene:
    """Read the files that the payload of the page names."""
    here = payload["here"]
    shapes = decoded(files(values.level))
    level = PlaceLevel(here["geometry"].rpartition("/")[2].removesuffix(".json")) if here else None
    above = None if level is None else shapes if level is values.level else decoded(files(level))
    order = [k for first, end in payload["show"] for k in range(first, end)]
    return Scene(view, values, payload, pattern, shapes, above, order)


def draw_map(sheet: Sheet, box: tuple[float, float, float, float], scene: Scene) -> set[int]:
    """Draw the map into a box (x, y, width, height) of the sheet; return the places whose number stands on it."""
    frame = Frame.fitted(box, scene.payload["fit"], MARGIN)
    begun = len(sheet.parts)
    sheet.rect(*box, SEA)
    places = Drawn(scene.shapes, frame)
    above = None if scene.here is None else places if scene.here is scene.shapes else Drawn(scene.here, frame)
    fades = bool(scene.pattern and scene.pattern["fades"])
    _draw_around(sheet, scene, above)
    _draw_places(sheet, scene, places, fades=fades)
    if scene.pattern and fades:
        _draw_pattern(sheet, scene.pattern, frame)
    _draw_here(sheet, scene, above)
    if scene.pattern and not fades:
        _draw_pattern(sheet, scene.pattern, frame)
    if scene.counts:
        _draw_circles(sheet, scene, places, frame)
    _draw_area(sheet, scene, frame)
    named = _write(sheet, scene, places, frame)
    _draw_scale(sheet, scene, frame)
    sheet.framed(begun, *box)
    return named


# --- places ---


def _draw_around(sheet: Sheet, scene: Scene, above: Drawn | None) -> None:
    """Draw the neighbours of the current place, pale."""
    around = scene.payload["around"]
    if above is None or not around:
        return
    others = [k for first, end in around["show"] for k in range(first, end)]
    sheet.path(above.joined(others), fill=AROUND, stroke=AROUND_LINE, width=PIXEL * 0.75)


def _draw_places(sheet: Sheet, scene: Scene, places: Drawn, *, fades: bool) -> None:
    """Fill every place with the colour of its class; all of one class together."""
    hatch = sheet.tile(HATCH, HATCH_LINE, GROUND, TILE)
    dense = _is_dense(scene, places)
    groups: dict[int, list[int]] = defaultdict(list)
    for position, k in zip(scene.order, scene.klass, strict=True):
        groups[k].append(position)
    looks = scene.looks
    sheet.open('class="places"' + (f' fill-opacity="{FADED_TO}"' if fades else ""))
    for k in sorted(groups):
        fill = hatch if k < 0 else looks[k]["fill"]
        if dense:
            edge, width = (HATCH_LINE, 0.1) if k < 0 else (fill, 0.25)
        else:
            plain = k < 0 or scene.counts or bool(looks[k].get("pale"))
            edge, width = (HATCH_LINE if plain else PAPER), PIXEL * 0.75
        if fades:
            edge = AROUND_LINE
        sheet.open(f'fill="{fill}" stroke="{edge}" stroke-width="{width:g}" stroke-linejoin="round"')
        one = places.joined if fades else places.merged
        paths = [one(groups[k])] if dense else places.paths(groups[k])
        sheet.parts += [f'<path d="{path}"/>' for path in paths if path]
        sheet.close()
    sheet.close()


def _is_dense(scene: Scene, places: Drawn) -> bool:
    """Say whether the places are so small that borders would swamp them."""
    if len(scene.order) <= MANY:
        return False
    boxes = scene.shapes.boxes[scene.order]
    sides = (boxes[:, 2] - boxes[:, 0]) * places.frame.scale
    return bool(np.nanmedian(sides) < DENSE)


def _draw_here(sheet: Sheet, scene: Scene, above: Drawn | None) -> None:
    """Outline the current place."""
    if above is not None and scene.payload["here"]:
        path = above.joined([scene.payload["here"]["index"]])
        sheet.path(path, stroke=PAPER, width=5 * PIXEL)
        sheet.path(path, stroke=INK, width=2 * PIXEL)


def _draw_circles(sheet: Sheet, scene: Scene, places: Drawn, frame: Frame) -> None:
    """Draw counts as circles, larger ones first, so that smaller ones stand on them."""
    value = np.nan_to_num(scene.values.value) * (scene.values.klass >= 0) * places.shown[scene.order]
    wanted = np.flatnonzero(value > 0).tolist()
    at = frame.place(np.array([scene.shapes.label(scene.order[n]) for n in wanted]).reshape(-1, 2)).tolist()
    found = [(radius_of(scene, float(value[n])), *point) for n, point in zip(wanted, at, strict=True)]
    for radius, x, y in sorted(found, reverse=True):
        circle(sheet, x, y, radius)


def circle(sheet: Sheet, x: float, y: float, radius: float) -> None:
    """Draw a circle of a count."""
    line = f' stroke="{CIRCLE}" stroke-width="{1.5 * PIXEL:g}"' if radius >= TINY else ""
    sheet.circle(x, y, radius, CIRCLE, f'fill-opacity="{0.18 if radius >= TINY else 0.4:g}"{line}')


def radius_of(scene: Scene, count: float) -> float:
    """Return the radius of a count's circle [pt]."""
    circles = scene.payload["circles"]
    return float(circles["radius"] * PIXEL * math.sqrt(count / circles["largest"]))


def _draw_area(sheet: Sheet, scene: Scene, frame: Frame) -> None:
    """Outline the area that the view keeps to, and dim what lies outside of it."""
    parts = scene.payload["area"] or []
    rings = [np.array([(lon, lat) for lat, lon in ring]) for part in parts for ring in part]
    if not rings:
        return
    path = "".join(ring_path(frame.place(ring)) for ring in rings)
    x, y, w, h = frame.x, frame.y, frame.width, frame.height
    outside = f"M{x:g},{y:g}h{w:g}v{h:g}h{-w:g}z{path}"
    sheet.path(outside, fill=GROUND, more=f'fill-rule="evenodd" fill-opacity="{DIMMED:g}"')
    sheet.path(path, stroke=PAPER, width=5 * PIXEL)
    sheet.path(path, stroke=ACCENT, width=2 * PIXEL)


# --- the pattern above the places ---


def _draw_pattern(sheet: Sheet, pattern: dict[str, Any], frame: Frame) -> None:
    if "image" in pattern:
        (south, west), (north, east) = pattern["image"]["bounds"]
        (left, top), (right, bottom) = frame.point(west, north), frame.point(east, south)
        sheet.image(pattern["image"]["src"], left, top, right - left, bottom - top, 'image-rendering="optimizeSpeed"')
    if "shapes" in pattern:
        _draw_shapes(sheet, pattern, frame)
    if "rings" in pattern:
        _draw_rings(sheet, pattern["rings"], frame)


def _draw_shapes(sheet: Sheet, pattern: dict[str, Any], frame: Frame) -> None:
    drawn = Drawn(decoded(pattern["shapes"]), frame)
    for kind, look in enumerate(pattern["looks"]):
        path = drawn.joined(k for k, each in enumerate(pattern["look"]) if each == kind)
        if look["fill"]:
            sheet.path(path, fill=look["fill"], more='fill-opacity="0.9"')
            if look["hatch"]:
                sheet.path(path, fill=sheet.tile(look["hatch"], PAPER, "", TILE))
            sheet.path(path, stroke=look["line"], width=0.5)
        else:
            dash = f'stroke-dasharray="{look["dash"]}"' if look["dash"] else ""
            sheet.path(path, stroke=PAPER, width=5 * PIXEL)
            sheet.path(path, stroke=look["line"], width=2 * PIXEL, more=dash)


def _draw_rings(sheet: Sheet, rings: dict[str, Any], frame: Frame) -> None:
    colour = rings["look"]["line"]
    for lat, lon, n in rings["at"]:
        radius = max(3.0, rings["radius_m"] / frame.metres(lat))
        x, y = frame.point(lon, lat)
        line = f'stroke="{colour}" stroke-width="{(3 if n > 1 else 1.5) * PIXEL:g}"'
        sheet.circle(x, y, radius, colour if n > 1 else "none", f'fill-opacity="0.18" {line}')


# --- words ---


def _write(sheet: Sheet, scene: Scene, places: Drawn, frame: Frame) -> set[int]:
    """Write numbers of spots and names of places, none over another; return the places whose number is written."""
    edge = (frame.x + 2, frame.y + 2, frame.x + frame.width - 2, frame.y + frame.height - 2)
    marks = _marks(scene, frame, Room(edge))

    def room() -> Room:
        made = Room(edge)
        made.claim(_scale_box(scene, frame), whatever=True)
        for mark in marks:
            made.claim(mark[0], whatever=True)
        return made

    labels = chosen(_spots(scene, places, frame), LABEL, room)
    for label in labels:
        _write_label(sheet, label)
    for box, words, at in marks:
        _write_mark(sheet, box, words, at)
    return {label.place for label in labels if len(label.lines) > 1}


def _spots(scene: Scene, places: Drawn, frame: Frame) -> list[Spot]:
    """Return the places that are large enough to be written on."""
    klass, looks = scene.klass, scene.looks
    known = np.bincount(np.maximum(klass, -1) + 1)
    common = int(known[1:].argmax()) if known[1:].any() else -1
    left, top, right, bottom = frame.corners(scene.shapes.boxes[scene.order]).T
    large = np.minimum(right - left, bottom - top) >= LEAST
    found = []
    for n in np.flatnonzero(large & places.shown[scene.order]).tolist():
        k, position = klass[n], scene.order[n]
        words = _words(scene, n, position, looks[k] if k >= 0 else None, common=k == common)
        at = frame.point(*scene.shapes.label(position))
        found.append(Spot(n, words, at, (float(right[n] - left[n]), float(bottom[n] - top[n]))))
    return found


def _words(scene: Scene, n: int, position: int, look: dict[str, str] | None, *, common: bool) -> Words:
    payload, name = scene.payload, scene.name(position)
    value = payload["value"][n]
    if look is None or value is None:
        return Words(name, known=look is not None)
    written = decimal(value, payload["decimals"])
    mark = look["mark"]
    return Words(name, f"{written} {mark}".strip(), "" if common else mark, True, look["ink"].lower() == "#ffffff")


def _write_label(sheet: Sheet, label: Label) -> None:
    left, top, right, _ = label.box
    step = (label.box[3] - top - 2) / len(label.lines)
    for n, line in enumerate(label.lines):
        sheet.text(
            (left + right) / 2,
            top + 1 + step * (n + 0.8),
            line,
            LABEL,
            bold=True,
            fill=PAPER if label.dark else INK,
            halo=DARK_HALO if label.dark else PAPER,
            halo_width=0.2 if label.dark else 0.28,
            anchor="middle",
            kind="label",
        )


Mark = tuple[tuple[float, float, float, float], str, tuple[float, float]]


def _marks(scene: Scene, frame: Frame, room: Room) -> list[Mark]:
    """Choose which numbers of spots have room: above the northern edge, the first ones also aside."""
    pattern = scene.pattern or {}
    if pattern.get("marks_from_zoom") and frame.metres() > 9.0:  # words of rings need a near view
        return []
    found: list[Mark] = []
    tall = 1.7 * MARK
    steps = sorted(((x, y) for x in range(-8, 9) for y in range(-8, 9)), key=lambda s: (math.hypot(*s), -s[1]))
    for n, (lat, lon, words) in enumerate(pattern.get("marks", [])):
        x, y = frame.point(lon, lat)
        wide = max(tall, width_of(words, MARK, bold=True) + MARK)
        for right, up in steps if n < FIRST else [(0, 0)]:
            cx, foot = x + right * tall / 2, y - up * tall / 2
            box = (cx - wide / 2 - 1, foot - tall - 2, cx + wide / 2 + 1, foot)
            if room.claim(box):
                found.append((box, words, (x, y)))
                break
    return found


def _write_mark(sheet: Sheet, box: tuple[float, float, float, float], words: str, at: tuple[float, float]) -> None:
    left, top, right, foot = box
    middle, y = (left + right) / 2, (top + foot) / 2
    if abs(middle - at[0]) > 1 or abs(foot - at[1]) > 1:
        sheet.line(*at, middle, y, PATTERN, PIXEL * 1.5)
    tall = foot - top - 2
    more = f'rx="{tall / 2:g}" stroke="{PAPER}" stroke-width="1"'
    sheet.rect(left + 1, top + 1, right - left - 2, tall, PATTERN, more)
    sheet.text(middle, y + MARK * 0.36, words, MARK, bold=True, fill=PAPER, anchor="middle", kind="mark")


# --- the scale ---


def _scale(scene: Scene, frame: Frame) -> tuple[float, str]:
    """Return the length of the scale bar [pt] and what it stands for, a round number of metres."""
    metres = frame.metres() * frame.width / 5
    unit = 10.0 ** math.floor(math.log10(metres))
    length = max(step for step in (1, 2, 5) if step * unit <= metres) * unit
    far = length >= 1000
    shown = f"{length / 1000 if far else length:g}"
    return length / frame.metres(), text(scene.view.lang, "picture_km" if far else "picture_m", n=shown)


def _scale_box(scene: Scene, frame: Frame) -> tuple[float, float, float, float]:
    length, _ = _scale(scene, frame)
    foot = frame.y + frame.height
    return frame.x, foot - 30, frame.x + length + 24, foot


def _draw_scale(sheet: Sheet, scene: Scene, frame: Frame) -> None:
    length, words = _scale(scene, frame)
    x, y = frame.x + 12, frame.y + frame.height - 12
    path = f"M{x:.2f},{y - 5:.2f}v5h{length:.2f}v-5"
    sheet.path(path, stroke=PAPER, width=3.5)
    sheet.path(path, stroke=MUTED, width=1.2)
    sheet.text(x + length / 2, y - 5, words, 8, fill=INK, anchor="middle", halo=PAPER, kind="scale")
