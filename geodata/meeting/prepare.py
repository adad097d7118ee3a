"""Prepare meetings from stored results: one place and period, or all places of a level with what they share done once.

What a front needs for a page of its own: a change of its score or number, against the period before or that of a year
ago, that stands when all fronts are asked at once; an alert; a red-line incident; or a score that is poor for sure.
What is measured and not counted has no places and hours: it is told in one line however it moved.
Pages follow what moved most: the fronts stand in the order of what they add to the change of the composite, and at most
``MOST_PAGES`` of them get one. Where none needs one, nothing was alerted to, and neither the composite, the number of
incidents nor any part of the place moved, the month is quiet: title, score, one line on all fronts, and it ends.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from geodata.alerts.book import Alert, Feedback, Told
from geodata.city import CityData, Place, PlaceScores
from geodata.columns import UNMAPPED
from geodata.errors import SelectionError
from geodata.gaps import gaps, is_uneven
from geodata.index.bands import band_of
from geodata.index.catalogue import Indicator, SubIndex
from geodata.index.compare import SIGNIFICANT, change_p_value
from geodata.index.explain import EffectKind, Unexplained
from geodata.index.ranks import UNRANKED
from geodata.index.score import Scores
from geodata.meeting import briefing as b
from geodata.meeting.changes import (
    LEAST_COUNT,
    count_change,
    known,
    not_compared,
    score_change,
    together,
    usual_days,
)
from geodata.quality import Freshness, source_quality
from geodata.ranking import DRAWS, DRAWS_OF_MANY, MANY, rank_places
from geodata.reasons import Effect, Reasons, reasons, reasons_of_level
from geodata.vocabulary import Band, Period, PeriodKind, PlaceLevel

Values = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
T = TypeVar("T")
MOST_PAGES = 6
"""Fronts with a page of their own: a meeting has 45 minutes."""
LISTED = 5
"""Parts of a list that a page has room for."""
CONFIDENCE = 90
"""Of every interval [%]."""
DIGITS = 2
"""Decimals of the points that explain a change."""
SHARE = 0.5
"""A type or part is named if it makes up so much of what it is part of."""
PEAK_HOURS = 4
"""Length of the span of hours that is looked for."""
MOST_RANKED = 2_000
"""Places of a level that are ranked at most."""
COMPARED = ("previous", "year_ago")
ONE_DAY = dt.timedelta(days=1)
_THURSDAY = 3
"""Weekday of 1970-01-01, counted from Monday as 0."""


def prepare(city: CityData, told: Told, place: Place, period: Period) -> b.Briefing:
    """Prepare the meeting on one place and period.

    Parameters
    ----------
    city
        The city with all its incidents; its method is the one that holds in the period.
    told
        Alerts of weeks that begin in the period: ``alerts.book.told(store, period.start, period.end)``.
    place, period
        What the meeting is about; a period of more than a day.

    Raises
    ------
    SelectionError
        If the data have no such period, or it is a single day.
    """
    return next(prepare_all(city, told, [place], period))


def prepare_all(city: CityData, told: Told, places: Sequence[Place], period: Period) -> Iterator[b.Briefing]:
    """Prepare the meetings on several places of one level: each is what `prepare` makes of it alone.

    Raises
    ------
    SelectionError
        If the data have no such period, or it is a single day.
    """
    then = city.unfiltered
    if period.kind is PeriodKind.DAY or not then.offers(period):
        raise SelectionError(
            f"研判的周期应为有数据的周、月、季、年或时段，不能是 {period}。",
            f"a meeting is on a week, month, quarter, year or span with data, not on {period}.",
        )
    frame = _Frame(then.at(period), told, period, whys=_explained(then.at(period), places, period))
    for place in places:
        yield _Meeting(frame, place).briefing()


def _explained(city: CityData, places: Sequence[Place], period: Period) -> dict[tuple[str, int | None], Reasons]:
    """Explain the change of each place against both periods that the data cover."""
    found: dict[tuple[str, int | None], Reasons] = {}
    for name, against in _compared(period).items():
        if not city.comparable(period, against) or city.active_calibration is None:
            continue
        levels = {place.level for place in places}
        level = next(iter(levels))
        if len(places) > 1 and level is not None and len(levels) == 1:
            for why in next(reasons_of_level(city, level, [against, period])):
                found[name, why.place.row] = why
        else:
            found |= {(name, place.row): reasons(city, place, period, against) for place in places}
    return found


def _compared(period: Period) -> dict[str, Period]:
    return {"previous": period.previous(), "year_ago": period.year_ago()}


@dataclass(frozen=True)
class _Frame:
    """What all places of a meeting's period share."""

    city: CityData
    told: Told
    period: Period
    whys: dict[tuple[str, int | None], Reasons]
    _kept: dict[object, object] = field(default_factory=dict)

    def kept(self, key: object, make: Callable[[], T]) -> T:
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]  # type: ignore[return-value]

    @cached_property
    def against(self) -> dict[str, Period]:
        return _compared(self.period)

    @cached_property
    def why_not(self) -> dict[str, str]:
        """Return why nothing is compared with each period, "" where it is."""
        found = {}
        for name, against in self.against.items():
            before = "" if self.city.is_whole(against) else "no_before"
            found[name] = "" if self.city.is_whole(self.period) else "partial"
            found[name] = found[name] or before
        if self.against["previous"] == self.against["year_ago"]:
            found["year_ago"] = "same"
        return found

    def counts_not_compared(self, name: str, types: tuple[str, ...] | None) -> str:
        """Return why numbers are not compared with a period, "" where they are: coverage of both must be alike."""

        def make() -> str:
            if self.why_not[name]:
                return self.why_not[name]
            silent = [self.city.silent_in(each) for each in (self.period, self.against[name])]
            if (silent[0] != silent[1]).any():
                return "uneven"
            return "uneven" if is_uneven(self.city, self.period, self.against[name], self.positions(types)) else ""

        return self.kept(("uneven", name, types), make)

    def is_uneven(self, name: str, types: tuple[str, ...]) -> bool:
        return self.kept(
            ("uneven alone", name, types),
            lambda: is_uneven(self.city, self.period, self.against[name], self.positions(types)),
        )

    def positions(self, types: tuple[str, ...] | None) -> npt.NDArray[np.intp] | None:
        if types is None:
            return None
        found = (self.city.type_positions.get(name) for name in types)
        return np.array([each for each in found if each is not None], dtype=np.intp)

    def days(self, name: str, types: tuple[str, ...] | None) -> tuple[float, float]:
        """Return the usual days of the period and of one that it is compared with."""
        return self.kept(
            ("days", name, types),
            lambda: (
                usual_days(self.city, self.period, types),
                usual_days(self.city, self.against[name], types),
            ),
        )

    @cached_property
    def fronts(self) -> tuple[SubIndex, ...]:
        """Return the sub-indices that some source ever brought anything of."""
        return tuple(sub for sub in self.city.method.sub_indices if self.city.is_connected(sub.id))

    def types(self, sub: SubIndex) -> tuple[str, ...]:
        """Return the types of a front that occur."""
        ids = (kind.id for indicator in sub.indicators for kind in indicator.types)
        return tuple(name for name in ids if name in self.city.type_positions)

    @cached_property
    def belongs(self) -> Counts:
        """Say which types belong to which front, shape (n_types, n_fronts)."""
        table = np.zeros((len(self.city.index.types), len(self.fronts)), dtype=np.int64)
        for k, sub in enumerate(self.fronts):
            table[self.positions(self.types(sub)), k] = 1
        return table

    def scores(self, level: PlaceLevel | None, period: Period) -> PlaceScores:
        if level is None:
            return self.city.history(self.city.city, [period])
        return self.city.scores(level, period)

    @cached_property
    def scored_sub_indices(self) -> Flags:
        """Say which sub-indices the city as a whole ever can score."""
        calibration = self.city.active_calibration
        present = set() if calibration is None else calibration.present
        least = self.city.method.min_weight_indicators - 1e-12
        return np.array(
            [sum(i.weight for i in s.indicators if i.id in present) >= least for s in self.city.method.sub_indices]
        )

    @cached_property
    def late(self) -> tuple[str, ...]:
        return tuple(
            self.city.kept(
                "late_sources",
                lambda: [
                    each.source for each in source_quality(self.city, {}) if each.freshness is not Freshness.FRESH
                ],
            )
        )

    @cached_property
    def gaps(self) -> tuple[b.Gap, ...]:
        return tuple(
            b.Gap(g.source, g.span.start.isoformat(), (g.span.end - ONE_DAY).isoformat(), g.span.days)
            for g in gaps(self.city, self.period)
        )


