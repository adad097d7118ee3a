"""One city, read-only: the places, the count index, the method and the scores that the pages ask for."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import TypeVar

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from geodata.boundaries import outlines
from geodata.columns import UNMAPPED, WORDS
from geodata.counts import CountIndex, CountRows, PlaceCounts
from geodata.errors import SelectionError
from geodata.exposure import area_km2, exposure_by_place
from geodata.filters import Filters
from geodata.index.catalogue import Method, load_method, shipped_method
from geodata.index.expected import SILENT_EVENTS, Calibration, ExpectedDays, calibrate
from geodata.index.parameters import Parameters, parameters
from geodata.index.score import RedLine, Scores, score_places, scored_anywhere
from geodata.locate import NOWHERE, Index, Locator, ancestors
from geodata.measures import MeasureIndex
from geodata.memory import Memory, size_of
from geodata.placekeys import with_place_keys
from geodata.store import SUPERSEDED_FILE, Batch, CitySettings, Rows, State, Store, StoredFile
from geodata.vocabulary import LEVELS, Period, PeriodKind, PlaceLevel, TimePrecision

Values = npt.NDArray[np.float64]
T = TypeVar("T")
_LOG = logging.getLogger(__name__)
_NAMES = "names.json"
"""Beside a kept count index: the files that it was made of."""
_COUNTED = ("occurred_on", "hour", "incident_type", "source", "time_precision", "lon", "lat", "place_key")
_PRECISIONS = list(TimePrecision)
DAMAGED = (OSError, ValueError, KeyError, EOFError, TypeError, pa.ArrowException)
"""What reading a broken file of `derived/` may raise; it is made anew then."""
NO_DATA_EVENTS = 12.0
"""A place of the coarsest level without a single incident, where a place has so many on average, has no data."""
STRAY_SHARE = 0.05
"""Places whose parts have less than this share of the usual have strays only."""
LEAF_EVENTS = 100.0
"""Smaller places tell covered from uncovered ground if they have so many incidents on average."""


_KEPT_ALWAYS = (
    *("table", "_rows_of_level", "_row_of", "areas", "bounds", "type_positions", "no_data", "_years"),
    *("_usual_per_day", "_exposures"),
)
"""What depends on places and on all incidents: the same under another method, and in a filtered city."""
MOST_BESIDE = 4
"""Filtered and supposed cities that are kept: each holds a count index or scores of its own."""
MOST_SILENCES = 400
"""Periods of which it is kept who was silent in them."""


@dataclass(frozen=True)
class Place:
    """One place, or the city itself (row is None)."""

    row: int | None
    id: str
    token: str
    """What stands in a link: the id, or ``level:id`` where two levels share the id; "" for the city."""
    name: str
    name_en: str
    level: PlaceLevel | None

    @property
    def within(self) -> tuple[int, PlaceLevel] | None:
        """Return (row, level) as `CountIndex` wants it, None for the city."""
        return None if self.row is None or self.level is None else (self.row, self.level)

    def in_language(self, language: str) -> str:
        """Return the name, the English one where it exists and is asked for."""
        return self.name_en if language == "en" and self.name_en else self.name


@dataclass(frozen=True)
class MethodInForce:
    """A version of the method and the day from which it holds."""

    method: Method
    calibration: Calibration | None
    """Its frozen base year; None = estimated from the stored incidents."""
    valid_from: dt.date = dt.date.min


@dataclass(frozen=True)
class PlaceEvidence:
    """What scores rest on, by place and in the columns of the method."""

    counts: npt.NDArray[np.int64]
    """Incidents by type, shape (n, n_types)."""
    observed: Values
    """C, shape (n, n_indicators)."""
    expected: Values
    """E, same shape, NaN = missing."""


@dataclass(frozen=True)
class PlaceScores:
    """Scores of some places of one level in one period, with the counts behind them."""

    rows: Index
    """Row of each place in `CityData.places`; empty for the city itself."""
    scores: Scores
    counts: npt.NDArray[np.int64]
    """Incidents by place and type, shape (n, n_types); of the city with those outside of it, which are not scored."""
    observed: Values
    """C by place and indicator, shape (n, n_indicators)."""
    expected: Values
    """E by place and indicator, same shape, NaN = missing."""


@dataclass(frozen=True)
class CityData:
    """Everything that pages and commands read of a city; build it with `open_city`."""

    settings: CitySettings
    places: gpd.GeoDataFrame
    """All levels, sorted by level and id, EPSG:4326."""
    index: CountIndex
    method: Method
    """The version that answers; see `at`."""
    calibration: Calibration | None
    exposure: pd.DataFrame
    measures: pd.DataFrame
    batches: tuple[Batch, ...]
    boundary_version: str
    data_version: str
    versions: tuple[MethodInForce, ...] = ()
    """Every version of the method, in the order in which they came into force."""
    filters: Filters = field(default_factory=Filters)
    """Which of its incidents it holds; a filtered city has no scores, for nothing is known to be expected of it."""
    whole: CityData | None = None
    """The city that a filtered one is a part of."""
    _memo: Memory = field(default_factory=Memory, repr=False, compare=False)
    """One for the city, its filtered and supposed cities and those of earlier methods: together they are bounded."""
    _own: object = field(default_factory=object, init=False, repr=False, compare=False)
    """What tells this city's answers from those of the others in the memory."""
    _variants: dict[str, CityData] = field(default_factory=dict, repr=False, compare=False)
    _silences: dict[Period, npt.NDArray[np.bool_]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Small, and asked for by every day of a course: they must not push out the kept answers."""
    _beside: Memory = field(default_factory=lambda: Memory(most=MOST_BESIDE), init=False, repr=False, compare=False)
    """Filtered cities, and those under supposed weights."""

    # --- the method ---

    def at(self, period: Period) -> CityData:
        """Return the city under the version of the method that holds in a period: old periods keep theirs."""
        versions = [each for each in self.versions if each.valid_from <= period.start] or list(self.versions[:1])
        return self._under(versions[-1]) if versions else self

    def under(self, version: str) -> CityData:
        """Return the city under a published version of the method.

        Raises
        ------
        SelectionError
            If there is no such version.
        """
        for each in self.versions:
            if each.method.version == version:
                return self._under(each)
        raise SelectionError(f"没有方法版本“{version[:40]}”。", f"there is no version {version[:40]!r} of the method.")

    def _under(self, version: MethodInForce) -> CityData:
        if version.method is self.method:
            return self
        name = version.method.version
        if name not in self._variants:
            self._variants[name] = self.with_method(version.method, version.calibration)
        return self._variants[name]

    def with_method(self, method: Method, calibration: Calibration | None) -> CityData:
        """Return the city under another method; what does not depend on the method is not worked out again.

        Parameters
        ----------
        method, calibration
            The method and its base year.
        """
        other = replace(self, method=method, calibration=calibration, _variants={})
        for name in _KEPT_ALWAYS:
            if name in self.__dict__:
                other.__dict__[name] = self.__dict__[name]
        return other

    def supposing(self, weights: Mapping[str, float]) -> CityData:
        """Return the city under other weights of the sub-indices (假设), scaled to sum to 1; the others keep theirs.

        Raises
        ------
        SelectionError
            If a sub-index is unknown, a weight is negative, or all are 0.
        """
        known = {s.id for s in self.method.sub_indices}
        chosen = [weights.get(s.id, s.weight) for s in self.method.sub_indices]
        total = sum(chosen)
        if not set(weights) <= known or not total > 0 or not all(0 <= w < np.inf for w in chosen):
            raise SelectionError("假设的权重无效。", "the supposed weights are not valid.")
        sub_indices = tuple(replace(s, weight=w / total) for s, w in zip(self.method.sub_indices, chosen, strict=True))
        supposed = replace(self.method, sub_indices=sub_indices)
        return self.with_method(supposed, self.active_calibration)

    def supposed(self, weights: tuple[tuple[str, float], ...]) -> CityData:
        """Return the city under supposed weights, see `supposing`; the last few are kept."""
        return self._beside.kept(weights, lambda: self.supposing(dict(weights)))

    def aside(self, keeps: int) -> CityData:
        """Return the same city with a memory of its own: a long series must not push out the answers kept here."""
        other = replace(self, _memo=Memory(most=keeps), _variants={})
        own = {each.name for each in fields(self)}
        other.__dict__.update({name: value for name, value in self.__dict__.items() if name not in own})
        other.__dict__["_silences"] = self._silences
        return other

    # --- filters ---

    @property
    def unfiltered(self) -> CityData:
        """Return the city with all its incidents: what sources sent, and when, is asked of it."""
        return self if self.whole is None else self.whole

    def filtered(self, filters: Filters) -> CityData:
        """Return the city with only the incidents that filters keep; the last few are kept.

        Every count, list and chart of it follows, and closes, as that of any city. It has no scores.
        """
        if not filters:
            return self
        whole = self.unfiltered
        return whole._beside.kept(filters, lambda: whole._only(filters))

    def _only(self, filters: Filters) -> CityData:
        other = replace(
            self,
            index=self.index.chosen(filters.keep(self.index, self.method, self.settings.time_zone)),
            calibration=None,
            versions=(),
            data_version=hashlib.sha256(f"{self.data_version}{filters!r}".encode()).hexdigest(),
            filters=filters,
            whole=self,
            _variants={},
        )
        for name in _KEPT_ALWAYS:
            other.__dict__[name] = getattr(self, name)
        return other

    # --- places ---

    @cached_property
    def table(self) -> Index:
        """Return the row of the place at every level for each place, shape (n_places, 4)."""
        return ancestors(self.places)

    @cached_property
    def levels(self) -> tuple[PlaceLevel, ...]:
        """Return the levels that the city has, coarse to fine."""
        have = set(self.places["level"])
        return tuple(level for level in LEVELS if level.value in have)

    @cached_property
    def _rows_of_level(self) -> dict[PlaceLevel, Index]:
        level_of = self.places["level"].to_numpy(dtype=str)
        return {level: np.flatnonzero(level_of == level.value).astype(np.int32) for level in LEVELS}

    @cached_property
    def _row_of(self) -> dict[str, list[int]]:
        rows: dict[str, list[int]] = {}
        for row, (place, level) in enumerate(zip(self.places["place_id"], self.places["level"], strict=True)):
            rows.setdefault(place, []).append(row)
            rows.setdefault(f"{level}:{place}", []).append(row)
        return rows

    @cached_property
    def _names(self) -> list[tuple[str, str, str, str]]:
        columns = (self.places[name].tolist() for name in ("place_id", "level", "name", "name_en"))
        return list(zip(*columns, strict=True))

    @property
    def city(self) -> Place:
        """Return the city itself as a place."""
        return Place(None, "", "", self.settings.name, self.settings.english, None)

    def place(self, row: int) -> Place:
        """Return the place of a row."""
        place_id, level, name, name_en = self._names[row]
        token = place_id if len(self._row_of[place_id]) == 1 else f"{level}:{place_id}"
        return Place(row, place_id, token, name, name_en, PlaceLevel(level))

    def find(self, token: str) -> Place:
        """Return the place that a token or an id names; "" is the city.

        Raises
        ------
        SelectionError
            If no place has this id, or several levels do.
        """
        if token == "":
            return self.city
        rows = self._row_of.get(token, [])
        if len(rows) == 1:
            return self.place(rows[0])
        if rows:
            raise SelectionError(
                f"编号 {token} 同时出现在几个层级，请写成 层级:编号，例如 {self.place(rows[0]).token}。",
                f"place id {token} exists at several levels: write level:id, for example {self.place(rows[0]).token}.",
            )
        raise SelectionError(f"没有编号为“{token[:40]}”的地点。", f"there is no place {token[:40]!r}.")

    def lineage(self, place: Place) -> list[Place]:
        """Return the city, the places that hold `place`, and `place`, coarse to fine."""
        if place.row is None:
            return [place]
        return [self.city, *(self.place(int(row)) for row in self.table[place.row] if row != NOWHERE)]

    def members(self, level: PlaceLevel, within: Place) -> Index:
        """Return the rows of a level's places inside a place, in the order of their ids."""
        rows = self._rows_of_level[level]
        if within.row is None or within.level is None:
            return rows
        return np.asarray(rows[self.table[rows, within.level.depth] == within.row])

    def levels_below(self, place: Place) -> list[PlaceLevel]:
        """Return the finer levels that have places inside a place."""
        finer = [level for level in self.levels if place.level is None or level.depth > place.level.depth]
        return [level for level in finer if len(self.members(level, place))]

    def siblings(self, place: Place) -> Index:
        """Return the rows of the places beside a place: same level, same parent; itself included."""
        if place.row is None or place.level is None:
            return np.empty(0, dtype=np.int32)
        parent = self.lineage(place)[-2]
        return self.members(place.level, parent)

    @cached_property
    def areas(self) -> Values:
        """Return the area of each place [km²], shape (n_places,)."""
        return area_km2(self.places)

    @cached_property
    def bounds(self) -> Values:
        """Return west, south, east, north of each place in degrees, shape (n_places, 4)."""
        return np.asarray(self.places.bounds.to_numpy())

    # --- time ---

    @cached_property
    def data_as_of(self) -> dt.date | None:
        """Return the last day with data; of month-only data the last day of the last month."""
        if self.index.span is None:
            return None
        last = self.index.span[1]
        return Period.containing(last, PeriodKind.MONTH).end - dt.timedelta(days=1) if self.months_only else last

    @cached_property
    def months_only(self) -> bool:
        """Say whether some source gives only the month of its incidents."""
        return self.index.precision is TimePrecision.MONTH

    @cached_property
    def period_kinds(self) -> list[PeriodKind]:
        """Return the kinds of period that the data support."""
        fine = (PeriodKind.DAY, PeriodKind.WEEK, PeriodKind.RANGE)
        return [k for k in PeriodKind if not (self.months_only and k in fine)]

    def latest_period(self, kind: PeriodKind) -> Period | None:
        """Return the last period of a kind that the data cover to its end, else the one that they end in."""
        if self.index.span is None or self.data_as_of is None:
            return None
        period = Period.containing(self.data_as_of, kind)
        whole = period if period.end == self.data_as_of + dt.timedelta(days=1) else period.previous()
        return whole if whole.end > self.index.span[0] else period

    def offers(self, period: Period) -> bool:
        """Say whether a period has any day with data."""
        return (
            self.index.span is not None
            and self.data_as_of is not None
            and (
                period.kind in self.period_kinds and period.start <= self.data_as_of and period.end > self.index.span[0]
            )
        )

    def is_whole(self, period: Period) -> bool:
        """Say whether the data cover a period from its first day to its last."""
        if self.index.span is None or self.data_as_of is None:
            return False
        first = self.index.span[0].replace(day=1) if self.months_only else self.index.span[0]
        return first <= period.start and period.end <= self.data_as_of + dt.timedelta(days=1)

    def comparable(self, period: Period, before: Period) -> bool:
        """Say whether two periods can be compared: the data cover both whole."""
        return self.is_whole(period) and self.is_whole(before)

    def recent_periods(self, period: Period, longest: int) -> list[Period]:
        """Return up to `longest` periods of a kind, ascending, as late as the data allow but with `period` in."""
        last = max(self.latest_period(period.kind) or period, period)
        if period.kind is PeriodKind.RANGE:  # spans as long as the chosen one, and in step with it
            last = period
            while self.is_whole(last.next()):
                last = last.next()
        chosen: list[Period] = []
        while len(chosen) < longest and self.offers(last):
            chosen.append(last)
            last = last.previous()
        if chosen and period < chosen[-1]:
            return self._periods_until(period, longest)
        return chosen[::-1]

    def _periods_until(self, period: Period, longest: int) -> list[Period]:
        chosen: list[Period] = []
        while len(chosen) < longest and self.offers(period):
            chosen.append(period)
            period = period.previous()
        return chosen[::-1]

    # --- counts ---

    def is_connected(self, sub_index: str) -> bool:
        """Say whether any source ever brought a type or a measurement of a sub-index (of any, for the composite)."""
        chosen, types = self.method.sub_index(sub_index), self.types_of(sub_index)
        if chosen is None or types is None:
            return len(self.index.types) > 0
        tracks = self.unfiltered.measured.tracks
        return len(types) > 0 or any(indicator.id in tracks for indicator in chosen.indicators)

    @cached_property
    def type_positions(self) -> dict[str, int]:
        """Map each incident type that occurs to its position in the count index."""
        return {name: position for position, name in enumerate(self.index.types)}

    def find_types(self, words: Sequence[str]) -> npt.NDArray[np.intp]:
        """Return positions of types by id, name, or the source's own word.

        Raises
        ------
        SelectionError
            If a word names no type of the catalogue and none that occurs.
        """
        positions = []
        for word in words:
            name = self.method.type_words.get(word.strip().lower(), word.strip())
            found = self.type_positions.get(name, self.type_positions.get(UNMAPPED + name))
            if found is None and name not in self.method.types:
                raise SelectionError(f"没有“{word[:40]}”这种事件类型。", f"there is no incident type {word[:40]!r}.")
            if found is not None:
                positions.append(found)
        return np.array(sorted(set(positions)), dtype=np.intp)

    def types_of(self, sub_index: str) -> npt.NDArray[np.intp] | None:
        """Return the positions of a sub-index's types; None (all types) for the composite."""
        chosen = self.method.sub_index(sub_index)
        if chosen is None:
            return None
        ids = [kind.id for indicator in chosen.indicators for kind in indicator.types]
        return np.array([self.type_positions[i] for i in ids if i in self.type_positions], dtype=np.intp)

    def counts(
        self,
        level: PlaceLevel,
        start: dt.date,
        end: dt.date,
        *,
        within: Place | None = None,
        types: npt.NDArray[np.intp] | None = None,
    ) -> PlaceCounts:
        """Count incidents in the places of a level over the half-open span ``start`` … ``end``."""
        inside = within or self.city
        return self.index.by_place(level, self.members(level, inside), start, end, within=inside.within, types=types)

    # --- scores ---

    @cached_property
    def no_data(self) -> npt.NDArray[np.bool_]:
        """Say which places have no data at all, shape (n_places,); places inside them have none either.

        That is, those places of the coarsest level that have no incident although many were due, or only stray ones on
        their rim: the median of the smaller places in them has less than ``STRAY_SHARE`` of what such a place has on
        average in the city, where that is ``LEAF_EVENTS`` or more.
        """
        silent = np.zeros(len(self.places), dtype=np.bool_)
        if not self.levels or self.index.span is None:
            return silent
        first, last = self.index.span
        totals = {
            level: self.index.place_types(level, first, last + dt.timedelta(days=1)).sum(axis=1)
            for level in self.levels
        }
        level = self.levels[0]
        rows = self.members(level, self.city)
        n = totals[level][rows]
        silent[rows[(n == 0) & (n.sum() / len(rows) >= NO_DATA_EVENTS)]] = True
        frequent = [
            finer
            for finer in self.levels[1:]
            if totals[finer].sum() >= LEAF_EVENTS * len(self.members(finer, self.city))
        ]
        if frequent:
            leaves = self.members(frequent[-1], self.city)
            above = self.table[leaves, level.depth]
            leaves, above = leaves[above != NOWHERE], above[above != NOWHERE]
            counts = pd.Series(totals[frequent[-1]][leaves])
            median = counts.groupby(above).median()
            silent[median.index[median < STRAY_SHARE * counts.mean()]] = True
        top = self.table[:, level.depth]
        return np.asarray((top != NOWHERE) & silent[top])

    def silent_in(self, period: Period) -> npt.NDArray[np.bool_]:
        """Say which places sent little or nothing in a period, shape (n_places,); those without any data included.

        That is, places of the coarsest level (and those in them) with less than ``STRAY_SHARE`` of what their median
        month would bring, where that is ``SILENT_EVENTS`` or more: a gap in the reporting, not peace.
        """
        if self.whole is not None:
            return self.whole.silent_in(period)
        known = self._silences.get(period)
        if known is None:
            if len(self._silences) >= MOST_SILENCES:
                self._silences.clear()
            self._silences[period] = known = self._silent_in(period)
        return known

    def _silent_in(self, period: Period) -> npt.NDArray[np.bool_]:
        if not self.levels or self.index.span is None or self.data_as_of is None:
            return self.no_data
        days = (min(period.end, self.data_as_of + dt.timedelta(days=1)) - max(period.start, self.index.span[0])).days
        usual, rows = self._usual_per_day * days, self.members(self.levels[0], self.city)
        counts = self.counts(self.levels[0], period.start, period.end).places.to_numpy()
        silent = np.zeros(len(self.places), dtype=np.bool_)
        silent[rows] = (usual >= SILENT_EVENTS) & (counts < STRAY_SHARE * usual)
        top = self.table[:, self.levels[0].depth]
        return np.asarray(self.no_data | ((top != NOWHERE) & silent[top]))

    @cached_property
    def _usual_per_day(self) -> Values:
        """Return the incidents a day of each place of the coarsest level in its median month, shape (n_members,)."""
        if self.index.span is None:
            return np.zeros(len(self.members(self.levels[0], self.city)))
        month, rates = Period.containing(self.index.span[0], PeriodKind.MONTH), []
        while month.start <= self.index.span[1]:
            counts = self.counts(self.levels[0], month.start, month.end).places.to_numpy()
            rates.append(counts / month.days)
            month = month.next()
        return np.asarray(np.median(rates, axis=0))

    @cached_property
    def _years(self) -> list[int]:
        if self.index.span is None:
            return [2020]
        return list(range(self.index.span[0].year, self.index.span[1].year + 1))

    @cached_property
    def _exposures(self) -> dict[str, Values]:
        """Return exposure by kind, in its own unit, shape (n_places, n_years)."""
        return exposure_by_place(self.exposure, self.places, self.areas, self._years)

    def exposure_values(self, kind: str, year: int) -> Values | None:
        """Return the exposure of every place in its own unit, shape (n_places,), NaN = unknown; None if never given."""
        values = self._exposures.get(kind)
        if values is None:
            return None
        return values[:, min(max(year - self._years[0], 0), len(self._years) - 1)]

    @cached_property
    def active_calibration(self) -> Calibration | None:
        """Return the method's own base year, or one estimated from what is stored; a filtered city has none."""
        calibration = self.calibration
        if self.whole is not None:
            return None
        if calibration is None:
            calibration = self.estimated_calibration()
        elif not calibration.measure_base and calibration.base_end > calibration.base_start:
            base = self.measured.base(calibration.base_start, calibration.base_end)
            calibration = replace(calibration, measure_base=base)
        return calibration

    def estimated_calibration(self, base: tuple[dt.date, dt.date] | None = None) -> Calibration | None:
        """Estimate base-year conditions from what is stored; None without incidents.

        Parameters
        ----------
        base
            Half-open span of days; by default `index.expected.base_span`.
        """
        year = self._years[0] if base is None else base[0].year
        totals = {kind: self._city_exposure(kind, year, self.no_data) for kind in self.method.exposures}
        found = calibrate(self.index, self.method, totals, time_zone=self.settings.time_zone, base=base)
        if found is None:
            return None
        return replace(found, measure_base=self.measured.base(found.base_start, found.base_end))

    @cached_property
    def measured(self) -> MeasureIndex:
        """Return what is measured, not counted."""
        kinds = {i.exposure for i in self.method.measured if i.kind == "benefit"} & set(self._exposures)
        exposure = {kind: self._exposures[kind] / self.method.exposures[kind].unit for kind in kinds}
        above = np.full(len(self.places), NOWHERE, dtype=np.int32)
        for depth in range(1, self.table.shape[1]):
            rows = self._rows_of_level[LEVELS[depth]]
            above[rows] = self.table[rows, :depth].max(axis=1)  # rows are sorted by level: the finest is the largest
        return MeasureIndex.build(
            self.measures, self.method.measured, list(self.places["place_id"]), above, exposure, self._years
        )

    def _city_exposure(self, kind: str, year: int, silent: npt.NDArray[np.bool_]) -> float:
        values = self.exposure_values(kind, year)
        if values is None or not self.levels:
            return 0.0
        rows = self.members(self.levels[0], self.city)
        return float(np.nansum(values[rows[~silent[rows]]])) / self.method.exposures[kind].unit

    @cached_property
    def expected_days(self) -> ExpectedDays | None:
        """Return calendar and coverage factors, None for a city without incidents."""
        if self.active_calibration is None:
            return None
        return ExpectedDays.prepare(self.index, self.method, self.active_calibration, time_zone=self.settings.time_zone)

    @cached_property
    def severity(self) -> Values:
        """Return how much each type adds to each indicator, shape (n_types, n_indicators)."""
        weights = np.zeros((len(self.index.types), len(self.method.indicators)))
        for column, indicator in enumerate(self.method.indicators):
            for kind in indicator.types:
                if indicator.kind == "incident" and kind.id in self.type_positions:
                    weights[self.type_positions[kind.id], column] = kind.severity
        return weights

    def parameters(self, *, daily: bool = False) -> Parameters:
        """Return what scoring needs of the method; `daily` takes the daily set of sub-indices only."""
        return self._daily_parameters if daily else self._parameters

    @cached_property
    def _parameters(self) -> Parameters:
        return self._laid_out(daily=False)

    @cached_property
    def _daily_parameters(self) -> Parameters:
        return self._laid_out(daily=True)

    def _laid_out(self, *, daily: bool) -> Parameters:
        calibration = self.active_calibration
        if calibration is None:
            return parameters(self.method, np.ones(len(self.method.scored)), {}, {}, daily=daily)
        q = calibration.q(self.method)
        return parameters(self.method, q, calibration.measure_base, calibration.alpha, daily=daily)

    def _due(self, rows: Index | None, periods: Sequence[Period]) -> Values:
        """Return exposure · Σ M·D·coverage of the counted indicators, shape (n_rows · n_periods, n_scored).

        Of one row (None = the city) in many periods, or of many rows in one.
        """
        calibration, days = self.active_calibration, self.expected_days
        n = len(periods) if rows is None or len(periods) > 1 else len(rows)
        if calibration is None or days is None:
            return np.full((n, len(self.method.scored)), np.nan)
        blocks = [
            self._exposure_matrix(rows, period, calibration) * days.between(period.start, period.end)
            for period in periods
        ]
        return np.vstack(blocks)

    def _evidence(
        self, rows: Index | None, periods: Sequence[Period], counts: npt.NDArray[np.int64]
    ) -> tuple[Values, Values]:
        """Return C and E by indicator, shape (n_rows · n_periods, n_indicators)."""
        observed = counts @ self.severity
        expected = np.full(observed.shape, np.nan)
        calibration = self.active_calibration
        if calibration is None:
            return observed, expected
        column = {indicator.id: position for position, indicator in enumerate(self.method.indicators)}
        scored = [column[indicator.id] for indicator in self.method.scored]
        expected[:, scored] = self._due(rows, periods) * calibration.rate(self.method)
        for name, base in calibration.measure_base.items():
            if (i := column.get(name)) is not None:
                observed[:, i], denominator = self.measured.between(name, [(p.start, p.end) for p in periods], rows)
                expected[:, i] = denominator * base
        return observed, expected

    def evidence(self, level: PlaceLevel, rows: Index, period: Period) -> PlaceEvidence:
        """Return what was observed and expected of some places of a level in one period."""
        counts = self.index.place_types(level, period.start, period.end)[rows].astype(np.int64)
        return PlaceEvidence(counts, *self._evidence(rows, [period], counts))

    def evidence_over(
        self, place: Place, periods: Sequence[Period], counts: npt.NDArray[np.int64]
    ) -> tuple[Values, Values]:
        """Return C and E of one place, or the city, in any periods, shape (n_periods, n_indicators).

        Parameters
        ----------
        counts
            Incidents in each period by type, shape (n_periods, n_types).
        """
        rows = None if place.row is None else np.array([place.row], dtype=np.int32)
        return self._evidence(rows, periods, counts)

    def expected_incidents(self, level: PlaceLevel, period: Period) -> Values:
        """Return how many incidents, not weighted, base-year conditions would bring; NaN = missing.

        Returns
        -------
        np.ndarray
            Shape (n_members, n_scored): places of the level in the order of their ids, ``method.scored``.
        """
        calibration = self.active_calibration
        due = self._due(self.members(level, self.city), [period])
        return due if calibration is None else np.asarray(due * calibration.plain_rate(self.method))

    def _exposure_matrix(self, rows: Index | None, period: Period, calibration: Calibration) -> Values:
        """Return X in units of the method, shape (n_rows, n_indicators), (1, n_indicators) for the city."""
        year, silent = period.start.year, self.silent_in(period)
        kinds = [calibration.exposure.get(indicator.id, indicator.exposure) for indicator in self.method.scored]
        missing = silent if rows is None else silent[rows]
        exposure: dict[str, Values] = {}
        for kind in dict.fromkeys(kinds):
            values = self.exposure_values(kind, year)
            if values is None:
                exposure[kind] = np.full(1 if rows is None else len(rows), np.nan)
            elif rows is None:
                exposure[kind] = np.array([self._city_exposure(kind, year, silent)])
            else:
                exposure[kind] = np.where(missing, np.nan, values[rows] / self.method.exposures[kind].unit)
        columns = list(exposure)  # a few kinds for many indicators
        return np.column_stack([*exposure.values()])[:, [columns.index(kind) for kind in kinds]]

    def scores(self, level: PlaceLevel, period: Period, within: Place | None = None) -> PlaceScores:
        """Score every place of a level, or those inside a place, in one period; the last few answers are kept.

        A place's score is the same whatever else is scored with it.
        """
        inside = self.container(level, within)
        return self.kept(("scores", level, period, inside.row), lambda: self._scores(level, period, inside))

    def scored_somewhere(self, level: PlaceLevel, period: Period) -> npt.NDArray[np.bool_]:
        """Say which sub-indices any place of a level has a score of in a period, shape (n_sub_indices,)."""

        def scored() -> npt.NDArray[np.bool_]:
            found = self.evidence(level, self.members(level, self.city), period)
            daily = period.kind is PeriodKind.DAY
            return scored_anywhere(found.observed, found.expected, self.parameters(daily=daily))

        return self.kept(("scored somewhere", level, period), scored)

    def container(self, level: PlaceLevel, within: Place | None) -> Place:
        """Return where places of a level are scored for what is seen of a place: of the many grid cells only there."""
        return self.city if within is None or level is not PlaceLevel.GRID_CELL else within

    def _scores(self, level: PlaceLevel, period: Period, inside: Place) -> PlaceScores:
        rows = self.members(level, inside)
        counts = self.index.place_types(level, period.start, period.end)[rows].astype(np.int64)
        return self._scored(rows, [period], counts, level)

    def _scored(
        self, rows: Index | None, periods: Sequence[Period], counts: npt.NDArray[np.int64], level: PlaceLevel | None
    ) -> PlaceScores:
        observed, expected = self._evidence(rows, periods, counts)
        daily = periods[0].kind is PeriodKind.DAY
        scores = score_places(observed, expected, self.parameters(daily=daily), self.red_line(counts, level))
        many = rows is not None and len(periods) == 1
        return PlaceScores(
            rows if rows is not None and many else np.empty(0, dtype=np.int32), scores, counts, observed, expected
        )

    def red_line(self, counts: npt.NDArray[np.int64], level: PlaceLevel | None) -> RedLine:
        """Return what red-line incidents do to the composites of places of a level (None = the city).

        Parameters
        ----------
        counts
            Incidents by place (or period) and type, shape (n, n_types).
        """
        ceiling, deduction = np.full(len(counts), np.inf), np.zeros(len(counts))
        lines = self.method.red_lines
        applies = level is not None and level.value in lines.levels
        for name, kind in self.method.types.items():
            n = counts[:, self.type_positions[name]] if name in self.type_positions else np.zeros(len(counts))
            deduction += kind.deduction * n
            if applies and kind.red_line:
                limit = lines.severe if kind.red_line == "severe" else lines.major
                ceiling = np.minimum(ceiling, np.where(n > 0, limit, np.inf))
        return RedLine(ceiling, deduction)

    def history(self, place: Place, periods: Sequence[Period]) -> PlaceScores:
        """Score one place, or the city, in consecutive periods under this version of the method; one row a period."""
        key = ("history", place.row, tuple(periods))
        return self.kept(key, lambda: self._history(place, periods))

    def course(self, place: Place, periods: Sequence[Period]) -> PlaceScores:
        """Score one place, or the city, in consecutive periods, each under the version that held in it.

        Sub-indices and indicators are those of this version; what an earlier one did not know is missing there.
        """
        if all(self.method is not each.method for each in self.versions):
            return self.history(place, periods)  # a supposed method holds always
        cities = [self.at(period) for period in periods]
        runs = [list(run) for _, run in groupby(zip(cities, periods, strict=True), key=lambda pair: id(pair[0]))]
        parts = [
            _aligned(run[0][0].history(place, [period for _, period in run]), run[0][0].method, self.method)
            for run in runs
        ]
        return parts[0] if len(parts) == 1 else _joined(parts)

    def _history(self, place: Place, periods: Sequence[Period]) -> PlaceScores:
        starts = [period.start for period in periods] + [periods[-1].end]
        rows = None if place.row is None else np.array([place.row], dtype=np.int32)
        inside = self.index.period_types(starts, place.within, outside=False)
        scored = self._scored(rows, periods, inside, place.level)
        if place.row is not None:
            return replace(scored, rows=np.empty(0, dtype=np.int32))
        return replace(scored, counts=self.index.period_types(starts))  # what lies outside counts, and is not scored

    def kept(self, key: object, make: Callable[[], T]) -> T:
        """Keep the last answers: the same map is asked for by every browser in the room, and by both halves of a page.

        Who asks for what another thread is working out waits for it. `make` must not lead back to its own key.
        """
        return self._memo.kept((self._own, key), make)

    @property
    def held_bytes(self) -> int:
        """Return what this city holds in memory that the one it was made from does not [bytes]: its chosen incidents.

        Answers are held by the memory that it shares.
        """
        return 0 if self.whole is None else size_of(self.index)


def _aligned(scored: PlaceScores, method: Method, wanted: Method) -> PlaceScores:
    """Return scores with the columns of another version of the method."""
    if method is wanted:
        return scored
    subs = _columns([s.id for s in method.sub_indices], [s.id for s in wanted.sub_indices])
    indicators = _columns([i.id for i in method.indicators], [i.id for i in wanted.indicators])
    scores = scored.scores
    return replace(
        scored,
        scores=replace(
            scores,
            sub_score=_picked(scores.sub_score, subs),
            risk=_picked(scores.risk, subs),
            spread=_picked(scores.spread, subs),
            likely=_picked(scores.likely, subs),
            likely_spread=_picked(scores.likely_spread, subs),
            theta=_picked(scores.theta, indicators),
        ),
        observed=_picked(scored.observed, indicators),
        expected=_picked(scored.expected, indicators),
    )


def _columns(have: list[str], wanted: list[str]) -> list[int]:
    return [have.index(name) if name in have else -1 for name in wanted]


def _picked(values: Values, columns: list[int]) -> Values:
    """Return some columns, NaN for -1."""
    return np.column_stack([values[:, c] if c >= 0 else np.full(len(values), np.nan) for c in columns])


def _joined(parts: list[PlaceScores]) -> PlaceScores:
    arrays = {
        name: np.concatenate([getattr(part.scores, name) for part in parts])
        for name in (each.name for each in fields(Scores))
        if name != "anchor"
    }
    return replace(
        parts[-1],
        scores=Scores(anchor=parts[-1].scores.anchor, **arrays),
        counts=np.concatenate([part.counts for part in parts]),
        observed=np.concatenate([part.observed for part in parts]),
        expected=np.concatenate([part.expected for part in parts]),
    )


def open_city(folder: Path) -> CityData:
    """Read a city folder; derive what is missing from `derived/`.

    Raises
    ------
    CityError
        If the folder has no boundaries, or is damaged.
    """
    return read_city(Store(folder))


def read_city(store: Store, *, with_counts: bool = True) -> CityData:
    """Read the live state of a store: all of one moment, whatever is imported meanwhile."""
    state = store.state()
    places = store.places(state.boundary_version)
    index = count_index(store, state, places) if with_counts else CountIndex.empty(len(places))
    versions = _versions(state)
    last = index.span[1] if index.span is not None else dt.date.max
    now = [each for each in versions if each.valid_from <= last] or list(versions[:1])
    return CityData(
        settings=store.settings(),
        places=places,
        index=index,
        method=now[-1].method,
        calibration=now[-1].calibration,
        versions=versions,
        exposure=store.exposure(state.exposure_version),
        measures=store.measures(state.measure_version),
        batches=state.live_batches,
        boundary_version=state.boundary_version,
        data_version=state.data_version,
    )


def _versions(state: State) -> tuple[MethodInForce, ...]:
    """Return the published versions of the method; without any the shipped one, whose base year is estimated."""
    if not state.methods:
        return (MethodInForce(shipped_method(), None),)
    return tuple(
        MethodInForce(load_method(each.text, f"{each.version}.toml"), Calibration.from_toml(each.text), each.valid_from)
        for each in state.methods
    )


def count_index(store: Store, state: State, places: gpd.GeoDataFrame) -> CountIndex:
    """Read the count index of the live files, or bring the last one up to date: only what is new is read."""
    folder = store.folder / "derived" / state.boundary_version
    files, corrections = state.files(), state.files(SUPERSEDED_FILE)
    names = {"files": [file.path for file in files], "corrections": [file.path for file in corrections]}
    stamp = hashlib.sha256("".join(file.sha256 for file in [*files, *corrections]).encode()).hexdigest()[:16]
    for kept_index in folder.glob(f"counts-{stamp}-*[0-9a-f]"):
        with suppress(*DAMAGED):
            return CountIndex.load(kept_index)
    superseded = store.superseded(state)
    before, known = _last_index(folder, len(places))
    returned = _returned(store, state, set(known["corrections"]) - set(names["corrections"]))
    removed: dict[str, Rows | None] = dict.fromkeys((set(known["files"]) - set(names["files"])) | returned)
    kept = set(known["files"]) & set(names["files"]) - returned
    removed |= {path: rows for path, rows in superseded.items() if path in kept}
    fresh = [file for file in files if file.path not in kept]
    index = before.updated(list(_count_rows(store, fresh, superseded, places, folder)), removed)
    ready = _keep_index(index, folder, stamp, names)
    with suppress(*DAMAGED):  # mapped from the disk it takes no memory of this process
        return CountIndex.load(ready)
    return index


def _last_index(folder: Path, n_places: int) -> tuple[CountIndex, dict[str, list[str]]]:
    """Return the index kept last for these boundaries and the names of its files; an empty one if there is none."""
    for path in folder.glob("counts-*"):
        if path.suffix == ".part":  # of a process that was cut off
            continue
        with suppress(*DAMAGED):
            names = json.loads((path / _NAMES).read_text(encoding="utf-8"))
            return CountIndex.load(path), names
    return CountIndex.empty(n_places), {"files": [], "corrections": []}


def _returned(store: Store, state: State, lifted: set[str]) -> set[str]:
    """Return the incident files of which rows are live again, because the batches that corrected them were undone."""
    files = [file for file in state.all_files if file.path in lifted]
    return {str(path) for file in files for path in store.read_file_table(file, ["path"])["path"].unique().to_pylist()}


def _count_rows(
    store: Store, files: list[StoredFile], superseded: dict[str, Rows], places: gpd.GeoDataFrame, folder: Path
) -> Iterator[CountRows]:
    """Read and locate the live rows of incident files, two at a time."""
    locator = Locator(places, folder, expected=sum(file.rows for file in files))

    def read(file: StoredFile) -> CountRows:
        table = store.read_file_table(file, list(_COUNTED), words=WORDS)
        live = np.ones(table.num_rows, dtype=np.bool_)
        live[superseded.get(file.path, [])] = False
        rows = np.flatnonzero(live).astype(np.int32)
        if len(rows) < table.num_rows:
            table = table.take(rows)
        lon, lat = table["lon"].to_numpy(), table["lat"].to_numpy()
        located = locator.locate(lon, lat)
        kind, types = _codes(table["incident_type"])
        source, sources = _codes(table["source"])
        precision, precisions = _codes(table["time_precision"])
        occurring = [TimePrecision(precisions[code]) for code in np.flatnonzero(np.bincount(precision))]
        named = any(_codes(table["place_key"])[1])
        return CountRows(
            file=file.path,
            row=rows,
            day=table["occurred_on"].cast(pa.int32()).to_numpy(),
            hour=table["hour"].to_numpy(),
            kind=kind,
            types=types,
            source=source,
            sources=sources,
            precision=max(occurring, key=_PRECISIONS.index, default=TimePrecision.MINUTE),
            lon=lon.astype(np.float32),
            lat=lat.astype(np.float32),
            place=with_place_keys(located.place, table["place_key"], places) if named else located.families,
            family=None if named else located.family,
        )

    with ThreadPoolExecutor(2) as pool:
        yield from pool.map(read, files)


def _codes(column: pa.ChunkedArray) -> tuple[Index, tuple[str, ...]]:
    """Return a code a row and the words that the codes point to."""
    encoded = column.unify_dictionaries()
    words = encoded.chunk(0).dictionary.to_pylist() if encoded.num_chunks else []
    codes = [chunk.indices.to_numpy(zero_copy_only=False) for chunk in encoded.chunks]
    return np.concatenate([np.empty(0, np.int32), *codes]), tuple(words)


def _keep_index(index: CountIndex, folder: Path, stamp: str, names: dict[str, list[str]]) -> Path:
    """Save an index completely or not at all, and forget the older ones; return its folder.

    Every folder has a name of its own: what a reader opens under it never changes, it can only be gone.
    """
    ready = folder / f"counts-{stamp}-{secrets.token_hex(4)}"
    part = ready.with_name(f"{ready.name}.part")
    try:
        index.save(part)
        (part / _NAMES).write_text(json.dumps(names), encoding="utf-8")
        part.rename(ready)
        for old in folder.glob("counts-*"):
            if old != ready and old.suffix != ".part":
                _forget(old)
    except OSError as error:  # a full disk: the answer stands
        _LOG.warning("the count index was not kept: %s", error)
    finally:
        _forget(part)
    return ready


def _forget(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def thin_outlines(store: Store) -> gpd.GeoDataFrame:
    """Read the outlines for drawing, or make them from the live places."""
    name = store.folder / "derived" / store.boundary_version() / "outlines.parquet"
    if name.exists():
        with suppress(*DAMAGED):
            return gpd.read_parquet(name)
    thinned = outlines(store.places())
    with store.publishing(name) as part:
        thinned.to_parquet(part, index=False)
    return thinned
