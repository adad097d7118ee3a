"""Where things happen: a few addresses a grid cell, of which some see far more than others."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.demo.facts import METRIC_CRS, Floats, Ints, to_degrees

METRES_PER_DEGREE = 111_320.0
_PER_CELL = 6
_TRIES = 12
_UNEVENNESS = 1.3
_DENSITY_POWER = 0.3
"""Reports counted against area or roads still grow with density: more people see more."""


@dataclass(frozen=True)
class Addresses:
    """Points inside grid cells.

    Attributes
    ----------
    cell
        Row number of the grid cell, shape (n,), ascending.
    lon, lat
        Position [degrees].
    clear_m
        Distance [m] to the cell's border: whoever moves less stays in the cell.
    share
        Share of the cell's incidents, summing to 1 a cell.
    """

    cell: Ints
    lon: Floats
    lat: Floats
    clear_m: Floats
    share: Floats

    def distance_m(self, lon: float, lat: float) -> Floats:
        """Return the distance [m] of every address from a point, good for a few kilometres."""
        east = (self.lon - lon) * np.cos(np.radians(lat))
        return np.asarray(np.hypot(east, self.lat - lat) * METRES_PER_DEGREE)


def draw_addresses(cells: gpd.GeoDataFrame, rng: np.random.Generator) -> Addresses:
    """Draw the addresses of every grid cell.

    Parameters
    ----------
    cells
        The grid cells, EPSG:4326.
    rng
        Stream of their positions and of how busy they are.
    """
    shapes = cells.geometry.to_crs(METRIC_CRS).to_numpy()
    shapely.prepare(shapes)
    cell = np.repeat(np.arange(len(shapes)), _PER_CELL)
    mine = shapes[cell]
    west, south, east, north = shapely.bounds(mine).T
    x, y = shapely.get_coordinates(shapely.point_on_surface(shapes))[cell].T
    missing = np.arange(len(cell))
    for _ in range(_TRIES):
        try_x = rng.uniform(west[missing], east[missing])
        try_y = rng.uniform(south[missing], north[missing])
        inside = shapely.contains_xy(mine[missing], try_x, try_y)
        x[missing[inside]], y[missing[inside]] = try_x[inside], try_y[inside]
        missing = missing[~inside]
    share = rng.lognormal(0.0, _UNEVENNESS, len(cell))
    share /= np.bincount(cell, share)[cell]
    clear_m = shapely.distance(shapely.points(x, y), shapely.boundary(mine))
    lon, lat = to_degrees(x, y)
    return Addresses(cell, lon, lat, clear_m, share)


def cell_weights(
    by_cell: pd.DataFrame, kinds: list[tuple[str, str]], rng: np.random.Generator
) -> dict[tuple[str, str], Floats]:
    """Say how an incident type's total is shared among grid cells.

    A cell gets its share of the exposure, times what is peculiar (and stays so) to its street, community and itself.

    Parameters
    ----------
    by_cell
        Exposures, index the place_id of the grid cells.
    kinds
        Pairs of what happens (sub-index) and what spreads it (residents, households, firms, road, area), sorted.
    rng
        Stream of the peculiarities.

    Returns
    -------
    dict
        The same pairs → weights, shape (n_cells,), sum 1.
    """
    street = pd.factorize(by_cell.index.str[:9])[0]
    community = pd.factorize(by_cell.index.str[:12])[0]
    in_general = _gamma(rng, street, 10.0) * _gamma(rng, community, 20.0) * _gamma(rng, np.arange(len(by_cell)), 4.0)
    density = by_cell["residents"] / by_cell["area_km2"]
    level = density.groupby(street).transform("median").to_numpy()
    crowding = np.clip((level / np.average(level, weights=by_cell["area_km2"])) ** _DENSITY_POWER, 0.2, 2.5)
    exposure = {
        "residents": by_cell["residents"].to_numpy(),
        "households": by_cell["households"].to_numpy(),
        "firms": by_cell["firms"].to_numpy(),
        "road": by_cell["road_km"].to_numpy() * crowding**0.3,
        "area": by_cell["area_km2"].to_numpy() * crowding,
    }
    weights = {}
    for sub_index, spread_by in kinds:
        here = exposure[spread_by] * in_general * _gamma(rng, street, 9.0) * _gamma(rng, community, 10.0)
        weights[sub_index, spread_by] = here / here.sum()
    return weights


def _gamma(rng: np.random.Generator, group: Ints, shape: float) -> Floats:
    return np.asarray(rng.gamma(shape, 1 / shape, group.max() + 1)[group])
