"""A made-up Zhuhai (模拟数据, SIMULATED): true names and district outlines, everything else is drawn from a seed.

It is the city that a newcomer opens first and the one that the tests measure: what is planted in it is written down in
`DemoCity.truths`, so that whatever finds hotspots, effects or silences can be held against the truth.
"""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geodata.demo import addresses as where
from geodata.demo import facts as given
from geodata.demo import people
from geodata.demo.days import Days
from geodata.demo.incidents import Scene, draw_source
from geodata.demo.measured import draw_measures
from geodata.demo.mesh import cut_blocks
from geodata.demo.regions import build_places
from geodata.demo.truths import HOTSPOT_TYPES, plant
from geodata.errors import SelectionError
from geodata.vocabulary import PlaceLevel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import geopandas as gpd

__all__ = ["DemoBatch", "DemoCity", "make_demo"]


@dataclass(frozen=True)
class DemoBatch:
    """What one source delivers at once, usually for a year.

    Attributes
    ----------
    source
        Who delivers, e.g. "police_110".
    crs
        "wgs84" or "gcj02": the system that lon and lat are written in.
    table
        Columns id (unique within the source), time (naive, Asia/Shanghai), lon, lat [degrees, NaN where unknown], type
        (catalogue id), status, received_at (naive, Asia/Shanghai); sorted by time.
    """

    source: str
    crs: str
    table: pd.DataFrame


@dataclass(frozen=True)
class DemoCity:
    """A whole city, ready to be imported.

    Attributes
    ----------
    places
        Four levels with PLACE_COLUMNS, EPSG:4326, sorted by place_id, index 0..n-1; each a clean coverage that nests.
    exposure
        EXPOSURE_COLUMNS: residents, households, firms and road_km of every grid cell.
    measures
        What is measured, not counted, by street and month, ``measures.MEASURE_COLUMNS``.
    batches
        All incidents, by source and time.
    truths
        What was planted, as JSON values.
    """

    places: dict[PlaceLevel, gpd.GeoDataFrame]
    exposure: pd.DataFrame
    measures: pd.DataFrame
    batches: list[DemoBatch]
    truths: dict[str, object]


def make_demo(
    years: int = 3,
    seed: int = 0,
    *,
    end: dt.date = dt.date(2026, 11, 1),
    progress: Callable[[str, float], None] | None = None,
) -> DemoCity:
    """Make up a city with `years` years of incidents.

    The places and exposures depend on `seed` alone, not on `years` or `end`.

    Parameters
    ----------
    years
        How many years of incidents, at least 1.
    seed
        The same seed gives the same city, to the byte.
    end
        The day after the last incident, the first of a month.
    progress
        Is told the name of each step and the share done, 0 to 1.

    Raises
    ------
    SelectionError
        If `years` is below 1 or `end` is not the first of a month.
    """
    _check(years, end)
    tell = progress or (lambda _step, _share: None)
    tell("places", 0.0)
    facts = given.read_facts()
    places = build_places(cut_blocks(facts, _stream(seed, 1)), facts, _stream(seed, 2))
    tell("exposure", 0.3)
    cells = places[PlaceLevel.GRID_CELL]
    by_cell = people.exposures_by_cell(cells, facts, _stream(seed, 3))
    tell("addresses", 0.4)
    scene = _scene(places, by_cell, (end.replace(year=end.year - years), end), seed)
    batches: list[DemoBatch] = []
    sources = sorted({habits.source for habits in scene.types.values()})
    for number, source in enumerate(sources):
        tell(source, 0.5 + 0.5 * number / len(sources))
        batches += _batches(draw_source(scene, source, _stream(seed, 100 + number)), source, scene)
    residents = by_cell["residents"].groupby(by_cell.index.str[:9]).sum()
    measures = draw_measures(residents, end.replace(year=end.year - years), end, _stream(seed, 6))
    tell("done", 1.0)
    return DemoCity(places, people.exposure_table(by_cell), measures, batches, scene.truths.to_dict())


def _check(years: int, end: dt.date) -> None:
    if years < 1:
        raise SelectionError(
            f"示例城市的年数 `years` 为 {years}，请填写 1 或更大的整数。",
            f"`years` of the demo city is {years}: give 1 or more.",
        )
    if end.day != 1:
        raise SelectionError(
            f"示例城市的截止日 `end` 为 {end}，请填写某月的第一天。",
            f"`end` of the demo city is {end}: give the first day of a month.",
        )


def _stream(seed: int, part: int) -> np.random.Generator:
    """Return the random numbers of one part: parts do not disturb each other."""
    return np.random.default_rng([seed, part])


def _scene(
    places: dict[PlaceLevel, gpd.GeoDataFrame], by_cell: pd.DataFrame, span: tuple[dt.date, dt.date], seed: int
) -> Scene:
    cells = places[PlaceLevel.GRID_CELL]
    addresses = where.draw_addresses(cells, _stream(seed, 4))
    types = given.read_types()
    kinds = sorted({(habits.sub_index, habits.where) for habits in types.values()})
    weights = {
        kind: weight[addresses.cell] * addresses.share
        for kind, weight in where.cell_weights(by_cell, kinds, _stream(seed, 5)).items()
    }
    hot = [types[name] for name in HOTSPOT_TYPES]
    usual = {habits.name: habits.per_day * weights[habits.sub_index, habits.where] for habits in hot}
    return Scene(
        days=Days.between(*span),
        types=types,
        addresses=addresses,
        street=cells["place_id"].str[:9].to_numpy(object)[addresses.cell],
        weights=weights,
        land=places[PlaceLevel.DISTRICT].union_all(),
        truths=plant(places, addresses, usual, *span),
    )


def _batches(incidents: pd.DataFrame, source: str, scene: Scene) -> Iterator[DemoBatch]:
    """Cut one source's incidents into yearly batches, and the shifted one out of its year."""
    shifted = scene.truths.shifted
    after = scene.days.dates[-1] + pd.Timedelta(days=1)
    cuts = {*pd.date_range(scene.days.dates[0], after, freq=pd.DateOffset(years=1))}
    if source == shifted.source:
        cuts |= {pd.Timestamp(shifted.start), pd.Timestamp(shifted.end)}
    for start, end in itertools.pairwise(sorted(cuts)):
        table = incidents[(incidents["time"] >= start) & (incidents["time"] < end)].reset_index(drop=True)
        if source == shifted.source and start == pd.Timestamp(shifted.start):
            yield DemoBatch(source, shifted.crs, _in_gcj02(table))
        else:
            yield DemoBatch(source, "wgs84", table)


def _in_gcj02(table: pd.DataFrame) -> pd.DataFrame:
    from geodata.coordinates import wgs84_to_gcj02

    lon, lat = wgs84_to_gcj02(table["lon"].to_numpy(), table["lat"].to_numpy())
    return table.assign(lon=np.round(lon, 6), lat=np.round(lat, 6))
