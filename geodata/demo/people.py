"""What incidents are measured against: residents, households, firms and kilometres of road a grid cell."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.columns import EXPOSURE_COLUMNS
from geodata.demo.facts import METRIC_CRS, Facts, Floats, Ints
from geodata.demo.mesh import people_per_km2

CENSUS_YEAR = 2020
_EMPTY_SHARE = 0.06
"""Share of cells that are parks, hills or water, where hardly anybody lives."""
_FIRMS_PER_RESIDENT = 1 / 16


def exposures_by_cell(cells: gpd.GeoDataFrame, facts: Facts, rng: np.random.Generator) -> pd.DataFrame:
    """Share the districts' people out among grid cells.

    Parameters
    ----------
    cells
        The grid cells, EPSG:4326, with PLACE_COLUMNS.
    facts
        The census, whose residents and households each district keeps exactly, and the settlements.
    rng
        Stream of the cells' differences.

    Returns
    -------
    pd.DataFrame
        Index place_id, columns residents, households, firms, road_km and area_km2, all extensive.
    """
    metres = cells.geometry.to_crs(METRIC_CRS)
    area_km2 = metres.area.to_numpy() / 1e6
    x, y = shapely.get_coordinates(shapely.centroid(metres.to_numpy())).T
    density = people_per_km2(x, y, facts.settlements)
    people = area_km2 * density * rng.lognormal(0.0, 0.45, len(cells))
    people[rng.random(len(cells)) < _EMPTY_SHARE] *= 0.03
    firms = people * (0.4 + 0.6 * rng.gamma(1.2, 1 / 1.2, len(cells)))
    district = cells["place_id"].str[:6].to_numpy()
    residents, households = np.zeros(len(cells), np.int64), np.zeros(len(cells), np.int64)
    for place_id, census in facts.census.iterrows():
        mine = district == place_id
        residents[mine] = share_out(int(census["residents"]), people[mine])
        households[mine] = share_out(int(census["households"]), residents[mine].astype(float))
    road_km = area_km2 * (0.5 + 0.13 * np.sqrt(density)) * rng.lognormal(0.0, 0.25, len(cells))
    return pd.DataFrame(
        {
            "residents": residents.astype(float),
            "households": households.astype(float),
            "firms": share_out(int(residents.sum() * _FIRMS_PER_RESIDENT), firms).astype(float),
            "road_km": np.round(road_km, 3),
            "area_km2": area_km2,
        },
        index=pd.Index(cells["place_id"], name="place_id"),
    )


def exposure_table(by_cell: pd.DataFrame) -> pd.DataFrame:
    """Return the given kinds of exposure as a long table with EXPOSURE_COLUMNS; areas are left to the shapes."""
    table = by_cell.drop(columns="area_km2").melt(ignore_index=False, var_name="kind").reset_index()
    table["year"] = CENSUS_YEAR
    return table.sort_values(["place_id", "kind"], ignore_index=True)[list(EXPOSURE_COLUMNS)]


def share_out(total: int, weights: Floats) -> Ints:
    """Divide a whole number in proportion to weights, without losing or inventing one (largest remainder).

    Examples
    --------
    >>> share_out(10, np.array([1.0, 1.0, 1.0])).tolist()
    [4, 3, 3]
    """
    exact = total * weights / weights.sum()
    whole = np.floor(exact).astype(np.int64)
    last = np.argsort(whole - exact, kind="stable")[: total - int(whole.sum())]
    whole[last] += 1
    return np.asarray(whole)
