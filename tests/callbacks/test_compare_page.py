"""The comparison page on its server: parts that exist, links that are checked, answers in time."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import dash
import dash_leaflet as dl
import pytest
from dash import Dash
from flask.testing import FlaskClient

from callbacks.compare_page import PAGE_OUTPUTS, after_event
from geodata.city import CityData
from geodata.errors import SelectionError
from layers.compare import ids
from layers.pages.compare import page
from tests.callbacks import app_of, body_of, client_of, envelope, output_with
from tests.layers import components, plain

CALL = "/compare/_dash-update-component"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def compare_app(demo_folder: Path) -> Dash:
    app: Dash = app_of(demo_folder).server.config["PAGES"]["/compare/"]
    return app


@pytest.fixture
def compare_client(demo_folder: Path) -> FlaskClient:
    return client_of(demo_folder)


def test_the_page_is_there_and_holds_nothing_of_a_city(compare_client: FlaskClient) -> None:
    answer = compare_client.get("/compare/")
    assert answer.status_code == 200
    assert "对比" in answer.text
    assert "香湾" not in answer.text
    assert compare_client.get("/compare").headers["Location"].endswith("/compare/")


def test_it_has_its_own_assets_and_the_other_pages_have_not(compare_client: FlaskClient) -> None:
    compare = compare_client.get("/compare/").text
    others = [compare_client.get(path).text for path in ("/method/", "/data/", "/")]
    for asset in ("57_compare.css", "compare.js", "smallmaps.js"):
        assert asset in compare
        assert not any(asset in other for other in others)
    for asset in ("places.js", "method.js", "desk.js", "56_method.css", "20_map.css"):
        assert asset not in compare


@pytest.mark.parametrize("link", ["?mode=x", "?b_place=nowhere", "?b_period=1999-01", "?x=1", "?measure=none"])
def test_a_bad_link_is_refused_with_a_page(compare_client: FlaskClient, link: str) -> None:
    answer = compare_client.get("/compare/" + link)
    assert answer.status_code == 400
    assert 'href="/compare/"' in answer.text


def test_no_other_address_is_the_page(compare_client: FlaskClient) -> None:
    assert compare_client.get("/compare/anything").status_code == 404


def test_every_part_that_a_callback_names_is_on_the_page(compare_app: Dash) -> None:
    there = {c["props"]["id"]: c for c in components(plain(page())) if c["props"].get("id")}
    modules = {"dash_core_components": dash.dcc, "dash_html_components": dash.html, "dash_leaflet": dl}
    for output, made in compare_app.callback_map.items():
        names = [tuple(name.rsplit(".", 1)) for name in output.strip(".").split("...")]
        names += [(part["id"], part["property"]) for part in (*made["inputs"], *made["state"])]
        for part, prop in names:
            kind = getattr(modules[there[part]["namespace"]], there[part]["type"])
            assert prop in kind(id="x")._prop_names


def test_ids_are_distinct_their_own_and_used() -> None:
    names = [value for name, value in vars(ids).items() if name.isupper()]
    assert len(set(names)) == len(names)
    assert all(name.startswith("compare-") for name in names)
    there = {c["props"]["id"] for c in components(plain(page())) if c["props"].get("id")} - {"app"}
    assert there == set(names)


def test_the_functions_that_run_in_the_browser_are_there(compare_app: Dash) -> None:
    called = {
        each["clientside_function"]["function_name"]
        for each in compare_app._callback_list
        if each.get("clientside_function")
    }
    assert called == {"paintCompare", "applyDocument"}
    script = (ROOT / "assets" / "js" / "compare.js").read_text(encoding="utf-8")
    assert 'pingan.expose("paintCompare", paintCompare)' in script
    for part in (ids.MAP_A, ids.MAP_B, ids.EVENT, ids.PAINTED):
        assert f'"{part}"' in script


@pytest.mark.parametrize("mode", ["side", "difference", "multiples", "ranking", "slope", "reasons"])
def test_the_page_is_filled_from_the_link(compare_app: Dash, compare_client: FlaskClient, mode: str) -> None:
    body = envelope(compare_app, output_with(compare_app, ids.BODY), f"?lang=en&level=street&mode={mode}")
    answer = compare_client.post(CALL, json=body)
    assert answer.status_code == 200
    filled = json.loads(body_of(answer))["response"]
    assert set(filled) == set(PAGE_OUTPUTS)
    assert filled[ids.DOCUMENT]["data"]["lang"] == "en"
    assert "A: Total" in json.dumps(filled)


def test_a_click_on_a_map_writes_the_next_link(compare_app: Dash, compare_client: FlaskClient) -> None:
    event = {"kind": "drill", "side": "a", "id": "440402", "n": 1}
    body = envelope(compare_app, output_with(compare_app, ids.URL), event, state=("?mode=swipe",))
    answer = compare_client.post(CALL, json=body)
    assert answer.status_code == 200
    assert "place=440402" in json.loads(body_of(answer))["response"][ids.URL]["search"]


@pytest.mark.parametrize("event", [None, "x", {"kind": "drill", "side": "a", "id": "nowhere"}])
def test_an_event_that_is_none_is_refused(demo_city: CityData, event: object) -> None:
    with pytest.raises(SelectionError):
        after_event(event, "", demo_city)


def test_the_map_page_leads_here_with_place_period_and_sub_index(
    compare_client: FlaskClient, demo_folder: Path
) -> None:
    from layers import ids as map_ids
    from tests.callbacks import asked

    search = "?place=440402&sub=traffic&period=2026-08"
    shown = asked(compare_client, app_of(demo_folder), map_ids.TOPBAR, search)
    assert '"/compare/?place=440402&period=2026-08&sub=traffic"' in shown[map_ids.TOPBAR]["data-drawn"]


def test_no_id_is_written_in_the_code_of_the_page() -> None:
    for path in (ROOT / "layers" / "compare").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "id":
                assert not isinstance(node.value, ast.Constant), path
