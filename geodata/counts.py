"""The count index: every incident as a few small numbers sorted by day; any place, period and type in milliseconds.

An incident's *site* is its place at every level, so that what lies in a parent but in none of its children is counted
too: children + unlocated + outside = parent holds by construction, on every answer.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geodata.locate import NOWHERE
from geodata.vocabulary import LEVELS, PlaceLevel, TimePrecision

Index = npt.NDArray[np.int32]
OUTSIDE, UNLOCATED = 0, 1
"""The first two sites: a position in no place, and no position at all."""
_EPOCH = dt.date(1970, 1, 1).toordinal()
_ARRAYS = ("day", "site", "kind", "hour", "source", "lon", "lat", "site_place")


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
class CountIndex:
    """All live incidents, sorted by local day.

    Arrays are aligned, shape (n,): `day` in days since 1970-01-01, `site` (row of `site_place`), `kind` (position in
    `types`), `hour` (-1 unknown), `source` (position in `sources`), `lon` and `lat` in degrees (EPSG:4326, NaN without
    position). `site_place` has shape (n_sites, 4): row of the place at each level, ``NOWHERE`` where none.
    """

    day: Index
    site: Index
    kind: Index
    hour: npt.NDArray[np.int8]
    source: npt.NDArray[np.int16]
    lon: npt.NDArray[np.float32]
    lat: npt.NDArray[np.float32]
    site_place: Index
    types: tuple[str, ...]
    sources: tuple[str, ...]
    precision: TimePrecision
    n_places: int

    @classmethod
    def build(
        cls, incidents: pd.DataFrame, place: Index, *, n_places: int, precision: TimePrecision = TimePrecision.MINUTE
    ) -> CountIndex:
        """Sort incidents by day and number their sites, types and sources.

        Parameters
        ----------
        incidents
            occurred_on (datetime64), hour, incident_type, source, lon, lat; shape (n, ·).
        place
            Row of the place at each level, shape (n, 4).
        n_places
            Rows of the city's table of places.
        precision
            The coarsest precision of time among the incidents.
        """
        days = incidents["occurred_on"].to_numpy().astype("datetime64[D]").astype(np.int32)
        order = np.argsort(days, kind="stable")
        lon, lat = incidents["lon"].to_numpy(np.float64), incidents["lat"].to_numpy(np.float64)
        given = np.isfinite(lon) & np.isfinite(lat)
        located = (place != NOWHERE).any(axis=1)
        site = np.where(given, OUTSIDE, UNLOCATED).astype(np.int32)
        sites, inverse = np.unique(place[located], axis=0, return_inverse=True)
        site[located] = inverse.ravel().astype(np.int32) + 2
        nowhere = np.full((2, len(LEVELS)), NOWHERE, dtype=np.int32)
        kinds, types = pd.factorize(incidents["incident_type"], sort=True)
        source, sources = pd.factorize(incidents["source"], sort=True)
        return cls(
            day=days[order],
            site=site[order],
            kind=kinds.astype(np.int32)[order],
            hour=incidents["hour"].to_numpy(np.int8)[order],
            source=source.astype(np.int16)[order],
            lon=lon.astype(np.float32)[order],
            lat=lat.astype(np.float32)[order],
            site_place=np.vstack([nowhere, sites.reshape(-1, len(LEVELS)).astype(np.int32)]),
            types=tuple(str(name) for name in types),
            sources=tuple(str(name) for name in sources),
            precision=precision,
            n_places=n_places,
        )

    # --- keeping ---

    def save(self, folder: Path) -> None:
        """Write the arrays as .npy files and the rest as JSON."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in _ARRAYS:
            np.save(folder / f"{name}.npy", getattr(self, name), allow_pickle=False)
        rest = {
            "types": self.types,
            "sources": self.sources,
            "precision": self.precision.value,
            "n_places": self.n_places,
        }
        (folder / "index.json").write_text(json.dumps(rest, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> CountIndex:
        """Map the arrays that `save` wrote into memory."""
        rest = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in _ARRAYS}
        return cls(
            **arrays,
            types=tuple(rest["types"]),
            sources=tuple(rest["sources"]),
            precision=TimePrecision(rest["precision"]),
            n_places=int(rest["n_places"]),
        )

    # --- asking ---

    @property
    def span(self) -> tuple[dt.date, dt.date] | None:
        """Return the first and the last day with an incident, None if there are none."""
        if len(self.day) == 0:
            return None
        return _date(self.day[0]), _date(self.day[-1])

    def rows(self, start: dt.date, end: dt.date) -> slice:
        """Return the rows of the half-open span of days ``start`` … ``end``."""
        low, high = np.searchsorted(self.day, [_number(start), _number(end)])
        return slice(int(low), int(high))

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
    ) -> npt.NDArray[np.intp]:
        """Return the rows of a span, in a place, of some types (positions in `types`); None = all.

        `outside` says whether incidents in no place of the city count too.
        """
        rows = self.rows(start, end)
        keep = np.ones(rows.stop - rows.start, dtype=np.bool_)
        if within is not None:
            keep &= self.sites_in(*within)[self.site[rows]]
        if types is not None:
            wanted = np.zeros(len(self.types), dtype=np.bool_)
            wanted[types] = True
            keep &= wanted[self.kind[rows]]
        if not outside:
            keep &= self.site[rows] != OUTSIDE
        return np.asarray(np.flatnonzero(keep) + rows.start)

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
        rows = self.selected(start, end, within=within, types=types)
        sites = np.bincount(self.site[rows], minlength=len(self.site_place))
        place = self.site_place[:, level.depth]
        listed = np.zeros(self.n_places, dtype=np.bool_)
        listed[members] = True
        in_listed = (place != NOWHERE) & listed[place]
        counts = np.bincount(place[in_listed], weights=sites[in_listed], minlength=self.n_places)
        outside = int(sites[OUTSIDE])
        return PlaceCounts(
            level=level,
            places=pd.Series(counts[members].astype(np.int64), index=members, name="incidents"),
            unlocated=int(sites[~in_listed].sum()) - outside,
            outside=outside,
        )

    def place_types(self, level: PlaceLevel, start: dt.date, end: dt.date) -> npt.NDArray[np.int64]:
        """Count incidents in each place of a level by type, shape (n_places, n_types)."""
        rows = self.rows(start, end)
        n_types = len(self.types)
        place = self.site_place[:, level.depth][self.site[rows]].astype(np.int64)
        inside = place != NOWHERE
        packed = place[inside] * n_types + self.kind[rows][inside]
        return np.bincount(packed, minlength=self.n_places * n_types).reshape(self.n_places, n_types)

    def period_types(
        self, starts: list[dt.date], within: tuple[int, PlaceLevel] | None = None, *, outside: bool = True
    ) -> npt.NDArray[np.int64]:
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
        n_types = len(self.types)
        rows = self.selected(starts[0], starts[-1], within=within, outside=outside)
        edges = np.array([_number(day) for day in starts])
        period = np.searchsorted(edges, self.day[rows], side="right") - 1
        packed = period * n_types + self.kind[rows]
        return np.bincount(packed, minlength=(len(starts) - 1) * n_types).reshape(len(starts) - 1, n_types)

    def source_days(self) -> npt.NDArray[np.int64]:
        """Count incidents by source and day of `span`, shape (n_sources, n_days)."""
        if self.span is None:
            return np.zeros((len(self.sources), 0), dtype=np.int64)
        days = int(self.day[-1] - self.day[0]) + 1
        packed = self.source.astype(np.int64) * days + (self.day - self.day[0])
        return np.bincount(packed, minlength=len(self.sources) * days).reshape(len(self.sources), days)

    def source_types(self) -> npt.NDArray[np.int64]:
        """Count incidents by source and type, shape (n_sources, n_types)."""
        packed = self.source.astype(np.int64) * len(self.types) + self.kind
        return np.bincount(packed, minlength=len(self.sources) * len(self.types)).reshape(
            len(self.sources), len(self.types)
        )


def _number(day: dt.date) -> int:
    return day.toordinal() - _EPOCH


def _date(number: int) -> dt.date:
    return dt.date.fromordinal(int(number) + _EPOCH)
