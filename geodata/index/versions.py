"""Versions of the method beside each other: what differs, in words; and their texts, edited with comments kept."""

from __future__ import annotations

import datetime as dt
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile

from geodata.errors import MethodError
from geodata.index.catalogue import (
    Concern,
    Exposure,
    IncidentType,
    Indicator,
    Method,
    RedLines,
    SubIndex,
    plain_fields,
)
from geodata.index.expected import Calibration
from geodata.index.toml_lines import lines_of

Value = str | float | bool | tuple[str | float, ...] | None


STAND_IN = "residents"
"""What `expected.calibrate` measures against where a city lacks the indicator's own exposure."""


class What(StrEnum):
    """What a difference is about."""

    METHOD = "method"
    RED_LINES = "red_lines"
    EXPOSURE = "exposure"
    CONCERN = "concern"
    SUB_INDEX = "sub_index"
    INDICATOR = "indicator"
    TYPE = "type"
    BASE_YEAR = "base_year"


class Change(StrEnum):
    """What became of it."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    """An indicator to another sub-index, a type to another indicator: `before` and `after` are their ids."""
    CHANGED = "changed"


@dataclass(frozen=True)
class Difference:
    """One thing that differs between two versions; things are the same where their ids are."""

    change: Change
    what: What
    id: str = ""
    """Of the thing; "" where there is only one."""
    sub_index: str = ""
    """Where it stands: in the later version, in the earlier one if it was removed."""
    indicator: str = ""
    field: str = ""
    """Field of the catalogue's class that changed."""
    before: Value = None
    after: Value = None


# --- comparing ---


@dataclass(frozen=True)
class _Record:
    item: Method | RedLines | Exposure | Concern | SubIndex | Indicator | IncidentType
    sub_index: str = ""
    indicator: str = ""

    @property
    def above(self) -> tuple[What, str] | None:
        """Return the key of what holds it."""
        if self.indicator:
            return What.INDICATOR, self.indicator
        return (What.SUB_INDEX, self.sub_index) if self.sub_index else None

    def values(self) -> dict[str, Value]:
        """Return its fields but the id."""
        return {name: getattr(self.item, name) for name in plain_fields(type(self.item)) if name != "id"}


def differences(before: Method, after: Method) -> tuple[Difference, ...]:
    """Return what differs, in the order of the later version, then what was removed.

    What came or went with the thing that holds it is not named again; the order in which things stand is none.
    """
    old, new = dict(_records(before)), dict(_records(after))
    return (*_added_and_changed(old, new), *_removed(old, new))


def _records(method: Method) -> Iterator[tuple[tuple[What, str], _Record]]:
    yield (What.METHOD, ""), _Record(method)
    yield (What.RED_LINES, ""), _Record(method.red_lines)
    for name, exposure in method.exposures.items():
        yield (What.EXPOSURE, name), _Record(exposure)
    for name, concern in method.concerns.items():
        yield (What.CONCERN, name), _Record(concern)
    for sub_index in method.sub_indices:
        yield (What.SUB_INDEX, sub_index.id), _Record(sub_index)
        for indicator in sub_index.indicators:
            yield (What.INDICATOR, indicator.id), _Record(indicator, sub_index.id)
            for kind in indicator.types:
                yield (What.TYPE, kind.id), _Record(kind, sub_index.id, indicator.id)


def _added_and_changed(
    old: Mapping[tuple[What, str], _Record], new: Mapping[tuple[What, str], _Record]
) -> Iterator[Difference]:
    for (what, name), record in new.items():
        place = (what, name, record.sub_index, record.indicator)
        was = old.get((what, name))
        if was is None:
            if record.above is None or record.above in old:
                yield Difference(Change.ADDED, *place)
            continue
        if was.above is not None and record.above is not None and was.above != record.above:
            yield Difference(Change.MOVED, *place, before=was.above[1], after=record.above[1])
        values = was.values()
        for field, value in record.values().items():
            if values[field] != value:
                yield Difference(Change.CHANGED, *place, field, values[field], value)


def _removed(old: Mapping[tuple[What, str], _Record], new: Mapping[tuple[What, str], _Record]) -> Iterator[Difference]:
    for (what, name), record in old.items():
        if (what, name) not in new and (record.above is None or record.above in new):
            yield Difference(Change.REMOVED, what, name, record.sub_index, record.indicator)


def calibration_differences(before: Calibration | None, after: Calibration | None) -> tuple[Difference, ...]:
    """Return what differs between two base years: their days, estimated prior strengths, and whether anything else."""
    found = []
    if _days(before) != _days(after):
        found.append(Difference(Change.CHANGED, What.BASE_YEAR, field="days", before=_days(before), after=_days(after)))
    old, new = (calibration.alpha if calibration else {} for calibration in (before, after))
    found += [
        Difference(
            Change.CHANGED, What.INDICATOR, name, field="estimated_alpha", before=old.get(name), after=new.get(name)
        )
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]
    if not found and before != after:
        found.append(Difference(Change.CHANGED, What.BASE_YEAR, field="rates"))
    return tuple(found)


