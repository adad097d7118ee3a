"""What happened here: the number, its band and interval, its change, and what is missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np

from geodata.classes import rate_denominator, rate_kind
from geodata.gaps import gaps
from geodata.index.catalogue import Indicator, SubIndex
from geodata.index.compare import SIGNIFICANT, change_p_value
from geodata.index.ranks import UNRANKED
from geodata.ranking import DRAWS, DRAWS_OF_MANY, MANY, rank_places
from geodata.written import decimal, printed_scores, signed, whole
from layers.elements import dcc, html
from layers.maps.legend import rate_unit
from layers.maps.values import chosen_types, told_against, usual_days
from layers.method.view import MethodView, ranked_levels
from layers.panels.filters import choices, nothing_left
from layers.panels.red_lines import red_line_note
from layers.panels.story import Story, late_sources
from layers.style import BAND_COLOURS, arrow, known, rate_digits
from layers.text import band_name, comparison_name, level_counted, level_name, period_name, source_name, text
from layers.view import TOTAL, scorable, shown_measure

ONE_DAY = dt.timedelta(days=1)
LEAST_BASE = 5
"""Below so many incidents a percentage says nothing."""
NAMED_PEERS = 2
"""Places that a place cannot be told apart from, as far as they are named."""
LEAST_ADJUSTED = 0.01
"""By less than this share the usual days of two periods are the same."""


def headline(told: Story) -> html.Section:
    """Return the first card of the panel."""
    view = told.view
    measure = shown_measure(view, told.city)
    title = html.H2(f"{told.place.in_language(view.lang)} · {period_name(view.lang, view.period)}")
    parts = [title, *{"score": _score, "rate": _rate, "count": _count}[measure](told)]
    types = chosen_types(view, told.city)
    if told.city.is_connected(view.sub_index) and (types is None or len(types)):  # what is measured has no incidents
        parts.append(_incidents(told))
    if view.filters and not told.counts(view)[0].any():
        parts += nothing_left(view, choices(view, told.city))
    parts += [html.P(note, className="notice") for note in _notes(told, measure)]
    parts.append(html.P(_as_of(told), className="as-of"))
    marks: Any = {"data-place": told.place.token, "data-period": str(view.period)}
    return html.Section(parts, className="card headline", **marks)


def _as_of(told: Story) -> str:
    """Return how old the data are, and whether sources are late: on a phone this stands beside the number."""
    view, city = told.view, told.city
    late = late_sources(city)
    words = [text(view.lang, "as_of", day=city.data_as_of.isoformat() if city.data_as_of else "—")]
    return " ".join([*words, text(view.lang, "late_sources", n=len(late))] if late else words)


def _score(told: Story) -> list[Any]:
    view, judged = told.view, told.judged(told.view.sub_index)
    if judged.band is None:
        return [*(_own_day(told) if told.daily else []), html.P(_why_no_score(told), className="big-note")]
    fill, ink, mark = BAND_COLOURS[judged.band]
    look = {"background": fill, "color": ink}
    word = html.Span(f"{mark} {band_name(view.lang, judged.band)}", className="band-word", style=look)
    pooled = [html.Span(text(view.lang, "pooled"), className="of")] if told.daily else []
    key = "interval" if view.theme == "projector" else "interval_plain"
    low, high = (float(end) for end in printed_scores([judged.low, judged.high], told.city.method.bands))
    if low == high and told.red_line[1] > 0:
        key = "interval_capped"
    interval = text(view.lang, key, low=decimal(low), high=decimal(high))
    return [
        html.P([html.Span(told.shown(view.sub_index), className="big number"), word, *pooled], className="figure"),
        html.P(interval, className="interval"),
        *red_line_note(told),
        _gap(told) if view.compare == "target" else _delta(told),
        *(_own_day(told) if told.daily else []),
        *_weakest(told),
        *_tier(told),
    ]


def _own_day(told: Story) -> list[html.P]:
    """Print the score of the day alone, beside that of its last seven days."""
    view = told.view
    own = float(told.series(view.sub_index)[told.now])
    if not known(own):
        return [html.P(text(view.lang, "own_day_missing"), className="own-day")]
    low, high = (decimal(end[told.now]) for end in told.interval(view.sub_index))
    parts = [text(view.lang, "own_day", score=decimal(own), low=low, high=high)]
    if view.compare != "target":
        sure = told.is_sure(view.sub_index)
        parts.append(_change_words(told, told.change(view.sub_index), sure=sure))
    return [html.P(text(view.lang, "comma_words").join(parts), className="own-day")]


def _gap(told: Story) -> html.P:
    """Tell the score from its target: reached for sure only where the interval lies above it."""
    view, target = told.view, told.target(told.view.sub_index)
    gap, sure = told.judged(view.sub_index).gap(target)
    if target is None:
        return html.P(text(view.lang, "target_none"), className="delta")
    label = text(view.lang, "target_at", target=decimal(target))
    if not known(gap):
        return html.P(f"{label} {text(view.lang, 'target_no_score')}", className="delta")
    words = text(view.lang, ("target_above" if gap > 0 else "target_below") if sure else "target_unsure")
    return html.P(
        [html.Span(f"{label} {arrow(gap, sure)} {signed(gap)}"), html.Span(words, className="muted")],
        className="delta",
    )


def _weakest(told: Story) -> list[html.P]:
    """Name the sub-index with the lowest score among those that weigh in the composite."""
    view, city = told.view, told.city
    if view.sub_index != TOTAL or view.theme == "projector":
        return []
    if told.place.row is not None and not told.counts(view)[0].any():  # where nothing happened nothing is weak
        return []
    weighed = [s for s in city.method.sub_indices if scorable(s.id, city) and (s.daily or not told.daily)]
    judged = {s.id: told.judged(s.id) for s in weighed}
    found = [s for s in weighed if known(judged[s.id].score)]
    if len(found) < 2:
        return []
    worst = min(found, key=lambda s: judged[s.id].score)
    band = judged[worst.id].band
    word = f"{BAND_COLOURS[band][2]} {band_name(view.lang, band)}" if band else ""
    return [
        html.P(
            [
                html.Span(text(view.lang, "weakest"), className="muted"),
                dcc.Link(_names([worst], view.lang), href=view.but(sub_index=worst.id).href()),
                html.Span(told.shown(worst.id), className="number"),
                html.Span(word, className=f"band band-{band.value}" if band else ""),
            ],
            className="weakest",
        )
    ]


def _why_no_score(told: Story) -> str:
    """Say which it is: a source fell silent, or too little happens here to judge."""
    view, city = told.view, told.city
    if told.daily and not city.is_whole(told.judged_period):
        return text(view.lang, "pooled_missing")
    silent = _silent(told)
    if view.sub_index != TOTAL:
        level = level_name(view.lang, told.place.level) if told.place.level else ""
        return text(view.lang, told.lacks(view.sub_index), level=level)
    if silent and city.history(city.city, [view.period]).scores.weight_present[0] < city.method.min_weight_sub_indices:
        return text(view.lang, "no_score_silent", names=_names(silent, view.lang))
    return text(view.lang, "no_score_small")


def _silent(told: Story) -> list[SubIndex]:
    """Return the sub-indices that the city scores, but not in this period."""
    city = told.city
    now = city.history(city.city, [told.view.period]).scores.sub_score[0]
    subs = enumerate(city.method.sub_indices)
    return [s for j, s in subs if scorable(s.id, city) and not np.isfinite(now[j])]


def _count(told: Story) -> list[Any]:
    """Return the number of incidents; nothing where no source is connected."""
    view, city = told.view, told.city
    if not city.is_connected(view.sub_index):
        return []
    unit = html.Span(text(view.lang, "count_unit_filtered" if view.filters else "count_unit"), className="big-unit")
    return [html.P([html.Span(whole(told.counts(view)[0].sum()), className="big number"), unit], className="figure")]


def _rate(told: Story) -> list[Any]:
    """Return the rate of the current place; nothing where no source is connected or the place was silent."""
    view, city = told.view, told.city
    if not city.is_connected(view.sub_index):
        return []
    level = told.place.level or city.levels[0]
    here = rate_denominator(city, level, view.period)
    if told.place.row is not None:
        here = here[np.searchsorted(city.members(level, city.city), [told.place.row])]
    total, per, denominator = float(told.totals()[told.now]), rate_kind(city, level), float(np.nansum(here))
    if told.place.row is None:  # what lies outside of the city is no rate of its people
        total -= city.counts(level, view.period.start, view.period.end, types=chosen_types(view, city)).outside
    if not (known(total) and denominator > 0):
        return [html.P(text(view.lang, "no_score_sub"), className="big-note")]
    value = total / denominator
    unit = html.Span(rate_unit(view.lang, per), className="big-unit")
    return [html.P([html.Span(decimal(value, rate_digits([value])), className="big number"), unit], className="figure")]


def _delta(told: Story) -> html.P:
    view = told.view
    label = comparison_name(view.lang, view.compare, view.period.kind)
    change, sure = told.judged_change(view.sub_index)
    if not known(change):
        return html.P(f"{label} {text(view.lang, _not_compared(told))}", className="delta")
    if not round(change, 1):
        return html.P(f"{label} {text(view.lang, 'no_change')}", className="delta")
    words = html.Span(text(view.lang, "sure" if sure else "not_sure"), className="muted")
    return html.P([html.Span(f"{label} {arrow(change, sure)} {signed(change)}"), words], className="delta")


def _not_compared(told: Story) -> str:
    """Return the text that says which of both periods lacks data."""
    city, period = told.city, told.view.period
    unfinished = city.data_as_of is not None and period.end > city.data_as_of + ONE_DAY
    return "no_comparison_now" if unfinished else "no_comparison"


def _change_words(told: Story, change: float, *, sure: bool) -> str:
    """Say in words how the day alone changed."""
    lang = told.view.lang
    label = comparison_name(lang, told.view.compare, told.view.period.kind)
    if not known(change):
        return f"{label} {text(lang, _not_compared(told))}"
    if not round(change, 1):
        return f"{label} {text(lang, 'no_change')}"
    return f"{label} {arrow(change, sure)} {signed(change)} {text(lang, 'sure' if sure else 'not_sure')}"


def _tier(told: Story) -> list[html.P]:
    """Say between which ranks the place is, and from which others it cannot be told apart: their ranks overlap."""
    view, city, place = told.view, told.city, told.place
    level, lang = place.level, view.lang
    if level is None or level not in ranked_levels(city) or view.sub_index != TOTAL:
        return []
    if view.theme == "projector" or told.daily:
        return []
    n_places = len(city.members(level, city.city))
    ranking = rank_places(city, level, view.period, draws=DRAWS if n_places <= MANY else DRAWS_OF_MANY)
    k = int(np.searchsorted(ranking.rows, place.row or 0))
    if ranking.rank[k] == UNRANKED or ranking.n_ranked < 2:
        return []
    low, high = np.maximum(ranking.best, ranking.best[k]), np.minimum(ranking.worst, ranking.worst[k])
    overlap = (ranking.rank != UNRANKED) & (low <= high)
    same = [j for j in np.flatnonzero(overlap).tolist() if j != k]
    words = {"n": whole(ranking.n_ranked), "level": level_name(lang, level)}
    best, worst = int(ranking.best[k]), int(ranking.worst[k])
    words["rank"] = text(lang, "rank_single" if best == worst else "rank_span", best=best, worst=worst)
    if len(same) == ranking.n_ranked - 1:
        key = "tier_all"
    elif same:
        key = "tier_some" if len(same) > NAMED_PEERS else "tier_few"
        near = sorted(same, key=lambda j: abs(ranking.score[j] - ranking.score[k]))[:NAMED_PEERS]
        names = [city.place(int(ranking.rows[j])).in_language(lang) for j in near]
        words |= {"names": text(lang, "comma").join(names), "others": whole(len(same))}
    else:
        key = "tier_alone"
    ranks = MethodView(lang=lang, period=view.period, level=level, weights=view.weights)
    link = html.A(text(lang, "tier_more"), href=ranks.href() + "#ranks", className="see")
    return [html.P([html.Span(text(lang, key, **words) + " "), link], className="tier")]


def _incidents(told: Story) -> html.P:
    view = told.view
    (now, _), before = told.counts(view), told.compared_counts(view)
    change = "" if before is None else _count_change(told, int(before.sum()), int(now.sum()))
    if shown_measure(view, told.city) == "count":  # the figure above is the number
        shown = change
    else:
        shown = text(view.lang, "incidents_filtered_n" if view.filters else "incidents_n", n=whole(now.sum()))
        shown += text(view.lang, "with_change", change=change) if change else ""
    if not now.any() or view.theme == "projector":
        return html.P(shown, className="incidents")
    see = dcc.Link(
        text(view.lang, "close" if view.rows else "rows_see"),
        href=view.but(rows=0 if view.rows else 1).href(),
        className="see",
    )
    return html.P([html.Span(shown), see], className="incidents")


def _count_change(told: Story, before: int, now: int) -> str:
    """Tell a number of incidents from that of the period compared with: difference, per cent, and the test."""
    view, difference = told.view, now - before
    against = comparison_name(view.lang, told_against(view, "rate"), view.period.kind)
    sure = count_is_sure(told, before, now)
    mark = f"{arrow(difference, sure)} " if difference else ""
    parts = [f"{against} {mark}{signed(difference, 0)}"]
    if before >= LEAST_BASE and view.theme != "projector":
        parts.append(f"{signed(100 * difference / before, 1)}%")
    if difference:
        parts.append(_count_test(told, sure=sure))
    return text(view.lang, "comma_words").join(parts)


def _count_test(told: Story, *, sure: bool) -> str:
    """Tell a test of numbers: what it allowed for is said where both periods have another number of usual days."""
    view = told.view
    now, before = (usual_days(told.city, period, view) for period in (view.period, view.compared_with()))
    plain = abs(now - before) <= LEAST_ADJUSTED * before or view.theme == "projector"
    if plain:
        return text(view.lang, "sure" if sure else "not_sure")
    if told.city.active_calibration is None:  # no season and no coverage is known of what is filtered
        return text(view.lang, "count_days_sure" if sure else "count_days_not_sure")
    types, periods = chosen_types(view, told.city), (view.period, view.compared_with())
    if any(gaps(told.city, period, types) for period in periods):
        return text(view.lang, "count_gap_sure" if sure else "count_gap_not_sure")
    return text(view.lang, "count_sure" if sure else "count_not_sure")


def count_is_sure(told: Story, before: int, now: int) -> bool:
    """Say whether a number of incidents changed by more than chance, given the days of both periods."""
    city, view, then = told.city, told.view, told.view.compared_with()
    usual_before, usual_now = usual_days(city, then, view), usual_days(city, view.period, view)
    p = float(change_p_value(before, now, usual_before, usual_now))
    return p < SIGNIFICANT and bool((now - before) * (now * usual_before - before * usual_now) > 0)


def _notes(told: Story, measure: str) -> list[str]:
    return _partial_note(told) + _silent_note(told) + _score_notes(told, measure)


def _partial_note(told: Story) -> list[str]:
    """Say that the data do not cover the whole period: counts of unequal spans are not compared."""
    city, view = told.city, told.view
    if city.is_whole(view.period) or city.index.span is None or city.data_as_of is None:
        return []
    first, last = max(view.period.start, city.index.span[0]), min(view.period.end - ONE_DAY, city.data_as_of)
    return [text(view.lang, "partial", first=first, last=last)]


def _silent_note(told: Story) -> list[str]:
    """Say which sources sent nothing and when, and on the page of the city how many places of the coarsest level."""
    return _gap_notes(told) + _silent_places(told)


def _gap_notes(told: Story) -> list[str]:
    city, view = told.city, told.view
    uneven = told.before is not None and told.is_uneven(view)
    types = chosen_types(view, city)
    notes = [
        text(
            view.lang,
            "source_gap",
            source=source_name(view.lang, gap.source),
            span=period_name(view.lang, gap.span),
            n=whole(gap.span.days),
        )
        for period in ([view.period, view.compared_with()] if uneven else [view.period])
        for gap in gaps(city, period, types)
    ]
    return [*notes, text(view.lang, "counts_uneven")] if uneven else notes


def _silent_places(told: Story) -> list[str]:
    city, view = told.city, told.view
    if told.place.row is not None or not city.levels:
        return []
    n = int(city.silent_in(view.period)[city.members(city.levels[0], city.city)].sum())
    return [text(view.lang, "silent_places", n=n, level=level_counted(view.lang, city.levels[0], n))] if n else []


def _score_notes(told: Story, measure: str) -> list[str]:
    view, city = told.view, told.city
    chosen = city.method.sub_index(view.sub_index)
    if measure != "score":
        shown = text(view.lang, measure).lower()
        if view.filters:
            return [text(view.lang, "filtered_unscored", measure=shown)]
        if view.incident_type:
            return [text(view.lang, "single_type", measure=shown)]
        if view.indicator:
            return [text(view.lang, "single_indicator", measure=shown)]
        if scorable(view.sub_index, city):
            return []
        if chosen is None:
            return [text(view.lang, "not_scored", measure=shown)]
        key = "not_scored_sub" if city.is_connected(chosen.id) else "not_connected"
        return [text(view.lang, key, name=_names([chosen], view.lang), measure=shown)]
    reasons = _missing_reasons(told)
    notes = (
        [text(view.lang, "rescaled", reasons=("; " if view.lang == "en" else "，").join(reasons))] if reasons else []
    )
    calibration = city.active_calibration
    proxies = [i for i in _indicators(told) if calibration and calibration.exposure.get(i.id, i.exposure) != i.exposure]
    if proxies:
        notes.append(text(view.lang, "proxy", names=_names(proxies, view.lang)))
    return notes


def _missing_reasons(told: Story) -> list[str]:
    """Say which sub-indices are not in the composite, and why: never connected, not scored, or silent."""
    city, view = told.city, told.view
    if view.sub_index != TOTAL or not known(float(told.series(TOTAL)[told.now])):
        return []
    unscored = [s for s in city.method.sub_indices if not scorable(s.id, city)]
    groups = {
        "unconnected": [s for s in unscored if not city.is_connected(s.id)],
        "unweighted": [s for s in unscored if city.is_connected(s.id)],
        "silent_note": _silent(told),
    }
    return [text(view.lang, key, names=_names(group, view.lang)) for key, group in groups.items() if group]


def _indicators(told: Story) -> list[Indicator]:
    chosen = told.city.method.sub_index(told.view.sub_index)
    scored = told.city.method.scored
    return [i for i in scored if chosen is None or i in chosen.indicators]


def _names(things: Sequence[SubIndex | Indicator], lang: str) -> str:
    return ", ".join(t.name_en for t in things) if lang == "en" else "、".join(t.name for t in things)
