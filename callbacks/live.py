"""The city as it is now: read once, read again when the ledger says that something changed."""

from __future__ import annotations

import datetime as dt
import gzip
import importlib
import threading
import time
from contextlib import suppress
from pathlib import Path

from geodata import classes
from geodata.alerts.book import Told, told
from geodata.city import CityData, read_city, thin_outlines
from geodata.errors import SelectionError
from geodata.locate import Locator
from geodata.memory import Memory
from geodata.search import SearchIndex
from geodata.store import LEDGER, Store
from geodata.vocabulary import PlaceLevel
from layers.features import FORMAT, geometry_json
from layers.pages.map import map_parts, panel_parts
from layers.view import LAYERS, default_view

CHECK_EVERY_S = 1.0
MOST_TOLD_BYTES = 4_000_000
"""What alerts that were read may hold in memory."""


class LiveCity:
    """Hand out the current state of a city folder to many threads.

    Parameters
    ----------
    store
        The city folder.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._changes = store.changes()
        self._city = read_city(store)
        self.number = 0
        """Grows whenever another city is handed out."""
        self._checked = time.monotonic()
        self._told = Memory(MOST_TOLD_BYTES)
        self._geometry: dict[tuple[str, PlaceLevel], bytes] = {}
        self._finders: dict[str, tuple[SearchIndex, Locator]] = {}
        self._finding = threading.Lock()
        self._asked = {layer: threading.Lock() for layer in ("", *LAYERS)}
        self._warm()

    def _warm(self) -> None:
        """Compute what the first visitor would otherwise wait for; outlines of fine levels while the server runs."""
        with suppress(ImportError):  # plotly would load it in its first answers, and takes it half loaded from another
            importlib.import_module("PIL.Image")
        city = self._city
        for level in city.levels[:1]:
            self.geometry(city.boundary_version, level)
        if city.index.span is not None:
            view = default_view(city)
            map_parts(view, city)
            panel_parts(view, city)
        rest = [(city.boundary_version, level) for level in city.levels[1:]]

        def make_the_rest() -> None:
            classes.warm()
            if city.index.span is not None:  # loads the compiled loops, which the first reader would wait for
                first, last = city.index.span
                for level in city.levels:
                    city.index.place_types(level, first + dt.timedelta(days=1), last - dt.timedelta(days=1))
            self.finders(city)
            for each in rest:
                self.geometry(*each)

        threading.Thread(target=make_the_rest, daemon=True).start()

    @property
    def changes(self) -> int:
        """Return how often anything was published in the city that is handed out."""
        return self._changes

    def current(self, at_least: int = 0) -> CityData:
        """Return the city; a view that is being answered keeps the state that it began with.

        Parameters
        ----------
        at_least
            The `changes` of another reader of the folder, whose city this one must not be older than.
        """
        due = time.monotonic() - self._checked > CHECK_EVERY_S or self._changes < at_least
        if due and self._lock.acquire(blocking=False):
            try:
                changes = self._store.changes()  # asked first: what is published meanwhile is seen next time
                if changes != self._changes:
                    self._city, self._changes = read_city(self._store), changes
                    self.number += 1
                self._checked = time.monotonic()
            finally:
                self._lock.release()
        return self._city

    def alerts(self, start: dt.date, end: dt.date) -> Told:
        """Read rules and alerts of some days: they change more often than the city, and are few."""
        return self._told.kept((self.stamp(), start, end), lambda: told(self._store, start, end))

    def stamp(self) -> tuple[tuple[int, int], ...]:
        """Return what changes whenever anything is written to the ledger, by whatever process."""
        stamp = []
        for name in (LEDGER, f"{LEDGER}-wal"):
            try:
                status = (self.folder / name).stat()
            except FileNotFoundError:
                status = None
            empty = status is None or status.st_size == 0  # a reader may make and leave an empty one
            stamp.append((0, 0) if empty or status is None else (status.st_mtime_ns, status.st_size))
        return tuple(stamp)

    def finders(self, city: CityData) -> tuple[SearchIndex, Locator]:
        """Return what finds places by name and by position, made once a boundary version."""
        names = (city.settings.name, city.settings.english)
        key = "\n".join([city.boundary_version, *names])
        with self._finding:
            if key not in self._finders:
                self._finders = {key: (SearchIndex(city.places, names), Locator(city.places))}
            return self._finders[key]

    @property
    def folder(self) -> Path:
        """Return the city folder."""
        return self._store.folder

    def asked(self, layer: str) -> threading.Lock:
        """Return what map and card hold while they ask for a layer's pattern, so that it is worked out once."""
        return self._asked[layer]

    def geometry(self, version: str, level: PlaceLevel) -> bytes:
        """Return the outlines of a level, encoded and gzipped; made once a boundary version, kept in `derived/`.

        Raises
        ------
        SelectionError
            If this is not the live version, or the city has no such level.
        """
        city = self.current()
        if version != city.boundary_version or level not in city.levels:
            raise SelectionError("没有这一版边界。", "there is no such version of the boundaries.")
        if (version, level) not in self._geometry:
            self._geometry[version, level] = packed_outlines(self._store, city, level)
        return self._geometry[version, level]


def packed_outlines(store: Store, city: CityData, level: PlaceLevel) -> bytes:
    """Return the outlines of a level, encoded and gzipped; kept in `derived/`."""
    name = f"derived/{city.boundary_version}/{level.value}-{FORMAT}.json.gz"
    packed = store.read_file(name)
    if packed is None:
        rows = city.members(level, city.city)
        tokens = [city.place(int(row)).token for row in rows]
        packed = gzip.compress(geometry_json(thin_outlines(store).iloc[rows], level, tokens), 9, mtime=0)
        store.write_file(name, packed)
    return packed
