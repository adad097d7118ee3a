"""The address that a played map asks: one answer, small, made once, and refused where the link is none."""

from __future__ import annotations

import gzip

import pytest
from dash import Dash
from flask.testing import FlaskClient

from geodata.city import CityData
from layers import ids
from layers.maps import frames as room
from layers.view import parse_view
from tests.callbacks import asked
from tests.layers import plain

MOST_BYTES = 60 * 1024
"""All months of all communities, as sent."""


def test_the_answer_is_what_the_layers_make(client: FlaskClient, demo_city: CityData) -> None:
    search = "?level=street&measure=rate&period=2026-03"
    answer = client.get("/frames" + search)
    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    assert answer.json == plain(room.frames(parse_view(search, demo_city), demo_city))


def test_a_frame_is_the_map_that_the_page_gets(client: FlaskClient, app: Dash) -> None:
    played = client.get("/frames?sub=fire").json
    assert played is not None
    for period in ("2026-03", "2026-10"):
        k = played["periods"].index(period)
        parts = asked(client, app, ids.MAP_VIEW, f"?sub=fire&period={period}")
        assert played["values"][k] == parts[ids.MAP_VIEW]["data"]["value"]
        assert played["key"] == parts[ids.MAP_VIEW]["data"]["key"]
        assert played["closing"][k] == parts[ids.CLOSING]["children"]


def test_all_communities_travel_in_one_small_answer(client: FlaskClient) -> None:
    answer = client.get("/frames?level=community", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.data) <= MOST_BYTES
    assert len(gzip.decompress(answer.data)) > len(answer.data)


def test_frames_are_made_once_for_all_periods_of_a_strip(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    first = client.get("/frames?level=street&period=2026-03")
    made: list[object] = []
    monkeypatch.setattr(room, "_add", lambda *_: made.append(1))
    second = client.get("/frames?level=street&period=2026-05&compare=year_ago&rows=1&theme=projector")
    assert made == []
    assert second.data == first.data


@pytest.mark.parametrize("query", ["?period=2019-01", "?place=nowhere", "?sub=x", "?lang=fr", "?period=a"])
def test_a_link_that_is_none_is_refused(client: FlaskClient, query: str) -> None:
    answer = client.get("/frames" + query)
    assert answer.status_code == 400
    assert answer.json
    assert set(answer.json) == {"error"}
