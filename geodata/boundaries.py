"""Places and how they nest: build, repair, check, divide into grid cells, thin for drawing."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.columns import LONLAT_CRS
from geodata.coordinates import metric_crs
from geodata.errors import BoundaryError
from geodata.locate import locate_points
from geodata.vocabulary import LEVELS, PlaceLevel

NEST_SHARE = 0.99
"""A child is said to lie in a parent when at least this share of its area does."""
SLIVER_SHARE = 1e-4
"""Gaps and overlaps below this share of the area are drawing noise, not errors."""
LEAST_M2 = 1.0
"""Leftovers below this are not worth a line [m²]."""
SLIVER_CELL = 0.1
"""A piece smaller than this share of a whole cell joins a neighbour."""
MOST_POINTS = 80_000
"""Corners of a level's outlines for drawing, if thinning can reach it."""
PARENT_FROM_FILE, PARENT_FROM_GEOMETRY = "file", "geometry"


def make_places(
    shapes: gpd.GeoDataFrame,
    level: PlaceLevel,
    *,
    id_column: str,
    name_column: str,
    parent_column: str | None = None,
    unit_column: str | None = None,
) -> gpd.GeoDataFrame:
    """Turn a file's polygons into places of one level, one row an id.

    Rows that share an id are one place (a multipolygon). Broken rings are repaired; what repair leaves of points and
    lines is dropped. A missing or empty geometry or id is an error that names the rows.

    Parameters
    ----------
    shapes
        Polygons in EPSG:4326 with attribute columns as text.
    level
        The level that all rows belong to.
    id_column, name_column, parent_column, unit_column
        Columns of `shapes`; without `parent_column` parents are found by geometry when the city is put together,
        without `unit_column` it is not known who looks after the places.

    Returns
    -------
    gpd.GeoDataFrame
        The columns of ``columns.PLACE_COLUMNS`` and ``parent_source``, EPSG:4326, sorted by place_id.

    Raises
    ------
    BoundaryError
        If a column is missing, or ids, names or shapes cannot be used.
    """
    wanted = [column for column in (id_column, name_column, parent_column, unit_column) if column]
    if missing := [column for column in wanted if column not in shapes.columns]:
        have = ", ".join(str(column) for column in shapes.columns if column != shapes.geometry.name)
        raise BoundaryError(
            f"边界文件里没有“{missing[0]}”这一列；文件的列有：{have}。",
            f"the boundary file has no column {missing[0]!r}; its columns are: {have}.",
        )
    ids = shapes[id_column].astype("str").str.strip()
    geometry = _repaired(shapes.geometry)
    unusable = ids.isin(["", "nan", "None"]) | geometry.is_empty | geometry.isna()
    if unusable.any():
        rows = ", ".join(str(row + 1) for row in np.flatnonzero(unusable)[:5])
        raise BoundaryError(
            f"有 {int(unusable.sum())} 个地点没有编号或没有可用的面，见第 {rows} 行；请补全后重新导入。",
            f"{int(unusable.sum())} places have no id or no usable polygon: rows {rows}; mend them and import again.",
        )
    places = gpd.GeoDataFrame(
        {
            "place_id": ids.to_numpy(),
            "name": shapes[name_column].astype("str").str.strip().to_numpy(),
            "name_en": _optional(shapes, "name_en"),
            "level": level.value,
            "parent_id": _optional(shapes, parent_column),
            "valid_from": _optional(shapes, "valid_from"),
            "valid_to": _optional(shapes, "valid_to"),
            "unit": _optional(shapes, unit_column),
            "parent_source": PARENT_FROM_FILE if parent_column else PARENT_FROM_GEOMETRY,
        },
        geometry=geometry.to_numpy(),
        crs=LONLAT_CRS,
    )
    _refuse_two_names(places)
    if places["place_id"].duplicated().any():
        places = places.dissolve(by="place_id", as_index=False, sort=True)
    return places.sort_values("place_id").reset_index(drop=True)


def _optional(shapes: gpd.GeoDataFrame, column: str | None) -> npt.NDArray[np.object_]:
    if column is None or column not in shapes.columns:
        return np.full(len(shapes), "", dtype=object)
    return np.asarray(
        shapes[column].astype("str").str.strip().replace({"nan": "", "None": "", "NaT": ""}), dtype=object
    )