@dataclass(frozen=True)
class _Meeting:
    """One place in its frame."""

    frame: _Frame
    place: Place

    @property
    def city(self) -> CityData:
        return self.frame.city

    def at(self, *, place: Place | None = None, **parts: object) -> b.Reference:
        """Return the view of the place, or of one of its parts, in the period."""
        token = self.place.token if place is None else place.token
        return b.Reference(place=token, period=str(self.frame.period), **parts)  # type: ignore[arg-type]

    def briefing(self) -> b.Briefing:
        """Put the pages together."""
        alerts = self._alerts()
        score, where, fronts = self._score(), self._where(), self._fronts(alerts)
        why, why_year_ago = self._why("previous", score.previous), self._why("year_ago", score.year_ago)
        paged = [front for front in fronts if front.page]
        red_line = self._red_line()
        total = self._counted(self._totals(), None, self.at())
        changes = (score.previous, score.year_ago, total.previous, total.year_ago)
        moved = any(change.moved for change in changes) or (where is not None and bool(where.moved))
        needed = any(self._needs(front) for front in fronts)  # though nothing of it is counted
        quiet = not (needed or alerts.n or moved or red_line)
        agenda = ["title", "score"]
        if not quiet:
            agenda += ["why"] if why.sure or why_year_ago.sure else []
            agenda += ["where"] if where is not None else []
        agenda += [f"front:{front.id}" for front in paged]
        agenda += ["others"] if len(paged) < len(fronts) else []
        agenda += ["alerts"] if alerts.n else []
        return b.Briefing(
            format=b.FORMAT,
            title=self._title(),
            completeness=self._completeness(),
            method=self._method(),
            total=total,
            score=score,
            standing=self._standing(),
            red_line=red_line,
            why=why,
            why_year_ago=why_year_ago,
            where=where,
            fronts=fronts,
            alerts=alerts,
            quiet=quiet,
            agenda=tuple(agenda),
        )

    # --- title, completeness, method ---

    def _title(self) -> b.Title:
        city, period = self.city, self.frame.period
        return b.Title(
            city=_name(city.city),
            place=_name(self.place),
            token=self.place.token,
            level=self.place.level.value if self.place.level else "",
            lineage=tuple(_name(each) for each in city.lineage(self.place)),
            period=str(period),
            kind=period.kind.value,
            first_day=period.start.isoformat(),
            last_day=(period.end - ONE_DAY).isoformat(),
            data_as_of=city.data_as_of.isoformat() if city.data_as_of else "",
            simulated=city.settings.simulated,
            data_version=city.data_version,
            boundary_version=city.boundary_version,
        )

    def _completeness(self) -> b.Completeness:
        scores, k = self._scored(self.frame.period)
        subs = self.city.method.sub_indices
        lacking = np.isnan(scores.scores.sub_score[k])
        return b.Completeness(
            whole=self.city.is_whole(self.frame.period),
            n_sources=len(self.city.index.sources),
            late=self.frame.late,
            n_late=len(self.frame.late),
            gaps=self.frame.gaps,
            n_silent=len({gap.source for gap in self.frame.gaps}),
            missing=tuple(
                b.MissingSubIndex(sub.id, b.Name(sub.name, sub.name_en), self.city.is_connected(sub.id))
                for sub, lacks in zip(subs, lacking.tolist(), strict=True)
                if lacks
            ),
            weight_percent=known(100 * float(scores.scores.weight_present[k])),
        )

    def _method(self) -> b.MethodFacts:
        method = self.city.method
        name = b.Name(method.name, method.name_en)
        return b.MethodFacts(method.version, name, tuple(method.bands), CONFIDENCE, SIGNIFICANT)

    # --- the score ---

    def _scored(self, period: Period) -> tuple[PlaceScores, int]:
        """Return the scores of the place's level and its own row among them."""
        level = self.place.level
        found = self.frame.scores(level, period)
        return found, 0 if level is None else int(np.searchsorted(found.rows, self.place.row or 0))

    def _befores(self) -> dict[str, tuple[PlaceScores, int]]:
        """Return the scores of the periods that may be compared."""
        return {
            name: self._scored(against) for name, against in self.frame.against.items() if not self.frame.why_not[name]
        }

    def _score(self) -> b.Scored:
        scores, k = self._scored(self.frame.period)
        befores = {name: (found.scores, row) for name, (found, row) in self._befores().items()}
        return self._one_score(None, (scores.scores, k), befores, self.at())

    def _one_score(
        self, j: int | None, now: tuple[Scores, int], befores: dict[str, tuple[Scores, int]], at: b.Reference
    ) -> b.Scored:
        """Return the composite, or a sub-index by its position, of one row of some scores."""
        scores, k = now
        value = _column(scores, j, k)
        low, high = _ends(scores, j, k)
        band = band_of(value if np.isfinite(value) else None, self.city.method.bands)
        changes = {}
        for name in COMPARED:
            against, seen = self.frame.against[name], replace(at, compare=name)
            if name not in befores:
                changes[name] = not_compared(against, self.frame.why_not[name], seen)
                continue
            other, row = befores[name]
            errors = _error(scores, j, k), _error(other, j, row)
            changes[name] = score_change((value, errors[0]), (_column(other, j, row), errors[1]), against, seen)
        return b.Scored(known(value), known(low), known(high), band.value if band else "", **changes, at=at)

    def _standing(self) -> b.Standing | None:
        level = self.place.level
        if level is None:
            return None
        n_places = len(self.city.members(level, self.city.city))
        if not 1 < n_places <= MOST_RANKED:
            return None
        ranking = rank_places(self.city, level, self.frame.period, draws=DRAWS if n_places <= MANY else DRAWS_OF_MANY)
        k = int(np.searchsorted(ranking.rows, self.place.row or 0))
        if ranking.rank[k] == UNRANKED or ranking.n_ranked < 2:
            return None
        n_tiers = len(np.unique(ranking.tier[ranking.rank != UNRANKED]))
        numbers = (int(ranking.best[k]), int(ranking.worst[k]), int(ranking.tier[k]), n_tiers)
        return b.Standing(*numbers, ranking.n_ranked, self.at())

    def _red_line(self) -> b.RedLine | None:
        scores, k = self._scored(self.frame.period)
        taken = float(np.nan_to_num(scores.scores.red_line[k]))
        if taken < 0.5 * 10**-DIGITS:
            return None
        return b.RedLine(self._n_red(), round(taken, 9), round(float(scores.scores.composite[k]), 9), self.at())

    def _n_red(self, sub: SubIndex | None = None) -> int:
        types = self.city.method.types if sub is None else {t.id: t for i in sub.indicators for t in i.types}
        red = [name for name, kind in types.items() if kind.red_line or kind.deduction]
        scores, k = self._scored(self.frame.period)
        return int(scores.counts[k][self.frame.positions(tuple(red))].sum())

    # --- numbers of incidents ---

    def _totals(self) -> dict[str, Counts]:
        """Return incidents by type in the period and in those that may be compared."""
        scores, k = self._scored(self.frame.period)
        return {"": scores.counts[k], **{name: found.counts[row] for name, (found, row) in self._befores().items()}}

    def _counted(self, counts: dict[str, Counts], types: tuple[str, ...] | None, at: b.Reference) -> b.Counted:
        """Compare the number of incidents of some types (None = all) with those of other periods.

        Parameters
        ----------
        counts
            By period ("" = now), incidents by type, shape (n_types,).
        """
        chosen = self.frame.positions(types)
        sums = {name: int((each if chosen is None else each[chosen]).sum()) for name, each in counts.items()}
        changes = {}
        for name in COMPARED:
            against, seen = self.frame.against[name], replace(at, compare=name)
            why_not = self.frame.counts_not_compared(name, types)
            days = (1.0, 1.0) if why_not else self.frame.days(name, types)
            changes[name] = count_change(sums[""], sums.get(name, 0), days, against, seen, why_not)
        return b.Counted(n=sums[""], **changes, at=at)

    # --- why ---

    def _why(self, name: str, change: b.Change) -> b.Why:
        at = self.at(compare=name)
        why = self.frame.whys.get((name, self.place.row))
        lacking = change.why_not or ("no_score" if why is None else "")
        if why is not None and why.explanation.reason is not Unexplained.NONE:
            lacking = lacking or "no_score"
        if why is None or lacking:
            return b.Why(None, 0.0, 0.0, 0.0, 0.0, 0.0, change.sure, lacking, (), at)
        total = round(round(why.explanation.after, DIGITS) - round(why.explanation.before, DIGITS), DIGITS) + 0.0
        points = {(e.sub_index, e.kind): e for e in why.effects("sub_index", "kind")}
        items = why.effects("sub_index", "indicator", "item", "kind")
        parts = why.effects("indicator", "item", "part", "kind")
        rows: list[tuple[SubIndex | EffectKind, float, float, Effect | None]] = []
        for sub in self.city.method.sub_indices:
            happened, base = (points.get((sub.id, kind)) for kind in (EffectKind.COUNT, EffectKind.EXPECTED))
            if happened or base:
                rows.append((sub, _points(happened), _points(base), happened))
        for kind in (EffectKind.WEIGHT, EffectKind.RED_LINE):
            shifted = sum(effect.points for (_, each), effect in points.items() if each is kind)
            rows += [(kind, 0.0, shifted, None)] if shifted else []
        rows.sort(key=lambda row: -abs(row[1] + row[2]))
        cells = closed([(row[1], row[2]) for row in rows], total)
        causes, kinds = [], {EffectKind.WEIGHT: 0.0, EffectKind.RED_LINE: 0.0}
        for (what, _, _, effect), cell in zip(rows, cells, strict=True):
            if isinstance(what, EffectKind):
                kinds[what] = cell[1]
            elif any(cell):
                most, part = ("", None) if effect is None else self._type_and_part(effect, items, parts)
                causes.append(self._cause(name, what, cell, most, part))
        told = [cause for cause in causes if not cause.uneven]
        return b.Why(
            change=total,
            happened=_sum(cause.happened for cause in told),
            base=_sum(cause.base for cause in told),
            weights=kinds[EffectKind.WEIGHT],
            red_lines=kinds[EffectKind.RED_LINE],
            uneven=_sum(cause.happened + cause.base for cause in causes if cause.uneven),
            sure=change.sure,
            why_not="",
            causes=tuple(causes),
            at=at,
        )

    def _cause(self, name: str, sub: SubIndex, points: tuple[float, float], kind: str, part: Place | None) -> b.Cause:
        return b.Cause(
            sub_index=sub.id,
            name=b.Name(sub.name, sub.name_en),
            happened=points[0],
            base=points[1],
            uneven=self.frame.is_uneven(name, self.frame.types(sub)),
            incident_type=kind,
            type_name=self._type_name(kind),
            place=part.token if part else "",
            place_name=_name(part) if part else b.Name("", ""),
            at=self.at(sub_index=sub.id, compare=name),
        )

    def _type_and_part(
        self, effect: Effect, items: Sequence[Effect], parts: Sequence[Effect]
    ) -> tuple[str, Place | None]:
        """Return the type that makes up at least ``SHARE`` of what happened on a front, and the part of it in turn.

        Parameters
        ----------
        items, parts
            All effects by type, and by type and part, the largest first.
        """
        mine = (e for e in items if e.kind is EffectKind.COUNT and e.sub_index == effect.sub_index)
        top = next((e for e in mine if e.points * effect.points > 0), None)
        if top is None or not top.incident_type or abs(top.points) < SHARE * abs(effect.points):
            return "", None
        known_type = self.city.method.types.get(top.incident_type)
        if known_type is not None and known_type.sensitive:  # told of the place as a whole only
            return top.incident_type, None
        here = (e for e in parts if e.kind is EffectKind.COUNT and e.incident_type == top.incident_type)
        most = next((e for e in here if e.place is not None and e.points * top.points > 0), None)
        named = most is not None and abs(most.points) >= SHARE * abs(top.points)
        return top.incident_type, most.place if most is not None and named else None

    def _type_name(self, kind: str) -> b.Name:
        found = self.city.method.types.get(kind)
        word = kind.removeprefix(UNMAPPED)
        return b.Name(word, word) if found is None else b.Name(found.name, found.name_en)

    # --- where ---

    @property
    def _parts(self) -> tuple[PlaceLevel, npt.NDArray[np.int32]] | None:
        below = self.city.levels_below(self.place)
        return (below[0], self.city.members(below[0], self.place)) if below else None

    def _part_scores(self) -> dict[str, tuple[PlaceScores, npt.NDArray[np.intp]]]:
        """Return, by period ("" = now), the scores of the parts' level and the rows of the parts among them."""
        parts = self._parts
        if parts is None:
            return {}
        level, rows = parts
        periods = {"": self.frame.period}
        periods |= {name: each for name, each in self.frame.against.items() if not self.frame.why_not[name]}
        found = {name: self.frame.scores(level, each) for name, each in periods.items()}
        return {name: (each, np.searchsorted(each.rows, rows)) for name, each in found.items()}

    def _where(self) -> b.Where | None:
        parts = self._parts
        if parts is None:
            return None
        level, rows = parts
        seen = self._part_scores()
        points = self._points_of_parts()
        found = [self._part(int(row), i, seen, points.get(int(row))) for i, row in enumerate(rows.tolist())]
        scores = _judged_scores([part.score for part in found])
        found = [replace(part, score=score) for part, score in zip(found, scores, strict=True)]
        own, n_in = self._score().value, sum(part.n for part in found)
        moved = [part for part in found if part.score.previous.moved]
        below = [p for p in found if own is not None and p.score.high is not None and p.score.high < own]
        return b.Where(
            level=level.value,
            n=len(rows),
            n_compared=sum(part.score.previous.difference is not None for part in found),
            moved=tuple(sorted(moved, key=lambda part: -abs(part.score.previous.difference or 0.0))[:LISTED]),
            leading=tuple(sorted((p for p in found if p.points), key=lambda part: -abs(part.points or 0.0))[:LISTED]),
            below=tuple(sorted(below, key=lambda part: part.score.value or 0.0)[:LISTED]),
            n_below=len(below),
            in_parts=n_in,
            in_none=int(self._totals()[""].sum()) - n_in,
            at=self.at(),
        )

    def _part(
        self, row: int, i: int, seen: dict[str, tuple[PlaceScores, npt.NDArray[np.intp]]], points: float | None
    ) -> b.PlaceScore:
        part = self.city.place(row)
        at = self.at(place=part)
        now, k = seen[""]
        befores = {name: (found.scores, int(ks[i])) for name, (found, ks) in seen.items() if name}
        score = self._one_score(None, (now.scores, int(k[i])), befores, at)
        return b.PlaceScore(part.token, _name(part), score, int(now.counts[k[i]].sum()), points, at)

    def _points_of_parts(self) -> dict[int, float]:
        """Return what each part adds to the change against the period before, by its row."""
        why = self.frame.whys.get(("previous", self.place.row))
        if why is None:
            return {}
        effects = ((e.place, e.points) for e in why.effects("part"))
        return {part.row: round(points, 9) for part, points in effects if part is not None and part.row is not None}

    # --- fronts ---

    def _fronts(self, alerts: b.AlertFacts) -> tuple[b.Front, ...]:
        """Return the fronts, those with a page first."""
        why = self.frame.whys.get(("previous", self.place.row))
        points = {} if why is None else {e.sub_index: e.points for e in why.effects("sub_index")}
        found = [self._front(sub, points.get(sub.id), alerts) for sub in self.frame.fronts]
        found = _judged_fronts(found)
        paged = [front for front in found if front.count is not None and self._needs(front)]
        paged.sort(key=lambda front: -abs(front.points or 0.0))
        chosen = [front.id for front in paged[:MOST_PAGES]]
        deep = [replace(self._deep(front), page=self._needs(front)) for front in paged[:MOST_PAGES]]
        return (*deep, *(front for front in found if front.id not in chosen))

    def _front(self, sub: SubIndex, points: float | None, alerts: b.AlertFacts) -> b.Front:
        j = [s.id for s in self.city.method.sub_indices].index(sub.id)
        scores, k = self._scored(self.frame.period)
        befores = {name: (found.scores, row) for name, (found, row) in self._befores().items()}
        at, types = self.at(sub_index=sub.id), self.frame.types(sub)
        return b.Front(
            id=sub.id,
            name=b.Name(sub.name, sub.name_en),
            owners=tuple(dict.fromkeys(indicator.owner for indicator in sub.indicators if indicator.owner)),
            score=self._one_score(j, (scores.scores, k), befores, at),
            count=self._counted(self._totals(), types, at) if types else None,
            points=None if points is None else round(points, 9),
            page=(),
            n_alerts=sum(line.sub_index == sub.id for line in alerts.lines),
            places=(),
            types=(),
            hours=None,
            at=at,
        )

    def _needs(self, front: b.Front) -> tuple[str, ...]:
        """Say why a front needs a page of its own."""
        changes = [front.score.previous, front.score.year_ago]
        changes += [front.count.previous, front.count.year_ago] if front.count else []
        sub = self.city.method.sub_index(front.id)
        reasons_for = {
            "moved": any(change.moved for change in changes),
            "alert": front.n_alerts > 0,
            "red_line": sub is not None and self._n_red(sub) > 0,
            "poor": front.score.band == Band.POOR and (front.score.high or 0.0) < self.city.method.bands[-1],
        }
        return tuple(name for name, holds in reasons_for.items() if holds)

    def _deep(self, front: b.Front) -> b.Front:
        """Add what a page of its own tells."""
        sub = self.city.method.sub_index(front.id)
        types = () if sub is None else self.frame.types(sub)
        if not types:
            return front
        return replace(
            front, places=self._places(front, types), types=self._types(front, types), hours=self._hours(front, types)
        )

    def _types(self, front: b.Front, types: tuple[str, ...]) -> tuple[b.TypeCount, ...]:
        counts = self._totals()
        found = [
            b.TypeCount(t, self._type_name(t), self._counted(counts, (t,), replace(front.at, incident_type=t)))
            for t in types
        ]
        told = [each for each in found if each.count.n or each.count.previous.before or each.count.year_ago.before]
        told.sort(key=lambda each: -each.count.n)
        counted = _judged_counts([each.count for each in told])
        return tuple(replace(each, count=count) for each, count in zip(told, counted, strict=True))

    def _places(self, front: b.Front, types: tuple[str, ...]) -> tuple[b.PlaceCount, ...]:
        """Return the parts with the most incidents, and those that changed by more than chance."""
        parts = self._parts
        if parts is None:
            return ()
        seen = self._part_scores()
        found = []
        for i, row in enumerate(parts[1].tolist()):
            counts = {name: each.counts[ks[i]] for name, (each, ks) in seen.items()}
            part = self.city.place(row)
            at = replace(front.at, place=part.token)
            found.append(b.PlaceCount(part.token, _name(part), self._counted(counts, types, at)))
        counted = _judged_counts([each.count for each in found])
        found = [replace(each, count=count) for each, count in zip(found, counted, strict=True) if count.n]
        found.sort(key=lambda each: -each.count.n)
        changed = (each for each in found[LISTED:] if each.count.previous.moved)
        return (*found[:LISTED], *list(changed)[:LISTED])

    # --- when ---

    def _hours(self, front: b.Front, types: tuple[str, ...]) -> b.HourWeek:
        index, period = self.city.index, self.frame.period
        rows = index.selected(period.start, period.end, within=self.place.within, types=self.frame.positions(types))
        hour = index.hour[rows].astype(np.int64)
        weekday = (index.day[rows].astype(np.int64) + _THURSDAY) % 7
        timed = hour >= 0
        table = np.bincount(weekday[timed] * 24 + hour[timed], minlength=168).reshape(7, 24)
        days = None if self.city.months_only else np.bincount(weekday, minlength=7)
        return b.HourWeek(
            counts=tuple(tuple(each) for each in table.tolist()),
            known=int(timed.sum()),
            unknown=int((~timed).sum()),
            hours=_busiest_hours(table.sum(axis=0), front.at),
            weekday=None if days is None else _busiest_weekday(days, period, front.at),
            at=front.at,
        )

    # --- alerts ---

    def _alerts(self) -> b.AlertFacts:
        series: dict[tuple[str, PlaceLevel, str, str], list[Alert]] = {}
        period = self.frame.period
        for alert in self.frame.told.alerts:
            if period.start <= alert.period.start < period.end:
                key = (alert.rule, alert.level_of_place, alert.place_id, alert.indicator)
                series.setdefault(key, []).append(alert)
        lines = [line for each in series.values() if (line := self._alert_line(each)) is not None]
        lines.sort(key=lambda line: (-line.level, -dt.date.toordinal(Period.parse(line.week).start), line.id))
        said = [line.disposition for line in lines]
        return b.AlertFacts(
            state=_judged_state(self.frame.told, period),
            n=len(lines),
            true=said.count(Feedback.TRUE),
            false=said.count(Feedback.FALSE),
            handled=said.count(Feedback.HANDLED),
            open=said.count(Feedback.NONE),
            lines=tuple(lines),
            at=self.at(),
        )

    def _alert_line(self, alerts: list[Alert]) -> b.AlertLine | None:
        """Return the line of a series; None where it is not of the place, or its place is no more."""
        last = max(alerts, key=lambda alert: (alert.period.start, alert.level))
        try:
            part = self.city.find(f"{last.level_of_place.value}:{last.place_id}")
        except SelectionError:  # of boundaries that are gone
            return None
        if not self._holds(part):
            return None
        home = next(
            ((s, i) for s in self.city.method.sub_indices for i in s.indicators if i.id == last.indicator), None
        )
        sub, indicator = home if home is not None else (None, None)
        return b.AlertLine(
            id=last.id,
            rule=last.rule,
            level=max(int(alert.level) for alert in alerts),
            place=part.token,
            place_name=_name(part),
            indicator=last.indicator,
            name=_indicator_name(indicator, last.indicator),
            sub_index=sub.id if sub is not None else "",
            week=str(last.period),
            weeks=len(alerts),
            observed=last.observed,
            expected=known(last.expected),
            p=known(last.p),
            of_red_line=last.of_red_line,
            disposition=last.feedback.value,
            at=b.Reference(
                place=part.token,
                period=str(last.period),
                sub_index=sub.id if sub is not None else "",
                indicator=last.indicator,
            ),
        )

    def _holds(self, part: Place) -> bool:
        if self.place.row is None or self.place.level is None or part.row is None:
            return self.place.row is None
        return bool(self.city.table[part.row, self.place.level.depth] == self.place.row)


