"""The method as data: sub-indices, indicators, incident types, weights, bands; read from TOML and checked."""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, dataclass, field, fields
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, get_type_hints

from geodata.errors import MethodError
from geodata.index.toml_lines import Address, lines_of
from geodata.vocabulary import PlaceLevel

METHODS = Path(__file__).parent / "methods"
SHIPPED = METHODS / "3.0.toml"
"""The version that a city has before it publishes one."""
KINDS = ("incident", "complement", "benefit", "survey", "level")
AGGREGATIONS = ("arithmetic", "geometric")
RED_LINES = ("", "major", "severe")
EXPOSED = ("incident", "benefit")
"""Kinds that are measured against an exposure."""


@dataclass(frozen=True)
class IncidentType:
    """One type of incident and how much it weighs."""

    id: str
    name: str
    name_en: str
    severity: float
    sensitive: bool = False
    """Never shown as a point on a map (docs/METHOD.md, personal data)."""
    red_line: str = ""
    """Which ceiling one such incident puts on the composite of its place: "major", "severe", or none."""
    deduction: float = 0.0
    """Points that each such incident takes off the composite, beside its weight."""


@dataclass(frozen=True)
class Indicator:
    """A second-level indicator (二级指标)."""

    id: str
    name: str
    name_en: str
    kind: str
    weight: float
    owner: str = ""
    exposure: str = ""
    alpha: float = 10.0
    types: tuple[IncidentType, ...] = ()


@dataclass(frozen=True)
class SubIndex:
    """A first-level indicator (一级指标)."""

    id: str
    name: str
    name_en: str
    weight: float
    indicators: tuple[Indicator, ...]
    daily: bool = False
    """Whether it is part of the daily index."""
    concern: str = ""
    """The group of sub-indices that it is shown with, a key of ``Method.concerns``."""
    target: float | None = None
    """The score that is aimed at."""


@dataclass(frozen=True)
class Exposure:
    """What incidents are measured against; `unit` of it makes one unit of the rate."""

    name: str
    name_en: str
    unit: float
    unit_name: str
    unit_name_en: str


@dataclass(frozen=True)
class Concern:
    """A group of sub-indices that people ask about together (五关切)."""

    name: str
    name_en: str


@dataclass(frozen=True)
class RedLines:
    """Ceilings on the composite of a place in which a red-line incident happened (红线扣分)."""

    major: float = 79.99
    severe: float = 69.99
    levels: tuple[str, ...] = ()
    """Levels of places that it applies to; none = it is switched off."""


@dataclass(frozen=True)
class Method:
    """One version of the index method."""

    version: str
    name: str
    name_en: str
    anchor: float
    bands: tuple[float, float, float]
    band_hysteresis: float
    risk_cap: float
    min_expected: float
    min_weight_indicators: float
    min_weight_sub_indices: float
    exposures: dict[str, Exposure]
    sub_indices: tuple[SubIndex, ...]
    aggregation: str = "arithmetic"
    """How sub-indices make the composite: weighted mean of scores, or of risks ("geometric")."""
    place_spread: float = 0.0
    """How much all risks of a place rise and fall together, for intervals and ranks: a standard deviation of ln θ."""
    target: float | None = None
    """The composite that is aimed at."""
    red_lines: RedLines = RedLines()
    concerns: dict[str, Concern] = field(default_factory=dict)

    @cached_property
    def indicators(self) -> tuple[Indicator, ...]:
        """Return all indicators in the order of their sub-indices."""
        return tuple(i for sub_index in self.sub_indices for i in sub_index.indicators)

    @cached_property
    def measured(self) -> tuple[Indicator, ...]:
        """Return the indicators that are measured, not counted."""
        return tuple(i for i in self.indicators if i.kind != "incident")

    @cached_property
    def scored(self) -> tuple[Indicator, ...]:
        """Return the indicators that count incidents, in the order of their sub-indices."""
        return tuple(i for i in self.indicators if i.kind == "incident")

    @cached_property
    def types(self) -> dict[str, IncidentType]:
        """Return every incident type by id."""
        return {kind.id: kind for indicator in self.scored for kind in indicator.types}

    @cached_property
    def type_words(self) -> dict[str, str]:
        """Map every id and name of a type, in lower case, to its id: what a file may call it."""
        return {word.lower(): kind.id for kind in self.types.values() for word in (kind.name_en, kind.name, kind.id)}

    def sub_index(self, sub_index_id: str) -> SubIndex | None:
        """Return a sub-index by id, None if there is none."""
        return next((s for s in self.sub_indices if s.id == sub_index_id), None)


