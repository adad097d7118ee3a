"""Every text of the pages, in Chinese and in English."""

from __future__ import annotations

from geodata.vocabulary import Band, Period, PeriodKind, PlaceLevel

TEXTS: dict[str, tuple[str, str]] = {
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
    "incidents_n": ("{n} 件", "{n} incidents"),
    "interval": ("90% 区间 {low}–{high}", "90 % interval {low}–{high}"),
    "interval_label": ("90% 区间", "90 % interval"),
    "no_data": ("无数据", "No data"),
    "not_sure": ("差异不显著", "not significant"),
    "sure": ("差异显著", "significant"),
    "no_comparison": ("上期数据不全，不作比较", "the earlier data are incomplete, not compared"),
    "compare_previous": ("环比", "vs prev."),
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
    "scheme_quantile": (
        "分级：按全部周期五等分，已锁定（{fingerprint}）",
        "Classes: quintiles over all periods, locked ({fingerprint})",
    ),
    "range_between": ("{low}–{high}", "{low}–{high}"),
    "closing": (
        "合计 {total} = {level} {places} + 未定位 {unlocated} + 界外 {outside}",
        "Total {total} = {level} {places} + unlocated {unlocated} + outside {outside}",
    ),
    "closing_leaf": ("合计 {total}（{level}，无下级）", "Total {total} ({level}, nothing finer)"),
    "trend": ("走势", "Trend"),
    "trend_score": ("得分与 90% 区间", "score with 90 % interval"),
    "trend_count": ("事件数", "incidents"),
    "top_types": ("类型", "Types"),
    "hour_week": ("时段", "Hour and weekday"),
    "hour_unknown": ("{n} 件没有钟点，未计入", "{n} without an hour are left out"),
    "months_only": ("数据只精确到月，无时段分布", "Dated by month only; no hours"),
    "children": ("各{level}", "{level}"),
    "children_more": ("仅列出前 {n} 个，共 {all} 个", "the first {n} of {all}"),
    "name": ("名称", "Name"),
    "count": ("件数", "Count"),
    "other_types": ("其他 {n} 类", "{n} other types"),
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
    "not_scored_sub": ("{name}不计分，地图显示发生率", "{name} carries no score; the map shows rates"),
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
        "本市未接入足够的数据源，不计算平安+指数，地图显示发生率",
        "Too few sources for a PingAn+ score; the map shows rates",
    ),
    "single_type": ("单一类型不计分，地图显示发生率", "One type has no score; the map shows its rate"),
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
    "hint": ("单击进入，退格键返回", "Click to enter, Backspace to return"),
    "hint_leaf": ("单击换一个，退格键返回", "Click for another one, Backspace to return"),
    "retry": ("地图边界未能加载，点此重试", "The outlines did not load. Click to retry"),
    "points_failed": ("事件点未能加载", "Incident points did not load"),
    "reset": ("复位", "Reset"),
    "zoom_in": ("放大", "Zoom in"),
    "zoom_out": ("缩小", "Zoom out"),
    "open": ("打开", "Open"),
    "sheet": ("展开或收起面板", "Open or close the panel"),
    "remove": ("移除", "Remove"),
    "chip_period": ("{period}", "{period}"),
    "chip_level": ("层级：{level}", "Level: {level}"),
    "error_title": ("链接无效", "This link cannot be opened"),
    "error_home": ("回到首页", "Back to the first page"),
    "empty_title": ("还没有数据", "No data yet"),
    "weekdays": ("一 二 三 四 五 六 日", "Mon Tue Wed Thu Fri Sat Sun"),
    "hour_axis": ("时", "h"),
}

LEVELS: dict[PlaceLevel, tuple[str, str]] = {
    PlaceLevel.DISTRICT: ("区", "Districts"),
    PlaceLevel.STREET: ("镇街", "Streets"),
    PlaceLevel.COMMUNITY: ("村居", "Communities"),
    PlaceLevel.GRID_CELL: ("网格", "Grid cells"),
}
KINDS: dict[PeriodKind, tuple[str, str]] = {
    PeriodKind.DAY: ("日", "Day"),
    PeriodKind.WEEK: ("周", "Week"),
    PeriodKind.MONTH: ("月", "Month"),
    PeriodKind.QUARTER: ("季", "Quarter"),
    PeriodKind.YEAR: ("年", "Year"),
}
BANDS: dict[Band, tuple[str, str]] = {
    Band.EXCELLENT: ("优秀", "Excellent"),
    Band.GOOD: ("良好", "Good"),
    Band.STEADY: ("平稳", "Steady"),
    Band.POOR: ("较差", "Poor"),
}
_ORDINALS = "一二三四"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def text(lang: str, key: str, **values: object) -> str:
    """Return a text in ``"zh"`` or ``"en"`` with its values put in."""
    return TEXTS[key][lang == "en"].format(**values)


def level_name(lang: str, level: PlaceLevel) -> str:
    """Return the name of a level."""
    return LEVELS[level][lang == "en"]


def kind_name(lang: str, kind: PeriodKind) -> str:
    """Return the name of a kind of period."""
    return KINDS[kind][lang == "en"]


def band_name(lang: str, band: Band) -> str:
    """Return the name of a band."""
    return BANDS[band][lang == "en"]


def period_name(lang: str, period: Period) -> str:
    """Return a period as it is spoken: 2026年10月, Oct 2026."""
    start = period.start
    month = _MONTHS[start.month - 1]
    year, week, _ = start.isocalendar()
    quarter = (start.month + 2) // 3
    chinese, english = {
        PeriodKind.DAY: (f"{start.year}年{start.month}月{start.day}日", f"{start.day} {month} {start.year}"),
        PeriodKind.WEEK: (f"{year}年第{week}周", f"Week {week}, {year}"),
        PeriodKind.MONTH: (f"{start.year}年{start.month}月", f"{month} {start.year}"),
        PeriodKind.QUARTER: (f"{start.year}年第{_ORDINALS[quarter - 1]}季度", f"Q{quarter} {start.year}"),
        PeriodKind.YEAR: (f"{start.year}年", f"{start.year}"),
    }[period.kind]
    return english if lang == "en" else chinese


def period_short(lang: str, period: Period) -> str:
    """Return a period as a chart's axis has room for it: 第44周, 23年四季度, Oct 26."""
    start = period.start
    month, week = _MONTHS[start.month - 1], start.isocalendar().week
    quarter = (start.month + 2) // 3
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
    }[period.kind]
    return english if lang == "en" else chinese
