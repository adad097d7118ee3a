"""Dash's own elements, made in a tenth of the time: a page has a thousand of them, and Dash checks each at length.

Write ``from layers.elements import dcc, html`` for ``from dash import dcc, html``; what is made is the same.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

import dash

Maker = Callable[..., Any]
PLAIN = (dash.html.__name__, f"{dash.dcc.__name__}.Link")
"""Whose elements take children first and need no other check than that of their properties' names."""


class _Elements:
    """The elements of a module of Dash."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        kind = getattr(self._module, name)
        made = _maker(kind) if f"{kind.__module__}.".startswith(tuple(f"{plain}." for plain in PLAIN)) else kind
        setattr(self, name, made)
        return made


@cache
def _maker(kind: Any) -> Maker:
    """Return what makes elements of a class as the class does, but for its checks of every single value."""
    blank = vars(kind(href="") if kind is dash.dcc.Link else kind())
    blank = {name: value for name, value in blank.items() if name != "href"}
    names = frozenset(blank["_prop_names"])

    def make(children: Any = None, **given: Any) -> Any:
        for name in given:
            if name not in names and not name.startswith(("data-", "aria-")):
                return kind(children, **given)  # which says what is wrong
        element = kind.__new__(kind)
        vars(element).update(blank, children=children, **given)
        return element

    return make


if TYPE_CHECKING:
    from dash import dcc as dcc
    from dash import html as html
else:
    html, dcc = _Elements(dash.html), _Elements(dash.dcc)
