"""The way from counts and expectations to scores, laid out so that a sheet of formulas can walk it again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geodata.city import CityData
from geodata.index.parameters import Parameters
from geodata.index.score import RedLine, Scores, score_places
from geodata.locate import Index
from geodata.pooled import pooled_period
from geodata.vocabulary import Period, PeriodKind, PlaceLevel

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Working:
    """What the scores of some places are made of; columns in the order of the method."""

    observed: Values
    """C, shape (n, n_indicators)."""
    expected: Values
    """E, same shape, NaN = missing."""
    scores: Scores
    red_line: RedLine
    parameters: Parameters
    indicators: tuple[str, ...]
    """Ids."""
    sub_indices: tuple[str, ...]


def working(city: CityData, level: PlaceLevel, period: Period, rows: Index) -> Working:
    """Lay out the scores of some places of a level; of a day those of its last seven days, as the map shows them.

    Parameters
    ----------
    rows
        Of ``CityData.places``.
    """
    daily = period.kind is PeriodKind.DAY
    span = pooled_period(period) if daily else period
    seen = city.evidence(level, rows, span)
    expected = seen.expected
    if daily and not city.is_whole(span):
        expected = np.full_like(expected, np.nan)
    red_line, parameters = city.red_line(seen.counts, level), city.parameters(daily=daily)
    return Working(
        observed=seen.observed,
        expected=expected,
        scores=score_places(seen.observed, expected, parameters, red_line),
        red_line=red_line,
        parameters=parameters,
        indicators=tuple(each.id for each in city.method.indicators),
        sub_indices=tuple(each.id for each in city.method.sub_indices),
    )
