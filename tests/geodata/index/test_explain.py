"""The decomposition: the published example, hand-worked odd cases, and the law that effects sum to the change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from geodata.index.explain import (
    NOTHING,
    EffectKind,
    Evidence,
    Explanation,
    Unexplained,
    explain,
    explain_series,
)
from geodata.index.parameters import Parameters
from geodata.index.score import score_places

Values = npt.NDArray[np.float64]
NAN = np.nan
law = settings(deadline=None, max_examples=60)

# the street of the published example: 治安 (I1, I2), 交通 (I3), 城管 (I4); items 1a 1b 2a 3a 3b 4a; parts c1, c2
SEVERITY = np.array([1.0, 3.0, 2.0, 1.0, 5.0, 1.0])
ITEMS = np.array([0, 0, 1, 2, 2, 3])
STREET = Parameters(
    prior=np.array([4 * 1.5, 4 * 2.0, 4 * 2.0, 10.0]),
    scale=np.array([1.5, 2.0, 2.0, 1.0]),
    inverse=np.zeros(4, dtype=bool),
    counted=np.ones(4, dtype=bool),
    weight=np.array([0.6, 0.4, 1.0, 1.0]),
    sub_index=np.array([0, 0, 1, 2]),
    sub_weight=np.array([0.5, 0.3, 0.2]),
    anchor=0.85,
    risk_cap=6.0,
    min_expected=0.05,
    min_weight_indicators=0.5,
    min_weight_sub_indices=0.6,
)
BEFORE = Evidence(
    SEVERITY * np.array([[20.0, 4, 5, 18, 3, 300], [10, 1, 3, 9, 0, 180]]),
    np.array([[26.0, 9, 28, 290], [14, 5, 12, 190]]),
)
AFTER = Evidence(
    SEVERITY * np.array([[14.0, 2, 9, 20, 5, 260], [11, 1, 3, 6, 0, 200]]),
    np.array([[28.0, 10, 31, 290], [15, 5.5, 13, 190]]),
)


def effects(explanation: Explanation, *names: str) -> dict[tuple[int, ...], float]:
    groups, totals = explanation.sums(*names)
    return {tuple(map(int, group)): float(total) for group, total in zip(groups, totals, strict=True)}


def without(evidence: Evidence, *indicators: int) -> Evidence:
    expected = evidence.expected.copy()
    expected[:, list(indicators)] = NAN
    return replace(evidence, expected=expected)


# --- the published example ---


def test_vector_composite() -> None:
    explanation = explain(BEFORE, AFTER, ITEMS, STREET)
    assert explanation.before == pytest.approx(84.13204105, abs=1e-8)
    assert explanation.after == pytest.approx(84.32385682, abs=1e-8)
    assert explanation.change == pytest.approx(0.19181577, abs=1e-8)
    counts = {
        (0, 0, 0): 0.51824567,
        (0, 0, 1): 0.51824567,
        (0, 1, 0): -0.08637428,
        (1, 0, 2): -0.96190973,
        (2, 0, 3): -0.16367509,
        (2, 0, 4): -0.81837546,
        (2, 1, 3): 0.24551264,
        (3, 0, 5): 0.22628617,
        (3, 1, 5): -0.11314309,
    }
    expectations = {
        (0, 0): 0.16547493,
        (0, 1): 0.08273747,
        (1, 0): 0.14798611,
        (1, 1): 0.07399306,
        (2, 0): 0.26760878,
        (2, 1): 0.08920293,
    }
    found = effects(explanation, "kind", "indicator", "part", "item")
    wanted = {(EffectKind.COUNT, *key): value for key, value in counts.items()} | {
        (EffectKind.EXPECTED, *key, NOTHING): value for key, value in expectations.items()
    }
    assert found == pytest.approx(wanted, abs=2e-8)
    assert abs(explanation.residual) < 1e-12


def test_vector_composite_sums_by_any_grouping() -> None:
    explanation = explain(BEFORE, AFTER, ITEMS, STREET)
    assert effects(explanation, "sub_index") == pytest.approx(
        {(0,): 0.458399, (1,): -0.379726, (2,): 0.113143}, abs=1e-6
    )
    assert effects(explanation, "indicator") == pytest.approx(
        {(0,): 1.198329, (1,): -0.739931, (2,): -0.379726, (3,): 0.113143}, abs=1e-6
    )
    assert effects(explanation, "kind") == pytest.approx({(0,): -0.635188, (1,): 0.827003}, abs=1e-6)
    assert effects(explanation, "part") == pytest.approx({(0,): -0.100113, (1,): 0.291929}, abs=1e-6)


def test_vector_composite_of_a_geometric_index() -> None:
    explanation = explain(BEFORE, AFTER, ITEMS, replace(STREET, geometric=True))
    assert explanation.before == pytest.approx(84.13017906, abs=1e-8)
    assert explanation.after == pytest.approx(84.31949649, abs=1e-8)
    assert effects(explanation, "sub_index") == pytest.approx(
        {(0,): 0.45926573, (1,): -0.38168809, (2,): 0.11173979}, abs=1e-8
    )


def test_vector_composite_with_a_missing_sub_index() -> None:
    explanation = explain(BEFORE, without(AFTER, 2), ITEMS, STREET)
    # published from scores rounded to four decimals, hence the tolerance
    assert explanation.after == pytest.approx(84.822414, abs=2.5e-5)
    assert explanation.after == pytest.approx((0.5 * 84.52506595 + 0.2 * 85.56571543) / 0.7, abs=1e-8)
    assert explanation.change == pytest.approx(0.690344, abs=2.5e-5)
    found = effects(explanation, "kind", "sub_index")
    by_score = {j: found.get((0, j), 0.0) + found.get((1, j), 0.0) for j in range(3)}
    assert by_score == pytest.approx({0: 0.556629, 1: 0.0, 2: 0.137384}, abs=1e-5)
    by_weight = {j: found[EffectKind.WEIGHT, j] for j in range(3)}
    assert by_weight == pytest.approx({0: -0.087973, 1: 0.015253, 2: 0.069052}, abs=1e-5)
    assert set(effects(explanation, "kind", "indicator", "item", "part")) >= {(EffectKind.WEIGHT, -1, -1, -1)}
    assert abs(explanation.residual) < 1e-12


# --- odd cases, worked by hand ---


def test_nothing_happened_is_no_effect_at_all() -> None:
    explanation = explain(BEFORE, BEFORE, ITEMS, STREET)
    assert explanation.change == 0
    assert len(explanation.effect) == 0
    assert explanation.reason is Unexplained.NONE


def test_effects_of_a_sub_index_sum_to_the_change_of_its_score() -> None:
    explanation = explain(BEFORE, AFTER, ITEMS, STREET, target=0)
    assert explanation.before == pytest.approx(83.60826816, abs=1e-8)
    assert explanation.change == pytest.approx(84.52506595 - 83.60826816, abs=2e-8)
    assert set(effects(explanation, "sub_index")) == {(0,)}
    assert explanation.effect.sum() == pytest.approx(explanation.change, abs=1e-12)


def test_a_red_line_is_a_line_of_its_own() -> None:
    explanation = explain(BEFORE, replace(AFTER, deduction=4.5), ITEMS, STREET)
    assert explanation.change == pytest.approx(0.19181577 - 4.5, abs=1e-8)
    assert effects(explanation, "kind", "sub_index", "indicator")[EffectKind.RED_LINE, -1, -1] == -4.5
    assert effects(explain(replace(BEFORE, deduction=4.5), AFTER, ITEMS, STREET), "kind")[EffectKind.RED_LINE,] == 4.5


def test_a_red_line_is_no_part_of_a_sub_index() -> None:
    explanation = explain(BEFORE, replace(AFTER, deduction=4.5), ITEMS, STREET, target=1)
    assert (EffectKind.RED_LINE,) not in effects(explanation, "kind")


def test_the_cap_shrinks_both_effects_of_its_indicator() -> None:
    # one part, one indicator, no prior to speak of: θ 5 -> 10, cut at 6, so a fifth of the change comes through
    alone = one_indicator(prior=1e-9)
    explanation = explain(Evidence(row(50), row(10)), Evidence(row(120), row(12)), np.array([0]), alone)
    found = effects(explanation, "kind")
    assert explanation.change == pytest.approx(100 * (0.85**6 - 0.85**5), abs=1e-6)
    per_theta = explanation.change / (6 - 5)
    assert found[EffectKind.COUNT,] == pytest.approx(0.2 * (1 / 10 + 1 / 12) / 2 * 70 * per_theta, rel=1e-6)
    assert found[EffectKind.EXPECTED,] == pytest.approx(0.2 * -(50 + 120) / 2 * 2 / 120 * per_theta, rel=1e-6)


def test_what_stays_above_the_cap_has_no_effect() -> None:
    explanation = explain(Evidence(row(500), row(10)), Evidence(row(900), row(12)), np.array([0]), one_indicator())
    assert explanation.change == 0
    assert len(explanation.effect) == 0


def test_more_benefits_raise_the_score() -> None:
    benefit = one_indicator(prior=10.0, inverse=True)
    explanation = explain(Evidence(row(100), row(100)), Evidence(row(130), row(100)), np.array([0]), benefit)
    assert explanation.after == pytest.approx(100 * 0.85 ** (110 / 140), abs=1e-9)
    assert effects(explanation, "kind") == pytest.approx({(EffectKind.COUNT,): explanation.change})
    more_due = explain(Evidence(row(100), row(100)), Evidence(row(100), row(130)), np.array([0]), benefit)
    assert effects(more_due, "kind") == pytest.approx({(EffectKind.EXPECTED,): more_due.change})
    assert more_due.change < 0


def test_a_level_measured_on_more_days_is_no_effect() -> None:
    level = one_indicator(prior=0.0, scale=0.0)
    before, after = Evidence(row(30 * 52.0), row(30 * 45.0)), Evidence(row(15 * 58.0), row(15 * 45.0))
    explanation = explain(before, after, np.array([0]), level)
    assert effects(explanation, "kind") == pytest.approx(
        {(EffectKind.COUNT,): 100 * (0.85 ** (58 / 45) - 0.85 ** (52 / 45))}
    )


def test_a_missing_indicator_shifts_weights_within_its_sub_index() -> None:
    explanation = explain(BEFORE, without(AFTER, 1), ITEMS, STREET, target=0)
    thetas = {"I1 before": 1.10869565, "I1 after": 0.81632653, "I2 before": 1.09090909}
    before = 0.6 * thetas["I1 before"] + 0.4 * thetas["I2 before"]
    middle = (before + thetas["I1 after"]) / 2
    per_risk = explanation.change / (thetas["I1 after"] - before)
    found = effects(explanation, "kind", "indicator")
    i1 = (thetas["I1 before"] + thetas["I1 after"]) / 2
    assert found[EffectKind.WEIGHT, 0] == pytest.approx(per_risk * (i1 - middle) * 0.4, abs=1e-6)
    assert found[EffectKind.WEIGHT, 1] == pytest.approx(per_risk * (thetas["I2 before"] - middle) * -0.4, abs=1e-6)
    assert (EffectKind.COUNT, 1) not in found
    assert explanation.effect.sum() == pytest.approx(explanation.change, abs=1e-12)


@pytest.mark.parametrize(
    ("lost_before", "lost_after", "reason"),
    [
        ((), (0, 1, 2), Unexplained.AFTER_MISSING),
        ((0, 1, 2), (), Unexplained.BEFORE_MISSING),
        ((0, 1, 2), (0, 1), Unexplained.BOTH_MISSING),
    ],
)
def test_a_missing_composite_is_said_and_not_explained(
    lost_before: tuple[int, ...], lost_after: tuple[int, ...], reason: Unexplained
) -> None:
    explanation = explain(without(BEFORE, *lost_before), without(AFTER, *lost_after), ITEMS, STREET)
    assert explanation.reason is reason
    assert np.isnan(explanation.change)
    assert len(explanation.effect) == len(explanation.kind) == 0


def test_an_arithmetic_and_a_geometric_score_are_not_compared() -> None:
    geometric = replace(STREET, geometric=True)
    explanation = explain(BEFORE, AFTER, ITEMS, geometric, parameters_before=STREET)
    assert explanation.reason is Unexplained.AGGREGATION


def test_other_weights_alone_are_a_weight_effect() -> None:
    other = STREET.weighted(np.array([0.4, 0.3, 0.3]))
    explanation = explain(BEFORE, BEFORE, ITEMS, other, parameters_before=STREET)
    assert set(effects(explanation, "kind")) == {(EffectKind.WEIGHT,)}
    assert explanation.change == pytest.approx(0.1 * (85.0 - 83.60826816), abs=1e-8)


def test_expectations_that_only_move_between_parts_cancel_exactly() -> None:
    moved = replace(BEFORE, expected=BEFORE.expected + np.array([[3.0, 0, 0, 0], [-3.0, 0, 0, 0]]))
    explanation = explain(BEFORE, moved, ITEMS, STREET)
    found = effects(explanation, "kind", "indicator", "part")
    assert found[EffectKind.EXPECTED, 0, 0] == -found[EffectKind.EXPECTED, 0, 1] > 0
    assert explanation.change == 0


def test_a_part_that_fell_silent_expects_nothing_and_counts() -> None:
    expected = AFTER.expected.copy()
    expected[1] = NAN
    silent = Evidence(AFTER.count, expected)
    explained, zero = (
        explain(BEFORE, each, ITEMS, STREET) for each in (silent, replace(silent, expected=np.nan_to_num(expected)))
    )
    assert explained.change == zero.change
    assert np.array_equal(explained.effect, zero.effect)


def test_a_series_is_explained_step_by_step() -> None:
    steps = explain_series([BEFORE, AFTER, BEFORE], ITEMS, STREET)
    alone = explain(BEFORE, AFTER, ITEMS, STREET)
    assert [step.change for step in steps] == [alone.change, -alone.change]
    np.testing.assert_allclose(steps[0].effect, alone.effect, rtol=1e-12)
    np.testing.assert_allclose(steps[1].effect, -alone.effect, rtol=1e-12)
    assert explain_series([BEFORE], ITEMS, STREET) == []


# --- laws ---

magnitudes = st.sampled_from([0.0, 0.0, 1e-9, 1e-3, 0.04, 1.0, 7.0, 250.0, 1e5]) | st.floats(1e-6, 500.0)
due = magnitudes | st.just(NAN)


@st.composite
def hard_parameters(draw: st.DrawFn, kinds: npt.NDArray[np.intp] | None = None) -> Parameters:
    """Three sub-indices of two indicators each; kinds 0 incident, 1 benefit, 2 level."""
    drawn = hnp.arrays(np.intp, 6, elements=st.integers(0, 2))
    kind = draw(drawn) if kinds is None else kinds
    shares = draw(hnp.arrays(np.float64, 3, elements=st.floats(0.05, 0.95)))
    weights = draw(hnp.arrays(np.float64, 3, elements=st.floats(0.05, 1.0)))
    scale = np.where(kind == 2, 0.0, draw(hnp.arrays(np.float64, 6, elements=st.floats(1.0, 25.0))))
    return Parameters(
        prior=scale * draw(st.sampled_from([0.1, 4.0, 10.0, 200.0])),
        scale=scale,
        inverse=kind == 1,
        counted=kind == 0,
        weight=np.column_stack([shares, 1 - shares]).ravel(),
        sub_index=np.array([0, 0, 1, 1, 2, 2]),
        sub_weight=weights / weights.sum(),
        anchor=draw(st.floats(0.6, 0.95)),
        risk_cap=draw(st.sampled_from([1.5, 6.0, 50.0])),
        min_expected=0.05,
        min_weight_indicators=draw(st.sampled_from([0.01, 0.5])),
        min_weight_sub_indices=draw(st.sampled_from([0.01, 0.8])),
        geometric=draw(st.booleans()),
    )


evidence = st.builds(
    Evidence,
    hnp.arrays(np.float64, (3, 9), elements=magnitudes),
    hnp.arrays(np.float64, (3, 6), elements=due),
    st.sampled_from([0.0, 0.0, 12.5]),
)
MANY_ITEMS = np.array([0, 0, 1, 2, 2, 3, 4, 5, 5])
targets = st.sampled_from([None, None, 0, 2])


def closed(explanation: Explanation) -> bool:
    """Whether effects sum to the change: to 1e-9 points, or to the last digit of effects that dwarf it."""
    size = float(np.abs(explanation.effect).max(initial=0.0))
    return abs(explanation.residual) <= max(1e-9, 1e-14 * size)


@law
@given(evidence, evidence, hard_parameters(), targets)
def test_effects_sum_to_the_change(
    before: Evidence, after: Evidence, parameters: Parameters, target: int | None
) -> None:
    explanation = explain(before, after, MANY_ITEMS, parameters, target=target)
    if np.isnan(explanation.change):
        assert explanation.reason is not Unexplained.NONE
        return
    assert np.isfinite(explanation.effect).all()
    assert closed(explanation)
    assert explanation.change == pytest.approx(
        published(after, parameters, target) - published(before, parameters, target), abs=1e-9
    )


@law
@given(st.data(), evidence, evidence, hnp.arrays(np.intp, 6, elements=st.integers(0, 2)), targets)
def test_effects_sum_to_the_change_across_methods(
    data: st.DataObject, before: Evidence, after: Evidence, kinds: npt.NDArray[np.intp], target: int | None
) -> None:
    older, newer = data.draw(hard_parameters(kinds)), data.draw(hard_parameters(kinds))
    explanation = explain(before, after, MANY_ITEMS, newer, parameters_before=older, target=target)
    assert np.isnan(explanation.change) or closed(explanation)


@law
@given(evidence, evidence, hard_parameters(), targets)
def test_swapped_periods_give_the_negative_effects(
    before: Evidence, after: Evidence, parameters: Parameters, target: int | None
) -> None:
    there = explain(before, after, MANY_ITEMS, parameters, target=target)
    back = explain(after, before, MANY_ITEMS, parameters, target=target)
    assert np.array_equal(there.kind, back.kind)
    np.testing.assert_allclose(there.effect, -back.effect, rtol=1e-9, atol=1e-12)


@law
@given(evidence, evidence, hard_parameters(), st.floats(0.0, 1.0))
def test_splitting_a_part_changes_no_other_effect(
    before: Evidence, after: Evidence, parameters: Parameters, share: float
) -> None:
    whole = explain(before, after, MANY_ITEMS, parameters)
    split = explain(halved(before, share), halved(after, share), MANY_ITEMS, parameters)
    names = ("kind", "sub_index", "indicator", "item")
    size = float(np.abs(whole.effect).max(initial=1.0))
    one, other = effects(whole, *names), effects(split, *names)
    for key in one.keys() | other.keys():
        assert one.get(key, 0.0) == pytest.approx(other.get(key, 0.0), rel=1e-7, abs=1e-9 * size)


@law
@given(evidence, evidence, hard_parameters())
def test_a_count_that_did_not_change_has_no_effect(before: Evidence, after: Evidence, parameters: Parameters) -> None:
    kept = after.count.copy()
    kept[:, :2] = before.count[:, :2]
    sized = replace(parameters, prior=np.maximum(parameters.prior, 1.0))
    explanation = explain(before, replace(after, count=kept), MANY_ITEMS, sized)
    assert not np.isin(explanation.item, [0, 1]).any()


# --- helpers ---


def row(value: float) -> Values:
    return np.array([[float(value)]])


def one_indicator(*, prior: float = 4.0, scale: float = 1.0, inverse: bool = False) -> Parameters:
    return Parameters(
        prior=np.array([prior]),
        scale=np.array([scale]),
        inverse=np.array([inverse]),
        counted=np.array([scale > 0 and not inverse]),
        weight=np.ones(1),
        sub_index=np.zeros(1, dtype=np.intp),
        sub_weight=np.ones(1),
        anchor=0.85,
        risk_cap=6.0,
        min_expected=0.05,
        min_weight_indicators=0.5,
        min_weight_sub_indices=0.8,
    )


def published(of: Evidence, parameters: Parameters, target: int | None) -> float:
    """Score a place by the module that scores places."""
    count = np.zeros((1, 6))
    np.add.at(count[0], MANY_ITEMS, of.count.sum(axis=0))
    expected = np.where(np.isfinite(of.expected).any(axis=0), np.nansum(of.expected, axis=0), NAN)[np.newaxis]
    scores = score_places(count, expected, parameters)
    return float(scores.composite[0] - of.deduction if target is None else scores.sub_score[0, target])


def halved(of: Evidence, share: float) -> Evidence:
    """Split the first part in two."""
    return replace(
        of,
        count=np.vstack([of.count[:1] * share, of.count[:1] * (1 - share), of.count[1:]]),
        expected=np.vstack([of.expected[:1] * share, of.expected[:1] * (1 - share), of.expected[1:]]),
    )
