"""Every text of the pages, in Chinese and in English."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache

from geodata.patterns.emerging import Emergence
from geodata.vocabulary import Band, Period, PeriodKind, PlaceLevel

TEXTS: dict[str, tuple[str, str]] = {
    "menu": ("菜单：周期、对比、层级、页面", "Menu: period, comparison, level, pages"),
    "brand": ("平安+一张图", "PingAn+ Atlas"),
    "simulated": (
        "模拟数据 SIMULATED：本页全部事件、边界与得分均由程序生成，不反映任何真实情况",
        "SIMULATED 模拟数据: every incident, boundary and score on this page is made up",
    ),
    "simulated_short": ("模拟数据 SIMULATED", "SIMULATED 模拟数据"),
    "total": ("平安+指数", "PingAn+ index"),
    "score": ("得分", "Score"),
    "rate": ("发生率", "Rate"),
    "incidents": ("事件", "Incidents"),
    "with_change": ("（{change}）", " ({change})"),
    "incidents_n": ("{n} 件", "{n} [n|incident|incidents]"),
    "interval": ("90% 区间 {low}–{high}", "90 % interval {low}–{high}"),
    "interval_plain": (
        "90% 区间 {low}–{high}（九成把握在此之间）",
        "90 % interval {low}–{high} (nine times in ten it lies there)",
    ),
    "interval_capped": ("得分顶在红线的上限上", "The score stands at the ceiling of a red line"),
    "interval_label": ("90% 区间", "90 % interval"),
    "no_data": ("无数据", "No data"),
    "not_sure": ("差异不显著", "not significant"),
    "sure": ("差异显著", "significant"),
    "count_not_sure": ("扣除天数和季节后差异不显著", "not significant, days and season allowed for"),
    "count_gap_not_sure": ("扣除天数、季节和缺报后差异不显著", "not significant, days, season and gaps allowed for"),
    "count_gap_sure": ("扣除天数、季节和缺报后差异显著", "significant, days, season and gaps allowed for"),
    "count_days_not_sure": ("按天数折算后差异不显著", "not significant, days allowed for"),
    "count_days_sure": ("按天数折算后差异显著", "significant, days allowed for"),
    "count_sure": ("扣除天数和季节后差异显著", "significant, days and season allowed for"),
    "no_comparison_now": ("本期未满，不作比较", "the period is not finished, not compared"),
    "no_comparison": ("上期数据不全，不作比较", "the earlier data are incomplete, not compared"),
    # the map below the places
    "basemap": ("底图", "Base"),
    "basemap_hide": ("隐藏底图", "Hide the basemap"),
    "basemap_show": ("显示底图", "Show the basemap"),
    "basemap_failed": ("底图暂不可用", "Basemap not available now"),
    "basemap_credit": ("底图：{whose}", "Basemap: {whose}"),
    "basemap_unnamed": ("来源未注明", "source not named"),
    "review_number": ("审图号：{number}", "Map review number {number}"),
    # the time strip
    "strip_nav": ("时间条", "Time strip"),
    "strip_play": ("▶ 播放", "▶ Play"),
    "strip_stop": ("■ 停止", "■ Stop"),
    "strip_speed": ("播放速度", "Speed"),
    "strip_no_layer": ("图层只反映本期，关闭图层后可播放", "A layer tells of this period only: close it to play"),
    "strip_playing": ("播放中", "Playing"),
    "strip_waiting": ("正在准备", "Getting ready"),
    "strip_failed": ("未能加载，请重试", "Could not be loaded: try again"),
    "strip_unfinished": ("（未满）", "(not finished)"),
    "strip_days": ("共 {n} 天", "{n} [n|day|days]:"),
    "strip_earlier": ("更早", "Earlier"),
    "strip_later": ("更晚", "Later"),
    "strip_span": ("自定时段", "Custom"),
    "strip_span_title": (
        "自定起止日期；也可在时间条上拖动，或按住 Shift 用方向键选择",
        "Choose days; or drag across the strip, or hold Shift with the arrow keys",
    ),
    "strip_from": ("起", "From"),
    "strip_to": ("止", "To"),
    "strip_apply": ("查看", "Show"),
    "strip_months_only": (
        "数据只到月，可选整季或整年",
        "Months only: choose a whole quarter or year",
    ),
    "compare_previous": ("环比", "vs prev."),
    "compare_previous_span": ("较前一时段", "vs span before"),
    "compare_year_ago": ("同比", "vs year ago"),
    "compare_nav": ("比较对象", "Compare with"),
    "period_nav": ("周期", "Period"),
    "level_nav": ("下钻层级", "Level shown"),
    "crumbs_nav": ("当前位置", "Where you are"),
    "siblings": ("同级切换", "Switch to a sibling"),
    "previous_period": ("上一周期", "Previous period"),
    "next_period": ("下一周期", "Next period"),
    "per_residents": ("件/万人", "per 10,000 residents"),
    "per_km2": ("件/平方公里", "per km²"),
    "projector": ("投影 F", "Projector F"),
    "projector_off": ("退出投影 F", "Leave projector F"),
    "language": ("EN", "中文"),
    "language_label": ("Switch to English", "切换到中文"),
    "places_n": ("{n} 个", "{n}"),
    "scheme_bands": ("等级界线：{breaks}（固定）", "Bands: {breaks} (fixed)"),
    "range_between": ("{low}–{high}", "{low}–{high}"),
    "closing": (
        "合计 {total} = {level} {places} + 未定位 {unlocated} + 界外 {outside}",
        "Total {total} = {level} {places} + unlocated {unlocated} + outside {outside}",
    ),
    "closing_leaf": ("合计 {total}（{level}，无下级）", "Total {total} ({level}, nothing finer)"),
    "trend": ("走势", "Trend"),
    "trend_score": ("得分与 90% 区间", "score with 90 % interval"),
    "trend_count": ("事件数", "incidents"),
    # numbers of a chart, folded beside it
    "numbers_list": ("数字列表", "Numbers as a table"),
    "period": ("周期", "Period"),
    "interval_90": ("90% 区间", "90 % interval"),
    "top_types": ("类型", "Types"),
    "hour_week": ("时段", "Hour and weekday"),
    "hours_keep": ("只看这一时段，再点取消", "Keep to these; once more lets them go"),
    "hour_unknown": ("{n} 件没有钟点，未计入", "{n} without an hour [n|is|are] left out"),
    "months_only": ("数据只精确到月，无时段分布", "Dated by month only; no hours"),
    "children": ("各{level}", "{level}"),
    "children_more": ("仅列出前 {n} 个，共 {all} 个", "the first {n} of {all}"),
    "name": ("名称", "Name"),
    "count": ("件数", "Count"),
    "other_types": ("其他 {n} 类", "{n} other [n|type|types]"),
    "closing_inside": (
        "合计 {total} = {level} {places} + 未归入下级 {unlocated} + 界外 {outside}",
        "Total {total} = {level} {places} + not placed further {unlocated} + outside {outside}",
    ),
    "no_score_small": ("事件太少，不作评价", "Too few incidents to assess"),
    "no_score_silent": (
        "{names}本期缺报，有效权重不足，不作综合评价",
        "{names}: nothing sent this period; too little weight is left for a composite score",
    ),
    "no_score_sub": ("本期缺报，不作评价", "Nothing sent this period, not assessed"),
    "unconnected": ("{names}未接入", "{names}: no source connected"),
    "unweighted": ("{names}不计分", "{names}: not scored"),
    "silent_note": ("{names}本期缺报", "{names}: nothing sent this period"),
    "rescaled": ("数据不全：{reasons}；其余指标按权重折算", "Incomplete: {reasons}; weights rescaled over the rest"),
    "silent_places": (
        "{n} 个{level}本期缺报或报送不全，合计只含已报送的地方",
        "{n} {level} sent little or nothing this period; the total covers the others only",
    ),
    "silent": ("缺报", "nothing sent"),
    "source_gap": ("{source} {span}缺报（{n} 天）", "{source}: nothing sent {span} ({n} d)"),
    "counts_uneven": (
        "两期缺报天数不同，件数不作比较",
        "silent on different days of the two periods: numbers are not compared",
    ),
    "not_at_level": ("没有到{level}一级的数据，不作评价", "No data at this level ({level}), not assessed"),
    "not_at_level_short": ("未测", "n/a"),
    "rail_most": ("件数最多的几项", "Those with most incidents"),
    "rail_most_moved": ("影响或变化最大的几项", "Those that weighed or moved most"),
    "children_near_usual": (
        "事件越少，得分越靠近全市平常水平，所以上级的得分可能比所有下级都高，或都低。",
        "The fewer the incidents, the nearer the score to what is usual in the city: a place may score above all of "
        "its parts, or below them.",
    ),
    "interval_why": (
        "得分为什么不在区间正中：各项得分各自往全市平常水平靠，事件越少靠得越多；区间还看本地各类风险是否一同偏高或偏低，靠得少。"
        "事件少的地方，得分可能贴着区间的一端，这时以区间为准。",
        "Why a score is not in the middle of its interval: each part is drawn to what is usual in the "
        "city, the more the fewer incidents there are; the interval also sees whether all risks of the place are high "
        "or low together and is drawn less. Where little happens the score may stand at one end: go by the interval.",
    ),
    "not_scored_sub": ("{name}不计分，地图显示{measure}", "{name} carries no score; the map shows the {measure}"),
    "not_connected": ("{name}的数据源未接入，本期不作评价", "{name}: no source connected, not assessed"),
    "change_score": ("得分变化", "Score change"),
    "change_rate": ("发生率变化", "Rate change"),
    "nothing_to_draw": ("本期没有可画的数据", "Nothing to draw for this period"),
    "all_incidents": ("全部事件", "All incidents"),
    "folded": ("其余 {n} 项未接入", "{n} more not connected"),
    "no_change": ("持平", "no change"),
    "no_incidents": ("本周期没有事件", "No incidents in this period"),
    "unmapped": ("未归类：{word}", "Unmapped: {word}"),
    "partial": (
        "本期未满：数据为 {first} 至 {last}，不作比较",
        "Period not finished: data for {first} to {last}, not compared",
    ),
    "not_scored": (
        "本市未接入足够的数据源，不计算平安+指数，地图显示{measure}",
        "Too few sources for a PingAn+ score; the map shows the {measure}",
    ),
    "late_sources": ("▲ {n} 个来源迟报", "▲ {n} [n|source is|sources are] late"),
    "spotlight": ("聚光 P", "Spotlight P"),
    # classes of the map: how they are drawn, counted and chosen
    "scheme_quantile": ("等数", "Quantiles"),
    "scheme_equal": ("等距", "Equal intervals"),
    "scheme_jenks": ("自然断点", "Natural breaks"),
    "scheme_sigma": ("标准差", "Standard deviations"),
    "scheme_pretty": ("取整", "Round numbers"),
    "scheme_log": ("等比", "Equal ratios"),
    "scheme_manual": ("自定", "Own breaks"),
    "scheme_quantile_help": ("各级地方个数相近", "About as many places in each class"),
    "scheme_equal_help": ("各级宽度相同", "Classes of one width"),
    "scheme_jenks_help": ("级内相差最小（Fisher–Jenks）", "Least difference within classes (Fisher–Jenks)"),
    "scheme_sigma_help": ("以平均值为中心，每级一个标准差", "One standard deviation a class, around the mean"),
    "scheme_pretty_help": ("断点取 1、2、5 的倍数，级数可能略有出入", "Multiples of 1, 2, 5; the number may differ"),
    "scheme_log_help": ("每级是上一级的同样倍数", "Each class the same multiple of the one before"),
    "scheme_way": ("{kind} {k} 级", "{kind}, {k} [k|class|classes]"),
    "scheme_locked": ("各期统一，已锁定（{fingerprint}）", "locked for all periods ({fingerprint})"),
    "scheme_circles": ("圆面积代表件数，各期同一尺度", "Area of a circle = incidents, one scale for all periods"),
    "scheme_menu": ("换一种分级", "Draw the classes otherwise"),
    "scheme_manual_enter": ("自定断点，回车确认", "Own breaks, then Enter"),
    "chip_scheme": ("分级：{way}", "Classes: {way}"),
    "chip_classes": ("只看：{words}", "Only: {words}"),
    "classes_fewer": (
        "选了 {k} 级，数值只分得出 {n} 级",
        "{k} were asked for; the values make only {n}",
    ),
    "classes_n": ("{k} 级", "{k} [k|class|classes]"),
    "classes_less": ("少一级", "One class less"),
    "classes_more": ("多一级", "One class more"),
    "class_keep": ("只看：{word}", "Only: {word}"),
    "class_release": ("不再只看：{word}", "No longer only: {word}"),
    "histogram": ("各{level}取值的分布", "How the values of the {level} are spread"),
    "legend_unlocated": ("未定位 {n} 件", "Unlocated {n}"),
    "legend_not_placed": ("未归入下级 {n} 件", "Not placed further {n}"),
    "legend_outside": ("界外 {n} 件", "Outside {n}"),
    "unit_incidents": ("件", "incidents"),
    "change_count": ("件数变化", "Change"),
    # filters, each as a sentence of its own
    "filter_hours": ("{first}–{end} 时", "{first}:00–{end}:00"),
    "filter_hours_night": ("{first} 时至次日 {end} 时", "{first}:00 to {end}:00 the next day"),
    "filter_severity_2": ("一般及以上", "Moderate and worse"),
    "filter_severity_5": ("较重及以上", "Serious and worse"),
    "filter_severity_10": ("严重及以上", "Grave and worse"),
    "filter_box": ("框选范围 {km2} km²", "Box of {km2} km²"),
    "filter_circle": ("半径 {radius} 的圆，{km2} km²", "Circle of {radius}, {km2} km²"),
    "filter_lasso": ("圈画范围 {km2} km²", "Drawn area of {km2} km²"),
    "filter_source": ("来源：{names}", "Source: {names}"),
    "closing_filtered": (
        "筛选后 {kept} 件，占本期 {all} 件的 {share}",
        "After filtering {kept} of the {all} [all|incident|incidents] of this period ({share})",
    ),
    "filtered_unscored": (
        "已按条件筛选，筛选后的事件不评分，显示{measure}",
        "The incidents are filtered: they have no score; shown is the {measure}",
    ),
    # the drawer of filters
    "filters": ("筛选", "Filter"),
    "filters_n": ("筛选 {n}", "Filter ({n})"),
    "filters_nav": ("筛选事件", "Filter incidents"),
    "filters_clear": ("清除全部筛选", "Clear all filters"),
    "filters_close": ("关闭筛选", "Close the filters"),
    "filters_kept": (
        "筛选后 {kept} 件，本期共 {all} 件",
        "After filtering {kept} of {all} [all|incident|incidents] of this period",
    ),
    "filters_all": ("本期 {all} 件，未筛选", "{all} [all|incident|incidents] in this period, unfiltered"),
    "filters_none": (
        "没有同时符合全部条件的事件。可以去掉其中一项：",
        "No incident meets all conditions. Take one of them away:",
    ),
    "filters_none_any": (
        "没有同时符合全部条件的事件，只去掉其中一项也没有。",
        "No incident meets all conditions, nor all but one of them.",
    ),
    "filters_none_here": (
        "本期此处没有可供筛选的事件，可换一个周期或地点。",
        "There are no incidents to filter here in this period: choose another period or place.",
    ),
    "filters_drop": ("去掉“{name}”：{n} 件", "Without “{name}”: {n}"),
    "filters_hours": ("时段", "Hours"),
    "filters_hours_dawn": ("凌晨 0–6", "Small hours 0–6"),
    "filters_hours_morning": ("上午 6–12", "Morning 6–12"),
    "filters_hours_afternoon": ("下午 12–18", "Afternoon 12–18"),
    "filters_hours_evening": ("晚上 18–24", "Evening 18–24"),
    "filters_hours_night": ("夜间 22–6", "Night 22–6"),
    "filters_hours_from": ("从", "From"),
    "filters_hours_to": ("到", "To"),
    "filters_hour": ("{hour} 时", "{hour}:00"),
    "filters_hour_n": ("{hour}–{next} 时：{n} 件", "{hour}:00–{next}:00: {n}"),
    "filters_hours_drag": ("在柱上拖动，可选任意时段", "Drag across the bars for any hours"),
    "filters_hours_unknown": (
        "另有 {n} 件时刻不详，选定时段后不计",
        "{n} more of unknown hour [n|is|are] left out once hours are chosen",
    ),
    "filters_months_only": (
        "事件只精确到月，不能按时段、星期和日期类型筛选。",
        "Incidents are dated by month only: hours and days cannot be chosen.",
    ),
    "filters_weekdays": ("星期", "Weekdays"),
    "filters_days": ("日期类型", "Kind of day"),
    "filters_sources": ("数据来源", "Sources"),
    "filters_severity": ("严重程度", "Severity"),
    "filters_types": ("事件类型", "Incident types"),
    "filters_types_more": (
        "仅列出件数最多的 {n} 类，选定一级指标可看其全部",
        "The {n} most frequent; choose a sub-index for all of its types",
    ),
    "filters_peak": ("{hours}最集中，占 {share}。", "{hours} stand out with {share}."),
    "filters_peak_only": ("只看 {hours}", "Only {hours}"),
    "count_unit_filtered": ("件（筛选后）", "incidents after filtering"),
    "count_unit": ("件", "incidents"),
    "incidents_filtered_n": ("筛选后 {n} 件", "{n} [n|incident|incidents] after filtering"),
    "trend_count_filtered": ("筛选后事件数", "Incidents after filtering"),
    # why a pattern of what is filtered is not judged
    "unjudged_area": (
        "所选范围以外的事件已被筛去，无从比较，不作判断。去掉所选范围后可看。",
        "What lies outside of the selected area is left out, so that nothing can be compared: "
        "take the area away to see this.",
    ),
    "unjudged_days": (
        "按日期类型筛选后，各时段的天数多少不一，不作判断。去掉日期类型后可看。",
        "With one kind of day only, some spans have more days than others: take that filter away to see this.",
    ),
    "unjudged_base": (
        "筛选后的事件没有预期值可比，不作聚集判断。清除筛选后可看，或看“热点”图层。",
        "Nothing is known to be expected of filtered incidents: clear the filters to see clusters, "
        "or look at hot spots.",
    ),
    # what lies in an area drawn on the map
    "area_title": ("所选范围", "Selected area"),
    "area_density": ("每平方公里 {rate} 件", "{rate} per km²"),
    "area_share": ("占{place}同期同条件事件的 {share}", "{share} of such incidents in {place}"),
    "area_places": ("涉及的{level}", "{level} that it touches"),
    "area_places_more": ("其余 {n} 个共 {count} 件", "{n} [n|other|others] with {count} together"),
    "area_inside_n": ("范围内件数", "Inside the area"),
    "area_closing": (
        "范围内 {total} = {level} {places} + 未定位到{level} {rest}",
        "Inside {total} = {level} {places} + elsewhere {rest}",
    ),
    "select": ("选区", "Select"),
    "select_box": ("框选", "Box"),
    "select_circle": ("圈选", "Circle"),
    "select_lasso": ("圈画", "Lasso"),
    "select_box_hint": ("在地图上拖出方框，松开即选定", "Drag a box on the map and let go"),
    "select_circle_hint": ("从圆心向外拖，松开即选定", "Drag outwards from the centre and let go"),
    "select_lasso_hint": ("沿边界画一圈，松开即选定", "Draw around the area and let go"),
    "select_keys": (
        "方向键移动，Shift+方向键改变大小，回车选定，Esc 取消",
        "Arrows move it, Shift+arrows resize it, Enter takes it, Esc ends",
    ),
    "select_end": ("取消", "Cancel"),
    "single_indicator": (
        "单项指标不单独评级，地图显示{measure}",
        "One indicator has no band; the map shows its {measure}",
    ),
    "single_type": ("单一类型不计分，地图显示{measure}", "One type has no score; the map shows its {measure}"),
    "proxy": (
        "{names} 缺少专用暴露量，暂以常住人口代替",
        "{names}: measured against residents for want of their own exposure",
    ),
    "missing": ("缺", "n/a"),
    "as_of": ("数据截至 {day}", "Data as of {day}"),
    "method_version": ("方法 {version}（示例参数）", "Method {version} (example parameters)"),
    "base_year": ("基期 {start} 至 {end}", "Base {start} to {end}"),
    "boundary_version": ("边界版本 {version}", "Boundaries {version}"),
    "schematic": ("边界为示意", "schematic boundaries"),
    "map": ("分级统计地图", "Choropleth map"),
    "hint": ("单击或回车进入，退格键返回", "Click or Enter to enter, Backspace to return"),
    "hint_leaf": ("单击换一个，退格键返回", "Click for another one, Backspace to return"),
    "retry": ("地图边界未能加载，点此重试", "The outlines did not load. Click to retry"),
    "points_failed": ("事件点未能加载，点此重试", "The incidents did not load. Click to retry"),
    "reset": ("复位", "Reset"),
    "zoom_in": ("放大", "Zoom in"),
    "zoom_out": ("缩小", "Zoom out"),
    "open": ("打开", "Open"),
    "sheet": ("展开或收起面板", "Open or close the panel"),
    "remove": ("移除", "Remove"),
    "chip_period": ("{period}", "{period}"),
    "chip_level": ("层级：{level}", "Level: {level}"),
    "error_title": ("链接无效", "This link cannot be opened"),
    "error_no_page": ("这里没有页面，地址可能写错了。", "There is no page here; the address may be mistyped."),
    "error_home": ("回到首页", "Back to the first page"),
    "empty_open_data": ("打开数据页，导入事件", "Open the data page and bring incidents in"),
    "empty_title": ("还没有数据", "No data yet"),
    "weekdays": ("一 二 三 四 五 六 日", "Mon Tue Wed Thu Fri Sat Sun"),
    "hour_axis": ("时", "h"),
    # the map page: targets, the two numbers of a day, red lines
    "compare_target": ("与目标比", "vs target"),
    "gap_target": ("与目标之差", "From target"),
    "target_at": ("目标 {target}", "Target {target}"),
    "target_none": ("未设目标", "No target is set"),
    "target_above": ("已达目标，90% 区间在目标之上", "reached: the 90 % interval lies above it"),
    "target_below": ("未达目标，90% 区间在目标之下", "not reached: the 90 % interval lies below it"),
    "target_unsure": ("90% 区间含目标，尚不能断定", "the 90 % interval includes it: too close to tell"),
    "target_no_score": ("没有得分，不与目标比", "no score, not compared with the target"),
    "score_pooled": ("近7日合并得分", "Score of 7 days"),
    "pooled": ("近7日合并", "7 days pooled"),
    "own_day": ("当日 {score}（{low}–{high}）", "The day itself {score} ({low}–{high})"),
    "own_day_missing": ("当日缺得分", "The day itself has no score"),
    "pooled_missing": ("数据不足 7 日，不定等级", "Less than 7 days of data: no band"),
    "weakest": ("短板", "Weakest"),
    "comma_words": ("，", ", "),
    "tier_all": (
        "在全市 {n} 个{level}中排{rank}；各地名次都有重叠，难分先后",
        "Rank {rank} of {n} ({level}): none can be told apart",
    ),
    "tier_some": (
        "在全市 {n} 个{level}中排{rank}；与{names}等 {others} 个{level}名次有重叠，难分先后",
        "Rank {rank} of {n} ({level}), not told apart from {others} [others|other|others] such as {names}",
    ),
    "tier_few": (
        "在全市 {n} 个{level}中排{rank}；与{names}名次有重叠，难分先后",
        "Rank {rank} of {n} ({level}), not told apart from {names}",
    ),
    "tier_alone": ("在全市 {n} 个{level}中排{rank}", "Rank {rank} of {n} ({level})"),
    "tier_more": ("看排名", "Ranks"),
    "red_line_taken": ("红线扣分 {points}：{what}（扣分前 {before}）", "Red line {points}: {what} (without {before})"),
    "red_line_below": ("红线事件：{what}；得分未超上限，不再扣分", "Red line: {what}; below the ceiling as it is"),
    "red_line_months": ("▼ 有红线事件的周期", "▼ a period with red-line incidents"),
    "red_line_head": ("红线", "Red line"),
    "red_line_type": ("{name} {n} 起", "{name} ({n})"),
    # search, and who looks after a point
    "search": ("搜索", "Search"),
    "search_key": ("搜索（按 / 键）", "Search (key /)"),
    "search_label": ("搜索地点", "Search places"),
    "search_ask": ("名称、编号、拼音、坐标", "Name, code, pinyin or position"),
    "search_city": ("全市", "City"),
    "search_n": ("共 {n} 个", "{n} found"),
    "search_more": (
        "共 {n} 个，另有 {rest} 个未列出，可多输入几个字",
        "{n} found, {rest} not listed: type more to narrow down",
    ),
    "search_nothing": ("没有名称、编号或拼音相符的地点", "No place has such a name, code or pinyin"),
    "search_point": ("回车查看该点归属", "Enter shows who looks after this point"),
    "search_failed": ("搜索未成功，请稍后再试", "The search failed; please try again"),
    "whose": ("查归属", "Who looks after a point"),
    "whose_short": ("归属", "Unit"),
    "whose_title": ("这里归谁管", "Who looks after this point"),
    "whose_hint": ("请在地图上点选一处", "Click a point on the map"),
    "whose_none": ("未划入", "in none"),
    "whose_no_unit": ("责任单位未录入", "The responsible unit is not recorded"),
    "whose_outside": ("界外：该点不在{city}范围内", "Outside: this point is not in {city}"),
    "whose_away": ("该点不在当前画面内", "This point is not in the present view"),
    "whose_failed": ("未能查到归属，请稍后再试", "This could not be looked up; please try again"),
    # the reasons
    "why": ("为什么变", "Why it changed"),
    "why_span": ("与{before}比", "against {before}"),
    "why_up": ("{name}比{before}高 {points} 分", "{name} is up {points} on {before}"),
    "why_down": ("{name}比{before}低 {points} 分", "{name} is down {points} on {before}"),
    "why_same": ("{name}与{before}基本持平（{points}）", "{name} is about level with {before} ({points})"),
    "why_chance": ("（差异不显著，可能只是偶然波动）", " (not significant: it may be chance)"),
    "why_sure": ("（差异显著，不像是偶然）", " (significant: hardly chance)"),
    "why_because": ("，主要因为{causes}。", ", mainly because {causes}."),
    "why_balance": ("：{causes}。", ": {causes}."),
    "why_nothing": ("。", "."),
    "why_quiet": (
        "：两期都没有事件。事件很少的地方，得分主要参照全市平常水平。",
        ": nothing happened in either. Where little happens, the score leans on what is usual in the city.",
    ),
    "why_and": ("；", "; "),
    "why_fewer": ("事件真的少了（{points}）", "there truly were fewer incidents ({points})"),
    "why_more": ("事件真的多了（{points}）", "there truly were more incidents ({points})"),
    "why_better": ("实际情况好了（{points}）", "things went better ({points})"),
    "why_worse": ("实际情况差了（{points}）", "things went worse ({points})"),
    "why_lighter": ("件数没有减少，但更轻了（{points}）", "not fewer incidents, but lighter ones ({points})"),
    "why_graver": ("件数没有增加，但更重了（{points}）", "not more incidents, but graver ones ({points})"),
    "why_part_lighter": ("件数未减，更轻了", "not fewer but lighter"),
    "why_part_graver": ("件数未增，更重了", "not more but graver"),
    "why_part_not_fewer": ("件数未减", "not fewer"),
    "why_part_not_more": ("件数未增", "not more"),
    "why_uneven": (
        "{names}（两期缺报天数不同，已扣除缺报的日子）{points}",
        "{names} (silent on different days of the two periods, which is allowed for) {points}",
    ),
    "why_type_uneven": (
        "两期缺报天数不同，这个数含有缺报的影响。",
        " Silent on different days, which is part of this number.",
    ),
    "why_base_gap": ("天数、季节、人口和缺报", "Calendar, people, gaps"),
    "why_even": ("各类有增有减，正好相抵", "rises and falls balance"),
    "why_base_up": (
        "天数、季节和人口不同，应有的件数较多（{points}）",
        "by days, season and people more were to be expected anyway ({points})",
    ),
    "why_base_down": (
        "天数、季节和人口不同，应有的件数较少（{points}）",
        "by days, season and people fewer were to be expected anyway ({points})",
    ),
    "why_weight": ("有的数据没报，权重随之变动（{points}）", "weights shifted, as data are missing ({points})"),
    "why_red_less": ("红线扣分少了（{points}）", "red lines cost less ({points})"),
    "why_red_more": ("红线扣分多了（{points}）", "red lines cost more ({points})"),
    "why_among": ("，其中{list}", ", of it {list}"),
    "why_but": ("，但{what}", ", but {what}"),
    "why_inside": ("主要是{what}", "mostly {what}"),
    "why_bracket": ("（{what}）", " ({what})"),
    "why_of_place": ("{place}的{kind}", "{kind} in {place}"),
    "why_indicator": ("{name}使{score}比{than}变动 {points} 分", "{name} moved {score} by {points} on {than}"),
    "why_indicator_unscored": ("这一指标不计分，不影响得分。", "This indicator carries no weight in the score."),
    "why_type": (
        "{name}使{score}变动 {points} 分：本期 {now}，{than} {before}。",
        "{name} moved {score} by {points}: {now} now, {before} {than}.",
    ),
    "why_type_one": ("{name}使{score}变动 {points} 分。", "{name} moved {score} by {points}."),
    "why_type_child": ("影响最大的是{place}（{points}）。", " Most of it in {place} ({points})."),
    "why_type_unscored": ("这一类型不计分，不影响得分。", "This type carries no weight in the score."),
    "why_unscored": ("{name}不计分，没有可说明的变化。", "{name} carries no score; there is nothing to explain."),
    "why_partial": ("本期未满，满期后再作比较和说明。", "The period is not finished: nothing is compared yet."),
    "why_no_before": ("{than}没有完整数据，无从比较。", "Data for {than} are incomplete: nothing to compare with."),
    "why_before_missing": ("{than}没有得分，无从比较。", "There is no score for {than} to compare with."),
    "why_after_missing": ("本期没有得分，说不出变化。", "There is no score for this period, so no change."),
    "why_both_missing": ("两期都没有得分，说不出变化。", "Neither period has a score."),
    "why_aggregation": ("两期的合成方法不同，不作分解。", "The two periods are composed differently; no breakdown."),
    "why_own_day": ("按当日得分说明，不是近7日合并得分。", "Explains the day itself, not the seven days pooled."),
    "why_score_within": ("得分", "the score"),
    "why_count_up": ("件数比{than}多 {n} 件", "{n} more [n|incident|incidents] than {than}"),
    "why_count_down": ("件数比{than}少 {n} 件", "{n} fewer [n|incident|incidents] than {than}"),
    "why_count_same": ("件数与{than}相同", "As many incidents as {than}"),
    "why_count_most_up": ("；增加最多的是{names}", "; up most: {names}"),
    "why_count_most_down": ("；减少最多的是{names}", "; down most: {names}"),
    "why_count_change": ("增减", "Change"),
    "why_count_unmapped": ("未归类", "Not classified"),
    "why_count_sum": (
        "各行相加 {difference} = 本期 {now} − 对比期 {before}",
        "The lines add up: {difference} = {now} − {before}",
    ),
    "why_item": ("项目", "Part"),
    "why_happened": ("实际增减", "Happened"),
    "why_base": ("天数季节", "Calendar"),
    "why_base_line": ("天数、季节和人口", "Calendar, people"),
    "why_points": ("合计", "Points"),
    "why_now": ("本期", "now"),
    "why_measured": ("由测评或统计得出", "measured, not counted"),
    "why_sum": (
        "各行相加 {points} = 本期 {after} − 对比期 {before}。每个数取两位小数，尾数已配平。",
        "The lines add up to {points} = {after} − {before}. All have two decimals; the last ones are evened out.",
    ),
    "why_sum_part": (
        "各行相加 {points}。每个数取两位小数，尾数已配平。",
        "The lines add up to {points}. All have two decimals; the last ones are evened out.",
    ),
    "why_other": ("其他 {n} 项", "{n} [n|other|others]"),
    "why_weights": ("缺报使权重变动", "Missing data"),
    "why_red_line": ("红线扣分", "Red lines"),
    "why_rest": ("未归入下级", "Not placed further"),
    "why_counts": ("{now}，{than} {before}", "{now}, {before} {than}"),
    "why_help": ("怎么看", "How to read this"),
    "why_help_text": (
        "正数加分，负数减分。实际增减：事件多了减分，少了加分，一件重的抵多件轻的。天数季节：月份有长短，"
        "季节有淡旺，人口有增减，本期本来该有多少件也就不同；本来该多的，同样多的事件少减分，这不算工作的功劳，也不算过失。"
        "点名称看下一层，点件数看事件列表。",
        "Happened: more incidents cost points, fewer bring them; one grave incident outweighs many light ones. "
        "Calendar: months are long and short, seasons busy and quiet, people come and go: another number was to be "
        "expected anyway; that is nobody's merit or fault. A name opens the next step, a number the incidents.",
    ),
    "than_day": ("前一日", "the day before"),
    "than_week": ("上周", "the week before"),
    "than_month": ("上月", "the month before"),
    "than_quarter": ("上季度", "the quarter before"),
    "than_year": ("上年", "the year before"),
    "than_range": ("前一时段", "the span before"),
    "than_year_ago": ("上年同期", "a year ago"),
    # the alerts
    "alerts": ("预警", "Alerts"),
    "alerts_weeks": ("截至{day}的近{n}周", "{n} [n|week|weeks] to {day}"),
    "alerts_of": ("{name}，{span}", "{name}, {span}"),
    "alerts_more": ("其余 {n} 条", "{n} more"),
    "alerts_none": ("近{n}周没有预警记录。", "No alerts are recorded of [n|this week|these {n} weeks]."),
    "alerts_off": (
        "没有启用的预警规则。先回测一条规则并查看结果：",
        "No rule is switched on. Examine a rule first, and look at its paper: ",
    ),
    "alerts_then": ("，再启用：", ", then switch it on: "),
    "alerts_not_run": ("规则已启用，尚未判断过：", "A rule is switched on, but has judged nothing yet: "),
    "alerts_months_only": ("事件只有月份，不能做周预警。", "Incidents are dated by month only: no weekly alerts."),
    "alerts_rules": ("启用的规则：{rules}。", "Rules: {rules}."),
    "alerts_judged": ("已判断至{week}。启用的规则：{rules}。", "Judged up to {week}. Rules: {rules}."),
    "alerts_rule_at": ("{rule}（{level}）", "{rule} ({level})"),
    "alert_rule_negative_binomial": ("负二项", "Negative binomial"),
    "alert_rule_poisson_cusum": ("泊松累积和", "Poisson CUSUM"),
    "alert_rule_ewma": ("加权移动平均", "EWMA"),
    "alert_rule_ears": ("EARS", "EARS"),
    "alert_rule_farrington": ("Farrington", "Farrington"),
    "alert_yellow": ("黄色", "Yellow"),
    "alert_orange": ("橙色", "Orange"),
    "alert_red": ("红色", "Red"),
    "alert_main": ("增加最多：{type} {n} 件（往常约 {usual}）", "most above the usual: {type}, {n} (about {usual})"),
    "alert_observed": ("实际 {n} 件", "{n} observed"),
    "alert_expected": ("往常约 {n} 件", "about {n} usual"),
    "alert_weeks": ("连续{n}周", "{n} [n|week|weeks] running"),
    "alert_red_line": ("红线事件", "Red-line incident"),
    "alert_p": ("p = {p}", "p = {p}"),
    "alert_p_small": ("p < {p}", "p < {p}"),
    "alert_limit": ("{value}（限值 {limit}）", "{value} (limit {limit})"),
    "alert_method": ("方法 {version}", "Method {version}"),
    "alert_chance": ("此类预警约 {all} 次中 {n} 次属偶然", "of such alerts about {n} in {all} are chance"),
    "alert_all_chance": ("此类预警几乎都属偶然", "nearly all such alerts are chance"),
    "alert_number": ("编号 {n}", "No. {n}"),
    "alert_unanswered": ("未反馈", "not answered"),
    "alert_true": ("属实", "confirmed"),
    "alert_false": ("误报", "false alarm"),
    "alert_handled": ("已处置", "handled"),
    "alert_answer": ("反馈", "Answer"),
    "alert_answer_how": ("反馈：", "To answer: "),
    "alert_answer_command": ("alerts answer 编号 属实|误报|已处置", "alerts answer NO. true|false|handled"),
    "exam": ("规则考过什么", "What the rules were tried on"),
    "exam_note": (
        "回测按当时已有的数据逐周重判近24个月。“其中偶然”是同样的往常水平下纯由偶然产生的预警。“其后仍偏高”指新预警后四周合计仍显著"
        "高于往常；偶然的预警约二十次中也有一次如此。“升 2 倍”指在真实数据中逐条加入四周的升高，看四周内能否发现；"
        "“目测”指四周合计超过往常两倍才察觉，“比目测早”按两者都发现的计。",
        "The past 24 months were judged again week by week, from what was known then. By chance: alerts when the same "
        "usual levels are met by chance alone. Borne out: the four weeks after a new alert stay raised; of alerts by "
        "chance one in twenty is too. Twice: rises planted into the real data one at a time for four weeks. By eye: "
        "four weeks with more than twice the usual; weeks ahead are those of rises that both saw.",
    ),
    "exam_weeks": ("回测周数", "Weeks tried"),
    "exam_series": ("序列数", "Series"),
    "exam_alerts": ("每周预警", "Alerts a week"),
    "exam_by_chance": ("其中偶然", "by chance"),
    "exam_hits": ("其后仍偏高", "Borne out"),
    "exam_of": ("{all} 次中 {n} 次", "{n} of {all}"),
    "exam_lead": ("比目测早（周）", "Weeks ahead"),
    "exam_found_2": ("升 2 倍，发现", "Twice: found"),
    "exam_found_3": ("升 3 倍，发现", "3 times: found"),
    "exam_naive_2": ("升 2 倍，目测", "Twice: by eye"),
    "exam_naive_3": ("升 3 倍，目测", "3 times: by eye"),
    "exam_naive_alerts": ("目测每周误报", "False by eye a week"),
    "exam_at": ("回测日期", "Date"),
    "exam_method": ("方法版本", "Method"),
    # the layers of patterns
    "layer_nav": ("图层", "Layer"),
    "layer_at": ("图层：{layer}", "Layer: {layer}"),
    "layer_none": ("无", "Off"),
    "layer_failed": ("图层未能加载，点此重试", "The layer did not load. Click to retry"),
    "layer_wait": ("正在计算图层", "Working the layer out"),
    "ring_until": ("至{day}", "to {day}"),
    "legend_hotspot": ("热点，号码同列表", "Hot spot, numbered as listed"),
    "legend_cluster": ("聚集的{level}", "Cluster of {level}"),
    "legend_ring": ("发案后 {metres} 米、{days} 天内", "{metres} m, {days} [days|day|days] after an incident"),
    "legend_ring_same": ("发案后同一地点、{days} 天内", "Same place, {days} [days|day|days] after an incident"),
    "legend_ring_again": ("实心：圈内已再次发案", "Filled: it has happened again"),
    "legend_ring_same_again": ("实心：同一地点已再次发案", "Filled: it has happened again"),
    "legend_none": ("无明显规律（不着色）", "No clear pattern (not drawn)"),
    "density_unit": ("件/平方公里", "per km²"),
    "spots_n": ("{n} 处", "{n}"),
    "spots_more": ("其余 {n} 处", "{n} more"),
    "spot_counts": ("{n} 件，{usual} {expected} 件", "{n} [n|incident|incidents], {expected} {usual}"),
    "spot_times": ("（{times} 倍）", " ({times} times)"),
    "usual_even": ("按平均应有", "by the city's average"),
    "usual_expected": ("按人口等应有", "expected of residents and the like"),
    "spot_hours": ("多在 {first}–{last} 时（{share}）", "mostly {first}:00–{last}:00 ({share})"),
    "spot_hottest": ("看最热的{level}", "See the hottest of the {level}"),
    "p_hardly": ("几乎不可能是偶然", "hardly chance"),
    "p_unlikely": ("不大可能是偶然", "unlikely to be chance"),
    "p_perhaps": ("可能是偶然", "may be chance"),
    "p_told": ("{words}（{p}）", "{words} ({p})"),
    "none_hot": (
        "没有显著热点：{n} 件事件在各{level}的分布没有超出偶然。",
        "No significant hot spot: the {n} [n|incident lies|incidents lie] on the {level} as chance may have it.",
    ),
    "none_hot_here": (
        "{place}没有显著热点：按全市衡量，这里的{level}都没有超出偶然（本期 {n} 件）。",
        "No significant hot spot in {place}: measured by the whole city, no {level} here are beyond chance ({n} "
        "incidents).",
    ),
    "concentration": (
        "{share} 的{level}里发生了一半的事件；若纯属偶然，应为 {chance}。",
        "Half of the incidents happened in {share} of the {level}; by chance it would be {chance}.",
    ),
    "foretold": (
        "全市近{weeks}周检验：按风险选出 5% 的面积，命中次周 {hit} 的事件（上一周 {last}）；"
        "照搬此前最多的地方为 {naive}（{than}），随便选为 {chance}。",
        "Tried on {weeks} weeks of the whole city: 5 % of the area, chosen by risk, held {hit} of the next week's "
        "incidents ({last} last week); the cells that had most so far {naive} ({than}), any cells {chance}.",
    ),
    "foretold_spots": (
        "全市热点本身占面积 {area}，命中次周 {hit}。",
        " The city's hot spots themselves cover {area} and held {hit}.",
    ),
    "than_better": ("按风险选点略好", "risk is somewhat better"),
    "than_worse": ("照搬略好", "copying is somewhat better"),
    "than_alike": ("差异不显著", "no significant difference"),
    "cells_equal": ("{level} {size} 米", "{level} of {size} m"),
    "cells_median": ("{level}（中位 {size} 米）", "{level} (median {size} m)"),
    "hotspot_note": (
        "{cells}，{period}。全市一并检验，误报率控制在 5% 以内。大小或周期换了，热点也会变。",
        "{cells}, {period}. Tested over the whole city, false discoveries kept to 5 %. Other sizes or another period "
        "give other hot spots.",
    ),
    "emerging_note": (
        "{n} 段各 {days} 天，截至{last}。列表的类别按整处评定，地图和下表按单个评定；颜色和花纹同地图。",
        "{n} [n|slice|slices] of {days} [days|day|days] up to {last}. The list has the class of each spot "
        "as a whole, map and table that of each cell; colours and tiles as on the map.",
    ),
    "emerging_none": (
        "这里没有随时间变化的热点。",
        "There is no hot spot in time here.",
    ),
    "emerging_counts": (
        "最近 {days} 天 {n} 件，此前平均 {before} 件",
        "{n} in the last {days} [days|day|days], {before} on average before",
    ),
    "emerging_cold": ("另有 {n} 个为冷点，不画。", "{n} cold [n|one is|ones are] not drawn."),
    "class": ("类别", "Class"),
    "cluster_none": (
        "近{days}天没有显著聚集（全市共 {n} 件）。",
        "No significant cluster in the last {days} [days|day|days] ({n} [n|incident|incidents] in the whole city).",
    ),
    "cluster_likeliest": (
        "最可疑的是{place}（{span}，{n} 件，预期 {expected} 件），但{words}（{p}）。",
        "The most suspicious is {place} ({span}: {n} [n|incident|incidents], {expected} expected), but it "
        "{words} ({p}).",
    ),
    "cluster_note": (
        "近{days}天内，与预期相比突然增多的{level}；{replicas} 次模拟定 p。预期已计季节、节假日和各地平常的多少。",
        "{level} with suddenly more than expected within the last {days} days; p from {replicas} simulations. What is "
        "expected knows season, holidays and what is usual in each.",
    ),
    "where": ("地点", "Where"),
    "expected": ("预期", "Expected"),
    "days_span": ("{first}至{last}", "{first} to {last}"),
    "repeat_told": (
        "{distance}，{delay}再次发案是偶然的 {ratio} 倍（{p}）。",
        "{distance}, {delay}: {ratio} times what chance has it ({p}).",
    ),
    "repeat_no_reach": (
        "不画警戒圈：全市近一年，发案后短期内、紧邻处再次发案没有显著多于偶然。",
        "No rings: over the past year of the whole city, repeats soon after an incident and close to it are not more "
        "frequent than chance.",
    ),
    "repeat_rings": (
        "现有 {n} 处警戒圈，其中 {series} 处已连续发案。",
        "{n} [n|ring is|rings are] alive, {series} of them with a series.",
    ),
    "repeat_no_rings": ("现在没有警戒圈。", "No ring is alive now."),
    "repeat_note": (
        "全市{types}，{period}，{n} 件；数字为实际与偶然之比，加粗为显著（按 {cells} 格校正后 p < 0.05）。",
        "Whole city: {types}, {period}, {n} [n|incident|incidents]. Observed over chance; bold is "
        "significant (p < 0.05 corrected for {cells} cells).",
    ),
    "repeat_left_out": ("另有 {n} 件位置不确切，未计入。", "{n} more without an exact position [n|is|are] left out."),
    "repeat_ring": ("{n} 件，{until}", "{n} [n|incident|incidents], {until}"),
    "repeat_delay": ("{days} 天内", "≤ {days} d"),
    "repeat_later": ("{first}–{last} 天", "{first}–{last} d"),
    "repeat_same": ("同一地点", "Same place"),
    "repeat_within": ("{far} 米内", "Within {far} m"),
    "repeat_between": ("{near}–{far} 米", "{near}–{far} m"),
    "distance": ("距离", "Distance"),
    "density_note": (
        "四次核密度，单位件/平方公里，带宽 {bandwidth} 米，{period}，{where} {n} 件；最密处 {largest}。",
        "Quartic kernel density per km², bandwidth {bandwidth} m, {period}, {where}: {n} [n|incident|incidents]; "
        "{largest} at the densest.",
    ),
    "density_whole": ("全市", "the whole city"),
    "density_around": ("{place}及周边", "{place} and what surrounds it"),
    "density_picture": (
        "只是示意图，不作显著性检验：任何数据都会画出深色，是否真有热点请看“热点”图层。",
        "A picture only, without a test: any data show dark spots. Whether they are more than chance, the layer of "
        "hot spots says.",
    ),
    # rings and dots of incidents
    "rings_total": ("窗内 {n} 件", "{n} in view"),
    "rings_key": ("圆环的构成", "What the rings are made of"),
    "rings_other": ("其他", "Other"),
    "rings_wait": ("正在读取事件", "Loading incidents"),
    "rings_none": ("窗内没有事件", "No incidents in view"),
    "rings_silent": (
        "来源本期缺报，没有事件不等于平安",
        "Sources sent nothing in this period: no incidents does not mean calm",
    ),
    "rings_aside": ("本期不在图上：{parts}", "Not on the map this period: {parts}"),
    "rings_nowhere": ("无坐标 {n} 件", "{n} without a position"),
    "rings_hidden": ("按规定 {n} 件", "{n} as the rules demand"),
    "ring_says": ("{n} 件：{parts}", "{n} [n|incident|incidents]: {parts}"),
    "stop": ("。", ". "),
    "ring_here": ("此处 {n} 件", "{n} here"),
    "mark_here": ("所选事件", "The chosen incident"),
    # the rows behind
    "rows": ("事件列表", "Incidents"),
    "rows_see": ("查看", "See them"),
    "rows_see_n": ("查看 {n} 件", "See {n} [n|incident|incidents]"),
    "rows_all": ("共 {n} 件", "{n} [n|incident|incidents]"),
    "rows_sensitive": ("按规定不逐条列出 {n} 件", "{n} [n|is|are] counted, not listed, as the rules demand"),
    "rows_time": ("时间", "Time"),
    "rows_type": ("类型", "Type"),
    "rows_place": ("地点", "Place"),
    "rows_source": ("来源", "Source"),
    "rows_sort_newest": ("按时间排序，最新在前", "By time, the newest first"),
    "rows_sort_oldest": ("按时间排序，最早在前", "By time, the oldest first"),
    "rows_sort_type": ("按类型排序，同指标体系的次序", "By type, as in the method"),
    "rows_sort_place": ("按地点编码排序", "By the code of the place"),
    "rows_sort_source": ("按来源排序", "By source"),
    "rows_on_map": ("在地图上", "On the map"),
    "rows_on_map_why": ("打开所在的最小区域，并标出位置", "Open its smallest place and mark its position"),
    "rows_hour": ("{hour} 时", "{hour}:00"),
    "rows_no_hour": ("时刻不详", "hour unknown"),
    # the data page
    "data": ("数据", "Data"),
    "to_map": ("返回地图", "Back to the map"),
    "import": ("导入文件", "Import a file"),
    "import_mends": ("补回批次 {n} 的搁置行", "Bring back rows of batch {n}"),
    "read_only": (
        "只能查看：要导入数据，请在服务器本机打开本页，或由运维以 serve --allow-import 启动。",
        "Read only: to import, open this page at the server itself, or have the operator start `serve --allow-import`.",
    ),
    "close": ("关闭", "Close"),
    "cancel": ("取消", "Cancel"),
    # files that leave the page
    "export": ("导出", "Export"),
    "export_command": ("导出链接所示的地点或事件", "write what a link shows to a file: places or incidents"),
    "export_command_what": ("各地得分，或逐件事件", "places with their numbers, or incidents one by one"),
    "export_command_view": ("页面链接问号后的部分", "what stands behind the question mark of a page's link"),
    "export_command_form": ("文件扩展名可用：{known}。", "the file's ending is one of {known}."),
    "meeting_command_export": (
        "由卷宗或本城研判会导出纪要、幻灯片或图片",
        "write minutes, slides or a picture of a dossier, or of a meeting of this city",
    ),
    "meeting_command_what": ("卷宗文件，或研判会编号", "a dossier, or the id of a meeting"),
    "meeting_command_to": ("格式（默认按文件扩展名）", "its form, by default that of the file's ending"),
    "meeting_command_form": ("格式可用：{known}。", "the form is one of {known}."),
    "export_nav": ("导出当前视图", "Export what is shown"),
    "export_places": ("本图各地", "Places shown"),
    "export_incidents": ("本视图事件", "Incidents of this view"),
    # pictures
    "export_picture": ("图片", "Pictures"),
    "export_picture_map": ("地图 {format}", "Map {format}"),
    "export_picture_trend": ("走势 {format}", "Course {format}"),
    "export_picture_hours": ("时段 {format}", "Hours {format}"),
    "export_picture_screen": ("屏幕 {format}", "Screen {format}"),
    "export_public": ("公开图片", "For publication"),
    "export_not_public": (
        "本市没有设置审图号，地图不得公开，以上图片只供内部使用；请运维以 city --review-number 设置。",
        "This city has no map review number, so its maps may not be published and the pictures above are for internal "
        "use: the operator sets it with `city --review-number`.",
    ),
    "export_command_size": (
        "图片大小：a4（A4 横向 300 dpi）或 screen（1920×1080）",
        "size of a picture: a4 (landscape, 300 dpi) or screen (1920×1080)",
    ),
    "picture_title": ("{place}各{level}{what}", "{place}, {level}: {what}"),
    "picture_trend": ("{place}{what}走势", "{place}: {what} over time"),
    "picture_hours": ("{place}{what}时段分布", "{place}: {what} by hour and weekday"),
    "picture_score": ("{name}得分", "{name}"),
    "picture_score_pooled": ("{name}近 7 天得分", "{name}, last 7 days"),
    "picture_rate": ("{name}发生率", "{name}, rate"),
    "picture_count": ("{name}件数", "{name}, incidents"),
    "picture_every_rate": ("事件发生率", "incident rate"),
    "picture_every_count": ("事件数", "incidents"),
    "picture_rest": ("图上未标注数值的{level}", "{level} without a number on the map"),
    "picture_filters": ("仅含：{words}", "Only: {words}"),
    "picture_classes": ("突出显示：{words}", "In colour: {words}"),
    "picture_layer": ("图层：{layer}", "Layer: {layer}"),
    "picture_sources": ("来源：{names}", "Sources: {names}"),
    "picture_data": ("数据版本 {version}", "Data {version}"),
    "picture_internal": ("内部资料 不得公开", "Internal: not for publication"),
    "picture_not_public": (
        "本市没有设置审图号，地图不得公开；请以 city --review-number 设置审图号，或去掉 public 导出内部图。",
        "This city has no map review number, so its maps may not be published: set it with "
        "`city --review-number`, or leave out `public` for an internal picture.",
    ),
    # the minutes of a meeting
    "poster_title": ("{place}平安+研判", "{place}: PingAn+ meeting"),
    "poster_found": ("主要情况", "Main findings"),
    "poster_front": ("{name}：{words}", "{name}: {words}"),
    "poster_key": ("{label}（{n}个）", "{label} ({n})"),
    "poster_decided": ("议定事项（{n}项）", "Decisions ({n})"),
    "poster_who": ("牵头：{lead}　完成时限：{deadline}", "Lead: {lead}. Deadline: {deadline}"),
    "minutes_title": ("{place}平安+研判会纪要", "{place}: minutes of the PingAn+ meeting"),
    "minutes_subtitle": ("（{period}）", "{period}"),
    "minutes_time": ("时间", "Time"),
    "minutes_place": ("地点", "Place"),
    "minutes_chair": ("主持", "Chair"),
    "minutes_present": ("出席", "Present"),
    "minutes_attending": ("列席", "In attendance"),
    "minutes_recorded": ("记录", "Recorded by"),
    "minutes_lead": (
        "会议对{period}{place}平安建设情况进行了研判。现将有关情况和议定事项纪要如下。",
        "The meeting looked at {place} in {period}. What it found and what it decided is as follows.",
    ),
    "minutes_field": ("{label}：", "{label}: "),
    "minutes_basic": ("基本情况", "How things stand"),
    "minutes_found": ("研判情况", "Findings"),
    "minutes_decided": ("议定事项", "Decisions"),
    "minutes_followed": ("上次议定事项落实情况", "What became of earlier decisions"),
    "minutes_none_decided": ("本次会议未登记议定事项。", "No decision was entered at this meeting."),
    "minutes_n_decided": (
        "会议议定以下{n}项事项，由牵头单位会同配合单位按期落实。",
        "The meeting took {n} [n|decision|decisions]; the lead unit answers for each.",
    ),
    "minutes_none_followed": ("此前没有需要跟踪的议定事项。", "There is no earlier decision to follow up."),
    "minutes_n_followed": (
        "会议听取了此前{n}项议定事项的落实情况。成效由前后对比和对照地点比较得出，证据不足的记为“看不出”。",
        "{n} earlier [n|decision was|decisions were] followed up. Whether it worked is judged before and after against "
        "control places; where the evidence does not suffice it cannot be told.",
    ),
    "minutes_no": ("序号", "No."),
    "minutes_problem": ("问题", "Problem"),
    "minutes_measure": ("措施", "Measure"),
    "minutes_lead_unit": ("牵头单位", "Lead unit"),
    "minutes_helpers": ("配合单位", "Helpers"),
    "minutes_deadline": ("完成时限", "Deadline"),
    "minutes_goal": ("考核指标", "Number that must move"),
    "minutes_state": ("落实情况", "State"),
    "minutes_effect": ("成效", "Did it work"),
    "minutes_item": ("指标", "Figure"),
    "minutes_number": ("数值", "Value"),
    "minutes_note": ("说明", "Remark"),
    "minutes_key_numbers": ("主要指标", "Key figures"),
    "minutes_table": ("表{n}　{title}", "Table {n}. {title}"),
    "minutes_figure": ("图{n}　{title}", "Figure {n}. {title}"),
    "minutes_figures": ("{label} {number}（{note}）", "{label} {number} ({note})"),
    "minutes_figure_alone": ("{label} {number}", "{label} {number}"),
    "minutes_hour": ("{hour}时", "{hour}:00"),
    "minutes_between": ("；", "; "),
    "minutes_every": ("{title}（全部）", "{title}: all of them"),
    "minutes_annexes": ("附件", "Annexes"),
    "minutes_annex": ("附件{n}", "Annex {n}"),
    "minutes_about": ("数据说明", "About the data"),
    "minutes_drawn": ("图表", "Charts and tables"),
    "minutes_about_made": (
        "本纪要第一、二、四部分和附件中的数字及文字由平安+一张图依据会议卷宗中冻结的数据按固定规则生成，"
        "同一卷宗每次生成的内容一致；第三部分由会议录入。",
        "Numbers and sentences of sections 1, 2 and 4 and of the annexes are made by fixed rules from the data in the "
        "meeting's dossier: the same dossier always gives the same. Section 3 was entered at the meeting.",
    ),
    "minutes_about_interval": (
        "得分满分100分，越高越平安。区间表示得分的不确定范围，真实水平九成把握落在其中。",
        "Scores run to 100, higher is safer. The true level lies within the interval nine times in ten.",
    ),
    "minutes_about_sure": (
        "“差异显著”指变化超出偶然波动（p<0.05）；“差异不显著”的升降不作为成绩或问题的依据。",
        "Significant: more than chance explains (p < 0.05). What is not significant is neither merit nor fault.",
    ),
    "minutes_about_few": (
        "前后两期均不足5起的，样本不足，不作评价。",
        "With fewer than 5 in both periods there are too few to judge.",
    ),
    "minutes_about_tiers": (
        "名次以区间表示，同档不分先后。",
        "Ranks are given as spans; places of one tier are not told apart.",
    ),
    "minutes_about_by_number": (
        "按件数排列的地点，件数受辖区规模影响，不代表风险高低。",
        "Places listed by number: large ones have more, which is no higher risk.",
    ),
    "minutes_about_units": (
        "本纪要只涉及单位和地点，不涉及个人。",
        "These minutes speak of units and places, never of persons.",
    ),
    "picture_no_font": (
        "服务器上没有中文字体，无法生成图片；请安装 Noto Sans CJK（fonts-noto-cjk）、思源黑体、微软雅黑或文泉驿，"
        "或用环境变量 {folder} 指明字体目录。",
        "The server has no Chinese font to write pictures with: install Noto Sans CJK (fonts-noto-cjk), Source Han "
        "Sans, Microsoft YaHei or WenQuanYi, or name a folder of fonts in {folder}.",
    ),
    "picture_no_letter": (
        "服务器的字体缺少这些字：{letters}，无法生成图片；请安装含有这些字的字体，或用环境变量 {folder} 指明字体目录。",
        "The server's fonts lack these characters: {letters}; install a font that has them, or name a folder of fonts "
        "in {folder}.",
    ),
    "picture_km": ("{n} 公里", "{n} km"),
    "picture_m": ("{n} 米", "{n} m"),
    "export_place": ("范围", "Area"),
    "export_period": ("周期", "Period"),
    "export_shows": ("指标", "Shows"),
    "export_compare": ("对比", "Compared"),
    "export_method": ("方法版本", "Method"),
    "export_weights": ("假设", "Supposed"),
    "export_filters": ("筛选", "Filters"),
    "export_no_filters": ("无", "none"),
    "export_as_of": ("数据截至", "Data as of"),
    "export_boundaries": ("边界版本", "Boundaries"),
    "export_data": ("数据版本", "Data version"),
    "export_place_id": ("编号", "Place id"),
    "export_name": ("名称", "Name"),
    "export_token": ("代号", "Token"),
    "export_level": ("层级", "Level"),
    "export_parent_id": ("上级代号", "Token of its parent"),
    "export_parent": ("上级", "Parent"),
    "export_count": ("事件数", "Incidents"),
    "export_observed": ("加权事件 C", "Weighted incidents C"),
    "export_expected": ("期望 E", "Expected E"),
    "export_low": ("90% 区间下限", "90 % interval, low"),
    "export_high": ("90% 区间上限", "90 % interval, high"),
    "export_class_name": ("等级", "Class"),
    "export_sure": ("差异显著", "Significant"),
    "export_yes": ("是", "yes"),
    "export_no": ("否", "no"),
    "export_exact": ("全精度值", "Full precision"),
    "export_class": ("等级序号（−1 为无数据）", "Class number (−1 = no data)"),
    "export_sum": ("{level}小计", "Sum of {level}"),
    "export_not_placed": ("未归入下级", "in none of them"),
    "export_total": ("合计", "Total"),
    "export_left_out": ("敏感类型 {n} 件只计数、未列出", "{n} of sensitive types [n|is|are] counted only, not listed"),
    "export_sheet_places": ("得分", "Places"),
    "export_sheet_working": ("计算", "Working"),
    "export_working_about": (
        "由事件 C 与期望 E 逐步算出得分：θ=(C+αq)/(E+αq)，Θ=Σvθ，s=100·a^Θ，S=Σws；改动任一格，得分随之重算",
        "From incidents C and expectations E to the score: θ=(C+αq)/(E+αq), Θ=Σvθ, s=100·a^Θ, S=Σws; "
        "change a cell and the score follows",
    ),
    "export_anchor": ("基准 a", "Anchor a"),
    "export_risk_cap": ("θ 上限", "Cap of θ"),
    "export_min_expected": ("最少期望件数", "Least expected incidents"),
    "export_min_weight_indicators": ("指标最少权重", "Least weight of indicators"),
    "export_min_weight_sub_indices": ("分项最少权重", "Least weight of sub-indices"),
    "export_sub_index": ("分项", "Sub-index"),
    "export_indicator": ("指标", "Indicator"),
    "export_weight": ("权重", "Weight"),
    "export_prior": ("αq", "αq"),
    "export_inverse": ("越多越好（1 是）", "More is better (1 = yes)"),
    "export_one_over_q": ("1/q", "1/q"),
    "export_is_measured": ("测量类（1 是）", "Measured (1 = yes)"),
    "export_due": ("期望件数", "Expected incidents"),
    "export_measured_there": ("有测量值的指标", "Indicators measured"),
    "export_present": ("有数据的权重", "Weight with data"),
    "export_composite": ("红线前综合得分", "Composite before red lines"),
    "export_deduction": ("红线扣分", "Deduction"),
    "export_ceiling": ("红线上限", "Ceiling"),
    "export_reproduced": ("公式得分", "Score by formula"),
    "export_published": ("发布得分", "Score as published"),
    "export_difference": ("相差", "Difference"),
    # the programming interface
    "api_about": (
        "只读接口。参数与页面链接相同：打开页面，链接里问号后的部分即可照用。未知参数、无效取值回答 400 并指明参数。",
        "Read-only. Parameters are those of the page's link: what stands behind its question mark can be used here. "
        "An unknown parameter or value is answered with 400 and named.",
    ),
    "api_home": ("入口：可问的内容", "What may be asked"),
    "api_openapi": ("本文档", "This document"),
    "api_places": ("地点及其边界", "Places and their outlines"),
    "api_scores": ("各地得分（或发生率、件数），与地图相同", "Scores (or rates, counts) of places, as on the map"),
    "api_counts": (
        "各地事件数；各地 + 未定位 + 界外 = 合计",
        "Incidents by place; places + unlocated + outside = total",
    ),
    "api_reasons": ("得分为什么变：各项之和等于变化", "Why a score moved: the parts add up to the change"),
    "api_ranks": ("排名、可能的名次范围与档", "Ranks, the ranks that are possible, and tiers"),
    "api_hotspots": ("热点：成片密集的网格", "Hot spots: cells that touch and are denser than chance"),
    "api_alerts": ("预警：周期内开始的各周", "Alerts to the weeks that begin in the period"),
    "api_releases": ("数据批次与版本", "Imports and versions of the data"),
    "api_place": ("地点编号，空为全市", "Token of a place, none = the city"),
    "api_level": ("下级层级", "Level of the places inside it"),
    "api_sub": ("分项，total 为平安+指数", "Sub-index, total = the PingAn+ index"),
    "api_indicator": ("只看该指标的类型", "Only the types of this indicator"),
    "api_type": ("只看该类型", "Only this type"),
    "api_measure": ("得分、发生率或件数", "Score, rate or count"),
    "api_period": (
        "周期：2026-10-05、2026-W41、2026-10、2026-Q4、2026 或 2026-10-05..2026-10-18",
        "Period: 2026-10-05, 2026-W41, 2026-10, 2026-Q4, 2026 or 2026-10-05..2026-10-18",
    ),
    "api_compare": ("与上期、去年同期或目标比", "Compared with the previous period, a year ago, or the target"),
    "api_hours": ("时段：起始小时-结束小时，如 22-6", "Hours, from–to, such as 22-6"),
    "api_weekdays": ("星期，1 为周一，如 6,7", "Weekdays, 1 = Monday, such as 6,7"),
    "api_days": ("工作日、周末、节假日", "Working days, weekends, holidays"),
    "api_sources": ("来源，逗号分隔", "Sources, between commas"),
    "api_severity": ("最低严重程度", "Least severity"),
    "api_area": (
        "图上范围：box:西,南,东,北；circle:经,纬,米；lasso:…",
        "Drawn area: box:w,s,e,n, circle:lon,lat,m or lasso:…",
    ),
    "api_scheme": ("发生率的分级方式，如 jenks-5", "How rates are classed, such as jenks-5"),
    "api_weights": ("假设的权重，如 fire:0.3,traffic:0.1", "Supposed weights, such as fire:0.3,traffic:0.1"),
    "api_lang": ("语言", "Language"),
    "api_limit": ("每页条数", "Items of an answer"),
    "api_offset": ("从第几条起（0 起）", "Items that are passed over"),
    "api_f": ("格式；也可用 Accept 头指定", "Form; the Accept header is heard too"),
    "api_bad_query": ("查询字符串无法识别。", "the query is not readable."),
    "api_long_query": ("查询字符串过长。", "the query is too long."),
    "api_unknown": ("没有参数 {name}；可用：{known}。", "there is no parameter {name}; there are {known}."),
    "api_twice": ("参数 {name} 出现了两次。", "the parameter {name} stands twice."),
    "api_whole": ("{name} 须是 {least} 到 {most} 的整数。", "{name} is a whole number from {least} to {most}."),
    "api_forms": ("f 可用：{known}。", "f is one of {known}."),
    "api_ranked": ("可排名的层级：{known}。", "levels that can be ranked: {known}."),
    "api_problem": ("出错：原因与参数", "What is wrong, and which parameter"),
    "api_answer": ("回答", "The answer"),
    "api_etag": ("随数据与问题而变", "Changes with the data and the question"),
    "api_unchanged": ("与上次相同", "As it was"),
    "ogc_bbox": ("bbox 须是 西,南,东,北 四个经纬度。", "bbox is west,south,east,north in degrees."),
    "ogc_datetime": ("datetime 须是 RFC 3339 的时刻或区间。", "datetime is a moment or a span of RFC 3339."),
    "ogc_title": ("{city} 各级地点", "Places of {city}"),
    "ogc_about": (
        "各级地点及最近一个完整月的得分；{simulated}数据截至 {day}",
        "Places of every level with the scores of the last whole month; {simulated}data as of {day}",
    ),
    "comma": ("、", ", "),
    "and": ("与", " and "),
    "page_before": ("上一页", "Previous"),
    "page_after": ("下一页", "Next"),
    "page_of": ("第 {first}–{last} 条，共 {all} 条", "{first}–{last} of {all}"),
    "sources": ("来源", "Sources"),
    "sources_note": ("完整度按近 {days} 天计", "completeness over the last {days} [days|day|days]"),
    "no_sources": ("还没有来源", "No sources yet"),
    "no_sources_hint": (
        "导入第一个文件后，这里逐个说明来源的新旧与完整。",
        "They are described here once a file is imported.",
    ),
    "source": ("来源", "Source"),
    "freshness": ("数据截至", "Data up to"),
    "complete": ("完整度", "Completeness"),
    "placed": ("位置", "Position"),
    "hour_known": ("有钟点", "With hour"),
    "set_aside": ("未补回的搁置", "Still aside"),
    "last_batch": ("最近一批与上一批", "Last batch against the one before"),
    "fresh": ("最新", "Fresh"),
    "late": ("迟到", "Late"),
    "stale": ("中断", "Stopped"),
    "behind": ("落后 {n} 天", "{n} d behind"),
    "not_behind": ("与全市同步", "level with the city"),
    "silent_days": ("{n} 天无数据", "{n} d silent"),
    "silent_months": ("{n} 个月无数据", "{n} mo. silent"),
    "silent_usual": ("{n} 天无数据，按其频率属正常", "{n} d silent, as usual for it"),
    "none_silent": ("没有空档", "no gap"),
    "inside": ("界内", "inside"),
    "outside": ("界外", "outside"),
    "unlocated": ("未定位", "unlocated"),
    "new_words": ("新出现未归类的词：{words}", "New unknown words: {words}"),
    "new_words_more": ("新出现 {n} 个未归类的词：{words} 等", "{n} new unknown [n|word|words]: {words} …"),
    "batch_n": ("批次 {n}", "Batch {n}"),
    "no_days": ("没有可用的日期", "no usable day"),
    "rows_a_day": ("每天 {n} 行", "{n} [n|row|rows] a day"),
    "was": ("（上批 {value}）", "(before: {value})"),
    "more": ("多 {value}", "{value} more"),
    "fewer": ("少 {value}", "{value} fewer"),
    "aside_share": ("搁置 {share}", "{share} set aside"),
    "batches": ("批次", "Batches"),
    "no_batches": ("还没有批次", "No batches yet"),
    "no_batches_hint": ("点“导入文件”带入第一个文件。", "Bring the first file in with “Import a file”."),
    "batch": ("批次", "Batch"),
    "imported_at": ("导入时间", "Imported"),
    "file": ("文件", "File"),
    "rows_closed": ("行数", "Rows"),
    "days": ("日期", "Days"),
    "system": ("坐标系", "Coordinate system"),
    "rows_total": ("共 {n} 行", "{n} [n|row|rows]"),
    "rows_new": ("新增", "new"),
    "rows_known": ("已有", "known"),
    "rows_corrected": ("更正", "corrected"),
    "rows_aside": ("搁置", "set aside"),
    "mended_n": ("已补回 {n}", "{n} brought back"),
    "undone": ("已撤销", "taken back"),
    "batch_of": ("批次 {n} · {source}", "Batch {n} · {source}"),
    "mends_n": ("补回批次 {n} 的搁置行", "brings back rows of batch {n}"),
    "examination": ("坐标体检", "Coordinate examination"),
    "not_examined": ("这一批没有做坐标体检。", "The coordinates of this batch were not examined."),
    "packed": ("连写 {how}", "packed {how}"),
    "swapped": ("两列颠倒", "columns swapped"),
    "likely": ("看来是", "likely"),
    "most_like": ("最像", "most like"),
    "declared": ("声明", "declared"),
    "share_inside": ("落在市内", "Inside the city"),
    "fit": ("与参照相距（米）", "From the reference (m)"),
    "mark": ("判断", "Finding"),
    "cost": ("若按声明处理，会落错地点的点：", "Points that land in a wrong place if read as declared:"),
    "cost_unsure": (
        "若最像的才对，而仍按声明处理，会落错地点的点：",
        "If the first is right, points that land in a wrong place as declared:",
    ),
    "file_notes": ("文件是怎样读的", "How the file was read"),
    "unknown_words": ("未归类的词", "Unknown words"),
    "unknown_hint": (
        "这些类型入库并计数，但不计分；可请指数负责人在映射中归类。",
        "Rows of these types are stored and counted, not scored, until a mapping names them.",
    ),
    "more_words": ("另有 {n} 个词", "{n} more [n|word|words]"),
    "undo": ("撤销批次", "Take the batch back"),
    "undo_ask": (
        "撤销后，这一批的 {n} 行不再计数；文件仍保留，可重新导入。",
        "Its {n} [n|row is|rows are] no longer counted then; the file can be imported again.",
    ),
    "undo_yes": ("确认撤销", "Yes, take it back"),
    "all_mended": ("这一批搁置的行已全部补回。", "All rows set aside by this batch were brought back."),
    "download": ("下载搁置的 {n} 行", "Download the {n} [n|row|rows]"),
    "bring_back": ("补回改好的行", "Bring mended rows back"),
    "mend_hint": (
        "在表格软件里改好、保留前两列，再上传补回。",
        "Mend them in a spreadsheet, keep the first two columns, then upload the file.",
    ),
    "all_reasons": ("全部原因", "All reasons"),
    "row": ("行", "Row"),
    "row_n": ("第 {n} 行", "row {n}"),
    "reason": ("原因与改法", "Reason and remedy"),
    "value": ("列与原值", "Column and value"),
    "whole_row": ("整行", "Whole row"),
    "mended_by": ("已由批次 {n} 补回", "brought back by batch {n}"),
    "incident_id": ("编号", "Id"),
    "occurred_at": ("发生时间", "Time"),
    "type": ("类型", "Type"),
    "position": ("位置", "Position"),
    "boundaries": ("边界", "Boundaries"),
    "checking": ("正在检查边界…", "The boundaries are being checked…"),
    "check_failed": ("边界检查没有完成（{why}）", "The boundaries could not be checked ({why})"),
    "no_faults": ("检查完毕：没有空隙、重叠或错放。", "Checked: no gaps, no overlaps, everything nests."),
    "faults_n": (
        "{errors} 处错误，{noise} 处画线误差",
        "{errors} [errors|error|errors], {noise} [noise|sliver|slivers] of drawing",
    ),
    "faults_more": ("仅列出前 {n} 处，共 {all} 处", "the first {n} of {all}"),
    "step_file": ("文件与来源", "File and source"),
    "step_columns": ("看文件与对应列", "Look and name columns"),
    "step_checked": ("校验", "Check"),
    "step_published": ("入库", "Publish"),
    "source_hint": (
        "谁报送的，如 110、12345；同一来源请用同一个名称",
        "Who sends it, such as 110 or 12345; always the same name",
    ),
    "choose_file": ("选择文件，或拖到这里", "Choose a file, or drop it here"),
    "choose_hint": (
        "CSV、Excel、GeoJSON、Shapefile（ZIP）、GeoPackage、Parquet",
        "CSV, Excel, GeoJSON, Shapefile (ZIP), GeoPackage, Parquet",
    ),
    "upload": ("上传并查看", "Upload and look"),
    "upload_lost": ("上传中断，请检查网络后重试。", "The upload broke off: check the network and try again."),
    "upload_none": ("请先选择文件并填写来源。", "Choose a file and fill in the source first."),
    "upload_kind": ("不接受这种文件。", "Files of this kind are not taken."),
    "looking": ("正在看文件", "Looking at the file"),
    "starting": ("正在开始", "Starting"),
    "publishing": ("正在入库，请勿关机", "Publishing"),
    "kind": ("格式", "Format"),
    "encoding": ("编码", "Encoding"),
    "separator": ("分隔符", "Separator"),
    "worksheet": ("工作表", "Sheet"),
    "header_row": ("列名所在行", "Row of the column names"),
    "mapping": ("现成映射", "Ready-made mapping"),
    "mapping_none": ("按列名识别", "By the names of the columns"),
    "time_from_parts": ("时间由这几列合成：{columns}", "The time is put together of: {columns}"),
    "read_again": ("重新读取", "Read again"),
    "odd_rows": ("前面的行里有 {n} 行将被搁置：{reason}", "{n} of the first rows will be set aside: {reason}"),
    "remembered": ("已按上次为这一来源确认的对应列填好。", "Filled in as confirmed for this source before."),
    "columns_ours": ("对应列", "Which column is what"),
    "no_column": ("（没有）", "(no column)"),
    "file_system": ("整份文件的坐标系", "Coordinate system of the file"),
    "other_system": ("其他坐标系（EPSG 代码）", "Another system (EPSG code)"),
    "known_from": ("{system}（{maps}）", "{system} ({maps})"),
    "amap": ("高德、腾讯", "Amap, Tencent"),
    "baidu": ("百度", "Baidu"),
    "still_missing": ("还要选出：{columns}。", "Still to be chosen: {columns}."),
    "type_value": ("没有类型列时：全部为", "Without a column of types: all are"),
    "time_format": ("时间格式（可空）", "Time format (may be empty)"),
    "first_rows": ("前几行", "First rows"),
    "check": ("校验", "Check"),
    "other_file": ("换一个文件", "Another file"),
    "another_file": ("再导入一个", "Import another one"),
    "why_aside": ("搁置的原因", "Why rows are set aside"),
    "publish": ("入库", "Publish"),
    "back_to_columns": ("返回修改", "Back to the columns"),
    "give_up": ("放弃", "Give up"),
    "confirm": ("我已核对，仍按声明的坐标系入库", "I have checked this: publish as declared"),
    "read_as": ("改按 {system} 重新校验", "Check again as {system}"),
    "repeated": (
        "这份文件已作为批次 {n} 导入过，没有新增。",
        "This file was imported as batch {n} before; it adds nothing.",
    ),
    "published": ("已入库，批次 {n}。", "Published as batch {n}."),
    "open_batch": ("查看批次 {n}", "Open batch {n}"),
    "system_read": ("坐标按 {system} 读取", "Positions were read as {system}"),
    # the data audit
    "audit": ("数据自查", "Data audit"),
    "audit_note": (
        "向数据源提出的疑问，不是结论，也不针对个人；补报或更正后自行消失",
        "Questions to a source, no verdicts, and never about a person; corrected data answer them",
    ),
    "audit_none": ("没有疑问", "No questions"),
    "audit_none_hint": (
        "没有发现断报、某类长期为零、集中补录或定级偏轻。",
        "No feed fell silent, no kind of incident stopped, no month was added late, no grading moved.",
    ),
    "audit_more": ("其余 {n} 条", "{n} more"),
    "audit_to": ("致{source}", "To {source}"),
    "audit_silent": ("断报", "fell silent"),
    "audit_silent_ask": (
        "这段时间没有任何报送，按往常应有约 {usual} 件。是否中断？请补报。",
        "Nothing was sent; about {usual} incidents were usual. Was the feed down? Please send them.",
    ),
    "audit_zero_days": ("某类为零", "a kind stopped"),
    "audit_zero_days_ask": (
        "这段时间没有一件“{name}”，按往常应有约 {usual} 件。是否漏报或改了归类？",
        "No incident of {name}; about {usual} were usual. Were they left out, or filed under another name?",
    ),
    "audit_back_dated": ("集中补录", "entered late"),
    "audit_back_dated_ask": (
        "{all} 件中有 {n} 件在事后一周以上才录入，按往常约 {usual} 件。是否补录？",
        "{n} of {all} [n|was|were] entered more than a week after the fact; about {usual} were usual. "
        "Were they added later?",
    ),
    "audit_heaping": ("定级偏轻", "lighter grades"),
    "audit_heaping_ask": (
        "“{light}”与“{grave}”共 {all} 件，其中较轻的 {n} 件，按基期比例约 {usual} 件。定级口径是否变了？",
        "Of {all} of {light} and {grave}, {n} [n|is|are] the lighter one; about {usual} by the base year's share. "
        "Has the grading changed?",
    ),
    # the method page
    "method": ("方法", "Method"),
    "method_page": ("指数方法", "The method"),
    "method_idea": ("一句话", "In one sentence"),
    "method_steps": ("怎么算", "How it is worked out"),
    "method_catalogue": ("指标目录", "Catalogue"),
    "method_rules": ("变化、缺数与红线", "Changes, gaps, red lines"),
    "method_ranks": ("名次与档次", "Ranks and tiers"),
    "method_versions": ("版本", "Versions"),
    "method_whatif": ("试算", "What if"),
    "method_example_parameters": (
        "示例参数：一级指标的名称已公开；权重、严重程度、等级线、目标等均为本项目的示例，不是官方公布的参数。",
        "Example parameters: only the names of the sub-indices are public. Weights, severities, bands and targets are "
        "examples of this project, not official ones.",
    ),
    "method_formula": ("公式", "Formula"),
    "method_no_data": ("还没有事件数据，没有可算的例子。", "There are no incidents yet, so there is no example."),
    "idea_lead": ("{score} 分，就是与基期同样平安。", "{score} points mean: as safe as in the base year."),
    "idea_what": (
        "得分把两个数放在一起比：一个是这段时间实际发生的事件，一个是按基期的水平、同样的人口和季节本来会有的事件。"
        "实际比本来少，分数就高；实际比本来多，分数就低。",
        "A score compares two numbers: the incidents that happened, and those that base-year conditions would have "
        "brought with the same people in the same season. Fewer than that: a higher score. More: a lower one.",
    ),
    "idea_base": (
        "基期为 {start} 至 {end}。基期固定不动，所以今年和去年的分数可以直接比较。",
        "The base year runs from {start} to {end}. It stays fixed, so that scores of different years can be compared.",
    ),
    "idea_full": (
        "100 分是什么事件都没有，实际上不会出现。事件越多，分数越低，但不会低于 0。",
        "100 would be no incident at all, which never happens. The more incidents, the lower, but never below 0.",
    ),
    "idea_not": (
        "得分评的是地方，不评任何人；它也不是群众安全感，安全感另有问卷。",
        "A score is about a place, never a person; and it is not how safe people feel, which surveys ask.",
    ),
    "idea_landmarks": ("风险变化时，得分是多少", "What a change of risk does to the score"),
    "idea_landmarks_note": (
        "横轴：风险是基期的几倍；纵轴：得分",
        "across: risk as a multiple of the base year; up: score",
    ),
    "landmark_half": ("只有基期的一半", "half of the base year"),
    "landmark_same": ("与基期相同", "as in the base year"),
    "landmark_more": ("多出一半", "half as much again"),
    "landmark_twice": ("基期的两倍", "twice the base year"),
    "landmark_thrice": ("基期的三倍", "three times the base year"),
    "points_n": ("{score} 分", "{score}"),
    "bands_title": ("四个等级", "The four bands"),
    # slides of a meeting
    "slides_more": ("{title}（续）", "{title} (continued)"),
    "slides_of": ("{title}：{picture}", "{title}: {picture}"),
    "slides_unit": ("单位：{unit}", "Unit: {unit}"),
    "slides_key": ("{label}（{n}）", "{label} ({n})"),
    "slides_hours": ("每列自该整点起，空格为零", "a column begins at its hour, blank is none"),
    "slides_semicolon": ("；", "; "),
    "slides_stop": ("。", "."),
    "slides_earlier": ("以往决定的落实情况", "What became of earlier decisions"),
    "slides_decided": ("本次决定", "Decisions of this meeting"),
    "slides_none_decided": ("本次会议尚未作出决定。", "No decision has been taken at this meeting yet."),
    "slides_none_due": ("目前没有需要督办的事项。", "Nothing is to be followed up at present."),
    "slides_n_decided": ("本次会议作出决定 {n} 项。", "{n} decisions were taken at this meeting."),
    "slides_minutes": (
        "研判意见全文见《研判会纪要》和各页备注。",
        "All findings stand in the minutes and in the notes of each slide.",
    ),
    "slides_problem": ("问题", "Problem"),
    "slides_measure": ("措施", "Measure"),
    "slides_lead": ("牵头单位", "Lead unit"),
    "slides_helpers": ("配合单位", "Helpers"),
    "slides_deadline": ("完成时限", "Deadline"),
    "slides_goal": ("目标", "Goal"),
    "slides_state": ("进展", "Progress"),
    "slides_effect": ("成效", "Effect"),
    "band_from": ("{low} 分及以上", "{low} and above"),
    "band_between": ("{low} 分至不足 {high} 分", "{low} to below {high}"),
    "band_below": ("不足 {high} 分", "below {high}"),
    "band_risk_below": ("各类风险约低于基期的 {high}", "risk below about {high} of the base year"),
    "band_risk_between": ("约为基期的 {low} 至 {high}", "about {low} to {high} of the base year"),
    "band_risk_above": ("超过基期的 {low} 左右", "above about {low} of the base year"),
    "steps_lead": (
        "以{place}{period}为例，沿着“{indicator}”这一项，把得分从头算到尾。每一步都可以用计算器复核。",
        "{place} in {period}: the score worked out from the first number to the last along one indicator, {indicator}. "
        "Every step can be checked with a pocket calculator.",
    ),
    "steps_place": ("换一个地方", "Another place"),
    "steps_indicator": ("换一项指标", "Another indicator"),
    "steps_worst": ("（本期得分最低）", " (lowest score of the period)"),
    "steps_none": (
        "{place}本期没有可算的例子：得分缺失，或这项指标没有数据。",
        "{place} has no example in this period: its score is missing, or the indicator has no data.",
    ),
    "step_count": ("数一数：发生了什么，有多重", "Count what happened, and how grave it was"),
    "step_count_text": (
        "事件有轻有重。每类事件的件数乘以它的严重程度（{severities}），再加起来，得到加权件数。",
        "Some incidents are graver than others. The number of each type times its severity ({severities}), added up, "
        "is the weighted count.",
    ),
    "step_count_none": ("本期没有这类事件，加权件数为 0。", "None happened in this period: the weighted count is 0."),
    "severity": ("严重程度", "Severity"),
    "weighted_count": ("加权件数", "Weighted count"),
    "sum_total": ("合计", "Total"),
    "step_expected": ("算一算：按基期的水平，本来会有多少", "Work out what base-year conditions would bring"),
    "step_expected_text": (
        "人多、路长的地方，事件自然多一些。所以先按基期的发生率，算出同样规模、同样日子本来会有的加权件数。",
        "More people or longer roads bring more incidents. The base-year rate says how many a place of this size would "
        "have had in the same days.",
    ),
    "with_unit": ("{name}（{unit}）", "{name} ({unit})"),
    "factor_rate": ("基期每{unit}每天的加权件数", "weighted incidents per {unit} and day in the base year"),
    "factor_days": ("平常日", "usual days"),
    "factor_days_note": (
        "本期 {days} 天，按月份、工作日、周末和节假日的规律折算；没有报送的日子不算",
        "the {days} days of the period, weighed by month, workday, weekend and holiday; days without reports left out",
    ),
    "factor_expected": ("本来会有的加权件数", "weighted count to be expected"),
    "factor_proxy": (
        "本市没有{own}数据，暂按{used}计算。",
        "The city has no figures of {own}; {used} are used instead.",
    ),
    "step_compare": ("比一比：风险是基期的几倍", "Compare: how many times the base-year risk"),
    "factor_observed_plus": ("实际 + 稳定数", "happened + steadying number"),
    "factor_expected_plus": ("本来会有 + 稳定数", "expected + steadying number"),
    "factor_theta": ("风险倍数", "times the base-year risk"),
    "step_compare_text": (
        "上下各加同一个稳定数 {prior}，是怕小地方因为一两件事大起大落。事件少的地方，倍数会向 1（与基期相同）靠拢；"
        "事件多的地方几乎不变。稳定数由方法定好，各地相同。不加稳定数，这里是 {raw} 倍。",
        "The same steadying number, {prior}, is added above and below, so that one or two incidents do not throw a "
        "small place up or down. Where little happens the result stays near 1 (as in the base year); where much "
        "happens it hardly matters. Without it, it would be {raw} here.",
    ),
    "step_compare_cap": ("倍数最高按 {cap} 计。", "No more than {cap} times is counted."),
    "step_score": ("换成分数：{name}得 {score} 分", "Turn it into a score: {name}, {score} points"),
    "step_score_text": (
        "“{name}”的各项二级指标按权重合成一个风险倍数，再按曲线换成分数："
        "1 倍是 {base} 分，每多 1 倍，得分变为原来的 {share}。",
        "The indicators of {name} make one risk by their weights, and the curve turns it into a score: once the "
        "base-year risk is {base}, and each further time leaves {share} of the score.",
    ),
    "step_total": ("合起来：{name} {score} 分", "Put together: {name}, {score} points"),
    "step_total_text": (
        "各项一级指标的得分乘以权重，相加就是综合得分。色条越长，这一项占得越多。",
        "The scores of the sub-indices times their weights add up to the composite. The longer the bar, the more it "
        "weighs.",
    ),
    "step_total_geometric": (
        "各项一级指标的风险倍数按权重平均，再换成分数：短板不能靠长板补上。",
        "The risks of the sub-indices are averaged by weight and then turned into a score: a weak one cannot be made "
        "up for.",
    ),
    "step_missing": (
        "标“缺”的没有数据，它的权重分给其余各项。",
        "What is marked n/a has no data; its weight is shared among the others.",
    ),
    "step_interval": (
        "90% 区间 {low}–{high}：件数有偶然，少的时候尤其如此；这个地方真实的平安状况，九成把握在这个范围内。",
        "90 % interval {low}–{high}: numbers of incidents vary by chance, small ones most; what the place really "
        "deserves lies within these limits nine times in ten.",
    ),
    "step_red_line": ("红线扣分 {points}：扣分前 {composite}", "Red line {points}: the composite was {composite}"),
    "indicator": ("二级指标", "Indicator"),
    "sub_index": ("一级指标", "Sub-index"),
    "weight": ("权重", "Weight"),
    "risk_times": ("风险倍数", "Times base risk"),
    "product": ("权重 × 倍数", "Weight × risk"),
    "points": ("计入", "Adds"),
    "formula_count": (
        "C = Σ sₖ·nₖ，sₖ 为类型 k 的严重程度，nₖ 为件数",
        "C = Σ sₖ·nₖ; sₖ severity of type k, nₖ its incidents",
    ),
    "formula_expected": (
        "E = X · r · Σ M(月)·D(日类)·覆盖率；X 暴露量，r 基期加权发生率",
        "E = X · r · Σ M(month)·D(day class)·coverage; X exposure, r weighted base-year rate",
    ),
    "formula_compare": (
        "θ = (C + αq) / (E + αq)，α = {alpha}，q = Σs²r / Σsr = {q}，θ ≤ {cap}；θ 服从 Gamma(C/q + α, E/q + α)",
        "θ = (C + αq) / (E + αq), α = {alpha}, q = Σs²r / Σsr = {q}, θ ≤ {cap}; θ follows Gamma(C/q + α, E/q + α)",
    ),
    "formula_score": (
        "Θ = Σ vᵢ·θᵢ，s = 100 · {anchor}^Θ",
        "Θ = Σ vᵢ·θᵢ, s = 100 · {anchor}^Θ",
    ),
    "formula_total": (
        "S = Σ wⱼ·sⱼ；区间由件数的偶然性与一地各项风险的共同高低算出，两端各留 5%",
        "S = Σ wⱼ·sⱼ; the interval from chance and from what the place's risks have in common, 5 % out at each end",
    ),
    "formula_total_geometric": ("S = 100 · {anchor}^(Σ wⱼ·Θⱼ)", "S = 100 · {anchor}^(Σ wⱼ·Θⱼ)"),
    "catalogue_lead": (
        "{subs} 项一级指标、{indicators} 项二级指标、{types} 类事件。点开一项，可看它由什么组成、由哪个部门负责。",
        "{subs} sub-indices, {indicators} indicators, {types} types of incidents. Open one to see what it is made of "
        "and who answers for it.",
    ),
    "catalogue_concerns": ("关切分组为本项目自拟。", "The groups of concerns are this project's own."),
    "catalogue_other": ("其他", "Others"),
    "catalogue_kinds": ("五种指标，一个算法", "Five kinds of indicators, one way of reckoning"),
    "kind_incident": (
        "数发生了多少件，按轻重加权，越少越好。",
        "Incidents, weighed by severity; the fewer the better.",
    ),
    "kind_complement": (
        "看没有做到的部分，如逾期未办结的件数，越少越好。",
        "What was not done, such as cases past their time; the fewer the better.",
    ),
    "kind_benefit": (
        "如举报线索、志愿服务，比基期多，风险倍数就低于 1。",
        "Such as leads and volunteering: more than in the base year makes a risk below 1.",
    ),
    "kind_survey": ("问卷评分，看离满分 100 还差多少。", "A survey: how much is missing to 100."),
    "kind_level": (
        "如空气质量，看平均水平是基期的几倍。",
        "Such as air quality: its mean as a multiple of the base year's.",
    ),
    "connected": ("已接入", "connected"),
    "partly_connected": ("部分接入", "partly connected"),
    "not_connected_short": ("未接入", "not connected"),
    "daily_set": ("计入日指数", "in the daily index"),
    "owner": ("责任部门", "Answers for it"),
    "measured_against": ("按什么折算", "Measured against"),
    "kind_of": ("类别", "Kind"),
    "red_line": ("红线", "red line"),
    "sensitive": ("不上图", "never drawn"),
    "deduction_each": ("每起扣 {points} 分", "{points} off each"),
    "target_of": ("目标 {score}", "target {score}"),
    "rules_change": ("和上期比，怎么看", "How to read a change"),
    "rules_change_sure": (
        "差异显著（实心箭头）：纯属偶然的机会不到二十分之一。差异不显著（空心箭头）：可能只是偶然，不宜据此表扬或批评。",
        "Significant (filled arrow): chance alone would do it less than once in twenty. Not significant (hollow "
        "arrow): it may be chance, and no reason for praise or blame.",
    ),
    "rules_change_split": (
        "得分的变化拆成两部分。实际增减：事件真的多了或少了、重了或轻了。天数季节：两期的天数、季节、人口不同，"
        "本来该有的件数就不同，与工作好坏无关。红线扣分和缺报造成的权重变动，各自单列。",
        "A change has two parts. Happened: there truly were more or fewer incidents, or graver or lighter ones. "
        "Calendar: days, season and people differ, so another number was to be expected anyway, whatever was done. "
        "Red lines and weights shifted by missing data have lines of their own.",
    ),
    "rules_change_sum": (
        "各部分相加，正好等于得分的变化；从一级指标、二级指标、事件类型到下级地方，逐层点开，直到事件列表。",
        "The parts add up to the change exactly; they open from sub-index to indicator, type and place, down to the "
        "incidents.",
    ),
    "rules_missing": ("缺数据怎么办", "What if data are missing"),
    "rules_missing_zero": (
        "缺就是缺：不当作零，也不当作平安。没有报送的日子，不计入本来会有的件数。",
        "Missing is missing: it is neither zero nor safe. Days without reports expect nothing.",
    ),
    "rules_missing_share": (
        "一级指标须有 {inner} 以上权重的二级指标有数据，综合得分须有 {outer} 以上权重的一级指标有数据；"
        "够了，就按权重折算并注明“数据不全”，不够，就不评分。",
        "A sub-index needs data for {inner} of the weight of its indicators, the composite for {outer} of that of the "
        "sub-indices. What is there is reweighted and marked incomplete; with less there is no score.",
    ),
    "rules_missing_small": (
        "本来会有的事件不足 {n} 件的地方，如无人居住的海岛，不单独评分，事件仍计入上级。",
        "A place where fewer than {n} [n|incident is|incidents are] expected, such as an uninhabited island, "
        "has no score of its own; its incidents count in what holds it.",
    ),
    "rules_red": ("红线", "Red lines"),
    "rules_red_none": ("这一版方法没有红线。", "This version has no red lines."),
    "rules_red_major": (
        "{levels}发生下列任何一起，本期综合得分不高于 {major}；重大及以上的，不高于 {severe}。",
        "{levels}: one of the following in a period, and the composite is no higher than {major}; {severe} for severe "
        "ones.",
    ),
    "rules_red_line_own": (
        "红线扣掉的分单列一行，扣分前的得分照样可查。其他层级不设红线。",
        "What red lines take off stands on a line of its own, beside the score before. Other levels have no red lines.",
    ),
    "rules_red_deduction": (
        "下列事件每起直接扣分：{types}。",
        "Each of these takes points off: {types}.",
    ),
    "rules_mend": ("更正与改动", "Corrections and changes"),
    "rules_mend_last": (
        "事件更正后，只算最后一次的内容；补报的数据计入它发生的那一期。",
        "Of a corrected incident only the last version counts; late data count in the period in which they happened.",
    ),
    "rules_mend_version": (
        "每期用当时有效的方法版本。旧期重算，数字与当时一致。",
        "Every period keeps the version of its time: worked out again, an old period gives the same digits.",
    ),
    "rules_mend_union": (
        "合并几个地方或几天时，先把件数加起来再算分，不拿分数求平均。",
        "For several places or days the counts are added first; scores are never averaged.",
    ),
    "rules_mend_daily": (
        "单日的等级要越过等级线 {points} 分才改变，以免在线上来回跳。",
        "The band of a day changes only where a limit is passed by {points} or more, so that it does not flicker.",
    ),
    "ranks_lead": (
        "两个地方只差零点几分，多半是偶然，不该分出第 3 名和第 4 名。"
        "这里让各地事件数按偶然波动、各项权重上下浮动 20%，模拟 {draws} 次，"
        "看名次会落在哪里；再把分不出高低的地方放在同一档。",
        "Some tenths of a point between two places are mostly chance and no reason to call one 3rd and the other 4th. "
        "Counts are varied as chance does and weights by ±20 %, {draws} times; the ranks that come out make a span, "
        "and places that cannot be told apart share a tier.",
    ),
    "ranks_read": (
        "圆点是得分，横线是 90% 区间；名次写成一段，九成的可能落在其中。同一档内不分先后。",
        "The dot is the score, the line its 90 % interval; ranks are spans that hold in nine of ten cases. Within a "
        "tier there is no order.",
    ),
    "ranks_one_tier": (
        "{n} 个{level}里，相邻的都分不出先后，找不到一处能一刀切开的界线，只有一档。"
        "名次段相隔较远的两地，先后仍有区别。周期长一些，分得更清。",
        "Among {n} {level} neighbours in rank cannot be told apart and no border holds: they are one tier. Places "
        "whose spans of ranks lie far apart still differ. Longer periods tell more apart.",
    ),
    "ranks_title": ("{level} · {period}", "{level} · {period}"),
    "tier_of": ("第 {n} 档 · {places} 个", "Tier {n} · {places} [places|place|places]"),
    "tier_none": ("未评分 · {places} 个", "No score · {places} [places|place|places]"),
    "tier": ("档次", "Tier"),
    "interval_scale": ("90% 区间（{low}–{high} 分）", "90 % interval ({low}–{high})"),
    "rank_span": ("第 {best}–{worst} 名", "{best}–{worst}"),
    "rank_single": ("第 {best} 名", "{best}"),
    "rank": ("名次", "Rank"),
    "band": ("等级", "Band"),
    "funnel": ("漏斗图：{name}", "Funnel: {name}"),
    "funnel_text": (
        "每个点是一个{level}。越靠左，本来会有的事件越少，偶然波动越大，所以喇叭口张得越开。"
        "落在喇叭口里，差别可能只是偶然；落在外面，才值得追问原因。",
        "Each dot is one of the {level}. The further left, the fewer incidents are to be expected and the more chance "
        "does, so the funnel opens. Inside it a difference may be chance; outside it is worth a question.",
    ),
    "funnel_across": ("本来会有的加权件数", "weighted count to be expected"),
    "funnel_up": ("实际是本来的几倍", "happened / expected"),
    "funnel_high": ("外线以上，明显偏多：{names}", "Above the outer line, clearly more: {names}"),
    "funnel_low": ("外线以下，明显偏少：{names}", "Below the outer line, clearly fewer: {names}"),
    "funnel_none": (
        "都在外线以内，差别可能只是偶然。",
        "All lie within the outer lines: the differences may be chance.",
    ),
    "funnel_caption": (
        "内线 95%：偶然越线约二十次一次；外线 99.8%：约五百次一次。{n} 个{level}，{period}",
        "inner lines 95 %, outer lines 99.8 %; {n} {level}, {period}",
    ),
    "names_more": ("{names} 等 {n} 个", "{names} and others, {n} in all"),
    "versions_lead": (
        "方法写成版本，发布后不再改动。改一个权重，也要另立版本，并写明从哪天起用。",
        "The method is kept as versions that never change once published. Another weight is another version, with the "
        "day from which it holds.",
    ),
    "version": ("版本", "Version"),
    "version_since": ("自 {day} 起施行", "in force from {day}"),
    "version_always": ("本市现行", "in force here"),
    "version_shipped": ("随产品提供，未在本市施行", "comes with the product, not in force here"),
    "version_first": ("对照版本", "Compare"),
    "version_second": ("与", "with"),
    "version_size": ("{subs} 项一级指标，{indicators} 项二级指标", "{subs} sub-indices, {indicators} indicators"),
    "differences": ("{before} 到 {after}，有 {n} 处不同", "{before} to {after}: {n} [n|difference|differences]"),
    "differences_none": ("{before} 与 {after} 没有不同。", "{before} and {after} are the same."),
    "differences_more": ("其余 {n} 处", "{n} more"),
    "whatif_lead": (
        "如果换一套权重，结果会怎样？拖动滑块试一试。权重会自动折算为合计 100%。",
        "What if the weights were others? Move the sliders. The weights are scaled to 100 % by themselves.",
    ),
    "whatif_banner": ("假设试算，非正式结果", "A supposition, not an official result"),
    "whatif_kept": (
        "试算只存在于链接里，不写入系统；把链接发给别人，看到的是同样的试算。",
        "It lives in the link alone and is stored nowhere; whoever gets the link sees the same.",
    ),
    "whatif_own": ("方法原有权重", "The method's own"),
    "whatif_equal": ("各项相同", "All the same"),
    "whatif_sum": ("合计 {sum}%，按 100% 折算", "Sum {sum} %, scaled to 100 %"),
    "whatif_sum_even": ("合计 100%", "Sum 100 %"),
    "whatif_share": ("折算后 {share}%", "scaled {share} %"),
    "whatif_target": ("综合得分目标", "Target of the composite"),
    "whatif_map": ("在地图上看", "See it on the map"),
    "whatif_bands": ("个地方等级会改变", "places would change their band"),
    "whatif_spans": ("个地方超出原来的名次范围", "places would leave their span of ranks"),
    "whatif_tiers": ("分得出的档次", "tiers that can be told apart"),
    "whatif_reach": (
        "目标 {target} 分：正式结果有 {official} 个{level}达到，试算有 {supposed} 个，"
        "其中 {surely} 个把握较大（90% 区间的低端也达到）。",
        "Target {target}: officially {official} {level} reach it, here {supposed}, {surely} of them with the lower end "
        "of their interval too.",
    ),
    "whatif_same": (
        "现在就是方法原有的权重。拖动任何一个滑块，这里会立刻显示变化。",
        "These are the method's own weights. Move any slider and the changes show here at once.",
    ),
    "whatif_changes": ("变化最大的 {n} 个", "The [n|largest change|{n} largest changes]"),
    "whatif_official": ("正式", "Official"),
    "whatif_supposed": ("试算", "Supposed"),
    "whatif_new_ranks": ("试算结果", "The supposed result"),
    "change": ("变化", "Change"),
    # the comparison page
    "compare_page": ("对比", "Compare"),
    "cmp_map_a": ("地图看 A", "A on the map"),
    "cmp_map_b": ("地图看 B", "B on the map"),
    "cmp_choice": ("选择 {side}", "Choose {side}"),
    "cmp_swap": ("A、B 互换", "Exchange A and B"),
    "cmp_place": ("地点", "Place"),
    "cmp_period": ("周期", "Period"),
    "cmp_sub": ("指标", "Index"),
    "cmp_above": ("上级", "Above"),
    "cmp_beside": ("同级", "Beside"),
    "cmp_same_period": ("与 A 同期", "same as A"),
    "cmp_colon": ("：", ": "),
    "cmp_modes": ("对比方式", "Way of comparing"),
    "cmp_mode_side": ("并排", "Side by side"),
    "cmp_mode_swipe": ("卷帘", "Swipe"),
    "cmp_mode_difference": ("差异", "Difference"),
    "cmp_mode_multiples": ("小图", "Small maps"),
    "cmp_mode_ranking": ("排名", "Ranking"),
    "cmp_mode_slope": ("升降", "Slopes"),
    "cmp_mode_reasons": ("原因", "Reasons"),
    "cmp_of": ("小图内容", "Small maps of"),
    "cmp_of_months": ("各周期", "Periods"),
    "cmp_of_subs": ("各一级指标", "Sub-indices"),
    "cmp_unequal": (
        "A 为{a_measure}，B 为{b_measure}，不能用同一色阶，两图颜色不可互比。",
        "A shows {a_measure}, B {b_measure}: they cannot share a scale, "
        "and colours of one map say nothing of the other.",
    ),
    "cmp_bands_differ": (
        "两期等级界线不同（方法 {a_method} 与 {b_method}），两图颜色不可互比。",
        "The bands of both periods differ (methods {a_method} and {b_method}): do not compare the colours.",
    ),
    "cmp_methods_differ": (
        "两期方法版本不同（A 为 {a_method}，B 为 {b_method}），得分之差含方法变动。",
        "The methods differ (A: {a_method}, B: {b_method}); part of the difference is theirs.",
    ),
    "cmp_levels_differ": (
        "A 按{a_level}、B 按{b_level}显示。",
        "A shows {a_level}, B {b_level}.",
    ),
    "cmp_lengths_differ": (
        "A、B 周期长短不同，发生率和件数不可直接相比。",
        "A and B are not as long: rates and counts cannot be compared directly.",
    ),
    "cmp_pooled_differ": (
        "单日显示近7日合并得分，与另一侧的周期得分口径不同。",
        "A single day shows the score of seven days; the other side is that of its period.",
    ),
    "cmp_not_same_places": (
        "A 与 B 不是同一批地方，不能逐地相减。请选同一地点。",
        "A and B do not show the same places, so nothing can be subtracted. Choose the same place for both.",
    ),
    "cmp_same_views": (
        "A 与 B 完全相同，没有差异可看。请为 B 换一个周期或指标。",
        "A and B are the same. Choose another period or index for B.",
    ),
    "cmp_not_same_measure": (
        "A 与 B 口径不同（得分、发生率或等级界线不一），不作相减。",
        "A and B are measured differently (score, rate or bands): nothing is subtracted.",
    ),
    "cmp_not_same_length": (
        "A、B 周期长短不同，不作相减。请选同样长短的周期。",
        "A and B are not as long: nothing is subtracted. Choose periods of the same length.",
    ),
    "cmp_not_whole": (
        "有一期数据不全，不作比较。请选数据完整的周期。",
        "The data of one period are incomplete, so nothing is compared. Choose whole periods.",
    ),
    "cmp_mend": ("改比 {a} 与 {b}", "Compare {a} with {b}"),
    "cmp_partial": ("{side}：{period}数据不全。", "{side}: the data of {period} are incomplete."),
    "cmp_measure_per": ("{measure}（{unit}）", "{measure} ({unit})"),
    "cmp_scale": ("图例 · {measure} · A、B 同一色阶", "Legend · {measure} · one scale for A and B"),
    "cmp_scale_circles": (
        "图例 · {measure} · 圆的面积表示件数，各图同一比例",
        "Legend · {measure} · the area of a circle is the number, on one scale for all maps",
    ),
    "cmp_scale_own": ("图例 · {measure}", "Legend · {measure}"),
    "cmp_shared_scale": ("图例 · {measure} · 各图同一色阶", "Legend · {measure} · one scale for all maps"),
    "cmp_difference_head": ("A（{a}）− B（{b}）", "A ({a}) − B ({b})"),
    "cmp_range": ("{low} 至 {high}", "{low} to {high}"),
    "cmp_difference_scale": (
        "图例 · {measure}之差（A − B） · 实色为差异显著，淡色斜线为不显著",
        "Legend · {measure}, A − B · full colour where significant, pale and hatched where not",
    ),
    "cmp_difference_circles": (
        "图例 · {measure}之差（A − B） · 圆的面积表示差的大小；实心为差异显著，空心为不显著",
        "Legend · {measure}, A − B · a circle's area is the difference; filled where significant, hollow where not",
    ),
    "cmp_better": ("好转", "better"),
    "cmp_worse": ("变差", "worse"),
    "cmp_better_a": ("A 较好", "A better"),
    "cmp_worse_a": ("A 较差", "A worse"),
    "cmp_a_minus_b": ("A − B", "A − B"),
    "cmp_certainty": ("显著性", "Certainty"),
    "cmp_bar": (
        "卷帘分界，左为 A，右为 B，用左右方向键移动",
        "Swipe bar: A on the left, B on the right; arrow keys move it",
    ),
    "cmp_map_of": ("{name} 分级统计地图；数字见下表", "{name}: choropleth map; the numbers are in the table below"),
    "cmp_table": ("{side} 的数字列表", "Numbers of {side} as a table"),
    "cmp_table_diff": (
        "数字列表（差值按未取整的数计算，末位可能与两数之差不同）",
        "Numbers as a table (differences are of unrounded values: the last digit may not add up)",
    ),
    "cmp_table_small": ("各图数字列表", "Numbers of all maps as a table"),
    "cmp_table_all": ("数字列表", "Numbers as a table"),
    "cmp_table_more": ("仅列出前 # 个，共 ## 个", "the first # of ##"),
    "cmp_small_without": ("无数据或不计分：", "No data, or not scored:"),
    "cmp_small_empty": ("无数据或不计分", "no data, or not scored"),
    "cmp_ranking_title": ("{level}排名 · {period}", "{level} in order · {period}"),
    "cmp_rank_lead": (
        "全市 {n} 个{level}一起排。名次给的是范围：同一档内的先后不能断定，不宜当作高下。",
        "Ranked among all {n} of the city ({level}). Ranks are spans; within a tier the order proves nothing.",
    ),
    "cmp_rank_one_tier": (
        "本期各地名次范围首尾相连，分不出档次：两地的范围不重叠，才能说有先后。",
        "This period the spans of ranks are linked into one tier: "
        "only places whose spans do not meet can be told apart.",
    ),
    "cmp_rank_none": (
        "只按得分列出各{level}，不排名次：名次和档次只对周以上的综合得分计算。",
        "{level} by score, without ranks: ranks and tiers are worked out for the composite of a week or more.",
    ),
    "cmp_rank_rate": (
        "没有得分，按数值从低到高列出各{level}，不排名次；区间只含偶然波动。",
        "No scores here: {level} from few to many, without ranks; intervals hold chance alone.",
    ),
    "cmp_peers_lead": (
        "同类：全市{level}按居民数分为少、中、多三组，与同组居中的一个比。"
        "名次范围（没有名次的，90% 区间）与它重叠的，不分高下。",
        "Peers: the {level} of the city in thirds by residents, each against the middle one of its third. Where both "
        "spans of ranks meet (without ranks: both 90 % intervals) they are not told apart.",
    ),
    "cmp_peers_none": (
        "没有居民数，或地方太少，不分同类。",
        "No residents are known, or there are too few places: no peer groups.",
    ),
    "cmp_interval_scale": ("90% 区间（{low}–{high}）", "90 % interval ({low}–{high})"),
    "cmp_change_before": ("环比", "vs prev."),
    "cmp_rank_before": ("上期名次", "Rank before"),
    "cmp_peers": ("同类", "Peers"),
    "cmp_size_0": ("居民少", "Few residents"),
    "cmp_size_1": ("居民中等", "Middling"),
    "cmp_size_2": ("居民多", "Many residents"),
    "cmp_size_of": ("{size}：约 {low}–{high} 人", "{size}: about {low} to {high}"),
    "cmp_peer_median": ("{size}，居中 {median}", "{size}, middle {median}"),
    "cmp_peer_better": ("好于同类", "better than its peers"),
    "cmp_peer_worse": ("差于同类", "worse than its peers"),
    "cmp_peer_alike": ("与同类无显著差异", "not told apart"),
    "cmp_slope_title": ("{left} → {right}", "{left} → {right}"),
    "cmp_slope_said": ("{n} 个地方，{sure} 个差异显著", "{n} [n|place|places], {sure} with a significant difference"),
    "cmp_slope_alt": ("由左到右的升降线；数字见下表", "Lines from left to right; the numbers are in the table below"),
    "cmp_slope_key": (
        "橙线变差，紫线好转，均为差异显著；灰线差异不显著。▲▼ 实心为显著。",
        "Orange got worse, purple better, both significant; grey is not significant. Filled arrows are significant.",
    ),
    "cmp_why_between": ("A 与 B 之差的原因", "Why A differs from B"),
    "cmp_types_title": ("事件类型 A、B 对照", "Types of incidents, A and B"),
    "cmp_type": ("类型", "Type"),
    "cmp_sum": ("合计", "Total"),
    "chip_weights": ("假设权重", "Supposed weights"),
    "weights_banner": (
        "假设试算，非正式结果：权重不是方法 {version} 的权重",
        "A supposition, not an official result: the weights are not those of method {version}",
    ),
    # the phone page
    "phone_title": ("我的网格", "My grid"),
    "phone_app": ("平安+ 我的网格", "PingAn+ My grid"),
    "phone_link": ("手机版", "Phone page"),
    "phone_mine": ("我的{level}", "My {level}"),
    "phone_no_script": ("请在浏览器中允许运行脚本", "Please allow scripts in this browser"),
    "phone_map": ("网格及相邻网格示意图", "My place and those beside it"),
    "phone_nearer": ("放大", "Zoom in"),
    "phone_farther": ("缩小", "Zoom out"),
    "phone_fit": ("回到全貌", "Show all of it"),
    "phone_spots": ("今日点位", "Today's spots"),
    "phone_numbers": ("数字", "Numbers"),
    "phone_units": ("谁负责", "Who is responsible"),
    "phone_atlas": ("在一张图中查看", "Open in the atlas"),
    "phone_bar": ("操作", "Actions"),
    "phone_change_place": ("换一个网格", "Change place"),
    "phone_refresh": ("刷新", "Refresh"),
    "phone_locate": ("定位到我所在的地方", "Locate me"),
    "phone_locate_note": (
        "只在点按时取一次位置，只用于查这一次，不保存、不记录",
        "Your position is asked for on this tap only, used for this one question, and neither kept nor logged",
    ),
    "phone_search": ("按名称、编号或拼音查找", "Search by name, code or pinyin"),
    "phone_list": ("从列表中选", "Choose from the list"),
    "phone_choose_here": ("就选{name}", "Choose {name}"),
    "phone_choose": ("选择我的网格", "Choose my place"),
    "phone_back": ("上一级", "Up"),
    "phone_return": ("返回", "Back"),
    "phone_loading": ("正在读取", "Loading"),
    "phone_today": ("今天", "today"),
    "phone_days": ("{n} 天前", "{n} d ago"),
    "phone_offline": ("离线", "offline"),
    "phone_failed": ("未能读取，请稍后刷新", "Could not be loaded; please refresh later"),
    "phone_nothing_kept": ("没有网络，手机上也没有保存的数据", "No network, and nothing is kept on this phone"),
    "phone_new_page": ("页面已更新，请关闭后重新打开", "The page has been renewed: close it and open it again"),
    "phone_locating": ("正在定位", "Locating"),
    "phone_denied": ("未能取得位置，请搜索或从列表中选", "No position: please search, or choose from the list"),
    "phone_unsafe": (
        "本站未启用 HTTPS，不能定位和离线使用，请搜索或从列表中选",
        "Without HTTPS this site can neither locate nor work offline: search, or choose from the list",
    ),
    "phone_away": ("所在位置不在本市范围内", "This position is not in the city"),
    "phone_hot": ("热点", "Hot spot"),
    "phone_again": ("近期重复", "Repeats"),
    "phone_position": ("多发位置", "Recurring"),
    "phone_beside": ("相邻：{name}", "Beside: {name}"),
    "phone_recent": ("近 {n} 天", "in the last {n} days"),
    "phone_recent_month": ("{period}", "in {period}"),
    "phone_within": ("{m} 米内", "within {m} m"),
    "phone_same": ("同一位置", "at the same place"),
    "phone_why_hot": ("{recent}集中发生 {n} 起", "{n} close together {recent}"),
    "phone_why_hot_usual": ("{recent}集中发生 {n} 起，通常 {usual} 起", "{n} close together {recent}, usually {usual}"),
    "phone_why_position": ("同一位置近一年 {n} 起，{recent} {k} 起", "{n} at one place within a year, {k} {recent}"),
    "phone_why_position_last": (
        "同一位置近一年 {n} 起，最近一次 {day}",
        "{n} at one place within a year, the last one {day}",
    ),
    "phone_why_again": (
        "{near}近来 {n} 起，其中 {day} 一起{type}；同类案件易再发，留意到 {until}",
        "{n} {near} lately, one of them {type} on {day}; such cases tend to repeat: look out until {until}",
    ),
    "phone_mostly": ("以{type}为主（{k} 起）", "mostly {type} ({k})"),
    "phone_often": ("{type}最多（{k} 起）", "most often {type} ({k})"),
    "phone_mixed": ("类型分散", "of many types"),
    "phone_hours": ("多在 {first}–{last} 时", "often at {first}:00–{last}:00"),
    "phone_stop": ("。", "."),
    "phone_between": ("；", ". "),
    "phone_leg": ("距上一处约 {m} 米", "about {m} m from the one before"),
    "phone_walk": ("{n} 处，按步行顺序，直线共约 {m} 米", "{n} spots in walking order, about {m} m as the crow flies"),
    "phone_one": ("1 处", "1 spot"),
    "phone_none": (
        "{recent} {n} 起，没有集中到一处，今天没有要专门去看的点位",
        "{n} {recent}, nowhere together: no spot to look at today",
    ),
    "phone_silent": ("近期缺报，无法判断有没有点位", "Little or nothing was sent lately: spots cannot be told"),
    "phone_unplaced": ("近期事件没有坐标，无法给出点位", "Recent incidents have no position: spots cannot be told"),
    "phone_few": ("数据只支持这些点位", "The data support no more than these"),
    "phone_usual": (
        "“通常”是此前一年同样长时间的平均",
        "“Usually” is the average of equally long times in the year before",
    ),
    "phone_rests": (
        "位置取到约十米，敏感类型不列",
        "Positions are rounded to about ten metres; sensitive types are left out",
    ),
    "phone_types": ("主要类型", "Main types"),
    "phone_change": (
        "{against} {mark} {change}（上期 {then}），{sure}",
        "{against} {mark} {change} (from {then}), {sure}",
    ),
    "phone_score": ("{name} 平安+指数", "{name}: PingAn+ index"),
    "phone_no_score": ("不作评价", "Not assessed"),
    # the meeting: its pages
    "meeting_heading": ("{place} · {period}平安+研判会", "{place} · {period} · PingAn+ meeting"),
    "meeting_of": ("{place}平安+研判会", "{place}: PingAn+ meeting"),
    "meeting_footer": (
        "数据截至{as_of} · 指数方法 {version} 版 · 边界 {boundaries} · 快照 {snapshot}",
        "Data as of {as_of} · method {version} · boundaries {boundaries} · snapshot {snapshot}",
    ),
    "meeting_page_score": ("总体情况", "Overall"),
    "meeting_page_why": ("得分变化的构成", "Why it moved"),
    "meeting_page_where": ("区域分布", "Where"),
    "meeting_page_others": ("其他方面", "Other fronts"),
    "meeting_page_all": ("各方面情况", "All fronts"),
    "meeting_page_alerts": ("预警及处置", "Alerts and their disposition"),
    "meeting_page_earlier": ("上次决定落实情况", "What was decided last time"),
    "meeting_page_decisions": ("会议决定", "Decisions"),
    "meeting_page_supervision": ("督办事项", "Supervision"),
    "meeting_page_minutes": ("会议纪要", "Minutes"),
    "meeting_agenda": ("议程", "Agenda"),
    "meeting_agenda_no": ("序号", "No."),
    "meeting_agenda_page": ("议题", "Item"),
    "meeting_agenda_why": ("列入缘由", "Why it is on the agenda"),
    "meeting_because_moved": ("变化显著", "changed significantly"),
    "meeting_because_alert": ("有预警", "alerted to"),
    "meeting_because_red_line": ("发生红线事件", "red-line incident"),
    "meeting_because_poor": ("得分较差", "poor score"),
    "meeting_because_why": ("得分变化显著", "the score changed significantly"),
    "meeting_because_alerts": ("预警 {n} 项", "{n} [n|alert|alerts]"),
    "meeting_because_earlier": ("决定 {n} 项", "{n} [n|decision|decisions]"),
    "meeting_complete": (
        "本期数据完整：各数据来源按时报送，没有缺报日。",
        "The data are complete: every source reported in time and on every day.",
    ),
    "meeting_score": ("平安+指数得分", "PingAn+ score"),
    "meeting_front_score": ("得分", "Score"),
    "meeting_score_change": ("得分{compare}", "Score {compare}"),
    "meeting_count": ("事件（起）", "Incidents"),
    "meeting_count_change": ("事件{compare}（起）", "Count {compare}"),
    "meeting_previous": ("环比", "vs prev."),
    "meeting_year_ago": ("同比", "vs year ago"),
    "meeting_rank": ("名次", "Rank"),
    "meeting_rank_tier": ("共{n}个{level}，第{tier}档", "of {n} {level}, tier {tier}"),
    "meeting_rank_alike": ("共{n}个{level}，尚不能分档", "of {n} {level}, no tiers can be told"),
    "meeting_alerts_n": ("预警（项）", "Alerts"),
    "meeting_no_score": ("数据不足，不计分", "too few data"),
    "meeting_even": ("持平", "unchanged"),
    "meeting_not_partial": ("本期未满，不作比较", "period not finished"),
    "meeting_not_no_before": ("往期数据不全，不作比较", "earlier data incomplete"),
    "meeting_not_no_score": ("缺少可比得分，不作比较", "no score to compare with"),
    "meeting_not_uneven": ("两期报送情况不同，不作比较", "reported on other days"),
    "meeting_not_few": ("样本不足，不作评价", "too few to judge"),
    "meeting_few_short": ("样本不足", "too few"),
    "meeting_causes_of": ("{compare}得分变化 {change} 分的构成", "What {change} points {compare} are made of"),
    "meeting_points": ("分", "points"),
    "meeting_cause_rest": ("其余方面", "Other fronts"),
    "meeting_cause_base": ("季节与基数", "Season and base"),
    "meeting_cause_weights": ("权重变动", "Shifted weights"),
    "meeting_cause_red_lines": ("红线扣分", "Red lines"),
    "meeting_cause_uneven": ("报送差异（不能区分）", "Uneven reporting"),
    "meeting_parts": ("各{level}得分", "Scores of {level}"),
    "meeting_parts_counts": ("各{level}件数", "Incidents by {level}"),
    "meeting_more_on_map": ("另有 {n} 个{level}，列入纪要附表", "{n} more {level}: see the minutes"),
    "meeting_more_parts": ("另有 {n} 个{level}", "{n} more {level}"),
    "meeting_more": ("另有 {n} 项，详见纪要", "{n} more: see the minutes"),
    "meeting_arrows": (
        "▲▼ 经统一检验差异显著，△▽ 差异不显著",
        "▲▼ significant with all compared at once, △▽ not",
    ),
    "meeting_map_score": ("{what} · 各{level}得分", "{what}: scores of {level}"),
    "meeting_map_count": ("{what} · 各{level}件数", "{what}: incidents by {level}"),
    "meeting_all_incidents": ("全部事件", "All incidents"),
    "meeting_circle": ("圆面积为件数，最大 {n} 起", "Circle area: incidents, most {n}"),
    "meeting_band": ("等级", "Band"),
    "meeting_front": ("方面", "Front"),
    "meeting_n": ("件数", "Incidents"),
    "meeting_types": ("类型（起）", "Types (incidents)"),
    "meeting_types_other": ("其他 {n} 类", "{n} other [n|type|types]"),
    "meeting_hours": ("时段分布（起）", "Hour and weekday (incidents)"),
    "meeting_hours_known": (
        "{known} 起有具体时刻，{unknown} 起没有，未列入",
        "{known} with a known hour, {unknown} without left out",
    ),
    "meeting_alert_level": ("级别", "Level"),
    "meeting_alert_1": ("黄色", "Yellow"),
    "meeting_alert_2": ("橙色", "Orange"),
    "meeting_alert_3": ("红色", "Red"),
    "meeting_alert_place": ("地点", "Place"),
    "meeting_alert_what": ("指标", "Indicator"),
    "meeting_alert_week": ("周次", "Week"),
    "meeting_alert_seen": ("发生（起）", "Incidents"),
    "meeting_alert_expected": ("预期（起）", "Expected"),
    "meeting_alert_answer": ("处置", "Disposition"),
    "meeting_said_": ("尚未反馈", "unanswered"),
    "meeting_said_true": ("属实", "confirmed"),
    "meeting_said_false": ("误报", "false"),
    "meeting_said_handled": ("已处置", "handled"),
    "meeting_red_line": ("红线事件", "red-line incident"),
    "meeting_goal": (
        "{place}“{what}”由 {baseline} 起降至 {target} 起以内",
        "{what} in {place}: from {baseline} to {target} at most",
    ),
    "meeting_all_types": ("全部事件", "All incidents"),
    "meeting_helpers": ("、", ", "),
    "meeting_state_running": ("进行中，截至{last}为 {now} 起", "under way, {now} up to {last}"),
    "meeting_state_running_unknown": ("进行中", "under way"),
    "meeting_state_reached": ("已达目标，为 {now} 起", "reached: {now}"),
    "meeting_state_missed": ("未达目标，为 {now} 起", "missed: {now}"),
    "meeting_state_unknown": ("数据尚未覆盖，暂不评价", "the data do not reach so far"),
    "meeting_answer_worked": ("有效", "It worked"),
    "meeting_answer_unclear": ("看不出", "Cannot be told"),
    "meeting_answer_moved": ("转移到周边", "Moved around the corner"),
    "meeting_effect": ("{answer}：{why}", "{answer}: {why}"),
    "meeting_fall": (
        "较预期减少 {percent}%（90% 区间 {low} 至 {high}%）",
        "{percent} % fewer than expected (90 % interval {low} to {high} %)",
    ),
    "meeting_why_fewer": ("{fall}", "{fall}"),
    "meeting_why_fewer_no_ring": ("{fall}，周边情况无法判断", "{fall}; of the surroundings nothing can be said"),
    "meeting_why_fewer_here_more_around": ("{fall}，周边增多", "{fall}, more around"),
    "meeting_why_not_yet": ("评价期未满", "its days are not over"),
    "meeting_why_no_history": ("此前数据不足", "too little data before"),
    "meeting_why_overlap": ("同期另有措施", "another measure touched the place"),
    "meeting_why_silent": ("报送不足", "too little was reported"),
    "meeting_why_no_controls": ("可对照的地点不足", "too few places to compare with"),
    "meeting_why_too_few": ("样本不足，不作评价", "too few incidents to judge"),
    "meeting_why_apart": ("与对照地点事前走势不一", "it moved apart from its controls before"),
    "meeting_why_no_difference": ("与对照地点差异不显著", "no significant difference from its controls"),
    "meeting_why_worse": ("件数多于预期", "more incidents than expected"),
    # the wall
    "meeting_turn": ("翻页", "Turn the page"),
    "meeting_back": ("上一页", "Page before"),
    "meeting_on": ("下一页", "Next page"),
    "meeting_home": ("全部会议", "All meetings"),
    "meeting_no_parts": ("没有下级，不能再下钻。", "There is nothing finer to go to."),
    "meeting_no_map": ("地图未能打开，请再试一次。", "The map could not be opened: try again."),
    "meeting_leave": ("返回 Esc", "Back Esc"),
    "meeting_last_time": ("上次决定", "Decided last time"),
    "meeting_none_decided": ("本次会议尚未作出决定。", "This meeting has decided nothing yet."),
    "meeting_points_to_decide": ("研判要点", "What was found"),
    "meeting_none_supervised": ("目前没有需要督办的事项。", "There is nothing to follow up."),
    "meeting_supervise_1": (
        "会议作出的决定自动列入本页，按完成时限排列。",
        "What the meeting decides is listed here, by deadline.",
    ),
    "meeting_supervise_2": (
        "到期后按同口径统计件数，对照目标判断是否完成。",
        "At the deadline the same incidents are counted again and held against the target.",
    ),
    "meeting_supervise_3": (
        "下次研判会首先通报落实情况和成效。",
        "The next meeting opens with what became of them.",
    ),
    "meeting_lead": ("牵头单位", "Lead"),
    "meeting_with": ("配合单位", "With"),
    "meeting_deadline": ("完成时限", "Until"),
    "meeting_goal_name": ("目标", "Target"),
    "meeting_state": ("完成情况", "State"),
    "meeting_effect_name": ("成效", "Effect"),
    "meeting_files": ("会议材料", "Take away"),
    "meeting_basis": ("数据依据", "Data"),
    "meeting_sum": ("合计", "Sum"),
    "meeting_digits": ("〇一二三四五六七八九十", "0123456789"),
    "meeting_decision_words": (
        "针对{problem}，{measure}。由{lead}牵头，{helpers}配合，{deadline}前完成；目标：{goal}。",
        "{problem}: {measure}. Lead: {lead}, with {helpers}, until {deadline}. Target: {goal}.",
    ),
    "meeting_decision_alone": (
        "针对{problem}，{measure}。由{lead}牵头，{deadline}前完成；目标：{goal}。",
        "{problem}: {measure}. Lead: {lead}, until {deadline}. Target: {goal}.",
    ),
    "meeting_decision_then": ("{words}。", " {words}."),
    "meeting_stop": ("；", "; "),
    "meeting_hours_scale": ("颜色越深件数越多，每格最多 {n} 起", "the deeper, the more: at most {n} in a cell"),
    "meeting_fact_period": ("研判周期", "Period"),
    "meeting_fact_as_of": ("数据截至", "Data as of"),
    "meeting_fact_sources": ("数据来源", "Sources"),
    "meeting_fact_sources_n": ("{n} 个", "{n}"),
    "meeting_fact_method": ("指数方法", "Method"),
    "meeting_fact_method_version": ("{version} 版", "{version}"),
    # the lobby of meetings, the form of decisions, phones beside the wall
    "lobby_title": ("研判会", "Meetings"),
    "lobby_link": ("研判会", "Meeting"),
    "lobby_new": ("开一场研判会", "Prepare a meeting"),
    "lobby_place": ("地点", "Place"),
    "lobby_period": ("周期", "Period"),
    "lobby_start": ("生成会议材料", "Prepare"),
    "lobby_note": (
        "材料按当前数据一次生成并定格，此后导入或撤销数据不影响本场会议。村居和网格请从地图页进入。",
        "A meeting is prepared from the data as they are now and keeps them: later imports change nothing in it. "
        "Communities and grid cells are reached from the map page.",
    ),
    "lobby_may_not": (
        "这里只能查看；要开会、记决定，请由运维以 serve --allow-import 启动。",
        "This can only be looked at here: to prepare meetings the operator starts `serve --allow-import`.",
    ),
    "lobby_no_data": ("还没有事件数据，请先导入。", "There are no incidents yet: import some first."),
    "lobby_open": ("打开卷宗文件", "Open a dossier"),
    "lobby_open_note": (
        "别处生成的卷宗（.zip）也可打开，只供查看。",
        "Also one from elsewhere (.zip); it is for reading only.",
    ),
    "lobby_list": ("已有会议", "Meetings so far"),
    "lobby_none": ("还没有会议。选定地点和周期即可生成。", "None yet: choose a place and a period."),
    "lobby_made": ("生成于 {at}", "prepared {at}"),
    "lobby_decided": ("决定 {n} 项", "{n} [n|decision|decisions]"),
    "lobby_undecided": ("尚无决定", "no decisions yet"),
    "lobby_kept": ("外来卷宗", "dossier from elsewhere"),
    "lobby_files": ("带走的材料", "Files"),
    "lobby_docx": ("纪要", "Minutes"),
    "lobby_pptx": ("幻灯片", "Slides"),
    "lobby_pdf": ("PDF", "PDF"),
    "lobby_png": ("图片", "Picture"),
    "lobby_dossier": ("卷宗", "Dossier"),
    "lobby_file": ("研判会", "meeting"),
    "lobby_file_dossier": ("研判会卷宗", "meeting-dossier"),
    "lobby_preparing": ("正在生成，约需几秒。", "Being prepared, a few seconds."),
    "lobby_reading": ("正在核对卷宗。", "The dossier is being checked."),
    "lobby_failed": ("没有完成，请检查网络后重试。", "It was not done: check the network and try again."),
    "decide_title": ("记一项决定", "A decision"),
    "decide_open": ("记决定 D", "Decide D"),
    "decide_problem": ("问题", "Problem"),
    "decide_measure": ("措施", "Measure"),
    "decide_lead": ("牵头单位", "Lead unit"),
    "decide_helpers": ("配合单位", "Helping units"),
    "decide_place": ("考核地点", "Place"),
    "decide_types": ("考核指标", "Indicator"),
    "decide_goal": ("目标", "Target"),
    "decide_baseline": ("本期 {n} 起", "{n} in this period"),
    "decide_target": ("降到不超过", "down to at most"),
    "decide_start": ("开始日期", "From"),
    "decide_deadline": ("完成时限", "Until"),
    "decide_close": ("取消 Esc", "Cancel Esc"),
    "decide_keep": ("记入决定", "Keep"),
    "decide_failed": ("没有记下，请检查网络后重试。", "It was not kept: check the network and try again."),
    "decide_missing": ("请填写问题、措施、牵头单位和日期。", "Fill in problem, measure, lead unit and dates."),
    "decide_withdraw": ("撤回", "Withdraw"),
    "decide_withdraw_which": ("撤回决定", "Withdraw one"),
    "decide_withdraw_sure": ("再按一次撤回", "Press again to withdraw"),
    "decide_all_types": ("全部事件", "All incidents"),
    "pair_title": ("手机遥控", "Phones"),
    "pair_open": ("手机 Q", "Phone Q"),
    "pair_scan": ("手机连同一网络，扫码翻页，查看本单位事项", "Scan on the same network: turn pages, see your unit"),
    "pair_rights": ("扫码只能翻页和标出地点，不能作决定", "The code turns pages and marks places, nothing else"),
    "pair_none": (
        "手机连不上本机：请由运维以 serve --host 0.0.0.0 启动，再用本机地址打开会议",
        "No phone can reach this machine: the operator starts `serve --host 0.0.0.0`",
    ),
    "pair_waiting": ("等待手机扫码", "Waiting for a phone"),
    "pair_there": ("手机已连接", "A phone is connected"),
    "pair_failed": ("配对没有成功，请重试", "Pairing failed: try again"),
    "pair_close": ("收起", "Close"),
    "remote_title": ("研判会遥控", "Meeting on the phone"),
    "remote_waiting": ("正在连接大屏", "Connecting to the wall"),
    "remote_on_wall": ("请等待大屏翻页", "Waiting for the wall"),
    "remote_together": ("与大屏同步", "In step with the wall"),
    "remote_of": ("第 {k} 页，共 {n} 页", "Page {k} of {n}"),
    "remote_lost": ("连接中断，正在重连", "Connection lost, connecting again"),
    "remote_ended": ("配对已失效，请重新扫描大屏上的二维码", "The pairing has ended: scan the wall's code again"),
    "remote_pages": ("全部页面", "All pages"),
    "remote_places": ("在大屏上标出", "Mark on the wall"),
    "remote_unit": ("本单位", "My unit"),
    "remote_no_unit": ("请选择单位", "Choose a unit"),
    "remote_unit_note": ("选择只保存在这部手机上。", "The choice stays on this phone."),
    "remote_nothing": ("本次会议没有涉及该单位的事项。", "Nothing in this meeting concerns this unit."),
    "remote_turn": ("翻页", "Turn pages"),
    "remote_back": ("上一页", "Back"),
    "remote_forward": ("下一页", "Next"),
    "remote_score": ("得分 {score}", "score {score}"),
    "remote_incidents": ("事件 {n} 起", "{n} [n|incident|incidents]"),
    "remote_decided": ("本次决定", "Decided now"),
    "remote_earlier": ("上次决定", "Decided before"),
    "remote_labelled": ("{kind}：{title}", "{kind}: {title}"),
}

REASON_NAMES: dict[str, tuple[str, str]] = {
    "columns": ("列数不符", "Number of fields"),
    "quote": ("引号不成对", "Quotation marks"),
    "encoding": ("乱码", "Encoding"),
    "nul": ("空字节", "Zero bytes"),
    "too_long": ("过长", "Too long"),
    "no_time": ("缺时间", "No time"),
    "bad_time": ("时间有误", "Bad time"),
    "two_digit_year": ("两位年份", "Two-digit year"),
    "future_time": ("未来时间", "In the future"),
    "bad_position": ("位置有误", "Bad position"),
    "bad_crs": ("坐标系不明", "Unknown system"),
    "bad_place": ("地点不明", "Unknown place"),
    "no_type": ("缺类型", "No type"),
    "precision": ("编号失真", "Rounded id"),
    "cell_error": ("公式错误", "Error in a cell"),
    "no_value": ("公式未计算", "Formula without value"),
    "total_row": ("合计行", "Row of totals"),
    "geometry": ("没有点", "No point"),
}
"""Short names of the reasons of ``validate.REASONS``; their sentences stand there."""
FAULTS: dict[str, tuple[str, str]] = {
    "gap": ("下级没有盖满", "not covered by its parts"),
    "overlap": ("互相重叠", "overlap"),
    "orphan": ("没有上级", "no parent"),
    "outside_parent": ("下级伸出界外", "parts reach beyond it"),
    "invalid": ("图形无效", "invalid shape"),
    "duplicate_id": ("编号重复", "id given twice"),
}
COLUMNS: dict[str, tuple[str, str]] = {
    "time": ("时间", "Time"),
    "clock": ("时刻", "Time of day"),
    "lon": ("经度", "Longitude"),
    "lat": ("纬度", "Latitude"),
    "type": ("类型", "Type"),
    "id": ("编号", "Id"),
    "place": ("地点路径", "Place path"),
    "crs": ("坐标系列", "System by row"),
    "severity": ("严重程度", "Severity"),
    "status": ("状态", "Status"),
    "received_at": ("接收时间", "Received"),
}
"""What a file's columns can be."""
STAGES: dict[str, tuple[str, str]] = {
    "读取与校验": ("读取与校验", "Reading and checking"),
    "入库": ("入库", "Publishing"),
    "定位与计数": ("定位与计数", "Locating and counting"),
}
"""What a child process says that it is doing."""
LEVELS: dict[PlaceLevel, tuple[str, str]] = {
    PlaceLevel.DISTRICT: ("区", "Districts"),
    PlaceLevel.STREET: ("镇街", "Streets"),
    PlaceLevel.COMMUNITY: ("村居", "Communities"),
    PlaceLevel.GRID_CELL: ("网格", "Grid cells"),
}
LEVELS_OF_ONE: dict[PlaceLevel, str] = {
    PlaceLevel.DISTRICT: "District",
    PlaceLevel.STREET: "Street",
    PlaceLevel.COMMUNITY: "Community",
    PlaceLevel.GRID_CELL: "Grid cell",
}
"""In English; Chinese has no plural."""
KINDS: dict[PeriodKind, tuple[str, str]] = {
    PeriodKind.DAY: ("日", "Day"),
    PeriodKind.WEEK: ("周", "Week"),
    PeriodKind.MONTH: ("月", "Month"),
    PeriodKind.QUARTER: ("季", "Quarter"),
    PeriodKind.YEAR: ("年", "Year"),
    PeriodKind.RANGE: ("时段", "Range"),
}
BANDS: dict[Band, tuple[str, str]] = {
    Band.EXCELLENT: ("优秀", "Excellent"),
    Band.GOOD: ("良好", "Good"),
    Band.STEADY: ("平稳", "Steady"),
    Band.POOR: ("较差", "Poor"),
}
LAYER_NAMES: dict[str, tuple[str, str]] = {
    "hotspots": ("热点", "Hot spots"),
    "emerging": ("新兴热点", "Emerging"),
    "clusters": ("聚集", "Clusters"),
    "near_repeat": ("近重复", "Near repeats"),
    "density": ("密度", "Density"),
}
EMERGENCE_NAMES: dict[Emergence, tuple[str, str]] = {
    Emergence.NONE: ("无明显规律", "No clear pattern"),
    Emergence.NEW: ("新增", "New"),
    Emergence.CONSECUTIVE: ("连续", "Consecutive"),
    Emergence.INTENSIFYING: ("加剧", "Intensifying"),
    Emergence.PERSISTENT: ("持续", "Persistent"),
    Emergence.DIMINISHING: ("减弱", "Diminishing"),
    Emergence.SPORADIC: ("零星", "Sporadic"),
    Emergence.OSCILLATING: ("振荡", "Oscillating"),
    Emergence.HISTORICAL: ("历史", "Historical"),
}
EMERGENCE_WORDS: dict[Emergence, tuple[str, str]] = {
    Emergence.NONE: ("没有热过，或时热时不热", "never hot, or not in the end"),
    Emergence.NEW: ("最近一段才热", "hot in the last slice only"),
    Emergence.CONSECUTIVE: ("最近几段连续热", "hot in the last slices running"),
    Emergence.INTENSIFYING: ("一直热，还在升", "always hot, and rising"),
    Emergence.PERSISTENT: ("一直热，无升降", "always hot, no trend"),
    Emergence.DIMINISHING: ("一直热，在降", "always hot, and falling"),
    Emergence.SPORADIC: ("时有时无，现在热", "now and then, and now"),
    Emergence.OSCILLATING: ("曾经冷，现在热", "was cold, is hot now"),
    Emergence.HISTORICAL: ("一直热，最近不热", "was always hot, not in the end"),
}
GUARDS: dict[str, tuple[str, str]] = {
    "no_places": ("可比的网格不足三个，不作判断。", "Fewer than three cells can be compared: nothing is judged."),
    "too_few": ("事件不足 30 件，不作判断。", "Fewer than 30 incidents: nothing is judged."),
    "constant": ("各网格件数相同，没有热点可言。", "All cells have the same count: nothing stands out."),
    "no_neighbours": ("网格互不相邻，无从判断。", "No cell adjoins another: nothing can be judged."),
    "months_only": ("事件只精确到月，不能按天判断。", "Incidents are dated by month only: days cannot be judged."),
    "no_history": ("此前的数据不够长，还不能判断。", "The data do not reach back far enough yet."),
    "no_positions": ("事件没有坐标，画不出来。", "Incidents have no coordinates: nothing to draw."),
}
"""Why a pattern is not judged."""
_ORDINALS = "一二三四"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


