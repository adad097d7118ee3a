"""What frames the comparison: the choice of A and B, the modes, notes, legend and closing lines; all of it links."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from dash import dcc, html

from geodata.city import CityData
from geodata.vocabulary import Period, PeriodKind, PlaceLevel
from geodata.written import whole
from layers.compare.names import side_name, sub_name, subject_name, view_name
from layers.compare.pair import Difference, Pair, Side, why_no_difference
from layers.compare.payload import difference_palette
from layers.compare.small import SmallMaps
from layers.compare.view import MAP_MODES, MODES, SMALL, CompareView, earlier
from layers.maps.circles import circle_row
from layers.maps.legend import closing_line, palette, rate_unit
from layers.maps.schemes import way_name, way_of
from layers.maps.values import MapValues
from layers.panels.filters import filter_chips
from layers.panels.frame import method_view
from layers.style import aria
from layers.text import kind_name, level_name, period_name, text
from layers.view import TOTAL, ViewState, city_of, shown_level, with_kind

Part = Any
MOST_PLACES = 400
"""Places offered in one group of the menu."""
MOST_PERIODS = 36
FEW_PLACES = 40
"""So many places or fewer have the numbers of small maps open below them: they fill the room that the maps leave."""
MODE_NAMES = {
    "side": "cmp_mode_side",
    "swipe": "cmp_mode_swipe",
    "difference": "cmp_mode_difference",
    "multiples": "cmp_mode_multiples",
    "ranking": "cmp_mode_ranking",
    "slope": "cmp_mode_slope",
    "reasons": "cmp_mode_reasons",
}
SMALL_NAMES = {"months": "cmp_of_months", "subs": "cmp_of_subs"}
NOTES = {
    "unequal": "cmp_unequal",
    "bands_differ": "cmp_bands_differ",
    "methods_differ": "cmp_methods_differ",
    "levels_differ": "cmp_levels_differ",
    "lengths_differ": "cmp_lengths_differ",
    "pooled_differ": "cmp_pooled_differ",
    "not_same_places": "cmp_not_same_places",
    "same_views": "cmp_same_views",
    "not_same_measure": "cmp_not_same_measure",
    "not_same_length": "cmp_not_same_length",
    "not_whole": "cmp_not_whole",
}
SAME_PLACES = ("difference", "slope")
"""Modes in which A and B must show the same places."""


def topbar(view: CompareView, city: CityData) -> list[Part]:
    """Return brand, where one is, the ways back to the map, theme and language."""
    lang, projector = view.lang, view.theme == "projector"
    other = "zh" if lang == "en" else "en"
    method = method_view(view.a).href()
    tools: list[Part] = [
        html.A(text(lang, "cmp_map_a"), href=view.a.href(), className="back"),
        html.A(text(lang, "cmp_map_b"), href=view.b.href(), className="back"),
    ]
    if not projector:
        tools.append(html.A(text(lang, "method"), href=method, className="data"))
    theme = view.both(theme="light" if projector else "projector")
    tools += [
        dcc.Link(text(lang, "projector_off" if projector else "projector"), href=theme.href(), className="theme"),
        dcc.Link(
            text(lang, "language"),
            href=view.both(lang=other).href(),
            className="lang",
            title=text(lang, "language_label"),
        ),
    ]
    crumbs = [
        html.Span(city.city.in_language(lang), className="crumb"),
        html.Span(text(lang, "compare_page"), className="crumb here", **aria(current="page")),
    ]
    return [
        html.H1(text(lang, "brand"), className="brand"),
        html.Nav(crumbs, className="crumbs", **aria(label=text(lang, "crumbs_nav"))),
        html.Div(tools, className="tools"),
    ]


def chips(view: CompareView, city: CityData) -> list[Part]:
    """Return one chip for everything that A and B keep to alike; each link takes its part back."""
    lang, a = view.lang, view.a
    found: list[tuple[str, CompareView]] = []
    if a.indicator or a.incident_type:
        found.append((subject_name(a, city.at(a.period)), view.both(indicator="", incident_type="")))
    found += [(words, view.both(filters=without.filters)) for words, without in filter_chips(a)]
    if a.measure != "score":
        found.append((text(lang, a.measure), view.both(measure="score")))
    if a.scheme:
        way = way_of(a)
        found.append((text(lang, "chip_scheme", way=way_name(lang, way, way.k)), view.both(scheme="", classes=())))
    if a.weights:
        found.append((text(lang, "chip_weights"), view.both(weights=())))
    return [
        dcc.Link(
            [html.Span(words), html.Span("×", className="x", **aria(hidden="true"))],
            href=target.but(page=1).href(),
            className="chip",
            title=text(lang, "remove"),
        )
        for words, target in found
    ]


# --- the choice of A and B ---


def chooser(view: CompareView, city: CityData) -> list[Part]:
    """Return the choice of place, period and sub-index of A and of B, and the exchange of both."""
    label = text(view.lang, "cmp_swap")
    swap = dcc.Link(
        [html.Span("⇄", **aria(hidden="true")), html.Span(label, className="offstage")],
        href=view.swapped().href(),
        className="swap",
        title=label,
    )
    return [_side(view, "a", city), swap, _side(view, "b", city)]


def _side(view: CompareView, letter: str, city: CityData) -> html.Section:
    lang = view.lang
    parts = [_places(view, letter, city), _periods(view, letter, city), _sub_indices(view, letter, city)]
    return html.Section(
        [html.B(letter.upper(), className=f"badge {letter}"), *parts],
        className=f"choice-of {letter}",
        **aria(label=text(lang, "cmp_choice", side=letter.upper())),
    )


def _menu(view: CompareView, key: str, label: str, chosen: str, content: Sequence[Part]) -> html.Details:
    summary = html.Summary([html.Small(label), html.Span(chosen)])
    return html.Details(
        [summary, html.Div(list(content), className="menu")], className="choice", key=f"{key}|{view.search()}"
    )


def _option(label: str, target: CompareView, *, on: bool = False) -> dcc.Link:
    return dcc.Link(label, href=target.href(), className="on" if on else "")


def _places(view: CompareView, letter: str, city: CityData) -> html.Details:
    """Offer the places that hold the current one, those beside it, and those inside."""
    side: ViewState = getattr(view, letter)
    here = city.find(side.place)
    groups: list[tuple[str, list[Any]]] = [("cmp_above", city.lineage(here)[:-1])]
    groups.append(("cmp_beside", [city.place(row) for row in city.siblings(here).tolist()[:MOST_PLACES]]))
    for level in city.levels_below(here)[:2]:
        if level is PlaceLevel.GRID_CELL:
            continue
        inside = [city.place(row) for row in city.members(level, here).tolist()]
        if len(inside) <= MOST_PLACES:
            groups.append((f"level {level.value}", inside))
    content: list[Part] = []
    for key, places in groups:
        if not places:
            continue
        head = level_name(view.lang, PlaceLevel(key[6:])) if key.startswith("level ") else text(view.lang, key)
        content.append(html.Strong(head))
        for place in places:
            target = view.side(letter, place=place.token, level=None)
            if letter == "a" and view.b.place == view.a.place and view.b.period != view.a.period:
                target = target.side("b", place=place.token, level=None)  # B was the same place at another time
            content.append(_option(place.in_language(view.lang), target, on=place.token == side.place))
    return _menu(view, f"place {letter}", text(view.lang, "cmp_place"), here.in_language(view.lang), content)


def _periods(view: CompareView, letter: str, city: CityData) -> html.Div:
    """Return the period with a step to both sides, and a menu of all of its kind and of the other kinds."""
    side: ViewState = getattr(view, letter)
    lang, period = view.lang, side.period
    steps = []
    for sign, other, key in (("◀", period.previous(), "previous_period"), ("▶", period.next(), "next_period")):
        label = f"{letter.upper()} {text(lang, key)}"
        steps.append(
            dcc.Link(sign, href=view.side(letter, period=other).href(), className="step", title=label)
            if city.offers(other)
            else html.Span(sign, className="step off", **aria(disabled="true"))
        )
    content: list[Part] = []
    if letter == "b":
        content += _against_a(view, city)
    kinds = [kind for kind in city.period_kinds if kind is not PeriodKind.RANGE]
    content.append(
        html.Div(
            [
                _option(kind_name(lang, kind), _with_kind(view, letter, kind, city), on=kind is period.kind)
                for kind in kinds
            ],
            className="kinds",
        )
    )
    offered = _offered(period, city)
    content += [_option(period_name(lang, each), view.side(letter, period=each), on=each == period) for each in offered]
    menu = _menu(view, f"period {letter}", text(lang, "cmp_period"), period_name(lang, period), content)
    return html.Div([steps[0], menu, steps[1]], className="stepper")


def _with_kind(view: CompareView, letter: str, kind: PeriodKind, city: CityData) -> CompareView:
    """Change the kind of a side's period; A takes B along, so that both stay as long."""
    target = view.side(letter, period=with_kind(getattr(view, letter), kind, city).period)
    if letter == "b" or view.b.period == view.a.period:
        return target
    return target.side("b", period=earlier(target.a.period, city))


