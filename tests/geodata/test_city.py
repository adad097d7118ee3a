"""One city, read-only: its places, periods, types and what it offers."""

from __future__ import annotations

import datetime as dt
import itertools
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geodata.city import CityData, open_city, read_city, thin_outlines
from geodata.errors import CityError, SelectionError
from geodata.filters import Filters
from geodata.locate import NOWHERE
from geodata.store import CitySettings, Store
from geodata.vocabulary import LEVELS, Period, PeriodKind, PlaceLevel

DISTRICT, STREET, COMMUNITY, GRID_CELL = PlaceLevel


# --- places ---


def test_a_place_is_found_by_its_id_and_the_city_by_nothing(demo_city: CityData) -> None:
    street = demo_city.find("440402001")
    assert (street.name, street.name_en, street.level) == ("翠香街道", "Cuixiang Subdistrict", STREET)
    assert demo_city.find(street.token) == demo_city.find("street:440402001") == street
    assert demo_city.find("") == demo_city.city
    assert (demo_city.city.row, demo_city.city.within) == (None, None)


@pytest.mark.parametrize(
    ("settings", "english"),
    [
        (CitySettings("伦敦", "London"), "London"),
        (CitySettings("伦敦"), "伦敦"),
        (CitySettings(), "Unnamed city"),
    ],
)
def test_a_city_without_an_english_name_has_its_own_in_english_too(
    demo_city: CityData, settings: CitySettings, english: str
) -> None:
    assert replace(demo_city, settings=settings).city.in_language("en") == english


@pytest.mark.parametrize("token", ["nix", "street:", "district:440402001", "440402001 ", "x" * 5000])
def test_a_place_that_is_not_there_is_refused(demo_city: CityData, token: str) -> None:
    with pytest.raises(SelectionError) as refused:
        demo_city.find(token)
    assert len(refused.value.en) < 200


def test_the_lineage_of_a_place_runs_from_the_city_to_itself(demo_city: CityData) -> None:
    cell = demo_city.find("440402001001001")
    assert [place.id for place in demo_city.lineage(cell)] == ["", "440402", "440402001", "440402001001", cell.id]
    assert demo_city.lineage(demo_city.city) == [demo_city.city]


def test_members_and_siblings_share_their_parent(demo_city: CityData) -> None:
    community = demo_city.find("440402001001")
    street = demo_city.find("440402001")
    assert demo_city.siblings(community).tolist() == demo_city.members(COMMUNITY, street).tolist()
    assert {demo_city.place(int(row)).id[:9] for row in demo_city.siblings(community)} == {"440402001"}
    assert demo_city.siblings(demo_city.city).tolist() == []
    assert len(demo_city.siblings(demo_city.find("440402"))) == 3
    assert demo_city.members(DISTRICT, community).tolist() == []


def test_every_place_below_the_top_is_a_member_of_exactly_one_parent(demo_city: CityData) -> None:
    for above, below in itertools.pairwise(LEVELS):
        families = [
            demo_city.members(below, demo_city.place(int(row))) for row in demo_city.members(above, demo_city.city)
        ]
        together = np.concatenate(families)
        assert sorted(together.tolist()) == demo_city.members(below, demo_city.city).tolist()
    assert (demo_city.table[:, 0] != NOWHERE).all()


def test_finer_levels_are_offered_down_to_the_last(demo_city: CityData) -> None:
    assert demo_city.levels == LEVELS
    assert demo_city.levels_below(demo_city.city) == list(LEVELS)
    assert demo_city.levels_below(demo_city.find("440402001")) == [COMMUNITY, GRID_CELL]
    assert demo_city.levels_below(demo_city.find("440402001001001")) == []


def test_areas_of_children_add_up_to_their_parent(demo_city: CityData) -> None:
    sums = [demo_city.areas[demo_city.members(level, demo_city.city)].sum() for level in LEVELS]
    assert sums == pytest.approx([sums[0]] * 4, rel=1e-4)


# --- time ---


