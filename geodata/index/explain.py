"""Why a score moved: its change taken apart into effects that sum to it exactly (docs/METHOD.md, decomposition)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from geodata.index.parameters import Parameters
from geodata.index.score import score_places

Values = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]
NOTHING = -1
"""The position of what an effect does not belong to."""


class EffectKind(IntEnum):
    """What an effect comes from."""

    COUNT = 0
    """Something happened more or less often (实际发生效应)."""
    EXPECTED = 1
    """Calendar, coverage or exposure let more or less of it be expected (季节与基数效应)."""
    WEIGHT = 2
    """Weights shifted, since data are missing in one period, or the method differs between the two."""
    RED_LINE = 3
    """Points taken off by red lines (红线扣分)."""


class Unexplained(IntEnum):
    """Why a change has no explanation."""

    NONE = 0
    """It has one."""
    BEFORE_MISSING = 1
    AFTER_MISSING = 2
    BOTH_MISSING = 3
    AGGREGATION = 4
    """One score is an arithmetic, the other a geometric mean."""


@dataclass(frozen=True)
class Evidence:
    """One place in one period, by the parts that make it up and the items that were counted."""

    count: Values
    """Severity-weighted incidents s·n (or failures, benefits …), shape (n_parts, n_items); NaN counts nothing."""
    expected: Values
    """E, shape (n_parts, n_indicators); NaN = missing; the place lacks an indicator that all its parts lack."""
    deduction: float = 0.0
    """Points that red lines took off the composite, >= 0."""


@dataclass(frozen=True)
class Explanation:
    """A change of score and the effects that make it up, one entry each in aligned arrays, none of them 0."""

    before: float
    after: float
    change: float
    """Points, red lines included; NaN where either score is missing."""
    sub_index: Positions
    """Position of the sub-index, ``NOTHING`` for a red line."""
    indicator: Positions
    """Position of the indicator, ``NOTHING`` for an effect of the whole sub-index."""
    item: Positions
    """Position of the item, ``NOTHING`` but for counts."""
    part: Positions
    """Position of the part, ``NOTHING`` but for counts and expectations."""
    kind: Positions
    """An ``EffectKind``."""
    effect: Values
    """Points."""
    residual: float
    """`change` less the sum of effects: rounding only."""
    reason: Unexplained = Unexplained.NONE

    def sums(self, *names: str) -> tuple[Positions, Values]:
        """Add up effects by any of the aligned arrays, given by name.

        Returns
        -------
        tuple
            The combinations that occur, in order, shape (n_groups, n_names), and their effects, shape (n_groups,).
        """
        keys = np.column_stack([getattr(self, name) for name in names])
        groups, member = np.unique(keys, axis=0, return_inverse=True)
        totals: Values = np.bincount(member.ravel(), self.effect, minlength=len(groups)).astype(np.float64)
        return groups.astype(np.intp), totals


def explain(
    before: Evidence,
    after: Evidence,
    item_indicator: Positions,
    parameters: Parameters,
    *,
    parameters_before: Parameters | None = None,
    target: int | None = None,
) -> Explanation:
    """Take the change of a place's score apart, by sub-index, indicator, item and part.

    Counts and expectations each take the half of their joint effect, and scores are linked to risks by their
    logarithmic mean (LMDI): no residual, no order of steps, and the swapped periods give the negative effects. Where
    the cap cuts a risk, the effects of its indicator shrink in proportion. What red lines did is a line of its own.

    Parameters
    ----------
    before, after
        The two periods, with the same parts and items.
    item_indicator
        Position of the indicator of each item, shape (n_items,).
    parameters
        The method of the later period.
    parameters_before
        That of the earlier one, where it was another with the same indicators; what this changes is ``WEIGHT``.
    target
        Position of the sub-index whose score is explained; None = the composite.
    """
    earlier = parameters if parameters_before is None else parameters_before
    if earlier is parameters:
        first, second = _sides([before, after], item_indicator, parameters)
    else:
        first = _sides([before], item_indicator, earlier)[0]
        second = _sides([after], item_indicator, parameters)[0]
    return _explained(first, second, item_indicator, target)


def explain_series(
    periods: Sequence[Evidence], item_indicator: Positions, parameters: Parameters, *, target: int | None = None
) -> list[Explanation]:
    """Explain each period against the one before it, as `explain` does but sooner; one entry less than periods."""
    sides = _sides(periods, item_indicator, parameters)
    return [_explained(*pair, item_indicator, target) for pair in itertools.pairwise(sides)]


@dataclass(frozen=True)
class _Side:
    """A place in one period with all that its score is made of; arrays by indicator or by sub-index."""

    parameters: Parameters
    count: Values
    """As in the evidence, without NaN."""
    expected: Values
    observed_total: Values
    expected_total: Values
    theta: Values
    risk: Values
    sub_score: Values
    weight: Values
    """v of the indicators that are there, rescaled."""
    sub_weight: Values
    """w of the sub-indices that are there, rescaled."""
    composite: float
    deduction: float

    @property
    def log_anchor(self) -> float:
        return float(np.log(self.parameters.anchor))

    def score(self, target: int | None) -> float:
        return self.composite - self.deduction if target is None else float(self.sub_score[target])


def _sides(evidence: Sequence[Evidence], item_indicator: Positions, parameters: Parameters) -> list[_Side]:
    """Score the periods of one place together, by the rules for what is missing."""
    n_indicators, n_sub = len(parameters.prior), len(parameters.sub_weight)
    counts = [np.nan_to_num(each.count) for each in evidence]
    observed = np.array([np.bincount(item_indicator, count.sum(axis=0), minlength=n_indicators) for count in counts])
    expected = [np.nan_to_num(each.expected) for each in evidence]
    known = np.array([np.isfinite(each.expected).any(axis=0) for each in evidence])
    due = np.where(known, np.array([each.sum(axis=0) for each in expected]), np.nan)
    scores = score_places(observed, due, replace(parameters, place_spread=0.0))  # their intervals are not asked for
    sides = []
    for row, each in enumerate(evidence):
        there = np.isfinite(scores.sub_score[row])
        weight = np.where(np.isfinite(scores.theta[row]) & there[parameters.sub_index], parameters.weight, 0.0)
        present = np.bincount(parameters.sub_index, weight, minlength=n_sub)
        sub_weight = np.where(there, parameters.sub_weight, 0.0)
        sides.append(
            _Side(
                parameters=parameters,
                count=counts[row],
                expected=expected[row],
                observed_total=observed[row],
                expected_total=due[row],
                theta=scores.theta[row],
                risk=scores.risk[row],
                sub_score=scores.sub_score[row],
                weight=weight / np.where(present > 0, present, 1.0)[parameters.sub_index],
                sub_weight=sub_weight / (sub_weight.sum() or 1.0),
                composite=float(scores.composite[row]),
                deduction=each.deduction,
            )
        )
    return sides


def _explained(before: _Side, after: _Side, item_indicator: Positions, target: int | None) -> Explanation:
    old, new = before.score(target), after.score(target)
    if reason := _unexplained(before, after, target):
        none = np.empty(0, dtype=np.intp)
        return Explanation(old, new, np.nan, none, none, none, none, none, np.empty(0), np.nan, reason)
    per_risk, of_sub_index = _sub_effects(before, after, target)
    of_count, of_expected, of_indicator = _indicator_effects(before, after, item_indicator, per_risk)
    red_line = np.array([before.deduction - after.deduction if target is None else 0.0])
    home = after.parameters.sub_index
    (part, item), (place, indicator) = np.nonzero(of_count), np.nonzero(of_expected)
    (shifted,), (whole,), (line,) = np.nonzero(of_indicator), np.nonzero(of_sub_index), np.nonzero(red_line)
    owner = item_indicator[item]
    lines = np.concatenate(
        [
            _lines(EffectKind.COUNT, len(item), home[owner], owner, item, part),
            _lines(EffectKind.EXPECTED, len(place), home[indicator], indicator, NOTHING, place),
            _lines(EffectKind.WEIGHT, len(shifted), home[shifted], shifted),
            _lines(EffectKind.WEIGHT, len(whole), whole),
            _lines(EffectKind.RED_LINE, len(line)),
        ],
        axis=1,
    )
    effect: Values = np.concatenate(
        [
            of_count[part, item],
            of_expected[place, indicator],
            of_indicator[shifted],
            of_sub_index[whole],
            red_line[line],
        ]
    )
    sub_indices, indicators, items, parts, kinds = lines
    residual = float(new - old - effect.sum())
    return Explanation(old, new, new - old, sub_indices, indicators, items, parts, kinds, effect, residual)


def _lines(
    kind: EffectKind,
    n: int,
    sub_index: Positions | int = NOTHING,
    indicator: Positions | int = NOTHING,
    item: Positions | int = NOTHING,
    part: Positions | int = NOTHING,
) -> Positions:
    """Lay out where n effects of one kind belong, shape (5, n)."""
    lines = np.empty((5, n), dtype=np.intp)
    for row, values in enumerate((sub_index, indicator, item, part, int(kind))):
        lines[row] = values
    return lines


def _unexplained(before: _Side, after: _Side, target: int | None) -> Unexplained:
    lacks_before, lacks_after = (not np.isfinite(side.score(target)) for side in (before, after))
    if lacks_before or lacks_after:
        return Unexplained(lacks_before * Unexplained.BEFORE_MISSING + lacks_after * Unexplained.AFTER_MISSING)
    if target is None and before.parameters.geometric != after.parameters.geometric:
        return Unexplained.AGGREGATION
    return Unexplained.NONE


def _sub_effects(before: _Side, after: _Side, target: int | None) -> tuple[Values, Values]:
    """Return points per unit of each sub-index's risk, and the effects of shifted weights and anchors by sub-index.

    A sub-index that only one period has keeps its score for the other, where it weighs nothing.
    """
    both = np.isfinite(before.risk) & np.isfinite(after.risk)
    risk, score = _middle(before.risk, after.risk), _middle(before.sub_score, after.sub_score)
    steep, steeper = (before.log_anchor + after.log_anchor) / 2, after.log_anchor - before.log_anchor
    weight, shift = (before.sub_weight + after.sub_weight) / 2, after.sub_weight - before.sub_weight
    if target is not None:
        weight, shift = np.zeros(len(weight)), np.zeros(len(weight))
        weight[target] = 1.0
    elif after.parameters.geometric:
        slope = float(_log_mean(np.array(before.composite), np.array(after.composite)))
        shares = (_risk_shares(before) + _risk_shares(after)) / 2
        line = slope * (steep * (risk - shares.sum()) * shift + steeper * shares)
        return np.where(both, slope * steep * weight, 0.0), np.nan_to_num(line)
    slopes = np.where(both, weight * _log_mean(before.sub_score, after.sub_score), 0.0)
    line = (score - (before.composite + after.composite) / 2) * shift if target is None else shift
    return slopes * steep, np.nan_to_num(line) + np.nan_to_num(slopes * risk * steeper)


def _indicator_effects(
    before: _Side, after: _Side, item_indicator: Positions, per_risk: Values
) -> tuple[Values, Values, Values]:
    """Return the effects of counts (n_parts, n_items), of expectations (n_parts, n_indicators) and of the rest.

    The rest, by indicator, is what shifted weights, priors and caps did.
    """
    home = after.parameters.sub_index
    both = np.isfinite(before.theta) & np.isfinite(after.theta)
    units = _units(before, after)
    per_count, per_expected, recut = _risk_slopes(before, after, units)
    points = np.where(both, per_risk[home] * (before.weight + after.weight) / 2, 0.0)
    per_count, per_expected = (np.where(both, points * slope, 0.0) for slope in (per_count, per_expected))
    unit_before, unit_after = (unit[item_indicator] for unit in units)
    of_count = (after.count / unit_after - before.count / unit_before) * per_count[item_indicator]
    of_expected = (after.expected / units[1] - before.expected / units[0]) * per_expected
    beside = _middle(before.theta, after.theta) - _middle(before.risk, after.risk)[home]
    shifted = per_risk[home] * beside * (after.weight - before.weight)
    moved = (per_count + per_expected) * (after.parameters.prior - before.parameters.prior)
    return of_count, of_expected, np.nan_to_num(shifted) + np.nan_to_num(moved) + np.nan_to_num(points * recut)


def _risk_slopes(before: _Side, after: _Side, units: tuple[Values, Values]) -> tuple[Values, Values, Values]:
    """Return θ per unit of C and per unit of E, and what a change of the cap adds to θ; NaN where θ is missing.

    θ is a product of a numerator and the inverse of a denominator: the change of each is worth the mean of the other.
    """
    (top_before, bottom_before), (top_after, bottom_after) = (
        _ratio(side, unit) for side, unit in zip((before, after), units, strict=True)
    )
    per_top = (1 / bottom_before + 1 / bottom_after) / 2
    per_bottom = -(top_before + top_after) / 2 / bottom_before / bottom_after
    theta_before, theta_after = top_before / bottom_before, top_after / bottom_after
    kept, recut = _capped(theta_before, theta_after, before.parameters.risk_cap, after.parameters.risk_cap)
    inverse = after.parameters.inverse
    return kept * np.where(inverse, per_bottom, per_top), kept * np.where(inverse, per_top, per_bottom), recut


def _units(before: _Side, after: _Side) -> tuple[Values, Values]:
    """Return what C and E of each indicator are measured in: E itself where there is no prior.

    Such a ratio (a mean level against its base) has no size: twice as many readings are no more of anything.
    """
    sized = (before.parameters.prior != 0) | (after.parameters.prior != 0)
    first, second = (np.where(sized | ~(side.expected_total > 0), 1.0, side.expected_total) for side in (before, after))
    return first, second


def _ratio(side: _Side, unit: Values) -> tuple[Values, Values]:
    """Return numerator and denominator of θ, NaN where it is missing."""
    observed, due = (total / unit + side.parameters.prior for total in (side.observed_total, side.expected_total))
    inverse, there = side.parameters.inverse, np.isfinite(side.theta)
    top, bottom = np.where(inverse, due, observed), np.where(inverse, observed, due)
    return np.where(there, top, np.nan), np.where(there, bottom, np.nan)


def _capped(before: Values, after: Values, cap_before: float, cap_after: float) -> tuple[Values, Values]:
    """Return the share of a change of θ that the cap lets through, and what a change of the cap adds.

    Without a change: all below the cap, nothing above it.
    """
    kept, recut = np.zeros(len(before)), np.zeros(len(before))
    change = after - before
    for cap in (cap_before, cap_after):
        cut = np.minimum(after, cap) - np.minimum(before, cap)
        through = np.divide(cut, change, out=np.where(before <= cap, 1.0, 0.0), where=change != 0)
        kept += through / 2
    for theta in (before, after):
        recut += (np.minimum(theta, cap_after) - np.minimum(theta, cap_before)) / 2
    return kept, recut


def _middle(before: Values, after: Values) -> Values:
    """Return the mean of two values, or the one that there is."""
    return np.where(np.isfinite(before), np.where(np.isfinite(after), (before + after) / 2, before), after)


def _log_mean(x: Values, y: Values) -> Values:
    """Return (x - y) / (ln x - ln y) of positive values, x where they are equal."""
    gap = np.abs(np.log(x) - np.log(y))
    part = np.divide(-np.expm1(-gap), gap, out=np.ones_like(gap), where=gap > 0)
    return np.asarray(np.maximum(x, y) * part)


def _risk_shares(side: _Side) -> Values:
    """Return what each sub-index adds to the risk of a geometric composite."""
    return side.sub_weight * np.nan_to_num(side.risk)
