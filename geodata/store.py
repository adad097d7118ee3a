"""The city folder: immutable files, and one ledger that says which of them are live.

::

    city/
    ├── ledger.sqlite                    batches, live files, settings: one commit publishes
    ├── city.toml                        name, time zone, calendar
    ├── method.toml                      the method, once it differs from the shipped one
    ├── boundaries/<version>.parquet     all levels of places (GeoParquet)
    ├── exposure/<version>.parquet
    ├── incidents/2026-10/<batch>.parquet
    ├── set_aside/<batch>.parquet
    └── derived/                         rebuilt from the rest at any time; safe to delete

A file is written completely, synced and renamed before the ledger names it; nothing that the ledger names is changed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import sqlite3
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from geodata.columns import EXPOSURE_COLUMNS, INCIDENTS, LONLAT_CRS, SET_ASIDE
from geodata.errors import CityError, SelectionError

SCHEMA_VERSION = 1
WAIT_S = 60.0
"""How long a writer waits for another one [s]."""
STORED_INCIDENTS = INCIDENTS.append(pa.field("row_hash", pa.uint64()))
"""What a stored incident file holds: the incident and a hash of its content, to recognise it when it comes again."""

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
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL,
    imported_at TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('done', 'undone'))
) STRICT;
CREATE TABLE IF NOT EXISTS incident_file (
    path TEXT PRIMARY KEY,
    batch INTEGER NOT NULL REFERENCES batch (id),
    month TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    rows INTEGER NOT NULL
) STRICT;
"""


@dataclass(frozen=True)
class Batch:
    """One import as the ledger remembers it."""

    id: int
    source: str
    file_name: str
    sha256: str
    crs: str
    mapping: str
    rows: int
    stored: int
    known: int
    corrected: int
    set_aside: int
    reasons: dict[str, int]
    unmapped: dict[str, int]
    first_day: str
    last_day: str
    imported_at: str
    state: str


@dataclass(frozen=True)
class IncidentFile:
    """One live Parquet file of incidents."""

    path: str
    batch: int
    month: str
    sha256: str
    rows: int


