"""Answers that are kept: in memory, and in the city's folder for the next process."""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import time
import zipfile
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from geodata.city import DAMAGED, CityData

Arrays = Mapping[str, npt.NDArray[Any]]
MOST = 400
"""Stored answers of one city; beyond, the oldest go."""
_FORMAT = 3
_DAY_S = 86_400.0
_DAMAGED = (*DAMAGED, zipfile.BadZipFile, zlib.error)
_LOG = logging.getLogger(__name__)


def stored(
    city: CityData,
    folder: Path | None,
    question: str,
    arguments: object,
    make: Callable[[], Arrays],
    *,
    of_boundaries: bool = False,
) -> Arrays:
    """Return the answer to a question about the city as it is now, made once.

    Parameters
    ----------
    city
        The city; its answers hold until its data change.
    folder
        The city folder; None keeps the answer in memory only.
    question
        A word.
    arguments
        What the answer depends on beside the data, of which ``repr`` tells all.
    make
        Answers; not asked again where the answer is stored. A damaged file is made anew, and a full disk costs speed
        only.
    of_boundaries
        Whether the answer holds as long as the boundaries do, whatever else changes.
    """
    version = city.boundary_version if of_boundaries else city.data_version
    asked = json.dumps([_FORMAT, version, question, repr(arguments)])
    digest = hashlib.sha256(asked.encode()).hexdigest()[:20]

    def answer() -> Arrays:
        if folder is None:
            return make()
        path = folder / "derived" / city.boundary_version / f"patterns-{question}-{digest}.npz"
        with suppress(*_DAMAGED), path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            return {name: kept[name] for name in kept.files}
        made = make()
        _write(path, made)
        return made

    return city.kept(("patterns", digest), answer)


def _write(path: Path, made: Arrays) -> None:
    """Store an answer completely or not at all, and forget the oldest."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **made)
        part.replace(path)
        known = sorted(path.parent.glob("patterns-*.npz"), key=_written_at)
        for old in known[:-MOST]:
            old.unlink(missing_ok=True)
        for cut_off in path.parent.glob("patterns-*.part"):
            if _written_at(cut_off) < time.time() - _DAY_S:
                cut_off.unlink(missing_ok=True)
    except OSError as error:
        _LOG.warning("an answer was not kept: %s", error)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _written_at(path: Path) -> float:
    """Return when a file was written [s]; 0 if another process has removed it meanwhile."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
