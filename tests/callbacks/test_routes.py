"""The server without a browser: pages, headers, outlines, points, and a crawl over every level and period."""

from __future__ import annotations

import itertools
import json
import re

import pytest
from dash import Dash
from flask.testing import FlaskClient

from geodata.city import CityData
from geodata.vocabulary import PeriodKind
from geodata.written import THIN
from layers import ids
from layers.features import FORMAT
from tests.callbacks import CALL, asked, body_of, envelope, output_with

LEVELS = ("district", "street", "community", "grid_cell")
NUMBER = re.compile(rf"\d[\d{THIN}]*")
BOX = "bbox=113.5,22.2,113.6,22.3&zoom=13"
MOST_GEOMETRY = 300 * 1024
MOST_RECOLOUR = 10 * 1024


# --- pages ---


def test_the_first_page_opens_with_its_headers(client: FlaskClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert "'self'" in policy["script-src"]
    assert "unsafe" not in policy["script-src"]
    assert "unsafe-eval" not in answer.headers["Content-Security-Policy"]
    assert "http" not in answer.headers["Content-Security-Policy"]
    assert "*" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_no_page_loads_anything_from_another_host(client: FlaskClient) -> None:
    page = client.get("/").text
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", page)


def test_every_file_of_the_page_is_there(client: FlaskClient) -> None:
    files = re.findall(r"""(?:src|href)=["'](/[^"']+)["']""", client.get("/").text)
    assert len(files) > 10
    for file in files:
        with client.get(file) as answer:  # a file is streamed: close it
            assert answer.status_code == 200, file


def test_every_answer_has_the_headers(client: FlaskClient) -> None:
    for address in ("/", "/?place=nonsense", "/health", "/points", "/assets/css/00_tokens.css", "/_dash-layout"):
        with client.get(address) as answer:
            assert answer.headers["X-Content-Type-Options"] == "nosniff", address
            assert "Content-Security-Policy" in answer.headers, address


@pytest.mark.parametrize(
    "query", ["place=nonsense", "period=2019-01", "sub=happiness", "lang=fr&place=x", "place=%ff", "a=" + "b" * 3000]
)
def test_a_link_that_was_never_offered_is_a_page_that_leads_home(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/?{query}")
    assert answer.status_code == 400
    assert answer.mimetype == "text/html"
    assert "链接无效" in answer.text
    assert 'href="/"' in answer.text
    assert "Traceback" not in answer.text


def test_the_page_of_a_bad_link_speaks_english_where_the_link_does(client: FlaskClient) -> None:
    answer = client.get("/?place=nonsense&lang=en")
    assert answer.status_code == 400
    assert "This link cannot be opened" in answer.text
    assert "there is no place" in answer.text
    assert 'href="/?lang=en"' in answer.text, "and leads to a page that does"
    assert not re.search(r"[\u4e00-\u9fff]", answer.text)


def test_the_page_of_a_bad_link_is_read_from_afar_where_the_link_is(client: FlaskClient) -> None:
    on_projector = client.get("/?place=nonsense&theme=projector").text
    assert 'data-theme="projector"' in on_projector
    assert 'href="/?theme=projector"' in on_projector
    assert 'data-theme="light"' in client.get("/?place=nonsense").text


def test_a_bad_link_is_shown_as_text_and_not_as_markup(client: FlaskClient) -> None:
    answer = client.get("/?place=%3Cscript%3Ealert(1)%3C/script%3E")
    assert answer.status_code == 400
    assert "<script>" not in answer.text


def test_many_fields_in_a_link_are_refused(client: FlaskClient) -> None:
    assert client.get("/?" + "&".join(f"a{k}=1" for k in range(30))).status_code == 400


@pytest.mark.parametrize("path", ["/nope", "/nope/", "/nope?place=nonsense", "/geometry/x", "/.env", "/app.py"])
def test_a_page_that_does_not_exist_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "words", "home"),
    [
        ("/nope", "这里没有页面", 'href="/"'),
        ("/nope/", "链接无效", 'href="/"'),
        ("/nope?lang=en", "There is no page here", 'href="/?lang=en"'),
    ],
)
def test_a_browser_is_told_so_on_a_page_that_leads_home(client: FlaskClient, path: str, words: str, home: str) -> None:
    answer = client.get(path, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert words in answer.text
    assert home in answer.text
    assert ("en" in path) is not bool(re.search(r"[\u4e00-\u9fff]", answer.text))
    assert client.get(path, headers={"Accept": "*/*"}).mimetype == "application/json"  # a program is told as one


@pytest.mark.parametrize(
    "path", ["/assets/../app.py", "/assets/%2e%2e/app.py", "/assets//etc/passwd", "/assets/nope.js"]
)
def test_only_assets_are_served(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_health_says_what_is_served(client: FlaskClient, demo_city: CityData) -> None:
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json == {
        "status": "ok",
        "data_version": demo_city.data_version,
        "incidents": len(demo_city.index.day),
    }


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
@pytest.mark.parametrize("path", ["/health", "/points"])
def test_only_reading_is_allowed(client: FlaskClient, method: str, path: str) -> None:
    assert getattr(client, method)(path).status_code == 405


# --- outlines ---


@pytest.mark.parametrize("level", LEVELS)
def test_outlines_are_packed_kept_and_small(client: FlaskClient, demo_city: CityData, level: str) -> None:
    address = f"/geometry/{demo_city.boundary_version}-{FORMAT}/{level}.json"
    packed = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert packed.status_code == 200
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert "immutable" in packed.headers["Cache-Control"]
    assert len(packed.data) <= MOST_GEOMETRY
    plain = client.get(address, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert plain.data == body_of(packed)
    assert json.loads(plain.data)["level"] == level
    again = client.get(address, headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""
    other = client.get(address, headers={"Accept-Encoding": "gzip", "If-None-Match": '"other"'})
    assert other.status_code == 200


def test_outlines_of_two_levels_have_different_tags(client: FlaskClient, demo_city: CityData) -> None:
    tags = {
        client.get(f"/geometry/{demo_city.boundary_version}-{FORMAT}/{level}.json").headers["ETag"] for level in LEVELS
    }
    assert len(tags) == 4


@pytest.mark.parametrize("version", ["0", "000000000000", "..", "latest", "e" * 400])
def test_another_version_of_the_outlines_is_refused(client: FlaskClient, version: str) -> None:
    answer = client.get(f"/geometry/{version}-{FORMAT}/street.json")
    assert answer.status_code in (400, 404)
    assert answer.status_code == 400 or version == ".."


@pytest.mark.parametrize("level", ["city", "planet", "STREET", "%00", "street.json"])
def test_a_level_that_does_not_exist_is_refused(client: FlaskClient, demo_city: CityData, level: str) -> None:
    assert client.get(f"/geometry/{demo_city.boundary_version}-{FORMAT}/{level}.json").status_code == 400


# --- points ---


def test_points_are_those_of_the_window(client: FlaskClient) -> None:
    answer = client.get(f"/points?{BOX}&place=440402006&period=2026-10")
    assert answer.status_code == 200
    found = json.loads(body_of(answer))
    assert found["n"] == sum(bundle[2] for bundle in found["clusters"]) > 0
    assert all(22.2 <= lat <= 22.3 and 113.5 <= lon <= 113.6 for lat, lon, *_ in found["clusters"])


def test_the_address_of_the_points_that_the_map_gets_opens(client: FlaskClient, app: Dash) -> None:
    for search in ("", "?place=440402006&type=theft&lang=en", "?place=440402006001&sub=traffic&period=2026-W10"):
        offered = asked(client, app, ids.MAP_VIEW, search)[ids.MAP_VIEW]["data"]["points"]
        assert client.get(offered["url"] + "&" + BOX).status_code == 200


def test_what_a_ring_holds_is_asked_for_by_its_square(client: FlaskClient) -> None:
    address = f"/points?{BOX}&place=440402006&period=2026-10"
    rings = json.loads(body_of(client.get(address)))["clusters"]
    ring = max(rings, key=lambda cluster: cluster[2])
    held = json.loads(body_of(client.get(f"{address}&ring={ring[4]}")))
    assert held["n"] == ring[2] == sum(n for _, n in held["types"])
    empty = next(k for k in range(10_000) if k not in {cluster[4] for cluster in rings})
    for wrong in (empty, 99_999, "", "-1", "1.5", "x", "1" * 9):
        assert client.get(f"{address}&ring={wrong}").status_code == 400


@pytest.mark.parametrize("search", ["&hours=18-24", "&weekdays=6,7", "&area=box:113.5,22.2,113.55,22.25"])
def test_points_follow_the_filters(client: FlaskClient, search: str) -> None:
    every, kept = (json.loads(body_of(client.get(f"/points?{BOX}&period=2026-10{more}"))) for more in ("", search))
    assert 0 < kept["n"] < every["n"]
    assert [entry[:2] for entry in kept["key"]] == [entry[:2] for entry in every["key"]]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "bbox=1,2,3&zoom=3",
        "bbox=1,2,3,4,5&zoom=3",
        "bbox=1,2,3,4",
        "bbox=1,2,3,4&zoom=",
        "bbox=a,b,c,d&zoom=3",
        "bbox=nan,nan,nan,nan&zoom=3",
        "bbox=1,2,3,4&zoom=nan",
        "bbox=1,2,3,4&zoom=inf",
        "bbox=-inf,-inf,inf,inf&zoom=3",
        "bbox=3,2,1,4&zoom=3",
        "bbox=1,4,3,2&zoom=3",
        "bbox=1,2,1,4&zoom=3",
        "bbox=-181,2,3,4&zoom=3",
        "bbox=1,-91,3,4&zoom=3",
        "bbox=1,2,3,91&zoom=3",
        "bbox=1,2,3,4&zoom=-1",
        "bbox=1,2,3,4&zoom=23",
        "bbox=1,2,3,4&zoom=3&place=nonsense",
        "bbox=1,2,3,4&zoom=3&period=2019-01",
        "bbox=1,2,3,4&zoom=3&lang=fr",
        "bbox=" + "1," * 2000 + "&zoom=3",
    ],
)
def test_a_window_that_is_none_is_refused(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/points?{query}")
    assert answer.status_code == 400
    assert answer.mimetype == "application/json"
    assert answer.json
    assert set(answer.json) == {"error"}


# --- a crawl ---


def test_a_recoloured_map_is_a_small_answer(client: FlaskClient, app: Dash) -> None:
    output = output_with(app, ids.MAP_VIEW)
    for search in ("?level=community", "?level=community&sub=traffic", "?level=community&measure=rate&period=2026-03"):
        answer = client.post(CALL, json=envelope(app, output, search), headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200
        assert answer.headers["Content-Encoding"] == "gzip"
        assert len(answer.data) <= MOST_RECOLOUR, search


@pytest.mark.parametrize("kind", list(PeriodKind))
def test_every_map_over_http_closes_and_equals_the_counts(
    client: FlaskClient, app: Dash, demo_city: CityData, kind: PeriodKind
) -> None:
    period = demo_city.latest_period(kind)
    assert period is not None
    what = ("", "&sub=public_order", "&sub=co_building", "&type=theft")
    for place, level, chosen in itertools.product(("", "440403", "440402006"), LEVELS, what):
        inside = demo_city.find(place)
        if level not in [below.value for below in demo_city.levels_below(inside)]:
            continue
        search = f"?place={place}&level={level}&period={period}{chosen}"
        parts = asked(client, app, ids.CLOSING, search)
        line = parts[ids.CLOSING]["children"]
        total, places, unlocated, outside = (int(n.replace(THIN, "")) for n in NUMBER.findall(line))
        counts = parts[ids.MAP_VIEW]["data"]["count"]
        types = {
            "": None,
            "&sub=public_order": demo_city.types_of("public_order"),
            "&sub=co_building": demo_city.types_of("co_building"),
            "&type=theft": demo_city.find_types(["theft"]),
        }[chosen]
        level_of = next(each for each in demo_city.levels if each.value == level)
        cube = demo_city.counts(level_of, period.start, period.end, within=inside, types=types)
        assert counts == cube.places.tolist(), search
        assert (sum(counts), unlocated, outside) == (places, cube.unlocated, cube.outside), search
        assert total == places + unlocated + outside == cube.total, search
        shown = sum(high - low for low, high in parts[ids.MAP_VIEW]["data"]["show"])
        assert shown == len(counts) == len(parts[ids.MAP_VIEW]["data"]["class"]), search
