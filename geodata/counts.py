"""The count index: every incident as a few small numbers sorted by day; any place, period and type in milliseconds.

An incident's *site* is its place at every level, so that what lies in a parent but in none of its children is counted
too: children + unlocated + outside = parent holds by construction, on every answer.

Cumulative counts by type and site stand at *checkpoints* between days (a `Cube`): a span is the difference of the two
checkpoints nearest to its ends, corrected by the rows in between. Coarser cubes answer for coarser places. A cube is
never larger than a few numbers an incident, so that small cities have small ones, or none.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from geodata.compiled import compiled, is_loaded
from geodata.locate import NOWHERE
from geodata.vocabulary import LEVELS, PlaceLevel, TimePrecision

Index = npt.NDArray[np.int32]
Counts = npt.NDArray[np.int64]
Rows = npt.NDArray[np.intp]
OUTSIDE, UNLOCATED = 0, 1
"""The first two sites: a position in no place, and no position at all."""
LEAST_SPACING = 4096
"""Fewer rows than this are counted faster than a checkpoint is found."""
DENSITY = 6
"""Numbers that a cube may hold for each incident."""
COARSER = 8
"""A level gets a cube of its own if it has this many times fewer places than the next finer cube."""
SWIFTER = 8
"""Numbers of a checkpoint that are added up in the time that one row takes."""
LEAST_COMPILED = 4096
"""Rows, or numbers of checkpoints, from which compiled loops pay."""
_CHUNK = 1 << 18
_FORMAT = 2
_EPOCH = dt.date(1970, 1, 1).toordinal()
_PRECISIONS = tuple(TimePrecision)
_NOWHERE = np.full((2, len(LEVELS)), NOWHERE, dtype=np.int32)


@dataclass(frozen=True)
class PlaceCounts:
    """How many incidents lie in each place of a level, and how many in none of them."""

    level: PlaceLevel
    places: pd.Series[Any]
    """Incidents, index = row of the place in the city's table of places, places without any included."""
    unlocated: int
    """Without a position, or located only to a place coarser than this level."""
    outside: int
    """With a position that no place of the city holds."""

    @property
    def total(self) -> int:
        """Return all incidents: places + unlocated + outside."""
        return int(self.places.sum()) + self.unlocated + self.outside


@dataclass(frozen=True)
class CountRows:
    """Live incidents to count; aligned arrays, shape (n,), in any order."""

    day: Index
    """Local day, in days since 1970-01-01."""
    hour: npt.NDArray[np.int8]
    """Local hour, -1 unknown."""
    kind: Index
    """Position in `types`."""
    types: tuple[str, ...]
    source: Index
    """Position in `sources`."""
    sources: tuple[str, ...]
    lon: npt.NDArray[np.floating[Any]]
    """Degrees (EPSG:4326), NaN without position; kept as float32."""
    lat: npt.NDArray[np.floating[Any]]
    place: Index
    """Row of the place at each level, ``NOWHERE`` where none, shape (n, 4); a place may be known without a position."""
    row: Index
    """Row in the incident file."""
    file: str
    precision: TimePrecision = TimePrecision.MINUTE
    family: Index | None = None
    """Row of `place` of each incident, where `place` is only the table of those that occur; None = its own."""


@dataclass(frozen=True, eq=False)
class Layout:
    """How the columns of a cube fill a table by place."""

    row: Rows
    """Row of each column."""
    column: Rows | None
    """Column of each row where no two share one; None = columns are added up."""


