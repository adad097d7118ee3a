"""Scores: published vectors, the invariants of the method, and the rules for what is missing."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from geodata.city import CityData
from geodata.index import score
from geodata.index.bands import NO_BAND, band_numbers
from geodata.index.catalogue import Method, SubIndex, shipped_method
from geodata.index.parameters import parameters
from geodata.index.score import Scores, relative_risk, risk_interval, score_of_risk, severity_scale
from geodata.vocabulary import Period, PeriodKind, PlaceLevel

METHOD = shipped_method()
ALONE = dataclasses.replace(METHOD, place_spread=0.0)
"""The same without what a place's risks have in common: each indicator alone, as in the published numbers."""
N = len(METHOD.scored)
N_SUB = len(METHOD.sub_indices)
WITH_DATA = [j for j, s in enumerate(METHOD.sub_indices) if any(i.kind == "incident" for i in s.indicators)]
Values = npt.NDArray[np.float64]

counts = hnp.arrays(np.float64, (3, N), elements=st.integers(0, 500).map(float))
expectations = hnp.arrays(np.float64, (3, N), elements=st.floats(0.1, 500.0))
scales = hnp.arrays(np.float64, (N,), elements=st.floats(1.0, 25.0))
USED = [k for k, i in enumerate(METHOD.scored) if i.id != "SQ1"]  # 0.4 of its sub-index: alone not enough
columns = st.sampled_from(USED)
fast = settings(deadline=None, max_examples=60)


def score_places(count: Values, expected: Values, q: Values, method: Method) -> Scores:
    """Score from what is counted alone: nothing was measured. Columns are those of ``method.scored``."""
    all_counts, all_expected = (np.full((len(count), len(method.indicators)), fill) for fill in (0.0, np.nan))
    counted = [i for i, indicator in enumerate(method.indicators) if indicator.kind == "incident"]
    all_counts[:, counted], all_expected[:, counted] = count, expected
    return score.score_places(all_counts, all_expected, parameters(method, q, {}, {}))


def column_of(indicator_id: str) -> int:
    return [i.id for i in METHOD.scored].index(indicator_id)


def sub_position(sub_index_id: str) -> int:
    return [s.id for s in METHOD.sub_indices].index(sub_index_id)


def even(n: int = 1) -> tuple[Values, Values, Values]:
    """Return counts, expectations and scales of base-year conditions in n places."""
    return np.full((n, N), 20.0), np.full((n, N), 20.0), np.full(N, 2.0)


# --- published vectors ---


@pytest.mark.parametrize(
    ("risk", "score"),
    [
        (0, 100.0),
        (0.25, 96.01845894),
        (0.5, 92.19544457),
        (1, 85.0),
        (1.5, 78.36612789),
        (2, 72.25),
        (3, 61.4125),
        (4, 52.200625),
        (6, 37.71495156),
        (0.64829688, 90.0),
        (1.37303114, 80.0),
        (2.19466708, 70.0),
        (3.14317615, 60.0),
    ],
)
def test_published_vector_score(risk: float, score: float) -> None:
    assert score_of_risk(risk, 0.85) == pytest.approx(score, abs=2e-7)


def test_published_vector_q() -> None:
    assert severity_scale([1, 3, 10], [3.0, 0.6, 0.05]) == pytest.approx(2.52830189, abs=1e-8)
    assert severity_scale([1, 2, 5, 10, 25], [0.6, 0.28, 0.1, 0.018, 0.002]) == pytest.approx(3.84656085, abs=1e-8)


