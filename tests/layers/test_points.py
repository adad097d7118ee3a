"""Incident points: nothing sensitive, nobody's id, and every other incident of the window once."""

from __future__ import annotations

import json

import numpy as np
import pytest

from geodata.city import CityData
from geodata.points import Window
from layers.points import points_answer
from layers.view import ViewState, parse_view

EVERYWHERE = Window(112.0, 21.0, 115.0, 23.0, 10.0)


def answer(search: str, city: CityData, window: Window = EVERYWHERE) -> dict[str, object]:
    return points_answer(parse_view(search, city), city, window)


def with_position(view: ViewState, city: CityData) -> int:
    """Count the view's incidents that have a position in the window and are not sensitive, one by one."""
    index, types = city.index, city.method.types
    n = 0
    for k in index.selected(view.period.start, view.period.end, within=city.find(view.place).within):
        kind = types.get(index.types[index.kind[k]])
        n += bool(np.isfinite(index.lon[k]) and not (kind and kind.sensitive) and 112 < index.lon[k] < 115)
    return n


@pytest.mark.parametrize("search", ["?period=2026-10-05", "?period=2026-10&place=440402006", "?place=440402006001"])
def test_every_incident_with_a_position_is_in_one_bundle(demo_city: CityData, search: str) -> None:
    found = answer(search, demo_city)
    bundles = found["clusters"]
    assert isinstance(bundles, list)
    assert found["n"] == sum(bundle[2] for bundle in bundles) == with_position(parse_view(search, demo_city), demo_city)
    assert found["n"] != 0


def test_sensitive_types_never_appear(demo_city: CityData) -> None:
    sensitive = [kind.id for kind in demo_city.method.types.values() if kind.sensitive]
    here = [kind for kind in sensitive if kind in demo_city.type_positions]
    assert here, "the demo has none, so this would test nothing"
    for kind in here:
        for period in ("2026", "2025"):
            found = answer(f"?type={kind}&period={period}", demo_city)
            assert (found["n"], found["clusters"]) == (0, [])
    hidden = {demo_city.type_positions[kind] for kind in here}
    everything = answer("?period=2026", demo_city, Window(112.0, 21.0, 115.0, 23.0, 22.0))["clusters"]
    assert isinstance(everything, list)
    assert not hidden & {bundle[4] for bundle in everything}


def test_a_bundle_says_where_how_many_and_which_type_and_nothing_else(demo_city: CityData) -> None:
    found = answer("?period=2026-10-05&lang=en", demo_city)
    assert set(found) == {"n", "clusters", "types"}
    bundles, types = found["clusters"], found["types"]
    assert isinstance(bundles, list)
    assert isinstance(types, list)
    assert len(types) == len(demo_city.index.types)
    for lat, lon, n, label, kind in bundles:
        assert 21 < lat < 23
        assert 112 < lon < 115
        assert n >= 1
        assert label is None
        assert types[kind]
    json.dumps(found, allow_nan=False)


def test_only_what_lies_in_the_window_is_sent(demo_city: CityData) -> None:
    window = Window(113.5, 22.2, 113.6, 22.3, 15.0)
    part, whole = answer("?period=2026-10", demo_city, window), answer("?period=2026-10", demo_city)
    assert isinstance(part["n"], int)
    assert isinstance(whole["n"], int)
    assert 0 < part["n"] < whole["n"]
    bundles = part["clusters"]
    assert isinstance(bundles, list)
    assert all(22.2 <= lat <= 22.3 and 113.5 <= lon <= 113.6 for lat, lon, *_ in bundles)


def test_an_empty_window_has_no_points(demo_city: CityData) -> None:
    found = answer("?period=2026-10", demo_city, Window(0.0, 0.0, 1.0, 1.0, 10.0))
    assert (found["n"], found["clusters"]) == (0, [])


def test_far_away_there_are_few_bundles_and_close_by_many(demo_city: CityData) -> None:
    far, close = (answer("?period=2026-10", demo_city, Window(113.5, 22.2, 113.6, 22.3, zoom)) for zoom in (10.0, 17.0))
    assert far["n"] == close["n"]
    assert isinstance(far["clusters"], list)
    assert isinstance(close["clusters"], list)
    assert 0 < len(far["clusters"]) < len(close["clusters"])


def test_a_single_type_is_the_only_one_sent(demo_city: CityData) -> None:
    found = answer("?type=theft&period=2026-10", demo_city)
    bundles = found["clusters"]
    assert isinstance(bundles, list)
    assert {bundle[4] for bundle in bundles} == {demo_city.type_positions["theft"]}
