"""What the data page says of sources and batches: how fresh, how complete, how well placed; and their rows by pages.

Everything here works in a notebook on a `CityData` or a `Store`, and reads no more of a batch than what is shown.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from geodata.city import CityData
from geodata.counts import OUTSIDE, UNLOCATED, CountIndex
from geodata.errors import CityError
from geodata.mapping import guess_mapping
from geodata.store import INCIDENT_FILE, KNOWN_FILE, SET_ASIDE_FILE, SUPERSEDED_FILE, Batch, Store, StoredFile
from geodata.vocabulary import Period, PeriodKind, TimePrecision

WINDOW_DAYS = 90
"""Completeness looks back so far [days]."""
GRACE_DAYS = 2
"""A source that is no further behind is fresh, however busy it is."""
MISSED = 3.0
"""A source is late once so many incidents were due since its last day: by chance alone that happens once in twenty."""
STALE_DAYS = 31
"""A late source that is further behind has stopped."""
WRITTEN = (
    *("row", "occurred_at", "time_precision", "incident_type", "source_type"),
    *("lon", "lat", "place_key", "incident_id"),
)
"""What is shown of a stored row."""

_BLOCK = 1 << 20
_INSIDE = 2

Positions = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Freshness(StrEnum):
    """Whether a source still sends."""

    FRESH = "fresh"
    LATE = "late"
    STALE = "stale"


@dataclass(frozen=True)
class BatchFigures:
    """What is compared between two batches of a source."""

    batch: int
    rows_a_day: float
    """Rows of the file by day of its span; NaN if none of them has a day."""
    set_aside: float
    """Share of the rows that were set aside, 0 … 1."""


@dataclass(frozen=True)
class SourceQuality:
    """One source, as its live incidents and batches show it."""

    source: str
    incidents: int
    first_day: dt.date | None
    last_day: dt.date | None
    behind_days: int
    """Days from its last incident to the last of the city."""
    usual_per_day: float
    """Incidents a day in its own last `WINDOW_DAYS` days."""
    monthly: bool
    """Whether some of its incidents are dated by month only; completeness then counts months."""
    steps: int
    """Days (months) of the window."""
    steps_with: int
    """Those of them with incidents."""
    inside: int
    outside: int
    unlocated: int
    hour_known: int
    rows: int
    """Rows of its live files."""
    set_aside: int
    """Rows set aside that nobody has brought back."""
    batches: int
    last: BatchFigures | None
    before: BatchFigures | None
    new_words: tuple[str, ...]
    """Words for types in the last batch that nothing knows and no earlier batch had."""

    @property
    def silent_as_usual(self) -> bool:
        """Say whether a source that sends so little is silent on so many days by chance."""
        usual = math.exp(-self.usual_per_day)
        spread = math.sqrt(self.steps * usual * (1 - usual))
        return not self.monthly and self.steps - self.steps_with <= self.steps * usual + 2 * spread

    @property
    def freshness(self) -> Freshness:
        """Judge by what was due since the last day: a quiet source may be silent for long."""
        if self.last_day is None:
            return Freshness.STALE
        if self.behind_days <= GRACE_DAYS or self.behind_days * self.usual_per_day < MISSED:
            return Freshness.FRESH
        return Freshness.LATE if self.behind_days <= STALE_DAYS else Freshness.STALE


# --- sources ---


def source_quality(city: CityData, mended: Mapping[int, int]) -> list[SourceQuality]:
    """Describe every source that has a live batch, in the order of names.

    Parameters
    ----------
    city
        The city.
    mended
        Batch → rows set aside by it that were brought back, as ``Store.mended_counts``.
    """
    tallies = city.kept("source tallies", lambda: _tallies(city.index))
    names = sorted({batch.source for batch in city.batches} | set(city.index.sources))
    return [_quality(city, name, tallies, mended) for name in names]


@dataclass(frozen=True)
class _Tallies:
    """Counts by source, shape (n_sources,) but for `site`."""

    site: Positions
    """Outside, unlocated, inside; shape (n_sources, 3)."""
    hour_known: Positions
    by_month: Positions
    """Incidents dated by month only."""


def _tallies(index: CountIndex) -> _Tallies:
    n = len(index.sources)
    site, hour, month = np.zeros((n, 3), np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    by_month = list(TimePrecision).index(TimePrecision.MONTH)
    for start in range(0, len(index.day), _BLOCK):  # block by block: no second copy of thirty million rows
        some = slice(start, start + _BLOCK)
        source = index.source[some].astype(np.int64)
        where = np.minimum(index.site[some], _INSIDE)
        site += np.bincount(source * 3 + where, minlength=3 * n).reshape(n, 3)
        hour += np.bincount(source[index.hour[some] >= 0], minlength=n)
        month += np.bincount(source[index.exactness[some] == by_month], minlength=n)
    return _Tallies(site, hour, month)


def _quality(city: CityData, name: str, tallies: _Tallies, mended: Mapping[int, int]) -> SourceQuality:
    index = city.index
    code = index.sources.index(name) if name in index.sources else None
    monthly = code is not None and bool(tallies.by_month[code])
    days = index.days[index.source_day[code] > 0] if code is not None else index.days[:0]
    counts = index.source_day[code][index.source_day[code] > 0] if code is not None else np.zeros(0, np.int64)
    first, last = (_day(days[0]), _day(days[-1])) if len(days) else (None, None)
    if last is not None and monthly:
        last = Period.containing(last, PeriodKind.MONTH).end - dt.timedelta(days=1)
    steps, steps_with = _completeness(city, days, monthly=monthly)
    batches = [batch for batch in city.batches if batch.source == name]
    given = [batch for batch in batches if not batch.details.get("mends")]  # a mended file is no delivery of its own
    earlier = {word for batch in given[:-1] for word in batch.unmapped}
    return SourceQuality(
        source=name,
        incidents=int(counts.sum()),
        first_day=first,
        last_day=last,
        behind_days=max((city.data_as_of - last).days, 0) if last and city.data_as_of else 0,
        usual_per_day=_usual(days, counts),
        monthly=monthly,
        steps=steps,
        steps_with=steps_with,
        outside=0 if code is None else int(tallies.site[code, OUTSIDE]),
        unlocated=0 if code is None else int(tallies.site[code, UNLOCATED]),
        inside=0 if code is None else int(tallies.site[code, _INSIDE]),
        hour_known=0 if code is None else int(tallies.hour_known[code]),
        rows=sum(batch.rows for batch in given),
        set_aside=sum(batch.set_aside - mended.get(batch.id, 0) for batch in batches),
        batches=len(batches),
        last=_figures(given[-1]) if given else None,
        before=_figures(given[-2]) if len(given) > 1 else None,
        new_words=tuple(word for word in given[-1].unmapped if word not in earlier) if given else (),
    )


def _usual(days: npt.NDArray[np.int32], counts: Positions) -> float:
    if not len(days):
        return 0.0
    span = min(int(days[-1]) - int(days[0]) + 1, WINDOW_DAYS)
    return float(counts[days > int(days[-1]) - span].sum()) / span


def _completeness(city: CityData, days: npt.NDArray[np.int32], *, monthly: bool) -> tuple[int, int]:
    """Count the days (months) of the window up to the city's last day, from the source's first, and those with data."""
    if city.data_as_of is None or not len(days):
        return 0, 0
    end = (city.data_as_of - dt.date(1970, 1, 1)).days
    start = max(end - WINDOW_DAYS + 1, int(days[0]))
    recent = days[days >= start]
    if not monthly:
        return end - start + 1, len(recent)
    months = np.arange(start, end + 1).astype("datetime64[D]").astype("datetime64[M]")
    return len(np.unique(months)), len(np.unique(recent.astype("datetime64[D]").astype("datetime64[M]")))


def _figures(batch: Batch) -> BatchFigures:
    span = 0
    if batch.first_day and batch.last_day:
        span = (dt.date.fromisoformat(batch.last_day) - dt.date.fromisoformat(batch.first_day)).days + 1
    return BatchFigures(
        batch=batch.id,
        rows_a_day=batch.rows / span if span else float("nan"),
        set_aside=batch.set_aside / batch.rows if batch.rows else 0.0,
    )


def _day(number: np.int32) -> dt.date:
    return dt.date(1970, 1, 1) + dt.timedelta(days=int(number))


# --- columns of a file that cannot be guessed whole ---


def likely_columns(columns: Sequence[str]) -> dict[str, str]:
    """Return our column → the file's for as many as have usual names, where `guess_mapping` would refuse the rest.

    Examples
    --------
    >>> likely_columns(["发生时间", "经度", "纬度", "案由"])
    {'time': '发生时间', 'lon': '经度', 'lat': '纬度'}
    """
    # the last names that are tried: they are taken only where the file has nothing
    needed = ("月份", "point_x", "point_y", "问题类型")
    found = guess_mapping([*columns, *needed]).columns
    return {key: str(name) for key, name in found.items() if name in columns}


# --- rows of a batch ---


@dataclass(frozen=True)
class RowPage:
    """Some of the rows that a number of a batch stands for."""

    rows: pd.DataFrame
    total: int
    """How many there are in all."""
    start: int
    """How many stand before these."""


def written_page(store: Store, batch: int, *, corrected: bool, start: int, n: int) -> RowPage:
    """Read incidents that a batch stored: new ones, or corrections of older ones.

    Returns
    -------
    RowPage
        The columns of `WRITTEN`, in the order of the days.

    Raises
    ------
    SelectionError
        If there never was such a batch.
    CityError
        If a file of it is damaged.
    """
    files = _files(store, batch, INCIDENT_FILE)
    found = np.flatnonzero(corrections(store, batch) == corrected)
    return _page(store, files, found, start, n, WRITTEN)


def corrections(store: Store, batch: int) -> Flags:
    """Say which of a batch's stored rows correct an older version, in the order of its files.

    Of an incident that the batch brought first, in several versions, the first one in the file is new and the others
    correct it: so the two kinds add up to what the batch counts.
    """
    files = _files(store, batch, INCIDENT_FILE)
    flags = np.zeros(sum(file.rows for file in files), dtype=np.bool_)
    old = [_read(store, file).to_pandas() for file in _files(store, batch, SUPERSEDED_FILE)]
    if not old:
        return flags
    superseded = pd.concat(old, ignore_index=True)
    by_path = {file.path: file for file in store.state().all_files}
    own = {file.path for file in files}
    rows = {str(path): np.asarray(part, np.int64) for path, part in superseded.groupby("path", observed=True)["row"]}
    others = [_column(store, by_path[path], "id_hash")[part] for path, part in rows.items() if path not in own]
    ids = np.concatenate([_column(store, file, "id_hash") for file in files] or [np.empty(0, np.uint64)])
    flags |= np.isin(ids, np.concatenate(others)) if others else False
    return flags | _later_versions(ids, *_own(store, files, rows), known=flags)


def _own(store: Store, files: Sequence[StoredFile], rows: Mapping[str, Positions]) -> tuple[Flags, Positions]:
    """Return which rows of a batch a later one of the same file replaces, and each row's number in the file."""
    older, numbers = [], []
    for file in files:
        flags = np.zeros(file.rows, dtype=np.bool_)
        flags[rows.get(file.path, [])] = True
        older.append(flags)
        numbers.append(_column(store, file, "row"))
    return np.concatenate(older), np.concatenate(numbers)


