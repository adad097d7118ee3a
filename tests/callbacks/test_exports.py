"""The addresses of files: names, kinds, what stands in them, and what is refused."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from pathlib import Path
from urllib.parse import unquote

import geopandas as gpd
import openpyxl
import pytest
from flask.testing import FlaskClient

from geodata.city import CityData
from layers.export import FORMATS, INCIDENT_FORMATS, place_table
from layers.maps.places import map_payload
from layers.maps.values import map_values
from layers.view import city_of, parse_view
from tests.callbacks import UNPACKED

VIEWS = ("", "level=street", "level=street&sub=traffic&measure=rate", "level=street&hours=18-24", "place=440402006")


@pytest.mark.parametrize("end", [*FORMATS, *INCIDENT_FORMATS])
def test_every_file_has_a_name_in_both_alphabets(client: FlaskClient, end: str) -> None:
    with client.get(f"/export/{end}?level=street&place=440402") as answer:
        assert answer.status_code == 200
        plain, _, full = answer.headers["Content-Disposition"].partition("; filename*=UTF-8''")
        assert len(answer.get_data()) > 500
    assert plain.isascii()
    ending = end.partition(".")[2]
    assert plain.endswith(f'.{ending}"')
    assert unquote(full).endswith(f".{ending}")
    assert "香洲区" in unquote(full)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("query", VIEWS)
def test_all_files_say_what_the_page_says(client: FlaskClient, demo_city: CityData, query: str) -> None:
    view = parse_view(f"?{query}", demo_city)
    city = city_of(view, demo_city)
    page = map_payload(view, city, map_values(view, city))
    told = client.get(f"/export/places.geojson?{query}", headers=UNPACKED)
    records = [feature["properties"] for feature in json.loads(told.get_data())["features"]]
    assert [record["value"] for record in records] == page["value"]
    assert page["low"] is None or [record["low"] for record in records] == page["low"]
    assert page["count"] is None or [record["count"] for record in records] == page["count"]
    with client.get(f"/export/table.xlsx?{query}") as answer:
        sheet = openpyxl.load_workbook(io.BytesIO(answer.get_data()), data_only=True).worksheets[0]
    at = [cell.value for cell in sheet[4]].index(place_table(view, demo_city).column("value").name)
    assert [row[at] for row in sheet.iter_rows(min_row=5, max_row=4 + len(records), values_only=True)] == page["value"]
    with client.get(f"/export/table.csv?{query}") as answer:
        lines = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline="")))
    head = next(k for k, line in enumerate(lines) if place_table(view, demo_city).column("value").name in line)
    written = [line[at] for line in lines[head + 1 : head + 1 + len(records)]]
    assert [float(each) if each else None for each in written] == page["value"]
    api = client.get(f"/api/v1/scores?{query}&limit=1000", headers=UNPACKED)
    assert [item["value"] for item in json.loads(api.get_data())["items"]] == page["value"]
    with client.get(f"/export/places.parquet?{query}") as answer:
        read = gpd.read_parquet(io.BytesIO(answer.get_data()))
    assert [None if value != value else value for value in read["value"]] == page["value"]


def test_a_wrong_link_is_refused_in_its_language(client: FlaskClient) -> None:
    answer = client.get("/export/table.csv?level=house&lang=en")
    assert answer.status_code == 400
    assert "level" in answer.get_json()["error"]


def test_nothing_is_left_behind(client: FlaskClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for ask in (client.get, client.head):
        with ask("/export/places.gpkg") as answer:
            assert answer.headers["Content-Type"] == "application/geopackage+sqlite3"
        assert list(tmp_path.iterdir()) == []


def test_there_are_no_other_files(client: FlaskClient) -> None:
    assert client.get("/export/table.pdf").status_code == 404
    assert client.get("/export/incidents.xlsx").status_code == 404


def test_no_file_names_a_path(client: FlaskClient, demo_folder: Path) -> None:
    for end in (*FORMATS, *INCIDENT_FORMATS):
        with client.get(f"/export/{end}?place=440402006") as answer:
            assert str(demo_folder).encode() not in answer.get_data()
            assert str(demo_folder.parent).encode() not in answer.get_data()


@pytest.mark.parametrize("query", ["level=street", "chart=trend&size=screen&lang=en", "level=street&layer=hotspots"])
def test_pictures_are_what_they_say(client: FlaskClient, query: str) -> None:
    png, svg = (client.get(f"/export/picture.{kind}?{query}") for kind in ("png", "svg"))
    assert (png.mimetype, svg.mimetype) == ("image/png", "image/svg+xml")
    assert png.get_data().startswith(b"\x89PNG\r\n")
    assert svg.get_data().startswith(b"<svg ")
    assert client.get(f"/export/picture.svg?{query}").get_data() == svg.get_data()
    assert "filename*=UTF-8''" in png.headers["Content-Disposition"]


def test_a_public_picture_needs_a_review_number(client: FlaskClient) -> None:
    refused = client.get("/export/picture.png?level=street&public=1&lang=en")
    assert refused.status_code == 409
    assert "--review-number" in refused.get_json()["error"]


def test_a_machine_without_fonts_says_so(client: FlaskClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("layers.pictures.fonts.folders", lambda: [tmp_path])
    refused = client.get("/export/picture.png?chart=trend")
    assert refused.status_code == 503
    assert "fonts-noto-cjk" in refused.get_json()["error"]


def test_a_wrong_picture_is_refused(client: FlaskClient) -> None:
    assert client.get("/export/picture.png?size=a0").status_code == 400
    assert client.get("/export/picture.gif").status_code == 404
