"""What was known of alerts when a meeting was prepared, as JSON and back: of one place and its parts only."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, fields
from typing import Any

from geodata.alerts.book import Alert, ExaminedRule, Feedback, Told
from geodata.alerts.exam import Exam
from geodata.alerts.rules import AlertLevel, rule_of
from geodata.city import CityData, Place
from geodata.errors import SelectionError
from geodata.locate import NOWHERE
from geodata.meeting.briefing import FORMAT
from geodata.vocabulary import Period, PlaceLevel

_NUMBERS = ("p", "adjusted", "statistic", "expected")


def told_of(city: CityData, told: Told, place: Place) -> Told:
    """Return the rules at work, and the alerts to a place and its parts: all that its meeting is prepared from."""
    return Told(told.on, tuple(each for each in told.alerts if _holds(city, place, each)), told.until)


def _holds(city: CityData, place: Place, alert: Alert) -> bool:
    try:
        part = city.find(f"{alert.level_of_place.value}:{alert.place_id}")
    except SelectionError:  # of boundaries that are gone
        return False
    if place.row is None or place.level is None or part.row is None:
        return True
    above = city.table[part.row, place.level.depth]
    return bool(above != NOWHERE and above == place.row)


def told_json(told: Told) -> str:
    """Write it as one JSON text: the same gives the same bytes."""
    plain = {
        "format": FORMAT,
        "until": "" if told.until is None else str(told.until),
        "rules": [_plain_rule(each) for each in told.rules],
        "alerts": [_plain_alert(each) for each in told.alerts],
    }
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def read_told(text: str) -> Told:
    """Read what `told_json` wrote.

    Raises
    ------
    ValueError, KeyError, TypeError
        If it is nothing of the kind.
    PinganError
        If it names a rule or a period that does not exist.
    """
    raw = json.loads(text)
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise ValueError("no alerts of this format")
    until = Period.parse(raw["until"]) if raw["until"] else None
    return Told(tuple(_rule(each) for each in raw["rules"]), tuple(_alert(each) for each in raw["alerts"]), until)


def _plain_rule(rule: ExaminedRule) -> dict[str, Any]:
    return {
        "name": rule.rule.name,
        "parameters": rule.rule.parameters,
        "level_of_place": rule.level_of_place.value,
        "exam": rule.exam.to_json(),
        "examined_at": rule.examined_at,
        "method_version": rule.method_version,
        "data_version": rule.data_version,
        "switched_on": rule.switched_on,
    }


def _rule(raw: dict[str, Any]) -> ExaminedRule:
    return ExaminedRule(
        rule=rule_of(raw["name"], raw["parameters"]),
        level_of_place=PlaceLevel(raw["level_of_place"]),
        exam=Exam.from_json(raw["exam"]),
        examined_at=raw["examined_at"],
        method_version=raw["method_version"],
        data_version=raw["data_version"],
        switched_on=bool(raw["switched_on"]),
    )


def _plain_alert(alert: Alert) -> dict[str, Any]:
    plain = asdict(alert)
    missing: dict[str, Any] = {name: None for name in _NUMBERS if math.isnan(plain[name])}
    words = {
        "level_of_place": alert.level_of_place.value,
        "period": str(alert.period),
        "level": int(alert.level),
        "feedback": alert.feedback.value,
    }
    return plain | missing | words


def _alert(raw: dict[str, Any]) -> Alert:
    if set(raw) != {each.name for each in fields(Alert)}:
        raise ValueError("no alert")
    numbers = {name: math.nan if raw[name] is None else float(raw[name]) for name in _NUMBERS}
    return Alert(
        **{
            **raw,
            **numbers,
            "level_of_place": PlaceLevel(raw["level_of_place"]),
            "period": Period.parse(raw["period"]),
            "level": AlertLevel(raw["level"]),
            "feedback": Feedback(raw["feedback"]),
        }
    )