def _days(calibration: Calibration | None) -> str | None:
    """Return the first and the last day of a base year."""
    if calibration is None:
        return None
    return f"{calibration.base_start} – {calibration.base_end - dt.timedelta(days=1)}"


def outdated(method: Method, calibration: Calibration) -> tuple[str, ...]:
    """Return the indicators that were edited after their base year: other types, or another exposure.

    A type without a rate would be expected never, and each one that happens would count as pure harm.
    """
    return tuple(
        indicator.id
        for indicator in method.scored
        if (exposure := calibration.exposure.get(indicator.id)) is not None
        and (
            exposure not in (indicator.exposure, STAND_IN)
            or any(kind.id not in calibration.type_rate for kind in indicator.types)
        )
    )


# --- in words ---

WHAT_WORDS = {
    What.METHOD: ("方法", "method"),
    What.RED_LINES: ("红线", "red lines"),
    What.EXPOSURE: ("暴露量", "exposure"),
    What.CONCERN: ("关切", "concern"),
    What.SUB_INDEX: ("一级指标", "sub-index"),
    What.INDICATOR: ("二级指标", "indicator"),
    What.TYPE: ("事件类型", "incident type"),
    What.BASE_YEAR: ("基期", "base year"),
}
FIELD_WORDS = {
    "version": ("版本号", "version"),
    "name": ("名称", "Chinese name"),
    "name_en": ("英文名称", "English name"),
    "anchor": ("基期得分比例", "base-year score as a share of 100"),
    "bands": ("等级线", "bands"),
    "band_hysteresis": ("日等级缓冲", "margin of the daily band"),
    "risk_cap": ("相对风险上限", "cap of the relative risk"),
    "min_expected": ("最少期望数", "least expected incidents"),
    "min_weight_indicators": ("二级指标最少权重", "least weight of indicators present"),
    "min_weight_sub_indices": ("一级指标最少权重", "least weight of sub-indices present"),
    "aggregation": ("合成方式", "aggregation"),
    "place_spread": ("同一地方各项风险一起偏高偏低的程度", "how far the risks of a place rise and fall together"),
    "target": ("目标", "target"),
    "major": ("较大红线的得分上限", "ceiling of major red lines"),
    "severe": ("重大红线的得分上限", "ceiling of severe red lines"),
    "levels": ("红线适用层级", "levels that red lines apply to"),
    "unit": ("单位", "unit"),
    "unit_name": ("单位名称", "Chinese name of the unit"),
    "unit_name_en": ("单位英文名称", "English name of the unit"),
    "weight": ("权重", "weight"),
    "daily": ("计入日指数", "part of the daily index"),
    "concern": ("所属关切", "concern"),
    "kind": ("类别", "kind"),
    "owner": ("责任部门", "owner"),
    "exposure": ("暴露量", "exposure"),
    "alpha": ("先验强度", "prior strength"),
    "estimated_alpha": ("基期估计的先验强度", "prior strength estimated on the base year"),
    "severity": ("严重程度", "severity"),
    "sensitive": ("敏感", "sensitive"),
    "red_line": ("红线", "red line"),
    "deduction": ("每起扣分", "points taken off by each"),
    "days": ("起止日期", "days"),
    "rates": ("发生率与系数", "rates and factors"),
}
VALUE_WORDS = {
    "incident": ("事件数", "incidents"),
    "complement": ("完成率", "share done"),
    "benefit": ("越多越好", "the more the better"),
    "survey": ("评分", "survey"),
    "level": ("均值", "level"),
    "arithmetic": ("算术平均", "arithmetic"),
    "geometric": ("几何平均", "geometric"),
    "major": ("较大", "major"),
    "severe": ("重大", "severe"),
    "district": ("区", "district"),
    "street": ("镇街", "street"),
    "community": ("村居", "community"),
    "grid_cell": ("网格", "grid cell"),
}
_WORDED = ("kind", "aggregation", "red_line", "levels")
"""Fields whose values are words of the file."""


