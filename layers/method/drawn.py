"""Long parts as data: the browser draws them at once, where a component for each of their words would take seconds."""

from __future__ import annotations

import json
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from layers.method.parts import Part

LEAST = 4
"""Parts of fewer components stay as they are."""
ATTRIBUTES = {
    "className": "class",
    "colSpan": "colspan",
    "tabIndex": "tabindex",
    **{name: name for name in ("href", "title", "role", "scope", "style")},
}
"""Properties that are drawn, and what they are called in the page."""


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
    if len(inside) < LEAST:
        return part
    if all(_drawable(each) for each in inside):
        spec = [each for each in (_spec(child) for child in _children(part)) if each is not None]
        part.children = None
        setattr(part, "data-drawn", json.dumps(spec, ensure_ascii=False, separators=(",", ":")))
        return part
    part.children = lighten(part.children)
    return part


def _children(part: Component) -> list[Part]:
    children = getattr(part, "children", None)
    if children is None:
        return []
    return list(children) if isinstance(children, list | tuple) else [children]


def _inside(part: Component) -> list[Component]:
    """Return the components below a part."""
    found: list[Component] = []
    waiting = _children(part)
    while waiting:
        each = waiting.pop()
        if isinstance(each, list | tuple):
            waiting.extend(each)
        elif isinstance(each, Component):
            found.append(each)
            waiting.extend(_children(each))
    return found


def _drawable(part: Component) -> bool:
    plain = part.__class__.__module__.startswith(html.__name__) or isinstance(part, dcc.Link)
    return plain and not hasattr(part, "id")


def _spec(part: Part) -> Any:
    """Return a part as a text, or as tag, attributes and children."""
    if part is None:
        return None
    if isinstance(part, list | tuple):
        return ["", {}, *(_spec(each) for each in part if each is not None)]
    if not isinstance(part, Component):
        return str(part)
    tag = "a" if isinstance(part, dcc.Link) else part.__class__.__name__.lower()
    given = vars(part)
    attributes = {ATTRIBUTES[name]: value for name, value in given.items() if name in ATTRIBUTES and value}
    attributes |= {name: value for name, value in given.items() if name.startswith(("data-", "aria-"))}
    return [tag, attributes, *(_spec(child) for child in _children(part) if child is not None)]
