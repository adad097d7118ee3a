"""The whole flow on one screen: files → places and incidents → the city folder → counts and scores.

Every command is one function here; the command line only reads its arguments and prints the answer.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from geodata import boundaries, distributed, intake, mapping, postgis, readers, validate
from geodata.alerts import book
from geodata.alerts.rules import NegativeBinomial, PoissonCusum
from geodata.alerts.watch import examine_rule, run_rules
from geodata.city import CityData, read_city, thin_outlines
from geodata.coordinates import CoordinateSystem, to_lonlat
from geodata.counts import PlaceCounts
from geodata.demo import make_demo
from geodata.errors import CityError, InputFileError, MappingError
from geodata.examine import Examination, examine_points, examine_shapes
from geodata.exposure import read_exposure
from geodata.index.catalogue import SHIPPED, Method, load_method, shipped_method
from geodata.intake import Progress, no_progress
from geodata.locate import NOWHERE, locate_levels
from geodata.measures import merged_measures, read_measures
from geodata.placekeys import resolve_place_keys, with_place_keys
from geodata.store import Batch, CitySettings, Store, cannot_write, file_hash
from geodata.vocabulary import LEVELS, PlaceLevel

# --- places ---


def import_boundaries(
    store: Store,
    path: Path | str,
    level: PlaceLevel,
    *,
    id_column: str,
    name_column: str,
    parent_column: str | None = None,
    unit_column: str | None = None,
    crs: str | None = None,
) -> gpd.GeoDataFrame:
    """Read one level of places from a file and make it live; return that level."""
    shapes, _ = _read_places(path, crs)
    places = boundaries.make_places(
        shapes,
        level,
        id_column=id_column,
        name_column=name_column,
        parent_column=parent_column,
        unit_column=unit_column,
    )
    return replace_level(store, places, level)


def _read_places(path: Path | str, crs: str | None) -> tuple[gpd.GeoDataFrame, CoordinateSystem]:
    if isinstance(path, str) and postgis.is_address(path):
        return postgis.read_places(path, crs)
    return readers.read_places(Path(path), crs)


def examine_boundaries(store: Store | None, path: Path, crs: str | None = None) -> Examination:
    """Ask in which system the outlines of a file really are; the city's own places, or those of Zhuhai, know."""
    shapes, declared = readers.read_shapes(path, crs)
    reference = store.places() if store is not None and store.boundary_version() else None
    return examine_shapes(shapes, declared=declared, reference=reference)


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


def import_measures(store: Store, path: Path) -> int:
    """Add a file of measurements (rates, surveys, levels, benefits) to those of the city; return its rows."""
    table = readers.read_table(path).frame.fillna("").astype("str")
    table.columns = [str(column).strip().lower() for column in table.columns]
    with store.exclusive():
        fresh = read_measures(table, set(store.places()["place_id"]), current_method(store))
        store.save_measures(merged_measures(store.measures(), fresh))
    return len(fresh)


# --- incidents ---


@dataclass(frozen=True)
class ImportReport:
    """What became of a file's rows: stored + known + corrected + set aside = rows."""

    batch: int | None
    """None for a trial run, or where the same file was here before."""
    repeated: int | None
    """The batch that brought the very same file before."""
    token: str
    """Names what is staged and not yet published; "" otherwise."""
    rows: int
    stored: int
    known: int
    corrected: int
    set_aside: int
    reasons: dict[str, int]
    unmapped: dict[str, int]
    encoding: str
    separator: str
    kind: str
    crs: str
    notes: list[list[str]]
    first_day: str
    last_day: str
    examination: dict[str, Any] | None
    """What the coordinate examination found; None without positions."""
    inside: dict[str, float] | None
    """Share of rows inside the city, outside of it, and without a position; None where it was not looked at."""


@dataclass(frozen=True)
class Inspection:
    """What a file looks like before anything is decided."""

    kind: str
    encoding: str
    separator: str
    crs: str | None
    sheets: list[str]
    sheet: str
    header_row: int
    notes: list[list[str]]
    columns: list[str]
    sample: list[list[str]]
    """The first rows, as text."""
    set_aside: list[list[str]]
    """(row, reason, text) of what is no row of the table, among the first chunk."""
    mapping: dict[str, list[str]]
    """What each of our columns is called in the file, as far as it is known."""
    mapping_text: str
    """The proposed mapping as TOML."""
    remembered: bool
    """Whether a clerk confirmed this mapping for this source and these columns before."""
    missing: list[str]
    """What must still be named, as (zh, en)."""


