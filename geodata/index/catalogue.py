"""The method as data: sub-indices, indicators, incident types, weights, bands; read from TOML and checked."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from geodata.errors import MethodError

SHIPPED = Path(__file__).with_name("method_3_0.toml")
KINDS = ("incident", "complement", "benefit", "survey", "level")


@dataclass(frozen=True)
class IncidentType:
    """One type of incident and how much it weighs."""

    id: str
    name: str
    name_en: str
    severity: float
    sensitive: bool = False
    """Never shown as a point on a map (docs/METHOD.md, personal data)."""


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


@dataclass(frozen=True)
class Exposure:
    """What incidents are measured against; `unit` of it makes one unit of the rate."""

    name: str
    name_en: str
    unit: float
    unit_name: str
    unit_name_en: str


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

    @cached_property
    def scored(self) -> tuple[Indicator, ...]:
        """Return the indicators that count incidents, in the order of their sub-indices."""
        return tuple(i for sub_index in self.sub_indices for i in sub_index.indicators if i.kind == "incident")

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


def load_method(text: str, where: str = "method.toml") -> Method:
    """Read and check a method file.

    Raises
    ------
    MethodError
        If it is no TOML, a key is missing or unknown, weights do not sum to 1, or a type stands twice.
    """
    try:
        raw = tomllib.loads(text)
        raw.pop("calibration", None)
        method = _method(raw)
        faults = list(_faults(method))
    except (tomllib.TOMLDecodeError, TypeError, KeyError, AttributeError) as error:
        raise MethodError(
            f"方法文件 {where} 写法有误：{error}。", f"the method file {where} is not valid: {error}."
        ) from error
    if faults:
        zh, en = "；".join(fault[0] for fault in faults), "; ".join(fault[1] for fault in faults)
        raise MethodError(f"方法文件 {where} 有误：{zh}。", f"the method file {where} is wrong: {en}.")
    return method


def shipped_method() -> Method:
    """Return the method that comes with the product."""
    return load_method(SHIPPED.read_text(encoding="utf-8"), SHIPPED.name)


def _method(raw: dict[str, Any]) -> Method:
    rest = {key: value for key, value in raw.items() if key not in ("sub_index", "exposures", "bands")}
    return Method(
        **rest,
        bands=tuple(raw["bands"]),
        exposures={key: Exposure(**value) for key, value in raw["exposures"].items()},
        sub_indices=tuple(_sub_index(item) for item in raw["sub_index"]),
    )


def _sub_index(raw: dict[str, Any]) -> SubIndex:
    rest = {key: value for key, value in raw.items() if key != "indicator"}
    return SubIndex(**rest, indicators=tuple(_indicator(item) for item in raw["indicator"]))


def _indicator(raw: dict[str, Any]) -> Indicator:
    rest = {key: value for key, value in raw.items() if key != "types"}
    return Indicator(**rest, types=tuple(IncidentType(**kind) for kind in raw.get("types", [])))


def _faults(method: Method) -> Iterator[tuple[str, str]]:
    if wrong := list(_number_faults(method)):
        yield from wrong  # sums and orders of what is no number mean nothing
        return
    yield from _sum_faults(method)
    for what, ids in (
        ("一级指标 sub-index", [s.id for s in method.sub_indices]),
        ("二级指标 indicator", [i.id for s in method.sub_indices for i in s.indicators]),
        ("事件类型 incident type", [kind.id for indicator in method.scored for kind in indicator.types]),
    ):
        for twice in sorted({each for each in ids if ids.count(each) > 1}):
            yield f"{what.split()[0]} {twice} 出现了两次", f"{what.split(' ', 1)[1]} {twice} stands twice"
    if any(s.id == "total" for s in method.sub_indices):
        yield "一级指标不能叫 total", "no sub-index may be called total"
    for sub_index in method.sub_indices:
        for indicator in sub_index.indicators:
            yield from _indicator_faults(indicator, method)
    if not 0 < method.anchor < 1:
        yield f"anchor 为 {method.anchor:g}，应在 0 与 1 之间", f"anchor is {method.anchor:g}, not between 0 and 1"
    if len(method.bands) != 3 or list(method.bands) != sorted(method.bands, reverse=True):
        yield "bands 应为三个由高到低的分数", "bands must be three scores from high to low"


def _number_faults(method: Method) -> Iterator[tuple[str, str]]:
    """Name every number that is none, is not finite, or is negative (or zero where it divides)."""
    rules = ("band_hysteresis", "min_expected", "min_weight_indicators", "min_weight_sub_indices")
    numbers: list[tuple[str, object, bool]] = [(name, getattr(method, name), False) for name in rules]
    numbers += [("anchor", method.anchor, True), ("risk_cap", method.risk_cap, True)]
    numbers += [("bands", band, False) for band in method.bands]
    numbers += [(f"exposures.{name}.unit", exposure.unit, True) for name, exposure in method.exposures.items()]
    for sub_index in method.sub_indices:
        numbers.append((f"{sub_index.id}.weight", sub_index.weight, False))
        for indicator in sub_index.indicators:
            numbers += [
                (f"{indicator.id}.weight", indicator.weight, False),
                (f"{indicator.id}.alpha", indicator.alpha, True),
            ]
            numbers += [(f"{indicator.id}.{kind.id}.severity", kind.severity, True) for kind in indicator.types]
    for name, value, positive in numbers:
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not number or value < 0 or (positive and value == 0):  # type: ignore[operator]
            yield f"{name} 的值 {value!r} 无效", f"{name} is {value!r}"


def _sum_faults(method: Method) -> Iterator[tuple[str, str]]:
    total = sum(s.weight for s in method.sub_indices)
    if abs(total - 1) > 1e-9:
        yield f"一级指标权重之和为 {total:g}，应为 1", f"weights of the sub-indices sum to {total:g}, not 1"
    for sub_index in method.sub_indices:
        total = sum(i.weight for i in sub_index.indicators)
        if abs(total - 1) > 1e-9:
            yield (
                f"“{sub_index.name}”的二级指标权重之和为 {total:g}，应为 1",
                f"weights of the indicators of {sub_index.id} sum to {total:g}, not 1",
            )


def _indicator_faults(indicator: Indicator, method: Method) -> Iterator[tuple[str, str]]:
    if indicator.kind not in KINDS:
        yield f"{indicator.id} 的 kind “{indicator.kind}”未知", f"{indicator.id}: unknown kind {indicator.kind!r}"
    if indicator.kind != "incident":
        return
    if indicator.exposure not in method.exposures:
        yield (
            f"{indicator.id} 的暴露量“{indicator.exposure}”未定义",
            f"{indicator.id}: unknown exposure {indicator.exposure!r}",
        )
    if not indicator.types:
        yield f"{indicator.id} 没有事件类型", f"{indicator.id} has no incident types"