def describe(difference: Difference, before: Method, after: Method) -> tuple[str, str]:
    """Say a difference as a sentence in Chinese and in English, without a full stop.

    Examples
    --------
    >>> from geodata.index.catalogue import shipped_method
    >>> method = shipped_method()
    >>> weighed = Difference(Change.CHANGED, What.SUB_INDEX, "fire", field="weight", before=0.06, after=0.1)
    >>> describe(weighed, method, method)
    ('一级指标“消防安全”的权重由 0.06 改为 0.1', 'sub-index Fire safety: weight 0.06 → 0.1')
    """
    thing = _thing(difference, before, after)
    if difference.change is Change.ADDED:
        return f"新增{thing[0]}", f"{thing[1]} added"
    if difference.change is Change.REMOVED:
        return f"取消{thing[0]}", f"{thing[1]} removed"
    if difference.change is Change.MOVED:
        above = What.SUB_INDEX if difference.what is What.INDICATOR else What.INDICATOR
        old, new = (_names(above, str(name), before, after) for name in (difference.before, difference.after))
        return f"{thing[0]}由“{old[0]}”移到“{new[0]}”", f"{thing[1]} moved from {old[1]} to {new[1]}"
    word = FIELD_WORDS[difference.field]
    whose = ("", "") if difference.what in (What.METHOD, What.RED_LINES) else (f"{thing[0]}的", f"{thing[1]}: ")
    if difference.field == "rates":
        return f"{whose[0]}{word[0]}不同", f"{whose[1]}{word[1]} differ"
    old, new = (_value_words(difference.field, v, before, after) for v in (difference.before, difference.after))
    return f"{whose[0]}{word[0]}由 {old[0]} 改为 {new[0]}", f"{whose[1]}{word[1]} {old[1]} → {new[1]}"


def _thing(difference: Difference, before: Method, after: Method) -> tuple[str, str]:
    word = WHAT_WORDS[difference.what]
    if not difference.id:
        return word
    name = _names(difference.what, difference.id, before, after)
    return f"{word[0]}“{name[0]}”", f"{word[1]} {name[1]}"


def _names(what: What, name: str, before: Method, after: Method) -> tuple[str, str]:
    """Return the names of a thing in the later version that has it, the id where none does."""
    for method in (after, before):
        record = dict(_records(method)).get((what, name))
        if record is not None:
            return str(getattr(record.item, "name", name)), str(getattr(record.item, "name_en", name))
    return name, name


def _value_words(field: str, value: Value, before: Method, after: Method) -> tuple[str, str]:
    if value is None or value in ("", ()):
        return "无", "none"
    if isinstance(value, bool):
        return ("是", "yes") if value else ("否", "no")
    if isinstance(value, tuple):
        parts = [_value_words(field, part, before, after) for part in value]
        return "、".join(zh for zh, _ in parts), ", ".join(en for _, en in parts)
    if isinstance(value, float | int):
        return f"{value:.10g}", f"{value:.10g}"
    if field in _WORDED:
        return VALUE_WORDS.get(value, (value, value))
    if field in ("exposure", "concern"):
        return _names(What(field), value, before, after)
    return value, value


# --- texts ---


def with_version(text: str, version: str) -> str:
    """Return a method file with another version number, all else as it was.

    Raises
    ------
    MethodError
        If the number stands in the file in a way that cannot be edited.
    """
    lines = text.splitlines(keepends=True)
    number = lines_of(text).get(("version",), 0)
    if number:
        key = r"""^(\s*["']?version["']?\s*=\s*)("(?:\\.|[^"\\])*"|'[^']*')"""
        edited = re.sub(key, lambda match: match[1] + json.dumps(version, ensure_ascii=False), lines[number - 1])
        lines[number - 1] = edited
    made = "".join(lines)
    if _tables(made) != tomllib.loads(text) | {"version": version}:
        raise MethodError(
            '方法文件的版本号无法改写，请写成单独一行 version = "3.1"。',
            'the version cannot be replaced: write it on a line of its own, version = "3.1".',
        )
    return made


def with_calibration(text: str, calibration: Calibration) -> str:
    """Return a method file with another base year at its end, all else as it was, comments included.

    Raises
    ------
    MethodError
        If the file has a base year that is no ``[calibration]`` table, so that it cannot be taken out.
    """
    made = _without_calibration(text).rstrip() + "\n" + calibration.to_toml()
    if {**_tables(made), "calibration": None} != {**tomllib.loads(text), "calibration": None}:
        raise MethodError(
            "方法文件已有的标定无法替换，请把它写成文件末尾的 [calibration] 表。",
            "the base year in the file cannot be replaced: write it as a table [calibration] at the end.",
        )
    return made


def _tables(text: str) -> dict[str, object]:
    """Return what an edited text holds, nothing where the edit broke it."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}


def _without_calibration(text: str) -> str:
    """Leave the tables of the base year out; comments above the table after them stay with it."""
    kept: list[str] = []
    dropped: list[str] = []
    inside = False
    for line in text.splitlines(keepends=True):
        header = re.match(r"\s*\[+\s*([\w-]+)\s*[.\]]", line)  # a line of an array begins so only with a quoted text
        if header:
            if inside and header[1] != "calibration":
                kept += list(takewhile(_says_nothing, reversed(dropped)))[::-1]
            inside, dropped = header[1] == "calibration", []
        (dropped if inside else kept).append(line)
    return "".join(kept)


def _says_nothing(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")
