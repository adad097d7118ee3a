"""Incidents that leave the city: no words of anybody, nothing sensitive; they change nothing when they come back."""

from __future__ import annotations

import csv
import io
import shutil
import sqlite3
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest

from geodata import pipeline
from geodata.city import CityData, read_city
from geodata.exports import incidents as out
from geodata.roundtrip import EXPORT_MARK
from geodata.store import Store
from layers.export import incidents_of
from layers.points import hidden_types
from layers.view import parse_view


def stream(folder: Path, query: str) -> tuple[list[dict[str, str]], out.Incidents]:
    store = Store(folder)
    city = read_city(store)
    found, seen = incidents_of(parse_view(f"?{query}", city), city)
    content = b"".join(out.csv_stream(store, seen, found)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content, newline=""))), found


def test_every_incident_but_the_sensitive_ones_is_there(demo_folder: Path, demo_city: CityData) -> None:
    rows, found = stream(demo_folder, "")
    view = parse_view("", demo_city)
    every = demo_city.index.selected(view.period.start, view.period.end)
    hidden = hidden_types(demo_city)[demo_city.index.kind[every]]
    assert len(rows) == (~hidden).sum() > 1000
    assert found.left_out == hidden.sum() > 0
    assert str(found.left_out) in rows[0][EXPORT_MARK]
    sensitive = {demo_city.index.types[k] for k in np.flatnonzero(hidden_types(demo_city))}
    assert not sensitive & {row["incident_type"] for row in rows}


def test_nothing_that_anybody_wrote_leaves(demo_folder: Path) -> None:
    rows, _ = stream(demo_folder, "place=440402006")
    assert set(rows[0]) == set(out.SCHEMA.names)
    assert not {"extra", "place_key", "status", "severity", "source_type", "occurred_at"} & set(rows[0])
    for row in rows:
        assert len(row["lon"].partition(".")[2]) in (0, 5)
        assert len(row["occurred_on"]) == 10
        assert row["hour"] == "" or 0 <= int(row["hour"]) < 24


def test_a_drawn_area_does_not_tell_of_sensitive_incidents(demo_folder: Path) -> None:
    _, found = stream(demo_folder, "area=circle:113.55,22.25,2000")
    assert found.left_out == 0


def test_filters_hold(demo_folder: Path) -> None:
    rows, _ = stream(demo_folder, "hours=22-6&sub=traffic&place=440402")
    assert rows
    assert {int(row["hour"]) for row in rows} <= {22, 23, 0, 1, 2, 3, 4, 5}
    assert {row["district"] for row in rows} == {"440402"}


def test_files_hold_the_same_rows(demo_folder: Path, tmp_path: Path) -> None:
    store = Store(demo_folder)
    city = read_city(store)
    rows, found = stream(demo_folder, "place=440402006")
    out.write_parquet(tmp_path / "rows.parquet", store, city, found)
    out.write_geopackage(tmp_path / "rows.gpkg", store, city, found)
    for read in (gpd.read_parquet(tmp_path / "rows.parquet"), gpd.read_file(tmp_path / "rows.gpkg", layer="incidents")):
        assert read["incident_id"].tolist() == [row["incident_id"] for row in rows]
        assert read["incident_type"].tolist() == [row["incident_type"] for row in rows]
        placed = read[read.geometry.notna()]
        np.testing.assert_array_equal(placed.geometry.x, placed["lon"])
        assert placed["lat"].between(21, 23).all()
    with sqlite3.connect(tmp_path / "rows.gpkg") as ledger:
        assert ledger.execute("SELECT count(*) FROM layer_styles").fetchone() == (1,)


@pytest.mark.parametrize("ending", ["csv", "parquet", "gpkg"])
def test_an_own_export_changes_nothing_when_it_comes_back(demo_folder: Path, tmp_path: Path, ending: str) -> None:
    folder = tmp_path / "city"
    shutil.copytree(demo_folder, folder)
    store = Store(folder)
    city = read_city(store)
    found, seen = incidents_of(parse_view("", city), city)
    path = tmp_path / f"own.{ending}"
    if ending == "csv":
        path.write_bytes(b"".join(out.csv_stream(store, seen, found)))
    elif ending == "parquet":
        out.write_parquet(path, store, seen, found)
    else:
        out.write_geopackage(path, store, seen, found)
    before = store.data_version()
    report = pipeline.import_incidents(store, path, source="back")
    assert (report.rows, report.known) == (len(found.rows), len(found.rows))
    assert (report.stored, report.corrected, report.set_aside) == (0, 0, 0)
    assert store.data_version() == before


def test_an_own_export_brings_back_what_is_not_there(demo_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "city"
    shutil.copytree(demo_folder, folder)
    store = Store(folder)
    rows, _ = stream(folder, "place=440402006")
    rows[0]["incident_id"] = "'=NEW-1"
    path = tmp_path / "own.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    report = pipeline.import_incidents(store, path, source="back")
    assert (report.stored, report.known) == (1, len(rows) - 1)
    again, _ = stream(folder, "place=440402006")
    assert "'=NEW-1" in {row["incident_id"] for row in again}