NUMBERED = re.compile(r"\[(\w+)\|([^|\]]*)\|([^|\]]*)\]")
"""In an English text what stands for one and for more: ``{n} [n|place|places]``."""

DOCUMENT_FONTS: dict[str, tuple[str, str]] = {
    "title": ("方正小标宋简体", "宋体"),
    "body": ("仿宋_GB2312", "仿宋"),
    "black": ("黑体", "微软雅黑"),
    "script": ("楷体_GB2312", "楷体"),
}
"""Fonts of official documents as offices name them, and what may stand for each."""
FONT_PROBE = "珠海市镇街未定位"
"""A Chinese font has these characters."""
SHORT_PLACE = r"^(.{2,}?)(?:街道|社区|镇|乡|村|区| (?:District|Subdistrict|Town|Township|Community|Village))$"
"""On a map 香湾 is enough for 香湾街道; as assets/js/labels.js has it."""
WRITTEN_DATE = r"\d{4}年\d+月\d+日|\d{1,2} [A-Z][a-z]{2} \d{4}"
"""A day as it stands in a table: it is not broken into two lines."""


def text(lang: str, key: str, **values: object) -> str:
    """Return a text in ``"zh"`` or ``"en"`` with its values put in; English ones say what there is one of as one."""
    chosen = TEXTS[key][lang == "en"]
    return NUMBERED.sub(lambda found: found[2 if str(values[found[1]]) == "1" else 3], chosen).format(**values)


