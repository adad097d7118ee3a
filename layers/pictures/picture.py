"""Pictures of a view: the map or a chart of the page with all that must stand beside it, on one sheet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from geodata.city import CityData, Place
from geodata.errors import PinganError, SelectionError
from geodata.written import whole
from layers.charts.hour_week import hour_week_figure
from layers.export import slug
from layers.links import not_offered, read_query
from layers.maps.legend import BETWEEN, closing_line, kept_classes, palette
from layers.maps.patterns import Pattern, pattern_payload, unjudged
from layers.maps.places import map_payload
from layers.maps.values import MapValues, map_values
from layers.pages.map import hours_by_weekday, trend_of
from layers.panels.filters import filter_chips
from layers.panels.frame import foundations, late_link
from layers.panels.headline import headline
from layers.panels.hotspots import pattern_card
from layers.panels.story import story
from layers.panels.types import type_name
from layers.pictures.chart import draw_cells, draw_lines
from layers.pictures.key import draw_headline, draw_legend, draw_pattern_legend, draw_rest, draw_spots, plain_words
from layers.pictures.map import Files, draw_map, scene_of
from layers.pictures.paper import SIZES, Sheet, width_of, wrapped
from layers.style import INK, LINE, MUTED
from layers.text import layer_name, level_name, period_name, source_name, text
from layers.view import TOTAL, ViewState, chosen_indicator, city_of, parse_view, shown_level, shown_measure

MARGIN, GAP = 26.0, 16.0
COLUMN = 196.0
"""Width of what stands beside the map [pt]."""
TITLE, BODY, SMALL = 19.0, 10.0, 7.5
SIMULATED, SIMULATED_LINE, ALARM = "#fdf1c4", "#e3cf86", "#9b1c1c"
"""As assets/css/00_tokens.css has them."""
CHARTS = ("trend", "hours")
OWN = ("size", "chart", "public")
"""Fields of a picture's address beside those of the view."""
Patterns = Callable[[ViewState, CityData], Pattern]
"""Returns the pattern of a view's layer."""


class UnreviewedError(PinganError):
    """A picture was to be public, and the city has no review number."""

    status = 409


@dataclass(frozen=True)
class Wanted:
    """What is asked for."""

    view: ViewState
    size: str = "a4"
    chart: str = ""
    """One of ``CHARTS``, "" for the map."""
    public: bool = False


def parse_picture(search: str, city: CityData) -> Wanted:
    """Read the query of a picture: that of a view, and size, chart and whether it is to be public.

    Raises
    ------
    SelectionError
        If any part names what there is not.
    """
    query = read_query(search)
    own = {key: query.pop(key) for key in OWN if key in query}
    offered = {"size": tuple(SIZES), "chart": CHARTS, "public": ("0", "1")}
    for key, value in own.items():
        if value not in offered[key]:
            raise not_offered(key)
    view = parse_view("?" + urlencode(query), city).but(theme="light", rows=0)
    return Wanted(view, own.get("size", "a4"), own.get("chart", ""), own.get("public") == "1")


def picture(wanted: Wanted, whole_city: CityData, files: Files, patterns: Patterns) -> Sheet:
    """Draw a view.

    Parameters
    ----------
    wanted
        What is asked for.
    whole_city
        The city; filters, and the method of the period, are seen to here.
    files
        Returns the outlines of a level as the browser gets them.
    patterns
        Returns the pattern of a view's layer.

    Raises
    ------
    UnreviewedError
        If it is to be public, and the city has no review number.
    SelectionError
        If there is nothing to draw in a chart.
    FontError
        When it becomes a file, if the machine has no font for it.
    """
    if wanted.public and not whole_city.settings.review_number:
        raise UnreviewedError(*(text(lang, "picture_not_public") for lang in ("zh", "en")))
    view, city = wanted.view, city_of(wanted.view, whole_city)
    sheet, values = Sheet(SIZES[wanted.size]), map_values(view, city)
    top = _head(sheet, view, city, values, wanted.chart)
    below = _foot(sheet, view, city)
    if wanted.chart:
        _chart(sheet, view, city, wanted.chart, top, below)
    else:
        _map(sheet, view, city, values, files, patterns, top, below)
    return sheet


