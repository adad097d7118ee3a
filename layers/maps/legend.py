"""The legend: what each colour means, how many places wear it, and the name of the scheme."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from geodata.city import CityData
from geodata.classes import Scheme
from geodata.index.bands import BANDS
from geodata.written import decimal, whole
from layers.elements import dcc, html
from layers.maps.circles import circle_key, circle_row
from layers.maps.patterns import fades
from layers.maps.pictures import histogram
from layers.maps.schemes import scheme_menu, way_name, way_of
from layers.maps.values import MapValues, chosen_types
from layers.style import BAND_COLOURS, INK, PALE, ramp, rate_digits
from layers.text import band_name, level_name, text
from layers.view import ViewState, shown_level

BETWEEN = " · "
"""Between two statements on one line."""


def palette(view: ViewState, values: MapValues) -> list[dict[str, str]]:
    """Return the look of each class: fill, text colour, mark and word; counts have no classes, they are circles."""
    if values.scheme is None and values.measure == "count":
        return []
    if values.scheme is None:
        looks = [(band_name(view.lang, band), *BAND_COLOURS[band]) for band in BANDS]
        return [{"word": word, "fill": fill, "ink": ink, "mark": mark} for word, fill, ink, mark in looks]
    words = class_ranges(view, values)
    return [
        {"word": word, "fill": fill, "ink": ink, "mark": ""}
        for word, (fill, ink) in zip(words, ramp(len(words)), strict=True)
    ]


def stepped_back(looks: list[dict[str, str]], kept: tuple[int, ...]) -> list[dict[str, str]]:
    """Return the looks of the map: classes that are not kept lose their colour; none kept is all kept."""
    kept = kept_classes(kept, len(looks))
    return [
        look if not kept or k in kept else {**look, "fill": PALE, "ink": INK, "pale": "1"}
        for k, look in enumerate(looks)
    ]


def kept_classes(classes: tuple[int, ...], n: int) -> tuple[int, ...]:
    """Return those of the chosen classes that there are; () for all."""
    kept = tuple(k for k in classes if k < n)
    return () if len(kept) == n else kept


def toggled(classes: tuple[int, ...], k: int, n: int) -> tuple[int, ...]:
    """Return the classes kept after a click on class `k` of `n`: the first click keeps it alone."""
    return kept_classes(tuple(sorted(set(kept_classes(classes, n)) ^ {k})), n)


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
    if fades(view, city):
        return []
    rows = class_rows(view, city, values)
    looks = [look for look, _, _ in rows]
    items = [_class(view, looks, k, span, n) for k, (_, span, n) in enumerate(rows)]
    items.append(_no_data(view, places_without_data(values)))
    parts: list[Any] = [html.H2(legend_title(view, values))]
    if values.measure == "count" and values.largest:
        parts += [circle_key(view, values), circle_row(view, values)]
    picture = None if view.theme == "projector" or not looks else histogram_of(view, city, values)
    parts += [] if picture is None else [picture]
    return [*parts, html.Ul(items, className="classes"), *_not_placed(view, values), *_how(view, city, values)]


def class_rows(view: ViewState, city: CityData, values: MapValues) -> list[tuple[dict[str, str], str, int]]:
    """Return look, range and number of places of each class; none where nothing is known, or circles are drawn."""
    looks = palette(view, values) if (values.klass >= 0).any() else []
    counts = np.bincount(values.klass[values.klass >= 0], minlength=len(looks))[: len(looks)]
    ranges = (_band_ranges(city) if values.scheme is None else [""] * len(looks))[: len(looks)]
    return [(look, span, int(n)) for look, span, n in zip(looks, ranges, counts, strict=True)]


def places_without_data(values: MapValues) -> int:
    """Return of how many places nothing is known."""
    return int((values.klass < 0).sum())


def _class(view: ViewState, looks: list[dict[str, str]], k: int, span: str, n: int) -> html.Li:
    """Return the line of a class; a click keeps it, or lets it go."""
    look, kept = looks[k], kept_classes(view.classes, len(looks))
    parts = [
        html.I(look["mark"], className="swatch", style={"background": look["fill"], "color": look["ink"]}),
        html.Span(look["word"], className="word"),
        html.Span(span, className="range"),
        html.Span(text(view.lang, "places_n", n=whole(n)), className="n"),
    ]
    if len(looks) < 2:
        return html.Li(html.Span(parts, className="class"))
    on, off = k in kept, bool(kept) and k not in kept
    link = dcc.Link(
        parts,
        href=view.but(classes=toggled(view.classes, k, len(looks))).href(),
        className="class" + (" on" if on else " off" if off else ""),
        title=text(view.lang, "class_release" if on else "class_keep", word=look["word"]),
    )
    return html.Li(link)


def _no_data(view: ViewState, n: int) -> html.Li:
    parts = [
        html.I(className="swatch hatch"),
        html.Span(text(view.lang, "no_data"), className="word"),
        html.Span("", className="range"),
        html.Span(text(view.lang, "places_n", n=whole(n)), className="n"),
    ]
    return html.Li(html.Span(parts, className="class"), className="nodata")


def histogram_of(view: ViewState, city: CityData, values: MapValues) -> html.Img | None:
    """Return how many places have which value, None where there are too few to say more than their colours."""
    looks = stepped_back(palette(view, values), view.classes)
    breaks = sorted(city.method.bands) if values.scheme is None else list(values.scheme.breaks)
    fills = [look["fill"] for look in (looks[::-1] if values.scheme is None else looks)]
    digits = 0 if values.scheme is None else values.digits
    alt = text(view.lang, "histogram", level=level_name(view.lang, values.level))
    return histogram(values.value, breaks, fills, digits, alt)


def _not_placed(view: ViewState, values: MapValues) -> list[html.P]:
    """Say how many incidents lie in none of the places, with a way to their list; the line below closes the count."""
    if view.theme == "projector":
        return []
    links = [dcc.Link(words, href=view.but(rows=1).href()) for words in not_placed_words(view, values)]
    return [html.P(links, className="aside")] if links else []


def not_placed_words(view: ViewState, values: MapValues) -> list[str]:
    """Return how many incidents lie in none of the places, by why; nothing where there are none."""
    unlocated = "legend_not_placed" if view.place else "legend_unlocated"
    found = [(unlocated, values.counted.unlocated), ("legend_outside", values.counted.outside)]
    return [text(view.lang, key, n=whole(n)) for key, n in found if n]


def _how(view: ViewState, city: CityData, values: MapValues) -> list[Any]:
    """Say how the classes were drawn; those of rates can be drawn otherwise."""
    if values.scheme is None or view.theme == "projector":
        return [html.P(scheme_words(view, city, values), className="scheme")]
    return [scheme_menu(view, *_locked(view, values.scheme))]


def scheme_words(view: ViewState, city: CityData, values: MapValues) -> str:
    """Say how the classes were drawn: those of rates with the fingerprint of their breaks."""
    if values.measure == "count":
        return text(view.lang, "scheme_circles")
    if values.scheme is None:
        return text(view.lang, "scheme_bands", breaks="/".join(f"{value:g}" for value in city.method.bands))
    n, locked = _locked(view, values.scheme)
    return text(view.lang, "comma_words").join([way_name(view.lang, way_of(view), n), locked])


def _locked(view: ViewState, scheme: Scheme) -> tuple[int, str]:
    """Return how many classes a scheme has, and that they are the same in all periods."""
    return len(scheme.breaks) + 1, text(view.lang, "scheme_locked", fingerprint=scheme.fingerprint)


def _band_ranges(city: CityData) -> list[str]:
    first, second, third = (f"{value:g}" for value in city.method.bands)
    return [f"≥ {first}", f"{second}–{first}", f"{third}–{second}", f"< {third}"]


def rate_unit(lang: str, per: str) -> str:
    """Return the unit of a rate: per 10,000 residents, or per km²."""
    return text(lang, "per_residents" if per == "residents" else "per_km2")


def value_unit(lang: str, values: MapValues) -> str:
    """Return the unit of a map's values, "" for points of a score."""
    if values.measure == "count":
        return text(lang, "unit_incidents")
    return rate_unit(lang, values.per) if values.per else ""


def legend_title(view: ViewState, values: MapValues) -> str:
    """Return what the legend is of: level and measure with its unit."""
    measure = text(view.lang, "score_pooled" if values.pooled else values.measure)
    unit = rate_unit(view.lang, values.per) if values.per else ""
    level = level_name(view.lang, values.level)
    return f"{level} · {measure}" + (f"（{unit}）" if unit and view.lang == "zh" else f" ({unit})" if unit else "")


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
