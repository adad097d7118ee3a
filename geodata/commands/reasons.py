"""Command that takes a change of score apart: explain."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from geodata.city import CityData
from geodata.commands.common import add_command, add_json, print_json, read
from geodata.errors import SelectionError
from geodata.index.explain import EffectKind
from geodata.reasons import Effect, Reasons, reasons
from geodata.vocabulary import Period

KIND_WORDS = {
    EffectKind.COUNT: ("实际发生", "count"),
    EffectKind.EXPECTED: ("季节与基数", "expected"),
    EffectKind.WEIGHT: ("权重与缺数", "weight"),
    EffectKind.RED_LINE: ("红线", "red_line"),
}
SHOWN = 12


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Register the command."""
    sentence = "为什么变：逐项分解得分变化 explain why a score changed; the effects sum to the change"
    explain = add_command(commands, common, "explain", _explain, sentence)
    explain.add_argument("--place", default="", help="地点编号，缺省为全市 place id, by default the city")
    explain.add_argument("--period", required=True, help="本期 the period, 2026-10 or 2026-06-01..2026-10-31")
    explain.add_argument("--against", help="对比期，缺省为上期 what it is compared with, by default the period before")
    explain.add_argument("--sub-index", default="", metavar="S", help="只看一个一级指标 explain one sub-index only")
    add_json(explain)


def _explain(args: argparse.Namespace) -> None:
    city, period = read(args), Period.parse(args.period)
    against = Period.parse(args.against) if args.against else period.previous()
    for each in (period, against):
        if not city.offers(each):
            raise SelectionError(f"周期 {each} 没有数据。", f"there are no data for the period {each}.")
    if args.sub_index and city.method.sub_index(args.sub_index) is None:
        raise SelectionError(
            f"没有一级指标“{args.sub_index[:40]}”。", f"there is no sub-index {args.sub_index[:40]!r}."
        )
    city = city.at(period)
    told = reasons(city, city.find(args.place), period, against, args.sub_index)
    effects = _ordered(told)
    if args.json:
        print_json(_answer(told, effects))
        return
    _print(told, effects, city)


def _ordered(told: Reasons) -> list[Effect]:
    """Return all effects: those of the sub-index that moved the score most first, and the largest first in each."""
    place = {effect.sub_index: k for k, effect in enumerate(told.effects("sub_index"))}
    return sorted(told.effects(), key=lambda effect: (place[effect.sub_index], -abs(effect.points)))


def _answer(told: Reasons, effects: list[Effect]) -> dict[str, Any]:
    found = told.explanation
    return {
        "place": told.place.id,
        "period": str(told.period),
        "against": str(told.against),
        "method": told.city.method.version,
        "before": _number(found.before),
        "after": _number(found.after),
        "change": _number(found.change),
        "residual": _number(found.residual),
        "reason": found.reason.name.lower(),
        "sub_indices": {effect.sub_index: effect.points for effect in told.effects("sub_index")},
        "effects": [
            {
                "sub_index": effect.sub_index or None,
                "indicator": effect.indicator or None,
                "type": effect.incident_type or None,
                "place": effect.place.id if effect.place else told.place.id,
                "kind": KIND_WORDS[effect.kind][1],
                "effect": effect.points,
            }
            for effect in effects
        ],
    }


def _print(told: Reasons, effects: list[Effect], city: CityData) -> None:
    found = told.explanation
    head = f"{told.place.name}  {told.against} → {told.period}"
    if not np.isfinite(found.change):
        print(f"{head}  得分缺失，无法分解 a score is missing: nothing to explain")
        return
    print(f"{head}  {found.before:.2f} → {found.after:.2f}  {found.change:+.2f}（余差 residual {found.residual:.1e}）")
    names = {s.id: s.name for s in city.method.sub_indices} | {"": "红线扣分"}
    for effect in told.effects("sub_index"):
        print(f"{effect.points:+8.3f}  {names[effect.sub_index]}")
    print()
    indicators = {i.id: i.name for i in city.method.indicators} | {"": ""}
    for effect in effects[:SHOWN]:
        kind = city.method.types.get(effect.incident_type)
        where = effect.place.name if effect.place else told.place.name
        words = (names[effect.sub_index], indicators[effect.indicator], kind.name if kind else "", where)
        print(f"{effect.points:+8.3f}  {KIND_WORDS[effect.kind][0]}  " + " › ".join(word for word in words if word))
    if len(effects) > SHOWN:
        print(f"… 其余 {len(effects) - SHOWN} 项见 --json {len(effects) - SHOWN} more: --json")


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
