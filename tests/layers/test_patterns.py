"""The patterns above the places: what is asked, drawn and told, and what is said where there is nothing to draw."""

from __future__ import annotations

import base64
import datetime as dt
import struct
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import orjson
import pytest
import shapely

from geodata.city import CityData
from geodata.patterns.emerging import Emergence
from geodata.patterns.guard import Guard
from geodata.patterns.near_repeat import KnoxTable
from geodata.spots.cells import Owner, Unfit
from geodata.spots.clusters import Cluster, Clusters
from geodata.spots.density import Density
from geodata.spots.emerging import Emerging, EmergingSpot
from geodata.spots.foretold import Foretold
from geodata.spots.hotspots import Hotspot, Hotspots
from geodata.spots.repeats import Reach, Repeats, Ring, reach_of
from geodata.vocabulary import Period, PlaceLevel, TimePrecision
from layers import ids
from layers.features import coded_outlines
from layers.maps.patterns import (
    DENSITIES,
    EMERGENCES,
    FADED,
    Pattern,
    density_breaks,
    last_day,
    p_value,
    pattern_address,
    pattern_legend,
    pattern_of,
    pattern_payload,
    repeat_types,
)
from layers.maps.raster import indexed_png
from layers.pages.map import map_parts
from layers.panels.frame import chips, layer_links
from layers.panels.hotspots import busy_hours, pattern_card, pattern_parts, percent
from layers.text import EMERGENCE_NAMES, EMERGENCE_WORDS, GUARDS, LAYER_NAMES
from layers.view import LAYERS, ViewState, parse_view
from tests.layers import NOT_NUMBERS, links, plain, said, with_class

MOST_BYTES = 100_000
PLACES = ("", "440402", "440402006", "440402006001")


def view_of(city: CityData, search: str) -> ViewState:
    return parse_view(search, city)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("patterns")


def cells(city: CityData, n: int) -> list[int]:
    """Return some cells of the street 440402006."""
    return [int(row) for row in city.members(PlaceLevel.GRID_CELL, city.find("440402006"))[:n]]


def owner(city: CityData, token: str, share: float, incidents: int) -> Owner:
    return Owner(city.find(token), share, incidents)


def a_spot(city: CityData, **other: Any) -> Hotspot:
    given: dict[str, Any] = {
        "cells": tuple(cells(city, 2)),
        "incidents": 34,
        "usual": 10.0,
        "z": 5.0,
        "p": 0.0004,
        "centre": (113.55, 22.27),
        "bounds": (113.54, 22.26, 113.56, 22.28),
        "owners": (owner(city, "440402006", 0.62, 21), owner(city, "440402004", 0.38, 13)),
    }
    return Hotspot(**given | other)


def hot(city: CityData, view: ViewState, *spots: Hotspot, **other: Any) -> Hotspots:
    """Return the real answer with other spots."""
    found = pattern_of(view.but(layer="hotspots"), city)
    assert isinstance(found, Hotspots)
    return replace(found, hotspots=spots, **other)


# --- every layer, in every place ---


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_is_drawn_and_told_everywhere(demo_city: CityData, folder: Path, layer: str, place: str) -> None:
    for rest in ("", "&lang=en", "&theme=projector"):
        view = view_of(demo_city, f"?layer={layer}&place={place}{rest}")
        card, key = pattern_parts(view, demo_city, folder)
        words = said(card) + said(key)
        assert not NOT_NUMBERS.search(words), words
        (section,) = with_class(card, "pattern-card")
        assert LAYER_NAMES[layer][view.lang == "en"] in said(section)
    drawn = pattern_payload(view, demo_city, pattern_of(view, demo_city, folder))
    assert drawn["layer"] == layer
    assert len(orjson.dumps(drawn)) <= MOST_BYTES


@pytest.mark.parametrize("layer", LAYERS)
def test_an_english_card_has_no_chinese(demo_city: CityData, folder: Path, layer: str) -> None:
    card, key = pattern_parts(view_of(demo_city, f"?layer={layer}&lang=en"), demo_city, folder)
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in said(card) + said(key))