def _offered(period: Period, city: CityData) -> list[Period]:
    """Return the last periods of a kind, the newest first, and the current one whatever its age."""
    found = city.recent_periods(city.latest_period(period.kind) or period, MOST_PERIODS)[::-1]
    return found if period in found else [*found, period]


def _against_a(view: CompareView, city: CityData) -> list[Part]:
    """Offer B's usual periods: the same as A, a year before, the one before."""
    period = view.a.period
    offered = (
        ("compare_year_ago", period.year_ago()),
        ("compare_previous", period.previous()),
        ("cmp_same_period", period),
    )
    return [
        _option(
            f"{text(view.lang, key)}{text(view.lang, 'cmp_colon')}{period_name(view.lang, each)}",
            view.side("b", period=each),
            on=each == view.b.period,
        )
        for key, each in offered
        if city.offers(each)
    ]


def _sub_indices(view: CompareView, letter: str, city: CityData) -> html.Details:
    side: ViewState = getattr(view, letter)
    names = [TOTAL, *(sub.id for sub in city.method.sub_indices)]
    seen = city_of(side, city)
    all_types = view.both(indicator="", incident_type="")  # a type is counted whatever the sub-index
    content = [
        _option(
            sub_name(name, seen, view.lang),
            all_types.side(letter, sub_index=name),
            on=name == side.sub_index and all_types == view,
        )
        for name in names
    ]
    chosen = subject_name(side, seen)
    return _menu(view, f"sub {letter}", text(view.lang, "cmp_sub"), chosen, content)


