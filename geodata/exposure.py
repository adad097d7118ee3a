"""What incidents are measured against: residents, households, firms, road, area; for every place and year."""

from __future__ import annotations

import unicodedata

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geodata.columns import EXPOSURE_COLUMNS
from geodata.coordinates import metric_crs
from geodata.errors import InputFileError
from geodata.locate import NOWHERE, ancestors
from geodata.vocabulary import LEVELS

Values = npt.NDArray[np.float64]
AREA = "area_km2"
KIND_WORDS = {
    "residents": ("residents", "population", "常住人口", "人口"),
    "households": ("households", "户数"),
    "firms": ("firms", "enterprises", "企业数", "企业"),
    "road_km": ("road_km", "道路里程", "道路长度"),
    AREA: (AREA, "km2", "面积"),
}
_KIND_OF = {word: kind for kind, words in KIND_WORDS.items() for word in words}


def read_exposure(table: pd.DataFrame, known_places: set[str]) -> pd.DataFrame:
    """Turn a file's text columns into exposures.

    Parameters
    ----------
    table
        Text columns place_id, kind, year, value.
    known_places
        Ids of the city's places.

    Returns
    -------
    pd.DataFrame
        ``columns.EXPOSURE_COLUMNS``, sorted; the last of repeated rows counts.

    Raises
    ------
    InputFileError
        If a column is missing, or rows name unknown places or kinds, or values that are no numbers >= 0.
    """
    if missing := [column for column in EXPOSURE_COLUMNS if column not in table.columns]:
        raise InputFileError(
            f"暴露量文件缺少“{missing[0]}”列；需要的列：{'、'.join(EXPOSURE_COLUMNS)}。",
            f"the exposure file has no column {missing[0]!r}; it needs {', '.join(EXPOSURE_COLUMNS)}.",
        )
    words = table["kind"].astype("str").map(lambda word: unicodedata.normalize("NFKC", word).strip().lower())
    exposure = pd.DataFrame(
        {
            "place_id": table["place_id"].astype("str").str.strip(),
            "kind": words.map(_KIND_OF),
            "year": pd.to_numeric(table["year"], errors="coerce"),
            "value": pd.to_numeric(table["value"], errors="coerce"),
        }
    )
    faults = {
        ("地点编号在边界中不存在", "place ids that the boundaries do not have"): ~exposure["place_id"].isin(
            known_places
        ),
        ("暴露量种类未知", "unknown kinds of exposure"): exposure["kind"].isna(),
        ("年份无法识别", "unreadable years"): ~(exposure["year"].between(1900, 2200) & (exposure["year"] % 1 == 0)),
        ("数值不是非负数", "values that are no numbers >= 0"): ~(exposure["value"] >= 0) | np.isinf(exposure["value"]),
    }
    found = {words: rows for words, rows in faults.items() if rows.any()}
    if found:
        zh = "；".join(f"{w[0]}（第 {_rows(rows)} 行）" for w, rows in found.items())
        en = "; ".join(f"{w[1]} (rows {_rows(rows)})" for w, rows in found.items())
        raise InputFileError(f"暴露量文件有误：{zh}。", f"the exposure file is wrong: {en}.")
    exposure = exposure.astype({"year": int}).drop_duplicates(["place_id", "kind", "year"], keep="last")
    return exposure.sort_values(["kind", "year", "place_id"]).reset_index(drop=True)


def _rows(fault: pd.Series[bool]) -> str:
    return ", ".join(str(row + 1) for row in np.flatnonzero(fault)[:5])


def area_km2(places: gpd.GeoDataFrame) -> Values:
    """Return the area of each place in the local metric system [km²], shape (n_places,)."""
    lon, lat = float(places.total_bounds[[0, 2]].mean()), float(places.total_bounds[[1, 3]].mean())
    return np.asarray(places.geometry.to_crs(metric_crs(lon, lat)).area.to_numpy() / 1e6)


