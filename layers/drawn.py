"""Long parts as data: the browser draws them at once, where a component for each of their words would take seconds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import orjson
from dash import dcc, html
from dash.development.base_component import Component

Part = Any

DRAWN = "data-drawn"
"""Where an element holds what the browser draws in it."""
LEAST = 4
"""Parts of fewer components stay as they are."""
ATTRIBUTES = {
    "className": "class",
    "colSpan": "colspan",
    "rowSpan": "rowspan",
    "htmlFor": "for",
    "tabIndex": "tabindex",
    "maxLength": "maxlength",
    "autoComplete": "autocomplete",
    **{name: name for name in ("href", "title", "role", "scope", "style", "type", "value", "src", "alt")},
    **{name: name for name in ("target", "placeholder")},
    **{name: name for name in ("download", "disabled", "selected", "hidden", "open", "lang", "dir", "width", "height")},
}
"""Properties that are drawn, and what they are called in the page."""
EMPTY_TOO = {"alt", "value"}
"""Attributes that say something even if empty."""
UNDRAWN = {"children", "key"}
"""Properties that say nothing to the reader: what is drawn anew has no memory that a key would keep."""


def lighten(part: Part) -> Part:
    """Return a part with all that holds neither charts nor ids as data of its outermost element.

    Parameters
    ----------
    part
        A component, a text, or a list of them.

    Returns
    -------
    Part
        The same to the reader; ``assets/js/drawn.js`` draws it.
    """
    if isinstance(part, list | tuple):
        return [lighten(each) for each in part]
    if not isinstance(part, Component):
        return part
    inside = _inside(part)
    if len(inside) < LEAST or isinstance(part, dcc.Link):  # a link takes no data
        return part
    if all(_drawable(each) for each in inside):
        data = as_data(_children(part))
        part.children = None
        setattr(part, DRAWN, data)
        return part
    part.children = lighten(part.children)
    return part


def as_data(parts: Sequence[Part]) -> str:
    """Return parts as the data that an element shows as ``data-drawn``; none of them may be a chart."""
    spec = [each for each in (_spec(part) for part in parts) if each is not None]
    return orjson.dumps(spec).decode()


def as_json(part: Part) -> Part:
    """Return a part as the JSON that Dash sends; it would look for components in every number of a long list."""
    if isinstance(part, list | tuple):
        return [as_json(each) for each in part]
    if not isinstance(part, Component):
        return part
    spec: dict[str, Any] = part.to_plotly_json()  # type: ignore[no-untyped-call]
    if "children" in spec["props"]:
        spec["props"]["children"] = as_json(spec["props"]["children"])
    return spec


def is_drawable(part: Part) -> bool:
    """Say whether all of a part can be sent as data."""
    return all(_drawable(each) for each in _inside(html.Div(part)))


def _children(part: Component) -> Sequence[Part]:
    children = vars(part).get("children")
    if children is None:
        return ()
    return children if isinstance(children, list | tuple) else (children,)


def _inside(part: Component) -> list[Component]:
    """Return the components below a part."""
    found: list[Component] = []
    waiting = [*_children(part)]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            continue
        if isinstance(each, list | tuple):
            waiting.extend(each)
        elif _tag(each.__class__):
            found.append(each)
            waiting.extend(_children(each))
    return found


def _drawable(part: Component) -> bool:
    undrawn, given = _undrawn(type(part)), vars(part)
    if undrawn is None or not undrawn.isdisjoint(given):
        return False
    style = given.get("style")
    return not style or all(isinstance(each, str) for each in style.values())  # numbers would lack a unit


@cache
def _undrawn(kind: type[Component]) -> frozenset[str] | None:
    """Return the properties of a class that are not drawn; None where nothing of it is."""
    if not (kind.__module__.startswith(html.__name__) or issubclass(kind, dcc.Link)):
        return None
    blank = kind(href="") if issubclass(kind, dcc.Link) else kind()
    return frozenset(vars(blank)["available_properties"]) - ATTRIBUTES.keys() - UNDRAWN


@cache
def _tag(kind: type) -> str:
    """Return the name under which elements of a class are drawn, "" for what is no component."""
    if not issubclass(kind, Component):  # asked once a class, for an abstract class answers slowly
        return ""
    return "a" if issubclass(kind, dcc.Link) else kind.__name__.lower()


def _spec(part: Part) -> Any:
    """Return a part as a text, or as tag, attributes and children."""
    if part is None or isinstance(part, str):  # most parts are texts
        return part
    if isinstance(part, list | tuple):
        return ["", {}, *[_spec(each) for each in part if each is not None]]
    tag = _tag(part.__class__)
    if not tag:
        return str(part)
    attributes, marks = {}, {}
    for name, value in vars(part).items():
        if name in ATTRIBUTES:
            if value is not None and value is not False and (value != "" or name in EMPTY_TOO):
                attributes[ATTRIBUTES[name]] = value
        elif "-" in name:  # data-…, aria-…
            marks[name] = value
    attributes.update(marks)
    children = [each if isinstance(each, str) else _spec(each) for each in _children(part) if each is not None]
    return [tag, attributes, *children]
