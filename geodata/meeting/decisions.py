"""The ledger of meetings: each as it was prepared, the snapshot that it was prepared from, and what it decided.

::

    prepare_meeting(store, city, place, period) -> Meeting     the one there, if all that it rests on is the same
    prepare_meetings(store, city, places, period) -> Iterator[Meeting]     of one level, what they share done once
    meetings(store) -> list[Listed]                            the latest period first
    meeting(store, id) -> Meeting                              with its decisions
    city_of(store, id) -> CityData                             the snapshot opened, kept for the next question
    decide(store, id, Draft(...)) -> Decision                  SelectionError names every fault
    withdraw(store, id, decision_id)
    baseline_of(city, meeting, place, types) -> int            units_of(city) -> tuple[str, ...]
    write_dossier(store, id, file)                             keep_dossier(store, file) -> Meeting

A meeting's facts never change: what is imported, undone or answered later leads to another meeting. Decisions are added
to it, and can be withdrawn until a later meeting on the place is prepared.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from geodata.alerts import book
from geodata.alerts.book import Told
from geodata.city import CityData, Place
from geodata.effects.asked import MOST_DAYS
from geodata.errors import SelectionError
from geodata.meeting import record, snapshot
from geodata.meeting.briefing import Briefing, Name, built, plain_json
from geodata.meeting.dossier import read_dossier, sealed
from geodata.meeting.outcome import (
    Background,
    background_of,
    counted_types,
    earlier_of,
    incidents,
    names_of,
)
from geodata.meeting.prepare import prepare_all
from geodata.meeting.record import Decision, Meeting
from geodata.meeting.told import read_told, told_json, told_of
from geodata.store import Store, cannot_write
from geodata.vocabulary import Period, PlaceLevel

FOLDER = "meetings"
DAYS = 28
"""A measure has so long unless its deadline is given."""
TARGET = 0.8
"""Share of the baseline that is aimed at unless a target is given."""
REMEMBERED = dt.timedelta(days=366)
"""Decisions that ended longer ago are no longer looked back on."""
MOST_WORDS, MOST_HELPERS, MOST_TYPES = 200, 8, 20
_TABLES = (
    """
CREATE TABLE IF NOT EXISTS meeting (
    id TEXT PRIMARY KEY,
    snapshot TEXT NOT NULL,
    place TEXT NOT NULL,
    place_zh TEXT NOT NULL,
    place_en TEXT NOT NULL,
    period TEXT NOT NULL,
    first_day TEXT NOT NULL,
    data_as_of TEXT NOT NULL,
    made_at TEXT NOT NULL,
    record TEXT NOT NULL,
    told TEXT NOT NULL,
    background TEXT NOT NULL,
    dossier TEXT NOT NULL
) STRICT""",
    """
CREATE TABLE IF NOT EXISTS decision (
    id INTEGER PRIMARY KEY,
    meeting TEXT NOT NULL REFERENCES meeting (id),
    record TEXT NOT NULL,
    made_at TEXT NOT NULL,
    withdrawn INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1))
) STRICT""",
    "CREATE TABLE IF NOT EXISTS snapshot (of TEXT PRIMARY KEY, digest TEXT NOT NULL) STRICT",
)


@dataclass(frozen=True)
class Listed:
    """A meeting in the list."""

    id: str
    place: str
    """Token, "" for the city."""
    place_name: Name
    period: str
    data_as_of: str
    made_at: str
    decisions: int
    from_file: bool
    """A dossier from elsewhere: shown as it is, nothing is decided there."""


@dataclass(frozen=True)
class Draft:
    """What is entered at the wall; what is left out is filled in."""

    problem: str
    measure: str
    lead: str
    """Unit, never a person."""
    helpers: tuple[str, ...] = ()
    deadline: str = ""
    """Last day, ISO; by default the measure has `DAYS` days."""
    start: str = ""
    """First day, ISO; by default the day after the meeting's period."""
    place: str | None = None
    """Token of the place whose number must move, in the meeting's place; by default that itself."""
    types: tuple[str, ...] = ()
    """Ids of sub-indices, indicators or incident types; none = all incidents."""
    target: int | None = None
    """At most so many; by default four fifths of the baseline, which is counted here."""
    front: str = ""
    """Sub-index of the page on which it is taken."""


