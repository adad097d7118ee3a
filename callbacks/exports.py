"""The addresses of files: places and incidents of a view, in the formats of offices and of geographic systems."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import flask

from callbacks.live import LiveCity
from geodata.city import CityData
from geodata.exports import incidents as rows_out
from geodata.exports.delimited import table_csv
from geodata.exports.geojson import table_geojson
from geodata.exports.geopackage import write_table
from geodata.exports.geoparquet import table_geoparquet
from geodata.exports.incidents import Incidents
from geodata.exports.outlines import outlines_of
from geodata.exports.table import PlaceTable
from geodata.exports.workbook import table_xlsx
from geodata.store import Store
from layers.export import incidents_of, place_table, slug
from layers.maps.patterns import Pattern, pattern_of
from layers.pictures.paper import Sheet
from layers.pictures.picture import Patterns, parse_picture, picture, picture_names
from layers.view import ViewState, parse_view

TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "geojson": "application/geo+json",
    "gpkg": "application/geopackage+sqlite3",
    "parquet": "application/vnd.apache.parquet",
    "png": "image/png",
    "svg": "image/svg+xml",
}
BLOCK = 1 << 20
"""Bytes of a file that are read at a time."""
Save = Callable[[Path], None]


def register(server: flask.Flask, live: LiveCity, store: Store) -> None:
    """Add the addresses to the server; all of them take the query of a view."""

    @server.get("/export/table.<any(xlsx, csv):kind>", endpoint="export_table")
    @server.get("/export/places.<any(geojson, gpkg, parquet):kind>", endpoint="export_places")
    def places(kind: str) -> flask.Response:
        city = live.current()
        table = place_table(_view(city), city)
        if kind == "gpkg":
            response = _saved(lambda path: places_file(kind, table, city, path))
        else:
            response = flask.Response(places_bytes(kind, table, city))
        return _named(response, kind, table.title, table.slug)

    @server.get("/export/incidents.<any(csv, gpkg, parquet):kind>")
    def incidents(kind: str) -> flask.Response:
        city = live.current()
        view = _view(city)
        found, seen = incidents_of(view, city)
        if kind == "csv":
            response = flask.Response(rows_out.csv_stream(store, seen, found))
        else:
            response = _saved(lambda path: incidents_file(kind, store, seen, found, path))
        return _named(response, kind, found.title, slug(view))

    @server.get("/export/picture.<any(png, svg):kind>")
    def drawn(kind: str) -> flask.Response:
        city = live.current()
        wanted = parse_picture(_search(), city)
        sheet = picture(
            wanted, city, lambda level: gzip.decompress(live.geometry(city.boundary_version, level)), _patterns(live)
        )
        return _named(flask.Response(picture_bytes(kind, sheet)), kind, *picture_names(wanted, city))


def _patterns(live: LiveCity) -> Patterns:
    """Return what asks for patterns, each worked out once."""

    def ask(view: ViewState, city: CityData) -> Pattern:
        with live.asked(view.layer):
            return pattern_of(view, city, live.folder)

    return ask


def picture_bytes(kind: str, sheet: Sheet) -> bytes:
    """Return a picture as one of the formats."""
    return sheet.svg() if kind == "svg" else sheet.png()


def places_bytes(kind: str, table: PlaceTable, city: CityData) -> bytes:
    """Return the places of a view in one of the formats that are written at once."""
    if kind == "xlsx":
        return table_xlsx(table)
    if kind == "csv":
        return table_csv(table)
    write = table_geojson if kind == "geojson" else table_geoparquet
    return write(table, outlines_of(city, table.rows))


def places_file(kind: str, table: PlaceTable, city: CityData, path: Path) -> None:
    """Write the places of a view to a file."""
    if kind == "gpkg":
        write_table(path, table, outlines_of(city, table.rows))
    else:
        path.write_bytes(places_bytes(kind, table, city))


def incidents_file(kind: str, store: Store, city: CityData, found: Incidents, path: Path) -> None:
    """Write the incidents of a view to a file."""
    if kind == "gpkg":
        rows_out.write_geopackage(path, store, city, found)
    elif kind == "parquet":
        rows_out.write_parquet(path, store, city, found)
    else:
        with path.open("wb") as file:
            file.writelines(rows_out.csv_stream(store, city, found))


def _view(city: CityData) -> ViewState:
    return parse_view(_search(), city)


def _search() -> str:
    return "?" + flask.request.query_string.decode("utf-8", "replace")


def _saved(save: Save) -> flask.Response:
    """Write a file aside and answer with it block by block; it is gone when the answer is sent, or nobody reads on."""
    folder = tempfile.TemporaryDirectory(prefix="pingan-export-")
    path = Path(folder.name) / "file"
    try:
        save(path)  # before the first block: what goes wrong is still an answer
    except BaseException:
        folder.cleanup()
        raise
    response = flask.Response(_blocks(path))
    response.content_length = path.stat().st_size
    response.call_on_close(folder.cleanup)
    return response


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def _named(response: flask.Response, kind: str, title: str, plain: str) -> flask.Response:
    """Say what a file is and what it is called, in plain letters and in full."""
    response.mimetype = TYPES[kind]
    name = quote(f"{title.replace(' ', '_')}.{kind}", safe="")
    response.headers["Content-Disposition"] = f"attachment; filename=\"{plain}.{kind}\"; filename*=UTF-8''{name}"
    return response
