"""Ranks of the places of a city, and the ranks that other weights would give."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pytest

from geodata.city import CityData
from geodata.commands import ranks as command
from geodata.commands.common import city_option
from geodata.errors import SelectionError
from geodata.ranking import place_funnel, rank_places, suppose, supposed_weights
from geodata.vocabulary import Period, PlaceLevel

OCTOBER = Period.parse("2026-10")
STREET = PlaceLevel.STREET


def test_ranks_are_those_of_the_published_scores(demo_city: CityData) -> None:
    ranking, scores = rank_places(demo_city, STREET, OCTOBER), demo_city.scores(STREET, OCTOBER)
    np.testing.assert_array_equal(ranking.score, scores.scores.score)
    ordered = ranking.score[ranking.order]
    assert (np.diff(ordered[np.isfinite(ordered)]) <= 0).all()
    assert ranking.rank[ranking.order[0]] == 1


def test_a_rank_lies_in_its_span_and_tiers_follow_the_order(demo_city: CityData) -> None:
    ranking = rank_places(demo_city, STREET, OCTOBER)
    known = np.isfinite(ranking.score)
    assert ((ranking.best <= ranking.rank) & (ranking.rank <= ranking.worst))[known].mean() > 0.9
    assert (np.diff(ranking.tier[ranking.order][: ranking.n_ranked]) >= 0).all()
    assert (ranking.tier[~known] == 0).all()


def test_the_same_seed_gives_the_same_spans_and_another_one_nearly_so(demo_city: CityData) -> None:
    first = rank_places(demo_city, STREET, OCTOBER)
    again = rank_places(demo_city.with_method(demo_city.method, demo_city.active_calibration), STREET, OCTOBER)
    other = rank_places(demo_city, STREET, OCTOBER, seed=1)
    np.testing.assert_array_equal(first.best, again.best)
    np.testing.assert_array_equal(first.worst, again.worst)
    assert np.abs(first.best - other.best).max() <= 2


def test_without_other_weights_the_supposition_is_the_official_ranking(demo_city: CityData) -> None:
    supposed = suppose(demo_city, STREET, OCTOBER, {})
    assert supposed.supposed is supposed.official
    assert not supposed.changes_band.any()
    assert not supposed.leaves_span.any()


def test_supposed_scores_are_those_of_the_map_under_the_same_weights(demo_city: CityData) -> None:
    weights = {"fire": 0.3, "traffic": 0.0}
    supposed = suppose(demo_city, STREET, OCTOBER, weights)
    on_the_map = demo_city.supposing(weights).scores(STREET, OCTOBER).scores
    np.testing.assert_allclose(supposed.supposed.score, on_the_map.score, rtol=0, atol=1e-9)
    np.testing.assert_allclose(supposed.supposed.low, on_the_map.low, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(supposed.official.score, demo_city.scores(STREET, OCTOBER).scores.score)


def test_a_single_weight_makes_the_composite_that_sub_index(demo_city: CityData) -> None:
    only = {s.id: float(s.id == "traffic") for s in demo_city.method.sub_indices}
    supposed = suppose(demo_city, STREET, OCTOBER, only)
    j = [s.id for s in demo_city.method.sub_indices].index("traffic")
    scores = demo_city.scores(STREET, OCTOBER).scores
    expected = demo_city.red_line(demo_city.scores(STREET, OCTOBER).counts, STREET).applied(scores.sub_score[:, j])
    np.testing.assert_allclose(supposed.supposed.score, expected, atol=1e-9)


def test_a_supposition_is_never_stored_in_the_method(demo_city: CityData) -> None:
    before = [s.weight for s in demo_city.method.sub_indices]
    suppose(demo_city, STREET, OCTOBER, {"fire": 0.5})
    assert [s.weight for s in demo_city.method.sub_indices] == before


def test_weights_are_scaled_to_sum_to_one(demo_city: CityData) -> None:
    weights = supposed_weights(demo_city, {"fire": 0.56})
    assert weights.sum() == pytest.approx(1)
    j = [s.id for s in demo_city.method.sub_indices].index("fire")
    assert weights[j] == pytest.approx(0.56 / 1.5)


@pytest.mark.parametrize("weights", [{"nothing": 0.1}, {"fire": -0.1}, {"fire": float("nan")}, {"fire": float("inf")}])
def test_weights_that_make_no_sense_are_refused(demo_city: CityData, weights: dict[str, float]) -> None:
    with pytest.raises(SelectionError):
        suppose(demo_city, STREET, OCTOBER, weights)


def test_weights_of_nothing_are_refused(demo_city: CityData) -> None:
    with pytest.raises(SelectionError):
        suppose(demo_city, STREET, OCTOBER, {s.id: 0.0 for s in demo_city.method.sub_indices})


def test_a_target_counts_places_at_or_above_it(demo_city: CityData) -> None:
    supposed = suppose(demo_city, STREET, OCTOBER, {"fire": 0.3})
    official, then, surely = supposed.reaching(85.0)
    assert official == int((supposed.official.score >= 85).sum())
    assert surely <= then
    n = supposed.official.n_ranked
    assert supposed.reaching(0.0)[:2] == (n, n)
    assert supposed.reaching(100.0) == (0, 0, 0)


def test_the_funnel_compares_what_happened_with_what_was_expected(demo_city: CityData) -> None:
    funnel = place_funnel(demo_city, STREET, OCTOBER, "ZA1")
    assert funnel is not None
    found = demo_city.scores(STREET, OCTOBER)
    i = [indicator.id for indicator in demo_city.method.indicators].index("ZA1")
    at = np.searchsorted(found.rows, funnel.rows)
    np.testing.assert_allclose(funnel.ratio * funnel.expected, found.observed[at, i])
    assert (np.diff(funnel.limits.high, axis=0) >= 0).all()
    assert set(funnel.outside.tolist()) <= {-2, -1, 0, 1, 2}


@pytest.mark.parametrize("indicator", ["ST1", "nothing", ""])
def test_there_is_no_funnel_of_what_is_not_counted(demo_city: CityData, indicator: str) -> None:
    assert place_funnel(demo_city, STREET, OCTOBER, indicator) is None


def run(folder: Path, *words: str) -> None:
    root = argparse.ArgumentParser()
    command.add(root.add_subparsers(required=True), city_option())
    args = root.parse_args(["ranks", "--city", str(folder), *words])
    args.run(args)


def test_the_command_prints_json_and_csv(demo_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(demo_folder, "--level", "street", "--period", "2026-10", "--json")
    answer = json.loads(capsys.readouterr().out)
    assert answer["ranked"] == len([p for p in answer["places"] if p["score"] is not None])
    first = answer["places"][0]
    assert first["best"] <= first["rank"] <= first["worst"]
    assert first["tier"] == 1
    run(demo_folder, "--level", "street", "--period", "2026-10", "--csv", "--within", "440402")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split(",")[:3] == ["place_id", "name", "score"]
    assert 1 < len(lines) < 1 + len(answer["places"])


@pytest.mark.parametrize("words", [("--draws", "3"), ("--seed", "-1")])
def test_the_command_refuses_senseless_numbers(demo_folder: Path, words: tuple[str, ...]) -> None:
    with pytest.raises(SelectionError):
        run(demo_folder, "--level", "street", "--period", "2026-10", *words)
