"""The whole flow on one screen: files → places and incidents → the city folder → counts and scores.

Every command is one function here; the command line only reads its arguments and prints the answer.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata import boundaries, mapping, readers, validate
from geodata.city import CityData, read_city, thin_outlines
from geodata.coordinates import CoordinateSystem, to_lonlat
from geodata.demo import make_demo
from geodata.errors import CityError, InputFileError, MappingError
from geodata.exposure import read_exposure
from geodata.index.catalogue import SHIPPED, load_method
from geodata.locate import locate_levels
from geodata.store import Batch, CitySettings, Store, file_hash, row_hashes
from geodata.vocabulary import LEVELS, PlaceLevel

MOST_UNMAPPED = 1000
"""A type column with more unknown words than this holds something else than types."""
Progress = Callable[[str, float], None]
"""Told (what is being done, share done 0 … 1)."""


def no_progress(_what: str, _share: float) -> None:
    """Report to nobody."""


# --- places ---


def import_boundaries(
    store: Store,
    path: Path,
    level: PlaceLevel,
    *,
    id_column: str,
    name_column: str,
    parent_column: str | None = None,
    crs: str | None = None,
) -> gpd.GeoDataFrame:
    """Read one level of places from a file and make it live; return that level."""
    shapes, _ = readers.read_places(path, crs)
    places = boundaries.make_places(
        shapes, level, id_column=id_column, name_column=name_column, parent_column=parent_column
    )
    return replace_level(store, places, level)


def divide_into_grid(store: Store, *, size_m: float, level: PlaceLevel, hexagonal: bool = False) -> gpd.GeoDataFrame:
    """Make grid cells in the places of a level and make them live; return them."""
    cells = boundaries.grid_cells(store.places(), size_m=size_m, level=level, hexagonal=hexagonal)
    return replace_level(store, cells, PlaceLevel.GRID_CELL)


def replace_level(store: Store, places: gpd.GeoDataFrame, level: PlaceLevel) -> gpd.GeoDataFrame:
    """Put `places` in the stead of a level, find parents anew, store the whole as a new version."""
    frames = [places]
    if store.boundary_version():
        current = store.places()
        frames.append(current[current["level"] != level.value])
    joined = boundaries.join_levels(gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=places.crs))
    store.save_places(joined)
    return joined[joined["level"] == level.value]


def import_exposure(store: Store, path: Path) -> int:
    """Add a file of exposures to those of the city; return how many rows it had."""
    table = readers.read_table(path).frame.astype("str")
    table.columns = [str(column).strip().lower() for column in table.columns]
    fresh = read_exposure(table, set(store.places()["place_id"]))
    merged = pd.concat([store.exposure(), fresh], ignore_index=True)
    store.save_exposure(merged.drop_duplicates(["place_id", "kind", "year"], keep="last").reset_index(drop=True))
    return len(fresh)


# --- incidents ---


@dataclass(frozen=True)
class ImportReport:
    """What became of a file's rows: stored + known + set aside = rows."""

    batch: int | None
    """None for a trial run, or where the same file was here before."""
    repeated: int | None
    """The batch that brought the very same file before."""
    rows: int
    stored: int
    known: int
    corrected: int
    set_aside: int
    reasons: dict[str, int]
    unmapped: dict[str, int]
    encoding: str
    separator: str


def import_incidents(
    store: Store,
    path: Path,
    source: str,
    *,
    mapping_name: str | None = None,
    crs: str | None = None,
    dry_run: bool = False,
    progress: Progress = no_progress,
) -> ImportReport:
    """Read a file of incidents, set aside what cannot be used, store the rest as one batch.

    A file that came from this source before adds nothing. A row that is here already is known; a row with a known id
    and new content is stored and replaces the older one, which is kept.
    """
    if not source.strip():
        raise InputFileError("来源名称不能为空。", "`--source` must not be blank.")
    if not path.is_file():
        raise InputFileError(f"找不到文件 {path}。", f"there is no file {path}.")
    sha256 = file_hash(path)
    if (before := store.find_done(source, sha256)) and not dry_run:
        return ImportReport(
            None, before.id, before.rows, 0, before.rows - before.set_aside, 0, before.set_aside, {}, {}, "", ""
        )
    progress("读取", 0.0)
    raw = readers.read_table(path)
    chosen = _mapping(mapping_name, list(raw.frame.columns))
    progress("校验", 0.3)
    words = load_method(_method_text(store)).type_words
    now = dt.datetime.now(dt.UTC)
    checked = validate.validate(raw, chosen, source=source, crs=crs, catalogue_types=words, now=now)
    if len(checked.unmapped) > MOST_UNMAPPED:
        raise InputFileError(
            f"类型列有 {len(checked.unmapped)} 种未归类的取值，像是自由文本；请检查类型列是否选对。",
            f"the type column has {len(checked.unmapped)} unknown values, as free text would: is it the right one?",
        )
    progress("入库", 0.6)
    report = _add(
        store,
        checked,
        facts={
            "source": source,
            "file_name": path.name,
            "sha256": sha256,
            "crs": crs or chosen.crs,
            "mapping": chosen.name,
            "rows": raw.rows,
        },
        dry_run=dry_run,
    )
    progress("入库", 1.0)
    return ImportReport(**{**vars(report), "encoding": raw.encoding, "separator": raw.separator})


