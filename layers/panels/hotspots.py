"""The card of the pattern that lies on the map: where it is, who answers for it, and how sure it is."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from geodata.city import CityData
from geodata.patterns.emerging import Emergence
from geodata.patterns.near_repeat import KnoxTable
from geodata.spots.cells import Owner
from geodata.spots.clusters import Cluster, Clusters
from geodata.spots.density import Density
from geodata.spots.emerging import Emerging, EmergingSpot
from geodata.spots.foretold import Foretold, foretold
from geodata.spots.hotspots import Against, Hotspot, Hotspots
from geodata.spots.repeats import Repeats, corrected, supported
from geodata.vocabulary import PlaceLevel
from geodata.written import decimal, whole
from layers.elements import dcc, html
from layers.maps.patterns import (
    EMERGENCES,
    NBSP,
    Pattern,
    density_breaks,
    emergence_swatch,
    last_day,
    p_value,
    pattern_legend,
    pattern_of,
    short_day,
    unjudged,
)
from layers.maps.values import chosen_types
from layers.panels.incidents import where
from layers.panels.types import type_name
from layers.style import known
from layers.text import emergence_name, emergence_words, guard_words, layer_name, level_name, period_name, text
from layers.view import ViewState, drill

FIRST, LONGEST = 5, 30
"""Spots that are listed at once, and those listed at all."""
PROJECTED = 3
SERIES = 5
TOLD_REPEATS = 2
WINDOW_H = 4
LEAST_WITH_HOURS = 8
BUSY_SHARE = 1 / 3
"""Four hours are named when they hold at least this share: twice their part of the day."""
LEAST_USUAL = 0.5
"""Fewer expected incidents make no ratio."""
SURE, UNSURE = 0.001, 0.05
Counts = npt.NDArray[np.int64]


def pattern_parts(view: ViewState, city: CityData, folder: Path | None = None) -> tuple[list[Any], list[Any]]:
    """Return the card of a view's layer and the legend on the map; nothing of either without a layer."""
    if not view.layer:
        return [], []
    if why := unjudged(view):
        close = dcc.Link("×", href=view.but(layer="").href(), className="close", title=text(view.lang, "close"))
        lead = html.P(text(view.lang, why), className="lead")
        heading = html.H2([layer_name(view.lang, view.layer), close])
        return [html.Section([heading, lead], className=f"card pattern-card {view.layer}")], []
    found = pattern_of(view, city, folder)
    learnt = None
    if isinstance(found, Hotspots) and view.theme != "projector":
        learnt = foretold(city, last_day(view, city), chosen_types(view, city), folder=folder)
    return [pattern_card(view, city, found, learnt)], pattern_legend(view, found)


def pattern_card(view: ViewState, city: CityData, found: Pattern, learnt: Foretold | None = None) -> html.Section:
    """Tell of a pattern.

    Parameters
    ----------
    view, city
        What is looked at; the view has a layer.
    found
        The answer for the layer.
    learnt
        How well such hot spots foretell, to be told with hot spots.
    """
    told = _Told(view, city)
    match found:
        case _ if found.guard is not None:
            parts = [html.P(guard_words(view.lang, found.guard.value), className="lead")]
        case Hotspots():
            parts = [*told.hotspots(found), *told.learnt(learnt)]
        case Emerging():
            parts = told.emerging(found)
        case Clusters():
            parts = told.clusters(found)
        case Repeats():
            parts = told.repeats(found)
        case Density():
            parts = told.density(found)
    return html.Section([_heading(view, found), *parts], className=f"card pattern-card {view.layer}")


def _heading(view: ViewState, found: Pattern) -> html.H2:
    n = None
    if found.guard is None:
        match found:
            case Hotspots():
                n = len(found.hotspots)
            case Emerging():
                n = len(found.spots)
            case Clusters():
                n = len(found.found)
    counted = [] if n is None else [html.Small(text(view.lang, "spots_n", n=whole(n)))]
    close = dcc.Link("×", href=view.but(layer="").href(), className="close", title=text(view.lang, "close"))
    return html.H2([layer_name(view.lang, view.layer), *counted, close])