@pytest.mark.parametrize(
    ("count", "expected", "q", "risk", "risk90", "score", "score90"),
    [
        (46, 40, 1, 1.13636364, (0.8855621, 1.41297856), 83.13697795, (79.48230536, 86.59564978)),
        (31, 35, 1, 0.8974359, (0.66332408, 1.16065674), 86.42870588, (82.80939289, 89.78046988)),
        (12, 10, 1, 1.14285714, (0.71685405, 1.64979498), 83.04928831, (76.48137686, 89.00280026)),
        (3, 1, 1, 1.4, (0.65706314, 2.36847913), 79.65013129, (68.0503242, 89.8718699)),
        (0, 2, 1, 0.66666667, (0.22771973, 1.29227609), 89.73171132, (81.05685804, 96.36676866)),
        (9, 12, 1, 0.8125, (0.48059864, 1.21516058), 87.63001321, (82.07911415, 92.48660368)),
        (0, 0.2, 1, 0.95238095, (0.3253139, 1.8461087), 85.66036671, (74.07977676, 94.85036253)),
        (0, 40, 1, 0.09090909, (0.03105269, 0.17621947), 98.53341585, (97.176721, 99.49660629)),
        (46, 40, 2.5, 1.12, (0.76117861, 1.53553307), 83.35836674, (77.91488358, 88.36396524)),
    ],
)
def test_published_vector_theta(
    count: float,
    expected: float,
    q: float,
    risk: float,
    risk90: tuple[float, float],
    score: float,
    score90: tuple[float, float],
) -> None:
    theta = relative_risk(count, expected, q, 4)
    low, high = risk_interval(count, expected, q, 4)
    assert theta == pytest.approx(risk, abs=1e-8)
    assert (float(low), float(high)) == pytest.approx(risk90, abs=1e-8)
    assert score_of_risk(theta, 0.85) == pytest.approx(score, abs=1e-8)
    assert (float(score_of_risk(high, 0.85)), float(score_of_risk(low, 0.85))) == pytest.approx(score90, abs=1e-7)


def test_published_vector_pooled_vs_mean() -> None:
    daily_counts = np.array([0, 0, 1, 0, 3, 0, 0])
    daily = score_of_risk(relative_risk(daily_counts, 0.5, 1, 4), 0.85)
    usual = 86.54884315
    assert daily == pytest.approx([usual, usual, 83.47887432, usual, 77.66175809, usual, usual], abs=1e-8)
    assert daily.mean() == pytest.approx(84.8406926, abs=1e-7)
    pooled = relative_risk(daily_counts.sum(), 7 * 0.5, 1, 4)
    assert pooled == pytest.approx(1.06666667, abs=1e-8)
    assert score_of_risk(pooled, 0.85) == pytest.approx(84.08403044, abs=1e-8)


def test_published_vector_theta_comes_out_of_score_places_with_its_interval() -> None:
    count, expected, q = even()
    j, k = sub_position("food_drugs"), column_of("SY1")
    count[0, k], expected[0, k], q[k] = 46, 40, 2.5
    scores = score_places(count, expected, q, ALONE)
    low, high = scores.sub_interval(j)
    assert scores.risk[0, j] == pytest.approx(1.12)
    assert scores.sub_score[0, j] == pytest.approx(83.35836674, abs=1e-8)
    assert (low[0], high[0]) == pytest.approx((77.91488358, 88.36396524), abs=1e-7)


def test_the_interval_of_a_sub_index_adds_the_variances_of_its_indicators() -> None:
    count, expected, q = even()
    j, parts = sub_position("public_order"), [("ZA1", 0.65, 10.0), ("ZA2", 0.35, 4.0)]
    count[0, column_of("ZA1")], expected[0, column_of("ZA2")] = 46.0, 7.0
    spread = 0.0
    for name, weight, alpha in parts:
        c, e, scale = count[0, column_of(name)], expected[0, column_of(name)], q[column_of(name)]
        shape, rate = c / scale + alpha, e / scale + alpha
        spread += weight**2 * shape / rate**2  # variance of a gamma
    scores = score_places(count, expected, q, ALONE)
    assert scores.spread[0, j] == pytest.approx(spread)
    low, high = scores.sub_interval(j)
    drawn = np.random.default_rng(1).gamma(scores.risk[0, j] ** 2 / spread, spread / scores.risk[0, j], 200_000)
    ends = np.quantile(score_of_risk(drawn, 0.85), [0.05, 0.95])
    assert [low[0], high[0]] == pytest.approx(ends.tolist(), abs=0.05)


def test_the_interval_of_the_composite_holds_nine_in_ten_of_what_chance_draws() -> None:
    count, expected, q = even()
    scores = score_places(count, expected, q, ALONE)
    random = np.random.default_rng(2)
    alpha = np.array([i.alpha for i in METHOD.scored])
    theta = random.gamma(count[0] / q + alpha, 1 / (expected[0] / q + alpha), (100_000, N))
    weights = np.array([s.weight for s in METHOD.sub_indices])
    total, used = np.zeros(len(theta)), 0.0
    for j, sub_index in enumerate(METHOD.sub_indices):
        if np.isfinite(scores.sub_score[0, j]):
            mine = [i for i in sub_index.indicators if i.kind == "incident"]
            share = np.array([i.weight for i in mine]) / sum(i.weight for i in mine)
            total += weights[j] * score_of_risk(theta[:, [column_of(i.id) for i in mine]] @ share, 0.85)
            used += weights[j]
    drawn = total / used
    inside = (scores.low[0] <= drawn) & (drawn <= scores.high[0])
    assert inside.mean() == pytest.approx(0.90, abs=0.015)


