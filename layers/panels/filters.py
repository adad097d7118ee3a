"""Filters in words: one sentence for each, and the view without it."""

from __future__ import annotations

from dataclasses import replace

from geodata.filters import Area, Filters
from layers.style import decimal, whole
from layers.text import day_kind_name, source_name, text, weekday_name
from layers.view import ViewState


def filter_chips(view: ViewState) -> list[tuple[str, ViewState]]:
    """Return each filter of a view as a sentence, and the view without it."""
    lang, filters = view.lang, view.filters
    comma = ", " if lang == "en" else "、"
    found: list[tuple[str, Filters]] = []
    if filters.hours is not None:
        found.append((hours_in_words(lang, filters.hours), replace(filters, hours=None)))
    if filters.weekdays:
        days = comma.join(weekday_name(lang, day) for day in filters.weekdays)
        found.append((days, replace(filters, weekdays=())))
    if filters.days:
        found.append((day_kind_name(lang, filters.days), replace(filters, days="")))
    if filters.sources:
        names = comma.join(source_name(lang, source) for source in filters.sources)
        found.append((text(lang, "filter_source", names=names), replace(filters, sources=())))
    if filters.severity:
        found.append((text(lang, f"filter_severity_{filters.severity:g}"), replace(filters, severity=0.0)))
    if filters.area is not None:
        found.append((area_in_words(lang, filters.area), replace(filters, area=None)))
    return [(words, view.but(filters=without)) for words, without in found]


def hours_in_words(lang: str, hours: tuple[int, int]) -> str:
    """Say which hours are looked at."""
    first, end = hours
    return text(lang, "filter_hours" if first < end else "filter_hours_night", first=first, end=end)


def area_in_words(lang: str, area: Area) -> str:
    """Say what was drawn on the map, and how large it is."""
    km2 = area.km2
    size = whole(km2) if km2 >= 100 else decimal(km2, 1 if km2 >= 1 else 3)
    radius = ""
    if area.kind == "circle":
        metres = area.numbers[2]
        radius = f"{decimal(metres / 1000, 1)} km" if metres >= 1000 else f"{whole(metres)} m"
    return text(lang, f"filter_{area.kind}", km2=size, radius=radius)
