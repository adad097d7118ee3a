"""Half a million made-up incidents: drawn by type, day and address, then thinned, planted and written down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.demo.addresses import METRES_PER_DEGREE, Addresses
from geodata.demo.days import Days, day_factors
from geodata.demo.facts import Flags, Floats, Ints, Objects, TypeHabits
from geodata.demo.truths import MISSING_SHARE, OUTSIDE_SHARE, RADIUS_M, Hotspot, Step, Truths

_SPREAD_M = 25.0
_EXACT_SHARE = 0.4
"""Share of incidents that are written down with their address's own coordinates, as a geocoder does."""
_SPOT_ADDRESSES = 30
_DELAY_HOURS = {"police_110": 0.1, "traffic_police": 0.2, "fire_rescue": 0.1, "city_management": 2.0}
_DELAY_HOURS_ELSE = 20.0
_OPEN_DAYS = 6.0


@dataclass(frozen=True)
class Scene:
    """What all draws have in common.

    Attributes
    ----------
    days
        Local days of the data.
    types
        What `read_types` returns.
    addresses
        Where things happen.
    street
        Street's place_id of every address.
    weights
        (sub_index, where) → weight of every address, sum 1.
    land
        The city's outline, EPSG:4326.
    truths
        What is planted.
    """

    days: Days
    types: dict[str, TypeHabits]
    addresses: Addresses
    street: Objects
    weights: dict[tuple[str, str], Floats]
    land: BaseGeometry
    truths: Truths


def draw_source(scene: Scene, source: str, rng: np.random.Generator) -> pd.DataFrame:
    """Draw all incidents that one source reports.

    Returns
    -------
    pd.DataFrame
        Columns id, time, lon, lat [degrees, WGS-84], type, status, received_at; sorted by time; times naive local.
    """
    drawn = [_draw_type(scene, habits, rng) for habits in scene.types.values() if habits.source == source]
    drawn += [
        _draw_hotspot(scene, spot, rng) for spot in scene.truths.hotspots if scene.types[spot.types[0]].source == source
    ]
    incidents = pd.concat(drawn, ignore_index=True)
    if source == scene.truths.silence.source:
        silent = incidents["time"].between(scene.truths.silence.start, scene.truths.silence.end, inclusive="left")
        incidents = incidents[~silent]
    incidents = incidents.sort_values(["time", "type", "lon", "lat"], ignore_index=True)
    _lose_positions(incidents, scene.land, rng)
    return _write_down(incidents, source, scene.days.dates[-1] + pd.Timedelta(days=1), rng)


def _draw_type(scene: Scene, habits: TypeHabits, rng: np.random.Generator) -> pd.DataFrame:
    day = np.repeat(np.arange(len(scene.days.dates)), rng.poisson(_daily_rates(scene, habits)))
    weights = scene.weights[habits.sub_index, habits.where]
    address = np.searchsorted(np.cumsum(weights), rng.random(len(day)) * weights.sum(), side="right")
    address = np.minimum(address, len(weights) - 1)
    kept = _kept_by_measure(scene, habits, day, address, rng)
    return _at(scene, habits, day[kept], *_near(scene.addresses, address[kept], rng), rng)


def _daily_rates(scene: Scene, habits: TypeHabits) -> Floats:
    """Return the incidents of one type to expect each day; a source that steps has its two means exactly."""
    factors = day_factors(scene.days, habits)
    if habits.source == scene.truths.step.source:
        factors = _step_factors(factors, scene.days.dates, scene.truths.step)
    return habits.per_day * factors


def _step_factors(factors: Floats, days: pd.DatetimeIndex, step: Step) -> Floats:
    after = np.asarray(days >= pd.Timestamp(step.start))
    stepped = factors.copy()
    stepped[~after] /= factors[~after].mean()
    stepped[after] *= step.after / step.before / factors[after].mean()
    return stepped


def _kept_by_measure(scene: Scene, habits: TypeHabits, day: Ints, address: Ints, rng: np.random.Generator) -> Flags:
    measure = scene.truths.intervention
    factor = measure.factors.get(habits.sub_index, 1.0)
    concerned = (scene.street[address] == measure.place_id) & (scene.days.dates[day] >= pd.Timestamp(measure.start))
    return np.asarray(~concerned | (rng.random(len(day)) < factor))