def test_without_a_layer_nothing_is_asked(demo_city: CityData) -> None:
    assert pattern_parts(view_of(demo_city, ""), demo_city) == ([], [])


def test_names_and_reasons_are_complete() -> None:
    assert set(LAYER_NAMES) == set(LAYERS)
    assert set(GUARDS) == {reason.value for kind in (Guard, Unfit) for reason in kind}
    warm = {kind for kind in Emergence if kind >= 0}
    assert set(EMERGENCE_NAMES) == set(EMERGENCE_WORDS) == warm
    assert set(EMERGENCES) == warm - {Emergence.NONE}
    assert len({(look.fill, look.hatch) for look in EMERGENCES.values()}) == len(EMERGENCES)


# --- asking ---


def test_the_last_day_is_one_that_has_data(demo_city: CityData) -> None:
    assert last_day(view_of(demo_city, "?period=2026-09"), demo_city) == dt.date(2026, 9, 30)
    assert last_day(view_of(demo_city, "?period=2026"), demo_city) == demo_city.data_as_of


def test_sensitive_types_get_no_rings(demo_city: CityData) -> None:
    assert repeat_types(view_of(demo_city, ""), demo_city) is None
    hidden = repeat_types(view_of(demo_city, "?type=sexual_offence"), demo_city)
    assert hidden is not None
    assert len(hidden) == 0
    of_order = repeat_types(view_of(demo_city, "?sub=public_order"), demo_city)
    assert of_order is not None
    names = {demo_city.index.types[t] for t in of_order.tolist()}
    assert "theft" in names
    assert "sexual_offence" not in names


def test_the_address_is_that_of_the_question_and_not_of_the_view(demo_city: CityData) -> None:
    here = pattern_address(view_of(demo_city, "?place=440402&layer=density&sub=traffic"), demo_city)
    assert here["layer"] == "density"
    assert "layer" not in here["url"]
    assert "place=440402" in here["url"]
    assert "sub=traffic" in here["url"]
    same = "?place=440402&sub=traffic&layer=density&compare=year_ago&measure=rate&theme=projector&level=community"
    assert pattern_address(view_of(demo_city, same), demo_city) == here


def test_the_map_says_which_pattern_it_wants(demo_city: CityData) -> None:
    view = view_of(demo_city, "?layer=clusters")
    assert map_parts(view, demo_city)[ids.MAP_VIEW]["pattern"] == pattern_address(view, demo_city)
    assert map_parts(view_of(demo_city, ""), demo_city)[ids.MAP_VIEW]["pattern"]["layer"] == ""


# --- the choice ---


def test_the_choice_has_a_link_for_every_layer_and_for_none(demo_city: CityData) -> None:
    view = view_of(demo_city, "?place=440402&layer=density")
    row, folded = layer_links(view)
    wanted = [view.but(layer=layer).href() for layer in ("", *LAYERS)]
    assert links(row) == links(folded) == wanted
    assert said(with_class(row, "on")) == "密度"
    assert said(folded).startswith("图层：密度")


def test_a_chosen_layer_leaves_a_chip_that_takes_it_back(demo_city: CityData) -> None:
    view = view_of(demo_city, "?layer=hotspots")
    (chip,) = with_class(chips(view, demo_city), "of-layer")
    assert links(chip) == [view.but(layer="").href()]
    assert "图层：热点" in said(chip)


# --- drawing ---


def test_hot_spots_are_one_outline_and_one_number_each(demo_city: CityData) -> None:
    view = view_of(demo_city, "?layer=hotspots")
    apart = tuple(cells(demo_city, 4)[3:])
    drawn = pattern_payload(view, demo_city, hot(demo_city, view, a_spot(demo_city), a_spot(demo_city, cells=apart)))
    assert len(drawn["shapes"]["shapes"]) == len(drawn["look"]) == 2
    assert [words for _, _, words in drawn["marks"]] == ["1", "2"]
    assert drawn["marks"][0][:2] == [22.28, 113.55]
    (look,) = drawn["looks"]
    assert look["fill"] is None
    assert look["dash"] is None
    assert drawn["fades"] is False


