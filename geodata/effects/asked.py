"""Count in a city what the answer to *did it work?* rests on, and answer it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely

from geodata.city import CityData, Place
from geodata.effects.judge import PEERS, Counts, Effect, Evidence, Why, judge
from geodata.effects.ratios import mismatch
from geodata.errors import SelectionError
from geodata.locate import NOWHERE
from geodata.vocabulary import Period, PeriodKind, PlaceLevel

Rows = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]
DAYS = 90
BLOCK, GAP = 28, 28
"""Days of a block before the start, and days right before it that are left out: a measure is often decided in a bad
month, and a usual one would follow it anyway."""
MOST_BLOCKS, LEAST_BLOCKS = 13, 3
"""A year of blocks (12 of months), and as many as an answer needs at least."""
MOST_DAYS = 5 * 366
_TOUCHING = 1e-5
"""Outlines this near each other adjoin [degrees]: a metre."""
_NESTED = 0.95
"""Places of a finer level that lie in one of a coarser level, as a share, where the levels nest."""
_MONTH = 365.25 / 12


@dataclass(frozen=True)
class Measure:
    """A measure (措施): what was done against which incidents, where, and from when on. Not what is measured."""

    places: tuple[str, ...]
    """Links or ids of the treated places, all of one level."""
    types: tuple[str, ...]
    """Ids of indicators, and ids or names of incident types; none = all incidents."""
    start: dt.date
    """The first day."""
    days: int = DAYS
    """It is judged after so many days."""

    @property
    def end(self) -> dt.date:
        """Return the day after the last one that is judged."""
        return self.start + dt.timedelta(days=self.days)


@dataclass(frozen=True)
class Windows:
    """The days that are compared."""

    blocks: tuple[Period, ...]
    """Before, oldest first, without gaps between them."""
    gap: Period
    """Left out."""
    after: Period

    @property
    def before(self) -> Period:
        """Return all blocks as one span."""
        return Period(self.blocks[0].start, self.blocks[-1].end, PeriodKind.RANGE)


def windows(
    start: dt.date, days: int, covered: tuple[dt.date, dt.date] | None, *, months_only: bool = False
) -> Windows | Why:
    """Lay out the days to be compared, or say why they cannot be.

    After are the `days` from the start on; before are at most 13 blocks of 28 days that end 28 days before the start,
    at least as many days as after and at least 3 blocks. Where incidents are dated by month these are months: as many
    after as `days` come to, from the first that begins on or after the start; the months touched by the 28 days
    before it are left out.

    Parameters
    ----------
    start, days
        Of the measure.
    covered
        The first and the last day with data, None = no data.
    months_only
        Whether incidents are dated by month.
    """
    if covered is None or start <= covered[0]:
        return Why.NO_HISTORY
    after, gap, blocks = _months(start, days, covered[0]) if months_only else _blocks(start, days, covered[0])
    if after.end > covered[1] + dt.timedelta(days=1):
        return Why.NOT_YET
    if len(blocks) < LEAST_BLOCKS or (blocks[-1].end - blocks[0].start).days < after.days - 3:
        return Why.NO_HISTORY  # three days: months after may be longer than those before
    return Windows(tuple(blocks), gap, after)


def _blocks(start: dt.date, days: int, first: dt.date) -> tuple[Period, Period, list[Period]]:
    after = Period(start, start + dt.timedelta(days=days), PeriodKind.RANGE)
    gap = Period(start - dt.timedelta(days=GAP), start, PeriodKind.RANGE) if (start - first).days >= GAP else None
    if gap is None:
        return after, Period(first, start, PeriodKind.RANGE), []
    n = min((gap.start - first).days // BLOCK, MOST_BLOCKS)
    edges = [gap.start - dt.timedelta(days=BLOCK * k) for k in range(n, -1, -1)]
    return after, gap, [Period(a, b, PeriodKind.RANGE) for a, b in pairwise(edges)]


def _months(start: dt.date, days: int, first: dt.date) -> tuple[Period, Period, list[Period]]:
    month = Period.containing(start, PeriodKind.MONTH)
    begin = month if month.start == start else month.next()
    last = begin
    for _ in range(max(round(days / _MONTH), 1) - 1):
        last = last.next()
    before = Period.containing(start - dt.timedelta(days=1), PeriodKind.MONTH)  # decided in it
    gap = Period(before.start, begin.start, PeriodKind.RANGE)
    blocks: list[Period] = []
    month = before.previous()
    while len(blocks) < MOST_BLOCKS - 1 and month.start >= first:
        blocks.insert(0, month)
        month = month.previous()
    return Period(begin.start, last.end, PeriodKind.RANGE), gap, blocks


def windows_of(city: CityData, measure: Measure) -> Windows | Why:
    """Lay out the days to be compared for a measure, or say why they cannot be; see `windows`."""
    covered = None if city.index.span is None or city.data_as_of is None else (city.index.span[0], city.data_as_of)
    return windows(measure.start, measure.days, covered, months_only=city.months_only)


def effect_of(city: CityData, measure: Measure, others: Sequence[Measure] = ()) -> Effect:
    """Answer whether a measure worked, against matched controls and its surroundings.

    Parameters
    ----------
    city
        The city; of a filtered one only the incidents that it holds are judged.
    measure
        The measure.
    others
        All measures that are known (the measure itself may be among them): places that they touch are no controls.

    Raises
    ------
    SelectionError
        If a place, an indicator or a type is unknown, the places are of several levels, or the days are out of range.
    """
    return judge(evidence_of(city, measure, others))


def evidence_of(city: CityData, measure: Measure, others: Sequence[Measure] = ()) -> Evidence:
    """Count what the answer rests on; see `effect_of`."""
    treated = _treated(city, measure)
    types = types_of(city, measure.types)
    spans = windows_of(city, measure)
    if isinstance(spans, Why):
        return Evidence((), 0, (), (), (), (), (), (), spans)
    rows = np.array([place.row for place in treated if place.row is not None], dtype=np.intp)
    level = treated[0].level
    if level is None:  # the city: nothing to hold it against
        return _evidence(city, spans, types, rows, rows, rows, Why.NO_CONTROLS)
    rivals = [each for each in others if each != measure and _same_incidents(city, types, each)]
    silent = city.silent_in(spans.before) | city.silent_in(spans.after)
    recent = _touched(city, rivals, spans.gap.start, spans.after.end)
    around = _around(city, rows, level)
    ring = around[~silent[around] & ~recent[around]]
    unusable = silent | _touched(city, rivals, spans.before.start, spans.after.end)
    unusable |= _related(city, rows) | _related(city, around)
    members = city.members(level, city.city)
    unfit = Why.OVERLAP if recent[rows].any() else Why.SILENT if silent[rows].any() else None
    return _evidence(city, spans, types, rows, members[~unusable[members]].astype(np.intp), ring, unfit)


def types_of(city: CityData, words: Sequence[str]) -> npt.NDArray[np.intp] | None:
    """Return positions of the types that words name, indicators standing for theirs; None (all) without words.

    Raises
    ------
    SelectionError
        If a word names neither an indicator that counts incidents nor a type.
    """
    if not words:
        return None
    indicators = {each.id: [kind.id for kind in each.types] for each in city.method.scored}
    return city.find_types([kind for word in words for kind in indicators.get(word, [word])])


def _treated(city: CityData, measure: Measure) -> list[Place]:
    if not 1 <= measure.days <= MOST_DAYS:
        raise SelectionError(
            f"措施的评估天数须为 1 到 {MOST_DAYS} 天。", f"a measure is judged after 1 to {MOST_DAYS} days."
        )
    places = [city.find(token) for token in dict.fromkeys(measure.places)]
    if not places or len({place.level for place in places}) > 1:
        raise SelectionError("一项措施的地点须为同一层级。", "the places of a measure must be of one level.")
    return sorted(places, key=lambda place: -1 if place.row is None else place.row)


def _same_incidents(city: CityData, types: npt.NDArray[np.intp] | None, other: Measure) -> bool:
    theirs = types_of(city, other.types)
    return types is None or theirs is None or bool(np.isin(types, theirs).any())


def _touched(city: CityData, rivals: Sequence[Measure], start: dt.date, end: dt.date) -> Flags:
    """Say which places other measures touch in a span, shape (n_places,): theirs, what these hold and lie in."""
    touched = np.zeros(len(city.places), dtype=np.bool_)
    for rival in rivals:
        if rival.start < end and start < rival.end:
            rows = [city.find(token).row for token in rival.places]
            if None in rows:
                touched[:] = True
            touched |= _related(city, np.array([row for row in rows if row is not None], dtype=np.intp))
    return touched


def _related(city: CityData, rows: Rows) -> Flags:
    """Say which places are among some places, lie in one of them or hold one, shape (n_places,)."""
    related: Flags = np.asarray(np.isin(city.table, rows).any(axis=1))
    above = city.table[rows].ravel()
    related[above[above != NOWHERE]] = True
    return related


def _around(city: CityData, rows: Rows, level: PlaceLevel) -> Rows:
    """Return the places that adjoin some places of a level from outside, ascending.

    They are of the finest level that nests in it: where it does not (wards and police beats), nobody knows which of its
    places lie outside.
    """
    finest = city.members(_finest_nested(city, level), city.city)
    above = city.table[finest, level.depth]
    finest = finest[(above != NOWHERE) & ~np.isin(above, rows)]
    west, south, east, north = city.bounds[rows].T
    near = city.bounds[finest]
    meets = (near[:, 0] <= east.max() + _TOUCHING) & (near[:, 2] >= west.min() - _TOUCHING)
    meets &= (near[:, 1] <= north.max() + _TOUCHING) & (near[:, 3] >= south.min() - _TOUCHING)
    finest = finest[meets]
    outlines = np.asarray(city.places.geometry, dtype=object)
    treated = shapely.union_all(outlines[rows])
    shapely.prepare(treated)
    return np.asarray(finest[shapely.dwithin(treated, outlines[finest], _TOUCHING)], dtype=np.intp)


def _finest_nested(city: CityData, level: PlaceLevel) -> PlaceLevel:
    """Return the finest level whose places lie in those of a level; the level itself where none does."""
    for finer in reversed(city.levels):
        above = city.table[city.members(finer, city.city), level.depth]
        if finer.depth > level.depth and float((above != NOWHERE).mean()) >= _NESTED:
            return finer
    return level


def _evidence(
    city: CityData,
    spans: Windows,
    types: npt.NDArray[np.intp] | None,
    treated: Rows,
    candidates: Rows,
    ring: Rows,
    unfit: Why | None,
) -> Evidence:
    blocks = np.stack([_counted(city, block, types, treated, candidates, ring) for block in spans.blocks], axis=-1)
    after = _counted(city, spans.after, types, treated, candidates, ring)
    others = slice(1, 1 + len(candidates))
    unlike = mismatch(blocks[0], blocks[others])
    kept = np.sort(np.argsort(unlike, kind="stable")[:PEERS])
    around = slice(others.stop, None)
    return Evidence(
        before=tuple(blocks[0].tolist()),
        after=int(after[0]),
        others=tuple(city.place(int(row)).token for row in candidates[kept]),
        others_before=tuple(tuple(each) for each in blocks[others][kept].tolist()),
        others_after=tuple(after[others][kept].tolist()),
        ring=tuple(city.place(int(row)).token for row in ring),
        ring_before=tuple(blocks[around].sum(axis=-1).tolist()),
        ring_after=tuple(after[around].tolist()),
        unfit=unfit,
    )


def _counted(
    city: CityData,
    period: Period,
    types: npt.NDArray[np.intp] | None,
    treated: Rows,
    candidates: Rows,
    ring: Rows,
) -> Counts:
    """Count the treated places together, then each candidate and each place around, shape (1 + n + n_ring,)."""
    by_row = np.zeros(len(city.places), dtype=np.int64)
    for level in city.levels:
        members = city.members(level, city.city)
        if np.isin(members, np.concatenate([treated, candidates, ring])).any():
            by_row[members] = city.counts(level, period.start, period.end, types=types).places.to_numpy()
    if len(treated):
        mine = by_row[treated].sum()
    else:
        mine = city.counts(city.levels[0], period.start, period.end, types=types).total
    return np.concatenate([[mine], by_row[candidates], by_row[ring]])