# --- severity scale ---


def test_the_scale_of_nothing_is_one() -> None:
    assert severity_scale([], []) == 1.0
    assert severity_scale([5, 10], [0, 0]) == 1.0


def test_the_scale_of_a_single_type_is_its_severity() -> None:
    assert severity_scale([5], [0.3]) == pytest.approx(5.0)


@given(st.lists(st.tuples(st.floats(1, 25), st.floats(1e-3, 10)), min_size=1, max_size=8), st.floats(0.1, 50.0))
@fast
def test_the_scale_lies_between_the_severities_and_does_not_depend_on_the_unit_of_the_rates(
    types: list[tuple[float, float]], by: float
) -> None:
    severity, rate = np.array([s for s, _ in types]), np.array([r for _, r in types])
    q = severity_scale(severity, rate)
    assert severity.min() - 1e-9 <= q <= severity.max() + 1e-9
    assert severity_scale(severity, rate * by) == pytest.approx(q)


# --- invariants ---


@given(counts, expectations, scales)
@fast
def test_invariant_1_scores_lie_between_0_and_100(count: Values, expected: Values, q: Values) -> None:
    scores = score_places(count, expected, q, METHOD)
    for values in (scores.score, scores.low, scores.high, scores.sub_score):
        finite = values[np.isfinite(values)]
        assert (finite >= 0).all()
        assert (finite <= 100).all()
    assert (scores.score > 0).all()
    assert (scores.low <= scores.score).all()
    assert (scores.score <= scores.high).all()


@given(counts, expectations, scales, columns, st.integers(1, 50))
@fast
def test_invariant_1_a_score_falls_when_a_count_rises(
    count: Values, expected: Values, q: Values, column: int, more: int
) -> None:
    worse = count.copy()
    worse[:, column] += more
    before, after = (score_places(c, expected, q, METHOD) for c in (count, worse))
    capped = relative_risk(count, expected, q, [i.alpha for i in METHOD.scored])[:, column] >= METHOD.risk_cap
    assert (after.score[~capped] < before.score[~capped]).all()
    assert (after.score <= before.score).all()


@given(counts, expectations, scales, columns, st.floats(0.5, 50.0))
@fast
def test_invariant_1_a_score_rises_when_more_was_expected(
    count: Values, expected: Values, q: Values, column: int, more: float
) -> None:
    usual = expected.copy()
    usual[:, column] += more
    before, after = (score_places(count, e, q, METHOD) for e in (expected, usual))
    alpha = [i.alpha for i in METHOD.scored]
    capped = relative_risk(count, usual, q, alpha)[:, column] >= METHOD.risk_cap
    assert (after.score[~capped] > before.score[~capped]).all()
    assert (after.score >= before.score).all()


@given(expectations, scales, st.lists(st.floats(0.5, 200.0), min_size=N, max_size=N), st.randoms(use_true_random=False))
@fast
def test_invariant_2_base_year_conditions_score_85_whatever_the_parameters(
    expected: Values, q: Values, alphas: list[float], random: object
) -> None:
    method = with_parameters(alphas)
    scores = score_places(expected, expected, q, method)
    assert scores.score == pytest.approx(np.full(3, 85.0), abs=1e-9)
    finite = scores.sub_score[np.isfinite(scores.sub_score)]
    assert finite == pytest.approx(np.full(len(finite), 85.0), abs=1e-9)


def with_parameters(alphas: list[float]) -> Method:
    """Return the method with other prior strengths and with weights that follow from them."""
    left = iter(alphas)
    subs = []
    for sub_index in METHOD.sub_indices:
        indicators = tuple(
            dataclasses.replace(i, alpha=next(left)) if i.kind == "incident" else i for i in sub_index.indicators
        )
        subs.append(
            dataclasses.replace(sub_index, indicators=indicators, weight=sub_index.weight * indicators[0].alpha)
        )
    total = sum(s.weight for s in subs)
    lenient = dataclasses.replace(METHOD, min_weight_sub_indices=0.0)
    return dataclasses.replace(
        lenient, sub_indices=tuple(dataclasses.replace(s, weight=s.weight / total) for s in subs)
    )


