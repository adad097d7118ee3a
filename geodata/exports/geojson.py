"""Places as GeoJSON (RFC 7946): degrees, six decimals, longitude first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
import shapely

from geodata.exports.outlines import Shapes
from geodata.exports.table import PlaceTable


def table_geojson(table: PlaceTable, shapes: Shapes) -> bytes:
    """Return a table of places with their outlines; what the numbers rest on stands beside the features."""
    return collection(features(table.records(), shapes), table.head())


def features(records: Iterable[Mapping[str, Any]], shapes: Shapes) -> list[bytes]:
    """Return each place as a feature; its token is the feature's id.

    Parameters
    ----------
    records
        By the keys of a table's columns, ``token`` among them, n of them.
    shapes
        Outlines in degrees, shape (n,).
    """
    geometry = shapely.to_geojson(shapes)
    return [
        b'{"type":"Feature","id":%s,"properties":%s,"geometry":%s}'
        % (orjson.dumps(record["token"]), orjson.dumps(record), (shape or "null").encode())
        for record, shape in zip(records, geometry, strict=True)
    ]


def collection(members: Iterable[bytes], beside: Mapping[str, Any]) -> bytes:
    """Return features as a collection; `beside` are its other members."""
    others = orjson.dumps(dict(beside))[1:-1]
    return (
        b'{"type":"FeatureCollection",'
        + others
        + (b"," if others else b"")
        + b'"features":['
        + b",".join(members)
        + b"]}"
    )