def _add(store: Store, checked: validate.Validated, *, facts: dict[str, object], dry_run: bool) -> ImportReport:
    with store.exclusive():  # what is known must still be so when the batch is published
        return _add_alone(store, checked, facts=facts, dry_run=dry_run)


def _add_alone(store: Store, checked: validate.Validated, *, facts: dict[str, object], dry_run: bool) -> ImportReport:
    incidents = checked.incidents.assign(row_hash=row_hashes(checked.incidents))
    before = store.known_rows(str(facts["source"]))
    old = before.set_index("incident_id")["row_hash"].reindex(incidents["incident_id"])
    same = (old.to_numpy() == incidents["row_hash"].to_numpy()) & old.notna().to_numpy()
    fresh = incidents[~same]
    corrected = int((old.notna().to_numpy() & ~same).sum())
    batch = None
    if not dry_run:
        batch = store.add_batch(
            fresh,
            checked.set_aside,
            facts={**facts, "unmapped": checked.unmapped},
            known=int(same.sum()),
            corrected=corrected,
        )
    return ImportReport(
        batch=batch.id if batch else None,
        repeated=None,
        rows=int(str(facts["rows"])),
        stored=len(fresh),
        known=int(same.sum()),
        corrected=corrected,
        set_aside=len(checked.set_aside),
        reasons={str(reason): int(n) for reason, n in checked.set_aside["reason"].value_counts().items()},
        unmapped=checked.unmapped,
        encoding="",
        separator="",
    )


def _mapping(name: str | None, columns: list[str]) -> mapping.Mapping:
    if name is None:
        return mapping.guess_mapping(columns)
    if name in mapping.shipped_mappings():
        return mapping.shipped_mapping(name)
    if not Path(name).is_file():
        shipped = ", ".join(mapping.shipped_mappings())
        raise MappingError(
            f"找不到映射文件 {name}；可写文件路径，或随产品提供的：{shipped}。",
            f"there is no mapping {name}: give a file, or one of those shipped: {shipped}.",
        )
    return mapping.load_mapping(Path(name))


def _method_text(store: Store) -> str:
    return (store.read_file("method.toml") or SHIPPED.read_bytes()).decode("utf-8")


def undo(store: Store, number: int) -> Batch:
    """Take a batch back."""
    return store.undo(number)


# --- answers ---


def locate_file(
    store: Store, path: Path, out: Path, *, lon_column: str, lat_column: str, crs: str | None = None
) -> Located:
    """Write a file's rows with one more column a level: the id of the place, empty where none.

    Raises
    ------
    InputFileError
        If a column is missing or taken, or `out` is no .csv or .parquet that can be written.
    """
    raw = readers.read_table(path)
    if missing := [column for column in (lon_column, lat_column) if column not in raw.frame.columns]:
        raise InputFileError(
            f"文件里没有“{missing[0]}”列；文件的列有：{'、'.join(map(str, raw.frame.columns))}。",
            f"the file has no column {missing[0]!r}; its columns are: {', '.join(map(str, raw.frame.columns))}.",
        )
    if taken := [level.value for level in LEVELS if level.value in raw.frame.columns]:
        raise InputFileError(
            f"文件已有名为“{taken[0]}”的列，结果会把它覆盖；请先改名。",
            f"the file has a column {taken[0]!r} of its own, which the answer would overwrite: rename it first.",
        )
    if out.suffix not in (".csv", ".parquet"):
        raise InputFileError("输出文件应为 .csv 或 .parquet。", "`--out` must end in .csv or .parquet.")
    x, y = (
        pd.to_numeric(raw.frame[column], errors="coerce").to_numpy(np.float64) for column in (lon_column, lat_column)
    )
    lon, lat = to_lonlat(x, y, CoordinateSystem.parse(crs or "wgs84"))
    places = store.places()
    found = locate_levels(lon, lat, places).place
    ids = np.append(places["place_id"].to_numpy(dtype=object), "")
    located = raw.frame.assign(**{level.value: ids[found[:, level.depth]] for level in LEVELS})
    with writing(out):
        if out.suffix == ".parquet":
            located.to_parquet(out, index=False)
        else:
            located.to_csv(out, index=False, encoding="utf-8")
    return Located(located, len(raw.bad_rows))