def _later_versions(ids: npt.NDArray[np.uint64], older: Flags, numbers: Positions, *, known: Flags) -> Flags:
    """Return which rows are a second or later version of an incident that the batch itself brought."""
    flags = np.zeros(len(ids), dtype=np.bool_)
    several = np.flatnonzero(np.isin(ids, ids[older]) & ~known)
    if not len(several):
        return flags
    versions = pd.DataFrame({"at": several, "id": ids[several], "row": numbers[several], "older": older[several]})
    first = versions.sort_values("row").drop_duplicates("id")
    stored_here = set(versions.loc[~versions["older"], "id"])  # else the store has had the last one all along
    flags[several] = True
    flags[first.loc[first["id"].isin(stored_here), "at"]] = False
    return flags


def known_page(store: Store, batch: int, *, start: int, n: int) -> RowPage:
    """Read which rows of a batch's file said nothing new: row, incident_id."""
    files = _files(store, batch, KNOWN_FILE)
    return _page(store, files, np.arange(sum(file.rows for file in files)), start, n, None)


def set_aside_page(store: Store, batch: int, *, reason: str = "", start: int, n: int) -> RowPage:
    """Read rows that a batch set aside, all or those of one reason, with ``mended_by`` (batch, 0 = still aside)."""
    files = _files(store, batch, SET_ASIDE_FILE)
    found = np.arange(sum(file.rows for file in files))
    if reason and files:
        found = np.concatenate([np.flatnonzero(_column(store, file, "reason") == reason) for file in files])
    page = _page(store, files, found, start, n, None)
    mended: Mapping[int, int] = {}
    if store.mended_counts().get(batch):
        whole = store.set_aside(batch)
        mended = dict(zip(whole["row"].tolist(), whole["mended_by"].tolist(), strict=True))
    by = page.rows["row"].map(mended).fillna(0).astype(np.int64)
    return RowPage(page.rows.assign(mended_by=by), page.total, page.start)


