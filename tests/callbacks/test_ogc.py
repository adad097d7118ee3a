"""OGC API – Features: what the standard asks for, and a real client, GDAL, that connects and reads."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
from flask.testing import FlaskClient

from geodata.city import CityData
from geodata.vocabulary import PlaceLevel
from layers.maps.values import map_values, printed
from layers.view import default_view
from tests.callbacks import UNPACKED
from tests.callbacks.documents import asked_by_document
from tests.ogrinfo import ogrinfo

ROOT = Path(__file__).resolve().parents[2]


def ask(client: FlaskClient, path: str) -> Any:
    answer = client.get(f"/ogc{path}", headers=UNPACKED)
    assert answer.status_code == 200, answer.text
    return json.loads(answer.get_data())


@pytest.fixture(scope="module")
def address(demo_folder: Path) -> Iterator[str]:
    """Serve the city in a process of its own: GDAL lets no other thread of this one answer while it asks."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, str(ROOT / "app.py"), "serve", "--city", str(demo_folder), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _await(f"http://127.0.0.1:{port}/readyz")
            yield f"http://127.0.0.1:{port}/ogc"
        finally:
            server.terminate()


def _await(address: str) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - our own server
                assert answer.status == 200
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail("the server did not start")


@pytest.mark.filterwarnings("ignore")
def test_gdal_reads_every_street(address: str, demo_city: CityData) -> None:
    layers = pyogrio.list_layers(f"OAPIF:{address}")[:, 0].tolist()
    assert layers == [level.value for level in demo_city.levels]
    read = pyogrio.read_dataframe(f"OAPIF:{address}", layer="street")
    rows = demo_city.members(PlaceLevel.STREET, demo_city.city)
    assert read["token"].tolist() == [demo_city.place(int(row)).token for row in rows]
    own = demo_city.places.geometry.iloc[rows]
    apart = read.geometry.set_crs("EPSG:4326", allow_override=True).reset_index(drop=True)
    assert (apart.symmetric_difference(own.reset_index(drop=True)).area < 1e-3 * own.area.to_numpy()).all()
    view = default_view(demo_city).but(level=PlaceLevel.STREET)
    values = map_values(view, demo_city)
    np.testing.assert_array_equal(read["value"], printed(values.value, values, demo_city))


@pytest.mark.filterwarnings("ignore")
def test_gdal_pages_through_the_communities(address: str, demo_city: CityData) -> None:
    read = pyogrio.read_dataframe(f"OAPIF:{address}", layer="community", read_geometry=False)
    assert len(read) == len(demo_city.members(PlaceLevel.COMMUNITY, demo_city.city))


def test_the_landing_page_leads_everywhere(client: FlaskClient) -> None:
    links = {link["rel"]: link for link in ask(client, "")["links"]}
    assert {"self", "service-desc", "conformance", "data"} <= set(links)
    for link in links.values():
        answer = client.get(link["href"])
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == link["type"]
    assert ask(client, "/") == ask(client, "")


def test_the_conformance_classes_are_named(client: FlaskClient) -> None:
    ends = {each.rpartition("/")[2] for each in ask(client, "/conformance")["conformsTo"]}
    assert ends == {"core", "oas30", "geojson"}


def test_every_collection_leads_to_itself_and_its_items(client: FlaskClient) -> None:
    for told in ask(client, "/collections")["collections"]:
        assert ask(client, f"/collections/{told['id']}") == told
        west, south, east, north = told["extent"]["spatial"]["bbox"][0]
        assert west < east
        assert south < north
        assert {link["rel"] for link in told["links"]} >= {"self", "items"}


def test_a_feature_is_the_same_alone_and_among_others(client: FlaskClient) -> None:
    page = ask(client, "/collections/street/items?limit=3&offset=4")
    assert page["numberReturned"] == 3
    assert {link["rel"] for link in page["links"]} == {"self", "collection", "next", "prev"}
    for feature in page["features"]:
        alone = ask(client, f"/collections/street/items/{feature['id']}")
        assert {link["rel"] for link in alone.pop("links")} == {"self", "collection"}
        assert alone == feature


