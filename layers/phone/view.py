"""The link to the phone page, and which places it is made for."""

from __future__ import annotations

from urllib.parse import urlencode

from geodata.city import CityData, Place
from geodata.vocabulary import PlaceLevel

PATH = "/m/"


def may_be_mine(city: CityData, place: Place) -> bool:
    """Say whether a place is small enough to be walked: a community, or one of the finest places that there are."""
    return place.level is not None and place.level in (PlaceLevel.COMMUNITY, city.levels[-1])


def phone_link(city: CityData, place: Place, lang: str) -> str:
    """Return the link to the phone page of a place; of a larger one that to choose from."""
    fields = {"place": place.token if may_be_mine(city, place) else "", "lang": lang if lang != "zh" else ""}
    query = urlencode({key: value for key, value in fields.items() if value}, safe=":")
    return f"{PATH}?{query}" if query else PATH
