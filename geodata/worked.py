"""One score worked out step by step, so that everybody can do the sum again with a pocket calculator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geodata.city import CityData, Place
from geodata.index.catalogue import IncidentType, Indicator, SubIndex
from geodata.vocabulary import Period, PeriodKind, PlaceLevel

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CountedType:
    """Incidents of one type and what they add to C."""

    type: IncidentType
    n: int

    @property
    def points(self) -> float:
        """Return severity · n."""
        return self.type.severity * self.n


@dataclass(frozen=True)
class WeighedRisk:
    """One indicator's part in the risk of its sub-index."""

    indicator: Indicator
    share: float
    """Its weight among those that have data, 0 if it has none."""
    theta: float
    """NaN = missing."""


@dataclass(frozen=True)
class WeighedScore:
    """One sub-index's part in the composite."""

    sub_index: SubIndex
    share: float
    """Its weight among those that have data, 0 if it has none."""
    score: float
    """NaN = missing."""

    @property
    def points(self) -> float:
        """Return what it adds to the composite."""
        return self.share * self.score if self.share else 0.0


@dataclass(frozen=True)
class WorkedScore:
    """The score of one place in one period, taken apart along one indicator."""

    place: Place
    period: Period
    sub_index: SubIndex
    indicator: Indicator
    types: tuple[CountedType, ...]
    """Those that happened, heaviest first."""
    observed: float
    """C."""
    exposure_kind: str
    exposure: float
    """X, in units of the method."""
    rate: float
    """r: severity-weighted incidents a unit of exposure and usual day of the base year."""
    usual_days: float
    """Days of the period, each weighed by month, kind of day and what was delivered."""
    expected: float
    """E = X · r · days."""
    prior: float
    """What is added to C and to E."""
    theta: float
    risks: tuple[WeighedRisk, ...]
    """Every indicator of the sub-index."""
    risk: float
    """Θ, NaN where the sub-index is missing."""
    sub_score: float
    scores: tuple[WeighedScore, ...]
    """Every sub-index of the method."""
    composite: float
    """Before red lines."""
    score: float
    low: float
    high: float

    @property
    def red_line(self) -> float:
        """Return the points that red lines took off."""
        return self.composite - self.score


def worked_score(
    city: CityData, level: PlaceLevel, period: Period, place: Place | None = None, indicator: str = ""
) -> WorkedScore | None:
    """Work out the score of a place of a level along one indicator that counts incidents.

    Parameters
    ----------
    place
        A place of the level; None = the one with the lowest score.
    indicator
        Id of an indicator; "" = of the place's lowest sub-index in which anything happened, the heaviest one.

    Returns
    -------
    WorkedScore or None
        None where no place has a score, or nothing is expected of the indicator.
    """
    calibration, days = city.active_calibration, city.expected_days
    found = city.scores(level, period)
    if calibration is None or days is None or not np.isfinite(found.scores.score).any():
        return None
    if place is None or place.row is None:
        k = int(np.nanargmin(found.scores.score))
    else:
        k = int(np.searchsorted(found.rows, place.row))
    i = _column(city, found.observed[k], found.expected[k], found.scores.sub_score[k], indicator)
    if i is None or not np.isfinite(found.scores.score[k]) or not np.isfinite(found.scores.theta[k, i]):
        return None
    row, method = int(found.rows[k]), city.method
    chosen, parameters = method.indicators[i], city.parameters(daily=period.kind is PeriodKind.DAY)
    j, n = int(parameters.sub_index[i]), method.scored.index(chosen)
    kind = calibration.exposure.get(chosen.id, chosen.exposure)
    values = city.exposure_values(kind, period.start.year)
    members = np.flatnonzero(parameters.sub_index == j)
    scores, theta = found.scores, found.scores.theta[k]
    inner = _shares(parameters.weight[members], theta[members])
    outer = _shares(parameters.sub_weight, scores.sub_score[k])
    return WorkedScore(
        place=city.place(row),
        period=period,
        sub_index=method.sub_indices[j],
        indicator=chosen,
        types=_counted(city, chosen, found.counts[k]),
        observed=float(found.observed[k, i]),
        exposure_kind=kind,
        exposure=float("nan") if values is None else float(values[row]) / method.exposures[kind].unit,
        rate=float(calibration.rate(method)[n]),
        usual_days=float(days.between(period.start, period.end)[n]),
        expected=float(found.expected[k, i]),
        prior=float(parameters.prior[i]),
        theta=float(theta[i]),
        risks=tuple(
            WeighedRisk(method.indicators[m], float(share), float(theta[m]))
            for m, share in zip(members.tolist(), inner.tolist(), strict=True)
        ),
        risk=float(scores.risk[k, j]),
        sub_score=float(scores.sub_score[k, j]),
        scores=tuple(
            WeighedScore(s, share, float(value))
            for s, share, value in zip(method.sub_indices, outer.tolist(), scores.sub_score[k], strict=True)
        ),
        composite=float(scores.composite[k]),
        score=float(scores.score[k]),
        low=float(scores.low[k]),
        high=float(scores.high[k]),
    )


def _column(city: CityData, observed: Values, expected: Values, sub_score: Values, wanted: str) -> int | None:
    """Return the position of the indicator to be shown among ``method.indicators``."""
    indicators, home = city.method.indicators, city.parameters().sub_index
    counted = [i for i, each in enumerate(indicators) if each.kind == "incident" and np.isfinite(expected[i])]
    if wanted:
        return next((i for i in counted if indicators[i].id == wanted), None)
    happened = [i for i in counted if observed[i] > 0 and np.isfinite(sub_score[home[i]])] or counted
    return min(happened, key=lambda i: (sub_score[home[i]], -indicators[i].weight), default=None)


def _shares(weight: Values, value: Values) -> Values:
    present = np.where(np.isfinite(value), weight, 0.0)
    total = float(present.sum())
    return np.asarray(present / total) if total > 0 else present


def _counted(city: CityData, indicator: Indicator, counts: npt.NDArray[np.int64]) -> tuple[CountedType, ...]:
    found = [
        CountedType(kind, int(counts[city.type_positions[kind.id]]))
        for kind in indicator.types
        if kind.id in city.type_positions and counts[city.type_positions[kind.id]]
    ]
    return tuple(sorted(found, key=lambda each: (-each.points, each.type.id)))