# --- modes ---


def modes(view: CompareView, city: CityData, both: Pair) -> list[Part]:
    """Return the modes, the levels that may be shown, and what small maps differ in."""
    lang = view.lang
    links: list[Part] = []
    for mode in MODES:
        name = text(lang, MODE_NAMES[mode])
        if mode in SAME_PLACES and not both.same_places:
            why = text(lang, "cmp_not_same_places")
            links.append(html.Span(name, className="off", title=why, **aria(disabled="true")))
        else:
            links.append(dcc.Link(name, href=view.but(mode=mode, page=1).href(), className=_on(mode == view.mode)))
    parts: list[Part] = [html.Nav(links, className="switch modes", **aria(label=text(lang, "cmp_modes")))]
    if view.mode == "multiples":
        of = [
            dcc.Link(text(lang, SMALL_NAMES[each]), href=view.but(of=each).href(), className=_on(each == view.of))
            for each in SMALL
        ]
        parts.append(html.Nav(of, className="switch", **aria(label=text(lang, "cmp_of"))))
    if view.mode != "reasons":
        parts += _levels(view, city)
    return parts


def _levels(view: CompareView, city: CityData) -> list[Part]:
    below = city.levels_below(city.find(view.a.place))
    shown = shown_level(view.a, city)
    if len(below) < 2:
        return []
    links = [
        dcc.Link(
            level_name(view.lang, level),
            href=view.both(level=None if level is below[0] else level).but(page=1).href(),
            className=_on(level is shown),
        )
        for level in below
        if level is not PlaceLevel.GRID_CELL or view.mode in MAP_MODES
    ]
    return [html.Nav(links, className="switch", **aria(label=text(view.lang, "level_nav")))]


