"""What a meeting looks at, frozen: plain facts, each record with the view that it was read from; and its JSON.

Decisions and supervision are no part of it: they are made at the meeting, not prepared for it.
"""

from __future__ import annotations

import json
import types
import typing
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, Union

T = TypeVar("T")
FORMAT = 1
"""Of the JSON: a reader refuses what it does not know."""


@dataclass(frozen=True)
class Name:
    """What something is called."""

    zh: str
    en: str

    def in_language(self, lang: str) -> str:
        """Return the name, the English one where it exists and is asked for."""
        return self.en if lang == "en" and self.en else self.zh


@dataclass(frozen=True)
class Reference:
    """The view that a record was read from, in the parts of a link; its list of incidents holds the rows counted."""

    place: str
    """Token of the place, "" for the city."""
    period: str
    compare: str = ""
    """``previous`` or ``year_ago`` where the record is a change."""
    sub_index: str = ""
    indicator: str = ""
    incident_type: str = ""
    hours: tuple[int, int] | None = None
    """First hour and the hour at which it ends, as `geodata.filters.Filters.hours`."""
    weekdays: tuple[int, ...] = ()
    """Monday = 1 … Sunday = 7."""


@dataclass(frozen=True)
class Change:
    """A score or a number against that of another period."""

    against: str
    """The other period."""
    before: float | None
    """The same there; None where it must not be compared."""
    difference: float | None
    percent: float | None
    """Of numbers that were large enough for it."""
    p: float | None
    """Two-sided, by counting alone; of numbers, days, season and coverage allowed for."""
    sure: bool
    """Whether it is more than chance (p < 0.05), as on the map page."""
    moved: bool
    """Whether it still is when all of its list are asked at once (Benjamini–Hochberg)."""
    why_not: str
    """"" or why it is not compared: partial, no_before, no_score, uneven, few."""
    at: Reference


@dataclass(frozen=True)
class Scored:
    """A score as published."""

    value: float | None
    low: float | None
    """Lower end of its 90 % interval."""
    high: float | None
    band: str
    """A `Band`, "" without a score."""
    previous: Change
    """环比."""
    year_ago: Change
    """同比."""
    at: Reference


@dataclass(frozen=True)
class Counted:
    """A number of incidents."""

    n: int
    previous: Change
    year_ago: Change
    at: Reference


@dataclass(frozen=True)
class Title:
    """What the meeting is about."""

    city: Name
    place: Name
    token: str
    level: str
    """"" for the city."""
    lineage: tuple[Name, ...]
    """The city, the places that hold the place, and itself."""
    period: str
    kind: str
    first_day: str
    last_day: str
    data_as_of: str
    simulated: bool
    data_version: str
    boundary_version: str


@dataclass(frozen=True)
class Gap:
    """Days in a row on which a source sent nothing although much was due."""

    source: str
    first_day: str
    last_day: str
    days: int


@dataclass(frozen=True)
class MissingSubIndex:
    """A sub-index of the method that has no score here in this period."""

    id: str
    name: Name
    connected: bool
    """Whether any source ever brought anything of it."""


@dataclass(frozen=True)
class Completeness:
    """How far the numbers can be relied on."""

    whole: bool
    """Whether the data cover the period from its first day to its last."""
    n_sources: int
    late: tuple[str, ...]
    """Sources that are behind the others."""
    n_late: int
    gaps: tuple[Gap, ...]
    n_silent: int
    """Sources with a gap."""
    missing: tuple[MissingSubIndex, ...]
    weight_percent: float | None
    """Share of the sub-indices' weight that has data [%]."""


@dataclass(frozen=True)
class MethodFacts:
    """The version of the method that holds in the period."""

    version: str
    name: Name
    bands: tuple[float, ...]
    """Least score of each band but the last."""
    confidence: int
    """Of every interval [%]."""
    significance: float


