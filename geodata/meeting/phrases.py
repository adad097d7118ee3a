"""What is said at a meeting, Chinese and English: sentences with slots, none of which holds a digit of its own.

``{slot}`` is filled with a number, a name or a part of a sentence; ``{slot:one|many}`` with the first word where that
number is 1, else with the second.
"""

from __future__ import annotations

BANNED = (
    *(
        "必然",
        "必定",
        "肯定",
        "一定",
        "无疑",
        "彻底",
        "杜绝",
        "完全",
        "绝对",
        "证明",
        "毫无",
        "根治",
        "万无一失",
        "显然",
    ),
    *(
        "certain",
        "surely",
        "undoubtedly",
        "prove",
        "definitely",
        "always",
        "never",
        "guarantee",
        "eradicate",
        "obvious",
    ),
)
"""Words that no count can bear; the English ones with all their endings."""
CAUSAL = ("因为", "由于", "导致", "原因", "造成", "because", "due to", "caused", "owing to")
"""Words of cause: only a change that was taken apart may have them, and only the sections ``why`` use them."""

PHRASES: dict[str, tuple[str, str]] = {
    # title
    "title": (
        "{period}{place}平安+研判，数据截至{as_of}，指数方法{version}版。",
        "{place}, {period}: data as of {as_of}, index method {version}.",
    ),
    "partial": (
        "本期数据尚未完整覆盖整个周期，以下为阶段性数据，不与往期比较。",
        "The data do not cover the whole period: numbers are provisional and not compared with earlier periods.",
    ),
    "not_compared": (
        "可比时期数据不全，本期不作{label}比较。",
        "No comparison {label}: earlier data are incomplete.",
    ),
    "gaps": (
        "本期有{n}个数据来源存在缺报日，缺报期间的事件未计入。",
        "{n} {n:source|sources} sent nothing on some days; incidents of those days are not counted.",
    ),
    "late": (
        "有{n}个数据来源报送滞后，近期数据以补报后为准。",
        "{n} {n:source is|sources are} late; recent numbers may still grow.",
    ),
    "missing": (
        "{names}数据不足，本期不计分；计分指标权重合计{percent}%。",
        "Too few data to score {names} in this period; what is scored has {percent} % of the weight.",
    ),
    "simulated": ("本期所用为模拟数据，仅供演示。", "The data are simulated, for demonstration only."),
    # score
    "score": (
        "平安+指数得分{score}分，等级为“{band}”，{confidence}%区间为{low}至{high}分。",
        "The PingAn+ score is {score} ({band}), {confidence} % interval {low} to {high}.",
    ),
    "score_capped": (
        "平安+指数得分{score}分，等级为“{band}”。",
        "The PingAn+ score is {score} ({band}).",
    ),
    "no_score": ("本期数据不足，不计平安+指数得分。", "Too few data for a PingAn+ score in this period."),
    "score_changes": ("得分{changes}。", "The score: {changes}."),
    "standing": (
        "在参与排名的{n}个{level}中，名次在第{best}至第{worst}位之间，属第{tier}档；同档不分先后。",
        "Of {n} ranked {level}, its rank lies between {best} and {worst}, tier {tier}; places of one tier are not told "
        "apart.",
    ),
    "standing_single": (
        "在参与排名的{n}个{level}中居第{best}位，属第{tier}档；同档不分先后。",
        "Of {n} ranked {level}, its rank is {best}, tier {tier}; places of one tier are not told apart.",
    ),
    "standing_alike": (
        "在参与排名的{n}个{level}中，名次在第{best}至第{worst}位之间；相邻{level}的名次区间相互重叠，尚不能分档。",
        "Of {n} ranked {level}, its rank lies between {best} and {worst}; neighbours overlap, no tiers can be told.",
    ),
    "red_line": (
        "本期发生红线事件{n}起，得分已按规则扣减，扣减前为{before}分。",
        "{n} red-line {n:incident|incidents}: points were taken off by the rule, before that the score was {before}.",
    ),
    "total_alone": ("本期共发生各类事件{n}起。", "{n} {n:incident|incidents} in the period."),
    "allowed": (
        "件数变化的检验已扣除天数、季节和缺报的影响。",
        "Tests of numbers allow for days, season and gaps in reporting.",
    ),
    "total": ("本期共发生各类事件{n}起，{changes}。", "{n} {n:incident|incidents} in the period: {changes}."),
    "total_none": ("本期没有接报事件。", "No incident was reported in the period."),
    "quiet": (
        "综合得分、事件总数和各方面经统一检验，变化均不显著，会议从简。",
        "Neither score, number of incidents nor any front changed significantly with many compared at once: a short "
        "meeting.",
    ),
    "quiet_unscored": (
        "事件总数和各方面经统一检验，变化均不显著，会议从简。",
        "Neither the number of incidents nor any front changed significantly with many compared at once: a short "
        "meeting.",
    ),
    "quiet_alone": (
        "本期没有可比数据，未见需专题研判的方面，会议从简。",
        "There is nothing to compare with, and no front needs a page of its own: a short meeting.",
    ),
    # changes
    "previous": ("环比", "on the period before"),
    "year_ago": ("同比", "on a year ago"),
    "both": ("环比、同比", "on the period before and on a year ago"),
    "up_points": ("{label}上升{points}分，差异显著", "up {points} {label}, significant"),
    "down_points": ("{label}下降{points}分，差异显著", "down {points} {label}, significant"),
    "same_points": ("{label}持平", "unchanged {label}"),
    "unsure_points": ("{label}{points}分，差异不显著", "{points} {label}, not significant"),
    "both_unsure_points": (
        "环比{previous}分、同比{year_ago}分，差异均不显著",
        "{previous} on the period before and {year_ago} on a year ago, neither significant",
    ),
    "both_unsure_count": (
        "环比{previous}起、同比{year_ago}起，差异均不显著",
        "{previous} on the period before and {year_ago} on a year ago, neither significant",
    ),
    "more": ("{label}增加{n}起，差异显著", "{n} more {label}, significant"),
    "fewer": ("{label}减少{n}起，差异显著", "{n} fewer {label}, significant"),
    "more_percent": ("{label}增加{n}起（{percent}%），差异显著", "{n} more {label} ({percent} %), significant"),
    "fewer_percent": ("{label}减少{n}起（{percent}%），差异显著", "{n} fewer {label} ({percent} %), significant"),
    "same_count": ("{label}持平", "unchanged {label}"),
    "unsure_count": ("{label}{n}起，差异不显著", "{n} {label}, not significant"),
    "few": ("{label}样本不足，不作评价", "{label} too few to judge"),
    "no_score_change": ("{label}因缺少可比得分不作比较", "not compared {label}: one of the scores is missing"),
    "uneven": ("{label}因两期报送情况不同不作比较", "not compared {label}: sources reported on different days"),
    # why
    "why_up": (
        "{label}得分上升{points}分。按贡献分解，{kinds}。",
        "The score is up {points} {label}. Taken apart: {kinds}.",
    ),
    "why_down": (
        "{label}得分下降{points}分。按贡献分解，{kinds}。",
        "The score is down {points} {label}. Taken apart: {kinds}.",
    ),
    "kind_happened": ("实际发生效应{points}分", "what happened {points}"),
    "kind_base": ("季节与基数效应{points}分", "season and base {points}"),
    "kind_weights": ("权重变动{points}分", "weights that shifted {points}"),
    "kind_red_lines": ("红线扣分{points}分", "red lines {points}"),
    "kind_uneven": ("报送差异所涉{points}分，不能区分", "uneven reporting {points}, not told apart"),
    "along": ("实际发生效应中，主要是{causes}。", "Of what happened, most is {causes}."),
    "against": ("反方向的主要是{causes}。", "Against it stands mainly {causes}."),
    "cause": ("{name}{points}分", "{name} {points}"),
    "cause_type": ("{name}{points}分（以{kind}为主）", "{name} {points} (mostly {kind})"),
    "cause_place": ("{name}{points}分（以{place}的{kind}为主）", "{name} {points} (mostly {kind} in {place})"),
    "why_not": (
        "得分{label}差异不显著，不作归因。",
        "The score did not change significantly {label}: nothing is attributed.",
    ),
    "why_missing": ("得分{label}不可比，不作归因。", "The score is not comparable {label}: nothing is attributed."),
    # where
    "below": (
        "所辖{n}个{level}中，得分区间整体低于{place}得分的有{k}个：{names}。",
        "Of its {n} {level}, {k} {k:has|have} an interval that lies below the score of {place}: {names}.",
    ),
    "below_more": (
        "所辖{n}个{level}中，得分区间整体低于{place}得分的有{k}个，包括{names}。",
        "Of its {n} {level}, {k} {k:has|have} an interval that lies below the score of {place}, among them {names}.",
    ),
    "below_none": (
        "所辖{n}个{level}的得分区间均未整体低于{place}得分，不作高下之分。",
        "Of its {n} {level} none has an interval that lies below the score of {place}: they are not told apart.",
    ),
    "scored_place": ("{name}（{score}分）", "{name} ({score})"),
    "parts_moved": (
        "经统一检验，{n}个可比{level}中得分环比变化显著的有：{list}。",
        "Of {n} comparable {level}, these changed significantly with many compared at once: {list}.",
    ),
    "moved_place": ("{name}{points}分", "{name} {points}"),
    "parts_not_moved": (
        "经统一检验，{n}个可比{level}的得分环比差异均不显著。",
        "Of {n} comparable {level} none changed significantly, with many compared at once.",
    ),
    "by_number": (
        "以下各方面所列{level}按件数排列，件数受辖区规模影响，不代表风险高低。",
        "On the pages that follow {level} are listed by number: large ones have more, which is no higher risk.",
    ),
    "in_none": (
        "另有{n}起事件未能落到具体{level}。",
        "{n} more {n:incident lies|incidents lie} in none of the {level}.",
    ),
    # a front
    "front_score": (
        "{name}得分{score}分，等级为“{band}”，{changes}。",
        "{name} scores {score} ({band}): {changes}.",
    ),
    "front_score_alone": ("{name}得分{score}分，等级为“{band}”。", "{name} scores {score} ({band})."),
    "front_count_alone": ("本期发生{n}起。", "{n} {n:incident|incidents} in the period."),
    "front_no_score": ("{name}本期数据不足，不计分。", "{name}: too few data for a score."),
    "front_count": ("本期发生{n}起，{changes}。", "{n} {n:incident|incidents} in the period: {changes}."),
    "front_few": (
        "本期发生{n}起，样本不足，不作评价。",
        "{n} {n:incident|incidents} in the period: too few to judge.",
    ),
    "front_none": ("本期没有接报事件。", "No incident in the period."),
    "types": ("从类型看，{list}居前。", "By type: {list}."),
    "named_count": ("{name}{n}起", "{name} {n}"),
    "types_moved": ("其中{list}，变化显著。", "Significant changes: {list}."),
    "moved_more": ("{name}{label}增加{n}起", "{name} {n} more {label}"),
    "moved_fewer": ("{name}{label}减少{n}起", "{name} {n} fewer {label}"),
    "moved_more_percent": ("{name}{label}增加{n}起（{percent}%）", "{name} {n} more {label} ({percent} %)"),
    "moved_fewer_percent": ("{name}{label}减少{n}起（{percent}%）", "{name} {n} fewer {label} ({percent} %)"),
    "places": ("从地域看，{list}居前。",
               "By place: {list}."),
    "places_moved": ("其中{list}，变化显著。", "Significant changes: {list}."),
    "hours": (
        "从时段看，{hours}最为集中，发生{n}起，占已知时段的{percent}%。",
        "By hour: most between {hours}, {n} {n:incident|incidents}, {percent} % of those with a known hour.",
    ),
    "weekday": (
        "按星期看，{day}日均最多，发生{n}起，占{percent}%。",
        "By day of the week: most a day on {day}, {n} {n:incident|incidents}, {percent} %.",
    ),
    "no_hours": (
        "其中{n}起缺少具体时刻，未纳入时段统计。",
        "{n} {n:incident has|incidents have} no hour and {n:is|are} left out of it.",
    ),
    # the others
    "others_unmoved": (
        "其余方面（{names}）经统一检验，{label}变化均不显著。",
        "The others ({names}): no significant change {label} with many compared at once.",
    ),
    "all_unmoved": (
        "各方面（{names}）经统一检验，{label}变化均不显著。",
        "All fronts ({names}): no significant change {label} with many compared at once.",
    ),
    "others_changed": ("{name}本期{n}起，{changes}。", "{name}, {n} {n:incident|incidents}: {changes}."),
    "others_not_compared": ("{names}缺少可比数据，不作比较。", "{names}: not compared for want of comparable data."),
    # alerts
    "alerts_n": ("本期共有预警{n}项，其中{dispositions}。", "{n} {n:alert|alerts}: {dispositions}."),
    "alerts_alike": ("本期共有预警{n}项，均{said}。", "{n} alerts, all {said}."),
    "alerts_single": ("本期共有预警{n}项，{said}。", "{n} alert, {said}."),
    "alert_true": ("属实{n}项", "{n} confirmed"),
    "alert_false": ("误报{n}项", "{n} false"),
    "alert_handled": ("已处置{n}项", "{n} handled"),
    "alert_open": ("尚未反馈{n}项", "{n} unanswered"),
    "alert": (
        "{place}“{name}”{level}预警：{week}发生{n}起，预期{expected}起，{disposition}。",
        "{level} alert, {name} in {place}: {n} in {week}, {expected} expected, {disposition}.",
    ),
    "alert_red_line": (
        "{place}“{name}”{level}预警：{week}发生红线事件，{disposition}。",
        "{level} alert, {name} in {place}: a red-line incident in {week}, {disposition}.",
    ),
    "said_": ("尚未反馈", "unanswered"),
    "said_true": ("已核为属实", "confirmed"),
    "said_false": ("已核为误报", "false"),
    "said_handled": ("已处置", "handled"),
    "alerts_none": ("本期没有预警记录。", "No alert is on record for the period."),
    "alerts_off": ("预警规则尚未启用。", "No alert rule is switched on."),
    "alerts_not_judged": ("本期尚未经预警规则判断。", "The alert rules have not judged the period yet."),
    "alerts_partly": (
        "本期尚有部分周次未经预警规则判断。",
        "Some weeks of the period have not been judged by the alert rules yet.",
    ),
    "alerts_none_yet": (
        "本期暂无预警记录，尚有部分周次未经预警规则判断。",
        "No alert is on record so far; some weeks of the period have not been judged yet.",
    ),
    # words
    "and": ("、", ", "),
    "then": ("；", "; "),
    "comma": ("，", ", "),
    "band_excellent": ("优秀", "excellent"),
    "band_good": ("良好", "good"),
    "band_steady": ("平稳", "steady"),
    "band_poor": ("较差", "poor"),
    "level_district": ("区", "districts"),
    "level_street": ("镇街", "streets"),
    "level_community": ("村居", "communities"),
    "level_grid_cell": ("网格", "grid cells"),
    "alert_level_one": ("黄色", "Yellow"),
    "alert_level_two": ("橙色", "Orange"),
    "alert_level_three": ("红色", "Red"),
    "weekdays": ("周一 周二 周三 周四 周五 周六 周日",
                 "Mondays Tuesdays Wednesdays Thursdays Fridays Saturdays Sundays"),
}  # fmt: skip
