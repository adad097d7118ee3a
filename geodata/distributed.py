"""Counts of a city that is bigger than a machine: the same locating and counting, partition by partition, under Dask.

A partition is some row groups of the store's immutable incident files. It is located and counted where it is read, and
only its sparse counts travel: incidents by places, day and type. They are whole numbers, added exactly and put into one
order, so the answer is the same, bit for bit, on one machine and on many, however the rows are divided.

Dask is asked for only here, and only where a scheduler is: ``local`` starts worker processes on this machine, and
``tcp://host:port`` uses a cluster that has this version of the program and sees the city folder under the same path.
"""

from __future__ import annotations

import datetime as dt
import importlib
import io
import itertools
import logging
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from geodata.counts import PlaceCounts
from geodata.errors import CityError, ClusterError, PinganError
from geodata.locate import NOWHERE, Index, Locator, ancestors
from geodata.vocabulary import LEVELS, PlaceLevel

Progress = Callable[[float], None]
Rows = npt.NDArray[np.int32]
Keys = npt.NDArray[np.int64]

LOCAL = "local"
"""The scheduler that starts worker processes on this machine."""
ROWS_PER_TASK = 2_000_000
"""Rows that a worker holds at a time: about 200 MB."""
WAIT_S = 30
"""How long a scheduler has to answer and to show its first worker [s]."""

_COUNTED = ("occurred_on", "incident_type", "lon", "lat")
_KEYS = (*(level.value for level in LEVELS), "outside", "day", "incident_type")
SPARSE = pa.schema(
    [
        *((level.value, pa.int32()) for level in LEVELS),  # row of the place at each level, NOWHERE where none
        ("outside", pa.bool_()),  # it has a position, and no place holds it
        ("day", pa.date32()),
        ("incident_type", pa.dictionary(pa.int32(), pa.string())),  # words that occur, ascending
        ("incidents", pa.int64()),
    ]
)
"""Sparse counts: one row for each combination that occurs, in ascending order of all columns but the last."""


@dataclass(frozen=True)
class SparseCounts:
    """Incidents by place, day and type; what lies in no place is told apart, so that every answer closes."""

    table: pa.Table
    """In the columns and the order of ``SPARSE``."""
    place_ids: npt.NDArray[np.object_]
    """Id of each row of the city's table of places, shape (n_places,)."""

    @property
    def total(self) -> int:
        """Return all incidents."""
        return int(pc.sum(self.table["incidents"]).as_py() or 0)

    def frame(self, level: PlaceLevel) -> pd.DataFrame:
        """List incidents by place of a level, day and type.

        Returns
        -------
        pd.DataFrame
            Columns ``where`` (place, unlocated or outside), ``place_id`` ("" where no place), ``day`` (datetime64),
            ``incident_type`` and ``incidents`` (int64, > 0), in ascending order; they add up to `total`.
        """
        by = [level.value, "outside", "day", "incident_type"]
        table = _summed(self.table, by)
        row, outside = table[level.value].to_numpy(), table["outside"].to_numpy()
        where = np.select([row != NOWHERE, outside], ["place", "outside"], "unlocated")
        return pd.DataFrame(
            {
                "where": where,
                "place_id": np.append(self.place_ids, "")[row],
                "day": table["day"].to_pandas(date_as_object=False),
                "incident_type": table["incident_type"].to_pandas(),
                "incidents": table["incidents"].to_pandas(),
            }
        )

    def by_place(
        self,
        level: PlaceLevel,
        members: Index,
        start: dt.date,
        end: dt.date,
        *,
        within: tuple[int, PlaceLevel] | None = None,
        types: Collection[str] | None = None,
    ) -> PlaceCounts:
        """Count incidents in each place of a level, as `CountIndex.by_place` does.

        Parameters
        ----------
        level
            The level to count at.
        members
            Rows of the places to report, all of `level` (and in `within`, if given).
        start, end
            Half-open span of local days.
        within
            Row and level of the place to stay in.
        types
            Incident types; None = all.
        """
        table = self.table.filter(_in_span("day", start, end))
        if within is not None:
            table = table.filter(pc.field(within[1].value) == within[0])
        if types is not None:
            chosen = pc.is_in(table["incident_type"].cast(pa.string()), value_set=pa.array(types, pa.string()))
            table = table.filter(chosen)
        row, n, outside = (table[name].to_numpy() for name in (level.value, "incidents", "outside"))
        counts = np.zeros(len(self.place_ids) + 1, dtype=np.int64)
        np.add.at(counts, row, n)  # NOWHERE is the last
        places = pd.Series(counts[members], index=members, name="incidents")
        beyond = int(n[outside].sum())
        return PlaceCounts(level, places, int(n.sum()) - int(places.sum()) - beyond, beyond)


