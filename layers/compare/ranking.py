"""The places of A in order: score with its interval, tier, change, and how it stands among places of its size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from dash import html
from scipy import special

from geodata.city import CityData
from geodata.classes import rate_denominator
from geodata.index.score import HIGH, LOW
from geodata.ranking import DRAWS, DRAWS_OF_MANY, MANY, Ranking, rank_places
from geodata.vocabulary import PeriodKind
from geodata.written import decimal, signed, whole
from layers.compare.frame import head_row
from layers.compare.pair import Side
from layers.compare.peers import Peers, peers
from layers.compare.view import CompareView
from layers.maps.legend import closing_line, rate_unit
from layers.maps.values import MapValues, map_values, printed
from layers.method.parts import band_chip
from layers.method.ranks import interval_bar, rank_words, tier_row
from layers.method.view import MOST_PLACES
from layers.paging import pages
from layers.style import arrow, known
from layers.text import level_name, period_name, text
from layers.view import TOTAL, city_of, shown_level

Part = Any
Values = npt.NDArray[np.float64]
PLACES_A_PAGE = 50
PEERS = ("cmp_peer_worse", "cmp_peer_better")
SIZES = ("cmp_size_0", "cmp_size_1", "cmp_size_2")


@dataclass(frozen=True)
class Middle:
    """The middle place of a group of peers."""

    value: float
    """NaN = nothing is known of the group."""
    low: float
    high: float
    at: int
    """Where it stands among all places of the level."""


@dataclass(frozen=True)
class Ranked:
    """The places of A in their order, and what is known of each; arrays in the order of `side.values.rows`."""

    side: Side
    order: npt.NDArray[np.intp]
    low: Values
    high: Values
    digits: int
    ranking: Ranking | None
    """Ranks of all places of the level in the city; None where there are none: of rates, sub-indices, single days."""
    before: Ranking | None
    """The same in the period before."""
    position: npt.NDArray[np.intp]
    """Where each place stands in `ranking` and `peers`."""
    peers: Peers | None
    middle: tuple[Middle, ...]
    """The middle place of each group of `peers`."""


def ranked(view: CompareView, city: CityData) -> Ranked:
    """Put the places of A in order: the safest first."""
    then = city_of(view.a, city)
    seen = view.a.but(compare="previous")
    values = map_values(seen, then)
    side = Side(seen, then, values)
    position = np.searchsorted(then.members(values.level, then.city), values.rows)
    score = values.measure == "score"
    low, high = (values.low, values.high) if score else count_interval(side, position)
    few = view.theme == "projector"  # seen from afar: the order, and what moved
    ranking = before = None
    if score and view.a.sub_index == TOTAL and view.a.period.kind is not PeriodKind.DAY:
        n = len(then.members(values.level, then.city))
        if 1 < n <= MOST_PLACES:
            draws = DRAWS if n <= MANY else DRAWS_OF_MANY
            ranking = rank_places(then, values.level, view.a.period, draws=draws)
            if not few and then.comparable(view.a.period, view.a.period.previous()):
                before = rank_places(then, values.level, view.a.period.previous(), draws=draws)
    groups = None if few else peers(then, values.level, view.a.period)
    best_first = np.where(np.isfinite(values.value), -values.value if score else values.value, np.inf)
    return Ranked(
        side=side,
        order=np.argsort(best_first, kind="stable"),
        low=np.asarray(low),
        high=np.asarray(high),
        digits=values.digits,
        ranking=ranking,
        before=before,
        position=position,
        peers=groups,
        middle=() if groups is None else _middle(side, groups),
    )


def _middle(side: Side, groups: Peers) -> tuple[Middle, ...]:
    """Return the middle place of each group; of an even number the lower one."""
    view = side.view.but(place="", level=side.values.level)
    whole_level = Side(view, side.city, map_values(view, side.city))
    values = whole_level.values
    low, high = values.low, values.high
    if low is None or high is None:
        low, high = count_interval(whole_level, np.arange(len(values.rows)))
    found = []
    for group in range(len(groups.ends)):
        inside = np.flatnonzero((groups.group == group) & np.isfinite(values.value))
        if len(inside) == 0:
            found.append(Middle(np.nan, np.nan, np.nan, -1))
            continue
        k = int(inside[np.argsort(values.value[inside], kind="stable")][(len(inside) - 1) // 2])
        found.append(Middle(float(values.value[k]), float(low[k]), float(high[k]), k))
    return tuple(found)


def count_interval(side: Side, position: npt.NDArray[np.intp]) -> tuple[Values, Values]:
    """Return the 90 % interval of rates or counts that chance alone leaves (Garwood), NaN where a value is missing."""
    values = side.values
    n = values.counted.places.to_numpy().astype(np.float64)
    per = np.ones(len(n))
    if values.measure == "rate":
        per = rate_denominator(side.city, values.level, side.view.period)[position]
    low = np.where(n > 0, special.gammaincinv(np.maximum(n, 1), LOW), 0.0)
    ends = (low / per, special.gammaincinv(n + 1, HIGH) / per)
    missing = ~np.isfinite(values.value)
    return np.where(missing, np.nan, ends[0]), np.where(missing, np.nan, ends[1])


def ranking_section(view: CompareView, city: CityData) -> html.Section:
    """Return the table of the places of A, with what it rests on."""
    found, lang = ranked(view, city), view.lang
    side, values = found.side, found.side.values
    level = level_name(lang, values.level)
    title = text(lang, "cmp_ranking_title", level=level, period=period_name(lang, side.view.period))
    start = (view.page - 1) * PLACES_A_PAGE
    chosen = found.order[start : start + PLACES_A_PAGE]
    if len(chosen) == 0:
        start, chosen = 0, found.order[:PLACES_A_PAGE]
    closing = closing_line(side.view, side.city, values)
    return html.Section(
        [
            html.H2([title, html.Small(_measure(found, lang))]),
            *[html.P(line, className="prose muted") for line in _lead(view, found)],
            _table(view, found, chosen),
            pages(
                view.lang, start, len(chosen), len(found.order), PLACES_A_PAGE, lambda page: view.but(page=page).href()
            ),
            *_help(found, lang),
            html.P(f"A{text(lang, 'cmp_colon')}{closing}", className="closing"),
        ],
        className="card ranking",
        key=view.search(),
    )


def _help(found: Ranked, lang: str) -> list[Part]:
    """Say why a score may stand at an end of its interval."""
    if found.side.values.measure != "score":
        return []
    return [html.Details([html.Summary(text(lang, "why_help")), html.P(text(lang, "interval_why"))], className="help")]


def _measure(found: Ranked, lang: str) -> str:
    values = found.side.values
    if values.measure == "score":
        return text(lang, "score_pooled" if values.pooled else "score")
    name = text(lang, values.measure)
    return f"{name} {rate_unit(lang, values.per)}" if values.per else name


def _lead(view: CompareView, found: Ranked) -> list[str]:
    """Say what the order means, and what it does not."""
    lang, side = view.lang, found.side
    words = {"level": level_name(lang, side.values.level)}
    if found.ranking is not None:
        lines = [text(lang, "cmp_rank_lead", n=whole(found.ranking.n_ranked), **words)]
        if found.ranking.n_ranked and found.ranking.tier.max() == 1:
            lines.append(text(lang, "cmp_rank_one_tier"))
    else:
        lines = [text(lang, "cmp_rank_none" if side.values.measure == "score" else "cmp_rank_rate", **words)]
    if found.peers is not None:
        lines.append(text(lang, "cmp_peers_lead", **words))
    elif view.theme != "projector" and shown_level(side.view, side.city) is not None:
        lines.append(text(lang, "cmp_peers_none"))
    return lines


def _table(view: CompareView, found: Ranked, chosen: Sequence[int] | npt.NDArray[np.intp]) -> html.Div:
    lang, ends = view.lang, scale_ends(found)
    digits = found.digits
    heads = [text(lang, "rank")] if found.ranking is not None else []
    heads += [text(lang, "name"), _measure(found, lang)]
    heads.append(text(lang, "cmp_interval_scale", low=decimal(ends[0], digits), high=decimal(ends[1], digits)))
    if found.side.values.measure == "score":
        heads.append(text(lang, "band"))
    heads.append(text(lang, "cmp_change_before"))
    if found.before is not None:
        heads.append(text(lang, "cmp_rank_before"))
    if found.peers is not None:
        heads.append(text(lang, "cmp_peers"))
    rows: list[html.Tr] = []
    tier = -1
    for k in (int(k) for k in chosen):
        if found.ranking is not None:
            ranking, own = found.ranking, int(found.ranking.tier[found.position[k]])
            if own != tier:
                tier = own
                rows.append(tier_row(tier, int((ranking.tier[found.position] == tier).sum()), lang, len(heads)))
        rows.append(_row(view, found, k, ends))
    table = html.Table([head_row(heads, {1 + (found.ranking is not None)}), html.Tbody(rows)], className="ranks")
    return html.Div(table, className="table", tabIndex="0")


def scale_ends(found: Ranked) -> tuple[float, float]:
    """Return the ends of the scale on which intervals are drawn."""
    if not np.isfinite(found.low).any():
        return 0.0, 1.0
    low, high = float(np.nanmin(found.low)), float(np.nanmax(found.high))
    if found.side.values.measure == "score":
        return max(float(np.floor(low)) - 1, 0.0), min(float(np.ceil(high)) + 1, 100.0)
    return 0.0, high


def _row(view: CompareView, found: Ranked, k: int, ends: tuple[float, float]) -> html.Tr:
    lang, values, at = view.lang, found.side.values, int(found.position[k])
    place = found.side.city.place(int(values.rows[k]))
    name = html.A(place.in_language(lang), href=view.a.but(place=place.token, level=None).href())
    cells: list[Part] = []
    if found.ranking is not None:
        cells.append(html.Td(rank_words(found.ranking, at, lang), className="span"))
    cells.append(html.Th(name, scope="row"))
    value = float(printed(values.value[k], values, found.side.city))
    if not known(value):
        return html.Tr([*cells, html.Td(text(lang, "missing"), colSpan=6, className="muted")], className="missing")
    cells.append(html.Td(decimal(value, found.digits), className="number"))
    bar = interval_bar(float(values.value[k]), float(found.low[k]), float(found.high[k]), *ends)
    span = f"{decimal(float(found.low[k]), found.digits)}–{decimal(float(found.high[k]), found.digits)}"
    cells.append(html.Td(html.Div([html.Small(span), bar]), className="interval"))
    if values.measure == "score":
        cells.append(html.Td(band_chip(lang, int(values.klass[k])), className="band"))
    cells.append(html.Td(_change(values, k, found.digits, lang), className="moved", **_head("cmp_change_before", lang)))
    if found.before is not None:
        rank = rank_words(found.before, at, lang)
        cells.append(html.Td(rank, className="span before muted", **_head("cmp_rank_before", lang)))
    if found.peers is not None:
        cells.append(html.Td(_among_peers(found, k, lang), className="peers", **_head("cmp_peers", lang)))
    return html.Tr(cells)


def _head(key: str, lang: str) -> dict[str, Any]:
    """Return what a cell is of, for narrow windows in which no head stands above it."""
    return {"data-head": text(lang, key)}


def _change(values: MapValues, k: int, digits: int, lang: str) -> list[Part]:
    """Return the change against the period before: a filled arrow only where it is more than chance."""
    change, sure = float(values.change[k]), bool(values.sure[k])
    if not known(change):
        return [html.Span("—", className="muted")]
    if not round(change, digits):
        return [html.Span(text(lang, "no_change"), className="muted")]
    words = html.Small(text(lang, "sure" if sure else "not_sure"), className="" if sure else "muted")
    return [html.Span(f"{_arrow(change, sure)} {signed(change, digits)}"), words]


def _arrow(change: float, sure: bool) -> str:
    """Return an arrow of a change however small it is."""
    return arrow(1.0 if change > 0 else -1.0, sure)


def _among_peers(found: Ranked, k: int, lang: str) -> list[Part]:
    """Tell a place from the middle one of the places of its size."""
    groups, values = found.peers, found.side.values
    group = -1 if groups is None else int(groups.group[found.position[k]])
    if groups is None or group < 0:
        return [html.Span("—", className="muted")]
    middle, name = found.middle[group], text(lang, SIZES[group])
    low, high = (whole(round(end, -2)) for end in groups.ends[group])
    title = text(lang, "cmp_size_of", size=name, low=low, high=high)
    if not known(middle.value):
        return [html.Span(name, title=title)]
    apart = told_apart(found, k, middle)
    higher = values.value[k] > middle.value
    key = "cmp_peer_alike" if not apart else PEERS[bool(higher == (values.measure == "score"))]
    told = text(lang, "cmp_peer_median", size=name, median=decimal(middle.value, found.digits))
    return [html.Span(told, title=title), html.Small(text(lang, key), className="" if apart else "muted")]


def told_apart(found: Ranked, k: int, middle: Middle) -> bool:
    """Say whether a place differs from the middle one of its peers: their spans of ranks, or intervals, do not meet."""
    if found.ranking is None:
        return bool(found.low[k] > middle.high or found.high[k] < middle.low)
    best, worst, here, there = found.ranking.best, found.ranking.worst, int(found.position[k]), middle.at
    return bool(worst[here] < best[there] or best[here] > worst[there])
