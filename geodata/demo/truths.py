"""What is planted in the demo city, to be found again: hotspots, a measure that worked, a silence, a shifted file."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.columns import LONLAT_CRS
from geodata.demo.addresses import Addresses
from geodata.demo.facts import METRIC_CRS, Floats, to_degrees
from geodata.vocabulary import PlaceLevel

RADIUS_M = 200.0
MISSING_SHARE = 0.005
OUTSIDE_SHARE = 0.003


@dataclass(frozen=True)
class Hotspot:
    """Too many incidents of one type around one point.

    Attributes
    ----------
    name
        A key.
    place_ids
        The streets that it lies in.
    types
        Incident types, one.
    lon, lat
        Its centre [degrees, WGS-84].
    radius_m
        Everything planted lies within.
    start, end
        Half-open span of local days, ISO.
    per_day
        Planted incidents a day; of an emerging hotspot at the end, growing from zero at `start` in a straight line.
    emerging
        Whether it grows.
    factor
        (usual + planted) / usual rate within the radius, on the span's average.
    expected
        Planted incidents in the whole span.
    """

    name: str
    place_ids: tuple[str, ...]
    types: tuple[str, ...]
    lon: float
    lat: float
    radius_m: float
    start: str
    end: str
    per_day: float
    emerging: bool
    factor: float
    expected: float

    def daily_rates(self, days: pd.DatetimeIndex) -> Floats:
        """Return the planted incidents to expect each day, shape (n_days,)."""
        first, last = pd.Timestamp(self.start), pd.Timestamp(self.end)
        inside = (days >= first) & (days < last)
        grown = (days - first) / (last - first) if self.emerging else np.ones(len(days))
        return np.asarray(np.where(inside, self.per_day * grown, 0.0), float)


@dataclass(frozen=True)
class Intervention:
    """A measure in one street: from `start`, the named sub-indices' incidents fall to `factors` of their rate there."""

    place_id: str
    start: str
    end: str
    factors: dict[str, float]


@dataclass(frozen=True)
class Step:
    """A source whose mean number of incidents a day steps from `before` to `after` on `start`, city-wide."""

    source: str
    start: str
    end: str
    before: float
    after: float


@dataclass(frozen=True)
class Silence:
    """A source that delivers nothing from `start` to the day before `end`."""

    source: str
    start: str
    end: str


@dataclass(frozen=True)
class ShiftedBatch:
    """A batch whose positions are written in another coordinate system, and declared so."""

    source: str
    crs: str
    start: str
    end: str


@dataclass(frozen=True)
class Truths:
    """All that was planted; every date is local, every span half-open."""

    hotspots: tuple[Hotspot, ...]
    intervention: Intervention
    step: Step
    silence: Silence
    shifted: ShiftedBatch

    def to_dict(self) -> dict[str, object]:
        """Return them as plain JSON values."""
        return {
            "hotspots": [_listed(asdict(one)) for one in self.hotspots if not one.emerging],
            "emerging": [_listed(asdict(one)) for one in self.hotspots if one.emerging],
            "intervention": asdict(self.intervention),
            "step": asdict(self.step),
            "silence": asdict(self.silence),
            "shifted": asdict(self.shifted),
            "missing_share": MISSING_SHARE,
            "outside_share": OUTSIDE_SHARE,
        }


def plant(
    places: dict[PlaceLevel, gpd.GeoDataFrame],
    addresses: Addresses,
    usual: dict[str, Floats],
    start: dt.date,
    end: dt.date,
) -> Truths:
    """Choose what to plant and where.

    Parameters
    ----------
    places
        The four levels.
    addresses
        Where things usually happen.
    usual
        Incident type → usual incidents a day at each address, for the types that hotspots are made of.
    start, end
        First day of the data, and the day after the last.
    """
    streets = places[PlaceLevel.STREET].set_index("place_id").geometry
    measure = _months_before(end, 5)
    spots = [
        ("gongbei", ("440402005",), "pickpocketing", start, 0.2, False),
        ("jida", ("440402004",), "noise_quarrel", start, 0.3, False),
        ("border", ("440402001", "440402007"), "theft", start, 0.25, False),
        ("tangjiawan", ("440402100",), "ebike_theft", _months_before(end, 4), 0.7, True),
    ]
    return Truths(
        hotspots=tuple(
            _hotspot(name, ids, kind, (max(since, start), end), per_day, emerging, streets, addresses, usual[kind])
            for name, ids, kind, since, per_day, emerging in spots
        ),
        intervention=Intervention(
            "440402006", measure.isoformat(), end.isoformat(), {"public_order": 0.55, "traffic": 0.787}
        ),
        step=Step("city_management", _months_before(end, 9).isoformat(), end.isoformat(), 329.0, 240.0),
        silence=Silence("market", _days_before(end, 110), _days_before(end, 62)),
        shifted=ShiftedBatch(
            "hotline_12345", "gcj02", _months_before(end, 3).isoformat(), _months_before(end, 2).isoformat()
        ),
    )


HOTSPOT_TYPES = ("pickpocketing", "noise_quarrel", "theft", "ebike_theft")


def _hotspot(
    name: str,
    ids: tuple[str, ...],
    kind: str,
    span: tuple[dt.date, dt.date],
    per_day: float,
    emerging: bool,
    streets: gpd.GeoSeries,
    addresses: Addresses,
    usual: Floats,
) -> Hotspot:
    lon, lat = _centre(gpd.GeoSeries(streets[list(ids)]), addresses, usual)
    mean = per_day / 2 if emerging else per_day
    usual_here = float(usual[addresses.distance_m(lon, lat) <= RADIUS_M].sum())
    return Hotspot(
        name=name,
        place_ids=ids,
        types=(kind,),
        lon=lon,
        lat=lat,
        radius_m=RADIUS_M,
        start=span[0].isoformat(),
        end=span[1].isoformat(),
        per_day=per_day,
        emerging=emerging,
        factor=round((usual_here + mean) / usual_here, 2),
        expected=round(mean * (span[1] - span[0]).days, 1),
    )


def _centre(streets: gpd.GeoSeries, addresses: Addresses, usual: Floats) -> tuple[float, float]:
    """Return the busiest address whose whole disc lies in one street, or the busiest spot on a border of two."""
    metres = streets.to_crs(METRIC_CRS)
    inner = metres.union_all().buffer(-1.5 * RADIUS_M)
    if len(streets) == 2:
        line = metres.iloc[0].intersection(metres.iloc[1]).intersection(inner)
        lon, lat = to_degrees(*shapely.get_coordinates(line.interpolate(0.5, normalized=True)).T)
        return round(float(lon[0]), 6), round(float(lat[0]), 6)
    allowed = gpd.GeoSeries([inner], crs=METRIC_CRS).to_crs(LONLAT_CRS).iloc[0]
    shapely.prepare(allowed)
    best = int(np.argmax(np.where(shapely.contains_xy(allowed, addresses.lon, addresses.lat), usual, -1.0)))
    return round(float(addresses.lon[best]), 6), round(float(addresses.lat[best]), 6)


def _months_before(end: dt.date, months: int) -> dt.date:
    month = end.year * 12 + end.month - 1 - months
    return end.replace(year=month // 12, month=month % 12 + 1)


def _listed(fields: dict[str, object]) -> dict[str, object]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()}


def _days_before(end: dt.date, days: int) -> str:
    return (end - dt.timedelta(days=days)).isoformat()
