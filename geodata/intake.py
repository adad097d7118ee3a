"""Files on their way into the store: read, checked and staged first; then published whole, or given up without a trace.

::

    file ─ chunks ─► Validator (two threads) ─► parts of a million rows, sorted by day   stage: nothing is visible yet
    staged parts + what the store has ─► new | known | corrected ─► one commit           publish

Every row of a file ends in exactly one place: stored (new), known (same id and content as here), corrected (same id,
new content: stored, the older version kept but no longer live), or set aside with a reason. Of several rows with one id
in a file, the last one is what holds; the others are older versions of it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from geodata.columns import SET_ASIDE
from geodata.errors import InputFileError
from geodata.mapping import Mapping, layout_key, mapping_to_toml
from geodata.readers import RawChunk, TableFile
from geodata.roundtrip import EXPORT_MARK, RESTORED
from geodata.store import KNOWN, STORED, Batch, Rows, State, Store, StoredFile, write_part
from geodata.validate import Checked, Validator, hash_texts

PART_ROWS = 500_000
"""Rows of one incident file, about."""
AT_ONCE = 2
"""Parts that may wait to be written."""
LOOKAHEAD = 3
"""Chunks that are read before the first of them is checked."""
SAMPLE = 5000
"""Positions kept for the coordinate examination."""
MOST_UNMAPPED = 1000
"""A type column with more unknown words than this holds something else than types."""
ROW_COLUMN, REASON_COLUMN = "搁置行 row", "搁置原因 reason"
"""First columns of an export of rows set aside; the first brings a mended row back to its place."""

FORMULA_SIGNS = "=+@\t\r＝＋－＠-"
"""A spreadsheet runs a cell that begins with one of these."""

Hashes = npt.NDArray[np.uint64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Number = TypeVar("Number", bound=np.generic)
Progress = Callable[[str, float], None]
"""Told (what is being done, share done 0 … 1); it may raise to stop."""


def no_progress(_what: str, _share: float) -> None:
    """Report to nobody."""


@dataclass(frozen=True)
class Order:
    """What a clerk decided about a file."""

    source: str
    mapping: Mapping
    crs: str | None = None
    """Where its positions are given; None to believe the mapping, then the file."""
    mends: int | None = None
    """The batch whose rows set aside this file brings back."""


@dataclass(frozen=True)
class Fates:
    """How many rows of a file go where: rows = stored + known + corrected + set aside."""

    stored: int
    known: int
    corrected: int


@dataclass(frozen=True)
class Staged:
    """A file that was read and checked, waiting in a folder of its own."""

    folder: Path
    source: str
    file_name: str
    sha256: str
    crs: str
    mapping: str
    mapping_text: str
    layout: str
    columns: list[str]
    rows: int
    set_aside: int
    reasons: dict[str, int]
    unmapped: dict[str, int]
    encoding: str
    separator: str
    kind: str
    sheet: str
    notes: list[list[str]]
    first_day: str
    last_day: str
    parts: list[int]
    """Rows of each staged part."""
    sample_x: list[float] = field(repr=False, default_factory=list)
    sample_y: list[float] = field(repr=False, default_factory=list)
    mends: int | None = None
    own: bool = False
    """Whether it is an export of ours: coarser than what it was made of, so that it corrects nothing."""
    origin: list[list[int]] = field(repr=False, default_factory=list)
    """(row in this file, row of the batch that it mends) of every row that is fit to be stored."""

    def save(self) -> None:
        """Write down what is staged, so that another process can publish it."""
        facts = asdict(self) | {"folder": ""}
        (self.folder / "staged.json").write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Staged:
        """Read what another process staged.

        Raises
        ------
        InputFileError
            If the folder holds nothing that is ready.
        """
        try:
            facts = json.loads((folder / "staged.json").read_text(encoding="utf-8"))
            return cls(**facts | {"folder": folder})
        except (OSError, ValueError, TypeError) as error:
            raise InputFileError(
                "这份文件的校验结果已不在，请重新校验。", "what was checked is gone: check the file again."
            ) from error

    def path(self, part: int) -> Path:
        """Return the file of a staged part."""
        return self.folder / f"{part + 1:04d}.parquet"

    def set_aside_rows(self) -> pd.DataFrame:
        """Read the rows that cannot be used."""
        rows: pd.DataFrame = pq.read_table(self.folder / "set_aside.parquet").to_pandas()
        return rows


# --- reading and checking ---


def stage(
    table: TableFile,
    order: Order,
    folder: Path,
    *,
    file_name: str,
    sha256: str,
    catalogue_types: dict[str, str],
    now: dt.datetime | None,
    progress: Progress = no_progress,
) -> Staged:
    """Read and check a file into an empty folder; the store is not touched.

    Without a `sha256` the content of the rows stands for it: a table of a database has no bytes of its own.

    Raises
    ------
    PinganError
        If the file cannot be read, or a column that the mapping needs is missing.
    """
    columns = [name for name in table.columns if order.mends is None or name not in (ROW_COLUMN, REASON_COLUMN)]
    crs, own = order.crs or table.crs, EXPORT_MARK in columns
    validator = Validator(
        columns, order.mapping, source=order.source, crs=crs, catalogue_types=catalogue_types, now=now
    )
    writer = _PartWriter(folder)
    collected = _Collected()
    with ThreadPoolExecutor(2) as pool:
        for chunk, checked in _checked(table, order, validator, columns, pool, own=own):
            collected.add(checked, chunk, order.mends)
            writer.add(checked.incidents, pool)
            progress("读取与校验", chunk.done)
        writer.finish(pool)
    if len(collected.unmapped) > MOST_UNMAPPED:
        raise InputFileError(
            f"类型列有 {len(collected.unmapped)} 种未归类的取值，像是自由文本；请检查类型列是否选对。",
            f"the type column has {len(collected.unmapped)} unknown values, as free text would: is it the right one?",
        )
    set_aside = collected.set_aside_rows()
    pq.write_table(pa.Table.from_pandas(set_aside, SET_ASIDE, preserve_index=False), folder / "set_aside.parquet")
    x, y = collected.sample()
    staged = Staged(
        folder=folder,
        source=order.source,
        file_name=file_name,
        sha256=sha256,
        crs=crs or order.mapping.crs,
        mapping=order.mapping.name,
        mapping_text=mapping_to_toml(order.mapping),
        layout=layout_key(columns),
        columns=columns,
        rows=sum(writer.rows) + len(set_aside),
        set_aside=len(set_aside),
        reasons={str(reason): int(n) for reason, n in set_aside["reason"].value_counts().items()},
        unmapped=dict(sorted(collected.unmapped.items(), key=lambda item: -item[1])),
        encoding=table.encoding,
        separator=table.separator,
        kind=table.kind,
        sheet=table.sheet,
        notes=[list(note) for note in table.notes],
        first_day=writer.first_day,
        last_day=writer.last_day,
        parts=writer.rows,
        sample_x=x.tolist(),
        sample_y=y.tolist(),
        mends=order.mends,
        own=own,
        origin=collected.origin,
    )
    if not sha256:
        content = np.sort(_column(staged, "row_hash", np.uint64))
        staged = replace(staged, sha256=hashlib.sha256(file_name.encode() + content.tobytes()).hexdigest())
    staged.save()
    return staged


def _checked(
    table: TableFile, order: Order, validator: Validator, columns: list[str], pool: ThreadPoolExecutor, *, own: bool
) -> Iterator[tuple[RawChunk, Checked]]:
    """Read ahead, check in two threads, hand out in the order of the file."""
    waiting: deque[tuple[RawChunk, Future[Checked]]] = deque()
    for chunk in table.chunks():
        ours = _restored(chunk) if own else chunk if order.mends is None else _undone(chunk, columns)
        waiting.append((chunk, pool.submit(validator.check, ours)))
        if len(waiting) > LOOKAHEAD:
            first, future = waiting.popleft()
            yield first, future.result()
    while waiting:
        first, future = waiting.popleft()
        yield first, future.result()


def _undone(chunk: RawChunk, columns: list[str]) -> RawChunk:
    """Take away what the export of rows set aside added: two columns, and marks before what would run as a formula."""
    table = chunk.table.select(columns)
    for at, column in enumerate(table.columns):
        if pa.types.is_string(column.type):
            plain = pc.replace_substring_regex(column, f"^'([{FORMULA_SIGNS}])", r"\1")
            table = table.set_column(at, columns[at], plain)
    return RawChunk(table, chunk.rows, chunk.bad_rows, chunk.done)


def _restored(chunk: RawChunk) -> RawChunk:
    """Take away the marks that an export of ours put before what would run as a formula."""
    table = chunk.table
    for at, column in enumerate(table.columns):
        if pa.types.is_string(column.type):
            table = table.set_column(at, table.column_names[at], pc.replace_substring_regex(column, RESTORED, r"\1"))
    return RawChunk(table, chunk.rows, chunk.bad_rows, chunk.done)


class _Collected:
    """What is gathered over the chunks beside the incidents."""

    def __init__(self) -> None:
        self.unmapped: dict[str, int] = {}
        self.origin: list[list[int]] = []
        self._set_aside: list[pd.DataFrame] = []
        self._positions: list[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]] = []

    def add(self, checked: Checked, chunk: RawChunk, mends: int | None) -> None:
        if len(checked.set_aside):
            self._set_aside.append(checked.set_aside)
        for word, n in checked.unmapped.items():
            self.unmapped[word] = self.unmapped.get(word, 0) + n
        self._positions.append((checked.x, checked.y))
        if mends is not None and ROW_COLUMN in chunk.table.column_names:
            here = pd.to_numeric(pd.Series(chunk.table[ROW_COLUMN].to_pylist(), dtype="str"), errors="coerce")
            original = pd.Series(here.to_numpy(), index=chunk.rows + 1).reindex(checked.incidents["row"].to_numpy())
            self.origin += [[int(row), int(old)] for row, old in original.dropna().items()]  # type: ignore[call-overload]

    def set_aside_rows(self) -> pd.DataFrame:
        empty: pd.DataFrame = SET_ASIDE.empty_table().to_pandas()
        return pd.concat(self._set_aside, ignore_index=True) if self._set_aside else empty

    def sample(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return up to SAMPLE positions, spread over the file."""
        x, y = (np.concatenate([part[axis] for part in self._positions] or [np.empty(0)]) for axis in (0, 1))
        good = np.isfinite(x) & np.isfinite(y)
        x, y = x[good], y[good]
        step = max(1, -(-len(x) // SAMPLE))
        return x[::step], y[::step]


class _PartWriter:
    """Gather checked incidents, number twins, and write them as parts sorted by day beside the reading."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: list[int] = []
        self.first_day = self.last_day = ""
        self._pending: list[pa.Table] = []
        self._writing: deque[Future[None]] = deque()
        self._twins = _Twins()

    def add(self, incidents: pa.Table, pool: ThreadPoolExecutor) -> None:
        if incidents.num_rows:
            self._pending.append(self._twins.numbered(incidents).select(STORED.names))
        if sum(table.num_rows for table in self._pending) >= PART_ROWS:
            self._flush(pool)

    def finish(self, pool: ThreadPoolExecutor) -> None:
        if self._pending:
            self._flush(pool)
        while self._writing:
            self._writing.popleft().result()

    def _flush(self, pool: ThreadPoolExecutor) -> None:
        table, self._pending = pa.concat_tables(self._pending), []
        if len(self._writing) == AT_ONCE:
            self._writing.popleft().result()
        path = self.folder / f"{len(self.rows) + 1:04d}.parquet"
        self.rows.append(table.num_rows)
        days = table["occurred_on"].cast(pa.int32()).to_numpy()
        low, high = (np.datetime64(int(day), "D") for day in (days.min(), days.max()))
        self.first_day = min(self.first_day or str(low), str(low))
        self.last_day = max(self.last_day, str(high))
        self._writing.append(pool.submit(_write_sorted, table, days, path))


def _write_sorted(table: pa.Table, days: npt.NDArray[np.int32], path: Path) -> None:
    if (np.diff(days) < 0).any():
        table = table.take(np.argsort(days, kind="stable"))
    write_part(table.unify_dictionaries(), path)


class _Twins:
    """Number the second and later of rows that have no id and the same content, in the order of the file."""

    def __init__(self) -> None:
        self._hash: Hashes = np.empty(0, dtype=np.uint64)
        self._count: Integers = np.empty(0, dtype=np.int64)

    def numbered(self, incidents: pa.Table) -> pa.Table:
        made = np.flatnonzero(incidents["made_id"].to_numpy())
        if not len(made):
            return incidents
        hashes = incidents["id_hash"].to_numpy()[made]
        distinct, inverse, counts = np.unique(hashes, return_inverse=True, return_counts=True)
        before = self._seen(distinct)
        number = pd.Series(inverse).groupby(inverse).cumcount().to_numpy() + before[inverse]
        self._remember(distinct, counts)
        again = number > 0
        if not again.any():
            return incidents
        ids = incidents["incident_id"].to_pandas().to_numpy(dtype=object)
        rows = made[again]
        ids[rows] = [f"{ids[row]}-{n + 1}" for row, n in zip(rows, number[again], strict=True)]
        id_hash = incidents["id_hash"].to_numpy().copy()
        id_hash[rows] = hash_texts(pa.array(ids[rows], pa.string()))
        at = incidents.schema.get_field_index
        incidents = incidents.set_column(at("incident_id"), "incident_id", pa.array(ids, pa.string()))
        return incidents.set_column(at("id_hash"), "id_hash", pa.array(id_hash))

    def _seen(self, hashes: Hashes) -> Integers:
        if not len(self._hash):
            return np.zeros(len(hashes), dtype=np.int64)
        at = np.minimum(np.searchsorted(self._hash, hashes), len(self._hash) - 1)
        return np.where(self._hash[at] == hashes, self._count[at], 0)

    def _remember(self, hashes: Hashes, counts: npt.NDArray[np.intp]) -> None:
        merged = np.concatenate([self._hash, hashes])
        order = np.argsort(merged, kind="stable")
        merged, total = merged[order], np.concatenate([self._count, counts])[order]
        starts = np.flatnonzero(np.concatenate([[True], merged[1:] != merged[:-1]]))
        self._hash, self._count = merged[starts], np.add.reduceat(total, starts)


# --- what is new ---


@dataclass(frozen=True)
class _Decision:
    """What becomes of the staged rows, in the order of the parts."""

    keep: Flags
    superseded: dict[str, Rows]
    """Incident file → rows in it that are no longer live."""
    old_versions: Integers
    """Staged rows that are written but are no longer live: the same file has a later version of them."""
    fates: Fates


@dataclass(frozen=True)
class _Matches:
    """Stored rows whose id is among the staged ones, all versions; aligned, shape (n,)."""

    id_hash: Hashes
    row_hash: Hashes
    file: Integers
    row: Integers
    live: Flags


def fates(store: Store, staged: Staged) -> Fates:
    """Say what would become of the rows if they were published now."""
    return _decide(store, store.state(), staged).fates


def _decide(store: Store, state: State, staged: Staged) -> _Decision:
    return _decide_own(store, state, staged) if staged.own else _decide_any(store, state, staged)


def _decide_own(store: Store, state: State, staged: Staged) -> _Decision:
    """Keep of our own export only what is not here: whatever source it came from, it is coarser than what is here."""
    id_hash = _column(staged, "id_hash", np.uint64)
    ascending = np.sort(id_hash)
    last, older = _last_versions(staged, id_hash, ascending)
    here = np.sort(_matches(store, state, state.files(), ascending).id_hash)
    keep = last & (_find(here, id_hash) < 0)
    return _Decision(keep, {}, older[:0], Fates(int(keep.sum()), int((~keep).sum()), 0))


def _decide_any(store: Store, state: State, staged: Staged) -> _Decision:
    id_hash = _column(staged, "id_hash", np.uint64)
    ascending = np.sort(id_hash)
    ours = {batch.id for batch in state.batches if batch.source == staged.source}
    files = [file for file in state.files() if file.batch in ours]
    matches = _matches(store, state, files, ascending)
    last, older = _last_versions(staged, id_hash, ascending)
    keep = np.ones(len(id_hash), dtype=np.bool_)
    if not len(matches.id_hash) and not len(older):
        return _Decision(keep, {}, older, Fates(len(id_hash), 0, 0))
    row_hash = _column(staged, "row_hash", np.uint64)

    # the last version of an id against the live one of the store
    order = np.argsort(matches.id_hash[matches.live], kind="stable")
    live = np.flatnonzero(matches.live)[order]
    at = _find(matches.id_hash[live], id_hash)
    there = at >= 0
    same = there & last
    same[same] = matches.row_hash[live[at[same]]] == row_hash[same]
    keep[same] = False
    changed = np.flatnonzero(there & last & ~same)
    if len(changed):  # two different ids can share a hash
        old = live[at[changed]]
        truly = _staged_ids(staged, changed) == _stored_ids(store, files, matches.file[old], matches.row[old])
        there[changed[~truly]] = False
        changed, old = changed[truly], old[truly]
        paths = np.array([file.path for file in files], dtype=object)[matches.file[old]]
        superseded = {
            str(path): np.sort(rows.to_numpy(np.int32)) for path, rows in pd.Series(matches.row[old]).groupby(paths)
        }
    else:
        superseded = {}

    # older versions in the file itself: known if the store ever had them, or the last one says the same
    keep[older] = _is_news(older, id_hash, row_hash, matches, last)
    older = older[keep[older]]
    corrected = int((keep & there).sum())
    fresh_ids = keep & ~there
    stored = len(np.unique(id_hash[fresh_ids])) if len(older) else int(fresh_ids.sum())
    corrected += int(fresh_ids.sum()) - stored
    return _Decision(keep, superseded, older, Fates(stored, int((~keep).sum()), corrected))


def _column(staged: Staged, name: str, dtype: type[Number]) -> npt.NDArray[Number]:
    """Read a column of numbers of all staged parts."""
    column, at = np.empty(sum(staged.parts), dtype=dtype), 0
    for part in range(len(staged.parts)):
        for chunk in pq.read_table(staged.path(part), columns=[name])[name].chunks:
            column[at : at + len(chunk)] = chunk.to_numpy()
            at += len(chunk)
    return column


def _matches(store: Store, state: State, files: list[StoredFile], wanted: Hashes) -> _Matches:
    superseded = store.superseded(state)
    parts: list[_Matches] = []
    for number, file in enumerate(files):
        table = store.read_file_table(file, ["id_hash", "row_hash"])
        hashes = table["id_hash"].to_numpy()
        order = np.argsort(hashes)  # neighbours are looked up together
        rows = np.sort(order[_find(wanted, hashes[order]) >= 0])
        gone = np.isin(rows, superseded.get(file.path, np.empty(0, np.int32)))
        parts.append(
            _Matches(
                hashes[rows], table["row_hash"].to_numpy()[rows], np.full(len(rows), number, np.int64), rows, ~gone
            )
        )
    if not parts:
        nothing = np.empty(0, np.uint64)
        return _Matches(nothing, nothing, np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.bool_))
    return _Matches(*(np.concatenate([getattr(p, name) for p in parts]) for name in _Matches.__dataclass_fields__))


def _find(ascending: Hashes, wanted: Hashes) -> Integers:
    """Return where each wanted value stands in an ascending array, −1 where it does not."""
    if not len(ascending):
        return np.full(len(wanted), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    return np.where(ascending[at] == wanted, at, -1)


def _last_versions(staged: Staged, id_hash: Hashes, ascending: Hashes) -> tuple[Flags, Integers]:
    """Say which staged rows are the last of their id in the file, and list the others; `ascending` is sorted."""
    last = np.ones(len(id_hash), dtype=np.bool_)
    twice = np.unique(ascending[1:][ascending[1:] == ascending[:-1]])
    if not len(twice):
        return last, np.empty(0, dtype=np.int64)
    several = np.flatnonzero(_find(twice, id_hash) >= 0)
    row = _column(staged, "row", np.int64)
    # by the ids themselves: two different ones can share a hash
    frame = pd.DataFrame({"at": several, "row": row[several], "id": _staged_ids(staged, several)}).sort_values(
        "row", kind="stable"
    )
    older = np.sort(frame.loc[frame.duplicated("id", keep="last"), "at"].to_numpy(np.int64))
    last[older] = False
    return last, older


def _is_news(older: Integers, id_hash: Hashes, row_hash: Hashes, matches: _Matches, last: Flags) -> Flags:
    """Say which older versions were never seen: neither stored, nor repeated further down in the file."""
    if not len(older):
        return np.empty(0, dtype=np.bool_)
    names = ["id", "content"]
    mine = pd.DataFrame({"id": id_hash[older], "content": row_hash[older]})
    several = np.flatnonzero(last & np.isin(id_hash, id_hash[older]))
    known = pd.DataFrame(
        {
            "id": np.concatenate([matches.id_hash, id_hash[several]]),
            "content": np.concatenate([matches.row_hash, row_hash[several]]),
        }
    ).drop_duplicates()
    seen = mine.merge(known, on=names, how="left", indicator=True)["_merge"].to_numpy() == "both"
    return np.asarray(~seen & ~mine.duplicated(names).to_numpy())


def _staged_ids(staged: Staged, rows: Integers) -> npt.NDArray[np.object_]:
    return _texts([staged.path(part) for part in range(len(staged.parts))], *_part_of(staged, rows))


def _part_of(staged: Staged, rows: Integers) -> tuple[Integers, Integers]:
    """Return the part of each staged row, and its row in the part."""
    ends = np.cumsum(staged.parts)
    part = np.searchsorted(ends, rows, side="right")
    return part, rows - np.concatenate([[0], ends])[part]


def _stored_ids(store: Store, files: list[StoredFile], file: Integers, row: Integers) -> npt.NDArray[np.object_]:
    return _texts([store.folder / each.path for each in files], file, row)


def _texts(paths: list[Path], file: Integers, row: Integers) -> npt.NDArray[np.object_]:
    found = np.empty(len(row), dtype=object)
    for number in np.unique(file):
        here = file == number
        ids = pq.read_table(paths[number], columns=["incident_id"])["incident_id"]
        found[here] = ids.take(row[here]).to_pylist()
    return found


# --- publishing ---


def publish(store: Store, staged: Staged, *, examination: dict[str, Any] | None = None) -> Batch:
    """Make a staged file part of the city, whole, in one commit; its folder is gone afterwards.

    Raises
    ------
    CityError
        If another import does not end, the disk is full, or the store is damaged; nothing has changed then.
    InputFileError
        If this very file was published meanwhile.
    """
    with store.exclusive():  # what is known must still be so when the batch is published
        state = store.state()
        if any(b.source == staged.source and b.sha256 == staged.sha256 for b in state.live_batches):
            raise InputFileError("这份文件已经导入过了。", "this file was imported already.")
        store.sweep()
        decision = _decide(store, state, staged)
        set_aside = staged.set_aside_rows()
        batch = store.add_batch(
            facts={
                "source": staged.source,
                "file_name": staged.file_name,
                "sha256": staged.sha256,
                "crs": staged.crs,
                "mapping": staged.mapping,
                "rows": staged.rows,
                **vars(decision.fates),
                "unmapped": staged.unmapped,
                "details": _details(staged, examination),
                "first_day": staged.first_day,
                "last_day": staged.last_day,
            },
            write_parts=lambda folder: _move_parts(staged, decision.keep, folder),
            superseded=decision.superseded | _old_versions(staged, decision),
            known=_known_rows(staged, decision.keep),
            set_aside=set_aside,
            mended=_mended(staged, state),
        )
        store.remember_layout(staged.source, staged.layout, staged.mapping_text, staged.crs)
    discard(staged.folder)
    return batch


def _details(staged: Staged, examination: dict[str, Any] | None) -> dict[str, Any]:
    names = ("encoding", "separator", "kind", "sheet", "notes", "columns", "mapping_text", "mends")
    return {name: getattr(staged, name) for name in names} | {"examination": examination}


def _mended(staged: Staged, state: State) -> list[tuple[int, int]]:
    if staged.mends is None:
        return []
    state.batch(staged.mends)
    return [(staged.mends, old) for _, old in staged.origin]


def _move_parts(staged: Staged, keep: Flags, folder: Path) -> Iterable[tuple[Path, int]]:
    """Bring the parts to their place; a part with rows that are known already is written anew without them."""
    start = 0
    for part, rows in enumerate(staged.parts):
        kept = keep[start : start + rows]
        start += rows
        n = int(kept.sum())
        if n == 0:
            continue
        path = folder / f"{part + 1:04d}.parquet"
        if n == rows:
            _move(staged.path(part), path)
        else:
            write_part(pq.read_table(staged.path(part)).filter(pa.array(kept)).cast(STORED), path)
        yield path, n


def _known_rows(staged: Staged, keep: Flags) -> pa.Table:
    tables, start = [KNOWN.empty_table()], 0
    for part, rows in enumerate(staged.parts):
        again = ~keep[start : start + rows]
        start += rows
        if again.any():
            tables.append(pq.read_table(staged.path(part), columns=KNOWN.names).filter(pa.array(again)))
    return pa.concat_tables(tables).sort_by("row")


def _move(source: Path, target: Path) -> None:
    """Copy rather than move: after a crash the staged file is still whole."""
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def _old_versions(staged: Staged, decision: _Decision) -> dict[str, Rows]:
    """Return where older versions of rows stand in the parts as they are written, by ``./part``."""
    if not len(decision.old_versions):
        return {}
    part, _ = _part_of(staged, decision.old_versions)
    written = np.cumsum(decision.keep) - 1  # position among all rows written
    ends = np.cumsum(staged.parts)
    before = np.concatenate([[0], np.cumsum(decision.keep)[ends - 1]])
    rows = (written[decision.old_versions] - before[part]).astype(np.int32)
    return {f"./{number + 1:04d}.parquet": np.sort(rows[part == number]) for number in np.unique(part)}


def discard(folder: Path) -> None:
    """Give a staged file up."""
    shutil.rmtree(folder, ignore_errors=True)


# --- rows set aside ---


def set_aside_table(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return rows set aside as the file had them, row number and reason in front, to be mended and brought back.

    `columns` are those of the file, so that a cell that was empty everywhere can be filled.

    A row that is no row of the table (too many fields, say) keeps its own text in the column ``原文 line``.
    """
    raws = [json.loads(raw) for raw in rows["raw"]]
    names = list(dict.fromkeys([*columns, *(name for raw in raws for name in raw if name != "line")]))
    cells = {name: [str(raw.get(name, "")) for raw in raws] for name in names}
    lines = [str(raw.get("line", "")) for raw in raws]
    front: dict[str, Sequence[object]] = {ROW_COLUMN: rows["row"].tolist(), REASON_COLUMN: rows["reason"].tolist()}
    return pd.DataFrame(front | cells | ({"原文 line": lines} if any(lines) else {}))


def incoming(store: Store, token: str) -> Path:
    """Return the folder of a file on its way in.

    Raises
    ------
    InputFileError
        If `token` is no name of such a folder.
    """
    if not token.isalnum() or len(token) > 64:
        raise InputFileError("没有这份待导入的文件。", "there is no such file on its way in.")
    return store.folder / "incoming" / token
