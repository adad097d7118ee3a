"""Partition by partition and whole: the same counts, bit for bit, here, in processes and on a scheduler."""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from geodata import distributed
from geodata.boundaries import PARENT_FROM_GEOMETRY, join_levels
from geodata.counts import CountIndex, CountRows
from geodata.distributed import ClusterError, SparseCounts, count_files
from geodata.errors import CityError
from geodata.locate import ancestors, locate_levels
from geodata.vocabulary import LEVELS, PlaceLevel

pytest.importorskip("distributed")
WITH_PROGRAM = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
FIRST = dt.date(2026, 1, 1)
NAN = float("nan")
Row = tuple[int, str, float, float]


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


@pytest.fixture(scope="module")
def town() -> gpd.GeoDataFrame:
    """Return two districts; the north-east of the first has no street, and a community lies across two streets."""
    shapes = [
        (PlaceLevel.DISTRICT, "A", box(0, 0, 4, 4)),
        (PlaceLevel.DISTRICT, "B", box(4, 0, 8, 4)),
        (PlaceLevel.STREET, "A1", box(0, 0, 2, 4)),
        (PlaceLevel.STREET, "A2", box(2, 0, 4, 2)),
        (PlaceLevel.STREET, "B1", box(4, 0, 8, 4)),
        (PlaceLevel.COMMUNITY, "C", box(1, 0, 3, 1)),
    ]
    table = pd.DataFrame({"place_id": [shape[1] for shape in shapes], "level": [shape[0].value for shape in shapes]})
    blank = dict.fromkeys(("name_en", "parent_id", "valid_from", "valid_to"), "")
    table = table.assign(name=table["place_id"], parent_source=PARENT_FROM_GEOMETRY, **blank)
    return join_levels(gpd.GeoDataFrame(table, geometry=[shape[2] for shape in shapes], crs="EPSG:4326"))


HAPPENED: list[Row] = [
    (0, "theft", 1, 3),  # A1
    (0, "theft", 1, 3),  # A1 again
    (1, "fight", 3, 3),  # A, in no street
    (2, "theft", 4, 1),  # border of districts: A2, hence A
    (3, "fight", 5, 1),  # B1
    (3, "theft", 9, 9),  # outside
    (4, "theft", NAN, NAN),  # no position
    (4, "盗窃", 1, NAN),  # half a position is none
]


def table_of(rows: list[Row], keys: list[str] | None = None) -> pa.Table:
    return pa.table(
        {
            "occurred_on": pa.array([day(row[0]) for row in rows], pa.date32()),
            "incident_type": pa.array([row[1] for row in rows], pa.string()),
            "lon": pa.array([row[2] for row in rows], pa.float64()),
            "lat": pa.array([row[3] for row in rows], pa.float64()),
            "place_key": pa.array(keys or [""] * len(rows), pa.string()),
        }
    )


def written(
    folder: Path, rows: list[Row], *, files: int = 1, group: int = 3, keys: list[str] | None = None
) -> list[Path]:
    """Write rows into so many files with row groups of so many rows."""
    folder.mkdir(parents=True, exist_ok=True)
    table, paths = table_of(rows, keys), []
    for number, rows_of_file in enumerate(np.array_split(np.arange(len(rows)), files)):
        paths.append(folder / f"{number}.parquet")
        pq.write_table(table.take(pa.array(rows_of_file)), paths[-1], row_group_size=group)
    return paths


def members(places: gpd.GeoDataFrame, level: PlaceLevel) -> np.ndarray:
    return np.flatnonzero(places["level"].to_numpy(dtype=str) == level.value).astype(np.int32)


def told(
    town: gpd.GeoDataFrame, counts: SparseCounts, level: PlaceLevel, **how: Any
) -> tuple[dict[str, int], int, int]:
    answer = counts.by_place(level, members(town, level), day(0), day(5), **how)
    ids = town["place_id"].to_numpy()[answer.places.index.to_numpy()]
    return dict(zip(ids, answer.places.tolist(), strict=True)), answer.unlocated, answer.outside


