"""The guard: calls that the page makes are answered, all others are refused with 400, and nothing answers 500."""

from __future__ import annotations

import copy
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dash import Dash
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import create_app
from callbacks.guard import CALLBACK_PATH, MAX_BODY
from geodata.settings import Settings
from layers import ids
from tests.callbacks import CALL, app_of, body_of, envelope, output_with, server_callbacks

Body = dict[str, Any]
DRILL = {"kind": "drill", "id": "440402006"}


def correct(app: Dash, output: str) -> Body:
    if output == f"{ids.URL}.search":
        return envelope(app, output, DRILL, state=("",))
    return envelope(app, output, "")


# --- correct calls ---


def test_the_address_of_the_callbacks_is_the_one_that_is_guarded() -> None:
    assert CALLBACK_PATH == CALL


def test_every_correct_call_is_answered(client: FlaskClient, app: Dash) -> None:
    outputs = server_callbacks(app)
    assert len(outputs) >= 3
    for output in outputs:
        answer = client.post(CALL, json=correct(app, output))
        assert answer.status_code == 200, output
        named = set(json.loads(body_of(answer))["response"])
        assert named == {name.rsplit(".", 1)[0] for name in output.strip(".").split("...")}


@pytest.mark.parametrize("search", [None, "", "?", "?lang=en", "?place=440402006&period=2026-W10&type=theft"])
def test_any_link_that_is_offered_is_answered(client: FlaskClient, app: Dash, search: str | None) -> None:
    for part in (ids.MAP_VIEW, ids.PANEL):
        answer = client.post(CALL, json=envelope(app, output_with(app, part), search))
        assert answer.status_code == 200


def test_a_long_answer_is_packed_only_for_those_who_can_read_it(client: FlaskClient, app: Dash) -> None:
    body = envelope(app, output_with(app, ids.PANEL), "")
    packed = client.post(CALL, json=body, headers={"Accept-Encoding": "gzip"})
    plain = client.post(CALL, json=body, headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in plain.headers
    assert body_of(packed) == plain.data
    assert len(packed.data) < len(plain.data)


def test_answers_are_not_kept_by_the_browser(client: FlaskClient, app: Dash) -> None:
    assert client.post(CALL, json=envelope(app, output_with(app, ids.PANEL), "")).headers["Cache-Control"] == "no-store"


# --- malformed calls ---


def changed(*path: Any, to: Any) -> Callable[[Body], Body]:
    """Return a change of one spot of an envelope."""

    def change(body: Body) -> Body:
        spot: Any = body
        for key in path[:-1]:
            spot = spot[key]
        spot[path[-1]] = to
        return body

    return change


def without(key: str) -> Callable[[Body], Body]:
    def change(body: Body) -> Body:
        del body[key]
        return body

    return change


def deep(levels: int) -> Any:
    value: Any = "end"
    for _ in range(levels):
        value = [value]
    return value


MALFORMED: dict[str, Callable[[Body], Any]] = {
    "null": lambda _: None,
    "a list": lambda body: [body],
    "a text": lambda _: "output",
    "a number": lambda _: 7,
    "empty": lambda _: {},
    "no output": without("output"),
    "no outputs": without("outputs"),
    "no inputs": without("inputs"),
    "no changed parts": without("changedPropIds"),
    "output unknown": changed("output", to="map-view.data"),
    "output a list": changed("output", to=["map-view.data"]),
    "output a table": changed("output", to={"id": "map-view"}),
    "output null": changed("output", to=None),
    "output a path": changed("output", to="../../etc/passwd"),
    "outputs null": changed("outputs", to=None),
    "outputs empty": changed("outputs", to=[]),
    "outputs one too few": lambda body: {**body, "outputs": body["outputs"][:-1]},
    "outputs in another order": lambda body: {**body, "outputs": body["outputs"][::-1]},
    "outputs twice": lambda body: {**body, "outputs": body["outputs"] * 2},
    "outputs of another part": changed("outputs", 0, "id", to="panel"),
    "outputs of another property": changed("outputs", 0, "property", to="style"),
    "outputs are texts": lambda body: {**body, "outputs": [f"{o['id']}.{o['property']}" for o in body["outputs"]]},
    "outputs with something among them": lambda body: {**body, "outputs": [7, *body["outputs"]]},
    "inputs null": changed("inputs", to=None),
    "inputs a table": changed("inputs", to={"id": "url"}),
    "inputs empty": changed("inputs", to=[]),
    "inputs twice": lambda body: {**body, "inputs": body["inputs"] * 2},
    "input null": changed("inputs", 0, to=None),
    "input a text": changed("inputs", 0, to="url.search"),
    "input of another part": changed("inputs", 0, "id", to="map"),
    "input of any part": changed("inputs", 0, "id", to={"index": "ALL"}),
    "input of another property": changed("inputs", 0, "property", to="href"),
    "input a number": changed("inputs", 0, "value", to=7),
    "input true": changed("inputs", 0, "value", to=True),
    "input a list": changed("inputs", 0, "value", to=["?"]),
    "input a table": changed("inputs", 0, "value", to={"search": "?"}),
    "input a deep list": changed("inputs", 0, "value", to=deep(50)),
    "input a table of tables": changed("inputs", 0, "value", to={"a": {"b": {"c": 1}}}),
    "input not a number": changed("inputs", 0, "value", to=float("nan")),
    "input a table of not a number": changed("inputs", 0, "value", to={"a": float("nan")}),
    "input infinite": changed("inputs", 0, "value", to=float("inf")),
    "input huge": changed("inputs", 0, "value", to=10**400),
    "input a long text": changed("inputs", 0, "value", to="?" + "a" * 100_000),
    "input never offered": changed("inputs", 0, "value", to="?place=nonsense"),
    "input with many fields": changed("inputs", 0, "value", to="?" + "&".join(f"a{k}=1" for k in range(40))),
    "input half a character": changed("inputs", 0, "value", to="?place=\ud800"),
    "input broken percent": changed("inputs", 0, "value", to="?place=%ff"),
    "input a null character": changed("inputs", 0, "value", to="?place=\x00"),
    "state where there is none": changed("state", to=[{"id": "url", "property": "search", "value": ""}]),
    "state null": changed("state", to=None),
    "changed parts null": changed("changedPropIds", to=None),
    "changed parts a text": changed("changedPropIds", to="url.search"),
    "changed parts numbers": changed("changedPropIds", to=[1, 2]),
    "changed parts tables": changed("changedPropIds", to=[{"id": "url"}]),
}


@pytest.mark.parametrize("fault", MALFORMED)
def test_a_malformed_call_is_refused(client: FlaskClient, app: Dash, fault: str) -> None:
    body = MALFORMED[fault](copy.deepcopy(envelope(app, output_with(app, ids.MAP_VIEW), "")))
    answer = client.post(CALL, json=body)
    assert answer.status_code == 400
    assert answer.mimetype == "application/json"
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "event",
    [
        None,
        "drill",
        {},
        {"kind": "fly"},
        {"kind": "drill"},
        {"kind": "drill", "id": "nonsense"},
        {"kind": "drill", "id": 7},
        {"kind": "drill", "id": 10**400},
        {"kind": "drill", "id": float("nan")},
        {"kind": ["drill"]},
        {"kind": {"a": 1}},
        ["up"],
        7,
        deep(30),
    ],
)
def test_an_event_that_is_none_is_refused(client: FlaskClient, app: Dash, event: Any) -> None:
    body = envelope(app, f"{ids.URL}.search", event, state=("",))
    assert client.post(CALL, json=body).status_code == 400


