"""The data that a meeting saw, frozen: places, method, exposure, measurements, every incident as a few small numbers.

An incident is there as its day, hour, type, source, precision of time and place; not its id, its text or its position.
A snapshot opens as a city that answers as the one that it was made of, to the last bit of a briefing: also later, on
another machine, after imports and under another method.

``snapshot_of(store, city) -> Snapshot``, kept by `meeting.decisions`; ``open_snapshot(folder or files) -> CityData``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from geodata.city import CityData, MethodInForce
from geodata.columns import EXPOSURE_COLUMNS, LONLAT_CRS
from geodata.counts import CountIndex
from geodata.errors import CityError, PinganError
from geodata.index.catalogue import SHIPPED, load_method
from geodata.index.expected import Calibration
from geodata.measures import MEASURE_COLUMNS
from geodata.store import Batch, Store, checked_settings
from geodata.vocabulary import LEVELS

Numbers = npt.NDArray[np.int64]
FORMAT = 1
"""A reader refuses what it does not know."""
CITY, PLACES, EXPOSURE, MEASURES, SITES, ROWS = (
    *("city.json", "places.parquet", "exposure.parquet", "measures.parquet"),
    *("sites.parquet", "rows.parquet"),
)
MEMBERS = (CITY, EXPOSURE, MEASURES, PLACES, ROWS, SITES)
MOST_BYTES = 1 << 30
"""A table that unpacks to more is none of ours."""
MOST_INCIDENTS = 200_000_000
SETTINGS = ("name", "name_en", "time_zone", "simulated", "review_number")
_ORDER = ("kind", "source", "exactness", "site", "day", "hour")
"""How rows are sorted: so they take the least room."""
_PLACE_TEXTS = ("place_id", "name", "name_en", "level")
_GEOMETRY, _AREA, _N = "geometry", "area_km2", "n"
_EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class Snapshot:
    """The files of a snapshot."""

    digest: str
    """Of their content: another digit where any bit of the data is another."""
    members: dict[str, bytes]


# --- making ---


def snapshot_of(store: Store, city: CityData) -> Snapshot:
    """Freeze a city; the same data give the same bytes.

    Parameters
    ----------
    store
        Its folder, for the texts of the published methods.
    city
        The city; of a filtered one all incidents are kept.
    """
    city = city.unfiltered
    rows, sites = _rows(city.index)
    members = {
        CITY: _plain(_facts(store, city)),
        EXPOSURE: _written(pa.Table.from_pandas(city.exposure[list(EXPOSURE_COLUMNS)], preserve_index=False)),
        MEASURES: _written(pa.Table.from_pandas(city.measures[list(MEASURE_COLUMNS)], preserve_index=False)),
        PLACES: _written(_place_table(city)),
        ROWS: _written(rows, split=True),
        SITES: _written(sites),
    }
    return Snapshot(digest_of(members), members)


def digest_of(members: Mapping[str, bytes]) -> str:
    """Return the digest of a snapshot's files."""
    lines = (f"{name} {hashlib.sha256(members[name]).hexdigest()}\n" for name in sorted(members))
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:32]


def _facts(store: Store, city: CityData) -> dict[str, Any]:
    texts = {method.version: method.text for method in store.methods()}
    return {
        "format": FORMAT,
        "settings": {name: getattr(city.settings, name) for name in SETTINGS},
        "boundary_version": city.boundary_version,
        "data_version": city.data_version,
        "types": city.index.types,
        "sources": city.index.sources,
        "methods": [
            {
                "text": texts.get(each.method.version) or SHIPPED.read_text(encoding="utf-8"),
                "valid_from": each.valid_from.isoformat(),
                "has_base_year": each.calibration is not None,
            }
            for each in city.versions
        ],
        "batches": [
            {
                "source": batch.source,
                "rows": batch.rows,
                "stored": batch.stored,
                "known": batch.known,
                "corrected": batch.corrected,
                "set_aside": batch.set_aside,
                "first_day": batch.first_day,
                "last_day": batch.last_day,
                "mends": bool(batch.details.get("mends")),
            }
            for batch in city.batches
        ],
    }


def _place_table(city: CityData) -> pa.Table:
    """Return all places with their outlines as WKB and their areas, which another machine might round otherwise."""
    attributes = pa.Table.from_pandas(pd.DataFrame(city.places.drop(columns=_GEOMETRY)), preserve_index=False)
    outlines = pa.array(shapely.to_wkb(city.places.geometry.to_numpy()), pa.binary())
    return attributes.append_column(_GEOMETRY, outlines).append_column(_AREA, pa.array(city.areas))