def _repaired(geometry: gpd.GeoSeries) -> gpd.GeoSeries:
    """Make polygons valid; keep only their polygonal part, in two dimensions."""
    flat = shapely.force_2d(geometry.to_numpy())
    broken = ~shapely.is_valid(flat)
    if broken.any():
        flat[broken] = [_polygonal(shape) for shape in shapely.make_valid(flat[broken])]
    not_polygon = ~np.isin(shapely.get_type_id(flat), [-1, 3, 6])
    flat[not_polygon] = [_polygonal(shape) for shape in flat[not_polygon]]
    return gpd.GeoSeries(flat, index=geometry.index, crs=LONLAT_CRS)


def _polygonal(shape: BaseGeometry) -> BaseGeometry:
    parts = [part for part in shapely.get_parts(shapely.get_parts(shape)) if part.geom_type == "Polygon"]
    return shapely.unary_union(parts) if parts else shapely.Polygon()


def _refuse_two_names(places: gpd.GeoDataFrame) -> None:
    names = places.groupby("place_id")["name"].nunique()
    if (names > 1).any():
        clash = str(names.index[names > 1][0])
        raise BoundaryError(
            f"编号 {clash} 对应了不同的名称；请检查编号列是否选对。",
            f"place id {clash} has more than one name; is `--id` the right column?",
        )


