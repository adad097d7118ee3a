"""Early warning on the map page: the latest alerts of the place shown and of those in it, and what a rule was tried on.

Alerts of one series in consecutive weeks are told once. The exam paper stands beside what the rule says.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from geodata.alerts.book import Alert, ExaminedRule, Feedback, Told
from geodata.alerts.exam import Exam
from geodata.alerts.rules import AlertLevel, Rule, rule_of
from geodata.city import CityData, Place
from geodata.errors import SelectionError
from geodata.index.catalogue import Indicator
from geodata.vocabulary import PeriodKind, PlaceLevel
from geodata.written import decimal, whole
from layers.data.parts import data
from layers.elements import dcc, html
from layers.panels.types import type_name
from layers.style import aria
from layers.text import level_name, period_name, text
from layers.view import TOTAL, ViewState, chosen_indicator, drill

WEEKS = 13
LISTED = 5
"""Lines that are shown; the others are folded away."""
YEAR = dt.timedelta(weeks=52)
MARKS = {AlertLevel.YELLOW: "▌", AlertLevel.ORANGE: "▌▌", AlertLevel.RED: "▌▌▌"}
"""A level is colour, word and as many bars as it is grave."""
LEVELS = {
    AlertLevel.YELLOW: "alert_yellow",
    AlertLevel.ORANGE: "alert_orange",
    AlertLevel.RED: "alert_red",
}
RULES = {
    "negative_binomial": "alert_rule_negative_binomial",
    "poisson_cusum": "alert_rule_poisson_cusum",
    "ewma": "alert_rule_ewma",
    "ears": "alert_rule_ears",
    "farrington": "alert_rule_farrington",
}
PLANTED = {2.0: ("exam_found_2", "exam_naive_2"), 3.0: ("exam_found_3", "exam_naive_3")}
LEAST_P = 0.0001
MOST_PARTS = 6
"""A share of alerts is said in words as so many in six at most."""
FEEDBACK = {
    Feedback.NONE: "alert_unanswered",
    Feedback.TRUE: "alert_true",
    Feedback.FALSE: "alert_false",
    Feedback.HANDLED: "alert_handled",
}


Papers = Mapping[tuple[Rule, PlaceLevel], Exam]
"""Exam papers of rules on a level, by their parameters too."""


@dataclass(frozen=True)
class Line:
    """The latest alert of a series, and how long it has been alerted to."""

    alert: Alert
    place: Place
    weeks: int
    """Consecutive weeks with an alert, the latest included."""


def window(view: ViewState, city: CityData) -> tuple[dt.date, dt.date]:
    """Return the days of which alerts are told: so many weeks before the view's end, or before that of the data."""
    last = city.data_as_of
    end = view.period.end if last is None else min(view.period.end, last + dt.timedelta(days=1))
    span = dt.timedelta(weeks=WEEKS)
    return (end - span if end - dt.date.min > span else dt.date.min), end


def alerts_card(view: ViewState, city: CityData, told: Told, *, may_answer: bool = False) -> html.Section:
    """List the latest alerts, or say why there is none; who may answer them gets buttons for it."""
    lang = view.lang
    heading = html.H2([text(lang, "alerts"), html.Small(_scope(view, city))])
    parts: list[Any] = [heading]
    found = lines(view, city, told.alerts)
    if found:
        papers = {(each.rule, each.level_of_place): each.exam for each in told.rules}
        items = [_item(view, city, line, papers, may_answer=may_answer) for line in found]
        parts.append(html.Ul(items[:LISTED], className="alert-list"))
        if items[LISTED:]:
            summary = html.Summary(text(lang, "alerts_more", n=len(items) - LISTED))
            rest = html.Ul(items[LISTED:], className="alert-list")
            parts.append(html.Details([summary, rest], key=view.search()))
    else:
        parts.append(html.P(_nothing(view, city, told), className="muted"))
    if told.on:
        parts += [_judged(lang, told), _papers(lang, told.on, may_answer=may_answer)]
    return html.Section(parts, className="card alerts")


