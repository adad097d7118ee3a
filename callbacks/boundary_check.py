"""The check of the boundaries, made once a version beside the answers: it takes seconds to minutes."""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import asdict

from geodata.boundaries import BoundaryFault, check_places
from geodata.city import CityData
from geodata.errors import PinganError
from geodata.store import Store
from geodata.vocabulary import PlaceLevel

_LOG = logging.getLogger(__name__)


class BoundaryCheck:
    """Hand out what is wrong with the live boundaries, as soon as it is known; kept in ``derived/``.

    Parameters
    ----------
    store
        The city folder.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._found: dict[str, list[BoundaryFault]] = {}
        self._begun: set[str] = set()
        self._failed: dict[str, str] = {}

    def look(self, city: CityData) -> list[BoundaryFault] | None:
        """Return the findings for a city's boundaries; None while they are looked for."""
        version = city.boundary_version
        with self._lock:
            if version not in self._begun:
                self._begun.add(version)
                threading.Thread(target=self._check, args=(city,), daemon=True).start()
        return self._found.get(version)

    def failed(self, city: CityData) -> str:
        """Return why the check could not be made, "" if it could or is under way."""
        return self._failed.get(city.boundary_version, "")

    @property
    def ready(self) -> bool:
        """Say whether every check that was begun has ended."""
        return self._begun <= self._found.keys() | self._failed.keys()

    def _check(self, city: CityData) -> None:
        version = city.boundary_version
        name = f"derived/{version}/faults.json"
        try:
            kept = self._store.read_file(name)
            found = _read(kept) if kept else None
            if found is None:
                found = check_places(city.places)
                self._store.write_file(name, json.dumps([asdict(fault) for fault in found]).encode())
            self._found[version] = found
        except (PinganError, ValueError, MemoryError) as error:
            _LOG.warning("the boundaries could not be checked", exc_info=error)
            self._failed[version] = type(error).__name__


def _read(kept: bytes) -> list[BoundaryFault] | None:
    """Read kept findings, None if they are damaged."""
    try:
        return [BoundaryFault(**{**each, "level": PlaceLevel(each["level"])}) for each in json.loads(kept)]
    except (ValueError, TypeError, KeyError):
        return None