def exposure_by_place(
    exposure: pd.DataFrame, places: pd.DataFrame, areas: Values, years: list[int]
) -> dict[str, Values]:
    """Give every place a value of every kind and year.

    Between two years of the file values are interpolated, beyond them held. Where the file knows the children, the
    parent is their sum; where it knows only the parent, children share what is left by area: so children always add up
    to their parent.

    Parameters
    ----------
    exposure
        ``columns.EXPOSURE_COLUMNS``.
    places
        place_id, level, parent_id as `boundaries.join_levels` returns them.
    areas
        Area of each place [km²], shape (n_places,).
    years
        Years to answer for.

    Returns
    -------
    dict
        Kind → values, shape (n_places, n_years), NaN = unknown. ``area_km2`` is always there.
    """
    families = _families(places)
    rows = pd.Index(places["place_id"])
    answer = {AREA: np.repeat(areas[:, None], len(years), axis=1)}
    for kind, part in exposure.groupby("kind"):
        wide = part.pivot_table(index="place_id", columns="year", values="value", aggfunc="last")
        given = pd.DataFrame(_over_years(wide, years), index=wide.index)
        answer[str(kind)] = _spread(given.reindex(rows).to_numpy(), families, areas)
    return answer


def _over_years(wide: pd.DataFrame, years: list[int]) -> Values:
    """Interpolate between the years of the file and hold beyond them, all rows that know the same years at once."""
    values, file_years = wide.to_numpy(np.float64), wide.columns.to_numpy(np.float64)
    known = np.isfinite(values)
    answer = np.empty((len(wide), len(years)))
    patterns, member = np.unique(known, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        mine = member.ravel() == number
        given = values[np.ix_(mine, pattern)]
        at = np.interp(years, file_years[pattern], np.arange(pattern.sum()))
        low = np.floor(at).astype(int)
        high = np.minimum(low + 1, pattern.sum() - 1)
        answer[mine] = given[:, low] * (1 - (at - low)) + given[:, high] * (at - low)
    return answer


def _families(places: pd.DataFrame) -> list[tuple[int, list[npt.NDArray[np.int64]]]]:
    """List each parent, coarse to fine, with its direct children grouped by level."""
    table = ancestors(places)
    level = places["level"].map({level.value: level.depth for level in LEVELS}).to_numpy()
    parent = np.full(len(places), NOWHERE, dtype=np.int64)
    for depth in range(1, len(LEVELS)):
        rows = np.flatnonzero(level == depth)
        above = table[rows, :depth]
        parent[rows] = above.max(axis=1)  # rows are sorted by level: the finest coarser place has the largest row
    frame = pd.DataFrame({"parent": parent, "level": level, "row": np.arange(len(places))})
    frame = frame[frame["parent"] != NOWHERE]
    families: dict[int, list[npt.NDArray[np.int64]]] = {}
    for _, group in frame.groupby(["parent", "level"]):
        families.setdefault(int(group["parent"].iloc[0]), []).append(group["row"].to_numpy())
    return sorted(families.items())


def _spread(given: Values, families: list[tuple[int, list[npt.NDArray[np.int64]]]], areas: Values) -> Values:
    """Make children add up to their parent, from the bottom up where they are known, from the top down where not."""
    values, least = given.copy(), np.nan_to_num(given)
    for parent, groups in reversed(families):
        whole = [children for children in groups if np.isfinite(values[children]).all()]
        if whole:
            values[parent] = least[parent] = values[whole[0]].sum(axis=0)
            continue
        parts = [least[children].sum(axis=0) for children in groups]
        least[parent] = np.max([least[parent], *parts], axis=0)
        values[parent] = np.maximum(values[parent], least[parent])  # a part is no more than the whole
    for parent, groups in families:
        if not np.isfinite(values[parent]).all():
            continue
        for children in groups:
            lacking = children[~np.isfinite(values[children]).all(axis=1)]
            if len(lacking):  # each gets what is known to lie in it, the rest is shared by area
                known = np.nansum(np.delete(values[children], np.isin(children, lacking), axis=0), axis=0)
                left = np.maximum(values[parent] - known - least[lacking].sum(axis=0), 0.0)
                values[lacking] = least[lacking] + left[None, :] * (areas[lacking] / areas[lacking].sum())[:, None]
    return values
