"""The phone page over HTTP: small, packed, kept by the phone, under a policy of its own, and refused in words."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest
from dash import Dash
from flask.testing import FlaskClient

from callbacks.application import COMPARE_ASSETS, DATA_ASSETS, MAP_ASSETS, METHOD_ASSETS
from callbacks.phone import FOLDER
from tests.callbacks import body_of

PACKING = {"Accept-Encoding": "gzip"}
COMMUNITY, CELL = "440402006001", "440402006001001"


def test_the_short_address_leads_to_the_page_with_what_was_asked(client: FlaskClient) -> None:
    answer = client.get(f"/m?place={CELL}&lang=en")
    assert answer.status_code == 308
    assert answer.headers["Location"].endswith(f"/m/?place={CELL}&lang=en")


@pytest.mark.parametrize(
    ("query", "lang"), [("", "zh-CN"), ("?lang=zh", "zh-CN"), ("?lang=en", "en"), ("?lang=xx", "zh-CN")]
)
def test_the_page_is_there_in_both_languages_whatever_else_the_link_says(
    client: FlaskClient, query: str, lang: str
) -> None:
    answer = client.get(f"/m/{query}")
    assert answer.status_code == 200
    assert answer.mimetype == "text/html"
    assert f'<html lang="{lang}">' in answer.text
    assert client.get(f"/m/{query}{'&' if query else '?'}place=nonsense").data == answer.data


def test_the_policy_of_the_page_allows_nothing_in_line(client: FlaskClient) -> None:
    for path in ("/m/", "/m/phone.js", "/m/sw.js", f"/m/data?place={CELL}", "/m/nothing"):
        policy = client.get(path).headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "sha256" not in policy
        assert "default-src 'none'" in policy
        assert "manifest-src 'self'" in policy
    assert "manifest-src" not in client.get("/").headers["Content-Security-Policy"]


def test_all_that_the_page_needs_is_on_this_server_and_lasts(client: FlaskClient) -> None:
    page = client.get("/m/").text
    addresses = re.findall(r'(?:href|src)="(/m/[^"]+)"', page)
    lasting = [address for address in addresses if "?v=" in address]
    assert len(lasting) == 4
    for address in lasting:
        answer = client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
    assert client.get("/m/phone.js?v=old").headers["Cache-Control"] == "no-cache"


def test_the_worker_knows_the_version_of_every_file_and_keeps_only_what_is_there(client: FlaskClient) -> None:
    answer = client.get("/m/sw.js")
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "@version" not in answer.text
    shell = re.search(r'const FILES = "([^"]*)"', answer.text)
    assert shell is not None
    kept = shell[1].split(" ")
    assert {"/m/", "/m/?lang=en", "/m/manifest.webmanifest"} < set(kept)
    for address in kept:
        assert client.get(address).status_code == 200
    assert not any("data" in address or "places" in address for address in kept)


def test_the_icons_that_the_manifest_names_are_there(client: FlaskClient) -> None:
    answer = client.get("/m/manifest.webmanifest")
    assert answer.mimetype == "application/manifest+json"
    for icon in json.loads(answer.data)["icons"]:
        told = client.get(icon["src"])
        assert told.mimetype == icon["type"]
        if told.mimetype == "image/png":
            width, height = (int.from_bytes(told.data[k : k + 4], "big") for k in (16, 20))
            assert icon["sizes"] == f"{width}x{height}"


def test_the_first_visit_is_small(client: FlaskClient) -> None:
    page = client.get("/m/", headers=PACKING)
    addresses = re.findall(r'(?:href|src)="(/m/[^"]+)"', gzip.decompress(page.data).decode())
    parts = [page, client.get("/m/sw.js", headers=PACKING), client.get(f"/m/data?place={COMMUNITY}", headers=PACKING)]
    parts += [client.get(address, headers=PACKING) for address in addresses]
    assert sum(len(part.data) for part in parts) < 30_000


def test_what_the_phone_has_is_not_sent_again(client: FlaskClient) -> None:
    for path in ("/m/", "/m/phone.css", f"/m/data?place={CELL}", "/m/places?within=440402006"):
        first = client.get(path)
        again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert first.status_code == 200
        assert again.status_code == 304
        assert again.data == b""
    other = client.get(f"/m/data?place={COMMUNITY}")
    assert other.headers["ETag"] != client.get(f"/m/data?place={CELL}").headers["ETag"]
    assert other.headers["ETag"] != client.get(f"/m/data?place={COMMUNITY}&lang=en").headers["ETag"]


def test_data_may_be_kept_by_the_phone_and_by_nobody_between(client: FlaskClient) -> None:
    answer = client.get(f"/m/data?place={CELL}")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert json.loads(body_of(answer))["place"] == CELL


@pytest.mark.parametrize(
    "path",
    [
        "/m/data",
        "/m/data?place=nonsense",
        "/m/data?place=440402",
        f"/m/data?place={CELL}&lon=113.5&lat=22.2",
        f"/m/data?place={CELL}&place={COMMUNITY}",
        "/m/data?place=%ff",
        "/m/data?place=" + "a" * 3000,
        "/m/places?within=nonsense",
        "/m/places?place=440402",
    ],
)
def test_what_is_not_offered_is_refused_in_words(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 400
    assert json.loads(answer.data)["error"]


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_nothing_can_be_told_to_the_server(client: FlaskClient, method: str) -> None:
    for path in ("/m/", "/m/data", "/m/places", "/m/phone.js"):
        assert getattr(client, method)(path).status_code == 405


def test_no_other_file_is_served(client: FlaskClient) -> None:
    for path in ("/m/nothing.js", "/m/..%2fapp.py", "/m/../app.py", "/m/%2e%2e/app.py", "/m/data/x"):
        assert client.get(path).status_code == 404


def test_no_page_of_dash_loads_what_the_phone_page_is_made_of(app: Dash, client: FlaskClient) -> None:
    names = {path.name for path in FOLDER.iterdir()}
    assert {"phone.js", "phone.css", "sw.js"} <= names
    for home in ("/", "/data/", "/method/", "/compare/"):
        page = client.get(home).text
        assert "/assets/js/00_core.js" in page
        assert "assets/m/" not in page
    for pattern in (MAP_ASSETS, DATA_ASSETS, METHOD_ASSETS, COMPARE_ASSETS):
        assert not any(re.search(pattern, name) for name in names)


def test_a_position_goes_to_one_question_and_into_no_log(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, demo_folder: Path
) -> None:
    def stored() -> str:
        parts = (f"{path}{path.stat().st_size}" for path in sorted(demo_folder.rglob("*")) if path.is_file())
        return hashlib.sha256("".join(parts).encode()).hexdigest()

    before = stored()
    with caplog.at_level(0):
        assert client.post("/at", data={"lon": "113.55123", "lat": "22.25123"}).status_code == 200
        assert client.post("/at", data={"lon": "113.55123", "lat": "nonsense"}).status_code == 400
        assert client.get("/at?lon=113.5&lat=22.2").status_code == 404  # it would stand in the logs in between
    assert "113.55123" not in caplog.text
    assert stored() == before