# --- preparing ---


def prepare_meeting(store: Store, city: CityData, place: Place, period: Period) -> Meeting:
    """Prepare the meeting on a place and period and keep it; return the one there if nothing has changed.

    Parameters
    ----------
    store
        The city folder.
    city
        Its live data.
    place, period
        What the meeting is about.

    Raises
    ------
    SelectionError
        If the data have no such period, or it is a single day.
    """
    return next(prepare_meetings(store, city, [place], period))


def prepare_meetings(store: Store, city: CityData, places: Sequence[Place], period: Period) -> Iterator[Meeting]:
    """Prepare the meetings on several places of one level: each is what `prepare_meeting` makes of it alone.

    Raises
    ------
    SelectionError
        If the data have no such period, or it is a single day.
    """
    city = city.unfiltered
    told = book.told(store, period.start, period.end)
    digest = keep_snapshot(store, city)
    everything = _decided(store)
    planned = [_plan(city.at(period), place, period, digest, told, everything) for place in places]
    known = _records(store, [plan.id for plan in planned])
    fresh = [plan for plan in planned if plan.id not in known]
    briefings = prepare_all(city, told, [plan.place for plan in fresh], period) if fresh else iter(())
    made = {
        plan.id: _made(plan, city.at(period), digest, briefing) for plan, briefing in zip(fresh, briefings, strict=True)
    }
    _enter(store, [(plan, made[plan.id]) for plan in fresh])
    for plan in planned:
        yield meeting(store, plan.id) if plan.id in known else made[plan.id]


@dataclass(frozen=True)
class _Plan:
    """What a meeting rests on; its id follows from it."""

    id: str
    place: Place
    period: Period
    told: str
    earlier: tuple[Decision, ...]
    background: Background


@dataclass(frozen=True)
class _Taken:
    """A decision of the ledger and the meeting that took it."""

    decision: Decision
    place: str
    period: Period


def _plan(city: CityData, place: Place, period: Period, digest: str, told: Told, everything: Sequence[_Taken]) -> _Plan:
    looked_back = [
        each
        for each in everything
        if each.place == place.token
        and each.period.start < period.start
        and dt.date.fromisoformat(each.decision.deadline) >= period.start - REMEMBERED
    ]
    looked_back.sort(key=lambda each: (each.period.start, int(each.decision.id)), reverse=True)
    earlier = tuple(each.decision for each in looked_back)
    background = background_of(
        city,
        [each.decision for each in everything] if earlier else [],
        {each.decision.id: str(each.period) for each in looked_back},
    )
    told_text = told_json(told_of(city, told, place))
    rests_on = [digest, place.token, str(period), told_text, background.to_json()]
    named = hashlib.sha256(json.dumps(rests_on).encode()).digest()
    return _Plan(base64.b32encode(named)[:10].decode().lower(), place, period, told_text, earlier, background)


def _made(plan: _Plan, city: CityData, digest: str, briefing: Briefing) -> Meeting:
    earlier = earlier_of(city, plan.earlier, plan.period, plan.background)
    return Meeting(record.FORMAT, plan.id, _now(), digest, briefing, earlier, ())


def _enter(store: Store, fresh: Sequence[tuple[_Plan, Meeting]]) -> None:
    if not fresh:
        return
    with _writing(store) as ledger:
        for plan, made in fresh:
            _insert(ledger, made, plan.told, plan.background.to_json(), "")