def join_levels(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give every place its parent: from the file where it names one, else by geometry.

    By geometry a place belongs to the finest coarser level in which it truly nests, that is, whose place holds
    ``NEST_SHARE`` of its area; a level that does not nest (wards and census areas, say) is skipped for all its places,
    so that children always add up to their parent.

    Parameters
    ----------
    places
        All levels, ``columns.PLACE_COLUMNS`` and ``parent_source``, EPSG:4326.

    Returns
    -------
    gpd.GeoDataFrame
        The same places sorted by level and id, ``parent_id`` and ``parent_level`` filled ("" at the top).

    Raises
    ------
    BoundaryError
        If a parent that the file names exists at no coarser level.
    """
    depth = places["level"].map({level.value: level.depth for level in LEVELS})
    order = np.lexsort((places["place_id"].to_numpy(dtype=str), depth))
    joined = places.iloc[order].reset_index(drop=True).assign(parent_level="")
    by_level = {level: joined[joined["level"] == level] for level in LEVELS}
    for level, here in by_level.items():
        coarser = [by_level[other] for other in LEVELS[: level.depth] if len(by_level[other])]
        if here.empty:
            continue
        from_file = here[here["parent_source"] == PARENT_FROM_FILE]
        known = {place for other in coarser for place in other["place_id"]}
        orphans = sorted(set(from_file["parent_id"]) - known - {""})
        if coarser and orphans:
            raise BoundaryError(
                f"{level.value} 层有上级编号在更高层级中不存在，例如 {orphans[0]}；"
                "请先导入上级边界，或检查 --parent 列。",
                f"parents of level {level.value} exist at no coarser level, for example {orphans[0]}: "
                "import the coarser level first, or check `--parent`.",
            )
        if not coarser:  # nothing above yet: the named parents wait for their level
            continue
        by_geometry = here[here["parent_source"] == PARENT_FROM_GEOMETRY]
        if len(by_geometry):
            ids, above = _nesting_parent(by_geometry, coarser)
            joined.loc[by_geometry.index, "parent_id"] = ids
            joined.loc[by_geometry.index, "parent_level"] = above
        level_of = {place: other["level"].iloc[0] for other in coarser for place in other["place_id"]}  # the finest
        joined.loc[from_file.index, "parent_level"] = [level_of.get(each, "") for each in from_file["parent_id"]]
    return joined


def _nesting_parent(children: gpd.GeoDataFrame, coarser: list[gpd.GeoDataFrame]) -> tuple[npt.NDArray[np.object_], str]:
    """Return the parent of each child, "" where none, and the level of the parents."""
    inside = children.geometry.representative_point()
    shapes = children.geometry.to_numpy()
    area = shapely.area(shapes)
    for parents in reversed(coarser):
        candidates = parents.sort_values("place_id")
        found = locate_points(inside.x.to_numpy(), inside.y.to_numpy(), candidates.geometry.to_numpy())
        parent_shapes = candidates.geometry.to_numpy()[np.maximum(found, 0)]
        shared = shapely.area(shapely.intersection(shapes, parent_shapes))
        nested = (found >= 0) & (shared >= NEST_SHARE * area)
        if nested.mean() >= NEST_SHARE:  # a stray islet is no reason to give up a level
            ids = candidates["place_id"].to_numpy(dtype=object)
            return np.where(found >= 0, ids[np.maximum(found, 0)], "").astype(object), str(parents["level"].iloc[0])
    return np.full(len(children), "", dtype=object), ""


@dataclass(frozen=True)
class BoundaryFault:
    """One finding of `check_places`."""

    kind: str
    """gap, overlap, orphan, outside_parent, invalid or duplicate_id."""
    level: PlaceLevel
    place_id: str
    area_m2: float
    is_error: bool


def check_places(places: gpd.GeoDataFrame) -> list[BoundaryFault]:
    """List what is wrong with a city's places: overlaps, gaps, orphans, children that are not their parent.

    Shapes are compared as they were drawn, in degrees; what is left over is a share of the place, whose area is
    measured in the local metric system.
    Differences below ``SLIVER_SHARE`` of a place are drawing noise and are listed as such, not as errors.

    Parameters
    ----------
    places
        All levels as `join_levels` returns them, EPSG:4326.
    """
    faults: list[BoundaryFault] = []
    present = [level for level in LEVELS if (places["level"] == level).any()]
    for level in present:
        here = places[places["level"] == level]
        faults += _invalid(here, level) + _overlaps(here, level)
        if level is not present[0]:
            faults += _orphans(here, level)
            faults += [fault for above in present for fault in _nesting_faults(places, above, level)]
    return faults


def _areas_m2(shapes: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Measure shapes in degrees [m²]."""
    series = gpd.GeoSeries(np.asarray(shapes, dtype=object), crs=LONLAT_CRS)
    if series.is_empty.all():
        return np.zeros(len(series))
    west, south, east, north = series.total_bounds
    return np.asarray(series.to_crs(metric_crs(float(west + east) / 2, float(south + north) / 2)).area)


def _invalid(here: gpd.GeoDataFrame, level: PlaceLevel) -> list[BoundaryFault]:
    bad = here[~here.geometry.is_valid]
    return [BoundaryFault("invalid", level, place, 0.0, True) for place in bad["place_id"]]


def _overlaps(here: gpd.GeoDataFrame, level: PlaceLevel) -> list[BoundaryFault]:
    shapes = here.geometry.to_numpy()
    ids = here["place_id"].to_numpy()
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = first < second
    first, second = first[pairs], second[pairs]
    shared = shapely.intersection(shapes[first], shapes[second])
    real = shapely.area(shared) > 0
    first, second, shared = first[real], second[real], shared[real]
    smaller = np.where(shapely.area(shapes[first]) < shapely.area(shapes[second]), first, second)
    share = shapely.area(shared) / shapely.area(shapes[smaller])
    return [
        BoundaryFault("overlap", level, f"{ids[a]} × {ids[b]}", float(part * m2), bool(part > SLIVER_SHARE))
        for a, b, m2, part in zip(first, second, _areas_m2(shapes)[smaller], share, strict=True)
        if part * m2 > LEAST_M2
    ]


def _orphans(here: gpd.GeoDataFrame, level: PlaceLevel) -> list[BoundaryFault]:
    lost = here[here["parent_id"] == ""]
    areas = _areas_m2(lost.geometry) if len(lost) else np.empty(0)
    return [
        BoundaryFault("orphan", level, place, float(m2), True)
        for place, m2 in zip(lost["place_id"], areas, strict=True)
    ]


def _nesting_faults(places: gpd.GeoDataFrame, above: PlaceLevel, below: PlaceLevel) -> list[BoundaryFault]:
    """Compare each place of a level with the union of its children of another; silent where none has any."""
    parents = places[places["level"] == above].set_index("place_id").geometry
    children = places[(places["level"] == below) & (places["parent_level"] == above)]
    if children.empty:
        return []
    families = dict(iter(children.groupby("parent_id").geometry))
    faults = []
    for (parent_id, parent), m2 in zip(parents.items(), _areas_m2(parents), strict=True):
        union = shapely.union_all(np.asarray(families.get(parent_id, []), dtype=object))
        for kind, rest in (("gap", parent.difference(union)), ("outside_parent", union.difference(parent))):
            share = rest.area / parent.area
            if share * m2 > LEAST_M2:
                faults.append(BoundaryFault(kind, above, str(parent_id), share * m2, share > SLIVER_SHARE))
    return faults


def grid_cells(
    places: gpd.GeoDataFrame, *, size_m: float, level: PlaceLevel, hexagonal: bool = False
) -> gpd.GeoDataFrame:
    """Divide the places of a level into grid cells, clipped to them.

    Cells keep to one grid over the whole city, so that neighbours meet edge to edge. A piece smaller than a tenth of a
    cell joins the neighbour that it shares the longest border with, inside the same parent. Ids are the parent's id and
    a serial of at least three digits, from west to east and north to south.

    Parameters
    ----------
    places
        All levels, EPSG:4326.
    size_m
        Side of a square, or distance between opposite sides of a hexagon [m].
    level
        The level to divide.
    hexagonal
        Hexagons instead of squares.

    Returns
    -------
    gpd.GeoDataFrame
        Places of level grid_cell, ``columns.PLACE_COLUMNS`` and ``parent_source``, EPSG:4326.
    """
    parents = places[places["level"] == level]
    if parents.empty:
        raise BoundaryError(
            f"这座城市没有 {level.value} 层边界，无法划分网格；请先导入。",
            f"the city has no places of level {level.value} to divide: import them first.",
        )
    west, south, east, north = parents.total_bounds
    crs = metric_crs(float(west + east) / 2, float(south + north) / 2)
    bounds = parents.to_crs(crs).total_bounds
    mesh = _hexagons(bounds, size_m) if hexagonal else _squares(bounds, size_m)
    # cut where the borders were drawn: straight lines in degrees are not straight in metres
    cut = np.asarray(gpd.GeoSeries(mesh, crs=crs).to_crs(LONLAT_CRS), dtype=object)
    tree, least = shapely.STRtree(cut), SLIVER_CELL * float(np.median(shapely.area(cut)))
    rows = [
        _cells_of(shape, place_id, cut, tree, least)
        for shape, place_id in zip(parents.geometry, parents["place_id"], strict=True)
    ]
    return gpd.GeoDataFrame(pd.concat(rows, ignore_index=True), crs=LONLAT_CRS)


def _squares(bounds: npt.NDArray[np.float64], size: float) -> npt.NDArray[np.object_]:
    columns = np.arange(np.floor(bounds[0] / size), np.ceil(bounds[2] / size))
    rows = np.arange(np.floor(bounds[1] / size), np.ceil(bounds[3] / size))
    column, row = (axis.ravel() for axis in np.meshgrid(columns, rows))
    # each corner from its own number, so that neighbours have the very same ones
    return np.asarray(shapely.box(column * size, row * size, (column + 1) * size, (row + 1) * size), dtype=object)


def _hexagons(bounds: npt.NDArray[np.float64], size: float) -> npt.NDArray[np.object_]:
    radius = size / np.sqrt(3)
    columns = np.arange(np.floor(bounds[0] / size) - 1, np.ceil(bounds[2] / size) + 1)
    rows = np.arange(np.floor(bounds[1] / (1.5 * radius)) - 1, np.ceil(bounds[3] / (1.5 * radius)) + 1)
    column, row = (axis.ravel() for axis in np.meshgrid(columns, rows))
    x, y = (column + 0.5 * (row % 2)) * size, row * 1.5 * radius
    turn = np.deg2rad(60 * np.arange(6) + 30)
    corners = np.stack([x[:, None] + radius * np.cos(turn), y[:, None] + radius * np.sin(turn)], axis=-1)
    return np.asarray(shapely.polygons(np.round(corners, 3)), dtype=object)


def _cells_of(
    parent: BaseGeometry, parent_id: str, mesh: npt.NDArray[np.object_], tree: shapely.STRtree, least: float
) -> gpd.GeoDataFrame:
    touched = tree.query(parent, predicate="intersects")
    pieces = [_polygonal(piece) for piece in shapely.intersection(mesh[touched], parent)]
    pieces = _merge_slivers([piece for piece in pieces if piece.area > 0], least=least)
    centre = shapely.centroid(np.asarray(pieces, dtype=object))
    height = float(np.median(np.diff(shapely.bounds(mesh[touched])[:, [1, 3]], axis=1)))
    order = np.lexsort((shapely.get_x(centre), -np.round(shapely.get_y(centre) / height)))
    digits = max(3, len(str(len(order))))
    return gpd.GeoDataFrame(
        {
            "place_id": [f"{parent_id}{serial:0{digits}d}" for serial in range(1, len(order) + 1)],
            "name": [f"网格{serial:0{digits}d}" for serial in range(1, len(order) + 1)],
            "name_en": [f"Grid {serial:0{digits}d}" for serial in range(1, len(order) + 1)],
            "level": PlaceLevel.GRID_CELL.value,
            "parent_id": parent_id,
            "valid_from": "",
            "valid_to": "",
            "unit": "",
            "parent_source": PARENT_FROM_FILE,
        },
        geometry=[pieces[index] for index in order],
        crs=LONLAT_CRS,
    )


def _merge_slivers(pieces: list[BaseGeometry], *, least: float) -> list[BaseGeometry]:
    """Join each piece smaller than `least` [square degrees] to the piece that it shares the longest border with."""
    merged = sorted(pieces, key=lambda piece: piece.area)
    index = 0
    while index < len(merged) and merged[index].area < least:
        sliver, others = merged[index], merged[index + 1 :]
        lengths = [sliver.intersection(other).length if sliver.intersects(other) else 0.0 for other in others]
        if lengths and max(lengths) > 0:
            best = index + 1 + int(np.argmax(lengths))
            merged[best] = _polygonal(shapely.union_all([merged[best], sliver]))
            merged[index : index + 1] = []
        else:
            index += 1
    return merged


def outlines(places: gpd.GeoDataFrame, tolerance_m: float = 15.0) -> gpd.GeoDataFrame:
    """Thin the outlines for drawing, level by level; borders that two places share stay shared.

    Parameters
    ----------
    places
        All levels, EPSG:4326.
    tolerance_m
        Detail smaller than this is dropped [m].

    Returns
    -------
    gpd.GeoDataFrame
        The same rows with thinned geometry, and the point to write a label at: label_lon, label_lat [degrees].
        Never used for counting.
    """
    tolerance = tolerance_m / 111_320.0  # degrees of latitude; a little finer in longitude
    thinned = places.copy()
    for level in LEVELS:
        here = places["level"] == level
        if not here.any():
            continue
        shapes = np.asarray(places.geometry[here], dtype=object)
        thin = _simplified(shapes, tolerance)
        lost = shapely.is_empty(thin) | shapely.is_missing(thin)
        thin[lost] = shapes[lost]  # a cell smaller than the tolerance keeps its own outline
        thinned.loc[here, "geometry"] = gpd.GeoSeries(thin, index=places.index[here], crs=LONLAT_CRS)
    label = _label_points(np.asarray(thinned.geometry, dtype=object))
    return thinned.assign(label_lon=shapely.get_x(label), label_lat=shapely.get_y(label))


def _simplified(shapes: npt.NDArray[np.object_], tolerance: float) -> npt.NDArray[np.object_]:
    """Thin a coverage until a browser can take it quickly, or until thinning no longer helps.

    Where neighbours were drawn apart (no shared corners), nothing is shared that thinning could keep: each is thinned
    by itself, and the slivers between them stay below the tolerance.
    """
    shared = bool(shapely.coverage_is_valid(shapes))

    def thinned(step: int) -> npt.NDArray[np.object_]:
        simplify = shapely.coverage_simplify if shared else shapely.simplify
        return np.asarray(simplify(shapes, tolerance * 2**step), dtype=object)

    thin = thinned(0)
    for step in range(1, 4):
        points = int(shapely.get_num_coordinates(thin).sum())
        thinner = thinned(step)
        if points <= MOST_POINTS or shapely.get_num_coordinates(thinner).sum() > 0.95 * points:
            break
        thin = thinner
    return thin


def _label_points(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Return the centre of the largest circle inside the largest part of each shape."""
    largest = [max(shapely.get_parts(shape), key=lambda part: part.area) for shape in shapes]
    circles = shapely.maximum_inscribed_circle(largest, tolerance=[part.area**0.5 / 50 for part in largest])
    return np.asarray(shapely.get_point(circles, 0), dtype=object)
