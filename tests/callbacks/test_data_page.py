"""The data page over HTTP: every part is answered; a file goes in, is mended and taken back, and the numbers close."""

from __future__ import annotations

import csv
import io
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geodata.city import CityData
from geodata.coordinates import wgs84_to_gcj02
from geodata.store import Store
from layers.data import ids
from layers.data.view import parse_data_view
from layers.pages.data import page
from tests.callbacks import envelope, server_callbacks
from tests.callbacks.desk import CALL, OURS, Desk, fields, rows_of
from tests.layers import components, links, plain, said, with_class

ALL_IDS = {value for name, value in vars(ids).items() if name.isupper()}
IN_THE_PANEL = {ids.SOURCE_NAMES, ids.TYPE_NAMES}


@pytest.fixture(scope="module")
def desk(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Return a window on a city that these tests may change."""
    folder = tmp_path_factory.mktemp("desk") / "city"
    shutil.copytree(demo_folder, folder)
    return Desk(folder)


def messy(n: int = 60, *, first: int = 0, text: str = "甲") -> bytes:
    """Return a file as an office sends it: GB18030, an odd name for the time, five rows that cannot be used."""
    lines = ["编号,案发时刻点,经度,纬度,类型,备注"]
    lines += [
        f"Q{k},2026-10-{k % 28 + 1:02d} 08:{k % 60:02d},{113.5 + k / 2000:.5f},{22.24 + k / 3000:.5f},盗窃,{text}"
        for k in range(first, first + n)
    ]
    lines += [
        "Z1,26-10-05 08:00,113.55,22.27,盗窃,两位年份",
        "Z2,2026-02-30 08:00,113.55,22.27,盗窃,没有这天",
        "Z3,,113.55,22.27,盗窃,<b>没有时间</b>",
        "Z4,2026-10-05 08:00,113.55,22.27,,没有类型",
        "Z5,2026-10-05 08:00,113.55,22.27,盗窃,多,一格",
    ]
    return ("\r\n".join(lines) + "\r\n").encode("gb18030")


# --- the page ---


def page_ids(part: Any) -> dict[str, dict[str, Any]]:
    return {c["props"]["id"]: c for c in components(plain(part)) if c["props"].get("id")}


def test_every_part_that_a_callback_names_is_on_the_page(desk: Desk) -> None:
    there = page_ids(page())
    assert len(desk.page.callback_map) >= 7
    for output, made in desk.page.callback_map.items():
        names = [name.rsplit(".", 1)[0] for name in output.strip(".").split("...")]
        for part in (*names, *(part["id"] for part in (*made["inputs"], *made["state"]))):
            assert part in there, f"{output} names {part}"


def test_every_id_has_a_name_and_is_used(desk: Desk) -> None:
    assert set(page_ids(page())) - {"app"} == ALL_IDS - IN_THE_PANEL
    desk.tell(kind="open")
    assert set(page_ids(desk.part(ids.WIZARD))) == IN_THE_PANEL
    desk.tell(kind="cancel")


def test_the_functions_that_run_in_the_browser_are_there(desk: Desk) -> None:
    folder = Path(__file__).resolve().parents[2] / "assets" / "js"
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.js"))
    called = [each["clientside_function"] for each in desk.page._callback_list if each.get("clientside_function")]
    assert called
    for function in called:
        assert f'pingan.expose("{function["function_name"]}"' in scripts


def test_the_two_pages_load_each_only_its_own_scripts(desk: Desk) -> None:
    data, city = desk.client.get("/data/").text, desk.client.get("/").text
    for name in ("desk", "upload", "rows", "boundaries", "55_data"):
        assert re.search(rf"/{name}\.(m[\d.]+\.)?(js|css)|{name}\.", data), name
        assert f"{name}." not in city
    for name in ("places.js", "keyboard.js", "30_rail.css"):
        assert name in city
        assert name not in data


@pytest.mark.parametrize(
    "search", ["", "?lang=en", "?source=police_110", "?older=1", "?batch=1", "?batch=1&show=new&page=1"]
)
def test_every_part_is_answered_for_any_link_that_is_offered(desk: Desk, search: str) -> None:
    for output in server_callbacks(desk.page):
        if ids.EVENT in str(desk.page.callback_map[output]["inputs"]):
            continue
        first = (None, search) if ids.WIZARD in output else (search, None)
        answer = desk.client.post(CALL, json=envelope(desk.page, output, *first))
        assert answer.status_code == 200, (output, answer.text)
    assert desk.client.get("/data/" + search).status_code == 200


@pytest.mark.parametrize(
    "search",
    [
        *("?batch=0", "?batch=999", "?batch=x", "?batch=1&batch=2", "?show=all&batch=1", "?lang=fr", "?source=nobody"),
        *("?x=1", "?older=-1", "?page=1e9&batch=1", "?batch=1&show=set_aside&reason=none", "?batch=%ff"),
        "?batch=" + "9" * 30,
    ],
)
def test_a_link_that_was_never_offered_is_refused_with_a_page_that_leads_home(desk: Desk, search: str) -> None:
    answer = desk.client.get("/data/" + search)
    assert answer.status_code == 400
    assert answer.mimetype == "text/html"
    assert 'href="/data/"' in answer.text


def test_an_address_below_the_page_is_not_the_page(desk: Desk) -> None:
    assert desk.client.get("/data/anything").status_code == 404


def test_the_headers_of_the_page_are_those_of_the_map(desk: Desk) -> None:
    data, city = desk.client.get("/data/").headers, desk.client.get("/").headers
    for name in ("Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy"):
        assert data[name] == city[name]


@pytest.mark.parametrize(
    "event",
    [
        *(None, "open", {}, {"kind": "fly"}, {"kind": "undo"}, {"kind": "undo", "batch": "1"}, {"kind": ["open"]}),
        *({"kind": "undo", "batch": 999}, {"kind": "publish"}, {"kind": "check", "token": "0" * 16}),
        *({"kind": "inspect", "token": "../.."}, {"kind": "look", "token": {"a": 1}}, {"kind": "restart"}),
    ],
)
def test_an_event_that_the_page_cannot_make_is_refused(desk: Desk, event: Any) -> None:
    output = next(o for o in server_callbacks(desk.page) if ids.STEP in o)
    for state in (None, {"token": "0" * 16, "step": "checked"}, {"mends": 999}):
        body = envelope(desk.page, output, event, state=(state,))
        answer = desk.client.post(CALL, json=body)
        assert answer.status_code == 400, (event, state)
        assert "Traceback" not in answer.text


# --- a file goes in ---


def numbers_of(line: str) -> list[int]:
    """Return total and parts of a closing line."""
    line = line[line.index("共") :]
    return [int(n.replace("\u2009", "")) for n in re.findall(r"\d[\d\u2009]*", line)[:5]]


def test_a_messy_file_goes_in_is_mended_and_taken_back(desk: Desk) -> None:
    before = len(desk.store.batches())

    # 1 upload and look
    desk.tell(kind="open")
    desk.tell(kind="inspect", token=desk.upload(messy(), "乱.csv"), source="测试来源")
    panel = desk.panel()
    assert "gb18030" in panel
    assert "还要选出：时间" in panel
    form = fields(desk.part(ids.WIZARD))
    assert (form["col_time"], form["col_lon"], form["col_id"]) == ("", "经度", "编号")

    # 2 without a time it cannot be checked; with it, it can
    desk.tell(kind="check", **form)
    assert "缺少时间列" in desk.panel()
    assert "no column for time" in desk.panel("en")
    desk.tell(kind="check", **{**form, "col_time": "案发时刻点"})
    shown = desk.part(ids.WIZARD)
    total, new, known, corrected, aside = numbers_of(said(with_class(shown, "sum")))
    assert (total, new, known, corrected, aside) == (65, 60, 0, 0, 5)
    for word in ("两位年份", "时间有误", "缺时间", "缺类型", "列数不符"):
        assert word in said(shown)
    assert len(desk.store.batches()) == before  # nothing is stored yet

    # 3 publish
    desk.tell(kind="publish")
    number = desk.store.batches()[-1].id
    assert len(desk.store.batches()) == before + 1
    assert f"已入库，批次 {number}" in desk.panel()
    assert desk.version
    batch = desk.store.state().batch(number)
    assert (batch.file_name, batch.source) == ("乱.csv", "测试来源")
    desk.tell(kind="cancel")
    assert desk.incoming() == []

    # 4 what is opened adds up
    rows = {show: len(rows_of(desk.part(ids.OPENED, f"?batch={number}&show={show}"))) for show in ("new", "set_aside")}
    assert rows == {"new": 60, "set_aside": 5}
    opened = said(desk.part(ids.OPENED, f"?batch={number}&show=set_aside&reason=no_time"))
    assert "<b>没有时间</b>" in opened
    assert "两位年份，" not in opened

    # 5 download, mend, bring back
    answer = desk.client.get(f"/data/batches/{number}/set_aside.csv")
    table = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert len(table) == 5
    mended = [row for row in table if row["编号"] in ("Z1", "Z2")]
    for row in mended:
        row["案发时刻点"] = "2026-10-05 08:00"
    out = io.StringIO()
    writer = csv.DictWriter(out, list(table[0]))
    writer.writeheader()
    writer.writerows(mended)
    desk.tell(kind="open", mends=number)
    assert f"补回批次 {number}" in desk.panel()
    desk.tell(kind="inspect", token=desk.upload(out.getvalue().encode("utf-8-sig"), "改好.csv"))
    assert numbers_of(said(with_class(desk.part(ids.WIZARD), "sum"))) == [2, 2, 0, 0, 0]
    desk.tell(kind="publish")
    back = desk.store.batches()[-1].id
    assert desk.store.mended_counts()[number] == 2
    aside = said(desk.part(ids.OPENED, f"?batch={number}&show=set_aside"))
    assert aside.count(f"已由批次 {back} 补回") == 2
    assert "已补回 2" in aside

    # 6 take back: the later one first
    refused = desk.event(kind="undo", batch=before + 99)
    assert refused.status_code == 400
    for each in (back, number):
        desk.tell(kind="undo", batch=each)
        assert Store(desk.folder).state().batch(each).state == "undone"
        assert "已撤销" in said(desk.part(ids.BATCHES))
    assert "测试来源" not in said(desk.part(ids.SOURCES))


def test_the_same_file_again_adds_nothing_and_corrections_are_told_apart(desk: Desk) -> None:
    rows = [f"2026-10-{k % 28 + 1:02d} 08:00,113.5{k % 9},22.2{k % 9},盗窃,S{k},甲" for k in range(20)]
    head = "时间,经度,纬度,类型,编号,备注"
    first = desk.bring_in("\n".join([head, *rows]).encode(), "again")
    desk.tell(kind="open")
    desk.tell(kind="inspect", token=desk.upload("\n".join([head, *rows]).encode()), source="again")
    desk.check()
    assert f"已作为批次 {first} 导入过" in desk.panel()
    changed = [row.replace("甲", "乙") for row in rows[:4]] + rows[4:10] + ["2026-10-09 09:00,113.51,22.21,盗窃,S99,丙"]
    second = desk.bring_in("\n".join([head, *changed, changed[0] + "再改"]).encode(), "again")
    batch = desk.store.state().batch(second)
    assert (batch.rows, batch.stored, batch.known, batch.corrected) == (12, 1, 6, 5)
    for show, n in (("new", 1), ("known", 6), ("corrected", 5)):
        assert len(rows_of(desk.part(ids.OPENED, f"?batch={second}&show={show}"))) == n, show


def test_the_columns_confirmed_once_are_proposed_for_the_next_file(desk: Desk) -> None:
    def file(day: int) -> bytes:
        lines = [f"{day},2026-10-{day:02d} 08:00,113.55,22.27,盗窃"]
        return "\n".join(["号,何时,经度,纬度,类型", *lines]).encode()

    desk.bring_in(file(3), "memory", col_time="何时", col_id="号")
    desk.tell(kind="open")
    desk.tell(kind="inspect", token=desk.upload(file(4)), source="memory")
    form = fields(desk.part(ids.WIZARD))
    assert (form["col_time"], form["col_id"]) == ("何时", "号")
    assert "上次" in desk.panel()
    desk.tell(kind="cancel")


def shifted(city: CityData) -> bytes:
    """Return positions of stored incidents as a map of 高德 shows them."""
    given = np.flatnonzero(np.isfinite(city.index.lon))[::37][:400]
    lon, lat = wgs84_to_gcj02(city.index.lon[given].astype(float), city.index.lat[given].astype(float))
    lines = [f"2026-10-05 08:00,{x:.6f},{y:.6f},盗窃" for x, y in zip(lon, lat, strict=True)]
    return "\n".join(["时间,经度,纬度,类型", *lines]).encode()


def test_coordinates_that_contradict_what_is_said_of_them_must_be_confirmed(desk: Desk, demo_city: CityData) -> None:
    before = len(desk.store.batches())
    desk.tell(kind="open")
    desk.tell(kind="inspect", token=desk.upload(shifted(demo_city)), source="高德来的")
    desk.check(crs="wgs84")
    asked = with_class(desk.part(ids.WIZARD), "confirm")
    assert "GCJ-02" in said(asked)
    desk.tell(kind="publish")
    assert "请勾选确认" in desk.panel()
    assert "confirm that they are" in desk.panel("en")
    assert len(desk.store.batches()) == before
    desk.tell(kind="check", crs="gcj02", as_before=1)
    assert with_class(desk.part(ids.WIZARD), "confirm") == []
    desk.tell(kind="back")
    desk.check(crs="wgs84")
    desk.tell(kind="publish", confirmed=1)
    batch = desk.store.batches()[-1]
    assert batch.crs == "wgs84"  # nothing was converted behind anybody's back
    assert batch.details["examination"]["likely"]["system"] == "gcj02"
    assert "GCJ-02" in said(with_class(desk.part(ids.OPENED, f"?batch={batch.id}"), "asked"))
    desk.tell(kind="undo", batch=batch.id)
    desk.tell(kind="cancel")


# --- what goes wrong ---


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"PK\x03\x04 no zip", b"<html><body>x</body></html>", b"{"])
def test_a_file_that_is_none_is_a_sentence_and_the_way_back(desk: Desk, content: bytes) -> None:
    desk.tell(kind="open")
    desk.tell(kind="inspect", token=desk.upload(content), source="x")
    shown = desk.part(ids.WIZARD)
    assert len(said(with_class(shown, "asked"))) > 8
    desk.tell(kind="restart")
    assert desk.state == {"token": "", "step": "file", "mends": None}
    assert desk.incoming() == []
    desk.tell(kind="cancel")


def test_no_source_is_told_before_anything_is_done(desk: Desk) -> None:
    desk.tell(kind="open")
    desk.tell(kind="inspect", token=desk.upload(messy()), source="  ")
    assert "请填写来源" in desk.panel()
    desk.tell(kind="cancel")


def test_options_of_the_command_line_cannot_be_smuggled_in(desk: Desk) -> None:
    desk.tell(kind="open")
    desk.tell(kind="inspect", token=desk.upload(messy(), "--mends=1.csv"), source="--city=/tmp --help")
    assert "gb18030" in desk.panel()
    desk.check(col_time="案发时刻点", crs_other="--help")
    assert "--help" in desk.panel()  # as the name of a coordinate system that is unknown
    desk.tell(kind="cancel")


def test_a_column_that_the_file_has_not_or_twice_is_refused_in_words(desk: Desk) -> None:
    desk.tell(kind="open")
    desk.tell(kind="inspect", token=desk.upload(messy()), source="x")
    desk.check(col_time="没有的列")
    assert "没有“没有的列”列" in desk.panel()
    desk.check(col_time="经度")
    assert "被选了两次" in desk.panel()
    desk.tell(kind="cancel")


def test_a_cancelled_import_leaves_nothing(desk: Desk) -> None:
    desk.tell(kind="open")
    desk.tell(kind="inspect", token=desk.upload(messy()), source="x")
    desk.check(col_time="案发时刻点")
    assert len(desk.incoming()) > 2
    desk.tell(kind="cancel")
    assert desk.state is None
    assert desk.incoming() == []
    assert desk.part(ids.WIZARD) is None


def test_an_import_of_a_server_that_was_started_anew_is_closed(desk: Desk) -> None:
    desk.tell(kind="open")
    token = desk.upload(messy())
    desk.tell(kind="inspect", token=token, source="x")
    anew = Desk(desk.folder)
    anew.state = desk.state
    assert anew.part(ids.WIZARD) is None
    anew.tell(kind="job", token=token)
    assert anew.state is None
    desk.tell(kind="cancel")


def test_a_part_of_a_file_is_not_looked_at(desk: Desk) -> None:
    desk.tell(kind="open")
    token = desk.post(messy()[:100], query={"size": "1000"}).get_json()["token"]
    desk.tell(kind="inspect", token=token, source="x")
    assert "没有传完" in desk.panel()
    desk.client.delete(f"/data/upload/{token}", headers=OURS)
    desk.tell(kind="cancel")


def test_every_link_of_the_page_can_be_opened(desk: Desk) -> None:
    batches = desk.store.batches()
    parts = [
        desk.part(part, search)
        for part in (ids.TOPBAR, ids.SOURCES, ids.BATCHES)
        for search in ("", "?lang=en&older=1")
    ]
    parts += [desk.part(ids.OPENED, f"?batch={batches[-1].id}&show=new")]
    found = [href for part in parts for href in links(part)]
    assert len(found) > 20
    for href in found:
        if href.startswith("/data/?"):
            assert parse_data_view(href.removeprefix("/data/"), batches).href() == href
        assert desk.client.get(href).status_code == 200, href
