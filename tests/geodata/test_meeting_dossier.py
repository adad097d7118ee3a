"""The dossier: it reopens from the file alone, every number of it is recomputed, and one changed byte is found."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
import shutil
import types
import typing
import zipfile
from collections.abc import Callable
from dataclasses import is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import pipeline
from geodata.alerts import book
from geodata.alerts.book import Told
from geodata.city import CityData, read_city
from geodata.errors import InputFileError, SelectionError
from geodata.meeting.decisions import (
    Draft,
    city_of,
    decide,
    dossier_bytes,
    keep_dossier,
    meeting,
    meetings,
    prepare_meeting,
    withdraw,
    write_dossier,
)
from geodata.meeting.dossier import MEETING, Difference, read_dossier, sealed, verify_dossier
from geodata.meeting.record import FORMAT, Meeting
from geodata.meeting.snapshot import members_in
from geodata.meeting.told import read_told, told_json, told_of
from geodata.store import Store
from geodata.vocabulary import Period, PlaceLevel

JULY, AUGUST = Period.parse("2026-07"), Period.parse("2026-08")
STREET = "440402006"
GOOD = Draft("盗窃增多", "夜间巡逻加密", "公安局", types=("traffic",), front="traffic")


@pytest.fixture(scope="module")
def store(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Return a city in which two meetings were held."""
    folder = tmp_path_factory.mktemp("held") / "city"
    shutil.copytree(demo_folder, folder)
    return Store(folder)


@pytest.fixture(scope="module")
def held(store: Store, demo_city: CityData) -> Meeting:
    street = demo_city.find(STREET)
    before = prepare_meeting(store, demo_city, street, JULY)
    for types_ in (("traffic",), ()):
        decide(store, before.id, replace(GOOD, types=types_))
    made = prepare_meeting(store, demo_city, street, AUGUST)
    decide(store, made.id, GOOD)
    return meeting(store, made.id)


@pytest.fixture(scope="module")
def file(store: Store, held: Meeting) -> Path:
    path = store.folder.parent / "dossier.zip"
    write_dossier(store, held.id, path)
    return path


# --- from the file alone ---


