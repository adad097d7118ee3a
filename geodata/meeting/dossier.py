"""The dossier (卷宗) of a meeting: one file with all that was seen and decided, and all that is needed to recompute it.

A zip, not compressed, of ``manifest.json`` (versions, views, SHA-256 of every member), ``meeting.json``,
``findings.zh.json``, ``findings.en.json``, ``alerts.json``, ``background.json`` and ``snapshot/…``. Its last 64 bytes,
a comment to whoever opens it as a zip, are the SHA-256 of all bytes before them: so one changed byte is found wherever
it stands.

``sealed(...) -> bytes`` · ``read_dossier(file) -> Dossier`` · ``verify_dossier(file) -> list[Difference]``
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import json
import platform
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geodata.alerts.book import Told
from geodata.city import CityData
from geodata.errors import InputFileError, PinganError, SelectionError
from geodata.meeting import snapshot
from geodata.meeting.briefing import Briefing, Reference, plain_json
from geodata.meeting.outcome import Background, earlier_of, incidents, judged_again
from geodata.meeting.prepare import prepare
from geodata.meeting.record import Decision, Meeting
from geodata.meeting.snapshot import digest_of, open_snapshot
from geodata.meeting.told import read_told, told_json
from geodata.meeting.words import findings
from geodata.readers.cells import shown_name
from geodata.vocabulary import Period

FORMAT = 1
"""A reader refuses what it does not know."""
MANIFEST, MEETING, ALERTS, BACKGROUND = "manifest.json", "meeting.json", "alerts.json", "background.json"
FINDINGS = {"zh": "findings.zh.json", "en": "findings.en.json"}
_FROZEN = "snapshot/"
MOST_BYTES = 1 << 30
"""A larger file is none of ours."""
_SEAL = 64
"""Length of a SHA-256 in hexadecimal."""
_DAY = (1980, 1, 1, 0, 0, 0)
"""The first that a zip can name: when a file was written is no part of it."""
_ID = re.compile("[a-z2-7]{10}")
_DUST = 1.5e-9
"""Numbers are kept with nine decimals; the last may round otherwise on another processor."""
_RESTS_ON = ("numpy", "scipy", "pandas", "shapely", "chinesecalendar")
_BROKEN = (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError)


@dataclass(frozen=True)
class Dossier:
    """An opened dossier."""

    meeting: Meeting
    city: CityData
    """What the meeting saw."""
    told: Told
    """What was known of alerts."""
    background: Background
    manifest: dict[str, Any]


@dataclass(frozen=True)
class Difference:
    """One number, or one file, that is not what it should be."""

    path: str
    """``briefing.score.value``, ``file``, or the name of a member."""
    zh: str
    en: str


# --- writing ---


def sealed(meeting: Meeting, told: Told, background: Background, frozen: Mapping[str, bytes]) -> bytes:
    """Return the dossier of a meeting; the same meeting gives the same bytes.

    Parameters
    ----------
    meeting
        With its decisions.
    told
        What it was told of alerts.
    background
        What its outcomes rest on.
    frozen
        The files of its snapshot.
    """
    members = {
        MEETING: meeting.to_json().encode(),
        ALERTS: told_json(told).encode(),
        BACKGROUND: background.to_json().encode(),
        **{name: findings_json(meeting.briefing, lang).encode() for lang, name in FINDINGS.items()},
        **{_FROZEN + name: content for name, content in frozen.items()},
    }
    manifest = {**_facts(meeting), "made_by": _made_by(), "members": _sums(members)}
    members[MANIFEST] = (json.dumps(manifest, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(members):
            about = zipfile.ZipInfo(name, _DAY)
            about.create_system, about.external_attr = 3, 0o644 << 16
            archive.writestr(about, members[name])
        archive.comment = b"0" * _SEAL
    body = out.getvalue()[:-_SEAL]
    return body + hashlib.sha256(body).hexdigest().encode()


def findings_json(briefing: Briefing, lang: str) -> str:
    """Return the findings of a briefing as one JSON text: each sentence as it is read, and its parts."""
    said = [{"text": each.text, **json.loads(plain_json(each))} for each in findings(briefing, lang)]
    return json.dumps({"format": FORMAT, "lang": lang, "sentences": said}, ensure_ascii=False, separators=(",", ":"))


def _facts(meeting: Meeting) -> dict[str, Any]:
    """Return what the manifest says of a meeting."""
    briefing, title = meeting.briefing, meeting.briefing.title
    return {
        "format": FORMAT,
        "meeting": meeting.id,
        "made_at": meeting.made_at,
        "place": title.token,
        "place_name": title.place.zh,
        "period": title.period,
        "data_as_of": title.data_as_of,
        "simulated": title.simulated,
        "snapshot": meeting.snapshot,
        "data_version": title.data_version,
        "boundary_version": title.boundary_version,
        "method_version": briefing.method.version,
        "schemes": {"bands": list(briefing.method.bands), "confidence": briefing.method.confidence},
        "views": {page: json.loads(plain_json(at)) for page, at in _views(briefing)},
    }


def _views(briefing: Briefing) -> Iterator[tuple[str, Reference]]:
    """Return the view of each page."""
    fixed = {"why": briefing.why.at, "alerts": briefing.alerts.at}
    fixed |= {} if briefing.where is None else {"where": briefing.where.at}
    fronts = {f"front:{front.id}": front.at for front in briefing.fronts}
    for page in briefing.agenda:
        yield page, (fixed | fronts).get(page, briefing.score.at)


def _made_by() -> dict[str, str]:
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in _RESTS_ON}


def _sums(members: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(members[name]).hexdigest() for name in sorted(members)}


# --- reading ---


def read_dossier(path: Path) -> Dossier:
    """Open a dossier from the file alone.

    Raises
    ------
    InputFileError
        If it is no dossier, is damaged, or is of another version.
    """
    content = _content(path)
    if wrong := list(_broken_seals(path, content)):
        raise InputFileError(wrong[0].zh, wrong[0].en)
    return _opened(path, content)


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _no_dossier(path)
        return path.read_bytes()
    except OSError as error:
        raise _no_dossier(path) from error


def _no_dossier(path: Path) -> InputFileError:
    name = shown_name(path)
    return InputFileError(
        f"文件 {name} 不是完好的研判会卷宗，或由另一版本的程序写成。",
        f"{name} is no sound dossier of a meeting, or one of another version.",
    )


def _members(content: bytes) -> dict[str, bytes]:
    """Return the members of a zip that is as `sealed` writes it: nothing compressed, no name twice, none unknown.

    Raises
    ------
    ValueError
        If it is another.
    """
    expected = {MANIFEST, MEETING, ALERTS, BACKGROUND, *FINDINGS.values(), *(_FROZEN + m for m in snapshot.MEMBERS)}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
            if sorted(info.filename for info in infos) != sorted(expected):
                raise ValueError("members")
            if any(info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1 for info in infos):
                raise ValueError("compressed")
            if sum(info.file_size for info in infos) > len(content):
                raise ValueError("overlapping")
            return {info.filename: archive.read(info) for info in infos}
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError) as error:
        raise ValueError("zip") from error


def _broken_seals(path: Path, content: bytes) -> Iterator[Difference]:
    """Name what was changed after the file was sealed, as exactly as what is left of it allows."""
    if hashlib.sha256(content[:-_SEAL]).hexdigest().encode() == content[-_SEAL:]:
        return
    name = shown_name(path)
    yield Difference(
        "file",
        f"文件 {name} 与其封存校验不符：它被改动过、已损坏，或不是卷宗。",
        f"{name} does not match its seal: it was changed, is damaged, or is no dossier.",
    )
    try:
        members = _members(content)
        sums = json.loads(members[MANIFEST])["members"]
    except _BROKEN:
        return
    for member in sorted(sums):
        if member in members and hashlib.sha256(members[member]).hexdigest() != sums[member]:
            yield Difference(
                member, f"卷宗中的 {member} 与清单不符。", f"{member} in the dossier is not what its manifest says."
            )


def _opened(path: Path, content: bytes) -> Dossier:
    try:
        members = _members(content)
        manifest = json.loads(members[MANIFEST])
        meeting = Meeting.from_json(members[MEETING].decode())
        frozen = {name: members[_FROZEN + name] for name in snapshot.MEMBERS}
        if manifest["format"] != FORMAT or manifest["members"] != _sums(_but(members, MANIFEST)):
            raise ValueError(MANIFEST)
        if not _ID.fullmatch(meeting.id):  # it stands in addresses
            raise ValueError("id")
        if digest_of(frozen) != meeting.snapshot:
            raise ValueError("snapshot")
        told = read_told(members[ALERTS].decode())
        background = Background.from_json(members[BACKGROUND].decode())
        return Dossier(meeting, open_snapshot(frozen), told, background, manifest)
    except (*_BROKEN, PinganError) as error:
        raise _no_dossier(path) from error


def _but(members: Mapping[str, bytes], name: str) -> dict[str, bytes]:
    return {each: content for each, content in members.items() if each != name}


# --- verifying ---


def verify_dossier(path: Path) -> list[Difference]:
    """Recompute every number of a dossier from what it holds; return what differs, nothing if all is equal.

    The briefing is prepared again from the snapshot, and the sentences from it; what became of earlier decisions is
    counted again, and judged again from its evidence alone; the baselines of the meeting's own decisions are counted
    again. Baselines of earlier decisions are those of their own meetings.

    Raises
    ------
    InputFileError
        If the file can be read by nobody: it is missing, or sealed and yet no dossier of this version.
    """
    content = _content(path)
    if wrong := list(_broken_seals(path, content)):
        return wrong
    dossier = _opened(path, content)
    found: list[Difference] = []
    for name, check in _CHECKS.items():
        try:
            found += check(dossier, content)
        except (PinganError, *_BROKEN) as error:
            zh, en = (error.zh, error.en) if isinstance(error, PinganError) else (str(error), str(error))
            found.append(Difference(name, f"{_in_words(name)}无法重算：{zh}", f"{name} cannot be recomputed: {en}"))
    return found


def _check_manifest(dossier: Dossier, _: bytes) -> Iterator[Difference]:
    stated = {name: value for name, value in dossier.manifest.items() if name not in ("made_by", "members")}
    yield from _compared("manifest", stated, _facts(dossier.meeting))


def _check_briefing(dossier: Dossier, _: bytes) -> Iterator[Difference]:
    yield from _compared("briefing", _plain(dossier.meeting.briefing), _plain(_prepared(dossier)))


def _check_findings(dossier: Dossier, content: bytes) -> Iterator[Difference]:
    members, briefing = _members(content), _prepared(dossier)
    for lang, name in FINDINGS.items():
        stated = json.loads(members[name])
        yield from _compared(f"findings.{lang}", stated, json.loads(findings_json(briefing, lang)))


def _check_earlier(dossier: Dossier, _: bytes) -> Iterator[Difference]:
    meeting, period = dossier.meeting, _period(dossier)
    decisions = [each.decision for each in meeting.earlier]
    counted = earlier_of(dossier.city.at(period), decisions, period, dossier.background)
    for k, (stated, again) in enumerate(zip(meeting.earlier, counted, strict=True)):
        where = f"earlier.{k}.outcome"
        differ = list(_compared(where, _plain(stated.outcome), _plain(again.outcome)))
        yield from differ or _compared(where, _plain(stated.outcome), _plain(judged_again(stated.outcome)))


def _check_decisions(dossier: Dossier, _: bytes) -> Iterator[Difference]:
    period = _period(dossier)
    seen = dossier.city.at(period)
    for k, decision in enumerate(dossier.meeting.decisions):
        place = seen.find(decision.place)
        counted = incidents(seen, place, decision.types, period.start, period.end)
        yield from _compared(f"decisions.{k}", _known_of(decision), {**_known_of(decision), "baseline": counted})


_CHECKS = {
    "manifest": _check_manifest,
    "briefing": _check_briefing,
    "findings": _check_findings,
    "earlier": _check_earlier,
    "decisions": _check_decisions,
}


def _prepared(dossier: Dossier) -> Briefing:
    title = dossier.meeting.briefing.title
    return prepare(dossier.city, dossier.told, dossier.city.find(title.token), _period(dossier))


def _period(dossier: Dossier) -> Period:
    try:
        return Period.parse(dossier.meeting.briefing.title.period)
    except SelectionError as error:
        raise ValueError("period") from error


def _known_of(decision: Decision) -> dict[str, Any]:
    return {"baseline": decision.baseline}


def _plain(record: Any) -> Any:
    return json.loads(plain_json(record))


def _compared(path: str, stated: Any, again: Any) -> Iterator[Difference]:
    """Compare plain JSON with what was worked out again, number by number."""
    if isinstance(stated, dict) and isinstance(again, dict):
        for name in dict.fromkeys((*stated, *again)):
            yield from _compared(f"{path}.{name}", stated.get(name, "—"), again.get(name, "—"))
    elif isinstance(stated, list) and isinstance(again, list) and len(stated) == len(again):
        for k, (one, other) in enumerate(zip(stated, again, strict=True)):
            yield from _compared(f"{path}.{k}", one, other)
    elif not _same(stated, again):
        yield _difference(path, _shown(stated), _shown(again))


def _same(stated: Any, again: Any) -> bool:
    if isinstance(stated, float) and isinstance(again, float):
        return abs(stated - again) <= _DUST
    return bool(type(stated) is type(again) and stated == again)


def _shown(value: Any) -> str:
    text = f"[{len(value)}]" if isinstance(value, list) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _difference(path: str, stated: str, again: str) -> Difference:
    return Difference(
        path,
        f"{_in_words(path)}（{path}）：卷宗为 {stated}，重算为 {again}。",
        f"{path}: the dossier says {stated}, recomputed it is {again}.",
    )


_PARTS = {
    "manifest": "清单",
    "briefing.title": "标题",
    "briefing.completeness": "数据完整性",
    "briefing.method": "方法",
    "briefing.total": "事件总数",
    "briefing.score": "指数",
    "briefing.standing": "档次",
    "briefing.red_line": "红线扣分",
    "briefing.why": "变化原因",
    "briefing.where": "分布",
    "briefing.fronts": "条线",
    "briefing.alerts": "预警",
    "briefing": "研判内容",
    "findings": "研判语句",
    "earlier": "上次决定的成效",
    "decisions": "本次决定",
}


def _in_words(path: str) -> str:
    """Return what a path lies in, in Chinese."""
    return next((word for part, word in _PARTS.items() if path.startswith(part)), path)
