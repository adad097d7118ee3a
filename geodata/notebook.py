"""Five questions for a notebook: GeoDataFrames in, GeoDataFrames out; the numbers are those of the pages.

docs/LIBRARY.md has an example of each.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata import city as cities
from geodata.city import CityData
from geodata.columns import LONLAT_CRS
from geodata.errors import BoundaryError
from geodata.exports.outlines import joined
from geodata.index.bands import BANDS, NO_BAND, band_numbers
from geodata.index.explain import EffectKind
from geodata.locate import NOWHERE, Index, Locator
from geodata.reasons import reasons
from geodata.spots import hotspots as spots
from geodata.vocabulary import LEVELS, Period, PlaceLevel


def open_city(folder: Path | str) -> CityData:
    """Open a city folder.

    Raises
    ------
    CityError
        If it has no boundaries, or is damaged.
    """
    return cities.open_city(Path(folder))


def locate(city: CityData, points: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return points with the id of the place that they lie in at every level, "" where none.

    Parameters
    ----------
    points
        Points in any system that the frame names.

    Raises
    ------
    BoundaryError
        If the frame names no system.
    """
    if points.crs is None:
        raise BoundaryError(
            "点没有坐标系，请先 set_crs。", "the points have no coordinate system: use `set_crs` first."
        )
    degrees = points.geometry.to_crs(LONLAT_CRS)
    found = Locator(city.places).locate(degrees.x.to_numpy(), degrees.y.to_numpy()).place
    ids = np.append(city.places["place_id"].to_numpy(dtype=object), "")
    columns = {level.value: ids[np.where(found[:, k] == NOWHERE, -1, found[:, k])] for k, level in enumerate(LEVELS)}
    return points.assign(**columns)


def counts(
    city: CityData, level: str, period: str, *, within: str = "", types: list[str] | None = None
) -> gpd.GeoDataFrame:
    """Return incidents by place; those in none of them stand in ``attrs``: places + unlocated + outside = total.

    Parameters
    ----------
    level
        A `PlaceLevel`, such as ``"street"``.
    period
        As in a link, such as ``"2026-10"``.
    within
        Token of the place whose parts are counted, "" = the city.
    types
        Ids or names of types; None = all.
    """
    span = Period.parse(period)
    chosen = city.find_types(types) if types else None
    counted = city.counts(PlaceLevel(level), span.start, span.end, within=city.find(within), types=chosen)
    frame = _places(city, counted.places.index.to_numpy()).assign(incidents=counted.places.to_numpy())
    frame.attrs.update(unlocated=counted.unlocated, outside=counted.outside, total=counted.total)
    return frame


def scores(city: CityData, level: str, period: str) -> gpd.GeoDataFrame:
    """Return score, 90 % interval, band and the score of every sub-index by place, under the method of the period."""
    span = Period.parse(period)
    then = city.at(span)
    found = then.scores(PlaceLevel(level), span)
    numbers = band_numbers(found.scores.score, then.method.bands)
    bands = [None if number == NO_BAND else BANDS[number].value for number in numbers.tolist()]
    total = {"score": found.scores.score, "low": found.scores.low, "high": found.scores.high}
    subs = {each.id: found.scores.sub_score[:, j] for j, each in enumerate(then.method.sub_indices)}
    return _places(city, found.rows).assign(**total, **subs, band=np.array(bands, dtype=object))


def explain(city: CityData, place: str, period: str, against: str | None = None) -> pd.DataFrame:
    """Return why a place's score moved, one row an effect; the points add up to the change, which stands in ``attrs``.

    Parameters
    ----------
    place
        Token of a place, "" = the city.
    against
        The period that it is compared with; None = the one before.
    """
    span = Period.parse(period)
    before = span.previous() if against is None else Period.parse(against)
    found = reasons(city.at(span), city.find(place), span, before)
    rows = [
        (each.sub_index, each.indicator, EffectKind(each.kind).name.lower(), each.points)
        for each in found.effects("sub_index", "indicator", "kind")
    ]
    frame = pd.DataFrame(rows, columns=["sub_index", "indicator", "kind", "points"])
    frame.attrs["change"] = found.change
    return frame


def hotspots(city: CityData, period: str, *, place: str = "", types: list[str] | None = None) -> gpd.GeoDataFrame:
    """Return hot spots, the largest excess first, each as the outline of its cells."""
    chosen = city.find_types(types) if types else None
    found = spots.hotspots(city, city.find(place), Period.parse(period), chosen).hotspots
    columns = {
        "incidents": [spot.incidents for spot in found],
        "usual": [spot.usual for spot in found],
        "p": [spot.p for spot in found],
        "owner": [spot.owners[0].place.name if spot.owners else "" for spot in found],
    }
    shapes = joined(city, [np.array(spot.cells, dtype=np.int32) for spot in found])
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=LONLAT_CRS)


def _places(city: CityData, rows: Index) -> gpd.GeoDataFrame:
    return city.places.iloc[rows][["place_id", "name", "geometry"]].reset_index(drop=True)
