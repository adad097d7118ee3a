"""The raster answers like exact geometry on every point, above all on the unkindest ones."""

from __future__ import annotations

import json
import logging
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, Polygon, box
from shapely.affinity import rotate

from geodata import raster
from geodata.raster import NOWHERE, PlaceIndex, by_tree, usable

pytest.importorskip("numba")

ZHUHAI = (113.5, 22.2)


def array_of(*shapes: object) -> np.ndarray:
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return array


def found(x: float, y: float, *shapes: object, cells: int | None = None) -> int:
    return int(PlaceIndex.build(array_of(*shapes), cells).locate([x], [y])[0])


# --- by hand ---

QUARTERS = (box(0, 0, 1, 1), box(1, 0, 2, 1), box(0, 1, 1, 2), box(1, 1, 2, 2))


@pytest.mark.parametrize("cells", [1, 7, 64, 1000, 65_536])
@pytest.mark.parametrize(
    ("x", "y", "place"),
    [
        (0.5, 0.5, 0),
        (1.5, 0.5, 1),
        (0.5, 1.5, 2),
        (1.5, 1.5, 3),
        (1.0, 0.5, 0),
        (0.5, 1.0, 0),
        (1.0, 1.5, 2),
        (1.5, 1.0, 1),
        (1.0, 1.0, 0),
        (0.0, 0.0, 0),
        (-0.0, -0.0, 0),
        (2.0, 2.0, 3),
        (2.0, 0.5, 1),
        (np.nextafter(2.0, 3.0), 0.5, NOWHERE),
        (np.nextafter(1.0, 2.0), 0.5, 1),
        (-1.0, 0.5, NOWHERE),
        (1e300, 0.5, NOWHERE),
        (np.nan, 0.5, NOWHERE),
        (0.5, np.nan, NOWHERE),
        (np.inf, 0.5, NOWHERE),
        (0.5, -np.inf, NOWHERE),
    ],
)
def test_four_squares_at_every_resolution(x: float, y: float, place: int, cells: int) -> None:
    assert found(x, y, *QUARTERS, cells=cells) == place


def test_an_enclave_a_hole_and_an_island() -> None:
    ring, enclave, island = box(0, 0, 3, 3) - box(1, 1, 2, 2), box(1, 1, 2, 2), box(5, 5, 6, 6)
    assert found(1.5, 1.5, ring) == NOWHERE
    assert found(1.0, 1.5, ring) == 0
    assert found(1.5, 1.5, ring, enclave) == 1
    assert found(1.0, 1.5, ring, enclave) == 0
    assert found(1.0, 1.5, enclave, ring) == 0
    assert found(5.5, 5.5, enclave, MultiPolygon([ring, island])) == 1
    assert found(4.0, 4.0, enclave, MultiPolygon([ring, island])) == NOWHERE


def test_a_vertex_of_one_in_the_middle_of_its_neighbours_edge() -> None:
    lower, left, right = Polygon([(0, 0), (3, 1), (3, -1)]), Polygon([(0, 0), (1, 1 / 3), (0, 2)]), None
    right = Polygon([(1, 1 / 3), (3, 1), (0, 2)])
    shapes = array_of(lower, left, right)
    index = PlaceIndex.build(shapes)
    assert index.overlaps == 0
    t = np.linspace(0, 1, 2001)
    assert (index.locate(3 * t, t) == by_tree(3 * t, t, shapes)).all()


def test_a_polygon_that_touches_itself_in_a_point() -> None:
    pinched = Polygon([(0, 0), (4, 0), (4, 4), (0, 4)], [[(0, 2), (2, 1), (3, 2), (2, 3)]])
    bow = MultiPolygon([Polygon([(5, 0), (6, 0), (5.5, 1)]), Polygon([(5, 2), (6, 2), (5.5, 1)])])
    assert found(0.0, 2.0, pinched, bow) == 0
    assert found(2.0, 2.0, pinched, bow) == NOWHERE
    assert found(5.5, 1.0, pinched, bow) == 1
    assert found(5.4, 1.0, pinched, bow) == NOWHERE