def _near(addresses: Addresses, address: Ints, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return positions at or around addresses, never leaving their grid cell."""
    away = np.minimum(np.abs(rng.normal(0.0, _SPREAD_M, len(address))), 0.95 * addresses.clear_m[address])
    away[rng.random(len(address)) < _EXACT_SHARE] = 0.0
    return _moved(addresses.lon[address], addresses.lat[address], away, rng)


def _moved(lon: Floats, lat: Floats, away_m: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    heading = rng.uniform(0, 2 * np.pi, len(lon))
    north = away_m * np.sin(heading) / METRES_PER_DEGREE
    east = away_m * np.cos(heading) / (METRES_PER_DEGREE * np.cos(np.radians(lat)))
    return lon + east, lat + north


def _draw_hotspot(scene: Scene, spot: Hotspot, rng: np.random.Generator) -> pd.DataFrame:
    day = np.repeat(np.arange(len(scene.days.dates)), rng.poisson(spot.daily_rates(scene.days.dates)))
    centre = np.full(_SPOT_ADDRESSES, spot.lon), np.full(_SPOT_ADDRESSES, spot.lat)
    lon, lat = _moved(*centre, 0.9 * RADIUS_M * np.sqrt(rng.random(_SPOT_ADDRESSES)), rng)
    chosen = rng.integers(0, _SPOT_ADDRESSES, len(day))
    away = rng.uniform(0.0, 0.08 * RADIUS_M, len(day)) * (rng.random(len(day)) > _EXACT_SHARE)
    return _at(scene, scene.types[spot.types[0]], day, *_moved(lon[chosen], lat[chosen], away, rng), rng)


def _at(
    scene: Scene, habits: TypeHabits, day: Ints, lon: Floats, lat: Floats, rng: np.random.Generator
) -> pd.DataFrame:
    minute = rng.choice(24, len(day), p=habits.hours / habits.hours.sum()) * 60 + rng.integers(0, 60, len(day))
    time = scene.days.dates.to_numpy()[day] + minute.astype("timedelta64[m]")
    return pd.DataFrame({"time": time.astype("datetime64[s]"), "lon": lon, "lat": lat, "type": habits.name})


def _lose_positions(incidents: pd.DataFrame, land: BaseGeometry, rng: np.random.Generator) -> None:
    """Take the position from a few incidents, and put a few into the sea or a neighbouring city."""
    lot = rng.random(len(incidents))
    outside = np.flatnonzero((lot >= MISSING_SHARE) & (lot < MISSING_SHARE + OUTSIDE_SHARE))
    incidents.loc[lot < MISSING_SHARE, ["lon", "lat"]] = np.nan
    incidents.loc[outside, ["lon", "lat"]] = _points_outside(land, len(outside), rng)


def _points_outside(land: BaseGeometry, count: int, rng: np.random.Generator) -> Floats:
    west, south, east, north = land.bounds
    around = land.buffer(0.08)
    shapely.prepare([land, around])
    points = np.empty((0, 2))
    while len(points) < count:
        x = rng.uniform(west - 0.08, east + 0.08, 4 * count)
        y = rng.uniform(south - 0.08, north + 0.08, 4 * count)
        fits = shapely.contains_xy(around, x, y) & ~shapely.contains_xy(land, x, y)
        points = np.concatenate([points, np.stack([x, y], axis=1)[fits]])
    return points[:count]


def _write_down(incidents: pd.DataFrame, source: str, now: pd.Timestamp, rng: np.random.Generator) -> pd.DataFrame:
    """Give incidents their numbers, the time they were received, and how far they are."""
    initials = "".join(word[0] for word in source.split("_")).upper()
    year = incidents["time"].dt.year
    delay_h = rng.lognormal(0.0, 1.0, len(incidents)) * _DELAY_HOURS.get(source, _DELAY_HOURS_ELSE)
    received = incidents["time"] + pd.to_timedelta(np.ceil(delay_h * 60) * 60, unit="s").as_unit("s")
    is_open = (now - incidents["time"]).dt.total_seconds() / 86_400 < rng.exponential(_OPEN_DAYS, len(incidents))
    numbers = [f"{initials}{y}-{n:07d}" for y, n in zip(year, range(1, len(incidents) + 1), strict=True)]
    return pd.DataFrame(
        {
            "id": pd.Series(numbers, dtype="str"),
            "time": incidents["time"],
            "lon": incidents["lon"].round(6),
            "lat": incidents["lat"].round(6),
            "type": incidents["type"].astype("str"),
            "status": np.where(is_open, "办理中", "已办结"),
            "received_at": received,
        }
    )