def _on(chosen: bool) -> str:
    return "on" if chosen else ""


# --- notes, heads, legend, closing lines ---


def notes(view: CompareView, city: CityData, both: Pair) -> list[Part]:
    """Say what cannot be compared, or only with care, in plain sentences; and what could be compared instead."""
    lang = view.lang
    said: list[str] = []
    if view.mode in MAP_MODES:
        said += [text(lang, NOTES[each], **_note_words(view, both)) for each in both.notes]
    why = why_no_difference(both) if view.mode in SAME_PLACES else ""
    if why:
        said = [text(lang, NOTES[why])]
    for letter, side in (("A", both.a), ("B", both.b)):
        if not city.is_whole(side.view.period):
            period = period_name(lang, side.view.period)
            said.append(text(lang, "cmp_partial", side=letter, period=period))
    parts: list[Part] = [html.P(each, className="notice", role="note") for each in dict.fromkeys(said)]
    if why and (instead := _instead(view, city)) is not None:
        parts.append(html.P(instead, className="mend"))
    return parts


def _instead(view: CompareView, city: CityData) -> dcc.Link | None:
    """Offer A's place at a whole period and the usual one before it."""
    period = view.a.period
    if not city.is_whole(period):
        period = city.latest_period(period.kind) or period
    before = earlier(period, city)
    if before == period:
        return None
    a = view.a.but(period=period)
    place = city.find(a.place).in_language(view.lang)
    names = {"a": f"{place} {period_name(view.lang, period)}", "b": period_name(view.lang, before)}
    target = view.but(a=a, b=a.but(period=before))
    return dcc.Link(text(view.lang, "cmp_mend", **names), href=target.href(), className="button")


def _note_words(view: CompareView, both: Pair) -> dict[str, str]:
    lang = view.lang
    words = {"a_level": level_name(lang, both.a.values.level), "b_level": level_name(lang, both.b.values.level)}
    words |= {f"{k}_measure": _measure_words(side, lang) for k, side in (("a", both.a), ("b", both.b))}
    return words | {"a_method": both.a.city.method.version, "b_method": both.b.city.method.version}


def _measure_words(side: Side, lang: str) -> str:
    values = side.values
    name = text(lang, "score_pooled" if values.pooled else values.measure)
    return name if not values.per else text(lang, "cmp_measure_per", measure=name, unit=rate_unit(lang, values.per))


def head(letter: str, side: Side) -> list[Part]:
    """Return the heading of a map: A or B, and what is seen."""
    return [html.B(letter.upper(), className=f"badge {letter}"), html.Span(view_name(side.view, side.city))]


def difference_head(both: Pair, changed: Difference, lang: str) -> list[Part]:
    """Return the heading of the map of differences, and how many of them are more than chance."""
    names = {"a": side_name(both.a, both), "b": side_name(both.b, both)}
    n, sure = (int(which.sum()) for which in (changed.klass >= 0, changed.sure))
    said = text(lang, "cmp_slope_said", n=whole(n), sure=whole(sure))
    return [html.Span(text(lang, "cmp_difference_head", **names)), html.Small(said)]