def test_the_city_offers_the_periods_that_have_data(demo_city: CityData) -> None:
    assert demo_city.index.span == (dt.date(2025, 11, 1), dt.date(2026, 10, 31))
    assert demo_city.data_as_of == dt.date(2026, 10, 31)
    assert demo_city.period_kinds == list(PeriodKind)
    offered = {
        text: demo_city.offers(Period.parse(text))
        for text in ("2025-10", "2025-11", "2025", "2026-10-31", "2026-W44", "2026-11", "2026-11-01")
    }
    assert [text for text, yes in offered.items() if not yes] == ["2025-10", "2026-11", "2026-11-01"]


@pytest.mark.parametrize(
    ("kind", "latest"),
    [("day", "2026-10-31"), ("week", "2026-W43"), ("month", "2026-10"), ("quarter", "2026-Q3"), ("year", "2025")],
)
def test_the_latest_period_is_the_last_that_is_whole(demo_city: CityData, kind: str, latest: str) -> None:
    assert str(demo_city.latest_period(PeriodKind(kind))) == latest


def test_recent_periods_follow_each_other_and_hold_the_chosen_one(demo_city: CityData) -> None:
    for text in ("2026-10", "2026-03", "2025-11", "2026-W10", "2026-01-05"):
        period = Period.parse(text)
        periods = demo_city.recent_periods(period, 12)
        assert period in periods
        assert len(periods) <= 12
        assert all(before.next() == after for before, after in itertools.pairwise(periods))


# --- types, counts, scores ---


def test_types_are_found_by_id_and_by_name_in_both_languages(demo_city: CityData) -> None:
    by_id = demo_city.find_types(["theft"])
    name = demo_city.method.types["theft"]
    assert len(by_id) == 1
    assert (
        demo_city.find_types([" 盗窃 "]).tolist() == demo_city.find_types(["THEFT", "theft"]).tolist() == by_id.tolist()
    )
    assert name.id == "theft"


def test_an_unknown_type_is_refused(demo_city: CityData) -> None:
    with pytest.raises(SelectionError, match="飞碟"):
        demo_city.find_types(["theft", "飞碟"])


def test_counting_inside_the_city_is_counting_everywhere(demo_city: CityData) -> None:
    start, end = dt.date(2026, 10, 1), dt.date(2026, 11, 1)
    everywhere = demo_city.counts(STREET, start, end)
    assert everywhere.total == demo_city.counts(STREET, start, end, within=demo_city.city).total
    assert everywhere.places.index.tolist() == demo_city.members(STREET, demo_city.city).tolist()


def test_the_same_scores_are_computed_once(demo_city: CityData) -> None:
    october = Period.parse("2026-10")
    assert demo_city.scores(STREET, october) is demo_city.scores(STREET, october)
    assert demo_city.scores(STREET, october) is not demo_city.scores(STREET, october.previous())


def test_a_cell_has_one_score_whoever_else_is_scored(demo_city: CityData) -> None:
    period, level = Period.parse("2025-11"), PlaceLevel.GRID_CELL
    every = demo_city.members(level, demo_city.city)
    for place in (demo_city.find("440402"), demo_city.lineage(demo_city.place(int(every[7])))[-2]):
        some = demo_city.scores(level, period, place)
        assert some.rows.tolist() == demo_city.members(level, place).tolist()
        at = np.searchsorted(every, some.rows)
        alone, whole = some.scores, demo_city.scores(level, period).scores
        for name in ("score", "low", "high", "error", "sub_score", "risk", "likely"):
            assert np.array_equal(getattr(alone, name), getattr(whole, name)[at], equal_nan=True), name
    streets = demo_city.scores(PlaceLevel.STREET, period, demo_city.find("440402"))
    assert streets is demo_city.scores(PlaceLevel.STREET, period)  # few enough to be scored for everybody


