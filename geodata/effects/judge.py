"""From the counts of a measure to its answer, with every number that led to it.

`judge_cases` holds the rule, for many cases at once, so that a simulation examines what a meeting reads; `judge` asks
it about one measure. An `Evidence` is all that is needed to work the answer out again, anywhere and at any time.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from geodata.effects.ratios import (
    Displaced,
    Ratio,
    Values,
    displacement,
    mismatch,
    ratio_of_ratios,
    spread_of_changes,
)

Counts = npt.NDArray[np.int64]
Rows = npt.NDArray[np.intp]
CONTROLS, LEAST_CONTROLS = 10, 5
"""The places most like the treated one are its controls; with fewer than the least nothing is claimed."""
PEERS = 40
"""So many of the places most like it, controls among them, tell how much places change without a measure."""
LEAST_EXPECTED = 10.0
"""Incidents that must be expected after the start, and that the controls must have had before and after."""
APART = 0.05
"""Before the start the place and its controls must not have moved apart with so small a probability."""
CLAIM = 0.05
"""Probability, one-sided, below which a change is claimed: the interval then lies wholly on one side of 1."""
MOVED = 0.25
"""Of what the place was spared, so much must be found in its surroundings to be called displacement."""


class Answer(Enum):
    """Whether a measure worked."""

    WORKED = "worked"
    """有效: fewer incidents than the controls led one to expect, and no displacement found."""
    UNCLEAR = "unclear"
    """看不出: nothing can be claimed; `Why` says for what reason."""
    MOVED = "moved"
    """转移到周边: fewer incidents here, and more around than expected."""


class Why(Enum):
    """The reason for an answer; in this order, the first that applies."""

    NOT_YET = "not_yet"
    """The data do not reach to the end of the days after the start."""
    NO_HISTORY = "no_history"
    """The data do not reach back far enough."""
    OVERLAP = "overlap"
    """Another measure against the same incidents touched the place meanwhile."""
    SILENT = "silent"
    """The place sent too little before or after to tell peace from silence."""
    NO_CONTROLS = "no_controls"
    """Fewer than five places of its level may serve as controls."""
    TOO_FEW = "too_few"
    """Fewer than ten incidents were to be expected, or the controls had fewer before or after."""
    APART = "apart"
    """The place and its controls moved apart before the measure began."""
    NO_DIFFERENCE = "no_difference"
    """The interval of the ratio holds 1."""
    WORSE = "worse"
    """More incidents than expected."""
    FEWER_HERE_MORE_AROUND = "fewer_here_more_around"
    """Fewer here than expected, and around so many more that a quarter or more of what was spared is found there."""
    FEWER = "fewer"
    """Fewer than expected; around no more than expected can be shown."""
    FEWER_NO_RING = "fewer_no_ring"
    """Fewer than expected; what became of the surroundings cannot be said, there are none or too few incidents."""


_ANSWERS = {
    Why.FEWER: Answer.WORKED,
    Why.FEWER_NO_RING: Answer.WORKED,
    Why.FEWER_HERE_MORE_AROUND: Answer.MOVED,
}
_WHYS = tuple(Why)


def answer_of(why: Why) -> Answer:
    """Return the answer that a reason leads to; every reason not named otherwise is 看不出."""
    return _ANSWERS.get(why, Answer.UNCLEAR)


# --- many cases ---


@dataclass(frozen=True)
class Cases:
    """Counts of measures, one entry of the first axis each."""

    before: Counts
    """Incidents of the treated place by block of days before, shape (n, n_blocks)."""
    after: Counts
    """Incidents after the start, shape (n,)."""
    others_before: Counts
    """Places that may serve as controls, shape (n, n_others, n_blocks)."""
    others_after: Counts
    """Shape (n, n_others)."""
    ring_before: Counts
    """Incidents of the surroundings, all blocks; shape (n,)."""
    ring_after: Counts
    """Shape (n,)."""


@dataclass(frozen=True)
class Findings:
    """What the rule makes of `Cases`, one entry of the first axis each."""

    why: npt.NDArray[np.int8]
    """Position in `Why`."""
    controls: Rows
    """Positions of the controls among the others, most alike first, shape (n, n_controls)."""
    mismatch: Values
    """How unlike they were before, same shape."""
    spread: Values
    """τ², shape (n,)."""
    freedom: Values
    change: Ratio
    apart: Ratio
    """The later half of the time before against its earlier half."""
    ring: Ratio
    displaced: Displaced

    def answers(self, answer: Answer) -> npt.NDArray[np.bool_]:
        """Say which cases have this answer."""
        return np.isin(self.why, [k for k, why in enumerate(_WHYS) if answer_of(why) is answer])


def judge_cases(cases: Cases) -> Findings:
    """Judge measures, none of which has an earlier reason for 看不出 than its counts.

    Ties between places that are equally alike go to the one that stands first.
    """
    unlike = mismatch(cases.before, cases.others_before)
    order = np.argsort(unlike, axis=-1, kind="stable")
    peers, chosen = order[:, :PEERS], order[:, :CONTROLS]
    late = cases.before.shape[1] - cases.before.shape[1] // 2
    blocks = _taken(cases.others_before, peers)
    peers_after = _taken(cases.others_after, peers)
    n = chosen.shape[1]
    total, mine = blocks.sum(axis=-1), cases.before.sum(axis=-1)
    spread, freedom = spread_of_changes(total, peers_after)
    controls = (total[:, :n], peers_after[:, :n])
    change = ratio_of_ratios(mine, cases.after, *controls, spread, freedom)
    ring = ratio_of_ratios(cases.ring_before, cases.ring_after, *controls, spread, freedom)
    early, later = blocks[..., :late].sum(axis=-1), blocks[..., late:].sum(axis=-1)
    halves = cases.before[:, :late].sum(axis=-1), cases.before[:, late:].sum(axis=-1)
    apart = ratio_of_ratios(*halves, early[:, :n], later[:, :n], *spread_of_changes(early, later))
    pairs = (mine, cases.after), (cases.ring_before, cases.ring_after)
    displaced = displacement(*pairs, controls, spread, freedom)
    has_ring = ring.expected >= LEAST_EXPECTED
    few_controls = np.minimum(*(each.sum(axis=-1) for each in controls)) < LEAST_EXPECTED
    rule = {  # the last that applies wins
        Why.FEWER: np.ones(len(unlike), dtype=np.bool_),
        Why.FEWER_NO_RING: ~has_ring,
        Why.FEWER_HERE_MORE_AROUND: has_ring & (displaced.high < 0) & (displaced.wdq <= -MOVED),
        Why.WORSE: change.p_more < CLAIM,
        Why.NO_DIFFERENCE: ~(np.minimum(change.p_less, change.p_more) < CLAIM),
        Why.APART: np.minimum(apart.p_less, apart.p_more) < APART / 2,
        Why.TOO_FEW: ~(change.expected >= LEAST_EXPECTED) | few_controls,
        Why.NO_CONTROLS: np.full(len(unlike), n < LEAST_CONTROLS),
    }
    why = np.zeros(len(unlike), dtype=np.int8)
    for reason, applies in rule.items():
        why[applies] = _WHYS.index(reason)
    return Findings(
        why, chosen, np.take_along_axis(unlike, chosen, axis=-1), spread, freedom, change, apart, ring, displaced
    )


def _taken(counts: Counts, places: Rows) -> Counts:
    """Return the counts of some places of each case, shape (n, n_places, ...)."""
    return counts[np.arange(len(counts))[:, np.newaxis], places]


# --- one measure ---


@dataclass(frozen=True)
class Evidence:
    """The counts that an answer rests on: all that is needed to work it out again."""

    before: tuple[int, ...]
    """Incidents of the treated place by block of days before the start, oldest first; empty if there is no history."""
    after: int
    others: tuple[str, ...]
    """Places that may serve as controls, the `PEERS` most like the treated one, in the order of the city's places."""
    others_before: tuple[tuple[int, ...], ...]
    """By place and block."""
    others_after: tuple[int, ...]
    ring: tuple[str, ...]
    """Places around."""
    ring_before: tuple[int, ...]
    """By place, all blocks."""
    ring_after: tuple[int, ...]
    unfit: Why | None = None
    """Why nothing can be claimed whatever the counts."""

    def to_json(self) -> bytes:
        """Return it as text: the same evidence gives the same bytes."""
        plain = asdict(self) | {"unfit": None if self.unfit is None else self.unfit.value}
        return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Evidence:
        """Read what `to_json` wrote."""
        plain = json.loads(text)
        rows = {name: tuple(value) for name, value in plain.items() if isinstance(value, list)}
        rows["others_before"] = tuple(tuple(blocks) for blocks in plain["others_before"])
        unfit = None if plain["unfit"] is None else Why(plain["unfit"])
        return cls(after=plain["after"], unfit=unfit, **rows)