def lines(view: ViewState, city: CityData, alerts: Sequence[Alert]) -> list[Line]:
    """Return one line a series, the newest and gravest first: of the place shown, those in it, and what it counts."""
    counted = _indicators(view, city)
    weeks: dict[tuple[str, PlaceLevel, str, str], list[Alert]] = {}
    for alert in alerts:  # newest first
        if counted is None or alert.indicator in counted:
            weeks.setdefault((alert.rule, alert.level_of_place, alert.place_id, alert.indicator), []).append(alert)
    found = []
    for (_, level, place_id, _), told in weeks.items():
        place = place_of(city, level, place_id)
        if place is not None and inside(view, city, place):
            found.append(Line(told[0], place, _consecutive(told)))
    return found


def _consecutive(told: Sequence[Alert]) -> int:
    n = 1
    while n < len(told) and told[n].period == told[n - 1].period.previous():
        n += 1
    return n


def _indicators(view: ViewState, city: CityData) -> set[str] | None:
    """Return the indicators that the view counts, None for all."""
    if view.incident_type:
        kind = view.incident_type
        return {each.id for each in city.method.indicators if any(t.id == kind for t in each.types)}
    if view.indicator:
        return {view.indicator}
    chosen = city.method.sub_index(view.sub_index)
    return None if chosen is None else {each.id for each in chosen.indicators}


def place_of(city: CityData, level: PlaceLevel, place_id: str) -> Place | None:
    """Return the place of an alert, None if the boundaries have none of this id any more."""
    try:
        return city.find(f"{level.value}:{place_id}")
    except SelectionError:
        return None  # other boundaries by now


def inside(view: ViewState, city: CityData, place: Place) -> bool:
    """Say whether a place is the one that a view shows, or lies in it."""
    shown = city.find(view.place)
    return shown.row is None or shown.row == place.row or (place.row is not None and shown.row in city.table[place.row])


# --- words ---


def _scope(view: ViewState, city: CityData) -> str:
    lang = view.lang
    _, end = window(view, city)
    words = text(lang, "alerts_weeks", n=WEEKS, day=(end - dt.timedelta(days=1)).isoformat())
    chosen = chosen_indicator(view, city) or city.method.sub_index(view.sub_index)
    if view.incident_type:
        words = text(lang, "alerts_of", name=type_name(view.incident_type, city, lang), span=words)
    elif chosen is not None:
        words = text(lang, "alerts_of", name=chosen.name_en if lang == "en" else chosen.name, span=words)
    return words


def _nothing(view: ViewState, city: CityData, told: Told) -> Any:
    lang = view.lang
    if city.months_only or PeriodKind.WEEK not in city.period_kinds:
        return text(lang, "alerts_months_only")
    if not told.on:
        return [text(lang, "alerts_off"), html.Code("alerts exam"), text(lang, "alerts_then"), html.Code("alerts on")]
    if told.until is None:
        return [text(lang, "alerts_not_run"), html.Code("alerts run")]
    return text(lang, "alerts_none", n=WEEKS)


def _judged(lang: str, told: Told) -> html.P:
    rules = text(lang, "comma").join(_rule_and_level(lang, each) for each in told.on)
    if told.until is None:
        return html.P(text(lang, "alerts_rules", rules=rules), className="muted")
    week = period_name(lang, told.until)
    return html.P(text(lang, "alerts_judged", week=week, rules=rules), className="muted")


def _rule_and_level(lang: str, each: ExaminedRule) -> str:
    return text(
        lang, "alerts_rule_at", rule=rule_name(lang, each.rule.name), level=level_name(lang, each.level_of_place)
    )


def rule_name(lang: str, name: str) -> str:
    """Return what a rule is called."""
    return text(lang, RULES[name])


# --- one alert ---