# --- numbers of scores ---


def _column(scores: Scores, j: int | None, k: int) -> float:
    return float(scores.score[k] if j is None else scores.sub_score[k, j])


def _ends(scores: Scores, j: int | None, k: int) -> tuple[float, float]:
    if j is None:
        return float(scores.low[k]), float(scores.high[k])
    low, high = scores.sub_interval(j, slice(k, k + 1))
    return float(low[0]), float(high[0])


def _error(scores: Scores, j: int | None, k: int) -> float:
    return float(scores.error[k] if j is None else scores.sub_error(j, slice(k, k + 1))[0])


# --- helpers ---


def closed(rows: Sequence[tuple[float, float]], total: float) -> list[tuple[float, float]]:
    """Round all points so that what is printed adds up to `total`, as the table of reasons on the map page does.

    Each is rounded to the nearest; the last hundredths go to those that rounding moved most, small rows first.

    Examples
    --------
    >>> closed([(1.004, 0.001), (0.003, 0.0)], 1.01)
    [(1.01, 0.0), (0.0, 0.0)]
    """
    exact = np.array(rows, dtype=np.float64).ravel()
    unit = 10.0**-DIGITS
    steps = np.round(exact / unit)
    lacking = round(total / unit) - int(steps.sum())
    large = np.arange(len(exact)) < 2 * _LARGEST
    order = np.lexsort((-np.sign(lacking) * (exact / unit - steps), large))
    order = order[exact[order] != 0]
    for k in range(abs(lacking) if len(order) else 0):
        steps[order[k % len(order)]] += np.sign(lacking)
    cells = [round(value, DIGITS) + 0.0 for value in (steps * unit).tolist()]
    return list(zip(cells[::2], cells[1::2], strict=True))