def inspect_file(
    store: Store,
    path: Path,
    source: str,
    *,
    mapping_name: str | None = None,
    sheet: str | None = None,
    header_row: int | None = None,
) -> Inspection:
    """Look at a file of incidents: what it is, its first rows, and a mapping for it.

    The mapping is the one named, else the one that was confirmed for these columns before, else a guess.

    Raises
    ------
    InputFileError
        If it cannot be read at all.
    """
    table = readers.open_table(path, sheet=sheet, header_row=header_row)
    known = None if mapping_name else store.layout(source, mapping.layout_key(table.columns))
    missing: list[str] = []
    try:
        chosen = (
            mapping.parse_mapping(known[0], "remembered") if known else _mapping(store, mapping_name, table.columns)
        )
        chosen.resolve(table.columns)
    except MappingError as error:
        chosen, missing = mapping.Mapping("", {}), [error.zh, error.en]
    first = next(iter(table.chunks()), None)
    rows = first.table.slice(0, 20) if first else None
    cells = [readers.text_column(column).to_pylist() for column in rows.columns] if rows else []
    bad = first.bad_rows.head(20) if first else None
    return Inspection(
        kind=table.kind,
        encoding=table.encoding,
        separator=table.separator,
        crs=table.crs or (known[1] if known else None),
        sheets=list(table.sheets),
        sheet=table.sheet,
        header_row=table.header_row,
        notes=[list(note) for note in table.notes],
        columns=list(table.columns),
        sample=[[cell[:80] for cell in row] for row in zip(*cells, strict=True)],
        set_aside=[
            [str(r), reason, text] for r, reason, text in zip(bad["row"], bad["reason"], bad["text"], strict=True)
        ]
        if bad is not None
        else [],
        mapping={} if missing else chosen.resolve(table.columns),
        mapping_text="" if missing else mapping.mapping_to_toml(chosen),
        remembered=known is not None,
        missing=missing,
    )


def import_incidents(
    store: Store,
    path: Path | str,
    source: str,
    *,
    mapping_name: str | None = None,
    crs: str | None = None,
    sheet: str | None = None,
    header_row: int | None = None,
    mends: int | None = None,
    dry_run: bool = False,
    keep_staged: bool = False,
    file_name: str | None = None,
    progress: Progress = no_progress,
) -> ImportReport:
    """Read a file of incidents, set aside what cannot be used, store the rest as one batch.

    A file that came from this source before adds nothing. A row that is here already is known; a row with a known id
    and new content is stored and replaces the older one, which is kept.

    Parameters
    ----------
    store, path, source
        The city, the file (or the address of a table of PostGIS, as text), and who sent it.
    mapping_name
        A mapping file or one that is shipped; None for the one confirmed for these columns before, else by usual names.
    crs
        Where positions are given; None to believe the file, what was confirmed before, or the mapping.
    sheet, header_row
        Of a workbook: which sheet, and in which row (from 1) its column names stand.
    mends
        The batch whose rows set aside the file brings back, as `set_aside_table` exported them.
    dry_run
        Only say what would become of the rows.
    keep_staged
        As `dry_run`, but keep what was checked, for `publish_staged`.
    file_name
        What the file is called, where `path` is a name of ours.
    progress
        Told how far it is.
    """
    if not source.strip():
        raise InputFileError("来源名称不能为空。", "`--source` must not be blank.")
    if isinstance(path, str) and postgis.is_address(path):
        name, sha256 = postgis.Address.parse(path).name, ""  # a table changes under its name: its rows are its content
        table = postgis.open_table(path)
    else:
        path = Path(path)
        there = False
        with suppress(OSError):  # a name that no file can have
            there = path.is_file()
        if not there:
            shown = readers.shown_name(path)
            raise InputFileError(f"找不到文件 {shown}，请检查路径。", f"there is no file {shown}: check the path.")
        name = readers.shown_name(Path(file_name or path.name))
        progress("读取与校验", 0.0)
        with ThreadPoolExecutor(1) as pool:  # both go through the whole file
            hashed = pool.submit(file_hash, path)
            table = readers.open_table(path, sheet=sheet, header_row=header_row)
            sha256 = hashed.result()
        if (before := store.find_done(source, sha256)) and not dry_run:
            return _repeated(before)
    order = _order(store, table, source, mapping_name, crs, mends)
    return _take_in(store, table, order, name, sha256, dry_run=dry_run, keep_staged=keep_staged, progress=progress)