def under(letter: str, side: Side, lang: str) -> list[Part]:
    """Return what stands under a map: the line that closes its numbers, and its table."""
    line = closing_line(side.view, side.city, side.values)
    return [
        html.P(f"{letter.upper()}{text(lang, 'cmp_colon')}{line}", className="closing"),
        *table_of(letter, text(lang, "cmp_table", side=letter.upper())),
    ]


def table_of(what: str, title: str, *, unfolded: bool = False) -> list[Part]:
    """Return a table, folded unless told otherwise, that the browser fills with the numbers of a map."""
    marks: Any = {"data-table": what}
    return [html.Details([html.Summary(title), html.Div(**marks)], className="as-table", open=unfolded)]


def small_section(view: CompareView, both: Pair, small: SmallMaps) -> list[Part]:
    """Return a link with a picture for each small map, their table, and the line that closes A."""
    lang = view.lang
    items = []
    for k, each in enumerate(small.maps):
        target = view.but(a=view.a.but(period=each.view.period, sub_index=each.view.sub_index))
        marks: Any = {"data-small": str(k)}
        picture = html.Canvas(**marks, **aria(hidden="true"))
        caption: list[Part] = [html.Span(each.name, className="name")]
        if each.empty:
            caption.append(html.Small(text(lang, "cmp_small_empty")))
        link = dcc.Link([picture, *caption], href=target.href(), className=f"small-map {_on(each.on)}".strip())
        items.append(html.Li(link))
    line = closing_line(both.a.view, both.a.city, both.a.values)
    few = len(both.a.values.rows) <= FEW_PLACES and view.theme != "projector"
    parts = [
        html.Ul(items, className="small-maps"),
        *_without(view, small),
        html.P(f"A{text(lang, 'cmp_colon')}{line}", className="closing"),
        *table_of("small", text(lang, "cmp_table_small"), unfolded=few),
    ]
    return [html.Div(parts, className="small-section", key="small")]


def _without(view: CompareView, small: SmallMaps) -> list[Part]:
    """Name what has no picture; each is a link, as a picture is."""
    if not small.empty:
        return []
    links = [
        dcc.Link(each.name, href=view.but(a=view.a.but(sub_index=each.view.sub_index)).href()) for each in small.empty
    ]
    return [html.P([html.Span(text(view.lang, "cmp_small_without")), *links], className="without")]


def closing_of_both(both: Pair, lang: str) -> list[Part]:
    """Return the closing lines of A and B."""
    return [
        html.P(
            f"{letter}{text(lang, 'cmp_colon')}{closing_line(side.view, side.city, side.values)}", className="closing"
        )
        for letter, side in (("A", both.a), ("B", both.b))
    ]


def head_row(heads: Sequence[str], numbers: Collection[int]) -> html.Thead:
    """Return the head of a table; `numbers` are the columns that hold numbers."""
    cells = [html.Th(each, scope="col", className="number" if k in numbers else "") for k, each in enumerate(heads)]
    return html.Thead(html.Tr(cells))


def legend(both: Pair, lang: str) -> list[Part]:
    """Return the scale of A and B with the places of each class; two where they could not be made equal."""
    a, b = both.a, both.b
    if not both.equal:
        return [_scale(palette(s.view, s.values), [(n, s.values)], s, lang, n) for n, s in (("A", a), ("B", b))]
    return [_scale(palette(a.view, a.values), [("A", a.values), ("B", b.values)], a, lang)]


def _scale(
    looks: list[dict[str, str]], counted: list[tuple[str, MapValues]], side: Side, lang: str, letter: str = ""
) -> html.Div:
    items = []
    for k, look in enumerate(looks):
        numbers = [(name, int((values.klass == k).sum())) for name, values in counted]
        items.append(_class(look["fill"], look["ink"], look["mark"], look["word"], numbers, lang))
    missing = [(name, int((values.klass < 0).sum())) for name, values in counted]
    items.append(_hatch("hatch", text(lang, "no_data"), missing, lang))
    circled = side.values.measure == "count"
    key = "cmp_scale_circles" if circled else "cmp_scale_own" if letter else "cmp_scale"
    title = text(lang, key, measure=_measure_words(side, lang))
    circles = [circle_row(side.view, side.values)] if circled else []
    return html.Div([html.H2(f"{letter} {title}".strip()), *circles, html.Ul(items)], className="scale")