_LARGEST = 6
"""Rows that are drawn one by one on the map page."""


def _sum(points: Iterator[float]) -> float:
    return round(sum(points), DIGITS) + 0.0


def _points(effect: Effect | None) -> float:
    return 0.0 if effect is None else effect.points


def _name(place: Place) -> b.Name:
    return b.Name(place.name, place.name_en)


def _indicator_name(indicator: Indicator | None, id_: str) -> b.Name:
    return b.Name(id_, id_) if indicator is None else b.Name(indicator.name, indicator.name_en)


def _judged_counts(counts: list[b.Counted]) -> list[b.Counted]:
    """Ask all numbers of a list at once, each comparison for itself."""
    previous = together([count.previous for count in counts])
    year_ago = together([count.year_ago for count in counts])
    return [replace(c, previous=a, year_ago=z) for c, a, z in zip(counts, previous, year_ago, strict=True)]


def _judged_scores(scores: list[b.Scored]) -> list[b.Scored]:
    """Ask all scores of a list at once, each comparison for itself."""
    previous = together([score.previous for score in scores])
    year_ago = together([score.year_ago for score in scores])
    return [replace(s, previous=a, year_ago=z) for s, a, z in zip(scores, previous, year_ago, strict=True)]


def _judged_fronts(fronts: list[b.Front]) -> list[b.Front]:
    """Ask the scores, and the numbers, of all fronts at once."""
    scores = _judged_scores([front.score for front in fronts])
    counts = iter(_judged_counts([front.count for front in fronts if front.count is not None]))
    judged = (replace(front, score=score) for front, score in zip(fronts, scores, strict=True))
    return [front if front.count is None else replace(front, count=next(counts)) for front in judged]