@dataclass(frozen=True)
class Cube:
    """Cumulative counts by type and by place down to one level, at checkpoints between days."""

    depth: int
    """Depth of the finest level told apart, -1 for the city as one."""
    row: Counts
    """The first row after each checkpoint, ascending, shape (n_checkpoints,)."""
    planes: Index
    """Incidents before each checkpoint, shape (n_checkpoints, 1 + n_types, n_columns); first all types together."""
    column: Index
    """Column of each site, shape (n_sites,); OUTSIDE and UNLOCATED keep theirs."""
    places: Index
    """Row of the place of each column at each level, ``NOWHERE`` where none or finer than `depth`."""
    _layouts: dict[tuple[int, int], Layout] = field(default_factory=dict, repr=False, compare=False)

    def layout(self, depth: int, n_rows: int) -> Layout:
        """Return which column fills which of `n_rows` rows of a table by place; the last row is nowhere."""
        known = self._layouts.get((depth, n_rows))
        if known is None:
            row = (self.places[:, depth] % n_rows).astype(np.intp)
            column = np.full(n_rows, len(row))  # a place without a column takes the one behind the last
            column[row[row < n_rows - 1]] = np.flatnonzero(row < n_rows - 1)
            own = bool(np.bincount(row)[:-1].max(initial=0) <= 1)
            self._layouts[depth, n_rows] = known = Layout(row, column if own else None)
        return known

    def nearest(self, rows: Rows) -> Rows:
        """Return the nearest checkpoint to each boundary between rows: its number, counted from 1; 0 = the start."""
        if len(self.row) == 0:
            return np.zeros_like(rows)
        marks = np.concatenate([[0], self.row])
        after = np.clip(np.searchsorted(marks, rows), 1, len(self.row))
        return np.asarray(after - (rows - marks[after - 1] <= marks[after] - rows))

    def between(self, first: int, last: int, kinds: Rows | None) -> Counts:
        """Count rows between two checkpoints by column, of all types or some; shape (n_columns,)."""
        n_kinds = self.planes.shape[1] - 1
        if kinds is None:
            signs = {0: 1}
        elif 2 * len(kinds) <= n_kinds:
            signs = dict.fromkeys((kinds + 1).tolist(), 1)
        else:  # all types but the others
            signs = {0: 1} | dict.fromkeys((np.setdiff1d(np.arange(n_kinds), kinds) + 1).tolist(), -1)
        total = np.zeros(self.planes.shape[2], dtype=np.int32)
        for k, sign in signs.items():
            for checkpoint, way in ((last, sign), (first, -sign)):
                if checkpoint:
                    (np.add if way > 0 else np.subtract)(total, self.planes[checkpoint - 1, k], out=total)
        return total.astype(np.int64)

    def table(self, layout: Layout, n_rows: int, first: int, last: int) -> Index:
        """Count rows between two checkpoints in a table by type and place."""
        n_kinds, n = self.planes.shape[1] - 1, len(layout.row)
        if first and last and layout.column is not None and is_loaded() and self.planes.size >= LEAST_COMPILED:
            table = np.empty((n_kinds, n_rows), dtype=np.int32)
            compiled(_differ)(table, self.planes[last - 1, 1:], self.planes[first - 1, 1:], layout.column)
            return table
        table = np.zeros((n_kinds, n_rows), dtype=np.int32)  # large: half the memory is touched in half the time
        if not last:
            return table
        after, before = self.planes[last - 1, 1:], self.planes[first - 1, 1:] if first else None
        counts = np.zeros(n + 1, dtype=np.int32)
        for kind in range(n_kinds):
            np.subtract(after[kind], 0 if before is None else before[kind], out=counts[:n])
            if layout.column is not None:
                table[kind] = counts.take(layout.column)
            else:
                np.add.at(table[kind], layout.row, counts[:n])
        return table

    def at(self, checkpoints: Rows, columns: Rows) -> Counts:
        """Count rows before each checkpoint by type in some columns, shape (n_checkpoints, n_types)."""
        counts = np.zeros((len(checkpoints), self.planes.shape[1] - 1), dtype=np.int64)
        later = np.flatnonzero(checkpoints)
        kinds = np.arange(1, self.planes.shape[1])
        counts[later] = self.planes[np.ix_(checkpoints[later] - 1, kinds, columns)].sum(axis=2, dtype=np.int64)
        return counts