def difference_legend(changed: Difference, both: Pair, lang: str) -> list[Part]:
    """Return the scale of differences: classes from better to worse; what may be chance is pale, or a hollow circle."""
    looks = difference_palette(changed, lang)
    later = both.a.view.period.start > both.b.view.period.start
    ends = ("cmp_better", "cmp_worse") if later else ("cmp_better_a", "cmp_worse_a")
    items = []
    for k, look in enumerate(looks):
        word = look["word"]
        if k in (0, len(looks) - 1):
            word = f"{text(lang, ends[k > 0])} {word}"
        n = int((changed.klass == k).sum())
        items.append(_class(look["fill"], look["ink"], "", word, [("", n)], lang))
    known, circled = changed.klass >= 0, both.a.values.measure == "count"
    items.append(_hatch("unsure", text(lang, "not_sure"), [("", int((known & ~changed.sure).sum()))], lang))
    items.append(_hatch("hatch", text(lang, "no_data"), [("", int((~known).sum()))], lang))
    key = "cmp_difference_circles" if circled else "cmp_difference_scale"
    title = text(lang, key, measure=_measure_words(both.a, lang))
    return [html.Div([html.H2(title), html.Ul(items)], className="scale circled" if circled else "scale")]


def small_legend(view: CompareView, both: Pair, small: SmallMaps) -> list[Part]:
    """Return the scale that all small maps share."""
    lang = view.lang
    looks = palette(view.a, small.values)
    items: list[Part] = [_class(look["fill"], look["ink"], look["mark"], look["word"], [], lang) for look in looks]
    items.append(_hatch("hatch", text(lang, "no_data"), [], lang))
    side = Side(both.a.view, both.a.city, small.values)
    circled = small.values.measure == "count"
    title = text(lang, "cmp_scale_circles" if circled else "cmp_shared_scale", measure=_measure_words(side, lang))
    return [html.Div([html.H2(title), html.Ul(items)], className="scale")]


def _class(fill: str, ink: str, mark: str, word: str, numbers: list[tuple[str, int]], lang: str) -> html.Li:
    swatch = html.I(mark, className="swatch", style={"background": fill, "color": ink})
    return html.Li([swatch, html.Span(word, className="word"), *_numbers(numbers, lang)])


def _hatch(kind: str, word: str, numbers: list[tuple[str, int]], lang: str) -> html.Li:
    return html.Li(
        [html.I(className=f"swatch {kind}"), html.Span(word, className="word"), *_numbers(numbers, lang)],
        className="nodata",
    )


def _numbers(numbers: list[tuple[str, int]], lang: str) -> list[Part]:
    return [html.Span(f"{name} {text(lang, 'places_n', n=whole(n))}".strip(), className="n") for name, n in numbers]


def foot(view: CompareView, city: CityData) -> list[Part]:
    """Return what the numbers rest on."""
    lang = view.lang
    as_of = text(lang, "as_of", day=city.data_as_of.isoformat() if city.data_as_of else "—")
    parts = [as_of]
    if view.theme != "projector":
        versions = dict.fromkeys(city_of(each, city).method.version for each in (view.a, view.b))
        parts += [text(lang, "method_version", version=version) for version in versions]
        parts.append(text(lang, "boundary_version", version=city.boundary_version[:8]))
    if city.settings.simulated:
        parts.append(text(lang, "simulated_short"))
    return [html.Span(part) for part in parts]


def may_differ(view: CompareView) -> bool:
    """Say whether the mode tells a difference: A and B are then judged by one method."""
    return view.mode in SAME_PLACES
