"""Long parts as data for the browser."""

from __future__ import annotations

import json

from dash import dcc, html

from geodata.city import CityData
from layers.drawn import lighten
from layers.method.view import parse_method_view
from layers.pages.method import page_parts
from tests.layers import components, plain, said


def test_a_part_becomes_tags_attributes_and_children() -> None:
    part = html.Div(
        [
            html.P(["a ", html.B("b")], className="x"),
            dcc.Link("to", href="/method/?page=2"),
            None,
            html.Td(3, colSpan=2, style={"width": "5%"}, **{"data-label": "n", "aria-label": "m"}),
        ],
        className="host",
    )
    light = plain(lighten(part))["props"]
    assert light["className"] == "host"
    assert light["children"] is None
    assert json.loads(light["data-drawn"]) == [
        ["p", {"class": "x"}, "a ", ["b", {}, "b"]],
        ["a", {"href": "/method/?page=2"}, "to"],
        ["td", {"colspan": 2, "style": {"width": "5%"}, "data-label": "n", "aria-label": "m"}, "3"],
    ]


def test_small_parts_and_parts_with_charts_stay_components() -> None:
    small = html.P(["a", html.B("b")])
    assert plain(lighten(html.P(["a", html.B("b")]))) == plain(small)
    chart = html.Div([dcc.Graph(id="chart"), html.Ul([html.Li(str(k)) for k in range(5)])])
    light = plain(lighten(chart))
    assert {c["type"] for c in components(light)} == {"Div", "Graph", "Ul"}


def test_the_page_sends_few_components(demo_city: CityData) -> None:
    parts = page_parts(parse_method_view("?level=community", demo_city), demo_city)
    assert sum(1 for _ in components(plain(list(parts.values())))) < 150


def test_what_is_drawn_is_what_the_section_says() -> None:
    part = html.Div([html.P(f"line {k}") for k in range(6)])
    words = said(part).splitlines()
    drawn = json.loads(plain(lighten(part))["props"]["data-drawn"])
    assert [child[2] for child in drawn] == words
