"""The city folder: immutable files, and one ledger that says which of them are live.

::

    city/
    ├── ledger.sqlite                    batches, manifest of files, method versions, settings: one commit publishes
    ├── city.toml                        name, time zone, calendar
    ├── boundaries/<version>.parquet     all levels of places (GeoParquet)
    ├── exposure/<version>.parquet
    ├── measures/<version>.parquet       what is measured, not counted
    ├── incidents/<batch>/<part>.parquet each part sorted by day
    ├── superseded/<batch>.parquet       rows of older files that the batch corrects
    ├── known/<batch>.parquet            rows of the file that said nothing new
    ├── set_aside/<batch>.parquet
    ├── meetings/                        what meetings saw, and dossiers from elsewhere
    ├── incoming/                        files on their way in; safe to delete while nothing is imported
    └── derived/                         rebuilt from the rest at any time; safe to delete

A file is written completely, synced and renamed before the ledger names it; nothing that the ledger names is changed.
A reader asks for one `State`, read in one transaction, and sees files of that state only.
"""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import json
import os
import shutil
import sqlite3
import threading
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from geodata.columns import EXPOSURE_COLUMNS, INCIDENTS, LONLAT_CRS, SET_ASIDE
from geodata.errors import CityError, SelectionError
from geodata.index.catalogue import SHIPPED
from geodata.measures import no_measures
from geodata.tiles import NO_BASEMAP, Basemap, checked_basemap

SCHEMA_VERSION = 3
WAIT_S = 60.0
"""How long a writer waits for another one [s]."""
STORED = pa.schema(
    [
        *INCIDENTS,
        pa.field("id_hash", pa.uint64()),
        pa.field("row_hash", pa.uint64()),
        pa.field("row", pa.int64()),  # 1 = the first row below the header of the file that brought it
    ]
)
"""What an incident file holds: the incident, hashes of its id and its content, and where in the file it stood."""
SUPERSEDED = pa.schema([("path", pa.dictionary(pa.int32(), pa.string())), ("row", pa.int32())])
"""Rows that are no longer live: the incident file, and the 0-based row in it."""
KNOWN = pa.schema([("row", pa.int64()), ("incident_id", pa.string())])
"""Rows of a file that said nothing new: where they stood in it (from 1), and the incident that they repeat."""
LEDGER = "ledger.sqlite"
LEAST_FREE = 1024**2
"""With less room than this a disk counts as full [bytes]."""
INCIDENT_FILE, SUPERSEDED_FILE, KNOWN_FILE, SET_ASIDE_FILE = "incidents", "superseded", "known", "set_aside"
BACKUP_LIST = "backup.json"
Rows = npt.NDArray[np.int32]
_PLAIN = ("incident_id", "id_hash", "row_hash", "extra", "lon", "lat", "occurred_at", "row", "place_key")
"""Columns with about as many values as rows: no dictionary helps them."""
_ENCODINGS = {
    "lon": "BYTE_STREAM_SPLIT",
    "lat": "BYTE_STREAM_SPLIT",
    "occurred_at": "DELTA_BINARY_PACKED",
    "row": "DELTA_BINARY_PACKED",
}

_SCHEMA = """
CREATE TABLE IF NOT EXISTS setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS batch (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    file_name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    crs TEXT NOT NULL,
    mapping TEXT NOT NULL,
    rows INTEGER NOT NULL,
    stored INTEGER NOT NULL,
    known INTEGER NOT NULL,
    corrected INTEGER NOT NULL,
    set_aside INTEGER NOT NULL,
    reasons TEXT NOT NULL,
    unmapped TEXT NOT NULL,
    details TEXT NOT NULL,
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL,
    imported_at TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('done', 'undone')),
    CHECK (rows = stored + known + corrected + set_aside)
) STRICT;
CREATE TABLE IF NOT EXISTS file (
    path TEXT PRIMARY KEY,
    batch INTEGER NOT NULL REFERENCES batch (id),
    kind TEXT NOT NULL CHECK (kind IN ('incidents', 'superseded', 'known', 'set_aside')),
    sha256 TEXT NOT NULL,
    rows INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS mended (
    batch INTEGER NOT NULL REFERENCES batch (id),
    row INTEGER NOT NULL,
    by_batch INTEGER NOT NULL REFERENCES batch (id),
    PRIMARY KEY (batch, row, by_batch)
) STRICT;
CREATE TABLE IF NOT EXISTS method (
    version TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    published_at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS layout (
    source TEXT NOT NULL,
    columns TEXT NOT NULL,
    mapping TEXT NOT NULL,
    crs TEXT NOT NULL,
    PRIMARY KEY (source, columns)
) STRICT;
CREATE TABLE IF NOT EXISTS alert_rule (
    name TEXT NOT NULL,
    parameters TEXT NOT NULL,
    level_of_place TEXT NOT NULL,
    exam TEXT NOT NULL,
    examined_at TEXT NOT NULL,
    method_version TEXT NOT NULL,
    data_version TEXT NOT NULL,
    switched_on INTEGER NOT NULL DEFAULT 0 CHECK (switched_on IN (0, 1)),
    PRIMARY KEY (name, parameters, level_of_place)
) STRICT;
CREATE TABLE IF NOT EXISTS alert (
    id INTEGER PRIMARY KEY,
    rule TEXT NOT NULL,
    parameters TEXT NOT NULL,
    place_id TEXT NOT NULL,
    level_of_place TEXT NOT NULL,
    indicator TEXT NOT NULL,
    period TEXT NOT NULL,
    first_day TEXT NOT NULL,
    level INTEGER NOT NULL CHECK (level BETWEEN 1 AND 3),
    p REAL,
    adjusted REAL,
    statistic REAL,
    expected REAL,
    observed INTEGER NOT NULL,
    method_version TEXT NOT NULL,
    data_version TEXT NOT NULL,
    made_at TEXT NOT NULL,
    feedback TEXT NOT NULL DEFAULT '' CHECK (feedback IN ('', 'true', 'false', 'handled')),
    UNIQUE (rule, level_of_place, place_id, indicator, period)
) STRICT;
CREATE INDEX IF NOT EXISTS alert_first_day ON alert (first_day);
"""

