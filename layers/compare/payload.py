"""What the browser needs to draw A and B, their difference, or many small maps."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt

from layers.compare.names import side_name
from layers.compare.pair import Difference, Pair, Side
from layers.compare.small import SmallMaps
from layers.compare.view import MAP_MODES, CompareView
from layers.maps.legend import palette
from layers.maps.places import map_payload
from layers.style import DIVERGING, DIVERGING_INK, rate_digits, signed
from layers.text import text

TAKEN = (
    "here",
    "fit",
    "palette",
    "geometry",
    "show",
    "class",
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
    return payload | {"a": a, "b": b, "diff": None if changed is None else difference_payload(changed, view.lang)}


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
    return 1 if changed.higher_is_better else rate_digits(list(changed.breaks))


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


def difference_payload(changed: Difference, lang: str) -> dict[str, Any]:
    """Return A minus B: class, value and certainty by place."""
    digits = difference_digits(changed)
    return {
        "palette": difference_palette(changed, lang),
        "class": changed.klass.tolist(),
        "value": rounded(changed.value, digits),
        "sure": changed.sure.astype(int).tolist(),
        "decimals": digits,
        "arrows": int(changed.higher_is_better),
    }


def small_payload(view: CompareView, both: Pair, small: SmallMaps) -> dict[str, Any]:
    """Return the small maps: one geometry, one set of classes, an array of classes a map."""
    whole = map_payload(both.a.view, both.a.city, small.values)
    return {
        "geometry": whole["geometry"],
        "show": whole["show"],
        "fit": whole["fit"],
        "palette": palette(view.a, small.values),
        "names": [each.name for each in small.maps],
        "classes": [each.klass.tolist() for each in small.maps],
        "values": [rounded(each.value, small.digits) for each in small.maps],
        "decimals": small.digits,
    }


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
