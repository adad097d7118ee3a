"""The phone page: spots that rest on what is stored, told in one sentence, and nothing about the one who looks."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geodata.city import CityData, Place
from geodata.errors import SelectionError
from geodata.memory import Memory
from geodata.vocabulary import Period, PeriodKind, PlaceLevel
from layers.phone import spots as spots_module
from layers.phone.answer import choices, place_answer, said, units, why
from layers.phone.page import manifest, page
from layers.phone.spots import (
    APART_M,
    LEAST,
    MOST,
    ROUNDED,
    WANTED,
    Spot,
    SpotKind,
    Walk,
    held_by,
    neighbours,
    recent_period,
    todays_walk,
)
from layers.phone.view import may_be_mine, phone_link
from layers.points import hidden_types
from layers.text import TEXTS

ROOT = Path(__file__).resolve().parents[2]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
DAY = dt.date(2026, 10, 24)
SPOT = Spot(SpotKind.HOT, 113.5, 22.2, 400, 7, 7, 2.1, ("theft", 4), 18, DAY)
WALK = Walk((SPOT,), (0.0,), Period.trailing(dt.date(2026, 10, 31), 28), 9, silent=False, unplaced=False)


def cells(city: CityData) -> list[Place]:
    """Return every seventh grid cell of a busy street."""
    street = city.find("440402008")
    return [city.place(int(row)) for row in city.members(PlaceLevel.GRID_CELL, street)[::7]]


def communities(city: CityData) -> list[Place]:
    return [city.place(int(row)) for row in city.members(PlaceLevel.COMMUNITY, city.city)[::11]]


def answer_of(city: CityData, token: str, lang: str = "zh") -> dict[str, Any]:
    return place_answer(city, token, lang, city.places.geometry)


# --- spots ---


def test_there_are_spots_of_both_kinds_that_the_demo_city_can_have(demo_city: CityData) -> None:
    kinds = {
        spot.kind
        for place in [*cells(demo_city), *communities(demo_city)]
        for spot in todays_walk(demo_city, place).spots
    }
    assert kinds >= {SpotKind.HOT, SpotKind.POSITION}


def test_a_position_has_as_many_incidents_as_are_stored_there(demo_city: CityData) -> None:
    index, hidden = demo_city.index, hidden_types(demo_city)
    last = demo_city.data_as_of
    assert last is not None
    days = index.day.astype("datetime64[D]").astype(dt.date)
    found = 0
    for place in communities(demo_city):
        for spot in todays_walk(demo_city, place).spots:
            if spot.kind is not SpotKind.POSITION:
                continue
            near = (
                (np.abs(index.lon - spot.lon) < 0.6e-4) & (np.abs(index.lat - spot.lat) < 0.6e-4) & ~hidden[index.kind]
            )
            year = near & (days > last - dt.timedelta(days=365))
            at = index.lon[year] + 1j * index.lat[year].astype(np.float64)
            assert spot.incidents in np.unique(at, return_counts=True)[1]
            assert spot.incidents >= LEAST
            assert spot.recent <= spot.incidents
            found += 1
    assert found > 10


def test_a_hot_spot_has_the_incidents_of_the_recent_period_and_lies_in_the_place(demo_city: CityData) -> None:
    found = 0
    for place in communities(demo_city):
        walk = todays_walk(demo_city, place)
        west, south, east, north = demo_city.bounds[place.row]
        for spot in walk.spots:
            assert west - 1e-4 <= spot.lon <= east + 1e-4
            assert south - 1e-4 <= spot.lat <= north + 1e-4
            if spot.kind is SpotKind.HOT:
                assert LEAST <= spot.incidents <= walk.incidents
                assert spot.recent == spot.incidents
                found += 1
    assert found


def test_a_walk_is_short_and_its_spots_lie_apart(demo_city: CityData) -> None:
    for place in [*cells(demo_city), *communities(demo_city)]:
        walk = todays_walk(demo_city, place)
        assert len(walk.spots) <= MOST
        assert len(walk.legs) == len(walk.spots)
        assert all(leg >= APART_M - 1 for leg in walk.legs[1:])
        assert walk.legs[:1] in ((), (0.0,))


def test_no_spot_rests_on_what_is_sensitive_or_on_a_single_incident(demo_city: CityData) -> None:
    hidden = hidden_types(demo_city)
    assert hidden.any()
    for place in [*cells(demo_city), *communities(demo_city)]:
        for spot in todays_walk(demo_city, place).spots:
            assert spot.incidents > 1
            if spot.leading is not None:
                assert not hidden[demo_city.type_positions[spot.leading[0]]]
                assert 2 <= spot.leading[1] <= spot.incidents
            assert round(spot.lon, ROUNDED) == spot.lon
            assert round(spot.lat, ROUNDED) == spot.lat


def test_a_city_that_is_all_sensitive_has_no_spot(demo_city: CityData, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spots_module, "hidden_types", lambda city: np.ones(len(city.index.types), dtype=np.bool_))
    place = communities(demo_city)[0]
    assert todays_walk(demo_city, place).spots == ()
    assert todays_walk(demo_city, place).incidents > 0


def test_a_grid_cell_with_few_spots_looks_beside_it_and_says_so(demo_city: CityData) -> None:
    found = 0
    for place in cells(demo_city):
        walk = todays_walk(demo_city, place)
        beside = {each.row for each in neighbours(demo_city, place)}
        own = [spot for spot in walk.spots if not spot.beside]
        for spot in walk.spots:
            assert spot.row in (beside if spot.beside else {place.row})
        if len(own) < len(walk.spots):
            assert len(walk.spots) <= WANTED
            found += 1
    assert found


def test_the_same_is_found_whenever_it_is_asked_for(demo_city: CityData) -> None:
    place = communities(demo_city)[3]
    assert todays_walk(demo_city, place) == todays_walk(demo_city.aside(100), place)


def test_what_is_usual_is_the_average_of_the_time_before(demo_city: CityData, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spots_module, "YEAR_DAYS", 280)
    shown = np.flatnonzero(~hidden_types(demo_city))
    found = 0
    for place in cells(demo_city):
        for spot in todays_walk(demo_city, place).spots:
            if spot.kind is SpotKind.HOT:
                period = recent_period(demo_city)
                assert period is not None
                before = Period.trailing(period.start - dt.timedelta(days=1), 280)
                table = demo_city.index.place_types(PlaceLevel.GRID_CELL, before.start, before.end)
                assert spot.usual == pytest.approx(table[spot.row][shown].sum() / 10)
                found += 1
    assert found


def test_without_a_year_of_data_nothing_is_said_of_what_is_usual(demo_city: CityData) -> None:
    for place in communities(demo_city):
        assert all(spot.usual is None for spot in todays_walk(demo_city, place).spots)


# --- sentences ---


@pytest.mark.parametrize(
    ("spot", "chinese", "english"),
    [
        (
            SPOT,
            "近 28 天集中发生 7 起，通常 2.1 起，以盗窃为主（4 起），多在 18–22 时。",
            "7 close together in the last 28 days, usually 2.1, mostly Theft (4), often at 18:00–22:00.",
        ),
        (
            replace(SPOT, usual=None, leading=("theft", 3), hours=22),
            "近 28 天集中发生 7 起，盗窃最多（3 起），多在 22–2 时。",
            "7 close together in the last 28 days, most often Theft (3), often at 22:00–2:00.",
        ),
        (
            replace(SPOT, kind=SpotKind.POSITION, usual=None, recent=2, leading=("theft", 2), hours=20),
            "同一位置近一年 7 起，近 28 天 2 起，类型分散，多在 20–24 时。",
            "7 at one place within a year, 2 in the last 28 days, of many types, often at 20:00–24:00.",
        ),
        (
            replace(SPOT, kind=SpotKind.POSITION, usual=None, recent=0, leading=None, hours=None),
            "同一位置近一年 7 起，最近一次 10月24日，类型分散。",
            "7 at one place within a year, the last one 24 Oct, of many types.",
        ),
        (
            replace(SPOT, kind=SpotKind.AGAIN, incidents=2, radius_m=200.0, until=dt.date(2026, 11, 7), hours=None),
            "200 米内近来 2 起，其中 10月24日 一起盗窃；同类案件易再发，留意到 11月7日。",
            "2 within 200 m lately, one of them Theft on 24 Oct; such cases tend to repeat: look out until 7 Nov.",
        ),
        (
            replace(SPOT, kind=SpotKind.AGAIN, incidents=2, until=dt.date(2026, 11, 7), hours=None),
            "同一位置近来 2 起，其中 10月24日 一起盗窃；同类案件易再发，留意到 11月7日。",
            "2 at the same place lately, one of them Theft on 24 Oct; such cases tend to repeat: look out until 7 Nov.",
        ),
    ],
)
def test_the_why_is_one_sentence(demo_city: CityData, spot: Spot, chinese: str, english: str) -> None:
    assert why(spot, WALK, demo_city, "zh") == chinese
    assert why(spot, WALK, demo_city, "en") == english


def test_where_only_months_are_known_the_month_is_told(demo_city: CityData) -> None:
    walk = replace(WALK, period=Period.containing(DAY, PeriodKind.MONTH))
    spot = replace(SPOT, kind=SpotKind.POSITION, recent=3, usual=None, hours=None)
    assert why(spot, walk, demo_city, "en").startswith("7 at one place within a year, 3 in Oct 2026")


@pytest.mark.parametrize(
    ("walk", "words"),
    [
        (WALK, "1 处"),
        (replace(WALK, spots=(SPOT, SPOT), legs=(0.0, 184.0)), "2 处，按步行顺序，直线共约 180 米"),
        (replace(WALK, spots=()), "近 28 天 9 起，没有集中到一处，今天没有要专门去看的点位"),
        (replace(WALK, spots=(), silent=True), "近期缺报，无法判断有没有点位"),
        (replace(WALK, spots=(), unplaced=True), "近期事件没有坐标，无法给出点位"),
    ],
)
def test_fewer_spots_and_none_are_said_in_words(walk: Walk, words: str) -> None:
    assert said(walk, "zh") == words


# --- the answer ---


def test_every_answer_is_finished_in_both_languages(demo_city: CityData) -> None:
    for place in [*cells(demo_city)[:20], *communities(demo_city)[:10]]:
        for lang in ("zh", "en"):
            told = answer_of(demo_city, place.token, lang)
            assert not re.search(r"\b(nan|None|inf)\b|\{\w+\}|@\w", json.dumps(told, ensure_ascii=False))
            assert 0 <= len(told["spots"]) <= MOST
            assert told["said"]
            assert told["simulated"]
            assert told["asOf"] == "2026-10-31"
            if lang == "en":
                spoken = [told["said"], told["note"], told["mine"], *(spot["why"] for spot in told["spots"])]
                assert not CHINESE.search(" ".join(spoken))


def test_the_number_is_that_of_the_map(demo_city: CityData) -> None:
    place = demo_city.find("440402006001")
    told = answer_of(demo_city, place.token)
    month = Period.parse("2026-10")
    here = demo_city.index.period_types([month.start, month.end], place.within)[0].sum()
    assert told["numbers"][0]["value"] == str(here)
    assert told["period"] == "2026年10月"


def test_the_score_is_that_of_the_street_with_its_band_in_words(demo_city: CityData) -> None:
    told = answer_of(demo_city, "440402006001001")["numbers"][-1]
    street = demo_city.find("440402006")
    month = Period.parse("2026-10")
    scored = demo_city.at(month).scores(PlaceLevel.STREET, month)
    score = float(scored.scores.score[np.searchsorted(scored.rows, street.row)])
    assert abs(float(told["value"]) - score) <= 0.1
    assert street.name in told["label"]
    assert told["word"].split(" ")[1] in ("优秀", "良好", "平稳", "较差")
    assert "90%" in told["note"]


def test_a_city_without_residents_is_not_assessed(demo_city: CityData) -> None:
    bare = replace(
        demo_city, exposure=demo_city.exposure.iloc[:0], calibration=None, versions=(), _memo=Memory(), _variants={}
    )
    told = answer_of(bare, "440402006001001")["numbers"][-1]
    assert told["value"] == ""
    assert told["note"]
    assert "band" not in told


def test_the_map_has_the_place_first_and_those_beside_it(demo_city: CityData) -> None:
    place = cells(demo_city)[5]
    told = answer_of(demo_city, place.token)["map"]
    assert told["names"] == [each.name for each in [place, *neighbours(demo_city, place)]]
    assert len(told["shapes"]) == len(told["names"]) > 3


def test_who_is_responsible_is_told_at_every_level(demo_city: CityData) -> None:
    place = demo_city.find("440402006001001")
    known = demo_city.places.copy()
    known["unit"] = ""
    told = units(replace(demo_city, places=known), place, "zh")
    assert [each["level"] for each in told["places"]] == ["网格", "村居", "镇街", "区"]
    assert told["places"][0]["name"] == place.name
    assert told["note"] == TEXTS["whose_no_unit"][0]
    known.loc[known["place_id"] == "440402006", "unit"] = "街道办事处"
    told = units(replace(demo_city, places=known), place, "zh")
    assert [each["unit"] for each in told["places"]] == ["", "", "街道办事处", ""]
    assert told["note"] == ""


@pytest.mark.parametrize("token", ["", "440402", "440402006"])
def test_what_cannot_be_walked_is_refused(demo_city: CityData, token: str) -> None:
    with pytest.raises(SelectionError):
        answer_of(demo_city, token)


def test_every_place_that_can_be_chosen_is_found_from_the_city_down(demo_city: CityData) -> None:
    top = choices(demo_city, "", "zh")
    assert top["up"] is None
    assert not top["mine"]
    assert all(each["open"] and not each["mine"] for each in top["places"])
    street = choices(demo_city, "440402006", "zh")
    assert street["up"] == "440402"
    assert all(each["open"] and each["mine"] for each in street["places"])
    community = choices(demo_city, street["places"][0]["id"], "en")
    assert community["mine"]
    assert all(each["mine"] and not each["open"] for each in community["places"])
    assert not CHINESE.search(json.dumps(community, ensure_ascii=False))
    assert choices(demo_city, community["places"][0]["id"], "zh")["places"] == []


def test_without_grid_cells_the_finest_places_are_mine(demo_city: CityData) -> None:
    rows = demo_city.places["level"].isin(["district", "street"]).to_numpy()
    coarse = replace(demo_city, places=demo_city.places[rows].reset_index(drop=True))
    assert may_be_mine(coarse, coarse.find("440402006"))
    assert not may_be_mine(coarse, coarse.find("440402"))
    assert held_by(coarse, coarse.find("440402006"), PlaceLevel.STREET).id == "440402006"


def test_the_link_names_a_place_that_can_be_walked(demo_city: CityData) -> None:
    assert phone_link(demo_city, demo_city.city, "zh") == "/m/"
    assert phone_link(demo_city, demo_city.find("440402006"), "en") == "/m/?lang=en"
    assert phone_link(demo_city, demo_city.find("440402006001"), "en") == "/m/?place=440402006001&lang=en"


# --- the page ---


class Tags(HTMLParser):
    """Collect the tags of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