def _map(
    sheet: Sheet,
    view: ViewState,
    city: CityData,
    values: MapValues,
    files: Files,
    patterns: Patterns,
    top: float,
    below: float,
) -> None:
    found = patterns(view, city) if view.layer and not unjudged(view) else None
    drawn = None if found is None else pattern_payload(view, city, found)
    scene = scene_of(view, values, map_payload(view, city, values), drawn, files)
    width = sheet.width - 2 * MARGIN - GAP - COLUMN
    closing = wrapped(closing_line(view, city, values), BODY, width)
    height = below - 8 - 14 * len(closing) - top
    named = draw_map(sheet, (MARGIN, top, width, height), scene)
    sheet.rect(MARGIN, top, width, height, "none", f'stroke="{LINE}" stroke-width="0.75"')
    for k, words in enumerate(closing):
        sheet.text(MARGIN, top + height + 14 * (k + 1), words, BODY, bold=True, kind="closing")
    x, y = sheet.width - MARGIN - COLUMN, top - 2
    projected = view.but(theme="projector")
    y = draw_headline(sheet, x, y, COLUMN, headline(story(projected.but(layer=""), city)))
    sheet.line(x, y + 6, x + COLUMN, y + 6, LINE, 0.75)
    y = draw_legend(sheet, x, y + 12, COLUMN, scene, city)
    if found is not None:
        card = pattern_card(projected, city, found)
        y = draw_pattern_legend(sheet, x, y + 8, COLUMN, scene, found, card)
        y = draw_spots(sheet, (x, y + 4, COLUMN, top + height - y), card)
    elif view.layer:
        y = sheet.lines(x, y + 20, text(view.lang, unjudged(view)), SMALL + 1, COLUMN, fill=MUTED)
    draw_rest(sheet, (x, y + 10, COLUMN, top + height - y - 10), scene, named)


def _chart(sheet: Sheet, view: ViewState, city: CityData, chart: str, top: float, below: float) -> None:
    box = (MARGIN, top + 6, sheet.width - 2 * MARGIN, below - 30 - top)
    lang, note, figure = view.lang, "", None
    if chart == "trend":
        what, red, figure = trend_of(story(view, city))
        note = text(lang, what) + (BETWEEN + text(lang, "red_line_months") if red else "")
    elif city.months_only:
        raise _nothing("months_only")
    else:
        counts, unknown = hours_by_weekday(view, city)
        figure = hour_week_figure(counts, view) if counts.any() else None
        note = text(lang, "incidents_n", n=whole(int(counts.sum())))
        note += text(lang, "comma_words") + text(lang, "hour_unknown", n=whole(unknown)) if unknown else ""
    if figure is None:
        raise _nothing("nothing_to_draw")
    if chart == "trend":
        draw_lines(sheet, box, figure)
    else:
        draw_cells(sheet, box, figure, text(lang, "sum_total"))
    sheet.text(MARGIN, below - 8, note, BODY, bold=True, kind="closing")


def _nothing(why: str) -> SelectionError:
    """Return the error of a chart of which there is nothing."""
    zh, en = (text(lang, why) for lang in ("zh", "en"))
    return SelectionError(f"{zh}。", f"{en}.")


# --- above ---


def _head(sheet: Sheet, view: ViewState, city: CityData, values: MapValues, chart: str) -> float:
    """Write title, period and what is left out; return the line below."""
    lang, right = view.lang, sheet.width - MARGIN
    width = right - MARGIN - _badge(sheet, right, text(lang, "simulated_short")) if city.settings.simulated else right
    title = _title(view, city, values, chart)
    size = min(TITLE, TITLE * (width - MARGIN - 20) / max(width_of(title, TITLE, bold=True), 1.0))
    y = MARGIN + TITLE * 0.8
    sheet.text(MARGIN, y, title, size, bold=True, kind="title")
    last = view.period.end - dt.timedelta(days=1)
    days = f"{view.period.start}" if last == view.period.start else f"{view.period.start} – {last}"
    y += 17
    sheet.text(MARGIN, y, f"{period_name(lang, view.period)}  ({days})", BODY + 1, kind="period")
    sheet.text(right, y, text(lang, "brand"), BODY, fill=MUTED, anchor="end")
    for words in _kept_words(view, city, values, chart):
        y = sheet.lines(MARGIN, y + 14, words, BODY - 0.5, right - MARGIN - 90, fill=INK, kind="kept") - 14
    return y + 10


def _badge(sheet: Sheet, right: float, words: str) -> float:
    """Draw the mark of made-up data; return its width."""
    width = width_of(words, BODY + 1, bold=True) + 16
    sheet.rect(right - width, MARGIN - 4, width, 22, SIMULATED, f'stroke="{SIMULATED_LINE}" stroke-width="1" rx="3"')
    sheet.text(right - width / 2, MARGIN + 11, words, BODY + 1, bold=True, anchor="middle", kind="simulated")
    return width