@pytest.mark.parametrize("search", ["?place=nonsense", "?lang=fr", 7, ["?"], {"a": "b"}, {"a": ["b"]}, deep(10)])
def test_a_forged_state_is_refused(client: FlaskClient, app: Dash, search: Any) -> None:
    body = envelope(app, f"{ids.URL}.search", DRILL, state=(search,))
    assert client.post(CALL, json=body).status_code == 400


def test_a_call_without_its_state_is_refused(client: FlaskClient, app: Dash) -> None:
    body = envelope(app, f"{ids.URL}.search", DRILL, state=("",))
    assert client.post(CALL, json={**body, "state": []}).status_code == 400
    del body["state"]
    assert client.post(CALL, json=body).status_code == 400


def test_a_call_of_what_runs_in_the_browser_only_is_refused(client: FlaskClient, app: Dash) -> None:
    in_browser = [output for output in app.callback_map if output not in server_callbacks(app)]
    assert in_browser
    for output in in_browser:
        for value in (None, "", {"lang": "en"}):
            assert client.post(CALL, json=envelope(app, output, value)).status_code == 400, output


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"not json",
        b"\xff\xfe",
        b"{}" * 3,
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"NaN",
        b'{"output": "' + b"a" * 100_000 + b'"}',
        b"9" * 10_000,
    ],
)
def test_what_is_no_json_is_refused(client: FlaskClient, raw: bytes) -> None:
    assert client.post(CALL, data=raw, content_type="application/json").status_code == 400


