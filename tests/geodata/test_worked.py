"""The worked example: every step leads to the next by the arithmetic that it shows."""

from __future__ import annotations

import numpy as np
import pytest

from geodata.city import CityData
from geodata.vocabulary import Period, PlaceLevel
from geodata.worked import worked_score

OCTOBER = Period.parse("2026-10")


@pytest.mark.parametrize("indicator", ["", "ZA1", "XF1", "JT2", "CG1"])
def test_each_step_follows_from_the_one_before(demo_city: CityData, indicator: str) -> None:
    worked = worked_score(demo_city, PlaceLevel.STREET, OCTOBER, indicator=indicator)
    assert worked is not None
    assert sum(each.points for each in worked.types) == pytest.approx(worked.observed)
    assert worked.exposure * worked.rate * worked.usual_days == pytest.approx(worked.expected)
    theta = (worked.observed + worked.prior) / (worked.expected + worked.prior)
    assert worked.theta == pytest.approx(min(theta, demo_city.method.risk_cap))
    assert sum(each.share for each in worked.risks) == pytest.approx(1)
    assert np.nansum([each.share * each.theta for each in worked.risks]) == pytest.approx(worked.risk)
    assert worked.sub_score == pytest.approx(100 * demo_city.method.anchor**worked.risk)
    assert sum(each.share for each in worked.scores) == pytest.approx(1)
    assert sum(each.points for each in worked.scores) == pytest.approx(worked.composite)
    assert worked.score == pytest.approx(worked.composite - worked.red_line)
    assert worked.low <= worked.score <= worked.high


def test_by_default_it_is_the_place_with_the_lowest_score(demo_city: CityData) -> None:
    worked = worked_score(demo_city, PlaceLevel.STREET, OCTOBER)
    scores = demo_city.scores(PlaceLevel.STREET, OCTOBER)
    assert worked is not None
    assert worked.score == np.nanmin(scores.scores.score)
    happened = [each.score for each in worked.scores if each.sub_index is worked.sub_index]
    assert happened == [worked.sub_score]


def test_a_place_can_be_chosen(demo_city: CityData) -> None:
    place = demo_city.find("440402006")
    worked = worked_score(demo_city, PlaceLevel.STREET, OCTOBER, place, "ZA1")
    assert worked is not None
    assert worked.place == place
    assert worked.indicator.id == "ZA1"
    counts = demo_city.scores(PlaceLevel.STREET, OCTOBER).counts
    row = demo_city.members(PlaceLevel.STREET, demo_city.city).tolist().index(place.row)
    for each in worked.types:
        assert each.n == counts[row, demo_city.type_positions[each.type.id]]


@pytest.mark.parametrize("indicator", ["ST1", "nothing"])
def test_what_is_not_counted_has_no_example(demo_city: CityData, indicator: str) -> None:
    assert worked_score(demo_city, PlaceLevel.STREET, OCTOBER, indicator=indicator) is None
