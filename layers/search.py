"""Answers of the search box and of the question who looks after a point, as the browser takes them."""

from __future__ import annotations

import json
from typing import Any

from geodata.city import CityData, Place
from geodata.locate import NOWHERE, Locator
from geodata.search import CITY, SearchIndex, read_point
from geodata.written import whole
from layers.text import level_of_one, text
from layers.view import ViewState, drill

POINT_DIGITS = 5
"""Decimals of a printed position: about a metre."""
SYSTEM = "WGS-84"


def search_words(lang: str) -> str:
    """Return what the scripts say in the page's language, as JSON."""
    keys = ["search", "search_label", "search_ask", "search_failed", "search_nothing", "close"]
    keys += ["whose_title", "whose_hint", "whose_failed", "whose_away"]
    return json.dumps({key: text(lang, key) for key in keys}, ensure_ascii=False)


def search_answer(view: ViewState, city: CityData, index: SearchIndex, query: str) -> dict[str, Any]:
    """Return the places that a question means: ``{"places": [{"id", "name", "about", "code", "href"}], …}``.

    "said" sums the answer up in a sentence; "point" is a position that was typed, else null.
    """
    west, south = city.bounds[:, :2].min(axis=0)
    east, north = city.bounds[:, 2:].max(axis=0)
    point = read_point(query, (west, south, east, north))
    if point is not None:
        lon, lat = point
        where = position(lon, lat)
        return {"places": [], "point": {"lon": lon, "lat": lat, "name": where}, "said": text(view.lang, "search_point")}
    found = index.find(query)
    places = [city.city if row == CITY else city.place(row) for row in found.rows.tolist()]
    said = ""
    if query.strip():
        n = len(places) + found.rest
        key = "search_more" if found.rest else "search_n" if n else "search_nothing"
        said = text(view.lang, key, n=whole(n), rest=whole(found.rest))
    return {"places": [_option(view, city, place) for place in places], "point": None, "said": said}


def whose_answer(view: ViewState, city: CityData, locator: Locator, lon: float, lat: float) -> dict[str, Any]:
    """Return the place of every level at a point, finest first, and who looks after each.

    ``{"position", "system", "places": [{"level", "name", "code", "id", "href", "unit"}], "note"}``; a level that does
    not hold the point has no id, and outside of the city there are no places.
    """
    lang = view.lang
    rows = locator.locate([lon], [lat]).place[0]
    answer = {"lon": lon, "lat": lat, "position": position(lon, lat), "system": SYSTEM}
    if (rows == NOWHERE).all():
        outside = text(lang, "whose_outside", city=city.city.in_language(lang))
        return answer | {"places": [], "note": outside}
    places = []
    units = city.places["unit"]
    for level in reversed(city.levels):
        row = int(rows[level.depth])
        part = {"level": level_of_one(lang, level), "name": text(lang, "whose_none")}
        if row != NOWHERE:
            place = city.place(row)
            part |= {"name": place.in_language(lang), "code": place.id, "id": place.token}
            part |= {"href": drill(view, place).href(), "unit": str(units.iloc[row])}
        places.append(part)
    known = any(part.get("unit") for part in places)
    for part in places:
        if known and part.get("unit") == "":
            part["unit"] = text(lang, "whose_no_unit")
    return answer | {"places": places, "note": "" if known else text(lang, "whose_no_unit")}


def position(lon: float, lat: float) -> str:
    """Write a position, longitude first."""
    return f"{lon:.{POINT_DIGITS}f}, {lat:.{POINT_DIGITS}f}".replace("-", "\u2212")


def _option(view: ViewState, city: CityData, place: Place) -> dict[str, str]:
    """Return one place of the list: its name, what it is and what holds it, its code, the link to it."""
    above = [each.in_language(view.lang) for each in city.lineage(place)[1:-1]]
    level = level_of_one(view.lang, place.level) if place.level else text(view.lang, "search_city")
    return {
        "id": place.token,
        "name": place.in_language(view.lang),
        "about": f"{level} · {' › '.join(above)}" if above else level,
        "code": place.id,
        "href": drill(view, place).href(),
    }