def _rows(index: CountIndex) -> tuple[pa.Table, pa.Table]:
    """Return the incidents, alike ones once with their number, and the places of each site; both in one fixed order."""
    sites, places = _sites(index)
    columns = {name: np.asarray(getattr(index, name)).astype(np.int64) for name in _ORDER if name != "site"}
    columns["site"] = sites
    least = {name: int(values.min(initial=0)) for name, values in columns.items()}
    sizes = {name: int(columns[name].max(initial=0)) - least[name] + 1 for name in _ORDER}
    if math.prod(sizes.values()) >= 1 << 63:  # a century of days, a million sites and hundreds of types are fewer
        raise CityError("城市过大，无法冻结研判数据。", "the city is too large to be frozen for a meeting.")
    packed = np.zeros(len(sites), dtype=np.int64)
    for name in _ORDER:
        packed = packed * sizes[name] + (columns[name] - least[name])
    packed, n = np.unique(packed, return_counts=True)
    found: dict[str, Numbers] = {_N: n}
    for name in reversed(_ORDER):
        found[name] = packed % sizes[name] + least[name]
        packed = packed // sizes[name]
    table = pa.table({name: pa.array(found[name].astype(_KINDS[name])) for name in (*_ORDER, _N)})
    names = [level.value for level in LEVELS]
    return table, pa.table({name: pa.array(places[:, k]) for k, name in enumerate(names)})


_KINDS = {
    "kind": np.int16,
    "source": np.int16,
    "exactness": np.int8,
    "site": np.int32,
    "day": np.int32,
    "hour": np.int8,
    _N: np.int32,
}


def _sites(index: CountIndex) -> tuple[Numbers, npt.NDArray[np.int32]]:
    """Give sites with incidents numbers by their places: how the data came in leaves no trace; the first two stay.

    Returns
    -------
    tuple
        Site of each incident, and the places of each site by level, shape (n_sites, 4).
    """
    used = np.bincount(index.site, minlength=len(index.site_place)) > 0
    used[:2] = True
    old = np.flatnonzero(used)
    order = np.concatenate([old[:2], old[2:][np.lexsort(index.site_place[old[2:]].T)]])
    number = np.zeros(len(used), dtype=np.int64)
    number[order] = np.arange(len(order))
    return number[index.site], np.ascontiguousarray(index.site_place[order], dtype=np.int32)


def _plain(facts: object) -> bytes:
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _written(table: pa.Table, *, split: bool = False) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(
        table.replace_schema_metadata(None),
        sink,
        compression="zstd",
        compression_level=9,
        use_dictionary=False,
        column_encoding=dict.fromkeys(table.column_names, "BYTE_STREAM_SPLIT") if split else None,
        write_statistics=False,
    )
    return bytes(sink.getvalue())


# --- opening ---


def members_in(folder: Path) -> dict[str, bytes]:
    """Read the files of a snapshot.

    Raises
    ------
    CityError
        If one is missing.
    """
    try:
        return {name: (folder / name).read_bytes() for name in MEMBERS}
    except OSError as error:
        raise damaged(folder.name) from error


def open_snapshot(source: Path | Mapping[str, bytes]) -> CityData:
    """Open a snapshot as a city.

    Parameters
    ----------
    source
        The folder that its files lie in, or the files.

    Raises
    ------
    CityError
        If a file is missing or damaged, or of another format.
    """
    members = members_in(source) if isinstance(source, Path) else source
    try:
        return _opened(members)
    except (pa.ArrowException, shapely.errors.ShapelyError, *_BROKEN) as error:
        raise damaged(type(error).__name__) from error
    except PinganError as error:  # of the method or the settings
        raise damaged(error.en) from error


_BROKEN = (OSError, ValueError, KeyError, TypeError, IndexError, OverflowError, MemoryError, RecursionError)


def damaged(why: str) -> CityError:
    """Say that a snapshot cannot be used."""
    return CityError(
        f"研判会的数据快照缺失、损坏或由另一版本的程序写成（{why}），请从备份或卷宗恢复。",
        f"the snapshot of a meeting is missing, damaged or of another version ({why}): restore it from a backup.",
    )


