"""Places by name: what a row without a position says of where it was, such as 珠海市/香洲区/拱北街道/粤华社区."""

from __future__ import annotations

import unicodedata

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from geodata.locate import NOWHERE, Index, ancestors


def with_place_keys(place: Index, keys: pa.ChunkedArray, places: gpd.GeoDataFrame) -> Index:
    """Give rows that no place holds the place that their key names, and the places that hold it.

    A key counts only where there is no position: coordinates say more than words.

    Parameters
    ----------
    place
        Row of `places` at each level, shape (n, 4), ``NOWHERE`` where none.
    keys
        What the rows say, "" for nothing; shape (n,).
    places
        All levels as `boundaries.join_levels` returns them.
    """
    encoded = (
        keys.combine_chunks().dictionary_encode() if keys.num_chunks else pa.array([], pa.string()).dictionary_encode()
    )
    words = encoded.dictionary.to_pylist()
    if not any(words):
        return place
    rows = resolve_place_keys(words, places)
    codes = np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
    named = rows[codes]
    wanting = (place == NOWHERE).all(axis=1) & (named != NOWHERE)
    filled = place.copy()
    filled[wanting] = ancestors(places)[named[wanting]]
    return filled


def resolve_place_keys(keys: list[str], places: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Find the place that each key names: by id, by name, or by a path of names; ``NOWHERE`` where none or several.

    A path is read from its end: the finest name that is known counts, if what stands before it does not contradict it.
    A community that nobody knows in a street that is known is counted in the street.
    """
    table = ancestors(places)
    names = [_plain(name) for name in places["name"]]
    ids = places["place_id"].tolist()
    rows_of: dict[str, list[int]] = {}
    for row, (name, place_id) in enumerate(zip(names, ids, strict=True)):
        rows_of.setdefault(name, []).append(row)
        rows_of.setdefault(str(place_id), []).append(row)

    def find(key: str) -> int:
        parts = [_plain(part) for part in key.split("/") if part.strip()]
        for end in range(len(parts), 0, -1):
            above = set(parts[: end - 1])
            found = [row for row in rows_of.get(parts[end - 1], []) if _fits(row, above)]
            if len(found) == 1:
                return found[0]
            if found:
                return NOWHERE
        return NOWHERE

    def _fits(row: int, above: set[str]) -> bool:
        """Every known name before the place must be one of those that hold it."""
        family = {names[each] for each in table[row] if each != NOWHERE}
        return all(name in family for name in above if name in rows_of)

    return np.array([find(key) if key else NOWHERE for key in keys], dtype=np.int64)


def _plain(name: object) -> str:
    return unicodedata.normalize("NFKC", str(name)).strip().casefold()
