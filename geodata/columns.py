"""The columns of every table, once, with their types and whether they may be summed."""

from __future__ import annotations

import pyarrow as pa

LONLAT_CRS = "EPSG:4326"
"""Every stored position is in degrees of this system; CGCS2000 is the same within a metre (docs/METHOD.md)."""

PLACE_COLUMNS = ("place_id", "name", "name_en", "level", "parent_id", "valid_from", "valid_to", "unit", "geometry")
"""One row a place: text, text, text or "", PlaceLevel, text ("" at the top), ISO date or "", likewise, who looks after
it (责任单位) or "" where nobody entered it, polygon."""

EXPOSURE_COLUMNS = ("place_id", "kind", "year", "value")
"""One row a place, kind of exposure and year; `value` is extensive: places and their children may be summed."""

INCIDENTS = pa.schema(
    [
        ("incident_id", pa.string()),
        ("source", pa.string()),
        ("incident_type", pa.string()),  # catalogue id, or "raw:" + the file's own word where it is not mapped
        ("source_type", pa.string()),  # the file's own word
        ("occurred_at", pa.timestamp("us", tz="UTC")),
        ("occurred_on", pa.date32()),  # local day
        ("hour", pa.int8()),  # local hour, -1 where unknown
        ("time_precision", pa.string()),
        ("received_at", pa.timestamp("us", tz="UTC")),  # null where unknown
        ("severity", pa.string()),
        ("status", pa.string()),
        ("lon", pa.float64()),  # NaN where the file gives no position
        ("lat", pa.float64()),
        ("place_key", pa.string()),  # as the file names it, "香洲区/拱北街道" or a code; "" where it does not
        ("extra", pa.string()),  # the file's other columns as one JSON object, keys in alphabetical order
    ]
)

WORDS = ("source", "incident_type", "source_type", "time_precision", "severity", "status", "place_key")
"""Texts of INCIDENTS of which a file has few: dictionaries until they are written, and where they are counted."""

STAGED = pa.schema(
    [
        *(
            field.with_type(pa.dictionary(pa.int32(), pa.string())) if field.name in WORDS else field
            for field in INCIDENTS
        ),
        ("id_hash", pa.uint64()),  # of incident_id, validate.hash_texts
        ("row_hash", pa.uint64()),  # of all other columns of INCIDENTS but source, validate.row_hashes
        ("made_id", pa.bool_()),  # the file gives no id: this one comes from the content, and twins share it
        ("row", pa.int64()),  # 1 = the first row below the header
    ]
)
"""Incidents of one file between checking and storing: INCIDENTS, its `WORDS` as dictionaries, two hashes, and where
each row came from."""

SET_ASIDE = pa.schema(
    [
        ("row", pa.int64()),  # 1 = the first row below the header
        ("reason", pa.string()),  # a key of validate.REASONS
        ("column", pa.string()),
        ("text", pa.string()),  # the offending value
        ("raw", pa.string()),  # the whole row as one JSON object
    ]
)

UNMAPPED = "raw:"
"""Prefix of an incident type that no mapping knows: kept, counted, listed, never scored."""
