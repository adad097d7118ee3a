"""Files for geographic systems and plain tables: they hold what the table holds, where it lies, and how it looks."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import sqlite3
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

from geodata.city import CityData
from geodata.exports.delimited import table_csv
from geodata.exports.geojson import table_geojson
from geodata.exports.geopackage import write_table
from geodata.exports.geoparquet import table_geoparquet
from geodata.exports.outlines import _drawn, outlines_of
from geodata.exports.table import PlaceTable
from layers.export import place_table
from layers.maps.legend import palette
from layers.maps.values import map_values
from layers.view import city_of, parse_view
from tests.ogrinfo import ogrinfo


def table(city: CityData, query: str = "level=street") -> PlaceTable:
    return place_table(parse_view(f"?{query}", city), city)


def package(city: CityData, made: PlaceTable, folder: Path) -> Path:
    path = folder / "places.gpkg"
    path.unlink(missing_ok=True)
    write_table(path, made, outlines_of(city, made.rows))
    return path


# --- csv ---


def test_a_csv_says_what_it_is_and_closes(demo_city: CityData) -> None:
    made = table(demo_city)
    content = table_csv(made)
    assert content.startswith(b"\xef\xbb\xbf")
    assert b"\n" not in content.replace(b"\r\n", b"")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert {len(row) for row in rows} == {len(made.columns)}
    assert rows[0][0] == made.title
    assert [made.simulated] == [row[0] for row in rows if row[0] == made.simulated]
    head = rows.index([column.name for column in made.columns])
    at = [column.key for column in made.columns].index("count")
    counts = [int(row[at]) for row in rows[head + 1 :]]
    places, parts = counts[: len(made.rows)], counts[len(made.rows) :]
    assert sum(places) == parts[0]
    assert sum(parts[:-1]) == parts[-1]


@pytest.mark.parametrize("sign", list("=+-@\t\r＝＋－＠"))
def test_a_csv_runs_no_name(demo_city: CityData, sign: str) -> None:
    made = table(demo_city, "level=district")
    names = [f"{sign}1|x"] * len(made.rows)
    columns = [dataclasses.replace(c, values=names) if c.key == "name" else c for c in made.columns]
    content = table_csv(dataclasses.replace(made, columns=tuple(columns))).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content, newline="")))
    assert [row[1] for row in rows if row[1].endswith("1|x")] == [f"'{sign}1|x"] * len(made.rows)


# --- maps ---


def test_geojson_has_every_place_as_it_lies(demo_city: CityData) -> None:
    made = table(demo_city)
    told = json.loads(table_geojson(made, outlines_of(demo_city, made.rows)))
    assert [feature["properties"] for feature in told["features"]] == made.records()
    assert [feature["id"] for feature in told["features"]] == made.column("token").values
    assert "crs" not in told
    assert told["simulated"]
    for feature, row in zip(told["features"], made.rows, strict=True):
        shape, own = shapely.geometry.shape(feature["geometry"]), demo_city.places.geometry.iloc[int(row)]
        assert shape.symmetric_difference(own).area < 1e-3 * own.area
        for part in shapely.get_parts(shape):
            assert part.exterior.is_ccw
        assert np.array_equal(shapely.get_coordinates(shape), shapely.get_coordinates(shape).round(6))


@pytest.mark.parametrize("query", ["level=street", "level=street&measure=rate", "level=street&measure=count"])
def test_a_geopackage_is_read_by_gdal_and_styled(demo_city: CityData, tmp_path: Path, query: str) -> None:
    made = table(demo_city, query)
    path = package(demo_city, made, tmp_path)
    read = gpd.read_file(path, layer="places")
    assert read.crs == "EPSG:4326"
    assert read["token"].tolist() == made.column("token").values
    assert read["value"].tolist() == made.column("value").values
    assert read["count"].tolist() == made.column("count").values
    with sqlite3.connect(path) as ledger:
        assert ledger.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        [(name, style, usual)] = ledger.execute(
            "SELECT f_table_name, styleQML, useAsDefault FROM layer_styles"
        ).fetchall()
        about = dict(ledger.execute("SELECT fact, value FROM about").fetchall())
        listed = {each for (each,) in ledger.execute("SELECT table_name FROM gpkg_contents")}
    assert (name, usual) == ("places", 1)
    assert "layer_styles" in listed  # QGIS asks GDAL for it, which hides what is not listed where `about` is
    assert made.simulated in about.values()
    assert {made.closing[-1][1]: str(made.closing[-1][2])}.items() <= about.items()
    tree = ET.fromstring(style.partition(">")[2])  # noqa: S314 - our own text
    view = parse_view(f"?{query}", demo_city)
    looks = palette(view, map_values(view, city_of(view, demo_city)))
    fills = [option.attrib["value"] for option in tree.iter("Option") if option.attrib.get("name") == "color"]
    for look in looks:
        assert ",".join(str(int(look["fill"][k : k + 2], 16)) for k in (1, 3, 5)) + ",255" in fills
    labels = [category.attrib["label"] for category in tree.iter("category")]
    assert labels[: len(looks)] == [look["word"] for look in looks]
    assert labels[-1] == "无数据 no data"
    sizes = [
        each.find("Option[@name='expression']") for each in tree.iter("Option") if each.attrib.get("name") == "size"
    ]
    told = [each.attrib["value"] for each in sizes if each is not None]
    across = 2 * made.radius_px * 25.4 / 96  # as large as on the screen
    assert told == ([] if looks else [f'{across:.3f} * sqrt("value" / {made.largest}.0)'])


def test_a_geopackage_has_the_same_bytes_each_time(demo_city: CityData, tmp_path: Path) -> None:
    made = table(demo_city)
    assert package(demo_city, made, tmp_path).read_bytes() == package(demo_city, made, tmp_path).read_bytes()


def test_a_geopackage_names_its_kind_of_geometry(demo_city: CityData, tmp_path: Path) -> None:
    told = pyogrio.read_info(package(demo_city, table(demo_city), tmp_path), layer="places")
    assert told["geometry_type"] == "MultiPolygon"
    assert told["features"] == len(table(demo_city).rows)


def test_a_geopackage_is_read_by_another_gdal(demo_city: CityData, tmp_path: Path) -> None:
    made = table(demo_city, "level=street")
    path = str(package(demo_city, made, tmp_path))
    told = ogrinfo("-ro", "-so", path, "places")
    assert f"Feature Count: {len(made.rows)}" in told
    assert "Geometry: Multi Polygon" in told
    assert "WGS 84" in told
    most = max(zip(made.column("count").values, made.column("name").values, strict=True))
    asked = "SELECT name, count FROM places ORDER BY count DESC, name DESC LIMIT 1"
    answer = ogrinfo("-ro", "-q", path, "-sql", asked)
    assert f"count (Integer64) = {most[0]}" in answer
    assert f"name (String) = {most[1]}" in answer


def test_an_outline_that_rounding_breaks_is_mended() -> None:
    thin = shapely.Polygon([(0, 0), (1, 0), (1, 1), (0.5, 1e-7), (0, 1)])
    bow = shapely.Polygon([(0, 0), (2e-6, 4e-7), (4e-6, 0), (4e-6, 1e-6), (2e-6, 4.6e-7), (0, 1e-6)])
    drawn = _drawn(np.array([thin, bow], dtype=object))
    assert shapely.is_valid(drawn).all()
    assert np.array_equal(shapely.get_coordinates(drawn), shapely.get_coordinates(drawn).round(6))
    assert abs(shapely.area(drawn[0]) - thin.area) < 1e-5


def test_geoparquet_is_read_back(demo_city: CityData) -> None:
    made = table(demo_city)
    content = table_geoparquet(made, outlines_of(demo_city, made.rows))
    read = gpd.read_parquet(io.BytesIO(content))
    assert read.crs == "OGC:CRS84"
    assert read["exact"].tolist() == made.column("exact").values
    assert read.geometry.is_valid.all()
    assert content == table_geoparquet(made, outlines_of(demo_city, made.rows))
