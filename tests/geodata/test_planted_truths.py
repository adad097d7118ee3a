"""What is planted in the demo city is found where it was planted, and cities without a pattern show none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shapely import Point

from geodata.city import CityData
from geodata.demo.truths import HOTSPOT_TYPES
from geodata.patterns.emerging import Emergence
from geodata.spots.cells import Types
from geodata.spots.clusters import clusters
from geodata.spots.emerging import emerging
from geodata.spots.foretold import foretold
from geodata.spots.hotspots import Against, hotspots
from geodata.vocabulary import Period
from tests.bench.null_cities import null_clusters, null_emerging, null_hotspots

NEAR_M = 300.0
METRES_PER_DEGREE = 111_320.0
MAPS = 40
"""Cities without a pattern a test; the bench asks a hundred."""
TOO_MANY = 6
"""Of 40 maps with 5 % false alarms each, seven or more alarms come in 1 of 300 cases."""
GROWING = {Emergence.NEW, Emergence.CONSECUTIVE, Emergence.INTENSIFYING}


@pytest.fixture(scope="module")
def truths(demo_folder: Path) -> dict[str, Any]:
    """Return what was planted."""
    planted: dict[str, Any] = json.loads((demo_folder / "truths.json").read_text(encoding="utf-8"))
    return planted


def year(city: CityData) -> Period:
    assert city.data_as_of is not None
    return Period.trailing(city.data_as_of, 365)


def types_of(city: CityData, spot: dict[str, Any]) -> Types:
    return city.find_types(spot["types"])


def metres(centre: tuple[float, float], spot: dict[str, Any]) -> float:
    east = (centre[0] - spot["lon"]) * np.cos(np.radians(spot["lat"]))
    return float(np.hypot(east, centre[1] - spot["lat"]) * METRES_PER_DEGREE)


# --- what is there is found ---


@pytest.mark.parametrize("against", Against)
@pytest.mark.parametrize("which", range(3))
def test_a_constant_hotspot_is_the_only_one_of_its_type_and_lies_where_it_was_planted(
    demo_city: CityData, truths: dict[str, Any], which: int, against: Against
) -> None:
    planted = truths["hotspots"][which]
    found = hotspots(demo_city, demo_city.city, year(demo_city), types_of(demo_city, planted), against=against)
    assert len(found.hotspots) == 1
    spot = found.hotspots[0]
    assert metres(spot.centre, planted) < NEAR_M
    assert spot.incidents > 0.8 * planted["expected"]
    assert spot.excess > 0.75 * planted["expected"]
    assert spot.p < 0.05
    assert {owner.place.id for owner in spot.owners} == set(planted["place_ids"])


def test_the_hotspot_on_a_border_names_both_owners_and_their_shares(
    demo_city: CityData, truths: dict[str, Any]
) -> None:
    planted = next(each for each in truths["hotspots"] if len(each["place_ids"]) == 2)
    seen_from = [demo_city.city, *(demo_city.find(place) for place in planted["place_ids"])]
    for place in seen_from:
        spot = hotspots(demo_city, place, year(demo_city), types_of(demo_city, planted)).hotspots[0]
        streets = {owner.place.id[:9] for owner in spot.owners}
        assert streets == {"440402001", "440402007"}
        assert sum(owner.share for owner in spot.owners) == pytest.approx(1.0)
        assert sum(owner.incidents for owner in spot.owners) == spot.incidents
        assert min(owner.share for owner in spot.owners) > 0


def test_the_emerging_hotspot_is_the_only_one_that_grows(demo_city: CityData, truths: dict[str, Any]) -> None:
    (planted,) = truths["emerging"]
    end = year(demo_city).end
    found = emerging(demo_city, demo_city.city, end, types_of(demo_city, planted))
    (spot,) = found.spots
    assert spot.kind in GROWING
    assert metres(spot.centre, planted) < NEAR_M
    assert spot.incidents > 3 * spot.before
    assert [owner.place.id for owner in spot.owners] == planted["place_ids"]


@pytest.mark.parametrize("which", range(3))
def test_a_constant_hotspot_does_not_grow(demo_city: CityData, truths: dict[str, Any], which: int) -> None:
    planted = truths["hotspots"][which]
    found = emerging(demo_city, demo_city.city, year(demo_city).end, types_of(demo_city, planted))
    assert [spot for spot in found.spots if spot.kind in GROWING] == []
    assert any(metres(spot.centre, planted) < NEAR_M for spot in found.spots)


def test_the_scan_finds_the_emerging_hotspot_and_no_constant_one(demo_city: CityData, truths: dict[str, Any]) -> None:
    end = year(demo_city).end
    (planted,) = truths["emerging"]
    (cluster,) = clusters(demo_city, demo_city.city, end, types_of(demo_city, planted), replicas=199).found
    assert [owner.place.id for owner in cluster.owners] == planted["place_ids"]
    at = Point(planted["lon"], planted["lat"])
    assert any(demo_city.places.geometry.iloc[row].contains(at) for row in cluster.rows)
    assert cluster.relative_risk > 3
    for constant in truths["hotspots"]:
        assert clusters(demo_city, demo_city.city, end, types_of(demo_city, constant), replicas=199).found == ()


def test_the_steadied_risk_foretells_more_than_the_counts_and_they_more_than_chance(demo_city: CityData) -> None:
    end = year(demo_city).end
    told = foretold(demo_city, end, demo_city.find_types(["theft"]))
    assert told.test is not None
    assert told.test.advantage is not None
    assert told.hit_rate > told.baseline > told.by_chance == pytest.approx(0.05)
    assert told.test.advantage.p < 0.05
    assert told.hot_hit_rate > 20 * told.hot_area_share > 0


# --- what is not there is not found ---


@pytest.mark.parametrize("kind", HOTSPOT_TYPES)
def test_cities_without_a_pattern_show_hot_spots_in_one_of_twenty_at_most(demo_city: CityData, kind: str) -> None:
    alarms = null_hotspots(demo_city, year(demo_city), demo_city.find_types([kind]), MAPS)
    assert max(alarms.values()) <= TOO_MANY, alarms


def test_cities_without_a_pattern_show_emerging_spots_in_one_of_twenty_at_most(demo_city: CityData) -> None:
    assert demo_city.data_as_of is not None
    assert null_emerging(demo_city, demo_city.data_as_of, demo_city.find_types(["theft"]), MAPS) <= TOO_MANY


def test_cities_without_a_pattern_show_clusters_in_one_of_twenty_at_most(demo_city: CityData) -> None:
    assert demo_city.data_as_of is not None
    assert null_clusters(demo_city, demo_city.data_as_of, demo_city.find_types(["theft"]), 20) <= 4