def _item(view: ViewState, city: CityData, line: Line, papers: Papers, *, may_answer: bool) -> html.Li:
    """Tell of all incidents of an alert's indicator, and below of those of one type."""
    lang, alert = view.lang, line.alert
    indicator = next((each for each in city.method.indicators if each.id == alert.indicator), None)
    name = alert.indicator if indicator is None else indicator.name_en if lang == "en" else indicator.name
    risen = most_risen(city, line.place, alert, indicator)
    target = drill(view, line.place).but(
        period=alert.period,
        sub_index=_home(city, alert.indicator),
        indicator=indicator.id if indicator else "",
        incident_type="",
        rows=0,
    )
    return html.Li(
        [
            html.Span([html.I(MARKS[alert.level]), text(lang, LEVELS[alert.level])], className=_badge(alert.level)),
            html.Span(period_name(lang, alert.period), className="when"),
            dcc.Link(f"{line.place.in_language(lang)} · {name}", href=target.href(), className="name"),
            html.Span(_counts(lang, line), className="counts"),
            *([_most_risen(city, target, risen)] if risen else []),
            html.Span(_said_by(lang, line, papers), className="by muted"),
            _answers(lang, alert) if may_answer else _answered(lang, alert),
        ],
        key=f"alert-{alert.id}",  # an answer given in the browser stays with its alert
    )


@dataclass(frozen=True)
class Risen:
    """The type of an alert's indicator that is most above its usual."""

    incident_type: str
    n: int
    usual: float
    """A week, in the year before."""


def most_risen(city: CityData, place: Place, alert: Alert, indicator: Indicator | None) -> Risen | None:
    """Return the type of which there are most above the usual in an alert's week, None where none is above it."""
    if indicator is None:
        return None
    start, end = alert.period.start, alert.period.end
    before = max(start - YEAR, city.index.span[0] if city.index.span else start)
    weeks = (start - before).days / 7
    past, now = city.index.period_types([before, start, end], place.within)
    usual = past / max(weeks, 1.0)
    columns = ((t.id, city.type_positions[t.id]) for t in indicator.types if t.id in city.type_positions)
    found = max((Risen(name, int(now[k]), float(usual[k])) for name, k in columns), key=_excess, default=None)
    return found if found is not None and _excess(found) > 0 else None


def _excess(risen: Risen) -> float:
    return risen.n - risen.usual


def _most_risen(city: CityData, target: ViewState, risen: Risen) -> dcc.Link:
    """Lead to the rows of that type."""
    words = text(
        target.lang,
        "alert_main",
        type=type_name(risen.incident_type, city, target.lang),
        n=whole(risen.n),
        usual=decimal(risen.usual),
    )
    see = text(target.lang, "rows_see_n", n=whole(risen.n))
    of_type = target.but(indicator="", incident_type=risen.incident_type, rows=1)
    return dcc.Link(words, href=of_type.href(), className="risen", title=see)


def _home(city: CityData, indicator: str) -> str:
    """Return the sub-index that an indicator belongs to."""
    return next((s.id for s in city.method.sub_indices for i in s.indicators if i.id == indicator), TOTAL)


def _badge(level: AlertLevel) -> str:
    return f"alert-level {level.name.lower()}"


def _counts(lang: str, line: Line) -> list[Any]:
    alert = line.alert
    parts: list[Any] = [html.Span(text(lang, "alert_observed", n=whole(alert.observed)))]
    if math.isfinite(alert.expected):
        parts.append(html.Span(text(lang, "alert_expected", n=decimal(alert.expected))))
    if line.weeks > 1:
        parts.append(html.Strong(text(lang, "alert_weeks", n=line.weeks)))
    return parts


def _said_by(lang: str, line: Line, papers: Papers) -> list[Any]:
    alert = line.alert
    rule = rule_of(alert.rule, alert.parameters)
    name = text(lang, "alert_red_line") if alert.of_red_line else rule_name(lang, alert.rule)
    limit = getattr(rule, "limit", None)
    if alert.of_red_line:
        reason = ""
    elif math.isfinite(alert.p):
        reason = text(lang, "alert_p_small" if alert.p < LEAST_P else "alert_p", p=decimal(max(alert.p, LEAST_P), 4))
    elif limit is not None and math.isfinite(alert.statistic):
        reason = text(lang, "alert_limit", value=decimal(alert.statistic), limit=f"{limit:g}")
    else:
        reason = ""
    method = text(lang, "alert_method", version=alert.method_version)
    paper = None if alert.of_red_line else papers.get((rule, alert.level_of_place))
    chance = [] if paper is None else _by_chance(lang, paper.chance_share)
    words = [name + (f" {reason}" if reason else ""), *chance, method, text(lang, "alert_number", n=alert.id)]
    return [html.Span(each) for each in words]


