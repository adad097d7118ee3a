"""Filters over HTTP: every callback answers, the numbers are those of the layers, an area is drawn by an event."""

from __future__ import annotations

import pytest
from dash import Dash
from flask.testing import FlaskClient

from callbacks.map_page import MAP_OUTPUTS, PANEL_OUTPUTS, sent
from geodata.city import CityData
from layers import ids
from layers.pages.map import map_parts, panel_parts
from layers.panels.incidents import listed_incidents
from layers.view import city_of, parse_view
from tests.callbacks import CALL, asked, envelope, server_callbacks
from tests.layers import plain
from tests.layers.test_filters import ODD


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("more", ["", "&place=440402&rows=1&lang=en", "&layer=hotspots&theme=projector"])
def test_every_callback_answers_a_filtered_link(
    client: FlaskClient, app: Dash, demo_city: CityData, name: str, more: str
) -> None:
    search = f"?{ODD[name]}{more}"
    assert client.get(f"/{search}").status_code == 200
    for output in server_callbacks(app):
        if [part["id"] for part in app.callback_map[output]["inputs"]] == [ids.URL]:
            assert client.post(CALL, json=envelope(app, output, search)).status_code == 200, output
    view = parse_view(search, demo_city)
    city = city_of(view, demo_city)
    answer = asked(client, app, ids.MAP_VIEW, search) | asked(client, app, ids.PANEL, search)
    outputs = MAP_OUTPUTS | PANEL_OUTPUTS
    made = plain(sent(map_parts(view, city) | panel_parts(view, city), outputs))
    for part in (ids.MAP_VIEW, ids.CLOSING, ids.CHIPS, ids.FILTERS, ids.RAIL):
        assert answer[part][outputs[part]] == made[part], part


def test_the_points_of_a_filtered_view_are_those_that_are_listed(client: FlaskClient, demo_city: CityData) -> None:
    search = "?place=440402006&hours=18-24"
    view = parse_view(search, demo_city)
    city = city_of(view, demo_city)
    row = demo_city.find("440402006").row
    assert row is not None
    west, south, east, north = demo_city.bounds[row] + [-0.01, -0.01, 0.01, 0.01]
    answer = client.get(f"/points{search}&bbox={west:.5f},{south:.5f},{east:.5f},{north:.5f}&zoom=12").get_json()
    assert answer is not None
    n = sum(bundle[2] for bundle in answer["clusters"])
    located = listed_incidents(view, city)
    assert 0 < n <= located.total
    every = client.get(f"/points?place=440402006&bbox={west:.5f},{south:.5f},{east:.5f},{north:.5f}&zoom=12").get_json()
    assert every is not None
    assert sum(bundle[2] for bundle in every["clusters"]) > n


@pytest.mark.parametrize(
    ("event", "after"),
    [
        (
            {"kind": "area", "area": "circle:113.55,22.27,800"},
            "?hours=18-24&area=circle:113.55000,22.27000,800.0&period=2026-10",
        ),
        ({"kind": "area", "area": ""}, "?hours=18-24&period=2026-10"),
        ({"kind": "hours", "hours": "22-6", "n": 4}, "?hours=22-6&period=2026-10"),
        ({"kind": "hours", "hours": ""}, "?period=2026-10"),
    ],
)
def test_what_is_drawn_becomes_part_of_the_link(
    client: FlaskClient, app: Dash, event: dict[str, object], after: str
) -> None:
    body = envelope(app, f"{ids.URL}.search", event, state=("?hours=18-24",))
    answer = client.post(CALL, json=body)
    assert answer.json
    assert answer.json["response"] == {ids.URL: {"search": after}}


@pytest.mark.parametrize("area", ["box:1,2", "lasso:0,0,1,1,2,2", "<b>", "circle:1,2,1e9", "box:" + "1," * 900])
def test_what_is_no_area_is_refused_in_words(client: FlaskClient, app: Dash, area: str) -> None:
    body = envelope(app, f"{ids.URL}.search", {"kind": "area", "area": area}, state=("",))
    answer = client.post(CALL, json=body)
    assert answer.status_code in (400, 404, 422)
    assert client.get(f"/?area={area}").status_code in (400, 404, 414, 422)
