"""One place over time: the scores and counts that rail, headline and charts share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from geodata.city import CityData, Place, PlaceScores
from geodata.gaps import is_uneven
from geodata.index.bands import BANDS, NO_BAND, band_of
from geodata.index.score import EVERY, Scores
from geodata.pooled import Pooled, pooled_period, pooled_scores
from geodata.quality import Freshness, source_quality
from geodata.reasons import Effect, Reasons, reasons
from geodata.vocabulary import Band, Period, PeriodKind
from geodata.written import decimal, printed_score
from layers.charts.trend import trend_periods
from layers.maps.values import chosen_types, score_change_is_sure
from layers.view import TOTAL, ViewState, scorable

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """A score that a band is given to, with the ends of its 90 % interval; NaN and None = missing."""

    score: float
    low: float
    high: float
    band: Band | None

    def gap(self, target: float | None) -> tuple[float, bool]:
        """Return the score less a target, NaN without either, and whether the interval excludes the target."""
        if target is None or not np.isfinite(self.score):
            return float("nan"), False
        return self.score - target, bool(self.low > target or self.high < target)


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

    @cached_property
    def now(self) -> int:
        """Return the position of the current period in `periods`."""
        return self.periods.index(self.view.period)

    @property
    def daily(self) -> bool:
        """Say whether a single day is looked at: it is judged by its last seven days."""
        return self.view.period.kind is PeriodKind.DAY

    @property
    def judged_period(self) -> Period:
        """Return the period that the band rests on: of a day its last seven days."""
        return pooled_period(self.view.period) if self.daily else self.view.period

    @cached_property
    def _pooled(self) -> tuple[Pooled, int]:
        """Return the scores over the seven days that end with the current one and the row of the place in them."""
        return self._pooled_of(self.view.period)

    def _pooled_of(self, day: Period) -> tuple[Pooled, int]:
        level, city = self.place.level, self.city
        if level is None:
            return pooled_scores(city, None, day), 0
        beside = city.lineage(self.place)[-2]
        rows = city.members(level, city.container(level, beside))
        return pooled_scores(city, level, day, beside), int(np.searchsorted(rows, self.place.row or 0))

    def judged(self, sub_index: str) -> Judged:
        """Return what the band of the current period rests on, as the map has it: of a day its last seven days."""
        if sub_index not in self._judged:  # rail and headline ask for it several times
            self._judged[sub_index] = self._judge(sub_index)
        return self._judged[sub_index]

    @cached_property
    def _judged(self) -> dict[str, Judged]:
        return {}

    def _judge(self, sub_index: str) -> Judged:
        scores, row, held = self._pooled[0].scores if self.daily else self.history.scores, self.now, None
        if self.daily:
            pooled, row = self._pooled
            held = int(pooled.bands[row, 0 if sub_index == TOTAL else 1 + self._position(sub_index)])
        value = float(self._column(scores, sub_index)[row])
        low, high = (float(end[0]) for end in self._ends(scores, sub_index, slice(row, row + 1)))
        if held is None:
            band = band_of(value if np.isfinite(value) else None, self.city.method.bands)
        else:
            band = None if held == NO_BAND else BANDS[held]
        return Judged(value, low, high, band)

    def judged_change(self, sub_index: str) -> tuple[float, bool]:
        """Return how the judged score changed, NaN where either is missing, and whether by more than chance."""
        if not self.daily:
            return self.change(sub_index), self.is_sure(sub_index)
        if self.before is None:
            return float("nan"), False
        (now, row), (before, _) = self._pooled, self._pooled_of(self.view.compared_with())
        change = self._column(now.scores, sub_index)[[row]] - self._column(before.scores, sub_index)[[row]]
        errors = (self._error(each.scores, sub_index, slice(row, row + 1)) for each in (now, before))
        return float(change[0]), bool(score_change_is_sure(change, *errors)[0])

    def shown(self, sub_index: str) -> str:
        """Return the judged score as it is printed."""
        return decimal(printed_score(self.judged(sub_index).score, self.city.method.bands))

    @property
    def red_line(self) -> tuple[float, float]:
        """Return the composite before red lines and the points that they took off."""
        pooled, row = self._pooled if self.daily else (None, self.now)
        scores = self.history.scores if pooled is None else pooled.scores
        return float(scores.composite[row]), float(scores.red_line[row])

    def target(self, sub_index: str) -> float | None:
        """Return the score that is aimed at, None where there is none."""
        chosen = self.city.method.sub_index(sub_index)
        return self.city.method.target if chosen is None else chosen.target

    def why(self, sub_index: str) -> Reasons | None:
        """Take the change against the period compared with apart; None where the data do not cover both whole."""
        if self.before is None:
            return None
        scored = "" if sub_index == TOTAL else sub_index
        return reasons(self.city, self.place, self.view.period, self.view.compared_with(), scored)

    @cached_property
    def _effects(self) -> dict[tuple[int, tuple[str, ...]], tuple[Reasons, list[Effect]]]:
        return {}

    def effects(self, why: Reasons, *by: str) -> list[Effect]:
        """Return `why.effects`, for this page worked out once: several of its sentences look into the same ones."""
        key = id(why), by
        if key not in self._effects:
            self._effects[key] = why, why.effects(*by)  # held, so that no other one gets its id
        return self._effects[key][1]

    def series(self, sub_index: str) -> Values:
        """Return the score over `periods`, NaN = missing."""
        return self._column(self.history.scores, sub_index)

    def change(self, sub_index: str) -> float:
        """Return the score minus that of the period compared with; NaN where either is missing."""
        if self.before is None:
            return float("nan")
        return float(self.series(sub_index)[self.now] - self._column(self.before.scores, sub_index)[0])

    def interval(self, sub_index: str) -> tuple[Values, Values]:
        """Return the ends of the 90 % interval over `periods`."""
        return self._ends(self.history.scores, sub_index)

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
        rows = slice(self.now, self.now + 1)
        now, before = self._error(self.history.scores, sub_index, rows), self._error(self.before.scores, sub_index)
        return bool(score_change_is_sure(np.array([self.change(sub_index)]), now, before)[0])

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
        return None if self.is_uneven(view) else before

    def is_uneven(self, view: ViewState) -> bool:
        """Say whether sources left out so different a share of what `view` counts that both numbers say nothing."""
        return is_uneven(self.city, view.period, view.compared_with(), chosen_types(view, self.city))

    def lacks(self, sub_index: str) -> str:
        """Return the text that says why a sub-index has no score here: silent, not known of such places, too little."""
        city, place, period = self.city, self.place, self.view.period
        column = self._position(sub_index)
        of_city = city.history(city.city, [period]).scores.sub_score[0, column]
        if not np.isfinite(of_city) or (place.row is not None and city.silent_in(period)[place.row]):
            return "no_score_sub"
        if place.level is None or city.scored_somewhere(place.level, period)[column]:
            return "no_score_small"
        return "not_at_level"

    def _ends(self, scores: Scores, sub_index: str, rows: slice = EVERY) -> tuple[Values, Values]:
        if sub_index == TOTAL:
            return scores.low[rows], scores.high[rows]
        return scores.sub_interval(self._position(sub_index), rows)

    def _error(self, scores: Scores, sub_index: str, rows: slice = EVERY) -> Values:
        return scores.error[rows] if sub_index == TOTAL else scores.sub_error(self._position(sub_index), rows)

    def _column(self, scores: Scores, sub_index: str) -> Values:
        return scores.score if sub_index == TOTAL else scores.sub_score[:, self._position(sub_index)]

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
        history=city.course(place, periods),
        before=city.history(place, [before]) if city.comparable(view.period, before) else None,
    )


def late_sources(city: CityData) -> list[str]:
    """Return the sources that are behind the others; kept, for every page names them."""
    every = city.unfiltered
    return every.kept(
        "late_sources",
        lambda: [each.source for each in source_quality(every, {}) if each.freshness is not Freshness.FRESH],
    )