def _take_in(
    store: Store,
    table: readers.TableFile,
    order: intake.Order,
    name: str,
    sha256: str,
    *,
    dry_run: bool,
    keep_staged: bool,
    progress: Progress,
    now: bool = True,
) -> ImportReport:
    token = secrets.token_hex(8)
    folder = intake.incoming(store, token)
    words = current_method(store).type_words
    try:
        folder.mkdir(parents=True)
        staged = intake.stage(
            table,
            order,
            folder,
            file_name=name,
            sha256=sha256,
            catalogue_types=words,
            now=dt.datetime.now(dt.UTC) if now else None,
            progress=lambda what, share: progress(what, 0.75 * share),
        )
        if not sha256 and (before := store.find_done(order.source, staged.sha256)) and not dry_run:
            return _repeated(before)
        places = store.places() if store.boundary_version() else None
        examination = examine_staged(store, staged, places) if now else None
        if dry_run or keep_staged:
            inside = share_inside(staged, places) if places is not None else None
            report = _report(staged, intake.fates(store, staged), None, examination, inside)
            return replace(report, token=token) if keep_staged else report
        progress("入库", 0.8)
        batch = intake.publish(store, staged, examination=examination)
        progress("入库", 1.0)
        return _report(staged, intake.Fates(batch.stored, batch.known, batch.corrected), batch.id, examination, None)
    except OSError as error:
        raise cannot_write(folder, error) from error
    finally:
        if not keep_staged or not (folder / "staged.json").exists():
            intake.discard(folder)


def publish_staged(store: Store, token: str) -> ImportReport:
    """Publish what `import_incidents` checked and kept."""
    folder = intake.incoming(store, token)
    staged = intake.Staged.load(folder)
    places = store.places() if store.boundary_version() else None
    examination = examine_staged(store, staged, places)
    try:
        batch = intake.publish(store, staged, examination=examination)
    except OSError as error:
        raise cannot_write(folder, error) from error
    return _report(staged, intake.Fates(batch.stored, batch.known, batch.corrected), batch.id, examination, None)


def discard_staged(store: Store, token: str) -> None:
    """Give up what `import_incidents` checked and kept."""
    intake.discard(intake.incoming(store, token))


def _repeated(before: Batch) -> ImportReport:
    facts = {name: before.details.get(name, "") for name in ("encoding", "separator", "kind")}
    return ImportReport(
        batch=None,
        repeated=before.id,
        token="",
        rows=before.rows,
        stored=0,
        known=before.rows - before.set_aside,
        corrected=0,
        set_aside=before.set_aside,
        reasons=before.reasons,
        unmapped=before.unmapped,
        crs=before.crs,
        notes=[],
        first_day=before.first_day,
        last_day=before.last_day,
        examination=None,
        inside=None,
        **facts,
    )


def _report(
    staged: intake.Staged,
    fates: intake.Fates,
    batch: int | None,
    examination: dict[str, Any] | None,
    inside: dict[str, float] | None,
) -> ImportReport:
    names = ("rows", "set_aside", "reasons", "unmapped", "encoding", "separator", "kind", "crs", "notes")
    facts = {name: getattr(staged, name) for name in (*names, "first_day", "last_day")}
    return ImportReport(
        batch=batch, repeated=None, token="", **vars(fates), **facts, examination=examination, inside=inside
    )


def _order(
    store: Store,
    table: readers.TableFile,
    source: str,
    mapping_name: str | None,
    crs: str | None,
    mends: int | None,
) -> intake.Order:
    if mends is not None:
        return _mending_order(store, table, source, mapping_name, crs, mends)
    known = store.layout(source, mapping.layout_key(table.columns)) if mapping_name is None else None
    if known:
        return intake.Order(source, mapping.parse_mapping(known[0], "remembered"), crs or table.crs or known[1])
    return intake.Order(source, _mapping(store, mapping_name, table.columns), crs)


def _mending_order(
    store: Store,
    table: readers.TableFile,
    source: str,
    mapping_name: str | None,
    crs: str | None,
    mends: int,
) -> intake.Order:
    batch = store.state().batch(mends)
    if batch.source != source:
        raise InputFileError(
            f"批次 {mends} 的来源是“{batch.source}”，不是“{source}”。",
            f"batch {mends} came from {batch.source!r}, not {source!r}.",
        )
    if intake.ROW_COLUMN not in table.columns:
        raise InputFileError(
            f"文件里没有“{intake.ROW_COLUMN}”列；请用导出的搁置行文件修改，并保留这一列。",
            f"the file has no column {intake.ROW_COLUMN!r}: mend the exported file and keep that column.",
        )
    chosen = (
        mapping.parse_mapping(batch.details["mapping_text"], batch.mapping)
        if mapping_name is None
        else _mapping(store, mapping_name, table.columns)
    )
    return intake.Order(source, chosen, crs or batch.crs, mends)


