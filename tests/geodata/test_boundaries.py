"""Places: built, repaired, nested, checked, divided and thinned."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from geodata.boundaries import (
    PARENT_FROM_GEOMETRY,
    check_places,
    grid_cells,
    join_levels,
    make_places,
    outlines,
)
from geodata.city import CityData
from geodata.columns import LONLAT_CRS, PLACE_COLUMNS
from geodata.coordinates import metric_crs
from geodata.errors import BoundaryError
from geodata.locate import NOWHERE, ancestors
from geodata.vocabulary import PlaceLevel

DISTRICT, STREET, COMMUNITY, GRID_CELL = PlaceLevel
WEST, SOUTH, STEP = 113.5, 22.2, 0.01  # a corner in Zhuhai, and about a kilometre


def square(column: float, row: float, width: float = 1, height: float = 1) -> Polygon:
    """Return a rectangle of the lattice, in degrees."""
    return box(WEST + column * STEP, SOUTH + row * STEP, WEST + (column + width) * STEP, SOUTH + (row + height) * STEP)


def shapes(rows: Sequence[tuple[str, BaseGeometry | None]], **columns: list[str]) -> gpd.GeoDataFrame:
    """Return what `readers.read_places` gives: text columns and polygons."""
    ids = [place for place, _ in rows]
    table = {"code": ids, "title": [f"地点{place}" for place in ids], **columns}
    return gpd.GeoDataFrame(table, geometry=[shape for _, shape in rows], crs=LONLAT_CRS)


def made(
    level: PlaceLevel, rows: Sequence[tuple[str, BaseGeometry | None]], parents: list[str] | None = None
) -> gpd.GeoDataFrame:
    columns = {"parent": parents} if parents is not None else {}
    return make_places(
        shapes(rows, **columns),
        level,
        id_column="code",
        name_column="title",
        parent_column="parent" if parents is not None else None,
    )


def joined(*levels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return join_levels(gpd.GeoDataFrame(pd.concat(levels, ignore_index=True), crs=LONLAT_CRS))


def parents_of(places: gpd.GeoDataFrame, level: PlaceLevel) -> dict[str, str]:
    here = places[places["level"] == level]
    return dict(zip(here["place_id"], here["parent_id"], strict=True))


# --- make_places ---


def test_places_have_the_columns_of_the_table_and_are_sorted_by_id() -> None:
    places = made(DISTRICT, [("2", square(1, 0)), ("1", square(0, 0))])
    assert set(places.columns) == {*PLACE_COLUMNS, "parent_source"}
    assert places["place_id"].tolist() == ["1", "2"]
    assert places["name"].tolist() == ["地点1", "地点2"]
    assert places.crs == LONLAT_CRS
    assert places.geometry.iloc[0].equals(square(0, 0))


def test_codes_keep_their_zeros_and_lose_their_spaces() -> None:
    assert made(DISTRICT, [(" 0111 ", square(0, 0))])["place_id"].tolist() == ["0111"]


def test_optional_columns_are_taken_where_the_file_has_them() -> None:
    table = shapes([("1", square(0, 0)), ("2", square(1, 0))], name_en=["One", "None"], valid_from=["2020-01-01", ""])
    places = make_places(table, STREET, id_column="code", name_column="title")
    assert places["name_en"].tolist() == ["One", ""]
    assert places["valid_from"].tolist() == ["2020-01-01", ""]
    assert places["valid_to"].tolist() == ["", ""]
    assert set(places["parent_source"]) == {PARENT_FROM_GEOMETRY}


def test_who_looks_after_a_place_is_taken_from_the_column_that_is_named_and_from_no_other() -> None:
    table = shapes([("1", square(0, 0)), ("2", square(1, 0))], unit=["甲办", "None"])
    named = make_places(table, STREET, id_column="code", name_column="title", unit_column="unit")
    assert named["unit"].tolist() == ["甲办", ""]
    assert make_places(table, STREET, id_column="code", name_column="title")["unit"].tolist() == ["", ""]


def test_rows_that_share_an_id_are_one_place() -> None:
    places = made(DISTRICT, [("1", square(0, 0)), ("2", square(3, 0)), ("1", square(5, 5))])
    assert places["place_id"].tolist() == ["1", "2"]
    assert places.geometry.iloc[0].equals(MultiPolygon([square(0, 0), square(5, 5)]))


def test_one_id_with_two_names_is_refused_with_the_id() -> None:
    table = shapes([("7", square(0, 0)), ("7", square(1, 0))]).assign(title=["甲", "乙"])
    with pytest.raises(BoundaryError, match="7") as refused:
        make_places(table, DISTRICT, id_column="code", name_column="title")
    assert "7" in refused.value.en


@pytest.mark.parametrize("column", ["code", "title", "parent", "unit"])
def test_a_missing_column_is_named_and_the_others_are_listed(column: str) -> None:
    table = shapes([("1", square(0, 0))], parent=["9"], unit=["甲办"]).drop(columns=column)
    columns = {"id_column": "code", "name_column": "title", "parent_column": "parent", "unit_column": "unit"}
    with pytest.raises(BoundaryError) as refused:
        make_places(table, STREET, **columns)
    assert repr(column) in refused.value.en
    assert all(other in refused.value.en for other in table.columns.drop("geometry"))


@pytest.mark.parametrize(
    ("row", "what"),
    [
        (("", square(1, 0)), "no id"),
        (("nan", square(1, 0)), "an id that is a missing value"),
        (("2", None), "no geometry"),
        (("2", Polygon()), "an empty geometry"),
        (("2", Point(WEST, SOUTH)), "a point"),
        (("2", shapely.LineString([(WEST, SOUTH), (WEST + 1, SOUTH)])), "a line"),
        (("2", Polygon([(WEST, SOUTH), (WEST + 1, SOUTH), (WEST, SOUTH)])), "a polygon that is a line"),
    ],
)
def test_a_place_without_id_or_surface_is_an_error_that_names_the_row(
    row: tuple[str, BaseGeometry | None], what: str
) -> None:
    with pytest.raises(BoundaryError) as refused:
        made(DISTRICT, [("1", square(0, 0)), row])
    assert "rows 2" in refused.value.en, what
    assert "第 2 行" in refused.value.zh


def test_a_bow_tie_is_repaired_into_its_two_triangles() -> None:
    tie = Polygon([(WEST, SOUTH), (WEST + 1, SOUTH + 1), (WEST + 1, SOUTH), (WEST, SOUTH + 1)])
    place = made(DISTRICT, [("1", tie)]).geometry.iloc[0]
    assert place.is_valid
    assert place.area == pytest.approx(0.5)
    assert not place.covers(Point(WEST + 0.5, SOUTH + 0.1))


def test_repair_drops_the_spike_that_is_no_surface() -> None:
    spiked = Polygon([(WEST, SOUTH), (WEST + 1, SOUTH), (WEST + 1, SOUTH + 1), (WEST + 1, SOUTH), (WEST, SOUTH - 1)])
    place = made(DISTRICT, [("1", spiked)]).geometry.iloc[0]
    assert place.is_valid
    assert place.geom_type in ("Polygon", "MultiPolygon")
    assert place.area == pytest.approx(0.5)


def test_a_collection_keeps_its_polygons_only_and_heights_are_dropped() -> None:
    mixed = shapely.GeometryCollection([square(0, 0), Point(WEST, SOUTH), MultiPolygon([square(2, 2)])])
    high = shapely.force_3d(square(4, 4), 7.0)
    places = made(DISTRICT, [("1", mixed), ("2", high)])
    assert places.geometry.iloc[0].equals(MultiPolygon([square(0, 0), square(2, 2)]))
    assert not places.geometry.has_z.any()


# --- join_levels ---


def test_parents_come_from_the_file_where_it_names_them_even_against_the_geometry() -> None:
    places = joined(
        made(DISTRICT, [("A", square(0, 0)), ("B", square(1, 0))]), made(STREET, [("s", square(0, 0))], ["B"])
    )
    assert parents_of(places, STREET) == {"s": "B"}
    assert places["level"].tolist() == ["district", "district", "street"]


def test_parents_come_from_geometry_where_the_file_names_none() -> None:
    districts = made(DISTRICT, [("A", square(0, 0, 2, 2)), ("B", square(2, 0, 2, 2))])
    streets = made(STREET, [("s1", square(1, 0)), ("s2", square(2, 0)), ("s3", square(3, 1))])
    assert parents_of(joined(streets, districts), STREET) == {"s1": "A", "s2": "B", "s3": "B"}
    assert parents_of(joined(streets, districts), DISTRICT) == {"A": "", "B": ""}


def test_a_child_belongs_to_the_finest_level_in_which_it_nests() -> None:
    districts = made(DISTRICT, [("A", square(0, 0, 4, 4))])
    streets = made(STREET, [("s1", square(0, 0, 2, 4)), ("s2", square(2, 0, 2, 4))])
    communities = made(COMMUNITY, [("c1", square(0, 0)), ("c2", square(3, 3))])
    assert parents_of(joined(communities, streets, districts), COMMUNITY) == {"c1": "s1", "c2": "s2"}


def test_a_level_that_does_not_nest_is_skipped_for_all_its_places() -> None:
    districts = made(DISTRICT, [("A", square(0, 0, 4, 4))])
    streets = made(STREET, [("s1", square(0, 0, 2, 4)), ("s2", square(2, 0, 2, 4))])
    across = made(COMMUNITY, [("c1", square(0, 0, 3, 4)), ("c2", square(3, 0, 1, 4))])
    assert parents_of(joined(districts, streets, across), COMMUNITY) == {"c1": "A", "c2": "A"}


def test_a_skipped_level_stays_skipped_where_it_shares_an_id_with_the_true_parent() -> None:
    districts = made(DISTRICT, [("1", square(0, 0, 2, 4)), ("2", square(2, 0, 2, 4))])
    streets = made(STREET, [("1", square(0, 0, 4, 2)), ("2", square(0, 2, 4, 2))])  # crosswise: nests in nothing
    beats = made(COMMUNITY, [("b1", square(0, 0, 2, 4)), ("b2", square(2, 0, 2, 4))])  # nests in districts only
    places = joined(districts, streets, beats)
    table = ancestors(places)
    rows = {
        (level, place): row for row, (level, place) in enumerate(zip(places["level"], places["place_id"], strict=True))
    }
    for beat, district in (("b1", "1"), ("b2", "2")):
        family = table[rows["community", beat]]
        assert family[0] == rows["district", district]
        assert family[1] == NOWHERE, f"{beat} lies in two streets"


def test_a_level_that_nests_in_nothing_has_no_parents() -> None:
    districts = made(DISTRICT, [("A", square(0, 0, 2, 2)), ("B", square(2, 0, 2, 2))])
    assert parents_of(joined(districts, made(STREET, [("s", square(1, 0, 2, 2))])), STREET) == {"s": ""}


def test_an_orphan_is_an_error_that_names_the_parent() -> None:
    with pytest.raises(BoundaryError, match="X9") as refused:
        joined(made(DISTRICT, [("A", square(0, 0))]), made(STREET, [("s", square(0, 0))], ["X9"]))
    assert "X9" in refused.value.en
    assert "--parent" in refused.value.en


def test_the_top_level_may_name_parents_that_are_not_here_yet() -> None:
    streets = made(STREET, [("s", square(0, 0))], ["A"])
    assert len(joined(streets)) == 1
    assert parents_of(joined(streets, made(DISTRICT, [("A", square(0, 0))])), STREET) == {"s": "A"}


def test_the_same_id_on_two_levels_is_two_places() -> None:
    places = joined(
        made(DISTRICT, [("7", square(0, 0, 2, 1))]),
        made(STREET, [("7", square(0, 0)), ("8", square(1, 0))], ["7", "7"]),
    )
    table = ancestors(places)
    assert places[["level", "place_id"]].to_numpy().tolist() == [["district", "7"], ["street", "7"], ["street", "8"]]
    assert table[:, 0].tolist() == [0, 0, 0]
    assert table[:, 1].tolist() == [NOWHERE, 1, 2]


def test_joining_twice_changes_nothing_nor_does_the_order_of_rows(demo_city: CityData) -> None:
    coarse = demo_city.places[demo_city.places["level"] != "grid_cell"].assign(parent_source=PARENT_FROM_GEOMETRY)
    once = join_levels(coarse)
    again = join_levels(once.sample(frac=1.0, random_state=1))
    assert once["parent_id"].tolist() == again["parent_id"].tolist() == coarse["parent_id"].tolist()


# --- check_places ---


def good_city() -> gpd.GeoDataFrame:
    districts = made(DISTRICT, [("A", square(0, 0, 2, 2)), ("B", square(2, 0, 2, 2))])
    streets = made(
        STREET,
        [
            ("A1", square(0, 0, 1, 2)),
            ("A2", square(1, 0, 1, 2)),
            ("B1", square(2, 0, 2, 1)),
            ("B2", square(2, 1, 2, 1)),
        ],
        ["A", "A", "B", "B"],
    )
    return joined(districts, streets)


def with_shape(places: gpd.GeoDataFrame, place: str, shape: BaseGeometry) -> gpd.GeoDataFrame:
    changed = places.copy()
    changed.loc[changed["place_id"] == place, "geometry"] = gpd.GeoSeries([shape], crs=LONLAT_CRS).to_numpy()
    return changed


def errors(places: gpd.GeoDataFrame) -> set[tuple[str, str]]:
    return {(fault.kind, fault.place_id) for fault in check_places(places) if fault.is_error}


def test_a_good_city_has_no_faults(demo_city: CityData) -> None:
    assert errors(good_city()) == set()
    assert check_places(demo_city.places) == []
    assert check_places(good_city().iloc[:0]) == []


def test_a_gap_between_children_is_found_at_their_parent() -> None:
    faults = check_places(with_shape(good_city(), "A1", square(0, 0, 1, 1.5)))
    (gap,) = [fault for fault in faults if fault.is_error]
    assert (gap.kind, gap.level, gap.place_id) == ("gap", DISTRICT, "A")
    assert gap.area_m2 == pytest.approx(0.5 * 1030 * 1107, rel=0.02)


def test_a_parent_without_any_child_is_all_gap() -> None:
    places = good_city()
    assert errors(places[~places["place_id"].isin(["B1", "B2"])].reset_index(drop=True)) == {("gap", "B")}


def test_an_overlap_is_found_and_named_by_both_places() -> None:
    found = errors(with_shape(good_city(), "A1", square(0, 0, 1.5, 2)))
    assert found == {("overlap", "A1 × A2")}


def test_a_place_inside_another_of_its_level_is_an_overlap() -> None:
    places = joined(made(DISTRICT, [("A", square(0, 0, 4, 4)), ("B", square(1, 1))]))
    assert errors(places) == {("overlap", "A × B")}


def test_a_child_outside_of_its_parent_is_found() -> None:
    found = errors(with_shape(good_city(), "B2", square(2, 1, 3, 1)))
    assert found == {("outside_parent", "B")}


def test_an_orphan_is_found() -> None:
    places = good_city()
    places.loc[places["place_id"] == "A1", "parent_id"] = ""
    assert ("orphan", "A1") in errors(places)


def test_an_invalid_outline_is_found() -> None:
    tie = Polygon([(WEST, SOUTH), (WEST + 0.01, SOUTH + 0.01), (WEST + 0.01, SOUTH), (WEST, SOUTH + 0.01)])
    places = joined(made(DISTRICT, [("A", square(5, 5))]))
    assert errors(with_shape(places, "A", tie)) == {("invalid", "A")}


def test_drawing_noise_is_a_note_and_no_error() -> None:
    faults = check_places(with_shape(good_city(), "A1", square(0, 0, 1, 2 - 0.0001)))
    assert ("gap", "A", False) in {(fault.kind, fault.place_id, fault.is_error) for fault in faults}
    assert not any(fault.is_error for fault in faults)


def test_only_touching_is_no_overlap() -> None:
    assert errors(joined(made(DISTRICT, [("A", square(0, 0)), ("B", square(1, 1)), ("C", square(1, 0))]))) == set()


# --- grid cells ---

AN_L = Polygon(
    [
        (WEST, SOUTH),
        (WEST + 0.02, SOUTH),
        (WEST + 0.02, SOUTH + 0.01),
        (WEST + 0.01, SOUTH + 0.01),
        (WEST + 0.01, SOUTH + 0.03),
        (WEST, SOUTH + 0.03),
    ]
)
SPLIT = [AN_L, square(1, 1, 1, 2)]


@pytest.mark.parametrize("hexagonal", [False, True])
@pytest.mark.parametrize("size_m", [300.0, 777.0, 5000.0])
def test_the_cells_of_a_place_add_up_to_it(*, hexagonal: bool, size_m: float) -> None:
    streets = joined(made(STREET, [("S1", SPLIT[0]), ("S2", SPLIT[1])]))
    cells = grid_cells(streets, size_m=size_m, level=STREET, hexagonal=hexagonal)
    assert cells.crs == LONLAT_CRS
    assert set(cells["level"]) == {"grid_cell"}
    assert cells.geometry.is_valid.all()
    assert set(cells.geometry.geom_type) <= {"Polygon", "MultiPolygon"}
    assert errors(joined(streets, cells)) == set()
    for place, shape in (("S1", SPLIT[0]), ("S2", SPLIT[1])):  # compared as drawn: lines in degrees bend in metres
        family = cells[cells["parent_id"] == place].geometry.to_numpy()
        assert shapely.union_all(family).symmetric_difference(shape).area < 1e-9 * shape.area
        assert shapely.area(family).sum() == pytest.approx(shape.area, rel=1e-9)


def test_the_ids_of_cells_are_the_parents_and_a_serial_from_the_north_west() -> None:
    cells = grid_cells(joined(made(STREET, [("S1", square(0, 0, 2, 2))])), size_m=600, level=STREET)
    serials = [f"S1{n:03d}" for n in range(1, len(cells) + 1)]
    assert sorted(cells["place_id"]) == serials
    centre = cells.sort_values("place_id").geometry.representative_point()
    first, last = (Point(centre.iloc[k].x, centre.iloc[k].y) for k in (0, -1))
    assert first.x < WEST + 0.01
    assert first.y > SOUTH + 0.01
    assert last.x > WEST + 0.01
    assert last.y < SOUTH + 0.01


def test_no_cell_is_a_sliver_unless_its_place_is() -> None:
    streets = joined(made(STREET, [("S1", SPLIT[0]), ("S2", square(9, 9, 0.01, 0.01))]))
    cells = grid_cells(streets, size_m=500, level=STREET).to_crs(metric_crs(WEST, SOUTH))
    areas = cells[cells["parent_id"] == "S1"].geometry.area
    assert areas.min() >= 0.1 * 500**2 * 0.999
    assert cells[cells["parent_id"] == "S2"]["place_id"].tolist() == ["S2001"]


def test_a_thousand_cells_have_serials_of_four_digits() -> None:
    cells = grid_cells(joined(made(STREET, [("S1", square(0, 0, 4, 4))])), size_m=120, level=STREET)
    assert len(cells) > 999
    assert set(cells["place_id"].str.len()) == {6}
    assert cells["place_id"].is_unique


def test_there_is_nothing_to_divide_without_places_of_the_level() -> None:
    with pytest.raises(BoundaryError, match="community"):
        grid_cells(good_city(), size_m=500, level=COMMUNITY)


# --- outlines ---


def wavy(height: float, points: int = 200) -> list[tuple[float, float]]:
    x = np.linspace(0, 0.05, points)
    return [(WEST + a, SOUTH + height + 0.0003 * np.sin(a * 9000)) for a in x]


def test_outlines_keep_shared_borders_shared() -> None:
    low, middle, high = wavy(0.0), wavy(0.02), wavy(0.04)
    places = joined(
        made(DISTRICT, [("A", Polygon([*low, *reversed(middle)])), ("B", Polygon([*middle, *reversed(high)]))])
    )
    thin = outlines(places, tolerance_m=60)
    a, b = thin.geometry
    assert shapely.get_num_coordinates(a) < shapely.get_num_coordinates(places.geometry.iloc[0]) / 2
    assert a.intersection(b).area == pytest.approx(0.0, abs=1e-14)
    assert shapely.coverage_is_valid([a, b])
    assert a.intersection(b).length > 0.04


def test_outlines_keep_rows_levels_and_places_smaller_than_the_tolerance() -> None:
    places = joined(made(DISTRICT, [("A", square(0, 0)), ("B", square(5, 5, 0.0001, 0.0001))]))
    thin = outlines(places, tolerance_m=500)
    assert thin["place_id"].tolist() == ["A", "B"]
    assert not thin.geometry.is_empty.any()


def test_labels_lie_inside_even_where_the_centroid_does_not() -> None:
    horseshoe = square(0, 0, 5, 5).difference(square(1, 1, 3, 4))
    thin = outlines(
        joined(made(DISTRICT, [("A", horseshoe), ("B", MultiPolygon([square(9, 9), square(20, 0, 3, 3)]))]))
    )
    for shape, lon, lat in zip(thin.geometry, thin["label_lon"], thin["label_lat"], strict=True):
        assert shape.contains(Point(lon, lat))
    assert square(20, 0, 3, 3).contains(Point(thin["label_lon"].iloc[1], thin["label_lat"].iloc[1]))


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=4, unique=True),
    st.lists(st.integers(1, 9), min_size=1, max_size=4, unique=True),
)
def test_any_lattice_of_places_passes_the_check_and_nests_by_geometry(across: list[int], up: list[int]) -> None:
    xs, ys = [0, *sorted(across), 10], [0, *sorted(up), 10]
    columns = [(f"D{x}", square(x, 0, end - x, 10)) for x, end in itertools.pairwise(xs)]
    blocks = [
        (f"S{x}-{y}", square(x, y, right - x, top - y))
        for x, right in itertools.pairwise(xs)
        for y, top in itertools.pairwise(ys)
    ]
    places = joined(made(DISTRICT, columns), made(STREET, blocks))
    assert errors(places) == set()
    assert all(parent == "D" + place[1:].split("-")[0] for place, parent in parents_of(places, STREET).items())