@dataclass(frozen=True)
class Change:
    """How incidents of one place, or of its surroundings, changed against the controls; None = cannot be said."""

    before: int
    after: int
    expected: float | None
    """Incidents after, had they changed as those of the controls did: before * controls' after / controls' before."""
    ratio: float | None
    """after / expected."""
    low: float | None
    high: float | None
    p_less: float | None
    """Probability of so low a ratio if nothing had changed, one-sided."""
    p_more: float | None


@dataclass(frozen=True)
class Control:
    """A place that the treated one is held against."""

    place: str
    mismatch: float
    """How unlike it was before: 0 = alike; 1 = half or twice as many incidents, or a course that differs as much."""
    before: int
    after: int
    weight: float
    """Its share of all controls' incidents before: how much it says about what was to be expected."""


@dataclass(frozen=True)
class Displacement:
    """What became of the incidents that the place was spared."""

    spared: float
    """Incidents: expected - after; below 0 where there were more."""
    gained: float
    """Incidents of the surroundings: after - expected."""
    wdq: float | None
    """-gained / spared: -1 = all moved, 0 = none, above 0 = the surroundings were spared some too; None where it could
    be that nothing was spared."""
    low: float | None
    high: float | None
    """Its interval."""
    detectable: float | None
    """The share of what was spared that must move to be found 8 times in 10 with such counts; above 1 not even all."""