def test_it_reopens_from_the_file_alone(demo_city: CityData, held: Meeting, file: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "卷宗.zip"
    shutil.copyfile(file, elsewhere)
    opened = read_dossier(elsewhere)
    assert opened.meeting == held
    assert len(opened.meeting.earlier) == 2
    assert len(opened.meeting.decisions) == 1
    assert opened.city.data_version == demo_city.data_version
    assert len(opened.city.index.day) == len(demo_city.index.day)


def test_it_is_a_zip_that_says_what_it_holds(file: Path, held: Meeting) -> None:
    with zipfile.ZipFile(file) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        said = json.loads(archive.read("findings.zh.json"))["sentences"]
        assert archive.testzip() is None
    assert (manifest["meeting"], manifest["snapshot"], manifest["period"]) == (held.id, held.snapshot, "2026-08")
    assert manifest["method_version"] == held.briefing.method.version
    assert manifest["boundary_version"] == held.briefing.title.boundary_version
    assert sorted(manifest["views"]) == sorted(held.briefing.agenda)
    assert all(each["text"].endswith("。") for each in said)


def test_the_same_meeting_is_the_same_bytes(store: Store, held: Meeting, file: Path) -> None:
    assert dossier_bytes(store, held.id) == file.read_bytes()


# --- verified ---


def test_every_number_is_equal_when_recomputed(file: Path) -> None:
    assert verify_dossier(file) == []


def test_it_verifies_after_an_undo_an_import_and_another_method(
    store: Store, held: Meeting, file: Path, tmp_path: Path
) -> None:
    city = tmp_path / "city"
    shutil.copytree(store.folder, city)
    changed = Store(city)
    pipeline.undo(changed, changed.batches()[-1].id)
    rows = tmp_path / "new.csv"
    rows.write_text("编号,时间,经度,纬度,类型\nx1,2026-08-03 10:00,113.55,22.22,盗窃\n", encoding="utf-8")
    assert pipeline.import_incidents(changed, rows, "另一来源", crs="wgs84").stored == 1
    text = changed.methods()[0].text.replace('version = "3.0"', 'version = "3.9"', 1)
    changed.publish_method(text, dt.date(2026, 6, 1))
    assert read_city(changed).data_version != held.briefing.title.data_version
    write_dossier(changed, held.id, tmp_path / "later.zip")
    assert (tmp_path / "later.zip").read_bytes() == file.read_bytes()
    assert verify_dossier(tmp_path / "later.zip") == []


def forged(store: Store, held: Meeting, change: Callable[[Meeting], Meeting], path: Path) -> list[Difference]:
    """Seal a meeting with other numbers than its snapshot gives, and verify it."""
    opened = read_dossier(store.folder.parent / "dossier.zip")
    frozen = members_in(store.folder / "meetings" / "snapshots" / held.snapshot)
    path.write_bytes(sealed(change(held), opened.told, opened.background, frozen))
    return verify_dossier(path)


def test_another_score_is_named(store: Store, held: Meeting, file: Path, tmp_path: Path) -> None:
    score = replace(held.briefing.score, value=(held.briefing.score.value or 0.0) + 1e-6)
    found = forged(
        store, held, lambda m: replace(m, briefing=replace(m.briefing, score=score)), tmp_path / "forged.zip"
    )
    assert "briefing.score.value" in [each.path for each in found]
    assert all("卷宗为" in each.zh and "recomputed" in each.en for each in found)


def test_another_number_of_a_sentence_is_named(store: Store, held: Meeting, file: Path, tmp_path: Path) -> None:
    total = replace(held.briefing.total, n=held.briefing.total.n + 1)
    found = forged(
        store, held, lambda m: replace(m, briefing=replace(m.briefing, total=total)), tmp_path / "forged.zip"
    )
    paths = [each.path for each in found]
    assert "briefing.total.n" in paths
    assert any(path.startswith("findings.zh.sentences.") and path.endswith(".text") for path in paths)


def test_another_outcome_is_named(store: Store, held: Meeting, file: Path, tmp_path: Path) -> None:
    first = held.earlier[0]
    praised = replace(first, outcome=replace(first.outcome, answer="worked", why="fewer"))
    found = forged(store, held, lambda m: replace(m, earlier=(praised, *m.earlier[1:])), tmp_path / "forged.zip")
    assert [each.path for each in found] == ["earlier.0.outcome.answer", "earlier.0.outcome.why"]
    counted = replace(first, outcome=replace(first.outcome, now=(first.outcome.now or 0) + 1))
    found = forged(store, held, lambda m: replace(m, earlier=(counted, *m.earlier[1:])), tmp_path / "forged.zip")
    assert [each.path for each in found] == ["earlier.0.outcome.now"]


def test_another_baseline_is_named(store: Store, held: Meeting, file: Path, tmp_path: Path) -> None:
    found = forged(
        store,
        held,
        lambda m: replace(m, decisions=(replace(m.decisions[0], baseline=m.decisions[0].baseline + 1),)),
        tmp_path / "forged.zip",
    )
    assert [each.path for each in found] == ["decisions.0.baseline"]


def test_an_id_that_could_be_an_address_is_refused(store: Store, held: Meeting, file: Path, tmp_path: Path) -> None:
    with pytest.raises(InputFileError):
        forged(store, held, lambda m: replace(m, id="../../etc/x"), tmp_path / "forged.zip")


def test_what_cannot_be_recomputed_is_named(store: Store, held: Meeting, file: Path, tmp_path: Path) -> None:
    title = replace(held.briefing.title, token="nix")  # noqa: S106 - of a place
    found = forged(
        store, held, lambda m: replace(m, briefing=replace(m.briefing, title=title)), tmp_path / "forged.zip"
    )
    assert {"briefing", "findings"} <= {each.path for each in found}


# --- one changed byte ---


def test_one_changed_byte_is_found_wherever_it_stands(file: Path, tmp_path: Path) -> None:
    content, chance, copy = file.read_bytes(), np.random.default_rng(7), tmp_path / "changed.zip"
    where = [0, 9, 30, len(content) - 1, len(content) - 65, len(content) - 70]
    with zipfile.ZipFile(file) as archive:  # the small members too, and their names
        where += [info.header_offset + 31 for info in archive.infolist()]
        where += [info.header_offset + 30 + len(info.filename) for info in archive.infolist()]
    where += chance.integers(len(content), size=50).tolist()
    for k in where:
        changed = bytearray(content)
        changed[k] ^= 1 << int(chance.integers(8))
        copy.write_bytes(changed)
        assert next(each.path for each in verify_dossier(copy)) == "file"
        with pytest.raises(InputFileError, match="封存校验"):
            read_dossier(copy)


def test_the_changed_member_is_named(file: Path, tmp_path: Path) -> None:
    content = bytearray(file.read_bytes())
    with zipfile.ZipFile(file) as archive:
        content[archive.getinfo("snapshot/rows.parquet").header_offset + 5000] ^= 1
    (tmp_path / "changed.zip").write_bytes(content)
    found = [each.path for each in verify_dossier(tmp_path / "changed.zip")]
    assert found[0] == "file"  # a zip with a wrong checksum is read by nobody; else the member follows
    assert set(found[1:]) <= {"snapshot/rows.parquet"}


def test_a_byte_more_or_less_is_found(file: Path, tmp_path: Path) -> None:
    content, copy = file.read_bytes(), tmp_path / "changed.zip"
    for changed in (content[:-1], content + b"0", content[1:], b"", content[:1000]):
        copy.write_bytes(changed)
        assert verify_dossier(copy)


# --- what is no dossier ---


def with_seal(path: Path, write: Callable[[zipfile.ZipFile], None]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        write(archive)
        archive.comment = b"0" * 64
    body = path.read_bytes()[:-64]
    path.write_bytes(body + hashlib.sha256(body).hexdigest().encode())
    return path


def copied(file: Path, change: Callable[[dict[str, bytes]], dict[str, bytes]], **options: Any) -> Any:
    with zipfile.ZipFile(file) as archive:
        members = change({info.filename: archive.read(info) for info in archive.infolist()})

    def write(archive: zipfile.ZipFile) -> None:
        for name, content in members.items():
            archive.writestr(name, content, **options)

    return write


@pytest.mark.parametrize(
    "change",
    [
        lambda m: {**m, "../evil": b"x"},
        lambda m: {k: v for k, v in m.items() if k != MEETING},
        lambda m: {**m, MEETING: b"{}"},
        lambda m: {**m, MEETING: b"[" * 100_000},
        lambda m: {**m, "manifest.json": b"[]"},
        lambda m: {**m, "alerts.json": b'{"format":1}'},
        lambda m: {**m, "snapshot/city.json": b"{}"},
    ],
)
def test_sealed_but_no_dossier_is_refused(
    file: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], dict[str, bytes]]
) -> None:
    wrong = with_seal(tmp_path / "wrong.zip", copied(file, change))
    for ask in (read_dossier, verify_dossier):
        with pytest.raises(InputFileError, match="不是完好的"):
            ask(wrong)