def test_nothing_hot_draws_nothing(demo_city: CityData) -> None:
    view = view_of(demo_city, "?layer=hotspots")
    drawn = pattern_payload(view, demo_city, hot(demo_city, view))
    assert drawn["shapes"]["shapes"] == drawn["marks"] == []
    assert pattern_legend(view, hot(demo_city, view)) == []


def test_outlines_are_written_as_those_of_a_level(demo_city: CityData) -> None:
    places = gpd.GeoSeries(demo_city.places.geometry.iloc[:1])
    coded = coded_outlines(places)
    x, y = coded["shapes"][0][0][0][:2]
    lon, lat = shapely.get_coordinates(places.iloc[0])[0]
    assert coded["origin"][0] + x * coded["scale"] == pytest.approx(lon, abs=1e-5)
    assert coded["origin"][1] + y * coded["scale"] == pytest.approx(lat, abs=1e-5)


def emerged(city: CityData, classes: list[int], *spots: EmergingSpot) -> Emerging:
    rows = np.array(cells(city, len(classes)), dtype=np.int32)
    days = [dt.date(2026, 10, 31) - dt.timedelta(days=28 * back) for back in (1, 0)]
    slices = tuple(Period.trailing(day, 28) for day in days)
    zero = np.zeros(len(rows))
    return Emerging(
        level=PlaceLevel.GRID_CELL,
        rows=rows,
        classes=np.array(classes, dtype=np.int8),
        hot_slices=zero.astype(np.int64),
        z=zero,
        slices=slices,
        spots=spots,
        guard=None,
        incidents=100,
    )


def test_where_nothing_can_emerge_the_places_keep_their_colours_and_their_legend(demo_city: CityData) -> None:
    city = replace(demo_city, index=replace(demo_city.index, precision=TimePrecision.MONTH))
    view = view_of(city, "?layer=emerging")
    found = pattern_of(view, city)
    assert isinstance(found, Emerging)
    assert found.guard is not None
    assert pattern_payload(view, city, found)["fades"] is False
    assert said(map_parts(view, city)[ids.LEGEND])
    assert map_parts(view, demo_city)[ids.LEGEND] == []


def test_emerging_cells_are_drawn_by_class_and_cold_ones_are_not(demo_city: CityData) -> None:
    view = view_of(demo_city, "?layer=emerging")
    kinds = [Emergence.NEW, Emergence.NEW, Emergence.PERSISTENT, Emergence.NONE, Emergence.COLD_NEW]
    found = emerged(demo_city, [int(kind) for kind in kinds])
    drawn = pattern_payload(view, demo_city, found)
    assert [drawn["looks"][k]["fill"] for k in drawn["look"]] == [
        EMERGENCES[Emergence.NEW].fill,
        EMERGENCES[Emergence.PERSISTENT].fill,
    ]
    assert drawn["fades"] is True
    key = said(pattern_legend(view, found))
    for name, _ in EMERGENCE_NAMES.values():
        assert name in key
    told = said(pattern_card(view, demo_city, found))
    assert "另有 1 个为冷点" in told
    assert "这里没有随时间变化的热点" in told


def a_cluster(city: CityData, p: float) -> Cluster:
    rows = tuple(city.members(PlaceLevel.COMMUNITY, city.find("440402006"))[:2].tolist())
    days = (dt.date(2026, 10, 30), dt.date(2026, 10, 31))
    return Cluster(
        rows=rows,
        start=days[0],
        end=days[1],
        incidents=25,
        expected=3.7,
        llr=20.0,
        p=p,
        radius_m=300.0,
        centre=(113.55, 22.27),
        bounds=(113.54, 22.26, 113.56, 22.28),
        owners=(owner(city, "440402006", 1.0, 25),),
    )


def clustered(*found: Cluster, likeliest: Cluster | None = None) -> Clusters:
    return Clusters(
        level=PlaceLevel.COMMUNITY,
        found=found,
        likeliest=likeliest,
        dispersion=1.1,
        replicas=999,
        days=28,
        end=dt.date(2026, 10, 31),
        incidents=1200,
        expected=1190.0,
        guard=None,
    )