def _insert(ledger: sqlite3.Connection, made: Meeting, told: str, background: str, dossier: str) -> None:
    title = made.briefing.title
    values = (
        *(made.id, made.snapshot, title.token, title.place.zh, title.place.en, title.period, title.first_day),
        *(title.data_as_of, made.made_at, made.to_json(), told, background, dossier),
    )
    ledger.execute(f"INSERT OR IGNORE INTO meeting VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608


def keep_snapshot(store: Store, city: CityData) -> str:
    """Keep the data of a city and return the digest; what is kept already is not frozen again."""
    settings = {name: getattr(city.settings, name) for name in snapshot.SETTINGS}
    rests_on = json.dumps([snapshot.FORMAT, city.data_version, settings], ensure_ascii=False, sort_keys=True)
    of = hashlib.sha256(rests_on.encode()).hexdigest()
    with store.reading() as ledger:
        row = (
            ledger.execute("SELECT digest FROM snapshot WHERE of = ?", (of,)).fetchone() if _is_there(ledger) else None
        )
    if row is not None and all((_snapshot_folder(store, row[0]) / name).is_file() for name in snapshot.MEMBERS):
        return str(row[0])
    frozen = snapshot.snapshot_of(store, city)
    for name, content in frozen.members.items():
        store.keep(f"{FOLDER}/snapshots/{frozen.digest}/{name}", content)
    with _writing(store) as ledger:
        ledger.execute("INSERT OR REPLACE INTO snapshot VALUES (?, ?)", (of, frozen.digest))
    return frozen.digest


# --- reading ---


def meetings(store: Store) -> list[Listed]:
    """Return all meetings, the latest period first."""
    with store.reading() as ledger:
        if not _is_there(ledger):
            return []
        rows = ledger.execute(
            "SELECT m.id, place, place_zh, place_en, period, data_as_of, m.made_at, count(d.id), dossier "
            "FROM meeting m LEFT JOIN decision d ON d.meeting = m.id AND NOT d.withdrawn "
            "GROUP BY m.id ORDER BY first_day DESC, m.made_at DESC, place, m.id"
        ).fetchall()
    return [
        Listed(id_, place, Name(zh, en), period, as_of, made_at, n, bool(dossier))
        for id_, place, zh, en, period, as_of, made_at, n, dossier in rows
    ]


def meeting(store: Store, number: str) -> Meeting:
    """Return a meeting with its decisions.

    Raises
    ------
    SelectionError
        If there is none of this id.
    """
    found = _row(store, number)
    made = Meeting.from_json(found.record)
    return made if found.dossier else replace(made, decisions=_decisions(store, number))


def city_of(store: Store, number: str) -> CityData:
    """Open what a meeting saw; the last few are kept open.

    Raises
    ------
    SelectionError
        If there is no such meeting.
    CityError
        If its snapshot or dossier is missing or damaged.
    """
    found = _row(store, number)
    if found.dossier:
        return _opened_file(_dossier_path(store, found.dossier).resolve())
    return _opened(_snapshot_folder(store, found.snapshot).resolve())


@lru_cache(maxsize=3)
def _opened(folder: Path) -> CityData:
    members = snapshot.members_in(folder)
    if snapshot.digest_of(members) != folder.name:
        raise snapshot.damaged("sha256")
    return snapshot.open_snapshot(members)


@lru_cache(maxsize=3)
def _opened_file(path: Path) -> CityData:
    return read_dossier(path).city


@dataclass(frozen=True)
class _Row:
    snapshot: str
    record: str
    told: str
    background: str
    dossier: str


def _row(store: Store, number: str) -> _Row:
    with store.reading() as ledger:
        row = None
        if _is_there(ledger):
            row = ledger.execute(
                "SELECT snapshot, record, told, background, dossier FROM meeting WHERE id = ?", (number,)
            ).fetchone()
    if row is None:
        raise SelectionError(f"没有编号为“{number[:40]}”的研判会。", f"there is no meeting {number[:40]!r}.")
    return _Row(*row)


def _records(store: Store, numbers: Iterable[str]) -> set[str]:
    with store.reading() as ledger:
        if not _is_there(ledger):
            return set()
        return {n for n in numbers if ledger.execute("SELECT 1 FROM meeting WHERE id = ?", (n,)).fetchone()}


def _decisions(store: Store, number: str) -> tuple[Decision, ...]:
    with store.reading() as ledger:
        rows = ledger.execute(
            "SELECT record FROM decision WHERE meeting = ? AND NOT withdrawn ORDER BY id", (number,)
        ).fetchall()
    return tuple(built(Decision, json.loads(row[0])) for row in rows)


def _decided(store: Store) -> list[_Taken]:
    """Return all decisions of this city that stand, in the order in which they were taken."""
    with store.reading() as ledger:
        if not _is_there(ledger):
            return []
        rows = ledger.execute(
            "SELECT d.record, place, period FROM decision d JOIN meeting m ON m.id = d.meeting "
            "WHERE NOT withdrawn ORDER BY d.id"
        ).fetchall()
    return [_Taken(built(Decision, json.loads(text)), place, Period.parse(period)) for text, place, period in rows]


# --- deciding ---


def units_of(city: CityData) -> tuple[str, ...]:
    """Return the units that the method names, and the places but the many grid cells."""
    owners = {indicator.owner for sub in city.method.sub_indices for indicator in sub.indicators}
    named = owners | set(city.places.loc[city.places["level"] != PlaceLevel.GRID_CELL.value, "unit"].astype(str))
    return tuple(sorted({unit for names in named for unit in names.split("、")} - {""}))


def baseline_of(city: CityData, made: Meeting, place: str, types: Sequence[str]) -> int:
    """Count the incidents of a place in a meeting's period, of sub-indices, indicators or types (none = all).

    Parameters
    ----------
    city
        What the meeting saw (`city_of`).

    Raises
    ------
    SelectionError
        If the place or one of the types is unknown.
    """
    period = Period.parse(made.briefing.title.period)
    seen = city.at(period)
    return incidents(seen, seen.find(place), types, period.start, period.end)


def decide(store: Store, number: str, draft: Draft) -> Decision:
    """Keep a decision of a meeting; its baseline is counted in what the meeting saw.

    Raises
    ------
    SelectionError
        If there is no such meeting or it comes from a file, or the draft has faults: names all of them.
    """
    if _row(store, number).dossier:
        raise SelectionError("外来卷宗只能查看，不能作决定。", "a dossier from elsewhere is for reading only.")
    made, city = meeting(store, number), city_of(store, number)
    checked = _Checked(city.at(Period.parse(made.briefing.title.period)), made, draft)
    decision = checked.decision(_now())
    with _writing(store) as ledger:
        n = int(ledger.execute("SELECT coalesce(max(id), 0) + 1 FROM decision").fetchone()[0])
        decision = replace(decision, id=str(n))
        ledger.execute(
            "INSERT INTO decision VALUES (?, ?, ?, ?, 0)", (n, number, plain_json(decision), decision.made_at)
        )
    return decision


def withdraw(store: Store, number: str, decision: str) -> None:
    """Take a decision back; it stays in the ledger, marked.

    Raises
    ------
    SelectionError
        If there is no such decision, or a later meeting on the place looks back on it.
    """
    made = meeting(store, number)
    if all(each.id != decision for each in made.decisions) or _row(store, number).dossier:
        raise SelectionError("这次研判会没有这项决定。", "the meeting has no such decision.")
    title = made.briefing.title
    later = [
        each
        for each in meetings(store)
        if each.place == title.token and not each.from_file and Period.parse(each.period).start > _first(title.period)
    ]
    if later:
        raise SelectionError(
            f"该地点已有更晚的研判会（{later[0].period}），此前的决定不能撤回。",
            f"a later meeting on this place was prepared ({later[0].period}): what was decided before stands.",
        )
    with _writing(store) as ledger:
        ledger.execute("UPDATE decision SET withdrawn = 1 WHERE id = ? AND meeting = ?", (int(decision), number))


def _first(period: str) -> dt.date:
    return Period.parse(period).start


_UNIT = re.compile(
    r"局|所|队|办|委|中心|街道|镇|乡|社区|居|村|站|科|处|室|会|院|校|公司|组|部|署|厅|府|园|网格|企业|物业|银行|集团|联盟|公安|城管|消防|交警|综治|教育|卫健|应急|市场监管"
    r"|\b(?:offices?|police|department|dept|teams?|units?|bureau|council|services?|agency|stations?|cent(?:re|er)s?|"
    r"committee|authority|brigade|group|board|schools?|hospital|company|ward|borough|street|district|community|"
    r"division|administration|safety|transport|fire|patrol|ministry|force)\b",
    re.IGNORECASE,
)
"""What names of units have and names of persons do not."""
_STOPS = "。.；;，,、 "


class _Checked:
    """A draft, looked through: every fault is found before any is told."""

    def __init__(self, city: CityData, made: Meeting, draft: Draft) -> None:
        self.city, self.made, self.draft = city, made, draft
        self.period = Period.parse(made.briefing.title.period)
        self.faults: list[tuple[str, str]] = []

    def decision(self, made_at: str) -> Decision:
        draft = self.draft
        problem = self.words(draft.problem, "问题", "the problem")
        measure = self.words(draft.measure, "措施", "the measure")
        lead, helpers = self.unit(draft.lead, "牵头单位", "the lead unit"), self.helpers()
        start = self.day(draft.start, self.period.end, "开始日期", "the first day")
        deadline = self.day(draft.deadline, start + dt.timedelta(days=DAYS - 1), "完成时限", "the deadline")
        if start < self.period.start:
            self.fault("开始日期早于研判周期", "the first day lies before the period of the meeting")
        if not 0 <= (deadline - start).days < MOST_DAYS:
            self.fault("完成时限应在开始日期之后、五年之内", "the deadline must be within five years of the first day")
        place, types = self.place(), self.types()
        baseline = incidents(self.city, place, types, self.period.start, self.period.end)
        target = int(baseline * TARGET) if draft.target is None else draft.target
        if not 0 <= target <= baseline:
            self.fault(
                f"目标应在 0 与基数 {baseline} 之间", f"the target must lie between 0 and the baseline, {baseline}"
            )
        if draft.front and self.city.method.sub_index(draft.front) is None:
            self.fault("没有这个条线", "there is no such front")
        if self.faults:
            zh, en = "；".join(zh for zh, _ in self.faults), "; ".join(en for _, en in self.faults)
            raise SelectionError(f"决定填写有误：{zh}。", f"the decision has faults: {en}.")
        return Decision(
            id="0",
            meeting=self.made.id,
            problem=problem,
            measure=measure,
            lead=lead,
            helpers=helpers,
            deadline=deadline.isoformat(),
            start=start.isoformat(),
            place=place.token,
            place_name=place.name,
            types=types,
            types_name=names_of(self.city, types),
            baseline=baseline,
            target=target,
            front=draft.front,
            made_at=made_at,
        )

    def fault(self, zh: str, en: str) -> None:
        self.faults.append((zh, en))

    def words(self, text: str, zh: str, en: str) -> str:
        """Return a text on one line, without the stop at its end: it becomes a part of a sentence."""
        kept = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
        kept = " ".join(kept.split()).rstrip(_STOPS)
        if not kept:
            self.fault(f"{zh}没有填写", f"{en} is missing")
        if len(kept) > MOST_WORDS:
            self.fault(f"{zh}超过 {MOST_WORDS} 字", f"{en} has more than {MOST_WORDS} characters")
        return kept

    def unit(self, text: str, zh: str, en: str) -> str:
        name = self.words(text, zh, en)
        if name and name not in units_of(self.city) and not _UNIT.search(name):
            self.fault(f"{zh}应填写单位，不填个人", f"{en} must be a unit, not a person")
        return name

    def helpers(self) -> tuple[str, ...]:
        if len(self.draft.helpers) > MOST_HELPERS:
            self.fault(f"配合单位超过 {MOST_HELPERS} 个", f"there are more than {MOST_HELPERS} helpers")
        given = (text for text in self.draft.helpers if text.strip())
        return tuple(dict.fromkeys(self.unit(text, "配合单位", "a helper") for text in given))

    def day(self, text: str, default: dt.date, zh: str, en: str) -> dt.date:
        if not text:
            return default
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            self.fault(f"{zh}应写作 2026-11-30", f"{en} must be written like 2026-11-30")
            return default

    def place(self) -> Place:
        own = self.city.find(self.made.briefing.title.token)
        if self.draft.place is None:
            return own
        try:
            place = self.city.find(self.draft.place)
        except SelectionError:
            place = None
        if place is None or own.token not in [each.token for each in self.city.lineage(place)]:
            self.fault("指标地点不在研判地点之内", "the place of the number lies outside of the meeting's place")
            return own
        return place

    def types(self) -> tuple[str, ...]:
        given = tuple(dict.fromkeys(self.draft.types))
        if len(given) > MOST_TYPES:
            self.fault(f"指标超过 {MOST_TYPES} 项", f"there are more than {MOST_TYPES} types")
            return ()
        try:
            counted_types(self.city, given)
        except SelectionError as error:
            self.fault(error.zh.rstrip("。"), error.en.rstrip("."))
            return ()
        return given


# --- dossiers ---


def write_dossier(store: Store, number: str, path: Path) -> None:
    """Seal a meeting with all that its numbers rest on into one file; the same meeting gives the same bytes.

    Raises
    ------
    SelectionError
        If there is no such meeting.
    CityError
        If its snapshot is missing, or the disk is full.
    """
    content = dossier_bytes(store, number)
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from error


def dossier_bytes(store: Store, number: str) -> bytes:
    """Return the dossier of a meeting, see `write_dossier`."""
    found = _row(store, number)
    if found.dossier:
        return _dossier_path(store, found.dossier).read_bytes()
    frozen = snapshot.members_in(_snapshot_folder(store, found.snapshot))
    return sealed(meeting(store, number), read_told(found.told), Background.from_json(found.background), frozen)


def keep_dossier(store: Store, path: Path) -> Meeting:
    """Take a dossier into the list of meetings: it is shown from the file alone, and nothing is decided there.

    Raises
    ------
    InputFileError
        If it is no dossier, or is damaged.
    """
    opened = read_dossier(path)
    found = opened.meeting
    with store.reading() as ledger:
        row = (
            ledger.execute("SELECT dossier FROM meeting WHERE id = ?", (found.id,)).fetchone()
            if _is_there(ledger)
            else None
        )
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if row is not None and row[0] in ("", digest):  # our own, or here already
        return meeting(store, found.id)
    store.keep(f"{FOLDER}/dossiers/{digest}.zip", content)
    with _writing(store) as ledger:
        ledger.execute("DELETE FROM meeting WHERE id = ?", (found.id,))  # sealed anew, with later decisions
        _insert(ledger, found, told_json(opened.told), opened.background.to_json(), digest)
    return found


# --- helpers ---


@contextmanager
def _writing(store: Store) -> Iterator[sqlite3.Connection]:
    with store.ledger() as ledger:
        for statement in _TABLES:
            ledger.execute(statement)
        yield ledger


def _is_there(ledger: sqlite3.Connection) -> bool:
    return ledger.execute("SELECT 1 FROM sqlite_master WHERE name = 'meeting'").fetchone() is not None


def _snapshot_folder(store: Store, digest: str) -> Path:
    return store.folder / FOLDER / "snapshots" / digest


def _dossier_path(store: Store, digest: str) -> Path:
    return store.folder / FOLDER / "dossiers" / f"{digest}.zip"


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
