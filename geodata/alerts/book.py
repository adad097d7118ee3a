"""What is kept of alerts in a city's ledger: rules with their exam papers, alerts, and what people made of them.

What was said is never changed: the same rule, place, indicator and period are recorded once.
"""

from __future__ import annotations

import datetime as dt
import math
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from geodata.alerts.exam import Exam
from geodata.alerts.rules import AlertLevel, Judgement, Rule, rule_of
from geodata.alerts.series import PlaceSeries
from geodata.city import CityData
from geodata.errors import CityError, SelectionError
from geodata.store import Store
from geodata.vocabulary import Period, PlaceLevel

_JUDGED = "alerts_judged"
"""Setting of the ledger: the last period that the rules have judged."""


class Feedback(StrEnum):
    """What people found when they looked: 属实, 误报, 已处置."""

    NONE = ""
    TRUE = "true"
    FALSE = "false"
    HANDLED = "handled"


@dataclass(frozen=True)
class Alert:
    """One alert, with all that is needed to say why it was made."""

    rule: str
    parameters: str
    """As `Rule.parameters`."""
    place_id: str
    level_of_place: PlaceLevel
    indicator: str
    period: Period
    level: AlertLevel
    p: float
    """NaN for rules without one."""
    adjusted: float
    statistic: float
    expected: float
    """Incidents that the rule expected; NaN where a red line alone made the alert."""
    observed: int
    method_version: str
    data_version: str
    made_at: str = ""
    """UTC; the ledger's own."""
    feedback: Feedback = Feedback.NONE
    id: int = 0
    """Number in the ledger, 0 before it is there."""

    @property
    def of_red_line(self) -> bool:
        """Say whether a red-line incident made the alert and not the counts."""
        made = rule_of(self.rule, self.parameters)
        return self.level is AlertLevel.RED and not made.is_red(self.p, self.adjusted)


@dataclass(frozen=True)
class ExaminedRule:
    """A rule that sat its exam on the places of a level."""

    rule: Rule
    level_of_place: PlaceLevel
    exam: Exam
    examined_at: str
    method_version: str
    data_version: str
    switched_on: bool


# --- rules ---


def examined(store: Store, rule: Rule, exam: Exam, *, level: PlaceLevel, city: CityData) -> None:
    """Keep the exam paper of a rule; a newer one of the same parameters and level takes the place of the older."""
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    with store.ledger() as ledger:
        ledger.execute(
            "INSERT INTO alert_rule VALUES (?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT DO UPDATE SET exam = excluded.exam, "
            "examined_at = excluded.examined_at, method_version = excluded.method_version, "
            "data_version = excluded.data_version",
            (*_key(rule, level), exam.to_json(), now, city.method.version, city.data_version),
        )


def rules(store: Store) -> list[ExaminedRule]:
    """Return every rule that sat an exam, by name, level and parameters."""
    with store.reading() as ledger:
        rows = ledger.execute(
            "SELECT name, parameters, level_of_place, exam, examined_at, method_version, data_version, switched_on "
            "FROM alert_rule ORDER BY name, level_of_place, parameters"
        ).fetchall()
    return [
        ExaminedRule(
            rule_of(name, parameters),
            PlaceLevel(level),
            Exam.from_json(exam),
            at,
            method_version,
            data_version,
            bool(on),
        )
        for name, parameters, level, exam, at, method_version, data_version, on in rows
    ]


def switch_on(store: Store, rule: Rule, level: PlaceLevel) -> Exam:
    """Let a rule speak about the places of a level, and return its paper.

    Other parameters of the same rule fall silent there.

    Raises
    ------
    CityError
        If exactly these parameters never sat an exam on this level, or the exam could judge nothing.
    """
    with store.ledger() as ledger:
        row = ledger.execute(
            "SELECT exam FROM alert_rule WHERE name = ? AND parameters = ? AND level_of_place = ?", _key(rule, level)
        ).fetchone()
        if row is None:
            raise CityError(
                f"规则 {rule.name} 的这组参数尚未在该层级回测，请先回测再启用。",
                f"the rule {rule.name} has no exam with these parameters on this level: examine it first.",
            )
        paper = Exam.from_json(row[0])
        if paper.judged == 0:
            raise CityError(
                f"规则 {rule.name} 的回测中没有可判断的序列，数据太短，不能启用。",
                f"the exam of {rule.name} could judge nothing: the data are too short to switch it on.",
            )
        _silence(ledger, rule, level)
        ledger.execute(
            "UPDATE alert_rule SET switched_on = 1 WHERE name = ? AND parameters = ? AND level_of_place = ?",
            _key(rule, level),
        )
    return paper


def switch_off(store: Store, rule: Rule, level: PlaceLevel) -> None:
    """Silence a rule on a level, whatever its parameters."""
    with store.ledger() as ledger:
        _silence(ledger, rule, level)


def _silence(ledger: sqlite3.Connection, rule: Rule, level: PlaceLevel) -> None:
    ledger.execute(
        "UPDATE alert_rule SET switched_on = 0 WHERE name = ? AND level_of_place = ?", (rule.name, level.value)
    )


def _key(rule: Rule, level: PlaceLevel) -> tuple[str, str, str]:
    return rule.name, rule.parameters, level.value


# --- alerts ---


@dataclass(frozen=True)
class Told:
    """What the ledger says about alerts at one moment."""

    rules: tuple[ExaminedRule, ...] = ()
    alerts: tuple[Alert, ...] = ()
    """Of the weeks asked for, the newest and gravest first."""
    until: Period | None = None
    """The last week that was judged."""

    @property
    def on(self) -> tuple[ExaminedRule, ...]:
        """Return the rules that are switched on."""
        return tuple(rule for rule in self.rules if rule.switched_on)