def test_a_cluster_is_dashed_and_carries_its_p(demo_city: CityData) -> None:
    view = view_of(demo_city, "?layer=clusters")
    found = clustered(a_cluster(demo_city, 0.012))
    drawn = pattern_payload(view, demo_city, found)
    assert drawn["looks"][0]["dash"]
    assert drawn["marks"][0][2] == f"1 · {p_value(0.012)}"
    told = said(pattern_card(view, demo_city, found))
    assert "25\n3.7\n0.012" in told
    assert "10月30日至10月31日" in told
    assert "0.012" in told


def test_no_cluster_names_the_most_suspicious_and_calls_it_chance(demo_city: CityData) -> None:
    view = view_of(demo_city, "?layer=clusters")
    found = clustered(likeliest=a_cluster(demo_city, 0.9))
    told = said(pattern_card(view, demo_city, found))
    assert "近28天没有显著聚集" in told
    assert "可能是偶然" in told
    assert pattern_payload(view, demo_city, found)["marks"] == []


def repeated(*rings: Ring, table: KnoxTable | None = None) -> Repeats:
    period = Period.trailing(dt.date(2026, 10, 31), 365)
    reach = reach_of(table) if table else Reach(rings[0].radius_m, 14) if rings else None
    return Repeats(table, reach, rings, np.array([0], dtype=np.intp), period, 420, 3, None)


def test_a_ring_has_a_radius_and_a_last_day(demo_city: CityData) -> None:
    view = view_of(demo_city, "?layer=near_repeat")
    ring = Ring((113.55, 22.27), 200.0, dt.date(2026, 11, 14), 0, 3)
    drawn = pattern_payload(view, demo_city, repeated(ring))
    assert drawn["rings"]["radius_m"] == 200.0
    assert drawn["rings"]["at"] == [[22.27, 113.55, 3]]
    lat, lon, words = drawn["marks"][0]
    assert (lat - 22.27) * 111_320 == pytest.approx(200, abs=1)
    assert lon == 113.55
    assert words == "至11月14日"


def test_the_legend_says_how_large_rings_are_and_what_a_filled_one_is(demo_city: CityData) -> None:
    view = view_of(demo_city, "?layer=near_repeat")
    ring = Ring((113.55, 22.27), 200.0, dt.date(2026, 11, 14), 0, 1)
    assert said(pattern_legend(view, repeated(ring))).split("\n")[1:-1] == ["发案后 200 米、14 天内"]
    key = pattern_legend(view, repeated(ring, replace(ring, incidents=2)))
    assert "实心：圈内已再次发案" in said(key)
    assert [mark["props"]["className"] for mark in with_class(key, "ring")] == ["swatch line ring"] * 2
    here = said(pattern_legend(view, repeated(replace(ring, radius_m=0.0, incidents=2))))
    assert "发案后同一地点、14 天内" in here
    assert "0 米" not in here


def test_the_knox_table_is_told_in_words(demo_city: CityData) -> None:
    ratio, p = np.array([[1.59, 0.9], [1.1, 1.0]]), np.array([[0.002, 0.7], [0.2, 0.5]])
    table = KnoxTable((0.0, 100.0), (7, 14), ratio * 10, np.full((2, 2), 10.0), ratio, p)
    told = said(pattern_card(view_of(demo_city, "?layer=near_repeat"), demo_city, repeated(table=table)))
    assert f"同一地点，7 天内再次发案是偶然的 1.6 倍（{p_value(0.008)}）" in told
    assert "现在没有警戒圈" in told
    assert "8–14 天" in told
    assert "按 4 格校正" in told
    chance = replace(table, p=np.array([[0.027, 0.7], [0.2, 0.5]]))  # one of four: no more than chance
    for theme in ("light", "projector"):
        view = view_of(demo_city, f"?layer=near_repeat&theme={theme}")
        told = said(pattern_card(view, demo_city, repeated(table=chance)))
        assert "不画警戒圈" in told
        assert "没有显著多于偶然" in told
        assert "1.6 倍" not in told


