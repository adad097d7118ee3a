"""Boundaries that are drawn wrongly (G11–G16): each is brought as the communities of a city of four streets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

from tests.badinput.cases import case, drawn, refused, secret, write
from tests.badinput.maps import LEADS_ELSEWHERE, geo, named, parquet, shape_parts, zipped

WEST, SOUTH = 113.50, 22.20
CELLS = [
    box(WEST + x * 0.004, SOUTH + y * 0.004, WEST + (x + 1) * 0.004, SOUTH + (y + 1) * 0.004)
    for x in range(20)
    for y in range(10)
]
"""Communities of 400 m that fill the streets: 20 from west to east, 10 from south to north."""
REST = CELLS[1:]


def places(
    folder: Path,
    shapes: Sequence[BaseGeometry | dict[str, Any] | None],
    codes: list[str] | None = None,
    **properties: object,
) -> Path:
    """Write GeoJSON of places."""
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, "name": f"社区{code}"} | properties,
            "geometry": json.loads(shapely.to_geojson(shape)) if isinstance(shape, BaseGeometry) else shape,
        }
        for code, shape in zip(codes or [f"c{n}" for n in range(len(shapes))], shapes, strict=True)
    ]
    return write(folder, "a.geojson", json.dumps({"type": "FeatureCollection", "features": features}))


def ring(*corners: tuple[float, float]) -> dict[str, Any]:
    """Return a polygon of one ring as GeoJSON, in cells from the corner of the city."""
    return {"type": "Polygon", "coordinates": [[[WEST + x * 0.004, SOUTH + y * 0.004] for x, y in corners]]}


@case("G11", "sound communities", drawn(200), task="boundaries")
def sound(folder: Path) -> Path:
    return places(folder, CELLS)


@case("G11", "a bow-tie", drawn(200, gap=1), task="boundaries")
def bow_tie(folder: Path) -> Path:
    return places(folder, [ring((0, 0), (1, 1), (1, 0), (0, 1), (0, 0)), *REST])


@case("G11", "a spike, a corner twice, and a ring that turns the wrong way", drawn(200), task="boundaries")
def spike(folder: Path) -> Path:
    return places(folder, [ring((0, 0), (0, 1), (0, 1), (1, 1), (1, 0), (0.5, 0), (0.5, -1), (0.5, 0), (0, 0)), *REST])


@case("G11", "a ring of two points", refused("第 1 个"), task="boundaries")
def two_points(folder: Path) -> Path:
    return places(folder, [ring((0, 0), (1, 1)), *REST])


@case("G11", "a ring that is not closed", refused("第 1 个"), task="boundaries")
def open_ring(folder: Path) -> Path:
    return places(folder, [ring((0, 0), (0, 1), (1, 1), (1, 0)), *REST])


@case("G11", "a hole outside of its shell", drawn(200, outside_parent=1), task="boundaries")
def hole_outside(folder: Path) -> Path:
    shell = ring((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))
    shell["coordinates"] += ring((30, 0), (31, 0), (31, 1), (30, 0))["coordinates"]
    return places(folder, [shell, *REST])


@case("G11", "no geometry", refused("第 1 行"), task="boundaries")
def null_geometry(folder: Path) -> Path:
    return places(folder, [None, *REST])


@case("G11", "an empty polygon", refused("第 1 行"), task="boundaries")
def empty_polygon(folder: Path) -> Path:
    return places(folder, [{"type": "Polygon", "coordinates": []}, *REST])


@case("G11", "points instead of areas", refused("没有可用的面"), task="boundaries")
def points(folder: Path) -> Path:
    return places(folder, [shapely.Point(113.5, 22.2)] * 2)


@case("G11", "an area and a line in one place: the line is left out", drawn(200), task="boundaries")
def area_and_line(folder: Path) -> Path:
    return places(
        folder, [shapely.GeometryCollection([CELLS[0], shapely.LineString([(113.5, 22.2), (113.6, 22.2)])]), *REST]
    )


@case("G11", "a third dimension", drawn(200), task="boundaries")
def heights(folder: Path) -> Path:
    return places(folder, [shapely.force_3d(CELLS[0], 5), *REST])


@case("G11", "a coordinate that is no number", refused("第 1 个"), task="boundaries")
def not_a_number(folder: Path) -> Path:
    return places(folder, [ring((0, 0), (float("nan"), 0), (0, 1), (0, 0)), *REST])


@case("G11", "a coordinate beyond the earth", refused("坐标系"), task="boundaries")
def beyond_the_earth(folder: Path) -> Path:
    return places(folder, [ring((0, 0), (1e300, 0), (0, 1), (0, 0)), *REST])


@case("G11", "a place of 220,000 corners", drawn(200), task="boundaries")
def many_corners(folder: Path) -> Path:
    x = np.linspace(WEST, WEST + 0.004, 220_000)
    top = np.column_stack([x, np.full(len(x), SOUTH + 0.004)])[::-1]
    return places(folder, [Polygon([(WEST, SOUTH), (WEST + 0.004, SOUTH), *top]), *REST])


@case("G12", "one area under two codes", drawn(201, overlap=1), task="boundaries")
def twice(folder: Path) -> Path:
    return places(folder, [*CELLS, CELLS[0]])


@case("G12", "an overlap of a centimetre is no fault", drawn(200), task="boundaries")
def sliver(folder: Path) -> Path:
    return places(folder, [box(WEST, SOUTH, WEST + 0.004, SOUTH + 0.004 + 1e-7), *REST])


@case("G12", "children that do not fill their parent", drawn(200, gap=1), task="boundaries")
def gap(folder: Path) -> Path:
    return places(folder, [box(WEST, SOUTH, WEST + 0.003, SOUTH + 0.004), *REST])


@case("G12", "children that stand out of their parent", drawn(200, outside_parent=1), task="boundaries")
def outside(folder: Path) -> Path:
    return places(folder, [box(WEST - 0.002, SOUTH, WEST + 0.004, SOUTH + 0.004), *REST])


@case("G12", "a place in another country", drawn(201, orphan=1), task="boundaries")
def far_away(folder: Path) -> Path:
    return places(folder, [*CELLS, box(2, 48, 2.1, 48.1)])


@case("G13", "one code with two names", refused("c0"), task="boundaries")
def two_names(folder: Path) -> Path:
    path = places(folder, CELLS, ["c0", *(f"c{n}" for n in range(199))])
    return write(folder, path.name, path.read_text().replace('c0", "name": "\\u793e\\u533ac0', 'c0", "name": "x', 1))


@case("G13", "one code with one name twice is one place of two parts", drawn(199), task="boundaries")
def code_twice(folder: Path) -> Path:
    return places(folder, CELLS, ["c0", *(f"c{n}" for n in range(199))])


@case("G13", "a parent that does not exist", refused("X9"), task="boundaries", parent_column="parent")
def missing_parent(folder: Path) -> Path:
    return places(folder, CELLS, parent="X9")


@case("G13", "places that are their own parents", refused("c0"), task="boundaries", parent_column="code")
def own_parent(folder: Path) -> Path:
    return places(folder, CELLS)


@case("G13", "no code", refused("没有编号", "第 2 行"), task="boundaries")
def no_code(folder: Path) -> Path:
    return places(folder, CELLS, ["c0", " ", *(f"c{n}" for n in range(1, 199))])


@case("G13", "a column that the file lacks", refused("村码", "code"), task="boundaries", id_column="村码")
def no_such_column(folder: Path) -> Path:
    return places(folder, CELLS)


@case("G14", "metres that are said to be degrees", refused("坐标系"), task="boundaries")
def metres(folder: Path) -> Path:
    return places(folder, [box(457_000 + n * 1000, 2_460_000, 458_000 + n * 1000, 2_461_000) for n in range(2)])


@case("G14", "latitude first", refused("坐标系"), task="boundaries")
def swapped(folder: Path) -> Path:
    return places(folder, [shapely.transform(cell, lambda at: at[:, ::-1]) for cell in CELLS])


@case("G16", "islands belong to one place", drawn(200, outside_parent=1), task="boundaries")
def islands(folder: Path) -> Path:
    return places(folder, [MultiPolygon([CELLS[0], box(113.600, 22.100, 113.601, 22.101)]), *REST])


@case("G16", "a polygon over the end of the world", drawn(201, orphan=1), task="boundaries")
def antimeridian(folder: Path) -> Path:
    return places(folder, [*CELLS, box(-180, 10, 180, 11)])


@case("G16", "no place at all", refused("没有任何地块"), task="boundaries")
def nothing(folder: Path) -> Path:
    return places(folder, [])


@case(
    "F38",
    "a Shapefile of areas that does not say its system",
    refused("坐标系", "--crs"),
    task="boundaries",
    id_column="编号",
    name_column="类型",
)
def shapes_without_system(folder: Path) -> Path:
    parts = shape_parts(places=True)
    del parts["prj"]
    return zipped(folder, named(parts))


for name, text in LEADS_ELSEWHERE.items():

    def leads_elsewhere(folder: Path, text: str = text) -> Path:
        columns = {"code": ["c0"], "name": ["社区"], "geometry": [shapely.to_wkb(CELLS[0])]}
        return parquet(folder, columns, geo(text.format(secret(folder))))

    leads_elsewhere.__name__ = f"geoparquet_that_names_a_file_by_{name}"
    case("F51", "a system that names a file", refused("坐标系"), task="boundaries")(leads_elsewhere)


@case("F41", "a workbook for boundaries", refused("边界只接受"), task="boundaries")
def workbook(folder: Path) -> Path:
    return write(folder, "a.xlsx", b"x")
