"""Density: a picture of where incidents lie. It always shows hot spots, and never whether they are chance."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geodata.city import CityData, Place
from geodata.patterns.kde import kernel_density
from geodata.spots.cells import Reason, Types, Unfit, Values, coded, decoded, metres_per_degree, named
from geodata.spots.kept import Arrays, stored
from geodata.vocabulary import Period

BANDWIDTHS_M = (250.0, 500.0, 1000.0, 2000.0, 4000.0)
CELLS_A_BANDWIDTH = 5
MOST_CELLS = 640
"""Along the longer side of a picture."""
_ROOM = 0.02
"""Added around a place, as a share of its size."""


@dataclass(frozen=True, eq=False)
class Density:
    """A picture of incidents per km²; the cells are equal in degrees, so that it is drawn as it is."""

    values: Values
    """Incidents per km², shape (rows, columns), the northern row first."""
    bounds: tuple[float, float, float, float]
    """West, south, east, north [degrees]."""
    bandwidth_m: float
    """Radius within which an incident counts: the smallest of `BANDWIDTHS_M` that the picture can show."""
    incidents: int
    """With a position, in the picture or near enough to reach into it."""
    guard: Reason | None


def density(
    city: CityData, place: Place, period: Period, types: Types | None = None, *, folder: Path | None = None
) -> Density:
    """Spread the incidents of a period over their surroundings (quartic kernel).

    Parameters
    ----------
    city, place
        The picture shows `place`; incidents around it reach in.
    period
        Any that has data.
    types
        Positions in ``city.index.types``; None = all.
    folder
        The city folder, where the answer is kept; None keeps it in memory only.
    """

    def drawn() -> Arrays:
        return _drawn(city, place, period, types)

    kept = stored(city, folder, "density", (str(period), named(city, types), place.row), drawn)
    west, south, east, north = kept["bounds"].tolist()
    return Density(
        values=kept["values"].astype(np.float64),
        bounds=(west, south, east, north),
        bandwidth_m=float(kept["bandwidth_m"]),
        incidents=int(kept["incidents"]),
        guard=decoded(kept["guard"]),
    )


def _drawn(city: CityData, place: Place, period: Period, types: Types | None) -> Arrays:
    """Draw in a plane that is scaled to metres at the middle of the picture: within 1 % over half a degree."""
    west, south, east, north = city.places.total_bounds if place.row is None else city.bounds[place.row]
    across, up = metres_per_degree(float(south + north) / 2)
    margin = _ROOM * max((east - west) * across, (north - south) * up)
    x0, y0, x1, y1 = west * across - margin, south * up - margin, east * across + margin, north * up + margin
    size = max(x1 - x0, y1 - y0)
    fit = [each for each in BANDWIDTHS_M if size * CELLS_A_BANDWIDTH / each <= MOST_CELLS]
    bandwidth = fit[0] if fit else size * CELLS_A_BANDWIDTH / MOST_CELLS
    cell = bandwidth / CELLS_A_BANDWIDTH
    rows = city.index.selected(period.start, period.end, types=types)
    x, y = city.index.lon[rows].astype(np.float64) * across, city.index.lat[rows].astype(np.float64) * up
    near = (x > x0 - bandwidth) & (x < x1 + bandwidth) & (y > y0 - bandwidth) & (y < y1 + bandwidth)
    values = kernel_density(x[near], y[near], bandwidth_m=bandwidth, cell_m=cell, bounds=(x0, y0, x1, y1)).values
    high, wide = values.shape
    bounds = [x0 / across, y0 / up, (x0 + wide * cell) / across, (y0 + high * cell) / up]
    return {
        "values": values[::-1].astype(np.float32),
        "bounds": np.array(bounds),
        "bandwidth_m": np.array(bandwidth),
        "incidents": np.array(int(near.sum())),
        "guard": coded(None if near.any() or not len(rows) else Unfit.NO_POSITIONS),
    }
