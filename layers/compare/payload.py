"""What the browser needs to draw A and B, their difference, or many small maps."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt

from geodata.written import signed
from layers.compare.names import side_name
from layers.compare.pair import Difference, Pair, Side
from layers.compare.small import SmallMaps
from layers.compare.view import MAP_MODES, CompareView
from layers.maps.basemap import basemap_payload
from layers.maps.circles import circles, radius
from layers.maps.legend import palette
from layers.maps.places import map_payload
from layers.style import DIVERGING, DIVERGING_INK, LAND, rate_digits
from layers.text import text

PALE_SHARE = 0.2
"""What is left of a colour where a difference may be chance."""
TAKEN = (
    "here",
    "around",
    "fit",
    "palette",
    "geometry",
    "show",
    "class",
    "circles",
    "value",
    "decimals",
    "low",
    "high",
    "count",
)
"""Parts of the map page's payload that are drawn here too."""


def compare_payload(
    view: CompareView, both: Pair, changed: Difference | None, small: SmallMaps | None
) -> dict[str, Any]:
    """Return what is drawn: on maps A and B, or their difference; else many small maps, or nothing.

    Parameters
    ----------
    view
        What is looked at.
    both
        A and B on one scale.
    changed
        A minus B, None where the mode does not show it or it cannot be told.
    small
        The small maps, None in other modes.
    """
    payload: dict[str, Any] = {
        "mode": view.mode if view.mode in MAP_MODES or small else "",
        "lang": view.lang,
        "theme": view.theme,
        "same": int(both.same_places),
        "text": _texts(view, both),
    }
    if small is not None:
        return payload | {"small": small_payload(view, both, small)}
    if view.mode not in MAP_MODES or (view.mode == "difference" and changed is None):
        return payload | {"mode": ""}
    a, b = (side_payload(side) for side in (both.a, both.b))
    digits = max(a["decimals"], b["decimals"]) if both.equal else None
    for each, side, letter in ((a, both.a, "A"), (b, both.b, "B")):
        each["decimals"] = each["decimals"] if digits is None else digits
        each["name"] = f"{letter} {side_name(side, both)}"
    if a["circles"] and b["circles"]:  # of districts and of streets: an area says the same number
        a["circles"]["radius"] = b["circles"]["radius"] = min(a["circles"]["radius"], b["circles"]["radius"])
    payload["basemap"] = basemap_payload(view.a, both.a.city)
    return payload | {"a": a, "b": b, "diff": None if changed is None else difference_payload(changed, both.a)}


def side_payload(side: Side) -> dict[str, Any]:
    """Return one side as the map page would show it."""
    whole = map_payload(side.view, side.city, side.values)
    return {key: whole[key] for key in TAKEN} | {
        "measure": side.values.measure,
        "label": whole["text"]["value"],
        "unit": whole["text"]["unit"],
    }


def difference_digits(changed: Difference) -> int:
    """Return how many decimals tell the classes of a difference apart."""
    if changed.measure == "rate":
        return rate_digits(list(changed.breaks))
    return int(changed.measure == "score")


def difference_palette(changed: Difference, lang: str) -> list[dict[str, str]]:
    """Return fill, text colour and range of each class of a difference, from much better to much worse."""
    digits, (first, second, third) = difference_digits(changed), changed.breaks
    edges = [signed(edge, digits) for edge in (first, second, third)]
    minus = [signed(-edge, digits) for edge in (first, second, third)]
    inner = itertools.pairwise([*minus[::-1], *edges])
    between = [text(lang, "cmp_range", low=low, high=high) for low, high in inner]
    rising = [f"< {minus[2]}", *between, f"> {edges[2]}"]
    words = rising[::-1] if changed.higher_is_better else rising
    return [
        {"fill": fill, "ink": ink, "word": word, "mark": ""}
        for fill, ink, word in zip(DIVERGING, DIVERGING_INK, words, strict=True)
    ]


def difference_payload(changed: Difference, side: Side) -> dict[str, Any]:
    """Return A minus B: class, value and certainty by place; of counts also how large the circles are."""
    digits = difference_digits(changed)
    looks = [{**look, "pale": paler(look["fill"])} for look in difference_palette(changed, side.view.lang)]
    largest = float(np.max(np.abs(changed.value[np.isfinite(changed.value)]), initial=0.0))
    sizes = {"largest": largest or 1.0, "radius": radius(side.view, side.values), "land": LAND}
    return {
        "palette": looks,
        "circles": sizes if side.values.measure == "count" else None,
        "class": changed.klass.tolist(),
        "value": rounded(changed.value, digits),
        "sure": changed.sure.astype(int).tolist(),
        "decimals": digits,
        "arrows": int(changed.higher_is_better),
    }


def small_payload(view: CompareView, both: Pair, small: SmallMaps) -> dict[str, Any]:
    """Return the small maps: one geometry, one set of classes, an array of classes a map."""
    whole = map_payload(both.a.view, both.a.city, small.values)
    circled = small.values.measure == "count"
    return {
        "circles": circles(both.a.view, small.values) if circled else None,
        "geometry": whole["geometry"],
        "show": whole["show"],
        "fit": whole["fit"],
        "palette": palette(view.a, small.values),
        "names": [each.name for each in small.maps],
        "classes": [each.klass.tolist() for each in small.maps],
        "values": [rounded(each.value, small.digits) for each in small.maps],
        "decimals": small.digits,
    }


def paler(fill: str) -> str:
    """Return a colour as it is where it may be chance: most of it gives way to white.

    >>> paler("#542788")
    '#ddd4e7'
    """
    parts = (int(fill[k : k + 2], 16) for k in (1, 3, 5))
    return "#" + "".join(f"{round(255 - PALE_SHARE * (255 - part)):02x}" for part in parts)


def rounded(values: npt.NDArray[np.float64], digits: int) -> list[float | None]:
    """Return numbers as they are printed, None where there is none."""
    return [None if not np.isfinite(value) else round(float(value), digits) for value in values]


def _texts(view: CompareView, both: Pair) -> dict[str, str]:
    lang = view.lang
    keys = ["no_data", "not_sure", "sure", "retry", "reset", "zoom_in", "zoom_out", "name", "count", "interval_label"]
    texts = {key: text(lang, key) for key in keys}
    return texts | {
        "bar": text(lang, "cmp_bar"),
        "difference": text(lang, "cmp_a_minus_b"),
        "certainty": text(lang, "cmp_certainty"),
        "more": text(lang, "cmp_table_more"),
        "map_a": text(lang, "cmp_map_of", name=f"A {side_name(both.a, both)}"),
        "map_b": text(lang, "cmp_map_of", name=f"B {side_name(both.b, both)}"),
        "map_diff": text(lang, "cmp_map_of", name=text(lang, "cmp_a_minus_b")),
    }