DAY_KIND_NAMES = {
    "workday": ("工作日", "Working days"),
    "weekend": ("周末", "Weekends"),
    "holiday": ("节假日", "Public holidays"),
    "off": ("周末和节假日", "Weekends and holidays"),
}


def day_kind_name(lang: str, days: str) -> str:
    """Return the name of a kind of day that a filter keeps."""
    return DAY_KIND_NAMES[days][lang == "en"]


WEEKDAY_NAMES = tuple(zip("一二三四五六日", ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True))


def weekday_name(lang: str, day: int) -> str:
    """Return the name of a weekday, Monday = 1."""
    chinese, english = WEEKDAY_NAMES[day - 1]
    return english if lang == "en" else f"周{chinese}"


def comparison_name(lang: str, compare: str, kind: PeriodKind) -> str:
    """Return what a change is told against: 环比, of a span of days the span before."""
    span = compare == "previous" and kind is PeriodKind.RANGE
    return text(lang, "compare_previous_span" if span else f"compare_{compare}")


def level_name(lang: str, level: PlaceLevel) -> str:
    """Return the name of a level."""
    return LEVELS[level][lang == "en"]


def level_counted(lang: str, level: PlaceLevel, n: object) -> str:
    """Return the name of a level as it stands after a number of its places, within a sentence."""
    if lang != "en":
        return level_name(lang, level)
    return (LEVELS_OF_ONE[level] if str(n) == "1" else level_name(lang, level)).lower()


