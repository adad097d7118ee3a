"""Elements that are made faster are the ones that Dash makes."""

from __future__ import annotations

import dash
import pytest

from layers.elements import dcc, html


def test_an_element_is_the_one_that_dash_makes() -> None:
    given = {"className": "a", "title": None, "data-x": "1", "aria-label": "b", "style": {"width": "5%"}}
    for name in ("Span", "Div", "Details", "Td", "Option"):
        mine, theirs = getattr(html, name)(["text"], **given), getattr(dash.html, name)(["text"], **given)
        assert type(mine) is type(theirs)
        assert vars(mine) == vars(theirs)
    link = dcc.Link("to", href="/?place=a", className="see")
    assert vars(link) == vars(dash.dcc.Link("to", href="/?place=a", className="see"))
    assert vars(html.Br()) == vars(dash.html.Br())
    assert dcc.Graph is dash.dcc.Graph


def test_no_two_elements_share_what_they_hold() -> None:
    one, other = html.Div(), html.Div()
    one.children = "text"
    assert other.children is None


def test_a_property_that_dash_does_not_know_is_an_error() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument: `colour`"):
        html.Div("text", colour="red")
