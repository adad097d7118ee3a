"""Incident points of a window as the map takes them: bundles with counts and types, nothing that names anybody."""

from __future__ import annotations

from typing import Any

import numpy as np

from geodata.city import CityData
from geodata.points import Window, clusters
from layers.maps.values import chosen_types
from layers.panels.types import type_name
from layers.view import ViewState


def points_answer(view: ViewState, city: CityData, window: Window) -> dict[str, Any]:
    """Return the view's incidents in a window: ``{"n", "clusters": [[lat, lon, n, label, type]], "types"}``.

    Sensitive types never appear (docs/METHOD.md).
    """
    place = city.find(view.place)
    types = chosen_types(view, city)
    rows = city.index.selected(view.period.start, view.period.end, within=place.within, types=types)
    hidden = [position for name, position in city.type_positions.items() if _sensitive(name, city)]
    rows = rows[~np.isin(city.index.kind[rows], hidden)]
    found = clusters(city.index, rows, window)
    names = [type_name(name, city, view.lang) for name in city.index.types]
    return {
        "n": found.total,
        "clusters": [
            [round(float(lat), 5), round(float(lon), 5), int(n), None, int(kind)]
            for lat, lon, n, kind in zip(found.lat, found.lon, found.count, found.kind, strict=True)
        ],
        "types": names,
    }


def _sensitive(type_id: str, city: CityData) -> bool:
    kind = city.method.types.get(type_id)
    return kind is not None and kind.sensitive
