"""The parts of the data page: sums that close, both languages, no number for what is missing, texts that stay texts."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
from contextlib import suppress
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.boundaries import BoundaryFault
from geodata.city import CityData
from geodata.errors import SelectionError
from geodata.quality import BatchFigures, RowPage, SourceQuality, source_quality
from geodata.store import Batch
from geodata.validate import REASONS
from geodata.vocabulary import PlaceLevel
from layers.data.batches import batches_section, parts_of
from layers.data.boundaries import area, boundaries_section, map_payload
from layers.data.examination import SYSTEMS, examination_parts, system_label, system_name
from layers.data.opened import Opened, opened_panel
from layers.data.parts import moment, percent, size, span
from layers.data.sources import sources_section
from layers.data.view import BATCHES_A_PAGE, ROWS_A_PAGE, SHOWN, DataView, parse_data_view
from layers.data.wizard import COLUMNS, STEPS, Wizard, progress, wizard_panel
from layers.pages import data as layout
from layers.text import COLUMNS as COLUMN_NAMES
from layers.text import FAULTS, REASON_NAMES
from tests.callbacks.desk import fields, rows_of
from tests.layers import NOT_NUMBERS, components, links, plain, said, with_class

ZONE = ZoneInfo("Asia/Shanghai")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
EVIL = "<script>alert(1)</script>"
EXAMINATION = {
    "declared": "wgs84",
    "likely": {"system": "gcj02", "swapped": False, "packing": ""},
    "confidence": 0.97,
    "sure": True,
    "n": 400,
    "candidates": [
        {"reading": "gcj02", "system": "gcj02", "swapped": False, "packing": "", "fit_m": 12.5, "inside": 0.99},
        {"reading": "wgs84", "system": "wgs84", "swapped": False, "packing": "", "fit_m": 88.0, "inside": 0.92},
        {"reading": "swapped:EPSG:4547", "system": "EPSG:4547", "swapped": True, "packing": "", "inside": None},
    ],
    "wrong_share": {"district": 0.03, "community": 0.33},
    "to_ask": True,
    "zh": "写的是 WGS-84，看来其实是 GCJ-02。",
    "en": "Declared as WGS-84, this looks like GCJ-02.",
}  # fmt: skip


def batch(number: int = 7, **changes: Any) -> Batch:
    facts: dict[str, Any] = {
        "id": number,
        "source": "police",
        "file_name": f"{EVIL}.csv",
        "sha256": "0" * 64,
        "crs": "wgs84",
        "mapping": "usual names",
        "rows": 1203,
        "stored": 1100,
        "known": 50,
        "corrected": 3,
        "set_aside": 50,
        "reasons": {"bad_time": 30, "columns": 20},
        "unmapped": {EVIL: 4, "odd": 1},
        "details": {
            "kind": "csv",
            "encoding": "gb18030",
            "notes": [["合并了表头。", "joined."]],
            "examination": EXAMINATION,
        },
        "first_day": "2026-10-01",
        "last_day": "2026-10-31",
        "imported_at": "2026-11-01T16:30:00+00:00",
        "state": "done",
    }
    return Batch(**facts | changes)


def quality(**changes: Any) -> SourceQuality:
    facts: dict[str, Any] = {
        "source": "police",
        "incidents": 1000,
        "first_day": dt.date(2025, 1, 1),
        "last_day": dt.date(2026, 10, 31),
        "behind_days": 0,
        "usual_per_day": 20.0,
        "monthly": False,
        "steps": 90,
        "steps_with": 90,
        "inside": 980,
        "outside": 15,
        "unlocated": 5,
        "hour_known": 1000,
        "rows": 1010,
        "set_aside": 10,
        "batches": 2,
        "last": BatchFigures(2, 40.0, 0.05),
        "before": BatchFigures(1, 20.0, 0.01),
        "new_words": (),
    }
    return SourceQuality(**facts | changes)


def numbers(line: str) -> list[int]:
    return [int(n.replace("\u2009", "")) for n in re.findall(r"\d[\d\u2009]*", line)]


# --- the link ---


views = st.builds(
    DataView,
    lang=st.sampled_from(["zh", "en"]),
    source=st.sampled_from(["", "police", "a&b=c ü 中"]),
    older=st.integers(0, 99),
    batch=st.sampled_from([7, 8]),
    show=st.sampled_from(["", *SHOWN]),
    page=st.integers(0, 999),
)


@given(views, st.sampled_from(["", *REASONS]))
@settings(deadline=None)
def test_a_view_and_its_link_make_each_other(view: DataView, reason: str) -> None:
    view = view.but(reason=reason if view.show == "set_aside" else "")
    there = [batch(7), batch(8, source="a&b=c ü 中")]
    assert parse_data_view(view.search(), there) == view


@given(st.text(max_size=60))
@settings(deadline=None)
def test_any_other_link_is_refused_and_nothing_else_happens(text: str) -> None:
    with suppress(SelectionError):
        assert isinstance(parse_data_view(text, [batch()]), DataView)


@pytest.mark.parametrize("search", [None, "", "?"])
def test_no_link_is_the_first_view(search: str | None) -> None:
    assert parse_data_view(search, []) == DataView()
    assert DataView().href() == "/data/"


# --- numbers and words ---


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0.0, "0"),
        (1.0, "100"),
        (0.5, "50"),
        (0.0001, "<\u20090.1"),
        (0.9999, ">\u200999.9"),
        (0.123456, "12.3"),
        (0.01, "1"),
    ],
)
def test_a_share_never_rounds_to_all_or_nothing(share: float, shown: str) -> None:
    assert percent(share) == f"{shown}\u2009%"


def test_a_share_without_decimals() -> None:
    assert [percent(x, 0) for x in (0.0, 0.004, 0.5, 0.997, 1.0)] == [
        "0\u2009%", "<\u20091\u2009%", "50\u2009%", ">\u200999\u2009%", "100\u2009%",
    ]  # fmt: skip


def test_sizes_spans_moments_and_areas() -> None:
    assert [size(n) for n in (0, 1023, 1024, 5 * 1024**2, 3 * 1024**3)] == [
        "0\u2009B", "1023\u2009B", "1.0\u2009KB", "5.0\u2009MB", "3.0\u2009GB",
    ]  # fmt: skip
    assert span("", "") == "−"
    assert span("2026-10-01", "2026-10-01") == "2026-10-01"
    assert span("2026-10-01", "2026-10-02") == "2026-10-01 – 2026-10-02"
    assert moment("2026-11-01T16:30:00+00:00", ZONE) == "2026-11-02 00:30"
    assert (area(12.4), area(99_999), area(100_000)) == ("12 m²", "99\u2009999 m²", "0.10 km²")


def test_every_reason_fault_and_column_has_a_short_name() -> None:
    assert set(REASON_NAMES) == set(REASONS)
    assert set(FAULTS) == {"gap", "overlap", "orphan", "outside_parent", "invalid", "duplicate_id"}
    assert set(COLUMN_NAMES) == set(COLUMNS)


def test_every_system_that_is_offered_has_a_name() -> None:
    for code in SYSTEMS:
        assert system_name(code)
        assert code.startswith("EPSG") or code not in system_label(code, "zh")
    assert system_name("no such system") == "no such system"
    assert system_label("gcj02", "zh") == "GCJ-02（高德、腾讯）"


# --- sources ---


def row_of(source: SourceQuality, lang: str = "zh") -> str:
    return said(sources_section([source], DataView(lang=lang)))


def test_the_sources_of_the_demo_city_are_told_in_both_languages(demo_city: CityData) -> None:
    sources = source_quality(demo_city, {})
    assert len(sources) >= 8
    for lang in ("zh", "en"):
        told = said(sources_section(sources, DataView(lang=lang)))
        assert not NOT_NUMBERS.search(told)
        for source in sources:
            assert source.source in told


@pytest.mark.parametrize(
    ("changes", "word", "mark"),
    [
        ({"behind_days": 0}, "最新", "●"),
        ({"behind_days": 2}, "最新", "●"),
        ({"behind_days": 3}, "迟到", "▲"),
        ({"behind_days": 32}, "中断", "■"),
        ({"behind_days": 20, "usual_per_day": 0.1}, "最新", "●"),
        ({"last_day": None, "incidents": 0, "inside": 0, "outside": 0, "unlocated": 0, "steps": 0}, "中断", "■"),
    ],
)
def test_freshness_is_a_word_and_a_shape(changes: dict[str, Any], word: str, mark: str) -> None:
    shown = with_class(sources_section([quality(**changes)], DataView()), "fresh")[0]
    assert said(shown).split("\n") == [mark, word]


def test_silent_days_are_told_unless_they_are_usual() -> None:
    assert "没有空档" in row_of(quality())
    assert "10 天无数据" in row_of(quality(steps_with=80))
    assert "按其频率属正常" in row_of(quality(steps_with=40, usual_per_day=0.6))
    assert "2 个月无数据" in row_of(quality(monthly=True, steps=3, steps_with=1))


def test_what_the_last_batch_changed_is_told_in_words() -> None:
    told = row_of(quality(new_words=("甲", "乙")))
    assert "每天 40 行 （上批 20） 多 100\u2009%" in told
    assert "搁置 5\u2009% （上批 1\u2009%）" in told
    assert "新出现未归类的词：甲、乙" in told
    assert "多" not in row_of(quality(last=BatchFigures(2, 21.0, 0.01)))
    assert "少 50\u2009%" in row_of(quality(last=BatchFigures(2, 10.0, 0.01)))
    assert "等" in row_of(quality(new_words=tuple("甲乙丙丁戊")))


def test_the_first_batch_is_compared_with_nothing() -> None:
    told = row_of(quality(before=None, last=BatchFigures(1, float("nan"), 0.0)))
    assert "上批" not in told
    assert not NOT_NUMBERS.search(told)


def test_no_source_is_a_designed_state() -> None:
    for lang in ("zh", "en"):
        assert len(with_class(sources_section([], DataView(lang=lang)), "state")) == 1


# --- batches ---


@given(st.lists(st.integers(0, 10**7), min_size=4, max_size=4), st.sampled_from(["zh", "en"]))
@settings(deadline=None)
def test_the_line_of_a_batch_adds_up_as_it_is_printed(parts: list[int], lang: str) -> None:
    new, known, corrected, aside = parts
    one = batch(rows=sum(parts), stored=new, known=known, corrected=corrected, set_aside=aside)
    line = with_class(batches_section([one], {}, DataView(lang=lang), ZONE), "sum")[0]
    total, *printed = numbers_of(line)
    assert printed == parts
    assert total == sum(printed)


def numbers_of(line: dict[str, Any]) -> list[int]:
    return numbers(" ".join(text for text in said(line["props"]["children"]).split("\n")))


def test_every_part_that_is_not_nothing_opens_its_rows() -> None:
    section = batches_section([batch(known=0, stored=1150)], {7: 5}, DataView(), ZONE)
    opened = {parse_data_view(h.removeprefix("/data/"), [batch()]).show for h in links(section)}
    assert opened == {"", "new", "corrected", "set_aside"}
    assert "已补回 5" in said(section)
    assert parts_of(batch()) == {"new": 1100, "known": 50, "corrected": 3, "set_aside": 50}


def test_batches_come_a_page_at_a_time_and_none_is_lost() -> None:
    many = [batch(number, source="a" if number % 3 else "b") for number in range(1, 68)]
    seen: list[int] = []
    for older in range(4):
        section = batches_section(many, {}, DataView(older=older), ZONE)
        rows = plain(with_class(section, "batches")[0])["props"]["children"]["props"]["children"][1]["props"][
            "children"
        ]
        assert len(rows) <= BATCHES_A_PAGE
        seen += [int(said(row["props"]["children"][0]).split("\n")[0]) for row in rows]
    assert seen == list(range(67, 0, -1))
    filtered = said(batches_section(many, {}, DataView(source="b"), ZONE))
    assert "共 22 条" in filtered


def test_a_batch_that_was_taken_back_says_so() -> None:
    assert "已撤销" in said(batches_section([batch(state="undone")], {}, DataView(), ZONE))


def test_no_batch_is_a_designed_state() -> None:
    assert len(with_class(batches_section([], {}, DataView(), ZONE), "state")) == 1


# --- the opened batch ---


def aside_rows(n: int = 3) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "row": range(1, n + 1),
            "reason": ["bad_time", "columns", "geometry"][:n],
            "column": ["时间", "", ""][:n],
            "text": [EVIL, "7 ≠ 6", ""][:n],
            "raw": [json.dumps({"时间": EVIL, "空": ""}), json.dumps({"line": "a,b,c"}), "no json"][:n],
            "mended_by": [0, 8, 0][:n],
        }
    )


def opened(city: CityData, view: DataView, rows: pd.DataFrame | None = None, **changes: Any) -> Any:
    total, allowed = changes.pop("total", 0 if rows is None else len(rows)), changes.pop("allowed", True)
    page = RowPage(rows, total, 0) if rows is not None else None
    return opened_panel(Opened(batch(**changes), 1, page, allowed), view, city)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_rows_set_aside_say_why_and_how_to_mend_them(demo_city: CityData, lang: str) -> None:
    view = DataView(lang=lang).opened(7, "set_aside")
    panel = opened(demo_city, view, aside_rows())
    told = said(panel)
    for reason in ("bad_time", "columns", "geometry"):
        assert REASONS[reason][lang == "en"] in told
    assert EVIL in told
    assert not NOT_NUMBERS.search(told)
    assert "/data/batches/7/set_aside.csv" in links(panel)
    assert DataView(lang=lang).opened(8).href() in json.dumps(rows_of(panel))


def test_every_reason_is_a_filter(demo_city: CityData) -> None:
    panel = opened(demo_city, DataView().opened(7, "set_aside", "columns"), aside_rows())
    chips = with_class(panel, "filters")[0]
    assert numbers(" ".join(said(chips).replace(REASONS["bad_time"][0], "").split("\n")))[:1] == [50]
    assert len(links(chips)) == 3
    assert said(with_class(chips, "on")[0]).split("\n")[:2] == ["列数不符", "20"]


def test_more_rows_than_a_page_have_a_way_to_the_next(demo_city: CityData) -> None:
    panel = opened(demo_city, DataView().opened(7, "set_aside"), aside_rows(), total=450)
    assert any("page=1" in link for link in links(panel))
    assert "共 450 条" in said(panel)
    assert ROWS_A_PAGE == 200


def test_stored_rows_are_shown_as_they_are_stored(demo_city: CityData) -> None:
    at = pd.Timestamp("2026-10-05 16:30", tz="UTC")
    rows = pd.DataFrame(
        {
            "row": [1, 2, 3],
            "occurred_at": [at, at, at],
            "time_precision": ["minute", "day", "month"],
            "incident_type": ["theft", "raw:怪", "theft"],
            "source_type": ["盗窃", "怪", "偷东西"],
            "lon": [113.5, float("nan"), float("nan")],
            "lat": [22.2, float("nan"), float("nan")],
            "place_key": ["", "珠海市/香洲区", ""],
            "incident_id": ["A", EVIL, ""],
        }
    )
    panel = opened(demo_city, DataView().opened(7, "new"), rows)
    assert [row[1] for row in rows_of(panel)] == ["2026-10-06 00:30", "2026-10-06", "2026-10"]
    told = said(panel)
    for word in ("113.50000, 22.20000", "珠海市/香洲区", "未定位", "偷东西", EVIL):
        assert word in told, word
    assert not NOT_NUMBERS.search(told)


@pytest.mark.parametrize(("allowed", "state", "can"), [(True, "done", 1), (False, "done", 0), (True, "undone", 0)])
def test_only_who_may_can_take_a_live_batch_back(demo_city: CityData, allowed: bool, state: str, can: int) -> None:
    panel = opened(demo_city, DataView().opened(7), state=state, allowed=allowed)
    assert len(with_class(panel, "undo")) == can


def test_the_examination_tells_candidates_and_cost() -> None:
    told = said(examination_parts(EXAMINATION, "zh"))
    for word in ("看来其实是 GCJ-02", "看来是", "声明", "两列颠倒", "村居", "33\u2009%", "3\u2009%"):
        assert word in told
    assert not CHINESE.search(said(examination_parts(EXAMINATION, "en")))
    unsure = said(examination_parts({**EXAMINATION, "sure": False}, "zh"))
    assert "最像" in unsure
    assert "看来是" not in unsure.replace("看来其实是", "")
    assert "没有做坐标体检" in said(examination_parts(None, "zh"))


# --- boundaries ---


def test_boundaries_are_being_checked_then_told(demo_city: CityData) -> None:
    view = DataView()
    assert "正在检查" in said(boundaries_section(demo_city, None, view))
    assert "没有空隙" in said(boundaries_section(demo_city, [], view))
    assert "没有完成" in said(boundaries_section(demo_city, None, view, failed="MemoryError"))


def test_a_fault_leads_to_its_places_on_the_map(demo_city: CityData) -> None:
    first, second = demo_city.places["place_id"][demo_city.places["level"] == "street"].iloc[:2]
    faults = [
        BoundaryFault("gap", PlaceLevel.STREET, first, 2.0, False),
        BoundaryFault("overlap", PlaceLevel.STREET, f"{first} × {second}", 3e6, True),
        BoundaryFault("orphan", PlaceLevel.STREET, "gone", 0.0, True),
    ]
    for lang in ("zh", "en"):
        section = boundaries_section(demo_city, faults, DataView(lang=lang))
        assert not NOT_NUMBERS.search(said(section))
        lines = [c for c in components(plain(section)) if c["props"].get("data-bounds")]
        assert len(lines) == 2
        (south, west), (north, east) = json.loads(lines[0]["props"]["data-bounds"])
        assert south < north
        assert west < east
        assert "3.00 km²" in said(lines[0])  # errors first
    payload = map_payload(demo_city, faults)
    assert set(payload["wrong"][0]["ids"]) == {first, second}
    assert all(demo_city.boundary_version in url for url in payload["outlines"])
    assert map_payload(demo_city, None)["wrong"] == []


# --- the import ---

INSPECTION = {
    "kind": "excel", "encoding": "", "separator": "", "crs": None, "sheets": ["一", "二"], "sheet": "二",
    "header_row": 3, "notes": [["合并表头。", "joined."]], "columns": ["时间", EVIL], "sample": [["2026", EVIL]],
    "set_aside": [["4", "columns", "7 ≠ 6"]], "mapping": {"time": ["时间"]}, "mapping_text": "", "remembered": False,
    "missing": ["缺", "missing"],
}  # fmt: skip
REPORT = {
    "batch": None, "repeated": None, "token": "ab", "rows": 65, "stored": 58, "known": 1, "corrected": 1,
    "set_aside": 5, "reasons": {"bad_time": 3, "columns": 2}, "unmapped": {EVIL: 9}, "encoding": "", "separator": "",
    "kind": "excel", "crs": "wgs84", "notes": [], "first_day": "2026-10-01", "last_day": "2026-10-02",
    "examination": EXAMINATION, "inside": {"inside": 0.9, "outside": 0.1, "unlocated": 0.0},
}  # fmt: skip
WIZARD = Wizard(
    token="t",  # noqa: S106 - of an upload
    name=f"{EVIL}.xlsx",
    n_bytes=12345,
    source="police",
    chosen={"time": "时间", "=crs": "EPSG:4549"},
)
STATES = {
    "file": Wizard(),
    "mends": Wizard(mends=7, source="police"),
    "looking": dataclasses.replace(WIZARD, running="j", doing="inspect"),
    "columns": dataclasses.replace(WIZARD, step="columns", inspection=INSPECTION),
    "not readable": dataclasses.replace(WIZARD, step="columns", error=("坏了。", "it is broken.")),
    "checking": dataclasses.replace(WIZARD, step="columns", running="j", doing="check"),
    "checked": dataclasses.replace(
        WIZARD, step="checked", report=REPORT, inspection=INSPECTION, first_aside={"bad_time": [(4, "时间", EVIL)]}
    ),
    "repeated": dataclasses.replace(WIZARD, step="checked", report={**REPORT, "repeated": 7}),
    "publishing": dataclasses.replace(WIZARD, step="checked", report=REPORT, running="j", doing="publish"),
    "published": dataclasses.replace(WIZARD, step="published", report=REPORT, batch=8),
}


@pytest.mark.parametrize("name", STATES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_state_of_an_import_has_a_panel(name: str, lang: str) -> None:
    panel = wizard_panel(STATES[name], lang, ["police"], ["theft"])
    told = said(panel)
    assert not NOT_NUMBERS.search(re.sub(r"\{.*?\}", "", told))
    here = with_class(panel, "here")
    assert len(here) == 1
    coming = {"looking": "columns", "checking": "checked", "publishing": "published"}
    assert said(here[0]).split("\n")[0] == str(STEPS.index(coming.get(name, STATES[name].step)) + 1)
    if lang == "en":
        assert not CHINESE.search(re.sub("时间|一|二", "", told))  # the file's own words


def test_a_running_job_can_be_cancelled_unless_it_publishes() -> None:
    def can(name: str) -> bool:
        body = with_class(wizard_panel(STATES[name], "zh", [], []), "actions")
        return "取消" in said(body)

    assert can("looking")
    assert can("checking")
    assert not can("publishing")


def test_the_columns_that_are_proposed_are_chosen() -> None:
    panel = plain(wizard_panel(STATES["columns"], "zh", [], []))
    chosen = fields(panel)
    assert {f"col_{key}" for key in COLUMNS} | {"crs", "sheet"} < set(chosen)
    assert chosen["col_time"] == "时间"
    assert chosen["col_lon"] == ""
    assert chosen["sheet"] == "二"
    assert chosen["crs"] == "EPSG:4549"  # what the file says is offered, even if it is none of the usual ones
    assert "还要选出：经度、纬度、类型" in said(panel)


def test_a_contradiction_must_be_ticked_or_read_otherwise() -> None:
    panel = wizard_panel(STATES["checked"], "zh", [], [])
    assert len(with_class(panel, "tick")) == 1
    events = [json.loads(c["props"]["data-event"]) for c in components(plain(panel)) if c["props"].get("data-event")]
    assert {"kind": "check", "crs": "gcj02", "as_before": 1} in events
    swapped = {**EXAMINATION, "likely": {"system": "gcj02", "swapped": True, "packing": ""}}
    other = dataclasses.replace(STATES["checked"], report={**REPORT, "examination": swapped})
    assert not any(
        '"as_before"' in str(c["props"].get("data-event")) for c in components(plain(wizard_panel(other, "zh", [], [])))
    )
    agrees = dataclasses.replace(STATES["checked"], report={**REPORT, "examination": {**EXAMINATION, "to_ask": False}})
    assert with_class(wizard_panel(agrees, "zh", [], []), "tick") == []


def test_progress_is_told_in_the_language_of_the_page() -> None:
    assert progress("读取与校验", 0.4, "zh") == "读取与校验 40\u2009%"
    assert progress("读取与校验", 0.4, "en") == "Reading and checking 40\u2009%"
    assert progress("", 0.0, "zh") == ""


# --- the frame ---


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_frame_leads_to_the_map_and_to_the_other_language(demo_city: CityData, lang: str) -> None:
    view = DataView(lang=lang, source="police_110")
    bar = layout.topbar(view, demo_city, allowed=True)
    assert ("/" if lang == "zh" else "/?lang=en") in links(bar)
    assert view.but(lang="en" if lang == "zh" else "zh").href() in links(bar)
    assert with_class(bar, "primary")


def test_who_may_not_import_is_told_how_it_is_turned_on(demo_city: CityData) -> None:
    assert not with_class(layout.topbar(DataView(), demo_city, allowed=False), "primary")
    assert "--allow-import" in said(layout.banners(DataView(), demo_city, allowed=False))
    assert "--allow-import" not in said(layout.banners(DataView(), demo_city, allowed=True))
    assert "SIMULATED" in said(layout.banners(DataView(), demo_city, allowed=True))


def test_texts_of_a_file_are_never_markup(demo_city: CityData) -> None:
    parts = [
        batches_section([batch()], {}, DataView(), ZONE),
        opened(demo_city, DataView().opened(7)),
        opened(demo_city, DataView().opened(7, "set_aside"), aside_rows()),
        *(wizard_panel(state, "zh", [EVIL], [EVIL]) for state in STATES.values()),
    ]
    for part in parts:
        kinds = {(c["namespace"], c["type"]) for c in components(plain(part))}
        assert {namespace for namespace, _ in kinds} <= {"dash_html_components", "dash_core_components"}
        assert not {"Markdown", "Iframe", "Script", "DangerouslySetInnerHTML"} & {kind for _, kind in kinds}