def test_nothing_is_unpacked(file: Path, tmp_path: Path) -> None:
    bomb = with_seal(
        tmp_path / "bomb.zip",
        copied(file, lambda m: {**m, MEETING: b" " * 50_000_000}, compress_type=zipfile.ZIP_DEFLATED),
    )
    assert bomb.stat().st_size < 5_000_000
    with pytest.raises(InputFileError):
        read_dossier(bomb)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="nix"):
        verify_dossier(tmp_path / "nix.zip")


# --- kept elsewhere ---


def test_another_city_shows_it_and_decides_nothing(
    file: Path, held: Meeting, demo_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "city"
    shutil.copytree(demo_folder, folder)
    other = Store(folder)
    assert keep_dossier(other, file) == held
    assert keep_dossier(other, file) == held  # brought twice
    (listed,) = meetings(other)
    assert (listed.id, listed.from_file) == (held.id, True)
    assert meeting(other, held.id) == held
    assert city_of(other, held.id).data_version == held.briefing.title.data_version
    assert dossier_bytes(other, held.id) == file.read_bytes()
    assert other.verify() == []
    with pytest.raises(SelectionError, match="只能查看"):
        decide(other, held.id, GOOD)
    with pytest.raises(SelectionError):
        withdraw(other, held.id, held.decisions[0].id)
    live = read_city(other)
    assert prepare_meeting(other, live, live.find(STREET), Period.parse("2026-09")).earlier == ()


def test_in_its_own_city_it_is_the_meeting_itself(store: Store, file: Path, held: Meeting) -> None:
    assert keep_dossier(store, file) == held
    assert not any(each.from_file for each in meetings(store))


# --- there and back ---


def of(kind: Any) -> st.SearchStrategy[Any]:
    """Return anything of a type."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return st.one_of(*(of(each) for each in arguments))
    if origin is tuple:
        if arguments[1:] == (...,):
            return st.lists(of(arguments[0]), max_size=2).map(tuple)
        return st.tuples(*(of(each) for each in arguments))
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        chosen = {name: st.just(FORMAT) if name == "format" else of(hint) for name, hint in hints.items()}
        return st.builds(kind, **chosen)
    simple: dict[Any, st.SearchStrategy[Any]] = {
        int: st.integers(-(10**12), 10**12),
        float: st.floats(allow_nan=False, allow_infinity=False),
        str: st.text(max_size=8),
        bool: st.booleans(),
        types.NoneType: st.none(),
    }
    return simple[kind]


@settings(deadline=None, max_examples=25)
@given(made=of(Meeting))
def test_any_meeting_comes_back_from_its_json(made: Meeting) -> None:
    text = made.to_json()
    again = Meeting.from_json(text)
    assert again == made
    assert again.to_json() == text


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format":99}', "null"])
def test_what_is_no_meeting_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of several kinds
        Meeting.from_json(text)


def test_what_was_told_of_alerts_comes_back(store: Store, demo_city: CityData) -> None:
    found = book.told(store, dt.date(2026, 1, 1), dt.date(2026, 12, 31))
    assert found.on
    one = found.alerts[0]
    places = [(STREET, "street"), ("440402006001", "community"), ("440402001", "street"), ("nix", "street")]
    alerts = [
        replace(one, place_id=place, level_of_place=PlaceLevel(level), id=number, p=math.nan)
        for number, (place, level) in enumerate(places, start=1)
    ]
    whole = Told((*found.rules, replace(found.on[0], switched_on=False)), tuple(alerts), found.until)
    mine = told_of(demo_city, whole, demo_city.find(STREET))
    assert [each.id for each in mine.alerts] == [1, 2]
    assert [each.id for each in told_of(demo_city, whole, demo_city.city).alerts] == [1, 2, 3]
    again = read_told(told_json(mine))
    assert (again.until, again.rules) == (found.until, found.on)
    assert repr(again.alerts) == repr(mine.alerts)  # of which a number is missing
    assert told_json(again) == told_json(mine)
