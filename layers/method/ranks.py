"""Places in order, in tiers, with the spans that their ranks may well have; and the funnel of one indicator."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from dash import dcc, html

from geodata.city import CityData
from geodata.index.ranks import UNRANKED
from geodata.ranking import DRAWS, DRAWS_OF_MANY, MANY, Ranking, place_funnel, rank_places
from geodata.worked import worked_score
from geodata.written import decimal, whole
from layers.charts.funnel import SURE, funnel_figure
from layers.method import ids
from layers.method.parts import GRAPH, Part, band_chip, joined, level_words, name_of, section, switch
from layers.method.view import PLACES_A_PAGE, MethodView, ranked_levels
from layers.paging import pages
from layers.text import level_name, period_name, text
from layers.view import ViewState

Values = npt.NDArray[np.float64]


def ranks_section(view: MethodView, city: CityData) -> html.Section:
    """Return the table of ranks of the view's level."""
    lang, title = view.lang, text(view.lang, "method_ranks")
    if view.period is None or view.level is None:
        return section("ranks", title, [html.P(text(lang, "method_no_data"), className="state")])
    ranking = rank_places(city, view.level, view.period, draws=draws_of(view, city))
    parts: list[Part] = [
        html.P(text(lang, "ranks_lead", draws=whole(draws_of(view, city))), className="prose"),
        html.P(text(lang, "ranks_read"), className="prose"),
        html.P(text(lang, "interval_why"), className="prose"),
        html.Div(
            [
                _levels(view, city),
                html.B(
                    text(
                        lang,
                        "ranks_title",
                        level=level_name(lang, view.level),
                        period=period_name(lang, view.period),
                    )
                ),
            ],
            className="choices",
        ),
    ]
    if ranking.n_ranked and ranking.tier.max() == 1:
        n = whole(ranking.n_ranked)
        parts.append(html.P(text(lang, "ranks_one_tier", n=n, level=level_words(lang, view.level)), className="said"))
    start = (view.page - 1) * PLACES_A_PAGE
    order = ranking.order
    chosen = order[start : start + PLACES_A_PAGE]
    if len(chosen) == 0:
        start, chosen = 0, order[:PLACES_A_PAGE]
    parts.append(rank_table(view, city, ranking, chosen))
    parts += [
        pages(view.lang, start, len(chosen), len(order), PLACES_A_PAGE, lambda page: view.but(page=page).href()),
        *_funnel(view, city),
    ]
    return section("ranks", title, parts)


def _funnel(view: MethodView, city: CityData) -> list[Part]:
    """Return the funnel of the indicator that the worked example is about."""
    lang, period, level = view.lang, view.period, view.level
    if period is None or level is None:
        return []
    worked = (
        None if view.indicator else worked_score(city, level, period, city.find(view.place) if view.place else None)
    )
    indicator = view.indicator or (worked.indicator.id if worked else "")
    funnel = place_funnel(city, level, period, indicator)
    if funnel is None:
        return []
    names = [city.place(int(row)).in_language(lang) for row in funnel.rows]
    title = next(name_of(each, lang) for each in city.method.indicators if each.id == indicator)
    words = level_words(lang, level)
    caption = text(lang, "funnel_caption", n=whole(len(names)), level=words, period=period_name(lang, period))
    said = [
        text(lang, key, names=joined([names[k] for k in np.flatnonzero(which).tolist()], lang))
        for key, which in (("funnel_high", funnel.outside >= SURE), ("funnel_low", funnel.outside <= -SURE))
        if which.any()
    ]
    figure = html.Figure(
        [
            dcc.Graph(id=ids.FUNNEL, figure=funnel_figure(funnel, names, lang), config=GRAPH, className="chart"),
            html.Small(caption, className="muted"),
        ],
        className="funnel",
    )
    return [
        html.H3(text(lang, "funnel", name=title)),
        html.P(text(lang, "funnel_text", level=words), className="prose"),
        figure,
        *[html.P(line, className="prose") for line in said or [text(lang, "funnel_none")]],
    ]