def index_of(places: gpd.GeoDataFrame, rows: list[Row]) -> CountIndex:
    """Count rows in one go, as a city on one machine does."""
    lon, lat = np.array([row[2:] for row in rows], dtype=np.float64).reshape(-1, 2).T
    kind, types = pd.factorize(pd.Series([row[1] for row in rows], dtype="str"))
    first = (FIRST - dt.date(1970, 1, 1)).days
    counted = CountRows(
        day=np.array([first + row[0] for row in rows], dtype=np.int32),
        hour=np.full(len(rows), -1, dtype=np.int8),
        kind=kind.astype(np.int32),
        types=tuple(types),
        source=np.zeros(len(rows), dtype=np.int32),
        sources=("s",),
        lon=lon,
        lat=lat,
        place=locate_levels(lon, lat, places).place,
        row=np.arange(len(rows), dtype=np.int32),
        file="0.parquet",
    )
    return CountIndex.build([counted], n_places=len(places))


# --- by hand ---


def test_every_incident_of_the_town_is_counted_where_it_lies(town: gpd.GeoDataFrame, tmp_path: Path) -> None:
    counts = count_files(written(tmp_path, HAPPENED), town)
    assert counts.total == 8
    assert told(town, counts, PlaceLevel.DISTRICT) == ({"A": 4, "B": 1}, 2, 1)
    assert told(town, counts, PlaceLevel.STREET) == ({"A1": 2, "A2": 1, "B1": 1}, 3, 1)


def test_questions_can_be_narrowed_to_a_place_and_to_types(town: gpd.GeoDataFrame, tmp_path: Path) -> None:
    counts = count_files(written(tmp_path, HAPPENED), town)
    assert told(town, counts, PlaceLevel.STREET, types=["theft"]) == ({"A1": 2, "A2": 1, "B1": 0}, 1, 1)
    assert told(town, counts, PlaceLevel.STREET, types=[]) == ({"A1": 0, "A2": 0, "B1": 0}, 0, 0)
    inside = told(town, counts, PlaceLevel.STREET, within=(0, PlaceLevel.DISTRICT))
    assert inside == ({"A1": 2, "A2": 1, "B1": 0}, 1, 0)


def test_the_list_by_place_day_and_type_closes(town: gpd.GeoDataFrame, tmp_path: Path) -> None:
    counts = count_files(written(tmp_path, HAPPENED), town)
    listed = counts.frame(PlaceLevel.STREET)
    assert listed["incidents"].sum() == 8
    assert listed.groupby("where")["incidents"].sum().to_dict() == {"place": 4, "unlocated": 3, "outside": 1}
    assert set(listed.loc[listed["where"] != "place", "place_id"]) == {""}
    first = listed[(listed["place_id"] == "A1") & (listed["day"] == "2026-01-01")]
    assert first[["incident_type", "incidents"]].to_numpy().tolist() == [["theft", 2]]


def test_rows_that_were_corrected_are_not_counted(town: gpd.GeoDataFrame, tmp_path: Path) -> None:
    first, second = written(tmp_path, HAPPENED, files=2, group=3)
    gone = {first: np.array([3, 1], dtype=np.int32), second: np.array([1], dtype=np.int32)}
    counts = count_files([first, second], town, dropped=gone)
    assert told(town, counts, PlaceLevel.DISTRICT) == ({"A": 2, "B": 1}, 2, 0)
    assert count_files([first, second], town, dropped=gone, rows_per_task=1).table.equals(counts.table)


def test_only_days_of_the_span_are_counted(town: gpd.GeoDataFrame, tmp_path: Path) -> None:
    files = written(tmp_path, HAPPENED, group=2)
    assert count_files(files, town, start=day(1), end=day(4)).total == 4
    assert count_files(files, town, start=day(5), end=day(9)).total == 0