def _opened(members: Mapping[str, bytes]) -> CityData:
    facts = json.loads(members[CITY])
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        raise ValueError("format")
    places, areas = _places(_read(members[PLACES]))
    index = _index(_read(members[ROWS]), _read(members[SITES]), facts, len(places))
    versions = tuple(_method(each) for each in facts["methods"])
    last = index.span[1] if index.span is not None else dt.date.max
    now = [each for each in versions if each.valid_from <= last] or list(versions[:1])
    city = CityData(
        settings=checked_settings(dict(facts["settings"]), CITY),
        places=places,
        index=index,
        method=now[-1].method,
        calibration=now[-1].calibration,
        versions=versions,
        exposure=_read(members[EXPOSURE]).to_pandas(),
        measures=_read(members[MEASURES]).to_pandas(),
        batches=tuple(_batch(k, each) for k, each in enumerate(facts["batches"], 1)),
        boundary_version=str(facts["boundary_version"]),
        data_version=str(facts["data_version"]),
    )
    city.__dict__["areas"] = areas
    return city


def _read(content: bytes) -> pa.Table:
    """Read a table that does not unpack to more than a machine holds."""
    with pq.ParquetFile(pa.BufferReader(content)) as file:
        groups = (file.metadata.row_group(k) for k in range(file.metadata.num_row_groups))
        if file.metadata.num_rows > MOST_INCIDENTS or sum(group.total_byte_size for group in groups) > MOST_BYTES:
            raise ValueError("size")
        left, batches = MOST_BYTES, []
        for batch in file.iter_batches(use_threads=False):
            left -= batch.nbytes
            if left < 0:
                raise ValueError("size")
            batches.append(batch)
        return pa.Table.from_batches(batches, file.schema_arrow)


def _places(table: pa.Table) -> tuple[gpd.GeoDataFrame, npt.NDArray[np.float64]]:
    outlines = shapely.from_wkb(table[_GEOMETRY].to_numpy())
    attributes = table.drop_columns([_GEOMETRY, _AREA]).to_pandas()
    if any(not pd.api.types.is_string_dtype(attributes[name]) for name in _PLACE_TEXTS):
        raise ValueError(PLACES)
    return gpd.GeoDataFrame(attributes, geometry=outlines, crs=LONLAT_CRS), table[_AREA].to_numpy()


def _index(rows: pa.Table, sites: pa.Table, facts: Mapping[str, Any], n_places: int) -> CountIndex:
    columns = {name: rows[name].to_numpy().astype(np.int64) for name in (*_ORDER, _N)}
    places = np.column_stack([sites[level.value].to_numpy().astype(np.int32) for level in LEVELS])
    types, sources = (tuple(str(word) for word in facts[name]) for name in ("types", "sources"))
    _demand_within(columns, types, sources, places, n_places)
    n = columns.pop(_N)
    order = np.argsort(columns["day"], kind="stable")
    n, whole = n[order], {name: values[order] for name, values in columns.items()}
    return CountIndex.restored(
        {name: np.repeat(values, n) for name, values in whole.items()}, places, types, sources, n_places
    )


def _demand_within(
    columns: Mapping[str, Numbers],
    types: Sequence[str],
    sources: Sequence[str],
    places: npt.NDArray[np.int32],
    n_places: int,
) -> None:
    """Refuse codes that stand for nothing."""
    most_days = (dt.date.max - _EPOCH).days
    bounds = {
        "kind": (0, len(types)),
        "source": (0, len(sources)),
        "exactness": (0, 16),
        "site": (0, len(places)),
        "day": (-most_days // 8, most_days),
        "hour": (-1, 24),
        _N: (1, MOST_INCIDENTS),
    }
    for name, (low, high) in bounds.items():
        values = columns[name]
        if len(values) and not (values.min() >= low and values.max() < high):
            raise ValueError(name)
    if columns[_N].sum() > MOST_INCIDENTS or (places.size and not (places.min() >= -1 and places.max() < n_places)):
        raise ValueError(ROWS)


def _method(raw: Mapping[str, Any]) -> MethodInForce:
    text = str(raw["text"])
    calibration = Calibration.from_toml(text) if raw["has_base_year"] else None
    return MethodInForce(load_method(text), calibration, dt.date.fromisoformat(raw["valid_from"]))


def _batch(number: int, raw: Mapping[str, Any]) -> Batch:
    """Return an import without when it came, what it was called and what its file said."""
    facts = {name: value for name, value in raw.items() if name != "mends"}
    nothing: dict[str, Any] = dict.fromkeys(("file_name", "sha256", "crs", "mapping", "imported_at"), "")
    details = {"mends": True} if raw["mends"] else {}
    return Batch(id=number, **nothing, **facts, reasons={}, unmapped={}, details=details, state="done")
