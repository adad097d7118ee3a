"""Read the numbers of a meeting's sentences back from their text and hold each against the city's rows and scores."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from geodata.city import CityData, Place
from geodata.meeting.briefing import Briefing, Reference
from geodata.meeting.phrases import BANNED, CAUSAL
from geodata.meeting.words import Part, PartKind, Sentence, findings
from geodata.vocabulary import Period

EPOCH = dt.date(1970, 1, 1)
NUMBER = re.compile(r"[+\u2212]?\d[\d\u2009]*(?:\.\d+)?")
COUNT = re.compile(r"(?:^total|count|hours\.hours|hours\.weekday)\.n$")
OF_COUNT = re.compile(r"(?:^total|count)\.(previous|year_ago)\.(difference|percent)$")
OF_SCORE = re.compile(r"score\.(previous|year_ago)\.difference$")
SCORE = re.compile(r"score\.(value|low|high)$")


def value_of(text: str) -> float:
    """Return what a written number says."""
    return float(text.replace("\u2009", "").replace("\u2212", "-"))


def read(sentence: Sentence) -> list[str]:
    """Return the numbers that stand in a sentence's text, names masked."""
    masked = "".join("·" * len(part.text) if part.kind is PartKind.NAME else part.text for part in sentence.parts)
    return NUMBER.findall(masked)


def every_fault(briefing: Briefing, city: CityData) -> Iterator[str]:
    """Say what of a briefing's sentences, in both languages, is not as the data have it."""
    raw = json.loads(briefing.to_json())
    for lang in ("zh", "en"):
        for sentence in findings(briefing, lang):
            yield from faults(sentence, raw, city)


def faults(sentence: Sentence, raw: Any, city: CityData) -> Iterator[str]:
    """Say what of a sentence is not as the data have it; nothing if all is.

    Parameters
    ----------
    raw
        The briefing's JSON, read.
    """
    said = sentence.text
    found = read(sentence)
    if found != [part.text for part in sentence.numbers]:
        yield f"{said}: reads {found}"
    for word in BANNED:
        if re.search(rf"\b{word}" if word.isascii() else word, said, re.IGNORECASE):
            yield f"{said}: says {word}"
    if sentence.section != "why" and any(word in said.lower() for word in CAUSAL):
        yield f"{said}: names a cause"
    if not said.endswith(("。", ".")) or "{" in said or "  " in said:
        yield f"{said}: is no sentence"
    for text, part in zip(found, sentence.numbers, strict=False):
        yield from _number_faults(text, part, raw, city)


def _number_faults(text: str, part: Part, raw: Any, city: CityData) -> Iterator[str]:
    kept = _at(raw, part.path)
    if part.value != kept or part.at is None:
        yield f"{part.path}: {part.value} is not {kept}"
    digits = len(text.partition(".")[2])
    shown, meant = value_of(text), float(kept)
    if text[0] not in "+\u2212":  # its direction is told in words, if it has one
        shown, meant = abs(shown), abs(meant)
    if abs(shown - meant) > 0.5 * 10**-digits + 1e-9:
        # a score is never rounded up to a band that it does not reach
        below = SCORE.search(part.path) or part.path == "red_line.before"
        if not (below and 0 <= meant - shown < 0.1):
            yield f"{part.path}: {text} is not {kept}"
    expected = recounted(part, city)
    if expected is not None and abs(expected - float(kept)) > 1e-6:
        yield f"{part.path}: {kept}, but the data have {expected}"


def _at(raw: Any, path: str) -> Any:
    for step in path.split("."):
        raw = raw[int(step)] if step.isdigit() else raw[step]
    return raw


def recounted(part: Part, city: CityData) -> float | None:
    """Return a number from the city's rows or scores by its reference alone; None for what is none of both."""
    at = part.at
    assert at is not None
    city = city.at(Period.parse(at.period))
    place, now = city.find(at.place), Period.parse(at.period)
    then = now.year_ago() if at.compare == "year_ago" else now.previous()
    if COUNT.search(part.path) or part.path.endswith("observed"):
        return float(count(city, place, now, at))
    if of := OF_COUNT.search(part.path):
        n, before = count(city, place, now, at), count(city, place, then, at)
        return float(n - before) if of[2] == "difference" else 100 * (n - before) / before
    if end := SCORE.search(part.path):
        return score(city, place, now, at.sub_index, end[1])
    if OF_SCORE.search(part.path):
        return score(city, place, now, at.sub_index) - score(city, place, then, at.sub_index)
    return None


def count(city: CityData, place: Place, period: Period, at: Reference) -> int:
    """Count the rows that a reference leads to, one by one."""
    index = city.index
    rows = index.rows(period.start, period.end)
    keep = np.ones(rows.stop - rows.start, dtype=np.bool_)
    if place.row is not None and place.level is not None:
        keep &= index.site_place[index.site[rows], place.level.depth] == place.row
    kinds = [t.id for s in city.method.sub_indices if s.id == at.sub_index for i in s.indicators for t in i.types]
    if at.indicator:
        kinds = [t.id for i in city.method.indicators if i.id == at.indicator for t in i.types]
    kinds = [at.incident_type] if at.incident_type else kinds
    if at.sub_index or kinds:
        keep &= np.array([kind in kinds for kind in index.types], dtype=np.bool_)[index.kind[rows]]
    if at.hours is not None:
        first, end = at.hours
        hour = index.hour[rows]
        keep &= (hour >= first) & (hour < end) if first < end else (hour >= first) | ((hour >= 0) & (hour < end))
    if at.weekdays:
        weekday = {day: (EPOCH + dt.timedelta(days=day)).isoweekday() for day in np.unique(index.day[rows]).tolist()}
        keep &= np.isin([weekday[day] for day in index.day[rows].tolist()], at.weekdays)
    return int(keep.sum())


def score(city: CityData, place: Place, period: Period, sub_index: str, which: str = "value") -> float:
    """Return a score, or an end of its interval, of a place asked alone."""
    found = city.history(place, [period]).scores
    if not sub_index:
        return float({"value": found.score, "low": found.low, "high": found.high}[which][0])
    j = [s.id for s in city.method.sub_indices].index(sub_index)
    return float(found.sub_score[0, j] if which == "value" else found.sub_interval(j)[which == "high"][0])