@given(st.floats(0, 500), st.floats(0.01, 500), st.floats(1, 25), st.floats(0.01, 200))
@fast
def test_invariant_3_shrinkage_draws_towards_one_and_never_past_it(
    count: float, expected: float, q: float, alpha: float
) -> None:
    theta, raw = float(relative_risk(count, expected, q, alpha)), count / expected
    assert min(raw, 1.0) - 1e-9 <= theta <= max(raw, 1.0) + 1e-9
    assert abs(theta - 1) <= abs(raw - 1) + 1e-9
    assert relative_risk(count, expected, q, 1e-12) == pytest.approx(raw, rel=1e-6, abs=1e-6)
    assert relative_risk(count, expected, q, 1e12) == pytest.approx(1.0, abs=1e-6)


@given(counts, expectations, scales, st.floats(0.0, 1.0))
@fast
def test_invariant_4_splitting_a_place_in_two_does_not_change_the_pooled_place(
    count: Values, expected: Values, q: Values, share: float
) -> None:
    first_count, first_expected = np.floor(count * share), expected * share
    parts_count = np.vstack([first_count, count - first_count]).reshape(2, 3, N)
    parts_expected = np.vstack([first_expected, expected - first_expected]).reshape(2, 3, N)
    whole = score_places(count, expected, q, METHOD)
    pooled = score_places(parts_count.sum(axis=0), parts_expected.sum(axis=0), q, METHOD)
    np.testing.assert_allclose(pooled.score, whole.score, rtol=1e-9)
    np.testing.assert_allclose(pooled.risk, whole.risk, rtol=1e-9)


@given(counts, expectations, scales, counts, expectations)
@fast
def test_invariant_6_a_place_does_not_depend_on_other_places(
    count: Values, expected: Values, q: Values, other_count: Values, other_expected: Values
) -> None:
    changed_count, changed_expected = other_count.copy(), other_expected.copy()
    changed_count[1], changed_expected[1] = count[1], expected[1]
    here = score_places(count, expected, q, METHOD)
    there = score_places(changed_count, changed_expected, q, METHOD)
    for name in ("score", "low", "high", "sub_score", "risk", "weight_present"):
        np.testing.assert_array_equal(getattr(here, name)[1], getattr(there, name)[1])


@given(counts, expectations, scales, columns, st.floats(0.1, 40.0))
@fast
def test_invariant_7_the_unit_of_severity_does_not_matter(
    count: Values, expected: Values, q: Values, column: int, by: float
) -> None:
    rescaled = [values.copy() for values in (count, expected)]
    for values in rescaled:
        values[:, column] *= by
    other_q = q.copy()
    other_q[column] *= by
    one, other = score_places(count, expected, q, METHOD), score_places(*rescaled, other_q, METHOD)
    for name in ("score", "low", "high", "sub_score"):
        np.testing.assert_allclose(getattr(other, name), getattr(one, name), rtol=1e-9)


@pytest.mark.parametrize("period", ["2026-03", "2026-W10", "2025-Q4", "2026-10-01"])
def test_invariant_8_pooled_places_are_their_parent_at_every_level(demo_city: CityData, period: str) -> None:
    when = Period.parse(period)
    city = demo_city.history(demo_city.city, [when])
    counted = demo_city.counts(PlaceLevel.DISTRICT, when.start, when.end)
    in_districts = demo_city.scores(PlaceLevel.DISTRICT, when).counts.sum()
    assert city.counts.sum() - in_districts == counted.unlocated + counted.outside
    starts = [when.start, when.end]
    inside = demo_city.index.period_types(starts, outside=False)  # what lies outside is counted and not scored
    assert inside.sum() == counted.total - counted.outside
    formula = demo_city.parameters(daily=when.kind is PeriodKind.DAY)
    for level in demo_city.levels:
        scored = demo_city.scores(level, when)
        counts_known = [i for i, kind in enumerate(demo_city.method.indicators) if kind.kind == "incident"]
        np.testing.assert_allclose(
            np.nansum(scored.expected[:, counts_known], axis=0), city.expected[0, counts_known], rtol=1e-6
        )
        for row in demo_city.members(PlaceLevel.DISTRICT, demo_city.city):
            district = demo_city.place(int(row))
            inside = np.isin(scored.rows, demo_city.members(level, district))
            whole = demo_city.history(district, [when])
            known = np.isfinite(scored.expected[inside]).any(axis=0)
            pooled = score.score_places(
                scored.observed[inside].sum(axis=0)[None, :],
                np.where(known, np.nansum(scored.expected[inside], axis=0), np.nan)[None, :],
                formula,
            )
            assert scored.counts[inside].sum(axis=0).tolist() == whole.counts[0].tolist()
            measured_here = level in (PlaceLevel.DISTRICT, PlaceLevel.STREET)  # surveys and rates come by street
            js = [j for j, s in enumerate(demo_city.method.sub_indices) if measured_here or _counts_alone(s)]
            np.testing.assert_allclose(pooled.sub_score[:, js], whole.scores.sub_score[:, js], rtol=1e-6)
            if measured_here:
                np.testing.assert_allclose(pooled.composite, whole.scores.composite, rtol=1e-6)


