"""The ledger of meetings: what was seen stays, what is decided is looked through, the next meeting opens with it."""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from geodata import pipeline
from geodata.alerts import book
from geodata.alerts.book import Feedback
from geodata.city import CityData, Place, read_city
from geodata.errors import CityError, SelectionError
from geodata.meeting.decisions import (
    FOLDER,
    Draft,
    baseline_of,
    city_of,
    decide,
    keep_snapshot,
    meeting,
    meetings,
    prepare_meeting,
    prepare_meetings,
    units_of,
    withdraw,
)
from geodata.meeting.outcome import incidents
from geodata.meeting.prepare import prepare
from geodata.meeting.record import Meeting
from geodata.store import LEDGER, Store, restore
from geodata.vocabulary import Period, PlaceLevel

JULY, AUGUST = Period.parse("2026-07"), Period.parse("2026-08")
STREET = "440402006"
GOOD = Draft("盗窃增多", "夜间巡逻加密", "公安局", types=("traffic",), front="traffic")


@pytest.fixture(scope="module")
def prepared(demo_folder: Path, demo_city: CityData, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Return a city in which one meeting was prepared; tests must not change it."""
    made = Store(_copied(demo_folder, tmp_path_factory.mktemp("prepared") / "city"))
    prepare_meeting(made, demo_city, demo_city.find(STREET), JULY)
    return made


@pytest.fixture
def store(prepared: Store, tmp_path: Path) -> Store:
    """Return such a city that a test may change."""
    return Store(_copied(prepared.folder, tmp_path / "city"))


@pytest.fixture
def fresh(demo_folder: Path, tmp_path: Path) -> Store:
    """Return a city without meetings."""
    return Store(_copied(demo_folder, tmp_path / "city"))


def _copied(folder: Path, to: Path) -> Path:
    """Copy the ledger; files that never change are shared."""

    def copy(source: str, target: str) -> None:
        if Path(source).name.startswith(LEDGER):
            shutil.copyfile(source, target)
        else:
            Path(target).hardlink_to(source)

    return Path(shutil.copytree(folder, to, copy_function=copy))


@pytest.fixture
def street(demo_city: CityData) -> Place:
    return demo_city.find(STREET)


@pytest.fixture
def held(prepared: Store) -> Meeting:
    return meeting(prepared, meetings(prepared)[0].id)


# --- preparing ---


def test_a_meeting_is_what_the_library_prepares_and_it_is_kept(
    store: Store, demo_city: CityData, street: Place, held: Meeting
) -> None:
    assert held.briefing == prepare(demo_city, book.told(store, JULY.start, JULY.end), street, JULY)
    assert meeting(store, held.id) == held
    assert (held.earlier, held.decisions) == ((), ())
    assert held.id.isalnum()
    assert len(held.id) == 10


def test_prepared_again_it_is_the_same_one(store: Store, demo_city: CityData, street: Place, held: Meeting) -> None:
    assert prepare_meeting(store, demo_city, street, JULY) == held
    assert prepare_meeting(store, read_city(store), street, JULY) == held
    assert [each.id for each in meetings(store)] == [held.id]


def test_all_streets_are_each_what_they_are_alone(store: Store, demo_city: CityData, held: Meeting) -> None:
    places = [demo_city.place(int(row)) for row in demo_city.members(PlaceLevel.STREET, demo_city.city)]
    found = list(prepare_meetings(store, demo_city, places, JULY))
    assert [each.briefing.title.token for each in found] == [place.token for place in places]
    assert held in found
    assert len(meetings(store)) == len(places)
    assert len(list((store.folder / FOLDER / "snapshots").iterdir())) == 1  # all saw the same


def test_the_list_begins_with_the_latest_period(
    store: Store, demo_city: CityData, street: Place, held: Meeting
) -> None:
    prepare_meeting(store, demo_city, demo_city.city, AUGUST)
    decide(store, held.id, GOOD)
    first, second = meetings(store)
    assert (first.place, first.period, first.decisions, first.from_file) == ("", "2026-08", 0, False)
    assert (second.place, second.place_name.zh, second.decisions) == (STREET, street.name, 1)


def test_an_answered_alert_leads_to_another_meeting(store: Store, demo_city: CityData, street: Place) -> None:
    weeks = [each for each in book.alerts(store, dt.date(2026, 1, 1), dt.date(2026, 12, 31)) if each.id]
    assert weeks
    alert = next(a for a in weeks if demo_city.is_whole(Period.containing(a.period.start, JULY.kind)))
    period = Period.containing(alert.period.start, JULY.kind)
    before = prepare_meeting(store, demo_city, demo_city.city, period)
    book.answer(store, alert.id, Feedback.TRUE if alert.feedback is not Feedback.TRUE else Feedback.FALSE)
    after = prepare_meeting(store, demo_city, demo_city.city, period)
    assert after.id != before.id
    assert after.snapshot == before.snapshot
    assert meeting(store, before.id) == before


def test_a_period_without_data_or_of_a_day_is_refused(fresh: Store, demo_city: CityData, street: Place) -> None:
    for text in ("2031-01", "2026-07-01"):
        with pytest.raises(SelectionError, match=text):
            prepare_meeting(fresh, demo_city, street, Period.parse(text))
    assert meetings(fresh) == []


def test_a_folder_from_before_there_were_meetings_has_none(fresh: Store) -> None:
    assert meetings(fresh) == []
    for ask in (meeting, city_of):
        with pytest.raises(SelectionError, match="nix"):
            ask(fresh, "nix")


# --- what was seen stays ---


def test_what_a_meeting_saw_is_the_same_after_an_undo_an_import_and_another_method(
    store: Store, demo_city: CityData, street: Place, held: Meeting, tmp_path: Path
) -> None:
    decide(store, held.id, GOOD)
    pipeline.undo(store, store.batches()[-1].id)
    file = tmp_path / "new.csv"
    file.write_text("编号,时间,经度,纬度,类型\nx1,2026-07-03 10:00,113.55,22.22,盗窃\n", encoding="utf-8")
    assert pipeline.import_incidents(store, file, "另一来源", crs="wgs84").stored == 1
    text = store.methods()[0].text.replace('version = "3.0"', 'version = "3.9"', 1)
    store.publish_method(text, dt.date(2026, 6, 1))
    live = read_city(store)
    assert live.at(JULY).method.version == "3.9"
    seen = city_of(store, held.id)
    assert seen.at(JULY).method.version == "3.0"
    assert prepare(seen, book.told(store, JULY.start, JULY.end), seen.find(STREET), JULY) == held.briefing
    assert meeting(store, held.id).briefing == held.briefing
    another = prepare_meeting(store, live, live.find(STREET), JULY)
    assert another.snapshot != held.snapshot
    assert another.id != held.id


def test_a_backup_holds_what_meetings_saw(store: Store, held: Meeting, tmp_path: Path) -> None:
    decision = decide(store, held.id, GOOD)
    store.backup(tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "again")
    again = Store(tmp_path / "again")
    assert meeting(again, held.id).decisions == (decision,)
    assert city_of(again, held.id).data_version == held.briefing.title.data_version


def test_a_damaged_snapshot_is_found_and_not_shown(store: Store, held: Meeting) -> None:
    assert store.verify() == []
    path = store.folder / FOLDER / "snapshots" / held.snapshot / "sites.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.unlink()  # shared with other tests
    path.write_bytes(content)
    assert store.verify() == [f"{FOLDER}/snapshots/{held.snapshot}/sites.parquet"]
    with pytest.raises(CityError, match="快照"):
        city_of(store, held.id)


def test_a_snapshot_that_is_gone_is_frozen_again(store: Store, demo_city: CityData, held: Meeting) -> None:
    shutil.rmtree(store.folder / FOLDER)
    assert keep_snapshot(store, demo_city) == held.snapshot
    assert store.verify() == []


# --- deciding ---


def test_words_lose_the_stop_at_their_end_for_they_become_part_of_a_sentence(store: Store, held: Meeting) -> None:
    taken = decide(store, held.id, replace(GOOD, problem="盗窃增多，变化显著。", measure=" 夜间巡逻加密； "))
    assert (taken.problem, taken.measure) == ("盗窃增多，变化显著", "夜间巡逻加密")
    withdraw(store, held.id, taken.id)


def test_what_is_left_out_is_filled_in(store: Store, demo_city: CityData, street: Place, held: Meeting) -> None:
    made = decide(store, held.id, replace(GOOD, problem="  盗窃\n增多 ", helpers=("交警大队", "", "交警大队")))
    n = incidents(demo_city, street, ["traffic"], JULY.start, JULY.end)
    assert (made.problem, made.helpers) == ("盗窃 增多", ("交警大队",))
    assert (made.place, made.place_name) == (STREET, street.name)
    assert (made.baseline, made.target, made.types) == (n, int(0.8 * n), ("traffic",))
    assert (made.start, made.deadline) == ("2026-08-01", "2026-08-28")
    assert made.types_name
    assert meeting(store, held.id).decisions == (made,)
    assert baseline_of(city_of(store, held.id), held, STREET, ("traffic",)) == n


def test_the_number_may_be_that_of_a_part(store: Store, demo_city: CityData, street: Place, held: Meeting) -> None:
    part = demo_city.place(int(demo_city.members(PlaceLevel.COMMUNITY, street)[0]))
    made = decide(store, held.id, replace(GOOD, place=part.token, types=(), target=0))
    assert made.baseline == incidents(demo_city, part, [], JULY.start, JULY.end)
    assert (made.place, made.target, made.types_name) == (part.token, 0, "")


@pytest.mark.parametrize(
    ("wrong", "zh", "en"),
    [
        ({"problem": " \n"}, "问题没有填写", "problem is missing"),
        ({"measure": "长" * 201}, "超过 200 字", "more than 200"),
        ({"lead": "张三"}, "不填个人", "not a person"),
        ({"lead": "John Smith"}, "不填个人", "not a person"),
        ({"helpers": ("李四",)}, "不填个人", "not a person"),
        ({"helpers": tuple(f"第{k}派出所" for k in range(9))}, "超过 8 个", "more than 8"),
        ({"deadline": "下月底"}, "2026-11-30", "2026-11-30"),
        ({"deadline": "2026-07-30"}, "完成时限", "deadline"),
        ({"deadline": "2126-07-30"}, "完成时限", "deadline"),
        ({"start": "2026-06-30"}, "开始日期", "first day"),
        ({"place": "440402001"}, "之内", "outside"),
        ({"place": ""}, "之内", "outside"),
        ({"place": "nix"}, "之内", "outside"),
        ({"types": ("nix",)}, "nix", "nix"),
        ({"types": tuple(f"t{k}" for k in range(21))}, "超过 20 项", "more than 20"),
        ({"target": -1}, "目标", "target"),
        ({"target": 10**6}, "目标", "target"),
        ({"front": "nix"}, "条线", "front"),
    ],
)
def test_a_draft_with_a_fault_is_refused_in_both_languages(
    prepared: Store, held: Meeting, wrong: dict[str, object], zh: str, en: str
) -> None:
    with pytest.raises(SelectionError, match=zh) as refused:
        decide(prepared, held.id, replace(GOOD, **wrong))  # type: ignore[arg-type]
    assert en in refused.value.en
    assert meeting(prepared, held.id).decisions == ()


def test_all_faults_are_told_at_once(prepared: Store, held: Meeting) -> None:
    with pytest.raises(SelectionError) as refused:
        decide(prepared, held.id, Draft("", "", "王五", target=-3))
    assert refused.value.zh.count("；") == 3


def test_units_of_the_method_and_the_places_may_lead(store: Store, demo_city: CityData, held: Meeting) -> None:
    units = units_of(demo_city)
    assert "公安局" in units
    assert not any("、" in unit for unit in units)
    assert "翠香街道办事处" in units
    for unit in ("公安局", "紫荆社区居民委员会（网格001）", "Camden Council", next(iter(units))):
        assert decide(store, held.id, replace(GOOD, lead=unit)).lead == unit


# --- the next meeting ---


def test_the_next_meeting_opens_with_what_was_decided(
    store: Store, demo_city: CityData, street: Place, held: Meeting
) -> None:
    first, second = decide(store, held.id, GOOD), decide(store, held.id, replace(GOOD, types=("JT1",)))
    following = prepare_meeting(store, demo_city, street, AUGUST)
    assert [each.decision for each in following.earlier] == [second, first]  # the newest first
    assert {each.outcome.state for each in following.earlier} <= {"reached", "missed"}
    assert all(each.outcome.evidence for each in following.earlier)
    assert prepare_meeting(store, demo_city, street, AUGUST) == following
    assert prepare_meeting(store, demo_city, demo_city.city, AUGUST).earlier == ()  # of the street alone


def test_a_decision_can_be_withdrawn_until_a_later_meeting_looks_back_on_it(
    store: Store, demo_city: CityData, street: Place, held: Meeting
) -> None:
    first, second = decide(store, held.id, GOOD), decide(store, held.id, GOOD)
    withdraw(store, held.id, first.id)
    assert meeting(store, held.id).decisions == (second,)
    with pytest.raises(SelectionError, match="没有这项决定"):
        withdraw(store, held.id, first.id)
    following = prepare_meeting(store, demo_city, street, AUGUST)
    assert [each.decision for each in following.earlier] == [second]
    with pytest.raises(SelectionError, match="2026-08"):
        withdraw(store, held.id, second.id)
    third = decide(store, following.id, GOOD)
    assert int(third.id) == 3  # a number is never used again


def test_decisions_of_more_than_a_year_ago_are_not_looked_back_on(
    store: Store, demo_city: CityData, street: Place
) -> None:
    old = prepare_meeting(store, demo_city, street, Period.parse("2025-11"))
    decide(store, old.id, replace(GOOD, deadline="2025-12-10"))
    assert len(prepare_meeting(store, demo_city, street, AUGUST).earlier) == 1
    with sqlite3.connect(store.folder / LEDGER) as ledger:
        ledger.execute("UPDATE decision SET record = replace(record, '2025-12-10', '2025-07-30')")
    assert prepare_meeting(store, demo_city, street, AUGUST).earlier == ()