def count_files(
    files: Iterable[Path],
    places: gpd.GeoDataFrame,
    *,
    indexes: Path | None = None,
    dropped: Mapping[Path, Rows] | None = None,
    place_rows: Mapping[str, int] | None = None,
    start: dt.date = dt.date.min,
    end: dt.date = dt.date.max,
    scheduler: str | None = None,
    workers: int = 2,
    rows_per_task: int = ROWS_PER_TASK,
    progress: Progress | None = None,
) -> SparseCounts:
    """Locate and count incident files, partition by partition.

    Parameters
    ----------
    files
        Parquet files of incidents: occurred_on, incident_type, lon and lat [degrees, EPSG:4326]; workers read them
        under the same path.
    places
        All levels as `boundaries.join_levels` returns them, EPSG:4326; they are sent to the workers.
    indexes
        Where `Locator` keeps the indexes of these places, seen by the workers too; None makes them anew.
    dropped
        Rows of a file, 0-based, that are no longer live.
    place_rows
        Row of `places` by ``place_key``, for incidents without a position; a key that is not here is unlocated.
    start, end
        Half-open span of local days to count.
    scheduler
        None counts in this process; ``local`` starts `workers` processes; ``tcp://host:port`` names a Dask scheduler.
    rows_per_task
        The largest partition; a row group is never divided.
    progress
        Told the share of partitions done.

    Raises
    ------
    CityError
        If a file is missing or damaged.
    ClusterError
        If Dask is not installed, the scheduler does not answer, or a worker fails.
    """
    tasks = _plan(files, dropped or {}, start, end, rows_per_task)
    asked = _Asked(indexes, tuple(sorted((place_rows or {}).items())), start, end)
    if scheduler is None:
        counter = _Counter(places, asked)
        parts: Iterator[pa.Table] = (counter.count(task) for task in tasks)
    else:
        parts = _count_there(tasks, _packed(places), asked, scheduler, workers)
    counted = SPARSE.empty_table()
    for few in _by_tens(_told(parts, len(tasks), progress)):
        counted = _added([counted, *few])
    return SparseCounts(counted, places["place_id"].to_numpy(dtype=object))


# --- partitions ---


@dataclass(frozen=True)
class Piece:
    """One row group of an incident file, and which of its rows are no longer live."""

    path: str
    group: int
    dropped: Rows
    """Rows of the group, 0-based, ascending."""


Task = tuple[Piece, ...]


def _plan(
    files: Iterable[Path], dropped: Mapping[Path, Rows], start: dt.date, end: dt.date, rows_per_task: int
) -> list[Task]:
    """Divide files into tasks of about as many rows; row groups without a day in the span are left out."""
    tasks: list[list[Piece]] = []
    filled = rows_per_task
    for path in files:
        gone = np.unique(np.asarray(dropped.get(path, ()), dtype=np.int32))
        first = 0
        for group, (n, low, high) in enumerate(_row_groups(path)):
            if low < end and high >= start and n:
                if filled + n > rows_per_task:
                    tasks.append([])
                    filled = 0
                inside = gone[(gone >= first) & (gone < first + n)] - np.int32(first)
                tasks[-1].append(Piece(str(path.absolute()), group, inside))
                filled += n
            first += n
    return [tuple(task) for task in tasks]


def _row_groups(path: Path) -> list[tuple[int, dt.date, dt.date]]:
    """Return rows, first and last day of each row group; the widest span where the file does not say."""
    with _readable(path):
        metadata = pq.read_metadata(path)
        column = metadata.schema.to_arrow_schema().names.index("occurred_on")
    groups = (metadata.row_group(number) for number in range(metadata.num_row_groups))
    spans = []
    for group in groups:
        stated = group.column(column).statistics
        dated = stated is not None and stated.has_min_max and type(stated.min) is dt.date
        spans.append((group.num_rows, *((stated.min, stated.max) if dated else (dt.date.min, dt.date.max))))
    return spans


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException, ValueError) as error:
        raise CityError(
            f"数据文件 {path} 缺失或已损坏（{error}）；请从备份恢复，或撤销它的批次后重新导入。",
            f"the data file {path} is missing or damaged ({error}): restore it, or undo its batch and import it again.",
        ) from error


@dataclass(frozen=True)
class _Asked:
    """What is asked of every task."""

    indexes: Path | None
    place_rows: tuple[tuple[str, int], ...]
    start: dt.date
    end: dt.date


