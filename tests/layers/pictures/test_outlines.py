"""Outlines of the browser read back, and laid on paper."""

from __future__ import annotations

import numpy as np
import orjson
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.city import CityData, thin_outlines
from geodata.store import Store
from layers.features import geometry_json
from layers.pictures.chart import round_ticks
from layers.pictures.labels import Room, Spot, Words, chosen
from layers.pictures.outlines import Drawn, Frame, apart, bordering, decoded, ring_path


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_what_was_encoded_is_read_back(demo_city: CityData, demo_folder: object, level: int) -> None:
    kind = demo_city.levels[level]
    rows = demo_city.members(kind, demo_city.city)[:200]
    outlines = thin_outlines(Store(demo_folder)).iloc[rows]  # type: ignore[arg-type]
    encoded = geometry_json(outlines, kind, ["x"] * len(rows))
    found = decoded(encoded)
    step = orjson.loads(encoded)["scale"]
    assert np.allclose(found.boxes, shapely.bounds(outlines.geometry.array), atol=step)
    assert found.names == outlines["name"].tolist()
    parts = shapely.get_parts(outlines.geometry.array)
    assert len(found.ring) - 1 == len(parts) + int(shapely.get_num_interior_rings(parts).sum())


def test_a_file_without_shapes_is_read() -> None:
    assert decoded({"origin": [0, 0], "scale": 1e-5, "shapes": []}).boxes.shape == (0, 4)
    empty = decoded({"origin": [0, 0], "scale": 1e-5, "shapes": [[], [[[1, 1, 1, 0, 0, 1]]]]})
    assert np.isnan(empty.boxes[0]).all()
    assert empty.boxes[1].tolist() == pytest.approx([1e-5, 1e-5, 2e-5, 2e-5])


def test_a_frame_keeps_shape_and_scale() -> None:
    frame = Frame.fitted((10, 20, 300, 200), [[22.0, 113.0], [22.5, 114.0]], 10)
    west, east = frame.point(113.0, 22.25), frame.point(114.0, 22.25)
    assert (west[0], east[0]) == pytest.approx((20, 300))
    north, south = frame.point(113.5, 22.5), frame.point(113.5, 22.0)
    assert (north[1] + south[1]) / 2 == pytest.approx(120, abs=0.01)
    metres = frame.metres() * (south[1] - north[1])
    assert metres == pytest.approx(0.5 * 111_320, rel=0.002)


def test_rings_are_written_as_steps() -> None:
    square = np.array([[0, 0], [10, 0], [10, 10], [0, 10.5]])
    assert ring_path(square) == "M0,0l10,0 0,10 -10,0.5z"
    assert apart(np.array([[0, 0], [0.05, 0], [5, 0], [5, 0.01]])).tolist() == [True, False, True, False]


CELLS = st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), max_size=40)


@given(cells=CELLS)
@settings(deadline=None)
def test_what_many_rings_enclose_together_stays_and_no_line_between_them_is_left(cells: list[tuple[int, int]]) -> None:
    squares = [[(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)] for x, y in cells]
    corners = np.array(squares, dtype=np.int64).reshape(-1, 4, 2)
    xs, ys = bordering(corners.reshape(-1, 2), np.roll(corners, -1, axis=1).reshape(-1, 2))
    rings = [list(zip(*ring, strict=True)) for ring in zip(xs, ys, strict=True)]
    middles = {
        (x, y): sum(_winding(ring, x + 0.5, y + 0.5) for ring in rings) for x in range(-6, 7) for y in range(-6, 7)
    }
    assert middles == {cell: cells.count(cell) for cell in middles}
    edges = [edge for ring in rings for edge in zip(ring, [*ring[1:], ring[0]], strict=True)]
    assert not {(b, a) for a, b in edges} & set(edges)


def _winding(ring: list[tuple[int, int]], x: float, y: float) -> int:
    """Count how often a ring of upright and level edges runs around a point."""
    edges = zip(ring, [*ring[1:], ring[0]], strict=True)
    return sum((d > b) - (d < b) for (a, b), (_, d) in edges if a > x and min(b, d) < y < max(b, d))


def test_many_places_are_one_path_without_what_is_out_of_sight() -> None:
    square = [0, 0, 10, 0, 0, 10, -10, 0]
    shapes = [[[square]], [[[10, 0, *square[2:]]]], [[[5000, 0, *square[2:]]]], []]
    outlines = decoded({"origin": [113.0, 22.0], "scale": 1e-3, "shapes": shapes})
    drawn = Drawn(outlines, Frame.fitted((0, 0, 200, 100), [[22.0, 113.0], [22.01, 113.02]], 0))
    assert drawn.merged(range(4)) == "M7.28,0l0,100 92.72,0 92.72,0 0,-100 -92.72,0z"
    assert drawn.merged([2, 3]) == ""


def test_no_two_labels_overlap() -> None:
    spots = [Spot(n, Words(f"街道{n}", "84.3 ◆"), (60 + 7 * n, 60.0), (80.0 - n, 60.0)) for n in range(6)]
    labels = chosen(spots, 8, lambda: Room((0, 0, 400, 200)))
    assert labels
    for a in labels:
        for b in labels:
            apart_x = a.box[2] <= b.box[0] or b.box[2] <= a.box[0]
            assert a is b or apart_x or a.box[3] <= b.box[1] or b.box[3] <= a.box[1]


def test_labels_stay_on_the_map_and_small_places_have_none() -> None:
    inside = Spot(0, Words("香湾街道", "84.3"), (50, 50), (60, 40))
    edge, small = (Spot(1, Words("吉大"), (2, 50), (60, 40)), Spot(2, Words("拱北"), (90, 90), (4, 40)))
    found = chosen([inside, edge, small], 8, lambda: Room((0, 0, 100, 100)))
    assert [label.place for label in found] == [0]


@pytest.mark.parametrize(("low", "high"), [(81.2, 86.9), (0, 0), (5, 5), (-3, 4), (0, 12_345), (0.001, 0.0042)])
def test_axes_have_round_ends_around_their_values(low: float, high: float) -> None:
    ticks = round_ticks(low, high)
    assert 2 <= len(ticks) <= 7
    assert ticks[0] <= low + 1e-9
    assert ticks[-1] >= high - 1e-9