@dataclass(frozen=True)
class _Told:
    """The words of one view."""

    view: ViewState
    city: CityData

    def say(self, key: str, **values: object) -> str:
        return text(self.view.lang, key, **values)

    @property
    def projected(self) -> bool:
        return self.view.theme == "projector"

    def note(self, words: str) -> html.P:
        return html.P(words, className="muted note")

    def lead(self, words: str) -> html.P:
        return html.P(words, className="lead")

    @cached_property
    def _incidents(self) -> npt.NDArray[Any]:
        period = self.view.period
        return self.city.index.selected(period.start, period.end, types=chosen_types(self.view, self.city))

    @cached_property
    def _cells_of_incidents(self) -> npt.NDArray[Any]:
        """Return the row of the finest level's place of each incident."""
        index, depth = self.city.index, self.city.levels[-1].depth
        found: npt.NDArray[Any] = index.site_place[index.site[self._incidents], depth]
        return found

    # --- hot spots ---

    def hotspots(self, found: Hotspots) -> list[Any]:
        if not found.hotspots:
            return [self.lead(self._none_hot(found)), *self._about(found)]
        even = found.against is Against.EVEN
        items = [self._hotspot(found, spot, n, even=even) for n, spot in enumerate(found.hotspots[:LONGEST], 1)]
        return [*self._listed(items, len(found.hotspots)), *self._about(found)]

    def _none_hot(self, found: Hotspots) -> str:
        level = _level(self.view.lang, found.level)
        if not self.view.place:
            return self.say("none_hot", n=whole(found.incidents), level=level)
        place = self.city.find(self.view.place).in_language(self.view.lang)
        return self.say("none_hot_here", place=place, n=whole(found.inside), level=level)

    def _hotspot(self, found: Hotspots, spot: Hotspot, n: int, *, even: bool) -> html.Li:
        expected = decimal(spot.usual)
        usual = self.say("usual_even" if even else "usual_expected")
        counts = self.say("spot_counts", n=whole(spot.incidents), usual=usual, expected=expected)
        if spot.usual >= LEAST_USUAL:
            counts += self.say("spot_times", times=decimal(spot.incidents / spot.usual))
        hottest = _hottest(found.rows, found.counts, spot.cells)
        muted = [part for part in (self._hours(spot), "" if self.projected else self.sure(spot.p)) if part]
        lines = [counts, self.say("why_and").join(muted)]
        return self._item(n, spot.owners, lines, self._hottest_link(hottest, found.level))

    def _hours(self, spot: Hotspot) -> str:
        """Name the four hours with most of a spot's incidents, if they stand out."""
        city = self.city
        if self.projected or city.months_only:
            return ""
        inside = np.isin(self._cells_of_incidents, spot.cells)
        found = busy_hours(city.index.hour[self._incidents[inside]])
        if found is None:
            return ""
        first, share = found
        last = (first + WINDOW_H) % 24 or 24
        return self.say("spot_hours", first=first, last=last, share=percent(self.view.lang, share))

    def _about(self, found: Hotspots) -> list[html.P]:
        """Say how concentrated incidents are, and by what cells and which period all this was measured."""
        lang, level, told = self.view.lang, _level(self.view.lang, found.level), found.concentration
        parts = []
        if told is not None and known(told.share_of_places_for_half):
            half = percent(lang, told.share_of_places_for_half)
            chance = percent(lang, told.expected_share)
            parts.append(html.P(self.say("concentration", share=half, level=level, chance=chance)))
        if self.projected:
            return parts
        key = "cells_equal" if found.equal_cells else "cells_median"
        cells = self.say(key, level=level, size=whole(found.cell_size_m))
        period = period_name(lang, found.period)
        return [*parts, self.note(_sentence(self.say("hotspot_note", cells=cells, period=period)))]

    def learnt(self, found: Foretold | None) -> list[html.P]:
        """Say how well such hot spots foretold the weeks before, against the simplest rule and against chance."""
        if found is None or found.test is None or found.guard is not None:
            return []
        lang, advantage = self.view.lang, found.test.advantage
        than = "than_alike"
        if advantage is not None and advantage.p < UNSURE:
            than = "than_better" if advantage.hit_rate > 0 else "than_worse"
        words = self.say(
            "foretold",
            weeks=len(found.weeks),
            hit=percent(lang, found.hit_rate),
            last=percent(lang, found.last[0]),
            naive=percent(lang, found.baseline),
            than=text(lang, than),
            chance=percent(lang, found.by_chance),
        )
        if found.hot_area_share > 0:
            area, hit = percent(lang, found.hot_area_share), percent(lang, found.hot_hit_rate)
            words += self.say("foretold_spots", area=area, hit=hit)
        return [html.P(words, className="foretold")]

    # --- emerging ---

    def emerging(self, found: Emerging) -> list[Any]:
        first, last = found.slices[0], found.slices[-1]
        items = [self._emerged(found, spot, n, last.days) for n, spot in enumerate(found.spots[:LONGEST], 1)]
        listed = self._listed(items, len(found.spots)) if items else [self.lead(self.say("emerging_none"))]
        if self.projected:
            return listed
        day = (last.end - dt.timedelta(days=1)).isoformat()
        note = self.say("emerging_note", n=len(found.slices), days=first.days, last=day)
        cold = int((found.classes < 0).sum())
        return [
            *listed,
            self._classes(found),
            *([self.note(self.say("emerging_cold", n=whole(cold)))] if cold else []),
            self.note(note),
        ]

    def _emerged(self, found: Emerging, spot: EmergingSpot, n: int, days: int) -> html.Li:
        name = html.Span(
            [emergence_swatch(spot.kind), emergence_name(self.view.lang, spot.kind)], className="emergence"
        )
        counts = self.say("emerging_counts", days=days, n=whole(spot.incidents), before=decimal(spot.before))
        hottest = _hottest(found.rows, np.nan_to_num(found.z, nan=-np.inf), spot.cells)
        return self._item(n, spot.owners, [counts], self._hottest_link(hottest, found.level), name)

    def _classes(self, found: Emerging) -> html.Table:
        lang = self.view.lang
        heads = (self.say("class"), "", level_name(lang, found.level))
        rows = [
            html.Tr(
                [
                    html.Td([emergence_swatch(kind), emergence_name(lang, kind)], className="emergence"),
                    html.Td(emergence_words(lang, kind), className="muted"),
                    html.Td(whole(found.count(kind))),
                ]
            )
            for kind in EMERGENCES
        ]
        none = int((found.classes == Emergence.NONE).sum())
        empty = html.I(className="swatch none")
        rows.append(
            html.Tr(
                [
                    html.Td([empty, emergence_name(lang, Emergence.NONE)], className="emergence"),
                    html.Td(emergence_words(lang, Emergence.NONE), className="muted"),
                    html.Td(whole(none)),
                ]
            )
        )
        return _table(heads, rows, "classes")

    # --- clusters ---

    def clusters(self, found: Clusters) -> list[Any]:
        level = level_name(self.view.lang, found.level)
        parts: list[Any] = []
        if found.found:
            heads = (self.say("where"), self.say("count"), self.say("expected"), "p")
            rows = [self._cluster(cluster, n) for n, cluster in enumerate(found.found[:LONGEST], 1)]
            parts.append(_table(heads, rows, "clusters"))
        else:
            words = self.say("cluster_none", days=found.days, n=whole(found.incidents))
            if found.likeliest is not None and found.likeliest.p > UNSURE:
                words += ("" if self.view.lang == "zh" else " ") + self._suspicious(found.likeliest)
            parts.append(self.lead(words))
        if not self.projected:
            note = self.say("cluster_note", days=found.days, level=level, replicas=whole(found.replicas))
            parts.append(self.note(note))
        return parts

    def _cluster(self, cluster: Cluster, n: int) -> html.Tr:
        names = [self._place_link(row) for row in cluster.rows[:PROJECTED]]
        more = [f" +{len(cluster.rows) - PROJECTED}"] if len(cluster.rows) > PROJECTED else []
        return html.Tr(
            [
                html.Td(
                    [
                        html.B(str(n), className="number"),
                        *_joined(self.say("comma"), names),
                        *more,
                        html.Small(self._span(cluster.start, cluster.end), className="muted"),
                    ]
                ),
                html.Td(whole(cluster.incidents)),
                html.Td(decimal(cluster.expected)),
                html.Td(p_value(cluster.p).removeprefix(f"p{NBSP}={NBSP}").removeprefix(f"p{NBSP}")),
            ]
        )

    def _suspicious(self, cluster: Cluster) -> str:
        names = [self.city.place(row).in_language(self.view.lang) for row in cluster.rows[:PROJECTED]]
        return self.say(
            "cluster_likeliest",
            place=self.say("comma").join(names),
            span=self._span(cluster.start, cluster.end),
            n=whole(cluster.incidents),
            expected=decimal(cluster.expected),
            words=self.say("p_perhaps"),
            p=p_value(cluster.p),
        )

    def _span(self, start: dt.date, end: dt.date) -> str:
        lang = self.view.lang
        if start == end:
            return short_day(lang, start)
        return self.say("days_span", first=short_day(lang, start), last=short_day(lang, end))

    # --- near repeats ---

    def repeats(self, found: Repeats) -> list[Any]:
        parts: list[Any] = [self.lead(self._rings(found))]
        if not self.projected:
            parts += self._series(found)
        if found.table is None or found.table.guard is not None:
            return parts
        parts += [self.lead(words) for words in self._repeated(found.table)]
        if self.projected:
            return parts
        types = [type_name(found_type, self.city, self.view.lang) for found_type in self._names(found)]
        period, n = period_name(self.view.lang, found.period), whole(found.incidents)
        parts.append(self._knox(found.table))
        parts.append(
            self.note(
                self.say(
                    "repeat_note", types=self.say("comma").join(types), period=period, n=n, cells=found.table.p.size
                )
            )
        )
        if found.left_out:
            parts.append(self.note(self.say("repeat_left_out", n=whole(found.left_out))))
        return parts

    def _names(self, found: Repeats) -> list[str]:
        return [self.city.index.types[t] for t in found.types.tolist()]

    def _rings(self, found: Repeats) -> str:
        if found.reach is None:
            return self.say("repeat_no_reach")
        if not found.rings:
            return self.say("repeat_no_rings")
        series = sum(ring.incidents > 1 for ring in found.rings)
        return self.say("repeat_rings", n=whole(len(found.rings)), series=whole(series))

    def _series(self, found: Repeats) -> list[Any]:
        """List the rings in which it has happened again, those with most incidents first, each place once."""
        lang, city = self.view.lang, self.city
        places: dict[int, html.Li] = {}
        for ring in sorted(found.rings, key=lambda ring: -ring.incidents):
            row = _finest(city, ring.incident)
            if ring.incidents < 2 or row is None or row in places:
                continue
            until = self.say("ring_until", day=short_day(lang, ring.until))
            name = dcc.Link(where(self.view, city, ring.incident), href=drill(self.view, city.place(row)).href())
            places[row] = html.Li([name, html.Span(self.say("repeat_ring", n=whole(ring.incidents), until=until))])
            if len(places) == SERIES:
                break
        return [html.Ul(list(places.values()), className="series")] if places else []

    def _repeated(self, table: KnoxTable) -> list[str]:
        """Say at which distances and delays repeats are more frequent than chance has it, the strongest first."""
        p, sure = corrected(table), np.argwhere(supported(table))
        strongest = sure[np.argsort(-table.ratio[tuple(sure.T)], kind="stable")][:TOLD_REPEATS]
        distances, delays = self._distances(table), self._delays(table)
        return [
            self.say(
                "repeat_told",
                distance=distances[row],
                delay=delays[column],
                ratio=decimal(table.ratio[row, column]),
                p=p_value(float(p[row, column])),
            )
            for row, column in strongest.tolist()
        ]

    def _distances(self, table: KnoxTable) -> list[str]:
        ends = [0.0, *table.distance_bands_m]
        names = []
        for near, far in itertools.pairwise(ends):
            if far == 0:
                names.append(self.say("repeat_same"))
            elif near == 0:
                names.append(self.say("repeat_within", far=whole(far)))
            else:
                names.append(self.say("repeat_between", near=whole(near), far=whole(far)))
        return names

    def _delays(self, table: KnoxTable) -> list[str]:
        ends = [-1, *table.day_bands]
        return [
            self.say("repeat_delay", days=last) if first < 0 else self.say("repeat_later", first=first + 1, last=last)
            for first, last in itertools.pairwise(ends)
        ]

    def _knox(self, table: KnoxTable) -> html.Table:
        heads = (self.say("distance"), *self._delays(table))
        rows, bold = [], supported(table)
        for row, distance in enumerate(self._distances(table)):
            cells = [
                html.Td(html.B(decimal(ratio, 2)) if sure else decimal(ratio, 2))
                for ratio, sure in zip(table.ratio[row], bold[row], strict=True)
            ]
            rows.append(html.Tr([html.Td(distance), *cells]))
        return _table(heads, rows, "knox")

    # --- density ---

    def density(self, found: Density) -> list[Any]:
        picture = self.lead(self.say("density_picture"))
        if self.projected or not found.values.size or not found.incidents:
            return [picture]
        largest = float(found.values.max())
        digits = 0 if density_breaks(found)[-1] >= 10 else 1
        place = self.city.find(self.view.place)
        around = self.say("density_around", place=place.in_language(self.view.lang))
        note = self.say(
            "density_note",
            where=around if self.view.place else self.say("density_whole"),
            bandwidth=whole(found.bandwidth_m),
            period=period_name(self.view.lang, self.view.period),
            n=whole(found.incidents),
            largest=decimal(largest, digits),
        )
        legend = html.Div(pattern_legend(self.view, found), className="pattern-key")
        return [picture, legend, self.note(note)]

    # --- what lists share ---

    def _item(
        self, n: int, owners: Sequence[Owner], lines: Sequence[str], link: list[Any], first: html.Span | None = None
    ) -> html.Li:
        """Return a numbered spot: who answers for it with what share, the lines on it, and the way to its middle."""
        names = [self._owner(owner, alone=len(owners) == 1) for owner in owners[:PROJECTED]]
        title = [html.B(str(n), className="number"), *([first] if first else []), *_joined(self.say("comma"), names)]
        told: list[list[Any]] = [[line] for line in lines if line]
        if not self.projected and told:
            told[0] += link
        return html.Li([html.P(title, className="owners"), *(html.P(line, className="told") for line in told)])

    def _owner(self, owner: Owner, *, alone: bool) -> Any:
        place = owner.place
        share = "" if alone else f" {percent(self.view.lang, owner.share)}"
        name = place.in_language(self.view.lang)
        here = place.token == self.view.place
        link = html.B(name) if here else dcc.Link(name, href=drill(self.view, place).href())
        return html.Span([link, share])

    def _place_link(self, row: int) -> Any:
        place = self.city.place(row)
        if place.token == self.view.place:
            return html.B(place.in_language(self.view.lang))
        return dcc.Link(place.in_language(self.view.lang), href=drill(self.view, place).href())

    def _hottest_link(self, row: int | None, level: PlaceLevel) -> list[Any]:
        if row is None:
            return []
        place = self.city.place(row)
        if place.token == self.view.place:
            return []
        words = self.say("spot_hottest", level=_level(self.view.lang, level))
        return [dcc.Link(words, href=drill(self.view, place).href(), className="hottest")]

    def _listed(self, items: list[html.Li], total: int) -> list[Any]:
        """Return the first items, the others folded."""
        if self.projected:
            return [html.Ol(items[:PROJECTED], className="spots")]
        parts: list[Any] = [html.Ol(items[:FIRST], className="spots")]
        if items[FIRST:]:
            summary = html.Summary(self.say("spots_more", n=whole(total - FIRST)))
            parts.append(html.Details([summary, html.Ol(items[FIRST:], className="spots")]))
        return parts

    def sure(self, p: float) -> str:
        """Say in words how likely chance would make it, with the number."""
        words = self.say("p_hardly" if p < SURE else "p_unlikely" if p < UNSURE else "p_perhaps")
        return self.say("p_told", words=words, p=p_value(p))