def _counts_alone(sub_index: SubIndex) -> bool:
    return all(indicator.kind == "incident" for indicator in sub_index.indicators)


def test_invariant_8_pooled_days_are_the_week_and_the_month(demo_city: CityData) -> None:
    place = demo_city.find("440402006")
    for whole in (Period.parse("2026-W10"), Period.parse("2026-02")):
        days, day = [], Period.containing(whole.start, PeriodKind.DAY)
        while day.start < whole.end:
            days.append(day)
            day = day.next()
        daily, pooled = demo_city.history(place, days), demo_city.history(place, [whole])
        assert daily.counts.sum(axis=0).tolist() == pooled.counts[0].tolist()
        np.testing.assert_allclose(daily.expected.sum(axis=0), pooled.expected[0], rtol=1e-9)
        again = score.score_places(
            daily.observed.sum(axis=0)[None], daily.expected.sum(axis=0)[None], demo_city.parameters()
        )
        np.testing.assert_allclose(again.composite, pooled.scores.composite, rtol=1e-9)


# --- what is missing ---


def test_a_missing_indicator_gives_its_weight_to_the_others_of_its_sub_index() -> None:
    count, expected, q = even()
    k, gone, j = column_of("ZA1"), column_of("ZA2"), sub_position("public_order")
    count[0, k], expected[0, gone] = 46.0, np.nan
    scores = score_places(count, expected, q, METHOD)
    alone = relative_risk(46.0, 20.0, 2.0, 10.0)
    assert scores.risk[0, j] == pytest.approx(float(alone))
    assert np.isfinite(scores.score[0])


def test_half_of_the_weight_is_just_enough() -> None:
    count, expected, q = even()
    j, k = sub_position("civility"), column_of("WM1")  # 0.5 of its sub-index; the other half is a survey
    assert np.isfinite(score_places(count, expected, q, METHOD).sub_score[0, j])
    expected[0, k] = np.nan
    assert np.isnan(score_places(count, expected, q, METHOD).sub_score[0, j])


def test_less_than_half_of_the_weight_is_not_enough() -> None:
    count, expected, q = even()
    expected[0, column_of("ZA1")] = np.nan  # leaves 0.35 of public order
    scores = score_places(count, expected, q, METHOD)
    j = sub_position("public_order")
    assert np.isnan(scores.sub_score[0, j])
    assert np.isnan(scores.risk[0, j])
    assert np.isnan(scores.sub_interval(j)).all()
    assert np.isnan(score_places(*even(), METHOD).sub_score[0, sub_position("citizen_requests")])  # 0.4 of it counts


def test_the_composite_wants_four_fifths_of_the_weight() -> None:
    count, expected, q = even(3)
    whole = score_places(count, expected, q, METHOD)
    assert whole.weight_present == pytest.approx(np.full(3, 0.84))  # surveys and rates are not incidents
    expected[1, column_of("WM1")] = np.nan  # 0.80 is left: just enough
    expected[2, column_of("ZA1")] = np.nan  # 0.64 is left
    scores = score_places(count, expected, q, METHOD)
    assert scores.weight_present == pytest.approx([0.84, 0.80, 0.64])
    assert np.isfinite(scores.score).tolist() == [True, True, False]
    assert np.isnan([scores.low[2], scores.high[2]]).all()


