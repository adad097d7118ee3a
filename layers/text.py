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
    "comma": ("、", ", "),
    "and": ("与", " and "),
    "page_before": ("上一页", "Previous"),
    "page_after": ("下一页", "Next"),
    "page_of": ("第 {first}–{last} 条，共 {all} 条", "{first}–{last} of {all}"),
    "sources": ("来源", "Sources"),
    "sources_note": ("完整度按近 {days} 天计", "completeness over the last {days} days"),
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
    "new_words_more": ("新出现 {n} 个未归类的词：{words} 等", "{n} new unknown words: {words} …"),
    "batch_n": ("批次 {n}", "Batch {n}"),
    "no_days": ("没有可用的日期", "no usable day"),
    "rows_a_day": ("每天 {n} 行", "{n} rows a day"),
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
    "rows_total": ("共 {n} 行", "{n} rows"),
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
    "more_words": ("另有 {n} 个词", "{n} more words"),
    "undo": ("撤销批次", "Take the batch back"),
    "undo_ask": (
        "撤销后，这一批的 {n} 行不再计数；文件仍保留，可重新导入。",
        "Its {n} rows are no longer counted then; the file can be imported again.",
    ),
    "undo_yes": ("确认撤销", "Yes, take it back"),
    "all_mended": ("这一批搁置的行已全部补回。", "All rows set aside by this batch were brought back."),
    "download": ("下载搁置的 {n} 行", "Download the {n} rows"),
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
    "faults_n": ("{errors} 处错误，{noise} 处画线误差", "{errors} errors, {noise} slivers of drawing"),
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
