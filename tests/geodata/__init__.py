"""Tests of the library; what several of them need to make stands here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from geodata.counts import CountRows
from geodata.vocabulary import LEVELS, TimePrecision


def count_rows(
    days: Sequence[str],
    types: Sequence[str],
    sources: Sequence[str] | None = None,
    *,
    lon: Sequence[float] | None = None,
    lat: Sequence[float] | None = None,
    precision: TimePrecision = TimePrecision.MINUTE,
) -> CountRows:
    """Return incidents in no place, one a day and type given."""
    n = len(days)
    kind, type_names = pd.factorize(np.array(types, dtype=object))
    source, source_names = pd.factorize(np.array(sources or ["s"] * n, dtype=object))
    nowhere = np.full(n, np.nan)
    return CountRows(
        day=np.array(days, dtype="datetime64[D]").astype(np.int32),
        hour=np.full(n, -1, dtype=np.int8),
        kind=kind.astype(np.int32),
        types=tuple(type_names),
        source=source.astype(np.int32),
        sources=tuple(source_names),
        lon=nowhere if lon is None else np.array(lon, dtype=np.float64),
        lat=nowhere if lat is None else np.array(lat, dtype=np.float64),
        place=np.full((n, len(LEVELS)), -1, dtype=np.int32),
        row=np.arange(n, dtype=np.int32),
        file="a",
        precision=precision,
    )