def test_the_composite_of_what_is_left_is_its_weighted_mean() -> None:
    count, expected, q = even()
    count[0, column_of("ZA1")], count[0, column_of("JT1")] = 60.0, 5.0
    scores = score_places(count, expected, q, METHOD)
    weights = np.array([s.weight for s in METHOD.sub_indices])
    there = np.isfinite(scores.sub_score[0])
    mean = (weights[there] * scores.sub_score[0, there]).sum() / weights[there].sum()
    assert scores.score[0] == pytest.approx(mean)


@pytest.mark.parametrize(("due", "scored"), [(0.0, False), (0.049, False), (0.051, True)])
def test_a_place_where_hardly_anything_is_expected_has_no_score(due: float, scored: bool) -> None:
    _, _, q = even()
    expected = np.full((1, N), due / N) * q
    scores = score_places(np.zeros((1, N)), expected, q, METHOD)
    assert np.isfinite(scores.score[0]) == scored
    assert np.isfinite(scores.sub_score[0]).any() == scored
    assert np.isfinite(scores.high[0]) == scored


def test_a_place_where_nothing_is_known_has_no_score_no_interval_and_no_band() -> None:
    count, _, q = even()
    scores = score_places(count, np.full((1, N), np.nan), q, METHOD)
    assert np.isnan(scores.sub_score).all()
    assert np.isnan([scores.score[0], scores.low[0], scores.high[0]]).all()
    assert scores.weight_present[0] == 0.0
    assert band_numbers(scores.score, METHOD.bands).tolist() == [NO_BAND]


def test_risk_is_cut_at_the_cap() -> None:
    count, expected, q = even()
    count[0] = 2_000.0
    scores = score_places(count, expected, q, METHOD)
    assert scores.risk[0, WITH_DATA[0]] == pytest.approx(METHOD.risk_cap)
    assert scores.score[0] == pytest.approx(37.71495156, abs=1e-8)
    for j in WITH_DATA:
        low, high = scores.sub_interval(j)
        if np.isfinite(scores.sub_score[0, j]):
            assert low[0] <= scores.sub_score[0, j] <= high[0]


def test_no_places_have_no_scores() -> None:
    scores = score_places(np.empty((0, N)), np.empty((0, N)), np.ones(N), METHOD)
    assert scores.score.shape == (0,)
    assert scores.sub_score.shape == (0, N_SUB)


@given(counts, expectations, scales)
@fast
def test_an_interval_of_a_sub_index_holds_its_score(count: Values, expected: Values, q: Values) -> None:
    scores = score_places(count, expected, q, dataclasses.replace(METHOD, risk_cap=1e9))
    for j in WITH_DATA:
        low, high = scores.sub_interval(j)
        finite = np.isfinite(scores.sub_score[:, j])
        assert (low[finite] <= scores.sub_score[finite, j] + 1e-9).all()
        assert (scores.sub_score[finite, j] <= high[finite] + 1e-9).all()


def test_places_scored_in_blocks_have_the_scores_of_all_at_once(
    demo_city: CityData, monkeypatch: pytest.MonkeyPatch
) -> None:
    level, period = PlaceLevel.COMMUNITY, Period.parse("2025-11")
    seen = demo_city.evidence(level, demo_city.members(level, demo_city.city), period)
    line = demo_city.red_line(seen.counts, level)
    answers = []
    for block in (10**6, 7):
        monkeypatch.setattr(score, "BLOCK", block)
        answers.append(score.score_places(seen.observed, seen.expected, demo_city.parameters(), line))
    for each in dataclasses.fields(Scores):
        one, other = (getattr(scores, each.name) for scores in answers)
        assert np.allclose(one, other, rtol=1e-12, atol=1e-12, equal_nan=True), each.name


@pytest.mark.parametrize("level", [PlaceLevel.STREET, PlaceLevel.GRID_CELL])
def test_who_is_scored_anywhere_is_told_as_by_the_scores_themselves(demo_city: CityData, level: PlaceLevel) -> None:
    for period in (Period.parse("2026-09"), Period.parse("2026-10-05")):
        scores = demo_city._scores(level, period, demo_city.city).scores
        told = demo_city.scored_somewhere(level, period)
        assert told.tolist() == np.isfinite(scores.sub_score).any(axis=0).tolist()


def test_of_no_places_nothing_is_scored_anywhere() -> None:
    none = np.empty((0, len(METHOD.indicators)))
    assert not score.scored_anywhere(none, none, parameters(METHOD, np.ones(N), {}, {})).any()