def test_filtered_and_supposed_cities_share_one_memory_and_no_answers(demo_city: CityData) -> None:
    supposed = demo_city.supposed((("fire", 0.9),))
    filtered = demo_city.filtered(Filters(hours=(0, 6)))
    assert [each.kept("who", lambda n=n: n) for n, each in enumerate((demo_city, supposed, filtered))] == [0, 1, 2]
    assert demo_city._memo is supposed._memo is filtered._memo
    assert filtered.held_bytes > len(filtered.index.day) * 20
    assert demo_city.held_bytes == 0


def test_the_history_of_a_place_ends_in_its_score_on_the_map(demo_city: CityData) -> None:
    periods = [Period.parse(f"2026-{month:02d}") for month in range(5, 11)]
    for token in ("440402", "440402001"):
        place = demo_city.find(token)
        assert place.level is not None
        history = demo_city.history(place, periods)
        for k, period in enumerate(periods):
            scored = demo_city.scores(place.level, period)
            (at,) = np.flatnonzero(scored.rows == place.row)
            assert history.counts[k].tolist() == scored.counts[at].tolist()
            assert history.scores.score[k] == pytest.approx(scored.scores.score[at], nan_ok=True)


# --- opening ---


def test_a_copied_city_and_one_without_its_derived_files_answer_the_same(
    demo_folder: Path, demo_city: CityData, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(demo_folder, copy, ignore=shutil.ignore_patterns("derived"))
    again = open_city(copy)
    october = Period.parse("2026-10")
    assert again.data_version == demo_city.data_version
    for level in LEVELS:
        here, there = (city.counts(level, october.start, october.end) for city in (demo_city, again))
        assert here.places.to_dict() == there.places.to_dict()
        assert (here.unlocated, here.outside) == (there.unlocated, there.outside)
    here, there = (city.scores(STREET, october).scores.score for city in (demo_city, again))
    assert here.tolist() == pytest.approx(there.tolist(), nan_ok=True)


def test_a_folder_without_boundaries_is_no_city_yet(tmp_path: Path) -> None:
    with pytest.raises(CityError, match="boundaries"):
        open_city(tmp_path)


def test_a_city_without_incidents_opens_and_offers_nothing(demo_city: CityData, tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.save_places(demo_city.places[demo_city.places["level"].isin(["district", "street"])].reset_index(drop=True))
    city = read_city(store)
    assert (city.data_as_of, city.index.span) == (None, None)
    assert city.latest_period(PeriodKind.MONTH) is None
    assert not city.offers(Period.parse("2026-10"))
    assert city.recent_periods(Period.parse("2026-10"), 12) == []
    assert not city.no_data.any()
    assert city.counts(STREET, dt.date(2026, 1, 1), dt.date(2027, 1, 1)).total == 0
    assert np.isnan(city.scores(STREET, Period.parse("2026-10")).scores.score).all()


def test_outlines_for_drawing_are_kept_and_have_one_row_a_place(demo_folder: Path, demo_city: CityData) -> None:
    first, second = thin_outlines(Store(demo_folder)), thin_outlines(Store(demo_folder))
    assert first["place_id"].tolist() == second["place_id"].tolist() == demo_city.places["place_id"].tolist()
    assert (~first.geometry.is_empty).all()


def test_two_who_ask_the_same_at_once_have_it_worked_out_once(demo_city: CityData) -> None:
    asked, begun = [], threading.Barrier(2)

    def make() -> str:
        asked.append(1)
        time.sleep(0.2)
        return "answer"

    def ask() -> str:
        begun.wait()
        return demo_city.kept("asked twice at once", make)

    with ThreadPoolExecutor(2) as pool:
        answers = [each.result() for each in [pool.submit(ask), pool.submit(ask)]]
    assert answers == ["answer", "answer"]
    assert asked == [1]


def test_a_question_that_failed_can_be_asked_again(demo_city: CityData) -> None:
    def fail() -> str:
        raise CityError("不行。", "no.")

    with pytest.raises(CityError):
        demo_city.kept("failed", fail)
    assert demo_city.kept("failed", lambda: "answer") == "answer"
