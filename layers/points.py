"""Incident points of a window as the map takes them: rings with counts by part, nothing that names anybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geodata.city import CityData
from geodata.errors import SelectionError
from geodata.index.catalogue import SubIndex
from geodata.points import Bundles, Rows, Window, bundle, bundles, rows_near
from geodata.vocabulary import TimePrecision
from geodata.written import whole
from layers.maps.values import chosen_types
from layers.panels.types import type_name
from layers.style import PARTS
from layers.text import text
from layers.view import ViewState, chosen_indicator

MOST_PARTS = len(PARTS) - 1
"""Parts of a ring that have a name; the rest is one part more."""
NO_HOUR, MONTH_ONLY = -1, -2
"""What stands for the hour of an incident that has none, or not even a day."""
DIGITS = 5
"""Decimals of a position on the map."""
_PRECISIONS = list(TimePrecision)


@dataclass(frozen=True)
class RingParts:
    """What the rings of a view are made of."""

    words: tuple[str, ...]
    """Of each part, the last one for all that has no name of its own."""
    colours: tuple[str, ...]
    of_type: npt.NDArray[np.int64]
    """Part of each type of the index."""


def ring_parts(view: ViewState, city: CityData) -> RingParts:
    """Return the parts of the rings: sub-indices, or the types of the one that is looked at or the only one with any.

    Those that were the most frequent ever, so that neither period nor filter nor window changes a colour.
    """
    ever = city.unfiltered.index.source_kind.sum(axis=0)
    fed = [(s, types) for s in city.method.sub_indices if ever[types := _positions(city.types_of(s.id))].sum()]
    scope = fed[0][0] if len(fed) == 1 else _scope(view, city)
    if scope is None:
        found = [(_name(sub_index, view.lang), types) for sub_index, types in fed]
    else:
        own = _positions(city.types_of(scope.id))
        found = [(type_name(city.index.types[k], city, view.lang), np.array([k])) for k in own if ever[k]]
    found.sort(key=lambda group: -int(ever[group[1]].sum()))
    found = found[:MOST_PARTS]
    of_type = np.full(len(city.index.types), len(found), dtype=np.int64)
    for part, (_, types) in enumerate(found):
        of_type[types] = part
    words = (*(word for word, _ in found), text(view.lang, "rings_other"))
    return RingParts(words, (*PARTS[: len(found)], PARTS[-1]), of_type)


def _scope(view: ViewState, city: CityData) -> SubIndex | None:
    """Return the sub-index whose types are told apart: the chosen one, or that of the chosen indicator or type."""
    indicator = chosen_indicator(view, city)
    for sub_index in city.method.sub_indices:
        types = [kind.id for each in sub_index.indicators for kind in each.types]
        if view.incident_type in types or (indicator in sub_index.indicators and not view.incident_type):
            return sub_index
    return None if view.incident_type else city.method.sub_index(view.sub_index)


def _positions(types: npt.NDArray[np.intp] | None) -> npt.NDArray[np.intp]:
    return np.empty(0, dtype=np.intp) if types is None else types


def _name(sub_index: SubIndex, lang: str) -> str:
    return sub_index.name_en if lang == "en" else sub_index.name


def points_answer(view: ViewState, city: CityData, window: Window) -> dict[str, Any]:
    """Return the view's incidents in a window as rings and dots.

    ``{"n", "key": [[word, colour, n]], "clusters": [[lat, lon, n, [part, n, …], square]], "types", "aside", "empty"}``;
    a dot (n = 1) has three more: its type, its day since 1970 and its hour. Sensitive types never appear
    (docs/METHOD.md).
    """
    parts = ring_parts(view, city)
    found = bundles(city.index, _rows(view, city, window), window, parts.of_type, len(parts.words))
    sums = found.parts.sum(axis=0).tolist()
    return {
        "n": found.total,
        "key": [list(entry) for entry in zip(parts.words, parts.colours, sums, strict=True)],
        "clusters": _clusters(found, city),
        "types": [type_name(name, city, view.lang) for name in city.index.types],
        "aside": _aside(view, city),
        "empty": "" if found.total else _why_empty(view, city),
    }


def bundle_answer(view: ViewState, city: CityData, window: Window, square: int) -> dict[str, Any]:
    """Return what the ring of one square of a window holds: ``{"n", "bounds": [[south, west], …], "types"}``.

    Types with their numbers, the most frequent first.

    Raises
    ------
    SelectionError
        If the square is empty.
    """
    found = bundle(city.index, _rows(view, city, window), window, square)
    if found is None:
        raise SelectionError("这里没有事件。", "there are no incidents here.")
    west, south, east, north = (round(degrees, DIGITS) for degrees in found.bounds)
    order = np.argsort(-found.kinds, kind="stable")[: np.count_nonzero(found.kinds)]
    return {
        "n": int(found.kinds.sum()),
        "bounds": [[south, west], [north, east]],
        "types": [[type_name(city.index.types[k], city, view.lang), int(found.kinds[k])] for k in order.tolist()],
    }


def _clusters(found: Bundles, city: CityData) -> list[list[Any]]:
    index = city.index
    lat, lon = np.round(found.lat, DIGITS).tolist(), np.round(found.lon, DIGITS).tolist()
    answer: list[list[Any]] = []
    for k, (n, row, square) in enumerate(
        zip(found.count.tolist(), found.row.tolist(), found.square.tolist(), strict=True)
    ):
        mine = found.parts[k]
        parts = [number for part in np.flatnonzero(mine).tolist() for number in (part, int(mine[part]))]
        dot = [] if row < 0 else [int(index.kind[row]), int(index.day[row]), _hour(city, row)]
        answer.append([lat[k], lon[k], n, parts, square, *dot])
    return answer


def _hour(city: CityData, row: int) -> int:
    index = city.index
    month = _PRECISIONS[int(index.exactness[row])] is TimePrecision.MONTH
    return MONTH_ONLY if month else max(int(index.hour[row]), NO_HOUR)


def hidden_types(city: CityData) -> npt.NDArray[np.bool_]:
    """Say which types are only ever counted, never shown one by one, shape (n_types,)."""
    kinds = (city.method.types.get(name) for name in city.index.types)
    return np.array([kind is not None and kind.sensitive for kind in kinds], dtype=np.bool_)


def _rows(view: ViewState, city: CityData, window: Window) -> Rows:
    """Return the rows of a view that may be shown in a window, and lie near it."""
    chosen, hidden = chosen_types(view, city), hidden_types(city)
    shown = np.arange(len(hidden)) if chosen is None else chosen
    types = None if chosen is None and not hidden.any() else shown[~hidden[shown]]
    start, end, within = view.period.start, view.period.end, city.find(view.place).within
    return rows_near(city.index, city.bounds, window, start, end, within=within, types=types)


def _off_the_map(view: ViewState, city: CityData) -> tuple[int, int, int]:
    """Count the incidents of a view: all, those without a position, those that are never shown."""
    index, hidden = city.index, hidden_types(city)
    within, chosen = city.find(view.place).within, chosen_types(view, city)
    wanted = np.ones(len(hidden), dtype=np.bool_) if chosen is None else np.isin(np.arange(len(hidden)), chosen)
    counts = index.period_types([view.period.start, view.period.end], within)[0]
    blank = city.kept("no position", lambda: np.flatnonzero(~(np.isfinite(index.lon) & np.isfinite(index.lat))))
    span = index.rows(view.period.start, view.period.end)
    low, high = np.searchsorted(blank, [span.start, span.stop])
    blank = blank[low:high]
    nowhere = (wanted & ~hidden)[index.kind[blank]]
    if within is not None:
        nowhere &= index.sites_in(*within)[index.site[blank]]
    return int(counts[wanted].sum()), int(nowhere.sum()), int(counts[wanted & hidden].sum())


def _counted(view: ViewState, city: CityData) -> tuple[int, int, int]:
    key = ("off the map", view.place, view.period, view.sub_index, view.indicator, view.incident_type)
    return city.kept(key, lambda: _off_the_map(view, city))


def _aside(view: ViewState, city: CityData) -> str:
    """Say how many incidents of the view are on no map; of a drawn area nothing that would tell where they are."""
    _, nowhere, hidden = _counted(view, city)
    if view.filters.area is not None:
        hidden = 0
    numbers = {"rings_nowhere": nowhere, "rings_hidden": hidden}
    parts = [text(view.lang, key, n=whole(n)) for key, n in numbers.items() if n]
    return text(view.lang, "rings_aside", parts=text(view.lang, "comma").join(parts)) if parts else ""


def _why_empty(view: ViewState, city: CityData) -> str:
    every, _, _ = _counted(view, city)
    if every:
        return text(view.lang, "rings_none")
    return no_incidents(view, city)


def no_incidents(view: ViewState, city: CityData) -> str:
    """Say that there are no incidents at all, or that sources sent nothing."""
    place, silent = city.find(view.place), city.silent_in(view.period)
    mine = city.members(city.levels[0], city.city) if place.row is None else place.row
    return text(view.lang, "rings_silent" if bool(np.all(silent[mine])) else "no_incidents")


def points_texts(lang: str) -> dict[str, str]:
    """Return the words that the rings need; what the browser puts in stands as ``@n``, ``@parts`` or ``@hour``."""
    keys = ["rings_total", "rings_key", "rings_wait", "ring_here", "ring_says", "rows_hour", "rows_no_hour"]
    keys += ["points_failed", "rings_other", "comma", "stop", "close", "mark_here"]
    return {key: text(lang, key, n="@n", parts="@parts", hour="@hour") for key in keys}