@dataclass(frozen=True)
class CitySettings:
    """What ``city.toml`` says of the city itself."""

    name: str = "未命名城市"
    name_en: str = "Unnamed city"
    time_zone: str = "Asia/Shanghai"
    simulated: bool = False


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
            with self._connect() as ledger:
                ledger.executescript(_SCHEMA)
                ledger.execute("INSERT OR IGNORE INTO setting VALUES ('schema', ?)", (str(SCHEMA_VERSION),))
        except (OSError, sqlite3.Error) as error:
            raise CityError(
                f"城市目录 {folder} 无法读写：{error}。", f"the city folder {folder} cannot be used: {error}."
            ) from error
        if self._setting("schema") != str(SCHEMA_VERSION):
            raise CityError(
                f"城市目录 {folder} 由另一版本的程序写成，请用该版本打开。",
                f"the city folder {folder} was written by another version of this program.",
            )

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Let nobody else write until the end; what is written inside becomes visible at once, or not at all.

        Readers go on. A second writer waits, then is told.

        Raises
        ------
        CityError
            If another import does not end within `WAIT_S` seconds.
        """
        if self._held is not None:
            yield
            return
        connection = sqlite3.connect(self.folder / "ledger.sqlite", timeout=WAIT_S, isolation_level=None)
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
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        finally:
            self._held = None
            connection.close()

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        if self._held is not None:
            yield self._held
            return
        connection = sqlite3.connect(self.folder / "ledger.sqlite", timeout=30)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            with connection:
                yield connection
        finally:
            connection.close()

    def _setting(self, key: str) -> str:
        with self._connect() as ledger:
            row = ledger.execute("SELECT value FROM setting WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else ""

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
        lines = [f"{key} = {_toml_value(value)}\n" for key, value in vars(settings).items()]
        self.write_file("city.toml", "".join(lines).encode())

    def data_version(self) -> str:
        """Return a text that changes whenever the live files, places or exposures change."""
        parts = [self._setting("boundaries"), self._setting("exposure"), *(file.sha256 for file in self.files())]
        return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]

    # --- places and exposure ---

    def boundary_version(self) -> str:
        """Return the version of the live places, "" if there are none."""
        return self._setting("boundaries")

    def places(self) -> gpd.GeoDataFrame:
        """Read the live places, all levels, EPSG:4326, sorted by level and id.

        Raises
        ------
        CityError
            If the city has no boundaries yet.
        """
        version = self.boundary_version()
        if not version:
            raise CityError(
                f"城市目录 {self.folder} 还没有边界；请先运行 boundaries import，或用 demo 生成示例城市。",
                f"the city folder {self.folder} has no boundaries: run `boundaries import`, or make the `demo` city.",
            )
        with _undamaged(self.folder / "boundaries" / f"{version}.parquet", version) as path:
            return gpd.read_parquet(path)

    def save_places(self, places: gpd.GeoDataFrame) -> str:
        """Store all levels of places as a new version and make it live; return the version."""
        return self._save_version("boundaries", lambda path: places.to_crs(LONLAT_CRS).to_parquet(path, index=False))

    def exposure(self) -> pd.DataFrame:
        """Read what incidents are measured against; empty if nothing was imported."""
        version = self._setting("exposure")
        if not version:
            return pd.DataFrame({column: [] for column in EXPOSURE_COLUMNS}).astype({"year": int, "value": float})
        with _undamaged(self.folder / "exposure" / f"{version}.parquet", version) as path:
            return pd.read_parquet(path)

    def save_exposure(self, exposure: pd.DataFrame) -> str:
        """Store `exposure` as a new version and make it live; return the version."""
        return self._save_version("exposure", lambda path: exposure.to_parquet(path, index=False))

    def _save_version(self, kind: str, write: Any) -> str:
        folder = self.folder / kind
        folder.mkdir(exist_ok=True)
        part = _part(folder / kind)
        write(part)
        version = file_hash(part)[:12]
        _publish(part, folder / f"{version}.parquet")
        with self._connect() as ledger:
            ledger.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (kind, version))
        return version

    # --- batches ---

    def batches(self) -> list[Batch]:
        """Return every import ever made, oldest first, undone ones included."""
        names = ", ".join(Batch.__dataclass_fields__)
        with self._connect() as ledger:
            rows = ledger.execute(f"SELECT {names} FROM batch ORDER BY id").fetchall()  # noqa: S608 - our own names
        batches = [Batch(*row) for row in rows]
        return [
            Batch(**{**vars(b), "reasons": json.loads(str(b.reasons)), "unmapped": json.loads(str(b.unmapped))})
            for b in batches
        ]

    def files(self) -> list[IncidentFile]:
        """Return the live incident files in the order of their batches and months."""
        with self._connect() as ledger:
            rows = ledger.execute(
                "SELECT path, batch, month, f.sha256, f.rows FROM incident_file f JOIN batch b ON b.id = f.batch "
                "WHERE b.state = 'done' ORDER BY batch, month"
            ).fetchall()
        return [IncidentFile(*row) for row in rows]

    def find_done(self, source: str, sha256: str) -> Batch | None:
        """Return the live batch that brought this very file from this source, if any."""
        found = [b for b in self.batches() if b.state == "done" and b.source == source and b.sha256 == sha256]
        return found[-1] if found else None

    def read_incidents(self, file: IncidentFile, columns: list[str] | None = None) -> pa.Table:
        """Read one live file.

        Raises
        ------
        CityError
            If the file is missing or damaged.
        """
        path = self.folder / file.path
        try:
            if file_hash(path) == file.sha256:
                return pq.read_table(path, columns=columns)
            why = "sha256"
        except (OSError, pa.ArrowException) as error:
            why = str(error)
        raise CityError(
            f"数据文件 {file.path} 缺失或已损坏（{why}）；请从备份恢复，或撤销批次 {file.batch} 后重新导入。",
            f"the data file {file.path} is missing or damaged ({why}): restore it, or undo batch {file.batch} "
            "and import it again.",
        )

    def known_rows(self, source: str) -> pd.DataFrame:
        """Return incident_id and row_hash of every live incident of a source; of corrections, the last one."""
        sources = {b.id for b in self.batches() if b.source == source}
        columns = ["incident_id", "row_hash"]
        tables = [self.read_incidents(file, columns) for file in self.files() if file.batch in sources]
        if not tables:
            return pd.DataFrame({"incident_id": pd.Series(dtype="str"), "row_hash": pd.Series(dtype="uint64")})
        known: pd.DataFrame = pa.concat_tables(tables).to_pandas()
        return known.drop_duplicates("incident_id", keep="last")

    def add_batch(
        self, incidents: pd.DataFrame, set_aside: pd.DataFrame, *, facts: dict[str, Any], known: int, corrected: int
    ) -> Batch:
        """Store rows as one batch: files first, then one commit that makes them visible.

        Parameters
        ----------
        incidents
            Rows to store, ``columns.INCIDENTS`` and row_hash.
        set_aside
            Rows that could not be used, ``columns.SET_ASIDE``.
        facts
            source, file_name, sha256, crs, mapping, rows, unmapped.
        known, corrected
            How many of the file's rows were here already, and how many of `incidents` replace an older version.
        """
        with self.exclusive():
            return self._add_batch(incidents, set_aside, facts, known, corrected)

    def _add_batch(
        self, incidents: pd.DataFrame, set_aside: pd.DataFrame, facts: dict[str, Any], known: int, corrected: int
    ) -> Batch:
        with self._connect() as ledger:
            number = int(ledger.execute("SELECT coalesce(max(id), 0) + 1 FROM batch").fetchone()[0])
        files = self._write_incidents(incidents, number)
        self._write_table(
            pa.Table.from_pandas(set_aside, SET_ASIDE, preserve_index=False), f"set_aside/{number:06d}.parquet"
        )
        days = incidents["occurred_on"]
        batch = Batch(
            id=number,
            **facts,
            stored=len(incidents),
            known=known,
            corrected=corrected,
            set_aside=len(set_aside),
            reasons={str(reason): int(n) for reason, n in set_aside["reason"].value_counts().items()},
            first_day=str(days.min()) if len(days) else "",
            last_day=str(days.max()) if len(days) else "",
            imported_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            state="done",
        )
        row = {**vars(batch)}
        row["reasons"], row["unmapped"] = json.dumps(batch.reasons), json.dumps(batch.unmapped, ensure_ascii=False)
        with self._connect() as ledger:
            names = ", ".join(row)
            marks = ", ".join(f":{name}" for name in row)
            ledger.execute(f"INSERT INTO batch ({names}) VALUES ({marks})", row)  # noqa: S608 - our own names
            ledger.executemany(
                "INSERT INTO incident_file VALUES (?, ?, ?, ?, ?)",
                [(file.path, file.batch, file.month, file.sha256, file.rows) for file in files],
            )
        return batch

    def undo(self, number: int) -> Batch:
        """Take a batch back; its files stay, the ledger no longer names them.

        Raises
        ------
        SelectionError
            If there is no such batch, it is undone already, or a later file of the same source built on it.
        """
        batches = {b.id: b for b in self.batches()}
        batch = batches.get(number)
        if batch is None or batch.state != "done":
            raise SelectionError(
                f"没有可撤销的批次 {number}；用 imports 查看全部批次。",
                f"there is no batch {number} to undo: `imports` lists them.",
            )
        later = [
            b.id
            for b in batches.values()
            if b.state == "done" and b.source == batch.source and b.id > number and b.known + b.corrected > 0
        ]
        if later:
            raise SelectionError(
                f"批次 {later[-1]} 与批次 {number} 有相同的记录，请先撤销批次 {later[-1]}。",
                f"batch {later[-1]} repeats records of batch {number}: undo batch {later[-1]} first.",
            )
        with self._connect() as ledger:
            ledger.execute("UPDATE batch SET state = 'undone' WHERE id = ?", (number,))
        return Batch(**{**vars(batch), "state": "undone"})

    def set_aside(self, number: int) -> pd.DataFrame:
        """Read the rows that a batch set aside.

        Raises
        ------
        SelectionError
            If there never was such a batch.
        """
        path = self.folder / f"set_aside/{number:06d}.parquet"
        if not path.exists():
            raise SelectionError(f"没有批次 {number}。", f"there is no batch {number}.")
        return pd.read_parquet(path)

    def _write_incidents(self, incidents: pd.DataFrame, number: int) -> list[IncidentFile]:
        months = (
            incidents["occurred_on"].map(lambda day: day.isoformat()[:7]) if len(incidents) else pd.Series(dtype="str")
        )
        files = []
        for month, rows in incidents.groupby(months.to_numpy()):
            path = f"incidents/{month}/{number:06d}.parquet"
            sha256 = self._write_table(pa.Table.from_pandas(rows, STORED_INCIDENTS, preserve_index=False), path)
            files.append(IncidentFile(path, number, str(month), sha256, len(rows)))
        return files

    def _write_table(self, table: pa.Table, name: str) -> str:
        path = self.folder / name
        with self.publishing(path) as part:
            pq.write_table(table, part, compression="zstd", write_page_checksum=True)
        return file_hash(path)

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
        path.parent.mkdir(parents=True, exist_ok=True)
        part = _part(path)
        try:
            yield part
            _publish(part, path)
        finally:
            part.unlink(missing_ok=True)


@contextmanager
def _undamaged(path: Path, version: str) -> Iterator[Path]:
    """Hand out a file whose name is the start of its hash, or say that it is damaged."""
    try:
        if not file_hash(path).startswith(version):
            raise OSError("sha256")
        yield path
    except (OSError, pa.ArrowException) as error:
        name = f"{path.parent.name}/{path.name}"
        raise CityError(
            f"文件 {name} 缺失或已损坏，请从备份恢复。",
            f"the file {name} is missing or damaged: restore it from a backup.",
        ) from error


def checked_settings(raw: dict[str, Any], where: str) -> CitySettings:
    """Turn the keys of a ``city.toml`` into settings.

    Raises
    ------
    CityError
        If a key is unknown, a value is of the wrong kind, or the time zone does not exist.
    """
    defaults = vars(CitySettings())
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


def row_hashes(incidents: pd.DataFrame) -> npt.NDArray[np.uint64]:
    """Hash the content of each incident, the same on every machine and in every row order."""
    columns = [name for name in INCIDENTS.names if name not in ("incident_id", "source")]
    content = incidents[columns].astype({"occurred_on": "str"})
    return np.asarray(pd.util.hash_pandas_object(content, index=False, categorize=True), dtype=np.uint64)


def _part(path: Path) -> Path:
    """Name an unfinished file; two threads or servers may make the same one at the same time."""
    return path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.part")


def _publish(part: Path, path: Path) -> None:
    """Sync a finished file and give it its name."""
    with part.open("rb") as stream:
        os.fsync(stream.fileno())
    part.replace(path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
