"""GeoJSON, feature by feature: a FeatureCollection, or features one after the other (newline-delimited)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import shapely

from geodata.coordinates import CoordinateSystem
from geodata.errors import BoundaryError
from geodata.readers import content
from geodata.readers.cells import cannot_read, cell_text, clean_names, shown_name
from geodata.readers.content import demand_kind
from geodata.readers.geometry import POSITION, Places, attribute_names, point_chunk, renamed_note
from geodata.readers.tables import RawChunk, TableFile
from geodata.readers.text import VALUES, first_bytes, open_text

Feature = dict[str, Any]

_CHUNK_FEATURES = 100_000
# newline-delimited features may be parted by the record separator of RFC 8142
_SPACE = re.compile(r"[ \t\r\n\x1e]*")
_NOT_GEOJSON = {
    "Topology": ("TopoJSON", "TopoJSON"),
    "gdal_streamed_alg": ("GDAL 算法描述", "a GDAL algorithm"),
}


def open_geojson(path: Path) -> TableFile:
    """Open features with points as a table; their coordinates become ``lon`` and ``lat`` in the system of the file.

    A feature whose geometry is no usable point is set aside; if none has a point, the file is refused.
    """
    document = _Document.open(path)
    crs, notes = None, []
    try:
        crs = _system(path, document.members.get("crs")).code
    except BoundaryError as error:
        notes = [(error.zh, error.en)]
    if document.others and not document.points:
        raise cannot_read(
            path,
            f"其中的要素不是点（第 1 个是 {document.others}），事件必须是点",
            f"its features are no points (the first is a {document.others}), incidents must be points",
        )
    clean = clean_names(path, document.names)
    return TableFile(
        [*POSITION, *attribute_names(clean)],
        "geojson",
        document.chunks,
        document.encoding,
        crs=crs,
        notes=notes + renamed_note(clean),
    )


def read_geojson_places(path: Path, asked: CoordinateSystem | None) -> Places:
    """Read places from GeoJSON: attributes as text, shapes, and the system that it states."""
    document = _Document.open(path)
    system = asked or _system(path, document.members.get("crs"))
    features = list(document.features())
    shapes = np.empty(len(features), dtype=object)
    shapes[:] = [_shape(path, number, feature) for number, feature in enumerate(features, start=1)]
    attributes = document.attributes(features)
    return attributes.to_pandas() if document.names else pd.DataFrame(index=range(len(features))), shapes, system


@dataclass
class _Document:
    """A file of features: its text, and what one walk over it found out."""

    path: Path
    text: str
    encoding: str
    members: dict[str, Any] = field(default_factory=dict)
    first_feature: int = 0
    in_array: bool = True
    names: dict[str, None] = field(default_factory=dict)
    count: int = 0
    points: int = 0
    others: str = ""

    @classmethod
    def open(cls, path: Path) -> _Document:
        """Read the whole text and walk over it once.

        Raises
        ------
        InputFileError
            If it is no GeoJSON, says where it breaks off.
        """
        demand_kind(path, first_bytes(path), "json", "text")
        file = open_text(path, VALUES)
        pieces, size = [], 0
        for block in file.blocks():
            pieces.append(block.data)
            size += len(block.data)
            if size > content.MAX_BYTES:
                raise cannot_read(
                    path, "它超过 2 GB，请按月拆分或转为 Parquet", "it is over 2 GB, split it by month or use Parquet"
                )
        document = cls(path, b"".join(pieces).decode(), file.encoding)
        del pieces
        document._walk()
        return document

    def features(self) -> Iterator[Feature]:
        """Return every feature, parsed anew; a number too large for a double is infinite."""
        at = self.first_feature
        while True:
            at = self._skip(at)
            if at >= len(self.text) or (self.in_array and self.text[at] == "]"):
                return
            feature, at = self._value(at)
            if not isinstance(feature, dict):
                raise self._no_collection()
            yield feature
            at = self._skip(at)
            if self.in_array and self._at(at) == ",":
                at += 1
            elif self.in_array and self._at(at) != "]":
                raise self._broken(at)

    def chunks(self) -> Iterator[RawChunk]:
        """Return the features as rows."""
        features, row = self.features(), 0
        while True:
            some = list(islice(features, _CHUNK_FEATURES))
            if not some and row:
                return
            found = [_point(feature.get("geometry")) for feature in some]
            x, y = (np.array([point[axis] for point in found], dtype=np.float64) for axis in (0, 1))
            unusable = np.array([point[2] for point in found], dtype=bool)
            row += len(some)
            done = min(1.0, row / max(self.count, 1))
            yield point_chunk(x, y, unusable, self.attributes(some), row - len(some), done)
            if len(some) < _CHUNK_FEATURES:
                return

    def attributes(self, features: list[Feature]) -> pa.Table:
        """Return the properties of features as columns of text."""
        properties = [feature.get("properties") or {} for feature in features]
        columns = [pa.array([cell_text(cells.get(name)) for cells in properties], pa.string()) for name in self.names]
        return pa.table(columns, names=clean_names(self.path, self.names))

    def _walk(self) -> None:
        """Find the members of the collection, and the names of all properties."""
        at = self._skip(0)
        if self._at(at) == "[":
            self._value(at)
            raise self._no_collection()
        if self._at(at) != "{":
            raise self._broken(at)
        at = self._skip(at + 1)
        while self._at(at) != "}":
            key, at = self._value(at)
            at = self._skip(at)
            if not isinstance(key, str) or self._at(at) != ":":
                raise self._broken(at)
            at = self._skip(at + 1)
            if key == "features" and self._at(at) == "[":
                self.first_feature = at + 1
                at = self._end_of_features()
            else:
                self.members[key], at = self._value(at)
            at = self._skip(at)
            if self._at(at) == ",":
                at = self._skip(at + 1)
            elif self._at(at) != "}":
                raise self._broken(at)
        self._demand_geojson()
        if not self.first_feature:
            if self.members.get("type") != "Feature":
                raise self._no_collection()
            self.in_array = False
            for feature in self.features():
                self._survey(feature)

    def _end_of_features(self) -> int:
        """Return the position behind the array of features, which is parsed on the way."""
        end = self.first_feature
        if self._at(self._skip(end)) == "]":
            return self._skip(end) + 1
        while True:
            feature, end = self._value(self._skip(end))
            self._survey(feature)
            end = self._skip(end)
            if self._at(end) == "]":
                return end + 1
            if self._at(end) != ",":
                raise self._broken(end)
            end += 1

    def _survey(self, feature: object) -> None:
        """Take down the names of a feature's properties, and whether it may be a point."""
        if not isinstance(feature, dict):
            raise self._no_collection()
        properties = feature.get("properties") or {}
        if not isinstance(properties, dict):
            raise cannot_read(
                self.path,
                "有的要素的 properties 不是对象，请重新导出",
                "the properties of some feature are no object, export it again",
            )
        self.names.update(dict.fromkeys(properties))
        geometry = feature.get("geometry")
        kind = str(geometry.get("type", "")) if isinstance(geometry, dict) else ""
        self.count += 1
        if kind in ("Point", "MultiPoint"):
            self.points += 1
        elif kind:
            self.others = self.others or cell_text(kind)[:40]

    def _demand_geojson(self) -> None:
        kind = self.members.get("type")
        found = _NOT_GEOJSON.get(kind) if isinstance(kind, str) else None
        if not found and "geometryType" in self.members:
            found = ("ESRI JSON", "ESRI JSON")
        if found:
            raise cannot_read(
                self.path, f"它其实是 {found[0]}，请另存为 GeoJSON", f"it is really {found[1]}: save it as GeoJSON"
            )

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self.text, at)
        return found.end() if found else at

    def _at(self, at: int) -> str:
        return self.text[at : at + 1]

    def _value(self, at: int) -> tuple[Any, int]:
        try:
            return _DECODER.raw_decode(self.text, at)
        except json.JSONDecodeError as error:
            raise self._broken(error.pos) from None
        except (ValueError, RecursionError):
            raise cannot_read(
                self.path, "其中的 JSON 嵌套过深或数字过长", "its JSON is too deep or a number too long"
            ) from None

    def _broken(self, at: int) -> Exception:
        line = self.text.count("\n", 0, at) + 1
        return cannot_read(
            self.path,
            f"第 {line} 行不是合法的 JSON，文件可能不完整，请重新导出",
            f"line {line} is not JSON, the file may be cut short, export it again",
        )

    def _no_collection(self) -> Exception:
        return cannot_read(
            self.path, "它不是 GeoJSON FeatureCollection", "it is not a GeoJSON FeatureCollection, export it as one"
        )