@dataclass(frozen=True)
class Located:
    """The answer of `locate_file`."""

    table: pd.DataFrame
    """The file's columns and one more a level."""
    left_out: int
    """Rows with too few or too many fields, which no column could be added to."""


@contextmanager
def writing(out: Path) -> Iterator[None]:
    """Make the folder of a file to be written; say plainly when it cannot be."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise InputFileError(f"无法写入 {out}：{error.strerror}。", f"cannot write {out}: {error.strerror}.") from error


# --- the demo city ---


def make_demo_city(
    store: Store, *, years: int = 3, seed: int = 0, progress: Progress = no_progress
) -> dict[str, object]:
    """Make the made-up Zhuhai in an empty city folder; return its planted truths.

    Raises
    ------
    CityError
        If the folder already holds a city.
    """
    if store.boundary_version():
        raise CityError(
            f"城市目录 {store.folder} 已有数据；请换一个空目录生成示例城市。",
            f"the city folder {store.folder} is not empty: make the demo city in another one.",
        )
    demo = make_demo(years, seed, progress=lambda what, share: progress(what, 0.6 * share))
    store.save_settings(CitySettings("珠海市", "Zhuhai", "Asia/Shanghai", simulated=True))
    places = gpd.GeoDataFrame(pd.concat(demo.places.values(), ignore_index=True), crs="EPSG:4326")
    store.save_places(boundaries.join_levels(places.assign(parent_source=boundaries.PARENT_FROM_FILE)))
    store.save_exposure(demo.exposure)
    words = load_method(_method_text(store)).type_words
    for done, batch in enumerate(demo.batches):
        progress("入库", 0.6 + 0.25 * done / len(demo.batches))
        raw = readers.RawTable(batch.table, "", "", readers.set_aside_frame([], [], [], [], []), len(batch.table))
        checked = validate.validate(
            raw,
            mapping.guess_mapping(list(batch.table.columns)),
            source=batch.source,
            crs=batch.crs,
            catalogue_types=words,
        )
        name = f"{batch.source}-{batch.table['time'].min():%Y%m}.csv"
        sha256 = f"demo-{years}-{seed}-{done}"
        facts = {
            "source": batch.source,
            "file_name": name,
            "sha256": sha256,
            "crs": batch.crs,
            "mapping": "",
            "rows": raw.rows,
        }
        _add(store, checked, facts=facts, dry_run=False)
    store.write_file("truths.json", json.dumps(demo.truths, ensure_ascii=False, indent=1).encode())
    progress("计数", 0.88)
    freeze_calibration(store)
    progress("制图", 0.95)
    thin_outlines(store)
    progress("完成", 1.0)
    return demo.truths


def freeze_calibration(store: Store) -> CityData:
    """Write the base year that the stored incidents give into the city's method file."""
    city = read_city(store)
    if city.active_calibration is not None:
        text = SHIPPED.read_text(encoding="utf-8") + city.active_calibration.to_toml()
        store.write_file("method.toml", text.encode())
    return city


def parse_day(text: str) -> dt.date:
    """Read a day as YYYY-MM-DD.

    Raises
    ------
    InputFileError
        If it is no date.
    """
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=dt.UTC).date()
    except ValueError as error:
        raise InputFileError(
            f"日期“{text}”无法识别，请写成 2026-10-31。", f"{text!r} is no date: write 2026-10-31."
        ) from error


def day_after(day: dt.date) -> dt.date:
    """Return the next day: spans are half-open inside, and closed where people type them."""
    return day if day == dt.date.max else day + dt.timedelta(days=1)