def level_of_one(lang: str, level: PlaceLevel) -> str:
    """Return what one place of a level is called."""
    return LEVELS_OF_ONE[level] if lang == "en" else LEVELS[level][0]


def kind_name(lang: str, kind: PeriodKind) -> str:
    """Return the name of a kind of period."""
    return KINDS[kind][lang == "en"]


def band_name(lang: str, band: Band) -> str:
    """Return the name of a band."""
    return BANDS[band][lang == "en"]


def layer_name(lang: str, layer: str) -> str:
    """Return the name of a layer above the places."""
    return LAYER_NAMES[layer][lang == "en"]


def emergence_name(lang: str, kind: Emergence) -> str:
    """Return the name of a class of emerging hot spots."""
    return EMERGENCE_NAMES[kind][lang == "en"]


def emergence_words(lang: str, kind: Emergence) -> str:
    """Say in a few words what a class of emerging hot spots is."""
    return EMERGENCE_WORDS[kind][lang == "en"]


def guard_words(lang: str, reason: str) -> str:
    """Say why a pattern is not judged."""
    return GUARDS[reason][lang == "en"]


SOURCES: dict[str, tuple[str, str]] = {
    "city_management": ("城市管理", "City management"),
    "emergency": ("应急管理", "Emergency management"),
    "fire_rescue": ("消防救援", "Fire and rescue"),
    "health": ("卫生健康", "Health"),
    "hotline_12345": ("12345 热线", "Hotline 12345"),
    "human_resources": ("人社", "Human resources"),
    "market": ("市场监管", "Market supervision"),
    "petition": ("信访", "Petitions"),
    "police_110": ("公安 110", "Police 110"),
    "traffic_police": ("交警", "Traffic police"),
}
"""What the sources of the demo city are called; a clerk's own sources are called what the clerk calls them."""


