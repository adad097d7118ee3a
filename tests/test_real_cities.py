"""Real cities, imported by the commands alone: the counts equal those of an independent spatial join."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import app
from geodata.boundaries import check_places
from geodata.city import CityData, read_city
from geodata.locate import NOWHERE, locate_levels
from geodata.store import Store
from geodata.vocabulary import PlaceLevel

BORDER_DEGREES = 1e-9
"""A point nearer to an outline than a tenth of a millimetre lies on it."""


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Sequence[list[str]]], Path]:
    """Return what makes a city of a list of commands."""

    def made(name: str, commands: Sequence[list[str]]) -> Path:
        folder = tmp_path_factory.mktemp(name) / "city"
        for words in commands:
            assert app.main([*words, "--city", str(folder)]) == 0, words
        return folder

    return made


def level(file: Path, name: str, id_column: str, name_column: str, *more: str) -> list[str]:
    return ["boundaries", "import", str(file), "--level", name, "--id", id_column, "--name", name_column, *more]


@pytest.fixture(scope="session")
def london(real_data: Path, build: Callable[..., Path]) -> Path:
    """Return London: 33 boroughs, 654 wards, 1.8 million incidents."""
    data = real_data / "london"
    return build(
        "london",
        [
            ["city", "--name", "伦敦", "--name-en", "London", "--time-zone", "Europe/London"],
            level(data / "london_boroughs_epsg27700.parquet", "district", "borough_code", "borough"),
            level(
                data / "london_wards_2014_epsg27700.parquet",
                "street",
                "ward_code",
                "ward_name",
                "--parent",
                "borough_code",
            ),
            [
                "import",
                str(data / "london_incidents_2016-01_2018-06.parquet"),
                "--source",
                "police",
                "--mapping",
                "uk_police",
            ],
        ],
    )


@pytest.fixture(scope="session")
def chicago(real_data: Path, build: Callable[..., Path]) -> Path:
    """Return Chicago: districts, sectors and beats of its police; sectors find their parents by geometry."""
    data = real_data / "chicago"
    return build(
        "chicago",
        [
            ["city", "--name", "芝加哥", "--name-en", "Chicago", "--time-zone", "America/Chicago"],
            level(data / "chicago_police_districts.parquet", "district", "district", "dist_label"),
            level(data / "chicago_police_sectors.parquet", "street", "sector_id", "sector_id"),
            level(data / "chicago_police_beats.parquet", "community", "beat_num", "beat_num", "--parent", "sector_id"),
            [
                "import",
                str(data / "chicago_aggravated_assaults_2010_2019.parquet"),
                "--source",
                "police",
                "--mapping",
                "chicago",
            ],
        ],
    )


@pytest.fixture(scope="session")
def vancouver(real_data: Path, build: Callable[..., Path]) -> Path:
    """Return Vancouver: 22 neighbourhoods, incidents in EPSG:26910, many of them without a position."""
    data = real_data / "vancouver"
    return build(
        "vancouver",
        [
            ["city", "--name", "温哥华", "--name-en", "Vancouver", "--time-zone", "America/Vancouver"],
            level(data / "vancouver_neighbourhoods_22.parquet", "district", "mapid", "name"),
            ["import", str(data / "vancouver_crime_2020_raw.csv.gz"), "--source", "police", "--mapping", "vancouver"],
        ],
    )


def counted(folder: Path, name: PlaceLevel, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    """Return what the command answers for all time."""
    capsys.readouterr()
    words = [
        "counts",
        "--city",
        str(folder),
        "--level",
        name.value,
        "--from",
        "2000-01-01",
        "--to",
        "2030-12-31",
        "--json",
    ]
    assert app.main(words) == 0
    answer: dict[str, object] = json.loads(capsys.readouterr().out)
    return answer


def agrees_with_a_spatial_join(
    folder: Path,
    name: PlaceLevel,
    shapes: gpd.GeoDataFrame,
    id_column: str,
    lon: pd.Series,
    lat: pd.Series,
    answer: dict[str, object],
) -> int:
    """Compare the counts of a level with geopandas, point by point; return the incidents that touch a border."""
    spots = pd.DataFrame({"lon": lon.to_numpy(), "lat": lat.to_numpy()}).dropna().value_counts().reset_index(name="n")
    points = gpd.GeoDataFrame(spots[["n"]], geometry=gpd.points_from_xy(spots["lon"], spots["lat"]), crs="EPSG:4326")
    polygons = shapes[[id_column, "geometry"]].to_crs("EPSG:4326")
    polygons = polygons.set_geometry(polygons.geometry.make_valid())
    joined = gpd.sjoin(points, polygons, predicate="within")
    theirs = joined[id_column].astype("str").groupby(joined.index).min().reindex(points.index, fill_value="")

    places = Store(folder).places()
    rows = locate_levels(spots["lon"].to_numpy(), spots["lat"].to_numpy(), places).place[:, name.depth]
    ours = pd.Series(np.append(places["place_id"].to_numpy(dtype=object), "")[rows], index=points.index)
    per_place = spots["n"].groupby(ours.where(rows != NOWHERE)).sum()
    assert {place: n for place, n in answer["places"].items() if n} == per_place.to_dict()  # type: ignore[attr-defined]

    differing = points[ours != theirs]
    outline = shapely.union_all(shapely.boundary(polygons.geometry.to_numpy()))
    shapely.prepare(outline)
    assert (shapely.distance(differing.geometry.to_numpy(), outline) < BORDER_DEGREES).all()
    return int(differing["n"].sum())


# --- London ---


def test_the_counts_of_london_equal_a_spatial_join(
    london: Path, real_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = real_data / "london"
    incidents = pd.read_parquet(data / "london_incidents_2016-01_2018-06.parquet", columns=["lon", "lat"])
    for name, file, code in (
        (PlaceLevel.DISTRICT, "london_boroughs_epsg27700", "borough_code"),
        (PlaceLevel.STREET, "london_wards_2014_epsg27700", "ward_code"),
    ):
        answer = counted(london, name, capsys)
        assert answer["total"] == len(incidents) == 1_830_104
        assert sum(answer["places"].values()) + answer["unlocated"] + answer["outside"] == answer["total"]  # type: ignore[attr-defined, operator]
        shapes = gpd.read_parquet(data / f"{file}.parquet")
        touching = agrees_with_a_spatial_join(london, name, shapes, code, incidents["lon"], incidents["lat"], answer)
        assert touching < 0.01 * len(incidents)


def test_the_wards_of_london_are_those_of_the_source(london: Path, real_data: Path) -> None:
    incidents = pd.read_parquet(
        real_data / "london" / "london_incidents_2016-01_2018-06.parquet",
        columns=["lon", "lat", "ward_code", "ward_code_2"],
    )
    places = Store(london).places()
    found = locate_levels(incidents["lon"].to_numpy(), incidents["lat"].to_numpy(), places).place[
        :, PlaceLevel.STREET.depth
    ]
    ward = pd.Series(np.append(places["place_id"].to_numpy(dtype=object), "")[found])
    first = (ward == incidents["ward_code"].astype("str")).to_numpy()
    second = (ward == incidents["ward_code_2"].astype("str")).to_numpy()
    assert 100 * (first | second).mean() == pytest.approx(99.15, abs=0.01)
    assert int((found == NOWHERE).sum()) == 78


def test_the_boroughs_of_london_without_data_have_no_data_and_no_score(london: Path) -> None:
    city: CityData = read_city(Store(london))
    boroughs = city.members(PlaceLevel.DISTRICT, city.city)
    silent = boroughs[city.no_data[boroughs]]
    assert (len(boroughs), len(silent)) == (33, 8)
    wards = city.members(PlaceLevel.STREET, city.city)
    assert city.no_data[wards].tolist() == np.isin(city.table[wards, 0], silent).tolist()
    period = city.latest_period(city.period_kinds[0])
    assert period is not None
    assert str(period) == "2018-06"
    scored = city.scores(PlaceLevel.DISTRICT, period)
    assert np.isnan(scored.scores.score[np.isin(scored.rows, silent)]).all()


def test_the_months_of_london_are_no_days(london: Path) -> None:
    city = read_city(Store(london))
    assert city.months_only
    assert [kind.value for kind in city.period_kinds] == ["month", "quarter", "year"]


# --- Chicago ---


def test_the_counts_of_chicago_equal_a_spatial_join(
    chicago: Path, real_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = real_data / "chicago"
    incidents = pd.read_parquet(data / "chicago_aggravated_assaults_2010_2019.parquet")
    for name, file, code in (
        (PlaceLevel.DISTRICT, "chicago_police_districts", "district"),
        (PlaceLevel.STREET, "chicago_police_sectors", "sector_id"),
        (PlaceLevel.COMMUNITY, "chicago_police_beats", "beat_num"),
    ):
        answer = counted(chicago, name, capsys)
        assert answer["total"] == len(incidents) == 148_636
        shapes = gpd.read_parquet(data / f"{file}.parquet")
        agrees_with_a_spatial_join(chicago, name, shapes, code, incidents["longitude"], incidents["latitude"], answer)
        assert sum(answer["places"].values()) / len(incidents) == pytest.approx(0.9994, abs=5e-5)  # type: ignore[attr-defined]


def test_the_districts_of_chicago_are_those_of_the_source(chicago: Path, real_data: Path) -> None:
    incidents = pd.read_parquet(real_data / "chicago" / "chicago_aggravated_assaults_2010_2019.parquet")
    places = Store(chicago).places()
    found = locate_levels(incidents["longitude"].to_numpy(), incidents["latitude"].to_numpy(), places).place[:, 0]
    district = pd.Series(np.append(places["place_id"].to_numpy(dtype=object), "")[found])
    same = (district == incidents["district_recorded"].astype("str")).to_numpy()
    assert 100 * same[found != NOWHERE].mean() == pytest.approx(98.49, abs=0.01)


def test_the_police_levels_of_chicago_nest(chicago: Path) -> None:
    city = read_city(Store(chicago))
    assert [len(city.members(name, city.city)) for name in city.levels] == [23, 68, 275]
    assert (city.table[city.members(PlaceLevel.COMMUNITY, city.city), :3] != NOWHERE).all()
    assert [fault for fault in check_places(city.places) if fault.kind in ("orphan", "invalid")] == []


def test_community_areas_that_share_numbers_with_districts_do_not_capture_the_beats(
    real_data: Path, build: Callable[..., Path]
) -> None:
    data = real_data / "chicago"
    folder = build(
        "chicago_areas",
        [
            level(data / "chicago_police_districts.parquet", "district", "district", "dist_label"),
            level(data / "chicago_community_areas.parquet", "street", "area_number", "community"),
            level(data / "chicago_police_beats.parquet", "community", "beat_num", "beat_num"),
        ],
    )
    places = Store(folder).places()
    beats = places[places["level"] == "community"].set_index("place_id")["parent_id"]
    recorded = gpd.read_parquet(data / "chicago_police_beats.parquet").set_index("beat_num")["district"].astype("str")
    assert beats.to_dict() == recorded.to_dict()
    table = read_city(Store(folder)).table
    rows = np.flatnonzero(places["level"].to_numpy(dtype=str) == "community")
    assert places["place_id"].to_numpy()[table[rows, 0]].tolist() == beats.tolist()
    assert (table[rows, 1] == NOWHERE).all()


# --- Vancouver ---


def test_the_counts_of_vancouver_equal_a_spatial_join(
    vancouver: Path, real_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = real_data / "vancouver"
    incidents = pd.read_csv(data / "vancouver_crime_2020_raw.csv.gz")
    withheld = (incidents["X"] == 0) & (incidents["Y"] == 0)
    assert int(withheld.sum()) == 3_750
    given = incidents[~withheld].dropna(subset=["X", "Y"])
    points = gpd.GeoSeries(gpd.points_from_xy(given["X"], given["Y"]), crs="EPSG:26910").to_crs("EPSG:4326")
    answer = counted(vancouver, PlaceLevel.DISTRICT, capsys)
    assert answer["total"] == len(incidents) == 37_512
    assert answer["unlocated"] == len(incidents) - len(given) == 3_751  # and one row without any position
    shapes = gpd.read_parquet(data / "vancouver_neighbourhoods_22.parquet")
    agrees_with_a_spatial_join(vancouver, PlaceLevel.DISTRICT, shapes, "mapid", points.x, points.y, answer)
    inside = sum(answer["places"].values())  # type: ignore[attr-defined]
    assert 100 * inside / len(incidents) == pytest.approx(89.77, abs=0.01)
    assert 100 * inside / len(given) == pytest.approx(99.75, abs=0.01)