@dataclass(frozen=True)
class Standing:
    """Where a place stands among those of its level, as surely as the numbers allow."""

    best: int
    """Best rank that counts and weights leave possible, at 90 %."""
    worst: int
    tier: int
    n_tiers: int
    """1 = no place is told apart from the others."""
    n: int
    """Places that are ranked."""
    at: Reference


@dataclass(frozen=True)
class RedLine:
    """What red-line incidents took off the composite."""

    n: int
    points: float
    before: float
    """The composite without it."""
    at: Reference


@dataclass(frozen=True)
class Cause:
    """What a sub-index adds to a change; points as they are printed, so that all add up to the change."""

    sub_index: str
    name: Name
    happened: float
    """Points, by what happened (实际发生效应)."""
    base: float
    """Points, by season and base (季节与基数效应)."""
    uneven: bool
    """Whether sources were silent on different days of both periods: both points are told as one."""
    incident_type: str
    """The type that makes up at least half of `happened`, "" where none does."""
    type_name: Name
    place: str
    """Token of the part that makes up at least half of that, "" where none does."""
    place_name: Name
    at: Reference


@dataclass(frozen=True)
class Why:
    """A change of the composite taken apart."""

    change: float | None
    """The difference of both scores as they are printed with two decimals."""
    happened: float
    """Points of all causes that are told apart, by what happened."""
    base: float
    weights: float
    """Points, by weights that shifted for missing data."""
    red_lines: float
    uneven: float
    """Points of the causes that cannot be told apart."""
    sure: bool
    why_not: str
    """"" or why there is no explanation."""
    causes: tuple[Cause, ...]
    """The largest first; those that round to nothing are left out."""
    at: Reference


@dataclass(frozen=True)
class PlaceScore:
    """A part of the place."""

    token: str
    name: Name
    score: Scored
    n: int
    """Incidents."""
    points: float | None
    """What it adds to the change of the whole place against the period before; None without an explanation."""
    at: Reference


@dataclass(frozen=True)
class Where:
    """The parts of the place: those that moved most, and those that lie below the whole."""

    level: str
    n: int
    n_compared: int
    """Parts of which both scores are known."""
    moved: tuple[PlaceScore, ...]
    """Changed by more than chance (`Change.moved`), the largest change first."""
    leading: tuple[PlaceScore, ...]
    """Those that add most to the change of the whole, the largest first, whether sure or not."""
    below: tuple[PlaceScore, ...]
    """Their 90 % interval lies below the score of the whole place; the lowest first, not ranked."""
    n_below: int
    in_parts: int
    """Incidents in the parts."""
    in_none: int
    """The others: parts + these = all."""
    at: Reference


@dataclass(frozen=True)
class TypeCount:
    """Incidents of one type."""

    id: str
    name: Name
    count: Counted


@dataclass(frozen=True)
class PlaceCount:
    """Incidents of a front in a part of the place."""

    token: str
    name: Name
    count: Counted


@dataclass(frozen=True)
class Peak:
    """Hours or a day of the week that stand out."""

    n: int
    percent: float
    """Of the incidents of which that is known."""
    at: Reference


@dataclass(frozen=True)
class HourWeek:
    """When the incidents of a front happen; a cell's rows are those of `at` with its hour and weekday."""

    counts: tuple[tuple[int, ...], ...]
    """Seven days from Monday, 24 hours each."""
    known: int
    """Incidents of which the hour is known."""
    unknown: int
    hours: Peak | None
    """The span of hours with the most; None where chance explains it."""
    weekday: Peak | None
    at: Reference


@dataclass(frozen=True)
class Front:
    """One sub-index: what the meeting may give a page to."""

    id: str
    name: Name
    owners: tuple[str, ...]
    """Who answers for its indicators."""
    score: Scored
    count: Counted | None
    """None where nothing is counted, only measured."""
    points: float | None
    """What it adds to the change of the composite against the period before."""
    page: tuple[str, ...]
    """Why it gets a page of its own: moved, alert, red_line, poor; none = it is told in one line."""
    n_alerts: int
    places: tuple[PlaceCount, ...]
    """Parts with the most, then those that changed by more than chance; with a page only."""
    types: tuple[TypeCount, ...]
    """The most frequent first; with a page only."""
    hours: HourWeek | None
    at: Reference


