"""One place over time: the scores and counts that rail, headline and charts share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geodata.city import CityData, Place, PlaceScores
from geodata.vocabulary import Period
from layers.charts.trend import trend_periods
from layers.maps.values import chosen_types, score_change_is_sure
from layers.view import TOTAL, ViewState, scorable

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
    """The period compared with, one row; None where the data do not cover both periods whole."""

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
        return self._ends(self.history, sub_index)

    def counts(self, view: ViewState) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64] | None]:
        """Return incidents by type now and before, 0 for types that `view` does not count."""
        types = chosen_types(view, self.city)
        keep = np.ones(len(self.city.index.types), dtype=np.int64)
        if types is not None:
            keep[:] = 0
            keep[types] = 1
        return self.history.counts[self.now] * keep, None if self.before is None else self.before.counts[0] * keep

    def totals(self) -> Values:
        """Return the incidents that the view counts over `periods`; NaN where the place sent nothing."""
        types = chosen_types(self.view, self.city)
        counts = self.history.counts if types is None else self.history.counts[:, types]
        total = np.asarray(counts.sum(axis=1), dtype=np.float64)
        if self.place.row is not None:
            silent = [bool(self.city.silent_in(period)[self.place.row]) for period in self.periods]
            total[silent] = np.nan
        return total

    def is_sure(self, sub_index: str) -> bool:
        """Say whether the score changed by more than its own uncertainty."""
        if self.before is None:
            return False
        low, high = self.interval(sub_index)
        old = self._column(self.before, sub_index)
        old_low, old_high = self._ends(self.before, sub_index)
        now = slice(self.now, self.now + 1)
        return bool(
            score_change_is_sure((self.series(sub_index)[now], low[now], high[now]), (old, old_low, old_high))[0]
        )

    def compared_counts(self, view: ViewState) -> npt.NDArray[np.int64] | None:
        """Return the incidents by type of the period compared with; None where a source or a place sent less in one.

        Counts of different coverage say more about the reporting than about the place.
        """
        _, before = self.counts(view)
        then = view.compared_with()
        if before is None or (self.city.silent_in(view.period) != self.city.silent_in(then)).any():
            return None
        if scorable(view.sub_index, self.city) and not np.isfinite(self.change(view.sub_index)):
            return None
        return before

    def _ends(self, scored: PlaceScores, sub_index: str) -> tuple[Values, Values]:
        scores = scored.scores
        return (scores.low, scores.high) if sub_index == TOTAL else scores.sub_interval(self._position(sub_index))

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
        before=city.history(place, [before]) if city.comparable(view.period, before) else None,
    )
