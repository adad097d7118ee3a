"""What became of what was decided: the number that had to move, and whether the measure worked.

``now`` counts as many days as the number decided on did (of months, as many months), up to the deadline or the end of
the meeting's period. *Did it work?* is asked of the days from a measure's start to its deadline once they are over.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from geodata.city import CityData, Place
from geodata.columns import UNMAPPED
from geodata.effects.asked import MOST_DAYS, Measure, effect_of
from geodata.effects.judge import Effect, Evidence, Why, judge
from geodata.errors import SelectionError
from geodata.meeting.briefing import made, plain_json
from geodata.meeting.changes import known
from geodata.meeting.record import Decision, Earlier, Outcome
from geodata.vocabulary import Period, PeriodKind

FORMAT = 1
"""Of the JSON: a reader refuses what it does not know."""
ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class KnownMeasure:
    """Where, when and against what something was done: places that others touch are no controls."""

    places: tuple[str, ...]
    types: tuple[str, ...]
    start: str
    days: int


@dataclass(frozen=True)
class Background:
    """What outcomes rest on beside the data: the measures of the whole city, and where baselines were counted."""

    format: int
    measures: tuple[KnownMeasure, ...]
    counted_in: tuple[tuple[str, str], ...]
    """Id of each earlier decision, and the period of the meeting that took it."""

    def to_json(self) -> str:
        """Return it as one JSON text: the same background gives the same bytes."""
        return plain_json(self)

    @classmethod
    def from_json(cls, text: str) -> Background:
        """Read what `to_json` wrote.

        Raises
        ------
        ValueError
            If the text is none of this format.
        """
        return made(cls, text, FORMAT)


def background_of(city: CityData, decisions: Sequence[Decision], counted_in: dict[str, str]) -> Background:
    """Return what the outcomes of some decisions rest on.

    Parameters
    ----------
    city
        The city under the method of the meeting's period.
    decisions
        All decisions of the city.
    counted_in
        Id of each decision whose outcome is asked, and the period in which its baseline was counted.
    """
    measures = []
    for decision in decisions:
        try:
            measures.append(measure_of(city, decision))
        except SelectionError:
            continue
    known_here = (_kept(measure) for measure in usable(city, measures))
    return Background(FORMAT, tuple(known_here), tuple(counted_in.items()))


def _kept(measure: Measure) -> KnownMeasure:
    return KnownMeasure(measure.places, measure.types, measure.start.isoformat(), measure.days)


def earlier_of(
    city: CityData, decisions: Sequence[Decision], until: Period, background: Background
) -> tuple[Earlier, ...]:
    """Tell what became of earlier decisions until the end of a period, in their order.

    Raises
    ------
    SelectionError
        If the background names no period of a decision.
    """
    others = [Measure(m.places, m.types, dt.date.fromisoformat(m.start), m.days) for m in background.measures]
    counted_in = dict(background.counted_in)
    return tuple(
        Earlier(each, outcome_of(city, each, Period.parse(counted_in.get(each.id, "")), until, others))
        for each in decisions
    )


def counted_types(city: CityData, words: Sequence[str]) -> tuple[str, ...]:
    """Return indicators and types that ids of sub-indices, indicators and types stand for; none for none (= all).

    Raises
    ------
    SelectionError
        If a word names nothing that counts incidents.
    """
    scored = {indicator.id for indicator in city.method.scored}
    found: list[str] = []
    for word in words:
        sub = city.method.sub_index(word)
        mine = [word] if sub is None else [each.id for each in sub.indicators if each.id in scored]
        if not mine:
            raise SelectionError(f"“{word[:40]}”不是计数的指标。", f"{word[:40]!r} counts no incidents.")
        found += mine
    positions(city, found)
    return tuple(dict.fromkeys(found))


def positions(city: CityData, words: Sequence[str]) -> list[int]:
    """Return the positions of the types that indicators and types stand for, of all types without words.

    Raises
    ------
    SelectionError
        If a word names neither.
    """
    if not words:
        return list(range(len(city.index.types)))
    indicators = {each.id: [kind.id for kind in each.types] for each in city.method.scored}
    return sorted(city.find_types([kind for word in words for kind in indicators.get(word, [word])]).tolist())


def names_of(city: CityData, words: Sequence[str], lang: str = "zh") -> str:
    """Return what ids of sub-indices, indicators and types are called, "" for none."""
    indicators = {each.id: each for sub in city.method.sub_indices for each in sub.indicators}
    names = []
    for word in words:
        named = city.method.sub_index(word) or indicators.get(word) or city.method.types.get(word)
        name = "" if named is None else (lang == "en" and named.name_en) or named.name
        names.append(name or word.removeprefix(UNMAPPED))
    return (", " if lang == "en" else "、").join(names)


def incidents(city: CityData, place: Place, types: Sequence[str], start: dt.date, end: dt.date) -> int:
    """Count incidents of sub-indices, indicators or types (none = all) in a place over half-open days.

    Raises
    ------
    SelectionError
        If one of them is unknown.
    """
    counts = city.index.period_types([start, end], place.within)[0]
    return int(counts[positions(city, counted_types(city, types))].sum())


def measure_of(city: CityData, decision: Decision) -> Measure:
    """Return a decision as a measure, from its first day to its deadline.

    Raises
    ------
    SelectionError
        If what it counts is unknown here.
    """
    start, deadline = (dt.date.fromisoformat(day) for day in (decision.start, decision.deadline))
    types = counted_types(city, decision.types)
    return Measure((decision.place,), types, start, min(max((deadline - start).days + 1, 1), MOST_DAYS))


def usable(city: CityData, measures: Sequence[Measure]) -> list[Measure]:
    """Return the measures whose places and types the city still knows."""
    found = []
    for each in measures:
        try:
            positions(city, each.types)
            for token in each.places:
                city.find(token)
        except SelectionError:
            continue
        found.append(each)
    return found


def outcome_of(
    city: CityData, decision: Decision, counted_in: Period, until: Period, others: Sequence[Measure] = ()
) -> Outcome:
    """Tell what became of a decision until the end of a period.

    Parameters
    ----------
    city
        The city under the method of that period.
    decision
        The decision.
    counted_in
        The period in which its baseline was counted.
    until
        The period of the meeting that asks.
    others
        All measures that are known, see `effects.effect_of`.
    """
    try:
        place = city.find(decision.place)
        measure = measure_of(city, decision)
    except SelectionError:  # of boundaries or types that are gone
        return _told("unknown", None, None, None)
    deadline, last, as_of = dt.date.fromisoformat(decision.deadline), until.end - ONE_DAY, city.data_as_of
    if as_of is None:
        return _told("unknown", None, None, None)
    span = _span(city, counted_in, min(deadline, last, as_of))
    counted = _can_be_counted(city, place, span) and span.end - ONE_DAY >= measure.start
    now = incidents(city, place, decision.types, span.start, span.end) if counted else None
    if deadline > last:
        return _told("running", now, span, None)
    if now is None or deadline > as_of:
        return _told("unknown", now, span, None)
    effect = effect_of(city, measure, usable(city, others))
    asked = effect.why is not Why.NOT_YET  # months may end later than a deadline
    return _told("reached" if now <= decision.target else "missed", now, span, effect if asked else None)


def judged_again(outcome: Outcome) -> Outcome:
    """Work the answer of an outcome out again from its evidence alone.

    Raises
    ------
    ValueError, KeyError, TypeError
        If the evidence cannot be read.
    """
    if not outcome.evidence:
        return outcome
    effect = judge(Evidence.from_json(outcome.evidence.encode()))
    span = None
    if outcome.now_first:
        first, last = (dt.date.fromisoformat(day) for day in (outcome.now_first, outcome.now_last))
        span = Period(first, last + ONE_DAY, PeriodKind.RANGE)
    return _told(outcome.state, outcome.now, span, effect)


def _span(city: CityData, counted_in: Period, last: dt.date) -> Period:
    """Return as many days as a period has that end on a day; of months, the last whole ones."""
    if not city.months_only:
        end = last + ONE_DAY
        return Period(end - dt.timedelta(days=counted_in.days), end, PeriodKind.RANGE)
    month = Period.containing(last, PeriodKind.MONTH)
    end = month.end if month.end == last + ONE_DAY else month.start
    start = end
    for _ in range(max(round(counted_in.days / (365.25 / 12)), 1)):
        start = Period.containing(start - ONE_DAY, PeriodKind.MONTH).start
    return Period(start, end, PeriodKind.RANGE)


def _can_be_counted(city: CityData, place: Place, span: Period) -> bool:
    if city.index.span is None or span.start < city.index.span[0].replace(day=1):
        return False
    return place.row is None or not bool(city.silent_in(span)[place.row])


def _told(state: str, now: int | None, span: Period | None, effect: Effect | None) -> Outcome:
    counted = span if now is not None else None
    change = None if effect is None else effect.change
    return Outcome(
        state=state,
        now=now,
        now_first="" if counted is None else counted.start.isoformat(),
        now_last="" if counted is None else (counted.end - ONE_DAY).isoformat(),
        answer="" if effect is None else effect.answer.value,
        why="" if effect is None else effect.why.value,
        ratio=None if change is None else _known(change.ratio),
        low=None if change is None else _known(change.low),
        high=None if change is None else _known(change.high),
        observed=None if change is None else change.after,
        expected=None if change is None else _known(change.expected),
        evidence="" if effect is None else effect.evidence.to_json().decode(),
    )


def _known(value: float | None) -> float | None:
    return None if value is None else known(value)