ADDRESSES = {name: f"/m/{name}" for name in ("phone.css", "phone.js", "icon.svg", "icon-192.png", "icon-512.png")}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_on_the_page_stands_in_line(lang: str) -> None:
    tags = Tags(page(lang, ADDRESSES)).tags
    scripts = [about for tag, about in tags if tag == "script"]
    assert [about["src"] for about in scripts] == ["/m/phone.js"]
    assert not [tag for tag, _ in tags if tag == "style"]
    assert not [name for _, about in tags for name in about if name == "style" or name.startswith("on")]


def test_every_part_that_the_script_names_is_on_the_page() -> None:
    script = (ROOT / "assets" / "m" / "phone.js").read_text(encoding="utf-8")
    there = {about["id"] for _, about in Tags(page("zh", ADDRESSES)).tags if "id" in about}
    named = set(re.findall(r'(?:part|say|fill)\(\s*"([\w-]+)"', script))
    assert named <= there
    assert named >= {"map", "spots", "numbers", "units", "age"}


def test_every_word_that_the_script_says_is_sent_and_every_one_sent_is_said() -> None:
    script = (ROOT / "assets" / "m" / "phone.js").read_text(encoding="utf-8")
    body = next(about for tag, about in Tags(page("zh", ADDRESSES)).tags if tag == "body")
    assert set(re.findall(r"words\.(\w+)", script)) == set(json.loads(body["data-words"] or ""))