def test_repeated_vertices_do_no_harm() -> None:
    stutter = Polygon([(0, 0), (0, 0), (1, 0), (1, 0), (1, 0), (1, 1), (0, 1), (0, 1)])
    assert found(0.5, 0.5, stutter, box(1, 0, 2, 1)) == 0
    assert found(1.5, 0.5, stutter, box(1, 0, 2, 1)) == 1


@pytest.mark.parametrize("steps", [-9.0, -4.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 4.0, 9.0])
@pytest.mark.parametrize("upright", [True, False])
def test_a_border_through_the_centres_of_cells(steps: float, upright: bool) -> None:
    grid = PlaceIndex.build(array_of(box(0, 0, 1, 1)), 1000).grid
    middle = grid.west + (10.5 + steps / raster._STEPS) * grid.side
    halves = array_of(box(middle, 0, 1, 1), box(0, 0, middle, 1))
    if not upright:
        halves = shapely.transform(halves, lambda xy: xy[:, ::-1])
    index = PlaceIndex.build(halves, 1000)
    assert index.grid == grid
    x, y = np.random.default_rng(0).uniform(0, 1, (2, 5000))
    x[:2000] = middle + (x[:2000] - 0.5) * grid.side
    x, y = (x, y) if upright else (y, x)
    assert (index.locate(x, y) == by_tree(x, y, halves)).all()


@pytest.mark.parametrize("width", [1e-15, 1e-13, 1e-11, 1e-9, 1e-7, 1e-5])
@pytest.mark.parametrize("sign", [-1, 1])
def test_borders_that_nearly_coincide(width: float, sign: int) -> None:
    edge = 113.5 + sign * width
    shapes = array_of(box(113.0, 22.0, 113.5, 22.5), box(edge, 22.0, 114.0, 22.5))
    x = np.concatenate([113.5 + np.arange(-50, 51) * abs(edge - 113.5) / 20, np.nextafter(edge, [0, 999]), [edge]])
    y = np.full(len(x), 22.25)
    assert (PlaceIndex.build(shapes).locate(x, y) == by_tree(x, y, shapes)).all()


def test_no_places_and_no_points_are_no_error() -> None:
    assert found(0.0, 0.0) == NOWHERE
    assert found(0.0, 0.0, None) == NOWHERE
    assert found(0.0, 0.0, Polygon()) == NOWHERE
    assert PlaceIndex.build(array_of(*QUARTERS)).locate([], []).shape == (0,)
    assert found(1.5, 0.5, None, box(0, 0, 1, 1), Polygon(), box(1, 0, 2, 1)) == 3


def test_what_is_no_sound_polygon_is_left_to_exact_geometry() -> None:
    bow_tie = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    shapes = array_of(LineString([(0, 3), (3, 3)]), bow_tie, box(2, 0, 4, 4), Point(9, 9))
    x, y = (each.ravel() for each in np.meshgrid(np.linspace(-1, 10, 89), np.linspace(-1, 10, 89)))
    assert (PlaceIndex.build(shapes).locate(x, y) == by_tree(x, y, shapes)).all()


@pytest.mark.parametrize("shape", [Point(0, 0), LineString([(0, 0), (3, 0)]), box(0, 0, 1, 1e-9), box(0, 0, 1e-7, 3)])
def test_what_is_long_and_thin_or_flat_takes_no_more_room(shape: object) -> None:
    shapes = array_of(shape)
    index = PlaceIndex.build(shapes)
    x, y = (each.ravel() for each in np.meshgrid([-1, 0, 1e-10, 5e-8, 0.5, 1, 2, 3, np.nan], [0, 5e-10, 1e-9, 1, 2.5]))
    assert len(index.table) <= 1 << 17
    assert (index.locate(x, y) == by_tree(x, y, shapes)).all()


