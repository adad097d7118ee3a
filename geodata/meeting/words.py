"""Findings in words: sentences made from a briefing alone, by rule; the same briefing gives the same bytes.

A sentence is a run of parts: words of a phrase, names (of places, fronts, types and periods, copied as they are) and
numbers, each with the address in the briefing that it was read from and the view that shows its rows. So a number in a
sentence cannot be another than that of the data. What is claimed: a direction (上升, 增加) only of a change that is
significant; of another its signed number and 差异不显著; of too few incidents 样本不足，不作评价; parts of a change of
score only where that change is significant and was taken apart.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from itertools import groupby
from typing import Any

from geodata.meeting.briefing import (
    AlertLine,
    Briefing,
    Cause,
    Change,
    Counted,
    Front,
    Name,
    PlaceScore,
    Reference,
    Why,
)
from geodata.meeting.changes import LEAST_COUNT
from geodata.meeting.phrases import PHRASES
from geodata.vocabulary import Period, PeriodKind
from geodata.written import decimal, printed_scores, signed, whole

NAMED = 3
"""Parts of a list that a sentence names."""
CAUSES_ALONG, CAUSES_AGAINST = 3, 1
"""Causes that are named on the side of the change, and of the other side."""
WEIGHS = 0.25
"""A cause is named if it is at least so large against the largest."""
_SLOT = re.compile(r"\{(\w+)(?::([^|}]*)\|([^}]*))?\}")
_ALERT_LEVELS = {1: "alert_level_one", 2: "alert_level_two", 3: "alert_level_three"}
_NOT_COMPARED = {
    "no_score": "no_score_change",
    "uneven": "uneven",
    "few": "few",
}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_QUARTERS = "一二三四"


class PartKind(StrEnum):
    """What a part of a sentence is."""

    WORDS = "words"
    NAME = "name"
    """Copied: of a place, a front, a type, a period; its digits are no claim."""
    NUMBER = "number"


@dataclass(frozen=True)
class Part:
    """A run of characters in a sentence."""

    text: str
    kind: PartKind = PartKind.WORDS
    value: float | None = None
    """Of a number: as it stands in the briefing, not rounded; the text of a direction in words has its size."""
    path: str = ""
    """Its address in the briefing, such as ``fronts.0.count.n``."""
    at: Reference | None = None
    """The view that shows it."""


@dataclass(frozen=True)
class Sentence:
    """One finding."""

    section: str
    """The page of the agenda that it belongs to."""
    key: str
    """The phrase that it was made from."""
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """Return the sentence as it is read."""
        return "".join(part.text for part in self.parts)

    @property
    def numbers(self) -> tuple[Part, ...]:
        """Return its numbers in their order."""
        return tuple(part for part in self.parts if part.kind is PartKind.NUMBER)


Parts = tuple[Part, ...]
Fill = str | Part | Parts


def findings(briefing: Briefing, lang: str) -> tuple[Sentence, ...]:
    """Say what a briefing holds, page by page in the order of its agenda.

    Parameters
    ----------
    lang
        ``zh`` or ``en``.
    """
    says = _Speaker(briefing, lang)
    pages: dict[str, Callable[[], Iterator[Sentence]]] = {
        "title": says.title,
        "score": says.score,
        "why": says.why,
        "where": says.where,
        "others": says.others,
        "alerts": says.alerts,
    }
    found: list[Sentence] = []
    for page in briefing.agenda:
        kind, _, front = page.partition(":")
        found += says.front(front) if kind == "front" else pages[kind]()
    return tuple(found)


def at_path(briefing: Briefing, path: str) -> tuple[Any, Reference]:
    """Return what stands at an address of a briefing, and the view of the nearest record around it.

    Raises
    ------
    KeyError
        If there is nothing.
    """
    value: Any = briefing
    at = briefing.total.at
    for step in path.split("."):
        try:
            value = value[int(step)] if step.isdigit() else getattr(value, step)
        except (AttributeError, IndexError, TypeError) as error:
            raise KeyError(path) from error
        at = getattr(value, "at", at)
    return value, at


@dataclass(frozen=True)
class _Speaker:
    briefing: Briefing
    lang: str

    # --- phrases ---

    def phrase(self, key: str, **fills: Fill) -> Parts:
        """Fill the slots of a phrase."""
        text, parts, end = PHRASES[key][self.lang == "en"], [], 0
        for slot in _SLOT.finditer(text):
            parts.append(Part(text[end : slot.start()]))
            parts += self._filled(fills[slot[1]], slot[2], slot[3])
            end = slot.end()
        parts.append(Part(text[end:]))
        return _run_together(parts if self.lang == "en" else _spaced(parts))

    @staticmethod
    def _filled(fill: Fill, one: str | None, many: str | None) -> Iterable[Part]:
        if one is not None and many is not None:
            return (Part(one if isinstance(fill, Part) and fill.text == "1" else many),)
        return (Part(fill),) if isinstance(fill, str) else (fill,) if isinstance(fill, Part) else fill

    def say(self, section: str, key: str, **fills: Fill) -> Sentence:
        parts = self.phrase(key, **fills)
        if self.lang == "en":
            first = parts[0]
            if first.kind is PartKind.WORDS:
                parts = (replace(first, text=first.text[:1].upper() + first.text[1:]), *parts[1:])
        return Sentence(section, key, parts)

    def word(self, key: str) -> str:
        return PHRASES[key][self.lang == "en"]

    def name(self, name: Name | str) -> Part:
        return Part(name if isinstance(name, str) else name.in_language(self.lang), PartKind.NAME)

    def names(self, names: Sequence[Name]) -> Parts:
        return self.listed([(self.name(each),) for each in names])

    def listed(self, items: Iterable[Parts], between: str = "and") -> Parts:
        parts: list[Part] = []
        for item in items:
            parts += [Part(self.word(between)), *item] if parts else item
        return tuple(parts)

    # --- numbers ---

    def number(self, path: str, written: Callable[[float], str], *, size: bool = False) -> Part:
        """Write the number at an address; `size` leaves its sign to the words around it."""
        value, at = at_path(self.briefing, path)
        return Part(written(abs(value) if size else value), PartKind.NUMBER, float(value), path, at)

    def count(self, path: str, *, size: bool = False) -> Part:
        return self.number(path, whole, size=size)

    def score_at(self, path: str) -> Part:
        bands = self.briefing.method.bands
        return self.number(path, lambda value: decimal(float(printed_scores(value, bands))))

    def points(self, path: str, digits: int = 1, *, size: bool = False) -> Part:
        form = decimal if size else signed
        return self.number(path, lambda value: form(value, digits), size=size)

    # --- changes ---

    @cached_property
    def compared(self) -> tuple[str, ...]:
        """Return the comparisons that the data allow: of the others the title speaks once."""
        score = self.briefing.score
        never = ("same", "partial", "no_before")
        return tuple(name for name in ("previous", "year_ago") if getattr(score, name).why_not not in never)

    def score_changes(self, path: str) -> Parts:
        return self._changes(path, self._score_change)

    def count_changes(self, path: str) -> Parts:
        return self._changes(path, self._count_change)

    def _changes(self, path: str, said: Callable[[str, Change, str], tuple[str, Parts]]) -> Parts:
        """Tell both comparisons; what is said of both alike is said once."""
        record, _ = at_path(self.briefing, path)
        told = [(name, getattr(record, name)) for name in self.compared]
        keys = [said(name, change, f"{path}.{name}")[0] for name, change in told]
        if len(told) == 2 and keys[0] == keys[1]:
            if keys[0].startswith("unsure_"):
                digits = 1 if keys[0] == "unsure_points" else 0
                both = {name: self.points(f"{path}.{name}.difference", digits) for name, _ in told}
                return self.phrase(f"both_{keys[0]}", **both)
            if told[0][1].difference is None:
                return self.phrase(keys[0], label=self.word("both"))
        return self.listed((said(name, change, f"{path}.{name}")[1] for name, change in told), "then")

    def _score_change(self, name: str, change: Change, path: str) -> tuple[str, Parts]:
        label = self.word(name)
        if change.difference is None:
            key = _NOT_COMPARED[change.why_not]
            return key, self.phrase(key, label=label)
        if not round(change.difference, 1):
            return "same_points", self.phrase("same_points", label=label)
        key = ("up_points" if change.difference > 0 else "down_points") if change.sure else "unsure_points"
        return key, self.phrase(key, label=label, points=self.points(f"{path}.difference", size=change.sure))

    def _count_change(self, name: str, change: Change, path: str) -> tuple[str, Parts]:
        label, difference = self.word(name), change.difference
        if difference is None:
            key = _NOT_COMPARED[change.why_not]
            return key, self.phrase(key, label=label)
        if not difference:
            return "same_count", self.phrase("same_count", label=label)
        if not change.sure:
            n = self.number(f"{path}.difference", lambda value: signed(value, 0))
            return "unsure_count", self.phrase("unsure_count", label=label, n=n)
        key = "more" if difference > 0 else "fewer"
        fills: dict[str, Fill] = {"label": label, "n": self.count(f"{path}.difference", size=True)}
        if change.percent is not None:
            key, fills["percent"] = f"{key}_percent", self.points(f"{path}.percent")
        return key, self.phrase(key, **fills)

    # --- title ---

    def title(self) -> Iterator[Sentence]:
        title, complete = self.briefing.title, self.briefing.completeness
        day = dt.date.fromisoformat(title.data_as_of) if title.data_as_of else None
        yield self.say(
            "title",
            "title",
            place=self.name(title.place),
            period=self.name(period_words(self.lang, Period.parse(title.period))),
            as_of=self.name(_day_words(self.lang, day) if day else "—"),
            version=self.name(self.briefing.method.version),
        )
        if title.simulated:
            yield self.say("title", "simulated")
        if not complete.whole:
            yield self.say("title", "partial")
        score = self.briefing.score
        lacking = [name for name in ("previous", "year_ago") if getattr(score, name).why_not == "no_before"]
        if lacking:
            yield self.say("title", "not_compared", label=self.word("both" if len(lacking) > 1 else lacking[0]))
        if complete.n_silent:
            yield self.say("title", "gaps", n=self.count("completeness.n_silent"))
        if complete.late:
            yield self.say("title", "late", n=self.count("completeness.n_late"))
        missing = [each.name for each in complete.missing if each.connected]
        if missing and score.value is not None and complete.weight_percent is not None:
            percent = self.points_plain("completeness.weight_percent")
            yield self.say("title", "missing", names=self.names(missing), percent=percent)

    def points_plain(self, path: str) -> Part:
        return self.number(path, lambda value: decimal(value, 0))

    # --- score ---

    def score(self) -> Iterator[Sentence]:
        score = self.briefing.score
        if score.value is None:
            yield self.say("score", "no_score")
        else:
            fills: dict[str, Fill] = {"score": self.score_at("score.value"), "band": self.word(f"band_{score.band}")}
            ends: dict[str, Fill] = {end: self.score_at(f"score.{end}") for end in ("low", "high")}
            if score.low == score.high:  # a red line's ceiling
                yield self.say("score", "score_capped", **fills)
            else:
                yield self.say("score", "score", **fills, **ends, confidence=self.count("method.confidence"))
            if self.compared:
                yield self.say("score", "score_changes", changes=self.score_changes("score"))
        if self.briefing.red_line is not None:
            yield self.say("score", "red_line", n=self.count("red_line.n"), before=self.score_at("red_line.before"))
        standing = self.briefing.standing
        if standing is not None:
            key = "standing" if standing.best != standing.worst else "standing_single"
            key = "standing_alike" if standing.n_tiers == 1 else key
            ranks: dict[str, Fill] = {name: self.count(f"standing.{name}") for name in ("n", "best", "worst", "tier")}
            yield self.say("score", key, level=self.word(f"level_{self.briefing.title.level}"), **ranks)
        total = self.briefing.total
        yield self._counted("score", "total", "total", total)
        if any(getattr(total, name).difference is not None for name in self.compared):
            yield self.say("score", "allowed")
        if self.briefing.quiet:
            alone = all(change.difference is None for change in self._every_change())
            key = "quiet" if score.value is not None else "quiet_unscored"
            yield self.say("score", "quiet_alone" if alone else key)

    def _every_change(self) -> list[Change]:
        """Return the changes of the score, of the number of incidents, and of all fronts."""
        score, total = self.briefing.score, self.briefing.total
        found = [score.previous, score.year_ago, total.previous, total.year_ago]
        return found + [change for front in self.briefing.fronts for change in _changes_of(front)]

    def _counted(self, section: str, key: str, path: str, counted: Counted) -> Sentence:
        """Tell a number of incidents with its changes; where there are too few that alone."""
        told = [getattr(counted, name) for name in self.compared]
        if not counted.n and all(change.difference is None for change in told):
            return self.say(section, "total_none" if key == "total" else "front_none")
        if all(change.why_not == "few" for change in told) and counted.n < LEAST_COUNT:
            return self.say(section, "front_few", n=self.count(f"{path}.n"))
        if not told:
            return self.say(section, f"{key}_alone", n=self.count(f"{path}.n"))
        return self.say(section, key, n=self.count(f"{path}.n"), changes=self.count_changes(path))

    # --- why ---

    def why(self) -> Iterator[Sentence]:
        unsure = []
        for name, field in (("previous", "why"), ("year_ago", "why_year_ago")):
            why = getattr(self.briefing, field)
            if name not in self.compared:
                continue
            if why.why_not:
                yield self.say("why", "why_missing", label=self.word(name))
            elif why.sure:
                yield from self._explained(name, field, why)
            else:
                unsure.append(name)
        if unsure:
            yield self.say("why", "why_not", label=self.word("both" if len(unsure) > 1 else unsure[0]))

    def _explained(self, name: str, field: str, why: Why) -> Iterator[Sentence]:
        kinds = [
            self.phrase(f"kind_{kind}", points=self.points(f"{field}.{kind}", 2))
            for kind in ("happened", "base", "weights", "red_lines", "uneven")
            if getattr(why, kind)
        ]
        change = why.change or 0.0
        yield self.say(
            "why",
            "why_up" if change > 0 else "why_down",
            label=self.word(name),
            points=self.points(f"{field}.change", 2, size=True),
            kinds=self.listed(kinds, "comma"),
        )
        if abs(why.happened) < WEIGHS * abs(change):  # red lines or the calendar made the change
            return
        told = [(i, cause) for i, cause in enumerate(why.causes) if not cause.uneven and cause.happened]
        told.sort(key=lambda each: -abs(each[1].happened))
        for key, sign, most in (("along", 1, CAUSES_ALONG), ("against", -1, CAUSES_AGAINST)):
            chosen = [each for each in told if each[1].happened * why.happened * sign > 0][:most]
            chosen = [each for each in chosen if abs(each[1].happened) >= WEIGHS * abs(told[0][1].happened)]
            if chosen:
                items = [self._cause(f"{field}.causes.{i}", cause) for i, cause in chosen]
                yield self.say("why", key, causes=self.listed(items))

    def _cause(self, path: str, cause: Cause) -> Parts:
        key = "cause_place" if cause.place and cause.incident_type else "cause_type" if cause.incident_type else "cause"
        return self.phrase(
            key,
            name=self.name(cause.name),
            points=self.points(f"{path}.happened", 2),
            kind=self.name(cause.type_name),
            place=self.name(cause.place_name),
        )

    # --- where ---

    def where(self) -> Iterator[Sentence]:
        where, score = self.briefing.where, self.briefing.score
        if where is None or where.n < 2:  # a single part is the place once more
            return
        level = self.word(f"level_{where.level}")
        if score.value is not None:
            named = [self._scored(f"where.below.{i}", part) for i, part in enumerate(where.below)]
            key = "below_none" if not named else "below" if where.n_below == len(named) else "below_more"
            yield self.say(
                "where",
                key,
                n=self.count("where.n"),
                k=self.count("where.n_below"),
                level=level,
                place=self.name(self.briefing.title.place),
                names=self.listed(named),
            )
        if where.n_compared:
            moved = [
                self.phrase(
                    "moved_place",
                    name=self.name(part.name),
                    points=self.points(f"where.moved.{i}.score.previous.difference"),
                )
                for i, part in enumerate(where.moved)
            ]
            key = "parts_moved" if moved else "parts_not_moved"
            yield self.say("where", key, n=self.count("where.n_compared"), level=level, list=self.listed(moved))
        if any(len(front.places) > 1 for front in self.briefing.fronts):
            yield self.say("where", "by_number", level=level)
        if where.in_none:
            yield self.say("where", "in_none", n=self.count("where.in_none"), level=level)

    def _scored(self, path: str, part: PlaceScore) -> Parts:
        return self.phrase("scored_place", name=self.name(part.name), score=self.score_at(f"{path}.score.value"))

    # --- a front ---

    def front(self, front_id: str) -> Iterator[Sentence]:
        i = next(i for i, front in enumerate(self.briefing.fronts) if front.id == front_id)
        front, section, path = self.briefing.fronts[i], f"front:{front_id}", f"fronts.{i}"
        if front.score.value is None:
            yield self.say(section, "front_no_score", name=self.name(front.name))
        else:
            yield self._front_score(section, path, front)
        if front.count is not None:
            yield self._counted(section, "front_count", f"{path}.count", front.count)
            if front.count.n:
                yield from self._types(section, path, front)
                yield from self._places(section, path, front)
                yield from self._hours(section, path, front)

    def _front_score(self, section: str, path: str, front: Front) -> Sentence:
        return self.say(
            section,
            "front_score" if self.compared else "front_score_alone",
            name=self.name(front.name),
            score=self.score_at(f"{path}.score.value"),
            band=self.word(f"band_{front.score.band}"),
            changes=self.score_changes(f"{path}.score"),
        )

    def _types(self, section: str, path: str, front: Front) -> Iterator[Sentence]:
        if len(front.types) > 1:  # a single type is the front itself
            named = [(f"{path}.types.{i}.count", each.name, each.count) for i, each in enumerate(front.types)]
            yield from self._listed_counts(section, "types", named)

    def _places(self, section: str, path: str, front: Front) -> Iterator[Sentence]:
        named = [(f"{path}.places.{i}.count", each.name, each.count) for i, each in enumerate(front.places)]
        yield from self._listed_counts(section, "places", named)

    def _listed_counts(self, section: str, key: str, named: Sequence[tuple[str, Name, Counted]]) -> Iterator[Sentence]:
        """Name the largest of a list that is ordered by number, and what changed when all of it are asked at once."""
        large = [(path, name) for path, name, counted in named[:NAMED] if counted.n >= LEAST_COUNT]
        if len(large) > 1:
            items = [self.phrase("named_count", name=self.name(n), n=self.count(f"{path}.n")) for path, n in large]
            yield self.say(section, key, list=self.listed(items))
        changes = [
            (path, each, name, getattr(counted, each))
            for path, name, counted in named
            for each in ("previous", "year_ago")
            if getattr(counted, each).moved
        ]
        changes.sort(key=lambda change: -abs(change[3].difference or 0.0))
        moved = [self._moved(f"{path}.{each}", each, name, change) for path, each, name, change in changes[:NAMED]]
        if moved:
            yield self.say(section, f"{key}_moved", list=self.listed(moved))

    def _moved(self, path: str, comparison: str, name: Name, change: Change) -> Parts:
        key = "moved_more" if (change.difference or 0.0) > 0 else "moved_fewer"
        fills: dict[str, Fill] = {"name": self.name(name), "label": self.word(comparison)}
        fills["n"] = self.count(f"{path}.difference", size=True)
        if change.percent is not None:
            key, fills["percent"] = f"{key}_percent", self.points(f"{path}.percent")
        return self.phrase(key, **fills)

    def _hours(self, section: str, path: str, front: Front) -> Iterator[Sentence]:
        hours = front.hours
        if hours is None:
            return
        if hours.hours is not None and hours.hours.at.hours is not None:
            yield self.say(
                section,
                "hours",
                hours=self.name(hours_words(self.lang, hours.hours.at.hours)),
                n=self.count(f"{path}.hours.hours.n"),
                percent=self.number(f"{path}.hours.hours.percent", lambda value: decimal(value, 0)),
            )
            if hours.unknown:
                yield self.say(section, "no_hours", n=self.count(f"{path}.hours.unknown"))
        if hours.weekday is not None:
            yield self.say(
                section,
                "weekday",
                day=self.word("weekdays").split(" ")[hours.weekday.at.weekdays[0] - 1],
                n=self.count(f"{path}.hours.weekday.n"),
                percent=self.number(f"{path}.hours.weekday.percent", lambda value: decimal(value, 0)),
            )

    # --- the others ---

    def others(self) -> Iterator[Sentence]:
        """Tell the fronts without a page: all that did not move in one sentence."""
        rest = [front for front in self.briefing.fronts if not front.page]
        compared = [front for front in rest if _compared(front)]
        moved = [front for front in compared if any(change.moved for change in _changes_of(front))]
        still = [front for front in compared if front not in moved]
        for front in moved:  # more moved than there are pages, or nothing of it is counted
            yield from self._other(front)
        if still:
            yield self.say(
                "others",
                "others_unmoved" if len(still) < len(self.briefing.fronts) else "all_unmoved",
                names=self.names([front.name for front in still]),
                label=self._compared_label(still),
            )
        missing = [front.name for front in rest if front not in compared]
        if missing and self.compared:  # else the title has said so of all
            yield self.say("others", "others_not_compared", names=self.names(missing))
        if not self.briefing.alerts.n:
            yield from self._no_alerts()

    def _compared_label(self, fronts: Sequence[Front]) -> str:
        """Name the comparisons that could be made of any of some fronts."""
        made = [
            name
            for name in ("previous", "year_ago")
            for front in fronts
            for record in (front.score, front.count)
            if record is not None and getattr(record, name).difference is not None
        ]
        return self.word("both" if len(set(made)) > 1 else made[0])

    def _other(self, front: Front) -> Iterator[Sentence]:
        path, name = f"fronts.{self.briefing.fronts.index(front)}", self.name(front.name)
        if front.count is not None and (front.count.previous.moved or front.count.year_ago.moved):
            changes = self.count_changes(f"{path}.count")
            yield self.say("others", "others_changed", name=name, n=self.count(f"{path}.count.n"), changes=changes)
        elif front.score.value is not None:
            yield self._front_score("others", path, front)

    # --- alerts ---

    def alerts(self) -> Iterator[Sentence]:
        alerts = self.briefing.alerts
        answers = sorted({line.disposition for line in alerts.lines})
        if len(answers) == 1:
            key = "alerts_single" if alerts.n == 1 else "alerts_alike"
            yield self.say("alerts", key, n=self.count("alerts.n"), said=self.word(f"said_{answers[0]}"))
        else:
            yield self._answered()
        for i, line in enumerate(alerts.lines):
            yield self._alert(f"alerts.lines.{i}", line)
        if alerts.state == "partly":
            yield self.say("alerts", "alerts_partly")

    def _answered(self) -> Sentence:
        """Tell how many alerts were answered in which way."""
        said = [
            self.phrase(f"alert_{word}", n=self.count(f"alerts.{word}"))
            for word in ("true", "handled", "false", "open")
            if getattr(self.briefing.alerts, word)
        ]
        return self.say("alerts", "alerts_n", n=self.count("alerts.n"), dispositions=self.listed(said))

    def _alert(self, path: str, line: AlertLine) -> Sentence:
        fills: dict[str, Fill] = {
            "place": self.name(line.place_name),
            "name": self.name(line.name),
            "level": self.word(_ALERT_LEVELS[line.level]),
            "week": self.name(period_words(self.lang, Period.parse(line.week))),
            "disposition": self.word(f"said_{line.disposition}"),
        }
        if line.of_red_line or line.expected is None:
            return self.say("alerts", "alert_red_line", **fills)
        fills |= {"n": self.count(f"{path}.observed"), "expected": self.points_of(f"{path}.expected")}
        return self.say("alerts", "alert", **fills)

    def points_of(self, path: str) -> Part:
        return self.number(path, decimal)

    def _no_alerts(self) -> Iterator[Sentence]:
        state = self.briefing.alerts.state
        key = {"off": "alerts_off", "not_judged": "alerts_not_judged", "partly": "alerts_none_yet"}
        yield self.say("others", key.get(state, "alerts_none"))


def _changes_of(front: Front) -> list[Change]:
    changes = [front.score.previous, front.score.year_ago]
    return changes + ([front.count.previous, front.count.year_ago] if front.count is not None else [])


def _compared(front: Front) -> bool:
    return any(change.difference is not None for change in _changes_of(front))


def _spaced(parts: list[Part]) -> list[Part]:
    """Set a space between a name in Latin letters and the number after it."""
    found: list[Part] = []
    for part in parts:
        last = found[-1] if found else None
        latin = last is not None and last.kind is PartKind.NAME and last.text[-1:].isascii() and last.text
        found += [Part(" "), part] if latin and part.kind is PartKind.NUMBER else [part]
    return found


def _run_together(parts: list[Part]) -> Parts:
    """Join words that stand side by side, and leave out empty ones."""
    found: list[Part] = []
    for words, run in groupby(parts, key=lambda part: part.kind is PartKind.WORDS):
        if words:
            text = "".join(part.text for part in run)
            found += [Part(text)] if text else []
        else:
            found += run
    return tuple(found)


# --- names of spans ---


def hours_words(lang: str, hours: tuple[int, int]) -> str:
    """Return a span of hours as it is spoken.

    Examples
    --------
    >>> hours_words("zh", (22, 2)), hours_words("zh", (20, 24)), hours_words("en", (8, 12))
    ('22时至次日2时', '20时至24时', '8:00 and 12:00')
    """
    first, end = hours
    if lang == "en":
        return f"{first}:00 and {end}:00"
    return f"{first}时至{'次日' if end < first else ''}{end}时"


def _day_words(lang: str, day: dt.date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}" if lang == "en" else f"{day.year}年{day.month}月{day.day}日"


def period_words(lang: str, period: Period) -> str:
    """Return a period as it is spoken.

    Examples
    --------
    >>> [period_words("zh", Period.parse(text)) for text in ("2026-10", "2026-Q4", "2026-W41")]
    ['2026年10月', '2026年第四季度', '2026年第41周']
    """
    start, last = period.start, period.end - dt.timedelta(days=1)
    year, week, _ = start.isocalendar()
    quarter = (start.month + 2) // 3
    chinese, english = {
        PeriodKind.WEEK: (f"{year}年第{week}周", f"week {week} of {year}"),
        PeriodKind.MONTH: (f"{start.year}年{start.month}月", f"{_MONTHS[start.month - 1]} {start.year}"),
        PeriodKind.QUARTER: (f"{start.year}年第{_QUARTERS[quarter - 1]}季度", f"Q{quarter} {start.year}"),
        PeriodKind.YEAR: (f"{start.year}年", str(start.year)),
    }.get(
        period.kind,
        (
            f"{_day_words('zh', start)}至{_day_words('zh', last)}",
            f"{_day_words('en', start)} to {_day_words('en', last)}",
        ),
    )
    return english if lang == "en" else chinese