@dataclass(frozen=True)
class AlertLine:
    """One series that was alerted to, at its last alert in the period."""

    id: int
    rule: str
    level: int
    """1 yellow … 3 red."""
    place: str
    place_name: Name
    indicator: str
    name: Name
    sub_index: str
    week: str
    weeks: int
    """Alerts in the period."""
    observed: int
    expected: float | None
    p: float | None
    of_red_line: bool
    disposition: str
    """"" = nobody answered, else true, false, handled."""
    at: Reference


@dataclass(frozen=True)
class AlertFacts:
    """Alerts to the place and its parts in weeks that begin in the period."""

    state: str
    """judged, partly (not all of its weeks), not_judged, or off: no rule is at work."""
    n: int
    """Series."""
    true: int
    false: int
    handled: int
    open: int
    lines: tuple[AlertLine, ...]
    """The gravest and newest first."""
    at: Reference


@dataclass(frozen=True)
class Briefing:
    """All that a meeting on a place and a period starts from."""

    format: int
    title: Title
    completeness: Completeness
    method: MethodFacts
    total: Counted
    """All incidents of the place."""
    score: Scored
    standing: Standing | None
    red_line: RedLine | None
    why: Why
    """Against the period before."""
    why_year_ago: Why
    where: Where | None
    """None on the finest level."""
    fronts: tuple[Front, ...]
    """Those with a page first, by what they add to the change; the others in the order of the method."""
    alerts: AlertFacts
    quiet: bool
    """Whether nothing moved, nothing was alerted to and no front needs a page: the meeting is short."""
    agenda: tuple[str, ...]
    """Pages in their order: title, score, why, where, front:<id>, others, alerts."""

    def to_json(self) -> str:
        """Return the briefing as one JSON text: the same briefing gives the same bytes."""
        return plain_json(self)

    @classmethod
    def from_json(cls, text: str) -> Briefing:
        """Read a briefing.

        Raises
        ------
        ValueError
            If the text is no briefing of this format.
        """
        return made(cls, text, FORMAT)


def plain_json(record: Any) -> str:
    """Return a frozen record as one JSON text: the same record gives the same bytes."""
    return json.dumps(_plain(record), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def made(kind: type[T], text: str, format_: int) -> T:
    """Read a frozen record that has a ``format``.

    Raises
    ------
    ValueError
        If the text is no such record of this format.
    """
    raw = json.loads(text)
    if not isinstance(raw, dict) or raw.get("format") != format_:
        raise ValueError(f"no {kind.__name__.lower()} of this format")
    return built(kind, raw)


def built(kind: type[T], raw: Any) -> T:
    """Build a frozen record from plain JSON.

    Raises
    ------
    ValueError
        If a field is missing, unknown or of the wrong type.
    """
    return typing.cast("T", _made(kind, raw))


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


def _made(wanted: Any, value: Any) -> Any:
    """Build what a type wants from plain JSON."""
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in (Union, types.UnionType):
        if value is None:
            return None
        return _made(next(each for each in arguments if each is not types.NoneType), value)
    if origin is tuple:
        if not isinstance(value, list):
            raise ValueError("a list is missing")
        kinds = [arguments[0]] * len(value) if arguments[1:] == (...,) else list(arguments)
        return tuple(_made(kind, each) for kind, each in zip(kinds, value, strict=True))
    if isinstance(wanted, type) and is_dataclass(wanted):
        hints = _hints(wanted)
        if not isinstance(value, dict) or set(value) != set(hints):
            raise ValueError("fields are missing or unknown")
        return wanted(**{name: _made(kind, value[name]) for name, kind in hints.items()})
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not wanted:
        raise ValueError("a value has the wrong type")
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)
