"""A meeting as it is kept: its briefing, the earlier decisions and what became of them, the decisions it took."""

from __future__ import annotations

from dataclasses import dataclass

from geodata.meeting.briefing import Briefing, made, plain_json

FORMAT = 1
"""Of the JSON: a reader refuses what it does not know."""


@dataclass(frozen=True)
class Decision:
    """What a meeting decided: problem → measure → who, until when → the number that must move."""

    id: str
    """Of the ledger, unique in a city."""
    meeting: str
    """The meeting that took it."""
    problem: str
    measure: str
    lead: str
    """Unit that answers for it; a unit, never a person."""
    helpers: tuple[str, ...]
    deadline: str
    """Last day, ISO; the number is read in as many days before it as the meeting's period has."""
    start: str
    """First day of the measure, ISO."""
    place: str
    """Token of the place whose number must move, "" for the city."""
    place_name: str
    types: tuple[str, ...]
    """Ids of sub-indices, indicators or incident types that are counted; none = all incidents."""
    types_name: str
    baseline: int
    """Incidents of them at the place in the meeting's period."""
    target: int
    """At most so many."""
    front: str = ""
    """Sub-index of the page on which it was taken, "" for none."""
    made_at: str = ""
    """UTC, to the second."""


@dataclass(frozen=True)
class Outcome:
    """What became of an earlier decision until the end of a meeting's period."""

    state: str
    """running (its deadline has not passed), reached, missed, or unknown (the data do not reach so far)."""
    now: int | None
    """Incidents in the same number of days as the baseline, up to the deadline or the end of the data."""
    now_first: str
    now_last: str
    """First and last day that `now` counts, ISO; "" without."""
    answer: str
    """Value of `geodata.effects.Answer`, "" while it must not be asked yet."""
    why: str
    """Value of `geodata.effects.Why`, "" without an answer."""
    ratio: float | None
    """Incidents against those expected, with its interval."""
    low: float | None
    high: float | None
    observed: int | None
    expected: float | None
    evidence: str
    """JSON of all counts that the answer rests on, "" without an answer."""


@dataclass(frozen=True)
class Earlier:
    """A decision of an earlier meeting on the same place."""

    decision: Decision
    outcome: Outcome


@dataclass(frozen=True)
class Meeting:
    """One meeting."""

    format: int
    id: str
    """In the address of its pages."""
    made_at: str
    """UTC, to the second, when it was prepared."""
    snapshot: str
    """Digest of the data that it was prepared from."""
    briefing: Briefing
    earlier: tuple[Earlier, ...]
    """The newest first."""
    decisions: tuple[Decision, ...]
    """Its own, in the order in which they were taken."""

    def to_json(self) -> str:
        """Return the meeting as one JSON text: the same meeting gives the same bytes."""
        return plain_json(self)

    @classmethod
    def from_json(cls, text: str) -> Meeting:
        """Read a meeting.

        Raises
        ------
        ValueError
            If the text is no meeting of this format.
        """
        return made(cls, text, FORMAT)