def test_the_english_page_is_english_but_for_the_way_back() -> None:
    body = page("en", ADDRESSES)
    assert CHINESE.findall(re.sub(r"<a id=\"language\".*?</a>", "", body)) == []


def test_a_phone_can_install_the_page() -> None:
    told = json.loads(manifest(ADDRESSES))
    assert told["start_url"] == told["scope"] == "/m/"
    assert told["display"] == "standalone"
    assert CHINESE.search(told["name"])
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in told["icons"]}


# --- nothing about the one who looks ---

FORBIDDEN = {
    "following a position": r"watchPosition|Geofence",
    "checking in": r"check[-_ ]?in\b|checkin|签到|打卡|punch",
    "tracks": r"\btracks?\b|trajector|轨迹|breadcrumb",
    "times of use": r"sendBeacon|visibilitychange|visibilityState|pagehide|performance\.now|Date\.now|getTime"
    r"|setInterval|last_?seen|online_?time|在线时长|停留",
    "telling the server": r"\bPOST\b|method:|XMLHttpRequest|WebSocket|EventSource|FormData|stringify|server\.post",
    "background work": r"periodicsync|PushManager|Notification|\bsync\b",
    "knowing the phone": r"userAgent|deviceId|cookie|indexedDB|sessionStorage",
}
ONE_QUESTION = 'const answer = await ask(address("/at", {}), { method: "POST", body });'
"""The position that was asked for on a tap, in a body, so that no log in between holds it."""
OURS = [
    *sorted((ROOT / "assets" / "m").glob("*.js")),
    *sorted((ROOT / "layers" / "phone").glob("*.py")),
    ROOT / "callbacks" / "phone.py",
]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_nothing_is_noticed_about_the_one_who_looks(what: str) -> None:
    assert len(OURS) > 7
    found = [
        f"{path.name}:{number}: {line.strip()}"
        for path in OURS
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(FORBIDDEN[what], line, re.IGNORECASE) and line.strip() != ONE_QUESTION
    ]
    assert found == []