def test_overlaps_are_counted_and_told_and_the_smaller_code_wins(caplog: pytest.LogCaptureFixture) -> None:
    shapes = array_of(box(1, 0, 3, 1), box(0, 0, 2, 1), box(10, 0, 11, 1), box(0.2, 0.2, 0.4, 0.4))
    with caplog.at_level(logging.WARNING):
        index = PlaceIndex.build(shapes)
    assert index.overlaps == 2
    assert "2 pairs of places overlap" in caplog.text
    x, y = np.array([0.5, 1.5, 2.5, 0.3, 10.5, 5.0]), np.array([0.5, 0.5, 0.5, 0.3, 0.5, 0.5])
    assert index.locate(x, y).tolist() == [1, 0, 0, 1, 2, NOWHERE]


def test_twins_overlap() -> None:
    index = PlaceIndex.build(array_of(box(0, 0, 1, 1), box(0, 0, 1, 1)))
    assert index.overlaps == 1
    assert index.locate([0.5], [0.5]).tolist() == [0]


def test_a_coverage_has_no_overlaps_and_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert PlaceIndex.build(voronoi(40, 1)).overlaps == 0
    assert caplog.text == ""


def test_exact_geometry_is_asked_only_beside_borders_and_overlaps(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def counted(x: np.ndarray, y: np.ndarray, shapes: np.ndarray) -> np.ndarray:
        asked.append(len(x))
        return by_tree(x, y, shapes)

    index = PlaceIndex.build(array_of(*QUARTERS, box(1.5, 1.5, 3.0, 3.0)))
    monkeypatch.setattr(raster, "by_tree", counted)
    x, y = np.random.default_rng(0).uniform(0, 3, (2, 100_000))
    index.locate(x, y)
    overlapping = ((x > 1.5) & (x < 2) & (y > 1.5) & (y < 2)).sum()
    assert overlapping <= sum(asked) < overlapping + 500


# --- the fuzz: made-up cities and unkind points ---


def voronoi(n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    cells = shapely.voronoi_polygons(shapely.multipoints(rng.uniform(0, 1, (n, 2))), extend_to=box(0, 0, 1, 1))
    return np.asarray(shapely.get_parts(cells))


def bent(shapes: np.ndarray, seed: int, times: int = 4) -> np.ndarray:
    """Bend every edge at random, the same for both its neighbours; bend less where borders would cross."""
    for sway in (0.15, 0.05, 0.01):
        made = np.array([_bent(shape, seed, times, sway) for shape in shapes], dtype=object)
        if shapely.is_valid(made).all() and shapely.coverage_is_valid(made):
            return made
    return shapes


def _bent(shape: Polygon, seed: int, times: int, sway: float) -> Polygon:
    def ring(points: np.ndarray) -> np.ndarray:
        for step in range(times):
            start, end = points[:-1], points[1:]
            turned = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
            low, high = np.where(turned[:, None], end, start), np.where(turned[:, None], start, end)
            noise = np.sin(1e5 * (low[:, 0] * 3 + low[:, 1] * 7 + high[:, 0] * 5 + high[:, 1]) + seed + step)
            middle = (low + high) / 2 + (high - low)[:, ::-1] * np.array([-1, 1]) * noise[:, None] * sway
            points = np.append(np.stack([start, middle], axis=1).reshape(-1, 2), points[-1:], axis=0)
        return points

    return shapely.polygons(ring(shapely.get_coordinates(shape)))


def merged(shapes: np.ndarray, seed: int) -> np.ndarray:
    """Join cells at random and lose some: islands, holes, enclaves, corners that touch."""
    group = np.random.default_rng(seed).integers(0, max(2, len(shapes) // 4), len(shapes))
    kept = np.unique(group)
    kept = kept[1:] if len(kept) > 1 else kept
    return np.array([shapely.coverage_union_all(shapes[group == k]) for k in kept], dtype=object)


def bricks(n: int, seed: int) -> np.ndarray:
    """Lay bricks, turned each on its own: joints end in the middle of the next row's edges, rounded."""
    rng = np.random.default_rng(seed)
    rows = max(1, int(np.sqrt(n)))
    wall = []
    for row in range(rows):
        joints = np.unique(np.concatenate([[0.0, 1.0], rng.uniform(0, 1, rows)]))
        wall += [box(a, row / rows, b, (row + 1) / rows) for a, b in pairwise(joints)]
    angle = rng.uniform(0, 90)
    return np.array([rotate(brick, angle, origin=(0.5, 0.5)) for brick in wall], dtype=object)


def lattice(n: int, seed: int) -> np.ndarray:
    """Lay regular squares, whose borders like to coincide with the raster's lines."""
    side = max(1, int(np.sqrt(n)))
    return np.array([box(i, j, i + 1, j + 1) for i in range(side) for j in range(side)], dtype=object)


def strewn(n: int, seed: int) -> np.ndarray:
    """Strew places that overlap."""
    rng = np.random.default_rng(seed)
    circles = shapely.buffer(shapely.points(rng.uniform(0, 1, (n, 2))), rng.uniform(0.01, 0.2, n))
    return np.asarray(circles)


def torn(n: int, seed: int) -> np.ndarray:
    """Move every place a little on its own: gaps and overlaps from below rounding to plain to see."""
    rng = np.random.default_rng(seed)
    shifts = rng.normal(0, 1, (n, 2)) * 10.0 ** rng.uniform(-16, -3, (n, 1))
    return np.array(
        [
            shapely.transform(shape, lambda xy, by=shift: xy + by)
            for shape, shift in zip(voronoi(n, seed), shifts, strict=True)
        ],
        dtype=object,
    )


CITIES = {
    "voronoi": voronoi,
    "bent": lambda n, seed: bent(voronoi(n, seed), seed),
    "merged": lambda n, seed: merged(bent(voronoi(n, seed), seed, 2), seed),
    "bricks": bricks,
    "lattice": lattice,
    "strewn": strewn,
    "torn": torn,
}
FRAMES = {"unit": (1.0, (0.0, 0.0)), "Zhuhai": (0.7, ZHUHAI), "village": (0.003, ZHUHAI), "metres": (4e4, (4e5, 2.4e6))}


def city_of(kind: str, frame: str, n: int, seed: int) -> np.ndarray:
    scale, origin = FRAMES[frame]
    shapes = shapely.transform(CITIES[kind](n, seed), lambda xy: xy * scale + origin)
    return np.asarray(shapes)[np.random.default_rng(seed).permutation(len(shapes))]


def unkind_points(index: PlaceIndex, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Points on vertices, edges, raster lines and centres of cells, an ulp beside, a rounding beside, and anywhere."""
    rng = np.random.default_rng(seed)
    edges, _ = raster._edges(index.shapes)
    grid = index.grid
    some = edges[rng.integers(0, len(edges), n)]
    t = rng.choice([0.0, 0.5, 1.0, np.nan], n)
    t = np.where(np.isnan(t), rng.uniform(0, 1, n), t)[:, None]
    on_edges = some[:, :2] + t * (some[:, 2:] - some[:, :2])
    corner, size = np.array([grid.west, grid.south]), np.array([grid.columns, grid.rows])
    halves = corner + rng.integers(0, 2 * size, (n, 2)) / 2 * grid.side
    anywhere = corner + rng.uniform(-0.1, 1.1, (n, 2)) * size * grid.side
    row_lines = np.stack([anywhere[:, 0], halves[:, 1]], axis=1)
    column_lines = np.stack([halves[:, 0], on_edges[:, 1]], axis=1)
    beside = on_edges + rng.normal(0, 1, (n, 2)) * grid.side * 10.0 ** rng.uniform(-9, 0, (n, 1))
    steps_away = on_edges + rng.uniform(-6, 6, (n, 2)) * grid.side / raster._STEPS
    points = np.concatenate([on_edges, halves, anywhere, row_lines, column_lines, beside, steps_away])
    x, y = np.where(
        rng.random(points.shape) < 0.3, np.nextafter(points, rng.choice([-1e9, 1e9], points.shape)), points
    ).T
    return x, y


def check(kind: str, frame: str, n: int, seed: int, cells: int | None, points: int) -> None:
    index = PlaceIndex.build(city_of(kind, frame, n, seed), cells)
    x, y = unkind_points(index, points, seed)
    wrong = np.flatnonzero(index.locate(x, y) != by_tree(x, y, index.shapes))
    assert wrong.tolist() == [], (kind, x[wrong[:3]], y[wrong[:3]])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(
    st.sampled_from(sorted(CITIES)),
    st.sampled_from(sorted(FRAMES)),
    st.integers(2, 60),
    st.integers(0, 2**32 - 1),
    st.sampled_from([1, 50, 1000, 20_000, None]),
)
def test_the_raster_answers_like_the_tree(kind: str, frame: str, n: int, seed: int, cells: int | None) -> None:
    check(kind, frame, n, seed, cells, 200)


def test_ten_thousand_points_on_edges_and_vertices_are_each_found_once() -> None:
    shapes = city_of("bent", "Zhuhai", 200, 3)
    edges, _ = raster._edges(shapes)
    rng = np.random.default_rng(3)
    some = edges[rng.integers(0, len(edges), 10_000)]
    x, y = (some[:, :2] + rng.integers(0, 2, (10_000, 1)) * (some[:, 2:] - some[:, :2])).T
    place = PlaceIndex.build(shapes).locate(x, y)
    point, holder = shapely.STRtree(shapes).query(shapely.points(x, y), predicate="covered_by")
    first = np.full(len(x), len(shapes))
    np.minimum.at(first, point, holder)
    assert np.bincount(point).max() > 1
    assert (place == first).all()


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_points_does_not_matter_and_codes_decide(seed: int) -> None:
    shapes = city_of("merged", "Zhuhai", 40, seed)
    index = PlaceIndex.build(shapes, 1000)
    x, y = unkind_points(index, 100, seed)
    place = index.locate(x, y)
    order = np.random.default_rng(seed).permutation(len(x))
    assert (index.locate(x[order], y[order]) == place[order]).all()
    backwards = PlaceIndex.build(shapes[::-1], 1000).locate(x, y)
    last = len(shapes) - 1 - backwards
    assert ((backwards == NOWHERE) == (place == NOWHERE)).all()
    assert (last[place != NOWHERE] >= place[place != NOWHERE]).all()


def test_many_points_take_the_same_way_as_few() -> None:
    index = PlaceIndex.build(city_of("bent", "Zhuhai", 60, 5))
    x, y = unkind_points(index, 60_000, 5)
    assert len(x) > 2 * raster._PART[0]
    assert (
        index.locate(x, y)
        == np.concatenate([index.locate(x[k::7], y[k::7]) for k in range(7)])[
            np.argsort(np.concatenate([np.arange(k, len(x), 7) for k in range(7)]))
        ]
    ).all()


def test_points_in_columns_of_a_table_and_whole_numbers_are_taken() -> None:
    index = PlaceIndex.build(array_of(*QUARTERS))
    table = np.array([[0.5, 0.5], [1.5, 1.5]])
    assert index.locate(table[:, 0], table[:, 1]).tolist() == [0, 3]
    assert index.locate([1], [2]).tolist() == [2]


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="length"):
        PlaceIndex.build(array_of(*QUARTERS)).locate([0.5, 1.5], [0.5])


# --- kept on disk ---


def test_what_is_kept_answers_the_same(tmp_path: Path) -> None:
    shapes = city_of("merged", "Zhuhai", 40, 11)
    built = PlaceIndex.open(tmp_path / "a" / "raster-street", shapes)
    kept = PlaceIndex.open(tmp_path / "a" / "raster-street", shapes)
    assert isinstance(kept.table.base, np.memmap) or isinstance(kept.table, np.memmap)
    assert (kept.grid, kept.overlaps) == (built.grid, built.overlaps)
    x, y = unkind_points(built, 500, 11)
    assert (kept.locate(x, y) == built.locate(x, y)).all()
    assert [each.name for each in (tmp_path / "a").iterdir()] == ["raster-street"]


def test_overlaps_are_remembered(tmp_path: Path) -> None:
    shapes = array_of(box(0, 0, 2, 1), box(1, 0, 3, 1))
    PlaceIndex.build(shapes).save(tmp_path / "raster")
    assert PlaceIndex.open(tmp_path / "raster", shapes).overlaps == 1


def damage(folder: Path, how: str) -> None:
    facts = json.loads((folder / "index.json").read_text())
    if how == "cut":
        whole = (folder / "records.npy").read_bytes()
        (folder / "records.npy").write_bytes(whole[: len(whole) // 2])
    elif how == "flipped":
        whole = bytearray((folder / "table.npy").read_bytes())
        whole[len(whole) // 2] ^= 1
        (folder / "table.npy").write_bytes(whole)
    elif how == "no table":
        (folder / "table.npy").unlink()
    elif how == "no json":
        (folder / "index.json").write_text("{")
    elif how == "half a json":
        del facts["grid"]
        (folder / "index.json").write_text(json.dumps(facts))
    elif how == "another grid":
        facts["grid"]["columns"] *= 1000
        (folder / "index.json").write_text(json.dumps(facts))
    elif how == "another type":
        whole = (folder / "table.npy").read_bytes()
        (folder / "table.npy").write_bytes(whole.replace(b"<i4", b"<u4", 1))
    elif how == "a list":
        (folder / "index.json").write_text("[]")
    elif how == "a later format":
        (folder / "index.json").write_text(json.dumps(facts | {"format": 999}))
    elif how == "empty":
        (folder / "table.npy").write_bytes(b"")


@pytest.mark.parametrize(
    "how",
    [
        "cut",
        "flipped",
        "no table",
        "no json",
        "half a json",
        "another grid",
        "another type",
        "a list",
        "a later format",
        "empty",
    ],
)
def test_a_damaged_index_is_built_anew(how: str, tmp_path: Path) -> None:
    shapes = array_of(*QUARTERS)
    folder = tmp_path / "raster"
    PlaceIndex.open(folder, shapes)
    before = (folder / "table.npy").read_bytes()
    damage(folder, how)
    assert PlaceIndex.open(folder, shapes).locate([1.5], [0.5]).tolist() == [1]
    assert (folder / "table.npy").read_bytes() == before


@pytest.mark.parametrize("others", [QUARTERS[::-1], QUARTERS[:3], (*QUARTERS, box(2, 0, 3, 1))])
def test_an_index_of_other_places_is_not_taken(others: tuple[object, ...], tmp_path: Path) -> None:
    PlaceIndex.open(tmp_path / "raster", array_of(*QUARTERS))
    shapes = array_of(*others)
    place = PlaceIndex.open(tmp_path / "raster", shapes).locate([0.5], [0.5])
    assert shapes[place[0]].equals(QUARTERS[0])


def test_a_folder_that_cannot_be_written_is_told_and_the_answer_given(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    with caplog.at_level(logging.WARNING):
        index = PlaceIndex.open(tmp_path / "file" / "raster", array_of(*QUARTERS))
    assert "cannot be written" in caplog.text
    assert index.locate([1.5], [0.5]).tolist() == [1]


def test_no_half_written_index_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(raster.np, "save", full)
    PlaceIndex.open(tmp_path / "raster", array_of(*QUARTERS))
    assert list(tmp_path.iterdir()) == []


def test_numba_is_missed_politely(monkeypatch: pytest.MonkeyPatch) -> None:
    assert usable()
    monkeypatch.setitem(sys.modules, "numba", None)
    assert not usable()
