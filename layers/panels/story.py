"""One place over time: the scores and counts that rail, headline and charts share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geodata.city import CityData, Place, PlaceScores
from geodata.index.compare import SIGNIFICANT, change_p_value
from geodata.vocabulary import Period
from layers.charts.trend import trend_periods
from layers.maps.values import chosen_types, usual_days
from layers.view import TOTAL, ViewState

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Story:
    """The current place in the periods of its trend, and in the one that it is compared with."""

    view: ViewState
    city: CityData
    place: Place
    periods: list[Period]
    history: PlaceScores
    before: PlaceScores | None
    """The period compared with, one row; None where it has no data."""

    @property
    def now(self) -> int:
        """Return the position of the current period in `periods`."""
        return self.periods.index(self.view.period)

    def series(self, sub_index: str) -> Values:
        """Return the score over `periods`, NaN = missing."""
        return self._column(self.history, sub_index)

    def change(self, sub_index: str) -> float:
        """Return the score minus that of the period compared with; NaN where either is missing."""
        if self.before is None:
            return float("nan")
        return float(self.series(sub_index)[self.now] - self._column(self.before, sub_index)[0])

    def interval(self, sub_index: str) -> tuple[Values, Values]:
        """Return the ends of the 90 % interval over `periods`."""
        scores = self.history.scores
        return (scores.low, scores.high) if sub_index == TOTAL else scores.sub_interval(self._position(sub_index))

    def counts(self, view: ViewState) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64] | None]:
        """Return incidents by type now and before, 0 for types that `view` does not count."""
        types = chosen_types(view, self.city)
        keep = np.ones(len(self.city.index.types), dtype=np.int64)
        if types is not None:
            keep[:] = 0
            keep[types] = 1
        return self.history.counts[self.now] * keep, None if self.before is None else self.before.counts[0] * keep

    def is_sure(self, view: ViewState) -> bool:
        """Say whether the change in the incidents that `view` counts is more than chance."""
        now, before = self.counts(view)
        if before is None:
            return False
        usual_before = usual_days(self.city, view.compared_with(), view)
        usual_now = usual_days(self.city, view.period, view)
        return bool(change_p_value(before.sum(), now.sum(), usual_before, usual_now) < SIGNIFICANT)

    def _column(self, scored: PlaceScores, sub_index: str) -> Values:
        return scored.scores.score if sub_index == TOTAL else scored.scores.sub_score[:, self._position(sub_index)]

    def _position(self, sub_index: str) -> int:
        return [s.id for s in self.city.method.sub_indices].index(sub_index)


def story(view: ViewState, city: CityData) -> Story:
    """Gather what the panels tell of the current place."""
    place = city.find(view.place)
    periods = trend_periods(view, city)
    before = view.compared_with()
    return Story(
        view=view,
        city=city,
        place=place,
        periods=periods,
        history=city.history(place, periods),
        before=city.history(place, [before]) if city.offers(before) else None,
    )