def test_an_incident_without_a_position_is_counted_in_the_place_that_its_key_names(
    town: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    rows: list[Row] = [(0, "theft", NAN, NAN), (0, "theft", NAN, NAN), (0, "theft", 5, 1), (0, "theft", NAN, NAN)]
    files = written(tmp_path, rows, keys=["市/A/A2", "nobody", "市/A/A2", ""])
    street = int(np.flatnonzero(town["place_id"] == "A2")[0])
    counts = count_files(files, town, place_rows={"市/A/A2": street})
    assert told(town, counts, PlaceLevel.STREET) == ({"A1": 0, "A2": 1, "B1": 1}, 2, 0)
    assert told(town, counts, PlaceLevel.DISTRICT) == ({"A": 1, "B": 1}, 2, 0)


def test_no_files_and_files_without_rows_count_nothing(town: gpd.GeoDataFrame, tmp_path: Path) -> None:
    for files in ([], written(tmp_path, [])):
        counts = count_files(files, town)
        assert counts.total == 0
        assert len(counts.frame(PlaceLevel.DISTRICT)) == 0
        assert told(town, counts, PlaceLevel.DISTRICT) == ({"A": 0, "B": 0}, 0, 0)


def test_progress_ends_at_the_whole(town: gpd.GeoDataFrame, tmp_path: Path) -> None:
    shares: list[float] = []
    count_files(written(tmp_path, HAPPENED, group=2), town, rows_per_task=2, progress=shares.append)
    assert shares == [0.25, 0.5, 0.75, 1.0]


# --- laws ---

spot = st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.5, 8.0, 9.0, -1.0, NAN])
incident = st.tuples(st.integers(0, 40), st.sampled_from(["theft", "fight", "raw:怪事"]), spot, spot)


@given(st.lists(incident, max_size=60), st.integers(1, 4), st.integers(1, 20), st.integers(1, 50))
@settings(deadline=None, max_examples=40)
def test_however_the_rows_are_divided_the_counts_are_the_same(
    town: gpd.GeoDataFrame,
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[Row],
    files: int,
    group: int,
    rows_per_task: int,
) -> None:
    folder = tmp_path_factory.mktemp("parts")
    whole = count_files(written(folder / "whole", rows, group=1000), town)
    divided = written(folder / "divided", rows, files=files, group=group)
    parts = count_files(reversed(divided), town, rows_per_task=rows_per_task)
    assert parts.table.equals(whole.table)
    assert whole.total == len(rows)


@given(st.lists(incident, max_size=60), st.integers(0, 41), st.integers(0, 41), st.sampled_from(LEVELS), st.booleans())
@settings(deadline=None, max_examples=60)
def test_the_counts_are_those_of_the_count_index(
    town: gpd.GeoDataFrame,
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[Row],
    start: int,
    end: int,
    level: PlaceLevel,
    only_theft: bool,
) -> None:
    counts = count_files(written(tmp_path_factory.mktemp("parts"), rows, files=2), town, rows_per_task=7)
    index = index_of(town, rows)
    wanted = {"theft"} if only_theft else None
    positions = np.array([k for k, name in enumerate(index.types) if name == "theft"], dtype=np.intp)
    for within in (None, (0, PlaceLevel.DISTRICT), (1, PlaceLevel.DISTRICT)):
        here = members(town, level)
        if within is not None:
            here = here[ancestors(town)[here, 0] == within[0]]
        expected = index.by_place(
            level, here, day(start), day(end), within=within, types=positions if only_theft else None
        )
        answer = counts.by_place(level, here, day(start), day(end), within=within, types=wanted)
        pd.testing.assert_series_equal(answer.places, expected.places)
        assert (answer.unlocated, answer.outside) == (expected.unlocated, expected.outside)


@given(st.lists(st.tuples(*[st.integers(-(2**45), 2**45)] * 3), min_size=1, max_size=30))
@settings(deadline=None)
def test_keys_in_one_are_ordered_as_they_are_together_however_wide(keys: list[tuple[int, ...]]) -> None:
    columns = np.array(keys, dtype=np.int64).T
    one = distributed._one_key(list(columns))
    assert one.min() >= 0
    assert sorted(range(len(keys)), key=lambda k: (one[k], k)) == sorted(range(len(keys)), key=lambda k: (keys[k], k))
    assert len(set(one.tolist())) == len(set(keys))


# --- in processes and on a scheduler ---