_KEPT = "CREATE TABLE IF NOT EXISTS kept (path TEXT PRIMARY KEY, sha256 TEXT NOT NULL) STRICT"
_CHANGED = """
INSERT INTO setting VALUES ('changes', '1')
ON CONFLICT (key) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT)
"""


@dataclass(frozen=True)
class Batch:
    """One import as the ledger remembers it: rows = stored + known + corrected + set_aside."""

    id: int
    source: str
    file_name: str
    sha256: str
    crs: str
    mapping: str
    rows: int
    stored: int
    """New incidents."""
    known: int
    """Here already, with the same content."""
    corrected: int
    """Here already with other content: stored too, and the older version is no longer live."""
    set_aside: int
    reasons: dict[str, int]
    unmapped: dict[str, int]
    details: dict[str, Any]
    """How the file was read: encoding, separator, mapping as TOML, notes, coordinate examination."""
    first_day: str
    last_day: str
    imported_at: str
    state: str


@dataclass(frozen=True)
class StoredFile:
    """One immutable Parquet file of a batch."""

    path: str
    batch: int
    kind: str
    sha256: str
    rows: int


@dataclass(frozen=True)
class CitySettings:
    """What ``city.toml`` says of the city itself."""

    name: str = "未命名城市"
    name_en: str = "Unnamed city"
    time_zone: str = "Asia/Shanghai"
    simulated: bool = False
    review_number: str = ""
    """审图号 under which its maps may be published; "" = they may not."""
    basemap: Basemap = NO_BASEMAP

    @property
    def english(self) -> str:
        """Return the English name, or the name itself where a city was given no other."""
        unnamed = CitySettings.name_en
        return self.name if self.name_en == unnamed and self.name != CitySettings.name else self.name_en


@dataclass(frozen=True)
class PublishedMethod:
    """One version of the method, never changed once it is published."""

    version: str
    text: str
    """The whole method file, base year included."""
    sha256: str
    valid_from: dt.date
    """Periods that begin on this day or later have this version, until the next one."""
    published_at: str


@dataclass(frozen=True)
class State:
    """Everything that the ledger said at one moment."""

    boundary_version: str
    exposure_version: str
    measure_version: str
    methods: tuple[PublishedMethod, ...]
    """In the order in which they came into force."""
    batches: tuple[Batch, ...]
    """Every import ever made, oldest first, undone ones included."""
    all_files: tuple[StoredFile, ...]
    """Files of all batches, in the order of batches and paths."""

    @cached_property
    def _live(self) -> frozenset[int]:
        return frozenset(batch.id for batch in self.batches if batch.state == "done")

    @property
    def live_batches(self) -> tuple[Batch, ...]:
        """Return the imports that were not undone."""
        return tuple(batch for batch in self.batches if batch.id in self._live)

    def files(self, kind: str = INCIDENT_FILE) -> list[StoredFile]:
        """Return the live files of a kind in the order of their batches and parts."""
        return [file for file in self.all_files if file.kind == kind and file.batch in self._live]

    @cached_property
    def data_version(self) -> str:
        """Return a text that changes whenever anything that a score rests on changes."""
        live = (file.sha256 for kind in (INCIDENT_FILE, SUPERSEDED_FILE) for file in self.files(kind))
        methods = (f"{method.sha256}@{method.valid_from}" for method in self.methods)
        parts = [self.boundary_version, self.exposure_version, self.measure_version, *methods, *live]
        return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]

    def batch(self, number: int) -> Batch:
        """Return a batch by its number.

        Raises
        ------
        SelectionError
            If there never was such a batch.
        """
        for batch in self.batches:
            if batch.id == number:
                return batch
        raise SelectionError(f"没有批次 {number}。", f"there is no batch {number}.")