@dataclass(frozen=True)
class CountIndex:
    """All live incidents, sorted by local day.

    Arrays are aligned, shape (n,): `day` in days since 1970-01-01, `site` (row of `site_place`), `kind` (position in
    `types`), `hour` (-1 unknown), `source` (position in `sources`), `lon` and `lat` in degrees (EPSG:4326, NaN without
    position), `file` (position in `files`) and `row_in_file`, `exactness` (position in ``TimePrecision``). `site_place`
    has shape (n_sites, 4): row of the place at each level, ``NOWHERE`` where none. Types, sources and sites keep their
    numbers when the index is updated, unless a type or source loses its last incident.
    """

    day: Index
    site: Index
    kind: npt.NDArray[Any]
    hour: npt.NDArray[np.int8]
    source: npt.NDArray[Any]
    lon: npt.NDArray[np.float32]
    lat: npt.NDArray[np.float32]
    file: npt.NDArray[Any]
    row_in_file: Index
    exactness: npt.NDArray[np.int8]
    site_place: Index
    days: Index
    """The days with incidents, ascending, shape (n_days,)."""
    day_start: Counts
    """The first row of each of `days` and, last, the number of rows."""
    by_site: Index
    """All rows, ordered by site and within a site by day."""
    site_start: Counts
    """Where each site begins in `by_site` and, last, the number of rows."""
    source_day: Counts
    """Incidents by source and position in `days`."""
    source_kind: Counts
    """Incidents by source and type."""
    cubes: tuple[Cube, ...]
    """From coarse to fine."""
    types: tuple[str, ...]
    sources: tuple[str, ...]
    files: tuple[str, ...]
    precision: TimePrecision
    """The coarsest precision of time among the incidents."""
    n_places: int
    covered: tuple[dt.date, dt.date] | None = None
    """The days that the data span where only some incidents are looked at; None = from the first to the last one."""

    # --- making ---

    @classmethod
    def empty(cls, n_places: int) -> CountIndex:
        """Return the index of a city of `n_places` places without incidents."""
        columns: dict[str, npt.NDArray[Any]] = {name: np.empty(0, dtype) for name, dtype in _COLUMNS.items()}
        return cls(
            **columns,
            covered=None,
            site_place=_NOWHERE,
            days=columns["day"],
            day_start=np.zeros(1, dtype=np.int64),
            by_site=columns["site"],
            site_start=np.zeros(len(_NOWHERE) + 1, dtype=np.int64),
            source_day=np.zeros((0, 0), dtype=np.int64),
            source_kind=np.zeros((0, 0), dtype=np.int64),
            cubes=_cubes(columns, _NOWHERE, 0, np.zeros(1, dtype=np.int64), {}, 0),
            types=(),
            sources=(),
            files=(),
            precision=TimePrecision.MINUTE,
            n_places=n_places,
        )

    @classmethod
    def build(cls, rows: Sequence[CountRows], n_places: int) -> CountIndex:
        """Count incidents from scratch; `n_places` is the number of rows of the city's table of places."""
        return cls.empty(n_places).updated(rows, {})

    @classmethod
    def restored(
        cls,
        columns: Mapping[str, npt.NDArray[Any]],
        site_place: Index,
        types: tuple[str, ...],
        sources: tuple[str, ...],
        n_places: int,
    ) -> CountIndex:
        """Return the index of incidents whose sites and words are numbered, without position and file.

        Parameters
        ----------
        columns
            day, ascending, site, kind, hour, source and exactness, shape (n,) each.
        site_place
            Row of the place of each site at each level, shape (n_sites, 4).
        types, sources
            What the numbers of `kind` and `source` stand for; those without an incident are forgotten.
        n_places
            Number of rows of the city's table of places.
        """
        n = len(columns["day"])
        dtypes = _COLUMNS | {"kind": _smallest(len(types)), "source": _smallest(len(sources))}
        whole = {name: values.astype(dtypes[name]) for name, values in columns.items()}
        whole |= {name: np.full(n, np.nan, dtypes[name]) for name in ("lon", "lat")}
        whole |= {name: np.zeros(n, dtypes[name]) for name in ("file", "row_in_file")}
        files = ("",) if n else ()
        return cls.empty(n_places)._finished(whole, 0, site_place, types, sources, files)

    def updated(
        self, added: Sequence[CountRows], removed: Mapping[str, npt.NDArray[np.int32] | None] | None = None
    ) -> CountIndex:
        """Return the index with rows of files taken out and others put in; it answers like one built from scratch.

        Parameters
        ----------
        added
            Incidents to put in, located in the same table of places.
        removed
            Rows to take out by file, None = all rows of the file; what is not there is passed over.
        """
        added = [rows for rows in added if len(rows.day)]
        gone = self._rows_of(removed or {})
        if not added and not len(gone):
            return self
        first = self._first_changed(added, gone)
        kept = np.ones(len(self.day) - first, dtype=np.bool_)
        kept[gone - first] = False
        types, kinds = _extended(self.types, [(rows.types, rows.kind) for rows in added])
        sources, givers = _extended(self.sources, [(rows.sources, rows.source) for rows in added])
        files = tuple(dict.fromkeys((*self.files, *(rows.file for rows in added))))
        site_place, sites = _sites(self.site_place, added)
        words = {"kind": types, "source": sources, "file": files}
        dtypes = _COLUMNS | {name: _smallest(len(known)) for name, known in words.items()}
        fresh: dict[str, Iterable[npt.NDArray[Any]]] = {  # made as each column is
            "day": (rows.day for rows in added),
            "site": sites,
            "kind": (table[rows.kind] for table, rows in zip(kinds, added, strict=True)),
            "hour": (rows.hour for rows in added),
            "source": (table[rows.source] for table, rows in zip(givers, added, strict=True)),
            "lon": (rows.lon for rows in added),
            "lat": (rows.lat for rows in added),
            "file": (np.full(len(rows.day), files.index(rows.file), dtypes["file"]) for rows in added),
            "row_in_file": (rows.row for rows in added),
            "exactness": (np.full(len(rows.day), _PRECISIONS.index(rows.precision), np.int8) for rows in added),
        }
        order = _order(np.concatenate([self.day[first:][kept], *(rows.day for rows in added)]))
        n = first + int(np.count_nonzero(kept)) + sum(len(rows.day) for rows in added)

        def column(name: str) -> npt.NDArray[Any]:
            old: npt.NDArray[Any] = getattr(self, name)
            whole, at = np.empty(n, dtypes[name]), 0
            for part in (old[:first], old[first:][kept], *fresh[name]):
                whole[at : at + len(part)] = part
                at += len(part)
            if order is not None:
                whole[first:] = whole[first:].take(order)
            return whole

        with ThreadPoolExecutor(2) as pool:
            columns = dict(zip(fresh, pool.map(column, fresh), strict=True))
        there = np.zeros(len(files), dtype=np.bool_)
        there[columns["file"]] = True
        files, columns["file"] = _without(~there, files, columns["file"])
        return self._finished(columns, first, site_place, types, sources, files)

    def chosen(self, keep: npt.NDArray[np.bool_]) -> CountIndex:
        """Return the index of some incidents only; types, sources, sites and the span of days stay as they are.

        Parameters
        ----------
        keep
            Which incidents, shape (n,).
        """
        columns: dict[str, Any] = {name: getattr(self, name)[keep] for name in _COLUMNS}
        days, day_start = _starts(columns["day"])
        by_site, site_start = _grouped(columns["site"], len(self.site_place))
        kinds = np.arange(len(self.types), dtype=np.int32)
        return replace(
            self,
            **columns,
            days=days,
            day_start=day_start,
            by_site=by_site,
            site_start=site_start,
            source_day=_tally(columns["source"], columns["day"], len(self.sources), days),
            source_kind=_tally(columns["source"], columns["kind"], len(self.sources), kinds),
            cubes=_cubes(columns, self.site_place, len(self.types), day_start, {}, 0),
            covered=self.span,
        )

    def _finished(
        self,
        columns: dict[str, npt.NDArray[Any]],
        first: int,
        site_place: Index,
        types: tuple[str, ...],
        sources: tuple[str, ...],
        files: tuple[str, ...],
    ) -> CountIndex:
        """Derive what follows from the rows, of which those before `first` are as in self; forget unused words."""
        n = len(columns["day"])
        new, old = slice(first, n), slice(first, len(self.day))
        n_before = int(np.searchsorted(self.day_start, first))  # days
        with ThreadPoolExecutor(1) as pool:  # the longest step, beside the others
            ordered = pool.submit(self._by_site, columns["site"], first, len(site_place))
            days, day_start = _starts(columns["day"][new])
            source_day = np.hstack(
                [
                    _grown(self.source_day[:, :n_before], (len(sources), n_before)),
                    _tally(columns["source"][new], columns["day"][new], len(sources), days),
                ]
            )
            kinds = np.arange(len(types), dtype=np.int32)
            source_kind = _grown(self.source_kind, (len(sources), len(types)))
            source_kind -= _tally(self.source[old], self.kind[old], len(sources), kinds)
            source_kind += _tally(columns["source"][new], columns["kind"][new], len(sources), kinds)
            no_kind, no_source = source_kind.sum(axis=0) == 0, source_kind.sum(axis=1) == 0
            known = types
            types, columns["kind"] = _without(no_kind, types, columns["kind"])
            sources, columns["source"] = _without(no_source, sources, columns["source"])
            day_start = np.concatenate([self.day_start[:n_before], day_start + first])
            keep = types == known and 2 * first >= n  # else numbers changed, or hardly anything is left to keep
            before = {cube.depth: cube for cube in self.cubes} if keep else {}
            cubes = _cubes(columns, site_place, len(types), day_start, before, first)
            by_site, site_start = ordered.result()
        return CountIndex(
            **columns,
            covered=None,
            site_place=site_place,
            days=np.concatenate([self.days[:n_before], days]),
            day_start=day_start,
            by_site=by_site,
            site_start=site_start,
            source_day=source_day[~no_source],
            source_kind=source_kind[np.ix_(~no_source, ~no_kind)],
            cubes=cubes,
            types=types,
            sources=sources,
            files=files,
            precision=_PRECISIONS[int(columns["exactness"].max(initial=0))],
            n_places=self.n_places,
        )

    def _by_site(self, site: Index, first: int, n_sites: int) -> tuple[Index, Counts]:
        """Return all rows ordered by site, and where each site begins; the order of rows before `first` is known."""
        tail = site[first:]
        fresh, start = _grouped(tail, n_sites)
        if first == 0:
            return fresh, start
        kept = np.zeros(n_sites, dtype=np.int64)
        kept[: len(self.site_place)] = np.diff(self.site_start)
        kept -= np.bincount(self.site[first:], minlength=n_sites)
        where = np.cumsum(kept)[tail[fresh]] + np.arange(len(fresh))
        order = np.empty(len(site), dtype=np.int32)
        others = np.ones(len(site), dtype=np.bool_)
        others[where] = False
        order[where] = fresh + first
        order[others] = self.by_site if first == len(self.day) else self.by_site[self.by_site < first]
        return order, start + np.concatenate([[0], np.cumsum(kept)])

    def _rows_of(self, chosen: Mapping[str, npt.NDArray[np.int32] | None]) -> Rows:
        """Return the rows that came from some rows of some files, ascending; in one pass, however many files."""
        known = [(self.files.index(name), wanted) for name, wanted in chosen.items() if name in self.files]
        marks = [np.ones(0, np.bool_) if wanted is None else _marked(wanted) for _, wanted in known]
        beyond = np.array([wanted is None for _, wanted in known], dtype=np.bool_)  # rows after the last one marked
        size = np.array([len(mark) for mark in marks], dtype=np.int64)
        marked = np.concatenate([*marks, np.zeros(1, np.bool_)])
        number = np.full(len(self.files), -1, dtype=np.int32)
        number[[ordinal for ordinal, _ in known]] = np.arange(len(known))
        rows = np.flatnonzero(number[self.file] >= 0) if known else np.empty(0, dtype=np.intp)
        which, row = number[self.file[rows]], self.row_in_file[rows]
        inside = row < size[which]
        place = np.where(inside, (np.cumsum(size) - size)[which] + row, len(marked) - 1)
        return rows[np.where(inside, marked[place], beyond[which])]

    def _first_changed(self, added: Sequence[CountRows], gone: Rows) -> int:
        """Return the first row of the first day that changes."""
        changed = [int(self.day[gone[0]])] if len(gone) else []
        changed += [int(rows.day.min()) for rows in added]
        return int(self.day_start[np.searchsorted(self.days, min(changed))]) if changed else len(self.day)

    # --- keeping ---

    def save(self, folder: Path) -> None:
        """Write the arrays as .npy files and the rest as JSON; the folder gets its name when it is complete."""
        part = folder.with_name(f"{folder.name}.{os.getpid()}-{threading.get_ident()}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        try:
            with ThreadPoolExecutor(2) as pool:  # one writes while the other waits for the disk
                list(pool.map(partial(_write_array, part), *zip(*self._arrays().items(), strict=True)))
            (part / "index.json").write_text(json.dumps(self._rest(part), ensure_ascii=False), encoding="utf-8")
            if folder.exists():
                shutil.rmtree(folder)
            part.rename(folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def _arrays(self) -> dict[str, npt.NDArray[Any]]:
        arrays: dict[str, npt.NDArray[Any]] = {name: getattr(self, name) for name in (*_COLUMNS, *_DERIVED)}
        for cube in self.cubes:
            arrays |= {f"cube{cube.depth}-row": cube.row, f"cube{cube.depth}-planes": cube.planes}
        return arrays

    def _rest(self, folder: Path) -> dict[str, object]:
        return {
            "format": _FORMAT,
            "types": self.types,
            "sources": self.sources,
            "files": self.files,
            "precision": self.precision.value,
            "n_places": self.n_places,
            "depths": [cube.depth for cube in self.cubes],
            "bytes": {path.name: path.stat().st_size for path in folder.glob("*.npy")},
        }

    @classmethod
    def load(cls, folder: Path) -> CountIndex:
        """Map the arrays that `save` wrote into memory, to be read only.

        Raises
        ------
        OSError, ValueError
            If a file is missing, or has not the size that it was written with.
        """
        rest = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        if not isinstance(rest, dict) or rest.get("format") != _FORMAT:
            msg = f"{folder} is no count index of this version."
            raise ValueError(msg)
        for name, size in rest["bytes"].items():
            if (folder / name).stat().st_size != size:
                msg = f"{folder / name} is damaged: it must have {size} bytes."
                raise ValueError(msg)

        def mapped(name: str) -> npt.NDArray[Any]:
            return np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False))

        arrays = {name: mapped(name) for name in (*_COLUMNS, *_DERIVED)}
        return cls(
            **arrays,
            covered=None,
            cubes=tuple(
                Cube(
                    depth,
                    mapped(f"cube{depth}-row"),
                    mapped(f"cube{depth}-planes"),
                    *_prefixes(arrays["site_place"], depth),
                )
                for depth in rest["depths"]
            ),
            types=tuple(rest["types"]),
            sources=tuple(rest["sources"]),
            files=tuple(rest["files"]),
            precision=TimePrecision(rest["precision"]),
            n_places=int(rest["n_places"]),
        )

    # --- asking ---

    @cached_property
    def span(self) -> tuple[dt.date, dt.date] | None:
        """Return the first and the last day of the data, None if there are none."""
        if self.covered is not None:
            return self.covered
        if len(self.days) == 0:
            return None
        return _date(self.days[0]), _date(self.days[-1])

    def rows(self, start: dt.date, end: dt.date) -> slice:
        """Return the rows of the half-open span of days ``start`` … ``end``."""
        low, high = self._bounds([start, end])
        return slice(int(low), int(high))

    def _bounds(self, days: Sequence[dt.date]) -> Rows:
        """Return the first row on or after each day."""
        return np.asarray(self.day_start[np.searchsorted(self.days, [_number(day) for day in days])])

    def sites_in(self, place: int | None, level: PlaceLevel | None) -> npt.NDArray[np.bool_]:
        """Say which sites lie in a place (its row and level), all of them for None; shape (n_sites,)."""
        if place is None or level is None:
            return np.ones(len(self.site_place), dtype=np.bool_)
        return np.asarray(self.site_place[:, level.depth] == place)

    def selected(
        self,
        start: dt.date,
        end: dt.date,
        *,
        within: tuple[int, PlaceLevel] | None = None,
        types: npt.NDArray[np.intp] | None = None,
        outside: bool = True,
    ) -> Rows:
        """Return the rows of a span, in a place, of some types (positions in `types`); None = all.

        `outside` says whether incidents in no place of the city count too.
        """
        span = self.rows(start, end)
        if within is not None and (few := self._rows_within(within, span, span.stop - span.start)) is not None:
            return few if types is None else few[self._wanted(types)[self.kind[few]]]
        keep = np.ones(span.stop - span.start, dtype=np.bool_)
        if within is not None:
            keep &= self.sites_in(*within)[self.site[span]]
        if types is not None:
            keep &= self._wanted(types)[self.kind[span]]
        if not outside:
            keep &= self.site[span] != OUTSIDE
        return np.asarray(np.flatnonzero(keep) + span.start)

    def _wanted(self, types: Rows) -> npt.NDArray[np.bool_]:
        wanted = np.zeros(len(self.types), dtype=np.bool_)
        wanted[types] = True
        return wanted

    def _rows_within(self, within: tuple[int, PlaceLevel], span: slice, work: int) -> Rows | None:
        """Return the rows of a span in a place, ascending; None if that takes more than going through `work` rows."""
        sites = np.flatnonzero(self.sites_in(*within))
        starts, ends = self.site_start[sites], self.site_start[sites + 1]
        if SWIFTER * (int((ends - starts).sum()) + SWIFTER * len(sites)) > work:
            return None
        parts = [self.by_site[low:high] for low, high in zip(starts.tolist(), ends.tolist(), strict=True)]
        rows = parts[0] if len(parts) == 1 else np.sort(np.concatenate([self.by_site[:0], *parts]))
        low, high = np.searchsorted(rows, [span.start, span.stop])
        return rows[low:high].astype(np.intp)

    def by_place(
        self,
        level: PlaceLevel,
        members: Index,
        start: dt.date,
        end: dt.date,
        *,
        within: tuple[int, PlaceLevel] | None = None,
        types: npt.NDArray[np.intp] | None = None,
    ) -> PlaceCounts:
        """Count incidents in each place of a level.

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
            Positions in `self.types`; None = all.
        """
        cube = self._cube(level, None if within is None else within[1])
        counts = self._by_column(cube, self.rows(start, end), types)
        if within is not None:
            counts[cube.places[:, within[1].depth] != within[0]] = 0
        by_place = np.zeros(self.n_places + 1, dtype=np.int64)  # the last, place -1, is nowhere
        np.add.at(by_place, cube.places[:, level.depth], counts)
        places = by_place[members]
        outside = int(counts[OUTSIDE])
        return PlaceCounts(
            level=level,
            places=pd.Series(places, index=members, name="incidents"),
            unlocated=int(counts.sum() - places.sum()) - outside,
            outside=outside,
        )

    def place_types(self, level: PlaceLevel, start: dt.date, end: dt.date) -> Index:
        """Count incidents in each place of a level by type, shape (n_places, n_types)."""
        cube, n_types = self._cube(level), len(self.types)
        layout = cube.layout(level.depth, self.n_places + 1)  # the last row is nowhere
        first, last, edges = self._way(cube, self.rows(start, end), n_types)
        table = cube.table(layout, self.n_places + 1, first, last)
        for sign, rows in edges:
            add = compiled(_add) if is_loaded() and rows.stop - rows.start >= LEAST_COMPILED else _add_at
            add(table, layout.row, self._columns(cube, rows), self.kind[rows], np.int32(sign))
        return table[:, :-1].T

    def period_types(
        self, starts: list[dt.date], within: tuple[int, PlaceLevel] | None = None, *, outside: bool = True
    ) -> Counts:
        """Count incidents of a place by period and type.

        Parameters
        ----------
        starts
            First days of the periods and, last, the day after them, ascending.
        within
            Row and level of the place; None = the city.
        outside
            Whether incidents in no place of the city count too.

        Returns
        -------
        np.ndarray
            Incidents, shape (len(starts) − 1, n_types).
        """
        edges = self._bounds(starts)
        span = slice(int(edges[0]), int(edges[-1]))
        cube = self._cube(None if within is None else within[1])
        chosen = np.ones(len(cube.places), np.bool_) if within is None else cube.places[:, within[1].depth] == within[0]
        chosen[OUTSIDE] &= outside
        columns = np.flatnonzero(chosen)
        checkpoint = cube.nearest(edges)
        mark = np.concatenate([[0], cube.row])[checkpoint]
        work = int(np.abs(edges - mark).sum()) + len(edges) * len(columns) * len(self.types) // SWIFTER
        length = span.stop - span.start
        if within is not None and (few := self._rows_within(within, span, min(work, length))) is not None:
            return self._by_period_and_kind(few, edges)
        if work > length:
            rows = self.selected(starts[0], starts[-1], within=within, outside=outside)
            return self._by_period_and_kind(rows, edges)
        before = cube.at(checkpoint, columns)
        for k, (low, high) in enumerate(zip(mark.tolist(), edges.tolist(), strict=True)):
            part = slice(min(low, high), max(low, high))
            if part.start < part.stop:
                kinds = self.kind[part][chosen[cube.column[self.site[part]]]]
                before[k] += (1 if low < high else -1) * np.bincount(kinds, minlength=len(self.types))
        return np.diff(before, axis=0)

    def source_days(self) -> Counts:
        """Count incidents by source and day of `span`, shape (n_sources, n_days)."""
        if self.span is None:
            return np.zeros((len(self.sources), 0), dtype=np.int64)
        first, last = (_number(day) for day in self.span)
        table = np.zeros((len(self.sources), last - first + 1), dtype=np.int64)
        table[:, self.days - first] = self.source_day
        return table

    def source_types(self) -> Counts:
        """Count incidents by source and type, shape (n_sources, n_types)."""
        return np.array(self.source_kind)

    # --- counting ---

    def _cube(self, *levels: PlaceLevel | None) -> Cube:
        """Return the coarsest cube that tells the places of some levels apart."""
        needed = max((level.depth for level in levels if level is not None), default=-1)
        return next(cube for cube in self.cubes if cube.depth >= needed)

    def _way(self, cube: Cube, span: slice, planes: int) -> tuple[int, int, list[tuple[int, slice]]]:
        """Return the checkpoints to take the difference of, and the rows to add (1) or take off (-1)."""
        first, last = cube.nearest(np.array([span.start, span.stop])).tolist()
        low, high = (int(cube.row[k - 1]) if k else 0 for k in (first, last))
        work = abs(span.start - low) + abs(span.stop - high) + planes * len(cube.places) // SWIFTER
        if first == last or work >= span.stop - span.start:
            return 0, 0, [(1, span)]
        before = (1, slice(span.start, low)) if span.start < low else (-1, slice(low, span.start))
        after = (1, slice(high, span.stop)) if high < span.stop else (-1, slice(span.stop, high))
        return first, last, [before, after]

    def _by_column(self, cube: Cube, span: slice, types: Rows | None) -> Counts:
        """Count rows of a span by column of a cube, shape (n_columns,)."""
        kinds = None if types is None else np.unique(types)
        planes = 1 if kinds is None else 1 + min(len(kinds), len(self.types) - len(kinds))
        n = len(cube.places)
        first, last, edges = self._way(cube, span, planes)
        counts = cube.between(first, last, kinds)
        for sign, rows in edges:
            column = self._columns(cube, rows)
            if kinds is not None:
                column = np.where(self._wanted(kinds)[self.kind[rows]], column, np.int32(n))
            counts += sign * np.bincount(column, minlength=n)[:n]
        return counts

    def _columns(self, cube: Cube, rows: slice) -> Index:
        site = self.site[rows]
        return site if cube.depth == len(LEVELS) - 1 else cube.column[site]

    def _by_period_and_kind(self, rows: Rows, edges: Rows) -> Counts:
        """Count rows, ascending, by period (its first row, and the end of the last) and type."""
        n_types, n = len(self.types), len(edges) - 1
        period = np.repeat(np.arange(n), np.diff(np.searchsorted(rows, edges)))
        return np.bincount(period * n_types + self.kind[rows], minlength=n * n_types).reshape(n, n_types)