def test_a_box_keeps_what_it_touches(client: FlaskClient, demo_city: CityData) -> None:
    rows = demo_city.members(PlaceLevel.STREET, demo_city.city)
    west, south, east, north = demo_city.bounds[rows[3]]
    found = ask(client, f"/collections/street/items?bbox={west},{south},{east},{north}&limit=1000")
    touching = [
        demo_city.place(int(row)).token
        for row in rows
        if demo_city.bounds[row][0] <= east
        and demo_city.bounds[row][2] >= west
        and demo_city.bounds[row][1] <= north
        and demo_city.bounds[row][3] >= south
    ]
    assert [feature["id"] for feature in found["features"]] == touching
    assert 0 < len(touching) < len(rows)
    over = ask(client, f"/collections/street/items?bbox=170,-90,{east},90")  # over the antimeridian
    assert over["numberMatched"] > 0
    assert ask(client, "/collections/street/items?bbox=0,0,1,1")["features"] == []


def test_a_moment_changes_nothing(client: FlaskClient) -> None:
    every = ask(client, "/collections/district/items")["features"]
    for moment in ("2026-10-01", "2026-10-01T00:00:00Z", "../2026-10-01", "2026-10-01T00:00:00Z/.."):
        assert ask(client, f"/collections/district/items?datetime={moment}")["features"] == every


def test_more_than_there_may_be_is_as_many_as_may_be(client: FlaskClient) -> None:
    assert ask(client, "/collections/street/items?limit=100000")["numberReturned"] > 20


@pytest.mark.parametrize(
    ("path", "status", "parameter"),
    [
        ("/collections/house", 404, None),
        ("/collections/house/items", 404, None),
        ("/collections/street/items/nowhere", 404, None),
        ("/collections/street/items/440402", 404, None),
        ("/nothing", 404, None),
        ("/collections/street/items?bbox=1,2,3", 400, "bbox"),
        ("/collections/street/items?bbox=a,b,c,d", 400, "bbox"),
        ("/collections/street/items?bbox=nan,0,1,1", 400, "bbox"),
        ("/collections/street/items?bbox=0,9,1,1", 400, "bbox"),
        ("/collections/street/items?limit=0", 400, "limit"),
        ("/collections/street/items?datetime=yesterday", 400, "datetime"),
        ("/collections/street/items?datetime=2026-02-30", 400, "datetime"),
        ("/collections/street/items?name=x", 400, "name"),
        ("/collections?bbox=0,0,1,1", 400, "bbox"),
        ("/conformance?f=html", 400, "f"),
    ],
)
def test_what_is_wrong_is_named(client: FlaskClient, path: str, status: int, parameter: str | None) -> None:
    answer = client.get(f"/ogc{path}")
    told = json.loads(answer.get_data())
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert told.get("parameter") == parameter


def test_the_document_is_one_of_openapi_3_0(client: FlaskClient) -> None:
    told = ask(client, "/api")
    assert told["openapi"].startswith("3.0")
    items = told["paths"]["/collections/{level}/items"]["get"]["parameters"]
    assert {each["name"] for each in items} >= {"bbox", "limit", "datetime"}


def test_it_keeps_to_its_document(demo_folder: Path) -> None:
    asked = asked_by_document(demo_folder, "/ogc/api")
    assert len(asked) == 6
    assert all(asked.values())


def test_gdals_own_program_connects_and_counts(address: str, demo_city: CityData) -> None:
    told = ogrinfo("-ro", "-al", "-so", f"OAPIF:{address}")
    counts = dict(re.findall(r"Layer name: (\w+).*?Feature Count: (\d+)", told, re.DOTALL))
    assert counts == {level.value: str(len(demo_city.members(level, demo_city.city))) for level in demo_city.levels}
    district = ogrinfo("-ro", "-q", f"OAPIF:{address}", "district")
    assert district.count("OGRFeature(district)") == int(counts["district"])
    assert "MULTIPOLYGON" in district or "POLYGON" in district