def test_a_card_says_what_its_numbers_are_of(demo_city: CityData, folder: Path) -> None:
    def told(search: str) -> str:
        return said(pattern_parts(view_of(demo_city, search), demo_city, folder)[0])

    street = "&place=440402006"
    name = demo_city.find("440402006").name
    assert f"{name}及周边" in told(f"?layer=density{street}")
    assert "全市" in told("?layer=density")
    assert "及周边" not in told("?layer=density")
    assert "全市近12周检验" in told(f"?layer=hotspots{street}")
    assert "我们" not in told("?layer=hotspots")
    assert "全市入室盗窃" in told(f"?layer=near_repeat{street}").replace("\n", "")


def test_where_a_pattern_has_fills_of_its_own_the_legend_of_the_places_steps_back(demo_city: CityData) -> None:
    for layer in ("", *LAYERS):
        view = view_of(demo_city, f"?layer={layer}")
        assert (map_parts(view, demo_city)[ids.LEGEND] == []) == (layer in FADED)


def dense(values: list[list[float]]) -> Density:
    return Density(np.array(values), (113.0, 22.0, 113.5, 22.5), 500.0, 40, None)


def test_a_density_is_a_picture_that_says_that_it_is_one(demo_city: CityData) -> None:
    view = view_of(demo_city, "?layer=density")
    found = dense([[0.0, 10.0], [50.0, 100.0]])
    drawn = pattern_payload(view, demo_city, found)
    assert drawn["image"]["bounds"] == [[22.0, 113.0], [22.5, 113.5]]
    picture = base64.b64decode(drawn["image"]["src"].removeprefix("data:image/png;base64,"))
    assert picture.startswith(b"\x89PNG")
    assert density_breaks(found) == [2, 10, 25, 45, 70]
    assert "≥ 70" in said(pattern_legend(view, found))
    told = said(pattern_card(view, demo_city, found))
    assert "不作显著性检验" in told
    assert "带宽 500 米" in told


def test_an_empty_density_draws_nothing(demo_city: CityData) -> None:
    view = view_of(demo_city, "?layer=density")
    for found in (dense([[0.0, 0.0]]), replace(dense([[1.0]]), values=np.empty((0, 0)))):
        assert "image" not in pattern_payload(view, demo_city, found)
        assert pattern_legend(view, found) == []


def test_a_picture_is_read_back_as_it_was_written() -> None:
    classes = np.array([[0, 1], [5, 2], [0, 0]], dtype=np.uint8)
    picture = indexed_png(classes, DENSITIES, 200)
    chunks, at = {}, 8
    while at < len(picture):
        (length,) = struct.unpack(">I", picture[at : at + 4])
        name, data = picture[at + 4 : at + 8], picture[at + 8 : at + 8 + length]
        assert struct.unpack(">I", picture[at + 8 + length : at + 12 + length]) == (zlib.crc32(name + data),)
        chunks[name], at = data, at + 12 + length
    assert struct.unpack(">II", chunks[b"IHDR"][:8]) == (2, 3)
    assert chunks[b"tRNS"] == bytes([0, 200, 200, 200, 200, 200])
    assert len(chunks[b"PLTE"]) == 18
    lines = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(3, 3)
    assert (lines[:, 1:] == classes).all()


# --- the card of hot spots ---


def test_a_hot_spot_names_its_owners_with_shares_and_leads_to_them(demo_city: CityData) -> None:
    view = view_of(demo_city, "?layer=hotspots")
    card = pattern_card(view, demo_city, hot(demo_city, view, a_spot(demo_city)))
    names = [demo_city.find(token).name for token in ("440402006", "440402004")]
    title = "".join(said(with_class(card, "owners")).split())
    assert title == f"1{names[0]}62%、{names[1]}38%"
    assert view.but(place="440402006").href() in links(card)
    assert "34 件，按平均应有 10.0 件（3.4 倍）" in said(card)
    assert f"几乎不可能是偶然（{p_value(0.0004)}）" in said(card)


def test_the_place_that_one_looks_at_is_named_and_is_no_link(demo_city: CityData) -> None:
    view = view_of(demo_city, "?layer=hotspots&place=440402006")
    alone = a_spot(demo_city, owners=(owner(demo_city, "440402006", 1.0, 34),))
    card = pattern_card(view, demo_city, hot(demo_city, view, alone))
    assert with_class(card, "owners")[0]["props"]["children"][-1]["props"]["children"][1] == ""
    assert view.href() not in [link for link in links(card) if link != view.but(layer="").href()]
    assert any("place=" in link for link in links(with_class(card, "hottest")))


