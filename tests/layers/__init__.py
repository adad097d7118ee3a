"""What the tests of the layers share: many views of a city, and a walk over what is rendered."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from plotly.utils import PlotlyJSONEncoder

from geodata.city import CityData
from geodata.measures import no_measures
from geodata.memory import Memory
from layers.pages.map import map_parts, panel_parts
from layers.view import ViewState, parse_view

ODD_VIEWS = {
    "first": "",
    "english": "?lang=en",
    "projector": "?theme=projector",
    "english projector": "?lang=en&theme=projector",
    "district": "?place=440403",
    "street": "?place=440402006",
    "community": "?place=440402006001",
    "streets of a district": "?place=440402&level=community",
    "all communities": "?level=community",
    "all communities, rate": "?level=community&measure=rate",
    "all communities, natural breaks": "?level=community&measure=rate&scheme=jenks-7&classes=5,6",
    "some bands only": "?level=community&classes=2,3&lang=en",
    "counts": "?measure=count",
    "counts of streets, english projector": "?measure=count&level=street&lang=en&theme=projector",
    "counts of a rare type": "?measure=count&type=homicide_arson&place=440402006",
    "sub-index": "?sub=public_order",
    "sub-index, rate, english": "?sub=traffic&measure=rate&lang=en",
    "sub-index that nothing feeds": "?sub=co_building",
    "sub-index with too little": "?sub=citizen_requests",
    "single type": "?type=theft",
    "single type, english street": "?type=crash_death&lang=en&place=440402006",
    "sensitive type": "?type=sexual_offence&place=440402006001",
    "rare type": "?type=homicide_arson&period=2026-10-05",
    "silent month": "?period=2026-08",
    "silent week": "?period=2026-W32&sub=consumer",
    "silent week, english": "?period=2026-W32&sub=food_drugs&lang=en",
    "first month": "?period=2025-11",
    "first day": "?period=2025-11-01",
    "first week": "?period=2025-W44",
    "first year": "?period=2025",
    "unfinished year": "?period=2026",
    "unfinished quarter": "?period=2026-Q4",
    "a year ago": "?compare=year_ago",
    "a year ago, first month": "?compare=year_ago&period=2025-11&lang=en",
    "one day": "?period=2026-10-31",
    "one day in one community": "?period=2026-10-31&place=440402006001",
}
"""Links to the demo city that have gone wrong somewhere before, by what is odd about them."""
NOT_NUMBERS = re.compile(r"\b(nan|NaN|None|none|inf|Infinity|undefined|null)\b|%!|\{\w*\}")  # Nan is a place name


def odd_views(city: CityData) -> dict[str, ViewState]:
    """Return `ODD_VIEWS` and those of a grid cell as views."""
    cell = str(city.places["place_id"].iloc[-1])
    links = ODD_VIEWS | {"grid cell": f"?place={cell}", "grid cell, rate": f"?place={cell}&measure=rate&lang=en"}
    return {name: parse_view(link, city) for name, link in links.items()}


def unmeasured(city: CityData) -> CityData:
    """Return the city as it is where nothing is measured, only counted."""
    assert city.calibration is not None
    base = replace(city.calibration, measure_base={})
    bare = replace(city, measures=no_measures(), _memo=Memory(), _variants={})
    return bare.with_method(city.method, base)


def rendered(view: ViewState, city: CityData) -> dict[str, Any]:
    """Return the whole page as plain data, by the id of its part."""
    return {key: plain(part) for key, part in (map_parts(view, city) | panel_parts(view, city)).items()}


def plain(part: Any) -> Any:
    """Return a component, figure or payload as the browser would read it."""
    return json.loads(json.dumps(part, cls=PlotlyJSONEncoder))


def sayings(node: Any, key: str = "") -> Iterator[str]:
    """Yield every text that a reader could see or hear: children, titles, labels, hover texts."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name not in ("href", "src", "className", "id", "role", "type", "namespace", "key", "config"):
                yield from sayings(value, name)
    elif isinstance(node, list):
        for value in node:
            yield from sayings(value, key)
    elif isinstance(node, str):
        yield node
    elif node is not None and key in ("children", "title", "alt"):
        yield str(node)


def said(part: Any) -> str:
    """Return the texts of a component, one a line."""
    return "\n".join(sayings(plain(part)))


def components(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every component in plain data."""
    if isinstance(node, dict):
        if "namespace" in node and "props" in node:
            yield node
        for value in node.values():
            yield from components(value)
    elif isinstance(node, list):
        for value in node:
            yield from components(value)


def links(part: Any) -> list[str]:
    """Return every link of a page's part."""
    return [c["props"]["href"] for c in components(plain(part)) if "href" in c["props"]]


def with_class(part: Any, name: str) -> list[dict[str, Any]]:
    """Return the components of a class."""
    return [c for c in components(plain(part)) if name in str(c["props"].get("className", "")).split()]
