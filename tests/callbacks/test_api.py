"""The programming interface: it says what the pages say, names what is wrong, and keeps to its own document."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from geodata.city import CityData
from geodata.ranking import DRAWS, rank_places
from geodata.reasons import reasons
from geodata.spots.hotspots import hotspots
from geodata.vocabulary import PlaceLevel
from layers.api import MOST, OPERATIONS
from layers.api_document import PARAMETERS
from layers.maps.places import map_payload
from layers.maps.values import map_values
from layers.view import city_of, parse_view
from tests.callbacks import UNPACKED
from tests.callbacks.documents import asked_by_document

ROOT = "/api/v1"


def ask(client: FlaskClient, path: str) -> Any:
    answer = client.get(f"{ROOT}/{path}", headers=UNPACKED)
    assert answer.status_code == 200, answer.text
    return json.loads(answer.get_data())


# --- what it says ---


@pytest.mark.parametrize(
    "query", ["level=street", "level=street&sub=fire&compare=year_ago", "measure=rate", "days=off"]
)
def test_scores_are_those_of_the_map(client: FlaskClient, demo_city: CityData, query: str) -> None:
    view = parse_view(f"?{query}", demo_city)
    city = city_of(view, demo_city)
    values = map_values(view, city)
    page, told = map_payload(view, city, values), ask(client, f"scores?{query}")
    assert [item["value"] for item in told["items"]] == page["value"]
    assert [item["class"] for item in told["items"]] == values.klass.tolist()
    assert [item["count"] for item in told["items"]] == values.counted.places.tolist()
    assert told["measure"] == values.measure
    assert told["simulated"]


def test_counts_close(client: FlaskClient) -> None:
    told = ask(client, "counts?level=community&limit=1000&hours=18-24")
    totals = told["totals"]
    assert sum(item["count"] for item in told["items"]) == totals["places"]
    assert totals["places"] + totals["unlocated"] + totals["outside"] == totals["total"]


def test_reasons_are_those_of_the_page_and_add_up(client: FlaskClient, demo_city: CityData) -> None:
    told = ask(client, "reasons?place=440402006&limit=1000")
    view = parse_view("?place=440402006", demo_city)
    found = reasons(demo_city, demo_city.find("440402006"), view.period, view.period.previous())
    assert told["change"] == round(found.change, 6)
    assert told["change"] == pytest.approx(sum(item["points"] for item in told["items"]), abs=1e-4)
    assert told["change"] == pytest.approx(told["score"] - told["score_before"], abs=2e-6)
    assert [item["points"] for item in told["items"]] == [round(e.points, 6) + 0.0 for e in found.effects()]


def test_ranks_are_those_of_the_page(client: FlaskClient, demo_city: CityData) -> None:
    told = ask(client, "ranks?level=street")
    view = parse_view("", demo_city)
    found = rank_places(demo_city, PlaceLevel.STREET, view.period, draws=DRAWS)
    assert [item["rank"] for item in told["items"] if item["rank"]] == sorted(found.rank[np.isfinite(found.score)])
    assert [item["tier"] for item in told["items"] if item["rank"]] == found.tier[found.order][
        : found.n_ranked
    ].tolist()


def test_hot_spots_are_those_of_the_page(client: FlaskClient, demo_city: CityData) -> None:
    told = ask(client, "hotspots?f=geojson")
    view = parse_view("", demo_city)
    found = hotspots(demo_city, demo_city.city, view.period)
    assert told["numberMatched"] == len(found.hotspots) > 0
    assert [each["properties"]["incidents"] for each in told["features"]] == [s.incidents for s in found.hotspots]
    assert {each["geometry"]["type"] for each in told["features"]} <= {"Polygon", "MultiPolygon"}


def test_releases_name_no_file(client: FlaskClient, demo_city: CityData) -> None:
    told = ask(client, "releases")
    assert told["total"] == len(demo_city.batches)
    assert told["data_version"] == demo_city.data_version
    for batch in demo_city.batches:
        assert batch.file_name not in json.dumps(told)
        assert batch.sha256 not in json.dumps(told)


def test_alerts_are_answered(client: FlaskClient) -> None:
    assert ask(client, "alerts")["items"] == []


# --- paging, forms, packing ---


def test_pages_together_are_the_whole(client: FlaskClient) -> None:
    whole = ask(client, "places?level=street&limit=1000")
    items, path = [], "places?level=street&limit=7"
    while path:
        page = ask(client, path)
        items += page["items"]
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        path = following[0].partition(f"{ROOT}/")[2] if following else ""
    assert items == whole["items"]
    assert len(items) == whole["total"] > 7


def test_the_form_is_asked_for_by_parameter_or_by_accept(client: FlaskClient) -> None:
    for answer in (
        client.get(f"{ROOT}/scores?f=geojson"),
        client.get(f"{ROOT}/scores", headers={"Accept": "application/geo+json"}),
    ):
        assert answer.mimetype == "application/geo+json"
    assert client.get(f"{ROOT}/scores", headers={"Accept": "*/*"}).mimetype == "application/json"


def test_an_answer_that_is_known_is_not_sent_again(client: FlaskClient) -> None:
    for path in ("scores?level=street", "alerts", "places?f=geojson"):
        first = client.get(f"{ROOT}/{path}")
        again = client.get(f"{ROOT}/{path}", headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.get_data()) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
    assert client.get(f"{ROOT}/scores").headers["ETag"] != client.get(f"{ROOT}/scores?sub=fire").headers["ETag"]


def test_long_answers_are_packed(client: FlaskClient) -> None:
    packed = client.get(f"{ROOT}/scores?level=street&f=geojson", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept" in packed.headers["Vary"]
    assert len(json.loads(gzip.decompress(packed.get_data()))["features"]) > 20


def test_heads_are_answered(client: FlaskClient) -> None:
    answer = client.head(f"{ROOT}/scores")
    assert (answer.status_code, answer.get_data()) == (200, b"")


def test_other_hosts_are_not_invited(client: FlaskClient) -> None:
    answer = client.get(f"{ROOT}/scores", headers={"Origin": "https://other.example"})
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


# --- what it refuses ---


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("scores?levl=street", "levl"),
        ("scores?level=house", "level"),
        ("scores?level=street&level=street", "level"),
        ("scores?place=nowhere", "place"),
        ("scores?period=2026-13", "period"),
        ("scores?period=1900", "period"),
        ("scores?sub=happiness&level=street", "sub"),
        ("scores?hours=24-3", "hours"),
        ("scores?area=circle:1", "area"),
        ("scores?weights=fire:x", "weights"),
        ("scores?limit=0", "limit"),
        (f"scores?limit={MOST + 1}", "limit"),
        ("scores?offset=-1", "offset"),
        ("scores?f=xml", "f"),
        ("reasons?f=geojson", "f"),
        ("ranks?level=grid_cell", "level"),
        ("releases?place=440402", "place"),
        ("scores?q=" + "x" * 3000, "query"),
    ],
)
def test_what_is_wrong_is_named(client: FlaskClient, path: str, parameter: str) -> None:
    answer = client.get(f"{ROOT}/{path}")
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"
    told = json.loads(answer.get_data())
    assert told["parameter"] == parameter
    assert told["status"] == 400
    assert told["detail"]


def test_an_error_speaks_the_language_that_is_asked_for(client: FlaskClient) -> None:
    chinese, english = (json.loads(client.get(f"{ROOT}/scores?x=1{lang}").get_data()) for lang in ("", "&lang=en"))
    assert "没有参数" in chinese["detail"]
    assert "no parameter" in english["detail"]


def test_what_there_is_not_is_a_problem_too(client: FlaskClient) -> None:
    assert client.get(f"{ROOT}/people").mimetype == "application/problem+json"
    answer = client.post(f"{ROOT}/scores")
    assert (answer.status_code, answer.mimetype) == (405, "application/problem+json")
    assert "GET" in answer.headers["Allow"]


# --- its document ---


def test_the_document_names_every_operation_and_parameter(client: FlaskClient) -> None:
    for lang in ("zh", "en"):
        told = ask(client, f"openapi.json?lang={lang}")
        assert told["openapi"] == "3.1.0"
        assert set(told["paths"]) == {"/", "/openapi.json", *(f"/{each.name}" for each in OPERATIONS)}
        assert set(told["components"]["parameters"]) == set(PARAMETERS)
    used = {name for each in OPERATIONS for name in each.allowed}
    assert used == set(PARAMETERS)


def test_it_keeps_to_its_document(demo_folder: Path) -> None:
    asked = asked_by_document(demo_folder, f"{ROOT}/openapi.json")
    assert set(asked) == {"/", *(f"/{each.name}" for each in OPERATIONS)}
    assert sum(asked.values()) > 60