def test_no_text_of_the_page_speaks_of_checking_in_or_of_tracks() -> None:
    texts = " ".join(" ".join(both) for key, both in TEXTS.items() if key.startswith("phone_"))
    assert not re.search(r"签到|打卡|轨迹|在线时长|积分|排名|check.?in|track", texts, re.IGNORECASE)


def test_the_position_is_asked_for_in_one_place_only_and_on_a_tap() -> None:
    script = (ROOT / "assets" / "m" / "phone.js").read_text(encoding="utf-8")
    assert script.count("getCurrentPosition") == 1
    inside = script[script.index("function locate()") : script.index("// --- beginning ---")]
    assert "getCurrentPosition" in inside
    assert re.findall(r"\blocate\b", script.replace("function locate()", "")) == ["locate", "locate"]
    assert 'part("locate").addEventListener("click", locate)' in script
    assert "localStorage" not in inside
    assert script.count(ONE_QUESTION) == inside.count(ONE_QUESTION) == 1
    assert len(re.findall(r"longitude|latitude", script)) == 2  # nobody else reads it


def test_the_phone_keeps_the_choice_and_nothing_else() -> None:
    script = (ROOT / "assets" / "m" / "phone.js").read_text(encoding="utf-8")
    assert re.findall(r"localStorage\.\w+\((\w+)", script) == ["CHOICE", "CHOICE"]


def test_a_new_worker_waits_for_the_next_start() -> None:
    worker = (ROOT / "assets" / "m" / "sw.js").read_text(encoding="utf-8")
    script = (ROOT / "assets" / "m" / "phone.js").read_text(encoding="utf-8")
    assert "skipWaiting" not in worker + script
    assert "location.reload" not in script
    assert "controllerchange" not in script
