"""Places in order, as surely as their numbers allow; and the order that other weights would give."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geodata.city import CityData, PlaceScores
from geodata.errors import SelectionError
from geodata.index import ranks
from geodata.index.bands import NO_BAND, band_numbers
from geodata.index.funnel import Funnel, funnel_limits, outside_funnel
from geodata.index.parameters import Parameters
from geodata.index.score import Scores, score_places
from geodata.locate import Index
from geodata.vocabulary import Period, PeriodKind, PlaceLevel

Values = npt.NDArray[np.float64]
Ranks = npt.NDArray[np.intp]
DRAWS = 1000
MANY, DRAWS_OF_MANY = 100, 200
"""Of more places than this fewer draws are made where an answer is waited for."""


@dataclass(frozen=True)
class Ranking:
    """Places of one level in one period; arrays by place, in the order of their ids."""

    rows: Index
    """Row of each place in ``CityData.places``."""
    score: Values
    """NaN = missing."""
    low: Values
    """Lower end of its 90 % interval."""
    high: Values
    rank: Ranks
    """1 = the highest score, ``ranks.UNRANKED`` for a missing one."""
    best: Ranks
    """Best rank that counts and weights leave possible, at 90 %."""
    worst: Ranks
    tier: Ranks
    """1 = the top; places of one tier are not told apart."""
    band: npt.NDArray[np.int8]
    """Number of the band, ``NO_BAND`` for a missing score."""

    @property
    def order(self) -> npt.NDArray[np.intp]:
        """Return the positions of the places from the highest score to the lowest, those without a score last."""
        return np.argsort(np.where(np.isfinite(self.score), -self.score, np.inf), kind="stable")

    @property
    def n_ranked(self) -> int:
        """Return how many places have a score."""
        return int(np.isfinite(self.score).sum())


@dataclass(frozen=True)
class Supposition:
    """What other weights would make of the places of one level (假设): never an official result."""

    official: Ranking
    supposed: Ranking

    @property
    def changes_band(self) -> npt.NDArray[np.bool_]:
        """Say which places would have another band."""
        known = (self.official.band != NO_BAND) & (self.supposed.band != NO_BAND)
        return np.asarray(known & (self.official.band != self.supposed.band))

    @property
    def leaves_span(self) -> npt.NDArray[np.bool_]:
        """Say which places would have a rank outside of those that are possible anyway."""
        rank, official = self.supposed.rank, self.official
        known = (rank != ranks.UNRANKED) & (official.rank != ranks.UNRANKED)
        return np.asarray(known & ((rank < official.best) | (rank > official.worst)))

    def reaching(self, target: float) -> tuple[int, int, int]:
        """Count the places that reach a target: officially, under the supposed weights, and surely so under these."""
        kept = (self.official.score, self.supposed.score, self.supposed.low)
        official, supposed, surely = (int((values >= target).sum()) for values in kept)
        return official, supposed, surely


def rank_places(city: CityData, level: PlaceLevel, period: Period, *, draws: int = DRAWS, seed: int = 0) -> Ranking:
    """Rank the places of a level by their composite, with spans of ranks and tiers; the last answers are kept.

    A place's draws depend on its id and its own data: the same data give the same spans whatever the order of places.
    """
    key = ("ranking", level, period, draws, seed)
    return city.kept(key, lambda: _ranking(city, level, period, _parameters(city, period), draws, seed))


def suppose(
    city: CityData, level: PlaceLevel, period: Period, weights: Mapping[str, float], *, seed: int = 0
) -> Supposition:
    """Rank the places of a level under other weights of the sub-indices beside the official ranks.

    Counts and expectations do not depend on weights: nothing is counted again.

    Parameters
    ----------
    weights
        By sub-index; what is not named keeps its own. They are scaled to sum to 1.

    Raises
    ------
    SelectionError
        If a sub-index is unknown, a weight is negative, or all are 0.
    """
    draws = DRAWS if len(city.members(level, city.city)) <= MANY else DRAWS_OF_MANY
    official = rank_places(city, level, period, draws=draws, seed=seed)
    chosen = supposed_weights(city, weights)
    own = _parameters(city, period)
    if not weights:
        return Supposition(official, official)
    scored = np.array([s.daily or period.kind is not PeriodKind.DAY for s in city.method.sub_indices])
    chosen = np.where(scored, chosen, 0.0)
    if not chosen.sum() > 0:
        raise _not_valid()
    key = ("supposed ranking", level, period, tuple(chosen.tolist()), draws, seed)
    supposed = city.kept(key, lambda: _ranking(city, level, period, own.weighted(chosen), draws, seed))
    return Supposition(official, supposed)


@dataclass(frozen=True)
class PlaceFunnel:
    """What happened in places against what was expected of one indicator, and what chance allows."""

    rows: Index
    """Row of each place in ``CityData.places``; only places of which something is expected."""
    ratio: Values
    """C / E."""
    expected: Values
    """E."""
    outside: npt.NDArray[np.int8]
    """Limits that the place lies outside of: positive = more than expected, negative = fewer."""
    limits: Funnel


def place_funnel(city: CityData, level: PlaceLevel, period: Period, indicator: str) -> PlaceFunnel | None:
    """Compare the places of a level by one indicator that counts incidents; None if nothing is expected of it."""
    i = next((i for i, each in enumerate(city.method.indicators) if each.id == indicator), None)
    if i is None or city.method.indicators[i].kind != "incident":
        return None
    found, q = city.scores(level, period), float(_parameters(city, period).scale[i])
    count, expected = found.observed[:, i], found.expected[:, i]
    known = np.flatnonzero((expected > 0) & np.isfinite(count))
    if len(known) == 0:
        return None
    grid = np.geomspace(expected[known].min() / 1.2, expected[known].max() * 1.2, 80)
    return PlaceFunnel(
        rows=found.rows[known],
        ratio=count[known] / expected[known],
        expected=expected[known],
        outside=outside_funnel(count[known], expected[known], q),
        limits=funnel_limits(grid, q),
    )


def supposed_weights(city: CityData, weights: Mapping[str, float]) -> Values:
    """Return the weight of each sub-index under a supposition, scaled to sum to 1, shape (n_sub_indices,).

    Raises
    ------
    SelectionError
        If a sub-index is unknown, a weight is negative, or all are 0.
    """
    known = {s.id for s in city.method.sub_indices}
    chosen = np.array([weights.get(s.id, s.weight) for s in city.method.sub_indices])
    if not set(weights) <= known or not (np.isfinite(chosen) & (chosen >= 0)).all() or not chosen.sum() > 0:
        raise _not_valid()
    return np.asarray(chosen / chosen.sum())


def _not_valid() -> SelectionError:
    return SelectionError("假设的权重无效。", "the supposed weights are not valid.")


def _parameters(city: CityData, period: Period) -> Parameters:
    return city.parameters(daily=period.kind is PeriodKind.DAY)


def _ranking(
    city: CityData, level: PlaceLevel, period: Period, parameters: Parameters, draws: int, seed: int
) -> Ranking:
    found = city.scores(level, period)
    red_line = city.red_line(found.counts, level)
    scores = score_places(found.observed, found.expected, parameters, red_line)
    drawn = ranks.simulate_scores(
        found.observed, found.expected, parameters, draws=draws, seed=seed, keys=_keys(city, found)
    )
    return _table(city, found.rows, scores, ranks.rank_places(scores.score, red_line.applied(drawn)))


def _table(city: CityData, rows: Index, scores: Scores, table: ranks.RankTable) -> Ranking:
    return Ranking(
        rows=rows,
        score=scores.score,
        low=scores.low,
        high=scores.high,
        rank=table.rank,
        best=table.best,
        worst=table.worst,
        tier=table.tier,
        band=band_numbers(scores.score, city.method.bands),
    )


def _keys(city: CityData, found: PlaceScores) -> list[int]:
    """Return a number of each place that does not change with the places beside it."""
    ids = city.places["place_id"].to_numpy(dtype=str)[found.rows]
    return [zlib.crc32(place.encode()) for place in ids]
