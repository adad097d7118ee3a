"""Outlines of the parts of a place in one picture: for a wall, a slide and a sheet of paper."""

from __future__ import annotations

from geodata.city import CityData, Place
from geodata.plane import laid_out
from geodata.vocabulary import PlaceLevel
from layers.meeting.page import Shapes


def shapes_of(city: CityData, place: Place, level: PlaceLevel) -> Shapes:
    """Return the outlines of a level's places inside a place, and that of the place itself under its own token."""

    def made() -> Shapes:
        plane = laid_out(city, place, level)
        return Shapes(plane.height, plane.rings, plane.points)

    return city.kept(("meeting shapes", place.token, level), made)
