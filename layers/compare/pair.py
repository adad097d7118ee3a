"""Two maps on one scale, and their difference with what of it is more than chance."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from geodata.city import CityData
from geodata.classes import Scheme, Way, scheme_of
from geodata.index.compare import SIGNIFICANT, change_p_value
from geodata.vocabulary import PeriodKind
from layers.compare.view import CompareView
from layers.maps.schemes import way_of
from layers.maps.values import MapValues, map_values, score_change_is_sure, score_errors, usual_days
from layers.view import ViewState, city_of, shown_measure

Values = npt.NDArray[np.float64]
STEPS = (1.0, 2.0, 4.0)
"""First digits of the width of a class of differences: half, one and a half and two and a half of it print well."""
LEAST_STEP = {"score": 0.2, "rate": 0.0, "count": 2.0}
"""Narrowest class of differences: of scores [points], and of counts, whose edges are whole numbers."""
TYPICAL = 0.9
"""The outer classes of differences begin where about this share of the places ends."""
MIDDLE = 3
"""Class of differences that has no direction."""


@dataclass(frozen=True)
class Side:
    """A or B: what is looked at, in which city, and the numbers of its map."""

    view: ViewState
    city: CityData
    values: MapValues


@dataclass(frozen=True)
class Pair:
    """A and B, on one scale where that is possible."""

    a: Side
    b: Side
    equal: bool
    """Whether a colour means the same on both maps."""
    notes: tuple[str, ...]
    """What cannot be compared, or only with care; `frame` words it."""

    @property
    def same_places(self) -> bool:
        """Say whether A and B show the same places."""
        a, b = self.a.values, self.b.values
        return a.level is b.level and np.array_equal(a.rows, b.rows)


def pair(view: CompareView, city: CityData, *, one_method: bool = False) -> Pair:
    """Compute both maps and put them on one scale: bands for scores, one set of classes for rates, circles for counts.

    Where only one of the two has scores, both show rates.

    Parameters
    ----------
    one_method
        Judge both by the method that holds in A's period, as a difference must.
    """
    a_city = city_of(view.a, city)
    b_city = a_city if one_method else city_of(view.b, city)
    # no change is told here: against the target nothing else has to be scored
    a_view, b_view = (each.but(compare="target") for each in (view.a, view.b))
    if shown_measure(a_view, a_city) != shown_measure(b_view, b_city):
        a_view, b_view = (each.but(measure="rate") for each in (a_view, b_view))
    a = Side(a_view, a_city, map_values(a_view, a_city))
    b = Side(b_view, b_city, map_values(b_view, b_city))
    same_kind = a.values.measure == b.values.measure and a.values.per == b.values.per
    if same_kind and a.values.measure == "rate":
        scheme = common_scheme(a.values, b.values, way_of(view.a))
        a, b = (replace(each, values=classified(each.values, scheme)) for each in (a, b))
    if same_kind and a.values.measure == "count":
        largest = max(a.values.largest, b.values.largest)
        a, b = (replace(each, values=replace(each.values, largest=largest)) for each in (a, b))
    equal = same_kind and (a.values.measure != "score" or a_city.method.bands == b_city.method.bands)
    return Pair(a, b, equal, tuple(_notes(a, b, same_kind=same_kind)))


def common_scheme(a: MapValues, b: MapValues, way: Way) -> Scheme:
    """Return the classes that both maps have anyway, else those that a way draws from all their values together."""
    if a.scheme is not None and a.scheme == b.scheme:
        return a.scheme
    return pooled_scheme(np.concatenate([a.value, b.value]), way)


def pooled_scheme(values: Values, way: Way) -> Scheme:
    """Return the classes that a way draws from the positive values: of small places most have none."""
    return scheme_of(values[values > 0], way)


def classified(values: MapValues, scheme: Scheme) -> MapValues:
    """Return the numbers of a map under other classes."""
    return replace(values, scheme=scheme, klass=np.asarray(scheme.classify(values.value), dtype=np.int64))


def _notes(a: Side, b: Side, *, same_kind: bool) -> list[str]:
    notes = []
    score = a.values.measure == "score"
    if not same_kind:
        notes.append("unequal")
    elif score and a.city.method.bands != b.city.method.bands:
        notes.append("bands_differ")
    elif a.city.method.version != b.city.method.version and score:
        notes.append("methods_differ")
    if a.values.level is not b.values.level:
        notes.append("levels_differ")
    if not score and same_kind and not _as_long(a.view, b.view):
        notes.append("lengths_differ")
    if a.values.pooled != b.values.pooled:
        notes.append("pooled_differ")
    return notes


def _as_long(a: ViewState, b: ViewState) -> bool:
    """Say whether counts of two periods may be set side by side: spans of one kind, and as long where they are free."""
    if a.period.kind is PeriodKind.RANGE or b.period.kind is PeriodKind.RANGE:
        return a.period.days == b.period.days
    return a.period.kind is b.period.kind


# --- the difference ---


@dataclass(frozen=True)
class Difference:
    """A minus B by place, in the order of the rows of both."""

    value: Values
    """NaN = one of both is missing."""
    sure: npt.NDArray[np.bool_]
    """Whether it is more than chance."""
    step: float
    """Width of a class; the middle one reaches half a step to both sides of 0."""
    klass: npt.NDArray[np.int64]
    """0 = much better in A … 6 = much worse, -1 = missing."""
    measure: str
    """Of what it is: "score", "rate" or "count"."""

    @property
    def higher_is_better(self) -> bool:
        """Say whether more is better."""
        return self.measure == "score"

    @property
    def breaks(self) -> tuple[float, float, float]:
        """Return where the classes on one side of 0 begin."""
        return 0.5 * self.step, 1.5 * self.step, 2.5 * self.step


def why_no_difference(both: Pair) -> str:
    """Return why there is no difference of A and B; "" where there is one."""
    a, b = both.a, both.b
    if not both.same_places:
        return "not_same_places"
    if a.view.period == b.view.period and a.view.sub_index == b.view.sub_index:
        return "same_views"
    if not both.equal:
        return "not_same_measure"
    if a.values.measure != "score" and not _as_long(a.view, b.view):
        return "not_same_length"
    if a.values.pooled != b.values.pooled:
        return "not_same_length"
    return "" if a.city.comparable(a.view.period, b.view.period) else "not_whole"


def difference(both: Pair) -> Difference:
    """Return A minus B; both must show the same places, by the same measure and under one method."""
    a, b = both.a, both.b
    value, score = a.values.value - b.values.value, a.values.measure == "score"
    if score:
        errors = (score_errors(side.view, side.city, side.values) for side in (a, b))
        sure = score_change_is_sure(value, *errors)
    else:
        sure = _count_is_sure(a, b) & (value != 0)
    measure = a.values.measure
    step = difference_step(value, LEAST_STEP[measure])
    worse = -value if score else value
    return Difference(value, sure & np.isfinite(value), step, difference_class(worse, step), measure)


def _count_is_sure(a: Side, b: Side) -> npt.NDArray[np.bool_]:
    """Test counts given the usual days of both, as the map does with the period before."""
    days_a, days_b = (usual_days(side.city, side.view.period, side.view) for side in (a, b))
    now, then = (side.values.counted.places.to_numpy() for side in (a, b))
    return np.asarray(change_p_value(then, now, days_b, days_a) < SIGNIFICANT)


def difference_step(values: Values, least: float = 0.0) -> float:
    """Return the width of the classes of differences: the outer ones are left to about a tenth of the places.

    >>> difference_step(np.array([-5.0, 0.0, 1.0]))
    2.0
    """
    sizes = np.abs(values[np.isfinite(values)])
    typical = float(np.quantile(sizes, TYPICAL)) / 2.5 if len(sizes) else 0.0
    if typical <= 0:
        return least or 1.0
    unit = 10.0 ** np.floor(np.log10(typical))
    fitting = [float(f"{first * unit:.6g}") for first in (*STEPS, 10.0) if first * unit >= typical * (1 - 1e-9)]
    return max(fitting[0], least)


def difference_class(worse: Values, step: float) -> npt.NDArray[np.int64]:
    """Return the class of differences that are positive where A is worse; B minus A would be its mirror image."""
    size = np.searchsorted([0.5 * step, 1.5 * step, 2.5 * step], np.abs(worse), side="left")
    return np.where(np.isfinite(worse), MIDDLE + np.sign(np.nan_to_num(worse)).astype(np.int64) * size, -1)
