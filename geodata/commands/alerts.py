"""Commands of early warning and of the data audit: alerts, audit."""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import math
from typing import Any

from geodata import pipeline
from geodata.alerts import book
from geodata.alerts.book import Alert, ExaminedRule, Feedback
from geodata.alerts.exam import Exam
from geodata.alerts.rules import RULES, AlertLevel, NegativeBinomial, Rule
from geodata.alerts.watch import EXAMINED, examine_rule, run_rules
from geodata.audit import Finding, FindingKind, audit_city
from geodata.city import CityData
from geodata.commands.common import (
    Bar,
    add_action,
    add_command,
    add_group,
    add_json,
    existing,
    present_level,
    print_json,
    print_table,
    read,
)
from geodata.errors import SelectionError
from geodata.vocabulary import LEVELS, PlaceLevel

RULE_NAMES = {
    "negative_binomial": "负二项（主规则）",
    "poisson_cusum": "泊松累积和",
    "ewma": "指数加权移动平均",
    "ears": "EARS",
    "farrington": "Farrington（简化）",
}
LEVEL_WORDS = {AlertLevel.YELLOW: "黄 yellow", AlertLevel.ORANGE: "橙 orange", AlertLevel.RED: "红 red"}
ANSWERS = {
    "属实": Feedback.TRUE,
    "误报": Feedback.FALSE,
    "已处置": Feedback.HANDLED,
    "撤回": Feedback.NONE,
    "true": Feedback.TRUE,
    "false": Feedback.FALSE,
    "handled": Feedback.HANDLED,
    "none": Feedback.NONE,
}
FEEDBACK_WORDS = {
    Feedback.NONE: "未反馈 no answer",
    Feedback.TRUE: "属实 true",
    Feedback.FALSE: "误报 false",
    Feedback.HANDLED: "已处置 handled",
}
MOST_WEEKS = 104
LISTED = dt.timedelta(weeks=26)
"""Without `--since`, alerts of the last half year are listed."""
SHARES = ("yellow", "orange", "red", "false_share", "weight")
"""Parameters between 0 and 1."""
VARIANTS = ("C1", "C2", "C3")
LEAST = {"factor": 1.01, "prior": 0.01, "baseline": 2, "gap": 0}
"""Least values of parameters; of others 1 where they count something, else 0."""
MOST = 520


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Register the commands."""
    sentence = "预警 early warning: examine rules, switch them on and off, run them, list and answer alerts"
    actions = add_group(commands, common, "alerts", sentence)
    sentence = "回测近24个月 examine a rule on the last 24 months and keep its paper"
    exam = _of_rule(actions, "exam", _exam, sentence)
    on = _of_rule(actions, "on", _on, "启用，须先回测 switch a rule on; it must have sat its exam")
    off = _of_rule(actions, "off", _off, "停用 switch a rule off")
    for each in (exam, on):
        each.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="参数 a parameter of the rule, for example least_count=5; may be repeated",
        )
    run = add_action(actions, "run", _run, "判断最近一整周 judge the latest whole week; a run repeated adds nothing")
    run.add_argument("--weeks", type=int, default=1, metavar="N", help="补判最近 N 周 the last N whole weeks")
    shown = add_action(actions, "list", _list, "预警一览 list alerts, rules, or how right the rules were")
    what = shown.add_mutually_exclusive_group()
    what.add_argument("--rules", action="store_true", help="规则及回测结果 rules and their exam papers")
    what.add_argument("--precision", action="store_true", help="每月准确率 how right each rule was, by month")
    shown.add_argument("--since", metavar="DAY", help="从此日起的周 weeks from this day on (default: 26 weeks)")
    shown.add_argument("--within", default="", metavar="PLACE", help="只看这个地点及其下级 this place and those in it")
    answer = add_action(actions, "answer", _answer, "反馈 say what was found when somebody looked")
    answer.add_argument("number", type=int, metavar="NUMBER", help="预警编号 number of the alert")
    answer.add_argument(
        "answer", choices=sorted(ANSWERS), metavar="ANSWER", help="属实 true、误报 false、已处置 handled"
    )
    sentence = "数据自查：向数据源提出的疑问 data audit: questions to the sources about their deliveries"
    audit = add_command(commands, common, "audit", _audit, sentence)
    audit.add_argument("--source", metavar="NAME", help="只看这个数据源 only of this source")
    for each in (exam, on, off, run, shown, answer, audit):
        add_json(each)


def _of_rule(actions: Any, name: str, run: Any, sentence: str) -> argparse.ArgumentParser:
    action = add_action(actions, name, run, sentence)
    action.add_argument(
        "rule",
        nargs="?",
        default=NegativeBinomial.name,
        choices=sorted(RULES),
        metavar="RULE",
        help=f"规则 one of {', '.join(RULES)} (default: {NegativeBinomial.name})",
    )
    levels = [level.value for level in LEVELS]
    action.add_argument("--level", default=PlaceLevel.STREET.value, choices=levels, help="层级 level (default: street)")
    return action


# --- rules ---


def rule_with(name: str, settings: list[str]) -> Rule:
    """Return a rule with some of its parameters set.

    Parameters
    ----------
    name
        One of `RULES`.
    settings
        Parameters as ``name=value``.

    Raises
    ------
    SelectionError
        If the rule has no such parameter, or the value is none for it.
    """
    rule = RULES[name]()
    known = dataclasses.asdict(rule)
    given: dict[str, Any] = {}
    for setting in settings:
        key, _, text = setting.partition("=")
        if key not in known:
            raise SelectionError(
                f"规则 {name} 没有参数“{key[:40]}”；有：{'、'.join(known)}。",
                f"the rule {name} has no parameter {key[:40]!r}; it has: {', '.join(known)}.",
            )
        given[key] = _value(key, text, known[key])
    return dataclasses.replace(rule, **given)


def _value(key: str, text: str, default: object) -> Any:
    value: Any
    try:
        value = text if isinstance(default, str) else type(default)(text)  # type: ignore[call-arg] # int or float
    except ValueError:
        value = None
    if isinstance(default, str):
        fits = value in VARIANTS
    elif key in SHARES:
        fits = value is not None and 0 < value <= 1
    else:
        least = LEAST.get(key, 1 if isinstance(default, int) else 0)
        fits = value is not None and least <= value <= MOST  # NaN is neither
    if not fits:
        raise SelectionError(
            f"参数 {key} 的值“{text[:40]}”不合适，缺省为 {default}。",
            f"{text[:40]!r} is no value for {key}, which by default is {default}.",
        )
    return value


def _exam(args: argparse.Namespace) -> None:
    rule, city = rule_with(args.rule, args.set), read(args)
    level = present_level(city, args.level)
    with Bar("回测"):
        paper = examine_rule(existing(args), city, rule, level)
    if args.json:
        print_json(
            {"rule": rule.name, "level": level.value, **_parameters(rule), "exam": _numbers(paper)} | _chance(paper)
        )
        return
    print(f"{RULE_NAMES[rule.name]} {rule.name}  {level.value}  方法 {city.method.version}")
    _print_paper(paper)
    _warn(paper)
    if paper.judged:
        print("回测结果已记录；启用 to switch it on：alerts on " + _words(args))


def _words(args: argparse.Namespace) -> str:
    return " ".join([args.rule, "--level", args.level, *(word for each in args.set for word in ("--set", each))])


def _parameters(rule: Rule) -> dict[str, Any]:
    return {"parameters": dataclasses.asdict(rule)}


def _chance(paper: Exam) -> dict[str, Any]:
    return {"chance_share": _numbers(paper.chance_share), "mostly_chance": paper.mostly_chance}


def _warn(paper: Exam) -> None:
    """Say so where most alerts of a rule mean nothing; who knows it may switch it on all the same."""
    if paper.mostly_chance:
        often, by_chance = _figure(paper.alerts_per_period), _figure(paper.false_alerts_per_period)
        print(
            f"  注意：这组参数的预警多属偶然（每周 {often} 次，纯属偶然也有 {by_chance} 次），启用后请逐条核实。"
            f" Mind: chance alone makes {by_chance} of its {often} alerts a week; check each one."
        )


def _numbers(value: Any) -> Any:
    """Return what JSON can hold of a paper, an alert or a finding: None for what is not known."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _numbers(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, list | tuple):
        return [_numbers(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.isoformat() if isinstance(value, dt.date) else value


def _print_paper(paper: Exam) -> None:
    weeks = f"{paper.periods} 周" if paper.periods >= EXAMINED else f"{paper.periods} 周（不足24个月）"
    print(f"  序列 series {paper.series}，{weeks}，可判断 judged {paper.judged}")
    print(f"  每周预警 alerts a week {_figure(paper.alerts_per_period)}，其中纯属偶然 by chance", end=" ")
    print(_figure(paper.false_alerts_per_period))
    print(f"  新预警 new alerts {paper.new_alerts}，已有后4周 tried {paper.tried}，", end="")
    print(f"其后仍偏高 hits {paper.hits}（{_percent(paper.precision)}）")
    print(f"  比目测早 lead time {_figure(paper.lead_time)} 周（{paper.seen_later} 次）")
    for each in paper.planted:
        print(
            f"  人为升至 {each.factor:g} 倍 planted {each.n}：4周内发现 found {_percent(each.found)}，"
            f"中位延迟 delay {_figure(each.delay)} 周；目测 naive eye {_percent(each.naive_found)}"
        )


def _figure(value: float) -> str:
    return "—" if math.isnan(value) else f"{value:.2f}".rstrip("0").rstrip(".")


def _percent(value: float) -> str:
    return "—" if math.isnan(value) else f"{value:.0%}"


def _on(args: argparse.Namespace) -> None:
    rule, level, store = rule_with(args.rule, args.set), PlaceLevel(args.level), existing(args)
    paper = book.switch_on(store, rule, level)
    _said(args, rule, level, paper)


def _off(args: argparse.Namespace) -> None:
    rule, level = RULES[args.rule](), PlaceLevel(args.level)
    book.switch_off(existing(args), rule, level)
    _said(args, rule, level, None)


def _said(args: argparse.Namespace, rule: Rule, level: PlaceLevel, paper: Exam | None) -> None:
    """Say that a rule is on, with its paper, or off."""
    more = {} if paper is None else _parameters(rule) | _chance(paper)
    if args.json:
        print_json({"rule": rule.name, "level": level.value, "on": paper is not None} | more)
        return
    state = "已停用 is off" if paper is None else "已启用 is on"
    print(f"{RULE_NAMES[rule.name]} {rule.name} 在 {level.value} 层{state}。")
    if paper is not None:
        _warn(paper)


# --- alerts ---


def _run(args: argparse.Namespace) -> None:
    if not 1 <= args.weeks <= MOST_WEEKS:
        raise SelectionError(f"--weeks 应在 1 与 {MOST_WEEKS} 之间。", f"`--weeks` must be between 1 and {MOST_WEEKS}.")
    city = read(args)
    runs = run_rules(existing(args), city, weeks=args.weeks)
    if args.json:
        rows = [
            {
                "rule": run.rule.rule.name,
                "level": run.rule.level_of_place.value,
                "weeks": [str(week) for week in run.weeks],
                "judged": run.judged,
                "alerts": len(run.alerts),
                "new": run.new,
            }
            for run in runs
        ]
        print_json({"runs": rows})
        return
    for run in runs:
        print(
            f"{run.rule.rule.name}  {run.rule.level_of_place.value}  {run.weeks[0]} – {run.weeks[-1]}："
            f"判断 judged {run.judged}，预警 alerts {len(run.alerts)}，新增 new {run.new}。"
        )


def _list(args: argparse.Namespace) -> None:
    store = existing(args)
    if args.rules:
        _list_rules(args, book.rules(store))
    elif args.precision:
        _list_precision(args, book.answers(store))
    else:
        city = read(args)
        _list_alerts(args, city, _chosen(args, city))


def _chosen(args: argparse.Namespace, city: CityData) -> list[Alert]:
    """Return the alerts of the weeks and the place that are asked for."""
    end = (city.data_as_of or dt.date.max - dt.timedelta(days=1)) + dt.timedelta(days=1)
    start = pipeline.parse_day(args.since) if args.since else max(end, dt.date(2, 1, 1)) - LISTED
    place = city.find(args.within)
    found = book.alerts(existing(args), start, dt.date.max)
    if place.row is None:
        return found
    inside = {(level, int(row)) for level in city.levels_below(place) for row in city.members(level, place)}
    inside |= {(place.level, place.row)} if place.level else set()
    ids = {(level, str(city.places["place_id"].iloc[row])) for level, row in inside}
    return [each for each in found if (each.level_of_place, each.place_id) in ids]


def _list_alerts(args: argparse.Namespace, city: CityData, alerts: list[Alert]) -> None:
    names = {(str(level), str(place)): name for level, place, name in _names(city)}
    indicators = {each.id: each for each in city.method.indicators}
    if args.json:
        print_json({"alerts": [_alert(each, names) for each in alerts]})
        return
    if not alerts:
        print("没有记录到预警 no alerts are recorded。")
        return
    heads = ["编号 id", "周 week", "等级 level", "地点 place", "指标 indicator", "实际 observed", "预期 expected", "p"]
    rows = []
    for each in alerts:
        named = indicators.get(each.indicator)
        row = [each.id, str(each.period), LEVEL_WORDS[each.level]]
        row += [names.get((each.level_of_place.value, each.place_id), each.place_id)]
        row += [named.name if named else each.indicator, each.observed, _figure(each.expected)]
        made = "红线 red line" if each.of_red_line else each.rule
        rows.append([*row, f"{each.p:.1g}" if math.isfinite(each.p) else None, made, FEEDBACK_WORDS[each.feedback]])
    print_table([*heads, "规则 rule", "反馈 answer"], rows, as_csv=False)


def _names(city: CityData) -> list[tuple[Any, Any, str]]:
    columns = (city.places[name] for name in ("level", "place_id", "name"))
    return list(zip(*columns, strict=True))


def _alert(alert: Alert, names: dict[tuple[str, str], str]) -> dict[str, Any]:
    level = alert.level_of_place.value
    head = {"id": alert.id, "rule": alert.rule, "level_of_place": level, "place_id": alert.place_id}
    head |= {"place": names.get((level, alert.place_id)), "indicator": alert.indicator, "week": str(alert.period)}
    head |= {"level": alert.level.name.lower(), "red_line": alert.of_red_line}
    kept = ("p", "adjusted", "statistic", "expected", "observed", "method_version", "data_version", "made_at")
    return head | {key: _numbers(getattr(alert, key)) for key in kept} | {"feedback": alert.feedback.value}


def _list_rules(args: argparse.Namespace, rules: list[ExaminedRule]) -> None:
    if args.json:
        rows = [
            {
                "rule": each.rule.name,
                "level": each.level_of_place.value,
                "on": each.switched_on,
                "examined_at": each.examined_at,
                "method_version": each.method_version,
                "data_version": each.data_version,
                **_parameters(each.rule),
                "exam": _numbers(each.exam),
            }
            for each in rules
        ]
        print_json({"rules": rows})
        return
    for each in rules:
        state = "启用 on " if each.switched_on else "停用 off"
        print(f"{state}  {RULE_NAMES[each.rule.name]} {each.rule.name}  {each.level_of_place.value}", end="  ")
        print(f"回测于 examined {each.examined_at}  方法 {each.method_version}  {each.rule.parameters}")
        _print_paper(each.exam)
    if not rules:
        print("还没有回测过的规则；先运行 no rule has sat its exam; begin with：alerts exam")


def _list_precision(args: argparse.Namespace, months: list[book.Answers]) -> None:
    if args.json:
        print_json({"months": [_numbers(each) | {"precision": _numbers(each.precision)} for each in months]})
        return
    heads = ["月份 month", "规则 rule", "预警 alerts", "属实或已处置 true", "误报 false", "准确率 precision"]
    rows = [[each.month, each.rule, each.alerts, each.true, each.false, _percent(each.precision)] for each in months]
    print_table(heads, rows, as_csv=False)


def _answer(args: argparse.Namespace) -> None:
    feedback = ANSWERS[args.answer]
    book.answer(existing(args), args.number, feedback)
    if args.json:
        print_json({"id": args.number, "feedback": feedback.value})
        return
    print(f"预警 {args.number}：{FEEDBACK_WORDS[feedback]}。")


# --- the data audit ---


def _audit(args: argparse.Namespace) -> None:
    city = read(args)
    if args.source and args.source not in city.index.sources:
        raise SelectionError(
            f"没有数据源“{args.source[:40]}”；有：{'、'.join(city.index.sources)}。",
            f"there is no source {args.source[:40]!r}; there are: {', '.join(city.index.sources)}.",
        )
    found = [each for each in audit_city(city, existing(args)) if args.source in (None, each.source)]
    if args.json:
        rows = [_numbers(each) | {"kind": each.kind.value, "last_day": _last_day(each)} for each in found]
        print_json({"findings": rows})
        return
    for each in found:
        zh, en = _question(each, city)
        print(f"致 to {each.source}：{zh} {en}")
    if not found:
        print("没有疑问 no questions to any source。")


def _last_day(finding: Finding) -> str:
    return (finding.end - dt.timedelta(days=1)).isoformat()


def _question(finding: Finding, city: CityData) -> tuple[str, str]:
    """Return the question that a finding is, in Chinese and in English."""
    span, n = f"{finding.start} – {_last_day(finding)}", finding.observed
    due = _figure(round(finding.expected, 1))
    kinds, names = city.method.types, {each.id: each for each in city.method.indicators}
    match finding.kind:
        case FindingKind.SILENT:
            return (
                f"{span} 没有任何报送，按往常应有约 {due} 件；是否中断？",
                f"nothing was sent, about {due} were usual: was the feed down?",
            )
        case FindingKind.ZERO_DAYS:
            named = names[finding.indicator]
            return (
                f"{span} 没有一件“{named.name}”，按往常应有约 {due} 件；是否漏报？",
                f"none of {named.name_en!r}, about {due} were usual: were they left out?",
            )
        case FindingKind.BACK_DATED:
            return (
                f"{span} 的 {finding.of} 件中有 {n} 件事后一周以上才录入（批次 {finding.batch}），按往常约 {due} 件；"
                "是否补录？",
                f"{n} of {finding.of} were entered more than a week late (batch {finding.batch}), {due} were usual: "
                "were they added afterwards?",
            )
        case FindingKind.HEAPING:
            light, grave = (kinds[each] for each in finding.types)
            return (
                f"{span} “{light.name}”与“{grave.name}”共 {finding.of} 件，其中较轻的 {n} 件，"
                f"按基期比例约 {due} 件；定级口径是否变了？",
                f"{n} of {finding.of} are the lighter {light.name_en!r}, {due} by the base year's share of "
                f"{grave.name_en!r}: has the grading changed?",
            )