def busy_hours(hours: npt.NDArray[Any]) -> tuple[int, float] | None:
    """Return the first of the four hours in a row with most incidents, and their share; None where none stand out.

    Parameters
    ----------
    hours
        0 … 23 of each incident, -1 = unknown.
    """
    known_hours = hours[hours >= 0].astype(np.int64)
    if len(known_hours) < LEAST_WITH_HOURS:
        return None
    counts = np.bincount(known_hours, minlength=24)
    windows = np.array([np.take(counts, range(first, first + WINDOW_H), mode="wrap").sum() for first in range(24)])
    first = int(windows.argmax())
    share = float(windows[first] / counts.sum())
    return (first, share) if share >= BUSY_SHARE else None


def percent(lang: str, share: float) -> str:
    """Write a share: 62%, one decimal below 10."""
    value = 100 * share
    return f"{decimal(value, 0 if value >= 10 else 1)}{f'{NBSP}%' if lang == 'en' else '%'}"


def _hottest(rows: npt.NDArray[Any], values: npt.NDArray[Any], cells: Sequence[int]) -> int | None:
    """Return the row of the cell with the largest value among those of a spot that are shown."""
    inside = np.flatnonzero(np.isin(rows, cells))
    return int(rows[inside[np.argmax(values[inside])]]) if len(inside) else None


def _finest(city: CityData, incident: int) -> int | None:
    """Return the row of the finest place of an incident."""
    places = [int(place) for place in city.index.site_place[city.index.site[incident]] if place >= 0]
    return places[-1] if places else None


def _level(lang: str, level: PlaceLevel) -> str:
    """Return the name of a level inside of a sentence."""
    name = level_name(lang, level)
    return name.lower() if lang == "en" else name


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _joined(comma: str, parts: Sequence[Any]) -> list[Any]:
    return [piece for k, part in enumerate(parts) for piece in ([comma, part] if k else [part])]


def _table(heads: Sequence[str], rows: list[html.Tr], name: str) -> html.Table:
    return html.Table(
        [html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])), html.Tbody(rows)],
        className=f"places {name}",
    )