def _title(view: ViewState, city: CityData, values: MapValues, chart: str) -> str:
    """Say where and what: 珠海市各镇街治安得分."""
    lang, place = view.lang, city.find(view.place)
    if chart:
        score = chart == "trend" and shown_measure(view, city) == "score"
        name = _subject(view, city, text(lang, "total") if score else "")
        key = "score" if score else "count"
        what = text(lang, f"picture_{key}", name=name) if name else text(lang, f"picture_every_{key}")
        return text(lang, f"picture_{chart}", place=place.in_language(lang), what=what)
    shown: Place = place if shown_level(view, city) is not None else city.lineage(place)[-2]
    name = _subject(view, city, text(lang, "total") if values.measure == "score" else "")
    key = "score_pooled" if values.pooled else values.measure
    what = text(lang, f"picture_{key}", name=name) if name else text(lang, f"picture_every_{key}")
    level = level_name(lang, values.level).lower()
    return text(lang, "picture_title", place=shown.in_language(lang), level=level, what=what)


def _subject(view: ViewState, city: CityData, every: str) -> str:
    """Name the type, indicator or sub-index that a view keeps to."""
    if view.incident_type:
        return type_name(view.incident_type, city, view.lang)
    chosen = chosen_indicator(view, city) or city.method.sub_index(view.sub_index)
    if chosen is None or (view.sub_index == TOTAL and not view.indicator):
        return every
    return chosen.name_en if view.lang == "en" else chosen.name


def _kept_words(view: ViewState, city: CityData, values: MapValues, chart: str) -> list[str]:
    """Say in sentences what else differs from the plain map: filters, weights, classes kept, a layer."""
    lang, comma = view.lang, text(view.lang, "comma")
    found = []
    if view.filters:
        found.append(text(lang, "picture_filters", words=comma.join(words for words, _ in filter_chips(view))))
    if view.weights and not view.filters:
        found.append(text(lang, "weights_banner", version=city.method.version))
    if chart:
        return found
    looks = palette(view, values)
    kept = kept_classes(view.classes, len(looks))
    if kept:
        found.append(text(lang, "picture_classes", words=comma.join(looks[k]["word"] for k in kept)))
    if view.layer:
        found.append(text(lang, "picture_layer", layer=layer_name(lang, view.layer)))
    return found


# --- below ---


def _foot(sheet: Sheet, view: ViewState, city: CityData) -> float:
    """Write what the numbers rest on, and whether the picture may be published; return the line above."""
    lang, number = view.lang, city.settings.review_number
    right, width = sheet.width - MARGIN, sheet.width - 2 * MARGIN
    status = text(lang, "review_number", number=number) if number else text(lang, "picture_internal")
    status_wide = width_of(status, BODY, bold=True)
    as_of = text(lang, "as_of", day=city.data_as_of.isoformat() if city.data_as_of else "—")
    told = [as_of, *map(plain_words, [*late_link(view, city), *foundations(view, city)])]
    told += [text(lang, "picture_data", version=city.unfiltered.data_version[:12]), _sources(view, city)]
    lines = wrapped(" · ".join(filter(None, told)), SMALL, width - status_wide - 24)
    y = sheet.height - MARGIN + 6 - 1.4 * SMALL * (len(lines) - 1)
    above = y - SMALL - 4
    sheet.line(MARGIN, above, right, above, LINE, 0.75)
    for k, words in enumerate(lines):
        sheet.text(MARGIN, y + 1.4 * SMALL * k, words, SMALL, fill=MUTED, kind="foot")
    sheet.text(right, y + 2, status, BODY, bold=True, fill=INK if number else ALARM, anchor="end", kind="status")
    return above


def _sources(view: ViewState, city: CityData) -> str:
    names = [source_name(view.lang, source) for source in sorted(city.unfiltered.index.sources)]
    return text(view.lang, "picture_sources", names=text(view.lang, "comma").join(names)) if names else ""


def picture_names(wanted: Wanted, whole_city: CityData) -> tuple[str, str]:
    """Return what a picture's file is called, in full and in plain letters."""
    view, city = wanted.view, city_of(wanted.view, whole_city)
    level = shown_level(view, city) or city.find(view.place).level
    plain = slug(view, level)
    if wanted.chart and level is not None:
        plain = plain.replace(f"_{level.value}_", f"_{wanted.chart}_")
    name = f"{_title(view, city, map_values(view, city), wanted.chart)} {period_name(view.lang, view.period)}"
    return name, f"{plain}_{wanted.size}"