class _Counter:
    """Counts one task after the other; what locating needs is made once."""

    def __init__(self, places: gpd.GeoDataFrame, asked: _Asked) -> None:
        self.asked = asked
        self.locator = Locator(places, asked.indexes)
        self.ancestors = ancestors(places)
        self.keys = dict(asked.place_rows)

    def count(self, task: Task) -> pa.Table:
        """Locate and count the rows of a task."""
        pieces = []
        for piece in task:
            with _readable(Path(piece.path)):
                pieces.append(_live_rows(piece, [*_COUNTED, "place_key"] if self.keys else list(_COUNTED)))
        rows = pa.concat_tables(pieces)
        rows = rows.filter(_in_span("occurred_on", self.asked.start, self.asked.end))
        lon, lat = (rows[axis].to_numpy() for axis in ("lon", "lat"))
        place = self.locator.locate(lon, lat).place
        given = np.isfinite(lon) & np.isfinite(lat)
        if self.keys:
            row = _rows_by_key(rows["place_key"], self.keys)
            named = ~given & (row != NOWHERE)
            place[named] = self.ancestors[row[named]]
        outside = given & (place == NOWHERE).all(axis=1)
        columns = [*place.T, outside, rows["occurred_on"], rows["incident_type"], np.ones(len(rows), dtype=np.int64)]
        return _added([pa.table(columns, names=SPARSE.names)])


def _live_rows(piece: Piece, columns: list[str]) -> pa.Table:
    """Read the live rows of a row group; positions are never null, NaN where none."""
    table = pq.ParquetFile(piece.path).read_row_group(piece.group, columns=columns).select(columns)
    table = table.set_column(0, "occurred_on", table["occurred_on"].cast(pa.date32()))
    table = table.set_column(1, "incident_type", table["incident_type"].cast(pa.string()).dictionary_encode())
    for at, axis in ((2, "lon"), (3, "lat")):
        table = table.set_column(at, axis, pc.fill_null(table[axis].cast(pa.float64()), np.nan))
    if table["occurred_on"].null_count:
        raise ValueError("occurred_on")
    keep = np.ones(len(table), dtype=np.bool_)
    keep[piece.dropped] = False
    return table if keep.all() else table.filter(pa.array(keep))


def _rows_by_key(column: pa.ChunkedArray, keys: Mapping[str, int]) -> Index:
    """Return the row of the place that each key names, NOWHERE where none."""
    codes, words = pd.factorize(column.to_pandas(), use_na_sentinel=True)
    rows = np.array([*(keys.get(word, NOWHERE) for word in words), NOWHERE], dtype=np.int32)
    return rows[codes]


def _added(tables: Sequence[pa.Table]) -> pa.Table:
    """Add sparse counts."""
    return _summed(pa.concat_tables([table.cast(SPARSE) for table in tables]), _KEYS)


def _summed(table: pa.Table, columns: Sequence[str]) -> pa.Table:
    """Add incidents up by some columns, exactly, and put the sums into ascending order of these."""
    table = table.select([*columns, "incidents"])
    table = table.set_column(len(columns) - 1, "incident_type", _in_order(table["incident_type"])).combine_chunks()
    if len(table) == 0:
        return table
    keys = _one_key([_whole_numbers(table[name]) for name in columns])
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order], prepend=-1))
    sums = np.add.reduceat(table["incidents"].to_numpy()[order], starts)
    kept = table.select(columns).take(pa.array(order[starts]))
    return kept.append_column("incidents", pa.array(sums)).combine_chunks()