def _differ(table: Index, after: Index, before: Index, column: Rows) -> None:
    """Fill a table by type and row with what was added to each row's column, 0 without one; Numba compiles it."""
    for kind in range(table.shape[0]):
        for row in range(table.shape[1]):
            k = column[row]
            table[kind, row] = after[kind, k] - before[kind, k] if k < after.shape[1] else 0


def _add(table: Index, row: Rows, column: Index, kind: npt.NDArray[Any], sign: np.int32) -> None:
    """Add incidents of a column and a type, each as `sign`, to a table by type and row; Numba compiles it."""
    for k in range(len(column)):
        table[kind[k], row[column[k]]] += sign


def _add_at(table: Index, row: Rows, column: Index, kind: npt.NDArray[Any], sign: np.int32) -> None:
    """Do what `_add` does, where it is not compiled."""
    cells = row.take(column)
    cells += np.multiply(kind, table.shape[1], dtype=np.intp)
    np.add.at(table.ravel(), cells, sign)


_COLUMNS: dict[str, type[np.number[Any]]] = {
    "day": np.int32,
    "site": np.int32,
    "kind": np.uint8,
    "hour": np.int8,
    "source": np.uint8,
    "lon": np.float32,
    "lat": np.float32,
    "file": np.uint8,
    "row_in_file": np.int32,
    "exactness": np.int8,
}
"""Arrays with one entry an incident; `kind`, `source` and `file` are wider where there are more words."""
_DERIVED = ("site_place", "days", "day_start", "by_site", "site_start", "source_day", "source_kind")


