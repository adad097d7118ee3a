"""Points as columns, and the coordinate system that a file states for itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import orjson
import pandas as pd
import pyarrow as pa
import pyproj
import shapely
from pyproj.exceptions import CRSError

from geodata.coordinates import CoordinateSystem, names_a_file
from geodata.errors import BoundaryError
from geodata.readers.cells import cannot_read, nothing_aside, set_aside_frame, text_column
from geodata.readers.tables import Int64, Note, RawChunk

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Shapes = npt.NDArray[np.object_]
Places = tuple[pd.DataFrame, Shapes, CoordinateSystem | None]

POSITION = ("lon", "lat")
"""The columns that a point becomes, in the system of the file."""

# how a definition begins that is WKT or a code; what PROJ takes besides are chains of steps, names and files
_DEFINITION = re.compile(
    r"(?:GEOGCS|PROJCS|COMPD_CS|(?:GEOD|GEODETIC|GEOG|GEOGRAPHIC|PROJ|PROJECTED|BOUND|COMPOUND)CRS)\s*\["
    r"|(?:EPSG:\d{4,6}|OGC:CRS84)\Z",
    re.IGNORECASE,
)


def attribute_names(names: Sequence[str]) -> list[str]:
    """Return the names of the columns beside a geometry: what is called like a coordinate is renamed, not lost."""
    return [f"{name}_attribute" if name in POSITION else name for name in names]


def renamed_note(names: Sequence[str]) -> list[Note]:
    """Return the word about columns that were renamed because the geometry gives the position."""
    taken = [name for name in names if name in POSITION]
    if not taken:
        return []
    return [
        (
            f"位置取自几何；文件自带的列 {'、'.join(taken)} 改名为“…_attribute”。",
            f"Positions come from the geometry; the file's own columns {', '.join(taken)} are renamed ..._attribute.",
        )
    ]


def points_of(shapes: Shapes) -> tuple[Floats, Floats, Flags]:
    """Return the coordinates of points, NaN where a shape is missing, and which shapes are no usable point.

    A MultiPoint of one point is that point; a third coordinate is left out.
    """
    kinds = shapely.get_type_id(shapes)
    single = (kinds == shapely.GeometryType.MULTIPOINT) & (shapely.get_num_geometries(shapes) == 1)
    points = np.where(single, shapely.get_geometry(shapes, 0), shapes)
    x, y = shapely.get_x(points), shapely.get_y(points)
    usable = (shapely.get_type_id(points) == shapely.GeometryType.POINT) & np.isfinite(x) & np.isfinite(y)
    return x, y, (kinds >= 0) & ~usable


def point_chunk(
    x: Floats, y: Floats, unusable: Flags, attributes: pa.Table, first_row: int, done: float, *, as_text: bool = True
) -> RawChunk:
    """Return points and their attributes as rows; those that are no usable point are set aside.

    Parameters
    ----------
    x, y
        Coordinates in the system of the file, shape (n,), NaN where there is no point.
    unusable
        Which rows have a geometry that is no point.
    attributes
        The other columns, n rows.
    first_row
        0-based number of the first row in the file.
    done
        Share of the file that is read.
    as_text
        Whether coordinates become text, as in a file without numbers.
    """
    position = [pa.chunked_array([pa.array(values)]) for values in (x, y)]
    if as_text:
        position = [text_column(column) for column in position]
    table = pa.table([*position, *attributes.columns], names=[*POSITION, *attribute_names(attributes.column_names)])
    rows: Int64 = np.arange(first_row, first_row + len(x), dtype=np.int64)
    if not unusable.any():
        return RawChunk(table.combine_chunks(), rows, nothing_aside(), done)
    found = np.flatnonzero(unusable)
    raws = [orjson.dumps(row, default=str).decode() for row in table.take(found).to_pylist()]
    texts = [f"{a:g}, {b:g}" if a == a or b == b else "" for a, b in zip(x[found], y[found], strict=True)]
    aside = set_aside_frame(
        (rows[found] + 1).tolist(), ["geometry"] * len(found), ["geometry"] * len(found), texts, raws
    )
    return RawChunk(table.filter(pa.array(~unusable)).combine_chunks(), rows[~unusable], aside, done)


def demand_points(path: Path, x: Floats, unusable: Flags) -> None:
    """Refuse a file that has shapes and not one usable point.

    Raises
    ------
    InputFileError
        If it holds lines or areas instead of incidents.
    """
    if unusable.any() and not (np.isfinite(x) & ~unusable).any():
        raise cannot_read(
            path,
            "其中的要素不是点，事件必须是点；边界请用“边界”导入",
            "its features are no points, as incidents must be: import boundaries as boundaries",
        )


def stated_system(definition: object) -> CoordinateSystem | None:
    """Return the coordinate system of a WKT, PROJJSON or code that stands in a file.

    None if nobody knows it, or if it is written so that PROJ would open a file: nothing but these three is parsed.
    """
    try:
        text = definition.strip() if isinstance(definition, str) else orjson.dumps(definition).decode()
        is_sound = isinstance(definition, dict) or _DEFINITION.match(text)
        if not is_sound or names_a_file(text):
            return None
        crs = pyproj.CRS.from_user_input(text)
        return CoordinateSystem.of_file(crs if len(crs.axis_info) == 2 else crs.to_2d())
    except (CRSError, BoundaryError, TypeError, ValueError):
        return None


def system_note(system: CoordinateSystem | None, definition: object) -> list[Note]:
    """Return the word about a system that is not stated, or not understood."""
    if system is not None:
        return []
    if not definition:
        return [
            (
                "文件没有写明坐标系，若位置不对，请另行指定坐标系。",
                "The file does not say its coordinate system: if positions are wrong, give it yourself.",
            )
        ]
    return [
        (
            "文件写明的坐标系无法识别，请另行指定坐标系。",
            "The coordinate system that the file states is unknown: give it yourself.",
        )
    ]
