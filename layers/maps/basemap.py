"""The map below the places: where its tiles are, whose it is, and under which number it was reviewed."""

from __future__ import annotations

from typing import Any

from geodata.city import CityData
from geodata.store import CitySettings
from layers.text import text
from layers.view import ViewState


def basemap_payload(view: ViewState, city: CityData) -> dict[str, Any] | None:
    """Return what the browser needs to lay tiles below the places, None if there is nothing to show or to say.

    The tiles are asked of this server; a new basemap has new addresses, since browsers keep tiles.
    """
    settings = city.settings
    basemap, shown = settings.basemap, view.basemap != "off"
    words = credit(view.lang, settings, shown=shown)
    if not basemap.source and not words:
        return None
    return {
        "url": f"/tiles/{{z}}/{{x}}/{{y}}?v={basemap.fingerprint}" if basemap.source else None,
        "zooms": [basemap.least_zoom, basemap.most_zoom],
        "shown": int(shown),
        "credit": words,
        "without": credit(view.lang, settings, shown=False),
        "text": {key: text(view.lang, key) for key in ("basemap", "basemap_hide", "basemap_show", "basemap_failed")},
    }


def credit(lang: str, settings: CitySettings, *, shown: bool) -> str:
    """Return whose the map is, where its tiles are shown, and its review number."""
    said = []
    if shown and settings.basemap.source:
        said.append(text(lang, "basemap_credit", whose=settings.basemap.attribution or text(lang, "basemap_unnamed")))
    if settings.review_number:
        said.append(text(lang, "review_number", number=settings.review_number))
    return " · ".join(said)