def first_set_aside(path: Path, *, each: int = 3) -> dict[str, pd.DataFrame]:
    """Read the first rows set aside of every reason from a file of the schema ``columns.SET_ASIDE``."""
    table = pq.read_table(path, columns=["row", "reason", "column", "text"])
    reasons = pc.unique(table["reason"]).to_pylist()
    return {
        str(reason): table.filter(pc.equal(table["reason"], reason)).slice(0, each).to_pandas() for reason in reasons
    }


def _files(store: Store, batch: int, kind: str) -> list[StoredFile]:
    state = store.state()
    state.batch(batch)
    return [file for file in state.all_files if file.batch == batch and file.kind == kind]


def _page(
    store: Store, files: Sequence[StoredFile], found: Positions, start: int, n: int, columns: Sequence[str] | None
) -> RowPage:
    wanted, tables, first = found[start : start + n], [], 0
    for file in files:
        here = wanted[(wanted >= first) & (wanted < first + file.rows)] - first
        if len(here):
            tables.append(_rows(store, file, here, columns))
        first += file.rows
    rows = pa.concat_tables(tables).to_pandas() if tables else pd.DataFrame(columns=list(columns or ("row",)))
    return RowPage(rows, len(found), start)


def _rows(store: Store, file: StoredFile, rows: Positions, columns: Sequence[str] | None) -> pa.Table:
    """Read some rows of a file, ascending; only the row groups that hold them are opened."""
    try:
        with pq.ParquetFile(store.folder / file.path, page_checksum_verification=True) as parquet:
            tables, first = [], 0
            for group in range(parquet.num_row_groups):
                n = parquet.metadata.row_group(group).num_rows
                here = rows[(rows >= first) & (rows < first + n)] - first
                if len(here):
                    tables.append(parquet.read_row_group(group, columns=columns).take(here))
                first += n
            return pa.concat_tables(tables)
    except (OSError, pa.ArrowException) as error:
        raise _damaged(file) from error


def _read(store: Store, file: StoredFile, columns: list[str] | None = None) -> pa.Table:
    try:
        return pq.read_table(store.folder / file.path, columns=columns, page_checksum_verification=True)
    except (OSError, pa.ArrowException) as error:
        raise _damaged(file) from error


def _column(store: Store, file: StoredFile, name: str) -> npt.NDArray[np.generic]:
    column: npt.NDArray[np.generic] = _read(store, file, [name])[name].to_numpy()
    return column


def _damaged(file: StoredFile) -> CityError:
    return CityError(
        f"数据文件 {file.path} 缺失或已损坏，请从备份恢复。",
        f"The data file {file.path} is missing or damaged: restore it from a backup.",
    )