@dataclass(frozen=True)
class Fault:
    """What is wrong on a line of a method file."""

    line: int
    """Counted from 1."""
    zh: str
    en: str


def load_method(text: str, where: str = "method.toml") -> Method:
    """Read and check a method file; its ``[calibration]`` is not looked at.

    Raises
    ------
    MethodError
        If it has faults: names every one with its line.
    """
    raw, faults = _examined(text)
    if faults:
        zh = "；".join(f"第 {fault.line} 行：{fault.zh}" for fault in faults)
        en = "; ".join(f"line {fault.line}: {fault.en}" for fault in faults)
        raise MethodError(f"方法文件 {where} 有误：{zh}。", f"the method file {where} is wrong: {en}.")
    return _method(raw)


def method_faults(text: str) -> tuple[Fault, ...]:
    """Return every fault of a method file in the order of its lines; none = `load_method` reads it."""
    return _examined(text)[1]


def shipped_method() -> Method:
    """Return the method that comes with the product."""
    return load_method(SHIPPED.read_text(encoding="utf-8"), SHIPPED.name)


def shipped_versions() -> dict[str, Path]:
    """Return the file of every version that comes with the product: numbered ones, latest first, then named ones."""
    files = sorted(METHODS.glob("*.toml"), reverse=True)
    return {path.stem: path for path in sorted(files, key=lambda path: path.stem[0].isalpha())}


# --- building ---


def _method(raw: dict[str, Any]) -> Method:
    return Method(
        **_plain(Method, raw),
        red_lines=RedLines(**_plain(RedLines, raw.get("red_lines", {}))),
        concerns={key: Concern(**_plain(Concern, value)) for key, value in raw.get("concerns", {}).items()},
        exposures={key: Exposure(**_plain(Exposure, value)) for key, value in raw["exposures"].items()},
        sub_indices=tuple(_sub_index(item) for item in raw["sub_index"]),
    )


def _sub_index(raw: dict[str, Any]) -> SubIndex:
    return SubIndex(**_plain(SubIndex, raw), indicators=tuple(_indicator(item) for item in raw["indicator"]))


def _indicator(raw: dict[str, Any]) -> Indicator:
    types = tuple(IncidentType(**_plain(IncidentType, kind)) for kind in raw.get("types", []))
    return Indicator(**_plain(Indicator, raw), types=types)


def _plain(kind: type, raw: dict[str, Any]) -> dict[str, Any]:
    """Return the values that are no tables, as the class wants them."""
    return {key: _made(raw[key], _word(wanted)) for key, wanted in plain_fields(kind).items() if key in raw}


def _made(value: Any, word: str) -> Any:
    if word == "tuple":
        return tuple(float(v) if isinstance(v, int) else v for v in value)
    return float(value) if word == "float" else value


# --- form: tables, keys, types of values ---

_TABLES = {
    SubIndex: {"indicator": "indicators"},
    Indicator: {"types": "types"},
    Method: {"sub_index": "sub_indices", "exposures": "exposures", "red_lines": "red_lines", "concerns": "concerns"},
}
"""Keys that hold tables, and the fields that they become."""
_WORDS = {
    "str": ("文本", "a text"),
    "float": ("有限的数", "a finite number"),
    "bool": ("true 或 false", "true or false"),
    "tuple": ("列表", "a list"),
}


def plain_fields(kind: type) -> dict[str, Any]:
    """Return the type of every field of one of the classes above that holds no other of them."""
    return _plain_fields(kind)


@cache
def _plain_fields(kind: type) -> dict[str, Any]:
    nested = set(_TABLES.get(kind, {}).values())
    return {name: wanted for name, wanted in get_type_hints(kind).items() if name not in nested}


def _word(wanted: Any) -> str:
    """Return a key of ``_WORDS`` for the type of a field."""
    text = wanted.__name__ if isinstance(wanted, type) else str(wanted)
    return next(word for word in ("tuple", "bool", "float", "str") if word in text)