class Store:
    """Read and write one city folder.

    Parameters
    ----------
    folder
        The city folder; made when it does not exist.

    Raises
    ------
    CityError
        If the folder cannot be written, or was written by another version.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._held: sqlite3.Connection | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            version = self._schema_version()
            if version in ("", "2"):
                with self._connect() as ledger:
                    ledger.executescript(_SCHEMA)
                    ledger.execute("INSERT OR REPLACE INTO setting VALUES ('schema', ?)", (str(SCHEMA_VERSION),))
                    if version == "2" and (text := self.read_file("method.toml")) is not None:
                        base_year = text.decode("utf-8").partition("\n[calibration]")
                        _enter_method(ledger, SHIPPED.read_text(encoding="utf-8") + "".join(base_year[1:]), dt.date.min)
        except (OSError, sqlite3.Error) as error:
            zh, en = _why(folder, error)
            raise CityError(
                f"城市目录 {folder} 无法读写：{zh}。", f"the city folder {folder} cannot be used: {en}."
            ) from error
        if version not in ("", "2", str(SCHEMA_VERSION)):
            raise CityError(
                f"城市目录 {folder} 由另一版本的程序写成，请用该版本打开。",
                f"the city folder {folder} was written by another version of this program.",
            )

    def _schema_version(self) -> str:
        if not (self.folder / LEDGER).exists():
            return ""
        with self._reading() as ledger:
            there = ledger.execute("SELECT 1 FROM sqlite_master WHERE name = 'setting'").fetchone()
            row = ledger.execute("SELECT value FROM setting WHERE key = 'schema'").fetchone() if there else None
        return str(row[0]) if row else ""

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Let nobody else write until the end; what is written inside becomes visible at once, or not at all.

        Readers go on. A second writer waits, then is told.

        Raises
        ------
        CityError
            If another import does not end within `WAIT_S` seconds, or the disk is full.
        """
        if self._held is not None:
            yield
            return
        connection = sqlite3.connect(self.folder / LEDGER, timeout=WAIT_S, isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                raise CityError(
                    "另一个导入正在进行，请稍后再试。", "another import is running: try again when it has ended."
                ) from error
            self._held = connection
            try:
                yield
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        except (OSError, sqlite3.Error) as error:
            raise cannot_write(self.folder, error) from error
        finally:
            self._held = None
            connection.close()

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        if self._held is not None:
            yield self._held
            return
        connection = sqlite3.connect(self.folder / LEDGER, timeout=30)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            with connection:
                yield connection
        finally:
            connection.close()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Connect to read; on a full disk too, where SQLite has no room for the small files that it shares."""
        with ExitStack() as stack:
            try:
                ledger = stack.enter_context(self._connect())
                ledger.execute("SELECT 1 FROM sqlite_master").fetchone()
            except sqlite3.OperationalError:
                log = self.folder / f"{LEDGER}-wal"
                if log.exists() and log.stat().st_size:
                    raise  # the newest commits stand in it: without them the answer would be an old one
                address = f"{(self.folder / LEDGER).resolve().as_uri()}?mode=ro&immutable=1"
                ledger = stack.enter_context(closing(sqlite3.connect(address, uri=True)))
            yield ledger

    def state(self) -> State:
        """Return what the ledger says now, read in one transaction.

        Raises
        ------
        CityError
            If the ledger cannot be read.
        """
        names = ", ".join(Batch.__dataclass_fields__)
        try:
            with self._reading() as ledger:
                if self._held is None:
                    ledger.execute("BEGIN")
                settings = dict(ledger.execute("SELECT key, value FROM setting").fetchall())
                rows = ledger.execute(f"SELECT {names} FROM batch ORDER BY id").fetchall()  # noqa: S608 - our own names
                files = ledger.execute(
                    "SELECT path, batch, kind, sha256, rows FROM file ORDER BY batch, path"
                ).fetchall()
                methods = ledger.execute(
                    "SELECT version, text, sha256, valid_from, published_at FROM method ORDER BY valid_from, rowid"
                ).fetchall()
        except sqlite3.Error as error:
            raise CityError(
                f"台账 {self.folder}/ledger.sqlite 无法读取（{error}）；请从备份恢复。",
                f"the ledger {self.folder}/ledger.sqlite cannot be read ({error}): restore it from a backup.",
            ) from error
        return State(
            boundary_version=str(settings.get("boundaries", "")),
            exposure_version=str(settings.get("exposure", "")),
            measure_version=str(settings.get("measures", "")),
            methods=tuple(_published(row) for row in methods),
            batches=tuple(_batch(row) for row in rows),
            all_files=tuple(StoredFile(*row) for row in files),
        )

    # --- the city itself ---

    def settings(self) -> CitySettings:
        """Read ``city.toml``; a folder without one is an unnamed city."""
        path = self.folder / "city.toml"
        if not path.exists():
            return CitySettings()
        try:
            return checked_settings(tomllib.loads(path.read_text(encoding="utf-8")), str(path))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise CityError(f"{path} 写法有误：{error}。", f"{path} is not valid: {error}.") from error

    def save_settings(self, settings: CitySettings) -> None:
        """Write ``city.toml``."""
        checked_settings(vars(settings), "city.toml")
        rest = vars(settings) | {"basemap": None}
        lines = [f"{key} = {_toml_value(value)}\n" for key, value in rest.items() if value is not None]
        if settings.basemap.source:
            lines += ["\n[basemap]\n", *(f"{k} = {_toml_value(v)}\n" for k, v in vars(settings.basemap).items())]
        self.write_file("city.toml", "".join(lines).encode())
        with self._connect() as ledger:  # whoever shows the city shall know
            ledger.execute(_CHANGED)

    def data_version(self) -> str:
        """Return a text that changes whenever anything that a score rests on changes."""
        return self.state().data_version

    def changes(self) -> int:
        """Return how often anything was published here: cheaper to ask for than the state."""
        with self._reading() as ledger:
            row = ledger.execute("SELECT value FROM setting WHERE key = 'changes'").fetchone()
        return int(row[0]) if row else 0

    # --- places and exposure ---

    def boundary_version(self) -> str:
        """Return the version of the live places, "" if there are none."""
        return self.state().boundary_version

    def places(self, version: str | None = None) -> gpd.GeoDataFrame:
        """Read places of a version (the live one), all levels, EPSG:4326, sorted by level and id.

        Raises
        ------
        CityError
            If the city has no boundaries yet, or the file is damaged.
        """
        version = self.boundary_version() if version is None else version
        if not version:
            raise CityError(
                f"城市目录 {self.folder} 还没有边界；请先运行 boundaries import，或用 demo 生成示例城市。",
                f"the city folder {self.folder} has no boundaries: run `boundaries import`, or make the `demo` city.",
            )
        with _undamaged(self.folder / "boundaries" / f"{version}.parquet", version) as path:
            places = gpd.read_parquet(path)
        return places if "unit" in places else places.assign(unit="")  # older folders do not know it

    def save_places(self, places: gpd.GeoDataFrame) -> str:
        """Store all levels of places as a new version and make it live; return the version."""
        return self._save_version("boundaries", lambda path: places.to_crs(LONLAT_CRS).to_parquet(path, index=False))

    def exposure(self, version: str | None = None) -> pd.DataFrame:
        """Read what incidents are measured against; empty if nothing was imported."""
        version = self.state().exposure_version if version is None else version
        if not version:
            return pd.DataFrame({column: [] for column in EXPOSURE_COLUMNS}).astype({"year": int, "value": float})
        with _undamaged(self.folder / "exposure" / f"{version}.parquet", version) as path:
            return pd.read_parquet(path)

    def save_exposure(self, exposure: pd.DataFrame) -> str:
        """Store `exposure` as a new version and make it live; return the version."""
        return self._save_version("exposure", lambda path: exposure.to_parquet(path, index=False))

    def measures(self, version: str | None = None) -> pd.DataFrame:
        """Read what is measured, ``measures.MEASURE_COLUMNS``; empty if nothing was imported."""
        version = self.state().measure_version if version is None else version
        if not version:
            return no_measures()
        with _undamaged(self.folder / "measures" / f"{version}.parquet", version) as path:
            return pd.read_parquet(path)

    def save_measures(self, measures: pd.DataFrame) -> str:
        """Store `measures` as a new version and make it live; return the version."""
        with self.exclusive():
            before = self.state().measure_version
            version = self._save_version("measures", lambda path: measures.to_parquet(path, index=False))
            if version != before:
                with self._connect() as ledger:
                    history = [*_measure_history(ledger), before]
                    ledger.execute(
                        "INSERT OR REPLACE INTO setting VALUES ('measures_before', ?)", (json.dumps(history),)
                    )
        return version

    def undo_measures(self) -> None:
        """Make the measurements live again that were before the last import of them.

        Raises
        ------
        SelectionError
            If there was none.
        """
        with self.exclusive(), self._connect() as ledger:
            history = _measure_history(ledger)
            if not history:
                raise SelectionError("没有可撤销的监测数据。", "there is no import of measurements to undo.")
            ledger.execute("INSERT OR REPLACE INTO setting VALUES ('measures', ?)", (history[-1],))
            ledger.execute("INSERT OR REPLACE INTO setting VALUES ('measures_before', ?)", (json.dumps(history[:-1]),))
            ledger.execute(_CHANGED)

    # --- the method ---

    def methods(self) -> tuple[PublishedMethod, ...]:
        """Return the published versions of the method in the order in which they came into force."""
        return self.state().methods

    def publish_method(self, text: str, valid_from: dt.date = dt.date.min) -> PublishedMethod:
        """Publish a version of the method; periods from `valid_from` on have it.

        What was published never changes: the same text again says nothing new.

        Parameters
        ----------
        text
            A checked method file (`index.catalogue.load_method`).
        valid_from
            First day of the first period that has it; by default it holds from the beginning.

        Raises
        ------
        SelectionError
            If this version was published with another text or day.
        """
        with self.exclusive(), self._connect() as ledger:
            return _enter_method(ledger, text, valid_from)

    # --- other rooms' tables in the ledger ---

    @contextmanager
    def ledger(self) -> Iterator[sqlite3.Connection]:
        """Write to the ledger, alone and in one transaction."""
        with self.exclusive(), self._connect() as ledger:
            yield ledger

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read from the ledger."""
        try:
            with self._reading() as ledger:
                yield ledger
        except sqlite3.Error as error:
            raise cannot_write(self.folder, error) from error

    def _save_version(self, kind: str, write: Callable[[Path], object]) -> str:
        folder = self.folder / kind
        part = _part(folder / kind)
        try:
            folder.mkdir(exist_ok=True)
            write(part)
            version = file_hash(part)[:12]
            _publish(part, folder / f"{version}.parquet")
            with self._connect() as ledger:
                ledger.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (kind, version))
                ledger.execute(_CHANGED)
        except (OSError, sqlite3.Error) as error:
            raise cannot_write(self.folder, error) from error
        finally:
            part.unlink(missing_ok=True)
        return version

    # --- batches ---

    def batches(self) -> list[Batch]:
        """Return every import ever made, oldest first, undone ones included."""
        return list(self.state().batches)

    def find_done(self, source: str, sha256: str) -> Batch | None:
        """Return the live batch that brought this very file from this source, if any."""
        found = [b for b in self.state().live_batches if b.source == source and b.sha256 == sha256]
        return found[-1] if found else None

    def read_file_table(
        self, file: StoredFile, columns: list[str] | None = None, *, words: Sequence[str] = ()
    ) -> pa.Table:
        """Read one file of the manifest; the columns in `words` as dictionaries of texts.

        Raises
        ------
        CityError
            If the file is missing or damaged.
        """
        path = self.folder / file.path
        try:
            if file_hash(path) == file.sha256:
                return pq.read_table(path, columns=columns, read_dictionary=list(words))
            why = "sha256"
        except (OSError, pa.ArrowException) as error:
            why = str(error)
        raise CityError(
            f"数据文件 {file.path} 缺失或已损坏（{why}）；请从备份恢复，或撤销批次 {file.batch} 后重新导入。",
            f"the data file {file.path} is missing or damaged ({why}): restore it, or undo batch {file.batch} "
            "and import it again.",
        )

    def superseded(self, state: State) -> dict[str, Rows]:
        """Return the rows of each incident file that later live batches corrected, ascending."""
        tables = [self.read_file_table(file) for file in state.files(SUPERSEDED_FILE)]
        if not tables:
            return {}
        frame = pa.concat_tables(tables, promote_options="permissive").to_pandas()
        return {
            str(path): np.unique(rows.to_numpy(np.int32)) for path, rows in frame.groupby("path", observed=True)["row"]
        }

    def add_batch(
        self,
        *,
        facts: dict[str, Any],
        write_parts: Callable[[Path], Iterable[tuple[Path, int]]],
        superseded: dict[str, Rows],
        known: pa.Table,
        set_aside: pd.DataFrame,
        mended: Sequence[tuple[int, int]] = (),
    ) -> Batch:
        """Store rows as one batch: files first, then one commit that makes them visible. Call it inside `exclusive`.

        Parameters
        ----------
        facts
            Every field of `Batch` but id, set_aside, reasons, imported_at and state.
        write_parts
            Is given an empty folder, fills it with Parquet files of `STORED`, and tells each path and its rows.
        superseded
            Incident file → rows in it that this batch corrects; a path that begins with ``./`` names a part of this
            very batch.
        known
            Rows that said nothing new, `KNOWN`.
        set_aside
            Rows that could not be used, ``columns.SET_ASIDE``.
        mended
            (batch, row) of rows set aside earlier that this batch brings back.
        """
        with self._connect() as ledger:
            number = int(ledger.execute("SELECT coalesce(max(id), 0) + 1 FROM batch").fetchone()[0])
        folder = self.folder / INCIDENT_FILE / f"{number:06d}"
        shutil.rmtree(folder, ignore_errors=True)  # of an import that was cut off
        folder.mkdir(parents=True)
        with ThreadPoolExecutor(2) as pool:
            parts = [(path, rows, pool.submit(_synced_hash, path)) for path, rows in write_parts(folder)]
            files = [
                StoredFile(self._name(path), number, INCIDENT_FILE, hashed.result(), rows)
                for path, rows, hashed in parts
            ]
        _sync_folder(folder)
        _sync_folder(folder.parent)
        if superseded:
            files.append(self._write_superseded(superseded, number, folder))
        if known.num_rows:
            files.append(self._write_table(known, number, KNOWN_FILE))
        table = pa.Table.from_pandas(set_aside, SET_ASIDE, preserve_index=False)
        files.append(self._write_table(table, number, SET_ASIDE_FILE))
        batch = Batch(
            id=number,
            **facts,
            set_aside=len(set_aside),
            reasons={str(reason): int(n) for reason, n in set_aside["reason"].value_counts().items()},
            imported_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            state="done",
        )
        self._enter(batch, files, mended)
        return batch

    def _write_superseded(self, superseded: dict[str, Rows], number: int, folder: Path) -> StoredFile:
        own = self._name(folder) + "/"
        paths = [own + path.removeprefix("./") if path.startswith("./") else path for path in superseded]
        counts = [len(rows) for rows in superseded.values()]
        codes = pa.array(np.repeat(np.arange(len(paths), dtype=np.int32), counts))
        table = pa.table(
            [
                pa.DictionaryArray.from_arrays(codes, pa.array(paths, pa.string())),
                np.concatenate([*superseded.values()]),
            ],
            schema=SUPERSEDED,
        )
        return self._write_table(table, number, SUPERSEDED_FILE)

    def _enter(self, batch: Batch, files: list[StoredFile], mended: Sequence[tuple[int, int]]) -> None:
        row = {**vars(batch)}
        for name in ("reasons", "unmapped", "details"):
            row[name] = json.dumps(row[name], ensure_ascii=False)
        names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
        with self._connect() as ledger:
            ledger.execute(f"INSERT INTO batch ({names}) VALUES ({marks})", row)  # noqa: S608 - our own names
            ledger.executemany(
                "INSERT INTO file VALUES (?, ?, ?, ?, ?)",
                [(file.path, file.batch, file.kind, file.sha256, file.rows) for file in files],
            )
            ledger.executemany("INSERT OR IGNORE INTO mended VALUES (?, ?, ?)", [(*each, batch.id) for each in mended])
            ledger.execute(_CHANGED)

    def undo(self, number: int) -> Batch:
        """Take a batch back; its files stay, the ledger no longer names them as live.

        Raises
        ------
        SelectionError
            If there is no such batch, it is undone already, or a later file of the same source built on it.
        """
        with self.exclusive():
            batches = {b.id: b for b in self.state().batches}
            batch = batches.get(number)
            if batch is None or batch.state != "done":
                raise SelectionError(
                    f"没有可撤销的批次 {number}；用 imports 查看全部批次。",
                    f"there is no batch {number} to undo: `imports` lists them.",
                )
            later = [b for b in self.state().live_batches if b.source == batch.source and b.id > number]
            for other in reversed(later):
                if self._builds_on(other, batch):
                    raise SelectionError(
                        f"批次 {other.id} 与批次 {number} 有相同的记录，请先撤销批次 {other.id}。",
                        f"batch {other.id} repeats records of batch {number}: undo batch {other.id} first.",
                    )
            with self._connect() as ledger:
                ledger.execute("UPDATE batch SET state = 'undone' WHERE id = ?", (number,))
                ledger.execute(_CHANGED)
        return Batch(**{**vars(batch), "state": "undone"})

    def _builds_on(self, later: Batch, earlier: Batch) -> bool:
        """Say whether a batch corrected or repeated incidents of an earlier one."""
        own = f"{INCIDENT_FILE}/{earlier.id:06d}/"
        if any(
            path.startswith(own)
            for path in self._table_of(later.id, SUPERSEDED_FILE, SUPERSEDED)["path"].unique().to_pylist()
        ):
            return True
        known = self._table_of(later.id, KNOWN_FILE, KNOWN)["incident_id"]
        if not len(known):
            return False
        ours = self._table_of(earlier.id, INCIDENT_FILE, STORED, ["incident_id"])["incident_id"]
        return bool(pc.any(pc.is_in(known, value_set=ours.combine_chunks())).as_py())

    def set_aside(self, number: int) -> pd.DataFrame:
        """Read the rows that a batch set aside, with one more column ``mended_by`` (batch, 0 = still aside).

        Raises
        ------
        SelectionError
            If there never was such a batch.
        """
        rows: pd.DataFrame = self._table_of(number, SET_ASIDE_FILE, SET_ASIDE).to_pandas()
        with self._reading() as ledger:
            found = ledger.execute(
                "SELECT row, max(by_batch) FROM mended m JOIN batch b ON b.id = m.by_batch "
                "WHERE m.batch = ? AND b.state = 'done' GROUP BY row",
                (number,),
            ).fetchall()
        rows["mended_by"] = rows["row"].map(dict(found)).fillna(0).astype(np.int64)
        return rows

    def known(self, number: int) -> pd.DataFrame:
        """Read which rows of a batch's file said nothing new: row, incident_id.

        Raises
        ------
        SelectionError
            If there never was such a batch.
        """
        rows: pd.DataFrame = self._table_of(number, KNOWN_FILE, KNOWN).to_pandas()
        return rows

    def written(self, number: int) -> pa.Table:
        """Read the incidents that a batch stored, `STORED`.

        Raises
        ------
        SelectionError
            If there never was such a batch.
        """
        return self._table_of(number, INCIDENT_FILE, STORED)

    def _table_of(self, number: int, kind: str, schema: pa.Schema, columns: list[str] | None = None) -> pa.Table:
        state = self.state()
        state.batch(number)
        files = [file for file in state.all_files if file.batch == number and file.kind == kind]
        tables = [self.read_file_table(file, columns) for file in files]
        return pa.concat_tables(tables, promote_options="permissive") if tables else schema.empty_table()

    def mended_counts(self) -> dict[int, int]:
        """Return batch → rows set aside by it that live batches have brought back."""
        with self._reading() as ledger:
            found = ledger.execute(
                "SELECT m.batch, count(DISTINCT m.row) FROM mended m JOIN batch b ON b.id = m.by_batch "
                "WHERE b.state = 'done' GROUP BY m.batch"
            ).fetchall()
        return dict(found)

    # --- layouts: what a source's columns mean, confirmed once ---

    def layout(self, source: str, columns: str) -> tuple[str, str] | None:
        """Return the mapping (TOML) and coordinate system confirmed for a source's columns, None if never."""
        with self._reading() as ledger:
            row = ledger.execute(
                "SELECT mapping, crs FROM layout WHERE source = ? AND columns = ?", (source, columns)
            ).fetchone()
        return (str(row[0]), str(row[1])) if row else None

    def remember_layout(self, source: str, columns: str, mapping: str, crs: str) -> None:
        """Keep what a source's columns mean, for its next file."""
        with self._connect() as ledger:
            ledger.execute("INSERT OR REPLACE INTO layout VALUES (?, ?, ?, ?)", (source, columns, mapping, crs))

    # --- care ---

    def verify(self) -> list[str]:
        """Read every file that the ledger names and compare its checksum; return what is damaged or missing."""
        state = self.state()
        damaged = []
        with self._reading() as ledger:
            if ledger.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
                damaged.append(LEDGER)
        for name, sha256 in self._manifest(state):
            path = self.folder / name
            if not path.is_file() or not file_hash(path).startswith(sha256):
                damaged.append(name)
        return damaged

    def _manifest(self, state: State) -> list[tuple[str, str]]:
        versions = (
            ("boundaries", state.boundary_version),
            ("exposure", state.exposure_version),
            ("measures", state.measure_version),
        )
        named = [(f"{kind}/{version}.parquet", version) for kind, version in versions if version]
        return named + [(file.path, file.sha256) for file in state.all_files] + self._kept()

    def _kept(self) -> list[tuple[str, str]]:
        """Return the files that other rooms keep, which the ledger names too."""
        with self._reading() as ledger:
            if ledger.execute("SELECT 1 FROM sqlite_master WHERE name = 'kept'").fetchone() is None:
                return []
            return [tuple(row) for row in ledger.execute("SELECT path, sha256 FROM kept ORDER BY path").fetchall()]

    def keep(self, path: str, content: bytes) -> None:
        """Write a file that never changes and name it in the ledger: `backup` and `verify` then care for it too."""
        sha256 = hashlib.sha256(content).hexdigest()
        if not (self.folder / path).is_file() or file_hash(self.folder / path) != sha256:
            self.write_file(path, content)
        with self.ledger() as ledger:
            ledger.execute(_KEPT)
            ledger.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (path, sha256))

    def backup(self, folder: Path) -> int:
        """Copy the city as it is now to a new folder, while it is in use; return how many files were copied.

        The ledger is copied first, by SQLite's own backup; the files that it names never change.

        Raises
        ------
        CityError
            If the folder exists, a file is damaged, or the disk is full.
        """
        if folder.exists():
            raise CityError(f"{folder} 已存在，请换一个名字。", f"{folder} exists: choose another name.")
        part = folder.with_name(folder.name + ".part")
        shutil.rmtree(part, ignore_errors=True)  # of a backup that was cut off
        try:
            part.mkdir(parents=True)
            with self._reading() as ledger:
                copy = sqlite3.connect(part / LEDGER)
                ledger.backup(copy)
                copy.close()
            copied = Store(part)
            names = [name for name, _ in copied._manifest(copied.state())]
            names += [name for name in ("city.toml", "truths.json") if (self.folder / name).exists()]
            sums = {}
            for name in names:
                (part / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self.folder / name, part / name)
                _sync(part / name)
                sums[name] = file_hash(part / name)
            if damaged := Store(part).verify():
                raise _damaged(damaged)
            _settle(part / LEDGER)
            sums[LEDGER] = file_hash(part / LEDGER)
            (part / BACKUP_LIST).write_text(json.dumps(sums, indent=1, ensure_ascii=False), encoding="utf-8")
            _sync(part / BACKUP_LIST)
            _sync_folder(part)
            part.rename(folder)
            _sync_folder(folder.parent)
        except (OSError, sqlite3.Error) as error:
            raise cannot_write(folder, error) from error
        return len(sums)

    def sweep(self) -> None:
        """Delete what an import that was cut off left behind. Call it inside `exclusive`."""
        state = self.state()
        named = {file.path for file in state.all_files}
        for kind in (INCIDENT_FILE, SUPERSEDED_FILE, KNOWN_FILE, SET_ASIDE_FILE):
            for path in (self.folder / kind).rglob("*"):
                if path.is_file() and self._name(path) not in named:
                    path.unlink()
        for path in (self.folder / INCIDENT_FILE).glob("*"):
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()
        yesterday = time.time() - 86400.0
        for pattern in ("incoming/*", "derived/*/*.part", "derived/*/.raster-*"):
            for path in self.folder.glob(pattern):
                if path.is_dir() and path.stat().st_mtime < yesterday:
                    shutil.rmtree(path, ignore_errors=True)

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def _write_table(self, table: pa.Table, number: int, kind: str) -> StoredFile:
        path = self.folder / kind / f"{number:06d}.parquet"
        with self.publishing(path) as part:
            pq.write_table(table, part, compression="zstd", write_page_checksum=True)
        return StoredFile(self._name(path), number, kind, file_hash(path), table.num_rows)

    # --- other files of the folder ---

    def read_file(self, name: str) -> bytes | None:
        """Read a small file of the folder, None if there is none."""
        path = self.folder / name
        return path.read_bytes() if path.exists() else None

    def write_file(self, name: str, content: bytes) -> None:
        """Write a small file of the folder, completely or not at all."""
        with self.publishing(self.folder / name) as part:
            part.write_bytes(content)

    @contextmanager
    def publishing(self, path: Path) -> Iterator[Path]:
        """Hand out a path to write to; the file gets its name when it is complete, or never."""
        part = _part(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            yield part
            _publish(part, path)
        except OSError as error:
            raise cannot_write(path, error) from error
        finally:
            part.unlink(missing_ok=True)


def restore(backup: Path, folder: Path) -> int:
    """Make a city folder of a backup; return how many files it has.

    Every file is compared with the backup's list before the folder gets its name.

    Raises
    ------
    CityError
        If `backup` is none, is damaged, or `folder` is not empty.
    """
    if folder.exists() and any(folder.iterdir()):
        raise CityError(f"{folder} 不是空目录，请恢复到新目录。", f"{folder} is not empty: restore to a new folder.")
    try:
        sums = json.loads((backup / BACKUP_LIST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CityError(f"{backup} 不是完整的备份。", f"{backup} is no complete backup.") from error
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        for name, sha256 in sums.items():
            (part / name).parent.mkdir(parents=True, exist_ok=True)
            if (backup / name).is_file():
                shutil.copyfile(backup / name, part / name)
                _sync(part / name)
            if not (part / name).is_file() or file_hash(part / name) != sha256:
                raise _damaged([name])
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
        _sync_folder(folder.parent)
    except OSError as error:
        raise cannot_write(folder, error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return len(sums)


def write_part(table: pa.Table, path: Path) -> None:
    """Write incidents of `STORED`, sorted by day, as one file."""
    pq.write_table(
        table,
        path,
        compression="zstd",
        compression_level=1,
        use_dictionary=[name for name in STORED.names if name not in _PLAIN],
        column_encoding=_ENCODINGS,
        write_statistics=["occurred_on"],
        write_page_checksum=True,
        row_group_size=250_000,
        store_schema=False,  # of Arrow: texts are read as texts, however they were given
    )


def cannot_write(path: Path, error: Exception) -> CityError:
    """Say that a disk did not take what was to be written; nothing that was there has changed."""
    zh, en = _why(path, error)
    return CityError(
        f"写入 {path} 失败：{zh}；原有数据没有改变。", f"writing {path} failed: {en}; what was stored is unchanged."
    )


def _why(path: Path, error: Exception) -> tuple[str, str]:
    """Name what is wrong with a disk: SQLite calls a full one an I/O error."""
    full = (isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)) or "full" in str(error)
    if isinstance(error, sqlite3.OperationalError):
        there = next(each for each in (path, *path.parents) if each.exists())
        full = full or shutil.disk_usage(there).free < LEAST_FREE
    return ("磁盘空间不足", "the disk is full") if full else (str(error), str(error))


def _damaged(names: Sequence[str]) -> CityError:
    shown = "、".join(names[:5])
    return CityError(
        f"文件 {shown} 缺失或已损坏，请从备份恢复。",
        f"missing or damaged: {', '.join(names[:5])}; restore from a backup.",
    )


def _measure_history(ledger: sqlite3.Connection) -> list[str]:
    row = ledger.execute("SELECT value FROM setting WHERE key = 'measures_before'").fetchone()
    return list(json.loads(row[0])) if row else []


def _enter_method(ledger: sqlite3.Connection, text: str, valid_from: dt.date) -> PublishedMethod:
    version, sha256 = str(tomllib.loads(text)["version"]), hashlib.sha256(text.encode()).hexdigest()
    row = ledger.execute("SELECT * FROM method WHERE version = ?", (version,)).fetchone()
    if row is None:
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        row = (version, text, sha256, valid_from.isoformat(), now)
        ledger.execute("INSERT INTO method VALUES (?, ?, ?, ?, ?)", row)
        ledger.execute(_CHANGED)
    elif (row[2], row[3]) != (sha256, valid_from.isoformat()):
        raise SelectionError(
            f"方法 {version} 已发布，不能更改；请另起版本号。",
            f"method {version} is published and cannot be changed: give the new one another version.",
        )
    return _published(row)


def _published(row: Sequence[Any]) -> PublishedMethod:
    version, text, sha256, valid_from, published_at = row
    return PublishedMethod(version, text, sha256, dt.date.fromisoformat(valid_from), published_at)


def _batch(row: Sequence[Any]) -> Batch:
    values = dict(zip(Batch.__dataclass_fields__, row, strict=True))
    return Batch(**{**values, **{name: json.loads(values[name]) for name in ("reasons", "unmapped", "details")}})


@contextmanager
def _undamaged(path: Path, version: str) -> Iterator[Path]:
    """Hand out a file whose name is the start of its hash, or say that it is damaged."""
    try:
        if not file_hash(path).startswith(version):
            raise OSError("sha256")
        yield path
    except (OSError, pa.ArrowException) as error:
        raise _damaged([f"{path.parent.name}/{path.name}"]) from error


def checked_settings(raw: dict[str, Any], where: str) -> CitySettings:
    """Turn the keys of a ``city.toml`` into settings.

    Raises
    ------
    CityError
        If a key is unknown, a value is of the wrong kind, or the time zone does not exist.
    """
    defaults = vars(CitySettings())
    if type(raw.get("basemap")) is dict:
        raw = raw | {"basemap": checked_basemap(raw["basemap"], where)}
    for key, value in raw.items():
        if key not in defaults or type(value) is not type(defaults[key]):
            raise CityError(f"{where} 中的 {key} 未知或类型不符。", f"{where}: {key} is unknown or of the wrong kind.")
    settings = CitySettings(**raw)
    try:
        ZoneInfo(settings.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CityError(
            f"{where} 中的时区“{settings.time_zone}”不存在，例如 Asia/Shanghai。",
            f"{where}: there is no time zone {settings.time_zone!r}; write for example Asia/Shanghai.",
        ) from error
    return settings


def _toml_value(value: object) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal text."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _part(path: Path) -> Path:
    """Name an unfinished file; two threads or servers may make the same one at the same time."""
    return path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.part")


def _settle(ledger: Path) -> None:
    """Bring everything of a ledger that nobody else uses into its one file, and sync it."""
    connection = sqlite3.connect(ledger)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    _sync(ledger)


def _publish(part: Path, path: Path) -> None:
    """Sync a finished file and give it its name."""
    _sync(part)
    part.replace(path)
    _sync_folder(path.parent)


def _sync(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def _synced_hash(path: Path) -> str:
    _sync(path)
    return file_hash(path)


def _sync_folder(path: Path) -> None:
    if os.name == "posix":
        folder = os.open(path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