_DECODER = json.JSONDecoder()


def _point(geometry: object) -> tuple[float, float, bool]:
    """Return the coordinates of a point, and whether there is a geometry that is no usable point."""
    if geometry is None:
        return math.nan, math.nan, False
    if not isinstance(geometry, dict):
        return math.nan, math.nan, True
    at = geometry.get("coordinates")
    if geometry.get("type") == "MultiPoint" and isinstance(at, list) and len(at) == 1:
        at = at[0]
    elif geometry.get("type") != "Point":
        return math.nan, math.nan, True
    if not isinstance(at, list) or len(at) < 2 or not all(type(number) in (int, float) for number in at[:2]):
        return math.nan, math.nan, True
    try:
        x, y = float(at[0]), float(at[1])
    except OverflowError:
        return math.nan, math.nan, True
    return x, y, not (math.isfinite(x) and math.isfinite(y))


def _shape(path: Path, number: int, feature: Feature) -> shapely.Geometry | None:
    geometry = feature.get("geometry")
    if geometry is None:
        return None
    try:
        return shapely.from_geojson(orjson.dumps(geometry).decode())
    except (shapely.errors.ShapelyError, orjson.JSONEncodeError, TypeError):
        raise cannot_read(
            path,
            f"第 {number} 个要素的几何无法解析，请改正它",
            f"the geometry of feature {number} cannot be understood, correct it",
        ) from None


def _system(path: Path, crs: object) -> CoordinateSystem:
    """Return the system of the old ``crs`` member, which may name one but not point to one; WGS-84 without it."""
    if crs is None:
        return CoordinateSystem("wgs84")
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = str(properties.get("name", "")) if isinstance(properties, dict) else ""
    if name.upper().endswith("CRS84"):
        return CoordinateSystem("wgs84")
    if found := re.search(r"EPSG:+[\d.]*:?(\d{4,6})$", name, flags=re.IGNORECASE):
        return CoordinateSystem.parse(f"EPSG:{found[1]}")
    shown = shown_name(path)
    raise BoundaryError(
        f"文件 {shown} 的坐标系说明无法识别，请用 --crs 指定（如 wgs84、gcj02、EPSG:4547）。",
        f"The coordinate system that file {shown} states is unknown: give it with --crs (wgs84, EPSG:4547 …).",
    )