@dataclass(frozen=True)
class Effect:
    """Did it work? The answer, and every number behind it."""

    answer: Answer
    why: Why
    change: Change | None
    """Of the treated place; None where it cannot be counted or held against anything."""
    controls: tuple[Control, ...]
    """Most alike first."""
    spread: float | None
    """τ², the variance of the logarithm of after / before among places without a measure, beyond chance."""
    freedom: int
    """How many places, less one, told it."""
    apart: Change | None
    """The later half of the time before against its earlier half."""
    ring: Change | None
    """Of the surroundings; None without any."""
    displacement: Displacement | None
    detectable: float | None
    """The smallest fall, as a share of what was expected, that would be found 8 times in 10 with such counts."""
    evidence: Evidence


def judge(evidence: Evidence) -> Effect:
    """Answer whether a measure worked.

    The same evidence gives the same answer; it does not depend on the order in which the places stand, but for ties.
    """
    if not evidence.before or not evidence.others:
        why = evidence.unfit or (Why.NO_CONTROLS if evidence.before else Why.NO_HISTORY)
        return Effect(answer_of(why), why, None, (), None, 0, None, None, None, None, evidence)
    cases = _cases(evidence)
    found = judge_cases(cases)
    why = evidence.unfit or _WHYS[int(found.why[0])]
    late = len(evidence.before) - len(evidence.before) // 2
    ring_before, ring_after = sum(evidence.ring_before), sum(evidence.ring_after)
    ring = _change(ring_before, ring_after, found.ring) if evidence.ring else None
    return Effect(
        answer=answer_of(why),
        why=why,
        change=_change(sum(evidence.before), evidence.after, found.change),
        controls=_controls(evidence, found),
        spread=_known(found.spread),
        freedom=int(found.freedom[0]),
        apart=_change(sum(evidence.before[:late]), sum(evidence.before[late:]), found.apart),
        ring=ring,
        displacement=_displacement(cases, found) if evidence.ring else None,
        detectable=_known(found.change.detectable),
        evidence=evidence,
    )


def _cases(evidence: Evidence) -> Cases:
    def one(value: object) -> Counts:
        return np.array([value], dtype=np.int64)

    return Cases(
        before=one(evidence.before),
        after=one(evidence.after),
        others_before=one(evidence.others_before),
        others_after=one(evidence.others_after),
        ring_before=one(sum(evidence.ring_before)),
        ring_after=one(sum(evidence.ring_after)),
    )


def _controls(evidence: Evidence, found: Findings) -> tuple[Control, ...]:
    chosen = found.controls[0].tolist()
    total = sum(sum(evidence.others_before[k]) for k in chosen)
    return tuple(
        Control(
            place=evidence.others[k],
            mismatch=float(unlike),
            before=sum(evidence.others_before[k]),
            after=evidence.others_after[k],
            weight=sum(evidence.others_before[k]) / total if total else 0.0,
        )
        for k, unlike in zip(chosen, found.mismatch[0], strict=True)
    )


def _change(before: int, after: int, found: Ratio) -> Change:
    return Change(
        before=before,
        after=after,
        expected=_known(found.expected),
        ratio=_known(found.ratio),
        low=_known(found.low),
        high=_known(found.high),
        p_less=_known(found.p_less),
        p_more=_known(found.p_more),
    )


def _displacement(cases: Cases, found: Findings) -> Displacement | None:
    due, ring_due = _known(found.change.expected), _known(found.ring.expected)
    if due is None or ring_due is None:
        return None
    low, high = _known(found.displaced.low), _known(found.displaced.high)
    return Displacement(
        spared=due - int(cases.after[0]),
        gained=int(cases.ring_after[0]) - ring_due,
        wdq=None if low is None or due <= int(cases.after[0]) else _known(found.displaced.wdq),
        low=low if due > int(cases.after[0]) else None,
        high=high if due > int(cases.after[0]) else None,
        detectable=_known(found.displaced.detectable),
    )


def _known(values: Values) -> float | None:
    """Return the number of a single case, None where it is not finite."""
    value = float(values[0])
    return value if np.isfinite(value) else None