def _judged_state(told: Told, period: Period) -> str:
    """Say how far the rules have judged the weeks that begin in a period."""
    if not told.on:
        return "off"
    if told.until is None or told.until.start < period.start:
        return "not_judged"
    last = Period.containing(period.end - ONE_DAY, PeriodKind.WEEK)
    return "judged" if told.until.start >= last.start else "partly"


def _busiest_hours(by_hour: Counts, at: b.Reference) -> b.Peak | None:
    """Return the span of ``PEAK_HOURS`` hours with the most incidents; None where chance explains it."""
    total = int(by_hour.sum())
    spans = np.array([int(np.take(by_hour, range(h, h + PEAK_HOURS), mode="wrap").sum()) for h in range(24)])
    first = int(spans.argmax())
    n = int(spans[first])
    p = float(change_p_value(total - n, n, 24 - PEAK_HOURS, PEAK_HOURS)) * 24  # each span could have been the one
    if n < LEAST_COUNT or p >= SIGNIFICANT:
        return None
    end = first + PEAK_HOURS
    return b.Peak(n, round(100 * n / total, 9), replace(at, hours=(first, end if end <= 24 else end - 24)))


def _busiest_weekday(by_weekday: Counts, period: Period, at: b.Reference) -> b.Peak | None:
    """Return the day of the week with the most incidents a day; None where chance explains it.

    Parameters
    ----------
    by_weekday
        Incidents, shape (7,), Monday first.
    """
    days = np.bincount((np.arange(period.days) + period.start.weekday()) % 7, minlength=7)
    total = int(by_weekday.sum())
    k = int(np.argmax(by_weekday / np.maximum(days, 1)))
    n = int(by_weekday[k])
    others = period.days - int(days[k])
    p = float(change_p_value(total - n, n, others, int(days[k]))) * 7 if others else 1.0
    if n < LEAST_COUNT or p >= SIGNIFICANT:
        return None
    return b.Peak(n, round(100 * n / total, 9), replace(at, weekdays=(k + 1,)))
