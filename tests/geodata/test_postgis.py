"""Tables of a real PostGIS: what is read is what files would give, nothing is written, no message has a password."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import pytest
import shapely
from shapely import box

from geodata import boundaries, postgis, readers
from geodata.errors import BoundaryError, InputFileError
from geodata.locate import locate_levels
from geodata.vocabulary import PlaceLevel

pytest.importorskip("psycopg")
from tests.postgis import PASSWORD, PrivateServer, find_binaries, private_server

STREETS = {
    "0401": ("一街", box(113.50, 22.20, 113.52, 22.24)),
    "0402": ("二街", box(113.52, 22.20, 113.54, 22.24)),
    "0403": ("三街", box(113.54, 22.20, 113.58, 22.24)),
}
TRICKY = 'a, "quoted"\nline; 珠海 \\N \\. '


@pytest.fixture(scope="module")
def server() -> Iterator[PrivateServer]:
    """Start PostgreSQL once; without it the tests are skipped, unless they are required."""
    binaries = find_binaries()
    if binaries is None:
        if os.environ.get("PINGAN_REQUIRE_POSTGIS"):
            pytest.fail("PostGIS is required and not installed")
        pytest.skip("PostGIS is not installed")
    with private_server(binaries) as started:
        started.run("CREATE TABLE streets (code text, title text, size numeric(8, 2), shape geometry(Polygon, 4326))")
        started.fill("streets", [(code, title, 440402, wkb(shape)) for code, (title, shape) in STREETS.items()])
        yield started


def wkb(shapes: Any) -> Any:
    """Return shapes in degrees as PostgreSQL takes them."""
    return shapely.to_wkb(shapely.set_srid(shapes, 4326), hex=True, include_srid=True)


def rows_of(url: str) -> list[dict[str, str]]:
    """Return all rows that are no bad ones."""
    return [row for chunk in postgis.open_table(url).chunks() for row in chunk.table.to_pylist()]


def bad_rows_of(url: str) -> list[tuple[int, str, str, str]]:
    frame = pd.concat([chunk.bad_rows for chunk in postgis.open_table(url).chunks()])
    return list(zip(frame["row"], frame["reason"], frame["column"], frame["text"], strict=True))


def refusal(kind: type[BoundaryError | InputFileError], url: str, read: Any = postgis.read_places) -> str:
    """Return the English sentence of a refusal; both languages keep their form and hide the password."""
    with pytest.raises(kind) as raised:
        read(url)
    error = raised.value
    assert error.zh.endswith("。")
    assert error.en.endswith(".")
    told = error.zh + error.en + "".join(traceback.format_exception(error))
    assert PASSWORD not in told
    assert "s3cret" not in told
    return error.en


# --- the same as from files ---


def made(shapes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    places = boundaries.make_places(shapes, PlaceLevel.STREET, id_column="code", name_column="title")
    return boundaries.join_levels(places)


def test_boundaries_and_incidents_give_the_same_counts_as_files(server: PrivateServer, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(113.48, 113.60, 3000).round(3), rng.uniform(22.19, 22.25, 3000).round(3)  # many on borders
    incidents = pd.DataFrame({"id": np.arange(3000), "lon": lon, "lat": lat, "kind": "盗窃"})
    incidents.to_csv(tmp_path / "incidents.csv", index=False)
    titles, shapes = zip(*STREETS.values(), strict=True)
    drawn = gpd.GeoDataFrame({"code": list(STREETS), "title": titles}, geometry=list(shapes), crs="EPSG:4326")
    drawn.to_parquet(tmp_path / "streets.parquet")
    server.run("CREATE TABLE happened (id int, kind text, spot geometry(Point, 4326))")
    server.fill("happened", zip(range(3000), ["盗窃"] * 3000, wkb(shapely.points(lon, lat)), strict=True))
    answers = []
    for places, table in (
        (readers.read_places(tmp_path / "streets.parquet")[0], readers.open_table(tmp_path / "incidents.csv")),
        (postgis.read_places(server.url(table="streets"))[0], postgis.open_table(server.url(table="public.happened"))),
    ):
        frame = pd.concat([chunk.table.to_pandas() for chunk in table.chunks()]).set_index("id").sort_index()
        position = frame[["lon", "lat"]].astype(float).to_numpy().T
        located = locate_levels(*position, made(places)).place
        answers.append((frame.index.tolist(), frame["kind"].tolist(), position.tolist(), located.tolist()))
    assert answers[0] == answers[1]
    assert len({tuple(place) for place in answers[0][3]}) == 4  # three streets, and outside


def test_attributes_of_places_are_text_as_they_stand(server: PrivateServer) -> None:
    places, system = postgis.read_places(server.url(table="streets"))
    assert places[["code", "title", "size"]].to_numpy().tolist() == [
        [code, title, "440402"] for code, (title, _) in STREETS.items()
    ]
    assert system.code == "wgs84"
    assert places.crs == "EPSG:4326"
    assert places.geometry.geom_equals(gpd.GeoSeries([each[1] for each in STREETS.values()], crs="EPSG:4326")).all()


# --- cells ---


def test_every_type_becomes_the_text_that_a_file_would_have(server: PrivateServer) -> None:
    server.run(
        "CREATE TABLE typed (at timestamptz, local timestamp, day date, n bigint, money numeric(10, 2), f float8, "
        "yes boolean, words text, doc jsonb, list int[], nothing text, empty text, raw bytea)",
    )
    at, numbers = "2026-03-05 14:30:00", ("9007199254740993", "12.50", "0.1")
    row = (f"{at}+08", f"{at}.5", at[:10], *numbers, "true", TRICKY, '{"a": 1}', "{1,2}", None, "", "\\x00")
    server.fill("typed", [row])
    table = postgis.open_table(server.url(table="typed"))
    assert rows_of(server.url(table="typed")) == [
        {
            "at": "2026-03-05 06:30:00+00:00",
            "local": "2026-03-05 14:30:00.5",
            "day": "2026-03-05",
            "n": "9007199254740993",
            "money": "12.5",
            "f": "0.1",
            "yes": "true",
            "words": TRICKY,
            "doc": '{"a": 1}',
            "list": "{1,2}",
            "nothing": "",
            "empty": "",
        }
    ]
    assert table.crs is None
    assert table.kind == "postgis"
    assert [note[1] for note in table.notes] == ["binary or geometry columns left out: raw"]


def test_a_position_keeps_every_digit(server: PrivateServer) -> None:
    x, y = 113.57654321098765, 22.270000000000003
    [row] = rows_of(server.url(query=f"SELECT 1 AS id, ST_SetSRID(ST_MakePoint({x!r}, {y!r}), 4326) AS spot"))
    assert (float(row["lon"]), float(row["lat"])) == (x, y)


def test_rows_without_a_point_stay_and_rows_with_another_shape_are_set_aside(server: PrivateServer) -> None:
    server.run(
        "CREATE TABLE shapes (id int, spot geometry)",
        "INSERT INTO shapes SELECT row_number() OVER (), ST_GeomFromText(wkt, 4326) FROM (VALUES "
        "('POINT (113.5 22.2)'), ('LINESTRING (0 0, 1 1)'), (NULL), ('POINT EMPTY'), ('MULTIPOINT (113.6 22.3)'), "
        "('MULTIPOINT (113.6 22.3, 0 0)'), ('POINT Z (113.7 22.4 5)'), ('POLYGON EMPTY')) AS drawn (wkt)",
    )
    url = server.url(table="shapes")
    assert [(row["id"], row["lon"], row["lat"]) for row in rows_of(url)] == [
        ("1", "113.5", "22.2"),
        ("3", "", ""),
        ("4", "", ""),
        ("5", "113.6", "22.3"),
        ("7", "113.7", "22.4"),
        ("8", "", ""),
    ]
    assert bad_rows_of(url) == [(2, "geometry", "spot", "ST_LineString"), (6, "geometry", "spot", "ST_MultiPoint")]
    [chunk] = postgis.open_table(url).chunks()
    assert chunk.rows.tolist() == [0, 2, 3, 4, 6, 7]
    assert orjson.loads(chunk.bad_rows["raw"][0]) == {"id": "2", "lon": "", "lat": ""}


def test_a_cell_that_is_too_long_sets_its_row_aside(server: PrivateServer) -> None:
    query = f"SELECT 1 AS id, repeat('长', {readers.MAX_CELL}) AS note UNION ALL SELECT 2, repeat('长', 2000000)"
    assert [row["id"] for row in rows_of(server.url(query=query))] == ["1"]
    assert bad_rows_of(server.url(query=query)) == [(2, "too_long", "note", "")]


def test_columns_of_the_table_named_lon_and_lat_give_way_to_the_geometry(server: PrivateServer) -> None:
    query = "SELECT 1 AS lon, 2 AS lat, ST_SetSRID(ST_MakePoint(113.5, 22.2), 4326) AS spot"
    assert rows_of(server.url(query=query)) == [{"lon_2": "1", "lat_2": "2", "lon": "113.5", "lat": "22.2"}]


def test_without_a_geometry_columns_named_lon_and_lat_are_read_as_they_stand(server: PrivateServer) -> None:
    for database in ("city", "plain"):  # PostGIS is not needed for that
        url = server.url(database, query="SELECT 7 AS id, 113.5 AS lon, 22.2 AS lat")
        assert rows_of(url) == [{"id": "7", "lon": "113.5", "lat": "22.2"}]
        assert postgis.open_table(url).crs is None


# --- chunks ---


def test_rows_are_numbered_through_all_chunks(server: PrivateServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgis, "CHUNK_ROWS", 400)
    table = postgis.open_table(server.url(query="SELECT n FROM generate_series(0, 1000) AS n"))
    for _ in range(2):  # may be asked again
        chunks = list(table.chunks())
        assert [len(chunk.table) for chunk in chunks] == [400, 400, 201]
        assert [row["n"] for chunk in chunks for row in chunk.table.to_pylist()] == [str(n) for n in range(1001)]
        assert np.concatenate([chunk.rows for chunk in chunks]).tolist() == list(range(1001))
        assert sorted(chunk.done for chunk in chunks) == [chunk.done for chunk in chunks]
        assert chunks[-1].done == 1.0


def test_an_empty_table_is_one_empty_chunk(server: PrivateServer) -> None:
    [chunk] = postgis.open_table(server.url(query="SELECT * FROM streets WHERE false")).chunks()
    assert chunk.table.column_names == ["code", "title", "size", "lon", "lat"]
    assert (len(chunk.table), len(chunk.rows), len(chunk.bad_rows), chunk.done) == (0, 0, 0, 1.0)


def test_reading_can_stop_after_the_first_chunk(server: PrivateServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgis, "CHUNK_ROWS", 10)
    chunks = iter(postgis.open_table(server.url(query="SELECT n FROM generate_series(1, 100000) AS n")).chunks())
    assert len(next(chunks).table) == 10
    chunks.close()  # type: ignore[attr-defined]
    assert next(chunks, None) is None


# --- coordinate systems ---


@pytest.mark.parametrize(("srid", "code"), [(4326, "wgs84"), (4490, "cgcs2000"), (4547, "EPSG:4547")])
def test_the_srid_of_the_table_says_the_system(server: PrivateServer, srid: int, code: str) -> None:
    declared = f"SELECT 1 AS id, ST_SetSRID(ST_MakePoint(1, 2), {srid})::geometry(Point, {srid}) AS spot"
    found = f"SELECT 1 AS id, ST_SetSRID(ST_MakePoint(1, 2), {srid}) AS spot"
    for query in (declared, found):
        table = postgis.open_table(server.url(query=query))
        assert table.crs == code
        assert table.notes == []


def test_plane_coordinates_of_places_become_degrees(server: PrivateServer) -> None:
    query = "SELECT code, ST_Transform(shape, 4547) AS shape FROM streets ORDER BY code"
    places, system = postgis.read_places(server.url(query=query))
    assert system.code == "EPSG:4547"
    flat, true = places.geometry.to_list(), [each[1] for each in STREETS.values()]
    assert max(shapely.hausdorff_distance(flat, true)) < 1e-8


def test_a_system_that_is_given_wins_over_the_srid(server: PrivateServer) -> None:
    moved, system = postgis.read_places(server.url(table="streets"), "gcj02")
    assert system.code == "gcj02"
    assert 0.004 < 113.50 - moved.total_bounds[0] < 0.007


def test_srid_0_says_nothing(server: PrivateServer) -> None:
    places = "SELECT code, ST_SetSRID(shape, 0) AS shape FROM streets"
    assert "--crs" in refusal(BoundaryError, server.url(query=places))
    assert len(postgis.read_places(server.url(query=places), "wgs84")[0]) == 3
    table = postgis.open_table(server.url(query="SELECT ST_MakePoint(113.5, 22.2) AS spot"))
    assert table.crs is None
    assert "SRID 0" in table.notes[0][1]


def test_mixed_and_undefined_srids_are_refused(server: PrivateServer) -> None:
    mixed = "SELECT ST_SetSRID(ST_MakePoint(1, 2), srid) AS spot FROM (VALUES (4326), (4547)) AS s (srid)"
    assert "mixes SRIDs (4326, 4547)" in refusal(InputFileError, server.url(query=mixed), postgis.open_table)
    strange = "SELECT ST_SetSRID(ST_MakePoint(1, 2), 990001) AS spot"
    assert "990001" in refusal(InputFileError, server.url(query=strange), postgis.open_table)


def test_a_system_of_ones_own_is_read_from_its_definition(server: PrivateServer) -> None:
    server.run(
        "INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, srtext, proj4text) "
        "SELECT 990002, 'zhuhai', 1, srtext, proj4text FROM spatial_ref_sys WHERE srid = 4547"
    )
    query = "SELECT code, ST_SetSRID(ST_Transform(shape, 4547), 990002) AS shape FROM streets ORDER BY code"
    places, _ = postgis.read_places(server.url(query=query))
    assert np.allclose(places.total_bounds, [113.50, 22.20, 113.58, 22.24])


def test_geography_arcs_and_several_geometries_are_read(server: PrivateServer) -> None:
    spot = "SELECT 1 AS id, 'POINT (113.5 22.2)'::geography AS spot"
    assert rows_of(server.url(query=spot)) == [{"id": "1", "lon": "113.5", "lat": "22.2"}]
    text = "CURVEPOLYGON (CIRCULARSTRING (0 0, 1 1, 2 0, 1 -1, 0 0))"
    arc = f"SELECT 'a' AS code, ST_GeomFromText('{text}', 4326) AS shape"
    [circle] = postgis.read_places(server.url(query=arc))[0].geometry
    assert circle.area == pytest.approx(np.pi, rel=0.01)
    two = "SELECT code, shape, ST_SetSRID(ST_MakePoint(1, 2), 4326) AS middle FROM streets ORDER BY code"
    assert "&geometry=" in refusal(InputFileError, server.url(query=two), postgis.open_table)
    [first, *_] = rows_of(server.url(query=two, geometry="middle"))
    assert (first["code"], first["lon"], first["lat"]) == ("0401", "1", "2")
    assert "those there are: shape, middle" in refusal(InputFileError, server.url(query=two, geometry="nowhere"))


def test_postgis_may_live_in_a_schema_of_its_own(server: PrivateServer) -> None:
    server.run("CREATE DATABASE apart")
    server.run("CREATE SCHEMA gis", "CREATE EXTENSION postgis SCHEMA gis", database="apart")
    query = "SELECT 1 AS id, gis.ST_SetSRID(gis.ST_MakePoint(113.5, 22.2), 4326) AS spot"
    assert rows_of(server.url("apart", query=query)) == [{"id": "1", "lon": "113.5", "lat": "22.2"}]


# --- names and safety ---


def test_names_are_taken_letter_by_letter(server: PrivateServer) -> None:
    server.run(
        'CREATE SCHEMA "民政 局"',
        'CREATE TABLE "民政 局"."Streets; 2026.v1" AS SELECT 1 AS "Id; --", \'x\' AS "a""b{cells}%s"',
    )
    url = server.url(table='民政 局."Streets; 2026.v1"')
    assert rows_of(url) == [{"Id; --": "1", 'a"b{cells}%s': "x"}]
    assert postgis.Address.parse(url).name == f'127.0.0.1:{server.port}/city/民政 局."Streets; 2026.v1"'


@pytest.mark.parametrize(
    "asked",
    [
        {"table": "streets; DROP TABLE victims"},
        {"table": 'streets" ; DROP TABLE victims; --'},
        {"query": "SELECT 1; DROP TABLE victims"},
        {"query": "SELECT 1) AS s; COMMIT; DROP TABLE victims; SELECT (1"},
        {"query": "SELECT 1) TO STDOUT; COMMIT; BEGIN READ WRITE; DROP TABLE victims; --"},
        {"query": "DELETE FROM victims RETURNING *"},
        {"query": "WITH gone AS (DELETE FROM victims RETURNING *) SELECT * FROM gone"},
        {"query": "SELECT spoil() AS id"},
    ],
)
def test_nothing_is_ever_written(server: PrivateServer, asked: dict[str, str]) -> None:
    server.run(
        "CREATE TABLE IF NOT EXISTS victims AS SELECT 1 AS id",
        "CREATE OR REPLACE FUNCTION spoil() RETURNS int LANGUAGE sql AS 'DELETE FROM victims RETURNING id'",
    )
    refusal(InputFileError, server.url(**asked), rows_of)
    assert rows_of(server.url(table="victims")) == [{"id": "1"}]


def test_a_query_may_end_in_a_comment_and_hold_percent_signs(server: PrivateServer) -> None:
    url = server.url(query="SELECT code FROM streets WHERE code LIKE '%3' AND title <> '{}%s'; -- 三街")
    assert "cannot be read" in refusal(InputFileError, url, rows_of)  # two statements, if one is empty
    url = server.url(query="SELECT code FROM streets WHERE code LIKE '%3' AND title <> '{}%s' -- 三街")
    assert rows_of(url) == [{"code": "0403"}]


def test_no_password_is_shown_anywhere(server: PrivateServer) -> None:
    url = server.url(table="streets")
    table, address = postgis.open_table(url), postgis.Address.parse(url)
    assert address.name == f"127.0.0.1:{server.port}/city/streets"
    assert PASSWORD not in repr(table) + repr(address) + str(vars(table)["read"])
    wrong = server.url(table="streets", password="s3cret-wrong")  # noqa: S106
    assert "password authentication failed" in refusal(InputFileError, wrong)
    assert "reached" in refusal(InputFileError, server.url("nowhere", table="streets"))
    assert "%40" in refusal(InputFileError, "postgresql://me:s3cret@more@host/city?table=streets")
    assert "%40" in refusal(InputFileError, "postgresql://me:s3cret%zz@host/city?table=streets")
    assert "%40" in refusal(InputFileError, "postgresql://me:s3cret@host/city?table=streets&tabel=x")
    assert "%40" in refusal(InputFileError, "postgresql://me:s3cret@[::1/city?table=streets")
    assert "%40" in refusal(InputFileError, "postgresql://me:s3cret/more@host/city?table=streets")
    assert "%40" in refusal(InputFileError, "postgresql://me:s3cret?more@host/city?table=streets")
    assert "%40" in refusal(InputFileError, "postgresql://me:s3cret#more@host/city?table=streets")
    quoting = server.url(query=f"SELECT '{PASSWORD}'::int AS id")
    assert "***" in refusal(InputFileError, quoting, rows_of)


def test_a_name_has_no_user_no_socket_and_no_query() -> None:
    parse = postgis.Address.parse
    assert parse("postgres://me@db.example/city?table=gis.streets").name == "db.example/city/gis.streets"
    assert parse("postgresql:///city?host=/run/postgresql&table=t").name == "localhost/city/t"
    asked = parse("postgresql://me@db/city?query=SELECT+secret+FROM+t").name
    assert asked.startswith("db/city/query-")
    assert "secret" not in asked


# --- refusals ---


def test_what_is_missing_is_named(server: PrivateServer) -> None:
    assert "no such table" in refusal(InputFileError, server.url(table="public.gone"))
    assert "no such table" in refusal(InputFileError, server.url(table="Streets"))
    assert "tables that have one: " in refusal(InputFileError, server.url(query="SELECT 1 AS id"))
    assert "public.streets" in refusal(InputFileError, server.url(query="SELECT 1 AS id"))
    assert "CREATE EXTENSION postgis" in refusal(InputFileError, server.url("plain", query="SELECT 1 AS id"))
    assert "no rows" in refusal(InputFileError, server.url(query="SELECT * FROM streets WHERE false"))
    assert "repeated (id)" in refusal(InputFileError, server.url(query="SELECT 1 AS id, 2 AS id"))
    assert "one table or one query" in refusal(InputFileError, server.url())
    assert "one table or one query" in refusal(InputFileError, server.url(table="t", query="SELECT 1"))
    assert "syntax error" in refusal(InputFileError, server.url(query="SELEKT 1"))


def test_a_server_that_is_not_there_is_told() -> None:
    assert "check the address" in refusal(InputFileError, "postgresql://me@127.0.0.1:9/city?table=t")


def test_an_account_without_rights_is_told(server: PrivateServer) -> None:
    server.run(f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'")
    assert "ask for SELECT" in refusal(InputFileError, server.url(user="reader", table="streets"))


def test_a_statement_that_takes_too_long_is_stopped(server: PrivateServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(postgis._SESSION, "statement_timeout", "100ms")
    url = server.url(query="SELECT n, pg_sleep(0.01)::text FROM generate_series(1, 1000000) AS n")
    assert "longer than allowed" in refusal(InputFileError, url, rows_of)


def test_without_the_client_the_way_to_install_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg.conninfo", None)
    url = "postgresql://me@host/city?table=streets"
    assert postgis.is_address(url)
    assert "pip install" in refusal(InputFileError, url)