def _starts(day: Index) -> tuple[Index, Counts]:
    """Return the days among rows sorted by day, and where each begins and, last, the number of rows."""
    if len(day) == 0:
        return day, np.zeros(1, dtype=np.int64)
    start = np.flatnonzero(np.concatenate([[True], day[1:] != day[:-1], [True]]))
    return day[start[:-1]], start


def _cubes(
    columns: Mapping[str, npt.NDArray[Any]],
    site_place: Index,
    n_kinds: int,
    day_start: Counts,
    before: Mapping[int, Cube],
    first: int,
) -> tuple[Cube, ...]:
    """Count at checkpoints, for the finest level and those much coarser; keep what `before` has up to row `first`."""
    cubes: list[Cube] = []
    for depth in before or range(len(LEVELS) - 1, -2, -1):
        column, places = _prefixes(site_place, depth)
        if before or not cubes or COARSER * len(places) <= len(cubes[-1].places):
            old = before.get(depth)
            kept = old.row[old.row <= first] if old else np.empty(0, np.int64)
            marks = _checkpoints(day_start, max(LEAST_SPACING, (1 + n_kinds) * len(places) // DENSITY), kept)
            planes = np.zeros((len(marks), 1 + n_kinds, len(places)), dtype=np.int32)
            if old:
                planes[: len(kept), : old.planes.shape[1], : old.planes.shape[2]] = old.planes[: len(kept)]
            _fill(planes, len(kept), marks, columns["kind"], columns["site"], column)
            cubes.append(Cube(depth, marks, planes, column, places))
    return tuple(sorted(cubes, key=lambda cube: cube.depth))


def _checkpoints(day_start: Counts, spacing: int, kept: Counts) -> Counts:
    """Return the first rows of days that stand `spacing` rows or more apart, and the end if that is half as far."""
    marks, n = kept.tolist(), int(day_start[-1])
    last = marks[-1] if marks else 0
    while (k := int(np.searchsorted(day_start, last + spacing))) < len(day_start):
        last = int(day_start[k])
        marks.append(last)
    if 2 * (n - last) >= spacing:
        marks.append(n)
    return np.array(marks, dtype=np.int64)


def _fill(planes: Index, kept: int, marks: Counts, kind: npt.NDArray[Any], site: Index, column: Index) -> None:
    """Add the rows up to each checkpoint from the one numbered `kept` on."""
    _, n_planes, n = planes.shape
    for k in range(kept, len(marks)):
        rows = slice(int(marks[k - 1]) if k else 0, int(marks[k]))
        packed = kind[rows].astype(np.int64) * n + column[site[rows]]
        counts = np.bincount(packed, minlength=(n_planes - 1) * n).reshape(n_planes - 1, n)
        if k:
            planes[k] = planes[k - 1]
        planes[k, 1:] += counts.astype(np.int32)
        planes[k, 0] += counts.sum(axis=0, dtype=np.int32)


def _prefixes(site_place: Index, depth: int) -> tuple[Index, Index]:
    """Return the column of each site when only levels down to `depth` count, and the places of each column.

    Columns are numbered as they appear, so that sites that come later change none of them.
    """
    if depth == len(LEVELS) - 1:
        return np.arange(len(site_place), dtype=np.int32), site_place
    known = np.array(site_place)
    known[:, depth + 1 :] = NOWHERE
    codes, first = _numbered(known[2:])
    column = np.concatenate([[OUTSIDE, UNLOCATED], codes + 2]).astype(np.int32)
    return column, np.vstack([_NOWHERE, known[2:][first]])


def _numbered(place: Index) -> tuple[Counts, Counts]:
    """Return the number of each row of an array, equal rows alike as they appear, and where each appeared first."""
    codes = np.zeros(len(place), dtype=np.int64)
    for depth in range(place.shape[1]):
        own = place[:, depth].astype(np.int64) - NOWHERE
        codes = pd.factorize(codes * (int(own.max(initial=0)) + 1) + own)[0]
    n = int(codes.max(initial=-1)) + 1
    first = np.full(n, len(codes), dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return codes, first


def _sites(known: Index, added: Sequence[CountRows]) -> tuple[Index, list[Index]]:
    """Return the places of all sites, those not yet known after the known ones, and the sites of the new rows."""
    families = [_families(rows) for rows in added]
    # the first is nowhere, which becomes one of two sites
    tables = [_NOWHERE[:1], known[2:], *(table for table, _ in families)]
    number, first = _numbered(np.vstack(tables))
    fresh = np.vstack(tables)[first[len(known) - 1 :]]
    order = np.lexsort(fresh.T)  # by the finest place: tables of places are then filled from top to bottom
    final = np.arange(1, len(first) + 1, dtype=np.int32)
    final[len(known) - 1 + order] = np.arange(len(known), len(known) + len(fresh), dtype=np.int32)
    sites, start = [], len(known) - 1
    for rows, (table, family) in zip(added, families, strict=True):
        site = final[number[start : start + len(table)]].take(family)
        start += len(table)
        nowhere = np.flatnonzero(site == UNLOCATED)
        site[nowhere[np.isfinite(rows.lon[nowhere]) & np.isfinite(rows.lat[nowhere])]] = OUTSIDE
        sites.append(site)
    return np.vstack([known, fresh[order]]), sites


def _families(rows: CountRows) -> tuple[Index, Index]:
    """Return the places that occur among some rows, each once, and which of them each row has."""
    if rows.family is None:
        codes, first = _numbered(rows.place)
        return rows.place[first], codes.astype(np.int32)
    used = np.bincount(rows.family, minlength=len(rows.place)) > 0
    return rows.place[used], (np.cumsum(used, dtype=np.int32) - 1).take(rows.family)


def _extended(
    known: tuple[str, ...], used: Sequence[tuple[tuple[str, ...], Index]]
) -> tuple[tuple[str, ...], list[npt.NDArray[Any]]]:
    """Add the words that codes use to the known ones, sorted; return also the new code of each old one."""
    fresh = {
        words[code]
        for words, codes in used
        for code in np.flatnonzero(np.bincount(codes, minlength=len(words))).tolist()
    }
    words = (*known, *sorted(fresh.difference(known)))
    number = {word: k for k, word in enumerate(words)}
    dtype = _smallest(len(words))
    return words, [np.array([number.get(word, 0) for word in own], dtype=dtype) for own, _ in used]


def _without(
    dead: npt.ArrayLike, words: tuple[str, ...], codes: npt.NDArray[Any]
) -> tuple[tuple[str, ...], npt.NDArray[Any]]:
    """Leave out the words that no code stands for, and number the codes anew."""
    live = ~np.asarray(dead, dtype=np.bool_)
    if live.all():
        return words, codes
    table = (np.cumsum(live) - 1).astype(codes.dtype)
    return tuple(word for word, lives in zip(words, live, strict=True) if lives), table[codes]


def _marked(rows: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """Return which of the rows up to the last of `rows` are among them."""
    marks = np.zeros(int(rows.max(initial=-1)) + 1, dtype=np.bool_)
    marks[rows] = True
    return marks


def _tally(one: npt.NDArray[Any], other: npt.NDArray[Any], n: int, values: Index) -> Counts:
    """Count pairs of a code below `n` and one of the ascending `values`, shape (n, len(values))."""
    table = np.zeros(n * len(values), dtype=np.int64)
    if len(one) == 0:
        return table.reshape(n, len(values))
    lowest = int(values[0])
    position = np.zeros(int(values[-1]) - lowest + 1, dtype=np.int64)
    position[values - lowest] = np.arange(len(values))
    for start in range(0, len(one), _CHUNK):
        part = slice(start, start + _CHUNK)
        packed = position.take(other[part].astype(np.int32) - lowest)
        packed += np.multiply(one[part], len(values), dtype=np.int64)
        table += np.bincount(packed, minlength=len(table))
    return table.reshape(n, len(values))


def _grown(table: Counts, shape: tuple[int, int]) -> Counts:
    """Return a table with zeros added after its rows and columns."""
    larger = np.zeros(shape, dtype=np.int64)
    larger[: table.shape[0], : table.shape[1]] = table
    return larger


def _order(days: Index) -> npt.NDArray[np.intp] | None:
    """Return the order that sorts days and keeps what is of one day in order; None if they are sorted."""
    if len(days) == 0 or bool((days[1:] >= days[:-1]).all()):
        return None
    first = int(days.min())
    short = int(days.max()) - first < 1 << 16  # 16 bits are sorted in linear time
    return np.argsort((days - first).astype(np.uint16) if short else days, kind="stable")


def _grouped(codes: Index, n: int) -> tuple[Index, Counts]:
    """Return the order that brings equal codes (below `n`) together as they stand, and where each begins."""
    rows = np.arange(len(codes), dtype=np.int32)
    cells = sparse.coo_array((np.ones(len(codes), np.int8), (codes, rows)), shape=(n, len(codes)))
    cells.has_canonical_format = True  # no row twice
    table = cells.tocsr()
    return table.indices, table.indptr.astype(np.int64)


def _smallest(n: int) -> type:
    """Return the smallest type of whole number that counts to `n`."""
    return np.uint8 if n <= 1 << 8 else np.uint16 if n <= 1 << 16 else np.int32


def _write_array(folder: Path, name: str, array: npt.NDArray[Any]) -> None:
    with (folder / f"{name}.npy").open("wb") as out:
        np.save(out, array, allow_pickle=False)
        out.flush()
        os.fsync(out.fileno())  # a name must never stand over blocks that were not written


def _number(day: dt.date) -> int:
    return day.toordinal() - _EPOCH


def _date(number: int) -> dt.date:
    return dt.date.fromordinal(int(number) + _EPOCH)