def test_nothing_hot_is_a_result_and_not_an_empty_card(demo_city: CityData) -> None:
    view = view_of(demo_city, "?layer=hotspots")
    assert "没有显著热点" in said(pattern_card(view, demo_city, hot(demo_city, view)))
    inside = view_of(demo_city, "?layer=hotspots&place=440402006")
    told = said(pattern_card(inside, demo_city, hot(demo_city, inside)))
    assert demo_city.find("440402006").name in told
    assert "按全市衡量" in told


@pytest.mark.parametrize("reason", [*Guard, *Unfit])
def test_what_cannot_be_judged_says_why(demo_city: CityData, reason: Guard | Unfit) -> None:
    for lang, words in zip(("zh", "en"), GUARDS[reason.value], strict=True):
        view = view_of(demo_city, f"?layer=hotspots&lang={lang}")
        found = hot(demo_city, view, guard=reason)
        assert words in said(pattern_card(view, demo_city, found))
        assert pattern_legend(view, found) == []


def test_many_spots_are_folded_and_their_number_is_told(demo_city: CityData) -> None:
    view = view_of(demo_city, "?layer=hotspots")
    card = pattern_card(view, demo_city, hot(demo_city, view, *[a_spot(demo_city)] * 40))
    assert "40 处" in said(card)
    assert "其余 35 处" in said(card)
    assert len(with_class(card, "owners")) == 30
    projected = view.but(theme="projector")
    card = pattern_card(projected, demo_city, hot(demo_city, view, *[a_spot(demo_city)] * 40))
    assert len(with_class(card, "owners")) == 3
    assert with_class(card, "hottest") == []


def test_the_back_test_stands_beside_the_simplest_rule(demo_city: CityData, folder: Path) -> None:
    view = view_of(demo_city, "?layer=hotspots")
    card, _ = pattern_parts(view, demo_city, folder)
    (told,) = with_class(card, "foretold")
    assert "照搬此前最多的地方" in said(told)
    assert "随便选为 5.0%" in said(told)
    found = pattern_of(view, demo_city, folder)
    nothing = Foretold(None, (), np.empty(0), np.empty(0), 0.05, Unfit.NO_HISTORY)
    assert with_class(pattern_card(view, demo_city, found, nothing), "foretold") == []


# --- words ---


def test_hours_are_named_only_where_they_stand_out() -> None:
    assert busy_hours(np.array([23, 23, 0, 1, 2, 2, 2, 23, 12])) == (23, 8 / 9)
    assert busy_hours(np.arange(24)) is None
    assert busy_hours(np.array([1, 1, 1, -1, -1, -1, -1, -1])) is None


def test_shares_and_chances_are_written_as_they_are_read() -> None:
    assert [percent("zh", share) for share in (0.62, 0.054, 1.0)] == ["62%", "5.4%", "100%"]
    assert percent("en", 0.62) == "62\u00a0%"
    assert [p_value(p).replace("\u00a0", " ") for p in (0.0123, 0.00012, 1.0)] == ["p = 0.012", "p < 0.001", "p = 1"]


def test_a_pattern_that_cannot_be_judged_is_drawn_as_nothing(demo_city: CityData) -> None:
    found: list[Pattern] = [
        replace(dense([[5.0]]), guard=Unfit.NO_POSITIONS),
        replace(clustered(), guard=Unfit.MONTHS_ONLY),
        replace(repeated(), guard=Unfit.MONTHS_ONLY),
        replace(emerged(demo_city, [0, 0]), guard=Unfit.NO_HISTORY),
    ]
    for each, layer in zip(found, ("density", "clusters", "near_repeat", "emerging"), strict=True):
        view = view_of(demo_city, f"?layer={layer}")
        drawn = pattern_payload(view, demo_city, each)
        assert not drawn.get("marks")
        assert "image" not in drawn
        assert pattern_legend(view, each) == []
        assert plain(pattern_card(view, demo_city, each))
