"""The legend: what each colour means, how many places wear it, and the name of the scheme."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from dash import html

from geodata.city import CityData
from geodata.index.bands import BANDS
from layers.maps.patterns import FADED
from layers.maps.values import MapValues, chosen_types
from layers.style import BAND_COLOURS, RAMP, RAMP_INK, decimal, rate_digits, whole
from layers.text import band_name, level_name, text
from layers.view import ViewState, shown_level

BETWEEN = " · "
"""Between two statements on one line."""


def palette(view: ViewState, values: MapValues) -> list[dict[str, str]]:
    """Return the look of each class: fill, text colour, mark and word."""
    if values.scheme is None:
        looks = [(band_name(view.lang, band), *BAND_COLOURS[band]) for band in BANDS]
        return [{"word": word, "fill": fill, "ink": ink, "mark": mark} for word, fill, ink, mark in looks]
    n = len(values.scheme.breaks) + 1
    chosen = np.linspace(0, len(RAMP) - 1, n).round().astype(int) if n > 1 else [2]
    words = class_ranges(view, values)
    return [
        {"word": word, "fill": RAMP[k], "ink": RAMP_INK[k], "mark": ""} for word, k in zip(words, chosen, strict=True)
    ]


def class_ranges(view: ViewState, values: MapValues) -> list[str]:
    """Return the range of each class of a rate in words."""
    if values.scheme is None or not values.scheme.breaks:
        return ["≥ 0"]
    breaks = list(values.scheme.breaks)
    shown = [decimal(value, rate_digits(breaks)) for value in breaks]
    middle = [text(view.lang, "range_between", low=a, high=b) for a, b in itertools.pairwise(shown)]
    return [f"≤ {shown[0]}", *middle, f"> {shown[-1]}"]


def legend(view: ViewState, city: CityData, values: MapValues) -> list[Any]:
    """Return the legend's content; nothing where a pattern's fills stand for those of the places."""
    if view.layer in FADED:
        return []
    looks = palette(view, values) if (values.klass >= 0).any() else []
    counts = np.bincount(values.klass[values.klass >= 0], minlength=len(looks))
    ranges = (_band_ranges(city) if values.scheme is None else [""] * len(looks))[: len(looks)]
    items = [
        html.Li(
            [
                html.I(look["mark"], className="swatch", style={"background": look["fill"], "color": look["ink"]}),
                html.Span(look["word"], className="word"),
                html.Span(span, className="range"),
                html.Span(text(view.lang, "places_n", n=whole(n)), className="n"),
            ]
        )
        for look, span, n in zip(looks, ranges, counts, strict=True)
    ]
    missing = int((values.klass < 0).sum())
    items.append(
        html.Li(
            [
                html.I(className="swatch hatch"),
                html.Span(text(view.lang, "no_data"), className="word"),
                html.Span("", className="range"),
                html.Span(text(view.lang, "places_n", n=whole(missing)), className="n"),
            ],
            className="nodata",
        )
    )
    return [
        html.H2(_title(view, values)),
        html.Ul(items),
        html.P(_scheme(view, city, values), className="scheme"),
    ]


def _band_ranges(city: CityData) -> list[str]:
    first, second, third = (f"{value:g}" for value in city.method.bands)
    return [f"≥ {first}", f"{second}–{first}", f"{third}–{second}", f"< {third}"]


def rate_unit(lang: str, per: str) -> str:
    """Return the unit of a rate: per 10,000 residents, or per km²."""
    return text(lang, "per_residents" if per == "residents" else "per_km2")


def _title(view: ViewState, values: MapValues) -> str:
    measure = text(view.lang, "score_pooled" if values.pooled else values.measure)
    unit = rate_unit(view.lang, values.per) if values.per else ""
    level = level_name(view.lang, values.level)
    return f"{level} · {measure}" + (f"（{unit}）" if unit and view.lang == "zh" else f" ({unit})" if unit else "")


def _scheme(view: ViewState, city: CityData, values: MapValues) -> str:
    if values.scheme is None:
        return text(view.lang, "scheme_bands", breaks="/".join(f"{value:g}" for value in city.method.bands))
    return text(view.lang, "scheme_quantile", fingerprint=values.scheme.fingerprint)


def closing_line(view: ViewState, city: CityData, values: MapValues) -> str:
    """Return the line that closes the numbers: total = places + unlocated + outside; if filtered, also of how many."""
    line = _closing(view, city, values)
    if city.whole is None:
        return line
    place, types = city.find(view.place), chosen_types(view, city)
    kept, every = (
        len(each.index.selected(view.period.start, view.period.end, within=place.within, types=types))
        for each in (city, city.whole)
    )
    share = f"{decimal(100 * kept / every if every else 0)}%"
    return f"{line}{BETWEEN}{text(view.lang, 'closing_filtered', kept=whole(kept), all=whole(every), share=share)}"


def _closing(view: ViewState, city: CityData, values: MapValues) -> str:
    if shown_level(view, city) is None:
        place = city.find(view.place)
        rows = city.index.selected(
            view.period.start, view.period.end, within=place.within, types=chosen_types(view, city)
        )
        return text(view.lang, "closing_leaf", total=whole(len(rows)), level=level_name(view.lang, values.level))
    counted = values.counted
    return text(
        view.lang,
        "closing" if view.place == "" else "closing_inside",
        total=whole(counted.total),
        level=level_name(view.lang, values.level),
        places=whole(int(counted.places.sum())),
        unlocated=whole(counted.unlocated),
        outside=whole(counted.outside),
    )
