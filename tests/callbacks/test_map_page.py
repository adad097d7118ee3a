"""The wiring of the map page: one writer of the view, and answers that are those of the layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dash import Dash
from flask.testing import FlaskClient

from callbacks.map_page import MAP_OUTPUTS, PANEL_OUTPUTS, after_event, sent
from geodata.alerts.book import told
from geodata.city import CityData
from geodata.errors import SelectionError
from geodata.store import Store
from layers import ids
from layers.drawn import DRAWN, is_drawable
from layers.pages.map import map_parts, panel_parts
from layers.panels.alerts import window
from layers.view import parse_view
from tests.callbacks import CALL, asked, envelope, server_callbacks
from tests.layers import components, plain


@pytest.mark.parametrize("search", ["", "?place=440402006&lang=en", "?type=theft&period=2026-W10&theme=projector"])
def test_the_page_gets_what_the_layers_make(
    client: FlaskClient, app: Dash, demo_city: CityData, demo_folder: Path, search: str
) -> None:
    view = parse_view(search, demo_city)
    alerts = told(Store(demo_folder), *window(view, demo_city))
    for part, made, outputs in (
        (ids.MAP_VIEW, map_parts(view, demo_city), MAP_OUTPUTS),
        (ids.PANEL, panel_parts(view, demo_city, alerts, may_answer=True), PANEL_OUTPUTS),
    ):
        answer = asked(client, app, part, search)
        assert set(answer) == set(made) == set(outputs)
        wanted = plain(sent(made, outputs))
        for key, prop in outputs.items():
            assert answer[key][prop] == wanted[key], key


@pytest.mark.parametrize("search", ["?place=440402", "?rows=1&lang=en", "?theme=projector", "?layer=density&filters=1"])
def test_the_page_is_sent_as_few_components(demo_city: CityData, search: str) -> None:
    view = parse_view(search, demo_city)
    answers = sent(map_parts(view, demo_city), MAP_OUTPUTS) | sent(panel_parts(view, demo_city), PANEL_OUTPUTS)
    assert sum(1 for _ in components(plain(list(answers.values())))) < 120


def test_what_is_sent_as_data_can_be_drawn(demo_city: CityData) -> None:
    for search in ("", "?rows=1&lang=en", "?theme=projector", "?type=theft&period=2026-W10", "?measure=count"):
        view = parse_view(search, demo_city)
        for made, outputs in ((map_parts(view, demo_city), MAP_OUTPUTS), (panel_parts(view, demo_city), PANEL_OUTPUTS)):
            for key, prop in outputs.items():
                assert prop != DRAWN or is_drawable(made[key]), key


def test_parts_are_sent_in_the_order_in_which_they_are_made(demo_city: CityData) -> None:
    view = parse_view("", demo_city)
    assert list(map_parts(view, demo_city)) == list(MAP_OUTPUTS)
    assert list(panel_parts(view, demo_city)) == list(PANEL_OUTPUTS)


def test_no_part_has_two_writers(app: Dash) -> None:
    names = [name for output in app.callback_map for name in output.strip(".").split("...")]
    assert len(names) == len(set(names))
    assert not any("@" in name for name in names)  # dash marks allow_duplicate so


def test_only_the_map_writes_the_view(app: Dash) -> None:
    writers = [output for output in app.callback_map if f"{ids.URL}.search" in output]
    assert writers == [f"{ids.URL}.search"]
    others = [output for output in server_callbacks(app) if output not in writers]
    for output in others:
        inputs = [f"{part['id']}.{part['property']}" for part in app.callback_map[output]["inputs"]]
        assert inputs == [f"{ids.URL}.search"]
        assert app.callback_map[output]["state"] == []


@pytest.mark.parametrize(
    ("event", "search", "after"),
    [
        ({"kind": "drill", "id": "440402006"}, "", "?place=440402006&period=2026-10"),
        ({"kind": "drill", "id": "440402006", "n": 3}, None, "?place=440402006&period=2026-10"),
        ({"kind": "up"}, "?place=440402006&type=theft", "?place=440402&type=theft&period=2026-10"),
        ({"kind": "up"}, "", "?period=2026-10"),
        ({"kind": "theme"}, "?lang=en", "?period=2026-10&lang=en&theme=projector"),
    ],
)
def test_an_event_writes_the_next_link(
    client: FlaskClient, app: Dash, event: dict[str, Any], search: str | None, after: str
) -> None:
    answer = client.post(CALL, json=envelope(app, f"{ids.URL}.search", event, state=(search,)))
    assert answer.status_code == 200
    assert answer.json
    assert answer.json["response"] == {ids.URL: {"search": after}}


@pytest.mark.parametrize("event", [None, "up", 3, ["up"], {}, {"kind": "fly"}])
def test_what_is_no_event_changes_nothing(demo_city: CityData, event: object) -> None:
    with pytest.raises(SelectionError):
        after_event(event, "", demo_city)


def test_the_whole_city_can_be_walked_by_clicks(client: FlaskClient, app: Dash, demo_city: CityData) -> None:
    search, depth = "", 0
    while True:
        payload = asked(client, app, ids.MAP_VIEW, search)[ids.MAP_VIEW]["data"]
        if payload["key"].startswith("leaf"):
            break
        tokens = tokens_of(payload, demo_city)
        answer = client.post(
            CALL, json=envelope(app, f"{ids.URL}.search", {"kind": "drill", "id": tokens[-1]}, state=(search,))
        )
        assert answer.json
        search, depth = answer.json["response"][ids.URL]["search"], depth + 1
    assert depth == 4
    for _ in range(4):
        answer = client.post(CALL, json=envelope(app, f"{ids.URL}.search", {"kind": "up"}, state=(search,)))
        assert answer.json
        search = answer.json["response"][ids.URL]["search"]
    assert search == "?period=2026-10"


def tokens_of(payload: dict[str, Any], city: CityData) -> list[str]:
    level = next(level for level in city.levels if payload["geometry"].endswith(f"/{level.value}.json"))
    rows = city.members(level, city.city)
    return [city.place(int(rows[k])).token for low, high in payload["show"] for k in range(low, high)]