def mend(
    store: Store, number: int, path: Path, *, crs: str | None = None, progress: Progress = no_progress
) -> ImportReport:
    """Take mended rows of a batch back: the file is the export of its rows set aside, corrected by hand."""
    batch = store.state().batch(number)
    return import_incidents(store, path, batch.source, crs=crs, mends=number, progress=progress)


def export_set_aside(store: Store, number: int, out: Path) -> int:
    """Write the rows that a batch set aside and nobody has brought back yet, to be mended; return how many.

    Raises
    ------
    InputFileError
        If `out` is no .csv that can be written.
    """
    if out.suffix.lower() != ".csv":
        raise InputFileError("输出文件应为 .csv。", "`--out` must end in .csv.")
    content, n = set_aside_csv(store, number)
    with writing(out):
        out.write_bytes(content)
    return n


def set_aside_csv(store: Store, number: int) -> tuple[bytes, int]:
    """Return the rows that a batch set aside and nobody has brought back, as a CSV for spreadsheets, and how many.

    It is UTF-8 with a mark, and no cell would run as a formula.
    """
    rows = store.set_aside(number)
    rows = rows[rows["mended_by"] == 0]
    table = intake.set_aside_table(rows, store.state().batch(number).details.get("columns", []))
    language_of = validate.REASONS
    table[intake.REASON_COLUMN] = [
        " ".join(language_of.get(reason, (reason, ""))) for reason in table[intake.REASON_COLUMN]
    ]
    return table.map(_defused).to_csv(index=False).encode("utf-8-sig"), len(rows)


def _defused(cell: object) -> object:
    """Put a quotation mark before what a spreadsheet would take for a formula; numbers stay numbers."""
    if not isinstance(cell, str) or not cell or cell[0] not in intake.FORMULA_SIGNS:
        return cell
    try:
        float(cell)
    except ValueError:
        return "'" + cell
    return cell


def examine_staged(store: Store, staged: intake.Staged, places: gpd.GeoDataFrame | None) -> dict[str, Any] | None:
    """Ask in which system the positions of a staged file really are; None if it has none."""
    if not staged.sample_x:
        return None
    x, y = np.array(staged.sample_x), np.array(staged.sample_y)
    found = examine_points(x, y, declared=staged.crs, places=places, trusted=_trusted(store))
    return found.to_dict()