Finding = tuple[Address, str, str]
"""Address, and what is wrong there in both languages."""


def _examined(text: str) -> tuple[dict[str, Any], tuple[Fault, ...]]:
    """Parse a method file; return its tables and what is wrong with them."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return {}, (_syntax_fault(error, text),)
    raw.pop("calibration", None)
    findings = list(_form_findings(raw)) or list(_sense_findings(raw))  # what is no number has no sum
    if not findings:
        return raw, ()
    lines = lines_of(text)
    faults = {Fault(_line(address, lines), zh, en): None for address, zh, en in findings}
    return raw, tuple(sorted(faults, key=lambda fault: fault.line))


def _syntax_fault(error: tomllib.TOMLDecodeError, text: str) -> Fault:
    said = str(error)
    place = re.search(r" \(at line (\d+), column \d+\)$| \(at end of document\)$", said)
    line = int(place[1]) if place and place[1] else text.count("\n") + 1
    reason = said[: place.start()] if place else said
    return Fault(line, f"不是合法的 TOML（{reason}）", f"this is no TOML ({reason})")


def _line(address: Address, lines: dict[Address, int]) -> int:
    """Return the line of an address, of what holds it where it is missing."""
    while address and address not in lines:
        address = address[:-1]
    return lines.get(address, 1)


def _form_findings(raw: dict[str, Any]) -> Iterator[Finding]:
    yield from _record_findings(Method, raw, ())
    for key, kind in (("exposures", Exposure), ("concerns", Concern)):
        yield from _named_findings(kind, raw.get(key, {}), (key,))
    yield from _record_findings(RedLines, raw.get("red_lines", {}), ("red_lines",))
    for j, sub_index in _elements(raw.get("sub_index")):
        at: Address = ("sub_index", j)
        yield from _record_findings(SubIndex, sub_index, at)
        for i, indicator in _elements(sub_index.get("indicator") if isinstance(sub_index, dict) else None):
            yield from _record_findings(Indicator, indicator, (*at, "indicator", i))
            for k, kind_of in _elements(indicator.get("types") if isinstance(indicator, dict) else None):
                yield from _record_findings(IncidentType, kind_of, (*at, "indicator", i, "types", k))


def _elements(value: object) -> Iterable[tuple[int, Any]]:
    return enumerate(value) if isinstance(value, list) else ()


def _named_findings(kind: type, raw: object, at: Address) -> Iterator[Finding]:
    if isinstance(raw, dict):
        for key, value in raw.items():
            yield from _record_findings(kind, value, (*at, key))


def _record_findings(kind: type, raw: object, at: Address) -> Iterator[Finding]:
    """Compare a table with the fields of a class: unknown, missing, of the wrong type."""
    if not isinstance(raw, dict):
        yield at, f"{at[-1]} 应为一张表", f"{at[-1]} must be a table"
        return
    plain, tables = plain_fields(kind), _TABLES.get(kind, {})
    for key in raw.keys() - plain.keys() - tables.keys():
        yield (*at, key), f"不认识的键 {key}", f"unknown key {key}"
    given = {tables.get(key, key) for key in raw}
    named = {field_: key for key, field_ in tables.items()}
    for each in fields(kind):
        if each.name not in given and each.default is MISSING and each.default_factory is MISSING:
            key = named.get(each.name, each.name)
            yield at, f"{_name(raw, at)}缺少 {key}", f"{key} is missing{_of(raw)}"
    for key, value in raw.items():
        if key in plain:
            yield from _value_findings(key, value, _word(plain[key]), (*at, key))
        elif key in tables and (key in ("exposures", "concerns", "red_lines")) != isinstance(value, dict):
            yield (*at, key), f"{key} 应为一张表", f"{key} must be a table"


def _value_findings(key: str, value: object, word: str, at: Address) -> Iterator[Finding]:
    right = {
        "str": isinstance(value, str),
        "float": _is_number(value),
        "bool": isinstance(value, bool),
        "tuple": isinstance(value, list),
    }[word]
    if not right:
        zh, en = _WORDS[word]
        yield at, f"{key} 的值 {value!r} 应为{zh}", f"{key} is {value!r}, not {en}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _name(raw: dict[str, Any], at: Address) -> str:
    return f"“{raw['name']}”" if isinstance(raw.get("name"), str) and at else ""


def _of(raw: dict[str, Any]) -> str:
    return f" of {raw['id']}" if isinstance(raw.get("id"), str) else ""


# --- sense: ids, sums, ranges, references ---

Records = dict[Address, dict[str, Any]]
"""Tables of one kind by their addresses."""
_POSITIVE = {"severity", "alpha", "unit", "anchor", "risk_cap"}
_SHARES = {"min_weight_indicators", "min_weight_sub_indices"}
_SCORES = {"target", "major", "severe", "deduction", "band_hysteresis"}


def _sense_findings(raw: dict[str, Any]) -> Iterator[Finding]:
    yield from _range_findings(raw, ())
    yield from _method_findings(raw)
    sub_indices = _below({(): raw}, "sub_index")
    indicators = _below(sub_indices, "indicator")
    types = _below(indicators, "types")
    yield from _sum_findings(sub_indices, "一级指标", "the sub-indices")
    for at, sub_index in sub_indices.items():
        own = {where: n for where, n in indicators.items() if where[: len(at)] == at}
        yield from _sum_findings(own, f"“{sub_index['name']}”的二级指标", f"the indicators of {sub_index['id']}")
        yield from _sub_index_findings(sub_index, at, raw)
    for at, indicator in indicators.items():
        yield from _indicator_findings(indicator, at, raw)
    for at, kind in types.items():
        if kind.get("red_line", "") not in RED_LINES:
            allowed = ", ".join(filter(None, RED_LINES))
            yield (
                (*at, "red_line"),
                f"{kind['id']} 的 red_line “{kind['red_line']}”未知，可用 {allowed}",
                f"{kind['id']}: unknown red_line {kind['red_line']!r}, use {allowed}",
            )
    for records, zh, en in (
        (sub_indices, "一级指标", "sub-index"),
        (indicators, "二级指标", "indicator"),
        (types, "事件类型", "incident type"),
    ):
        yield from _id_findings(records, zh, en)
    yield from _word_findings(types)


def _below(records: Records, key: str) -> Records:
    """Return the tables under a key of every record."""
    return {(*at, key, i): each for at, record in records.items() for i, each in enumerate(record.get(key, []))}


def _range_findings(raw: Any, at: Address) -> Iterator[Finding]:
    """Name every number that is out of the range of its key, however deep it stands."""
    for key, value in raw.items() if isinstance(raw, dict) else _elements(raw):
        here = (*at, key)
        if isinstance(value, dict | list):
            yield from _range_findings(value, here)
        elif _is_number(value):
            rule = _range_of(str(key), at, float(value))
            if rule is not None:
                yield here, f"{key} 的值 {value:g} 应{rule[0]}", f"{key} is {value:g}, must be {rule[1]}"


def _range_of(key: str, at: Address, value: float) -> tuple[str, str] | None:
    """Return the rule that a number breaks, None if it breaks none."""
    if at[-1:] == ("bands",) or key in _SCORES:
        return None if 0 <= value <= 100 else ("在 0 与 100 之间", "between 0 and 100")
    if key == "anchor":
        return None if 0 < value < 1 else ("在 0 与 1 之间", "between 0 and 1")
    if key == "place_spread":
        return None if 0 <= value <= 2 else ("在 0 与 2 之间", "between 0 and 2")
    if key in _SHARES:
        return None if 0 <= value <= 1 else ("在 0 与 1 之间", "between 0 and 1")
    if key in _POSITIVE:
        return None if value > 0 else ("大于 0", "greater than 0")
    return None if value >= 0 else ("不小于 0", "0 or greater")


def _method_findings(raw: dict[str, Any]) -> Iterator[Finding]:
    if not re.fullmatch(r"[\w.+-]{1,40}", raw["version"]):
        yield (
            ("version",),
            f"version “{raw['version']}”应为 1 至 40 个字母、数字或 . + - _",
            f"version {raw['version']!r} must be 1 to 40 letters, digits or . + - _",
        )
    if not raw["sub_index"]:
        yield ("sub_index",), "没有一级指标", "there are no sub-indices"
    if raw.get("aggregation", AGGREGATIONS[0]) not in AGGREGATIONS:
        yield (
            ("aggregation",),
            f"aggregation “{raw['aggregation']}”未知，可用 {', '.join(AGGREGATIONS)}",
            f"unknown aggregation {raw['aggregation']!r}, use {', '.join(AGGREGATIONS)}",
        )
    bands = raw["bands"]
    numbers = all(_is_number(band) for band in bands)
    if not numbers or len(bands) != 3 or any(low >= high for high, low in pairwise(bands)):
        yield ("bands",), "bands 应为三个由高到低的分数", "bands must be three scores from high to low"
    levels = [level.value for level in PlaceLevel]
    for i, level in enumerate(raw.get("red_lines", {}).get("levels", [])):
        if level not in levels:
            yield (
                ("red_lines", "levels", i),
                f"没有层级 {level!r}，可用 {', '.join(levels)}",
                f"there is no level {level!r}, use {', '.join(levels)}",
            )


def _sum_findings(records: Records, zh: str, en: str) -> Iterator[Finding]:
    total = sum(record["weight"] for record in records.values())
    if records and abs(total - 1) > 1e-9:
        first = next(iter(records))
        yield (*first, "weight"), f"{zh}权重之和为 {total:.10g}，应为 1", f"weights of {en} sum to {total:.10g}, not 1"


def _sub_index_findings(sub_index: dict[str, Any], at: Address, raw: dict[str, Any]) -> Iterator[Finding]:
    if sub_index["id"] == "total":
        yield (*at, "id"), "一级指标不能叫 total", "no sub-index may be called total"
    if not sub_index["indicator"]:
        yield at, f"“{sub_index['name']}”没有二级指标", f"{sub_index['id']} has no indicators"
    concern = sub_index.get("concern", "")
    if concern and concern not in raw.get("concerns", {}):
        yield (
            (*at, "concern"),
            f"“{sub_index['name']}”的 concern “{concern}”未定义",
            f"{sub_index['id']}: unknown concern {concern!r}",
        )


def _indicator_findings(indicator: dict[str, Any], at: Address, raw: dict[str, Any]) -> Iterator[Finding]:
    name, kind, exposure = indicator["id"], indicator["kind"], indicator.get("exposure", "")
    if kind not in KINDS:
        yield (
            (*at, "kind"),
            f"{name} 的 kind “{kind}”未知，可用 {', '.join(KINDS)}",
            f"{name}: unknown kind {kind!r}, use {', '.join(KINDS)}",
        )
        return
    if exposure not in raw["exposures"] and (exposure or kind in EXPOSED):
        missing = "exposure" not in indicator
        zh = f"{name} 缺少暴露量 exposure" if missing else f"{name} 的暴露量“{exposure}”未定义"
        en = f"{name} has no exposure" if missing else f"{name}: unknown exposure {exposure!r}"
        yield (*at, "exposure"), zh, en
    if kind == "incident" and not indicator.get("types"):
        yield (*at, "types"), f"{name} 没有事件类型", f"{name} has no incident types"
    if kind != "incident" and indicator.get("types"):
        yield (
            (*at, "types"),
            f"{name} 不是事件类指标，不能有事件类型",
            f"{name} counts no incidents and can have no types",
        )


def _id_findings(records: Records, zh: str, en: str) -> Iterator[Finding]:
    seen: Counter[str] = Counter()
    for at, record in records.items():
        if not re.fullmatch(r"\w{1,60}", record["id"]):
            yield (
                (*at, "id"),
                f"{zh}编号“{record['id']}”应为 1 至 60 个字母、数字或 _",
                f"{en} id {record['id']!r} must be 1 to 60 letters, digits or _",
            )
        seen[record["id"]] += 1
        if seen[record["id"]] > 1:
            yield (*at, "id"), f"{zh} {record['id']} 重复出现", f"{en} {record['id']} stands twice"


def _word_findings(types: Records) -> Iterator[Finding]:
    """Name types that share a name: a file's word would mean either."""
    owner: dict[str, str] = {}
    for at, kind in types.items():
        for key in ("id", "name", "name_en"):
            first = owner.setdefault(kind[key].lower(), kind["id"])
            if first != kind["id"]:
                word = kind[key]
                yield (*at, key), f"“{word}”已是 {first} 的名称", f"{word!r} already names {first}"
