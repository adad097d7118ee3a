"""Many small maps of A: one a month (or other period), or one a sub-index; all on one scale."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from geodata.city import CityData
from layers.compare.names import sub_name
from layers.compare.pair import Pair, classified, pooled_scheme
from layers.compare.view import CompareView
from layers.maps.schemes import way_of
from layers.maps.values import MapValues, map_values, printed
from layers.text import period_name
from layers.view import ViewState, city_of

PERIODS = 12
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SmallMap:
    """One of the small maps."""

    name: str
    view: ViewState
    """What A becomes when it is chosen."""
    value: Values
    klass: npt.NDArray[np.int64]
    on: bool
    """Whether it is A."""

    @property
    def empty(self) -> bool:
        """Say whether nothing is known of any place."""
        return not (self.klass >= 0).any()


@dataclass(frozen=True)
class SmallMaps:
    """All small maps, in their order."""

    maps: tuple[SmallMap, ...]
    empty: tuple[SmallMap, ...]
    """Sub-indices of which nothing is known and that are not A: they need no picture."""
    values: MapValues
    """Those of A under the classes that all maps share."""
    digits: int


def small_maps(view: CompareView, both: Pair, city: CityData) -> SmallMaps:
    """Return the maps of the last periods, or of all sub-indices, of A.

    Scores have the same bands everywhere. Rates of one sub-index have the classes of the map page, which hold for all
    periods; rates of several are put into classes together.
    """
    views = _periods(both.a.view, city) if view.of == "months" else _subs(view.a, city)
    cities = [city_of(each, city) for each in views]
    found = [map_values(each, there) for each, there in zip(views, cities, strict=True)]
    own = both.a.values
    if view.of == "subs":  # what is measured and not counted has only a score: it sets no scale of rates
        wanted = view.a.measure if any(each.measure == view.a.measure for each in found) else found[0].measure
        own = next(each for each in found if each.measure == wanted)
    if own.measure == "rate":
        same = [each for each in found if each.measure == own.measure]
        schemes = {each.scheme for each in same}
        scheme = schemes.pop() if len(schemes) == 1 else None
        scheme = scheme or pooled_scheme(np.concatenate([each.value for each in same]), way_of(view.a))
        own = classified(own, scheme)
        found = [classified(each, scheme) if each.measure == own.measure else each for each in found]
    if own.measure == "count":
        own = replace(own, largest=max(each.largest for each in found if each.measure == "count"))
    maps = tuple(
        _small_map(each, there, values, own, view) for each, there, values in zip(views, cities, found, strict=True)
    )
    told = [view.of == "months" or each.on or not each.empty for each in maps]
    if not any(told):  # of nothing anything is known: the pictures say so
        told = [True] * len(maps)
    drawn, empty = (tuple(itertools.compress(maps, which)) for which in (told, [not each for each in told]))
    return SmallMaps(drawn, empty, own, own.digits)


def _small_map(each: ViewState, city: CityData, values: MapValues, own: MapValues, view: CompareView) -> SmallMap:
    name = period_name(each.lang, each.period)
    if view.of == "subs":
        name = sub_name(each.sub_index, city, each.lang)
    on = each.period == view.a.period and each.sub_index == view.a.sub_index
    if values.measure != own.measure:  # a rate has no place on a scale of scores
        nothing = np.full(len(values.value), np.nan)
        return SmallMap(name, each, nothing, np.full(len(values.value), -1, dtype=np.int64), on)
    return SmallMap(name, each, printed(values.value, values, city), values.klass, on)


def _periods(view: ViewState, city: CityData) -> list[ViewState]:
    periods = city.recent_periods(view.period, PERIODS)
    return [view.but(period=period) for period in periods]


def _subs(view: ViewState, city: CityData) -> list[ViewState]:
    """Return a view for each sub-index."""
    known = {sub.id for sub in city.method.sub_indices}
    return [
        view.but(sub_index=sub.id, compare="target")
        for sub in city_of(view, city).method.sub_indices
        if sub.id in known
    ]