def _by_chance(lang: str, share: float) -> list[str]:
    """Say what part of a rule's alerts chance alone explains, as its paper has it; nothing where it has no alert."""
    if not math.isfinite(share):
        return []
    part = Fraction(share).limit_denominator(MOST_PARTS)
    if part == 1:
        return [text(lang, "alert_all_chance")]
    return [text(lang, "alert_chance", n=part.numerator, all=part.denominator)] if part else []


def _answered(lang: str, alert: Alert) -> html.Span:
    return html.Span(text(lang, FEEDBACK[alert.feedback]), className="answers muted")


def _answers(lang: str, alert: Alert) -> html.Span:
    """Return a button for each answer; the one that was given is pressed."""
    buttons = [
        html.Button(
            text(lang, key),
            type="button",
            **aria(pressed="true" if alert.feedback is feedback else "false"),
            **data(answer=json.dumps({"id": alert.id, "answer": feedback.value})),
        )
        for feedback, key in FEEDBACK.items()
        if feedback is not Feedback.NONE
    ]
    return html.Span(buttons, className="answers", role="group", **aria(label=text(lang, "alert_answer")))


# --- the exam ---


def _papers(lang: str, rules: Sequence[ExaminedRule], *, may_answer: bool) -> html.Details:
    """Show what the rules that are switched on were tried on, side by side."""
    heads = [html.Th("", scope="col"), *(html.Th(_rule_and_level(lang, each), scope="col") for each in rules)]
    columns = [_paper(lang, each) for each in rules]
    rows = [
        html.Tr([html.Th(label, scope="row"), *(html.Td(column[k][1], className="number") for column in columns)])
        for k, (label, _) in enumerate(columns[0])
    ]
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="paper")
    explained = [html.P(text(lang, "exam_note")), *([] if may_answer else [html.P(_answer_how(lang))])]
    return html.Details([html.Summary(text(lang, "exam")), html.Div(table, className="table"), *explained])


def _answer_how(lang: str) -> list[Any]:
    return [text(lang, "alert_answer_how"), html.Code(text(lang, "alert_answer_command"))]


def _paper(lang: str, each: ExaminedRule) -> list[tuple[str, str]]:
    """Return label and value of each line of a paper."""
    paper = each.exam
    lead = text(lang, "missing") if math.isnan(paper.lead_time) else decimal(paper.lead_time)
    lines_of = [
        ("exam_weeks", whole(paper.periods)),
        ("exam_series", whole(paper.series)),
        ("exam_alerts", _figure(lang, paper.alerts_per_period)),
        ("exam_by_chance", _figure(lang, paper.false_alerts_per_period)),
        ("exam_hits", _of(lang, paper.hits, paper.tried)),
        ("exam_lead", lead),
        *((PLANTED[p.factor][0], _share(lang, p.found)) for p in paper.planted),
        *((PLANTED[p.factor][1], _share(lang, p.naive_found)) for p in paper.planted),
        ("exam_naive_alerts", _figure(lang, paper.naive_alerts_per_period)),
        ("exam_at", each.examined_at[:10]),
        ("exam_method", each.method_version),
    ]
    return [(text(lang, key), value) for key, value in lines_of]


def _figure(lang: str, value: float) -> str:
    return text(lang, "missing") if math.isnan(value) else decimal(value, 2 if value < 10 else 1)


def _of(lang: str, hits: int, tried: int) -> str:
    return text(lang, "exam_of", n=hits, all=tried) if tried else text(lang, "missing")


def _share(lang: str, share: float) -> str:
    return text(lang, "missing") if math.isnan(share) else f"{100 * share:.0f}%"