def source_name(lang: str, source: str) -> str:
    """Return what a source is called on the page."""
    return SOURCES[source][lang == "en"] if source in SOURCES else source


def reason_name(lang: str, reason: str) -> str:
    """Return the short name of a reason for which rows are set aside."""
    return REASON_NAMES[reason][lang == "en"] if reason in REASON_NAMES else reason


def fault_name(lang: str, kind: str) -> str:
    """Return the name of a fault of boundaries."""
    return FAULTS[kind][lang == "en"]


def column_name(lang: str, key: str) -> str:
    """Return the name of a column that a file may have."""
    return COLUMNS[key][lang == "en"]


def stage_name(lang: str, said: str) -> str:
    """Return what a child process says that it is doing."""
    return STAGES[said][lang == "en"] if said in STAGES else said


def _day(day: dt.date, after: dt.date | None = None) -> str:
    """Return a day as it is spoken; after one of the same year without its year."""
    year = "" if after is not None and after.year == day.year else f"{day.year}年"
    return f"{year}{day.month}月{day.day}日"


def _months(period: Period) -> tuple[str, str]:
    """Return whole months as they are spoken: 2026年3月至5月, Mar to May 2026."""
    first, last = period.start, period.end - dt.timedelta(days=1)
    same = first.year == last.year
    chinese = f"{first.year}年{first.month}月至{'' if same else f'{last.year}年'}{last.month}月"
    english = f"{_MONTHS[first.month - 1]}{'' if same else f' {first.year}'} to {_MONTHS[last.month - 1]} {last.year}"
    return chinese, english


