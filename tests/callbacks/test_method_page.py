"""The method page on its server: parts that exist, links that are checked, answers in time."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import dash
import pytest
from dash import Dash
from flask.testing import FlaskClient

from layers.method import ids
from layers.pages.method import page
from tests.callbacks import app_of, body_of, client_of, envelope, output_with
from tests.layers import components, plain

CALL = "/method/_dash-update-component"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def method_app(demo_folder: Path) -> Dash:
    app: Dash = app_of(demo_folder).server.config["PAGES"]["/method/"]
    return app


@pytest.fixture
def method_client(demo_folder: Path) -> FlaskClient:
    return client_of(demo_folder)


def test_the_page_is_there_and_holds_nothing_of_a_city(method_client: FlaskClient) -> None:
    answer = method_client.get("/method/")
    assert answer.status_code == 200
    assert "指数方法" in answer.text
    assert "香湾" not in answer.text


def test_it_has_its_own_assets_and_the_other_pages_have_not(method_client: FlaskClient) -> None:
    method, data, home = (method_client.get(path).text for path in ("/method/", "/data/", "/"))
    for asset in ("56_method.css", "method.js"):
        assert asset in method
        assert asset not in data
        assert asset not in home
    assert "places.js" not in method
    assert "55_data.css" not in method


@pytest.mark.parametrize("link", ["?weights=x:1", "?level=planet", "?x=1", "?target=200"])
def test_a_bad_link_is_refused_with_a_page(method_client: FlaskClient, link: str) -> None:
    answer = method_client.get("/method/" + link)
    assert answer.status_code == 400
    assert "链接" in answer.text


def test_no_other_address_is_the_page(method_client: FlaskClient) -> None:
    assert method_client.get("/method/anything").status_code == 404


def test_every_part_that_a_callback_names_is_on_the_page(method_app: Dash) -> None:
    there = {c["props"]["id"]: c for c in components(plain(page())) if c["props"].get("id")}
    modules = {"dash_core_components": dash.dcc, "dash_html_components": dash.html}
    for output, made in method_app.callback_map.items():
        names = [tuple(name.rsplit(".", 1)) for name in output.strip(".").split("...")]
        names += [(part["id"], part["property"]) for part in (*made["inputs"], *made["state"])]
        for part, prop in names:
            component = there[part]
            kind = getattr(modules[component["namespace"]], component["type"])
            assert prop in kind(id="x")._prop_names


def test_ids_are_distinct_and_their_own() -> None:
    names = [value for name, value in vars(ids).items() if name.isupper()]
    assert len(set(names)) == len(names)
    assert all(name.startswith("method-") for name in names)


def test_the_functions_that_run_in_the_browser_are_there(method_app: Dash) -> None:
    called = {
        each["clientside_function"]["function_name"]
        for each in method_app._callback_list
        if each.get("clientside_function")
    }
    assert called == {"readLink", "applyDocument"}
    script = (ROOT / "assets" / "js" / "method.js").read_text(encoding="utf-8")
    assert 'pingan.expose("readLink", readLink)' in script
    assert f'"{ids.URL}"' in script


def test_the_page_is_filled_from_the_link(method_app: Dash, method_client: FlaskClient) -> None:
    body = envelope(method_app, output_with(method_app, ids.TEXT), "?lang=en")
    answer = method_client.post(CALL, json=body)
    assert answer.status_code == 200
    filled = json.loads(body_of(answer))["response"]
    assert filled[ids.DOCUMENT]["data"]["lang"] == "en"
    assert "as safe as in the base year" in json.dumps(filled)


def test_the_sliders_answer_alone(method_app: Dash, method_client: FlaskClient) -> None:
    body = envelope(method_app, output_with(method_app, ids.RESULTS), "?weights=fire:0.4")
    answer = method_client.post(CALL, json=body)
    assert answer.status_code == 200
    response = json.loads(body_of(answer))["response"]
    assert set(response) == {ids.RESULTS}
    assert "假设试算" in json.dumps(response, ensure_ascii=False)


def test_weights_in_a_call_are_checked_too(method_app: Dash, method_client: FlaskClient) -> None:
    body = envelope(method_app, output_with(method_app, ids.RESULTS), "?weights=fire:-1")
    assert method_client.post(CALL, json=body).status_code == 400


def test_no_id_is_written_in_the_code_of_the_page() -> None:
    for path in (ROOT / "layers" / "method").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "id":
                assert not isinstance(node.value, ast.Constant), path