def _trusted(store: Store) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None:
    """Return positions of stored incidents, some thousands spread over the latest files."""
    files = store.state().files()[-4:]
    if not files:
        return None
    tables = [store.read_file_table(file, ["lon", "lat"]) for file in files]
    lon, lat = (np.concatenate([table[axis].to_numpy() for table in tables]) for axis in ("lon", "lat"))
    given = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
    some = given[:: max(1, len(given) // 20_000)]
    return lon[some], lat[some]


def share_inside(staged: intake.Staged, places: gpd.GeoDataFrame) -> dict[str, float]:
    """Say which share of a staged file lies inside the city, outside of it, and has no position (of 100,000 rows)."""
    tables = [
        pq.read_table(staged.path(part), columns=["lon", "lat", "place_key"]) for part in range(len(staged.parts))
    ]
    if not tables:
        return {"inside": 0.0, "outside": 0.0, "unlocated": 0.0}
    rows = pa.concat_tables(tables)
    rows = rows.take(np.arange(0, rows.num_rows, max(1, rows.num_rows // 100_000)))
    lon, lat = rows["lon"].to_numpy(), rows["lat"].to_numpy()
    place = locate_levels(lon, lat, places).place
    place = with_place_keys(place, rows["place_key"], places)
    inside = (place != NOWHERE).any(axis=1)
    given = np.isfinite(lon) & np.isfinite(lat)
    return {
        "inside": float(inside.mean()),
        "outside": float((given & ~inside).mean()),
        "unlocated": float((~given & ~inside).mean()),
    }


def _mapping(store: Store, name: str | None, columns: list[str]) -> mapping.Mapping:
    if name is None:
        return replace(mapping.guess_mapping(columns), time_zone=store.settings().time_zone)
    if name in mapping.shipped_mappings():
        return mapping.shipped_mapping(name)
    if not Path(name).is_file():
        shipped = ", ".join(mapping.shipped_mappings())
        raise MappingError(
            f"找不到映射文件 {name}；可写文件路径，或随产品提供的：{shipped}。",
            f"there is no mapping {name}: give a file, or one of those shipped: {shipped}.",
        )
    return mapping.load_mapping(Path(name))


def current_method(store: Store) -> Method:
    """Return the newest published version of the method, or the one that ships."""
    methods = store.methods()
    return load_method(methods[-1].text, f"{methods[-1].version}.toml") if methods else shipped_method()


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


def count_on_cluster(
    store: Store,
    scheduler: str,
    level: PlaceLevel,
    start: dt.date,
    end: dt.date,
    *,
    within: str = "",
    types: Sequence[str] | None = None,
    progress: Progress = no_progress,
) -> tuple[CityData, PlaceCounts]:
    """Count the stored files per partition under Dask: the same counts as from the count index, which is not made.

    Parameters
    ----------
    store
        The city.
    scheduler
        ``local`` for processes on this machine, or ``tcp://host:port``; workers must see the city under the same path.
    level, start, end, within, types
        What to count: level, half-open span of local days, id of a place to stay in, types by id or name.
    progress
        Told how far it is.

    Returns
    -------
    tuple
        The city without its incidents, and the counts.
    """
    state = store.state()
    city = read_city(store, with_counts=False)
    files, folder = state.files(), store.folder.resolve()
    keys = {
        key for file in files for key in store.read_file_table(file, ["place_key"])["place_key"].unique().to_pylist()
    }
    rows = resolve_place_keys(sorted(keys), city.places)
    counted = distributed.count_files(
        [folder / file.path for file in files],
        city.places,
        indexes=folder / "derived" / state.boundary_version,
        dropped={folder / path: rows for path, rows in store.superseded(state).items()},
        place_rows={key: int(row) for key, row in zip(sorted(keys), rows, strict=True) if row != NOWHERE},
        start=start,
        end=end,
        scheduler=scheduler,
        progress=lambda share: progress("计数", share),
    )
    place = city.find(within)
    chosen = None if types is None else [city.method.type_words.get(word.strip().lower(), word) for word in types]
    return city, counted.by_place(level, city.members(level, place), start, end, within=place.within, types=chosen)


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
    store.save_measures(demo.measures)
    for done, batch in enumerate(demo.batches):
        progress("入库", 0.6 + 0.25 * done / len(demo.batches))
        columns = list(batch.table.columns)
        name = f"{batch.source}-{batch.table['time'].min():%Y%m}.csv"
        order = intake.Order(batch.source, mapping.guess_mapping(columns), batch.crs)
        _take_in(
            store,
            _table_of(batch.table),
            order,
            name,
            f"demo-{years}-{seed}-{done}",
            dry_run=False,
            keep_staged=False,
            progress=no_progress,
            now=False,
        )
    store.write_file("truths.json", json.dumps(demo.truths, ensure_ascii=False, indent=1).encode())
    progress("计数", 0.88)
    freeze_calibration(store)
    progress("预警", 0.92)
    _watch_demo_city(store)
    progress("制图", 0.97)
    thin_outlines(store)
    progress("完成", 1.0)
    return demo.truths


def _watch_demo_city(store: Store) -> None:
    """Examine the main rule for streets and the one for slow drifts for communities; let them judge a quarter."""
    city = read_city(store)
    for rule, level in ((NegativeBinomial(), PlaceLevel.STREET), (PoissonCusum(), PlaceLevel.COMMUNITY)):
        if examine_rule(store, city, rule, level).judged:  # of one year the drift cannot be judged
            book.switch_on(store, rule, level)
    run_rules(store, city, weeks=13)


def _table_of(frame: pd.DataFrame) -> readers.TableFile:
    """Let a table in memory be read as a file is."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    narrow = [pa.field(f.name, pa.string() if pa.types.is_large_string(f.type) else f.type) for f in table.schema]
    nothing_bad = readers.set_aside_frame([], [], [], [], [])

    def read() -> Iterator[readers.RawChunk]:
        yield readers.RawChunk(table.cast(pa.schema(narrow)), np.arange(len(frame)), nothing_bad, 1.0)

    return readers.TableFile([str(name) for name in frame.columns], "parquet", read)


def freeze_calibration(store: Store) -> CityData:
    """Publish the shipped method with the base year that the stored incidents give."""
    city = read_city(store)
    if city.active_calibration is not None:
        store.publish_method(SHIPPED.read_text(encoding="utf-8") + city.active_calibration.to_toml())
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