def _in_order(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """Return words as positions among those that occur, ascending."""
    coded = column.unify_dictionaries().combine_chunks()
    codes, words = coded.indices.to_numpy(), coded.dictionary.to_numpy(zero_copy_only=False)
    used = np.unique(codes)
    used = used[np.argsort(words[used])]
    rank = np.empty(len(words), dtype=np.int32)
    rank[used] = np.arange(len(used))
    return pa.DictionaryArray.from_arrays(pa.array(rank[codes]), pa.array(words[used], pa.string()))


def _whole_numbers(column: pa.ChunkedArray) -> Keys:
    """Return numbers that are ordered as the values are."""
    if pa.types.is_dictionary(column.type):
        column = column.combine_chunks().indices
    return np.asarray(column).astype(np.int64)


def _one_key(columns: Sequence[Keys]) -> Keys:
    """Put several keys into one, >= 0, that is ordered as they are together."""
    key, size = np.zeros(len(columns[0]), dtype=np.int64), 1
    for column in columns:
        low, width = int(column.min()), int(column.max() - column.min()) + 1
        if size * width >= 2**62:  # numbered anew there are no more keys than rows
            key = np.unique(key, return_inverse=True)[1].astype(np.int64)
            size = int(key.max()) + 1
        key, size = key * width + (column - low), size * width
    return key


def _in_span(column: str, start: dt.date, end: dt.date) -> pc.Expression:
    return (pc.field(column) >= pa.scalar(start)) & (pc.field(column) < pa.scalar(end))


def _by_tens(tables: Iterator[pa.Table]) -> Iterator[list[pa.Table]]:
    while few := list(itertools.islice(tables, 10)):
        yield few


def _told(parts: Iterator[pa.Table], n: int, progress: Progress | None) -> Iterator[pa.Table]:
    for done, part in enumerate(parts, start=1):
        yield part
        if progress is not None:
            progress(done / n)


# --- the cluster ---


def _count_there(
    tasks: Sequence[Task], packed: bytes, asked: _Asked, scheduler: str, workers: int
) -> Iterator[pa.Table]:
    """Count tasks on the workers of a cluster; yield each as it is done."""
    dask = _dask()
    with _client(dask, scheduler, workers) as client:
        sent = client.scatter([packed], broadcast=True)[0]
        futures = client.map(_count_sent, tasks, packed=sent, asked=asked, pure=False, retries=2)
        for future in dask.as_completed(futures, loop=client.loop):
            if error := future.exception():
                raise _failed(error) from error
            yield pa.ipc.open_stream(future.result()).read_all()
            future.release()


def _count_sent(task: Task, packed: bytes, asked: _Asked) -> bytes:
    """Count one task on a worker; return the counts as a packed Arrow stream."""
    counted = _counter(packed, asked).count(task)
    stream = io.BytesIO()
    with pa.ipc.new_stream(stream, SPARSE, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
        writer.write_table(counted)
    return stream.getvalue()


@lru_cache(maxsize=1)
def _counter(packed: bytes, asked: _Asked) -> _Counter:
    """Make a worker's counter, or return the one of the task before."""
    return _Counter(gpd.GeoDataFrame.from_arrow(pq.read_table(pa.BufferReader(packed))), asked)


def _packed(places: gpd.GeoDataFrame) -> bytes:
    """Return as GeoParquet what locating needs."""
    stream = io.BytesIO()
    places[["place_id", "level", "parent_id", "parent_level", "geometry"]].to_parquet(stream, index=False)
    return stream.getvalue()


def _dask() -> Any:
    """Import Dask's scheduler, which only this module needs, and only now."""
    try:
        return importlib.import_module("distributed")
    except ImportError as error:
        raise ClusterError(
            "没有安装 Dask，请先运行 pip install dask distributed，或去掉 --scheduler。",
            "Dask is not installed: run `pip install dask distributed`, or leave `--scheduler` out.",
        ) from error


@contextmanager
def _client(dask: Any, scheduler: str, workers: int) -> Iterator[Any]:
    """Connect to a scheduler that has a worker, or start one with workers of its own."""
    if scheduler == LOCAL:
        with _local_cluster(dask, workers) as cluster, dask.Client(cluster, set_as_default=False) as client:
            yield client
        return
    if not scheduler.startswith(("tcp://", "tls://")):
        raise ClusterError(
            f"调度器地址“{scheduler[:60]}”无法识别，请写 local 或 tcp://主机:端口。",
            f"the scheduler {scheduler[:60]!r} is no address: write `local` or `tcp://host:port`.",
        )
    with _connected(dask, scheduler) as client:
        yield client


@contextmanager
def _connected(dask: Any, scheduler: str) -> Iterator[Any]:
    with ExitStack() as stack:
        try:
            client = stack.enter_context(dask.Client(scheduler, timeout=WAIT_S, set_as_default=False))
            client.wait_for_workers(1, timeout=WAIT_S)
        except (OSError, ValueError) as error:
            raise ClusterError(
                f"{WAIT_S} 秒内连不上调度器 {scheduler} 或它没有工作进程；请检查地址，并启动 dask worker。",
                f"the scheduler {scheduler} did not answer with a worker in {WAIT_S} s: check the address, and start "
                "`dask worker`.",
            ) from error
        yield client


@contextmanager
def _local_cluster(dask: Any, workers: int) -> Iterator[Any]:
    with (
        tempfile.TemporaryDirectory(prefix="pingan-dask-") as scratch,
        dask.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # status pages nobody asked for
            local_directory=scratch,
            silence_logs=logging.ERROR,
        ) as cluster,
    ):
        yield cluster


def _failed(error: BaseException) -> PinganError:
    if isinstance(error, PinganError):
        return error
    why = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
    return ClusterError(
        f"集群计算失败（{why}）；请确认调度器和各工作进程装有同一版本的本程序，且以同样的路径读得到城市目录。",
        f"the cluster failed ({why}): its scheduler and workers must have this version of the program, and see the "
        "city folder under the same path.",
    )