def told(store: Store, start: dt.date, end: dt.date) -> Told:
    """Read rules and the alerts to periods that begin in a half-open span of days."""
    with store.reading() as ledger:
        if ledger.execute("SELECT 1 FROM sqlite_master WHERE name = 'alert'").fetchone() is None:
            return Told()  # a ledger from before there were alerts
    return Told(tuple(rules(store)), tuple(alerts(store, start, end)), judged_until(store))


def judged(store: Store, period: Period) -> None:
    """Keep that the rules have judged a period."""
    with store.ledger() as ledger:
        ledger.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (_JUDGED, str(period)))


def judged_until(store: Store) -> Period | None:
    """Return the last period that the rules have judged, None before the first."""
    with store.reading() as ledger:
        row = ledger.execute("SELECT value FROM setting WHERE key = ?", (_JUDGED,)).fetchone()
    return Period.parse(row[0]) if row else None


def alerts_of(rule: Rule, judgement: Judgement, series: PlaceSeries, city: CityData) -> list[Alert]:
    """Return the alerts of a judgement on the last period of the series of a city, the gravest first."""
    chosen = judgement.level.nonzero()[0].tolist()
    chosen.sort(
        key=lambda k: (-int(judgement.level[k]), _last(float(judgement.p[k])), _last(-float(judgement.statistic[k])))
    )
    ids = city.places["place_id"].to_numpy()
    return [
        Alert(
            rule=rule.name,
            parameters=rule.parameters,
            place_id=str(ids[series.place(k)]),
            level_of_place=series.level,
            indicator=series.indicator(k),
            period=series.periods[-1],
            level=AlertLevel(int(judgement.level[k])),
            p=float(judgement.p[k]),
            adjusted=float(judgement.adjusted[k]),
            statistic=float(judgement.statistic[k]),
            expected=float(judgement.expected[k]),
            observed=int(series.observed[k, -1]),
            method_version=city.method.version,
            data_version=city.data_version,
        )
        for k in chosen
    ]


def _last(value: float) -> float:
    return math.inf if math.isnan(value) else value


def record(store: Store, alerts: Sequence[Alert]) -> int:
    """Keep alerts; return how many of them are new. What was said of the same series and period stands."""
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    with store.ledger() as ledger:
        before = ledger.total_changes
        ledger.executemany(
            "INSERT OR IGNORE INTO alert (rule, parameters, place_id, level_of_place, indicator, period, first_day, "
            "level, p, adjusted, statistic, expected, observed, method_version, data_version, made_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    *(each.rule, each.parameters, each.place_id, each.level_of_place.value, each.indicator),
                    *(str(each.period), each.period.start.isoformat(), int(each.level)),
                    *(_known(number) for number in (each.p, each.adjusted, each.statistic, each.expected)),
                    *(each.observed, each.method_version, each.data_version, now),
                )
                for each in alerts
            ],
        )
        return ledger.total_changes - before


def _known(number: float) -> float | None:
    return None if math.isnan(number) else number


def alerts(store: Store, start: dt.date, end: dt.date, *, place_ids: Collection[str] | None = None) -> list[Alert]:
    """Return the alerts to periods that begin in a half-open span of days, the newest and gravest first.

    Parameters
    ----------
    store
        The city folder.
    start, end
        Half-open span of local days.
    place_ids
        Only of these places; None = all.
    """
    with store.reading() as ledger:
        rows = ledger.execute(
            "SELECT rule, parameters, place_id, level_of_place, indicator, period, level, p, adjusted, statistic, "
            "expected, observed, method_version, data_version, made_at, feedback, id FROM alert "
            "WHERE first_day >= ? AND first_day < ? ORDER BY first_day DESC, level DESC, p IS NULL, p, id",
            (start.isoformat(), end.isoformat()),
        ).fetchall()
    wanted = None if place_ids is None else frozenset(place_ids)
    return [_alert(row) for row in rows if wanted is None or row[2] in wanted]


def _alert(row: Sequence[Any]) -> Alert:
    values = dict(zip(Alert.__dataclass_fields__, row, strict=True))
    numbers = {name: math.nan for name in ("p", "adjusted", "statistic", "expected") if values[name] is None}
    words = {
        "level_of_place": PlaceLevel(values["level_of_place"]),
        "period": Period.parse(values["period"]),
        "level": AlertLevel(values["level"]),
        "feedback": Feedback(values["feedback"]),
    }
    return Alert(**{**values, **numbers, **words})


def answer(store: Store, number: int, feedback: Feedback) -> None:
    """Keep what people found when they looked after an alert.

    Raises
    ------
    SelectionError
        If there is no such alert.
    """
    with store.ledger() as ledger:
        found = ledger.execute("UPDATE alert SET feedback = ? WHERE id = ?", (feedback.value, number))
        if found.rowcount == 0:
            raise SelectionError(f"没有编号为 {number} 的预警。", f"there is no alert {number}.")


@dataclass(frozen=True)
class Answers:
    """What people made of a rule's alerts in a month."""

    month: str
    rule: str
    alerts: int
    true: int
    """属实 and 已处置: there was something."""
    false: int

    @property
    def precision(self) -> float:
        """Return the share of the answered alerts that were true, NaN if none was answered."""
        answered = self.true + self.false
        return self.true / answered if answered else math.nan


def answers(store: Store) -> list[Answers]:
    """Return how right each rule was, month by month, the newest first."""
    with store.reading() as ledger:
        rows = ledger.execute(
            "SELECT substr(first_day, 1, 7), rule, count(*), sum(feedback IN ('true', 'handled')), "
            "sum(feedback = 'false') FROM alert GROUP BY 1, 2 ORDER BY 1 DESC, 2"
        ).fetchall()
    return [Answers(*row) for row in rows]