@lru_cache(maxsize=4096)
def period_name(lang: str, period: Period) -> str:
    """Return a period as it is spoken: 2026年10月, Oct 2026."""
    start = period.start
    if period.kind is PeriodKind.RANGE and start.day == period.end.day == 1:
        whole = Period.containing(start, PeriodKind.MONTH)
        return period_name(lang, whole) if whole.end == period.end else _months(period)[lang == "en"]
    month = _MONTHS[start.month - 1]
    year, week, _ = start.isocalendar()
    quarter = (start.month + 2) // 3
    last = period.end - dt.timedelta(days=1)
    chinese, english = {
        PeriodKind.DAY: (f"{start.year}年{start.month}月{start.day}日", f"{start.day} {month} {start.year}"),
        PeriodKind.WEEK: (f"{year}年第{week}周", f"Week {week}, {year}"),
        PeriodKind.MONTH: (f"{start.year}年{start.month}月", f"{month} {start.year}"),
        PeriodKind.QUARTER: (f"{start.year}年第{_ORDINALS[quarter - 1]}季度", f"Q{quarter} {start.year}"),
        PeriodKind.YEAR: (f"{start.year}年", f"{start.year}"),
        PeriodKind.RANGE: (f"{_day(start)}至{_day(last, start)}", f"{start} to {last}"),
    }[period.kind]
    return english if lang == "en" else chinese


def period_short(lang: str, period: Period) -> str:
    """Return a period as a chart's axis has room for it: 第44周, 23年四季度, Oct 26."""
    start = period.start
    month, week = _MONTHS[start.month - 1], start.isocalendar().week
    quarter = (start.month + 2) // 3
    last = period.end - dt.timedelta(days=1)
    if period.kind is PeriodKind.MONTH and start.month == 1:
        return str(start.year)
    chinese, english = {
        PeriodKind.DAY: (f"{start.month}月{start.day}日", f"{start.day} {month}"),
        PeriodKind.WEEK: (f"第{week}周", f"W{week}"),
        PeriodKind.MONTH: (f"{start.year % 100:02d}年{start.month}月", f"{month} {start.year % 100:02d}"),
        PeriodKind.QUARTER: (
            f"{start.year % 100:02d}年{_ORDINALS[quarter - 1]}季度",
            f"Q{quarter} {start.year % 100:02d}",
        ),
        PeriodKind.YEAR: (f"{start.year}", f"{start.year}"),
        PeriodKind.RANGE: (f"{last.month}月{last.day}日止", f"to {last.day} {_MONTHS[last.month - 1]}"),
    }[period.kind]
    return english if lang == "en" else chinese
