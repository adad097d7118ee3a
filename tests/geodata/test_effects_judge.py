"""The three answers, and why: counts made up so that one knows which it must be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.effects.judge import CONTROLS, LEAST_CONTROLS, PEERS, Answer, Effect, Evidence, Why, answer_of, judge

N_BLOCKS = 13


def steady(
    monthly: int = 100,
    after: int = 300,
    *,
    others: int = 12,
    ring: tuple[int, int] = (520, 120),
    others_after: int = 300,
) -> Evidence:
    """Return a place with the same incidents every block and others exactly like it; 3 blocks after."""
    return Evidence(
        before=(monthly,) * N_BLOCKS,
        after=after,
        others=tuple(f"p{k:02}" for k in range(others)),
        others_before=((100,) * N_BLOCKS,) * others,
        others_after=(others_after,) * others,
        ring=("r1", "r2") if ring[0] or ring[1] else (),
        ring_before=(ring[0] // 2, ring[0] - ring[0] // 2) if ring[0] or ring[1] else (),
        ring_after=(ring[1] // 2, ring[1] - ring[1] // 2) if ring[0] or ring[1] else (),
    )


def test_a_clear_fall_with_quiet_surroundings_worked() -> None:
    effect = judge(steady(after=200))
    assert (effect.answer, effect.why) == (Answer.WORKED, Why.FEWER)
    assert effect.change is not None
    assert (effect.change.before, effect.change.after, effect.change.expected) == (1300, 200, 300)
    assert effect.change.ratio == pytest.approx(2 / 3)
    assert effect.change.high is not None
    assert effect.change.high < 1
    assert effect.displacement is not None
    assert (effect.displacement.spared, effect.displacement.gained) == (100, 0)


def test_what_was_spared_here_and_came_up_there_moved() -> None:
    effect = judge(steady(after=200, ring=(520, 170)))
    assert (effect.answer, effect.why) == (Answer.MOVED, Why.FEWER_HERE_MORE_AROUND)
    assert effect.displacement is not None
    assert effect.displacement.wdq == pytest.approx(-0.5)
    assert effect.displacement.high is not None
    assert effect.displacement.high < 0


def test_a_small_share_that_moved_for_sure_is_no_displacement() -> None:
    effect = judge(steady(monthly=100_000, after=200_000, ring=(520_000, 140_000)))
    assert effect.displacement is not None
    assert effect.displacement.wdq == pytest.approx(-0.2)
    assert effect.displacement.high is not None
    assert effect.displacement.high < 0
    assert effect.answer is Answer.WORKED


def test_no_change_is_not_a_claim() -> None:
    effect = judge(steady())
    assert (effect.answer, effect.why) == (Answer.UNCLEAR, Why.NO_DIFFERENCE)
    assert effect.displacement is not None
    assert effect.displacement.wdq is None  # nothing was spared that could have moved


def test_a_fall_that_all_places_share_is_not_a_claim() -> None:
    assert judge(steady(after=200, others_after=200)).why is Why.NO_DIFFERENCE


def test_standing_still_while_all_others_rise_worked() -> None:
    assert judge(steady(after=300, others_after=450)).answer is Answer.WORKED


def test_more_than_expected_is_unclear_and_says_so() -> None:
    effect = judge(steady(after=420))
    assert (effect.answer, effect.why) == (Answer.UNCLEAR, Why.WORSE)


def test_without_places_to_compare_with_nothing_is_claimed() -> None:
    alone = replace(steady(after=100), others=(), others_before=(), others_after=())
    assert judge(alone).why is Why.NO_CONTROLS
    assert judge(alone).change is None


def test_four_controls_are_too_few_and_five_are_enough() -> None:
    assert judge(steady(after=100, others=LEAST_CONTROLS - 1)).why is Why.NO_CONTROLS
    assert judge(steady(after=100, others=LEAST_CONTROLS)).answer is Answer.WORKED


def test_without_history_nothing_is_claimed() -> None:
    assert judge(replace(steady(), before=())).why is Why.NO_HISTORY


def test_no_incident_before_is_too_few() -> None:
    effect = judge(steady(monthly=0, after=0))
    assert effect.why is Why.TOO_FEW
    assert effect.change is not None
    assert (effect.change.expected, effect.change.ratio) == (0, None)


def test_tiny_counts_are_too_few_even_if_nothing_is_left() -> None:
    effect = judge(steady(monthly=3, after=0))  # 9 were to be expected
    assert effect.why is Why.TOO_FEW
    assert effect.change is not None
    assert effect.change.ratio == 0


def test_controls_without_incidents_are_too_few() -> None:
    empty = replace(steady(), others_before=((0,) * N_BLOCKS,) * 12, others_after=(0,) * 12)
    assert judge(empty).why is Why.TOO_FEW


def test_a_place_without_surroundings_can_have_worked_and_says_what_is_not_known() -> None:
    effect = judge(steady(after=200, ring=(0, 0)))
    assert (effect.answer, effect.why) == (Answer.WORKED, Why.FEWER_NO_RING)
    assert effect.ring is None
    assert effect.displacement is None


def test_surroundings_with_hardly_an_incident_show_no_displacement() -> None:
    assert judge(steady(after=200, ring=(20, 9))).why is Why.FEWER_NO_RING


def test_a_place_that_was_falling_already_is_unclear() -> None:
    falling = tuple(round(200 * 0.9**k) for k in range(N_BLOCKS))
    effect = judge(replace(steady(after=100), before=falling))
    assert effect.why is Why.APART
    assert effect.apart is not None
    assert effect.apart.ratio is not None
    assert effect.apart.ratio < 0.6


def test_what_makes_an_answer_impossible_comes_before_the_counts_which_stay_visible() -> None:
    effect = judge(replace(steady(after=100), unfit=Why.OVERLAP))
    assert (effect.answer, effect.why) == (Answer.UNCLEAR, Why.OVERLAP)
    assert effect.change is not None
    assert effect.change.ratio == pytest.approx(1 / 3)


def test_controls_are_the_most_alike_and_their_weights_sum_to_one() -> None:
    others = tuple(tuple([100 + 10 * k] * N_BLOCKS) for k in range(20))
    effect = judge(
        replace(
            steady(),
            others=tuple(f"p{k:02}" for k in range(20)),
            others_before=others,
            others_after=tuple(300 + 30 * k for k in range(20)),
        )
    )
    assert [control.place for control in effect.controls] == [f"p{k:02}" for k in range(CONTROLS)]
    assert [control.mismatch for control in effect.controls] == sorted(control.mismatch for control in effect.controls)
    assert sum(control.weight for control in effect.controls) == pytest.approx(1)
    before, after = (sum(getattr(c, name) for c in effect.controls) for name in ("before", "after"))
    assert effect.change is not None
    assert effect.change.expected == pytest.approx(1300 * after / before)


def test_controls_that_differ_among_themselves_forbid_a_claim() -> None:
    restless = replace(steady(after=200), others_after=tuple(150 if k % 2 else 450 for k in range(12)))
    effect = judge(restless)
    assert effect.why is Why.NO_DIFFERENCE
    assert effect.spread is not None
    assert effect.spread > 0.1


def test_many_incidents_make_small_falls_detectable() -> None:
    def scaled(times: int) -> Evidence:
        same = steady()
        blocks = tuple(tuple(times * n for n in each) for each in same.others_before)
        return replace(
            same,
            before=tuple(times * n for n in same.before),
            after=times * same.after,
            others_before=blocks,
            others_after=tuple(times * n for n in same.others_after),
        )

    falls = [judge(scaled(times)).detectable for times in (1, 4, 16)]
    assert falls[0] is not None
    assert all(fall is not None for fall in falls)
    assert 0.1 < falls[0] < 0.2
    assert falls == sorted(falls, key=lambda fall: -(fall or 0))


def test_every_reason_has_an_answer() -> None:
    assert {answer_of(why) for why in Why} == set(Answer)
    assert [why for why in Why if answer_of(why) is not Answer.UNCLEAR] == [
        Why.FEWER_HERE_MORE_AROUND,
        Why.FEWER,
        Why.FEWER_NO_RING,
    ]


def random_evidence(seed: int) -> Evidence:
    random = np.random.default_rng(seed)
    n, blocks = int(random.integers(0, 30)), int(random.integers(1, 14))
    level = float(random.choice([0.2, 3, 30, 300]))
    n_ring = int(random.integers(0, 4))
    return Evidence(
        before=tuple(random.poisson(level, blocks).tolist()),
        after=int(random.poisson(level * 3 * random.uniform(0.3, 1.5))),
        others=tuple(f"p{k:02}" for k in range(n)),
        others_before=tuple(tuple(each) for each in random.poisson(level, (n, blocks)).tolist()),
        others_after=tuple(random.poisson(level * 3, n).tolist()),
        ring=tuple(f"r{k}" for k in range(n_ring)),
        ring_before=tuple(random.poisson(level * blocks, n_ring).tolist()),
        ring_after=tuple(random.poisson(level * 3 * random.uniform(0.8, 1.6), n_ring).tolist()),
    )


def shown(effect: Effect) -> tuple[object, ...]:
    return (effect.answer, effect.why, effect.change, effect.controls, effect.ring, effect.displacement, effect.apart)


@settings(deadline=None)
@given(seed=st.integers(0, 2**32))
def test_kept_evidence_gives_the_same_bytes_and_the_same_answer(seed: int) -> None:
    evidence = random_evidence(seed)
    text = evidence.to_json()
    again = Evidence.from_json(text)
    assert again == evidence
    assert again.to_json() == text
    assert judge(again) == judge(evidence)


@settings(deadline=None)
@given(seed=st.integers(0, 2**32))
def test_claims_can_be_read_off_the_intervals(seed: int) -> None:
    effect = judge(random_evidence(seed))
    if effect.answer is not Answer.UNCLEAR:
        assert effect.change is not None
        assert effect.change.high is not None
        assert effect.change.high < 1
        assert effect.change.expected is not None
        assert effect.change.expected >= 10
    if effect.answer is Answer.MOVED:
        assert effect.displacement is not None
        assert effect.displacement.high is not None
        assert effect.displacement.high < 0
    if effect.why is Why.NO_DIFFERENCE:
        assert effect.change is not None
        assert effect.change.low is not None
        assert effect.change.high is not None
        assert effect.change.low <= 1 <= effect.change.high


@settings(deadline=None)
@given(seed=st.integers(0, 2**32), data=st.data())
def test_the_order_of_the_others_does_not_matter_but_for_ties(seed: int, data: st.DataObject) -> None:
    evidence = random_evidence(seed)
    effect = judge(evidence)
    marks = [control.mismatch for control in judge(evidence).controls]
    order = data.draw(st.permutations(range(len(evidence.others))))
    mixed = replace(
        evidence,
        others=tuple(evidence.others[k] for k in order),
        others_before=tuple(evidence.others_before[k] for k in order),
        others_after=tuple(evidence.others_after[k] for k in order),
    )
    other = judge(mixed)
    assert [control.mismatch for control in other.controls] == pytest.approx(marks)
    if len(evidence.others) <= CONTROLS:  # all are controls, so that ties cannot choose others
        assert (other.answer, other.why) == (effect.answer, effect.why)
        assert sorted(c.place for c in other.controls) == sorted(c.place for c in effect.controls)
        if effect.change is not None and effect.change.ratio is not None and other.change is not None:
            assert other.change.ratio == pytest.approx(effect.change.ratio)
            assert other.change.low == pytest.approx(effect.change.low)


def test_more_peers_than_needed_change_nothing() -> None:
    far = (9999,) * N_BLOCKS
    base = steady(others=PEERS)
    more = replace(
        base,
        others=(*base.others, "z1"),
        others_before=(*base.others_before, far),
        others_after=(*base.others_after, 1),
    )
    assert shown(judge(more)) == shown(judge(base))
