"""The search and the question who looks after a point, over HTTP: answers, limits, refusals."""

from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.callbacks import body_of


def test_a_search_is_answered_and_never_kept(client: FlaskClient) -> None:
    answer = client.get("/search?q=gongbei")
    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Content-Security-Policy" in answer.headers
    found = json.loads(body_of(answer))
    assert [place["code"] for place in found["places"]] == ["440402005"]


def test_a_search_takes_the_present_link_with_it(client: FlaskClient) -> None:
    found = json.loads(body_of(client.get("/search?q=gb&sub=traffic&period=2026-09&lang=en")))
    assert found["places"][0]["href"] == "/?place=440402005&sub=traffic&period=2026-09&lang=en"


@pytest.mark.parametrize("query", ["", "?q=", "?q=%20", "?q=%00", "?q=%F0%9F%92%A9"])
def test_no_question_is_no_answer(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/search{query}")
    assert answer.status_code == 200
    assert json.loads(body_of(answer))["places"] == []


def test_forty_characters_are_a_search_and_one_more_is_not(client: FlaskClient) -> None:
    assert client.get("/search", query_string={"q": "香" * 40}).status_code == 200
    refused = client.get("/search", query_string={"q": "香" * 41, "lang": "en"})
    assert refused.status_code == 400
    assert "40" in json.loads(refused.data)["error"]


@pytest.mark.parametrize(
    "query",
    ["place=nonsense", "period=2019-01", "lang=fr", "place=" + "a" * 3000, "&".join(f"a{k}=1" for k in range(60))],
)
def test_a_link_that_was_never_offered_is_refused_here_too(client: FlaskClient, query: str) -> None:
    for answer in (client.get(f"/search?q=gb&{query}"), at(client, "lon=113.55&lat=22.25", query)):
        assert answer.status_code == 400
        assert json.loads(answer.data)["error"]


@pytest.mark.parametrize(
    "query",
    ["%ff%fe", "<script>alert(1)</script>", "' OR 1=1 --", "{}{0}%s", "\ud800".encode("utf-8", "surrogatepass")],
)
def test_a_strange_search_is_only_a_search(client: FlaskClient, query: str | bytes) -> None:
    answer = client.get("/search", query_string={"q": query})
    assert answer.status_code == 200
    assert json.loads(body_of(answer))["places"] == []


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_only_reading_is_possible(client: FlaskClient, method: str) -> None:
    assert getattr(client, method)("/search?q=gb").status_code == 405


def test_a_position_is_asked_about_in_a_body_alone(client: FlaskClient) -> None:
    address = "/at?lon=113.55&lat=22.25"
    assert [client.get(address).status_code, client.put(address).status_code] == [404, 405]
    assert client.post(address).status_code == 400


def at(client: FlaskClient, position: str, query: str = "") -> TestResponse:
    """Ask who looks after a position, given as a form is, from the page of a link."""
    return client.post(f"/at?{query}", data=position, content_type="application/x-www-form-urlencoded")


def test_a_point_is_answered_with_every_level(client: FlaskClient) -> None:
    found = json.loads(body_of(at(client, "lon=113.55&lat=22.25", "lang=en")))
    assert [place["level"] for place in found["places"]] == ["Grid cell", "Community", "Street", "District"]
    assert found["position"] == "113.55000, 22.25000"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "lon=113.5",
        "lat=22.2",
        "lon=x&lat=22",
        "lon=nan&lat=22",
        "lon=inf&lat=22",
        "lon=181&lat=22",
        "lon=113&lat=-91",
        "lon=113&lat=1e999",
        "lon=" + "1" * 500 + "&lat=22",
        "lon=113,5&lat=22",
    ],
)
def test_what_is_no_position_is_refused_in_words(client: FlaskClient, query: str) -> None:
    answer = at(client, query)
    assert answer.status_code == 400
    assert json.loads(answer.data)["error"] == "坐标无法识别。"


def test_outside_of_the_city_is_an_answer(client: FlaskClient) -> None:
    answer = at(client, "lon=-180&lat=90")
    assert answer.status_code == 200
    assert "界外" in json.loads(body_of(answer))["note"]