def draws_of(view: MethodView, city: CityData) -> int:
    """Return how many simulations ranks of the view's level rest on."""
    return DRAWS if view.level is None or len(city.members(view.level, city.city)) <= MANY else DRAWS_OF_MANY


def _levels(view: MethodView, city: CityData) -> Part:
    levels = ranked_levels(city)
    options = [
        (level_name(view.lang, level), view.but(level=level, place="", page=1), level is view.level) for level in levels
    ]
    return switch(options, text(view.lang, "level_nav")) if len(levels) > 1 else None


def rank_table(
    view: MethodView, city: CityData, ranking: Ranking, chosen: Sequence[int] | npt.NDArray[np.intp]
) -> Part:
    """List places under their tiers: span of ranks, name, score as a dot with its interval, band."""
    lang = view.lang
    floor, top = span_of(ranking)
    rows: list[html.Tr] = []
    scale = text(lang, "interval_scale", low=f"{floor:g}", high=f"{top:g}")
    heads = [*(text(lang, key) for key in ("rank", "name", "score")), scale, text(lang, "band")]
    tier = -1
    for k in chosen:
        if int(ranking.tier[k]) != tier:
            tier = int(ranking.tier[k])
            rows.append(tier_row(tier, int((ranking.tier == tier).sum()), lang, len(heads)))
        rows.append(_row(view, city, ranking, int(k), floor, top))
    body = html.Table(
        [html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])), html.Tbody(rows)], className="ranks"
    )
    return html.Div(body, className="table", tabIndex="0")


def span_of(ranking: Ranking) -> tuple[float, float]:
    """Return the ends of the scale on which scores are drawn, whole points."""
    if not ranking.n_ranked:
        return 0.0, 100.0
    low, high = float(np.nanmin(ranking.low)), float(np.nanmax(ranking.high))
    return max(np.floor(low) - 1, 0.0), min(np.ceil(high) + 1, 100.0)


def tier_row(tier: int, n: int, lang: str, columns: int) -> html.Tr:
    """Return the heading of a tier."""
    key = "tier_none" if tier == UNRANKED else "tier_of"
    return html.Tr(
        html.Th(text(lang, key, n=tier, places=whole(n)), colSpan=columns, scope="colgroup"), className="tier"
    )


def _row(view: MethodView, city: CityData, ranking: Ranking, k: int, floor: float, top: float) -> html.Tr:
    lang, place = view.lang, city.place(int(ranking.rows[k]))
    name: Part = place.in_language(lang)
    if view.period is not None:
        name = html.A(name, href=ViewState(period=view.period, place=place.token, lang=lang).href())
    if not np.isfinite(ranking.score[k]):
        return html.Tr([html.Td(""), html.Td(name), html.Td(text(lang, "missing"), colSpan=3)])
    score, low, high = (float(values[k]) for values in (ranking.score, ranking.low, ranking.high))
    return html.Tr(
        [
            html.Td(rank_words(ranking, k, lang), className="span"),
            html.Td(name),
            html.Td(decimal(score), className="number"),
            html.Td(interval_bar(score, low, high, floor, top)),
            html.Td(band_chip(lang, int(ranking.band[k]))),
        ]
    )


def rank_words(ranking: Ranking, k: int, lang: str) -> str:
    """Write the ranks that a place may well have: never one where others are possible."""
    if ranking.rank[k] == UNRANKED:
        return ""
    best, worst = int(ranking.best[k]), int(ranking.worst[k])
    return text(lang, "rank_single" if best == worst else "rank_span", best=best, worst=worst)


def interval_bar(score: float, low: float, high: float, floor: float, top: float) -> html.Span:
    """Draw a score as a dot on its 90 % interval."""
    scale = 100 / max(top - floor, 1e-9)
    left, width = (low - floor) * scale, (high - low) * scale
    return html.Span(
        [
            html.I(className="line", style={"left": f"{left:.1f}%", "width": f"{width:.1f}%"}),
            html.I(className="dot", style={"left": f"{(score - floor) * scale:.1f}%"}),
        ],
        className="interval-bar",
        title=f"{decimal(score)} ({decimal(low)}–{decimal(high)})",
    )
