"""Places by name: a row without a position counts where its words say, and nowhere they could mean two things."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from shapely import box

from geodata import pipeline
from geodata.boundaries import join_levels
from geodata.city import read_city
from geodata.locate import NOWHERE
from geodata.placekeys import resolve_place_keys, with_place_keys
from geodata.store import Store
from geodata.vocabulary import PlaceLevel

DISTRICT, WEST, EAST, WHITE_STONE, OTHER_WHITE_STONE, HARBOUR = range(6)


@pytest.fixture(scope="module")
def places() -> gpd.GeoDataFrame:
    """Return a district of two streets; both have a community called 白石, one has 港湾."""
    rows = [
        ("4404", "香洲区", "district", "", box(0, 0, 2, 1)),
        ("440401", "拱北街道", "street", "4404", box(0, 0, 1, 1)),
        ("440402", "前山街道", "street", "4404", box(1, 0, 2, 1)),
        ("440401001", "白石", "community", "440401", box(0, 0, 0.5, 1)),
        ("440402001", "白石", "community", "440402", box(1, 0, 1.5, 1)),
        ("440402002", "港湾", "community", "440402", box(1.5, 0, 2, 1)),
    ]
    table = pd.DataFrame(rows, columns=["place_id", "name", "level", "parent_id", "geometry"])
    plain = dict.fromkeys(("name_en", "valid_from", "valid_to"), "")
    return join_levels(gpd.GeoDataFrame(table.assign(**plain, parent_source="file"), crs="EPSG:4326"))


@pytest.mark.parametrize(
    ("key", "row"),
    [
        ("香洲区", DISTRICT),
        ("440402", EAST),
        ("港湾", HARBOUR),
        ("白石", NOWHERE),  # there are two
        ("拱北街道/白石", WHITE_STONE),
        ("珠海市/香洲区/前山街道/白石", OTHER_WHITE_STONE),
        ("香洲区/白石", NOWHERE),
        ("拱北街道/港湾", WEST),  # 港湾 lies in the other street: the street is as far as the words agree
        ("拱北街道/新村", WEST),
        ("拱北街道/440401001", WHITE_STONE),
        (" ４４０４０１ ", WEST),
        ("唐家湾镇", NOWHERE),
        ("", NOWHERE),
        ("/", NOWHERE),
    ],
)
def test_a_key_names_the_finest_place_that_nothing_in_it_contradicts(
    places: gpd.GeoDataFrame, key: str, row: int
) -> None:
    assert resolve_place_keys([key], places).tolist() == [row]


def test_a_position_says_more_than_words(places: gpd.GeoDataFrame) -> None:
    located = np.full((3, 4), NOWHERE, dtype=np.int32)
    located[0, :3] = DISTRICT, EAST, HARBOUR
    keys = pa.chunked_array([["拱北街道", "拱北街道", ""]])
    filled = with_place_keys(located, keys, places)
    assert filled.tolist() == [[DISTRICT, EAST, HARBOUR, NOWHERE], [DISTRICT, WEST, NOWHERE, NOWHERE], [NOWHERE] * 4]
    assert located[1].tolist() == [NOWHERE] * 4  # what was given is not changed


def test_rows_with_a_path_and_no_position_count_in_their_place_and_are_unlocated_below(
    places: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    store = Store(tmp_path / "city")
    store.save_places(places)
    path = tmp_path / "a.csv"
    path.write_text(
        "编号,时间,类型,地址路径\n"
        "1,2026-10-01,盗窃,珠海市/香洲区/拱北街道/白石\n"
        "2,2026-10-01,盗窃,珠海市/香洲区/前山街道\n"
        "3,2026-10-01,盗窃,\n",
        "utf-8",
    )
    report = pipeline.import_incidents(store, path, "s")
    assert (report.stored, report.set_aside) == (3, 0)
    city = read_city(store)
    span = dt.date(2026, 10, 1), dt.date(2026, 11, 1)
    by_level = {level: city.counts(level, *span) for level in (PlaceLevel.STREET, PlaceLevel.COMMUNITY)}
    assert {level: (c.places.tolist(), c.unlocated, c.outside) for level, c in by_level.items()} == {
        PlaceLevel.STREET: ([1, 1], 1, 0),
        PlaceLevel.COMMUNITY: ([1, 0, 0], 2, 0),
    }