@pytest.fixture(scope="module")
def busy_days(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return three files of 5,000 random incidents, a tenth without a position."""
    rng = np.random.default_rng(7)
    lon, lat = rng.uniform(-0.2, 8.2, (2, 5000)).round(2)
    lon[rng.random(5000) < 0.1] = NAN
    kinds = rng.choice(["theft", "fight", "盗窃"], 5000)
    days = np.sort(rng.integers(0, 90, 5000))
    rows = list(zip(days.tolist(), kinds.tolist(), lon.tolist(), lat.tolist(), strict=True))
    return written(tmp_path_factory.mktemp("busy"), rows, files=3, group=500)


def test_processes_of_this_machine_count_the_same(town: gpd.GeoDataFrame, busy_days: list[Path]) -> None:
    gone = {busy_days[1]: np.arange(0, 1000, 3, dtype=np.int32)}
    here = count_files(busy_days, town, dropped=gone)
    there = count_files(busy_days, town, dropped=gone, scheduler="local", workers=2, rows_per_task=700)
    assert there.table.equals(here.table)
    assert there.total == 5000 - 334


@contextmanager
def started_scheduler(folder: Path) -> Iterator[str]:
    """Start a scheduler as its users do; give its address."""
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    log = folder / "log"
    with (
        log.open("w") as said,
        subprocess.Popen(
            [*command, "--no-dashboard", "--dashboard-address", "127.0.0.1:0"],
            stderr=said,
            cwd=folder,
            env=WITH_PROGRAM,
        ) as started,
    ):
        try:
            yield _address(log, started)
        finally:
            started.terminate()


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a scheduler and two workers; return the address."""
    folder = tmp_path_factory.mktemp("dask")
    with started_scheduler(folder) as address:
        command = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny"]
        workers = [
            subprocess.Popen([*command, "--no-dashboard"], stderr=subprocess.DEVNULL, cwd=folder, env=WITH_PROGRAM)
            for _ in range(2)
        ]
        yield address
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait()


def _address(log: Path, started: subprocess.Popen[bytes]) -> str:
    for _ in range(300):
        if found := re.search(r"tcp://127\.0\.0\.1:[0-9]+", log.read_text()):
            return found[0]
        assert started.poll() is None, log.read_text()
        time.sleep(0.1)
    pytest.fail("the scheduler did not start in 30 s")


def test_a_scheduler_with_an_address_counts_the_same(
    town: gpd.GeoDataFrame, busy_days: list[Path], scheduler: str
) -> None:
    here = count_files(busy_days, town)
    for rows_per_task in (600, 10_000):
        there = count_files(busy_days, town, scheduler=scheduler, rows_per_task=rows_per_task)
        assert there.table.equals(here.table)


def test_a_file_that_breaks_on_a_worker_is_named(
    town: gpd.GeoDataFrame, busy_days: list[Path], scheduler: str, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.parquet"
    content = bytearray(busy_days[0].read_bytes())
    content[10 : len(content) // 2] = bytes(len(content) // 2 - 10)  # the footer stays whole
    broken.write_bytes(content)
    for where in (scheduler, None):
        with pytest.raises(CityError, match=re.escape("broken.parquet")) as raised:
            count_files([broken], town, scheduler=where)
        assert "broken.parquet" in raised.value.en


# --- faults ---


def test_a_missing_file_is_named(town: gpd.GeoDataFrame, tmp_path: Path) -> None:
    with pytest.raises(CityError, match=re.escape("gone.parquet")):
        count_files([tmp_path / "gone.parquet"], town)


def test_without_dask_the_way_to_install_it_is_told(
    town: gpd.GeoDataFrame, busy_days: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match="pip install dask distributed"):
        count_files(busy_days, town, scheduler="local")
    assert count_files(busy_days, town).total == 5000


@pytest.mark.parametrize("address", ["127.0.0.1:8786", "http://127.0.0.1", "lokal", ""])
def test_what_is_no_address_of_a_scheduler_is_refused(
    town: gpd.GeoDataFrame, busy_days: list[Path], address: str
) -> None:
    with pytest.raises(ClusterError, match="tcp://") as raised:
        count_files(busy_days, town, scheduler=address)
    assert "`local`" in raised.value.en


def test_a_scheduler_that_does_not_answer_is_told(
    town: gpd.GeoDataFrame, busy_days: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distributed, "WAIT_S", 1)
    with pytest.raises(ClusterError, match=re.escape("tcp://127.0.0.1:9")):
        count_files(busy_days, town, scheduler="tcp://127.0.0.1:9")


def test_a_scheduler_without_workers_is_told(
    town: gpd.GeoDataFrame, busy_days: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distributed, "WAIT_S", 1)
    with started_scheduler(tmp_path) as address, pytest.raises(ClusterError, match="dask worker"):
        count_files(busy_days, town, scheduler=address)