def test_a_call_in_another_format_is_refused(client: FlaskClient, app: Dash) -> None:
    body = json.dumps(envelope(app, output_with(app, ids.MAP_VIEW), ""))
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        assert client.post(CALL, data=body, content_type=kind).status_code == 400, kind


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch", "head"])
def test_a_call_is_a_post(client: FlaskClient, method: str) -> None:
    assert getattr(client, method)(CALL).status_code in (404, 405)


def test_a_body_that_is_too_big_is_refused_before_it_is_read(client: FlaskClient, app: Dash) -> None:
    body = envelope(app, output_with(app, ids.MAP_VIEW), "?" + "a" * MAX_BODY)
    assert client.post(CALL, json=body).status_code == 413


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
SPOTS = (
    ("output",),
    ("outputs",),
    ("outputs", 0),
    ("outputs", 0, "id"),
    ("outputs", 0, "property"),
    ("inputs",),
    ("inputs", 0),
    ("inputs", 0, "id"),
    ("inputs", 0, "property"),
    ("inputs", 0, "value"),
    ("state",),
    ("changedPropIds",),
    ("extra",),
)


@given(st.sampled_from(SPOTS), json_values)
@settings(deadline=None, max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_call_is_answered_with_500(client: FlaskClient, app: Dash, spot: tuple[Any, ...], value: Any) -> None:
    body = changed(*spot, to=value)(copy.deepcopy(envelope(app, output_with(app, ids.MAP_VIEW), "")))
    assert client.post(CALL, json=body).status_code in (200, 400)


@given(st.dictionaries(st.sampled_from(["kind", "id", "x"]), json_values, max_size=3), json_values)
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_event_is_answered_with_500(client: FlaskClient, app: Dash, event: Any, search: Any) -> None:
    body = envelope(app, f"{ids.URL}.search", event, state=(search,))
    assert client.post(CALL, json=body).status_code in (200, 400)


# --- the application ---


def test_two_applications_in_one_process_both_answer(app: Dash, demo_folder: Path) -> None:
    second = create_app(Settings(city=demo_folder))
    assert set(second.callback_map) == set(app.callback_map)
    for each in (app, second, app):
        body = envelope(each, output_with(each, ids.MAP_VIEW), "")
        assert each.server.test_client().post(CALL, json=body).status_code == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DASH_DEBUG", "true"),
        ("DASH_UI", "true"),
        ("DASH_HOT_RELOAD", "true"),
        ("DASH_REQUESTS_PATHNAME_PREFIX", "/x/"),
        ("DASH_URL_BASE_PATHNAME", "/x/"),
        ("DASH_SUPPRESS_CALLBACK_EXCEPTIONS", "true"),
        ("DASH_ASSETS_EXTERNAL_PATH", "https://example.org/"),
        ("DASH_SERVE_LOCALLY", "false"),
        ("DASH_PRUNE_ERRORS", "false"),
        ("DASH_MCP_ENABLED", "true"),
        ("FLASK_DEBUG", "1"),
    ],
)
def test_the_switches_of_the_frameworks_have_no_effect(
    demo_folder: Path, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    plain = config_of(client)
    monkeypatch.setenv(name, value)
    switched = create_app(Settings(city=demo_folder))
    assert name not in os.environ
    assert config_of(switched.server.test_client()) == plain
    assert not switched.server.debug
    assert {str(rule) for rule in switched.server.url_map.iter_rules()} == {
        str(rule) for rule in app_of(demo_folder).server.url_map.iter_rules()
    }


def config_of(client: FlaskClient) -> Body:
    """Return what the page tells Dash's own script, without the number that every application draws anew."""
    found = re.search(r'id="_dash-config"[^>]*>(.*?)</script>', client.get("/").text, re.DOTALL)
    assert found
    config: Body = json.loads(found[1])
    return {key: value for key, value in config.items() if "~" not in str(value)}


@pytest.mark.parametrize(
    "query", ["cacheKey=x", "job=1", "cacheKey=x&job=1", "cancelJob=1", "oldJob=1&cacheKey=x", "longCallback=1"]
)
def test_the_address_of_the_callbacks_takes_no_other_words(client: FlaskClient, app: Dash, query: str) -> None:
    body = envelope(app, output_with(app, ids.MAP_VIEW), "")
    assert client.post(f"{CALL}?{query}", json=body).status_code in (200, 400)


@pytest.mark.parametrize("argument", ["x", "..", "%2e%2e", "%00", "a/b", "%ff", "x" * 3000])
def test_no_address_of_the_server_is_answered_with_500(client: FlaskClient, app: Dash, argument: str) -> None:
    for rule in app.server.url_map.iter_rules():
        address = re.sub(r"<[^>]+>", argument, str(rule))
        for method in ("GET", "POST"):
            with client.open(address, method=method) as answer:
                assert answer.status_code < 500, (method, str(rule))
